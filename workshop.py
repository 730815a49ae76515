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
from faq.entry import PHRASES, Approvals, Library, Publish, name_of, published
from faq.evaluate import Labelled, read
from faq.index import Encodes, Index, Progress, build, rows_of, vectors_of
from faq.learn import SAME_ENOUGH, Known, marks, matcher
from safety import contacts, head, rules, words
from safety.contacts import Contacts
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


def learnt_head(
    examples: tuple[head.Example, ...],
    said: list[str],
    encodes: EncodesBeside,
    data: Path,
    progress: Progress | None,
) -> head.Head:
    """Return the head beside the rules, from the data folder if it still fits.

    `said` is what people may well ask, approved or not: what keeps them safe knows all of it.  Some
    of the thousands of sentences may be new: learning takes half a minute.
    """
    seen = hashlib.sha256(encodes.digest.encode())
    for example in examples:
        seen.update(f"{example.name}\t{example.text}\n".encode())
    for source in ("workshop.py", "text.py", "safety/head.py", "safety/views.py"):
        seen.update((HOME / source).read_bytes())
    path, sentences = data / "head.npz", marks(said)
    known = kept.read(path)
    if {"digest", "said"} <= known.keys():
        same = np.isin(sentences, known["said"]).mean()
        if str(known["digest"]) == seen.hexdigest() and same >= SAME_ENOUGH:
            return head.from_arrays(known)
    # Spread over all entries and the background; more of them teach it little.
    general = said[:: -(-len(said) // MOST_GENERAL)]
    texts = [*(example.text for example in examples), *general]
    states = vectors_of(
        texts,
        encodes,
        data / "states.npz",
        progress,
        lambda text: encodes.states(text).astype(np.float16),
    )
    made = head.learn(examples, general, states, progress)
    kept.write(path, {"digest": np.array(seen.hexdigest()), "said": sentences, **made.arrays()})
    return made


Approving = Callable[[Library], Approvals]
"""Gives what members have said of the texts of a library."""


def nobody(_: Library) -> Approvals:
    """Return that nobody has said anything."""
    return Approvals()


def desk(  # noqa: PLR0913 - all that a desk is made from
    settings: Settings,
    places: Places,
    encodes: EncodesBeside,
    progress: Progress | None = None,
    approving: Approving = nobody,
    *,
    older: bool = False,
) -> Desk:
    """Make the desk.

    `older` takes what was learnt from a slightly older base, too: a running bot that is given a new
    wording finds by it ten seconds sooner, with the same weights.

    Raises:
        ProblemsError: With every mistake in the content, or the data folder cannot be written, or
            (with `publish: approved`) what nobody can do without is not approved.
    """
    written = content(places)
    approvals = approving(written.library)
    library = published(written.library, approvals, settings.publish)
    numbers = _sent(written.numbers, approvals, settings.publish)
    listed = written.vocabulary
    if settings.country and written.numbers.country(settings.country) is None:
        known = ", ".join(sorted(written.numbers.countries))
        sentence = f"there are no contacts for {settings.country}; known are {known}"
        raise ProblemsError([Problem("settings", 1, "country", sentence)])
    if settings.publish == "approved" and (wanting := _wanting(written, library, settings, places)):
        raise ProblemsError(wanting)
    # Withdrawn entries stay in the index: what is asked of them must not find the next best.
    found = library if settings.publish == "approved" else written.library
    try:
        # Those of texts that wait for approval too, so that nothing is encoded when they get it.
        vectors_of(_said(written.library), encodes, places.data / "index.npz", progress)
        index = build(found, encodes, places.data / "index.npz", progress)
        asked = labelled(written.questions, index, encodes, places.data, progress)
        learnt = matcher(index, asked, places.data / "matcher.npz", older=older)
        said = _said(written.library)
        leaning = learnt_head(written.examples, said, encodes, places.data, progress)
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
        vocabulary=replace(listed, words=listed.words | _words(written.library)),
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
        labelled=tuple(asked),
        whole=written.library,
        listed=written.numbers,
    )


def republished(made: Desk, approvals: Approvals, publish: Publish) -> Desk:
    """Return a desk that sends what may be sent by now; quick, for nothing is learnt anew.

    What it sends already stays approved although a later text is, which it does not know yet.
    """
    approvals = approvals.after(made.library.approvals)
    whole, listed = made.whole or made.library, made.listed or made.contacts
    library, numbers = published(whole, approvals, publish), _sent(listed, approvals, publish)
    return replace(made, library=library, contacts=numbers)


def outgrown(made: Desk, publish: Publish) -> bool:
    """Tell whether the index is of other wordings than the library that is searched with it."""
    index = made.matcher.index
    library = made.library if publish == "approved" else made.whole or made.library
    return rows_of(library) != (index.entries, index.rows)


def _sent(numbers: Contacts, approvals: Approvals, publish: Publish) -> Contacts:
    """Return the countries whose numbers may be sent."""

    def may(code: str, country: contacts.Country) -> bool:
        if contacts.object_of(code) in approvals.withdrawn:
            return False
        return publish == "sample" or contacts.digest(code, country) in approvals.digests

    kept = {code: country for code, country in numbers.countries.items() if may(code, country)}
    return numbers.model_copy(update={"countries": kept})


NOT_APPROVED = (
    "is not approved, and `publish: approved` sends nothing else: start with `publish: sample`, "
    "approve it in the console (or with bot.py review approve), then switch"
)


def _wanting(
    written: Content, library: Library, settings: Settings, places: Places
) -> list[Problem]:
    """Return what is not approved, although the bot can't do without it."""
    said, approved = written.library.phrases, library.approvals.digests
    found = [
        Problem(str(places.faq / "phrases" / f"{lang}.yaml"), 1, "", NOT_APPROVED)
        for lang, digest in said.digests.items()
        if digest not in approved or name_of(PHRASES, lang) in library.approvals.withdrawn
    ]
    code = settings.country
    if code and code not in _sent(written.numbers, library.approvals, "approved").countries:
        file = str(places.safety / "contacts.yaml")
        found.append(Problem(file, 1, f"countries.{code}", NOT_APPROVED))
    if not library.entries:
        file = str(places.faq / "entries")
        found.append(Problem(file, 1, "", f"no entry {NOT_APPROVED}"))
    return found


def _said(library: Library) -> list[str]:
    """Return every wording and every sentence of the background."""
    background = (line for lines in library.background.values() for line in lines)
    return [*(row.text for row in rows_of(library)[1]), *background]


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
