"""Read the knowledge base: `entries/*.yaml` and `phrases/*.yaml` into a `Library`."""

from pathlib import Path
from types import MappingProxyType

from pydantic import RootModel

from faq.entry import Entry, Library, Phrases, fields, make_library
from text import Language
from yamlfile import Document, Problem, ProblemsError


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
    entries = _entries(folder / "entries", problems)
    phrases = _phrases(folder / "phrases", problems)
    background = _background(folder / "background", problems)
    if phrases is not None:
        # A broken file is one mistake, not one more in each entry that names it.
        files = {path.stem for path in (folder / "entries").glob("*.yaml")}
        problems += _cross(entries, phrases, files)
    if problems or phrases is None:
        raise ProblemsError(problems)
    return make_library({id_: entry for id_, (entry, _) in entries.items()}, phrases, background)


def topics(folder: Path) -> list[str]:
    """Return the headings that entries may name, in the order of the phrase file.

    Raises:
        ProblemsError: The English phrases cannot be read.
    """
    english = Document(folder / "phrases" / "en.yaml").model(_PhraseFile).root
    return [key.removeprefix("topic_") for key in english if key.startswith("topic_")]


def _entries(folder: Path, problems: list[Problem]) -> dict[str, tuple[Entry, Document]]:
    entries: dict[str, tuple[Entry, Document]] = {}
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        problems.append(Problem(str(folder), 1, "", "no entries: the folder has no .yaml files"))
    for path in paths:
        try:
            document = Document(path)
            entry = document.model(Entry)
        except ProblemsError as error:
            problems += error.problems
            continue
        if entry.id != path.stem:
            sentence = f"is {entry.id}, but the file is named {path.stem}: they must be the same"
            problems.append(document.problem(("id",), sentence))
        entries[entry.id] = (entry, document)
    return entries


def _cross(
    entries: dict[str, tuple[Entry, Document]], phrases: Phrases, files: set[str]
) -> list[Problem]:
    """Find what only shows between files."""
    problems = []
    english = phrases.by_language[Language.EN]
    for entry, document in entries.values():
        problems += [
            document.problem(("related", number), f"there is no entry {other}")
            for number, other in enumerate(entry.related)
            if other not in files
        ]
        if f"topic_{entry.topic}" not in english:
            known = ", ".join(k.removeprefix("topic_") for k in english if k.startswith("topic_"))
            sentence = f"there is no heading {entry.topic}; known are {known}"
            problems.append(document.problem(("topic",), sentence))
    return problems


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
