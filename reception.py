"""The running desk: swapped when files change, asked on worker threads, not too often."""

import asyncio
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

import assistant
from assistant import Channel, Desk, Question, Turn
from escalation import journal, words
from faq.decision import Emergency, Note, Remark
from storage import people
from storage.cipher import Cipher
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
# The two-message window: how long the last message counts, and how short it must be.  The privacy
# text (faq/phrases) tells people of the two minutes.
WINDOW_SECONDS = 120
MOST_CARRIED, MOST_CARRIED_WORDS = 200, 12  # characters, words


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


class Window:
    """The last short message of each person, until the next one comes.  In memory only.

    People part a cry for help over two messages; `Question.before` tells what it is for.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing."""
        self._now = now
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def put(self, person: str, text: str) -> None:
        """Keep a person's message instead of the one before."""
        self.drop(person)
        self._kept[person] = (self._now() + WINDOW_SECONDS, text)
        while len(self._kept) > MOST_PEOPLE:
            self._kept.popitem(last=False)

    def last(self, person: str) -> str:
        """Return a person's last message, or nothing."""
        self.expire()
        return self._kept.get(person, (0.0, ""))[1]

    def drop(self, person: str) -> None:
        """Drop a person's message."""
        self._kept.pop(person, None)

    def expire(self) -> None:
        """Drop what is older than the window."""
        while self._kept and next(iter(self._kept.values()))[0] <= self._now():
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()

    def __len__(self) -> int:
        """Return how many messages are kept."""
        return len(self._kept)


def is_short(text: str) -> bool:
    """Tell whether a message may be looked at together with the next one."""
    return len(text) <= MOST_CARRIED and len(text.split()) <= MOST_CARRIED_WORDS


def carried(question: Question, turn: Turn) -> str:
    """Return what of a message is remembered for the person's next one, or nothing.

    Only a short one that is no emergency itself and that the person wrote.
    """
    own = not question.forwarded and not isinstance(turn.decision, Emergency)
    return question.text if own and is_short(question.text) else ""


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
        older_keys: Sequence[bytes] = (),
        cipher: Cipher | None = None,
        privacy_contact: str = "",
        clock: Clock = utc_now,
    ) -> None:
        """Take the desk into service."""
        self.days = days
        self._privacy_contact = privacy_contact
        self._desk, self.store, self.clock = desk, store, clock
        self.problems: tuple[Problem, ...] = ()  # of the last reload; the last good desk serves
        self._key, self._older_keys = key, older_keys
        self._cipher = cipher or Cipher()
        self._throttle = Throttle(per_minute)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="asking")
        self._pending: OrderedDict[str, Memory] = OrderedDict()
        self._window = Window()

    @property
    def desk(self) -> Desk:
        """The desk in service, as of today."""
        self._desk = self._desk.on(self.clock().date())
        return self._desk

    @desk.setter
    def desk(self, desk: Desk) -> None:
        self._desk = desk

    def person(self, channel: Channel, number: int | str) -> str:
        """Return the keyed hash under which a person is known."""
        return people.hashed(self._key, channel, number)

    async def older(self, channel: Channel, number: int | str) -> list[str]:
        """Return the hashes under older keys that anything of a person is kept under."""
        if not self._older_keys:
            return []
        names = [people.hashed(key, channel, number) for key in self._older_keys]
        async with self.store.read() as connection:
            return await people.known(connection, *names)

    async def choice(self, *names: str) -> Language | None:
        """Return the language that a person chose, by the hashes under each key, newest first."""
        async with self.store.read() as connection:
            return await people.language(connection, *names)

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

    def joined(self, question: Question) -> Question:
        """Return a question together with the last message of the person who asks it.

        For channels that know persons and where nobody reads along: an address may be shared.
        """
        if question.forwarded:
            return question
        return replace(question, before=self._window.last(question.person))

    def carry(self, question: Question, turn: Turn) -> None:
        """Remember a message for the person's next one, and drop the one before it.

        To be called when the reply is out: a message that is tried again must find the same.
        """
        if question.forwarded:
            return
        text = carried(question, turn)
        if not text:
            self._window.drop(question.person)
            return
        self._window.put(question.person, text)
        # Also when nobody writes any more; the second more is for the clock's grain.
        asyncio.get_running_loop().call_later(WINDOW_SECONDS + 1, self._window.expire)

    def forget(self, person: str) -> None:
        """Drop what is remembered of a person between messages."""
        self._window.drop(person)
        self._pending.pop(person, None)

    def _remember(self, question: Question, turn: Turn) -> None:
        until, question = time.monotonic() + PENDING_SECONDS, replace(question, before="")
        self._pending[question.person] = Memory(until, turn, question)
        self._pending.move_to_end(question.person)
        while len(self._pending) > MOST_PEOPLE:
            self._pending.popitem(last=False)

    def none_of_these(self, person: str, language: Language) -> tuple[Turn, list[Effect]]:
        """Return the turn of “none of these” and what to write: it is unmatched after all."""
        memory = self._pending.pop(person, None)
        if memory is None or memory.until < time.monotonic():
            return assistant.unmatched(language, None, self.desk), []
        turn = assistant.unmatched(memory.turn.language, memory.turn.pending, self.desk)
        return turn, [self.kept(memory.question, replace(turn, draft=memory.turn.draft))]

    def kept(self, question: Question, turn: Turn) -> Effect:
        """Return what writes a turn down."""
        record = journal.record(question, turn, self.desk.library)
        day = question.asked_at.date()
        # An address is no person: many share one, one has several.  And the page keeps none.
        counted = question.person if question.channel == "telegram" else ""
        keys = (self._key, *self._older_keys)

        async def write(connection: AsyncConnection) -> None:
            text = turn.kept
            if text is not None and turn.draft is not None:
                text = await words.shown(connection, turn.draft, keys, counted, day)
            await journal.write(connection, record, self._cipher, text)
            await people.seen(connection, question.person, day)

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
        """Let the workers go, and what is remembered."""
        self._window.clear()
        self._pending.clear()
        self._pool.shutdown(cancel_futures=True)
