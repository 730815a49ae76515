"""getUpdates of the fake behaves as Telegram's."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from fakes.bot_api import FakeBotApi
from fakes.bot_api.caller import Caller

LONG = 40


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    """A fake of its own for each test."""
    async with FakeBotApi() as fake:
        yield fake


@pytest.fixture
async def bot(api: FakeBotApi) -> AsyncIterator[Caller]:
    """A bot that only calls."""
    async with Caller(api) as caller:
        yield caller


async def test_a_long_poll_ends_when_somebody_writes(api: FakeBotApi, bot: Caller) -> None:
    """Otherwise every test would wait for the poll's timeout."""
    poll = asyncio.create_task(bot.updates(timeout=LONG))
    await api.wait_for_poll()
    said = await api.user("Asha").say("hello")

    (update,) = await poll

    assert said == update["message"]


async def test_unconfirmed_updates_come_again(api: FakeBotApi, bot: Caller) -> None:
    """A bot that was killed before it asked further has lost nothing."""
    await api.user("Asha").say("hello")
    first = await bot.updates(offset=0)

    again = await bot.updates(offset=first[0]["update_id"])

    assert first == again
    assert [first[0]["update_id"]] == api.pending


async def test_an_offset_confirms_what_is_before_it(api: FakeBotApi, bot: Caller) -> None:
    """The bot's only way to acknowledge."""
    asha = api.user("Asha")
    for text in ("one", "two", "three"):
        await asha.say(text)
    ids = api.pending

    rest = await bot.updates(offset=ids[2])

    assert [update["message"]["text"] for update in rest] == ["three"]
    assert ids[:2] == api.confirmed


async def test_a_negative_offset_keeps_the_last_ones(api: FakeBotApi, bot: Caller) -> None:
    """Bot API, getUpdates: all previous updates are forgotten."""
    asha = api.user("Asha")
    for text in ("one", "two", "three"):
        await asha.say(text)

    rest = await bot.updates(offset=-1)

    assert [update["message"]["text"] for update in rest] == ["three"]
    assert len(api.pending) == 1


async def test_a_limit_cuts_the_batch(api: FakeBotApi, bot: Caller) -> None:
    """The rest stays for the next poll."""
    for number in range(3):
        await api.user("Asha").say(str(number))

    assert len(await bot.updates(limit=2)) == 2
    assert len(await bot.updates(offset=api.pending[2])) == 1


async def test_the_same_offset_at_once_gives_only_the_oldest(api: FakeBotApi, bot: Caller) -> None:
    """A bot that holds its offset back must not ask in a tight loop: Telegram gives one update."""
    for number in range(3):
        await api.user("Asha").say(str(number))
    oldest = api.pending[0]
    api.world.updates.same_offset_seconds = 60

    assert len(await bot.updates(offset=oldest)) == 3
    assert [oldest] == [update["update_id"] for update in await bot.updates(offset=oldest)]


async def test_a_second_poller_ends_the_first_with_409(api: FakeBotApi, bot: Caller) -> None:
    """Two bots with one token fight: the older one is told."""
    older = asyncio.create_task(bot.call("getUpdates", timeout=LONG))
    await api.wait_for_poll()
    younger = asyncio.create_task(bot.updates(timeout=LONG))

    told = await older
    await api.user("Asha").say("hello")

    assert told["error_code"] == 409
    assert told["description"].startswith("Conflict: terminated by other getUpdates request")
    assert len(await younger) == 1


async def test_a_dead_poller_takes_nothing_with_it(api: FakeBotApi, bot: Caller) -> None:
    """The connection of a killed bot is noticed; what comes then is for its successor."""
    async with Caller(api) as killed:
        poll = asyncio.create_task(killed.updates(timeout=LONG))
        await api.wait_for_poll()
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)
    await api.wait_for("getUpdates")
    await api.user("Asha").say("hello")

    assert len(await bot.updates(offset=1)) == 1


async def test_a_reset_connection_ends_its_poll(api: FakeBotApi, bot: Caller) -> None:
    """Kill -9 with unread bytes sends RST, not FIN."""
    port = int(api.url.rsplit(":", 1)[1])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /bot{api.token}/getUpdates?timeout=40 HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    await api.wait_for_poll()
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()

    await api.wait_for("getUpdates")
    await api.user("Asha").say("hello")
    assert len(await bot.updates(offset=1)) == 1


async def test_allowed_updates_hold_from_when_they_are_set(api: FakeBotApi, bot: Caller) -> None:
    """An update made before keeps its place; a kind not wanted is never made."""
    asha = api.user("Asha")
    await asha.say("hello")
    first = await bot.updates(allowed_updates=["callback_query"])
    await asha.say("not wanted")
    await bot.updates(offset=first[0]["update_id"] + 1)
    await asha.say("still not wanted: an absent list keeps the old one")

    assert api.pending == []
    assert len(api.confirmed) == 1


async def test_a_confirmed_update_can_be_redelivered(api: FakeBotApi, bot: Caller) -> None:
    """Telegram repeats what it believes unconfirmed; a bot must know it by its id."""
    await api.user("Asha").say("hello")
    (update,) = await bot.updates()
    await bot.updates(offset=update["update_id"] + 1)

    api.redeliver(update["update_id"])

    assert [update] == await bot.updates(offset=update["update_id"] + 1)
    assert await bot.updates(offset=update["update_id"] + 1) == []


async def test_an_injected_update_is_handed_out_as_it_is(api: FakeBotApi, bot: Caller) -> None:
    """A poisonous update, which the library cannot parse, must be possible."""
    api.inject({"message": {"no": "date"}})
    await api.user("Asha").say("after it")

    poison, after = await bot.updates()

    assert poison["message"] == {"no": "date"}
    assert poison["update_id"] + 1 == after["update_id"]


async def test_held_updates_arrive_together(api: FakeBotApi, bot: Caller) -> None:
    """Several updates in one batch, whatever the bot's speed."""
    api.hold()
    poll = asyncio.create_task(bot.updates(timeout=LONG))
    for name in ("Asha", "Bibi", "Citra"):
        await api.user(name).say("hello")
    assert not poll.done()

    api.release()

    assert len(await poll) == 3


async def test_the_fake_keeps_its_state_over_a_restart(api: FakeBotApi, bot: Caller) -> None:
    """An outage of the network: same address, same queue, same chats."""
    asha = api.user("Asha")
    await asha.say("hello")
    await api.stop()
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await asyncio.open_connection("127.0.0.1", int(api.url.rsplit(":", 1)[1]))
    await api.start()

    async with Caller(api) as successor:
        assert len(await successor.updates()) == 1
        await successor.result("sendMessage", chat_id=asha.id, text="still here")


async def test_ten_thousand_updates_are_no_trouble(api: FakeBotApi, bot: Caller) -> None:
    """Load tests must measure the bot; this would take minutes if a step grew with the queue."""
    people = [api.user(f"P{number}") for number in range(100)]
    for number in range(10_000):
        await people[number % 100].say("hello")
    seen: list[int] = []
    while batch := await bot.updates(offset=seen[-1] + 1 if seen else 0):
        seen += [update["update_id"] for update in batch]

    assert len(seen) == 10_000
    assert sorted(set(seen)) == api.confirmed
