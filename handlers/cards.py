"""A group of the queue as a card on Telegram: text and buttons.  Pure.

A button holds all that a press needs, in 64 bytes: what to do, the group and the version that was
seen, the place in the queue, and a value.  Words that a member typed stand on the card itself.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from anyascii import anyascii
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram import Message as Sent

from escalation.groups import MARK
from escalation.queue import Detail, Group, State
from escalation.staff import Member
from faq.entry import Entry, Library
from handlers import sentences as say
from handlers.outgoing import Message
from handlers.visible import safe, visible

PREFIX = "q:"
TYPED = "t"
"""Stands for the row of a question where the words are those on the card."""

MOST_ENTRIES = 3  # buttons
TITLE, LINE, LABEL = 300, 160, 60  # characters
_ALSO, _NOTES = 3, 3  # lines
_DATA = re.compile(r"q:([a-zA-Z]):([0-9]{1,9}):([0-9]{1,9}):([nl])([0-9]{1,6}):([0-9a-z.]{0,26})")
_SLUG = re.compile(r"[^a-z0-9]+")
_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class Press:
    """What a button says.

    Attributes:
        act: One letter; `handlers.staffchat` says what each does.
        group: The group's id.
        version: At which the member saw it.
        order: `n` for newest first, `l` for largest first.
        place: Of the group in that order, from 0.
        value: What else the act needs.
    """

    act: str
    group: int
    version: int
    order: str = "n"
    place: int = 0
    value: str = ""

    @property
    def data(self) -> str:
        """Return it as callback data; `read` takes it back."""
        place = min(self.place, 999_999)
        return f"q:{self.act}:{self.group}:{self.version}:{self.order}{place}:{self.value}"

    def to(self, act: str, value: str = "") -> "Press":
        """Return another button of the same card."""
        return replace(self, act=act, value=value)


def read(data: str) -> Press | None:
    """Return what a button says, or None: anyone can forge it."""
    found = _DATA.fullmatch(data)
    if found is None:
        return None
    act, group, version, order, place, value = found.groups()
    return Press(act, int(group), int(version), order, int(place), value)


def pressed_on(message: Sent) -> Press | None:
    """Return a button of a card, or None when the message is none."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    return next(
        (press for row in rows for one in row if (press := read(str(one.callback_data)))), None
    )


def acts_on(message: Sent) -> set[str]:
    """Return the letters of all buttons of a card."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    found = (read(str(one.callback_data)) for row in rows for one in row)
    return {press.act for press in found if press}


def typed(message: Sent) -> str | None:
    """Return the words that stand on a card to be used, or None."""
    # One that is too old, or was deleted, comes without its text.
    found = message.parse_entities([MessageEntity.CODE]) if message.text else {}
    return next(iter(found.values()), None)


def mark(name: str) -> str:
    """Return what stands for an entry or a heading in a button: 12 hexadecimal digits."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def marked(names: Iterable[str], digits: str) -> str | None:
    """Return the name that a mark stands for."""
    return next((name for name in names if mark(name) == digits), None)


def entry_of(library: Library, digits: str) -> Entry | None:
    """Return the entry, or the draft, that a mark stands for."""
    known: Mapping[str, Entry] = {**library.drafts, **library.entries}
    name = marked(known, digits)
    return known[name] if name else None


def name_for(group: Group) -> str:
    """Return a name for a new entry, from the first words of what was asked."""
    words = _SLUG.sub(" ", anyascii(MARK.sub(" ", group.title)).lower()).split()
    return "-".join(words[:_NAME_WORDS])[:48].strip("-") or f"group-{group.id}"


# ---- the card itself


def card(
    detail: Detail, press: Press, library: Library, member: Member | None, lead: str = ""
) -> Message:
    """Return the card of a group.

    Args:
        detail: The group.
        press: Place and order in the queue; the act counts for nothing.
        library: Which entries there are.
        member: Who looks at it, if one person does.
        lead: A sentence above it: what has just been done.
    """
    group = detail.group
    press = replace(press, group=group.id, version=group.version)
    parts = [
        f"<i>{safe(lead, TITLE)}</i>" if lead else "",
        "\n".join(_about(detail)),
        "\n".join(_facts(group)),
        "\n".join(_notes(detail)),
        say.REPLY_NOTE,
    ]
    keyboard = InlineKeyboardMarkup(_buttons(detail, press, library, member))
    return Message("\n\n".join(filter(None, parts)), keyboard)


def _about(detail: Detail) -> list[str]:
    group = detail.group
    asked = say.QUESTION if group.questions == 1 else say.QUESTIONS.format(count=group.questions)
    lines = [say.HEAD.format(id=group.id, questions=asked, people=group.people_shown)]
    if group.state is not State.OPEN:
        entry = escape(group.entry or "", quote=False)
        lines.append(say.STATES[group.state].format(entry=entry, into=group.merged_into))
    # On a line of its own: a line takes its direction from its first letter.
    lines.append(f"“{safe(group.title, TITLE)}” ({group.language})" if group.title else say.NO_TEXT)
    also = list(dict.fromkeys(row.text for row in detail.rows if row.text != group.title))
    if also:
        lines += [say.ALSO, *(f"“{safe(text, LINE)}”" for text in also[:_ALSO])]
    return lines


def _facts(group: Group) -> list[str]:
    spoken = ", ".join(f"{language} {count}" for language, count in group.languages.items())
    whys = ", ".join(f"{say.WHYS.get(why, why)} {count}" for why, count in group.whys.items())
    near = ", ".join(f"{entry} {score:.2f}" for entry, score in group.nearest)
    lines = [
        say.LANGUAGES.format(found=spoken) if spoken else "",
        say.WHY.format(found=whys) if whys else "",
        say.TREND.format(trend=" ".join(map(str, group.trend))),
        say.NEAREST.format(found=near) if near else say.NO_NEAREST,
        say.ASSIGNED.format(name=group.assigned) if group.assigned else "",
    ]
    return [escape(line, quote=False) for line in lines if line]


def _notes(detail: Detail) -> list[str]:
    newest = sorted(detail.notes, key=lambda note: (note.at, note.id))[-_NOTES:]
    lines = [
        escape(
            say.NOTE.format(who=note.who, when=day(note.at), text=visible(note.text, LINE)),
            quote=False,
        )
        for note in newest
    ]
    if more := len(detail.notes) - len(newest):
        lines.append(say.MORE_NOTES.format(count=more))
    return lines


def day(at: datetime) -> str:
    """Return a time as staff read it."""
    return f"{at:%d %b %H:%M} UTC"


def button(label: str, press: Press) -> InlineKeyboardButton:
    """Return a button; its label is cut, for it may be text of the public."""
    return InlineKeyboardButton(visible(label, LABEL), callback_data=press.data)


def _buttons(
    detail: Detail, press: Press, library: Library, member: Member | None
) -> list[list[InlineKeyboardButton]]:
    group, rows = detail.group, []
    if group.state in {State.OPEN, State.DRAFTED}:
        known = {**library.drafts, **library.entries}
        rows += [
            [
                button(
                    say.NEW_WORDING.format(entry=entry, score=f"{score:.2f}"),
                    press.to("w", mark(entry)),
                )
            ]
            for entry, score in [near for near in group.nearest if near[0] in known][:MOST_ENTRIES]
        ]
        mine = member is not None and group.assigned == member.name
        rows += [
            [button(say.NEW_DRAFT, press.to("d")), button(say.NOT_OURS, press.to("i"))],
            [
                button(say.UNASSIGN, press.to("f")) if mine else button(say.ASSIGN, press.to("g")),
                button(say.MERGE, press.to("m")),
                button(say.SPLIT, press.to("p")),
            ],
        ]
    last = next((step for step in detail.steps if step.last), None)
    if last is not None:
        rows.append([button(say.UNDO.format(what=last.what), press.to("u", str(last.id)))])
    other = "l" if press.order == "n" else "n"
    label = say.LARGEST if press.order == "n" else say.NEWEST
    turned = replace(press, act="o", order=other, place=0)
    rows.append([button(label, turned), button(say.NEXT, press.to("n"))])
    return rows
