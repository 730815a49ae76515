"""The texts that are approved, as they lie on disk: entries, sentences, numbers to call."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from escalation.office import Office
from faq import entry as entries
from faq import load
from faq.entry import FIRST_AID, PHRASES, Entry, Phrases, name_of
from safety import contacts
from safety.contacts import Contacts, Country, State
from text import Language
from yamlfile import Document, ProblemsError

SAFETY_APPROVALS = 2  # of sentences, numbers to call and first aid, whatever the setting says


@dataclass(frozen=True, slots=True)
class Piece:
    """One text as it lies on disk.

    Attributes:
        object: `entries/<id>`, `phrases` or `contacts/<CC>`.
        language: Empty for contacts.
        digest: Of object, language and body.
        body: What is shown and compared, by name, in order.
        needed: How many must approve it.
        title: What staff call it.
        draft: Whether it belongs to an entry that is still being written.
        due: When the file itself says it is due for review again.
    """

    object: str
    language: str
    digest: str
    body: Mapping[str, str] = field(repr=False)
    needed: int
    title: str
    draft: bool = False
    due: date | None = None

    @property
    def name(self) -> str:
        """Its whole name, like `entries/malaria-spread/hi`."""
        return name_of(self.object, self.language)


Stamp = tuple[int, int, int]
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def _stamp(path: Path) -> Stamp:
    """Return what changes whenever a file does; zeros for none."""
    try:
        seen = path.stat()
    except OSError:
        return (0, 0, 0)
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


@lru_cache(maxsize=20_000)
def _of_entry(path: Path, _seen: Stamp, approvals: int) -> tuple[Piece, ...]:
    """Return an entry's texts; none of a file that cannot be used: `check` and /health name it."""
    try:
        entry = Document(path).model(Entry)
    except ProblemsError:
        return ()
    if entry.id != path.stem:
        return ()
    named = not entry.sample and not entry.draft
    return tuple(
        Piece(
            entries.object_of(entry.id),
            language.value,
            entries.digest(entry, language),
            entries.body(entry, language),
            SAFETY_APPROVALS if entry.topic == FIRST_AID else approvals,
            text.question,
            entry.draft,
            entry.review.due if named else None,
        )
        for language, text in entry.texts.items()
    )


@lru_cache(maxsize=4)
def _of_phrases(folder: Path, _seen: tuple[Stamp, ...]) -> tuple[Piece, ...]:
    try:
        said = load.phrases(folder)
    except ProblemsError:
        return ()
    return tuple(_sentences(said, language) for language in said.by_language)


def _sentences(said: Phrases, language: Language) -> Piece:
    sentences, digest = said.by_language[language], said.digests[language]
    title = f"All sentences of the bot in {sentences['language_name']}"
    return Piece(PHRASES, language.value, digest, sentences, SAFETY_APPROVALS, title)


@lru_cache(maxsize=4)
def _numbers(path: Path, _seen: Stamp) -> Contacts | None:
    try:
        return contacts.load(path)
    except ProblemsError:
        return None


def _of_country(code: str, country: Country, office: Office) -> Piece:
    dialling = _dialling(country, office.clock().date(), office.contact_days)
    if code != office.country and all(row.confirmed is None for row in country.contacts):
        dialling = None  # nobody is served by them
    return Piece(
        contacts.object_of(code),
        "",
        contacts.digest(code, country),
        contacts.body(country),
        SAFETY_APPROVALS,
        f"Numbers to call: {country.called(Language.EN)}",
        due=dialling,
    )


def _dialling(country: Country, today: date, most: int) -> date | None:
    """Return when the first of a country's numbers is to be dialled; at once if it never was."""
    days = (
        today
        if row.confirmed is None or row.state(today, most) is State.UNDIALLED
        else row.confirmed + timedelta(days=most)
        for row in country.contacts
    )
    return min(days, default=None)


def pieces(office: Office) -> list[Piece]:
    """Return every text on disk: entries by id, then sentences, then numbers.  It reads files."""
    files = sorted((office.faq / "entries").glob("*.yaml"))
    found = [piece for path in files for piece in _of_entry(path, _stamp(path), office.approvals)]
    listed = _listed(office)
    countries = listed.countries.items() if listed else ()
    return [
        *found,
        *_spoken(office),
        *(_of_country(code, country, office) for code, country in countries),
    ]


def _spoken(office: Office) -> tuple[Piece, ...]:
    files = ((office.faq / "phrases" / f"{language}.yaml") for language in Language)
    return _of_phrases(office.faq, tuple(map(_stamp, files)))


def _listed(office: Office) -> Contacts | None:
    path = office.safety / "contacts.yaml"
    return _numbers(path, _stamp(path))


def current(office: Office, object_: str, language: str) -> Piece | None:
    """Return one text as it lies on disk, or None if there is none.  It reads files."""
    kind, _, name = object_.partition("/")
    found: Iterable[Piece] = ()
    if object_ == PHRASES:
        found = _spoken(office)
    elif kind == "contacts" and (listed := _listed(office)) and name in listed.countries:
        found = (_of_country(name, listed.countries[name], office),)
    elif kind == "entries" and _ID.fullmatch(name):
        path = office.faq / "entries" / f"{name}.yaml"
        found = _of_entry(path, _stamp(path), office.approvals)
    return next((piece for piece in found if piece.language == language), None)
