"""`bot.py` as people and scripts use it: output, sentences, exit codes."""

import asyncio
import contextlib
import csv
import io
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA, KEPT, Ran, Run

import bot
import settings
from commands import ask, check
from commands.tools import Here
from faq import edit
from reception import utc_now
from storage.store import Store
from storage.tables import unmatched
from workshop import FAQ, HOME, SAFETY, Places

KEYS = [
    "decision",
    "category",
    "entry",
    "suggestions",
    "language",
    "confidence",
    "reply",
    "kept",
    "ms",
]
KNOWN, EMERGENCY, NONSENSE = "how does malaria spread", "my son is not breathing", "asdfgh qwerty"
SMALL = ("malaria-prevention", "malaria-spread", "malaria-symptoms")
HOUR = datetime(2026, 12, 1, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings, and a data folder with the index that the test run has made."""
    folder = tmp_path_factory.mktemp("bot")
    (folder / "data").mkdir()
    for name in KEPT:
        if (DATA / name).exists():
            shutil.copy(DATA / name, folder / "data" / name)
    (folder / "config.yaml").write_text(f"matching: {{encoder: '{DATA / 'encoder'}'}}\n", "utf-8")
    return folder


@pytest.fixture
def place(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, without settings or secrets of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("TELEGRAM_BOT_TOKEN", "SEHAT_KEY", "SEHAT_TEXT_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return prepared


@pytest.fixture
def run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command in this process, as `python bot.py …` would."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level

    def runs(*arguments: object, stdin: bytes = b"", standard: bool = True) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        given = list(map(str, arguments))
        if standard:
            given += [f"--config={place / 'config.yaml'}", f"--data={place / 'data'}"]
        code = bot.main(given)
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    yield runs
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A copy of the starter knowledge base, to be broken."""
    return Path(shutil.copytree(FAQ, tmp_path / "base", ignore=shutil.ignore_patterns("*.py*")))


@pytest.fixture
def small(base: Path) -> Path:
    """A knowledge base of three entries without labelled questions, quick to learn."""
    shutil.rmtree(base / "background")
    shutil.rmtree(base / "questions")
    for path in (base / "entries").iterdir():
        if path.stem not in SMALL:
            path.unlink()
            continue
        entry = edit.open_entry(path)
        entry.set(("related",), [id_ for id_ in SMALL if id_ != path.stem])
        entry.save()
    return base


def change(path: Path, old: str, new: str) -> int:
    """Replace the first place of a text in a file; return its line."""
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")
    return content[: content.index(old)].count("\n") + 1


def process(*arguments: object, place: Path, **more: Any) -> subprocess.Popen[str]:
    """Start `bot.py` in a process of its own."""
    given = [*map(str, arguments), f"--config={place / 'config.yaml'}", f"--data={place / 'data'}"]
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, str(HOME / "bot.py"), *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="surrogateescape",
        **more,
    )


def say(running: subprocess.Popen[str], text: str) -> dict[str, Any]:
    """Put a question as a JSON line; return the line that answers it."""
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(json.dumps({"text": text}) + "\n")
    running.stdin.flush()
    made: dict[str, Any] = json.loads(running.stdout.readline())
    return made


# ---- ask


def test_ask_answers_and_says_why(run: Run) -> None:
    """The answer on standard output alone; rule, scores and nearest wording beside it."""
    ran = run("ask", KNOWN)

    assert 0 == ran.code
    assert ran.out.startswith("How does malaria spread?\n\nMalaria spreads mainly")
    assert [] == [
        part
        for part in ("answer", "pass", "How does malaria spread?", "0.9")
        if part not in ran.err
    ]


def test_ask_shows_which_rule_made_an_emergency(run: Run) -> None:
    """A clinician sees what to edit."""
    ran = run("ask", EMERGENCY)

    assert "🚨" in ran.out
    assert re.search(r"screen: emergency by \S+", ran.err)


def test_ask_takes_the_persons_language_and_a_forwarded_message(run: Run) -> None:
    """As if they had chosen it, and as a claim."""
    ran = run("ask", KNOWN, "--lang", "ur", "--forwarded")

    assert "مچھر" in ran.out
    assert ran.out.startswith("آپ نے ایک پیغام آگے بھیجا ہے۔")


def test_ask_shows_what_would_be_kept(run: Run) -> None:
    """Redacted; signs of markup are shown as they are typed."""
    ran = run("ask", f"[bold]{NONSENSE}[/bold] zq@example.org")

    assert "[email]" in ran.err
    assert "zq@example.org" not in ran.err


def test_ask_without_a_question_says_how(run: Run) -> None:
    """With an example."""
    ran = run("ask")

    assert (1, "") == (ran.code, ran.out)
    assert 'give a question: bot.py ask "how does malaria spread"\n' == ran.err


# ---- ask --jsonl

LINES: list[tuple[bytes, str]] = [
    (b'{"text": "how does malaria spread"}', "answer"),
    (b"{not json", "error"),
    (b'{"text": "\xff\xfe"}', "error"),
    (b'{"lang": "en"}', "error"),
    (b'{"text": "hello", "lang": "fr"}', "error"),
    (b'{"text": 5}', "error"),
    (b'["text"]', "error"),
    (b"", "error"),
    (b"[" * 100_000, "error"),
    (b'{"text": ' + b"1" * 5000 + b"}", "error"),
    (b'{"text": "\\ud800how does malaria spread", "lang": "hi"}', "answer"),
    (b'{"text": "my son is not breathing", "forwarded": true, "style": "x"}', "emergency"),
    ('{"text": "मलेरिया कैसे फैलता है\u2028"}'.encode(), "answer"),
    (b'{"text": "I have had fever for 3 days, do I have malaria?"}', "refuse"),
    (b'{"text": "malaria"}', "suggest"),
    (b'{"text": "asdfgh qwerty zxcvb"}', "unmatched"),
    (b'{"text": ""}', "unmatched"),
    (b'{"text": "last line without an end"}', ""),
]


@pytest.fixture(scope="module")
def lines(prepared: Path) -> list[dict[str, Any]]:
    """What came out for `LINES`."""
    given = b"\n".join(raw for raw, _ in LINES).decode("utf-8", "surrogateescape")
    with process("ask", "--jsonl", place=prepared) as running:
        out, err = running.communicate(given, 100)

    assert (0, "") == (running.returncode, err)
    return [json.loads(line) for line in out.split("\n")[:-1]]


def test_each_line_in_gives_one_line_out_in_order(lines: list[dict[str, Any]]) -> None:
    """A bad line is that line's mistake and the run goes on; nothing is stored."""
    got = ["error" if "error" in line else line["decision"] for line in lines]

    assert len(LINES) == len(lines)
    assert [wanted for _, wanted in LINES[:-1]] == got[:-1]


def test_a_decision_has_the_keys_of_the_contract(lines: list[dict[str, Any]]) -> None:
    """Scripts rely on them, in every decision."""
    decided = [line for line in lines if "error" not in line]

    assert [KEYS] * len(decided) == [list(line) for line in decided]
    assert all(0 <= line["confidence"] <= 1 and line["ms"] >= 0 for line in decided)


def test_a_decision_tells_what_a_person_would_see(lines: list[dict[str, Any]]) -> None:
    """Entry, language and reply."""
    assert ("malaria-spread", "hi") == (lines[10]["entry"], lines[10]["language"])
    assert "मच्छर" in lines[12]["reply"]
    assert "medical" == lines[11]["category"]


def test_a_decision_tells_what_would_be_kept(lines: list[dict[str, Any]]) -> None:
    """The words of an unmatched question, and of nothing else."""
    kept = {LINES[number][1] for number, line in enumerate(lines[:-1]) if line.get("kept")}

    assert "[…]" == lines[15]["kept"]
    assert {"unmatched"} == kept


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (1, "not JSON: Expecting property name enclosed in double quotes"),
        (2, "not UTF-8"),
        (3, "text: Field required"),
        (4, "lang: Input should be 'en', 'hi', 'ur', 'sw' or 'id'"),
        (7, "not JSON: Expecting value"),
    ],
    ids=["no-json", "no-utf-8", "no-text", "language", "empty"],
)
def test_a_bad_line_is_told_what_is_wrong_with_it(
    lines: list[dict[str, Any]], number: int, sentence: str
) -> None:
    """A sentence, and nothing of the line itself."""
    assert {"error": sentence} == lines[number]


def test_the_second_of_two_questions_is_a_suggestion(run: Run) -> None:
    """Beside the entry of the first, as a person would see it offered."""
    said = {"text": f"{KNOWN}? what are the symptoms of diabetes?"}
    made = json.loads(run("ask", "--jsonl", stdin=json.dumps(said).encode()).out)

    assert ("answer", "malaria-spread") == (made["decision"], made["entry"])
    assert ["diabetes-symptoms"] == made["suggestions"]
    assert "What are the symptoms of diabetes?" in made["reply"]


def test_a_conversation_line_by_line_ends_by_interrupt_with_130(place: Path) -> None:
    """Each line is answered before the next is there; the end is no traceback."""
    with process("ask", "--jsonl", place=place) as running:
        answered = [say(running, text)["decision"] for text in (KNOWN, EMERGENCY)]
        running.send_signal(signal.SIGINT)
        running.wait(20)  # before its input is closed, which would end it too
        _, err = running.communicate()

    assert ["answer", "emergency"] == answered
    assert (bot.INTERRUPTED, "") == (running.returncode, err)


def test_a_reader_that_goes_away_ends_the_run_quietly(place: Path) -> None:
    """`| head -1` is no bug."""
    with process("ask", "--jsonl", place=place) as running:
        say(running, KNOWN)
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            running.stdin.write(f'{{"text": "{KNOWN}"}}\n' * 3)  # type: ignore[union-attr]
            running.stdin.close()  # type: ignore[union-attr]

        assert 0 == running.wait(20)
        assert "" == running.stderr.read()


def test_asking_stores_nothing(lines: list[dict[str, Any]], prepared: Path) -> None:
    """Neither a database nor a key is made."""
    assert lines
    assert set(KEPT) >= {path.name for path in (prepared / "data").iterdir()}


def test_output_is_utf_8_in_a_terminal_that_is_not(place: Path) -> None:
    """A server's locale is often C; Urdu must come out whole."""
    plain = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    with process("ask", "--jsonl", place=place, env=plain) as running:
        out, err = running.communicate('{"text": "ملیریا کیسے پھیلتا ہے"}\n', 20)

    assert (0, "") == (running.returncode, err)
    assert "مچھر" in json.loads(out)["reply"]


# ---- check


def test_check_finds_nothing_in_the_starter_content(run: Run) -> None:
    """What is delivered is sound; hints do not fail."""
    ran = run("check", standard=False)

    assert 0 == ran.code
    assert re.search(r"^(no mistakes|0 mistakes, \d+ hints)$", ran.err, re.MULTILINE)


def test_check_names_file_line_and_key_of_every_mistake(run: Run, base: Path) -> None:
    """All at once, and how many."""
    first = change(base / "entries/cpr.yaml", "kind: fact", "kind: fcat")
    second = change(base / "phrases/sw.yaml", "none_noted:", "none_notde:")
    ran = run("check", f"--faq={base}", standard=False)

    assert 1 == ran.code
    assert f"{base}/entries/cpr.yaml:{first}: kind: must be 'fact', 'myth' or 'service'" in ran.err
    assert f"{base}/phrases/sw.yaml:{second}: none_notde: unknown key (not in en.yaml)" in ran.err
    assert ran.err.endswith("3 mistakes, 0 hints\n")


def test_check_gives_json_for_editors(run: Run, base: Path) -> None:
    """One problem a line: what can be loaded may still have to be mended."""
    line = change(
        base / "entries/cpr.yaml", "    answer: |\n", "    answer: |\n      www.who.int\n"
    )
    ran = run("check", base / "entries", f"--faq={base}", "--json", standard=False)

    expected = {
        "file": f"{base}/entries/cpr.yaml",
        "line": line,
        "key": "texts.en.answer",
        "sentence": "holds an address (“www.”): put it under sources",
        "warning": False,
    }
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert 1 == ran.code
    mistakes = [one for one in found if not one["warning"]]
    stale = [f"texts.{language}.from" for language in ("hi", "ur", "sw", "id")]
    assert expected == mistakes[0]
    assert stale == [one["key"] for one in mistakes[1:]]
    assert {tuple(expected)} == {tuple(one) for one in found}


def test_check_says_which_reviews_are_overdue(run: Run, base: Path) -> None:
    """A hint that does not fail: staff see it in time."""
    past = date.today() - timedelta(days=1)  # noqa: DTZ011 - a day as people write it
    review = f"review: {{by: sample, on: {past - timedelta(days=365)}, due: {past}}}"
    old = next(
        line
        for line in (base / "entries/cpr.yaml").read_text("utf-8").splitlines()
        if line.startswith("review:")
    )
    line = change(base / "entries/cpr.yaml", old, review)
    ran = run("check", f"--faq={base}", standard=False)

    assert 0 == ran.code
    assert f"{base}/entries/cpr.yaml:{line}: review.due: the review is overdue" in ran.err


def test_check_looks_at_the_examples_of_the_screen_too(small: Path, tmp_path: Path) -> None:
    """A bot that cannot start for one of them must not be called free of mistakes."""
    said = report(small, tmp_path / "safety", "danger: [help me]\n", en=POINTING)

    assert ["en.yaml:1: danger"] == [place for place, _, _ in said]


def test_check_looks_at_small_talk_too(run: Run, base: Path) -> None:
    """All that would keep the bot from starting."""
    (base / "smalltalk.yaml").write_text("greeting: hello\n")
    ran = run("check", f"--faq={base}", standard=False)

    assert 1 == ran.code
    assert f"{base}/smalltalk.yaml:1: greeting: must be a list" in ran.err


def test_check_looks_at_the_labelled_questions_too(run: Run, small: Path) -> None:
    """What cannot be read, and entries that are not there; each with its file and line."""
    line: dict[str, object] = {"text": KNOWN, "lang": "en", "kind": "answerable"}
    (small / "questions").mkdir()
    (small / "questions/en.jsonl").write_text(
        json.dumps({**line, "expect": "malaria-spread"})
        + "\n{\n\n"
        + json.dumps({**line, "expect": "malaria-sprad", "accept": ["malaria-symptoms", "crp"]})
        + "\n"
    )
    (small / "questions/sw.jsonl").write_text('{"text": "x", "lang": "sw"}\n')
    ran = run("check", small / "questions", f"--faq={small}", standard=False)

    said = [
        "en.jsonl:2: not JSON: Expecting property name enclosed in double quotes",
        "en.jsonl:4: expect: there is no entry crp",
        "en.jsonl:4: expect: there is no entry malaria-sprad",
        "sw.jsonl:1: kind: Field required",
    ]
    assert 1 == ran.code
    assert [f"{small}/questions/{one}" for one in said] == [
        shown for shown in ran.err.splitlines() if shown.startswith(str(small))
    ]


def test_check_shows_only_what_was_asked_for(run: Run, base: Path) -> None:
    """Mistakes elsewhere do not fail it."""
    change(base / "entries/cpr.yaml", "kind: fact", "kind: fcat")
    ran = run("check", base / "entries/poisoning.yaml", f"--faq={base}", standard=False)

    assert (0, "no mistakes\n") == (ran.code, ran.err)


def test_check_without_an_encoder_says_what_was_not_looked_for(run: Run, place: Path) -> None:
    """Everything else is checked all the same, and it is no mistake."""
    ran = run("check", f"--data={place / 'data'}", standard=False)

    assert 0 == ran.code
    assert "wordings that steal questions were not looked for: " in ran.err


def report(
    faq: Path, folder: Path, examples: str = "", country: str | None = None, **rule_files: str
) -> list[tuple[str, str, bool]]:
    """Check a knowledge base with a safety folder of its own; return what is said of that."""
    (folder / "rules").mkdir(parents=True)
    if not (folder / "contacts.yaml").exists():
        shutil.copy(SAFETY / "contacts.yaml", folder)
    shutil.copytree(SAFETY / "examples", folder / "examples")
    shutil.copytree(SAFETY / "words", folder / "words")
    shutil.copy(SAFETY / "names.txt", folder)
    if examples:
        (folder / "examples" / "en.yaml").write_text(examples, "utf-8")
    for language, content in rule_files.items():
        (folder / "rules" / f"{language}.yaml").write_text(content, "utf-8")
    places = Places(faq=faq, safety=folder, data=folder / "data")
    chosen = settings.load(None).model_copy(update={"country": country})
    found = check.Report(Here(chosen, places, None, None, None)).problems
    return [
        (f"{Path(one.file).name}:{one.line}: {one.key}", one.sentence, one.warning)
        for one in found
        if Path(one.file).is_relative_to(folder)
    ]


def test_check_warns_of_numbers_that_are_to_be_dialled_again(small: Path, tmp_path: Path) -> None:
    """Also of those that were dialled on a day that has not come."""
    path = tmp_path / "safety" / "contacts.yaml"
    path.parent.mkdir()
    shutil.copy(SAFETY / "contacts.yaml", path)
    file = edit.Editable(path)
    place = ("countries", "KE", "contacts")
    today = utc_now().date()
    for row, days in enumerate((180, 181, -400)):
        file.set((*place, row, "confirmed"), today - timedelta(days=days))
    file.save()
    said = report(small, path.parent, country="KE")

    assert [
        (
            "contacts.yaml:22: countries.KE.contacts.1.confirmed",
            "over 180 days ago: dial Red Cross 1199 again; until then it is not shown",
            True,
        ),
        ("contacts.yaml:23: countries.KE.contacts.2.confirmed", "lies in the future", False),
    ] == [one for one in said if one[0].startswith("contacts")]


@pytest.mark.parametrize(("country", "times"), [("KE", 1), (None, 0)])
def test_check_warns_of_a_country_served_whose_emergency_number_was_not_dialled(
    small: Path, tmp_path: Path, country: str | None, times: int
) -> None:
    """It is what every emergency reply begins with; other countries' are not this staff's."""
    said = report(small, tmp_path / "safety", country=country)

    sentence = (
        "no emergency number of the country served was dialled: dial 999, then bot.py contacts "
        "confirm KE emergency"
    )
    told = ("contacts.yaml:18: countries.KE", sentence, True)
    assert [told] * times == [one for one in said if one[0].startswith("contacts")]


RULE = "  - {{id: {0}, category: {0}, any: [help {0}], first_aid: {1}}}\n"
POINTING = (
    "rules:\n"
    + RULE.format("medical", "malaria-spread")
    + RULE.format("poison", "malaria-symptoms")
    + RULE.format("self_harm", "malaria-prevention")
)


def test_emergencies_that_point_at_first_aid_are_sound(small: Path, tmp_path: Path) -> None:
    """Of abuse none is wanted: its card has the numbers."""
    assert [] == report(small, tmp_path / "safety", en=POINTING)


def test_first_aid_that_is_no_entry_is_a_hint_at_its_line(small: Path, tmp_path: Path) -> None:
    """Another knowledge base may do without it; a slip of the pen is seen."""
    more = (
        "rules:\n  - id: other\n    category: poison\n    any: [sumu]\n    first_aid: posioning\n"
    )
    said = report(small, tmp_path / "safety", en=POINTING, sw=more)

    assert [("sw.yaml:5: rules.0.first_aid", "there is no entry posioning", True)] == said


def test_rules_without_first_aid_are_a_hint(small: Path, tmp_path: Path) -> None:
    """Each kind of emergency but abuse should point somewhere, in one language at least."""
    bare = re.sub(", first_aid: [a-z-]+", "", POINTING.replace("medical, any", "abuse, any"))
    kinds = ("medical", "poison", "self_harm")

    expected = [
        ("rules:1: ", f"no rule of {kind} names a first-aid entry that is there", True)
        for kind in kinds
    ]
    assert expected == report(small, tmp_path / "safety", en=bare)


def test_a_refusal_needs_no_first_aid(small: Path, tmp_path: Path) -> None:
    """Only emergencies are looked at."""
    more = "rules:\n  - {id: dose, category: medicine, any: [how many], first_aid: nowhere}\n"

    assert [] == report(small, tmp_path / "safety", en=POINTING, sw=more)


# ---- check --fix


Damage = Callable[[str], str]


def unrelated(text: str) -> str:
    """Leave out the last entry that an entry names as related."""
    return re.sub(r", [a-z0-9-]+\]", "]", text, count=1)


def unmarked(text: str) -> str:
    """Leave out from which English the first translation was made."""
    return re.sub(r"^    from: .*\n", "", text, count=1, flags=re.MULTILINE)


def hidden(text: str) -> str:
    """Put a character that nobody sees into the first answer."""
    return re.sub(r"(\n    answer: \|\n +\w+)", "\\1\u200b", text, count=1)


def arabic(text: str) -> str:
    """Type the Urdu text on an Arabic keyboard."""
    before, mark, urdu = text.partition("\n  ur:\n")
    urdu, *after = re.split(r"(?=\n  \w\w:\n)", urdu, maxsplit=1)
    return before + mark + urdu.replace("ی", "ي").replace("ہ", "ه") + "".join(after)


def doubled(text: str) -> str:
    """Write the first wording of each language twice."""
    return re.sub(r"(\n    wordings:)(\n      - .*)", r"\1\2\2", text)


def commented(text: str) -> str:
    """Write comments and an empty line, as people do."""
    text = text.replace("\ntopic: ", "\n\n# Where it stands in the menu.\ntopic: ", 1)
    return f"# Ours.\n{text.replace('    wordings:', '    wordings:  # what people type')}# End\n"


DAMAGES: tuple[Damage, ...] = (unrelated, unmarked, hidden, arabic, doubled)


def content(base: Path) -> dict[str, bytes]:
    """Return every file of a knowledge base."""
    files = (path for path in base.rglob("*") if path.is_file())
    return {str(path.relative_to(base)): path.read_bytes() for path in files}


@pytest.fixture
def fix(run: Run, base: Path, place: Path) -> Run:
    """Run `check --fix` on the copy, without the encoder."""

    def runs(*arguments: object) -> Ran:
        options = (f"--faq={base}", f"--data={place / 'data'}")
        return run("check", "--fix", *arguments, *options, standard=False)

    return runs


def test_fix_leaves_the_starter_content_as_it_is(fix: Run, base: Path) -> None:
    """Byte for byte: there is nothing to mend."""
    before = content(base)
    ran = fix()

    assert (0, "") == (ran.code, ran.out)
    assert "mended" not in ran.err
    assert before == content(base)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_fix_mends_what_needs_no_thought(fix: Run, base: Path, damage: Damage) -> None:
    """And says which file; it is as it was before the damage, byte for byte."""
    path = base / "entries/cpr.yaml"
    before, sound = content(base), path.read_text("utf-8")
    path.write_text(damage(sound), "utf-8")
    assert before != content(base)
    ran = fix()

    assert 0 == ran.code
    assert [f"mended {path}"] == re.findall("^mended .*", ran.err, re.MULTILINE)
    assert before == content(base)


def test_fix_mends_all_at_once_and_keeps_comments(fix: Run, base: Path) -> None:
    """A second run finds nothing to do."""
    path = base / "entries/cpr.yaml"
    sound = damaged = commented(path.read_text("utf-8"))
    for damage in DAMAGES:
        damaged = damage(damaged)
    path.write_text(damaged, "utf-8")
    first = fix()
    mended, written = content(base), path.stat().st_mtime_ns
    second = fix()

    assert sound == path.read_text("utf-8")
    assert (0, 1) == (first.code, first.err.count("mended "))
    assert (0, 0) == (second.code, second.err.count("mended "))
    assert (mended, written) == (content(base), path.stat().st_mtime_ns)


def test_fix_touches_only_what_was_asked_for(fix: Run, base: Path) -> None:
    """A file beside it stays as it is."""
    asked, beside = base / "entries/cpr.yaml", base / "entries/poisoning.yaml"
    sound = asked.read_bytes()
    for path in (asked, beside):
        path.write_text(doubled(path.read_text("utf-8")), "utf-8")
    damaged = beside.read_bytes()
    fix(asked)

    assert sound == asked.read_bytes()
    assert damaged == beside.read_bytes()


def test_fix_leaves_what_needs_thought(fix: Run, base: Path) -> None:
    """A translation of an older English, and a letter that only looks right, are still said."""
    path = base / "entries/cpr.yaml"
    old = re.sub(
        r"^    from: .*", '    from: "00000000"', path.read_text("utf-8"), count=1, flags=8
    )
    path.write_text(old.replace("- cpr steps", "- сpr steps"), "utf-8")
    before = content(base)
    ran = fix()

    assert 1 == ran.code
    assert "texts.hi.from: was made from an older English text (00000000)" in ran.err
    assert "holds “с” (cyrillic small letter es)" in ran.err
    assert before == content(base)


def test_fix_of_a_base_that_cannot_be_read_changes_nothing(fix: Run, base: Path) -> None:
    """First what is broken, then what is untidy."""
    change(base / "entries/cpr.yaml", "kind: fact", "kind: fcat")
    path = base / "entries/poisoning.yaml"
    path.write_text(doubled(path.read_text("utf-8")), "utf-8")
    before = content(base)
    ran = fix()

    assert (1, "") == (ran.code, ran.out)
    assert "kind: must be 'fact', 'myth' or 'service'" in ran.err
    assert before == content(base)


def test_fix_with_json_says_problems_on_standard_output_alone(fix: Run, base: Path) -> None:
    """What was mended stands beside them."""
    path = base / "entries/cpr.yaml"
    path.write_text(doubled(path.read_text("utf-8")), "utf-8")
    ran = fix("--json")

    assert 0 == ran.code
    assert f"mended {path}\n" in ran.err
    assert {True} >= {json.loads(line)["warning"] for line in ran.out.splitlines()}


# ---- check --confusions

STRAY = "how does malaria spread from one person to another by mosquito bites"


@pytest.fixture
def confused(run: Run, small: Path, place: Path, tmp_path: Path) -> Run:
    """Run `check` on three entries, one with a wording of another, with the encoder."""
    change(
        small / "entries/malaria-symptoms.yaml",
        "    wordings:\n",
        f"    wordings:\n      - {STRAY}\n",
    )
    data = tmp_path / "data"
    data.mkdir()
    for name in KEPT:
        shutil.copy(place / "data" / name, data / name)

    def runs(*arguments: object) -> Ran:
        options = (f"--faq={small}", f"--data={data}", f"--config={place / 'config.yaml'}")
        return run("check", small, *arguments, *options, standard=False)

    return runs


def test_check_lists_which_entries_find_each_others_wordings(
    confused: Run, small: Path, tmp_path: Path
) -> None:
    """Pairs, most first, and where the surest stand; hints do not fail, and a file remembers."""
    ran = confused("--confusions")

    counts = [int(number) for number in re.findall(r"^ *(\d+) [\w-]+ -> ", ran.out, re.MULTILINE)]
    assert 0 == ran.code
    assert re.search(r"^ *\d+ malaria-symptoms -> malaria-spread$", ran.out, re.MULTILINE)
    assert sorted(counts, reverse=True) == counts
    assert f"“{STRAY}” would find malaria-spread" in ran.out
    assert f"{small}/entries/malaria-symptoms.yaml:" in ran.out
    assert (tmp_path / "data" / "confusions.json").exists()


def test_check_gives_the_same_confusions_on_the_next_run(confused: Run) -> None:
    """And asks nothing again."""
    first, second = confused("--confusions"), confused("--confusions")

    assert first.out == second.out
    assert "asking wordings" in first.err
    assert "asking wordings" not in second.err


def test_check_sums_the_confusions_up(confused: Run) -> None:
    """One line, without the list."""
    ran = confused()

    said = r"\d+ of [\d,]+ wordings \(\d+%\) find another entry when they are hidden themselves"
    assert (0, "") == (ran.code, ran.out)
    assert re.search(said, ran.err)


def test_check_with_an_encoder_still_gives_one_json_a_line(confused: Run) -> None:
    """Progress and sums stand beside them."""
    ran = confused("--json")

    assert 0 == ran.code
    assert [] == [line for line in ran.out.splitlines() if not isinstance(json.loads(line), dict)]


def test_check_of_a_path_that_is_not_there_is_a_mistake(run: Run) -> None:
    """A typing error must not look like sound content."""
    ran = run("check", "nowhere.yaml", standard=False)

    assert (1, "nowhere.yaml: there is no such file or folder\n") == (ran.code, ran.err)


# ---- evaluate


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Four labelled questions of three kinds; three are right."""
    labelled: list[dict[str, object]] = [
        {"text": KNOWN, "lang": "en", "expect": "malaria-spread", "kind": "answerable"},
        {"text": "malaria kaise failta hai", "lang": "hi", "expect": "cpr", "kind": "answerable"},
        {"text": EMERGENCY, "lang": "en", "kind": "emergency"},
        {
            "text": f"{NONSENSE} a@example.org",
            "lang": "en",
            "kind": "pii",
            "secrets": ["a@example"],
        },
    ]
    path = tmp_path / "some.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in labelled))
    return path


def test_evaluate_shows_a_table_and_the_misses(run: Run, questions: Path) -> None:
    """The bound itself is enough."""
    ran = run("evaluate", questions, "--fail-under", "0.75", "--misses", "1")

    missed = "answerable hi-latin wrong: malaria kaise failta hai"
    assert 0 == ran.code
    assert f"{missed} (wanted cpr, got answer malaria-spread)" in ran.out
    assert "is it as sure as it says" in ran.out
    assert "language of the question" in ran.out
    assert "75.0% right or in reach, 4 questions" in ran.out


def test_evaluate_gives_json_and_fails_under_a_share(run: Run, questions: Path) -> None:
    """Scores and the share, and nothing else on standard output."""
    ran = run("evaluate", questions, "--json", "--fail-under", "0.76")
    made = json.loads(ran.out)
    counted = {
        (row["kind"], row["form"]): (row["count"], row.get("right", 0)) for row in made["scores"]
    }

    assert (1, 0.75) == (ran.code, made["right_or_in_reach"])
    assert ((2, 1), (1, 0), (1, 1)) == (
        counted["answerable", "all"],
        counted["answerable", "hi-latin"],
        counted["emergency", "all"],
    )
    assert "0.750 right or in reach, under 0.76" in ran.err


def test_evaluate_says_how_sure_it_was_and_what_language_it_heard(
    run: Run, questions: Path
) -> None:
    """Of the two questions that are to be answered; of all four whether the language was told."""
    made = json.loads(run("evaluate", questions, "--json").out)
    sure, heard = made["reliability"], made["languages"]
    whole = {row["form"]: row["count"] for row in heard if row["words"] == "all"}

    assert [["least", "count", "promised", "right"]] * len(sure) == [list(row) for row in sure]
    assert 2 == sum(row["count"] for row in sure)
    assert 0.5 == sum(row["count"] * row["right"] for row in sure) / 2
    assert all(row["least"] <= row["promised"] <= 1 for row in sure)
    assert {"en": 3, "hi-latin": 1} == whole
    assert {"3", "4+", "all"} == {row["words"] for row in heard}


def test_evaluate_says_every_mistake_before_it_begins(run: Run, questions: Path) -> None:
    """With file and line."""
    with questions.open("a") as file:
        file.write('{"text": "x"}\n{\n')
    ran = run("evaluate", questions)

    assert (1, "") == (ran.code, ran.out)
    assert [f"{questions}:5: lang:", f"{questions}:6: not"] == [
        " ".join(line.split(" ")[:2]) for line in ran.err.splitlines()
    ]


# ---- unmatched


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A data folder with three unmatched questions."""

    async def fill() -> None:
        async with Store.open("", tmp_path) as store, store.begin() as connection:
            for number, (language, text) in enumerate(
                [("en", "=1+1"), ("sw", "swali [b]la[/b] tatu"), ("en", "the latest")]
            ):
                await connection.execute(
                    unmatched.insert().values(
                        hour=HOUR + timedelta(hours=number),
                        channel="web",
                        language=language,
                        text=text,
                        nearest=[["cpr", 0.25], ["poisoning", 0.1], ["burns", 0.05]],
                    )
                )

    asyncio.run(fill())
    return tmp_path


def test_unmatched_lists_the_newest_first(run: Run, log: Path) -> None:
    """Hour, channel, language, words as they are, the two nearest entries."""
    ran = run("unmatched", "list", f"--data={log}", standard=False)

    assert 0 == ran.code
    assert (
        ran.out.index("the latest") < ran.out.index("swali [b]la[/b] tatu") < ran.out.index("=1+1")
    )
    assert "2026-12-01 16:00" in ran.out
    assert "cpr 0.25, poisoning 0.10" in ran.out


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--lang", "sw"], ["swali"]),
        (["--limit", "1"], ["latest"]),
        (["--lang", "ur"], ["no unmatched questions"]),
    ],
    ids=["language", "limit", "none"],
)
def test_unmatched_lists_what_was_asked_for(
    run: Run, log: Path, options: list[str], shown: list[str]
) -> None:
    """One language, so many, or an honest nothing."""
    out = run("unmatched", "list", f"--data={log}", *options, standard=False).out
    words = ("=1+1", "swali", "latest", "no unmatched questions")

    assert shown == [word for word in words if word in out]


def test_unmatched_exports_all_as_csv(run: Run, log: Path) -> None:
    """More than a list shows, and no cell runs as a formula."""
    ran = run("unmatched", "export", f"--data={log}", standard=False)
    found = list(csv.DictReader(io.StringIO(ran.out)))

    assert ["the latest", "swali [b]la[/b] tatu", "'=1+1"] == [row["text"] for row in found]


def test_unmatched_exports_json_lines(run: Run, log: Path) -> None:
    """As they are, for programs."""
    ran = run("unmatched", "export", "--format", "jsonl", f"--data={log}", standard=False)

    assert ["the latest", "swali [b]la[/b] tatu", "=1+1"] == [
        json.loads(line)["text"] for line in ran.out.splitlines()
    ]


# ---- run


def test_run_prepares_the_data_folder(run: Run, place: Path, small: Path, tmp_path: Path) -> None:
    """Index and what was learnt, and then it ends."""
    options = (f"--config={place / 'config.yaml'}", f"--data={tmp_path / 'a' / 'b'}")
    ran = run("run", "--prepare", f"--faq={small}", *options, standard=False)

    assert (0, "") == (ran.code, ran.out)
    assert {"index.npz", "matcher.npz"} <= {path.name for path in (tmp_path / "a" / "b").iterdir()}


def test_a_port_that_is_taken_is_said_with_what_to_do(run: Run) -> None:
    """Usually a second copy of the bot."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("run", "--host=127.0.0.1", f"--port={port}")

    reason = "Address already in use; choose another with --port or --host"
    assert (1, f"cannot listen on 127.0.0.1:{port}: {reason}\n") == (ran.code, ran.err)


def test_a_port_that_does_not_exist_is_a_mistake(place: Path) -> None:
    """It must not listen somewhere else."""
    with process("run", "--host=127.0.0.1", "--port=99999", place=place) as running:
        try:
            _, err = running.communicate(timeout=20)
        finally:
            running.kill()

    assert 1 == running.returncode
    assert "99999" in err


# ---- settings, data, exit codes


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "web: {prot: 80}\nlog_level: loud\n",
            ["1: web.prot: unknown key", "2: log_level: must be"],
        ),
        ("web: [\n", ["2: not YAML"]),
        ("- a\n", ["1: must be keys with values"]),
        ("matching: {at_most_wrong: 2}\n", ["1: matching.at_most_wrong: must be at most 1"]),
        ("telegram: {api_url: api.example}\n", ["1: telegram.api_url: must begin with https://"]),
    ],
    ids=["two-mistakes", "no-yaml", "list", "range", "address"],
)
def test_mistakes_in_the_settings_are_said_at_once(
    run: Run, tmp_path: Path, content: str, expected: list[str]
) -> None:
    """With file, line and key; nothing is done."""
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    ran = run("unmatched", "list", f"--config={path}", f"--data={tmp_path}", standard=False)

    assert (1, "") == (ran.code, ran.out)
    said = [line.removeprefix(f"{path}:") for line in ran.err.splitlines()]
    assert [True] * len(expected) == [
        one.startswith(e) for one, e in zip(said, expected, strict=True)
    ]


def test_settings_that_are_named_must_be_there(run: Run, tmp_path: Path) -> None:
    """A mistyped --config must not run with the defaults."""
    ran = run("unmatched", "list", "--config=nothing.yaml", f"--data={tmp_path}", standard=False)

    assert (1, "nothing.yaml:1: cannot be read: No such file or directory\n") == (ran.code, ran.err)


def test_settings_of_the_working_folder_are_read_without_being_named(
    run: Run, tmp_path: Path
) -> None:
    """`config.yaml`, if it is there."""
    (tmp_path / "config.yaml").write_text("colour: blue\n")
    ran = run("unmatched", "list", f"--data={tmp_path}", standard=False)

    assert (1, "config.yaml:1: colour: unknown key\n") == (ran.code, ran.err)


def test_without_settings_the_defaults_hold(run: Run, tmp_path: Path) -> None:
    """Nothing needs to be written before the first start."""
    ran = run("unmatched", "list", f"--data={tmp_path / 'data'}", standard=False)

    assert (0, "no unmatched questions\n") == (ran.code, ran.out)


def test_a_file_of_a_secret_that_cannot_be_read_is_a_mistake(run: Run, tmp_path: Path) -> None:
    """The bot must not run without its token silently."""
    (tmp_path / "config.yaml").write_text("telegram: {token_file: no-token}\n")
    ran = run("unmatched", "list", f"--data={tmp_path}", standard=False)

    assert 1 == ran.code
    assert ran.err.startswith("no-token:1: the file that should hold TELEGRAM_BOT_TOKEN cannot be")


def test_a_country_without_contacts_is_said_with_the_known_ones(
    run: Run, place: Path, tmp_path: Path
) -> None:
    """A mistyped code must not show another country's numbers."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"country: XX\nmatching: {{encoder: '{DATA / 'encoder'}'}}\n")
    ran = run("ask", KNOWN, f"--config={path}", f"--data={place / 'data'}", standard=False)

    assert 1 == ran.code
    assert "country: there are no contacts for XX; known are GB, ID, IN" in ran.err


def test_a_missing_encoder_says_what_to_do(run: Run, tmp_path: Path) -> None:
    """The first start without `make setup`."""
    ran = run("ask", KNOWN, f"--data={tmp_path / 'data'}", standard=False)

    assert 1 == ran.code
    assert "model.onnx is missing: run `make setup`" in ran.err


@pytest.mark.parametrize(
    "command", [["ask", KNOWN], ["ask", "--jsonl"], ["unmatched", "list"], ["run"]]
)
def test_a_data_folder_that_cannot_be_written_is_said(
    run: Run, place: Path, tmp_path: Path, command: list[str]
) -> None:
    """Whatever the command; here a file stands in its place."""
    (tmp_path / "file").write_text("a file")
    data = tmp_path / "file" / "data"
    ran = run(*command, f"--config={place / 'config.yaml'}", f"--data={data}", standard=False)

    expected = (
        f"{data}:1: the data folder cannot be written: Not a directory; name another with --data\n"
    )
    assert (1, expected) == (ran.code, ran.err)


@pytest.mark.parametrize(
    "broken", [["index.npz", "matcher.npz"], ["rules-tried"]], ids=["arrays", "rules"]
)
def test_a_broken_file_in_the_data_folder_is_made_again(
    run: Run, place: Path, small: Path, tmp_path: Path, broken: list[str]
) -> None:
    """After a power cut it starts as before."""
    (tmp_path / "data").mkdir()
    # Whole, and only read: reading 26,000 sentences anew takes a minute.
    (tmp_path / "data" / "states.npz").symlink_to(DATA / "states.npz")
    for name in broken:
        (tmp_path / "data" / name).write_bytes(b"\xff\x00 broken")
    options = (f"--faq={small}", f"--config={place / 'config.yaml'}", f"--data={tmp_path / 'data'}")
    ran = run("ask", KNOWN, *options, standard=False)

    assert 0 == ran.code
    assert "mosquito" in ran.out


def test_a_knowledge_base_with_a_mistake_is_not_served(run: Run, base: Path) -> None:
    """With every mistake, as `check` says it."""
    change(base / "entries/cpr.yaml", "kind: fact", "kind: fcat")
    ran = run("ask", KNOWN, f"--faq={base}")

    assert (1, "") == (ran.code, ran.out)
    assert "kind: must be 'fact', 'myth' or 'service'" in ran.err


@pytest.mark.parametrize(
    "command", [[], ["ask"], ["check"], ["evaluate"], ["unmatched"], ["purge"], ["key"], ["run"]]
)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """And ends well after it."""
    with pytest.raises(SystemExit) as ended:
        bot.main([*command, "--help"])

    assert ended.value.code == 0
    assert "usage: bot.py" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["anwser"],
        ["ask", "--lang", "fr", "x"],
        ["evaluate"],
        ["unmatched", "lsit"],
        ["run", "--port", "x"],
    ],
    ids=["nothing", "command", "language", "no-file", "choice", "number"],
)
def test_a_mistake_on_the_command_line_exits_with_1(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As every mistake of the user's, with the usage."""
    with pytest.raises(SystemExit) as ended:
        bot.main(arguments)

    assert bot.MISTAKE == ended.value.code
    assert "usage: bot.py" in capsys.readouterr().err


def test_a_bug_exits_with_3_and_shows_no_message(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it was and of what kind, for a report; people's words stay out."""

    def broken(*_: object) -> int:
        msg = f"while reading {NONSENSE}"
        raise LookupError(msg)

    # A bug cannot be had otherwise.
    monkeypatch.setattr(ask, "act", broken)
    ran = run("ask", NONSENSE)

    assert bot.BUG == ran.code
    assert "builtins.LookupError" in ran.err
    assert NONSENSE not in ran.err
