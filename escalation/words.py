"""Which new words staff may read: those that three people have used, counted by keyed hashes.

The database never learns a word before: only who used what, scrambled with a key kept elsewhere.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from safety.words import Draft
from storage.tables import words

HASH_CHARACTERS = 32
ENOUGH_PEOPLE = 3
# New words of one message that are counted: a long one must not fill the table.
MOST_COUNTED = 40


def hashed(key: bytes, word: str) -> str:
    """Return the name of a folded word; the label keeps it apart from the hashes of people."""
    made = hmac.new(key, f"word:{word}".encode(), hashlib.sha256)
    return made.hexdigest()[:HASH_CHARACTERS]


async def shown(
    connection: AsyncConnection, draft: Draft, keys: Sequence[bytes], person: str, today: date
) -> str:
    """Return what staff may read of a draft, and count its new words as used by a person.

    Args:
        connection: An open one, in the transaction that writes the text.
        draft: A redacted text, names hidden.
        keys: The key of people's hashes, newest first; under each a word may have been counted.
        person: Whose words they are, a keyed hash; empty for nobody, who is not counted.
        today: The day of the question.
    """
    new = sorted(draft.unknown)[:MOST_COUNTED]
    if not new:
        return draft.shown()
    names = {hashed(key, word): word for key in keys for word in new}
    if person:
        mine = [{"person": person, "word": hashed(keys[0], word), "seen": today} for word in new]
        await connection.execute(
            delete(words).where(words.c.person == person, words.c.word.in_(names))
        )
        await connection.execute(words.insert(), mine)
    rows = await connection.execute(
        select(words.c.word, words.c.person).where(words.c.word.in_(names)).distinct()
    )
    users: dict[str, set[str]] = {}
    for row in rows:
        users.setdefault(names[row.word], set()).add(row.person)
    return draft.shown(frozenset(word for word, by in users.items() if len(by) >= ENOUGH_PEOPLE))
