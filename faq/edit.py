"""Change an entry's file and nothing else in it; write new entries; write many files or none."""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import yaml

from faq import splice
from faq.entry import Entry, Text
from faq.splice import Value
from text import Language
from yamlfile import Document, Place, ProblemsError


class Editable:
    """An entry's file, to be changed."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ProblemsError: It cannot be read, or is no YAML that can be edited.
        """
        document = Document(path)
        if not isinstance(document.value, dict):
            raise ProblemsError([document.problem((), "must be keys with values")])
        self.path = path
        self.before = path.read_bytes().decode("utf-8")
        plain = self.before.removeprefix("\ufeff")
        self._mark = self.before[: len(self.before) - len(plain)]
        self._break = "\r\n" if "\r\n" in plain else "\n"
        self._text = self._start = re.sub(r"\r\n?", "\n", plain)
        try:
            splice.root(self._text)
        except yaml.YAMLError:
            sentence = "is written in a way that only a person can change"
            raise ProblemsError([document.problem((), sentence)]) from None

    def set(self, place: Place, value: Value) -> None:
        """Put a value at a place; a missing key is added where the house style has it.

        Of lists only what differs is touched.  A text keeps its style (plain, quoted, block)
        where the style can hold it.  Spaces around a text are not kept.

        Raises:
            KeyError: The place leads through a list that is shorter, or through a text.
        """
        self._text = splice.put(self._text, place, value)

    def text(self) -> str:
        """Return the whole file, with its byte order mark and line ends."""
        if self._text == self._start:
            return self.before
        return self._mark + self._text.replace("\n", self._break)

    def save(self) -> None:
        """Write the file, whole or not at all.

        Raises:
            OSError: It cannot be written; the old file stands.
        """
        write({self.path: self.text()})


def open_entry(path: Path) -> Editable:
    """Open an entry's file to change it.

    Raises:
        ProblemsError: It cannot be read, or is no YAML that can be edited.
    """
    return Editable(path)


def new_text(entry: Entry) -> str:
    """Return the file of a new entry, in the house style."""
    return splice.written(plain(entry))


def plain(entry: Entry) -> dict[str, Value]:
    """Return an entry as its file holds it; empty lists are left out."""
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "topic": entry.topic,
        **({"related": entry.related} if entry.related else {}),
        **({"sources": [dict(source) for source in entry.sources]} if entry.sources else {}),
        "review": dict(entry.review),
        "texts": {
            language.value: text_of(text)
            for language in Language
            if (text := entry.texts.get(language))
        },
    }


def text_of(text: Text) -> dict[str, Value]:
    """Return an entry's text as its file holds it; what is empty is left out."""
    held: dict[str, Value] = text.model_dump(by_alias=True)
    return {key: held[key] for key in ("question", "from", "wordings", "answer") if held[key]}


def write(
    files: Mapping[Path, str], check: Callable[[Path, Path], object] = lambda _new, _old: None
) -> None:
    """Write all files or, when anything fails, none.

    Each is written beside its place and then moved there; a move needs no room, so going back
    does not fail on a full disk.  Killed in between, some files are new, but each is whole.

    Args:
        files: What they shall hold, by path.
        check: Called with each written file and its place before any is moved; may raise.

    Raises:
        OSError: A file cannot be written; all old ones stand.
    """
    mark = secrets.token_hex(4)
    # What a link leads to is replaced, not the link.
    places = {path.resolve(): text for path, text in files.items()}
    # The ending is not .yaml: neither the library nor the watcher may see these.
    new = {place: place.with_name(f".{place.name}.{mark}.new") for place in places}
    kept = {place: place.with_name(f".{place.name}.{mark}.old") for place in places}
    moved: list[Path] = []
    try:
        for place, text in places.items():
            _write(new[place], text, place)
            check(new[place], place)
        for place in places:
            if place.exists():
                _keep(place, kept[place])
            new[place].replace(place)
            moved.append(place)
    except BaseException:
        _go_back(moved, kept)
        raise
    finally:
        _remove(new.values())
    _remove(kept.values())


def _go_back(moved: list[Path], kept: Mapping[Path, Path]) -> None:
    """Put the old files back; if that fails, those that are left stay beside their places."""
    for place in moved:
        if kept[place].exists():
            kept[place].replace(place)
        else:
            place.unlink()
    _remove(kept.values())


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _write(path: Path, text: str, like: Path) -> None:
    with path.open("xb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    if like.exists():
        shutil.copymode(like, path)


def _keep(path: Path, beside: Path) -> None:
    try:
        beside.hardlink_to(path)
    except OSError:  # not every file system has links
        shutil.copy2(path, beside)
