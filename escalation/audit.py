"""Who did what: rows that are only ever added, each holding the hash of the one before it.

Changing or taking away a row breaks the chain.  Who can rewrite the whole table could make a new
chain; so its last number and hash also go where the database does not reach, into the digest for
the staff chat, and `verify` compares with what was written down there.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import audit, audit_head

BATCH = 1000
SYSTEM = "sehat"
"""Who did what nobody of the staff did; no member may have this name."""
TERMINAL = "terminal"
"""Who did what was done with `bot.py` where the bot runs; no member may have this name."""

HASH_DIGITS = 64
_HASH = re.compile(f"[0-9a-f]{{{HASH_DIGITS}}}")
_FIRST = -(2**31)  # a row that somebody put before the first is found too


@dataclass(frozen=True, slots=True)
class Act:
    """One row, as it is hashed.

    Attributes:
        number: From 1, without gaps.
        at: When, ISO 8601 in UTC.
        who: A member's name, or `SYSTEM`.
        what: What was done, like `approve`.
        object: To what, like `entries/malaria-spread/hi` or `group/17`; never text of the public.
        before: Digest of what was there, or an old value such as a role; empty for none.
        after: The same of what is there now.
        previous: The hash of the row before; empty in the first.
    """

    number: int
    at: str
    who: str
    what: str
    object: str
    before: str
    after: str
    previous: str

    def hash(self) -> str:
        """Return the SHA-256 of the row, in hexadecimal digits."""
        said = json.dumps(list(asdict(self).values()), ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as it lies in the database."""

    act: Act
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last row: what is to be written down elsewhere."""

    number: int
    hash: str

    def __str__(self) -> str:
        """Return it as people write it down: `1234:3fa9…`, whole."""
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, said: str) -> "Head":
        """Read what `str` wrote.

        Raises:
            ValueError: It is none.
        """
        number, _, hash_ = said.strip().partition(":")
        if not (number.isascii() and number.isdecimal() and _HASH.fullmatch(hash_.lower())):
            msg = f"{said[:90]!r} is no head of an audit: a number, a colon and 64 digits, 12:3fa9…"
            raise ValueError(msg)
        return cls(int(number), hash_.lower())


async def add(  # noqa: PLR0913 - the columns of the row
    connection: AsyncConnection,
    at: datetime,
    who: str,
    what: str,
    object_: str,
    *,
    before: str = "",
    after: str = "",
) -> None:
    """Add a row, in the transaction of what it tells of.

    Args:
        connection: An open one, in a transaction that may write.
        at: When, aware.
        who: A member's name, or `SYSTEM`.
        what: What was done.
        object_: To what; never text of the public.
        before: Digest or value before.
        after: Digest or value after.
    """
    # Written to first: until our transaction ends nobody else can add a row.
    await connection.execute(update(audit_head).values(number=audit_head.c.number + 1))
    head = (await connection.execute(select(audit_head))).one()
    act = Act(head.number, at.isoformat(), who, what, object_, before, after, head.hash)
    made = act.hash()
    await connection.execute(audit.insert().values(**asdict(act), hash=made))
    await connection.execute(update(audit_head).values(hash=made))


async def head(connection: AsyncConnection) -> Head:
    """Return the last row's number and hash."""
    return await _head(connection) or Head(0, "")


async def _head(connection: AsyncConnection) -> Head | None:
    row = (await connection.execute(select(audit_head))).one_or_none()
    return Head(row.number, row.hash) if row else None


async def rows(connection: AsyncConnection, after: int = 0, limit: int | None = None) -> list[Kept]:
    """Return the rows behind a number, in their order."""
    query = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
    return [_kept(row) for row in await connection.execute(query)]


async def newest(
    connection: AsyncConnection,
    before: int | None = None,
    limit: int = 50,
    *,
    who: str = "",
    about: str = "",
) -> list[Kept]:
    """Return the last rows, or those before a number, newest first.

    Args:
        connection: An open one.
        before: Only rows with a smaller number.
        limit: Most to return.
        who: Only this member's, by the whole name.
        about: Only rows whose object holds this text.
    """
    query = select(audit).order_by(audit.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.number < before)
    if who:
        query = query.where(audit.c.who == who)
    if about:
        query = query.where(audit.c.object.contains(about, autoescape=True))
    return [_kept(row) for row in await connection.execute(query)]


def _kept(row: object) -> Kept:
    said = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's own name
    return Kept(hash=said.pop("hash"), act=Act(**said))


async def batches(connection: AsyncConnection) -> AsyncIterator[list[Kept]]:
    """Yield all rows in their order, `BATCH` at a time."""
    after = _FIRST
    while found := await rows(connection, after, BATCH):
        yield found
        after = found[-1].act.number


async def verify(connection: AsyncConnection, known: Head | None = None) -> list[str]:
    """Return what is wrong with the audit, a sentence each; nothing when it is whole.

    Rows may be added meanwhile: they are no mistake.

    Args:
        connection: An open one.
        known: A head that was written down earlier; the audit must still hold that row.
    """
    wrong: list[str] = []
    last = await _head(connection)
    number, previous = 0, ""
    held: dict[int, str] = {}  # the hashes of the rows that somebody has written down
    looked_for = {head.number for head in (last, known) if head}
    async for batch in batches(connection):
        for kept in batch:
            if kept.act.number < 1:
                wrong.append(f"row {kept.act.number} is none of ours: rows are counted from 1")
                continue
            wrong += _faults(kept, number, previous)
            number, previous = kept.act.number, kept.hash
            if number in looked_for:
                held[number] = kept.hash
    wrong += _end(last, number, held, await _head(connection))
    if known and known.number and held.get(known.number) != known.hash:
        wrong.append(f"row {known.number} is not the one that was written down")
    return wrong


def _faults(kept: Kept, number: int, previous: str) -> list[str]:
    """Return what is wrong with a row that follows the one of a number and hash."""
    act, wrong = kept.act, []
    if act.number != number + 1:
        wrong.append(_missing(number + 1, act.number - 1))
    elif act.previous != previous:
        wrong.append(f"row {act.number} does not follow row {number}: one was exchanged")
    if act.hash() != kept.hash:
        wrong.append(f"row {act.number} was changed: its hash is not that of what it says")
    return wrong


def _end(first: Head | None, number: int, held: Mapping[int, str], now: Head | None) -> list[str]:
    """Return what is wrong with the end: the head before reading, the last row, the head after."""
    if first is None or now is None:
        return ["the head is missing: nobody can tell whether the last rows are there"]
    if first.number > number:
        return [_missing(number + 1, first.number)]
    if held.get(first.number, "") != first.hash:
        return [f"row {first.number} is not the one that the head names: one was exchanged"]
    if now.number < number:
        return [f"the audit ends with row {number}, but its head names row {now.number}"]
    return []


def _missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first >= last else f"rows {first} to {last} are missing"


COLUMNS = ("number", "at", "who", "what", "object", "before", "after", "previous", "hash")


def as_json(found: Sequence[Kept]) -> str:
    """Return rows as JSON lines."""
    return "".join(
        json.dumps({**asdict(kept.act), "hash": kept.hash}, ensure_ascii=False) + "\n"
        for kept in found
    )


def as_csv(found: Sequence[Kept], *, head: bool = True) -> str:
    """Return rows as CSV, under the names of the columns unless they stand there already.

    Names and actions are ours and begin with a letter or digit: no cell can run as a formula.
    """
    made = io.StringIO()
    writer = csv.writer(made)
    if head:
        writer.writerow(COLUMNS)
    for kept in found:
        writer.writerow([*asdict(kept.act).values(), kept.hash])
    return made.getvalue()
