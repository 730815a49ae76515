"""What the bot may say, for staff: every text with its status, preview, difference and approval.

A text is an entry in one language, all sentences of the bot in one language, or a country's
numbers.  Each form carries the digest of the text that was seen; of another one nothing is said.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import shown
from console.pages import Endpoint, Fields, StaffPages, StaffRoute, fields
from console.shown import SPOKEN
from console.web import dialled
from escalation import approval, edits
from escalation.approval import Standing, Status, Verdict
from escalation.difference import Row, difference
from escalation.edits import Opened
from escalation.staff import Act, Member, RefusedError
from faq.decision import Answer
from faq.entry import make_library, object_of
from faq.reply import Action, blocks, word
from text import Language
from yamlfile import Problem, ProblemsError

NOTHING = Fields({})
SOURCES = 5  # rows of the form: four are the most that `check` finds good, and one to spare
ACTS: Mapping[str, tuple[Verdict, Act, str]] = {
    "comment": (Verdict.COMMENT, Act.COMMENT, "Your comment is kept."),
    "submit": (Verdict.SUBMITTED, Act.SUBMIT, "Submitted for review."),
    "approve": (Verdict.APPROVED, Act.APPROVE, "Your approval is noted."),
    "return": (Verdict.RETURNED, Act.RETURN, "Returned with your comment."),
    "withdraw": (Verdict.WITHDRAWN, Act.WITHDRAW, "Withdrawn: people are no longer sent this."),
}
"""What can be said of a text: by the last word of an address; its verdict, act and thanks."""
SAID: Mapping[Verdict, str] = {
    Verdict.WRITTEN: "wrote it",
    Verdict.SUBMITTED: "submitted it for review",
    Verdict.APPROVED: "approved it",
    Verdict.RETURNED: "returned it",
    Verdict.WITHDRAWN: "withdrew it",
    Verdict.COMMENT: "commented",
}
KINDS = {"entries": "entries", "phrases": "sentences of the bot", "contacts": "numbers to call"}


def routes(pages: StaffPages) -> list[StaffRoute]:
    """Return the routes of the texts, each with what a member must be allowed to do."""
    made = EntryPages(pages)
    entry = "/entries/{entry}/{language}"
    table = [
        StaffRoute("/entries", made.listed, Act.LOOK),
        StaffRoute("/entries/{entry}", made.first, Act.LOOK),
        StaffRoute(f"{entry}/edit", made.form, Act.EDIT),
        StaffRoute(f"{entry}/edit", made.edit, Act.EDIT, ("POST",)),
    ]
    for place in (entry, "/phrases/{language}", "/contacts/{country}"):
        table.append(StaffRoute(place, made.text, Act.LOOK))
        table.append(StaffRoute(f"{place}/withdraw", made.sure, Act.WITHDRAW))
        table += [
            StaffRoute(f"{place}/{name}", made.judged(name), act, ("POST",))
            for name, (_, act, _) in ACTS.items()
        ]
    return table


# ---- the list


@dataclass(frozen=True, slots=True)
class Sought:
    """The filter of the list, as it stands in the address."""

    kind: str = ""
    status: str = ""
    language: str = ""
    topic: str = ""
    due: str = ""  # "1": overdue or due within a month

    @classmethod
    def from_query(cls, said: Mapping[str, str]) -> "Sought":
        """Return what an address asks for; what it cannot mean is left out."""
        return cls(
            _one_of(said.get("kind", ""), KINDS),
            _one_of(said.get("status", ""), set(Status)),
            _one_of(said.get("language", ""), SPOKEN),
            said.get("topic", "")[:48],
            _one_of(said.get("due", ""), ("1",)),
        )

    def to(self, **changes: str) -> str:
        """Return the address of the list with some of it changed."""
        asked = replace(self, **changes)
        said = {name: value for name in self.__slots__ if (value := getattr(asked, name))}
        return "/entries" + (f"?{urlencode(said)}" if said else "")


def _one_of(value: str, known: Iterable[str]) -> str:
    return value if value in set(known) else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list: a text in all its languages."""

    object: str
    title: str
    kind: str
    topic: str
    texts: tuple[Standing, ...]  # none of a draft that cannot be read yet

    @property
    def due(self) -> Standing | None:
        """The text that is due first."""
        texts = [one for one in self.texts if one.due]
        return min(texts, key=lambda one: (one.due is None, one.due), default=None)


def address(object_: str, language: str = "") -> str:
    """Return where a text's page is."""
    return f"/{object_}" + (f"/{language}" if language else "")


def _sought(rows: Iterable[Listed], sought: Sought, due: frozenset[str]) -> list[Listed]:
    """Return the rows that fit a filter: each with the texts for which it was found."""

    def fits(one: Standing) -> bool:
        return (
            sought.status in ("", one.status)
            and sought.language in ("", one.piece.language)
            and (not sought.due or one.piece.name in due)
        )

    found = []
    for row in rows:
        if sought.kind not in ("", row.object.split("/")[0]) or sought.topic not in ("", row.topic):
            continue
        unread = not row.texts and sought.status in ("", Status.DRAFT) and not sought.due
        if any(map(fits, row.texts)) or unread:
            found.append(row)
    return found


class EntryPages:
    """The pages; each reads files and database anew."""

    def __init__(self, pages: StaffPages) -> None:
        """Show them in the frame that all pages of staff have."""
        self._pages, self._office = pages, pages.office

    async def listed(self, request: Request, _: Member) -> Response:
        """Show all texts of the filter in the address."""
        sought = Sought.from_query(request.query_params)
        async with self._office.store.read() as connection:
            found = await approval.standings(connection, self._office)
        today = self._office.clock().date()
        due = approval.due_list(found, today)
        rows = await asyncio.to_thread(self._rows, found)
        return self._page(
            request,
            "staff/entries.html",
            sought=sought,
            rows=_sought(rows, sought, frozenset(one.piece.name for one in due)),
            all=rows,
            due=len({one.piece.object for one in due}),
            today=today,
            topics=self._headings(),
            statuses=list(Status),
        )

    def _rows(self, found: Iterable[Standing]) -> list[Listed]:
        """Return all rows: entries by id, drafts that cannot be read yet among them."""
        library = self._office.desk().library
        by_object: dict[str, list[Standing]] = {}
        for one in found:
            by_object.setdefault(one.piece.object, []).append(one)
        rows = []
        for object_, texts in by_object.items():
            entry = object_.removeprefix("entries/")
            known = library.entries.get(entry) or library.drafts.get(entry)
            english = next((one for one in texts if one.piece.language == "en"), texts[0])
            topic, title = (known.topic if known else ""), english.piece.title
            kind = english.piece.body.get("kind", "") if object_ != entry else ""
            title = "All sentences of the bot" if object_ == "phrases" else title
            rows.append(Listed(object_, title, kind, topic, tuple(texts)))
        files = (path.stem for path in (self._office.faq / "entries").glob("*.yaml"))
        unread = sorted(stem for stem in files if object_of(stem) not in by_object)
        drafts = [self._unread(stem) for stem in unread]
        return [*drafts, *rows]

    def _unread(self, entry: str) -> Listed:
        opened = edits.opened(self._office, entry)
        question = opened.fields(Language.EN).question if opened else ""
        kind, topic = (opened.kind, opened.topic) if opened else ("", "")
        return Listed(object_of(entry), question or entry, kind, topic, ())

    def _headings(self) -> dict[str, str]:
        said = self._office.desk().library.phrases.by_language[Language.EN]
        return {
            key.removeprefix("topic_"): name
            for key, name in said.items()
            if key.startswith("topic_")
        }

    # ---- one text

    async def first(self, request: Request, _: Member) -> Response:
        """Lead to an entry's English, or to the first language that it has."""
        opened = await self._opened(request.path_params["entry"])
        texts = opened.made.texts if opened.made else {}
        language = next((lang for lang in Language if lang in texts), Language.EN)
        return RedirectResponse(address(object_of(opened.entry), language), 303)

    async def text(self, request: Request, _: Member) -> Response:
        """Show a text: as people see it, how it stands, what was changed, what was said of it."""
        return await self._text(request)

    async def _opened(self, entry: str) -> Opened:
        opened = await asyncio.to_thread(edits.opened, self._office, entry)
        if opened is None:
            raise HTTPException(404)
        return opened

    async def _text(
        self,
        request: Request,
        wrong: str = "",
        comment: str = "",
        status: int = 200,
    ) -> Response:
        object_, language = _place(request)
        entry = request.path_params.get("entry")
        opened = await self._opened(entry) if entry else None
        async with self._office.store.read() as connection:
            standing = await approval.standing(connection, self._office, object_, language)
            history = await approval.history(connection, object_, language)
            needed = standing.piece.needed if standing else 1
            last = await approval.last_approved(connection, object_, language, needed)
            tabs = [
                (lang, await approval.standing(connection, self._office, object_, lang))
                for lang in (Language if language else ())
            ]
        if standing is None and opened is None:
            raise HTTPException(404)
        return self._page(
            request,
            "staff/text.html",
            status=status,
            wrong=wrong,
            comment=comment,
            object=object_,
            language=language,
            opened=opened,
            standing=standing,
            history=history[::-1],
            rows=_changed(last, standing),
            approved_once=last is not None,
            tabs=tabs,
            did=SAID,
            today=self._office.clock().date(),
            **self._preview(opened, language),
        )

    def _preview(self, opened: Opened | None, language: str) -> dict[str, Any]:
        """Return what the chat's own template needs to show an entry; nothing to press in it."""
        if opened is None or opened.made is None or language not in opened.made.texts:
            return {"reply": None}
        desk, lang = self._office.desk(), Language(language)
        # Only this entry, as it lies on disk: it may not be in service yet.
        library = replace(
            make_library({opened.made.id: opened.made}, desk.library.phrases),
            approvals=desk.library.approvals,
        )
        reply = word(Answer(opened.made.id, 1.0), lang, library, desk.setting())
        own = (desk.setting().numbers.get("emergency"), desk.organisation.get("phone"))
        return {
            "reply": reply,
            "asked": "",
            "say": desk.speaker(Language.EN).phrase,
            "said": desk.speaker(reply.language).phrase,
            "numbers": frozenset(filter(None, own)),
            "blocks": blocks,
            "dialled": dialled,
            "Action": Action,
        }

    # ---- what is said of a text

    def judged(self, name: str) -> Endpoint:
        """Return what writes one kind of verdict down."""
        verdict, _, thanks = ACTS[name]

        async def endpoint(request: Request, member: Member) -> Response:
            form = await fields(request)
            object_, language = _place(request)
            comment, digest = form.one("comment"), form.one("digest")
            try:
                now = await approval.judge(
                    self._office, member, object_, language, digest, verdict, comment
                )
            except RefusedError as error:
                wrong = f"Not done: {shown.sentence(str(error))}"
                return await self._text(request, wrong, comment, 409)
            return self._pages.done(address(object_, language), f"{thanks} {_next(now, verdict)}")

        return endpoint

    async def sure(self, request: Request, _: Member) -> Response:
        """Ask before a text is withdrawn."""
        object_, language = _place(request)
        async with self._office.store.read() as connection:
            standing = await approval.standing(connection, self._office, object_, language)
        if standing is None:
            raise HTTPException(404)
        return self._page(
            request,
            "staff/withdraw.html",
            object=object_,
            language=language,
            standing=standing,
        )

    # ---- editing

    async def form(self, request: Request, _: Member) -> Response:
        """Show the form in which an entry's text is edited."""
        opened = await self._opened(request.path_params["entry"])
        language = _language(request)
        return self._form(request, opened, language, opened.fields(language))

    def _form(  # noqa: PLR0913 - what the form shows
        self,
        request: Request,
        opened: Opened,
        language: Language,
        typed: edits.Fields,
        *,
        wrong: str = "",
        problems: Iterable[Problem] = (),
        seen: str = "",
        now: edits.Fields | None = None,
    ) -> Response:
        empty = ("", "", "", "")
        rows = [*typed.sources, *[empty] * max(1, SOURCES - len(typed.sources))][:9]
        english = opened.made.texts.get(Language.EN) if opened.made else None
        return self._page(
            request,
            "staff/edit.html",
            status=422 if wrong else 200,
            opened=opened,
            language=language,
            typed=typed,
            sources=rows,
            wrong=wrong,
            mistakes=mistakes(problems, language),
            seen=seen or opened.seen,
            english=english if language is not Language.EN else None,
            older=opened.older(language),
            now=now,
        )

    async def edit(self, request: Request, member: Member) -> Response:
        """Write what was typed into the entry's file; nothing of it is lost when it is refused."""
        given = await fields(request)
        language, typed = _language(request), _typed(given)
        entry, seen = request.path_params["entry"], given.one("seen")
        opened = await self._opened(entry)
        try:
            done = await edits.edit(self._office, member, entry, language, typed, seen)
        except ProblemsError as error:
            wrong = "Not saved: there are mistakes. They stand beside the fields."
            return self._form(
                request,
                opened,
                language,
                typed,
                wrong=wrong,
                problems=error.problems,
                seen=seen,
            )
        except RefusedError as error:
            wrong = (
                f"Not saved: {shown.sentence(str(error))} What you typed is kept below, and above "
                "it stands the text as it is now: take over from it what you need. "
                "Saving again replaces it by yours."
            )
            now = opened.fields(language)
            return self._form(request, opened, language, typed, wrong=wrong, now=now)
        return self._pages.done(address(object_of(entry), language), _saved(done))

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        now = self._office.clock()
        return self._pages.page(
            request,
            template,
            spoken=SPOKEN,
            kinds=KINDS,
            Status=Status,
            address=address,
            ago=lambda at: shown.age(at, now),
            **shown.TOOLS,
            **values,
        )


# ---- addresses and forms


def _language(request: Request) -> Language:
    """Return the language in an address.

    Raises:
        HTTPException: 404, it is none of ours.
    """
    value = request.path_params.get("language", "")
    if value not in set(Language):
        raise HTTPException(404)
    return Language(value)


def _place(request: Request) -> tuple[str, str]:
    """Return which text an address names: object, and language ("" for numbers to call)."""
    params = request.path_params
    if "country" in params:
        return f"contacts/{params['country']}", ""
    language = _language(request).value
    return (object_of(params["entry"]) if "entry" in params else "phrases"), language


def _typed(form: Fields) -> edits.Fields:
    """Return what was typed; empty lines and rows are none, browsers' line ends are ours."""
    answer = form.one("answer").replace("\r\n", "\n").replace("\r", "\n")
    rows = zip(*(form.all(f"source_{key}") for key in edits.SOURCE_KEYS), strict=False)
    sources = [tuple(part.strip() for part in row) for row in rows]
    return edits.Fields(
        " ".join(form.one("question").split()),
        tuple(line.strip() for line in form.one("wordings").splitlines() if line.strip()),
        answer,
        tuple((row[0], row[1], row[2], row[3]) for row in sources if any(row)),
        compared=bool(form.one("compared")),
    )


def mistakes(problems: Iterable[Problem], language: str) -> dict[str, list[str]]:
    """Return mistakes by the field of the form that they belong to; the rest under `other`."""
    made: dict[str, list[str]] = {}
    for problem in problems:
        name, sentence = _field(problem, language)
        made.setdefault(name, []).append(sentence)
    return made


def _field(problem: Problem, language: str) -> tuple[str, str]:
    key = problem.key.removeprefix(f"texts.{language}.")
    name, _, rest = key.partition(".")
    number, _, part = rest.partition(".")
    where = f"{int(number) + 1}" if number.isdecimal() else ""
    if key != problem.key and name in ("question", "wordings", "answer"):
        return name, f"wording {where}: {problem.sentence}" if where else problem.sentence
    if name == "sources":
        place = f"source {where}{f', {part}' if part else ''}: " if where else ""
        return name, place + problem.sentence
    return "other", f"{problem.key}: {problem.sentence}" if problem.key else problem.sentence


def _changed(last: Mapping[str, str] | None, now: Standing | None) -> list[Row]:
    """Return what differs from the text that was approved last."""
    if last is None or now is None:
        return []
    return [row for row in difference(last, now.piece.body) if row.changed]


def _next(now: Standing, verdict: Verdict) -> str:
    """Say what is still to be done after a verdict."""
    lacking = now.piece.needed - len(now.approvers)
    if verdict is Verdict.APPROVED and now.status is Status.APPROVED:
        return "The text is approved now."
    if verdict in (Verdict.APPROVED, Verdict.SUBMITTED) and lacking > 0:
        return f"It needs {lacking} approval{'s' if lacking > 1 else ''} more, by others."
    return ""


def _saved(done: edits.Edited) -> str:
    if not done.changed:
        return "Nothing was changed."
    hints = len(done.hints)
    rest = f" What could be better ({hints}) stands below." if hints else ""
    return f"Saved.{rest} When it is ready: submit it for review."
