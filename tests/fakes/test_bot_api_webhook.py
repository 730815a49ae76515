"""Webhook delivery of the fake behaves as Telegram's."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes.bot_api import FakeBotApi
from fakes.bot_api.bell import Bell
from fakes.bot_api.caller import Caller
from fakes.bot_api.wire import Request, Response, Server

SECRET = "s-1_A"  # noqa: S105 - opens nothing


class Hook:
    """A bot's webhook that remembers what came and answers as told."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.types: list[str] = []
        self.statuses: list[int] = []
        self.gate = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.bell = Bell()
        self.gate.set()
        self.server = Server(self.answer)

    async def answer(self, request: Request) -> Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.got.append(json.loads(request.body))
        self.types.append(request.content_type)
        self.bell.ring()
        await self.gate.wait()
        self.at_once -= 1
        return Response(self.statuses.pop(0) if self.statuses else 200, b"")

    async def texts(self, count: int) -> list[str]:
        """Wait for `count` posts and return their texts."""
        await self.bell.until(lambda: len(self.got) >= count or None, 5, f"{count} posts")
        return [update["message"]["text"] for update in self.got]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/hook"


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    """A fake of its own for each test."""
    async with FakeBotApi() as fake:
        yield fake


@pytest.fixture
async def bot(api: FakeBotApi) -> AsyncIterator[Caller]:
    """A bot that only calls."""
    async with Caller(api) as caller:
        yield caller


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook that runs."""
    own = Hook()
    await own.server.start()
    yield own
    await own.server.stop()


async def settled(api: FakeBotApi, count: int) -> None:
    """Wait until that many updates are confirmed."""
    bell = api.world.updates.bell
    await bell.until(lambda: len(api.confirmed) >= count or None, 5, f"{count} confirmed")


async def failed(api: FakeBotApi) -> None:
    """Wait until a post has failed."""
    hook = api.counter.courier.webhook
    bell = api.world.updates.bell
    await bell.until(lambda: (hook and hook.last_error) or None, 5, "a failed post")


async def test_an_update_is_posted_as_plain_json(api: FakeBotApi, bot: Caller, hook: Hook) -> None:
    """The library's own server refuses any other content type."""
    await bot.result("setWebhook", url=hook.url)
    said = await api.user("Asha").say("hello")
    await settled(api, 1)

    assert hook.got[0]["message"] == said
    assert hook.types == ["application/json"]
    assert api.pending == []


async def test_the_secret_is_sent_along(api: FakeBotApi, bot: Caller) -> None:
    """How a bot knows that a post is Telegram's."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await bot.result("setWebhook", url=url, secret_token=SECRET)
    await api.user("Asha").say("hello")
    await settled(api, 1)
    server.close()

    assert b"x-telegram-bot-api-secret-token: s-1_a\r\n" in heads[0].lower()


async def test_a_failed_post_is_repeated_in_order(api: FakeBotApi, bot: Caller, hook: Hook) -> None:
    """One chat's next message waits until the one before it got its 2xx."""
    hook.statuses = [500, 302]
    await bot.result("setWebhook", url=hook.url)
    asha = api.user("Asha")
    await asha.say("one")
    await asha.say("two")
    await settled(api, 2)

    assert await hook.texts(4) == ["one", "one", "one", "two"]
    info = await bot.result("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 302 Found"


async def test_what_came_before_the_webhook_is_delivered_late(
    api: FakeBotApi, bot: Caller, hook: Hook
) -> None:
    """A bot that starts late, or after an outage, gets all."""
    await api.user("Asha").say("early")
    port = hook.server.port
    await hook.server.stop()
    await bot.result("setWebhook", url=hook.url)
    await failed(api)
    info = await bot.result("getWebhookInfo")
    await hook.server.start(port)

    assert await hook.texts(1) == ["early"]
    assert (info["last_error_message"], info["pending_update_count"]) == ("Connection refused", 1)


async def test_chats_are_served_side_by_side_up_to_max_connections(
    api: FakeBotApi, bot: Caller, hook: Hook
) -> None:
    """Posts of different chats overlap; a bot cannot rely on their order."""
    hook.gate.clear()
    await bot.result("setWebhook", url=hook.url, max_connections=3)
    for number in range(8):
        await api.user(f"P{number}").say("hello")
    await hook.texts(3)
    await asyncio.sleep(0.05)
    busy = hook.most_at_once
    hook.gate.set()
    await settled(api, 8)

    assert (busy, hook.most_at_once) == (3, 3)


async def test_polling_is_refused_while_a_webhook_is_set(
    api: FakeBotApi, bot: Caller, hook: Hook
) -> None:
    """A poll under way ends too; after deleteWebhook polling works again."""
    poll = asyncio.create_task(bot.refusal("getUpdates", timeout=40))
    await api.wait_for_poll()
    await bot.result("setWebhook", url=hook.url)

    assert await poll == "Conflict: terminated by setWebhook request"
    assert "webhook is active" in await bot.refusal("getUpdates")
    await bot.result("deleteWebhook")
    assert await bot.updates() == []


async def test_setting_the_same_webhook_again_repeats_nothing(
    api: FakeBotApi, bot: Caller, hook: Hook
) -> None:
    """A bot sets its webhook at each start; posts under way go on."""
    hook.gate.clear()
    await bot.result("setWebhook", url=hook.url)
    await api.user("Asha").say("once")
    await hook.texts(1)
    await bot.result("setWebhook", url=hook.url)
    hook.gate.set()
    await settled(api, 1)

    assert await hook.texts(1) == ["once"]


async def test_pending_updates_can_be_dropped(api: FakeBotApi, bot: Caller, hook: Hook) -> None:
    """The dangerous switch does what it says."""
    await api.user("Asha").say("lost")
    await bot.result("setWebhook", url=hook.url, drop_pending_updates=True)
    await api.user("Bibi").say("kept")
    await settled(api, 1)

    assert await hook.texts(1) == ["kept"]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"url": "ftp://x.org"}, "Bad Request: invalid webhook URL specified"),
        (
            {"url": "https://x.org", "secret_token": "a b"},
            "Bad Request: secret token contains unallowed characters",
        ),
        (
            {"url": "https://x.org", "secret_token": "a" * 257},
            "Bad Request: secret token is too long",
        ),
    ],
    ids=["scheme", "secret-characters", "secret-length"],
)
async def test_bad_settings_are_refused(bot: Caller, params: dict[str, str], sentence: str) -> None:
    """Setting mistakes show at start, not later."""
    assert await bot.refusal("setWebhook", **params) == sentence
