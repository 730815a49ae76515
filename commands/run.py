"""`bot.py run`: Telegram, the web page, reload and retention in one process, until a signal."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import uvicorn
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application
from watchfiles import awatch

import settings
import workshop
from assistant import Desk
from commands.tools import Failure, Here, cipher, days, desk, person_keys
from console.web import application as web_application
from escalation.unmatched import sealed
from handlers.application import application as telegram_application
from handlers.intake import Intake, TokenError
from handlers.profile import publish
from reception import Reception
from safety.contacts import State
from storage import retention
from storage.cipher import Cipher
from storage.store import Store
from yamlfile import Problem, ProblemsError

log = logging.getLogger("sehat")

PURGE_EVERY = timedelta(hours=6)
RECONNECT_SECONDS = 10
STOP_SECONDS = 30
MOST_PORT = 65_535
NO_TOKEN = "Telegram does not accept the token: check TELEGRAM_BOT_TOKEN (or telegram.token_file)"  # noqa: S105


def act(options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    started = time.monotonic()
    opens = cipher(here)  # first: a broken key is told before the index is made
    made = desk(here)
    if options.prepare:
        return 0
    _undialled(made)
    host = options.host or here.settings.web.host
    port = here.settings.web.port if options.port is None else options.port
    listening = _listen(host, port)
    with contextlib.closing(listening):
        asyncio.run(_serve(here, made, opens, listening, started))
    return 0


def _undialled(made: Desk) -> None:
    """Log a warning where numbers of the country served were not dialled, or not lately."""
    country = made.contacts.country(made.country)
    rows = country.contacts if country else ()
    wanting = [
        row.kind.value
        for row in rows
        if row.state(made.today, made.contact_days) is not State.CONFIRMED
    ]
    if wanting:
        log.warning(
            "%d of %d numbers of %s were not dialled, or not lately (%s): "
            "see bot.py contacts list --country %s",
            *(len(wanting), len(rows), made.country, ", ".join(wanting), made.country),
        )


def _listen(host: str, port: int) -> socket.socket:
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
        msg = f"cannot listen on {host}:{port}: {reason}; choose another with --port or --host"
        raise Failure(msg) from None
    listening.listen(256)
    listening.setblocking(False)  # noqa: FBT003 - the library's signature
    return listening


async def _serve(
    here: Here, made: Desk, opens: Cipher, listening: socket.socket, started: float
) -> None:
    chosen = here.settings
    async with Store.open(chosen.storage.database, here.places.data) as store:
        await _readable(store, opens, given=here.text_key is not None)
        key, *older_keys = person_keys(here)
        reception = Reception(
            made,
            store,
            key,
            older_keys=older_keys,
            cipher=opens,
            workers=chosen.matching.workers or os.cpu_count() or 1,
            per_minute=chosen.questions_per_minute,
            days=days(chosen),
            privacy_contact=chosen.organisation.privacy_contact,
        )
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        try:
            await _work(here, reception, listening, stopping, started)
        finally:
            reception.close()


async def _readable(store: Store, opens: Cipher, *, given: bool) -> None:
    """See that the encrypted questions can be read.

    Raises:
        ProblemsError: There is a key, but not the one that they were written with.
    """
    async with store.read() as connection:
        closed = len(await sealed(connection, opens))
    if closed and given:
        sentence = (
            f"does not open {closed} of the kept questions: add the key they were written with "
            "behind it, after a comma; is it lost, run bot.py purge --unreadable"
        )
        raise ProblemsError([Problem(settings.TEXT_KEY_VARIABLE, 1, "", sentence)])
    if closed:
        log.warning("%d kept questions are encrypted: SEHAT_TEXT_KEY is not set", closed)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: ours end web page and bot together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def _work(
    here: Here,
    reception: Reception,
    listening: socket.socket,
    stopping: asyncio.Event,
    started: float,
) -> None:
    server = _Server(
        uvicorn.Config(
            web_application(reception),
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=5,
            server_header=False,
        )
    )
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    seconds = time.monotonic() - started
    sys.stdout.write(f"Sehat answers on http://{shown}:{port}  (ready in {seconds:.1f} s)\n")
    if here.token is None:
        sys.stdout.write("No TELEGRAM_BOT_TOKEN is set, so only the web page runs.\n")
    sys.stdout.flush()
    work = [
        server.serve(sockets=[listening]),
        _reload(here, reception, stopping),
        _purge(reception, stopping),
    ]
    if here.token:
        work.append(_telegram(here, reception, stopping))
    tasks = [asyncio.create_task(part) for part in work]
    ended = asyncio.create_task(stopping.wait())
    # The first part to end, by a signal or by an error, ends the others.
    await asyncio.wait({ended, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    server.should_exit = True
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error


async def _telegram(here: Here, reception: Reception, stopping: asyncio.Event) -> None:
    """Serve the bot; without a network try again, with a wrong token end the program."""
    chosen, token = here.settings.telegram, here.token
    if token is None:
        return
    app = telegram_application(
        token.get_secret_value(), chosen.api_url, reception, chosen.in_flight
    )
    while not stopping.is_set():
        try:
            await app.initialize()
            break
        except InvalidToken:
            raise Failure(NO_TOKEN) from None
        except TelegramError as error:
            log.warning("Telegram cannot be reached (%s); trying again", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), RECONNECT_SECONDS)
    else:
        return
    intake = Intake(app, reception, in_flight=chosen.in_flight, attempts=chosen.attempts)
    try:
        await _poll(app, intake, reception, stopping)
    finally:
        await app.shutdown()


async def _poll(
    app: Application,  # type: ignore[type-arg]
    intake: Intake,
    reception: Reception,
    stopping: asyncio.Event,
) -> None:
    bot = app.bot
    with contextlib.suppress(TelegramError):
        # A webhook that somebody set keeps getUpdates from working; its updates are not dropped.
        await bot.delete_webhook()
    published = asyncio.create_task(publish(bot, reception.desk.library))
    polling = asyncio.create_task(intake.run())
    ended = asyncio.create_task(stopping.wait())
    log.info("Telegram: @%s is listening", bot.username)
    try:
        await asyncio.wait({polling, ended}, return_when=asyncio.FIRST_COMPLETED)
        intake.stop()
        await polling
    except TokenError:
        raise Failure(NO_TOKEN) from None
    finally:
        published.cancel()
        ended.cancel()
        await asyncio.gather(published, ended, return_exceptions=True)


async def _reload(here: Here, reception: Reception, stopping: asyncio.Event) -> None:
    """Take changed files into service; a broken one leaves the last good version serving."""
    watched: list[Path] = [*here.places.watched(), *([here.config] if here.config else [])]
    async for changes in awatch(*watched, stop_event=stopping, rust_timeout=1000):
        if not any(path.endswith(".yaml") for _, path in changes):
            continue
        try:
            chosen = settings.load(here.config)
            fresh = await asyncio.to_thread(
                workshop.desk, chosen, here.places, reception.desk.encoder
            )
        except ProblemsError as error:
            reception.problems = error.problems
            for problem in error.problems:
                log.error("%s", problem)  # noqa: TRY400 - a mistake in a file has no trace
            log.error("the last good version goes on serving")  # noqa: TRY400
        else:
            reception.desk, reception.problems = fresh, ()
            log.info("content reloaded: %d entries", len(fresh.library.entries))


async def _purge(reception: Reception, stopping: asyncio.Event) -> None:
    """Erase what has been kept for long enough, at once and then four times a day."""
    while not stopping.is_set():
        try:
            gone = await retention.erase(reception.store, reception.days, reception.clock())
            if any(gone.values()):
                log.info("erased %d rows that were old enough", sum(gone.values()))
        except Exception as error:  # noqa: BLE001 - it is tried again
            log.error("old rows could not be erased (%s)", type(error).__name__)  # noqa: TRY400
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), PURGE_EVERY.total_seconds())
