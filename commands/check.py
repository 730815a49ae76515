"""`bot.py check`: every mistake in what people write, at once; `--fix` mends the plain ones."""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import text as reading
import workshop
from commands.tools import Failure, Here, progress
from faq import edit, load, prose
from faq.check import Standard, check_library, stolen
from faq.confusion import Confusion, confusions, pairs
from faq.entry import Entry, Library, Text, origin
from faq.evaluate import lines
from faq.index import build
from faq.learn import matcher
from reception import utc_now
from safety import contacts, head, rules, words
from safety.contacts import HELPLINES, Kind, State
from settings import Settings
from text import Language
from workshop import Places, smalltalk
from yamlfile import Document, Problem, ProblemsError

# No general text helps somebody who is being hurt now; its card has the numbers.
NO_ENTRY = rules.Category.ABUSE


def act(options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    for path in options.paths:
        if not path.exists():
            msg = f"{path}: there is no such file or folder"
            raise Failure(msg)
    if options.fix:
        _fix(here.places, options.paths)
    report = Report(here)
    found = [problem for problem in report.problems if _asked(problem, options.paths)]
    for problem in found:
        line = json.dumps(asdict(problem), ensure_ascii=False) if options.json else str(problem)
        (sys.stdout if options.json else sys.stderr).write(line + "\n")
    if options.confusions and not options.json:
        sys.stdout.writelines(f"{line}\n" for line in report.confused())
    mistakes = sum(not problem.warning for problem in found)
    if not options.json:
        sys.stderr.writelines(
            f"{line}\n" for line in report.summary(mistakes, len(found) - mistakes)
        )
    return 1 if mistakes else 0


class Report:
    """Every problem of knowledge base, rules and contacts, and which wordings are confused."""

    def __init__(self, here: Here) -> None:
        """Check everything."""
        self.problems: list[Problem] = []
        self.confusions: list[Confusion] = []
        self.wordings = 0
        self.skipped = ""
        self._stolen: list[Problem] = []
        places = here.places
        library = self._made(lambda: load.library(places.faq))
        folder, tried = places.safety / "rules", places.data / "rules-tried"
        if not rules.passed(folder, tried):
            self._made(lambda: rules.load(folder, tried if places.data.is_dir() else None))
        self._made(lambda: head.load(places.safety / "examples"))
        self._made(lambda: words.load(places.safety))
        self._made(lambda: smalltalk(places.faq / "smalltalk.yaml"))
        file = places.safety / "contacts.yaml"
        told = self._made(lambda: list(_undialled(file, here.settings, utc_now().date())))
        self.problems += told if isinstance(told, list) else []
        if isinstance(library, Library):
            standard = Standard(here.settings.content.source_domains, utc_now().date())
            self.problems += check_library(library, places.faq, standard)
            self.problems += _asked_for(places.faq / "questions", library)
            self._steals(library, here)
            ids = library.entries.keys()
            named = self._made(lambda: list(_first_aid(folder, ids)))
            self.problems += named if isinstance(named, list) else []
        self.problems = sorted(set(self.problems))

    def _made(self, maker: Callable[[], object]) -> object | None:
        try:
            return maker()
        except ProblemsError as error:
            self.problems.extend(error.problems)
        return None

    def _steals(self, library: Library, here: Here) -> None:
        """Ask every wording with itself hidden; that needs the encoder."""
        places = here.places
        try:
            encoder = workshop.encoder(here.settings, places)
            with progress() as told:
                index = build(library, encoder, places.data / "index.npz", told)
                # What was learnt from a slightly older base weighs the signals well enough.
                asked = workshop.labelled(
                    workshop.questions(places), index, encoder, places.data, told
                )
                learnt = matcher(index, asked, places.data / "matcher.npz", older=True)
                kept = places.data / "confusions.json"
                self.confusions = confusions(
                    learnt, kept, lambda done, of: told("asking wordings", done, of), encoder.digest
                )
        except (ProblemsError, OSError) as error:
            self.skipped = f"wordings that steal questions were not looked for: {error}"
            return
        self.wordings = len(index.rows)
        self._stolen = list(stolen(self.confusions, index.rows, library, places.faq))

    def confused(self) -> Iterator[str]:
        """Yield the pairs of entries, most confusions first, then the surest wordings by place."""
        for own, other, times in pairs(self.confusions):
            yield f"{times:4} {own} -> {other}"
        yield from map(str, self._stolen)

    def summary(self, mistakes: int, hints: int) -> Iterator[str]:
        """Yield the last lines for a person."""
        if self.skipped:
            yield self.skipped
        if self.confusions:
            share = len(self.confusions) / self.wordings
            own, other, times = pairs(self.confusions)[0]
            yield (
                f"{len(self.confusions):,} of {self.wordings:,} wordings ({share:.0%}) find another"
                f" entry when they are hidden themselves, {own} -> {other} most ({times}); "
                "--confusions lists all"
            )
        yield f"{mistakes} mistakes, {hints} hints" if mistakes or hints else "no mistakes"


def _asked_for(folder: Path, library: Library) -> Iterator[Problem]:
    """Yield labelled questions that cannot be read, or whose entry is not there."""
    problems: list[Problem] = []
    drafts = {*library.drafts, *library.unfinished}
    for file in sorted(folder.glob("*.jsonl")):
        for number, question in lines(file, problems):
            for named in (question.expect, question.also, *question.accept):
                if named and not any(named in known for known in (library.entries, drafts)):
                    yield Problem(str(file), number, "expect", f"there is no entry {named}")
    yield from problems


def _undialled(path: Path, settings: Settings, today: date) -> Iterator[Problem]:
    """Yield numbers to be dialled again, and that the country served has no emergency number.

    What was never dialled is told of that one number only: each row of a new base would be.

    Raises:
        ProblemsError: The contacts cannot be read.
    """
    numbers, document = contacts.load(path), Document(path)
    days = settings.safety.contact_days
    for code, country in numbers.countries.items():
        for row_number, row in enumerate(country.contacts):
            place = ("countries", code, "contacts", row_number, "confirmed")
            if row.confirmed and row.confirmed > today:
                yield document.problem(place, "lies in the future")
            elif row.state(today, days) is State.DUE:
                kept = "; until then it is not shown" if row.kind in HELPLINES else ""
                sentence = f"over {days} days ago: dial {row.number} again{kept}"
                yield document.problem(place, sentence, warning=True)
    served = numbers.country(settings.country)
    emergency = [row for row in served.contacts if row.kind is Kind.EMERGENCY] if served else []
    if served and not any(row.confirmed for row in emergency):
        sentence = (
            f"no emergency number of the country served was dialled: dial {emergency[0].number}, "
            f"then bot.py contacts confirm {settings.country} emergency"
        )
        yield document.problem(("countries", str(settings.country)), sentence, warning=True)


def _first_aid(folder: Path, entries: Collection[str]) -> Iterator[Problem]:
    """Yield emergencies that point at no entry, or at one that is not there."""
    pointing = set()
    for document, number, rule in rules.first_aid(folder):
        if rule.first_aid in entries:
            pointing.add(rule.category)
        elif rule.first_aid:
            sentence = f"there is no entry {rule.first_aid}"
            yield document.problem(("rules", number, "first_aid"), sentence, warning=True)
    for category in rules.EMERGENCIES:
        if category not in pointing and category != NO_ENTRY:
            sentence = f"no rule of {category} names a first-aid entry that is there"
            yield Problem(str(folder), 1, "", sentence, warning=True)


def _asked(problem: Problem, paths: list[Path]) -> bool:
    if not paths:
        return True
    place = Path(problem.file).resolve()
    return any(place == path.resolve() or path.resolve() in place.parents for path in paths)


def _fix(places: Places, paths: list[Path]) -> None:
    """Mend what needs no thought, and say what.

    Related entries that do not name back, translations without the mark of their English,
    invisible characters, Arabic letters for Urdu ones, wordings that stand twice in a language.

    Raises:
        ProblemsError: The knowledge base cannot be loaded; there is nothing to stand on.
    """
    library = load.library(places.faq)
    for id_, entry in library.entries.items():
        path = places.faq / "entries" / f"{id_}.yaml"
        if not _asked(Problem(str(path), 1, "", ""), paths):
            continue
        file = edit.open_entry(path)
        naming = (other.id for other in library.entries.values() if id_ in other.related)
        missing = [other for other in naming if other not in {*entry.related, id_}]
        if missing:
            file.set(("related",), (*entry.related, *missing))
        for language, text in entry.texts.items():
            _fix_text(file, entry, language, text)
        if file.text() != file.before:
            file.save()
            sys.stderr.write(f"mended {path}\n")


def _fix_text(file: edit.Editable, entry: Entry, language: Language, text: Text) -> None:
    place = ("texts", language.value)
    english = entry.texts.get(Language.EN)
    if language is not Language.EN and english is not None:
        # What is mended in the English makes no translation older.
        mark = origin(_mended(english, Language.EN))
        if text.made_from in {None, origin(english)} and text.made_from != mark:
            file.set((*place, "from"), mark)
    for key, said in (("question", text.question), ("answer", text.answer)):
        if (mended := prose.mended(said, language)) != said:
            file.set((*place, key), mended)
    wordings = {reading.fold(w): prose.mended(w, language) for w in reversed(text.wordings)}
    wordings.pop(reading.fold(text.question), None)
    kept = tuple(reversed(wordings.values()))
    if kept != text.wordings:
        file.set((*place, "wordings"), kept)


def _mended(text: Text, language: Language) -> Text:
    changed = {key: prose.mended(getattr(text, key), language) for key in ("question", "answer")}
    return text.model_copy(update=changed)
