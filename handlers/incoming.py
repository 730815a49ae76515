"""What an update is about: who, where, in which language, and whether we are meant."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from telegram import Chat, Message, MessageEntity, Update, User
from telegram.constants import ChatType

from assistant import Question
from handlers.ledger import ledger
from handlers.patience import within
from reception import Reception
from storage import people
from text import Language

log = logging.getLogger("sehat.telegram")

# How long an answer waits for the database, which it can do without.
READ_SECONDS = 5
_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind an update, as far as we want to know.

    `person` is the keyed hash; `older` holds those under older keys that anything is kept under.
    """

    person: str
    choice: Language | None
    channel_language: Language | None
    older: Sequence[str] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return all hashes, newest key first."""
        return (self.person, *self.older)

    def language(self, default: Language) -> Language:
        """Return the language for the bot's own sentences."""
        return self.choice or self.channel_language or default


async def caller(update: Update, reception: Reception, *, surely: bool = False) -> Caller:
    """Return who sent an update; nobody we know, when the database cannot be read.

    What is kept under an older key is moved to the newest as the turn is written.

    Args:
        update: A message or a press.
        reception: Where they are known.
        surely: Raise instead what went wrong: for where it matters what is kept of them.
    """
    user, number = update.effective_user, number_of(update)
    person = reception.person("telegram", number)
    try:
        older, choice = await within(READ_SECONDS, _left(reception, person, number))
    except Exception as error:
        if surely:
            raise
        log.error("who asks cannot be looked up (%s)", type(error).__name__)  # noqa: TRY400
        return Caller(person, None, language_of(user))
    if older:
        ledger().effects.append(partial(people.move, old=older, new=person))
    return Caller(person, choice, language_of(user), older)


def number_of(update: Update) -> int:
    """Return Telegram's number of who sent an update."""
    user = update.effective_user
    return user.id if user else update.effective_chat.id if update.effective_chat else 0


async def _left(
    reception: Reception, person: str, number: int
) -> tuple[Sequence[str], Language | None]:
    """Return the hashes under older keys that anything is kept under, and the language chosen."""
    older = await reception.older("telegram", number)
    return older, await reception.choice(person, *older)


def language_of(user: User | None) -> Language | None:
    """Return the language that Telegram tells of a person, if we speak it."""
    code = ((user.language_code if user else None) or "")[:2].lower()
    code = "id" if code == "in" else code  # the old code of Indonesian
    return Language(code) if code in set(Language) else None


def in_group(chat: Chat | None) -> bool:
    """Tell whether others read along."""
    return chat is not None and chat.type in _GROUPS


def addressed(message: Message, username: str, bot_id: int) -> bool:
    """Tell whether a message in a group is meant for the bot: a mention, or a reply to it."""
    reply = message.reply_to_message
    if reply and reply.from_user and reply.from_user.id == bot_id:
        return True
    named = {**message.parse_entities([MessageEntity.MENTION])}
    named.update(message.parse_caption_entities([MessageEntity.MENTION]))
    return any(text.casefold() == f"@{username.casefold()}" for text in named.values())


def question(message: Message, text: str, who: Caller, username: str, asked: Reception) -> Question:
    """Return the question of a message; the bot's own name is not part of it."""
    said = text.replace(f"@{username}", " ").strip() if in_group(message.chat) else text
    return Question(
        said,
        "telegram",
        asked.clock(),
        who.person,
        who.choice,
        who.channel_language,
        forwarded=message.forward_origin is not None,
    )
