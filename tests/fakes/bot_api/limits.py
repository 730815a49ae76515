"""Telegram's sending limits, as far as they are known (Bots FAQ, "Broadcasting to users")."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from fakes.bot_api.refusals import RefusalError, too_many

# The methods that count.
LIMITED = {
    *("sendMessage", "sendPhoto", "sendDocument", "forwardMessage", "copyMessage"),
    *("editMessageText", "editMessageReplyMarkup", "editMessageCaption"),
}


@dataclass(slots=True)
class Window:
    """So many calls in so many seconds."""

    calls: int
    seconds: float
    times: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, key: int, now: float) -> float:
        """Return the seconds until the next call is allowed, 0.0 when it is."""
        times = self.times[key]
        while times and times[0] <= now - self.seconds:
            times.popleft()
        return times[0] + self.seconds - now if len(times) >= self.calls else 0.0


@dataclass(slots=True)
class Limits:
    """30 a second over all; a chat 1 a second, a few at once; a group 20 a minute."""

    overall: Window
    chat: Window
    group: Window
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def of(cls, per_second: int, burst: int, per_group_minute: int) -> "Limits":
        # `burst` calls in `burst` seconds: one a second on average
        return cls(Window(per_second, 1), Window(burst, burst), Window(per_group_minute, 60))

    def check(self, chat_id: int) -> RefusalError | None:
        """Count one call; return the 429 when it comes too early (refused calls do not count)."""
        now = self.clock()
        asked = [(self.overall, 0), (self.chat, chat_id)]
        if chat_id < 0:
            asked.append((self.group, chat_id))
        wait = max(window.wait(key, now) for window, key in asked)
        if wait > 0:
            return too_many(math.ceil(wait))
        for window, key in asked:
            window.times[key].append(now)
        return None
