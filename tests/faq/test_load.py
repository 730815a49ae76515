"""`faq.load` reads a knowledge base, or says everything that is wrong with it at once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq import load
from text import Language
from workshop import FAQ
from yamlfile import ProblemsError

PHRASES = {
    "en": 'hello: "Hello {name}"\nbye: Goodbye\ntopic_infections: Infections\n',
    "hi": 'hello: "नमस्ते {name}"\nbye: अलविदा\ntopic_infections: संक्रमण\n',
    "ur": 'hello: "سلام {name}"\nbye: خدا حافظ\ntopic_infections: انفیکشن\n',
    "sw": 'hello: "Habari {name}"\nbye: Kwaheri\ntopic_infections: Maambukizi\n',
    "id": 'hello: "Halo {name}"\nbye: Dah\ntopic_infections: Infeksi\n',
}
ENTRY = """\
id: malaria-spread
kind: fact
topic: infections
related: [malaria-signs]
sources:
  - publisher: World Health Organization
    title: Malaria
    url: "https://www.who.int/malaria"
    checked: 2026-11-20
review: {by: sample, on: 2026-11-20, due: 2027-11-20}
texts:
  en:
    question: How does malaria spread?
    wordings: [malaria spread, how do you catch malaria]
    answer: By the bite of a mosquito, mostly at night.
"""
OTHER = ENTRY.replace("[malaria-signs]", "[]").replace("id: malaria-spread", "id: malaria-signs")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A small knowledge base without a mistake."""
    write(tmp_path, "entries/malaria-spread.yaml", ENTRY)
    write(tmp_path, "entries/malaria-signs.yaml", OTHER)
    for language, said in PHRASES.items():
        write(tmp_path, f"phrases/{language}.yaml", said)
    return tmp_path


def write(folder: Path, name: str, content: str) -> None:
    """Write one file of a knowledge base."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8", errors="surrogatepass")


def mistakes(folder: Path) -> list[str]:
    """Return every mistake, by file, line and key, without the folder's own name."""
    with pytest.raises(ProblemsError) as caught:
        load.library(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_reads_entries_and_phrases(base: Path) -> None:
    """One file a topic, one file of phrases a language."""
    made = load.library(base)

    assert ["malaria-signs", "malaria-spread"] == list(made.entries)
    assert "Habari Asha" == made.phrases.say(Language.SW, "hello", name="Asha")
    assert ("infections",) == made.topics


def test_the_starter_knowledge_base_is_without_mistakes() -> None:
    """Every entry speaks all five languages."""
    made = load.library(FAQ)

    assert set(Language) == set(made.phrases.by_language)
    assert [] == [id_ for id_, entry in made.entries.items() if set(Language) != set(entry.texts)]


def test_every_mistake_is_said_at_once_with_its_place(base: Path) -> None:
    """A writer mends a file in one go; the lines are those of an editor."""
    write(
        base,
        "entries/malaria-spread.yaml",
        """\
id: Malaria_Spread
kind: rumour
topci: infections
related: malaria-signs
sources:
  - publisher: W
    title: Malaria
    url: www.who.int/malaria
    checked: yesterday
  - publisher: World Health Organization
    url: "https://www.who.int/malaria"
    checked: 2026-11-20 08:00:00
review: {by: sample, on: 2026-11-20, due: 2025-11-20}
texts:
  en:
    question: 5
    wordings: [malaria spread, x]
    answer: Too short.
  sw:
    question: Malaria huenezwa vipi?
    answer: Kwa kuumwa na mbu, piga {fone}.
    extra: true
""",
    )

    known = "address, appointments, email, emergency, hours, organisation, phone, records, website"
    expected = [
        "1: id: must be lower-case letters and digits, joined by hyphens",
        "1: topic: is missing",
        "2: kind: must be 'fact', 'myth' or 'service'",
        "3: topci: unknown key",
        "4: related: must be a list",
        "6: sources.0.publisher: must have at least 2 characters",
        "8: sources.0.url: must be an address like https://…",
        "9: sources.0.checked: must be a date like 2026-11-20",
        "10: sources.1.title: is missing",
        "12: sources.1.checked: must be a date without a time",
        "13: review: due must be later than on",
        "16: texts.en.question: must be text (put it in quotes)",
        "17: texts.en.wordings: “x” must have 2 to 300 characters",
        "18: texts.en.answer: must have at least 20 characters",
        f"21: texts.sw.answer: unknown field {{fone}}; known are {known}",
        "22: texts.sw.extra: unknown key",
    ]
    assert [f"entries/malaria-spread.yaml:{line}" for line in expected] == mistakes(base)


def test_a_language_that_the_assistant_does_not_speak_is_named_by_its_key(base: Path) -> None:
    """The known ones are listed."""
    write(base, "entries/malaria-spread.yaml", ENTRY.replace("  en:", "  fr:"))

    expected = "entries/malaria-spread.yaml:12: texts.fr: must be 'en', 'hi', 'ur', 'sw' or 'id'"
    assert [expected] == mistakes(base)


def test_mistakes_of_several_files_come_together(base: Path) -> None:
    """By file and line; one broken file does not hide another."""
    write(base, "entries/broken.yaml", "id: [\n")
    write(base, "entries/empty.yaml", "# nothing yet\n")
    write(base, "entries/twice.yaml", OTHER.replace("malaria-signs", "twice") + "kind: myth\n")
    write(base, "phrases/sw.yaml", "- hello\n")

    said = mistakes(base)

    expected = ["broken.yaml:2", "empty.yaml:1", "twice.yaml:16", "sw.yaml:1"]
    assert expected == [":".join(line.split("/")[1].split(":")[:2]) for line in said]
    assert "entries/twice.yaml:16: kind: stands twice" in said


def test_a_day_that_does_not_exist_is_said_at_its_place(base: Path) -> None:
    """30 February is a slip like any other: it has a line, a key, and hides no other mistake."""
    wrong = ENTRY.replace("checked: 2026-11-20", "checked: 2026-02-30")
    write(base, "entries/malaria-spread.yaml", wrong.replace("kind: fact", "kind: rumour"))

    expected = [
        "entries/malaria-spread.yaml:2: kind: must be 'fact', 'myth' or 'service'",
        "entries/malaria-spread.yaml:9: sources.0.checked: must be a date like 2026-11-20",
    ]
    assert expected == mistakes(base)


def test_the_file_is_named_like_the_id(base: Path) -> None:
    """The stem is what people look for."""
    write(base, "entries/dengue.yaml", OTHER)

    expected = (
        "entries/dengue.yaml:1: id: is malaria-signs, but the file is named dengue: "
        "they must be the same"
    )
    assert [expected] == mistakes(base)


def test_related_entries_exist(base: Path) -> None:
    """A button must lead somewhere; the place in the list is named."""
    write(base, "entries/malaria-signs.yaml", OTHER.replace("[]", "[malaria-spread, cholera]"))

    expected = "entries/malaria-signs.yaml:4: related.1: there is no entry cholera"
    assert [expected] == mistakes(base)


def test_topics_are_headings_of_the_menu(base: Path) -> None:
    """An entry under no heading would never be seen in the menu; the known ones are listed."""
    write(base, "entries/malaria-signs.yaml", OTHER.replace("infections", "infectoins"))

    expected = (
        "entries/malaria-signs.yaml:3: topic: there is no heading infectoins; known are infections"
    )
    assert [expected] == mistakes(base)


@pytest.mark.parametrize("folder", ["entries", "phrases"])
def test_an_empty_folder_is_a_mistake(base: Path, folder: str) -> None:
    """A wrong --faq must not give a bot that knows nothing."""
    for path in (base / folder).iterdir():
        path.unlink()

    assert any(line.startswith(folder) for line in mistakes(base))


def test_a_missing_phrase_file_is_named(base: Path) -> None:
    """Each language needs its sentences."""
    (base / "phrases/ur.yaml").unlink()

    (said,) = mistakes(base)

    assert said.startswith("phrases/ur.yaml:1: cannot be read: ")


def test_without_english_nothing_can_be_compared_but_entries_still_are(base: Path) -> None:
    """Both are said: what is wrong with English, and with the entries."""
    (base / "phrases/en.yaml").unlink()
    write(base, "entries/malaria-signs.yaml", OTHER.replace("fact", "rumour"))

    said = mistakes(base)

    expected = ["entries/malaria-signs.yaml:2", "phrases/en.yaml:1"]
    assert expected == [":".join(line.split(":")[:2]) for line in said]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            'hello: "Habari {name}"\nbye: Kwaheri\n',
            "1: topic_infections is missing (it stands in en.yaml)",
        ),
        (PHRASES["sw"] + "good: Vizuri\n", "4: good: unknown key (not in en.yaml)"),
        (PHRASES["sw"].replace("{name}", "{nmae}"), "1: hello: its fields must be: name"),
        (PHRASES["sw"].replace("Kwaheri", '"Kwaheri {name}"'), "2: bye: its fields must be: none"),
        (PHRASES["sw"].replace("Kwaheri", "[Kwaheri]"), "2: bye: must be text (put it in quotes)"),
    ],
    ids=["missing", "unknown", "misspelt-field", "field-too-many", "no-text"],
)
def test_phrases_say_the_same_in_every_language(base: Path, content: str, expected: str) -> None:
    """The same keys with the same fields; English leads."""
    write(base, "phrases/sw.yaml", content)

    assert [f"phrases/sw.yaml:{expected}"] == mistakes(base)


def test_words_that_yaml_takes_for_truth_values_stay_words(base: Path) -> None:
    """“No” and “on” are answers and keys here, not false and true."""
    for language, said in PHRASES.items():
        write(base, f"phrases/{language}.yaml", f"{said}no: no\non: yes\n")

    made = load.library(base)

    assert "no" == made.phrases.say(Language.EN, "no")
    assert "yes" == made.phrases.say(Language.EN, "on")


def test_background_sentences_are_read_by_language(base: Path) -> None:
    """Whatever their kind is called; the folder may be missing altogether."""
    assert {} == dict(load.library(base).background)

    write(base, "background/sw.yaml", "weather: [mvua itanyesha]\nsports: [nani alishinda]\n")

    expected = {Language.SW: ("mvua itanyesha", "nani alishinda")}
    assert expected == dict(load.library(base).background)


def test_background_sentences_of_another_language_are_a_mistake(base: Path) -> None:
    """They would never be looked at; a broken file is said beside it."""
    write(base, "background/fr.yaml", "weather: [il va pleuvoir]\n")
    write(base, "background/sw.yaml", "weather: mvua\n")

    expected = [
        "background/fr.yaml:1: fr is none of our languages",
        "background/sw.yaml:1: weather: must be a list",
    ]
    assert expected == mistakes(base)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    at=st.integers(0, len(ENTRY)),
    cut=st.integers(0, 12),
    put=st.text(st.sampled_from("abc:-[]{}'\"|>#&*!%@`,? \n\t0é\x00\u2028\ud800"), max_size=6),
)
def test_a_damaged_file_gives_sentences_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, put: str
) -> None:
    """An entry can be read, or each of its mistakes has a file, a line and a sentence."""
    folder = tmp_path_factory.mktemp("base")
    write(folder, "entries/malaria-spread.yaml", ENTRY[:at] + put + ENTRY[at + cut :])
    write(folder, "entries/malaria-signs.yaml", OTHER)
    for language, said in PHRASES.items():
        write(folder, f"phrases/{language}.yaml", said)
    try:
        load.library(folder)
    except ProblemsError as error:
        broken = [p for p in error.problems if p.line < 1 or not p.sentence or not p.file]

        assert [] == broken


# ---- drafts

DRAFT = ENTRY.replace("malaria-spread", "bed-bugs").replace("by: sample", "by: draft")


def hints(folder: Path) -> list[str]:
    """Return what is wrong with drafts, without the folder's own name."""
    found = load.library(folder).unfinished.values()
    assert all(problem.warning for wrong in found for problem in wrong)
    return [str(problem).removeprefix(f"{folder}/") for wrong in found for problem in wrong]


def test_a_draft_is_not_served(base: Path) -> None:
    """It is kept apart, with its headings, until its writer says otherwise."""
    write(base, "entries/bed-bugs.yaml", DRAFT)
    made = load.library(base)

    assert ["malaria-signs", "malaria-spread"] == list(made.entries)
    assert ["bed-bugs"] == list(made.drafts)
    assert {} == made.unfinished


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (DRAFT.replace("fact", "rumour"), "bed-bugs.yaml:2: kind: must be 'fact', 'myth' or"),
        (DRAFT.replace("kind: fact\n", ""), "bed-bugs.yaml:1: kind: is missing"),
        (DRAFT.replace("infections", "insects"), "bed-bugs.yaml:3: topic: there is no heading"),
        (DRAFT.replace("malaria-signs", "x"), "bed-bugs.yaml:4: related.0: there is no entry x"),
        (DRAFT.replace("id: bed-bugs", "id: bugs"), "bed-bugs.yaml:1: id: is bugs, but the file"),
        (DRAFT + "    answer: [\n", "bed-bugs.yaml:17: not YAML"),
        (DRAFT.replace("By the bite", '"By the bite'), "bed-bugs.yaml:1"),
        ('review:\n  # not yet\n  on: 2026\n  by: "draft"\nx: [', "bed-bugs.yaml:6: not YAML"),
        (DRAFT.replace("draft", "Draft").replace("kind: fact\n", ""), "bed-bugs.yaml:1: kind"),
    ],
    ids=["kind", "gone", "topic", "related", "id", "no-yaml", "quote", "block", "capital"],
)
def test_a_draft_stops_nothing_however_unfinished(base: Path, content: str, hint: str) -> None:
    """What is wrong with it is a hint; the rest is read."""
    write(base, "entries/bed-bugs.yaml", content)

    assert ["malaria-signs", "malaria-spread"] == list(load.library(base).entries)
    assert any(hint in said for said in hints(base)), hints(base)
    assert {} == load.library(base).drafts


def test_what_is_no_draft_must_be_without_mistakes(base: Path) -> None:
    """The word in an answer makes no draft."""
    content = ENTRY.replace("By the bite", "by: draft, by the bite").replace("fact", "rumour")
    write(base, "entries/malaria-spread.yaml", content)

    assert 1 == len(mistakes(base))


def test_no_entry_offers_a_draft(base: Path) -> None:
    """Who writes it may name it already; people are offered it once it is served."""
    write(base, "entries/bed-bugs.yaml", DRAFT)
    write(base, "entries/malaria-signs.yaml", OTHER.replace("[]", "[bed-bugs, malaria-spread]"))
    before = load.library(base).entries["malaria-signs"].related
    write(base, "entries/bed-bugs.yaml", DRAFT.replace("by: draft", "by: sample"))
    after = load.library(base).entries["malaria-signs"].related

    assert (("malaria-spread",), ("bed-bugs", "malaria-spread")) == (before, after)


def test_a_base_of_drafts_alone_serves_nothing(base: Path) -> None:
    """That is a mistake: nobody could be answered."""
    for name in ("malaria-spread", "malaria-signs"):
        text = ENTRY.replace("malaria-spread", name).replace("by: sample", "by: draft")
        write(base, f"entries/{name}.yaml", text)

    assert ["entries:1: no entries: all are drafts"] == mistakes(base)
