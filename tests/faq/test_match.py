"""`faq.match` ranks entries and says how likely the answer is among them at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letter_base import WORDINGS, LetterEncoder, asked, library, shown

import text as reading
from assistant import MOST_SUGGESTIONS, Desk
from faq.calibration import Calibration
from faq.index import HEAD_RIDGE, Index, build
from faq.language import Form
from faq.learn import learn
from faq.match import (
    CANDIDATES,
    FINALISTS,
    SIGNALS,
    Candidate,
    Matcher,
    Ranking,
    ask,
    rank,
    signals,
)
from text import Language

NONSENSE = ("qqq", "asdfgh qwerty zxcvb", "xyzzy plugh frotz", "lorem ipsum dolor sit amet")
STRAYS = ("who won the match", "cricket score today", "bus to the market")


def really(desk: Desk, question: str) -> Ranking:
    """Rank with the starter knowledge base."""
    index = desk.matcher.index
    guess = index.detector.guess(question)
    vector = desk.encoder.vector(reading.normalise(question))
    return rank(desk.matcher, ask(index, question), vector, guess.form if guess else None)


@pytest.fixture(scope="module")
def index() -> Index:
    """An index of three entries, and three sentences that none of them answers."""
    return build(library(WORDINGS, {Language.EN: STRAYS}), LetterEncoder())


@pytest.fixture(scope="module")
def three(index: Index) -> Matcher:
    """A matcher over three entries."""
    return learn(index)


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("how is malaria spread around", "malaria-spread"),
        ("मलेरिया किस तरह फैलता है", "malaria-spread"),
        ("malaria kis tarah failta hai", "malaria-spread"),
        ("ملیریا کس طرح پھیلتا ہے", "malaria-spread"),
        ("malaria kis terha phelta hai", "malaria-spread"),
        ("malaria inaambukizwa kwa njia gani", "malaria-spread"),
        ("malaria inaenea kwa njia gani", "malaria-spread"),
        ("malaria menular dengan cara apa", "malaria-spread"),
        ("saanp ne kaat liya to kya karna chahiye", "snake-bite"),
    ],
)
def test_finds_the_entry_a_person_means(desk: Desk, question: str, entry: str) -> None:
    """In five languages, two of them also in Latin letters, and misspelt."""
    ranking = really(desk, question)

    assert entry == ranking.candidates[0].entry
    assert ranking.confidence() >= desk.limits.answer_at


def test_what_is_less_sure_is_at_least_offered(desk: Desk) -> None:
    """Every word of it is misspelt."""
    ranking = really(desk, "wat r teh sings of diabtes")

    assert "diabetes-symptoms" == ranking.candidates[0].entry
    assert ranking.confidence() >= desk.limits.suggest_at


@pytest.mark.parametrize("question", NONSENSE)
def test_nonsense_finds_nothing(desk: Desk, question: str) -> None:
    """A stray health answer does more harm than saying that there is none."""
    ranking = really(desk, question)

    assert ranking.held < desk.limits.suggest_at
    assert ranking.together(MOST_SUGGESTIONS) < desk.limits.suggest_at


def test_a_hidden_answer_is_less_likely_held_than_a_known_one(desk: Desk) -> None:
    """A health question that no entry answers is a near miss, not a hit."""
    known = really(desk, "how does malaria spread")
    other = really(desk, "how does a kidney transplant work")

    assert other.held < known.held


@settings(max_examples=100, deadline=None, derandomize=True)
@given(question=st.text(max_size=60) | st.text(st.sampled_from("malriehowd ?"), max_size=40))
def test_candidates_come_likeliest_first_and_share_one(three: Matcher, question: str) -> None:
    """Whatever is asked, the numbers are probabilities."""
    ranking = asked(three, question)
    shares = [candidate.share for candidate in ranking.candidates]

    assert shares == sorted(shares, reverse=True)
    assert 1.0 == pytest.approx(sum(shares))
    assert 0.0 <= ranking.held <= 1.0


def test_a_candidate_tells_why(desk: Desk) -> None:
    """The nearest wording and a value for each signal, for `bot.py ask`."""
    best = really(desk, "how do you catch malaria").candidates[0]

    assert "how do you catch malaria" == best.wording
    assert len(SIGNALS) == len(best.signals)
    assert 1.0 == pytest.approx(best.signals[SIGNALS.index("encoder best")], abs=1e-4)
    assert 1.0 == pytest.approx(best.signals[SIGNALS.index("fuzzy")], abs=1e-4)


def test_a_word_for_word_wording_is_surer_than_a_reworded_one(desk: Desk) -> None:
    """Certainty follows likeness."""
    exact, near = really(desk, "how do you catch malaria"), really(desk, "how can malaria catch me")

    assert near.confidence() < exact.confidence()


def test_more_entries_than_candidates_are_cut_to_the_likeliest() -> None:
    """Ten are weighed, the rest cannot win; which, is chosen for each question."""
    count = FINALISTS + 6
    many = {
        f"entry-{n:02}": [f"topic{n:02} question", f"about topic{n:02} now"] for n in range(count)
    }
    made = learn(build(library(many), LetterEncoder()))
    rankings = [asked(made, f"topic{n:02} question") for n in range(count)]

    assert {CANDIDATES} == {len(ranking.candidates) for ranking in rankings}
    assert list(many) == [ranking.candidates[0].entry for ranking in rankings]


@pytest.mark.parametrize("question", ["what is tb", "", "qqq"])
def test_a_knowledge_base_of_one_entry_can_be_asked(question: str) -> None:
    """It begins with the first entry, even with a single wording."""
    ranking = asked(learn(build(library({"tb": ["what is tb"]}), LetterEncoder())), question)

    assert [("tb", 1.0)] == [(candidate.entry, candidate.share) for candidate in ranking.candidates]
    assert 0.0 <= ranking.held <= 1.0
    assert 0.0 <= ranking.confidence() <= 1.0


def test_a_form_that_nobody_wrote_in_is_ranked_by_all_forms_together(three: Matcher) -> None:
    """What is not known of a language is taken from the others."""
    unknown = shown(asked(three, "malaria mosquito", None))

    assert unknown == shown(asked(three, "malaria mosquito", Form.SW))
    assert unknown != shown(asked(three, "malaria mosquito", Form.EN))


def ranking(slope: float, offset: float) -> Ranking:
    """Return two candidates, held by half, whose scores mean what a line says."""
    nothing = np.zeros(0)
    candidates = (Candidate(id_, share, "", ()) for id_, share in (("a", 0.75), ("b", 0.25)))
    return Ranking(tuple(candidates), 0.5, Calibration(slope, offset, nothing, nothing))


def test_confidence_is_the_share_of_what_is_held() -> None:
    """Of one candidate, and nothing for one that is not there; several are added."""
    plain = ranking(1.0, 0.0)

    assert [0.375, 0.125] == pytest.approx([plain.confidence(0), plain.confidence(1)])
    assert 0.0 == plain.confidence(2)
    assert [0.375, 0.5, 0.5] == pytest.approx([plain.together(count) for count in (1, 2, 3)])


def test_confidence_is_calibrated() -> None:
    """What was learnt on labelled questions has the last word."""
    surer = ranking(1.0, np.log(3.0))

    assert 9 / 14 == pytest.approx(surer.confidence())
    assert 0.75 == pytest.approx(surer.together(2))


def test_a_question_knows_how_like_all_rows_it_is(index: Index) -> None:
    """Computed once, before the encoder has read it."""
    question = ask(index, "Soap, and  WATER!")
    rows = [row.text for row in index.rows]

    assert ("soap and water", 3) == (question.words, question.length)
    assert "soap and water" == rows[int(question.letter_scores.argmax())]
    assert "soap and water" == rows[int(question.sound_scores.argmax())]


# ---- what must not find itself


def test_a_row_that_is_the_question_itself_finds_its_siblings_only(index: Index) -> None:
    """Learning asks the base its own wordings as if somebody else had."""
    own = 1
    question = ask(index, index.rows[own].text)
    whole = signals(index, question, index.vectors[own])
    found = signals(index, question, index.vectors[own], own=own)
    place = found.entries.tolist().index(0)

    assert own in whole.rows
    assert own not in found.rows
    assert 1.0 == pytest.approx(float(whole.features[:, 0].max()), abs=1e-5)
    siblings = index.vectors[[0, 2]] @ index.vectors[own]
    assert float(siblings.max()) == pytest.approx(float(found.features[place, 0]), abs=1e-5)


def test_a_hidden_entry_is_not_found(index: Index) -> None:
    """Not even by its own wording: so the gate learns what a near miss looks like."""
    question = ask(index, index.rows[0].text)
    found = signals(index, question, index.vectors[0], own=0, hidden=0)

    assert {1, 2} == set(found.entries.tolist())


def leaning_without(index: Index, number: int) -> float:
    """Fit the head anew without one of its rows; return how that row leans to the background."""
    vectors = np.concatenate([index.vectors, index.none_vectors]).astype(np.float64)
    stray = np.arange(len(vectors)) >= len(index.rows)
    rest, wanted = np.delete(vectors, number, axis=0), np.delete(stray, number)
    gram = rest.T @ rest + HEAD_RIDGE * np.eye(rest.shape[1])
    return float(vectors[number] @ np.linalg.solve(gram, rest.T @ wanted))


def test_a_wording_leans_to_the_background_as_if_the_head_had_not_seen_it(index: Index) -> None:
    """The short cut by leverage gives the very number of a fit without it."""
    question = ask(index, index.rows[4].text)
    found = signals(index, question, index.vectors[4], own=4)

    assert leaning_without(index, 4) == pytest.approx(float(found.none[0]), abs=1e-4)


def test_a_background_sentence_does_not_find_itself(index: Index) -> None:
    """It leans, and is near, to the other background as a stranger would."""
    number, vector = 1, index.none_vectors[1]
    question = ask(index, STRAYS[number])
    whole = signals(index, question, vector).none
    found = signals(index, question, vector, unheld=number).none
    others = np.delete(index.none_vectors, number, axis=0) @ vector

    assert 1.0 == pytest.approx(float(whole[1]), abs=1e-5)
    assert leaning_without(index, len(index.rows) + number) == pytest.approx(found[0], abs=1e-4)
    assert float(others.max()) == pytest.approx(float(found[1]), abs=1e-5)


def test_without_background_nothing_is_near_to_it() -> None:
    """A knowledge base may have none; no division by nought."""
    bare = build(library(WORDINGS), LetterEncoder())

    assert [0.0, 0.0, 0.0] == signals(bare, ask(bare, "qqq"), bare.vectors[0]).none.tolist()
