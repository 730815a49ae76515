"""Word a decision in the person's language.  Every sentence comes from the library; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from faq.decision import Answer, Decision, Emergency, Note, Refuse, Remark, Suggest, Unmatched
from faq.entry import Entry, Kind, Library, fields, fill
from text import Language

MONTHLESS = "%Y-%m-%d"  # read the same way in all five languages
MOST_RELATED = 3


class Tone(StrEnum):
    """How a channel may colour a reply."""

    ANSWER = "answer"
    ASK = "ask"
    REFUSE = "refuse"
    EMERGENCY = "emergency"


class Action(StrEnum):
    """What pressing a button does."""

    ENTRY = "entry"  # show the entry named by the value
    TOPICS = "topics"
    COUNTRIES = "countries"
    NONE_OF_THESE = "none"


@dataclass(frozen=True, slots=True)
class Button:
    """A choice to offer; `value` is an entry's id where the action wants one."""

    label: str
    action: Action
    value: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A page that the answer rests on, worded."""

    publisher: str
    title: str
    url: str
    checked: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person reads: paragraphs are parted by empty lines, lists begin with "- " or "1. ".

    `digest` names the exact text that was approved, or not: an answer's own, of every other reply
    all sentences of its language.
    """

    language: Language
    tone: Tone
    body: str
    banner: str = ""
    title: str = ""
    citations: tuple[Citation, ...] = ()
    cited_as: str = ""  # "Source" or "Sources", in the language
    notices: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    entry: str | None = None
    helpful: bool = False  # ask whether it helped
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What wording needs besides the library: the organisation's details and numbers to call.

    Attributes:
        organisation: Details by field name; empty ones are left out of answers.
        numbers: Numbers by kind of contact (emergency, crisis, abuse, child, poison); a kind
            that the country has none for is missing.
    """

    organisation: Mapping[str, str]
    numbers: Mapping[str, str] = field(default_factory=dict)


def word(decision: Decision, language: Language, library: Library, setting: Setting) -> Reply:
    """Return the reply for a decision."""
    made = _worded(decision, Speaker(library, language, setting))
    if made.digest:
        return made
    spoken = library.phrases.spoken(language)
    return replace(made, language=spoken, digest=library.phrases.digests[spoken])


def _worded(decision: Decision, say: "Speaker") -> Reply:
    match decision:
        case Answer():
            return _answer(decision, say)
        case Suggest():
            return _suggest(decision, say)
        case Unmatched():
            return _unmatched(decision, say)
        case Refuse():
            return _refuse(decision, say)
        case Emergency():
            return _emergency(decision, say)
        case Note():
            return _note(decision, say)
        case _:
            assert_never(decision)


class Speaker:
    """Says phrases in one language, with the organisation's and the country's details filled in."""

    def __init__(self, library: Library, language: Language, setting: Setting) -> None:
        """Work out the details once."""
        self.library, self.language = library, language
        emergency = setting.numbers.get("emergency") or self._plain("emergency_number")
        anywhere = self._plain("anywhere_crisis")
        self.values = {
            "organisation": self._plain("this_service"),
            **{name: value for name, value in setting.organisation.items() if value},
            "emergency": emergency,
            "crisis_line": setting.numbers.get("crisis") or anywhere,
            "abuse_line": setting.numbers.get("abuse") or anywhere,
            "support_line": setting.numbers.get("crisis") or anywhere,
            "child_line": setting.numbers.get("child", ""),
            "poison_line": setting.numbers.get("poison", ""),
            "service": _service(setting.organisation),
        }

    def _plain(self, key: str) -> str:
        return self.library.phrases.say(self.language, key)

    def phrase(self, key: str, **more: object) -> str:
        """Return a sentence; a line whose field has no value is left out."""
        values = {**self.values, **{name: str(value) for name, value in more.items()}}
        return _without_empty(self._plain(key), values)[0]

    def together(self, key: str, *more: str) -> str:
        """Return a phrase with shorter ones behind its first paragraph, where the numbers are.

        Of the shorter ones a line is left out when it names only whom an earlier one has named:
        where a country has no line of a kind, several fields hold the same.
        """
        first, *rest = self.phrase(key).split("\n\n")
        named = self._named(self._plain(key))
        added: list[str] = []
        for pattern in map(self._plain, more):
            lines = pattern.split("\n")
            kept = "\n".join(ln for ln in lines if not fields(ln) or self._named(ln) - named)
            added.append(_without_empty(kept, self.values)[0])
            named |= self._named(kept)
        return "\n\n".join([first, *filter(None, added), *rest])

    def _named(self, pattern: str) -> set[str]:
        return {self.values.get(name, "") for name in fields(pattern)}

    def answer(self, entry: Entry) -> str:
        """Return an entry's answer with its fields filled."""
        _, text = entry.text(self.language)
        made, left_out = _without_empty(text.answer.strip(), self.values)
        wanted = fields(text.answer) - {"organisation", "emergency"}
        if left_out and not any(self.values.get(name) for name in wanted):
            made = f"{self.phrase('not_given')}\n\n{made}"
        return made

    def question(self, entry: str) -> str:
        """Return an entry's question."""
        return self.library.entries[entry].text(self.language)[1].question

    def entries(self, ids: tuple[str, ...]) -> tuple[Button, ...]:
        """Return a button for each entry."""
        return tuple(Button(self.question(id_), Action.ENTRY, id_) for id_ in ids)

    def topics(self) -> Button:
        """Return the button to all topics."""
        return Button(self._plain("topics"), Action.TOPICS)


def _service(organisation: Mapping[str, str]) -> str:
    """Return how to reach the organisation, or nothing when it has not said."""
    reach = organisation.get("phone") or organisation.get("website") or organisation.get("email")
    return f"{organisation.get('organisation', '')}, {reach}" if reach else ""


def _without_empty(pattern: str, values: Mapping[str, str]) -> tuple[str, bool]:
    """Fill the fields of a text; leave out lines whose field has no value; tell if any was."""
    lines: list[str] = []
    left_out = False
    for line in pattern.split("\n"):
        if all(values.get(name) for name in fields(line)):
            lines.append(fill(line, values))
        elif "{poison_line}" in line and "{emergency}" in line:
            # "Call {emergency} or {poison_line}": without a poison line the one number stays.
            number = values["emergency"]
            lines.append(_one_number(line, number))
        else:
            left_out = True
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), left_out


def _one_number(line: str, number: str) -> str:
    joined = re.sub(r"\{emergency\}.{1,12}\{poison_line\}", "{emergency}", line)
    return fill(joined, {"emergency": number, "poison_line": number})


def _answer(decision: Answer, say: Speaker) -> Reply:
    entry = say.library.entries[decision.entry]
    language, text = entry.text(say.language)
    notices = list(_notices(decision, say))
    if not say.library.vetted(entry, language):
        notices.append(say.phrase("sample_notice"))
    citations = tuple(
        Citation(
            source.publisher,
            source.title,
            source.url,
            say.phrase("checked_on", date=_day(source.checked)),
        )
        for source in entry.sources
    )
    if decision.also:
        notices.insert(0, say.phrase("also_asked", question=_asked(decision.also, say)))
    near = dict.fromkeys((*filter(None, [decision.also]), *entry.related))
    related = tuple(id_ for id_ in near if id_ in say.library.entries)[:MOST_RELATED]
    return Reply(
        language,
        Tone.ANSWER,
        say.answer(entry),
        banner=say.phrase("banner") if decision.urgent else "",
        title=f"{say.phrase('claim')} {text.question}" if decision.claim else text.question,
        citations=citations,
        cited_as=say.phrase("source" if len(citations) == 1 else "sources"),
        notices=tuple(notices),
        buttons=say.entries(related),
        entry=entry.id,
        helpful=True,
        digest=say.library.digests[entry.id, language],
    )


def _notices(decision: Answer | Suggest | Unmatched, say: Speaker) -> tuple[str, ...]:
    """Return what is said below, whatever was found: details were dropped, somebody listens."""
    dropped = [say.phrase("refuse_identifiers")] if decision.identifiers else []
    return (*dropped, *([say.phrase("soft_line")] if decision.soft else []))


def _asked(entry: str, say: Speaker) -> str:
    """Return what an entry answers; a myth is named as a claim."""
    question = say.question(entry)
    myth = say.library.entries[entry].kind is Kind.MYTH
    return f"{say.phrase('claim')} “{question}”." if myth else question


def _day(day: date) -> str:
    return day.strftime(MONTHLESS)


def _suggest(decision: Suggest, say: Speaker) -> Reply:
    none = Button(say.phrase("none_of_these"), Action.NONE_OF_THESE)
    return Reply(
        say.language,
        Tone.ASK,
        say.phrase("suggest"),
        banner=say.phrase("banner") if decision.urgent else "",
        notices=_notices(decision, say),
        buttons=(*say.entries(decision.entries), none),
    )


def _unmatched(decision: Unmatched, say: Speaker) -> Reply:
    service = say.phrase("unmatched_service")
    return Reply(
        say.language,
        Tone.ASK,
        "\n".join(filter(None, (say.phrase("unmatched"), service))),
        banner=say.phrase("banner") if decision.urgent else "",
        notices=_notices(decision, say),
        buttons=(say.topics(),),
    )


def _refuse(decision: Refuse, say: Speaker) -> Reply:
    return Reply(
        say.language,
        Tone.REFUSE,
        say.phrase(f"refuse_{decision.category}"),
        buttons=(*say.entries(decision.entries), say.topics()),
    )


def _emergency(decision: Emergency, say: Speaker) -> Reply:
    key = f"emergency_{decision.category}"
    if decision.other and decision.category == "self_harm":
        key += "_other"
    unknown = say.values["emergency"] == say.phrase("emergency_number")
    buttons = [
        Button(say.phrase("contacts_link" if unknown else "country_choice"), Action.COUNTRIES)
    ]
    if decision.first_aid:
        buttons.insert(0, Button(say.phrase("first_steps"), Action.ENTRY, decision.first_aid))
    notices = [say.phrase("emergency_default_note")] if unknown else []
    return Reply(
        say.language,
        Tone.EMERGENCY,
        say.together(key, *(f"also_{category}" for category in decision.also)),
        notices=tuple(notices),
        buttons=tuple(buttons),
    )


def _note(decision: Note, say: Speaker) -> Reply:
    buttons = (say.topics(),) if decision.remark in (Remark.GREETING, Remark.MEDIA) else ()
    body = say.phrase(decision.remark.value, seconds=decision.seconds)
    return Reply(say.language, Tone.ASK, body, buttons=buttons)


def numbers(
    country: str,
    rows: Sequence[tuple[str, str]],
    library: Library,
    language: Language,
    *,
    sure: bool,
) -> Reply:
    """Return a country's numbers as a reply.

    Args:
        country: The country's name.
        rows: Kind of contact and number, in order.
        library: For the phrases.
        language: The person's.
        sure: Whether the organisation has dialled every number.
    """
    say = library.phrases.say
    return Reply(
        language,
        Tone.EMERGENCY,
        "\n".join(f"- {say(language, f'contact_{kind}')}: {number}" for kind, number in rows),
        title=say(language, "contacts_title", country=country),
        notices=() if sure else (say(language, "contacts_unconfirmed"),),
    )


def plain(reply: Reply) -> str:
    """Return the whole reply as plain text: banner, title, body, sources, notices."""
    cited = [
        f"{reply.cited_as}: {page.publisher}: {page.title}, {page.url} ({page.checked})"
        for page in reply.citations
    ]
    choices = [f"• {button.label}" for button in reply.buttons if button.action is Action.ENTRY]
    asked = "\n".join(choices) if reply.tone is Tone.ASK else ""
    parts = (
        reply.banner,
        reply.title,
        reply.body,
        asked,
        "\n".join(cited),
        "\n".join(reply.notices),
    )
    return "\n\n".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph ("p") with its lines, or a list ("ul", "ol") with its items."""

    kind: str
    lines: tuple[str, ...]


_ITEM = re.compile(r"(?:(?P<dash>[-•])|\d{1,2}[.)]|[०-९]{1,2}[.)]|[۰-۹]{1,2}[.)۔])\s+(?P<item>.+)")


def blocks(body: str) -> list[Block]:
    """Split a body into paragraphs and lists, for channels that can show them."""
    made: list[Block] = []
    for part in re.split(r"\n\s*\n", body.strip()):
        here: list[Block] = []
        for line in filter(None, map(str.strip, part.split("\n"))):
            found = _ITEM.fullmatch(line)
            kind = "p" if not found else "ul" if found["dash"] else "ol"
            content = found["item"] if found else line
            if here and here[-1].kind == kind:
                here[-1] = Block(kind, (*here[-1].lines, content))
            else:
                here.append(Block(kind, (content,)))
        made += here
    return made
