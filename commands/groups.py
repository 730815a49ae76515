"""`bot.py unmatched groups` and what is done with a group, where there is no browser."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from commands import tools
from commands.tools import Failure, Here
from escalation import grouping, queue, staff
from escalation.audit import TERMINAL
from escalation.groups import MOST_ROWS, PAGE, Detail, Group, Order, State, Wanted
from escalation.journal import hour_of
from escalation.office import Office
from escalation.queue import Done
from escalation.staff import Member, RefusedError, Role
from reception import Reception
from storage.store import Store

Made = TypeVar("Made")

# What is typed on the machine itself needs no role: who types it can change the files as well.
TYPING = Member(TERMINAL, Role.OWNER)
ANY = "any"
_TICKS = "▁▂▃▄▅▆▇█"


def list_(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched groups`."""
    order: Order = "largest" if options.largest else "newest"
    state = None if options.state == ANY else State(options.state)
    wanted = Wanted(state, options.lang, options.why, options.assigned, order, options.page)

    async def work(office: Office, _: Member) -> queue.Page:
        # The running bot groups what comes in; where none runs, this does.
        await grouping.group_new(office)
        async with office.store.read() as connection:
            return await queue.groups(connection, office, wanted)

    page = _in_office(options, here, work)
    if options.json:
        sys.stdout.writelines(_line(group) for group in page.groups)
        return 0
    if not page.groups:
        sys.stdout.write("no such groups\n")
        return 0
    Console().print(_table(page.groups))
    number = min(options.page, page.pages)
    sys.stdout.write(f"page {number} of {page.pages}, {page.total} groups ({PAGE} a page)\n")
    return 0


def _line(group: Group) -> str:
    """Return a group as a line of JSON; of few people only that they are few."""
    said = {key: value for key, value in asdict(group).items() if key != "people"}
    return (
        json.dumps({**said, "people": group.people_shown}, ensure_ascii=False, default=str) + "\n"
    )


def _table(groups: list[Group]) -> Table:
    table = Table("group", "last asked", "questions", "people", "8 weeks", "title", "nearest")
    for group in groups:
        entry, share = group.nearest[0] if group.nearest else ("", 0.0)
        near = f"{entry} {share:.2f}" if entry else ""
        state = "" if group.state is State.OPEN else f" ({group.state} {group.entry or ''})"
        table.add_row(
            str(group.id),
            hour_of(group.last_hour),
            str(group.questions),
            group.people_shown,
            trend(group.trend),
            escape(f"{group.title}{state}"),
            near,
        )
    return table


def trend(counts: tuple[int, ...]) -> str:
    """Return numbers as a row of little bars."""
    most = max((*counts, 1))
    return "".join(_TICKS[round(count / most * (len(_TICKS) - 1))] for count in counts)


def show(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched group`."""
    detail = _in_office(options, here, lambda office, _: _detail(office, options.id))
    if options.json:
        sys.stdout.write(json.dumps(_said(detail), ensure_ascii=False, default=str) + "\n")
        return 0
    for line in _shown(detail):
        sys.stdout.write(f"{line}\n")
    return 0


async def _detail(office: Office, id_: int) -> Detail:
    async with office.store.read() as connection:
        found = await queue.group(connection, office, id_)
    if found is None:
        msg = f"there is no group {id_}: see bot.py unmatched groups"
        raise Failure(msg)
    return found


def _said(detail: Detail) -> dict[str, Any]:
    made = asdict(detail)
    made["group"] = json.loads(_line(detail.group))
    made["near"] = [[group.id, share] for group, share in detail.near]
    return made


def _shown(detail: Detail) -> list[str]:
    group = detail.group
    head = f"group {group.id}, version {group.version}: {group.state} {group.entry or ''}".rstrip()
    into = f", merged into group {group.merged_into}" if group.merged_into else ""
    counts = (f"{name} {count}" for name, count in (*group.languages.items(), *group.whys.items()))
    lines = [
        f"{head}{into}",
        f"{group.questions} questions of {group.people_shown} people: {', '.join(counts)}",
        f"looked after by {group.assigned or 'nobody'}",
        *(f"near  {entry} {share:.2f}" for entry, share in group.nearest),
        *(f"like  group {other.id} ({share:.2f}): {other.title}" for other, share in detail.near),
        *(
            f"{row.id:>7} {hour_of(row.hour)} {row.language} {row.why}: {row.text}"
            for row in detail.rows
        ),
    ]
    if group.questions > MOST_ROWS:
        lines.append(f"and {group.questions - len(detail.rows)} older ones")
    lines += [f"note  {hour_of(note.at)} {note.who}: {note.text}" for note in detail.notes]
    for step in detail.steps:
        end = " (undone)" if step.undone and step.what != "undo" else ""
        end = f" (bot.py unmatched undo {step.id})" if step.last else end
        lines.append(
            f"step  {hour_of(step.at)} {step.who}: {step.what} {step.about}".rstrip() + end
        )
    return lines


def link(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched link`."""

    async def work(office: Office, member: Member) -> Done:
        group = (await _detail(office, options.id)).group
        text = options.text or group.title
        language = options.lang or group.language
        seen = await queue.preview(office, options.entry, language, text)
        for one in seen.moved:
            what = "labelled question" if one.labelled else "wording"
            sys.stdout.write(
                f"moves {'rightly' if one.good else 'the'} {what} “{one.text}” "
                f"from {one.before or 'no answer'} to {one.after}\n"
            )
        return await queue.wording(
            office, member, group.id, group.version, options.entry, language, text
        )

    return _done(options, here, work)


def draft(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched draft`."""

    async def work(office: Office, member: Member) -> Done:
        seen = await _seen(office, options.id)
        return await queue.draft(office, member, *seen, options.entry, options.kind, options.topic)

    return _done(options, here, work)


def dismiss(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched dismiss`."""

    async def work(office: Office, member: Member) -> Done:
        return await queue.dismiss(office, member, *await _seen(office, options.id))

    return _done(options, here, work)


def merge(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched merge`."""

    async def work(office: Office, member: Member) -> Done:
        return await queue.merge(office, member, *await _seen(office, options.id), options.into)

    return _done(options, here, work)


def split(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched split`."""

    async def work(office: Office, member: Member) -> Done:
        return await queue.split(
            office, member, *await _seen(office, options.id), options.questions
        )

    return _done(options, here, work)


def assign(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched assign`."""

    async def work(office: Office, member: Member) -> Done:
        return await queue.assign(office, member, *await _seen(office, options.id), options.to)

    return _done(options, here, work)


def note(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched note`."""
    return _done(
        options, here, lambda office, member: queue.note(office, member, options.id, options.text)
    )


def undo(options: argparse.Namespace, here: Here) -> int:
    """Run `unmatched undo`."""
    return _done(options, here, lambda office, member: queue.undo(office, member, options.step))


async def _seen(office: Office, id_: int) -> tuple[int, int]:
    """Return a group's id and its version as it is now: who types has just looked at it."""
    group = (await _detail(office, id_)).group
    return group.id, group.version


def _done(
    options: argparse.Namespace, here: Here, work: Callable[[Office, Member], Awaitable[Done]]
) -> int:
    done = _in_office(options, here, work)
    sys.stdout.write(f"{done.sentence}; take it back with bot.py unmatched undo {done.step}\n")
    return 0


def _in_office(
    options: argparse.Namespace, here: Here, work: Callable[[Office, Member], Awaitable[Made]]
) -> Made:
    """Do something as a member; what staff may not do is a mistake of the user's."""
    # A command must not wait until all is learnt anew after each change.
    desk = tools.desk(here, older=True)
    opens, keys = tools.cipher(here), tools.person_keys(here)
    chosen = here.settings

    async def open_() -> Made:
        async with Store.open(chosen.storage.database, here.places.data) as store:
            reception = Reception(
                desk,
                store,
                keys[0],
                older_keys=keys[1:],
                cipher=opens,
                workers=os.cpu_count() or 1,
                per_minute=chosen.questions_per_minute,
                days=tools.days(chosen),
            )
            try:
                office = tools.office(here, reception, opens, keys)
                return await work(office, await _member(office, options.member))
            finally:
                reception.close()

    try:
        return asyncio.run(open_())
    except RefusedError as refused:
        raise Failure(str(refused)) from None


async def _member(office: Office, name: str | None) -> Member:
    if name is None:
        return TYPING
    async with office.store.read() as connection:
        found = await staff.named(connection, name)
    if found is None:
        msg = f"there is no member {name[:60]!r}: see bot.py staff list"
        raise Failure(msg)
    return found
