"""Plots as SVG, each with its numbers as a table.  Pure.

No library draws them: they must hold on a phone, in the dark, without colours, for screen readers,
and under a policy that forbids inline styles.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console import drawing
from console.drawing import GAP, HEIGHT, INK, WIDTH, Frame, breadth, cut

BROAD = 0.8
"""The share of its place that a bar takes."""
ROW, BELOW, BAR = 38.0, 21.0, 11.0
"""Of horizontal bars: how high a row is, where in it the bar begins, how high the bar is."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers; `mark` from 0 says which colour and pattern it has."""

    name: str
    mark: int
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot, and the same numbers as words.

    Attributes:
        name: Of letters and hyphens; one of its own for each plot of a page.
        title: What it shows.
        svg: The picture; empty where there is nothing to show.
        key: Names and marks of the series; empty where one needs no name.
        lines: The series are lines, not bars.
        head: Of the table's columns.
        rows: The table; the first cell names the row.
    """

    name: str
    title: str
    svg: Markup
    key: tuple[tuple[str, int], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: bool = False


Words = Callable[[float | None], str]


def count(value: float | None) -> str:
    """Return a number as tables show it."""
    return "–" if value is None else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """Return a share, 0.0 to 1.0, in per cent."""
    return "–" if value is None else f"{100 * value:.0f} %"


def short(value: float) -> str:
    """Return a number as it fits beside an axis: 950, 1,200, 12k, 3.5M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the stretches without a gap, as places and values."""
    made: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            made.append([])
        else:
            made[-1].append((place, value))
    return [run for run in made if run]


def _table(
    labels: Sequence[str], series: Sequence[Series], words: Words
) -> tuple[tuple[str, ...], ...]:
    columns = [map(words, one.values) for one in series]
    return tuple(zip(labels, *columns, strict=True))


def _checked(labels: Sequence[str], series: Sequence[Series]) -> None:
    """See that a plot can be drawn.

    Raises:
        ValueError: A series is not as long as the labels, or holds what is no number from 0 up.
    """
    for one in series:
        if len(one.values) != len(labels):
            msg = f"{one.name}: {len(one.values)} values for {len(labels)} labels"
            raise ValueError(msg)
        for value in one.values:
            if value is not None and not 0 <= value < math.inf:
                msg = f"{one.name}: {value} cannot be drawn; only numbers from 0 up can"
                raise ValueError(msg)


# ---- plots


def stacked(
    name: str, title: str, labels: Sequence[str], series: Sequence[Series], *, first: str = "Day"
) -> Chart:
    """Return bars of counts, one for each label, the series on top of each other.

    Args:
        name: Of letters and hyphens.
        title: What it shows.
        labels: Below the bars, oldest first.
        series: The first stands lowest; a gap counts as 0.
        first: What the labels are, over the table's first column.
    """
    _checked(labels, series)
    totals = [sum(one.values[place] or 0 for one in series) for place in range(len(labels))]
    head = (first, *(one.name for one in series))
    if not any(totals):
        return Chart(name, title, Markup(), (), head, ())
    frame, axes = drawing.framed(labels, max(totals), 1.0, short)
    columns = [_column(name, frame, place, label, series) for place, label in enumerate(labels)]
    shown = [one for one in series if any(one.values)]
    patterns = drawing.tag("defs", *(drawing.pattern(name, one.mark) for one in shown))
    sums = (f"{one.name} {count(sum(value or 0 for value in one.values))}" for one in shown)
    said = f"Together: {', '.join(sums)}."
    svg = drawing.svg(name, title, said, HEIGHT, patterns, axes, *filter(None, columns))
    key = tuple((one.name, one.mark) for one in shown)
    return Chart(name, title, svg, key, head, _table(labels, series, count))


def _column(
    name: str, frame: Frame, place: int, label: str, series: Sequence[Series]
) -> Markup | None:
    """Return the bars that stand on each other at a place, or None for nothing."""
    parts, below, wide = [], 0.0, frame.step * BROAD
    for one in series:
        if value := one.values[place] or 0:
            below += value
            parts.append(
                drawing.tag(
                    "rect",
                    class_=f"bar k{one.mark}",
                    x=frame.x(place) - wide / 2,
                    y=frame.y(below),
                    width=wide,
                    height=frame.height(value),
                    fill=f"url(#{name}-k{one.mark})",
                )
            )
    told = ", ".join(f"{one.name} {count(one.values[place])}" for one in series)
    return drawing.tag("g", drawing.tag("title", f"{label}: {told}"), *parts) if parts else None


def lines(  # noqa: PLR0913 - what can be told of a plot
    name: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    first: str = "Day",
    words: Words = count,
    axis: Callable[[float], str] = short,
    least_step: float = 1.0,
) -> Chart:
    """Return lines over the labels; where a value is missing the line has a gap.

    Args:
        name: Of letters and hyphens.
        title: What it shows.
        labels: Below the plot, oldest first.
        series: Each a line with points of its own shape.
        first: What the labels are, over the table's first column.
        words: A value as the table shows it.
        axis: A value as it stands beside the axis.
        least_step: Between two lines of the grid.
    """
    _checked(labels, series)
    head = (first, *(one.name for one in series))
    known = [value for one in series for value in one.values if value is not None]
    if not known:
        return Chart(name, title, Markup(), (), head, ())
    frame, axes = drawing.framed(labels, max(known), least_step, axis)
    drawn = []
    for one in series:
        for run in _runs(one.values):
            points = [(frame.x(place), frame.y(value)) for place, value in run]
            drawn.append(drawing.run(points, one.mark))
            drawn += [drawing.shape(x, y, one.mark) for x, y in points]
    said = "; ".join(
        f"{one.name}: from {words(min(values))} to {words(max(values))}"
        for one in series
        if (values := [value for value in one.values if value is not None])
    )
    svg = drawing.svg(name, title, f"{said}.", HEIGHT, axes, *drawn)
    key = tuple((one.name, one.mark) for one in series) if len(series) > 1 else ()
    return Chart(name, title, svg, key, head, _table(labels, series, words), lines=True)


def bars(  # noqa: PLR0913 - what can be told of a plot
    name: str,
    title: str,
    rows: Sequence[tuple[str, float]],
    *,
    first: str,
    second: str,
    words: Words = count,
) -> Chart:
    """Return horizontal bars, each below its label.

    Args:
        name: Of letters and hyphens.
        title: What it shows.
        rows: Labels and values, the first on top.
        first: What the labels are, over the table's first column.
        second: What the values are.
        words: A value as people read it.
    """
    _checked([label for label, _ in rows], [Series(second, 0, [value for _, value in rows])])
    table = tuple((label, words(value)) for label, value in rows)
    most = max((value for _, value in rows), default=0)
    if not most:
        return Chart(name, title, Markup(), (), (first, second), table)
    drawn = [
        _row(
            place,
            label,
            words(value),
            drawing.tag(
                "rect",
                class_="ground k0",
                x=0,
                y=place * ROW + BELOW,
                width=WIDTH * value / most,
                height=BAR,
                fill=INK[0],
            ),
        )
        for place, (label, value) in enumerate(rows)
    ]
    label, value = max(rows, key=lambda row: row[1])
    svg = drawing.svg(name, title, f"Most: {label}, {words(value)}.", len(rows) * ROW, *drawn)
    return Chart(name, title, svg, (), (first, second), table)


def _row(place: int, label: str, told: str, *drawn: str) -> Markup:
    """Return a label at the left and a number at the right, over what is drawn below them."""
    over = place * ROW + drawing.FONT + 2
    number = cut(told, WIDTH / 3)
    return drawing.tag(
        "g",
        drawing.tag("title", f"{label}: {told}"),
        drawing.text(0, over, cut(label, WIDTH - breadth(number) - 3 * GAP)),
        drawing.text(WIDTH, over, number, "end", "label value"),
        *drawn,
    )


@dataclass(frozen=True, slots=True)
class Share:
    """A share of some, 0.0 to 1.0, with the ends of its interval; None where they are too few."""

    label: str
    told: str  # like “9 of 12”
    share: tuple[float, float, float] | None


def told(rows: Sequence[Share]) -> tuple[tuple[str, ...], ...]:
    """Return shares as rows of a table."""
    return tuple(
        (
            row.label,
            row.told,
            percent(row.share[0]),
            f"{percent(row.share[1])} – {percent(row.share[2])}",
        )
        if row.share
        else (row.label, row.told, "too few", "–")
        for row in rows
    )


def shares(name: str, title: str, rows: Sequence[Share], *, first: str, second: str) -> Chart:
    """Return shares as points on a line from nothing to all, each with its interval.

    Args:
        name: Of letters and hyphens.
        title: What it shows.
        rows: The first on top.
        first: What the labels are, over the table's first column.
        second: What `Share.told` is.
    """
    table = told(rows)
    head = (first, second, "share", "95 % between")
    if not rows:
        return Chart(name, title, Markup(), (), head, table)
    drawn = [
        _row(place, row.label, row.told, *_whisker(row, place * ROW + BELOW + BAR / 2))
        for place, row in enumerate(rows)
    ]
    known = sum(row.share is not None for row in rows)
    said = f"{known} of {len(rows)} have votes enough to tell a share."
    svg = drawing.svg(name, title, said, len(rows) * ROW, *drawn)
    return Chart(name, title, svg, (), head, table)


def _whisker(row: Share, y: float) -> list[Markup]:
    base = drawing.tag("line", class_="grid", x1=3, x2=WIDTH - 3, y1=y, y2=y, stroke="#d5dfdc")
    if row.share is None:
        return [base]
    share, low, high = (3 + (WIDTH - 6) * min(1.0, max(0.0, one)) for one in row.share)
    between = drawing.tag(
        "line",
        class_="run k0",
        x1=low,
        x2=high,
        y1=y,
        y2=y,
        stroke=INK[0],
        stroke_width=4,
        stroke_opacity=0.4,
    )
    return [
        base,
        between,
        drawing.tag("circle", class_="point k0", cx=share, cy=y, r=4.5, fill=INK[0]),
    ]
