"""The file of a new entry, with hints for its writer: `template.yaml`, begun to be filled in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from faq import splice
from faq.entry import Kind
from text import Language

FILE = Path(__file__).with_name("template.yaml")
REVIEW_EVERY = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a draft in one language begins with; an empty question is left to the writer."""

    question: str
    wordings: tuple[str, ...]


def filled(  # noqa: PLR0913, PLR0917 - what a draft begins with
    id_: str,
    kind: Kind,
    topic: str | None,
    topics: Sequence[str],
    today: date,
    texts: Mapping[Language, Begun] | None = None,
) -> str:
    """Return the file of a new draft.

    Args:
        id_: Of the entry.
        kind: What it is.
        topic: The heading; None leaves it to the writer.
        topics: The headings that there are, for the hint.
        today: From when the review counts.
        texts: What is known of which languages; the blocks of the others, but for English, are
            left out.  None leaves all as they are.
    """
    made = FILE.read_text("utf-8")
    made = splice.put(made, ("id",), id_)
    made = splice.put(made, ("kind",), kind.value)
    if topic:
        made = splice.put(made, ("topic",), topic)
    if kind is Kind.SERVICE:
        made = splice.put(made, ("sources",), [])
    made = splice.put(made, ("review", "on"), today)
    made = splice.put(made, ("review", "due"), today + REVIEW_EVERY)
    for language in Language if texts is not None else ():
        begun = (texts or {}).get(language)
        if begun is None and language is not Language.EN:
            made = without(made, language)
        elif begun is not None:
            made = splice.put(made, ("texts", language.value, "question"), begun.question)
            made = splice.put(made, ("texts", language.value, "wordings"), begun.wordings)
    return made.rstrip().replace("TOPICS", ", ".join(topics)) + "\n"


def without(made: str, language: Language) -> str:
    """Return the file without the block of a language, and the comment above it."""
    block = rf"\n*^  # [^\n]*\n  {language}:\n(?:    [^\n]*\n?|\n)*"
    return re.sub(block, "\n\n", made, count=1, flags=re.MULTILINE)
