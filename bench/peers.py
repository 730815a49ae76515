"""Ways to find the entry for a question, each behind the same two methods.

Those of other libraries come as a bot would use them: their own defaults, an entry scored by its
best wording.  The libraries of `bench/requirements.lock` are loaded when a peer is fitted.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process, utils

import text as reading
from faq.index import Encodes, Index, Row
from faq.learn import matcher
from faq.match import Matcher, ask, rank

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Vectors = Callable[[Sequence[str]], Floats]
"""Gives the encoder's vectors of wordings, shape (wordings, size)."""


class Peer(Protocol):
    """One way to find the entry."""

    name: str

    def fit(self, entries: Sequence[str], rows: Sequence[Row]) -> None:
        """Prepare for a knowledge base: its entries, and their wordings sorted by entry."""

    def score(self, question: str) -> Doubles:
        """Return how well each entry fits, shape (entries,)."""


class Best:
    """What peers share that score wordings: the best of an entry speaks for it."""

    def fit(self, entries: Sequence[str], rows: Sequence[Row]) -> None:  # noqa: ARG002 - as `Peer`
        """Remember where the wordings of each entry begin."""
        numbers = [row.entry for row in rows]
        self._starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        self.read([row.text for row in rows])

    def read(self, wordings: list[str]) -> None:
        """Prepare for these wordings."""
        raise NotImplementedError

    def best(self, scores: npt.NDArray[Any]) -> Doubles:
        """Return each entry's best score of scores by wording."""
        return np.maximum.reduceat(np.asarray(scores, np.float64), self._starts)


class Fuzzy(Best):
    """A scorer of rapidfuzz over texts after `utils.default_process`."""

    scorer: ClassVar[Callable[..., float]]

    def read(self, wordings: list[str]) -> None:
        """Process the wordings once."""
        self._texts = [utils.default_process(wording) for wording in wordings]

    def score(self, question: str) -> Doubles:
        """Compare with every wording, on one core."""
        said = [utils.default_process(question)]
        made = process.cdist(said, self._texts, scorer=type(self).scorer, workers=1)
        return self.best(made[0])


class WRatio(Fuzzy):
    """What FAQ bots usually take."""

    name = "rapidfuzz WRatio"
    scorer = fuzz.WRatio


class TokenSet(Fuzzy):
    """Shared words, in any order."""

    name = "rapidfuzz token_set_ratio"
    scorer = fuzz.token_set_ratio


class Bm25(Best):
    """BM25 of bm25s, with its defaults (Lucene's), over words as our own matcher folds them.

    Its own tokenizer takes Devanagari words apart at their vowel signs.
    """

    name = "BM25"

    def read(self, wordings: list[str]) -> None:
        """Index the wordings."""
        self._known = importlib.import_module("bm25s").BM25()
        self._known.index([reading.words(wording) for wording in wordings], show_progress=False)
        self._count = len(wordings)

    def score(self, question: str) -> Doubles:
        """Add up what the question's words weigh in each wording."""
        said = reading.words(question)
        return self.best(self._known.get_scores(said) if said else np.zeros(self._count))


class CharTfidf(Best):
    """Cosine of TF-IDF over character 2-5-grams within words (scikit-learn)."""

    name = "TF-IDF, 2-5 letters"

    def read(self, wordings: list[str]) -> None:
        """Learn the weights, and keep the wordings' vectors."""
        made = importlib.import_module("sklearn.feature_extraction.text").TfidfVectorizer
        self._weigh = made(analyzer="char_wb", ngram_range=(2, 5))
        self._known = self._weigh.fit_transform(wordings).T.tocsr()

    def score(self, question: str) -> Doubles:
        """Take the cosine to every wording; a product with a sparse row."""
        made = self._weigh.transform([question]) @ self._known
        return self.best(made.toarray()[0])


class Bare(Best):
    """The encoder alone: cosines of vectors centred by the mean wording."""

    name = "bare encoder"

    def __init__(self, encoder: Encodes, vectors: Vectors) -> None:
        """Take an encoder, and what gives the vectors of wordings."""
        self._encoder = encoder
        self._vectors = vectors

    def read(self, wordings: list[str]) -> None:
        """Centre the wordings' vectors."""
        raw = self._vectors(wordings)
        self._mean: Floats = raw.mean(axis=0)
        centred = raw - self._mean
        self._known = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)

    def score(self, question: str) -> Doubles:
        """Read the question and compare it with every wording."""
        vector = self._encoder.vector(reading.normalise(question)) - self._mean
        return self.best(self._known @ vector / max(float(np.linalg.norm(vector)), 1e-9))


class Ours:
    """`faq.match` with what `faq.learn` learns; the confidence is the score."""

    name = "Sehat"

    def __init__(self, encoder: Encodes, vectors: Vectors, made: Matcher | None = None) -> None:
        """Take an encoder, what gives vectors of wordings, and perhaps what is learnt already.

        Args:
            encoder: Reads questions.
            vectors: As for `Bare`.
            made: As `workshop.desk` makes it, also of background sentences and labelled
                questions; without it only the wordings are learnt from.
        """
        self._encoder = encoder
        self._vectors = vectors
        self._made = made

    def fit(self, entries: Sequence[str], rows: Sequence[Row]) -> None:
        """Build the index and learn, unless that is done."""
        if self._made is None:
            raw = self._vectors([row.text for row in rows])
            self._made = matcher(Index(tuple(entries), tuple(rows), raw))
        self._places = {entry: place for place, entry in enumerate(entries)}

    def score(self, question: str) -> Doubles:
        """Do what the assistant does between screening and deciding."""
        if self._made is None:
            msg = "fit first"
            raise RuntimeError(msg)
        index = self._made.index
        guess = index.detector.guess(question)
        vector = self._encoder.vector(reading.normalise(question))
        ranking = rank(self._made, ask(index, question), vector, guess.form if guess else None)
        scores = np.full(len(self._places), -1.0)
        for number, candidate in enumerate(ranking.candidates):
            # Those far behind can be as unlikely as each other; their order still counts.
            scores[self._places[candidate.entry]] = ranking.confidence(number) - 1e-9 * number
        return scores


def peers(encoder: Encodes, vectors: Vectors, made: Matcher | None = None) -> list[Peer]:
    """Return all peers, ours last; `made` as for `Ours`."""
    alone: list[Peer] = [WRatio(), TokenSet(), Bm25(), CharTfidf()]
    return [*alone, Bare(encoder, vectors), Ours(encoder, vectors, made)]
