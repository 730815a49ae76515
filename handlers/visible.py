"""Text of others, safe to look at: what is invisible or turns lines around is shown.  Pure."""

import unicodedata
from html import escape

# Joiners shape letters of Hindi and Urdu and mean nothing else.
_KEPT = "\u200c\u200d"
_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _is_seen(sign: str) -> bool:
    return sign in _KEPT or sign.isspace() or unicodedata.category(sign) not in _SHOWN


def plain(text: str) -> str:
    """Return a text on one line, without what is invisible."""
    return " ".join("".join(filter(_is_seen, text)).split())


def visible(text: str, most: int) -> str:
    """Return a text on one line, what is invisible as ⟨U+202E⟩, cut to so many characters."""
    shown = "".join(sign if _is_seen(sign) else f"⟨U+{ord(sign):04X}⟩" for sign in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


def safe(text: str, most: int) -> str:
    """Return the same as HTML."""
    return escape(visible(text, most), quote=False)
