"""What several commands share: where they stand, progress, failing with a sentence."""

import contextlib
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import workshop
from assistant import Desk
from faq.index import Progress as Told
from settings import Settings
from workshop import Places
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
    key: SecretStr | None
    config: Path | None


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


def desk(here: Here) -> Desk:
    """Load everything an answer needs, with progress."""
    data_folder(here.places.data)
    encodes = workshop.encoder(here.settings, here.places)
    with progress() as told:
        return workshop.desk(here.settings, here.places, encodes, told)


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


def person_key(here: Here) -> bytes:
    """Return the key of the person hashes; one is made in the data folder when none is given."""
    if here.key:
        return here.key.get_secret_value().encode()
    path = here.places.data / "key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(KEY_BYTES), "ascii")
    return path.read_bytes().strip()
