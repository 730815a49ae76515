"""Take a step back: the newest one of a group, its files included."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update

from escalation import curate, middles
from escalation.curate import Change
from escalation.groups import State
from escalation.office import Office
from escalation.staff import Act, Member, RefusedError
from escalation.work import BATCH, Done, Work, working
from faq.index import Floats
from storage.tables import notes, steps, unmatched


async def undo(office: Office, member: Member, step: int) -> Done:
    """Take a step back, files included; only the newest of its group that is not undone.

    Raises:
        RefusedError: The member may not, it is not the newest, or a file no longer holds what the
            step wrote; says what has changed.
    """
    member.must(Act.UNDO)
    async with working(office, member) as work:
        done = await _newest(work, step)
        member.must(Act(done.what))  # who may not do it may not take it back either
        before: Mapping[str, Any] = done.before
        row = await work.claim(done.group_id, 0)
        if row.state == State.MERGED:
            msg = f"group {row.id} was merged into group {row.merged_into}: undo that first, there"
            raise RefusedError(msg)
        for raw in reversed(before.get("changes", [])):
            await _file(work, Change.of(raw))
        if done.what == "merge":
            await _merged(work, row, before)
        elif done.what == "split":
            await _parted(work, row, before)
        elif done.what == "note":
            await work.connection.execute(delete(notes).where(notes.c.id == before["note"]))
        if done.what != "note":
            await work.set(row.id, **before["was"])
        taken = update(steps).where(steps.c.id == step, steps.c.undone.is_(False))
        await work.connection.execute(taken.values(undone=True))
        what = f"{done.what} {before['about']}".strip()
        await work.step(row, "undo", what, undone=True, after=before["was"]["state"])
    return Done(f"undone: {what}", row.version, step)


async def _newest(work: Work, step: int) -> Any:
    """Return a step's row.

    Raises:
        RefusedError: There is none, it is undone, or another one came after it.
    """
    query = select(steps).where(steps.c.id == step)
    done = (await work.connection.execute(query)).one_or_none()
    if done is None:
        msg = f"there is no step {step}"
        raise RefusedError(msg)
    if done.undone:
        msg = "it is undone already"
        raise RefusedError(msg)
    own = (steps.c.group_id == done.group_id, steps.c.undone.is_(False), steps.c.id > step)
    later = select(steps).where(*own).order_by(steps.c.id.desc()).limit(1)
    if (after := (await work.connection.execute(later)).one_or_none()) is not None:
        what = f"{after.what} {after.before['about']}".strip()
        msg = f"{after.who} has done “{what}” since: undo that first"
        raise RefusedError(msg)
    return done


async def _file(work: Work, change: Change) -> None:
    before, after = await curate.take_back(work.files, work.office.faq, change)
    await work.told("undo", change.file.removesuffix(".yaml"), before, after)


async def _merged(work: Work, row: Any, before: Mapping[str, Any]) -> None:
    """Give a group that was merged into this one its questions back; what came since stays."""
    source = before["source"]
    other = await work.claim(source["id"], 0, State.MERGED)
    ids = await _left(work, before["rows"], row.id)
    await work.move(ids, other.id)
    await work.set(other.id, state=source["state"], entry=source["entry"], merged_into=None)
    await work.recount(other.id)
    await work.recount(row.id, _without(work.office, row, other, len(ids)))
    await work.told("undo", f"group/{other.id}", State.MERGED, source["state"])


def _without(office: Office, row: Any, part: Any, gone: int) -> Floats | None:
    whole = middles.opened(office.cipher, row.middle)
    other = middles.opened(office.cipher, part.middle)
    if whole is None or other is None or row.questions <= gone:
        return None
    return middles.without(whole, row.questions, other, gone)


async def _parted(work: Work, row: Any, before: Mapping[str, Any]) -> None:
    """Take back the questions of a group that was split off, and those that joined it since.

    The group stays as one merged into this one: who asked is counted under its number.
    """
    new = int(before["about"])
    made = await work.claim(new, 0)
    query = select(steps.c.id).where(steps.c.group_id == new, steps.c.undone.is_(False)).limit(1)
    if made.state != State.OPEN or await work.connection.scalar(query) is not None:
        msg = f"something was done with group {new} since, which came of it: undo that first"
        raise RefusedError(msg)
    ids = await work.questions(new)
    await work.move(ids, row.id)
    await work.set(new, state=State.MERGED, merged_into=row.id)
    await work.recount(new)
    await work.recount(row.id, work.together(row, made))
    await work.told("undo", f"group/{new}", State.OPEN, f"merged {row.id}")


async def _left(work: Work, ids: Sequence[int], group: int) -> list[int]:
    """Return which of some questions are still kept.

    Raises:
        RefusedError: One of them is in another group by now.
    """
    kept: dict[int, int] = {}
    for start in range(0, len(ids), BATCH):
        part = unmatched.c.id.in_(ids[start : start + BATCH])
        found = await work.connection.execute(
            select(unmatched.c.id, unmatched.c.group_id).where(part)
        )
        kept |= {row.id: row.group_id for row in found}
    if moved := sum(into != group for into in kept.values()):
        msg = f"{moved} of the questions are in another group by now: undo that first"
        raise RefusedError(msg)
    return list(kept)
