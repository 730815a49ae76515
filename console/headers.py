"""Headers that keep a page to itself, and a limit on what it is sent.  Plain ASGI."""

from starlette.datastructures import Headers as Given
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


_MOST_DIGITS = 12


class Headers:
    """Adds the security headers to every response; answers are never stored by caches."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        static = scope["path"].startswith("/static/")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "max-age=300" if static else "no-store")
            await send(message)

        await self._app(scope, receive, sending)


class LimitedBody:
    """Refuses a body that is too large, also when its length was not told beforehand."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        """Wrap an application."""
        self._app, self._most = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Given(scope=scope).get("content-length", "0")
        if not told.isdecimal() or len(told) > _MOST_DIGITS or int(told) > self._most:
            await _refuse(send)
            return
        seen = 0

        async def receiving() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return message if seen <= self._most else {"type": "http.disconnect"}

        async def sending(message: Message) -> None:
            # What the application makes of half a body is not what the person should read.
            if seen <= self._most:
                await send(message)

        try:
            await self._app(scope, receiving, sending)
        except Exception:
            if seen <= self._most:
                raise
        if seen > self._most:
            await _refuse(send)


async def _refuse(send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")],
        }
    )
    await send({"type": "http.response.body", "body": b"This message is too long."})
