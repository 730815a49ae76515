"""`bot.py export` and `bot.py import`: all entries as a table for a spreadsheet, and back."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from commands.tools import Failure, Here
from faq import edit, load, merge, table
from faq.edit import Editable
from faq.entry import Entry, Source
from faq.merge import Change, Plan
from yamlfile import Document

MOST_BYTES = 50_000_000
SHOWN_CHARACTERS, SHOWN_BEFORE, SHOWN_ITEMS = 70, 15, 5


def export(options: argparse.Namespace, here: Here) -> int:
    """Run `bot.py export`."""
    entries = load.library(here.places.faq).entries
    made = table.write(entries.values(), table.SEPARATORS[options.separator])
    if options.file is None:
        sys.stdout.write(made)
        return 0
    if options.file.exists():
        msg = f"{options.file} is there already, and may hold work: name another file"
        raise Failure(msg)
    try:
        edit.write({options.file: made})
    except OSError as error:
        msg = f"{options.file} cannot be written: {error.strerror}"
        raise Failure(msg) from None
    sys.stderr.write(f"{options.file}: {len(entries)} entries\n")
    return 0


def import_(options: argparse.Namespace, here: Here) -> int:
    """Run `bot.py import`."""
    text, encoding = table.decode(_raw(options.file), str(options.file))
    library = load.library(here.places.faq)
    plan = merge.plan(text, str(options.file), library, load.topics(here.places.faq))
    if not encoding.startswith("utf"):
        sys.stderr.write(f"{options.file} is not UTF-8: it was read as {encoding}\n")
    if not plan.entries:
        sys.stdout.write(f"{plan.rows} rows: nothing would change\n")
        return 0
    if drafts := sorted(plan.entries.keys() & {*library.drafts, *library.unfinished}):
        msg = f"{drafts[0]} is a draft, and tables hold none: finish it, then import again"
        raise Failure(msg)
    folder = here.places.faq / "entries"
    opened = {id_: edit.open_entry(folder / f"{id_}.yaml") for id_, c in plan.changes.items() if c}
    files = _files(plan, opened, folder)
    sys.stdout.writelines(f"{line}\n" for line in _preview(plan))
    sys.stdout.flush()
    if options.dry_run or not (options.yes or _agreed()):
        sys.stdout.write("nothing was written\n")
        return 0
    _write(files, plan, opened)
    sys.stdout.write(f"{len(files)} files written; now see: bot.py check\n")
    return 0


def _raw(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            msg = f"{path} has more than {MOST_BYTES:,} bytes: is it the table?"
            raise Failure(msg)
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise Failure(msg) from None


def _agreed() -> bool:
    if not sys.stdin.isatty():
        sys.stderr.write("no terminal to ask on: use --yes to write\n")
        return False
    sys.stderr.write("Write these changes? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _files(plan: Plan, opened: Mapping[str, Editable], folder: Path) -> dict[Path, str]:
    files = {}
    for id_, entry in plan.entries.items():
        if id_ not in opened:
            files[folder / f"{id_}.yaml"] = edit.new_text(entry)
            continue
        for change in plan.changes[id_]:
            opened[id_].set(change.place, change.after)
        files[opened[id_].path] = opened[id_].text()
    return files


def _write(files: Mapping[Path, str], plan: Plan, opened: Mapping[str, Editable]) -> None:
    wanted = {path.resolve(): plan.entries[path.stem] for path in files}

    def check(written: Path, place: Path) -> None:
        if Document(written).model(Entry) != wanted[place]:
            msg = "an entry is read back otherwise than it was written"
            raise RuntimeError(msg)

    stood = {editable.path: editable.before for editable in opened.values()}
    try:
        for path in files:
            now = path.read_bytes().decode("utf-8", "replace") if path.exists() else None
            if now != stood.get(path):
                msg = f"{path} was changed meanwhile; nothing was written: import again"
                raise Failure(msg)
        edit.write(files, check)
    except OSError as error:
        msg = f"nothing was written: {error.filename or 'a file'}: {error.strerror}"
        raise Failure(msg) from None


# ---- the preview


def _preview(plan: Plan) -> Iterator[str]:
    for id_, entry in plan.entries.items():
        changes = plan.changes[id_]
        if not changes:
            yield f"{id_} (new): {', '.join(entry.texts)}"
        else:
            yield id_
        for change in changes:
            yield from _told(change)
    new = sum(not changes for changes in plan.changes.values())
    yield f"{plan.rows} rows: {len(plan.entries) - new} entries would change, {new} would be new"


def _told(change: Change) -> Iterator[str]:
    place = " ".join(map(str, change.place)).removeprefix("texts ")
    before, after = change.before, change.after
    if isinstance(after, Mapping):
        yield f"  {place} (new): {_cut(str(after['question']))}"
    elif isinstance(after, Sequence) and not isinstance(after, str):
        yield f"  {place}:"
        yield from _items(_lines(before), _lines(after))
    else:
        old, new = _differ(_flat(before), _flat(after))
        yield f"  {place}: {old} → {new}"


def _lines(value: Any) -> list[str]:
    return [
        table.source_line(Source.model_validate(item)) if isinstance(item, Mapping) else item
        for item in value
    ]


def _items(before: list[str], after: list[str]) -> Iterator[str]:
    told = [
        *(f"    - {_cut(item)}" for item in before if item not in after),
        *(f"    + {_cut(item)}" for item in after if item not in before),
    ]
    yield from told[:SHOWN_ITEMS]
    if len(told) > SHOWN_ITEMS:
        yield f"    … and {len(told) - SHOWN_ITEMS} more"
    elif not told:
        yield "    in another order"


def _flat(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _differ(before: str, after: str) -> tuple[str, str]:
    """Return two texts from shortly before they part, cut to what a line holds."""
    common = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    )
    start = max(0, common - SHOWN_BEFORE)
    if max(len(before), len(after)) <= SHOWN_CHARACTERS:
        start = 0
    lead = "…" if start else ""
    return _cut(lead + before[start:]), _cut(lead + after[start:])


def _cut(text: str) -> str:
    """Return a text in one line, without signs that would steer the terminal."""
    shown = table.escaped(text, "\n")
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[: SHOWN_CHARACTERS - 1]}…"
