"""The whole way of a question that nobody could answer yet, as people go it.

The program runs as operators run it; people ask through Telegram, staff work in a real browser.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, SWITCHES
from conftest import DATA, HOME, KEPT
from fakes.bot_api import FakeBotApi, Person
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy import select

from storage.store import Store
from storage.tables import decisions, unmatched, versions, waiting

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt install chromium")

TOKEN = "123456:of-the-loop"  # noqa: S105
ASKED = {
    "Grace": ("en", "is there parking for cars at the hospital"),
    "Peter": ("en", "where can I park my car when I come to the hospital"),
    "Budi": ("id", "apakah ada tempat parkir mobil di rumah sakit"),
}
TELL = {
    "en": "🔔 Tell me when there is an answer",
    "id": "🔔 Beri tahu saya kalau sudah ada jawaban",
}
WRITTEN = {
    "en": (
        "Where can I park at the hospital?",
        "There is a car park beside the main gate, free for visitors and open day and night.",
    ),
    "id": (
        "Di mana saya bisa parkir di rumah sakit?",
        "Ada tempat parkir di samping gerbang utama, gratis untuk tamu, buka siang dan malam.",
    ),
}
ENTRY = "service-parking"
TEAM = {"Omar": "owner", "Carl": "curator", "Anna": "approver", "Asif": "approver"}


@dataclass(slots=True)
class Place:
    """Where one installation stands."""

    data: Path
    faq: Path
    config: Path

    def command(self, *arguments: str) -> str:
        """Run a command of `bot.py`, which must go well; return what it prints."""
        ran = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "bot.py", *arguments, *self.options],
            cwd=HOME, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert 0 == ran.returncode, ran.stderr
        return ran.stdout

    @property
    def options(self) -> list[str]:
        """What every command is told."""
        return [f"--data={self.data}", f"--faq={self.faq}", f"--config={self.config}"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A fresh installation with the starter base."""
    made = Place(tmp_path / "data", tmp_path / "faq", tmp_path / "config.yaml")
    made.data.mkdir()
    for name in KEPT:
        shutil.copy(DATA / name, made.data)
    (made.data / "encoder").symlink_to(DATA / "encoder")
    shutil.copytree(HOME / "faq", made.faq, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return made


@contextlib.asynccontextmanager
async def running(place: Place) -> AsyncIterator[None]:
    """Run the program until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "bot.py", "run", "--port=0", *place.options,
        cwd=HOME, env={**os.environ, "TELEGRAM_BOT_TOKEN": TOKEN},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    said = []

    async def listen(stream: asyncio.StreamReader, ready: asyncio.Event) -> None:
        async for line in stream:
            said.append(line.decode())
            if b"Staff sign in at" in line:
                ready.set()

    ready = asyncio.Event()
    listening = asyncio.create_task(listen(process.stdout, ready))
    try:
        await asyncio.wait_for(ready.wait(), 60)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 40)
        await listening
    assert 0 == process.returncode, "".join(said)
    assert "Traceback" not in "".join(said)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A real browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        try:
            yield browser
        finally:
            await browser.close()


async def signed_in(browser: Browser, place: Place, name: str) -> Page:
    """Sign a member in, in a browser of their own, with a link that the command prints."""
    printed = await asyncio.to_thread(place.command, "staff", "login", name)
    link = re.search(r"http://127\.0\.0\.1:\S+", printed)
    assert link is not None
    context: BrowserContext = await browser.new_context()
    page = await context.new_page()
    await page.goto(link[0])
    await page.get_by_role("button", name=f"Sign in as {name}").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


async def ask(api: FakeBotApi, name: str) -> Person:
    """Let somebody ask, and ask to be told."""
    language, question = ASKED[name]
    person = api.user(name, language_code=language)
    await person.say(question)
    reply = await person.next_reply(timeout=20)
    await person.press(reply, TELL[language])
    await person.next_reply(timeout=10)
    return person


async def press(page: Page, button: str) -> None:
    """Press a button and see that it was done."""
    await page.get_by_role("button", name=button).click()
    await expect(page.get_by_role("status")).to_be_visible(timeout=20_000)


async def write_draft(page: Page) -> None:
    """From the group in the queue to two texts that are submitted for review."""
    await page.get_by_role("link", name="Queue").click()
    await expect(page.get_by_text("3 questions")).to_be_visible()
    await page.locator("[data-open]").first.click()
    await page.get_by_label(re.compile("^Id: short")).fill(ENTRY)
    await page.get_by_label("Kind").select_option("service")
    await page.get_by_label("Heading").select_option("service")
    await press(page, "Make the draft")
    await page.get_by_role("link", name="write the draft").click()
    base = page.url.split("/entries/")[0]
    for language, (question, answer) in WRITTEN.items():
        await page.goto(f"{base}/entries/{ENTRY}/{language}/edit")
        await page.get_by_label("Question", exact=True).fill(question)
        await page.get_by_label("Answer", exact=True).fill(answer)
        await press(page, "Save")
    for language in WRITTEN:
        await page.goto(f"{base}/entries/{ENTRY}/{language}")
        assert 0 == await page.get_by_role("button", name="Approve this text").count()
        await press(page, "Submit for review")


async def approve(page: Page) -> None:
    """Approve both texts."""
    base = page.url.rstrip("/")
    for language in WRITTEN:
        await page.goto(f"{base}/entries/{ENTRY}/{language}")
        await press(page, "Approve this text")


async def rows(place: Place, table: Any) -> list[Any]:
    """Return all rows of a table."""
    async with Store.open("", place.data) as store, store.read() as connection:
        return list((await connection.execute(select(table))).all())


async def test_a_question_of_three_people_becomes_an_answer_that_they_are_told(
    place: Place,
) -> None:
    """Asked in two languages, grouped, drafted, edited, approved by two, served, told, audited."""
    async with FakeBotApi(token=TOKEN) as api, chromium() as browser:
        place.config.write_text(
            f"telegram: {{api_url: '{api.url}'}}\nreview: {{approvals: 2}}\n", "utf-8"
        )
        for name, role in TEAM.items():
            await asyncio.to_thread(place.command, "staff", "add", name, f"--role={role}")
        async with running(place):
            people = {name: await ask(api, name) for name in ASKED}
            await asyncio.sleep(6)

            await write_draft(await signed_in(browser, place, "Carl"))
            await approve(await signed_in(browser, place, "Anna"))
            assert 3 == len(await rows(place, waiting))
            await approve(await signed_in(browser, place, "Asif"))

            told = {n: await person.next_reply(timeout=90) for n, person in people.items()}
            newcomer = api.user("Sari", language_code="id")
            await newcomer.say("di mana parkir mobil di rumah sakit")
            answered = await newcomer.next_reply(timeout=20)

    assert all("main gate" in told[name]["text"] for name in ("Grace", "Peter"))
    assert "gerbang utama" in told["Budi"]["text"]
    assert "gerbang utama" in answered["text"]
    assert [] == await rows(place, waiting)
    assert 1 == len({row.group_id for row in await rows(place, unmatched)})
    sent = {row.digest for row in await rows(place, decisions) if row.entry == ENTRY}
    assert sent <= {row.digest for row in await rows(place, versions)}
    assert 2 == len(sent)
    assert "whole" in place.command("audit", "verify")
