"""`bot.py staff`: who is in, with which role, and the one-time links by which they come in."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from shlex import quote
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from commands.serving import found_address
from commands.tools import Failure, Here, data_folder
from escalation import staff
from escalation.audit import TERMINAL
from escalation.staff import LINK_MINUTES, Member, RefusedError, Role
from reception import utc_now
from storage.store import Store

Made = TypeVar("Made")
NOBODY = "nobody is in yet: bot.py staff add NAME --role owner\n"
FIRST = (
    "the first member must be an owner, who can take the others in: "
    "bot.py staff add {name} --role owner"
)


def list_(options: argparse.Namespace, here: Here) -> int:
    """Run `staff list`."""
    found = _write(here, staff.members)
    if options.json:
        for one in found:
            line = {"name": one.name, "role": one.role, "telegram": one.telegram is not None}
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return 0
    if not found:
        sys.stdout.write(NOBODY)
        return 0
    table = Table("name", "role", "telegram")
    for one in found:
        known = "connected" if one.telegram else "not connected"
        table.add_row(escape(one.name), one.role, known)
    Console().print(table)
    return 0


def add(options: argparse.Namespace, here: Here) -> int:
    """Run `staff add`."""

    async def work(connection: AsyncConnection) -> Member:
        if options.role is not Role.OWNER and not await staff.members(connection):
            raise Failure(FIRST.format(name=quote(options.name)))
        return await staff.add(connection, options.name, options.role, TERMINAL, utc_now())

    made = _write(here, work)
    sys.stdout.write(
        f"{made.name} is {made.role} now; next: bot.py staff login {quote(made.name)}\n"
    )
    return 0


def role(options: argparse.Namespace, here: Here) -> int:
    """Run `staff role`."""
    made = _write(
        here, lambda open_: staff.change(open_, options.name, options.role, TERMINAL, utc_now())
    )
    sys.stdout.write(f"{made.name} is {made.role} now\n")
    return 0


def remove(options: argparse.Namespace, here: Here) -> int:
    """Run `staff remove`."""
    _write(here, lambda open_: staff.remove(open_, options.name, TERMINAL, utc_now()))
    sys.stdout.write(f"{options.name} is removed: signed out, and refused at the next button\n")
    return 0


def login(options: argparse.Namespace, here: Here) -> int:
    """Run `staff login`."""
    secret = _link(here, options.name, "console")
    sys.stdout.write(
        f"{staff.sign_in_address(found_address(here), secret)}\n"
        f"Signs in as {options.name}, once, within {LINK_MINUTES} minutes. "
        "The pages are there while the bot runs (bot.py run).\n"
    )
    return 0


def telegram(options: argparse.Namespace, here: Here) -> int:
    """Run `staff telegram`."""
    secret = _link(here, options.name, "telegram")
    sys.stdout.write(
        f"{staff.telegram_message(secret)}\n"
        f"{options.name} sends this line to the bot in a private chat, once, within {LINK_MINUTES} "
        "minutes; then the bot knows the account.\n"
    )
    return 0


def _link(here: Here, name: str, purpose: staff.Purpose) -> str:
    return _write(here, lambda open_: staff.link(open_, name, purpose, TERMINAL, utc_now()))


def _write(here: Here, work: Callable[[AsyncConnection], Awaitable[Made]]) -> Made:
    """Do something in one transaction; what staff may not do is a mistake of the user's."""
    data_folder(here.places.data)

    async def run() -> Made:
        url = here.settings.storage.database
        async with Store.open(url, here.places.data) as store, store.begin() as connection:
            return await work(connection)

    try:
        return asyncio.run(run())
    except RefusedError as refused:
        raise Failure(str(refused)) from None
