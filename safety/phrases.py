"""Phrases as clinicians write them, and finding them in a list of words.  Pure.

A phrase is plain words, with six signs and no regular expressions, so that none can run away:

    not breathing          these words, in a row
    bleed*  *pumui         a word with this beginning, this ending
    khudkushi~             a word like this: one slip in 5 to 7 letters, two from 8 on
    <3>                    up to three words, whichever
    #                      a number ("8.2", "160/100")
    (son|little boy)       one of these
    [so] much              "so" may be missing
    @child                 one phrase of the set `child` of the same file

Cost is bounded by words times signs: places are kept as sets, nothing is tried twice.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

Fold = Callable[[str], list[str]]
"""Splits a text into the words of one view."""

_TOKEN = re.compile(r"<\d>|[()\[\]|#]|@[\w-]+|[^\s()\[\]|#<>@]+")
_SPACES = re.compile(r"\s+")
# A sign between two letters of a word ("hosp*tal").
_INSIDE = re.compile(r"[^\s()\[\]|#<>@*~][*~]+[^\s()\[\]|#<>@*~]")
_OPENING = {"(": ")", "[": "]"}
_CLOSING = frozenset(")]|")
_NUMBER = re.compile(r"[0-9]+(?:[.,:/][0-9]+)*")
_FUZZY_SHORT, _FUZZY_LONG = 5, 8


class PhraseError(ValueError):
    """A phrase cannot be read; the message says why."""


def _slips(length: int) -> int:
    """Return how many slips a fuzzy word of a length forgives."""
    return 2 if length >= _FUZZY_LONG else 1


@dataclass(frozen=True, slots=True)
class Word:
    """One word: equal, or by its beginning or ending (`how` is "", "*-", "-*", "*-*" or "~")."""

    text: str
    how: str = ""

    def fits(self, word: str) -> bool:
        """Tell whether a word of the text is meant."""
        match self.how:
            case "":
                return word == self.text
            case "-*":
                return word.startswith(self.text)
            case "*-":
                return word.endswith(self.text)
            case "*-*":
                return self.text in word
            case _:
                most = _slips(len(self.text))
                return OSA.distance(self.text, word, score_cutoff=most) <= most


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to `most` words, whichever."""

    most: int


@dataclass(frozen=True, slots=True)
class Number:
    """Any number."""


class Choice:
    """One of several sequences; an empty one makes the whole optional.

    Options are filed by what they can begin with, so that a set of hundreds costs one look-up.
    """

    __slots__ = (
        "_filing",
        "_openings",
        "_solid",
        "_spans",
        "options",
    )

    def __init__(self, options: Iterable["Sequence_"]) -> None:
        """Keep the options; they are filed when the choice is first tried, as most never are."""
        self.options = tuple(options)
        self._filing: _Filing | None = None
        self._openings: frozenset[Word | Number] | Literal[False] | None = False
        self._solid: bool | None = None
        self._spans: tuple[int, int] | None = None

    @property
    def solid(self) -> bool:
        """Whether every option has something that must be there."""
        if self._solid is None:
            self._solid = all(map(_solid, self.options))
        return self._solid

    def openings(self) -> frozenset["Word | Number"] | None:
        """Return what the options can begin with, or None when that is open."""
        if self._openings is False:
            found: set[Word | Number] = set()
            for option in self.options:
                first = _openings(option)
                if first is None:
                    self._openings = None
                    break
                found |= first
            else:
                self._openings = frozenset(found)
        return self._openings

    def lengths(self) -> tuple[int, int]:
        """Return how many words the options cover, at least and at most."""
        if self._spans is None:
            spans = [[lengths(element) for element in option] for option in self.options]
            self._spans = (
                min((sum(least for least, _ in option) for option in spans), default=0),
                max((sum(most for _, most in option) for option in spans), default=0),
            )
        return self._spans

    def forget(self) -> None:
        """Drop what only filing the phrases needed; it would take a third of their memory."""
        self._openings = False

    def walk(self, words: Sequence[str], places: Iterable[int], seen: "Seen") -> set[int]:
        """Return the places behind any option that begins at one of some places."""
        found: set[int] = set()
        for at in places:
            behind = seen.get((self, at))
            if behind is None:
                behind = seen[self, at] = self._behind(words, at, seen)
            found |= behind
        return found

    def _behind(self, words: Sequence[str], at: int, seen: "Seen") -> set[int]:
        # Two threads may file at once: each its own, whole before anyone looks into it.
        filing = self._filing = self._filing or _Filing(self.options)
        found: set[int] = set()
        if at < len(words):
            word = words[at]
            if word in filing.single:
                found.add(at + 1)
            for option in filing.first.get(word, ()):
                found |= walk(option, words, {at + 1}, seen)
            for option in filing.opened.get(word, ()):
                found |= walk(option, words, {at}, seen)
            for length in filing.lengths:
                if length > len(word):
                    break
                for option, whole in filing.stems.get(word[:length], ()):
                    found |= walk(option, words, {at if whole else at + 1}, seen)
        for option in filing.rest:
            found |= walk(option, words, {at}, seen)
        return found


class _Filing:
    """Options by what they can begin with."""

    __slots__ = ("first", "lengths", "opened", "rest", "single", "stems")

    def __init__(self, options: Iterable["Sequence_"]) -> None:
        # Kept as what follows the first word, or (`opened`) whole where a choice comes first.
        self.single: set[str] = set()
        self.first: dict[str, list[Sequence_]] = defaultdict(list)
        self.opened: dict[str, list[Sequence_]] = defaultdict(list)
        self.stems: dict[str, list[tuple[Sequence_, bool]]] = defaultdict(list)
        self.rest: list[Sequence_] = []
        for option in options:
            self._file(option)
        self.lengths = sorted({len(stem) for stem in self.stems})

    def _file(self, option: "Sequence_") -> None:
        openings = _openings(option) if option and _solid(option) else None
        if openings is None or any(
            not isinstance(first, Word) or first.how not in ("", "-*") for first in openings
        ):
            self.rest.append(option)
            return
        whole = not isinstance(option[0], Word)
        for first in openings:
            if not isinstance(first, Word):  # shown above; the type checker cannot know
                continue
            if first.how:
                self.stems[first.text].append((option if whole else option[1:], whole))
            elif whole:
                self.opened[first.text].append(option)
            elif len(option) == 1:
                self.single.add(first.text)
            else:
                self.first[first.text].append(option[1:])


Element = Word | Gap | Number | Choice
Sequence_ = tuple[Element, ...]
Seen = dict[tuple[Choice, int], set[int]]
"""What choices have led to in one list of words: a set that many phrases use is walked once."""


class Parser:
    """Reads the phrases of one view; a word that stood before is not folded again."""

    def __init__(self, fold: Fold) -> None:
        """Fold the words of phrases like those of messages."""
        self._fold = fold
        self._words: dict[str, Sequence_] = {}
        self.choices: list[Choice] = []  # all that were made

    def parse(self, phrase: str, sets: Mapping[str, Sequence_] | None = None) -> Sequence_:
        """Read one phrase.

        Args:
            phrase: As written in a rule file.
            sets: What @names stand for.

        Raises:
            PhraseError: A bracket is open, a set unknown, or nothing is left to look for.
        """
        tokens = _TOKEN.findall(phrase)
        if (rest := _SPACES.sub("", _TOKEN.sub("", phrase))) or _INSIDE.search(phrase):
            msg = f"“{phrase}”: {rest or '* or ~'} cannot stand there"
            raise PhraseError(msg)
        sequence, at = self._sequence(tokens, 0, sets or {})
        if at < len(tokens):
            msg = f"“{phrase}”: a bracket closes that was not opened"
            raise PhraseError(msg)
        if not _solid(sequence):
            msg = f"“{phrase}”: nothing in it must be there, so it would fit every text"
            raise PhraseError(msg)
        return sequence

    def _sequence(
        self, tokens: list[str], at: int, sets: Mapping[str, Sequence_]
    ) -> tuple[Sequence_, int]:
        made: list[Element] = []
        while at < len(tokens) and tokens[at] not in _CLOSING:
            token = tokens[at]
            if token in _OPENING:
                element, at = self._choice(tokens, at, sets)
                made.append(element)
                continue
            at += 1
            known = self._words.get(token)
            made.extend(self._read(token, sets) if known is None else known)
        return tuple(made), at

    def _choice(
        self, tokens: list[str], at: int, sets: Mapping[str, Sequence_]
    ) -> tuple[Choice, int]:
        opening = tokens[at]
        options: list[Sequence_] = [()] if opening == "[" else []
        while True:
            option, at = self._sequence(tokens, at + 1, sets)
            options.append(option)
            if at >= len(tokens) or tokens[at] not in ("|", _OPENING[opening]):
                msg = f"“{opening}” is not closed by “{_OPENING[opening]}”"
                raise PhraseError(msg)
            if tokens[at] != "|":
                self.choices.append(Choice(options))
                return self.choices[-1], at + 1

    def _read(self, token: str, sets: Mapping[str, Sequence_]) -> Sequence_:
        if token == "#":  # noqa: S105 - a sign, no password
            return (Number(),)
        if token.startswith("<"):
            return (Gap(int(token[1])),)
        if token.startswith("@"):
            if token[1:] not in sets:
                msg = f"the set {token} is not in this file"
                raise PhraseError(msg)
            return sets[token[1:]]
        made = self._words[token] = tuple(self._word(token))
        return made

    def _word(self, token: str) -> Iterator[Word]:
        how = ("*-" if token[0] == "*" else "") + ("-*" if token[-1] == "*" else "")
        how = "*-*" if how == "*--*" else how
        if token.endswith("~"):
            how = "~"
        folded = self._fold(token.strip("*~"))
        if how and len(folded) != 1:
            msg = f"“{token}”: * and ~ go with a single word"
            raise PhraseError(msg)
        if how == "~" and len(folded[0]) < _FUZZY_SHORT:
            msg = f"“{token}”: ~ wants a word of {_FUZZY_SHORT} letters or more"
            raise PhraseError(msg)
        yield from (Word(word, how) for word in folded)


def _solid(sequence: Sequence_) -> bool:
    """Tell whether something in the sequence must be there."""
    return any(
        isinstance(element, Word | Number) or (isinstance(element, Choice) and element.solid)
        for element in sequence
    )


def union(phrases: Iterable[Sequence_]) -> Sequence_:
    """Make a set: one of the phrases."""
    return (Choice(phrases),)


def ends(sequence: Sequence_, words: Sequence[str], start: int) -> set[int]:
    """Return the places behind the phrase when it begins at `start`; empty when it does not."""
    return walk(sequence, words, {start}, {})


def walk(sequence: Sequence_, words: Sequence[str], places: set[int], seen: Seen) -> set[int]:
    """Return the places behind the phrase when it begins at one of some places.

    All places go through a sign together, so nested gaps cost no more than their number.
    """
    for element in sequence:
        if not places:
            break
        places = _step(element, words, places, seen)
    return places


def _step(element: Element, words: Sequence[str], places: set[int], seen: Seen) -> set[int]:
    match element:
        case Word():
            return {at + 1 for at in places if at < len(words) and element.fits(words[at])}
        case Number():
            return {at + 1 for at in places if at < len(words) and _NUMBER.fullmatch(words[at])}
        case Gap(most):
            return {at + n for at in places for n in range(most + 1) if at + n <= len(words)}
        case Choice():
            return element.walk(words, places, seen)


def lengths(element: Element) -> tuple[int, int]:
    """Return how many words an element covers, at least and at most."""
    match element:
        case Word() | Number():
            return 1, 1
        case Gap(most):
            return 0, most
        case Choice():
            return element.lengths()


def _openings(sequence: Sequence_) -> set[Word | Number] | None:
    """Return what the phrase can begin with, or None when that is open (a gap)."""
    found: set[Word | Number] = set()
    for element in sequence:
        match element:
            case Word() | Number():
                return found | {element}
            case Gap():
                return None
            case Choice():
                first = element.openings()
                if first is None:
                    return None
                found |= first
                if element.solid:
                    return found
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """One phrase found: the key it was filed under, and the words it covers."""

    key: int
    start: int
    end: int


Need = tuple[int, int, int]
"""A number of `_Needs`, and the nearest and farthest word behind the first where it can stand."""
Phrase = tuple[int, Sequence_, tuple[Need, ...]]
"""A key, what to look for, and the needs without which it cannot be there, rarest first."""
Filed = dict[int, list[Phrase]]
"""Phrases by the rarest of their needs; those without any under `ALWAYS`."""
ALWAYS = -1


def _filed() -> Filed:
    return defaultdict(list)


class _Affixes:
    """Phrases filed under a part of their first word: its beginning, its ending, any."""

    def __init__(self) -> None:
        self.filed: dict[str, Filed] = defaultdict(_filed)
        self.lengths: list[int] = []

    def add(self, affix: str, rarest: int, phrase: Phrase) -> None:
        self.filed[affix][rarest].append(phrase)
        self.lengths = sorted({*self.lengths, len(affix)})

    def beginning(self, word: str) -> Iterator[Filed]:
        for length in self.lengths:
            if length > len(word):
                break
            if (affix := word[:length]) in self.filed:
                yield self.filed[affix]

    def ending(self, word: str) -> Iterator[Filed]:
        for length in self.lengths:
            if length > len(word):
                break
            if (affix := word[-length:]) in self.filed:
                yield self.filed[affix]

    def inside(self, word: str) -> Iterator[Filed]:
        for length in self.lengths:
            for at in range(len(word) - length + 1):
                if (affix := word[at : at + length]) in self.filed:
                    yield self.filed[affix]


class _Needs:
    """Words of which one must be in a text, numbered.

    Most phrases begin with a common word ("my") and fail at the next; one look at all words of
    the text together tells which phrases are worth a walk.
    """

    def __init__(self) -> None:
        self._numbers: dict[frozenset[Word], int] = {}
        self._equal: dict[str, list[int]] = defaultdict(list)
        self._starts: dict[str, list[int]] = defaultdict(list)
        self._lengths: list[int] = []

    def of(self, sequence: Sequence_) -> list[Need]:
        """Return what a phrase needs behind its first element, and where."""
        needs: list[Need] = []
        nearest = farthest = 0
        for place, element in enumerate(sequence):
            number = self._number(element) if place else None
            if number is not None:
                needs.append((number, nearest, farthest))
            least, most = lengths(element)
            nearest, farthest = nearest + least, farthest + most
        return needs

    def _number(self, element: Element) -> int | None:
        openings = _openings((element,)) if _solid((element,)) else None
        words = frozenset(first for first in openings or () if isinstance(first, Word))
        if not openings or len(words) < len(openings):
            return None
        if any(word.how not in ("", "-*") for word in words):
            return None
        if words not in self._numbers:
            number = self._numbers[words] = len(self._numbers)
            for word in words:
                (self._starts if word.how else self._equal)[word.text].append(number)
            self._lengths = sorted(
                {*self._lengths, *(len(word.text) for word in words if word.how)}
            )
        return self._numbers[words]

    def forget(self) -> None:
        """Drop what only numbering needed."""
        self._numbers.clear()

    def met(self, words: Sequence[str]) -> dict[int, int]:
        """Return where a text has what is needed: bit n of a number's is set for word n."""
        met: dict[int, int] = defaultdict(int)
        for at, word in enumerate(words):
            bit = 1 << at
            for number in self._equal.get(word, ()):
                met[number] |= bit
            for length in self._lengths:
                if length > len(word):
                    break
                for number in self._starts.get(word[:length], ()):
                    met[number] |= bit
        return met


def _within(needs: tuple[Need, ...], met: Mapping[int, int], at: int) -> bool:
    """Tell whether all that a phrase needs stands where it can, if the phrase begins at a word."""
    for number, nearest, farthest in needs:
        if not (met.get(number, 0) >> (at + nearest)) & ((2 << (farthest - nearest)) - 1):
            return False
    return True


class Finder:
    """Many phrases, found together: only those whose first word is there are tried."""

    def __init__(self, phrases: Iterable[tuple[int, Sequence_]]) -> None:
        """File the phrases under their keys; a key may have several."""
        self._equal: dict[str, Filed] = defaultdict(_filed)
        self._starts, self._ends, self._inside = _Affixes(), _Affixes(), _Affixes()
        self._fuzzy: dict[str, Filed] = defaultdict(_filed)
        self._numbers = _filed()
        self._anywhere = _filed()  # those that begin with a gap
        self._needs = _Needs()
        known = [(key, sequence, self._needs.of(sequence)) for key, sequence in phrases]
        common = Counter(number for *_, needs in known for number, *_ in needs)
        for key, sequence, unsorted in known:
            needs = tuple(sorted(unsorted, key=lambda need: (common[need[0]], need)))
            phrase = key, sequence, needs
            rarest = needs[0][0] if needs else ALWAYS
            openings = _openings(sequence)
            if openings is None:
                self._anywhere[rarest].append(phrase)
            for first in openings or ():
                self._file(first, rarest, phrase)
        self._needs.forget()
        self._fuzzy_words: dict[int, list[str]] = defaultdict(list)
        for text in self._fuzzy:
            self._fuzzy_words[len(text)].append(text)

    def _file(self, first: Word | Number, rarest: int, phrase: Phrase) -> None:
        match first:
            case Number():
                self._numbers[rarest].append(phrase)
            case Word(text, ""):
                self._equal[text][rarest].append(phrase)
            case Word(text, "-*"):
                self._starts.add(text, rarest, phrase)
            case Word(text, "*-"):
                self._ends.add(text, rarest, phrase)
            case Word(text, "*-*"):
                self._inside.add(text, rarest, phrase)
            case Word(text, _):
                self._fuzzy[text][rarest].append(phrase)

    def find(self, words: Sequence[str]) -> list[Found]:
        """Return what is found, one for each key and place, in the order of the text."""
        found: dict[tuple[int, int], int] = {}
        seen: Seen = {}
        met = self._needs.met(words)
        met[ALWAYS] = 1
        for at, word in enumerate(words):
            for filed in self._candidates(word):
                for rarest in filed.keys() & met.keys():
                    for key, sequence, needs in filed[rarest]:
                        if (key, at) in found or not _within(needs, met, at):
                            continue
                        if places := walk(sequence, words, {at}, seen):
                            found[key, at] = max(places)
        return [Found(key, at, end) for (key, at), end in found.items()]

    def _candidates(self, word: str) -> Iterator[Filed]:
        if word in self._equal:
            yield self._equal[word]
        yield from self._starts.beginning(word)
        yield from self._ends.ending(word)
        yield from self._inside.inside(word)
        yield from self._like(word)
        if word[0].isdigit():
            yield self._numbers
        yield self._anywhere

    def _like(self, word: str) -> Iterator[Filed]:
        """Yield the phrases whose first word this one may be a slip of."""
        if len(word) < _FUZZY_SHORT - 1:
            return
        for length in range(len(word) - 2, len(word) + 3):
            most = _slips(length)
            for text, _, _ in process.extract(
                word,
                self._fuzzy_words.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=most,
                limit=None,
            ):
                yield self._fuzzy[text]
