"""The types of the knowledge base: entries, phrases, the library of both.

An entry is one topic in up to five languages.  `docs/writing-entries.md` explains the file.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from pydantic import Field, field_validator, model_validator

from text import Language
from yamlfile import Strict

SAMPLE = "sample"
"""The value of `review.by` for text that no clinician has approved."""

ORGANISATION_FIELDS = (
    "phone",
    "email",
    "website",
    "address",
    "hours",
    "appointments",
    "records",
)
ALWAYS_FIELDS = ("organisation", "emergency")
ANSWER_FIELDS = frozenset(ORGANISATION_FIELDS + ALWAYS_FIELDS)

_FIELD = re.compile(r"\{([^{}]*)\}")


class Kind(StrEnum):
    """What an entry is: a common question, a rumour with its correction, the organisation's own."""

    FACT = "fact"
    MYTH = "myth"
    SERVICE = "service"


class Source(Strict):
    """A page that an answer rests on; `checked` is the day somebody last compared them."""

    publisher: str = Field(
        min_length=2,
        max_length=120,
        description="The health authority, e.g. World Health Organization.",
    )
    title: str = Field(min_length=2, max_length=200, description="The page's own title.")
    url: str = Field(max_length=500, description="The page's address, https://…")
    checked: date = Field(description="Day somebody last compared the answer with the page.")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(?:/\S*)?", url):
            msg = "must be an address like https://…"
            raise ValueError(msg)
        return url


class Review(Strict):
    """Who approved the entry, when, and when it is due again."""

    by: str = Field(
        min_length=2,
        max_length=120,
        description="Name of the clinician who approved; sample: nobody yet.",
    )
    on: date = Field(description="Day of the approval, like 2026-11-20.")
    due: date = Field(description="Day by which it is to be reviewed again.")

    @model_validator(mode="after")
    def _ordered(self) -> "Review":
        if self.due <= self.on:
            msg = "due must be later than on"
            raise ValueError(msg)
        return self


class Text(Strict):
    """An entry in one language.

    Attributes:
        question: As a polite neighbour would ask it; a myth's is the claim as it is forwarded.
        wordings: What people really type.
        answer: Plain text with fields like {emergency}.
        made_from: In a translation, `origin` of the English it was made from (key `from`).
    """

    question: str = Field(
        min_length=3,
        max_length=200,
        description="As a polite neighbour would ask it; a myth: the claim as it is forwarded.",
    )
    wordings: tuple[str, ...] = Field(
        (),
        description="What people really type: ten or more, Hindi and Urdu also in Latin letters.",
    )
    answer: str = Field(
        min_length=20,
        max_length=3500,
        description="40 to 120 words of plain text; the point first, lists with “- ” or “1. ”.",
    )
    made_from: str | None = Field(
        None,
        alias="from",
        description="In a translation: the mark of the English it was made from; `check` says it.",
    )

    @field_validator("wordings")
    @classmethod
    def _wordings(cls, wordings: tuple[str, ...]) -> tuple[str, ...]:
        for wording in wordings:
            if not 1 < len(wording) <= 300:  # noqa: PLR2004 - one letter says nothing
                msg = f"“{wording[:40]}” must have 2 to 300 characters"
                raise ValueError(msg)
        return wordings

    @field_validator("answer")
    @classmethod
    def _fields(cls, answer: str) -> str:
        for name in _FIELD.findall(answer):
            if name not in ANSWER_FIELDS:
                known = ", ".join(sorted(ANSWER_FIELDS))
                msg = f"unknown field {{{name}}}; known are {known}"
                raise ValueError(msg)
        if "{" in _FIELD.sub("", answer) or "}" in _FIELD.sub("", answer):
            msg = "a bracket { or } stands alone"
            raise ValueError(msg)
        return answer


def origin(text: Text) -> str:
    """Return the mark by which a translation remembers a text: 8 hexadecimal digits.

    Spaces and line ends do not change it, nor do wordings: those are not translated.
    """
    said = " ".join(f"{text.question}\n{text.answer}".split())
    return hashlib.sha256(said.encode()).hexdigest()[:8]


class Entry(Strict):
    """One topic of the knowledge base."""

    id: str = Field(
        pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        max_length=48,
        description="The file's name without .yaml; never changed again.",
    )
    kind: Kind = Field(
        description="fact: a common question; myth: a rumour with its correction; service: about "
        "the organisation, filled from its settings."
    )
    topic: str = Field(
        pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", description="The heading in the menu."
    )
    related: tuple[str, ...] = Field(
        (), description="Ids of entries to read on; each must name this one too."
    )
    sources: tuple[Source, ...] = Field(
        (), description="Pages of health authorities that the answer rests on."
    )
    review: Review = Field(description="The approval: by whom, on which day, due again on which.")
    texts: dict[Language, Text] = Field(
        min_length=1, description="The entry by language: en, hi, ur, sw, id."
    )

    @model_validator(mode="after")
    def _sourced(self) -> "Entry":
        if self.kind is not Kind.SERVICE and not self.sources:
            msg = "needs at least one source (only entries of kind service may have none)"
            raise ValueError(msg)
        return self

    @property
    def sample(self) -> bool:
        """Tell whether no clinician has approved the entry yet."""
        return self.review.by == SAMPLE

    def text(self, language: Language) -> tuple[Language, Text]:
        """Return the text in a language, or in English, or in the first there is."""
        for wanted in (language, Language.EN):
            if wanted in self.texts:
                return wanted, self.texts[wanted]
        return next(iter(self.texts.items()))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every other sentence that the bot says, by language and key."""

    by_language: Mapping[Language, Mapping[str, str]]

    def say(self, language: Language, key: str, **values: object) -> str:
        """Return a sentence with its fields filled.

        Raises:
            KeyError: The key is in no language; a test keeps code and files together.
        """
        sentences = self.by_language.get(language, {})
        pattern = sentences.get(key) or self.by_language[Language.EN][key]
        return fill(pattern, {name: str(value) for name, value in values.items()})


def fill(pattern: str, values: Mapping[str, str]) -> str:
    """Put values into {fields}; what is not given stays as it is.  Values are never read again."""
    return _FIELD.sub(lambda found: values.get(found.group(1), found.group()), pattern)


def fields(pattern: str) -> frozenset[str]:
    """Return the names of the {fields} in a text."""
    return frozenset(_FIELD.findall(pattern))


@dataclass(frozen=True, slots=True)
class Library:
    """All entries, in the order of their ids, and all phrases.

    Attributes:
        entries: By id.
        phrases: Every other sentence.
        topics: The headings that have entries, in the order of the phrase file.
        background: Sentences that must find no entry, for learning when to say "I don't know".
    """

    entries: Mapping[str, Entry]
    phrases: Phrases
    topics: tuple[str, ...] = field(default=())
    background: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)

    def of_topic(self, topic: str) -> Iterator[Entry]:
        """Yield the entries under a heading, in library order."""
        return (entry for entry in self.entries.values() if entry.topic == topic)


def make_library(
    entries: Mapping[str, Entry],
    phrases: Phrases,
    background: Mapping[Language, tuple[str, ...]] | None = None,
) -> Library:
    """Make a library that nobody can change; headings keep the order of the phrase file."""
    ordered = dict(sorted(entries.items()))
    present = {entry.topic for entry in ordered.values()}
    named = [key.removeprefix("topic_") for key in phrases.by_language[Language.EN]]
    topics = tuple(topic for topic in named if topic in present)
    unheld = MappingProxyType(dict(background or {}))
    return Library(MappingProxyType(ordered), phrases, topics, unheld)
