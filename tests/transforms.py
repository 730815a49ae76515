"""Twenty ways to write a sentence so that people still read it and programs may not.  Pure.

Each takes the sentence and a seeded generator.  `safety.md`, section 9, names them as threats; the
tests of the screen measure what is still understood.
"""

import random
import unicodedata
import zlib
from collections.abc import Callable, Iterable

Change = Callable[[str, random.Random], str]

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ALIKE = dict(zip("aceiopsxyhkmtnrubw", "асеіорѕхуһкмтпгυЬԝ", strict=True))
_SMALL = dict(zip(_LATIN, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ", strict=True))
_LEET = {"a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1|", "o": "0", "s": "5$"}
_LEET["t"] = "7+"
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    one: "".join(row[max(at - 1, 0) : at] + row[at + 1 : at + 2])
    for row in _ROWS
    for at, one in enumerate(row)
}
# Where the alphabets in bold, italic, script, fraktur, double-struck, sans and typewriter begin.
_MATHEMATICAL = (0x1D41A, 0x1D482, 0x1D4EA, 0x1D586, 0x1D5BA, 0x1D5EE, 0x1D656, 0x1D68A)
# Circled, then white on black in circles and in squares.
_CIRCLED = (0x24D0, 0x1F150, 0x1F170)
_ZALGO = [chr(code) for code in range(0x300, 0x370) if code not in (0x34F, 0x345)]
_EMOJI = "😭💔🙏😡🔪💊🥺😱"
# What other keyboards make, and marks that some write and others leave out.
_WRITTEN = str.maketrans(
    {
        "ی": "ي",
        "ک": "ك",
        "ہ": "ه",
        "ے": "ۓ",
        "گ": "گ\u0650",
        "م": "م\u064f",
        "ب": "بـ",
        "ँ": "ं",
        "ं": "ँ",
        "\u093c": "",
    }
)


def clusters(text: str) -> list[str]:
    """Return the letters of a text as people see them, each with its marks and joined letters."""
    made: list[str] = []
    for char in text:
        joins = made and unicodedata.name(made[-1][-1], "").endswith("SIGN VIRAMA")
        if made and (unicodedata.category(char)[0] == "M" or joins):
            made[-1] += char
        else:
            made.append(char)
    return made


def _inside(text: str, between: Callable[[], str]) -> str:
    """Put something between the letters of each word; signs and numbers stay."""
    letters: list[str] = []
    for one in clusters(text):
        apart = letters and _lettered(letters[-1]) and one[0].isalpha()
        letters.append(f"{between()}{one}" if apart else one)
    return "".join(letters)


def _lettered(one: str) -> bool:
    """Tell whether a letter ends in a letter or a mark."""
    return unicodedata.category(one[-1])[0] in "LM"


def _each(text: str, chance: random.Random, share: float, change: Callable[[str], str]) -> str:
    """Change a share of the characters."""
    return "".join(change(char) if chance.random() < share else char for char in text)


def _shifted(text: str, start: int) -> str:
    """Write Latin letters with an alphabet that begins elsewhere."""
    return "".join(chr(start + ord(c) - ord("a")) if c in _LATIN else c for c in text.lower())


def invisible(text: str, chance: random.Random) -> str:
    """Zero-width characters and soft hyphens, at random inside words."""
    signs = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"
    return _inside(text, lambda: chance.choice(signs) if chance.random() < 0.5 else "")


def tagged(text: str, chance: random.Random) -> str:
    """Tag characters, which spell another message that nobody sees."""
    return _inside(text, lambda: chr(0xE0061 + chance.randrange(26)))


def filled(text: str, chance: random.Random) -> str:
    """Fillers, joiners and variation selectors, which have no picture."""
    return _inside(text, lambda: chance.choice("\u3164\u115f\u1160\uffa0\u034f\ufe0f\U000e0101"))


def homoglyphs(text: str, chance: random.Random) -> str:
    """Cyrillic and Greek letters that look like Latin ones, for half of those that have any."""
    return _each(text, chance, 0.5, lambda char: _ALIKE.get(char, char))


def full_width(text: str, chance: random.Random) -> str:
    """Letters as wide as Chinese ones."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def mathematical(text: str, chance: random.Random) -> str:
    """Letters of formulas, which sites for "fonts" make."""
    return _shifted(text, chance.choice(_MATHEMATICAL))


def circled(text: str, chance: random.Random) -> str:
    """Letters in circles or squares."""
    return _shifted(text, chance.choice(_CIRCLED))


def small_capitals(text: str, chance: random.Random) -> str:
    """Letters of phonetics that look like small capitals."""
    return "".join(_SMALL.get(char, char) for char in text.lower())


def zalgo(text: str, chance: random.Random) -> str:
    """Marks piled on every letter."""
    return "".join(
        char + "".join(chance.choices(_ZALGO, k=3)) if char.isalpha() else char for char in text
    )


def leet(text: str, chance: random.Random) -> str:
    """Digits and signs for half of the letters that they look like, one for each."""
    signs = {letter: chance.choice(several) for letter, several in _LEET.items()}
    return _each(text, chance, 0.5, lambda char: signs.get(char, char))


def spaced(text: str, chance: random.Random) -> str:
    """Every letter apart, words by a wider space."""
    return "   ".join(_inside(word, lambda: " ") for word in text.split())


def dotted(text: str, chance: random.Random) -> str:
    """Points, hyphens, stars or underscores between the letters of each word."""
    sign = chance.choice(".-*_")
    return _inside(text, lambda: sign)


def repeated(text: str, chance: random.Random) -> str:
    """Some letters held down."""
    return _each(text, chance, 0.3, lambda char: char * 4 if char.isalpha() else char)


def unspaced(text: str, chance: random.Random) -> str:
    """All words run together."""
    return "".join(text.split())


def glued(text: str, chance: random.Random) -> str:
    """Emoji instead of spaces."""
    return "".join(
        word + (chance.choice(_EMOJI) if at else "")
        for at, word in reversed(list(enumerate(reversed(text.split()))))
    )


def mistyped(text: str, chance: random.Random) -> str:
    """One slip of the finger in every third word of four letters or more."""
    words = text.split()
    long = [at for at, word in enumerate(words) if len(clusters(word)) > 3]
    for at in chance.sample(long, -(-len(long) // 3)):
        words[at] = _slip(clusters(words[at]), chance)
    return " ".join(words)


def _slip(letters: list[str], chance: random.Random) -> str:
    """Leave a letter out, write it twice, take its neighbour on the keyboard, or swap two."""
    at = chance.randrange(1, len(letters) - 1)
    match chance.choice(["less", "twice", "beside", "swapped"]):
        case "less":
            letters[at : at + 1] = []
        case "twice":
            letters[at : at + 1] = [letters[at]] * 2
        case "beside":
            letters[at] = chance.choice(_BESIDE.get(letters[at], letters[at - 1]))
        case _:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def overridden(text: str, chance: random.Random) -> str:
    """Written backwards under a direction override, which shows it forwards."""
    return f"\u202e{text[::-1]}\u202c"


def isolated(text: str, chance: random.Random) -> str:
    """Every word between direction controls that change nothing to the eye."""
    pairs = ("\u2066\u2069", "\u2068\u2069", "\u202a\u202c", "\u200e\u200e", "\u200f\u200f")
    return " ".join(
        f"{pair[0]}{word}{pair[1]}" for word in text.split() for pair in [chance.choice(pairs)]
    )


def shouted(text: str, chance: random.Random) -> str:
    """Capitals, some of them only."""
    return text.upper() if chance.random() < 0.5 else _each(text, chance, 0.5, str.upper)


def otherwise_written(text: str, chance: random.Random) -> str:
    """Letters of other keyboards: Arabic for Urdu, marks and nuktas left out or put."""
    return _each(text, chance, 0.7, lambda char: char.translate(_WRITTEN))


ALL: dict[str, Change] = {
    made.__name__: made
    for made in (
        *(invisible, tagged, filled, homoglyphs, full_width, mathematical, circled),
        *(small_capitals, zalgo, leet, spaced, dotted, repeated, unspaced, glued),
        *(mistyped, overridden, isolated, shouted, otherwise_written),
    )
}


def changed(texts: Iterable[str], name: str) -> list[tuple[str, str]]:
    """Return the texts that a transform changes, each beside what it makes; always the same."""
    pairs = [(text, ALL[name](text, random.Random(zlib.crc32(text.encode())))) for text in texts]  # noqa: S311 - reproducible, no secret
    return [(text, made) for text, made in pairs if text != made]
