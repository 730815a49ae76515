"""The database: opening it, bringing it up to date, one transaction at a time on SQLite."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from yamlfile import Problem, ProblemsError

_MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """An open database.  Use `async with Store.open(…)`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Wrap an engine whose tables are up to date."""
        self._engine = engine
        # SQLite has one writer; waiting here costs less than its busy loop.
        self._lock = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, url: str, data: Path) -> AsyncIterator["Store"]:
        """Open the database and bring its tables up to date.

        Args:
            url: The settings' `storage.database`; empty for SQLite in the data folder.
            data: The data folder.

        Raises:
            ProblemsError: The database cannot be opened; the message says where and why.
        """
        address = url or f"sqlite+aiosqlite:///{data / 'sehat.db'}"
        try:
            # Bound values are people's; they must not come out in the text of an error.
            engine = create_async_engine(address, hide_parameters=True)
        except (SQLAlchemyError, ModuleNotFoundError, ValueError) as error:
            raise ProblemsError([_problem("storage.database", error)]) from None
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _pragmas)
        try:
            _keep_to_ourselves(engine)
            async with engine.begin() as connection:
                await connection.run_sync(_migrate)
        except (SQLAlchemyError, CommandError, OSError) as error:
            await engine.dispose()
            await _threads_gone()
            shown = make_url(address).render_as_string(hide_password=True)
            raise ProblemsError([_problem(shown, error)]) from None
        try:
            yield cls(engine)
        finally:
            await engine.dispose()

    @classmethod
    @contextlib.asynccontextmanager
    async def look(cls, url: str, data: Path) -> AsyncIterator["Store | None"]:
        """Open the database as it is, only to read; None if there is none, or an older one.

        Args:
            url: The settings' `storage.database`; empty for SQLite in the data folder.
            data: The data folder.

        Raises:
            ProblemsError: It is there, but cannot be read; the message says where and why.
        """
        address = url or f"sqlite+aiosqlite:///{data / 'sehat.db'}"
        try:
            engine = create_async_engine(address, hide_parameters=True)
        except (SQLAlchemyError, ModuleNotFoundError, ValueError) as error:
            raise ProblemsError([_problem("storage.database", error)]) from None
        if engine.dialect.name == "sqlite":
            if not await asyncio.to_thread(Path(engine.url.database or ":memory:").exists):
                yield None
                return
            event.listen(engine.sync_engine, "connect", _only_read)
        try:
            async with engine.connect() as connection:
                known = await connection.run_sync(lambda one: inspect(one).has_table("verdicts"))
        except (SQLAlchemyError, OSError) as error:
            await engine.dispose()
            await _threads_gone()
            shown = make_url(address).render_as_string(hide_password=True)
            raise ProblemsError([_problem(shown, error)]) from None
        try:
            yield cls(engine) if known else None
        finally:
            await engine.dispose()

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction; it is committed at the end, or rolled back on an error."""
        async with self._lock or contextlib.nullcontext(), self._engine.begin() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection to read with."""
        async with self._engine.connect() as connection:
            yield connection

    async def settle(self) -> None:
        """Bring SQLite's write-ahead log into the file, so that what was erased is in neither."""
        if self._lock is not None:
            async with self._lock, self._engine.connect() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep_to_ourselves(engine: AsyncEngine) -> None:
    """Make the file of a new SQLite database one that only we may read."""
    file = engine.url.database or ":memory:"
    if engine.dialect.name == "sqlite" and not file.startswith((":", "file:")):
        with contextlib.suppress(OSError):  # SQLite says better what is wrong
            Path(file).touch(mode=0o600)


async def _threads_gone() -> None:
    """Wait up to a second for the driver's threads; one that outlives the loop prints a traceback.

    They are asked, not waited for: waiting would need one more thread.
    """
    for _ in range(200):
        if not any("_connection_worker_thread" in one.name for one in threading.enumerate()):
            return
        await asyncio.sleep(0.005)


def _problem(place: str, error: Exception) -> Problem:
    reason = getattr(error, "orig", None) or error
    return Problem(place, 1, "", f"the database cannot be opened: {reason}")


def _pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a power cut
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, not only let go
    cursor.close()


def _only_read(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
