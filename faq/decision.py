"""What the assistant does with a question: a closed choice of values that a test can print."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Answer:
    """Send this entry.  `urgent` puts the banner with the emergency number over it."""

    entry: str
    confidence: float
    urgent: bool = False
    claim: bool = False  # the question was a forwarded message
    identifiers: bool = False  # the question held names or numbers
    soft: bool = False  # about suicide: add the listening line
    also: str | None = None  # the entry of a second question, to be offered


@dataclass(frozen=True, slots=True)
class Suggest:
    """Ask which of these entries is meant."""

    entries: tuple[str, ...]
    confidence: float
    urgent: bool = False
    identifiers: bool = False
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Say honestly that there is no checked answer; staff will see the redacted question."""

    confidence: float
    urgent: bool = False
    identifiers: bool = False
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """Personal: say why not, and offer general entries."""

    category: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Emergency:
    """The number first.  `first_aid` is an entry to offer behind a button."""

    category: str  # the one that leads the card
    first_aid: str | None = None
    other: bool = False  # somebody else is in danger
    also: tuple[str, ...] = ()  # further categories, in order of precedence


class Remark(StrEnum):
    """Messages that ask nothing we could look up; values are keys of phrases."""

    GREETING = "greeting"
    THANKS = "thanks"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    FAULT = "fault"
    TOO_MANY = "too_many"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Note:
    """Say a fixed sentence.  `seconds` is how long to wait, of `Remark.TOO_MANY`."""

    remark: Remark
    seconds: int = 0


Decision = Answer | Suggest | Unmatched | Refuse | Emergency | Note
