"""`safety.words`: which words of a question staff may read."""

import json
import re
import time
from pathlib import Path

import pytest
from conftest import HOME
from hypothesis import given, settings
from hypothesis import strategies as st

import text as reading
from faq.language import Form
from safety.redact import redact
from safety.words import FORMS, Vocabulary, draft, load
from yamlfile import ProblemsError

SAFETY = HOME / "safety"
SMALL = Vocabulary(
    frozenset(
        reading.words("how does malaria spread don't मलेरिया बुखार asha kiran of is my aunt it")
    ),
    frozenset({"asha", "kiran", "wanjiku", "devi"}),
)


@pytest.mark.parametrize(
    ("redacted", "shown"),
    [
        ("how does Malaria spread?", "how does Malaria spread?"),
        ("how does old Rampuria fever spread", "how does […] spread"),
        ("[name] how does [phone] spread", "[name] how does [phone] spread"),
        ("malaria, Rampuria, spread", "malaria, […] spread"),
        ("malaria/Rampuria", "[…]"),
        ("malaria's spread, don't", "malaria's spread, don't"),
        ("मलेरिया रामपुर बुखार", "मलेरिया […] बुखार"),
        ("how does wanjiku's malaria spread", "how does […] malaria spread"),
        ("120/80 is 38.5 of 2019", "120/80 is 38.5 of 2019"),
        ("is it 4821", "is it […]"),
        ("malaria [x] spread", "malaria [x] spread"),
        ("", ""),
    ],
)
def test_only_known_words_and_marks_are_shown(redacted: str, shown: str) -> None:
    """And quantities, and years."""
    assert shown == draft(redacted, SMALL).shown()


@pytest.mark.parametrize(
    ("redacted", "shown"),
    [
        ("how does asha spread malaria", "how does asha spread malaria"),
        ("Asha malaria", "Asha malaria"),
        ("how does Asha spread", "how does […] spread"),
        ("asha devi", "[…]"),
        ("asha kiran", "[…]"),
        ("it is dr asha", "it is […]"),
        ("my aunt asha", "my aunt […]"),
        ("is it malaria. Asha", "is it malaria. Asha"),
        ("is it asha [name]", "is it […] [name]"),
    ],
)
def test_a_word_that_is_a_name_too_is_hidden_where_it_is_one(redacted: str, shown: str) -> None:
    """Beside a name, after a title, with a capital within a sentence."""
    assert shown == draft(redacted, SMALL).shown()


def test_new_words_are_shown_once_they_are_known() -> None:
    """By the same folding, wherever they stand; names never are."""
    made = draft("does Chikungunya, or ZIKA, spread of wanjiku", SMALL)

    assert {"chikungunya", "or", "zika"} == made.unknown
    assert "does […] ZIKA, spread of […]" == made.shown(frozenset({"zika", "wanjiku"}))
    assert "does […] spread of […]" == made.closed().shown(frozenset({"zika"}))


def test_a_new_word_beside_a_name_is_part_of_it() -> None:
    """Nobody counts it: a family that asks three times would show itself."""
    assert draft("malaria wanjiku kamaau", SMALL).unknown == frozenset()


def test_a_draft_does_not_print_its_text() -> None:
    """It could come into a log."""
    assert "secret" not in repr(draft("secret", SMALL))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_nothing_unknown_is_ever_shown(text: str) -> None:
    """Of whatever people type."""
    shown = draft(redact(text).text, SMALL).shown()
    left = reading.words(re.sub(r"\[[a-z]+\]", " ", shown))

    assert [] == [
        word
        for word in left
        if word.removesuffix("'s") not in SMALL.words and not any(map(str.isdecimal, word))
    ]


# ---- the lists


def test_every_form_has_its_list() -> None:
    """As the languages are told apart."""
    assert {form.value for form in Form} == set(FORMS)


def test_the_lists_are_folded_as_messages_are() -> None:
    """By the shorter way that the loader takes."""
    found = load(SAFETY)
    for path, words in (
        (SAFETY / "names.txt", found.names),
        *((SAFETY / "words" / f"{form}.txt", found.words) for form in FORMS),
    ):
        lines = path.read_text("utf-8").splitlines()
        plain = " ".join(line.partition("#")[0] for line in lines)
        assert set() == set(reading.words(plain)) - words


def test_the_lists_are_read_in_a_moment() -> None:
    """A start and every reload wait for it."""
    began = time.process_time()
    load(SAFETY)

    assert time.process_time() - began < 0.1


def test_what_is_wrong_with_a_list_is_said(tmp_path: Path) -> None:
    """All at once, with the file and the line."""
    (tmp_path / "words").mkdir()
    for form in FORMS[1:]:
        (tmp_path / "words" / f"{form}.txt").write_text("# words\nfever", "utf-8")
    (tmp_path / "names.txt").write_bytes(b"asha\nkiran \xff")
    with pytest.raises(ProblemsError) as caught:
        load(tmp_path)

    assert [
        (str(tmp_path / "names.txt"), 2, "is not UTF-8: save it as UTF-8"),
        (str(tmp_path / "words" / "en.txt"), 1, "is missing: each form of a language has one"),
    ] == [(one.file, one.line, one.sentence) for one in caught.value.problems]


def test_labelled_details_are_not_shown() -> None:
    """Those that the project tunes with; a kind of thing is no name."""
    vocabulary = load(SAFETY)
    shown = []
    for line in (HOME / "bench" / "tuning" / "pii.jsonl").read_text("utf-8").splitlines():
        asked = json.loads(line)
        secret = {word for one in asked["secrets"] for word in reading.words(one) if len(word) > 2}
        left = reading.words(draft(redact(asked["text"]).text, vocabulary).shown())
        shown += sorted(secret & set(left) - {"nimbu", "kwikwi"})

    assert [] == shown
