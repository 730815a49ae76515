"""Erase what has been kept for long enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import updates
from storage.store import Store
from storage.tables import (
    asked,
    askers,
    decisions,
    groups,
    links,
    notes,
    people,
    sessions,
    steps,
    told,
    troubled,
    unmatched,
    votes,
    waiting,
    words,
)

TURN = "grouping"
"""The kind in the table `told` whose row is held by who puts questions into groups."""
# Groups that stay for as long as a question would: new ones are still compared with what was
# dismissed, and a merger can be undone.
_LASTING = ("dismissed", "merged")


@dataclass(frozen=True, slots=True)
class Days:
    """How long each kind of row stays, in days."""

    unmatched: int
    person: int
    counts: int
    tell: int = 60


async def erase(store: Store, days: Days, now: datetime) -> dict[str, int]:
    """Erase old rows, for good; return how many of each table."""
    async with store.begin() as connection:
        gone = await purge(connection, days, now)
    if any(gone.values()):
        await store.settle()
    return gone


async def purge(connection: AsyncConnection, days: Days, now: datetime) -> dict[str, int]:
    """Erase old rows; return how many of each table."""
    today = now.date()
    gone = {}
    for table, old in (
        (unmatched, unmatched.c.hour < now - timedelta(days=days.unmatched)),
        # Behind the questions: who waits goes with the question, or on their own last day.
        (waiting, or_(waiting.c.until < today, ~exists().where(unmatched.c.ref == waiting.c.ref))),
        (words, words.c.seen < today - timedelta(days=days.unmatched)),
        (decisions, decisions.c.hour < now - timedelta(days=days.counts)),
        (troubled, troubled.c.at < now - timedelta(days=days.counts)),
        (people, people.c.seen < today - timedelta(days=days.person)),
        (votes, votes.c.seen < today - timedelta(days=days.person)),
        (asked, asked.c.seen < today - timedelta(days=1)),
        (links, links.c.until < now),
        (sessions, sessions.c.began_at < now - timedelta(days=1)),
        *_grouped(days, now),
    ):
        gone[table.name] = (await connection.execute(delete(table).where(old))).rowcount
    await _recount(connection)
    await updates.purge(connection, now)
    return gone


def _grouped(days: Days, now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return what is old of groups and of what hangs on them; to be erased behind the questions."""
    limit = timedelta(days=days.unmatched)
    empty = ~exists().where(unmatched.c.group_id == groups.c.id)
    over = or_(groups.c.state.not_in(_LASTING), groups.c.last_hour < now - limit)
    old = select(groups.c.id).where(empty, over)
    return [
        (askers, or_(askers.c.seen < now.date() - limit, askers.c.scope.in_(old))),
        (notes, notes.c.group_id.in_(old)),
        (steps, steps.c.group_id.in_(old)),
        (groups, groups.c.id.in_(old)),
    ]


async def _recount(connection: AsyncConnection) -> None:
    """Set how many questions groups have left; those of merged ones went elsewhere."""
    left = (
        select(func.count())
        .select_from(unmatched)
        .where(unmatched.c.group_id == groups.c.id)
        .scalar_subquery()
    )
    wrong = (groups.c.questions != left, groups.c.state != "merged")
    await connection.execute(update(groups).where(*wrong).values(questions=left))
    # Who groups then looks at all groups anew.
    turn = update(told).where(told.c.kind == TURN).values(number=told.c.number + 1)
    await connection.execute(turn)
