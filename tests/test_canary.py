"""A marked personal detail is nowhere: not in the database, not in a log, not in a traceback."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import numpy.typing as npt
import pytest
from fakes.bot_api import FakeBotApi
from sqlalchemy import select, text
from telegram_bot import TOKEN, running

from assistant import Desk, Question, Turn, answer
from console.web import application
from escalation import journal
from logs import SafeFormatter
from reception import Reception, utc_now
from storage.retention import Days
from storage.store import Store
from storage.tables import metadata

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


ADDRESS = "203.0.113.77"
EVERYWHERE = (*TRACES, ADDRESS)
# Answered all the same, so it may be marked as not helpful.
ANSWERED = f"how does malaria spread {PHONE}"


class EchoingEncoder:
    """An encoder that fails and says what it was given."""

    digest, size = "echo", 384

    def states(
        self, text: str, starting: Callable[[], object] | None = None
    ) -> npt.NDArray[np.float32]:
        raise RuntimeError(text)

    vector = states


class EchoingReception(Reception):
    """A reception that fails and says what it was asked."""

    async def ask(self, question: Question) -> Turn:
        raise RuntimeError(question.text)


def made(desk: Desk, store: Store, kind: type[Reception] = Reception) -> Reception:
    """Return a reception that holds nobody back."""
    return kind(desk, store, b"key", workers=2, per_minute=1000, days=Days(90, 365, 730))


def browser(reception: Reception, *, raises: bool = True) -> httpx.AsyncClient:
    """Return a browser of somebody whose address is known."""
    app = application(reception)
    transport = httpx.ASGITransport(app, raise_app_exceptions=raises, client=(ADDRESS, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://here")


def found(shown: str) -> list[str]:
    """Return the marked details in a text."""
    return [trace for trace in EVERYWHERE if trace in shown.lower()]


async def tables(store: Store) -> str:
    """Return every row of every table."""
    async with store.read() as connection:
        results = [await connection.execute(select(table)) for table in metadata.sorted_tables]
        return "\n".join(str(row) for result in results for row in result)


async def test_no_library_writes_or_logs_a_detail_of_the_page(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every table, the bytes of file and write-ahead log while they are open, all logs at DEBUG."""
    caplog.set_level(logging.DEBUG)
    async with Store.open("", tmp_path) as store:
        reception = made(desk, store)
        async with browser(reception) as web:
            for message in MESSAGES:
                await web.post("/ask", data={"question": message, "lang": "en"})
                await web.post("/none", data={"spoken": "en"})
            await web.post("/vote", data={"entry": "cpr", "nonce": MARK, "helpful": "1"})
        rows, kept = await tables(store), everything(tmp_path)
        reception.close()

    assert "[phone]" in rows
    assert [] == found(rows) + found(kept)
    assert [] == found(caplog.text)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_record_of_the_journal_holds_no_detail(desk: Desk, message: str) -> None:
    """Whether the words are kept or not, before anything is written."""
    asked = Question(message, "telegram", utc_now(), "0f" * 16)
    turn = answer(asked, desk)

    assert [] == found(str(journal.record(asked, turn)))
    assert [] == found(f"{turn.kept} {turn.pending}")


async def test_a_fault_of_the_encoder_shows_no_words(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The page answers with the safe reply; the message of the exception is nowhere."""
    caplog.set_level(logging.DEBUG)
    async with Store.open("", tmp_path) as store:
        reception = made(replace(desk, encoder=EchoingEncoder()), store)
        async with browser(reception) as web:
            codes = {(await web.post("/ask", data={"question": m})).status_code for m in MESSAGES}
        rows, kept = await tables(store), everything(tmp_path)
        reception.close()

    assert {200} == codes
    assert [] == found(rows) + found(kept)
    assert [] == found(caplog.text)


async def test_a_failed_write_shows_no_words(
    desk: Desk, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """The database's own error holds the statement and its values; only its kind is logged."""
    async with store.begin() as connection:
        await connection.execute(text("DROP TABLE unmatched"))
        await connection.execute(text("DROP TABLE decisions"))
    caplog.set_level(logging.DEBUG)
    reception = made(desk, store)
    async with browser(reception) as web:
        codes = {(await web.post("/ask", data={"question": m})).status_code for m in MESSAGES}
    reception.close()

    assert {200} == codes
    assert "a turn cannot be written (OperationalError)" in caplog.messages
    assert [] == found(caplog.text)


async def test_a_bug_in_the_page_shows_no_words(desk: Desk, store: Store) -> None:
    """Neither on the error page nor in the line that the server logs of it."""
    reception = made(desk, store, EchoingReception)
    async with browser(reception, raises=False) as web:
        page = await web.post("/ask", data={"question": MESSAGES[0]})
    async with browser(reception) as web:
        with pytest.raises(RuntimeError) as caught:
            await web.post("/ask", data={"question": MESSAGES[0]})
    reception.close()
    raised = (RuntimeError, caught.value, caught.tb)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "failed", None, raised)

    assert (500, []) == (page.status_code, found(page.text))
    assert found(str(caught.value))
    assert [] == found(SafeFormatter().format(record))


async def test_the_message_before_is_nowhere(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of two messages that are an emergency together, on the page and on Telegram."""
    first, second = f"my name is {MARK}, everyone would be better", "off without me"
    caplog.set_level(logging.DEBUG)
    async with Store.open("", tmp_path) as store, FakeBotApi(token=TOKEN) as api:
        reception = made(desk, store)
        async with browser(reception) as web:
            before = f"{int(reception.clock().timestamp())} {first}"
            asked = {"question": second, "before": before, "lang": "en"}
            page = await web.post("/ask", data=asked)
        asha = api.user("Asha", language_code="en")
        async with running(api, reception):
            replies = []
            for text in (first, second):
                api.fail("sendMessage", error=500)
                await asha.say(text)
                replies.append((await asha.next_reply())["text"])
        window = repr(vars(vars(reception)["_window"]))
        rows, kept = await tables(store), everything(tmp_path)
        reception.close()
    ours = [record for record in caplog.records if record.name.startswith("sehat")]

    assert ["self_harm", "self_harm"] == re.findall("self_harm", rows)
    assert ["glad you said it" in said for said in (page.text, *replies)] == [True, False, True]
    assert [] == found(rows) + found(kept) + found(window)
    assert [] == [trace for one in ours for trace in found(SafeFormatter().format(one))]


async def test_a_personal_message_that_is_marked_as_not_helpful_leaves_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    """Whatever was sent, and on both channels; nor does it wait in memory."""
    async with Store.open("", tmp_path) as store, FakeBotApi(token=TOKEN) as api:
        reception = made(desk, store)
        entries = list(desk.library.entries)
        async with browser(reception) as web:
            for message in (*MESSAGES, ANSWERED):
                page = (await web.post("/ask", data={"question": message})).text
                name = re.search(r'name="ref" value="([^"]+)"', page)
                ref = name[1] if name else ""
                for entry in entries:
                    sent = {"entry": entry, "nonce": entry, "helpful": "0", "ref": ref}
                    await web.post("/vote", data=sent)
        asha = api.user("Asha", language_code="en")
        async with running(api, reception):
            for message in (*MESSAGES, ANSWERED):
                await asha.say(message)
                reply = await asha.next_reply()
                if "👎 No" in str(reply.get("reply_markup")):
                    await asha.press(reply, "👎 No")
                    await asha.next_edit()
            await asha.say("/help")
            await asha.next_reply()
        memory = repr(vars(vars(reception)["_pending"]))
        rows, kept = await tables(store), everything(tmp_path)
        reception.close()

    assert 2 == rows.count("not_helpful")
    assert [] == found(rows) + found(kept) + found(memory)
