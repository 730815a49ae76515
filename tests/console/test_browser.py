"""The chat page as people use it: a real server, a real Chromium."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from chromium import CHROMIUM, DESKTOP, FAINT, FOCUSED, PHONE, SIDEWAYS, SMALL, SWITCHES, Server
from playwright.async_api import Browser, Locator, Page, Request, async_playwright, expect
from sqlalchemy import select

from assistant import Desk
from console.web import application
from reception import Reception
from storage.retention import Days
from storage.store import Store
from storage.tables import decisions, metadata, unmatched, votes
from text import Language

pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM, reason="no Chromium here: apt install chromium, then these tests run"
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
PAGES = ["/", "/topics", "/entry/malaria-spread", "/contacts/KE", "/privacy", "/nowhere"]
EMERGENCY = "My son swallowed bleach"
MALARIA = {
    Language.EN: ("how does malaria spread", "mosquito"),
    Language.HI: ("मलेरिया कैसे फैलता है", "मच्छर"),
    Language.UR: ("ملیریا کیسے پھیلتا ہے", "مچھر"),
    Language.SW: ("malaria huenezwaje", "mbu"),
    Language.ID: ("bagaimana malaria menular", "nyamuk"),
}

# Things to press that lie over each other, and boxes whose text runs out of them.
CROWDED = """() => {
  const all = [...document.querySelectorAll("a:not(.skip), button, textarea")]
    .map(element => [element, element.getBoundingClientRect()]).filter(([, box]) => box.width);
  const name = element => element.textContent.trim() || element.id;
  const wrong = [];
  all.forEach(([one, a], number) => all.slice(number + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 1) wrong.push(`${name(one)} over ${name(other)}`);
  }));
  for (const box of document.querySelectorAll("article, section, main, header, .choice, button"))
    if (box.scrollWidth > box.clientWidth + 1) wrong.push(`cut: ${name(box)}`);
  return wrong;
}"""

# Things to press that are lower than a finger is wide; links inside sentences and lists may be.
LOW = """() => [...document.querySelectorAll("header a, footer a, .choice, button, .topic a")]
  .filter(element => element.getBoundingClientRect().height < 43.5)
  .map(element => element.textContent.trim())"""

# One server and one Chromium for all tests here: starting them takes longer than the tests do.


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reception(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Reception]:
    """A reception whose database is emptied before each test."""
    days = Days(unmatched=90, person=365, counts=730)
    async with Store.open("", tmp_path_factory.mktemp("store")) as store:
        made = Reception(desk, store, b"test key", workers=2, per_minute=10_000, days=days)
        yield made
        made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(reception: Reception) -> AsyncIterator[str]:
    """A real server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            application(reception), log_config=None, lifespan="off", ws="none", access_log=False
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


@pytest_asyncio.fixture(loop_scope="module")
async def browser(chromium: Browser, reception: Reception) -> AsyncIterator[Browser]:
    """The Chromium without a window, the database without a row."""
    async with reception.store.begin() as connection:
        for table in metadata.sorted_tables:
            await connection.execute(table.delete())
    yield chromium
    for window in chromium.contexts:
        await window.close()


async def visit(
    browser: Browser, address: str, path: str = "/", size: tuple[int, int] = DESKTOP, **options: Any
) -> Page:
    """Open a page in a window of its own."""
    window = await browser.new_context(
        base_url=address,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
        **{"locale": "en", **options},
    )
    window.set_default_timeout(8000)
    page = await window.new_page()
    await page.goto(path)
    return page


async def ask(page: Page, question: str) -> Locator:
    """Type a question, press Enter and wait for the answer."""
    turns = page.locator("#log article")
    answer = turns.nth(await turns.count())
    await page.locator("#question").fill(question)
    await page.locator("#question").press("Enter")
    await answer.wait_for()
    return answer


async def answers(browser: Browser, address: str, language: Language, **options: Any) -> Page:
    """Open the page in a language, at the size of a small phone, and ask about malaria."""
    page = await visit(browser, address, f"/?lang={language}", SMALL, **options)
    question, word = MALARIA[language]
    await expect(await ask(page, question)).to_contain_text(word)
    return page


async def rows(reception: Reception, table: Any) -> list[Any]:
    """Return all rows of a table."""
    async with reception.store.read() as connection:
        return list((await connection.execute(select(table))).all())


# ---- asking


async def test_enter_asks_and_the_answer_joins_the_log(browser: Browser, address: str) -> None:
    """No page is loaded; the box is free for the next question."""
    page = await visit(browser, address)
    answer = await ask(page, "how does malaria spread")

    await expect(answer).to_contain_text("mosquito")
    await expect(page.locator(".mine")).to_contain_text("how does malaria spread")
    await expect(page.locator("#question")).to_have_value("")
    await expect(page.locator(".waiting")).to_have_count(0)
    assert f"{address}/" == page.url


async def test_two_questions_make_two_turns(browser: Browser, address: str) -> None:
    """In the order in which they were asked."""
    page = await visit(browser, address)
    await ask(page, "how does malaria spread")
    await ask(page, "what helps a burn")
    asked = await page.locator(".mine").all_inner_texts()

    assert ["how does malaria spread", "what helps a burn"] == [
        text.splitlines()[-1] for text in asked
    ]


async def test_the_button_asks_too(browser: Browser, address: str) -> None:
    """A finger has no Enter."""
    page = await visit(browser, address, size=PHONE, has_touch=True)
    await page.locator("#question").fill("how does malaria spread")
    await page.get_by_role("button", name="Ask").tap()

    await expect(page.locator("#log article").nth(1)).to_contain_text("mosquito")


async def test_shift_enter_makes_a_line(browser: Browser, address: str) -> None:
    """Long questions are typed over several lines, and shown so."""
    page = await visit(browser, address)
    box = page.locator("#question")
    await box.press_sequentially("how does")
    await box.press("Shift+Enter")
    await box.press_sequentially("malaria spread")
    await expect(box).to_have_value("how does\nmalaria spread")

    await box.press("Enter")
    await expect(page.locator(".mine p").last).to_have_text("how does\nmalaria spread")


async def test_enter_while_letters_are_composed_does_not_ask(
    browser: Browser, address: str
) -> None:
    """Input methods for Hindi and Urdu choose a word with it."""
    page = await visit(browser, address)
    await page.locator("#question").fill("मलेरि")
    taken = await page.locator("#question").evaluate(
        """box => !box.dispatchEvent(new KeyboardEvent("keydown",
            {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))"""
    )

    assert not taken
    await expect(page.locator("#question")).to_have_value("मलेरि")


async def test_an_empty_box_asks_nothing(
    browser: Browser, address: str, reception: Reception
) -> None:
    """Spaces included; a second Enter asks nothing twice."""
    page = await visit(browser, address)
    await page.locator("#question").press("Enter")
    await page.locator("#question").fill("   ")
    await page.locator("#question").press("Enter")
    await page.locator("#question").fill("how does malaria spread")
    await page.locator("#question").press("Enter")
    await page.locator("#question").press("Enter")
    await page.locator("#log article").nth(1).wait_for()

    assert 1 == len(await rows(reception, decisions))


async def test_what_was_asked_stands_at_the_top(browser: Browser, address: str) -> None:
    """On a phone the answer is read from its beginning."""
    page = await visit(browser, address, size=PHONE)
    answer = await ask(page, "how does malaria spread")

    await expect(page.locator(".mine")).to_be_in_viewport(ratio=1)
    await expect(answer.locator("h2")).to_be_in_viewport(ratio=1)


async def test_sources_are_links_that_open_apart(browser: Browser, address: str) -> None:
    """With the day on which they were checked."""
    page = await visit(browser, address)
    answer = await ask(page, "how does malaria spread")
    link = answer.get_by_role("link", name="World Health Organization")

    await expect(link).to_have_attribute(
        "href", "https://www.who.int/news-room/fact-sheets/detail/malaria"
    )
    await expect(link).to_have_attribute("target", "_blank")
    await expect(answer.locator(".sources")).to_contain_text("(checked 20")


async def test_a_pressed_suggestion_is_answered_in_view(browser: Browser, address: str) -> None:
    """In the log, and its beginning is what one sees, not the answer before."""
    page = await visit(browser, address, size=PHONE)
    first = await ask(page, "how does malaria spread")
    await first.get_by_role("link", name="What are the symptoms of malaria?").click()
    second = page.locator("#log article").nth(2)

    await expect(second).to_contain_text("fever")
    await expect(second.locator("h2")).to_be_in_viewport(ratio=1)
    assert f"{address}/" == page.url


async def test_a_vote_is_thanked_for_and_its_buttons_go(
    browser: Browser, address: str, reception: Reception
) -> None:
    """In place; one row."""
    page = await visit(browser, address)
    answer = await ask(page, "how does malaria spread")
    await answer.get_by_role("button", name="No").click()

    await expect(answer).to_contain_text("Staff will see that this answer needs work.")
    await expect(answer.get_by_role("button")).to_have_count(0)
    assert [("malaria-spread", False)] == [
        (row.entry, row.helpful) for row in await rows(reception, votes)
    ]


async def test_none_of_these_passes_the_question_on(
    browser: Browser, address: str, reception: Reception
) -> None:
    """Joins the log like an answer."""
    page = await visit(browser, address)
    answer = await ask(page, "malaria")
    await answer.get_by_role("button", name="None of these").click()

    await expect(page.locator("#log article").nth(2)).to_contain_text("passed your question on")
    assert ["malaria"] == [row.text for row in await rows(reception, unmatched)]


async def test_without_a_network_the_question_comes_back(browser: Browser, address: str) -> None:
    """With what to do in an emergency; the next try works."""
    page = await visit(browser, address)
    await page.context.set_offline(offline=True)
    await page.locator("#question").fill("how does malaria spread")
    await page.locator("#question").press("Enter")
    await expect(page.locator("#log")).to_contain_text("In an emergency call")
    await expect(page.locator("#log")).to_contain_text("The answer did not arrive.")
    await expect(page.locator("#question")).to_have_value("how does malaria spread")

    await page.context.set_offline(offline=False)
    await page.locator("#question").press("Enter")
    await expect(page.locator("#log article").nth(1)).to_contain_text("mosquito")


async def test_a_vote_that_did_not_arrive_can_be_given_again(
    browser: Browser, address: str
) -> None:
    """The buttons stay."""
    page = await visit(browser, address)
    answer = await ask(page, "how does malaria spread")
    await page.context.set_offline(offline=True)
    await answer.get_by_role("button", name="Yes").click()
    await page.context.set_offline(offline=False)
    await answer.get_by_role("button", name="Yes").click()

    await expect(answer).to_contain_text("Thank you!")


async def test_markup_in_a_question_does_nothing(browser: Browser, address: str) -> None:
    """It is shown as it was typed."""
    page = await visit(browser, address)
    question = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
    await ask(page, question)

    await expect(page.locator(".mine p").last).to_have_text(question)
    await expect(page.locator("#log img, #log script")).to_have_count(0)
    assert "taken" != await page.title()


async def test_the_policy_stops_a_script_that_got_in(browser: Browser, address: str) -> None:
    """If ever a template forgets to escape."""
    page = await visit(browser, address)
    title = await page.evaluate(
        """() => {
          const made = document.createElement("script");
          made.textContent = "document.title = 'taken'";
          document.body.append(made);
          return document.title;
        }"""
    )

    assert "taken" != title


# ---- without JavaScript


async def test_everything_works_without_javascript(
    browser: Browser, address: str, reception: Reception
) -> None:
    """Ask, press a suggestion, vote, ask again: whole pages instead of turns."""
    page = await visit(browser, address, size=PHONE, java_script_enabled=False)
    await page.locator("#question").fill("how does malaria spread")
    await page.get_by_role("button", name="Ask").click()
    await expect(page.locator("article")).to_contain_text("mosquito")
    await page.get_by_role("link", name="How can malaria be prevented?").click()
    await expect(page.locator("article h2")).to_have_text("How can malaria be prevented?")
    await page.get_by_role("button", name="Yes").click()
    await expect(page.locator("h1")).to_have_text("Thank you!")
    await page.get_by_role("link", name="New question").click()
    await expect(page.locator("#question")).to_be_visible()

    assert ["malaria-prevention"] == [row.entry for row in await rows(reception, votes)]


async def test_none_of_these_works_without_javascript(browser: Browser, address: str) -> None:
    """The button is a form of its own."""
    page = await visit(browser, address, java_script_enabled=False)
    await page.locator("#question").fill("malaria")
    await page.get_by_role("button", name="Ask").click()
    await page.get_by_role("button", name="None of these").click()

    await expect(page.locator("article")).to_contain_text("passed your question on")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_cry_for_help_over_two_messages_gets_the_card(
    browser: Browser, address: str, *, script: bool
) -> None:
    """The page brings the message before along, with its script and without."""
    page = await visit(browser, address, java_script_enabled=script)
    for text in ("hello", "everyone would be better", "off without me"):
        await page.locator("#question").fill(text)
        await page.get_by_role("button", name="Ask", exact=True).click()
        await expect(page.locator(".mine").last).to_contain_text(text)

    await expect(page.locator("article").last).to_contain_text("glad you said it")


# ---- languages and sizes


@pytest.mark.parametrize("language", list(Language))
async def test_answers_in_every_language_on_a_small_phone(
    browser: Browser, address: str, language: Language
) -> None:
    """Nothing to scroll sideways, nothing cut, nothing over something else."""
    page = await answers(browser, address, language)
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")

    assert [] == await page.evaluate(CROWDED)
    assert not await page.evaluate(SIDEWAYS)


@pytest.mark.parametrize("language", list(Language))
async def test_every_page_fits_every_width(
    browser: Browser, address: str, language: Language
) -> None:
    """Nothing scrolls sideways down to 320 pixels (WCAG 2.2, 1.4.10), is cut or lies crosswise."""
    page = await visit(browser, address)
    wrong = []
    for path in PAGES:
        await page.goto(f"{path}?lang={language}")
        for width in (320, 360, 768, 1100):
            await page.set_viewport_size({"width": width, "height": 740})
            await page.evaluate("scrollTo(0, document.body.scrollHeight)")
            wrong += [f"{path} {width}: {found}" for found in await page.evaluate(CROWDED)]
            if await page.evaluate(SIDEWAYS):
                wrong.append(f"{path} {width}: scrolls sideways")

    assert [] == wrong


async def test_urdu_runs_from_right_to_left(browser: Browser, address: str) -> None:
    """Title at the right edge, the button left of the box, the person's turn at the left."""
    page = await answers(browser, address, Language.UR)
    edges = await page.evaluate(
        """() => {
          const box = name => document.querySelector(name).getBoundingClientRect();
          return {
            button: box("#ask button").right <= box("#question").left,
            mine: box(".mine").left < innerWidth - box(".mine").right,
            brand: box(".brand").left > innerWidth / 2,
            direction: getComputedStyle(document.querySelector("#log h2")).direction,
          };
        }"""
    )

    assert {"button": True, "mine": True, "brand": True, "direction": "rtl"} == edges


async def test_urdu_titles_have_room_for_their_letters(browser: Browser, address: str) -> None:
    """Nastaliq rises high: at less than 1.8 a title touches the word above it."""
    page = await answers(browser, address, Language.UR)
    high = await page.locator("#log article h2").evaluate(
        """title => {
          const style = getComputedStyle(title);
          return parseFloat(style.lineHeight) / parseFloat(style.fontSize);
        }"""
    )

    assert high >= 1.8


@pytest.mark.parametrize(
    ("question", "direction"),
    [("how does malaria spread?", "ltr"), ("ملیریا کیسے پھیلتا ہے؟", "rtl")],
    ids=["english", "urdu"],
)
@pytest.mark.parametrize("language", ["en", "ur"])
async def test_a_question_keeps_its_own_direction(
    browser: Browser, address: str, language: str, question: str, direction: str
) -> None:
    """Its question mark stands at its end on a page of the other direction, too."""
    page = await visit(browser, address, f"/?lang={language}")
    await ask(page, question)
    shown = await page.locator(".mine p").last.evaluate("line => getComputedStyle(line).direction")

    assert direction == shown


@pytest.mark.parametrize("language", list(Language))
async def test_everything_to_press_is_as_high_as_a_finger(
    browser: Browser, address: str, language: Language
) -> None:
    """44 pixels."""
    page = await answers(browser, address, language)
    low = await page.evaluate(LOW)
    for path in ("/topics", "/contacts"):
        await page.goto(f"{path}?lang={language}")
        low += await page.evaluate(LOW)

    assert [] == low


async def test_the_language_switch_keeps_the_page(browser: Browser, address: str) -> None:
    """By a link in the language's own letters."""
    page = await visit(browser, address, "/topics")
    await page.get_by_role("link", name="हिन्दी").click()

    await expect(page.locator("html")).to_have_attribute("lang", "hi")
    assert f"{address}/topics?lang=hi" == page.url


# ---- keyboard, colours, console


async def test_the_keyboard_alone_is_enough(browser: Browser, address: str) -> None:
    """Skip link, question box, Ask, and the answer is read out next."""
    page = await visit(browser, address)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Enter")
    await expect(page.locator("#question")).to_be_focused()
    await page.keyboard.type("how does malaria spread")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Ask")).to_be_focused()
    await page.keyboard.press("Space")

    await expect(page.locator("#log article").nth(1)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="World Health Organization")).to_be_focused()


async def test_a_suggestion_and_a_vote_can_be_pressed_by_keyboard(
    browser: Browser, address: str
) -> None:
    """Enter on the link, Space on the button."""
    page = await visit(browser, address)
    await page.get_by_role("link", name="How does malaria spread?").focus()
    await page.keyboard.press("Enter")
    answer = page.locator("#log article").nth(1)
    await expect(answer).to_be_focused()
    await answer.get_by_role("button", name="Yes").focus()
    await page.keyboard.press("Space")

    await expect(answer).to_contain_text("Thank you!")


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_focus_is_always_seen(
    browser: Browser, address: str, language: Language, scheme: str
) -> None:
    """Outlined, and nothing lies over it, also above the box that stays at the bottom."""
    page = await answers(browser, address, Language(language), color_scheme=scheme)
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    await page.locator(".skip").focus()
    stops = [await page.evaluate(FOCUSED)]
    while "Privacy" not in stops[-1]["name"] and "پرائیویسی" not in stops[-1]["name"]:
        await page.keyboard.press("Tab")
        stops.append(await page.evaluate(FOCUSED))
        assert len(stops) < 40

    assert len(stops) > 12
    assert [] == [stop["name"] for stop in stops if not (stop["outlined"] and stop["clear"])]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_all_text_can_be_read(browser: Browser, address: str, scheme: str) -> None:
    """Enough contrast in both colour schemes, whatever the answer's tone."""
    page = await visit(browser, address, color_scheme=scheme)
    for question in (
        "how does malaria spread",
        EMERGENCY,
        "I have had fever for 3 days, do I have malaria?",
        "what should you do if a child swallows bleach?",
        "malaria",
    ):
        await ask(page, question)
    faint = await page.evaluate(FAINT)
    for path in PAGES:
        await page.goto(path)
        faint += await page.evaluate(FAINT)

    assert [] == faint


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
async def test_the_page_is_dark_for_those_who_want_it(
    browser: Browser, address: str, scheme: str, *, dark: bool
) -> None:
    """As the system is set."""
    page = await visit(browser, address, color_scheme=scheme)
    ground = await page.evaluate(
        "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
    )

    assert dark == (sum(ground) < 3 * 128)


async def test_the_console_stays_empty(browser: Browser, address: str) -> None:
    """No error, no warning, no request that leaves this server or fails."""
    page = await visit(browser, address)
    troubles: list[str] = []
    requests: list[Request] = []

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # broken off by going to the next page
            troubles.append(f"failed: {request.url}: {request.failure}")

    page.on("console", lambda said: troubles.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", failed)
    page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - Playwright marks it
    for path in [*PAGES[:-1], "/"]:
        await page.goto(path, wait_until="networkidle")
    answer = await ask(page, "how does malaria spread")
    await answer.get_by_role("button", name="Yes").click()
    await answer.locator(".choice").first.click()
    await ask(page, "malaria")
    await page.get_by_role("button", name="None of these").click()
    await expect(page.locator("#log article").nth(4)).to_contain_text("passed your question on")

    assert [] == troubles
    assert {address} == {request.url[: len(address)] for request in requests}


# ---- pictures, for the documentation and for a look with one's own eyes


@pytest.mark.parametrize(
    ("name", "path", "size", "question"),
    [
        ("chat-en", "/", DESKTOP, "How does malaria spread?"),
        ("chat-ur", "/?lang=ur", PHONE, "ملیریا کیسے پھیلتا ہے؟"),
        ("emergency-en", "/", DESKTOP, EMERGENCY),
        ("topics-hi", "/topics?lang=hi", PHONE, ""),
    ],
    ids=["chat-en", "chat-ur", "emergency-en", "topics-hi"],
)
async def test_a_picture_is_taken(  # noqa: PLR0913, PLR0917 - a table
    browser: Browser,
    address: str,
    tmp_path: Path,
    name: str,
    path: str,
    size: tuple[int, int],
    question: str,
) -> None:
    """SEHAT_SCREENSHOTS=DIR keeps it there."""
    page = await visit(browser, address, path, size)
    if question:
        await ask(page, question)
    folder = Path(os.environ.get("SEHAT_SCREENSHOTS") or tmp_path)
    taken = await page.screenshot(path=folder / f"{name}.png")

    assert taken == (folder / f"{name}.png").read_bytes()
    width, height = (int.from_bytes(taken[at : at + 4], "big") for at in (16, 20))
    assert size == (width, height)
