"""`escalation.figures` adds up what `escalation.tally` has read from the database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from escalation import audit, tally
from escalation.figures import (
    LEAST_VOTES,
    OUTCOMES,
    PERIODS,
    Column,
    Columns,
    Figures,
    Helped,
    Speed,
    Wanted,
    figures,
    spans,
    wilson,
)
from escalation.tally import LATE, Tally
from storage.store import Store
from storage.tables import decisions, groups, told, unmatched, votes, waiting
from text import Language

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
TODAY = NOW.date()


def question(days_ago: int = 0, **more: Any) -> dict[str, Any]:
    """Return a row of `decisions`: an answer in English, unless told otherwise."""
    return {
        "hour": NOW - timedelta(days=days_ago),
        "channel": "web",
        "language": "en",
        "decision": "answer",
        "category": None,
        "entry": None,
        "rules": "",
        "ms": None,
        **more,
    }


async def put(store: Store, *rows: Mapping[str, Any]) -> None:
    """Write rows of `decisions`."""
    async with store.begin() as connection:
        await connection.execute(decisions.insert(), list(rows))


async def seen(store: Store, counted: Tally | None = None, **wanted: Any) -> Figures:
    """Return the figures of what lies in the database."""
    asked = Wanted(**wanted)
    async with store.read() as connection:
        columns = await (counted or Tally()).refresh(connection, TODAY)
        helped = await tally.helped(connection, asked, TODAY)
    return figures(columns, asked, TODAY, helped)


# ---- what is asked for


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, Wanted(30)),
        ({"days": "365", "lang": "ur"}, Wanted(365, Language.UR)),
        ({"days": "31", "lang": "xx"}, Wanted(30)),
        ({"days": "٧"}, Wanted(30)),
    ],
    ids=["nothing", "both", "neither-known", "other-digits"],
)
def test_filters_are_read_from_the_address(query: Mapping[str, str], wanted: Wanted) -> None:
    """What makes no sense is as if it were not there."""
    assert wanted == Wanted.from_query(query)


@pytest.mark.parametrize("days", PERIODS)
def test_a_period_ends_today_without_gaps(days: int) -> None:
    """Weeks are whole, so the first bar is as long as the others."""
    parts = spans(Wanted(days), TODAY)

    assert TODAY == parts[-1].last
    assert all(one.last + timedelta(days=1) == other.first for one, other in pairwise(parts))
    assert abs(sum(part.days for part in parts) - days) <= 1


# ---- adding up


async def test_questions_are_counted_by_day_and_outcome(store: Store) -> None:
    """Each where it belongs; what is older is not there."""
    await put(
        store,
        question(),
        question(decision="refuse", category="medicine"),
        question(6, decision="unmatched"),
        question(7),
    )
    found = await seen(store, days=7)

    assert (0, 0, 0, 0, 0, 0, 1) == found.outcomes["answer"]
    assert (0, 0, 0, 0, 0, 0, 1) == found.outcomes["refuse"]
    assert (1, 0, 0, 0, 0, 0, 0) == found.outcomes["unmatched"]
    assert (1, 0, 0, 0, 0, 0, 2) == found.questions


async def test_greetings_are_no_questions_without_an_answer(store: Store) -> None:
    """They would make the share look worse than it is."""
    await put(
        store,
        question(decision="unmatched"),
        question(),
        question(decision="unmatched", category="greeting"),
    )
    found = await seen(store, days=7)

    assert 1 == sum(found.outcomes["other"])
    assert 0.5 == found.unmatched_share[-1]
    assert {"en": (0, 0, 0, 0, 0, 0, 2)} == found.languages


async def test_a_day_without_questions_has_no_share(store: Store) -> None:
    """Nothing of nothing is not none."""
    found = await seen(store, days=7)

    assert (None,) * 7 == found.unmatched_share
    assert (None,) * 7 == found.speeds


async def test_weeks_are_added_up_from_days(store: Store) -> None:
    """The last week ends today."""
    await put(store, *(question(days) for days in range(14)))
    found = await seen(store, days=90)

    assert (7, 7) == found.outcomes["answer"][-2:]
    assert 14 == sum(found.questions)


async def test_a_language_is_chosen(store: Store) -> None:
    """Everything is of that language then."""
    await put(store, question(ms=5), question(language="ur", entry="malaria-spread", ms=9))
    found = await seen(store, days=7, language=Language.UR)

    assert 1 == sum(found.questions)
    assert (("malaria-spread", 1),) == found.entries
    assert Speed(9, 9, 1) == found.speeds[-1]
    assert ["ur"] == [one.language for one in found.stopped]


async def test_entries_come_by_how_often_they_were_sent(store: Store) -> None:
    """Equal ones by their ids, so that two pages agree."""
    await put(store, *(question(entry=entry) for entry in ("b", "a", "c", "c")))
    found = await seen(store)

    assert (("c", 2), ("a", 1), ("b", 1)) == found.entries


async def test_refusals_and_emergencies_are_told_by_language(store: Store) -> None:
    """A language whose rules are too eager shows."""
    await put(
        store,
        question(language="hi", decision="refuse", category="medicine"),
        question(language="hi", decision="emergency", category="self_harm"),
        question(language="hi"),
        question(language="hi"),
        question(),
    )
    found = {one.language: one for one in (await seen(store)).stopped}

    assert {"medicine": 1} == found["hi"].refused
    assert {"self_harm": 1} == found["hi"].emergencies
    assert 0.25 == found["hi"].refusal_share
    assert 0.0 == found["en"].refusal_share
    assert found["sw"].refusal_share is None


async def test_response_times_are_exact(store: Store) -> None:
    """The nearest-rank percentiles; questions that were not timed do not count."""
    await put(store, question(), *(question(ms=ms) for ms in range(1, 101)))
    found = await seen(store, days=7)

    assert Speed(50, 95, 100) == found.speeds[-1]


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(OUTCOMES[:-1])), max_size=60))
def test_every_question_of_the_period_is_in_one_outcome(rows: list[tuple[int, str]]) -> None:
    """None is lost, none is counted twice, in any period."""
    names = ("", *OUTCOMES)
    empty = Column(np.zeros(len(rows), np.int16), ("",))
    columns = Columns(
        day=np.array([TODAY.toordinal() - days for days, _ in rows], np.int32),
        language=Column(np.ones(len(rows), np.int16), ("", "en")),
        decision=Column(np.array([names.index(kind) for _, kind in rows], np.int16), names),
        category=empty,
        entry=empty,
        ms=np.array([days for days, _ in rows], np.int32),
    )
    for period in PERIODS:
        found = figures(columns, Wanted(period), TODAY)
        inside = sum(TODAY - timedelta(days=days) >= found.spans[0].first for days, _ in rows)

        assert inside == sum(found.questions) == sum(map(sum, found.languages.values()))
        assert inside == sum(one.timed for one in found.speeds if one)
        assert all(one.p50 <= one.p95 for one in found.speeds if one)


# ---- votes


async def test_votes_are_counted_by_entry(store: Store) -> None:
    """Of the period and the language, most votes first."""
    rows = [
        ("p1", "malaria-spread", "en", True, TODAY),
        ("p2", "malaria-spread", "en", False, TODAY),
        ("p1", "burns", "hi", True, TODAY),
        ("p2", "burns", "en", True, TODAY - timedelta(days=40)),
    ]
    columns = ("person", "entry", "language", "helpful", "seen")
    async with store.begin() as connection:
        await connection.execute(
            votes.insert(), [dict(zip(columns, row, strict=True)) for row in rows]
        )

    assert (Helped("malaria-spread", 1, 1), Helped("burns", 1, 0)) == (await seen(store)).helped
    assert (Helped("burns", 1, 0),) == (await seen(store, language=Language.HI)).helped


def test_few_votes_have_no_share() -> None:
    """Four of four says next to nothing."""
    assert Helped("a", LEAST_VOTES - 1, 0).share is None
    assert Helped("a", LEAST_VOTES, 0).share is not None


def test_an_interval_is_wilsons() -> None:
    """Against the table in Newcombe 1998 (doi:10.1002/sim.2779): 81 of 263."""
    share, low, high = wilson(81, 263)

    assert pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5) == (share, low, high)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_an_interval_holds_its_share(count: int, part: float) -> None:
    """And never leaves nothing to all."""
    share, low, high = wilson(round(part * count), count)

    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


@pytest.mark.parametrize(("yes", "count"), [(0, 0), (2, 1), (-1, 1)])
def test_what_is_no_share_is_refused(yes: int, count: int) -> None:
    """With the numbers in the sentence."""
    with pytest.raises(ValueError, match=f"{yes} of {count}"):
        wilson(yes, count)


# ---- the columns in memory


async def test_only_what_is_new_is_added(store: Store) -> None:
    """A second look counts no row twice, late ones included."""
    counted = Tally()
    await put(store, *(question() for _ in range(2 * LATE)))
    assert 2 * LATE == sum((await seen(store, counted)).questions)

    await put(store, question(decision="refuse", category="results"))
    found = await seen(store, counted)

    assert 2 * LATE + 1 == sum(found.questions)
    assert 1 == sum(found.outcomes["refuse"])


async def test_a_number_that_came_late_is_counted(store: Store) -> None:
    """PostgreSQL gives numbers out before it commits: a lower one may turn up afterwards."""
    counted = Tally()
    await put(store, question(id=1), question(id=3))
    assert 2 == sum((await seen(store, counted)).questions)

    await put(store, question(id=2))
    assert 3 == sum((await seen(store, counted)).questions)


async def test_erased_rows_are_forgotten(store: Store) -> None:
    """Also when the table is emptied and its numbers begin anew."""
    counted = Tally()
    await put(store, *(question(id=number) for number in range(1, 2 * LATE)))
    await seen(store, counted)
    async with store.begin() as connection:
        await connection.execute(delete(decisions).where(decisions.c.id <= LATE))
    assert LATE - 1 == sum((await seen(store, counted)).questions)

    async with store.begin() as connection:
        await connection.execute(delete(decisions))
    await put(store, question(id=1, decision="suggest"))
    found = await seen(store, counted)
    assert (1, 1) == (sum(found.questions), sum(found.outcomes["suggest"]))


async def test_rows_of_more_than_a_batch_are_all_read(store: Store) -> None:
    """They come in pieces, so that others get their turn between."""
    await put(store, *(question(number % 360) for number in range(tally.BATCH + 7)))

    assert tally.BATCH + 7 == sum((await seen(store, days=365)).questions)


# ---- what waits


async def test_what_waits_is_counted(store: Store) -> None:
    """Groups by state, people without their names, the last digest, the last row of audit."""
    hours = {"first_hour": NOW, "last_hour": NOW, "middle": ""}
    mine = {"hour": NOW, "channel": "web", "language": "en", "text": "x", "nearest": []}
    async with store.begin() as connection:
        await connection.execute(
            groups.insert(),
            [
                {"state": "open", "assigned": "Rosa", "questions": 3, **hours},
                {"state": "open", "assigned": None, "questions": 4, **hours},
                {"state": "drafted", "assigned": None, "questions": 9, **hours},
                {"state": "dismissed", "assigned": None, "questions": 9, **hours},
            ],
        )
        await connection.execute(unmatched.insert().values(group_id=None, **mine))
        await connection.execute(unmatched.insert().values(group_id=1, **mine))
        until = {"chat": "1", "language": "en", "until": date(2027, 1, 1)}
        await connection.execute(
            waiting.insert(),
            [
                {"person": "p1", "ref": "a", "taken_at": None, **until},
                {"person": "p1", "ref": "b", "taken_at": None, **until},
                {"person": "p2", "ref": "a", "taken_at": NOW, **until},
            ],
        )
        await connection.execute(told.insert().values(kind="digest", at=NOW))
        await audit.add(connection, NOW, "Anna", "approve", "entries/malaria-spread/hi")
    async with store.read() as connection:
        found = await tally.waits(connection)

    assert tally.Waits(2, 1, 7, 1, 1, 1, NOW, 1, NOW) == found


async def test_nothing_waits_in_a_new_database(store: Store) -> None:
    """And nothing was told or done."""
    async with store.read() as connection:
        found = await tally.waits(connection)

    assert tally.Waits(0, 0, 0, 0, 0, 0, None, 0, None) == found


@pytest.mark.parametrize(
    ("people", "shown"),
    [(0, "nobody"), (1, "fewer than 5"), (4, "fewer than 5"), (5, "5"), (1234, "1,234")],
)
def test_a_few_people_are_not_told_apart(people: int, shown: str) -> None:
    """A small number could be somebody in particular."""
    assert shown == tally.few(people)
