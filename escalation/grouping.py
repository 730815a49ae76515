"""Put the questions that staff are to see into groups of one meaning, as they come in.

Several processes may do it on one database: who groups holds a row that the others wait for.  The
vectors are of redacted texts only.  What is known of groups is kept in memory beside the database
and looked up anew when it has changed there.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import audit, curate, middles
from escalation.likeness import (
    MOST_WORDS_OF,
    Floats,
    Middles,
    Placed,
    Said,
    Words,
    bones,
    nearest,
    place,
    said,
)
from escalation.office import Office
from storage.retention import TURN
from storage.store import Store
from storage.tables import asked, askers, groups, steps, told, unmatched

log = logging.getLogger("sehat.grouping")
Made = TypeVar("Made")

EVERY_SECONDS = 2.0
BATCH = 50
"""Questions of one transaction: SQLite has one writer, and people's turns are written too."""
HASH_CHARACTERS = 32
_PAIRS = 5_000  # looked up at once
_NICENESS = 10  # who asks goes before
_SEEN = ("open", "drafted", "answered", "dismissed")


@dataclass(slots=True)
class _Known:
    """What is known of the groups in this process."""

    middles: Middles
    index: str  # its digest: another whitens otherwise
    lock: asyncio.Lock
    stamp: tuple[int, ...]
    marks: dict[int, tuple[int, int]]  # version and questions of each group
    words: dict[int, list[Words]]
    closed: set[int]  # questions that no key opens

    def forget(self) -> None:
        """See that all is looked up anew; groups that are not there any more are then dropped."""
        self.stamp, self.marks = (), dict.fromkeys(self.marks, (0, 0))


_all: "WeakKeyDictionary[Store, _Known]" = WeakKeyDictionary()


def _polite() -> None:
    """Let this thread go behind all others; it is the only one of its pool."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


_pool = ThreadPoolExecutor(1, thread_name_prefix="grouping", initializer=_polite)


async def _beside(work: Callable[[], Made]) -> Made:
    """Do some work on the thread of its own."""
    return await asyncio.get_running_loop().run_in_executor(_pool, work)


def _known(office: Office) -> _Known:
    index, encoder = office.desk().matcher.index, office.desk().encoder
    known = _all.get(office.store)
    if known is None or known.index != index.digest:
        lock = known.lock if known else asyncio.Lock()
        known = _Known(Middles(index, encoder.size), index.digest, lock, (), {}, {}, set())
        _all[office.store] = known
    return known


# ---- what is known, brought up to date


async def _stamp(connection: AsyncConnection, turn: int) -> tuple[int, int]:
    """Return what changes whenever groups do: staff's work is audited, grouping takes turns."""
    return (await audit.head(connection)).number, turn


async def _refreshed(connection: AsyncConnection, office: Office, turn: int) -> _Known:
    """Return what is known, as of now; `turn` is the number of the last one before ours."""
    known = _known(office)
    stamp = await _stamp(connection, turn)
    if stamp == known.stamp:
        return known
    query = select(groups.c.id, groups.c.version, groups.c.questions).where(
        groups.c.state.in_(_SEEN)
    )
    marks = {row.id: (row.version, row.questions) for row in await connection.execute(query)}
    for gone in known.marks.keys() - marks.keys():
        known.middles.drop(gone)
        known.words.pop(gone, None)
    changed = [group for group, mark in marks.items() if known.marks.get(group) != mark]
    for part in _parts(changed):
        rows = select(groups.c.id, groups.c.middle).where(groups.c.id.in_(part))
        kept = {row.id: row.middle for row in await connection.execute(rows)}
        found = await _beside(lambda kept=kept: _opened(office, kept))  # type: ignore[misc]
        there = {group: middle for group, middle in found.items() if middle is not None}
        known.middles.put(there)
        for group in part:
            known.words.pop(group, None)
            if group not in there:
                known.middles.drop(group)
    known.marks, known.stamp = marks, stamp
    return known


def _opened(office: Office, kept: Mapping[int, str]) -> dict[int, Floats | None]:
    """Return the middles that can be read; one of an encoder with other vectors is none."""
    size = office.desk().encoder.size
    found = {group: middles.opened(office.cipher, middle) for group, middle in kept.items()}
    return {
        group: middle if middle is not None and len(middle) == size else None
        for group, middle in found.items()
    }


def _parts(items: Sequence[Made], size: int = 500) -> list[Sequence[Made]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


async def _texts(
    connection: AsyncConnection, office: Office, group_ids: Collection[int], most: int
) -> dict[int, list[tuple[int, str]]]:
    """Return id and text of the newest questions of some groups, oldest of them first."""
    place_ = func.row_number().over(
        partition_by=unmatched.c.group_id, order_by=unmatched.c.id.desc()
    )
    inner = (
        select(unmatched.c.id, unmatched.c.group_id, unmatched.c.text, place_.label("place"))
        .where(unmatched.c.group_id.in_(list(group_ids)))
        .subquery()
    )
    query = select(inner).where(inner.c.place <= most).order_by(inner.c.id)
    found: dict[int, list[tuple[int, str]]] = {group: [] for group in group_ids}
    for row in await connection.execute(query):
        text = office.cipher.open(row.text)
        if text is not None:
            found[row.group_id].append((row.id, text))
    return found


async def _worded(
    connection: AsyncConnection, office: Office, known: _Known, wanted: Collection[int]
) -> None:
    """See that the words of some groups are known."""
    missing = [group for group in wanted if group not in known.words]
    for part in _parts(missing):
        texts = await _texts(connection, office, part, MOST_WORDS_OF)
        known.words |= {group: [bones(text) for _, text in rows] for group, rows in texts.items()}


# ---- grouping


async def group_new(office: Office) -> int:
    """Put all questions that are in no group yet into groups; return how many that were."""
    total = 0
    async with _known(office).lock:
        while (count := await _batch(office)) is not None:
            total += count
    return total


async def _batch(office: Office) -> int | None:
    """Group some questions; return how many, None when there are no more."""
    known, desk = _known(office), office.desk()
    query = select(unmatched.c.id, unmatched.c.text).where(
        unmatched.c.group_id.is_(None), unmatched.c.id.not_in(known.closed)
    )
    async with office.store.read() as connection:
        rows = (await connection.execute(query.order_by(unmatched.c.id).limit(BATCH))).all()
    if not rows:
        return None
    texts = {row.id: office.cipher.open(row.text) for row in rows}
    known.closed |= {row for row, text in texts.items() if text is None}
    shown = {row: text for row, text in texts.items() if text is not None}
    read = await _beside(lambda: {row: said(text, desk.encoder) for row, text in shown.items()})
    if not read:
        return 0
    try:
        async with office.store.begin() as connection:
            return await _group(connection, office, read)
    except BaseException:
        known.forget()  # what was not written after all
        raise


async def _group(connection: AsyncConnection, office: Office, read: Mapping[int, Said]) -> int:
    """Group some questions, unless somebody else has meanwhile; return how many."""
    # As the actions of staff begin: in another order the two could wait for each other for ever.
    await curate.only_writer(connection)
    turn = await _take_turn(connection, office.clock())
    query = select(unmatched).where(unmatched.c.id.in_(read), unmatched.c.group_id.is_(None))
    rows = (await connection.execute(query.order_by(unmatched.c.id))).all()
    if not rows:
        return 0
    known = await _refreshed(connection, office, turn - 1)
    new = [read[row.id] for row in rows]
    near = await _beside(lambda: nearest(new, known.middles))
    candidates = {group for one in near for group in one}
    await _worded(connection, office, known, candidates)
    counts = {group: known.marks[group][1] for group in candidates}
    made = await _beside(lambda: place(new, known.middles, counts, known.words))
    for one in made:
        await _write(connection, office, known, one, [rows[member] for member in one.members])
    known.stamp = await _stamp(connection, turn)
    return len(rows)


async def _take_turn(connection: AsyncConnection, now: datetime) -> int:
    """Wait until nobody else groups; it is ours until the transaction ends.  Return its number."""
    mine = update(told).where(told.c.kind == TURN).values(at=now, number=told.c.number + 1)
    if not (await connection.execute(mine)).rowcount:
        with contextlib.suppress(IntegrityError):  # another one was the first
            async with connection.begin_nested():
                await connection.execute(told.insert().values(kind=TURN, at=now))
        await connection.execute(mine)
    found = await connection.execute(select(told.c.number).where(told.c.kind == TURN))
    return int(found.scalar_one())


async def _write(
    connection: AsyncConnection, office: Office, known: _Known, made: Placed, rows: Sequence[Any]
) -> None:
    """Write what came of placing: a group, new or grown, its questions, and who asked."""
    middle: Floats = (made.total / made.count).astype("float32")
    hours = [_utc(row.hour) for row in rows]
    version = 1
    if made.group is None:
        group = await _added(connection, office, middle, hours)
    else:
        group = made.group
        version = await _grown(connection, office, group, middle, hours)
    ids = [row.id for row in rows]
    await connection.execute(
        update(unmatched).where(unmatched.c.id.in_(ids)).values(group_id=group)
    )
    await _count(connection, office, group, ids)
    known.middles.put({group: middle})
    known.marks[group] = (version, made.count)
    known.words[group] = made.words


async def _added(
    connection: AsyncConnection, office: Office, middle: Floats, hours: Sequence[datetime]
) -> int:
    query = groups.insert().values(
        first_hour=min(hours),
        last_hour=max(hours),
        questions=len(hours),
        middle=middles.sealed(office.cipher, middle),
    )
    return int((await connection.execute(query.returning(groups.c.id))).scalar_one())


async def _grown(
    connection: AsyncConnection,
    office: Office,
    group: int,
    middle: Floats,
    hours: Sequence[datetime],
) -> int:
    """Add questions to a group, and open it again if its answer did not help; return its version.

    The version stays otherwise: what staff have in hand is not out of date for one question more.
    """
    found = (await connection.execute(select(groups).where(groups.c.id == group))).one()
    change = {
        "middle": middles.sealed(office.cipher, middle),
        "questions": found.questions + len(hours),
        "first_hour": min(_utc(found.first_hour), *hours),
        "last_hour": max(_utc(found.last_hour), *hours),
    }
    version: int = found.version
    if found.state == "answered" and await _unhelped(connection, office, found, max(hours)):
        version += 1
        change |= {"state": "open", "version": version}
        await audit.add(
            connection,
            office.clock(),
            audit.SYSTEM,
            "reopen",
            f"group/{group}",
            before="answered",
            after="open",
        )
    await connection.execute(update(groups).where(groups.c.id == group).values(**change))
    return version


async def _unhelped(
    connection: AsyncConnection, office: Office, found: Any, last: datetime
) -> bool:
    """Tell whether a question came although the group's answer was served.

    Hours are all that is known of questions: those of the hour of the answer do not count.
    """
    if found.entry not in office.desk().library.entries:
        return False
    query = select(func.max(steps.c.at)).where(
        steps.c.group_id == found.id, steps.c.undone.is_(False)
    )
    answered = await connection.scalar(query)
    return answered is None or last > _utc(answered)


def _utc(at: datetime) -> datetime:
    """Return a time as it was written: SQLite forgets that it was UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


# ---- who asked


def scoped(key: bytes, group: int, person: str) -> str:
    """Return the name under which a person is counted in one group, and in no other."""
    made = hmac.new(key, f"asker:{group}:{person}".encode(), hashlib.sha256)
    return made.hexdigest()[:HASH_CHARACTERS]


async def _count(
    connection: AsyncConnection, office: Office, group: int, questions: Sequence[int]
) -> None:
    """Count who asked some questions in their group, and forget who asked which."""
    query = select(asked).where(asked.c.question.in_(questions))
    seen: dict[str, date] = {}
    for row in await connection.execute(query):
        name = scoped(office.keys[0], group, row.person)
        seen[name] = max(row.seen, seen.get(name, row.seen))
    if not seen:
        return
    of_group = askers.c.scope == group
    known = select(askers.c.asker, askers.c.seen).where(of_group, askers.c.asker.in_(seen))
    for row in await connection.execute(known):
        seen[row.asker] = max(row.seen, seen[row.asker])
    await connection.execute(delete(askers).where(of_group, askers.c.asker.in_(seen)))
    rows = [{"scope": group, "asker": name, "seen": day} for name, day in seen.items()]
    await connection.execute(askers.insert(), rows)
    await connection.execute(delete(asked).where(asked.c.question.in_(questions)))


class Counted(NamedTuple):
    """A row of `askers`: in which group a person is counted, as what, when they asked last."""

    scope: int
    asker: str
    seen: date


async def counted(
    connection: AsyncConnection, keys: Sequence[bytes], names: Collection[str]
) -> list[Counted]:
    """Return the rows of `askers` that count a person.

    Args:
        connection: An open one.
        keys: Of the keyed hashes; a person may have been counted under each.
        names: The hashes of the person, one under each key.
    """
    scopes = (await connection.scalars(select(askers.c.scope).distinct())).all()
    every = await asyncio.to_thread(
        lambda: [(g, scoped(key, g, name)) for g in scopes for key in keys for name in names]
    )
    found: list[Counted] = []
    for part in _parts(every, _PAIRS):
        pairs = tuple_(askers.c.scope, askers.c.asker).in_(part)
        rows = await connection.execute(select(askers).where(pairs))
        found += [Counted(row.scope, row.asker, row.seen) for row in rows]
    return found


async def forget(connection: AsyncConnection, keys: Sequence[bytes], names: Collection[str]) -> int:
    """Erase a person from the counts of all groups; return how many rows that was."""
    found = await counted(connection, keys, names)
    for part in _parts(found, _PAIRS):
        pairs = tuple_(askers.c.scope, askers.c.asker).in_([one[:2] for one in part])
        await connection.execute(delete(askers).where(pairs))
    return len(found)


# ---- all the time


async def keep_up(office: Office, stopping: asyncio.Event) -> None:
    """Group what is new every few seconds, until told to stop; what fails is tried again."""
    while not stopping.is_set():
        try:
            await group_new(office)
        except Exception as error:  # noqa: BLE001 - a full disk, a lost server
            log.error("questions cannot be grouped (%s)", type(error).__name__)  # noqa: TRY400
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
