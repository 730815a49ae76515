"""docs/reviewing.md says what the pages say: its labels are there, its commands are understood."""

import re
import shlex

import pytest
from conftest import HOME

from bot import parser
from escalation.staff import LEAST, Role
from handlers import sentences

PAGE = (HOME / "docs" / "reviewing.md").read_text("utf-8")
SHOWN = "\n".join(
    path.read_text("utf-8")
    for folder in ("console/templates/staff", "console")
    for path in sorted((HOME / folder).glob("*.html" if "templates" in folder else "*.py"))
)
ON_TELEGRAM = "\n".join(value for value in vars(sentences).values() if isinstance(value, str))
LABELS = sorted(set(re.findall(r"\*\*([^*\n]+)\*\*", PAGE)))
# Headings of the page itself, and labels that hold a name.
OWN = {"The very first time", "Taking others in", "From Telegram"}
NAMED = {"Sign in as Omar": "Sign in as {{"}


@pytest.mark.parametrize("label", LABELS)
def test_what_stands_in_bold_is_on_a_page_or_a_card(label: str) -> None:
    """Who follows the page word by word finds every word."""
    shown = NAMED.get(label, label).removesuffix(" …")

    assert label in OWN or shown in SHOWN or shown in ON_TELEGRAM


@pytest.mark.parametrize("line", re.findall(r"^ +\S*python bot\.py (.+)$", PAGE, re.MULTILINE))
def test_its_commands_are_understood(line: str) -> None:
    """With their options."""
    assert parser().parse_args(shlex.split(line)).act


def test_its_pictures_are_there() -> None:
    """Each of them."""
    named = re.findall(r"\]\((pictures/[^)]+)\)", PAGE)

    assert named
    assert [] == [name for name in named if not (HOME / "docs" / name).is_file()]


def test_its_table_of_roles_is_the_one_in_force() -> None:
    """In the same order, and what it names of each role is what that role adds."""
    rows = dict(re.findall(r"^\| (\w+) \| (?:also )?(.+) \|$", PAGE, re.MULTILINE))
    adds = {role: [act for act, least in LEAST.items() if least is role] for role in Role}

    assert [*Role] == [role for role in rows if role in set(Role)]
    assert "approve" in rows["approver"]
    assert "merge, split, export" in rows["reviewer"]
    assert {"approve", "return", "withdraw", "audit"} == set(adds[Role.APPROVER])
    assert {"dismiss", "merge", "split", "export"} == set(adds[Role.REVIEWER])
