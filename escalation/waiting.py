"""Who wants to be told when there is an answer: asked, due, taken, done.

A row is taken before anything is sent, and only once.  So nobody is told twice, whatever breaks:
what a crash leaves taken is not sent again, but erased after a while and counted as unsure.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CTE, delete, distinct, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cipher import MARK, Cipher
from storage.retention import Days
from storage.tables import groups, people, told, unmatched, waiting
from text import Language

UNSURE = "unsure told"
"""The kind in the table `told` under which is counted who may not have been told."""

_REF = re.compile(r"[\w-]{1,24}", re.ASCII)
_ANSWERED = ("answered", "drafted")  # a drafted group is answered once its draft is served
_MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody to be told.

    Attributes:
        id: Of the row.
        person: The keyed hash.
        chat: Telegram's number; None when no key opens it.
        language: That they have chosen since, else the one in which they asked to be told.
        entry: What answers their question.
    """

    id: int
    person: str = field(repr=False)
    chat: int | None = field(repr=False)
    language: Language
    entry: str


async def last_day(connection: AsyncConnection, ref: str, today: date, days: Days) -> date | None:
    """Return how long somebody can wait: never longer than the question itself is kept.

    Args:
        connection: An open one.
        ref: Of the question; anything, if it was forged.
        today: The day.
        days: How long a chat and a question are kept.

    Returns:
        The last day, or None when the question is not kept (any more).
    """
    if not _REF.fullmatch(ref):
        return None
    hour = await connection.scalar(select(unmatched.c.hour).where(unmatched.c.ref == ref))
    if hour is None:
        return None
    last = min(today + timedelta(days.tell), hour.date() + timedelta(days.unmatched))
    return last if last >= today else None


async def waits(connection: AsyncConnection, ref: str, *names: str) -> bool:
    """Tell whether a person, by the hashes under each key, waits for an answer already."""
    found = select(waiting.c.id).where(waiting.c.ref == ref, waiting.c.person.in_(names))
    return await connection.scalar(found.limit(1)) is not None


async def ask(  # noqa: PLR0913 - the columns of the row
    connection: AsyncConnection,
    cipher: Cipher,
    *,
    person: str,
    ref: str,
    chat: int,
    language: Language,
    until: date,
) -> bool:
    """Note that somebody wants to be told; return whether that is new.

    Args:
        connection: An open one, in a transaction.
        cipher: Seals the number of the chat.
        person: The keyed hash.
        ref: Of the question.
        chat: Telegram's number of the private chat.
        language: To be told in.
        until: The last day, see `last_day`.
    """
    if await waits(connection, ref, person):
        return False
    kept = cipher.seal(str(chat))
    await connection.execute(
        waiting.insert().values(person=person, ref=ref, chat=kept, language=language, until=until)
    )
    return True


async def count(connection: AsyncConnection, group: int) -> int:
    """Return how many people wait for an answer to a group, or to one that was merged into it."""
    return (await counts(connection, [group]))[group]


async def counts(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, int]:
    """Return the same of several groups, by their numbers, in one query."""
    own = select(groups.c.id.label("into"), groups.c.id).where(groups.c.id.in_(ids))
    members = own.cte("members", recursive=True)
    merged = select(members.c.into, groups.c.id).join(members, groups.c.merged_into == members.c.id)
    members = members.union(merged.where(groups.c.state == _MERGED))
    query = (
        select(members.c.into, func.count(distinct(waiting.c.person)).label("people"))
        .select_from(waiting)
        .join(unmatched, unmatched.c.ref == waiting.c.ref)
        .join(members, members.c.id == unmatched.c.group_id)
        .group_by(members.c.into)
    )
    found: dict[int, int] = {row.into: row.people for row in await connection.execute(query)}
    return {group: found.get(group, 0) for group in ids}


def _answers() -> CTE:
    """Return what answers each group: itself or the one it was merged into, however often."""
    found = (
        select(groups.c.id, groups.c.entry)
        .where(groups.c.state.in_(_ANSWERED), groups.c.entry.is_not(None))
        .cte("answers", recursive=True)
    )
    merged = select(groups.c.id, found.c.entry).join(found, groups.c.merged_into == found.c.id)
    return found.union(merged.where(groups.c.state == _MERGED))


async def due(  # noqa: PLR0913 - what is known of the moment
    connection: AsyncConnection,
    cipher: Cipher,
    served: Collection[str],
    today: date,
    *,
    without: Collection[int] = (),
    limit: int = 100,
) -> list[Waiting]:
    """Return who can be told now, those who have waited longest first.

    A question is answered when staff have answered its group, or drafted an entry for it, and that
    entry is served.

    Args:
        connection: An open one.
        cipher: Opens the numbers of the chats.
        served: Ids of the entries in service.
        today: The day; whose last one is over is told no more.
        without: Ids of rows to leave out.
        limit: How many to return at most.
    """
    answers = _answers()
    waits_for = (
        select(answers.c.entry)
        .join(unmatched, unmatched.c.group_id == answers.c.id)
        .join(waiting, waiting.c.ref == unmatched.c.ref)
        .where(waiting.c.taken_at.is_(None), waiting.c.until >= today)
    )
    entries = sorted({*await connection.scalars(waits_for.distinct())}.intersection(served))
    if not entries:
        return []
    query = (
        waits_for.outerjoin(people, people.c.person == waiting.c.person)
        .with_only_columns(waiting, answers.c.entry, people.c.language.label("chosen"))
        .where(answers.c.entry.in_(entries), waiting.c.id.not_in(without))
        .order_by(waiting.c.id)
        .limit(limit)
    )
    return [_waiting(cipher, row) for row in await connection.execute(query)]


def _waiting(cipher: Cipher, row: Any) -> Waiting:
    chat = cipher.open(row.chat)
    language = Language(row.chosen or row.language)
    return Waiting(row.id, row.person, None if chat is None else int(chat), language, row.entry)


async def take(connection: AsyncConnection, one: Waiting, now: datetime) -> list[int]:
    """Take somebody's row before anything is sent, and what else the same answer is for.

    Who has asked the same thing twice is told once.

    Returns:
        The ids of the rows taken; none if the first was not there any more, or taken by others.
    """
    if not await _taken(connection, one.id, now):
        return []
    others = await _same(connection, one)
    return [one.id, *[row for row in others if await _taken(connection, row, now)]]


async def _same(connection: AsyncConnection, one: Waiting) -> Sequence[int]:
    """Return what else somebody waits for that the same entry answers."""
    theirs = select(waiting.c.id).where(
        waiting.c.person == one.person, waiting.c.taken_at.is_(None)
    )
    if await connection.scalar(theirs.limit(1)) is None:  # as nearly always
        return []
    answers = _answers()
    same = (
        theirs.join(unmatched, unmatched.c.ref == waiting.c.ref)
        .join(answers, answers.c.id == unmatched.c.group_id)
        .where(answers.c.entry == one.entry)
        .order_by(waiting.c.id)
    )
    return (await connection.scalars(same)).all()


async def _taken(connection: AsyncConnection, row: int, now: datetime) -> bool:
    # One statement: of two who take it at once, one finds it taken.
    free = (waiting.c.id == row, waiting.c.taken_at.is_(None), waiting.c.until >= now.date())
    result = await connection.execute(update(waiting).where(*free).values(taken_at=now))
    return result.rowcount == 1


async def release(connection: AsyncConnection, rows: Sequence[int]) -> None:
    """Give rows back: what was to be sent has certainly not arrived."""
    await connection.execute(update(waiting).where(waiting.c.id.in_(rows)).values(taken_at=None))


async def done(connection: AsyncConnection, rows: Sequence[int]) -> None:
    """Erase rows: the person was told, or cannot be."""
    await connection.execute(delete(waiting).where(waiting.c.id.in_(rows)))


async def unsure(connection: AsyncConnection, rows: Sequence[int], now: datetime) -> None:
    """Erase the rows of a message that may have arrived or not, and count it for the digest."""
    await done(connection, rows)
    await _counted(connection, 1, now)


async def stuck(connection: AsyncConnection, before: datetime) -> Sequence[int]:
    """Return the ids of rows that were taken before a time and are still there."""
    return (await connection.scalars(select(waiting.c.id).where(waiting.c.taken_at < before))).all()


async def give_up(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    """Erase what was taken before a time and is still there, and count it; return how many.

    The program that took it has ended between taking and writing down what became of it.
    """
    gone = (await connection.execute(delete(waiting).where(waiting.c.taken_at < before))).rowcount
    if gone:
        await _counted(connection, gone, now)
    return gone


async def _counted(connection: AsyncConnection, more: int, now: datetime) -> None:
    ours = told.c.kind == UNSURE
    raised = update(told).where(ours).values(number=told.c.number + more, at=now)
    if not (await connection.execute(raised)).rowcount:
        await connection.execute(told.insert().values(kind=UNSURE, number=more, at=now))


async def sealed(connection: AsyncConnection, cipher: Cipher) -> list[int]:
    """Return the ids of rows whose chat no key opens."""
    found = await connection.execute(
        select(waiting.c.id, waiting.c.chat).where(waiting.c.chat.startswith(MARK))
    )
    return [row.id for row in found if cipher.open(row.chat) is None]


async def drop(connection: AsyncConnection, rows: Sequence[int]) -> int:
    """Erase some rows; return how many there were."""
    gone = 0
    for row in rows:
        gone += (await connection.execute(delete(waiting).where(waiting.c.id == row))).rowcount
    return gone
