"""Rank entries for a question, and say how likely the answer is among them at all.  Pure.

`faq.learn` makes the `Matcher`: what weighs the signals here.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from faq.calibration import AS_IT_IS, Calibration
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
# The best one's signals, the most of each, its lead, three of the background, by how much the best
# two are nearer, the length, one.
GATE_FEATURES = 2 * len(SIGNALS) + 8
CANDIDATES = 10
# Entries whose wordings are all looked at; chosen by what all entries are compared by.
FINALISTS = 12
# The mean speaks for the encoder in that choice, against letters, sounds and words.
MEAN_WEIGHT = 3.0
# How many of an entry's wordings speak for it, besides the nearest: one alone is often chance.
NEAR_VECTORS, NEAR_TEXTS = 5, 4


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
    calibration: Calibration = AS_IT_IS
    also: str | None = None  # the entry of a second question in the same message

    def confidence(self, number: int = 0) -> float:
        """Return the probability that a candidate is right; 0.0 when there is none."""
        if number >= len(self.candidates):
            return 0.0
        return self.calibration.sure(self.held * self.candidates[number].share)

    def together(self, count: int) -> float:
        """Return the probability that one of the first candidates is right."""
        shares = sum(candidate.share for candidate in self.candidates[:count])
        return self.calibration.sure(self.held * shares)


@dataclass(frozen=True, slots=True)
class Matcher:
    """What was learnt, ready to rank."""

    index: Index
    ranker: Doubles  # (forms + 1, signals)
    gate: Doubles  # (forms + 1, features of `gate_features`)
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Signals:
    """Signals of one question: candidates (k,), features (k, signals), nearest rows (k,)."""

    entries: Ints
    features: Floats
    rows: Ints
    none: Floats  # leaning to the background, its nearest sentence, the mean of the nearest


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and its likeness to all rows in letters and sounds; its words stay unprinted."""

    words: str = field(repr=False)
    bones: str = field(repr=False)
    letter_scores: Floats  # by row
    sound_scores: Floats  # by row

    @property
    def length(self) -> int:
        """The number of its words."""
        return len(self.words.split())


def ask(index: Index, question: str) -> Asked:
    """Return what can be known of a question before the encoder has read it.

    Args:
        index: Where to look.
        question: As the person typed it.
    """
    return asked(index, letters(question), skeleton(question))


def asked(index: Index, words: str, bones: str) -> Asked:
    """Return a question of which letters and skeleton are known."""
    return Asked(words, bones, index.letters.likeness(words), index.sounds.likeness(bones))


def rank(matcher: Matcher, question: Asked, vector: Floats, form: Form | None) -> Ranking:
    """Rank the entries for one question.

    Args:
        matcher: Made by `faq.learn`.
        question: Made by `ask`.
        vector: The encoder's, of the normalised question.
        form: The language and script, if known; otherwise what all forms say together.
    """
    index = matcher.index
    found = signals(index, question, index.whitened(vector))
    row = FORMS.index(form) if form else len(FORMS)
    order, shares, held = weighed(matcher.ranker[row], matcher.gate[row], found, question.length)
    return Ranking(
        tuple(
            Candidate(
                index.entries[found.entries[place]],
                float(share),
                index.rows[found.rows[place]].text,
                tuple(found.features[place].tolist()),
            )
            for place, share in zip(order, shares, strict=True)
        ),
        held,
        matcher.calibration,
    )


def weighed(
    ranker: Doubles, gate: Doubles, found: Signals, length: int
) -> tuple[Ints, Doubles, float]:
    """Return the candidates' places, likeliest first, their shares, and how likely one is right.

    Args:
        ranker: Weights of the signals, for one form.
        gate: Weights of `gate_features`, for one form.
        found: The signals.
        length: Of the question, in words.
    """
    scores = found.features @ ranker
    order = np.argsort(-scores, kind="stable").astype(np.int32)
    held = float(sigmoid(gate_features(found, order, scores, length) @ gate))
    return order, softmax(scores[order]), held


def signals(  # noqa: PLR0913 - one question, and what must not be found
    index: Index,
    question: Asked,
    whitened: Floats,
    *,
    own: int | None = None,
    hidden: int | None = None,
    unheld: int | None = None,
) -> Signals:
    """Return the signals of the likeliest candidates.

    What is cheap for all entries chooses `FINALISTS`; their wordings are then compared one by one.

    Args:
        index: Where to look.
        question: Made by `ask`.
        whitened: Its vector, as the index's are.
        own: A row that is the question itself and must not find itself.
        hidden: An entry that must not be found.
        unheld: A background sentence that is the question itself and must not find itself.
    """
    letter_scores, sound_scores = question.letter_scores, question.sound_scores
    mean = index.centroids @ whitened
    if own is not None:
        letter_scores, sound_scores = letter_scores.copy(), sound_scores.copy()
        letter_scores[own] = sound_scores[own] = -1.0
        mean[index.entry_of[own]] = _mean_without(index, own)
    letter_best = np.maximum(index.best(letter_scores), 0)
    sound_best = np.maximum(index.best(sound_scores), 0)
    without = None if own is None else int(index.entry_of[own])
    covered = index.words.coverage(question.bones, without)
    likely = MEAN_WEIGHT * mean + letter_best + sound_best + covered
    if hidden is not None:
        likely[hidden] = -np.inf
    finalists = _largest(likely, min(FINALISTS, len(likely) - (hidden is not None)))
    cosines = np.full(len(index.rows), -1.0, np.float32)
    for entry in finalists.tolist():
        rows = index.rows_of(entry)
        cosines[rows] = index.vectors[rows] @ whitened
    leaning = index.head[finalists] @ whitened
    if own is not None:
        cosines[own] = -1.0
        leaning = _leaning_without(index, own, finalists, leaning)
    best = np.array([cosines[index.rows_of(entry)].max() for entry in finalists], np.float32)
    chosen = _largest(best + leaning + likely[finalists], min(CANDIDATES, len(finalists)))
    entries = finalists[chosen]
    nearest = [_nearest(index, int(entry), question, cosines, letter_scores) for entry in entries]
    features = [
        best[chosen],
        index.near(cosines, entries, NEAR_VECTORS),
        mean[entries],
        leaning[chosen],
        letter_best[entries],
        index.near(letter_scores, entries, NEAR_TEXTS),
        sound_best[entries],
        index.near(sound_scores, entries, NEAR_TEXTS),
        covered[entries],
        np.array([ratio for _, ratio in nearest], np.float32),
    ]
    rows_found = np.array([row for row, _ in nearest], np.int32)
    none = _none(index, whitened, own, unheld)
    return Signals(entries, np.stack(features, axis=1), rows_found, none)


def _none(index: Index, whitened: Floats, own: int | None, unheld: int | None) -> Floats:
    """Return how near a question is to the background: leaning, nearest, mean of the nearest."""
    leaning = float(index.head[-1] @ whitened)
    near = index.none_vectors @ whitened
    if own is not None:
        leaning /= max(1 - float(index.leverage[own]), 1e-3)
    if unheld is not None:
        near = np.delete(near, unheld)
        spare = max(1 - float(index.leverage[len(index.rows) + unheld]), 1e-3)
        leaning = 1 - (1 - leaning) / spare
    if not len(near):
        return np.zeros(3, np.float32)
    most = -np.partition(-near, min(NEAR_VECTORS, len(near)) - 1)[:NEAR_VECTORS]
    return np.array([leaning, most.max(), most.mean()], np.float32)


def _largest(scores: Floats, count: int) -> Ints:
    """Return the places of the largest scores, largest first; of equals the earlier."""
    if count < len(scores):
        least = -np.partition(-scores, count - 1)[count - 1]
        places = np.flatnonzero(scores >= least)
    else:
        places = np.arange(len(scores))
    order = np.argsort(-scores[places], kind="stable")[:count]
    made: Ints = places[order].astype(np.int32)
    return made


def _mean_without(index: Index, own: int) -> float:
    """Return the cosine of a row to its entry's mean, as if the row had not been there."""
    vector = index.vectors[own]
    rest = index.sums[int(index.entry_of[own])] - vector
    return float(rest @ vector) / max(float(np.linalg.norm(rest)), 1e-9)


def _leaning_without(index: Index, own: int, entries: Ints, leaning: Floats) -> Floats:
    """Return the head's scores of some entries as if a row had not been there."""
    wanted = (entries == index.entry_of[own]).astype(np.float32)
    # Leave-one-out of ridge regression: e_i / (1 - h_i)  (Cook and Weisberg 1982).
    spare = max(1 - float(index.leverage[own]), 1e-3)
    made: Floats = wanted - (wanted - leaning) / np.float32(spare)
    return made


def _nearest(
    index: Index, entry: int, question: Asked, cosines: Floats, letter_scores: Floats
) -> tuple[int, float]:
    """Return an entry's nearest row and the best token-set ratio of two, 0.0 to 1.0."""
    rows = index.rows_of(entry)
    near = rows.start + int(np.argmax(cosines[rows] + letter_scores[rows]))
    other = rows.start + int(np.argmax(letter_scores[rows]))
    ratios = [
        fuzz.token_set_ratio(question.words, index.letter_texts[row])
        for row in {near, other}
        if letter_scores[row] >= 0
    ]
    return near, max(ratios, default=0.0) / 100


def gate_features(found: Signals, order: Ints, scores: Doubles, words: int) -> Doubles:
    """Return what the gate looks at.

    The best candidate's signals, the most of each signal, the best one's lead, how near the
    background is and how much nearer the candidate, the length, and one.
    """
    features, ranked = found.features, scores[order]
    lead = ranked[0] - ranked[1] if len(ranked) > 1 else ranked[0]
    best, ceiling = features[order[0]], features.max(axis=0)
    nearer = best[0] - found.none[1], best[1] - found.none[2]
    made = [*best, *ceiling, lead, *found.none, *nearer, np.log1p(words), 1.0]
    return np.array(made, np.float64)


def softmax(scores: Doubles) -> Doubles:
    """Return shares that sum to one."""
    raised = np.exp(scores - scores.max())
    made: Doubles = raised / raised.sum()
    return made


def sigmoid(values: Doubles) -> Doubles:
    """Return probabilities of log odds."""
    made: Doubles = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return made
