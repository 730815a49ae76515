"""A sudden rise: far more questions of one meaning in a day than its own past lets one expect.

A group's last 24 hours are laid beside the mean of its 14 days before.  If such questions came one
by one, by chance, their number in a day would follow Poisson's law; a rise is what that law gives
less often than once in 10,000, and at least five questions by at least three people.  How often
that is a false alarm is measured: docs/decisions.md.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.groups import scopes_of
from storage.tables import askers, groups, unmatched

DAY, PAST_DAYS = timedelta(days=1), 14
CHANCE = 1e-4
LEAST_QUESTIONS, LEAST_PEOPLE = 5, 3
OPEN = ("open", "drafted")  # the states of groups that nobody has answered


@dataclass(frozen=True, slots=True)
class Rise:
    """A group that rose.

    Attributes:
        group: Its id.
        questions: In the last 24 hours.
        people: How many asked them; where nobody is known, as on the page, a question counts as one
            person.
        usual: Mean questions a day in the 14 days before.
    """

    group: int
    questions: int
    people: int
    usual: float


def tail(least: int, mean: float) -> float:
    """Return the probability of `least` or more, where `mean` are expected, by Poisson's law.

    Terms are added from the first on, so that a small result keeps all its digits.
    """
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    term = math.exp(least * math.log(mean) - mean - math.lgamma(least + 1))
    total, number = 0.0, least
    # Terms may grow up to the mean; behind it they fall faster and faster.
    while number <= mean or term > total * 1e-17:
        total += term
        number += 1
        term *= mean / number
    return min(total, 1.0)


def is_rise(questions: int, people: int, usual: float) -> bool:
    """Tell whether a day is a sudden rise."""
    enough = questions >= LEAST_QUESTIONS and people >= LEAST_PEOPLE
    return enough and tail(questions, usual) < CHANCE


async def risen(connection: AsyncConnection, now: datetime) -> list[Rise]:
    """Return the groups that nobody has answered and that rise, largest first."""
    day, start = now - DAY, now - (1 + PAST_DAYS) * DAY
    rows = await connection.execute(
        select(
            unmatched.c.group_id,
            func.count().label("questions"),
            func.sum(case((unmatched.c.channel == "telegram", 0), else_=1)).label("unknown"),
        )
        .join(groups, groups.c.id == unmatched.c.group_id)
        .where(unmatched.c.hour > day, unmatched.c.hour <= now, groups.c.state.in_(OPEN))
        .group_by(unmatched.c.group_id)
        .having(func.count() >= LEAST_QUESTIONS)
        .order_by(func.count().desc(), unmatched.c.group_id)
    )
    found = []
    for row in rows.all():
        past = await connection.scalar(
            select(func.count()).where(
                unmatched.c.group_id == row.group_id,
                unmatched.c.hour > start,
                unmatched.c.hour <= day,
            )
        )
        people = int(row.unknown) + await _known(connection, row.group_id, day)
        usual = (past or 0) / PAST_DAYS
        if is_rise(row.questions, people, usual):
            found.append(Rise(row.group_id, row.questions, people, usual))
    return found


async def _known(connection: AsyncConnection, group: int, since: datetime) -> int:
    """Return how many people asked of a group, or of one merged into it, since a day."""
    scopes = await scopes_of(connection, [group])
    query = select(func.count(askers.c.asker.distinct())).where(
        askers.c.scope.in_(scopes), askers.c.seen >= since.date()
    )
    return await connection.scalar(query) or 0
