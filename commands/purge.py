"""`bot.py purge`: erase now what has been kept for long enough, as the running bot does, too."""

import argparse
import asyncio
import json
import sys

from commands.tools import Here, cipher, data_folder, days
from escalation import waiting
from escalation.unmatched import drop, sealed
from reception import utc_now
from storage import retention
from storage.store import Store

# What each table holds, for people.
KINDS = {
    "unmatched": "unmatched questions",
    "waiting": "people who wait for an answer",
    "decisions": "counts of decisions",
    "troubled_updates": "updates that failed",
    "people": "people's choices of language",
    "votes": "votes on answers",
    "words": "codes of unknown words",
    "asked": "notes of who asked what is being counted",
    "askers": "codes of people who asked",
    "question_groups": "groups of questions",
    "notes": "notes of staff on groups",
    "steps": "steps of staff that can be undone",
    "links": "links for signing in",
    "sessions": "sessions of staff",
}


def act(options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    data_folder(here.places.data)
    gone = asyncio.run(_purge(here, unreadable=options.unreadable))
    if options.json:
        sys.stdout.write(json.dumps(gone) + "\n")
    else:
        sys.stdout.writelines(f"{rows:>7,}  {KINDS[table]}\n" for table, rows in gone.items())
    return 0


async def _purge(here: Here, *, unreadable: bool) -> dict[str, int]:
    opens = cipher(here)
    async with Store.open(here.settings.storage.database, here.places.data) as store:
        gone = await retention.erase(store, days(here.settings), utc_now())
        if unreadable:
            async with store.begin() as connection:
                gone["unmatched"] += await drop(connection, await sealed(connection, opens))
                unread = await waiting.sealed(connection, opens)
                gone["waiting"] += await waiting.drop(connection, unread)
            await store.settle()
        return gone
