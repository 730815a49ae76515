"""Which questions ask the same, in whatever language and script.  Pure.

What speaks for it: the cosine of a question's vector to the middle of a group, and the words that
it shares with one of the group's questions, as consonant skeletons, so that scripts and spellings
meet.  `python -m bench.grouping` measures it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

import text as reading
from faq.index import Encodes, Index
from faq.signals import skeleton

Floats = npt.NDArray[np.float32]

CANDIDATES = 12
"""Groups whose words are looked at: those with the nearest middles."""
MOST_WORDS_OF = 8
"""Questions of a group whose words are looked at: the newest."""
WORDS_WEIGHT = 0.3
# Least likeness to a group of one question, and of more.
JOINS_ONE, JOINS_MORE = 0.51, 0.44
FLOOR = 0.07
"""How much a direction counts in which entries do not differ; the one that tells most has 1."""
_ROOM = 256
# What stands for something hidden says nothing of what is asked.
_MARK = re.compile(r"\[[a-z…]+\]")

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Said:
    """A redacted question as it is compared; its words stay unprinted.

    Attributes:
        vector: The encoder's, unit, shape (size,); all noughts when there is nothing to read.
        words: Its skeleton's words.
    """

    vector: Floats
    words: Words = field(repr=False)

    @property
    def empty(self) -> bool:
        """Tell whether there was nothing to read in it."""
        return not self.vector.any()


def bones(redacted: str) -> Words:
    """Return the words of a redacted text, as skeletons."""
    return frozenset(skeleton(_MARK.sub(" ", redacted)).split())


def said(redacted: str, encoder: Encodes) -> Said:
    """Read a redacted text; takes the encoder's milliseconds."""
    shown = reading.normalise(_MARK.sub(" ", redacted)).strip()[:600]
    if not reading.words(shown):
        return Said(np.zeros(encoder.size, np.float32), frozenset())
    return Said(encoder.vector(shown), bones(shown))


def shared(one: Words, others: Sequence[Words], index: Index) -> float:
    """Return how much of its words a text shares with the one of some that shares most, 0 to 1.

    Words count by how much they tell: Jaccard's index, weighted by rarity in the base.
    """
    rarity = {word: index.words.rarity(word) for word in one.union(*others)}

    def told(words: Words) -> float:
        return sum(rarity[word] for word in words)

    return max((told(one & other) / (told(one | other) or 1.0) for other in others), default=0.0)


class Middles:
    """The middles of groups, whitened, ready to be compared; `blank` is that of nothing to read."""

    def __init__(self, index: Index, size: int) -> None:
        """Start without groups."""
        self.index = index
        self.ids: list[int] = []
        self.blank: int | None = None
        self._places: dict[int, int] = {}
        self._raw = np.zeros((_ROOM, size), np.float16)
        self._white = np.zeros((_ROOM, size), np.float32)

    def put(self, groups: Mapping[int, Floats]) -> None:
        """Take groups in, or their new middles: the means of unit vectors, not whitened."""
        new = [group for group in groups if group not in self._places]
        self._grow(len(self.ids) + len(new))
        for group in new:
            self._places[group] = len(self.ids)
            self.ids.append(group)
        for group, middle in groups.items():
            if not middle.any():
                self.blank = group
            elif self.blank == group:
                self.blank = None
        if groups:
            places = [self._places[group] for group in groups]
            raw = np.array(list(groups.values()), np.float32)
            self._raw[places] = raw
            self._white[places] = whitened(raw, self.index)

    def _grow(self, count: int) -> None:
        if count > len(self._white):
            room = max(count, 2 * len(self._white)) - len(self._white)
            self._raw = np.concatenate(
                [self._raw, np.zeros_like(self._raw, shape=(room, self._raw.shape[1]))]
            )
            self._white = np.concatenate(
                [self._white, np.zeros_like(self._white, shape=(room, self._white.shape[1]))]
            )

    def drop(self, group: int) -> None:
        """Leave a group out from now on; the last one takes its place."""
        place = self._places.pop(group, None)
        if place is None:
            return
        self.blank = None if self.blank == group else self.blank
        last = self.ids.pop()
        if last != group:
            self.ids[place], self._places[last] = last, place
            self._raw[place], self._white[place] = (
                self._raw[len(self.ids)],
                self._white[len(self.ids)],
            )

    def raw(self, group: int) -> Floats:
        """Return a group's middle, not whitened.

        Raises:
            KeyError: There is no such group.
        """
        made: Floats = self._raw[self._places[group]].astype(np.float32)
        return made

    def cosines(self, white: Floats) -> Floats:
        """Return the cosines of some questions to all groups, shape (questions, groups)."""
        found: Floats = white @ self._white[: len(self.ids)].T
        return found

    def __contains__(self, group: int) -> bool:
        """Tell whether a group is there."""
        return group in self._places

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self.ids)


_turned: "WeakKeyDictionary[Index, Floats]" = WeakKeyDictionary()  # worked out once for each


def _turning(index: Index) -> Floats:
    """Return what whitens centred vectors and stretches them, shape (size, size).

    Whitening alone lets all that wordings of one entry do not differ in count alike.  Most of that
    is noise of the encoder, other in each language; what tells the entries of the base apart tells
    other meanings apart too (Fisher's directions, weighted instead of chosen).
    """
    if index not in _turned:
        counts = np.bincount(index.entry_of, minlength=len(index.sums))[:, None]
        middles = index.sums / np.maximum(counts, 1)
        values, directions = np.linalg.eigh((middles.T @ middles).astype(np.float64))
        values = np.maximum(values / max(values[-1], 1e-9), 0)
        stretched = directions * np.sqrt(values + FLOOR)
        _turned[index] = (index.whitening @ stretched).astype(np.float32)
    return _turned[index]


def whitened(raw: Floats, index: Index) -> Floats:
    """Return vectors as they are compared: whitened, stretched where entries of the base differ.

    Args:
        raw: The encoder's vectors, or means of them, shape (vectors, size).
        index: Of the base; what it cannot tell apart counts little.

    Returns:
        Unit vectors, shape kept; noughts stay noughts.
    """
    turned = (raw - index.mean) @ _turning(index)
    lengths = np.linalg.norm(turned, axis=1, keepdims=True)
    there = raw.any(axis=1, keepdims=True)
    made: Floats = (np.where(there, turned / np.maximum(lengths, 1e-9), 0)).astype(np.float32)
    return made


@dataclass(slots=True)
class Placed:
    """A group that questions were put into.

    Attributes:
        group: Its id, or None for a new one.
        count: Its questions, these included.
        total: The sum of their vectors.
        words: The words of its newest questions, newest last.
        members: Places of the new questions.
    """

    group: int | None
    count: int
    total: Floats
    words: list[Words] = field(repr=False)
    members: list[int] = field(default_factory=list)

    def take(self, place: int, one: Said) -> None:
        """Put a question in."""
        self.members.append(place)
        self.count += 1
        self.total = self.total + one.vector
        self.words = [*self.words[1 - MOST_WORDS_OF :], one.words]


@dataclass(frozen=True, slots=True)
class Weights:
    """What speaks for a question's belonging to a group, and how much of it is enough."""

    words: float = WORDS_WEIGHT
    joins_one: float = JOINS_ONE
    joins_more: float = JOINS_MORE


def nearest(asked: Sequence[Said], middles: Middles) -> list[list[int]]:
    """Return for each question the groups with the nearest middles, nearest first."""
    if not asked or not len(middles):
        return [[] for _ in asked]
    cosines = middles.cosines(whitened(np.array([one.vector for one in asked]), middles.index))
    blank = [] if middles.blank is None else [middles.blank]
    return [
        blank if one.empty else [middles.ids[place] for place in _best(row)]
        for one, row in zip(asked, cosines, strict=True)
    ]


def _best(cosines: Floats) -> list[int]:
    count = min(CANDIDATES, len(cosines))
    near = np.argpartition(-cosines, count - 1)[:count]
    found: list[int] = near[np.argsort(-cosines[near], kind="stable")].tolist()
    return found


def place(
    asked: Sequence[Said],
    middles: Middles,
    counts: Mapping[int, int],
    words: Mapping[int, Sequence[Words]],
    weights: Weights = Weights(),
) -> list[Placed]:
    """Put questions, one after the other, into the groups they are most like, or into new ones.

    Args:
        asked: The questions, in their order.
        middles: Of the groups there are.
        counts: How many questions each of these has.
        words: The words of the newest questions of those groups that `nearest` names.
        weights: What decides.

    Returns:
        The groups that questions were put into, each once.
    """
    touched: list[Placed] = []
    of: dict[int, Placed] = {}
    near = nearest(asked, middles)
    white = whitened(np.array([one.vector for one in asked]), middles.index) if asked else None
    for number, one in enumerate(asked):
        if white is None:
            break
        known = [_known(group, of, middles, counts, words) for group in near[number]]
        options = [*known, *(made for made in touched if made.group is None)]
        chosen = _chosen(one, white[number], options, middles.index, weights)
        if chosen is None:
            chosen = Placed(None, 0, np.zeros_like(one.vector), [])
        if not chosen.members:
            touched.append(chosen)
        if chosen.group is not None:
            of[chosen.group] = chosen
        chosen.take(number, one)
    return touched


def _known(
    group: int,
    of: Mapping[int, Placed],
    middles: Middles,
    counts: Mapping[int, int],
    words: Mapping[int, Sequence[Words]],
) -> Placed:
    """Return a group as it is by now, with what was put into it before."""
    if group in of:
        return of[group]
    count = max(counts.get(group, 1), 1)
    return Placed(group, count, middles.raw(group) * count, list(words.get(group, ())))


def _chosen(
    one: Said, white: Floats, options: Sequence[Placed], index: Index, weights: Weights
) -> Placed | None:
    """Return the group that a question is most like, if it is like enough."""
    if one.empty:
        return next((option for option in options if not option.total.any()), None)
    if not options:
        return None
    totals = np.array([option.total / max(option.count, 1) for option in options])
    cosines = whitened(totals, index) @ white
    best, highest = None, -1.0
    for place in np.argsort(-cosines, kind="stable").tolist():
        option, cosine = options[place], float(cosines[place])
        least = weights.joins_one if option.count == 1 else weights.joins_more
        # Words add so much at most, and what follows is farther away still.
        if cosine + weights.words < max(min(weights.joins_one, weights.joins_more), highest):
            break
        score = cosine + weights.words * shared(one.words, option.words, index)
        if score >= least and score > highest:
            best, highest = option, score
    return best
