"""`safety.phrases` reads phrases as clinicians write them, and finds them in words."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import text as reading
from safety.phrases import Element, Finder, Found, Parser, PhraseError, Sequence_, ends, union

many = settings(max_examples=400, deadline=None, derandomize=True)


def parse(phrase: str, **sets: str) -> Sequence_:
    """Read a phrase; a set is given as its phrases, separated by commas."""
    parser = Parser(reading.words)
    made = {name: union(map(parser.parse, listed.split(", "))) for name, listed in sets.items()}
    return parser.parse(phrase, made)


def found(phrase: str, message: str, **sets: str) -> list[str]:
    """Return the words of a message that a phrase covers, one text for each place."""
    words = reading.words(message)
    places = Finder([(1, parse(phrase, **sets))]).find(words)
    return [" ".join(words[place.start : place.end]) for place in places]


@pytest.mark.parametrize(
    ("phrase", "message", "expected"),
    [
        ("not breathing", "She is NOT breathing!", ["not breathing"]),
        ("not breathing", "not really breathing", []),
        ("fever", "fever, then fever", ["fever", "fever"]),
        ("can't breathe", "He can’t breathe", ["can't breathe"]),
        ("साँस नहीं", "उसे सांस नहीं आ रही", ["सांस नहीं"]),
        ("high-pressure", "high pressure", ["high pressure"]),
        ("bleed*", "bled, bleed, bleeding", ["bleed", "bleeding"]),
        ("*pumui", "hapumui, apumui sasa", ["hapumui", "apumui"]),
        ("*pum*", "anapumua, pumu, pua", ["anapumua", "pumu"]),
        ("bleed* badly", "bleeding badly", ["bleeding badly"]),
        ("khudkushi~", "khudkhushi khudkasi khudi", ["khudkhushi", "khudkasi"]),
        ("nausea~", "nausae nusea nuse", ["nausae", "nusea"]),
        ("my <2> hurts", "my left knee hurts", ["my left knee hurts"]),
        ("my <2> hurts", "my hurts", ["my hurts"]),
        ("my <2> hurts", "my poor old knee hurts", []),
        ("#", "bp 160/100, sugar 8.2, hb a1c", ["160/100", "8.2"]),
        ("# mg", "500 mg and 5 ml", ["500 mg"]),
        ("(son|little boy) fell", "my son fell", ["son fell"]),
        ("(son|little boy) fell", "the little boy fell", ["little boy fell"]),
        ("(son|little boy) fell", "my boy fell", []),
        ("[so] much blood", "so much blood", ["so much blood", "much blood"]),
        ("lost [(so|too)] much", "lost much, lost too much", ["lost much", "lost too much"]),
        ("my @kin fell", "my big sister fell", ["my big sister fell"]),
        ("(bleed*|# weeks) now", "12 weeks now, bleeding now", ["12 weeks now", "bleeding now"]),
        ("(*pumui|nausea~) sasa", "hapumui sasa", ["hapumui sasa"]),
        ("(a|a b) c", "a b c", ["a b c"]),
        ("(bleed*|bleeding) x", "bleeding x", ["bleeding x"]),
        ("(ble*|bleedings*) x", "ble x", ["ble x"]),
        ("<1> pain", "pain", ["pain"]),
        ("([so] much|(a|b c)) d", "b c d", ["b c d"]),
    ],
)
def test_a_phrase_finds_what_it_says(phrase: str, message: str, expected: list[str]) -> None:
    """Each sign, alone and beside others; every place is found, at its longest."""
    assert expected == found(phrase, message, kin="mother, big sister")


@pytest.mark.parametrize(
    ("phrase", "word", "fits"),
    [
        ("nausea~", "nauxea", True),
        ("nausea~", "nauxxa", False),
        ("nausea~", "anusea", True),
        ("bleedin~", "bledn", False),
        ("bleeding~", "bledin", True),
        ("bleeding~", "bledi", False),
    ],
    ids=["6-one", "6-two", "6-swapped", "7-two", "8-two", "8-three"],
)
def test_longer_words_may_hold_more_slips(phrase: str, word: str, *, fits: bool) -> None:
    """One in 5 to 7 letters, two from 8 on; neighbours swapped are one slip."""
    assert fits == bool(found(phrase, word))


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [
        ("(a b", "“(” is not closed by “)”"),
        ("[a (b|c)", "“[” is not closed by “]”"),
        ("(a]", "“(” is not closed by “)”"),
        ("[a|b)", "“[” is not closed by “]”"),
        ("(", "“(” is not closed by “)”"),
        ("a)", "“a)”: a bracket closes that was not opened"),
        ("a] b", "a bracket closes that was not opened"),
        ("my @kin", "the set @kin is not in this file"),
        ("high-temp*", "“high-temp*”: * and ~ go with a single word"),
        ("*", "“*”: * and ~ go with a single word"),
        ("~", "“~”: * and ~ go with a single word"),
        ("pain~", "“pain~”: ~ wants a word of 5 letters or more"),
        ("", "“”: nothing in it must be there, so it would fit every text"),
        ("…", "nothing in it must be there"),
        ("<3>", "nothing in it must be there"),
        ("[a] <2> [(b|c)]", "nothing in it must be there"),
        ("(a|[b])", "nothing in it must be there"),
        ("(a|)", "nothing in it must be there"),
    ],
)
def test_a_phrase_that_cannot_be_read_says_why(phrase: str, sentence: str) -> None:
    """The sentence is for the clinician who wrote it."""
    with pytest.raises(PhraseError, match=re.escape(sentence)):
        parse(phrase)


@pytest.mark.parametrize(
    "phrase",
    ["pain <12> days", "pain <3 days", "pain > 3 days", "pain in @ leg", "hosp*tal", "khud~kushi"],
    ids=["two-digits", "no-end", "no-beginning", "no-name", "star-inside", "tilde-inside"],
)
def test_a_sign_where_none_can_be_is_not_read_as_something_else(phrase: str) -> None:
    """Dropped in silence it would leave a phrase that never fits what was meant."""
    with pytest.raises(PhraseError):
        parse(phrase)


def test_a_word_is_folded_once_however_often_it_stands() -> None:
    """Rule files repeat their words thousands of times."""
    asked: list[str] = []

    def fold(word: str) -> list[str]:
        asked.append(word)
        return [word]

    parser = Parser(fold)
    first, again = parser.parse("my son fell"), parser.parse("son fell")

    assert asked == ["my", "son", "fell"]
    assert first[1:] == again


def test_finds_many_phrases_in_the_order_of_the_text() -> None:
    """Each with the key it was filed under, longest first word or not."""
    phrases = ["snake bit*", "*bit", "#", "<1> arm", "(leg|[my] arm)", "bit"]
    finder = Finder((key, parse(phrase)) for key, phrase in enumerate(phrases))
    words = reading.words("snake bit my arm 2 times")

    assert finder.find(words) == [
        Found(0, 0, 2),
        Found(5, 1, 2),
        Found(1, 1, 2),
        Found(4, 2, 4),
        Found(3, 2, 4),
        Found(4, 3, 4),
        Found(3, 3, 4),
        Found(2, 4, 5),
    ]


def test_a_key_counts_once_at_a_place() -> None:
    """Several phrases may stand under one key."""
    finder = Finder([(7, parse("chest pain")), (7, parse("chest"))])

    assert finder.find(["chest", "pain", "chest"]) == [Found(7, 0, 2), Found(7, 2, 3)]


@pytest.mark.parametrize("words", [[], ["nothing", "here"]], ids=["empty", "other-words"])
def test_finds_nothing_where_nothing_is(words: list[str]) -> None:
    """No phrase fits an empty message."""
    assert Finder([(1, parse("[so] much"))]).find(words) == []


# Phrases of every form, each beside the regular expression that says the same over "a b ab … ".
WORDS = ("a", "b", "ab", "ba", "7")
plain = st.sampled_from(WORDS[:4]).map(lambda word: (word, f"{word} "))
stems = st.sampled_from(
    [
        ("a*", "a[ab]* "),
        ("*b", "[ab]*b "),
        ("*a*", "[ab]*a[ab]* "),
        ("#", "7 "),
        ("<2>", r"(?:\S+ ){0,2}"),
    ]
)
Pair = tuple[str, str]


def _row(pairs: list[Pair]) -> Pair:
    return " ".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)


def _nested(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    rows = st.lists(inner, min_size=1, max_size=3).map(_row)
    options = st.lists(rows, min_size=1, max_size=3)
    chosen = options.map(
        lambda many: (f"({'|'.join(p for p, _ in many)})", f"(?:{'|'.join(r for _, r in many)})")
    )
    maybe = options.map(
        lambda many: (f"[{'|'.join(p for p, _ in many)}]", f"(?:{'|'.join(r for _, r in many)})?")
    )
    return chosen | maybe | rows


phrases = st.recursive(plain | stems, _nested, max_leaves=8)
messages = st.lists(st.sampled_from(WORDS), max_size=7)


def _reference(pattern: str, words: list[str]) -> dict[int, set[int]]:
    fits: Callable[[str], re.Match[str] | None] = re.compile(pattern).fullmatch
    return {
        start: {
            end
            for end in range(start, len(words) + 1)
            if fits("".join(f"{word} " for word in words[start:end]))
        }
        for start in range(len(words) + 1)
    }


@many
@given(phrases, messages)
def test_a_phrase_ends_where_a_regular_expression_would(phrase: Pair, words: list[str]) -> None:
    """Every place at which it can end, from every beginning, however brackets are nested."""
    sequence = parse(f"({phrase[0]}) a")
    expected = _reference(f"(?:{phrase[1]})a ", words)

    assert expected == {start: ends(sequence, words, start) for start in range(len(words) + 1)}


@many
@given(phrases, messages)
def test_a_finder_misses_no_place(phrase: Pair, words: list[str]) -> None:
    """Trying only phrases whose first word is there loses none."""
    sequence = parse(f"({phrase[0]}) a")
    places = _reference(f"(?:{phrase[1]})a ", words)

    expected = [Found(1, start, max(stops)) for start, stops in places.items() if stops]
    assert expected == Finder([(1, sequence)]).find(words)


@many
@given(st.lists(st.tuples(phrases, phrases), max_size=6), messages)
def test_a_finder_finds_what_trying_every_phrase_everywhere_would(
    pairs: list[tuple[Pair, Pair]], words: list[str]
) -> None:
    """Filing by first words and by what must follow, and where, loses nothing and adds nothing."""
    known = [parse(f"{one[0]} a {other[0]} b") for one, other in pairs]
    places = [
        Found(key, start, max(stops))
        for start in range(len(words))
        for key, sequence in enumerate(known)
        if (stops := ends(sequence, words, start))
    ]
    made = Finder(enumerate(known)).find(words)

    assert sorted(places, key=str) == sorted(made, key=str)
    assert [place.start for place in places] == [place.start for place in made]


class Counted(tuple[Element, ...]):  # noqa: SLOT001 - it keeps a number
    """A phrase that counts how often it is gone through."""

    times = 0

    def __iter__(self) -> Iterator[Element]:
        """Count, and go through."""
        self.times += 1
        return super().__iter__()


@pytest.mark.parametrize(
    ("phrase", "message", "tried", "covered"),
    [
        ("my <2> knee hurt*", "my knee hurts", 1, ["my knee hurts"]),
        ("my <2> knee hurt*", "oh my poor old knee hurts", 1, ["my poor old knee hurts"]),
        ("my <2> knee hurt*", "my poor old left knee hurts", 0, []),
        ("my <2> knee hurt*", "hurts, the knee, my friend says", 0, []),
        ("my <2> knee hurt*", "my knee is old and sore, it hurts", 0, []),
        ("my <1> knee hurt*", "my sore knee, my knee hurts", 1, ["my knee hurts"]),
        ("my knee", "my my my knee", 1, ["my knee"]),
        ("[so] much blood", "much too much of it, and blood", 0, []),
        ("[so] much blood", "so much blood", 2, ["so much blood", "much blood"]),
        ("(his|her little) son", "his own big son", 0, []),
        ("(his|her little) son", "her little son", 1, ["her little son"]),
    ],
)  # fmt: skip
def test_a_phrase_is_tried_only_where_all_that_it_needs_can_stand(
    phrase: str, message: str, tried: int, covered: list[str]
) -> None:
    """A word that stands too early or too far off cannot belong to it."""
    sequence, words = Counted(parse(phrase)), reading.words(message)
    finder, filing = Finder([(1, sequence)]), sequence.times
    places = finder.find(words)

    assert tried == sequence.times - filing
    assert covered == [" ".join(words[place.start : place.end]) for place in places]


def test_places_behind_the_first_hundred_words_count_too() -> None:
    """What stands where is kept for messages of any length."""
    words = [*["my"] * 300, "left", "knee"]

    assert [Found(1, 299, 302)] == Finder([(1, parse("my [left|right] knee"))]).find(words)


@pytest.mark.parametrize(
    "phrase",
    [
        "a <9> a <9> a <9> a <9> a <9> b",
        "[a] [a] [a] [a] [a] [a] [a] [a] [a] [a] [a] [a] b",
        "(a|a a|[a] a|a <9> a) (a|a a|[a] a|a <9> a) b",
        "[a [a [a [a [a [a [a [a [a]]]]]]]]] b",
        "a [<9> a [<9> a [<9> a [<9> a]]]] b",
        "*a* (a*|*a) <9> (a*|*a) abracadabra~ b",
    ],
    ids=["gaps", "optional", "choices", "nested", "nested-gaps", "parts"],
)
def test_no_phrase_runs_away(phrase: str) -> None:
    """What takes a careless regular expression years takes a moment on the longest message."""
    finder = Finder([(1, parse(phrase))])
    words = ["a"] * 2048
    began = time.process_time()

    assert finder.find(words) == []
    assert time.process_time() - began < 3
