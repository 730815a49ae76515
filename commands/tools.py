"""What several commands share: where they stand, progress, failing with a sentence."""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

import workshop
from assistant import Desk
from escalation.approval import Histories, histories, in_force_of, needs
from escalation.office import Office
from faq.index import Progress as Told
from reception import Reception
from settings import TEXT_KEY_VARIABLE, Settings
from storage.cipher import Cipher
from storage.retention import Days
from storage.store import Store
from workshop import Approving, Places
from yamlfile import Problem, ProblemsError

KEY_BYTES = 32


class Failure(Exception):  # noqa: N818 - it is no bug, and reads so where it is raised
    """The command cannot go on; the message tells the user what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Here:
    """What a command works with."""

    settings: Settings
    places: Places
    token: SecretStr | None
    key: SecretStr | None  # of the person hashes: one a line, newest first
    config: Path | None
    text_key: SecretStr | None = None  # of kept words: by commas, newest first


@contextlib.contextmanager
def progress() -> Iterator[Told]:
    """Show progress on standard error: a bar in a terminal, a line now and then elsewhere."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        tasks = {}

        def told(what: str, done: int, of: int) -> None:
            if not console.is_terminal:
                if done in (1, of) or done % 1000 == 1:
                    sys.stderr.write(f"  {what}: {done:,} of {of:,}\n")
                return
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done)

        yield told


def desk(here: Here, *, older: bool = False) -> Desk:
    """Load everything an answer needs, with progress.

    `older` takes what was learnt from a slightly older base, too: for looking, not for serving.
    """
    data_folder(here.places.data)
    said = asyncio.run(_judged(here))
    encodes = workshop.encoder(here.settings, here.places)
    with progress() as told:
        approves = approving(said, here.settings)
        return workshop.desk(here.settings, here.places, encodes, told, approves, older=older)


def approving(said: Histories, chosen: Settings) -> Approving:
    """Return what gives the approvals in force, from what members have said of texts."""
    return lambda library: in_force_of(said, needs(chosen.review.approvals, library))


async def _judged(here: Here) -> Histories:
    """Return what members have said of texts; nothing where there is no database yet.

    Raises:
        ProblemsError: It cannot be read, so nobody knows what may be sent.
    """
    url, data = here.settings.storage.database, here.places.data
    async with Store.look(url, data) as store:
        if store is None:
            return {}
        try:
            async with store.read() as connection:
                return await histories(connection)
        except SQLAlchemyError as error:
            sentence = f"what is approved and withdrawn cannot be read: {type(error).__name__}"
            raise ProblemsError([Problem("storage.database", 1, "", sentence)]) from None


def data_folder(folder: Path) -> None:
    """Make the data folder.

    Raises:
        ProblemsError: It cannot be made or written to.
    """
    probe = folder / f".probe-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        sentence = f"the data folder cannot be written: {error.strerror}; name another with --data"
        raise ProblemsError([Problem(str(folder), 1, "", sentence)]) from None


def person_keys(here: Here) -> tuple[bytes, ...]:
    """Return the keys of the person hashes, newest first; one is made when none is given.

    Raises:
        ProblemsError: The file of the keys holds none, or cannot be read or written.
    """
    if here.key:
        return in_lines(here.key.get_secret_value().encode())
    path = key_file(here)
    if not path.exists():
        write_keys(path, [secrets.token_hex(KEY_BYTES).encode()])
    if found := read_keys(path):
        return found
    sentence = (
        "the file of the key is empty: put the key back, or run bot.py key new "
        "(what people left under the old one is then nobody's)"
    )
    raise ProblemsError([Problem(str(path), 1, "", sentence)])


def key_file(here: Here) -> Path:
    """Return the file of the person hashes' keys, for when SEHAT_KEY does not hold them."""
    named = here.settings.storage.key_file
    return Path(named) if named else here.places.data / "key"


def read_keys(path: Path) -> tuple[bytes, ...]:
    """Return the keys of a file.

    Raises:
        ProblemsError: It cannot be read.
    """
    try:
        return in_lines(path.read_bytes())
    except OSError as error:
        sentence = f"the file of the key cannot be read: {error.strerror}"
        raise ProblemsError([Problem(str(path), 1, "", sentence)]) from None


def in_lines(held: bytes) -> tuple[bytes, ...]:
    """Return the keys in a text, one a line, each once."""
    return tuple(dict.fromkeys(filter(None, map(bytes.strip, held.splitlines()))))


def write_keys(path: Path, keys: Sequence[bytes]) -> None:
    """Write a file of keys whole or not at all, for its owner's eyes only.

    Raises:
        ProblemsError: It cannot be written; what stood there stands.
    """
    place = path.resolve()  # what a link leads to is replaced, not the link
    new = place.with_name(f".{place.name}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if place.exists() and os.geteuid() == 0:
                # Written by root, read by the bot's own user.
                os.chown(new, place.stat().st_uid, place.stat().st_gid)
            file.write(b"".join(key + b"\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    except OSError as error:
        new.unlink(missing_ok=True)
        sentence = f"the file of the key cannot be written: {error.strerror}"
        raise ProblemsError([Problem(str(path), 1, "", sentence)]) from None


def cipher(here: Here) -> Cipher:
    """Return what seals the words of unmatched questions.

    Raises:
        ProblemsError: A key of SEHAT_TEXT_KEY is none.
    """
    if here.text_key is None:
        return Cipher()
    keys = [key.strip() for key in here.text_key.get_secret_value().split(",")]
    return Cipher(list(filter(None, keys)), TEXT_KEY_VARIABLE)


def days(chosen: Settings) -> Days:
    """Return how long things are kept."""
    kept = chosen.storage
    return Days(kept.unmatched_days, kept.person_days, kept.counts_days, kept.tell_days)


def office(
    here: Here, reception: Reception, opens: Cipher, keys: Sequence[bytes], address: str = ""
) -> Office:
    """Return what the work of staff needs.

    Args:
        here: Settings and places.
        reception: With the open database and the desk in service.
        opens: What seals and opens kept words.
        keys: Of the person hashes, newest first.
        address: Where staff reach the console; empty: as the settings say.
    """
    chosen = here.settings
    made = Office(
        store=reception.store,
        cipher=opens,
        keys=keys,
        faq=here.places.faq,
        safety=here.places.safety,
        desk=lambda: reception.desk,
        clock=lambda: reception.clock(),  # noqa: PLW0108 - read anew, as a test may set another
        approvals=chosen.review.approvals,
        review_days=chosen.review.days,
        publish=chosen.publish,
        tell_days=chosen.storage.tell_days,
        source_domains=chosen.content.source_domains,
        contact_days=chosen.safety.contact_days,
        country=chosen.country,
    )
    address = address or chosen.console.address
    return replace(made, address=address) if address else made
