"""The plainest bot: it only calls methods, to test the fake itself."""

from types import TracebackType
from typing import Any, Self

import httpx
from fakes.bot_api.api import FakeBotApi

Json = dict[str, Any]


class Caller:
    """Sends JSON calls and hands back what came, refusals too."""

    def __init__(self, api: FakeBotApi, token: str | None = None) -> None:
        self._client = httpx.AsyncClient(base_url=f"{api.url}/bot{token or api.token}/")

    async def __aenter__(self) -> Self:
        """Do nothing: connections open by themselves."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def call(self, method: str, **params: Any) -> Json:
        """Return the whole answer: ok, and result or error_code and description."""
        response = await self._client.post(method, json=params)
        told: Json = response.json()
        return told

    async def result(self, method: str, **params: Any) -> Any:
        """Return the result of a call that must succeed."""
        told = await self.call(method, **params)
        return told["result"]

    async def refusal(self, method: str, **params: Any) -> str:
        """Return the description of a call that must be refused."""
        told = await self.call(method, **params)
        return str(told["description"])

    async def updates(self, **params: Any) -> list[Json]:
        """Return what getUpdates returns."""
        found: list[Json] = await self.result("getUpdates", **params)
        return found
