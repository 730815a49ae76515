"""Take a message apart: the sentences of a long one, two questions in a short one.  Pure."""

import re
from collections.abc import Iterator

# Longer messages are also looked at sentence by sentence.
LONG_CHARACTERS = 160
MOST_SENTENCES = 12
FEWEST_WORDS = 2  # of a part that can ask something

_SENTENCES = re.compile(r"(?<=[.?!।۔؟])\s+|\s[-•*]\s")
# Between two questions: signs, or one of the words that say "and" or "also".
_SIGNS = re.compile(r"[.?!।۔؟;]+\s+")
_COMMAS = re.compile(r"[,،](?!\d)\s*")
_AND = frozenset(
    (
        *("and", "also", "plus", "&", "na", "pia", "vilevile", "halafu"),
        *("dan", "serta", "terus", "trus", "lalu", "juga", "aur", "or"),
        *("और", "तथा", "एवं", "اور", "نیز"),
    )
)


def sentences(message: str) -> Iterator[str]:
    """Yield the sentences of a long message, as it is after `text.normalise`."""
    if len(message) > LONG_CHARACTERS:
        found = _SENTENCES.split(message)
        yield from [part for part in found if len(part.split()) > 1][:MOST_SENTENCES]


def pair(message: str) -> tuple[str, str] | None:
    """Return a message as two questions, if it can be: parted at a sign, or near the middle.

    Args:
        message: As it is after `text.normalise`; a long one is no pair.
    """
    if len(message) > LONG_CHARACTERS:
        return None
    # Each place: a weaker one comes later; where the first part ends and the second begins.
    places = [(0, found.start(), found.end()) for found in _SIGNS.finditer(message)]
    places += [(1, found.start(), found.end()) for found in _COMMAS.finditer(message)]
    at = 0
    for word in message.split(" "):
        if word.casefold() in _AND:
            places.append((1, at, at + len(word)))
        at += len(word) + 1
    places.sort(key=lambda place: (place[0], abs(place[1] + place[2] - len(message))))
    made = ((message[:start].strip(), message[end:].strip()) for _, start, end in places)
    return next(filter(_both_ask, made), None)


def _both_ask(parts: tuple[str, str]) -> bool:
    return all(len(part.split()) >= FEWEST_WORDS for part in parts)
