"""What the peers are asked: our own questions, and the public sets in a folder."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faq.evaluate import Labelled
from faq.index import Row
from faq.language import Form, form_of
from text import Language

SEED = 7
MOST = 120  # of our own base: questions of one group and kind, for the slowest take long
MOST_STRAYS = 200  # of a set that our base must not answer
STRAYS = {
    "clinc150": "everyday requests, English",
    "afriqa": "trivia, English and Swahili",
}
PUBLIC = {
    "deepset-faqsim": "COVID-19 questions reworded, one wording an entry, English and German",
    "tico19": "COVID-19 sentences asked in four languages, one wording an entry in English",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, the entries that answer it (none: out of scope), and its group."""

    text: str
    wanted: frozenset[str]
    group: str


@dataclass(frozen=True, slots=True)
class Base:
    """A knowledge base: ids, and wordings sorted by entry."""

    entries: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """Questions for one base; a set without answerable ones is of strays."""

    name: str
    about: str
    base: Base
    questions: tuple[Asked, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of answerable questions, in the order in which they first come."""
        return tuple(dict.fromkeys(one.group for one in self.questions if one.wanted))


Grouped = Callable[[Asked], object]


def sampled(questions: Sequence[Asked], most: int, by: Grouped) -> tuple[Asked, ...]:
    """Return at most so many questions of each group, the same in each run, in their order."""
    draw = np.random.default_rng(SEED)
    groups: dict[object, list[int]] = {}
    for place, question in enumerate(questions):
        groups.setdefault(by(question), []).append(place)
    kept = [
        place
        for places in groups.values()
        for place in draw.permutation(np.array(places))[:most].tolist()
    ]
    return tuple(questions[place] for place in sorted(kept))


def ours(base: Base, labelled: Iterable[Labelled]) -> Set:
    """Return our own set: answerable and out-of-scope questions, by form."""
    order = list(Form)
    questions = [
        Asked(one.text, frozenset(filter(None, (one.expect, *one.accept))), one.form)
        for one in sorted(labelled, key=lambda one: order.index(Form(one.form)))
        if one.kind in ("answerable", "out_of_scope")
    ]
    kept = sampled(questions, MOST, lambda one: (one.group, bool(one.wanted)))
    return Set("starter base", "our knowledge base, questions of tests/questions", base, kept)


def public(folder: Path) -> list[Set]:
    """Return the public sets in a folder that bring entries of their own, split test."""
    present = [name for name in PUBLIC if (folder / name).is_dir()]
    return [Set(name, PUBLIC[name], _base(folder / name), _test(folder / name)) for name in present]


def strays(folder: Path, base: Base) -> list[Set]:
    """Return the public sets in a folder that our base must not answer, split test."""
    made = []
    for name, about in STRAYS.items():
        if (folder / name).is_dir():
            kept = sampled(_test(folder / name), MOST_STRAYS, lambda one: bool(one.wanted))
            made.append(Set(name, about, base, kept))
    return made


def _base(folder: Path) -> Base:
    found = _lines(folder / "faq.jsonl")
    rows = tuple(
        Row(number, _form(wording, one["lang"]), wording)
        for number, one in enumerate(found)
        for wording in (one["question"], *one["also"])
    )
    return Base(tuple(one["id"] for one in found), rows)


def _form(text: str, language: str) -> Form:
    """Return the form of a wording; one in a language that is not ours counts as English."""
    return form_of(text, Language(language)) if language in set(Language) else Form.EN


def _test(folder: Path) -> tuple[Asked, ...]:
    return tuple(
        Asked(
            one["text"],
            frozenset(filter(None, (one["expect"], *one.get("accept", ())))),
            one["lang"],
        )
        for one in _lines(folder / "questions.jsonl")
        if one["split"] == "test"
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
