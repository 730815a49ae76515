"""Methods about the bot itself, chats, members and files."""

import re
from collections.abc import Callable
from typing import Any

from fakes.bot_api.form import Params
from fakes.bot_api.members import membership
from fakes.bot_api.profile import Command, scope_key
from fakes.bot_api.refusals import bad_request
from fakes.bot_api.world import World

COMMANDS = 100
COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
DESCRIPTION_CHARACTERS = 256
DOWNLOAD_BYTES = 20 * 1024 * 1024
# Bot API, setMyName, setMyDescription, setMyShortDescription
_MOST_CHARACTERS = {"name": 64, "description": 512, "short_description": 120}

Method = Callable[[World, Params], Any]


def get_me(world: World, params: Params) -> dict[str, Any]:
    """Return the bot with what only getMe tells of it (Bot API, User)."""
    return world.bot | world.rights


def yes(world: World, params: Params) -> bool:
    """Return True: logOut and close change nothing that a test could see."""
    return True


def get_chat(world: World, params: Params) -> dict[str, Any]:
    """Return a ChatFullInfo."""
    chat = world.chat(params.values.get("chat_id"))
    # the three that python-telegram-bot 22.8 requires of ChatFullInfo, beside id and type
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"), False
    ) | {"gifts_from_channels": False}
    more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return chat.face() | more


def get_chat_member(world: World, params: Params) -> dict[str, Any]:
    """Return the ChatMember of the bot, of a member, or of somebody who is not there."""
    chat = world.chat(params.values.get("chat_id"))
    user_id = params.integer("user_id")
    if user_id == world.bot["id"]:
        return membership(world.bot, chat.bot_status)
    if user_id in chat.members:
        return membership(chat.members[user_id], "member")
    user = world.person(user_id)
    if user is None:
        sentence = "user not found"
        raise bad_request(sentence)
    return membership(user, "member" if chat.id == user_id else "left")


def leave_chat(world: World, params: Params) -> bool:
    """Leave a group."""
    chat = world.target(params)
    if chat.kind == "private":
        sentence = "chat member status can't be changed in private chats"
        raise bad_request(sentence)
    chat.bot_status = "left"
    return True


def get_file(world: World, params: Params) -> dict[str, Any]:
    """Return a File with the path at which /file/bot<token>/ serves it."""
    stored = world.files.get(params.text("file_id"))
    if stored is None:
        sentence = "wrong file_id or the file is temporarily unavailable"
        raise bad_request(sentence)
    if len(stored.data) > DOWNLOAD_BYTES:
        sentence = "file is too big"  # Bot API, getFile: up to 20 MB
        raise bad_request(sentence)
    return stored.face() | {"file_path": stored.path}


def set_my_commands(world: World, params: Params) -> bool:
    """Keep the commands of one (scope, language_code)."""
    commands = params.array("commands", "commands")
    if len(commands) > COMMANDS:
        sentence = "BOT_COMMANDS_TOO_MUCH"
        raise bad_request(sentence)
    for command in commands:
        if not COMMAND_NAME.fullmatch(command.get("command", "").removeprefix("/")):
            sentence = "BOT_COMMAND_INVALID"  # Bot API, BotCommand: 1-32 of a-z, 0-9, _
            raise bad_request(sentence)
        if not 1 <= len(command.get("description", "")) <= DESCRIPTION_CHARACTERS:
            sentence = "BOT_COMMAND_DESCRIPTION_INVALID"
            raise bad_request(sentence)
    world.profile.commands[_place(world, params)] = commands
    return True


def get_my_commands(world: World, params: Params) -> list[Command]:
    """Return what was set for exactly this (scope, language_code), or nothing."""
    return world.profile.commands.get(_place(world, params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """Forget the commands of one (scope, language_code)."""
    world.profile.commands.pop(_place(world, params), None)
    return True


def set_chat_menu_button(world: World, params: Params) -> bool:
    """Keep the menu button of one private chat, or of all."""
    chat_id = world.chat(params.values["chat_id"]).id if "chat_id" in params.values else None
    button = params.mapping("menu_button", "menu button") or {"type": "default"}
    world.profile.menu_buttons[chat_id] = button
    return True


def set_text(name: str) -> Method:
    """Return the method that sets name, description or short_description for one language."""

    def method(world: World, params: Params) -> bool:
        text = params.text(name).strip()
        if len(text) > _MOST_CHARACTERS[name]:
            what = {"name": "TITLE", "description": "DESCRIPTION", "short_description": "ABOUT"}
            sentence = f"BOT_{what[name]}_INVALID"
            raise bad_request(sentence)
        world.profile.texts[name, params.text("language_code")] = text
        return True

    return method


def get_text(name: str) -> Method:
    """Return the method that tells name, description or short_description for one language."""

    def method(world: World, params: Params) -> dict[str, str]:
        texts = world.profile.texts
        text = texts.get((name, params.text("language_code"))) or texts.get((name, ""), "")
        return {name: text or (world.bot["first_name"] if name == "name" else "")}

    return method


def _place(world: World, params: Params) -> tuple[str, str]:
    scope = params.mapping("scope", "BotCommandScope")
    if "chat_id" in scope:
        world.chat(scope["chat_id"])
    language = params.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        sentence = "LANG_CODE_INVALID"  # "two-letter ISO 639-1 language code"
        raise bad_request(sentence)
    return scope_key(scope), language
