"""`recent`: a bounded cache under keyed hashes, shared by threads, without anybody's words."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from recent import Recent

WORDS = "marked words of somebody"


@pytest.fixture
def small() -> Recent[str]:
    """A cache of three values, filled."""
    made: Recent[str] = Recent(3)
    for name in "abc":
        made.put(made.key(name), name)
    return made


def kept(cache: Recent[str], names: str) -> str:
    """Return those of some names that are kept."""
    return "".join(filter(None, (cache.get(cache.key(name)) for name in names)))


def held(value: object) -> Iterator[object]:
    """Yield all that a value holds, however deep."""
    yield value
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = (*value.keys(), *value.values())
    elif isinstance(value, tuple | list | set | frozenset):
        inner = value
    elif hasattr(value, "__dict__"):
        inner = vars(value).values()
    for one in inner:
        yield from held(one)


def test_gives_what_was_put(small: Recent[str]) -> None:
    """And nothing for what was not."""
    assert "b" == small.get(small.key("b"))
    assert small.get(small.key("d")) is None


def test_keeps_no_more_than_it_may(small: Recent[str]) -> None:
    """However many are put."""
    for number in range(100):
        small.put(small.key(number), str(number))

    assert 3 == len(small)


def test_what_was_not_asked_for_longest_goes_first(small: Recent[str]) -> None:
    """Asking counts, not only putting."""
    small.get(small.key("a"))
    small.put(small.key("d"), "d")

    assert "acd" == kept(small, "abcd")


def test_what_is_put_again_is_new_again(small: Recent[str]) -> None:
    """With its last value, once."""
    small.put(small.key("a"), "A")
    small.put(small.key("d"), "d")

    assert 3 == len(small)
    assert "Acd" == kept(small, "abcd")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("ab", "")),
        (("a", "b"), ("", "ab")),
        (("a", "b"), ("b", "a")),
        (("a", ""), ("a",)),
        (("a", None), ("a", "")),
        (("a", True), ("a", False)),
        (("a",), ("A",)),
        (("\ud800",), ("\udfff",)),
        (("a\x00b",), ("a", "b")),
    ],
    ids=["joined", "moved", "turned", "fewer", "none", "flag", "case", "surrogates", "zero"],
)
def test_different_parts_have_different_keys(
    one: tuple[object, ...], other: tuple[object, ...]
) -> None:
    """The answer to one question must never be that to another."""
    made: Recent[str] = Recent(3)

    assert made.key(*one) == made.key(*one)
    assert made.key(*one) != made.key(*other)


def test_a_key_means_nothing_in_another_process() -> None:
    """Each cache has a secret of its own, so nobody can try texts against a key."""
    first: Recent[str] = Recent(3)
    second: Recent[str] = Recent(3)

    assert first.key(WORDS) != second.key(WORDS)


def test_holds_no_text_of_what_was_asked(small: Recent[str]) -> None:
    """Neither as it is nor as bytes, anywhere in it."""
    small.put(small.key("en", WORDS), "a value")
    small.get(small.key("en", WORDS))
    found = list(held(small))

    assert "a value" in found  # so the search goes deep enough
    assert [] == [one for one in found if isinstance(one, str) and one in WORDS.split()]
    assert [] == [one for one in found if any(word in repr(one) for word in WORDS.split())]


def test_threads_may_share_it() -> None:
    """They push each other's values out, and never get a wrong one."""
    shared: Recent[int] = Recent(1)

    def work(seed: int) -> list[int]:
        wrong = []
        for step in range(30_000):
            number = (step * seed) % 3
            key = shared.key(number)
            shared.put(key, number)
            if shared.get(key) not in (number, None):
                wrong.append(number)
        return wrong

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            wrong = [number for found in pool.map(work, (1, 2, 4, 5)) for number in found]
    finally:
        sys.setswitchinterval(usual)

    assert [] == wrong
    assert 1 == len(shared)
