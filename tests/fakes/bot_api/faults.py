"""Trouble on demand: refusals, broken connections, slow answers, garbage."""

import json
from dataclasses import dataclass
from typing import Any

from fakes.bot_api.refusals import BLOCKED, RefusalError, forbidden, refusal, too_many

_SENTENCES = {
    400: "chat not found",
    409: "terminated by other getUpdates request; make sure that only one bot instance is running",
}
GARBAGE = b"<html><head><title>502 Bad Gateway</title></head></html>"


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong, for which calls, and how often."""

    method: str
    """A method's name, or * for any."""
    times: int | None = 1
    """How many calls it spoils; None: all until `times` is set to 0."""
    error: int | None = None
    retry_after: int | None = None
    migrate_to_chat_id: int | None = None
    description: str | None = None
    chat: int | None = None
    containing: str | None = None
    """Only calls with this in any of their parameters."""
    after_effect: bool = False
    """The call does its work first: the bot cannot know."""
    drop: bool = False
    delay: float = 0.0
    garbage: bool = False
    hits: int = 0

    def __post_init__(self) -> None:
        """Take the code that the parameters imply."""
        if self.retry_after is not None:
            self.error = self.error or 429
        if self.migrate_to_chat_id is not None:
            self.error = self.error or 400
        if not self.fails and not self.delay:
            msg = (
                "say what goes wrong: error, retry_after, migrate_to_chat_id, drop, garbage, delay"
            )
            raise ValueError(msg)

    def fits(self, method: str, params: dict[str, Any]) -> bool:
        if self.times == 0 or self.method.lower() not in {"*", method.lower()}:
            return False
        if self.chat is not None and params.get("chat_id") != self.chat:
            return False
        return self.containing is None or self.containing in json.dumps(params, ensure_ascii=False)

    @property
    def fails(self) -> bool:
        """False for a fault that only delays."""
        return self.drop or self.garbage or self.error is not None

    def refusal(self) -> RefusalError:
        """Return the refusal that it stands for, in Telegram's words unless told otherwise."""
        code = self.error or 502
        if self.description is not None:
            return RefusalError(code, self.description, **self._parameters())
        if code == 429:
            return too_many(self.retry_after or 1)
        if self.migrate_to_chat_id is not None:
            sentence = "group chat was upgraded to a supergroup chat"
            return refusal(code, sentence, **self._parameters())
        if code == 403:
            return forbidden(BLOCKED)
        return refusal(code, _SENTENCES[code]) if code in _SENTENCES else RefusalError(code)

    def _parameters(self) -> dict[str, int]:
        both = {"retry_after": self.retry_after, "migrate_to_chat_id": self.migrate_to_chat_id}
        return {name: value for name, value in both.items() if value is not None}


def take(faults: list[Fault], method: str, params: dict[str, Any]) -> Fault | None:
    """Return the first fault that fits the call and use it up by one."""
    fault = next((f for f in faults if f.fits(method, params)), None)
    if fault is not None:
        fault.hits += 1
        if fault.times is not None:
            fault.times -= 1
    return fault
