"""The log of unmatched questions, for staff: list and export."""

import csv
import io
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cipher import MARK, SEALED, Cipher
from storage.tables import groups, unmatched
from text import Language

# A spreadsheet would run a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One unmatched question, redacted.

    Attributes:
        id: Its number.
        hour: When it was asked, aware UTC, cut to the hour.
        channel: Where.
        language: In which language.
        text: What was asked; `SEALED` where no key opens it.
        nearest: Entries and how likely each was, likeliest first.
        why: How it came here: unmatched, none_of_these, not_chosen or not_helpful.
        entry: Of not_helpful, what was answered.
        group: The group it is in; none until it was grouped.
        state: Of the group, where it was asked for.
        answer: The entry of the group, where it was asked for.
    """

    id: int
    hour: datetime
    channel: str
    language: str
    text: str
    nearest: list[tuple[str, float]]
    why: str = "unmatched"
    entry: str | None = None
    group: int | None = None
    state: str | None = None
    answer: str | None = None


async def rows(
    connection: AsyncConnection,
    language: Language | None = None,
    limit: int | None = None,
    cipher: Cipher | None = None,
) -> list[Row]:
    """Return the unmatched questions, newest first; `SEALED` stands for what no key opens."""
    opens = cipher or Cipher()
    query = (
        select(unmatched, groups.c.state, groups.c.entry.label("answer"))
        .outerjoin(groups, groups.c.id == unmatched.c.group_id)
        .order_by(unmatched.c.hour.desc(), unmatched.c.id.desc())
    )
    if language:
        query = query.where(unmatched.c.language == language.value)
    found = await connection.execute(query.limit(limit))
    return [replace(opened(row, opens), state=row.state, answer=row.answer) for row in found]


def opened(row: Any, cipher: Cipher) -> Row:
    """Return a row of the table with its text opened."""
    text = cipher.open(row.text)
    return Row(
        row.id,
        utc(row.hour),
        row.channel,
        row.language,
        SEALED if text is None else text,
        [(str(entry), float(share)) for entry, share in row.nearest],
        row.why,
        row.entry,
        row.group_id,
    )


async def sealed(connection: AsyncConnection, cipher: Cipher) -> list[int]:
    """Return the ids of the encrypted questions that no key opens."""
    found = await connection.execute(
        select(unmatched.c.id, unmatched.c.text).where(unmatched.c.text.startswith(MARK))
    )
    return [row.id for row in found if cipher.open(row.text) is None]


async def drop(connection: AsyncConnection, ids: list[int]) -> int:
    """Erase some questions; return how many there were."""
    gone = 0
    for id_ in ids:
        gone += (await connection.execute(delete(unmatched).where(unmatched.c.id == id_))).rowcount
    return gone


def utc(hour: datetime) -> datetime:
    """Return an hour as it was written: SQLite forgets that it was UTC."""
    return hour.replace(tzinfo=UTC) if hour.tzinfo is None else hour


def as_json(found: list[Row]) -> str:
    """Return the rows as JSON lines."""
    return "".join(
        json.dumps({**asdict(row), "hour": row.hour.isoformat()}, ensure_ascii=False) + "\n"
        for row in found
    )


def as_csv(found: list[Row]) -> str:
    """Return the rows as CSV for a spreadsheet; no cell can run as a formula."""
    made = io.StringIO()
    writer = csv.writer(made)
    own = ("id", "hour", "channel", "language", "text", "nearest")
    writer.writerow([*own, "why", "entry", "group", "state", "answer"])
    for row in found:
        text = f"'{row.text}" if row.text.startswith(_FORMULA) else row.text
        near = "; ".join(f"{entry} {share:.2f}" for entry, share in row.nearest)
        said = [row.id, row.hour.isoformat(), row.channel, row.language, text, near]
        writer.writerow([*said, row.why, row.entry, row.group, row.state, row.answer])
    return made.getvalue()
