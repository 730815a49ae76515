"""Which updates of Telegram were handled, so that none is handled twice or for ever."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import handled, troubled

KEPT = timedelta(hours=48)  # Telegram itself keeps an update for 24 hours


async def known(connection: AsyncConnection, update_ids: list[int]) -> set[int]:
    """Return those of some updates that were handled already."""
    rows = await connection.scalars(
        select(handled.c.update_id).where(handled.c.update_id.in_(update_ids))
    )
    return set(rows)


async def mark(connection: AsyncConnection, update_id: int, at: datetime) -> None:
    """Note, in the transaction of its effects, that an update was handled."""
    await connection.execute(handled.insert().values(update_id=update_id, at=at))


async def trouble(
    connection: AsyncConnection, update_id: int, kind: str, error: str, at: datetime
) -> int:
    """Count a failed try; return how many there were.  Neither text nor message is kept."""
    tries = await connection.scalar(
        select(troubled.c.attempts).where(troubled.c.update_id == update_id)
    )
    await connection.execute(delete(troubled).where(troubled.c.update_id == update_id))
    await connection.execute(
        troubled.insert().values(
            update_id=update_id, kind=kind, error=error, attempts=(tries or 0) + 1, at=at
        )
    )
    return (tries or 0) + 1


async def purge(connection: AsyncConnection, now: datetime) -> None:
    """Drop the ids that Telegram can no longer send again."""
    await connection.execute(delete(handled).where(handled.c.at < now - KEPT))
