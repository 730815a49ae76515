"""What the work of staff needs, as one value: the database, the files, the desk in service."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
        source_domains: Sites that entries may show as sources; none allows all.
        contact_days: Days after which a number is to be dialled again.
        country: Whose numbers are shown.
        changed: Set when somebody has judged a text, so that what is served follows at once.
    """

    store: Store
    cipher: Cipher
    keys: Sequence[bytes] = field(repr=False)
    faq: Path
    safety: Path
    desk: Callable[[], Desk]
    clock: Callable[[], datetime]
    approvals: int = 1
    review_days: int = 365
    publish: Literal["sample", "approved"] = "sample"
    tell_days: int = 60
    address: str = "http://127.0.0.1:8081"
    source_domains: tuple[str, ...] = ()
    contact_days: int = 180
    country: str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
