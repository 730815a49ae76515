"""Newton's method for what is learnt here: small convex losses.  Pure."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

SMALL = 1e-6  # a step that shows in no probability
MOST_ROUNDS = 100


def lowest(
    start: Doubles, loss: Callable[[Doubles], float], step: Callable[[Doubles], Doubles]
) -> Doubles:
    """Return where a loss is lowest.

    Args:
        start: Where to begin.
        loss: Of weights.
        step: Newton's, from some weights.  It is halved while it would lead uphill: far from the
            lowest point, where all probabilities are nought or one, a whole one runs away.
    """
    at, here = start, loss(start)
    for _ in range(MOST_ROUNDS):
        move = step(at)
        there = loss(at + move)
        while there > here and float(np.abs(move).max()) > SMALL:
            move = move / 2
            there = loss(at + move)
        at, here = at + move, there
        if float(np.abs(move).max()) < SMALL:
            break
    return at


def logistic(
    table: Doubles, right: Doubles, weights: Doubles, start: Doubles, penalty: Doubles
) -> Doubles:
    """Fit a weighted logistic regression.

    Args:
        table: Features, shape (samples, features).
        right: 1.0 or 0.0, shape (samples,).
        weights: How much each sample counts.
        start: What the fit is held back towards, shape (features,).
        penalty: How much, for each feature; infinite for what may not change.
    """
    free = np.isfinite(penalty)
    held = np.where(free, penalty, 0.0)

    def loss(made: Doubles) -> float:
        raised = table @ made
        unlikely = weights @ (np.logaddexp(0, raised) - right * raised)
        return float(unlikely + held @ (made - start) ** 2 / 2)

    def step(made: Doubles) -> Doubles:
        shares = 1 / (1 + np.exp(-np.clip(table @ made, -30, 30)))
        uphill = table.T @ (weights * (right - shares)) - held * (made - start)
        curve = (table * (weights * shares * (1 - shares))[:, None]).T @ table + np.diag(held)
        moves = np.zeros(len(made))
        moves[free] = np.linalg.solve(curve[np.ix_(free, free)], uphill[free])
        return moves

    return lowest(start, loss, step)
