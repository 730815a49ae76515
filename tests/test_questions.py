"""The labelled questions measure; they teach nothing."""

import pytest
from conftest import HOME
from rapidfuzz import fuzz, process

import text as reading
from assistant import Desk
from faq.evaluate import Labelled, read
from faq.language import Form

QUESTIONS = read([HOME / "tests" / "questions", HOME / "bench" / "tuning"])
NEARLY_EQUAL = 95
# Two or three words can be asked in one way only ("dengue symptoms").
FEWEST_WORDS = 4


def test_all_kinds_and_forms_are_there() -> None:
    """Otherwise a table would look better than it is."""
    sealed = read([HOME / "tests" / "questions"])
    kinds = {"answerable", "out_of_scope", "personal", "emergency", "benign_hard", "pii"}

    assert kinds == {question.kind for question in sealed}
    for kind in kinds:
        assert set(Form) == {question.form for question in sealed if question.kind == kind}


def test_what_is_expected_exists(desk: Desk) -> None:
    """An id that is not in the base could never be found."""
    expected = {question.expect for question in QUESTIONS} - {None}
    assert set() == expected - desk.library.entries.keys()


def test_no_question_stands_twice() -> None:
    """Neither in one set nor in both."""
    folded = [reading.fold(question.text) for question in QUESTIONS]
    assert len(folded) == len(set(folded))


def test_no_question_is_a_wording(desk: Desk) -> None:
    """Not the same words, and of longer ones not nearly the same."""
    wordings = {
        reading.fold(wording)
        for entry in desk.library.entries.values()
        for text in entry.texts.values()
        for wording in (text.question, *text.wordings)
    }
    listed = sorted(wordings)

    def taught(question: Labelled) -> bool:
        said = reading.fold(question.text)
        if len(said.split()) < FEWEST_WORDS:
            return False
        near = process.extractOne(said, listed, scorer=fuzz.ratio, score_cutoff=NEARLY_EQUAL)
        return near is not None

    assert [] == [question.text for question in QUESTIONS if taught(question)]


@pytest.mark.parametrize("kind", ["emergency", "personal"])
def test_no_question_is_an_example_of_a_rule(kind: str) -> None:
    """Rules are tried on sentences of their own."""
    rules = "\n".join(
        path.read_text("utf-8") for path in sorted((HOME / "safety" / "rules").glob("*.yaml"))
    )
    assert [] == [q.text for q in QUESTIONS if q.kind == kind and q.text in rules]
