"""What staff do with the groups of the queue.

Each action sees that the member may, that nobody has changed the group since it was looked at
(else `StaleError`), and writes all or nothing: the change, its files, a step with what takes it
back, a row of the audit.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sqlalchemy import select

import text as reading
from escalation import curate, likeness, middles, staff, wordings
from escalation import unmatched as log
from escalation.groups import (
    MARK,
    MOST_ROWS,
    Detail,
    Group,
    Note,
    Page,
    StaleError,
    State,
    Step,
    Wanted,
    answered,
    central,
    group,
    groups,
    nearest,
    rows,
)
from escalation.office import Office
from escalation.staff import Act, Member, RefusedError
from escalation.undo import undo
from escalation.wordings import Preview, cleaned, preview
from escalation.work import Done, Work, working
from faq import load, template
from faq.entry import Kind
from faq.index import Floats
from faq.template import Begun
from storage.cipher import SEALED
from storage.tables import groups as table
from storage.tables import notes, unmatched
from text import Language, Script
from yamlfile import ProblemsError

# What others need of the queue is all found here.
__all__ = [
    "MARK", "Detail", "Done", "Failed", "Group", "Note", "Page", "Preview", "StaleError", "State",
    "Step", "Wanted", "answered", "assign", "bulk", "dismiss", "draft", "group", "groups", "merge",
    "note", "preview", "rows", "split", "undo", "wording",
]  # fmt: skip

MOST_NOTE = 2000  # characters
MOST_SPLIT = 200  # questions at once: the encoder reads each
# By language, of a dismissed group and of a draft: more of the same meaning teach nothing.
MOST_LINES, MOST_WORDINGS = 20, 20
_USUAL = {Kind.MYTH: "myths", Kind.SERVICE: "service"}
_SCRIPTS = {Language.HI: Script.DEVANAGARI, Language.UR: Script.ARABIC}
_LIVING = (State.OPEN, State.ANSWERED, State.DRAFTED)


@dataclass(frozen=True, slots=True)
class Failed:
    """What a bulk action did not do with one group, and why."""

    sentence: str


async def wording(  # noqa: PLR0913, PLR0917 - as on the form
    office: Office,
    member: Member,
    id_: int,
    version: int,
    entry: str,
    language: Language,
    text: str,
) -> Done:
    """Add a wording to an entry's file; the group becomes answered, or drafted by a draft.

    Raises:
        RefusedError: The member may not, or the text can be no wording; says why.
        StaleError: The group is no longer at this version.
    """
    member.must(Act.WORDING)
    await asyncio.to_thread(wordings.must_be_wording, office, entry, language, text)
    async with working(office, member) as work:
        row = await work.claim(id_, version, *_LIVING)
        # Once more, now that nobody else writes: another may have added the same.
        held = await asyncio.to_thread(wordings.must_be_wording, office, entry, language, text)
        state = State.DRAFTED if held.draft else State.ANSWERED
        place, said = ("texts", language.value, "wordings"), cleaned(text, language)
        file = f"entries/{entry}.yaml"
        change = await curate.add(work.files, office.faq, file, place, [said])
        await work.set(id_, state=state, entry=entry)
        changes = [await work.changed("wording", change)]
        step = await work.step(row, "wording", entry, after=state, changes=changes)
    return Done(f"added to {entry} ({language}): “{said}”", row.version, step)


async def draft(  # noqa: PLR0913, PLR0917 - as on the form
    office: Office,
    member: Member,
    id_: int,
    version: int,
    entry: str,
    kind: Kind = Kind.FACT,
    topic: str | None = None,
) -> Done:
    """Write the file of a new entry, filled with the group's questions; it is not served.

    Args:
        office: Where.
        member: Who.
        id_: The group.
        version: At which it was seen.
        entry: The new entry's id, like `bed-bugs`.
        kind: What it is.
        topic: Its heading; None takes that of the nearest entry.
    """
    member.must(Act.DRAFT)
    if not curate.is_id(entry):
        msg = f"the id {entry[:60]!r} must be lower-case letters and digits, joined by hyphens"
        raise RefusedError(msg)
    topics = load.topics(office.faq)
    if topic and topic not in topics:
        msg = f"there is no heading {topic[:60]!r}; known are {', '.join(topics)}"
        raise RefusedError(msg)
    async with working(office, member) as work:
        row = await work.claim(id_, version, State.OPEN)
        asked = await _asked(work, id_)
        chosen = topic or _topic(office, kind, asked, topics)
        today = work.now.date()
        text = template.filled(entry, kind, chosen, topics, today, _begun(asked))
        file = f"entries/{entry}.yaml"
        change = await curate.create(work.files, office.faq, file, text)
        await work.set(id_, state=State.DRAFTED, entry=entry)
        changes = [await work.changed("draft", change)]
        step = await work.step(row, "draft", entry, after=State.DRAFTED, changes=changes)
    return Done(f"drafted as {entry}; it is not served until it is finished", row.version, step)


async def _asked(work: Work, id_: int) -> list[log.Row]:
    """Return the newest questions of a group that nothing is hidden in, newest first."""
    query = select(unmatched).where(unmatched.c.group_id == id_).order_by(unmatched.c.id.desc())
    found = await work.connection.execute(query.limit(MOST_ROWS))
    opened = [log.opened(row, work.office.cipher) for row in found]
    return [row for row in opened if row.text != SEALED and not MARK.search(row.text)]


def _topic(office: Office, kind: Kind, asked: Sequence[log.Row], topics: list[str]) -> str | None:
    """Return the heading for a draft: where its kind stands, or that of the nearest entry."""
    if kind in _USUAL:
        return _USUAL[kind] if _USUAL[kind] in topics else None
    entries = office.desk().library.entries
    found = (entries[id_].topic for id_, _ in nearest(asked) if id_ in entries)
    return next((one for one in found if one not in _USUAL.values()), None)


def _begun(asked: Sequence[log.Row]) -> dict[Language, Begun]:
    """Return what a draft begins with: the central question of each language, then the others.

    Of Hindi and Urdu the question must be in their own letters; the wordings need not.
    """
    made = {}
    for language, said in _by_language(asked).items():
        own = _SCRIPTS.get(language)
        fit = [row for row in said if own is None or reading.script(row.text) is own]
        first = central(fit)
        question = cleaned(first.text, language) if first else ""
        texts = _different(said, language, [question] if question else [])
        made[language] = Begun(question, tuple(texts[:MOST_WORDINGS]))
    return made


def _by_language(asked: Sequence[log.Row]) -> dict[Language, list[log.Row]]:
    said: dict[Language, list[log.Row]] = defaultdict(list)
    for row in asked:
        said[Language(row.language)].append(row)
    return {language: said[language] for language in Language if language in said}


def _different(said: Sequence[log.Row], language: Language, known: Sequence[str]) -> list[str]:
    """Return the texts that are not known, each once, that can stand in a file."""
    seen = set(map(reading.fold, known))
    made = []
    for row in said:
        text = cleaned(row.text, language)
        folded = reading.fold(text)
        if folded not in seen and wordings.FEWEST <= len(text) <= wordings.MOST:
            seen.add(folded)
            made.append(text)
    return made


async def dismiss(office: Office, member: Member, id_: int, version: int) -> Done:
    """Say that the questions are not ours: they become background, the group stays ignored.

    Questions in which something is hidden, and those that an entry holds, are no background.
    """
    member.must(Act.DISMISS)
    # Reads all entries the first time, while nobody waits for the database.
    await asyncio.to_thread(curate.holder, office, "", Language.EN, "")
    async with working(office, member) as work:
        row = await work.claim(id_, version, State.OPEN)
        asked = _by_language(await _asked(work, id_))
        changes = []
        for language, said in asked.items():
            lines = await asyncio.to_thread(_lines, office, language, said)
            if lines:
                file, place = f"background/{language}.yaml", (curate.NOT_OURS,)
                change = await curate.add(work.files, office.faq, file, place, lines)
                changes.append(await work.changed("dismiss", change))
        await work.set(id_, state=State.DISMISSED)
        step = await work.step(row, "dismiss", "", after=State.DISMISSED, changes=changes)
    count = sum(len(change["added"]) for change in changes)
    sentence = f"dismissed; {count} of its questions became background"
    return Done(sentence, row.version, step)


def _lines(office: Office, language: Language, said: Sequence[log.Row]) -> list[str]:
    """Return the questions that become background of a language."""
    library = office.desk().library
    texts = _different(said, language, library.background.get(language, ()))
    texts = _different_from_file(office, language, texts)
    free = (text for text in texts if curate.holder(office, "", language, text) is None)
    return [text for _, text in zip(range(MOST_LINES), free, strict=False)]


def _different_from_file(office: Office, language: Language, texts: list[str]) -> list[str]:
    """Return the texts that no dismissal since the desk was made has written already."""
    path = office.faq / "background" / f"{language}.yaml"
    try:
        held = set(map(reading.fold, curate.listed(path, (curate.NOT_OURS,))))
    except ProblemsError as error:
        raise RefusedError(str(error.problems[0])) from None
    return [text for text in texts if reading.fold(text) not in held]


# ---- which questions belong together


async def merge(office: Office, member: Member, id_: int, version: int, into: int) -> Done:
    """Put a group's questions into another group; `Done.version` and the step are the other's.

    Raises:
        RefusedError: The member may not, or the groups are not such as can be merged.
        StaleError: The group is no longer at this version.
    """
    member.must(Act.MERGE)
    if id_ == into:
        msg = f"group {id_} cannot be merged into itself"
        raise RefusedError(msg)
    async with working(office, member) as work:
        row = await work.claim(id_, version, State.OPEN)
        # The other one was not looked at: whatever was done with it meanwhile, it takes them.
        other = await work.claim(into, 0, *_LIVING, State.DISMISSED)
        ids = await work.questions(id_)
        await work.move(ids, into)
        await work.set(id_, state=State.MERGED, merged_into=into, entry=None)
        await work.recount(into, work.together(other, row))
        await work.recount(id_)
        await work.told("merge", f"group/{id_}", row.state, f"merged {into}")
        step = await work.step(
            other,
            "merge",
            str(id_),
            rows=ids,
            source={"id": id_, "state": row.state, "entry": row.entry},
        )
    return Done(f"merged into group {into}", other.version, step)


async def split(
    office: Office, member: Member, id_: int, version: int, questions: Sequence[int]
) -> Done:
    """Take some questions (ids of their rows) out of a group, into a new one.

    Raises:
        RefusedError: The member may not, or these are none or all of the group's questions.
        StaleError: The group is no longer at this version.
    """
    member.must(Act.SPLIT)
    chosen = sorted(set(questions))
    if not 0 < len(chosen) <= MOST_SPLIT:
        msg = f"{len(chosen)} questions: choose 1 to {MOST_SPLIT}"
        raise RefusedError(msg)
    read = await _read(office, id_, chosen)
    async with working(office, member) as work:
        row = await work.claim(id_, version, *_LIVING, State.DISMISSED)
        ids = await work.questions(id_)
        if not set(chosen) < set(ids):
            there = set(chosen) <= set(ids)
            why = "these are all its questions" if there else "some are not in it (any more)"
            msg = f"group {id_} cannot be split so: {why}"
            raise RefusedError(msg)
        middle = middles.opened(office.cipher, row.middle)
        new = await work.new_group(row, read)
        await work.move(chosen, new)
        await work.recount(new)
        rest = (
            None
            if middle is None or read is None
            else middles.without(middle, len(ids), read, len(chosen))
        )
        await work.recount(id_, rest)
        step = await work.step(row, "split", str(new), rows=chosen)
        await work.told("split", f"group/{new}", "", State.OPEN)
    what = "1 question is" if len(chosen) == 1 else f"{len(chosen)} questions are"
    return Done(f"{what} group {new} now", row.version, step)


async def _read(office: Office, id_: int, chosen: Sequence[int]) -> Floats | None:
    """Return the middle of some questions of a group; None where none can be read."""
    async with office.store.read() as connection:
        query = select(unmatched).where(unmatched.c.group_id == id_, unmatched.c.id.in_(chosen))
        found = [log.opened(row, office.cipher) for row in await connection.execute(query)]
    encoder = office.desk().encoder
    texts = [row.text for row in found if row.text != SEALED]
    if not texts:
        return None
    vectors = await asyncio.to_thread(
        lambda: np.array([likeness.said(text, encoder).vector for text in texts])
    )
    made: Floats = vectors.mean(axis=0).astype(np.float32)
    return made


# ---- who looks after it, and what they write


async def assign(office: Office, member: Member, id_: int, version: int, to: str) -> Done:
    """Say which member looks after a group; empty for nobody.

    Raises:
        RefusedError: The member may not, or there is no such member.
        StaleError: The group is no longer at this version.
    """
    member.must(Act.ASSIGN)
    async with working(office, member) as work:
        if to and await staff.named(work.connection, to) is None:
            msg = f"there is no member {to[:60]!r}"
            raise RefusedError(msg)
        row = await work.claim(id_, version, *_LIVING, State.DISMISSED)
        await work.set(id_, assigned=to or None)
        step = await work.step(row, "assign", to)
    sentence = f"{to} looks after it now" if to else "nobody looks after it now"
    return Done(sentence, row.version, step)


async def note(office: Office, member: Member, id_: int, text: str) -> Done:
    """Write a note beside a group; the group's version stays.

    Raises:
        RefusedError: The member may not, there is no such group, or the note is empty or long.
    """
    member.must(Act.NOTE)
    said = text.strip()
    if not 0 < len(said) <= MOST_NOTE:
        msg = f"a note has 1 to {MOST_NOTE:,} characters; this one has {len(said):,}"
        raise RefusedError(msg)
    async with working(office, member) as work:
        query = select(table).where(table.c.id == id_)
        row = (await work.connection.execute(query)).one_or_none()
        if row is None:
            msg = f"there is no group {id_}"
            raise RefusedError(msg)
        result = await work.connection.execute(
            notes.insert().values(group_id=id_, who=member.name, at=work.now, text=said)
        )
        key = result.inserted_primary_key
        made = int(key[0]) if key else 0
        step = await work.step(row, "note", "", counts=False, note=made)
    return Done("noted", row.version, step)


async def bulk(
    office: Office,
    member: Member,
    act: Literal["dismiss", "assign", "merge"],
    seen: Sequence[tuple[int, int]],
    about: str = "",
) -> list[Done | Failed]:
    """Do one thing with several groups, each by itself.

    Args:
        office: Where.
        member: Who.
        act: What.
        seen: Id and version of each group.
        about: Of assign, the member; of merge, the id of the group to merge the others into.

    Returns:
        One result a group, in their order.
    """
    made: list[Done | Failed] = []
    for id_, version in seen:
        try:
            if act == "dismiss":
                made.append(await dismiss(office, member, id_, version))
            elif act == "assign":
                made.append(await assign(office, member, id_, version, about))
            else:
                made.append(await merge(office, member, id_, version, _number(about)))
        except RefusedError as error:
            made.append(Failed(f"group {id_}: {error}"))
    return made


def _number(said: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) < 10):  # noqa: PLR2004 - an int32
        msg = f"{said[:20]!r} is no group"
        raise RefusedError(msg)
    return int(said)
