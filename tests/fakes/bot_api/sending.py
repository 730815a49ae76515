"""Methods that put something into a chat."""

import mimetypes
from typing import Any

from fakes.bot_api import compose
from fakes.bot_api.chat import Chat, Message
from fakes.bot_api.form import Params
from fakes.bot_api.refusals import bad_request, refusal
from fakes.bot_api.world import StoredFile, World

PHOTO_BYTES = 10 * 1024 * 1024
FILE_BYTES = 50 * 1024 * 1024
ACTIONS = {
    *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
    *("upload_document", "choose_sticker", "find_location", "record_video_note"),
    "upload_video_note",
}
_COPIED = (
    *("text", "entities", "caption", "caption_entities", "photo", "document", "voice", "sticker"),
    *("location", "contact", "link_preview_options"),
)


def send_message(world: World, params: Params) -> Message:
    """Write a text."""
    chat = world.target(params)
    return _post(world, chat, params, compose.text(params))


def send_photo(world: World, params: Params) -> Message:
    """Send a picture: uploaded, by file_id or by address."""
    chat = world.target(params)
    stored = _file(world, params, "photo", PHOTO_BYTES)
    # two sizes, the larger one last (Bot API, Message.photo); their pixels are made up
    small = stored.face() | {"width": 90, "height": 67, "file_id": stored.file_id}
    large = stored.face() | {"width": 800, "height": 600}
    return _post(world, chat, params, {"photo": [small, large]} | compose.caption(params))


def send_document(world: World, params: Params) -> Message:
    """Send a file: uploaded, by file_id or by address."""
    chat = world.target(params)
    stored = _file(world, params, "document", FILE_BYTES)
    document = stored.face() | {"file_name": stored.name, "mime_type": stored.mime_type}
    return _post(world, chat, params, {"document": document} | compose.caption(params))


def send_chat_action(world: World, params: Params) -> bool:
    """Show "typing" or the like until the next message."""
    chat = world.target(params)
    if params.text("action") not in ACTIONS:
        sentence = "wrong parameter action in request"
        raise bad_request(sentence)
    chat.action = params.text("action")
    return True


def forward_message(world: World, params: Params) -> Message:
    """Send a message again, with its origin."""
    chat = world.target(params)
    source = _source(world, params, "message to forward not found")
    kept = {name: source[name] for name in _COPIED if name in source}
    origin = source.get("forward_origin") or {
        "type": "user",
        "sender_user": source["from"],
        "date": source["date"],
    }
    return world.post(chat, world.bot, kept | {"forward_origin": origin})


def copy_message(world: World, params: Params) -> dict[str, int]:
    """Send a message again, without its origin; the result is a MessageId."""
    chat = world.target(params)
    source = _source(world, params, "message to copy not found")
    kept = {name: source[name] for name in _COPIED if name in source}
    return {"message_id": _post(world, chat, params, kept)["message_id"]}


def _post(world: World, chat: Chat, params: Params, content: dict[str, Any]) -> Message:
    markup = compose.keyboard(params) or {}
    fields = compose.reply(chat, params) | {k: v for k, v in content.items() if v is not None}
    if "inline_keyboard" in markup:
        # only inline keyboards come back in a Message (Bot API, Message.reply_markup)
        fields["reply_markup"] = markup
    elif "keyboard" in markup:
        chat.keyboard = markup
    elif "remove_keyboard" in markup:
        chat.keyboard = None
    if params.flag("protect_content"):
        fields["has_protected_content"] = True
    chat.action = ""
    return world.post(chat, world.bot, fields)


def _source(world: World, params: Params, missing: str) -> Message:
    chat = world.chat(params.values.get("from_chat_id"))
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request(missing)
    return message


def _file(world: World, params: Params, name: str, most_bytes: int) -> StoredFile:
    given = params.text(name)
    upload = params.files.get(given.removeprefix("attach://") if given else name)
    if upload is not None:
        if len(upload.data) > most_bytes:
            raise refusal(413, "file is too big")
        guessed = mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        folder = "photos" if name == "photo" else "documents"
        return world.store(upload.data, upload.name, upload.content_type or guessed, folder)
    if not given:
        sentence = f"there is no {name} in the request"
        raise bad_request(sentence)
    if given.startswith(("http://", "https://")):
        # Telegram fetches it; the fake keeps to loopback and stores an empty file
        return world.store(b"", given.rsplit("/", 1)[-1], "application/octet-stream", f"{name}s")
    if given not in world.files:
        sentence = "wrong remote file identifier specified: Wrong string length"
        raise bad_request(sentence)
    return world.files[given]
