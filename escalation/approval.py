"""Approval as data: what members say of a text, tied to the digest of exactly what is sent.

A text is one entry in one language, all sentences of the bot in one language, or the numbers of
one country.  What is judged is what lies on disk, whether it is served yet or not; its history is
only added to, and everything else here is worked out from it.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import audit, curate, staff
from escalation.office import Office
from escalation.pieces import SAFETY_APPROVALS, Piece, current, pieces
from escalation.staff import Act, Member, RefusedError
from faq import entry as entries
from faq import load
from faq.entry import FIRST_AID, PHRASES, Approvals, Library, name_of
from storage.tables import verdicts, versions
from text import Language

SOON_DAYS = 30
MOST_COMMENT = 2000  # characters


class Verdict(StrEnum):
    """What a member says of a text."""

    WRITTEN = "written"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    COMMENT = "comment"


class Status(StrEnum):
    """How far a text has come."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a text stands.

    Attributes:
        piece: The text.
        status: How far it has come.
        approvers: Whose approvals of this very text count, in their order.
        authors: Who has written or submitted it; they cannot approve it.
        due: When it is to be reviewed, or a number to be dialled, again; None while nobody has
            approved it.
        approved_at: Since when it has had enough approvals; aware, UTC.
        why_due: `review` or `dialling`; empty when nothing is due ever.
    """

    piece: Piece
    status: Status
    approvers: tuple[str, ...] = ()
    authors: frozenset[str] = frozenset()
    due: date | None = None
    approved_at: datetime | None = None
    why_due: Literal["", "review", "dialling"] = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a member said of a text, in the order of the history."""

    who: str
    at: datetime
    verdict: Verdict
    digest: str
    comment: str


# ---- what follows from a history


@dataclass(slots=True)
class Ruling:
    """What follows from the history of one text; made by `ruling`.

    Attributes:
        authors: By digest.
        approvals: By digest, who approved and when last, in their order; authors left out.
        submitted: Digests that somebody has put up for review and nobody has returned since.
        current: The digest that is approved now; empty for none.  Of several that ever were it is
            the last: an older text put back is an edit like any other.
        withdrawn: Whether it must not be sent until it is approved anew.
        judged: Whether anybody has said anything but a comment.
        last: The digest that was approved last, even if no longer.
    """

    authors: dict[str, set[str]] = field(default_factory=dict)
    approvals: dict[str, dict[str, datetime]] = field(default_factory=dict)
    submitted: set[str] = field(default_factory=set)
    current: str = ""
    withdrawn: bool = False
    judged: bool = False
    last: str = ""

    def since(self, digest: str, needed: int) -> datetime | None:
        """Return since when a digest has had enough approvals: a renewed one counts anew."""
        latest = sorted(self.approvals.get(digest, {}).values(), reverse=True)
        return latest[needed - 1] if len(latest) >= needed else None

    def superseded(self, needed: int) -> set[str]:
        """Return the digests that have enough approvals, but a later text has them, too."""
        enough = {digest for digest, by in self.approvals.items() if len(by) >= needed}
        return enough - {self.current}


def ruling(history: Iterable[Said], needed: int) -> Ruling:
    """Return what follows from a text's history, oldest first; pure."""
    history = list(history)
    made = Ruling()
    for said in history:
        if said.verdict in (Verdict.WRITTEN, Verdict.SUBMITTED):
            made.authors.setdefault(said.digest, set()).add(said.who)
    for said in history:
        made.judged |= said.verdict is not Verdict.COMMENT
        match said.verdict:
            case Verdict.APPROVED:
                _approve(made, said, needed)
            case Verdict.SUBMITTED:
                made.submitted.add(said.digest)
            case Verdict.RETURNED:
                made.submitted.discard(said.digest)
                made.approvals.pop(said.digest, None)
                made.current = "" if made.current == said.digest else made.current
            case Verdict.WITHDRAWN:
                made.approvals.clear()
                made.current, made.withdrawn = "", True
            case Verdict.WRITTEN | Verdict.COMMENT:
                pass
    return made


def _approve(made: Ruling, said: Said, needed: int) -> None:
    if said.who in made.authors.get(said.digest, ()):
        return
    approvals = made.approvals.setdefault(said.digest, {})
    approvals[said.who] = said.at
    if len(approvals) >= needed:
        made.current = made.last = said.digest
        made.withdrawn = False


Needed = Callable[[str], int]
"""How many must approve a text of an object."""


def needs(approvals: int, library: Library) -> Needed:
    """Return how many must approve what: the setting for entries, two for what keeps people safe.

    Args:
        approvals: The setting.
        library: Says which entries are first aid.
    """
    found = (*library.entries.values(), *library.drafts.values())
    aid = {entries.object_of(entry.id) for entry in found if entry.topic == FIRST_AID}

    def needed(object_: str) -> int:
        plain = object_.startswith("entries/") and object_ not in aid
        return approvals if plain else SAFETY_APPROVALS

    return needed


# Rows of `verdicts` without comments, by object and language, oldest first.
Histories = Mapping[tuple[str, str], list[Said]]


def in_force_of(histories: Histories, needed: Needed) -> Approvals:
    """Return what serving needs of all histories; pure."""
    digests: set[str] = set()
    superseded: set[str] = set()
    judged: set[str] = set()
    withdrawn: set[str] = set()
    for (object_, language), history in histories.items():
        found = ruling(history, needed(object_))
        name = name_of(object_, language)
        superseded |= found.superseded(needed(object_))
        if found.current:
            digests.add(found.current)
        if found.judged:
            judged.add(name)
        if found.withdrawn:
            withdrawn.add(name)
    return Approvals(*map(frozenset, (digests, judged, withdrawn, superseded)))


def edited(histories: Histories, needed: Needed, digests: Collection[str]) -> list[str]:
    """Return the names of texts that were approved, but on disk lies another one; pure.

    Args:
        histories: What was said of every text.
        needed: How many must approve what.
        digests: Of all texts on disk.
    """
    found = {
        name_of(*here): ruling(said, needed(here[0])).current for here, said in histories.items()
    }
    return sorted(name for name, current in found.items() if current and current not in digests)


async def newest(connection: AsyncConnection) -> int:
    """Return the number of the last verdict, 0 for none: what to watch for changes."""
    return await connection.scalar(select(func.max(verdicts.c.id))) or 0


async def histories(connection: AsyncConnection) -> Histories:
    """Return what was said of every text, without the comments."""
    columns = [column for column in verdicts.c if column.name != "comment"]
    made: dict[tuple[str, str], list[Said]] = {}
    for row in await connection.execute(select(*columns).order_by(verdicts.c.id)):
        made.setdefault((row.object, row.language), []).append(_said(row, ""))
    return made


async def in_force(connection: AsyncConnection, needed: Needed) -> Approvals:
    """Return what serving needs to know of all that was said."""
    return in_force_of(await histories(connection), needed)


def _said(row: Any, comment: str) -> Said:
    at = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)  # SQLite forgets that it was UTC
    return Said(row.who, at, Verdict(row.verdict), row.digest, comment)


async def history(connection: AsyncConnection, object_: str, language: str) -> list[Said]:
    """Return what was said of a text, oldest first, with the comments."""
    here = (verdicts.c.object == object_, verdicts.c.language == language)
    query = select(verdicts).where(*here).order_by(verdicts.c.id)
    return [_said(row, row.comment) for row in await connection.execute(query)]


async def last_approved(
    connection: AsyncConnection, object_: str, language: str, needed: int = 1
) -> Mapping[str, str] | None:
    """Return the body that had enough approvals last, even if they were taken back, or None."""
    found = ruling(await history(connection, object_, language), needed)
    query = select(versions.c.body).where(versions.c.digest == found.last)
    body: Mapping[str, str] | None = await connection.scalar(query)
    return body


# ---- how texts stand


def _standing(piece: Piece, said: Iterable[Said], review_days: int) -> Standing:
    found = ruling(said, piece.needed)
    begun = piece.digest in found.submitted or piece.digest in found.approvals
    status = Status.DRAFT if piece.draft and not begun else Status.IN_REVIEW
    if found.withdrawn:
        status = Status.WITHDRAWN
    elif found.current == piece.digest:
        status = Status.APPROVED
    since = found.since(piece.digest, piece.needed) if status is Status.APPROVED else None
    due, why = _due(piece, since, review_days, judged=found.judged)
    return Standing(
        piece,
        status,
        tuple(found.approvals.get(piece.digest, ())),
        frozenset(found.authors.get(piece.digest, ())),
        due,
        since,
        why,
    )


def _due(
    piece: Piece, since: datetime | None, review_days: int, *, judged: bool
) -> tuple[date | None, Literal["", "review", "dialling"]]:
    review = since.date() + timedelta(days=review_days) if since else None
    if piece.object.startswith("contacts/"):
        if piece.due and (review is None or piece.due <= review):
            return piece.due, "dialling"
    elif review is None and not judged:
        review = piece.due
    return review, "review" if review else ""


async def standings(connection: AsyncConnection, office: Office) -> list[Standing]:
    """Return how every text stands, in the order of `pieces`."""
    found = await asyncio.to_thread(pieces, office)
    said = await histories(connection)
    return [
        _standing(piece, said.get((piece.object, piece.language), ()), office.review_days)
        for piece in found
    ]


async def standing(
    connection: AsyncConnection, office: Office, object_: str, language: str
) -> Standing | None:
    """Return how one text stands, or None if there is none."""
    piece = await asyncio.to_thread(current, office, object_, language)
    if piece is None:
        return None
    return _standing(piece, await history(connection, object_, language), office.review_days)


def due_list(found: Iterable[Standing], today: date) -> list[Standing]:
    """Return what is overdue or due within a month, the longest overdue first."""
    last = today + timedelta(days=SOON_DAYS)
    due = [one for one in found if one.due is not None and one.due <= last]
    return sorted(due, key=lambda one: (one.due or last, one.piece.name))


# ---- what members do

_ACTS = {
    Verdict.SUBMITTED: (Act.SUBMIT, "submit"),
    Verdict.APPROVED: (Act.APPROVE, "approve"),
    Verdict.RETURNED: (Act.RETURN, "return"),
    Verdict.WITHDRAWN: (Act.WITHDRAW, "withdraw"),
    Verdict.COMMENT: (Act.COMMENT, "comment"),
}


async def judge(  # noqa: PLR0913, PLR0917 - what was judged, by whom, and how
    office: Office,
    member: Member,
    object_: str,
    language: str,
    digest: str,
    verdict: Verdict,
    comment: str = "",
) -> Standing:
    """Write down what a member says of a text; return how it stands then.

    An entry that was a draft is taken into service once a text of it is approved.

    Args:
        office: Where it lies.
        member: Who says it; looked up anew.
        object_: What it is said of, see `Piece`.
        language: The text's.
        digest: Of the text that the member has seen.
        verdict: What is said; `WRITTEN` is not for this, see `author`.
        comment: For the others who work on it; a text that goes back must have one.

    Raises:
        RefusedError: The member may not, or the text is not the one that was seen any more.
    """
    act, what = _ACTS[verdict]
    comment = comment.strip()
    if len(comment) > MOST_COMMENT:
        msg = f"the comment has {len(comment)} characters; at most {MOST_COMMENT} are kept"
        raise RefusedError(msg)
    piece = await _seen(office, object_, language, digest)
    if verdict is Verdict.APPROVED and piece.draft:
        await asyncio.to_thread(_finished, office, object_)
    now = office.clock()
    async with office.store.begin() as connection:
        await _still(connection, member, act)
        said = await history(connection, object_, language)
        before = _standing(piece, said, office.review_days)
        _allow(before, member, verdict, comment)
        last = ruling(said, piece.needed).last
        await audit.add(connection, now, member.name, what, piece.name, before=last, after=digest)
        await _write(connection, piece, member.name, verdict, comment, now)
        after = _standing(
            piece,
            [*said, Said(member.name, now, verdict, digest, comment)],
            office.review_days,
        )
    office.changed.set()
    if piece.draft and after.status is Status.APPROVED:
        await curate.publish(office, member, object_.removeprefix("entries/"))
    return after


async def _seen(office: Office, object_: str, language: str, digest: str) -> Piece:
    piece = await asyncio.to_thread(current, office, object_, language)
    if piece is None:
        msg = f"there is no text {name_of(object_, language)[:80]}, or its file has mistakes"
        raise RefusedError(msg)
    if piece.digest != digest:
        msg = f"{piece.name} has changed meanwhile: look at it again, then say it of the new text"
        raise RefusedError(msg)
    return piece


def _finished(office: Office, object_: str) -> None:
    """See that a draft can be served.

    Raises:
        RefusedError: It has mistakes; says which.
    """
    wrong = load.library(office.faq).unfinished.get(object_.removeprefix("entries/"), ())
    if wrong:
        msg = "the draft has mistakes: " + "; ".join(map(str, wrong))
        raise RefusedError(msg)


async def _still(connection: AsyncConnection, member: Member, act: Act) -> None:
    """See that the member is one now, and may."""
    found = await staff.named(connection, member.name)
    if found is None:
        msg = f"{member.name} is no member (any more)"
        raise RefusedError(msg)
    found.must(act)


def _allow(before: Standing, member: Member, verdict: Verdict, comment: str) -> None:
    """See that a verdict makes sense where a text stands.

    Raises:
        RefusedError: It does not; says why and what to do.
    """
    name, status = before.piece.name, before.status
    english = (before.piece.object, before.piece.language) == (PHRASES, Language.EN)
    refused = ""
    match verdict:
        case Verdict.APPROVED if member.name in before.authors:
            refused = f"{name} was written or submitted by {member.name}: others must approve it"
        case Verdict.RETURNED | Verdict.COMMENT if not comment:
            refused = (
                "say in the comment what is wrong"
                if verdict is Verdict.RETURNED
                else ("the comment is empty")
            )
        case Verdict.RETURNED if status is Status.WITHDRAWN:
            refused = f"{name} is withdrawn already: leave a comment"
        case Verdict.WITHDRAWN if before.piece.draft:
            refused = f"{name} is not served: it is a draft"
        case Verdict.WITHDRAWN if status is Status.WITHDRAWN:
            refused = f"{name} is not served: it is {status}"
        case Verdict.WITHDRAWN | Verdict.RETURNED if english and (
            verdict is Verdict.WITHDRAWN or status is Status.APPROVED
        ):
            refused = (
                "the English sentences stand in for all others, so they cannot be taken away: "
                "edit them and have the new ones approved"
            )
        case Verdict.SUBMITTED if status is Status.APPROVED:
            refused = f"{name} is approved already"
        case _:
            pass
    if refused:
        raise RefusedError(refused)


async def _write(  # noqa: PLR0913, PLR0917 - the columns of the row
    connection: AsyncConnection,
    piece: Piece,
    who: str,
    verdict: Verdict,
    comment: str,
    now: datetime,
) -> None:
    here = {"object": piece.object, "language": piece.language, "digest": piece.digest, "at": now}
    await connection.execute(
        verdicts.insert().values(**here, who=who, verdict=verdict.value, comment=comment)
    )
    known = select(versions.c.digest).where(versions.c.digest == piece.digest)
    if await connection.scalar(known) is None:
        await connection.execute(versions.insert().values(**here, body=dict(piece.body)))


async def author(
    connection: AsyncConnection, office: Office, member: Member, object_: str, language: str
) -> None:
    """Note that a member wrote a text as it lies on disk now; call it when the file is written.

    A draft that cannot be read yet has no digest, so there is nothing to note.
    """
    piece = await asyncio.to_thread(current, office, object_, language)
    if piece is None:
        return
    found = ruling(await history(connection, object_, language), piece.needed)
    if found.current == piece.digest or member.name in found.authors.get(piece.digest, ()):
        return  # putting back what others have approved makes nobody its author
    now, last = office.clock(), found.last
    await audit.add(
        connection, now, member.name, "write", piece.name, before=last, after=piece.digest
    )
    await _write(connection, piece, member.name, Verdict.WRITTEN, "", now)
