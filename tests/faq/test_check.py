"""`faq.check` tells writers what to mend in a library that can be loaded."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from faq import load
from faq.check import FEWEST_WORDINGS, MOST_ANSWER_CHARACTERS, check_library
from workshop import FAQ
from yamlfile import Problem

ADDRESS = "holds an address: put it under sources"
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


def text(language: str, **changes: object) -> dict[str, object]:
    """Return one language of a sound entry, changed."""
    question, wording, answer = TEXTS[language]
    wordings = [f"{wording} {number}" for number in range(FEWEST_WORDINGS)]
    return {"question": question, "wordings": wordings, "answer": answer, **changes}


def entry(**changes: object) -> dict[str, object]:
    """Return a sound entry in all languages, changed."""
    return {
        "id": "malaria-spread",
        "kind": "fact",
        "topic": "infections",
        "related": [],
        "sources": [
            {
                "publisher": "World Health Organization",
                "title": "Malaria",
                "url": "https://www.who.int/malaria",
                "checked": date(2026, 11, 20),
            }
        ],
        "review": {"by": "sample", "on": date(2026, 11, 20), "due": date(2027, 11, 20)},
        "texts": {language: text(language) for language in TEXTS},
        **changes,
    }


def checked(folder: Path, *entries: dict[str, object], today: date | None = None) -> list[Problem]:
    """Write a knowledge base with the real phrases, load it and check it."""
    (folder / "entries").mkdir()
    (folder / "phrases").symlink_to(FAQ / "phrases")
    for found in entries:
        path = folder / "entries" / f"{found['id']}.yaml"
        path.write_text(yaml.safe_dump(found, allow_unicode=True, sort_keys=False), "utf-8")
    return check_library(load.library(folder), folder, today)


def said(problems: list[Problem]) -> list[tuple[str, str, bool]]:
    """Return key, sentence and whether it is only a hint."""
    return [(problem.key, problem.sentence, problem.warning) for problem in problems]


def test_a_sound_entry_has_nothing_to_mend(tmp_path: Path) -> None:
    """Romanised Hindi and Urdu wordings are no mistake."""
    assert [] == checked(tmp_path, entry(), today=date(2026, 12, 1))


def test_the_starter_entries_have_no_mistakes() -> None:
    """Hints may stand; mistakes may not."""
    problems = check_library(load.library(FAQ), FAQ)

    assert [] == [str(problem) for problem in problems if not problem.warning]


def test_missing_languages_are_hints(tmp_path: Path) -> None:
    """An entry may grow language by language."""
    problems = checked(tmp_path, entry(texts={"en": text("en"), "sw": text("sw")}))

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
    problems = checked(tmp_path, entry(related=["malaria-spread"]))

    assert [("related", "names the entry itself", False)] == said(problems)


@pytest.mark.parametrize("more", [0, 1], ids=["longest", "too-long"])
def test_answers_have_a_length_that_a_screen_holds(tmp_path: Path, more: int) -> None:
    """The longest answer is fine, one letter more is not; the sentence holds both numbers."""
    answer = "Mosquitoes bite. ".ljust(MOST_ANSWER_CHARACTERS + more, "x")
    problems = checked(tmp_path, entry(texts={**entry()["texts"], "en": text("en", answer=answer)}))  # type: ignore[dict-item]

    expected = [("texts.en.answer", "1,501 characters, at most 1,500", False)] if more else []
    assert expected == said(problems)


def test_too_few_wordings_are_a_hint(tmp_path: Path) -> None:
    """One missing wording makes no mistake, but the matcher learns from them."""
    few = ["malaria spread", "catching malaria"]
    problems = checked(tmp_path, entry(texts={**entry()["texts"], "en": text("en", wordings=few)}))  # type: ignore[dict-item]

    assert [("texts.en.wordings", "2 wordings, better 8 or more", True)] == said(problems)


@pytest.mark.parametrize(
    ("language", "key", "content", "sentence"),
    [
        ("en", "answer", "Mosquitoes bite, see https://who.int/", ADDRESS),
        ("sw", "answer", "Mbu huuma usiku, ona www.who.int", ADDRESS),
        ("hi", "question", "Malaria kaise failta hai?", "is not in devanagari script"),
        ("ur", "answer", "Machar ke katne se, raat ko zyada.", "is not in arabic script"),
        ("en", "question", "मलेरिया कैसे फैलता है?", "is not in latin script"),
        ("id", "answer", "1. 2. 3. 4. 5. 6. 7. 8. 9. 10. 11.", "is not in latin script"),
        ("ur", "question", "ملیریا\u200f کیسے پھیلتا ہے؟", "holds invisible characters"),
        ("en", "answer", "Mosquitoes\u200b bite people at night.", "holds invisible characters"),
    ],
)  # fmt: skip
def test_texts_are_what_people_can_read(
    tmp_path: Path, language: str, key: str, content: str, sentence: str
) -> None:
    """In the language's own script, without addresses and hidden characters."""
    changed = text(language, **{key: content})
    problems = checked(tmp_path, entry(texts={**entry()["texts"], language: changed}))  # type: ignore[dict-item]

    assert [(f"texts.{language}.{key}", sentence, False)] == said(problems)


def test_a_problem_names_the_line_of_an_editor(tmp_path: Path) -> None:
    """The writer jumps there."""
    texts = {**entry()["texts"], "hi": text("hi", question="Malaria kaise failta hai?")}  # type: ignore[dict-item]

    (problem,) = checked(tmp_path, entry(texts=texts))

    lines = Path(problem.file).read_text("utf-8").splitlines()
    assert "question: Malaria kaise failta hai?" == lines[problem.line - 1].strip()


def test_a_wording_of_two_entries_is_said_at_the_later_one(tmp_path: Path) -> None:
    """Neither could ever be sure of it; case and accents do not part them."""
    later = entry(id="malaria-zone")
    texts = {
        language: text(
            language,
            question=f"{TEXTS[language][0]} 2?",
            wordings=[f"{language} {n}" for n in range(8)],
        )
        for language in TEXTS
    }
    texts["sw"]["wordings"] = [*(f"sw {n}" for n in range(8)), "KUENEA kwa málaria 3"]
    problems = checked(tmp_path, entry(), {**later, "texts": texts})

    assert [("texts.sw.wordings.8", "stands in malaria-spread (sw) too", False)] == said(problems)
    assert "malaria-zone.yaml" == Path(problems[0].file).name


def test_a_question_of_two_entries_is_said_by_its_key(tmp_path: Path) -> None:
    """A question counts as a wording, also when it is another's wording in another language."""
    texts = {
        language: text(
            language,
            wordings=[f"{language} {n}" for n in range(8)],
            question=f"{TEXTS[language][0]} 2?",
        )
        for language in TEXTS
    }
    texts["id"]["question"] = "malaria spread 4"
    problems = checked(tmp_path, entry(), {**entry(id="malaria-zone"), "texts": texts})

    assert [("texts.id.question", "stands in malaria-spread (en) too", False)] == said(problems)


def test_one_entry_may_use_a_word_in_several_languages_but_not_twice_in_one(tmp_path: Path) -> None:
    """“TB” is TB in all of them."""
    texts = {
        language: text(language, wordings=[*(f"{language} {n}" for n in range(8)), "malaria"])
        for language in TEXTS
    }
    texts["en"]["wordings"] = [*(f"en {n}" for n in range(8)), "malaria", "Malaria!"]

    expected = [("texts.en.wordings.9", "stands in malaria-spread (en) too", False)]
    assert expected == said(checked(tmp_path, entry(texts=texts)))
