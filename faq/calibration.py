"""What a score means: a probability; and the least one at which to answer.  Pure.

Platt's scaling (1999): the log odds of being right are a line in the log odds of the score.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faq.newton import logistic

Doubles = npt.NDArray[np.float64]

# The line is held back towards the score itself, which matters only for a handful of questions.
RIDGE = 1.0
# A better score never means less, whatever a handful of questions may say.
LEAST_SLOPE = 0.05
EVEN = 0.5
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
        """Return the least confidence at which no more than a share of the answers is wrong.

        It is EVEN at the least: many sure answers must not pay for one that is likely wrong.
        """
        if not len(self.wrong):
            return max(EVEN, 1 - at_most_wrong)  # nothing was measured: each must be that sure
        fine = np.flatnonzero(self.wrong <= at_most_wrong)
        return max(EVEN, float(self.confidences[fine[0]])) if len(fine) else 1.0


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
    start, penalty = np.array([1.0, 0.0]), np.full(2, RIDGE)
    slope, offset = logistic(table, right, weights, start, penalty)
    if slope < LEAST_SLOPE:
        start, penalty = np.array([LEAST_SLOPE, 0.0]), np.array([np.inf, RIDGE])
        slope, offset = logistic(table, right, weights, start, penalty)
    return float(slope), float(offset)


def _log_odds(scores: Doubles) -> Doubles:
    inside = np.clip(scores, EDGE, 1 - EDGE)
    made: Doubles = np.log(inside / (1 - inside))
    return made


def _probabilities(scores: Doubles, slope: float, offset: float) -> Doubles:
    made: Doubles = 1 / (1 + np.exp(-np.clip(slope * _log_odds(scores) + offset, -30, 30)))
    return made
