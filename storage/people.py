"""What a person left: the chosen language and votes, under a keyed hash.  And erasing it."""

import hashlib
import hmac
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import people, votes
from text import Language

HASH_CHARACTERS = 32


def hashed(key: bytes, channel: str, number: int | str) -> str:
    """Return the name under which a person is known here; the key is kept outside the database."""
    return hmac.new(key, f"{channel}:{number}".encode(), hashlib.sha256).hexdigest()[
        :HASH_CHARACTERS
    ]


async def language(connection: AsyncConnection, person: str) -> Language | None:
    """Return the language that a person chose."""
    found = await connection.scalar(select(people.c.language).where(people.c.person == person))
    return Language(found) if found else None


async def choose(connection: AsyncConnection, person: str, chosen: Language, today: date) -> None:
    """Keep the language that a person chose."""
    await connection.execute(delete(people).where(people.c.person == person))
    await connection.execute(people.insert().values(person=person, language=chosen, seen=today))


async def seen(connection: AsyncConnection, person: str, today: date) -> None:
    """Note that a person who left something is still about."""
    await connection.execute(
        update(people).where(people.c.person == person, people.c.seen < today).values(seen=today)
    )


async def vote(  # noqa: PLR0913 - the columns of the row
    connection: AsyncConnection,
    person: str,
    entry: str,
    chosen: Language,
    today: date,
    *,
    helpful: bool,
) -> None:
    """Keep whether an answer helped; a later vote of the same person replaces the earlier."""
    await connection.execute(delete(votes).where(votes.c.person == person, votes.c.entry == entry))
    await connection.execute(
        votes.insert().values(
            person=person, entry=entry, language=chosen, helpful=helpful, seen=today
        )
    )


async def forget(connection: AsyncConnection, person: str) -> int:
    """Erase everything that a person left; return how many rows that was."""
    gone = 0
    for table in (people, votes):
        result = await connection.execute(delete(table).where(table.c.person == person))
        gone += result.rowcount
    return gone


async def remembers(connection: AsyncConnection, person: str) -> bool:
    """Tell whether anything of a person is kept."""
    for table in (people, votes):
        if await connection.scalar(select(table.c.person).where(table.c.person == person)):
            return True
    return False
