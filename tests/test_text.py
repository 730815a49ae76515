"""`text` reads what people type: folding, words, scripts, lengths."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import text as reading
from text import Script

# Free text and text made of what folding touches, joined in any way.
TOUCHY = (
    "aAéñİıßŉſﬁ½…'’`.,:/09०५٣۴１²ⅷक़\u093cकँंञِّيىكهةۀـئ"
    "\u0301\u0306\u200b\u200d\ufeff\ufe0f\u3164 \n\u202e"
)
any_text = st.text() | st.text(st.sampled_from(TOUCHY))
many = settings(max_examples=300, deadline=None, derandomize=True)


@many
@given(any_text)
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    """Phrases and messages are folded at different times and must meet."""
    once = reading.fold(text)

    assert once == reading.fold(once)


@many
@given(any_text)
def test_normalising_a_normalised_text_changes_nothing(text: str) -> None:
    """What is redacted twice is read twice."""
    once = reading.normalise(text)

    assert once == reading.normalise(once)


@many
@given(any_text)
def test_a_normalised_text_folds_like_the_text_itself(text: str) -> None:
    """The two depths agree."""
    assert reading.fold(text) == reading.fold(reading.normalise(text))


@many
@given(any_text)
def test_normalised_text_has_ascii_digits_and_single_spaces(text: str) -> None:
    """Patterns with digits and spaces see them all."""
    seen = reading.normalise(text)

    assert " ".join(seen.split()) == seen
    assert all(char in "0123456789" for char in seen if char.isdecimal())


# All of ASCII, and what the steps of folding touch in it, joined in any way.
ascii_text = st.text(st.characters(max_codepoint=127)) | st.text(
    st.sampled_from("aaAB'`.,:/-_^09 \t\n\x00\x1c\x7f")
)


@many
@given(ascii_text)
def test_plain_messages_take_a_short_way_to_the_same_text(text: str) -> None:
    """One invisible letter makes a message go the long way; nothing else may differ."""
    assert reading.normalise(f"{text}\u200b") == reading.normalise(text)


@many
@given(ascii_text)
def test_plain_messages_take_a_short_way_to_the_same_words(text: str) -> None:
    """One Hindi word makes a message go the long way."""
    assert reading.words(f"{text} अब") == [*reading.words(text), "अब"]


def test_every_sign_of_ascii_is_read_alike_both_ways() -> None:
    """Each by itself and inside a word; what was drawn above may have left one out."""
    signs = [f"a{chr(code)}b {chr(code)}" for code in range(128)]

    assert [reading.normalise(f"{sign}\u200b") for sign in signs] == [
        reading.normalise(sign) for sign in signs
    ]
    assert [reading.words(f"{sign} अब")[:-1] for sign in signs] == [
        reading.words(sign) for sign in signs
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("९८७६५", "98765"),
        ("٩٨٧٦٥", "98765"),
        ("۹۸۷۶۵", "98765"),
        ("９８７６５", "98765"),
        ("𝟗𝟖𝟕𝟔𝟓", "98765"),
    ],
    ids=["devanagari", "arabic", "urdu", "fullwidth", "mathematical"],
)
def test_digits_of_every_script_are_the_same_digits(text: str, expected: str) -> None:
    """A number cannot hide in another script."""
    assert expected == reading.normalise(text)


@pytest.mark.parametrize(
    "between",
    [
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u00ad",
        "\u202e",
        "\u2066",
        "\ufe0f",
        "\u3164",
        "\u034f",
        "\ue000",
        "\U000e0100",
        "\U000e01ef",
        "\u180b",
        "\u17b4",
        "\u2800",
    ],
    ids=[
        *("zwsp", "zwj", "bom", "soft-hyphen", "rlo", "isolate", "vs16", "filler", "cgj"),
        *("private", "vs17", "vs256", "mongolian", "khmer", "braille"),
    ],
)
def test_what_a_reader_does_not_see_is_taken_away(between: str) -> None:
    """Invisible characters cannot break a word in two."""
    assert reading.normalise(f"Mala{between}ria") == "Malaria"


@pytest.mark.parametrize(
    "between",
    ["\n", "\t", "\x00", "\u00a0", "\u2003", "\u2028", " \r\n "],
    ids=["newline", "tab", "null", "nbsp", "em-space", "line-separator", "several"],
)
def test_controls_and_spaces_become_one_space(between: str) -> None:
    """Words on two lines stay two words."""
    assert reading.normalise(f" high{between}pressure ") == "high pressure"


@pytest.mark.parametrize(
    "word",
    ["کھائیں", "جملۀ", "घबराहट", "naïve", "can’t"],
    ids=["hamza", "heh-with-yeh", "hindi", "accent", "apostrophe"],
)
def test_a_word_is_read_alike_beside_any_other(word: str) -> None:
    """A Hindi word with a nukta in the message changes no other word."""
    assert f"जहर {reading.normalise(word)}" == reading.normalise(f"ज़हर {word}")


def test_lone_surrogates_vanish() -> None:
    """Half an emoji, as a cut message ends, neither shows nor fails."""
    assert reading.normalise("help \ud83d") == "help"


def test_normalising_keeps_case_and_punctuation() -> None:
    """The encoder reads them."""
    text = "Is HIV contagious? (Yes/No)"

    assert text == reading.normalise(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("پاني", "پانی"),
        ("مصطفى", "مصطفی"),
        ("كھانسي", "کھانسی"),
        ("بيماره", "بیمارہ"),
        ("مَلیریا", "ملیریا"),
        ("ملیـــریا", "ملیریا"),
        ("خون\u0670", "خون"),
        ("ज़हर", "जहर"),
        ("ज\u093cहर", "ज़हर"),
        ("साँस", "सांस"),
        ("can’t", "can't"),
        ("can`t", "can't"),
        ("cafe\u0301", "café"),
    ],
    ids=[
        "arabic-yeh",
        "alef-maksura",
        "arabic-kaf",
        "arabic-heh",
        "vowel-mark",
        "tatweel",
        "superscript-alef",
        "nukta-left-out",
        "nukta-apart",
        "chandrabindu",
        "curly-apostrophe",
        "backtick",
        "accent-apart",
    ],
)
def test_two_ways_of_typing_one_word_are_normalised_alike(one: str, other: str) -> None:
    """Keyboards differ; the word does not."""
    assert reading.normalise(one) == reading.normalise(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How does MALARIA spread?", ["how", "does", "malaria", "spread"]),
        ("naïve café", ["naive", "cafe"]),
        ("don't, 'tis rock’n’roll'", ["don't", "tis", "rock'n'roll"]),
        (
            "BP is 160/100, temp 38.5. At 12:30",
            ["bp", "is", "160/100", "temp", "38.5", "at", "12:30"],
        ),
        ("1,000 or 1 000; e.g. 5.", ["1,000", "or", "1", "000", "e", "g", "5"]),
        ("12mg covid19", ["12", "mg", "covid19"]),
        ("soooo caaan't 1000", ["soo", "caan't", "1000"]),
        ("साँस नहीं आ रही।", ["सांस", "नहीं", "आ", "रही"]),
        ("سانس نہیں آ رہی۔", ["سانس", "نہیں", "ا", "رہی"]),
        ("ना-बालिग_है", ["ना", "बालिग", "है"]),
        ("😀 !!! …", []),
        ("", []),
    ],
    ids=[
        "case",
        "accents",
        "apostrophes",
        "readings",
        "thousands",
        "units",
        "repeats",
        "hindi",
        "urdu",
        "joined",
        "signs-alone",
        "empty",
    ],
)
def test_words_are_folded_and_in_order(text: str, expected: list[str]) -> None:
    """Case, accents and punctuation go; numbers keep the signs inside them."""
    assert expected == reading.words(text)
    assert " ".join(expected) == reading.fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("malaria kaise hota hai", Script.LATIN),
        ("मलेरिया कैसे होता है", Script.DEVANAGARI),
        ("ملیریا کیسے ہوتا ہے", Script.ARABIC),
        ("मेरा BP 160 है", Script.DEVANAGARI),
        ("अब cd", Script.LATIN),
        ("اب दि", Script.ARABIC),
        ("лихорадка", None),
        ("123 😀?!", None),
        ("", None),
    ],
    ids=[
        "latin",
        "devanagari",
        "arabic",
        "most-letters",
        "tie-latin-first",
        "arabic-majority",
        "other-script",
        "no-letters",
        "empty",
    ],
)
def test_the_script_is_that_of_most_letters(text: str, expected: Script | None) -> None:
    """The earlier script wins a tie; a script that is not ours is none."""
    assert expected == reading.script(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("abc", 3), ("मच्छर", 5), ("😀", 2), ("\ud83d", 1), ("a😀é", 4)],
    ids=["empty", "latin", "devanagari", "emoji", "lone-surrogate", "mixed"],
)
def test_length_counts_as_telegram_does(text: str, expected: int) -> None:
    """Telegram's limits are in UTF-16 code units."""
    assert expected == reading.utf16_length(text)


@many
@given(any_text, any_text)
def test_lengths_add_up(one: str, other: str) -> None:
    """A text cut in two is as long as its halves."""
    together = reading.utf16_length(one) + reading.utf16_length(other)

    assert together == reading.utf16_length(one + other)
