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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application

import settings
from assistant import Desk
from commands import reload, serving
from commands.tools import Failure, Here, cipher, days, desk, office, person_keys
from console.staff import application as staff_application
from console.web import application as web_application
from escalation import grouping
from escalation.digest import Schedule
from escalation.office import Office
from escalation.unmatched import sealed
from handlers import digest
from handlers.application import application as telegram_application
from handlers.intake import Intake, TokenError
from handlers.profile import publish
from handlers.telling import Teller
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
TELL_SECONDS = 8
NO_TOKEN = "Telegram does not accept the token: check TELEGRAM_BOT_TOKEN (or telegram.token_file)"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Start:
    """What was there before the loop.

    Attributes:
        web: Listens for the public.
        staff: Listens for staff.
        given: What the command line said instead of the settings; None: nothing.
        at: When the command began, in seconds of `time.monotonic`.
    """

    web: socket.socket
    staff: socket.socket
    given: Mapping[str, Any]
    at: float


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
    given = {"web.host": options.host, "web.port": options.port}
    listening = serving.listen(host, port)
    with contextlib.closing(listening):
        staff_listening = serving.listen_for_staff(here.settings, port)
        with contextlib.closing(staff_listening):
            start = Start(listening, staff_listening, given, started)
            asyncio.run(_serve(here, made, opens, start))
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


async def _serve(here: Here, made: Desk, opens: Cipher, start: Start) -> None:
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
        address = serving.staff_address(chosen, start.staff)
        works = office(here, reception, opens, (key, *older_keys), address)
        try:
            with serving.findable(address, here.places.data):
                await _work(here, reception, works, start, stopping)
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


async def _work(
    here: Here, reception: Reception, works: Office, start: Start, stopping: asyncio.Event
) -> None:
    staff_pages = staff_application(works, reception, lambda: serving.view(here, start.given))
    servers = [
        (serving.server(web_application(reception)), start.web),
        (serving.server(staff_pages), start.staff),
    ]
    seconds = time.monotonic() - start.at
    sys.stdout.write(
        f"Sehat answers on {serving.shown(start.web)}  (ready in {seconds:.1f} s)\n"
        f"Staff sign in at {works.address} (bot.py staff login NAME)\n"
    )
    if here.token is None:
        sys.stdout.write("No TELEGRAM_BOT_TOKEN is set, so only the web page runs.\n")
    sys.stdout.flush()
    work = [
        *(server.serve(sockets=[listening]) for server, listening in servers),
        reload.keep(here, reception, works, stopping),
        _purge(reception, stopping),
        reception.keep_up(stopping),
        grouping.keep_up(works, stopping),
    ]
    if here.token:
        work.append(_telegram(here, reception, works, stopping))
    tasks = [asyncio.create_task(part) for part in work]
    ended = asyncio.create_task(stopping.wait())
    # The first part to end, by a signal or by an error, ends the others.
    await asyncio.wait({ended, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    for server, _ in servers:
        server.should_exit = True
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error


async def _telegram(
    here: Here, reception: Reception, works: Office, stopping: asyncio.Event
) -> None:
    """Serve the bot; without a network try again, with a wrong token end the program."""
    chosen, token = here.settings.telegram, here.token
    if token is None:
        return
    app = telegram_application(
        token.get_secret_value(),
        chosen.api_url,
        reception,
        chosen.in_flight,
        office=works,
        staff_chat=here.settings.staff.chat,
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
    told = here.settings.staff
    telling = [
        asyncio.create_task(Teller(app.bot, reception, works).run(stopping)),
        asyncio.create_task(
            digest.run(
                app.bot,
                works,
                told.chat,
                Schedule(told.digest, told.digest_hour),
                stopping,
                lambda: [str(problem) for problem in reception.problems],
            )
        ),
    ]
    try:
        await _poll(app, intake, reception, stopping)
    finally:
        # What they have under way is ended; without a token nothing is.
        await asyncio.wait(telling, timeout=TELL_SECONDS if stopping.is_set() else 0)
        for task in telling:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)
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
