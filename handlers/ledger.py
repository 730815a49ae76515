"""What one update leads to: effects to write once it was answered, and trouble on the way.

The library calls handlers and swallows their exceptions; the intake must know both.  A context
variable carries them, because handlers run in the task that the intake started.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field

from reception import Effect


@dataclass(slots=True)
class Ledger:
    """The effects and the first error of one update."""

    effects: list[Effect] = field(default_factory=list)
    error: Exception | None = None


_current: ContextVar[Ledger] = ContextVar("ledger")


def opened() -> Ledger:
    """Start a ledger for the update that this task handles."""
    ledger = Ledger()
    _current.set(ledger)
    return ledger


def ledger() -> Ledger:
    """Return the ledger of the update in hand."""
    return _current.get()
