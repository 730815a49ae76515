"""Delivery to a webhook: again and again until it answers 2xx (Bot API, setWebhook)."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from fakes.bot_api.updates import Update, Updates

# Telegram waits longer between two tries; tests have no time.
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
ANSWER_SECONDS = 60


@dataclass(slots=True)
class Webhook:
    """Where updates go, and how it went last."""

    url: str
    secret: str
    max_connections: int
    own_certificate: bool = False
    last_error: str = ""
    last_error_at: int = 0

    def same(self, other: "Webhook") -> bool:
        """Tell whether both have the same settings (Client.cpp, process_set_webhook_query)."""
        mine = (self.url, self.secret, self.max_connections)
        theirs = (other.url, other.secret, other.max_connections)
        return mine == theirs and not self.own_certificate and not other.own_certificate


class Courier:
    """Delivers while a webhook is set."""

    def __init__(self, updates: Updates) -> None:
        self.webhook: Webhook | None = None
        self._updates = updates
        self._running: asyncio.Task[None] | None = None

    def take(self, webhook: Webhook | None) -> None:
        """Deliver to this webhook from now on; None ends delivery."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        self.webhook = webhook
        self.start()

    def start(self) -> None:
        if self.webhook is not None:
            self._running = asyncio.ensure_future(_Round(self.webhook, self._updates).run())

    async def stop(self) -> None:
        """End delivery for now; the webhook stays set."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None


class _Round:
    """One webhook's delivery: one chat's updates in order, different chats' side by side."""

    def __init__(self, hook: Webhook, updates: Updates) -> None:
        self._hook = hook
        self._updates = updates
        self._places = asyncio.Semaphore(hook.max_connections)
        self._lanes: dict[str, deque[int]] = {}
        self._taken: set[int] = set()

    async def run(self) -> None:
        async with (
            httpx.AsyncClient(timeout=ANSWER_SECONDS) as client,
            asyncio.TaskGroup() as group,
        ):
            while True:
                rung = self._updates.bell.next()
                for update in list(self._updates.waiting.values()):
                    name = self._sort_in(update)
                    if name is not None:
                        group.create_task(self._drain(name, client))
                await rung

    def _sort_in(self, update: Update) -> str | None:
        """Put an update into its lane; return the lane's name if it is new."""
        number = update["update_id"]
        if number in self._taken or self._updates.held:
            return None
        self._taken.add(number)
        name = lane(update)
        if name in self._lanes:
            self._lanes[name].append(number)
            return None
        self._lanes[name] = deque([number])
        return name

    async def _drain(self, name: str, client: httpx.AsyncClient) -> None:
        while self._lanes[name]:
            number = self._lanes[name].popleft()
            await self._deliver(number, client)
            self._taken.discard(number)
        del self._lanes[name]

    async def _deliver(self, number: int, client: httpx.AsyncClient) -> None:
        pause = FIRST_PAUSE
        while (update := self._updates.waiting.get(number)) is not None:
            async with self._places:
                failed = await self._post(update, client)
            if not failed:
                self._updates.confirm(number)
                return
            self._hook.last_error = failed
            self._hook.last_error_at = int(time.time())
            self._updates.bell.ring()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _post(self, update: Update, client: httpx.AsyncClient) -> str:
        """Return what went wrong, '' for a 2xx (wordings: tdlib/telegram-bot-api, WebhookActor)."""
        # httpx sends exactly "application/json", as Telegram does
        secret = self._hook.secret
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        try:
            response = await client.post(self._hook.url, json=update, headers=headers)
        except httpx.ConnectError:
            return "Connection refused"
        except httpx.TimeoutException:
            return "Read timeout expired"
        except httpx.HTTPError:
            return "Webhook connection closed"
        if response.is_success:
            return ""
        status = HTTPStatus(response.status_code)
        return f"Wrong response from the webhook: {status} {status.phrase}"


def lane(update: Update) -> str:
    """Return what keeps its order: a chat, or a person's queries (WebhookActor.cpp, queue_id)."""
    for kind, content in update.items():
        if isinstance(content, dict) and "chat" in content:
            return f"chat {content['chat'].get('id')}"
        if isinstance(content, dict) and "from" in content:
            return f"{kind} {content['from'].get('id')}"
    return f"update {update['update_id']}"
