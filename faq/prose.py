"""How plainly a text is written, and what must not stand in it.  Pure."""

import re
import unicodedata
from collections.abc import Iterator

import text as reading
from text import Language

# A twelve-year-old reads up to about LIX 40 in English (Björnsson 1968: below 40 is easy to
# middling).  Swahili and Indonesian build longer words, Devanagari and Urdu shorter ones; their
# limits keep the same distance to the starter base, whose hardest entries stand at 50, 52, 18, 21.
MOST_LIX = {
    Language.EN: 45,
    Language.SW: 55,
    Language.ID: 55,
    Language.HI: 27,
    Language.UR: 28,
}
MOST_WORDS_A_SENTENCE = 40
# Hindi, Urdu and Swahili need more little words than English for the same.
MOST_WORDS = {language: 120 if language is Language.EN else 132 for language in Language}
LONG_WORD = 6  # letters; longer words are "long" in the readability index

_MARKER = re.compile(r"^\s*(?:[0-9]+\.|-)\s", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?।۔؟:])\s+|\n+")
_BARE_ADDRESS = re.compile(
    r"https?://|\bwww\.|\b[a-z0-9-]+\.(?:com|org|net|int|gov|info|co|id|in|pk|ke|tz|uk)\b",
    re.IGNORECASE,
)
# Units in which medicines are counted.  Grams and litres are for food and water.
_UNITS = (
    "mg|mcg|µg|μg|iu|ml|cc|milligrams?|micrograms?|millilitres?"
    "|tablets?|pills?|capsules?|drops|puffs?"
    "|miligramu?|mikrogramu?|mililita|kapsul|tetes|butir"
    "|मिलीग्राम|माइक्रोग्राम|मिलीलीटर|मि\\.?ली|गोली|गोलियाँ|गोलियां|गोलियों|बूँदें|बूंदें|ख़ुराक|खुराक|कैप्सूल"
    "|ملی ?گرام|مائیکرو ?گرام|ملی ?لیٹر|گولی|گولیاں|گولیوں|قطرے|خوراک|خوراکیں|کیپسول"
)
# Swahili and Indonesian may name the thing first: vidonge 2, tablet 2.
_THINGS = "vidonge|kidonge|tembe|matone|kapsuli|tablet|kapsul|tetes"
_DOSE = re.compile(
    rf"(?<![\w.])(?:[0-9][0-9.,/-]*|[½¼¾])\s*(?:{_UNITS}|{_THINGS})(?![\w/])"
    rf"|\b(?:{_THINGS})\s+[0-9]+(?![\w.,/])",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\ufffd]")
# Letters that Arabic keyboards give for Urdu ones; readers see no difference, search does.
URDU_LETTERS = str.maketrans("يىكهة", "ییکہہ")
_NOT_URDU = re.compile("[يىكهة]")
# Signs that count as letters (², ½, µ) belong to every script.
_SIGNS = "\u00b2\u00b3\u00b5\u00b9\u00bc-\u00be\u03bc\u2070-\u209f\u2150-\u2189\u2460-\u24ff"
_LATIN = f"A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff{_SIGNS}"
_OWN = {Language.HI: "\u0900-\u097f", Language.UR: "\u0600-\u06ff\u0750-\u077f"}
_STRANGE = {
    language: re.compile(rf"[^\W\d_{_LATIN}{_OWN.get(language, '')}]") for language in Language
}


def sentences(text: str) -> list[str]:
    """Return the sentences and list items of a text."""
    return [part.strip() for part in _SENTENCE.split(text) if len(part.split()) > 1]


def lix(text: str) -> float:
    """Return the readability index LIX: words a sentence plus per cent of long words."""
    words = [word for word in reading.words(text) if not word[0].isdigit()]
    if not words:
        return 0.0
    long = sum(len(word) > LONG_WORD for word in words)
    return len(words) / max(len(sentences(text)), 1) + 100 * long / len(words)


def hard(text: str, language: Language) -> Iterator[str]:
    """Yield what makes an answer hard to read."""
    count = sum(any(map(str.isalnum, word)) for word in _MARKER.sub("", text).split())
    if count > MOST_WORDS[language]:
        yield f"{count} words, better {MOST_WORDS[language]} or fewer"
    index = lix(text)
    if index > MOST_LIX[language]:
        yield (
            f"hard to read (LIX {index:.0f}, better {MOST_LIX[language]} or less): "
            "use shorter sentences and words"
        )
    longest = max(sentences(text), key=lambda sentence: len(sentence.split()), default="")
    length = len(longest.split())
    if length > MOST_WORDS_A_SENTENCE:
        yield f"a sentence of {length} words (“{longest[:40]}…”): make two of it"


def forbidden(text: str) -> Iterator[str]:
    """Yield what must not stand in an answer."""
    if found := _BARE_ADDRESS.search(text):
        yield f"holds an address (“{found[0]}”): put it under sources"
    digits = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    if found := _DOSE.search(digits):
        dose = text[found.start() : found.end()]
        yield f"holds a dose (“{dose}”): amounts of medicine are for a health worker to say"


def odd(text: str, language: Language) -> Iterator[str]:
    """Yield characters that do not belong: invisible ones, and letters of another script."""
    if found := _INVISIBLE.search(text):
        yield f"holds an invisible character (U+{ord(found[0]):04X})"
    if language is Language.UR and (found := _NOT_URDU.search(text)):
        letter = found[0]
        yield f"holds the Arabic letter {letter} where Urdu has {letter.translate(URDU_LETTERS)}"
    if found := _STRANGE[language].search(text):
        name = unicodedata.name(found[0], "a letter without a name").lower()
        yield f"holds “{found[0]}” ({name}), a letter of another script"


def mended(text: str, language: Language) -> str:
    """Return the text without what `odd` finds, as far as that needs no thought."""
    seen = _INVISIBLE.sub("", text)
    return seen.translate(URDU_LETTERS) if language is Language.UR else seen
