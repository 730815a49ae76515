"""Write the measured part of docs/benchmarks.md.  Pure but for `write`."""

import math
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.measure import Result, auroc
from bench.sets import Set

BEGIN = "<!-- measured: `make bench` writes from here"
END = "<!-- measured: to here -->"
FLOOR = "bare encoder"  # what times are compared with
MINE = "Sehat"


@dataclass(frozen=True, slots=True)
class Measured:
    """One set and what each peer made of it, by name."""

    asked: Set
    results: Mapping[str, Result]

    @property
    def answerable(self) -> int:
        """How many of its questions the base has an answer to."""
        return sum(bool(one.wanted) for one in self.asked.questions)

    @property
    def scored(self) -> dict[str, float]:
        """The share whose entry comes first, by peer."""
        return {name: result.hit(1) for name, result in self.results.items()}


def replaced(page: str, made: str) -> str:
    """Return a page with its measured part replaced, all else as it was.

    Raises:
        ValueError: The marks are missing.
    """
    start = page.find(BEGIN)
    begin = page.find("\n", start) + 1
    end = page.find(END, begin)
    if start < 0 or not begin or end < 0:
        msg = f"the page has no lines “{BEGIN} …” and “{END}”"
        raise ValueError(msg)
    return f"{page[:begin]}\n{made.strip()}\n\n{page[end:]}"


def write(path: Path, made: str) -> None:
    """Replace the measured part of a file."""
    path.write_text(replaced(path.read_text("utf-8"), made), "utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(value: float) -> str:
    """Write a share as three digits after the point, a dash for none."""
    return "–" if math.isnan(value) else f"{value:.3f}".removeprefix("0")


def column(values: Mapping[str, float], *, least: bool = False) -> dict[str, str]:
    """Write the shares of all peers, the best in bold."""
    known = [value for value in values.values() if not math.isnan(value)]
    best = share(min(known) if least else max(known)) if known else ""
    written = {name: share(value) for name, value in values.items()}
    return {name: f"**{one}**" if one == best else one for name, one in written.items()}


def machine() -> str:
    """Return what the figures depend on, without the machine's name."""
    cores = os.cpu_count()
    return (
        f"{cores} cores, each call on one; {platform.machine()}, {platform.system()}, Python "
        f"{platform.python_version()}, numpy {np.__version__}"
    )


def _top(measured: Measured, name: str) -> float:
    """Return the AUROC of the top score: answerable against out of scope."""
    result = measured.results[name]
    return auroc(result.tops[result.answerable], result.tops[~result.answerable])


def whole(measured: Measured) -> str:
    """Return the table of one set."""
    results = measured.results
    hits = [column({name: one.hit(first) for name, one in results.items()}) for first in (1, 3)]
    told = column({name: _top(measured, name) for name in results})
    times = {name: float(np.median(one.ms)) for name, one in results.items()}
    rows = [
        (
            name,
            *(hit[name] for hit in hits),
            told[name],
            f"{times[name]:.1f}",
            f"{times[name] / times[FLOOR]:.2f}",
        )
        for name in results
    ]
    return table(("", "hit@1", "hit@3", "AUROC", "ms", "× encoder"), rows)


def paired(measured: Measured) -> str:
    """Return how ours and the bare encoder differ, question by question."""
    mine, floor = (measured.results[name].places == 0 for name in (MINE, FLOOR))
    return (
        f"Only {MINE} has the right entry first: {int((mine & ~floor).sum())} questions; only the "
        f"{FLOOR}: {int((floor & ~mine).sum())}."
    )


def grouped(measured: Measured) -> str:
    """Return the table of hit@1 by form or language."""
    of = np.array([one.group for one in measured.asked.questions])
    groups = measured.asked.groups
    columns = [
        column({name: one.hit(1, of == group) for name, one in measured.results.items()})
        for group in groups
    ]
    return table(
        ("hit@1", *groups), ((name, *(one[name] for one in columns)) for name in measured.results)
    )


def answered(own: Measured, threshold: float) -> float:
    """Return the share of our answerable questions that are answered at once."""
    mine = own.results[MINE]
    return float((mine.tops[mine.answerable] >= threshold).mean())


def strayed(own: Measured, strays: Sequence[Measured], threshold: float) -> str:
    """Return the table of questions that our base must not answer."""
    # Each peer answers as many of our questions as ours does at its threshold.
    many, columns = answered(own, threshold), []
    for measured in (own, *strays):
        told, let = {}, {}
        for name, result in own.results.items():
            found = measured.results[name]
            right, wrong = result.tops[result.answerable], found.tops[~found.answerable]
            told[name] = auroc(right, wrong)
            least = threshold if name == MINE else float(np.quantile(right, 1 - many))
            let[name] = float((wrong >= least).mean())
        columns += [column(told), column(let, least=True)]
    names = ("our own", *(one.asked.name for one in strays))
    head = ("", *(f"{name}: {what}" for name in names for what in ("AUROC", "answered")))
    return table(head, ((name, *(one[name] for one in columns)) for name in own.results))


def part(
    own: Measured, others: Sequence[Measured], strays: Sequence[Measured], threshold: float
) -> str:
    """Return the measured part of the page."""
    return "\n\n".join(_parts(own, others, strays, threshold))


def _parts(
    own: Measured, others: Sequence[Measured], strays: Sequence[Measured], threshold: float
) -> Iterator[str]:
    yield f"Machine: {machine()}."
    yield "![hit@1 by set](pictures/benchmarks.svg)"
    for measured in (own, *others):
        asked = measured.asked
        away = len(asked.questions) - measured.answerable
        beside = f" and {away} out of scope" if away else ""
        yield f"### {asked.name}: {asked.about}"
        yield (
            f"{len(asked.base.entries):,} entries, {len(asked.base.rows):,} wordings, "
            f"{measured.answerable:,} answerable questions{beside}."
        )
        yield whole(measured)
        yield paired(measured)
        yield grouped(measured)
    yield "### Questions that our base must not answer"
    counted = "; ".join(
        f"{one.asked.name}: {len(one.asked.questions)} ({one.asked.about})" for one in strays
    )
    yield f"Asked of the starter knowledge base. {counted or 'Only our own set was run'}."
    yield (
        f"Sehat answers from a confidence of {threshold:.2f} on, and so "
        f"{share(answered(own, threshold))} of our answerable questions; every other row has the "
        "threshold at which it would answer as many.  “answered” is the share of strays that then "
        "get an answer."
    )
    yield strayed(own, strays, threshold)
    if not others:
        yield (
            "Without public sets. With the folder that holds them (deepset-faqsim, tico19, "
            "clinc150, afriqa; one question a line in `questions.jsonl`, one entry a line in "
            "`faq.jsonl`): `make bench SETS=folder`."
        )
