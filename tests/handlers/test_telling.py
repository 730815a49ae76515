"""Who wants to be told of an answer is told, once: over HTTP, against the fake Bot API."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import DAYS
from cryptography.fernet import Fernet
from fakes.bot_api import FakeBotApi, Person
from sqlalchemy import func, select, update

from assistant import Desk
from escalation import waiting
from escalation.office import Office
from handlers.application import application
from handlers.intake import Intake, Timing
from handlers.telling import Pace, Teller
from reception import Reception
from storage import retention
from storage.cipher import Cipher
from storage.store import Store
from storage.tables import decisions, groups, told, unmatched
from storage.tables import waiting as table
from text import Language

QUICK = Pace(
    look_seconds=0.05, in_flight=4, backoff_seconds=0.05, most_backoff_seconds=0.2, stuck_minutes=10
)
UNKNOWN = {
    Language.EN: "who won the cricket match",
    Language.SW: "nani alishinda mechi ya mpira jana",
    Language.UR: "کل کا کرکٹ میچ کس نے جیتا",
}
ENTRY = "malaria-spread"
OFFER = {
    Language.EN: "🔔 Tell me when there is an answer",
    Language.SW: "🔔 Nijulishe jibu likipatikana",
    Language.UR: "🔔 جب جواب آ جائے تو مجھے بتائیں",
}
LEAD = {
    Language.EN: "You asked us to tell you",
    Language.SW: "Uliomba tukujulishe",
    Language.UR: "آپ نے کہا تھا",
}


@contextlib.asynccontextmanager
async def serving(  # noqa: PLR0913 - one program, in the parts that a test chooses
    api: FakeBotApi,
    reception: Reception,
    office: Office,
    *,
    polls: bool = True,
    tells: bool = True,
    pace: Pace = QUICK,
    sends_a_second: float = 25,
) -> AsyncIterator[asyncio.Task[None] | None]:
    """Run the bot with its teller until the block ends; yield the teller's task."""
    app = application(api.token, api.url, reception, 16, sends_a_second=sends_a_second)
    await app.initialize()
    timing, stopping = Timing(poll_seconds=2, backoff_seconds=0.05), asyncio.Event()
    intake = Intake(app, reception, in_flight=16, attempts=3, timing=timing)
    polling = asyncio.create_task(intake.run()) if polls else None
    telling = asyncio.create_task(Teller(app.bot, reception, office, pace).run(stopping))
    if not tells:
        telling.cancel()
    try:
        yield telling
    finally:
        stopping.set()
        intake.stop()
        if polling:
            await polling
        await asyncio.gather(telling, return_exceptions=True)
        await app.shutdown()


@pytest.fixture
async def bot(api: FakeBotApi, reception: Reception, office: Office) -> AsyncIterator[None]:
    """The running bot with its teller."""
    async with serving(api, reception, office):
        yield


def labels(message: dict[str, Any]) -> list[str]:
    """Return the labels of a message's buttons."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


async def asks(person: Person, language: Language = Language.EN) -> dict[str, Any]:
    """Ask what the bot does not know; return its reply."""
    await person.say(UNKNOWN[language])
    return await person.next_reply()


async def waits(person: Person, language: Language = Language.EN) -> str:
    """Ask what the bot does not know and press the button; return what it says to that."""
    await person.press(await asks(person, language), OFFER[language])
    promised = str((await person.next_reply())["text"])
    await person.next_edit()
    await written(person)
    return promised


async def written(person: Person) -> None:
    """Wait until what a person did is written: order is kept within a chat."""
    await person.say("/help")
    await person.next_reply()


async def answered(store: Store, entry: str = ENTRY, state: str = "answered") -> int:
    """Put all questions into one group, as staff have answered it; return its number."""
    now = datetime.now(UTC)
    row = {"state": state, "entry": entry, "first_hour": now, "last_hour": now, "middle": ""}
    async with store.begin() as connection:
        made = groups.insert().values(**row).returning(groups.c.id)
        number = await connection.scalar(made)
        await connection.execute(update(unmatched).values(group_id=number))
    return number or 0


async def left(store: Store) -> int:
    """Return how many rows wait."""
    async with store.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def gone(store: Store, seconds: float = 5, every: float = 0.02) -> None:
    """Wait until nobody waits any more."""
    await down_to(store, 0, seconds, every)


async def down_to(store: Store, number: int, seconds: float = 5, every: float = 0.02) -> None:
    """Wait until so few wait."""
    async with asyncio.timeout(seconds):
        while await left(store) > number:  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(every)


async def unsure(store: Store) -> int:
    """Return how many people may not have been told."""
    async with store.read() as connection:
        query = select(told.c.number).where(told.c.kind == waiting.UNSURE)
        return await connection.scalar(query) or 0


def told_to(api: FakeBotApi, person: Person) -> int:
    """Return how many answers went to a person who had asked to be told."""
    leads = tuple(LEAD.values())
    return sum(leads_in(message, leads) for message in api.view(person.id).transcript)


def leads_in(message: dict[str, Any], leads: tuple[str, ...]) -> bool:
    """Tell whether a message begins as those do that tell of an answer."""
    return str(message.get("text", "")).startswith(leads)


# ---- the button


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("language", [Language.SW, Language.UR])
async def test_who_asked_to_be_told_is_told_once_in_their_language(
    api: FakeBotApi, asha: Person, reception: Reception, language: Language
) -> None:
    """Asked, pressed, answered by staff: one message with source and buttons, then nothing kept."""
    promised = await waits(asha, language)
    assert (datetime.now(UTC).date() + timedelta(60)).isoformat() in promised
    assert "/forget" in promised
    await answered(reception.store)
    message = await asha.next_reply()
    await gone(reception.store)
    await asyncio.sleep(0.3)

    text = reception.desk.library.entries[ENTRY].texts[language]
    assert message["text"].startswith(LEAD[language])
    assert text.question in message["text"]
    assert "World Health Organization" in message["text"] or "who.int" in str(message["entities"])
    assert any("👍" in label for label in labels(message))
    assert 1 == told_to(api, asha)
    async with reception.store.read() as connection:
        rows = (await connection.execute(select(decisions).order_by(decisions.c.id))).all()
    assert [("unmatched", None), ("answer", ENTRY)] == [(row.decision, row.entry) for row in rows]
    assert ("telegram", language) == (rows[1].channel, rows[1].language)
    assert rows[1].digest


@pytest.mark.usefixtures("bot")
async def test_none_of_these_offers_it_too(asha: Person, reception: Reception) -> None:
    """Suggestions that nobody wanted are a question without an answer."""
    reception.desk = replace(reception.desk, limits=replace(reception.desk.limits, answer_at=1.1))
    await asha.say("how does malaria spread")
    await asha.press(await asha.next_reply(), "None of these")
    noted = await asha.next_reply()
    assert OFFER[Language.EN] in labels(noted)

    await asha.press(noted, OFFER[Language.EN])
    await asha.next_reply()
    await written(asha)
    assert 1 == await left(reception.store)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    "text",
    [
        "how does malaria spread",
        "I have had fever for 3 days, do I have malaria?",
        "My son swallowed bleach",
        "hello",
    ],
    ids=["answer", "personal", "emergency", "greeting"],
)
async def test_it_is_offered_only_where_the_question_is_kept(asha: Person, text: str) -> None:
    """Of anything else staff would never know."""
    await asha.say(text)
    assert OFFER[Language.EN] not in labels(await asha.next_reply())


@pytest.mark.usefixtures("bot")
async def test_in_a_group_it_is_not_offered_and_a_forged_press_keeps_nothing(
    api: FakeBotApi, asha: Person, reception: Reception
) -> None:
    """The chat's number would be that of others, too."""
    group = api.group("Health", members=[asha])
    said = await api.seat(asha.id, group.id).say(f"@sehat_test_bot {UNKNOWN[Language.EN]}")
    reply = await group.next_reply()
    assert OFFER[Language.EN] not in labels(reply)

    await written(asha)
    ref = await last_ref(reception.store)
    await api.seat(asha.id, group.id).press(forged(said, f"w:en:{ref}"), "x")
    await written(asha)
    assert 0 == await left(reception.store)


def forged(message: dict[str, Any], data: str) -> dict[str, Any]:
    """Return a message with a button `x` that the bot never made."""
    buttons = [[{"text": "x", "callback_data": data}]]
    return {**message, "reply_markup": {"inline_keyboard": buttons}}


async def last_ref(store: Store) -> str:
    """Return what the newest question is called on buttons."""
    async with store.read() as connection:
        return str(await connection.scalar(select(func.max(unmatched.c.ref))))


@pytest.mark.usefixtures("bot")
async def test_pressing_twice_changes_nothing(asha: Person, reception: Reception) -> None:
    """One row, and one message that tells what will happen; the button is gone."""
    reply = await asks(asha)
    for _ in range(2):
        await asha.press(reply, OFFER[Language.EN])
    promised = await asha.next_reply()
    without = await asha.next_edit()
    await asha.say("/help")
    following = await asha.next_reply()

    assert "I will send it to you here, once" in promised["text"]
    assert "/topics" in following["text"]
    assert ["Topics"] == labels(without)
    assert 1 == await left(reception.store)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("ref", ["nobody-made-this", "", "'; --", "x" * 50, "é", "a:b"])
async def test_a_forged_button_gets_a_plain_sentence(
    asha: Person, reception: Reception, ref: str
) -> None:
    """As does one whose question was erased meanwhile."""
    await asha.press(forged(await asks(asha), f"w:en:{ref}"), "x")

    assert "I do not keep that question any more" in (await asha.next_reply())["text"]
    await written(asha)
    assert 0 == await left(reception.store)


@pytest.mark.usefixtures("bot")
async def test_nobody_waits_longer_than_the_question_is_kept(
    asha: Person, reception: Reception
) -> None:
    """It is 80 days old: in ten more it is erased, and the wait is over with it."""
    reply = await asks(asha)
    await written(asha)
    old = datetime.now(UTC) - timedelta(80)
    async with reception.store.begin() as connection:
        await connection.execute(update(unmatched).values(hour=old))
    await asha.press(reply, OFFER[Language.EN])

    last = (old + timedelta(DAYS.unmatched)).date()
    assert f"until {last.isoformat()} at the latest" in (await asha.next_reply())["text"]


# ---- the chat's number


async def test_with_a_key_the_number_lies_encrypted_and_opens_under_a_newer_one(
    api: FakeBotApi, asha: Person, desk: Desk, store: Store, office: Office
) -> None:
    """Also when the key was changed between asking and telling."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    made = Reception(desk, store, b"k", workers=1, per_minute=99, days=DAYS, cipher=Cipher([old]))
    async with serving(api, made, office, tells=False):
        await waits(asha)
    async with store.read() as connection:
        kept = (await connection.execute(select(table))).one()
    assert str(asha.id) not in str(tuple(kept))

    await answered(store)
    async with serving(api, made, replace(office, cipher=Cipher([new, old])), polls=False):
        await asha.next_reply()
        await gone(store)
    made.close()
    assert 1 == told_to(api, asha)


async def test_a_number_that_no_key_opens_stays_until_its_days_are_over(
    api: FakeBotApi, asha: Person, reception: Reception, office: Office, caplog: Any
) -> None:
    """Told of once in the log, and it holds nobody else up."""
    lost = Cipher([Fernet.generate_key().decode()])
    other = api.user("Juma", language_code="en")
    async with serving(api, reception, office, tells=False):
        await waits(asha)
        async with reception.store.begin() as connection:
            await connection.execute(update(table).values(chat=lost.seal(str(asha.id))))
        await waits(other)
    await answered(reception.store)
    async with serving(api, reception, office, polls=False):
        await other.next_reply()
        await asyncio.sleep(0.2)

    assert (0, 1) == (told_to(api, asha), told_to(api, other))
    assert 1 == await left(reception.store)
    assert 1 == sum("no key opens" in record.message for record in caplog.records)


# ---- when nobody is told


@pytest.mark.usefixtures("bot")
async def test_who_forgets_is_not_told(api: FakeBotApi, asha: Person, reception: Reception) -> None:
    """/forget is the last word; /mydata has shown what there was."""
    await waits(asha)
    await asha.say("/mydata")
    shown = (await asha.next_reply())["text"]
    await asha.say("/forget")
    assert "erased everything" in (await asha.next_reply())["text"]
    await asha.say("/mydata")
    nothing = (await asha.next_reply())["text"]
    await answered(reception.store)
    await asyncio.sleep(0.3)

    assert "Questions whose answer you want to be told: 1." in shown
    assert "Nothing is kept about you" in nothing
    assert (0, 0) == (told_to(api, asha), await left(reception.store))


async def nobody_told(api: FakeBotApi, asha: Person, reception: Reception, office: Office) -> None:
    """See that a teller has looked and told nothing."""
    async with serving(api, reception, office, polls=False):
        await asyncio.sleep(0.3)
    assert 0 == told_to(api, asha)


@pytest.fixture
async def asked(api: FakeBotApi, asha: Person, reception: Reception, office: Office) -> Person:
    """A person who waits, and a teller that does not run yet."""
    async with serving(api, reception, office, tells=False):
        await waits(asha)
    return asha


async def test_nobody_is_told_of_an_entry_that_is_not_served(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """A draft waits for its approval; when it is served, people are told."""
    await answered(reception.store, "cricket-results", "drafted")
    await nobody_told(api, asked, reception, office)
    library = reception.desk.library
    entry = replace_id(library.entries[ENTRY], "cricket-results")
    entries = {**library.entries, entry.id: entry}
    reception.desk = replace(reception.desk, library=replace(library, entries=entries))
    async with serving(api, reception, office, polls=False):
        await asked.next_reply()


def replace_id(entry: Any, id_: str) -> Any:
    """Return an entry under another id."""
    return entry.model_copy(update={"id": id_})


@pytest.mark.parametrize("state", ["open", "dismissed"])
async def test_nobody_is_told_before_staff_have_answered(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office, state: str
) -> None:
    """Nor when they have taken it back."""
    await answered(reception.store, state=state)
    await nobody_told(api, asked, reception, office)
    assert 1 == await left(reception.store)


async def test_nobody_is_told_after_their_last_day(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """Then the number is erased, too."""
    await answered(reception.store)
    later = datetime.now(UTC) + timedelta(61)
    reception.clock = lambda: later
    await nobody_told(api, asked, reception, office)
    assert 1 == await left(reception.store)

    await retention.erase(reception.store, reception.days, later)
    assert 0 == await left(reception.store)


async def test_nobody_is_told_whose_question_was_erased(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """The number goes with the question."""
    await answered(reception.store)
    async with reception.store.begin() as connection:
        await connection.execute(unmatched.delete())
    await nobody_told(api, asked, reception, office)

    gone = await retention.erase(reception.store, reception.days, datetime.now(UTC))
    assert 1 == gone["waiting"]


# ---- who is told what


async def test_a_merged_group_is_answered_by_the_one_it_went_into(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """However often it was merged."""
    store = reception.store
    first = await answered(store, state="merged")
    second, last = await answered(store, state="merged"), await answered(store)
    async with store.begin() as connection:
        await connection.execute(update(unmatched).values(group_id=first))
        for number, into in ((first, second), (second, last)):
            merged = update(groups).where(groups.c.id == number)
            await connection.execute(merged.values(merged_into=into, entry=None))
        assert 1 == await waiting.count(connection, last)
    async with serving(api, reception, office, polls=False):
        await asked.next_reply()
        await gone(store)


async def test_who_asked_the_same_thing_twice_is_told_once(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """Two buttons, one answer: one message."""
    async with serving(api, reception, office, tells=False):
        await waits(asked)
    assert 2 == await left(reception.store)
    await answered(reception.store)
    async with serving(api, reception, office, polls=False):
        await gone(reception.store)
        await asyncio.sleep(0.2)

    assert 1 == told_to(api, asked)


async def test_a_language_chosen_since_holds(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """The person said: from now on."""
    async with serving(api, reception, office, tells=False):
        await asked.say("/language")
        await asked.press(await asked.next_reply(), "Kiswahili")
        await asked.next_edit()
    await answered(reception.store)
    async with serving(api, reception, office, polls=False):
        assert (await asked.next_reply())["text"].startswith(LEAD[Language.SW])


async def test_a_language_without_the_answer_gets_that_of_another(
    api: FakeBotApi, asha: Person, reception: Reception, office: Office
) -> None:
    """The first line still is in the person's own."""
    async with serving(api, reception, office, tells=False):
        await waits(asha, Language.SW)
    library = reception.desk.library
    entry = library.entries[ENTRY]
    short = entry.model_copy(update={"texts": {Language.EN: entry.texts[Language.EN]}})
    entries = {**library.entries, ENTRY: short}
    reception.desk = replace(reception.desk, library=replace(library, entries=entries))
    await answered(reception.store)
    async with serving(api, reception, office, polls=False):
        message = (await asha.next_reply())["text"]

    assert message.startswith(LEAD[Language.SW])
    assert "How does malaria spread?" in message


# ---- crashes and trouble on the way


async def test_a_restart_before_anything_was_taken_tells(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """Answered while the program was down."""
    await answered(reception.store)
    async with serving(api, reception, office, polls=False):
        await asked.next_reply()


async def test_a_crash_while_it_is_sent_sends_no_second_message(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """It may have arrived: it is never sent again, and counted as unsure after a while."""
    await answered(reception.store)
    api.fail("sendMessage", after_effect=True, delay=5)
    async with serving(api, reception, office, polls=False) as telling:
        await asked.next_reply()
        assert telling
        telling.cancel()  # as a crash cuts it off: nothing more is written
    assert 1 == await left(reception.store)

    async with serving(api, reception, office, polls=False):
        await asyncio.sleep(0.3)
    assert (1, 1, 0) == (
        *(told_to(api, asked), await left(reception.store)),
        await unsure(reception.store),
    )
    later = datetime.now(UTC) + timedelta(minutes=11)
    reception.clock = lambda: later
    async with serving(api, reception, office, polls=False):
        await gone(reception.store)
    assert (1, 1) == (told_to(api, asked), await unsure(reception.store))


async def test_a_crash_between_taking_and_sending_sends_nothing(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """Nobody can know that it was not sent."""
    await answered(reception.store)
    async with reception.store.begin() as connection:
        await connection.execute(update(table).values(taken_at=datetime.now(UTC)))
    await nobody_told(api, asked, reception, office)
    assert 1 == await left(reception.store)


@pytest.mark.parametrize(
    "trouble",
    [
        {"drop": True, "after_effect": True},
        {"garbage": True, "after_effect": True},
        {"error": 504, "after_effect": True},
    ],
    ids=["connection lost", "garbage", "gateway timeout"],
)
async def test_what_may_have_arrived_is_not_sent_again(
    api: FakeBotApi,
    asked: Person,
    reception: Reception,
    office: Office,
    trouble: dict[str, Any],
) -> None:
    """Counted, and the number erased."""
    await answered(reception.store)
    api.fail("sendMessage", **trouble)
    async with serving(api, reception, office, polls=False):
        await gone(reception.store)
        await asyncio.sleep(0.3)

    assert (1, 1) == (told_to(api, asked), await unsure(reception.store))


@pytest.mark.parametrize("code", [500, 502, 503])
async def test_a_server_in_trouble_is_tried_again(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office, code: int
) -> None:
    """It has refused the message."""
    await answered(reception.store)
    api.fail("sendMessage", error=code, times=6)
    async with serving(api, reception, office, polls=False):
        await asked.next_reply()
        await gone(reception.store)

    assert (1, 0) == (told_to(api, asked), await unsure(reception.store))


async def test_without_a_network_it_waits_for_one(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """Nothing has left the machine."""
    await answered(reception.store)
    async with serving(api, reception, office, polls=False):
        await api.stop()
        async with reception.store.begin() as connection:
            await connection.execute(update(table).values(taken_at=None))
        await asyncio.sleep(0.4)
        await api.start()
        await gone(reception.store)

    assert (1, 0) == (told_to(api, asked), await unsure(reception.store))


async def test_too_many_is_waited_out_while_others_are_answered(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """Telegram says how long; who asks now does not wait for it."""
    await answered(reception.store)
    juma = api.user("Juma", language_code="en")
    async with serving(api, reception, office):
        started = time.monotonic()
        api.fail("sendMessage", chat=asked, retry_after=2)
        await api.wait_for("sendMessage", len(api.calls_of("sendMessage")) + 1)
        await juma.say("how does malaria spread")
        await juma.next_reply()
        quick = time.monotonic() - started
        await asked.next_reply()
        slow = time.monotonic() - started

    assert quick < 1.5
    assert slow >= 2
    assert 1 == told_to(api, asked)


@pytest.mark.parametrize(
    "trouble",
    [{"error": 502}, {"error": 400, "description": "Bad Request: can't parse entities"}],
    ids=["outage", "our mistake"],
)
async def test_an_outage_tells_nobody_and_loses_nobody(
    api: FakeBotApi, reception: Reception, office: Office, trouble: dict[str, Any]
) -> None:
    """After a few refusals Telegram is asked whether it is back, without a message."""
    people = await crowd(api, reception, 30)
    api.fail("sendMessage", times=None, **trouble)
    async with serving(api, reception, office, polls=False, sends_a_second=200):
        api.fail("getMe", error=502, times=3)
        await asyncio.sleep(0.5)
        tried = len(api.calls_of("sendMessage"))
        api.mend()
        await gone(reception.store)

    assert tried <= 3 * QUICK.in_flight
    assert {1} == {told_to(api, person) for person in people}


async def test_what_nobody_knows_ends_the_round(
    api: FakeBotApi, reception: Reception, office: Office
) -> None:
    """A proxy in trouble: only those under way are lost, and they are counted."""
    people = await crowd(api, reception, 30)
    api.fail("sendMessage", times=None, garbage=True)
    async with serving(api, reception, office, polls=False, sends_a_second=200):
        api.fail("getMe", error=502, times=None)
        await asyncio.sleep(0.5)
        lost = len(api.calls_of("sendMessage"))
        api.mend()
        await gone(reception.store)

    assert QUICK.in_flight == lost == await unsure(reception.store)
    assert len(people) - lost == sum(told_to(api, person) for person in people)


@pytest.mark.parametrize("error", [403, 400], ids=["blocked", "chat not found"])
async def test_who_cannot_be_written_to_is_erased(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office, error: int
) -> None:
    """For good, and not as unsure."""
    await answered(reception.store)
    api.fail("sendMessage", chat=asked, error=error)
    async with serving(api, reception, office, polls=False):
        await gone(reception.store)
        await asyncio.sleep(0.2)

    assert (0, 0) == (told_to(api, asked), await unsure(reception.store))


async def test_a_chat_that_moved_is_told_where_it_is(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """Telegram names the new number."""
    juma = api.user("Juma", language_code="en")
    opened(juma)
    await answered(reception.store)
    api.fail("sendMessage", chat=asked, migrate_to_chat_id=juma.id)
    async with serving(api, reception, office, polls=False):
        await juma.next_reply()
        await gone(reception.store)

    assert 0 == told_to(api, asked)


async def test_one_that_fails_again_and_again_holds_nobody_up(
    api: FakeBotApi, asked: Person, reception: Reception, office: Office
) -> None:
    """The next ones are told while it waits."""
    fault = api.fail("sendMessage", chat=asked, error=500, times=None)
    people = await crowd(api, reception, 20)
    async with serving(api, reception, office, polls=False, sends_a_second=200):
        await down_to(reception.store, 1)
        fault.times = 0
        await asked.next_reply()

    assert {1} == {told_to(api, person) for person in people}


# ---- thousands


def opened(person: Person) -> None:
    """Open the chat, as /start does."""
    person.chat.bot_status, person.chat.seen = "member", True


async def crowd(api: FakeBotApi, reception: Reception, size: int) -> list[Person]:
    """Let so many people wait for one answer, which is there."""
    now, store = datetime.now(UTC), reception.store
    people = [api.user(f"Person {n}", language_code="en") for n in range(size)]
    questions, rows = [], []
    for person in people:
        opened(person)
        common = {"language": "en", "channel": "telegram", "hour": now}
        ref = f"ref-{person.id}"
        questions.append({**common, "text": "words", "nearest": [], "ref": ref})
        rows.append(
            {
                "person": reception.person("telegram", person.id),
                "ref": ref,
                "chat": str(person.id),
                "language": "en",
                "until": now.date(),
            }
        )
    async with store.begin() as connection:
        await connection.execute(unmatched.insert(), questions)
        await connection.execute(table.insert(), rows)
    await answered(store)
    return people


async def test_thousands_are_told_once_each_while_others_are_answered(
    api: FakeBotApi, asha: Person, reception: Reception, office: Office
) -> None:
    """At the rate allowed, which is sixteen times Telegram's here; nobody is refused."""
    size, rate, waited = 2000, 400, []
    people = await crowd(api, reception, size)
    api.enforce_limits(per_second=2 * rate)  # as after a pause: a burst, and the rate
    pace = replace(QUICK, in_flight=16)
    async with serving(api, reception, office, pace=pace, sends_a_second=rate):
        started = time.monotonic()
        for _ in range(3):
            asked = time.monotonic()
            await asha.say("how does malaria spread")
            await asha.next_reply()
            waited.append(time.monotonic() - asked)
            await asyncio.sleep(1)
        await gone(reception.store, 150, 0.5)  # many, for a machine that does much else
        seconds = time.monotonic() - started

    sent = api.calls_of("sendMessage")
    assert {1: size} == Counter(told_to(api, person) for person in people)
    assert size + len(waited) == len(sent) == sum(call.status == 200 for call in sent)
    assert 0 == await unsure(reception.store)
    assert max(waited) < 2
    assert seconds >= (size - rate) / rate


async def test_two_programs_tell_nobody_twice(
    api: FakeBotApi, reception: Reception, office: Office
) -> None:
    """Each takes what the other has not taken."""
    people = await crowd(api, reception, 100)
    async with (
        serving(api, reception, office, polls=False, sends_a_second=200),
        serving(api, reception, office, polls=False, sends_a_second=200),
    ):
        await gone(reception.store, 30)

    assert {1: 100} == Counter(told_to(api, person) for person in people)
