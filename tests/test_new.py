"""`bot.py new`: the file of a new entry is a draft until its writer says otherwise."""

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml
from conftest import HOME

import bot
from faq import load, template
from faq.entry import DRAFT, Kind
from faq.template import Begun
from text import Language

TODAY = date(2026, 12, 1)


@pytest.fixture
def faq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the knowledge base, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(HOME / "faq", tmp_path / "faq"))


def test_a_new_entry_stops_nothing(faq: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is there to be filled in; the base loads as before, and what is missing is named."""
    code = bot.main(["new", "bed-bugs", "--topic", "living", f"--faq={faq}"])
    library, path = load.library(faq), faq / "entries" / "bed-bugs.yaml"
    keys = {problem.key for problem in library.unfinished["bed-bugs"]}

    assert 0 == code
    assert capsys.readouterr().out.startswith(str(path))
    assert DRAFT == yaml.safe_load(path.read_text("utf-8"))["review"]["by"]
    assert "bed-bugs" not in library.entries
    assert {"sources.0.url", "texts.en.question", "texts.id.answer"} <= keys


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["sleep"], "is there already: edit it, or choose another id"),
        (["Bed Bugs"], "must be lower-case letters and digits"),
        (["bed-bugs", "--topic", "insects"], "there is no heading insects"),
    ],
    ids=["taken", "id", "topic"],
)
def test_what_cannot_be_made_is_said(
    faq: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    """Nothing is written over."""
    before = (faq / "entries" / "sleep.yaml").read_bytes()
    code = bot.main(["new", *arguments, f"--faq={faq}"])

    assert 1 == code
    assert why in capsys.readouterr().err
    assert before == (faq / "entries" / "sleep.yaml").read_bytes()


@pytest.mark.parametrize("spoken", [[], [Language.HI], [Language.EN, Language.ID], list(Language)])
def test_a_template_keeps_the_languages_that_are_begun(spoken: list[Language]) -> None:
    """And English, which the others are made from; with the hints at each place."""
    begun = {one: Begun(f"What: is “{one}”?", (f"word {one}", "- # 'x'")) for one in spoken}
    text = template.filled("bed-bugs", Kind.FACT, "living", ["living"], TODAY, begun)
    made = yaml.safe_load(text)

    assert sorted({Language.EN, *spoken}) == sorted(made["texts"])
    for one in spoken:
        held = made["texts"][one]
        assert begun[one] == Begun(held["question"], tuple(held["wordings"]))
    due = TODAY + template.REVIEW_EVERY
    assert ("bed-bugs", "living", due) == (made["id"], made["topic"], made["review"]["due"])
    assert text.endswith("answer: |\n")
    assert "\n\n\n" not in text


def test_a_template_without_anything_known_holds_all_languages() -> None:
    """For who begins from nothing."""
    text = template.filled("bed-bugs", Kind.SERVICE, None, ["a", "b"], TODAY)

    assert sorted(Language) == sorted(yaml.safe_load(text)["texts"])
    assert "one of: a, b" in text
