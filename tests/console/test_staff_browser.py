"""Signing in, staff, audit and settings in a real Chromium, over a real server."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import staffroom
from chromium import CHROMIUM, DESKTOP, FAINT, FOCUSED, SIDEWAYS, SMALL, SWITCHES
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

import settings
from commands import serving
from commands.tools import Here
from console.staff import application
from escalation import staff
from escalation.office import Office
from reception import Reception
from workshop import Places

pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium here: apt install chromium, then these tests run"
)
SHOTS = os.environ.get("SEHAT_SCREENSHOTS", "")  # a folder for pictures to look at
PLACES = ["/staff", "/audit", "/settings", "/sign-in", "/nowhere"]
# Things to press that are lower than a finger is wide; links inside sentences may be.
LOW = """() => [...document.querySelectorAll("button, .press, select, input, summary, nav a")]
  .filter(element => element.checkVisibility() && element.getBoundingClientRect().height < 43.5)
  .map(element => element.textContent.trim().slice(0, 40))"""


@dataclass(frozen=True, slots=True)
class Room:
    """A served console, and a Chromium."""

    office: Office
    chromium: Browser

    async def browser(self, **options: Any) -> BrowserContext:
        """Return a browser of its own, without what others left."""
        return await self.chromium.new_context(base_url=self.office.address, **options)

    async def link(self, name: str) -> str:
        """Return the path of a sign-in link."""
        return await staffroom.link(self.office, name)

    async def signed_in(self, name: str, **options: Any) -> Page:
        """Return the page of a member who came in by link and button."""
        page = await (await self.browser(**options)).new_page()
        await page.goto(await self.link(name))
        await page.get_by_role("button", name=f"Sign in as {name}").click()
        await expect(page.locator(".me")).to_contain_text(name)
        return page


@pytest.fixture
async def room(office: Office, reception: Reception, team: object) -> AsyncIterator[Room]:
    """The console as `bot.py run` serves it, on a free port of this machine."""
    here = Here(settings.load(None), Places(), None, None, None)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        office = replace(office, address=serving.shown(listening))
        server = serving.server(
            application(office, reception, lambda: serving.view(here, {"web.port": 8090}))
        )
        running = asyncio.create_task(server.serve(sockets=[listening]))
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
            yield Room(office, chromium)
            await chromium.close()
        server.should_exit = True
        await running


async def shot(page: Page, name: str) -> None:
    """Keep a picture, if somebody wants to look at it."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"staff-{name}.png", full_page=True)


async def test_a_member_signs_in_by_link_and_button_and_out_again(room: Room) -> None:
    """The address never shows the secret; going back does not bring it up."""
    page = await (await room.browser(viewport={"width": SMALL[0], "height": SMALL[1]})).new_page()
    await page.goto("/audit?who=Anna")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await shot(page, "how-to-sign-in")
    path = await room.link("Anna")
    secret = path.partition("=")[2]
    await page.goto(path)
    assert page.url.endswith("/sign-in")
    await shot(page, "sign-in")
    await page.keyboard.press("Enter")  # the button has the focus
    await page.wait_for_url("**/audit?who=Anna")
    await expect(page.locator(".me")).to_contain_text("Anna approver")
    kept = {one["name"]: one for one in await page.context.cookies()}
    assert {"__Host-sehat-session"} == set(kept)
    assert (True, True, "Lax") == tuple(
        kept["__Host-sehat-session"][name] for name in ("secure", "httpOnly", "sameSite")
    )
    await page.go_back()
    assert secret not in await page.content()
    await page.goto("/audit")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await page.goto("/audit")
    assert page.url.endswith("/sign-in")


async def test_the_pages_need_no_script(room: Room) -> None:
    """An owner takes somebody in, makes a link, removes them: plain forms, by keyboard."""
    page = await room.signed_in("Omar", java_script_enabled=False)
    await page.goto("/staff")
    await page.get_by_label("Name").fill("Eva")
    await page.locator("section").get_by_label("Role").select_option("curator")
    await page.get_by_label("Name").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Eva is curator now.")
    row = page.get_by_role("listitem").filter(has_text="Eva")
    await row.locator("summary").first.press("Enter")
    await row.get_by_role("button", name="Make a sign-in link").press("Enter")
    made = await page.get_by_label("To copy").input_value()
    assert re.fullmatch(rf"{re.escape(room.office.address)}/sign-in\?link=[\w-]{{43}}", made)
    await shot(page, "link")
    await page.reload()
    await expect(page.get_by_label("To copy")).to_have_count(0)
    await row.locator("summary").first.click()
    await row.locator(".sure summary").click()
    await row.get_by_role("button", name="Remove Eva").click()
    await expect(page.get_by_role("status")).to_contain_text("Eva is removed and signed out.")
    await expect(row).to_have_count(0)


async def test_what_cannot_be_done_is_told(room: Room) -> None:
    """The last owner stays."""
    page = await room.signed_in("Omar")
    await page.goto("/staff")
    row = page.get_by_role("listitem").filter(has_text="Omar")
    await row.locator("summary").first.click()
    await row.locator(".sure summary").click()
    await shot(page, "remove")
    await row.get_by_role("button", name="Remove Omar").click()
    await expect(page.locator("main")).to_contain_text("The last owner stays")
    await shot(page, "refused")


async def test_a_removed_member_is_out_with_the_page_open(room: Room) -> None:
    """The next press finds nobody signed in."""
    page = await room.signed_in("Anna")
    await page.goto("/audit")
    async with room.office.store.begin() as connection:
        await staff.remove(connection, "Anna", "Omar", room.office.clock())
    await page.get_by_role("link", name="Settings").click()

    assert page.url.endswith("/sign-in")


async def test_a_form_of_another_site_does_nothing(room: Room) -> None:
    """Sent by a real browser in which the owner is signed in; a link of that site works."""
    page = await room.signed_in("Omar")
    other = room.office.address.replace("127.0.0.1", "localhost")
    await page.route(
        "http://evil.test/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{room.office.address}/staff/remove">'
            '<input name="name" value="Vera"><button>win a prize</button></form>'
            f'<a href="{room.office.address}/staff">a link</a>',
        ),
    )
    await page.goto("http://evil.test/")
    await page.get_by_role("button").click()
    await expect(page.locator("body")).to_contain_text("sent by a page of another site")
    await page.goto("http://evil.test/")
    await page.get_by_role("link").click()

    await expect(page.get_by_role("listitem").filter(has_text="Vera")).to_have_count(1)
    assert other != room.office.address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, SMALL], ids=["desktop", "phone"])
async def test_every_page_can_be_read_and_pressed(
    room: Room, size: tuple[int, int], scheme: Any
) -> None:
    """Nothing runs out at 360 pixels, is faint, or too small for a finger."""
    page = await room.signed_in(
        "Omar", viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    for place in PLACES:
        await page.goto(place)
        for summary in await page.locator("summary").all():
            if await summary.is_visible():
                await summary.click()
        await shot(page, f"{place.strip('/')}-{size[0]}-{scheme}")
        assert not await page.evaluate(SIDEWAYS), place
        assert [] == await page.evaluate(FAINT), place
        assert [] == await page.evaluate(LOW), place


async def test_everything_is_reached_by_keyboard_with_an_outline(room: Room) -> None:
    """The first stop skips the menu."""
    page = await room.signed_in("Omar")
    await page.goto("/staff")
    await page.keyboard.press("Tab")
    assert "skip" == (await page.evaluate(FOCUSED))["name"]
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('main') !== null")
    for _ in range(25):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(FOCUSED)
        assert focused["outlined"] or "BODY" == await page.evaluate(
            "document.activeElement.tagName"
        )
