"""What is written of a turn: a count always, the redacted text only of what staff must see."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant import Question, Turn
from faq.decision import Answer, Emergency, Note, Refuse, Suggest, Unmatched
from storage.cipher import Cipher
from storage.tables import asked, decisions, unmatched
from text import Language

NEAREST = 5

Why = Literal["unmatched", "none_of_these", "not_chosen", "not_helpful"]
"""How a question came to staff: nothing was near; “none of these” was pressed; no suggestion was
pressed within the time; the answer was marked as not helpful."""


@dataclass(frozen=True, slots=True)
class Record:
    """The rows of one turn, ready to be written."""

    decision: dict[str, Any]
    unmatched: dict[str, Any] | None


def name(turn: Turn) -> tuple[str, str | None]:
    """Return the decision's name and category, as the command line and the tables call them."""
    match turn.decision:
        case Answer():
            return "answer", None
        case Suggest():
            return "suggest", None
        case Unmatched():
            return "unmatched", None
        case Refuse(category):
            return "refuse", category
        case Emergency(category):
            return "emergency", category
        case Note(remark):
            return "unmatched", remark.value


def bare(question: Question) -> Question:
    """Return a question without its words: who asked, when and where."""
    return replace(question, text="", before="")


def nearest(turn: Turn) -> list[tuple[str, float]]:
    """Return the entries that were nearest and how likely each was, likeliest first."""
    ranking = turn.ranking
    if ranking is None:
        return []
    return [
        (candidate.entry, round(ranking.confidence(number), 4))
        for number, candidate in enumerate(ranking.candidates[:NEAREST])
    ]


def queued(  # noqa: PLR0913 - the columns of the row
    question: Question,
    language: Language,
    text: str,
    near: list[tuple[str, float]],
    *,
    why: Why = "unmatched",
    entry: str | None = None,
    ref: str = "",
) -> dict[str, Any]:
    """Return the row that staff see of a question; `text` is redacted, `entry` what was sent."""
    return {
        **_common(question, language),
        "text": text,
        "nearest": [list(pair) for pair in near],
        "why": why,
        "entry": entry,
        "ref": ref or None,
    }


def _common(question: Question, language: Language) -> dict[str, Any]:
    hour = question.asked_at.replace(minute=0, second=0, microsecond=0)
    return {"hour": hour, "channel": question.channel, "language": language.value}


def record(
    question: Question,
    turn: Turn,
    why: Why = "unmatched",
    near: list[tuple[str, float]] | None = None,
) -> Record:
    """Return what to write of a turn.  Nothing in it tells who asked.

    The digest is the reply's own: the desk may have changed since it was worded.
    `near` stands in for what the turn's own ranking says was nearest.
    """
    decision, category = name(turn)
    entry = turn.decision.entry if isinstance(turn.decision, Answer) else None
    row = {
        **_common(question, turn.language),
        "decision": decision,
        "category": category,
        "entry": entry,
        "digest": turn.reply.digest or None,
        "rules": " ".join(turn.screening.rules) if turn.screening else "",
        "confidence": round(turn.ranking.confidence(), 4) if turn.ranking else None,
        "ms": turn.ms,
    }
    if turn.kept is None:
        return Record(row, None)
    near = nearest(turn) if near is None else near
    said = queued(question, turn.language, turn.kept, near, why=why, ref=turn.ref)
    return Record(row, said)


async def write(
    connection: AsyncConnection,
    made: Record,
    cipher: Cipher | None = None,
    text: str | None = None,
    person: str = "",
) -> None:
    """Write the rows of one turn; words are sealed if there is a key.

    `text` stands in for the record's where more of it may be shown by now.
    """
    await connection.execute(decisions.insert().values(**made.decision))
    if made.unmatched is not None:
        row = made.unmatched if text is None else {**made.unmatched, "text": text}
        await put(connection, row, cipher or Cipher(), person)


async def put(
    connection: AsyncConnection, row: dict[str, Any], cipher: Cipher, person: str = ""
) -> None:
    """Write a row that staff see, and who asked, until that is counted; nobody if empty.

    Args:
        connection: An open one, in a transaction.
        row: Made by `queued`.
        cipher: Seals its words.
        person: A keyed hash.
    """
    sealed = {**row, "text": cipher.seal(row["text"])}
    query = unmatched.insert().values(**sealed).returning(unmatched.c.id)
    number = await connection.scalar(query)
    if person:
        day: date = row["hour"].date()
        await connection.execute(asked.insert().values(person=person, question=number, seen=day))


async def has(connection: AsyncConnection, ref: str) -> bool:
    """Tell whether a question is written already."""
    found = await connection.scalar(select(unmatched.c.id).where(unmatched.c.ref == ref).limit(1))
    return found is not None


def hour_of(at: datetime) -> str:
    """Return an hour as staff read it."""
    return at.strftime("%Y-%m-%d %H:00")
