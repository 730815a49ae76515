"""How texts are shown to staff: their direction, and what would not be seen in them.  Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from escalation.staff import Act
from text import Language

SPOKEN: Mapping[str, str] = {
    "en": "English",
    "hi": "Hindi",
    "ur": "Urdu",
    "sw": "Swahili",
    "id": "Indonesian",
}
RIGHT_TO_LEFT = frozenset({Language.UR})
# They turn a text round or hide in it.  U+200C and U+200D stay: Urdu and Hindi are written with
# them.  Tabs and line ends are no harm.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029"
    "\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_HOURS_A_DAY, _DAYS_A_WEEK, _MOST_DAYS = 24, 7, 63


def direction(language: str) -> str:
    """Return the direction that a language is written in, as HTML calls it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def visible(text: str) -> Markup:
    """Return a text whose control characters are written out, like U+202E.

    Such a character could make a line read backwards, or hide what stands in it.
    """
    made, at = Markup(), 0
    for found in _UNSEEN.finditer(text):
        code = Markup('<bdi class="unseen">U+{}</bdi>').format(f"{ord(found[0]):04X}")
        made += escape(text[at : found.start()]) + code
        at = found.end()
    return made + escape(text[at:])


def sentence(said: str) -> str:
    """Return what a part of ours has said as a whole sentence."""
    end = "" if said.endswith((".", "!", "?", "…", "”")) else "."
    return f"{said[:1].upper()}{said[1:]}{end}"


def age(then: datetime, now: datetime) -> str:
    """Return how long ago something was, in one unit: “this hour”, “3 days ago”, “9 weeks ago”."""
    hours = int((now - then).total_seconds() // 3600)
    days = hours // _HOURS_A_DAY
    if hours < 1:
        return "this hour"
    if days < 1:
        return _ago(hours, "hour")
    return _ago(days, "day") if days < _MOST_DAYS else _ago(days // _DAYS_A_WEEK, "week")


def _ago(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' if number != 1 else ''} ago"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a small plot, in its own units: 0 to 24 high, the top being 0."""

    x: int
    y: float
    height: float
    number: int


def bars(numbers: Sequence[int], high: int = 24, wide: int = 10) -> Iterator[Bar]:
    """Yield a bar for each number; nothing is a line, so that the weeks can be counted."""
    most = max(numbers, default=0) or 1
    for place, number in enumerate(numbers):
        height = max(1.0, round(high * number / most, 1))
        yield Bar(place * wide, high - height, height, number)


def pairs(values: Mapping[str, str] | Iterable[str]) -> list[tuple[str, str]]:
    """Return the choices of a list: what is sent, and what is read."""
    return list(values.items()) if isinstance(values, Mapping) else [(one, one) for one in values]


TOOLS: Mapping[str, Any] = {
    "visible": visible,
    "direction": direction,
    "bars": bars,
    "pairs": pairs,
    "Act": Act,
}
"""What the templates of queue and entries call."""
