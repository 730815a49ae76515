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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

Fold = Callable[[str], list[str]]
"""Splits a text into the words of one view."""

_TOKEN = re.compile(r"<\d>|[()\[\]|#]|@[\w-]+|[^\s()\[\]|#<>@]+")
_MOST_GAP = 9
_NUMBER = re.compile(r"[0-9]+(?:[.,:/][0-9]+)*")
_FUZZY_SHORT, _FUZZY_LONG = 5, 8


class PhraseError(ValueError):
    """A phrase cannot be read; the message says why."""


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
                most = 2 if len(self.text) >= _FUZZY_LONG else 1
                return OSA.distance(self.text, word, score_cutoff=most) <= most


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to `most` words, whichever."""

    most: int


@dataclass(frozen=True, slots=True)
class Number:
    """Any number."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences; an empty one makes the whole optional."""

    options: tuple["Sequence_", ...]


Element = Word | Gap | Number | Choice
Sequence_ = tuple[Element, ...]


def parse(phrase: str, fold: Fold, sets: Mapping[str, Sequence_] | None = None) -> Sequence_:
    """Read one phrase.

    Args:
        phrase: As written in a rule file.
        fold: How the words of the view are folded; a phrase's words are folded the same way.
        sets: What @names stand for.

    Raises:
        PhraseError: A bracket is open, a set unknown, or nothing is left to look for.
    """
    tokens = _TOKEN.findall(phrase)
    sequence, rest = _sequence(tokens, fold, sets or {})
    if rest:
        msg = f"“{phrase}”: a bracket closes that was not opened"
        raise PhraseError(msg)
    if not _solid(sequence):
        msg = f"“{phrase}”: nothing in it must be there, so it would fit every text"
        raise PhraseError(msg)
    return sequence


def _sequence(
    tokens: list[str], fold: Fold, sets: Mapping[str, Sequence_]
) -> tuple[Sequence_, list[str]]:
    made: list[Element] = []
    while tokens:
        token, *rest = tokens
        if token in ")|]":
            break
        if token in "([":
            element, tokens = _choice(token, rest, fold, sets)
            made.append(element)
            continue
        tokens = rest
        made.extend(_plain(token, fold, sets))
    return tuple(made), tokens


def _choice(
    opening: str, tokens: list[str], fold: Fold, sets: Mapping[str, Sequence_]
) -> tuple[Choice, list[str]]:
    closing = ")" if opening == "(" else "]"
    options: list[Sequence_] = [()] if opening == "[" else []
    while True:
        option, tokens = _sequence(tokens, fold, sets)
        options.append(option)
        if not tokens or tokens[0] not in ("|", closing):
            msg = f"“{opening}” is not closed by “{closing}”"
            raise PhraseError(msg)
        sign, *tokens = tokens
        if sign == closing:
            return Choice(tuple(options)), tokens


def _plain(token: str, fold: Fold, sets: Mapping[str, Sequence_]) -> Sequence_:
    if token == "#":
        return (Number(),)
    if token.startswith("<"):
        return (Gap(int(token[1])),)
    if token.startswith("@"):
        if token[1:] not in sets:
            msg = f"the set {token} is not in this file"
            raise PhraseError(msg)
        return sets[token[1:]]
    how = ("*-" if token[0] == "*" else "") + ("-*" if token[-1] == "*" else "")
    how = "*-*" if how == "*--*" else how
    if token.endswith("~"):
        how = "~"
    folded = fold(token.strip("*~"))
    if how and len(folded) != 1:
        msg = f"“{token}”: * and ~ go with a single word"
        raise PhraseError(msg)
    if how == "~" and len(folded[0]) < _FUZZY_SHORT:
        msg = f"“{token}”: ~ wants a word of {_FUZZY_SHORT} letters or more"
        raise PhraseError(msg)
    return tuple(Word(word, how) for word in folded)


def _solid(sequence: Sequence_) -> bool:
    """Tell whether something in the sequence must be there."""
    return any(
        isinstance(element, Word | Number)
        or (isinstance(element, Choice) and all(map(_solid, element.options)))
        for element in sequence
    )


def union(phrases: Iterable[Sequence_]) -> Sequence_:
    """Make a set: one of the phrases."""
    return (Choice(tuple(phrases)),)


def ends(sequence: Sequence_, words: Sequence[str], start: int) -> set[int]:
    """Return the places behind the phrase when it begins at `start`; empty when it does not."""
    places = {start}
    for element in sequence:
        places = _step(element, words, places)
        if not places:
            break
    return places


def _step(element: Element, words: Sequence[str], places: set[int]) -> set[int]:
    match element:
        case Word():
            return {at + 1 for at in places if at < len(words) and element.fits(words[at])}
        case Number():
            return {at + 1 for at in places if at < len(words) and _NUMBER.fullmatch(words[at])}
        case Gap(most):
            return {at + n for at in places for n in range(most + 1) if at + n <= len(words)}
        case Choice(options):
            return {end for at in places for option in options for end in ends(option, words, at)}


def _openings(sequence: Sequence_) -> set[Word | Number] | None:
    """Return what the phrase can begin with, or None when that is open (a gap)."""
    found: set[Word | Number] = set()
    for element in sequence:
        match element:
            case Word() | Number():
                return found | {element}
            case Gap():
                return None
            case Choice(options):
                optional = False
                for option in options:
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


class Finder:
    """Many phrases, found together: only those whose first word is there are tried."""

    def __init__(self, phrases: Iterable[tuple[int, Sequence_]]) -> None:
        """File the phrases under their keys; a key may have several."""
        self._equal: dict[str, list[tuple[int, Sequence_]]] = defaultdict(list)
        self._starts: dict[str, list[tuple[int, Sequence_]]] = defaultdict(list)
        self._other: list[tuple[Word | Number | None, int, Sequence_]] = []
        for key, sequence in phrases:
            for first in _openings(sequence) or {None}:
                if isinstance(first, Word) and first.how == "":
                    self._equal[first.text].append((key, sequence))
                elif isinstance(first, Word) and first.how == "-*":
                    self._starts[first.text].append((key, sequence))
                else:
                    self._other.append((first, key, sequence))
        self._lengths = sorted({len(text) for text in self._starts})

    def find(self, words: Sequence[str]) -> list[Found]:
        """Return what is found, one for each key and place, in the order of the text."""
        found: dict[tuple[int, int], int] = {}
        for at, word in enumerate(words):
            for key, sequence in self._candidates(word):
                if (key, at) not in found and (places := ends(sequence, words, at)):
                    found[key, at] = max(places)
        return [Found(key, at, end) for (key, at), end in found.items()]

    def _candidates(self, word: str) -> Iterable[tuple[int, Sequence_]]:
        yield from self._equal.get(word, ())
        for length in self._lengths:
            if length > len(word):
                break
            yield from self._starts.get(word[:length], ())
        for first, key, sequence in self._other:
            if first is None or (
                first.fits(word) if isinstance(first, Word) else _NUMBER.fullmatch(word)
            ):
                yield key, sequence
