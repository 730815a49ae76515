"""All that the fake says is understood by the real library, without unknown fields."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from fakes.bot_api import FakeBotApi, Group, Person
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    MenuButtonCommands,
    Message,
    TelegramObject,
    Update,
)
from telegram.error import BadRequest, InvalidToken
from telegram.request import HTTPXRequest

SECRET = "s-1"  # noqa: S105 - opens nothing
BUTTONS = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    """A fake of its own for each test."""
    async with FakeBotApi() as fake:
        yield fake


@pytest.fixture
async def bot(api: FakeBotApi) -> AsyncIterator[Bot]:
    """The library's own bot, over real HTTP."""
    async with Bot(
        api.token,
        base_url=f"{api.url}/bot",
        base_file_url=f"{api.url}/file/bot",
        get_updates_request=HTTPXRequest(),
    ) as real:
        yield real


@pytest.fixture
async def asha(api: FakeBotApi) -> Person:
    """A person who pressed start."""
    person = api.user("Asha", language_code="hi", username="asha_k")
    await person.start()
    return person


def unknown(thing: Any) -> list[str]:
    """Return every field that the library keeps aside because it does not know it."""
    if isinstance(thing, list | tuple):
        return [name for part in thing for name in unknown(part)]
    if not isinstance(thing, TelegramObject):
        return []
    own = [f"{type(thing).__name__}.{name}" for name in thing.api_kwargs]
    # to_dict, not getattr: reading Voice.duration warns (PTB 22.2 and later)
    return own + unknown(list(thing.to_dict(recursive=False).values()))


async def _send_message(bot: Bot, chat: int, last: int) -> Message:
    return await bot.send_message(
        chat,
        "<b>Malaria</b> 🦟 https://who.int /help @asha_k",
        parse_mode="HTML",
        reply_markup=BUTTONS,
    )


async def _reply(bot: Bot, chat: int, last: int) -> Message:
    return await bot.send_message(chat, "quoting", reply_to_message_id=last)


async def _photo(bot: Bot, chat: int, last: int) -> Message:
    return await bot.send_photo(chat, b"\xff\xd8picture", caption="<i>net</i>", parse_mode="HTML")


async def _photo_again(bot: Bot, chat: int, last: int) -> Message:
    first = await bot.send_photo(chat, b"\xff\xd8picture")
    return await bot.send_photo(chat, first.photo[-1].file_id)


async def _document(bot: Bot, chat: int, last: int) -> Message:
    return await bot.send_document(chat, b"a,b\n1,2\n", filename="export.csv", caption="yours")


async def _forward(bot: Bot, chat: int, last: int) -> Message:
    return await bot.forward_message(chat, chat, last)


async def _edit_text(bot: Bot, chat: int, last: int) -> Message | bool:
    return await bot.edit_message_text("new", chat, last, reply_markup=BUTTONS)


async def _edit_markup(bot: Bot, chat: int, last: int) -> Message | bool:
    return await bot.edit_message_reply_markup(chat, last, reply_markup=BUTTONS)


SENDING = [
    *(_send_message, _reply, _photo, _photo_again, _document, _forward, _edit_text, _edit_markup),
]


@pytest.mark.parametrize("send", SENDING, ids=lambda send: send.__name__.strip("_"))
async def test_a_message_is_understood(
    bot: Bot, asha: Person, send: Callable[[Bot, int, int], Awaitable[Message | bool]]
) -> None:
    """Each method that returns a Message: required fields there, no unknown ones."""
    last = await bot.send_message(asha.id, "before")

    message = await send(bot, asha.id, last.message_id)

    assert isinstance(message, Message)
    assert unknown(message) == []
    assert (asha.id, True) == (message.chat.id, message.from_user and message.from_user.is_bot)


async def test_methods_about_the_bot_are_understood(bot: Bot, asha: Person) -> None:
    """Set and get agree, per language and scope."""
    hindi = [BotCommand("madad", "मदद")]
    scope = BotCommandScopeChat(asha.id)
    assert await bot.set_my_commands([BotCommand("help", "Help")])
    assert await bot.set_my_commands(hindi, language_code="hi")
    assert await bot.set_my_commands(hindi, scope=scope)
    assert await bot.delete_my_commands(scope=scope)
    assert await bot.set_my_name("Sehat", language_code="hi")
    assert await bot.set_my_description("Answers")
    assert await bot.set_my_short_description("Health")
    assert await bot.set_chat_menu_button(menu_button=MenuButtonCommands())

    got = [
        await bot.get_me(),
        *await bot.get_my_commands(language_code="hi"),
        await bot.get_my_name("hi"),
        await bot.get_my_description(),
        await bot.get_my_short_description(),
    ]
    assert unknown(got) == []
    assert hindi == list(await bot.get_my_commands(language_code="hi"))
    assert await bot.get_my_commands(scope=scope) == ()
    assert asha.menu == [{"command": "madad", "description": "मदद"}]


async def test_methods_about_chats_are_understood(api: FakeBotApi, bot: Bot, asha: Person) -> None:
    """GetChat and getChatMember, in private and in a group."""
    group = api.group("Ward", [asha])

    got = [
        await bot.get_chat(asha.id),
        await bot.get_chat(group.id),
        await bot.get_chat_member(group.id, asha.id),
        await bot.get_chat_member(group.id, bot.id),
    ]
    await bot.leave_chat(group.id)
    got.append(await bot.get_chat_member(group.id, bot.id))

    assert unknown(got) == []
    statuses = [member.status for member in got[2:] if hasattr(member, "status")]
    assert statuses == ["member", "member", "left"]


async def test_other_methods_are_understood(bot: Bot, asha: Person) -> None:
    """Those whose result is True, an id, or webhook settings."""
    sent = await bot.send_message(asha.id, "hello")
    copied = await bot.copy_message(asha.id, asha.id, sent.message_id)
    assert unknown(copied) == []
    assert await bot.send_chat_action(asha.id, "typing")
    assert await bot.delete_message(asha.id, copied.message_id)
    assert await bot.set_webhook(
        "http://127.0.0.1:9/", secret_token=SECRET, allowed_updates=["message"]
    )
    assert unknown(info := await bot.get_webhook_info()) == []
    assert (info.url, info.allowed_updates) == ("http://127.0.0.1:9/", ("message",))
    assert await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.close()
    assert await bot.log_out()


async def test_files_travel_both_ways(bot: Bot, asha: Person) -> None:
    """Upload, getFile and download give the same bytes."""
    sent = await bot.send_document(asha.id, b"\r\n\x00--bytes\n", filename="a.bin")
    assert sent.document is not None

    file = await bot.get_file(sent.document.file_id)

    assert unknown(file) == []
    assert bytes(await file.download_as_bytearray()) == b"\r\n\x00--bytes\n"
    assert (sent.document.file_name, sent.document.file_size) == ("a.bin", 11)


async def everything(api: FakeBotApi, bot: Bot, asha: Person) -> Group:
    """Do all that people can do, so that every kind of update is made."""
    said = await asha.say("hello")
    await asha.edit(said, "hello there")
    await asha.forward("garlic cures all", from_name="Aunt")
    await asha.forward("…", from_user=asha.user)
    await asha.photo(caption="what is this /help")
    await asha.voice()
    await asha.document("report.pdf")
    await asha.sticker()
    await asha.location()
    await asha.contact()
    await bot.send_message(asha.id, "Yes?", reply_markup=BUTTONS)
    await asha.press(await asha.next_reply(), "Yes")
    query = await asha.inline("mal")
    article = InlineQueryResultArticle("1", "Malaria", InputTextMessageContent("By mosquitoes"))
    await bot.answer_inline_query(query["id"], [article])
    await asha.choose(query, "1")
    group = api.group("Ward", [asha], supergroup=False)
    bibi = api.user("Bibi")
    await group.add(bibi)
    first = await group.say(asha, "/help@sehat_test_bot")
    await group.say(bibi, "hi @sehat_test_bot", reply_to=first)
    group = await group.migrate(asha)
    await group.move_bot(asha, "administrator")
    await group.move_bot(asha, "kicked")
    await asha.block()
    await asha.unblock()
    return group


async def test_every_update_is_understood(api: FakeBotApi, bot: Bot, asha: Person) -> None:
    """Each kind, as the library's own getUpdates parses it."""
    await everything(api, bot, asha)

    updates = await bot.get_updates()

    kinds = {name for u in updates for name in Update.ALL_TYPES if getattr(u, name) is not None}
    assert unknown(updates) == []
    assert {
        *("message", "edited_message", "callback_query", "my_chat_member"),
        *("inline_query", "chosen_inline_result"),
    } == kinds
    assert len(updates) == len(api.pending)


async def test_every_update_survives_de_json(api: FakeBotApi, bot: Bot, asha: Person) -> None:
    """A webhook hands plain dicts to Update.de_json, one by one."""
    await everything(api, bot, asha)

    for raw in api.world.updates.waiting.values():
        update = Update.de_json(raw, bot)
        assert unknown(update) == []
        assert (update.effective_user is None) == (update.poll is not None)


async def test_an_unknown_method_is_404(bot: Bot) -> None:
    """The library tells an unknown method from a wrong token by a second look."""
    with pytest.raises(Exception, match="not found") as raised:
        await bot.do_api_request("sendTelepathy")

    assert type(raised.value).__name__ == "EndPointNotFound"


async def test_a_wrong_token_is_401(api: FakeBotApi) -> None:
    """A bot with a mistyped token must end with a sentence, not with a loop."""
    wrong = Bot("123:WRONG", base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")

    with pytest.raises(InvalidToken, match="rejected by the server"):
        await wrong.initialize()

    assert api.calls == []
    await wrong.shutdown()


async def test_a_poisonous_update_stops_the_library(api: FakeBotApi, bot: Bot) -> None:
    """What our own poller must survive: one bad update spoils the library's whole batch."""
    api.inject({"message": {"message_id": 1}})

    with pytest.raises((TypeError, KeyError, BadRequest)):
        await bot.get_updates()
