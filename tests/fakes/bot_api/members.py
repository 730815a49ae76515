"""Who belongs to a chat, as Telegram tells the bot."""

import time
from typing import Any

from fakes.bot_api.chat import Chat, Message, User
from fakes.bot_api.world import World

# What python-telegram-bot 22.8 requires of a ChatMemberAdministrator.
_RIGHTS = (
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages"),
    *("can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_change_info"),
    *("can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories"),
)


def membership(user: User, status: str) -> dict[str, Any]:
    """Return a ChatMember; a person who never pressed start counts as having left."""
    head = {"user": user, "status": {"never": "left", "deactivated": "left"}.get(status, status)}
    match status:
        case "administrator":
            return head | dict.fromkeys(_RIGHTS, True) | {"is_anonymous": False}
        case "kicked":
            return head | {"until_date": 0}
        case _:
            return head


def move_bot(world: World, chat: Chat, by: User, status: str) -> None:
    """Change the bot's standing in a chat and tell the bot (update my_chat_member)."""
    old = membership(world.bot, chat.bot_status)
    chat.bot_status = status
    chat.seen = True
    change = {
        "chat": chat.face(),
        "from": by,
        "date": int(time.time()),
        "old_chat_member": old,
        "new_chat_member": membership(world.bot, status),
    }
    world.updates.add("my_chat_member", change)


def receives(world: World, chat: Chat, message: Message) -> bool:
    """Tell whether the bot sees a message: privacy mode (Bot features, "Privacy mode")."""
    if chat.kind == "private":
        return True
    if chat.bot_status not in {"member", "administrator"}:
        return False
    if chat.bot_status == "administrator" or world.rights["can_read_all_group_messages"]:
        return True
    replied = message.get("reply_to_message", {}).get("from", {}).get("id")
    content = ("text", "photo", "voice", "document", "sticker", "location", "contact")
    service = not any(name in message for name in content)
    return service or replied == world.bot["id"] or _addressed(world.bot, message)


def _addressed(bot: User, message: Message) -> bool:
    text = message.get("text") or message.get("caption") or ""
    name = f"@{bot['username']}".lower()
    for entity in message.get("entities") or message.get("caption_entities") or []:
        coded = text.encode("utf-16-le")
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        word = coded[start:end].decode("utf-16-le").lower()
        if entity["type"] == "mention" and word == name:
            return True
        # a bare command is for every bot of the group
        if entity["type"] == "bot_command" and ("@" not in word or word.endswith(name)):
            return True
    return False
