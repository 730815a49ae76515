"""Listening and serving: the chat page, and beside it, on a socket of its own, staff's pages."""

import contextlib
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from pydantic import BaseModel
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

import settings
from commands.tools import Failure, Here
from console.staff import Setting
from settings import Settings
from yamlfile import Document, ProblemsError

MOST_PORT = 65_535
ADDRESS_FILE = "console-address"
"""In the data folder: where the running console listens, for `bot.py staff login`."""
_USERINFO = re.compile(r"://[^/\s]*@")


class Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: ours end everything together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def server(app: ASGIApp) -> Server:
    """Return a server of an application; it logs no address, as some hold a secret."""
    return Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=5,
            server_header=False,
        )
    )


def listen(
    host: str, port: int, instead: str = "choose another with --port or --host"
) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: A name or number of this machine's.
        port: 0 takes a free one.
        instead: What to do when it cannot be had.

    Raises:
        Failure: It cannot be had.
    """
    if not 0 <= port <= MOST_PORT:  # the resolver would quietly take another
        msg = f"cannot listen on {host}:{port}: a port is a number from 0 to {MOST_PORT}"
        raise Failure(msg)
    listening = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, OverflowError) as error:
        if listening is not None:
            listening.close()
        reason = getattr(error, "strerror", None) or error
        msg = f"cannot listen on {host}:{port}: {reason}; {instead}"
        raise Failure(msg) from None
    listening.listen(256)
    listening.setblocking(False)  # noqa: FBT003 - the library's signature
    return listening


def shown(listening: socket.socket) -> str:
    """Return the address of a socket as people open it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


# ---- the console


def listen_for_staff(chosen: Settings, web_port: int) -> socket.socket:
    """Return the console's socket: at the port of the settings, else behind the chat page's.

    Args:
        chosen: The settings.
        web_port: That of the chat page as it was asked for; beside 0 a free one is taken.

    Raises:
        Failure: The port of the settings cannot be had.
    """
    host, port = chosen.console.host, chosen.console.port
    if port is not None:
        return listen(host, port, "choose another as console.port in the settings")
    if 0 < web_port < MOST_PORT:
        with contextlib.suppress(Failure):
            return listen(host, web_port + 1)
    return listen(host, 0, "choose another as console.host in the settings")


def staff_address(chosen: Settings, listening: socket.socket) -> str:
    """Return where staff reach the console: the https address of the settings, or the socket's."""
    return chosen.console.address or shown(listening)


@contextlib.contextmanager
def findable(address: str, data: Path) -> Iterator[None]:
    """Leave the address in the data folder while it is served."""
    path = data / ADDRESS_FILE
    with contextlib.suppress(OSError):
        path.write_text(f"{address}\n", "utf-8")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def found_address(here: Here) -> str:
    """Return where staff reach the console: of the settings, of a running bot, or as usual."""
    chosen = here.settings
    if chosen.console.address:
        return chosen.console.address
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if held := (here.places.data / ADDRESS_FILE).read_text("utf-8").strip():
            return held
    host = f"[{chosen.console.host}]" if ":" in chosen.console.host else chosen.console.host
    return f"http://{host}:{chosen.console.port or chosen.web.port + 1}"


# ---- the settings as staff read them


def view(here: Here, given: Mapping[str, Any]) -> list[Setting]:
    """Return every setting in force, with where it comes from.  No secret is among them.

    Args:
        here: With the settings as they were read.
        given: What the command line said instead, like `{"web.port": 8090}`; None: nothing.
    """
    lines = _places(here.config)
    told = {name: value for name, value in given.items() if value is not None}
    return [*_listed(here.settings, "", "", lines, told), *_secrets(here)]


def _listed(
    model: BaseModel, section: str, about: str, lines: Mapping[str, str], told: Mapping[str, Any]
) -> Iterator[Setting]:
    inner = []
    for name, field in type(model).model_fields.items():
        value, path = getattr(model, name), f"{section}.{name}" if section else name
        if isinstance(value, BaseModel):
            inner.append((value, path))
            continue
        origin = "default"
        if name in model.model_fields_set:
            origin = lines.get(path, "settings file")
        if path in told:
            value, origin = told[path], f"--{name}"
        yield Setting(section, name, _worded(path, value), field.description or "", origin, about)
    for value, path in inner:
        said = (type(value).__doc__ or "").splitlines()[0]
        yield from _listed(value, path, said, lines, told)


def _worded(path: str, value: Any) -> str:
    if path == "storage.database":
        return _without_password(value)
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    return "" if value is None else _USERINFO.sub("://…@", str(value))


def _without_password(database: str) -> str:
    """Return a database's address without the password, and without what stands behind "?"."""
    if not database:
        return ""
    try:
        return make_url(database).set(query={}).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "(no address of a database)"


def _places(config: Path | None) -> dict[str, str]:
    """Return where each setting of the file stands, like `config.yaml:12`."""
    if config is None:
        return {}
    try:
        document = Document(config)
    except ProblemsError:  # somebody is just writing it
        return {}
    return {
        ".".join(place): f"{config.name}:{document.line(place)}" for place in _keys(document.value)
    }


def _keys(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if place:
        yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _keys(inner, (*place, str(key)))


def _secrets(here: Here) -> Iterator[Setting]:
    about = "Never shown; here stands only whether there is one."
    for name, secret, help_ in (
        (settings.TOKEN_VARIABLE, here.token, "The bot's token at Telegram."),
        (
            settings.KEY_VARIABLE,
            here.key,
            "The keys under which people are known; not set: a file of the data folder holds them.",
        ),
        (settings.TEXT_KEY_VARIABLE, here.text_key, "The keys of encrypted questions."),
    ):
        origin = "environment or its file" if secret else "default"
        yield Setting("secrets", name, "set" if secret else "not set", help_, origin, about)
