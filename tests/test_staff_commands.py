"""`bot.py staff` and `bot.py audit` as operators use them."""

import asyncio
import csv
import io
import json
import logging
import re
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Ran, Run

import bot
from commands.serving import ADDRESS_FILE
from escalation import staff
from escalation.staff import Role
from storage.store import Store

LINK = re.compile(r"^(\S+)/sign-in\?link=([\w-]{43})$", re.MULTILINE)
NOBODY = "nobody is in yet: bot.py staff add NAME --role owner"


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command in this process, with a data folder of its own."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    monkeypatch.chdir(tmp_path)
    for name in ("TELEGRAM_BOT_TOKEN", "SEHAT_KEY", "SEHAT_TEXT_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def runs(*arguments: object) -> Ran:
        code = 0
        try:
            code = bot.main([*map(str, arguments), f"--data={tmp_path / 'data'}"])
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    yield runs
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


@pytest.fixture
def team(run: Run) -> Run:
    """Omar, who is owner, and Anna, who is approver."""
    assert 0 == run("staff", "add", "Omar", "--role", "owner").code
    assert 0 == run("staff", "add", "Anna", "--role", "approver").code
    return run


def listed(run: Run) -> dict[str, str]:
    """Return the roles of who is in, by name."""
    lines = map(json.loads, run("staff", "list", "--json").out.splitlines())
    return {line["name"]: line["role"] for line in lines}


def use(tmp_path: Path, secret: str, purpose: str) -> str | None:
    """Use a link up; return whose it was."""

    async def used() -> str | None:
        now = datetime.now(UTC)
        async with Store.open("", tmp_path / "data") as store, store.begin() as connection:
            if purpose == "telegram":
                member = await staff.bind(connection, secret, 77, now)
                return member.name if member else None
            made = await staff.sign_in(connection, secret, now)
            return made[0].name if made else None

    return asyncio.run(used())


def tamper(tmp_path: Path, statement: str) -> None:
    """Write into the audit past the bot."""
    with sqlite3.connect(tmp_path / "data" / "sehat.db") as connection:
        for act in ("update", "delete"):
            connection.execute(f"DROP TRIGGER audit_no_{act}")
        connection.execute(statement)
    connection.close()


# ---- staff


def test_the_first_member_must_be_an_owner(run: Run) -> None:
    """Who would take the others in?"""
    assert f"{NOBODY}\n" == run("staff", "list").out
    refused = run("staff", "add", "Anna B", "--role", "approver")

    assert 1 == refused.code
    assert "the first member must be an owner" in refused.err
    assert "bot.py staff add 'Anna B' --role owner" in refused.err
    assert {} == listed(run)
    assert "0 rows" in run("audit", "verify").out


@pytest.mark.parametrize("role", Role)
def test_members_of_every_role_are_added_and_listed(team: Run, role: Role) -> None:
    """As a table and as JSON."""
    said = team("staff", "add", "रोज़ा", "--role", role)

    assert f"रोज़ा is {role} now; next: bot.py staff login 'रोज़ा'\n" == said.out
    assert {"Omar": "owner", "Anna": "approver", "रोज़ा": role} == listed(team)
    assert "रोज़ा" in team("staff", "list").out


def test_a_role_is_changed(team: Run) -> None:
    """Upwards and downwards."""
    assert "Anna is owner now\n" == team("staff", "role", "Anna", "owner").out
    assert "Omar is viewer now\n" == team("staff", "role", "Omar", "viewer").out
    assert {"Omar": "viewer", "Anna": "owner"} == listed(team)


def test_a_member_is_removed(team: Run) -> None:
    """And can come back under the name."""
    assert "Anna is removed" in team("staff", "remove", "Anna").out
    assert {"Omar": "owner"} == listed(team)
    assert 0 == team("staff", "add", "Anna", "--role", "viewer").code
    assert {"Omar": "owner", "Anna": "viewer"} == listed(team)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("remove", "Omar"), "the last owner stays: make somebody else owner first"),
        (("role", "Omar", "viewer"), "the last owner stays: make somebody else owner first"),
        (("remove", "Eva"), "there is no member 'Eva'"),
        (("role", "Eva", "viewer"), "there is no member 'Eva'"),
        (("login", "Eva"), "there is no member 'Eva'"),
        (("telegram", "Eva"), "there is no member 'Eva'"),
        (("add", "anna", "--role", "viewer"), "there is a Anna already (approver)"),
        (("add", "Terminal", "--role", "viewer"), "stands in the audit for what no member did"),
        (("add", "a/b", "--role", "viewer"), "is no name: 1 to 48 letters"),
        (("add", "Eva"), "the following arguments are required: --role"),
        (("add", "Eva", "--role", "king"), "invalid Role value: 'king'"),
        ((), "the following arguments are required: WHAT"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    team: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    """And nothing is changed."""
    refused = team("staff", *arguments)

    assert 1 == refused.code
    assert sentence in refused.err
    assert {"Omar": "owner", "Anna": "approver"} == listed(team)
    assert "2 rows" in team("audit", "verify").out


def test_a_login_link_signs_in_once(team: Run, tmp_path: Path) -> None:
    """It says how long it holds."""
    said = team("staff", "login", "Anna").out
    found = LINK.search(said)
    assert found is not None

    assert "http://127.0.0.1:8081" == found[1]
    assert "Signs in as Anna, once, within 10 minutes." in said
    assert ["Anna", None] == [use(tmp_path, found[2], "console") for _ in range(2)]


def test_a_login_link_leads_to_where_the_console_is(team: Run, tmp_path: Path) -> None:
    """That of the settings, else where the running bot listens, else the usual port."""
    config = tmp_path / "config.yaml"
    links = []
    config.write_text("web: {port: 9000}\n", "utf-8")
    links.append(LINK.search(team("staff", "login", "Anna").out))
    (tmp_path / "data" / ADDRESS_FILE).write_text("http://127.0.0.1:45678\n", "utf-8")
    links.append(LINK.search(team("staff", "login", "Anna").out))
    config.write_text("console: {host: 0.0.0.0, address: 'https://staff.example/'}\n", "utf-8")
    links.append(LINK.search(team("staff", "login", "Anna").out))

    assert ["http://127.0.0.1:9001", "http://127.0.0.1:45678", "https://staff.example"] == [
        found[1] if found else "" for found in links
    ]


def test_a_message_makes_a_member_known_on_telegram(team: Run, tmp_path: Path) -> None:
    """Once; the list says so, without the number."""
    said = team("staff", "telegram", "Anna").out
    found = re.match(r"/staff ([\w-]{43})\n", said)
    assert found is not None

    assert "Anna sends this line to the bot in a private chat, once, within 10 minutes" in said
    assert ["Anna", None] == [use(tmp_path, found[1], "telegram") for _ in range(2)]
    lines = list(map(json.loads, team("staff", "list", "--json").out.splitlines()))
    assert [("Anna", True), ("Omar", False)] == [(line["name"], line["telegram"]) for line in lines]
    assert "77" not in team("staff", "list").out


def test_no_more_than_five_links_are_open(team: Run) -> None:
    """Of one member."""
    for _ in range(5):
        assert 0 == team("staff", "login", "Anna").code

    assert "5 links for Anna are open" in team("staff", "login", "Anna").err


# ---- audit


def test_what_is_done_in_the_terminal_stands_in_the_audit(team: Run) -> None:
    """Under a name that no member can have; the newest first."""
    team("staff", "role", "Anna", "reviewer")
    rows = team("audit", "list").out.splitlines()

    assert "terminal" in rows[3]
    assert [3, 2, 1] == [int(row.split()[1]) for row in rows[3:6]]
    assert ["staff role", "approver", "reviewer"] == [
        said for said in ("staff role", "approver", "reviewer") if said in rows[3]
    ]


def test_the_list_is_filtered_and_cut(team: Run) -> None:
    """By who, by what it was done to, by number."""
    assert "staff/Omar" not in team("audit", "list", "--object", "staff/Anna").out
    assert "staff/Omar" not in team("audit", "list", "--limit", "1").out
    assert "nothing was done yet\n" == team("audit", "list", "--who", "Anna").out


def test_a_whole_audit_prints_its_head(team: Run) -> None:
    """Which holds later, too."""
    verified = team("audit", "verify")
    head = verified.out.splitlines()[-1]
    team("staff", "remove", "Anna")

    assert 0 == verified.code
    assert re.fullmatch(r"2:[0-9a-f]{64}", head)
    assert 0 == team("audit", "verify", "--head", head).code


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET who = 'Anna' WHERE number IN (1, 3)", ["row 1 was", "row 3 was"]),
        ("DELETE FROM audit WHERE number = 2", ["row 2 is missing"]),
        ("DELETE FROM audit WHERE number = 3", ["row 3 is missing"]),
        ("UPDATE audit_head SET number = 2", ["row 2 is not the one"]),
    ],
)
def test_a_broken_audit_ends_with_1_and_names_every_row(
    team: Run, tmp_path: Path, statement: str, said: list[str]
) -> None:
    """So that a watchdog can tell."""
    team("staff", "role", "Anna", "reviewer")
    tamper(tmp_path, statement)
    verified = team("audit", "verify")

    assert 1 == verified.code
    assert said == [
        line[: len(start)] for line, start in zip(verified.out.splitlines(), said, strict=True)
    ]
    assert "the audit is broken" in verified.err


def test_a_head_that_was_written_down_is_compared(team: Run, tmp_path: Path) -> None:
    """An older backup that was put back shows."""
    head = team("audit", "verify").out.splitlines()[-1]
    (tmp_path / "data" / "sehat.db").unlink()
    team("staff", "add", "Omar", "--role", "owner")
    verified = team("audit", "verify", "--head", head)

    assert 1 == verified.code
    assert "row 2 is not the one that was written down\n" == verified.out


def test_a_head_that_is_none_is_a_mistake(team: Run) -> None:
    """With a sentence."""
    refused = team("audit", "verify", "--head", "2:abc")

    assert (1, "") == (refused.code, refused.out)
    assert "--head: '2:abc' is no head of an audit" in refused.err


def test_the_audit_is_exported(team: Run) -> None:
    """As CSV and as JSON lines, the oldest first."""
    table = list(csv.DictReader(io.StringIO(team("audit", "export").out)))
    lines = [
        json.loads(line) for line in team("audit", "export", "--format=jsonl").out.splitlines()
    ]

    assert ["staff/Omar", "staff/Anna"] == [row["object"] for row in table]
    assert table == [{key: str(value) for key, value in line.items()} for line in lines]
