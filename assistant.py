"""The pipeline that every channel uses: screen, match, decide, word.

Pure but for the time it takes: no Telegram, database, clock or log.  `answer` belongs on a worker
thread, because the encoder needs a core for some milliseconds.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Literal, Protocol, TypeVar

import text as reading
from faq import parts
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
from faq.encoder import unit
from faq.entry import FIRST_AID, Library
from faq.index import Encodes, Floats
from faq.language import Guess
from faq.learn import Known
from faq.match import Asked, Matcher, Ranking, ask, rank
from faq.reply import Reply, Setting, Speaker, numbers, word
from recent import Recent
from safety import views
from safety.contacts import Contacts, Kind, State
from safety.head import LIKE, Head, hashed
from safety.redact import redact
from safety.rules import MOST_CHARACTERS, Category, Rules
from safety.screen import (
    MOST_CLAUSES,
    MOST_DOUBTFUL,
    MOST_WEAK,
    Screening,
    Verdict,
    clauses,
    screen,
    strictest,
)
from safety.words import Draft, Vocabulary, draft
from text import Language

Channel = Literal["telegram", "web", "terminal"]
Some = TypeVar("Some")

FIRST_AID_MORE = ("heart-attack-signs", "stroke-signs", "pregnancy-danger-signs")
MOST_SUGGESTIONS = 3
# Turns kept for when the same is asked again: a few kilobytes each.
MOST_RECENT = 500
# Entries to offer beside an emergency or a refusal need only be near, they answer nothing.
OFFER_AT = 0.35
# With nothing else to go by, a guess at the language this sure goes before the default.
LIKELY = 0.6
# Characters of a message that are looked at together with the one before it: what completes a cry
# for help stands at its beginning.
MOST_JOINED = 600
# How sure each of two questions in one message must be of its entry, also beside the whole.
PART_AT, PART_SHARE = 0.7, 0.8
# A related entry that is this likely beside the best is offered with it: "spread" or "symptoms".
RIVAL_SHARE = 0.2


class EncodesBeside(Encodes, Protocol):
    """An encoder that tells when its model starts, so that other work can go on beside it."""

    def states(self, text: str, starting: Callable[[], object] | None = None) -> Floats:
        """Return what the layers make of a text, shape (layers, size); call `starting` first."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """One message of a person; `person` is a keyed hash, never an id of the channel.

    `before` is the person's message just before it, if that was short and no emergency: the two
    are looked at together, for an emergency only, as people part a cry for help.
    """

    text: str = field(repr=False)
    channel: Channel
    asked_at: datetime
    person: str = ""
    choice: Language | None = None  # the language the person chose
    channel_language: Language | None = None  # what the channel says of the person
    forwarded: bool = False
    before: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """When to answer, and how much to read.

    Attributes:
        answer_at: Least confidence, 0.0 to 1.0, to answer at once.
        suggest_at: Least probability that the answer is among the suggestions.
        question_characters: Longer messages are asked to be shortened, unless a sentence in them
            is found.  What is longer than the screen reads is never answered.
    """

    answer_at: float = 0.8
    suggest_at: float = 0.25
    question_characters: int = 600


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything an answer depends on, as one value, swapped whole for new files or a new day.

    `contact_days` is how long a number that was dialled counts as confirmed; `labelled` are the
    questions that confidence was measured on, for showing what a change of wordings would move.
    `whole` and `listed` are all entries and numbers that were read, of which `library` and
    `contacts` are what may be sent; None where all may be.
    """

    library: Library
    matcher: Matcher
    head: Head
    encoder: EncodesBeside
    rules: Rules
    contacts: Contacts
    smalltalk: Mapping[str, frozenset[str]]
    vocabulary: Vocabulary
    organisation: Mapping[str, str]
    today: date
    contact_days: int = 180
    country: str | None = None
    default_language: Language = Language.EN
    limits: Limits = Limits()
    labelled: tuple[Known, ...] = field(default=(), repr=False)
    whole: Library | None = field(default=None, repr=False)
    listed: Contacts | None = field(default=None, repr=False)
    recent: "Recent[Turn]" = field(default_factory=lambda: Recent(MOST_RECENT), init=False)

    def on(self, day: date) -> "Desk":
        """Return the desk as of a day.  On a new one nothing is remembered: it may hold numbers."""
        return self if day == self.today else replace(self, today=day)

    def speaker(self, language: Language) -> Speaker:
        """Return what says the fixed phrases in a language, fields filled."""
        return Speaker(self.library, language, self.setting())

    def dialled(self, country: str | None = None) -> bool:
        """Tell whether staff have lately dialled all numbers that are shown of a country."""
        found = self.contacts.country(country or self.country)
        shown = found.shown(self.today, self.contact_days) if found else ()
        return all(row.state(self.today, self.contact_days) is State.CONFIRMED for row in shown)

    def setting(self, country: str | None = None) -> Setting:
        """Return what wording needs, for a country or for the one the organisation is in."""
        found = self.contacts.country(country or self.country)
        rows = found.shown(self.today, self.contact_days) if found else ()
        numbers = {row.kind.value: row.number for row in reversed(rows)}
        return Setting(self.organisation, numbers)


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a question: each step, and what to keep of its text."""

    language: Language
    screening: Screening | None
    ranking: Ranking | None
    decision: Decision
    reply: Reply
    kept: str | None  # redacted, new words hidden; None when nothing may be kept
    pending: str | None = None  # the same; to be kept if the person says “none of these”
    # What `kept` or `pending` is made of: others may have used its new words before.
    draft: Draft | None = field(default=None, repr=False)
    # Not what became of the question: a random name of the row that staff see, if one is or may
    # still be written, and the milliseconds from question to reply.
    ref: str = field(default="", compare=False)
    ms: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, repr=False)
class _Read:
    """What is known of a message without the encoder; not printed, it holds its words."""

    guess: Guess | None
    language: Language
    screening: Screening
    hashed: Floats | None  # as the screen's head reads it
    bare: str | None  # what it says where its letters are disguised
    pair: tuple[str, str] | None  # the two questions that it may be
    asked: Asked | None


def _read(question: Question, desk: Desk) -> _Read:
    guess = _safely(lambda: _guess(question, desk))
    language = _language(question, desk, guess)
    screening = screen(question.text, desk.rules)
    asked = _safely(lambda: ask(desk.matcher.index, _beginning(question.text)))
    bare = _safely(lambda: views.bare(question.text[:MOST_CHARACTERS]))
    letters = _safely(lambda: hashed((bare or question.text)[:MOST_CHARACTERS]))
    pair = _safely(lambda: parts.pair(reading.normalise(question.text[:MOST_CHARACTERS])))
    return _Read(guess, language, screening, letters, bare, pair, asked)


# One core reads the words of a message while another one computes its vector.
_beside = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="reading")


def _read_and_encoded(question: Question, desk: Desk) -> tuple[_Read, Floats | None]:
    """Read a message and encode it, at the same time; without states nothing is answered."""
    reading_: list[Future[_Read]] = []
    states = _safely(
        lambda: desk.encoder.states(
            _beginning(question.text),
            lambda: reading_.append(_beside.submit(_read, question, desk)),
        )
    )
    return reading_[0].result() if reading_ else _read(question, desk), states


Encode = Callable[[str], Floats]
"""Gives what the layers make of a text, shape (layers, size); of the same text once in a turn."""


def _judged(read: _Read, states: Floats, message: str, desk: Desk, encode: Encode) -> Screening:
    """Return what the head makes of a screening.

    Of a message with several clauses it hears each of which a weak rule speaks, and of what may be
    two questions the second: mixed with others they would be lost.
    """
    whole, head = read.screening, desk.head
    if read.hashed is None:
        return whole
    if read.bare is not None:
        states = encode(_beginning(read.bare))

    def heard(part: str, one: Screening) -> Screening:
        return head.firmer(one, hashed(part), encode(_beginning(part)))

    judged = [head.firmer(whole, read.hashed, states)]
    parts_ = clauses(message) if whole.firm is not None else []
    if len(parts_) > 1 or len(message) > MOST_WEAK:
        some = parts_[:MOST_CLAUSES]
        doubtful = [(part, one) for part in some if (one := screen(part, desk.rules)).firm]
        longest = max((len(part) for part, _ in doubtful), default=len(message))
        if longest > MOST_WEAK or len(doubtful) > MOST_DOUBTFUL or parts_[MOST_CLAUSES:]:
            # Too much to hear, or weak rules that speak of several together: their word stands.
            return head.firmer(replace(whole, firm=None), read.hashed, states)
        judged += [heard(part, one) for part, one in doubtful]
    answered = judged[0].verdict in (Verdict.PASS, Verdict.URGENT) or judged[0].unsure
    if answered and read.pair is not None:
        judged.append(heard(read.pair[1], screen(read.pair[1], desk.rules)))
    found = strictest(judged)
    return replace(found, identifiers=whole.identifiers, person=whole.person)


def answer(question: Question, desk: Desk) -> Turn:
    """Answer one question.  Never raises: what goes wrong becomes the safe reply.

    A question that was answered lately with a text for everybody need not be worked out again.
    """
    if question.before and not question.forwarded:
        try:
            joined = _joined(question, desk)
        except Exception:  # noqa: BLE001 - fails closed, as without a screening of one message
            return _turn(Note(Remark.FAULT), desk.default_language, desk)
        if joined is not None:
            return joined
    asked = question.choice, question.channel_language, question.forwarded, question.text
    key = desk.recent.key(*asked)
    known = desk.recent.get(key)
    if known is None:
        turn = _answer(question, desk)
        if _for_everybody(turn):
            # What is to be kept of the text is worked out anew each time.
            desk.recent.put(key, replace(turn, pending=None, draft=None))
        return turn
    made = None
    if isinstance(known.decision, Suggest) and known.screening:
        made = keepable(question, known.screening, desk)
    return replace(known, pending=made.shown() if made else None, draft=made)


def _joined(question: Question, desk: Desk) -> Turn | None:
    """Return the turn of a message that makes an emergency with the one before it, else None.

    Rules decide, the head only where a weak one asks for it.  The turn of the message itself
    stands if that is an emergency without help; nothing of the two together is ranked, kept or
    cached.
    """
    both = f"{question.before} {question.text[:MOST_JOINED]}"
    screening = screen(both, desk.rules)
    if screening.verdict is Verdict.EMERGENCY and screening.firm is not None:
        states = _safely(lambda: desk.encoder.states(_beginning(both)))
        if states is not None:
            screening = desk.head.firmer(screening, hashed(both), states)
    if screening.verdict is not Verdict.EMERGENCY:
        return None
    alone = _answer(question, desk)
    if isinstance(alone.decision, Emergency):
        return alone
    said = replace(question, text=both)
    language = _language(said, desk, _safely(lambda: _guess(said, desk)))
    return _worded(question, language, screening, alone.ranking, desk)


def _for_everybody(turn: Turn) -> bool:
    """Tell whether a turn holds nothing of the person who asked, and no fault."""
    seen = turn.screening
    plain = seen is not None and not (seen.person or seen.identifiers)
    return plain and turn.kept is None and isinstance(turn.decision, Answer | Suggest)


def _answer(question: Question, desk: Desk) -> Turn:
    try:
        read, states = _read_and_encoded(question, desk)
    except Exception:  # noqa: BLE001 - fails closed: no answer without a screening
        return _turn(Note(Remark.FAULT), desk.default_language, desk)
    language, screening = read.language, read.screening
    ranking: Ranking | None = None
    encode = cache(desk.encoder.states)
    try:
        if states is not None and not _remark(question.text, desk.smalltalk):
            screening = _judged(read, states, question.text, desk, encode)
        if states is not None and read.asked is not None:
            ranked = _ranking(question.text, unit(states), read, read.asked, desk, encode)
            ranking = _served(ranked, desk.library)
    except Exception:  # noqa: BLE001, S110 - the rules' reply must not depend on the model
        pass
    return _worded(question, language, screening, ranking, desk)


def _worded(
    question: Question,
    language: Language,
    screening: Screening,
    ranking: Ranking | None,
    desk: Desk,
) -> Turn:
    """Return the turn that follows from a screening and a ranking."""
    try:
        decision = decide(question, screening, ranking, desk)
        reply = word(decision, language, desk.library, desk.setting())
        waits = isinstance(decision, Suggest | Unmatched)
        made = keepable(question, screening, desk) if waits else None
        text = made.shown() if made else None
    except Exception:  # noqa: BLE001 - an emergency card or the fixed fallback, whatever happens
        if screening.verdict is Verdict.EMERGENCY and screening.category:
            return _turn(Emergency(screening.category.value), language, desk)
        return _turn(Note(Remark.FAULT), language, desk)
    kept = text if isinstance(decision, Unmatched) else None
    pending = text if isinstance(decision, Suggest) else None
    return Turn(language, screening, ranking, decision, reply, kept, pending, made)


def show(entry: str, language: Language, desk: Desk) -> Turn:
    """Return the turn of a pressed button: the entry itself."""
    return _turn(Answer(entry, 1.0), language, desk)


def contacts(country: str, language: Language, desk: Desk) -> Reply | None:
    """Return a country's numbers, or None for a country that is not listed."""
    found = desk.contacts.country(country)
    if found is None:
        return None
    shown = found.shown(desk.today, desk.contact_days)
    rows = [(row.kind.value, row.number) for row in shown]
    if Kind.CRISIS not in {row.kind for row in shown}:
        # Somebody to talk to there is everywhere.
        rows.append((Kind.CRISIS.value, desk.library.phrases.say(language, "anywhere_crisis")))
    sure = desk.dialled(country)
    return numbers(found.called(language), rows, desk.library, language, sure=sure)


def remark(note: Note, language: Language, desk: Desk) -> Turn:
    """Return the turn of a message that is answered by a fixed sentence."""
    return _turn(note, language, desk)


def unmatched(language: Language, text: str | None, desk: Desk) -> Turn:
    """Return the turn of “none of these”: redacted text goes on to staff; None says it is gone."""
    reply = word(Unmatched(0.0), language, desk.library, desk.setting())
    said = desk.library.phrases.say(language, "none_late" if text is None else "none_noted")
    return Turn(language, None, None, Unmatched(0.0), replace(reply, body=said), text)


def _turn(decision: Decision, language: Language, desk: Desk) -> Turn:
    reply = word(decision, language, desk.library, desk.setting())
    return Turn(language, None, None, decision, reply, None)


def decide(
    question: Question, screening: Screening, ranking: Ranking | None, desk: Desk
) -> Decision:
    """Return what to do: the screen first; without a ranking nothing is answered."""
    if screening.unsure and (sure := _sure(question, screening, ranking, desk)):
        return sure
    if screening.verdict is Verdict.EMERGENCY and screening.category:
        first_aid = _first_aid(ranking, desk) or _named(screening.first_aid, desk)
        also = (one.value for one in screening.categories if one is not screening.category)
        return Emergency(screening.category.value, first_aid, screening.other, tuple(also))
    refused = screening.verdict is Verdict.REFUSE and not question.forwarded
    if refused and screening.category:
        return _refusal(screening, screening.category, ranking)
    if remark := _remark(question.text, desk.smalltalk):
        return Note(remark)
    if len(question.text) > MOST_CHARACTERS:
        # The screen has read its beginning and end only, so nothing in it may be answered.
        return Note(Remark.TOO_LONG)
    if ranking is None:
        return Note(Remark.FAULT)
    matched = _matched(question, screening, ranking, desk)
    if isinstance(matched, Answer):
        return matched
    if isinstance(matched, Unmatched) and screening.identifiers and screening.person:
        return Refuse(Category.IDENTIFIERS.value)
    if len(question.text) > desk.limits.question_characters:
        # Among many sentences something is near to anything: only a sure one counts.
        return Note(Remark.TOO_LONG)
    return matched


def _refusal(screening: Screening, category: Category, ranking: Ranking | None) -> Refuse:
    """Return the refusal; where only the head says why, a number in the message says more."""
    heard = all(name.startswith(LIKE) for name in screening.rules)
    if heard and screening.identifiers and screening.person:
        return Refuse(Category.IDENTIFIERS.value)
    return Refuse(category.value, _offered(ranking))


def _sure(
    question: Question, screening: Screening, ranking: Ranking | None, desk: Desk
) -> Answer | None:
    """Return the sure answer to what may be general after all, under the number where in doubt."""
    if ranking is None or len(question.text) > MOST_CHARACTERS:
        return None
    alarmed = screening.verdict is Verdict.EMERGENCY
    seen = replace(screening, verdict=Verdict.URGENT if alarmed else Verdict.PASS)
    matched = _matched(question, seen, ranking, desk)
    return matched if isinstance(matched, Answer) else None


def _matched(
    question: Question, screening: Screening, ranking: Ranking, desk: Desk
) -> Answer | Suggest | Unmatched:
    urgent = screening.verdict is Verdict.URGENT
    identifiers = screening.identifiers
    confidence, limits = ranking.confidence(), desk.limits
    if not ranking.candidates:
        return Unmatched(0.0, urgent, identifiers, screening.soft)
    if confidence >= limits.answer_at and not _rivalled(ranking, desk.library):
        return Answer(
            ranking.candidates[0].entry,
            confidence,
            urgent,
            question.forwarded,
            identifiers,
            screening.soft,
            ranking.also,
        )
    several = ranking.candidates[:MOST_SUGGESTIONS]
    together = ranking.together(len(several))
    if together >= limits.suggest_at:
        # The last of three is worth a button only when it is not a mere makeweight.
        near = [c.entry for n, c in enumerate(several) if n < 2 or ranking.confidence(n) >= 0.02]  # noqa: PLR2004
        if ranking.also:
            near.insert(1, ranking.also)
        offered = tuple(dict.fromkeys(near))[:MOST_SUGGESTIONS]
        return Suggest(offered, together, urgent, identifiers, screening.soft)
    return Unmatched(confidence, urgent, identifiers, screening.soft)


def _rivalled(ranking: Ranking, library: Library) -> bool:
    """Tell whether a related entry is nearly as likely: another side of the same matter."""
    if len(ranking.candidates) == 1:
        return False
    best, next_ = ranking.candidates[:2]
    one, other = library.entries[best.entry], library.entries[next_.entry]
    related = one.topic == other.topic or other.id in one.related or one.id in other.related
    return related and next_.share >= RIVAL_SHARE


def _guess(question: Question, desk: Desk) -> Guess | None:
    prefer = question.choice or question.channel_language
    return desk.matcher.index.detector.guess(question.text[:2000], prefer)


def _safely(work: Callable[[], Some]) -> Some | None:
    """Return what some work gives, or None: the screen must depend on nothing else."""
    try:
        return work()
    except Exception:  # noqa: BLE001 - a broken index or model must not hide an emergency
        return None


def _language(question: Question, desk: Desk, guess: Guess | None) -> Language:
    """Return the person's choice, else the question's own, else the channel's, else the default."""
    if question.choice:
        return question.choice
    if guess and guess.certain:
        return guess.form.language
    if question.channel_language:
        return question.channel_language
    likely = guess is not None and guess.sure >= LIKELY
    return guess.form.language if guess and likely else desk.default_language


def _ranking(  # noqa: PLR0913, PLR0917 - all that was found out about the message
    message: str, vector: Floats, read: _Read, asked: Asked, desk: Desk, encode: Encode
) -> Ranking:
    """Rank the whole message or, of a long one, its sentence that is surest of its entry.

    A short message may hold two questions: then the ranking names the second one's entry.

    Args:
        message: The whole message.
        vector: The encoder's, of its beginning.
        read: What is known of it.
        asked: Its beginning, as `ask` has read it.
        desk: Where to look.
        encode: The encoder, for parts of it.
    """
    form, index = read.guess.form if read.guess else None, desk.matcher.index

    def ranked(part: str) -> Ranking:
        return rank(desk.matcher, ask(index, part), unit(encode(_beginning(part))), form)

    whole = rank(desk.matcher, asked, vector, form)
    if read.pair is not None:
        return _both(whole, read.pair, ranked)
    sentences = parts.sentences(reading.normalise(message[:MOST_CHARACTERS]))
    rankings = [whole, *map(ranked, sentences)]
    return max(rankings, key=lambda ranking: ranking.confidence())


def _served(ranking: Ranking, library: Library) -> Ranking:
    """Return a ranking without what may not be sent: the index may know more than the library.

    The others gain nothing by it: who asks for a withdrawn answer must not get the next best.
    """
    kept = tuple(one for one in ranking.candidates if one.entry in library.entries)
    also = ranking.also if ranking.also in library.entries else None
    return replace(ranking, candidates=kept, also=also)


def _both(whole: Ranking, parted: tuple[str, str], ranked: Callable[[str], Ranking]) -> Ranking:
    """Return the ranking of a message that may hold two questions.

    Each part must find its own entry about as surely as the whole finds one: most messages with
    an "and" are one question.
    """
    sure = max(PART_AT, PART_SHARE * whole.confidence())
    second = ranked(parted[1])
    if second.confidence() < sure:
        return whole
    first = ranked(parted[0])
    entries = [ranking.candidates[0].entry for ranking in (whole, first, second)]
    if first.confidence() < sure or entries[1] == entries[2]:
        return whole
    if entries[0] in entries[1:]:
        other = entries[2] if entries[0] == entries[1] else entries[1]
        return replace(whole, also=other)
    return replace(first, also=entries[2])


def _beginning(message: str) -> str:
    return reading.normalise(message[:4096])[:600]


def _named(entry: str | None, desk: Desk) -> str | None:
    """Return the entry that a rule names, if this knowledge base has it."""
    return entry if entry in desk.library.entries else None


def _first_aid(ranking: Ranking | None, desk: Desk) -> str | None:
    for number, candidate in enumerate(ranking.candidates if ranking else ()):
        entry = desk.library.entries[candidate.entry]
        fits = entry.topic == FIRST_AID or entry.id in FIRST_AID_MORE
        if fits and ranking and ranking.confidence(number) >= OFFER_AT:
            return entry.id
    return None


def _offered(ranking: Ranking | None) -> tuple[str, ...]:
    if ranking is None:
        return ()
    return tuple(
        candidate.entry
        for number, candidate in enumerate(ranking.candidates[:2])
        if ranking.confidence(number) >= OFFER_AT
    )


def _remark(message: str, smalltalk: Mapping[str, frozenset[str]]) -> Remark | None:
    spoken = reading.words(message)
    if not spoken:
        return Remark.EMPTY
    for remark in (Remark.GREETING, Remark.THANKS):
        if len(spoken) <= 6 and smalltalk.get(remark.value, frozenset()).issuperset(spoken):  # noqa: PLR2004
            return remark
    return None


def may_keep(question: Question, screening: Screening) -> bool:
    """Tell whether anything of a message may be written down, redacted.

    Nothing of one that was refused, is an emergency, or speaks of somebody in particular.
    """
    personal = screening.person or screening.verdict in (Verdict.REFUSE, Verdict.EMERGENCY)
    return question.forwarded or not personal


def keepable(question: Question, screening: Screening, desk: Desk) -> Draft | None:
    """Return what may be written of the text, or None.

    Where one identifier was found there may be more, so there, and in forwarded messages, new words
    stay hidden for good and nobody counts them.
    """
    if not may_keep(question, screening):
        return None
    redacted = redact(question.text)
    made = draft(redacted.text, desk.vocabulary)
    return made.closed() if redacted.kinds or question.forwarded else made
