"""The cleaned views of a message that rules look at.  For detection only: never shown or stored."""

import re
import unicodedata

import text as reading

# Letters of other scripts that look like Latin ones; the usual disguises, by eye.
_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs ԁd һh ԛq ԝw ьb кk вb мm нh тt гr αa εe ρp τt υu νv ιi οo κk χx βb "
    "ηn ωw ɑa ɡg ɩi ʏy ɴn ʀr ʙb ʜh ʟl ᴀa ᴄc ᴅd ᴇe ɢg ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz ꜱs ıi łl øo ðd"
)
_LOOKALIKES = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
_LEET = str.maketrans("01345789@$!|+", "oleastbgasiit")
_LETTER_AND_SIGN = re.compile(r"(?=\S*[a-z])(?=\S*[0134578@$!|+])\S+")
_SINGLES = re.compile(r"(?:(?<=\s)|^)(?:[^\W\d_][\s.\-_*]+){3,}[^\W\d_](?=\s|$)")
_RUNS = re.compile(r"([^\W\d_])\1+")
_INSIDE = re.compile(r"(?<=[^\W\d_])[.\-_*·•]+(?=[^\W\d_])")

# Romanised Hindi and Urdu have no fixed spelling; these pairs are written for each other.
_ROMAN = (
    ("chh", "ch"),
    ("ee", "i"),
    ("oo", "u"),
    ("aa", "a"),
    ("ai", "e"),
    ("ay", "e"),
    ("ei", "e"),
    ("ey", "e"),
    ("au", "o"),
    ("ou", "o"),
    ("kh", "k"),
    ("gh", "g"),
    ("th", "t"),
    ("dh", "d"),
    ("bh", "b"),
    ("ph", "f"),
    ("sh", "s"),
    ("ck", "k"),
    ("q", "k"),
    ("w", "v"),
    ("z", "j"),
    ("x", "ks"),
)


def plain(message: str) -> list[str]:
    """Return folded words without apostrophes, doubled letters and look-alikes of Latin letters."""
    folded = " ".join(reading.words(message)).replace("'", "")
    if reading.script(folded) in (None, reading.Script.LATIN):
        folded = folded.translate(_LOOKALIKES)
    return _RUNS.sub(r"\1", folded).split()


def roman(message: str) -> list[str]:
    """Return the words as romanised Hindi and Urdu, with one spelling for each sound."""
    folded = " ".join(reading.words(message)).replace("'", "").translate(_LOOKALIKES)
    for written, said in _ROMAN:
        folded = folded.replace(written, said)
    return _RUNS.sub(r"\1", folded).split()


def disguised(message: str) -> list[str]:
    """Return what the message says under the usual disguises; only views that differ.

    Digits and signs for letters (su1c1de), letters set apart (s u i c i d e, s.u.i.c.i.d.e), and
    text that direction controls show in another order.
    """
    lower = unicodedata.normalize("NFKC", message).casefold()
    views = []
    if any(control in message for control in "\u202e\u202d\u2067"):
        views.append(lower[::-1])
    if _LETTER_AND_SIGN.search(lower):
        views.append(
            _LETTER_AND_SIGN.sub(lambda found: found.group().translate(_LEET), lower)
        )
    joined = _INSIDE.sub("", lower)
    if _SINGLES.search(joined):
        joined = _SINGLES.sub(lambda found: re.sub(r"[\W_]+", "", found.group()), joined)
    if joined != lower:
        views.append(joined)
    return views
