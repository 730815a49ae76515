"""A small network beside the rules: what sentences like this one were.  Pure but for reading files.

It is learnt from `safety/examples/<lang>.yaml` and a part of the knowledge base's own wordings, on
what the encoder's layers make of a sentence and on hashed letters, sounds and words.  The middle
layers tell who is spoken of and when; the last one, made for topics, hardly does.  It may make a
verdict stricter, never softer.  Beside a weak rule it need only lean a little: rule and head are
then two keys to one lock.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
Halves = npt.NDArray[np.float16]
Rows = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]
"""Told (what, done, of)."""

GENERAL = "general"
BUCKETS = 1024  # for each of letters, sounds and words
TEXT_WEIGHT = 0.6  # of each hashed part beside a layer, whose length is one
# How likely the head must find an emergency, or somebody's own case, to act alone: chosen on
# sentences of bench/tuning that it has not learnt from.
EMERGENCY_AT, PERSONAL_AT = 0.2, 0.3
# How unlikely a general question must be for the head alone to be sure of an emergency, or of
# somebody's own case; else a sure answer may stand in the place of card or refusal.
SURE_EMERGENCY, SURE_PERSONAL = 0.7, 0.9
# How likely both together must be for a weak rule to count.
WEAK_AT = 0.02
# Emergencies that need somebody to talk to.
TALKED = (Category.SELF_HARM, Category.ABUSE)
NEIGHBOURS = 2
LIKE = "like:"  # before the name of an example that a message is like
MOST_WORDS = 60

HIDDEN = 128
EPOCHS, BATCH = 12, 256
RATE, DECAY, DROPPED = 5e-3, 0.01, 0.3
_SEED = 1


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
        mean: Of the layers' outputs, shape (layers, size).
        spread: Their standard deviation, shape (layers, size).
        inner: Weights of the hidden units, shape (features + 1, HIDDEN); the last row is the bias.
        outer: Weights of the labels, shape (HIDDEN + 1, labels).
        kinds: The labels, in the order of `outer`.
        names: Of the examples that are no general ones.
        labels: What they are about.
        vectors: Their last layer without the mean, unit, shape (examples, size).
    """

    mean: Floats
    spread: Floats
    inner: Floats
    outer: Floats
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    vectors: Floats

    def chances(self, hashed: Floats, states: Floats) -> dict[str, float]:
        """Return how likely the message is of each kind; together they are one.

        Args:
            hashed: The message's letters, sounds and words, as `hashed` makes them.
            states: What the encoder's layers make of it, shape (layers, size).
        """
        features = _features(hashed[None, :], states[None, :], self.mean, self.spread)
        hidden = np.maximum(features @ self.inner[:-1] + self.inner[-1], 0)
        shares = _softmax(hidden @ self.outer[:-1] + self.outer[-1])[0]
        return dict(zip(self.kinds, shares.tolist(), strict=True))

    def firmer(self, screening: Screening, hashed: Floats, states: Floats) -> Screening:
        """Return the screening, made stricter where the message is like known ones.

        Args:
            screening: The rules' verdict.
            hashed: The message's letters, sounds and words, as `hashed` makes them.
            states: What the encoder's layers make of it, shape (layers, size).
        """
        if screening.verdict is Verdict.EMERGENCY and screening.firm is None:
            return screening
        chances = self.chances(hashed, states)
        emergencies = {kind: share for kind, share in chances.items() if kind in EMERGENCIES}
        own = {k: s for k, s in chances.items() if k not in EMERGENCIES and k != GENERAL}
        emergency, personal = sum(emergencies.values()), sum(own.values())
        if screening.firm is not None and emergency + personal <= WEAK_AT:
            screening = screening.firm
        if screening.verdict is Verdict.EMERGENCY:
            return screening
        # A refusal names the emergency number too, so where somebody's own case is far likelier it
        # will do; but it names nobody to talk to.
        alone = sum(share for kind, share in emergencies.items() if kind in TALKED)
        if emergency > max(EMERGENCY_AT, personal / 2) or alone > EMERGENCY_AT:
            found = self._verdict(Verdict.EMERGENCY, screening, emergencies, states)
            return replace(found, unsure=emergency + personal < SURE_EMERGENCY, soft=False)
        if personal > PERSONAL_AT and screening.verdict is not Verdict.REFUSE:
            found = self._verdict(Verdict.REFUSE, screening, own, states)
            return replace(found, unsure=emergency + personal < SURE_PERSONAL)
        return screening

    def _verdict(
        self, verdict: Verdict, screening: Screening, kinds: Mapping[str, float], states: Floats
    ) -> Screening:
        """Return a verdict of the likeliest of some kinds, with the nearest examples of it."""
        label = max(kinds, key=lambda kind: kinds[kind])
        fitting = [number for number, of in enumerate(self.labels) if of == label]
        likeness = self.vectors[fitting] @ _unit(states[-1] - self.mean[-1])
        nearest = np.argsort(-likeness, kind="stable")[:NEIGHBOURS]
        named = tuple(f"{LIKE}{self.names[fitting[n]]}" for n in nearest)
        return replace(
            screening,
            verdict=verdict,
            category=Category(label),
            rules=(*screening.rules, *named),
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what was learnt as arrays, to be kept."""
        return {
            "mean": self.mean,
            "spread": self.spread,
            "inner": self.inner,
            "outer": self.outer,
            "kinds": np.array(self.kinds),
            "names": np.array(self.names),
            "labels": np.array(self.labels),
            "vectors": self.vectors,
        }


def from_arrays(made: Mapping[str, npt.NDArray[Any]]) -> Head:
    """Return the head that `Head.arrays` took apart."""
    return Head(
        made["mean"],
        made["spread"],
        made["inner"],
        made["outer"],
        tuple(made["kinds"].tolist()),
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
    examples: Sequence[Example],
    general: Sequence[str],
    states: Halves | Floats,
    progress: Progress | None = None,
) -> Head:
    """Learn the head; the same sentences, the same head.

    Args:
        examples: Labelled sentences.
        general: More sentences to be answered: the knowledge base's wordings.
        states: What the encoder's layers make of both, one after the other, shape (sentences,
            layers, size).
        progress: Told how many rounds are done.
    """
    labels = [*(example.label for example in examples), *(GENERAL for _ in general)]
    kinds = tuple(sorted(set(labels)))
    wanted = np.eye(len(kinds), dtype=np.float32)[[kinds.index(label) for label in labels]]
    texts = [*(example.text for example in examples), *general]
    # Half precision: these two tables are the largest things that a start ever holds.
    said = np.array([hashed(text) for text in texts], np.float16)
    mean: Floats = states.mean(axis=0, dtype=np.float32)
    spread: Floats = states.std(axis=0, dtype=np.float32) + np.float32(1e-6)

    def batch(rows: Rows) -> Floats:
        return _features(said[rows], states[rows], mean, spread)

    inner, outer = _trained(batch, wanted, progress)
    own = [number for number, example in enumerate(examples) if example.label != GENERAL]
    return Head(
        mean,
        spread,
        inner,
        outer,
        kinds,
        tuple(examples[number].name for number in own),
        tuple(examples[number].label for number in own),
        _unit(states[own, -1].astype(np.float32) - mean[-1]),
    )


def _trained(
    batch: Callable[[Rows], Floats], wanted: Floats, progress: Progress | None
) -> tuple[Floats, Floats]:
    """Return the weights of a network with one hidden layer: softmax, dropout, Adam.

    Kingma and Ba 2015, with the weights drawn towards nought as Loshchilov and Hutter 2019.

    Args:
        batch: Gives the features of some rows, shape (rows, features).
        wanted: The rows' labels, one of them 1, shape (all rows, labels).
        progress: Told how many rounds are done.
    """
    chance = np.random.default_rng(_SEED)
    features = batch(np.arange(1)).shape[1]
    length = float(np.mean(np.sum(batch(np.arange(min(BATCH, len(wanted)))) ** 2, axis=1)))
    shapes = ((features + 1, HIDDEN), (HIDDEN + 1, wanted.shape[1]))
    scales = (0.3 * (2 / length) ** 0.5, HIDDEN**-0.5)
    weights = [
        np.concatenate([chance.normal(size=(rows - 1, columns)) * scale, np.zeros((1, columns))])
        for (rows, columns), scale in zip(shapes, scales, strict=True)
    ]
    inner, outer = (made.astype(np.float32) for made in weights)
    steps = [_Moving(inner), _Moving(outer)]
    size = min(BATCH, len(wanted))
    rounds = len(wanted) // size
    for epoch in range(EPOCHS):
        order = chance.permutation(len(wanted))
        for number in range(rounds):
            rows = order[number * size : (number + 1) * size]
            given = batch(rows)
            before = given @ inner[:-1] + inner[-1]
            stays = (chance.random(before.shape) >= DROPPED) * np.float32(1 / (1 - DROPPED))
            hidden = np.maximum(before, 0) * stays
            error = (_softmax(hidden @ outer[:-1] + outer[-1]) - wanted[rows]) / size
            back = error @ outer[:-1].T * stays * (before > 0)
            rate = RATE * (1 - (epoch * rounds + number) / (EPOCHS * rounds))
            steps[0].step(inner, np.vstack([given.T @ back, back.sum(axis=0)]), rate)
            steps[1].step(outer, np.vstack([hidden.T @ error, error.sum(axis=0)]), rate)
        if progress:
            progress("learning from examples", epoch + 1, EPOCHS)
    return inner, outer


class _Moving:
    """The running means that Adam keeps of one table of weights."""

    def __init__(self, weights: Floats) -> None:
        self._first, self._second = np.zeros_like(weights), np.zeros_like(weights)
        self._steps = 0

    def step(self, weights: Floats, gradient: Floats, rate: float) -> None:
        """Move the weights, in place."""
        self._steps += 1
        self._first += 0.1 * (gradient - self._first)
        self._second += 0.001 * (gradient**2 - self._second)
        first = self._first / (1 - 0.9**self._steps)
        second = self._second / (1 - 0.999**self._steps)
        weights[:-1] -= rate * DECAY * weights[:-1]
        weights -= rate * first / (np.sqrt(second) + 1e-8)


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    made: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return made


def _unit(vectors: Floats) -> Floats:
    made: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return made


def _features(
    texts: Halves | Floats, states: Halves | Floats, mean: Floats, spread: Floats
) -> Floats:
    """Return the features of texts, shape (texts, layers x size + 3 x BUCKETS)."""
    layers = _unit((states - mean) / spread).reshape(len(texts), -1)
    made: Floats = np.concatenate([layers, np.float32(TEXT_WEIGHT) * texts], axis=1)
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
