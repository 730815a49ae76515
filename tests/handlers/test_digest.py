"""The staff chat is told: digests at their hour and once, sudden rises at once."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.bot_api import FakeBotApi, Group, Person
from sqlalchemy import update
from telegram import Bot
from telegram.ext import Application

from escalation import audit, digest, told
from escalation.digest import Digest, Rose, Schedule
from escalation.office import Office
from handlers import digest as loop
from handlers.application import application
from handlers.digest import AGAIN, run, worded
from reception import Reception
from storage.tables import askers, decisions, groups, unmatched
from text import utf16_length

App = Application[Any, Any, Any, Any, Any, Any]
FRIDAY = datetime(2026, 11, 20, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY, NEVER = Schedule("daily", 6), Schedule("never", 6)


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Friday morning, five minutes after the digest's hour."""
    return Clock(FRIDAY + timedelta(minutes=5))


@pytest.fixture
def desk_office(office: Office, clock: Clock) -> Office:
    """An office with that clock."""
    return replace(office, clock=clock)


@pytest.fixture
def ward(api: FakeBotApi, asha: Person) -> Group:
    """The staff's chat."""
    return api.group("Staff", [asha])


@pytest.fixture
async def app(api: FakeBotApi, reception: Reception) -> AsyncIterator[App]:
    """The bot, not polling."""
    made = application(api.token, api.url, reception, 4)
    async with made:
        yield made


@contextlib.asynccontextmanager
async def telling(
    bot: Bot,
    office: Office,
    chat: int | None,
    schedule: Schedule = DAILY,
    failing: Sequence[str] = (),
) -> AsyncIterator[None]:
    """Run the loop, impatiently."""
    stopping = asyncio.Event()
    work = run(bot, office, chat, schedule, stopping, lambda: failing, look_seconds=0.05)
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        stopping.set()
        await task


async def quiet(api: FakeBotApi, count: int) -> None:
    """See that no more messages come in a while than so many in all."""
    await asyncio.sleep(0.5)
    assert count == len(api.calls_of("sendMessage"))


async def rising(office: Office, *, questions: int = 6, group: int | None = None) -> int:
    """Let people ask of one thing in the last hour; return the group."""
    hour = office.clock().replace(minute=0)
    async with office.store.begin() as connection:
        if group is None:
            made = await connection.execute(
                groups.insert()
                .values(first_hour=hour, last_hour=hour, middle="", questions=questions)
                .returning(groups.c.id)
            )
            group = int(made.scalar_one())
            for number in range(6):
                row = {"scope": group, "asker": f"{number}", "seen": hour.date()}
                await connection.execute(askers.insert().values(**row))
        row = {"hour": hour, "channel": "telegram", "language": "sw", "nearest": []}
        for _ in range(questions):
            more = {"text": "kipindupindu mtaani", "group_id": group}
            await connection.execute(unmatched.insert().values(**row, **more))
    return group


async def test_the_digest_is_sent_at_its_hour_with_the_audits_head(
    app: App, desk_office: Office, ward: Group
) -> None:
    """What was asked, what is wrong, the witness."""
    row = {"hour": FRIDAY - HOUR, "channel": "web", "language": "en", "rules": ""}
    async with desk_office.store.begin() as connection:
        await connection.execute(decisions.insert().values(decision="answer", **row))
        head = await audit.head(connection)
    async with telling(app.bot, desk_office, ward.id, failing=["the disk <is> full"]):
        text = (await ward.next_reply())["text"]

    assert text.startswith("Sehat, Thu 19 Nov 2026 06:00 to Fri 20 Nov 2026 06:00 UTC")
    assert "1: answered 1 (100%)" in text
    assert "the disk <is> full" in text
    assert str(head) in text


async def test_a_restart_sends_no_digest_a_second_time(
    api: FakeBotApi, app: App, desk_office: Office, ward: Group, clock: Clock
) -> None:
    """The database remembers; the next one comes a day later."""
    async with telling(app.bot, desk_office, ward.id):
        await ward.next_reply()
    async with telling(app.bot, desk_office, ward.id):
        await quiet(api, 1)
        clock.now += DAY
        assert "to Sat 21 Nov 2026 06:00" in (await ward.next_reply())["text"]


async def test_of_several_processes_one_sends(
    api: FakeBotApi, app: App, desk_office: Office, ward: Group
) -> None:
    """Digest and rise alike."""
    await rising(desk_office)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(telling(app.bot, desk_office, ward.id))
        await ward.next_reply()
        await ward.next_reply()
        await quiet(api, 2)


async def test_a_missed_hour_is_caught_up_within_the_day(
    app: App, desk_office: Office, ward: Group, clock: Clock
) -> None:
    """Its time is that of the hour, so the next digest leaves nothing out."""
    clock.now = FRIDAY + 15 * HOUR
    async with telling(app.bot, desk_office, ward.id):
        assert "to Fri 20 Nov 2026 06:00" in (await ward.next_reply())["text"]

    assert FRIDAY == await told.last(desk_office.store, "digest")


async def test_a_digest_that_was_not_sent_is_tried_again(  # noqa: PLR0913, PLR0917 - fixtures
    api: FakeBotApi,
    app: App,
    desk_office: Office,
    ward: Group,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    asha: Person,
) -> None:
    """Ten minutes later; while the bot is not in the chat it is said once."""
    await ward.move_bot(asha, "left")
    with caplog.at_level(logging.WARNING):
        async with telling(app.bot, desk_office, ward.id):
            await api.wait_for("sendMessage", 1)
            await quiet(api, 1)
            clock.now += AGAIN
            await api.wait_for("sendMessage", 2)
            await ward.move_bot(asha, "member")
            clock.now += AGAIN
            assert "Sehat" in (await ward.next_reply())["text"]

    said = [one.getMessage() for one in caplog.records if "staff chat" in one.getMessage()]
    (sentence,) = said
    assert sentence.startswith(f"the staff chat {ward.id} cannot be written to (Forbidden)")


async def test_a_digest_that_may_have_arrived_is_not_sent_again(
    api: FakeBotApi, app: App, desk_office: Office, ward: Group, clock: Clock
) -> None:
    """The connection broke after Telegram had taken it."""
    api.fail("sendMessage", drop=True, after_effect=True)
    async with telling(app.bot, desk_office, ward.id):
        await ward.next_reply()
        clock.now += AGAIN
        await quiet(api, 1)


async def test_a_chat_that_grew_is_told_under_its_new_number(  # noqa: PLR0913, PLR0917 - fixtures
    api: FakeBotApi,
    app: App,
    desk_office: Office,
    asha: Person,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the log says what to set."""
    small = api.group("Staff", [asha], supergroup=False)
    grown = await small.migrate(asha)
    async with telling(app.bot, desk_office, small.id):
        await api.wait_for("sendMessage", 1)
        await asyncio.sleep(0.2)
        clock.now += AGAIN
        assert "Sehat" in (await grown.next_reply())["text"]

    assert f"set staff.chat to {grown.id}" in caplog.text


async def test_a_sudden_rise_is_told_at_once_and_once_a_day(
    api: FakeBotApi, app: App, desk_office: Office, ward: Group, clock: Clock
) -> None:
    """As a card to work on; again only when it doubles, or a day later."""
    group = await rising(desk_office)
    async with telling(app.bot, desk_office, ward.id, NEVER):
        card = await ward.next_reply()
        clock.now += HOUR
        await rising(desk_office, questions=5, group=group)
        await quiet(api, 1)
        await rising(desk_office, questions=1, group=group)
        again = await ward.next_reply()

    assert (
        "Sudden rise: 6 questions in 24 hours, by 6 people; usual for this group: 0.0"
        in (card["text"])
    )
    assert f"Group {group} ·" in card["text"]
    assert "kipindupindu mtaani" in card["text"]
    assert "New draft" in str(card["reply_markup"])
    assert "Sudden rise: 12 questions" in again["text"]


async def test_a_rise_that_could_not_be_told_is_told_later(
    api: FakeBotApi, app: App, desk_office: Office, ward: Group, clock: Clock
) -> None:
    """It is given back."""
    await rising(desk_office)
    api.fail("sendMessage", error=403)
    async with telling(app.bot, desk_office, ward.id, NEVER):
        await api.wait_for("sendMessage", 1)
        await quiet(api, 1)
        clock.now += AGAIN
        assert "Sudden rise" in (await ward.next_reply())["text"]


async def test_an_answered_group_is_not_told(
    api: FakeBotApi, app: App, desk_office: Office, ward: Group
) -> None:
    """Its draft is served by now."""
    await rising(desk_office)
    async with desk_office.store.begin() as connection:
        await connection.execute(update(groups).values(state="drafted", entry="malaria-spread"))
    async with telling(app.bot, desk_office, ward.id, NEVER):
        await quiet(api, 0)


async def test_without_a_staff_chat_nothing_is_sent(
    api: FakeBotApi, app: App, desk_office: Office
) -> None:
    """The loop stays, for its end would end the program."""
    await rising(desk_office)
    async with telling(app.bot, desk_office, None):
        await quiet(api, 0)
        assert [] == api.calls_of("sendMessage")


async def test_a_database_in_trouble_ends_nothing(
    app: App, desk_office: Office, ward: Group, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged by kind, and looked again."""
    broken = [True]

    def clock() -> datetime:
        if broken:
            broken.pop()
            msg = "the disk"
            raise OSError(msg)
        return FRIDAY

    async with telling(app.bot, replace(desk_office, clock=clock), ward.id):
        assert "Sehat" in (await ward.next_reply())["text"]
    assert "the staff chat cannot be told (OSError)" in caplog.text


def test_the_longest_digest_fits_into_one_message_with_its_witness() -> None:
    """Every line as long as it can be."""
    made = Digest(
        FRIDAY - DAY,
        FRIDAY,
        outcomes=dict.fromkeys(digest.OUTCOMES, 10**6),
        rose=tuple(Rose(number, "ж" * 600, "ur", 10**6, 10**5) for number in range(5)),
        open=10**6,
        drafted=10**6,
        oldest=FRIDAY,
        asking=10**6,
        overdue=tuple(
            digest.Overdue(f"entries/{'e' * 48}/en", FRIDAY.date(), why)
            for why in ("review", "dialling")
            for _ in range(9)
        ),
        troubled=10**6,
        unsure=10**6,
        failing=("y" * 900,) * 9,
        head=f"123456:{'f' * 64}",
    )
    text = worded(made)

    assert utf16_length(text) <= 4096
    assert "f" * 64 in text
    assert loop.LOOK_SECONDS < 60  # a rise is told within a minute
