"""What a writer should mend in a library that can be loaded: pure checks between texts."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import text as reading
from faq.entry import Entry, Library, Text
from text import Language, Script
from yamlfile import Document, Problem

MOST_ANSWER_CHARACTERS = 1500
FEWEST_WORDINGS = 8
_BARE_ADDRESS = re.compile(r"https?://|www\.")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_SCRIPTS = {Language.HI: Script.DEVANAGARI, Language.UR: Script.ARABIC}


def check_library(library: Library, folder: Path, today: date | None = None) -> list[Problem]:
    """Return the problems of a library, each with its place.

    Args:
        library: As loaded.
        folder: Where its files are, to name lines.
        today: The day against which reviews are overdue; none is when not given.
    """
    problems: list[Problem] = []
    documents = {id_: Document(folder / "entries" / f"{id_}.yaml") for id_ in library.entries}
    for id_, entry in library.entries.items():
        problems += _entry(entry, documents[id_], today)
    problems += _twice(library, documents)
    return problems


def _entry(entry: Entry, document: Document, today: date | None) -> Iterator[Problem]:
    for language in Language:
        if language not in entry.texts:
            yield document.problem(("texts",), f"{language} is missing", warning=True)
    if today and entry.review.due < today:
        yield document.problem(("review", "due"), "the review is overdue", warning=True)
    if entry.id in entry.related:
        yield document.problem(("related",), "names the entry itself")
    for language, text in entry.texts.items():
        yield from _text(text, language, document)


def _text(text: Text, language: Language, document: Document) -> Iterator[Problem]:
    place = ("texts", language.value)
    if len(text.answer) > MOST_ANSWER_CHARACTERS:
        sentence = f"{len(text.answer):,} characters, at most {MOST_ANSWER_CHARACTERS:,}"
        yield document.problem((*place, "answer"), sentence)
    if len(text.wordings) < FEWEST_WORDINGS:
        sentence = f"{len(text.wordings)} wordings, better {FEWEST_WORDINGS} or more"
        yield document.problem((*place, "wordings"), sentence, warning=True)
    if _BARE_ADDRESS.search(text.answer):
        yield document.problem((*place, "answer"), "holds an address: put it under sources")
    wanted = _SCRIPTS.get(language, Script.LATIN)
    for key, said in (("question", text.question), ("answer", text.answer)):
        if reading.script(said) is not wanted:
            yield document.problem((*place, key), f"is not in {wanted} script")
        if _INVISIBLE.search(said):
            yield document.problem((*place, key), "holds invisible characters")


def _twice(library: Library, documents: dict[str, Document]) -> Iterator[Problem]:
    """Yield wordings that stand twice, in one entry or in two."""
    seen: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for id_, entry in library.entries.items():
        for language, text in entry.texts.items():
            for number, wording in enumerate((text.question, *text.wordings)):
                seen[reading.fold(wording)].append((id_, language.value, number))
    for first, *others in seen.values():
        for id_, spoken, number in others:
            key: tuple[str | int, ...] = ("question",) if not number else ("wordings", number - 1)
            # The same word may serve several languages of one entry ("tb", "malaria").
            if id_ == first[0] and spoken != first[1]:
                continue
            yield documents[id_].problem(
                ("texts", spoken, *key), f"stands in {first[0]} ({first[1]}) too"
            )
