"""Wait for the database no longer than people wait for us."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Some = TypeVar("Some")

# Work that was given up and is ending; the loop itself holds tasks by weak references only.
_ending: set[asyncio.Task[Any]] = set()


async def within(seconds: float, work: Coroutine[Any, Any, Some]) -> Some:
    """Return what some work gives, in time.

    Work that is late is cancelled and not waited for: even a connection's clean-up may hang.

    Raises:
        TimeoutError: It takes longer.
        Exception: Whatever the work raises.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
    finally:
        if not task.done():
            task.cancel()
            _ending.add(task)
            task.add_done_callback(_ended)
    raise TimeoutError


def _ended(task: asyncio.Task[Any]) -> None:
    _ending.discard(task)
    if not task.cancelled():
        task.exception()  # taken, or the loop would print it
