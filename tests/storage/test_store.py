"""`storage.store`: opening a database, bringing it up to date, one transaction at a time."""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from storage.store import Store
from storage.tables import decisions, metadata, people
from workshop import HOME
from yamlfile import ProblemsError

SECRET = "hunter2"  # noqa: S105 - nobody's
PERSON = {"person": "0f" * 16, "language": "sw", "seen": datetime(2026, 12, 1, tzinfo=UTC).date()}


async def in_sync(opened: Store, work: Callable[[Connection], Any]) -> Any:
    """Run something on a plain connection."""
    async with opened.begin() as connection:
        return await connection.run_sync(work)


async def refused(url: str, data: Path) -> str:
    """Return the sentence with which a database is refused."""
    with pytest.raises(ProblemsError) as caught:
        async with Store.open(url, data):
            pass
    # aiosqlite's thread answers once more after a failure; it must find the loop open.
    await asyncio.sleep(0.05)
    (problem,) = caught.value.problems
    return str(problem)


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def count(opened: Store) -> int:
    """Return how many people are known."""
    async with opened.read() as connection:
        return len((await connection.execute(select(people))).all())


async def test_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    """Column for column, index for index."""
    differences = await in_sync(
        store, lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
    )

    assert [] == differences


async def test_a_fresh_database_has_all_tables_and_no_rows(store: Store) -> None:
    """And the number of its last migration."""
    names = await in_sync(store, lambda connection: inspect(connection).get_table_names())

    assert {*metadata.tables, "alembic_version"} == set(names)
    assert 0 == await count(store)


async def test_opening_again_keeps_what_was_written(tmp_path: Path) -> None:
    """A restart is no migration."""
    async with Store.open("", tmp_path) as first, first.begin() as connection:
        await connection.execute(people.insert().values(**PERSON))

    async with Store.open("", tmp_path) as second:
        assert 1 == await count(second)


async def test_migrations_can_be_taken_back(store: Store) -> None:
    """Nothing is left of the tables; an older version can be put in place."""

    def down(connection: Connection) -> list[str]:
        config = Config()
        config.set_main_option("script_location", str(HOME / "storage" / "migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return inspect(connection).get_table_names()

    assert ["alembic_version"] == await in_sync(store, down)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 10_000),
        ("secure_delete", 1),
    ],
)
async def test_sqlite_is_set_to_survive_a_power_cut(
    store: Store, pragma: str, value: str | int
) -> None:
    """A write-ahead log, written through before a turn is acknowledged."""
    async with store.read() as connection:
        found = (await connection.execute(text(f"PRAGMA {pragma}"))).scalar()

    assert value == found


async def test_an_error_undoes_the_whole_transaction(store: Store) -> None:
    """Half a turn is never written."""

    async def half_a_turn() -> None:
        async with store.begin() as connection:
            await connection.execute(people.insert().values(**PERSON))
            raise LookupError

    with pytest.raises(LookupError):
        await half_a_turn()

    assert 0 == await count(store)


async def test_a_reader_changes_nothing(store: Store) -> None:
    """What is not begun is not committed."""
    async with store.read() as connection:
        await connection.execute(people.insert().values(**PERSON))

    assert 0 == await count(store)


async def test_many_writers_wait_for_each_other(store: Store) -> None:
    """None is lost and none is told that the database is locked."""

    async def write(number: int) -> None:
        async with store.begin() as connection:
            await connection.execute(people.insert().values(**{**PERSON, "person": str(number)}))
            await asyncio.sleep(0.001)

    await asyncio.gather(*map(write, range(50)))

    assert 50 == await count(store)


async def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    """A page is shown while a turn is written."""
    async with store.begin() as connection:
        await connection.execute(people.insert().values(**PERSON))

        assert 0 == await asyncio.wait_for(count(store), 2)


async def test_the_file_is_closed_when_the_program_ends(tmp_path: Path) -> None:
    """The log is folded back into the one file that is to be copied."""
    async with Store.open("", tmp_path) as opened, opened.begin() as connection:
        await connection.execute(people.insert().values(**PERSON))

    assert ["sehat.db"] == names(tmp_path)


async def test_an_address_of_the_settings_goes_before_the_data_folder(tmp_path: Path) -> None:
    """The folder stays empty then."""
    (tmp_path / "data").mkdir()
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}", tmp_path / "data"):
        pass

    assert ["data", "other.db"] == names(tmp_path)
    assert [] == names(tmp_path / "data")


async def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    """With the place and the reason; here a file stands where the folder should be."""
    (tmp_path / "data").write_text("a file")

    said = await refused("", tmp_path / "data")

    assert f"{tmp_path / 'data' / 'sehat.db'}" in said
    assert said.endswith("the database cannot be opened: unable to open database file")


def late_threads(data: Path) -> set[threading.Thread]:
    """Return the threads that are still at work after a database could not be opened."""

    async def fail() -> None:
        with contextlib.suppress(ProblemsError):
            async with Store.open("", data):
                pass

    before = set(threading.enumerate())
    with asyncio.Runner() as runner:
        runner.run(fail())
        late = set(threading.enumerate()) - before
        time.sleep(0.01)
    return late


def test_a_database_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    """A thread that answers after the program's end prints a traceback under the sentence."""
    late = [late_threads(tmp_path / "nothing") for _ in range(20)]

    assert set() == set().union(*late)


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """The store does not make folders."""
    assert "unable to open database file" in await refused("", tmp_path / "nothing")


async def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    """It may be somebody's."""
    (tmp_path / "sehat.db").write_bytes(b"somebody's notes, long enough to be read\n" * 100)

    said = await refused("", tmp_path)

    assert "file is not a database" in said
    assert (tmp_path / "sehat.db").read_bytes().startswith(b"somebody's notes")


def newer(database: sqlite3.Connection) -> None:
    """Make the database one of a version to come."""
    database.execute("UPDATE alembic_version SET version_num = '9999'")


def foreign(database: sqlite3.Connection) -> None:
    """Make the database one that is not ours."""
    database.execute("DROP TABLE alembic_version")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (newer, "Can't locate revision identified by '9999'"),
        (foreign, "table decisions already exists"),
    ],
    ids=["newer-version", "foreign-tables"],
)
async def test_a_database_of_another_version_is_refused(
    tmp_path: Path, change: Callable[[sqlite3.Connection], None], reason: str
) -> None:
    """It is not touched; whoever went back a version reads why it does not start."""
    async with Store.open("", tmp_path):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "sehat.db")) as database, database:
        change(database)

    assert reason in await refused("", tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///sehat.db",
        f"postgresql://sehat:{SECRET}@localhost/sehat",
        f"postgresql+asyncpg://sehat:{SECRET}@localhost:port/sehat",
        f"sehat:{SECRET}@localhost",
        f"oracle+nothing://sehat:{SECRET}@localhost/sehat",
    ],
    ids=["no-async-driver", "no-driver", "port-in-words", "no-address", "unknown-kind"],
)
async def test_a_mistaken_address_is_said_without_its_password(tmp_path: Path, url: str) -> None:
    """What operators type first: an address that works elsewhere."""
    said = await refused(url, tmp_path)

    assert "the database cannot be opened" in said
    assert SECRET not in said


async def test_errors_do_not_hold_what_people_wrote(store: Store) -> None:
    """Bound values stay out of the text of an exception."""
    with pytest.raises(SQLAlchemyError) as caught:
        async with store.begin() as connection:
            await connection.execute(decisions.insert().values(hour=None, channel="marked words"))

    assert "marked words" not in str(caught.value)


def modes_in(folder: Path) -> dict[str, int]:
    """Return what others than the owner may do with each file."""
    return {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}


async def test_only_its_owner_may_read_a_new_database(tmp_path: Path) -> None:
    """Others on the machine learn nothing; what lies beside it follows it."""
    async with Store.open("", tmp_path) as opened, opened.begin() as connection:
        await connection.execute(people.insert().values(**PERSON))
        modes = modes_in(tmp_path)

    assert {"sehat.db", "sehat.db-wal"} <= modes.keys()
    assert {0} == set(modes.values())


async def test_looking_at_a_database_makes_none_and_changes_none(tmp_path: Path) -> None:
    """For commands that only answer: what is not there holds nothing."""
    async with Store.look("", tmp_path) as none:
        assert none is None
    assert not (tmp_path / "sehat.db").exists()
    (tmp_path / "sehat.db").touch()
    async with Store.look("", tmp_path) as empty:
        assert empty is None

    async with Store.open("", tmp_path):
        pass
    async with Store.look("", tmp_path) as found:
        assert found is not None
        with pytest.raises(SQLAlchemyError, match="readonly"):
            async with found.begin() as connection:
                await connection.execute(text("DELETE FROM verdicts"))


async def test_a_database_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """It is there, so nobody may go on as if it held nothing."""
    (tmp_path / "sehat.db").write_bytes(b"no database" * 100)

    with pytest.raises(ProblemsError, match="cannot be opened"):
        async with Store.look("", tmp_path):
            pass
