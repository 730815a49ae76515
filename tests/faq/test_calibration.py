"""`faq.calibration` makes probabilities of scores, and of a promise the least one to answer."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq.calibration import EVEN, Calibration, fit

Doubles = npt.NDArray[np.float64]

many = settings(max_examples=200, deadline=None, derandomize=True)
score = st.floats(0, 1)
questions = st.lists(st.tuples(score, st.booleans()), max_size=40)


def made(pairs: list[tuple[float, bool]]) -> Calibration:
    """Learn from scores and whether each was right."""
    scores, right = zip(*pairs, strict=True) if pairs else ((), ())
    return fit(np.array(scores, np.float64), np.array(right, np.float64))


def drawn(count: int, sharpness: float) -> tuple[Doubles, Doubles, Doubles]:
    """Draw true probabilities, scores whose log odds are so many times theirs, and outcomes."""
    draw = np.random.default_rng(11)
    true = draw.uniform(0.02, 0.98, count)
    odds = sharpness * np.log(true / (1 - true))
    return true, 1 / (1 + np.exp(-odds)), (draw.random(count) < true).astype(np.float64)


@pytest.mark.parametrize("sharpness", [0.25, 0.5, 1.0, 2.0, 3.0, 4.0])
def test_scores_become_the_true_probabilities(sharpness: float) -> None:
    """Too timid or too bold before, right after; the line is the inverse of the distortion."""
    true, scores, right = drawn(4000, sharpness)
    learnt = fit(scores, right)

    assert 1 / sharpness == pytest.approx(learnt.slope, rel=0.1)
    assert 0.0 == pytest.approx(learnt.offset, abs=0.15)
    away = [abs(learnt.sure(float(one)) - hoped) for one, hoped in zip(scores, true, strict=True)]
    assert 0.05 > max(away)


def test_weights_count_like_so_many_questions() -> None:
    """Three times the weight is three times the question."""
    _, scores, right = drawn(60, 2.0)
    thrice = np.where(np.arange(60) % 2, 3, 1)
    weighted = fit(scores, right, thrice.astype(np.float64))
    repeated = fit(np.repeat(scores, thrice), np.repeat(right, thrice))

    assert repeated.slope == pytest.approx(weighted.slope, abs=1e-6)
    assert repeated.offset == pytest.approx(weighted.offset, abs=1e-6)


@pytest.mark.parametrize("at_most_wrong", [0.05, 0.1, 0.2, 0.3])
def test_from_the_least_on_no_more_than_promised_is_wrong(at_most_wrong: float) -> None:
    """And not far less: the promise is kept without holding answers back."""
    _, scores, right = drawn(4000, 2.0)
    learnt = fit(scores, right)
    least = learnt.least(at_most_wrong)
    answered = np.array([learnt.sure(float(one)) >= least for one in scores])
    wrong = 1 - float(right[answered].mean())

    assert at_most_wrong * 0.5 < wrong < at_most_wrong * 1.3


def test_the_least_confidence_is_that_of_the_first_question_kept() -> None:
    """Worked out by hand: of .5 and .9 together 3 in 10 are wrong, of .9 alone 1 in 10."""
    learnt = Calibration(1.0, 0.0, np.array([0.5, 0.9]), np.array([0.3, 0.1]))

    assert [0.5, 0.9] == [learnt.least(0.3), learnt.least(0.2)]
    assert 0.9 == learnt.least(0.1)
    assert 1.0 == learnt.least(0.05)


def test_expected_mistakes_are_of_all_that_are_at_least_as_sure() -> None:
    """As a share of their number, whatever the order the questions came in."""
    learnt = made([(0.9, True), (0.2, False), (0.6, True), (0.7, False)])
    missing = 1 - learnt.confidences

    assert sorted(learnt.confidences) == learnt.confidences.tolist()
    assert [float(missing[at:].mean()) for at in range(4)] == pytest.approx(learnt.wrong.tolist())


def test_nothing_to_learn_from_leaves_scores_as_they_are() -> None:
    """And each answer must then be as sure as all together should be."""
    learnt = made([])

    assert [0.1, 0.5, 0.9] == pytest.approx([learnt.sure(one) for one in (0.1, 0.5, 0.9)])
    assert 0.98 == learnt.least(0.02)


@pytest.mark.parametrize("count", [1, 3, 5, 20, 100])
@pytest.mark.parametrize("at", [0.001, 0.3, 0.9, 0.95, 0.999, 1.0])
@pytest.mark.parametrize("right", [True, False])
def test_questions_of_one_kind_move_confidence_to_their_side(
    count: int, at: float, *, right: bool
) -> None:
    """All right, all wrong: an organisation may label only what went wrong."""
    learnt = made([(at, right)] * count)

    assert (learnt.sure(at) - at) * (1 if right else -1) >= -1e-6
    assert learnt.sure(0.01) <= learnt.sure(0.5) <= learnt.sure(0.99)


@many
@given(questions, score)
def test_probabilities_stay_between_nought_and_one(
    pairs: list[tuple[float, bool]], asked: float
) -> None:
    """Whatever was learnt from, also where all is right or all is wrong."""
    learnt = made(pairs)

    assert 0.0 <= learnt.sure(asked) <= 1.0
    assert len(pairs) == len(learnt.confidences) == len(learnt.wrong)
    assert all(0.0 <= float(share) <= 1.0 for share in (*learnt.confidences, *learnt.wrong))


@many
@given(questions, score, score)
def test_probabilities_rise_with_the_score(
    pairs: list[tuple[float, bool]], one: float, other: float
) -> None:
    """A few odd labels must not turn the ranking upside down."""
    learnt = made(pairs)
    low, high = sorted((one, other))

    assert learnt.sure(low) <= learnt.sure(high)


@many
@given(questions)
def test_a_looser_promise_answers_no_less(pairs: list[tuple[float, bool]]) -> None:
    """Who allows more mistakes gets more answers; one who allows none gets none."""
    learnt = made(pairs)
    least = [learnt.least(share) for share in (0.0, 0.01, 0.1, 0.5, 1.0)]

    assert sorted(least, reverse=True) == least
    assert all(0.0 <= one <= 1.0 for one in least)


@many
@given(questions)
def test_what_is_learnt_fits_no_worse_than_the_scores_themselves(
    pairs: list[tuple[float, bool]],
) -> None:
    """By the likelihood of what was seen, which the fit is to raise."""
    learnt = made(pairs)
    plain = Calibration(1.0, 0.0, learnt.confidences, learnt.wrong)

    def surprise(seen: Calibration) -> float:
        shares = [seen.sure(score) if right else 1 - seen.sure(score) for score, right in pairs]
        return float(-np.log(np.maximum(shares, 1e-12)).sum())

    assert surprise(learnt) <= surprise(plain) + 1e-6


def test_many_sure_answers_do_not_pay_for_unlikely_ones() -> None:
    """However few may be wrong together, each answer is likelier right than not."""
    scores = np.array([0.999] * 990 + [0.01] * 10)
    right = np.array([1.0] * 990 + [0.0] * 10)

    assert EVEN <= fit(scores, right).least(0.2)
