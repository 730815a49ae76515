"""What a score means: a probability; and the least one at which to answer.  Pure.

Platt's scaling (1999): the log odds of being right are a line in the log odds of the score.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

# The line is held back towards the score itself, which matters only for a handful of questions.
RIDGE = 1.0
# A better score never means less, whatever a handful of questions may say.
LEAST_SLOPE = 0.05
SMALL = 1e-6  # a step that shows in no probability
EDGE = 1e-6  # scores nearer to nought or one than this are as good as there


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores mean.

    Attributes:
        slope: Of the line.
        offset: Of the line.
        confidences: Of the questions it was learnt from, rising, shape (questions,).
        wrong: The share of wrong answers to expect if all from that confidence on are answered.
    """

    slope: float
    offset: float
    confidences: Doubles
    wrong: Doubles

    def sure(self, score: float) -> float:
        """Return the probability that what has this score is right."""
        return float(_probabilities(np.array([score]), self.slope, self.offset)[0])

    def least(self, at_most_wrong: float) -> float:
        """Return the least confidence at which no more than a share of the answers is wrong."""
        if not len(self.wrong):
            return 1 - at_most_wrong  # nothing was measured: each answer must be that sure
        fine = np.flatnonzero(self.wrong <= at_most_wrong)
        return float(self.confidences[fine[0]]) if len(fine) else 1.0


AS_IT_IS = Calibration(1.0, 0.0, np.zeros(0), np.zeros(0))
"""Takes a score for a probability."""


def fit(scores: Doubles, right: Doubles, weights: Doubles | None = None) -> Calibration:
    """Learn what scores mean.

    Args:
        scores: 0.0 to 1.0, shape (questions,).
        right: 1.0 where the best candidate was right, 0.0 elsewhere.
        weights: How much each question counts.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    slope, offset = _line(_log_odds(scores), right, weights)
    confidences = _probabilities(scores, slope, offset)
    order = np.argsort(confidences, kind="stable")
    missing, counts = (weights * (1 - confidences))[order], weights[order]
    # Expected mistakes among all at least as sure, as a share of their number.
    wrong = np.cumsum(missing[::-1])[::-1] / np.maximum(np.cumsum(counts[::-1])[::-1], EDGE)
    return Calibration(slope, offset, confidences[order], wrong)


def _line(odds: Doubles, right: Doubles, weights: Doubles) -> tuple[float, float]:
    """Fit slope and offset."""
    table = np.column_stack([odds, np.ones(len(odds))])
    slope, offset = _fitted(table, right, weights, np.array([1.0, 0.0]), np.ones(2))
    if slope < LEAST_SLOPE:
        start = np.array([LEAST_SLOPE, 0.0])
        slope, offset = _fitted(table, right, weights, start, np.array([0.0, 1.0]))
    return float(slope), float(offset)


def _fitted(
    table: Doubles, right: Doubles, weights: Doubles, start: Doubles, free: Doubles
) -> Doubles:
    """Return the line by Newton's method, each step halved while it would lead uphill.

    Args:
        table: Log odds and ones, shape (questions, 2).
        right: 1.0 where the best candidate was right.
        weights: How much each question counts.
        start: The line to begin with, and to be held back towards.
        free: 1.0 for what may change, 0.0 for what may not.
    """

    def loss(line: Doubles) -> float:
        raised = table @ line
        unlikely = weights @ (np.logaddexp(0, raised) - right * raised)
        return float(unlikely + RIDGE / 2 * np.sum((line - start) ** 2))

    line = start
    for _ in range(100):
        shares = 1 / (1 + np.exp(-np.clip(table @ line, -30, 30)))
        uphill = free * (table.T @ (weights * (right - shares)) - RIDGE * (line - start))
        curve = (table * (weights * shares * (1 - shares))[:, None]).T @ table
        step = np.linalg.solve(curve * np.outer(free, free) + RIDGE * np.eye(2), uphill)
        while loss(line + step) > loss(line) and float(np.abs(step).max()) > SMALL:
            step /= 2
        line = line + step
        if float(np.abs(step).max()) < SMALL:
            break
    return line


def _log_odds(scores: Doubles) -> Doubles:
    inside = np.clip(scores, EDGE, 1 - EDGE)
    made: Doubles = np.log(inside / (1 - inside))
    return made


def _probabilities(scores: Doubles, slope: float, offset: float) -> Doubles:
    made: Doubles = 1 / (1 + np.exp(-np.clip(slope * _log_odds(scores) + offset, -30, 30)))
    return made
