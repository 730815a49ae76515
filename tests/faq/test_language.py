"""`faq.language` tells which language, and which script, a question is in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import Desk
from faq.language import FORMS, SURE, Detector, Form, Guess, form_of
from text import Language

EXAMPLES = [
    (Form.EN, "how does the fever spread from one person to another"),
    (Form.EN, "what are the signs of this illness"),
    (Form.HI_LATIN, "bukhar kaise failta hai aur kya karna chahiye"),
    (Form.UR_LATIN, "bukhar kese phelta hai aur kia karna chahiye"),
    (Form.SW, "homa huenezwa vipi na dalili zake ni zipi"),
    (Form.ID, "bagaimana demam menular dan apa gejalanya"),
    (Form.HI, "बुखार कैसे फैलता है"),
]
any_text = st.text(max_size=60) | st.text(
    st.sampled_from("aeiou bkhst मकरअ بکرا 09.?'"), max_size=60
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    """A detector that has read one or two sentences of each form."""
    return Detector(EXAMPLES)


@pytest.fixture(scope="module")
def real(desk: Desk) -> Detector:
    """The detector of the starter knowledge base."""
    return desk.matcher.index.detector


@pytest.mark.parametrize(
    ("text", "language", "form"),
    [
        ("how does it spread", Language.EN, Form.EN),
        ("कैसे फैलता है", Language.HI, Form.HI),
        ("kaise failta hai", Language.HI, Form.HI_LATIN),
        ("کیسے پھیلتا ہے", Language.UR, Form.UR),
        ("kese phelta hai", Language.UR, Form.UR_LATIN),
        ("huenezwa vipi", Language.SW, Form.SW),
        ("menular lewat apa", Language.ID, Form.ID),
        ("108", Language.HI, Form.HI),
        ("१०८ TB", Language.HI, Form.HI_LATIN),
    ],
)  # fmt: skip
def test_the_form_of_a_known_language_is_told_by_its_script(
    text: str, language: Language, form: Form
) -> None:
    """Hindi and Urdu are typed in two scripts; without letters the language's own counts."""
    assert form == form_of(text, language)


def test_there_are_seven_forms_and_each_has_a_language() -> None:
    """Five languages, two of them in two scripts."""
    expected = ["en", "hi", "hi", "ur", "ur", "sw", "id"]

    assert expected == [form.language.value for form in FORMS]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ملیریا کیسے پھیلتا ہے؟", Form.UR),
        ("मलेरिया कैसे फैलता है?", Form.HI),
        ("TB के लक्षण क्या हैं", Form.HI),
        ("dengue ki علامات کیا ہیں", Form.UR),
    ],
)  # fmt: skip
def test_a_script_of_its_own_settles_the_language(
    detector: Detector, text: str, form: Form
) -> None:
    """Most letters count, so that English names inside do no harm."""
    assert Guess(form, 1.0) == detector.guess(text)


@pytest.mark.parametrize("text", ["", "   ", "12345 ?!", "😀😀", "Ελληνικά", "中文", "\u200b"])
def test_without_letters_of_ours_there_is_no_guess(detector: Detector, text: str) -> None:
    """Nothing is better than anything."""
    assert detector.guess(text) is None


@pytest.mark.parametrize("form", [Form.EN, Form.SW, Form.ID])
def test_tells_latin_languages_apart_by_their_words(detector: Detector, form: Form) -> None:
    """What was learnt is recognised."""
    text = next(said for known, said in EXAMPLES if known is form)

    guess = detector.guess(text)

    assert guess is not None
    assert form is guess.form
    assert guess.certain


@pytest.mark.parametrize(
    ("text", "prefer", "form"),
    [
        ("bukhar kaise failta hai", None, Form.HI_LATIN),
        ("bukhar kaise failta hai", Language.UR, Form.UR_LATIN),
        ("bukhar kese phelta hai kia", Language.HI, Form.HI_LATIN),
        ("bukhar kaise failta hai", Language.SW, Form.HI_LATIN),
        ("kese phelta hai kia", None, Form.UR_LATIN),
    ],
    ids=["hindi", "urdu-speaker", "hindi-speaker", "neither", "urdu"],
)  # fmt: skip
def test_romanised_hindi_and_urdu_are_parted_by_who_writes(
    detector: Detector, text: str, prefer: Language | None, form: Form
) -> None:
    """They are one spoken language: the speaker's choice decides, else the spelling."""
    guess = detector.guess(text, prefer)

    assert guess is not None
    assert form is guess.form


def test_a_preference_does_not_turn_other_languages_into_urdu(detector: Detector) -> None:
    """An Urdu speaker may write English."""
    guess = detector.guess("what are the signs of the illness", Language.UR)

    assert guess is not None
    assert Form.EN is guess.form


@pytest.mark.parametrize("sure", [SURE - 0.01, SURE])
def test_only_a_sure_guess_decides_the_reply(sure: float) -> None:
    """The bound itself is sure enough."""
    assert (sure >= SURE) is Guess(Form.EN, sure).certain


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("how is malaria passed on", Form.EN),
        ("malaria kaise hota hai bhai", Form.HI_LATIN),
        ("malaria inaeneaje kwa watu", Form.SW),
        ("bagaimana cara malaria menular", Form.ID),
        ("dalili za kisukari ni zipi", Form.SW),
        ("gejala kencing manis itu apa saja", Form.ID),
        ("sugar ki bimari ke lakshan kya hain", Form.HI_LATIN),
    ],
)
def test_the_starter_knowledge_base_knows_its_languages(
    real: Detector, text: str, form: Form
) -> None:
    """Sentences that stand in no entry."""
    guess = real.guess(text)

    assert guess is not None
    assert form is guess.form
    assert guess.certain


def test_one_shared_word_is_not_sure(real: Detector) -> None:
    """“malaria” is the same word in all of them; the channel's language must decide."""
    guess = real.guess("malaria")

    assert guess is not None
    assert not guess.certain


def test_long_texts_are_not_made_sure_by_their_length_alone() -> None:
    """Words that no language has read say nothing, however many there are."""
    guess = Detector(EXAMPLES).guess("zzq xxv " * 200)

    assert guess is not None
    assert not guess.certain


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=any_text, prefer=st.none() | st.sampled_from(Language))
def test_any_text_gets_a_likelihood_or_nothing(text: str, prefer: Language | None) -> None:
    """Always between 0 and 1, the same twice."""
    detector = Detector(EXAMPLES)
    guess = detector.guess(text, prefer)

    assert guess == detector.guess(text, prefer)
    assert guess is None or 0.0 < guess.sure <= 1.0 + 1e-9


def test_a_detector_may_know_one_language_alone() -> None:
    """A knowledge base may begin with one language."""
    detector = Detector([(Form.EN, "how does malaria spread")])
    guess = detector.guess("how does malaria spread")

    assert guess is not None
    assert Form.EN is guess.form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Botox treatment के side effects क्या हैं", Form.HI_LATIN),
        ("phone battery کیسے save کریں please", Form.UR_LATIN),
        ("what does the word दाद mean in english please", Form.EN),
        ("السلام علیکم how can I keep a cut clean", Form.EN),
        ("السلام عليكم dok, bagaimana cara mengobati kutu air", Form.ID),
    ],
)
def test_a_sentence_in_two_scripts_has_the_grammar_of_its_native_one(
    desk: Desk, text: str, form: Form
) -> None:
    """Most letters are English words; a single quoted word is no sentence."""
    guess = desk.matcher.index.detector.guess(text)

    assert guess is not None
    assert form is guess.form
