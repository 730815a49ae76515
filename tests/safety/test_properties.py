"""What holds of any text at all: a reply from the closed set, in time, nothing kept by mistake.

That folding and redacting twice is the same as once stands in the tests of `text` and `redact`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import rulebook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Desk, EncodesBeside, Question, answer
from faq import parts
from faq.index import Floats
from faq.reply import plain, word
from safety.redact import redact
from safety.screen import MOST_DOUBTFUL, Verdict, screen
from safety.words import draft, load
from text import Language
from workshop import SAFETY

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MARK = "zqxvj"
MOST_SECONDS = 4.0  # of one core, for the longest text; a usual one takes a hundredth
LONGEST = 4096
VOCABULARY = load(SAFETY)
few = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# All of Unicode, halves of surrogate pairs too; and what the product treats apart, in any mixture.
anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
FRAGMENTS = (
    "my son|has fever|is not breathing|मेरे बेटे को|بخار ہے|nataka kujiua|apa itu|how does malaria|"
    "98765 43210|asha@example.org|\u202e|\u200b|\ud800|\U000e0041|\U0001f1ee|ﷺ|क्\u200dष|a b c d|"
    "s.u.i|k1ll|<b>|[x](tg://user?id=1)|/admin|{emergency}|%s|\x00|\n\n|?|।|۔|…|📞|1/2|١٢"
)
touchy = st.lists(st.sampled_from(FRAGMENTS.split("|")), max_size=9).map(" ".join)
texts = anything | touchy
# Much of the same is what slow patterns fear.
long_texts = st.tuples(texts.filter(bool), st.integers(1, 20_000)).map(
    lambda pair: (pair[0] * pair[1])[:20_000]
)


@pytest.fixture(scope="module")
def emergencies(desk: Desk) -> list[str]:
    """Explicit emergencies of all forms and categories."""
    return list(rulebook.explicit(desk.rules, 4))


@few
@given(text=texts, at=st.integers(0, 60))
def test_a_reply_says_nothing_but_what_was_decided(desk: Desk, text: str, at: int) -> None:
    """It can be worded again without the text: whatever stands in it was written before."""
    turn = answer(Question(f"{text[:at]} {MARK} {text[at:]}", "web", NOON), desk)

    assert turn.reply == word(turn.decision, turn.language, desk.library, desk.setting())
    assert MARK not in f"{plain(turn.reply)} {turn.reply} {turn.decision}".lower()


@settings(few, max_examples=25)
@given(text=long_texts)
def test_any_long_text_gets_a_reply_in_time(desk: Desk, text: str) -> None:
    """Nobody can hold the bot up with one message."""
    began = time.process_time()
    turn = answer(Question(text, "telegram", NOON), desk)

    assert turn.reply.body.strip()
    assert time.process_time() - began < MOST_SECONDS


class Counting:
    """The real encoder, and how often it was asked."""

    def __init__(self, real: EncodesBeside) -> None:
        self._real, self.calls = real, 0
        self.digest, self.size = real.digest, real.size

    def vector(self, text: str) -> Floats:
        self.calls += 1
        return self._real.vector(text)

    def states(self, text: str, starting: Callable[[], object] | None = None) -> Floats:
        self.calls += 1
        return self._real.states(text, starting)


def test_no_message_asks_the_encoder_for_ever(desk: Desk) -> None:
    """Of hundreds of sentences, each with a weak rule, the head hears a few or none."""
    weak = [text for _, rule in rulebook.written() if rule.weak for text in rule.must_hit]
    counting = Counting(desk.encoder)
    answer(Question(". ".join(weak)[:LONGEST], "web", NOON), replace(desk, encoder=counting))

    assert counting.calls <= 2 + MOST_DOUBTFUL + parts.MOST_SENTENCES


@settings(few, max_examples=150)
@given(text=texts)
def test_any_text_can_be_masked_twice(text: str) -> None:
    """Halves of surrogate pairs and controls too; what is kept can be written as UTF-8."""
    redacted = redact(text).text
    once = draft(redacted, VOCABULARY).shown()

    assert redacted == redact(redacted).text
    assert once == draft(once, VOCABULARY).shown()
    assert once == once.encode().decode()


# ---- harmless words around an emergency

HARMLESS = (
    "How does malaria spread?",
    "मलेरिया कैसे फैलता है?",
    "ملیریا کیسے پھیلتا ہے؟",
    "malaria kaise failta hai?",
    "Dalili za kisukari ni zipi?",
    "Apa saja gejala diabetes?",
    "What should one do if somebody faints?",
    "Good morning doctor, how are you?",
)


@settings(few, max_examples=150)
@given(data=st.data())
def test_harmless_sentences_around_it_make_no_emergency_milder(
    emergencies: list[str], desk: Desk, data: st.DataObject
) -> None:
    """In any languages, before it and after."""
    text = data.draw(st.sampled_from(emergencies))
    beside = st.lists(st.sampled_from(HARMLESS), max_size=9)
    said = [*data.draw(beside), f"{text}.", *data.draw(beside)]

    assert Verdict.EMERGENCY is screen(" ".join(said), desk.rules).verdict


def padded(text: str, among: Sequence[str], before: float) -> str:
    """Return the longest message of an emergency among sentences, so much of them before it."""
    room, said = LONGEST - len(text) - 2, []
    for sentence in among:
        room -= len(sentence) + 1
        if room < 0:
            break
        said.append(sentence)
    first = round(len(said) * before)
    return " ".join([*said[:first], f"{text}.", *said[first:]])


@pytest.fixture(scope="module")
def general(desk: Desk) -> dict[Language, list[str]]:
    """All different questions that the screen lets pass, by language."""
    return {
        language: [
            f"{wording.rstrip('?؟')}?"
            for entry in desk.library.entries.values()
            for wording in entry.texts[language].wordings[:2]
            if screen(wording, desk.rules).verdict is Verdict.PASS
        ]
        for language in Language
    }


@pytest.mark.parametrize("before", [0.0, 0.5, 1.0], ids=["first", "between", "last"])
@pytest.mark.parametrize("language", Language)
def test_4096_characters_around_it_hide_no_emergency(
    emergencies: list[str],
    desk: Desk,
    general: dict[Language, list[str]],
    language: Language,
    before: float,
) -> None:
    """It is among the sentences that are looked at one by one, whatever the frame of the others."""
    for among in (general[language], [HARMLESS[0]] * LONGEST):
        messages = {text: padded(text, among, before) for text in emergencies[::13]}
        seen = {text: screen(message, desk.rules).verdict for text, message in messages.items()}

        assert [] == [text for text, verdict in seen.items() if verdict is not Verdict.EMERGENCY]
