"""What Telegram knows: the bot, people, chats, files and open queries."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

from fakes.bot_api.bell import Bell
from fakes.bot_api.calls import Calls
from fakes.bot_api.chat import Chat, Message, User
from fakes.bot_api.form import Params
from fakes.bot_api.profile import Profile
from fakes.bot_api.refusals import BLOCKED, DEACTIVATED, INITIATE, bad_request, forbidden
from fakes.bot_api.updates import Updates


@dataclass(slots=True)
class Query:
    """A pressed button or an inline query; the bot may answer it once."""

    id: str
    kind: str
    user: User
    answer: dict[str, Any] | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on Telegram's servers."""

    file_id: str
    path: str
    data: bytes
    name: str
    mime_type: str

    def face(self) -> dict[str, Any]:
        """Return what every file object begins with."""
        unique = self.file_id.removeprefix("file-")
        size = len(self.data)
        return {"file_id": self.file_id, "file_unique_id": f"unique-{unique}", "file_size": size}


@dataclass(slots=True)
class World:
    """The state of the fake; it outlives the bot's process."""

    bot: User
    rights: dict[str, bool]
    """What getMe adds: can_read_all_group_messages and the like."""
    updates: Updates = field(default_factory=Updates)
    calls: Calls = field(default_factory=Calls)
    profile: Profile = field(default_factory=Profile)
    chats: dict[int, Chat] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    bell: Bell = field(default_factory=Bell)
    _count: int = 0

    def number(self) -> int:
        """Return the next number of a counter that never repeats."""
        self._count += 1
        return self._count

    def chat(self, chat_id: Any) -> Chat:
        """Find a chat by id or @username.

        Raises:
            RefusalError: There is none, or the bot has never seen it.
        """
        if chat_id in {None, ""}:
            sentence = "chat_id is empty"
            raise bad_request(sentence)
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else self._named(str(chat_id))
        if chat is None or not chat.seen:
            sentence = "chat not found"
            raise bad_request(sentence)
        return chat

    def target(self, params: Params, name: str = "chat_id") -> Chat:
        """Find the chat to write to.

        Raises:
            RefusalError: The bot may not write there; the sentence says why.
        """
        chat = self.chat(params.values.get(name))
        if chat.migrated_to is not None:
            sentence = "group chat was upgraded to a supergroup chat"
            raise bad_request(sentence, migrate_to_chat_id=chat.migrated_to)
        match chat.kind, chat.bot_status:
            case _, "member" | "administrator":
                return chat
            case "private", "never":
                raise forbidden(INITIATE)
            case "private", "deactivated":
                raise forbidden(DEACTIVATED)
            case "private", _:
                raise forbidden(BLOCKED)
            case kind, "kicked":
                sentence = f"bot was kicked from the {kind} chat"
                raise forbidden(sentence)
            case kind, _:
                sentence = f"bot is not a member of the {kind} chat"
                raise forbidden(sentence)

    def person(self, user_id: int) -> User | None:
        chat = self.chats.get(user_id)
        return chat.user if chat is not None else None

    def post(self, chat: Chat, sender: User, content: dict[str, Any]) -> Message:
        """Add a message to a chat; its id is the chat's next."""
        message = chat.add(sender, content)
        if sender["id"] == self.bot["id"]:
            chat.replies.append(message["message_id"])
        self.bell.ring()
        return message

    def change(self, chat: Chat, old: Message, changes: dict[str, Any]) -> Message:
        """Replace a message by its edited form; None as a value takes a field away."""
        message = {k: v for k, v in (old | changes).items() if v is not None}
        message["edit_date"] = int(time.time())
        chat.messages[message["message_id"]] = message
        if message["from"]["id"] == self.bot["id"]:
            chat.edits.append(message)
        self.bell.ring()
        return message

    def store(self, data: bytes, name: str, mime_type: str, folder: str) -> StoredFile:
        """Keep a file and give it an id."""
        number = self.number()
        ending = re.search(r"\.\w+$", name)
        path = f"{folder}/file_{number}{ending[0] if ending else ''}"
        kept = StoredFile(f"file-{number}", path, data, name, mime_type)
        self.files[kept.file_id] = kept
        return kept

    def ask(self, kind: str, user: User) -> Query:
        """Open a query that the bot can answer."""
        query = Query(f"{kind}-{self.number():012d}", kind, user)
        self.queries[query.id] = query
        return query

    def _named(self, name: str) -> Chat | None:
        # private chats have no public name for bots (Bot API, sendMessage: "channel or supergroup")
        groups = (c for c in self.chats.values() if c.kind == "supergroup" and c.username)
        return next((c for c in groups if f"@{c.username}".lower() == name.lower()), None)
