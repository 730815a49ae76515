"""The page of staff: who is in, with which role; owners take in, change, remove, make links."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from console.pages import Fields, StaffPages, StaffRoute, fields
from escalation import staff
from escalation.staff import LEAST, LINK_MINUTES, NAME_CHARACTERS, Act, Member, Role

POST = ("POST",)
ONCE = f"shown once, holds for {LINK_MINUTES} minutes, works once"
HOW: Mapping[str, str] = {
    "console": f"The sign-in link of {{}} ({ONCE}). Give it to nobody else.",
    "telegram": f"{{}} sends this to the bot in a private chat ({ONCE}):",
}


def routes(pages: StaffPages) -> list[StaffRoute]:
    """Return the routes."""
    made = Members(pages)
    return [
        StaffRoute("/staff", made.listed, Act.LOOK),
        StaffRoute("/staff/add", made.add, Act.STAFF, POST),
        StaffRoute("/staff/role", made.role, Act.STAFF, POST),
        StaffRoute("/staff/remove", made.remove, Act.STAFF, POST),
        StaffRoute("/staff/link", made.link, Act.STAFF, POST),
    ]


class Members:
    """The endpoints."""

    def __init__(self, pages: StaffPages) -> None:
        """Work with an office."""
        self._pages, self._office = pages, pages.office

    async def listed(self, request: Request, _: Member) -> Response:
        """List all members."""
        async with self._office.store.read() as connection:
            found = await staff.members(connection)
        return self._pages.page(
            request,
            "staff/members.html",
            members=found,
            roles=list(Role),
            allowed=[(role, [act for act in Act if LEAST[act] is role]) for role in Role],
            longest=NAME_CHARACTERS,
        )

    async def add(self, request: Request, member: Member) -> Response:
        """Take somebody in."""
        form = await fields(request)
        async with self._office.store.begin() as connection:
            new = await staff.add(
                connection, form.one("name"), _role(form), member.name, self._office.clock()
            )
        return self._pages.done("/staff", f"{new.name} is {new.role} now.")

    async def role(self, request: Request, member: Member) -> Response:
        """Give a member another role."""
        form = await fields(request)
        async with self._office.store.begin() as connection:
            changed = await staff.change(
                connection, form.one("name"), _role(form), member.name, self._office.clock()
            )
        return self._pages.done("/staff", f"{changed.name} is {changed.role} now.")

    async def remove(self, request: Request, member: Member) -> Response:
        """Remove a member."""
        name = (await fields(request)).one("name")
        async with self._office.store.begin() as connection:
            await staff.remove(connection, name, member.name, self._office.clock())
        return self._pages.done("/staff", f"{name} is removed and signed out.")

    async def link(self, request: Request, member: Member) -> Response:
        """Make a one-time link, for the console or for the member's Telegram."""
        form = await fields(request)
        name, telegram = form.one("name"), form.one("purpose") == "telegram"
        purpose: staff.Purpose = "telegram" if telegram else "console"
        async with self._office.store.begin() as connection:
            secret = await staff.link(connection, name, purpose, member.name, self._office.clock())
        copy = (
            staff.telegram_message(secret)
            if telegram
            else staff.sign_in_address(self._office.address, secret)
        )
        return self._pages.done("/staff", HOW[purpose].format(name), copy=copy)


def _role(form: Fields) -> Role:
    """Return the role of a form.

    Raises:
        RefusedError: It names none.
    """
    return staff.as_role(form.one("role"))
