"""`safety.contacts` reads the numbers to call, by country."""

from datetime import date
from pathlib import Path

import pytest
from conftest import HOME

from safety import contacts
from safety.contacts import HELPLINES, Contacts, Kind, State
from text import Language
from yamlfile import ProblemsError

REAL = HOME / "safety" / "contacts.yaml"
ROW = '{kind: emergency, number: "112", source: test, seen: "2026", confirmed: null}'
STARTER = contacts.load(REAL)


def load(folder: Path, *rows: str) -> Contacts:
    """Write a file with one country, Utopia, and load it."""
    listed = "".join(f"      - {row}\n" for row in rows) or "      []\n"
    path = folder / "contacts.yaml"
    path.write_text(
        f"countries:\n  UT:\n    name: {{en: Utopia}}\n    contacts:\n{listed}", "utf-8"
    )
    return contacts.load(path)


def mistake(folder: Path, *rows: str) -> str:
    """Return what is said of rows that cannot be used, by line."""
    with pytest.raises(ProblemsError) as raised:
        load(folder, *rows)
    return str(raised.value).removeprefix(f"{folder}/contacts.yaml:")


@pytest.mark.parametrize("code", STARTER.countries)
def test_every_country_of_the_starter_file_has_an_emergency_number(code: str) -> None:
    """It is what every emergency reply begins with; a code is two capitals."""
    country = STARTER.country(code)

    assert country is not None
    assert any(char.isdigit() for char in country.number(Kind.EMERGENCY) or "")
    assert (code.isupper(), len(code)) == (True, 2)


def test_the_countries_that_the_settings_name_are_there() -> None:
    """Their help lists them."""
    assert {"IN", "PK", "KE", "TZ", "ID", "GB", "US", "NG", "ZA"} == set(STARTER.countries)


def test_no_row_of_the_starter_file_is_called_confirmed() -> None:
    """Nobody has dialled them; only the organisation that does may say so."""
    rows = [row for country in STARTER.countries.values() for row in country.contacts]

    assert all(row.confirmed is None and row.source and row.seen for row in rows)


def test_the_first_of_a_kind_is_the_number_to_show(tmp_path: Path) -> None:
    """A country may have several."""
    loaded = load(tmp_path, ROW.replace("112", "999"), ROW, ROW.replace("emergency", "police"))
    country = loaded.country("UT")

    assert country is not None
    assert (country.number(Kind.EMERGENCY), country.number(Kind.POLICE)) == ("999", "112")
    assert country.number(Kind.CRISIS) is None


@pytest.mark.parametrize("code", ["XX", "in", "", None], ids=["unknown", "lower", "empty", "none"])
def test_a_country_that_is_not_listed_has_no_numbers(code: str | None) -> None:
    """Never another country's instead."""
    assert STARTER.country(code) is None


def test_the_day_a_number_was_dialled_is_read(tmp_path: Path) -> None:
    """Until then a reply says that it has not been."""
    country = load(tmp_path, ROW.replace("null", "2026-11-20")).country("UT")

    assert country is not None
    assert country.contacts[0].confirmed == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("confirmed", "expected"),
    [
        ("null", State.UNDIALLED),
        ("2026-12-01", State.CONFIRMED),
        ("2026-11-21", State.CONFIRMED),
        ("2026-11-20", State.DUE),
        ("2026-12-02", State.UNDIALLED),
    ],
    ids=["never", "today", "last-day", "day-after", "future"],
)
def test_a_confirmation_holds_for_so_many_days(
    tmp_path: Path, confirmed: str, expected: State
) -> None:
    """A slip in the year must not make a number confirmed for ever."""
    country = load(tmp_path, ROW.replace("null", confirmed)).country("UT")

    assert country is not None
    assert expected is country.contacts[0].state(date(2026, 12, 1), 10)


@pytest.mark.parametrize("kind", Kind)
def test_helplines_that_nobody_has_dialled_for_long_are_not_shown(
    tmp_path: Path, kind: Kind
) -> None:
    """An emergency number always is; the one that comes next takes a helpline's place."""
    row = ROW.replace("emergency", kind.value)
    rows = [row.replace("112", "old").replace("null", "2026-01-01"), row.replace("112", "new")]
    country = load(tmp_path, ROW, *rows).country("UT")

    assert country is not None
    shown = [one.number for one in country.shown(date(2026, 12, 1), 180)]
    assert ["112", *([] if kind in HELPLINES else ["old"]), "new"] == shown


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "4: countries.UT.contacts: must have at least 1"),
        ([ROW.replace("emergency", "police")], "2: countries.UT: a country needs a contact"),
        ([ROW, ROW.replace('"112"', '"1"')], "6: countries.UT.contacts.1.number: must have at"),
        ([ROW, ROW.replace('"112"', "112")], "6: countries.UT.contacts.1.number: must be text"),
        ([ROW, ROW.replace("emergency", "taxi")], "6: countries.UT.contacts.1.kind: must be"),
        (
            [ROW, ROW.replace("null", "soon")],
            "6: countries.UT.contacts.1.confirmed: must be a date",
        ),
        ([ROW, ROW.replace(", confirmed: null", "")], "6: countries.UT.contacts.1.confirmed: is"),
        ([ROW, ROW.replace("source: test, ", "")], "6: countries.UT.contacts.1.source: is missing"),
        ([ROW, ROW.replace("seen", "sen")], "6: countries.UT.contacts.1.s"),
    ],
    ids=[
        "no-rows",
        "no-emergency",
        "short",
        "unquoted",
        "kind",
        "date",
        "confirmed",
        "source",
        "misspelt",
    ],
)
def test_a_mistake_is_said_with_its_place(tmp_path: Path, rows: list[str], expected: str) -> None:
    """A wrong number costs more than a bot that does not start."""
    assert mistake(tmp_path, *rows).startswith(expected)


def test_a_mistake_in_the_only_row_is_one_mistake(tmp_path: Path) -> None:
    """There is a row: that there is none would send its writer looking for it."""
    said = mistake(tmp_path, ROW.replace("null", "soon"))

    assert said == "5: countries.UT.contacts.0.confirmed: must be a date like 2026-11-20"


@pytest.mark.parametrize(
    ("content", "expected"),
    [("", "empty"), ("countries: {}\n", "countries: must have at least 1")],
    ids=["empty", "no-countries"],
)
def test_a_file_without_countries_is_a_mistake(tmp_path: Path, content: str, expected: str) -> None:
    """There must be somebody to call."""
    path = tmp_path / "contacts.yaml"
    path.write_text(content, "utf-8")

    with pytest.raises(ProblemsError, match=expected):
        contacts.load(path)


def test_a_country_has_its_english_name(tmp_path: Path) -> None:
    """The others fall back on it."""
    path = tmp_path / "contacts.yaml"
    path.write_text(
        f"countries:\n  UT:\n    name: {{sw: Utopia}}\n    contacts:\n      - {ROW}\n", "utf-8"
    )

    with pytest.raises(ProblemsError, match="`name` needs at least the English one"):
        contacts.load(path)


@pytest.mark.parametrize("language", Language)
def test_every_country_is_named_in_every_language(language: Language) -> None:
    """People choose from the list in their own language."""
    assert [] == [code for code, found in STARTER.countries.items() if language not in found.name]
