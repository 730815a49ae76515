"""Read text as people type it: folding, words, scripts.  Both `faq` and `safety` stand on it.

Two depths of folding:

- `normalise` takes away what a reader does not see (controls, invisible characters, marks that are
  often left out, two code points for one letter).  The encoder reads this.
- `fold` also takes away case, punctuation and accents.  Letter-by-letter comparison reads this.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

_LETTERS = str.maketrans(
    {
        "ي": "ی",  # Arabic yeh, alef maksura -> Farsi yeh, as Urdu keyboards type it
        "ى": "ی",
        "ك": "ک",
        "ه": "ہ",
        "ة": "ہ",
        "ۀ": "ہ",
        "ۃ": "ہ",
        "ۂ": "ہ",
        "ە": "ہ",
        "ۓ": "ے",
        "ऩ": "न",  # composed letters with a nukta that normalisation keeps composed
        "ऱ": "र",
        "ऴ": "ळ",
        "ـ": None,  # tatweel stretches a word and means nothing
        "ँ": "ं",  # chandrabindu and anusvara are used for each other
        "़": None,  # nukta is left out as often as not
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "`": "'",
    }
)
# Vowel marks of Arabic script: almost never typed in Urdu.
_HARAKAT = re.compile("[\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06ed]")
_ACCENTS = re.compile("[\u0300-\u036f\u0653-\u0655\u0306]")
# What has no picture and is no control: a joiner, fillers, variation selectors, empty Braille.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SPACES = re.compile(r"\s+")
_REPEATS = re.compile(r"([^\W\d_])\1{2,}")
_NUMBER = r"[0-9]+(?:[.,:/][0-9]+)*"


class Language(StrEnum):
    """The languages that the assistant speaks; values are ISO 639-1 codes."""

    EN = "en"
    HI = "hi"
    UR = "ur"
    SW = "sw"
    ID = "id"


class Script(StrEnum):
    """The scripts that our languages are written in."""

    LATIN = "latin"
    DEVANAGARI = "devanagari"
    ARABIC = "arabic"


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    # Format, private, unassigned and surrogate code points; variation selectors; fillers.
    if category[0] == "C" or _BLANK.match(char):
        return ""
    return char


@lru_cache(maxsize=4096)
def _spoken(char: str) -> str:
    return char if unicodedata.category(char)[0] in "LMN" or char in "'.,:/" else " "


# What the steps below make of ASCII, in one step: most messages are nothing else.
_ASCII_SEEN = dict.fromkeys((*range(32), 127), " ") | {ord("`"): "'"}
_ASCII_SPOKEN = {
    code: " " for code in range(128) if not chr(code).isalnum() and chr(code) not in "'.,:/"
}


def normalise(text: str) -> str:
    """Return the text without what a reader does not see; case and punctuation stay."""
    if text.isascii():
        return " ".join(text.translate(_ASCII_SEEN).split())
    before = None
    # What was made visible may combine anew; two or three rounds settle it.
    while text != before:
        before = text
        seen = "".join(map(_visible, unicodedata.normalize("NFKC", text)))
        text = _HARAKAT.sub("", unicodedata.normalize("NFC", seen.translate(_LETTERS)))
    return _SPACES.sub(" ", text).strip()


def fold(text: str) -> str:
    """Return the words of a text, lower case, without accents and punctuation, by single spaces.

    `fold(fold(text)) == fold(text)`.  Numbers keep the signs inside them: "160/100", "8.2".
    """
    return " ".join(words(text))


_WORD = re.compile(rf"{_NUMBER}|[^\s.,:/'0-9][^\s.,:/']*(?:'[^\s.,:/']+)*")


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    seen = normalise(text)
    if seen.isascii():
        return _WORD.findall(_REPEATS.sub(r"\1\1", seen.lower().translate(_ASCII_SPOKEN)))
    lower = unicodedata.normalize("NFKD", seen.casefold())
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", lower)).translate(_LETTERS)
    spoken = "".join(map(_spoken, plain))
    return _WORD.findall(_REPEATS.sub(r"\1\1", spoken))


@lru_cache(maxsize=4096)
def _script(char: str) -> Script | None:
    if not char.isalpha():
        return None
    name = unicodedata.name(char, "")
    for script in Script:
        if name.startswith(script.name):
            return script
    return None


def scripts(text: str) -> dict[Script, int]:
    """Return how many letters of each script a text has."""
    counts = dict.fromkeys(Script, 0)
    for char in text:
        if (found := _script(char)) is not None:
            counts[found] += 1
    return counts


def script(text: str) -> Script | None:
    """Return the script of most letters, the earlier on a tie, or None without letters."""
    counts = scripts(text)
    most = max(counts, key=lambda found: counts[found])
    return most if counts[most] else None


def utf16_length(text: str) -> int:
    """Return the length as Telegram counts it, in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def digest(object_: str, language: str, body: Mapping[str, str]) -> str:
    """Return what a text is approved under: SHA-256 over canonical JSON, 64 hexadecimal digits.

    Args:
        object_: What it is, like `entries/malaria-spread`, so that no approval fits another text.
        language: Of the text; empty where it has none.
        body: Everything that people are sent, by name, exactly.
    """
    whole = {"object": object_, "language": str(language), "body": dict(body)}
    said = json.dumps(whole, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()
