"""Listening for staff beside the public, and the settings as staff read them."""

import contextlib
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

import settings
from commands import serving
from commands.tools import Failure, Here
from console.staff import Setting
from settings import Settings
from workshop import Places
from yamlfile import ProblemsError

SECRET = "123456:a-marked-secret"  # noqa: S105 - nobody's


def chosen(tmp_path: Path, content: str = "") -> Here:
    """Return the settings of a file."""
    config = tmp_path / "config.yaml"
    config.write_text(content, "utf-8")
    secret = SecretStr(SECRET)
    return Here(settings.load(config), Places(data=tmp_path), secret, None, config, secret)


def view(here: Here, **given: object) -> dict[str, Setting]:
    """Return the settings as staff see them, by name."""
    told = {name.replace("_", "."): value for name, value in given.items()}
    shown = serving.view(here, told)
    return {f"{one.section}.{one.name}".lstrip("."): one for one in shown}


def port_of(listening: socket.socket) -> int:
    """Return the port, and stop listening."""
    with contextlib.closing(listening):
        return int(listening.getsockname()[1])


def free(number: int = 2) -> int:
    """Return a port that is free, with those behind it."""
    while True:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = int(first.getsockname()[1])
            for more in range(1, number):
                stack.enter_context(socket.create_server(("127.0.0.1", port + more)))
            return port


# ---- the socket


def test_staff_are_served_behind_the_chat_pages_port() -> None:
    """8081 beside 8080."""
    web = free()

    assert web + 1 == port_of(serving.listen_for_staff(settings.load(None), web))


def test_a_port_that_is_taken_gives_way_to_a_free_one() -> None:
    """So that a second bot on the machine starts all the same."""
    web = free()
    with socket.create_server(("127.0.0.1", web + 1)):
        assert port_of(serving.listen_for_staff(settings.load(None), web)) not in (0, web + 1)


@pytest.mark.parametrize("web", [0, 65_535])
def test_beside_a_free_port_stands_a_free_port(web: int) -> None:
    """Also where no number is left."""
    assert port_of(serving.listen_for_staff(settings.load(None), web)) > 1023


def test_the_port_of_the_settings_is_taken_or_nothing_starts(tmp_path: Path) -> None:
    """The operator's proxy expects it there."""
    port = free(1)
    here = chosen(tmp_path, f"console: {{port: {port}}}\n")
    assert port == port_of(serving.listen_for_staff(here.settings, 8080))
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(Failure, match=f"cannot listen on 127.0.0.1:{port}: .*console.port"),
    ):
        serving.listen_for_staff(here.settings, 8080)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_alone_needs_no_https(host: str) -> None:
    """Nobody else gets there."""
    assert host == Settings.model_validate({"console": {"host": host}}).console.host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "staff.example"])  # noqa: S104
def test_other_machines_come_by_https_or_not_at_all(tmp_path: Path, host: str) -> None:
    """The mistake is told with its place."""
    with pytest.raises(ProblemsError, match="address must say how staff reach it by https"):
        chosen(tmp_path, f"console: {{host: '{host}'}}\n")
    with pytest.raises(ProblemsError, match=r"console\.address: must begin with https"):
        chosen(tmp_path, f"console: {{host: '{host}', address: 'http://staff.example'}}\n")
    here = chosen(tmp_path, f"console: {{host: '{host}', address: 'https://staff.example/'}}\n")

    assert "https://staff.example" == here.settings.console.address


def test_the_address_lies_in_the_data_folder_while_it_is_served(tmp_path: Path) -> None:
    """For `bot.py staff login`, which runs beside."""
    here = chosen(tmp_path)
    with serving.findable("http://127.0.0.1:4711", tmp_path):
        assert "http://127.0.0.1:4711" == serving.found_address(here)

    assert "http://127.0.0.1:8081" == serving.found_address(here)


# ---- the settings as staff read them


def test_every_setting_is_shown_with_its_help(tmp_path: Path) -> None:
    """As in config.example.yaml."""
    shown = view(chosen(tmp_path))
    example = settings.example()

    assert all(one.help in example for one in shown.values() if one.section != "secrets")
    assert {"publish", "web.port", "storage.key_file", "console.address"} <= shown.keys()
    assert {"default"} == {one.origin for one in shown.values() if one.section != "secrets"}
    assert "The chat page." == shown["web.port"].about


def test_where_a_setting_comes_from_is_told(tmp_path: Path) -> None:
    """The line of the file, or the command line, which goes before it."""
    here = chosen(tmp_path, "country: KE\nweb:\n  port: 9000\n  host: 127.0.0.1\n")
    shown = view(here, web_port=9100, web_host=None)

    assert ("KE", "config.yaml:1") == (shown["country"].value, shown["country"].origin)
    assert ("9100", "--port") == (shown["web.port"].value, shown["web.port"].origin)
    assert "config.yaml:4" == shown["web.host"].origin
    assert "default" == shown["console.port"].origin


def test_lists_stand_one_item_a_line(tmp_path: Path) -> None:
    """And nothing at all is empty."""
    shown = view(chosen(tmp_path, "content: {source_domains: [who.int, nhs.uk]}\n"))

    assert "who.int\nnhs.uk" == shown["content.source_domains"].value
    assert "" == shown["country"].value


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Only whether there is one; not the password in an address either."""
    here = chosen(
        tmp_path,
        "storage: {database: 'postgresql+asyncpg://sehat:a-marked-secret@db/sehat?password=marked'}\n"
        "telegram: {api_url: 'https://me:a-marked-secret@api.example'}\n",
    )
    shown = view(here)

    assert "marked" not in str(shown)
    assert "postgresql+asyncpg://sehat:***@db/sehat" == shown["storage.database"].value
    assert "https://…@api.example" == shown["telegram.api_url"].value
    assert ["set", "not set", "set"] == [
        shown[f"secrets.{name}"].value
        for name in ("TELEGRAM_BOT_TOKEN", "SEHAT_KEY", "SEHAT_TEXT_KEY")
    ]


def test_a_database_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    """It may be a password in the wrong place."""
    shown = view(chosen(tmp_path, "storage: {database: a-marked-secret}\n"))

    assert "(no address of a database)" == shown["storage.database"].value


def test_a_file_that_somebody_is_writing_is_no_trouble(tmp_path: Path) -> None:
    """The page says at least that it was the file."""
    here = chosen(tmp_path, "country: KE\n")
    (tmp_path / "config.yaml").write_text("country: [", "utf-8")

    assert "settings file" == view(here)["country"].origin
