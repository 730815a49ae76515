"""`escalation.journal`: a count always, redacted words only of unmatched questions."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

import assistant
from assistant import Desk, Question, Turn
from escalation import journal
from faq.decision import (
    Answer,
    Decision,
    Emergency,
    Note,
    Refuse,
    Remark,
    Suggest,
    Unmatched,
)
from faq.entry import Entry, Library, digest, make_library, phrases_digest
from faq.match import Candidate, Ranking
from faq.reply import Reply, Tone, word
from safety.rules import Category
from safety.screen import Screening, Verdict
from storage.store import Store
from storage.tables import decisions, unmatched
from text import Language

AT = datetime(2026, 12, 1, 14, 37, 42, 5000, tzinfo=UTC)
ASKED = Question("how does malaria spread", "web", AT, "0f" * 16)


def turn(decision: Decision, *, kept: str | None = None, entries: int = 0) -> Turn:
    """Return a turn with a ranking of so many entries."""
    ids = ("malaria-spread", "malaria-symptoms", "malaria-prevention", "cpr", "poisoning", "burns")
    shares = (0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625)
    made = tuple(Candidate(i, s, "a wording", (0.1,)) for i, s in zip(ids, shares, strict=True))
    ranking = Ranking(made[:entries], 0.98765) if entries else None
    screening = Screening(Verdict.REFUSE, Category.SYMPTOMS, ("D.state", "D.en.fever"))
    reply = Reply(Language.HI, Tone.ASK, "body", digest="0d" * 32)
    return Turn(Language.HI, screening, ranking, decision, reply, kept)


@pytest.mark.parametrize(
    ("decision", "name"),
    [
        (Answer("cpr", 0.9), ("answer", None)),
        (Suggest(("cpr",), 0.5), ("suggest", None)),
        (Unmatched(0.1), ("unmatched", None)),
        (Refuse("results"), ("refuse", "results")),
        (Emergency("poison"), ("emergency", "poison")),
        *((Note(remark), ("unmatched", remark.value)) for remark in Remark),
    ],
    ids=lambda value: value[1] or value[0] if isinstance(value, tuple) else "",
)
def test_each_decision_has_a_name_for_tables_and_the_command_line(
    decision: Decision, name: tuple[str, str | None]
) -> None:
    """The five words of the contract, and a category."""
    assert name == journal.name(turn(decision))


def test_an_answer_is_counted_with_the_text_that_was_sent(desk: Desk) -> None:
    """The hour, not the minute; the entry and a hash of its words; which rules, how sure."""
    made = journal.record(ASKED, turn(Answer("cpr", 0.9), entries=3))

    expected = {
        "hour": datetime(2026, 12, 1, 14, tzinfo=UTC),
        "channel": "web",
        "language": "hi",
        "decision": "answer",
        "category": None,
        "entry": "cpr",
        "digest": "0d" * 32,
        "rules": "D.state D.en.fever",
        "confidence": 0.4938,
        "ms": None,
    }
    assert expected == made.decision
    assert made.unmatched is None


def test_nothing_of_the_person_or_the_question_is_in_a_record(desk: Desk) -> None:
    """Neither hash nor words, unless they are redacted and unmatched."""
    made = journal.record(ASKED, turn(Unmatched(0.1), entries=2))

    assert ASKED.person not in str(made)
    assert "how does malaria spread" not in str(made)


def test_an_unmatched_question_is_kept_redacted_with_what_was_near(desk: Desk) -> None:
    """Five entries at most, likeliest first, so that staff see what was missing."""
    made = journal.record(ASKED, turn(Unmatched(0.1), kept="how [name]", entries=6))

    assert made.unmatched is not None
    assert "how [name]" == made.unmatched["text"]
    assert [["malaria-spread", 0.4938], ["malaria-symptoms", 0.2469]] == made.unmatched["nearest"][
        :2
    ]
    assert 5 == len(made.unmatched["nearest"])


def test_a_turn_without_screening_and_ranking_is_counted_too(desk: Desk) -> None:
    """Pressed buttons and faults."""
    made = journal.record(ASKED, assistant.show("cpr", Language.SW, desk))

    assert ("", None) == (made.decision["rules"], made.decision["confidence"])
    assert "cpr" == made.decision["entry"]


def test_none_of_these_is_kept_without_anything_near(desk: Desk) -> None:
    """The ranking was shown already and did not fit."""
    made = journal.record(ASKED, assistant.unmatched(Language.EN, "malaria", desk))

    assert made.unmatched is not None
    assert ("malaria", []) == (made.unmatched["text"], made.unmatched["nearest"])


def changed(library: Library, **changes: object) -> Library:
    """Return the library with another entry on resuscitation."""
    whole = library.entries["cpr"].model_dump()
    for key, value in changes.items():
        match key:
            case "answer" | "question":
                whole["texts"][Language.SW][key] = value
            case "other_language":
                whole["texts"][Language.HI]["answer"] = value
            case _:
                whole["sources"][0][key] = value
    entry = Entry.model_validate(whole)
    return make_library({**library.entries, "cpr": entry}, library.phrases)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"answer": "Maneno mengine yenye urefu wa kutosha."}, False),
        ({"question": "Swali lingine?"}, False),
        ({"url": "https://www.who.int/other"}, False),
        ({"checked": "2026-11-01"}, False),
        ({"other_language": "दूसरी भाषा का बदला हुआ जवाब।"}, True),
        ({}, True),
    ],
    ids=["answer", "question", "source", "day", "other-language", "nothing"],
)
def test_the_hash_tells_exactly_what_somebody_read(
    desk: Desk, changes: dict[str, object], *, same: bool
) -> None:
    """Text and sources in that language; other languages do not matter."""
    shown = assistant.show("cpr", Language.SW, desk)
    before = journal.record(ASKED, shown).decision["digest"]
    after = assistant.show(
        "cpr", Language.SW, replace(desk, library=changed(desk.library, **changes))
    )

    assert 64 == len(before)
    assert same is (before == journal.record(ASKED, after).decision["digest"])


@pytest.mark.parametrize(
    "decision",
    [Emergency("poison"), Refuse("results"), Suggest(("cpr",), 0.5), Note(Remark.GREETING)],
    ids=["card", "refusal", "suggestions", "greeting"],
)
def test_a_reply_of_fixed_sentences_names_their_digest(desk: Desk, decision: Decision) -> None:
    """All of a language are approved together, as every reply may use any of them."""
    reply = word(decision, Language.UR, desk.library, desk.setting())
    made = journal.record(ASKED, replace(turn(decision), reply=reply))

    assert phrases_digest(desk.library.phrases, Language.UR) == made.decision["digest"]


def test_a_text_that_is_shown_instead_of_a_missing_one_is_the_one_named(desk: Desk) -> None:
    """Who reads English for want of Swahili was sent the English text."""
    entry = desk.library.entries["cpr"]
    english = entry.model_copy(update={"texts": {Language.EN: entry.texts[Language.EN]}})
    library = make_library({**desk.library.entries, "cpr": english}, desk.library.phrases)
    shown = assistant.show("cpr", Language.SW, replace(desk, library=library))

    assert digest(entry, Language.EN) == journal.record(ASKED, shown).decision["digest"]


async def test_a_turn_becomes_rows(desk: Desk, store: Store) -> None:
    """One of counts, and one of words when there are words."""
    for kept in (None, "how [name]"):
        made = journal.record(ASKED, turn(Unmatched(0.1), kept=kept, entries=1))
        async with store.begin() as connection:
            await journal.write(connection, made)

    async with store.read() as connection:
        counted = (await connection.execute(select(decisions.c.decision))).all()
        words = (await connection.execute(select(unmatched.c.text, unmatched.c.nearest))).all()
    assert [("unmatched",), ("unmatched",)] == [tuple(row) for row in counted]
    assert [("how [name]", [["malaria-spread", 0.4938]])] == [tuple(row) for row in words]


def test_the_longest_names_fit_their_columns() -> None:
    """PostgreSQL refuses what SQLite lets pass."""
    categories = [category.value for category in Category] + [remark.value for remark in Remark]

    assert all(len(name) <= decisions.c.category.type.length for name in categories)  # type: ignore[attr-defined]


def test_staff_read_an_hour() -> None:
    """Without minutes, which would lie beside a chat."""
    assert "2026-12-01 14:00" == journal.hour_of(AT)
