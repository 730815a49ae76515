"""What the work of staff needs, as one value: the database, the files, the desk in service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from assistant import Desk
from storage.cipher import Cipher
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Office:
    """One for each process; `commands` makes it.

    Attributes:
        store: The database.
        cipher: Opens and seals what people wrote.
        keys: Of the keyed hashes, newest first.
        faq: The folder of the knowledge base; what curators write goes there.
        safety: The folder of rules and contacts.
        desk: Returns the desk in service.
        clock: Returns the time, aware, UTC.
        approvals: How many an entry needs in a language.
        review_days: Days after its approval that a text is due again.
        publish: Whether texts are sent that nobody has approved.
        tell_days: Days that a chat is kept of who wants to be told.
        address: Where staff reach the console, without a slash at the end.
    """

    store: Store
    cipher: Cipher
    keys: Sequence[bytes]
    faq: Path
    safety: Path
    desk: Callable[[], Desk]
    clock: Callable[[], datetime]
    approvals: int = 1
    review_days: int = 365
    publish: Literal["sample", "approved"] = "sample"
    tell_days: int = 60
    address: str = "http://127.0.0.1:8081"
