"""From a call's parameters to what stands in the message: text, keyboard, reply."""

from typing import Any

from fakes.bot_api import markdown
from fakes.bot_api.chat import Chat, Message
from fakes.bot_api.entities import Entity, Text, linked, trimmed, units
from fakes.bot_api.form import Params
from fakes.bot_api.markup import from_html, is_link
from fakes.bot_api.refusals import bad_request

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
CALLBACK_BYTES = 64
BUTTONS = 100


def text(params: Params) -> dict[str, Any]:
    """Return the text fields of a message.

    Raises:
        RefusalError: Empty, or over 4096 UTF-16 units after parsing (Bot API, sendMessage).
    """
    shown = _shown(params, "text", "entities")
    if not shown.plain:
        sentence = "message text is empty"
        raise bad_request(sentence)
    if units(shown.plain) > TEXT_UNITS:
        sentence = "message is too long"
        raise bad_request(sentence)
    fields: dict[str, Any] = {"text": shown.plain, "entities": shown.entities or None}
    if preview := params.mapping("link_preview_options", "link preview options"):
        fields["link_preview_options"] = preview
    return fields


def caption(params: Params) -> dict[str, Any]:
    """Return the caption fields of a message; none at all for an empty caption."""
    shown = _shown(params, "caption", "caption_entities")
    if units(shown.plain) > CAPTION_UNITS:
        sentence = "message caption is too long"
        raise bad_request(sentence)
    if not shown.plain:
        return {}
    entities = {"caption_entities": shown.entities} if shown.entities else {}
    return {"caption": shown.plain} | entities


def _shown(params: Params, name: str, entities: str) -> Text:
    source = params.text(name).replace("\r", "")
    match params.text("parse_mode").lower():
        case "html":
            marked = from_html(source)
        case "markdownv2":
            marked = markdown.from_markdown(source)
        case "":
            marked = Text(source, [_checked(e) for e in params.array(entities, "entities")])
        case _:
            # Markdown, the old one, is left out: nobody should begin with it
            sentence = "unsupported parse_mode"
            raise bad_request(sentence)
    return linked(trimmed(marked))


def _checked(entity: Any) -> Entity:
    if not isinstance(entity, dict) or not {"type", "offset", "length"} <= entity.keys():
        sentence = "can't parse MessageEntity: Can't find field \"type\""
        raise bad_request(sentence)
    return entity


def keyboard(params: Params) -> dict[str, Any] | None:
    """Return reply_markup as given, None when absent.

    Raises:
        RefusalError: A button has no text, no action, a bad address or too much callback_data.
    """
    markup = params.mapping("reply_markup", "reply keyboard markup")
    for row in markup.get("inline_keyboard", []):
        for button in row:
            _check_button(button)
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    if sum(len(row) for row in rows) > BUTTONS:
        sentence = "reply markup is too long"
        raise bad_request(sentence)
    return markup or None


def _check_button(button: dict[str, Any]) -> None:
    if not button.get("text"):
        sentence = "can't parse inline keyboard button: Can't find field \"text\""
        raise bad_request(sentence)
    if not button.keys() - {"text", "style", "icon_custom_emoji_id"}:
        sentence = (
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
        raise bad_request(sentence)
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= CALLBACK_BYTES:
        sentence = "BUTTON_DATA_INVALID"  # Bot API, InlineKeyboardButton: 1-64 bytes
        raise bad_request(sentence)
    url = button.get("url")
    if url is not None and not is_link(url):
        sentence = f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
        raise bad_request(sentence)


def reply(chat: Chat, params: Params) -> dict[str, Message]:
    """Return the quoted message, {} when the call is no reply (Bot API, ReplyParameters).

    Raises:
        RefusalError: The message is not there and the bot did not allow for that.
    """
    asked = params.mapping("reply_parameters", "reply parameters")
    number = asked.get("message_id") or params.integer("reply_to_message_id")
    if not number:
        return {}
    quoted = chat.quote(number)
    if quoted is not None:
        return {"reply_to_message": quoted}
    lenient = asked.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")
    if not lenient:
        sentence = "message to be replied not found"
        raise bad_request(sentence)
    return {}
