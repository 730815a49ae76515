"""People of the organisation: who they are, what each may do, how they sign in.  No passwords.

Roles stand in a row: each may do what those before it may.  Everything is looked up anew at each
request and each button, so that a removal counts at once.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation import audit
from storage.tables import links, sessions, staff

LINK_MINUTES = 10
MOST_LINKS = 5  # open at once for one member; more would be somebody trying
SESSION_HOURS, IDLE_MINUTES = 8, 60
_SECRET_BYTES = 32
NAME_CHARACTERS = 48
RESERVED = frozenset({audit.SYSTEM, audit.TERMINAL})

Purpose = Literal["console", "telegram"]


class Role(StrEnum):
    """What a member may do, from least to most."""

    VIEWER = "viewer"
    CURATOR = "curator"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    OWNER = "owner"


class Act(StrEnum):
    """What can be done; `LEAST` says by whom."""

    LOOK = "look"
    TRY = "try"
    WORDING = "wording"
    DRAFT = "draft"
    EDIT = "edit"
    SUBMIT = "submit"
    COMMENT = "comment"
    NOTE = "note"
    ASSIGN = "assign"
    UNDO = "undo"
    DISMISS = "dismiss"
    MERGE = "merge"
    SPLIT = "split"
    EXPORT = "export"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    AUDIT = "audit"
    STAFF = "staff"


LEAST: Mapping[Act, Role] = {
    Act.LOOK: Role.VIEWER,
    Act.TRY: Role.VIEWER,
    Act.WORDING: Role.CURATOR,
    Act.DRAFT: Role.CURATOR,
    Act.EDIT: Role.CURATOR,
    Act.SUBMIT: Role.CURATOR,
    Act.COMMENT: Role.CURATOR,
    Act.NOTE: Role.CURATOR,
    Act.ASSIGN: Role.CURATOR,
    Act.UNDO: Role.CURATOR,
    Act.DISMISS: Role.REVIEWER,
    Act.MERGE: Role.REVIEWER,
    Act.SPLIT: Role.REVIEWER,
    Act.EXPORT: Role.REVIEWER,
    Act.APPROVE: Role.APPROVER,
    Act.RETURN: Role.APPROVER,
    Act.WITHDRAW: Role.APPROVER,
    Act.AUDIT: Role.APPROVER,
    Act.STAFF: Role.OWNER,
}
_RANK = {role: number for number, role in enumerate(Role)}


class RefusedError(Exception):
    """It may not be done, or not by this member; the message tells why, for their eyes."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff, as of now."""

    name: str
    role: Role
    telegram: int | None = None

    def may(self, act: Act) -> bool:
        """Tell whether the member may do something."""
        return _RANK[self.role] >= _RANK[LEAST[act]]

    def must(self, act: Act) -> None:
        """See that the member may do something.

        Raises:
            RefusedError: The role is not enough.
        """
        if not self.may(act):
            msg = f"to {act} takes the role {LEAST[act]}; {self.name} is {self.role}"
            raise RefusedError(msg)


def _member(row: Any) -> Member:
    return Member(row.name, Role(row.role), row.telegram)


async def members(connection: AsyncConnection) -> list[Member]:
    """Return all who are not removed, by name."""
    query = select(staff).where(staff.c.removed_at.is_(None)).order_by(staff.c.name)
    return [_member(row) for row in await connection.execute(query)]


async def named(connection: AsyncConnection, name: str) -> Member | None:
    """Return the member of a name, unless removed."""
    query = select(staff).where(staff.c.name == name, staff.c.removed_at.is_(None))
    row = (await connection.execute(query)).one_or_none()
    return _member(row) if row else None


async def of_telegram(connection: AsyncConnection, number: int) -> Member | None:
    """Return the member with a number on Telegram, unless removed."""
    query = select(staff).where(staff.c.telegram == number, staff.c.removed_at.is_(None))
    row = (await connection.execute(query)).one_or_none()
    return _member(row) if row else None


async def add(connection: AsyncConnection, name: str, role: Role, by: str, now: datetime) -> Member:
    """Take somebody in; who was removed comes back under the same name.

    Raises:
        RefusedError: The name is none, or somebody has it.
    """
    name = as_name(name)
    # Not the database's lower(): that of SQLite knows no letters beyond ASCII.
    same = [
        row
        for row in await connection.execute(select(staff))
        if row.name.casefold() == name.casefold()
    ]
    if not same:
        await connection.execute(staff.insert().values(name=name, role=role, added_at=now))
    elif same[0].removed_at is None or same[0].name != name:
        msg = f"there is {_there_is(same[0])}: take another name, or change the role"
        raise RefusedError(msg)
    else:
        back = {"role": role, "removed_at": None, "telegram": None}
        await connection.execute(update(staff).where(staff.c.name == name).values(**back))
    await audit.add(connection, now, by, "staff add", f"staff/{name}", after=role)
    return Member(name, role)


def _there_is(row: Any) -> str:
    gone = ", removed; who comes back keeps the name as it was written" if row.removed_at else ""
    return f"a {row.name} already ({row.role}{gone})"


def as_name(given: str) -> str:
    """Return a name as it is kept: composed letters (NFC), single spaces.

    Raises:
        RefusedError: It is no name, or one that only the audit uses.
    """
    name = " ".join(unicodedata.normalize("NFC", given).split())
    if not _is_name(name):
        msg = (
            f"{given[:60]!r} is no name: 1 to {NAME_CHARACTERS} letters, digits, spaces and . ' - "
            "beginning with a letter or digit"
        )
        raise RefusedError(msg)
    if name.casefold() in RESERVED:
        msg = f"{name!r} stands in the audit for what no member did: take another name"
        raise RefusedError(msg)
    return name


def as_role(given: str) -> Role:
    """Return the role of a name.

    Raises:
        RefusedError: There is no such role.
    """
    try:
        return Role(given)
    except ValueError:
        msg = f"{given[:40]!r} is no role: {', '.join(Role)}"
        raise RefusedError(msg) from None


def _is_name(name: str) -> bool:
    # Marks too: without its vowel signs no Hindi name can be written.
    kinds = [unicodedata.category(sign) for sign in name]
    signs = all(
        kind[0] in "LM" or kind == "Nd" or sign in " .'’-_"
        for sign, kind in zip(name, kinds, strict=True)
    )
    return 0 < len(name) <= NAME_CHARACTERS and signs and (kinds[0][0] == "L" or kinds[0] == "Nd")


async def change(
    connection: AsyncConnection, name: str, role: Role, by: str, now: datetime
) -> Member:
    """Give a member another role.

    Raises:
        RefusedError: There is no such member, or nobody would be left to take others in.
    """
    member = await _there(connection, name)
    if member.role is role:
        return member
    await connection.execute(update(staff).where(staff.c.name == name).values(role=role))
    await audit.add(
        connection, now, by, "staff role", f"staff/{name}", before=member.role, after=role
    )
    await _owned(connection)
    return Member(name, role, member.telegram)


async def remove(connection: AsyncConnection, name: str, by: str, now: datetime) -> None:
    """Remove a member; it counts from the next request and the next button on.

    Raises:
        RefusedError: There is no such member, or nobody would be left to take others in.
    """
    member = await _there(connection, name)
    await connection.execute(
        update(staff).where(staff.c.name == name).values(removed_at=now, telegram=None)
    )
    for table in (links, sessions):
        await connection.execute(delete(table).where(table.c.name == name))
    await audit.add(connection, now, by, "staff remove", f"staff/{name}", before=member.role)
    await _owned(connection)


async def _there(connection: AsyncConnection, name: str) -> Member:
    member = await named(connection, name)
    if member is None:
        msg = f"there is no member {name[:60]!r}"
        raise RefusedError(msg)
    return member


async def _owned(connection: AsyncConnection) -> None:
    """See that an owner is left, after the change.

    The audit comes before it: its head is a lock, so two changes at once cannot slip past.
    """
    owners = select(func.count()).where(staff.c.role == Role.OWNER, staff.c.removed_at.is_(None))
    if not await connection.scalar(owners):
        msg = "the last owner stays: make somebody else owner first"
        raise RefusedError(msg)


# ---- one-time links and sessions


def sign_in_address(address: str, secret: str) -> str:
    """Return the address of a one-time link.

    Args:
        address: Of the console, without a slash at the end.
        secret: What `link` returned for the purpose "console".
    """
    return f"{address}/sign-in?link={secret}"


def telegram_message(secret: str) -> str:
    """Return what a member sends to the bot in a private chat, to be known there.

    Args:
        secret: What `link` returned for the purpose "telegram".
    """
    return f"/staff {secret}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def link(
    connection: AsyncConnection, name: str, purpose: Purpose, by: str, now: datetime
) -> str:
    """Return the secret of a new one-time link for a member; it is kept nowhere.

    Raises:
        RefusedError: There is no such member, or too many links are open.
    """
    await _there(connection, name)
    await connection.execute(delete(links).where(links.c.until < now))
    unused = select(func.count()).where(links.c.name == name, links.c.used_at.is_(None))
    if (await connection.scalar(unused) or 0) >= MOST_LINKS:
        msg = f"{MOST_LINKS} links for {name} are open: use one, or wait {LINK_MINUTES} minutes"
        raise RefusedError(msg)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    until = now + timedelta(minutes=LINK_MINUTES)
    await connection.execute(
        links.insert().values(hash=_hash(secret), name=name, purpose=purpose, until=until)
    )
    await audit.add(connection, now, by, f"{purpose} link", f"staff/{name}")
    return secret


async def _used(
    connection: AsyncConnection, secret: str, purpose: Purpose, now: datetime
) -> Member | None:
    """Use a link up; return whose it was, or None if it is none (any more)."""
    found = links.c.hash == _hash(secret)
    fresh = (found, links.c.purpose == purpose, links.c.used_at.is_(None), links.c.until >= now)
    # One statement: of two who use it at once, one finds it used.
    result = await connection.execute(update(links).where(*fresh).values(used_at=now))
    if result.rowcount != 1:
        return None
    name = await connection.scalar(select(links.c.name).where(found))
    return await named(connection, str(name))


async def whose(
    connection: AsyncConnection, secret: str, purpose: Purpose, now: datetime
) -> Member | None:
    """Return whose link a secret is, without using it up; None if it is none (any more)."""
    good = (links.c.purpose == purpose, links.c.used_at.is_(None), links.c.until >= now)
    name = await connection.scalar(select(links.c.name).where(links.c.hash == _hash(secret), *good))
    return await named(connection, name) if name else None


async def spoil(connection: AsyncConnection, secret: str, now: datetime) -> bool:
    """Use a link up that others have read; tell whether it was one."""
    fresh = (links.c.hash == _hash(secret), links.c.used_at.is_(None), links.c.until >= now)
    result = await connection.execute(update(links).where(*fresh).values(used_at=now))
    if result.rowcount != 1:
        return False
    name = await connection.scalar(select(links.c.name).where(links.c.hash == _hash(secret)))
    await audit.add(connection, now, audit.SYSTEM, "link spoilt", f"staff/{name}")
    return True


async def sign_in(
    connection: AsyncConnection, secret: str, now: datetime
) -> tuple[Member, str] | None:
    """Use a link of the console up; return the member and the secret of a new session, or None."""
    member = await _used(connection, secret, "console", now)
    if member is None:
        return None
    await connection.execute(
        delete(sessions).where(sessions.c.began_at < now - timedelta(hours=SESSION_HOURS))
    )
    made = secrets.token_urlsafe(_SECRET_BYTES)
    await connection.execute(
        sessions.insert().values(hash=_hash(made), name=member.name, began_at=now, seen_at=now)
    )
    await audit.add(connection, now, member.name, "sign in", f"staff/{member.name}")
    return member, made


async def signed_in(connection: AsyncConnection, secret: str, now: datetime) -> Member | None:
    """Return whose session a secret is, or None: unknown, too old, long unused, or removed."""
    session = (
        await connection.execute(
            select(staff, sessions.c.began_at, sessions.c.seen_at)
            .join(sessions, sessions.c.name == staff.c.name)
            .where(sessions.c.hash == _hash(secret), staff.c.removed_at.is_(None))
        )
    ).one_or_none()
    if session is None:
        return None
    began, seen = _aware(session.began_at, now), _aware(session.seen_at, now)
    old = now - began >= timedelta(hours=SESSION_HOURS)
    idle = now - seen >= timedelta(minutes=IDLE_MINUTES)
    return None if old or idle else _member(session)


async def keep_alive(connection: AsyncConnection, secret: str, now: datetime) -> None:
    """Note that a session is used."""
    await connection.execute(
        update(sessions).where(sessions.c.hash == _hash(secret)).values(seen_at=now)
    )


async def sign_out(connection: AsyncConnection, secret: str) -> None:
    """End a session."""
    await connection.execute(delete(sessions).where(sessions.c.hash == _hash(secret)))


async def bind(
    connection: AsyncConnection, secret: str, number: int, now: datetime
) -> Member | None:
    """Use a link of Telegram up: from now on this number there is the member; None if it is none.

    Raises:
        RefusedError: Another member has this number.
    """
    member = await _used(connection, secret, "telegram", now)
    if member is None:
        return None
    other = await of_telegram(connection, number)
    if other is not None and other.name != member.name:
        msg = f"this Telegram account belongs to {other.name}"
        raise RefusedError(msg)
    await connection.execute(
        update(staff).where(staff.c.name == member.name).values(telegram=number)
    )
    await audit.add(connection, now, member.name, "telegram", f"staff/{member.name}")
    return Member(member.name, member.role, number)


def _aware(at: datetime, now: datetime) -> datetime:
    """Return a time as it was written: SQLite forgets that it was UTC."""
    return at.replace(tzinfo=now.tzinfo) if at.tzinfo is None else at
