"""`faq.check` tells writers what to mend in a library that can be loaded."""

from datetime import date
from pathlib import Path

import pytest
import yaml

import settings
from faq import load
from faq.check import (
    FEWEST_ROMANISED,
    FEWEST_WORDINGS,
    MOST_ANSWER_UNITS,
    MOST_SOURCES,
    Standard,
    check_library,
    stolen,
)
from faq.confusion import Confusion
from faq.entry import Text, origin
from faq.index import rows_of
from faq.prose import MOST_WORDS
from text import Language
from workshop import FAQ
from yamlfile import Problem

ADDRESS = "holds an address (“{}”): put it under sources"
DOSE = "holds a dose (“{}”): amounts of medicine are for a health worker to say"
HIDDEN = "holds an invisible character ({})"
SOURCE = {
    "publisher": "World Health Organization",
    "title": "Malaria",
    "url": "https://www.who.int/malaria",
    "checked": date(2026, 11, 20),
}
TEXTS = {
    "en": ("How does malaria spread?", "malaria spread", "By the bite of a mosquito, at night."),
    "hi": ("मलेरिया कैसे फैलता है?", "malaria kaise failta hai", "मच्छर के काटने से, ज़्यादातर रात में।"),
    "ur": (
        "ملیریا کیسے پھیلتا ہے؟",
        "malaria kese phelta hai",
        "مچھر کے کاٹنے سے، زیادہ تر رات میں۔",
    ),
    "sw": ("Malaria huenezwa vipi?", "kuenea kwa malaria", "Kwa kuumwa na mbu, zaidi usiku tu."),
    "id": ("Bagaimana malaria menular?", "penularan malaria", "Lewat gigitan nyamuk, saat malam."),
}


Raw = dict[str, object]


def mark(english: Raw) -> str:
    """Return the mark by which translations remember an English text."""
    return origin(Text.model_validate(english))


def text(language: str, **changes: object) -> Raw:
    """Return one language of a sound entry, changed; a change to None leaves a key out."""
    question, wording, answer = TEXTS[language]
    wordings = [f"{wording} {number}" for number in range(FEWEST_WORDINGS)]
    made: Raw = {"question": question, "wordings": wordings, "answer": answer}
    if language != "en":
        made["from"] = mark(text("en"))
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def texts(**changed: Raw) -> dict[str, Raw]:
    """Return all languages of a sound entry, some changed; `from` follows the English."""
    made = {language: text(language) for language in TEXTS} | changed
    for language in made.keys() - {"en"} - changed.keys():
        made[language]["from"] = mark(made["en"])
    return made


def entry(**changes: object) -> Raw:
    """Return a sound entry in all languages, changed."""
    return {
        "id": "malaria-spread",
        "kind": "fact",
        "topic": "infections",
        "related": ["hand-washing"],
        "sources": [SOURCE],
        "review": {"by": "sample", "on": date(2026, 11, 20), "due": date(2027, 11, 20)},
        "texts": texts(),
        **changes,
    }


def neighbour(**changes: object) -> Raw:
    """Return the sound entry that the other names as related, with other words."""
    other = {
        language: {
            **text(language),
            "question": f"{TEXTS[language][0]} 2?",
            "wordings": [f"{TEXTS[language][1]} b {number}" for number in range(FEWEST_WORDINGS)],
        }
        for language in TEXTS
    }
    for language in other.keys() - {"en"}:
        other[language]["from"] = mark(other["en"])
    named = {
        "id": "hand-washing",
        "related": ["malaria-spread"],
        "sources": [{**SOURCE, "checked": date(2026, 1, 1)}],
        "review": {"by": "sample", "on": date(2026, 11, 20), "due": date(2029, 11, 20)},
        "texts": other,
    }
    return entry(**{**named, **changes})


class Plain(yaml.SafeDumper):
    """Writes out what stands twice; anchors are refused."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def checked(
    folder: Path,
    *entries: Raw,
    domains: tuple[str, ...] = (),
    today: date | None = None,
) -> list[Problem]:
    """Write a knowledge base with the real phrases, load it and check it."""
    (folder / "entries").mkdir()
    (folder / "phrases").symlink_to(FAQ / "phrases")
    both = {str(found["id"]): found for found in (neighbour(), *entries)}
    for id_, found in both.items():
        path = folder / "entries" / f"{id_}.yaml"
        path.write_text(
            yaml.dump(found, Dumper=Plain, allow_unicode=True, sort_keys=False), "utf-8"
        )
    return check_library(load.library(folder), folder, Standard(domains, today))


def said(problems: list[Problem]) -> list[tuple[str, str, bool]]:
    """Return key, sentence and whether it is only a hint."""
    return [(problem.key, problem.sentence, problem.warning) for problem in problems]


def test_a_sound_entry_has_nothing_to_mend(tmp_path: Path) -> None:
    """Romanised Hindi and Urdu wordings are no mistake."""
    assert [] == checked(tmp_path, entry(), domains=("who.int",), today=date(2026, 12, 1))


def test_the_starter_entries_have_no_mistakes() -> None:
    """Hints may stand; mistakes may not."""
    standard = Standard(settings.load(None).content.source_domains)
    problems = check_library(load.library(FAQ), FAQ, standard)

    assert [] == [str(problem) for problem in problems if not problem.warning]


def test_missing_languages_are_hints(tmp_path: Path) -> None:
    """An entry may grow language by language."""
    both = {"en": text("en"), "sw": text("sw")}
    problems = checked(tmp_path, entry(texts=both))

    expected = [("texts", f"{language} is missing", True) for language in ("hi", "ur", "id")]
    assert expected == said(problems)


@pytest.mark.parametrize(
    ("today", "overdue"),
    [(date(2027, 11, 21), True), (date(2027, 11, 20), False), (None, False)],
    ids=["day-after", "last-day", "no-day-given"],
)
def test_an_overdue_review_is_a_hint_at_its_line(
    tmp_path: Path, today: date | None, *, overdue: bool
) -> None:
    """A text does not become wrong overnight, but staff must see it."""
    expected = [("review.due", "the review is overdue", True)] if overdue else []

    assert expected == said(checked(tmp_path, entry(), today=today))


def test_an_entry_is_not_related_to_itself(tmp_path: Path) -> None:
    """The button would lead back to where it stands."""
    problems = checked(tmp_path, entry(related=["hand-washing", "malaria-spread"]))

    assert [("related", "names the entry itself", False)] == said(problems)


@pytest.mark.parametrize(("kind", "hints"), [("fact", 1), ("myth", 1), ("service", 0)])
def test_an_entry_that_names_none_to_read_on_is_a_hint(
    tmp_path: Path, kind: str, hints: int
) -> None:
    """The organisation's own entries may stand alone."""
    problems = checked(
        tmp_path, entry(related=[], kind=kind), neighbour(related=[], kind="service")
    )

    assert [("related", "names no entry to read on", True)] * hints == said(problems)


def test_related_entries_name_each_other(tmp_path: Path) -> None:
    """Said once, where the name is missing."""
    third = neighbour(id="malaria-zone", related=["malaria-spread"])
    third["texts"] = {"en": text("en", question="Where?", wordings=["zones", "areas"])}
    problems = [one for one in checked(tmp_path, entry(), third) if one.key == "related"]

    sentence = "does not name malaria-zone, which names this entry"
    assert [("related", sentence, True)] == said(problems)
    assert "malaria-spread.yaml" == Path(problems[0].file).name


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://www.who.int/malaria", True),
        ("https://who.int/malaria", True),
        ("https://WWW.WHO.INT/malaria", True),
        ("https://who.int:443/malaria", True),
        ("https://www.health.go.ke/malaria", True),
        ("https://notwho.int/malaria", False),
        ("https://who.int.example.com/malaria", False),
        ("https://example.com/who.int", False),
        ("https://who.int@example.com/malaria", False),
        ("https://en.wikipedia.org/wiki/Malaria", False),
    ],
)
def test_sources_are_of_the_sites_in_the_settings(
    tmp_path: Path, url: str, *, allowed: bool
) -> None:
    """A site and all below it, whatever else the address holds."""
    sources = [SOURCE, {**SOURCE, "url": url}]
    problems = checked(tmp_path, entry(sources=sources), domains=("who.int", "go.ke"))

    found = [(one.key, "may be sources" in one.sentence, one.warning) for one in problems]
    assert ([] if allowed else [("sources.1.url", True, False)]) == found


def test_a_strange_site_is_named(tmp_path: Path) -> None:
    """The writer sees which, and where the list is."""
    sources = [{**SOURCE, "url": "https://blog.example.com/a"}]
    (problem,) = checked(tmp_path, entry(sources=sources), domains=("who.int",))

    assert problem.sentence.startswith("blog.example.com is not among the sites")
    assert "content.source_domains" in problem.sentence


def test_without_a_list_every_site_may_be_a_source(tmp_path: Path) -> None:
    """An organisation may empty it."""
    sources = [{**SOURCE, "url": "https://blog.example.com/a"}]

    assert [] == checked(tmp_path, entry(sources=sources))


@pytest.mark.parametrize(("today", "mistakes"), [(date(2026, 11, 19), 1), (date(2026, 11, 20), 0)])
def test_no_source_was_checked_tomorrow(tmp_path: Path, today: date, mistakes: int) -> None:
    """A slip in the year is seen."""
    problems = checked(tmp_path, entry(), today=today)

    assert [("sources.0.checked", "lies in the future", False)] * mistakes == said(problems)


def test_too_many_sources_are_a_hint(tmp_path: Path) -> None:
    """Nobody reads five."""
    problems = checked(tmp_path, entry(sources=[SOURCE] * (MOST_SOURCES + 1)))

    assert [("sources", "more than 4 sources", True)] == said(problems)


def test_a_translation_says_from_which_english_it_was_made(tmp_path: Path) -> None:
    """Without the mark nobody sees when the English has changed; the hint tells it."""
    made = texts(sw=text("sw", **{"from": None}))
    problems = checked(tmp_path, entry(texts=made))

    mark_ = mark(made["en"])
    sentence = f'`from` is missing; if this says what the English says, write from: "{mark_}"'
    assert [("texts.sw", sentence, True)] == said(problems)


def test_a_translation_of_an_older_english_is_a_mistake(tmp_path: Path) -> None:
    """The English says something new; the Urdu still says the old."""
    english = text("en", answer="By the bite of a mosquito, also by day.")
    made = texts(en=english, ur=text("ur"))
    problems = checked(tmp_path, entry(texts=made))

    old, new = mark(text("en")), mark(english)
    sentence = (
        f'was made from an older English text ({old}): compare the two, then write from: "{new}"'
    )
    assert [("texts.ur.from", sentence, False)] == said(problems)


def test_new_wordings_and_line_breaks_do_not_make_a_translation_old(tmp_path: Path) -> None:
    """Wordings are not translated."""
    question, _, answer = TEXTS["en"]
    many = [f"mosquito {number}" for number in range(FEWEST_WORDINGS)]
    english = text("en", wordings=many, answer=answer.replace(", ", ",\n"), question=question)
    made = {**texts(), "en": english}

    assert [] == checked(tmp_path, entry(texts=made))


def test_english_is_made_from_nothing(tmp_path: Path) -> None:
    """A copied line is seen."""
    made = texts(en=text("en", **{"from": "0badcafe"}))
    problems = checked(tmp_path, entry(texts=made))

    sentence = "English is made from nothing: leave out"
    assert [("texts.en.from", sentence, False)] == said(problems)


def test_without_english_a_translation_needs_no_mark(tmp_path: Path) -> None:
    """There is nothing to compare it with."""
    made = {language: text(language) for language in TEXTS if language != "en"}
    problems = checked(tmp_path, entry(texts=made))

    assert [("texts", "en is missing", True)] == said(problems)


@pytest.mark.parametrize("more", [0, 1], ids=["longest", "too-long"])
def test_answers_have_a_length_that_a_message_holds(tmp_path: Path, more: int) -> None:
    """Telegram counts in UTF-16, where a sign like 🦟 is two; words matter elsewhere."""
    answer = "Mosquitoes bite 🦟. ".ljust(MOST_ANSWER_UNITS - 1 + more, "x")
    problems = checked(tmp_path, entry(texts=texts(en=text("en", answer=answer))))

    mistakes = [one for one in problems if not one.warning]
    sentence = "2,501 characters, at most 2,500 fit one message"
    assert [("texts.en.answer", sentence, False)] * more == said(mistakes)


@pytest.mark.parametrize("language", ["en", "sw", "id"])
def test_too_few_wordings_are_a_hint(tmp_path: Path, language: str) -> None:
    """One missing wording makes no mistake, but the matcher learns from them."""
    few = ["malaria one", "malaria two"]
    problems = checked(tmp_path, entry(texts=texts(**{language: text(language, wordings=few)})))

    key = f"texts.{language}.wordings"
    assert [(key, "2 wordings, better 10 or more", True)] == said(problems)


@pytest.mark.parametrize(("language", "own"), [("hi", "मलेरिया फैलना"), ("ur", "ملیریا کا پھیلنا")])
def test_hindi_and_urdu_are_also_typed_in_latin_letters(
    tmp_path: Path, language: str, own: str
) -> None:
    """Most people have no other keyboard."""
    latin = [f"malaria phailna {number}" for number in range(FEWEST_ROMANISED - 1)]
    wordings = [*latin, *(f"{own} {number}" for number in range(FEWEST_WORDINGS))]
    changed = text(language, wordings=wordings)
    problems = checked(tmp_path, entry(texts=texts(**{language: changed})))

    sentence = "4 wordings in Latin letters, better 5 or more"
    assert [(f"texts.{language}.wordings", sentence, True)] == said(problems)


@pytest.mark.parametrize(
    ("language", "key", "content", "sentence"),
    [
        ("en", "answer", "Mosquitoes bite, see https://who.int/", ADDRESS.format("https://")),
        ("sw", "answer", "Mbu huuma usiku, ona www.who.int", ADDRESS.format("www.")),
        ("id", "answer", "Nyamuk menggigit, baca kemkes.go.id", ADDRESS.format("go.id")),
        ("hi", "question", "Malaria kaise failta hai?", "is not in devanagari script"),
        ("ur", "answer", "Machar ke katne se, raat ko zyada.", "is not in arabic script"),
        ("id", "answer", "1. 2. 3. 4. 5. 6. 7. 8. 9. 10. 11.", "is not in latin script"),
        ("ur", "question", "ملیریا\u200f کیسے پھیلتا ہے؟", HIDDEN.format("U+200F")),
        ("en", "answer", "Mosquitoes\u200b bite at night.", HIDDEN.format("U+200B")),
        ("en", "answer", "Take 500 mg after a bite, at night.", DOSE.format("500 mg")),
        ("ur", "answer", "مچھر كے کاٹنے سے، زیادہ تر رات میں۔",
         "holds the Arabic letter ك where Urdu has ک"),
        ("sw", "question", "Mаlaria huenezwa vipi?",
         "holds “а” (cyrillic small letter a), a letter of another script"),
    ],
)  # fmt: skip
def test_texts_are_what_people_can_read(
    tmp_path: Path, language: str, key: str, content: str, sentence: str
) -> None:
    """In the language's own script, without addresses, doses and hidden characters."""
    changed = text(language, **{key: content})
    problems = checked(tmp_path, entry(texts=texts(**{language: changed})))

    assert [(f"texts.{language}.{key}", sentence, False)] == said(problems)


def test_a_text_in_another_script_is_said_for_the_text_and_its_letters(tmp_path: Path) -> None:
    """A Hindi question in the English text."""
    made = texts(en=text("en", question=TEXTS["hi"][0]))
    problems = checked(tmp_path, entry(texts=made))

    letter = "holds “म” (devanagari letter ma), a letter of another script"
    assert ["is not in latin script", letter] == [problem.sentence for problem in problems]


def test_wordings_are_looked_at_letter_by_letter_too(tmp_path: Path) -> None:
    """A wording with a hidden character is found by nobody who searches for it."""
    good = [f"malaria {number}" for number in range(FEWEST_WORDINGS)]
    made = texts(en=text("en", wordings=[*good, "malaria\u2060 bite"]))
    problems = checked(tmp_path, entry(texts=made))

    sentence = HIDDEN.format("U+2060")
    assert [("texts.en.wordings.10", sentence, False)] == said(problems)


def test_wordings_may_ask_for_doses_and_addresses(tmp_path: Path) -> None:
    """People type what they type; only answers hold none."""
    good = [f"malaria {number}" for number in range(FEWEST_WORDINGS)]
    asked = ["is 500 mg for malaria", "www.who.int malaria"]

    assert [] == checked(tmp_path, entry(texts=texts(en=text("en", wordings=[*good, *asked]))))


MOST = MOST_WORDS[Language.EN]
HARD = "Considerable international epidemiological investigations demonstrate transmission."
LONG = f"It spreads when {'a fly bites you and ' * 8}you go home."
MANY = "Flies bite. " * MOST


@pytest.mark.parametrize(
    ("answer", "beginning"),
    [
        (HARD, "hard to read (LIX 1"),
        (LONG, "a sentence of 46 words (“It spreads when"),
        (MANY, f"{2 * MOST} words, better {MOST} or fewer"),
    ],
    ids=["hard", "long-sentence", "many-words"],
)
def test_what_is_hard_to_read_is_a_hint(tmp_path: Path, answer: str, beginning: str) -> None:
    """A twelve-year-old reads it too."""
    problems = checked(tmp_path, entry(texts=texts(en=text("en", answer=answer))))
    found = [(one.key, one.warning) for one in problems if one.sentence.startswith(beginning)]

    assert [("texts.en.answer", True)] == found
    assert {True} == {one.warning for one in problems}


def test_a_problem_names_the_line_of_an_editor(tmp_path: Path) -> None:
    """The writer jumps there."""
    made = texts(hi=text("hi", question="Malaria kaise failta hai?"))

    (problem,) = checked(tmp_path, entry(texts=made))

    lines = Path(problem.file).read_text("utf-8").splitlines()
    assert "question: Malaria kaise failta hai?" == lines[problem.line - 1].strip()


def wordings(language: str, *more: str) -> list[str]:
    """Return wordings that stand nowhere else, and more."""
    return [*(f"{language} malaria c {number}" for number in range(FEWEST_WORDINGS)), *more]


def test_a_wording_of_two_entries_is_said_at_the_later_one(tmp_path: Path) -> None:
    """Neither could ever be sure of it; case and accents do not part them."""
    made = texts(sw=text("sw", wordings=wordings("sw", "KUENEA kwa málaria b 3")))
    problems = checked(tmp_path, entry(texts=made))

    assert [("texts.sw.wordings.10", "stands in hand-washing (sw) too", False)] == said(problems)
    assert "malaria-spread.yaml" == Path(problems[0].file).name


def test_a_question_of_two_entries_is_said_by_its_key(tmp_path: Path) -> None:
    """A question counts as a wording, also when it is another's wording in another language."""
    made = texts(id=text("id", question="malaria spread b 4"))
    problems = checked(tmp_path, entry(texts=made))

    assert [("texts.id.question", "stands in hand-washing (en) too", False)] == said(problems)


def test_one_entry_may_use_a_word_in_several_languages_but_not_twice_in_one(tmp_path: Path) -> None:
    """“TB” is TB in all of them."""
    many = {language: text(language, wordings=wordings(language, "malaria")) for language in TEXTS}
    many["en"] = text("en", wordings=wordings("en", "malaria", "Malaria!"))

    expected = [("texts.en.wordings.11", "stands in malaria-spread (en) too", False)]
    assert expected == said(checked(tmp_path, entry(texts=many)))


@pytest.mark.parametrize(
    ("row", "key"),
    [(0, "texts.en.question"), (3, "texts.en.wordings.2"), (11, "texts.hi.question")],
    ids=["question", "wording", "hindi"],
)
def test_a_wording_that_surely_finds_another_entry_is_a_hint(
    tmp_path: Path, row: int, key: str
) -> None:
    """At its own line, with the entry that it finds."""
    checked(tmp_path, entry())
    library = load.library(tmp_path)
    _, rows = rows_of(library)
    first = next(n for n, one in enumerate(rows) if one.entry == 1)
    found = Confusion(first + row, "malaria-spread", "hand-washing", 0.93)

    (problem,) = stolen([found], rows, library, tmp_path)

    wording = rows[first + row].text
    assert (key, True) == (problem.key, problem.warning)
    assert problem.sentence.startswith(f"“{wording}” would find hand-washing (93%)")
    assert wording in Path(problem.file).read_text("utf-8").splitlines()[problem.line - 1]


def test_a_wording_that_finds_another_entry_by_a_hair_is_left_alone(tmp_path: Path) -> None:
    """Some overlap is life."""
    checked(tmp_path, entry())
    library = load.library(tmp_path)
    _, rows = rows_of(library)
    found = Confusion(0, "hand-washing", "malaria-spread", 0.89)

    assert [] == list(stolen([found], rows, library, tmp_path))


def test_whatever_is_wrong_with_a_draft_is_a_hint(tmp_path: Path) -> None:
    """Its writer reads all of it; nobody else is kept waiting."""
    review = {"by": "draft", "on": date(2026, 11, 20), "due": date(2027, 11, 20)}
    long = text("en", answer="word. " * 500)
    whole = entry(id="bed-bugs", review=review, texts={"en": long, "sw": text("sw")}, related=[])
    broken = entry(id="head-lice", review=review, kind="rumour", related=[])
    problems = checked(tmp_path, entry(), whole, broken)
    found = {(Path(one.file).stem, one.key) for one in problems}

    assert all(one.warning for one in problems)
    assert {("head-lice", "kind"), ("bed-bugs", "review.by")} <= found
    assert ("bed-bugs", "texts.en.answer") in found
