"""What the counts say: questions by outcome, language and entry, helpfulness, response time.  Pure.

`escalation.tally` reads the rows; here they are columns of codes, one number a question, so that a
hundred thousand of them are added up in some milliseconds.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt

import numpy as np
import numpy.typing as npt

from text import Language

Codes = npt.NDArray[np.int16]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
"""Places of rows in the columns."""

OUTCOMES = ("answer", "suggest", "unmatched", "refuse", "emergency", "other")
"""What became of a question; `other` asks nothing: greetings, thanks, messages too long."""
QUESTIONS = OUTCOMES[:-1]
PERIODS: Mapping[int, tuple[int, int]] = {7: (7, 1), 30: (30, 1), 90: (13, 7), 365: (52, 7)}
"""How a period of days is parted: how many parts, days in each."""
USUAL = 30
MOST_ENTRIES = 12
LEAST_VOTES = 5
"""With fewer votes a share says nothing and none is shown."""
_Z = 1.96  # the 95 % interval
_BITS = 32  # more than milliseconds have
NONE = -1  # milliseconds of a question that was not timed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; it lives in the address of the page.

    Attributes:
        days: 7, 30, 90 or 365; the last two are shown by weeks.
        language: Of the questions; None for all.
    """

    days: int = USUAL
    language: Language | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Wanted":
        """Read it from an address; what makes no sense there is as if it were not there."""
        days = next((one for one in PERIODS if str(one) == query.get("days")), USUAL)
        spoken = query.get("lang", "")
        return cls(days, Language(spoken) if spoken in set(Language) else None)

    def query(self) -> str:
        """Return it as the part of an address behind the question mark."""
        return f"days={self.days}" + (f"&lang={self.language}" if self.language else "")


@dataclass(frozen=True, slots=True)
class Span:
    """One bar of a plot: a day, or seven."""

    first: date
    days: int

    @property
    def last(self) -> date:
        """The last day in it."""
        return self.first + timedelta(days=self.days - 1)


def spans(wanted: Wanted, today: date) -> tuple[Span, ...]:
    """Return the parts of a period, oldest first; the last one ends today."""
    count, days = PERIODS[wanted.days]
    first = today - timedelta(days=count * days - 1)
    return tuple(Span(first + timedelta(days=days * number), days) for number in range(count))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of texts: a code for each row, the text of each code; code 0 is the empty text."""

    codes: Codes
    names: tuple[str, ...]

    def of(self, name: str) -> Flags:
        """Return in which rows a text stands."""
        made: Flags = self.codes == (self.names.index(name) if name in self.names else NONE)
        return made

    def counts(self, rows: Rows) -> dict[str, int]:
        """Return how often each text stands in some rows, the empty one left out."""
        found = np.bincount(self.codes[rows], minlength=len(self.names))
        return {name: int(n) for name, n in zip(self.names, found, strict=True) if n and name}

    def by_part(self, rows: Rows, part: Ints, parts: int) -> dict[str, tuple[int, ...]]:
        """Return how often each text stands in each part of some rows.

        Args:
            rows: Which rows.
            part: Of each of them, from 0.
            parts: How many there are.
        """
        wide = len(self.names)
        cells = np.bincount(part * wide + self.codes[rows], minlength=parts * wide)
        columns = cells.reshape(parts, wide).T.tolist()
        return {name: tuple(counts) for name, counts in zip(self.names, columns, strict=True)}


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of `decisions`, all columns of the same length.

    Attributes:
        day: Days from 0001-01-01, as `date.toordinal` counts them; UTC.
        language: Of the reply.
        decision: As in the table.
        category: Of a refusal, an emergency, or a message that asked nothing.
        entry: That was sent.
        ms: Milliseconds from question to reply; -1 for none.
    """

    day: Ints
    language: Column
    decision: Column
    category: Column
    entry: Column
    ms: Ints


@dataclass(frozen=True, slots=True)
class Helped:
    """What people said of an entry.

    Attributes:
        entry: Its id.
        yes: Votes for it.
        no: Votes against it.
    """

    entry: str
    yes: int
    no: int

    @property
    def share(self) -> tuple[float, float, float] | None:
        """The share of yes, and the ends of its 95 % interval (Wilson 1927); None if too few."""
        votes = self.yes + self.no
        return wilson(self.yes, votes) if votes >= LEAST_VOTES else None


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds from question to reply: the median and what 95 of 100 stay under."""

    p50: int
    p95: int
    timed: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many questions of a language were not answered for safety, by category."""

    language: str
    questions: int
    refused: Mapping[str, int]
    emergencies: Mapping[str, int]

    @property
    def refusal_share(self) -> float | None:
        """The share of questions that were refused; None without questions."""
        return sum(self.refused.values()) / self.questions if self.questions else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the overview shows of a period, one number for each of its spans.

    Attributes:
        wanted: What was asked for.
        spans: The days or weeks.
        outcomes: Questions by outcome, in the order of `OUTCOMES`.
        languages: Questions by language, in the order of `Language`.
        entries: What was sent most, most first.
        speeds: None for a span without timed questions.
        stopped: By language; of the chosen one only, if one is chosen.
        helped: By entry, most votes first.
    """

    wanted: Wanted
    spans: tuple[Span, ...]
    outcomes: Mapping[str, tuple[int, ...]]
    languages: Mapping[str, tuple[int, ...]]
    entries: tuple[tuple[str, int], ...]
    speeds: tuple[Speed | None, ...]
    stopped: tuple[Stopped, ...]
    helped: tuple[Helped, ...] = field(default=())

    @property
    def questions(self) -> tuple[int, ...]:
        """All that asked something."""
        rows = [self.outcomes[name] for name in QUESTIONS]
        return tuple(map(sum, zip(*rows, strict=True)))

    @property
    def unmatched_share(self) -> tuple[float | None, ...]:
        """The share of questions without an answer, 0.0 to 1.0; None where none was asked."""
        pairs = zip(self.outcomes["unmatched"], self.questions, strict=True)
        return tuple(n / all_ if all_ else None for n, all_ in pairs)


def wilson(yes: int, votes: int) -> tuple[float, float, float]:
    """Return a share and the ends of its 95 % interval, 0.0 to 1.0.

    Wilson's score interval (1927, doi:10.1080/01621459.1927.10502953), good for small numbers.

    Raises:
        ValueError: There are no votes, or more for than there are.
    """
    if not 0 <= yes <= votes or not votes:
        msg = f"{yes} of {votes} votes make no share"
        raise ValueError(msg)
    share, spread = yes / votes, _Z * _Z / votes
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * sqrt(share * (1 - share) / votes + spread / (4 * votes)) / (1 + spread)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def figures(
    columns: Columns, wanted: Wanted, today: date, helped: Sequence[Helped] = ()
) -> Figures:
    """Add up.

    Args:
        columns: All rows, or at least those of the period, in any order.
        wanted: Period and language.
        today: The last day of the period, UTC.
        helped: What was voted in the period and language, to be shown with it.
    """
    parts = spans(wanted, today)
    start, days = parts[0].first.toordinal(), parts[0].days
    inside = (columns.day >= start) & (columns.day <= today.toordinal())
    if wanted.language:
        inside &= columns.language.of(wanted.language)
    idle = columns.decision.of("unmatched") & (columns.category.codes != 0)
    asked, other = np.flatnonzero(inside & ~idle), np.flatnonzero(inside & idle)
    part = (columns.day[asked] - start) // days
    nothing = (0,) * len(parts)
    decisions = columns.decision.by_part(asked, part, len(parts))
    languages = columns.language.by_part(asked, part, len(parts))
    others = np.bincount((columns.day[other] - start) // days, minlength=len(parts))
    sent = columns.entry.counts(asked)
    return Figures(
        wanted=wanted,
        spans=parts,
        outcomes={
            **{name: decisions.get(name, nothing) for name in QUESTIONS},
            "other": tuple(others.tolist()),
        },
        languages={one.value: languages[one] for one in Language if any(languages.get(one, ()))},
        entries=tuple(sorted(sent.items(), key=lambda one: (-one[1], one[0]))[:MOST_ENTRIES]),
        speeds=_speeds(columns.ms[asked], part, len(parts)),
        stopped=tuple(
            _stopped(columns, asked, one) for one in Language if wanted.language in (None, one)
        ),
        helped=tuple(sorted(helped, key=lambda one: (-one.yes - one.no, one.entry))),
    )


def _speeds(ms: Ints, part: Ints, parts: int) -> tuple[Speed | None, ...]:
    """Return the exact percentiles of each part: the smallest time that so many stay within."""
    timed = ms != NONE
    # One number of part and time sorts ten times as fast as the two.
    both = np.sort((part[timed].astype(np.int64) << _BITS) | ms[timed])
    ends = np.searchsorted(both, np.arange(parts + 1) << _BITS)
    ms = (both & ((1 << _BITS) - 1)).astype(np.int32)

    def speed(low: int, high: int) -> Speed | None:
        count = high - low
        if not count:
            return None
        half, most = (low + -(-count * share // 100) - 1 for share in (50, 95))
        return Speed(int(ms[half]), int(ms[most]), count)

    return tuple(speed(int(a), int(b)) for a, b in itertools.pairwise(ends))


def _stopped(columns: Columns, asked: Rows, language: Language) -> Stopped:
    spoken = asked[columns.language.of(language)[asked]]
    refused, alarmed = (columns.decision.of(name)[spoken] for name in ("refuse", "emergency"))
    return Stopped(
        language.value,
        len(spoken),
        columns.category.counts(spoken[refused]),
        columns.category.counts(spoken[alarmed]),
    )
