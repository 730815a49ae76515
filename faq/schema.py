"""The JSON Schema of an entry's file, for completion and red underlines in editors.

python -m faq.schema > faq/entry.schema.json
"""

import json
import sys
from pathlib import Path
from typing import Any

from faq.entry import Entry
from faq.load import topics

FILE = Path(__file__).with_name("entry.schema.json")


def schema() -> dict[str, Any]:
    """Return the schema, with the headings that the phrases know."""
    made = Entry.model_json_schema(by_alias=True)
    made["$schema"] = "http://json-schema.org/draft-07/schema#"
    made["title"] = "An entry of the knowledge base"
    made["properties"]["topic"]["enum"] = topics(Path(__file__).parent)
    for model in (made, *made["$defs"].values()):
        # Docstrings are for programmers; each key says what a curator needs.
        model.pop("description", None)
        for key in model.get("properties", {}).values():
            key.pop("title", None)
    return made


def text() -> str:
    """Return the schema as its file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
