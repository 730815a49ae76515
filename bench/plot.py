"""The picture of docs/benchmarks.md: how often the right entry comes first, by set and peer."""

import importlib
from collections.abc import Mapping
from pathlib import Path

# Okabe and Ito (2008): told apart by people who see fewer colours.
COLOURS = ("#999999", "#E69F00", "#CC79A7", "#56B4E9", "#009E73", "#0072B2")
INCHES = 5.2  # wide; each bar and each gap adds to the height
BAR, GAP = 0.21, 0.42


def draw(path: Path, scores: Mapping[str, Mapping[str, float]]) -> None:
    """Draw a group of bars for each set.

    Args:
        path: The SVG to write; its text stays text.
        scores: By set and peer, 0.0 to 1.0.
    """
    plot = importlib.import_module("matplotlib")
    plot.use("svg")
    plot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "sehat", "font.size": 10})
    figures = importlib.import_module("matplotlib.figure")
    bars = sum(map(len, scores.values()))
    figure = figures.Figure((INCHES, BAR * bars + GAP * (len(scores) + 1)), layout="constrained")
    axes = figure.subplots()
    places, names, at = [], [], 0.0
    for title, peers in scores.items():
        axes.text(0, at, title, weight="bold", va="center")
        for (name, value), colour in zip(peers.items(), COLOURS, strict=False):
            at += 1
            axes.barh(at, value, 0.82, color=colour)
            axes.text(value + 0.01, at, f"{100 * value:.0f}", va="center", size=9)
            places.append(at)
            names.append(name)
        at += 1.6
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(at - 0.9, -0.7)
    axes.set_xlim(0, 1.08)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    figure.suptitle("Right entry first (hit@1, per cent)", size=11)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
