"""What is written of a turn: a count always, the redacted text only of unmatched questions."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assistant import Question, Turn
from faq.decision import Answer, Emergency, Note, Refuse, Suggest, Unmatched
from faq.entry import Library
from storage.cipher import Cipher
from storage.tables import decisions, unmatched

NEAREST = 5


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


def record(question: Question, turn: Turn, library: Library) -> Record:
    """Return what to write of a turn.  Nothing in it tells who asked."""
    decision, category = name(turn)
    entry = turn.decision.entry if isinstance(turn.decision, Answer) else None
    hour = question.asked_at.replace(minute=0, second=0, microsecond=0)
    nearest = turn.ranking.candidates[:NEAREST] if turn.ranking else ()
    common = {"hour": hour, "channel": question.channel, "language": turn.language.value}
    row = {
        **common,
        "decision": decision,
        "category": category,
        "entry": entry,
        "digest": digest(library, entry, turn) if entry else None,
        "rules": " ".join(turn.screening.rules) if turn.screening else "",
        "confidence": round(turn.ranking.confidence(), 4) if turn.ranking else None,
    }
    if turn.kept is None:
        return Record(row, None)
    near = [
        [candidate.entry, round(turn.ranking.confidence(number), 4)]
        for number, candidate in enumerate(nearest)
        if turn.ranking
    ]
    return Record(row, {**common, "text": turn.kept, "nearest": near})


def digest(library: Library, entry: str, turn: Turn) -> str:
    """Return a hash of the exact text and sources that were sent."""
    found = library.entries[entry]
    language, text = found.text(turn.language)
    seen = hashlib.sha256(f"{language}\n{text.question}\n{text.answer}".encode())
    for source in found.sources:
        seen.update(f"{source.url} {source.checked}".encode())
    return seen.hexdigest()[:16]


async def write(
    connection: AsyncConnection,
    made: Record,
    cipher: Cipher | None = None,
    text: str | None = None,
) -> None:
    """Write the rows of one turn; words are sealed if there is a key.

    `text` stands in for the record's where more of it may be shown by now.
    """
    await connection.execute(decisions.insert().values(**made.decision))
    if made.unmatched is not None:
        said = made.unmatched["text"] if text is None else text
        row = {**made.unmatched, "text": (cipher or Cipher()).seal(said)}
        await connection.execute(unmatched.insert().values(**row))


def hour_of(at: datetime) -> str:
    """Return an hour as staff read it."""
    return at.strftime("%Y-%m-%d %H:00")
