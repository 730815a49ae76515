"""The bot as it runs, against the fake Bot API over HTTP."""

from collections.abc import AsyncIterator

import pytest
from fakes.bot_api import FakeBotApi, Person
from telegram_bot import TOKEN, running

from handlers.intake import Intake
from reception import Reception


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    """A fake Bot API."""
    async with FakeBotApi(token=TOKEN) as made:
        yield made


@pytest.fixture
async def bot(api: FakeBotApi, reception: Reception) -> AsyncIterator[Intake]:
    """The running bot."""
    async with running(api, reception) as intake:
        yield intake


@pytest.fixture
def asha(api: FakeBotApi) -> Person:
    """A person whose Telegram is in English."""
    return api.user("Asha", language_code="en")
