"""Trouble on demand, as the real library meets it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes.bot_api import FakeBotApi, Person
from fakes.bot_api.caller import Caller
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)


@pytest.fixture(autouse=True)
def whole_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this the library's RetryAfter warns when it is made, and a warning is an error."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    """A fake of its own for each test."""
    async with FakeBotApi() as fake:
        yield fake


@pytest.fixture
async def bot(api: FakeBotApi) -> AsyncIterator[Bot]:
    """The library's own bot, over real HTTP."""
    async with Bot(api.token, base_url=f"{api.url}/bot") as real:
        yield real


@pytest.fixture
async def asha(api: FakeBotApi) -> Person:
    """A person who pressed start."""
    person = api.user("Asha")
    await person.start()
    return person


def stopped_clock(api: FakeBotApi, burst: int = 3) -> list[float]:
    """Enforce the limits by a clock that shows the last number of the list returned."""
    api.enforce_limits(burst=burst)
    shown = [0.0]
    assert api.counter.limits is not None
    api.counter.limits.clock = lambda: shown[-1]
    return shown


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"error": 400}, (BadRequest, "[Cc]hat not found")),
        ({"error": 403}, (Forbidden, "bot was blocked by the user")),
        ({"error": 403, "description": "Forbidden: gone"}, (Forbidden, "gone")),
        ({"retry_after": 7}, (RetryAfter, "Retry in 0:00:07")),
        ({"migrate_to_chat_id": -1005}, (ChatMigrated, "-1005")),
        ({"error": 500}, (NetworkError, "Internal Server Error")),
        ({"error": 502}, (NetworkError, "Bad Gateway")),
        ({"garbage": True}, (NetworkError, "Parsing the server response")),
        ({"garbage": True, "error": 200}, (TelegramError, "Invalid server response")),
        ({"drop": True}, (NetworkError, "RemoteProtocolError|ReadError")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
async def test_a_fault_reaches_the_library(
    api: FakeBotApi,
    bot: Bot,
    asha: Person,
    how: dict[str, Any],
    told: tuple[type[TelegramError], str],
) -> None:
    """Once, without effect; the next call works."""
    api.fail("sendMessage", **how)

    with pytest.raises(told[0], match=told[1]):
        await bot.send_message(asha.id, "x")
    assert len(asha.transcript) == 1
    await bot.send_message(asha.id, "y")
    assert (await asha.next_reply())["text"] == "y"


@pytest.mark.parametrize("how", [{"drop": True}, {"error": 504}], ids=["drop", "504"])
async def test_a_call_can_fail_after_its_effect(
    api: FakeBotApi, bot: Bot, asha: Person, how: dict[str, Any]
) -> None:
    """The unknown outcome: the person has the message, the bot an error."""
    api.fail("sendMessage", after_effect=True, **how)

    with pytest.raises(NetworkError):
        await bot.send_message(asha.id, "x")
    assert (await asha.next_reply())["text"] == "x"
    (call,) = api.calls_of("sendMessage")
    assert (call.status, call.result["text"]) == (how.get("error", 0), "x")


async def test_a_slow_answer_times_out_and_still_takes_effect(
    api: FakeBotApi, bot: Bot, asha: Person
) -> None:
    """Telegram finishes what it began, though nobody listens any more."""
    api.fail("sendMessage", delay=0.1)

    with pytest.raises(TimedOut):
        await bot.send_message(asha.id, "x", read_timeout=0.02)
    assert (await asha.next_reply())["text"] == "x"


async def test_a_fault_can_be_kept_to_a_chat_or_a_word(
    api: FakeBotApi, bot: Bot, asha: Person
) -> None:
    """So that one of many sends fails, whatever their order."""
    bibi = api.user("Bibi")
    await bibi.start()
    fault = api.fail("*", error=403, chat=bibi, times=None)
    api.fail("sendMessage", error=400, containing="मलेरिया")

    await bot.send_message(asha.id, "x")
    for _ in range(2):
        with pytest.raises(Forbidden):
            await bot.send_chat_action(bibi.id, "typing")
    with pytest.raises(BadRequest):
        await bot.send_message(asha.id, "about मलेरिया")
    assert fault.hits == 2
    api.mend()
    await bot.send_message(bibi.id, "x")


def test_a_fault_must_say_what_goes_wrong() -> None:
    """A test whose fault does nothing would pass for the wrong reason."""
    with pytest.raises(ValueError, match="say what goes wrong"):
        FakeBotApi().fail("sendMessage")


async def test_polls_can_fail_too(api: FakeBotApi, asha: Person) -> None:
    """An outage of Telegram as a polling bot meets it."""
    api.fail("getUpdates", error=502, times=2)
    async with Caller(api) as poller:
        codes = [(await poller.call("getUpdates")).get("error_code") for _ in range(3)]

    assert codes == [502, 502, None]


async def test_limits_hold_for_a_chat_and_recover(api: FakeBotApi, bot: Bot, asha: Person) -> None:
    """A burst is let through, then 429 until a second has passed for each."""
    bibi = api.user("Bibi")
    await bibi.start()
    clock = stopped_clock(api, burst=3)
    for _ in range(3):
        await bot.send_message(asha.id, "x")

    with pytest.raises(RetryAfter, match="0:00:03"):
        await bot.send_message(asha.id, "x")
    await bot.send_message(bibi.id, "another chat is not concerned")
    clock.append(3.1)
    await bot.send_message(asha.id, "x")


async def test_limits_hold_overall(api: FakeBotApi, bot: Bot) -> None:
    """30 a second to different chats: the 31st waits."""
    people = [api.user(f"P{number}") for number in range(31)]
    for person in people:
        await person.start()
    stopped_clock(api)

    sent = await asyncio.gather(
        *(bot.send_message(person.id, "x") for person in people), return_exceptions=True
    )

    assert [type(outcome) for outcome in sent if isinstance(outcome, Exception)] == [RetryAfter]


async def test_limits_hold_for_a_group(api: FakeBotApi, bot: Bot, asha: Person) -> None:
    """20 a minute: the 21st is told to wait long."""
    group = api.group("Ward", [asha])
    stopped_clock(api, burst=100)
    for number in range(20):
        await bot.send_message(group.id, str(number))

    with pytest.raises(RetryAfter, match="0:01:00"):
        await bot.send_message(group.id, "20")


async def test_a_bug_of_the_fake_fails_the_test() -> None:
    """It must never pass for Telegram's own 500."""
    broken = FakeBotApi()
    await broken.start()
    broken.inject({"message": object()})
    async with Caller(broken) as bot:
        assert await bot.refusal("getUpdates") == "bug of the fake"

    with pytest.raises(ExceptionGroup, match="the fake Bot API crashed"):
        await broken.stop()
