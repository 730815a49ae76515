"""`escalation.rise`: what counts as a sudden rise."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from escalation import rise
from storage.store import Store
from storage.tables import askers, groups, unmatched

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("least", "mean", "chance"),
    [
        # One minus the sum of the other terms, worked out with 40 digits.
        (1, 1.0, 0.63212055882855768),
        (5, 1.0, 0.0036598468273437123),
        (10, 2.0, 0.000046498075017263808),
        (20, 20.0, 0.52974273316076001),
        (40, 20.0, 0.000053202025112462176),
        (30, 5.0, 2.8175176155779226e-14),
        (0, 3.0, 1.0),
        (5, 0.0, 0.0),
    ],
)
def test_the_tail_of_poissons_law_is_as_in_tables(least: int, mean: float, chance: float) -> None:
    """Small ones keep their digits: they are what decides."""
    assert chance == pytest.approx(rise.tail(least, mean), rel=1e-12)


def test_the_tail_falls_with_every_question_more() -> None:
    """Also far out, where a difference from 1 would have no digits left."""
    found = [rise.tail(least, 3.5) for least in range(80)]

    assert all(0 < later < earlier for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    ("questions", "people", "usual", "told"),
    [
        (5, 3, 0.0, True),  # new: only the floor counts
        (4, 4, 0.0, False),
        (5, 2, 0.0, False),
        (6, 6, 1.0, False),
        (7, 7, 1.0, True),
        (15, 15, 5.0, False),
        (16, 16, 5.0, True),
    ],
)
def test_a_day_is_a_rise_beside_its_own_past(
    questions: int, people: int, usual: float, *, told: bool
) -> None:
    """The limits that docs/decisions.md names."""
    assert told is rise.is_rise(questions, people, usual)


def false_alarms(a_day: float, years: int = 60) -> float:
    """Return the alarms a year of a steady group with a day's tide, looked at every hour."""
    days = 365 * years
    tide = 1 + 0.8 * np.sin(2 * np.pi * np.arange(24) / 24)
    hours = np.random.default_rng(7).poisson(np.tile(tide * a_day / 24, days))
    total = np.concatenate([[0], np.cumsum(hours)])
    alarms, told_at, told = 0, -99, 0
    for at in range(15 * 24, len(total)):
        now = int(total[at] - total[at - 24])
        quiet = at - told_at < 24 and now < 2 * told
        usual = (total[at - 24] - total[at - 15 * 24]) / 14
        if not quiet and now >= 5 and rise.is_rise(now, now, float(usual)):
            alarms, told_at, told = alarms + 1, at, now
    return alarms / years


@pytest.mark.parametrize("a_day", [0.2, 1, 5])
def test_a_steady_group_is_no_alarm_oftener_than_every_other_year(a_day: float) -> None:
    """On invented streams; docs/decisions.md gives the figures."""
    assert false_alarms(a_day) < 0.5


async def asked(
    store: Store, hours_ago: Sequence[int], *, people: int = 9, channel: str = "telegram"
) -> int:
    """Put a group of questions into the database; return its id."""
    async with store.begin() as connection:
        made = await connection.execute(
            groups.insert().values(first_hour=NOW, last_hour=NOW, middle="").returning(groups.c.id)
        )
        group = int(made.scalar_one())
        for ago in hours_ago:
            row = {"hour": NOW.replace(minute=0) - ago * HOUR, "channel": channel}
            more = {"language": "sw", "text": "x", "nearest": [], "group_id": group}
            await connection.execute(unmatched.insert().values(**row, **more))
        for person in range(people):
            await connection.execute(
                askers.insert().values(scope=group, asker=f"{person}", seen=NOW.date())
            )
    return group


async def risen(store: Store) -> list[rise.Rise]:
    """Return the rises of now."""
    async with store.read() as connection:
        return await rise.risen(connection, NOW)


async def test_finds_the_group_that_rises(store: Store) -> None:
    """A steady one, of as many questions today, is left out."""
    rising = await asked(store, [1, 2, 3, 4, 5, 6, 30, 60])
    await asked(store, [1, 2, 3, 4, 5, 6, *(24 * day + 30 for day in range(13) for _ in range(4))])

    assert [rise.Rise(rising, 6, 9, 2 / 14)] == await risen(store)


async def test_what_is_older_than_the_past_counts_for_nothing(store: Store) -> None:
    """Last month's outbreak does not hide this one."""
    rising = await asked(store, [1, 1, 1, 2, 2, *([16 * 24] * 40)])

    assert [rise.Rise(rising, 5, 9, 0.0)] == await risen(store)


async def test_one_person_asking_over_and_over_is_no_rise(store: Store) -> None:
    """On Telegram people are counted; on the page nobody is known, so each question counts."""
    await asked(store, [1] * 8, people=2)
    page = await asked(store, [1] * 8, people=0, channel="web")

    assert [page] == [one.group for one in await risen(store)]


async def test_an_answered_group_is_no_rise(store: Store) -> None:
    """Staff have done their work."""
    group = await asked(store, [1] * 8)
    async with store.begin() as connection:
        await connection.execute(groups.update().values(state="answered"))

    assert group
    assert [] == await risen(store)
