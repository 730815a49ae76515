"""Staff work through Telegram: the real library, over HTTP, against the fake Bot API."""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import yaml
from fakes.bot_api import FakeBotApi, Group, Person
from sqlalchemy import select
from telegram_bot import running

from escalation import queue, staff
from escalation.groups import Detail, State
from escalation.office import Office
from escalation.staff import Member, Role
from handlers import sentences as say
from handlers.intake import Intake
from reception import Reception
from storage.tables import askers, groups, links, unmatched
from text import utf16_length

Json = dict[str, Any]


@pytest.fixture
def rosa(api: FakeBotApi) -> Person:
    """A reviewer's account."""
    return api.user("Rosa", language_code="en")


@pytest.fixture
def carl(api: FakeBotApi) -> Person:
    """A curator's account."""
    return api.user("Carl", language_code="en")


@pytest.fixture
def vera(api: FakeBotApi) -> Person:
    """A viewer's account."""
    return api.user("Vera", language_code="en")


@pytest.fixture
def ward(api: FakeBotApi, rosa: Person, carl: Person, vera: Person, asha: Person) -> Group:
    """The staff's chat; Asha is in it, but on no list."""
    made = api.group("Staff", [rosa, carl, vera, asha])
    for person in (rosa, carl, vera, asha):
        person.chat.bot_status = "member"  # each has started the bot
        person.chat.seen = True
    return made


@pytest.fixture
async def bot(  # noqa: PLR0913, PLR0917 - fixtures
    api: FakeBotApi,
    reception: Reception,
    office: Office,
    team: Mapping[Role, Member],
    ward: Group,
    rosa: Person,
    carl: Person,
    vera: Person,
) -> AsyncIterator[Intake]:
    """The running bot, staff signed in."""
    people = {Role.REVIEWER: rosa, Role.CURATOR: carl, Role.VIEWER: vera}
    for role, person in people.items():
        await bind(office, team[role], person)
    async with running(api, reception, office=office, staff_chat=ward.id) as intake:
        yield intake


async def bind(office: Office, member: Member, person: Person) -> None:
    """Make an account the member's."""
    async with office.store.begin() as connection:
        now = office.clock()
        secret = await staff.link(connection, member.name, "telegram", "test", now)
        await staff.bind(connection, secret, person.id, now)


async def code_for(office: Office, name: str) -> str:
    """Return a fresh code for a member."""
    async with office.store.begin() as connection:
        return await staff.link(connection, name, "telegram", "test", office.clock())


async def grouped(
    office: Office,
    texts: Sequence[tuple[str, str]],
    *,
    near: str = "malaria-spread",
    hours: int = 1,
    about: int = 0,
) -> int:
    """Put a group of questions into the queue; return its id.

    Args:
        office: Where.
        texts: Questions with their languages.
        near: The nearest entry.
        hours: How long ago they were asked.
        about: Groups about the same are near each other.
    """
    hour = office.clock().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
    middle = base64.b64encode(np.eye(384, dtype=np.float16)[about].tobytes()).decode()
    row = {"hour": hour, "channel": "telegram", "nearest": [[near, 0.31], ["typhoid", 0.12]]}
    async with office.store.begin() as connection:
        made = await connection.execute(
            groups.insert()
            .values(first_hour=hour, last_hour=hour, questions=len(texts), middle=middle)
            .returning(groups.c.id)
        )
        group = int(made.scalar_one())
        for number, (text, language) in enumerate(texts):
            said = {"text": text, "language": language, "ref": f"r{group}-{number}"}
            await connection.execute(unmatched.insert().values(**row, **said, group_id=group))
            asker = {"scope": group, "asker": f"a{number}", "seen": hour.date()}
            await connection.execute(askers.insert().values(**asker))
    return group


BEDBUGS = [("bed bugs bite at night", "en"), ("kunguni wanauma usiku", "sw")]


def labels(message: Json) -> list[str]:
    """Return the labels of a message's buttons."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def starting(message: Json, start: str) -> str:
    """Return the label of the button that starts so."""
    return next(label for label in labels(message) if label.startswith(start))


async def detail(office: Office, group: int) -> Detail:
    """Return a group as it stands."""
    async with office.store.read() as connection:
        found = await queue.group(connection, office, group)
    assert found is not None
    return found


async def card_for(person: Person) -> Json:
    """Return the card that /queue shows a member."""
    await person.say("/queue")
    return await person.next_reply()


# ---- the public


@pytest.mark.parametrize("command", ["/queue", "/login", "/chatid", "/staff", "/staff hello"])
@pytest.mark.usefixtures("bot")
async def test_who_is_no_member_gets_what_help_gives(asha: Person, command: str) -> None:
    """Nothing tells that there are such commands."""
    await asha.say("/help")
    usual = await asha.next_reply()
    await asha.say(command)
    reply = await asha.next_reply()

    assert (usual["text"], labels(usual)) == (reply["text"], labels(reply))


@pytest.mark.usefixtures("bot")
async def test_who_is_no_member_gets_nothing_in_a_group(
    api: FakeBotApi, asha: Person, ward: Group
) -> None:
    """As with every command that the bot does not know."""
    for command in ("/queue", "/login", "/chatid", f"/staff {'x' * 43}"):
        await ward.say(asha, command)
    await asha.say("/help")
    await asha.next_reply()

    assert not [call for call in api.calls_of("sendMessage") if call.params["chat_id"] == ward.id]


@pytest.mark.usefixtures("bot")
async def test_the_publics_menu_knows_nothing_of_staff(asha: Person, rosa: Person) -> None:
    """A member's own menu is for that chat alone."""
    assert not [one for one in asha.menu if one["command"] in say.COMMANDS]


# ---- signing in


@pytest.mark.usefixtures("bot")
async def test_a_code_makes_an_account_the_members(
    asha: Person, office: Office, team: Mapping[Role, Member]
) -> None:
    """Used once; the message with it is gone; the member's menu grows."""
    code = await code_for(office, "Omar")
    said = await asha.say(f"/staff {code}")

    assert "Omar (owner)" in (await asha.next_reply())["text"]
    assert said["message_id"] not in asha.chat.messages
    async with office.store.read() as connection:
        member = await staff.of_telegram(connection, asha.id)
    assert member is not None
    assert (Role.OWNER, "Omar") == (member.role, member.name)

    await asha.say("/queue")
    assert say.EMPTY == (await asha.next_reply())["text"]
    assert {"queue", "topics"} <= {one["command"] for one in asha.menu}


@pytest.mark.parametrize("old", [False, True], ids=["wrong", "old"])
@pytest.mark.usefixtures("bot")
async def test_a_wrong_or_old_code_is_answered_in_a_sentence(
    asha: Person, office: Office, reception: Reception, *, old: bool
) -> None:
    """Ten minutes, and nothing becomes of the account."""
    code = await code_for(office, "Omar") if old else "x" * 43
    if old:
        reception.clock = lambda: datetime.now(UTC) + timedelta(minutes=11)
    await asha.say(f"/staff {code}")

    assert say.CODE_WRONG == (await asha.next_reply())["text"]
    async with office.store.read() as connection:
        assert await staff.of_telegram(connection, asha.id) is None


@pytest.mark.usefixtures("bot")
async def test_a_code_counts_once(asha: Person, carl: Person, office: Office) -> None:
    """Who finds it later can do nothing with it."""
    code = await code_for(office, "Omar")
    await asha.say(f"/staff {code}")
    await asha.next_reply()
    await carl.say(f"/staff {code}")

    assert say.CODE_WRONG == (await carl.next_reply())["text"]


@pytest.mark.usefixtures("bot")
async def test_tries_are_limited_for_each_person(asha: Person, office: Office) -> None:
    """Guessing ends after five, also with the right one."""
    for _ in range(5):
        await asha.say(f"/staff {'x' * 43}")
        assert say.CODE_WRONG == (await asha.next_reply())["text"]
    await asha.say(f"/staff {await code_for(office, 'Omar')}")

    assert say.CODE_TRIES == (await asha.next_reply())["text"]
    async with office.store.read() as connection:
        assert await staff.of_telegram(connection, asha.id) is None


@pytest.mark.usefixtures("bot")
async def test_an_account_is_one_members(carl: Person, office: Office) -> None:
    """The code stays good for the right account."""
    code = await code_for(office, "Omar")
    await carl.say(f"/staff {code}")

    assert "this Telegram account belongs to Carl" == (await carl.next_reply())["text"]
    async with office.store.read() as connection:
        used = select(links.c.used_at).where(links.c.name == "Omar")
        assert await connection.scalar(used) is None


@pytest.mark.usefixtures("bot")
async def test_who_was_a_member_loses_the_menu_with_the_next_command(
    asha: Person, office: Office
) -> None:
    """The menu is for looks alone; the command gives help already."""
    await asha.say(f"/staff {await code_for(office, 'Omar')}")
    await asha.next_reply()
    async with office.store.begin() as connection:
        await staff.add(connection, "Olga", Role.OWNER, "test", office.clock())
        await staff.remove(connection, "Omar", "test", office.clock())
    await asha.say("/queue")
    assert "/topics" in (await asha.next_reply())["text"]
    await asha.say("/help")
    await asha.next_reply()

    assert not [one for one in asha.menu if one["command"] in say.COMMANDS]


@pytest.mark.usefixtures("bot")
async def test_a_code_that_a_group_has_read_counts_no_longer(
    ward: Group, asha: Person, office: Office
) -> None:
    """Whoever sent it there."""
    code = await code_for(office, "Omar")
    await ward.say(asha, f"/staff {code}")
    assert say.CODE_SEEN == (await ward.next_reply())["text"]

    await asha.say(f"/staff {code}")
    assert say.CODE_WRONG == (await asha.next_reply())["text"]


@pytest.mark.usefixtures("bot")
async def test_login_sends_a_link_that_opens_the_console_once(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """Without a preview, for nobody to fetch it; not to be passed on."""
    await rosa.say("/login")
    text = (await rosa.next_reply())["text"]
    secret = next(word for word in text.split() if word.startswith("http")).partition("link=")[2]

    call = api.calls_of("sendMessage")[-1]
    assert {"is_disabled": True} == call.params["link_preview_options"]
    assert call.params["protect_content"] is True
    async with office.store.begin() as connection:
        found = await staff.sign_in(connection, secret, office.clock())
        assert await staff.sign_in(connection, secret, office.clock()) is None
    assert found is not None
    assert "Rosa" == found[0].name


@pytest.mark.usefixtures("bot")
async def test_login_in_a_group_sends_the_link_by_private_message(
    rosa: Person, ward: Group
) -> None:
    """Others read along there."""
    await ward.say(rosa, "/login")

    assert say.LINK_PRIVATE == (await ward.next_reply())["text"]
    assert "sign-in" in (await rosa.next_reply())["text"]
    assert not [one for one in ward.transcript if "sign-in" in one.get("text", "")]


@pytest.mark.usefixtures("bot")
async def test_login_says_when_no_private_message_can_be_sent(rosa: Person, ward: Group) -> None:
    """The member has blocked the bot."""
    await rosa.block()
    await ward.say(rosa, "/login")

    assert say.LINK_BLOCKED == (await ward.next_reply())["text"]


@pytest.mark.usefixtures("bot")
async def test_links_are_limited(rosa: Person) -> None:
    """Five open ones."""
    for _ in range(5):
        await rosa.say("/login")
        await rosa.next_reply()
    await rosa.say("/login")

    assert "5 links for Rosa are open" in (await rosa.next_reply())["text"]


@pytest.mark.usefixtures("bot")
async def test_chatid_tells_a_groups_number(rosa: Person, ward: Group) -> None:
    """For the settings; in a private chat it says where to ask."""
    await ward.say(rosa, "/chatid")
    assert str(ward.id) in (await ward.next_reply())["text"]

    await rosa.say("/chatid")
    assert say.CHAT_ID_GROUP == (await rosa.next_reply())["text"]


# ---- the card


@pytest.mark.usefixtures("bot")
async def test_queue_shows_what_a_member_needs_to_decide(rosa: Person, office: Office) -> None:
    """Question, language, numbers, why, trend, nearest entries; few people are not counted out."""
    group = await grouped(office, [("bed bugs bite at night", "en"), *BEDBUGS])
    text = (await card_for(rosa))["text"]

    assert text.startswith(f"Group {group} · 3 questions · fewer than 5 people")
    assert "“bed bugs bite at night” (en)" in text
    assert "“kunguni wanauma usiku”" in text
    assert "Languages: en 2, sw 1" in text
    assert "Why: no answer known 3" in text
    assert "0 0 0 0 0 0 0 3" in text
    assert "malaria-spread 0.31, typhoid 0.12" in text


@pytest.mark.usefixtures("bot")
async def test_the_staff_chat_shows_the_queue_and_no_other_group_does(
    api: FakeBotApi, rosa: Person, ward: Group, office: Office
) -> None:
    """A member may be in groups with others."""
    await grouped(office, BEDBUGS)
    elsewhere = api.group("Family", [rosa])
    await ward.say(rosa, "/queue")
    await elsewhere.say(rosa, "/queue")

    assert "bed bugs" in (await ward.next_reply())["text"]
    assert say.ELSEWHERE == (await elsewhere.next_reply())["text"]


@pytest.mark.usefixtures("bot")
async def test_an_empty_queue_says_so(rosa: Person) -> None:
    """No buttons either."""
    card = await card_for(rosa)

    assert (say.EMPTY, []) == (card["text"], labels(card))


@pytest.mark.usefixtures("bot")
async def test_next_walks_through_the_queue_and_begins_again(rosa: Person, office: Office) -> None:
    """Newest first, in place."""
    await grouped(office, [("old", "en")], hours=9)
    await grouped(office, [("middling", "en")], hours=5)
    await grouped(office, [("new", "en")])
    card = await card_for(rosa)
    seen = [card["text"]]
    for _ in range(3):
        await rosa.press(card, say.NEXT)
        card = await rosa.next_edit()
        seen.append(card["text"])

    for word, text in zip(("new", "middling", "old", "new"), seen, strict=True):
        assert f"“{word}”" in text
    assert say.AGAIN in seen[-1]


@pytest.mark.usefixtures("bot")
async def test_next_goes_over_the_end_of_a_page(rosa: Person, office: Office) -> None:
    """25 groups are read at once; every group is seen once."""
    made = [await grouped(office, [("x", "en")], hours=hour) for hour in range(1, 28)]
    card = await card_for(rosa)
    seen = [card["text"].split()[1]]
    for _ in made[1:]:
        await rosa.press(card, say.NEXT)
        card = await rosa.next_edit()
        seen.append(card["text"].split()[1])

    assert [str(group) for group in made] == seen


@pytest.mark.usefixtures("bot")
async def test_the_largest_can_come_first(rosa: Person, office: Office) -> None:
    """And then again the newest."""
    await grouped(office, [*BEDBUGS, *BEDBUGS], hours=9)
    await grouped(office, [("new", "en")])
    card = await card_for(rosa)
    assert "“new”" in card["text"]

    await rosa.press(card, say.LARGEST)
    card = await rosa.next_edit()
    assert "4 questions" in card["text"]
    await rosa.press(card, say.NEXT)
    assert "“new”" in (await rosa.next_edit())["text"]
    await rosa.press(card, say.NEWEST)
    assert "“new”" in (await rosa.next_edit())["text"]


@pytest.mark.usefixtures("bot")
async def test_what_is_invisible_is_shown_and_markup_is_text(rosa: Person, office: Office) -> None:
    """A question cannot turn the card's lines around, link or shout."""
    await grouped(office, [("a\u202eb <b>x</b> &amp; \u2066y\u2069 \u200bz\nGroup 9", "en")])
    card = await card_for(rosa)

    assert "a⟨U+202E⟩b <b>x</b> &amp; ⟨U+2066⟩y⟨U+2069⟩ ⟨U+200B⟩z Group 9" in card["text"]
    assert 1 == len([one for one in card["entities"] if one["type"] == "bold"])


@pytest.mark.usefixtures("bot")
async def test_the_longest_questions_fit_into_one_message(rosa: Person, office: Office) -> None:
    """Emoji count twice."""
    await grouped(office, [(f"{number}" + "😀" * 600, "en") for number in range(9)])
    card = await card_for(rosa)
    screens = []
    for label in (starting(card, "+ wording"), say.MERGE, say.SPLIT):
        await rosa.press(card, label)
        screens.append(await rosa.next_edit())
        await rosa.press(screens[-1], say.BACK)
        card = await rosa.next_edit()

    assert all(utf16_length(one["text"]) <= 4096 for one in (card, *screens))


# ---- who


@pytest.mark.usefixtures("bot")
async def test_a_removed_members_press_is_refused_on_old_cards_too(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """From the very next press."""
    group = await grouped(office, BEDBUGS)
    card = await card_for(rosa)
    async with office.store.begin() as connection:
        await staff.remove(connection, "Rosa", "test", office.clock())
    query = await rosa.press(card, say.NOT_OURS)

    assert say.REFUSED == (await api.answer_of(query))["text"]
    assert State.OPEN is (await detail(office, group)).group.state
    assert rosa.chat.messages[card["message_id"]] == card


@pytest.mark.usefixtures("bot")
async def test_a_demoted_members_press_is_refused_with_the_role_it_takes(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """A viewer may look on."""
    group = await grouped(office, BEDBUGS)
    card = await card_for(rosa)
    async with office.store.begin() as connection:
        await staff.change(connection, "Rosa", Role.VIEWER, "test", office.clock())
    query = await rosa.press(card, say.NOT_OURS)

    answer = await api.answer_of(query)
    assert "to dismiss takes the role reviewer; Rosa is viewer" == answer["text"]
    assert answer["show_alert"] is True
    assert State.OPEN is (await detail(office, group)).group.state


@pytest.mark.usefixtures("bot")
async def test_a_stranger_in_the_staff_chat_gets_a_short_refusal(
    api: FakeBotApi, rosa: Person, asha: Person, ward: Group, office: Office
) -> None:
    """To the presser alone; the card stays."""
    group = await grouped(office, BEDBUGS)
    await ward.say(rosa, "/queue")
    card = await ward.next_reply()
    query = await ward.press(asha, card, say.NOT_OURS)

    assert say.REFUSED == (await api.answer_of(query))["text"]
    assert State.OPEN is (await detail(office, group)).group.state
    assert ward.chat.messages[card["message_id"]] == card


@pytest.mark.usefixtures("bot")
async def test_a_forged_press_tells_the_public_nothing(
    api: FakeBotApi, asha: Person, office: Office
) -> None:
    """On a message of the public: answered with nothing, like every forged press."""
    await grouped(office, BEDBUGS)
    await asha.start()
    welcome = await asha.next_reply()
    for data in ("q:i:1:1:n0:", "q:", "q:i:1:1:n0:" + "0" * 60, "q:u:1:1:n0:../x"):
        button = {"text": "x", "callback_data": data}
        forged = welcome | {"reply_markup": {"inline_keyboard": [[button]]}}
        query = await asha.press(forged, "x")
        assert not (await api.answer_of(query)).get("text")


@pytest.mark.usefixtures("bot")
async def test_a_card_in_what_is_no_longer_the_staff_chat_is_dead(
    api: FakeBotApi, reception: Reception, office: Office, rosa: Person, ward: Group
) -> None:
    """Also for members: others may be in that group now."""
    await grouped(office, BEDBUGS)
    await ward.say(rosa, "/queue")
    card = await ward.next_reply()
    other = api.group("Other", [rosa])
    copy = card | {"chat": other.chat.face()}
    other.chat.messages[card["message_id"]] = copy
    query = await other.press(rosa, copy, say.NEXT)

    assert say.REFUSED == (await api.answer_of(query))["text"]


# ---- what the buttons do


async def pressed(api: FakeBotApi, person: Person, card: Json, label: str) -> Json:
    """Press a button and return what the card turned into."""
    await person.press(card, starting(card, label))
    return await person.next_edit()


def wordings(office: Office, entry: str, language: str) -> list[str]:
    """Return the wordings that stand in an entry's file."""
    file = office.faq / "entries" / f"{entry}.yaml"
    found: list[str] = yaml.safe_load(file.read_text("utf-8"))["texts"][language]["wordings"]
    return found


@pytest.mark.usefixtures("bot")
async def test_a_new_wording_is_shown_with_what_it_moves_then_added(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """Question, entry, confirmation; the group is answered and can be taken back."""
    group = await grouped(office, [("what spreads that shivering illness here", "en")])
    card = await card_for(rosa)
    asking = await pressed(api, rosa, card, "+ wording: malaria-spread")

    assert "new wording for malaria-spread" in asking["text"]
    assert "what spreads that shivering illness here (en)" in asking["text"]
    assert say.MOVES_NOTHING in asking["text"] or say.MOVES in asking["text"]
    assert "what spreads" not in str(wordings(office, "malaria-spread", "en"))

    done = await pressed(api, rosa, asking, say.ADD)
    assert "✓ answered by malaria-spread" in done["text"]
    assert "what spreads that shivering illness here" in wordings(office, "malaria-spread", "en")
    assert "malaria-spread" == (await detail(office, group)).group.entry

    undone = await pressed(api, rosa, done, "Undo: wording")
    assert "+ wording: malaria-spread 0.31" in labels(undone)
    assert "what spreads" not in str(wordings(office, "malaria-spread", "en"))


@pytest.mark.usefixtures("bot")
async def test_another_question_of_the_group_can_be_the_wording(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """In its own language."""
    await grouped(office, [("shivering illness how", "en"), ("ugonjwa wa kutetemeka vipi", "sw")])
    asking = await pressed(api, rosa, await card_for(rosa), "+ wording: malaria-spread")
    choice = await pressed(api, rosa, asking, say.OTHER)
    asking = await pressed(api, rosa, choice, "ugonjwa wa kutetemeka vipi (sw)")
    await pressed(api, rosa, asking, say.ADD)

    assert "ugonjwa wa kutetemeka vipi" in wordings(office, "malaria-spread", "sw")


@pytest.mark.usefixtures("bot")
async def test_a_reply_gives_other_words_to_use_instead(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """What is hidden in a question cannot stand in a file; the member writes it out."""
    await grouped(office, [("how does […] come to my town", "en")])
    asking = await pressed(api, rosa, await card_for(rosa), "+ wording: malaria-spread")
    assert say.CANNOT in asking["text"]
    assert say.ADD not in labels(asking)

    await rosa.say("  how does <shivering> illness\n come to a town ", reply_to=asking)
    asking = await rosa.next_reply()
    assert "how does <shivering> illness come to a town (en)" in asking["text"]
    await pressed(api, rosa, asking, say.ADD)

    assert "how does <shivering> illness come to a town" in wordings(office, "malaria-spread", "en")


@pytest.mark.usefixtures("bot")
async def test_new_draft_takes_a_name_and_a_heading(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """The name is offered from the question; a reply gives another; the file is not served."""
    group = await grouped(office, BEDBUGS)
    asking = await pressed(api, rosa, await card_for(rosa), say.NEW_DRAFT)
    assert "bed-bugs-bite-at" in asking["text"]
    await rosa.say("bed-bugs", reply_to=asking)
    asking = await rosa.next_reply()
    done = await pressed(api, rosa, asking, "Infections")

    assert "✎ drafted as bed-bugs" in done["text"]
    file = office.faq / "entries" / "bed-bugs.yaml"
    assert "topic: infections" in file.read_text("utf-8")
    assert State.DRAFTED is (await detail(office, group)).group.state

    await pressed(api, rosa, done, "Undo: draft")
    assert not file.exists()


@pytest.mark.usefixtures("bot")
async def test_a_name_that_is_none_is_refused_in_a_sentence(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """Nothing is written."""
    await grouped(office, BEDBUGS)
    asking = await pressed(api, rosa, await card_for(rosa), say.NEW_DRAFT)
    await rosa.say("../Bed Bugs", reply_to=asking)
    asking = await rosa.next_reply()
    query = await rosa.press(asking, starting(asking, "Infections"))

    assert "must be lower-case letters" in (await api.answer_of(query))["text"]


@pytest.mark.usefixtures("bot")
async def test_not_ours_is_dismissed_and_can_be_undone(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """One press each."""
    group = await grouped(office, BEDBUGS)
    done = await pressed(api, rosa, await card_for(rosa), say.NOT_OURS)
    assert "✗ not ours" in done["text"]
    assert State.DISMISSED is (await detail(office, group)).group.state

    await pressed(api, rosa, done, "Undo: dismiss")
    assert State.OPEN is (await detail(office, group)).group.state


@pytest.mark.usefixtures("bot")
async def test_assign_to_me_and_to_nobody(api: FakeBotApi, rosa: Person, office: Office) -> None:
    """The card says who looks after it."""
    await grouped(office, BEDBUGS)
    mine = await pressed(api, rosa, await card_for(rosa), say.ASSIGN)
    assert "Looked after by Rosa" in mine["text"]

    nobodys = await pressed(api, rosa, mine, say.UNASSIGN)
    assert "Looked after by" not in nobodys["text"]


@pytest.mark.usefixtures("bot")
async def test_merge_shows_near_groups_and_puts_one_into_the_other(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """Then the card says where its questions went."""
    other = await grouped(office, [("kunguni kitandani", "sw")], hours=5)
    group = await grouped(office, BEDBUGS)
    choice = await pressed(api, rosa, await card_for(rosa), say.MERGE)
    done = await pressed(api, rosa, choice, f"1.00 · {other}: kunguni kitandani")

    assert f"merged into group {other}" in done["text"]
    assert State.MERGED is (await detail(office, group)).group.state
    assert 3 == (await detail(office, other)).group.questions


@pytest.mark.usefixtures("bot")
async def test_split_shows_questions_and_takes_one_out(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """It becomes a group of its own."""
    group = await grouped(office, [*BEDBUGS, ("what is the capital", "en")])
    choice = await pressed(api, rosa, await card_for(rosa), say.SPLIT)
    done = await pressed(api, rosa, choice, "what is the capital")

    assert f"Group {group} · 2 questions" in done["text"]
    assert 2 == (await detail(office, group)).group.questions
    assert "what is the capital" == (await detail(office, group + 1)).group.title


@pytest.mark.usefixtures("bot")
async def test_a_members_reply_to_a_card_becomes_a_note(
    rosa: Person, ward: Group, office: Office
) -> None:
    """In the staff chat too; an edited one is no second note, and no question of the public."""
    group = await grouped(office, BEDBUGS)
    await ward.say(rosa, "/queue")
    card = await ward.next_reply()
    said = await ward.say(rosa, "ask the ward first", reply_to=card)
    assert say.NOTED == (await ward.next_reply())["text"]
    await ward.of(rosa).edit(said, "how does malaria spread")
    await rosa.say("/queue")
    again = await rosa.next_reply()

    assert ["ask the ward first"] == [one.text for one in (await detail(office, group)).notes]
    assert "Rosa, " in again["text"]
    assert "ask the ward first" in again["text"]
    assert not [one for one in ward.transcript if "mosquito" in one.get("text", "")]


@pytest.mark.usefixtures("bot")
async def test_a_strangers_reply_to_a_card_is_a_question_like_any_other(
    rosa: Person, asha: Person, ward: Group, office: Office
) -> None:
    """Not a note."""
    group = await grouped(office, BEDBUGS)
    await ward.say(rosa, "/queue")
    card = await ward.next_reply()
    await ward.say(asha, "how does malaria spread", reply_to=card)

    assert "mosquito" in (await ward.next_reply())["text"]
    assert [] == (await detail(office, group)).notes


@pytest.mark.usefixtures("bot")
async def test_a_viewers_note_is_refused(vera: Person, office: Office) -> None:
    """With the role it takes."""
    await grouped(office, BEDBUGS)
    await vera.say("hm", reply_to=await card_for(vera))

    assert "to note takes the role curator; Vera is viewer" == (await vera.next_reply())["text"]


# ---- two at once


@pytest.mark.usefixtures("bot")
async def test_a_stale_press_says_who_changed_what_and_refreshes_the_card(
    api: FakeBotApi, rosa: Person, carl: Person, office: Office
) -> None:
    """Nothing is done."""
    group = await grouped(office, BEDBUGS)
    hers, his = await card_for(rosa), await card_for(carl)
    await pressed(api, carl, his, say.ASSIGN)
    query = await rosa.press(hers, say.NOT_OURS)
    fresh = await rosa.next_edit()

    told = (await api.answer_of(query))["text"]
    assert told.startswith("Carl has changed it meanwhile (assign")
    assert "Looked after by Carl" in fresh["text"]
    assert State.OPEN is (await detail(office, group)).group.state
    assert "✗ not ours" in (await pressed(api, rosa, fresh, say.NOT_OURS))["text"]


@pytest.mark.usefixtures("bot")
async def test_of_two_members_who_press_at_once_one_does_it(
    api: FakeBotApi, rosa: Person, carl: Person, ward: Group, office: Office
) -> None:
    """One step is written, the other is told."""
    group = await grouped(office, BEDBUGS)
    hers, his = await card_for(rosa), await card_for(carl)
    api.hold()
    queries = [await rosa.press(hers, say.ASSIGN), await carl.press(his, say.ASSIGN)]
    api.release()
    cards = await rosa.next_edit(), await carl.next_edit()
    answers = [(await api.answer_of(query)).get("text", "") for query in queries]

    assert 1 == len((await detail(office, group)).steps)
    assert 1 == len([text for text in answers if "meanwhile" in text])
    assert 1 == len({"by Rosa" in card["text"] for card in cards})


@pytest.mark.usefixtures("bot")
async def test_a_repeated_press_does_nothing_twice(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """The card is as it was when she pressed the first time."""
    group = await grouped(office, BEDBUGS)
    card = await card_for(rosa)
    await pressed(api, rosa, card, say.ASSIGN)
    query = await rosa.press(card, say.ASSIGN)

    assert "Rosa has changed it meanwhile" in (await api.answer_of(query))["text"]
    assert 1 == len((await detail(office, group)).steps)


@pytest.mark.usefixtures("bot")
async def test_a_card_of_a_group_that_is_gone_says_so(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """Its questions were old enough to be erased."""
    await grouped(office, BEDBUGS)
    card = await card_for(rosa)
    async with office.store.begin() as connection:
        await connection.execute(groups.delete())
    await rosa.press(card, say.NOT_OURS)

    assert say.GONE == (await rosa.next_edit())["text"]


@pytest.mark.usefixtures("bot")
async def test_a_deleted_cards_press_leads_to_a_new_one(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """Telegram may show it no more; the button holds all that a press needs."""
    group = await grouped(office, BEDBUGS)
    card = await card_for(rosa)
    del rosa.chat.messages[card["message_id"]]
    await rosa.press(card, say.NOT_OURS)

    assert "✗ not ours" in (await rosa.next_reply())["text"]
    assert State.DISMISSED is (await detail(office, group)).group.state


@pytest.mark.usefixtures("bot")
async def test_a_deleted_card_with_a_name_on_it_drafts_nothing(
    api: FakeBotApi, rosa: Person, office: Office
) -> None:
    """The name stood on the card alone, and it is for ever."""
    group = await grouped(office, BEDBUGS)
    asking = await pressed(api, rosa, await card_for(rosa), say.NEW_DRAFT)
    del rosa.chat.messages[asking["message_id"]]
    query = await rosa.press(asking, starting(asking, "Infections"))

    assert say.NO_WORDS == (await api.answer_of(query))["text"]
    assert State.OPEN is (await detail(office, group)).group.state
