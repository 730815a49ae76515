"""Updates are acknowledged only after they were handled; trouble is met with patience."""

import asyncio
from typing import Any

import pytest
from fakes.bot_api import FakeBotApi, Person
from sqlalchemy import select
from telegram_bot import TOKEN, running

from assistant import Desk
from handlers.application import application
from handlers.intake import Intake, Timing, TokenError
from reception import Reception
from storage.retention import Days
from storage.store import Store
from storage.tables import decisions, handled, troubled


async def rows(reception: Reception, table: object) -> list[object]:
    """Return all rows of a table."""
    async with reception.store.read() as connection:
        return list((await connection.execute(select(table))).all())  # type: ignore[call-overload]


async def until(condition: object, seconds: float = 5.0) -> None:
    """Wait until something holds."""
    for _ in range(int(seconds / 0.05)):
        made = condition()  # type: ignore[operator]
        if await made if asyncio.iscoroutine(made) else made:
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not come to pass")


@pytest.mark.usefixtures("bot")
async def test_an_update_is_confirmed_after_it_was_answered(asha: Person, api: FakeBotApi) -> None:
    """While the send is under way Telegram still holds the update."""
    api.fail("sendMessage", delay=0.5)
    await asha.say("how does malaria spread")
    await asyncio.sleep(0.2)
    held = list(api.pending)
    await asha.next_reply()
    await until(lambda: not api.pending)

    assert held


@pytest.mark.usefixtures("bot")
async def test_an_update_that_comes_again_is_not_answered_again(
    asha: Person, api: FakeBotApi, reception: Reception
) -> None:
    """The table of handled ids drops it."""
    await asha.say("how does malaria spread")
    await asha.next_reply()
    await until(lambda: not api.pending)
    api.redeliver(api.confirmed[-1])
    await until(lambda: not api.pending)

    assert 1 == len(api.calls_of("sendMessage"))
    assert 1 == len(await rows(reception, decisions))


@pytest.mark.usefixtures("bot")
async def test_a_poisonous_update_is_set_aside_without_its_text(
    asha: Person, api: FakeBotApi, reception: Reception
) -> None:
    """One update that the library can't parse does not stop the others, and leaves no words."""
    api.inject({"message": {"message_id": 1, "text": "marked words", "chat": {"type": "private"}}})
    await asha.say("how does malaria spread")
    assert "mosquito" in (await asha.next_reply())["text"]
    await until(lambda: not api.pending)

    (row,) = await rows(reception, troubled)
    assert "message" == row.kind  # type: ignore[attr-defined]
    assert "marked" not in str(row)


@pytest.mark.usefixtures("bot")
async def test_a_slow_reply_does_not_hold_up_other_chats(asha: Person, api: FakeBotApi) -> None:
    """Order is kept within a chat, not between chats."""
    ravi = api.user("Ravi", language_code="en")
    await ravi.start()
    await ravi.next_reply()
    api.fail("sendMessage", chat=asha, delay=2.5)
    await asha.say("how does malaria spread")
    await ravi.say("how can malaria be prevented")
    first = await ravi.next_reply(timeout=2)

    assert "net" in first["text"]
    assert "mosquito" in (await asha.next_reply())["text"]


@pytest.mark.usefixtures("bot")
async def test_order_is_kept_within_a_chat(asha: Person) -> None:
    """Replies come in the order of the questions."""
    for text in ("/help", "how does malaria spread", "/topics", "how can malaria be prevented"):
        await asha.say(text)
    replies = [(await asha.next_reply())["text"] for _ in range(4)]

    assert "/topics" in replies[0]
    assert "mosquito" in replies[1]
    assert "Choose a topic" in replies[2]
    assert "net" in replies[3]


@pytest.mark.usefixtures("bot")
async def test_who_blocked_the_bot_is_counted_and_not_tried_again(
    asha: Person, api: FakeBotApi, reception: Reception
) -> None:
    """A 403 is the end of it."""
    api.fail("sendMessage", error=403)
    await asha.say("how does malaria spread")
    await until(lambda: not api.pending)

    assert 1 == len(api.calls_of("sendMessage"))
    assert 1 == len(await rows(reception, decisions))


@pytest.mark.usefixtures("bot")
async def test_a_flood_wait_is_waited_out(asha: Person, api: FakeBotApi) -> None:
    """429 with retry_after: the reply comes afterwards."""
    api.fail("sendMessage", error=429, retry_after=1)
    await asha.say("how does malaria spread")
    assert "mosquito" in (await asha.next_reply(timeout=6))["text"]
    first, second = api.calls_of("sendMessage")
    assert second.at - first.at >= 1


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("trouble", [{"drop": True}, {"error": 502}, {"garbage": True}])
async def test_trouble_on_the_way_is_tried_again(
    asha: Person, api: FakeBotApi, trouble: dict[str, Any]
) -> None:
    """A dropped connection, a failing server, a reply that is no JSON."""
    api.fail("sendMessage", **trouble)
    await asha.say("how does malaria spread")
    assert "mosquito" in (await asha.next_reply())["text"]


@pytest.mark.usefixtures("bot")
async def test_an_update_that_always_fails_is_given_up_with_an_apology(
    asha: Person, api: FakeBotApi, reception: Reception
) -> None:
    """After some tries the person hears that no answer is coming, and the queue goes on."""
    api.fail("sendMessage", containing="mosquito", error=500, times=None)
    await asha.say("how does malaria spread")
    assert "can't answer right now" in (await asha.next_reply())["text"]
    await until(lambda: not api.pending)

    (row,) = await rows(reception, troubled)
    assert 3 == row.attempts  # type: ignore[attr-defined]


@pytest.mark.usefixtures("bot")
async def test_losing_the_network_while_polling_is_survived(asha: Person, api: FakeBotApi) -> None:
    """The server goes away and comes back; the question waits there."""
    await asha.say("/help")
    await asha.next_reply()
    await api.stop()
    await asyncio.sleep(0.3)
    await api.start()
    await asha.say("how does malaria spread")
    assert "mosquito" in (await asha.next_reply(timeout=10))["text"]


async def test_a_wrong_token_ends_the_intake(api: FakeBotApi, reception: Reception) -> None:
    """It says so, instead of asking for ever."""
    app = application(TOKEN, api.url, reception, 4)
    await app.initialize()
    api.fail("getUpdates", error=401, times=None)
    intake = Intake(app, reception, in_flight=4, attempts=3, timing=Timing(1, 0.05))
    with pytest.raises(TokenError):
        await intake.run()
    await app.shutdown()


async def test_stopping_finishes_and_acknowledges_what_is_in_hand(
    asha: Person, api: FakeBotApi, reception: Reception
) -> None:
    """A polite end loses nothing and leaves nothing to repeat."""
    async with running(api, reception):
        api.fail("sendMessage", delay=0.5)
        await asha.say("how does malaria spread")
        await api.wait_for_poll()
        await asyncio.sleep(0.2)

    assert [] == list(api.pending)
    assert 1 == len(await rows(reception, decisions))


async def test_a_write_that_fails_is_tried_again_without_a_second_reply(
    asha: Person, api: FakeBotApi, desk: Desk, store: Store
) -> None:
    """The reply is out; only the writing is repeated."""

    class Forgetful(Reception):
        failures = 2

        async def commit(self, effects: list) -> None:  # type: ignore[type-arg]
            if self.failures:
                self.failures -= 1
                raise OSError(28, "No space left on device")
            await super().commit(effects)

    reception = Forgetful(desk, store, b"key", workers=1, per_minute=1000, days=Days(90, 365, 730))
    async with running(api, reception):
        await asha.say("how does malaria spread")
        await asha.next_reply()
        await until(lambda: not api.pending)
    reception.close()

    assert 1 == len(api.calls_of("sendMessage"))
    assert 1 == len(await rows(reception, handled))
