"""The audit: what was written stays, and whatever is done to it shows."""

import asyncio
import contextlib
import csv
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import audit as chain
from escalation.audit import Act, Head
from storage.store import Store
from storage.tables import audit, audit_head

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TRIGGERS = ("audit_no_update", "audit_no_delete")
COLUMNS = ("at", "who", "what", "object", "before", "after", "previous", "hash")


@pytest.fixture
async def written(store: Store) -> Store:
    """An audit of five rows."""
    async with store.begin() as connection:
        for number in range(1, 6):
            await chain.add(connection, NOW, f"Anna {number}", "note", f"group/{number}")
    return store


async def verify(store: Store, known: Head | None = None) -> list[str]:
    """Return what is wrong."""
    async with store.read() as connection:
        return await chain.verify(connection, known)


async def tamper(store: Store, change: Callable[[AsyncConnection], Awaitable[object]]) -> None:
    """Do what only somebody can who writes to the file past the bot: the triggers are away."""
    async with store.begin() as connection:
        for name in TRIGGERS:
            await connection.execute(text(f"DROP TRIGGER {name}"))
        await change(connection)


async def test_an_empty_audit_is_whole(store: Store) -> None:
    """Nothing was done yet."""
    assert [] == await verify(store)


async def test_an_audit_that_was_only_added_to_is_whole(written: Store) -> None:
    """Numbers have no gaps, each row holds the hash of the one before."""
    async with written.read() as connection:
        rows = await chain.rows(connection)
        head = await chain.head(connection)

    assert [1, 2, 3, 4, 5] == [kept.act.number for kept in rows]
    assert ["", *(kept.hash for kept in rows[:-1])] == [kept.act.previous for kept in rows]
    assert Head(5, rows[-1].hash) == head
    assert [] == await verify(written)


def test_the_hash_is_one_that_others_can_compute() -> None:
    """By sha256sum of `[1,"2026-11-22T09:30:00+00:00","Anna","note","group/1","","",""]`."""
    act = Act(1, NOW.isoformat(), "Anna", "note", "group/1", "", "", "")

    assert "26195bd7b1821519aeba787b6511e13f2107a4a3613405b0c6aa5883a4f78ee8" == act.hash()


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_changes(written: Store, statement: str) -> None:
    """Of a mistake in our own code, too."""
    with pytest.raises(DBAPIError, match="what stands in the audit is never changed"):
        async with written.begin() as connection:
            await connection.execute(text(statement))

    assert [] == await verify(written)


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_changed_byte_shows(written: Store, column: str) -> None:
    """In every column; the row is named."""

    async def flip(connection: AsyncConnection) -> None:
        field = audit.c[column]
        value = await connection.scalar(select(field).where(audit.c.number == 3)) or "A"
        flipped = value[:-1] + chr(ord(value[-1]) ^ 1)
        await connection.execute(update(audit).where(audit.c.number == 3).values({column: flipped}))

    await tamper(written, flip)

    assert "row 3 was changed: its hash is not that of what it says" in await verify(written)


async def test_every_broken_row_is_named(written: Store) -> None:
    """Not only the first."""
    await tamper(
        written,
        lambda open_: open_.execute(
            update(audit).where(audit.c.number.in_([2, 4])).values(who="Carl")
        ),
    )

    assert [2, 4] == [int(said.split()[1]) for said in await verify(written)]


async def test_a_row_made_anew_with_its_own_hash_shows_in_the_next(written: Store) -> None:
    """The next one holds the hash of what was there."""

    async def forge(connection: AsyncConnection) -> None:
        row = (await chain.rows(connection))[2].act
        forged = replace(row, who="Carl")
        await connection.execute(
            update(audit).where(audit.c.number == 3).values(who="Carl", hash=forged.hash())
        )

    await tamper(written, forge)

    assert ["row 4 does not follow row 3: one was exchanged"] == await verify(written)


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ([1], "row 1 is missing"),
        ([3], "row 3 is missing"),
        ([2, 3], "rows 2 to 3 are missing"),
        ([5], "row 5 is missing"),
        ([4, 5], "rows 4 to 5 are missing"),
        ([1, 2, 3, 4, 5], "rows 1 to 5 are missing"),
    ],
)
async def test_rows_that_were_taken_away_are_named(
    written: Store, gone: list[int], said: str
) -> None:
    """The first, the last and all of them, too."""
    await tamper(
        written, lambda open_: open_.execute(delete(audit).where(audit.c.number.in_(gone)))
    )

    assert [said] == await verify(written)


async def test_rows_in_another_order_show(written: Store) -> None:
    """Two rows that exchanged their numbers."""

    async def exchange(connection: AsyncConnection) -> None:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            await connection.execute(update(audit).where(audit.c.number == old).values(number=new))

    await tamper(written, exchange)
    wrong = await verify(written)

    assert "row 2 was changed: its hash is not that of what it says" in wrong
    assert "row 3 was changed: its hash is not that of what it says" in wrong


@pytest.mark.parametrize("number", [0, -3])
async def test_a_row_before_the_first_shows(written: Store, number: int) -> None:
    """It would stand in no count."""
    act = Act(number, NOW.isoformat(), "Anna", "note", "group/1", "", "", "")
    values = {name: getattr(act, name) for name in COLUMNS[:-1]}
    await tamper(
        written,
        lambda open_: open_.execute(insert(audit).values(number=number, **values, hash=act.hash())),
    )

    assert [f"row {number} is none of ours: rows are counted from 1"] == await verify(written)


async def test_a_row_behind_the_head_shows(written: Store) -> None:
    """One that was not added by the bot."""
    async with written.begin() as connection:
        last = await chain.head(connection)
        act = Act(6, NOW.isoformat(), "Carl", "approve", "entries/x/en", "", "", last.hash)
        values = {name: getattr(act, name) for name in COLUMNS[:-1]}
        await connection.execute(insert(audit).values(number=6, **values, hash=act.hash()))

    assert ["the audit ends with row 6, but its head names row 5"] == await verify(written)


async def test_a_head_that_was_changed_shows(written: Store) -> None:
    """The number is right, the hash is not."""
    async with written.begin() as connection:
        await connection.execute(update(audit_head).values(hash="0" * 64))

    assert ["row 5 is not the one that the head names: one was exchanged"] == await verify(written)


async def test_a_missing_head_shows(written: Store) -> None:
    """And nothing more can be done until it is back."""
    async with written.begin() as connection:
        await connection.execute(delete(audit_head))

    assert ["the head is missing: nobody can tell whether the last rows are there"] == (
        await verify(written)
    )


async def test_a_chain_made_wholly_anew_shows_against_a_head_written_down(written: Store) -> None:
    """The one thing that the database alone cannot tell."""
    async with written.read() as connection:
        known = await chain.head(connection)

    async def anew(connection: AsyncConnection) -> None:
        await connection.execute(delete(audit))
        await connection.execute(update(audit_head).values(number=0, hash=""))
        for number in range(1, 7):
            await chain.add(connection, NOW, "Carl", "note", f"group/{number}")

    await tamper(written, anew)

    assert [] == await verify(written)
    assert ["row 5 is not the one that was written down"] == await verify(written, known)


async def test_an_older_head_still_holds(written: Store) -> None:
    """What came later is no mistake; a head of a row that is gone is."""
    async with written.begin() as connection:
        known = await chain.head(connection)
        await chain.add(connection, NOW, "Anna", "note", "group/6")

    assert [] == await verify(written, known)
    assert ["row 99 is not the one that was written down"] == (
        await verify(written, Head(99, known.hash))
    )


async def test_nothing_is_said_of_what_did_not_happen(written: Store) -> None:
    """A transaction that failed leaves no row and no gap."""
    with contextlib.suppress(ZeroDivisionError):
        async with written.begin() as connection:
            await chain.add(connection, NOW, "Anna", "note", "group/6")
            _ = 1 / 0
    async with written.begin() as connection:
        await chain.add(connection, NOW, "Anna", "note", "group/7")

    assert [] == await verify(written)


async def test_rows_that_are_added_while_it_is_read_are_no_mistake(
    written: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff go on working."""
    monkeypatch.setattr(chain, "BATCH", 2)

    async def work() -> None:
        for number in range(30):
            async with written.begin() as connection:
                await chain.add(connection, NOW, "Anna", "note", f"group/{number}")

    working = asyncio.create_task(work())
    wrong = [await verify(written) for _ in range(10)]
    await working

    assert [[]] * 10 == wrong
    assert [] == await verify(written)


async def test_the_newest_rows_come_first_by_page_and_filter(written: Store) -> None:
    """Signs that mean something in LIKE are only signs."""
    async with written.begin() as connection:
        await chain.add(connection, NOW, "Carl", "approve", "entries/fever_care/en")
        newest = await chain.newest(connection, limit=2)
        older = await chain.newest(connection, before=newest[-1].act.number, limit=2)
        carls = await chain.newest(connection, who="Carl")
        fevers = await chain.newest(connection, about="fever_")
        nothing = await chain.newest(connection, about="feve_c%")

    assert [6, 5] == [kept.act.number for kept in newest]
    assert [4, 3] == [kept.act.number for kept in older]
    assert [6] == [kept.act.number for kept in carls] == [kept.act.number for kept in fevers]
    assert [] == nothing


async def test_exports_hold_every_column_and_the_whole_chain(written: Store) -> None:
    """So that others can check it without us."""
    async with written.read() as connection:
        rows = await chain.rows(connection)
    table = list(csv.DictReader(io.StringIO(chain.as_csv(rows))))
    lines = [json.loads(line) for line in chain.as_json(rows).splitlines()]

    assert table == [{name: str(value) for name, value in line.items()} for line in lines]
    assert [kept.act for kept in rows] == [
        Act(**{name: value for name, value in line.items() if name != "hash"}) for line in lines
    ]


def test_a_head_is_read_as_it_is_written() -> None:
    """With blanks around it, as people copy it."""
    head = Head(12, "3fa9" * 16)

    assert head == Head.read(f" {head}\n")


@pytest.mark.parametrize(
    "said", ["", "12", "x:" + "a" * 64, "12:abc", "12:" + "g" * 64, "-1:" + "a" * 64]
)
def test_what_is_no_head_is_refused(said: str) -> None:
    """In a sentence that says how one looks."""
    with pytest.raises(ValueError, match="is no head of an audit: a number, a colon and 64 digits"):
        Head.read(said)
