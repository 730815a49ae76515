"""No number, paper or address that a machine could look up survives `safety.redact`.

`identifiers.txt` was written from the formats of each country, all invented; `readings.txt` holds
what looks like them and must stay.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

import text as reading
from safety.redact import Redaction, redact

WRITTEN = Path(__file__).with_name("identifiers.txt")
READINGS = Path(__file__).with_name("readings.txt").read_text("utf-8").splitlines()
LEAST = 12
_SECRET = re.compile("«(.*?)»")
COUNTRIES = ("IN", "PK", "KE", "TZ", "ID", "GB", "US", "NG", "ZA")


def groups() -> dict[str, list[str]]:
    """Return the sentences of each heading."""
    found: dict[str, list[str]] = defaultdict(list)
    heading = ""
    for line in WRITTEN.read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line and not line.startswith("#"):
            found[heading].append(line)
    return dict(found)


GROUPS = groups()


def left(sentence: str) -> list[str]:
    """Return what is left of the secrets of a sentence: words, and any digit."""
    secret = {word for one in _SECRET.findall(sentence) for word in reading.words(one)}
    around = set(reading.words(_SECRET.sub(" ", sentence)))
    shown = redact(re.sub("[«»]", "", sentence)).text
    spoken = reading.words(re.sub(r"\[[a-z]+\]", " ", shown))
    return [word for word in spoken if word in secret - around or any(map(str.isdecimal, word))]


@pytest.mark.parametrize("heading", GROUPS)
def test_nothing_of_an_identifier_is_left(heading: str) -> None:
    """Every form of it, in any digits and script."""
    assert {} == {line: found for line in GROUPS[heading] if (found := left(line))}


@pytest.mark.parametrize("heading", GROUPS)
def test_there_are_enough_examples(heading: str) -> None:
    """A dozen of each, and each another one."""
    assert LEAST <= len(set(GROUPS[heading]))


def test_every_country_has_its_phones_and_papers() -> None:
    """The nine that the contacts know."""
    wanted = {f"{country} {kind}" for country in COUNTRIES for kind in ("phones", "papers")}

    assert wanted <= GROUPS.keys()


@pytest.mark.parametrize("line", READINGS)
def test_what_staff_must_read_stays(line: str) -> None:
    """Doses, pressures, lab values, years, temperatures, names of illnesses."""
    assert Redaction(reading.normalise(line), frozenset()) == redact(line)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("asha [at] example [dot] org", "[email]"),
        ("meet (at) home", "meet at home"),
        ("[name] at noon", "[name] at noon"),
        ("passport AB 1234567, fever", "passport [number], fever"),
        ("I am 45 years old, in 2019 I had covid", "I am [age], in 2019 I had covid"),
        ("my son is 7 years old", "my son is [age]"),
        ("nilizaliwa mwaka 1990 huko", "nilizaliwa mwaka [date] huko"),
    ],
)
def test_only_the_detail_goes(typed: str, shown: str) -> None:
    """The words around it stay."""
    assert shown == redact(typed).text
