"""The library's application: its handlers in order, each with the reason for its place."""

from collections.abc import Sequence
from typing import Any

import httpx
from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseHandler,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from escalation.office import Office
from handlers.conversation import Conversation
from handlers.ledger import ledger
from handlers.limiter import Limiter
from handlers.staffchat import StaffChat
from reception import Reception

AnyHandler = BaseHandler[Any, Any, Any]

# Idle connections stay a minute: a quiet bot need not shake hands anew for every reply.
_KEEP_SECONDS = 60
SENDS_A_SECOND = 25  # under Telegram's 30, which bursts would pass
_SEND_TRIES = 3
_MORE_CONNECTIONS = 8  # beside those of the answers: polling, and telling people who wait


def application(  # noqa: PLR0913 - the composition root hands over everything once
    token: str,
    api_url: str,
    reception: Reception,
    in_flight: int,
    *,
    sends_a_second: float = SENDS_A_SECOND,
    office: Office | None = None,
    staff_chat: int | None = None,
) -> Application:  # type: ignore[type-arg]
    """Build the application; it has no updater, since `handlers.intake` fetches the updates.

    With an office staff may work through the bot too; `staff_chat` is the number of their chat.
    """
    limits = httpx.Limits(
        max_connections=in_flight + _MORE_CONNECTIONS,
        max_keepalive_connections=in_flight + _MORE_CONNECTIONS,
        keepalive_expiry=_KEEP_SECONDS,
    )
    request = HTTPXRequest(
        connection_pool_size=in_flight + _MORE_CONNECTIONS,
        pool_timeout=30,
        read_timeout=10,
        httpx_kwargs={"limits": limits},
    )
    made = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .request(request)
        .rate_limiter(Limiter(overall_max_rate=sends_a_second, max_retries=_SEND_TRIES))
        .updater(None)
        .job_queue(None)
        .build()
    )
    talk = Conversation(reception)
    staff = StaffChat(office, staff_chat, talk).handlers() if office else []
    made.add_handlers(_handlers(talk, staff))
    made.add_error_handler(_noted)
    return made


def _handlers(talk: Conversation, staff: Sequence[AnyHandler]) -> list[AnyHandler]:
    return [
        # Commands go first: "/help" is no question.  An edited command is not a second one.
        *(
            CommandHandler(name, callback, filters.UpdateType.MESSAGE)
            for name, callback in (
                ("start", talk.start),
                ("help", talk.help),
                ("topics", talk.topics),
                ("language", talk.language),
                ("privacy", talk.privacy),
                ("mydata", talk.mydata),
                ("forget", talk.forget),
            )
        ),
        # Staff's own: before what takes every other command, text and press.  Who is no member gets
        # from them what the public gets from those below.
        *staff,
        # A command that we don't know is answered with help rather than matched; in groups it may
        # be another bot's.
        MessageHandler(
            filters.COMMAND & filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE, talk.help
        ),
        # Edited text counts as new: people mend a question, or add what makes it an emergency.
        MessageHandler(filters.TEXT & ~filters.COMMAND & (filters.UpdateType.MESSAGES), talk.text),
        CallbackQueryHandler(talk.press),
        # All that is not text and not a service message: photo, voice, file, contact, location.
        MessageHandler(
            filters.UpdateType.MESSAGES & ~filters.TEXT & ~filters.StatusUpdate.ALL, talk.media
        ),
    ]


async def _noted(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Hand an error to the intake, which decides whether to try again."""
    if isinstance(update, Update) and isinstance(context.error, Exception):
        ledger().error = context.error
