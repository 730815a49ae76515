"""`faq.entry`: what an entry may hold, and how its fields are filled."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from faq.entry import (
    ANSWER_FIELDS,
    DRAFT,
    SAMPLE,
    Approvals,
    Entry,
    Library,
    Phrases,
    Publish,
    Review,
    Source,
    Text,
    digest,
    fields,
    fill,
    make_library,
    phrases_digest,
    published,
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


# ---- digests and approvals


def test_a_digest_has_64_hexadecimal_digits() -> None:
    """SHA-256.  Whoever changes this takes all approvals back everywhere."""
    expected = "df1e6e89cce1413d5bb08b0092b33a7ae64d760689494012da615e88cc65a991"

    assert expected == digest(entry(), Language.EN)


def test_without_a_text_in_the_language_there_is_no_digest() -> None:
    """The language is the one of the text that was really shown."""
    with pytest.raises(KeyError):
        digest(entry(), Language.HI)


PARTS = st.sampled_from(["question", "answer", "publisher", "title", "url"])


@given(part=PARTS, at=st.integers(0), sign=st.sampled_from("aq9.अ"), cut=st.booleans())
def test_any_change_of_one_letter_changes_the_digest(
    part: str, at: int, sign: str, *, cut: bool
) -> None:
    """Of question, answer and sources: exactly what a person is sent."""
    whole = ENGLISH if part in ENGLISH else SOURCE
    at %= len(whole[part])
    text = whole[part][:at] + ("" if cut else sign) + whole[part][at + 1 :]
    changed = {**whole, part: text}
    try:
        new = entry(texts={"en": changed}) if whole is ENGLISH else entry(sources=[changed])
    except ValidationError:
        return  # no address any more, say

    same = new.texts == entry().texts and new.sources == entry().sources
    assert same is (digest(new, Language.EN) == digest(entry(), Language.EN))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "myth"},
        {"id": "malaria-symptoms"},
        {"sources": [{**SOURCE, "checked": "2026-11-21"}]},
        {"sources": [SOURCE, SOURCE]},
    ],
    ids=["kind", "id", "day", "source-more"],
)
def test_what_else_is_sent_is_in_the_digest(changes: dict[str, Any]) -> None:
    """The label of a myth, the day a source was checked; and no approval fits another entry."""
    assert digest(entry(), Language.EN) != digest(entry(**changes), Language.EN)


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "children", "related": ["malaria-symptoms"]},
        {"review": {**REVIEW, "by": "sample"}},
        {"texts": {"en": {**ENGLISH, "wordings": ["how do you catch malaria"]}, "sw": SWAHILI}},
    ],
    ids=["place", "review", "wordings-and-other-languages"],
)
def test_what_only_helps_to_find_it_is_not(changes: dict[str, Any]) -> None:
    """A new wording must not undo an approval."""
    assert digest(entry(), Language.EN) == digest(entry(**changes), Language.EN)


def test_a_language_is_in_the_digest() -> None:
    """The same words approved in one language are not approved in another."""
    both = entry(texts={"id": ENGLISH, "en": ENGLISH})

    assert digest(both, Language.EN) != digest(both, Language.ID)


def test_any_sentence_of_a_language_changes_the_digest_of_all() -> None:
    """Cards and refusals are approved together, as every reply may use any of them."""
    before = phrases(en={"card": "Call now.", "thanks": "Fine."}, hi={"card": "अभी फ़ोन करें।"})
    after = phrases(en={"card": "Call now!", "thanks": "Fine."}, hi={"card": "अभी फ़ोन करें।"})

    assert before.digests[Language.EN] == phrases_digest(before, Language.EN)
    assert before.digests[Language.EN] != after.digests[Language.EN]
    assert before.digests[Language.HI] == after.digests[Language.HI]


def small(**changes: Any) -> Library:
    """Return a library of two entries that name each other, in English and Swahili."""
    texts = {"en": ENGLISH, "sw": SWAHILI}
    entries = [
        entry(texts=texts, related=["b"], **{"id": "a", **changes}),
        entry(id="b", texts=texts, related=["a"], review={**REVIEW, "by": SAMPLE}),
    ]
    said = {lang.value: {"topic_infections": "Infections"} for lang in Language}
    return make_library({one.id: one for one in entries}, phrases(**said))


def approved(library: Library, *texts: tuple[str, Language], **more: frozenset[str]) -> Approvals:
    """Return approvals of some texts and of all sentences."""
    digests = {*library.phrases.digests.values(), *(library.digests[text] for text in texts)}
    return Approvals(frozenset(digests), **more)


@pytest.mark.parametrize(
    ("by", "judged", "by_members", "vetted"),
    [
        ("Dr A. Mrembo", False, False, True),
        ("Dr A. Mrembo", True, False, False),
        (SAMPLE, False, False, False),
        (DRAFT, False, False, False),
        (SAMPLE, True, True, True),
    ],
    ids=["named", "named-but-judged", "sample", "draft", "approved"],
)
def test_a_text_is_vetted_by_members_or_else_by_who_the_file_names(
    by: str,
    *,
    judged: bool,
    by_members: bool,
    vetted: bool,
) -> None:
    """Once somebody has judged it in the console the file's word counts no more."""
    library = small(review={**REVIEW, "by": by})
    known = approved(
        library,
        *([("a", Language.EN)] if by_members else []),
        judged=frozenset({"entries/a/en"} if judged else ()),
    )
    shown = published(library, known, "sample")

    assert vetted is shown.vetted(shown.entries["a"], Language.EN)
    assert (by == "Dr A. Mrembo") is shown.vetted(shown.entries["a"], Language.SW)


def test_the_page_says_sample_in_languages_where_some_text_is_one() -> None:
    """As long as one answer may be shown that nobody approved."""
    library = small()
    known = approved(library, ("a", Language.EN), ("b", Language.EN), ("a", Language.SW))

    # Hindi shows English.
    assert {Language.SW} == published(library, known, "sample").samples
    assert set(Language) == library.samples


def test_only_approved_texts_are_published_where_only_they_are_sent() -> None:
    """An entry without any is in no list, and nothing offers it."""
    library = small()
    sent = published(library, approved(library, ("a", Language.SW)), "approved")

    assert ["a"] == list(sent.entries)
    assert [Language.SW] == list(sent.entries["a"].texts)
    assert () == sent.entries["a"].related
    assert Language.SW is sent.entries["a"].text(Language.EN)[0]


def test_sentences_that_are_not_approved_give_way_to_english() -> None:
    """Somebody must be told something."""
    library = small()
    english = library.phrases.digests[Language.EN]
    sent = published(library, Approvals(frozenset({english})), "approved")

    assert [Language.EN] == list(sent.phrases.by_language)
    assert Language.EN is sent.phrases.spoken(Language.UR)
    assert "Infections" == sent.phrases.say(Language.UR, "topic_infections")


@pytest.mark.parametrize("publish", ["sample", "approved"])
def test_what_is_withdrawn_is_published_in_no_way(publish: Publish) -> None:
    """Whatever was approved before."""
    library = small()
    known = approved(
        library,
        *library.digests,
        withdrawn=frozenset({"entries/a/en", "entries/b/en", "entries/b/sw", "phrases/hi"}),
    )
    sent = published(library, known, publish)

    assert {("a", Language.SW)} == sent.digests.keys()
    assert Language.HI not in sent.phrases.by_language
    assert library.entries.keys() == {"a", "b"}


def test_who_sends_a_text_already_may_until_the_next_one_is_there() -> None:
    """The next one is approved before it has been read from disk."""
    before = Approvals(frozenset({"old", "gone"}))
    now = Approvals(frozenset({"new"}), superseded=frozenset({"old", "older"}))

    assert {"new", "old"} == now.after(before).digests
