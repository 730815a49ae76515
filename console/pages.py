"""What the pages of staff share: the table of routes, templates, forms, sentences told once."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.signin import cookie, drop, put
from console.web import direction
from escalation.office import Office
from escalation.staff import Act, Member
from reception import Reception

HERE = Path(__file__).parent
Endpoint = Callable[[Request, Member], Awaitable[Response]]
# What the menu may show, in its order; a place shows when there is a page and the member may.
MENU = (
    ("Overview", "/"),
    ("Queue", "/queue"),
    ("Entries", "/entries"),
    ("Try", "/try"),
    ("Staff", "/staff"),
    ("Audit", "/audit"),
    ("Settings", "/settings"),
)
TOLD = "told"
MOST_TOLD = 600  # characters; browsers keep about 4,000 bytes in a cookie
MOST_UNPACKED = 20_000


@dataclass(frozen=True, slots=True)
class StaffRoute:
    """A page or an action of staff.

    Attributes:
        path: As Starlette writes it, like `/queue/{group:int}`.
        endpoint: Called with the request and the member, who was looked up for this request and
            may do `act`.  A `RefusedError` that it raises becomes a page with its sentence (409).
        act: What one must be allowed to do.
        methods: GET (with HEAD) for what changes nothing, POST for what changes something.
    """

    path: str
    endpoint: Endpoint
    act: Act
    methods: Sequence[str] = ("GET",)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told once: a sentence, whether it is a complaint, and a line to be copied."""

    sentence: str
    wrong: bool
    copy: str


@dataclass(frozen=True, slots=True)
class Fields:
    """The text fields of a form."""

    given: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """Return a field without blanks around it, its first where there are several; or ""."""
        return next(iter(self.given.get(name, ())), "").strip()

    def all(self, name: str) -> Sequence[str]:
        """Return every value of a field, like the boxes that were ticked."""
        return self.given.get(name, ())

    def number(self, name: str) -> int | None:
        """Return a whole number from 0 to 2^31 - 1, or None when the field holds none."""
        value = self.one(name)
        if not (value.isascii() and value.isdecimal() and len(value) <= len(str(2**31))):
            return None
        return int(value) if int(value) < 2**31 else None


@dataclass(slots=True)
class StaffPages:
    """What endpoints work with.

    Attributes:
        office: The database, the files, the clock.
        reception: The desk in service, and the way a question takes.
        table: All routes; `application` fills it.
        templates: The environment; a module may add its own globals and filters.
    """

    office: Office
    reception: Reception
    table: list[StaffRoute] = field(default_factory=list)
    templates: Environment = field(default_factory=lambda: _templates())  # noqa: PLW0108

    def page(
        self, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Return a page; templates extend `staff/base.html`.

        The base gets `member` (None: nobody is signed in), `menu`, `here` (the path) and `told`
        (what the action before has to say, shown once).

        Args:
            request: The one to answer.
            template: Below `templates/`, like `staff/queue.html`.
            status: Of HTTP.
            values: For the template.
        """
        member: Member | None = getattr(request.state, "member", None)
        held = cookie(request, TOLD)
        html = self.templates.get_template(template).render(
            member=member,
            menu=self._menu(member),
            here=request.url.path,
            told=_told(held),
            may=(lambda act: member is not None and member.may(Act(act))),
            **values,
        )
        answer = HTMLResponse(html, status)
        # Forms of a page without any referrer say `Origin: null`, which nobody can check.
        answer.headers["referrer-policy"] = "same-origin"
        if held:
            drop(answer, TOLD)
        return answer

    def done(
        self, to: str, sentence: str, *, wrong: bool = False, copy: str = ""
    ) -> RedirectResponse:
        """Lead to a page (303) that says once what was done, so that reload repeats nothing.

        Args:
            to: A path of the console.
            sentence: Plain text for the member.
            wrong: It was not done; the sentence tells why.
            copy: A line to be copied, like a link; shown once as well.
        """
        answer = RedirectResponse(to, 303)
        told = Told(sentence[:MOST_TOLD], wrong, copy[:MOST_TOLD])
        put(answer, TOLD, _packed(told), seconds=60)
        return answer

    def _menu(self, member: Member | None) -> list[tuple[str, str]]:
        if member is None:
            return []
        may = {r.path for r in self.table if "GET" in r.methods and member.may(r.act)}
        return [(label, path) for label, path in MENU if path in may]


async def fields(request: Request) -> Fields:
    """Return the text fields of a form; files are closed unread."""
    async with request.form() as form:
        return Fields(_texts(form))


def _texts(form: FormData) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            made.setdefault(name, []).append(value)
    return made


def _packed(told: Told) -> str:
    # Compressed and in letters that no browser changes: 600 characters of Hindi fit in a cookie.
    return urlsafe_b64encode(zlib.compress(json.dumps(asdict(told)).encode(), 9)).decode()


def _told(held: str) -> Told | None:
    """Return what a cookie says; one that we did not write says nothing."""
    try:
        said = json.loads(zlib.decompressobj().decompress(urlsafe_b64decode(held), MOST_UNPACKED))
        return Told(
            str(said["sentence"])[:MOST_TOLD], bool(said["wrong"]), str(said["copy"])[:MOST_TOLD]
        )
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error):
        return None


def when(at: datetime) -> str:
    """Return a time as people read it: 2026-11-22 15:04, UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)  # SQLite forgets that it was UTC
    return aware.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["when"] = when
    made.globals["direction"] = direction
    return made
