"""Erase what has been kept for long enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import updates
from storage.tables import decisions, people, troubled, unmatched, votes


@dataclass(frozen=True, slots=True)
class Days:
    """How long each kind of row stays, in days."""

    unmatched: int
    person: int
    counts: int


async def purge(connection: AsyncConnection, days: Days, now: datetime) -> int:
    """Erase old rows; return how many."""
    today = now.date()
    gone = 0
    for statement in (
        delete(unmatched).where(unmatched.c.hour < now - timedelta(days=days.unmatched)),
        delete(decisions).where(decisions.c.hour < now - timedelta(days=days.counts)),
        delete(troubled).where(troubled.c.at < now - timedelta(days=days.counts)),
        delete(people).where(people.c.seen < today - timedelta(days=days.person)),
        delete(votes).where(votes.c.seen < today - timedelta(days=days.person)),
    ):
        gone += (await connection.execute(statement)).rowcount
    await updates.purge(connection, now)
    return gone
