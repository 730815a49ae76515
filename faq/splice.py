"""Put values into the text of a YAML file and leave the rest of it as it is.  Pure.

A value is replaced where it stands, so comments, order, indentation and quotes stay as their
writer left them.  ruamel.yaml was tried: it drops comments of lists that get shorter, and gives a
file that is indented in another way, or wraps a list in brackets, back with other lines changed.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import NamedTuple, TypeAlias

import yaml

from text import Language
from yamlfile import Place

Value: TypeAlias = "str | date | Sequence[Value] | Mapping[str, Value]"
_Edit = tuple[int, int, str]
"""Where it begins and ends in the old text, and what stands there instead."""

_ORDER = (
    *("id", "kind", "topic", "related", "sources", "review", "texts"),
    *("question", "from", "wordings", "answer"),
    *("publisher", "title", "url", "checked", "by", "on", "due"),
)
_IN_ONE_LINE = ("related", "review")
_STEP = 2
_COMMA = re.compile(r"(?:\s|#[^\n]*\n)*,")
_INDICATOR = re.compile(r"[|>][-+0-9]*")


# ---- how a value is written


def _rank(place: Place, key: str) -> int:
    """Return where the house style has a key; the language `id` is not the key `id`."""
    if place == ("texts",) and key in set(Language):
        return list(Language).index(Language(key))
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def _reads(written: str, text: str, *, flow: bool) -> bool:
    """Tell whether a scalar, as written, is read as the text wherever it may stand."""
    frames: tuple[tuple[str, object], ...] = (("- {0}", [text]), ("k: {0}", {"k": text}))
    if flow:
        frames = (("[{0}, {0}]", [text, text]), ("{{k: {0}, l: {0}}}", {"k": text, "l": text}))
    return "\n" not in written and all(
        _read(frame.format(written)) == expected for frame, expected in frames
    )


def _read(written: str) -> object:
    try:
        return yaml.safe_load(written + "\n")
    except (yaml.YAMLError, ValueError):  # a day that does not exist is a ValueError
        return None


def _scalar(value: Value, *, flow: bool, style: str | None = None) -> str:
    """Write a text in one line, plain if it can be, or a date.

    YAML 1.1 takes more for numbers and truth values than our loader: what is plain for both is.
    """
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    single = "'" + text.replace("'", "''") + "'"
    double = json.dumps(text, ensure_ascii=False)
    # It escapes whatever a YAML file may not hold, but every emoji as well.
    escaped = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).strip()
    ways = {"'": [single, double], '"': [double]}.get(style or "", [text, double])
    return next((way for way in ways if _reads(way, text, flow=flow)), escaped)


def _block(text: str, columns: int) -> list[str] | None:
    """Write a text as the lines of a block scalar, or return None if such a block can't hold it."""

    def lines(columns: int) -> list[str]:
        return [" " * columns + line if line else "" for line in text.split("\n")]

    read = _read("\n".join(["k: |", *lines(_STEP)]))
    return lines(columns) if read == {"k": text + "\n"} else None


def _flow(value: Value, key: str = "") -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_flow(v, k)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value, flow=True, style='"' if key == "url" else None)


def _render(
    value: Value, key: str, indent: int, style: str | None = None, body: int | None = None
) -> tuple[str, list[str]]:
    """Return what stands on the line of a key, and the lines below it.

    Args:
        value: What to write.
        key: The key; some have a style of their own.
        indent: Columns before the key.
        style: The style of the scalar that stood there.
        body: Columns before the lines of a block scalar, if it had any.
    """
    inner = indent + _STEP
    if isinstance(value, Mapping):
        if key in _IN_ONE_LINE or not value:
            return _flow(value), []
        return "", _mapping_lines(value, inner)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if key in _IN_ONE_LINE or not value:
            return _flow(value), []
        return "", [line for item in value for line in _item_lines(item, inner)]
    # An item of a list (it has no key) would get a line end more as a block.
    block = style in ("|", ">") or key == "answer" or "\n" in str(value)
    if isinstance(value, str) and key and block:
        lines = _block(value, body or inner) if value else None
        if lines:
            return "|", lines
    style = '"' if key == "url" else None if style in ("|", ">") else style
    return _scalar(value, flow=False, style=style), []


def _mapping_lines(value: Mapping[str, Value], indent: int) -> list[str]:
    return [line for key, inner in value.items() for line in _key_lines(key, inner, indent)]


def _key_lines(key: str, value: Value, indent: int) -> list[str]:
    head, body = _render(value, key, indent)
    return [f"{' ' * indent}{key}:{' ' if head else ''}{head}", *body]


def _item_lines(value: Value, indent: int) -> list[str]:
    dash = " " * indent + "- "
    if isinstance(value, Mapping) and value:
        first, *more = _mapping_lines(value, indent + _STEP)
        return [dash + first.lstrip(" "), *more]
    collection = isinstance(value, Sequence | Mapping) and not isinstance(value, str)
    return [dash + (_flow(value) if collection else _scalar(value, flow=False))]


# ---- where a value stands


class _Spot(NamedTuple):
    """Where a value stands.

    Attributes:
        place: The keys that lead there.
        key: The last of them; empty for an item of a list.
        after: Where the colon behind the key ends; -1 for an item.
        indent: Columns before the key, or before the dash.
        flow: Whether it stands in brackets.
    """

    place: Place
    key: str
    after: int
    indent: int
    flow: bool


def root(text: str) -> yaml.Node:
    """Return the node of the whole text.

    Raises:
        yaml.YAMLError: It is no YAML, or holds nothing.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        msg = "holds nothing"
        raise yaml.YAMLError(msg)
    return node


def put(text: str, place: Place, value: Value) -> str:
    """Return the text with a value at a place; see `faq.edit.Editable.set`.

    Args:
        text: Keys with values; its line ends are line feeds.
        place: The keys that lead to the value.
        value: What shall stand there.

    Raises:
        KeyError: The place leads through a list that is shorter, or through a text.
    """
    return _Page(text).put(place, _trimmed(value))


def written(value: Mapping[str, Value]) -> str:
    """Return the text of a new file, in the house style."""
    return "".join(f"{line}\n" for line in _mapping_lines(value, 0))


def _same(node: yaml.Node) -> object:
    """Return a node's value for comparing with `_wanted`: all scalars as stripped text."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _same(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_same(value) for value in node.value]
    return str(node.value).strip()


def _wanted(value: Value) -> object:
    if isinstance(value, Mapping):
        return {key: _wanted(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_wanted(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value.strip()


class _Page:
    """The text of one file (line ends are line feeds), and the changes to it."""

    def __init__(self, text: str) -> None:
        self.text = text if text.endswith("\n") else text + "\n"
        self.root = root(self.text)

    def put(self, place: Place, value: Value) -> str:
        """Return the text with a value at a place."""
        edits = sorted(self._set(place, value), key=lambda edit: edit[:2])
        made, done = [], 0
        for start, end, new in edits:
            made += [self.text[done:start], new]
            done = end
        return "".join([*made, self.text[done:]])

    def _set(self, place: Place, value: Value) -> Iterator[_Edit]:
        node, after, key, indent = self.root, 0, "", -_STEP
        flow = False
        for depth, part in enumerate(place):
            flow = flow or bool(getattr(node, "flow_style", False))
            if isinstance(node, yaml.MappingNode) and node.value:
                pair = next(((k, v) for k, v in node.value if k.value == part), None)
                if pair is None:
                    nested = _nested(place[depth + 1 :], value)
                    yield self._added(node, place[:depth], str(part), nested)
                    return
                after, key, indent = self._after(pair[0]), str(part), pair[0].start_mark.column
                node = pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                if part >= len(node.value):
                    raise KeyError(place)
                after, key, indent = -1, "", node.start_mark.column
                node = node.value[part]
            elif not node.value:
                value, place = _nested(place[depth:], value), place[:depth]
                break
            else:
                raise KeyError(place)
        yield from self._changed(node, value, _Spot(place, key, after, indent, flow))

    def _changed(self, node: yaml.Node, value: Value, spot: _Spot) -> Iterator[_Edit]:
        """Yield what turns a node into a value."""
        if _same(node) == _wanted(value) and not (node.value == "" and value != ""):
            return
        listed = isinstance(value, Sequence) and not isinstance(value, str)
        if isinstance(node, yaml.SequenceNode) and listed and node.value and value:
            yield from self._list(node, list(value), spot)  # type: ignore[arg-type]
        elif (
            isinstance(node, yaml.MappingNode)
            and isinstance(value, Mapping)
            and node.value
            and {key.value for key, _ in node.value} <= set(value)
        ):
            yield from self._mapping(node, value, spot)
        elif isinstance(node, yaml.CollectionNode) and not node.flow_style:
            yield from self._block_replaced(node, value, spot)
        else:
            yield self._inline_replaced(node, value, spot)

    def _mapping(
        self, node: yaml.MappingNode, value: Mapping[str, Value], spot: _Spot
    ) -> Iterator[_Edit]:
        pairs = {key.value: (key, inner) for key, inner in node.value}
        flow = spot.flow or bool(node.flow_style)
        for name in sorted(value, key=lambda name: _rank(spot.place, name)):
            if name in pairs:
                key, old = pairs[name]
                column = key.start_mark.column
                inner = _Spot((*spot.place, name), name, self._after(key), column, flow)
                yield from self._changed(old, value[name], inner)
            else:
                yield self._added(node, spot.place, name, value[name])

    def _added(self, node: yaml.MappingNode, place: Place, key: str, value: Value) -> _Edit:
        """Return a new key, behind the last one that the house style has before it."""
        rank = _rank(place, key)
        before = [v for k, v in node.value if _rank(place, k.value) <= rank]
        first = node.value[0][0].start_mark
        if node.flow_style:
            new = f"{key}: {_flow(value, key)}"
            where = self._end(before[-1]) if before else first.index
            return (where, where, f", {new}" if before else f"{new}, ")
        lines = "\n".join(_key_lines(key, value, first.column))
        if before:
            where = self._line_end(self._end(before[-1]))
            return (where, where, "\n" + lines)
        return (first.index, first.index, lines.lstrip(" ") + "\n" + " " * first.column)

    def _list(self, node: yaml.SequenceNode, value: list[Value], spot: _Spot) -> Iterator[_Edit]:
        items = node.value
        old = [repr(_same(item)) for item in items]
        new = [repr(_wanted(item)) for item in value]
        for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            pairs = min(i2 - i1, j2 - j1)
            for number in range(pairs):
                yield from self._item(node, i1 + number, value[j1 + number], spot)
            if i1 + pairs < i2:
                yield from self._items_removed(node, i1 + pairs, i2)
            if j1 + pairs < j2:
                yield self._items_added(node, i1 + pairs, value[j1 + pairs : j2])

    def _item(
        self, node: yaml.SequenceNode, number: int, value: Value, spot: _Spot
    ) -> Iterator[_Edit]:
        old = node.value[number]
        flow = spot.flow or bool(node.flow_style)
        column = node.start_mark.column
        collection = isinstance(value, Mapping | Sequence) and not isinstance(value, str)
        alike = isinstance(old, yaml.MappingNode) and isinstance(value, Mapping)
        if flow or (isinstance(old, yaml.ScalarNode) and not collection) or alike:
            inner = _Spot((*spot.place, number), "", -1, column, flow)
            yield from self._changed(old, value, inner)
            return
        lines = "\n".join(_item_lines(value, column))
        yield (self._dash(node, number), self._line_end(self._end(old)), lines)

    def _items_removed(self, node: yaml.SequenceNode, i1: int, i2: int) -> Iterator[_Edit]:
        items = node.value
        if not node.flow_style:
            for number in range(i1, i2):
                end = self._line_end(self._end(items[number])) + 1
                yield (self._dash(node, number), end, "")
            return
        if i2 < len(items):
            yield (items[i1].start_mark.index, items[i2].start_mark.index, "")
            return
        start, end = self._end(items[i1 - 1]), self._end(items[-1])
        # A comment behind the item before it stays, and with it the comma: one is enough.
        first = items[i1].start_mark.index
        if "#" in self.text[start:first]:
            comma = _COMMA.match(self.text, end)
            start, end = first, comma.end() if comma else end
        yield (start, end, "")

    def _items_added(self, node: yaml.SequenceNode, i1: int, value: list[Value]) -> _Edit:
        """Return new items that stand before item i1; i1 may be the end."""
        items = node.value
        if node.flow_style:
            new = ", ".join(map(_flow, value))
            where = self._end(items[i1 - 1]) if i1 else items[0].start_mark.index
            return (where, where, f", {new}" if i1 else f"{new}, ")
        lines = [line for item in value for line in _item_lines(item, node.start_mark.column)]
        if i1:
            where = self._line_end(self._end(items[i1 - 1]))
            return (where, where, "".join(f"\n{line}" for line in lines))
        where = self._dash(node, 0)
        return (where, where, "".join(f"{line}\n" for line in lines))

    def _block_replaced(self, node: yaml.Node, value: Value, spot: _Spot) -> Iterator[_Edit]:
        """Yield what puts a value in the place of a list or mapping over several lines."""
        head, body = _render(value, spot.key, spot.indent)
        start = self._line_start(node.start_mark.index)
        end = self._line_end(self._end(node)) + 1
        if spot.after < 0:
            lines = "".join(f"{line}\n" for line in _item_lines(value, spot.indent))
            yield (self._dash_before(node, spot.indent), end, lines)
            return
        if head:
            yield (spot.after, spot.after, f" {head}")
        if isinstance(node, yaml.SequenceNode) and not body:
            # Comments between the items stay.
            yield from self._items_removed(node, 0, len(node.value))
            return
        yield (start, end, "".join(f"{line}\n" for line in body))

    def _inline_replaced(self, node: yaml.Node, value: Value, spot: _Spot) -> _Edit:
        """Return what puts a value in the place of a scalar or of a list in brackets."""
        start, end = node.start_mark.index, self._end(node)
        if spot.flow:
            space = " " if start == end else ""
            style = getattr(node, "style", None)
            collection = isinstance(value, Mapping | Sequence) and not isinstance(value, str)
            new = _flow(value) if collection else _scalar(value, flow=True, style=style)
            return (start, end, space + new)
        style, body = getattr(node, "style", None), None
        rest = ""
        if style in ("|", ">"):
            # What follows the indicator on its line is a comment.
            line = self._line_end(start)
            found = _INDICATOR.match(self.text, start)
            rest = self.text[found.end() if found else start + 1 : line]
            body = self._body_indent(line, end)
        else:
            line = self._line_end(end)
            rest = self.text[end:line]
            end = line
        head, lines = _render(value, spot.key, spot.indent, style, body)
        kept = self.text[start - 1] if start else " "
        space = " " if head and kept == ":" else ""
        if not head:
            start = len(self.text[:start].rstrip(" \t"))
        rest = rest if rest.strip() else ""
        return (start, end, "".join([space, head, rest, *(f"\n{line}" for line in lines)]))

    def _body_indent(self, header_end: int, end: int) -> int | None:
        """Return the columns before the lines of a block scalar, or None if it has none."""
        lines = self.text[header_end:end].split("\n")
        return next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), None)

    def _end(self, node: yaml.Node) -> int:
        """Return where the content of a node ends, without what follows it."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        end: int = node.end_mark.index
        if getattr(node, "style", None) in ("|", ">"):
            # The parser's mark stands behind the empty lines that follow.
            content = self.text[node.start_mark.index : end].rstrip()
            return self._line_end(node.start_mark.index + len(content))
        return end

    def _after(self, key: yaml.Node) -> int:
        """Return where the colon behind a key ends."""
        return self.text.index(":", key.end_mark.index) + 1

    def _dash(self, node: yaml.SequenceNode, number: int) -> int:
        """Return the start of the line on which an item's dash stands."""
        return self._dash_before(node.value[number], node.start_mark.column)

    def _dash_before(self, item: yaml.Node, column: int) -> int:
        start = self._line_start(item.start_mark.index)
        while self.text[start + column] != "-":  # the item may begin below its dash
            start = self._line_start(start - 1)
        return start

    def _line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        return self.text.index("\n", index)


def _nested(place: Place, value: Value) -> Value:
    for part in reversed(place):
        value = {str(part): value}
    return value


def _trimmed(value: Value) -> Value:
    """Return a value whose texts have no spaces around them."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, date):
        return value
    if isinstance(value, Mapping):
        return {key: _trimmed(inner) for key, inner in value.items()}
    return [_trimmed(inner) for inner in value]
