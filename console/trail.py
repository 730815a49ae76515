"""The page of the audit: newest first, whole or not, and its export."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from console.pages import StaffPages, StaffRoute
from escalation import audit, staff
from escalation.audit import Head
from escalation.staff import Act, Member

ROWS = 50  # a page
MOST_CHECKED = 1000
"""Rows that are checked whenever the page is shown; of more, when somebody asks for it."""
MOST_SEARCHED = 120  # characters, as an object has
SHORT = 12
TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


def routes(pages: StaffPages) -> list[StaffRoute]:
    """Return the routes."""
    made = Trail(pages)
    pages.templates.globals["digest"] = digest
    return [
        StaffRoute("/audit", made.listed, Act.AUDIT),
        StaffRoute("/audit/export", made.export, Act.AUDIT),
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address of the page asks for."""

    who: str
    about: str
    before: int | None
    check: bool

    def address(self, before: int | None) -> str:
        """Return the address of another page of the same filter."""
        said = {"who": self.who, "about": self.about, "before": str(before or "")}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/audit?{query}" if query else "/audit"


class Trail:
    """The endpoints."""

    def __init__(self, pages: StaffPages) -> None:
        """Work with an office."""
        self._pages, self._office = pages, pages.office

    async def listed(self, request: Request, _: Member) -> Response:
        """Show rows, and whether all are as they were written."""
        asked = _asked(request)
        async with self._office.store.read() as connection:
            head = await audit.head(connection)
            wrong = await _wrong(connection, head, asked)
            names = [member.name for member in await staff.members(connection)]
            found = await audit.newest(
                connection, asked.before, ROWS + 1, who=asked.who, about=asked.about
            )
        rows, more = found[:ROWS], len(found) > ROWS
        own = [audit.TERMINAL, audit.SYSTEM]
        return self._pages.page(
            request,
            "staff/audit.html",
            head=head,
            wrong=wrong,
            rows=rows,
            names=list(dict.fromkeys([*names, *own, *filter(None, [asked.who])])),
            who=asked.who,
            about=asked.about,
            later=asked.before is not None,
            newest=asked.address(None),
            older=asked.address(rows[-1].act.number) if more else "",
        )

    async def export(self, request: Request, _: Member) -> Response:
        """Send all rows, as they are read."""
        as_ = "jsonl" if request.query_params.get("as") == "jsonl" else "csv"
        day = self._office.clock().date()
        named = {"content-disposition": f'attachment; filename="audit-{day}.{as_}"'}
        return StreamingResponse(self._lines(as_), media_type=TYPES[as_], headers=named)

    async def _lines(self, as_: str) -> AsyncIterator[str]:
        if as_ == "csv":
            yield audit.as_csv([])
        async with self._office.store.read() as connection:
            async for rows in audit.batches(connection):
                yield audit.as_json(rows) if as_ == "jsonl" else audit.as_csv(rows, head=False)


def _asked(request: Request) -> Asked:
    said = request.query_params
    before = said.get("before", "")
    number = int(before) if before.isascii() and before.isdecimal() and len(before) < 10 else None  # noqa: PLR2004
    return Asked(
        said.get("who", "")[:MOST_SEARCHED],
        said.get("about", "").strip()[:MOST_SEARCHED],
        number,
        said.get("check") == "1",
    )


async def _wrong(connection: AsyncConnection, head: Head, asked: Asked) -> list[str] | None:
    """Return what is wrong; None when there are too many rows to look at them unasked."""
    if head.number > MOST_CHECKED and not asked.check:
        return None
    return await audit.verify(connection)


def digest(value: str) -> Markup:
    """Return a value as it is, a digest cut short with the whole one to be read by pointing."""
    if len(value) != audit.HASH_DIGITS:
        return Markup("{}").format(value)
    return Markup('<code title="{}">{}…</code>').format(value, value[:SHORT])
