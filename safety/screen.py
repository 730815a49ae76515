"""Look at a message before anything else does: may it be answered at all?  Pure.

The order of the categories is `Category`'s.  A message can touch several; the strictest wins.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from safety.redact import identifying, redact
from safety.rules import EMERGENCIES, PRECEDENCE, Category, Rule, Rules, Shown


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
    # Whether the head must hear each sentence: of a message it takes in the beginning, as a whole.
    apart: bool = False


_SENTENCE = re.compile(r"[.?!।۔؟\n]+\s*")
MOST_SENTENCES = 20
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
        return firm  # it knows better what it is
    apart = bool(parts[1:]) or len(message) > MOST_WEAK
    return replace(full, firm=firm, apart=apart)


def sentences(message: str) -> list[str]:
    """Return the sentences that the screen looks at, one by one."""
    return [part for part in _SENTENCE.split(message) if part.strip()][:MOST_SENTENCES]


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
    """Return the strictest screening; of equals the first: a message before its sentences."""
    return max(found, key=lambda one: _STRICTNESS.index(one.verdict))


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
        return _screening(Verdict.EMERGENCY, emergencies, person=person)
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
