"""kill -9 while people are told of an answer: nobody is told twice, and few are unsure."""

import asyncio
import collections
import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from conftest import DATA, KEPT
from fakes.bot_api.remote import process
from test_crash import TOKEN, bot

from handlers.telling import Pace
from storage.store import Store
from storage.tables import groups, unmatched, waiting

PEOPLE = 80
LEAD = "You asked us to tell you"


async def test_a_crash_while_thousands_are_told_tells_nobody_twice(tmp_path: Path) -> None:
    """The program is killed in the middle and started again; the rest is told then."""
    data, config = tmp_path / "data", tmp_path / "config.yaml"
    data.mkdir()
    for name in KEPT:
        (data / name).write_bytes((DATA / name).read_bytes())
    async with process(TOKEN) as api:
        config.write_text(
            f"telegram: {{api_url: '{api.url}'}}\nmatching: {{encoder: '{DATA / 'encoder'}'}}\n",
            "utf-8",
        )
        people = [await api.user(f"Person {n}", language_code="en") for n in range(PEOPLE)]
        for person in people:
            await person.say("/help")
        await put(data, [person.id for person in people])
        async with bot(config, data) as running:
            async with asyncio.timeout(120):
                while await told(api) < PEOPLE // 4:  # noqa: ASYNC110 - no bell rings over there
                    await asyncio.sleep(0.1)
            running.kill()
        async with bot(config, data):
            async with asyncio.timeout(120):
                while left(data, taken=False):  # noqa: ASYNC110 - nor in the database
                    await asyncio.sleep(0.1)
            await asyncio.sleep(1)
        calls = [call for call in await api.calls_of("sendMessage") if call["status"] == 200]

    counts = collections.Counter(
        call["params"]["chat_id"] for call in calls if LEAD in call["params"]["text"]
    )
    unsure = left(data, taken=True)
    assert {1} == set(counts.values())
    assert PEOPLE - unsure <= len(counts)
    assert unsure <= Pace().in_flight


async def told(api: object) -> int:
    """Return how many messages have told of an answer."""
    calls = await api.calls_of("sendMessage")  # type: ignore[attr-defined]
    return sum(LEAD in call["params"]["text"] for call in calls)


async def put(data: Path, people: list[int]) -> None:
    """Let people wait for an answer that is there."""
    now = datetime.now(UTC)
    when = {"first_hour": now, "last_hour": now}
    made = groups.insert().values(state="answered", entry="malaria-spread", middle="", **when)
    common = {"channel": "telegram", "language": "en", "nearest": [], "hour": now, "text": "words"}
    async with Store.open("", data) as store, store.begin() as connection:
        group = await connection.scalar(made.returning(groups.c.id))
        for number in people:
            row = {**common, "ref": f"ref{number}", "group_id": group}
            await connection.execute(unmatched.insert().values(**row))
            kept = {"person": f"p{number}", "chat": str(number), "language": "en"}
            waits = {**kept, "ref": f"ref{number}", "until": now.date()}
            await connection.execute(waiting.insert().values(**waits))


def left(data: Path, *, taken: bool) -> int:
    """Return how many rows wait, or were taken and are still there."""
    with contextlib.closing(sqlite3.connect(data / "sehat.db")) as database:
        query = "SELECT count(*) FROM waiting WHERE (taken_at IS NOT NULL) = ?"
        return int(database.execute(query, [taken]).fetchone()[0])
