"""What stands in a chat, as the people in it see it."""

from collections.abc import Callable

from fakes.bot_api.chat import Chat, Message
from fakes.bot_api.world import World


class View:
    """One chat, read."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self.chat = chat

    @property
    def id(self) -> int:
        """The chat's id; in a private chat also the person's (Bot API, Chat)."""
        return self.chat.id

    @property
    def transcript(self) -> list[Message]:
        """The chat as it looks now: edits done, deleted messages gone."""
        return list(self.chat.messages.values())

    async def next_reply(self, timeout: float = 5) -> Message:  # noqa: ASYNC109 - as tests say it
        """Return the bot's next message to this chat that no test has taken, as it stands now.

        Raises:
            TimeoutError: None came in time; the message tells the last refusals.
        """

        def found() -> Message | None:
            while self.chat.replies:
                number = self.chat.replies.popleft()
                if number in self.chat.messages:
                    return self.chat.messages[number]
            return None

        return await self._wait(found, timeout, "a reply")

    async def next_edit(self, timeout: float = 5) -> Message:  # noqa: ASYNC109 - as tests say it
        """Return the next message that the bot edited in this chat, in its new form.

        Raises:
            TimeoutError: None came in time.
        """

        def found() -> Message | None:
            return self.chat.edits.popleft() if self.chat.edits else None

        return await self._wait(found, timeout, "an edit")

    async def _wait(
        self, found: Callable[[], Message | None], seconds: float, what: str
    ) -> Message:
        awaited = f"{what} in {self.chat.face()}; {self._world.calls.trouble()}"
        return await self._world.bell.until(found, seconds, awaited)
