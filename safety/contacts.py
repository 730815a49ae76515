"""Numbers to call, by country: `safety/contacts.yaml` into `Contacts`."""

from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import Field, model_validator

import text as reading
from text import Language
from yamlfile import Document, Strict


class Kind(StrEnum):
    """What a number is for."""

    EMERGENCY = "emergency"
    AMBULANCE = "ambulance"
    POLICE = "police"
    CRISIS = "crisis"
    ABUSE = "abuse"
    CHILD = "child"
    POISON = "poison"


# An old one of these may be nobody's by now; the lines for emergencies outlive most others.
HELPLINES = frozenset({Kind.CRISIS, Kind.ABUSE, Kind.CHILD, Kind.POISON})


class State(StrEnum):
    """Whether the organisation has dialled a number, in the words that staff read."""

    UNDIALLED = "not dialled"
    CONFIRMED = "confirmed"
    DUE = "to be dialled again"


class Contact(Strict):
    """One number; `confirmed` is the day the organisation dialled it, or null."""

    kind: Kind
    number: str = Field(min_length=2, max_length=60)
    source: str
    seen: str
    confirmed: date | None

    def state(self, day: date, most: int) -> State:
        """Return what a confirmation is worth on a day; one that lies in the future is none.

        Args:
            day: The day, in UTC.
            most: Days after which the number is to be dialled again.
        """
        if self.confirmed is None or self.confirmed > day:
            return State.UNDIALLED
        return State.DUE if (day - self.confirmed).days > most else State.CONFIRMED


class Country(Strict):
    """One country's numbers, the first of a kind being the one to show."""

    name: dict[Language, str]
    contacts: tuple[Contact, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_emergency(self) -> "Country":
        if self.number(Kind.EMERGENCY) is None:
            msg = "a country needs a contact of kind emergency"
            raise ValueError(msg)
        if Language.EN not in self.name:
            msg = "`name` needs at least the English one: {en: …}"
            raise ValueError(msg)
        return self

    def called(self, language: Language) -> str:
        """Return the country's name in a language, or in English."""
        return self.name.get(language, self.name[Language.EN])

    def number(self, kind: Kind) -> str | None:
        """Return the number to show for a kind, or None where none is known."""
        return next((row.number for row in self.contacts if row.kind is kind), None)

    def shown(self, day: date, most: int) -> tuple[Contact, ...]:
        """Return what people may see on a day: helplines that are to be dialled again are not.

        A line that was never dialled stays, like all emergency numbers: the notice says so.
        """
        return tuple(
            row
            for row in self.contacts
            if row.kind not in HELPLINES or row.state(day, most) is not State.DUE
        )


class Contacts(Strict):
    """All countries, by ISO 3166 code."""

    countries: dict[str, Country] = Field(min_length=1)

    def country(self, code: str | None) -> Country | None:
        """Return a country, or None for one that is not listed."""
        return self.countries.get(code or "")


def load(path: Path) -> Contacts:
    """Read the contacts.

    Raises:
        ProblemsError: With every mistake of the file.
    """
    return Document(path).model(Contacts)


def object_of(code: str) -> str:
    """Return the name under which a country's numbers are approved, like `contacts/KE`."""
    return f"contacts/{code}"


def body(country: Country) -> dict[str, str]:
    """Return a country's names and numbers, in the order of the file, by name."""
    made = {f"name, {language}": name for language, name in country.name.items()}
    for place, row in enumerate(country.contacts, 1):
        made |= {
            f"{place}, {row.kind}": row.number,
            f"{place}, source": row.source,
            f"{place}, seen": row.seen,
        }
    return made


def digest(code: str, country: Country) -> str:
    """Return the digest of a country's names and numbers: 64 hexadecimal digits.

    The day a number was dialled is no part of it: dialling must not undo an approval.
    """
    return reading.digest(object_of(code), "", body(country))
