"""`escalation.undo`: steps are taken back exactly, files included, or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from asked import BREATH, BUGS, EGGS, group
from sqlalchemy import select

from escalation import audit, curate, queue
from escalation.office import Office
from escalation.queue import Detail, Done, State
from escalation.staff import Member, RefusedError, Role
from storage.tables import groups, unmatched
from text import Language

Team = Mapping[Role, Member]
Do = Callable[[Office, Member, int], Awaitable[Done]]
WASH = "hand-washing"
ACTS: dict[str, Do] = {
    "wording": lambda o, m, i: queue.wording(o, m, i, 1, WASH, Language.EN, "scrub them"),
    "draft": lambda o, m, i: queue.draft(o, m, i, 1, "bed-bugs"),
    "dismiss": lambda o, m, i: queue.dismiss(o, m, i, 1),
    "merge": lambda o, m, i: queue.merge(o, m, i + 1, 1, i),
    "split": lambda o, m, i: queue.split(o, m, i, 1, [1, 2]),
    "assign": lambda o, m, i: queue.assign(o, m, i, 1, "Carl"),
    "note": lambda o, m, i: queue.note(o, m, i, "ask the clinic"),
}


def files(office: Office) -> dict[str, bytes]:
    """Return every file of the knowledge base."""
    return {
        str(path.relative_to(office.faq)): path.read_bytes()
        for path in sorted(office.faq.rglob("*.*"))
    }


async def rows(office: Office) -> list[Any]:
    """Return the groups and their questions, but for versions; what was split off is no more."""
    kept = [column for column in groups.c if column.name not in {"version", "middle"}]
    there = groups.c.state != "merged"
    async with office.store.read() as connection:
        found = (await connection.execute(select(*kept).where(there).order_by(groups.c.id))).all()
        asked = select(unmatched.c.id, unmatched.c.group_id).order_by(unmatched.c.id)
        return [*found, *(await connection.execute(asked)).all()]


async def detail(office: Office, id_: int) -> Detail:
    """Return a group as its page shows it."""
    async with office.store.read() as connection:
        found = await queue.group(connection, office, id_)
    assert found is not None
    return found


@pytest.mark.parametrize("act", ACTS)
async def test_a_step_is_taken_back_exactly(office: Office, team: Team, act: str) -> None:
    """Files, questions, states and notes are as before; the audit holds both."""
    rosa, id_ = team[Role.REVIEWER], await group(office)
    await group(office, EGGS)
    before, held = await rows(office), files(office)
    done = await ACTS[act](office, rosa, id_)
    changed = await rows(office), files(office), (await detail(office, id_)).notes
    undone = await queue.undo(office, rosa, done.step)
    found = await detail(office, id_)

    assert (before, held, []) != changed
    assert (before, held, []) == (await rows(office), files(office), found.notes)
    assert ["undo", act] == [step.what for step in found.steps]
    assert not any(step.last for step in found.steps)
    assert undone.version == found.group.version > (0 if act == "note" else done.version)
    async with office.store.read() as connection:
        assert [] == await audit.verify(connection)


async def test_what_was_undone_can_be_done_again(office: Office, team: Team) -> None:
    """And undone again."""
    rosa, id_, held = team[Role.REVIEWER], await group(office), files(office)
    for version in (1, 3, 5):
        done = await queue.draft(office, rosa, id_, version, "bed-bugs")
        await queue.undo(office, rosa, done.step)

    assert held == files(office)


async def test_steps_are_undone_from_the_newest(office: Office, team: Team) -> None:
    """What came after it would stand on nothing."""
    rosa, id_ = team[Role.REVIEWER], await group(office)
    first = await queue.wording(office, rosa, id_, 1, WASH, Language.EN, "scrub them")
    second = await queue.assign(office, team[Role.OWNER], id_, 2, "Carl")
    with pytest.raises(RefusedError, match="Omar has done “assign Carl” since: undo that first"):
        await queue.undo(office, rosa, first.step)
    await queue.undo(office, rosa, second.step)
    await queue.undo(office, rosa, first.step)

    assert State.OPEN is (await detail(office, id_)).group.state


async def test_a_step_is_undone_once(office: Office, team: Team) -> None:
    """Also when two members press at the same moment."""
    id_ = await group(office)
    done = await queue.wording(office, team[Role.CURATOR], id_, 1, WASH, Language.EN, "scrub them")
    results = await asyncio.gather(
        *(queue.undo(office, team[role], done.step) for role in (Role.CURATOR, Role.OWNER)),
        return_exceptions=True,
    )

    assert {"Done", "it is undone already"} == {
        "Done" if isinstance(one, Done) else str(one) for one in results
    }


async def test_a_wording_goes_although_the_file_went_on(office: Office, team: Team) -> None:
    """Others have added theirs since; these stay."""
    carl, ids = team[Role.CURATOR], [await group(office), await group(office, EGGS)]
    first = await queue.wording(office, carl, ids[0], 1, WASH, Language.EN, "scrub them")
    await queue.wording(office, carl, ids[1], 1, WASH, Language.EN, "scrub eggs")
    await queue.undo(office, carl, first.step)
    text = (office.faq / "entries" / f"{WASH}.yaml").read_text("utf-8")

    assert "scrub them" not in text
    assert "scrub eggs" in text


@pytest.mark.parametrize("act", ["wording", "dismiss"])
async def test_what_somebody_took_out_is_not_taken_out_again(
    office: Office, team: Team, act: str
) -> None:
    """An editor was quicker: the member is told, and everything stays as it is."""
    rosa, id_ = team[Role.REVIEWER], await group(office)
    done = await ACTS[act](office, rosa, id_)
    name = {"wording": f"entries/{WASH}.yaml", "dismiss": "background/en.yaml"}[act]
    text = (office.faq / name).read_text("utf-8")
    new = {"wording": "scrub them", "dismiss": BUGS[0][1]}[act]
    (office.faq / name).write_text(text.replace(new, "something else"), "utf-8")
    before = files(office)
    with pytest.raises(RefusedError, match=f"{name} was changed since"):
        await queue.undo(office, rosa, done.step)

    assert before == files(office)
    assert (await detail(office, id_)).steps[0].last


async def test_a_draft_that_somebody_wrote_on_stays(office: Office, team: Team) -> None:
    """Nobody's work is deleted."""
    carl, id_ = team[Role.CURATOR], await group(office)
    done = await queue.draft(office, carl, id_, 1, "bed-bugs")
    path = office.faq / "entries" / "bed-bugs.yaml"
    path.write_text(path.read_text("utf-8") + "# my notes\n", "utf-8")
    with pytest.raises(RefusedError, match=r"bed-bugs\.yaml was changed since it was made"):
        await queue.undo(office, carl, done.step)

    assert path.exists()


async def test_a_draft_that_is_gone_is_told(office: Office, team: Team) -> None:
    """Somebody has deleted it by hand."""
    carl, id_ = team[Role.CURATOR], await group(office)
    done = await queue.draft(office, carl, id_, 1, "bed-bugs")
    (office.faq / "entries" / "bed-bugs.yaml").unlink()
    with pytest.raises(RefusedError, match="is gone: there is nothing to take back"):
        await queue.undo(office, carl, done.step)


async def test_questions_that_came_after_a_merge_stay(office: Office, team: Team) -> None:
    """Those of the merged group go back, and no others."""
    rosa, into, id_ = team[Role.REVIEWER], await group(office), await group(office, EGGS)
    done = await queue.merge(office, rosa, id_, 1, into)
    late = await group(office, BREATH)
    async with office.store.begin() as connection:
        moved = unmatched.update().where(unmatched.c.group_id == late)
        await connection.execute(moved.values(group_id=into))
    await queue.undo(office, rosa, done.step)

    assert 5 == (await detail(office, into)).group.questions
    assert 2 == (await detail(office, id_)).group.questions


async def test_a_split_is_kept_while_its_group_is_worked_on(office: Office, team: Team) -> None:
    """What was done with the new group would be lost."""
    rosa, id_ = team[Role.REVIEWER], await group(office)
    done = await queue.split(office, rosa, id_, 1, [1])
    await queue.assign(office, rosa, id_ + 1, 1, "Carl")
    with pytest.raises(RefusedError, match=f"something was done with group {id_ + 1} since"):
        await queue.undo(office, rosa, done.step)


async def test_a_merged_group_is_undone_where_it_went(office: Office, team: Team) -> None:
    """Its own steps wait until it is a group again."""
    rosa, into, id_ = team[Role.REVIEWER], await group(office), await group(office, EGGS)
    own = await queue.assign(office, rosa, id_, 1, "Carl")
    done = await queue.merge(office, rosa, id_, 2, into)
    with pytest.raises(RefusedError, match=f"was merged into group {into}: undo that first"):
        await queue.undo(office, rosa, own.step)
    await queue.undo(office, rosa, done.step)
    await queue.undo(office, rosa, own.step)

    assert (await detail(office, id_)).group.assigned is None


@pytest.mark.parametrize("act", ["dismiss", "merge", "split"])
async def test_who_may_not_do_it_may_not_undo_it(office: Office, team: Team, act: str) -> None:
    """A curator takes back what curators do."""
    id_, _ = await group(office), await group(office, EGGS)
    done = await ACTS[act](office, team[Role.REVIEWER], id_)
    with pytest.raises(RefusedError, match=f"to {act} takes the role reviewer"):
        await queue.undo(office, team[Role.CURATOR], done.step)


async def test_a_viewer_undoes_nothing(office: Office, team: Team) -> None:
    """And who asks for a step that is none is told so."""
    with pytest.raises(RefusedError, match="takes the role curator"):
        await queue.undo(office, team[Role.VIEWER], 1)
    with pytest.raises(RefusedError, match="there is no step 1"):
        await queue.undo(office, team[Role.CURATOR], 1)


async def test_steps_hold_no_text_of_the_public(office: Office, team: Team) -> None:
    """What takes a change back are digests and places: texts go when their rows go."""
    rosa, ids = team[Role.REVIEWER], [await group(office), await group(office, EGGS)]
    await queue.wording(office, rosa, ids[0], 1, WASH, Language.EN, BUGS[0][1])
    await queue.dismiss(office, rosa, ids[1], 1)
    async with office.store.read() as connection:
        for name in ("steps", "audit"):
            held = (await connection.exec_driver_sql(f"SELECT * FROM {name}")).all()  # noqa: S608
            assert not [text for _, text in (*BUGS, *EGGS) if text in str(held)]


def test_an_undo_knows_every_file_it_may_meet(tmp_path: Path) -> None:
    """A change that is kept as JSON comes back as it was."""
    change = curate.Change("entries/x.yaml", "", "b", 3, "old", 4, ("texts", "en"), ("c",))
    raw = {**{k: getattr(change, k) for k in change.__slots__}, "place": ["texts", "en"]}

    assert change == curate.Change.of({**raw, "added": ["c"]})
