"""`safety.rules` makes rules of the files that clinicians write, and tries their examples."""

import os
from pathlib import Path
from typing import get_args

import pytest
from conftest import HOME

from safety import rules, views
from safety.rules import EMERGENCIES, MARKS, PRECEDENCE, Category, Mark, Rules
from yamlfile import ProblemsError

REAL = HOME / "safety" / "rules"


def write(folder: Path, **files: str) -> Path:
    """Write rule files by language."""
    for language, content in files.items():
        (folder / f"{language}.yaml").write_text(content, "utf-8")
    return folder


def load(folder: Path, **files: str) -> Rules:
    """Write rule files by language and load them."""
    return rules.load(write(folder, **files))


def mistakes(folder: Path, **files: str) -> list[str]:
    """Return what is said of rule files that cannot be used, by file name and line."""
    with pytest.raises(ProblemsError) as raised:
        load(folder, **files)
    return [str(problem).removeprefix(f"{folder}/") for problem in raised.value.problems]


def fired(made: Rules, message: str) -> list[str]:
    """Return the ids of the rules that fire on a message."""
    return [rule.id for rule in made.firing(made.show(message))]


def marks(made: Rules, message: str) -> set[str]:
    """Return the marks that a message shows."""
    return set(made.show(message).marks)


def rule(**values: str) -> str:
    """Return a file with one rule, each value as YAML."""
    given = {"id": "r", "category": "medical", **values}
    return "rules:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in given.items()) + "\n"


def test_emergencies_come_before_refusals() -> None:
    """Life first: the order of the categories is the order of precedence."""
    order = sorted(Category, key=PRECEDENCE.__getitem__)

    assert set(EMERGENCIES) == set(order[: len(EMERGENCIES)])
    assert list(Category) == order


def test_marks_of_files_are_the_marks_that_are_explained() -> None:
    """Two lists of one thing."""
    assert get_args(Mark) == MARKS


@pytest.fixture(scope="module")
def starter() -> Rules:
    """The starter rules; loading them tries every `must_hit` and `must_pass`."""
    return rules.load(REAL)


@pytest.mark.parametrize("category", Category)
def test_every_category_but_identifiers_has_a_rule(starter: Rules, category: Category) -> None:
    """Redaction tells identifiers; everything else is told by rules."""
    found = {rule.category for rule in starter.rules}

    assert (category is not Category.IDENTIFIERS) == (category in found)


@pytest.mark.parametrize("language", ["en", "hi", "ur", "sw", "id"])
@pytest.mark.parametrize("category", EMERGENCIES)
def test_every_language_has_rules_for_every_emergency(
    starter: Rules, language: str, category: Category
) -> None:
    """The ids of rules name their language."""
    found = {rule.id.split(".")[1] for rule in starter.rules if rule.category is category}

    assert language in found


@pytest.mark.parametrize(
    ("values", "message", "fires"),
    [
        ({"any": "[not breathing]"}, "she is not breathing", True),
        ({"any": "[not breathing]"}, "she is breathing", False),
        ({"any": "[gone, not breathing]"}, "gone!", True),
        ({"needs": "[person, state]"}, "my son, fever", True),
        ({"needs": "[person, state]"}, "fever", False),
        ({"any": "[bad]", "needs": "[state]"}, "bad fever", True),
        ({"any": "[bad]", "needs": "[state]"}, "bad weather", False),
        ({"any": "[fever]", "unless": "[general]"}, "fever", True),
        ({"any": "[fever]", "unless": "[general]"}, "what is fever", False),
        ({"any": "[fever]", "not_with": "[dengue fever]"}, "dengue fever", False),
        ({"any": "[fever]", "not_with": "[dengue fever]"}, "fever, dengue", True),
    ],
    ids=[
        "phrase",
        "no-phrase",
        "another-phrase",
        "marks",
        "not-all-marks",
        "both",
        "phrase-without-mark",
        "no-mark-against",
        "mark-against",
        "phrase-against",
        "not-quite-against",
    ],
)
def test_a_rule_fires_on_phrases_and_marks_unless_something_speaks_against_it(
    tmp_path: Path, values: dict[str, str], message: str, *, fires: bool
) -> None:
    """`any`, `needs`, `unless`, `not_with`."""
    said = "marks: {person: [my], state: [fever], general: [what is]}\n"
    made = load(tmp_path, en=said + rule(**values))

    assert (["r"] if fires else []) == fired(made, message)


def test_a_rule_holds_what_its_file_says(tmp_path: Path) -> None:
    """Level and `other` are weighed by the screen."""
    made = load(
        tmp_path,
        en=rule(any="[gone]", level="always", other="true", category="self_harm"),
        hi=rule(id="s", any="[gone]"),
    )
    told = [(rule.id, rule.category, rule.level, rule.other) for rule in made.rules]

    assert told == [
        ("r", Category.SELF_HARM, "always", True),
        ("s", Category.MEDICAL, "now", False),
    ]


def test_a_rule_may_say_that_it_is_weak(tmp_path: Path) -> None:
    """Firm unless its writer says otherwise; it fires like any other."""
    made = load(
        tmp_path,
        en=rule(any="[gone]", weak="true"),
        hi=rule(id="s", any="[ज़हर]"),
        ur=rule(id="t", any="[زہر]", weak="false"),
    )

    assert [("r", True), ("s", False), ("t", False)] == [(r.id, r.weak) for r in made.rules]
    assert ["r"] == fired(made, "gone")


def test_a_set_stands_for_its_phrases(tmp_path: Path) -> None:
    """In marks and in rules of the same file."""
    made = load(
        tmp_path,
        en="sets: {kin: [son, little boy]}\nmarks: {person: [my @kin]}\n"
        + rule(any="['@kin fell']"),
    )

    assert fired(made, "the little boy fell") == ["r"]
    assert marks(made, "my little boy") == {"person"}


def test_all_files_add_to_the_same_marks(tmp_path: Path) -> None:
    """People mix languages in one sentence."""
    made = load(
        tmp_path,
        common=rule(needs="[person, state]"),
        en="marks: {state: [fever]}\n",
        hi="marks: {person: [mere bete ko, मेरे बेटे को]}\n",
    )

    assert fired(made, "mere bete ko fever hai") == ["r"]
    assert fired(made, "मेरे बेटे को fever है") == ["r"]
    assert fired(made, "fever") == []


def test_romanised_hindi_is_read_by_sound(tmp_path: Path) -> None:
    """Nobody agrees on its spelling."""
    made = load(tmp_path, hi=rule(any="[saans nahi]"))

    assert fired(made, "sans naheen aa rahi hai") == []
    assert fired(made, "sans nahee aa rahi hai") == ["r"]


def test_hindi_letters_are_not_read_by_sound(tmp_path: Path) -> None:
    """Their spelling is fixed; what sound folding would do to them is chance."""
    made = load(tmp_path, hi=rule(any="[साँस नहीं]"))

    assert fired(made, "उसे सांस नहीं आ रही") == ["r"]


def test_a_latin_phrase_of_one_language_does_not_count_in_another(tmp_path: Path) -> None:
    """`me` is "in" in Hindi, `sore` is afternoon in Indonesian."""
    made = load(
        tmp_path,
        id=rule(id="i", any="[demam]"),
        ur=rule(id="u", any="[maar]"),
    )

    assert fired(made, "anak saya demam") == ["i"]
    assert fired(made, "what is the demam of it") == []
    assert fired(made, "mujhe maar raha hai") == ["u"]
    assert fired(made, "what is the maar of it") == []


def test_a_native_phrase_counts_beside_any_language(tmp_path: Path) -> None:
    """Its letters tell the language by themselves."""
    made = load(tmp_path, hi=rule(any="[ज़हर]"))

    assert fired(made, "what is the ज़हर that you have for it") == ["r"]


@pytest.mark.parametrize("language", ["en", "common"])
def test_rules_of_english_and_of_all_count_in_every_language(tmp_path: Path, language: str) -> None:
    """English words of medicine live in every language."""
    made = load(tmp_path, **{language: rule(any="[heart attack]")})

    assert fired(made, "mere papa ko heart attack hai") == ["r"]


def test_english_grammar_counts_only_where_the_message_may_be_english(tmp_path: Path) -> None:
    """`state` is a word of medicine, `person` is grammar."""
    made = load(tmp_path, en="marks: {person: [kiddo], state: [fever]}\n")

    assert marks(made, "kiddo fever") == {"person", "state"}
    assert marks(made, "kiddo fever ana mtoto wangu") == {"state"}


@pytest.mark.parametrize(
    "message",
    [
        "k i l l m y s e l f",
        "k.i.l.l m-y-s-e-l-f",
        "\u202eflesym llik",
        "kill\u200b myself",
        "kіll myѕelf",
    ],
    ids=["spaced", "joined", "turned", "invisible", "look-alikes"],
)
def test_a_disguise_hides_no_phrase(tmp_path: Path, message: str) -> None:
    """Rules look at every view of a message."""
    made = load(tmp_path, en=rule(any="[kill myself, killmyself]"))

    assert fired(made, message) == ["r"]


@pytest.mark.parametrize("place", [0, 15_000, 99_000, 100_000])
def test_a_very_long_message_is_read_at_its_beginning_and_end(tmp_path: Path, place: int) -> None:
    """There people say what they want; and nobody can stop the bot with a book."""
    made = load(tmp_path, en=rule(any="[not breathing]"))
    text = "word " * 20_000

    assert fired(made, f"{text[:place]} not breathing {text[place:]}") == ["r"]


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path) -> None:
    """Without rules nothing would be screened."""
    with pytest.raises(ProblemsError, match="no rule files: the screen needs them"):
        rules.load(tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("rules: [\n", "en.yaml:2: not YAML"),
        ("- rule\n", "en.yaml:1: must be keys with values"),
        ("marks: {happy: [yay]}\n", "en.yaml:1: marks.happy"),
        (rule(any="[a]", colour="red"), "en.yaml:5: rules.0.colour: unknown key"),
        (
            rule(any="[a]", category="joy"),
            "en.yaml:3: rules.0.category: must be 'poison', 'medical'",
        ),
        (rule(any="[a]", level="never"), "en.yaml:5: rules.0.level: must be 'always'"),
        (rule(any="[a]", weak="seldom"), "en.yaml:5: rules.0.weak: must be"),
        (rule(id="a b", any="[a]"), "en.yaml:2: rules.0.id: "),
        (rule(needs="[luck]"), "en.yaml:4: rules.0.needs.0: must be 'person'"),
        (rule(), "en.yaml:2: rules.0: r: give `any` or `needs`, or it always fires"),
        (rule(any="[(a]"), "en.yaml:4: rules.0.any.0: “(” is not closed"),
        (rule(any="[a]", not_with="[b, '@who']"), "en.yaml:5: rules.0.not_with.1: the set @who"),
        ("marks:\n  person:\n    - my\n    - '*'\n", "en.yaml:4: marks.person.1: “*”"),
        ("sets:\n  kin: [son, '<1>']\n", "en.yaml:2: sets.kin.1: “<1>”: nothing in it"),
        (
            rule(any="[a]", must_hit="[a, b]"),
            "en.yaml:5: rules.0.must_hit.1: this example is missed by r",
        ),
        (
            rule(any="[a]", must_pass="[b, a]"),  # noqa: S106 - no password
            "en.yaml:5: rules.0.must_pass.1: this example is hit by r",
        ),
        (
            rule(any="[a]", weak="true", must_hit="[a, b]"),
            "en.yaml:6: rules.0.must_hit.1: this example is missed by r",
        ),
        (
            rule(any="[a]", weak="true", must_pass="[b, a]"),  # noqa: S106 - no password
            "en.yaml:6: rules.0.must_pass.1: this example is hit by r",
        ),
    ],
    ids=[
        "not-yaml",
        "no-keys",
        "mark",
        "key",
        "category",
        "level",
        "weak",
        "id",
        "needs",
        "always-fires",
        "phrase",
        "against",
        "mark-phrase",
        "set-phrase",
        "missed",
        "hit",
        "missed-by-a-weak-one",
        "hit-by-a-weak-one",
    ],
)
def test_a_mistake_is_said_with_its_place(tmp_path: Path, content: str, expected: str) -> None:
    """A clinician finds it without help."""
    (sentence,) = mistakes(tmp_path, en=content)

    assert sentence.startswith(expected)


@pytest.mark.parametrize(
    "content",
    [rule(any="['(a']"), "marks: {person: ['(a']}\n", "sets: {kin: ['(a']}\n"],
    ids=["rule", "mark", "set"],
)
def test_a_mistake_in_a_romanised_phrase_is_said_once(tmp_path: Path, content: str) -> None:
    """It is read twice, as plain words and by sound."""
    assert len(mistakes(tmp_path, hi=content)) == 1


def test_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    """One that cannot be parsed hides none in the others."""
    said = mistakes(tmp_path, en="rules: [\n", hi=rule(any="['(a']"), sw="colour: red\n")

    assert [line.split(".")[0] for line in said] == ["en", "hi", "sw"]


def test_an_id_may_stand_once_in_all_files(tmp_path: Path) -> None:
    """A refusal names its rule."""
    said = mistakes(tmp_path, en=rule(any="[a]"), hi=rule(any="[b]"))

    assert said == ["hi.yaml:2: rules.0.id: r stands twice"]


def test_a_set_in_native_letters_can_stand_in_any_phrase(tmp_path: Path) -> None:
    """Writers of Hindi keep their lists in Hindi."""
    made = load(tmp_path, hi="sets: {ache: [दर्द, पीड़ा]}\n" + rule(any="['@ache']"))

    assert fired(made, "बहुत पीड़ा है") == ["r"]


def test_examples_that_passed_are_not_tried_again(tmp_path: Path) -> None:
    """Trying a thousand examples takes seconds of every start."""
    folder, tried = tmp_path / "rules", tmp_path / "tried"
    folder.mkdir()
    write(folder, en=rule(any="[a]", must_hit="[a]"))
    rules.load(folder, tried)
    os.utime(tried, (0, 0))
    made = rules.load(folder, tried)

    assert tried.stat().st_mtime == 0
    assert fired(made, "a") == ["r"]


def test_examples_are_tried_again_when_a_rule_has_changed(tmp_path: Path) -> None:
    """What is remembered is the state of the files, not that they passed once."""
    folder, tried = tmp_path / "rules", tmp_path / "tried"
    folder.mkdir()
    write(folder, en=rule(any="[a]", must_hit="[a]"))
    rules.load(folder, tried)
    write(folder, en=rule(any="[b]", must_hit="[a]"))

    with pytest.raises(ProblemsError, match="this example is missed by r"):
        rules.load(folder, tried)


def test_examples_that_failed_are_not_remembered(tmp_path: Path) -> None:
    """A second start must fail like the first."""
    folder, tried = tmp_path / "rules", tmp_path / "tried"
    folder.mkdir()
    write(folder, en=rule(any="[b]", must_hit="[a]"))
    with pytest.raises(ProblemsError):
        rules.load(folder, tried)

    assert not tried.exists()


def test_rules_hold_every_language_that_views_can_tell() -> None:
    """A language without a file would never be screened in its own words."""
    stems = {path.stem for path in REAL.glob("*.yaml")}

    assert {*views.TELLTALES, "ur", "common"} == stems
