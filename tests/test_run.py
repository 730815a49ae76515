"""`bot.py run` as operators meet it: start, stop, reload, and what can be wrong."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from conftest import DATA, HOME, KEPT
from cryptography.fernet import Fernet
from fakes.bot_api import FakeBotApi
from sqlalchemy import select

from escalation.unmatched import rows
from storage.cipher import MARK, SEALED, Cipher
from storage.people import hashed
from storage.store import Store
from storage.tables import people, unmatched

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(slots=True)
class Running:
    """A running `bot.py run` and what it has said so far."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def until(self, pattern: str, seconds: float = 20) -> str:
        """Wait until a line matches; return it."""
        async with asyncio.timeout(seconds):
            while True:
                for line in self.said:
                    if re.search(pattern, line):
                        return line
                await asyncio.sleep(0.05)

    @property
    def text(self) -> str:
        """Everything it said."""
        return "".join(self.said)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the index of the starter base."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in KEPT:
        if (DATA / name).exists():
            shutil.copy(DATA / name, folder)
    (folder / "encoder").symlink_to(DATA / "encoder")
    return folder


@contextlib.asynccontextmanager
async def bot(data: Path, *options: str, token: str | None = None) -> AsyncIterator[Running]:
    """Run the program until the block ends."""
    environment = {
        name: value for name, value in os.environ.items() if name != "TELEGRAM_BOT_TOKEN"
    }
    if token:
        environment["TELEGRAM_BOT_TOKEN"] = token
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "bot.py", "run", f"--data={data}", *options,
        cwd=HOME, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    running = Running(process)

    async def listen() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            running.said.append(line.decode())

    listening = asyncio.create_task(listen())
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
        await listening


async def test_serves_the_page_and_stops_politely(data: Path) -> None:
    """It prints its address, answers, and ends with 0 on a signal."""
    async with bot(data, "--port=0") as running:
        address = ADDRESS.search(await running.until("Sehat answers on"))
        assert address is not None
        async with httpx.AsyncClient(base_url=address[0]) as browser:
            page = await browser.post("/ask", data={"question": "how does malaria spread"})

    assert "mosquito" in page.text
    assert 0 == running.process.returncode
    assert "only the web page runs" in running.text


def cookies(answer: httpx.Response) -> dict[str, str]:
    """Return the header with an answer's cookies: httpx takes no Secure ones back to http."""
    set_ = answer.headers.get_list("set-cookie")
    return {"cookie": "; ".join(one.partition(";")[0] for one in set_ if "Max-Age=0" not in one)}


async def test_staff_sign_in_on_a_socket_of_their_own(data: Path) -> None:
    """By the link of `staff login`, which knows where the bot listens; no secret is logged."""

    async def staff(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "bot.py", "staff", *arguments, f"--data={data}",
            cwd=HOME, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return (await process.communicate())[0].decode()

    async with bot(data, "--port=0") as running:
        console = ADDRESS.search(await running.until("Staff sign in at"))
        public = ADDRESS.search(await running.until("Sehat answers on"))
        assert console is not None
        assert public is not None
        await staff("add", "Omar", "--role", "owner")
        link = (await staff("login", "Omar")).splitlines()[0]
        async with httpx.AsyncClient(headers={"sec-fetch-site": "same-origin"}) as browser:
            fetched = await browser.get(link)
            pressed = await browser.post(f"{console[0]}/sign-in", headers=cookies(fetched))
            page = await browser.get(f"{console[0]}/settings", headers=cookies(pressed))
            elsewhere = await browser.get(f"{public[0]}/settings", headers=cookies(pressed))

    assert link.startswith(f"{console[0]}/sign-in?link=")
    assert console[0] != public[0]
    assert [303, 303, 200, 404] == [
        answer.status_code for answer in (fetched, pressed, page, elsewhere)
    ]
    assert "Omar <small>owner</small>" in page.text
    assert '<span class="badge own">--port</span>' in page.text
    assert link.partition("=")[2] not in running.text
    assert 0 == running.process.returncode
    assert not (data / "console-address").exists()


async def test_numbers_that_nobody_has_dialled_are_named_at_the_start(
    data: Path, tmp_path: Path
) -> None:
    """Of the country served, in one line."""
    config = tmp_path / "config.yaml"
    config.write_text("country: KE\n", "utf-8")
    async with bot(data, "--port=0", f"--config={config}") as running:
        await running.until("Sehat answers on")

    assert 1 == running.text.count("WARNING")
    assert "4 of 4 numbers of KE were not dialled, or not lately (emergency, crisis" in running.text


async def test_telegram_and_the_page_run_in_one_process(data: Path, tmp_path: Path) -> None:
    """With a token both answer; the token never shows."""
    token = "123456:never-to-be-shown"  # noqa: S105
    config = tmp_path / "config.yaml"
    async with FakeBotApi(token=token) as api:
        config.write_text(f"telegram: {{api_url: '{api.url}'}}\nlog_level: debug\n", "utf-8")
        asha = api.user("Asha", language_code="sw")
        async with bot(data, "--port=0", f"--config={config}", token=token) as running:
            await asha.say("malaria huenezwaje")
            reply = await asha.next_reply(timeout=20)
            await api.wait_for("setMyCommands", 6, timeout=10)

    assert "mbu" in reply["text"]
    assert token not in running.text
    assert 0 == running.process.returncode
    assert "Chagua mada" in str(asha.menu)


async def test_a_broken_file_leaves_the_last_good_version_serving(
    data: Path, tmp_path: Path
) -> None:
    """The log and /health say where; a mended file is taken into service."""
    faq = tmp_path / "faq"
    shutil.copytree(HOME / "faq", faq, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    entry = faq / "entries" / "malaria-spread.yaml"
    good = entry.read_text("utf-8")
    async with bot(data, "--port=0", f"--faq={faq}") as running:
        address = ADDRESS.search(await running.until("Sehat answers on"))
        assert address is not None
        async with httpx.AsyncClient(base_url=address[0]) as browser:
            entry.write_text(good.replace("kind: fact", "kind: fakt"), "utf-8")
            await running.until(r"malaria-spread\.yaml:2: kind: must be")
            stale = (await browser.get("/health")).json()
            page = await browser.post("/ask", data={"question": "how does malaria spread"})

            entry.write_text(
                good.replace("Malaria spreads mainly", "Malaria, as we now say, spreads mainly"),
                "utf-8",
            )
            await running.until("content reloaded")
            mended = await browser.post("/ask", data={"question": "how does malaria spread"})
            current = (await browser.get("/health")).json()

    assert "stale" == stale["content"]
    assert "malaria-spread.yaml:2" in stale["problems"][0]
    assert "mosquito" in page.text
    assert "as we now say" in mended.text
    assert "current" == current["content"]


async def test_a_port_in_use_is_said_in_a_sentence(data: Path) -> None:
    """And what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with bot(data, f"--port={port}") as running:
            await running.process.wait()

    assert 1 == running.process.returncode
    assert f"cannot listen on 127.0.0.1:{port}" in running.text
    assert "--port" in running.text
    assert "Traceback" not in running.text


async def test_a_wrong_token_is_said_in_a_sentence(data: Path, tmp_path: Path) -> None:
    """It ends with 1, without the token and without a traceback."""
    config = tmp_path / "config.yaml"
    async with FakeBotApi(token="123456:right") as api:  # noqa: S106
        config.write_text(f"telegram: {{api_url: '{api.url}'}}\n", "utf-8")
        async with bot(data, "--port=0", f"--config={config}", token="123456:wrong") as running:  # noqa: S106
            await asyncio.wait_for(running.process.wait(), 20)

    assert 1 == running.process.returncode
    assert "does not accept the token" in running.text
    assert "123456:wrong" not in running.text
    assert "File " not in running.text


async def test_without_a_network_the_page_serves_and_telegram_is_tried_again(
    data: Path, tmp_path: Path
) -> None:
    """Nobody listens at the address of the Bot API."""
    config = tmp_path / "config.yaml"
    config.write_text("telegram: {api_url: 'http://127.0.0.1:9'}\n", "utf-8")
    async with bot(data, "--port=0", f"--config={config}", token="123456:x") as running:  # noqa: S106
        address = ADDRESS.search(await running.until("Sehat answers on"))
        assert address is not None
        await running.until("Telegram cannot be reached")
        async with httpx.AsyncClient(base_url=address[0]) as browser:
            page = await browser.get("/health")

    assert 200 == page.status_code
    assert 0 == running.process.returncode


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "telegram: {in_flight: many}\n",
            "config.yaml:1: telegram.in_flight: must be a whole number",
        ),
        ("nonsense: 1\n", "config.yaml:1: nonsense: unknown key"),
        ("web: [\n", "config.yaml:"),
        ("country: XX\n", "there are no contacts for XX"),
        ("storage: {database: 'nothing://'}\n", "storage.database"),
        ("telegram: {token_file: /no/such/file}\n", "cannot be read"),
    ],
    ids=["type", "unknown", "syntax", "country", "database", "token-file"],
)
async def test_mistakes_in_the_settings_are_said_with_their_place(
    data: Path, tmp_path: Path, text: str, said: str
) -> None:
    """Nothing starts."""
    config = tmp_path / "config.yaml"
    config.write_text(text, "utf-8")
    async with bot(data, "--port=0", f"--config={config}") as running:
        await asyncio.wait_for(running.process.wait(), 20)

    assert 1 == running.process.returncode
    assert said in running.text
    assert "Traceback" not in running.text
    assert "bug" not in running.text


async def test_a_missing_encoder_is_said_in_a_sentence(tmp_path: Path) -> None:
    """And how to make it."""
    async with bot(tmp_path / "empty", "--port=0") as running:
        await asyncio.wait_for(running.process.wait(), 20)

    assert 1 == running.process.returncode
    assert "make setup" in running.text


async def test_kept_words_lie_encrypted_and_another_key_is_told_at_start(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is unmatched is written sealed; a start that could not read it any more ends."""
    first, second = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("SEHAT_TEXT_KEY", first)
    async with bot(data, "--port=0") as running:
        address = ADDRESS.search(await running.until("Sehat answers on"))
        assert address is not None
        async with httpx.AsyncClient(base_url=address[0]) as browser:
            await browser.post("/ask", data={"question": "what is the capital of france"})
    async with Store.open("", data) as store, store.read() as connection:
        kept = await connection.scalar(select(unmatched.c.text))
        (row,) = await rows(connection, cipher=Cipher([first]))
    monkeypatch.setenv("SEHAT_TEXT_KEY", second)
    async with bot(data, "--port=0") as refused:
        await asyncio.wait_for(refused.process.wait(), 20)
    monkeypatch.setenv("SEHAT_TEXT_KEY", f"{second},{first}")
    async with bot(data, "--port=0") as again:
        await again.until("Sehat answers on")

    assert kept is not None
    assert kept.startswith(MARK)
    assert row.text != SEALED
    assert row.text not in kept
    assert 1 == refused.process.returncode
    assert "SEHAT_TEXT_KEY:1: does not open 1 of the kept questions: add the key" in refused.text
    assert not any(key in running.text + refused.text + again.text for key in (first, second))


async def test_a_new_key_forgets_nobody(data: Path, tmp_path: Path) -> None:
    """A choice made under the first key holds after `key new` and a restart, under the new hash."""
    token, config = "123456:token", tmp_path / "config.yaml"
    owners: list[str] = []
    replies: list[str] = []
    async with FakeBotApi(token=token) as api:
        config.write_text(f"telegram: {{api_url: '{api.url}'}}\n", "utf-8")
        asha = api.user("Asha", language_code="en")
        for rotated in (False, True):
            if rotated:
                new = (sys.executable, "bot.py", "key", "new", f"--data={data}")
                made = await asyncio.create_subprocess_exec(*new, cwd=HOME)
                assert 0 == await made.wait()
            async with bot(data, "--port=0", f"--config={config}", token=token):
                if not rotated:
                    await asha.say("/language")
                    await asha.press(await asha.next_reply(timeout=20), "Kiswahili")
                    await asha.next_edit()
                await asha.say("/help")
                replies.append((await asha.next_reply(timeout=20))["text"])
            async with Store.open("", data) as store, store.read() as connection:
                owners += await connection.scalars(select(people.c.person))

    assert all("Andika swali fupi" in reply for reply in replies)
    (first, second), keys = owners, (data / "key").read_bytes().split()
    assert [hashed(key, "telegram", asha.id) for key in keys] == [second, first]
