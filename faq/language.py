"""Which language a question is in, learnt from the knowledge base's own wordings.  Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

import text as reading
from faq.kept import packed, unpacked
from text import Language, Script


class Form(StrEnum):
    """A language in one of the scripts that people type it in."""

    EN = "en"
    HI = "hi"
    HI_LATIN = "hi-latin"
    UR = "ur"
    UR_LATIN = "ur-latin"
    SW = "sw"
    ID = "id"

    @property
    def language(self) -> Language:
        """The language without the script."""
        return Language(self.value[:2])


FORMS = tuple(Form)
LATIN = (Form.EN, Form.HI_LATIN, Form.UR_LATIN, Form.SW, Form.ID)
_SCRIPTS = {Script.DEVANAGARI: Form.HI, Script.ARABIC: Form.UR}
# Sentences in both scripts: most letters are Latin, the grammar is not.
_MIXED = {Script.DEVANAGARI: Form.HI_LATIN, Script.ARABIC: Form.UR_LATIN}
NATIVE_WORDS = 2
# Below this share the question's words could belong to another language as well.
SURE = 0.8


def _within(text: str, native: Script) -> int:
    """Count the words of a script behind the first in Latin letters.

    English words stand in many Hindi and Urdu sentences.  The other way round it is a greeting at
    the beginning ("السلام علیکم, what are …") or a single word that is asked about.
    """
    scripts = [found for word in text.split() if (found := reading.script(word)) is not None]
    if Script.LATIN not in scripts:
        return 0
    return scripts[scripts.index(Script.LATIN) :].count(native)


def form_of(text: str, language: Language) -> Form:
    """Return the form of a text whose language is known."""
    if language is Language.HI and reading.script(text) is Script.LATIN:
        return Form.HI_LATIN
    if language is Language.UR and reading.script(text) is Script.LATIN:
        return Form.UR_LATIN
    return Form(language.value)


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest form, and how sure: 0.0 to 1.0."""

    form: Form
    sure: float

    @property
    def certain(self) -> bool:
        """Tell whether the guess may decide the language of the reply."""
        return self.sure >= SURE


def feature_counts(examples: Iterable[tuple[Form, str]]) -> dict[str, npt.NDArray[Any]]:
    """Count words and letter trigrams of texts in Latin letters by form, as arrays to be kept."""
    counts: dict[Form, Counter[str]] = {form: Counter() for form in LATIN}
    for form, text in examples:
        if form in counts:
            counts[form].update(_features(text))
    known = sorted(set().union(*counts.values()))
    return {
        "features": packed(known),
        "feature counts": np.array([[counts[f][one] for one in known] for f in LATIN], np.int32),
    }


class Detector:
    """Tells forms apart: by script first, then naive Bayes over words and letter trigrams."""

    def __init__(
        self,
        examples: Iterable[tuple[Form, str]],
        made: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> None:
        """Learn from texts whose form is known; every form in Latin letters needs some.

        Args:
            examples: The texts.
            made: What `feature_counts` has made of them before.
        """
        made = feature_counts(examples) if made is None else made
        table = made["feature counts"]
        known = unpacked(made["features"])
        self._vocabulary = table.shape[1] + 1
        self._totals = {
            form: int(row.sum()) + self._vocabulary for form, row in zip(LATIN, table, strict=True)
        }
        # The last column is that of features nobody has; flat arrays need a tenth of lists.
        self._counts = np.concatenate([table, np.zeros((len(LATIN), 1), np.int32)], axis=1)
        self._places = {feature: place for place, feature in enumerate(known) if feature}

    def guess(self, text: str, prefer: Language | None = None) -> Guess | None:
        """Return the form of a text, or None when it has no letters.

        Args:
            text: The question.
            prefer: The language that the person or the channel speaks; it decides between
                romanised Hindi and romanised Urdu, which are one spoken language.
        """
        counts = reading.scripts(text)
        script = max(counts, key=lambda one: counts[one])
        if not counts[script]:
            return None
        if script in _SCRIPTS:
            return Guess(_SCRIPTS[script], 1.0)
        for native, form in _MIXED.items():
            if counts[native] and _within(text, native) >= NATIVE_WORDS:
                return Guess(form, 1.0)
        shares = self._shares(text)
        both = shares[Form.HI_LATIN] + shares[Form.UR_LATIN]
        if both > max(shares[form] for form in (Form.EN, Form.SW, Form.ID)):
            urdu = shares[Form.UR_LATIN] > 2 * shares[Form.HI_LATIN]
            if prefer in (Language.HI, Language.UR):
                urdu = prefer is Language.UR
            return Guess(Form.UR_LATIN if urdu else Form.HI_LATIN, both)
        best = max(shares, key=lambda form: shares[form])
        return Guess(best, shares[best])

    def _shares(self, text: str) -> dict[Form, float]:
        features = list(_features(text))
        # A word and its trigrams are one observation, not many: temper the sum.
        temper = 2.0 / (1.0 + math.sqrt(len(features)))
        none = self._counts.shape[1] - 1
        counted = self._counts[:, [self._places.get(feature, none) for feature in features]]
        sums = np.log(counted + 1.0).sum(axis=1)
        logs = {
            form: temper * (float(total) - len(features) * math.log(self._totals[form]))
            for form, total in zip(LATIN, sums, strict=True)
        }
        top = max(logs.values())
        raw = {form: math.exp(log - top) for form, log in logs.items()}
        total = sum(raw.values())
        return {form: share / total for form, share in raw.items()}


def _features(text: str) -> Iterable[str]:
    for word in reading.words(text):
        yield word
        yield word  # a known word says more than its letters
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))
