"""Wait for the database no longer than people wait for us."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Some = TypeVar("Some")

# Work that nobody waits for any more; the loop itself holds tasks by weak references only.
_left: set[asyncio.Task[Any]] = set()


class LateError(Exception):
    """Some work is not done in time; it goes on by itself."""


async def within(seconds: float, work: Coroutine[Any, Any, Some]) -> Some:
    """Return what some work gives, in time.

    Late work is left to itself, not cancelled: what it was to write may still be written, and the
    clean-up of a connection that hangs would hang too.

    Raises:
        LateError: It takes longer.
        Exception: Whatever the work raises.
    """
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=seconds)
    if task.done():
        return task.result()
    _left.add(task)
    task.add_done_callback(_ended)
    raise LateError


async def settled(seconds: float) -> None:
    """Wait for what was left to itself on this loop: it would be cut off when the loop closes."""
    ours = {task for task in _left if task.get_loop() is asyncio.get_running_loop()}
    if ours:
        await asyncio.wait(ours, timeout=seconds)


def _ended(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # taken, or the loop would print it
