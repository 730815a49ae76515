"""Whatever fails, an emergency gets its card, everybody a reply, and no log a word of theirs.

The failing parts are real where they can be: SQLite itself says that its disk is full.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest
from conftest import DAYS
from fakes.bot_api import FakeBotApi
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from telegram_bot import TOKEN, running

from assistant import Desk, EncodesBeside, Question
from console.web import application
from faq.decision import Emergency
from logs import SafeFormatter
from reception import Clock, Reception, utc_now
from safety.rules import Rules, Shown
from storage.store import Store, _threads_gone
from storage.tables import decisions

Floats = npt.NDArray[np.float32]
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MARK = "Zanabelle"
EMERGENCY = f"{MARK} here, my son is not breathing"
KNOWN = "how does malaria spread"
UNKNOWN = f"who won the cricket match, {MARK} or quorthex"
CARD, FAULT, ANSWER = "This may be an emergency", "can't answer right now", "mosquito"
UNMATCHED = "I don't have a checked answer to that yet"


class FailingEncoder:
    """The real encoder, of which comes what should not."""

    def __init__(self, real: EncodesBeside, fault: Callable[[str], float]) -> None:
        self._real, self._fault = real, fault
        self.digest, self.size = real.digest, real.size

    def vector(self, text: str) -> Floats:
        return self._real.vector(text) * np.float32(self._fault(text))

    def states(self, text: str, starting: Callable[[], object] | None = None) -> Floats:
        return self._real.states(text, starting) * np.float32(self._fault(text))


class FailingRules(Rules):
    """The real rules, which fail when they should look, and say at what."""

    def __init__(self, real: Rules) -> None:
        vars(self).update(vars(real))

    def show(self, message: str) -> Shown:
        raise RuntimeError(message)


def raising(text: str) -> float:
    """Fail with the words in hand."""
    raise RuntimeError(text)


def reception_of(desk: Desk, store: Store, clock: Clock = utc_now) -> Reception:
    """Return a reception that holds nobody back."""
    return Reception(desk, store, b"key", workers=2, per_minute=10_000, days=DAYS, clock=clock)


def asked(text: str) -> Question:
    """Return a question of the web page."""
    return Question(text, "web", NOON, "0f" * 16)


async def said(reception: Reception, *messages: str) -> list[str]:
    """Return the pages that the messages are answered with."""
    transport = httpx.ASGITransport(application(reception))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as web:
        pages = [await web.post("/ask", data={"question": one, "lang": "en"}) for one in messages]
    assert {200} == {page.status_code for page in pages}
    return [page.text.replace("&#39;", "'") for page in pages]


def words_logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the marked words that stand in what we or the libraries of the page log.

    What the library of Telegram would say of updates at DEBUG is never let through (`logs`).
    """
    ours = [one for one in caplog.records if not one.name.startswith(("telegram", "httpcore"))]
    shown = "\n".join(SafeFormatter().format(one) for one in ours)
    return [word for word in (MARK, "quorthex", "cricket") if word in shown]


# ---- the model, the rules


@pytest.mark.parametrize(
    "fault",
    [raising, lambda text: np.nan, lambda text: np.inf],
    ids=["raises", "nan", "infinite"],
)
async def test_a_broken_model_hides_no_emergency(
    desk: Desk, store: Store, caplog: pytest.LogCaptureFixture, fault: Callable[[str], float]
) -> None:
    """Nor does it make an answer up: nothing is near to a vector without numbers."""
    caplog.set_level(logging.DEBUG)
    broken = replace(desk, encoder=FailingEncoder(desk.encoder, fault))
    reception = reception_of(broken, store)
    card, known, unknown = await said(reception, EMERGENCY, KNOWN, UNKNOWN)
    reception.close()

    assert CARD in card
    assert FAULT in known
    assert FAULT in unknown
    assert [] == words_logged(caplog)


async def test_broken_rules_give_everybody_the_number(
    desk: Desk, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is answered that was not screened; the note says whom to call."""
    caplog.set_level(logging.DEBUG)
    reception = reception_of(replace(desk, rules=FailingRules(desk.rules)), store)
    pages = await said(reception, EMERGENCY, KNOWN)
    reception.close()

    assert all(FAULT in page and "In an emergency call" in page for page in pages)
    assert [] == words_logged(caplog)


# ---- the database


def _limited(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA max_page_count=1")  # SQLite leaves it the pages that it has
    cursor.close()


async def _filled(engine: AsyncEngine) -> None:
    """Write the smallest rows until there is no room for one more."""
    row = {"channel": "", "language": "", "decision": ""}
    with contextlib.suppress(OperationalError):
        while True:
            async with engine.begin() as connection:
                await connection.execute(decisions.insert().values(hour=NOON, **row))


REASONS = {
    "full": "database or disk is full",
    "read-only": "attempt to write a readonly database",
    "gone": "unable to open database file",
}


@pytest.fixture
async def troubled(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A database that cannot be written any more, as SQLite itself says."""
    async with Store.open("", tmp_path):
        pass
    places = {
        "read-only": f"file:{tmp_path}/sehat.db?mode=ro&uri=true",
        "gone": f"{tmp_path}/no/db",
    }
    place = places.get(request.param, f"{tmp_path}/sehat.db")
    engine = create_async_engine(f"sqlite+aiosqlite:///{place}", hide_parameters=True)
    if request.param == "full":
        event.listen(engine.sync_engine, "connect", _limited)
        await _filled(engine)
    try:
        yield Store(engine)
    finally:
        await engine.dispose()
        await _threads_gone()


@pytest.mark.parametrize("troubled", REASONS, indirect=True)
async def test_a_database_in_trouble_holds_no_page_back(
    desk: Desk, troubled: Store, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """What cannot be written is logged without its words."""
    caplog.set_level(logging.DEBUG)
    reception = reception_of(desk, troubled)
    with pytest.raises(OperationalError, match=REASONS[request.node.callspec.params["troubled"]]):
        await reception.commit([reception.kept(asked(KNOWN), await reception.ask(asked(KNOWN)))])
    card, known, unknown = await said(reception, EMERGENCY, KNOWN, UNKNOWN)
    reception.close()

    assert CARD in card
    assert ANSWER in known
    assert UNMATCHED in unknown
    assert 3 == caplog.messages.count("a turn cannot be written (OperationalError)")
    assert [] == words_logged(caplog)


@pytest.mark.parametrize("troubled", REASONS, indirect=True)
async def test_a_database_in_trouble_holds_no_reply_of_telegram_back(
    desk: Desk, troubled: Store, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """The card and the answer once each; what cannot be done without it is told; none is left."""
    caplog.set_level(logging.DEBUG)
    reception = reception_of(desk, troubled)
    async with FakeBotApi(token=TOKEN) as api:
        person = api.user("Asha", language_code="en")
        async with running(api, reception):
            for text in (EMERGENCY, KNOWN, UNKNOWN, "/forget"):
                await person.say(text)
            replies = [(await person.next_reply())["text"] for _ in range(4)]
        left, sent = list(api.pending), api.calls_of("sendMessage")
    reception.close()

    assert CARD in replies[0]
    assert ANSWER in replies[1]
    assert UNMATCHED in replies[2]
    readable = request.node.callspec.params["troubled"] != "gone"
    assert ("nothing stored" if readable else FAULT) in replies[3]
    assert len(sent) == len(replies)
    assert [] == left
    assert [] == words_logged(caplog)


async def until(condition: Callable[[], bool]) -> None:
    """Wait some seconds until something holds."""
    for _ in range(250):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not come to pass")


@contextlib.asynccontextmanager
async def moved(to: Path) -> AsyncIterator[Store]:
    """A database that is not yet, or not any more, where it should be."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{to}", hide_parameters=True, connect_args={"timeout": 5}
    )
    try:
        yield Store(engine)
    finally:
        await engine.dispose()
        await _threads_gone()


async def test_a_database_that_comes_back_is_written_again(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody starts the bot anew for it, and what was answered meanwhile is not answered again."""
    async with Store.open("", tmp_path):
        pass
    place = tmp_path / "away" / "sehat.db"
    async with moved(place) as store, FakeBotApi(token=TOKEN) as api:
        reception = reception_of(desk, store)
        async with running(api, reception):
            person = api.user("Asha", language_code="en")
            await person.say(EMERGENCY)
            card = await person.next_reply()
            await until(lambda: caplog.text.count("answered but cannot be written") == 3)
            place.parent.mkdir()
            (tmp_path / "sehat.db").rename(place)
            await person.say(KNOWN)
            known = await person.next_reply()
        reception.close()
        async with store.read() as connection:
            counted = list(await connection.scalars(select(decisions.c.decision)))
        left, sent = list(api.pending), api.calls_of("sendMessage")

    assert CARD in card["text"]
    assert ANSWER in known["text"]
    assert ["answer"] == counted
    assert [] == left
    assert 2 == len(sent)


async def test_a_database_that_does_not_answer_is_not_waited_for(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds it, and SQLite waits seconds; what was late is written all the same."""
    for name in ("intake.READ_SECONDS", "incoming.READ_SECONDS", "intake.WRITE_SECONDS"):
        monkeypatch.setattr(f"handlers.{name}", 0.1)
    async with Store.open("", tmp_path):
        pass
    place = tmp_path / "sehat.db"
    async with moved(place) as store, FakeBotApi(token=TOKEN) as api:
        reception = reception_of(desk, store)
        holder = sqlite3.connect(place)
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        async with running(api, reception):
            person = api.user("Asha", language_code="en")
            began = time.monotonic()
            await person.say(EMERGENCY)
            card = await person.next_reply()
            seconds = time.monotonic() - began
            monkeypatch.undo()
            holder.close()
        reception.close()
        async with store.read() as connection:
            counted = list(await connection.scalars(select(decisions.c.decision)))

    assert CARD in card["text"]
    assert seconds < 2
    assert ["emergency"] == counted


# ---- the clock


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("days", [-1, -400, 400])
async def test_a_clock_that_jumps_changes_no_reply(desk: Desk, store: Store, days: int) -> None:
    """Each message is answered and counted as before."""
    clock = SetClock()
    reception = reception_of(desk, store, clock)
    before = await said(reception, EMERGENCY, KNOWN, UNKNOWN)
    clock.now += timedelta(days=days)
    after = await said(reception, EMERGENCY, KNOWN, UNKNOWN)
    async with store.read() as connection:
        counted = list(await connection.scalars(select(decisions.c.decision)))
    reception.close()

    for pages in (before, after):
        assert [CARD in pages[0], ANSWER in pages[1], UNMATCHED in pages[2]] == [True] * 3
    assert ["emergency", "answer", "unmatched"] * 2 == counted
    assert clock.now.date() == reception.desk.today


async def test_a_clock_that_jumps_keeps_the_window_and_the_throttle(
    desk: Desk, store: Store
) -> None:
    """They go by a clock that nobody sets: a cry for help in two messages is heard."""
    clock = SetClock()
    reception = reception_of(desk, store, clock)
    first = replace(asked("I want to"), asked_at=clock())
    reception.carry(first, await reception.ask(first))
    clock.now -= timedelta(days=1)
    second = reception.joined(replace(asked("kill myself"), asked_at=clock()))
    turn = await reception.ask(second)
    reception.close()

    assert isinstance(turn.decision, Emergency)
    assert "self_harm" == turn.decision.category
