"""Read YAML that people write: every mistake at once, each with its file, line and key.

Unlike plain YAML 1.1, only `true` and `false` are truth values (so `on:`, `no` and `yes` stay
words), a key that stands twice is a mistake, and anchors are refused.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]

MOST_BYTES = 1_000_000
MOST_DEPTH = 40


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file, as its writer wants to read it."""

    file: str
    line: int
    key: str
    sentence: str
    warning: bool = False

    def __str__(self) -> str:
        """Return `file:line: key: sentence`."""
        key = f"{self.key}: " if self.key else ""
        return f"{self.file}:{self.line}: {key}{self.sentence}"


class ProblemsError(Exception):
    """One or more files cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems, in order of file and line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Strict(BaseModel):
    """The base of what is read from files: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, serialize_by_alias=True
    )


_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]  # the fast parser where libyaml is there
    """YAML with the truth values of YAML 1.2 and no anchors."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in _Parser.yaml_implicit_resolvers.items()
}


def _day(loader: Any, node: yaml.ScalarNode) -> Any:
    """Read a date; a day that does not exist stays text, and its key says what is wrong."""
    try:
        return _Parser.construct_yaml_timestamp(loader, node)
    except ValueError:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _day)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])


class Document:
    """One YAML file: its value, and the line on which each key stands."""

    def __init__(self, path: Path, shown: str | None = None) -> None:
        """Read and parse the file.

        Args:
            path: Where it is.
            shown: The name to use in problems; the path itself when not given.

        Raises:
            ProblemsError: It cannot be read, or is not YAML.
        """
        self.shown = shown or str(path)
        self._lines: dict[Place, int] = {}
        self._problems: list[Problem] = []
        text = self._text(path)
        self._survey(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                self._walk(node, ())
            self.value: Any = loader.construct_document(node) if node is not None else None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._fail(line, f"not YAML: {error.problem or 'it cannot be read'}")
        except Exception as error:  # noqa: BLE001 - on odd values the parser fails in many ways
            self._fail(1, f"not YAML: {type(error).__name__}")
        finally:
            loader.dispose()
        if self._problems:
            raise ProblemsError(self._problems)

    def _text(self, path: Path) -> str:
        try:
            raw = path.read_bytes()
        except OSError as error:
            self._fail(1, f"cannot be read: {error.strerror}")
        if len(raw) > MOST_BYTES:
            self._fail(1, f"{len(raw):,} bytes, at most {MOST_BYTES:,}")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self._fail(line, "not UTF-8: save the file with the encoding UTF-8")

    def _survey(self, text: str) -> None:
        """Refuse what would overflow the parser's stack or stand for gigabytes."""
        depth = 0
        try:
            for event in yaml.parse(text, Loader=_Loader):
                if isinstance(event, yaml.CollectionStartEvent):
                    depth += 1
                elif isinstance(event, yaml.CollectionEndEvent):
                    depth -= 1
                line = event.start_mark.line + 1 if event.start_mark else 1
                if depth > MOST_DEPTH:
                    self._fail(line, f"not YAML: nested more than {MOST_DEPTH} deep")
                if getattr(event, "anchor", None):
                    self._fail(line, "holds an anchor or alias (& or *): write the text out")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._fail(line, f"not YAML: {error.problem or 'it cannot be read'}")
        except yaml.YAMLError as error:
            self._fail(1, f"not YAML: {type(error).__name__}")

    def _fail(self, line: int, sentence: str) -> NoReturn:
        raise ProblemsError([Problem(self.shown, line, "", sentence)]) from None

    def _walk(self, node: yaml.Node, place: Place) -> None:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                inner = (*place, name)
                self._lines[inner] = key.start_mark.line + 1
                if name in seen:
                    self._note(inner, "stands twice")
                seen.add(name)
                self._walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._walk(value, (*place, number))

    def _note(self, place: Place, sentence: str) -> None:
        self._problems.append(self.problem(place, sentence))

    def line(self, place: Place) -> int:
        """Return the line of a key, or of the nearest one around it; 1-based."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def problem(self, place: Place, sentence: str, *, warning: bool = False) -> Problem:
        """Make a problem of this file at a place."""
        key = ".".join(map(str, place))
        return Problem(self.shown, self.line(place), key, sentence, warning)

    def model(self, model: type[Model]) -> Model:
        """Return the file's value as a model.

        Raises:
            ProblemsError: With every mistake of the file.
        """
        if not isinstance(self.value, dict):
            sentence = "empty" if self.value is None else "must be keys with values"
            raise ProblemsError([self.problem((), sentence)])
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            raise ProblemsError(list(self._translate(error))) from None

    def _translate(self, error: ValidationError) -> Iterator[Problem]:
        items = error.errors(include_url=False, include_input=True)
        for item in items:
            own = item["loc"]
            # A list whose only row is wrong is not too short as well.
            inner = any(len(o["loc"]) > len(own) and o["loc"][: len(own)] == own for o in items)
            if item["type"] == "too_short" and inner:
                continue
            place = self._known(item["loc"])
            yield self.problem(place, sentence_of(item["type"], item.get("ctx") or {}, item))

    def _known(self, place: Place) -> Place:
        """Drop what pydantic adds to a place (names of types in unions), keep missing keys."""
        known: Place = ()
        for number, part in enumerate(place):
            if part == "[key]":
                continue
            # A key that is a number is filed as it is written.
            written = next((p for p in (part, str(part)) if (*known, p) in self._lines), part)
            if (*known, written) in self._lines or number == len(place) - 1:
                known = (*known, written)
        return known


_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "string_type": "must be text (put it in quotes)",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be keys with values",
    "model_type": "must be keys with values",
    "model_attributes_type": "must be keys with values",
    "date_type": "must be a date like 2026-11-20",
    "date_parsing": "must be a date like 2026-11-20",
    "date_from_datetime_parsing": "must be a date like 2026-11-20",
    "date_from_datetime_inexact": "must be a date without a time",
    "url_parsing": "must be an address like https://…",
    "url_type": "must be an address like https://…",
    "too_short": "must have at least {min_length}",
    "too_long": "has more than {max_length}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}


def sentence_of(kind: str, context: dict[str, Any], item: Any) -> str:
    """Say a pydantic error in a sentence; kinds we do not know keep the library's words."""
    if kind == "value_error":
        return str(context.get("error", item["msg"]))
    if kind == "string_pattern_mismatch":
        return "must be lower-case letters and digits, joined by hyphens"
    pattern = _SENTENCES.get(kind)
    return pattern.format(**context) if pattern else str(item["msg"])
