"""`bot.py contacts`, as whoever dials the numbers uses it."""

import contextlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Ran

import bot
from reception import utc_now
from safety import contacts
from workshop import SAFETY

Contacts = Callable[..., Ran]
TODAY = utc_now().date()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the starter contacts; Kenya has a second crisis line."""
    path = tmp_path / "contacts.yaml"
    line = (
        '      - {kind: crisis, number: "0722", source: x, seen: "2020", confirmed: null}  # [b]\n'
    )
    text = (SAFETY / "contacts.yaml").read_text("utf-8")
    path.write_text(text.replace("  TZ:\n", f"{line}  TZ:\n"), "utf-8")
    return path


@pytest.fixture
def run(file: Path, monkeypatch: pytest.MonkeyPatch) -> Contacts:
    """Run `bot.py contacts` on the copy, without settings or secrets of whoever runs the tests."""
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("TELEGRAM_BOT_TOKEN", "SEHAT_KEY"):
        monkeypatch.delenv(name, raising=False)

    def runs(*arguments: object) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = bot.main(["contacts", *map(str, arguments), f"--safety={file.parent}"])
        return Ran(code, out.getvalue(), err.getvalue())

    return runs


def test_confirm_writes_the_day_and_changes_nothing_else(run: Contacts, file: Path) -> None:
    """Where the row stands, comments and order as they were."""
    before = file.read_text("utf-8").splitlines()
    ran = run("confirm", "ke", "crisis", "--number", "0722")
    after = file.read_text("utf-8").splitlines()

    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert (0, "") == (ran.code, ran.err)
    assert [(old, old.replace("null", str(TODAY))) for old, _ in changed] == changed
    assert 1 == len(changed)
    assert f"KE crisis 0722: confirmed {TODAY}\n" in ran.out


def test_confirm_takes_another_day(run: Contacts, file: Path) -> None:
    """Who dialled it last week may write it down today; dialled again, the day is the new one."""
    for days in (9, 2):
        run("confirm", "KE", "emergency", "--on", TODAY - timedelta(days=days))
    country = contacts.load(file).countries["KE"]

    assert TODAY - timedelta(days=2) == country.contacts[0].confirmed


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["XX", "crisis"], "there is no country 'XX'; there are IN, PK, KE, TZ, ID, GB, US, NG"),
        (["KE", "taxi"], "KE has no number of kind 'taxi'; it has emergency, crisis, abuse, child"),
        (["KE", "crisis"], "several of kind crisis, name one with --number: Red Cross 1199, 0722"),
        (["KE", "abuse", "--number=1"], "KE has no abuse number '1'; it has 1195"),
        (["KE", "abuse", "--on=soon"], "--on 'soon' is no day: write it like 2026-11-20"),
        (["KE", "abuse", f"--on={TODAY + timedelta(days=2)}"], "lies in the future (today is"),
    ],
    ids=["country", "kind", "several", "number", "no-day", "future"],
)
def test_what_is_not_there_is_said_with_what_is(
    run: Contacts, file: Path, given: list[str], said: str
) -> None:
    """Nothing is written."""
    before = file.read_bytes()
    ran = run("confirm", *given)

    assert 1 == ran.code
    assert said in ran.err
    assert before == file.read_bytes()


def test_list_says_how_each_number_stands(run: Contacts, file: Path) -> None:
    """In words: staff read the table and dial what is not confirmed."""
    run("confirm", "KE", "emergency")
    run("confirm", "KE", "child", "--on", TODAY - timedelta(days=181))
    ran = run("list", "--country", "KE")

    lines = [line.split("│") for line in ran.out.splitlines() if "│ KE" in line]
    assert ["emergency", "crisis", "abuse", "child", "crisis"] == [row[2].strip() for row in lines]
    assert ["confirmed", *["not dialled"] * 2, "to be dialled again", "not dialled"] == [
        row[7].strip() for row in lines
    ]


def test_list_as_json_holds_every_country(run: Contacts, file: Path) -> None:
    """A number a line."""
    rows = [json.loads(line) for line in run("list", "--json").out.splitlines()]
    every = contacts.load(file).countries

    assert sum(len(country.contacts) for country in every.values()) == len(rows)
    assert {
        "country": "IN",
        "kind": "emergency",
        "number": "112",
        "source": "lokmattimes.com",
        "seen": "2025-12-13",
        "confirmed": None,
        "state": "not dialled",
    } == rows[0]


def test_the_days_that_a_confirmation_holds_are_a_setting(run: Contacts, file: Path) -> None:
    """`safety.contact_days`."""
    (file.parent / "config.yaml").write_text("safety: {contact_days: 1}\n", "utf-8")
    run("confirm", "KE", "emergency", "--on", TODAY - timedelta(days=2))

    assert "to be dialled again" in run("list", "--country=KE").out


def test_list_of_a_country_that_is_not_there_names_those_that_are(run: Contacts) -> None:
    """As confirm does."""
    ran = run("list", "--country=xx")

    assert 1 == ran.code
    assert "there is no country 'XX'; there are IN, PK" in ran.err


def test_a_broken_file_is_not_written_to(run: Contacts, file: Path) -> None:
    """Its mistakes are named instead."""
    file.write_text(file.read_text("utf-8").replace("kind: crisis", "kind: cry", 1), "utf-8")
    before = file.read_bytes()
    ran = run("confirm", "KE", "emergency")

    assert 1 == ran.code
    assert "contacts.yaml:9: countries.IN.contacts.1.kind: must be" in ran.err
    assert before == file.read_bytes()
