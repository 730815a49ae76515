"""`bot.py unmatched …` on groups: what is done in the console can be done in a terminal."""

import asyncio
import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml
from asked import BUGS, EGGS, NOW
from conftest import DATA, HOME, KEPT, Ran

import bot
from escalation import audit, staff
from escalation.staff import Role
from storage.store import Store
from storage.tables import unmatched
from text import Language

Say = Callable[..., Ran]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with what was learnt, and seven questions that nobody has grouped."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "encoder").symlink_to(DATA / "encoder")
    for name in KEPT:
        shutil.copy(DATA / name, folder / name)
    asyncio.run(_fill(folder, (*BUGS[:2], *EGGS[:1], *BUGS[2:], *EGGS[1:])))
    return folder


async def _fill(folder: Path, said: Sequence[tuple[Language, str]]) -> None:
    async with Store.open("", folder) as store, store.begin() as connection:
        await staff.add(connection, "Carl", Role.CURATOR, "test", NOW)
        for language, text in said:
            row = {"hour": NOW, "channel": "telegram", "language": language, "text": text}
            nearest = [["hand-washing", 0.3]]
            await connection.execute(unmatched.insert().values(**row, nearest=nearest))


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    """A copy of the knowledge base."""
    return Path(shutil.copytree(HOME / "faq", tmp_path / "faq"))


@pytest.fixture
def say(
    data: Path, faq: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Say:
    """Run `bot.py unmatched …` in this process."""
    monkeypatch.chdir(data.parent)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("TELEGRAM_BOT_TOKEN", "SEHAT_KEY", "SEHAT_TEXT_KEY"):
        monkeypatch.delenv(name, raising=False)

    def says(*arguments: object) -> Ran:
        given = ["unmatched", *map(str, arguments), f"--data={data}", f"--faq={faq}"]
        code = bot.main(given)
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return says


def groups(say: Say, *options: str) -> dict[str, int]:
    """Return the numbers of the groups by their titles."""
    lines = say("groups", "--json", *options).out.splitlines()
    return {one["title"]: one["id"] for one in map(json.loads, lines)}


def test_a_group_goes_from_question_to_draft_and_back(say: Say, faq: Path, data: Path) -> None:
    """Listed, shown, drafted, undone; every step is the terminal's, and audited."""
    shown = say("groups", "--largest").out
    found = groups(say)
    bugs = next(id_ for title, id_ in found.items() if "bed bugs" in title)
    one = say("group", bugs).out
    drafted = say("draft", bugs, "bed-bugs", "--topic", "living")
    text = (faq / "entries" / "bed-bugs.yaml").read_text("utf-8")
    undone = say("undo", _step(drafted.out))

    assert "how do i get rid of bed bugs" in shown + one
    assert "fewer than 5 people" in one
    assert (0, "") == (drafted.code, drafted.err)
    assert "bed-bugs" == yaml.safe_load(text)["id"]
    assert (0, False) == (undone.code, (faq / "entries" / "bed-bugs.yaml").exists())
    assert [("terminal", "draft"), ("terminal", "undo")] == _told(data, f"group/{bugs}")


def test_a_question_is_linked_as_a_member(say: Say, faq: Path, data: Path) -> None:
    """What else it moves is said; the wording is the group's title unless given."""
    bugs = next(id_ for title, id_ in groups(say).items() if "bed bugs" in title)
    text = "washing hands after bed bugs"
    ran = say("link", bugs, "hand-washing", "--text", text, "--lang", "en", "--as", "Carl")
    again = say("link", bugs, "hand-washing", "--text", text, "--lang", "en", "--as", "Carl")
    table = list(csv.DictReader(io.StringIO(say("export").out)))

    assert (0, f"added to hand-washing (en): “{text}”") == (ran.code, ran.out.split(";")[0])
    assert text in (faq / "entries" / "hand-washing.yaml").read_text("utf-8")
    assert (1, "it stands in hand-washing (en) already") == (again.code, again.err.splitlines()[-1])
    assert [("Carl", "wording")] == _told(data, f"group/{bugs}")
    assert {("answered", "hand-washing")} == {
        (row["state"], row["answer"]) for row in table if row["group"] == str(bugs)
    }


def test_groups_are_merged_split_assigned_noted_and_dismissed(say: Say, faq: Path) -> None:
    """And a curator may not do what takes a reviewer."""
    found = groups(say)
    bugs = next(id_ for title, id_ in found.items() if "bed bugs" in title)
    eggs = next(id_ for title, id_ in found.items() if "eggs" in title or "telur" in title)
    refused = say("merge", eggs, bugs, "--as", "Carl")
    merged = say("merge", eggs, bugs)
    row = json.loads(say("group", bugs, "--json").out)["rows"][0]["id"]
    parted = say("split", bugs, row)
    given = say("assign", bugs, "Carl")
    noted = say("note", bugs, "ask the clinic")
    gone = say("dismiss", bugs)
    shown = say("group", bugs).out

    assert 1 == refused.code
    assert refused.err.endswith("to merge takes the role reviewer; Carl is curator\n")
    assert [0] * 5 == [one.code for one in (merged, parted, given, noted, gone)]
    assert "looked after by Carl" in shown
    assert "terminal: ask the clinic" in shown
    assert "dismissed" in shown.splitlines()[0]
    assert "not ours:" in (faq / "background" / "en.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["group", "99"], "there is no group 99: see bot.py unmatched groups"),
        (["undo", "99"], "there is no step 99"),
        (["note", "1", "x", "--as", "Nemo"], "there is no member 'Nemo': see bot.py staff list"),
    ],
    ids=["group", "step", "member"],
)
def test_what_is_not_there_is_said(say: Say, arguments: list[str], why: str) -> None:
    """A mistake of the user's, with what to do."""
    ran = say(*arguments)

    assert (1, why) == (ran.code, ran.err.splitlines()[-1])


def _step(out: str) -> int:
    """Return the step that a command says can be undone."""
    return int(out.strip().rsplit(" ", 1)[1])


def _told(data: Path, object_: str) -> list[tuple[str, str]]:
    async def read() -> list[tuple[str, str]]:
        async with Store.open("", data) as store, store.read() as connection:
            assert [] == await audit.verify(connection)
            rows = await audit.rows(connection)
            return [(one.act.who, one.act.what) for one in rows if one.act.object == object_]

    return asyncio.run(read())
