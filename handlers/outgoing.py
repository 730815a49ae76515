"""A `Reply` as Telegram shows it: HTML, at most 4,096 UTF-16 units a message, buttons with ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode

from faq.entry import Library
from faq.reply import Action, Block, Button, Reply, blocks
from safety.contacts import Contacts
from text import Language, utf16_length

MOST_UNITS = 4096
# Room for markup that the count of what a person sees does not hold.
_ROOM = 3900
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to send."""

    html: str
    keyboard: InlineKeyboardMarkup | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph: its markup, and the length that a person sees."""

    html: str
    units: int


def messages(reply: Reply, library: Library, lead: str = "") -> list[Message]:
    """Return the messages of a reply; the buttons stand under the last, a lead before the first."""
    texts = _packed([*([_piece(lead, "i")] if lead else []), *_pieces(reply)])
    keyboard = keyboard_of(reply, library)
    return [
        Message(html, keyboard if number + 1 == len(texts) else None)
        for number, html in enumerate(texts)
    ]


def offering(
    made: Sequence[Message], library: Library, spoken: Language, ref: str
) -> list[Message]:
    """Return messages with one more button under the last: to be told when there is an answer."""
    label = library.phrases.say(spoken, "tell_me")
    button = InlineKeyboardButton(f"🔔 {label}", callback_data=f"w:{spoken}:{ref}")
    last = made[-1]
    rows = last.keyboard.inline_keyboard if last.keyboard else ()
    return [*made[:-1], Message(last.html, InlineKeyboardMarkup([[button], *rows]))]


async def post(bot: Bot, chat: int, part: Message, **more: Any) -> None:
    """Send a message; `more` is what else the library is to be told of it."""
    await bot.send_message(
        chat,
        part.html,
        parse_mode=ParseMode.HTML,
        reply_markup=part.keyboard,
        link_preview_options=_NO_PREVIEW,
        **more,
    )


def _pieces(reply: Reply) -> list[_Piece]:
    pieces = []
    if reply.banner:
        pieces.append(_piece(f"⚠️ {reply.banner}", "b"))
    if reply.title:
        pieces.append(_piece(reply.title, "b"))
    for block in blocks(reply.body):
        pieces += [_piece(part) for part in _short(_lines(block))]
    if reply.citations:
        pieces.append(_cited(reply))
    pieces += [_piece(notice, "i") for notice in reply.notices]
    return pieces


def _piece(text: str, tag: str = "") -> _Piece:
    html = escape(text, quote=False)
    return _Piece(f"<{tag}>{html}</{tag}>" if tag else html, utf16_length(text))


def _lines(block: Block) -> str:
    match block.kind:
        case "ul":
            return "\n".join(f"• {line}" for line in block.lines)
        case "ol":
            return "\n".join(f"{number}. {line}" for number, line in enumerate(block.lines, 1))
        case _:
            return "\n".join(block.lines)


def _cited(reply: Reply) -> _Piece:
    shown = [
        (f"{page.publisher}: {page.title}", page.url, page.checked) for page in reply.citations
    ]
    links = [
        f'<a href="{escape(url)}">{escape(name, quote=False)}</a> ({escape(day, quote=False)})'
        for name, url, day in shown
    ]
    seen = "\n".join(f"{name} ({day})" for name, _, day in shown)
    head = escape(f"{reply.cited_as}: ", quote=False)
    return _Piece(head + "\n".join(links), utf16_length(head + seen))


def _short(text: str) -> list[str]:
    """Split a text too long for a message at line ends or spaces, never inside a letter."""
    parts = []
    while utf16_length(text) > _ROOM:
        head = text.encode("utf-16-le")[: 2 * _ROOM].decode("utf-16-le", "ignore")
        at = max(head.rfind("\n"), head.rfind(" "))
        at = at if at > 0 else len(head)
        parts.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*parts, text]


def _packed(pieces: Sequence[_Piece]) -> list[str]:
    """Put paragraphs into as few messages as hold them."""
    packed: list[str] = []
    units = _ROOM + 1
    for piece in pieces:
        if units + 2 + piece.units > _ROOM:
            packed.append(piece.html)
            units = piece.units
        else:
            packed[-1] += "\n\n" + piece.html
            units += 2 + piece.units
    return packed


def keyboard_of(reply: Reply, library: Library) -> InlineKeyboardMarkup | None:
    """Return the buttons of a reply, one a row; votes side by side."""
    rows = [[_button(button, reply.language)] for button in reply.buttons]
    if reply.helpful and reply.entry:
        say = library.phrases.say
        rows.insert(
            0,
            [
                InlineKeyboardButton(
                    f"{sign} {say(reply.language, key)}",
                    callback_data=f"v:{value}:{reply.language}:{reply.entry}",
                )
                for sign, key, value in (("👍", "yes", 1), ("👎", "no", 0))
            ],
        )
    return InlineKeyboardMarkup(rows) if rows else None


_CODES = {
    Action.ENTRY: "e",
    Action.TOPICS: "t",
    Action.COUNTRIES: "c",
    Action.NONE_OF_THESE: "n",
}


def _button(button: Button, language: Language) -> InlineKeyboardButton:
    data = f"{_CODES[button.action]}:{language}:{button.value}"
    return InlineKeyboardButton(button.label, callback_data=data)


def topics_keyboard(library: Library, language: Language) -> InlineKeyboardMarkup:
    """Return a button for each heading."""
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(
                    library.phrases.say(language, f"topic_{topic}"),
                    callback_data=f"t:{language}:{topic}",
                )
            ]
            for topic in library.topics
        ]
    )


def questions_keyboard(library: Library, language: Language, topic: str) -> InlineKeyboardMarkup:
    """Return a button for each question under a heading, and one back."""
    rows = [
        [
            InlineKeyboardButton(
                entry.text(language)[1].question, callback_data=f"e:{language}:{entry.id}"
            )
        ]
        for entry in library.of_topic(topic)
    ]
    back = library.phrases.say(language, "back")
    return InlineKeyboardMarkup(
        [*rows, [InlineKeyboardButton(f"‹ {back}", callback_data=f"t:{language}:")]]
    )


def languages_keyboard(library: Library) -> InlineKeyboardMarkup:
    """Return a button for each language, by its own name."""
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(
                    library.phrases.say(language, "language_name"), callback_data=f"l:{language}:"
                )
            ]
            for language in Language
        ]
    )


def countries_keyboard(contacts: Contacts, language: Language) -> InlineKeyboardMarkup:
    """Return a button for each country that we have numbers of."""
    buttons = [
        InlineKeyboardButton(country.called(language), callback_data=f"c:{language}:{code}")
        for code, country in contacts.countries.items()
    ]
    return InlineKeyboardMarkup([buttons[at : at + 2] for at in range(0, len(buttons), 2)])
