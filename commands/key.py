"""`bot.py key new`: a new key of the person hashes, before the older ones."""

import argparse
import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path

from commands.tools import (
    KEY_BYTES,
    Failure,
    Here,
    data_folder,
    key_file,
    read_keys,
    write_keys,
)
from reception import utc_now
from settings import KEY_VARIABLE

BY_HAND = (
    "SEHAT_KEY is set, so there is no file to write to, and nothing was changed. By hand: make a "
    "key with `openssl rand -hex 32`, put it on a line before the old one in a file that only the "
    "bot may read, name the file as storage.key_file, take SEHAT_KEY away, restart the bot."
)


def act(_options: argparse.Namespace, here: Here) -> int:
    """Run the command."""
    if os.environ.get(KEY_VARIABLE, "").strip():
        raise Failure(BY_HAND)
    path = key_file(here)
    if not here.settings.storage.key_file:
        data_folder(here.places.data)
    older = read_keys(path) if path.exists() else ()
    write_keys(path, [secrets.token_hex(KEY_BYTES).encode(), *older])
    kept = here.settings.storage
    sys.stdout.write(_next(path, len(older), max(kept.person_days, kept.unmatched_days)))
    return 0


def _next(path: Path, older: int, days: int) -> str:
    if not older:
        return f"{path}: the first key. The bot uses it from its next start on.\n"
    over = utc_now().date() + timedelta(days=days + 1)
    return (
        f"{path}: a new key stands before {older} older.\n"
        "Now restart the bot. Whoever writes is then moved to the new key; /mydata and /forget "
        "find people under every key of the file.\n"
        f"From {over} on nobody is left under the older keys ({days} days without use): "
        "take their lines out then. Taken out earlier, they leave rows that are nobody's and go "
        "when their days are over.\n"
    )
