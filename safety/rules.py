"""The rules that clinicians read and edit: `safety/rules/<lang>.yaml` into `Rules`.

A *mark* is something a message shows: a person is meant, a symptom is named, it is happening now.
All files add to the same marks, so that mixed languages are read together.  A *rule* fires on its
own phrases (`any`), on marks (`needs`), or on both, unless a mark or phrase speaks against it.
`docs/safety-rules.md` explains the file for those who write it.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field

import text as reading
from safety import views
from safety.phrases import Choice, Finder, Found, Parser, PhraseError, Sequence_, union
from yamlfile import Document, Problem, ProblemsError, Strict


class Category(StrEnum):
    """What a message touches, in order of precedence: the earlier wins."""

    POISON = "poison"  # before medical: its card says what not to do
    MEDICAL = "medical"
    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    IDENTIFIERS = "identifiers"
    MEDICINE = "medicine"
    RESULTS = "results"
    SYMPTOMS = "symptoms"
    LOSS = "loss"
    MANIPULATION = "manipulation"


EMERGENCIES = (Category.MEDICAL, Category.POISON, Category.SELF_HARM, Category.ABUSE)
PRECEDENCE = {category: number for number, category in enumerate(Category)}

MARKS = (
    "person",  # somebody in particular: I, my son, mere bete ko
    "general",  # the question is of everybody: what are the signs of, what to do if someone
    "now",  # it is happening or has just happened
    "impersonal",  # an "I" that means everybody: how do I wear, can I get it from
    "state",  # a complaint or condition that somebody has
    "time",  # since when, for how long
    "age",  # how old somebody is
    "ask",  # what is it, is it serious, what should I do
    "medicine",  # a medicine or a kind of it
    "dosing",  # how much, stop, double, together, instead
    "result",  # a test, a reading, a report
    "value",  # a number with a unit of medicine
    "danger",  # a sign of an emergency, named without saying that somebody has it
)
Mark = Literal[
    "person",
    "general",
    "now",
    "impersonal",
    "state",
    "time",
    "age",
    "ask",
    "medicine",
    "dosing",
    "result",
    "value",
    "danger",
]
Phrases = tuple[str, ...]


class RuleModel(Strict):
    """One rule as written."""

    id: str = Field(pattern=r"^[a-zA-Z0-9][\w.-]*$")
    category: Category
    any: Phrases = ()
    needs: tuple[Mark, ...] = ()
    not_with: Phrases = ()
    unless: tuple[Mark, ...] = ()
    level: Literal["always", "now", "urgent"] = "now"
    other: bool = False
    weak: bool = False
    first_aid: str | None = None
    why: str = ""
    must_hit: Phrases = ()
    must_pass: Phrases = ()


class FileModel(Strict):
    """One rule file as written."""

    sets: dict[str, Phrases] = Field(default_factory=dict)
    marks: dict[Mark, Phrases] = Field(default_factory=dict)
    rules: tuple[RuleModel, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready: its phrases are filed in the finders under `own` and `against`."""

    id: str
    category: Category
    level: Literal["always", "now", "urgent"]
    other: bool
    weak: bool  # it counts only where the learnt examples lean the same way
    first_aid: str | None  # the entry to offer beside an emergency
    needs: frozenset[str]
    unless: frozenset[str]
    own: frozenset[int]  # empty when the rule stands on marks alone
    against: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the views of a message show: keys of phrases that were found, and marks."""

    keys: frozenset[int]
    marks: frozenset[str]


class Rules:
    """All rules, ready to look at a message.  Holds no text of the public."""

    def __init__(
        self,
        rules: Sequence[Rule],
        finders: tuple[Finder, Finder],
        marks: dict[int, str],
        gates: dict[int, str],
    ) -> None:
        """Keep what `load` has compiled.

        Args:
            rules: In the order of the files.
            finders: Of the plain view and of romanised Hindi and Urdu.
            marks: Which mark a key stands for.
            gates: The language that a message must be in for a key to count.
        """
        self.rules = tuple(rules)
        self._plain, self._roman = finders
        self._marks, self._gates = marks, gates
        # Which rules a key belongs to; those of marks alone are always looked at.
        self._of_key: dict[int, list[int]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            for key in rule.own:
                self._of_key[key].append(number)
        self._unowned = [number for number, rule in enumerate(self.rules) if not rule.own]

    def show(self, message: str) -> Shown:
        """Look at every view of a message; of a very long one at its beginning and end."""
        keys = frozenset(found.key for _, found in self._found(message))
        marks = frozenset(self._marks[key] for key in keys if key in self._marks)
        return Shown(keys, marks)

    def _found(self, message: str) -> Iterator[tuple[list[str], Found]]:
        """Yield what is found in every view, with the view's words."""
        message = read(message)
        for view in (message, *views.disguised(message)):
            words = views.plain(view)
            spoken = views.spoken(words)
            looks = [(words, self._plain.find(words))]
            if "hi" in spoken and reading.script(view) in (reading.Script.LATIN, None):
                roman = views.roman(view)
                looks.append((roman, self._roman.find(roman)))
            for seen, several in looks:
                for one in several:
                    if self._gates.get(one.key, "") in {"", *spoken}:
                        yield seen, one

    def matched(self, message: str) -> dict[str, tuple[str, ...]]:
        """Return by rule the words of a message that its phrases cover, folded as they are seen.

        For people who ask why: also of rules that do not fire, as a mark is missing or stands
        against them.
        """
        made: dict[str, dict[str, None]] = defaultdict(dict)
        for words, found in self._found(message):
            for number in self._of_key.get(found.key, ()):
                made[self.rules[number].id][" ".join(words[found.start : found.end])] = None
        return {rule: tuple(said) for rule, said in made.items()}

    def firing(self, shown: Shown) -> list[Rule]:
        """Return the rules that fire, whatever the frame; the caller weighs their level."""
        numbers = set(self._unowned)
        for key in shown.keys:
            numbers.update(self._of_key.get(key, ()))
        return [
            rule
            for rule in (self.rules[number] for number in sorted(numbers))
            if rule.needs <= shown.marks
            and not rule.unless & shown.marks
            and not rule.against & shown.keys
        ]


# Files whose Latin-letter phrases are romanised Hindi or Urdu.
ROMANISED = ("hi", "ur")
# Four messages of Telegram, and the end, where people put what they want.
MOST_CHARACTERS, END_CHARACTERS = 16_000, 2_000
_NATIVE = re.compile("[\u0600-\u06ff\u0900-\u097f]")
# English words live in every language ("chest pain", "fever"), English grammar does not: of the
# English marks these count only in a message that may be English.
GRAMMAR = ("person", "general", "now", "impersonal", "time", "age", "ask", "dosing")


def read(message: str) -> str:
    """Return what is looked at of a message: of a very long one its beginning and end."""
    if len(message) <= MOST_CHARACTERS:
        return message
    return f"{message[:-END_CHARACTERS][:MOST_CHARACTERS]} {message[-END_CHARACTERS:]}"


class _Compiler:
    """Gathers files into one `Rules`, and every mistake in them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.rules: list[Rule] = []
        self.models: list[tuple[Document, int, RuleModel]] = []
        self._phrases: dict[str, list[tuple[int, Sequence_]]] = defaultdict(list)
        self._plain, self._roman = Parser(views.plain), Parser(views.roman)
        self._unions: list[Sequence_] = []
        self._keys = 0
        self._marks: dict[int, str] = {}
        self._gates: dict[int, str] = {}
        self._ids: set[str] = set()

    def add(self, document: Document, language: str) -> None:
        try:
            model = document.model(FileModel)
        except ProblemsError as error:
            self.problems.extend(error.problems)
            return
        sets = {name: self._set(document, language, name, model) for name in model.sets}
        # A set without phrases in a view fits nothing there.
        self._sets = {
            view: {name: made.get(view, union(())) for name, made in sets.items()}
            for view in ("plain", "roman")
        }
        for mark, phrases in model.marks.items():
            gated = language != "en" or mark in GRAMMAR
            for key in self._file(document, language, ("marks", mark), phrases, gated=gated):
                self._marks[key] = mark
        for number, rule in enumerate(model.rules):
            self._rule(document, language, number, rule)

    def _set(
        self, document: Document, language: str, name: str, model: FileModel
    ) -> dict[str, Sequence_]:
        made: dict[str, list[Sequence_]] = defaultdict(list)
        for number, phrase in enumerate(model.sets[name]):
            for view, parser in self._views(language, phrase):
                try:
                    made[view].append(parser.parse(phrase))
                except PhraseError as error:
                    self.problems.append(document.problem(("sets", name, number), str(error)))
                    break
        sets = {view: union(sequences) for view, sequences in made.items()}
        self._unions += sets.values()
        return sets

    def _views(self, language: str, phrase: str) -> Iterable[tuple[str, Parser]]:
        yield "plain", self._plain
        if language in ROMANISED and not _NATIVE.search(phrase):
            yield "roman", self._roman

    def _file(
        self,
        document: Document,
        language: str,
        place: tuple[str | int, ...],
        phrases: Phrases,
        *,
        gated: bool,
    ) -> frozenset[int]:
        """File phrases under two keys: one that always counts, one for Latin letters if gated."""
        always, latin = self._keys + 1, self._keys + 2
        self._keys += 2
        if gated:
            self._gates[latin] = language
        for number, phrase in enumerate(phrases):
            key = always if _NATIVE.search(phrase) else latin
            for view, parser in self._views(language, phrase):
                try:
                    self._phrases[view].append((key, parser.parse(phrase, self._sets[view])))
                except PhraseError as error:
                    self.problems.append(document.problem((*place, number), str(error)))
                    break
        return frozenset({always, latin})

    def _rule(self, document: Document, language: str, number: int, model: RuleModel) -> None:
        place = ("rules", number)
        if model.id in self._ids:
            self.problems.append(document.problem((*place, "id"), f"{model.id} stands twice"))
        self._ids.add(model.id)
        if not model.any and not model.needs:
            self.problems.append(
                document.problem(place, f"{model.id}: give `any` or `needs`, or it always fires")
            )
        own = against = frozenset[int]()
        gated = language not in ("en", "common")
        if model.any:
            own = self._file(document, language, (*place, "any"), model.any, gated=gated)
        if model.not_with:
            against = self._file(
                document, language, (*place, "not_with"), model.not_with, gated=gated
            )
        self.models.append((document, number, model))
        self.rules.append(
            Rule(
                model.id,
                model.category,
                model.level,
                model.other,
                model.weak,
                model.first_aid,
                frozenset(model.needs),
                frozenset(model.unless),
                own,
                against,
            )
        )

    def done(self) -> Rules:
        finders = Finder(self._phrases["plain"]), Finder(self._phrases["roman"])
        for parser in (self._plain, self._roman):
            for choice in parser.choices:
                choice.forget()
        for sequence in self._unions:
            for element in sequence:
                if isinstance(element, Choice):
                    element.forget()
        return Rules(self.rules, finders, self._marks, self._gates)


def load(folder: Path, tried: Path | None = None) -> Rules:
    """Read all rule files of a folder and try every rule on its own examples.

    Args:
        folder: Where the files are.
        tried: A file that remembers which state of the rules has passed its examples, so that the
            next start need not try the same again; None always tries.

    Raises:
        ProblemsError: With every mistake, also examples on which a rule does otherwise.
    """
    compiler = _Compiler()
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise ProblemsError([Problem(str(folder), 1, "", "no rule files: the screen needs them")])
    for path in paths:
        try:
            compiler.add(Document(path), path.stem)
        except ProblemsError as error:
            compiler.problems.extend(error.problems)
    if compiler.problems:
        raise ProblemsError(compiler.problems)
    rules = compiler.done()
    if tried is not None and passed(folder, tried):
        return rules
    problems = list(_tried(rules, compiler.models))
    if problems:
        raise ProblemsError(problems)
    if tried is not None:
        tried.write_text(_state(paths), "ascii")
    return rules


def passed(folder: Path, tried: Path) -> bool:
    """Tell whether these very rules were loaded before and did on all examples what they should."""
    try:
        return tried.read_text("ascii") == _state(sorted(folder.glob("*.yaml")))
    except (OSError, UnicodeDecodeError):
        return False


def first_aid(folder: Path) -> Iterator[tuple[Document, int, RuleModel]]:
    """Yield the rules of emergencies as they are written, each with its file and number.

    Raises:
        ProblemsError: A file cannot be read.
    """
    for path in sorted(folder.glob("*.yaml")):
        document = Document(path)
        for number, rule in enumerate(document.model(FileModel).rules):
            if rule.category in EMERGENCIES:
                yield document, number, rule


def _state(paths: Sequence[Path]) -> str:
    """Return a hash of the rule files and of the code that reads them."""
    seen = hashlib.sha256()
    ours = Path(__file__).parent
    for path in (*paths, *sorted(ours.glob("*.py")), ours.with_name("text.py")):
        seen.update(path.read_bytes())
    return seen.hexdigest()


def _tried(rules: Rules, models: Sequence[tuple[Document, int, RuleModel]]) -> Iterable[Problem]:
    """Yield the examples on which a rule does not do what its writer says."""
    for document, number, model in models:
        for key, examples in (("must_hit", model.must_hit), ("must_pass", model.must_pass)):
            for place, example in enumerate(examples):
                fires = any(rule.id == model.id for rule in rules.firing(rules.show(example)))
                if fires != (key == "must_hit"):
                    verb = "is hit by" if fires else "is missed by"
                    yield document.problem(
                        ("rules", number, key, place), f"this example {verb} {model.id}"
                    )
