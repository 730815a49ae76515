"""`console.plots` draws what the numbers say, whatever they are."""

import math
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import drawing, plots
from console.drawing import HEIGHT, MARKS, WIDTH, breadth, cut, ticks
from console.plots import Chart, Series, Share

SVG = "{http://www.w3.org/2000/svg}"
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
COUNTS = st.integers(0, 10**9)
DAYS = ["1 Nov", "2 Nov", "3 Nov"]


def read(chart: Chart) -> ET.Element:
    """Return a picture as a parser sees it."""
    return ET.fromstring(str(chart.svg))  # noqa: S314 - made here


def rects(chart: Chart) -> list[dict[str, float]]:
    """Return place and size of the bars, patterns left out."""
    return [
        {key: float(one.attrib[key]) for key in ("x", "y", "width", "height")}
        for group in read(chart).iter(f"{SVG}g")
        for one in group.iter(f"{SVG}rect")
    ]


def places(chart: Chart) -> list[tuple[float, float, str]]:
    """Return where each label begins and ends by our estimate, and what it says."""
    found = []
    for one in read(chart).iter(f"{SVG}text"):
        said, x = one.text or "", float(one.attrib["x"])
        wide = breadth(said)
        start = {"start": x, "middle": x - wide / 2, "end": x - wide}[one.attrib["text-anchor"]]
        found.append((start, start + wide, said))
        assert 0 <= float(one.attrib["y"]) <= float(read(chart).attrib["viewBox"].split()[-1])
    return found


def sound(chart: Chart) -> None:
    """See that a picture can be drawn and read."""
    root = read(chart)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    assert not re.search(
        r'"[^"]*\b(nan|inf|e[+-]?\d+)\b[^"]*"', re.sub(r">[^<]*<", "><", str(chart.svg))
    )
    assert "style" not in {name for one in root.iter() for name in one.attrib}
    for box in rects(chart):
        assert -0.01 <= box["x"]
        assert box["x"] + box["width"] <= width + 0.02
        assert -0.01 <= box["y"]
        assert box["y"] + box["height"] <= height + 0.02
    for start, end, said in places(chart):
        assert -0.01 <= start, said
        assert end <= width + 0.01, said


# ---- numbers


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, (0, 1)),
        (3, (0, 1, 2, 3)),
        (29, (0, 10, 20, 30)),
        (100, (0, 50, 100)),
        (1234, (0, 500, 1000, 1500)),
    ],
)
def test_an_axis_has_round_numbers(most: float, expected: tuple[float, ...]) -> None:
    """Ones, twos and fives; never half a question."""
    assert expected == ticks(most)


@given(st.floats(0, 1e15), st.sampled_from([1.0, 0.05]))
def test_an_axis_ends_where_the_values_do(most: float, least: float) -> None:
    """It holds the largest value, and not much more."""
    marks = ticks(most, least)

    assert marks[-1] >= most * (1 - 1e-6)
    assert len(marks) == 2 or marks[-2] < most
    assert 2 <= len(marks) <= 6


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (950, "950"),
        (1200, "1,200"),
        (15_000, "15k"),
        (2_500_000, "2.5M"),
        (3e9, "3G"),
        (0.5, "0.5"),
    ],
)
def test_a_number_fits_beside_its_axis(value: float, shown: str) -> None:
    """Thousands are cut short where they would push the plot aside."""
    assert shown == plots.short(value)


@given(WORDS, st.floats(0, 400))
def test_a_label_is_cut_to_its_room(said: str, room: float) -> None:
    """With a sign that something is missing, and whole where it fits."""
    made = cut(said, room)

    assert breadth(made) <= room or not made
    assert made == said or not made or made.endswith("…")


# ---- stacked bars


def test_a_stack_is_as_high_as_its_sum() -> None:
    """Half of the most is half as high, and the parts follow each other without a gap."""
    chart = plots.stacked(
        "a", "A", DAYS, [Series("yes", 0, (10, 5, 0)), Series("no", 1, (10, 5, None))]
    )
    first, second = rects(chart)[:2], rects(chart)[2:]

    assert 4 == len(rects(chart))
    assert 0.5 == pytest.approx(
        sum(one["height"] for one in second) / sum(one["height"] for one in first), abs=1e-3
    )
    assert first[0]["y"] == pytest.approx(first[1]["y"] + first[1]["height"], abs=0.02)


@given(
    st.lists(st.lists(COUNTS, min_size=4, max_size=4), min_size=1, max_size=MARKS),
    st.lists(WORDS, min_size=4, max_size=4),
)
def test_bars_are_as_high_as_their_numbers(numbers: list[list[int]], labels: list[str]) -> None:
    """To two hundredths of a unit for each part, and nothing leaves the picture."""
    series = [Series(f"s{mark}", mark, values) for mark, values in enumerate(numbers)]
    chart = plots.stacked("a", "A", labels, series)
    totals = [sum(column) for column in zip(*numbers, strict=True)]
    if not any(totals):
        assert not chart.svg
        return

    sound(chart)
    heights: dict[float, float] = {}
    for one in rects(chart):
        heights[one["x"]] = heights.get(one["x"], 0) + one["height"]
    most = max(heights.values()) / max(totals)
    expected = [total * most for total in totals if total]
    assert pytest.approx(expected, abs=0.02 * (MARKS + 1)) == list(heights.values())


def test_bars_differ_by_more_than_colour() -> None:
    """No two marks have both the same lines and the same fullness; the key shows the same."""
    chart = plots.stacked(
        "a", "A", ["x"], [Series(f"s{mark}", mark, (1,)) for mark in range(MARKS)]
    )
    fills = {
        one.attrib["fill"]
        for group in read(chart).iter(f"{SVG}g")
        for one in group.iter(f"{SVG}rect")
    }
    patterns = {f"url(#{one.attrib['id']})" for one in read(chart).iter(f"{SVG}pattern")}

    assert MARKS == len(fills)
    assert fills == patterns
    assert all(f"url(#a-k{mark})" in drawing.swatch("a", mark) for _, mark in chart.key)


def test_a_series_without_numbers_is_not_in_the_key() -> None:
    """But it stands in the table: none is a number."""
    chart = plots.stacked("a", "A", ["x"], [Series("yes", 0, (1,)), Series("no", 1, (0,))])

    assert (("yes", 0),) == chart.key
    assert (("x", "1", "0"),) == chart.rows
    assert ("Day", "yes", "no") == chart.head


@pytest.mark.parametrize(
    "chart",
    [
        plots.stacked("a", "A", DAYS, [Series("yes", 0, (0, 0, None))]),
        plots.lines("a", "A", DAYS, [Series("yes", 0, (None, None, None))]),
        plots.bars("a", "A", [], first="Entry", second="times"),
        plots.shares("a", "A", [], first="Entry", second="yes"),
    ],
    ids=["stacked", "lines", "bars", "shares"],
)
def test_without_numbers_there_is_no_picture(chart: Chart) -> None:
    """The page says so in words."""
    assert "" == chart.svg
    assert () == chart.rows


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_what_cannot_be_drawn_is_refused(value: float) -> None:
    """By its name, before a picture lies."""
    with pytest.raises(ValueError, match=r"times: (-1|nan|inf) cannot be drawn"):
        plots.lines("a", "A", ["x"], [Series("times", 0, (value,))])


def test_labels_and_values_go_together() -> None:
    """A shifted plot would be wrong and look right."""
    with pytest.raises(ValueError, match="times: 1 values for 3 labels"):
        plots.stacked("a", "A", DAYS, [Series("times", 0, (1,))])


# ---- lines, bars, shares


def test_a_line_breaks_where_nothing_is_known() -> None:
    """Nothing of nothing must not look like none."""
    values = (1.0, None, 3.0, 4.0)
    chart = plots.lines("a", "A", ["a", "b", "c", "d"], [Series("share", 0, values)])
    lines = [one.attrib["points"] for one in read(chart).iter(f"{SVG}polyline")]

    assert [1, 2] == [len(points.split()) for points in lines]
    assert ("b", "–") == chart.rows[1]


def test_lines_differ_by_more_than_colour() -> None:
    """By their points and by how they are drawn."""
    both = [Series("half", 0, (1, 2, 3)), Series("most", 1, (2, 4, 6))]
    root = read(plots.lines("a", "A", DAYS, both))

    assert ["none", "5 3"] == [
        one.attrib["stroke-dasharray"] for one in root.iter(f"{SVG}polyline")
    ]
    assert (3, 3) == (len(list(root.iter(f"{SVG}circle"))), len(list(root.iter(f"{SVG}rect"))))


@given(st.lists(st.none() | st.floats(0, 1e12), min_size=1, max_size=60), WORDS)
def test_lines_stay_in_their_picture(values: list[float | None], label: str) -> None:
    """Also with one value, with gaps, with labels that nobody expects."""
    chart = plots.lines("a", "A", [label] * len(values), [Series("x", 0, values)])
    if any(value is not None for value in values):
        sound(chart)
        for one in read(chart).iter(f"{SVG}circle"):
            assert 0 <= float(one.attrib["cy"]) <= HEIGHT
            assert 0 <= float(one.attrib["cx"]) <= WIDTH


@given(st.lists(st.tuples(WORDS, COUNTS), max_size=12))
def test_bars_stay_in_their_picture(rows: list[tuple[str, int]]) -> None:
    """The longest is as wide as the picture; the others in proportion."""
    chart = plots.bars("a", "A", rows, first="Entry", second="times")
    if not any(value for _, value in rows):
        assert not chart.svg
        return

    sound(chart)
    most = max(value for _, value in rows)
    assert pytest.approx([WIDTH * value / most for _, value in rows], abs=0.01) == [
        one["width"] for one in rects(chart)
    ]


@given(st.lists(st.tuples(WORDS, st.none() | st.floats(0, 1)), min_size=1, max_size=12))
def test_shares_stay_in_their_picture(rows: list[tuple[str, float | None]]) -> None:
    """Those of too few votes have no point."""
    some = [
        Share(label, "9 of 12", (share, 0.0, 1.0) if share is not None else None)
        for label, share in rows
    ]
    chart = plots.shares("a", "A", some, first="Entry", second="yes")

    sound(chart)
    points = list(read(chart).iter(f"{SVG}circle"))
    assert sum(share is not None for _, share in rows) == len(points)
    assert all(0 <= float(one.attrib["cx"]) <= WIDTH for one in points)


def test_a_share_of_few_votes_says_so_in_the_table() -> None:
    """As words, not as a number."""
    rows = [Share("Burns?", "1 of 2", None), Share("Malaria?", "6 of 7", (0.857, 0.487, 0.974))]
    chart = plots.shares("a", "A", rows, first="Entry", second="said yes")

    assert ("Burns?", "1 of 2", "too few", "–") == chart.rows[0]
    assert ("Malaria?", "6 of 7", "86 %", "49 % – 97 %") == chart.rows[1]


def test_screen_readers_get_title_and_sentence() -> None:
    """The picture is one image with a name; what it shows stands in its description."""
    root = read(plots.bars("top", "Entries", [("a & <b>", 3), ("c", 7)], first="Entry", second="n"))
    named = {one.attrib["id"]: one.text for one in root if "id" in one.attrib}

    assert "img" == root.attrib["role"]
    assert ["Entries", "Most: c, 7."] == [
        named[id_] for id_ in root.attrib["aria-labelledby"].split()
    ]
