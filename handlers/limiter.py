"""The limiter that every message passes; who sends in bulk waits out a "too many" alone."""

from collections.abc import Callable, Coroutine
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter

AT_ONCE = -1
"""As `rate_limit_args`: raise RetryAfter at once, instead of waiting while others wait, too."""


class _TooManyError(Exception):
    """RetryAfter under another name, which the library's limiter lets through."""


class Limiter(AIORateLimiter):
    """The library's, which tries again by itself and holds everything back until then.

    For an answer that is right.  A message that nobody is waiting for must not hold answers back.
    """

    async def process_request(  # noqa: PLR0913, PLR0917 - the library's signature
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Send a request within the limits."""
        if rate_limit_args != AT_ONCE:
            return await super().process_request(
                callback, args, kwargs, endpoint, data, rate_limit_args
            )

        async def once(*args: Any, **kwargs: Any) -> Any:
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                raise _TooManyError from error

        try:
            return await super().process_request(once, args, kwargs, endpoint, data, None)
        except _TooManyError as refused:
            raise refused.__cause__ or refused from None
