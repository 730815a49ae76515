"""Which words of a question may be shown to staff, and which may be somebody's name.  Pure.

Denied by default: what is in no list is shown as `[…]` until three people have used it, which
`escalation.words` counts; a name is never shown.  A list knows words, not who bears them, so a word
that is a name too (asha is hope) is hidden where it stands as a name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import text as reading
from yamlfile import Problem, ProblemsError

FORMS = ("en", "hi", "hi-latin", "ur", "ur-latin", "sw", "id")
HIDDEN = "[…]"
_TOKEN = re.compile(r"\[[a-z…]+\]|[^\s\[\]]+")
_HIDDEN_ROW = re.compile(r"(?:\[…\]\s?)+")
_COMMENT = re.compile("#.*")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789 \t\r\n")
# Quantities, years; longer numbers could be the end of somebody's.
_NUMBER = re.compile(r"\d{1,3}(?:[.,:/]\d{1,3}){0,3}|(?:19|20)\d\d|\d{1,3}(?:,\d{3}){1,3}")
_ENDS = tuple(".!?:।۔؟")
# After these a word that is also a name is one: titles, relatives, "named".
_CUES = frozenset(
    reading.words(
        "mr mrs ms miss dr doctor prof sir madam nurse sister brother aunt auntie uncle named "
        "called name regards sincerely yours dear salam salaam salamu wassalam wasalaam hormat "
        "sadar mukhlis सादर भवदीय والسلام مخلص daktari dokta bwana bw bi mzee mama baba dada "
        "kaka shangazi mjomba binti bin naitwa anaitwa jina mwalimu pak bapak bu ibu mas mbak "
        "bang kak kakak adik om tante mbah bernama nama namaku ustaz shri shree smt sri bhai "
        "behan bahan didi bhabhi chacha chachi mausi amma ammi abbu beti beta naam nam sahab "
        "sahiba ji श्री श्रीमती कुमारी डॉ डॉक्टर भाई बहन दीदी भाभी चाचा चाची मौसी बेटी बेटा नाम "
        "जी ڈاکٹر جناب محترمہ بھائی بہن باجی آپا خالہ چچا چاچی بیٹی بیٹا نام صاحب صاحبہ"
    )
)
# Before these it is one as well: who speaks, and the Hindi and Urdu sign of who has done something.
_SPEAKS = frozenset(
    reading.words(
        "says said told tells asks asked thinks thought wants ne kehta kehti kahta kahti bolta "
        "bolti puchta puchti pooch ने कहता कहती बोलता बोलती पूछता पूछती पूछ نے کہتا کہتی بولتا "
        "بولتی پوچھتا پوچھتی پوچھ anasema alisema kasema anauliza aliuliza ameniambia "
        "aliniambia kaniambia bilang berkata bertanya tanya nanya"
    )
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Folded words that may be shown, and names."""

    words: frozenset[str]
    names: frozenset[str]

    def only_name(self, words: Iterable[str]) -> bool:
        """Tell whether one of some words is a name and nothing else."""
        return any(word in self.names and word not in self.words for word in words)


@dataclass(frozen=True, slots=True)
class Draft:
    """A redacted text without names, whose unknown words wait until others have used them.

    It holds what a person wrote, so it is not shown when printed.
    """

    # Of each token what stands before it, itself, and its unknown words, folded; HIDDEN for a name.
    _tokens: tuple[tuple[str, str, tuple[str, ...]], ...] = field(repr=False)

    @property
    def unknown(self) -> frozenset[str]:
        """Return the folded words that wait."""
        return frozenset(word for _, _, new in self._tokens for word in new)

    def shown(self, known: frozenset[str] = frozenset()) -> str:
        """Return the text as staff may read it, with these of the unknown words."""
        said = (
            before + (token if known.issuperset(new) else HIDDEN)
            for before, token, new in self._tokens
        )
        return _HIDDEN_ROW.sub(f"{HIDDEN} ", "".join(said)).strip()

    def closed(self) -> "Draft":
        """Return the draft with its unknown words hidden for good."""
        return Draft((("", self.shown(), ()),))


def draft(redacted: str, vocabulary: Vocabulary) -> Draft:
    """Return a text of `redact` with all names hidden; marks of `redact` stay."""
    tokens = [found.group() for found in _TOKEN.finditer(redacted)]
    between = _TOKEN.split(redacted)
    bases = [_bases(token, vocabulary) for token in tokens]
    made = []
    for number, token in enumerate(tokens):
        new = tuple(word for word in bases[number] if not _known(word, vocabulary))
        name = _is_name(number, tokens, bases, vocabulary, new=bool(new))
        made.append((between[number], *((HIDDEN, ()) if name else (token, new))))
    return Draft((*made, (between[-1], "", ())))


def _bases(token: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the folded words of a token, without an English genitive; none of a mark."""
    if token.startswith("["):
        return ()
    if (plain := token.lower()) in vocabulary.words:
        return (plain,)  # what is in there is folded
    return tuple(word.removesuffix("'s") for word in reading.words(token))


def _known(word: str, vocabulary: Vocabulary) -> bool:
    return word in vocabulary.words or _NUMBER.fullmatch(word) is not None


def _is_name(
    number: int,
    tokens: list[str],
    bases: list[tuple[str, ...]],
    vocabulary: Vocabulary,
    *,
    new: bool,
) -> bool:
    """Tell whether a token is, or seems to be, somebody's name.

    A name is one wherever it stands unless it is also a word; then, and for a word that is new, its
    place decides: beside a name, after a title, before "says", for the former also a capital within
    a sentence.
    """
    token, own = tokens[number], bases[number]
    listed = not vocabulary.names.isdisjoint(own)
    if listed and vocabulary.only_name(own):
        return True
    if not listed and not new and not _capital(token):
        return False
    begins = not number or tokens[number - 1].endswith(_ENDS)
    # "X-ray" and "COVID" are no names for their capitals.
    if listed and not begins and len(own) == 1 and _capital(token):
        return True
    sides = [] if begins else [number - 1]
    if number + 1 < len(tokens) and not token.endswith(_ENDS):
        sides.append(number + 1)
    for side in sides:
        # Two words that are names as well, side by side, are a name; a new word beside one is new.
        named = listed and not vocabulary.names.isdisjoint(bases[side])
        if named or tokens[side] == "[name]" or vocabulary.only_name(bases[side]):
            return True
        # So is a capital within a sentence beside another that no list knows: Sher Zaman.
        strange = any(not _known(word, vocabulary) for word in bases[side])
        if strange and not begins and _capital(token) and _capital(tokens[side]):
            return True
    if not listed and not new:
        return False
    if not begins and not _CUES.isdisjoint(bases[number - 1]):
        return True
    return len(sides) > (not begins) and not _SPEAKS.isdisjoint(bases[number + 1])


def _capital(token: str) -> bool:
    return token[0].isupper() and not token.isupper()


def load(folder: Path) -> Vocabulary:
    """Read the lists of words and of names in a folder; words in them need not be folded.

    Raises:
        ProblemsError: With every list that is missing or cannot be read.
    """
    problems: list[Problem] = []
    found = [
        _read(path, problems)
        for path in (folder / "names.txt", *(folder / "words" / f"{form}.txt" for form in FORMS))
    ]
    if problems:
        raise ProblemsError(problems)
    return Vocabulary(frozenset().union(*found[1:]), frozenset(found[0]))


def _read(path: Path, problems: list[Problem]) -> set[str]:
    try:
        said = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.append(Problem(str(path), 1, "", "is missing: each form of a language has one"))
        return set()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(Problem(str(path), line, "", "is not UTF-8: save it as UTF-8"))
        return set()
    said = _COMMENT.sub("", said).lower()
    words = set(said.split())
    # Folding all of them would take longer than everything else: only words with such signs.
    signs = set(said) - _PLAIN
    odd = signs.difference(reading.words(" ".join(signs)))
    unusual = {word for word in words if not odd.isdisjoint(word)}
    return (words - unusual).union(reading.words(" ".join(unusual)))
