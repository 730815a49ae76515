"""The queue as staff see it: unmatched questions in groups of one meaning.  Reads only.

What is shown of a group beside its own row (people, languages, trend, title, nearest entries) is
worked out for the groups of one page alone.  Title and nearest entries come from a group's newest
`SAMPLE` questions: they say what it is about as well as all of them, and cost the same in any size.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import likeness, middles
from escalation import unmatched as log
from escalation.office import Office
from escalation.staff import RefusedError
from faq.entry import Library
from faq.index import Floats
from storage.tables import askers, notes, steps, unmatched
from storage.tables import groups as table
from text import Language

PAGE = 25  # groups
WEEKS = 8
FEW_PEOPLE = 5  # fewer are shown as "fewer than 5": a count must not point at somebody
SAMPLE = 24  # newest questions of a group that its title and nearest entries are taken from
MOST_ROWS = 500  # questions of one group that its own page shows
MOST_NEAREST = 5
MOST_COMPARED, MOST_LIKE, LIKE = 1000, 5, 0.2  # groups to merge with; LIKE: `whitened` cosine
MARK = re.compile(r"\[[^\]\n]{1,20}\]")
"""What stands for something hidden: […], [name], [phone] …; also `SEALED`."""

WHYS = ("unmatched", "none_of_these", "not_chosen", "not_helpful")
Order = Literal["newest", "largest"]


class State(StrEnum):
    """What has become of a group."""

    OPEN = "open"
    ANSWERED = "answered"
    DRAFTED = "drafted"
    DISMISSED = "dismissed"
    MERGED = "merged"


class StaleError(RefusedError):
    """Somebody has changed the group since it was looked at; the message says who, what, when."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which groups to list, in which order; page from 1."""

    state: State | None = State.OPEN
    language: Language | None = None
    why: str | None = None  # one of WHYS
    assigned: str | None = None  # a member's name; empty for nobody's
    order: Order = "newest"
    page: int = 1

    @classmethod
    def from_query(cls, said: Mapping[str, str]) -> "Wanted":
        """Return what an address asks for; what it cannot mean is left at its default.

        `state=any` stands for all states but merged.
        """
        state, language = said.get("state", State.OPEN), said.get("language", "")
        page = said.get("page", "1")
        return cls(
            state=State(state) if state in set(State) else None if state == "any" else State.OPEN,
            language=Language(language) if language in set(Language) else None,
            why=why if (why := said.get("why", "")) in WHYS else None,
            assigned=said.get("assigned"),
            order="largest" if said.get("order") == "largest" else "newest",
            page=min(max(int(page), 1), 1_000_000) if re.fullmatch("[0-9]{1,7}", page) else 1,
        )

    def query(self) -> str:
        """Return it as the query of an address, without what is as usual."""
        said: dict[str, str | int | None] = {
            "state": None if self.state is State.OPEN else self.state or "any",
            "language": self.language,
            "why": self.why,
            "assigned": self.assigned,
            "order": None if self.order == "newest" else self.order,
            "page": None if self.page == 1 else self.page,
        }
        return urlencode({key: str(value) for key, value in said.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one meaning.

    Attributes:
        id: Its number.
        version: To be given with any change; one that is not the current one is refused.
        state: What has become of it; DRAFTED although the draft is served by now is ANSWERED.
        entry: That answers it, or is drafted for it.
        merged_into: The group that its questions have gone to.
        assigned: The member who looks after it.
        first_hour: Of its first question, aware UTC.
        last_hour: Of its last one.
        questions: How many.
        people: How many different ones asked, as far as they are known; show `people_shown`.
        title: Its most central question, redacted.
        language: Of the title.
        languages: How many questions in which language, most first.
        whys: How many came in which way (WHYS), most first.
        nearest: Entries with their mean confidence (0.0 to 1.0) over the group, likeliest first.
        trend: Questions a week in the last `WEEKS` weeks, oldest first.
        notes: How many.
    """

    id: int
    version: int
    state: State
    entry: str | None
    merged_into: int | None
    assigned: str | None
    first_hour: datetime
    last_hour: datetime
    questions: int
    people: int = 0
    title: str = ""
    language: Language = Language.EN
    languages: Mapping[str, int] = field(default_factory=dict)
    whys: Mapping[str, int] = field(default_factory=dict)
    nearest: tuple[tuple[str, float], ...] = ()
    trend: tuple[int, ...] = (0,) * WEEKS
    notes: int = 0

    @property
    def people_shown(self) -> str:
        """How many people asked, as staff may read it."""
        return f"fewer than {FEW_PEOPLE}" if self.people < FEW_PEOPLE else str(self.people)


@dataclass(frozen=True, slots=True)
class Note:
    """What a member wrote beside a group."""

    id: int
    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """What a member did with a group; `last` is the one that can be undone now."""

    id: int
    who: str
    at: datetime
    what: str
    about: str  # the entry, group or member that it was about; empty for none
    undone: bool
    last: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """A group with everything about it; rows are its newest `MOST_ROWS` questions."""

    group: Group
    rows: list[log.Row]
    notes: list[Note]
    steps: list[Step]  # newest first
    near: list[tuple[Group, float]]  # to merge with, likest first; 0.0 to 1.0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, and how many groups there are on all."""

    groups: list[Group]
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; one at least."""
        return max(1, math.ceil(self.total / PAGE))


def answered(group: Group, library: Library) -> bool:
    """Tell whether a group's questions have an answer that is served by now."""
    return _state(group.state, group.entry, library) is State.ANSWERED


def _state(state: State, entry: str | None, library: Library) -> State:
    """Return a group's state: a draft that is served by now is an answer."""
    served = state is State.DRAFTED and entry in library.entries
    return State.ANSWERED if served else state


async def groups(connection: AsyncConnection, office: Office, wanted: Wanted) -> Page:
    """Return one page of the queue; a page behind the last one is the last one."""
    library = office.desk().library
    chosen = _chosen(wanted, await _served(connection, library))
    total = await connection.scalar(select(func.count()).select_from(table).where(*chosen)) or 0
    page = min(wanted.page, max(1, math.ceil(total / PAGE)))
    order = (table.c.questions.desc(), table.c.last_hour.desc())
    if wanted.order == "newest":
        order = order[::-1]
    query = select(*_COLUMNS).where(*chosen).order_by(*order, table.c.id.desc())
    rows = await connection.execute(query.limit(PAGE).offset((page - 1) * PAGE))
    found = [_group(row, library) for row in rows]
    return Page(await _filled(connection, office, found), total)


# All but the vector, which is as long as everything else together.
_COLUMNS = [column for column in table.c if column.name != "middle"]


def _group(row: Any, library: Library) -> Group:
    return Group(
        id=row.id,
        version=row.version,
        state=_state(State(row.state), row.entry, library),
        entry=row.entry,
        merged_into=row.merged_into,
        assigned=row.assigned,
        first_hour=log.utc(row.first_hour),
        last_hour=log.utc(row.last_hour),
        questions=row.questions,
    )


async def _served(connection: AsyncConnection, library: Library) -> list[str]:
    """Return the entries that were drafted for groups and are served by now."""
    drafted = select(table.c.entry).where(table.c.state == State.DRAFTED).distinct()
    return [id_ for id_ in await connection.scalars(drafted) if id_ in library.entries]


def _chosen(wanted: Wanted, served: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions of a list.  `served`: drafted for groups, and an answer by now."""
    live = and_(table.c.state == State.DRAFTED, table.c.entry.in_(served))
    match wanted.state:
        case None:
            chosen = [table.c.state != State.MERGED]
        case State.ANSWERED:
            chosen = [or_(table.c.state == State.ANSWERED, live)]
        case State.DRAFTED:
            chosen = [table.c.state == State.DRAFTED, table.c.entry.not_in(served)]
        case state:
            chosen = [table.c.state == state]
    if wanted.assigned is not None:
        # A group that was let go holds nobody, one that nobody ever took nothing.
        chosen.append(func.coalesce(table.c.assigned, "") == wanted.assigned)
    asked = [
        column == value
        for column, value in (
            (unmatched.c.language, wanted.language),
            (unmatched.c.why, wanted.why),
        )
        if value is not None
    ]
    if asked:
        there = exists().where(unmatched.c.group_id == table.c.id, *asked)
        # The export joins the questions too: they are others than those looked for here.
        chosen.append(there.correlate(table))
    return chosen


# ---- what is worked out for a page


async def _filled(
    connection: AsyncConnection, office: Office, found: Sequence[Group]
) -> list[Group]:
    """Return groups with everything that their own rows do not hold."""
    if not found:
        return []
    ids = [group.id for group in found]
    now = office.clock()
    counts = await _counts(connection, ids, now)
    people = await _people(connection, ids)
    written = select(notes.c.group_id, func.count()).where(notes.c.group_id.in_(ids))
    noted = {row[0]: row[1] for row in await connection.execute(written.group_by(notes.c.group_id))}
    samples = await _samples(connection, office, ids)
    return [
        _told(group, counts[group.id], samples[group.id], people.get(group.id, 0), noted)
        for group in found
    ]


@dataclass(slots=True)
class _Counts:
    """Of one group."""

    languages: Counter[str] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)
    trend: list[int] = field(default_factory=lambda: [0] * WEEKS)


def _told(
    group: Group,
    counts: _Counts,
    sample: Sequence[log.Row],
    people: int,
    noted: Mapping[int, int],
) -> Group:
    middle = central(sample)
    return replace(
        group,
        people=people,
        title=middle.text if middle else "",
        language=Language(middle.language) if middle else Language.EN,
        languages=dict(counts.languages.most_common()),
        whys=dict(counts.whys.most_common()),
        nearest=nearest(sample),
        trend=tuple(counts.trend),
        notes=noted.get(group.id, 0),
    )


async def _counts(
    connection: AsyncConnection, ids: Sequence[int], now: datetime
) -> dict[int, _Counts]:
    """Count the questions of groups by language, by why, by week."""
    made: dict[int, _Counts] = defaultdict(_Counts)
    kinds = (unmatched.c.group_id, unmatched.c.language, unmatched.c.why)
    query = select(*kinds, func.count()).where(unmatched.c.group_id.in_(ids)).group_by(*kinds)
    for id_, language, why, count in await connection.execute(query):
        made[id_].languages[language] += count
        made[id_].whys[why] += count
    for row in await connection.execute(_weekly(ids, now)):
        made[row[0]].trend[row[1]] = row[2]
    return made


def _weekly(ids: Sequence[int], now: datetime) -> Select[Any]:
    """Return the query of how many questions a group has in each week: the index counts them."""
    begins = [now - timedelta(weeks=WEEKS - week) for week in range(WEEKS)]
    # What has come in this hour is of this week, too.
    ends = [*begins[1:], now + timedelta(hours=1)]
    hour = unmatched.c.hour.type
    weeks = union_all(
        *(
            select(
                literal(week).label("week"),
                literal(begin, hour).label("start"),
                literal(end, hour).label("end"),
            )
            for week, (begin, end) in enumerate(zip(begins, ends, strict=True))
        )
    ).cte("weeks")
    count = (
        select(func.count())
        .where(
            unmatched.c.group_id == table.c.id,
            unmatched.c.hour >= weeks.c.start,
            unmatched.c.hour < weeks.c.end,
        )
        .scalar_subquery()
    )
    both = table.join(weeks, true())
    return select(table.c.id, weeks.c.week, count).select_from(both).where(table.c.id.in_(ids))


async def _people(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, int]:
    """Count who asked of each group, and of those that were merged into it.

    Who asked of two groups that were merged is counted twice: hashes of one group say nothing in
    another.
    """
    scopes = await scopes_of(connection, ids)
    query = select(askers.c.scope, func.count()).where(askers.c.scope.in_(scopes))
    counted: Counter[int] = Counter()
    for scope, count in await connection.execute(query.group_by(askers.c.scope)):
        counted[scopes[scope]] += count
    return dict(counted)


async def scopes_of(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, int]:
    """Return these groups and all that were merged into them, each with where it has gone."""
    query = select(table.c.id, table.c.merged_into).where(table.c.state == State.MERGED)
    gone: dict[int, list[int]] = defaultdict(list)
    for id_, into in await connection.execute(query):
        gone[into].append(id_)
    found: dict[int, int] = {}
    for id_ in ids:
        left = [id_]
        while left:
            one = left.pop()
            if one not in found:
                found[one] = id_
                left += gone[one]
    return found


async def _samples(
    connection: AsyncConnection, office: Office, ids: Sequence[int]
) -> dict[int, list[log.Row]]:
    """Return the newest questions of each group, newest first."""
    parts = [
        select(unmatched)
        .where(unmatched.c.group_id == id_)
        .order_by(unmatched.c.id.desc())
        .limit(SAMPLE)
        .subquery()
        .select()
        for id_ in ids
    ]
    made: dict[int, list[log.Row]] = {id_: [] for id_ in ids}
    for row in await connection.execute(union_all(*parts)):
        made[row.group_id].append(log.opened(row, office.cipher))
    return made


_STOPS = str.maketrans(dict.fromkeys('.,;:!?…؟۔।،"“”()', " "))


def central(rows: Sequence[log.Row]) -> log.Row | None:
    """Return the question that has most in common with the others, by their words.

    One with nothing hidden is preferred.  Of equals the newest, so that titles tell of today.
    """
    clear = [row for row in rows if not MARK.search(row.text)] or list(rows)
    # Not `reading.words`, which costs a list of groups half its time: a title needs no folding.
    said = [frozenset(row.text.casefold().translate(_STOPS).split()) for row in clear]
    common = Counter(word for words in said for word in words)
    worth = [sum(common[word] for word in words) / math.sqrt(len(words) or 1) for words in said]
    return max(zip(worth, clear, strict=True), key=lambda pair: pair[0])[1] if clear else None


def nearest(rows: Sequence[log.Row]) -> tuple[tuple[str, float], ...]:
    """Return the entries nearest to some questions, with their mean confidence, likeliest first."""
    sums: Counter[str] = Counter()
    for row in rows:
        for entry, share in row.nearest:
            sums[entry] += share  # type: ignore[assignment]  # a Counter adds up floats as well
    return tuple(
        (entry, round(total / len(rows), 4)) for entry, total in sums.most_common(MOST_NEAREST)
    )


# ---- one group, and the questions of many


async def group(connection: AsyncConnection, office: Office, id_: int) -> Detail | None:
    """Return a group with everything about it; None if there is none."""
    row = (await connection.execute(select(table).where(table.c.id == id_))).one_or_none()
    if row is None:
        return None
    (found,) = await _filled(connection, office, [_group(row, office.desk().library)])
    query = select(unmatched).where(unmatched.c.group_id == id_)
    newest = query.order_by(unmatched.c.id.desc()).limit(MOST_ROWS)
    said = [log.opened(row, office.cipher) for row in await connection.execute(newest)]
    return Detail(
        replace(found, nearest=nearest(said)),
        said,
        await _notes(connection, id_),
        await _steps(connection, id_),
        await _near(connection, office, id_, middles.opened(office.cipher, row.middle)),
    )


async def rows(connection: AsyncConnection, office: Office, wanted: Wanted) -> list[log.Row]:
    """Return the questions of all groups of a list (not of one page), newest first."""
    library = office.desk().library
    chosen = _chosen(wanted, await _served(connection, library))
    query = (
        select(unmatched, table.c.state, table.c.entry.label("answer"))
        .join(table, table.c.id == unmatched.c.group_id)
        .where(*chosen)
        .order_by(unmatched.c.hour.desc(), unmatched.c.id.desc())
    )
    return [
        replace(
            log.opened(row, office.cipher),
            state=_state(State(row.state), row.answer, library),
            answer=row.answer,
        )
        for row in await connection.execute(query)
    ]


async def _notes(connection: AsyncConnection, id_: int) -> list[Note]:
    query = select(notes).where(notes.c.group_id == id_).order_by(notes.c.id)
    return [
        Note(row.id, row.who, log.utc(row.at), row.text) for row in await connection.execute(query)
    ]


async def _steps(connection: AsyncConnection, id_: int) -> list[Step]:
    query = select(steps).where(steps.c.group_id == id_).order_by(steps.c.id.desc())
    found = (await connection.execute(query)).all()
    last = next((row.id for row in found if not row.undone), None)
    return [
        Step(
            row.id,
            row.who,
            log.utc(row.at),
            row.what,
            str(row.before.get("about", "")),
            undone=row.undone,
            last=row.id == last,
        )
        for row in found
    ]


async def _near(
    connection: AsyncConnection, office: Office, id_: int, middle: Floats | None
) -> list[tuple[Group, float]]:
    """Return the groups of a meaning like this one's, likest first.

    Open, answered and drafted ones among the `MOST_COMPARED` that were asked of last.
    """
    if middle is None:
        return []
    # By their numbers first, from the index: the middles make rows that are slow to sort.
    others = select(table.c.id).where(
        table.c.id != id_, table.c.state.in_((State.OPEN, State.ANSWERED, State.DRAFTED))
    )
    newest = others.order_by(table.c.last_hour.desc()).limit(MOST_COMPARED)
    found = await connection.execute(
        select(table.c.id, table.c.middle).where(table.c.id.in_(newest))
    )
    ids, kept = [], []
    for row in found:
        other = middles.opened(office.cipher, row.middle)
        if other is not None and other.shape == middle.shape:
            ids.append(row.id)
            kept.append(other)
    if not kept:
        return []
    white = likeness.whitened(np.array([middle, *kept]), office.desk().matcher.index)
    like = white[1:] @ white[0]
    best = [place for place in np.argsort(-like)[:MOST_LIKE].tolist() if like[place] > LIKE]
    query = select(*_COLUMNS).where(table.c.id.in_([ids[place] for place in best]))
    made = [_group(row, office.desk().library) for row in await connection.execute(query)]
    shown = {group.id: group for group in await _filled(connection, office, made)}
    return [(shown[ids[place]], round(float(like[place]), 3)) for place in best]
