"""The sentences that rules are tried on, as material for tests of the screen."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import text as reading
from safety.rules import EMERGENCIES, FileModel, RuleModel, Rules
from safety.screen import Verdict, screen
from workshop import SAFETY
from yamlfile import Document


def written() -> Iterator[tuple[str, RuleModel]]:
    """Yield the rules as they are written, each with the language of its file."""
    for path in sorted((SAFETY / "rules").glob("*.yaml")):
        for rule in Document(path).model(FileModel).rules:
            yield path.stem, rule


def form(language: str, text: str) -> str:
    """Return the form of a sentence in a file of a language: "hi", or "hi-latin"."""
    latin = reading.script(text) is reading.Script.LATIN
    return f"{language}-latin" if latin and language in ("hi", "ur") else language


def some(texts: Sequence[str], most: int) -> list[str]:
    """Return at most so many different texts, from all over the list."""
    listed = list(dict.fromkeys(texts))
    return listed[:: -(-len(listed) // most)]


def explicit(rules: Rules, most: int) -> dict[str, str]:
    """Return sentences that firm rules call an emergency, with their forms.

    Args:
        rules: To try them on.
        most: Sentences of a form and category.
    """
    listed = defaultdict[tuple[str, str], list[str]](list)
    for language, rule in written():
        if rule.category in EMERGENCIES and not rule.weak and rule.level != "urgent":
            for text in rule.must_hit:
                seen = screen(text, rules)
                if seen.verdict is Verdict.EMERGENCY and seen.firm is None:
                    listed[form(language, text), rule.category].append(text)
    return {text: form_ for (form_, _), texts in listed.items() for text in some(texts, most)}
