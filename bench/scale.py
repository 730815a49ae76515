"""How far the matcher carries: a large made-up base, and what each step costs.

python -m bench.scale [entries]

Entries are made of the starter base's own words by a seeded generator, and vectors by a fixed
random projection, so that only our own code is measured: no encoder runs.  The questions are easy:
that their entries are found shows that nothing breaks, not how good the matcher is.
"""

import functools
import resource
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

import text as reading
import workshop
from commands.tools import progress
from faq import load
from faq.entry import Entry, Library
from faq.index import Progress, Row, build, rows_of
from faq.language import Form
from faq.learn import learn
from faq.match import Matcher, ask, rank

Floats = npt.NDArray[np.float32]
Random = np.random.Generator

SEED = 7
ENTRIES = 20_000
QUESTIONS = 500
# Three wordings a language; Hindi and Urdu also in Latin letters.
WORDINGS = {
    "en": (Form.EN,) * 3,
    "hi": (Form.HI, Form.HI, Form.HI_LATIN),
    "ur": (Form.UR, Form.UR, Form.UR_LATIN),
    "sw": (Form.SW,) * 3,
    "id": (Form.ID,) * 3,
}
TOPIC_WORDS = 3  # of an entry, in each of its wordings
OTHER_WORDS = (1, 4)  # drawn anew for each wording, from and to
SIZE = 384


class Projected:
    """Stands for an encoder: each word has a fixed random direction, a text is their sum."""

    digest, size = "projected", SIZE

    def vector(self, text: str) -> Floats:
        """Return the unit vector of a text, shape (size,)."""
        found = np.sum([_direction(word) for word in text.split()] or [_direction("")], axis=0)
        made: Floats = (found / np.linalg.norm(found)).astype(np.float32)
        return made


@functools.cache
def _direction(word: str) -> Floats:
    draw = np.random.default_rng([SEED, zlib.crc32(word.encode())])
    return draw.standard_normal(SIZE).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one form, and how often each is drawn."""

    words: tuple[str, ...]
    common: npt.NDArray[np.float64]  # as often as people write them
    telling: npt.NDArray[np.float64]  # evened out: what an entry is about

    def draw(self, draw: Random, count: int, *, telling: bool = False) -> list[str]:
        """Draw different words."""
        shares = self.telling if telling else self.common
        places = draw.choice(len(self.words), count, replace=False, p=shares, shuffle=True)
        return [self.words[place] for place in places]


def vocabularies(rows: tuple[Row, ...]) -> dict[Form, Vocabulary]:
    """Return the words of some wordings by form."""
    counted: dict[Form, Counter[str]] = {}
    for row in rows:
        counted.setdefault(row.form, Counter()).update(reading.words(row.text))
    made = {}
    for form, counts in counted.items():
        often = np.array(list(counts.values()), np.float64)
        evened = np.minimum(often, np.median(often))
        made[form] = Vocabulary(tuple(counts), often / often.sum(), evened / evened.sum())
    return made


def large(starter: Library, entries: int, draw: Random) -> Library:
    """Make a library of many entries; the same seed, the same library."""
    known = vocabularies(rows_of(starter)[1])
    pattern = next(iter(starter.entries.values())).model_dump(mode="json", exclude={"texts"})
    made = {}
    for number in range(entries):
        id_ = f"entry-{number:06}"
        about = {form: words.draw(draw, TOPIC_WORDS, telling=True) for form, words in known.items()}
        texts = {}
        for language, forms in WORDINGS.items():
            first, *others = (_wording(known[form], about[form], draw) for form in forms)
            texts[language] = {"question": first, "wordings": others, "answer": "A" * 20}
        made[id_] = Entry.model_validate({**pattern, "id": id_, "related": (), "texts": texts})
    return Library(made, starter.phrases, (), starter.background)


def _wording(vocabulary: Vocabulary, about: list[str], draw: Random) -> str:
    said = about + vocabulary.draw(draw, int(draw.integers(*OTHER_WORDS)))
    draw.shuffle(said)
    return " ".join(said)


def changed(rows: tuple[Row, ...], draw: Random) -> Iterator[tuple[Row, str]]:
    """Yield wordings, and beside each a question: the wording with one word changed."""
    known = vocabularies(rows)
    for place in draw.choice(len(rows), min(QUESTIONS, len(rows)), replace=False):
        row = rows[place]
        said = row.text.split()
        said[int(draw.integers(len(said)))] = known[row.form].draw(draw, 1)[0]
        yield row, " ".join(said)


def memory() -> float:
    """Return what the process holds now, in GB; nought where the system does not tell."""
    path = Path("/proc/self/statm")
    pages = int(path.read_text("ascii").split()[1]) if path.exists() else 0
    return pages * resource.getpagesize() / 1e9


@dataclass(slots=True)
class Watch:
    """Tells the seconds since it was last asked, and the memory, step by step."""

    since: float = field(default_factory=time.perf_counter)

    def tell(self, what: str) -> None:
        """Print one step."""
        now = time.perf_counter()
        sys.stdout.write(f"{what:28} {now - self.since:8.1f} s   {memory():6.2f} GB\n")
        sys.stdout.flush()
        self.since = time.perf_counter()


def asked(matcher: Matcher, questions: list[tuple[Row, str]]) -> None:
    """Print what a question costs, and how often its entry comes first."""
    spent: dict[str, list[float]] = {"ask": [], "rank": [], "ask + rank": []}
    found = 0
    encoder = Projected()
    for row, question in questions:
        vector = encoder.vector(reading.normalise(question))
        start = time.perf_counter()
        known = ask(matcher.index, question)
        middle = time.perf_counter()
        ranking = rank(matcher, known, vector, row.form)
        end = time.perf_counter()
        found += ranking.candidates[0].entry == matcher.index.entries[row.entry]
        for name, seconds in zip(spent, (middle - start, end - middle, end - start), strict=True):
            spent[name].append(1000 * seconds)
    for name, times in spent.items():
        p50, p95 = np.percentile(times, [50, 95])
        sys.stdout.write(f"{name:12} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms\n")
    sys.stdout.write(f"hit@1        {found / len(questions):.3f} of {len(questions)}\n")


def main(entries: int) -> None:
    """Make, build, learn, ask; print each."""
    draw = np.random.default_rng(SEED)
    watch = Watch()
    starter = load.library(workshop.Places().faq)
    library = large(starter, entries, draw)
    watch.tell(f"made {entries:,} entries")
    with progress() as told:

        def telling(what: str, done: int, of: int) -> None:
            told(what, done, of)
            if done == of:
                watch.tell("vectors (synthetic)")

        whole: Progress = telling
        index = build(library, Projected(), None, whole)
    watch.tell(f"index of {len(index.rows):,} rows")
    matcher = learn(index)
    watch.tell("learnt")
    index.release()
    watch.tell("released")
    asked(matcher, list(changed(index.rows, draw)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    sys.stdout.write(f"peak memory  {peak:.2f} GB\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ENTRIES)
