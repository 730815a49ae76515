"""Learn what weighs the signals of `faq.match`.  Pure but for keeping it on disk.

Two small models, learnt from the knowledge base alone, by hiding its own wordings one at a time:

- the *ranker*, a conditional logit over candidate entries (McFadden 1974), weighs the signals for
  each form (language and script);
- the *gate*, a logistic regression, says how likely the base holds the answer.  Its negatives are
  the same questions with their whole entry hidden, so that it knows what a near miss looks like,
  and the sentences of `faq/background/`.

Both are held back towards what was learnt from the starter base (`faq/prior.json`, made by
`python -m faq.learn`), so that a base with a wording or two for each entry ranks well, too.

What the two say together is then calibrated (`faq.calibration`): on the labelled questions of
`faq/questions/` if there are any, otherwise on the hidden wordings, which are harder than what
people ask, so that a base without such questions answers less at once.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from faq import kept as stored
from faq import load
from faq.calibration import AS_IT_IS, Calibration, fit
from faq.encoder import Encoder
from faq.index import Index, build
from faq.language import FORMS, Form
from faq.match import (
    GATE_FEATURES,
    SIGNALS,
    Asked,
    Doubles,
    Floats,
    Matcher,
    Signals,
    ask,
    asked,
    gate_features,
    signals,
    softmax,
    weighed,
)
from faq.newton import logistic, lowest

# The leanings of a single form are held back towards what all forms say together.
RIDGE_ALL, RIDGE_FORM = 1.0, 10.0
PRIOR = Path(__file__).with_name("prior.json")
SEED = 7
MOST_SAMPLES = 3000
# The share of a base's sentences that must be as they were for what was learnt to serve on.
SAME_ENOUGH = 0.95
# Questions whose entry was hidden are near misses, rarer among real strays than their number here.
HIDDEN_WEIGHT = 0.1
# Without labelled questions: how many of those that people ask the base is thought not to hold.
STRAYS = 0.2


@dataclass(frozen=True, slots=True)
class Known:
    """A labelled question: the entries that answer it, none if the base has no answer."""

    text: str
    vector: Floats
    form: Form | None
    entries: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sample:
    """One question to learn from: its entry, if the base holds one, and how much it counts."""

    found: Signals
    form: int
    length: int
    entry: int | None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What weights are held back to, for all forms together."""

    ranker: Doubles  # (signals,)
    gate: Doubles  # (features of `gate_features`,)


FLAT = Prior(np.zeros(len(SIGNALS)), np.zeros(GATE_FEATURES))


def prior(path: Path = PRIOR) -> Prior:
    """Read the prior; one of another shape, from before a signal was added, is none."""
    made = json.loads(path.read_text("ascii"))
    if made["signals"] != list(SIGNALS) or len(made["gate"]) != GATE_FEATURES:
        return FLAT
    return Prior(np.array(made["ranker"]), np.array(made["gate"]))


def learn(index: Index, labelled: Sequence[Known] = (), held: Prior | None = None) -> Matcher:
    """Learn all; the same index and questions, the same matcher.

    Args:
        index: Its wordings and background teach how to weigh signals.
        labelled: What confidence means is measured on these.
        held: What weights are held back to; None is the starter base's.
    """
    held = prior() if held is None else held
    own = list(_own(index))
    unheld = list(_unheld(index))
    found = [sample for sample in own if sample.entry is not None]
    ranker = _learn_ranker(found, held.ranker)
    gate = _learn_gate(ranker, [*own, *unheld], held.gate)
    # What only finds, or only strays, tells nothing of how to tell them apart.
    if {bool(known.entries) for known in labelled} == {True, False}:
        calibration = _measured(index, ranker, gate, labelled)
    else:
        strays = [*(sample for sample in own if sample.entry is None), *unheld]
        calibration = _guessed(ranker, gate, found, strays)
    return Matcher(index, ranker, gate, calibration)


def _own(index: Index) -> Iterator[_Sample]:
    """Yield wordings as if somebody asked them, with themselves and with their entry hidden."""
    draw = np.random.default_rng(SEED)
    # A wording that is its entry's only one, when hidden, leaves nothing to be found.
    counts = np.bincount(index.entry_of, minlength=len(index.entries))
    several = np.flatnonzero(counts[index.entry_of] > 1)
    chosen = np.sort(draw.permutation(several)[:MOST_SAMPLES])
    for own in chosen.tolist():
        question, vector = _row(index, own)
        form, entry = FORMS.index(index.rows[own].form), int(index.entry_of[own])
        found = signals(index, question, vector, own=own)
        yield _Sample(found, form, question.length, entry)
        if len(index.entries) > 1:
            missed = signals(index, question, vector, own=own, hidden=entry)
            yield _Sample(missed, form, question.length, None, HIDDEN_WEIGHT)


def _unheld(index: Index) -> Iterator[_Sample]:
    """Yield the background sentences, which nothing must find."""
    for number, (form, said) in enumerate(index.unheld):
        question = ask(index, said)
        found = signals(index, question, index.none_vectors[number], unheld=number)
        yield _Sample(found, FORMS.index(form), question.length, None)


def _row(index: Index, own: int) -> tuple[Asked, Floats]:
    return asked(index, index.letter_texts[own], index.sound_texts[own]), index.vectors[own]


def hidden_from_itself(matcher: Matcher, own: int) -> tuple[str, float]:
    """Return the entry that a wording finds when it is hidden itself, and its share."""
    index = matcher.index
    found = signals(index, *_row(index, own), own=own)
    shares = softmax(found.features @ matcher.ranker[FORMS.index(index.rows[own].form)])
    best = int(np.argmax(shares))
    return index.entries[int(found.entries[best])], float(shares[best])


def _scored(ranker: Doubles, gate: Doubles, sample: _Sample) -> tuple[int, float]:
    """Return the entry found and its score."""
    weights = ranker[sample.form], gate[sample.form]
    order, shares, held = weighed(*weights, sample.found, sample.length)
    return int(sample.found.entries[order[0]]), held * float(shares[0])


def _measured(
    index: Index, ranker: Doubles, gate: Doubles, labelled: Iterable[Known]
) -> Calibration:
    """Calibrate on labelled questions."""
    scores, right = [], []
    for known in labelled:
        question = ask(index, known.text)
        form = FORMS.index(known.form) if known.form else len(FORMS)
        found = signals(index, question, index.whitened(known.vector))
        entry, score = _scored(ranker, gate, _Sample(found, form, question.length, None))
        scores.append(score)
        right.append(float(index.entries[entry] in known.entries))
    return fit(np.array(scores), np.array(right))


def _guessed(
    ranker: Doubles, gate: Doubles, found: Sequence[_Sample], strays: Sequence[_Sample]
) -> Calibration:
    """Calibrate on hidden wordings, and on those and the background as what finds nothing."""
    if not found:
        return AS_IT_IS
    samples = [*found, *strays]
    outcomes = [_scored(ranker, gate, sample) for sample in samples]
    right = [entry == sample.entry for sample, (entry, _) in zip(samples, outcomes, strict=True)]
    weights = np.array([sample.weight for sample in samples])
    stray = np.array([sample.entry is None for sample in samples])
    if strays:
        weights[stray] *= STRAYS / (1 - STRAYS) * len(found) / weights[stray].sum()
    scores = np.array([score for _, score in outcomes])
    return fit(scores, np.array(right, np.float64), weights)


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


def _padded(held: Doubles) -> Doubles:
    """Return a prior of all forms together as weights of which no form has its own."""
    made: Doubles = np.concatenate([held, np.zeros(len(held) * len(FORMS))])
    return made


def _penalty(width: int) -> Doubles:
    made: Doubles = np.concatenate(
        [np.full(width, RIDGE_ALL), np.full(width * len(FORMS), RIDGE_FORM)]
    )
    return made


def _learn_ranker(found: Sequence[_Sample], held: Doubles) -> Doubles:
    """Fit the conditional logit."""
    width = len(SIGNALS)
    samples = [
        (_expanded(sample.found.features.astype(np.float64), sample.form), int(place[0]))
        for sample in found
        if len(place := np.flatnonzero(sample.found.entries == sample.entry))
    ]
    penalty, start = _penalty(width), _padded(held)

    def loss(weights: Doubles) -> float:
        unlikely = 0.0
        for features, right in samples:
            scores = features @ weights
            unlikely += float(np.logaddexp.reduce(scores) - scores[right])
        return unlikely + float(penalty @ (weights - start) ** 2 / 2)

    def step(weights: Doubles) -> Doubles:
        slope: npt.NDArray[Any] = -penalty * (weights - start)
        curve: npt.NDArray[Any] = np.diag(penalty)
        for features, right in samples:
            shares = softmax(features @ weights)
            middle = shares @ features
            slope += features[right] - middle
            away = features - middle
            curve += away.T @ (shares[:, None] * away)
        made: Doubles = np.linalg.solve(curve, slope)
        return made

    weights = lowest(start, loss, step)
    return _folded(weights, width)


def _learn_gate(ranker: Doubles, samples: Sequence[_Sample], held: Doubles) -> Doubles:
    """Fit the logistic regression."""
    rows = []
    for sample in samples:
        scores = sample.found.features @ ranker[sample.form]
        order = np.argsort(-scores, kind="stable").astype(np.int32)
        features = gate_features(sample.found, order, scores, sample.length)
        rows.append(_expanded(features, sample.form))
    start = _padded(held)
    table = np.array(rows).reshape(len(rows), len(start))
    answers = np.array([float(sample.entry is not None) for sample in samples])
    worth = np.array([sample.weight for sample in samples])
    weights = logistic(table, answers, worth, start, _penalty(GATE_FEATURES))
    return _folded(weights, GATE_FEATURES)


def matcher(
    index: Index,
    labelled: Sequence[Known] = (),
    kept: Path | None = None,
    *,
    older: bool = False,
) -> Matcher:
    """Return what was learnt from an index, from the file `kept` if it is of this very index.

    Args:
        index: What to learn from.
        labelled: What to measure confidence on.
        kept: Where to keep what was learnt; None keeps nothing.
        older: Take what was learnt from an earlier state of the base, too, if most of its wordings
            are the same: learning takes some ten seconds, a new wording teaches next to nothing.
    """
    if kept is None:
        return learn(index, labelled)
    state, rows = _state(index, labelled), marks(row.text for row in index.rows)
    known = stored.read(kept)
    if {"state", "rows", "ranker", "gate", "line", "confidences", "wrong"} <= known.keys() and (
        str(known["state"]) == state
        or (
            older
            and known["ranker"].shape == (len(FORMS) + 1, len(SIGNALS))
            and known["gate"].shape == (len(FORMS) + 1, GATE_FEATURES)
            and np.isin(rows, known["rows"]).mean() >= SAME_ENOUGH
        )
    ):
        slope, offset = known["line"].tolist()
        calibration = Calibration(slope, offset, known["confidences"], known["wrong"])
        return Matcher(index, known["ranker"], known["gate"], calibration)
    made = learn(index, labelled)
    stored.write(
        kept,
        {
            "state": np.array(state),
            "rows": rows,
            "ranker": made.ranker,
            "gate": made.gate,
            "line": np.array([made.calibration.slope, made.calibration.offset]),
            "confidences": made.calibration.confidences,
            "wrong": made.calibration.wrong,
        },
    )
    return made


def marks(texts: Iterable[str]) -> npt.NDArray[np.uint64]:
    """Return a number for each text, by which it is known again."""
    digests = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in texts)
    return np.frombuffer(digests, np.uint64)


def _state(index: Index, labelled: Iterable[Known]) -> str:
    """Return a hash of all that learning depends on."""
    seen = hashlib.sha256(index.digest.encode() + PRIOR.read_bytes())
    for name in ("calibration.py", "learn.py", "match.py", "newton.py"):
        seen.update(Path(__file__).with_name(name).read_bytes())
    for known in labelled:
        seen.update(f"{known.text}\t{known.form}\t{sorted(known.entries)}\n".encode())
    return seen.hexdigest()


def main() -> None:
    """Write the prior, from what the starter base teaches without one."""
    folder = PRIOR.parent
    encoder = Encoder(Path("var") / "encoder")
    made = learn(build(load.library(folder), encoder, Path("var") / "index.npz"), held=FLAT)
    weights = {"ranker": made.ranker[-1], "gate": made.gate[-1]}
    rounded = {name: [round(one, 3) for one in row.tolist()] for name, row in weights.items()}
    PRIOR.write_text(json.dumps({"signals": SIGNALS, **rounded}, indent=1) + "\n", "ascii")


if __name__ == "__main__":
    main()
