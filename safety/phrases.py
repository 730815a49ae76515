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
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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

    Options are filed by their first word, so that a set of hundreds costs one look-up.
    """

    __slots__ = ("_first", "_lengths", "_rest", "_single", "_stems", "options")

    def __init__(self, options: Iterable["Sequence_"]) -> None:
        """File the options."""
        self.options = tuple(options)
        self._single = frozenset(
            option[0].text
            for option in self.options
            if len(option) == 1 and isinstance(option[0], Word) and not option[0].how
        )
        self._first: dict[str, tuple[Sequence_, ...]] = {}
        self._stems: dict[str, tuple[Sequence_, ...]] = {}
        rest: list[Sequence_] = []
        for option in self.options:
            first = option[0] if option else None
            if not isinstance(first, Word) or first.how not in ("", "-*"):
                rest.append(option)
            elif first.how:
                self._stems[first.text] = (*self._stems.get(first.text, ()), option)
            elif len(option) > 1:
                self._first[first.text] = (*self._first.get(first.text, ()), option)
        self._rest = tuple(rest)
        self._lengths = sorted({len(stem) for stem in self._stems})

    def walk(self, words: Sequence[str], places: set[int]) -> set[int]:
        """Return the places behind any option that begins at one of some places."""
        found: set[int] = set()
        fitting: dict[int, tuple[Sequence_, set[int]]] = {}
        for at in places:
            if at >= len(words):
                continue
            word = words[at]
            if word in self._single:
                found.add(at + 1)
            for option in self._candidates(word):
                fitting.setdefault(id(option), (option, set()))[1].add(at + 1)
        for option, starts in fitting.values():
            found |= walk(option[1:], words, starts)
        for option in self._rest:
            found |= walk(option, words, places)
        return found

    def _candidates(self, word: str) -> Iterator["Sequence_"]:
        yield from self._first.get(word, ())
        for length in self._lengths:
            if length > len(word):
                break
            yield from self._stems.get(word[:length], ())


Element = Word | Gap | Number | Choice
Sequence_ = tuple[Element, ...]


class Parser:
    """Reads the phrases of one view; a word that stood before is not folded again."""

    def __init__(self, fold: Fold) -> None:
        """Fold the words of phrases like those of messages."""
        self._fold = fold
        self._words: dict[str, Sequence_] = {}

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
                return Choice(options), at + 1

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
        isinstance(element, Word | Number)
        or (isinstance(element, Choice) and all(map(_solid, element.options)))
        for element in sequence
    )


def union(phrases: Iterable[Sequence_]) -> Sequence_:
    """Make a set: one of the phrases."""
    return (Choice(phrases),)


def ends(sequence: Sequence_, words: Sequence[str], start: int) -> set[int]:
    """Return the places behind the phrase when it begins at `start`; empty when it does not."""
    return walk(sequence, words, {start})


def walk(sequence: Sequence_, words: Sequence[str], places: set[int]) -> set[int]:
    """Return the places behind the phrase when it begins at one of some places.

    All places go through a sign together, so nested gaps cost no more than their number.
    """
    for element in sequence:
        if not places:
            break
        places = _step(element, words, places)
    return places


def _step(element: Element, words: Sequence[str], places: set[int]) -> set[int]:
    match element:
        case Word():
            return {at + 1 for at in places if at < len(words) and element.fits(words[at])}
        case Number():
            return {at + 1 for at in places if at < len(words) and _NUMBER.fullmatch(words[at])}
        case Gap(most):
            return {at + n for at in places for n in range(most + 1) if at + n <= len(words)}
        case Choice():
            return element.walk(words, places)


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
                optional = False
                for option in element.options:
                    if not option or not _solid(option):
                        optional = True
                    first = _openings(option)
                    if first is None:
                        return None
                    found |= first
                if not optional:
                    return found
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """One phrase found: the key it was filed under, and the words it covers."""

    key: int
    start: int
    end: int


Filed = list[tuple[int, Sequence_]]


class _Affixes:
    """Phrases filed under a beginning (or ending) of their first word."""

    def __init__(self) -> None:
        self.filed: dict[str, Filed] = defaultdict(list)
        self.lengths: list[int] = []

    def add(self, affix: str, phrase: tuple[int, Sequence_]) -> None:
        self.filed[affix].append(phrase)
        self.lengths = sorted({*self.lengths, len(affix)})


class Finder:
    """Many phrases, found together: only those whose first word is there are tried."""

    def __init__(self, phrases: Iterable[tuple[int, Sequence_]]) -> None:
        """File the phrases under their keys; a key may have several."""
        self._equal: dict[str, Filed] = defaultdict(list)
        self._starts, self._ends = _Affixes(), _Affixes()
        self._inside: dict[str, Filed] = defaultdict(list)
        self._fuzzy: dict[str, Filed] = defaultdict(list)
        self._numbers: Filed = []
        self._anywhere: Filed = []  # those that begin with a gap
        for phrase in phrases:
            openings = _openings(phrase[1])
            if openings is None:
                self._anywhere.append(phrase)
            for first in openings or ():
                self._file(first, phrase)
        self._fuzzy_words: dict[int, list[str]] = defaultdict(list)
        for text in self._fuzzy:
            self._fuzzy_words[len(text)].append(text)

    def _file(self, first: Word | Number, phrase: tuple[int, Sequence_]) -> None:
        match first:
            case Number():
                self._numbers.append(phrase)
            case Word(text, ""):
                self._equal[text].append(phrase)
            case Word(text, "-*"):
                self._starts.add(text, phrase)
            case Word(text, "*-"):
                self._ends.add(text, phrase)
            case Word(text, "*-*"):
                self._inside[text].append(phrase)
            case Word(text, _):
                self._fuzzy[text].append(phrase)

    def find(self, words: Sequence[str]) -> list[Found]:
        """Return what is found, one for each key and place, in the order of the text."""
        found: dict[tuple[int, int], int] = {}
        for at, word in enumerate(words):
            for key, sequence in self._candidates(word):
                if (key, at) not in found and (places := ends(sequence, words, at)):
                    found[key, at] = max(places)
        return [Found(key, at, end) for (key, at), end in found.items()]

    def _candidates(self, word: str) -> Iterator[tuple[int, Sequence_]]:
        yield from self._equal.get(word, ())
        for length in self._starts.lengths:
            if length > len(word):
                break
            yield from self._starts.filed.get(word[:length], ())
        for length in self._ends.lengths:
            if length > len(word):
                break
            yield from self._ends.filed.get(word[-length:], ())
        for text, filed in self._inside.items():
            if text in word:
                yield from filed
        yield from self._like(word)
        if word[0].isdigit():
            yield from self._numbers
        yield from self._anywhere

    def _like(self, word: str) -> Iterator[tuple[int, Sequence_]]:
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
                yield from self._fuzzy[text]
