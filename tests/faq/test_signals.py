"""`faq.signals`: letters, sounds and words by which a wording is found."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq.signals import (
    COMMON,
    FEW_ROWS,
    MOST_WORDS,
    Grams,
    Words,
    gram_index,
    grams,
    letters,
    skeleton,
    word_counts,
)

WORDINGS = ("how does malaria spread", "signs of malaria", "signs of dengue", "hand washing")
many = settings(max_examples=150, deadline=None, derandomize=True)
words_ = st.lists(st.text(st.sampled_from("abcdk"), min_size=1, max_size=6), max_size=6)
spaced = words_.map(" ".join)


def cosine(asked: str, row: int, texts: list[str], sizes: tuple[int, int]) -> float:
    """Return the cosine of TF-IDF vectors, computed as the textbook says, word by word."""
    counted = [grams(text, *sizes) for text in texts]

    def weights(counts: Counter[int]) -> dict[int, float]:
        seen = {gram: sum(gram in other for other in counted) for gram in counts}
        return {
            gram: (1 + math.log(count)) * (math.log((1 + len(texts)) / (1 + seen[gram])) + 1)
            for gram, count in counts.items()
        }

    one, two = weights(grams(asked, *sizes)), weights(counted[row])
    dot = sum(weight * two.get(gram, 0.0) for gram, weight in one.items())
    long = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in two.values()))
    return dot / long if long else 0.0


@pytest.mark.parametrize(
    "written",
    [
        ("मलेरिया कैसे", "malaria kese", "ملیریا کیسے", "maleria kaise"),
        ("मच्छर", "machhar", "machar", "مچھر"),
        ("बुखार", "bukhar", "bukhaar", "بخار"),
        ("दवा", "dawa", "dava", "دوا"),
        ("बच्चा", "bachcha", "bacha", "بچہ"),
        ("सिर दर्द", "sir dard", "sar dard", "سر درد"),
        ("फैलता", "failta", "phelta", "پھیلتا"),
        ("ज़हर", "zahar", "zeher", "زہر"),
        ("टीबी", "teebee", "tibi"),
    ],
    ids=lambda written: written[1],
)
def test_a_word_has_one_skeleton_in_every_script(written: tuple[str, ...]) -> None:
    """People type Hindi and Urdu in Latin letters as they please."""
    shown = {text: skeleton(text) for text in written}

    assert 1 == len(set(shown.values())), shown


@pytest.mark.parametrize(
    ("asked", "row"),
    [("सांप", 0), ("سانپ", 0), ("डेंगू", 1), ("ڈینگو", 1), ("shugar", 2), ("شوگر", 2)],
)
def test_sounds_that_a_script_writes_in_two_ways_stay_near(asked: str, row: int) -> None:
    """Nasals and the Urdu letter for o, u and v differ by a letter and still find the word."""
    index = gram_index([skeleton(word) for word in ("saanp", "dengue", "sugar")], 1, 4)

    assert row == int(index.likeness(skeleton(asked)).argmax())


def test_the_skeleton_is_the_consonants() -> None:
    """The example of the docstring."""
    assert "mlr ks" == skeleton("malaria kese")


@pytest.mark.parametrize(
    ("one", "other"),
    [("malaria", "dengue"), ("khana", "pani"), ("tb", "hiv"), ("मां", "नाक")],
)
def test_different_words_keep_different_skeletons(one: str, other: str) -> None:
    """Sounds are merged, words are not."""
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize("text", ["", "?!", "😀", "\u200b"])
def test_a_text_without_words_has_no_signals(text: str) -> None:
    """Not even an empty word."""
    assert "" == skeleton(text)
    assert "" == letters(text)


@many
@given(st.text(max_size=80))
def test_skeletons_are_ascii_words_parted_by_single_spaces(text: str) -> None:
    """Whatever script comes in."""
    bones = skeleton(text)

    assert bones.isascii()
    assert bones == " ".join(bones.split())


def test_only_the_first_words_of_a_long_message_are_looked_at() -> None:
    """Time stays bounded; the first words say what is asked."""
    long = "one two " * 100

    assert MOST_WORDS == len(letters(long).split())
    assert MOST_WORDS == len(skeleton(long).split())


def test_grams_do_not_cross_words() -> None:
    """The order of words does not matter to them."""
    assert grams("hand washing", 2, 4) == grams("washing hand", 2, 4)


def test_grams_know_where_a_word_begins_and_ends() -> None:
    """A word of one letter has a beginning and an end: " a", "a ", " a "."""
    assert 3 == sum(grams("a", 2, 4).values())
    assert {2} == set(grams("a a", 2, 4).values())
    assert {} == grams("", 2, 4)


@pytest.fixture(scope="module")
def index() -> Grams:
    """An index of four wordings."""
    return gram_index(WORDINGS, 2, 4)


@pytest.mark.parametrize("row", range(len(WORDINGS)))
def test_a_wording_is_most_like_itself(index: Grams, row: int) -> None:
    """With a cosine of one, and nothing above it."""
    scores = index.likeness(WORDINGS[row])

    assert row == int(scores.argmax())
    assert 1.0 == pytest.approx(float(scores[row]), abs=1e-5)


def test_a_slip_of_the_finger_keeps_a_word_near(index: Grams) -> None:
    """Nearer to what was meant than to all others."""
    assert 3 == int(index.likeness("hnad wahsing").argmax())


def test_what_only_one_wording_says_counts_most(index: Grams) -> None:
    """“dengue” is rarer than “signs of”."""
    scores = index.likeness("dengue signs")

    assert 2 == int(scores.argmax())
    assert 0.0 < scores[1] < scores[2]


@pytest.mark.parametrize("asked", ["", "xyzzy", "qqq"])
def test_nothing_shared_is_nothing_like(index: Grams, asked: str) -> None:
    """Zeros, one for each row, of the right shape."""
    assert [0.0] * len(WORDINGS) == index.likeness(asked).tolist()


@pytest.mark.parametrize("texts", [[], [""], ["", "malaria"]], ids=["none", "empty", "one-empty"])
def test_an_index_may_hold_nothing(texts: list[str]) -> None:
    """Emoji alone make an empty row."""
    scores = gram_index(texts, 2, 4).likeness("malaria")

    assert [pytest.approx(float(bool(text)), abs=1e-5) for text in texts] == scores.tolist()


@many
@given(asked=spaced, texts=st.lists(spaced, min_size=1, max_size=6), longest=st.integers(2, 4))
def test_likeness_is_the_cosine_of_the_textbook(asked: str, texts: list[str], longest: int) -> None:
    """The flat arrays give what plain sums over dictionaries give."""
    made = gram_index(texts, 1, longest).likeness(asked)
    expected = [cosine(asked, row, texts, (1, longest)) for row in range(len(texts))]

    np.testing.assert_allclose(made, expected, atol=1e-4)


@many
@given(asked=spaced, texts=st.lists(spaced, min_size=1, max_size=6))
def test_likeness_is_between_zero_and_one(asked: str, texts: list[str]) -> None:
    """So that signals can be weighed against each other."""
    scores = gram_index(texts, 2, 4).likeness(asked)

    assert 0.0 <= float(scores.min())
    assert 1.0 + 1e-5 >= float(scores.max())


@pytest.mark.parametrize(
    ("rows", "most"),
    [(FEW_ROWS + 100, FEW_ROWS), (round(FEW_ROWS / COMMON) + 1000, FEW_ROWS + 50)],
    ids=["few-rows", "share"],
)
@pytest.mark.parametrize("more", [0, 1], ids=["most", "one-more"])
def test_grams_of_very_many_rows_find_nothing(rows: int, most: int, more: int) -> None:
    """They tell little and cost most of the time; so many rows, or such a share, still count."""
    texts = [
        "bb" if row < most + more else "qq" if row == most + more else "" for row in range(rows)
    ]
    made = gram_index(texts, 2, 2)

    assert (0 if more else most) == int((made.likeness("bb") > 0).sum())
    assert 1 == int((made.likeness("qq") > 0).sum())


def test_a_gram_that_finds_nothing_still_has_its_weight_in_the_question() -> None:
    """What is common does not make the rest surer: the cosine is as it was, less that part."""
    texts = [*["bb"] * (FEW_ROWS + 1), "bb qq", *[""] * 50]
    score = float(gram_index(texts, 2, 2).likeness("bb qq")[FEW_ROWS + 1])

    assert 0.5 < score < 1.0


def test_the_rows_of_an_index_stand_in_order(index: Grams) -> None:
    """Each bucket's rows, ascending, between its start and the next."""
    parts = np.split(index.rows, index.starts[1:-1])

    assert len(index.rows) == index.starts[-1]
    assert all((np.diff(part) > 0).all() for part in parts)


def test_an_index_and_words_can_be_kept_as_arrays(index: Grams) -> None:
    """What is read from disk answers as what was made."""
    again = Grams.from_arrays(2, 4, index.arrays("some"), "some")
    words = Words((), 3, word_counts(ROWS))

    assert index.likeness("dengue signs").tolist() == again.likeness("dengue signs").tolist()
    assert Words(ROWS, 3).coverage("mlr sns").tolist() == words.coverage("mlr sns").tolist()


ROWS = [(0, "mlr sprd"), (0, "mlr sns"), (1, "dng sns"), (2, "hnd vs")]


def test_a_word_of_one_entry_tells_more_than_a_shared_one() -> None:
    """And a word that no entry has tells most."""
    counted = Words(ROWS, 3)

    assert counted.rarity("xyz") > counted.rarity("mlr") > counted.rarity("sns")
    assert 0.0 == Words([(0, "mlr"), (1, "mlr")], 2).rarity("mlr")


def test_coverage_is_the_share_of_telltale_words() -> None:
    """The first entry has both words, the second only the shared one, the third none."""
    covered = Words(ROWS, 3).coverage("mlr sns")

    assert 1.0 == pytest.approx(float(covered[0]))
    assert 0.0 < covered[1] < 0.5
    assert 0.0 == covered[2]


def test_coverage_leaves_a_wording_out_that_asks_for_itself() -> None:
    """Learning hides a wording; words that only it has are gone then."""
    counted = Words(ROWS, 3)

    assert 0.0 == counted.coverage("hnd vs", without=2)[2]
    assert 0.0 < counted.coverage("mlr sprd", without=0)[0] < 1.0


@pytest.mark.parametrize("bones", ["", "mlr"])
def test_coverage_without_telltale_words_is_nothing(bones: str) -> None:
    """No words, or words that every entry has: no division by nought."""
    covered = Words([(0, "mlr"), (1, "mlr")], 2).coverage(bones)

    assert [0.0, 0.0] == covered.tolist()
