"""Why a question was answered as it was: what `bot.py ask` prints and staff see when they try one.

Nothing here is kept: the words shown are those of whoever tries.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import assistant
from assistant import Desk, Question, Turn
from escalation.journal import name
from faq.decision import Answer
from faq.encoder import unit
from faq.match import SIGNALS, ask, rank
from faq.reply import word
from safety.head import LIKE, hashed
from safety.redact import redact
from safety.rules import MOST_CHARACTERS
from safety.screen import screen, sentences

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Fired:
    """What the screen went by: a rule, or an example that the message is like.

    `words` are those that the rule's phrases cover, folded; an example, or a rule that stands on
    marks alone, has none.
    """

    rule: str
    words: tuple[str, ...] = field(default=(), repr=False)

    @property
    def learnt(self) -> bool:
        """Tell whether it is an example that the learnt head names."""
        return self.rule.startswith(LIKE)


@dataclass(frozen=True, slots=True)
class Found:
    """One entry that was looked at.

    Attributes:
        entry: Its id.
        question: Its question, in the language of the reply or in the one it has.
        confidence: That it is the right one, 0.0 to 1.0.
        wording: The nearest one of its wordings.
        signals: Each signal's name and value.
    """

    entry: str
    question: str
    confidence: float
    wording: str
    signals: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step by itself, and the milliseconds that it takes."""

    name: str
    ms: float


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that explains a reply.

    Attributes:
        decision: As the tables call it.
        category: Of a refusal, an emergency or a remark.
        language: Of the reply.
        form: The likeliest language and script of the question, and how sure that is.
        verdict: Of the screen; none if it did not come to that.
        fired: What the screen went by.
        personal: The message speaks of somebody in particular.
        identifiers: It holds names or numbers.
        held: The probability that the base holds an answer; None if nothing was looked up.
        found: The likeliest entries, likeliest first.
        also: The entry of a second question.
        answer_at: Least confidence of an answer.
        suggest_at: Least probability that one of the suggestions is right.
        kept: What would be written of the text, redacted.
        pending: What would be written if the person said “none of these”.
    """

    decision: str
    category: str | None
    language: str
    form: tuple[str, float] | None
    verdict: str | None
    fired: tuple[Fired, ...]
    personal: bool
    identifiers: bool
    held: float | None
    found: tuple[Found, ...]
    also: str | None
    answer_at: float
    suggest_at: float
    kept: str | None = field(repr=False)
    pending: str | None = field(repr=False)


def why(question: Question, turn: Turn, desk: Desk) -> Why:
    """Return why a question led to its turn.  Pure."""
    decision, category = name(turn)
    seen, ranking = turn.screening, turn.ranking
    prefer = question.choice or question.channel_language
    guess = desk.matcher.index.detector.guess(question.text[:2000], prefer)
    also = turn.decision.also if isinstance(turn.decision, Answer) else None
    return Why(
        decision=decision,
        category=category,
        language=turn.language.value,
        form=(guess.form.value, guess.sure) if guess else None,
        verdict=seen.verdict.value if seen else None,
        fired=_fired(question.text, seen.rules, desk) if seen else (),
        personal=seen.person if seen else False,
        identifiers=seen.identifiers if seen else False,
        held=ranking.held if ranking else None,
        found=_found(turn, desk),
        also=also,
        answer_at=desk.limits.answer_at,
        suggest_at=desk.limits.suggest_at,
        kept=turn.kept,
        pending=turn.pending,
    )


def _fired(message: str, rules: tuple[str, ...], desk: Desk) -> tuple[Fired, ...]:
    words: dict[str, dict[str, None]] = {}
    if any(not rule.startswith(LIKE) for rule in rules):
        for part in dict.fromkeys((message, *sentences(message))):
            for rule, said in desk.rules.matched(part).items():
                words.setdefault(rule, {}).update(dict.fromkeys(said))
    return tuple(Fired(rule, tuple(words.get(rule, ()))) for rule in rules)


def _found(turn: Turn, desk: Desk) -> tuple[Found, ...]:
    if turn.ranking is None:
        return ()
    return tuple(
        Found(
            one.entry,
            desk.library.entries[one.entry].text(turn.language)[1].question,
            turn.ranking.confidence(number),
            one.wording,
            tuple(zip(SIGNALS, map(float, one.signals), strict=True)),
        )
        for number, one in enumerate(turn.ranking.candidates[:SHOWN])
    )


def timed(question: Question, desk: Desk) -> tuple[Turn, float]:
    """Answer a question; return the turn and the milliseconds it took.

    Nothing is remembered for the public, and nothing that was remembered is used.
    """
    alone = replace(desk.on(question.asked_at.date()))
    start = time.perf_counter()
    turn = assistant.answer(question, alone)
    return turn, 1000 * (time.perf_counter() - start)


def steps(question: Question, turn: Turn, desk: Desk) -> tuple[Step, ...]:
    """Return what each step takes by itself; in an answer the words are read beside the encoder."""
    text, index = question.text, desk.matcher.index
    beginning = text[:600]
    made: list[Step] = []

    def step(named: str, work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        made.append(Step(named, 1000 * (time.perf_counter() - start)))

    step("language", lambda: index.detector.guess(text[:2000], question.choice))
    step("rules of the screen", lambda: screen(text, desk.rules))
    step("letters and sounds", lambda: ask(index, beginning))
    step("encoder", lambda: desk.encoder.states(beginning))
    states, read = desk.encoder.states(beginning), ask(index, beginning)
    letters = hashed(text[:MOST_CHARACTERS])
    step("learnt head of the screen", lambda: desk.head.chances(letters, states))
    step("ranking", lambda: rank(desk.matcher, read, unit(states), None))
    step("wording", lambda: word(turn.decision, turn.language, desk.library, desk.setting()))
    step("redaction", lambda: redact(text))
    return tuple(made)
