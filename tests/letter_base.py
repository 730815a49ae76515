"""A knowledge base of a few English wordings, and encoders that need no model."""

import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

import text as reading
from faq.entry import Entry, Library, Phrases, make_library
from faq.index import Index
from faq.language import Form
from faq.match import Matcher, Ranking, ask, rank
from text import Language

Floats = npt.NDArray[np.float32]

WORDINGS = {
    "burns": ["what helps a burn", "burn first aid", "hot water on skin"],
    "hand-washing": ["how to wash hands", "soap and water", "when should hands be washed"],
    "malaria-spread": [
        "how does malaria spread",
        "malaria from a mosquito",
        "is malaria contagious",
    ],
}


class LetterEncoder:
    """Turns texts into vectors of their letter pairs."""

    digest, size = "letters", 64

    def vector(self, text: str) -> Floats:
        vector = np.full(self.size, 0.01, np.float32)
        for at in range(len(text) - 1):
            vector[zlib.crc32(text[at : at + 2].encode()) % self.size] += 1
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


class KnownVectors:
    """Gives the real encoder's vectors of what an index was made of."""

    digest = "known"

    def __init__(self, index: Index) -> None:
        said = [row.text for row in index.rows], [text for _, text in index.unheld]
        self._vectors: dict[str, Floats] = {}
        for texts, raw in zip(said, (index.raw, index.unheld_raw), strict=True):
            self._vectors |= dict(zip(map(reading.normalise, texts), raw, strict=True))
        self.size = int(index.raw.shape[1])

    def vector(self, text: str) -> Floats:
        return self._vectors[text]


def library(
    wordings: Mapping[str, list[str]],
    background: Mapping[Language, tuple[str, ...]] | None = None,
) -> Library:
    """Return a library of English entries; the first wording is the question."""
    entries = {
        id_: Entry.model_validate(
            {
                "id": id_,
                "kind": "service",
                "topic": "care",
                "review": {"by": "sample", "on": "2026-11-20", "due": "2027-11-20"},
                "texts": {
                    "en": {
                        "question": said[0],
                        "wordings": said[1:],
                        "answer": "A text of some length.",
                    }
                },
            }
        )
        for id_, said in wordings.items()
    }
    return make_library(entries, Phrases({Language.EN: {"topic_care": "Care"}}), background)


def asked(made: Matcher, question: str, form: Form | None = Form.EN) -> Ranking:
    """Rank with the encoder of letters."""
    return rank(made, ask(made.index, question), LetterEncoder().vector(question), form)


def shown(ranking: Ranking) -> tuple[object, ...]:
    """Return all that a ranking says, as values that can be compared."""
    return ranking.candidates, ranking.held, ranking.confidence(), ranking.also
