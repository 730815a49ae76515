r"""The entries as a table for a spreadsheet, one row an entry and language, and its rows.  Pure.

Nothing is lost on the way out: a cell says a backslash as `\\`, a tab as `\t` and other signs that
spreadsheets swallow as `\u0000`; in a list, one item a line, `\n` is a line break inside an item.
A cell that a spreadsheet would take for a formula or a number gets an apostrophe before it, and
so does one that begins with an apostrophe; on the way back it is taken off again.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from faq.entry import Entry, Source
from text import Language
from yamlfile import Problem, ProblemsError

COLUMNS = (
    *("id", "language", "question", "answer", "wordings", "from"),
    *("kind", "topic", "related", "sources", "review_by", "review_on", "review_due"),
)
SEPARATORS = {",": ",", ";": ";", "tab": "\t"}
MARK = "\ufeff"
"""The byte order mark, by which Excel knows UTF-8."""

TEXTS = ("question", "answer", "wordings", "from")
SHARED = ("kind", "topic", "related", "sources", "review_by", "review_on", "review_due")
DAYS = ("review_on", "review_due")
_SOURCE = ("publisher", "title", "url", "checked")

_ODD = re.compile("[\\\\\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|([\\ntr|]))")
_LETTERS = {"\\": "\\", "n": "\n", "t": "\t", "r": "\r", "|": "|"}
_NAMES = {sign: f"\\{letter}" for letter, sign in _LETTERS.items()}
# The wide signs are formulas too where Chinese or Japanese is typed.
_RUNS = re.compile(r"[=+\-@＝＋－＠']|\d[\d.,:/eE+ -]*\Z")
_PART = re.compile(r"(?:[^\\|]|\\.|\\$)+")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_LOCAL = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MONTHS = 12
SAVE = "save the table as “CSV UTF-8”"


# ---- out


def write(entries: Iterable[Entry], separator: str = ",") -> str:
    """Return the table; a language that an entry lacks has a row with empty texts."""
    made = io.StringIO(newline="")
    made.write(MARK)
    writer = csv.writer(made, delimiter=separator)
    writer.writerow(COLUMNS)
    for entry in entries:
        for language in Language:
            cells = {**_shared(entry), **_texts(entry, language)}
            writer.writerow([_guarded(column, cells.get(column, "")) for column in COLUMNS])
    return made.getvalue()


def _shared(entry: Entry) -> dict[str, str]:
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "topic": entry.topic,
        "related": ", ".join(entry.related),
        "sources": "\n".join(map(source_line, entry.sources)),
        "review_by": escaped(entry.review.by, "\n"),
        "review_on": entry.review.on.isoformat(),
        "review_due": entry.review.due.isoformat(),
    }


def _texts(entry: Entry, language: Language) -> dict[str, str]:
    if (text := entry.texts.get(language)) is None:
        return {"language": language}
    return {
        "language": language,
        "question": escaped(text.question),
        "answer": escaped(text.answer),
        "wordings": "\n".join(escaped(wording, "\n") for wording in text.wordings),
        "from": escaped(text.made_from or ""),
    }


def source_line(source: Source) -> str:
    """Return `publisher | title | address | day`."""
    said = (source.publisher, source.title, source.url)
    return " | ".join([*(escaped(part, "\n|") for part in said), source.checked.isoformat()])


def escaped(text: str, more: str = "") -> str:
    """Return a text without signs that a spreadsheet or a terminal swallows.

    Args:
        text: Anything.
        more: Signs that mean something in the cell, of line break and `|`.
    """
    seen = _ODD.sub(lambda found: _name(found.group()), text)
    for sign in more:
        seen = seen.replace(sign, _NAMES[sign])
    return seen


def _name(sign: str) -> str:
    return _NAMES.get(sign, f"\\u{ord(sign):04x}")


def _guarded(column: str, cell: str) -> str:
    # A day may become the spreadsheet's own: then it can be sorted.
    return "'" + cell if column not in DAYS and _RUNS.match(cell) else cell


# ---- in: the file


@dataclass(frozen=True, slots=True)
class Row:
    """One row that says something.

    Attributes:
        line: The line of the file on which it begins; 1-based.
        id: Which entry.
        language: Which of its texts, if the table has them.
        cells: What it says, by column; empty cells are left out.
    """

    line: int
    id: str
    language: Language | None
    cells: Mapping[str, Any]


@dataclass(slots=True)
class Sheet:
    """A file that is being read: its name, and what is wrong with it so far."""

    shown: str
    problems: list[Problem] = field(default_factory=list)
    days: "_Days" = field(default_factory=lambda: _Days(None))

    def note(self, line: int, column: str, sentence: str) -> None:
        """Keep one more mistake."""
        self.problems.append(Problem(self.shown, line, column, sentence))


def decode(raw: bytes, shown: str) -> tuple[str, str]:
    """Return the text of a file and the encoding that it was saved in.

    Raises:
        ProblemsError: It is no text.
    """
    if raw.startswith(b"PK\x03\x04"):
        raise ProblemsError([Problem(shown, 1, "", f"is a workbook, not CSV: {SAVE}")])
    guesses = ["utf-8-sig", "cp1252"]
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        guesses = ["utf-16"]
    elif b"\0" in raw[:4]:
        guesses = ["utf-16-be" if raw[:1] == b"\0" else "utf-16-le"]
    for encoding in guesses:
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise ProblemsError([Problem(shown, 1, "", f"its letters cannot be read: {SAVE}")])


def read(text: str, sheet: Sheet) -> list[Row]:
    """Return the rows that can be read; what is wrong with others is noted.

    Raises:
        ProblemsError: The first line does not name columns that are ours.
    """
    records = _records(text, _separator(text), sheet)
    line, header = next(records, (1, []))
    columns = [name.strip().casefold() for name in header]
    _check_header(columns, line, sheet)
    found = [(at, _named(columns, cells, at, sheet)) for at, cells in records]
    sheet.days = _Days.of(cells.get(column, "") for _, cells in found for column in DAYS)
    rows = [_row(at, cells, columns, sheet) for at, cells in found if cells]
    return _once([row for row in rows if row], sheet)


def _separator(text: str) -> str:
    """Return the separator under which the first line names most of our columns."""
    first = next((line for line in text.splitlines() if line.strip(" ,;\t")), "")
    names = first.casefold().replace('"', "")

    def known(separator: str) -> int:
        return sum(name.strip() in COLUMNS for name in names.split(separator))

    return max(SEPARATORS.values(), key=known)


def _records(text: str, separator: str, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty, with the line on which it begins."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        start = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            sheet.note(start, "", f"the row cannot be read: {error} (a quotation mark too many?)")
            return
        if any(cell.strip() for cell in cells):
            yield start, cells


def _check_header(columns: list[str], line: int, sheet: Sheet) -> None:
    known = ", ".join(COLUMNS)
    for name in dict.fromkeys(columns):
        if name and name not in COLUMNS:
            sheet.note(line, name, f"unknown column; known are {known}")
        elif name and columns.count(name) > 1:
            sheet.note(line, name, "stands twice")
    needed = ["id", *(["language"] if set(TEXTS) & set(columns) else [])]
    for name in needed:
        if name not in columns:
            sheet.note(line, name, "the column is missing; the first line names the columns")
    if sheet.problems:
        raise ProblemsError(sheet.problems)


def _named(columns: list[str], cells: list[str], line: int, sheet: Sheet) -> dict[str, str]:
    """Return what the cells say, by column."""
    said: dict[str, str] = {}
    for number, cell in enumerate(cells):
        content = re.sub(r"\r\n?", "\n", cell).strip()
        if not content:
            continue
        if number >= len(columns) or not columns[number]:
            sheet.note(line, "", f"cell {number + 1} stands under no name of the first line")
            continue
        bare = content[1:] if content[0] == "'" and _RUNS.match(content[1:]) else content
        said[columns[number]] = bare
    return said


def _row(line: int, cells: dict[str, str], columns: list[str], sheet: Sheet) -> Row | None:
    """Return what a row says, without the cells that cannot be read; these are noted."""
    if "id" not in cells:
        sheet.note(line, "id", "is missing")
        return None
    language = cells.get("language", "").casefold()
    if "language" in columns and language not in set(Language):
        known = ", ".join(Language)
        wrong = f"“{language[:20]}” is none of our languages" if language else "is missing"
        sheet.note(line, "language", f"{wrong}: {known}")
        return None
    said = {
        column: _value(column, cell, line, sheet)
        for column, cell in cells.items()
        if column not in ("id", "language")
    }
    known_cells = {column: value for column, value in said.items() if value is not None}
    return Row(line, cells["id"], Language(language) if language else None, known_cells)


def _value(column: str, cell: str, line: int, sheet: Sheet) -> Any:
    match column:
        case "related":
            return tuple(re.split(r"[\s,;]+", cell.strip(" ,;\n\t")))
        case "wordings":
            lines = (part.strip() for part in cell.split("\n"))
            return tuple(_unescaped(part) for part in lines if part)
        case "sources":
            before = len(sheet.problems)
            sources = tuple(_sources(cell, line, sheet))
            return sources if len(sheet.problems) == before else None
        case "review_on" | "review_due":
            if (day := sheet.days.read(cell)) is None:
                sheet.note(line, column, sheet.days.sentence(cell))
            return day
        case _:
            return _unescaped(cell)


def _unescaped(cell: str) -> str:
    def sign(found: re.Match[str]) -> str:
        code, letter = found.groups()
        return chr(int(code, 16)) if code else _LETTERS[letter]

    return _ESCAPE.sub(sign, cell)


def _sources(cell: str, line: int, sheet: Sheet) -> Iterator[dict[str, object]]:
    for said in filter(str.strip, cell.split("\n")):
        parts = [part.strip() for part in _PART.findall(said)]
        if len(parts) != len(_SOURCE):
            sentence = f"“{said.strip()[:40]}” is not: publisher | title | address | day"
            sheet.note(line, "sources", sentence)
            continue
        checked = sheet.days.read(parts[-1])
        if checked is None:
            sheet.note(line, "sources", sheet.days.sentence(parts[-1]))
            continue
        yield {**dict(zip(_SOURCE, map(_unescaped, parts), strict=True)), "checked": checked}


def _once(rows: list[Row], sheet: Sheet) -> list[Row]:
    first: dict[tuple[str, Language | None], int] = {}
    for row in rows:
        line = first.setdefault((row.id, row.language), row.line)
        if line != row.line:
            what = f"{row.id} ({row.language})" if row.language else row.id
            sheet.note(row.line, "id", f"{what} stands on line {line} too")
    return rows


class _Days:
    """How days are written in a table: spreadsheets turn 2026-11-22 into 22/11/2026 or 11/22/2026.

    What comes first, day or month, is learnt from the days of the same table after the twelfth.
    """

    def __init__(self, day_first: bool | None) -> None:  # noqa: FBT001 - the one thing it holds
        self._day_first = day_first

    @classmethod
    def of(cls, cells: Iterable[str]) -> "_Days":
        """Learn what comes first, if all the days agree."""
        seen = {
            first > _MONTHS
            for first, second in (map(int, found.groups()[:2]) for found in _found(cells))
            if max(first, second) > _MONTHS
        }
        return cls(seen.pop() if len(seen) == 1 else None)

    def read(self, cell: str) -> date | None:
        """Return a day, or None where it is none or can be two."""
        if found := _ISO.fullmatch(cell):
            return _day(*map(int, found.groups()))
        if not (found := _LOCAL.fullmatch(cell)):
            return None
        first, second, year = map(int, found.groups())
        if max(first, second) > _MONTHS or first == second:
            day_first = first > _MONTHS
        elif self._day_first is None:
            return None
        else:
            day_first = self._day_first
        return _day(year, second, first) if day_first else _day(year, first, second)

    @staticmethod
    def sentence(cell: str) -> str:
        """Say why a day could not be read."""
        if _LOCAL.fullmatch(cell):
            return f"“{cell}” can be two days: write it like 2026-11-20"
        return f"“{cell[:20]}” must be a date like 2026-11-20"


def _found(cells: Iterable[str]) -> Iterator[re.Match[str]]:
    return (found for cell in cells if (found := _LOCAL.fullmatch(cell)))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
