"""The digest for the staff chat: what was asked, what rose, what is overdue, what failed.

A digest reaches from the scheduled hour of the last one to its own, so that each question is
counted in one digest.  It ends with the audit's last row: written down where the database does not
reach, it is the witness that `bot.py audit verify` compares with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import approval, audit, queue
from escalation.groups import State
from escalation.office import Office
from escalation.rise import OPEN, PAST_DAYS, tail
from escalation.waiting import UNSURE
from storage.tables import decisions, groups, told, troubled, unmatched, waiting

DAY = timedelta(days=1)
MOST, MOST_NAMES = 5, 3  # lines of a kind, names on a line
MOST_TITLE = 100  # characters
LEAST_ROSE, ROSE_CHANCE = 3, 0.05
OUTCOMES = {
    "answer": "answered",
    "suggest": "suggestions offered",
    "unmatched": "no answer known",
    "refuse": "refused as personal",
    "emergency": "emergencies",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When digests are due; the hour is UTC, a week begins on Monday."""

    every: Literal["daily", "weekly", "never"] = "daily"
    hour: int = 6

    @property
    def span(self) -> timedelta:
        """From one digest to the next."""
        return 7 * DAY if self.every == "weekly" else DAY


@dataclass(frozen=True, slots=True)
class Rose:
    """A group that grew more than its own past lets expect; `usual` is for the same time."""

    group: int
    title: str
    language: str
    questions: int
    usual: float


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something that is due: its name, since when, and what for (`review` or `dialling`)."""

    name: str
    since: date
    why: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest tells.

    Attributes:
        since: From when, aware UTC, a whole hour.
        until: Until when.
        outcomes: How many questions by the decision's name.
        rose: Groups that nobody has answered and that grew most.
        open: How many groups wait.
        drafted: How many groups have a draft.
        oldest: When the first question came of the group that waits longest.
        asking: How many people want to be told of an answer.
        overdue: Texts to be reviewed and numbers to be dialled again, the longest overdue first.
        troubled: How many messages from Telegram could not be handled.
        unsure: How many people in all may not have been told; 0 when none were added.
        failing: What is wrong now, a sentence each.
        head: The audit's last row, `number:hash`.
    """

    since: datetime
    until: datetime
    outcomes: Mapping[str, int] = field(default_factory=dict)
    rose: tuple[Rose, ...] = ()
    open: int = 0
    drafted: int = 0
    oldest: datetime | None = None
    asking: int = 0
    overdue: tuple[Overdue, ...] = ()
    troubled: int = 0
    unsure: int = 0
    failing: tuple[str, ...] = ()
    head: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines, as plain text."""

    head: str
    lines: tuple[str, ...]


# ---- when


def due(schedule: Schedule, last: datetime | None, now: datetime) -> datetime | None:
    """Return the hour of the digest that is to be sent now, or None.

    A missed one is caught up for a day; then the next one tells of that time too.

    Args:
        schedule: When digests are due.
        last: The hour of the last one that was sent.
        now: Aware UTC.
    """
    if schedule.every == "never":
        return None
    hour = now.replace(hour=schedule.hour, minute=0, second=0, microsecond=0)
    if hour > now:
        hour -= DAY
    if schedule.every == "weekly":
        hour -= hour.weekday() * DAY
    fresh = now - hour < DAY and (last is None or last < hour)
    return hour if fresh else None


# ---- what


async def gather(
    connection: AsyncConnection,
    office: Office,
    since: datetime,
    until: datetime,
    failing: Sequence[str] = (),
) -> Digest:
    """Return what happened from one hour to another, and how things stand now."""
    by_state = await _by_state(connection)
    oldest = await connection.scalar(
        select(func.min(groups.c.first_hour)).where(groups.c.state == "open")
    )
    asking = await connection.scalar(select(func.count(waiting.c.person.distinct())))
    trouble = select(func.count()).where(troubled.c.at >= since, troubled.c.at < until)
    return Digest(
        since,
        until,
        outcomes=await _outcomes(connection, since, until),
        rose=await _rose(connection, office, since, until),
        open=by_state.get("open", 0),
        drafted=by_state.get("drafted", 0),
        oldest=_utc(oldest) if oldest else None,
        asking=asking or 0,
        overdue=await _overdue(connection, office),
        troubled=await connection.scalar(trouble) or 0,
        unsure=await _unsure(connection, since),
        failing=tuple(failing),
        head=str(await audit.head(connection)),
    )


async def _outcomes(
    connection: AsyncConnection, since: datetime, until: datetime
) -> Mapping[str, int]:
    rows = await connection.execute(
        select(decisions.c.decision, func.count().label("count"))
        .where(decisions.c.hour >= since, decisions.c.hour < until)
        .group_by(decisions.c.decision)
    )
    return {row.decision: row[1] for row in rows}


async def _by_state(connection: AsyncConnection) -> Mapping[str, int]:
    rows = await connection.execute(select(groups.c.state, func.count()).group_by(groups.c.state))
    return {row[0]: row[1] for row in rows}


async def _rose(
    connection: AsyncConnection, office: Office, since: datetime, until: datetime
) -> tuple[Rose, ...]:
    now = await _counts(connection, since, until)
    past = await _counts(connection, since - PAST_DAYS * DAY, since)
    share = (until - since) / (PAST_DAYS * DAY)
    grown = [
        (count, past.get(group, 0) * share, group)
        for group, count in now.items()
        if count >= LEAST_ROSE and tail(count, past.get(group, 0) * share) < ROSE_CHANCE
    ]
    grown.sort(key=lambda one: (one[1] - one[0], one[2]))
    found = []
    for count, usual, group in grown[:MOST]:
        detail = await queue.group(connection, office, group)
        about = detail.group if detail else None
        if about is not None and about.state in {State.OPEN, State.DRAFTED}:
            found.append(Rose(group, about.title, about.language, count, usual))
    return tuple(found)


async def _counts(
    connection: AsyncConnection, since: datetime, until: datetime
) -> Mapping[int, int]:
    rows = await connection.execute(
        select(unmatched.c.group_id, func.count())
        .join(groups, groups.c.id == unmatched.c.group_id)
        .where(unmatched.c.hour >= since, unmatched.c.hour < until, groups.c.state.in_(OPEN))
        .group_by(unmatched.c.group_id)
    )
    return {row[0]: row[1] for row in rows}


async def _overdue(connection: AsyncConnection, office: Office) -> tuple[Overdue, ...]:
    today = office.clock().date()
    found = approval.due_list(await approval.standings(connection, office), today)
    return tuple(
        Overdue(one.piece.name, one.due, one.why_due)
        for one in found
        if one.due is not None and one.due <= today
    )


async def _unsure(connection: AsyncConnection, since: datetime) -> int:
    row = (await connection.execute(select(told).where(told.c.kind == UNSURE))).one_or_none()
    return row.number if row is not None and _utc(row.at) >= since else 0


def _utc(at: datetime) -> datetime:
    """Return a time as it was written: SQLite forgets that it was UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


# ---- in words


def worded(digest: Digest) -> list[Section]:
    """Return the digest as staff read it: empty sections are left out."""
    sections = [
        Section("Questions", _questions(digest)),
        Section("What rose", _risen(digest)),
        Section("The queue", _queue(digest)),
        Section("Overdue", _late(digest)),
        Section("What failed", _failed(digest)),
        Section("Audit, for your records", (digest.head,) if digest.head else ()),
    ]
    return [section for section in sections if section.lines]


def title(digest: Digest) -> str:
    """Return the first line."""
    form = "%a %d %b %Y %H:%M"
    return f"Sehat, {digest.since:{form}} to {digest.until:{form}} UTC"


def _questions(digest: Digest) -> tuple[str, ...]:
    total = sum(digest.outcomes.values())
    if not total:
        return ("None.",)
    known = [(said, digest.outcomes.get(name, 0)) for name, said in OUTCOMES.items()]
    parts = ", ".join(f"{said} {count} ({count / total:.0%})" for said, count in known if count)
    return (f"{total}: {parts}",)


def _risen(digest: Digest) -> tuple[str, ...]:
    return tuple(
        f"Group {one.group}: {one.questions} questions, usual {one.usual:.1f}: "
        f"“{one.title[:MOST_TITLE]}” ({one.language})"
        for one in digest.rose
    )


def _queue(digest: Digest) -> tuple[str, ...]:
    lines = [f"{_many(digest.open, 'group')} {'waits' if digest.open == 1 else 'wait'}: /queue"]
    if digest.oldest:
        lines[0] += f"; the oldest since {digest.oldest:%d %b %Y}"
    if digest.drafted:
        lines.append(f"{_many(digest.drafted, 'group')} drafted, not answered yet")
    if digest.asking:
        wants = "person wants" if digest.asking == 1 else "people want"
        lines.append(f"{digest.asking} {wants} to be told of an answer")
    return tuple(lines)


def _late(digest: Digest) -> tuple[str, ...]:
    lines: list[str] = []
    for why, what in (("review", "to be reviewed"), ("dialling", "with numbers to be dialled")):
        found = [one for one in digest.overdue if one.why == why]
        if found:
            some = ", ".join(f"{one.name} ({one.since:%d %b %Y})" for one in found[:MOST_NAMES])
            more = f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
            lines.append(f"{_many(len(found), 'text')} {what}: {some}{more}")
    return tuple(lines)


def _failed(digest: Digest) -> tuple[str, ...]:
    lines: list[str] = []
    if digest.troubled:
        lines.append(f"{_many(digest.troubled, 'message')} of Telegram had trouble: see the log")
    if digest.unsure:
        lines.append(
            f"{_many(digest.unsure, 'person', 'people')} in all may not have been told of an answer"
        )
    lines += digest.failing[:MOST]
    if more := len(digest.failing[MOST:]):
        lines.append(f"and {more} more: see the log")
    return tuple(lines)


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
