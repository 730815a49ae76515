"""`faq.reply` words every decision from the library's sentences alone."""

import re
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq import load
from faq.decision import (
    Answer,
    Decision,
    Emergency,
    Note,
    Refuse,
    Remark,
    Suggest,
    Unmatched,
)
from faq.entry import ORGANISATION_FIELDS, Entry, Library, make_library
from faq.reply import (
    Action,
    Block,
    Button,
    Citation,
    Setting,
    Speaker,
    Tone,
    blocks,
    numbers,
    plain,
    word,
)
from safety import contacts
from safety.rules import EMERGENCIES, Category
from text import Language
from workshop import FAQ, SAFETY

BARE = Setting({"organisation": "Asha Clinic"})
FULL = Setting(
    {"organisation": "Asha Clinic"} | {name: f"our {name}" for name in ORGANISATION_FIELDS},
    {"emergency": "112", "crisis": "988", "abuse": "181", "child": "1098", "poison": "1066"},
)
SETTINGS = {
    "bare": BARE,
    "numbers": Setting({"organisation": "Asha Clinic"}, {"emergency": "112"}),
    "phone": Setting({"organisation": "Asha Clinic", "phone": "555-0100"}),
    "nameless": Setting({"organisation": ""}),
    "full": FULL,
}
# Every card that touches several emergencies, whichever leads.
MERGED = [
    tuple(category.value for category in several)
    for count in range(2, len(EMERGENCIES) + 1)
    for several in permutations(EMERGENCIES, count)
]
ORDER = [category.value for category in Category]
REFUSED = [category.value for category in Category if category not in EMERGENCIES]


@pytest.fixture(scope="module")
def library() -> Library:
    """The starter knowledge base."""
    return load.library(FAQ)


def changed(library: Library, id_: str, **changes: object) -> Library:
    """Return the library with one entry changed."""
    entry = Entry.model_validate({**library.entries[id_].model_dump(), **changes})
    return make_library({**library.entries, id_: entry}, library.phrases)


def decisions(library: Library) -> list[Decision]:
    """Return every decision there is, with every entry, category and remark."""
    few = tuple(library.entries)[:3]
    flags = (False, True)
    return [
        *(Answer(id_, 0.9, urgent=urgent) for id_, urgent in product(library.entries, flags)),
        Answer(few[0], 0.9, urgent=True, claim=True, identifiers=True, also=few[1]),
        *(Suggest(few, 0.5, urgent, identifiers) for urgent, identifiers in product(flags, flags)),
        *(Unmatched(0.1, urgent, identifiers) for urgent, identifiers in product(flags, flags)),
        *(Refuse(category, offered) for category, offered in product(REFUSED, ((), few[:2]))),
        *(
            Emergency(category.value, first_aid, other)
            for category, first_aid, other in product(EMERGENCIES, (None, few[0]), flags)
        ),
        *(Emergency(several[0], also=several[1:]) for several in MERGED),
        *(Note(remark, 30) for remark in Remark),
    ]


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("language", Language)
def test_every_decision_is_worded_without_a_hole(
    library: Library, language: Language, setting: Setting
) -> None:
    """No field is left unfilled, nothing is empty, whatever the organisation has told us."""
    replies = [word(decision, language, library, setting) for decision in decisions(library)]
    said = ["\n".join([plain(reply), *(b.label for b in reply.buttons)]) for reply in replies]

    assert [] == [text for text in said if re.search(r"[{}]|\n\s*\n\s*\n", text)]
    assert [] == [reply for reply in replies if not reply.body.strip()]
    assert [] == [reply for reply in replies if not all(b.label.strip() for b in reply.buttons)]


@pytest.mark.parametrize("language", Language)
def test_every_reply_is_in_the_language_asked_for(library: Library, language: Language) -> None:
    """All starter entries and all phrases stand in all five."""
    replies = [word(decision, language, library, FULL) for decision in decisions(library)]

    assert {language} == {reply.language for reply in replies}


@pytest.mark.parametrize(
    ("decision", "tone"),
    [
        (Answer("malaria-spread", 0.9), Tone.ANSWER),
        (Suggest(("malaria-spread",), 0.5), Tone.ASK),
        (Unmatched(0.1), Tone.ASK),
        (Refuse("symptoms"), Tone.REFUSE),
        (Emergency("medical"), Tone.EMERGENCY),
        (Note(Remark.GREETING), Tone.ASK),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, Tone) else value.value,
)
def test_each_decision_has_its_tone(library: Library, decision: Decision, tone: Tone) -> None:
    """Channels colour by it."""
    assert tone is word(decision, Language.EN, library, BARE).tone


def test_an_answer_shows_question_source_and_the_day_it_was_checked(library: Library) -> None:
    """The promise of every answer."""
    entry = library.entries["malaria-spread"]
    reply = word(Answer(entry.id, 0.9), Language.EN, library, BARE)

    checked = f"checked {entry.sources[0].checked:%Y-%m-%d}"
    first = entry.sources[0]
    assert entry.texts[Language.EN].question == reply.title
    assert Citation(first.publisher, first.title, first.url, checked) == reply.citations[0]
    assert len(entry.sources) == len(reply.citations)


@pytest.mark.parametrize(("count", "cited_as"), [(1, "Source"), (2, "Sources")])
def test_one_source_or_several(library: Library, count: int, cited_as: str) -> None:
    """The word agrees with the number."""
    sources = [library.entries["malaria-spread"].sources[0].model_dump()] * count
    made = changed(library, "malaria-spread", sources=sources)

    assert cited_as == word(Answer("malaria-spread", 0.9), Language.EN, made, BARE).cited_as


def test_a_sample_says_so_and_an_approved_text_does_not(library: Library) -> None:
    """Readers know when no clinician has looked at a text."""
    review = {**library.entries["malaria-spread"].review.model_dump(), "by": "Dr A. Mrembo"}
    approved = changed(library, "malaria-spread", review=review)
    decision = Answer("malaria-spread", 0.9)

    assert ("Sample text: no clinician has approved it yet.",) == word(
        decision, Language.EN, library, BARE
    ).notices
    assert () == word(decision, Language.EN, approved, BARE).notices


def test_an_urgent_answer_stands_under_the_banner(library: Library) -> None:
    """With the country's number; an ordinary one has none."""
    urgent = word(Answer("stroke-signs", 0.9, urgent=True), Language.EN, library, FULL)
    calm = word(Answer("stroke-signs", 0.9), Language.EN, library, FULL)

    assert "If this is happening now, call 112 first." == urgent.banner
    assert "" == calm.banner


def test_a_forwarded_claim_is_answered_as_a_claim(library: Library) -> None:
    """The title says what was forwarded and what is known."""
    reply = word(Answer("myth-bleach", 0.9, claim=True), Language.EN, library, BARE)

    assert reply.title.startswith("You forwarded a message.")
    assert reply.title.endswith(library.entries["myth-bleach"].texts[Language.EN].question)


@pytest.mark.parametrize(
    "decision",
    [
        Answer("malaria-spread", 0.9, identifiers=True),
        Suggest(("malaria-spread",), 0.5, identifiers=True),
        Unmatched(0.1, identifiers=True),
    ],
    ids=lambda decision: type(decision).__name__,
)
def test_who_sent_personal_details_is_told(library: Library, decision: Decision) -> None:
    """First of all notices."""
    reply = word(decision, Language.EN, library, BARE)

    assert reply.notices[0].startswith("Please don't send names")


def test_related_entries_are_offered_three_at_most(library: Library) -> None:
    """In the writer's order; what the library does not hold is left out."""
    ids = [id_ for id_ in library.entries if id_ != "malaria-spread"][:4]
    made = changed(library, "malaria-spread", related=["not-here", *ids])
    reply = word(Answer("malaria-spread", 0.9), Language.EN, made, BARE)

    assert [(Action.ENTRY, id_) for id_ in ids[:3]] == [(b.action, b.value) for b in reply.buttons]
    assert reply.helpful


@pytest.mark.parametrize("language", Language)
def test_the_second_of_two_questions_is_named_first_and_offered_first(
    library: Library, language: Language
) -> None:
    """Before what the writer calls related, which is not offered twice."""
    ids = ("cpr", "diabetes-symptoms", "burns-first-aid")
    made = changed(library, "malaria-spread", related=ids)
    decision = Answer("malaria-spread", 0.9, identifiers=True, also="diabetes-symptoms")
    reply = word(decision, language, made, BARE)

    say = Speaker(made, language, BARE)
    asked = library.entries["diabetes-symptoms"].texts[language].question
    assert say.phrase("also_asked", question=asked) == reply.notices[0]
    assert asked in reply.notices[0]
    assert ["diabetes-symptoms", "cpr", "burns-first-aid"] == [b.value for b in reply.buttons]
    assert asked == reply.buttons[0].label


def test_related_entries_make_room_for_a_second_question(library: Library) -> None:
    """Three buttons at most."""
    ids = [id_ for id_ in library.entries if id_ not in ("malaria-spread", "cpr")][:4]
    made = changed(library, "malaria-spread", related=ids)
    reply = word(Answer("malaria-spread", 0.9, also="cpr"), Language.EN, made, BARE)

    assert ["cpr", *ids[:2]] == [button.value for button in reply.buttons]


def test_suggestions_are_buttons_with_a_way_out(library: Library) -> None:
    """The questions in the person's language, then “none of these”."""
    reply = word(Suggest(("malaria-spread", "cpr"), 0.5), Language.SW, library, BARE)

    asked = [library.entries[id_].texts[Language.SW].question for id_ in ("malaria-spread", "cpr")]
    assert asked == [button.label for button in reply.buttons[:-1]]
    assert Action.NONE_OF_THESE is reply.buttons[-1].action


@pytest.mark.parametrize(
    ("organisation", "reach"),
    [
        ({"phone": "555-0100", "website": "w", "email": "e"}, "Asha Clinic, 555-0100"),
        ({"website": "asha.example", "email": "e"}, "Asha Clinic, asha.example"),
        ({"email": "a@asha.example"}, "Asha Clinic, a@asha.example"),
        ({"address": "1 Main Street"}, None),
    ],
    ids=["phone", "website", "email", "none"],
)
def test_unanswered_people_are_told_whom_to_ask(
    library: Library, organisation: dict[str, str], reach: str | None
) -> None:
    """The first way that the organisation has given, or nothing at all."""
    setting = Setting({"organisation": "Asha Clinic", **organisation})
    reply = word(Unmatched(0.1), Language.EN, library, setting)

    assert (reach is not None) is ("You can also ask" in reply.body)
    assert reach is None or reach in reply.body
    assert [Action.TOPICS] == [button.action for button in reply.buttons]


@pytest.mark.parametrize("language", Language)
def test_a_line_whose_field_is_not_known_is_left_out(library: Library, language: Language) -> None:
    """No “Children: ” without a number; with one it stands there."""
    without = word(Emergency("abuse"), language, library, Setting({}, {"emergency": "112"}))
    with_ = word(Emergency("abuse"), language, library, FULL)

    assert len(without.body.split("\n")) + 1 == len(with_.body.split("\n"))
    assert "1098" in with_.body


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "decision", [Emergency("poison"), Refuse("medicine")], ids=["poison", "medicine"]
)
def test_without_a_poison_line_the_one_number_stays(
    library: Library, decision: Decision, language: Language
) -> None:
    """“Call 112 or 1066” becomes “Call 112”, in the grammar of every language."""
    both = word(decision, language, library, FULL).body
    one = word(decision, language, library, Setting({}, {"emergency": "112"})).body

    assert ("112" in both, "1066" in both) == (True, True)
    assert 1 == one.count("112")
    assert len(both.split("\n")) == len(one.split("\n"))


@pytest.mark.parametrize("language", Language)
def test_without_a_country_the_number_is_said_in_words(
    library: Library, language: Language
) -> None:
    """Never guessed; the button leads to the countries, and 112 is mentioned."""
    reply = word(Emergency("medical"), language, library, BARE)

    assert library.phrases.say(language, "emergency_number") in reply.body
    assert any("112" in notice for notice in reply.notices)
    assert [Action.COUNTRIES] == [button.action for button in reply.buttons]


def test_first_aid_is_the_first_button_of_an_emergency(library: Library) -> None:
    """Behind the number, never before it."""
    reply = word(Emergency("poison", "poisoning"), Language.EN, library, FULL)

    assert Button("First steps while you wait", Action.ENTRY, "poisoning") == reply.buttons[0]
    assert () == reply.notices


def test_danger_of_somebody_else_has_words_of_its_own(library: Library) -> None:
    """A friend of someone suicidal is thanked; other emergencies are worded alike."""
    own = word(Emergency("self_harm"), Language.EN, library, FULL)
    other = word(Emergency("self_harm", other=True), Language.EN, library, FULL)

    assert "looking out for them" in other.body
    assert own.body != other.body
    assert word(Emergency("medical"), Language.EN, library, FULL) == word(
        Emergency("medical", other=True), Language.EN, library, FULL
    )


# ---- a card that touches several emergencies


@pytest.mark.parametrize("language", Language)
def test_a_merged_card_names_every_line_once_and_the_emergency_number_first(
    library: Library, language: Language
) -> None:
    """And as the screen orders them it stays under 600 characters, to be read in need."""
    lines: dict[str, list[str]] = {
        "medical": [],
        "poison": ["1066"],
        "self_harm": ["988"],
        "abuse": ["181", "1098"],
    }
    ordered = [several for several in MERGED if list(several) == sorted(several, key=ORDER.index)]
    for several in MERGED:
        body = word(Emergency(several[0], also=several[1:]), language, library, FULL).body
        wanted = ["112", *(number for category in several for number in lines[category])]

        assert wanted == sorted(re.findall(r"\d+", body), key=wanted.index)
        assert wanted[0] == re.findall(r"\d+", body)[0]
        assert several not in ordered or len(body) < 600


@pytest.mark.parametrize("language", Language)
def test_what_leads_is_worded_as_alone_but_for_what_the_others_add(
    library: Library, language: Language
) -> None:
    """What to know stays; whom to call comes before it."""
    alone = word(Emergency("self_harm"), language, library, FULL).body.split("\n\n")
    both = word(Emergency("self_harm", also=("abuse",)), language, library, FULL).body
    added = library.phrases.say(language, "also_abuse", abuse_line="181", child_line="1098")

    assert [alone[0], added, alone[1]] == both.split("\n\n")


@pytest.mark.parametrize("language", Language)
def test_a_line_that_serves_two_emergencies_is_named_once(
    library: Library, language: Language
) -> None:
    """Where a country has none of its own, two kinds of help are at the same place."""
    several = Emergency("poison", also=("self_harm", "abuse"))
    body = word(several, language, library, Setting({}, {"emergency": "112"})).body
    anywhere = library.phrases.say(language, "anywhere_crisis")

    assert (1, 1) == (body.count(anywhere), body.count("112"))
    assert library.phrases.say(language, "also_abuse").split("\n")[-1] in body


def test_a_helpline_that_is_not_known_is_left_out_of_a_merged_card(library: Library) -> None:
    """The advice stays, without an empty “Poison advice: ”."""
    several = Emergency("medical", also=("poison", "abuse"))
    body = word(several, Language.EN, library, Setting({}, {"emergency": "112"})).body

    assert "Don't make the person vomit." in body
    assert "Poison advice" not in body
    assert "Children" not in body


def test_a_refusal_offers_general_entries_and_the_topics(library: Library) -> None:
    """“No” is not the end."""
    reply = word(Refuse("symptoms", ("malaria-symptoms",)), Language.EN, library, BARE)

    expected = [(Action.ENTRY, "malaria-symptoms"), (Action.TOPICS, "")]
    assert expected == [(button.action, button.value) for button in reply.buttons]


def test_who_asks_too_much_is_told_how_long_to_wait(library: Library) -> None:
    """In seconds, with the emergency number beside it."""
    body = word(Note(Remark.TOO_MANY, 42), Language.EN, library, FULL).body

    assert "Please wait 42 seconds. In an emergency call 112." == body


@pytest.mark.parametrize(
    ("organisation", "absent"),
    [({}, True), ({"phone": "555-0100"}, False)],
    ids=["nothing", "phone"],
)
def test_what_the_organisation_has_not_entered_is_said_honestly(
    library: Library, organisation: dict[str, str], *, absent: bool
) -> None:
    """One known detail is enough; the lines of the others are left out."""
    setting = Setting({"organisation": "Asha Clinic", **organisation})
    say = Speaker(library, Language.EN, setting)
    body = say.answer(library.entries["service-contact"])

    assert absent is body.startswith(say.phrase("not_given"))
    assert absent is ("555-0100" not in body)


def test_a_text_in_another_language_says_so_to_the_channel(library: Library) -> None:
    """Without an Urdu text English is sent, and marked as English for screen readers."""
    texts = library.entries["cpr"].model_dump()["texts"]
    made = changed(library, "cpr", texts={Language.EN: texts[Language.EN]})
    reply = word(Answer("cpr", 0.9), Language.UR, made, BARE)

    assert Language.EN is reply.language
    assert library.entries["cpr"].texts[Language.EN].question == reply.title


def test_values_with_brackets_are_shown_as_they_are(library: Library) -> None:
    """A name is no pattern."""
    setting = Setting({"organisation": "The {phone} Clinic", "phone": "555-0100"})

    assert "The {phone} Clinic" in Speaker(library, Language.EN, setting).phrase("welcome")


@pytest.mark.parametrize("sure", [True, False])
def test_numbers_that_nobody_dialled_are_marked(library: Library, *, sure: bool) -> None:
    """Each number under its kind, the country in the title."""
    reply = numbers(
        "Kenya", [("emergency", "999"), ("child", "116")], library, Language.EN, sure=sure
    )

    assert "- Emergency: 999\n- Children: 116" == reply.body
    assert "Emergency numbers: Kenya" == reply.title
    assert sure is (() == reply.notices)


@pytest.mark.parametrize("language", Language)
def test_all_numbers_of_all_countries_have_a_name(library: Library, language: Language) -> None:
    """Every kind of contact has its word in every language."""
    replies = [
        numbers(
            found.called(language),
            [(row.kind.value, row.number) for row in found.contacts],
            library,
            language,
            sure=False,
        )
        for found in contacts.load(SAFETY / "contacts.yaml").countries.values()
    ]

    assert [] == [reply for reply in replies if re.search(r"[{}]", plain(reply))]


def test_plain_text_holds_all_that_a_channel_shows(library: Library) -> None:
    """Banner, title, body, sources, notices, in this order."""
    reply = word(Answer("stroke-signs", 0.9, urgent=True), Language.EN, library, FULL)
    parts = [reply.banner, reply.title, reply.body, reply.citations[0].url, reply.notices[-1]]
    shown = plain(reply)
    places = [shown.index(part) for part in parts]

    assert places == sorted(places)


def test_plain_text_lists_choices_only_where_one_is_to_be_made(library: Library) -> None:
    """Suggestions are a question; related entries are not."""
    asked = plain(word(Suggest(("cpr", "malaria-spread"), 0.5), Language.EN, library, BARE))
    told = plain(word(Answer("malaria-spread", 0.9), Language.EN, library, BARE))

    assert 2 == asked.count("• ")
    assert "• " not in told


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        ("  \n\n ", []),
        ("One line.", [Block("p", ("One line.",))]),
        ("One\ntwo", [Block("p", ("One", "two"))]),
        ("One\n\ntwo", [Block("p", ("One",)), Block("p", ("two",))]),
        ("- a\n- b", [Block("ul", ("a", "b"))]),
        ("• a\n• b", [Block("ul", ("a", "b"))]),
        ("1. a\n2) b", [Block("ol", ("a", "b"))]),
        ("१. क\n२. ख", [Block("ol", ("क", "ख"))]),
        ("۱۔ الف\n۲. ب", [Block("ol", ("الف", "ب"))]),
        ("Do:\n- a\n1. b", [Block("p", ("Do:",)), Block("ul", ("a",)), Block("ol", ("b",))]),
        ("- a\n\n- b", [Block("ul", ("a",)), Block("ul", ("b",))]),
        ("-a\n1.5 litres\n123. x", [Block("p", ("-a", "1.5 litres", "123. x"))]),
    ],
)  # fmt: skip
def test_bodies_split_into_paragraphs_and_lists(body: str, expected: list[Block]) -> None:
    """Lists begin with a dash or a number, in the digits of every language."""
    assert expected == blocks(body)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("ab1.-•) \n\t१۔"), max_size=60))
def test_no_word_is_lost_between_the_blocks(body: str) -> None:
    """Only the marks of lists go."""
    shown = "".join(line for block in blocks(body) for line in block.lines)

    assert [c for c in body if c in "ab"] == [c for c in shown if c in "ab"]


def test_without_a_source_none_is_mentioned(library: Library) -> None:
    """The organisation is the source of its own hours."""
    made = changed(library, "service-hours", sources=[])
    reply = word(Answer("service-hours", 0.9), Language.EN, made, FULL)

    assert () == reply.citations
    assert "Source" not in plain(reply)
