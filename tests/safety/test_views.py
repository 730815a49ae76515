"""`safety.views` shows rules what a message says under its spelling and its disguises."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety import views

many = settings(max_examples=300, deadline=None, derandomize=True)
TOUCHY = "aabeоеѕκʀ11!5.-_ 'é\u200b\u202eकंी\u093cخیي ééɪ"
any_text = st.text() | st.text(st.sampled_from(TOUCHY))


@pytest.mark.parametrize(
    "message",
    [
        "SUICIDE!",
        "ѕuісіdе",
        "ѕսιсіԁҽ",
        "ｓｕｉｃｉｄｅ",
        "𝐬𝐮𝐢𝐜𝐢𝐝𝐞",
        "ⓢⓤⓘⓒⓘⓓⓔ",
        "sui\u200bci\u00adde",
        "sùìcïdé",
        "suiiiicide",
        "su'icide",
    ],
    ids=[
        "case",
        "cyrillic",
        "greek-and-armenian",
        "fullwidth",
        "bold",
        "circled",
        "invisible",
        "accents",
        "repeats",
        "apostrophe",
    ],
)
def test_a_word_is_plain_however_it_is_written(message: str) -> None:
    """One spelling of a word in a rule stands for all of these."""
    assert views.plain(message) == ["suicide"]


@pytest.mark.parametrize(
    ("small", "expected"),
    list(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)),
)
def test_small_capitals_are_letters(small: str, expected: str) -> None:
    """Sites that dress up a text for chats use them."""
    assert [expected] == views.plain(small)


def test_plain_words_keep_numbers_and_lose_doubled_letters() -> None:
    """Slips in doubling are the commonest; readings must stay readings."""
    assert views.plain("Feeel swollen, BP 160/100") == ["fel", "swolen", "bp", "160/100"]


def test_letters_that_look_alike_stay_in_a_text_of_another_script() -> None:
    """Only in Latin text is a Cyrillic letter a disguise."""
    assert views.plain("यह о क्या है मुझे बताओ")[1] == "о"


@many
@given(any_text)
def test_plain_words_read_again_are_the_same(text: str) -> None:
    """Words of rules and of messages meet after the same folding."""
    once = views.plain(text)

    assert once == views.plain(" ".join(once))


@pytest.mark.parametrize(
    "spellings",
    [
        ("saans", "sans", "sāns"),
        ("zehar", "jehar"),
        ("khoon", "khun", "koon"),
        ("chhaati", "chati", "chhati"),
        ("behosh", "baihosh", "beyhosh"),
        ("dawai", "davai", "dawaai"),
        ("qabz", "kabz", "kabj"),
        ("bukhaar", "bukhar", "bukar"),
        ("nahee", "nahi", "naahi"),
        ("phool", "fool", "phul"),
        ("taklif", "takleef", "taqleef"),
    ],
    ids=lambda spellings: str(spellings[0]),
)
def test_romanised_spellings_of_one_word_meet(spellings: tuple[str, ...]) -> None:
    """Hindi and Urdu in Latin letters are written as they sound."""
    assert len({tuple(views.roman(spelling)) for spelling in spellings}) == 1


def test_different_words_stay_different_in_the_romanised_view() -> None:
    """Folding by sound must not fold everything."""
    words = ["pet", "pit", "dil", "dal", "khoon", "khana", "saans"]

    assert len(words) == len({tuple(views.roman(word)) for word in words})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("i want to su1c1de", "i want to suicide"),
        ("k1ll mys3lf", "kill myself"),
        ("k!ll my$elf", "kill myself"),
        ("p0150n", "poison"),
        ("5uicide", "suicide"),
        ("s u i c i d e", "suicide"),
        ("now s  u  i  c  i  d  e now", "now suicide now"),
        ("s.u.i.c.i.d.e", "suicide"),
        ("s-u-i-c-i-d-e", "suicide"),
        ("s_u_i_c_i_d_e", "suicide"),
        ("s*u*i*c*i*d*e", "suicide"),
        ("sui•cide", "suicide"),
        ("S U I C I D E", "suicide"),
        ("k|ll", "kill"),
        ("ki1|", "kill"),
        ("b1|nd", "blind"),
        ("🅢🅤🅘🅒🅘🅓🅔 🆂🆄🅸🅲🅸🅳🅴", "suicide suicide"),
        ("🇩🇮🇪", "die"),
        ("k i l l   m y s e l f", "kill myself"),
        ("t a k e,   p i l l s!", "take pills"),
        ("खु-द-कु-शी", "खुदकुशी"),
        ("आ.त्म.ह.त्या", "आत्महत्या"),
        ("आ त्म ह त्या   क रूँ गा", "आत्महत्या करूँगा"),
        ("خ و د ک ش ی   ک ر و ں", "خودکشی کروں"),
    ],
)
def test_a_disguised_word_is_seen(message: str, expected: str) -> None:
    """The usual ways around a filter."""
    assert views.plain(expected) in [views.plain(view) for view in views.disguised(message)]


@pytest.mark.parametrize("control", ["\u202e", "\u202d", "\u2067"], ids=["rlo", "lro", "rli"])
def test_text_shown_backwards_is_read_backwards(control: str) -> None:
    """A direction control makes the reader see the word turned round."""
    (view,) = views.disguised(f"{control}edicius")

    assert views.plain(view) == ["suicide"]


@pytest.mark.parametrize(
    "message",
    ["How does malaria spread?", "is it 38.5 or 39", "मलेरिया कैसे फैलता है", "I do", "a b c", ""],
    ids=["question", "numbers", "hindi", "short", "three-letters", "empty"],
)
def test_a_message_without_disguise_has_no_other_view(message: str) -> None:
    """Each view costs time."""
    assert views.disguised(message) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("how is malaria cured", {"en"}),
        ("mere bete ko bukhar hai", {"hi", "ur"}),
        ("mtoto wangu ana homa", {"sw"}),
        ("anak saya demam", {"id"}),
        ("malaria", {"en", "hi", "ur", "sw", "id"}),
        ("is malaria", {"en", "hi", "ur", "sw", "id"}),
        ("मलेरिया", {"en", "hi", "ur", "sw", "id"}),
        ("is fever hai", {"en", "hi", "ur", "sw", "id"}),
        ("is the fever ka hai", {"en", "hi", "ur"}),
        ("what is the बुखार", {"en", "hi", "ur"}),
        ("", {"en", "hi", "ur", "sw", "id"}),
    ],
    ids=[
        "english",
        "hindi-or-urdu",
        "swahili",
        "indonesian",
        "no-little-word",
        "one-little-word",
        "other-script",
        "one-of-each",
        "two-of-each",
        "other-script-among-english",
        "empty",
    ],
)
def test_little_words_tell_the_language(message: str, expected: set[str]) -> None:
    """A language falls out only when two words of another tell against it."""
    assert expected == views.spoken(views.plain(message))


@pytest.mark.parametrize("language", views.TELLTALES)
def test_telling_words_belong_to_one_language(language: str) -> None:
    """A word of two lists would tell nothing; lists are folded like messages."""
    others = set[str]().union(
        *(views.TELLTALES[other] for other in views.TELLTALES if other != language)
    )

    assert all([word] == views.plain(word) for word in views.TELLTALES[language])
    assert set() == views.TELLTALES[language] & others


@pytest.mark.parametrize(
    "message",
    [
        *("a" * 20_000, "1" * 20_000, "a. " * 7_000, "a-" * 10_000 + "ab", "a1" * 10_000),
        *("! " * 10_000, "a" + " " * 20_000, "त्" * 10_000, "a  b " * 4_000, "\U0001f1ee" * 20_000),
    ],
    ids=[
        *("letters", "digits", "points", "hyphens", "disguised"),
        *("signs", "spaces", "virama", "wide", "boxed"),
    ],
)
def test_views_of_a_long_message_take_a_moment(message: str) -> None:
    """Twice the length, twice the time: nobody can stop the bot with one message."""
    began = time.process_time()
    views.disguised(message)
    views.plain(message)
    views.roman(message)

    assert time.process_time() - began < 1
