"""`escalation.grouping`: questions of one meaning come together, whatever the language."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import audit, grouping
from escalation.likeness import whitened
from escalation.office import Office
from storage import people
from storage.cipher import MARK, Cipher
from storage.store import Store
from storage.tables import asked, askers, groups, steps, told, unmatched

HOUR = datetime(2026, 12, 1, 9, tzinfo=UTC)
DAY = date(2026, 12, 1)
# Of something that the base has no answer to, in five languages, Hindi also in Latin letters.
MIGRAINE = (
    "what triggers a migraine",
    "माइग्रेन किस वजह से होता है",
    "migraine kis wajah se hota hai",
    "مائگرین کس وجہ سے ہوتا ہے",
    "nini husababisha migraine",
    "apa pemicu migrain",
)
CHIKUNGUNYA = (
    "what is chikungunya fever",
    "चिकनगुनिया बुखार क्या है",
    "chikungunya bukhar kya hai",
    "چکن گونیا بخار کیا ہے",
    "homa ya chikungunya ni nini",
    "apa itu demam chikungunya",
)
# Six more, in the same forms; nothing was tuned on them.
MEANINGS = (
    (
        "how are kidney stones treated",
        "गुर्दे की पथरी का इलाज कैसे होता है",
        "gurde ki pathri ka ilaaj kaise hota hai",
        "گردے کی پتھری کا علاج کیسے ہوتا ہے",
        "mawe kwenye figo yanatibiwa vipi",
        "bagaimana batu ginjal diobati",
    ),
    (
        "why do my gums bleed when I brush",
        "ब्रश करते समय मसूड़ों से खून क्यों आता है",
        "brush karte samay masoodon se khoon kyon aata hai",
        "برش کرتے وقت مسوڑھوں سے خون کیوں آتا ہے",
        "kwa nini fizi hutoka damu ninapopiga mswaki",
        "kenapa gusi berdarah saat sikat gigi",
    ),
    (
        "what is a cataract operation like",
        "मोतियाबिंद का ऑपरेशन कैसे होता है",
        "motiyabind ka operation kaise hota hai",
        "موتیا کا آپریشن کیسے ہوتا ہے",
        "upasuaji wa mtoto wa jicho hufanywaje",
        "operasi katarak seperti apa",
    ),
    (
        "how do I get rid of head lice",
        "सिर की जूँ कैसे निकालें",
        "sir ki joon kaise nikaalein",
        "سر کی جوئیں کیسے ختم کریں",
        "nitaondoaje chawa kichwani",
        "cara menghilangkan kutu rambut",
    ),
    (
        "does psoriasis spread by touching",
        "क्या सोरायसिस छूने से फैलता है",
        "kya psoriasis chhoone se failta hai",
        "کیا سورائسس چھونے سے پھیلتا ہے",
        "je psoriasis huambukiza kwa kugusana",
        "apakah psoriasis menular lewat sentuhan",
    ),
    (
        "what helps against snoring",
        "खर्राटे कैसे बंद करें",
        "kharrate kaise band karein",
        "خراٹے کیسے بند کریں",
        "nifanye nini kuacha kukoroma",
        "cara menghentikan dengkuran",
    ),
)
OTHERS = ("how do I get a new passport", "which bus goes to the airport", "what is a black hole")


async def put(office: Office, *texts: str, person: str = "", hour: datetime = HOUR) -> list[int]:
    """Write questions as the reception does; return their ids."""
    made = []
    async with office.store.begin() as connection:
        for text in texts:
            row = {"hour": hour, "channel": "telegram", "language": "en", "nearest": []}
            query = unmatched.insert().values(**row, text=office.cipher.seal(text))
            number = (await connection.execute(query.returning(unmatched.c.id))).scalar_one()
            made.append(number)
            if person:
                who = {"person": person, "question": number, "seen": hour.date()}
                await connection.execute(asked.insert().values(**who))
    return made


async def group_of(office: Office, row: int) -> int | None:
    """Return the group of a question."""
    async with office.store.read() as connection:
        found: int | None = await connection.scalar(
            select(unmatched.c.group_id).where(unmatched.c.id == row)
        )
        return found


async def count(office: Office, table: object) -> int:
    """Return how many rows a table has."""
    async with office.store.read() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)  # type: ignore[arg-type]


async def states(office: Office) -> list[tuple[str, int]]:
    """Return state and number of questions of all groups."""
    async with office.store.read() as connection:
        rows = await connection.execute(select(groups).order_by(groups.c.id))
        return [(row.state, row.questions) for row in rows]


async def test_the_same_question_comes_together_across_languages(office: Office) -> None:
    """Each of two questions in six forms, however they come; others stay apart."""
    mixed = [text for pair in zip(MIGRAINE, CHIKUNGUNYA, strict=True) for text in pair]
    rows = await put(office, *mixed, *OTHERS)

    assert len(rows) == await grouping.group_new(office)
    found = [await group_of(office, row) for row in rows]
    assert 1 == len({*found[0:12:2]})
    assert 1 == len({*found[1:12:2]})
    assert 2 + len(OTHERS) == len({*found})
    assert [("open", 6)] * 2 + [("open", 1)] * len(OTHERS) == await states(office)


async def test_groups_hold_one_meaning_and_span_languages(office: Office) -> None:
    """Six meanings in six forms: none is mixed, and so many pairs across forms come together."""
    meanings = [number for _ in range(6) for number in range(len(MEANINGS))]
    rows = await put(office, *(text for form in zip(*MEANINGS, strict=True) for text in form))
    await grouping.group_new(office)
    found = [await group_of(office, row) for row in rows]
    together = [
        meanings[one] == meanings[other]
        for one, other in combinations(range(len(rows)), 2)
        if found[one] == found[other]
    ]

    assert all(together)
    assert 20 <= len(together)  # of 90


async def test_questions_join_the_groups_of_earlier_ones(office: Office) -> None:
    """Also in another process, which knows the groups from the database alone."""
    await put(office, *MIGRAINE[:3], *CHIKUNGUNYA[:1])
    await grouping.group_new(office)
    later = HOUR + timedelta(hours=3)
    async with Store.open(str(office.store._engine.url), Path()) as store:  # noqa: SLF001
        other = replace(office, store=store)
        await put(other, *MIGRAINE[3:], hour=later)
        assert 3 == await grouping.group_new(other)
        await put(other, *CHIKUNGUNYA[1:], hour=later)
        assert 5 == await grouping.group_new(office)

    assert [("open", 6), ("open", 6)] == await states(office)
    async with office.store.read() as connection:
        row = (await connection.execute(select(groups))).first()
    assert row is not None
    assert (HOUR, later) == (utc(row.first_hour), utc(row.last_hour))
    assert 1 == row.version


def utc(at: datetime) -> datetime:
    """Return a time as it was written: SQLite forgets that it was UTC."""
    return at.replace(tzinfo=UTC)


async def test_grouping_again_changes_nothing(office: Office) -> None:
    """What has its group keeps it."""
    await put(office, *MIGRAINE)

    assert [6, 0] == [await grouping.group_new(office) for _ in range(2)]
    assert [("open", 6)] == await states(office)


async def test_two_who_group_at_once_make_one_group_of_a_question(office: Office) -> None:
    """Two processes on one database: each question is counted once."""
    await put(office, *MIGRAINE, *CHIKUNGUNYA, *OTHERS, person="asha")
    async with Store.open(str(office.store._engine.url), Path()) as store:  # noqa: SLF001
        other = replace(office, store=store)
        both = await asyncio.gather(grouping.group_new(office), grouping.group_new(other))

    assert 15 == sum(both)
    assert [6, 6, 1, 1, 1] == sorted((number for _, number in await states(office)), reverse=True)
    assert 5 == await count(office, askers)


async def test_two_calls_in_one_process_take_turns(office: Office) -> None:
    """The page and the loop may both ask for it."""
    await put(office, *MIGRAINE)

    assert [0, 6] == sorted(
        await asyncio.gather(grouping.group_new(office), grouping.group_new(office))
    )
    assert 1 == await count(office, groups)


@pytest.mark.parametrize("state", ["dismissed", "drafted", "open"])
async def test_a_group_takes_questions_in_silence(office: Office, state: str) -> None:
    """What is ignored stays ignored; what is being answered stays so."""
    await put(office, MIGRAINE[0])
    await grouping.group_new(office)
    await change(office, state=state, entry="cpr")
    await put(office, *MIGRAINE[1:])
    await grouping.group_new(office)

    assert [(state, 6)] == await states(office)


async def change(office: Office, **values: object) -> None:
    """Change the first group as staff would: its version, and a row in the audit."""
    async with office.store.begin() as connection:
        values |= {"version": groups.c.version + 1}
        await connection.execute(update(groups).where(groups.c.id == 1).values(**values))
        await audit.add(connection, office.clock(), "Rosa", "change", "group/1")


@pytest.mark.parametrize(
    ("entry", "hours", "state"),
    [("cpr", 1, "open"), ("cpr", 0, "answered"), ("no-such-entry", 1, "answered")],
    ids=["served", "asked-before", "not-served-yet"],
)
async def test_an_answered_group_opens_again_when_its_answer_did_not_help(
    office: Office, entry: str, hours: int, state: str
) -> None:
    """Asked in a later hour, with the answer served; staff's version is then out of date."""
    await put(office, MIGRAINE[0])
    await grouping.group_new(office)
    answered = HOUR + timedelta(minutes=40)
    async with office.store.begin() as connection:
        step = {"group_id": 1, "who": "Rosa", "at": answered, "what": "wording", "before": {}}
        await connection.execute(steps.insert().values(**step))
    await change(office, state="answered", entry=entry)
    await put(office, *MIGRAINE[1:3], hour=HOUR + timedelta(hours=hours))
    await grouping.group_new(office)
    async with office.store.read() as connection:
        version = await connection.scalar(select(groups.c.version))
        acts = [
            (kept.act.who, kept.act.what, kept.act.object) for kept in await audit.rows(connection)
        ]

    reopened = state == "open"
    assert [(state, 3)] == await states(office)
    assert (3 if reopened else 2) == version
    assert ([("sehat", "reopen", "group/1")] if reopened else []) == acts[1:]


async def test_merged_groups_take_nothing(office: Office) -> None:
    """Their questions went elsewhere."""
    await put(office, MIGRAINE[0])
    await grouping.group_new(office)
    await change(office, state="merged", merged_into=9)
    await put(office, MIGRAINE[1])
    await grouping.group_new(office)

    assert [("merged", 1), ("open", 1)] == await states(office)


async def test_questions_with_nothing_to_read_share_a_group(office: Office) -> None:
    """All their words are hidden; no other question is drawn to them."""
    await put(office, "[…]", "[…] [phone]", MIGRAINE[0])
    await grouping.group_new(office)
    await put(office, "[…] [name]", MIGRAINE[1])
    await grouping.group_new(office)

    assert [("open", 3), ("open", 2)] == await states(office)


# ---- encrypted


async def test_a_middle_lies_encrypted_like_the_words(office: Office) -> None:
    """And is opened again for the next question, also after a change of keys."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    before = replace(office, cipher=Cipher([old]))
    await put(before, MIGRAINE[0])
    await grouping.group_new(before)
    async with Store.open(str(office.store._engine.url), Path()) as store:  # noqa: SLF001
        after = replace(office, store=store, cipher=Cipher([new, old]))
        await put(after, *MIGRAINE[1:])
        await grouping.group_new(after)
        async with store.read() as connection:
            middle = await connection.scalar(select(groups.c.middle))

    assert str(middle).startswith(MARK)
    assert [("open", 6)] == await states(office)


async def test_a_question_that_no_key_opens_holds_nobody_up(office: Office) -> None:
    """It stays without a group; those behind it get theirs."""
    await put(replace(office, cipher=Cipher([Fernet.generate_key().decode()])), *OTHERS)
    rows = await put(office, MIGRAINE[0])

    assert 1 == await grouping.group_new(office)
    assert 0 == await grouping.group_new(office)
    assert await group_of(office, rows[0]) is not None


# ---- who asked


async def test_people_are_counted_once_in_a_group(office: Office) -> None:
    """However often they ask; then it is forgotten who asked which question."""
    await put(office, *MIGRAINE[:4], person="asha")
    await put(office, MIGRAINE[4], person="ravi", hour=HOUR + timedelta(days=2))
    await grouping.group_new(office)
    await put(office, MIGRAINE[5], person="asha", hour=HOUR + timedelta(days=3))
    await grouping.group_new(office)
    async with office.store.read() as connection:
        seen = sorted((await connection.scalars(select(askers.c.seen))).all())

    assert [DAY + timedelta(days=2), DAY + timedelta(days=3)] == seen
    assert 0 == await count(office, asked)


async def test_nobodys_questions_can_be_laid_side_by_side(office: Office) -> None:
    """The same person has another name in each group, and neither is the person's hash."""
    await put(office, MIGRAINE[0], CHIKUNGUNYA[0], person="asha")
    await grouping.group_new(office)
    async with office.store.read() as connection:
        rows = (await connection.execute(select(askers.c.scope, askers.c.asker))).all()
    names = {row.asker for row in rows}

    assert {1, 2} == {row.scope for row in rows}
    assert 2 == len(names)
    assert "asha" not in "".join(names)


async def test_forgetting_finds_a_person_under_every_key(office: Office) -> None:
    """Counted before a change of keys, and after it; others stay."""
    new = replace(office, keys=(b"newer key", b"test key"))
    old, now = (people.hashed(key, "telegram", 42) for key in reversed(new.keys))
    await put(office, MIGRAINE[0], person=old)
    await grouping.group_new(office)
    await put(new, MIGRAINE[1], person=now)
    await put(new, CHIKUNGUNYA[0], person=old)  # asked before, grouped after the change
    await put(new, MIGRAINE[2], person="ravi")
    await grouping.group_new(new)
    async with office.store.begin() as connection:
        held = await grouping.counted(connection, new.keys, (now, old))
        gone = await grouping.forget(connection, new.keys, (now, old))
        again = await grouping.forget(connection, new.keys, (now, old))

    assert [1, 1, 2] == sorted(one.scope for one in held)
    assert (3, 0) == (gone, again)
    assert 1 == await count(office, askers)


# ---- all the time


async def test_keeping_up_survives_a_failure(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Told by its kind alone, then tried again."""
    monkeypatch.setattr(grouping, "EVERY_SECONDS", 0.01)
    stopping = asyncio.Event()
    await put(office, MIGRAINE[0])
    broken = replace(office, clock=failing(2, office))
    keeping = asyncio.create_task(grouping.keep_up(broken, stopping))
    for _ in range(200):
        await asyncio.sleep(0.02)
        if await count(office, groups):
            break
    stopping.set()
    await keeping

    assert ["questions cannot be grouped (OSError)"] * 2 == caplog.messages
    assert "migraine" not in caplog.text


def failing(times: int, office: Office) -> Callable[[], datetime]:
    """Return a clock that fails so often, with words in what it says."""
    left = [OSError(MIGRAINE[0])] * times

    def now() -> datetime:
        if left:
            raise left.pop()
        return office.clock()

    return now


async def test_what_was_not_written_is_not_remembered(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that was rolled back takes nothing afterwards."""

    async def fails(connection: AsyncConnection, *_: object) -> None:
        raise LookupError

    await put(office, MIGRAINE[0], person="asha")
    with monkeypatch.context() as broken:
        broken.setattr(grouping, "_count", fails)
        with pytest.raises(LookupError):
            await grouping.group_new(office)
    await put(office, *MIGRAINE[1:])
    await grouping.group_new(office)

    assert [("open", 6)] == await states(office)
    assert 1 == await count(office, told)


def test_a_middle_of_nothing_is_like_nothing(office: Office) -> None:
    """Not a number would be like everything."""
    index = office.desk().matcher.index
    nothing = np.zeros((1, index.mean.shape[0]), np.float32)

    assert not whitened(nothing, index).any()
