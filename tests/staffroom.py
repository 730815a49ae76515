"""Staff's browsers for tests: over HTTP, with cookies, as if by https."""

from dataclasses import replace

import httpx
from starlette.types import ASGIApp

from console.staff import Setting, application
from escalation import staff
from escalation.office import Office
from reception import Reception

ADDRESS = "https://console.test"
OURS = {"sec-fetch-site": "same-origin"}
SETTINGS = (Setting("web", "port", "8080", "Port to listen on.", "default", "The chat page."),)


def console(office: Office, reception: Reception) -> ASGIApp:
    """Return the pages for staff, at `ADDRESS`."""
    return application(replace(office, address=ADDRESS), reception, lambda: SETTINGS)


def browser(app: ASGIApp, address: str = "192.0.2.1") -> httpx.AsyncClient:
    """Return somebody's browser without JavaScript; what it sends comes from our own pages.

    Args:
        app: The pages.
        address: Where it connects from.
    """
    # Like a server, which turns an error inside the application into a page.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=OURS)


async def link(office: Office, name: str) -> str:
    """Return the path of a new sign-in link."""
    async with office.store.begin() as connection:
        secret = await staff.link(connection, name, "console", "test", office.clock())
    return staff.sign_in_address("", secret)


async def signed_in(app: ASGIApp, office: Office, name: str) -> httpx.AsyncClient:
    """Return the browser of a member who has pressed the link and its button.  Close it."""
    async with browser(app) as opened:
        shown = await opened.get(await link(office, name), follow_redirects=True)
        assert f"Sign in as {name}" in shown.text, shown.text
        answer = await opened.post("/sign-in")
    assert (303, "/") == (answer.status_code, answer.headers["location"])
    web = browser(app)
    web.cookies = opened.cookies
    return web
