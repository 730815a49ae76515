"""The running desk: swapped when files change, asked on worker threads, not too often."""

import asyncio
import contextlib
import logging
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

import assistant
from assistant import Channel, Desk, Question, Turn
from escalation import grouping, journal, waiting, words
from escalation.journal import Why
from escalation.pending import Memory, Pending, memory
from faq.decision import Answer, Emergency, Note, Remark, Suggest
from safety.screen import Screening
from safety.words import Draft
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
# How often suggestions are looked for whose time is over.
OVERDUE_SECONDS = 20
REF_BYTES = 12
# The two-message window: how long the last message counts, and how short it must be.  The privacy
# text (faq/phrases) tells people of the two minutes.
WINDOW_SECONDS = 120
MOST_CARRIED, MOST_CARRIED_WORDS = 200, 12  # characters, words


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


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


def _counted(question: Question) -> str:
    """Return who is counted as having asked, or nobody.

    An address is no person: many share one, one has several.  And the page keeps none.
    """
    return question.person if question.channel == "telegram" else ""


def _drafted(question: Question, screening: Screening, desk: Desk) -> Draft | None:
    """Return what may be written of a message; nothing, whatever goes wrong."""
    try:
        return assistant.keepable(question, screening, desk)
    except Exception:  # noqa: BLE001 - no text may come out with an error
        return None


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
        self._pending = Pending()
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
        started, desk = time.perf_counter(), self.desk
        loop = asyncio.get_running_loop()
        turn = await loop.run_in_executor(self._pool, assistant.answer, question, desk)
        seconds = self._throttle.wait(question.person) if question.person else 0
        if seconds and not isinstance(turn.decision, Emergency):
            return assistant.remark(Note(Remark.TOO_MANY, seconds), turn.language, self.desk)
        ms = round(1000 * (time.perf_counter() - started))
        turn = replace(turn, ref=secrets.token_urlsafe(REF_BYTES), ms=ms)
        known = self._remember(question, turn, desk) or turn.kept is not None
        return turn if known else replace(turn, ref="")

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
        self._pending.forget(person)

    def _remember(self, question: Question, turn: Turn, desk: Desk) -> bool:
        """Remember what may still reach staff; tell whether anything may."""
        if not question.person:
            return False
        if turn.draft is not None and isinstance(turn.decision, Suggest):
            self._pending.put(memory(question, turn, turn.draft))
            return True
        seen = turn.screening
        if not (isinstance(turn.decision, Answer) and seen):
            return False
        if not assistant.may_keep(question, seen):
            return False
        # Redacted beside the reply, which need not wait for it, so that no words stay in memory.
        made = self._pool.submit(_drafted, question, seen, desk)
        self._pending.put(memory(question, turn, made))
        return True

    def none_of_these(
        self, person: str, language: Language, ref: str = ""
    ) -> tuple[Turn, list[Effect]]:
        """Return the turn of “none of these” and what to write: it is unmatched after all.

        Which question is meant says the ref or, without one, the person: the newest.
        """
        found = self._pending.find(person, ref, lambda one: not one.entry)
        if found is None or not isinstance(found.draft, Draft):
            return assistant.unmatched(language, None, self.desk), []
        self._pending.drop(found.ref)
        turn = assistant.unmatched(found.language, found.draft.shown(), self.desk)
        turn = replace(turn, draft=found.draft, ref=found.ref)
        return turn, [self.kept(found.question, turn, "none_of_these", found.nearest)]

    def pressed(self, person: str, entry: str, ref: str = "") -> None:
        """Note that an entry was opened: if it was suggested, the question counts as answered."""
        found = self._pending.find(person, ref, lambda one: entry in one.offered)
        if found is not None:
            found.answered(entry)
            self._pending.put(found)

    async def voted(self, person: str, entry: str, ref: str = "", *, helpful: bool) -> list[Effect]:
        """Return what to write of a vote, beside the vote: a question that was not helped.

        What is remembered stays until that is written: a press may be tried again.
        """
        found = self._pending.find(person, ref, lambda one: one.entry == entry)
        if found is None:
            return []
        if helpful:
            self._pending.drop(found.ref)
            return []
        draft = found.draft
        made = draft if isinstance(draft, Draft) else await asyncio.wrap_future(draft)
        return [] if made is None else [self._passed_on(found, made, "not_helpful")]

    def _passed_on(self, found: Memory, draft: Draft, why: Why) -> Effect:
        """Return what writes a remembered question for staff, once."""
        asked, answered = found.question, found.entry or None

        async def write(connection: AsyncConnection) -> None:
            if await journal.has(connection, found.ref):
                return
            text = await self._shown(connection, draft, asked)
            row = journal.queued(
                asked,
                found.language,
                text,
                found.nearest,
                why=why,
                entry=answered,
                ref=found.ref,
            )
            await journal.put(connection, row, self._cipher, _counted(asked))
            self._pending.drop(found.ref)

        return write

    async def write_overdue(self) -> int:
        """Write the suggestions that nobody chose in time; return how many there were.

        What cannot be written is tried again.
        """
        over = self._pending.over()
        unchosen = [one for one in over if not one.entry and isinstance(one.draft, Draft)]
        effects = [
            self._passed_on(one, one.draft, "not_chosen")
            for one in unchosen
            if isinstance(one.draft, Draft)
        ]
        if not effects or await self.try_commit(effects):
            for one in over:
                self._pending.drop(one.ref)
        return len(effects)

    async def keep_up(self, stopping: asyncio.Event) -> None:
        """Write what is overdue, again and again, until told to stop."""
        while not stopping.is_set():
            await self.write_overdue()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), OVERDUE_SECONDS)

    def kept(
        self,
        question: Question,
        turn: Turn,
        why: Why = "unmatched",
        near: list[tuple[str, float]] | None = None,
    ) -> Effect:
        """Return what writes a turn down.

        Args:
            question: What was asked.
            turn: What became of it.
            why: How it comes to staff, if it does.
            near: What was nearest, where the turn does not know it.
        """
        record = journal.record(question, turn, why, near)

        async def write(connection: AsyncConnection) -> None:
            text = turn.kept
            if text is not None and turn.draft is not None:
                text = await self._shown(connection, turn.draft, question)
            await journal.write(connection, record, self._cipher, text, _counted(question))
            await people.seen(connection, question.person, question.asked_at.date())

        return write

    async def _shown(self, connection: AsyncConnection, draft: Draft, question: Question) -> str:
        keys, day = (self._key, *self._older_keys), question.asked_at.date()
        return await words.shown(connection, draft, keys, _counted(question), day)

    def _every(self, channel: Channel, number: int | str) -> tuple[Sequence[bytes], list[str]]:
        """Return all keys, and the hashes of a person under them."""
        keys = (self._key, *self._older_keys)
        return keys, [people.hashed(key, channel, number) for key in keys]

    async def counted(
        self, connection: AsyncConnection, channel: Channel, number: int | str
    ) -> Sequence[grouping.Counted]:
        """Return in which groups of questions a person is counted, under any key."""
        return await grouping.counted(connection, *self._every(channel, number))

    def uncounted(self, channel: Channel, number: int | str) -> Effect:
        """Return what takes a person out of the counts of all groups."""
        keys, names = self._every(channel, number)
        return partial(grouping.forget, keys=keys, names=names)

    async def waits(self, ref: str, *names: str) -> tuple[date | None, bool]:
        """Tell until when somebody can wait for an answer, None if not any more, and who does.

        Args:
            ref: Of the question; anything, if it was forged.
            names: The hashes of the person, one under each key.

        Returns:
            The last day, and whether the person waits for it already.
        """
        async with self.store.read() as connection:
            again = await waiting.waits(connection, ref, *names)
            today = self.clock().date()
            return await waiting.last_day(connection, ref, today, self.days), again

    def wait(self, person: str, ref: str, chat: int, language: Language, until: date) -> Effect:
        """Return what notes that a person wants to be told of an answer."""
        return partial(
            waiting.ask,
            cipher=self._cipher,
            person=person,
            ref=ref,
            chat=chat,
            language=language,
            until=until,
        )

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
            "privacy",
            unmatched_days=self.days.unmatched,
            person_days=self.days.person,
            tell_days=min(self.days.tell, self.days.unmatched),
        )
        contact = say.phrase("privacy_contact", privacy_contact=self._privacy_contact)
        return f"{text}\n\n{contact}".strip()

    def close(self) -> None:
        """Let the workers go, and what is remembered."""
        self._window.clear()
        self._pending.clear()
        self._pool.shutdown(cancel_futures=True)
