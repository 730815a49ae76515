"""Which wordings would find another entry, were they not written down themselves.

Each wording is asked with itself hidden.  The answers are remembered by wording, so that after a
small change only what may have changed is asked again.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faq.index import FORMAT, Index
from faq.learn import hidden_from_itself
from faq.match import Matcher

# A wording that is nearer than this to a new one may now find the new one's entry.
NEAR = 0.45


@dataclass(frozen=True, slots=True)
class Confusion:
    """A wording that finds another entry than its own.

    Attributes:
        row: Its place in the index.
        entry: Its own entry.
        found: The entry that it finds.
        share: How sure the ranker is of that, 0.0 to 1.0.
    """

    row: int
    entry: str
    found: str
    share: float


def confusions(
    matcher: Matcher,
    kept: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    encoder: str = "",
) -> list[Confusion]:
    """Return the wordings that find another entry, surest first.

    Args:
        matcher: What was learnt, also from a slightly older state of the base.
        kept: The file of what is known from last time; None asks all anew.
        progress: Told (done, of).
        encoder: The digest of the encoder whose vectors the index holds.
    """
    index = matcher.index
    keys = [_key(index, row) for row in range(len(index.rows))]
    # Another encoder, another way of weighing: all is asked anew.
    learnt = hashlib.sha256(matcher.ranker.tobytes()).hexdigest()
    state = f"{FORMAT} {encoder} {learnt}"
    known = _read(kept, state)
    again = _changed(index, keys, known)
    answers = {key: known[key] for key in keys if key in known}
    for done, row in enumerate(again, 1):
        answers[keys[row]] = hidden_from_itself(matcher, row)
        if progress and (done % 200 == 0 or done == len(again)):
            progress(done, len(again))
    if kept is not None and (again or len(answers) < len(known)):
        _write(kept, state, answers)
    found = [
        Confusion(row, index.entries[index.rows[row].entry], *answers[key])
        for row, key in enumerate(keys)
        if answers[key][0] != index.entries[index.rows[row].entry]
    ]
    return sorted(found, key=lambda one: (-one.share, one.row))


def pairs(found: list[Confusion]) -> list[tuple[str, str, int]]:
    """Return how often wordings of one entry find another: (own, other, times), most first."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for one in found:
        counts[one.entry, one.found] += 1
    return sorted(((a, b, n) for (a, b), n in counts.items()), key=lambda row: (-row[2], row))


Answer = tuple[str, float]


def _key(index: Index, row: int) -> str:
    one = index.rows[row]
    said = hashlib.sha256(f"{one.form}\t{one.text}".encode()).hexdigest()[:16]
    return f"{index.entries[one.entry]}/{said}"


def _changed(index: Index, keys: list[str], known: dict[str, Answer]) -> list[int]:
    """Return the rows to ask again: new ones, their siblings, what is near, what found those."""
    new = np.array([key not in known for key in keys])
    gone = known.keys() - set(keys)
    changed = {key.split("/")[0] for key, fresh in zip(keys, new, strict=True) if fresh}
    changed |= {key.split("/")[0] for key in gone}
    near = np.zeros(len(keys), bool)
    if new.any():
        near = (index.vectors @ index.vectors[new].T).max(axis=1) > NEAR
    return [
        row
        for row, key in enumerate(keys)
        if near[row] or key.split("/")[0] in changed or known[key][0] in changed
    ]


def _read(path: Path | None, state: str) -> dict[str, Answer]:
    try:
        raw = json.loads(path.read_text("utf-8")) if path else {}
        if raw.get("state") != state:
            return {}
        return {key: (str(found), float(share)) for key, (found, share) in raw["answers"].items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def _write(path: Path, state: str, answers: dict[str, Answer]) -> None:
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps({"state": state, "answers": answers}), "utf-8")
    scratch.replace(path)
