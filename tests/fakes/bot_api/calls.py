"""Every call that the bot made."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from fakes.bot_api.bell import Bell
from fakes.bot_api.form import Params


@dataclass(slots=True)
class Call:
    """One call and how it ended."""

    method: str
    params: dict[str, Any]
    """Numbers, booleans and JSON as Python values."""
    files: list[str]
    """Names of the files that came with it."""
    at: float
    """When it came, in Unix seconds."""
    status: int | None = None
    """The HTTP status; None while it is under way, 0 if the connection was cut."""
    description: str = ""
    """Why it was refused."""
    result: Any = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Calls:
    """The calls in the order in which they came."""

    made: list[Call] = field(default_factory=list)
    bell: Bell = field(default_factory=Bell)

    def begin(self, method: str, params: Params) -> Call:
        names = [upload.name for upload in params.files.values()]
        call = Call(method, params.values, names, time.time())
        self.made.append(call)
        self.bell.ring()
        return call

    def end(self, call: Call, status: int, description: str = "", result: Any = None) -> None:
        call.status = status
        call.description = description
        call.result = result
        self.bell.ring()

    def of(self, method: str) -> list[Call]:
        """Return the calls of one method that have ended; upper and lower case are the same."""
        wanted = method.lower()
        return [c for c in self.made if c.method.lower() == wanted and c.status is not None]

    async def wait_for(self, method: str, count: int, seconds: float) -> list[Call]:
        """Wait until `count` calls of a method have ended since the start.

        Raises:
            TimeoutError: Too few came.
        """

        def enough() -> list[Call] | None:
            return found if len(found := self.of(method)) >= count else None

        return await self.bell.until(enough, seconds, f"{count} x {method}; {self.trouble()}")

    async def wait_for_poll(self, seconds: float) -> None:
        """Wait until a getUpdates is under way.

        Raises:
            TimeoutError: The bot does not poll.
        """

        def polling() -> bool | None:
            return any(c.method == "getUpdates" and c.status is None for c in self.made) or None

        await self.bell.until(polling, seconds, f"a poll; {self.trouble()}")

    def trouble(self) -> str:
        """Return the last refusals in one line, for the message of a failing test."""
        refused = [f"{c.method} {c.status} {c.description}" for c in self.made if c.description]
        return f"last refusals: {refused[-3:]}"
