"""One action of staff on a group: its transaction, its files, its step and its row of the audit.

A group is taken by its version, so that of two who change it at once the second is told.  Files are
changed inside the transaction, by one process at a time, and are put back when it fails.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import audit, curate, middles
from escalation import unmatched as log
from escalation.curate import Change, Files
from escalation.groups import StaleError, State
from escalation.office import Office
from escalation.staff import Member, RefusedError
from faq.index import Floats
from storage.tables import groups as table
from storage.tables import steps, unmatched

BATCH = 500  # ids in one statement
AGAIN = "its questions were asked again"  # who is no member changes a group only for that


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence for the member; the group's new version; the step, for undo."""

    sentence: str
    version: int
    step: int


@dataclass(slots=True)
class Work:
    """One action under way: its transaction, its files, who acts, the groups as they were."""

    office: Office
    member: Member
    connection: AsyncConnection
    files: Files
    now: datetime

    async def claim(self, id_: int, version: int, *states: State) -> Any:
        """Take a group for a change; return its row as it was, but for the new version.

        Args:
            id_: The group.
            version: At which it was seen; 0 for whichever it is at.
            states: In which it may be.

        Raises:
            StaleError: It is at another version.
            RefusedError: There is none, or it is in another state.
        """
        seen = [table.c.version == version] if version else []
        # Written to first: of two who act at once the second finds another version.
        result = await self.connection.execute(
            update(table).where(table.c.id == id_, *seen).values(version=table.c.version + 1)
        )
        row = (await self.connection.execute(select(table).where(table.c.id == id_))).one_or_none()
        if row is None:
            msg = f"there is no group {id_}"
            raise RefusedError(msg)
        if result.rowcount != 1:
            raise StaleError(await self._meanwhile(id_, version))
        if states and row.state not in states:
            raise RefusedError(_state_sentence(row))
        return row

    async def _meanwhile(self, id_: int, version: int) -> str:
        """Say who changed a group since a version."""
        query = select(steps).where(steps.c.group_id == id_).order_by(steps.c.id.desc()).limit(20)
        later = [
            row
            for row in await self.connection.execute(query)
            if row.before.get("version", 0) > version
        ]
        said = "; ".join(
            f"{row.who} has done “{_what(row)}” at {log.utc(row.at):%H:%M} UTC"
            for row in reversed(later)
        )
        return f"group {id_} was changed meanwhile: {said or AGAIN}. Look at it again"

    async def set(self, id_: int, **values: object) -> None:
        """Change a group's row."""
        await self.connection.execute(update(table).where(table.c.id == id_).values(**values))

    async def step(  # noqa: PLR0913 - what a step holds
        self,
        row: Any,
        what: str,
        about: str,
        *,
        undone: bool = False,
        after: str = "",
        counts: bool = True,
        **before: object,
    ) -> int:
        """Write a step and its row of the audit; return the step's id.

        Args:
            row: The group before the change, as `claim` returns it.
            what: What was done.
            about: The entry, group or member that it was about; empty for none.
            undone: It cannot be taken back itself.
            after: What the audit says of the group afterwards.
            counts: It has raised the group's version.
            before: What is needed to take it back.
        """
        was = {key: getattr(row, key) for key in ("state", "entry", "assigned", "merged_into")}
        held = {"about": about, "version": row.version if counts else 0, "was": was, **before}
        result = await self.connection.execute(
            steps.insert().values(
                group_id=row.id,
                who=self.member.name,
                at=self.now,
                what=what,
                before=held,
                undone=undone,
            )
        )
        await self.told(what, f"group/{row.id}", str(row.state), after or about)
        key = result.inserted_primary_key
        return int(key[0]) if key else 0

    async def told(self, what: str, object_: str, before: str, after: str) -> None:
        """Write a row of the audit."""
        await audit.add(
            self.connection,
            self.now,
            self.member.name,
            what,
            object_,
            before=before[:64],
            after=after[:64],
        )

    async def changed(self, what: str, change: Change) -> dict[str, Any]:
        """Write of a changed file to the audit; return the change as a step keeps it."""
        object_ = change.file.removesuffix(".yaml")
        await self.told(what, object_, change.before, change.after)
        return asdict(change)

    # ---- which questions are in a group

    async def questions(self, id_: int) -> list[int]:
        """Return the ids of a group's questions."""
        query = select(unmatched.c.id).where(unmatched.c.group_id == id_).order_by(unmatched.c.id)
        return list(await self.connection.scalars(query))

    async def move(self, questions: Sequence[int], into: int) -> None:
        """Put questions into a group."""
        for start in range(0, len(questions), BATCH):
            part = unmatched.c.id.in_(questions[start : start + BATCH])
            await self.connection.execute(update(unmatched).where(part).values(group_id=into))

    async def recount(self, id_: int, middle: Floats | None = None) -> None:
        """Bring a group's own row in line with its questions; None keeps its middle."""
        query = select(func.count(), func.min(unmatched.c.hour), func.max(unmatched.c.hour))
        count, first, last = (
            await self.connection.execute(query.where(unmatched.c.group_id == id_))
        ).one()
        values: dict[str, Any] = {"questions": count}
        if count:
            values |= {"first_hour": first, "last_hour": last}
        if middle is not None:
            values["middle"] = middles.sealed(self.office.cipher, middle)
        await self.set(id_, **values)

    def together(self, one: Any, other: Any) -> Floats | None:
        """Return the middle of two groups together; the known one where one cannot be read."""
        first = middles.opened(self.office.cipher, one.middle)
        second = middles.opened(self.office.cipher, other.middle)
        if first is None or second is None:
            return first if second is None else second
        return middles.together(first, one.questions, second, other.questions)

    async def new_group(self, like: Any, middle: Floats | None) -> int:
        """Make an open group; until it is counted it has the hours of another."""
        kept = like.middle if middle is None else middles.sealed(self.office.cipher, middle)
        result = await self.connection.execute(
            table.insert().values(
                state=State.OPEN,
                first_hour=like.first_hour,
                last_hour=like.last_hour,
                middle=kept,
            )
        )
        key = result.inserted_primary_key
        return int(key[0]) if key else 0


def _what(row: Any) -> str:
    about = str(row.before.get("about", ""))
    return f"{row.what} {about}".strip()


def _state_sentence(row: Any) -> str:
    match State(row.state):
        case State.MERGED:
            return f"group {row.id} was merged into group {row.merged_into}: go there"
        case State.DISMISSED:
            return f"group {row.id} was dismissed: undo that first"
        case State.OPEN:
            return f"group {row.id} is open"
        case state:
            return f"group {row.id} is {state} ({row.entry}): undo that first"


@contextlib.asynccontextmanager
async def working(office: Office, member: Member) -> AsyncIterator[Work]:
    """Begin an action; all that it writes stands at the end, or nothing."""
    with Files() as files:
        async with office.store.begin() as connection:
            await curate.only_writer(connection)
            yield Work(office, member, connection, files, office.clock())
