"""Telegram's refusals, in its own words (tdlib/telegram-bot-api, Client.cpp, unless said)."""

from typing import Any

INITIATE = "bot can't initiate conversation with a user"
BLOCKED = "bot was blocked by the user"
DEACTIVATED = "user is deactivated"
OTHER_POLLER = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"

_PREFIX = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class RefusalError(Exception):
    """A call that Telegram answers with `ok: false`; the HTTP status equals the code."""

    def __init__(self, code: int, description: str = "", **parameters: int) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description or _PREFIX.get(code, "Error")
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        told = {"ok": False, "error_code": self.code, "description": self.description}
        return told | ({"parameters": self.parameters} if self.parameters else {})


def refusal(code: int, sentence: str, **parameters: int) -> RefusalError:
    """Return the refusal with Telegram's prefix for the code before the sentence."""
    return RefusalError(code, f"{_PREFIX[code]}: {sentence}", **parameters)


def bad_request(sentence: str, **parameters: int) -> RefusalError:
    """400: the call is wrong or its target is stale."""
    return refusal(400, sentence, **parameters)


def forbidden(sentence: str) -> RefusalError:
    """403: the chat cannot be written to any more."""
    return refusal(403, sentence)


def conflict(sentence: str) -> RefusalError:
    """409: another poller, or a webhook."""
    return refusal(409, sentence)


def too_many(seconds: int) -> RefusalError:
    """429, with the whole seconds to wait."""
    return refusal(429, f"retry after {seconds}", retry_after=seconds)
