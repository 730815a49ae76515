"""The chat page: every answer also works without JavaScript."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import assistant
from assistant import Question
from console.headers import Headers, LimitedBody
from faq.reply import Action, Reply, Speaker, Tone, blocks
from reception import WINDOW_SECONDS, Reception, carried, is_short
from storage import people
from text import Language

HERE = Path(__file__).parent
RIGHT_TO_LEFT = frozenset({Language.UR})
MOST_BODY_BYTES = 1_000_000
_NONCE_CHARACTERS = 32
ANYWHERE = frozenset({"112"})  # named in cards where the country is not known
# A number to dial: digits with the usual signs between, not inside a word or an address.
_DIAL = re.compile(r"(?<![\w.])\+?\d(?:[\d ()-]*\d)?(?![\w]|\.\w)")
# What names a question that a page was the answer to.
_REF = re.compile(r"[\w-]{16}", re.ASCII)
Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page: the language that was chosen, and the one to show."""

    choice: Language | None
    language: Language

    @property
    def suffix(self) -> str:
        """The query that keeps the choice in links."""
        return f"?lang={self.choice}" if self.choice else ""

    def to(self, language: Language, ref: str = "") -> str:
        """Return the query of a link to a page in a language; it changes no choice.

        `ref` names the question that the page would answer.
        """
        more = f"&ref={ref}" if ref else ""
        if language == self.choice:
            return self.suffix + more
        return f"?in={language}" + (f"&lang={self.choice}" if self.choice else "") + more


class Pages:
    """The routes; each reads the desk anew, so a reload shows at once."""

    def __init__(self, reception: Reception) -> None:
        """Serve a reception."""
        self._reception = reception
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            blocks=blocks, Action=Action, direction=direction, dialled=dialled
        )

    def routes(self) -> list[Route | Mount]:
        """Return all routes."""
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/ask", self.ask, methods=["POST"]),
            Route("/ask", self.to_home, methods=["GET"]),
            Route("/none", self.none_of_these, methods=["POST"]),
            Route("/vote", self.vote, methods=["POST"]),
            Route("/topics", self.topics, methods=["GET"]),
            Route("/entry/{entry}", self.entry, methods=["GET"]),
            Route("/contacts", self.contacts, methods=["GET"]),
            Route("/contacts/{country}", self.contacts, methods=["GET"]),
            Route("/privacy", self.privacy, methods=["GET"]),
            Route("/health", self.health, methods=["GET"]),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ]

    # ---- the chat

    async def home(self, request: Request) -> Response:
        """Show the empty chat."""
        return self._page(self._visitor(request), "chat.html", asked=None, reply=None)

    async def to_home(self, request: Request) -> Response:
        """Lead a reloaded answer page, whose question is gone, back to the start."""
        return RedirectResponse(f"/{self._visitor(request).suffix}", 303)

    async def ask(self, request: Request) -> Response:
        """Answer a question: a whole page, or only the turn for the page's script."""
        form = await _form(request)
        visitor = self._visitor(request, form)
        text = _field(form, "question")
        question = Question(
            text,
            "web",
            self._reception.clock(),
            self._reception.person("web", request.client.host if request.client else ""),
            visitor.choice,
            visitor.language,
            before=_before(form, self._reception.clock()),
        )
        turn = await self._reception.ask(question)
        # Kept before it is sent: a closed page must not lose an unmatched question.
        await self._kept(self._reception.kept(question, turn))
        before = f"{int(question.asked_at.timestamp())} {carried(question, turn)}"
        return self._turn(request, visitor, text, turn.reply, before, turn.ref)

    async def none_of_these(self, request: Request) -> Response:
        """Pass a question on after all; the text comes back from the person's own page."""
        form = await _form(request)
        visitor = self._visitor(request, form)
        # The page names its question: an address may be shared.
        turn, effects = self._reception.none_of_these(
            "", self._language(form, visitor), _named(_field(form, "ref"))
        )
        await self._kept(*effects)
        return self._turn(request, visitor, "", turn.reply)

    async def entry(self, request: Request) -> Response:
        """Show one entry: a pressed suggestion, or a link that was passed on."""
        visitor = self._visitor(request)
        desk = self._reception.desk
        wanted = request.path_params["entry"]
        if wanted not in desk.library.entries:
            raise HTTPException(404)
        turn = assistant.show(wanted, visitor.language, desk)
        if request.headers.get("x-part") == "turn":
            person = self._reception.person("web", request.client.host if request.client else "")
            asked = Question("", "web", self._reception.clock(), person)
            await self._kept(self._reception.kept(asked, turn))
        ref = _named(request.query_params.get("ref", ""))
        self._reception.pressed("", wanted, ref)
        return self._turn(request, visitor, "", turn.reply, ref=ref)

    async def vote(self, request: Request) -> Response:
        """Keep whether an answer helped; one vote for each answer shown."""
        form = await _form(request)
        visitor = self._visitor(request, form)
        entry, nonce = _field(form, "entry"), _field(form, "nonce")[:_NONCE_CHARACTERS]
        helpful = _field(form, "helpful") == "1"
        if entry not in self._reception.desk.library.entries or not nonce:
            raise HTTPException(400)
        language = self._language(form, visitor)
        person = self._reception.person("web", f"vote {nonce}")
        today = self._reception.clock().date()

        async def write(connection: Any) -> None:
            await people.vote(connection, person, entry, language, today, helpful=helpful)

        passed_on = await self._reception.voted(
            "", entry, _named(_field(form, "ref")), helpful=helpful
        )
        await self._kept(write, *passed_on)
        say = self._say(language)
        thanks = say.phrase("feedback_thanks" if helpful else "feedback_no")
        if request.headers.get("x-part") == "turn":
            return HTMLResponse(str(Markup("<p>{}</p>").format(thanks)))
        return self._page(visitor, "text.html", title=thanks, body="", reply=None)

    async def _kept(self, *effects: Callable[[Any], Awaitable[object]]) -> None:
        """Write; a reply is never held back because writing failed."""
        if effects:
            await self._reception.try_commit(list(effects))

    # ---- pages to read

    async def topics(self, request: Request) -> Response:
        """List all questions by heading."""
        visitor = self._visitor(request)
        library = self._reception.desk.library
        headings = [
            (
                self._say(visitor.language).phrase(f"topic_{topic}"),
                [
                    (entry.id, entry.text(visitor.language)[1].question)
                    for entry in library.of_topic(topic)
                ],
            )
            for topic in library.topics
        ]
        return self._page(visitor, "topics.html", headings=headings)

    async def contacts(self, request: Request) -> Response:
        """Show the numbers of the organisation's country, or of another."""
        visitor = self._visitor(request)
        desk = self._reception.desk
        code = request.path_params.get("country") or desk.country
        reply = assistant.contacts(code, visitor.language, desk) if code else None
        if reply is None and request.path_params.get("country"):
            raise HTTPException(404)
        countries = [
            (key, found.called(visitor.language)) for key, found in desk.contacts.countries.items()
        ]
        return self._page(visitor, "contacts.html", reply=reply, countries=countries)

    async def privacy(self, request: Request) -> Response:
        """Say exactly what is kept."""
        visitor = self._visitor(request)
        say = self._say(visitor.language)
        body = f"{self._reception.privacy(visitor.language)}\n\n{say.phrase('privacy_web')}"
        return self._page(
            visitor, "text.html", title=say.phrase("privacy_title"), body=body, reply=None
        )

    async def health(self, _: Request) -> Response:
        """Tell a watchdog that we serve, and whether the files on disk can be used."""
        problems = self._reception.problems
        stale = any(not problem.warning for problem in problems)
        return JSONResponse(
            {
                "status": "ok",
                "content": "stale" if stale else "current",
                "problems": list(map(str, problems)),
            }
        )

    async def not_found(self, request: Request, error: Exception) -> Response:
        """Say what is wrong, in the person's language."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        visitor = self._visitor(request)
        say = self._say(visitor.language)
        key = "page_not_found" if status in (400, 404, 405) else "fault"
        page = self._page(visitor, "text.html", title=say.phrase(key), body="", reply=None)
        page.status_code = status
        if isinstance(error, HTTPException):
            page.headers.update(error.headers or {})
        return page

    # ---- parts

    def _visitor(self, request: Request, form: Form | None = None) -> Visitor:
        chosen = request.query_params.get("lang") or (_field(form, "lang") if form else "")
        choice = Language(chosen) if chosen in set(Language) else None
        # `in` is the language to show a page in, for once; it chooses nothing.
        once = request.query_params.get("in", "")
        shown = Language(once) if once in set(Language) else choice
        accepted = _accepted(request.headers.get("accept-language", ""))
        return Visitor(choice, shown or accepted or self._reception.desk.default_language)

    def _language(self, form: Form, visitor: Visitor) -> Language:
        spoken = _field(form, "spoken")
        return Language(spoken) if spoken in set(Language) else visitor.language

    def _numbers(self, reply: Reply | None) -> frozenset[str]:
        """Return the numbers that are links where they stand in a reply.

        In a card all that we list; in an ordinary answer, where "15" may be minutes, only the
        country's emergency number and the organisation's own.
        """
        desk = self._reception.desk
        if reply is not None and reply.tone is Tone.EMERGENCY:
            countries = desk.contacts.countries.values()
            return ANYWHERE.union(row.number for country in countries for row in country.contacts)
        own = (desk.setting().numbers.get("emergency"), desk.organisation.get("phone"))
        return frozenset(filter(None, own))

    def _say(self, language: Language) -> Speaker:
        return self._reception.desk.speaker(language)

    def _turn(  # noqa: PLR0913, PLR0917 - what the template shows
        self,
        request: Request,
        visitor: Visitor,
        asked: str,
        reply: Reply,
        before: str = "",
        ref: str = "",
    ) -> Response:
        part = request.headers.get("x-part") == "turn"
        template = "turn.html" if part else "chat.html"
        return self._page(visitor, template, asked=asked, reply=reply, before=before, ref=ref)

    def _page(self, visitor: Visitor, template: str, **values: Any) -> Response:
        desk = self._reception.desk
        say = self._say(visitor.language)
        reply = values.get("reply")
        values.setdefault("ref", "")
        html = self._templates.get_template(template).render(
            visitor=visitor,
            say=say.phrase,
            said=self._say(reply.language).phrase if reply else say.phrase,
            languages=[(lang, self._say(lang).phrase("language_name")) for lang in Language],
            examples=[
                (entry, say.phrase(key))
                for key, entry in (
                    ("example_1", "malaria-spread"),
                    ("example_2", "diabetes-symptoms"),
                    ("example_3", "burns-first-aid"),
                )
                if entry in desk.library.entries
            ],
            numbers=self._numbers(reply),
            confirmed=desk.dialled(),
            sample=visitor.language in desk.library.samples,
            nonce=secrets.token_hex(_NONCE_CHARACTERS // 2),
            **values,
        )
        return HTMLResponse(html)


def direction(language: Language) -> str:
    """Return the direction that a language is written in, as HTML calls it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def dialled(line: str, numbers: frozenset[str]) -> Markup:
    """Return a line in which each listed number is a link that a phone dials.

    Of "Tele-MANAS 14416" the number is the link; a web address ("healing119.id") stays text.
    """
    digits = {found[0] for number in numbers if (found := _DIAL.search(number))}
    made, at = Markup(), 0
    for found in _DIAL.finditer(line):
        if found[0] in digits:
            told = "".join(char for char in found[0] if char.isdecimal() or char == "+")
            link = Markup('<a class="dial" href="tel:{}"><bdi>{}</bdi></a>').format(told, found[0])
            made += escape(line[at : found.start()]) + link
            at = found.end()
    return made + escape(line[at:])


async def _form(request: Request) -> Form:
    """Return the text fields of a form; files are closed unread."""
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _field(form: Form, name: str) -> str:
    return form.get(name, "")


def _named(ref: str) -> str:
    """Return the name of a question that a page brings back; anything that is none is left out."""
    return ref if _REF.fullmatch(ref) else ""


def _before(form: Form, now: datetime) -> str:
    """Return the last message of this page, which it brings back itself with the time of it.

    People who share an address must not get replies to each other's words, so the reception does
    not remember messages of the page.  Who forges one changes only the own reply.
    """
    at, _, said = _field(form, "before").partition(" ")
    if not (at.isascii() and at.isdecimal() and is_short(said)):
        return ""
    return said if 0 <= now.timestamp() - int(at[:12]) <= WINDOW_SECONDS else ""


def _accepted(header: str) -> Language | None:
    """Return the first of the browser's languages that we speak."""
    for part in header.split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in set(Language):
            return Language(code)
    return None


def application(reception: Reception) -> ASGIApp:
    """Return the web application.  Headers and limit stand around it, its error pages included."""
    pages = Pages(reception)
    app = Starlette(
        routes=pages.routes(),
        exception_handlers={
            HTTPException: pages.not_found,
            404: pages.not_found,
            405: pages.not_found,
            500: pages.not_found,
        },
    )
    return Headers(LimitedBody(app, MOST_BODY_BYTES))
