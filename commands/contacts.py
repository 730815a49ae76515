"""`bot.py contacts`: which numbers the organisation has dialled, and writing down that it has."""

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from commands.tools import Failure, Here
from faq import edit
from reception import utc_now
from safety import contacts
from safety.contacts import Contacts, Country

COLUMNS = ("country", "kind", "number", "source", "seen", "confirmed", "state")


def list_(options: argparse.Namespace, here: Here) -> int:
    """Run `contacts list`."""
    found = contacts.load(_file(options))
    if options.country:
        countries = {options.country: _country(found, options.country)}
    else:
        countries = found.countries
    today, most = utc_now().date(), here.settings.safety.contact_days
    rows = [
        (code, row.kind, row.number, row.source, row.seen, row.confirmed, row.state(today, most))
        for code, country in countries.items()
        for row in country.contacts
    ]
    if options.json:
        for row in rows:
            line = dict(zip(COLUMNS, row, strict=True))
            sys.stdout.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        return 0
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*(escape(str(cell or "")) for cell in row))
    Console().print(table)
    return 0


def confirm(options: argparse.Namespace, _here: Here) -> int:
    """Run `contacts confirm`."""
    path, today = _file(options), utc_now().date()
    on = _day(options.on) if options.on else today
    if on > today:
        msg = f"{on} lies in the future (today is {today} in UTC): write the day it was dialled"
        raise Failure(msg)
    country = _country(contacts.load(path), options.country)
    number, places = _rows(country, options)
    file = edit.Editable(path)
    for place in places:
        file.set(("countries", options.country, "contacts", place, "confirmed"), on)
    try:
        edit.write({path: file.text()}, lambda new, _old: contacts.load(new))
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise Failure(msg) from None
    sys.stdout.write(f"{path}: {options.country} {options.kind} {number}: confirmed {on}\n")
    return 0


def _file(options: argparse.Namespace) -> Path:
    folder: Path = options.safety
    return folder / "contacts.yaml"


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        msg = f"--on {said[:40]!r} is no day: write it like 2026-11-20"
        raise Failure(msg) from None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _country(found: Contacts, code: str) -> Country:
    country = found.country(code)
    if country is None:
        msg = f"there is no country {code[:40]!r}; there are {_listed(found.countries)}"
        raise Failure(msg)
    return country


def _rows(country: Country, options: argparse.Namespace) -> tuple[str, list[int]]:
    """Return the number that is meant, and where in the country's list it stands.

    Raises:
        Failure: There is no such kind or number, or several numbers of the kind.
    """
    code, kind, wanted = options.country, options.kind, options.number
    of_kind = {n: row for n, row in enumerate(country.contacts) if row.kind == kind}
    if not of_kind:
        there = _listed(row.kind.value for row in country.contacts)
        msg = f"{code} has no number of kind {kind[:40]!r}; it has {there}"
        raise Failure(msg)
    numbers = [row.number for row in of_kind.values()]
    if wanted is None and len(set(numbers)) > 1:
        msg = f"{code} has several of kind {kind}, name one with --number: {_listed(numbers)}"
        raise Failure(msg)
    number = numbers[0] if wanted is None else wanted.strip()
    if number not in numbers:
        msg = f"{code} has no {kind} number {number[:60]!r}; it has {_listed(numbers)}"
        raise Failure(msg)
    return number, [n for n, row in of_kind.items() if row.number == number]
