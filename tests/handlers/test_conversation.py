"""People talk to the bot on Telegram: the real library, over HTTP, against the fake Bot API."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.bot_api import FakeBotApi, Person
from sqlalchemy import select

from assistant import Desk
from handlers.intake import Intake
from handlers.profile import COMMANDS
from reception import Reception
from storage.tables import asked, decisions, people, unmatched, votes
from text import Language, utf16_length

pytestmark = pytest.mark.usefixtures("bot")


def labels(message: dict) -> list[str]:  # type: ignore[type-arg]
    """Return the labels of a message's buttons."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


async def test_answers_a_question_with_its_source(asha: Person) -> None:
    """The main job."""
    await asha.say("how does malaria spread")
    reply = await asha.next_reply()

    assert "mosquito" in reply["text"]
    assert "World Health Organization" in reply["text"]
    assert any(entity["type"] == "text_link" for entity in reply["entities"])
    assert "no clinician has approved it" in reply["text"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("malaria kaise failta hai", "मच्छर"),
        ("ملیریا کیسے پھیلتا ہے", "مچھر"),
        ("malaria huenezwaje", "mbu"),
        ("bagaimana malaria menular", "nyamuk"),
    ],
)
async def test_answers_in_the_language_of_the_question(asha: Person, text: str, word: str) -> None:
    """Her Telegram is in English; what she writes goes before it."""
    await asha.say(text)
    assert word in (await asha.next_reply())["text"]


async def test_start_welcomes_and_offers_examples_and_topics(asha: Person) -> None:
    """A newcomer sees what to do and can press it."""
    await asha.start()
    welcome = await asha.next_reply()
    assert "not a doctor" in welcome["text"]

    await asha.press(welcome, "How does malaria spread?")
    assert "mosquito" in (await asha.next_reply())["text"]


@pytest.mark.parametrize(("country", "told"), [(None, False), ("KE", True)])
async def test_start_tells_that_numbers_were_not_dialled(
    asha: Person, reception: Reception, country: str | None, *, told: bool
) -> None:
    """Until staff confirm them; where no number is shown there is nothing to tell."""
    reception.desk = replace(reception.desk, country=country)
    await asha.start()

    assert told is ("have not been dialled by us yet" in (await asha.next_reply())["text"])


@pytest.mark.parametrize(
    "command", ["/help", "/privacy", "/mydata", "/topics", "/language", "/forget"]
)
async def test_every_command_is_answered(asha: Person, command: str) -> None:
    """No command falls silent."""
    await asha.say(command)
    assert (await asha.next_reply())["text"]


@pytest.mark.parametrize("language", Language)
def test_help_names_every_command(desk: Desk, language: Language) -> None:
    """In every language, as Telegram's own menu does."""
    help_text = desk.library.phrases.say(language, "help")

    assert not {name for name in COMMANDS if name != "start" and f"/{name} –" not in help_text}


async def test_an_unknown_command_is_answered_with_help(asha: Person) -> None:
    """It is no question either."""
    await asha.say("/doctor")
    assert "/topics" in (await asha.next_reply())["text"]


async def test_browses_topics_by_buttons(asha: Person) -> None:
    """Heading, question, answer; the menu turns over in place."""
    await asha.say("/topics")
    menu = await asha.next_reply()
    await asha.press(menu, "First aid")
    questions = await asha.next_edit()
    burns = next(label for label in labels(questions) if "burn" in label.lower())
    await asha.press(questions, burns)
    answer = await asha.next_reply()
    assert "water" in answer["text"]

    await asha.press(questions, labels(questions)[-1])
    assert "First aid" in labels(await asha.next_edit())


async def test_a_chosen_language_holds(asha: Person, api: FakeBotApi, reception: Reception) -> None:
    """The person's choice goes before the question's own language."""
    await asha.say("/language")
    await asha.press(await asha.next_reply(), "اردو")
    assert "اردو" in (await asha.next_edit())["text"]

    await asha.say("how does malaria spread")
    assert "مچھر" in (await asha.next_reply())["text"]
    async with reception.store.read() as connection:
        kept = (await connection.execute(select(people))).one()
    assert "ur" == kept.language
    assert str(asha.id) not in kept.person


async def test_forget_erases_choice_and_votes(asha: Person, reception: Reception) -> None:
    """Nothing of the person is left in any table."""
    await asha.say("/language")
    await asha.press(await asha.next_reply(), "हिन्दी")
    await asha.next_edit()
    await asha.say("how does malaria spread")
    answer = await asha.next_reply()
    await asha.press(answer, "👍 हाँ")
    await asha.next_edit()

    await asha.say("/forget")
    await asha.next_reply()
    await asha.say("/forget")
    again = await asha.next_reply()

    assert "nothing stored" in again["text"]
    async with reception.store.read() as connection:
        for table in (people, votes):
            assert [] == (await connection.execute(select(table))).all()


async def test_a_vote_is_kept_once_and_its_buttons_go(asha: Person, reception: Reception) -> None:
    """Pressing twice counts once; the last vote holds."""
    await asha.say("how does malaria spread")
    answer = await asha.next_reply()
    await asha.press(answer, "👍 Yes")
    without = await asha.next_edit()
    await asha.press(answer, "👎 No")
    await asha.say("/help")
    await asha.next_reply()

    assert not any("👍" in label for label in labels(without))
    async with reception.store.read() as connection:
        rows = (await connection.execute(select(votes))).all()
    assert [("malaria-spread", False)] == [(row.entry, row.helpful) for row in rows]


async def test_an_emergency_gets_the_number_first_and_first_aid_by_button(asha: Person) -> None:
    """The number comes before anything else."""
    await asha.say("My son swallowed bleach")
    reply = await asha.next_reply()
    assert "Call your local emergency number" in reply["text"]
    assert "swallows poison" not in reply["text"]

    await asha.press(reply, "First steps while you wait")
    assert "Do not make the person vomit" in (await asha.next_reply())["text"]


async def test_numbers_of_another_country_by_button(asha: Person) -> None:
    """Never guessed: chosen."""
    await asha.say("My son swallowed bleach")
    await asha.press(await asha.next_reply(), "Emergency numbers")
    await asha.press(await asha.next_reply(), "Kenya")
    numbers = await asha.next_reply()

    assert "999" in numbers["text"]
    assert "not been dialled" in numbers["text"]


async def test_a_personal_case_is_refused_and_not_kept(asha: Person, reception: Reception) -> None:
    """Counted, never stored."""
    await asha.say("I have had fever for 3 days, do I have malaria?")
    assert "one person's symptoms" in (await asha.next_reply())["text"]
    await asha.say("/help")
    await asha.next_reply()

    async with reception.store.read() as connection:
        assert [] == (await connection.execute(select(unmatched))).all()
        row = (await connection.execute(select(decisions))).one()
    assert ("refuse", "symptoms") == (row.decision, row.category)


async def test_an_unknown_question_is_passed_on_without_details(
    asha: Person, reception: Reception
) -> None:
    """The honest "I don't know", and the redacted row that staff will read."""
    await asha.say("who won the cricket match 98765 43210 a@example.org")
    assert "passed your question on" in (await asha.next_reply())["text"]
    await asha.say("/help")
    await asha.next_reply()

    async with reception.store.read() as connection:
        row = (await connection.execute(select(unmatched))).one()
    assert "43210" not in row.text
    assert "example.org" not in row.text
    assert "[email]" in row.text
    assert "telegram" == row.channel


async def test_none_of_these_passes_the_question_on(asha: Person, reception: Reception) -> None:
    """A suggestion that did not fit is an unmatched question after all."""
    await asha.say("malaria")
    reply = await asha.next_reply()
    assert "None of these" in labels(reply)

    await asha.press(reply, "None of these")
    assert "passed your question on" in (await asha.next_reply())["text"]
    await asha.say("/help")
    await asha.next_reply()
    async with reception.store.read() as connection:
        assert "malaria" == (await connection.execute(select(unmatched))).one().text


async def queue(reception: Reception, asha: Person) -> list[Any]:
    """Return what staff see, once all that was pressed is written."""
    await asha.say("/help")
    await asha.next_reply()
    async with reception.store.read() as connection:
        return list((await connection.execute(select(unmatched).order_by(unmatched.c.id))).all())


async def test_a_question_whose_answer_did_not_help_is_passed_on(
    asha: Person, reception: Reception
) -> None:
    """With the entry that was sent; who asked is noted until it is counted."""
    await asha.say("how does malaria spread")
    await asha.press(await asha.next_reply(), "👎 No")
    await asha.next_edit()
    (row,) = await queue(reception, asha)
    async with reception.store.read() as connection:
        who = (await connection.execute(select(asked))).one()

    assert ("not_helpful", "malaria-spread", "how does malaria spread") == (
        row.why,
        row.entry,
        row.text,
    )
    assert (reception.person("telegram", asha.id), row.id) == (who.person, who.question)


async def test_an_answer_that_helped_is_not_passed_on(asha: Person, reception: Reception) -> None:
    """There is nothing to mend."""
    await asha.say("how does malaria spread")
    await asha.press(await asha.next_reply(), "👍 Yes")
    await asha.next_edit()

    assert [] == await queue(reception, asha)


async def test_a_vote_that_is_tried_again_passes_the_question_on_once(
    api: FakeBotApi, asha: Person, reception: Reception
) -> None:
    """The press is handled anew when the acknowledgement gets lost."""
    await asha.say("how does malaria spread")
    answer = await asha.next_reply()
    api.fail("answerCallbackQuery", error=500)
    await asha.press(answer, "👎 No")
    await asha.next_edit()

    assert ["not_helpful"] == [row.why for row in await queue(reception, asha)]


async def test_suggestions_that_nobody_chose_are_passed_on_when_their_time_is_over(
    asha: Person, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer question does not lose the older; one whose suggestion was pressed is left out."""
    monkeypatch.setattr("escalation.pending.PENDING_SECONDS", 0.0)
    for text in ("malaria", "diabetes"):
        await asha.say(text)
        await asha.next_reply()
    monkeypatch.undo()
    await asha.say("dengue")
    chosen = await asha.next_reply()
    await asha.press(chosen, labels(chosen)[0])
    await asha.next_reply()
    before = await queue(reception, asha)

    assert 2 == await reception.write_overdue()
    assert 0 == await reception.write_overdue()
    rows = await queue(reception, asha)
    assert [] == before
    assert [("not_chosen", "malaria"), ("not_chosen", "diabetes")] == [
        (row.why, row.text) for row in rows
    ]
    assert all(row.nearest for row in rows)


async def test_a_suggestion_that_was_pressed_may_not_help_either(
    asha: Person, reception: Reception
) -> None:
    """Then staff see the question and what was chosen."""
    await asha.say("malaria")
    await asha.press(await asha.next_reply(), "How does malaria spread?")
    await asha.press(await asha.next_reply(), "👎 No")
    await asha.next_edit()
    (row,) = await queue(reception, asha)

    assert ("not_helpful", "malaria-spread", "malaria") == (row.why, row.entry, row.text)


async def test_forget_drops_what_waits_for_a_vote(asha: Person, reception: Reception) -> None:
    """Nothing of it can reach staff afterwards."""
    await asha.say("how does malaria spread")
    answer = await asha.next_reply()
    await asha.say("/forget")
    await asha.next_reply()
    await asha.press(answer, "👎 No")
    await asha.next_edit()

    assert [] == await queue(reception, asha)


async def test_an_edited_question_is_answered_anew(asha: Person) -> None:
    """People mend a question, or add what makes it an emergency."""
    message = await asha.say("how does malaria spread")
    await asha.next_reply()
    await asha.edit(message, "she is not breathing")
    assert "emergency" in (await asha.next_reply())["text"]


async def test_a_forwarded_rumour_is_treated_as_a_claim(asha: Person) -> None:
    """It is not the person's own case."""
    await asha.forward("Doctors hide it: eating garlic and drinking hot water cures COVID-19!!!")
    reply = await asha.next_reply()
    assert reply["text"].startswith("You forwarded a message")
    assert "garlic" in reply["text"].lower()


@pytest.mark.parametrize("kind", ["photo", "voice", "document", "sticker", "location", "contact"])
async def test_media_get_the_fixed_reply_and_are_never_fetched(
    asha: Person, api: FakeBotApi, kind: str
) -> None:
    """No download, whatever it is."""
    await (asha.document("report.pdf") if kind == "document" else getattr(asha, kind)())
    assert "can't open pictures" in (await asha.next_reply())["text"]
    assert [] == api.calls_of("getFile")


async def test_a_caption_that_calls_for_help_is_heard(asha: Person) -> None:
    """The picture stays unopened; the words count."""
    await asha.photo(caption="my father is not breathing")
    assert "emergency" in (await asha.next_reply())["text"]


async def test_in_groups_only_when_addressed(asha: Person, api: FakeBotApi) -> None:
    """Others' talk is not for us; a mention and a reply to us are."""
    ravi = api.user("Ravi", language_code="en")
    group = api.group("Ward", members=[asha, ravi])
    await group.say(ravi, "how does malaria spread")
    await group.say(asha, "@sehat_test_bot how does malaria spread")
    answer = await group.next_reply()
    assert "mosquito" in answer["text"]

    await group.say(ravi, "and how can it be prevented, malaria I mean", reply_to=answer)
    assert "net" in (await group.next_reply())["text"]
    assert 2 == len(api.calls_of("sendMessage"))


async def test_a_personal_question_in_a_group_leads_to_the_private_chat(
    asha: Person, api: FakeBotApi
) -> None:
    """Nothing about the case is said before the others."""
    group = api.group("Ward", members=[asha])
    await group.say(asha, "@sehat_test_bot I have had fever for 3 days, do I have malaria?")
    reply = await group.next_reply()

    assert "private" in reply["text"]
    (button,) = reply["reply_markup"]["inline_keyboard"][0]
    assert button["url"].startswith("https://t.me/sehat_test_bot?start=")


@pytest.mark.parametrize(
    "text", ["<b>bold</b> & <i>", "[x](tg://user?id=1)", "/ admin", "😀😀😀", "\u202e\u200b"]
)
async def test_markup_and_oddities_are_harmless(asha: Person, text: str) -> None:
    """Whatever is typed, a fixed reply comes and nothing of the text is echoed."""
    await asha.say(text)
    reply = await asha.next_reply()
    assert "tg://" not in reply["text"]
    assert "bold" not in reply["text"]


@pytest.mark.parametrize(
    "data", ["e:en:no-such-entry", "x:y", "v:1:en:nope", "e:xx:cpr", "t:en:", ":::", "c:en:XX"]
)
async def test_forged_buttons_do_nothing_bad(asha: Person, api: FakeBotApi, data: str) -> None:
    """Callback data may come from anyone; the press is acknowledged and the bot lives on."""
    await asha.say("how does malaria spread")
    answer = await asha.next_reply()
    forged = {
        **answer,
        "reply_markup": {"inline_keyboard": [[{"text": "forged", "callback_data": data}]]},
    }
    await asha.press(forged, "forged")
    await api.wait_for("answerCallbackQuery")
    await asha.say("how can malaria be prevented")
    while "net" not in (await asha.next_reply())["text"]:
        pass


async def test_long_texts_stay_within_telegrams_limit(asha: Person, bot: Intake) -> None:
    """Every message sent has at most 4,096 UTF-16 units, and a long question gets a reply."""
    await asha.say("malaria " * 500)
    reply = await asha.next_reply()
    assert utf16_length(reply["text"]) <= 4096


# ---- a cry for help over two messages

FIRST, SECOND, CARD = "everyone would be better", "off without me", "glad you said it"


async def test_a_cry_for_help_over_two_messages_gets_the_card(asha: Person) -> None:
    """Neither half says it alone; a pressed button between them changes nothing."""
    await asha.say("/start")
    welcome = await asha.next_reply()
    await asha.say(SECOND)
    alone = await asha.next_reply()
    await asha.say(FIRST)
    first = await asha.next_reply()
    await asha.press(welcome, "How does malaria spread?")
    await asha.next_reply()
    await asha.say(SECOND)
    together = await asha.next_reply()

    assert [False, False, True] == [CARD in reply["text"] for reply in (alone, first, together)]


async def test_the_card_comes_also_when_sending_must_be_tried_again(
    asha: Person, api: FakeBotApi
) -> None:
    """The second try is answered as the first would have been."""
    await asha.say(FIRST)
    await asha.next_reply()
    api.fail("sendMessage", error=500)
    await asha.say(SECOND)

    assert CARD in (await asha.next_reply())["text"]


async def test_after_forget_the_message_before_is_gone(asha: Person, reception: Reception) -> None:
    """Also what was in memory only."""
    replies = []
    for text in (FIRST, "/forget", SECOND):
        await asha.say(text)
        replies.append((await asha.next_reply())["text"])

    assert [] == [text for text in replies if CARD in text]


async def test_forwarded_messages_take_no_part_in_two_messages(asha: Person) -> None:
    """Neither as the first nor as the second."""
    await asha.forward(FIRST)
    await asha.next_reply()
    await asha.say(SECOND)
    own = await asha.next_reply()
    await asha.say(FIRST)
    await asha.next_reply()
    await asha.forward(SECOND)
    forwarded = await asha.next_reply()

    assert [False, False] == [CARD in reply["text"] for reply in (own, forwarded)]


async def test_a_group_does_not_learn_what_was_said_in_private(
    asha: Person, api: FakeBotApi
) -> None:
    """A card there would tell the others of it."""
    await asha.say(FIRST)
    await asha.next_reply()
    group = api.group("Ward", members=[asha])
    await group.say(asha, f"@sehat_test_bot {SECOND}")

    assert CARD not in (await group.next_reply())["text"]
