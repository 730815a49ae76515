"""`bot.py unmatched`: list and export the questions that could not be answered."""

import argparse
import asyncio
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from commands.tools import Here, cipher, data_folder
from escalation.journal import hour_of
from escalation.unmatched import Row, as_csv, as_json, rows
from storage.cipher import SEALED
from storage.store import Store
from text import Language


def list_(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched list`."""
    found = _read(options, here, options.limit)
    table = Table("hour", "channel", "language", "question", "nearest")
    for row in found:
        near = ", ".join(f"{entry} {share:.2f}" for entry, share in row.nearest[:2])
        table.add_row(hour_of(row.hour), row.channel, row.language, escape(row.text), near)
    Console().print(table if found else "no unmatched questions")
    return 0


def export(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched export`."""
    found = _read(options, here, None)
    sys.stdout.write(as_csv(found) if options.format == "csv" else as_json(found))
    return 0


def _read(options: argparse.Namespace, here: Here, limit: int | None) -> list[Row]:
    """Return the questions; say how many are closed to us."""
    data_folder(here.places.data)
    found = asyncio.run(_rows(here, options.lang, limit))
    if closed := sum(row.text == SEALED for row in found):
        sys.stderr.write(
            f"{closed} questions are encrypted, and no key opens them: set SEHAT_TEXT_KEY as it "
            "is set where the bot runs\n"
        )
    return found


async def _rows(here: Here, language: Language | None, limit: int | None) -> list[Row]:
    url, opens = here.settings.storage.database, cipher(here)
    async with Store.open(url, here.places.data) as store, store.read() as connection:
        return await rows(connection, language, limit, opens)
