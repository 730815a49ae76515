"""Rank entries for a question, and say how likely the answer is among them at all.  Pure.

Two small models, learnt from the knowledge base alone, by hiding its own wordings one at a time:

- the *ranker*, a conditional logit over candidate entries (McFadden 1974), weighs the signals for
  each form (language and script);
- the *gate*, a logistic regression, says how likely the base holds the answer.  Its negatives are
  the same questions with their whole entry hidden, so that it knows what a near miss looks like,
  and the sentences of `faq/background/`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from faq import kept as stored
from faq.index import Index
from faq.language import FORMS, Form
from faq.signals import letters, skeleton

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

SIGNALS = (
    "encoder best",
    "encoder near",
    "encoder mean",
    "head",
    "letters best",
    "letters near",
    "sounds best",
    "sounds near",
    "words",
    "fuzzy",
)
CANDIDATES = 10
# How many of an entry's wordings speak for it, besides the nearest: one alone is often chance.
NEAR_VECTORS, NEAR_TEXTS = 5, 4
# The leanings of a single form are held back towards what all forms say together.
RIDGE_ALL, RIDGE_FORM = 1.0, 10.0
SEED = 7
MOST_SAMPLES = 3000
# Questions whose entry was hidden are near misses, rarer among real strays than their number here.
HIDDEN_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry, how likely it is the one meant, and why."""

    entry: str
    share: float  # of all candidates, given that the answer is among them
    wording: str  # the nearest one
    signals: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, likeliest first, and the probability that the base holds the answer."""

    candidates: tuple[Candidate, ...]
    held: float

    def confidence(self, number: int = 0) -> float:
        """Return the probability that a candidate is right; 0.0 when there is none."""
        if number >= len(self.candidates):
            return 0.0
        return self.held * self.candidates[number].share


@dataclass(frozen=True, slots=True)
class Matcher:
    """What was learnt, ready to rank."""

    index: Index
    ranker: Doubles  # (forms, signals)
    gate: Doubles  # (forms, features of `_gate_features`)


@dataclass(frozen=True, slots=True)
class _Signals:
    """Signals of one question: candidates (k,), features (k, signals), nearest rows (k,)."""

    entries: Ints
    features: Floats
    rows: Ints


def rank(matcher: Matcher, question: str, vector: Floats, form: Form | None) -> Ranking:
    """Rank the entries for one question.

    Args:
        matcher: Made by `learn`.
        question: As the person typed it.
        vector: The encoder's, of the normalised question.
        form: The language and script, if known; otherwise what all forms say together.
    """
    index = matcher.index
    words, bones = letters(question), skeleton(question)
    signals = _signals(
        index,
        (words, bones),
        index.vectors @ index.whitened(vector),
        index.whitened(vector),
        index.letters.likeness(words),
        index.sounds.likeness(bones),
    )
    row = FORMS.index(form) if form else len(FORMS)
    scores = signals.features @ matcher.ranker[row]
    order = np.argsort(-scores, kind="stable")
    shares = _softmax(scores[order])
    gate = _gate_features(signals.features[order], scores[order], len(words.split()))
    held = float(_sigmoid(gate @ matcher.gate[row]))
    return Ranking(
        tuple(
            Candidate(
                index.entries[signals.entries[place]],
                float(share),
                index.rows[signals.rows[place]].text,
                tuple(float(value) for value in signals.features[place]),
            )
            for place, share in zip(order, shares, strict=True)
        ),
        held,
    )


def _signals(  # noqa: PLR0913, PLR0917 - one question seen in all its ways
    index: Index,
    texts: tuple[str, str],
    cosines: Floats,
    whitened: Floats,
    letter_scores: Floats,
    sound_scores: Floats,
    *,
    own: int | None = None,
    hidden: int | None = None,
) -> _Signals:
    """Return the signals of the likeliest candidates.

    Args:
        index: Where to look.
        texts: The question's letters and skeleton.
        cosines: The encoder's, by row.
        whitened: The question's vector.
        letter_scores: By row.
        sound_scores: By row.
        own: A row that is the question itself and must not find itself.
        hidden: An entry that must not be found.
    """
    words, bones = texts
    centroids, head = index.centroids @ whitened, whitened @ index.head
    if own is not None:
        for scores in (cosines, letter_scores, sound_scores):
            scores[own] = -1.0
        centroids, head = _without(index, own, centroids, head)
    whole = np.stack(
        [
            index.best(cosines),
            centroids,
            head,
            np.maximum(index.best(letter_scores), 0),
            np.maximum(index.best(sound_scores), 0),
            index.words.coverage(bones, None if own is None else int(index.entry_of[own])),
        ],
        axis=1,
    )
    likely = whole.sum(axis=1)
    if hidden is not None:
        likely[hidden] = -np.inf
    count = min(CANDIDATES, len(likely) - (hidden is not None))
    entries = np.argsort(-likely, kind="stable")[:count].astype(np.int32)
    rows = np.zeros(count, np.int32)
    fuzzy = np.zeros(count, np.float32)
    for place, entry in enumerate(entries):
        rows[place], fuzzy[place] = _nearest(index, int(entry), words, cosines, letter_scores)
    best, mean, leaning, letter_best, sound_best, covered = whole[entries].T
    features = [
        best,
        index.near(cosines, entries, NEAR_VECTORS),
        mean,
        leaning,
        letter_best,
        index.near(letter_scores, entries, NEAR_TEXTS),
        sound_best,
        index.near(sound_scores, entries, NEAR_TEXTS),
        covered,
        fuzzy,
    ]
    return _Signals(entries, np.stack(features, axis=1), rows)


def _without(index: Index, own: int, centroids: Floats, head: Floats) -> tuple[Floats, Floats]:
    """Return centroid and head scores as if a row had not been there."""
    entry, vector = int(index.entry_of[own]), index.vectors[own]
    rest = index.sums[entry] - vector
    centroids = centroids.copy()
    centroids[entry] = float(rest @ vector) / max(float(np.linalg.norm(rest)), 1e-9)
    # Leave-one-out of ridge regression: e_i / (1 - h_i)  (Cook and Weisberg 1982).
    wanted = np.zeros_like(head)
    wanted[entry] = 1
    spare = max(1 - float(index.leverage[own]), 1e-3)
    return centroids, wanted - (wanted - head) / spare


def _nearest(
    index: Index, entry: int, words: str, cosines: Floats, letter_scores: Floats
) -> tuple[int, float]:
    """Return an entry's nearest row and the best token-set ratio of two, 0.0 to 1.0."""
    start = int(index.starts[entry])
    end = int(index.starts[entry + 1]) if entry + 1 < len(index.starts) else len(index.rows)
    near = start + int(np.argmax(cosines[start:end] + letter_scores[start:end]))
    other = start + int(np.argmax(letter_scores[start:end]))
    ratios = [
        fuzz.token_set_ratio(words, index.letter_texts[row])
        for row in {near, other}
        if letter_scores[row] >= 0
    ]
    return near, max(ratios, default=0.0) / 100


def _gate_features(features: Floats, scores: Doubles, words: int) -> Doubles:
    """Return what the gate looks at: the best candidate's signals, its lead, the length, one."""
    lead = scores[0] - scores[1] if len(scores) > 1 else scores[0]
    ceiling = features.max(axis=0)
    return np.array([*features[0], *ceiling, lead, np.log1p(words), 1.0], np.float64)


def _softmax(scores: Doubles) -> Doubles:
    raised = np.exp(scores - scores.max())
    made: Doubles = raised / raised.sum()
    return made


def _sigmoid(values: Doubles) -> Doubles:
    made: Doubles = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return made


def learn(index: Index) -> Matcher:
    """Learn ranker and gate from the index's own wordings; the same index, the same matcher."""
    draw = np.random.default_rng(SEED)
    count = len(index.rows)
    chosen = np.sort(draw.permutation(count)[:MOST_SAMPLES])
    found: list[_Signals] = []
    missed: list[_Signals] = []
    for own in chosen.tolist():
        entry = int(index.entry_of[own])
        texts = (index.letter_texts[own], index.sound_texts[own])
        seen = (
            index.vectors @ index.vectors[own],
            index.vectors[own],
            index.letters.likeness(texts[0]),
            index.sounds.likeness(texts[1]),
        )
        found.append(_signals(index, texts, *seen, own=own))
        if len(index.entries) > 1:
            missed.append(_signals(index, texts, *seen, own=own, hidden=entry))
    forms = [FORMS.index(index.rows[own].form) for own in chosen]
    ranker = _learn_ranker(found, np.array(forms), index.entry_of[chosen])
    lengths = [len(index.letter_texts[own].split()) for own in chosen.tolist()]
    samples = [
        *_samples(found, forms, lengths, 1.0, 1.0),
        *_samples(missed, forms, lengths, 0.0, HIDDEN_WEIGHT),
        *_unheld(index),
    ]
    return Matcher(index, ranker, _learn_gate(ranker, samples))


@dataclass(frozen=True, slots=True)
class _Sample:
    """One question for the gate: whether the base holds its answer, and how much it counts."""

    signals: _Signals
    form: int
    length: int
    held: float
    weight: float


def _samples(
    signals: Sequence[_Signals],
    forms: Sequence[int],
    lengths: Sequence[int],
    held: float,
    weight: float,
) -> Iterator[_Sample]:
    for one, form, length in zip(signals, forms, lengths, strict=False):
        yield _Sample(one, form, length, held, weight)


def hidden_from_itself(matcher: Matcher, own: int) -> tuple[str, float]:
    """Return the entry that a wording finds when it is hidden itself, and its share."""
    index = matcher.index
    signals = _signals(
        index,
        (index.letter_texts[own], index.sound_texts[own]),
        index.vectors @ index.vectors[own],
        index.vectors[own],
        index.letters.likeness(index.letter_texts[own]),
        index.sounds.likeness(index.sound_texts[own]),
        own=own,
    )
    shares = _softmax(signals.features @ matcher.ranker[FORMS.index(index.rows[own].form)])
    best = int(np.argmax(shares))
    return index.entries[int(signals.entries[best])], float(shares[best])


def _unheld(index: Index) -> Iterator[_Sample]:
    """Yield the background sentences, which nothing must find."""
    for (form, said), raw in zip(index.unheld, index.unheld_raw, strict=True):
        words, bones = letters(said), skeleton(said)
        whitened = index.whitened(raw)
        signals = _signals(
            index,
            (words, bones),
            index.vectors @ whitened,
            whitened,
            index.letters.likeness(words),
            index.sounds.likeness(bones),
        )
        yield _Sample(signals, FORMS.index(form), len(words.split()), 0.0, 1.0)


def _expanded(features: Doubles, form: int) -> Doubles:
    """Repeat features for all forms together (first) and for one form (its place)."""
    width = features.shape[-1]
    made = np.zeros((*features.shape[:-1], width * (1 + len(FORMS))))
    made[..., :width] = features
    made[..., width * (1 + form) : width * (2 + form)] = features
    return made


def _folded(weights: Doubles, width: int) -> Doubles:
    """Return a row of weights for each form, and a last one for a form that is not known."""
    table = weights.reshape(1 + len(FORMS), width)
    made: Doubles = np.concatenate([table[0] + table[1:], table[:1]])
    return made


def _penalty(width: int) -> Doubles:
    made: Doubles = np.concatenate(
        [np.full(width, RIDGE_ALL), np.full(width * len(FORMS), RIDGE_FORM)]
    )
    return made


def _learn_ranker(found: Sequence[_Signals], forms: Ints, wanted: Ints) -> Doubles:
    """Fit the conditional logit by Newton's method."""
    width = len(SIGNALS)
    samples = [
        (_expanded(signals.features.astype(np.float64), int(form)), int(place[0]))
        for signals, form, entry in zip(found, forms, wanted, strict=True)
        if len(place := np.flatnonzero(signals.entries == entry))
    ]
    penalty = _penalty(width)
    weights = np.zeros(len(penalty))
    for _ in range(12):
        slope, curve = -penalty * weights, np.diag(penalty)
        for features, right in samples:
            shares = _softmax(features @ weights)
            middle = shares @ features
            slope += features[right] - middle
            away = features - middle
            curve += away.T @ (shares[:, None] * away)
        step = np.linalg.solve(curve, slope)
        weights += step
        if float(np.abs(step).max()) < 1e-4:  # noqa: PLR2004 - far below what shows in a share
            break
    return _folded(weights, width)


def _learn_gate(ranker: Doubles, samples: Sequence[_Sample]) -> Doubles:
    """Fit the weighted logistic regression by Newton's method."""
    rows = []
    for sample in samples:
        scores = sample.signals.features @ ranker[sample.form]
        order = np.argsort(-scores, kind="stable")
        features = _gate_features(sample.signals.features[order], scores[order], sample.length)
        rows.append(_expanded(features, sample.form))
    table = np.array(rows)
    answers = np.array([sample.held for sample in samples])
    worth = np.array([sample.weight for sample in samples])
    width = table.shape[1] // (1 + len(FORMS))
    penalty = _penalty(width)
    weights = np.zeros(len(penalty))
    for _ in range(15):
        shares = _sigmoid(table @ weights)
        slope = table.T @ (worth * (answers - shares)) - penalty * weights
        curve = (table * (worth * shares * (1 - shares))[:, None]).T @ table + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights += step
        if float(np.abs(step).max()) < 1e-4:  # noqa: PLR2004 - far below what shows in a share
            break
    return _folded(weights, width)


def matcher(index: Index, kept: Path | None = None, *, older: bool = False) -> Matcher:
    """Return what was learnt from an index, from the file `kept` if it is of this very index.

    Args:
        index: What to learn from.
        kept: Where to keep what was learnt; None keeps nothing.
        older: Take what was learnt from an earlier state of the base, too, if its shape fits.
    """
    if kept is None:
        return learn(index)
    known = stored.read(kept)
    if {"digest", "ranker", "gate"} <= known.keys() and (
        str(known["digest"]) == index.digest
        or (older and known["ranker"].shape == (len(FORMS) + 1, len(SIGNALS)))
    ):
        return Matcher(index, known["ranker"], known["gate"])
    made = learn(index)
    stored.write(kept, {"digest": np.array(index.digest), "ranker": made.ranker, "gate": made.gate})
    return made
