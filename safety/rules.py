"""The rules that clinicians read and edit: `safety/rules/<lang>.yaml` into `Rules`.

A *mark* is something a message shows: a person is meant, a symptom is named, it is happening now.
All files add to the same marks, so that mixed languages are read together.  A *rule* fires on its
own phrases (`any`), on marks (`needs`), or on both, unless a mark or phrase speaks against it.
`docs/safety-rules.md` explains the file for those who write it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field

import text as reading
from safety import views
from safety.phrases import Finder, Fold, PhraseError, Sequence_, parse, union
from yamlfile import Document, Problem, ProblemsError, Strict


class Category(StrEnum):
    """What a message touches, in order of precedence: the earlier wins."""

    MEDICAL = "medical"
    POISON = "poison"
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
    why: str = ""
    must_hit: Phrases = ()
    must_pass: Phrases = ()


class FileModel(Strict):
    """One rule file as written."""

    sets: dict[str, Phrases] = {}
    marks: dict[Mark, Phrases] = {}
    rules: tuple[RuleModel, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready: its phrases are filed in the finders under `own` and `against`."""

    id: str
    category: Category
    level: Literal["always", "now", "urgent"]
    other: bool
    needs: frozenset[str]
    unless: frozenset[str]
    own: int | None
    against: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the views of a message show: keys of phrases that were found, and marks."""

    keys: frozenset[int]
    marks: frozenset[str]


class Rules:
    """All rules, ready to look at a message.  Holds no text of the public."""

    def __init__(
        self, rules: Sequence[Rule], plain: Finder, roman: Finder, marks: dict[int, str]
    ) -> None:
        """Keep what `load` has compiled."""
        self.rules = tuple(rules)
        self._plain, self._roman, self._marks = plain, roman, marks

    def show(self, message: str) -> Shown:
        """Look at every view of a message."""
        keys: set[int] = set()
        for view in (message, *views.disguised(message)):
            keys.update(found.key for found in self._plain.find(views.plain(view)))
            if reading.script(view) in (reading.Script.LATIN, None):
                keys.update(found.key for found in self._roman.find(views.roman(view)))
        marks = frozenset(self._marks[key] for key in keys if key in self._marks)
        return Shown(frozenset(keys), marks)

    def firing(self, shown: Shown) -> list[Rule]:
        """Return the rules that fire, whatever the frame; the caller weighs their level."""
        return [
            rule
            for rule in self.rules
            if (rule.own is None or rule.own in shown.keys)
            and rule.needs <= shown.marks
            and not rule.unless & shown.marks
            and not (rule.against is not None and rule.against in shown.keys)
        ]


# Files whose Latin-letter phrases are romanised Hindi or Urdu.
ROMANISED = ("hi", "ur")


class _Compiler:
    """Gathers files into one `Rules`, and every mistake in them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.rules: list[Rule] = []
        self.models: list[tuple[Document, int, RuleModel]] = []
        self._phrases: dict[str, list[tuple[int, Sequence_]]] = defaultdict(list)
        self._keys = 0
        self._mark_keys: dict[str, int] = {}
        self._ids: set[str] = set()

    def add(self, document: Document, language: str) -> None:
        try:
            model = document.model(FileModel)
        except ProblemsError as error:
            self.problems.extend(error.problems)
            return
        sets = {name: self._set(document, language, name, model) for name in model.sets}
        self._sets = sets
        for mark, phrases in model.marks.items():
            key = self._mark_keys.setdefault(mark, self._next())
            self._file(document, language, ("marks", mark), phrases, key)
        for number, rule in enumerate(model.rules):
            self._rule(document, language, number, rule)

    def _next(self) -> int:
        self._keys += 1
        return self._keys

    def _set(
        self, document: Document, language: str, name: str, model: FileModel
    ) -> dict[str, Sequence_]:
        made: dict[str, list[Sequence_]] = defaultdict(list)
        for number, phrase in enumerate(model.sets[name]):
            for view, fold in self._views(language, phrase):
                try:
                    made[view].append(parse(phrase, fold))
                except PhraseError as error:
                    self.problems.append(
                        document.problem(("sets", name, number), str(error))
                    )
        return {view: union(sequences) for view, sequences in made.items()}

    @staticmethod
    def _views(language: str, phrase: str) -> Iterable[tuple[str, Fold]]:
        yield "plain", views.plain
        if language in ROMANISED and reading.script(phrase) in (reading.Script.LATIN, None):
            yield "roman", views.roman

    def _file(
        self,
        document: Document,
        language: str,
        place: tuple[str | int, ...],
        phrases: Phrases,
        key: int,
    ) -> None:
        for number, phrase in enumerate(phrases):
            for view, fold in self._views(language, phrase):
                sets = {name: made[view] for name, made in self._sets.items() if view in made}
                try:
                    self._phrases[view].append((key, parse(phrase, fold, sets)))
                except PhraseError as error:
                    self.problems.append(document.problem((*place, number), str(error)))
                    break

    def _rule(self, document: Document, language: str, number: int, model: RuleModel) -> None:
        place = ("rules", number)
        if model.id in self._ids:
            self.problems.append(document.problem((*place, "id"), f"{model.id} stands twice"))
        self._ids.add(model.id)
        if not model.any and not model.needs:
            self.problems.append(
                document.problem(place, f"{model.id}: give `any` or `needs`, or it always fires")
            )
        own = against = None
        if model.any:
            own = self._next()
            self._file(document, language, (*place, "any"), model.any, own)
        if model.not_with:
            against = self._next()
            self._file(document, language, (*place, "not_with"), model.not_with, against)
        self.models.append((document, number, model))
        self.rules.append(
            Rule(
                model.id,
                model.category,
                model.level,
                model.other,
                frozenset(model.needs),
                frozenset(model.unless),
                own,
                against,
            )
        )

    def done(self) -> Rules:
        return Rules(
            self.rules,
            Finder(self._phrases["plain"]),
            Finder(self._phrases["roman"]),
            {key: mark for mark, key in self._mark_keys.items()},
        )


def load(folder: Path) -> Rules:
    """Read all rule files of a folder and try every rule on its own examples.

    Raises:
        ProblemsError: With every mistake, also a must-hit that is missed or a must-pass that is hit.
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
    problems = list(_tried(rules, compiler.models))
    if problems:
        raise ProblemsError(problems)
    return rules


def _tried(
    rules: Rules, models: Sequence[tuple[Document, int, RuleModel]]
) -> Iterable[Problem]:
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
