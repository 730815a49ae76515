"""The counts of questions, kept in memory as columns, and what waits for staff.

Adding up 100,000 rows in the database takes a fifth of a second.  Rows of `decisions` are never
changed, so each is read once: afterwards a page reads only those that are new.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.figures import NONE, PERIODS, Column, Columns, Helped, Ints, Wanted, spans
from escalation.groups import FEW_PEOPLE
from storage.tables import audit, audit_head, decisions, groups, told, unmatched, votes, waiting

BATCH = 2000  # rows read at once; between them others get their turn
LATE = 200
"""Rows that are read again: a server of PostgreSQL gives numbers out before they are committed."""
KEPT_DAYS = max(count * days for count, days in PERIODS.values())
_TEXTS = ("language", "decision", "category", "entry")
_NUMBERS = ("id", "day", "ms")


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for staff, in numbers.

    Attributes:
        open: Groups of questions that nobody has dealt with.
        unassigned: Of them those that are nobody's yet.
        questions: Asked in open groups.
        ungrouped: Questions that are in no group yet.
        drafted: Groups whose draft is not served yet.
        people: Who want to be told of an answer; to be shown by `few` only.
        digest_at: When the last digest was sent, aware UTC.
        audit_rows: Rows of the audit.
        audit_at: When the last one was written, aware UTC.
    """

    open: int
    unassigned: int
    questions: int
    ungrouped: int
    drafted: int
    people: int
    digest_at: datetime | None
    audit_rows: int
    audit_at: datetime | None


class Tally:
    """The columns of all questions of the last year, some 20 bytes each; one for each process."""

    def __init__(self) -> None:
        """Start with nothing; the first page, or who calls `refresh` before, reads all."""
        self._lock = asyncio.Lock()
        self._clear()

    def _clear(self) -> None:
        self._numbers = {name: np.zeros(0, np.int32) for name in _NUMBERS}
        self._codes = {name: np.zeros(0, np.int16) for name in _TEXTS}
        self._names: dict[str, dict[str, int]] = {name: {"": 0} for name in _TEXTS}

    async def refresh(self, connection: AsyncConnection, today: date) -> Columns:
        """Read what is new; return the columns of the last 364 days."""
        async with self._lock:
            first = today - timedelta(days=KEPT_DAYS - 1)
            await self._drop(connection, first)
            await self._read(connection, first)
            return self._columns()

    async def _drop(self, connection: AsyncConnection, first: date) -> None:
        """Drop what was erased meanwhile, what is too old, and the newest, to be read again."""
        # Each by itself: both in one query SQLite answers by reading all rows.
        low = await connection.scalar(select(func.min(decisions.c.id)))
        high = await connection.scalar(select(func.max(decisions.c.id)))
        seen = self._numbers["id"]
        if low is None or (len(seen) and high < seen.max()):
            # Emptied, or brought back from a backup: numbers may be given out anew.
            self._clear()
            return
        if not len(seen):
            return
        stays = (seen >= low) & (seen <= seen.max() - LATE)
        stays &= self._numbers["day"] >= first.toordinal()
        self._numbers = {name: held[stays] for name, held in self._numbers.items()}
        self._codes = {name: held[stays] for name, held in self._codes.items()}

    async def _read(self, connection: AsyncConnection, first: date) -> None:
        seen = self._numbers["id"]
        last, since = int(seen.max()) if len(seen) else 0, datetime.combine(first, time(), UTC)
        numbers: dict[str, list[Ints]] = {name: [held] for name, held in self._numbers.items()}
        codes: dict[str, list[Any]] = {name: [held] for name, held in self._codes.items()}
        query = (
            select(decisions.c.id, decisions.c.hour, *(decisions.c[name] for name in _TEXTS))
            .add_columns(decisions.c.ms)
            .where(decisions.c.hour >= since)
            .order_by(decisions.c.id)
            .limit(BATCH)
        )
        while rows := (await connection.execute(query.where(decisions.c.id > last))).all():
            last = rows[-1].id
            ids, hours, *texts, ms = zip(*rows, strict=True)
            numbers["id"].append(np.array(ids, np.int32))
            numbers["day"].append(np.array([hour.toordinal() for hour in hours], np.int32))
            numbers["ms"].append(np.array([NONE if one is None else one for one in ms], np.int32))
            for name, column in zip(_TEXTS, texts, strict=True):
                codes[name].append(self._coded(name, column))
        self._numbers = {name: np.concatenate(parts) for name, parts in numbers.items()}
        self._codes = {name: np.concatenate(parts) for name, parts in codes.items()}

    def _coded(self, name: str, texts: Iterable[str | None]) -> Any:
        names = self._names[name]
        return np.array([names.setdefault(text or "", len(names)) for text in texts], np.int16)

    def _columns(self) -> Columns:
        texts = {
            name: Column(self._codes[name], tuple(names)) for name, names in self._names.items()
        }
        return Columns(day=self._numbers["day"], ms=self._numbers["ms"], **texts)


async def helped(connection: AsyncConnection, wanted: Wanted, today: date) -> list[Helped]:
    """Return what people voted in a period and language, by entry."""
    query = (
        select(votes.c.entry, votes.c.helpful, func.count())
        .where(votes.c.seen >= spans(wanted, today)[0].first)
        .group_by(votes.c.entry, votes.c.helpful)
    )
    if wanted.language:
        query = query.where(votes.c.language == wanted.language)
    found: dict[str, list[int]] = {}
    for entry, helpful, count in await connection.execute(query):
        found.setdefault(entry, [0, 0])[0 if helpful else 1] += count
    return [Helped(entry, yes, no) for entry, (yes, no) in found.items()]


async def waits(connection: AsyncConnection) -> Waits:
    """Return what waits for staff."""
    by_state = (
        select(
            groups.c.state,
            groups.c.assigned.is_(None),
            func.count(),
            func.coalesce(func.sum(groups.c.questions), 0),
        )
        .where(groups.c.state.in_(("open", "drafted")))
        .group_by(groups.c.state, groups.c.assigned.is_(None))
    )
    rows = (await connection.execute(by_state)).all()
    people = select(func.count(waiting.c.person.distinct())).where(waiting.c.taken_at.is_(None))
    ungrouped = select(func.count()).where(unmatched.c.group_id.is_(None))
    digest = select(told.c.at).where(told.c.kind == "digest")
    last = (
        await connection.execute(
            select(audit_head.c.number, audit.c.at).outerjoin(
                audit, audit.c.number == audit_head.c.number
            )
        )
    ).one()
    return Waits(
        open=sum(count for state, _, count, _ in rows if state == "open"),
        unassigned=sum(count for state, free, count, _ in rows if state == "open" and free),
        questions=sum(asked for state, _, _, asked in rows if state == "open"),
        ungrouped=await connection.scalar(ungrouped) or 0,
        drafted=sum(count for state, _, count, _ in rows if state == "drafted"),
        people=await connection.scalar(people) or 0,
        digest_at=_aware(await connection.scalar(digest)),
        audit_rows=last.number,
        audit_at=datetime.fromisoformat(last.at) if last.at else None,
    )


def few(people: int) -> str:
    """Return a number of people as staff may see it: small ones could be recognised."""
    if not people:
        return "nobody"
    return f"fewer than {FEW_PEOPLE}" if people < FEW_PEOPLE else f"{people:,}"


def _aware(at: datetime | None) -> datetime | None:
    """Return a time as it was written: SQLite forgets that it was UTC."""
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
