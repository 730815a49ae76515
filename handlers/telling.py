"""Tell people of the answer that they wait for: once, in their language, then forget their chat.

A row is claimed in a transaction of its own before anything is sent.  What certainly did not
arrive is given back and tried again later; of what may have arrived nothing is sent a second time.
Only a few messages are under way at once, so that who asks now is answered first: all messages
pass the same limiter.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import assert_never

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

import assistant
from assistant import Question, Turn
from escalation import waiting
from escalation.office import Office
from escalation.waiting import Waiting
from handlers import outgoing
from handlers.limiter import AT_ONCE
from reception import Effect, Reception

log = logging.getLogger("sehat.telegram")

BATCH = 100
# Tries to write what became of a message, and the pause before each.
_WRITE_PAUSES = (0.0, 1.0, 5.0)
# Faults of a connection before anything went over it.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NOBODY = ("chat not found", "user not found", "peer_id_invalid", "deactivated")
_UNKNOWN = "gateway time"  # what 504 is called, with -out or " out"


@dataclass(frozen=True, slots=True)
class Pace:
    """How the teller goes about it; tests are quicker.

    Attributes:
        look_seconds: Between two looks at who can be told.
        in_flight: Messages under way at once; who asks now waits behind these at most.
        backoff_seconds: Pause after a failure, doubled with each that follows at once.
        most_backoff_seconds: The longest such pause.
        stuck_minutes: After this a row that is still taken was left so by a crash.
    """

    look_seconds: float = 5.0
    in_flight: int = 6
    backoff_seconds: float = 2.0
    most_backoff_seconds: float = 300.0
    stuck_minutes: float = 30.0


class Outcome(Enum):
    """What became of a message."""

    TOLD = auto()
    GONE = auto()  # this person cannot be written to
    UNSURE = auto()  # it may have arrived
    LATER = auto()  # it has certainly not arrived


@dataclass(frozen=True, slots=True)
class _Letter:
    """What goes to somebody."""

    one: Waiting
    turn: Turn
    parts: Sequence[outgoing.Message]


class Teller:
    """Tells for one bot until it is stopped; several processes may do so at once."""

    def __init__(
        self, bot: Bot, reception: Reception, office: Office, pace: Pace | None = None
    ) -> None:
        """Send through a bot; its limiter is the one that answers pass, too."""
        self._bot, self._reception, self._office = bot, reception, office
        self._pace = pace or Pace()
        self._backoff = self._pace.backoff_seconds
        self._held: float | None = None  # seconds to pause after trouble in this round
        self._misses = 0  # failures one after the other
        self._later: dict[int, tuple[float, float]] = {}  # rows: when again, and the pause then
        self._closed: set[int] = set()  # rows whose chat no key opens

    async def run(self, stopping: asyncio.Event) -> None:
        """Tell people as their questions are answered, until stopped; what is under way is ended.

        Trouble with the database or with Telegram is logged, and everything tried again.
        """
        while not stopping.is_set():
            try:
                pause = await self._round(stopping)
            except Exception as error:  # noqa: BLE001 - a full disk, a lost server
                log.error("who is to be told cannot be looked up (%s)", type(error).__name__)  # noqa: TRY400
                pause = self._longer()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)

    async def _round(self, stopping: asyncio.Event) -> float:
        """Tell everybody of one batch; return the seconds to wait before the next look."""
        await self._give_up()
        if self._misses and not await self._reached():
            return self._longer()
        found = await self._due()
        told, left = 0, [one for one in found if one.chat is not None]
        while left and self._held is None and not stopping.is_set():
            some, left = left[: self._pace.in_flight], left[self._pace.in_flight :]
            told += await self._tell(some)
        if told:
            log.info("%d people were told of an answer", told)
        held, self._held = self._held, None
        if held is not None:
            return max(self._longer(), held)
        self._backoff = self._pace.backoff_seconds
        return 0 if len(found) == BATCH else self._pace.look_seconds

    async def _reached(self) -> bool:
        """Tell whether Telegram answers again, by a call that costs nobody a message."""
        try:
            await self._bot.get_me()
        except TelegramError:
            return False
        self._misses = 0
        return True

    def _longer(self) -> float:
        pause = self._backoff
        self._backoff = min(2 * pause, self._pace.most_backoff_seconds)
        return pause

    async def _due(self) -> list[Waiting]:
        office, today = self._office, self._reception.clock().date()
        served = self._reception.desk.library.entries.keys()
        without = self._closed | self._not_yet()
        async with office.store.read() as connection:
            found = await waiting.due(
                connection, office.cipher, served, today, without=without, limit=BATCH
            )
        if closed := {one.id for one in found if one.chat is None}:
            log.warning("%d people cannot be told: no key opens the number kept", len(closed))
            self._closed |= closed
        return found

    def _not_yet(self) -> set[int]:
        """Return the rows that are to be tried again, but not yet."""
        now = time.monotonic()
        old = now - 2 * self._pace.most_backoff_seconds
        self._later = {row: kept for row, kept in self._later.items() if kept[0] > old}
        return {row for row, (when, _) in self._later.items() if when > now}

    async def _give_up(self) -> None:
        """Erase what a crash has left taken; it may have been sent."""
        now = self._reception.clock()
        before = now - timedelta(minutes=self._pace.stuck_minutes)
        async with self._office.store.read() as connection:
            found = await waiting.stuck(connection, before)
        if found:
            async with self._office.store.begin() as connection:
                gone = await waiting.give_up(connection, before, now)
            log.warning("%d people may not have been told: the program ended meanwhile", gone)

    async def _tell(self, some: Sequence[Waiting]) -> int:
        """Take rows, send all their answers, write down what became of them; return how many came.

        One transaction before and one after, for all: thousands would hold up others' writing.
        """
        letters = [letter for one in some if (letter := self._worded(one))]
        now = self._reception.clock()
        async with self._office.store.begin() as connection:
            rows = [await waiting.take(connection, letter.one, now) for letter in letters]
        taken = [(letter, ids) for letter, ids in zip(letters, rows, strict=True) if ids]
        became = await asyncio.gather(*(self._send(letter) for letter, _ in taken))
        effects: list[Effect] = []
        for (letter, ids), outcome in zip(taken, became, strict=True):
            effects.append(partial(_written, rows=ids, became=outcome, now=now))
            if outcome is Outcome.TOLD:
                # Not under the person's name: being told is no use that they make of the bot.
                asked = Question("", "telegram", now)
                effects.append(self._reception.kept(asked, letter.turn))
        await self._write(effects)
        return became.count(Outcome.TOLD)

    def _worded(self, one: Waiting) -> _Letter | None:
        """Return what to send, or None if that cannot be said: then later, perhaps."""
        desk = self._reception.desk
        try:
            turn = assistant.show(one.entry, one.language, desk)
            lead = desk.speaker(one.language).phrase("told")
            return _Letter(one, turn, outgoing.messages(turn.reply, desk.library, lead))
        except Exception as error:  # noqa: BLE001 - one broken entry must not keep the others
            log.error("the entry %s cannot be told (%s)", one.entry, type(error).__name__)  # noqa: TRY400
            self._put_off(one)
            return None

    async def _send(self, letter: _Letter) -> Outcome:
        one, chat = letter.one, letter.one.chat or 0
        for number, part in enumerate(letter.parts):
            try:
                chat = await self._post(chat, part)
            except Exception as error:  # noqa: BLE001 - the others' must be written down
                log.warning("an answer was not told (%s)", type(error).__name__)
                became = judged(error)
                self._missed(one, error, became)
                # Behind a part that has arrived nothing is certain: it must not come twice.
                return Outcome.UNSURE if number and became is Outcome.LATER else became
        self._misses = 0
        return Outcome.TOLD

    def _missed(self, one: Waiting, error: Exception, became: Outcome) -> None:
        """Let one person wait, and everybody when Telegram says so or nothing arrives any more."""
        if became is Outcome.GONE:
            self._misses = 0
            return
        self._put_off(one)
        self._misses += 1
        if isinstance(error, RetryAfter) or self._misses >= self._pace.in_flight:
            self._held = max(self._held or 0.0, _seconds(error))

    def _put_off(self, one: Waiting) -> None:
        """Try a row again later, and each time later still."""
        now = time.monotonic()
        _, pause = self._later.get(one.id, (now, self._pace.backoff_seconds))
        self._later[one.id] = now + pause, min(2 * pause, self._pace.most_backoff_seconds)

    async def _post(self, chat: int, part: outgoing.Message) -> int:
        """Send a message; return the chat that it went to, which may have moved."""
        try:
            await outgoing.post(self._bot, chat, part, rate_limit_args=AT_ONCE)
        except ChatMigrated as moved:
            await outgoing.post(self._bot, moved.new_chat_id, part, rate_limit_args=AT_ONCE)
            return moved.new_chat_id
        return chat

    async def _write(self, effects: Sequence[Effect]) -> None:
        """Write what became of a message; what cannot be written stays taken, and is not sent."""
        for pause in _WRITE_PAUSES:
            await asyncio.sleep(pause)
            if await self._reception.try_commit(list(effects)):
                return


async def _written(
    connection: AsyncConnection, rows: Sequence[int], became: Outcome, now: datetime
) -> None:
    match became:
        case Outcome.TOLD | Outcome.GONE:
            await waiting.done(connection, rows)
        case Outcome.UNSURE:
            await waiting.unsure(connection, rows, now)
        case Outcome.LATER:
            await waiting.release(connection, rows)
        case _:
            assert_never(became)


def judged(error: Exception) -> Outcome:
    """Return what an error tells of the message: did it arrive?"""
    match error:
        case RetryAfter() | InvalidToken() | Conflict():
            return Outcome.LATER
        case Forbidden():  # blocked, deleted
            return Outcome.GONE
        case BadRequest():
            # Else the message itself is wrong: that is our fault, and may be mended.
            gone = any(words in str(error).casefold() for words in _NOBODY)
            return Outcome.GONE if gone else Outcome.LATER
        case NetworkError():
            return Outcome.LATER if _unsent(error) else Outcome.UNSURE
        case _:
            return Outcome.UNSURE


def _unsent(error: NetworkError) -> bool:
    """Tell whether a request has certainly done nothing.

    The library tells no code: without anything behind it the error is Telegram's own refusal, 500
    and above.  What a server between sends instead, or 504, says that nobody knows.
    """
    if error.__cause__ is not None:
        return isinstance(error.__cause__, _NOT_SENT)
    return not isinstance(error, TimedOut) and _UNKNOWN not in str(error).casefold()


def _seconds(error: Exception) -> float:
    if not isinstance(error, RetryAfter):
        return 0.0
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
