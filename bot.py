"""The command line, and the only place that wires things together.

Exit codes: 0 fine, 1 a mistake of the user's or a failed check, 3 a bug, 130 interrupted.
"""

import argparse
import asyncio
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import logs
import settings as settings_
from commands import (
    ask,
    audit,
    check,
    contacts,
    evaluate,
    groups,
    key,
    new,
    purge,
    review,
    run,
    staff,
    transfer,
    unmatched,
)
from commands.tools import Failure, Here
from escalation.groups import WHYS, State
from escalation.staff import Role
from faq.entry import Kind
from faq.table import SEPARATORS
from text import Language
from workshop import FAQ, SAFETY, Places
from yamlfile import ProblemsError

BUG, MISTAKE, INTERRUPTED = 3, 1, 130
CONFIG = Path("config.yaml")
LEAST_HIDDEN = 8  # characters; hiding shorter parts of a secret would make logs unreadable


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints exit like every other mistake of the user's."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        self.print_usage(sys.stderr)
        self.exit(MISTAKE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    everywhere = _Parser(add_help=False)
    everywhere.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file [config.yaml, if there]"
    )
    everywhere.add_argument(
        "--faq", type=Path, metavar="DIR", default=FAQ, help="another knowledge base"
    )
    everywhere.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        default=Path("var"),
        help="database, index, encoder [var/]",
    )
    made = _Parser(
        prog="bot.py", description="Sehat: common health questions, answered with sources."
    )
    commands = made.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, help_: str, act: Callable[[argparse.Namespace, Here], int], among: Any = commands
    ) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = among.add_parser(
            name, help=help_, description=help_, parents=[everywhere]
        )
        added.set_defaults(act=act)
        return added

    added = command("run", "the bot: Telegram if a token is set, and the web page", run.act)
    added.add_argument("--host", help="address to listen on")
    added.add_argument("--port", type=int, help="port to listen on")
    added.add_argument("--prepare", action="store_true", help="only make the index, then end")

    added = command("ask", "one answer in the terminal, with why", ask.act)
    added.add_argument("question", nargs="?", help="the question")
    added.add_argument(
        "--lang", type=Language, choices=list(Language), help="the person's choice of language"
    )
    added.add_argument("--forwarded", action="store_true", help="treat it as a forwarded message")
    added.add_argument(
        "--jsonl",
        action="store_true",
        help="questions on stdin, a decision a line on stdout; stores nothing",
    )

    added = command("check", "find mistakes in entries, phrases, rules, contacts", check.act)
    added.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="only these files or folders [all]"
    )
    added.add_argument("--json", action="store_true", help="problems as JSON lines")
    added.add_argument("--fix", action="store_true", help="mend what needs no thought, then check")
    added.add_argument(
        "--confusions",
        action="store_true",
        help="list which entries find each other's wordings when those are hidden",
    )

    added = command("new", "the file of a new entry, with hints, to be filled in", new.act)
    added.add_argument("id", help="its name for ever, like fever-adult-care")
    added.add_argument(
        "--kind", type=Kind, choices=list(Kind), default=Kind.FACT, help="what it is [fact]"
    )
    added.add_argument("--topic", metavar="T", help="the heading in the menu")

    added = command("export", "all entries as a table (CSV) for a spreadsheet", transfer.export)
    added.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a new file [standard output]"
    )
    added.add_argument(
        "--separator", choices=list(SEPARATORS), default=",", help="between cells [,]"
    )

    added = command("import", "take a table back, after a preview", transfer.import_)
    added.add_argument("file", type=Path, metavar="FILE", help="CSV, as a spreadsheet saves it")
    either = added.add_mutually_exclusive_group()
    either.add_argument("--yes", action="store_true", help="write without asking")
    either.add_argument("--dry-run", action="store_true", help="only show what would change")

    added = command("evaluate", "labelled questions -> scores", evaluate.act)
    added.add_argument(
        "paths", nargs="+", type=Path, metavar="FILE", help="*.jsonl, or a folder of them"
    )
    added.add_argument("--json", action="store_true", help="scores as JSON")
    added.add_argument("--misses", type=int, default=20, metavar="N", help="misses to show [20]")
    added.add_argument(
        "--fail-under",
        type=float,
        metavar="SHARE",
        help="exit 1 when fewer (0 to 1) are right or in reach",
    )

    _unmatched(commands, command)
    _contacts(commands, command)
    _staff(commands, command)
    _audit(commands, command)
    _review(commands, command)
    return made


def _unmatched(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `unmatched` with its commands."""
    said = "the questions that could not be answered, one by one or in groups of one meaning"
    all_ = commands.add_parser("unmatched", help=said, description=said)
    whats = all_.add_subparsers(required=True, metavar="WHAT")
    listed = command("list", "the newest questions", unmatched.list_, whats)
    listed.add_argument("--limit", type=int, default=50, help="how many to list [50]")
    export = command("export", "all of them, with their groups", unmatched.export, whats)
    export.add_argument("--format", choices=["csv", "jsonl"], default="csv", help="[csv]")
    queue = command("groups", "groups of one meaning, a page of them", groups.list_, whats)
    queue.add_argument("--state", choices=[*State, groups.ANY], default=State.OPEN, help="[open]")
    queue.add_argument("--why", choices=WHYS, help="only with questions that came in this way")
    queue.add_argument("--assigned", metavar="NAME", help="only this member's; '' for nobody's")
    queue.add_argument("--largest", action="store_true", help="the largest first [the newest]")
    queue.add_argument("--page", type=int, default=1, metavar="N", help="[1]")
    for one in (listed, export, queue):
        one.add_argument("--lang", type=Language, choices=list(Language), help="only this language")

    def act(
        name: str, help_: str, run_: Callable[[argparse.Namespace, Here], int], about: str = "id"
    ) -> argparse.ArgumentParser:
        added = command(name, help_, run_, whats)
        added.add_argument(about, type=int, help="number of the group" if about == "id" else "")
        return added

    show = act("group", "one group, with all about it", groups.show)
    for one in (queue, show):
        one.add_argument("--json", action="store_true", help="as JSON")
    link = act("link", "add a question to an entry as a wording", groups.link)
    link.add_argument("entry", help="the entry that answers it")
    link.add_argument("--lang", type=Language, choices=list(Language), help="[the title's]")
    link.add_argument("--text", help="the wording [the group's title]")
    made = act("draft", "write the file of a new entry, filled with the questions", groups.draft)
    made.add_argument("entry", help="its name for ever, like bed-bugs")
    made.add_argument("--kind", type=Kind, choices=list(Kind), default=Kind.FACT, help="[fact]")
    made.add_argument("--topic", metavar="T", help="its heading [that of the nearest entry]")
    gone = act("dismiss", "not ours: it becomes background and stays ignored", groups.dismiss)
    into = act("merge", "put a group's questions into another group", groups.merge)
    into.add_argument("into", type=int, help="number of the other group")
    apart = act("split", "take questions out of a group, into a new one", groups.split)
    apart.add_argument("questions", type=int, nargs="+", help="their numbers")
    given = act("assign", "say which member looks after a group", groups.assign)
    given.add_argument("to", metavar="NAME", help="the member; '' for nobody")
    noted = act("note", "write a note beside a group", groups.note)
    noted.add_argument("text", help="what staff shall read there")
    back = act("undo", "take a step back, files included", groups.undo, "step")
    for one in (queue, show, link, made, gone, into, apart, given, noted, back):
        one.add_argument(
            "--as", dest="member", metavar="NAME", help="act as this member [as the terminal]"
        )


def _contacts(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `contacts` with its two commands."""
    added = command("purge", "erase now what has been kept for long enough", purge.act)
    added.add_argument("--json", action="store_true", help="how many rows of each table, as JSON")
    added.add_argument(
        "--unreadable",
        action="store_true",
        help="also the encrypted questions that no key opens, when a key is lost",
    )

    added = command("key", "the keys under which people are known", key.act)
    added.add_argument("what", choices=["new"], help="put a new key before the older ones")

    said = "the numbers to call: which were dialled, and when"
    both = commands.add_parser("contacts", help=said, description=said)
    whats = both.add_subparsers(required=True, metavar="WHAT")
    listed = command("list", "every number and when it was dialled", contacts.list_, whats)
    listed.add_argument("--country", type=str.upper, metavar="KE", help="only this country's")
    listed.add_argument("--json", action="store_true", help="a number a line, as JSON")
    added = command("confirm", "write down that a number was dialled", contacts.confirm, whats)
    added.add_argument("country", type=str.upper, help="ISO code, like KE")
    added.add_argument("kind", help="what it is for: emergency, crisis …")
    added.add_argument("--number", metavar="N", help="which, where a country has several of a kind")
    added.add_argument("--on", metavar="YYYY-MM-DD", help="the day it was dialled [today, in UTC]")
    for one in (listed, added):
        one.add_argument(
            "--safety", type=Path, metavar="DIR", default=SAFETY, help="another safety folder"
        )


def _staff(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `staff` with its commands."""
    said = "people of the organisation: roles, one-time links; the first must be an owner"
    all_ = commands.add_parser("staff", help=said, description=said)
    whats = all_.add_subparsers(required=True, metavar="WHAT")
    listed = command("list", "who is in, with which role", staff.list_, whats)
    listed.add_argument("--json", action="store_true", help="a member a line, as JSON")
    added = command("add", "take somebody in; the first must be an owner", staff.add, whats)
    added.add_argument("name", help="as it stands in the audit, like Anna or 'Anna B.'")
    added.add_argument(
        "--role", type=Role, choices=list(Role), required=True, help="each may what those before"
    )
    added = command("role", "give a member another role", staff.role, whats)
    added.add_argument("name", help="the member")
    added.add_argument("role", type=Role, choices=list(Role), help="the new role")
    for name, help_, act in (
        ("remove", "remove a member; it counts at once", staff.remove),
        ("login", "a link that signs a member in on the pages for staff, once", staff.login),
        ("telegram", "a message that makes a member known to the bot, once", staff.telegram),
    ):
        command(name, help_, act, whats).add_argument("name", help="the member")


def _audit(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `audit` with its commands."""
    said = "what staff did: rows that are only ever added"
    all_ = commands.add_parser("audit", help=said, description=said)
    whats = all_.add_subparsers(required=True, metavar="WHAT")
    added = command("list", "the newest rows", audit.list_, whats)
    added.add_argument("--who", metavar="NAME", help="only what this member did")
    added.add_argument("--object", metavar="TEXT", help="only where the object holds this text")
    added.add_argument("--limit", type=int, default=50, help="how many [50]")
    added = command("verify", "see whether every row is as it was written", audit.verify, whats)
    added.add_argument(
        "--head", metavar="N:HASH", help="one that was written down: the audit must still hold it"
    )
    added = command("export", "all rows, the oldest first", audit.export, whats)
    added.add_argument("--format", choices=["csv", "jsonl"], default="csv", help="[csv]")


def _review(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `review` with its commands."""
    said = "which texts are approved, and judging them where there is no browser"
    all_ = commands.add_parser("review", help=said, description=said)
    whats = all_.add_subparsers(required=True, metavar="WHAT")
    listed = command("list", "how every text stands", review.list_, whats)
    listed.add_argument("--due", action="store_true", help="only what is due within 30 days")
    listed.add_argument("--json", action="store_true", help="a text a line, as JSON")
    for name, help_ in (
        ("submit", "offer a text for approval; who does so counts as its author"),
        ("approve", "approve a text as it lies on disk; its author cannot"),
        ("return", "take approvals of it back, with a comment that says what is wrong"),
        ("withdraw", "send it no more, at once, until it is approved anew"),
    ):
        added = command(name, help_, review.judge, whats)
        added.set_defaults(verdict=name)
        added.add_argument("object", help="like entries/malaria-spread, phrases or contacts/KE")
        added.add_argument(
            "--lang", type=Language, choices=list(Language), help="of an entry or of phrases"
        )
        added.add_argument("--as", dest="member", required=True, metavar="NAME", help="the member")
        added.add_argument("--comment", default="", metavar="TEXT", help="for who works on it")


def _hidden(secrets: Sequence[str]) -> tuple[str, ...]:
    """Return what must not show in logs: each secret, and each of several keys in one."""
    keys = {key.strip() for secret in secrets for key in re.split(r"[\r\n,]", secret)}
    long = {key for key in keys if len(key) >= LEAST_HIDDEN}
    return tuple(sorted({*secrets, *long}, key=len, reverse=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A server's locale is often C; Urdu must come out whole all the same.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    options = parser().parse_args(arguments)
    logs.configure("warning")
    try:
        path = options.config or (CONFIG if CONFIG.exists() else None)
        chosen = settings_.load(path)
        token = settings_.secret(settings_.TOKEN_VARIABLE, chosen.telegram.token_file)
        keys = settings_.secret(settings_.KEY_VARIABLE, chosen.storage.key_file)
        text_key = settings_.secret(settings_.TEXT_KEY_VARIABLE, "")
        given = [secret.get_secret_value() for secret in (token, keys, text_key) if secret]
        logs.configure(chosen.log_level, _hidden(given))
        here = Here(chosen, Places(faq=options.faq, data=options.data), token, keys, path, text_key)
        code: int = options.act(options, here)
    except ProblemsError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return MISTAKE
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
        return MISTAKE
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`| head`); nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last word on a bug, without people's words
        sys.stderr.write("A bug in Sehat. Please report these lines; they hold no message:\n")
        sys.stderr.write("\n".join(logs.trace(error)) + "\n")
        return BUG
    return code


if __name__ == "__main__":
    sys.exit(main())
