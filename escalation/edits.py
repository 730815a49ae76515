"""Entries that staff edit in the console: one language's text, and the sources of all of them.

What is written is checked as `bot.py check` does.  A draft may be kept while it is unfinished; an
entry in service only when nothing is wrong, since every bot reads the file.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import text as reading
from escalation import approval, audit, curate
from escalation.office import Office
from escalation.staff import Act, Member, RefusedError
from faq import check, load, template
from faq.edit import Editable
from faq.entry import Entry, digest, object_of, origin
from faq.splice import Value
from text import Language
from yamlfile import Document, Place, Problem, ProblemsError

SOURCE_KEYS = ("publisher", "title", "url", "checked")
Source = tuple[str, str, str, str]
"""Publisher, title, address and the day it was checked, as typed."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What the form holds, as typed.

    Attributes:
        question: As a polite neighbour would ask it.
        wordings: What people really type.
        answer: The text that people are sent.
        sources: Of the whole entry.
        compared: The writer says that a translation says what the English says now.
    """

    question: str
    wordings: tuple[str, ...]
    answer: str
    sources: tuple[Source, ...]
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry's file as it lies there.

    Attributes:
        entry: Its id.
        seen: The digest of the file, to be given back with the changes.
        draft: It is not served, and may stay unfinished.
        made: The entry, or None while the file is unfinished.
        problems: What is wrong with it.
        value: What the file holds, whatever is wrong.
    """

    entry: str
    seen: str
    draft: bool
    made: Entry | None
    problems: tuple[Problem, ...]
    value: Mapping[str, Any]

    def fields(self, language: str) -> Fields:
        """Return what the form shows of a language; empty texts where there is none."""
        text = _mapping(_mapping(self.value.get("texts")).get(str(language)))
        sources = [_mapping(one) for one in _list(self.value.get("sources"))]
        return Fields(
            _text(text.get("question")),
            tuple(filter(None, map(_text, _list(text.get("wordings"))))),
            _text(text.get("answer")).strip(),
            tuple(
                (_text(one.get("publisher")), _text(one.get("title")), _text(one.get("url")), day)
                for one in sources
                if any(_text(one.get(key)) for key in SOURCE_KEYS)
                for day in [_text(one.get("checked"))]
            ),
        )

    @property
    def kind(self) -> str:
        """What the file says it is."""
        return _text(self.value.get("kind"))

    @property
    def topic(self) -> str:
        """The heading that the file names."""
        return _text(self.value.get("topic"))

    def older(self, language: Language) -> bool:
        """Tell whether a translation was made from another English text than there is now."""
        english = self.made.texts.get(Language.EN) if self.made else None
        text = self.made.texts.get(language) if self.made else None
        if english is None or language is Language.EN:
            return False
        return text is None or text.made_from != origin(english)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def path_of(office: Office, entry: str) -> Path | None:
    """Return the file of an entry, or None; only names of files that are there lead to one."""
    files = {path.stem: path for path in (office.faq / "entries").glob("*.yaml")}
    return files.get(entry)


def opened(office: Office, entry: str) -> Opened | None:
    """Read an entry's file as it lies there, finished or not; None if there is none."""
    path = path_of(office, entry)
    if path is None:
        return None
    seen, shown = curate.file_digest(path), f"{entry}.yaml"
    try:
        document = Document(path, shown)
    except ProblemsError as error:
        return Opened(entry, seen, load.is_draft(path), None, error.problems, {})
    value = _mapping(document.value)
    try:
        made = document.model(Entry)
    except ProblemsError as error:
        return Opened(entry, seen, load.is_draft(path), None, error.problems, value)
    return Opened(entry, seen, made.draft, made, (), value)


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of the changes: hints, or what a draft still lacks; nothing may have changed."""

    changed: bool
    hints: tuple[Problem, ...]


async def edit(  # noqa: PLR0913, PLR0917 - what is written, by whom, and over what
    office: Office, member: Member, entry: str, language: Language, fields: Fields, seen: str
) -> Edited:
    """Write one language's text and the sources into an entry's file.

    Args:
        office: Where.
        member: Becomes the author of the text: the own approval will not count.
        entry: Its id.
        language: Of the text; one that the entry does not have yet is added.
        fields: As typed.
        seen: `Opened.seen` of when the form was opened.

    Raises:
        RefusedError: The member may not, or the file was changed meanwhile.
        ProblemsError: With every mistake; nothing was written.
    """
    member.must(Act.EDIT)
    with curate.Files() as files:
        async with office.store.begin() as connection:
            await curate.only_writer(connection)
            path = path_of(office, entry)
            before = await asyncio.to_thread(opened, office, entry)
            if before is None or path is None:
                msg = f"there is no entry {entry[:60]} (any more)"
                raise RefusedError(msg)
            if before.seen != seen:
                msg = "somebody has changed the file since you opened it"
                raise RefusedError(msg)
            text = _written(path, before, language, fields)
            after, hints = await asyncio.to_thread(_read, text, office, before, language)
            if text.encode() == path.read_bytes():
                return Edited(changed=False, hints=tuple(hints))
            await files.write({path: text})
            await audit.add(
                connection,
                office.clock(),
                member.name,
                "edit",
                f"{object_of(entry)}/{language}",
                before=_digest(before.made, language),
                after=_digest(after, language),
            )
            for lang in _changed(before.made, after):
                await approval.author(connection, office, member, object_of(entry), lang)
    return Edited(changed=True, hints=tuple(hints))


def _written(path: Path, before: Opened, language: Language, fields: Fields) -> str:
    """Return the file with the changes in it, and nothing else changed."""
    file, there = Editable(path), before.fields(language)
    texts = _mapping(before.value.get("texts"))
    place: Place = ("texts", language.value)
    said: dict[str, Value] = {
        "question": fields.question,
        "wordings": list(fields.wordings),
        "answer": fields.answer,
    }
    if isinstance(texts.get(language.value), dict):
        old: dict[str, Value] = {
            "question": there.question,
            # As they stand: a new draft has an empty one, which the form does not show.
            "wordings": _list(texts[language.value].get("wordings")),
            "answer": there.answer,
        }
        for key, value in said.items():
            if value != old[key]:
                file.set((*place, key), value)
    elif any(said.values()):
        file.set(place, said)
    if fields.sources != there.sources:
        file.set(("sources",), [_source(one) for one in fields.sources])
    english = before.made.texts.get(Language.EN) if before.made else None
    if fields.compared and english is not None and language is not Language.EN:
        file.set((*place, "from"), origin(english))
    return (
        file.text() if not before.draft else _without_blank(file.text(), before, language, fields)
    )


def _without_blank(text: str, before: Opened, language: Language, fields: Fields) -> str:
    """Return a draft without the blocks that nobody has begun, so that one language can suffice."""
    texts = _mapping(before.value.get("texts"))
    now = {one: fields if one is language else before.fields(one) for one in Language}
    begun = {one for one, held in now.items() if held.question or held.wordings or held.answer}
    for one in Language if begun else ():
        if one not in begun and one.value in texts:
            text = template.without(text, one)
    return text


def _source(typed: Source) -> dict[str, Value]:
    *words, checked = typed
    made: dict[str, Value] = dict(zip(SOURCE_KEYS, words, strict=False))
    try:
        made["checked"] = date.fromisoformat(checked)
    except ValueError:
        made["checked"] = checked  # the check says what is wrong
    return made


def _read(
    text: str, office: Office, before: Opened, language: Language
) -> tuple[Entry | None, list[Problem]]:
    """Return the entry that a file's text makes, and hints.

    Raises:
        ProblemsError: With every mistake, unless it is a draft: then they are hints.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{before.entry}.yaml")
        path.write_text(text, "utf-8")
        document = Document(path, path.name)
    try:
        made = document.model(Entry)
    except ProblemsError as error:
        if not before.draft:
            raise
        return None, list(error.problems)
    if language not in made.texts:
        return made, []
    standard = check.Standard(office.source_domains, office.clock().date())
    found = check.check_text(made, language, document, standard)
    found += _elsewhere(made, language, document, office)
    mistakes = [problem for problem in found if not problem.warning]
    if mistakes and not before.draft:
        raise ProblemsError(mistakes)
    return made, found


def _elsewhere(
    made: Entry, language: Language, document: Document, office: Office
) -> Iterator[Problem]:
    """Yield the wordings of a text that stand in another entry too."""
    text = made.texts[language]
    own = {reading.fold(one): number for number, one in enumerate((text.question, *text.wordings))}
    for other in office.desk().library.entries.values():
        if other.id == made.id:
            continue
        for spoken, there in other.texts.items():
            for wording in (there.question, *there.wordings):
                number = own.get(reading.fold(wording))
                if number is not None:
                    key: Place = ("wordings", number - 1) if number else ("question",)
                    sentence = f"“{wording}” stands in {other.id} ({spoken}) too"
                    yield document.problem(("texts", language.value, *key), sentence)


def _digest(made: Entry | None, language: Language) -> str:
    """Return what the audit names: the digest of what people are sent; empty while unfinished."""
    return digest(made, language) if made is not None and language in made.texts else ""


def _changed(before: Entry | None, after: Entry | None) -> list[Language]:
    """Return the languages in which people would be sent something else; sources are in all."""
    languages = after.texts if after is not None else ()
    return [lang for lang in languages if _digest(before, lang) != _digest(after, lang)]
