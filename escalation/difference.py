"""Two versions of a text side by side, word by word.  Pure."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words that is in both texts, or in one."""

    text: str
    kind: Kind

    @property
    def changed(self) -> bool:
        """Tell whether it is in one text only."""
        return self.kind != "same"


@dataclass(frozen=True, slots=True)
class Row:
    """One named part of a text, before and now, side by side."""

    name: str
    left: tuple[Part, ...]
    right: tuple[Part, ...]
    changed: bool


def difference(old: Mapping[str, str] | None, new: Mapping[str, str]) -> list[Row]:
    """Return two bodies side by side, word by word; without an old one all is new.  Pure.

    Words are what stands between spaces: to part them further would tear Hindi letters asunder.
    """
    before = old or {}
    names = [*new, *(name for name in before if name not in new)]
    return [_row(name, before.get(name, ""), new.get(name, "")) for name in names]


def _row(name: str, old: str, new: str) -> Row:
    left, right = _words(old), _words(new)
    # Without autojunk: in a long text common words would be taken for junk.
    steps = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return Row(
        name,
        _parts((step == "equal", left[a:b]) for step, a, b, _, _ in steps),
        _parts(((step == "equal", right[a:b]) for step, _, _, a, b in steps), "added"),
        old != new,
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\S+", text)


def _parts(runs: Iterable[tuple[bool, list[str]]], changed: Kind = "removed") -> tuple[Part, ...]:
    return tuple(Part("".join(words), "same" if same else changed) for same, words in runs if words)
