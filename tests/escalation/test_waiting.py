"""`escalation.waiting`: who wants to be told, who can be, and each of them once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, update

from escalation import waiting
from escalation.waiting import Waiting
from storage.cipher import Cipher
from storage.retention import Days
from storage.store import Store
from storage.tables import groups, people, told, unmatched
from storage.tables import waiting as table
from text import Language

NOW = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
TODAY = NOW.date()
LAST = TODAY + timedelta(30)
DAYS = Days(unmatched=90, person=365, counts=730, tell=60)
SERVED = {"malaria-spread", "cpr"}


async def question(store: Store, ref: str, group: int | None = None, age: int = 0) -> None:
    """Write a question that is so many days old."""
    row = {"hour": NOW - timedelta(age), "channel": "telegram", "language": "en"}
    async with store.begin() as connection:
        await connection.execute(
            unmatched.insert().values(**row, text="words", nearest=[], ref=ref, group_id=group)
        )


async def group(store: Store, state: str, entry: str | None = None, into: int | None = None) -> int:
    """Write a group; return its number."""
    row = {"state": state, "entry": entry, "merged_into": into, "middle": ""}
    async with store.begin() as connection:
        made = groups.insert().values(**row, first_hour=NOW, last_hour=NOW)
        return await connection.scalar(made.returning(groups.c.id)) or 0


async def wait(
    store: Store, ref: str, person: str = "asha", until: date = LAST, chat: int = 7
) -> bool:
    """Let somebody wait; return whether that is new."""
    async with store.begin() as connection:
        return await waiting.ask(
            connection,
            Cipher(),
            person=person,
            ref=ref,
            chat=chat,
            language=Language.SW,
            until=until,
        )


async def due(store: Store, **more: object) -> list[Waiting]:
    """Return who can be told."""
    async with store.read() as connection:
        return await waiting.due(connection, Cipher(), SERVED, TODAY, **more)  # type: ignore[arg-type]


async def refs(store: Store) -> set[str]:
    """Return which questions are waited for."""
    async with store.read() as connection:
        return set(await connection.scalars(select(table.c.ref)))


# ---- asking


@pytest.mark.parametrize(
    ("age", "days", "last"),
    [(0, DAYS, 60), (80, DAYS, 10), (90, DAYS, 0), (0, Days(20, 1, 1, 60), 20)],
    ids=["tell_days", "the question goes first", "today", "unmatched_days are fewer"],
)
async def test_nobody_waits_longer_than_the_question_is_kept(
    store: Store, age: int, days: Days, last: int
) -> None:
    """Days from today on."""
    await question(store, "r", age=age)
    async with store.read() as connection:
        found = await waiting.last_day(connection, "r", TODAY, days)

    assert TODAY + timedelta(last) == found


@pytest.mark.parametrize("ref", ["old", "none", "", "a b", "x" * 25, "\0", "ref\n"])
async def test_nobody_waits_for_what_is_not_kept(store: Store, ref: str) -> None:
    """Too old by now, never there, or forged."""
    await question(store, "old", age=91)
    async with store.read() as connection:
        assert None is await waiting.last_day(connection, ref, TODAY, DAYS)


async def test_asking_again_changes_nothing(store: Store) -> None:
    """Of each person and question there is one row."""
    assert [True, False, True, True] == [
        await wait(store, "r", "asha"),
        await wait(store, "r", "asha", chat=8),
        await wait(store, "r", "juma"),
        await wait(store, "s", "asha"),
    ]


async def test_a_person_is_known_under_every_key(store: Store) -> None:
    """Who waits under an older one waits."""
    await wait(store, "r", "under the old key")
    async with store.read() as connection:
        assert await waiting.waits(connection, "r", "under the new key", "under the old key")
        assert not await waiting.waits(connection, "s", "under the old key")


async def test_counts_people_not_rows(store: Store) -> None:
    """Of the group and of those merged into it, whatever became of it."""
    last = await group(store, "open")
    merged = await group(store, "merged", into=last)
    before = await group(store, "merged", into=merged)
    other = await group(store, "open")
    for number, place in enumerate((last, merged, before, other)):
        await question(store, f"r{number}", place)
        await wait(store, f"r{number}", "asha")
    await wait(store, "r2", "juma")

    async with store.read() as connection:
        assert 2 == await waiting.count(connection, last)
        assert 1 == await waiting.count(connection, other)
        assert 0 == await waiting.count(connection, 99)


# ---- who is due


async def test_who_is_due_can_be_written_to(store: Store) -> None:
    """Person, chat, language and the entry that answers."""
    await question(store, "r", await group(store, "answered", "cpr"))
    await wait(store, "r")

    assert [Waiting(1, "asha", 7, Language.SW, "cpr")] == await due(store)


@pytest.mark.parametrize(
    ("state", "entry", "told"),
    [
        ("answered", "cpr", True),
        ("drafted", "cpr", True),
        ("answered", "taken-out", False),
        ("drafted", "still-a-draft", False),
        ("answered", None, False),
        ("open", "cpr", False),
        ("dismissed", None, False),
        ("merged", "cpr", False),
    ],
)
async def test_due_is_who_asked_what_a_served_entry_answers(
    store: Store, state: str, entry: str | None, *, told: bool
) -> None:
    """A merged group answers nothing itself."""
    await question(store, "r", await group(store, state, entry))
    await wait(store, "r")

    assert told is bool(await due(store))


async def test_groups_merged_in_a_circle_end_nothing(store: Store) -> None:
    """It cannot happen; it would be a query without end."""
    one = await group(store, "merged")
    other = await group(store, "merged", into=one)
    async with store.begin() as connection:
        await connection.execute(update(groups).where(groups.c.id == one).values(merged_into=other))
    await question(store, "r", one)
    await wait(store, "r")

    assert [] == await due(store)
    async with store.read() as connection:
        assert 1 == await waiting.count(connection, one)


async def test_not_due_is_who_is_taken_too_late_or_left_out(store: Store) -> None:
    """The last day still counts."""
    place = await group(store, "answered", "cpr")
    for number, until in enumerate((TODAY, TODAY - timedelta(1), LAST, LAST)):
        await question(store, f"r{number}", place)
        await wait(store, f"r{number}", f"person {number}", until)
    async with store.begin() as connection:
        await connection.execute(update(table).where(table.c.id == 3).values(taken_at=NOW))

    assert [1] == [one.id for one in await due(store, without={4})]
    assert [1] == [one.id for one in await due(store, limit=1)]


async def test_a_language_chosen_since_goes_before(store: Store) -> None:
    """They wait in Swahili, and have chosen Urdu."""
    await question(store, "r", await group(store, "answered", "cpr"))
    await wait(store, "r")
    async with store.begin() as connection:
        await connection.execute(people.insert().values(person="asha", language="ur", seen=TODAY))

    assert [Language.UR] == [one.language for one in await due(store)]


async def test_a_chat_that_no_key_opens_is_none(store: Store) -> None:
    """And is found, to be erased."""
    await question(store, "r", await group(store, "answered", "cpr"))
    await wait(store, "r")
    sealed = Cipher([Fernet.generate_key().decode()]).seal("7")
    async with store.begin() as connection:
        await connection.execute(update(table).values(chat=sealed))

    assert [None] == [one.chat for one in await due(store)]
    async with store.begin() as connection:
        lost = await waiting.sealed(connection, Cipher())
        assert 1 == await waiting.drop(connection, [*lost, 99])
    assert set() == await refs(store)


def test_no_number_of_a_chat_is_printed() -> None:
    """Nor who it is."""
    shown = repr(Waiting(1, "asha", 4711, Language.SW, "cpr"))

    assert not {"asha", "4711"} & set(shown.replace("=", " ").split())


# ---- taking


@pytest.fixture
async def one(store: Store) -> Waiting:
    """Somebody who is due."""
    await question(store, "r", await group(store, "answered", "cpr"))
    await wait(store, "r")
    return (await due(store))[0]


async def take(store: Store, one: Waiting, now: datetime = NOW) -> list[int]:
    """Take a row in a transaction of its own."""
    async with store.begin() as connection:
        return await waiting.take(connection, one, now)


async def test_a_row_is_taken_once(store: Store, one: Waiting) -> None:
    """And again only when it was given back."""
    assert [1] == await take(store, one)
    assert [] == await take(store, one)
    async with store.begin() as connection:
        await waiting.release(connection, [1])
    assert [1] == await take(store, one)


async def test_what_was_forgotten_meanwhile_is_not_taken(store: Store, one: Waiting) -> None:
    """Nor what is over."""
    assert [] == await take(store, one, NOW + timedelta(31))
    async with store.begin() as connection:
        await waiting.done(connection, [1])
    assert [] == await take(store, one)


async def test_all_that_one_answer_is_for_is_taken_at_once(store: Store, one: Waiting) -> None:
    """The same person's, the same entry's; nothing else."""
    same, other = await group(store, "answered", "cpr"), await group(store, "answered", "burns")
    for ref, place, person in (("s", same, "asha"), ("t", other, "asha"), ("u", same, "juma")):
        await question(store, ref, place)
        await wait(store, ref, person)

    assert [1, 2] == await take(store, one)


async def test_what_may_have_been_told_is_erased_and_counted(store: Store, one: Waiting) -> None:
    """One person, however many rows; and the rows that a crash left taken."""
    await take(store, one)
    async with store.begin() as connection:
        await waiting.unsure(connection, [1], NOW)
    for ref, taken in (("s", NOW), ("t", NOW - timedelta(hours=1)), ("u", None)):
        await wait(store, ref)
        async with store.begin() as connection:
            await connection.execute(update(table).where(table.c.ref == ref).values(taken_at=taken))
    before = NOW - timedelta(minutes=30)
    async with store.begin() as connection:
        assert 1 == len(await waiting.stuck(connection, before))
        assert [1, 0] == [await waiting.give_up(connection, before, NOW) for _ in range(2)]

    assert {"s", "u"} == await refs(store)
    async with store.read() as connection:
        query = select(told.c.number).where(told.c.kind == waiting.UNSURE)
        assert 2 == await connection.scalar(query)
        assert 1 == await connection.scalar(select(func.count()).select_from(told))
