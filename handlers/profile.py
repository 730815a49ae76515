"""What Telegram shows of the bot: commands and descriptions, in each language."""

import logging

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from faq.entry import Library
from text import Language

log = logging.getLogger("sehat.telegram")

COMMANDS = ("topics", "language", "privacy", "mydata", "forget", "help", "start")


async def publish(bot: Bot, library: Library) -> None:
    """Set commands and descriptions where they differ; the setters are strictly rate-limited.

    English is also what people of other languages see.  A failure is logged and changes nothing.
    """
    try:
        for language in (None, *Language):
            await _publish(bot, library, language)
    except TelegramError as error:
        log.warning("commands and descriptions are not up to date (%s)", type(error).__name__)


async def _publish(bot: Bot, library: Library, language: Language | None) -> None:
    spoken, code = language or Language.EN, language.value if language else None
    say = library.phrases.say
    commands = tuple(BotCommand(name, say(spoken, f"command_{name}")) for name in COMMANDS)
    if await bot.get_my_commands(language_code=code) != commands:
        await bot.set_my_commands(commands, language_code=code)
    described = say(spoken, "bot_description")
    if (await bot.get_my_description(language_code=code)).description != described:
        await bot.set_my_description(described, language_code=code)
    short = say(spoken, "bot_short_description")
    if (await bot.get_my_short_description(language_code=code)).short_description != short:
        await bot.set_my_short_description(short, language_code=code)
