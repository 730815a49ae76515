"""Logging that cannot show what people wrote, nor a secret.

Tracebacks name files, lines and types; the messages of exceptions stay out, because a library may
put a person's words or the token's address into them.
"""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import TextIO

_QUIET = (
    "httpx",
    "httpcore",
    "telegram",
    "uvicorn",
    "alembic",
    "watchfiles",
    "asyncio",
    "sqlalchemy",
)
_HIDDEN = "[hidden]"


class SafeFormatter(logging.Formatter):
    """Formats records without exception messages and without known secrets."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        """Remember what must not show."""
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = tuple(filter(None, secrets))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        record.exc_text = None
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line

    def formatException(self, ei: object) -> str:  # noqa: N802 - the library's name
        """Return frames and type names only, also of causes."""
        error = ei[1] if isinstance(ei, tuple) else None
        return "\n".join(trace(error)) if isinstance(error, BaseException) else ""


class SafeHandler(logging.StreamHandler[TextIO]):
    """Writes lines; of a record that cannot be written it tells only whose it was."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say that a record was lost; the library would print its arguments."""
        sys.stderr.write(f"a log record of {record.name} cannot be written\n")


def trace(error: BaseException | None) -> list[str]:
    """Return where an exception came from, without its message and without source lines."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
        lines += [
            f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        error = error.__cause__ or error.__context__
    return lines


class OthersQuietly(logging.Filter):
    """Lets only the kind of other libraries' messages through: the rest may hold text."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut foreign records down to the first line of their pattern, up to its first value."""
        if record.name.split(".")[0] in _QUIET:
            first = str(record.msg).split("\n", 1)[0]
            record.msg, record.args = first.split("%", 1)[0].strip(), None
        return True


def configure(level: str, secrets: tuple[str, ...] = ()) -> None:
    """Send our own log to standard error; other libraries only from WARNING on."""
    handler = SafeHandler(sys.stderr)
    handler.setFormatter(SafeFormatter(secrets))
    handler.addFilter(OthersQuietly())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _hook
    sys.unraisablehook = lambda told: _say(told.exc_value)
    threading.excepthook = lambda told: _say(told.exc_value)


def _hook(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        _say(error)


def _say(error: BaseException | None) -> None:
    sys.stderr.write("\n".join(trace(error)) + "\n")
