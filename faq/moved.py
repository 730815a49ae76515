"""What else a new wording would move: questions that would find its entry instead.  Pure.

The real ranker is asked, over an index with one more row.  Whitening, head and what was learnt
stay as they are, and only what is near the new wording is asked: so it takes a fraction of a second
where making everything anew takes a minute.  docs/decisions.md says how often the two agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz import fuzz

from faq.index import Floats, Index, Ints, Row
from faq.learn import Known, hidden_from_itself
from faq.match import Matcher, Ranking, ask, rank
from faq.signals import letters, skeleton

MOST_ASKED = 250
"""Of wordings, and of labelled questions: the nearest ones."""
NEAR = 0.15
"""A cosine, of meaning, letters or sounds; what is less like the new wording is not asked."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that a new wording would draw to its entry.

    Attributes:
        text: A wording of another entry, or a labelled question.
        wanted: The entries that it should find; none if no entry answers it.
        before: The entry that it finds now; empty for none.
        after: The entry that it would find.
        labelled: It is a labelled question (`faq/questions`), no wording.
    """

    text: str
    wanted: frozenset[str]
    before: str
    after: str
    labelled: bool

    @property
    def good(self) -> bool:
        """Tell whether it should find the new wording's entry."""
        return self.after in self.wanted


def moved(
    matcher: Matcher,
    labelled: Sequence[Known],
    row: Row,
    vector: Floats,
    answer_at: float,
) -> list[Moved]:
    """Return what a new wording would move to its entry, wordings first.

    A wording is asked with itself hidden, as `bot.py check` does.  A labelled question that no
    entry answers counts as moved when it would be answered at once.

    Args:
        matcher: In service.
        labelled: Labelled questions, with the encoder's vectors.
        row: The new wording, its entry's place in the index, its form.
        vector: The encoder's, of the normalised wording.
        answer_at: The confidence from which questions are answered at once.
    """
    index = matcher.index
    whitened = index.whitened(vector)
    after = replace(matcher, index=index.with_row(row, whitened))
    return [
        *_wordings(matcher, after, row, whitened),
        *_labelled(matcher, after, labelled, row, whitened, answer_at),
    ]


def _wordings(before: Matcher, after: Matcher, row: Row, whitened: Floats) -> Iterator[Moved]:
    index, entry = before.index, before.index.entries[row.entry]
    behind = index.rows_of(row.entry).stop
    for near in _near_rows(index, row, whitened).tolist():
        found, _ = hidden_from_itself(after, near + (near >= behind))
        if found != entry:
            continue
        now, _ = hidden_from_itself(before, near)
        if now != entry:
            own = index.rows[near]
            yield Moved(own.text, frozenset({index.entries[own.entry]}), now, entry, labelled=False)


def _near_rows(index: Index, row: Row, whitened: Floats) -> Ints:
    """Return the rows of other entries that are most like a wording, likest first."""
    kinds = (
        index.vectors @ whitened,
        index.letters.likeness(letters(row.text)),
        index.sounds.likeness(skeleton(row.text)),
    )
    like = np.where(np.max(kinds, axis=0) > NEAR, np.sum(kinds, axis=0), -1).astype(np.float32)
    like[index.rows_of(row.entry)] = -1
    return _likest(like)


def _labelled(  # noqa: PLR0913, PLR0917 - before, after, and what is asked
    before: Matcher,
    after: Matcher,
    labelled: Sequence[Known],
    row: Row,
    whitened: Floats,
    answer_at: float,
) -> Iterator[Moved]:
    if not labelled:
        return
    index, entry = before.index, before.index.entries[row.entry]
    like = np.array([index.whitened(known.vector) @ whitened for known in labelled], np.float32)
    words = letters(row.text)
    same = np.array([fuzz.token_set_ratio(words, letters(known.text)) / 100 for known in labelled])
    near = np.where(np.maximum(like, same - 0.3) > NEAR, like + same, -1).astype(np.float32)
    for number in _likest(near).tolist():
        known = labelled[number]
        if _found(after, known, answer_at) != entry:
            continue
        now = _found(before, known, answer_at)
        if now != entry:
            yield Moved(known.text, known.entries, now, entry, labelled=True)


def _found(matcher: Matcher, known: Known, answer_at: float) -> str:
    """Return the entry that a labelled question finds; nothing where it is rightly not answered."""
    found: Ranking = rank(matcher, ask(matcher.index, known.text), known.vector, known.form)
    answered = bool(known.entries) or found.confidence() >= answer_at
    return found.candidates[0].entry if answered and found.candidates else ""


def _likest(like: Floats) -> Ints:
    order = np.argsort(-like, kind="stable")[:MOST_ASKED]
    made: Ints = order[like[order] > 0].astype(np.int32)
    return made
