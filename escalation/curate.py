"""Files of the knowledge base that staff change: wordings, background lines, drafts.

Changes are minimal (`faq.edit`), so that they can be reviewed as differences, and whole or not at
all.  `Files` puts them back when the transaction that they belong to fails.  What takes a change
back holds no text of the public, only digests and places.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from operator import eq
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

import text as reading
from escalation import audit
from escalation.office import Office
from escalation.staff import Act, Member, RefusedError
from faq import edit, load, splice
from faq.entry import SAMPLE, Entry
from storage.tables import audit_head
from text import Language
from yamlfile import Document, ProblemsError

Result = TypeVar("Result")

NOT_OURS = "not ours"
"""The list in `faq/background/<lang>.yaml` that dismissed questions go to."""
MOST_ID = 48  # characters
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def digest(text: str) -> str:
    """Return the SHA-256 of a file's text, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the digest of a file as it lies there; nothing if there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


async def only_writer(connection: AsyncConnection) -> None:
    """Wait until nobody else changes files, in whichever process; so it stays until the end.

    To be called first in a transaction: who waits for one another in another order may wait for
    ever.
    """
    await connection.execute(update(audit_head).values(number=audit_head.c.number))


async def _beside(work: Callable[[], Result]) -> Result:
    """Do what takes time off the event loop, and to its end also when nobody waits any more."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class Files:
    """The files that one transaction changes; on an error they are as they were.

    with Files() as files:
        async with office.store.begin() as connection:
            await only_writer(connection)
            await files.write({path: text})
    """

    def __init__(self) -> None:
        """Start with nothing changed."""
        self._before: dict[Path, tuple[str | None, str]] = {}  # what it held; digest of what it got

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put back what was written, unless all went well or somebody has changed it since."""
        for path, (before, written) in self._before.items() if kind else ():
            if file_digest(path) != written:
                continue
            if before is None:
                path.unlink(missing_ok=True)
            else:
                edit.write({path: before})

    async def write(self, files: Mapping[Path, str]) -> None:
        """Write files, all or none.

        Raises:
            RefusedError: One cannot be written; all old ones stand.
        """
        for path, text in files.items():
            self._note(path, digest(text))
        try:
            await _beside(lambda: edit.write(files))
        except OSError as error:
            msg = f"nothing was written: {error.filename or 'a file'}: {error.strerror}"
            raise RefusedError(msg) from None

    async def remove(self, path: Path) -> None:
        """Take a file away."""
        self._note(path, "")
        await _beside(lambda: path.unlink(missing_ok=True))

    def _note(self, path: Path, written: str) -> None:
        """Remember what a file held before its first change, and what the last has written."""
        before = self._before[path][0] if path in self._before else _held(path)
        self._before[path] = (before, written)


def _held(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.exists() else None


# ---- what was changed, and taking it back


@dataclass(frozen=True, slots=True)
class Change:
    """What was written to one file, with what takes it back.

    Attributes:
        file: Below the folder of the knowledge base, like `entries/sleep.yaml`.
        before: The digest of the file before; empty for none.
        after: The same of what was written.
        at: Where the new part begins, in characters.
        old: What stood there.
        length: Of the new part.
        place: The keys of the list that texts were added to; none for a new file.
        added: Digests of these texts.
    """

    file: str
    before: str
    after: str
    at: int
    old: str
    length: int
    place: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Change":
        """Return a change as a step keeps it."""
        listed = {key: tuple(raw[key]) for key in ("place", "added")}
        return cls(**{**raw, **listed})


def _change(
    file: str, before: str, after: str, place: tuple[str, ...] = (), added: Iterable[str] = ()
) -> Change:
    at = _same(before, after)
    same = _same(before[at:][::-1], after[at:][::-1])
    return Change(
        file,
        digest(before) if before else "",
        digest(after),
        at,
        before[at : len(before) - same],
        len(after) - at - same,
        place,
        tuple(map(digest, added)),
    )


def _same(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    return sum(1 for _ in takewhile(bool, map(eq, one, other)))


async def add(
    files: Files, folder: Path, file: str, place: tuple[str, ...], texts: Sequence[str]
) -> Change:
    """Add texts to a list in a file; a list or key that is missing is made.

    Args:
        files: What changes belong to.
        folder: Of the knowledge base.
        file: Below it.
        place: The keys that lead to the list.
        texts: The new ones.

    Raises:
        RefusedError: The file cannot be read, or holds something else there.
    """

    def made() -> tuple[str, str]:
        if not (folder / file).exists():
            value: splice.Value = list(texts)
            for key in reversed(place):
                value = {key: value}
            return "", splice.written(value) if isinstance(value, dict) else ""
        opened = edit.open_entry(folder / file)
        opened.set(place, (*listed(opened.path, place), *texts))
        return opened.before, opened.text()

    try:
        before, after = await _beside(made)
    except ProblemsError as error:
        raise RefusedError(str(error.problems[0])) from None
    await files.write({folder / file: after})
    return _change(file, before, after, place, texts)


async def create(files: Files, folder: Path, file: str, text: str) -> Change:
    """Write a new file.

    Raises:
        RefusedError: It is there already.
    """
    if (folder / file).exists():
        msg = f"{file} is there already: choose another id"
        raise RefusedError(msg)
    await files.write({folder / file: text})
    return _change(file, "", text)


async def take_back(files: Files, folder: Path, change: Change) -> tuple[str, str]:
    """Take a change back: exactly, or, of a file that was changed further, just its own texts.

    Returns:
        The digests of the file before and after; empty for none.

    Raises:
        RefusedError: The file no longer holds what was written; says what to do.
    """
    path = folder / change.file
    now = _held(path)
    if now is None:
        msg = f"{change.file} is gone: there is nothing to take back"
        raise RefusedError(msg)
    if digest(now) == change.after and not change.before:
        await files.remove(path)
        return change.after, ""
    if digest(now) == change.after:
        text = now[: change.at] + change.old + now[change.at + change.length :]
    elif change.place:
        text = await _beside(lambda: _without(path, change))
    else:
        msg = f"{change.file} was changed since it was made: delete it yourself if nobody needs it"
        raise RefusedError(msg)
    await files.write({path: text})
    return digest(now), digest(text)


def _without(path: Path, change: Change) -> str:
    """Return a file without the texts that a change added.

    Raises:
        RefusedError: One of them no longer stands there, or the file cannot be read.
    """
    try:
        held = listed(path, change.place)
        opened = edit.open_entry(path)
    except ProblemsError as error:
        raise RefusedError(str(error.problems[0])) from None
    kept = [text for text in held if digest(text) not in change.added]
    if len(held) - len(kept) != len(change.added):
        gone = len(change.added) - (len(held) - len(kept))
        what = "what was added no longer stands" if gone == 1 else f"{gone} of its lines are not"
        msg = f"{change.file} was changed since: {what} there under {'.'.join(change.place)}"
        raise RefusedError(msg)
    opened.set(change.place, kept)
    return opened.text()


def listed(path: Path, place: Sequence[str]) -> list[str]:
    """Return the texts of a list in a file; none where there is no such list, or file.

    Raises:
        ProblemsError: The file cannot be read.
    """
    value: Any = Document(path).value if path.exists() else None
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return [str(text) for text in value] if isinstance(value, list) else []


# ---- what may be a wording


def is_id(text: str) -> bool:
    """Tell whether a text can be the id of an entry."""
    return len(text) <= MOST_ID and _ID.fullmatch(text) is not None


def entry_of(office: Office, id_: str) -> Entry:
    """Return an entry as its file says it now, be it served or a draft without mistakes.

    Raises:
        RefusedError: There is none, or its file has mistakes.
    """
    path = office.faq / "entries" / f"{id_}.yaml"
    if not is_id(id_) or not path.exists():
        msg = f"there is no entry {id_[:60]!r}"
        raise RefusedError(msg)
    try:
        return Document(path).model(Entry)
    except ProblemsError as error:
        msg = f"the file has mistakes, mend them first: {error.problems[0]}"
        raise RefusedError(msg) from None


def holder(office: Office, id_: str, language: Language, wording: str) -> str | None:
    """Return which entry holds a wording already, as the files say now; None for nobody.

    The same word may serve several languages of one entry.  The first call reads all files.
    """
    folded = reading.fold(wording)
    for path in sorted((office.faq / "entries").glob("*.yaml")):
        state = path.stat()
        for spoken in _said(path, state.st_mtime_ns, state.st_size).get(folded, ()):
            if path.stem != id_ or spoken == language:
                return path.stem
    return None


@lru_cache(maxsize=2048)
def _said(path: Path, _changed: int, _size: int) -> Mapping[str, tuple[str, ...]]:
    """Return each folded question and wording of an entry's file, with its languages.

    Whatever else is wrong with the file; it is read anew when its time or size is another.
    """
    try:
        value = Document(path).value
    except ProblemsError:
        return {}
    texts = value.get("texts") if isinstance(value, dict) else None
    found: dict[str, tuple[str, ...]] = {}
    for spoken, held in texts.items() if isinstance(texts, dict) else ():
        listed = held.get("wordings") if isinstance(held, dict) else None
        said = [held.get("question"), *(listed or ())] if isinstance(held, dict) else []
        for text in said:
            folded = reading.fold(str(text))
            found[folded] = (*found.get(folded, ()), str(spoken))
    return found


async def publish(office: Office, member: Member, entry: str) -> None:
    """Take a finished draft into service: its `review.by` becomes `sample`; nothing else changes.

    Call it outside any transaction; on an entry that is no draft it does nothing.

    Raises:
        RefusedError: The member may not, or the draft has mistakes; says which.
    """
    member.must(Act.APPROVE)
    with Files() as files:
        async with office.store.begin() as connection:
            await only_writer(connection)
            library = await _beside(lambda: load.library(office.faq))
            if wrong := library.unfinished.get(entry):
                msg = f"the draft has mistakes, mend them first: {wrong[0]}"
                raise RefusedError(msg)
            if entry not in library.drafts:
                return
            path = office.faq / "entries" / f"{entry}.yaml"
            opened = edit.open_entry(path)
            opened.set(("review", "by"), SAMPLE)
            await files.write({path: opened.text()})
            made = {"before": digest(opened.before), "after": digest(opened.text())}
            await audit.add(
                connection, office.clock(), member.name, "publish", f"entries/{entry}", **made
            )
