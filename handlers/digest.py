"""The loop that tells the staff chat: the digest at its hour, a sudden rise within a minute.

Of several processes one tells; what could not be sent is tried again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from telegram import Bot
from telegram.error import ChatMigrated, TelegramError

from escalation import digest, queue, rise, told
from escalation.digest import Digest, Schedule
from escalation.groups import FEW_PEOPLE, State
from escalation.office import Office
from escalation.rise import Rise
from handlers import cards, outgoing
from handlers import sentences as say
from handlers.limiter import AT_ONCE
from handlers.telling import Outcome, judged
from handlers.visible import safe
from text import utf16_length

log = logging.getLogger("sehat.telegram")

LOOK_SECONDS = 30
# What was taken up and not told is free again after this long, also for another process.
AGAIN = timedelta(minutes=10)
RISE_PAUSE, RISES_KEPT = timedelta(days=1), timedelta(days=30)
_LINE, _ROOM = 190, 3900  # characters, UTF-16 units


async def run(  # noqa: PLR0913, PLR0917 - what the loop needs, once
    bot: Bot,
    office: Office,
    chat: int | None,
    schedule: Schedule,
    stopping: asyncio.Event,
    failing: Callable[[], Sequence[str]] = tuple,
    *,
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Tell the staff chat until the end; without a chat there is nothing to do.

    Args:
        bot: Initialised.
        office: What staff's work needs.
        chat: The number of the staff's chat.
        schedule: When digests are due.
        stopping: Set at the end.
        failing: Returns what is wrong in this process now, a sentence each.
        look_seconds: How often it looks.
    """
    if chat is None:
        await stopping.wait()  # a part of the program that ends would end the others
        return
    teller = Teller(bot, office, chat)
    while not stopping.is_set():
        try:
            await teller.rises()
            await teller.digest(schedule, failing)
        except Exception as error:  # noqa: BLE001 - a lost database; it is tried again
            log.error("the staff chat cannot be told (%s)", type(error).__name__)  # noqa: TRY400
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), look_seconds)


class Teller:
    """Tells one chat."""

    def __init__(self, bot: Bot, office: Office, chat: int) -> None:
        """Tell a chat by its number."""
        self._bot, self._office, self._chat = bot, office, chat
        self._wrong = ""  # what was logged last, so that it is logged once
        self._quiet_until: datetime | None = None

    async def digest(self, schedule: Schedule, failing: Callable[[], Sequence[str]]) -> None:
        """Send the digest if one is due."""
        office, now = self._office, self._office.clock()
        last = await told.last(office.store, "digest")
        hour = digest.due(schedule, last, now)
        if hour is None or not await told.claim(office.store, "digest taken", now, AGAIN):
            return
        last = await told.last(office.store, "digest")
        if last is not None and last >= hour:
            return  # another process was faster
        async with office.store.read() as connection:
            since = last or hour - schedule.span
            made = await digest.gather(connection, office, since, hour, failing())
        if await self._sent(outgoing.Message(worded(made))):
            await told.mark(office.store, "digest", hour)

    async def rises(self) -> None:
        """Tell of groups that rise suddenly, each once a day unless it doubles."""
        office, now = self._office, self._office.clock()
        if self._quiet_until and now < self._quiet_until:
            return
        async with office.store.read() as connection:
            found = await rise.risen(connection, now)
        for one in found:
            kind = f"rise:{one.group}"
            if not await told.claim(office.store, kind, now, RISE_PAUSE, one.questions):
                continue
            card = await self._card(one)
            if card is not None and not await self._sent(card):
                await told.release(office.store, kind)
                self._quiet_until = now + AGAIN
                return
        if found:
            await told.drop(office.store, "rise:", now - RISES_KEPT)

    async def _card(self, one: Rise) -> outgoing.Message | None:
        async with self._office.store.read() as connection:
            detail = await queue.group(connection, self._office, one.group)
        if detail is None or detail.group.state not in {State.OPEN, State.DRAFTED}:
            return None  # answered by now
        few = one.people < FEW_PEOPLE
        people = f"fewer than {FEW_PEOPLE}" if few else str(one.people)
        lead = say.RISEN.format(questions=one.questions, people=people, usual=f"{one.usual:.1f}")
        press = cards.Press("s", one.group, detail.group.version)
        return cards.card(detail, press, self._office.desk().library, None, lead)

    async def _sent(self, made: outgoing.Message) -> bool:
        """Send a message; tell whether it arrived, as far as that can be known.

        One that may have arrived counts: it is not sent a second time.
        """
        try:
            await outgoing.post(self._bot, self._chat, made, rate_limit_args=AT_ONCE)
        except ChatMigrated as error:
            self._chat = error.new_chat_id
            self._complain(f"the staff chat has a new number: set staff.chat to {self._chat}")
            return False
        except TelegramError as error:
            if judged(error) is Outcome.UNSURE:
                return True
            self._complain(
                f"the staff chat {self._chat} cannot be written to ({type(error).__name__}): "
                "is the bot in it, and staff.chat its number? It is tried again"
            )
            return False
        self._wrong = ""
        return True

    def _complain(self, sentence: str) -> None:
        if sentence != self._wrong:
            log.warning("%s", sentence)
        self._wrong = sentence


def worded(made: Digest) -> str:
    """Return a digest as HTML, cut where it would be too long for one message."""
    text = f"<b>{safe(digest.title(made), _LINE)}</b>"
    for section in digest.worded(made):
        lines = [f"• {safe(line, _LINE)}" for line in section.lines]
        part = "\n".join([f"<b>{safe(section.head, _LINE)}</b>", *lines])
        if utf16_length(text) + utf16_length(part) > _ROOM:
            return f"{text}\n\n…"
        text += f"\n\n{part}"
    return text
