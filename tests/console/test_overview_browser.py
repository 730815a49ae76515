"""The overview and the page to try a question, in a real Chromium: seen, reached, read."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from chromium import CHROMIUM, DESKTOP, FAINT, FOCUSED, SIDEWAYS, SMALL, SWITCHES, Server
from conftest import HOME
from playwright.async_api import Browser, Page, async_playwright, expect

from assistant import Desk
from console import staff as pages
from escalation import staff
from escalation.office import Office
from escalation.staff import Role
from reception import Reception, utc_now
from storage.cipher import Cipher
from storage.retention import Days
from storage.store import Store
from storage.tables import decisions, groups, votes

pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM, reason="no Chromium here: apt install chromium, then these tests run"
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
Works = tuple[Office, Reception]
QUESTIONS = 900
URDU = "ملیریا کیسے پھیلتا ہے"
# Labels of a plot that stand outside of its picture or on each other.
ASTRAY = """() => {
  const wrong = [];
  for (const plot of document.querySelectorAll("svg.plot")) {
    const {width, height} = plot.viewBox.baseVal, seen = [];
    for (const text of plot.querySelectorAll("text")) {
      const box = text.getBBox();
      const right = box.x + box.width, bottom = box.y + box.height;
      if (box.x < -.5 || box.y < -2 || right > width + .5 || bottom > height + 3)
        wrong.push(`outside: ${text.textContent}`);
      for (const [other, name] of seen)
        if (box.x < other.x + other.width && other.x < right
            && box.y + 2 < other.y + other.height && other.y + 2 < bottom)
          wrong.push(`${text.textContent} on ${name}`);
      seen.push([box, text.textContent]);
    }
  }
  return wrong;
}"""
# Pixels that letters of plots are high on the screen, the smallest.
LETTERS = """() => Math.min(...[...document.querySelectorAll("svg.plot")].map(plot =>
  parseFloat(getComputedStyle(plot.querySelector("text")).fontSize)
    * plot.getBoundingClientRect().width / plot.viewBox.baseVal.width))"""

# Shapes of plots whose edge is under 3 to 1 with the card, and letters in them under 4.5.
PALE = FAINT.replace(
    """  const faint = [];""",
    """  const faint = [];
  const shapes = ".plot :is(.bar, .run, .ground, .point, text)";
  for (const shape of document.querySelectorAll(shapes)) {
    if (shape.closest("pattern")) continue;
    const style = getComputedStyle(shape), letters = shape.tagName === "text";
    const edge = letters || shape.matches(".ground, .point") ? style.fill : style.stroke;
    if (ratio(edge, behind(shape.closest("figure"))) < (letters ? 4.5 : 3))
      faint.push(`${shape.getAttribute("class")}: ${edge}`);
  }
  return faint;""",
)


OUTCOMES = {"answer": 60, "suggest": 12, "unmatched": 15, "refuse": 9, "emergency": 4}
CATEGORIES = {"refuse": "medicine", "emergency": "self_harm"}
SENT = ("malaria-spread", "diabetes-symptoms", "burns-first-aid", "an-entry-that-is-gone")
VOTED = {"malaria-spread": (1, 1, 0, 1, 1, 1, 1), "burns-first-aid": (1, 0)}


def counted(now: datetime) -> list[dict[str, Any]]:
    """Return forty days of questions."""
    chance = random.Random(3)  # noqa: S311 - no secret
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    made = []
    for kind in chance.choices(list(OUTCOMES), list(OUTCOMES.values()), k=QUESTIONS):
        row = {
            "hour": this_hour - timedelta(hours=chance.randrange(40 * 24)),
            "channel": "telegram",
            "language": chance.choice(("en", "hi", "hi", "ur", "sw", "id")),
            "decision": kind,
            "category": CATEGORIES.get(kind),
            "entry": chance.choice(SENT) if kind == "answer" else None,
            "rules": "",
            "ms": int(chance.lognormvariate(2.5, 0.7)),
        }
        made.append(row)
    return made


def voted(now: datetime) -> list[dict[str, Any]]:
    """Return some votes, of one entry too few to tell a share."""
    return [
        {"person": f"p{number}", "entry": entry, "language": "ur", "helpful": bool(yes)}
        | {"seen": now.date()}
        for entry, several in VOTED.items()
        for number, yes in enumerate(several)
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def works(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Works]:
    """An office with some weeks behind it."""
    days = Days(unmatched=90, person=365, counts=730)
    async with Store.open("", tmp_path_factory.mktemp("store")) as store:
        reception = Reception(desk, store, b"test key", workers=2, per_minute=10_000, days=days)
        office = Office(
            store=store,
            cipher=Cipher(),
            keys=(b"test key",),
            faq=HOME / "faq",
            safety=HOME / "safety",
            desk=lambda: reception.desk,
            clock=utc_now,
        )
        now = utc_now()
        hours = {"first_hour": now, "last_hour": now, "questions": 7, "middle": ""}
        async with store.begin() as connection:
            await connection.execute(decisions.insert(), counted(now))
            await connection.execute(votes.insert(), voted(now))
            for state in ("open", "drafted"):
                await connection.execute(groups.insert().values(state=state, **hours))
            await staff.add(connection, "Vera", Role.VIEWER, "test", now)
        yield office, reception
        reception.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(works: Works) -> AsyncIterator[str]:
    """A real server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            pages.application(*works, tuple),
            log_config=None,
            lifespan="off",
            ws="none",
            access_log=False,
        )
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        async with asyncio.timeout(10):
            await server.ready.wait()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(address: str) -> AsyncIterator[Browser]:
    """A Chromium; it goes before the server does."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield made
        await made.close()


async def visit(
    chromium: Browser,
    works: Works,
    address: str,
    path: str = "/",
    size: tuple[int, int] = DESKTOP,
    **options: Any,
) -> Page:
    """Sign in as a viewer by a one-time link, and open a page."""
    office, now = works[0], works[0].clock()
    async with office.store.begin() as connection:
        secret = await staff.link(connection, "Vera", "console", "test", now)
    window = await chromium.new_context(
        base_url=address,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
        **options,
    )
    window.set_default_timeout(8000)
    page = await window.new_page()
    await page.goto(staff.sign_in_address(address, secret))
    await page.get_by_role("button").first.click()
    await page.wait_for_url("**/")
    await page.goto(path)
    return page


async def tried(page: Page, question: str) -> None:
    """Fill in the form to try a question."""
    await page.locator("#question").fill(question)
    await page.get_by_role("button", name="Try", exact=True).click()
    await page.locator("article.turn").wait_for()


# ---- what is seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, SMALL], ids=["desktop", "phone"])
async def test_the_overview_fits_and_can_be_read(
    chromium: Browser, works: Works, address: str, size: tuple[int, int], scheme: Any
) -> None:
    """No page moves sideways; letters stand out, lie in their picture and are no dust."""
    page = await visit(chromium, works, address, "/", size, color_scheme=scheme)
    for path in ("/", "/?days=7", "/?days=365", "/?lang=ur"):
        await page.goto(path)
        for summary in await page.locator("summary").all():
            await summary.click()

        assert 7 == await page.locator("svg.plot").count(), path
        assert not await page.evaluate(SIDEWAYS), path
        assert [] == await page.evaluate(FAINT), path
        assert [] == await page.evaluate(PALE), path
        assert [] == await page.evaluate(ASTRAY), path
        assert 11.5 <= await page.evaluate(LETTERS), path


async def test_nothing_breaks_the_policy(chromium: Browser, works: Works, address: str) -> None:
    """Neither a style nor a script is refused by the browser, and patterns are found."""
    page = await visit(chromium, works, address)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in ("/", "/try"):
        await page.goto(path)
    await tried(page, URDU)

    assert [] == said
    await page.goto("/")
    assert [] == await page.evaluate(
        """() => [...document.querySelectorAll('[fill^="url("]')]
          .map(one => one.getAttribute("fill").slice(5, -1))
          .filter(id => !document.getElementById(id))"""
    )


async def test_each_plot_has_its_table_beside_it(
    chromium: Browser, works: Works, address: str
) -> None:
    """A screen reader hears title and sentence; the numbers open with the keyboard."""
    page = await visit(chromium, works, address)
    figures = page.locator("figure.chart")
    assert 7 == await figures.count()
    for number in range(7):
        figure = figures.nth(number)
        title = await figure.locator("figcaption").inner_text()
        await expect(figure.get_by_role("img", name=title)).to_have_count(1)
        await figure.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(figure.locator("tbody tr").first).to_be_visible()


async def test_everything_is_reached_by_keyboard(
    chromium: Browser, works: Works, address: str
) -> None:
    """In the order of the page, with an outline, nothing over it."""
    page = await visit(chromium, works, address)
    names = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        seen = await page.evaluate(FOCUSED)
        if seen["name"] in ("", "staff"):
            break
        assert seen["outlined"], seen
        assert seen["clear"], seen
        names.append(seen["name"])

    assert "skip" == names[0]
    assert 6 == names.count("tile due") + names.count("tile")
    assert 7 == sum(name.startswith("The numbers") for name in names)


async def test_a_period_is_chosen_without_javascript(
    chromium: Browser, works: Works, address: str
) -> None:
    """By the form; the choice stands in the address."""
    page = await visit(chromium, works, address, java_script_enabled=False)
    await page.locator("[name=days]").select_option("90")
    await page.locator("[name=lang]").select_option("hi")
    await page.get_by_role("button", name="Show").click()

    assert page.url.endswith("/?days=90&lang=hi")
    await expect(page.locator("figcaption").first).to_have_text(
        "Questions a week, by what became of them"
    )


# ---- trying


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, SMALL], ids=["desktop", "phone"])
async def test_a_question_is_tried(
    chromium: Browser, works: Works, address: str, size: tuple[int, int], scheme: Any
) -> None:
    """In Urdu from right to left, while the page stays as it is."""
    page = await visit(chromium, works, address, "/try", size, color_scheme=scheme)
    await tried(page, URDU)
    await page.get_by_text("The signals").click()

    assert "rtl" == await page.locator("article.turn").evaluate(
        "one => getComputedStyle(one).direction"
    )
    assert "ltr" == await page.locator("main").evaluate("one => getComputedStyle(one).direction")
    await expect(page.locator("article.turn")).to_contain_text("مچھر")
    assert not await page.evaluate(SIDEWAYS)
    assert [] == await page.evaluate(FAINT)


async def test_a_reload_tries_again_and_counts_nothing(
    chromium: Browser, works: Works, address: str
) -> None:
    """The text stands in no address."""
    page = await visit(chromium, works, address, "/try")
    await tried(page, "how does malaria spread")
    assert f"{address}/try" == page.url

    await page.goto("/")
    await expect(page.locator(".totals")).not_to_contain_text(f"{QUESTIONS + 1}")
