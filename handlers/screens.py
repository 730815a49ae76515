"""What a card of the queue turns into while a member chooses: wording, draft, merge, split.  Pure.

Every screen keeps the buttons by which it is known again (`cards.acts_on`): `x` stands on that of
a wording, `D` on that of a draft.
"""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from escalation.queue import Detail, Preview
from escalation.unmatched import Row
from faq.entry import Entry, Library
from faq.moved import Moved
from handlers import sentences as say
from handlers.cards import LABEL, LINE, TITLE, TYPED, Press, button, mark
from handlers.outgoing import Message
from handlers.visible import safe, visible
from text import Language

MOST_NEAR, MOST_ROWS = 6, 8  # buttons
_MOVES = 8  # lines
_SCREEN = 3000  # characters that a wording may have on the screen: it is sent back whole


def wording(
    press: Press, entry: Entry, words: tuple[str, Language], row: int | None, preview: Preview
) -> Message:
    """Return what a new wording would do, with a button that adds it.

    Args:
        press: A button of the card.
        entry: That would get the wording.
        words: The wording and its language.
        row: The id of the question that it is; None for words that a member typed.
        preview: What it would move, and why it cannot be added.
    """
    text, language = words
    parts = [
        say.WORDING_HEAD.format(id=press.group, entry=entry.id),
        safe(entry.text(Language.EN)[1].question, TITLE),
        f"<code>{safe(text, _SCREEN)}</code> ({language})",
        *_problems(preview),
        _moves(preview.moved),
        say.OTHER_WORDS,
    ]
    value = f"{mark(entry.id)}.{TYPED if row is None else row}"
    add = [] if preview.problems else [button(say.ADD, press.to("a", value))]
    rows = [add, [button(say.OTHER, press.to("x", mark(entry.id))), _back(press)]]
    return Message("\n\n".join(parts), InlineKeyboardMarkup([row for row in rows if row]))


def _problems(preview: Preview) -> list[str]:
    if not preview.problems:
        return []
    return ["\n".join([say.CANNOT, *(f"• {safe(said, LINE)}" for said in preview.problems)])]


def _moves(moved: Sequence[Moved]) -> str:
    if not moved:
        return say.MOVES_NOTHING
    # What it would take from where it belongs is what a member must see.
    ordered = sorted(moved, key=lambda one: one.good)
    lines = [
        (say.MOVE_GOOD if one.good else say.MOVE_BAD).format(
            text=safe(one.text, LINE), before=one.before, after=one.after
        )
        for one in ordered[:_MOVES]
    ]
    if more := len(moved) - len(lines):
        lines.append(say.MOVES_MORE.format(count=more))
    return "\n".join([say.MOVES, *lines])


def questions(detail: Detail, press: Press, entry: str) -> Message:
    """Return the group's questions, to choose one as the wording for an entry."""
    rows = [
        [button(_named(row), press.to("w", f"{mark(entry)}.{row.id}"))]
        for row in different(detail.rows)[:MOST_ROWS]
    ]
    head = say.CHOOSE_QUESTION.format(id=press.group, entry=entry)
    return Message(head, InlineKeyboardMarkup([*rows, [_back(press)]]))


def different(rows: Sequence[Row]) -> list[Row]:
    """Return questions without those that read the same as one before."""
    return list({row.text: row for row in reversed(rows)}.values())[::-1]


def draft(press: Press, library: Library, name: str) -> Message:
    """Return the headings to choose from for a new draft."""
    topics = [
        button(
            visible(library.phrases.say(Language.EN, f"topic_{topic}"), LABEL),
            press.to("D", mark(topic)),
        )
        for topic in library.topics
    ]
    rows = [topics[at : at + 2] for at in range(0, len(topics), 2)]
    head = say.DRAFT_HEAD.format(id=press.group, name=safe(name, LABEL))
    return Message(head, InlineKeyboardMarkup([*rows, [_back(press)]]))


def merge(detail: Detail, press: Press) -> Message:
    """Return the groups that are near, to choose the one to merge into."""
    rows = [
        [button(f"{share:.2f} · {group.id}: {group.title}", press.to("M", str(group.id)))]
        for group, share in detail.near[:MOST_NEAR]
    ]
    head = (say.MERGE_HEAD if rows else say.MERGE_NONE).format(id=press.group)
    return Message(head, InlineKeyboardMarkup([*rows, [_back(press)]]))


def split(detail: Detail, press: Press) -> Message:
    """Return the group's questions, to take one out."""
    some = detail.rows[:MOST_ROWS] if len(detail.rows) > 1 else []
    rows = [[button(_named(row), press.to("P", str(row.id)))] for row in some]
    head = (say.SPLIT_HEAD if rows else say.SPLIT_NONE).format(id=press.group)
    return Message(head, InlineKeyboardMarkup([*rows, [_back(press)]]))


def _named(row: Row) -> str:
    return f"{row.text} ({row.language})"


def _back(press: Press) -> InlineKeyboardButton:
    return button(say.BACK, press.to("s"))
