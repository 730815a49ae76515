"""Lay the rows of a table over the entries: what would change, or every mistake.  Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

import text as reading
from faq.edit import text_of
from faq.entry import Entry, Library
from faq.splice import Value
from faq.table import SAVE, SHARED, TEXTS, Row, Sheet, read
from text import Language, Script
from yamlfile import Place, ProblemsError, sentence_of

_SCRIPTS = {Language.HI: Script.DEVANAGARI, Language.UR: Script.ARABIC}
_FEWEST_LOST = 3


@dataclass(frozen=True, slots=True)
class Change:
    """What a table says otherwise than an entry; `before` is None where nothing stood."""

    place: Place
    before: "Value | None"
    after: "Value"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table would change.

    Attributes:
        rows: How many rows say something.
        entries: As they would be, by id; only those that change or are new.
        changes: By id; a new entry has none.
    """

    rows: int
    entries: Mapping[str, Entry]
    changes: Mapping[str, Sequence[Change]]


def plan(text: str, shown: str, library: Library, topics: Collection[str]) -> Plan:
    """Compare a table with the entries.

    An empty cell says nothing: what it does not name stays.  What an entry has in common stands in
    each of its rows, and a change of it in one row is enough.

    Args:
        text: The table.
        shown: The name of its file, for problems.
        library: The entries as they are.
        topics: The headings that there are.

    Raises:
        ProblemsError: With every mistake of the table.
    """
    sheet = Sheet(shown)
    rows = read(text, sheet)
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row.id, []).append(row)
    entries: dict[str, Entry] = {}
    changed: dict[str, Sequence[Change]] = {}
    for id_, own in by_id.items():
        before = library.entries.get(id_)
        if before is None and not any(row.cells for row in own):
            continue
        merged = _Merge(sheet, own, before)
        after = merged.entry()
        if after is None or after == before:
            continue
        merged.check(after, {*library.entries, *by_id}, topics)
        entries[id_] = after
        changed[id_] = tuple(_changes(before, after)) if before else ()
    if sheet.problems:
        raise ProblemsError(sheet.problems)
    return Plan(len(rows), entries, changed)


class _Merge:
    """The rows of one entry, laid over what it is."""

    def __init__(self, sheet: Sheet, rows: list[Row], before: Entry | None) -> None:
        self.sheet, self.rows, self.before = sheet, rows, before
        self.value: dict[str, Any] = (
            before.model_dump(by_alias=True) if before else {"id": rows[0].id}
        )
        self.lines: dict[str | tuple[str, str], int] = {}

    def entry(self) -> Entry | None:
        """Return the entry as it would be, or None with what is wrong noted."""
        for column in SHARED:
            self._share(column)
        for row in self.rows:
            self._say(row)
        try:
            return Entry.model_validate(self.value)
        except ValidationError as error:
            lines = {row.line for row in self.rows}
            noted = {problem.key for problem in self.sheet.problems if problem.line in lines}
            items = error.errors(include_url=False, include_input=True)
            for line, column, sentence in dict.fromkeys(map(self._told, items)):
                # A cell that cannot be read is not missing as well.
                if column not in noted:
                    self.sheet.note(line, column, sentence)
        return None

    def check(self, entry: Entry, ids: Collection[str], topics: Collection[str]) -> None:
        """Note what only shows beside other entries, and letters that a spreadsheet spoilt."""
        if entry.topic not in topics:
            sentence = f"there is no heading {entry.topic}; known are {', '.join(topics)}"
            self._note("topic", sentence)
        for other in entry.related:
            if other not in ids:
                self._note("related", f"there is no entry {other}")
        for row in self.rows:
            self._check_texts(row)

    def _check_texts(self, row: Row) -> None:
        old = _said(self.before, row.language)
        for column in TEXTS:
            known = _listed(old.get(column, ()))
            for text in _listed(row.cells.get(column, ())):
                if (
                    row.language
                    and text not in known
                    and (wrong := _spoilt(text, column, row.language))
                ):
                    self.sheet.note(row.line, column, wrong)

    def _note(self, column: str, sentence: str) -> None:
        self.sheet.note(self.lines.get(column, self.rows[0].line), column, sentence)

    def _share(self, column: str) -> None:
        key, _, part = column.partition("_")
        holder = self.value.get("review", {}) if part else self.value
        present = holder.get(part or key)
        fresh: dict[str, Row] = {}
        for row in self.rows:
            if column in row.cells and row.cells[column] != present:
                fresh.setdefault(repr(row.cells[column]), row)
        if not fresh:
            return
        first, *others = fresh.values()
        for row in others:
            sentence = f"is not what line {first.line} says: rows of one entry must agree"
            self.sheet.note(row.line, column, sentence)
        self.lines[column] = first.line
        if part:
            self.value["review"] = {**self.value.get("review", {}), part: first.cells[column]}
        else:
            self.value[key] = first.cells[column]

    def _say(self, row: Row) -> None:
        said = {column: row.cells[column] for column in TEXTS if column in row.cells}
        if row.language is None or not said:
            return
        texts = self.value.setdefault("texts", {})
        texts[row.language] = {**texts.get(row.language, {}), **said}
        for column in TEXTS:
            self.lines[row.language, column] = row.line

    def _told(self, item: Any) -> tuple[int, str, str]:
        """Return line, column and sentence of a mistake."""
        sentence = sentence_of(item["type"], item.get("ctx") or {}, item)
        place = item["loc"]
        match place:
            case ("texts", language, column, *_) if column != "[key]":
                line = self.lines.get((str(language), str(column)), self.rows[0].line)
                return line, str(column), sentence
            case ("texts", *_):
                return self.rows[0].line, "question", "is missing"
            case ("review", part, *_):
                column = f"review_{part}"
            case ("review",):
                column = "review_due" if "review" in self.value else "review_by"
            case ():
                column = "sources"
            case _:
                column = str(place[0])
        return self.lines.get(column, self.rows[0].line), column, sentence


def _changes(before: Entry, after: Entry) -> Iterator[Change]:
    """Yield what differs, by the smallest places that a file has."""
    for key in ("kind", "topic", "related", "sources"):
        yield from _change((key,), getattr(before, key), getattr(after, key))
    for key in ("by", "on", "due"):
        yield from _change(("review", key), getattr(before.review, key), getattr(after.review, key))
    for language in after.texts:
        place: Place = ("texts", language.value)
        old, new = _said(before, language), _said(after, language)
        if not old:
            yield Change(place, None, new)
            continue
        for key in TEXTS:
            yield from _change((*place, key), old.get(key), new.get(key))


def _said(entry: Entry | None, language: Language | None) -> dict[str, Any]:
    """Return a text as its file has it, without what is empty."""
    text = entry.texts.get(language) if entry and language else None
    return text_of(text) if text else {}


def _change(place: Place, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        if place == ("sources",):
            before, after = (tuple(map(dict, sources)) for sources in (before, after))
        yield Change(place, before, after)


def _listed(said: Any) -> Sequence[str]:
    return (said,) if isinstance(said, str) else tuple(said)


def _spoilt(text: str, column: str, language: Language) -> str | None:
    """Say which letters were lost or garbled on their way through a spreadsheet."""
    lost = text.count("?")
    if lost >= _FEWEST_LOST and lost > sum(map(str.isalpha, text)):
        return f"its letters became question marks: {SAVE}"
    if _garbled(text):
        return f"“{text[:20]}” has garbled letters: open the table as UTF-8 and {SAVE}"
    wanted = _SCRIPTS.get(language)
    if wanted and column in ("question", "answer") and reading.script(text) is not wanted:
        return f"is not in {wanted} script (if its letters are garbled: {SAVE})"
    return None


def _garbled(text: str) -> bool:
    """Tell whether a text is UTF-8 that was read as Windows-1252, like “â€™”."""
    if text.isascii():
        return False
    try:
        text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True
