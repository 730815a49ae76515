"""The bot's queue of updates: made, waiting, handed out, confirmed (Bot API, getUpdates)."""

import asyncio
import math
import time
from itertools import islice, takewhile
from typing import Any

from fakes.bot_api.bell import Bell
from fakes.bot_api.refusals import OTHER_POLLER, RefusalError, conflict

Update = dict[str, Any]

# An empty list of allowed_updates means all kinds but these (Bot API, getUpdates).
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
FIRST_ID = 700_000_001
SAME_OFFSET_SECONDS = 0.5


class Updates:
    """Waiting updates in order of their ids; an id is never used twice."""

    def __init__(self) -> None:
        self.waiting: dict[int, Update] = {}
        self.confirmed: list[int] = []
        self.allowed: list[str] = []
        self.held = False
        self.same_offset_seconds = SAME_OFFSET_SECONDS
        self.bell = Bell()
        self._made: dict[int, Update] = {}
        self._again: set[int] = set()
        self._next_id = FIRST_ID
        self._poll: asyncio.Future[None] | None = None
        self._polled = (0, -math.inf)  # offset and time of the last poll

    def wanted(self, kind: str) -> bool:
        """Tell whether the bot asked for this kind; decided when an update is made, not later."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def add(self, kind: str, content: dict[str, Any]) -> Update | None:
        """Queue one update, None if the bot did not ask for its kind."""
        return self.inject({kind: content}) if self.wanted(kind) else None

    def inject(self, raw: Update) -> Update:
        """Queue anything; it keeps its own update_id, or gets the next one."""
        number = raw.get("update_id", self._next_id)
        self._next_id = max(self._next_id, number + 1)
        update = {"update_id": number} | raw
        self._made[number] = update
        self._put(number)
        return update

    def redeliver(self, number: int) -> None:
        """Hand out an update once more, though it is confirmed: Telegram lost the confirmation."""
        if number not in self.waiting:
            self._again.add(number)
        self._put(number)

    def _put(self, number: int) -> None:
        behind = bool(self.waiting) and number < next(reversed(self.waiting))
        self.waiting[number] = self._made[number]
        if behind:
            self.waiting = dict(sorted(self.waiting.items()))
        self.bell.ring()

    def confirm(self, number: int) -> None:
        """Forget one update: the webhook answered 2xx."""
        if self.waiting.pop(number, None) is not None:
            self.confirmed.append(number)
            self._again.discard(number)
            self.bell.ring()

    def confirm_below(self, offset: int) -> None:
        """Forget what is before the offset; a negative one keeps that many from the end."""
        if offset < 0:
            done = list(self.waiting)[:offset]
        else:
            done = list(takewhile(lambda number: number < offset, self.waiting))
        for number in done:
            if number not in self._again:
                del self.waiting[number]
                self.confirmed.append(number)

    def drop(self) -> None:
        """Forget all that waits, unconfirmed (drop_pending_updates)."""
        self.waiting.clear()
        self._again.clear()

    def end_poll(self, refused: RefusalError) -> None:
        """End the long poll that is under way with a 409."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(refused)

    async def poll(
        self, offset: int, limit: int, seconds: int, hung_up: asyncio.Future[None]
    ) -> list[Update]:
        """Wait for updates, as one getUpdates does.

        Raises:
            RefusalError: A younger poll came; Telegram ends the older one.
        """
        self.confirm_below(offset)
        if batch := self._batch(self._limit(offset, limit)):
            return batch
        ends_at = time.monotonic() + seconds
        if seconds > 0:
            # only a poll that waits ends another one (Client.cpp, do_get_updates)
            self.end_poll(conflict(OTHER_POLLER))
            ended = self._poll = asyncio.get_running_loop().create_future()
            try:
                await self._wait(ends_at, ended, hung_up)
            finally:
                ended.cancel()
        return self._batch(limit)

    async def _wait(
        self, ends_at: float, ended: asyncio.Future[None], hung_up: asyncio.Future[None]
    ) -> None:
        while not hung_up.done() and (self.held or not self.waiting):
            left = ends_at - time.monotonic()
            if left <= 0:
                return
            change = {self.bell.next(), ended, hung_up}
            await asyncio.wait(change, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                ended.result()

    def _limit(self, offset: int, limit: int) -> int:
        """Return 1 for the offset of a poll that began less than 0.5 s ago.

        Telegram does so (Client.cpp, process_get_updates_query): a bot that asks again before it
        confirmed anything sees only the oldest update. Telegram also makes such a poll wait for 3
        seconds if it asked for less; the fake does not, for the sake of short tests.
        """
        now = time.monotonic()
        before, self._polled = self._polled, (offset, now)
        return 1 if before[0] == offset and now < before[1] + self.same_offset_seconds else limit

    def _batch(self, limit: int) -> list[Update]:
        if self.held:
            return []
        numbers = list(islice(self.waiting, limit))
        self._again.difference_update(numbers)
        return [self.waiting[number] for number in numbers]
