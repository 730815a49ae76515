"""Erase what has been kept for long enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import updates
from storage.store import Store
from storage.tables import decisions, people, troubled, unmatched, votes, words


@dataclass(frozen=True, slots=True)
class Days:
    """How long each kind of row stays, in days."""

    unmatched: int
    person: int
    counts: int


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
        (words, words.c.seen < today - timedelta(days=days.unmatched)),
        (decisions, decisions.c.hour < now - timedelta(days=days.counts)),
        (troubled, troubled.c.at < now - timedelta(days=days.counts)),
        (people, people.c.seen < today - timedelta(days=days.person)),
        (votes, votes.c.seen < today - timedelta(days=days.person)),
    ):
        gone[table.name] = (await connection.execute(delete(table).where(old))).rowcount
    await updates.purge(connection, now)
    return gone
