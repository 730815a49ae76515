"""`bot.py ask`: one answer in the terminal, with why; or many as JSON lines."""

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assistant import Desk, Question, Turn
from commands.tools import Failure, Here, desk
from escalation import explain
from escalation.explain import Fired, Why, timed
from escalation.journal import name
from faq.decision import Answer, Refuse, Suggest
from faq.match import SIGNALS
from faq.reply import plain
from text import Language


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
    _show(explain.why(question, turn, made), ms)
    return 0


def _question(said: str, lang: Language | None, *, forwarded: bool) -> Question:
    return Question(said, "terminal", datetime.now(UTC), choice=lang, forwarded=forwarded)


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


def _show(why: Why, ms: float) -> None:
    console = Console(stderr=True)
    shown = f"{why.decision} ({why.category})" if why.category else why.decision
    console.print(f"\n[bold]why[/]: {shown}, in {why.language}, {ms:.1f} ms")
    if why.verdict:
        fired = ", ".join(map(_fired, why.fired)) or "no rule"
        console.print(f"screen: {why.verdict} by {escape(fired)}")
    if why.held is None:
        return
    console.print(
        f"the base holds an answer: {why.held:.2f}; answered at once from {why.answer_at:.3f}, "
        f"suggested from {why.suggest_at:.2f}"
    )
    table = Table("entry", "confidence", "nearest wording", "signals", title=" · ".join(SIGNALS))
    for one in why.found:
        table.add_row(
            one.entry,
            f"{one.confidence:.3f}",
            escape(one.wording),
            " ".join(f"{value:.2f}" for _, value in one.signals),
        )
    console.print(table)
    if why.kept is not None:
        console.print(f"would be kept: {escape(why.kept)}")


def _fired(fired: Fired) -> str:
    words = ", ".join(f"“{said}”" for said in fired.words)
    return f"{fired.rule} ({words})" if words else fired.rule
