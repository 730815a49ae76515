"""Keep what is served current: files that change, and what members say of texts.

What members say counts at once, by leaving texts out of the desk in service or letting them in
again.  New files, and new wordings to be found by, take a new desk, made in a thread, one at a
time; meanwhile the old one serves.
"""

import asyncio
import logging
from pathlib import Path

from watchfiles import awatch

import settings
import workshop
from assistant import Desk
from commands.tools import Here, approving
from escalation import approval
from escalation.approval import Histories
from escalation.office import Office
from reception import Reception
from safety import contacts
from settings import Settings
from yamlfile import Problem, ProblemsError

log = logging.getLogger("sehat")

POLL_SECONDS = 2.0
EDITED = "has changed since it was approved: it is not sent until the new text is approved"


async def keep(here: Here, reception: Reception, office: Office, stopping: asyncio.Event) -> None:
    """Keep the desk of a reception current until the program ends.

    Args:
        here: Where the files are.
        reception: Whose desk it is.
        office: Tells at once of what is judged in this process; other processes' is looked up.
        stopping: Set at the end.
    """
    keeper = _Keeper(here, reception, office)
    watching = asyncio.create_task(keeper.watch(stopping))
    try:
        while not stopping.is_set():
            await keeper.step()
            await _first(office.changed, stopping)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _first(*events: asyncio.Event) -> None:
    """Wait until something happens, but not longer than until the next look."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


class _Keeper:
    def __init__(self, here: Here, reception: Reception, office: Office) -> None:
        self._here, self._reception, self._office = here, reception, office
        self._publish = here.settings.publish
        self._last = -1  # verdict that was read
        self._said: Histories = {}
        self._blind = False  # the database could not be read
        self._wanted = False  # a new desk is to be made
        self._making: asyncio.Task[Desk] | None = None

    async def watch(self, stopping: asyncio.Event) -> None:
        """Notice changed files."""
        config = self._here.config
        watched: list[Path] = [*self._here.places.watched(), *([config] if config else [])]
        async for changes in awatch(*watched, stop_event=stopping, rust_timeout=1000):
            if any(path.endswith(".yaml") for _, path in changes):
                self._wanted = True
                self._office.changed.set()

    async def step(self) -> None:
        """Take in what has happened since the last time."""
        self._office.changed.clear()
        if await self._read():
            await self._republish()
        if self._making is not None and self._making.done():
            made, self._making = self._making, None
            await self._take(made)
        if self._wanted and self._making is None:
            self._wanted = False
            self._making = asyncio.create_task(asyncio.to_thread(self._made, self._said))
            self._making.add_done_callback(lambda _: self._office.changed.set())

    async def _read(self) -> bool:
        """Read what members have said, if there is anything new; tell whether there was."""
        try:
            async with self._office.store.read() as connection:
                last = await approval.newest(connection)
                if last == self._last:
                    return False
                self._said = await approval.histories(connection)
        except Exception as error:  # noqa: BLE001 - it is tried again; what is served stays
            if not self._blind:
                log.error(  # noqa: TRY400 - the error may hold an address
                    "approvals cannot be read (%s): the last known ones hold", type(error).__name__
                )
            self._blind = True
            return False
        self._last, self._blind = last, False
        return True

    async def _republish(self) -> None:
        """Leave out of the desk in service what was withdrawn; let in what was approved."""
        before = self._reception.desk
        fresh = await asyncio.to_thread(self._current, before)
        if fresh.library.approvals == before.library.approvals:
            return
        self._reception.desk = fresh
        log.info("approvals taken in: %d entries", len(fresh.library.entries))
        broken = any(not problem.warning for problem in self._reception.problems)
        self._wanted |= broken or workshop.outgrown(fresh, self._publish)

    def _current(self, desk: Desk) -> Desk:
        whole = desk.whole or desk.library
        approvals = approving(self._said, self._here.settings)(whole)
        return workshop.republished(desk, approvals, self._publish)

    def _made(self, said: Histories) -> Desk:
        """Return a desk of the files as they are now.  It takes long."""
        chosen = self._settings()
        encodes = self._reception.desk.encoder
        approves = approving(said, chosen)
        return workshop.desk(chosen, self._here.places, encodes, approving=approves, older=True)

    def _settings(self) -> Settings:
        """Return the settings as they are now; who decides what is sent stays until a restart."""
        held = self._here.settings
        kept = {"publish": held.publish, "review": held.review}
        return settings.load(self._here.config).model_copy(update=kept)

    async def _take(self, made: asyncio.Task[Desk]) -> None:
        """Take a new desk into service, or tell what is wrong with the files."""
        try:
            # Meanwhile more may have been said.
            fresh = await asyncio.to_thread(self._current, made.result())
        except ProblemsError as error:
            self._reception.problems = error.problems
            for problem in error.problems:
                log.error("%s", problem)  # noqa: TRY400 - a mistake in a file has no trace
            log.error("the last good version goes on serving")  # noqa: TRY400
            return
        self._reception.desk = fresh
        self._reception.problems = self._edited(fresh)
        for problem in self._reception.problems:
            log.warning("%s", problem)
        log.info("content reloaded: %d entries", len(fresh.library.entries))

    def _edited(self, desk: Desk) -> tuple[Problem, ...]:
        """Return a warning for each text that was approved and is not sent since it was edited."""
        whole = desk.whole
        if self._publish == "sample" or whole is None or desk.listed is None:
            return ()
        countries = desk.listed.countries.items()
        digests = {
            *whole.digests.values(),
            *whole.phrases.digests.values(),
            *(contacts.digest(code, country) for code, country in countries),
        }
        needed = approval.needs(self._here.settings.review.approvals, whole)
        return tuple(
            Problem(*_place(name, self._here.places), EDITED, warning=True)
            for name in approval.edited(self._said, needed, digests)
        )


def _place(name: str, places: workshop.Places) -> tuple[str, int, str]:
    """Return file, line and key of a text."""
    kind, _, rest = name.partition("/")
    if kind == "entries":
        entry, _, language = rest.partition("/")
        return str(places.faq / "entries" / f"{entry}.yaml"), 1, f"texts.{language}"
    if kind == "phrases":
        return str(places.faq / "phrases" / f"{rest}.yaml"), 1, ""
    return str(places.safety / "contacts.yaml"), 1, f"countries.{rest}"
