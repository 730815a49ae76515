"""`storage.retention` erases what has been kept for long enough, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from storage import updates
from storage.retention import Days, erase, purge
from storage.store import Store
from storage.tables import (
    asked,
    askers,
    decisions,
    groups,
    handled,
    links,
    notes,
    people,
    sessions,
    steps,
    troubled,
    unmatched,
    votes,
    waiting,
    words,
)

NOW = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
DAYS = Days(unmatched=90, person=365, counts=730)
LIMITS = {
    unmatched: 90,
    words: 90,
    askers: 90,
    decisions: 730,
    troubled: 730,
    people: 365,
    votes: 365,
    asked: 1,
    sessions: 1,
}
ALL = {*LIMITS, waiting, links, groups, notes, steps}


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
        asked: {"person": str(number), "question": number, "seen": at.date()},
        askers: {"scope": number, "asker": str(number), "seen": at.date()},
        sessions: {"hash": str(number), "name": "Rosa", "began_at": at, "seen_at": at},
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
        (Days(unmatched=10, person=365, counts=730), {unmatched, words, askers}),
        (Days(unmatched=90, person=10, counts=730), {people, votes}),
        (Days(unmatched=90, person=365, counts=10), {decisions, troubled}),
    ],
    ids=["unmatched", "person", "counts"],
)
async def test_each_setting_governs_its_own_tables(
    store: Store, days: Days, gone: set[Table]
) -> None:
    """Rows of twenty days."""
    kept = [table for table in LIMITS if LIMITS[table] > 1]
    for table in kept:
        await put(store, table, timedelta(days=20))

    assert len(gone) == await purged(store, days)
    assert gone == {table for table in kept if not await left(store, table)}


async def test_tells_how_many_rows_of_each_table(store: Store) -> None:
    """Also of those that lost none."""
    await put(store, unmatched, timedelta(days=100), timedelta(days=101), timedelta(days=1))
    await put(store, votes, timedelta(days=400))
    async with store.begin() as connection:
        gone = await purge(connection, DAYS, NOW)

    assert {table.name for table in ALL} == gone.keys()
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


# ---- groups


async def group(store: Store, state: str, days: int, *ages: int) -> int:
    """Write a group of some state, last asked so many days ago, and what hangs on it."""
    at = NOW - timedelta(days=days)
    made = {"state": state, "first_hour": at, "last_hour": at, "questions": 9, "middle": ""}
    staff_row = {"who": "Rosa", "at": at}
    async with store.begin() as connection:
        query = groups.insert().values(**made).returning(groups.c.id)
        number = int((await connection.execute(query)).scalar_one())
        for age in ages:
            question = row(unmatched, timedelta(days=age))
            await connection.execute(unmatched.insert().values(**question, group_id=number))
        await connection.execute(notes.insert().values(group_id=number, text="x", **staff_row))
        step = {"group_id": number, "what": "note", "before": {}, **staff_row}
        await connection.execute(steps.insert().values(**step))
        asker = {"scope": number, "asker": "x", "seen": NOW.date()}
        await connection.execute(askers.insert().values(**asker))
    return number


@pytest.mark.parametrize("state", ["open", "answered", "drafted", "dismissed", "merged"])
async def test_a_group_goes_with_its_last_question(store: Store, state: str) -> None:
    """And its notes, steps and people; a group with a question left stays with all of them."""
    await group(store, state, 91, 91, 92)
    await group(store, state, 91, 89, 92)
    await purged(store)

    assert [1] * 5 == [await left(store, one) for one in (groups, notes, steps, askers, unmatched)]


@pytest.mark.parametrize(
    ("state", "stays"), [("dismissed", 1), ("merged", 1), ("open", 0), ("answered", 0)]
)
async def test_what_is_dismissed_is_known_though_its_questions_were_erased(
    store: Store, state: str, stays: int
) -> None:
    """So that the next question like it is ignored, too; a merged one can come back."""
    await group(store, state, 89)
    await purged(store)

    assert stays == await left(store, groups)


async def test_a_group_tells_how_many_questions_are_left(store: Store) -> None:
    """Those of a merged one went to the other."""
    await group(store, "open", 1, 91, 92, 1)
    await group(store, "merged", 1)
    await purged(store)
    async with store.read() as connection:
        counts = (await connection.scalars(select(groups.c.questions).order_by(groups.c.id))).all()

    assert [1, 9] == counts


async def test_links_go_when_they_are_over(store: Store) -> None:
    """Nobody can sign in with them any more."""
    async with store.begin() as connection:
        for hash_, minutes in (("a", -1), ("b", 1)):
            until = NOW + timedelta(minutes=minutes)
            made = {"hash": hash_, "name": "Rosa", "purpose": "console", "until": until}
            await connection.execute(links.insert().values(**made))
    await purged(store)

    assert 1 == await left(store, links)


async def test_who_waits_goes_on_their_last_day_or_with_the_question(store: Store) -> None:
    """The last day itself still counts; a chat is kept for no question that is gone."""
    kept = {"person": "1", "chat": "7", "language": "en"}
    async with store.begin() as connection:
        for ref, age in (("over", 1), ("last day", 1), ("erased", 91)):
            question = {**row(unmatched, timedelta(days=age)), "ref": ref}
            await connection.execute(unmatched.insert().values(**question))
        for ref, days in (("over", -1), ("last day", 0), ("erased", 9), ("never asked", 9)):
            until = (NOW + timedelta(days=days)).date()
            await connection.execute(waiting.insert().values(**kept, ref=ref, until=until))
        gone = await purge(connection, DAYS, NOW)
        left = (await connection.scalars(select(waiting.c.ref))).all()

    assert ["last day"] == left
    assert 3 == gone["waiting"]
