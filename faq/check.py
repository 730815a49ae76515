"""What a writer should mend in a library that can be loaded: pure checks between texts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import text as reading
from faq import prose
from faq.confusion import Confusion
from faq.entry import Entry, Kind, Library, Text, origin
from faq.index import Row
from text import Language, Script
from yamlfile import Document, Problem

# With the source lines and notices around it, still one message of 4,096 UTF-16 units.
MOST_ANSWER_UNITS = 2500
FEWEST_WORDINGS = 10
FEWEST_ROMANISED = 5
MOST_SOURCES = 4
# A hidden wording that is this sure of another entry steals its questions.
STOLEN = 0.9
_SCRIPTS = {Language.HI: Script.DEVANAGARI, Language.UR: Script.ARABIC}


@dataclass(frozen=True, slots=True)
class Standard:
    """What is checked against.

    Attributes:
        domains: Sites that may be sources, each with all below it; empty allows all.
        today: The day against which reviews are overdue; None finds none overdue.
    """

    domains: tuple[str, ...] = ()
    today: date | None = None


def check_library(library: Library, folder: Path, standard: Standard) -> list[Problem]:
    """Return the problems of a library, each with its place."""
    problems: list[Problem] = []
    documents = entry_documents(library, folder)
    for id_, entry in library.entries.items():
        problems += _entry(entry, documents[id_], standard)
    problems += _related(library, documents)
    problems += _twice(library, documents)
    problems += _drafts(library, folder, standard)
    return problems


def _drafts(library: Library, folder: Path, standard: Standard) -> Iterator[Problem]:
    """Yield what is to be mended in drafts, as hints: they are not served."""
    for wrong in library.unfinished.values():
        yield from wrong
    for id_, entry in library.drafts.items():
        document = Document(folder / "entries" / f"{id_}.yaml")
        for problem in _entry(entry, document, standard):
            yield replace(problem, warning=True)
        yield document.problem(("review", "by"), "is a draft: it is not served", warning=True)


def entry_documents(library: Library, folder: Path) -> dict[str, Document]:
    """Return the files of a library's entries, to name lines."""
    return {id_: Document(folder / "entries" / f"{id_}.yaml") for id_ in library.entries}


def stolen(
    found: Sequence[Confusion], rows: Sequence[Row], library: Library, folder: Path
) -> Iterator[Problem]:
    """Yield the wordings that surely find another entry when they are hidden themselves."""
    sure = [one for one in found if one.share >= STOLEN]
    documents = {
        id_: Document(folder / "entries" / f"{id_}.yaml") for id_ in {o.entry for o in sure}
    }
    for one in sure:
        wording = rows[one.row].text
        place = _place(library.entries[one.entry], wording)
        sentence = (
            f"“{wording}” would find {one.found} ({one.share:.0%}) if it did not stand here: "
            f"say more clearly what is asked, or move it there"
        )
        yield documents[one.entry].problem(place, sentence, warning=True)


def _place(entry: Entry, wording: str) -> tuple[str | int, ...]:
    for language, text in entry.texts.items():
        if wording == text.question:
            return ("texts", language.value, "question")
        if wording in text.wordings:
            return ("texts", language.value, "wordings", text.wordings.index(wording))
    return ("texts",)


def _entry(entry: Entry, document: Document, standard: Standard) -> Iterator[Problem]:
    for language in Language:
        if language not in entry.texts:
            yield document.problem(("texts",), f"{language} is missing", warning=True)
    if standard.today and entry.review.due < standard.today:
        yield document.problem(("review", "due"), "the review is overdue", warning=True)
    if entry.id in entry.related:
        yield document.problem(("related",), "names the entry itself")
    if not entry.related and entry.kind is not Kind.SERVICE:
        yield document.problem(("related",), "names no entry to read on", warning=True)
    yield from _sources(entry, document, standard)
    for language, text in entry.texts.items():
        yield from _text(text, language, document)
    yield from _translations(entry, document)


def _sources(entry: Entry, document: Document, standard: Standard) -> Iterator[Problem]:
    if len(entry.sources) > MOST_SOURCES:
        yield document.problem(("sources",), f"more than {MOST_SOURCES} sources", warning=True)
    for number, source in enumerate(entry.sources):
        if not _allowed(source.url, standard.domains):
            site = urlsplit(source.url).hostname
            sentence = (
                f"{site} is not among the sites that may be sources "
                "(content.source_domains in the settings): show the health authority's own page"
            )
            yield document.problem(("sources", number, "url"), sentence)
        if standard.today and source.checked > standard.today:
            yield document.problem(("sources", number, "checked"), "lies in the future")


def _allowed(url: str, domains: tuple[str, ...]) -> bool:
    site = f".{urlsplit(url).hostname or ''}"
    return not domains or any(site.endswith(f".{domain}") for domain in domains)


def _text(text: Text, language: Language, document: Document) -> Iterator[Problem]:
    place = ("texts", language.value)
    answer = (*place, "answer")
    length = reading.utf16_length(text.answer)
    if length > MOST_ANSWER_UNITS:
        sentence = f"{length:,} characters, at most {MOST_ANSWER_UNITS:,} fit one message"
        yield document.problem(answer, sentence)
    for sentence in prose.hard(text.answer, language):
        yield document.problem(answer, sentence, warning=True)
    for sentence in prose.forbidden(text.answer):
        yield document.problem(answer, sentence)
    yield from _wordings(text, language, document)
    wanted = _SCRIPTS.get(language, Script.LATIN)
    for key, said in (("question", text.question), ("answer", text.answer)):
        if reading.script(said) is not wanted:
            yield document.problem((*place, key), f"is not in {wanted} script")
    for inner, said in _said(text):
        for sentence in prose.odd(said, language):
            yield document.problem((*place, *inner), sentence)


def check_text(
    entry: Entry, language: Language, document: Document, standard: Standard
) -> list[Problem]:
    """Return the problems of one text of an entry, and of its sources."""
    return [
        *_sources(entry, document, standard),
        *_text(entry.texts[language], language, document),
    ]


def _said(text: Text) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield ("question",), text.question
    yield ("answer",), text.answer
    for number, wording in enumerate(text.wordings):
        yield ("wordings", number), wording


def _wordings(text: Text, language: Language, document: Document) -> Iterator[Problem]:
    place = ("texts", language.value, "wordings")
    if len(text.wordings) < FEWEST_WORDINGS:
        sentence = f"{len(text.wordings)} wordings, better {FEWEST_WORDINGS} or more"
        yield document.problem(place, sentence, warning=True)
    if language in _SCRIPTS:
        latin = sum(reading.script(wording) is Script.LATIN for wording in text.wordings)
        if latin < FEWEST_ROMANISED:
            sentence = f"{latin} wordings in Latin letters, better {FEWEST_ROMANISED} or more"
            yield document.problem(place, sentence, warning=True)


def _translations(entry: Entry, document: Document) -> Iterator[Problem]:
    """Yield translations that do not say, or say otherwise, from which English they were made."""
    english = entry.texts.get(Language.EN)
    if english is None:
        return
    now = origin(english)
    for language, text in entry.texts.items():
        place = ("texts", language.value)
        if language is Language.EN:
            if text.made_from is not None:
                yield document.problem((*place, "from"), "English is made from nothing: leave out")
        elif text.made_from is None:
            sentence = f'`from` is missing; if this says what the English says, write from: "{now}"'
            yield document.problem(place, sentence, warning=True)
        elif text.made_from != now:
            sentence = (
                f"was made from an older English text ({text.made_from}): compare the two, "
                f'then write from: "{now}"'
            )
            yield document.problem((*place, "from"), sentence)


def _related(library: Library, documents: dict[str, Document]) -> Iterator[Problem]:
    """Yield entries that are named as related but do not name back."""
    for id_, entry in library.entries.items():
        for other in entry.related:
            back = library.entries.get(other)
            if back is not None and id_ not in back.related:
                yield documents[other].problem(
                    ("related",), f"does not name {id_}, which names this entry", warning=True
                )


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
