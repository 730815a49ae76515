"""`bot.py key`, `bot.py purge` and keys of kept words, as operators use them."""

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Ran, Run
from cryptography.fernet import Fernet
from pydantic import SecretStr

import bot
from commands import purge
from commands.tools import Here, person_keys
from escalation.journal import Record, write
from reception import utc_now
from settings import load
from storage import people
from storage.cipher import Cipher
from storage.retention import Days
from storage.retention import purge as old_rows
from storage.store import Store
from text import Language
from workshop import Places
from yamlfile import ProblemsError

NOW = utc_now()
FIRST, SECOND = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command in a working folder of its own, without anybody's settings or secrets."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("TELEGRAM_BOT_TOKEN", "SEHAT_KEY", "SEHAT_TEXT_KEY"):
        monkeypatch.delenv(name, raising=False)

    def runs(*arguments: object) -> Ran:
        code = bot.main([*map(str, arguments), "--data=data"])
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    yield runs
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


def lines(path: str | Path) -> list[str]:
    """Return the lines of a file."""
    return Path(path).read_text("ascii").splitlines()


def here(key: str | None = None) -> Here:
    """Return what a command works with."""
    secret = SecretStr(key) if key else None
    return Here(load(None), Places(data=Path("data")), None, secret, None)


def keep(text: str, *keys: str, days: int = 0) -> None:
    """Keep an unmatched question, sealed if there are keys."""
    common = {"hour": NOW - timedelta(days=days), "channel": "web", "language": "en"}
    rows = Record({**common, "decision": "unmatched"}, {**common, "text": text, "nearest": []})

    Path("data").mkdir(exist_ok=True)

    async def kept() -> None:
        async with Store.open("", Path("data")) as store, store.begin() as connection:
            await write(connection, rows, Cipher(keys))
            await people.choose(
                connection, str(days), Language.HI, (NOW - timedelta(days=days)).date()
            )

    asyncio.run(kept())


def shown(ran: Ran) -> list[str]:
    """Return the questions in an export as JSON."""
    return [json.loads(line)["text"] for line in ran.out.splitlines()]


# ---- keys of the person hashes


def test_a_new_key_stands_before_the_older_ones(run: Run) -> None:
    """The bot knows people by the first, and finds them by all; nobody else reads the file."""
    first = run("key", "new")
    (old,) = lines("data/key")
    second = run("key", "new")
    new, *rest = lines("data/key")

    assert "data/key: the first key." in first.out
    assert [old] == rest
    assert (64, True) == (len(new), new != old)
    assert (new.encode(), old.encode()) == person_keys(here())
    assert 0o600 == Path("data/key").stat().st_mode & 0o777
    assert ["key"] == [path.name for path in Path("data").iterdir()]
    over = NOW.date() + timedelta(days=366)
    assert "before 1 older.\nNow restart the bot. " in second.out
    assert f"From {over} on nobody is left" in second.out
    assert not any(key in first.out + second.out for key in (new, old))


def test_a_new_key_goes_to_the_file_that_the_settings_name(run: Run) -> None:
    """Also through a link, as secrets are mounted; what the link leads to is written."""
    Path("mounted").write_text("a key of ours\n", "ascii")
    Path("named").symlink_to("mounted")
    Path("config.yaml").write_text("storage: {key_file: named}\n", "ascii")
    ran = run("key", "new")

    assert 0 == ran.code
    assert "a key of ours" == lines("mounted")[1]
    assert Path("named").is_symlink()
    assert not Path("data").exists()


def test_a_key_of_the_environment_is_changed_by_hand(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how, touches nothing and does not show the key."""
    monkeypatch.setenv("SEHAT_KEY", "our-secret-key")
    ran = run("key", "new")

    assert (1, "") == (ran.code, ran.out)
    assert "SEHAT_KEY is set" in ran.err
    assert "storage.key_file" in ran.err
    assert "our-secret-key" not in ran.err
    assert not Path("data").exists()


def test_a_file_that_cannot_be_written_keeps_its_keys(run: Run) -> None:
    """The folder of a mounted secret is often read-only; so is /proc."""
    Path("config.yaml").write_text("storage: {key_file: /proc/version}\n", "ascii")
    ran = run("key", "new")

    assert 1 == ran.code
    assert "/proc/version:1: the file of the key cannot be written: " in ran.err


def test_several_keys_stand_one_a_line(tmp_path: Path) -> None:
    """In the variable too; empty lines and a key that stands twice don't count."""
    assert (b"new", b"old one") == person_keys(here("new\n\n  old one \r\nnew\n"))


def test_an_empty_file_of_keys_is_a_mistake(run: Run) -> None:
    """Not a key of no letters, under which anybody could find people."""
    Path("data").mkdir()
    Path("data/key").write_text("\n", "ascii")

    with pytest.raises(ProblemsError, match="data/key:1: the file of the key is empty: put the"):
        person_keys(here())


def test_the_first_start_makes_a_key_that_holds(run: Run) -> None:
    """It is the same at the next start."""
    Path("data").mkdir()

    assert person_keys(here()) == person_keys(here())
    assert 0o600 == Path("data/key").stat().st_mode & 0o777


def test_no_part_of_a_secret_shows_in_logs() -> None:
    """Each of several keys is hidden by itself; short parts would blot out the log."""
    hidden = bot._hidden(["newest-key\nolder-key", f"{FIRST},{SECOND}", "a,b"])  # noqa: SLF001

    assert {"newest-key", "older-key", FIRST, SECOND} <= set(hidden)
    assert not {"a", "b", ""} & set(hidden)


# ---- purge


def test_purge_tells_how_many_rows_of_each_kind_went(run: Run) -> None:
    """By the settings' days; the rest stays."""
    Path("config.yaml").write_text("storage: {unmatched_days: 10, person_days: 5}\n", "ascii")
    for days in (0, 7, 20, 30):
        keep(f"question of {days} days", days=days)
    ran = run("purge")
    left = shown(run("unmatched", "export", "--format=jsonl"))

    assert (0, "") == (ran.code, ran.err)
    assert ["question of 0 days", "question of 7 days"] == left
    rows = {line[9:]: int(line[:7]) for line in ran.out.splitlines()}
    assert {"unmatched questions": 2, "people's choices of language": 3} == {
        kind: number for kind, number in rows.items() if number
    }


def test_purge_as_json_names_the_tables(run: Run) -> None:
    """For programs; a second time there is nothing left to erase."""
    keep("old", days=1000)
    first, second = json.loads(run("purge", "--json").out), json.loads(run("purge", "--json").out)

    assert {"unmatched": 1, "decisions": 1, "people": 1} == {k: v for k, v in first.items() if v}
    assert not any(second.values())


async def test_purge_has_words_for_every_table_that_it_empties(store: Store) -> None:
    """A new table needs a line."""
    async with store.begin() as connection:
        gone = await old_rows(connection, Days(1, 1, 1), NOW)

    assert gone.keys() == purge.KINDS.keys()


# ---- keys of kept words


def test_kept_words_lie_encrypted_and_are_read_with_the_key(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before there was a key stays readable."""
    keep("before the key", days=1)
    keep("who won the cricket match", FIRST)
    monkeypatch.setenv("SEHAT_TEXT_KEY", FIRST)
    ran = run("unmatched", "list")
    files = b"".join(path.read_bytes() for path in Path("data").iterdir())

    assert (0, "") == (ran.code, ran.err)
    assert "who won the cricket match" in ran.out
    assert "before the key" in ran.out
    assert b"before the key" in files
    assert b"cricket" not in files


@pytest.mark.parametrize("key", ["", SECOND], ids=["none", "another"])
def test_without_the_key_words_are_shown_as_encrypted(
    run: Run, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """With what to do about it; in the export, too."""
    keep("readable", days=1)
    keep("closed", FIRST)
    monkeypatch.setenv("SEHAT_TEXT_KEY", key)
    ran = run("unmatched", "list")
    csv = run("unmatched", "export")

    assert "[encrypted]" in ran.out
    assert "readable" in ran.out
    assert ran.err == csv.err
    assert ran.err.startswith("1 questions are encrypted, and no key opens them: set SEHAT_TEXT")
    assert ",[encrypted]," in csv.out
    assert ["[encrypted]", "readable"] == shown(run("unmatched", "export", "--format=jsonl"))


def test_a_new_key_of_words_stands_before_the_older(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both open; spaces after the comma don't matter."""
    keep("first", FIRST, days=1)
    keep("second", SECOND, FIRST)
    monkeypatch.setenv("SEHAT_TEXT_KEY", f"{SECOND}, {FIRST}\n")

    assert ["second", "first"] == shown(run("unmatched", "export", "--format=jsonl"))


@pytest.mark.parametrize(
    "command", [["run", "--port=0"], ["unmatched", "list"], ["purge"]], ids=["run", "list", "purge"]
)
def test_a_broken_key_of_words_ends_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Before anything is done; the key does not show."""
    monkeypatch.setenv("SEHAT_TEXT_KEY", f"{FIRST},our-secret-key")
    ran = run(*command)

    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith("SEHAT_TEXT_KEY:1: key 2 of 2 is not 32 bytes in URL-safe base64")
    assert "our-secret-key" not in ran.err
    assert FIRST not in ran.err


def test_words_whose_key_is_lost_can_be_erased(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only when told to, and only those."""
    keep("lost", FIRST)
    keep("kept", SECOND, days=1)
    keep("plain", days=2)
    monkeypatch.setenv("SEHAT_TEXT_KEY", SECOND)
    before = json.loads(run("purge", "--json").out)
    after = json.loads(run("purge", "--json", "--unreadable").out)

    assert (0, 1) == (before["unmatched"], after["unmatched"])
    assert ["kept", "plain"] == shown(run("unmatched", "export", "--format=jsonl"))
