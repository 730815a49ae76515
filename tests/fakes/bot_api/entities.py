"""Text with its entities; offsets and lengths are UTF-16 code units (Bot API, MessageEntity)."""

import re
from dataclasses import dataclass, field
from typing import Any

Entity = dict[str, Any]

# Nothing is found inside these (Bot API, "Formatting options"; tdlib, MessageEntity.cpp).
_CLOSED = {"pre", "code", "text_link", "text_mention", "url", "mention", "bot_command", "email"}
_DOMAINS = "com|org|net|int|gov|edu|info|io|me|in|id|pk|ke|tz|ug|uk|de|health|app|dev"
_PATTERNS = (
    (
        "url",
        re.compile(
            rf"https?://[^\s<>\"]+|(?<![\w@.])(?:[\w-]+\.)+(?:{_DOMAINS})\b(?:/[^\s<>\"]*)?"
        ),
    ),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (
        "bot_command",
        re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/<>@])", re.ASCII),
    ),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z]\w{2,31}\b", re.ASCII)),
    ("hashtag", re.compile(r"(?<![\w#/])#(?=\w*[^\W\d])\w{1,255}")),
)


@dataclass(frozen=True, slots=True)
class Text:
    """What a person sees: the characters and how they are marked up."""

    plain: str
    entities: list[Entity] = field(default_factory=list)


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def trimmed(text: Text) -> Text:
    """Return the text without white space around it: Telegram cuts it off (fix_formatted_text)."""
    left = len(text.plain) - len(text.plain.lstrip())
    plain = text.plain.strip()
    length, shift = units(plain), units(text.plain[:left])
    kept = []
    for entity in text.entities:
        starts = max(entity["offset"] - shift, 0)
        ends = min(entity["offset"] - shift + entity["length"], length)
        if ends > starts:
            kept.append(entity | {"offset": starts, "length": ends - starts})
    return Text(plain, kept)


def linked(text: Text) -> Text:
    """Return the text with the commands, mentions, addresses and hashtags that Telegram finds."""
    found = [e for e in text.entities if e["type"] in _CLOSED]
    added: list[Entity] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text.plain):
            word = match[0].rstrip(".,:;!?)'\"") if kind == "url" else match[0]
            entity = {
                "type": kind,
                "offset": units(text.plain[: match.start()]),
                "length": units(word),
            }
            if not any(_overlap(entity, other) for other in found + added):
                added.append(entity)
    both = sorted([*text.entities, *added], key=lambda e: (e["offset"], -e["length"]))
    # 100 at most; Telegram drops the rest without a word (Bot API FAQ)
    return Text(text.plain, both[:100])


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"]
        and other["offset"] < one["offset"] + one["length"]
    )
