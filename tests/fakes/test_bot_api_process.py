"""The fake in a process of its own, spoken to over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fakes.bot_api import FakeBotApi, RemoteBotApi
from fakes.bot_api.caller import Caller
from fakes.bot_api.remote import process
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import Forbidden


@pytest.fixture
async def api() -> AsyncIterator[RemoteBotApi]:
    """A process of its own, which ends with the test."""
    async with process() as running:
        yield running


async def test_a_talk_works_across_processes(api: RemoteBotApi) -> None:
    """Say, reply, press, answer: all that the in-process fake does."""
    asha = await api.user("Asha", language_code="hi")
    await asha.say("how does malaria spread")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
    async with Bot(api.token, base_url=f"{api.url}/bot") as bot:
        (update,) = await bot.get_updates()
        assert update.message is not None
        await update.message.reply_text("By mosquitoes.", reply_markup=keys)
        query = await asha.press(await asha.next_reply(), "Yes")
        await bot.answer_callback_query(query["id"], "ok")
        await api.fail("sendMessage", error=403, chat=asha.id)
        with pytest.raises(Forbidden):
            await bot.send_message(asha.id, "x")

    assert (await api.do("answer_of", query=query))["text"] == "ok"
    texts = [message["text"] for message in await asha.transcript()]
    assert texts == ["how does malaria spread", "By mosquitoes."]
    assert [call["status"] for call in await api.calls_of("sendMessage")] == [200, 403]
    assert len(await api.pending()) == 2


async def test_state_outlives_the_bot(api: RemoteBotApi) -> None:
    """A bot that dies in the middle: its successor gets what was not confirmed."""
    asha = await api.user("Asha")
    await asha.start()
    async with Bot(api.token, base_url=f"{api.url}/bot") as first:
        poll = asyncio.create_task(first.get_updates(timeout=40, offset=1))
        await poll
    await asha.act("photo", caption="after the crash")

    async with Bot(api.token, base_url=f"{api.url}/bot") as second:
        updates = await second.get_updates()

    assert [update.message and update.message.caption for update in updates] == [
        *(None, "after the crash")
    ]
    assert await api.confirmed() == []


async def test_trouble_is_told_as_in_process(api: RemoteBotApi) -> None:
    """The same exceptions with the same sentences."""
    asha = await api.user("Asha")
    with pytest.raises(TimeoutError, match="a reply"):
        await asha.next_reply(timeout=0)
    with pytest.raises(LookupError, match="no verb 'dance'"):
        await api.do("dance")
    with pytest.raises(ValueError, match="UTF-16 units"):
        await asha.say("")
    await asha.act("block")
    with pytest.raises(RuntimeError, match="cannot write"):
        await asha.say("hello")


async def test_the_control_of_a_fake_in_process_is_the_same() -> None:
    """Every verb of `control`, spoken to a fake in the same loop."""
    async with FakeBotApi() as fake, RemoteBotApi(fake.url) as api:
        asha = await api.user("Asha")
        await api.do("group", title="Ward", members=[asha.id])
        await api.do("hold")
        await api.do("inject", update={"update_id": 7, "poll": None})
        await api.do("release")
        await api.do("redeliver", update_id=7)
        await api.do("enforce_limits", burst=2)
        await api.do("mend")
        async with Caller(fake) as bot:
            poll = asyncio.create_task(bot.updates(timeout=40, offset=-1))
            await poll
            await asha.start()
            sent = await bot.result("sendMessage", chat_id=asha.id, text="x")
            where = {"chat_id": asha.id, "message_id": sent["message_id"]}
            await bot.result("editMessageText", text="y", **where)
            poll = asyncio.create_task(bot.updates(timeout=40, offset=fake.pending[-1] + 1))
            await api.wait_for_poll()
            poll.cancel()

        assert (await asha.next_edit())["text"] == "y"
        assert len(await api.wait_for("getUpdates")) >= 1
        assert await api.confirmed() == fake.confirmed
        assert len(await api.calls()) == len(fake.calls)
