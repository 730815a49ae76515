"""What is kept of a person, in plain words: the text of /mydata.  Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from faq.reply import MONTHLESS, Speaker
from storage.tables import asked, askers, people, votes, waiting, words
from text import Language

Rows = Sequence[Any]


def worded(held: Mapping[str, Rows], say: Speaker) -> str:
    """Return the text for what `storage.people.held` found.

    Raises:
        KeyError: A table of people's rows has no words here.
    """
    if not held:
        return f"{say.phrase('mydata_none')}\n\n{say.phrase('mydata_questions')}"
    parts = [WORDED[table](rows, say) for table, rows in held.items()]
    erase = f"{say.phrase('mydata_erase')}\n{say.phrase('mydata_questions')}"
    return "\n\n".join([say.phrase("mydata"), *parts, erase])


def _choice(rows: Rows, say: Speaker) -> str:
    return "\n".join(
        say.phrase("mydata_language", chosen=_called(row.language, say), date=_day(row.seen))
        for row in rows
    )


def _votes(rows: Rows, say: Speaker) -> str:
    lines = [
        say.phrase(
            "mydata_helped" if row.helpful else "mydata_not_helped",
            question=_question(row.entry, say),
            language=_called(row.language, say),
            date=_day(row.seen),
        )
        for row in sorted(rows, key=lambda row: (row.seen, row.entry))
    ]
    return "\n".join([say.phrase("mydata_votes"), *(f"- {line}" for line in lines)])


def _words(rows: Rows, say: Speaker) -> str:
    return say.phrase("mydata_words", count=len(rows), date=_day(max(row.seen for row in rows)))


def _waiting(rows: Rows, say: Speaker) -> str:
    last = _day(max(row.until for row in rows))
    return say.phrase("mydata_waiting", count=len(rows), date=last)


def _asked(rows: Rows, say: Speaker) -> str:
    return say.phrase("mydata_asked", count=len(rows))


def _askers(rows: Rows, say: Speaker) -> str:
    last = _day(max(row.seen for row in rows))
    return say.phrase("mydata_askers", count=len(rows), date=last)


def _day(day: date) -> str:
    return day.strftime(MONTHLESS)


def _question(entry: str, say: Speaker) -> str:
    """Return an entry's question; of one that was taken out only its name is left."""
    return say.question(entry) if entry in say.library.entries else entry


def _called(language: str, say: Speaker) -> str:
    return say.library.phrases.say(Language(language), "language_name")


WORDED: Mapping[str, Callable[[Rows, Speaker], str]] = {
    people.name: _choice,
    votes.name: _votes,
    waiting.name: _waiting,
    words.name: _words,
    asked.name: _asked,
    askers.name: _askers,
}
