"""Our matcher beside its peers: accuracy and speed, in one run.

python -m bench.compare [--sets FOLDER] [--data FOLDER]; `make bench` installs the peers before.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import settings
import text as reading
import workshop
from bench import measure, page, plot, sets
from bench.peers import Floats, Peer, peers
from commands.tools import progress
from faq.evaluate import read
from faq.index import Encodes, Index, Progress, build

QUESTIONS = workshop.HOME / "tests" / "questions"
PAGE = workshop.HOME / "docs" / "benchmarks.md"
PICTURE = workshop.HOME / "docs" / "pictures" / "benchmarks.svg"


class Remembered:
    """Vectors of wordings: those that are known, and the encoder for the others."""

    def __init__(self, encoder: Encodes, index: Index) -> None:
        """Remember the vectors of an index."""
        self._encoder = encoder
        texts = (reading.normalise(row.text) for row in index.rows)
        self._known = dict(zip(texts, index.raw, strict=True))

    def __call__(self, said: Sequence[str]) -> Floats:
        """Return the vectors of some texts, shape (texts, size)."""
        for text in map(reading.normalise, said):
            if text not in self._known:
                self._known[text] = self._encoder.vector(text)
        return np.array([self._known[reading.normalise(text)] for text in said], np.float32)


def fitted(made: list[Peer], base: sets.Base, told: Progress) -> list[Peer]:
    """Fit the peers."""
    for number, peer in enumerate(made, 1):
        peer.fit(base.entries, base.rows)
        told("fitting", number, len(made))
    return made


def main(folder: Path | None, data: Path) -> None:
    """Measure, and write page and picture."""
    start = time.monotonic()
    page.replaced(PAGE.read_text("utf-8"), "")  # a page without its marks is told before the work
    places, chosen = workshop.Places(data=data), settings.load(None)
    encoder = workshop.encoder(chosen, places)
    with progress() as told:
        desk = workshop.desk(chosen, places, encoder, told)
        index = build(desk.library, encoder, data / "index.npz", told)
        vectors = Remembered(encoder, index)
        base = sets.Base(index.entries, index.rows)
        own = sets.ours(base, read([QUESTIONS]))
        strays = sets.strays(folder, base) if folder else []
        ready = fitted(peers(encoder, vectors, desk.matcher), base, told)
        first, *away = (page.Measured(one, measure.ask(ready, one, told)) for one in (own, *strays))
        others = []
        for one in sets.public(folder) if folder else ():
            ready = fitted(peers(encoder, vectors), one.base, told)
            others.append(page.Measured(one, measure.ask(ready, one, told)))
    page.write(PAGE, page.part(first, others, away, desk.limits.answer_at))
    plot.draw(PICTURE, {one.asked.name: one.scored for one in (first, *others)})
    minutes = (time.monotonic() - start) / 60
    sys.stdout.write(f"{minutes:.1f} minutes; written: {PAGE}, {PICTURE}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=Path, help="the folder of the public sets")
    parser.add_argument("--data", type=Path, default=Path("var"), help="the data folder")
    given = parser.parse_args()
    if given.sets and not any((given.sets / name).is_dir() for name in sets.PUBLIC | sets.STRAYS):
        parser.error(f"{given.sets} holds none of {', '.join(sets.PUBLIC | sets.STRAYS)}")
    main(given.sets, given.data)
