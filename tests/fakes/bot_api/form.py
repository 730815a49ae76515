"""The parameters of a call, however they were sent."""

import json
import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fakes.bot_api.refusals import bad_request
from fakes.bot_api.wire import Request
from python_multipart import parse_form
from python_multipart.multipart import Field, File

Structure = TypeVar("Structure", dict[str, Any], list[Any])

# What people read or write stays text, even when it looks like JSON.
_TEXT = {
    *("text", "caption", "name", "description", "short_description", "title", "first_name"),
    *("callback_query_id", "inline_query_id", "language_code", "parse_mode", "url", "action"),
    *("secret_token", "file_id", "photo", "document", "message_thread_id", "phone_number"),
}
_JSON = re.compile(r"\s*(?:[\[{].*|-?\d+|true|false)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters by name: numbers, booleans and JSON as Python values, and the files."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        return str(self.values.get(name, default))

    def integer(self, name: str, default: int = 0) -> int:
        value = self.values.get(name, default)
        # Telegram takes what is no number for the default
        return value if isinstance(value, int) else default

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in {"true", "yes", "1"}

    def mapping(self, name: str, what: str) -> dict[str, Any]:
        """Return a JSON object, {} when absent."""
        return self._structure(name, dict, what)

    def array(self, name: str, what: str) -> list[Any]:
        """Return a JSON array, [] when absent."""
        return self._structure(name, list, what)

    def _structure(self, name: str, kind: type[Structure], what: str) -> Structure:
        value = self.values.get(name) or kind()
        if isinstance(value, kind):
            return value
        sentence = f"can't parse {what} JSON object"
        raise bad_request(sentence)


def read(request: Request) -> Params:
    """Read query, urlencoded form, multipart form or JSON: Telegram takes all four."""
    params = Params()
    _add(params, parse_qsl(request.query, keep_blank_values=True))
    kind = request.content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        _read_multipart(request, params)
    elif kind == "application/json" and request.body:
        params.values.update(json.loads(request.body))
    elif kind == "application/x-www-form-urlencoded":
        _add(params, parse_qsl(request.body.decode(), keep_blank_values=True))
    return params


def _read_multipart(request: Request, params: Params) -> None:
    def on_field(part: Field) -> None:
        _add(params, [((part.field_name or b"").decode(), (part.value or b"").decode())])

    def on_file(part: File) -> None:
        part.file_object.seek(0)
        name = (part.file_name or b"file").decode()
        upload = Upload(name, part.content_type or "", part.file_object.read())
        part.close()
        params.files[(part.field_name or b"").decode()] = upload

    headers = {"Content-Type": request.content_type.encode("latin-1")}
    parse_form(headers, BytesIO(request.body), on_field, on_file)


def _add(params: Params, pairs: list[tuple[str, str]]) -> None:
    for name, value in pairs:
        params.values[name] = value if name in _TEXT else _loaded(value)


def _loaded(value: str) -> Any:
    if not _JSON.fullmatch(value):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
