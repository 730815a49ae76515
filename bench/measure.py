"""Ask all peers the same questions, one after the other, and count."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.peers import Peer
from bench.sets import Asked, Set

Doubles = npt.NDArray[np.float64]
NEVER = 1_000_000  # the place of an entry in a question that has none


@dataclass(frozen=True, slots=True)
class Result:
    """What one peer made of a set, a value for each question."""

    places: npt.NDArray[np.int64]  # of the first right entry, from 0; `NEVER` out of scope
    tops: Doubles  # the best score
    ms: Doubles

    @property
    def answerable(self) -> npt.NDArray[np.bool_]:
        """Which questions the base has an answer to."""
        made: npt.NDArray[np.bool_] = self.places < NEVER
        return made

    def hit(self, first: int, chosen: npt.NDArray[np.bool_] | None = None) -> float:
        """Return the share of answerable questions whose entry is among the first."""
        found = self.answerable if chosen is None else self.answerable & chosen
        return float((self.places[found] < first).mean()) if found.any() else float("nan")


def auroc(right: Doubles, wrong: Doubles) -> float:
    """Return how often a right one scores above a wrong one, ties by half (Mann and Whitney)."""
    if not len(right) or not len(wrong):
        return float("nan")
    below = np.searchsorted(np.sort(wrong), right, side="left").sum()
    upto = np.searchsorted(np.sort(wrong), right, side="right").sum()
    return float((below + upto) / 2 / len(right) / len(wrong))


def place(scores: Doubles, entries: Sequence[str], wanted: frozenset[str]) -> int:
    """Return where the first wanted entry stands; of equal scores the earlier entry is before."""
    if not wanted:
        return NEVER
    order = np.argsort(-scores, kind="stable")
    return next((at for at, one in enumerate(order) if entries[one] in wanted), NEVER - 1)


def ask(
    peers: Sequence[Peer], asked: Set, told: Callable[[str, int, int], None] | None = None
) -> dict[str, Result]:
    """Return each peer's result by name; the peers are fitted.

    All peers get a question before any gets the next, each time another one first, so that
    whatever else the machine does falls on all alike.
    """
    made: dict[str, list[tuple[int, float, float]]] = {peer.name: [] for peer in peers}
    for number, question in enumerate(asked.questions):
        turn = number % len(peers)
        for peer in (*peers[turn:], *peers[:turn]):
            made[peer.name].append(_once(peer, asked, question))
        if told:
            told(f"asking {asked.name}", number + 1, len(asked.questions))
    return {
        name: Result(
            np.array([one[0] for one in found], np.int64),
            np.array([one[1] for one in found], np.float64),
            np.array([one[2] for one in found], np.float64),
        )
        for name, found in made.items()
    }


def _once(peer: Peer, asked: Set, question: Asked) -> tuple[int, float, float]:
    start = time.perf_counter()
    scores = peer.score(question.text)
    ms = 1000 * (time.perf_counter() - start)
    return place(scores, asked.base.entries, question.wanted), float(scores.max()), ms
