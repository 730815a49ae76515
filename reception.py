"""The running desk: swapped when files change, asked on worker threads, not too often."""

import asyncio
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

import assistant
from assistant import Channel, Desk, Question, Turn
from escalation import journal
from faq.decision import Emergency, Note, Remark
from storage import people
from storage.retention import Days
from storage.store import Store
from text import Language
from yamlfile import Problem

log = logging.getLogger("sehat")

Effect = Callable[[AsyncConnection], Awaitable[object]]
"""Something to write, in the transaction that ends a turn."""
Clock = Callable[[], datetime]

MOST_PEOPLE = 50_000
PENDING_SECONDS = 900


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered between messages, in memory only, for a few minutes."""

    until: float
    turn: Turn
    question: Question


class Throttle:
    """A bucket of questions for each person, refilled by the minute.  In memory only."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        """Start with every bucket full."""
        self._most, self._now = per_minute, now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, person: str) -> int:
        """Take one question; return the seconds to wait, 0 when it may be asked."""
        now = self._now()
        left, then = self._buckets.pop(person, (float(self._most), now))
        left = min(float(self._most), left + (now - then) * self._most / 60)
        allowed = left >= 1
        self._buckets[person] = (left - 1 if allowed else left, now)
        while len(self._buckets) > MOST_PEOPLE:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) * 60 / self._most))


class Reception:
    """What every channel talks to.  One for each process."""

    def __init__(  # noqa: PLR0913 - the composition root hands over everything once
        self,
        desk: Desk,
        store: Store,
        key: bytes,
        *,
        workers: int,
        per_minute: int,
        days: Days,
        privacy_contact: str = "",
        clock: Clock = utc_now,
    ) -> None:
        """Take the desk into service."""
        self.days = days
        self._privacy_contact = privacy_contact
        self.desk, self.store, self.clock = desk, store, clock
        self.problems: tuple[Problem, ...] = ()  # of the last reload; the last good desk serves
        self._key = key
        self._throttle = Throttle(per_minute)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="asking")
        self._pending: OrderedDict[str, Memory] = OrderedDict()

    def person(self, channel: Channel, number: int | str) -> str:
        """Return the keyed hash under which a person is known."""
        return people.hashed(self._key, channel, number)

    async def choice(self, person: str) -> Language | None:
        """Return the language that a person chose."""
        async with self.store.read() as connection:
            return await people.language(connection, person)

    async def ask(self, question: Question) -> Turn:
        """Answer a question, off the event loop.  Too many are held back, emergencies never."""
        loop = asyncio.get_running_loop()
        turn = await loop.run_in_executor(self._pool, assistant.answer, question, self.desk)
        seconds = self._throttle.wait(question.person) if question.person else 0
        if seconds and not isinstance(turn.decision, Emergency):
            return assistant.remark(Note(Remark.TOO_MANY, seconds), turn.language, self.desk)
        if turn.pending is not None and question.person:
            self._remember(question, turn)
        return turn

    def _remember(self, question: Question, turn: Turn) -> None:
        self._pending[question.person] = Memory(time.monotonic() + PENDING_SECONDS, turn, question)
        self._pending.move_to_end(question.person)
        while len(self._pending) > MOST_PEOPLE:
            self._pending.popitem(last=False)

    def none_of_these(self, person: str, language: Language) -> tuple[Turn, list[Effect]]:
        """Return the turn of “none of these” and what to write: it is unmatched after all."""
        memory = self._pending.pop(person, None)
        if memory is None or memory.until < time.monotonic():
            return assistant.unmatched(language, None, self.desk), []
        turn = assistant.unmatched(memory.turn.language, memory.turn.pending, self.desk)
        return turn, [self.kept(memory.question, turn)]

    def kept(self, question: Question, turn: Turn) -> Effect:
        """Return what writes a turn down."""
        record = journal.record(question, turn, self.desk.library)

        async def write(connection: AsyncConnection) -> None:
            await journal.write(connection, record)
            await people.seen(connection, question.person, question.asked_at.date())

        return write

    async def commit(self, effects: list[Effect]) -> None:
        """Carry effects out in one transaction."""
        async with self.store.begin() as connection:
            for effect in effects:
                await effect(connection)

    async def try_commit(self, effects: list[Effect]) -> bool:
        """Carry effects out; what goes wrong is logged, for the reply matters more."""
        try:
            await self.commit(effects)
        except Exception as error:  # noqa: BLE001 - a full disk, a lost server
            log.error("a turn cannot be written (%s)", type(error).__name__)  # noqa: TRY400
            return False
        return True

    def privacy(self, language: Language) -> str:
        """Return what is kept, from the settings in force."""
        say = self.desk.speaker(language)
        text = say.phrase(
            "privacy", unmatched_days=self.days.unmatched, person_days=self.days.person
        )
        contact = say.phrase("privacy_contact", privacy_contact=self._privacy_contact)
        return f"{text}\n\n{contact}".strip()

    def close(self) -> None:
        """Let the workers go."""
        self._pool.shutdown(cancel_futures=True)
