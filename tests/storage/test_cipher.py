"""`storage.cipher`: text that lies encrypted, if wanted."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.cipher import MARK, Cipher
from yamlfile import ProblemsError

FIRST, SECOND = Fernet.generate_key().decode(), Fernet.generate_key().decode()
TEXTS = st.text() | st.text().map(lambda text: MARK + text)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS.filter(lambda text: text.encode("utf-8", "replace").decode() == text))
def test_what_was_sealed_is_opened_whole(text: str) -> None:
    """And cannot be read without the key."""
    sealed = Cipher([FIRST]).seal(text)

    assert text == Cipher([FIRST]).open(sealed)
    assert Cipher().open(sealed) is None
    assert Cipher([SECOND]).open(sealed) is None
    assert len(text) < 12 or text not in sealed


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_without_a_key_text_stays_readable(text: str) -> None:
    """With a key later, too; what somebody typed is never taken for something encrypted."""
    kept = Cipher().seal(text)

    assert text.strip() == (Cipher().open(kept) or "").strip()
    assert kept == Cipher([FIRST]).open(kept)


def test_keys_can_be_changed() -> None:
    """The first writes, all read."""
    old = Cipher([FIRST]).seal("fever")
    both = Cipher([SECOND, FIRST])

    assert "fever" == both.open(old)
    assert "fever" == Cipher([SECOND]).open(both.seal("fever"))


@pytest.mark.parametrize("kept", ["", "x", "é", "gAAAAA", "\x00"])
def test_what_is_damaged_is_not_opened(kept: str) -> None:
    """No exception, which might show it."""
    assert Cipher([FIRST]).open(MARK + kept) is None


@pytest.mark.parametrize(
    "key", ["short", "é" * 44, FIRST[:-2], "a" * 64], ids=["short", "letters", "cut", "hex"]
)
def test_a_broken_key_is_told_by_its_number_only(key: str) -> None:
    """It never shows; docs say how to make one."""
    with pytest.raises(ProblemsError) as caught:
        Cipher([FIRST, key], "SEHAT_TEXT_KEY")

    assert str(caught.value).startswith("SEHAT_TEXT_KEY:1: key 2 of 2 is not 32 bytes")
    assert key not in str(caught.value)
    assert FIRST not in str(caught.value)
