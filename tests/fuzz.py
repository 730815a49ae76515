"""Try what people never type, for minutes: `make fuzz`.

Each target is a property with hypothesis, tried in rounds of new examples until its share of the
time is over.  What fails is made as small as it can be, printed, and belongs into a test.
"""

import argparse
import random
import re
import sys
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path

import rulebook
import yaml
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import text as reading
from faq import splice
from safety import rules, views, words
from safety.phrases import Parser, PhraseError, ends
from safety.redact import redact
from safety.screen import Verdict, screen, sentences
from workshop import FAQ, SAFETY

ROUND = 100  # examples
MOST_SECONDS = 3.0  # of one core, for one example of at most 4,096 characters

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)
FRAGMENTS = (
    "my|name|is|Asha|Devi|mera naam|jina langu|नाम|نام|98765|43210|+91|९८७६५|٠٣٠٠|nine eight|MRN:|"
    "A12345|@|.|,|:|/|-|_|asha|example.org|https://|at|dot|house no|gali|Jl.|12|1990|May|years old|"
    "son|fever|breathing|not|kill|mujhe|बेटे को|بخار|mtoto|anak|\u200b|\u202e|\u00ad|\U000e0101|"
    "\ud800|\u0301|\u093c|\u094d|\u0651|ﷺ|\U0001f1ee|ｋ|𝐤|ⓚ|к|a b c d|k.i.l.l|k1ll|[|]|[name]|\n|?"
)
touchy = st.lists(
    st.tuples(st.sampled_from(FRAGMENTS.split("|")), st.sampled_from([" ", " ", "", "  "])),
    max_size=14,
).map(lambda pairs: "".join(one + between for one, between in pairs))
texts = anything | touchy
long_texts = st.tuples(texts, st.integers(1, 400)).map(lambda pair: (pair[0] * pair[1])[:4096])
# A detail may come in a row of its like.
details = st.tuples(texts, st.integers(1, 6)).map(lambda pair: pair[0] * pair[1])


@cache
def starter() -> rules.Rules:
    """Return the rules that ship."""
    return rules.load(SAFETY / "rules")


@cache
def emergencies() -> list[str]:
    """Return explicit emergencies of one sentence, of all forms and categories."""
    return [one for one in rulebook.explicit(starter(), 10) if len(sentences(one)) == 1]


@cache
def vocabulary() -> words.Vocabulary:
    """Return the words that may be shown, and names."""
    return words.load(SAFETY)


@given(text=details)
def redaction(text: str) -> None:
    """What was redacted and masked stays so, can be written, and holds no long number."""
    once = redact(text).text
    shown = words.draft(once, vocabulary()).shown()

    assert once == redact(once).text
    assert shown == words.draft(shown, vocabulary()).shown()
    assert shown.encode().decode() == shown
    assert not re.search(r"\d{7}", once)


@given(text=long_texts)
def folding(text: str) -> None:
    """Folding again changes nothing, and every view can be made."""
    seen, folded, plain = reading.normalise(text), reading.fold(text), views.plain(text)

    assert seen == reading.normalise(seen)
    assert folded == reading.fold(folded) == reading.fold(seen)
    assert plain == views.plain(" ".join(plain))
    assert all(views.roman(view) is not None for view in views.disguised(text))


@given(text=texts, data=st.data())
def screening(text: str, data: st.DataObject) -> None:
    """A verdict on anything, whatever is invisible in it; nothing behind it hides an emergency."""
    at = data.draw(st.integers(0, len(text)))
    danger = data.draw(st.deferred(lambda: st.sampled_from(emergencies())))
    found = screen(text, starter())

    assert found.verdict is screen(f"{text[:at]}\u200b{text[at:]}", starter()).verdict
    assert Verdict.EMERGENCY is screen(f"{danger}. {text}", starter()).verdict


@given(
    phrase=st.text(st.sampled_from("ab क*~<>12#()[]|@ '-"), max_size=30) | anything,
    message=st.lists(st.sampled_from(["a", "b", "ab", "abbab", "क", "7"]), max_size=30),
)
def phrases(phrase: str, message: list[str]) -> None:
    """A phrase is read, or refused in a sentence; what it finds lies in the message."""
    try:
        sequence = Parser(views.plain).parse(phrase)
    except PhraseError as error:
        assert str(error)  # noqa: PT017 - there is a sentence, whatever it says
        return
    assert ends(sequence, message, 0) <= set(range(len(message) + 1))


# Whatever YAML can hold once its spaces are gone.
values = st.text(
    st.sampled_from("\n\t:#-'\"|>[]{},&*!%@`\\=+? ~0179.aक")
    | st.characters(exclude_categories=["Cs"]),
    max_size=60,
).map(str.strip)
ENTRIES = sorted((FAQ / "entries").glob("*.yaml"))
PLACES = (("topic",), ("review", "by"), ("texts", "en", "answer"))


@given(
    path=st.sampled_from(ENTRIES),
    place=st.sampled_from(PLACES),
    value=values,
    listed=st.lists(values, max_size=6),
)
def editing(path: Path, place: tuple[str, ...], value: str, listed: list[str]) -> None:
    """Values put into an entry's file are read back; the rest of it stays."""
    before = path.read_text("utf-8")
    made = splice.put(splice.put(before, place, value), ("texts", "en", "wordings"), listed)
    read, expected = yaml.safe_load(made), yaml.safe_load(before)
    found, old = read, expected
    for key in place[:-1]:
        found, old = found[key], old[key]

    assert value == (found.pop(place[-1]) or "").strip()
    assert listed == read["texts"]["en"].pop("wordings")
    old.pop(place[-1])
    expected["texts"]["en"].pop("wordings")
    assert expected == read


TARGETS: tuple[Callable[[], None], ...] = (redaction, folding, screening, phrases, editing)


def tried(target: Callable[[], None], seconds: float, chance: random.Random) -> tuple[int, bool]:
    """Try one target, a round at least.

    Args:
        target: A property.
        seconds: How long; a round that has begun is finished.
        chance: Where the seeds of the rounds come from.

    Returns:
        The rounds, and whether nothing was found.
    """
    until, rounds = time.monotonic() + seconds, 0
    while not rounds or time.monotonic() < until:
        rounds += 1
        try:
            seed(chance.getrandbits(64))(target)()
        except Exception:  # noqa: BLE001 - whatever it is, the next target is tried as well
            traceback.print_exc()
            return rounds, False
    return rounds, True


def main(arguments: list[str]) -> int:
    """Try all targets and say what was tried; 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="in all (default 300)")
    parser.add_argument("--seed", type=int, default=random.getrandbits(32), help="to try again")
    parser.add_argument("--examples", type=int, default=ROUND, help="in a round (default 100)")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    settings.register_profile(
        "fuzz",
        max_examples=options.examples,
        deadline=MOST_SECONDS * 1000,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("fuzz")
    passed = True
    for target in TARGETS:
        print(f"{target.__name__}: {target.__doc__}", flush=True)  # noqa: T201
        rounds, fine = tried(target, options.seconds / len(TARGETS), chance)
        verdict = "nothing found" if fine else "FAILED, see above"
        print(f"  {rounds * options.examples:,} examples: {verdict}", flush=True)  # noqa: T201
        passed &= fine
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
