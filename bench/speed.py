"""Milliseconds a question, beside the bare encoder (the floor), in one run.

python -m bench.speed tests/questions
"""

import sys
import time
from pathlib import Path

import numpy as np

import settings
import text as reading
import workshop
from assistant import Question, answer
from faq.evaluate import read
from reception import utc_now

ROUNDS = 2


def main(paths: list[Path]) -> None:
    """Measure and print: median and 99th percentile of each, and their ratio."""
    questions = [question.text for question in read(paths)]
    places = workshop.Places()
    chosen = settings.load(None)
    encoder = workshop.encoder(chosen, places)
    desk = workshop.desk(chosen, places, encoder)
    bare, whole = [], []
    for _ in range(ROUNDS):
        for question in questions:
            # Turn about, so that whatever else the machine does falls on both.
            start = time.perf_counter()
            encoder.vector(reading.normalise(question))
            middle = time.perf_counter()
            answer(Question(question, "terminal", utc_now()), desk)
            bare.append(1000 * (middle - start))
            whole.append(1000 * (time.perf_counter() - middle))
    floor, cost = np.percentile(bare, [50, 99]), np.percentile(whole, [50, 99])
    out = sys.stdout.write
    out(f"{len(questions)} questions, {ROUNDS} rounds\n")
    out(f"bare encoder  p50 {floor[0]:6.2f} ms  p99 {floor[1]:6.2f} ms\n")
    out(f"whole answer  p50 {cost[0]:6.2f} ms  p99 {cost[1]:6.2f} ms\n")
    out(f"ratio         p50 {cost[0] / floor[0]:6.2f}     p99 {cost[1] / floor[1]:6.2f}\n")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]] or [Path("tests/questions")])
