"""`bot.py check`: every mistake in what people write, at once."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from commands.tools import Failure, Here
from faq import load
from faq.check import check_library
from reception import utc_now
from safety import contacts, rules
from workshop import Places, smalltalk
from yamlfile import Problem, ProblemsError


def act(options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    for path in options.paths:
        if not path.exists():
            msg = f"{path}: there is no such file or folder"
            raise Failure(msg)
    problems = [problem for problem in check(here.places) if _asked(problem, options.paths)]
    for problem in problems:
        line = json.dumps(asdict(problem), ensure_ascii=False) if options.json else str(problem)
        (sys.stdout if options.json else sys.stderr).write(line + "\n")
    mistakes = sum(not problem.warning for problem in problems)
    if not options.json:
        hints = len(problems) - mistakes
        sys.stderr.write(f"{mistakes} mistakes, {hints} hints\n" if problems else "no mistakes\n")
    return 1 if mistakes else 0


def check(places: Places) -> list[Problem]:
    """Return every problem of the knowledge base, the rules and the contacts, by file and line."""
    found: list[Problem] = []

    def collect(maker: Callable[[], object]) -> object | None:
        try:
            return maker()
        except ProblemsError as error:
            found.extend(error.problems)
        return None

    library = collect(lambda: load.library(places.faq))
    collect(lambda: rules.load(places.safety / "rules"))
    collect(lambda: smalltalk(places.faq / "smalltalk.yaml"))
    collect(lambda: contacts.load(places.safety / "contacts.yaml"))
    if library is not None:
        found += check_library(load.library(places.faq), places.faq, utc_now().date())
    return sorted(found)


def _asked(problem: Problem, paths: list[Path]) -> bool:
    if not paths:
        return True
    place = Path(problem.file).resolve()
    return any(place == path.resolve() or path.resolve() in place.parents for path in paths)
