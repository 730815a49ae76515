"""A marked personal detail is nowhere: not in the database, not in a log, not in a traceback."""

import logging
from pathlib import Path

import httpx
import pytest
from fakes.bot_api import FakeBotApi
from telegram_bot import TOKEN, running

from assistant import Desk
from console.web import application
from reception import Reception
from storage.retention import Days
from storage.store import Store

MARK = "Zanabelle Quorthex"
PHONE = "98111 22334"
MESSAGES = (
    f"my name is {MARK}, call me on {PHONE}",
    f"I am {MARK}, who won the cricket match {PHONE}",
    f"my mother {MARK} has fever since yesterday",
    f"she is not breathing, her number is {PHONE}",
    f"who won the cricket match {PHONE}",
    f"mera naam {MARK} hai, cricket match kaun jeeta",
    f"write to zanabelle.quorthex@example.org about the train to Agra {PHONE}",
)
TRACES = ("zanabelle", "quorthex", "98111", "22334", "9811122334")


def everything(folder: Path) -> str:
    """Return all bytes under a folder, the database's log included, as lower-case text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return "".join(path.read_bytes().decode("utf-8", "ignore") for path in files).lower()


async def test_a_marked_detail_is_nowhere(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Through the page and through Telegram, with a failing send and a failing write."""
    caplog.set_level(logging.DEBUG)
    async with Store.open("", tmp_path) as store, FakeBotApi(token=TOKEN) as api:
        reception = Reception(
            desk, store, b"key", workers=2, per_minute=1000, days=Days(90, 365, 730)
        )
        transport = httpx.ASGITransport(application(reception))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as web:
            for message in MESSAGES:
                assert (await web.post("/ask", data={"question": message})).status_code == 200
        asha = api.user(MARK, language_code="en")
        async with running(api, reception):
            api.fail("sendMessage", error=500)
            for message in MESSAGES:
                await asha.say(message)
                await asha.next_reply()
            api.inject({"message": {"message_id": 1, "text": MESSAGES[0], "chat": {"id": 5}}})
            await asha.say("/forget")
            await asha.next_reply()
        reception.close()

    kept = everything(tmp_path)
    said = "\n".join(
        f"{record.name} {record.getMessage()}"
        for record in caplog.records
        # What the test's own fake and browser say of themselves is not ours.
        if record.name.startswith("sehat")
    ).lower()

    assert "[phone]" in kept
    assert [] == [trace for trace in TRACES if trace in kept]
    assert [] == [trace for trace in TRACES if trace in said]
    assert str(asha.id) not in kept
