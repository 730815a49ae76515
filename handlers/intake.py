"""Fetch updates and acknowledge them only after they were handled, so that a crash loses none.

Telegram's own queue is our queue.  Each update is parsed alone, answered, and its effects are
committed together with its id; then the offset may pass it.  The offset moves to the lowest update
not yet handled, so one slow reply does not hold up the rest, and the table of handled ids drops
what Telegram sends again.  Order is kept within a chat; at most `in_flight` are handled at once.
"""

import asyncio
import contextlib
import itertools
import logging
import warnings
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from telegram import Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import Application
from telegram.warnings import PTBUserWarning

import assistant
from faq.decision import Note, Remark
from handlers import ledger as ledgers
from handlers import outgoing
from handlers.incoming import READ_SECONDS, caller
from handlers.patience import LateError, settled, within
from reception import Reception
from storage import updates

log = logging.getLogger("sehat.telegram")

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
POLL_SECONDS = 25
BATCH = 100
# While one update is slow, Telegram hands the same batch again at once.  Look again this often, and
# no oftener: an offset repeated within half a second gets a single update (its server's source).
NOTHING_NEW_SECONDS = 0.6
MOST_BACKOFF_SECONDS = 30
# More than SQLite waits for another writer; a server that does not answer must not keep the places.
WRITE_SECONDS = 15
# At the end; together less than `commands.run` gives.
DRAIN_SECONDS, SETTLE_SECONDS = 20, 8


class TokenError(Exception):
    """Telegram does not accept the token."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the intake is; tests are less so."""

    poll_seconds: int = POLL_SECONDS
    backoff_seconds: float = 1.0


class Intake:
    """Polls for one bot until it is stopped."""

    def __init__(
        self,
        app: Application,  # type: ignore[type-arg]
        reception: Reception,
        *,
        in_flight: int,
        attempts: int,
        timing: Timing | None = None,
    ) -> None:
        """Serve an application."""
        self._app, self._reception = app, reception
        self._attempts, self._timing = attempts, timing or Timing()
        self._slots = asyncio.Semaphore(in_flight)
        self._tails: dict[int, asyncio.Task[None]] = {}  # the last task of each chat
        self._open: dict[int, asyncio.Task[None]] = {}  # updates in hand
        self._done: set[int] = set()  # handled, offset not yet past them
        self._offset = 0
        self._writes = True  # whether the database took what was written last
        self._progress = asyncio.Event()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Poll until `stop`.

        Raises:
            TokenError: Telegram does not accept the token.
        """
        backoff = self._timing.backoff_seconds
        while not self._stopping.is_set():
            try:
                found = await self._fetch()
                backoff = self._timing.backoff_seconds
            except (InvalidToken, EndPointNotFound) as error:  # 401 and 404 mean the same here
                raise TokenError from error
            except TelegramError as error:
                pause = backoff
                if isinstance(error, RetryAfter):
                    pause = _seconds(error)
                elif isinstance(error, Conflict):
                    log.warning("another program fetches this bot's updates; stop it: only one may")
                elif not isinstance(error, TimedOut):
                    log.warning("Telegram cannot be reached (%s)", type(error).__name__)
                await self._pause(pause)
                backoff = min(2 * backoff, MOST_BACKOFF_SECONDS)
                continue
            if not await self._take(found) and self._open:
                self._progress.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._progress.wait(), NOTHING_NEW_SECONDS)
        await self._drain()

    def stop(self) -> None:
        """Take no more; `run` returns when what is in hand is done and acknowledged."""
        self._stopping.set()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _fetch(self, seconds: int | None = None) -> list[dict[str, Any]]:
        """Return the raw updates from the offset on; this acknowledges those before it."""
        wait = self._timing.poll_seconds if seconds is None else seconds
        # While something is in hand its acknowledgement must not wait for the next message.
        wait = min(wait, 1) if self._open else wait
        with warnings.catch_warnings():
            # Raw on purpose: parsed together, one update that the library can't read would
            # take the others of its batch with it.
            warnings.simplefilter("ignore", PTBUserWarning)
            polled = asyncio.ensure_future(
                self._app.bot.do_api_request(
                    "getUpdates",
                    api_kwargs={
                        "offset": self._offset,
                        "limit": BATCH,
                        "timeout": wait,
                        "allowed_updates": list(ALLOWED),
                    },
                    read_timeout=wait + 10,
                )
            )
            stopping = asyncio.ensure_future(self._stopping.wait())
            try:
                await asyncio.wait({polled, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not polled.done() and seconds is None:
                    polled.cancel()
                    return []
                found = await polled
            finally:
                stopping.cancel()
                polled.cancel()
        return [
            raw for raw in found if isinstance(raw, dict) and isinstance(raw.get("update_id"), int)
        ]

    async def _take(self, found: list[dict[str, Any]]) -> bool:
        """Start what is new; return whether anything was."""
        new = [
            raw for raw in found if raw["update_id"] not in self._open | dict.fromkeys(self._done)
        ]
        known = await self._known([raw["update_id"] for raw in new]) if new else set()
        for raw in new:
            if raw["update_id"] in known:
                self._finish(raw["update_id"])
            else:
                self._start(raw)
        self._advance(found)
        return bool(new)

    async def _known(self, numbers: list[int]) -> set[int]:
        """Return which of some updates were handled before; none if the database cannot be read.

        Then one that was in flight at a crash may be answered twice, but nobody waits in vain.
        """
        try:
            return await within(READ_SECONDS, self._handled(numbers))
        except Exception as error:  # noqa: BLE001 - a lost disk or server
            log.error("what was handled cannot be read (%s)", type(error).__name__)  # noqa: TRY400
            return set()

    async def _handled(self, numbers: list[int]) -> set[int]:
        async with self._reception.store.read() as connection:
            return await updates.known(connection, numbers)

    def _start(self, raw: dict[str, Any]) -> None:
        number, chat = raw["update_id"], _chat(raw)
        before = self._tails.get(chat)
        task = asyncio.create_task(self._handle(raw, before), name=f"update {number}")
        self._open[number] = self._tails[chat] = task
        task.add_done_callback(partial(self._ended, number, chat))

    def _ended(self, number: int, chat: int, task: asyncio.Task[None]) -> None:
        self._open.pop(number, None)
        if self._tails.get(chat) is task:
            del self._tails[chat]
        if task.cancelled():
            return
        if error := task.exception():
            # Not marked as handled: Telegram will send it again.
            log.error("an update could not be handled", exc_info=error)
        else:
            self._finish(number)
        self._progress.set()

    def _finish(self, number: int) -> None:
        self._done.add(number)

    def _advance(self, found: list[dict[str, Any]]) -> None:
        """Move the offset to the lowest update that is not done."""
        for number in sorted(raw["update_id"] for raw in found):
            if number not in self._done:
                break
            self._offset = max(self._offset, number + 1)
        self._done = {number for number in self._done if number >= self._offset}

    async def _handle(self, raw: dict[str, Any], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        async with self._slots:
            number = raw["update_id"]
            try:
                update = Update.de_json(raw, self._app.bot)
            except Exception as error:  # whatever the library can't read
                log.exception("update %d (%s) is set aside", number, _kind(raw))
                await self._troubled(number, _kind(raw), error)
                await self._commit(number, ledgers.Ledger())
                return
            await self._process(number, raw, update)

    async def _process(self, number: int, raw: dict[str, Any], update: Update) -> None:
        pause = self._timing.backoff_seconds
        for tried in itertools.count(1):
            ledger = ledgers.opened()
            await self._app.process_update(update)
            error = ledger.error
            if error is None or isinstance(error, Forbidden | ChatMigrated):
                # Who blocked us wants no reply; the question still counts.
                await self._commit(number, ledger)
                return
            log.warning(
                "update %d (%s): %s", number, _kind(raw), type(error).__name__, exc_info=error
            )
            tries = max(tried, await self._troubled(number, _kind(raw), error))
            hopeless = isinstance(error, BadRequest) or not isinstance(error, NetworkError)
            if tries >= self._attempts or (
                hopeless and not isinstance(error, RetryAfter) and tries > 1
            ):
                await self._apologise(update)
                log.error("update %d (%s) is set aside", number, _kind(raw))
                await self._commit(number, ledger)
                return
            await asyncio.sleep(_seconds(error) if isinstance(error, RetryAfter) else pause)
            pause = min(2 * pause, MOST_BACKOFF_SECONDS)

    async def _commit(self, number: int, ledger: ledgers.Ledger) -> None:
        """Write the effects with the id.  The reply is out: only the writing is tried again.

        While nothing can be written it is tried once: other people wait for this one's place.
        """
        mark = partial(updates.mark, update_id=number, at=self._reception.clock())
        tries = self._attempts if self._writes else 1
        for left in reversed(range(tries)):
            try:
                await within(WRITE_SECONDS, self._reception.commit([*ledger.effects, mark]))
            except Exception as error:  # noqa: BLE001 - a full disk, a lost server
                log.error(  # noqa: TRY400 - the trace says no more
                    "update %d was answered but cannot be written (%s)",
                    number,
                    type(error).__name__,
                )
                if isinstance(error, LateError):
                    break  # it may still be written
                if left:
                    pause = 2 ** (tries - left - 1) * self._timing.backoff_seconds
                    await asyncio.sleep(min(pause, MOST_BACKOFF_SECONDS))
            else:
                self._writes = True
                return
        self._writes = False

    async def _troubled(self, number: int, kind: str, error: Exception) -> int:
        """Note a failed try; return how many are noted, 0 if the database cannot be written."""
        try:
            return await within(WRITE_SECONDS, self._noted(number, kind, type(error).__name__))
        except Exception as fault:  # noqa: BLE001 - a full disk, a lost server
            log.error("a failed try cannot be noted (%s)", type(fault).__name__)  # noqa: TRY400
            return 0

    async def _noted(self, number: int, kind: str, error: str) -> int:
        async with self._reception.store.begin() as connection:
            return await updates.trouble(connection, number, kind, error, self._reception.clock())

    async def _apologise(self, update: Update) -> None:
        """Say that no answer is coming, with the emergency number, if that much gets through."""
        chat = update.effective_chat
        if chat is None:
            return
        with contextlib.suppress(Exception):
            who = await caller(update, self._reception)
            desk = self._reception.desk
            turn = assistant.remark(Note(Remark.FAULT), who.language(desk.default_language), desk)
            for part in outgoing.messages(turn.reply, desk.library):
                await self._app.bot.send_message(chat.id, part.html, parse_mode="HTML")

    async def _drain(self) -> None:
        """Finish what is in hand, then acknowledge it."""
        if self._open:
            await asyncio.wait(set(self._open.values()), timeout=DRAIN_SECONDS)
        self._offset = max([self._offset, *(number + 1 for number in self._leading())])
        with contextlib.suppress(TelegramError):
            await self._fetch(0)
        await settled(SETTLE_SECONDS)

    def _leading(self) -> list[int]:
        """Return the handled updates before the first that is still open."""
        first = min(self._open, default=None)
        return [number for number in self._done if first is None or number < first]


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _kind(raw: dict[str, Any]) -> str:
    return next((key for key in raw if key != "update_id"), "empty")[:32]


def _chat(raw: dict[str, Any]) -> int:
    """Return the chat of a raw update, to keep its order; 0 when it can't be told."""
    for value in raw.values():
        if isinstance(value, dict):
            holder = value.get("message") if "chat" not in value else value
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return 0
