"""Pieces of a plot as SVG: elements, letters that fit, patterns, axes with round numbers.  Pure.

Colours come from classes in `plots.css`; those in the attributes are for a page without it, as
inline styles are forbidden.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup, escape

WIDTH, HEIGHT = 320.0, 185.0
"""Of the viewBox.  About as wide as a phone, so that letters there are as large as they say."""
FONT = 13.0
TOP, BOTTOM, GAP, RIGHT = 10.0, 29.0, 6.0, 6.0
# Shares of the font's size that no letter of usual fonts passes; of all others 1.
_BREADTHS = {
    **dict.fromkeys("ijlftr .,:;!|'’()[]/-", 0.45),
    **dict.fromkeys("abcdeghknopqsuvxyz0123456789–?+", 0.63),
}
INK = ("#0072b2", "#2b83ba", "#b35900", "#8e4585", "#c1272d", "#6b7280")
LINES = ("", "M0 6L6 0", "M0 3H6", "M0 6L6 0M0 0L6 6", "", "M3 0V6")
MARKS = len(INK)
"""How many series can be told apart, by colour (from Okabe and Ito's) and by pattern."""


def ticks(most: float, least_step: float = 1.0, wanted: int = 4) -> tuple[float, ...]:
    """Return round numbers from 0 up to the first that is not below the largest value.

    Args:
        most: The largest value, at least 0.
        least_step: 1 for what is counted: half a question does not exist.
        wanted: About how many there may be, beside 0.
    """
    rough = max(most / wanted, least_step)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * of for of in (1, 2, 5, 10) if size * of >= rough * (1 - 1e-9))
    steps = max(1, math.ceil(most / step - 1e-9))
    return tuple(step * number for number in range(steps + 1))


def breadth(text: str, font: float = FONT) -> float:
    """Return more units than a text takes in any usual font."""
    return font * sum(_BREADTHS.get(char, 1.0) for char in text)


def cut(text: str, room: float, font: float = FONT) -> str:
    """Return a text that fits into some units, its end left out if need be."""
    if breadth(text, font) <= room:
        return text
    while text and breadth(f"{text}…", font) > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if text else ""


# ---- pieces


def tag(named: str, *inside: str, **attributes: float | str) -> Markup:
    """Return an element; `stroke_width=1` becomes stroke-width, numbers are cut to two places."""
    said = "".join(f' {_spelt(key)}="{_value(value)}"' for key, value in attributes.items())
    # Plain text, as a page has hundreds of elements; every part of it was escaped before.
    end = f">{''.join(map(escape, inside))}</{named}>" if inside else "/>"
    return Markup(f"<{named}{said}{end}")  # noqa: S704


@cache
def _spelt(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """Return a number as SVG reads it.

    Raises:
        ValueError: It is none, or infinite: nothing could be drawn there.
    """
    if not math.isfinite(value):
        msg = f"{value} is no place in a plot"
        raise ValueError(msg)
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(x: float, y: float, said: str, anchor: str = "start", kind: str = "label") -> Markup:
    """Return a label; x and y are where its line begins (or ends, or has its middle)."""
    return tag(
        "text", said, class_=kind, x=x, y=y, text_anchor=anchor, font_size=FONT, fill="#52645f"
    )


def pattern(name: str, mark: int) -> Markup:
    """Return what fills the bars of a mark: its colour whole, or pale under lines."""
    ink, drawn = INK[mark], LINES[mark]
    ground: dict[str, float | str]
    ground = {"class_": f"ground k{mark}", "width": 6, "height": 6, "fill": ink}
    parts = [tag("rect", **ground)]
    if drawn:
        parts = [
            tag("rect", **ground, fill_opacity=0.2),
            tag("path", class_=f"line k{mark}", d=drawn, stroke=ink, stroke_width=1.6),
        ]
    size: dict[str, float | str] = {"width": 6, "height": 6, "patternUnits": "userSpaceOnUse"}
    return tag("pattern", *parts, id=f"{name}-k{mark}", **size)


def svg(name: str, title: str, said: str, height: float, *parts: str) -> Markup:
    """Return a picture that a screen reader names by its title and describes in a sentence."""
    return tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        tag("desc", said, id=f"{name}-desc"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(WIDTH)} {number(height)}",
        class_="plot",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def swatch(name: str, mark: int, *, line: bool = False) -> Markup:
    """Return a small picture of a mark, for the key beside a plot of this name."""
    if line:
        parts = [run([(0, 7), (24, 7)], mark), shape(12, 7, mark)]
    else:
        fill = f"url(#{name}-k{mark})"
        parts = [tag("rect", class_=f"bar k{mark}", x=1, y=1, width=22, height=12, fill=fill)]
    return tag("svg", *parts, viewBox="0 0 24 14", class_="swatch", aria_hidden="true")


def run(points: Sequence[tuple[float, float]], mark: int) -> Markup:
    """Return a line through points, whole or broken by its mark."""
    return tag(
        "polyline",
        class_=f"run k{mark}",
        points=" ".join(f"{number(x)},{number(y)}" for x, y in points),
        fill="none",
        stroke=INK[mark],
        stroke_width=1.5,
        stroke_dasharray="none" if mark % 2 == 0 else "5 3",
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a plot with two axes has its numbers: left and right, top and bottom, the top value."""

    left: float
    places: int
    top: float

    @property
    def step(self) -> float:
        """The width of a place."""
        return (WIDTH - RIGHT - self.left) / max(1, self.places)

    def x(self, place: int) -> float:
        """Return the middle of a place."""
        return self.left + (place + 0.5) * self.step

    def height(self, value: float) -> float:
        """Return how high a value is."""
        return value / self.top * (HEIGHT - BOTTOM - TOP)

    def y(self, value: float) -> float:
        """Return where a value lies, from the top."""
        return HEIGHT - BOTTOM - self.height(value)


def framed(
    labels: Sequence[str], most: float, least_step: float, words: Callable[[float], str]
) -> tuple[Frame, Markup]:
    """Return the frame for some values, and its lines and labels."""
    marks = ticks(most, least_step)
    said = [cut(words(mark), WIDTH / 3) for mark in marks]
    left = max(map(breadth, said)) + 2 * GAP
    frame = Frame(left, len(labels), marks[-1])
    drawn = [
        tag(
            "line",
            class_="grid",
            x1=left,
            x2=WIDTH - RIGHT,
            y1=frame.y(mark),
            y2=frame.y(mark),
            stroke="#d5dfdc",
        )
        + text(left - GAP, min(HEIGHT, frame.y(mark) + FONT / 3), name, "end")
        for mark, name in zip(marks, said, strict=True)
    ]
    return frame, Markup("").join([*drawn, *below(labels, frame)])


def below(labels: Sequence[str], frame: Frame) -> list[Markup]:
    """Return as many labels below the axis as stand there without touching, the first included."""
    said = [cut(label, WIDTH / 4) for label in labels]
    room = max(map(breadth, said), default=0.0) + 2 * GAP
    every = max(1, math.ceil(room / frame.step))
    made = []
    for place in range(0, len(said), every):
        half = breadth(said[place]) / 2
        middle = min(max(frame.x(place), half), WIDTH - half)
        made.append(text(middle, HEIGHT - GAP, said[place], "middle"))
    return made


def shape(x: float, y: float, mark: int) -> Markup:
    """Return a point: a disc, a square or a triangle by its mark."""
    draw = {"class_": f"point k{mark}", "fill": INK[mark]}
    if mark % 3 == 0:
        return tag("circle", cx=x, cy=y, r=2.6, **draw)
    if mark % 3 == 1:
        return tag("rect", x=x - 2.4, y=y - 2.4, width=4.8, height=4.8, **draw)
    return tag("path", d=f"M{number(x - 3)} {number(y + 2.6)}h6l-3 -5.4z", **draw)
