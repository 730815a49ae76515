"""Imports point one way; the file that strays is named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HOME

OURS = {
    "assistant", "bot", "bench", "commands", "console", "escalation", "faq", "handlers", "logs",
    "reception", "safety", "settings", "storage", "text", "workshop", "yamlfile",
}  # fmt: skip
MAY = {
    "text": set[str](),
    "yamlfile": set[str](),
    "logs": set[str](),
    "recent": set[str](),
    "settings": {"text", "yamlfile"},
    "faq": {"faq", "text", "yamlfile"},
    "safety": {"safety", "text", "yamlfile"},
    "assistant": {"faq", "recent", "safety", "text"},
    "storage": {"storage", "text", "yamlfile"},
    "escalation": {"assistant", "faq", "escalation", "safety", "storage", "text", "yamlfile"},
    "reception": {"assistant", "escalation", "faq", "safety", "storage", "text", "yamlfile"},
    "workshop": {"assistant", "faq", "safety", "settings", "text", "yamlfile"},
    "handlers": {
        *("assistant", "escalation", "faq", "handlers", "reception", "safety", "storage", "text"),
    },
    "console": {
        *("assistant", "console", "escalation", "faq", "reception", "safety", "storage", "text"),
        "yamlfile",
    },
}
# The pure rooms neither wait nor log nor know the time, and know no channel.
IMPURE = {
    "aiosqlite", "asyncio", "httpx", "logging", "sqlalchemy", "starlette", "telegram", "threading",
    "time", "uvicorn",
}  # fmt: skip


def imports(path: Path) -> Iterator[str]:
    """Yield the first names of what a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def files(room: str) -> list[Path]:
    """Return the Python files of a room; migrations are run by Alembic, apart."""
    folder = HOME / room
    if not folder.is_dir():
        return [HOME / f"{room}.py"]
    return [path for path in folder.rglob("*.py") if "migrations" not in path.parts]


@pytest.mark.parametrize("room", MAY)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    """The allowed rooms stand above, and in docs/architecture.md."""
    strays = {
        f"{path.relative_to(HOME)} imports {name}"
        for path in files(room)
        for name in imports(path)
        if name in OURS - MAY[room]
    }

    assert set() == strays


@pytest.mark.parametrize("room", ["faq", "safety", "assistant"])
def test_the_core_is_pure(room: str) -> None:
    """Steps two to five of a message need no channel, database, clock or log."""
    strays = {
        f"{path.relative_to(HOME)} imports {name}"
        for path in files(room)
        for name in imports(path)
        if name in IMPURE
        # Making the default encoder, once, is a command and silences a library's log.
        and path.name != "build_encoder.py"
    }

    assert set() == strays


def test_every_room_has_its_line() -> None:
    """A new room is placed before it is used; the two that wire things together may use all."""
    rooms = {path.stem for path in HOME.glob("*.py")}
    rooms |= {path.parent.name for path in HOME.glob("*/__init__.py")}

    assert rooms - {"bot", "commands", "bench"} == MAY.keys()


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    """Inside functions and conditions too; names inside our own package are no way round."""
    path = tmp_path / "stray.py"
    path.write_text(
        "import logging as quiet, faq.match\n"
        "from safety.screen import screen\n"
        "def late():\n"
        "    if True:\n"
        "        from sqlalchemy.ext import asyncio\n"
    )

    assert ["logging", "faq", "safety", "sqlalchemy"] == list(imports(path))


def test_nothing_is_imported_by_its_place() -> None:
    """A relative import has no room's name, so the tests above would not see it."""
    relative = {
        f"{path.relative_to(HOME)}:{node.lineno}"
        for room in MAY
        for path in files(room)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    }

    assert set() == relative
