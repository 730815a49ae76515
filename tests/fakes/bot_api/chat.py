"""One chat: who is in it and what was written."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]
User = dict[str, Any]


@dataclass(slots=True)
class Chat:
    """A private chat or a group; messages are replaced, never altered, so copies stay true."""

    id: int
    kind: str
    """private, group or supergroup"""
    bot_status: str
    """member, administrator, left, kicked; in private chats also never, deactivated"""
    user: User | None = None
    title: str = ""
    username: str = ""
    seen: bool = False
    """The bot has met this chat in some update."""
    members: dict[int, User] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    replies: deque[int] = field(default_factory=deque)
    """The bot's messages that no test has taken yet."""
    edits: deque[Message] = field(default_factory=deque)
    keyboard: dict[str, Any] | None = None
    """The reply keyboard under the input box."""
    action: str = ""
    """The last sendChatAction, until the bot's next message."""
    migrated_to: int | None = None
    last_id: int = 0

    def face(self) -> dict[str, Any]:
        """Return the Chat object as it stands in messages."""
        if self.user is not None:
            names = ("first_name", "last_name", "username")
            shown = {name: self.user[name] for name in names if self.user.get(name)}
        else:
            shown = {"title": self.title} | ({"username": self.username} if self.username else {})
        return {"id": self.id, "type": self.kind} | shown

    def add(self, sender: User, content: dict[str, Any]) -> Message:
        self.last_id += 1
        # whole seconds (Bot API, Message.date: "Unix time")
        head = {"message_id": self.last_id, "from": sender, "chat": self.face()}
        message = head | {"date": int(time.time())} | content
        self.messages[self.last_id] = message
        return message

    def quote(self, message_id: int) -> Message | None:
        """Return a message as it stands inside its reply: without a further reply in it."""
        message = self.messages.get(message_id)
        if message is None:
            return None
        return {k: v for k, v in message.items() if k != "reply_to_message"}
