"""What a person does: each action ends as an update for the bot."""

import time
from typing import Any

from fakes.bot_api.chat import Chat, Message, User
from fakes.bot_api.compose import TEXT_UNITS
from fakes.bot_api.entities import Text, linked, trimmed, units
from fakes.bot_api.members import move_bot, receives
from fakes.bot_api.view import View
from fakes.bot_api.world import World

Json = dict[str, Any]


class Seat(View):
    """One person in one chat."""

    def __init__(self, world: World, user: User, chat: Chat) -> None:
        super().__init__(world, chat)
        self.user = user

    async def say(self, text: str, *, reply_to: Message | None = None) -> Message:
        """Write a text; commands, mentions and addresses in it are marked as Telegram does.

        Raises:
            ValueError: A client would refuse to send it, or split it.
        """
        shown = linked(trimmed(Text(text)))
        if not 1 <= units(shown.plain) <= TEXT_UNITS:
            msg = f"a text has 1 to {TEXT_UNITS} UTF-16 units; clients split longer ones"
            raise ValueError(msg)
        entities = {"entities": shown.entities} if shown.entities else {}
        return self._arrive({"text": shown.plain} | entities, reply_to)

    async def edit(self, message: Message, text: str) -> Message:
        """Change her own text; the bot gets edited_message."""
        shown = linked(trimmed(Text(text)))
        fields = {"text": shown.plain, "entities": shown.entities or None}
        edited = self._world.change(self.chat, message, fields)
        if receives(self._world, self.chat, edited):
            self._world.updates.add("edited_message", edited)
        return edited

    async def forward(
        self, text: str, *, from_name: str = "Hidden", from_user: User | None = None
    ) -> Message:
        """Pass on a text; from_name stands for somebody who hides the account."""
        shown = linked(trimmed(Text(text)))
        origin: Json = {"type": "hidden_user", "sender_user_name": from_name}
        if from_user is not None:
            origin = {"type": "user", "sender_user": from_user}
        entities = {"entities": shown.entities} if shown.entities else {}
        forwarded = {"forward_origin": origin | {"date": int(time.time()) - 60}}
        return self._arrive({"text": shown.plain} | entities | forwarded)

    async def photo(self, caption: str | None = None, data: bytes = b"\xff\xd8photo") -> Message:
        kept = self._world.store(data, "photo.jpg", "image/jpeg", "photos").face()
        sizes = [kept | {"width": 90, "height": 67}, kept | {"width": 800, "height": 600}]
        return self._arrive({"photo": sizes} | _caption(caption))

    async def voice(self, seconds: int = 3, data: bytes = b"OggS") -> Message:
        kept = self._world.store(data, "voice.oga", "audio/ogg", "voice").face()
        return self._arrive({"voice": kept | {"duration": seconds, "mime_type": "audio/ogg"}})

    async def document(
        self, name: str, *, data: bytes = b"%PDF", caption: str | None = None
    ) -> Message:
        kept = self._world.store(data, name, "application/pdf", "documents")
        fields = kept.face() | {"file_name": name, "mime_type": kept.mime_type}
        return self._arrive({"document": fields} | _caption(caption))

    async def sticker(self, emoji: str = "👍") -> Message:
        kept = self._world.store(b"RIFF", "sticker.webp", "image/webp", "stickers").face()
        kind = {"type": "regular", "width": 512, "height": 512, "emoji": emoji}
        return self._arrive({"sticker": kept | kind | {"is_animated": False, "is_video": False}})

    async def location(self, latitude: float = -1.29, longitude: float = 36.82) -> Message:
        return self._arrive({"location": {"latitude": latitude, "longitude": longitude}})

    async def contact(self, phone_number: str = "+910000000000") -> Message:
        """Share her own number."""
        card = {"phone_number": phone_number, "first_name": self.user["first_name"]}
        return self._arrive({"contact": card | {"user_id": self.user["id"]}})

    async def send(self, content: Json, *, reply_to: Message | None = None) -> Message:
        """Send any other content, as the fields of a Message."""
        return self._arrive(content, reply_to)

    async def press(self, message: Message, button: str) -> Json:
        """Press an inline button by its label or callback_data; return the callback query.

        The buttons are those of `message` as given: a person may press what she saw a moment ago.

        Raises:
            LookupError: There is no such button.
        """
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [b for row in rows for b in row if "callback_data" in b]
        fitting = [b for b in buttons if button in {b["text"], b["callback_data"]}]
        if not fitting:
            msg = f"no button {button!r}; there are {[b['text'] for b in buttons]}"
            raise LookupError(msg)
        # a deleted message comes as InaccessibleMessage: date 0 (Bot API)
        gone = {"chat": message["chat"], "message_id": message["message_id"], "date": 0}
        query = {
            "id": self._world.ask("callback", self.user).id,
            "from": self.user,
            "message": self.chat.messages.get(message["message_id"], gone),
            "chat_instance": str(self.chat.id),
            "data": fitting[0]["callback_data"],
        }
        self._world.updates.add("callback_query", query)
        return query

    def _arrive(self, content: Json, reply_to: Message | None = None) -> Message:
        quoted = self.chat.quote(reply_to["message_id"]) if reply_to is not None else None
        if quoted is not None:
            content = content | {"reply_to_message": quoted}
        self._open()
        message = self._world.post(self.chat, self.user, content)
        if receives(self._world, self.chat, message):
            self.chat.seen = True
            self._world.chats[self.user["id"]].seen = True
            self._world.updates.add("message", message)
        return message

    def _open(self) -> None:
        """Writing first opens a private chat; a person who blocked the bot must unblock it."""
        if self.chat.kind != "private":
            return
        if self.chat.bot_status == "never":
            self.chat.bot_status = "member"
        if self.chat.bot_status != "member":
            msg = f"{self.user['first_name']} cannot write: the bot is {self.chat.bot_status}"
            raise RuntimeError(msg)


class Person(Seat):
    """A person in the private chat with the bot; its id is the person's id (Bot API, Chat)."""

    async def start(self, payload: str = "") -> Message:
        """Press start, after a deep link if there is a payload (Bot features, "Deep linking")."""
        if self.chat.bot_status == "kicked":
            await self.unblock()
        return await self.say(f"/start {payload}".strip())

    async def block(self) -> None:
        """Block the bot: it learns of it, and its messages to her are refused with 403."""
        move_bot(self._world, self.chat, self.user, "kicked")

    async def unblock(self) -> None:
        move_bot(self._world, self.chat, self.user, "member")

    async def deactivate(self) -> None:
        """Delete her account; the bot hears nothing of it."""
        self.chat.bot_status = "deactivated"

    async def inline(self, text: str, *, offset: str = "") -> Json:
        """Type "@bot text" in some chat; return the inline query (Bot API, InlineQuery)."""
        query = {
            "id": self._world.ask("inline", self.user).id,
            "from": self.user,
            "query": text,
            "offset": offset,
            "chat_type": "sender",
        }
        self.chat.seen = True
        self._world.updates.add("inline_query", query)
        return query

    async def choose(self, query: Json, result_id: str) -> Json:
        """Pick an answered result; the bot gets chosen_inline_result (feedback is on)."""
        answer = self._world.queries[query["id"]].answer or {}
        if not any(result["id"] == result_id for result in answer.get("results", [])):
            msg = f"the bot offered no result {result_id!r}"
            raise LookupError(msg)
        chosen = {"result_id": result_id, "from": self.user, "query": query["query"]}
        self._world.updates.add("chosen_inline_result", chosen)
        return chosen

    @property
    def menu(self) -> list[dict[str, str]]:
        """The commands that she sees, in her language if the bot set them for it."""
        language = self.user.get("language_code", "")
        return self._world.profile.menu(self.user["id"], language)

    @property
    def keyboard(self) -> Json | None:
        """The reply keyboard under the input box."""
        return self.chat.keyboard


def _caption(caption: str | None) -> Json:
    if caption is None:
        return {}
    shown = linked(trimmed(Text(caption)))
    return {"caption": shown.plain} | (
        {"caption_entities": shown.entities} if shown.entities else {}
    )
