"""`escalation.curate`: files of the knowledge base are changed whole, reviewably, or not at all."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from escalation import audit, curate
from escalation.curate import Files
from escalation.office import Office
from escalation.staff import Member, RefusedError, Role
from faq import load
from faq.entry import Kind
from faq.template import filled
from text import Language

Team = Mapping[Role, Member]
LISTED = "kept:\n  - one\n  - two  # why\nother: [a, b]\n"
ANSWER = "    answer: |\n      Wash bedding hot, and ask a health worker when bites swell.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file of lists."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "en.yaml").write_bytes(LISTED.encode())
    return tmp_path / "lists"


def held(folder: Path) -> str:
    """Return the file, to the byte."""
    return (folder / "en.yaml").read_bytes().decode()


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("kept",), LISTED.replace("# why\n", '# why\n  - "new: one"\n')),
        (("other",), LISTED.replace("b]", 'b, "new: one"]')),
        (("not ours",), LISTED + 'not ours:\n  - "new: one"\n'),
    ],
    ids=["list", "line", "missing"],
)
async def test_a_text_is_added_and_taken_back(
    folder: Path, place: tuple[str, ...], text: str
) -> None:
    """Nothing else of the file is touched, comments included; back it is the same to the byte."""
    change = await curate.add(Files(), folder, "en.yaml", place, ["new: one"])
    there = held(folder)
    told = await curate.take_back(Files(), folder, change)

    assert text.replace('"', "") == there.replace('"', "")
    assert LISTED == held(folder)
    assert (change.after, change.before) == told


async def test_line_ends_and_marks_stay(folder: Path) -> None:
    """A file from Windows comes back as it was, too."""
    raw = b"\xef\xbb\xbf" + LISTED.replace("\n", "\r\n").encode()
    (folder / "en.yaml").write_bytes(raw)
    change = await curate.add(Files(), folder, "en.yaml", ("kept",), ["three"])
    there = (folder / "en.yaml").read_bytes()
    await curate.take_back(Files(), folder, change)

    assert there == raw.replace(b"# why\r\n", b"# why\r\n  - three\r\n")
    assert raw == (folder / "en.yaml").read_bytes()


async def test_a_file_that_is_missing_is_made_and_taken_away(folder: Path) -> None:
    """A base without background gets one."""
    change = await curate.add(Files(), folder, "sw.yaml", ("not ours",), ["mayai", "chai"])
    listed = curate.listed(folder / "sw.yaml", ("not ours",))
    await curate.take_back(Files(), folder, change)

    assert ["mayai", "chai"] == listed
    assert not (folder / "sw.yaml").exists()


async def _failing(folder: Path, *, also: str = "") -> None:
    """Change, make and take away files, then fail."""
    with Files() as files:
        await curate.add(files, folder, "en.yaml", ("kept",), ["three"])
        await curate.add(files, folder, "en.yaml", ("kept",), ["four"])
        await curate.create(files, folder, "new.yaml", "kept: [y]\n")
        await files.remove(folder / "old.yaml")
        if also:
            (folder / "en.yaml").write_text(also)
        raise RuntimeError


async def test_an_error_puts_files_back(folder: Path) -> None:
    """Changed, made, taken away: as if nothing had been."""
    (folder / "old.yaml").write_text("kept: [x]\n")
    with pytest.raises(RuntimeError):
        await _failing(folder)

    assert LISTED == held(folder)
    assert "kept: [x]\n" == (folder / "old.yaml").read_text()
    assert not (folder / "new.yaml").exists()


async def test_what_another_wrote_since_is_not_put_back(folder: Path) -> None:
    """Going back must not undo an editor's work."""
    with pytest.raises(RuntimeError):
        await _failing(folder, also="kept: [mine]\n")

    assert "kept: [mine]\n" == held(folder)


async def test_who_goes_away_leaves_no_half_change(folder: Path) -> None:
    """A request that is cancelled while it writes: the file is as it was."""

    async def work() -> None:
        with Files() as files:
            await curate.add(files, folder, "en.yaml", ("kept",), ["three"])
            await asyncio.sleep(60)

    for turns in range(0, 40, 3):
        task = asyncio.create_task(work())
        for _ in range(turns):
            await asyncio.sleep(0.0005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert LISTED == held(folder)
    assert not list(folder.glob("*new*"))  # noqa: ASYNC240 - a test may wait


async def test_a_broken_file_is_refused(folder: Path) -> None:
    """With its place."""
    (folder / "en.yaml").write_text("kept: [")
    with pytest.raises(RefusedError, match=r"en\.yaml:2: not YAML"):
        await curate.add(Files(), folder, "en.yaml", ("kept",), ["three"])


@pytest.mark.parametrize("id_", ["", "a" * 49, "Bugs", "bed bugs", "../x", "a--b", "bugs.yaml"])
def test_what_is_no_id_names_no_file(office: Office, id_: str) -> None:
    """Nothing outside the folder of entries can be reached."""
    assert not curate.is_id(id_)
    with pytest.raises(RefusedError, match="there is no entry"):
        curate.entry_of(office, id_)


def test_who_holds_a_wording_is_read_from_the_files(office: Office) -> None:
    """Also what was written a moment ago, which no desk knows yet."""
    said = "Do mosquitoes, perhaps, bring BAD dreams?"
    before = curate.holder(office, "sleep", Language.EN, said)
    path = office.faq / "entries" / "sleep.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("wordings:\n", f'wordings:\n      - "{said}"\n', 1), "utf-8")

    assert before is None
    assert "sleep" == curate.holder(office, "cpr", Language.EN, said.lower().rstrip("?"))
    assert "sleep" == curate.holder(office, "sleep", Language.EN, said)
    # The same word may serve several languages of one entry.
    assert curate.holder(office, "sleep", Language.UR, said) is None


def draft(office: Office, answer: str = ANSWER) -> Path:
    """Write a draft, finished but for what the answer lacks; return its file."""
    path = office.faq / "entries" / "bed-bugs.yaml"
    made = filled("bed-bugs", Kind.SERVICE, "service", ["service"], office.clock().date(), {})
    made = made.replace('question: ""', "question: How do I get rid of bed bugs?")
    path.write_text(
        made.replace('- ""', "- kill bed bugs").replace("    answer: |\n", answer), "utf-8"
    )
    return path


async def test_a_finished_draft_goes_into_service(office: Office, team: Team) -> None:
    """One word of its file changes; a second time nothing does."""
    path = draft(office)
    before = path.read_text("utf-8")
    for _ in range(2):
        await curate.publish(office, team[Role.APPROVER], "bed-bugs")
    async with office.store.read() as connection:
        told = [kept.act for kept in await audit.rows(connection) if kept.act.what == "publish"]

    assert before.replace("by: draft", "by: sample") == path.read_text("utf-8")
    assert "bed-bugs" in load.library(office.faq).entries
    assert [("Anna", "entries/bed-bugs", curate.digest(before), curate.file_digest(path))] == [
        (act.who, act.object, act.before, act.after) for act in told
    ]


async def test_an_unfinished_draft_stays_one(office: Office, team: Team) -> None:
    """What is missing is said, with its line."""
    path = draft(office, "    answer: |\n")
    with pytest.raises(RefusedError, match=r"mend them first: .*answer: must have at least 20"):
        await curate.publish(office, team[Role.APPROVER], "bed-bugs")

    assert load.is_draft(path)


async def test_a_curator_publishes_nothing(office: Office, team: Team) -> None:
    """It takes who approves."""
    path = draft(office)
    with pytest.raises(RefusedError, match="takes the role approver"):
        await curate.publish(office, team[Role.CURATOR], "bed-bugs")

    assert load.is_draft(path)
