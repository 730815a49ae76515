"""The pages for staff: one table of routes, each with what one must be allowed to do."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from console import entries, members, overview, queue, signin, trail, trying
from console.headers import Headers, LimitedBody
from console.pages import StaffPages, StaffRoute
from console.signin import Fence, Gate
from console.web import MOST_BODY_BYTES
from escalation import staff
from escalation.office import Office
from escalation.staff import LEAST, Act, Member, RefusedError
from reception import Reception

STATIC = Path(__file__).parent / "static"
MOST_SECRET = 200  # characters
OPEN = frozenset({"/sign-in", "/static"})
"""What is there for who is not signed in."""
GONE = (
    f"This link is used up, or older than {staff.LINK_MINUTES} minutes, or was copied only in part."
    " Get a new one."
)
TOO_MANY = "Too many links that were none came lately. Wait ten minutes, then use a new link."


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as staff read it.

    Attributes:
        section: Where it stands, like `web`; empty for those above all sections.
        name: Its name there.
        value: As text, a secret never; lists with one item a line.
        help: What it is for.
        origin: Where the value comes from: default, or what to look into.
        about: What the section is for.
    """

    section: str
    name: str
    value: str
    help: str
    origin: str
    about: str = ""


View = Callable[[], Sequence[Setting]]
"""Returns the settings in force, those of a section behind each other."""


def application(office: Office, reception: Reception, settings_view: View) -> ASGIApp:
    """Return the web application for staff; what guards it stands around its error pages too."""
    pages = StaffPages(office, reception)
    pages.table += table(pages, settings_view)
    doors = Doors(pages, Gate(office))
    app = Starlette(
        routes=doors.routes(),
        exception_handlers={HTTPException: doors.wrong, 500: doors.wrong},
    )
    return Headers(LimitedBody(Fence(app, office.address), MOST_BODY_BYTES))


def table(pages: StaffPages, settings_view: View) -> list[StaffRoute]:
    """Return every page and action that takes a member."""
    return [
        *overview.routes(pages),
        *queue.routes(pages),
        *entries.routes(pages),
        *trying.routes(pages),
        *members.routes(pages),
        *trail.routes(pages),
        StaffRoute("/settings", _settings(pages, settings_view), Act.LOOK),
    ]


def _settings(pages: StaffPages, view: View) -> Callable[[Request, Member], Awaitable[Response]]:
    async def settings(request: Request, _: Member) -> Response:
        """Show every setting, and where it comes from."""
        sections: dict[str, list[Setting]] = {}
        for one in view():
            sections.setdefault(one.section or "general", []).append(one)
        shown = [(name, held[0].about, held) for name, held in sections.items()]
        return pages.page(request, "staff/settings.html", sections=shown)

    return settings


class Doors:
    """Who gets to a page, and what who does not is shown instead."""

    def __init__(self, pages: StaffPages, gate: Gate) -> None:
        """Guard the pages of a table."""
        self._pages, self._gate = pages, gate

    def routes(self) -> list[BaseRoute]:
        """Return all routes as Starlette knows them."""
        return [
            Route("/sign-in", self.sign_in, methods=["GET"]),
            Route("/sign-in", self.signed_in, methods=["POST"]),
            Route("/sign-out", self._guarded(self.sign_out, Act.LOOK), methods=["POST"]),
            *(
                Route(one.path, self._guarded(one.endpoint, one.act), methods=list(one.methods))
                for one in self._pages.table
            ),
            Mount("/static", StaticFiles(directory=STATIC), name="static"),
        ]

    def _guarded(
        self, endpoint: Callable[[Request, Member], Awaitable[Response]], act: Act
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            member = await self._gate.member(request)
            if member is None:
                return self._stranger(request)
            request.state.member = member
            if not member.may(act):
                sentence = f"This takes the role {LEAST[act]}. You are {member.role}."
                return self._message(request, 403, "Not with your role", sentence)
            try:
                return await endpoint(request, member)
            except RefusedError as refused:
                return self._message(request, 409, "This was not done", _sentence(refused))

        return guarded

    def _stranger(self, request: Request) -> Response:
        if request.method not in signin.SAFE:
            sentence = "You are signed out, so nothing was done. Sign in and do it again."
            return self._message(request, 403, "Signed out", sentence)
        answer = RedirectResponse("/sign-in", 303)
        signin.remember(request, answer)
        return answer

    def _message(self, request: Request, status: int, title: str, sentence: str) -> Response:
        return self._pages.page(
            request,
            "staff/message.html",
            status=status,
            title=title,
            sentence=sentence,
            back=signin.came_from(request),
        )

    # ---- signing in and out

    async def sign_in(self, request: Request) -> Response:
        """Show whose link it is, with the button that uses it up; or how to get one."""
        secret = request.query_params.get("link", "")
        if secret:
            answer = RedirectResponse("/sign-in", 303)
            kept = secret if secret.isascii() and len(secret) <= MOST_SECRET else "none"
            signin.put(answer, signin.LINK, kept, seconds=staff.LINK_MINUTES * 60)
            return answer
        request.state.member = await self._gate.member(request)
        if not signin.cookie(request, signin.LINK):
            return self._sign_in(request)
        if not self._gate.attempts.begin(_address(request)):
            return self._too_many(request)
        whose = await self._gate.whose(request)
        if whose is None:
            return self._gone(request)
        self._gate.attempts.forgive(_address(request))
        return self._sign_in(request, whose=whose)

    async def signed_in(self, request: Request) -> Response:
        """Use the link up and lead to where one was going."""
        if not self._gate.attempts.begin(_address(request)):
            return self._too_many(request)
        answer = RedirectResponse(signin.going(request), 303)
        if await self._gate.sign_in(request, answer) is None:
            return self._gone(request)
        self._gate.attempts.forgive(_address(request))
        return answer

    async def sign_out(self, request: Request, _: Member) -> Response:
        """End the session."""
        answer = self._pages.done("/sign-in", "You are signed out.")
        await self._gate.sign_out(request, answer)
        return answer

    def _sign_in(
        self, request: Request, status: int = 200, wrong: str = "", whose: Member | None = None
    ) -> Response:
        return self._pages.page(
            request,
            "staff/sign-in.html",
            status=status,
            wrong=wrong,
            whose=whose,
            minutes=staff.LINK_MINUTES,
            hours=staff.SESSION_HOURS,
            idle=staff.IDLE_MINUTES,
        )

    def _gone(self, request: Request) -> Response:
        answer = self._sign_in(request, 403, GONE)
        signin.drop(answer, signin.LINK)
        return answer

    def _too_many(self, request: Request) -> Response:
        answer = self._sign_in(request, 429, TOO_MANY)
        answer.headers["retry-after"] = str(self._gate.attempts.minutes * 60)
        return answer

    # ---- what went wrong

    async def wrong(self, request: Request, error: Exception) -> Response:
        """Say what is wrong; an address that leads nowhere looks the same to everybody."""
        if not isinstance(error, HTTPException):
            sentence = "Something went wrong here; it stands in the log. Try again in a minute."
            return self._message(request, 500, "Not done", sentence)
        request.state.member = await self._gate.member(request)
        title = "No such page" if error.status_code in (404, 405) else "Not understood"
        sentence = "Nothing is at this address (any more)." if title == "No such page" else ""
        answer = self._message(
            request, error.status_code, title, sentence or "The form did not say what it should."
        )
        answer.headers.update(error.headers or {})
        return answer


def _sentence(refused: RefusedError) -> str:
    said = str(refused)
    return f"{said[:1].upper()}{said[1:]}."


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
