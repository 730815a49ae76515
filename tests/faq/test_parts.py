"""`faq.parts` takes messages apart: sentences of long ones, two questions in short ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import text as reading
from faq.parts import FEWEST_WORDS, LONG_CHARACTERS, MOST_SENTENCES, pair, sentences

many = settings(max_examples=300, deadline=None, derandomize=True)
# Free text, and text made of what messages are parted at.
PIECES = ["how", "मलेरिया", "ملیریا", "and", "AND", "aur", "और", "اور", "na", "dan", "&", "?", "? ",
          "। ", "۔ ", "؟ ", "; ", "، ", ", ", ",", ".", " - ", " • ", " ", "\n", "İ"]  # fmt: skip
messages = st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=80).map("".join)
FILLER = " ".join(["my neighbour told me about it at the market"] * 4)


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("what is malaria and how is it treated", ("what is malaria", "how is it treated")),
        ("what is malaria? how is it treated?", ("what is malaria", "how is it treated?")),
        ("signs of dengue, malaria spread", ("signs of dengue", "malaria spread")),
        ("signs of flu Plus wash hands", ("signs of flu", "wash hands")),
        ("signs of flu & wash hands", ("signs of flu", "wash hands")),
        ("मलेरिया क्या है और इससे कैसे बचें", ("मलेरिया क्या है", "इससे कैसे बचें")),
        ("मलेरिया क्या है। इससे कैसे बचें", ("मलेरिया क्या है", "इससे कैसे बचें")),
        ("malaria kya hai aur kaise bachein", ("malaria kya hai", "kaise bachein")),
        ("ملیریا کیا ہے اور اس سے کیسے بچیں", ("ملیریا کیا ہے", "اس سے کیسے بچیں")),
        ("ملیریا کیا ہے؟ اس سے کیسے بچیں؟", ("ملیریا کیا ہے", "اس سے کیسے بچیں؟")),
        ("ملیریا کیا ہے، اس سے کیسے بچیں", ("ملیریا کیا ہے", "اس سے کیسے بچیں")),
        ("ملیریا کیا ہے۔ اس سے کیسے بچیں", ("ملیریا کیا ہے", "اس سے کیسے بچیں")),
        ("malaria ni nini na inazuiwaje hasa", ("malaria ni nini", "inazuiwaje hasa")),
        ("malaria ni nini halafu inazuiwaje hasa", ("malaria ni nini", "inazuiwaje hasa")),
        ("apa itu malaria dan bagaimana mencegahnya", ("apa itu malaria", "bagaimana mencegahnya")),
        ("apa itu malaria trus cara mencegahnya", ("apa itu malaria", "cara mencegahnya")),
    ],
)
def test_two_questions_are_parted(message: str, parts: tuple[str, str]) -> None:
    """At a sign or a word for "and", in five languages and their scripts."""
    assert parts == pair(reading.normalise(message))


@pytest.mark.parametrize(
    "message",
    [
        "",
        "and",
        "how does malaria spread",
        "how does malaria spread?",
        "soap and water",
        "salt and sugar in water",
        "fever, cough",
        "dan and andy sandals nadia",
        "what is 1.5 per cent",
        "see who.int for more",
    ],
)
def test_one_question_is_not_parted(message: str) -> None:
    """Both parts have at least two words, and a sign inside a word parts nothing."""
    assert pair(message) is None


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("what is flu and what is tb and hiv", ("what is flu", "what is tb and hiv")),
        ("flu and cold signs. how to wash hands", ("flu and cold signs", "how to wash hands")),
        ("ok. salt or sugar and what is tb", ("ok. salt or sugar", "what is tb")),
    ],
    ids=["near-the-middle", "sign-before-word", "sign-with-too-short-a-part"],
)
def test_of_several_places_the_best_is_taken(message: str, parts: tuple[str, str]) -> None:
    """The end of a sentence before an "and", the middle before the edge."""
    assert parts == pair(message)


@pytest.mark.parametrize("more", [0, 1], ids=["longest", "too-long"])
def test_a_long_message_is_no_pair(more: int) -> None:
    """It is looked at sentence by sentence instead."""
    message = "what is malaria and how is it ".ljust(LONG_CHARACTERS + more, "x")

    assert (pair(message) is None) == bool(more)
    assert bool(list(sentences(message))) == bool(more)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (
            "One is here. Two is here! Three is here?",
            ["One is here.", "Two is here!", "Three is here?"],
        ),
        ("यह एक है। यह दो है।", ["यह एक है।", "यह दो है।"]),
        ("یہ ایک ہے۔ کیا دو ہے؟", ["یہ ایک ہے۔", "کیا دو ہے؟"]),
        (
            "ask this - soap use • salt use * more on it.",
            ["ask this", "soap use", "salt use", "more on it."],
        ),
        ("Hello. Is 3.5 high? Ok.", ["Is 3.5 high?"]),
    ],
    ids=["english", "hindi", "urdu", "list", "words-alone"],
)
def test_sentences_of_a_long_message(message: str, found: list[str]) -> None:
    """Each with its sign; a word alone asks nothing."""
    assert [*found, FILLER] == list(sentences(f"{message} {FILLER}"))


def test_a_short_message_has_no_sentences() -> None:
    """It is looked at as a whole."""
    assert [] == list(sentences("One is here. Two is here."))


def test_only_so_many_sentences_are_looked_at() -> None:
    """Each costs the encoder some milliseconds; the first ones count."""
    made = list(sentences(" ".join(f"Sentence number {n}." for n in range(MOST_SENTENCES * 2))))

    assert [f"Sentence number {n}." for n in range(MOST_SENTENCES)] == made


@many
@given(messages)
def test_parts_stand_in_the_message_in_order(message: str) -> None:
    """Nothing is added, nothing overlaps, both parts can ask; whatever is typed."""
    seen = reading.normalise(message)
    parts = pair(seen)

    if parts:
        first, second = parts
        assert first in seen[: seen.rindex(second)]
        assert FEWEST_WORDS <= min(len(first.split()), len(second.split()))


@many
@given(messages, st.booleans())
def test_sentences_stand_in_the_message_in_order(message: str, raw: bool) -> None:  # noqa: FBT001
    """Also of a message that was not normalised."""
    seen = message * 5 if raw else reading.normalise(message * 5)
    at = 0
    for part in sentences(seen):
        at = seen.index(part, at) + len(part)
        assert 1 < len(part.split())
