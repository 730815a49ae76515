"""The labelled questions measure; they teach nothing."""

from collections.abc import Callable

import pytest
from conftest import HOME
from rapidfuzz import fuzz, process

import text as reading
from assistant import Desk
from faq.evaluate import read
from faq.language import Form
from safety import head
from safety.rules import FileModel
from yamlfile import Document

TUNING = [HOME / "bench" / "tuning", HOME / "faq" / "questions"]
QUESTIONS = read([HOME / "tests" / "questions", *TUNING])
NEARLY_EQUAL = 95
Taught = dict[str, str]
"""Where each folded sentence stands that something is learnt from."""


def test_all_kinds_and_forms_are_there() -> None:
    """Otherwise a table would look better than it is."""
    sealed = read([HOME / "tests" / "questions"])
    kinds = {"answerable", "out_of_scope", "personal", "emergency", "benign_hard", "pii", "two"}

    assert kinds == {question.kind for question in sealed}
    for kind in kinds:
        assert set(Form) == {question.form for question in sealed if question.kind == kind}


def test_what_is_expected_exists(desk: Desk) -> None:
    """An id that is not in the base could never be found."""
    named = {id_ for one in QUESTIONS for id_ in (one.expect, one.also, *one.accept) if id_}
    assert set() == named - desk.library.entries.keys()


def test_no_question_stands_twice() -> None:
    """Neither in one set nor in both."""
    folded = [reading.fold(question.text) for question in QUESTIONS]
    assert len(folded) == len(set(folded))


def wordings(desk: Desk) -> dict[str, str]:
    """Return the entry and language of every folded question and wording."""
    return {
        reading.fold(wording): f"{entry.id} ({language})"
        for entry in desk.library.entries.values()
        for language, text in entry.texts.items()
        for wording in (text.question, *text.wordings)
    }


def background(desk: Desk) -> dict[str, str]:
    """Return the language of every folded sentence that must find nothing."""
    return {
        reading.fold(line): f"background ({language})"
        for language, lines in desk.library.background.items()
        for line in lines
    }


def examples(_: Desk) -> dict[str, str]:
    """Return the rule of every folded example."""
    return {
        reading.fold(example): f"{path.stem}: {rule.id}"
        for path in sorted((HOME / "safety" / "rules").glob("*.yaml"))
        for rule in Document(path).model(FileModel).rules
        for example in (*rule.must_hit, *rule.must_pass)
    }


def learnt(_: Desk) -> dict[str, str]:
    """Return the name of every folded sentence that the head beside the rules is learnt from."""
    return {
        reading.fold(example.text): example.name
        for example in head.load(HOME / "safety" / "examples")
    }


TAUGHT = pytest.mark.parametrize("taught", [wordings, background, examples, learnt])


def test_the_tuning_set_has_all_kinds_and_forms() -> None:
    """What is tuned on one form alone does not hold for the others."""
    tuning = read(TUNING)
    pairs = {(question.kind, question.form) for question in tuning}

    assert 7 * len(Form) == len(pairs)


@TAUGHT
def test_no_question_equals_what_is_taught(desk: Desk, taught: Callable[[Desk], Taught]) -> None:
    """However short: what is found word for word measures nothing."""
    known = taught(desk)
    equal = {q.text: known[folded] for q in QUESTIONS if (folded := reading.fold(q.text)) in known}

    assert {} == equal


@TAUGHT
def test_no_question_is_nearly_what_is_taught(desk: Desk, taught: Callable[[Desk], Taught]) -> None:
    """One letter more or less is no other question."""
    known = taught(desk)
    near = {}
    for question in QUESTIONS:
        said = reading.fold(question.text)
        found = process.extractOne(said, known.keys(), scorer=fuzz.ratio, score_cutoff=NEARLY_EQUAL)
        if found and NEARLY_EQUAL < found[1] < 100:
            near[question.text] = known[found[0]]

    assert {} == near
