"""`escalation.digest`: when a digest is due, what it tells, and that it is told once."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from escalation import audit, digest, told
from escalation.digest import Digest, Overdue, Rose, Schedule
from escalation.office import Office
from escalation.staff import Member, Role
from storage.store import Store
from storage.tables import decisions, groups, troubled, unmatched, waiting

FRIDAY = datetime(2026, 11, 20, 6, tzinfo=UTC)
MONDAY = datetime(2026, 11, 16, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY, WEEKLY, NEVER = (Schedule(every, 6) for every in ("daily", "weekly", "never"))


@pytest.mark.parametrize(
    ("schedule", "last", "now", "hour"),
    [
        (DAILY, FRIDAY - DAY, FRIDAY, FRIDAY),
        (DAILY, FRIDAY - DAY, FRIDAY - HOUR, None),
        (DAILY, FRIDAY, FRIDAY + 9 * HOUR, None),
        (DAILY, FRIDAY - DAY, FRIDAY + 9 * HOUR, FRIDAY),  # missed, caught up
        (DAILY, FRIDAY - 9 * DAY, FRIDAY + HOUR, FRIDAY),
        (DAILY, None, FRIDAY - HOUR, FRIDAY - DAY),  # the very first
        (WEEKLY, MONDAY - 7 * DAY, MONDAY, MONDAY),
        (WEEKLY, MONDAY - 7 * DAY, MONDAY + 23 * HOUR, MONDAY),
        (WEEKLY, MONDAY - 7 * DAY, MONDAY + 25 * HOUR, None),  # too late: next Monday's tells it
        (WEEKLY, MONDAY, FRIDAY, None),
        (NEVER, None, FRIDAY, None),
    ],
)
def test_a_digest_is_due_at_its_hour_and_for_a_day_after(
    schedule: Schedule, last: datetime | None, now: datetime, hour: datetime | None
) -> None:
    """Whatever the process did in between."""
    assert hour == digest.due(schedule, last, now)


def lines(made: Digest) -> Mapping[str, tuple[str, ...]]:
    """Return the lines by their heading."""
    return {section.head: section.lines for section in digest.worded(made)}


QUIET = Digest(FRIDAY - DAY, FRIDAY, head="7:abc")


def test_a_quiet_day_says_so_and_no_more() -> None:
    """Empty sections are left out; the witness never is."""
    assert {
        "Questions": ("None.",),
        "The queue": ("0 groups wait: /queue",),
        "Audit, for your records": ("7:abc",),
    } == lines(QUIET)
    assert "Sehat, Thu 19 Nov 2026 06:00 to Fri 20 Nov 2026 06:00 UTC" == digest.title(QUIET)


def test_questions_are_told_by_outcome() -> None:
    """In the order of the pipeline's good and bad ends, with shares."""
    made = replace(QUIET, outcomes={"unmatched": 1, "answer": 3})

    assert ("4: answered 3 (75%), no answer known 1 (25%)",) == lines(made)["Questions"]


def test_what_rose_is_told_beside_what_is_usual() -> None:
    """With the redacted question, cut."""
    made = replace(QUIET, rose=(Rose(17, "y" * 300, "sw", 12, 2.25),))

    (line,) = lines(made)["What rose"]
    assert line.startswith("Group 17: 12 questions, usual 2.2: “yyy")
    assert len(line) < 190


def test_what_is_overdue_is_told_by_kind_the_longest_overdue_first() -> None:
    """Three names of each, the number of all."""
    late = [Overdue(f"entries/e{day}/en", date(2026, 11, day), "review") for day in (1, 2, 3, 4, 5)]
    made = replace(QUIET, overdue=(*late, Overdue("contacts/KE", date(2026, 11, 6), "dialling")))

    assert (
        (
            "5 texts to be reviewed: entries/e1/en (01 Nov 2026), entries/e2/en (02 Nov 2026), "
            "entries/e3/en (03 Nov 2026) and 2 more"
        ),
        "1 text with numbers to be dialled: contacts/KE (06 Nov 2026)",
    ) == lines(made)["Overdue"]


def test_what_failed_is_told() -> None:
    """Messages in trouble, people who may not know, what this process complains of."""
    made = replace(QUIET, troubled=1, unsure=2, failing=tuple("abcdefg"))

    assert (
        "1 message of Telegram had trouble: see the log",
        "2 people in all may not have been told of an answer",
        *("a", "b", "c", "d", "e"),
        "and 2 more: see the log",
    ) == lines(made)["What failed"]


def test_the_queue_is_told_with_its_age_and_who_waits() -> None:
    """How much work there is."""
    made = replace(QUIET, open=1, drafted=2, oldest=MONDAY, asking=1)

    assert (
        "1 group waits: /queue; the oldest since 16 Nov 2026",
        "2 groups drafted, not answered yet",
        "1 person wants to be told of an answer",
    ) == lines(made)["The queue"]


async def grouped(store: Store, *, days_ago: list[float], state: str = "open") -> int:
    """Put a group of questions into the database; return its id."""
    async with store.begin() as connection:
        made = await connection.execute(
            groups.insert()
            .values(
                first_hour=MONDAY, last_hour=FRIDAY, middle="", questions=len(days_ago), state=state
            )
            .returning(groups.c.id)
        )
        group = int(made.scalar_one())
        for ago in days_ago:
            row = {"hour": FRIDAY - ago * DAY, "channel": "telegram", "language": "en"}
            more = {"text": "bed bugs at night", "nearest": [], "group_id": group}
            await connection.execute(unmatched.insert().values(**row, **more))
    return group


async def gathered(office: Office, since: datetime = FRIDAY - DAY) -> Digest:
    """Return the digest of Friday."""
    async with office.store.read() as connection:
        return await digest.gather(connection, office, since, FRIDAY, ["x"])


async def test_each_question_is_counted_in_one_digest(office: Office) -> None:
    """From the last digest's hour to its own, the last hour left out."""
    row = {"channel": "web", "language": "en", "rules": ""}
    async with office.store.begin() as connection:
        for hour in (FRIDAY - DAY - HOUR, FRIDAY - DAY, FRIDAY - HOUR, FRIDAY):
            await connection.execute(decisions.insert().values(hour=hour, decision="answer", **row))

    assert {"answer": 2} == (await gathered(office)).outcomes
    assert {"answer": 1} == (await gathered(office, FRIDAY - HOUR)).outcomes


async def test_a_group_is_laid_beside_its_own_past(office: Office) -> None:
    """Four questions are a rise where one a week is usual, none where four a day are."""
    rose = await grouped(office.store, days_ago=[0.1, 0.2, 0.3, 0.4, 3, 9])
    steady = [0.1, 0.2, 0.3, 0.4, *(day + 0.5 for day in range(1, 15) for _ in range(4))]
    await grouped(office.store, days_ago=steady)
    await grouped(office.store, days_ago=[0.1] * 9, state="answered")

    (found,) = (await gathered(office)).rose
    assert (rose, 4) == (found.group, found.questions)
    assert pytest.approx(2 / 14) == found.usual
    assert "bed bugs at night" == found.title


async def test_the_queue_and_those_who_wait_are_counted(office: Office) -> None:
    """Answered groups wait no more."""
    await grouped(office.store, days_ago=[2])
    await grouped(office.store, days_ago=[2], state="drafted")
    await grouped(office.store, days_ago=[2], state="answered")
    async with office.store.begin() as connection:
        for ref in ("a", "b"):  # one person, two questions
            row = {"person": "p", "ref": ref, "chat": "1", "language": "en"}
            await connection.execute(waiting.insert().values(**row, until=FRIDAY.date()))

    made = await gathered(office)
    assert (1, 1, MONDAY, 1) == (made.open, made.drafted, made.oldest, made.asking)


async def test_trouble_and_unsure_tellings_are_counted(office: Office) -> None:
    """Old ones were told before."""
    async with office.store.begin() as connection:
        for number, at in enumerate((FRIDAY - HOUR, FRIDAY - 2 * DAY)):
            row = {"kind": "message", "error": "TimedOut", "attempts": 1, "at": at}
            await connection.execute(troubled.insert().values(update_id=number, **row))
    await told.mark(office.store, "unsure told", FRIDAY - HOUR, 3)

    made = await gathered(office)
    assert (1, 3, ("x",)) == (made.troubled, made.unsure, made.failing)
    assert 0 == (await gathered(office, FRIDAY)).unsure


async def test_texts_that_are_due_are_overdue_and_those_of_later_are_not(
    office: Office,
) -> None:
    """What somebody has approved in the file, by the day that stands there."""
    entry = office.faq / "entries" / "malaria-spread.yaml"
    said = entry.read_text("utf-8").replace("by: sample", "by: Dr Example")
    entry.write_text(said, "utf-8")
    (due,) = [line for line in said.splitlines() if "due: 2" in line]
    day = date.fromisoformat(due.split("due: ")[1][:10])
    on_the_day = replace(office, clock=lambda: datetime(day.year, day.month, day.day, tzinfo=UTC))
    before = replace(office, clock=lambda: on_the_day.clock() - DAY)

    names = {one.name for one in (await gathered(on_the_day)).overdue if one.why == "review"}
    assert {f"entries/malaria-spread/{code}" for code in ("en", "hi", "ur", "sw", "id")} == names
    assert not [one for one in (await gathered(before)).overdue if one.why == "review"]


async def test_the_audits_head_is_the_witness(office: Office, team: Mapping[Role, Member]) -> None:
    """What stands in the chat can be compared with the database later."""
    made = await gathered(office)

    async with office.store.read() as connection:
        assert str(await audit.head(connection)) == made.head
    assert made.head.startswith(f"{len(team)}:")


# ---- told once


async def test_of_two_that_claim_at_once_one_gets_it(store: Store) -> None:
    """Two processes, the first time and any later time."""
    for now in (FRIDAY, FRIDAY + DAY):
        claims = [told.claim(store, "digest taken", now, DAY) for _ in range(4)]

        assert [False, False, False, True] == sorted(await asyncio.gather(*claims))


async def test_a_claim_is_free_again_after_its_pause_or_when_it_doubles(store: Store) -> None:
    """A rise is told again a day later, or when it is twice as large."""
    assert await told.claim(store, "rise:1", FRIDAY, DAY, 5)
    assert not await told.claim(store, "rise:1", FRIDAY + HOUR, DAY, 9)
    assert await told.claim(store, "rise:1", FRIDAY + HOUR, DAY, 10)
    assert not await told.claim(store, "rise:1", FRIDAY + DAY, DAY, 10)
    assert await told.claim(store, "rise:1", FRIDAY + DAY + HOUR, DAY, 1)


async def test_what_is_marked_is_remembered_and_what_is_old_dropped(store: Store) -> None:
    """By the beginning of its name."""
    await told.mark(store, "digest", FRIDAY)
    await told.mark(store, "digest", FRIDAY + DAY)
    await told.mark(store, "rise:1", FRIDAY)
    await told.drop(store, "rise:", FRIDAY + HOUR)

    assert FRIDAY + DAY == await told.last(store, "digest")
    assert await told.last(store, "rise:1") is None
