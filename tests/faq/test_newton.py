"""`faq.newton` finds the lowest point of small convex losses, wherever it begins."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from faq.newton import logistic, lowest


def loss(table: np.ndarray, right: np.ndarray, made: np.ndarray, start: np.ndarray) -> float:
    """Return the penalised loss of a logistic regression, each feature held back by one."""
    raised = table @ made
    return float(np.sum(np.logaddexp(0, raised) - right * raised) + np.sum((made - start) ** 2) / 2)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.floats(-300, 300))
def test_a_start_far_away_leads_to_the_same_place(seed: int, far: float) -> None:
    """There all probabilities are nought or one, and a whole step of Newton's runs away."""
    draw = np.random.default_rng(seed)
    table, right = draw.normal(size=(40, 3)), draw.integers(0, 2, 40).astype(np.float64)
    start, penalty = np.full(3, far), np.ones(3)
    made = logistic(table, right, np.ones(40), start, penalty)

    for _ in range(20):
        aside = made + draw.normal(size=3) * 1e-3
        assert loss(table, right, made, start) <= loss(table, right, aside, start) + 1e-6


def test_what_may_not_change_stays() -> None:
    """An infinite penalty holds a weight where it is; the others fit around it."""
    table = np.array([[1.0, 1.0], [1.0, 0.0], [-1.0, 1.0], [-1.0, 0.0]])
    made = logistic(
        table, np.array([1.0, 1.0, 0, 0]), np.ones(4), np.array([0.05, 0]), np.array([np.inf, 1])
    )

    assert 0.05 == made[0]
    assert abs(made[1]) < 0.1


def test_a_step_uphill_is_halved() -> None:
    """Steps ten times too long still end at the bottom."""
    end = lowest(np.array([5.0]), lambda at: float((at - 2) @ (at - 2)), lambda at: -10 * (at - 2))

    assert abs(float(end[0]) - 2) < 1e-5
