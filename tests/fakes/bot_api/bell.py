"""Waiting for something to change, without looking again and again."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Bell:
    """Wakes everybody who waits for a change."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    def next(self) -> asyncio.Future[None]:
        """Return a future that is done at the next ring."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        return future

    async def until(self, found: Callable[[], Found | None], seconds: float, what: str) -> Found:
        """Return the first result of `found` that is not None.

        Raises:
            TimeoutError: Nothing was found in time; the message says `what` was awaited.
        """
        ends_at = time.monotonic() + seconds
        while (result := found()) is None:
            left = ends_at - time.monotonic()
            if left <= 0:
                msg = f"waited {seconds} s for {what}"
                raise TimeoutError(msg)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.next(), left)
        return result
