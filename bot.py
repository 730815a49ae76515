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
from commands import ask, check, contacts, evaluate, key, new, purge, run, transfer, unmatched
from commands.tools import Failure, Here
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

    added = command("unmatched", "the questions that could not be answered", unmatched.act)
    added.add_argument("what", choices=["list", "export"], help="list them, or export all")
    added.add_argument("--lang", type=Language, choices=list(Language), help="only this language")
    added.add_argument("--limit", type=int, default=50, help="how many to list [50]")
    added.add_argument(
        "--format", choices=["csv", "jsonl"], default="csv", help="of the export [csv]"
    )
    _contacts(commands, command)
    return made


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
