"""What nobody has approved is not sent with `publish: approved`; what is withdrawn, never."""

import asyncio
import contextlib
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from conftest import DATA, HOME, KEPT
from fakes.bot_api import FakeBotApi
from sqlalchemy import select
from test_run import ADDRESS, Running, bot

from commands.reload import POLL_SECONDS
from escalation import approval, staff
from escalation.approval import Verdict
from escalation.office import Office
from escalation.pieces import pieces
from escalation.staff import Role
from faq import load
from faq.entry import digest
from reception import utc_now
from storage.cipher import Cipher
from storage.store import Store
from storage.tables import decisions
from text import Language

TOKEN = "123456:of-the-approved"  # noqa: S105
MALARIA, BURNS = "how does malaria spread", "what to do first for a burn"
BURN = "entries/burns-first-aid"
BURNT, BITTEN = "cool running water", "infected mosquito"
NOTICE = "no clinician has approved it yet"


@dataclass(frozen=True, slots=True)
class Base:
    """A knowledge base, its data folder and settings, and the members who judge its texts."""

    faq: Path
    data: Path
    config: Path
    store: Store
    office: Office

    @property
    def options(self) -> tuple[str, ...]:
        """The options that make a command work here."""
        return (f"--faq={self.faq}", f"--config={self.config}")

    async def say(
        self, verdict: Verdict, *names: str, who: tuple[str, ...] = ("Anna", "Omar")
    ) -> None:
        """Let members say something of texts whose names begin so, as in another process."""
        async with self.store.read() as connection:
            members = [await staff.named(connection, name) for name in who]
        for piece in pieces(self.office):
            if piece.name.startswith(names):
                for member in members:
                    assert member is not None
                    text = piece.object, piece.language, piece.digest
                    await approval.judge(self.office, member, *text, verdict)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file of the knowledge base."""
        path = self.faq / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    def settings(self, publish: str, more: str = "") -> None:
        """Write the settings."""
        text = f"publish: {publish}\ncountry: KE\nquestions_per_minute: 10000\n{more}"
        self.config.write_text(text, "utf-8")


def nobody_asks() -> NoReturn:
    """Stand where a desk would."""
    raise AssertionError


@pytest.fixture
async def base(tmp_path: Path) -> AsyncIterator[Base]:
    """A copy of the starter base of which nothing is approved, and two who may."""
    faq, data = tmp_path / "faq", tmp_path / "data"
    shutil.copytree(HOME / "faq", faq, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    data.mkdir()
    for name in KEPT:
        if (DATA / name).is_file():
            shutil.copy(DATA / name, data)
    (data / "encoder").symlink_to(DATA / "encoder")
    async with Store.open("", data) as store:
        async with store.begin() as connection:
            await staff.add(connection, "Omar", Role.OWNER, "terminal", utc_now())
            await staff.add(connection, "Anna", Role.APPROVER, "terminal", utc_now())
        office = Office(store, Cipher(), (), faq, HOME / "safety", nobody_asks, utc_now)
        made = Base(faq, data, tmp_path / "config.yaml", store, office)
        made.settings("approved")
        yield made


async def command(base: Base, *arguments: str, stdin: bytes = b"") -> tuple[int, str]:
    """Run a command to its end; return the exit code and all it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "bot.py", *arguments, f"--data={base.data}", *base.options,
        cwd=HOME, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, said.decode()


@contextlib.asynccontextmanager
async def page(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """Open the chat page of a running bot."""
    found = ADDRESS.search(await running.until("Sehat answers on", 60))
    assert found is not None
    async with httpx.AsyncClient(base_url=found[0], timeout=20) as browser:
        yield browser


async def read(browser: httpx.AsyncClient, path: str) -> str:
    """Read a page."""
    return (await browser.get(path)).text


async def asked(browser: httpx.AsyncClient, question: str) -> str:
    """Ask on the page; return what it says of the question."""
    answer = await browser.post("/ask", data={"question": question}, headers={"x-part": "turn"})
    return answer.text


async def until(
    said: Callable[[], Awaitable[str]], there: str, gone: str = "\0", seconds: float = 120
) -> float:
    """Wait until a page holds something and something else no more; return the seconds."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        text = await said()
        while there not in text or gone in text:
            await asyncio.sleep(0.2)
            text = await said()
    return time.monotonic() - began


async def test_without_approved_safety_texts_nothing_starts(base: Base) -> None:
    """Each is named, with what to do; no other country's numbers are missed."""
    await base.say(Verdict.APPROVED, "phrases/en", "contacts/IN", "entries/malaria-spread")
    code, said = await command(base, "run", "--port=0")

    assert 1 == code
    wanting = [line for line in said.splitlines() if "is not approved" in line]
    assert 5 == len(wanting)
    assert all(f"phrases/{lang}.yaml:1" in said for lang in ("hi", "ur", "sw", "id"))
    assert "contacts.yaml:1: countries.KE: is not approved" in said
    assert "start with `publish: sample`" in said
    assert "Sehat answers" not in said


async def test_a_database_that_cannot_be_read_starts_nothing(base: Base, tmp_path: Path) -> None:
    """Nobody knows what may be sent; one that is not there yet means that nothing is approved."""
    base.settings("approved", f"storage: {{database: 'sqlite+aiosqlite:///{tmp_path}/none.db'}}\n")
    none = await command(base, "ask", MALARIA)
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "none.db").write_bytes(b"this is no database, but it is there " * 100)
    broken = await command(base, "ask", MALARIA)

    assert (1, True, False) == (none[0], "is not approved" in none[1], BITTEN in none[1])
    assert (1, True, False) == (broken[0], "cannot be opened" in broken[1], BITTEN in broken[1])


async def test_what_is_not_approved_is_sent_nowhere(base: Base) -> None:
    """Neither on Telegram nor the page, nor in the terminal; not by a button, a menu or a link."""
    await base.say(Verdict.APPROVED, "phrases", "contacts/KE", "entries/malaria")
    async with FakeBotApi(token=TOKEN) as api:
        base.settings("approved", f"telegram: {{api_url: '{api.url}'}}\n")
        asha = api.user("Asha", language_code="en")
        async with bot(base.data, "--port=0", *base.options, token=TOKEN) as running:
            async with page(running) as browser:
                pages = [
                    await asked(browser, BURNS),
                    (await browser.get("/topics")).text,
                    (await browser.get("/entry/burns-first-aid")).text,
                    (await browser.get("/")).text,
                    await asked(browser, "i burnt my hand badly, it is all black"),
                ]
                numbers = (await browser.get("/contacts")).text
                known = await asked(browser, MALARIA)
            replies = []
            for said in (BURNS, "/topics", "/start", "i burnt my hand badly, it is all black"):
                await asha.say(said)
                replies.append(str(await asha.next_reply(timeout=20)))
    _, shown = await command(base, "ask", BURNS)
    _, line = await command(base, "ask", "--jsonl", stdin=json.dumps({"text": BURNS}).encode())

    burns = load.library(base.faq).entries["burns-first-aid"].texts[Language.EN]
    for said in (*pages, *replies, shown.partition("\nwhy:")[0], line):
        assert BURNT not in said
        assert burns.question not in said
    assert "burns-first-aid" not in "".join((*pages, *replies, line))
    assert BITTEN in known
    assert NOTICE not in known
    assert "Kenya" in numbers
    assert "India" not in numbers


async def test_approved_by_two_served_within_seconds_edited_not_sent(base: Base) -> None:
    """A text's whole way, while the bot runs; its row names exactly what was sent.

    Sentences that somebody edits wait, too: the last good ones go on serving until then.
    """
    await base.say(Verdict.APPROVED, "phrases", "contacts/KE", "entries/malaria")
    async with bot(base.data, "--port=0", *base.options) as running, page(running) as browser:
        await base.say(Verdict.APPROVED, f"{BURN}/en", who=("Anna",))
        await asyncio.sleep(2 * POLL_SECONDS)
        by_one = await asked(browser, BURNS)
        await base.say(Verdict.APPROVED, f"{BURN}/en", who=("Omar",))
        in_menu = await until(lambda: read(browser, "/entry/burns-first-aid"), BURNT)
        found = await until(lambda: asked(browser, BURNS), BURNT)
        sys.stdout.write(f"approved: served after {in_menu:.1f} s, found after {found:.1f} more\n")

        base.edit("entries/burns-first-aid.yaml", BURNT, "very cold water")
        await running.until("burns-first-aid.yaml:1: texts.en: has changed since", 120)
        edited = await asked(browser, BURNS)
        told = (await browser.get("/health")).json()

        base.edit("phrases/en.yaml", "Sources", "Where this is from")
        await running.until("phrases/en.yaml:1: is not approved", 120)
        before = await asked(browser, MALARIA)
        stale = (await browser.get("/health")).json()["content"]
        await base.say(Verdict.APPROVED, "phrases/en")
        after = await until(lambda: asked(browser, MALARIA), "Where this is from")
        sys.stdout.write(f"sentences: served after {after:.1f} s\n")
    async with base.store.read() as connection:
        rows = (await connection.execute(select(decisions))).all()
        in_force = await approval.in_force(connection, lambda _: 2)

    assert [] == [said for said in (by_one, edited) if BURNT in said or "cold water" in said]
    assert ("current", 1) == (told["content"], len(told["problems"]))
    (sent,) = {row.digest for row in rows if row.entry == "burns-first-aid"}
    assert sent in in_force.digests
    assert sent != digest(load.library(base.faq).entries["burns-first-aid"], Language.EN)
    assert BITTEN in before
    assert "Where this is from" not in before
    assert "stale" == stale


async def test_what_is_withdrawn_is_gone_at_once_where_samples_are_sent_too(base: Base) -> None:
    """By itself: nothing is learnt anew, and the next best entry is no answer to its questions."""
    base.settings("sample")
    async with bot(base.data, "--port=0", *base.options) as running, page(running) as browser:
        sample = await asked(browser, MALARIA)
        await base.say(Verdict.APPROVED, "entries/malaria-spread/en", who=("Anna",))
        approved = await until(lambda: asked(browser, MALARIA), BITTEN, NOTICE)
        vetted = await asked(browser, MALARIA)
        await base.say(Verdict.WITHDRAWN, "entries/malaria-spread/", who=("Anna",))
        gone = await until(lambda: asked(browser, MALARIA), "", BITTEN)
        sys.stdout.write(f"sample: notice gone in {approved:.1f} s, withdrawn in {gone:.1f} s\n")
        instead = await asked(browser, MALARIA)
        _, shown = await command(base, "ask", MALARIA)

    assert NOTICE in sample
    assert BITTEN in vetted
    assert "answer" not in shown.partition("\nwhy:")[2].partition(",")[0]
    assert [] == [said for said in (instead, shown) if BITTEN in said]
    assert "Was this helpful" not in instead
    assert "content reloaded" not in running.text


async def test_a_member_judges_from_the_terminal_by_the_same_rules(base: Base) -> None:
    """There is no other way in: the terminal itself is nobody."""
    text = ("entries/malaria-spread", "--lang=en")
    submitted = await command(base, "review", "submit", *text, "--as=Omar")
    own = await command(base, "review", "approve", *text, "--as=Omar")
    terminal = await command(base, "review", "approve", *text, "--as=terminal")
    returned = await command(base, "review", "return", *text, "--as=Anna")
    other = await command(base, "review", "approve", *text, "--as=Anna", "--comment=Fine.")
    unnamed = await command(base, "review", "approve", text[0], "--as=Anna")
    nothing = await command(base, "review", "approve", "entries/none", "--as=Anna", "--lang=en")
    _, listed = await command(base, "review", "list", "--json")
    _, due = await command(base, "review", "list", "--due", "--json")

    assert (0, "entries/malaria-spread/en: in review, 1 more to approve\n") == submitted
    assert (1, True) == (own[0], "others must approve it" in own[1])
    assert (1, True) == (terminal[0], "there is no member 'terminal'" in terminal[1])
    assert (1, True) == (returned[0], "say in the comment what is wrong" in returned[1])
    assert (0, "entries/malaria-spread/en: approved\n") == other
    assert (1, True) == (unnamed[0], "needs --lang, one of en, hi" in unnamed[1])
    assert (1, True) == (nothing[0], "there is no text 'entries/none'" in nothing[1])
    lines = {line["text"]: line for line in map(json.loads, listed.splitlines())}
    assert ("approved", ["Anna"]) == (
        lines["entries/malaria-spread/en"]["status"],
        lines["entries/malaria-spread/en"]["approved by"],
    )
    assert ["contacts/KE"] == [json.loads(line)["text"] for line in due.splitlines()]
