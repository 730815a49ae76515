"""The JSON Schema that editors use is the model's, and says what the checker says."""

import copy
import json
from typing import Any

import jsonschema
import pytest
import yaml

from faq.schema import FILE, text
from workshop import FAQ

SCHEMA = json.loads(FILE.read_text("utf-8"))
ENTRIES = sorted((FAQ / "entries").glob("*.yaml"))


def read(name: str) -> Any:
    """Return an entry as an editor reads it: days are text."""
    return yaml.load((FAQ / "entries" / name).read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - makes only text


def wrong(entry: Any) -> list[str]:
    """Return where an editor underlines."""
    checker = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    return sorted(".".join(map(str, error.absolute_path)) for error in checker.iter_errors(entry))


def test_the_file_is_current() -> None:
    """`python -m faq.schema > faq/entry.schema.json` makes it anew."""
    assert text() == FILE.read_text("utf-8")


def test_every_key_has_help() -> None:
    """What an editor shows beside a key."""
    models = (SCHEMA, *SCHEMA["$defs"].values())
    keys = [(name, key) for model in models for name, key in model.get("properties", {}).items()]

    assert [] == [name for name, key in keys if not key.get("description")]


def test_no_starter_entry_is_underlined() -> None:
    """The model and the schema agree on all of them."""
    assert {} == {path.name: found for path in ENTRIES if (found := wrong(read(path.name)))}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda entry: entry.pop("kind"), ""),
        (lambda entry: entry.update(kind="story"), "kind"),
        (lambda entry: entry.update(topic="no-such-heading"), "topic"),
        (lambda entry: entry.update(id="Malaria Spread"), "id"),
        (lambda entry: entry.update(relatde=[]), ""),
        (lambda entry: entry["review"].update(due="soon"), "review.due"),
        (lambda entry: entry["texts"].update(fr={}), "texts"),
        (lambda entry: entry["texts"]["hi"].pop("answer"), "texts.hi"),
        (lambda entry: entry["sources"][0].update(link="x"), "sources.0"),
    ],
    ids=["missing", "kind", "topic", "id", "misspelt", "day", "language", "answer", "source"],
)
def test_a_mistake_is_underlined(change: Any, place: str) -> None:
    """At its place, while it is typed."""
    entry = copy.deepcopy(read("malaria-spread.yaml"))
    change(entry)

    assert place in wrong(entry)
