"""`faq.table` and `faq.merge`: nothing is lost on the way to a spreadsheet and back."""

import csv
import io
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq import edit, load, merge, table
from faq.entry import Entry, Library, Review, Text
from faq.merge import Change, Plan
from text import Language
from workshop import FAQ
from yamlfile import Document, ProblemsError

LIBRARY = load.library(FAQ)
TOPICS = load.topics(FAQ)
NONE = Library({}, LIBRARY.phrases)
ANSWER = "Mosquitoes bite people, mostly at night."
EMPTY = {"question": "", "answer": "", "wordings": "", "from": ""}
OPEN, SAVE = "open the table as UTF-8", "save the table as “CSV UTF-8”"
NEW = {
    "id": "bed-bugs",
    "language": "en",
    "question": "What are bed bugs?",
    "answer": "Small insects that bite people at night.",
    "wordings": "bugs in bed\nbed bug bites",
    "from": "",
    "kind": "fact",
    "topic": "living",
    "related": "bed-bugs",
    "sources": "Who | Bugs | https://who.int/bugs | 2026-11-20",
    "review_by": "sample",
    "review_on": "2026-11-20",
    "review_due": "2027-11-20",
}
# Letters of Urdu, and all that a table, a spreadsheet or YAML treats in its own way.
SIGNS = st.one_of(
    st.sampled_from(list("\"',;|\\\n\r\t=+-@＝ـے میں'u0n?\x00\x1c\x85\u2028\ufeff\u200f 1٣😀")),
    st.characters(exclude_categories=["Cs"]),
)


def said(most: int, least: int = 1) -> st.SearchStrategy[str]:
    """Return texts that a file may hold: without spaces around them."""
    alphabet = SIGNS.filter(lambda sign: sign not in "{}")
    whole = st.text(alphabet, min_size=least, max_size=most)
    # What pydantic strips, Python strips too, but not the other way round.
    return whole.map(str.strip).filter(lambda text: len(text) >= least)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw entries with odd texts everywhere."""
    texts = {
        language: {
            "question": draw(said(20, 3)),
            "answer": draw(said(20, 3)) + "\n" * draw(st.integers(0, 3)) + ANSWER,
            "wordings": draw(st.lists(said(12, 2), max_size=4)),
            "from": draw(st.one_of(st.none(), st.from_regex("[0-9a-f]{8}", fullmatch=True))),
        }
        for language in draw(st.sets(st.sampled_from(list(Language)), min_size=1))
    }
    source = {
        "publisher": draw(said(12, 2)),
        "title": draw(said(12, 2)),
        "url": "https://a.b/" + draw(st.sampled_from(["", "|", "\\", "a,b;c", "'"])),
        "checked": draw(st.dates(min_value=date(1000, 1, 1))),
    }
    on, due = sorted(draw(st.sets(st.dates(date(1000, 1, 1)), min_size=2, max_size=2)))
    return Entry.model_validate(
        {
            "id": draw(st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)),
            "kind": draw(st.sampled_from(["fact", "myth", "service"])),
            "topic": "care",
            "related": draw(st.lists(st.sampled_from(["cpr", "5-6", "1e5"]), max_size=3)),
            "sources": [source] * draw(st.integers(1, 3)),
            "review": {"by": draw(said(10, 2)), "on": on, "due": due},
            "texts": texts,
        }
    )


def planned(content: str, library: Library = LIBRARY) -> Plan:
    """Return what a table would change."""
    return merge.plan(content.removeprefix(table.MARK), "t.csv", library, TOPICS)


def wrong(content: str, library: Library = LIBRARY) -> list[str]:
    """Return every mistake of a table."""
    with pytest.raises(ProblemsError) as caught:
        planned(content, library)
    return [str(problem).removeprefix("t.csv:") for problem in caught.value.problems]


def rows(*changes: dict[str, str], separator: str = ",") -> str:
    """Return a table of new rows, each changed."""
    made = io.StringIO(newline="")
    columns = dict.fromkeys([*NEW, *(key for change in changes for key in change)])
    writer = csv.DictWriter(made, list(columns), delimiter=separator)
    writer.writeheader()
    writer.writerows({**NEW, **change} for change in changes)
    return made.getvalue()


def edited(change: Callable[[dict[str, str]], object]) -> str:
    """Return the table of the starter entries, each row changed."""
    lines = csv.DictReader(io.StringIO(table.write(LIBRARY.entries.values())[1:], newline=""))
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, lines.fieldnames or [])
    writer.writeheader()
    for line in lines:
        change(line)
        writer.writerow(line)
    return made.getvalue()


# ---- out and back


def cells(entry: Entry, language: Language) -> dict[str, object]:
    """Return what the row of a language must say."""
    text = entry.texts.get(language)
    texts = text.model_dump(by_alias=True) if text else {}
    whole = {
        "kind": entry.kind,
        "topic": entry.topic,
        "related": entry.related,
        "sources": tuple(map(dict, entry.sources)),
        **{f"review_{key}": value for key, value in entry.review},
    }
    return {key: value for key, value in (texts | whole).items() if value}


def test_every_field_of_an_entry_has_a_column() -> None:
    """One that is added must not be lost on the way."""
    texts = {field.alias or name for name, field in Text.model_fields.items()}
    review = {f"review_{name}" for name in Review.model_fields}

    assert set(Entry.model_fields) - {"review", "texts"} | texts | review | {"language"} == set(
        table.COLUMNS
    )


@settings(deadline=None)
@given(entries(), st.sampled_from(list(table.SEPARATORS.values())))
def test_any_entry_comes_back_as_it_was(entry: Entry, separator: str) -> None:
    """Whatever signs its texts hold."""
    sheet = table.Sheet("t.csv")
    found = table.read(table.write([entry], separator).removeprefix(table.MARK), sheet)

    assert [] == sheet.problems
    assert [(entry.id, language) for language in Language] == [
        (row.id, row.language) for row in found
    ]
    assert [cells(entry, language) for language in Language] == [row.cells for row in found]


@settings(deadline=None)
@given(entries())
def test_no_cell_can_run_as_a_formula(entry: Entry) -> None:
    """Nor become a number; days may become days."""
    lines = csv.DictReader(io.StringIO(table.write([entry])[1:], newline=""))
    dangerous = [
        cell
        for line in lines
        for column, cell in line.items()
        if column not in table.DAYS
        and (cell.startswith(tuple("=+-@\t\r＝＋－＠")) or cell.replace(".", "").isdecimal())
    ]

    assert [] == dangerous


@settings(deadline=None)
@given(entries())
def test_any_entry_is_written_to_a_file_and_read_back(entry: Entry) -> None:
    """As the bot reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        edit.write({path: edit.new_text(entry)})

        assert entry == Document(path).model(Entry)


@pytest.mark.parametrize("separator", table.SEPARATORS.values(), ids=["comma", "semicolon", "tab"])
def test_the_starter_entries_come_back_as_they_were(separator: str) -> None:
    """Nothing would change; and into an empty base come the same entries."""
    made = table.write(LIBRARY.entries.values(), separator)

    assert {} == planned(made).entries
    assert LIBRARY.entries == planned(made, NONE).entries


def test_a_row_is_what_a_curator_reads() -> None:
    """One row a language; lists by line; also the languages that are still to be written."""
    entry = planned(rows(NEW), NONE).entries["bed-bugs"]
    first, *others = csv.DictReader(io.StringIO(table.write([entry])[1:], newline=""))

    assert NEW == first
    assert [
        {**NEW, "language": language, **EMPTY} for language in ("hi", "ur", "sw", "id")
    ] == others


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("- a dash", "'- a dash"),
        ("'quoted'", "''quoted'"),
        ("＋86", "'＋86"),
        ("108", "'108"),
        ("1-2", "'1-2"),
        ("24/7 help", "24/7 help"),
        ("a = b", "a = b"),
        ("C:\\new", "C:\\\\new"),
        ("a\tb\rc", "a\\tb\\rc"),
        ("a\x00b", "a\\u0000b"),
    ],
)
def test_signs_that_mean_something_are_marked(text: str, cell: str) -> None:
    """In a way that a person can read and type."""
    entry = LIBRARY.entries["cpr"]
    english = entry.texts[Language.EN].model_copy(update={"wordings": (text,)})
    changed = entry.model_copy(update={"texts": {Language.EN: english}})
    line = next(csv.DictReader(io.StringIO(table.write([changed])[1:], newline="")))

    assert cell == line["wordings"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'twas so", "'twas so"),
        ("'=1+1", "=1+1"),
        ("=1+1", "=1+1"),
        ("''tis", "'tis"),
        ("a \\d b\\", "a \\d b\\"),
        ("  two  ", "two"),
    ],
)
def test_what_a_person_types_is_taken_as_it_is(cell: str, text: str) -> None:
    """Without the marks, and with signs that only look like ours."""
    entry = planned(rows({"wordings": cell}), NONE).entries["bed-bugs"]

    assert (text,) == entry.texts[Language.EN].wordings


# ---- files as programs save them


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_unicode_file_is_read(encoding: str) -> None:
    """Excel's “Unicode text” and what other programs call UTF-16."""
    content = rows({"question": "मलेरिया کیا ہے"})

    assert content == table.decode(content.encode(encoding), "t.csv")[0]


def test_a_file_of_old_windows_is_read() -> None:
    """And is said to be one."""
    content = rows({"question": "Ce qu’est un naïf"})

    assert (content, "cp1252") == table.decode(content.encode("cp1252"), "t.csv")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"PK\x03\x04 xl/workbook.xml", "is a workbook, not CSV: save the table as “CSV UTF-8”"),
        (b"id,\x81\xff", "its letters cannot be read: save the table as “CSV UTF-8”"),
        (b"\xff\xfei\x00d\x00\x00", "its letters cannot be read: save the table as “CSV UTF-8”"),
    ],
    ids=["workbook", "no-text", "half-a-letter"],
)
def test_what_is_no_text_is_said_with_what_to_do(raw: bytes, sentence: str) -> None:
    """Rather than rows of nonsense."""
    with pytest.raises(ProblemsError, match=f"^t.csv:1: {sentence}$"):
        table.decode(raw, "t.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old-mac"])
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_line_ends_and_separators_are_found_out(separator: str, end: str) -> None:
    """Excel's separator depends on the country; texts may be full of the others."""
    answer = "One; two, three, four.\n\nFive\tsix."
    content = rows({"answer": answer}, separator=separator)
    made = planned(content.replace("\r\n", "\n").replace("\n", end), NONE).entries["bed-bugs"]

    assert answer == made.texts[Language.EN].answer


def test_a_spreadsheet_may_reorder_pad_and_drop_columns() -> None:
    """Names in capitals, empty columns and rows at the end, fewer columns than were exported."""
    content = 'Question , LANGUAGE,ID,,\n"What is CPR?",EN,cpr,,\n,,,,\n\n,,cpr\n'
    content = content.replace(",,cpr\n", "")

    assert [
        Change(("texts", "en", "question"), "What is CPR and how is it done?", "What is CPR?")
    ] == [*planned(content).changes["cpr"]]


def test_what_all_languages_share_needs_no_language() -> None:
    """A table of reviews alone."""
    content = "id,review_by,review_on\ncpr,Dr Asha,2026-11-25\npoisoning,,\n"

    assert {
        "cpr": (
            Change(("review", "by"), "sample", "Dr Asha"),
            Change(("review", "on"), date(2026, 11, 22), date(2026, 11, 25)),
        )
    } == planned(content).changes


@pytest.mark.parametrize(
    ("on", "due", "expected"),
    [
        ("20/11/2026", "03/04/2027", date(2027, 4, 3)),
        ("11/20/2026", "03/04/2027", date(2027, 3, 4)),
        ("20.11.2026", "3.4.2027", date(2027, 4, 3)),
        ("20-11-2026", "2027/4/3", date(2027, 4, 3)),
        ("2026-11-20", "05/05/2027", date(2027, 5, 5)),
    ],
)
def test_days_that_a_spreadsheet_rewrote_are_understood(on: str, due: str, expected: date) -> None:
    """Excel shows days as the country does; the other days tell what comes first."""
    review = planned(rows({"review_on": on, "review_due": due}), NONE).entries["bed-bugs"].review

    assert (date(2026, 11, 20), expected) == (review.on, review.due)


# ---- what would change


def test_a_changed_text_is_one_change() -> None:
    """Named by its place in the file."""
    content = edited(lambda row: row.update(answer=row["answer"].replace("CPR is", "CPR means")))
    before = LIBRARY.entries["cpr"].texts[Language.EN].answer

    changes = planned(content).changes
    assert before.replace("CPR is", "CPR means") == changes["cpr"][0].after
    assert {"cpr": ("texts", "en", "answer")} == {k: c.place for k, (c,) in changes.items()}


def test_a_shared_cell_may_be_changed_in_one_row() -> None:
    """The other four rows still say what stood there."""

    def change(row: dict[str, str]) -> None:
        if (row["id"], row["language"]) == ("cpr", "ur"):
            row |= {"topic": "care", "related": "sleep", "review_by": "Dr Asha"}
            row["sources"] = row["sources"].replace("2026-11-22", "2026-11-24", 1)

    changed = planned(edited(change)).changes["cpr"]
    assert [("topic",), ("related",), ("sources",), ("review", "by")] == [c.place for c in changed]


def test_empty_cells_and_missing_rows_change_nothing() -> None:
    """An import never takes away."""
    content = edited(lambda row: row.update(dict.fromkeys(set(row) - {"id", "language"}, "")))

    assert {} == planned(content).entries
    assert {} == planned("id\r\ncpr\r\nnobody\r\n").entries


def test_a_new_language_and_a_new_entry_are_taken() -> None:
    """Rows of an entry may stand anywhere; new entries may name each other."""
    first = {**NEW, "related": "head-lice"}
    second = {**NEW, "id": "head-lice", "related": "bed-bugs"}
    swahili = {"id": "bed-bugs", "language": "sw", "question": "Kunguni ni nini?",
               "answer": "Wadudu wadogo wanaouma usiku.", "wordings": ""}  # fmt: skip
    made = planned(rows(first, second, {**first, **swahili}))

    assert {"bed-bugs": (), "head-lice": ()} == made.changes
    assert [Language.EN, Language.SW] == [*made.entries["bed-bugs"].texts]

    grown = planned(rows({**first, **swahili}), Library(made.entries, LIBRARY.phrases))
    assert {} == grown.entries


def test_a_language_is_added_to_an_entry() -> None:
    """As one change, in the order of a file."""
    known = planned(rows(NEW), NONE)
    content = "id,language,answer,wordings,question\n"
    content += "bed-bugs,sw,Wadudu wadogo wanaouma usiku.,kunguni,Kunguni ni nini?\n"
    (change,) = planned(content, Library(known.entries, LIBRARY.phrases)).changes["bed-bugs"]

    assert (("texts", "sw"), None) == (change.place, change.before)
    assert isinstance(change.after, Mapping)
    assert ["question", "wordings", "answer"] == list(change.after)


# ---- mistakes


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": "Bed Bugs"}, ["2: id: must be lower-case letters and digits, joined by hyphens"]),
        ({"id": ""}, ["2: id: is missing"]),
        ({"language": "fr"}, ["2: language: “fr” is none of our languages: en, hi, ur, sw, id"]),
        ({"language": ""}, ["2: language: is missing: en, hi, ur, sw, id"]),
        ({"kind": "fcat"}, ["2: kind: must be 'fact', 'myth' or 'service'"]),
        ({"topic": "bugs"}, [f"2: topic: there is no heading bugs; known are {', '.join(TOPICS)}"]),
        ({"related": "sleep, nap"}, ["2: related: there is no entry nap"]),
        ({"sources": ""},
         ["2: sources: needs at least one source (only entries of kind service may have none)"]),
        ({"sources": "Who, Bugs"},
         ["2: sources: “Who, Bugs” is not: publisher | title | address | day"]),
        ({"sources": "Who | Bugs | who.int | 2026-11-20"},
         ["2: sources: must be an address like https://…"]),
        ({"sources": "Who | Bugs | https://who.int | May"},
         ["2: sources: “May” must be a date like 2026-11-20"]),
        ({"review_by": ""}, ["2: review_by: is missing"]),
        ({"review_due": "soon"}, ["2: review_due: “soon” must be a date like 2026-11-20"]),
        ({"review_due": "2027-02-30"},
         ["2: review_due: “2027-02-30” must be a date like 2026-11-20"]),
        ({"review_due": "03/04/2027"},
         ["2: review_due: “03/04/2027” can be two days: write it like 2026-11-20"]),
        ({"review_due": "2026-11-20"}, ["2: review_due: due must be later than on"]),
        ({"question": ""}, ["2: question: is missing"]),
        ({"answer": "Short."}, ["2: answer: must have at least 20 characters"]),
        ({"answer": f"{ANSWER} {{x"}, ["2: answer: a bracket { or } stands alone"]),
        ({"wordings": "good\nb"}, ["2: wordings: “b” must have 2 to 300 characters"]),
        ({"wordings": "bed ??? ????"},
         [f"2: wordings: its letters became question marks: {SAVE}"]),
        ({"answer": "Donâ€™t be afraid, they are small."},
         [f"2: answer: “Donâ€™t be afraid, t” has garbled letters: {OPEN} and {SAVE}"]),
        ({"language": "hi", "answer": "कीड़े जो रात में लोगों को काटते हैं।"},
         [f"2: question: is not in devanagari script (if its letters are garbled: {SAVE})"]),
        ({"question": "", "answer": "", "wordings": ""}, ["2: question: is missing"]),
    ],
)  # fmt: skip
def test_every_mistake_of_a_row_has_its_line_and_column(
    change: dict[str, str], expected: list[str]
) -> None:
    """In words that a curator knows."""
    assert expected == wrong(rows(change))


def test_all_bad_rows_are_named_at_once_by_the_line_on_which_they_begin() -> None:
    """Cells over several lines shift the lines of later rows."""
    swahili = {"language": "sw", "question": "Kunguni ni nini?", "review_on": "x"}
    content = rows(
        {"answer": "a\nb\nc"}, {**swahili, "answer": "d"}, {**swahili, "id": "head-lice"}
    )

    assert [
        "2: answer: must have at least 20 characters",
        "6: answer: must have at least 20 characters",
        "6: review_on: “x” must be a date like 2026-11-20",
        "8: review_on: “x” must be a date like 2026-11-20",
    ] == wrong(content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["1: id: the column is missing; the first line names the columns"]),
        (
            "id,question\ncpr,x\n",
            ["1: language: the column is missing; the first line names the columns"],
        ),
        (
            "id,languages,colour\ncpr,en,red\n",
            [
                f"1: colour: unknown column; known are {', '.join(table.COLUMNS)}",
                f"1: languages: unknown column; known are {', '.join(table.COLUMNS)}",
            ],
        ),
        ("id,topic,Topic\ncpr,care,care\n", ["1: topic: stands twice"]),
        ("id,topic\ncpr,care,more\n", ["2: cell 3 stands under no name of the first line"]),
        ("id,,topic\ncpr,x,first-aid\n", ["2: cell 2 stands under no name of the first line"]),
        (
            'id,topic\ncpr,"care\npoisoning,care\n',
            ["2: the row cannot be read: unexpected end of data (a quotation mark too many?)"],
        ),
        ("id,topic\ncpr,care\n\ncpr,care\n", ["4: id: cpr stands on line 2 too"]),
        (
            "id,language,topic\ncpr,en,care\ncpr,en,care\n",
            ["3: id: cpr (en) stands on line 2 too"],
        ),
        (
            "id,language,topic\ncpr,en,care\ncpr,hi,myths\ncpr,sw,first-aid\n",
            ["3: topic: is not what line 2 says: rows of one entry must agree"],
        ),
    ],
    ids=[
        "empty", "no-language", "columns", "column-twice", "cell-too-many", "no-name", "quote",
        "entry-twice", "language-twice", "disagree",
    ],
)  # fmt: skip
def test_mistakes_between_rows_and_columns_are_named(content: str, expected: list[str]) -> None:
    """A typing error in a name must not silently leave a column out."""
    assert expected == wrong(content)


def test_letters_that_always_stood_there_are_no_mistake() -> None:
    """Only what a table changes is suspected."""
    entry = planned(rows(NEW), NONE).entries["bed-bugs"]
    english = entry.texts[Language.EN].model_copy(update={"wordings": ("???",)})
    odd = entry.model_copy(update={"texts": {Language.EN: english}})

    assert {} == planned(table.write([odd]), Library({"bed-bugs": odd}, LIBRARY.phrases)).entries
