"""A fake Bot API in another process, for tests that kill the bot or the fake."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from fakes.bot_api.control import PATH

Json = dict[str, Any]
GRACE_SECONDS = 5
_KINDS = {"TimeoutError": TimeoutError, "ValueError": ValueError, "TypeError": TypeError}


class RemoteBotApi:
    """Speaks to `python -m fakes.bot_api`; every verb is awaited."""

    def __init__(self, url: str, token: str = "123:TEST") -> None:  # noqa: S107 - opens nothing
        self.url = url
        self.token = token
        # no limit of its own: the fake ends a wait by itself
        self._client = httpx.AsyncClient(base_url=url, timeout=None)  # noqa: S113

    async def __aenter__(self) -> Self:
        """Do nothing: the fake runs already."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections; the fake goes on."""
        await self._client.aclose()

    async def do(self, verb: str, **asked: Any) -> Any:
        """Carry out any verb of `control`.

        Raises:
            TimeoutError: What was awaited did not come.
            LookupError: There is no such person, chat, button or verb.
            RuntimeError: The fake refused for another reason.
        """
        response = await self._client.post(f"{PATH}{verb}", json=asked)
        told: Json = response.json()
        if response.status_code == HTTPStatus.OK:
            return told["result"]
        kind = _KINDS.get(
            told["kind"], LookupError if response.status_code == 404 else RuntimeError
        )
        raise kind(told["error"])

    async def user(self, name: str, **how: Any) -> "RemotePerson":
        return RemotePerson(self, await self.do("user", name=name, **how))

    async def calls(self) -> list[Json]:
        result: list[Json] = await self.do("calls")
        return result

    async def calls_of(self, method: str) -> list[Json]:
        result: list[Json] = await self.do("calls", method=method)
        return result

    async def wait_for(self, method: str, n: int = 1, timeout: float = 5) -> list[Json]:  # noqa: ASYNC109 - as tests say it
        result: list[Json] = await self.do("wait_for", method=method, n=n, timeout=timeout)
        return result

    async def wait_for_poll(self, timeout: float = 5) -> None:  # noqa: ASYNC109 - as tests say it
        await self.do("wait_for_poll", timeout=timeout)

    async def pending(self) -> list[int]:
        result: list[int] = await self.do("pending")
        return result

    async def confirmed(self) -> list[int]:
        result: list[int] = await self.do("confirmed")
        return result

    async def fail(self, method: str, **how: Any) -> None:
        await self.do("fail", method=method, **how)


class RemotePerson:
    """A person in her private chat, in another process."""

    def __init__(self, api: RemoteBotApi, user: Json) -> None:
        self._api = api
        self.user = user
        self.id: int = user["id"]

    async def act(self, action: str, **arguments: Any) -> Json:
        """Do anything that a `Person` can do, such as "photo" with a caption."""
        result: Json = await self._api.do(action, user=self.id, **arguments)
        return result

    async def start(self, payload: str = "") -> Json:
        return await self.act("start", payload=payload)

    async def say(self, text: str, *, reply_to: Json | None = None) -> Json:
        return await self.act("say", text=text, reply_to=reply_to)

    async def press(self, message: Json, button: str) -> Json:
        return await self.act("press", message=message, button=button)

    async def next_reply(self, timeout: float = 5) -> Json:  # noqa: ASYNC109 - as tests say it
        result: Json = await self._api.do("next_reply", chat=self.id, timeout=timeout)
        return result

    async def next_edit(self, timeout: float = 5) -> Json:  # noqa: ASYNC109 - as tests say it
        result: Json = await self._api.do("next_edit", chat=self.id, timeout=timeout)
        return result

    async def transcript(self) -> list[Json]:
        result: list[Json] = await self._api.do("transcript", chat=self.id)
        return result


@asynccontextmanager
async def process(token: str = "123:TEST") -> AsyncIterator[RemoteBotApi]:  # noqa: S107 - opens nothing
    """Run the fake in a process of its own, which ends with the block, or with this process."""
    folder = Path(__file__).parents[2]
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fakes.bot_api", "--port", "0", "--token", token, "--until-eof"),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if running.stdin is None or running.stdout is None:
        msg = "the fake was started without pipes"
        raise RuntimeError(msg)
    try:
        url = (await running.stdout.readline()).decode().strip()
        async with RemoteBotApi(url, token) as api:
            yield api
    finally:
        running.stdin.close()
        await asyncio.wait_for(running.wait(), GRACE_SECONDS)
