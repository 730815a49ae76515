"""The types of the knowledge base: entries, phrases, the library of both.

An entry is one topic in up to five languages.  `docs/writing-entries.md` explains the file.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from pydantic import Field, field_validator, model_validator

import text as reading
from text import Language
from yamlfile import Problem, Strict

SAMPLE = "sample"
"""The value of `review.by` for text that no clinician has approved."""
DRAFT = "draft"
"""The value of `review.by` for an entry that is still being written: it is not served."""
FIRST_AID = "first-aid"
"""The heading whose entries need two approvals, like the cards and the numbers."""

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
        description="Name of the clinician who approved; sample: nobody yet; "
        "draft: still being written, not served.",
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

    @property
    def draft(self) -> bool:
        """Tell whether the entry is still being written."""
        return self.review.by.casefold() == DRAFT

    def text(self, language: Language) -> tuple[Language, Text]:
        """Return the text in a language, or in English, or in the first there is."""
        for wanted in (language, Language.EN):
            if wanted in self.texts:
                return wanted, self.texts[wanted]
        return next(iter(self.texts.items()))


def object_of(entry: str) -> str:
    """Return the name under which an entry is approved, like `entries/malaria-spread`."""
    return f"entries/{entry}"


def name_of(object_: str, language: str) -> str:
    """Return the name of a text, like `entries/malaria-spread/hi`, `phrases/hi`, `contacts/KE`."""
    return f"{object_}/{language}" if language else object_


def body(entry: Entry, language: Language) -> dict[str, str]:
    """Return what a person is sent of an entry that has a text in the language, by name.

    Wordings, heading and related entries are no part of it: they only help to find it.
    """
    text = entry.texts[language]
    made = {"kind": entry.kind.value, "question": text.question, "answer": text.answer}
    for number, source in enumerate(entry.sources, 1):
        made |= {
            f"source {number}, publisher": source.publisher,
            f"source {number}, title": source.title,
            f"source {number}, address": source.url,
            f"source {number}, checked": source.checked.isoformat(),
        }
    return made


def digest(entry: Entry, language: Language) -> str:
    """Return the digest of what a person is sent of an entry: 64 hexadecimal digits.

    Raises:
        KeyError: The entry has no text in the language.
    """
    return reading.digest(object_of(entry.id), language, body(entry, language))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every other sentence that the bot says, by language and key."""

    by_language: Mapping[Language, Mapping[str, str]]
    digests: Mapping[Language, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the digests once: every reply names one."""
        made = {lang: phrases_digest(self, lang) for lang in self.by_language}
        object.__setattr__(self, "digests", MappingProxyType(made))

    def spoken(self, language: Language) -> Language:
        """Return the language in which sentences are said: English where there are none."""
        return language if language in self.by_language else Language.EN

    def say(self, language: Language, key: str, **values: object) -> str:
        """Return a sentence with its fields filled.

        Raises:
            KeyError: The key is in no language; a test keeps code and files together.
        """
        sentences = self.by_language.get(language, {})
        pattern = sentences.get(key) or self.by_language[Language.EN][key]
        return fill(pattern, {name: str(value) for name, value in values.items()})


PHRASES = "phrases"
"""The name under which the sentences of a language are approved, all together."""


def phrases_digest(phrases: Phrases, language: Language) -> str:
    """Return the digest of all sentences of a language: cards, refusals, notes, buttons."""
    return reading.digest(PHRASES, language, phrases.by_language[language])


@dataclass(frozen=True, slots=True)
class Approvals:
    """What members have said of texts, as far as serving needs it.

    Attributes:
        digests: Of the texts that are approved.
        judged: Names of texts (`name_of`) of which anybody has said something in the console; from
            then on `review.by` in the file says no more.
        withdrawn: Names of texts that must not be sent until they are approved anew.
        superseded: Digests that were approved until a later text was: put back on disk such a text
            counts for nothing, but where it is being sent it may be until the new one is there.
    """

    digests: frozenset[str] = frozenset()
    judged: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    superseded: frozenset[str] = frozenset()

    def after(self, before: "Approvals") -> "Approvals":
        """Return the approvals for texts that are being sent already under earlier ones."""
        return replace(self, digests=self.digests | (self.superseded & before.digests))


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
        drafts: Entries that are not served yet although nothing is wrong with them, by id.
        unfinished: What is wrong with the other drafts, by the stems of their files.
        approvals: What members have said of the texts.
        digests: Of each text of `entries`, by entry and language.
        samples: The languages in which some entry would be shown with a text that is not vetted.
    """

    entries: Mapping[str, Entry]
    phrases: Phrases
    topics: tuple[str, ...] = field(default=())
    background: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)
    drafts: Mapping[str, Entry] = field(default_factory=dict)
    unfinished: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    approvals: Approvals = Approvals()
    digests: Mapping[tuple[str, Language], str] = field(init=False, repr=False, compare=False)
    samples: frozenset[Language] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out once what every reply and every page needs."""
        made = {
            (id_, lang): digest(one, lang)
            for id_, one in self.entries.items()
            for lang in one.texts
        }
        object.__setattr__(self, "digests", MappingProxyType(made))
        samples = {
            lang
            for lang in Language
            if any(self._sample(one, lang) for one in self.entries.values())
        }
        object.__setattr__(self, "samples", frozenset(samples))

    def _sample(self, entry: Entry, language: Language) -> bool:
        return not self.vetted(entry, entry.text(language)[0])

    def vetted(self, entry: Entry, language: Language) -> bool:
        """Tell whether somebody named has approved the text of an entry in a language.

        That is: members have approved this very text, or nobody has ever judged it in the console
        and the file's `review.by` names somebody.
        """
        if self.digests.get((entry.id, language)) in self.approvals.digests:
            return True
        judged = name_of(object_of(entry.id), language) in self.approvals.judged
        return not judged and not entry.sample and not entry.draft

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


Publish = Literal["sample", "approved"]


def published(library: Library, approvals: Approvals, publish: Publish) -> Library:
    """Return what of a library may be sent.

    Withdrawn texts are left out; with `approved` also every text that is not approved.  An entry
    without any text left is in no list, menu or button.  Of the phrases English stays in any case,
    as what the others fall back to: see that it is approved before.
    """

    def sent(object_: str, language: str, digest_: str) -> bool:
        if name_of(object_, language) in approvals.withdrawn:
            return False
        return publish == "sample" or digest_ in approvals.digests

    kept: dict[str, Entry] = {}
    for id_, entry in library.entries.items():
        texts = {
            lang: text
            for lang, text in entry.texts.items()
            if sent(object_of(id_), lang, library.digests[id_, lang])
        }
        if texts:
            kept[id_] = entry.model_copy(update={"texts": texts})
    said = library.phrases
    phrases = {
        lang: sentences
        for lang, sentences in said.by_language.items()
        if lang is Language.EN or sent(PHRASES, lang, said.digests[lang])
    }
    made = make_library(
        {id_: _offering(entry, kept.keys()) for id_, entry in kept.items()},
        Phrases(MappingProxyType(phrases)),
        library.background,
    )
    return replace(made, drafts=library.drafts, unfinished=library.unfinished, approvals=approvals)


def _offering(entry: Entry, ids: Collection[str]) -> Entry:
    """Return an entry that offers only some others to read on."""
    related = tuple(other for other in entry.related if other in ids)
    return entry if related == entry.related else entry.model_copy(update={"related": related})
