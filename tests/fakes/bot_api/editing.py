"""Methods that change or remove a message, or answer a query."""

from typing import Any

from fakes.bot_api import compose
from fakes.bot_api.chat import Chat, Message
from fakes.bot_api.form import Params
from fakes.bot_api.refusals import NOT_MODIFIED, QUERY_TOO_OLD, bad_request
from fakes.bot_api.world import Query, World

ANSWER_CHARACTERS = 200
RESULTS = 50
RESULT_ID_BYTES = 64


def edit_message_text(world: World, params: Params) -> Message:
    """Replace the text."""
    chat, old = _edited(world, params)
    # an edit without reply_markup takes the buttons away
    return _change(world, chat, old, compose.text(params) | _buttons(params))


def edit_message_caption(world: World, params: Params) -> Message:
    """Replace the caption; an absent one removes it."""
    chat, old = _edited(world, params)
    none: dict[str, Any] = {"caption": None, "caption_entities": None}
    return _change(world, chat, old, none | compose.caption(params) | _buttons(params))


def edit_message_reply_markup(world: World, params: Params) -> Message:
    """Replace the inline keyboard; an absent one removes it."""
    chat, old = _edited(world, params)
    return _change(world, chat, old, _buttons(params))


def delete_message(world: World, params: Params) -> bool:
    """Take a message out of the chat."""
    chat = world.target(params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        sentence = "message to delete not found"
        raise bad_request(sentence)
    theirs = message["from"]["id"] != world.bot["id"]
    if theirs and chat.kind != "private" and chat.bot_status != "administrator":
        # Bot API, deleteMessage: incoming messages only in private chats, or as administrator
        sentence = "message can't be deleted"
        raise bad_request(sentence)
    del chat.messages[message["message_id"]]
    world.bell.ring()
    return True


def answer_callback_query(world: World, params: Params) -> bool:
    """Answer a pressed button."""
    if len(params.text("text")) > ANSWER_CHARACTERS:
        sentence = "MESSAGE_TOO_LONG"  # Bot API: 0-200 characters
        raise bad_request(sentence)
    _answer(world, params, "callback")
    return True


def answer_inline_query(world: World, params: Params) -> bool:
    """Answer an inline query."""
    results = params.array("results", "inline query results")
    if len(results) > RESULTS:
        sentence = "RESULTS_TOO_MUCH"  # Bot API, answerInlineQuery: "No more than 50 results"
        raise bad_request(sentence)
    numbers = [str(result.get("id", "")) for result in results]
    if any(not 1 <= len(number.encode()) <= RESULT_ID_BYTES for number in numbers):
        sentence = "RESULT_ID_INVALID"  # Bot API, InlineQueryResult: 1-64 bytes
        raise bad_request(sentence)
    if len(set(numbers)) < len(numbers):
        sentence = "RESULT_ID_DUPLICATE"
        raise bad_request(sentence)
    for result in results:
        if content := result.get("input_message_content"):
            compose.text(Params(content | {"text": content.get("message_text", "")}))
    _answer(world, params, "inline")
    return True


def _edited(world: World, params: Params) -> tuple[Chat, Message]:
    chat = world.target(params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        sentence = "message to edit not found"
        raise bad_request(sentence)
    if message["from"]["id"] != world.bot["id"] or "forward_origin" in message:
        sentence = "message can't be edited"
        raise bad_request(sentence)
    return chat, message


def _buttons(params: Params) -> dict[str, Any]:
    markup = compose.keyboard(params)
    return {"reply_markup": markup if markup and markup.get("inline_keyboard") else None}


def _change(world: World, chat: Chat, old: Message, changes: dict[str, Any]) -> Message:
    if all(old.get(name) == value for name, value in changes.items()):
        raise bad_request(NOT_MODIFIED)
    return world.change(chat, old, changes)


def _answer(world: World, params: Params, kind: str) -> Query:
    query = world.queries.get(params.text(f"{kind}_query_id"))
    # Telegram takes an answer for seconds and only once; the fake's queries expire when told to
    if query is None or query.kind != kind or query.expired or query.answer is not None:
        raise bad_request(QUERY_TOO_OLD)
    query.answer = dict(params.values)
    world.bell.ring()
    return query
