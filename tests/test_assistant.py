"""`assistant.answer`: screen, match, decide, word; whatever is sent and whatever breaks."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assistant
from assistant import Desk, EncodesBeside, Limits, Question, Turn, answer, decide
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
from faq.entry import Entry, make_library
from faq.language import Form, Guess
from faq.match import Candidate, Ranking
from faq.match import ask as ask_index
from faq.reply import Action, Tone, plain, word
from safety import rules
from safety.head import BUCKETS, GENERAL, Head
from safety.rules import Category, Rule, Rules, Shown
from safety.screen import Screening, Verdict
from safety.words import Vocabulary
from text import Language

Floats = npt.NDArray[np.float32]
Starting = Callable[[], object]

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
EMERGENCY = "my son is not breathing"
PERSONAL = "I have had fever for 3 days, do I have malaria?"
KNOWN = "how does malaria spread"
TWO_QUESTIONS = f"{KNOWN} and what are the symptoms of diabetes"
NONSENSE = "asdfgh qwerty zxcvb"
FAULT = Note(Remark.FAULT)


class BrokenRules(Rules):
    """Rules that cannot look at any message."""

    def __init__(self) -> None:
        super().__init__((), (None, None), {}, {})  # type: ignore[arg-type]

    def show(self, message: str) -> Shown:
        msg = f"cannot look at {message}"
        raise RuntimeError(msg)


class BrokenEncoder:
    """An encoder whose model gives no vectors any more."""

    digest, size = "broken", 384

    def states(self, text: str, starting: Starting | None = None) -> Floats:
        msg = f"cannot encode {text}"
        raise RuntimeError(msg)

    vector = states


class WrappedEncoder:
    """The real encoder, with a memory of what it was asked for."""

    def __init__(self, real: EncodesBeside) -> None:
        self._real, self.digest, self.size = real, real.digest, real.size
        self.asked: list[str] = []

    def states(self, text: str, starting: Starting | None = None) -> Floats:
        self.asked.append(text)
        return self._real.states(text, starting)

    def vector(self, text: str) -> Floats:
        return self._real.vector(text)


class MeetingEncoder(WrappedEncoder):
    """The real encoder, whose model must meet the rules while it runs."""

    def __init__(self, real: EncodesBeside, meeting: threading.Barrier) -> None:
        super().__init__(real)
        self._meeting = meeting

    def states(self, text: str, starting: Starting | None = None) -> Floats:
        made = super().states(text, starting)
        if starting is not None:
            self._meeting.wait()
        return made


class StoppingEncoder(WrappedEncoder):
    """The real encoder, whose model stops when it was asked for so many vectors."""

    def __init__(self, real: EncodesBeside, most: int) -> None:
        super().__init__(real)
        self.most = most

    def states(self, text: str, starting: Starting | None = None) -> Floats:
        made = super().states(text, starting)
        if len(self.asked) > self.most:
            msg = f"no vector of {text}"
            raise RuntimeError(msg)
        return made


class MeetingRules(Rules):
    """The real rules, which must meet the running model when they have looked at a message."""

    def __init__(self, real: Rules, meeting: threading.Barrier) -> None:
        vars(self).update(vars(real))
        self._meeting = meeting

    def firing(self, shown: Shown) -> list[Rule]:
        found = super().firing(shown)
        self._meeting.wait()
        return found


class BrokenMatcher:
    """A matcher without an index, and so without a guess at the language."""

    @property
    def index(self) -> Any:
        msg = "no index"
        raise RuntimeError(msg)


class GuessingMatcher:
    """A matcher that guesses one language, whatever it reads, and can do nothing else."""

    def __init__(self, guess: Guess) -> None:
        self._guess = guess

    @property
    def index(self) -> "GuessingMatcher":
        return self

    @property
    def detector(self) -> "GuessingMatcher":
        return self

    def guess(self, text: str, prefer: Language | None) -> Guess:
        return self._guess


class BrokenWords(frozenset[str]):
    """A vocabulary that cannot be asked."""

    def __contains__(self, word: object) -> bool:
        """Fail, with the word in the message."""
        msg = f"cannot look up {word}"
        raise RuntimeError(msg)


def question(text: str, **more: Any) -> Question:
    """Return a question of the web page."""
    return Question(text, "web", NOON, **more)


def ask(desk: Desk, text: str, **more: Any) -> Turn:
    """Ask a desk."""
    return answer(question(text, **more), desk)


# ---- the screen goes first


@pytest.mark.parametrize(
    ("text", "category"),
    [
        (EMERGENCY, "medical"),
        (f"{KNOWN}? {EMERGENCY}!", "medical"),
        ("मेरा बेटा सांस नहीं ले रहा", "medical"),
        ("mera beta saans nahi le raha", "medical"),
        ("میرا بیٹا سانس نہیں لے رہا", "medical"),
        ("mtoto wangu hapumui", "medical"),
        ("anak saya tidak bernapas", "medical"),
        ("I want to kill myself", "self_harm"),
    ],
)
def test_an_emergency_goes_before_everything(desk: Desk, text: str, category: str) -> None:
    """Also before a question that the base could answer."""
    turn = ask(desk, text)

    assert isinstance(turn.decision, Emergency)
    assert category == turn.decision.category
    assert Tone.EMERGENCY is turn.reply.tone


@pytest.mark.parametrize(
    "text",
    [
        "What is the number, please help! मेरा बेटा सांस नहीं ले रहा",
        "What is the number, please help! میرا بیٹا سانس نہیں لے رہا",
    ],
    ids=["devanagari", "urdu"],
)
def test_a_cry_for_help_in_its_own_script_is_heard_between_english_words(
    desk: Desk, text: str
) -> None:
    """Its letters belong to no other language; English around them changes nothing."""
    assert isinstance(ask(desk, text).decision, Emergency)


def test_an_emergency_is_heard_before_a_greeting(desk: Desk) -> None:
    """“Hello” does not make it small talk."""
    assert isinstance(ask(desk, f"hello {EMERGENCY}").decision, Emergency)


def test_the_banner_stands_over_an_urgent_general_question(desk: Desk) -> None:
    """An answer, with the number first."""
    turn = ask(desk, "what should you do if somebody has a stroke")

    assert isinstance(turn.decision, Answer)
    assert "call your local emergency number first" in turn.reply.banner


def test_first_aid_waits_behind_a_button_of_an_emergency(desk: Desk) -> None:
    """The entry that fits is offered, not sent."""
    turn = ask(desk, "My son swallowed bleach")

    assert Emergency("poison", "poisoning", other=False, also=("medical",)) == turn.decision
    assert "First steps while you wait" == turn.reply.buttons[0].label


def test_a_personal_case_is_refused_with_general_entries(desk: Desk) -> None:
    """Facts may be offered, advice not given."""
    turn = ask(desk, PERSONAL)

    assert isinstance(turn.decision, Refuse)
    assert "symptoms" == turn.decision.category
    assert any(entry.startswith("malaria") for entry in turn.decision.entries)


def test_a_question_about_suicide_adds_the_listening_line(desk: Desk) -> None:
    """Nobody is in danger, and still somebody may be: the line stands under the answer."""
    turn = ask(replace(desk, country="KE"), "how to help a person who talks about suicide")

    assert turn.screening is not None
    assert turn.screening.soft
    assert "Red Cross 1199" in plain(turn.reply)


def test_the_organisations_country_gives_the_numbers(desk: Desk) -> None:
    """The first contact of a kind is the one to call."""
    body = ask(replace(desk, country="ID"), EMERGENCY).reply.body

    assert "112" in body
    assert "119" not in body


# ---- what breaks


@pytest.mark.parametrize("text", [EMERGENCY, PERSONAL, KNOWN, NONSENSE, "hello", ""])
def test_without_a_screen_nothing_is_answered(desk: Desk, text: str) -> None:
    """It fails closed: the safe reply, which names the emergency number, and nothing is kept."""
    turn = ask(replace(desk, rules=BrokenRules()), text, choice=Language.EN)

    assert FAULT == turn.decision
    assert "In an emergency call" in turn.reply.body
    assert (None, None, None) == (turn.screening, turn.kept, turn.pending)


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        (EMERGENCY, Emergency("medical", "cpr")),
        (PERSONAL, Refuse("symptoms")),
        (KNOWN, FAULT),
        ("hello", Note(Remark.GREETING)),
    ],
    ids=["emergency", "personal", "known", "greeting"],
)
def test_without_an_encoder_the_screen_still_speaks(
    desk: Desk, text: str, decision: Decision
) -> None:
    """An emergency needs no ranking, first aid stands in the rules; a question gets no guess."""
    turn = ask(replace(desk, encoder=BrokenEncoder()), text)

    assert decision == turn.decision
    assert turn.ranking is None
    assert turn.kept is None


def test_first_aid_that_this_base_does_not_have_is_not_offered(desk: Desk) -> None:
    """The rules come with the bot, the knowledge base may be another."""
    entries = {id_: entry for id_, entry in desk.library.entries.items() if id_ != "cpr"}
    other = replace(desk.library, entries=entries)
    turn = ask(replace(desk, library=other, encoder=BrokenEncoder()), EMERGENCY)

    assert turn.screening is not None
    assert "cpr" == turn.screening.first_aid
    assert Emergency("medical") == turn.decision
    assert Tone.EMERGENCY is turn.reply.tone


def test_without_a_guess_at_the_language_an_emergency_is_still_heard(desk: Desk) -> None:
    """The screen goes first, always: a fault in anything else must not hide it."""
    turn = ask(replace(desk, matcher=BrokenMatcher()), EMERGENCY)  # type: ignore[arg-type]

    assert Emergency("medical", "cpr") == turn.decision


class Promised(dict[str, Entry]):
    """Entries that seem to be there and are not."""

    def __contains__(self, _: object) -> bool:
        """Promise everything."""
        return True


@pytest.mark.parametrize(
    ("text", "decision"), [("My son swallowed bleach", Emergency("poison")), (KNOWN, FAULT)]
)
def test_a_fault_in_the_wording_gives_the_card_or_the_safe_reply(
    desk: Desk, text: str, decision: Decision
) -> None:
    """Whatever it is."""
    broken = replace(desk, library=replace(desk.library, entries=Promised()))
    turn = ask(broken, text)

    assert decision == turn.decision
    assert turn.reply.body


def test_a_withdrawn_entry_is_not_answered_nor_the_next_best(desk: Desk) -> None:
    """The index still knows it; its questions go to staff, in whatever language."""
    entries = {id_: one for id_, one in desk.library.entries.items() if id_ != "malaria-spread"}
    without = replace(desk, library=make_library(entries, desk.library.phrases))
    turns = [ask(without, text) for text in (KNOWN, "malaria huenezwaje", "मलेरिया कैसे फैलता है")]

    assert [] == [turn.decision for turn in turns if isinstance(turn.decision, Answer)]
    for turn in turns:
        assert "malaria-spread" not in str((turn.decision, turn.reply, turn.ranking))


def test_a_base_of_which_all_is_withdrawn_answers_nothing(desk: Desk) -> None:
    """But the cards."""
    bare = replace(desk, library=make_library({}, desk.library.phrases))

    assert isinstance(ask(bare, KNOWN).decision, Unmatched)
    assert isinstance(ask(bare, "My son swallowed bleach").decision, Emergency)


def test_a_text_that_cannot_be_masked_is_not_kept(desk: Desk) -> None:
    """What is not certainly clean is nowhere."""
    turn = ask(
        replace(desk, vocabulary=Vocabulary(BrokenWords(), frozenset())),
        f"{NONSENSE}, mail zq@example.org",
    )

    assert FAULT == turn.decision
    assert (None, None) == (turn.kept, turn.pending)


def weak_rule(folder: Path, category: str, phrase: str) -> Rules:
    """Return one weak rule and no other."""
    rule = f"rules: [{{id: hunch, category: {category}, weak: true, any: [{phrase}]}}]\n"
    (folder / "en.yaml").write_text(rule, "utf-8")
    return rules.load(folder)


@pytest.mark.parametrize(
    ("category", "kind"), [("medical", Emergency), ("symptoms", Refuse)], ids=["now", "personal"]
)
def test_a_weak_rule_needs_the_head_only_while_there_is_one(
    desk: Desk, tmp_path: Path, category: str, kind: type[Decision]
) -> None:
    """The head undoes it for a general question; without a vector the strict verdict holds."""
    weak = replace(desk, rules=weak_rule(tmp_path, category, "malaria spread"))

    assert isinstance(ask(weak, KNOWN).decision, Answer)
    assert isinstance(ask(replace(weak, encoder=BrokenEncoder()), KNOWN).decision, kind)


def test_harmless_sentences_beside_it_do_not_undo_a_weak_rule(desk: Desk, tmp_path: Path) -> None:
    """The head hears each sentence, as the rules do."""
    weak = replace(desk, rules=weak_rule(tmp_path, "symptoms", "gums bleed, malaria spread"))
    case = "my gums bleed whenever i brush, should i be worried"
    beside = "How do I wash my hands? When is a baby vaccinated? How long should an adult sleep?"

    for text in (case, f"{beside} {case}. {beside}"):
        assert isinstance(ask(weak, text).decision, Refuse)
    assert not isinstance(ask(weak, f"{beside} {KNOWN}? {beside}").decision, Refuse)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    text=st.text(max_size=120)
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
)
def test_any_text_gets_a_reply(desk: Desk, text: str) -> None:
    """Never an exception, never an empty body; text is kept of unmatched questions only."""
    turn = ask(desk, text)

    assert turn.reply.body.strip()
    assert turn.kept is None or isinstance(turn.decision, Unmatched)
    assert turn.pending is None or isinstance(turn.decision, Suggest)


# ---- reading goes on beside the encoder


def test_a_message_is_read_while_its_vector_is_computed(desk: Desk) -> None:
    """The two wait for each other; if one went first, the other would never come."""
    meeting = threading.Barrier(2, timeout=5)
    rules_ = MeetingRules(desk.rules, meeting)
    meets = replace(desk, rules=rules_, encoder=MeetingEncoder(desk.encoder, meeting))

    assert isinstance(ask(meets, KNOWN).decision, Answer)


@pytest.mark.parametrize("most", [0, 1], ids=["first-vector", "second-vector"])
@pytest.mark.parametrize(
    ("text", "decision"),
    [
        (f"{TWO_QUESTIONS}? {EMERGENCY}", Emergency("medical", "cpr")),
        (f"{TWO_QUESTIONS}, I have fever", Refuse("symptoms")),
        (TWO_QUESTIONS, FAULT),
    ],
    ids=["emergency", "personal", "known"],
)
def test_an_encoder_that_stops_half_way_hides_no_screening(
    desk: Desk, text: str, decision: Decision, most: int
) -> None:
    """Its model was started, and the message read beside it, before it failed."""
    turn = ask(replace(desk, encoder=StoppingEncoder(desk.encoder, most)), text)

    assert decision == turn.decision
    assert turn.ranking is None


@pytest.mark.parametrize("broken", [False, True], ids=["encoder", "no-encoder"])
def test_rules_that_fail_beside_the_encoder_take_nothing_with_them(
    desk: Desk, *, broken: bool
) -> None:
    """Each message gets the safe reply, and the next desk's messages are read as ever."""
    encoder = StoppingEncoder(desk.encoder, 0) if broken else desk.encoder
    failing = replace(desk, rules=BrokenRules(), encoder=encoder)
    turns = [ask(failing, f"{EMERGENCY} {number}") for number in range(20)]

    assert [FAULT] * 20 == [turn.decision for turn in turns]
    assert isinstance(ask(replace(desk), EMERGENCY).decision, Emergency)


# ---- the language of the reply


@pytest.mark.parametrize(
    ("text", "more", "language"),
    [
        (KNOWN, {"choice": Language.UR, "channel_language": Language.SW}, Language.UR),
        (KNOWN, {"channel_language": Language.SW}, Language.EN),
        ("malaria", {"channel_language": Language.SW}, Language.SW),
        ("112", {"channel_language": Language.ID}, Language.ID),
        ("malaria kese phelta hai", {"channel_language": Language.UR}, Language.UR),
        ("malaria kese phelta hai", {"channel_language": Language.HI}, Language.HI),
        ("malaria huenezwa vipi", {}, Language.SW),
        ("bagaimana malaria menular", {}, Language.ID),
        ("मलेरिया कैसे फैलता है", {}, Language.HI),
        ("ملیریا کیسے پھیلتا ہے", {}, Language.UR),
        ("112", {}, Language.EN),
        ("", {}, Language.EN),
    ],
    ids=[
        "choice-first",
        "own-before-channel",
        "channel-when-unsure",
        "channel-without-letters",
        "romanised-urdu",
        "romanised-hindi",
        "swahili",
        "indonesian",
        "devanagari",
        "arabic-script",
        "default-without-letters",
        "default-when-empty",
    ],
)
def test_replies_in_the_persons_language(
    desk: Desk, text: str, more: dict[str, Any], language: Language
) -> None:
    """The person's choice, the question's own, the channel's, the organisation's, in this order."""
    turn = ask(desk, text, **more)

    assert language is turn.language
    assert language is turn.reply.language


@pytest.mark.parametrize("text", [EMERGENCY, PERSONAL, NONSENSE, "hello", "", "malaria"])
@pytest.mark.parametrize("language", Language)
def test_every_kind_of_reply_keeps_the_chosen_language(
    desk: Desk, text: str, language: Language
) -> None:
    """Also emergencies, refusals and small talk."""
    assert language is ask(desk, text, choice=language).reply.language


def test_the_default_is_the_organisations(desk: Desk) -> None:
    """When nothing else tells."""
    assert Language.SW is ask(replace(desk, default_language=Language.SW), "112").language


@pytest.mark.parametrize(
    ("sure", "channel", "language"),
    [
        (0.8, Language.EN, Language.SW),
        (0.79, Language.EN, Language.EN),
        (0.6, None, Language.SW),
        (0.59, None, Language.UR),
    ],
    ids=["certain", "not-certain", "likely", "unlikely"],
)
def test_how_sure_a_guess_must_be(
    desk: Desk, sure: float, channel: Language | None, language: Language
) -> None:
    """A certain guess goes before the channel, a likely one only before the default."""
    made = GuessingMatcher(Guess(Form.SW, sure))
    guessing = replace(desk, matcher=made, default_language=Language.UR)  # type: ignore[arg-type]

    assert language is ask(guessing, KNOWN, channel_language=channel).language


# ---- oddities


@pytest.mark.parametrize("text", ["", "   ", "😀😀😀", "?!", "\u202e\u200b", "\n\t", "。。。"])
def test_a_message_without_words_is_asked_for_a_question(desk: Desk, text: str) -> None:
    """Emoji and invisible signs are no question."""
    turn = ask(desk, text)

    assert Note(Remark.EMPTY) == turn.decision
    assert turn.kept is None


def test_signs_that_cannot_be_shown_do_no_harm(desk: Desk) -> None:
    """Lone surrogates come from broken clients."""
    assert isinstance(ask(desk, f"\ud800{KNOWN}\udfff").decision, Answer)


@pytest.mark.parametrize("sign", ["\ud800", "\x00", "\u202e", "\U000e0041"])
def test_signs_that_cannot_be_shown_hide_no_emergency(desk: Desk, sign: str) -> None:
    """Whatever else stumbles over them."""
    text = f"{sign}{EMERGENCY}{sign} {sign}"

    assert isinstance(ask(desk, text).decision, Emergency)


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("hello", Remark.GREETING),
        ("Good morning!", Remark.GREETING),
        ("नमस्ते", Remark.GREETING),
        ("سلام", Remark.GREETING),
        ("habari za asubuhi", Remark.GREETING),
        ("selamat pagi", Remark.GREETING),
        ("thanks a lot", Remark.THANKS),
        ("shukriya bhai 🙏", None),
        ("asante sana", Remark.THANKS),
        ("terima kasih banyak", Remark.THANKS),
        ("hello hello hello hello hello hello hello", None),
    ],
)
def test_small_talk_is_answered_in_kind(desk: Desk, text: str, remark: Remark | None) -> None:
    """Only when a short message is made of such words alone."""
    decision = ask(desk, text).decision

    assert (Note(remark) if remark else None) == (decision if isinstance(decision, Note) else None)


def test_without_a_list_of_small_talk_there_is_none(desk: Desk) -> None:
    """Another knowledge base may have none."""
    empty: Mapping[str, frozenset[str]] = {}

    assert not isinstance(ask(replace(desk, smalltalk=empty), "hello").decision, Note)


STORY = "Last week we were at a wedding in the village. The food was good and the music too. "


def test_a_question_inside_a_story_is_found(desk: Desk) -> None:
    """Each sentence of a long message is looked at."""
    turn = ask(desk, f"{STORY}How does malaria spread? {STORY}")

    assert isinstance(turn.decision, Answer)
    assert "malaria-spread" == turn.decision.entry


def test_a_long_story_without_a_question_is_asked_for_one(desk: Desk) -> None:
    """And is not kept: long texts hold more about people."""
    turn = ask(desk, STORY * 12)

    assert Note(Remark.TOO_LONG) == turn.decision
    assert turn.kept is None


@pytest.mark.parametrize(("before", "after"), [(0, 120), (60, 60), (120, 0)])
def test_an_emergency_anywhere_in_a_long_text_is_heard(desk: Desk, before: int, after: int) -> None:
    """The screen reads more than twice what a messenger can send, to the end."""
    text = f"{STORY * before} {EMERGENCY}. {STORY * after}"

    assert isinstance(ask(desk, text).decision, Emergency)


@pytest.mark.parametrize(
    "part", ["a", "malaria ", "😀", "a.b."], ids=["letters", "words", "emoji", "dots"]
)
def test_100_000_characters_are_answered_in_time(desk: Desk, part: str) -> None:
    """Time grows with the length alone; the web page lets a million bytes through."""
    text = part * (100_000 // len(part))
    start = time.thread_time()
    turn = ask(desk, text)

    assert turn.reply.body
    assert 20 > time.thread_time() - start


# ---- two questions in one message


@pytest.mark.parametrize("language", Language)
def test_the_second_of_two_questions_is_offered(desk: Desk, language: Language) -> None:
    """Named under the answer to the first, and the first of the buttons."""
    turn = ask(desk, TWO_QUESTIONS, choice=language)
    said = desk.library.entries["diabetes-symptoms"].texts[language].question

    assert isinstance(turn.decision, Answer)
    assert ("malaria-spread", "diabetes-symptoms") == (turn.decision.entry, turn.decision.also)
    assert said in turn.reply.notices[0]
    assert (said, Action.ENTRY, "diabetes-symptoms") == (
        turn.reply.buttons[0].label,
        turn.reply.buttons[0].action,
        turn.reply.buttons[0].value,
    )


@pytest.mark.parametrize(
    "text",
    [
        "मलेरिया कैसे फैलता है और शुगर के लक्षण क्या हैं",
        "malaria kaise failta hai aur sugar ke lakshan kya hain",
        "ملیریا کیسے پھیلتا ہے اور شوگر کی علامات کیا ہیں",
        "malaria huenezwaje? dalili za kisukari ni zipi?",
        "bagaimana malaria menular, apa gejala diabetes",
    ],
    ids=["hi", "hi-latin", "ur", "sw", "id"],
)
def test_two_questions_are_told_in_every_language(desk: Desk, text: str) -> None:
    """Whichever of them the whole is taken for, the other one is there too."""
    made = ask(desk, text).decision
    assert isinstance(made, Answer | Suggest)
    found = {made.entry, made.also} if isinstance(made, Answer) else {*made.entries}

    assert {"malaria-spread", "diabetes-symptoms"} <= found


def test_of_two_questions_neither_of_which_is_sure_both_are_suggested(desk: Desk) -> None:
    """Side by side, before what else is near the first."""
    careful = replace(desk, limits=Limits(answer_at=1.0))
    turn = ask(careful, TWO_QUESTIONS)

    assert isinstance(turn.decision, Suggest)
    assert ("malaria-spread", "diabetes-symptoms") == turn.decision.entries[:2]
    assert TWO_QUESTIONS == turn.pending


@pytest.mark.parametrize(
    "text",
    [
        KNOWN,
        f"{KNOWN}, please",
        f"{KNOWN}, and who is at risk",
        "soap and water",
        "how is tuberculosis spread and how does one catch tuberculosis",
        "what are the symptoms of diabetes, for a school poster",
        "salt and sugar in water for diarrhoea",
    ],
)
def test_one_question_with_an_and_in_it_is_one_question(desk: Desk, text: str) -> None:
    """Each part must find an entry of its own, about as surely as the whole does."""
    turn = ask(desk, text)

    assert isinstance(turn.decision, Answer)
    assert turn.decision.also is None


def test_a_long_message_is_not_parted(desk: Desk) -> None:
    """Its sentences are looked at one by one, and the surest is answered."""
    first = "Please tell me in simple words how malaria spreads from one person to another in a "
    second = (
        "village? And please tell me in simple words what the symptoms of diabetes are in adults?"
    )
    turn = ask(desk, first + second)

    assert isinstance(turn.decision, Answer)
    assert turn.decision.also is None


# ---- the same question again

FORWARDED = {"forwarded": True}


@pytest.fixture
def wrapped(desk: Desk) -> WrappedEncoder:
    """The real encoder with a memory."""
    return WrappedEncoder(desk.encoder)


@pytest.fixture
def fresh(desk: Desk, wrapped: WrappedEncoder) -> Desk:
    """The desk with an empty cache, and the encoder with a memory."""
    return replace(desk, encoder=wrapped)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (KNOWN, {}),
        (TWO_QUESTIONS, {}),
        ("malaria", {}),
        (KNOWN, FORWARDED),
        ("malaria quillfeather", FORWARDED),
        ("what should you do if somebody has a stroke", {}),
    ],
    ids=["answer", "two", "suggest", "claim", "forwarded-suggest", "urgent"],
)
def test_the_same_question_again_is_not_worked_out_again(
    fresh: Desk, wrapped: WrappedEncoder, text: str, more: dict[str, Any]
) -> None:
    """Whoever asks, wherever and whenever; the turn is the same, with what is to be kept."""
    first = ask(fresh, text, **more)
    times = len(wrapped.asked)
    later = datetime(2026, 12, 2, 9, tzinfo=UTC)
    again = answer(Question(text, "telegram", later, "ravi", **more), fresh)

    assert times
    assert times == len(wrapped.asked)
    assert first == again
    assert isinstance(again.decision, Suggest) is (again.pending is not None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (EMERGENCY, Emergency),
        (PERSONAL, Refuse),
        (NONSENSE, Unmatched),
        ("hello", Note),
        (f"my name is Asha Devi, {KNOWN}", Answer),
        ("call me at 98765 43210 about malaria", Suggest),
        (STORY * 12, Note),
    ],
    ids=["emergency", "refused", "unmatched", "greeting", "name", "number", "too-long"],
)
def test_what_is_not_for_everybody_is_worked_out_each_time(
    fresh: Desk, wrapped: WrappedEncoder, text: str, kind: type[Decision]
) -> None:
    """Nothing of a person's own is ever in the cache."""
    first = ask(fresh, text)
    times = len(wrapped.asked)

    assert isinstance(first.decision, kind)
    assert 0 == len(fresh.recent)
    assert first == ask(fresh, text)
    assert 2 * times == len(wrapped.asked)


def test_a_fault_is_over_when_its_cause_is(desk: Desk) -> None:
    """It is not given again from the cache."""
    encoder = StoppingEncoder(desk.encoder, 0)
    recovering = replace(desk, encoder=encoder)
    first = ask(recovering, KNOWN)
    encoder.most = 9

    assert FAULT == first.decision
    assert isinstance(ask(recovering, KNOWN).decision, Answer)


@pytest.mark.parametrize(
    "other",
    [
        {"choice": Language.SW},
        {"channel_language": Language.SW},
        {"forwarded": True},
        {"text": f"{KNOWN}?"},
        {"text": KNOWN.upper()},
    ],
    ids=["choice", "channel", "forwarded", "sign", "case"],
)
def test_what_is_asked_otherwise_is_another_question(
    fresh: Desk, wrapped: WrappedEncoder, other: dict[str, Any]
) -> None:
    """All that an answer may depend on tells questions apart."""
    ask(fresh, KNOWN)
    times = len(wrapped.asked)
    asked = {"text": KNOWN, **other}
    turn = ask(fresh, **asked)

    assert times < len(wrapped.asked)
    assert ask(replace(fresh), **asked) == turn
    assert 2 == len(fresh.recent)


def test_a_new_desk_has_forgotten_what_the_old_one_answered(fresh: Desk) -> None:
    """What was answered before a reload may be answered otherwise after it."""
    ask(fresh, KNOWN)
    other = replace(fresh, limits=Limits(answer_at=1.0))

    assert (1, 0) == (len(fresh.recent), len(other.recent))
    assert isinstance(ask(other, KNOWN).decision, Suggest)
    assert isinstance(ask(fresh, KNOWN).decision, Answer)


@pytest.mark.parametrize("text", [f"{KNOWN} quillfeather", "malaria quillfeather"])
def test_the_cache_holds_no_words_of_a_question(fresh: Desk, text: str) -> None:
    """Neither of an answered one nor what waits for the press of “none of these”."""
    ask(fresh, text)
    inside = repr(vars(fresh.recent))

    assert "malaria" in inside  # the reply is there
    assert "quillfeather" not in inside


# ---- forwarded messages


def test_a_forwarded_case_is_not_the_persons_own(desk: Desk) -> None:
    """It is a claim to be checked, not somebody's symptoms."""
    turn = ask(desk, "I had diabetes until I drank this herb, doctors hide it!!!", forwarded=True)

    assert not isinstance(turn.decision, Refuse)


def test_a_forwarded_rumour_is_answered_as_a_claim(desk: Desk) -> None:
    """The myth's entry, under words that say so."""
    rumour = "Doctors hide it: eating garlic and drinking hot water cures COVID-19!!!"
    turn = ask(desk, rumour, forwarded=True)

    assert isinstance(turn.decision, Answer)
    assert turn.decision.claim
    assert turn.reply.title.startswith("You forwarded a message.")


def test_a_forwarded_emergency_stays_an_emergency(desk: Desk) -> None:
    """Somebody may pass on a cry for help."""
    assert isinstance(ask(desk, EMERGENCY, forwarded=True).decision, Emergency)


# ---- what is kept


def test_only_an_unmatched_question_is_kept(desk: Desk) -> None:
    """An answered one is counted, without its words."""
    assert "[…]" == ask(desk, NONSENSE).kept
    assert (None, None) == (ask(desk, KNOWN).kept, ask(desk, KNOWN).pending)


def test_a_question_with_suggestions_waits_for_the_persons_choice(desk: Desk) -> None:
    """It becomes unmatched only when none of them fits."""
    turn = ask(desk, "malaria")

    assert isinstance(turn.decision, Suggest)
    assert (None, "malaria") == (turn.kept, turn.pending)


@pytest.mark.parametrize(
    "text",
    [EMERGENCY, PERSONAL, f"my son {NONSENSE}"],
    ids=["emergency", "personal", "of-somebody"],
)
def test_nothing_is_kept_of_a_message_about_somebody(desk: Desk, text: str) -> None:
    """Not even redacted."""
    turn = ask(desk, text)

    assert (None, None) == (turn.kept, turn.pending)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        (f"{NONSENSE} mail zq@example.org", ["zq@", "example.org"]),
        (f"{NONSENSE} call 98765 43210", ["98765", "43210"]),
        (f"{NONSENSE} call ٩٨٧٦٥ ٤٣٢١٠", ["٩٨٧٦٥", "98765", "43210"]),
        (f"{NONSENSE} ask Zebediah Quillfeather zq@example.org", ["Zebediah", "Quillfeather"]),
        ("who painted the old bridge Quillfeather, +44 7700 900461", ["Quillfeather", "900461"]),
    ],
    ids=["email", "phone", "arabic-digits", "name", "unknown-word-beside-a-number"],
)
def test_what_is_kept_holds_no_personal_detail(desk: Desk, text: str, secrets: list[str]) -> None:
    """Beside one identifier every word that the library does not use is masked."""
    turn = ask(desk, text)
    kept = turn.kept or turn.pending or ""

    assert isinstance(turn.decision, Unmatched | Suggest)
    assert kept
    assert [] == [secret for secret in secrets if secret.lower() in kept.lower()]


def test_what_is_kept_is_what_a_reader_sees(desk: Desk) -> None:
    """Invisible signs, controls and halves of letters stay out of the database."""
    made = ask(desk, "asdfgh\u200b \u202eqwerty\x00 zxcvb\ud800").draft

    assert made is not None
    assert NONSENSE == made.shown(made.unknown)


def test_a_forwarded_question_is_kept_masked(desk: Desk) -> None:
    """Forwarded texts hold names that no pattern knows."""
    kept = ask(desk, f"{NONSENSE} quillfeather how to", forwarded=True).kept

    assert "[…] how to" == kept


@pytest.mark.parametrize(
    ("text", "forwarded", "new"),
    [
        (f"how to {NONSENSE}", False, set(NONSENSE.split())),
        (f"how to {NONSENSE}", True, set()),
        (f"how to {NONSENSE} 98765 43210", False, set()),
        (f"how to {NONSENSE} wanjiku", False, {"asdfgh", "qwerty"}),
    ],
    ids=["new-words", "forwarded", "beside-a-number", "a-name"],
)
def test_new_words_wait_only_where_nothing_tells_of_somebody(
    desk: Desk, text: str, new: set[str], *, forwarded: bool
) -> None:
    """Else nobody counts them; a name, and what stands beside it, is hidden for good."""
    made = ask(desk, text, forwarded=forwarded).draft

    assert made is not None
    assert new == made.unknown


def test_no_text_is_printed_of_a_turn(desk: Desk) -> None:
    """What waits is in memory only, and in no line of a log."""
    assert "qwerty" not in repr(ask(desk, NONSENSE))


def test_no_text_is_printed_of_a_question(desk: Desk) -> None:
    """Nor of what was read in it, should one ever stand in a message of an error."""
    question = Question(NONSENSE, "web", NOON, before="zblorg")
    asked = ask_index(desk.matcher.index, NONSENSE)

    assert [] == [word for word in ("qwerty", "zblorg") if word in repr((question, asked))]


def test_what_is_remembered_of_a_question_holds_none_of_its_words(desk: Desk) -> None:
    """Suggestions come from the cache, their text is read anew."""
    for _ in range(2):
        turn = ask(desk, "malaria zblorg")
        assert isinstance(turn.decision, Suggest)
        assert turn.draft is not None
        assert "malaria […]" == turn.pending
        assert {"zblorg"} == turn.draft.unknown
    held = desk.recent.get(desk.recent.key(None, None, False, "malaria zblorg"))  # noqa: FBT003
    assert held is not None
    assert (None, None) == (held.pending, held.draft)


def test_who_tells_of_somebody_and_gives_a_number_is_told_why_not(desk: Desk) -> None:
    """And nothing is kept, not even for staff."""
    turn = ask(desk, "my aunt sings in the choir on sundays, number 98765 43210")

    assert "Please don't send names" in plain(turn.reply)
    assert (None, None) == (turn.kept, turn.pending)


# ---- the decision by itself

PASS = Screening(Verdict.PASS)
REFUSED = Screening(Verdict.REFUSE, Category.SYMPTOMS)
URGENT = Screening(Verdict.URGENT, Category.POISON)
NAMED = Screening(Verdict.PASS, identifiers=True, person=True)
NOW = Screening(Verdict.EMERGENCY, Category.MEDICAL)
OF_ANOTHER = Screening(Verdict.EMERGENCY, Category.SELF_HARM, other=True)
ONE, TWO, THREE = "malaria-spread", "malaria-symptoms", "malaria-prevention"


def ranking(*confidences: float) -> Ranking:
    """Return a ranking of real entries with these confidences."""
    entries = (ONE, TWO, THREE, "cpr")
    made = [Candidate(e, share, "", ()) for e, share in zip(entries, confidences, strict=False)]
    return Ranking(tuple(made), 1.0)


def rounded(decision: Decision) -> Decision:
    """Return a decision whose confidence went through log odds and back."""
    match decision:
        case Answer() | Suggest() | Unmatched():
            return replace(decision, confidence=round(decision.confidence, 4))
        case _:
            return decision


@pytest.mark.parametrize(
    ("confidences", "decision"),
    [
        ((0.6, 0.1), Answer(ONE, 0.6)),
        ((0.6, 0.3), Suggest((ONE, TWO), 0.9)),
        ((0.49, 0.001), Suggest((ONE, TWO), 0.491)),
        ((0.2,), Suggest((ONE,), 0.2)),
        ((0.11, 0.08, 0.02), Suggest((ONE, TWO, THREE), 0.21)),
        ((0.12, 0.08, 0.01), Suggest((ONE, TWO), 0.21)),
        ((0.07, 0.06, 0.05, 0.04), Unmatched(0.07)),
        ((), Unmatched(0.0)),
    ],
    ids=["answer", "rival", "below", "suggest", "three", "makeweight", "three-at-most", "none"],
)  # fmt: skip
def test_confidence_decides(desk: Desk, confidences: tuple[float, ...], decision: Decision) -> None:
    """Answer, offer three at most, or say honestly that there is nothing."""
    set_ = replace(desk, limits=Limits(answer_at=0.5, suggest_at=0.2))
    made = decide(question(NONSENSE), PASS, ranking(*confidences), set_)

    assert type(decision) is type(made)
    assert getattr(decision, "entries", ()) == getattr(made, "entries", ())
    assert decision.confidence == pytest.approx(made.confidence)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("second", "share", "decision"),
    [
        (TWO, 0.2, Suggest((ONE, TWO), 0.8)),
        (TWO, 0.19, Answer(ONE, 0.6)),
        ("cpr", 0.3, Answer(ONE, 0.6)),
        ("linked", 0.3, Suggest((ONE, "linked"), 0.9)),
        ("links", 0.3, Suggest((ONE, "links"), 0.9)),
    ],
    ids=["same-topic", "too-unlikely", "unrelated", "related", "related-the-other-way"],
)
def test_a_related_entry_that_is_nearly_as_likely_is_offered_too(
    desk: Desk, second: str, share: float, decision: Decision
) -> None:
    """Spread or symptoms?  Of matters that have nothing in common the likelier one is meant."""
    entries = dict(desk.library.entries)
    entries[ONE] = entries[ONE].model_copy(update={"related": ("linked",)})
    for id_, related in (("linked", ()), ("links", (ONE,))):
        entries[id_] = entries["cpr"].model_copy(update={"id": id_, "related": related})
    other = replace(desk, library=replace(desk.library, entries=entries), limits=Limits(0.5))
    near = Ranking((Candidate(ONE, 0.6, "", ()), Candidate(second, share, "", ())), 1.0)

    assert decision == rounded(decide(question(NONSENSE), PASS, near, other))


@pytest.mark.parametrize(
    ("confidences", "also", "decision"),
    [
        ((0.9, 0.05), "cpr", Answer(ONE, 0.9, also="cpr")),
        ((0.4, 0.1), "cpr", Suggest((ONE, "cpr", TWO), 0.5)),
        ((0.3, 0.3), TWO, Suggest((ONE, TWO), 0.6)),
        ((0.1, 0.05), "cpr", Unmatched(0.1)),
    ],
    ids=["answered", "unsure", "candidate-too", "unknown"],
)
def test_the_entry_of_a_second_question_goes_with_the_first(
    desk: Desk, confidences: tuple[float, ...], also: str, decision: Decision
) -> None:
    """Once, three entries at most, and only where there is something to offer."""
    near = replace(ranking(*confidences), also=also)

    assert decision == rounded(decide(question(NONSENSE), PASS, near, desk))


@pytest.mark.parametrize(
    ("screening", "forwarded", "decision"),
    [
        (NOW, True, Emergency("medical")),
        (OF_ANOTHER, False, Emergency("self_harm", None, other=True)),
        (REFUSED, False, Refuse("symptoms", (ONE,))),
        (REFUSED, True, Answer(ONE, 0.9, claim=True)),
        (URGENT, False, Answer(ONE, 0.9, urgent=True)),
        (NAMED, False, Answer(ONE, 0.9, identifiers=True)),
    ],
    ids=["emergency", "of-another", "personal", "forwarded", "urgent", "with-details"],
)  # fmt: skip
def test_the_screening_decides_first(
    desk: Desk, screening: Screening, decision: Decision, *, forwarded: bool
) -> None:
    """Even for a question whose answer is certain."""
    asked = question(KNOWN, forwarded=forwarded)

    assert decision == rounded(decide(asked, screening, ranking(0.9, 0.05), desk))


@pytest.mark.parametrize(
    ("screening", "text", "decision"),
    [
        (NAMED, NONSENSE, Refuse("identifiers")),
        (Screening(Verdict.PASS, identifiers=True), NONSENSE, Unmatched(0.0, identifiers=True)),
        (URGENT, NONSENSE, Unmatched(0.0, urgent=True)),
        (PASS, "word " * 200, Note(Remark.TOO_LONG)),
    ],
    ids=["of-somebody", "a-number-alone", "urgent", "too-long"],
)
def test_what_is_not_found_depends_on_what_was_said(
    desk: Desk, screening: Screening, text: str, decision: Decision
) -> None:
    """Details of somebody are refused, a long text is asked to be shortened."""
    assert decision == rounded(decide(question(text), screening, ranking(0.0), desk))


@pytest.mark.parametrize(
    "entry",
    ["heart-attack-signs", "stroke-signs", "pregnancy-danger-signs", "cpr", "malaria-spread"],
)
def test_only_entries_that_help_in_an_emergency_are_offered(desk: Desk, entry: str) -> None:
    """First aid and the signs of what cannot wait; never a fact about something else."""
    near = Ranking((Candidate(entry, 0.9, "", ()),), 1.0)
    made = decide(question("x"), NOW, near, desk)

    assert Emergency("medical", None if entry == "malaria-spread" else entry) == made


# ---- what is no question


def test_a_pressed_button_shows_the_entry(desk: Desk) -> None:
    """Certain, in the language of the button, and nothing is kept."""
    turn = assistant.show("cpr", Language.SW, desk)

    assert Answer("cpr", 1.0) == turn.decision
    assert Language.SW is turn.reply.language
    assert turn.kept is None


def test_a_countrys_numbers_are_shown_with_their_doubt(desk: Desk) -> None:
    """Nobody has dialled them yet."""
    reply = assistant.contacts("KE", Language.EN, desk)

    assert reply is not None
    assert "- Emergency: 999" in reply.body
    assert 1 == len(reply.notices)


def dialled(desk: Desk, day: date) -> Desk:
    """Return a desk in Kenya, where all numbers were dialled on a day."""
    kenya = desk.contacts.countries["KE"]
    rows = tuple(row.model_copy(update={"confirmed": day}) for row in kenya.contacts)
    countries = {"KE": kenya.model_copy(update={"contacts": rows})}
    numbers = desk.contacts.model_copy(update={"countries": countries})
    return replace(desk, contacts=numbers, country="KE", contact_days=180)


def test_numbers_count_as_dialled_for_a_while(desk: Desk) -> None:
    """Of the served country; where none is served none is shown."""
    here = dialled(desk, date(2026, 1, 1))
    days = (date(2026, 1, 1), date(2026, 12, 1))

    assert [True, False] == [here.on(day).dialled() for day in days]
    assert [True, False] == [desk.dialled(), desk.dialled("KE")]


@pytest.mark.parametrize(("days", "old"), [(180, False), (181, True)])
def test_a_card_holds_no_helpline_that_was_not_dialled_for_long(
    desk: Desk, days: int, *, old: bool
) -> None:
    """The emergency number stays, with the doubt; where to find a helpline is said instead."""
    here = dialled(desk, date(2026, 1, 1)).on(date(2026, 1, 1) + timedelta(days=days))
    reply = assistant.contacts("KE", Language.EN, here)

    assert reply is not None
    assert "- Emergency: 999" in reply.body
    assert [not old] * 3 == ["1199" in reply.body, "116" in reply.body, not reply.notices]
    assert old == ("- To talk, in distress: findahelpline.com" in reply.body)


@pytest.mark.parametrize(("days", "old"), [(180, False), (181, True)])
def test_an_emergency_reply_holds_no_helpline_that_was_not_dialled_for_long(
    desk: Desk, days: int, *, old: bool
) -> None:
    """From one day to the next, also when the same was asked before."""
    here = dialled(desk, date(2026, 1, 1)).on(date(2026, 1, 1) + timedelta(days=days))
    reply = ask(here, "I want to kill myself").reply

    assert "999" in reply.body
    assert old == ("findahelpline.com" in reply.body)
    assert old == ("1199" not in reply.body)


def test_a_desk_of_another_day_remembers_no_reply(desk: Desk) -> None:
    """Replies may hold numbers; on the same day the desk stays as it is."""
    here = replace(desk)
    ask(here, KNOWN)

    assert here is here.on(here.today)
    assert (1, 0) == (len(here.recent), len(here.on(date(2030, 1, 1)).recent))


def test_who_has_no_crisis_line_is_told_where_to_find_one(desk: Desk) -> None:
    """As in the reply to an emergency."""
    reply = assistant.contacts("PK", Language.UR, desk)

    assert reply is not None
    assert desk.library.phrases.say(Language.UR, "anywhere_crisis") in reply.body


def test_a_country_that_is_not_listed_has_no_numbers(desk: Desk) -> None:
    """Never guessed."""
    assert assistant.contacts("XX", Language.EN, desk) is None


def test_a_fixed_sentence_is_said_in_the_language(desk: Desk) -> None:
    """Media, waiting times."""
    turn = assistant.remark(Note(Remark.MEDIA), Language.ID, desk)

    assert desk.library.phrases.say(Language.ID, "media") == turn.reply.body


def test_none_of_these_passes_the_question_on(desk: Desk) -> None:
    """The redacted text is kept now, and the person is thanked."""
    turn = assistant.unmatched(Language.EN, "malaria", desk)

    assert "malaria" == turn.kept
    assert turn.reply.body.startswith("Thank you. I have passed your question on")


@pytest.mark.parametrize("language", Language)
def test_a_question_that_is_gone_is_not_said_to_be_passed_on(
    desk: Desk, language: Language
) -> None:
    """A restart, a second press, a question that may not be kept: nothing went to staff."""
    turn = assistant.unmatched(language, None, desk)

    assert desk.library.phrases.say(language, "none_late") == turn.reply.body
    assert turn.kept is None


def test_another_country_may_be_asked_for(desk: Desk) -> None:
    """The settings' own country is only the default."""
    here = replace(desk, country="GB")

    assert "999" == here.setting().numbers["emergency"]
    assert "911" == here.setting("US").numbers["emergency"]
    assert {} == dict(desk.setting().numbers)


def test_fixed_phrases_hold_the_countrys_number(desk: Desk) -> None:
    """Help texts and menus are filled in like answers."""
    said = replace(desk, country="GB").speaker(Language.EN).phrase("fault")

    assert "I can't answer right now. In an emergency call 999." == said


@pytest.mark.parametrize("place", [0, 30_000, 60_000], ids=["beginning", "middle", "end"])
def test_what_the_screen_cannot_read_whole_is_never_answered(desk: Desk, place: int) -> None:
    """The middle of a very long message is not screened; it gets the number, not an entry."""
    filler = "how does malaria spread. " * 2400
    said = f"{filler[:place]} my son swallowed bleach. {filler[place:]}"
    turn = answer(Question(said, "web", datetime.now(UTC)), desk)

    assert isinstance(turn.decision, Emergency | Note)
    assert "emergency number" in turn.reply.body
    assert turn.kept is None


# ---- a head that is not sure


def leaning(desk: Desk, **shares: float) -> Desk:
    """Return the desk with a head that finds every message so likely of some kinds."""
    mean = np.zeros_like(desk.head.mean)
    features = mean.size + 3 * BUCKETS
    kinds = {GENERAL: 1 - sum(shares.values()), **shares}
    made = Head(
        mean,
        np.ones_like(mean),
        np.zeros((features + 1, 1), np.float32),
        np.array([[0.0] * len(kinds), np.log(list(kinds.values()))], np.float32),
        tuple(kinds),
        ("en:medical:1", "en:symptoms:1"),
        ("medical", "symptoms"),
        np.zeros((2, mean.shape[1]), np.float32),
    )
    return replace(desk, head=made)


def test_what_may_be_an_emergency_is_answered_under_the_number(desk: Desk) -> None:
    """Both are said, and the number first."""
    turn = ask(leaning(desk, medical=0.4), KNOWN)

    assert isinstance(turn.decision, Answer)
    assert ("malaria-spread", True) == (turn.decision.entry, turn.decision.urgent)
    assert turn.kept is None


def test_what_may_be_personal_is_answered_without(desk: Desk) -> None:
    """What it gets is written for everybody."""
    turn = ask(leaning(desk, symptoms=0.5), KNOWN)

    assert isinstance(turn.decision, Answer)
    assert ("malaria-spread", False) == (turn.decision.entry, turn.decision.urgent)


@pytest.mark.parametrize(
    ("text", "shares", "decision"),
    [
        (KNOWN, {"medical": 0.8}, Emergency),
        (KNOWN, {"symptoms": 0.95}, Refuse),
        (NONSENSE, {"medical": 0.4}, Emergency),
        (NONSENSE, {"symptoms": 0.5}, Refuse),
        ("malaria", {"symptoms": 0.5}, Refuse),
    ],
    ids=["sure-emergency", "surely-personal", "no-answer", "no-answer-personal", "suggestions"],
)
def test_without_a_sure_answer_the_strict_verdict_stands(
    desk: Desk, text: str, shares: dict[str, float], decision: type[Decision]
) -> None:
    """And where the head is sure, whatever the base holds."""
    assert isinstance(ask(leaning(desk, **shares), text).decision, decision)


# ---- weak rules in longer messages


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("How does malaria spread? ", "hey so my gums bleed whenever i brush, shld i be worried"),
        ("malaria kaise phailta hai? ", "meri biwi 5 mahine me hai aur tez bleeding ho rahi hai"),
        ("malaria kaise phailta hai? ", "meri beti ko 3 din se bukhar hai kya du"),
    ],
)
@pytest.mark.parametrize("times", [0, 1, 3, 8, 28])
def test_harmless_sentences_before_it_do_not_hide_a_persons_own_case(
    desk: Desk, before: str, said: str, times: int
) -> None:
    """The head hears each sentence of which a weak rule speaks, not the whole mixed together."""
    assert isinstance(ask(desk, before * times + said).decision, Refuse | Emergency)


def test_a_myth_is_named_as_a_claim_when_it_was_asked_too(desk: Desk) -> None:
    """A notice must not state it as a fact."""
    reply = word(
        Answer("malaria-spread", 1.0, also="myth-5g"), Language.EN, desk.library, desk.setting()
    )

    assert desk.library.phrases.say(Language.EN, "claim") in reply.notices[0]


# ---- a cry for help over two messages

PARTED = {
    "english": ("everyone would be better", "off without me"),
    "hindi": ("मैं अपनी जान", "देना चाहता हूँ"),
    "hindi-latin": ("mere bina sab", "zyada khush rahenge"),
    "urdu": ("جینا", "نہیں چاہتا میں"),
    "urdu-latin": ("jeena", "nahin chahta main"),
    "swahili": ("sitaki", "kuishi tena"),
    "indonesian": ("saya ingin", "bunuh diri"),
}


@pytest.mark.parametrize(("first", "second"), PARTED.values(), ids=PARTED)
def test_two_messages_that_are_an_emergency_together_get_the_card(
    desk: Desk, first: str, second: str
) -> None:
    """Neither is one alone; nothing of the two is kept."""
    alone = [ask(desk, first).decision, ask(desk, second).decision]
    turn = ask(desk, second, before=first)

    assert [] == [decision for decision in alone if isinstance(decision, Emergency)]
    assert isinstance(turn.decision, Emergency)
    assert "self_harm" == turn.decision.category
    assert (None, None) == (turn.kept, turn.pending)


def test_the_card_is_in_the_language_of_both(desk: Desk) -> None:
    """Half a sentence may tell too little of it."""
    assert Language.SW is ask(desk, "kuishi tena", before="sitaki").reply.language


def test_a_weak_rule_over_two_messages_needs_the_head_only_while_there_is_one(
    desk: Desk, tmp_path: Path
) -> None:
    """As within one message: two keys to one lock."""
    weak = replace(desk, rules=weak_rule(tmp_path, "medical", "malaria spread"))
    deaf = replace(weak, encoder=BrokenEncoder())
    turns = [ask(one, "spread in summer", before="how does malaria") for one in (weak, deaf)]

    assert [False, True] == [isinstance(turn.decision, Emergency) for turn in turns]


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("my son", KNOWN),
        ("I have had fever for three days", "is it bad"),
        ("my name is Asha Devi", "98765 43210"),
        ("how does dengue", KNOWN),
    ],
    ids=["person", "symptoms", "identifiers", "question"],
)
def test_the_message_before_changes_nothing_but_an_emergency(
    desk: Desk, before: str, text: str
) -> None:
    """No refusal, no other entry, no other language, nothing else that is kept."""
    assert ask(replace(desk), text) == ask(replace(desk), text, before=before)


def test_a_message_that_is_an_emergency_alone_keeps_its_own_card(desk: Desk) -> None:
    """What was said before it takes nothing away."""
    turn = ask(desk, EMERGENCY, before="hello")

    assert ask(desk, EMERGENCY) == turn


def test_a_forwarded_message_is_not_joined(desk: Desk) -> None:
    """Its words are another's."""
    turn = ask(desk, "kuishi tena", before="sitaki", forwarded=True)

    assert not isinstance(turn.decision, Emergency)


def test_the_cache_takes_no_part_in_an_emergency_of_two_messages(
    fresh: Desk, wrapped: WrappedEncoder
) -> None:
    """It is neither filled by one nor asked; without the emergency it is both."""
    asked = {"text": "what are the signs of malaria", "before": "the doctor said"}
    ask(fresh, "bunuh diri", before="saya ingin")
    filled = len(fresh.recent)
    first = ask(fresh, "bunuh diri")
    again = ask(fresh, "bunuh diri", before="saya ingin")
    cached = len(fresh.recent)
    ask(fresh, **asked)
    times = len(wrapped.asked)
    ask(fresh, **asked)

    assert 0 == filled
    assert not isinstance(first.decision, Emergency)
    assert isinstance(again.decision, Emergency)
    assert (cached + 1, times) == (len(fresh.recent), len(wrapped.asked))


def test_what_cannot_be_screened_together_is_not_answered(desk: Desk) -> None:
    """The screen fails closed, for two messages as for one."""
    turn = ask(replace(desk, rules=BrokenRules()), KNOWN, before="hello")

    assert FAULT == turn.decision


def test_without_an_encoder_two_messages_are_still_heard(desk: Desk) -> None:
    """Rules need no model."""
    deaf = replace(desk, encoder=BrokenEncoder())
    turn = ask(deaf, "bunuh diri", before="saya ingin")

    assert isinstance(turn.decision, Emergency)


# ---- about suicide and self-harm, in general

SOFT = {
    "english": ("how can suicide be prevented", "why do people self-harm", "what is self-injury"),
    "hindi": ("आत्महत्या को कैसे रोका जा सकता है", "लोग खुद को नुकसान क्यों पहुँचाते हैं"),
    "hindi-latin": (
        "aatmahatya ke lakshan kya hote hain",
        "log khud ko nuksan kyu pahunchate hain",
    ),
    "urdu": ("خودکشی کی علامات کیا ہیں", "لوگ خود کو نقصان کیوں پہنچاتے ہیں"),
    "urdu-latin": ("log khudkushi kyun karte hain", "log khud ko nuqsan kyun pohanchate hain"),
    "swahili": ("kujiua kunaweza kuzuiwaje", "kwa nini vijana hujikata"),
    "indonesian": ("bagaimana mencegah bunuh diri", "kenapa remaja menyayat tangan"),
}


@pytest.mark.parametrize(
    ("form", "text"), [(form, text) for form, texts in SOFT.items() for text in texts]
)
def test_a_general_question_about_suicide_or_self_harm_gets_the_listening_line(
    desk: Desk, form: str, text: str
) -> None:
    """It is answered, or honestly not; the line stands under it in the person's language."""
    turn = ask(replace(desk, country="KE"), text)
    line = replace(desk, country="KE").speaker(turn.language).phrase("soft_line")

    assert isinstance(turn.decision, Answer | Suggest | Unmatched)
    assert turn.decision.soft
    assert "Red Cross 1199" in line
    assert line in turn.reply.notices


def test_a_merged_card_comes_from_one_message(desk: Desk) -> None:
    """The leading category is the decision's, the others are told beside it."""
    text = "I swallowed pesticide because I want to die"
    turn = ask(replace(desk, country="KE"), text)

    assert isinstance(turn.decision, Emergency)
    assert "poison" == turn.decision.category
    assert "self_harm" in turn.decision.also
    assert (1, 1) == (turn.reply.body.count("999"), turn.reply.body.count("Red Cross 1199"))
