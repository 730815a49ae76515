"""`safety.head` makes a verdict stricter where a message is like known ones, never softer."""

import contextlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, HOME

import text as reading
import workshop
from assistant import Desk
from faq import kept
from faq.encoder import Encoder
from faq.learn import marks
from safety import head
from safety.head import BUCKETS, GENERAL, Example, Head, hashed
from safety.rules import EMERGENCIES, Category
from safety.screen import Screening, Verdict
from yamlfile import ProblemsError

EXAMPLES = head.load(HOME / "safety" / "examples")
PASS = Screening(Verdict.PASS)
# Of the tests' own, and such as no rule may know.
DANGERS = [
    "the old lady next door slumped over her plate and nothing we do brings her round",
    "दुकान पर एक आदमी अचानक गिर गया, आँखें उलट गईं और हाथ-पैर अकड़ रहे हैं",
    "bacha neela par gaya hai aur saans ki awaz nahi aa rahi jaldi batao",
    "mtoto amegeuka bluu na hapumui tafadhali",
    "bapak jatuh di kamar mandi, dipanggil tidak jawab, badannya dingin",
]
GENERALS = [
    "how does malaria spread",
    "टीबी कैसे फैलती है",
    "diabetes ki alamat kya hain",
    "ملیریا سے کیسے بچا جائے",
    "faida za kunyonyesha",
    "berapa lama sebaiknya tidur",
]


def look(desk: Desk, message: str, screening: Screening = PASS) -> Screening:
    """Let the starter head look at a message."""
    states = desk.encoder.states(reading.normalise(message))
    return desk.head.firmer(screening, hashed(message), states)


@pytest.mark.parametrize("message", DANGERS)
def test_what_is_like_an_emergency_becomes_one(desk: Desk, message: str) -> None:
    """Whatever the rules have said of it; and it says which examples it is like, not their text."""
    found = look(desk, message)

    assert Verdict.EMERGENCY is found.verdict
    assert found.category in EMERGENCIES
    assert found.rules
    assert all(re.fullmatch(r"like:[a-z]+:[a-z_]+:[0-9]+", name) for name in found.rules)


@pytest.mark.parametrize("message", GENERALS)
def test_a_general_question_passes(desk: Desk, message: str) -> None:
    """The head was shown the knowledge base."""
    assert PASS == look(desk, message)


@pytest.mark.parametrize("message", [*DANGERS, *GENERALS])
@pytest.mark.parametrize("verdict", Verdict)
def test_no_verdict_becomes_softer(desk: Desk, message: str, verdict: Verdict) -> None:
    """The rules have the first word, and the strictest has the last."""
    order = list(Verdict)
    given = replace(PASS, verdict=verdict, category=Category.SYMPTOMS)

    assert order.index(look(desk, message, given).verdict) >= order.index(verdict)


# ---- weak rules

WEAK = Screening(Verdict.EMERGENCY, Category.MEDICAL, ("E.weak",), firm=PASS)
WEAKLY_REFUSED = Screening(Verdict.REFUSE, Category.SYMPTOMS, ("D.weak",), firm=PASS)


@pytest.mark.parametrize("message", DANGERS)
def test_a_weak_verdict_is_kept_where_the_head_leans_that_way(desk: Desk, message: str) -> None:
    """Two keys to one lock."""
    assert WEAK == look(desk, message, WEAK)


@pytest.mark.parametrize("message", GENERALS)
@pytest.mark.parametrize("weak", [WEAK, WEAKLY_REFUSED], ids=["emergency", "personal"])
def test_a_weak_verdict_is_undone_for_a_general_question(
    desk: Desk, message: str, weak: Screening
) -> None:
    """What is left is the verdict of the firm rules, whole."""
    firm = Screening(Verdict.URGENT, Category.SELF_HARM, ("U.firm",), person=True, soft=True)

    assert PASS == look(desk, message, weak)
    assert firm == look(desk, message, replace(weak, firm=firm))


@pytest.mark.parametrize("message", [*DANGERS, *GENERALS])
@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.URGENT, Verdict.REFUSE])
def test_what_firm_rules_say_is_never_undone(desk: Desk, message: str, verdict: Verdict) -> None:
    """Only what a weak rule has added may go."""
    order = list(Verdict)
    firm = Screening(verdict, Category.SYMPTOMS)

    assert order.index(look(desk, message, replace(WEAK, firm=firm)).verdict) >= order.index(
        verdict
    )


def told(emergency: float, personal: float, kind: Category = Category.MEDICAL) -> Head:
    """Return a head that finds every message so likely an emergency, or somebody's own case."""
    shares = np.array([1 - emergency - personal, emergency, personal], np.float32)
    return Head(
        np.zeros((1, 2), np.float32),
        np.ones((1, 2), np.float32),
        np.zeros((2 + 3 * BUCKETS + 1, 1), np.float32),
        np.array([[0, 0, 0], np.log(np.maximum(shares, 1e-9))], np.float32),
        (GENERAL, kind, Category.LOSS),
        (f"en:{kind}:1", "en:loss:1"),
        (kind, Category.LOSS),
        np.eye(2, dtype=np.float32),
    )


@pytest.mark.parametrize(
    ("emergency", "personal", "given", "verdict", "category"),
    [
        (0.04, 0, WEAK, Verdict.EMERGENCY, Category.MEDICAL),
        (0.01, 0, WEAK, Verdict.PASS, None),
        (0, 0.04, WEAK, Verdict.EMERGENCY, Category.MEDICAL),
        (0.02, 0.02, WEAKLY_REFUSED, Verdict.REFUSE, Category.SYMPTOMS),
        (0.01, 0, WEAKLY_REFUSED, Verdict.PASS, None),
        (0.3, 0.02, WEAKLY_REFUSED, Verdict.EMERGENCY, Category.MEDICAL),
        (0.5, 0.4, WEAK, Verdict.EMERGENCY, Category.MEDICAL),
        (0.21, 0, PASS, Verdict.EMERGENCY, Category.MEDICAL),
        (0.19, 0.19, PASS, Verdict.PASS, None),
        (0.19, 0.41, PASS, Verdict.REFUSE, Category.LOSS),
        (0.21, 0.4, PASS, Verdict.EMERGENCY, Category.MEDICAL),
        (0.3, 0.7, PASS, Verdict.REFUSE, Category.LOSS),
    ],
    ids=["leans", "leans-too-little", "leans-otherwise", "both-together", "undone",
         "an-emergency-after-all", "kept-with-its-category", "alone", "too-little-of-each",
         "personal", "emergency-goes-first", "far-likelier-personal"],
)  # fmt: skip
def test_how_likely_the_head_must_find_it(
    emergency: float,
    personal: float,
    given: Screening,
    verdict: Verdict,
    category: Category | None,
) -> None:
    """A little, in sum, beside a weak rule; more to act alone."""
    states = np.array([[1, 0]], np.float32)
    found = told(emergency, personal).firmer(given, hashed("a message"), states)

    assert (verdict, category) == (found.verdict, found.category)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (Category.MEDICAL, Verdict.REFUSE),
        (Category.POISON, Verdict.REFUSE),
        (Category.SELF_HARM, Verdict.EMERGENCY),
        (Category.ABUSE, Verdict.EMERGENCY),
    ],
)
def test_who_needs_somebody_to_talk_to_is_not_refused(kind: Category, verdict: Verdict) -> None:
    """A refusal names the emergency number, but no helpline."""
    states = np.array([[1, 0]], np.float32)

    assert verdict is told(0.25, 0.7, kind).firmer(PASS, hashed("a message"), states).verdict


@pytest.mark.parametrize(
    ("emergency", "personal", "given", "unsure"),
    [
        (0.3, 0.1, PASS, True),
        (0.35, 0.6, PASS, False),
        (0.8, 0.1, PASS, False),
        (0.3, 0.1, WEAK, False),
        (0.1, 0.5, PASS, True),
        (0.1, 0.85, PASS, False),
        (0.1, 0.5, WEAKLY_REFUSED, False),
    ],
    ids=["may-be-general", "personal-if-no-emergency", "sure", "a-rule-says-so-too",
         "perhaps-personal", "surely-personal", "personal-by-a-rule"],
)  # fmt: skip
def test_a_head_that_is_not_sure_says_so(
    emergency: float, personal: float, given: Screening, *, unsure: bool
) -> None:
    """Then a sure answer may stand in the place of card or refusal."""
    states = np.array([[1, 0]], np.float32)

    assert unsure is told(emergency, personal).firmer(given, hashed("a message"), states).unsure


def test_an_emergency_keeps_its_category(desk: Desk) -> None:
    """A rule that fires knows better what it is."""
    given = Screening(Verdict.EMERGENCY, Category.POISON, ("P.en.swallowed",))

    assert given == look(desk, DANGERS[0], given)


def test_few_general_examples_would_be_stopped(desk: Desk) -> None:
    """It was shown them, so this is the least to ask; docs/safety.md has the unseen ones."""
    general = [example.text for example in EXAMPLES if example.label == GENERAL][::5]
    stopped = [text for text in general if look(desk, text) != PASS]

    assert len(stopped) <= 0.05 * len(general)


def test_every_language_has_enough_examples_of_every_class() -> None:
    """About 150 of each group: emergencies, somebody's own case, general questions."""
    groups: dict[str, str] = {**dict.fromkeys(EMERGENCIES, "emergency"), GENERAL: "general"}
    counts: dict[tuple[str, str], int] = {}
    for example in EXAMPLES:
        language = example.name.split(":")[0]
        romanised = language in ("hi", "ur") and example.text.isascii()
        label = "general" if example.label == GENERAL else Category(example.label)
        key = f"{language}{'-latin' if romanised else ''}", groups.get(label, "personal")
        counts[key] = counts.get(key, 0) + 1

    assert 7 * 3 == len(counts)
    assert [] == [key for key, count in counts.items() if count < 140]


def small(encoder: Encoder, labels: tuple[str, ...] = ("medical", "symptoms", GENERAL)) -> Head:
    """Learn from some English examples only."""
    chosen = [e for e in EXAMPLES if e.name.startswith("en:") and e.label in labels][::4]
    said = ["how does malaria spread", "what is dengue"]
    texts = [*(example.text for example in chosen), *said]
    states = np.array([encoder.states(reading.normalise(text)) for text in texts], np.float16)
    return head.learn(chosen, said, states)


def test_the_same_examples_make_the_same_head(encoder: Encoder, tmp_path: Path) -> None:
    """Also when it was kept on disk between."""
    first, second = small(encoder), small(encoder)
    kept.write(tmp_path / "head.npz", first.arrays())
    third = head.from_arrays(kept.read(tmp_path / "head.npz"))

    for other in (second, third):
        np.testing.assert_array_equal(first.inner, other.inner)
        np.testing.assert_array_equal(first.outer, other.outer)
        assert (first.kinds, first.names, first.labels) == (other.kinds, other.names, other.labels)


def test_all_chances_together_are_one(encoder: Encoder) -> None:
    """One of each kind that was learnt, and none for a kind that was not."""
    message = "my head hurts"
    chances = small(encoder).chances(hashed(message), encoder.states(message))

    assert {"medical", "symptoms", GENERAL} == set(chances)
    assert pytest.approx(1, abs=1e-5) == sum(chances.values())


def test_a_model_with_one_layer_will_do(encoder: Encoder) -> None:
    """An operator may put any sentence encoder in the place of the default one."""
    chosen = [e for e in EXAMPLES if e.name.startswith("en:")][::4]
    states = np.array([[encoder.vector(reading.normalise(e.text))] for e in chosen], np.float16)
    made = head.learn(chosen, [], states)
    message = "my father is lying on the floor and is not breathing"
    seen = np.array([encoder.vector(message)])

    assert Verdict.EMERGENCY is made.firmer(PASS, hashed(message), seen).verdict


def test_the_kept_head_is_the_desks(desk: Desk) -> None:
    """`make setup` learns it; a start only reads it."""
    known = kept.read(DATA / "head.npz")

    np.testing.assert_array_equal(known["inner"], desk.head.inner)


@pytest.mark.parametrize(("changed", "again"), [(20, False), (2000, True)], ids=["few", "many"])
def test_the_head_is_learnt_anew_when_much_of_the_base_is_new(
    encoder: Encoder, tmp_path: Path, changed: int, *, again: bool
) -> None:
    """Staff add a wording in a minute; learning takes half of one."""
    said = [f"sentence {number}" for number in range(10_000)]
    known = {**kept.read(DATA / "head.npz"), "said": marks(said)}
    kept.write(tmp_path / "head.npz", known)
    new = [f"another {number}" for number in range(changed)]
    learnt: list[str] = []

    def told(what: str, done: int, of: int) -> None:
        learnt.append(what)
        raise InterruptedError

    with contextlib.suppress(InterruptedError):
        workshop.learnt_head(EXAMPLES, said[changed:] + new, encoder, tmp_path, told)

    assert again == bool(learnt)


def write(folder: Path, content: str, name: str = "en") -> str:
    """Return what is said of a file of examples."""
    (folder / f"{name}.yaml").write_text(content, "utf-8")
    with pytest.raises(ProblemsError) as caught:
        head.load(folder)
    return "\n".join(problem.sentence for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("danger: [help]\n", "en", "is no category; known are poison, medical"),
        ("general: [hello there]\n", "fr", "fr is none of our languages"),
        ("medical: [help me]\n", "en", "no general examples: all would be refused"),
        ("medical: help\n", "en", "must be a list"),
        ("medical: [\n", "en", "not YAML"),
    ],
    ids=["label", "language", "no-general", "no-list", "no-yaml"],
)
def test_a_mistake_is_said(tmp_path: Path, content: str, name: str, said: str) -> None:
    """In the words that fit the writer."""
    assert said in write(tmp_path, content, name)


def test_examples_have_names_without_their_text(tmp_path: Path) -> None:
    """What is logged must not quote."""
    (tmp_path / "en.yaml").write_text("general: [how are you, what is flu]\n", "utf-8")

    assert (
        Example("en:general:1", GENERAL, "how are you"),
        Example("en:general:2", GENERAL, "what is flu"),
    ) == head.load(tmp_path)
