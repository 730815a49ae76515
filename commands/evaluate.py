"""`bot.py evaluate`: labelled questions through the pipeline, as tables."""

import argparse
import json
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assistant import Desk, Question
from commands.ask import as_json, timed
from commands.tools import Here, desk, progress
from faq.evaluate import Labelled, Outcome, Score, overall, read, run, scores, style
from reception import utc_now

VERDICTS = ("right", "in reach", "wrong", "missed", "stopped", "refused", "leaked")


def act(options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    questions = read(options.paths)
    made = desk(here)
    with progress() as told:
        outcomes = run(
            questions,
            lambda question: put(question, made),
            lambda done, of: told("asking", done, of),
        )
    table = scores(outcomes)
    share = overall(table)
    if options.json:
        made_json = {
            "right_or_in_reach": round(share, 4),
            "scores": _rows(table, "form"),
            "styles": _rows(scores(outcomes, style), "style"),
        }
        sys.stdout.write(json.dumps(made_json, ensure_ascii=False, indent=1) + "\n")
    else:
        _show(table, share, outcomes, options.misses)
    if options.fail_under is not None and share < options.fail_under:
        sys.stderr.write(f"{share:.3f} right or in reach, under {options.fail_under}\n")
        return 1
    return 0


def put(question: Labelled, made: Desk) -> Outcome:
    """Ask one labelled question as somebody who never chose a language."""
    turn, ms = timed(
        Question(question.text, "terminal", utc_now(), channel_language=question.lang), made
    )
    seen = as_json(turn, ms)
    offers = seen["decision"] in ("answer", "suggest")
    suggestions = tuple(seen["suggestions"]) if offers else ()
    return Outcome(
        question, seen["decision"], seen["category"], seen["entry"], suggestions, seen["kept"], ms
    )


def _rows(table: dict[tuple[str, str], Score], group: str) -> list[dict[str, object]]:
    return [
        {"kind": kind, group: name, "count": score.count, **dict(score.verdicts)}
        for (kind, name), score in table.items()
    ]


def _table(group: str, table: dict[tuple[str, str], Score]) -> Table:
    shown = Table("kind", group, "count", *VERDICTS, title=f"labelled questions by {group}")
    for (kind, name), score in table.items():
        cells = [f"{score.share(v):.1%}" if score.verdicts[v] else "" for v in VERDICTS]
        shown.add_row(kind, name, str(score.count), *cells, style="bold" if name == "all" else "")
    return shown


def _show(
    table: dict[tuple[str, str], Score], share: float, outcomes: list[Outcome], misses: int
) -> None:
    console = Console()
    console.print(_table("form", table))
    console.print(_table("style", scores(outcomes, style)))
    bad = [outcome for outcome in outcomes if outcome.verdict not in ("right", "in reach")]
    for outcome in bad[:misses]:
        asked = outcome.question
        got = outcome.entry or outcome.category or ""
        console.print(
            f"{asked.kind} {asked.form} [bold]{outcome.verdict}[/]: {escape(asked.text)} "
            f"(wanted {asked.expect}, got {outcome.decision} {got})"
        )
    console.print(f"{share:.1%} right or in reach, {len(outcomes)} questions")
