"""parse_mode HTML into text and entities, with Telegram's complaints (tdlib, MessageEntity.cpp)."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from fakes.bot_api.entities import Entity, Text, units
from fakes.bot_api.refusals import RefusalError, bad_request

_KINDS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
# Only these four names and numbers are decoded; any other stays as written (Bot API, HTML style).
_ESCAPE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(
    r"\s*([^\s=>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.-]+)(?=[\s>])))?"
)
_LINK = re.compile(
    r"tg://\S+|(?:https?://)?[^\s/:?#.]+(?:\.[^\s/:?#.]+)+(?:[:/?#]\S*)?", re.IGNORECASE
)


def cannot_parse(problem: str) -> RefusalError:
    """Return the refusal of a text whose mark-up is broken."""
    sentence = f"can't parse entities: {problem}"
    return bad_request(sentence)


def from_html(source: str) -> Text:
    """Return what a person sees of an HTML text.

    Raises:
        RefusalError: A tag is unknown, unclosed or in the wrong order; the offset is in bytes.
    """
    return _Reader(source).read()


def text_link(url: str) -> Entity | None:
    """Return the entity of a link, None where Telegram drops the link without a word."""
    if person := re.fullmatch(r"tg://user\?id=(\d+)", url):
        user = {"id": int(person[1]), "is_bot": False, "first_name": ""}
        return {"type": "text_mention", "user": user}
    return {"type": "text_link", "url": url} if is_link(url) else None


def is_link(url: str) -> bool:
    """Tell whether Telegram takes it for an address: a scheme may be missing, a dot may not.

    So http://localhost is none (tdlib, LinkManager::check_link: "Wrong HTTP URL").
    """
    return bool(_LINK.fullmatch(url))


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    starts: int  # in the text made so far, in characters


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._plain = ""
        self._open: list[_Open] = []
        self._entities: list[Entity] = []

    def read(self) -> Text:
        while self._at < len(self._source):
            if escape := _ESCAPE.match(self._source, self._at):
                self._plain += unescape(escape[0])
                self._at = escape.end()
            elif self._source.startswith("</", self._at):
                self._end_tag()
            elif self._source[self._at] == "<":
                self._start_tag()
            else:
                self._plain += self._source[self._at]
                self._at += 1
        if self._open:
            problem = f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"'
            raise cannot_parse(problem)
        return Text(self._plain, sorted(self._entities, key=lambda e: (e["offset"], -e["length"])))

    def _offset(self) -> str:
        return f"at byte offset {len(self._source[: self._at].encode())}"

    def _start_tag(self) -> None:
        name = _NAME.match(self._source, self._at + 1)
        if name is None or name.end() == len(self._source):
            problem = f"Unclosed start tag {self._offset()}"
            raise cannot_parse(problem)
        tag = name[0].lower()
        if tag not in _KINDS:
            problem = f'Unsupported start tag "{tag}" {self._offset()}'
            raise cannot_parse(problem)
        attributes, end = self._attributes(tag, name.end())
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            problem = f'Tag "span" must have class "tg-spoiler" {self._offset()}'
            raise cannot_parse(problem)
        self._open.append(_Open(tag, attributes, len(self._plain)))
        self._at = end

    def _attributes(self, tag: str, at: int) -> tuple[dict[str, str], int]:
        attributes: dict[str, str] = {}
        while True:
            at += len(self._source[at:]) - len(self._source[at:].lstrip())
            if self._source.startswith(">", at):
                return attributes, at + 1
            found = _ATTRIBUTE.match(self._source, at)
            if found is None and at < len(self._source):
                problem = f'Empty attribute name in the tag "{tag}" {self._offset()}'
                raise cannot_parse(problem)
            if found is None or found.end() == len(self._source):
                problem = f"Unclosed start tag {self._offset()}"
                raise cannot_parse(problem)
            value = next((part for part in found.groups()[1:] if part is not None), "")
            attributes[found[1].lower()] = unescape(value)
            at = found.end()

    def _end_tag(self) -> None:
        name = _NAME.match(self._source, self._at + 2)
        if not self._open or name is None:
            problem = f"Unexpected end tag {self._offset()}"
            raise cannot_parse(problem)
        end = (
            name.end() + len(self._source[name.end() :]) - len(self._source[name.end() :].lstrip())
        )
        if not self._source.startswith(">", end):
            problem = f"Unclosed end tag {self._offset()}"
            raise cannot_parse(problem)
        opened = self._open[-1]
        if name[0] and name[0].lower() != opened.tag:
            problem = (
                f"Unmatched end tag {self._offset()}, "
                f'expected "</{opened.tag}>", found "</{name[0]}>"'
            )
            raise cannot_parse(problem)
        self._open.pop()
        self._close(opened)
        self._at = end + 1

    def _close(self, opened: _Open) -> None:
        inside = self._plain[opened.starts :]
        entity = self._entity(opened, inside)
        if not inside or entity is None:
            return
        place = {"offset": units(self._plain[: opened.starts]), "length": units(inside)}
        self._entities.append(entity | place)

    def _entity(self, opened: _Open, inside: str) -> dict[str, Any] | None:
        match opened.tag:
            case "a":
                return text_link(opened.attributes.get("href", inside))
            case "tg-emoji":
                emoji_id = opened.attributes.get("emoji-id", "")
                return {"type": "custom_emoji", "custom_emoji_id": emoji_id}
            case "blockquote" if "expandable" in opened.attributes:
                return {"type": "expandable_blockquote"}
            case tag:
                return {"type": _KINDS[tag]}
