"""`reception`: the running desk, how often people may ask, and what is written down."""

import asyncio
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import HOME
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

import assistant
from assistant import Desk, Question, Turn
from faq.decision import Answer, Emergency, Note, Remark, Suggest, Unmatched
from faq.evaluate import read
from reception import (
    MOST_PEOPLE,
    WINDOW_SECONDS,
    Reception,
    Throttle,
    Window,
    carried,
    utc_now,
)
from storage import people
from storage.retention import Days
from storage.store import Store
from storage.tables import asked, decisions, unmatched
from storage.tables import people as table
from text import Language

KNOWN, EMERGENCY, NONSENSE = "how does malaria spread", "my son is not breathing", "asdfgh qwerty"
DAYS = Days(unmatched=45, person=200, counts=700)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def question(text: str, person: str = "asha", day: int = 1) -> Question:
    """Return a question of the web page."""
    return Question(text, "web", datetime(2026, 12, day, 9, tzinfo=UTC), person)


async def rows(reception: Reception) -> list[tuple[str, str | None]]:
    """Return decisions and categories that were counted."""
    async with reception.store.read() as connection:
        found = await connection.execute(select(decisions.c.decision, decisions.c.category))
        return [(row.decision, row.category) for row in found]


async def words(reception: Reception) -> list[str]:
    """Return the unmatched questions that were kept."""
    async with reception.store.read() as connection:
        return list(await connection.scalars(select(unmatched.c.text)))


# ---- how often somebody may ask


def test_a_person_may_ask_so_often_and_is_then_told_how_long_to_wait() -> None:
    """Six a minute are one every ten seconds."""
    clock = FixedClock()
    throttle = Throttle(6, clock)
    waits = [throttle.wait("asha") for _ in range(8)]

    assert [0, 0, 0, 0, 0, 0, 10, 10] == waits


@settings(max_examples=200, deadline=None, derandomize=True)
@given(per_minute=st.integers(1, 120), pause=st.floats(0, 0.4))
def test_who_waits_as_long_as_told_may_ask_again(per_minute: int, pause: float) -> None:
    """The told seconds are enough, whatever the rate."""
    clock = FixedClock()
    throttle = Throttle(per_minute, clock)
    while not throttle.wait("asha"):
        pass
    clock.seconds += pause
    clock.seconds += throttle.wait("asha") + 0.001

    assert 0 == throttle.wait("asha")


def test_a_full_minute_fills_the_bucket_and_no_more() -> None:
    """Who was away for a day may not ask thousands at once."""
    clock = FixedClock()
    throttle = Throttle(3, clock)
    for _ in range(5):
        throttle.wait("asha")
    clock.seconds += 86_400

    assert [0, 0, 0, 20] == [throttle.wait("asha") for _ in range(4)]


def test_people_do_not_take_each_others_questions() -> None:
    """A bucket for each."""
    throttle = Throttle(1, FixedClock())

    assert [0, 60, 0] == [throttle.wait("asha"), throttle.wait("asha"), throttle.wait("ravi")]


def test_the_buckets_of_those_who_asked_last_are_kept() -> None:
    """Memory is bounded; a flood of new people pushes out the oldest."""
    throttle = Throttle(1, FixedClock())
    throttle.wait("first")
    for number in range(MOST_PEOPLE - 1):
        throttle.wait(str(number))

    assert 60 == throttle.wait("first")
    throttle.wait("one more")
    assert 0 == throttle.wait("0")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    per_minute=st.integers(1, 60),
    steps=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=60),
)
def test_no_more_than_the_rate_passes(per_minute: int, steps: list[float]) -> None:
    """A full bucket and what drips in since; a wait is never nothing."""
    clock = FixedClock()
    throttle = Throttle(per_minute, clock)
    passed = 0
    for step in steps:
        clock.seconds += step
        passed += throttle.wait("asha") == 0

    assert per_minute + sum(steps) * per_minute / 60 + 1e-6 >= passed


async def test_who_asks_too_much_is_held_back(desk: Desk, store: Store) -> None:
    """In the language of the question, with the emergency number."""
    held = Reception(desk, store, b"key", workers=1, per_minute=1, days=DAYS)
    await held.ask(question(KNOWN))
    turn = await held.ask(question("malaria huenezwa vipi"))
    held.close()

    assert isinstance(turn.decision, Note)
    assert (Remark.TOO_MANY, True) == (turn.decision.remark, 0 < turn.decision.seconds <= 60)
    assert Language.SW is turn.reply.language


async def test_an_emergency_always_passes(desk: Desk, store: Store) -> None:
    """However often somebody has asked."""
    held = Reception(desk, store, b"key", workers=1, per_minute=1, days=DAYS)
    turns = [await held.ask(question(EMERGENCY)) for _ in range(5)]
    held.close()

    assert [Emergency] * 5 == [type(turn.decision) for turn in turns]


async def test_who_is_held_back_leaves_no_words(desk: Desk, store: Store) -> None:
    """Nothing to keep, nothing that waits for “none of these”."""
    held = Reception(desk, store, b"key", workers=1, per_minute=1, days=DAYS)
    await held.ask(question(KNOWN))
    turn = await held.ask(question("malaria"))
    _, effects = held.none_of_these("asha", Language.EN)
    held.close()

    assert (None, None) == (turn.kept, turn.pending)
    assert [] == effects


async def test_the_terminal_is_not_held_back(desk: Desk, store: Store) -> None:
    """A question without a person is nobody's flood."""
    held = Reception(desk, store, b"key", workers=1, per_minute=1, days=DAYS)
    turns = [await held.ask(question(KNOWN, person="")) for _ in range(3)]
    held.close()

    assert [Answer] * 3 == [type(turn.decision) for turn in turns]


# ---- asking


async def test_many_questions_at_once_get_their_own_answers(reception: Reception) -> None:
    """Workers share one desk."""
    texts = ["how does malaria spread", "what are the signs of diabetes", EMERGENCY, NONSENSE] * 10
    alone = [(await reception.ask(question(text))).reply for text in texts[:4]]
    together = await asyncio.gather(*(reception.ask(question(text)) for text in texts))

    assert alone * 10 == [turn.reply for turn in together]


async def test_the_loop_goes_on_while_a_question_is_worked_on(reception: Reception) -> None:
    """Other chats are served meanwhile."""
    asking = asyncio.create_task(reception.ask(question("malaria " * 500)))
    beats = 0
    while not asking.done():
        await asyncio.sleep(0)
        beats += 1

    assert 10 < beats


async def longest_hold(work: asyncio.Future[Any]) -> float:
    """Return the most seconds that the loop was held up while some work was done."""
    longest = 0.0
    while not work.done():
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - start - 0.005)
    return longest


async def test_many_questions_at_once_do_not_hold_the_loop_up(reception: Reception) -> None:
    """Pages and updates are served meanwhile, and nobody gets another's answer."""
    texts = [
        labelled.text for labelled in read([HOME / "tests/questions/answerable-more-en.jsonl"])
    ]
    asked = [question(text) for text in dict.fromkeys(texts)][:60]
    start = time.perf_counter()
    alone = [await reception.ask(one) for one in asked]
    seconds = time.perf_counter() - start

    holds = []
    for _ in range(3):  # something else on the machine may hold up one of them
        reception.desk = replace(reception.desk)  # with nothing in its cache
        together = asyncio.gather(*map(reception.ask, asked))
        holds.append(await longest_hold(together))
        assert alone == await together

    assert 60 == len(alone)
    # On the loop itself they would hold it up for all of that time.
    assert seconds / 3 > min(holds)


async def test_a_new_desk_serves_from_the_next_question_on(reception: Reception) -> None:
    """A reload swaps the whole value."""
    reception.desk = replace(reception.desk, country="KE")
    turn = await reception.ask(question(EMERGENCY))

    assert "999" in turn.reply.body


async def test_a_persons_choice_of_language_is_read(reception: Reception) -> None:
    """None without one."""
    person = reception.person("telegram", 42)

    async def choose(connection: AsyncConnection) -> None:
        await people.choose(
            connection, person, Language.UR, datetime(2026, 12, 1, tzinfo=UTC).date()
        )

    await reception.commit([choose])

    assert Language.UR is await reception.choice(person)
    assert await reception.choice(reception.person("telegram", 43)) is None


def test_a_person_is_a_keyed_hash(reception: Reception) -> None:
    """The same in every process that has the key, and not the number."""
    assert people.hashed(b"test key", "telegram", 42) == reception.person("telegram", 42)


# ---- what is written


async def test_a_turn_is_counted_and_its_person_noted(reception: Reception) -> None:
    """Who left a choice is still about today."""
    asked = question(KNOWN, day=9)

    async def choose(connection: AsyncConnection) -> None:
        await people.choose(
            connection, "asha", Language.EN, datetime(2026, 12, 1, tzinfo=UTC).date()
        )

    await reception.commit([choose, reception.kept(asked, await reception.ask(asked))])

    async with reception.store.read() as connection:
        seen = await connection.scalar(select(table.c.seen))
    assert [("answer", None)] == await rows(reception)
    assert asked.asked_at.date() == seen


async def test_all_effects_of_a_turn_are_written_or_none(reception: Reception) -> None:
    """One transaction; what goes wrong is told to the caller."""

    async def fail(connection: AsyncConnection) -> None:
        raise LookupError

    kept = reception.kept(question(KNOWN), await reception.ask(question(KNOWN)))
    with pytest.raises(LookupError):
        await reception.commit([kept, fail])

    assert [] == await rows(reception)


async def test_a_reply_is_not_held_back_by_a_full_disk(
    reception: Reception, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is logged by its kind, without the words that were to be written."""

    async def fail(connection: AsyncConnection) -> None:
        msg = f"disk full while writing {NONSENSE}"
        raise OSError(msg)

    with caplog.at_level(logging.DEBUG, "sehat"):
        written = await reception.try_commit([fail])

    assert not written
    assert ["a turn cannot be written (OSError)"] == caplog.messages
    assert NONSENSE not in caplog.text


async def test_what_could_be_written_is_said_so(reception: Reception) -> None:
    """True, and the row is there."""
    asked = question(NONSENSE)

    assert await reception.try_commit([reception.kept(asked, await reception.ask(asked))])
    assert ["[…]"] == await words(reception)


# ---- none of these


async def test_none_of_these_passes_the_question_on(reception: Reception) -> None:
    """The words wait in memory only, and are written when no suggestion fits."""
    asked = question("malaria")
    turn = await reception.ask(asked)
    await reception.commit([reception.kept(asked, turn)])
    before = await words(reception)

    none, effects = reception.none_of_these("asha", Language.SW)
    await reception.commit(effects)

    assert isinstance(turn.decision, Suggest)
    assert ([], ["malaria"]) == (before, await words(reception))
    assert isinstance(none.decision, Unmatched)


async def test_none_of_these_is_answered_in_the_language_of_the_question(
    reception: Reception,
) -> None:
    """Not in that of the page around it."""
    await reception.ask(replace(question("malaria"), choice=Language.ID))
    none, _ = reception.none_of_these("asha", Language.EN)

    assert Language.ID is none.reply.language


async def test_pressing_twice_passes_it_on_once(reception: Reception) -> None:
    """The second press hears that the question is gone, in the language that is given."""
    await reception.ask(question("malaria"))
    reception.none_of_these("asha", Language.EN)
    again, effects = reception.none_of_these("asha", Language.HI)

    assert [] == effects
    assert Language.HI is again.reply.language
    assert again.kept is None
    assert reception.desk.library.phrases.say(Language.HI, "none_late") == again.reply.body


async def test_nobody_passes_on_the_question_of_another(reception: Reception) -> None:
    """A press belongs to who asked."""
    await reception.ask(question("malaria", person="asha"))
    _, effects = reception.none_of_these("ravi", Language.EN)

    assert [] == effects


async def test_the_last_question_is_the_one_that_is_passed_on(reception: Reception) -> None:
    """An answered one in between changes nothing."""
    for text in ("malaria", "diabetes", KNOWN):
        await reception.ask(question(text))
    none, effects = reception.none_of_these("asha", Language.EN)
    await reception.commit(effects)

    assert none.kept is not None
    assert [none.kept] == await words(reception)


async def test_a_question_without_a_person_does_not_wait(reception: Reception) -> None:
    """Nobody could press for it, and somebody else must not."""
    await reception.ask(question("malaria", person=""))
    _, effects = reception.none_of_these("", Language.EN)

    assert [] == effects


# ---- what may still reach staff


async def queue(reception: Reception) -> list[Any]:
    """Return the rows that staff see."""
    async with reception.store.read() as connection:
        return list((await connection.execute(select(unmatched))).all())


async def test_a_row_has_the_name_that_its_turn_has(reception: Reception) -> None:
    """Known before the reply is sent, for the button under it; another for each question."""
    one, other = question("recipe for cake"), question("malaria")
    turns = [await reception.ask(one), await reception.ask(other)]
    await reception.commit([reception.kept(one, turns[0])])
    none, effects = reception.none_of_these("asha", Language.EN)
    await reception.commit(effects)

    assert turns[1].ref == none.ref
    assert [turns[0].ref, turns[1].ref] == [row.ref for row in await queue(reception)]
    assert {16} == {len(turn.ref) for turn in turns}
    assert ["unmatched", "none_of_these"] == [row.why for row in await queue(reception)]


@pytest.mark.parametrize(
    "text", [EMERGENCY, "I have had fever for 3 days, do I have malaria?", "hello"]
)
async def test_what_may_not_be_kept_has_no_name(reception: Reception, text: str) -> None:
    """And nothing of it is remembered."""
    turn = await reception.ask(question(text))

    assert ("", 0) == (turn.ref, len(vars(reception)["_pending"]))


async def test_none_of_these_tells_what_was_near(reception: Reception) -> None:
    """Staff see between what the question lay."""
    await reception.ask(question("malaria"))
    _, effects = reception.none_of_these("asha", Language.EN)
    await reception.commit(effects)
    (row,) = await queue(reception)

    assert "malaria" in row.nearest[0][0]


async def test_the_time_of_every_answer_is_measured(reception: Reception) -> None:
    """From question to reply; an entry that was opened answers no question."""
    asked_ = question(KNOWN)
    turn = await reception.ask(asked_)
    shown = assistant.show("cpr", Language.EN, reception.desk)
    await reception.commit([reception.kept(asked_, turn), reception.kept(question(""), shown)])
    async with reception.store.read() as connection:
        took = (await connection.scalars(select(decisions.c.ms))).all()

    assert turn.ms is not None
    assert [turn.ms, None] == took
    assert 0 <= turn.ms < 60_000


async def test_the_same_question_again_has_a_name_of_its_own(reception: Reception) -> None:
    """What is remembered for everybody names nobody's question."""
    turns = [await reception.ask(question(KNOWN, person=person)) for person in ("asha", "ravi")]

    assert 2 == len({turn.ref for turn in turns})
    assert turns[0] == turns[1]


async def test_only_who_asked_can_say_that_it_did_not_help(reception: Reception) -> None:
    """And only of the entry that was sent."""
    await reception.ask(question(KNOWN))

    assert [] == await reception.voted("ravi", "malaria-spread", helpful=False)
    assert [] == await reception.voted("asha", "cpr", helpful=False)
    assert [] == await reception.voted("", "malaria-spread", helpful=False)
    assert 1 == len(await reception.voted("asha", "malaria-spread", helpful=False))


async def test_nothing_of_an_answer_waits_but_its_redacted_words(reception: Reception) -> None:
    """The number in it is gone from memory before anybody votes."""
    await reception.ask(question("how does malaria spread 98111 22334"))
    pending = vars(reception)["_pending"]
    effects = await reception.voted("asha", "malaria-spread", helpful=False)
    held = repr([vars_of(one) for one in vars(pending)["_kept"].values()])
    await reception.commit(effects)
    (row,) = await queue(reception)

    assert "98111" not in held
    assert "how does malaria spread [phone]" == row.text
    assert 0 == len(pending)


def vars_of(one: Any) -> list[object]:
    """Return all that a memory holds, also what is not printed."""
    draft = one.draft.result() if hasattr(one.draft, "result") else one.draft
    return [one, one.question.text, one.question.before, draft.shown()]


async def test_a_forwarded_claim_that_was_answered_wrongly_is_passed_on_like_others(
    reception: Reception,
) -> None:
    """Redacted, its new words hidden for good."""
    asked_ = replace(question("forwarded: garlic zblorg cures covid"), forwarded=True)
    turn = await reception.ask(asked_)
    entry = turn.decision.entry if isinstance(turn.decision, Answer) else ""
    await reception.commit(await reception.voted("asha", entry, helpful=False))

    assert all("zblorg" not in row.text for row in await queue(reception))


async def test_what_cannot_be_written_is_tried_again(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suggestion that nobody chose is not lost to a full disk."""
    monkeypatch.setattr("escalation.pending.PENDING_SECONDS", 0.0)
    await reception.ask(question("malaria"))

    async def fails(_: object) -> bool:
        return False

    with monkeypatch.context() as full:
        full.setattr(reception, "try_commit", fails)
        await reception.write_overdue()
    assert [] == await queue(reception)

    await reception.write_overdue()
    assert ["not_chosen"] == [row.why for row in await queue(reception)]


async def test_addresses_are_no_people(reception: Reception) -> None:
    """Many share one: only questions from Telegram note who asked, until that is counted."""
    for channel in ("web", "telegram"):
        one = replace(question("recipe for cake"), channel=channel)
        await reception.commit([reception.kept(one, await reception.ask(one))])
    async with reception.store.read() as connection:
        rows_ = (await connection.execute(select(asked))).all()

    assert [("asha", 2)] == [(row.person, row.question) for row in rows_]


async def test_keeping_up_ends_when_told(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And writes what is overdue meanwhile."""
    monkeypatch.setattr("escalation.pending.PENDING_SECONDS", 0.0)
    await reception.ask(question("malaria"))
    stopping = asyncio.Event()
    keeping = asyncio.create_task(reception.keep_up(stopping))
    for _ in range(100):
        await asyncio.sleep(0.01)
        if await queue(reception):
            break
    stopping.set()
    await asyncio.wait_for(keeping, 1)

    assert ["malaria"] == await words(reception)


# ---- privacy


@pytest.mark.parametrize("language", Language)
async def test_privacy_says_the_days_that_are_set(
    desk: Desk, store: Store, language: Language
) -> None:
    """From the settings in force, in every language, with whom to ask."""
    made = Reception(
        desk, store, b"key", workers=1, per_minute=1, days=DAYS, privacy_contact="dpo@example.org"
    )
    said = made.privacy(language)
    made.close()

    assert [] == [part for part in ("45", "200", "dpo@example.org") if part not in said]
    assert "{" not in said


def test_without_a_contact_the_line_is_left_out(reception: Reception) -> None:
    """No “Questions about privacy: ” into the void."""
    said = reception.privacy(Language.EN)

    assert "Questions about privacy" not in said
    assert said == said.strip()


async def test_a_helpline_goes_out_of_service_without_a_restart(desk: Desk, store: Store) -> None:
    """Overnight, on the day when it is to be dialled again."""
    kenya = desk.contacts.countries["KE"]
    then = datetime(2026, 1, 1, 9, tzinfo=UTC)
    rows = tuple(row.model_copy(update={"confirmed": then.date()}) for row in kenya.contacts)
    countries = {"KE": kenya.model_copy(update={"contacts": rows})}
    numbers = desk.contacts.model_copy(update={"countries": countries})
    here = replace(desk, contacts=numbers, country="KE")
    now = [then]
    made = Reception(here, store, b"key", workers=1, per_minute=10, days=DAYS, clock=lambda: now[0])
    said = []
    for days in (0, 180, 181):
        now[0] = then + timedelta(days=days)
        turn = await made.ask(question("I want to kill myself"))
        said.append("1199" in turn.reply.body)
    made.close()

    assert [True, True, False] == said


def test_the_clock_is_aware_and_in_utc() -> None:
    """Whatever zone the server stands in."""
    assert UTC is utc_now().tzinfo


# ---- the two-message window

FIRST, SECOND = "saya ingin", "bunuh diri"


def test_the_window_forgets_after_two_minutes() -> None:
    """To the second, whether anybody asks or not."""
    clock = FixedClock()
    window = Window(clock)
    window.put("asha", FIRST)
    clock.seconds += WINDOW_SECONDS - 1
    within = window.last("asha")
    clock.seconds += 1
    window.expire()

    assert (FIRST, 120) == (within, WINDOW_SECONDS)
    assert 0 == len(window)


def test_the_window_holds_one_message_of_a_person_and_no_others() -> None:
    """The newest; nobody reads another's."""
    window = Window(FixedClock())
    window.put("asha", "older")
    window.put("asha", FIRST)

    assert (1, FIRST, "") == (len(window), window.last("asha"), window.last("ravi"))


def test_the_window_is_bounded() -> None:
    """A flood of people pushes out the oldest message."""
    window = Window(FixedClock())
    window.put("first", FIRST)
    for number in range(MOST_PEOPLE):
        window.put(str(number), FIRST)

    assert (MOST_PEOPLE, "") == (len(window), window.last("first"))


@pytest.mark.parametrize(
    ("text", "more", "is_carried"),
    [
        ("a " * 12, {}, True),
        ("a " * 13, {}, False),
        ("a" * 201, {}, False),
        (FIRST, {"forwarded": True}, False),
        (EMERGENCY, {}, False),
    ],
    ids=["short", "long", "wide", "forwarded", "emergency"],
)
async def test_only_a_short_message_of_ones_own_that_is_no_emergency_is_carried(
    reception: Reception, text: str, more: dict[str, Any], *, is_carried: bool
) -> None:
    """At most twelve words, and bounded in characters too."""
    asked = replace(question(text), **more)
    turn = await reception.ask(asked)

    assert is_carried is (carried(asked, turn) == text)


async def said(reception: Reception, text: str, **more: Any) -> Turn:
    """Ask as a channel does that knows persons."""
    asked = reception.joined(replace(question(text), **more))
    turn = await reception.ask(asked)
    await reception.commit([reception.kept(asked, turn)])
    reception.carry(asked, turn)
    return turn


async def test_a_cry_for_help_in_two_messages_is_heard_once(reception: Reception) -> None:
    """The card; then both messages are gone."""
    turns = [await said(reception, text) for text in (FIRST, SECOND, SECOND)]

    assert [False, True, False] == [isinstance(turn.decision, Emergency) for turn in turns]


async def test_nobodys_message_is_joined_with_anothers(reception: Reception) -> None:
    """Each has a window of one's own."""
    await said(reception, FIRST, person="ravi")
    turn = await said(reception, SECOND)

    assert not isinstance(turn.decision, Emergency)


async def test_a_forwarded_message_takes_no_part_in_the_window(reception: Reception) -> None:
    """It is not joined, and what was said before it stays for the next."""
    await said(reception, FIRST)
    forwarded = await said(reception, SECOND, forwarded=True)
    own = await said(reception, SECOND)

    assert [False, True] == [isinstance(turn.decision, Emergency) for turn in (forwarded, own)]


async def test_a_message_that_is_tried_again_finds_the_same_before_it(
    reception: Reception,
) -> None:
    """The window moves on when the reply is out."""
    await said(reception, FIRST)
    first, again = reception.joined(question(SECOND)), reception.joined(question(SECOND))

    assert FIRST == first.before == again.before


@pytest.mark.parametrize("end", ["forget", "close", "time"])
async def test_the_window_is_dropped(
    reception: Reception, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """At /forget, at shutdown, and after its time though nobody writes any more."""
    if end == "time":
        monkeypatch.setattr("reception.WINDOW_SECONDS", -0.99)  # so the timer rings at once
    await said(reception, FIRST)
    if end == "forget":
        reception.forget("asha")
    elif end == "close":
        reception.close()
    await asyncio.sleep(0.05)

    assert FIRST not in repr([*vars(vars(reception)["_window"]).values()])


async def test_what_waits_for_a_press_does_not_hold_the_message_before_it(
    reception: Reception,
) -> None:
    """It waits for minutes, the window for two of them."""
    await said(reception, "quillfeather and")
    await said(reception, "malaria")

    assert "quillfeather" not in repr(vars(vars(reception)["_pending"]))


@pytest.mark.parametrize("language", Language)
def test_privacy_says_that_the_last_message_is_remembered(
    reception: Reception, language: Language
) -> None:
    """For two minutes, in the words of each language."""
    two = {
        "en": "two minutes",
        "hi": "दो मिनट",
        "ur": "دو منٹ",
        "sw": "dakika mbili",
        "id": "dua menit",
    }

    assert two[language.value] in reception.privacy(language)
