"""Every setting: type, unit, default, help.  `config.example.yaml` is written from here.

python -m settings > config.example.yaml
"""

import ipaddress
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from text import Language
from yamlfile import Document, Problem, ProblemsError, Strict

TOKEN_VARIABLE = "TELEGRAM_BOT_TOKEN"  # noqa: S105 - a variable's name
KEY_VARIABLE = "SEHAT_KEY"
TEXT_KEY_VARIABLE = "SEHAT_TEXT_KEY"


class Organisation(Strict):
    """Who runs the assistant.  What is empty is left out of the answers."""

    name: str = Field(
        "", description="Shown in the welcome, in answers and in /privacy; empty: “this service”."
    )
    phone: str = Field("", description="One number to call, as people should read it.")
    email: str = Field("", description="One address to write to.")
    website: str = Field("", description="The organisation's own page.")
    address: str = Field("", description="Street and town, on one line.")
    hours: str = Field("", description="Opening hours, one line, e.g. Mon-Fri 8:00-17:00.")
    appointments: str = Field("", description="One sentence: how to book, change or cancel.")
    records: str = Field("", description="One sentence: how people ask for their records.")
    privacy_contact: str = Field("", description="Whom to ask about privacy.")

    def fields(self) -> dict[str, str]:
        """Return the details under the names that answers use."""
        values: dict[str, str] = self.model_dump()
        return {"organisation": values.pop("name"), **values}


class Telegram(Strict):
    """The bot on Telegram; it runs when a token is given (TELEGRAM_BOT_TOKEN or token_file)."""

    api_url: str = Field(
        "https://api.telegram.org", description="Where every Bot API call and file goes."
    )
    token_file: str = Field("", description="A file that holds the token, instead of the variable.")
    in_flight: int = Field(16, ge=1, le=64, description="Messages handled at once.")
    attempts: int = Field(
        5, ge=1, le=100, description="Tries before an update that fails is set aside."
    )

    @field_validator("api_url")
    @classmethod
    def _address(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            msg = "must begin with https:// (or http:// for a server on this machine)"
            raise ValueError(msg)
        return url.rstrip("/")


class Web(Strict):
    """The chat page."""

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for all.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")


class Console(Strict):
    """The pages for staff; they listen apart from the chat page."""

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; another than this machine's own wants an https address.",
    )
    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port to listen on; null: the one after the chat page's, or a free one.",
    )
    address: str = Field(
        "", description="How staff reach it, https://… (behind a proxy); links lead there."
    )

    @field_validator("address")
    @classmethod
    def _by_https(cls, address: str) -> str:
        if address and not address.startswith("https://"):
            msg = "must begin with https://"
            raise ValueError(msg)
        return address.rstrip("/")

    @model_validator(mode="after")
    def _reached(self) -> "Console":
        if not self.address and not _is_loopback(self.host):
            msg = (
                "host is open to other machines, so address must say how staff reach it by https; "
                "or listen on 127.0.0.1"
            )
            raise ValueError(msg)
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Review(Strict):
    """How texts become approved."""

    approvals: int = Field(
        1,
        ge=1,
        le=2,
        description="Approvals that an entry needs in a language, by others than its author; "
        "sentences of the bot and numbers to call always need 2.",
    )
    days: int = Field(
        365, ge=1, description="Days after its approval that a text is due for review again."
    )


class Staff(Strict):
    """What staff are told on Telegram."""

    chat: int | None = Field(
        None,
        description="Number of the staff's chat on Telegram (a group's is negative); null: none. "
        "In the group, /chatid tells it to a member.",
    )
    digest: Literal["daily", "weekly", "never"] = Field(
        "daily", description="How often a digest goes there: daily, weekly (Mondays) or never."
    )
    digest_hour: int = Field(6, ge=0, le=23, description="Hour of the digest, UTC.")


class Storage(Strict):
    """What is kept, and how long."""

    database: str = Field(
        "", description="Database address; empty is SQLite in the data folder (sehat.db)."
    )
    unmatched_days: int = Field(
        90, ge=1, description="Days that redacted unmatched questions stay."
    )
    tell_days: int = Field(
        60,
        ge=1,
        description="Days that somebody's chat is kept who asked to be told of an answer.",
    )
    person_days: int = Field(
        365, ge=1, description="Days without use after which choices and votes are erased."
    )
    counts_days: int = Field(730, ge=1, description="Days that counts of decisions stay.")
    key_file: str = Field(
        "",
        description="A file with the keys of the person hashes, newest first, one a line, instead "
        "of SEHAT_KEY; empty: key in the data folder, made at the first start.",
    )


class Content(Strict):
    """What may stand in the knowledge base."""

    source_domains: tuple[str, ...] = Field(
        (
            "who.int",
            "paho.org",
            "unicef.org",
            "ifrc.org",
            "redcross.org",
            "cdc.gov",
            "nih.gov",
            "fda.gov",
            "medlineplus.gov",
            "nhs.uk",
            "gov.in",
            "gov.pk",
            "go.ke",
            "go.tz",
            "go.id",
            "gov.za",
            "gov.ng",
            "gov.uk",
            "sacoronavirus.co.za",
            "coronavirus.delaware.gov",
            "sgh.com.sg",
            "cancer.org",
            "fphandbook.org",
        ),
        description="Sites of health authorities that `check` lets entries show as sources, each "
        "with all below it; [] lets all.",
    )


class Matching(Strict):
    """When the assistant answers."""

    at_most_wrong: float = Field(
        0.025,
        gt=0,
        le=1,
        description="Of the answers given at once, the share that may be wrong (0.02: 2 in 100).",
    )
    suggest_at: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Least probability (0 to 1) that the answer is among the suggestions.",
    )
    question_characters: int = Field(
        600, ge=50, le=4000, description="Longer questions are asked to be shortened."
    )
    encoder: str = Field(
        "",
        description="Folder with model.onnx and tokenizer.json; empty: encoder in the data folder.",
    )
    workers: int = Field(0, ge=0, le=64, description="Questions worked on at once; 0: one a core.")


class Safety(Strict):
    """What keeps people safe."""

    contact_days: int = Field(
        180,
        ge=1,
        description="Days after which a number of safety/contacts.yaml is to be dialled again; "
        "an older helpline is no longer shown.",
    )


class Settings(Strict):
    """The whole file.  Secrets never stand in it."""

    organisation: Organisation = Field(default_factory=lambda: Organisation.model_validate({}))
    country: str | None = Field(
        None,
        description="ISO code of the country whose emergency numbers are shown (IN, PK, KE, TZ, "
        "ID, GB, US, NG, ZA); null: the person's own local number, in words.",
    )
    default_language: Language = Field(
        Language.EN, description="Language when nothing else tells: en, hi, ur, sw or id."
    )
    questions_per_minute: int = Field(
        20, ge=1, description="Most questions a minute from one person; emergencies always pass."
    )
    publish: Literal["sample", "approved"] = Field(
        "sample",
        description="sample: texts that nobody has approved yet are sent too, and say so; "
        "approved: they are never sent.",
    )
    telegram: Telegram = Field(default_factory=lambda: Telegram.model_validate({}))
    web: Web = Field(default_factory=lambda: Web.model_validate({}))
    console: Console = Field(default_factory=lambda: Console.model_validate({}))
    review: Review = Field(default_factory=lambda: Review.model_validate({}))
    staff: Staff = Field(default_factory=lambda: Staff.model_validate({}))
    storage: Storage = Field(default_factory=lambda: Storage.model_validate({}))
    content: Content = Field(default_factory=lambda: Content.model_validate({}))
    matching: Matching = Field(default_factory=lambda: Matching.model_validate({}))
    safety: Safety = Field(default_factory=lambda: Safety.model_validate({}))
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged. Never the text of a question."
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_sections(cls, given: Any) -> Any:
        """Read a section whose lines are all commented out as one that is not there."""
        if not isinstance(given, dict):
            return given
        sections = {
            *("organisation", "telegram", "web", "console", "review", "staff"),
            *("storage", "content", "matching", "safety"),
        }
        return {k: v for k, v in given.items() if v is not None or k not in sections}


def load(path: Path | None) -> Settings:
    """Read the settings file; without one the defaults hold.

    Raises:
        ProblemsError: With every mistake of the file.
    """
    if path is None:
        return Settings.model_validate({})
    document = Document(path)
    return Settings.model_validate({}) if document.value is None else document.model(Settings)


def secret(
    variable: str, file: str, environment: Mapping[str, str] = os.environ
) -> SecretStr | None:
    """Return a secret from the environment, or from the file that the settings name.

    Raises:
        ProblemsError: The file is named but cannot be read.
    """
    if value := environment.get(variable, "").strip():
        return SecretStr(value)
    if not file:
        return None
    try:
        value = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        sentence = f"the file that should hold {variable} cannot be read: {type(error).__name__}"
        raise ProblemsError([Problem(file, 1, "", sentence)]) from None
    return SecretStr(value) if value else None


def example() -> str:
    """Return the text of `config.example.yaml`: every setting with its help and default."""
    head = (
        "# Settings of Sehat.  Copy to config.yaml, change what you need; every line is optional.\n"
        "# Secrets never stand here: TELEGRAM_BOT_TOKEN and SEHAT_KEY come from the environment,\n"
        "# or from files that token_file and key_file name; SEHAT_TEXT_KEY from the environment.\n"
    )
    return head + "\n".join(_lines(Settings.model_validate({}), "")) + "\n"


def _lines(model: BaseModel, indent: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield ""
            yield f"{indent}{name}:  # {(type(value).__doc__ or '').splitlines()[0]}"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}# {field.description}"
            yield from _written(name, value, indent)


def _written(name: str, value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, tuple):
        yield f"{indent}{name}: {_shown(value)}"
        return
    yield f"{indent}{name}:" + ("" if value else " []")
    yield from (f"{indent}  - {_shown(one)}" for one in value)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Language):
        return value.value
    if isinstance(value, str) and (not value or ":" in value):
        return f'"{value}"'
    return str(value)


if __name__ == "__main__":
    sys.stdout.write(example())
