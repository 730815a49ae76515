"""Time every page of staff with a full database, over real HTTP, and print a table.

python -m bench.console [--rounds 40] [--data var]

A scratch database gets a hundred thousand questions, as many without an answer in 5,000 groups,
20,000 votes, 10,000 rows of audit, and verdicts on every text.  The pages are served as `bot.py
run` serves them; a second process asks for each, so that its work does not count as theirs.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Table, update

import settings
import workshop
from assistant import Desk
from commands import serving
from console import staff as pages
from console.pages import StaffPages, StaffRoute
from escalation import audit, staff
from escalation.office import Office
from escalation.pieces import pieces
from escalation.staff import Role
from reception import Reception, utc_now
from storage.cipher import Cipher
from storage.retention import Days
from storage.store import Store
from storage.tables import (
    askers,
    audit_head,
    decisions,
    groups,
    told,
    unmatched,
    verdicts,
    versions,
    votes,
    waiting,
)
from storage.tables import audit as audit_table
from text import Language

QUESTIONS, UNMATCHED, GROUPS = 100_000, 100_000, 5_000
VOTES, AUDITED, WAITING = 20_000, 10_000, 2_000
DAYS = 360
SIZE = 384  # of a vector
OWNER = "Omar"
ROUNDS = 40
WARM = 3
"""Requests of each page that are not counted: templates and SQL are compiled by then."""
CHUNK = 5_000
# What stands for the parts of an address; `group` is the one with most questions.
PARTS = {
    "group": "1",
    "entry": "malaria-spread",
    "id": "malaria-spread",
    "language": "hi",
    "country": "KE",
    "code": "KE",
    "CC": "KE",
    "name": OWNER,
}
ALSO = (
    "/?days=365",
    "/?days=365&lang=ur",
    "/queue?order=largest",
    "/queue?page=100",
    "/entries?due=1",
)
Row = dict[str, Any]


# ---- the database


def asked(desk: Desk, now: datetime, chance: random.Random) -> Iterator[Row]:
    """Yield questions as `decisions` keeps them, oldest first."""
    entries = list(desk.library.entries)
    kinds = ("answer", "suggest", "unmatched", "refuse", "emergency")
    hours = sorted(chance.randrange(DAYS * 24) for _ in range(QUESTIONS))
    for hour in reversed(hours):
        kind = chance.choices(kinds, (62, 14, 14, 7, 3))[0]
        categories = {
            "refuse": ("medicine", "results", "symptoms", "loss"),
            "emergency": ("medical", "poison", "self_harm", "abuse"),
            "unmatched": (None, None, None, "greeting"),
        }.get(kind, (None,))
        # Few entries make most of what is sent, as always.
        entry = entries[min(int(chance.expovariate(0.05)), len(entries) - 1)]
        answer = kind == "answer"
        yield {
            "hour": _hour(now - timedelta(hours=hour)),
            "channel": "telegram",
            "language": chance.choice(list(Language)).value,
            "decision": kind,
            "category": chance.choice(categories),
            "entry": entry if answer else None,
            "digest": "0" * 64 if answer else None,
            "rules": "",
            "confidence": round(chance.random(), 4),
            "ms": int(chance.lognormvariate(2.3, 0.6)),
        }


def queued(desk: Desk, now: datetime, chance: random.Random) -> tuple[list[Row], list[Row]]:
    """Return groups and their questions; the first group has most."""
    entries = list(desk.library.entries)
    said = [
        wording
        for entry in desk.library.entries.values()
        for text in entry.texts.values()
        for wording in text.wordings[:20]
    ]
    weights = [1 / (place + 8) for place in range(GROUPS)]
    sizes = np.bincount(
        chance.choices(range(GROUPS), weights, k=UNMATCHED - GROUPS), minlength=GROUPS
    )
    states = ("open", "open", "open", "answered", "drafted", "dismissed")
    rows, made = [], []
    for place, size in enumerate((sizes + 1).tolist()):
        newest = chance.randrange(60 * 24)
        hours = sorted(newest + chance.randrange(30 * 24) for _ in range(size))
        nearest = [
            [entry, round(0.3 / n, 4)] for n, entry in enumerate(chance.sample(entries, 5), 1)
        ]
        language = chance.choice(list(Language)).value
        about = chance.choice(said)
        rows += [
            {
                "hour": _hour(now - timedelta(hours=hour)),
                "channel": "telegram",
                "language": chance.choice((language, language, *Language)),
                "text": f"{about} […] {chance.choice(said)}"[:300],
                "nearest": nearest,
                "why": chance.choice(("unmatched", "unmatched", "none_of_these", "not_chosen")),
                "group_id": place + 1,
                "ref": f"{chance.getrandbits(64):016x}",
            }
            for hour in hours
        ]
        vector = np.random.default_rng(place).normal(size=SIZE).astype(np.float16)
        made.append(
            {
                "id": place + 1,
                "state": "open" if place < 2 else chance.choice(states),  # noqa: PLR2004
                "assigned": OWNER if place % 7 == 0 else None,
                "first_hour": _hour(now - timedelta(hours=hours[-1])),
                "last_hour": _hour(now - timedelta(hours=hours[0])),
                "questions": size,
                "middle": base64.b64encode(vector.tobytes()).decode(),
            }
        )
    return made, rows


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def audited(now: datetime, chance: random.Random) -> tuple[list[Row], str]:
    """Return rows of audit that follow each other, and the last one's hash."""
    previous, made = "", []
    for number in range(1, AUDITED + 1):
        act = audit.Act(
            number,
            (now - timedelta(minutes=AUDITED - number)).isoformat(),
            OWNER,
            chance.choice(("approve", "wording", "dismiss", "note")),
            f"group/{chance.randrange(GROUPS)}",
            "",
            "",
            previous,
        )
        previous = act.hash()
        made.append({**asdict(act), "hash": previous})
    return made, previous


def judged(office: Office, now: datetime) -> tuple[list[Row], list[Row]]:
    """Return verdicts on every text, and the texts they were given on."""
    said, bodies = [], {}
    for piece in pieces(office):
        bodies[piece.digest] = {
            "digest": piece.digest,
            "object": piece.object,
            "language": piece.language,
            "body": dict(piece.body),
            "at": now,
        }
        for day, (who, verdict) in enumerate(
            (("Carl", "submitted"), ("Rosa", "comment"), ("Anna", "approved"), (OWNER, "approved"))
        ):
            said.append(
                {
                    "object": piece.object,
                    "language": piece.language,
                    "digest": piece.digest,
                    "who": who,
                    "at": now - timedelta(days=300 - day),
                    "verdict": verdict,
                    "comment": "Reads well." if verdict == "comment" else "",
                }
            )
    return said, list(bodies.values())


async def fill(office: Office) -> None:
    """Fill the database."""
    chance, now, desk = random.Random(7), office.clock(), office.desk()  # noqa: S311 - no secret
    made, rows = queued(desk, now, chance)
    acts, last = audited(now, chance)
    said, bodies = judged(office, now)
    entries = list(desk.library.entries)
    await _put(office.store, decisions, list(asked(desk, now, chance)))
    await _put(office.store, groups, made)
    await _put(office.store, unmatched, rows)
    await _put(office.store, verdicts, said)
    await _put(office.store, versions, bodies)
    await _put(office.store, audit_table, acts)
    people = ({"asker": f"{number:064x}", "seen": now.date()} for number in range(UNMATCHED))
    await _put(
        office.store,
        askers,
        [{**one, "scope": row["group_id"]} for one, row in zip(people, rows, strict=True)],
    )
    voted = [
        {
            "person": f"{number // 40:032x}",
            "entry": entries[number % 40],
            "language": chance.choice(list(Language)).value,
            "helpful": chance.random() < 0.8,  # noqa: PLR2004
            "seen": (now - timedelta(days=chance.randrange(DAYS))).date(),
        }
        for number in range(VOTES)
    ]
    await _put(office.store, votes, voted)
    waits = [
        {
            "person": f"{number:032x}",
            "ref": rows[number * 7]["ref"],
            "chat": "1",
            "language": "en",
            "until": (now + timedelta(days=30)).date(),
        }
        for number in range(WAITING)
    ]
    await _put(office.store, waiting, waits)
    await _put(office.store, told, [{"kind": "digest", "at": now, "number": 1}])
    async with office.store.begin() as connection:
        await connection.execute(update(audit_head).values(number=AUDITED, hash=last))


async def _put(store: Store, table: Table, rows: Sequence[Row]) -> None:
    async with store.begin() as connection:
        for start in range(0, len(rows), CHUNK):
            await connection.execute(table.insert(), list(rows[start : start + CHUNK]))


# ---- serving and asking


@dataclass(frozen=True, slots=True)
class Timed:
    """What a page took: milliseconds of each request, of the server's processor, bytes."""

    path: str
    status: int
    ms: tuple[float, ...]
    cpu: float
    size: int


@contextlib.asynccontextmanager
async def office(data: Path, folder: Path) -> AsyncIterator[tuple[Office, Reception]]:
    """Open an office over the starter knowledge base with a database in a folder."""
    chosen, places = settings.load(None), workshop.Places(data=data)
    desk = workshop.desk(chosen, places, workshop.encoder(chosen, places))
    async with Store.open("", folder) as store:
        days = Days(unmatched=90, person=365, counts=730)
        reception = Reception(desk, store, b"bench", workers=2, per_minute=10_000, days=days)
        yield (
            Office(
                store=store,
                cipher=Cipher(),
                keys=(b"bench",),
                faq=places.faq,
                safety=places.safety,
                desk=lambda: reception.desk,
                clock=utc_now,
            ),
            reception,
        )
        reception.close()


@contextlib.asynccontextmanager
async def served(works: Office, reception: Reception) -> AsyncIterator[str]:
    """Serve the pages of staff; yields their address."""
    app = pages.application(works, reception, tuple)
    with serving.listen("127.0.0.1", 0) as listening:
        server = serving.server(app)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        yield serving.shown(listening)
        server.should_exit = True
        await running


async def signed_in(works: Office) -> str:
    """Return the Cookie header of an owner's session."""
    now = works.clock()
    async with works.store.begin() as connection:
        for name, role in (("Anna", Role.APPROVER), ("Carl", Role.CURATOR), (OWNER, Role.OWNER)):
            await staff.add(connection, name, role, "bench", now)
        secret = await staff.link(connection, OWNER, "console", "bench", now)
        found = await staff.sign_in(connection, secret, now)
    if found is None:
        msg = "the owner cannot sign in"
        raise RuntimeError(msg)
    return f"__Host-sehat-session={found[1]}"


def addresses(table: Sequence[StaffRoute], parts: Mapping[str, str] = PARTS) -> list[str]:
    """Return an address of every page that changes nothing; exports are no pages."""
    found = {
        re.sub(r"\{(\w+)(:\w+)?\}", lambda one: parts.get(one[1], "0"), route.path): None
        for route in table
        if "GET" in route.methods and "export" not in route.path
    }
    return [*found, *ALSO]


async def timed(address: str, path: str, cookie: str, rounds: int) -> Timed:
    """Let a process of its own ask for a page; return what it took."""

    async def asks(count: int) -> dict[str, Any]:
        given = json.dumps([address, path, cookie, count])
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.asking"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await client.communicate(given.encode())
        made: dict[str, Any] = json.loads(out)
        return made

    await asks(WARM)
    start = time.process_time()
    found = await asks(rounds)
    cpu = 1000 * (time.process_time() - start) / rounds
    return Timed(path, found["status"], tuple(found["ms"]), cpu, found["size"])


def table(found: Sequence[Timed]) -> str:
    """Return the table for docs/running.md."""
    made = ["| page | p50 ms | p95 ms | CPU ms | kB |", "| --- | ---: | ---: | ---: | ---: |"]
    for one in found:
        if one.status == 303:  # noqa: PLR2004 - leads to another page of the list
            continue
        if one.status != 200:  # noqa: PLR2004
            made.append(f"| `{one.path}` | answered {one.status} | | | |")
            continue
        p50, p95 = np.percentile(one.ms, [50, 95])
        made.append(
            f"| `{one.path}` | {p50:.0f} | {p95:.0f} | {one.cpu:.0f} | {one.size / 1000:.0f} |"
        )
    return "\n".join(made) + "\n"


async def main(data: Path, rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with office(data, Path(folder)) as (works, reception):
            start = time.perf_counter()
            await fill(works)
            sys.stderr.write(f"filled in {time.perf_counter() - start:.0f} s\n")
            cookie = await signed_in(works)
            routes = pages.table(StaffPages(works, reception), tuple)
            async with served(works, reception) as address:
                found = []
                for path in addresses(routes):
                    found.append(await timed(address, path, cookie, rounds))
                    sys.stderr.write(f"{path}\n")
        sys.stdout.write(table(found))


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    given.add_argument("--rounds", type=int, default=ROUNDS)
    given.add_argument("--data", type=Path, default=Path("var"))
    options = given.parse_args()
    asyncio.run(main(options.data, options.rounds))
