"""The real parts, made once for the whole run: encoder, index, desk, a database for each test."""

import faq  # noqa: F401, I001 - first, as it says how many threads numpy may use
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import settings
import workshop
from assistant import Desk
from escalation import staff
from escalation.office import Office
from escalation.staff import Member, Role
from faq.encoder import Encoder
from faq.index import Index, build
from reception import Reception
from storage.cipher import Cipher
from storage.retention import Days
from storage.store import Store
from workshop import Places

os.environ.setdefault("PTB_TIMEDELTA", "true")
HOME = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SEHAT_TEST_DATA", HOME / "var"))
# What `make setup` leaves in the data folder beside the encoder; without it a start learns anew.
KEPT = (
    *("index.npz", "prepared.npz", "matcher.npz", "questions.npz"),
    *("rules-tried", "head.npz"),
)
DAYS = Days(unmatched=90, person=365, counts=730)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that `make setup` made."""
    return Encoder(DATA / "encoder")


@pytest.fixture(scope="session")
def desk(encoder: Encoder) -> Desk:
    """The desk of the starter knowledge base, with the default settings."""
    return workshop.desk(settings.load(None), Places(data=DATA), encoder)


@pytest.fixture(scope="session")
def read_index(desk: Desk, encoder: Encoder) -> Index:
    """The desk's index with the encoder's own vectors, which the desk has given back."""
    return build(desk.library, encoder, DATA / "index.npz")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A fresh SQLite database."""
    async with Store.open("", tmp_path) as opened:
        yield opened


@pytest.fixture
def reception(desk: Desk, store: Store) -> Iterator[Reception]:
    """A reception with a fresh database; nobody is held back for asking much."""
    made = Reception(desk, store, b"test key", workers=2, per_minute=10_000, days=DAYS)
    yield made
    made.close()


@pytest.fixture
def office(reception: Reception, tmp_path: Path) -> Office:
    """An office with a copy of the knowledge base, so that a test may write into it."""
    for folder in ("faq", "safety"):
        shutil.copytree(
            HOME / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.py")
        )
    return Office(
        store=reception.store,
        cipher=Cipher(),
        keys=(b"test key",),
        faq=tmp_path / "faq",
        safety=tmp_path / "safety",
        desk=lambda: reception.desk,
        clock=lambda: reception.clock(),  # noqa: PLW0108 - a test may set another one
    )


@pytest.fixture
async def team(store: Store) -> Mapping[Role, Member]:
    """One member of each role, called Vera, Carl, Rosa, Anna and Omar."""
    now = datetime.now(UTC)
    names = zip(Role, ("Vera", "Carl", "Rosa", "Anna", "Omar"), strict=True)
    async with store.begin() as connection:
        return {role: await staff.add(connection, name, role, "test", now) for role, name in names}
