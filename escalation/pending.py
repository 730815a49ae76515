"""Questions that may still reach staff: in memory for some minutes, lost at a restart.

An answer may be marked as not helpful, a suggestion may stay unchosen.  No text is held but what is
redacted.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from assistant import Question, Turn
from escalation import journal
from faq.decision import Suggest
from safety.words import Draft
from text import Language

PENDING_SECONDS = 900
MOST_PENDING = 50_000  # questions; a kilobyte or two each


@dataclass(slots=True)
class Memory:
    """One question, without its text.

    Attributes:
        ref: Names the row that it may become.
        question: Who asked, when, where; nothing of what.
        language: Of the reply.
        nearest: Entries and how likely each was, likeliest first.
        offered: Entries that were suggested; empty when it was answered.
        entry: What it was answered with; empty while suggestions stand.
        draft: What may be written of the text, or the work that makes it.
        until: When it is forgotten, in seconds of the clock.
    """

    ref: str
    question: Question
    language: Language
    nearest: list[tuple[str, float]]
    offered: frozenset[str]
    entry: str
    draft: "Draft | Future[Draft | None]" = field(repr=False)
    until: float = 0.0

    def answered(self, entry: str) -> None:
        """Note that one of the suggestions was opened."""
        self.entry, self.offered = entry, frozenset()


def memory(question: Question, turn: Turn, draft: "Draft | Future[Draft | None]") -> Memory:
    """Return what is to be remembered of a turn with an answer or with suggestions."""
    decision = turn.decision
    offered = frozenset(decision.entries) if isinstance(decision, Suggest) else frozenset()
    return Memory(
        turn.ref,
        journal.bare(question),
        turn.language,
        journal.nearest(turn),
        offered,
        getattr(decision, "entry", ""),
        draft,
    )


class Pending:
    """The memories, found by their ref or by who asked."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Start with none."""
        self._now = now
        self._kept: OrderedDict[str, Memory] = OrderedDict()  # the one that ends first is first
        self._of: dict[str, dict[str, None]] = {}  # refs by person, oldest first

    def put(self, made: Memory) -> None:
        """Remember a question from now on, or anew."""
        self.drop(made.ref)
        made.until = self._now() + PENDING_SECONDS
        self._kept[made.ref] = made
        self._of.setdefault(made.question.person, {})[made.ref] = None
        while len(self._kept) > MOST_PENDING:
            self.drop(next(iter(self._kept)))

    def find(self, person: str, ref: str, fits: Callable[[Memory], bool]) -> Memory | None:
        """Return the newest question that fits: the one with a ref or, without, of a person."""
        found = self._named(ref) if ref else self._asked_by(person)
        return next((one for one in found if one.until > self._now() and fits(one)), None)

    def _named(self, ref: str) -> Iterator[Memory]:
        if ref in self._kept:
            yield self._kept[ref]

    def _asked_by(self, person: str) -> Iterator[Memory]:
        if person:
            yield from (self._kept[ref] for ref in reversed(self._of.get(person, {})))

    def over(self) -> list[Memory]:
        """Return the questions whose time is over, oldest first; they stay until dropped."""
        found = []
        for one in self._kept.values():
            if one.until > self._now():
                break
            found.append(one)
        return found

    def drop(self, ref: str) -> None:
        """Forget a question."""
        gone = self._kept.pop(ref, None)
        if gone is not None:
            refs = self._of[gone.question.person]
            del refs[ref]
            if not refs:
                del self._of[gone.question.person]

    def forget(self, person: str) -> None:
        """Forget all questions of a person."""
        for ref in list(self._of.get(person, ())):
            self.drop(ref)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._of.clear()

    def __len__(self) -> int:
        """Return how many questions are remembered."""
        return len(self._kept)
