"""What a person left, under a keyed hash: finding it, showing it, moving it, erasing it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import (
    Column,
    PrimaryKeyConstraint,
    Row,
    Table,
    UniqueConstraint,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import metadata, people, votes
from text import Language

HASH_CHARACTERS = 32
# Found by the column, so that no table of people's rows is overlooked when they are erased.
PERSONAL = tuple(table for table in metadata.sorted_tables if "person" in table.c)


def hashed(key: bytes, channel: str, number: int | str) -> str:
    """Return the name under which a person is known here; the key is kept outside the database."""
    return hmac.new(key, f"{channel}:{number}".encode(), hashlib.sha256).hexdigest()[
        :HASH_CHARACTERS
    ]


async def language(connection: AsyncConnection, *names: str) -> Language | None:
    """Return the language that a person chose, by the hashes under each key, newest first."""
    rows = await connection.execute(
        select(people.c.person, people.c.language).where(people.c.person.in_(names))
    )
    found = {row.person: row.language for row in rows}
    chosen = next((found[name] for name in names if name in found), None)
    return Language(chosen) if chosen else None


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


async def held(connection: AsyncConnection, *names: str) -> Mapping[str, Sequence[Row]]:  # type: ignore[type-arg]
    """Return all rows of a person by the table's name; a table without any is left out.

    Args:
        connection: An open one.
        names: The hashes of the person, one under each key.
    """
    found = {
        table.name: (await connection.execute(select(table).where(table.c.person.in_(names)))).all()
        for table in PERSONAL
    }
    return {name: rows for name, rows in found.items() if rows}


async def known(connection: AsyncConnection, *names: str) -> list[str]:
    """Return those of some hashes that anything is kept under, in the order given."""
    found: set[str] = set()
    for table in PERSONAL:
        found |= set(
            await connection.scalars(select(table.c.person).where(table.c.person.in_(names)))
        )
    return [name for name in names if name in found]


async def move(connection: AsyncConnection, old: Sequence[str], new: str) -> None:
    """Bring what a person left under older keys to the hash of the newest.

    Where two rows say the same of one thing (a vote on the same entry), the newer key's stays.

    Args:
        connection: An open one, in a transaction.
        old: The hashes under older keys, newest first.
        new: The hash under the newest key.
    """
    for name in old:
        for table in PERSONAL:
            twin = table.alias()
            same = [twin.c[column.name] == column for column in _beside(table)]
            await connection.execute(
                delete(table).where(
                    table.c.person == name, exists().where(twin.c.person == new, *same)
                )
            )
            await connection.execute(update(table).where(table.c.person == name).values(person=new))


def _beside(table: Table) -> list[Column]:  # type: ignore[type-arg]
    """Return the columns that, beside the person, may stand in a table once."""
    for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            columns = list(constraint.columns)
            if "person" in (column.name for column in columns):
                return [column for column in columns if column.name != "person"]
    msg = f"the table {table.name} does not say what is unique of a person"
    raise LookupError(msg)


async def forget(connection: AsyncConnection, person: str) -> int:
    """Erase everything that a person left; return how many rows that was."""
    gone = 0
    for table in PERSONAL:
        result = await connection.execute(delete(table).where(table.c.person == person))
        gone += result.rowcount
    return gone


async def remembers(connection: AsyncConnection, *names: str) -> bool:
    """Tell whether anything of a person is kept."""
    return bool(await known(connection, *names))
