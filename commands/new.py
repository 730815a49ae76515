"""`bot.py new`: the file of a new entry, with hints, for a writer to fill in."""

import argparse
import sys

from pydantic import ValidationError

from commands.tools import Failure, Here
from faq import edit, load, template
from faq.entry import Entry, Kind
from reception import utc_now
from yamlfile import sentence_of

# An entry of these kinds has nowhere else to stand.
USUAL = {Kind.MYTH: "myths", Kind.SERVICE: "service"}


def act(options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    topics = load.topics(here.places.faq)
    _check_id(options.id)
    if options.topic is not None and options.topic not in topics:
        msg = f"there is no heading {options.topic}; known are {', '.join(topics)}"
        raise Failure(msg)
    path = here.places.faq / "entries" / f"{options.id}.yaml"
    if path.exists():
        msg = f"{path} is there already: edit it, or choose another id"
        raise Failure(msg)
    usual = USUAL.get(options.kind)
    topic = options.topic or (usual if usual in topics else None)
    try:
        made = template.filled(options.id, options.kind, topic, topics, utc_now().date())
        edit.write({path: made})
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise Failure(msg) from None
    sys.stdout.write(
        f"{path}\n"
        "Fill it in with a text editor, then: bot.py check\n"
        "It is a draft and not served until review.by says otherwise than draft.\n"
    )
    return 0


def _check_id(id_: str) -> None:
    try:
        Entry.model_validate({"id": id_})
    except ValidationError as error:
        for item in error.errors(include_url=False):
            if item["loc"] == ("id",):
                sentence = sentence_of(item["type"], item.get("ctx") or {}, item)
                msg = f"the id {id_[:60]!r} {sentence}, like fever-adult-care"
                raise Failure(msg) from None
