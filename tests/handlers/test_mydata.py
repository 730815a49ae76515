"""/mydata, /forget and keys that change: on Telegram, over HTTP, against the fake Bot API."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from conftest import DAYS
from fakes.bot_api import FakeBotApi, Person
from rows import DAY, row_of
from sqlalchemy import Table, select
from telegram_bot import running

from assistant import Desk
from faq.load import library
from handlers.mydata import WORDED, worded
from reception import Reception
from storage import people, retention
from storage.people import PERSONAL
from storage.store import Store
from storage.tables import askers, metadata
from text import Language
from workshop import FAQ

OLD, NEW = b"the old key", b"the new key"


@contextlib.asynccontextmanager
async def serving(
    api: FakeBotApi, desk: Desk, store: Store, *keys: bytes
) -> AsyncIterator[Reception]:
    """Run the bot with some keys, newest first, until the block ends."""
    key, *older = keys
    made = Reception(desk, store, key, older_keys=older, workers=1, per_minute=10_000, days=DAYS)
    try:
        async with running(api, made):
            yield made
    finally:
        made.close()


async def reply_to(person: Person, text: str) -> str:
    """Say something; return what the bot says."""
    await person.say(text)
    return str((await person.next_reply())["text"])


async def put(store: Store, table: Table, person: str) -> None:
    """Write a row of a person."""
    async with store.begin() as connection:
        await connection.execute(table.insert().values(**row_of(table, person)))


async def owners(store: Store) -> set[str]:
    """Return whom any row of any table is of."""
    async with store.read() as connection:
        found = [await connection.scalars(select(table.c.person)) for table in PERSONAL]
        return {person for rows in found for person in rows}


async def everything(store: Store) -> str:
    """Return every row of every table."""
    async with store.read() as connection:
        found = [await connection.execute(select(table)) for table in metadata.sorted_tables]
        return "\n".join(str(tuple(row)) for rows in found for row in rows)


# ---- what is shown


def test_every_table_of_peoples_rows_has_its_words() -> None:
    """A new one is shown before it can be shipped."""
    # Who asked is counted under a code that is another one in each group.
    assert {table.name for table in PERSONAL} | {askers.name} == WORDED.keys()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("table", PERSONAL, ids=[table.name for table in PERSONAL])
def test_every_kind_of_row_is_said_in_every_language(
    desk: Desk, table: Table, language: Language
) -> None:
    """In a line of its own between the fixed ones, with no field left open."""
    say = desk.speaker(language)
    shown = worded({table.name: [Shown(row_of(table, "asha"))]}, say)
    fixed = [say.phrase(key) for key in ("mydata", "mydata_erase", "mydata_questions")]

    assert all(sentence in shown for sentence in fixed)
    assert len(shown) > sum(map(len, fixed)) + 10
    assert not {"{", "}", "asha"} & set(shown)
    assert len(shown) < 4096


class Shown:
    """A row with its columns as attributes, as a database gives them."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.__dict__ = columns


async def test_everything_kept_is_shown_and_then_forgotten(
    api: FakeBotApi, desk: Desk, store: Store
) -> None:
    """Choice and votes in the language that she chose; afterwards her hash is in no table."""
    asha = api.user("Asha", language_code="en")
    async with serving(api, desk, store, NEW) as reception:
        person = reception.person("telegram", asha.id)
        for table in PERSONAL:
            await put(store, table, person)
        shown = await reply_to(asha, "/mydata")
        before = await everything(store)
        await reply_to(asha, "/forget")
        # Answered after what /forget does was written: order is kept within a chat.
        nothing = await reply_to(asha, "/mydata")
        after = await everything(store)

    assert "आपकी चुनी हुई भाषा: हिन्दी। आख़िरी बार इस्तेमाल: 2026-11-20।" in shown
    question = library(FAQ).entries["malaria-spread"].texts[Language.HI].question
    assert f"• {question} – मदद मिली (हिन्दी, 2026-11-20)" in shown
    assert len(PERSONAL) == before.count(person)
    assert person not in after
    assert nothing.startswith("Nothing is kept about you.")


def test_a_vote_on_an_entry_that_is_gone_is_shown_by_its_name(desk: Desk) -> None:
    """It is kept all the same."""
    row = {"entry": "taken-out", "language": "sw", "helpful": False, "seen": DAY}
    shown = worded({"votes": [Shown(row)]}, desk.speaker(Language.EN))

    assert "- taken-out – it did not help (Kiswahili, 2026-11-20)" in shown


async def test_in_a_group_nothing_is_shown(api: FakeBotApi, desk: Desk, store: Store) -> None:
    """Others read along: a button leads to the private chat."""
    asha = api.user("Asha", language_code="en")
    group = api.group("Family", members=[asha])
    async with serving(api, desk, store, NEW) as reception:
        for table in PERSONAL:
            await put(store, table, reception.person("telegram", asha.id))
        await group.say(asha, "/mydata@sehat_test_bot")
        reply = await group.next_reply()

    assert "मलेरिया" not in reply["text"]
    assert "url" in reply["reply_markup"]["inline_keyboard"][0][0]


# ---- keys that change


async def left(api: FakeBotApi, desk: Desk, store: Store, asha: Person) -> str:
    """Leave a row in every table while the old key is in force; return the hash."""
    async with serving(api, desk, store, OLD) as reception:
        person = reception.person("telegram", asha.id)
        for table in PERSONAL:
            await put(store, table, person)
    return person


async def test_a_message_moves_everything_to_the_newest_key(
    api: FakeBotApi, desk: Desk, store: Store
) -> None:
    """All tables at once; her choice of language holds all the while."""
    asha = api.user("Asha", language_code="en")
    before = await left(api, desk, store, asha)
    async with serving(api, desk, store, NEW, b"another", OLD) as reception:
        answer = await reply_to(asha, "how does malaria spread")
        again = await reply_to(asha, "how does malaria spread")

    assert "मच्छर" in answer
    assert "मच्छर" in again
    assert {people.hashed(NEW, "telegram", asha.id)} == await owners(store)
    assert reception.person("telegram", asha.id) != before


async def test_mydata_and_forget_find_people_under_any_key(
    api: FakeBotApi, desk: Desk, store: Store
) -> None:
    """The first thing that she does after the keys have changed."""
    asha = api.user("Asha", language_code="en")
    await left(api, desk, store, asha)
    async with serving(api, desk, store, NEW, OLD):
        shown = await reply_to(asha, "/mydata")
    assert "मदद मिली" in shown

    await left(api, desk, store, asha)
    async with serving(api, desk, store, b"newest", NEW, OLD):
        gone = await reply_to(asha, "/forget")
    assert "मिटा दिया गया" in gone
    assert set() == await owners(store)


async def test_without_the_old_key_its_rows_are_nobodys(
    api: FakeBotApi, desk: Desk, store: Store
) -> None:
    """They can be neither shown nor moved, and go when their days are over."""
    asha = api.user("Asha", language_code="en")
    before = await left(api, desk, store, asha)
    async with serving(api, desk, store, NEW) as reception:
        answer = await reply_to(asha, "how does malaria spread")
        shown = await reply_to(asha, "/mydata")
        assert {before} == await owners(store)
        late = reception.clock() + timedelta(days=DAYS.person + 1)
        await retention.erase(store, DAYS, late)

    assert "mosquito" in answer
    assert shown.startswith("Nothing is kept about you.")
    assert set() == await owners(store)


async def test_a_move_that_cannot_be_written_leaves_everything_in_its_place(
    api: FakeBotApi, desk: Desk, store: Store
) -> None:
    """One transaction: never half of her rows under each key."""
    asha = api.user("Asha", language_code="en")
    before = await left(api, desk, store, asha)

    async def broken(_: object) -> None:
        raise LookupError

    async with serving(api, desk, store, NEW, OLD) as reception:
        older = await reception.older("telegram", asha.id)
        newest = reception.person("telegram", asha.id)

        async def moved(connection: Any) -> None:
            await people.move(connection, older, newest)

        assert not await reception.try_commit([moved, broken])

    assert {before} == await owners(store)
