"""`bot.py audit`: what staff did, whether every row of it is as it was written, and its export."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from commands.tools import Failure, Here, data_folder
from escalation import audit
from escalation.audit import Head, Kept
from storage.store import Store

BROKEN = 1


def list_(options: argparse.Namespace, here: Here) -> int:
    """Run `audit list`: the newest rows, the newest first."""

    async def read() -> list[Kept]:
        async with _opened(here) as store, store.read() as connection:
            return await audit.newest(
                connection, limit=options.limit, who=options.who or "", about=options.object or ""
            )

    data_folder(here.places.data)
    found = asyncio.run(read())
    whole = Column("when", no_wrap=True)
    table = Table("row", whole, "who", "what", "to what", "before", "after")
    for act in (kept.act for kept in found):
        said = (act.who, act.what, act.object, _short(act.before), _short(act.after))
        table.add_row(str(act.number), act.at[:16], *map(escape, said))
    Console().print(table if found else "nothing was done yet")
    return 0


def verify(options: argparse.Namespace, here: Here) -> int:
    """Run `audit verify`."""
    known = _head(options.head) if options.head else None

    async def read() -> tuple[list[str], Head]:
        async with _opened(here) as store, store.read() as connection:
            wrong = await audit.verify(connection, known)
            return wrong, await audit.head(connection)

    data_folder(here.places.data)
    wrong, head = asyncio.run(read())
    if wrong:
        sys.stdout.writelines(f"{sentence}\n" for sentence in wrong)
        sys.stderr.write(
            "the audit is broken: somebody wrote into the database past the bot, or a backup was "
            "put back; compare with an export or a backup\n"
        )
        return BROKEN
    sys.stdout.write(f"the audit is whole: {head.number} rows; the head, to be written down:\n")
    sys.stdout.write(f"{head}\n")
    return 0


def export(options: argparse.Namespace, here: Here) -> int:
    """Run `audit export`: every row, the oldest first."""
    data_folder(here.places.data)
    asyncio.run(_export(here, sys.stdout.write, json=options.format == "jsonl"))
    return 0


async def _export(here: Here, write: Callable[[str], object], *, json: bool) -> None:
    async with _opened(here) as store, store.read() as connection:
        if not json:
            write(audit.as_csv([]))
        async for rows in audit.batches(connection):
            write(audit.as_json(rows) if json else audit.as_csv(rows, head=False))


def _opened(here: Here) -> AbstractAsyncContextManager[Store]:
    return Store.open(here.settings.storage.database, here.places.data)


def _head(said: str) -> Head:
    try:
        return Head.read(said)
    except ValueError as error:
        msg = f"--head: {error}"
        raise Failure(msg) from None


def _short(value: str) -> str:
    return f"{value[:12]}…" if len(value) == audit.HASH_DIGITS else value
