"""`bot.py ask`: one answer in the terminal, with why; or many as JSON lines."""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import assistant
from assistant import Desk, Question, Turn
from commands.tools import Failure, Here, desk
from escalation.journal import name
from faq.decision import Answer, Refuse, Suggest
from faq.match import SIGNALS
from faq.reply import plain
from text import Language

SHOWN = 5


class _Line(BaseModel):
    """One line of `ask --jsonl`."""

    model_config = ConfigDict(extra="ignore")

    text: str
    lang: Language | None = None
    forwarded: bool = False


def act(options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    if options.jsonl:
        return _lines(desk(here))
    if options.question is None:
        msg = 'give a question: bot.py ask "how does malaria spread"'
        raise Failure(msg)
    made = desk(here)
    question = _question(options.question, options.lang, forwarded=options.forwarded)
    turn, ms = timed(question, made)
    sys.stdout.write(plain(turn.reply) + "\n")
    _why(turn, ms)
    return 0


def _question(said: str, lang: Language | None, *, forwarded: bool) -> Question:
    return Question(said, "terminal", datetime.now(UTC), choice=lang, forwarded=forwarded)


def timed(question: Question, made: Desk) -> tuple[Turn, float]:
    """Answer a question; return the turn and the milliseconds it took."""
    start = time.perf_counter()
    turn = assistant.answer(question, made.on(question.asked_at.date()))
    return turn, 1000 * (time.perf_counter() - start)


def as_json(turn: Turn, ms: float) -> dict[str, Any]:
    """Return a decision in the form that `docs/reference.md` promises."""
    decision, category = name(turn)
    found = turn.decision
    suggestions = found.entries if isinstance(found, Suggest | Refuse) else ()
    if isinstance(found, Answer) and found.also:
        suggestions = (found.also,)
    return {
        "decision": decision,
        "category": category,
        "entry": found.entry if isinstance(found, Answer) else None,
        "suggestions": list(suggestions),
        "language": turn.reply.language.value,
        "confidence": round(turn.ranking.confidence(), 4) if turn.ranking else 0.0,
        "reply": plain(turn.reply),
        "kept": turn.kept,
        "ms": round(ms, 1),
    }


def _lines(made: Desk) -> int:
    # Bytes, so that a line in another encoding is that line's mistake, not the end of the run.
    for raw in sys.stdin.buffer:
        sys.stdout.write(json.dumps(_line(raw, made), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0


def _line(raw: bytes, made: Desk) -> dict[str, Any]:
    try:
        line = _Line.model_validate(json.loads(raw.decode("utf-8")))
        # A lone surrogate is valid JSON, but no text that could be written out again.
        said = line.text.encode("utf-8", "replace").decode()
    except UnicodeDecodeError:
        return {"error": "not UTF-8"}
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        return {"error": f"{key or 'the line'}: {first['msg']}"}
    except (ValueError, RecursionError) as error:
        return {"error": f"not JSON: {getattr(error, 'msg', 'it cannot be read')}"}
    turn, ms = timed(_question(said, line.lang, forwarded=line.forwarded), made)
    return as_json(turn, ms)


def _why(turn: Turn, ms: float) -> None:
    console = Console(stderr=True)
    decision, category = name(turn)
    shown = f"{decision} ({category})" if category else decision
    console.print(f"\n[bold]why[/]: {shown}, in {turn.language}, {ms:.1f} ms")
    if turn.screening:
        fired = ", ".join(turn.screening.rules) or "no rule"
        console.print(f"screen: {turn.screening.verdict} by {escape(fired)}")
    if turn.ranking is None:
        return
    console.print(f"the base holds an answer: {turn.ranking.held:.2f}")
    table = Table("entry", "confidence", "nearest wording", "signals", title=" · ".join(SIGNALS))
    for number, candidate in enumerate(turn.ranking.candidates[:SHOWN]):
        table.add_row(
            candidate.entry,
            f"{turn.ranking.confidence(number):.3f}",
            escape(candidate.wording),
            " ".join(f"{value:.2f}" for value in candidate.signals),
        )
    console.print(table)
    if turn.kept is not None:
        console.print(f"would be kept: {escape(turn.kept)}")
