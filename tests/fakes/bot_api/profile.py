"""What people see of the bot before they write: name, descriptions, menus."""

from dataclasses import dataclass, field
from typing import Any

Command = dict[str, str]


@dataclass(slots=True)
class Profile:
    """Each text by language; '' is the entry for all other languages."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    """(name, description or short_description; language) -> text"""
    commands: dict[tuple[str, str], list[Command]] = field(default_factory=dict)
    """(scope as `scope_key` writes it; language) -> commands"""
    menu_buttons: dict[int | None, dict[str, Any]] = field(default_factory=dict)

    def menu(self, user_id: int, language: str) -> list[Command]:
        """Return the commands that a person sees: narrower scope first, then her language.

        Bot API, "Determining list of commands", for private chats.
        """
        for scope in (f"chat {user_id}", "all_private_chats", "default"):
            for code in (language, ""):
                if commands := self.commands.get((scope, code)):
                    return commands
        return []


def scope_key(scope: dict[str, Any]) -> str:
    """Return a scope as one string, 'chat 17'; absent means default (Bot API)."""
    parts = [scope.get("type", "default"), scope.get("chat_id"), scope.get("user_id")]
    return " ".join(str(part) for part in parts if part is not None)
