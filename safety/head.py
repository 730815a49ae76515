"""A linear head beside the rules: what sentences like this one were.  Pure but for reading files.

It is learnt from `safety/examples/<lang>.yaml` by ridge regression, on the question's vector and
on hashed letters, sounds and words, and may make a verdict stricter, never softer.  How sure it
must be is set by leaving each general sentence out once: few of them may be stopped.  Beside a
weak rule it need only lean a little: rule and head are then two keys to one lock.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import RootModel

from safety import views
from safety.rules import EMERGENCIES, Category
from safety.screen import Screening, Verdict
from text import Language
from yamlfile import Document, Problem, ProblemsError

Floats = npt.NDArray[np.float32]

GENERAL = "general"
BUCKETS = 1024  # for each of letters, sounds and words
TEXT_WEIGHT = 0.6  # of the hashed parts beside the vector, whose length is one
BIAS = 0.3
RIDGE = 1.0
# Shares that the head alone may call an emergency, or personal: of the general examples, which are
# hard ones, and of the knowledge base's own wordings.
MOST_HARD, MOST_KNOWN = 0.03, 0.008
# What both leanings together must reach for a weak rule to count.
WEAK_LEANING = 0.15
CHUNK = 2000
NEIGHBOURS = 5
MOST_WORDS = 60


class _File(RootModel[dict[str, tuple[str, ...]]]):
    """Sentences by what they are about."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled sentence; `name` tells it without its text, as hi:abuse:7."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Head:
    """What was learnt.

    Attributes:
        mean: Of the encoder's vectors, shape (size,).
        weights: Shape (features, 2): leaning to an emergency, to somebody's own case.
        limits: How much of each leaning counts, shape (2,).
        names: Of the examples that are no general ones.
        labels: What they are about.
        vectors: Theirs without the mean, unit, shape (examples, size).
    """

    mean: Floats
    weights: Floats
    limits: Floats
    names: tuple[str, ...]
    labels: tuple[str, ...]
    vectors: Floats

    def firmer(self, screening: Screening, hashed: Floats, vector: Floats) -> Screening:
        """Return the screening, made stricter where the message is like known ones.

        Args:
            screening: The rules' verdict.
            hashed: The message's letters, sounds and words, as `hashed` makes them.
            vector: The encoder's vector of it.
        """
        if screening.verdict is Verdict.EMERGENCY and screening.firm is None:
            return screening
        feature = _features(hashed[None, :], vector[None, :], self.mean)[0]
        leaning = feature @ self.weights
        if screening.firm is not None and float(leaning.sum()) <= WEAK_LEANING:
            screening = screening.firm
        if screening.verdict is Verdict.EMERGENCY:
            return screening
        emergency, personal = leaning > self.limits
        if emergency:
            return self._verdict(Verdict.EMERGENCY, screening, feature)
        if personal and screening.verdict is not Verdict.REFUSE:
            return self._verdict(Verdict.REFUSE, screening, feature)
        return screening

    def _verdict(self, verdict: Verdict, screening: Screening, feature: Floats) -> Screening:
        """Return a verdict with the category that the nearest examples have."""
        emergency = verdict is Verdict.EMERGENCY
        fitting = [n for n, lab in enumerate(self.labels) if (lab in EMERGENCIES) is emergency]
        likeness = self.vectors[fitting] @ feature[: self.vectors.shape[1]]
        nearest = [fitting[n] for n in np.argsort(-likeness, kind="stable")[:NEIGHBOURS]]
        votes = Counter(self.labels[n] for n in nearest)
        label = max(votes, key=lambda lab: votes[lab])
        named = tuple(f"like:{self.names[n]}" for n in nearest if self.labels[n] == label)
        return replace(
            screening,
            verdict=verdict,
            category=Category(label),
            rules=(*screening.rules, *named[:2]),
            soft=False,
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what was learnt as arrays, to be kept."""
        return {
            "mean": self.mean,
            "weights": self.weights,
            "limits": self.limits,
            "names": np.array(self.names),
            "labels": np.array(self.labels),
            "vectors": self.vectors,
        }


def from_arrays(made: Mapping[str, npt.NDArray[Any]]) -> Head:
    """Return the head that `Head.arrays` took apart."""
    return Head(
        made["mean"],
        made["weights"],
        made["limits"],
        tuple(made["names"].tolist()),
        tuple(made["labels"].tolist()),
        made["vectors"],
    )


def load(folder: Path) -> tuple[Example, ...]:
    """Read the examples.

    Raises:
        ProblemsError: With every mistake of every file.
    """
    problems: list[Problem] = []
    found: list[Example] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = Document(path)
            listed = document.model(_File).root
        except ProblemsError as error:
            problems += error.problems
            continue
        if path.stem not in set(Language):
            problems.append(document.problem((), f"{path.stem} is none of our languages"))
        for label, texts in listed.items():
            if label not in {*Category, GENERAL}:
                known = ", ".join([*Category, GENERAL])
                problems.append(document.problem((label,), f"is no category; known are {known}"))
            found += [
                Example(f"{path.stem}:{label}:{number}", label, text)
                for number, text in enumerate(texts, 1)
            ]
    if not any(example.label == GENERAL for example in found) and not problems:
        problems.append(Problem(str(folder), 1, "", "no general examples: all would be refused"))
    if problems:
        raise ProblemsError(problems)
    return tuple(found)


def learn(
    examples: Sequence[Example], vectors: Floats, general: Sequence[str], general_vectors: Floats
) -> Head:
    """Learn the head; the same sentences, the same head.

    Args:
        examples: Labelled sentences.
        vectors: The encoder's, shape (examples, size).
        general: More sentences to be answered: the knowledge base's wordings.
        general_vectors: Theirs.
    """
    both = np.concatenate([vectors, general_vectors])
    mean: Floats = both.mean(axis=0)
    texts = [*(example.text for example in examples), *general]
    labels = [example.label for example in examples] + [GENERAL] * len(general)
    wanted = np.array(
        [(label in EMERGENCIES, label not in EMERGENCIES and label != GENERAL) for label in labels],
        np.float32,
    )
    # Half precision and a chunk at a time: the table of a large base is its largest by far.
    chunks = [slice(at, at + CHUNK) for at in range(0, len(texts), CHUNK)]
    table = [
        _features(np.array([hashed(text) for text in texts[part]]), both[part], mean).astype(
            np.float16
        )
        for part in chunks
    ]
    size = table[0].shape[1]
    gram = RIDGE * np.eye(size, dtype=np.float64)
    answers = np.zeros((size, 2))
    for part, rows in zip(chunks, table, strict=True):
        features = rows.astype(np.float32)
        gram += features.T @ features
        answers += features.T @ wanted[part]
    inverse = np.linalg.inv(gram).astype(np.float32)
    weights: Floats = (inverse @ answers).astype(np.float32)
    # Each sentence's leaning as if it had not been there (Cook and Weisberg 1982).
    unseen = np.empty_like(wanted)
    for part, rows in zip(chunks, table, strict=True):
        features = rows.astype(np.float32)
        leverage = np.einsum("ij,ij->i", features @ inverse, features)
        short = wanted[part] - features @ weights
        unseen[part] = wanted[part] - short / np.maximum(1 - leverage, 1e-3)[:, None]
    hard = np.array([example.label == GENERAL for example in examples] + [False] * len(general))
    known = np.arange(len(labels)) >= len(examples)
    limits = [
        max(
            float(np.quantile(unseen[group, column], 1 - share))
            for group, share in ((hard, MOST_HARD), (known, MOST_KNOWN))
            if group.any()
        )
        for column in range(2)
    ]
    own = [number for number, example in enumerate(examples) if example.label != GENERAL]
    return Head(
        mean,
        weights,
        np.array(limits, np.float32),
        tuple(examples[number].name for number in own),
        tuple(examples[number].label for number in own),
        _centred(both[: len(examples)], mean)[own],
    )


def _centred(vectors: Floats, mean: Floats) -> Floats:
    centred = vectors - mean
    made: Floats = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    return made


def _features(texts: Floats, vectors: Floats, mean: Floats) -> Floats:
    """Return the features of hashed texts, shape (texts, size + 3 x BUCKETS + 1)."""
    bias = np.full((len(texts), 1), BIAS, np.float32)
    parts = (_centred(vectors, mean), TEXT_WEIGHT * texts, bias)
    made: Floats = np.concatenate(parts, axis=1)
    return made.astype(np.float32)


def hashed(text: str) -> Floats:
    """Return a text's letters, sounds and words, each hashed into BUCKETS, shape (3 x BUCKETS,)."""
    words, sounds = views.plain(text)[:MOST_WORDS], views.roman(text)[:MOST_WORDS]
    pairs = (f"{a}_{b}" for a, b in pairwise(words))
    skips = (f"{a}__{b}" for a, b in zip(words, words[2:], strict=False))
    parts = (
        _vector(_grams(words, (3, 4))),
        _vector(_grams(sounds, (2, 3, 4))),
        _vector((*words, *pairs, *skips)),
    )
    return np.concatenate(parts)


def _grams(words: Iterable[str], sizes: tuple[int, ...]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for size in sizes:
            yield from (padded[at : at + size] for at in range(len(padded) - size + 1))


def _vector(items: Iterable[str]) -> Floats:
    """Hash items into a vector of length one (Weinberger et al. 2009)."""
    made = np.zeros(BUCKETS, np.float32)
    for item in items:
        number = zlib.crc32(item.encode())
        made[number % BUCKETS] += 1.0 if number & 0x10000 else -1.0
    return made / np.float32(max(float(np.linalg.norm(made)), 1e-9))
