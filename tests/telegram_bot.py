"""Running the bot against a fake Bot API."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fakes.bot_api import FakeBotApi

from escalation.office import Office
from handlers.application import application
from handlers.intake import Intake, Timing
from reception import Reception

TOKEN = "123456:TEST-token-of-the-fake"  # noqa: S105


@contextlib.asynccontextmanager
async def running(  # noqa: PLR0913 - what a test may want otherwise
    api: FakeBotApi,
    reception: Reception,
    *,
    attempts: int = 3,
    in_flight: int = 16,
    office: Office | None = None,
    staff_chat: int | None = None,
) -> AsyncIterator[Intake]:
    """Run the bot until the block ends; with an office also staff's side of it."""
    app = application(
        api.token, api.url, reception, in_flight, office=office, staff_chat=staff_chat
    )
    await app.initialize()
    intake = Intake(
        app,
        reception,
        in_flight=in_flight,
        attempts=attempts,
        timing=Timing(poll_seconds=2, backoff_seconds=0.05),
    )
    polling = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        intake.stop()
        await polling
        await app.shutdown()
