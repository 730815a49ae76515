"""`bot.py evaluate`: labelled questions through the pipeline, as tables."""

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assistant import Desk, Question
from commands.ask import as_json
from commands.tools import Here, desk, progress
from escalation.explain import timed
from faq.evaluate import (
    Labelled,
    Outcome,
    Reliability,
    Score,
    languages,
    overall,
    read,
    reliability,
    run,
    scores,
    style,
)
from reception import utc_now
from text import Language

VERDICTS = (
    *("right", "in reach", "wrong", "missed"),
    *("stopped", "alarmed", "refused", "leaked"),
)


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
            "reliability": [asdict(row) for row in reliability(outcomes)],
            "languages": _rows(languages(outcomes), "words", "form"),
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
    ranked = turn.ranking.candidates if turn.ranking else ()
    # Romanised Hindi and Urdu are one spoken language: the person's earlier choice decides.
    prefer = question.lang if question.lang in (Language.HI, Language.UR) else None
    guess = made.matcher.index.detector.guess(question.text, prefer)
    offers = seen["decision"] in ("answer", "suggest")
    suggestions = tuple(seen["suggestions"]) if offers else ()
    return Outcome(
        question,
        seen["decision"],
        seen["category"],
        seen["entry"],
        suggestions,
        seen["kept"],
        ms,
        found=ranked[0].entry if ranked else None,
        confidence=turn.ranking.confidence() if turn.ranking else 0.0,
        spoken=guess.form.language if guess else None,
        urgent=getattr(turn.decision, "urgent", False),
    )


def _rows(
    table: dict[tuple[str, str], Score], group: str, kind: str = "kind"
) -> list[dict[str, object]]:
    return [
        {kind: one, group: name, "count": score.count, **dict(score.verdicts)}
        for (one, name), score in table.items()
    ]


def _table(group: str, table: dict[tuple[str, str], Score]) -> Table:
    shown = Table("kind", group, "count", *VERDICTS, title=f"labelled questions by {group}")
    for (kind, name), score in table.items():
        cells = [f"{score.share(v):.1%}" if score.verdicts[v] else "" for v in VERDICTS]
        shown.add_row(kind, name, str(score.count), *cells, style="bold" if name == "all" else "")
    return shown


def _promises(rows: list[Reliability]) -> Table:
    shown = Table(
        "confidence from", "questions", "promised", "right", title="is it as sure as it says"
    )
    for row in rows:
        shown.add_row(f"{row.least:.2f}", str(row.count), f"{row.promised:.1%}", f"{row.right:.1%}")
    return shown


def _spoken(table: dict[tuple[str, str], Score]) -> Table:
    shown = Table("form", "words", "questions", "right", title="language of the question")
    for (form, words), score in table.items():
        style_ = "bold" if words == "all" else ""
        shown.add_row(form, words, str(score.count), f"{score.share('right'):.1%}", style=style_)
    return shown


def _show(
    table: dict[tuple[str, str], Score], share: float, outcomes: list[Outcome], misses: int
) -> None:
    console = Console()
    console.print(_table("form", table))
    console.print(_table("style", scores(outcomes, style)))
    console.print(_promises(reliability(outcomes)))
    console.print(_spoken(languages(outcomes)))
    bad = [outcome for outcome in outcomes if outcome.verdict not in ("right", "in reach")]
    for outcome in bad[:misses]:
        asked = outcome.question
        got = outcome.entry or outcome.category or ""
        console.print(
            f"{asked.kind} {asked.form} [bold]{outcome.verdict}[/]: {escape(asked.text)} "
            f"(wanted {asked.expect}, got {outcome.decision} {got})"
        )
    console.print(f"{share:.1%} right or in reach, {len(outcomes)} questions")
