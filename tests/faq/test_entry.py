"""`faq.entry`: what an entry may hold, and how its fields are filled."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from faq.entry import (
    ANSWER_FIELDS,
    Entry,
    Phrases,
    Review,
    Source,
    Text,
    fields,
    fill,
    make_library,
)
from text import Language

SOURCE = {
    "publisher": "World Health Organization",
    "title": "Malaria",
    "url": "https://www.who.int/malaria",
    "checked": "2026-11-20",
}
REVIEW = {"by": "Dr A. Mrembo", "on": "2026-11-20", "due": "2027-11-20"}
ENGLISH = {"question": "How does malaria spread?", "answer": "By the bite of a mosquito, at night."}
SWAHILI = {"question": "Malaria huenezwa vipi?", "answer": "Kwa kuumwa na mbu, zaidi usiku."}
HINDI = {"question": "मलेरिया कैसे फैलता है?", "answer": "मच्छर के काटने से, ज़्यादातर रात में।"}


def entry(**changes: Any) -> Entry:
    """Return a small entry, changed."""
    whole = {
        "id": "malaria-spread",
        "kind": "fact",
        "topic": "infections",
        "sources": [SOURCE],
        "review": REVIEW,
        "texts": {"en": ENGLISH},
        **changes,
    }
    return Entry.model_validate(whole)


def mistakes(error: ValidationError) -> list[str]:
    """Return the sentences of an error."""
    return [found["msg"] for found in error.errors()]


@pytest.mark.parametrize(
    ("spoken", "asked", "shown"),
    [
        (("en", "sw"), Language.SW, Language.SW),
        (("sw", "en"), Language.HI, Language.EN),
        (("sw", "hi"), Language.UR, Language.SW),
    ],
    ids=["own", "english-instead", "first-there-is"],
)
def test_shows_the_nearest_text_there_is(
    spoken: tuple[str, ...], asked: Language, shown: Language
) -> None:
    """A missing translation is no reason for silence."""
    texts = {"en": ENGLISH, "sw": SWAHILI, "hi": HINDI}
    language, text = entry(texts={code: texts[code] for code in spoken}).text(asked)

    assert shown == language
    assert texts[shown.value]["question"] == text.question


@pytest.mark.parametrize(
    "id_",
    ["Malaria", "malaria_spread", "malaria--spread", "-malaria", "malaria-", "a b", "मलेरिया", ""],
)
def test_ids_are_kebab_case(id_: str) -> None:
    """Ids stand in file names, buttons and links."""
    with pytest.raises(ValidationError, match="id"):
        entry(id=id_)


def test_ids_fit_into_the_column_that_keeps_them() -> None:
    """48 characters; a button's callback data has room for no more either."""
    assert "a" * 48 == entry(id="a" * 48).id

    with pytest.raises(ValidationError, match="48"):
        entry(id="a" * 49)


@pytest.mark.parametrize("kind", ["fact", "myth"])
def test_medical_text_needs_a_source(kind: str) -> None:
    """Nothing is said that nobody can look up."""
    with pytest.raises(ValidationError, match="at least one source"):
        entry(kind=kind, sources=[])


def test_a_service_entry_needs_no_source() -> None:
    """The organisation itself is the source of its opening hours."""
    assert () == entry(kind="service", sources=[]).sources


@pytest.mark.parametrize(("by", "sample"), [("sample", True), ("Dr A. Mrembo", False)])
def test_only_the_reviewer_called_sample_makes_a_sample(by: str, sample: bool) -> None:  # noqa: FBT001
    """Readers are told when no clinician has approved a text."""
    assert sample is entry(review={**REVIEW, "by": by}).sample


@pytest.mark.parametrize("due", ["2026-11-20", "2026-11-19"], ids=["same-day", "before"])
def test_a_review_is_due_after_it_was_made(due: str) -> None:
    """The two dates are easily swapped."""
    with pytest.raises(ValidationError, match="due must be later than on"):
        Review.model_validate({**REVIEW, "due": due})


@pytest.mark.parametrize(
    "url",
    [
        "http://who.int",
        "https://www.who.int/a?b=c#d",
        "https://who.int/",
        "https://ur.who.int/ملیریا",
    ],
)
def test_addresses_of_pages_are_accepted(url: str) -> None:
    """With and without a path, in any script."""
    assert url == Source.model_validate({**SOURCE, "url": url}).url


@pytest.mark.parametrize(
    "url",
    [
        "who.int",
        "ftp://who.int/a",
        "javascript:alert(1)",
        "https://localhost",
        "https://who.int/a b",
        "",
    ],
)
def test_what_is_no_address_of_a_page_is_refused(url: str) -> None:
    """It becomes a link that people press."""
    with pytest.raises(ValidationError, match="must be an address like https"):
        Source.model_validate({**SOURCE, "url": url})


@pytest.mark.parametrize("name", sorted(ANSWER_FIELDS))
def test_answers_may_use_the_known_fields(name: str) -> None:
    """The organisation's details and the emergency number."""
    text = Text.model_validate({**ENGLISH, "answer": f"Please ask us here: {{{name}}}."})

    assert {name} == fields(text.answer)


def test_an_unknown_field_is_named_with_the_known_ones() -> None:
    """A slip in a field would otherwise be shown to people."""
    with pytest.raises(ValidationError, match=r"unknown field \{phon\}; known are .*phone"):
        Text.model_validate({**ENGLISH, "answer": "Please call us here: {phon}."})


@pytest.mark.parametrize(
    "answer", ["Please call {phone now, thanks.", "Please call phone} now, thanks."]
)
def test_a_bracket_that_stands_alone_is_a_mistake(answer: str) -> None:
    """Half a field is a slip too."""
    with pytest.raises(ValidationError, match=r"a bracket \{ or \} stands alone"):
        Text.model_validate({**ENGLISH, "answer": answer})


@pytest.mark.parametrize("wording", ["a", "", "w" * 301], ids=["one-letter", "empty", "too-long"])
def test_wordings_have_a_length_that_can_be_matched(wording: str) -> None:
    """One letter says nothing, and a page is no question."""
    with pytest.raises(ValidationError, match="must have 2 to 300 characters") as caught:
        Text.model_validate({**ENGLISH, "wordings": ["malaria spread", wording]})

    assert 1 == len(mistakes(caught.value))


def test_wordings_of_two_letters_are_enough() -> None:
    """TB is asked about in two letters."""
    assert ("tb", "w" * 300) == Text.model_validate(
        {**ENGLISH, "wordings": ["tb", "w" * 300]}
    ).wordings


@pytest.mark.parametrize(
    "changes",
    [
        {"tpoic": "infections"},
        {"texts": {"en": {**ENGLISH, "anwser": "x"}}},
        {"sources": [{**SOURCE, "chekced": "2026-11-20"}]},
        {"review": {**REVIEW, "approved": True}},
    ],
    ids=["entry", "text", "source", "review"],
)
def test_unknown_keys_are_mistakes(changes: dict[str, Any]) -> None:
    """A misspelt key must not be lost silently."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        entry(**changes)


def test_an_entry_without_any_text_says_nothing() -> None:
    """One language with question and answer is the least."""
    with pytest.raises(ValidationError, match="texts"):
        entry(texts={})


def test_an_entry_cannot_be_changed_after_loading() -> None:
    """What was checked is what is said."""
    with pytest.raises(ValidationError, match="frozen"):
        entry().topic = "myths"


def test_fills_what_is_given_and_leaves_the_rest() -> None:
    """A forgotten value shows in the tests, not as an empty hole."""
    assert "Call 112 or {phone}." == fill("Call {emergency} or {phone}.", {"emergency": "112"})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(value=st.text(max_size=40))
def test_filled_values_are_never_read_again(value: str) -> None:
    """An organisation's name may hold brackets; it is no pattern."""
    assert f"By {value}, {value}." == fill("By {a}, {b}.", {"a": value, "b": value, "x": "no"})


def test_lists_the_fields_of_a_text() -> None:
    """Each once."""
    assert {"emergency", "phone"} == fields("{phone} or {emergency}, again {phone}")


def phrases(**by_language: dict[str, str]) -> Phrases:
    """Return phrases by language."""
    return Phrases({Language(code): said for code, said in by_language.items()})


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.SW, "Habari Asha"), (Language.HI, "Hello Asha"), (Language.UR, "Hello Asha")],
    ids=["own", "empty-one", "no-file"],
)
def test_says_a_phrase_in_the_language_or_in_english(language: Language, said: str) -> None:
    """Better English than nothing."""
    known = phrases(en={"greet": "Hello {name}"}, sw={"greet": "Habari {name}"}, hi={"greet": ""})

    assert said == known.say(language, "greet", name="Asha")


def test_values_of_phrases_may_be_numbers() -> None:
    """Seconds to wait, days that rows stay."""
    assert "Wait 30 s" == phrases(en={"wait": "Wait {n} s"}).say(Language.EN, "wait", n=30)


def test_a_phrase_that_stands_nowhere_is_a_bug() -> None:
    """Code and files are kept together by tests."""
    with pytest.raises(KeyError):
        phrases(en={"greet": "Hello"}).say(Language.SW, "part")


def test_a_library_keeps_entries_by_id_and_headings_by_the_phrase_file() -> None:
    """Two runs agree in whatever order files were read; empty headings are left out."""
    made = make_library(
        {
            id_: entry(id=id_, topic=topic)
            for id_, topic in (("b", "myths"), ("c", "care"), ("a", "myths"))
        },
        phrases(
            en={
                "topic_care": "Care",
                "hello": "Hello",
                "topic_living": "Living",
                "topic_myths": "Rumours",
            }
        ),
    )

    assert ["a", "b", "c"] == list(made.entries)
    assert ("care", "myths") == made.topics
    assert ["a", "b"] == [found.id for found in made.of_topic("myths")]


def test_a_library_cannot_be_changed() -> None:
    """The desk is swapped whole, never mended in place."""
    made = make_library({"a": entry(id="a")}, phrases(en={"topic_infections": "Infections"}))

    with pytest.raises(TypeError):
        made.entries["b"] = entry(id="b")  # type: ignore[index]


def test_dates_are_read_as_days() -> None:
    """A day that a source was checked has no hour."""
    assert date(2026, 11, 20) == entry().sources[0].checked
