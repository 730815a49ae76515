"""`faq.prose` tells how plainly a text is written, and what must not stand in it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faq.prose import (
    MOST_LIX,
    MOST_WORDS,
    MOST_WORDS_A_SENTENCE,
    forbidden,
    hard,
    lix,
    mended,
    odd,
    sentences,
)
from text import Language

EN, HI, UR, SW, ID = Language


def doses(text: str) -> list[str]:
    """Return what is said of doses."""
    return [said for said in forbidden(text) if said.startswith("holds a dose")]


def addresses(text: str) -> list[str]:
    """Return what is said of addresses."""
    return [said for said in forbidden(text) if said.startswith("holds an address")]


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("Take 500 mg of it.", "500 mg"),
        ("Take 500mg of it.", "500mg"),
        ("TAKE 500 MG", "500 MG"),
        ("2.5 ml for a child", "2.5 ml"),
        ("1,000 mg in a day", "1,000 mg"),
        ("5-10 ml", "5-10 ml"),
        ("1/2 tablet at night", "1/2 tablet"),
        ("2 tablets, then rest", "2 tablets"),
        ("50 mcg", "50 mcg"),
        ("50 µg", "50 µg"),
        ("50 μg", "50 μg"),
        ("1000 IU of vitamin D", "1000 IU"),
        ("2 puffs from the inhaler", "2 puffs"),
        ("3 drops in the eye", "3 drops"),
        ("2 capsules", "2 capsules"),
        ("500 milligrams", "500 milligrams"),
        ("500 मिलीग्राम की गोली", "500 मिलीग्राम"),
        ("दिन में 2 गोली लें", "2 गोली"),
        ("2 गोलियाँ", "2 गोलियाँ"),
        ("5 मिलीलीटर", "5 मिलीलीटर"),
        ("3 बूँदें", "3 बूँदें"),
        ("500 ملی گرام کی گولی", "500 ملی گرام"),
        ("500 ملیگرام", "500 ملیگرام"),
        ("دن میں 2 گولیاں لیں", "2 گولیاں"),
        ("5 ملی لیٹر", "5 ملی لیٹر"),
        ("3 قطرے", "3 قطرے"),
        ("miligramu: 500 miligramu", "500 miligramu"),
        ("meza 2 vidonge", "2 vidonge"),
        ("5 mililita", "5 mililita"),
        ("matone: 3 matone", "3 matone"),
        ("minum 500 miligram", "500 miligram"),
        ("2 tablet sehari", "2 tablet"),
        ("2 kapsul", "2 kapsul"),
        ("3 tetes", "3 tetes"),
        ("2 butir", "2 butir"),
    ],
)
def test_a_dose_is_found_in_every_language(text: str, dose: str) -> None:
    """Amounts of medicine are for a health worker to say; the finding shows the place."""
    assert [f"holds a dose (“{dose}”): amounts of medicine are for a health worker to say"] == [
        *forbidden(text)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "less than 5 g salt a day",
        "5 gram garam",
        "5 ग्राम नमक",
        "5 گرام نمک",
        "gramu 5 za chumvi",
        "a temperature of 37.5 C",
        "38 °C",
        "under 120/80",
        "140/90 mmHg",
        "1 litre of clean water",
        "6 teaspoons of sugar",
        "5 to 6 cm deep, 100 to 120 times a minute",
        "5 mm",
        "within 24 hours",
        "for 6 months",
        "2 weeks",
        "call {emergency} or 112",
        "at 7 in the morning",
        "mg, ml and tablets are units",
        "take the tablets as you were told",
        "COVID-19 mgonjwa",
        "7 millions of people",
        "in 2030 malaria",
        "1. Medicine",
    ],
)
def test_other_numbers_are_no_doses(text: str) -> None:
    """Salt, fever, blood pressure, times: an answer needs them."""
    assert [] == doses(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://www.who.int/malaria", "https://"),
        ("see HTTP://example.test", "HTTP://"),
        ("see www.who.int", "www."),
        ("see who.int for more", "who.int"),
        ("soma afya.go.ke", "go.ke"),
        ("mohfw.gov.in पर देखें", "mohfw.gov"),
        ("lihat kemkes.go.id.", "go.id"),
        ("write to help@example.org", "example.org"),
    ],
)
def test_an_address_is_found(text: str, address: str) -> None:
    """Under sources it is a link, and its date is kept."""
    assert [f"holds an address (“{address}”): put it under sources"] == [*forbidden(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Wash your hands. In the morning too.",
        "Covid-19 spreads. It is a virus.",
        "e.g. rice, beans etc.",
        "Nawa mikono.Kisha kausha.",
        "{website}",
        "A.I. and U.N.",
    ],
)
def test_what_ends_a_sentence_is_no_address(text: str) -> None:
    """Neither are short forms and fields."""
    assert [] == addresses(text)


def test_an_address_and_a_dose_are_both_said() -> None:
    """All at once."""
    found = list(forbidden("Take 500 mg, see www.who.int"))

    assert ["holds an address", "holds a dose"] == [said.split(" (")[0] for said in found]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (EN, "What is TB? It's naïve – “50 %” of 1,000 people, 37.5 °C… é ñ ü 😀 🚨"),
        (HI, "टीबी (TB) क्या है? १२ या 12 दिन, 50% लोग। क़ ज़ फ़ ड़"),
        (UR, "ٹی بی (TB) کیا ہے؟ ۱۲ یا 12 دن، 50٪ لوگ۔ ہے ئے ۓ ؤ أ ڑ ں ھ"),
        (SW, "Ng'ombe, chai ya saa 12:00 — “ndiyo”"),
        (ID, "Kenapa begitu? 50% orang, jum’at"),
    ],
)
def test_a_language_has_its_own_letters_latin_ones_and_signs(language: Language, text: str) -> None:
    """Names of medicines and illnesses stand in Latin letters everywhere."""
    assert [] == list(odd(text, language))


@pytest.mark.parametrize(
    ("language", "text", "sentence"),
    [
        (EN, "mаlaria", "“а” (cyrillic small letter a)"),
        (SW, "mоto", "“о” (cyrillic small letter o)"),
        (ID, "αir", "“α” (greek small letter alpha)"),
        (EN, "malaria मच्छर", "“म” (devanagari letter ma)"),
        (EN, "malaria مچھر", "“م” (arabic letter meem)"),
        (HI, "मलेरिया مچھر", "“م” (arabic letter meem)"),
        (HI, "মশা", "“ম” (bengali letter ma)"),
        (HI, "ਮੱਛਰ", "“ਮ” (gurmukhi letter ma)"),
        (UR, "ملیریا मच्छर", "“म” (devanagari letter ma)"),
        (UR, "ﻣلیریا", "“ﻣ” (arabic letter meem initial form)"),
    ],
)
def test_a_letter_of_another_script_is_named(language: Language, text: str, sentence: str) -> None:
    """A look-alike letter cannot be seen, so its name is said."""
    assert [f"holds {sentence}, a letter of another script"] == list(odd(text, language))


@pytest.mark.parametrize(
    ("arabic", "urdu"), [("ي", "ی"), ("ى", "ی"), ("ك", "ک"), ("ه", "ہ"), ("ة", "ہ")]
)
def test_arabic_letters_in_urdu_are_found_and_mended(arabic: str, urdu: str) -> None:
    """Arabic keyboards give them; readers see no difference, search does."""
    text = f"مچھر {arabic}"

    assert [f"holds the Arabic letter {arabic} where Urdu has {urdu}"] == list(odd(text, UR))
    assert f"مچھر {urdu}" == mended(text, UR)


@pytest.mark.parametrize("language", [EN, HI, SW, ID])
def test_only_urdu_has_urdu_letters(language: Language) -> None:
    """In a quoted Arabic word of another language nothing is changed."""
    assert "mtu ي" == mended("mtu ي", language)


INVISIBLE = "\u200b\u200e\u200f\u202a\u202e\u2060\u2066\ufeff\u00ad\ufffd"


@pytest.mark.parametrize("sign", INVISIBLE, ids=lambda sign: f"U+{ord(sign):04X}")
@pytest.mark.parametrize("language", Language)
def test_invisible_characters_are_found_and_mended(language: Language, sign: str) -> None:
    """They come by copying from web pages."""
    text = f"12{sign}34"

    assert [f"holds an invisible character (U+{ord(sign):04X})"] == list(odd(text, language))
    assert "1234" == mended(text, language)


@given(st.text(max_size=60), st.sampled_from(Language))
def test_what_was_mended_needs_no_mending(text: str, language: Language) -> None:
    """Only another script stays: that needs thought."""
    seen = mended(text, language)

    assert seen == mended(seen, language)
    assert {"a letter of another script"} >= {said.split("), ")[-1] for said in odd(seen, language)}


@given(st.text(max_size=60), st.sampled_from(Language))
def test_mending_leaves_what_can_be_seen(text: str, language: Language) -> None:
    """Letter for letter."""
    visible = [sign for sign in text if unicodedata.category(sign) != "Cf" and sign != "\ufffd"]
    stays = [sign for sign in mended(text, language) if unicodedata.category(sign) != "Cf"]

    assert len(visible) == len(stays)


def test_sentences_end_at_full_stops_of_all_scripts_colons_and_lines() -> None:
    """A list item is a sentence; a number or a single word is none."""
    text = "It spreads:\n- by bites\n- by blood.\n\nमच्छर से।  मच्छर काटता है? مچھر سے۔ کیا ہے؟ Go."

    assert [
        "It spreads:",
        "- by bites",
        "- by blood.",
        "मच्छर से।",
        "मच्छर काटता है?",
        "مچھر سے۔",
        "کیا ہے؟",
    ] == sentences(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0.0),
        ("1. 2. 3.", 0.0),
        ("the cat sat on the mat", 6.0),
        ("the cat sat. the mat lay.", 3.0),
        ("a mosquito bites", 3 + 100 / 3),
        ("a flying fly", 3.0),
        ("in 1950 a fly", 3.0),
    ],
)
def test_lix_is_words_a_sentence_and_per_cent_of_long_words(text: str, expected: float) -> None:
    """Seven letters are long, six are not; numbers do not count (Björnsson 1968)."""
    assert expected == pytest.approx(lix(text))


def many(count: int) -> str:
    """Return short sentences of so many words."""
    return " ".join(f"fly{'.' if number % 5 == 4 else ''}" for number in range(count))


@pytest.mark.parametrize("language", Language)
def test_an_answer_has_not_too_many_words(language: Language) -> None:
    """People read on a small screen."""
    most = MOST_WORDS[language]

    assert [] == list(hard(many(most), language))
    assert [f"{most + 1} words, better {most} or fewer"] == list(hard(many(most + 1), language))


def test_signs_of_a_list_are_no_words() -> None:
    """Neither are dashes."""
    assert [] == list(hard("\n".join(f"- fly {n}" for n in range(MOST_WORDS[EN] // 2)), EN))


@pytest.mark.parametrize("language", Language)
def test_a_sentence_is_not_too_long(language: Language) -> None:
    """The longest is shown by its beginning."""
    long = " ".join(["fly"] * MOST_WORDS_A_SENTENCE)
    short = f"It is so. {'Go on. ' * 20}"
    one, two = (list(hard(f"{short}{said}.", language)) for said in (long, f"{long} fly"))

    shown = f"{long} fly"[:40]
    assert [] == one
    assert [f"a sentence of 41 words (“{shown}…”): make two of it"] == two


@pytest.mark.parametrize("language", Language)
def test_words_of_more_than_six_letters_are_hard_in_each_language_by_its_own_measure(
    language: Language,
) -> None:
    """Swahili and Indonesian build longer words, Hindi and Urdu write shorter ones."""
    most = MOST_LIX[language]
    words = ["mosquito" if number < most - 9 else "fly" for number in range(100)]
    text = " ".join(f"{word}{'.' if n % 10 == 9 else ''}" for n, word in enumerate(words))

    index = most - 9 + 10
    sentence = f"hard to read (LIX {index}, better {most} or less): use shorter sentences and words"
    assert [sentence] == list(hard(text, language))
    assert [] == list(hard(text.replace("mosquito", "fly", 1), language))
