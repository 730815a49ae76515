"""The signals that a wording is meant, other than the encoder's: letters, sounds, words.  Pure.

Letter and sound likeness are cosines of TF-IDF over character n-grams, the grams hashed into
buckets, so that an index of any size is three flat arrays.
"""

import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from anyascii import anyascii

import text as reading
from faq.kept import packed, unpacked

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

BUCKETS = 1 << 18
# Grams of more than a share of the rows are left out of the index: without them it is ten times as
# fast and, measured on the starter base, as good.  In a small base few rows are no reason, in a
# large one MANY_ROWS are: that bounds the time.
FEW_ROWS, COMMON, MANY_ROWS = 300, 0.05, 3000
# Long messages: the first words say what is asked, and time stays bounded.
MOST_WORDS = 60

_SOUNDS = (
    ("ph", "f"), ("sh", "s"), ("ch", "c"), ("kh", "k"), ("gh", "g"), ("th", "t"), ("dh", "d"),
    ("bh", "b"), ("q", "k"), ("w", "v"), ("z", "j"), ("x", "ks"),
)  # fmt: skip
_WEAK = re.compile("[aeiouyh]")
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=8192)
def _bones(word: str) -> str:
    ascii_ = re.sub("[^a-z0-9]", "", anyascii(word).lower())
    for written, said in _SOUNDS:
        ascii_ = ascii_.replace(written, said)
    rest = _WEAK.sub("", ascii_[1:])
    return _DOUBLE.sub(r"\1", ascii_[:1] + rest)


def skeleton(text: str) -> str:
    """Return the consonants of a text, one letter for each sound, the same in three scripts.

    `skeleton("मलेरिया कैसे") == skeleton("malaria kese") == skeleton("ملیریا کیسے") == "mlr ks"`.
    """
    return " ".join(filter(None, map(_bones, reading.words(text)[:MOST_WORDS])))


def letters(text: str) -> str:
    """Return the folded words of a text, for n-grams of letters."""
    return " ".join(reading.words(text)[:MOST_WORDS])


@lru_cache(maxsize=65536)
def _buckets(word: str, shortest: int, longest: int) -> tuple[int, ...]:
    padded = f" {word} "
    return tuple(
        zlib.crc32(padded[at : at + size].encode()) % BUCKETS
        for size in range(shortest, longest + 1)
        for at in range(len(padded) - size + 1)
    )


def grams(words: str, shortest: int, longest: int) -> Counter[int]:
    """Return how often each bucket of n-grams occurs; grams do not cross words."""
    return Counter(bucket for word in words.split() for bucket in _buckets(word, shortest, longest))


@dataclass(frozen=True, slots=True)
class Grams:
    """An inverted index of TF-IDF vectors: for each bucket, the rows and their weights."""

    shortest: int
    longest: int
    starts: Ints  # (BUCKETS + 1,)
    rows: Ints
    weights: Floats
    rarity: Floats  # (BUCKETS,), the inverse document frequency
    count: int

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays under names that begin with a name, to be kept."""
        return {
            f"{name} starts": self.starts,
            f"{name} rows": self.rows,
            f"{name} weights": self.weights,
            f"{name} rarity": self.rarity,
            f"{name} count": np.array(self.count),
        }

    @classmethod
    def from_arrays(
        cls, shortest: int, longest: int, made: Mapping[str, npt.NDArray[Any]], name: str
    ) -> "Grams":
        """Return the index that `arrays` took apart."""
        return cls(
            shortest,
            longest,
            made[f"{name} starts"],
            made[f"{name} rows"],
            made[f"{name} weights"],
            made[f"{name} rarity"],
            int(made[f"{name} count"]),
        )

    def with_row(self, at: int, words: str) -> "Grams":
        """Return the index with one more row at a place; how rare each gram is stays."""
        counted = grams(words, self.shortest, self.longest)
        buckets = np.sort(np.fromiter(counted.keys(), np.int64, len(counted)))
        amounts = np.array([counted[bucket] for bucket in buckets.tolist()], np.float32)
        weights = (1 + np.log(amounts)) * self.rarity[buckets]
        weights /= max(float(np.linalg.norm(weights)), 1e-9)
        frequency = (1 + self.count) / np.exp(self.rarity[buckets] - 1) - 1
        telling = np.round(frequency) <= _most_rows(self.count)
        buckets, weights = buckets[telling], weights[telling]
        ends = self.starts[buckets + 1]
        more = np.zeros(BUCKETS + 1, np.int32)
        more[buckets + 1] = 1
        return Grams(
            self.shortest,
            self.longest,
            (self.starts + np.cumsum(more)).astype(np.int32),
            np.insert(self.rows + (self.rows >= at).astype(np.int32), ends, at),
            np.insert(self.weights, ends, weights),
            self.rarity,
            self.count + 1,
        )

    def likeness(self, words: str) -> Floats:
        """Return the cosine of a text to every row, shape (count,), 0.0 to 1.0."""
        counted = grams(words, self.shortest, self.longest)
        scores = np.zeros(self.count, np.float32)
        if not counted:
            return scores
        buckets = np.fromiter(counted.keys(), np.int64, len(counted))
        amounts = np.fromiter(counted.values(), np.float32, len(counted))
        weights = (1.0 + np.log(amounts)) * self.rarity[buckets]
        weights /= max(float(np.linalg.norm(weights)), 1e-9)
        starts, ends = self.starts[buckets], self.starts[buckets + 1]
        lengths = ends - starts
        total = int(lengths.sum())
        if not total:
            return scores
        # Positions of all postings of all buckets, without a loop over buckets.
        offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        places = offsets + np.arange(total)
        found = self.weights[places] * np.repeat(weights, lengths)
        made: Floats = np.bincount(self.rows[places], found, self.count).astype(np.float32)
        return made


def gram_index(texts: Sequence[str], shortest: int, longest: int) -> Grams:
    """Build the inverted index of some rows of words."""
    counted = [grams(text, shortest, longest) for text in texts]
    frequency = np.zeros(BUCKETS, np.float32)
    for counts in counted:
        frequency[list(counts)] += 1
    rarity = np.log((1 + len(texts)) / (1 + frequency)).astype(np.float32) + 1
    buckets, rows, weights = [], [], []
    for row, counts in enumerate(counted):
        keys = np.fromiter(counts.keys(), np.int64, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * rarity[keys]
        values /= max(float(np.linalg.norm(values)), 1e-9)
        buckets.append(keys)
        rows.append(np.full(len(keys), row, np.int32))
        weights.append(values.astype(np.float32))
    flat = np.concatenate(buckets) if buckets else np.zeros(0, np.int64)
    # Grams that many rows have tell little and cost most of the time.
    telling = frequency[flat] <= _most_rows(len(texts))
    order = np.flatnonzero(telling)[np.argsort(flat[telling], kind="stable")]
    starts = np.zeros(BUCKETS + 1, np.int32)
    np.cumsum(np.bincount(flat[telling], minlength=BUCKETS), out=starts[1:])
    return Grams(
        shortest,
        longest,
        starts,
        (np.concatenate(rows) if rows else np.zeros(0, np.int32))[order],
        (np.concatenate(weights) if weights else np.zeros(0, np.float32))[order],
        rarity,
        len(texts),
    )


def _most_rows(rows: int) -> float:
    """Return how many of some rows may have a gram that is still looked at."""
    return min(max(FEW_ROWS, COMMON * rows), MANY_ROWS)


def word_counts(rows: Iterable[tuple[int, str]]) -> dict[str, npt.NDArray[Any]]:
    """Count in how many wordings of which entry each word stands, as arrays to be kept.

    Args:
        rows: Entry and skeleton of each wording.
    """
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for entry, bones in rows:
        for word in set(bones.split()):
            counts[word][entry] += 1
    sizes = [len(counted) for counted in counts.values()]
    return {
        "words": packed(counts),
        "word starts": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        "word entries": np.array([e for counted in counts.values() for e in counted], np.int32),
        "word counts": np.array(
            [n for counted in counts.values() for n in counted.values()], np.int32
        ),
    }


class Words:
    """Which words stand in which entry, to tell how much of a question an entry covers."""

    def __init__(
        self,
        rows: Iterable[tuple[int, str]],
        entries: int,
        made: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> None:
        """Count the words (as skeletons, so that scripts and spellings meet) of every entry.

        Args:
            rows: Entry and skeleton of each wording.
            entries: How many entries there are.
            made: What `word_counts` has made of these rows before.
        """
        made = word_counts(rows) if made is None else made
        self._entries = entries
        self._starts: Ints = made["word starts"]
        self._entries_of: Ints = made["word entries"]
        self._counts: Ints = made["word counts"]
        self._places = {word: n for n, word in enumerate(unpacked(made["words"])) if word}

    def with_row(self, entry: int, bones: str) -> "Words":
        """Return the counts with one more wording of an entry.

        Args:
            entry: Its place.
            bones: The wording's skeleton.
        """
        made = copy(self)
        made.count(entry, bones)
        return made

    def count(self, entry: int, bones: str) -> None:
        """Count one more wording of an entry; what others hold of these counts stays."""
        self._counts, self._places = self._counts.copy(), dict(self._places)
        for word in sorted(set(bones.split())):
            self._count(word, entry)

    def _count(self, word: str, entry: int) -> None:
        place = self._places.setdefault(word, len(self._starts) - 1)
        if place + 1 == len(self._starts):
            self._starts = np.append(self._starts, self._starts[-1])
        start, end = int(self._starts[place]), int(self._starts[place + 1])
        same = np.flatnonzero(self._entries_of[start:end] == entry)
        if len(same):
            self._counts[start + int(same[0])] += 1
            return
        self._entries_of = np.insert(self._entries_of, end, entry)
        self._counts = np.insert(self._counts, end, 1)
        self._starts = self._starts + (np.arange(len(self._starts)) > place).astype(np.int32)

    def _known(self, word: str) -> tuple[Ints, Ints, float] | None:
        """Return the entries that have a word, in how many wordings each, and how much it tells."""
        place = self._places.get(word)
        if place is None:
            return None
        part = slice(self._starts[place], self._starts[place + 1])
        entries = self._entries_of[part]
        return entries, self._counts[part], self._telling(len(entries))

    def _telling(self, entries: int) -> float:
        return math.log((1 + self._entries) / (1 + entries))

    def rarity(self, word: str) -> float:
        """Return how much a word tells: nought when every entry has it, most when none has."""
        known = self._known(word)
        return known[2] if known else self._telling(0)

    def coverage(self, bones: str, without: int | None = None) -> Floats:
        """Return, for each entry, the share of the question's tell-tale words that it has.

        Args:
            bones: The question's skeleton.
            without: An entry from whose counts one wording with these very words is left out.
        """
        covered = np.zeros(self._entries, np.float32)
        total = 0.0
        for word in set(bones.split()):
            known = self._known(word)
            if known is None:
                total += self._telling(0)
                continue
            entries, counts, rarity = known
            total += rarity
            if without is not None:
                entries = entries[counts > (entries == without)]
            covered[entries] += np.float32(rarity)
        return covered / np.float32(total or 1.0)
