"""`escalation.words`: a new word is shown once three people have used it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import DAYS
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant import Question
from escalation.words import HASH_CHARACTERS, MOST_COUNTED, hashed, shown
from reception import Reception
from safety.words import Draft, Vocabulary, draft
from storage import people, retention
from storage.store import Store
from storage.tables import unmatched, words

KEY, OLD = b"the new key", b"the old key"
DAY = date(2026, 12, 1)
KNOWN = Vocabulary(frozenset({"is", "it"}), frozenset({"wanjiku"}))
ZIKA = draft("is it Zika", KNOWN)


@pytest.fixture
async def connection(store: Store) -> AsyncIterator[AsyncConnection]:
    """A transaction on a fresh database."""
    async with store.begin() as opened:
        yield opened


async def said(
    connection: AsyncConnection,
    person: str,
    text: Draft = ZIKA,
    *,
    keys: tuple[bytes, ...] = (KEY,),
) -> str:
    """Return what staff read of a draft."""
    return await shown(connection, text, keys, person, DAY)


async def test_the_third_persons_row_shows_the_word(connection: AsyncConnection) -> None:
    """However often the first one says it."""
    seen = [await said(connection, person) for person in ("a", "a", "a", "b", "a", "c", "a")]

    assert ["is it […]"] * 5 + ["is it Zika"] * 2 == seen


async def test_nobody_is_not_counted(connection: AsyncConnection) -> None:
    """What three others know is shown of nobody's words too."""
    seen = [await said(connection, person) for person in ("", "", "", "a", "b", "", "c", "")]

    assert ["is it […]"] * 6 + ["is it Zika"] * 2 == seen


async def test_words_are_counted_one_by_one(connection: AsyncConnection) -> None:
    """By their folding; names and hidden words are no words."""
    for person in ("a", "b", "c"):
        await said(connection, person, draft(f"{person}q ZIKA is wanjiku", KNOWN))
        await said(connection, person, draft("is it mpox", KNOWN).closed())
    other = draft("zika is mpox is wanjiku is aq", KNOWN)

    assert "zika is […] is […] is […]" == await said(connection, "d", other)


async def test_the_database_does_not_learn_a_word(connection: AsyncConnection) -> None:
    """Nor can hashes of words be laid beside hashes of people."""
    await said(connection, "a")
    rows = [tuple(row) for row in await connection.execute(select(words))]

    assert [("a", hashed(KEY, "zika"), DAY)] == rows
    assert HASH_CHARACTERS == len(rows[0][1]) <= words.c.word.type.length  # type: ignore[attr-defined]
    assert people.hashed(KEY, "word", "zika") == hashed(KEY, "zika") != hashed(OLD, "zika")
    assert people.hashed(KEY, "telegram", "zika") != hashed(KEY, "zika")


async def test_people_are_counted_across_a_change_of_key(connection: AsyncConnection) -> None:
    """What was counted under the older key still counts."""
    for person in ("a", "b"):
        await said(connection, person, keys=(OLD,))

    assert "is it Zika" == await said(connection, "c", keys=(KEY, OLD))
    assert "is it […]" == await said(connection, "d", keys=(KEY,))


async def test_one_message_does_not_fill_the_table(connection: AsyncConnection) -> None:
    """A long one is counted in part; the rest stays hidden."""
    await said(
        connection,
        "a",
        draft(" ".join(f"{chr(97 + n % 26)}{chr(97 + n // 26)}q" for n in range(200)), KNOWN),
    )

    assert MOST_COUNTED == len((await connection.execute(select(words))).all())


async def test_what_a_person_said_is_forgotten(connection: AsyncConnection) -> None:
    """With /forget at once; else with the unmatched rows, counted from the last use."""
    for person in ("a", "b"):
        await said(connection, person)
    assert 1 == await people.forget(connection, "a")
    assert "is it […]" == await said(connection, "c")
    late = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(days=DAYS.unmatched + 1)

    assert 2 == (await retention.purge(connection, DAYS, late))["words"]


async def kept(reception: Reception, channel: str, person: str, text: str) -> str:
    """Ask and write; return what staff read of it."""
    asked = Question(text, channel, datetime(2026, 12, 1, 9, tzinfo=UTC), person)  # type: ignore[arg-type]
    turn = await reception.ask(asked)
    await reception.commit([reception.kept(asked, turn)])
    async with reception.store.read() as connection:
        found = await connection.scalars(select(unmatched.c.text).order_by(unmatched.c.id.desc()))
        return str(found.first())


async def test_a_new_topic_surfaces_through_the_whole_path(reception: Reception) -> None:
    """People of Telegram count; addresses of the web do not, nor does who gives a number."""
    text = "zblorg qwibble zxcvb"
    first = [await kept(reception, "web", str(n), text) for n in range(4)]
    first += [await kept(reception, "telegram", str(n), f"{text} 98765 4321{n}") for n in range(4)]
    first += [await kept(reception, "telegram", person, text) for person in "ab"]

    assert {"[…]", "[…] [phone]"} == set(first)
    assert text == await kept(reception, "telegram", "c", text)
    assert text == await kept(reception, "web", "1", text)


async def test_none_of_these_counts_too(reception: Reception) -> None:
    """And shows it to staff."""
    for person, expected in (("a", "malaria […]"), ("b", "malaria […]"), ("c", "malaria zblorg")):
        asked = Question("malaria zblorg", "telegram", datetime(2026, 12, 1, tzinfo=UTC), person)
        turn = await reception.ask(asked)
        await reception.commit([reception.kept(asked, turn)])
        _turn, effects = reception.none_of_these(person, turn.language)
        await reception.commit(effects)
        async with reception.store.read() as connection:
            rows = await connection.scalars(
                select(unmatched.c.text).order_by(unmatched.c.id.desc())
            )
            assert expected == rows.first()
