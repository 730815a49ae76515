"""Look at a message before anything else does: may it be answered at all?  Pure.

The order of the categories is `Category`'s.  A message can touch several; the strictest wins, and
of emergencies all are told, for the card to name whom to call for each.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from safety.redact import identifying, redact
from safety.rules import EMERGENCIES, PRECEDENCE, Category, Rule, Rules, Shown, read


class Verdict(StrEnum):
    """What may follow."""

    PASS = "pass"  # noqa: S105 - no password
    URGENT = "urgent"  # answer, under a banner with the emergency number
    REFUSE = "refuse"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Screening:
    """What the screen found; rule ids explain it, the text is not in it."""

    verdict: Verdict
    category: Category | None = None
    rules: tuple[str, ...] = ()
    other: bool = False  # the danger is somebody else's
    first_aid: str | None = None  # the entry that the rules name for what happened
    identifiers: bool = False  # the text holds names, numbers or the like
    person: bool = False  # it speaks of somebody in particular
    soft: bool = False  # about suicide, but nobody in danger: add the listening line
    # The verdict without weak rules, where they made it stricter; the learnt head decides.
    firm: "Screening | None" = None
    # The head alone says so and is not sure: a sure answer may stand in the place of refusal or
    # card, of this one under the number.
    unsure: bool = False
    # Of an emergency all that rules name, in order of precedence.  Empty where there is danger but
    # no phrase says which: by marks alone, or by the learnt head.
    categories: tuple[Category, ...] = ()


_CLAUSE = re.compile(r"[,،;؛:]+\s+|\s+[-–—]+\s+")
_SENTENCE = re.compile(r"[.?!।۔؟\n]+\s*")
# More than people put into a message of Telegram, so that no emergency hides behind the others.
MOST_SENTENCES = 400
# Clauses of weak rules that the head hears, as it needs the encoder for each.
MOST_CLAUSES, MOST_DOUBTFUL = 60, 20
# Characters that the head takes in as a whole; in a longer text weak rules are not overruled.
MOST_WEAK = 300
_STRICTNESS = (Verdict.PASS, Verdict.URGENT, Verdict.REFUSE, Verdict.EMERGENCY)


def screen(message: str, rules: Rules) -> Screening:
    """Return the strictest verdict on a message as a whole and on each of its sentences.

    A greeting or a harmless question beside it must not hide an emergency.
    """
    parts = sentences(message)
    shown = [rules.show(part) for part in (message, *(parts if parts[1:] else ()))]
    firing = [rules.firing(one) for one in shown]
    identified = identifying(redact(message).kinds)
    full = _strictest(shown, firing, identified=identified)
    if not any(rule.weak for rules_ in firing for rule in rules_):
        return full
    firing = [[rule for rule in rules_ if not rule.weak] for rules_ in firing]
    firm = _strictest(shown, firing, identified=identified)
    if firm.verdict is full.verdict:
        # It knows better what it is; a card tells of what else is heard, too.
        categories = _ordered((*firm.categories, *full.categories))
        return replace(firm, first_aid=firm.first_aid or full.first_aid, categories=categories)
    return replace(full, firm=firm)


def sentences(message: str) -> list[str]:
    """Return the sentences that the screen looks at, one by one; what is said again, once."""
    parts = dict.fromkeys(part.strip() for part in _SENTENCE.split(read(message)))
    return [part for part in parts if part][:MOST_SENTENCES]


def clauses(message: str) -> list[str]:
    """Return the clauses of a message: what stands between commas, too."""
    return [part for said in sentences(message) for part in _CLAUSE.split(said) if part.strip()]


def _strictest(
    shown: Sequence[Shown], firing: Sequence[list[Rule]], *, identified: bool
) -> Screening:
    """Return the strictest of the verdicts on a message and its sentences."""
    found = [_screen(one, rules) for one, rules in zip(shown, firing, strict=True)]
    first = strictest(found)
    return replace(
        first,
        identifiers=identified,
        person=any(one.person for one in found),
        soft=first.verdict is not Verdict.EMERGENCY and any(one.soft for one in found),
    )


def strictest(found: Sequence[Screening]) -> Screening:
    """Return the strictest screening; of equals a sure one, then the first: a message before parts.

    Of emergencies it holds the categories of all, and the one of highest precedence leads.
    """
    first = max(found, key=lambda one: (_STRICTNESS.index(one.verdict), not one.unsure))
    categories = _ordered(category for one in found for category in one.categories)
    if not categories:
        return first
    leading = next(one for one in found if categories[0] in one.categories)
    return replace(leading, categories=categories)


def _ordered(categories: Iterable[Category]) -> tuple[Category, ...]:
    return tuple(sorted(set(categories), key=lambda category: PRECEDENCE[category]))


def _screen(shown: Shown, firing: list[Rule]) -> Screening:
    """Return the verdict on one message or sentence.

    A rule of level `now` counts as an emergency unless the message speaks in general (what should
    one do if …) of nobody in particular and of nothing that has happened; then it is urgent.
    """
    general = "general" in shown.marks and not shown.marks & {"person", "now"}
    emergencies = [rule for rule in firing if _emergency(rule, general=general)]
    person = "person" in shown.marks and "impersonal" not in shown.marks
    soft = any(rule.category is Category.SELF_HARM for rule in firing)
    if emergencies:
        alarmed = _screening(Verdict.EMERGENCY, emergencies, person=person)
        named = _ordered(rule.category for rule in emergencies if rule.own)
        return replace(alarmed, categories=named)
    personal = [rule for rule in firing if rule.category not in EMERGENCIES]
    if personal:
        refused = _screening(Verdict.REFUSE, personal, person=person)
        return replace(refused, soft=soft)
    urgent = [rule for rule in firing if rule.category in EMERGENCIES]
    if urgent:
        careful = _screening(Verdict.URGENT, urgent, person=person)
        return replace(careful, soft=soft)
    return Screening(Verdict.PASS, person=person)


def _emergency(rule: Rule, *, general: bool) -> bool:
    if rule.category not in EMERGENCIES or rule.level == "urgent":
        return False
    return rule.level == "always" or not general


def _first_aid(rules: list[Rule]) -> str | None:
    """Return the entry that most of the rules name; of equals what is named last.

    General signs ("not breathing") come first in the files, causes ("choking") later.
    """
    named = [rule.first_aid for rule in rules if rule.first_aid]
    return max(reversed(named), key=named.count, default=None)


def _screening(verdict: Verdict, rules: list[Rule], *, person: bool) -> Screening:
    # A rule that stands on marks alone knows that there is danger, not which.
    telling = [rule for rule in rules if rule.own] or rules
    first = min(telling, key=lambda rule: PRECEDENCE[rule.category])
    same = [rule for rule in rules if rule.category == first.category]
    return Screening(
        verdict,
        first.category,
        tuple(rule.id for rule in rules),
        other=all(rule.other for rule in same),
        first_aid=_first_aid(same),
        person=person,
    )
