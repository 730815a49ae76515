"""How well questions that the base does not know are grouped by meaning, across languages.

python -m bench.grouping [--tune]

Some entries are hidden from the knowledge base, one set to tune on and one to report.  Their
labelled questions (`faq/questions`) and two wordings in each form are asked, redacted as staff
would see them, with questions outside the base as noise, in an order drawn by a seed, and grouped
as `escalation.grouping` does it.  A group is right where its questions are of one entry; of the
noise each question is thought to be alone, which counts some right groups as wrong.
"""

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import settings
import workshop
from escalation.likeness import Middles, Said, Weights, Words, nearest, place, said
from faq import load
from faq.encoder import Encoder
from faq.entry import Library
from faq.evaluate import read
from faq.index import Index, build
from faq.language import form_of
from safety.redact import redact
from safety.words import draft
from safety.words import load as vocabulary

SEED, ORDERS = 7, 3
HIDDEN = 26
WORDINGS = 2
BATCH = 50
LEAST_PRECISION = 0.905

Label = str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: what it is compared by, its form, and the hidden entry or its own number."""

    said: Said
    form: str
    label: Label


def halves(library: Library) -> tuple[frozenset[str], frozenset[str]]:
    """Return the entries to tune on and those to report, drawn from all topics."""
    drawn = random.Random(SEED).sample(sorted(library.entries), 2 * HIDDEN)  # noqa: S311
    return frozenset(drawn[:HIDDEN]), frozenset(drawn[HIDDEN:])


def without(index: Index, hidden: frozenset[str]) -> Index:
    """Return the index of a base that does not know some entries."""
    kept = [number for number, entry in enumerate(index.entries) if entry not in hidden]
    renumbered = {old: new for new, old in enumerate(kept)}
    there = np.array([row.entry in renumbered for row in index.rows])
    rows = tuple(
        replace(row, entry=renumbered[row.entry]) for row in index.rows if row.entry in renumbered
    )
    entries = tuple(index.entries[number] for number in kept)
    return Index(entries, rows, index.raw[there], index.unheld, index.unheld_raw)


def questions(
    library: Library, hidden: frozenset[str], noise: int
) -> Iterator[tuple[str, str, Label]]:
    """Yield text, form and label of every question of a half; `noise` is 0 or 1."""
    draw = random.Random(SEED)  # noqa: S311 - no secret
    strays = 0
    for one in read(sorted(Path("faq/questions").glob("*.jsonl"))):
        form = str(form_of(one.text, one.lang))
        if one.expect in hidden:
            yield one.text, form, str(one.expect)
        elif one.kind == "out_of_scope":
            strays += 1
            if strays % 2 == noise:
                yield one.text, form, f"stray {strays}"
    for entry in sorted(hidden):
        for language, text in library.entries[entry].texts.items():
            by_form = defaultdict(list)
            for wording in text.wordings:
                by_form[str(form_of(wording, language))].append(wording)
            for form, wordings in sorted(by_form.items()):
                for wording in draw.sample(wordings, min(WORDINGS, len(wordings))):
                    yield wording, form, entry


def asked(library: Library, encoder: Encoder, hidden: frozenset[str], noise: int) -> list[Asked]:
    """Return the questions of a half, redacted without the words of the hidden entries."""
    left = {key: one for key, one in library.entries.items() if key not in hidden}
    known = vocabulary(workshop.SAFETY)
    known = replace(known, words=known.words | workshop._words(replace(library, entries=left)))  # noqa: SLF001
    return [
        Asked(said(draft(redact(text).text, known).shown(), encoder), form, label)
        for text, form, label in questions(library, hidden, noise)
    ]


def grouped(found: Sequence[Asked], index: Index, weights: Weights) -> list[int]:
    """Return the group of each question, put in batch by batch as the grouper does it."""
    middles = Middles(index, len(found[0].said.vector))
    counts: dict[int, int] = {}
    words: dict[int, list[Words]] = {}
    groups = [0] * len(found)
    for at in range(0, len(found), BATCH):
        batch = [one.said for one in found[at : at + BATCH]]
        for made in place(batch, middles, counts, words, weights):
            group = len(counts) if made.group is None else made.group
            counts[group], words[group] = made.count, made.words
            middles.put({group: (made.total / made.count).astype(np.float32)})
            for member in made.members:
                groups[at + member] = group
    return groups


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall, 0.0 to 1.0."""

    precision: float
    recall: float

    def __str__(self) -> str:
        """Return both and their harmonic mean."""
        both = self.precision + self.recall
        f1 = 2 * self.precision * self.recall / both if both else 0.0
        return f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {f1:.3f}"


def b_cubed(labels: Sequence[Label], groups: Sequence[int]) -> Score:
    """Return B-cubed precision and recall (Bagga and Baldwin 1998)."""
    of_label, of_group = defaultdict(set), defaultdict(set)
    for number, (label, group) in enumerate(zip(labels, groups, strict=True)):
        of_label[label].add(number)
        of_group[group].add(number)
    precision = recall = 0.0
    for label, group in zip(labels, groups, strict=True):
        both = len(of_label[label] & of_group[group])
        precision += both / len(of_group[group])
        recall += both / len(of_label[label])
    return Score(precision / len(labels), recall / len(labels))


def pairwise(
    found: Sequence[Asked], groups: Sequence[int], counts: Callable[[str, str], bool]
) -> Score:
    """Return precision and recall of pairs whose forms count."""
    right = wrong = missed = 0
    for one, first in enumerate(found):
        for other in range(one):
            if not counts(first.form, found[other].form):
                continue
            same, together = first.label == found[other].label, groups[one] == groups[other]
            right += same and together
            wrong += together and not same
            missed += same and not together
    return Score(right / max(right + wrong, 1), right / max(right + missed, 1))


def mean(scores: Iterable[Score]) -> Score:
    """Return the mean of some scores."""
    every = list(scores)
    return Score(
        sum(one.precision for one in every) / len(every),
        sum(one.recall for one in every) / len(every),
    )


def orders(found: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Yield the questions in some orders."""
    for seed in range(ORDERS):
        mixed = list(found)
        random.Random(seed).shuffle(mixed)  # noqa: S311 - no secret
        yield mixed


def tune(found: Sequence[Asked], index: Index) -> Weights:
    """Return the weights with the best recall of those that are precise enough; print all."""
    best, highest = Weights(), -1.0
    for words in (0.0, 0.15, 0.3, 0.45):
        for one in (0.45, 0.48, 0.51, 0.54):
            for more in (0.41, 0.44, 0.47, 0.50):
                weights = Weights(words, one, more)
                score = mean(
                    b_cubed([row.label for row in mixed], grouped(mixed, index, weights))
                    for mixed in orders(found)
                )
                sys.stdout.write(f"words {words:.2f} one {one:.2f} more {more:.2f}: {score}\n")
                if score.precision >= LEAST_PRECISION and score.recall > highest:
                    best, highest = weights, score.recall
    return best


def report(found: Sequence[Asked], index: Index, weights: Weights) -> None:
    """Print the scores."""
    out = sys.stdout.write
    results = [(mixed, grouped(mixed, index, weights)) for mixed in orders(found)]
    labels = {one.label for one in found}
    count = sum(len(set(groups)) for _, groups in results) / len(results)
    out(f"{len(found)} questions of {len(labels)} meanings in {count:.0f} groups; {weights}\n")
    cubed = mean(b_cubed([one.label for one in mixed], groups) for mixed, groups in results)
    out(f"B-cubed          {cubed}\n")
    kinds: list[tuple[str, Callable[[str, str], bool]]] = [
        ("all pairs", lambda _one, _other: True),
        ("same form", lambda one, other: one == other),
        ("across", lambda one, other: one != other),
    ]
    forms = sorted({one.form for one in found})
    for at, one in enumerate(forms):
        for other in forms[at:]:
            pair = (one, other)
            kinds.append((" ".join(pair), lambda a, b, pair=pair: (a, b) in (pair, pair[::-1])))  # type: ignore[misc]
    for name, counts in kinds:
        score = mean(pairwise(mixed, groups, counts) for mixed, groups in results)
        out(f"{name:17}{score}\n")


def speed(found: Sequence[Asked], index: Index, count: int = 10_000) -> None:
    """Print the milliseconds of one new question among so many groups, without the encoder."""
    draw = np.random.default_rng(SEED)
    middles = Middles(index, len(found[0].said.vector))
    made = draw.normal(size=(count, len(found[0].said.vector))).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    start = time.perf_counter()
    middles.put({number: index.mean + 0.3 * vector for number, vector in enumerate(made)})
    loaded = 1000 * (time.perf_counter() - start)
    words = {number: [found[0].said.words] for number in range(count)}
    took = []
    for one in found[:200]:
        start = time.perf_counter()
        nearest([one.said], middles)
        place([one.said], middles, dict.fromkeys(range(count), 2), words)
        took.append(1000 * (time.perf_counter() - start))
    median, late = np.percentile(took, [50, 99])
    sys.stdout.write(
        f"{count} groups: taken in {loaded:.0f} ms; "
        f"one question p50 {median:.1f}  p99 {late:.1f} ms\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.grouping")
    parser.add_argument("--tune", action="store_true", help="try weights on the other half first")
    options = parser.parse_args(arguments)
    places, chosen = workshop.Places(), settings.load(None)
    encoder, library = workshop.encoder(chosen, places), load.library(places.faq)
    whole = build(library, encoder, places.data / "index.npz")
    first, second = halves(library)
    weights = Weights()
    if options.tune:
        weights = tune(asked(library, encoder, first, 0), without(whole, first))
    index = without(whole, second)
    found = asked(library, encoder, second, 1)
    report(found, index, weights)
    speed(found, index)


if __name__ == "__main__":
    main()
