"""parse_mode MarkdownV2 into text and entities: the simple forms (Bot API, MarkdownV2 style)."""

import re

from fakes.bot_api.entities import Entity, Text, units
from fakes.bot_api.markup import cannot_parse, text_link

_RESERVED = set("_*[]()~`>#+-=|{}.!")
_MARKS = (
    ("||", "spoiler", "Spoiler"),
    ("__", "underline", "Underline"),
    ("*", "bold", "Bold"),
    ("_", "italic", "Italic"),
    ("~", "strikethrough", "Strikethrough"),
)
_NAMES = {kind: name for _, kind, name in _MARKS} | {"text_link": "TextUrl"}
_CODE = re.compile(r"```(?:([\w+-]+)\n)?\n?(.*?)```|`([^`]+)`", re.DOTALL)
_LINK_END = re.compile(r"\]\(((?:\\.|[^)\\])*)\)")


def from_markdown(source: str) -> Text:
    """Return what a person sees of a MarkdownV2 text.

    Raises:
        RefusalError: A reserved character stands unescaped, or an entity has no end.
    """
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._plain = ""
        self._open: list[tuple[str, int, int]] = []  # kind, start in the text, place in the source
        self._entities: list[Entity] = []

    def read(self) -> Text:
        while self._at < len(self._source):
            if not (self._escape() or self._code() or self._link() or self._mark()):
                self._plain += self._source[self._at]
                self._at += 1
        if self._open:
            kind, _, place = self._open[-1]
            offset = len(self._source[:place].encode())
            problem = f"Can't find end of {_NAMES[kind]} entity at byte offset {offset}"
            raise cannot_parse(problem)
        return Text(self._plain, sorted(self._entities, key=lambda e: (e["offset"], -e["length"])))

    def _escape(self) -> bool:
        following = self._source[self._at + 1 : self._at + 2]
        if self._source[self._at] != "\\" or not following or ord(following) > 126:
            return False
        self._plain += following
        self._at += 2
        return True

    def _code(self) -> bool:
        found = _CODE.match(self._source, self._at)
        if found is None:
            return False
        language, block, inline = found.groups()
        starts = len(self._plain)
        self._plain += re.sub(r"\\([`\\])", r"\1", inline if inline is not None else block)
        self._add({"type": "code" if inline is not None else "pre"}, starts)
        if language and self._entities:
            self._entities[-1]["language"] = language
        self._at = found.end()
        return True

    def _link(self) -> bool:
        if self._source[self._at] == "[":
            self._begin("text_link", 1)
            return True
        end = _LINK_END.match(self._source, self._at)
        if end is None or not self._open or self._open[-1][0] != "text_link":
            return False
        _, starts, _ = self._open.pop()
        link = text_link(re.sub(r"\\(.)", r"\1", end[1]))
        if link is not None:
            self._add(link, starts)
        self._at = end.end()
        return True

    def _mark(self) -> bool:
        for mark, kind, _ in _MARKS:
            if self._source.startswith(mark, self._at):
                if self._open and self._open[-1][0] == kind:
                    self._add({"type": kind}, self._open.pop()[1])
                    self._at += len(mark)
                else:
                    self._begin(kind, len(mark))
                return True
        character = self._source[self._at]
        if character in _RESERVED:
            problem = (
                f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
            )
            raise cannot_parse(problem)
        return False

    def _begin(self, kind: str, length: int) -> None:
        self._open.append((kind, len(self._plain), self._at))
        self._at += length

    def _add(self, entity: Entity, starts: int) -> None:
        inside = self._plain[starts:]
        if inside:
            place = {"offset": units(self._plain[:starts]), "length": units(inside)}
            self._entities.append(entity | place)
