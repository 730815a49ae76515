"""`storage.retention` erases what has been kept for long enough, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from storage import updates
from storage.retention import Days, erase, purge
from storage.store import Store
from storage.tables import decisions, handled, people, troubled, unmatched, votes, words

NOW = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
DAYS = Days(unmatched=90, person=365, counts=730)
LIMITS = {unmatched: 90, words: 90, decisions: 730, troubled: 730, people: 365, votes: 365}


def row(table: Table, age: timedelta, number: int = 1) -> dict[str, object]:
    """Return a row of so great an age."""
    at = NOW - age
    counted = {"hour": at, "channel": "web", "language": "en"}
    update = {"update_id": number, "at": at}
    person = {"person": str(number), "language": "en", "seen": at.date()}
    rows: dict[Table, dict[str, object]] = {
        decisions: {**counted, "decision": "answer", "rules": ""},
        words: {"person": str(number), "word": "x", "seen": at.date()},
        unmatched: {**counted, "text": "words", "nearest": []},
        troubled: {**update, "kind": "message", "error": "ValueError", "attempts": 1},
        handled: update,
        people: person,
        votes: {**person, "entry": "cpr", "helpful": True},
    }
    return rows[table]


async def put(store: Store, table: Table, *ages: timedelta) -> None:
    """Write rows of some ages."""
    async with store.begin() as connection:
        for number, age in enumerate(ages):
            await connection.execute(table.insert().values(**row(table, age, number)))


async def purged(store: Store, days: Days = DAYS) -> int:
    """Erase, and return how many rows are told of."""
    async with store.begin() as connection:
        return sum((await purge(connection, days, NOW)).values())


async def left(store: Store, table: Table) -> int:
    """Return how many rows of a table are left."""
    async with store.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.mark.parametrize("table", LIMITS, ids=[table.name for table in LIMITS])
async def test_rows_go_when_their_days_are_over(store: Store, table: Table) -> None:
    """A day more is too old, the very day and a day less are not."""
    days = timedelta(days=LIMITS[table])
    day = timedelta(days=1)
    await put(store, table, days + day, days, days - day, timedelta(0))

    assert 1 == await purged(store)
    assert 3 == await left(store, table)


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (Days(unmatched=10, person=365, counts=730), {unmatched, words}),
        (Days(unmatched=90, person=10, counts=730), {people, votes}),
        (Days(unmatched=90, person=365, counts=10), {decisions, troubled}),
    ],
    ids=["unmatched", "person", "counts"],
)
async def test_each_setting_governs_its_own_tables(
    store: Store, days: Days, gone: set[Table]
) -> None:
    """Rows of twenty days."""
    for table in LIMITS:
        await put(store, table, timedelta(days=20))

    assert len(gone) == await purged(store, days)
    assert gone == {table for table in LIMITS if not await left(store, table)}


async def test_tells_how_many_rows_of_each_table(store: Store) -> None:
    """Also of those that lost none."""
    await put(store, unmatched, timedelta(days=100), timedelta(days=101), timedelta(days=1))
    await put(store, votes, timedelta(days=400))
    async with store.begin() as connection:
        gone = await purge(connection, DAYS, NOW)

    assert {table.name for table in LIMITS} == gone.keys()
    assert {"unmatched": 2, "votes": 1} == {name: rows for name, rows in gone.items() if rows}


async def test_erased_words_are_gone_from_the_files(store: Store, tmp_path: Path) -> None:
    """From the database and its write-ahead log, while the bot has them open."""
    async with store.begin() as connection:
        old = {**row(unmatched, timedelta(days=91)), "text": "an erased sentence"}
        await connection.execute(unmatched.insert().values(**old))
    before = held(tmp_path)
    await erase(store, DAYS, NOW)

    assert b"an erased sentence" in before
    assert b"an erased sentence" not in held(tmp_path)


def held(folder: Path) -> bytes:
    """Return all bytes of the files in a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_hours_count_for_unmatched_questions(store: Store) -> None:
    """Words stay ninety days, not ninety-one."""
    await put(store, unmatched, timedelta(days=90, hours=1), timedelta(days=90, hours=-1))
    await purged(store)

    assert 1 == await left(store, unmatched)


async def test_ids_of_updates_go_after_two_days(store: Store) -> None:
    """Telegram cannot send them again; they are no people's rows and are not counted."""
    await put(store, handled, timedelta(hours=49), timedelta(hours=47))

    assert 0 == await purged(store)
    assert 1 == await left(store, handled)


async def test_erasing_twice_erases_nothing_more(store: Store) -> None:
    """It runs four times a day."""
    await put(store, unmatched, timedelta(days=100))

    assert 1 == await purged(store)
    assert 0 == await purged(store)


async def test_an_update_is_known_once_it_is_marked(store: Store) -> None:
    """Of some ids, those that were handled."""
    async with store.begin() as connection:
        await updates.mark(connection, 7, NOW)

        assert {7} == await updates.known(connection, [6, 7, 8])
        assert set() == await updates.known(connection, [])


async def test_trouble_is_counted_without_its_message(store: Store) -> None:
    """One row an update; the last kind of error and the last time stay."""
    async with store.begin() as connection:
        first = await updates.trouble(
            connection, 7, "message", "ValueError", NOW - timedelta(hours=1)
        )
        second = await updates.trouble(connection, 7, "message", "KeyError", NOW)
        rows = (await connection.execute(select(troubled.c.error, troubled.c.attempts))).all()

    assert (1, 2) == (first, second)
    assert [("KeyError", 2)] == [tuple(found) for found in rows]
