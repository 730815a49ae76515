"""kill -9 in the middle of 200 updates: none lost, few repeated, none logged twice."""

import asyncio
import collections
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from conftest import DATA, HOME, KEPT
from fakes.bot_api.remote import process

TOKEN = "123456:crash-test"  # noqa: S105
PEOPLE, EACH, IN_FLIGHT = 40, 5, 16
QUESTIONS = (
    "how does malaria spread",
    "how can malaria be prevented",
    "signs of diabetes",
    "what is high blood pressure",
    "who won the cricket match",
)


@contextlib.asynccontextmanager
async def bot(config: Path, data: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `bot.py run` as its operators do, in its own process."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "bot.py",
        "run",
        "--port=0",
        f"--config={config}",
        f"--data={data}",
        cwd=HOME,
        env={**os.environ, "TELEGRAM_BOT_TOKEN": TOKEN},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.send_signal(signal.SIGTERM)
        await asyncio.wait_for(running.communicate(), 30)


async def test_a_crash_loses_no_update_and_logs_none_twice(tmp_path: Path) -> None:
    """The bot is killed while it works, and started again."""
    data, config = tmp_path / "data", tmp_path / "config.yaml"
    data.mkdir()
    for name in KEPT:
        (data / name).write_bytes((DATA / name).read_bytes())
    async with process(TOKEN) as api:
        config.write_text(
            f"telegram: {{api_url: '{api.url}', in_flight: {IN_FLIGHT}}}\n"
            f"matching: {{encoder: '{DATA / 'encoder'}'}}\n",
            "utf-8",
        )
        people = [await api.user(f"Person {n}", language_code="en") for n in range(PEOPLE)]
        for question in QUESTIONS[:EACH]:
            for person in people:
                await person.say(question)
        async with bot(config, data) as running:
            await api.wait_for("sendMessage", 60, timeout=30)
            running.kill()
        async with bot(config, data):
            for _ in range(600):
                if not await api.pending():
                    break
                await asyncio.sleep(0.1)
            left = list(await api.pending())
        sent = [call for call in await api.calls_of("sendMessage") if call["status"] == 200]

    asked = PEOPLE * EACH
    replies = collections.Counter(
        (call["params"]["chat_id"], call["params"]["text"][:40]) for call in sent
    )
    repeated = sum(count - 1 for count in replies.values())
    with contextlib.closing(sqlite3.connect(data / "sehat.db")) as database:
        decided = database.execute("SELECT count(*) FROM decisions").fetchone()[0]
        handled = database.execute("SELECT count(*) FROM handled_updates").fetchone()[0]
        kept = database.execute("SELECT count(*) FROM unmatched").fetchone()[0]

    assert [] == left
    assert asked == len(replies)
    assert repeated <= IN_FLIGHT
    assert asked == handled == decided
    assert PEOPLE == kept
