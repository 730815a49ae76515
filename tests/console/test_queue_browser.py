"""Queue and entries as staff use them: a real server, a real Chromium."""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import groups_asked as asked
import pytest
import pytest_asyncio
import staffroom
import uvicorn
from chromium import CHROMIUM, DESKTOP, FAINT, FOCUSED, SIDEWAYS, SMALL, SWITCHES, Server
from conftest import DAYS, HOME
from playwright.async_api import Browser, Dialog, Page, async_playwright, expect
from sqlalchemy import select

from assistant import Desk
from console.staff import application
from escalation import staff
from escalation.office import Office
from escalation.staff import Role
from reception import Reception
from storage.cipher import Cipher
from storage.store import Store
from storage.tables import audit_head, groups, metadata

pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM, reason="no Chromium here: apt install chromium, then these tests run"
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
TEAM = {"Vera": Role.VIEWER, "Carl": Role.CURATOR, "Rosa": Role.REVIEWER, "Anna": Role.APPROVER}
KEPT = {"alembic_version", audit_head.name}
CUT = """() => [...document.querySelectorAll("main, .card, section, button, .press, .tabs a")]
  .filter(box => box.scrollWidth > box.clientWidth + 1)
  .filter(box => getComputedStyle(box).overflowX === "visible")
  .map(box => `${box.tagName} ${box.className}: ${box.textContent.trim().slice(0, 40)}`)"""
# Things to press that are lower than a finger is wide; links inside sentences and lists may be.
LOW = """() => [...document.querySelectorAll("button, .press, select, .option, .tick, summary")]
  .filter(element => element.checkVisibility() && element.getBoundingClientRect().height < 43.5)
  .map(element => element.textContent.trim().slice(0, 40))"""


@dataclass(frozen=True, slots=True)
class Room:
    """A running console with its office."""

    office: Office
    address: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """A real server on a free port, with a copy of the knowledge base."""
    folder = tmp_path_factory.mktemp("room")
    for name in ("faq", "safety"):
        ignored = shutil.ignore_patterns("__pycache__", "*.py")
        shutil.copytree(HOME / name, folder / name, ignore=ignored)
    async with Store.open("", folder) as store:
        reception = Reception(desk, store, b"test key", workers=1, per_minute=1000, days=DAYS)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            office = Office(
                store=store,
                cipher=Cipher(),
                keys=(b"test key",),
                faq=folder / "faq",
                safety=folder / "safety",
                desk=lambda: reception.desk,
                clock=reception.clock,
                address=address,
            )
            config = uvicorn.Config(
                application(office, reception, lambda: staffroom.SETTINGS),
                log_config=None,
                lifespan="off",
                ws="none",
                access_log=False,
            )
            server = Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            async with asyncio.timeout(10):
                await server.ready.wait()
            yield Room(office, address)
            server.should_exit = True
            await serving
        reception.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(room: Room) -> AsyncIterator[Browser]:
    """A Chromium; it goes before the server does."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield made
        await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def browser(chromium: Browser, room: Room) -> AsyncIterator[Browser]:
    """The Chromium without a window; the database with the team alone."""
    async with room.office.store.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name not in KEPT and table.name != "audit":
                await connection.execute(table.delete())
        for name, role in TEAM.items():
            await staff.add(connection, name, role, "test", room.office.clock())
    yield chromium
    for window in chromium.contexts:
        await window.close()


async def visit(
    browser: Browser,
    room: Room,
    path: str,
    name: str = "Rosa",
    size: tuple[int, int] = DESKTOP,
    **options: Any,
) -> Page:
    """Open a page as a member, in a window of their own."""
    window = await browser.new_context(
        base_url=room.address,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
        locale="en",
        **options,
    )
    window.set_default_timeout(8000)
    page = await window.new_page()
    await page.goto(await staffroom.link(room.office, name))
    await page.get_by_role("button", name=re.compile("Sign in as")).click()
    await page.goto(path)
    return page


async def state(room: Room, number: int) -> str:
    """Return what has become of a group."""
    async with room.office.store.read() as connection:
        found = await connection.scalar(select(groups.c.state).where(groups.c.id == number))
    return str(found)


# ---- pictures, for a look with one's own eyes


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to look at."""

    name: str
    path: str
    who: str = "Rosa"


PAGES = [
    Shot("queue", "/queue"),
    Shot("queue-empty", "/queue?state=dismissed"),
    Shot("group", "/queue/{group}"),
    Shot("entries", "/entries"),
    Shot("entry-en", "/entries/malaria-spread/en", "Anna"),
    Shot("entry-ur", "/entries/malaria-spread/ur", "Anna"),
    Shot("edit-ur", "/entries/malaria-spread/ur/edit"),
    Shot("phrases-ur", "/phrases/ur", "Anna"),
    Shot("contacts", "/contacts/KE", "Anna"),
    Shot("withdraw", "/entries/malaria-spread/en/withdraw", "Anna"),
]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """SEHAT_SCREENSHOTS=DIR keeps them there."""
    return Path(os.environ.get("SEHAT_SCREENSHOTS") or tmp_path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, SMALL], ids=["desktop", "phone"])
async def test_every_page_fits_and_can_be_read(
    browser: Browser, room: Room, pictures: Path, size: tuple[int, int], scheme: Any
) -> None:
    """No page scrolls sideways, cuts a text, is too faint, or too low for a finger."""
    number = await asked.group(room.office, asked.BED_BUGS)
    await asked.group(room.office, asked.SNORING, people=7)
    await asked.group(room.office, asked.NETS)
    pages = {
        who: await visit(browser, room, "/queue", who, size, color_scheme=scheme)
        for who in ("Rosa", "Anna")
    }
    wrong = []
    for shot in PAGES:
        page = pages[shot.who]
        await page.goto(shot.path.format(group=number))
        name = f"{shot.name}-{size[0]}-{scheme}"
        wrong += [f"{name} faint: {one}" for one in await page.evaluate(FAINT)]
        wrong += [f"{name} cut: {one}" for one in await page.evaluate(CUT)]
        wrong += [f"{name} low: {one}" for one in await page.evaluate(LOW)]
        if await page.evaluate(SIDEWAYS):
            wrong.append(f"{name} scrolls sideways")
        high = min(1500, await page.evaluate("document.documentElement.scrollHeight"))
        clip: Any = {"x": 0, "y": 0, "width": size[0], "height": high}
        await page.screenshot(path=pictures / f"{name}.png", full_page=True, clip=clip)

    assert [] == wrong


# ---- working through the queue


async def test_the_keys_lead_through_the_list(browser: Browser, room: Room) -> None:
    """Next, previous, tick, open; the focus goes along and is seen."""
    numbers = [await asked.group(room.office, said) for said in (asked.NETS, asked.BED_BUGS)]
    page = await visit(browser, room, "/queue")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("x")
    focused = await page.evaluate(FOCUSED)

    await expect(page.locator("[data-row]").first.get_by_role("checkbox")).to_be_checked()
    assert focused["outlined"]
    await page.keyboard.press("o")
    await expect(page).to_have_url(re.compile(f"/queue/{numbers[1]}$"))
    await page.keyboard.press("u")
    await expect(page).to_have_url(re.compile("/queue$"))


async def test_a_key_assigns_the_group_to_me(browser: Browser, room: Room) -> None:
    """The one that stands under the focus, when none is ticked."""
    await asked.group(room.office, asked.BED_BUGS)
    page = await visit(browser, room, "/queue")
    await page.keyboard.press("j")
    await page.keyboard.press("a")

    await expect(page.locator("[data-row]").first).to_contain_text("yours")
    await expect(page.get_by_role("status")).to_be_visible()


@pytest.mark.parametrize(("sure", "became"), [(True, "dismissed"), (False, "open")])
async def test_not_ours_asks_first(
    browser: Browser, room: Room, *, sure: bool, became: str
) -> None:
    """A key is pressed by mistake more easily than a button."""
    number = await asked.group(room.office, asked.CRICKET)
    page = await visit(browser, room, "/queue")
    asked_first: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked_first.append(dialog.message)
        await (dialog.accept() if sure else dialog.dismiss())

    page.on("dialog", answer)
    await page.keyboard.press("j")
    await page.keyboard.press("n")
    await expect(page.locator("[data-row]")).to_have_count(0 if sure else 1)

    assert ["Mark the ticked groups as not ours?"] == asked_first
    assert became == await state(room, number)


async def test_keys_are_letters_where_one_writes(browser: Browser, room: Room) -> None:
    """In a note "n" and "a" are letters, with Ctrl they are the browser's."""
    number = await asked.group(room.office, asked.BED_BUGS)
    page = await visit(browser, room, f"/queue/{number}")
    await page.get_by_label("A note for your colleagues").press_sequentially("an xjk?")
    await page.keyboard.press("Control+a")

    await expect(page.get_by_label("A note for your colleagues")).to_have_value("an xjk?")
    await expect(page.locator("#keys")).to_be_hidden()
    assert "open" == await state(room, number)


async def test_keys_are_explained_and_can_be_turned_off(browser: Browser, room: Room) -> None:
    """WCAG 2.2, 2.1.4: who dictates must be able to."""
    await asked.group(room.office, asked.BED_BUGS)
    page = await visit(browser, room, "/queue")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await page.get_by_label("Use these keys").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")

    await expect(page.locator(".here")).to_have_count(0)
    await page.reload()
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_hidden()
    await page.get_by_role("button", name="Keys").click()
    await expect(page.locator("#keys")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_wording_is_previewed_and_written(
    browser: Browser, room: Room, *, script: bool
) -> None:
    """Choose, see, confirm; with and without JavaScript."""
    number = await asked.group(room.office, asked.NETS)
    page = await visit(browser, room, f"/queue/{number}", "Carl", java_script_enabled=script)
    await page.get_by_label("How can malaria be prevented?").check()
    await page.get_by_label("Wording (you may change it)").fill(f"who gives out nets {script}")
    await page.get_by_role("button", name="See what it would change").click()
    await expect(page.locator("h1")).to_have_text("Write this wording?")
    await page.get_by_role("button", name="Write it").click()

    await expect(page.get_by_role("status")).to_contain_text("Added to malaria-prevention")
    assert "answered" == await state(room, number)


async def test_several_are_dismissed_and_undone_without_javascript(
    browser: Browser, room: Room
) -> None:
    """Boxes, one button; undo stands in the group's page."""
    numbers = [await asked.group(room.office, said) for said in (asked.CRICKET, asked.SNORING)]
    page = await visit(browser, room, "/queue", size=SMALL, java_script_enabled=False)
    for number in numbers:
        await page.get_by_label(f"Select group {number}").check()
    await page.get_by_role("button", name="Not ours").click()
    await expect(page.get_by_role("status")).to_contain_text("2 groups: done.")
    await page.goto(f"/queue/{numbers[0]}")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("status")).to_be_visible()

    assert ["open", "dismissed"] == [await state(room, number) for number in numbers]


async def test_two_reviewers_at_once_never_overwrite_each_other(
    browser: Browser, room: Room
) -> None:
    """Two windows, two members: the second reads what the first has done, and keeps the text."""
    number = await asked.group(room.office, asked.BED_BUGS)
    rosa = await visit(browser, room, f"/queue/{number}")
    anna = await visit(browser, room, f"/queue/{number}", "Anna")
    await rosa.get_by_role("button", name="Assign to me").click()
    await expect(rosa.get_by_role("status")).to_be_visible()
    await anna.get_by_label(re.compile("^Id: short")).fill("bed-bugs-at-home")
    await anna.get_by_role("button", name="Make the draft").click()

    await expect(anna.get_by_role("alert")).to_contain_text("Rosa")
    await expect(anna.get_by_label(re.compile("^Id: short"))).to_have_value("bed-bugs-at-home")
    await expect(anna.locator(".facts").first).to_contain_text("assigned to Rosa")
    assert "open" == await state(room, number)
    await anna.get_by_role("button", name="Make the draft").click()
    await expect(anna.get_by_role("status")).to_be_visible()
    assert "drafted" == await state(room, number)


# ---- texts


async def test_urdu_runs_from_right_to_left(browser: Browser, room: Room) -> None:
    """Preview, form, difference; the page around it stays English."""
    page = await visit(browser, room, "/entries/malaria-spread/ur", "Anna")
    await page.get_by_role("button", name="Approve this text").click()
    await expect(page.get_by_role("status")).to_contain_text("approved now")
    carl = await visit(browser, room, "/entries/malaria-spread/ur/edit", "Carl")
    answer = carl.get_by_label("Answer")
    await answer.fill(f"{await answer.input_value()}\n\nمچھر دانی استعمال کریں۔")
    await carl.get_by_role("button", name="Save").click()
    await expect(carl.locator(".diff ins")).to_contain_text("مچھر")
    directions = await carl.evaluate(
        """() => [".preview .turn", ".diff td", "html", "main > h1 span"].map(
          name => getComputedStyle(document.querySelector(name)).direction)"""
    )

    assert ["rtl", "rtl", "ltr", "rtl"] == directions


async def test_an_author_is_told_why_somebody_else_must_approve(
    browser: Browser, room: Room
) -> None:
    """Beside the form, where the button would be."""
    page = await visit(browser, room, "/entries/malaria-spread/sw/edit", "Anna")
    answer = page.get_by_label("Answer")
    await answer.fill(f"{await answer.input_value()}\n\nTumia chandarua cha mbu kila usiku.")
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator(".note")).to_contain_text("your own approval does not count")
    await expect(page.get_by_role("button", name="Approve this text")).to_have_count(0)


async def test_everything_is_reached_by_tab_and_its_focus_seen(
    browser: Browser, room: Room
) -> None:
    """Each control of a group's page, one after the other."""
    number = await asked.group(room.office, asked.BED_BUGS)
    page = await visit(browser, room, f"/queue/{number}", size=SMALL)
    stops: list[Any] = []
    await page.locator(".skip").focus()
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            break
        stops.append(await page.evaluate(FOCUSED))
    names = await page.evaluate(
        "[...document.querySelectorAll('main button')].filter(b => b.checkVisibility()).length"
    )

    assert len(stops) > names > 6
    assert [] == [stop["name"] for stop in stops if not stop["outlined"]]


async def test_the_console_stays_empty(browser: Browser, room: Room) -> None:
    """No error, nothing that the content policy forbids, no request to elsewhere."""
    number = await asked.group(room.office, asked.BED_BUGS)
    page = await visit(browser, room, "/queue", "Anna")
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    for shot in PAGES:
        await page.goto(shot.path.format(group=number), wait_until="networkidle")

    assert [] == troubles
