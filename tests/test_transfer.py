"""`bot.py export`, `import` and `new`, as a curator uses them."""

import contextlib
import io
import logging
import os
import pty
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Ran, Run

import bot
from faq import load, table
from reception import utc_now
from text import Language
from workshop import FAQ, HOME
from yamlfile import ProblemsError

TABLE = "t.csv"
TOPICS = ", ".join(load.topics(FAQ))
LIKE = "like fever-adult-care"
PATTERN = f"must be lower-case letters and digits, joined by hyphens, {LIKE}"
CPR = "CPR is pushing on the chest"
NEW = (
    "id,language,question,answer,wordings,kind,topic,sources,review_by,review_on,review_due\n"
    "bed-bugs,en,What are bed bugs?,Small insects that bite people at night.,bugs in bed,fact,"
    "living,Who | Bugs | https://who.int/bugs | 2026-11-20,sample,2026-11-20,2027-11-20\n"
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A copy of the starter knowledge base."""
    return Path(shutil.copytree(FAQ, tmp_path / "faq", ignore=shutil.ignore_patterns("*.py*")))


@pytest.fixture
def run(
    base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command on the copy, in a working folder of its own and without a terminal."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    monkeypatch.chdir(base.parent)
    for name in ("TELEGRAM_BOT_TOKEN", "SEHAT_KEY"):
        monkeypatch.delenv(name, raising=False)

    def runs(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"y\n"), "utf-8"))
        code = bot.main([*map(str, arguments), "--faq", str(base)])
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    yield runs
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


def held(base: Path) -> dict[str, bytes]:
    """Return what every file among the entries holds, hidden ones too."""
    return {path.name: path.read_bytes() for path in (base / "entries").iterdir()}


def exported(run: Run, *options: str) -> str:
    """Return the table of all entries, as a spreadsheet reads it."""
    return run("export", *options).out.removeprefix(table.MARK)


def save(content: str, encoding: str = "utf-8-sig") -> None:
    """Save a table, as a spreadsheet does."""
    Path(TABLE).write_bytes(content.encode(encoding))


# ---- export


def test_export_writes_a_table_for_excel(run: Run) -> None:
    """With the mark by which Excel knows UTF-8, and line ends of its kind."""
    ran = run("export", TABLE)

    assert (0, "", f"{TABLE}: {len(load.library(FAQ).entries)} entries\n") == (
        ran.code,
        ran.out,
        ran.err,
    )
    raw = Path(TABLE).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfid,language,question,answer,wordings,")
    assert raw.endswith(b"\r\n")
    assert raw.decode() == run("export").out


def test_export_does_not_overwrite_a_table(run: Run) -> None:
    """Somebody's work of a week may stand in it."""
    save("work")
    ran = run("export", TABLE)

    assert (1, f"{TABLE} is there already, and may hold work: name another file\n") == (
        ran.code,
        ran.err,
    )
    assert b"work" in Path(TABLE).read_bytes()


def test_export_where_nothing_can_be_written_is_said(run: Run) -> None:
    """With the reason."""
    ran = run("export", "no/such/folder.csv")

    assert (1, "no/such/folder.csv cannot be written: No such file or directory\n") == (
        ran.code,
        ran.err,
    )


# ---- import


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", table.SEPARATORS)
def test_what_was_exported_changes_nothing(
    run: Run, base: Path, separator: str, encoding: str
) -> None:
    """Whatever program saved it; the files stay byte for byte."""
    before = held(base)
    save(exported(run, "--separator", separator), encoding)
    ran = run("import", TABLE, "--yes")

    rows = len(load.library(FAQ).entries) * len(Language)
    assert (0, f"{rows} rows: nothing would change\n", "") == (ran.code, ran.out, ran.err)
    assert before == held(base)


def test_an_empty_base_is_filled_with_the_same_entries(run: Run, base: Path) -> None:
    """All but one, which has to stand there for the base to load."""
    save(exported(run))
    before = load.library(base).entries
    for path in (base / "entries").iterdir():
        if path.stem != "service-about-bot":
            path.unlink()
    about = base / "entries/service-about-bot.yaml"
    lines = about.read_text("utf-8").splitlines(keepends=True)
    about.write_text("".join(line for line in lines if not line.startswith("related")), "utf-8")
    ran = run("import", TABLE, "--yes")

    assert 0 == ran.code
    assert before == load.library(base).entries


def test_a_changed_answer_changes_only_that_file_and_keeps_its_comments(
    run: Run, base: Path
) -> None:
    """One line of one file."""
    path = base / "entries/cpr.yaml"
    path.write_text(path.read_text("utf-8").replace("    answer", "    # Dr Asha\n    answer", 1))
    before = held(base)
    save(exported(run).replace(CPR, "CPR means pushing on the chest"))
    ran = run("import", TABLE, "--yes")

    before["cpr.yaml"] = before["cpr.yaml"].replace(b"CPR is push", b"CPR means push")
    assert 0 == ran.code
    assert before == held(base)


def test_the_preview_tells_what_would_change(run: Run, base: Path) -> None:
    """By entry, language and field, in short lines that cannot steer the terminal."""
    before = held(base)
    content = exported(run).replace(CPR, "CPR is push\x1b[2Jing on the chest")
    save(content.replace("cpr steps\nhands only", "steps of cpr\ncpr\nhands only"))
    ran = run("import", TABLE)
    name, answer, *wordings, count, nothing = ran.out.splitlines()

    assert (0, "no terminal to ask on: use --yes to write\n") == (ran.code, ran.err)
    assert "cpr" == name
    assert answer.startswith(f"  en answer: {CPR} to keep")
    assert "… → CPR is push\\u001b[2Jing on the chest to keep" in answer
    assert ["  en wordings:", "    - cpr steps", "    + steps of cpr", "    + cpr"] == wordings
    assert count.endswith("rows: 1 entries would change, 0 would be new")
    assert "nothing was written" == nothing
    assert before == held(base)


def test_the_preview_of_every_kind_of_field(run: Run) -> None:
    """Lists show what comes and goes, long texts the place where they part."""
    old = load.library(FAQ).entries["cpr"]
    turned = ", ".join(reversed(old.related))
    source = table.source_line(old.sources[0])
    answer = old.texts[Language.EN].answer
    head, tail = answer[:100], answer[100:]
    others = ", ".join(sorted(load.library(FAQ).entries)[:20])
    save(
        "id,language,answer,kind,topic,related,sources,review_by,review_due\n"
        f'cpr,en,"{head}###{tail}",myth,care,"{turned}","{source}",Dr Asha,2040-01-02\n'
        f'poisoning,en,,,,"{others}",,,\n'
    )
    ran = run("import", TABLE, "--dry-run")
    before, after = f"{head[-15:]}{tail}", f"{head[-15:]}###{tail}"

    assert [
        "cpr",
        "  kind: fact → myth",
        "  topic: first-aid → care",
        "  related:",
        "    in another order",
        "  sources:",
        *(f"    - {table.source_line(gone)[:69]}…" for gone in old.sources[1:]),
        "  review by: sample → Dr Asha",
        f"  review due: {old.review.due} → 2040-01-02",
        f"  en answer: {short(before)} → {short(after)}",
        "poisoning",
    ] == ran.out.splitlines()[: 9 + len(old.sources)]
    assert "    … and " in ran.out
    assert ran.out.endswith("2 rows: 2 entries would change, 0 would be new\nnothing was written\n")


def short(text: str) -> str:
    """Return 70 signs of a long text, the first and the last being dots."""
    return f"…{text}".replace("\n", "\\n")[:69] + "…"


def test_new_entries_and_languages_are_written(run: Run, base: Path) -> None:
    """In the style of the house, and loadable."""
    save(NEW)
    ran = run("import", TABLE, "--yes")
    save(NEW.splitlines()[0] + "\nbed-bugs,sw,Kunguni ni nini?,Wadudu wadogo wa usiku.,,,,,,,\n")
    grown = run("import", TABLE, "--yes")

    assert ran.out.startswith("bed-bugs (new): en\n1 rows: 0 entries would change, 1 would be new")
    assert grown.out.startswith("bed-bugs\n  sw (new): Kunguni ni nini?\n")
    assert (base / "entries/bed-bugs.yaml").read_text("utf-8") == (
        "id: bed-bugs\nkind: fact\ntopic: living\nsources:\n  - publisher: Who\n    title: Bugs\n"
        '    url: "https://who.int/bugs"\n    checked: 2026-11-20\n'
        "review: {by: sample, on: 2026-11-20, due: 2027-11-20}\ntexts:\n  en:\n"
        "    question: What are bed bugs?\n    wordings:\n      - bugs in bed\n"
        "    answer: |\n      Small insects that bite people at night.\n"
        "  sw:\n    question: Kunguni ni nini?\n    answer: |\n      Wadudu wadogo wa usiku.\n"
    )
    assert "bed-bugs" in load.library(base).entries


def test_one_bad_row_keeps_every_row_out(run: Run, base: Path) -> None:
    """All mistakes at once, by line and column; --yes does not change that."""
    before = held(base)
    save(NEW + "cpr,en,What is CPR?,short,,fcat,,,,,\nstroke-signs,xx,,,,,,,,,\n")
    ran = run("import", TABLE, "--yes")

    assert (1, "") == (ran.code, ran.out)
    assert [
        f"{TABLE}:3: answer: must have at least 20 characters",
        f"{TABLE}:3: kind: must be 'fact', 'myth' or 'service'",
        f"{TABLE}:4: language: “xx” is none of our languages: en, hi, ur, sw, id",
    ] == ran.err.splitlines()
    assert before == held(base)


def test_a_full_disk_keeps_every_row_out(run: Run, base: Path) -> None:
    """The first file has room, the second does not."""
    before = held(base)
    long = "bugs and bugs\n" * 2000
    save(
        NEW + NEW.splitlines()[1].replace("bed-bugs", "zz-bugs").replace("bugs in bed", f'"{long}"')
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        ran = run("import", TABLE, "--yes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (1, "nothing was written: a file: File too large\n") == (ran.code, ran.err)
    assert before == held(base)


def test_a_file_of_old_windows_is_read_and_said(run: Run) -> None:
    """So that nobody wonders about a sign that came out wrong."""
    save(NEW.replace("Who |", "Café |"), "cp1252")
    ran = run("import", TABLE)

    assert (0, True) == (ran.code, f"{TABLE} is not UTF-8: it was read as cp1252\n" in ran.err)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing.csv", "nothing.csv cannot be read: No such file or directory"),
        ("faq", "faq cannot be read: Is a directory"),
        ("huge.csv", "huge.csv has more than 50,000,000 bytes: is it the table?"),
        ("book.xlsx", "book.xlsx:1: is a workbook, not CSV: save the table as “CSV UTF-8”"),
    ],
)
def test_what_is_no_table_is_said(run: Run, name: str, sentence: str) -> None:
    """With what to do."""
    with Path("huge.csv").open("wb") as huge:
        huge.truncate(50_000_001)
    Path("book.xlsx").write_bytes(b"PK\x03\x04...")
    ran = run("import", name)

    assert (1, f"{sentence}\n") == (ran.code, ran.err)


@contextlib.contextmanager
def terminal(base: Path) -> Iterator[tuple[subprocess.Popen[str], Callable[[str], None]]]:
    """Import in a process of its own, up to its question; what is given types on its keyboard."""
    keyboard, screen = pty.openpty()
    command = [sys.executable, str(HOME / "bot.py"), "import", TABLE, f"--faq={base}"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdin=screen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        os.close(screen)

        def types(typed: str) -> None:
            os.write(keyboard, typed.encode())

        assert running.stderr is not None
        assert "Write these changes? [y/N] " == running.stderr.read(27)
        yield running, types
    os.close(keyboard)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("typed", "written"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False)]
)
def test_on_a_terminal_it_asks(base: Path, typed: str, *, written: bool) -> None:
    """Anything but a yes is a no."""
    save(NEW)
    with terminal(base) as (running, types):
        types(typed)
        out, err = running.communicate(timeout=60)

    assert (0, "") == (running.returncode, err)
    assert written is (base / "entries/bed-bugs.yaml").exists()
    assert written is ("nothing was written" not in out)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("id_", ["bed-bugs", "cpr"], ids=["new", "old"])
def test_what_somebody_else_changed_meanwhile_is_not_overwritten(base: Path, id_: str) -> None:
    """While the question stood on the screen."""
    save(NEW + "cpr,en,What is CPR?,,,,,,,,\n")
    path = base / f"entries/{id_}.yaml"
    with terminal(base) as (running, types):
        path.write_text("theirs", "utf-8")
        before = held(base)
        types("y\n")
        _, err = running.communicate(timeout=60)

    said = f"{path} was changed meanwhile; nothing was written: import again\n"
    assert (1, said) == (running.returncode, err)
    assert before == held(base)


# ---- new


def test_new_writes_a_file_that_says_what_is_missing(run: Run, base: Path) -> None:
    """It is a draft, so it stops nothing; `check` names what is missing by line and key."""
    ran = run("new", "bed-bugs", "--topic", "living")
    path = base / "entries/bed-bugs.yaml"
    content = path.read_text("utf-8")
    today = utc_now().date()

    assert (0, str(path)) == (ran.code, ran.out.splitlines()[0])
    assert "\nid: bed-bugs\n" in content
    assert "one of: respiratory, infections," in content
    assert f"\nreview: {{by: draft, on: {today}, due: {today + timedelta(days=365)}}}\n" in content
    library = load.library(base)
    said = {f"{problem.key}: {problem.sentence}" for problem in library.unfinished["bed-bugs"]}
    assert "bed-bugs" not in library.entries
    assert {
        "sources.0.title: must have at least 2 characters",
        "sources.0.publisher: must have at least 2 characters",
        "sources.0.url: must be an address like https://…",
        "sources.0.checked: must be a date like 2026-11-20",
        *(f"texts.{language}.question: must have at least 3 characters" for language in Language),
        *(f"texts.{language}.wordings: “” must have 2 to 300 characters" for language in Language),
        *(f"texts.{language}.answer: must have at least 20 characters" for language in Language),
    } == said


def test_a_new_file_that_is_filled_in_can_be_served(run: Run, base: Path) -> None:
    """As the hints say: texts between the quotes, the answer below, other languages deleted.

    And `review.by` no longer draft.
    """
    run("new", "bed-bugs", "--kind", "service")
    path = base / "entries/bed-bugs.yaml"
    content = path.read_text("utf-8").split("  # Hindi")[0]
    content = content.replace('question: ""', 'question: "Bed bugs: what are they?"')
    content = content.replace('- ""', "- bugs in bed").replace("by: draft", "by: sample")
    path.write_text(content + "      Small insects that bite people at night.\n", "utf-8")
    entry = load.library(base).entries["bed-bugs"]

    assert ("service", "service", ()) == (entry.kind, entry.topic, entry.sources)
    assert "Bed bugs: what are they?" == entry.texts[Language.EN].question


def test_a_new_fact_must_choose_its_heading(run: Run, base: Path) -> None:
    """What is named instead is said, with the headings that there are."""
    run("new", "bed-bugs")
    path = base / "entries/bed-bugs.yaml"
    cpr = (base / "entries/cpr.yaml").read_text("utf-8")
    path.write_text(
        cpr.replace("id: cpr", "id: bed-bugs").replace("first-aid\n", "choose-one\n", 1)
    )

    with pytest.raises(ProblemsError, match="topic: there is no heading choose-one; known are"):
        load.library(base)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cpr"], "{base}/entries/cpr.yaml is there already: edit it, or choose another id"),
        (["Bed Bugs"], f"the id 'Bed Bugs' {PATTERN}"),
        (["../x"], f"the id '../x' {PATTERN}"),
        (["b" * 49], f"the id '{'b' * 49}' must have at most 48 characters, {LIKE}"),
        (["bugs", "--topic", "bugs"], f"there is no heading bugs; known are {TOPICS}"),
    ],
    ids=["there-already", "capitals", "path", "long", "heading"],
)
def test_new_refuses_what_could_not_be_loaded(
    run: Run, base: Path, arguments: list[str], sentence: str
) -> None:
    """And writes nothing."""
    before = held(base)
    ran = run("new", *arguments)

    assert (1, "", sentence.format(base=base) + "\n") == (ran.code, ran.out, ran.err)
    assert before == held(base)


def test_new_in_a_base_without_a_folder_of_entries_is_said(run: Run, base: Path) -> None:
    """With the reason."""
    shutil.rmtree(base / "entries")
    ran = run("new", "bed-bugs")

    path = base / "entries/bed-bugs.yaml"
    assert (1, f"{path} cannot be written: No such file or directory\n") == (ran.code, ran.err)


@pytest.mark.parametrize("command", ["new", "export", "import"])
def test_the_commands_have_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And end well after it."""
    with pytest.raises(SystemExit) as ended:
        bot.main([command, "--help"])

    assert ended.value.code == 0
    assert f"usage: bot.py {command}" in capsys.readouterr().out
