"""Read the knowledge base: `entries/*.yaml` and `phrases/*.yaml` into a `Library`.

A draft (`review.by: draft`) is read apart: however unfinished, it never keeps the rest from being
read, and nothing that is served names it.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from pydantic import RootModel

from faq.entry import DRAFT, Entry, Library, Phrases, fields, make_library
from text import Language
from yamlfile import Document, Problem, ProblemsError

# How a draft says so in a file that is no YAML (yet): in one line or in several.
_DRAFT = re.compile(
    rf"""^review:\s*(?:\{{[^}}\n]*\b|(?:\n[ #][^\n]*)*?\n +)by:\s*["']?{DRAFT}\b""",
    re.MULTILINE | re.IGNORECASE,
)
Found = tuple[Entry, Document]
Draft = Found | list[Problem]
"""An entry that is being written, or what is wrong with it."""


class _PhraseFile(RootModel[dict[str, str]]):
    """Sentences by key."""


class _BackgroundFile(RootModel[dict[str, tuple[str, ...]]]):
    """Sentences by kind; the kinds only help the writer."""


def library(folder: Path) -> Library:
    """Read a knowledge base.

    Raises:
        ProblemsError: With every mistake of every file.
    """
    problems: list[Problem] = []
    entries, drafts = _entries(folder / "entries", problems)
    phrases = _phrases(folder / "phrases", problems)
    background = _background(folder / "background", problems)
    if phrases is not None:
        # A broken file is one mistake, not one more in each entry that names it.
        files = {path.stem for path in (folder / "entries").glob("*.yaml")}
        for found in entries.values():
            problems += _cross(found, phrases, files)
    if problems or phrases is None:
        raise ProblemsError(problems)
    served = {id_: _without(entry, drafts.keys()) for id_, (entry, _) in entries.items()}
    finished, unfinished = _parted(drafts, phrases, entries.keys() | drafts.keys())
    return replace(
        make_library(served, phrases, background), drafts=finished, unfinished=unfinished
    )


def phrases(folder: Path) -> Phrases:
    """Read the phrases of a knowledge base.

    Raises:
        ProblemsError: With every mistake of every file.
    """
    problems: list[Problem] = []
    made = _phrases(folder / "phrases", problems)
    if problems or made is None:
        raise ProblemsError(problems)
    return made


def is_draft(path: Path) -> bool:
    """Tell whether the file of an entry says that it is still being written."""
    try:
        value = Document(path).value
    except ProblemsError:
        raw = path.read_bytes() if path.is_file() else b""
        return _DRAFT.search(raw.decode("utf-8-sig", "replace")) is not None
    review = value.get("review") if isinstance(value, dict) else None
    by = review.get("by") if isinstance(review, dict) else None
    return isinstance(by, str) and by.strip().casefold() == DRAFT


def topics(folder: Path) -> list[str]:
    """Return the headings that entries may name, in the order of the phrase file.

    Raises:
        ProblemsError: The English phrases cannot be read.
    """
    english = Document(folder / "phrases" / "en.yaml").model(_PhraseFile).root
    return [key.removeprefix("topic_") for key in english if key.startswith("topic_")]


def _entries(folder: Path, problems: list[Problem]) -> tuple[dict[str, Found], dict[str, Draft]]:
    """Return the entries that are to be served, and the drafts by the stems of their files."""
    entries: dict[str, Found] = {}
    drafts: dict[str, Draft] = {}
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        problems.append(Problem(str(folder), 1, "", "no entries: the folder has no .yaml files"))
    for path in paths:
        found = _entry(path)
        if found[0].draft if isinstance(found, tuple) else is_draft(path):
            drafts[path.stem] = found
        elif isinstance(found, tuple):
            problems += _misnamed(*found, path)
            entries[found[0].id] = found
        else:
            problems += found
    if drafts and not entries and not problems:
        problems.append(Problem(str(folder), 1, "", "no entries: all are drafts"))
    return entries, drafts


def _entry(path: Path) -> Draft:
    """Read one entry; return what is wrong if it is none."""
    try:
        document = Document(path)
        return document.model(Entry), document
    except ProblemsError as error:
        return list(error.problems)


def _misnamed(entry: Entry, document: Document, path: Path) -> list[Problem]:
    if entry.id == path.stem:
        return []
    sentence = f"is {entry.id}, but the file is named {path.stem}: they must be the same"
    return [document.problem(("id",), sentence)]


def _cross(found: Found, phrases: Phrases, files: AbstractSet[str]) -> list[Problem]:
    """Find what only shows between files."""
    entry, document = found
    english = phrases.by_language[Language.EN]
    problems = [
        document.problem(("related", number), f"there is no entry {other}")
        for number, other in enumerate(entry.related)
        if other not in files
    ]
    if f"topic_{entry.topic}" not in english:
        known = ", ".join(k.removeprefix("topic_") for k in english if k.startswith("topic_"))
        sentence = f"there is no heading {entry.topic}; known are {known}"
        problems.append(document.problem(("topic",), sentence))
    return problems


def _without(entry: Entry, drafts: AbstractSet[str]) -> Entry:
    """Return an entry that offers no draft to read on."""
    kept = tuple(other for other in entry.related if other not in drafts)
    return entry if kept == entry.related else entry.model_copy(update={"related": kept})


def _parted(
    drafts: Mapping[str, Draft], phrases: Phrases, files: AbstractSet[str]
) -> tuple[dict[str, Entry], dict[str, tuple[Problem, ...]]]:
    """Part drafts into those that could be served as they are, and what is wrong with the others.

    What is wrong with a draft is a hint: nobody is kept waiting by it.
    """
    finished: dict[str, Entry] = {}
    unfinished: dict[str, tuple[Problem, ...]] = {}
    for stem, found in drafts.items():
        if isinstance(found, list):
            wrong = found
        else:
            wrong = [*_misnamed(*found, Path(f"{stem}.yaml")), *_cross(found, phrases, files)]
            finished[stem] = found[0]
        if wrong:
            finished.pop(stem, None)
            unfinished[stem] = tuple(replace(problem, warning=True) for problem in wrong)
    return finished, unfinished


def _background(folder: Path, problems: list[Problem]) -> dict[Language, tuple[str, ...]]:
    """Read the sentences that must find nothing; a knowledge base may have none."""
    made: dict[Language, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = Document(path)
            lists = document.model(_BackgroundFile).root
        except ProblemsError as error:
            problems += error.problems
            continue
        if path.stem in set(Language):
            made[Language(path.stem)] = tuple(line for lines in lists.values() for line in lines)
        else:
            problems.append(document.problem((), f"{path.stem} is none of our languages"))
    return made


def _phrases(folder: Path, problems: list[Problem]) -> Phrases | None:
    documents: dict[Language, Document] = {}
    sentences: dict[Language, dict[str, str]] = {}
    for language in Language:
        path = folder / f"{language}.yaml"
        try:
            documents[language] = Document(path)
            sentences[language] = documents[language].model(_PhraseFile).root
        except ProblemsError as error:
            problems += error.problems
    if Language.EN not in sentences:
        return None
    english = sentences[Language.EN]
    for language, translated in sentences.items():
        document = documents[language]
        problems += [
            document.problem((), f"{key} is missing (it stands in en.yaml)")
            for key in english.keys() - translated.keys()
        ]
        for key, sentence in translated.items():
            if key not in english:
                problems.append(document.problem((key,), "unknown key (not in en.yaml)"))
            elif fields(sentence) != fields(english[key]):
                wanted = ", ".join(sorted(fields(english[key]))) or "none"
                problems.append(document.problem((key,), f"its fields must be: {wanted}"))
    return Phrases(
        MappingProxyType({lang: MappingProxyType(said) for lang, said in sentences.items()})
    )
