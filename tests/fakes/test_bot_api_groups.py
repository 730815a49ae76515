"""Groups of the fake: privacy mode, joining, leaving, growing into a supergroup."""

from collections.abc import AsyncIterator

import pytest
from fakes.bot_api import FakeBotApi, Group, Person
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
def asha(api: FakeBotApi) -> Person:
    """The founder of the group."""
    return api.user("Asha")


@pytest.fixture
def group(api: FakeBotApi, asha: Person) -> Group:
    """A group that the bot is in, its joining already confirmed."""
    made = api.group("Ward", [asha])
    api.world.updates.drop()
    return made


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("hello all", False),
        ("/help", True),
        ("/help@sehat_test_bot", True),
        ("/help@other_bot", False),
        ("is that so, @Sehat_Test_Bot?", True),
        ("ask @other_bot", False),
    ],
)
async def test_privacy_mode_lets_only_addressed_messages_through(
    api: FakeBotApi, group: Group, asha: Person, *, text: str, seen: bool
) -> None:
    """Bot features, "Privacy mode"."""
    await group.say(asha, text)

    assert len(api.pending) == int(seen)
    assert group.transcript[-1]["text"] == text


async def test_privacy_mode_lets_replies_to_the_bot_through(
    api: FakeBotApi, bot: Caller, group: Group, asha: Person
) -> None:
    """A reply to a person's message stays hidden."""
    sent = await bot.result("sendMessage", chat_id=group.id, text="Which country?")
    theirs = await group.say(asha, "hm")
    await group.say(asha, "Kenya", reply_to=sent)
    await group.say(asha, "no", reply_to=theirs)

    (update,) = await bot.updates()
    assert update["message"]["text"] == "Kenya"
    assert update["message"]["reply_to_message"] == sent


async def test_an_administrator_sees_all(
    api: FakeBotApi, bot: Caller, group: Group, asha: Person
) -> None:
    """Bot features: privacy mode does not hold for administrators."""
    await group.move_bot(asha, "administrator")
    await group.say(asha, "hello all")

    change, message = await bot.updates()
    assert change["my_chat_member"]["new_chat_member"]["status"] == "administrator"
    assert message["message"]["text"] == "hello all"


async def test_joining_is_told_twice(api: FakeBotApi, bot: Caller, asha: Person) -> None:
    """my_chat_member and a service message."""
    api.group("Ward", [asha])

    change, service = await bot.updates()
    assert change["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert [m["id"] for m in service["message"]["new_chat_members"]] == [123]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("kicked", "Forbidden: bot was kicked from the supergroup chat"),
        ("left", "Forbidden: bot is not a member of the supergroup chat"),
    ],
)
async def test_a_group_without_the_bot_refuses_all(
    bot: Caller, group: Group, asha: Person, status: str, sentence: str
) -> None:
    """403 with the reason."""
    await group.move_bot(asha, status)

    assert await bot.refusal("sendMessage", chat_id=group.id, text="x") == sentence


async def test_a_group_that_grew_tells_its_new_id(
    api: FakeBotApi, bot: Caller, asha: Person
) -> None:
    """400 with migrate_to_chat_id; the new chat works."""
    small = api.group("Ward", [asha], supergroup=False)
    grown = await small.migrate(asha)

    told = await bot.call("sendMessage", chat_id=small.id, text="x")
    assert told["parameters"] == {"migrate_to_chat_id": grown.id}
    await bot.result("sendMessage", chat_id=grown.id, text="x")
    assert (await grown.next_reply())["text"] == "x"


async def test_others_messages_are_not_the_bots_to_delete(
    bot: Caller, group: Group, asha: Person
) -> None:
    """Bot API, deleteMessage: only as administrator."""
    said = await group.say(asha, "/help")
    where = {"chat_id": group.id, "message_id": said["message_id"]}

    told = await bot.refusal("deleteMessage", **where)
    await group.move_bot(asha, "administrator")

    assert told == "Bad Request: message can't be deleted"
    assert await bot.result("deleteMessage", **where)
