"""What the fake refuses, in Telegram's words, and what it keeps."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes.bot_api import FakeBotApi, Person
from fakes.bot_api.caller import Caller


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


@pytest.fixture
async def asha(api: FakeBotApi) -> Person:
    """A person who pressed start; her message has the id 1."""
    person = api.user("Asha")
    await person.start()
    return person


def button(**fields: Any) -> dict[str, Any]:
    """Return a keyboard of one button."""
    return {"reply_markup": {"inline_keyboard": [[{"text": "b"} | fields]]}}


@pytest.mark.parametrize(
    ("method", "params", "sentence"),
    [
        ("sendMessage", {"text": " \n "}, "message text is empty"),
        ("sendMessage", {"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ("sendMessage", {"text": "x" * 4097}, "message is too long"),
        ("sendMessage", {"text": "🦟" * 2049}, "message is too long"),
        ("sendMessage", {"text": "x", "parse_mode": "rtf"}, "unsupported parse_mode"),
        ("sendMessage", {"text": "x", "chat_id": 4}, "chat not found"),
        ("sendMessage", {"text": "x", "chat_id": ""}, "chat_id is empty"),
        ("sendMessage", {"text": "x"} | button(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
        ("sendMessage", {"text": "x"} | button(callback_data=""), "BUTTON_DATA_INVALID"),
        (
            "sendMessage",
            {"text": "x"} | button(url="http://localhost/"),
            "inline keyboard button URL 'http://localhost/' is invalid: Wrong HTTP URL",
        ),
        (
            "sendMessage",
            {"text": "x"} | button(),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            "sendMessage",
            {"text": "x", "reply_parameters": {"message_id": 99}},
            "message to be replied not found",
        ),
        (
            "sendMessage",
            {"text": "x", "reply_markup": "{"},
            "can't parse reply keyboard markup JSON object",
        ),
        ("sendPhoto", {}, "there is no photo in the request"),
        (
            "sendPhoto",
            {"photo": "https://who.int/a.png", "caption": "x" * 1025},
            "message caption is too long",
        ),
        (
            "sendDocument",
            {"document": "file-0"},
            "wrong remote file identifier specified: Wrong string length",
        ),
        ("leaveChat", {}, "chat member status can't be changed in private chats"),
        ("getChatMember", {"user_id": 4}, "user not found"),
        ("setMyDescription", {"description": "x" * 513}, "BOT_DESCRIPTION_INVALID"),
        ("setMyCommands", {"language_code": "hin"}, "LANG_CODE_INVALID"),
        ("sendChatAction", {"action": "sleep"}, "wrong parameter action in request"),
        (
            "forwardMessage",
            {"from_chat_id": 5_000_000_002, "message_id": 99},
            "message to forward not found",
        ),
        ("editMessageText", {"text": "x", "message_id": 99}, "message to edit not found"),
        ("editMessageText", {"text": "x", "message_id": 1}, "message can't be edited"),
        ("deleteMessage", {"message_id": 99}, "message to delete not found"),
        ("getFile", {"file_id": "no"}, "wrong file_id or the file is temporarily unavailable"),
        ("setMyCommands", {"commands": [{"command": "Ä"}]}, "BOT_COMMAND_INVALID"),
        ("answerInlineQuery", {"results": [{"id": "1"}] * 51}, "RESULTS_TOO_MUCH"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "old"},
            "query is too old and response timeout expired or query ID is invalid",
        ),
    ],
)
async def test_a_bad_call_is_refused(
    bot: Caller, asha: Person, method: str, params: dict[str, Any], sentence: str
) -> None:
    """Code 400 and Telegram's sentence, by which the bot classifies it."""
    told = await bot.call(method, **({"chat_id": asha.id} | params))

    assert told == {"ok": False, "error_code": 400, "description": f"Bad Request: {sentence}"}


async def test_a_text_of_just_4096_units_is_sent(bot: Caller, asha: Person) -> None:
    """2048 mosquitoes fill a message; mark-up does not count."""
    text = f"<b>{'🦟' * 2048}</b>"

    sent = await bot.result("sendMessage", chat_id=asha.id, text=text, parse_mode="HTML")

    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 4096}]


async def test_entities_may_come_ready_made(bot: Caller, asha: Person) -> None:
    """A bot that builds its entities needs no escaping; what Telegram finds is added."""
    bold = {"type": "bold", "offset": 0, "length": 4}

    sent = await bot.result("sendMessage", chat_id=asha.id, text="WASH who.int", entities=[bold])

    assert sent["entities"] == [bold, {"type": "url", "offset": 5, "length": 7}]


async def test_a_reply_may_allow_for_a_missing_message(bot: Caller, asha: Person) -> None:
    """Bot API, ReplyParameters: allow_sending_without_reply."""
    gone = {"message_id": 99, "allow_sending_without_reply": True}

    sent = await bot.result("sendMessage", chat_id=asha.id, text="x", reply_parameters=gone)

    assert "reply_to_message" not in sent


async def test_64_bytes_of_callback_data_are_sent(bot: Caller, asha: Person) -> None:
    """The limit is in bytes: 32 letters of two."""
    params = button(callback_data="é" * 32)

    sent = await bot.result("sendMessage", chat_id=asha.id, text="x", **params)

    assert sent["reply_markup"] == params["reply_markup"]


async def test_a_person_who_never_wrote_cannot_be_written_to(
    api: FakeBotApi, bot: Caller, asha: Person
) -> None:
    """Unknown to the bot: not found; met in a group: 403."""
    bibi = api.user("Bibi")
    unknown = await bot.call("sendMessage", chat_id=bibi.id, text="x")
    await api.group("Ward", [asha, bibi]).say(bibi, "/help")
    met = await bot.call("sendMessage", chat_id=bibi.id, text="x")

    assert unknown["description"] == "Bad Request: chat not found"
    assert met["description"] == "Forbidden: bot can't initiate conversation with a user"
    assert met["error_code"] == 403


async def test_a_person_who_blocked_the_bot_refuses_all(
    api: FakeBotApi, bot: Caller, asha: Person
) -> None:
    """The bot learns of it twice: by my_chat_member and by 403; start opens the chat again."""
    await asha.block()
    told = await bot.call("sendMessage", chat_id=asha.id, text="x")
    with pytest.raises(RuntimeError, match="kicked"):
        await asha.say("hello")
    await asha.start("qr-7")

    updates = await bot.updates()
    changes = [u["my_chat_member"]["new_chat_member"]["status"] for u in updates[1:3]]
    assert (told["error_code"], told["description"]) == (
        403,
        "Forbidden: bot was blocked by the user",
    )
    assert changes == ["kicked", "member"]
    assert updates[3]["message"]["text"] == "/start qr-7"


async def test_a_deleted_account_refuses_all(bot: Caller, asha: Person) -> None:
    """Like a block, but for good and without an update."""
    await asha.deactivate()

    told = await bot.refusal("sendMessage", chat_id=asha.id, text="x")
    assert told == "Forbidden: user is deactivated"


async def test_an_edit_that_changes_nothing_is_refused(bot: Caller, asha: Person) -> None:
    """Text and keyboard count; an edit without a keyboard takes the buttons away."""
    keys = button(callback_data="y")
    sent = await bot.result("sendMessage", chat_id=asha.id, text="x", **keys)
    where = {"chat_id": asha.id, "message_id": sent["message_id"]}

    same = await bot.refusal("editMessageText", text="x", **where, **keys)
    bare = await bot.result("editMessageText", text="x", **where)

    assert same.startswith("Bad Request: message is not modified: specified new message content")
    assert "reply_markup" not in bare
    assert await asha.next_edit() == bare


async def test_a_query_is_answered_once(api: FakeBotApi, bot: Caller, asha: Person) -> None:
    """The second answer, and a late one, are refused."""
    sent = await bot.result("sendMessage", chat_id=asha.id, text="?", **button(callback_data="yes"))
    first = await asha.press(sent, "b")
    late = await asha.press(sent, "yes")
    api.expire(late)
    await bot.result("answerCallbackQuery", callback_query_id=first["id"], text="ok")

    assert (await api.answer_of(first))["text"] == "ok"
    for query in (first, late):
        told = await bot.refusal("answerCallbackQuery", callback_query_id=query["id"])
        assert "query is too old" in told


async def test_a_press_tells_which_buttons_there_are(bot: Caller, asha: Person) -> None:
    """A test that presses the wrong one should say so at once."""
    sent = await bot.result("sendMessage", chat_id=asha.id, text="?", **button(callback_data="yes"))

    with pytest.raises(LookupError, match=r"no button 'no'; there are \['b'\]"):
        await asha.press(sent, "no")


async def test_a_press_on_a_deleted_message_comes_as_inaccessible(
    api: FakeBotApi, bot: Caller, asha: Person
) -> None:
    """Bot API, MaybeInaccessibleMessage: date is 0."""
    sent = await bot.result("sendMessage", chat_id=asha.id, text="?", **button(callback_data="yes"))
    await bot.result("deleteMessage", chat_id=asha.id, message_id=sent["message_id"])

    assert (await asha.press(sent, "b"))["message"]["date"] == 0


async def test_the_transcript_shows_the_chat_as_it_looks(bot: Caller, asha: Person) -> None:
    """Edits done, deleted messages gone, both sides in order."""
    first = await bot.result("sendMessage", chat_id=asha.id, text="wait")
    gone = await bot.result("sendMessage", chat_id=asha.id, text="oops")
    where = {"chat_id": asha.id, "message_id": first["message_id"]}
    await bot.result("editMessageText", text="done", **where)
    await bot.result("deleteMessage", chat_id=asha.id, message_id=gone["message_id"])

    assert [message["text"] for message in asha.transcript] == ["/start", "done"]
    assert (await asha.next_reply())["text"] == "done"
    with pytest.raises(TimeoutError, match="a reply in"):
        await asha.next_reply(timeout=0)


async def test_reply_keyboards_are_seen_by_the_person_only(bot: Caller, asha: Person) -> None:
    """They are no part of the message that comes back."""
    keys = {"keyboard": [[{"text": "Help"}]]}
    sent = await bot.result("sendMessage", chat_id=asha.id, text="x", reply_markup=keys)

    assert asha.keyboard == keys
    assert "reply_markup" not in sent
    gone = {"remove_keyboard": True}
    await bot.result("sendMessage", chat_id=asha.id, text="x", reply_markup=gone)
    assert asha.keyboard is None


async def test_method_names_may_be_written_in_any_case(bot: Caller, asha: Person) -> None:
    """Bot API, "Making requests"; a name that does not exist is 404."""
    await bot.result("SENDmessage", chat_id=asha.id, text="x")

    told = await bot.call("sendTelepathy")
    assert told == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}


async def test_calls_are_recorded_as_python_values(
    api: FakeBotApi, bot: Caller, asha: Person
) -> None:
    """What a test asks of a call: method, parameters, outcome."""
    await bot.result("sendMessage", chat_id=asha.id, text="[1]", **button(callback_data="y"))

    (call,) = await api.wait_for("sendmessage")
    assert (call.method, call.status) == ("sendMessage", 200)
    assert call.params["text"] == "[1]"
    assert call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "y"
