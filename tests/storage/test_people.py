"""`storage.people`: what a person left, under a keyed hash, and erasing it."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import row_of
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import people
from storage.store import Store
from storage.tables import metadata, votes
from storage.tables import people as table
from text import Language

KEY = b"a key of thirty-two bytes or more"
DAY, LATER = date(2026, 12, 1), date(2026, 12, 9)
ASHA, RAVI = people.hashed(KEY, "telegram", 1), people.hashed(KEY, "telegram", 2)
OLDER, OLDEST = (people.hashed(key, "telegram", 1) for key in (b"an older key", b"the oldest"))


@pytest.fixture
async def connection(store: Store) -> AsyncIterator[AsyncConnection]:
    """A transaction on a fresh database."""
    async with store.begin() as opened:
        yield opened


async def test_remembers_the_last_choice_of_language(connection: AsyncConnection) -> None:
    """One row a person, however often they choose."""
    await people.choose(connection, ASHA, Language.HI, DAY)
    await people.choose(connection, ASHA, Language.UR, LATER)
    await people.choose(connection, RAVI, Language.SW, DAY)

    assert Language.UR is await people.language(connection, ASHA)
    assert Language.SW is await people.language(connection, RAVI)
    assert 2 == len((await connection.execute(select(table))).all())


async def test_who_chose_nothing_has_no_language(connection: AsyncConnection) -> None:
    """And is in no table."""
    assert await people.language(connection, ASHA) is None
    assert not await people.remembers(connection, ASHA)


@pytest.mark.parametrize(
    ("today", "expected"),
    [(LATER, LATER), (DAY, DAY), (date(2026, 11, 1), DAY)],
    ids=["later", "same-day", "clock-set-back"],
)
async def test_who_is_about_is_noted_by_the_day(
    connection: AsyncConnection, today: date, expected: date
) -> None:
    """The day only moves on, and only of people who left something."""
    await people.choose(connection, ASHA, Language.HI, DAY)
    await people.seen(connection, ASHA, today)
    await people.seen(connection, RAVI, today)

    rows = (await connection.execute(select(table.c.person, table.c.seen))).all()
    assert [(ASHA, expected)] == [tuple(row) for row in rows]


async def test_the_last_vote_of_a_person_on_an_entry_holds(connection: AsyncConnection) -> None:
    """Others' votes, and votes on other entries, stay."""
    await people.vote(connection, ASHA, "cpr", Language.HI, DAY, helpful=True)
    await people.vote(connection, ASHA, "malaria-spread", Language.HI, DAY, helpful=True)
    await people.vote(connection, RAVI, "cpr", Language.SW, DAY, helpful=True)
    await people.vote(connection, ASHA, "cpr", Language.UR, LATER, helpful=False)

    found = await connection.execute(select(votes).order_by(votes.c.entry, votes.c.seen))
    expected = [
        (RAVI, "cpr", "sw", True, DAY),
        (ASHA, "cpr", "ur", False, LATER),
        (ASHA, "malaria-spread", "hi", True, DAY),
    ]
    assert expected == [tuple(row) for row in found]


async def test_forgetting_erases_everything_of_one_person(connection: AsyncConnection) -> None:
    """Choice and votes go, and are counted; nobody else loses anything."""
    for person in (ASHA, RAVI):
        await people.choose(connection, person, Language.HI, DAY)
        await people.vote(connection, person, "cpr", Language.HI, DAY, helpful=True)
    await people.vote(connection, ASHA, "malaria-spread", Language.HI, DAY, helpful=False)

    assert 3 == await people.forget(connection, ASHA)
    assert not await people.remembers(connection, ASHA)
    assert await people.remembers(connection, RAVI)


async def test_forgetting_somebody_unknown_erases_nothing(connection: AsyncConnection) -> None:
    """Asking twice is no error."""
    assert 0 == await people.forget(connection, ASHA)


@pytest.mark.parametrize("left", ["choice", "vote"])
async def test_one_row_anywhere_is_remembered(connection: AsyncConnection, left: str) -> None:
    """/forget says honestly whether there was something."""
    if left == "choice":
        await people.choose(connection, ASHA, Language.HI, DAY)
    else:
        await people.vote(connection, ASHA, "cpr", Language.HI, DAY, helpful=True)

    assert await people.remembers(connection, ASHA)


# ---- every table, and other keys


async def names(connection: AsyncConnection) -> set[str]:
    """Return whom any row of any table is of."""
    found = [await connection.scalars(select(one.c.person)) for one in people.PERSONAL]
    return {name for rows in found for name in rows}


@pytest.mark.parametrize("one", people.PERSONAL, ids=[one.name for one in people.PERSONAL])
async def test_a_row_in_any_table_is_found_moved_and_erased(
    connection: AsyncConnection, one: Table
) -> None:
    """Tables that are added later too; nobody else's rows are touched."""
    for person in (OLDER, RAVI):
        await connection.execute(one.insert().values(**row_of(one, person)))

    assert [one.name] == list(await people.held(connection, ASHA, OLDER))
    assert [OLDER] == await people.known(connection, ASHA, OLDER, OLDEST)
    await people.move(connection, [OLDER, OLDEST], ASHA)
    assert {ASHA, RAVI} == await names(connection)
    assert 1 == await people.forget(connection, ASHA)
    assert {RAVI} == await names(connection)


def test_no_table_names_a_person_otherwise() -> None:
    """A hash in a column of another name would be neither shown nor erased."""
    columns = {column.name for one in metadata.sorted_tables for column in one.columns}

    assert {"people", "votes"} <= {one.name for one in people.PERSONAL}
    assert set() == {name for name in columns if "person" in name} - {"person"}


async def test_what_was_said_under_a_newer_key_stays(connection: AsyncConnection) -> None:
    """One choice, one vote an entry, whatever keys they were left under."""
    for person, chosen in ((ASHA, Language.HI), (OLDER, Language.UR), (OLDEST, Language.SW)):
        await people.choose(connection, person, chosen, DAY)
    await people.vote(connection, OLDEST, "cpr", Language.SW, DAY, helpful=True)
    await people.vote(connection, OLDER, "cpr", Language.UR, DAY, helpful=False)
    await people.vote(connection, OLDEST, "malaria-spread", Language.SW, DAY, helpful=True)
    assert Language.UR is await people.language(connection, "nobody", OLDER, OLDEST)
    await people.move(connection, [OLDER, OLDEST], ASHA)

    assert {ASHA} == await names(connection)
    assert Language.HI is await people.language(connection, ASHA)
    found = await connection.execute(select(votes.c.entry, votes.c.helpful))
    assert {("cpr", False), ("malaria-spread", True)} == {tuple(row) for row in found}


def test_the_hash_of_a_person_depends_on_key_channel_and_number() -> None:
    """Without the key nobody can find a person; the same person is found again."""
    others = [
        people.hashed(b"another key", "telegram", 1),
        people.hashed(KEY, "web", 1),
        people.hashed(KEY, "telegram", 11),
    ]

    assert ASHA == people.hashed(KEY, "telegram", "1")
    assert ASHA not in others
    assert 3 == len(set(others))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(number=st.integers(10**6, 10**12) | st.ip_addresses(v=4).map(str))
def test_the_hash_shows_nothing_of_the_number(number: int | str) -> None:
    """It fits its column and holds neither the id nor the address."""
    made = people.hashed(KEY, "telegram", number)

    assert people.HASH_CHARACTERS == len(made) <= table.c.person.type.length  # type: ignore[attr-defined]
    assert str(number) not in made
