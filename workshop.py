"""Make a desk from files: knowledge base, rules, contacts, encoder, index."""

import contextlib
import ctypes
import gc
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import RootModel

import text as reading
from assistant import Desk, EncodesBeside, Limits
from faq import kept, load
from faq.encoder import Encoder, EncoderError
from faq.entry import Library
from faq.evaluate import Labelled, read
from faq.index import Encodes, Index, Progress, build, vectors_of
from faq.learn import Known, matcher
from safety import contacts, head, rules, words
from safety.words import Vocabulary
from settings import Settings
from yamlfile import Document, Problem, ProblemsError

Made = TypeVar("Made")

HOME = Path(__file__).resolve().parent
MOST_GENERAL = 9_000  # wordings that the head learns from
FAQ, SAFETY = HOME / "faq", HOME / "safety"


class _Smalltalk(RootModel[dict[str, tuple[str, ...]]]):
    """Words of greetings and thanks."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are: the knowledge base, the safety files, the data folder."""

    faq: Path = FAQ
    safety: Path = SAFETY
    data: Path = Path("var")

    def watched(self) -> tuple[Path, ...]:
        """Return the folders whose changes make a new desk."""
        return (self.faq, self.safety)


def encoder(settings: Settings, places: Places) -> Encoder:
    """Load the encoder that the settings name.

    Raises:
        ProblemsError: It is missing or broken.
    """
    folder = Path(settings.matching.encoder or places.data / "encoder")
    try:
        return Encoder(folder)
    except EncoderError as error:
        raise ProblemsError([Problem(str(folder), 1, "", str(error))]) from error


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that people write."""

    library: Library
    rulebook: rules.Rules
    numbers: contacts.Contacts
    examples: tuple[head.Example, ...]
    questions: list[Labelled]
    vocabulary: Vocabulary  # without the words of the library


def content(places: Places) -> Content:
    """Read everything that people write.

    Raises:
        ProblemsError: With every mistake of every file.
    """
    found: list[Problem] = []

    def read(maker: Callable[[], Made]) -> Made | None:
        try:
            return maker()
        except ProblemsError as error:
            found.extend(error.problems)
        return None

    library = read(lambda: load.library(places.faq))
    rulebook = read(lambda: rules.load(places.safety / "rules", places.data / "rules-tried"))
    numbers = read(lambda: contacts.load(places.safety / "contacts.yaml"))
    examples = read(lambda: head.load(places.safety / "examples"))
    asked = read(lambda: questions(places))
    listed = read(lambda: words.load(places.safety))
    if not (library and rulebook and numbers and examples and listed) or asked is None:
        raise ProblemsError(found)
    return Content(library, rulebook, numbers, examples, asked, listed)


def questions(places: Places) -> list[Labelled]:
    """Read the labelled questions that say what confidence means; a knowledge base may have none.

    Raises:
        ProblemsError: With every line that cannot be read.
    """
    files = sorted((places.faq / "questions").glob("*.jsonl"))
    found = read(files)
    return [question for question in found if question.kind in ("answerable", "out_of_scope")]


def labelled(
    found: list[Labelled], index: Index, encodes: Encodes, data: Path, progress: Progress | None
) -> list[Known]:
    """Return labelled questions as the matcher learns from them."""
    vectors = vectors_of([one.text for one in found], encodes, data / "questions.npz", progress)
    guesses = [index.detector.guess(one.text, one.lang) for one in found]
    return [
        Known(
            one.text,
            vector,
            guess.form if guess else None,
            frozenset(filter(None, (one.expect, *one.accept))),
        )
        for one, vector, guess in zip(found, vectors, guesses, strict=True)
    ]


def _head(
    examples: tuple[head.Example, ...],
    index: Index,
    encodes: EncodesBeside,
    data: Path,
    progress: Progress | None,
) -> head.Head:
    """Return the head beside the rules, from the data folder if it is of these very sentences."""
    # Spread over all entries and the background; more of them teach it little.
    said = [row.text for row in index.rows] + [text for _, text in index.unheld]
    general = said[:: -(-len(said) // MOST_GENERAL)]
    seen = hashlib.sha256(encodes.digest.encode())
    for name, text in [
        *((one.name, one.text) for one in examples),
        *(("", one) for one in general),
    ]:
        seen.update(f"{name}\t{text}\n".encode())
    for source in ("workshop.py", "text.py", "safety/head.py", "safety/views.py"):
        seen.update((HOME / source).read_bytes())
    path = data / "head.npz"
    known = kept.read(path)
    if str(known.get("digest", "")) == seen.hexdigest():
        return head.from_arrays(known)
    texts = [*(example.text for example in examples), *general]
    states = vectors_of(
        texts,
        encodes,
        data / "states.npz",
        progress,
        lambda text: encodes.states(text).astype(np.float16),
    )
    made = head.learn(examples, general, states, progress)
    kept.write(path, {"digest": np.array(seen.hexdigest()), **made.arrays()})
    return made


def desk(
    settings: Settings, places: Places, encodes: EncodesBeside, progress: Progress | None = None
) -> Desk:
    """Make the desk.

    Raises:
        ProblemsError: With every mistake in the content, or the data folder cannot be written.
    """
    written = content(places)
    library, numbers = written.library, written.numbers
    listed = written.vocabulary
    if settings.country and numbers.country(settings.country) is None:
        known = ", ".join(sorted(numbers.countries))
        sentence = f"there are no contacts for {settings.country}; known are {known}"
        raise ProblemsError([Problem("settings", 1, "country", sentence)])
    try:
        index = build(library, encodes, places.data / "index.npz", progress)
        asked = labelled(written.questions, index, encodes, places.data, progress)
        learnt = matcher(index, asked, places.data / "matcher.npz")
        leaning = _head(written.examples, index, encodes, places.data, progress)
        index.release()
        _give_back()
    except OSError as error:
        sentence = f"the data folder cannot be written: {error.strerror}"
        raise ProblemsError([Problem(str(places.data), 1, "", sentence)]) from None
    return Desk(
        library=library,
        matcher=learnt,
        head=leaning,
        encoder=encodes,
        rules=written.rulebook,
        contacts=numbers,
        smalltalk=smalltalk(places.faq / "smalltalk.yaml"),
        vocabulary=replace(listed, words=listed.words | _words(library)),
        organisation=settings.organisation.fields(),
        today=datetime.now(UTC).date(),
        contact_days=settings.safety.contact_days,
        country=settings.country,
        default_language=settings.default_language,
        limits=Limits(
            learnt.calibration.least(settings.matching.at_most_wrong),
            settings.matching.suggest_at,
            settings.matching.question_characters,
        ),
    )


def _give_back() -> None:
    """Give what loading needed back to the system; the C library would keep it (glibc only).

    What stays is looked at by no later collection: over so many objects one would hold up all
    threads for a third of a second.  Before, what an earlier desk has left is looked at once more.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def smalltalk(path: Path) -> dict[str, frozenset[str]]:
    """Read the words of greetings and thanks; a knowledge base may have none.

    Raises:
        ProblemsError: With every mistake of the file.
    """
    if not path.exists():
        return {}
    listed = Document(path).model(_Smalltalk).root
    return {key: frozenset(reading.words(" ".join(said))) for key, said in listed.items()}


def _words(library: Library) -> frozenset[str]:
    """Return every folded word that the knowledge base itself uses."""
    seen: set[str] = set()
    for entry in library.entries.values():
        for text in entry.texts.values():
            seen.update(reading.words(" ".join((text.question, *text.wordings, text.answer))))
    for said in library.phrases.by_language.values():
        seen.update(reading.words(" ".join(said.values())))
    return frozenset(seen)
