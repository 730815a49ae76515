"""Cards of the queue: what buttons hold, and how text of others is shown."""

from datetime import UTC, datetime

import pytest

from assistant import Desk
from escalation.groups import Group, State
from handlers import cards
from handlers.cards import Press
from handlers.visible import plain, visible

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "press",
    [
        Press("n", 1, 1),
        Press("a", 999_999_999, 999_999_999, "l", 999_999, f"{cards.mark('x' * 48)}.999999999"),
        Press("a", 17, 3, "n", 2, f"{cards.mark('malaria-spread')}.{cards.TYPED}"),
    ],
    ids=["least", "most", "typed"],
)
def test_a_button_holds_all_in_64_bytes(press: Press) -> None:
    """And gives it back."""
    assert len(press.data.encode()) <= 64
    assert press == cards.read(press.data)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "q:",
        "q:i:1:1",
        "q:i:-1:1:n0:",
        "q:i:1:1:x0:",
        "q:i:1:1:n0:a b",
        "q:i:1:1:n0:;",
        "v:1:en:x",
    ],
)
def test_what_is_no_button_of_a_card_is_none(data: str) -> None:
    """Anyone can forge them."""
    assert cards.read(data) is None


def test_a_place_far_down_is_cut_and_nothing_breaks() -> None:
    """A million groups."""
    assert 999_999 == getattr(cards.read(Press("n", 1, 1, "n", 10**9).data), "place", None)


def test_marks_of_all_entries_and_headings_are_different(desk: Desk) -> None:
    """A button means one of them."""
    names = {*desk.library.entries, *desk.library.topics}

    assert len(names) == len({cards.mark(name) for name in names})
    entry = cards.entry_of(desk.library, cards.mark("malaria-spread"))
    assert entry is desk.library.entries["malaria-spread"]
    assert cards.entry_of(desk.library, "0" * 12) is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Bed bugs bite at night, what now?", "bed-bugs-bite-at"),
        ("खटमल काटते हैं", "khtml-katte-haim"),
        ("[name] has […] lice", "has-lice"),
        ("😀 […]", "grinning"),
        ("[…]", "group-7"),
        ("w" * 90, "w" * 48),
    ],
)
def test_a_draft_is_named_after_what_was_asked(title: str, name: str) -> None:
    """In small Latin letters; the member may give another."""
    group = Group(7, 1, State.OPEN, None, None, None, NOW, NOW, 1, title=title)

    assert name == cards.name_for(group)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\u2067x\u2069", "⟨U+2067⟩x⟨U+2069⟩"),
        ("\u200ea\u200fb\u061cc", "⟨U+200E⟩a⟨U+200F⟩b⟨U+061C⟩c"),
        ("a\x00b\ud800", "a⟨U+0000⟩b⟨U+D800⟩"),
        (" a\n\tb\u00a0 c ", "a b c"),
        ("क्\u200dष می\u200cخواہم", "क्\u200dष می\u200cخواہم"),
        ("x" * 11, "x" * 9 + "…"),
    ],
)
def test_what_turns_lines_around_is_shown(text: str, seen: str) -> None:
    """Joiners that shape letters stay."""
    assert seen == visible(text, 10 if text.startswith("xx") else 99)


def test_words_to_be_used_lose_what_nobody_sees() -> None:
    """They go into a file."""
    assert "a b c" == plain(" a\u202eb".replace("b", " b") + "\n\u200b c\ud800 ")
