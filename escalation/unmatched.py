"""The log of unmatched questions, for staff: list and export."""

import csv
import io
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cipher import MARK, SEALED, Cipher
from storage.tables import unmatched
from text import Language

# A spreadsheet would run a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One unmatched question, redacted."""

    id: int
    hour: datetime
    channel: str
    language: str
    text: str
    nearest: list[tuple[str, float]]


async def rows(
    connection: AsyncConnection,
    language: Language | None = None,
    limit: int | None = None,
    cipher: Cipher | None = None,
) -> list[Row]:
    """Return the unmatched questions, newest first; `SEALED` stands for what no key opens."""
    opens = cipher or Cipher()
    query = select(unmatched).order_by(unmatched.c.hour.desc(), unmatched.c.id.desc())
    if language:
        query = query.where(unmatched.c.language == language.value)
    found = await connection.execute(query.limit(limit))
    return [
        Row(
            row.id,
            _utc(row.hour),
            row.channel,
            row.language,
            SEALED if (text := opens.open(row.text)) is None else text,
            list(map(tuple, row.nearest)),
        )
        for row in found
    ]


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


def _utc(hour: datetime) -> datetime:
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
    writer.writerow(["id", "hour", "channel", "language", "text", "nearest"])
    for row in found:
        text = f"'{row.text}" if row.text.startswith(_FORMULA) else row.text
        near = "; ".join(f"{entry} {share:.2f}" for entry, share in row.nearest)
        writer.writerow([row.id, row.hour.isoformat(), row.channel, row.language, text, near])
    return made.getvalue()
