"""The Bot API's methods by name."""

from collections.abc import Callable
from typing import Any

from fakes.bot_api import about, editing, sending
from fakes.bot_api.form import Params
from fakes.bot_api.world import World

METHODS: dict[str, Callable[[World, Params], Any]] = {
    "getMe": about.get_me,
    "logOut": about.yes,
    "close": about.yes,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendChatAction": sending.send_chat_action,
    "forwardMessage": sending.forward_message,
    "copyMessage": sending.copy_message,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "answerCallbackQuery": editing.answer_callback_query,
    "answerInlineQuery": editing.answer_inline_query,
    "getFile": about.get_file,
    "getChat": about.get_chat,
    "getChatMember": about.get_chat_member,
    "leaveChat": about.leave_chat,
    "setMyCommands": about.set_my_commands,
    "getMyCommands": about.get_my_commands,
    "deleteMyCommands": about.delete_my_commands,
    "setMyName": about.set_text("name"),
    "getMyName": about.get_text("name"),
    "setMyDescription": about.set_text("description"),
    "getMyDescription": about.get_text("description"),
    "setMyShortDescription": about.set_text("short_description"),
    "getMyShortDescription": about.get_text("short_description"),
    "setChatMenuButton": about.set_chat_menu_button,
}
RECEIVING = ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
# Upper and lower case are the same (Bot API, "Making requests")
NAMES = {name.lower(): name for name in (*METHODS, *RECEIVING)}
