"""What staff were told, so that a restart tells it no second time and of two processes one does."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage.store import Store
from storage.tables import told


async def last(store: Store, kind: str) -> datetime | None:
    """Return when something was told last, or None."""
    async with store.read() as connection:
        at = await connection.scalar(select(told.c.at).where(told.c.kind == kind))
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


async def mark(store: Store, kind: str, at: datetime, number: int = 0) -> None:
    """Write down that something was told."""
    async with store.begin() as connection:
        done = await connection.execute(
            update(told).where(told.c.kind == kind).values(at=at, number=number)
        )
        if not done.rowcount:
            await connection.execute(told.insert().values(kind=kind, at=at, number=number))


async def claim(store: Store, kind: str, now: datetime, pause: timedelta, number: int = 0) -> bool:
    """Take something up to tell; of several who try at once one gets it.

    Args:
        store: The database.
        kind: What is to be told, like `rise:17`.
        now: When it is taken.
        pause: How long it was not taken before …
        number: … unless this is twice what there was to tell then.
    """
    doubled = and_(told.c.number > 0, told.c.number * 2 <= number)
    free = or_(told.c.at <= now - pause, doubled)
    async with store.begin() as connection:
        done = await connection.execute(
            update(told).where(told.c.kind == kind, free).values(at=now, number=number)
        )
        if done.rowcount:
            return True
        if await connection.scalar(select(told.c.kind).where(told.c.kind == kind)):
            return False
    try:
        async with store.begin() as connection:
            await connection.execute(told.insert().values(kind=kind, at=now, number=number))
    except IntegrityError:  # somebody else was faster
        return False
    return True


async def release(store: Store, kind: str) -> None:
    """Give back what could not be told."""
    async with store.begin() as connection:
        await connection.execute(delete(told).where(told.c.kind == kind))


async def drop(store: Store, prefix: str, before: datetime) -> None:
    """Erase what was told long ago."""
    async with store.begin() as connection:
        await connection.execute(
            delete(told).where(told.c.kind.startswith(prefix, autoescape=True), told.c.at < before)
        )
