"""Messages and buttons: what the bot does with each."""

from collections.abc import Sequence
from functools import partial

from telegram import (
    Bot,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MaybeInaccessibleMessage,
    Message,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatType, ParseMode
from telegram.error import BadRequest, Forbidden
from telegram.ext import ContextTypes
from telegram.helpers import create_deep_linked_url

import assistant
from assistant import Question, Turn
from faq.decision import Emergency, Note, Refuse, Remark, Unmatched
from faq.reply import MONTHLESS, Reply, Tone
from handlers import outgoing
from handlers.incoming import (
    READ_SECONDS,
    Caller,
    addressed,
    caller,
    in_group,
    number_of,
    question,
)
from handlers.ledger import ledger
from handlers.mydata import Rows, worded
from handlers.patience import within
from reception import Reception
from storage import people
from storage.tables import askers
from text import Language

Context = ContextTypes.DEFAULT_TYPE
# The parts of callback data: code, language, value.
_PARTS = 3


class Conversation:
    """The callbacks of all handlers; `handlers.application` puts them in order."""

    def __init__(self, reception: Reception) -> None:
        """Talk for a reception."""
        self._reception = reception

    # ---- commands

    async def start(self, update: Update, _: Context) -> None:
        """Welcome, with examples to press."""
        _who, language = await self._who(update)
        say = self._reception.desk.speaker(language)
        desk = self._reception.desk
        body = f"{say.phrase('welcome')}\n\n{say.phrase('welcome_end')}"
        if not desk.dialled():
            body += f"\n{say.phrase('contacts_unconfirmed')}"
        entries = desk.library.entries
        examples = [
            [InlineKeyboardButton(say.phrase(key), callback_data=f"e:{language}:{entry}")]
            for key, entry in (
                ("example_1", "malaria-spread"),
                ("example_2", "diabetes-symptoms"),
                ("example_3", "burns-first-aid"),
            )
            if entry in entries
        ]
        more = [
            [InlineKeyboardButton(say.phrase("topics"), callback_data=f"t:{language}:")],
        ]
        await self._say(update, body, InlineKeyboardMarkup([*examples, *more]))

    async def help(self, update: Update, _: Context) -> None:
        """Say what the bot can do."""
        _who, language = await self._who(update)
        await self._say(update, self._reception.desk.speaker(language).phrase("help"))

    async def topics(self, update: Update, _: Context) -> None:
        """Offer all headings."""
        _who, language = await self._who(update)
        desk = self._reception.desk
        keyboard = outgoing.topics_keyboard(desk.library, language)
        await self._say(update, desk.speaker(language).phrase("choose_topic"), keyboard)

    async def language(self, update: Update, _: Context) -> None:
        """Offer all languages."""
        _who, language = await self._who(update)
        desk = self._reception.desk
        keyboard = outgoing.languages_keyboard(desk.library)
        await self._say(update, desk.speaker(language).phrase("choose_language"), keyboard)

    async def privacy(self, update: Update, _: Context) -> None:
        """Say exactly what is kept."""
        _who, language = await self._who(update)
        await self._say(update, self._reception.privacy(language))

    async def mydata(self, update: Update, context: Context) -> None:
        """Show what is kept of the person; never where others read along."""
        who, language = await self._who(update, surely=True)
        message = update.effective_message
        if message is not None and in_group(message.chat):
            await self._invite(message, language, context.bot.username)
            return
        async with self._reception.store.read() as connection:
            held: dict[str, Rows] = {**await people.held(connection, *who.names)}
            counted = await self._reception.counted(connection, "telegram", number_of(update))
        if counted:
            held[askers.name] = counted
        await self._say(update, worded(held, self._reception.desk.speaker(language)))

    async def forget(self, update: Update, _: Context) -> None:
        """Erase what the person left."""
        who, language = await self._who(update, surely=True)
        self._reception.forget(who.person)
        async with self._reception.store.read() as connection:
            known = await people.remembers(connection, *who.names)
            number = number_of(update)
            known = known or bool(await self._reception.counted(connection, "telegram", number))
        ledger().effects += [
            partial(people.forget, person=who.person),
            self._reception.uncounted("telegram", number),
        ]
        key = "forgotten" if known else "nothing_to_forget"
        await self._say(update, self._reception.desk.speaker(language).phrase(key))

    # ---- messages

    async def text(self, update: Update, context: Context) -> None:
        """Answer a question: new, edited or forwarded."""
        message = update.effective_message
        if message is None or not self._meant(message, context.bot):
            return
        who, _language = await self._who(update)
        await self._answer(message, message.text or "", who, context.bot)

    async def media(self, update: Update, context: Context) -> None:
        """Give the fixed reply; nothing is downloaded.  A caption may still call for help."""
        message = update.effective_message
        if message is None or not self._meant(message, context.bot):
            return
        who, language = await self._who(update)
        if message.caption:
            asked, turn = await self._asked(message, message.caption, who, context.bot)
            if isinstance(turn.decision, Emergency):
                ledger().effects.append(self._reception.kept(asked, turn))
                await self._send(message, turn.reply)
                self._carry(message, asked, turn)
                return
        turn = assistant.remark(Note(Remark.MEDIA), language, self._reception.desk)
        await self._send(message, turn.reply)

    async def _answer(self, message: Message, said: str, who: Caller, bot: Bot) -> None:
        asked, turn = await self._asked(message, said, who, bot)
        # Noted before it is sent: who has blocked us asked all the same.
        ledger().effects.append(self._reception.kept(asked, turn))
        if in_group(message.chat) and isinstance(turn.decision, Refuse):
            await self._invite(message, turn.language, bot.username)
        else:
            await self._post(message, self._made(message, turn))
        self._carry(message, asked, turn)

    async def _asked(
        self, message: Message, said: str, who: Caller, bot: Bot
    ) -> tuple[Question, Turn]:
        """Ask what a message says; in private also together with the one before it."""
        asked = question(message, said, who, bot.username, self._reception)
        if not in_group(message.chat):
            asked = self._reception.joined(asked)
        return asked, await self._reception.ask(asked)

    def _carry(self, message: Message, asked: Question, turn: Turn) -> None:
        """Remember a message for the next; in a group the answer would tell others of it."""
        if not in_group(message.chat):
            self._reception.carry(asked, turn)

    async def _invite(self, message: Message, language: Language, username: str) -> None:
        """Answer what is personal in a group with the way to the private chat, nothing else."""
        say = self._reception.desk.speaker(language)
        link = create_deep_linked_url(username, "private")
        button = InlineKeyboardButton(say.phrase("open_private"), url=link)
        await self._post(
            message,
            [outgoing.Message(say.phrase("group_private"), InlineKeyboardMarkup([[button]]))],
        )

    # ---- buttons

    async def press(self, update: Update, _: Context) -> None:
        """Do what a button says.  The data are checked: anyone can forge them."""
        query = update.callback_query
        if query is None:
            return
        code, second, value = _parted(query.data or "")
        if code == "v":
            await self._vote(update, query, second, value)
            return
        await _acknowledge(query)
        if second not in set(Language):
            return
        language = Language(second)
        match code:
            case "e":
                await self._entry(update, query, language, value)
            case "t":
                await self._browse(query, language, value)
            case "c":
                await self._country(query, language, value)
            case "l":
                await self._choose(update, query, language)
            case "n":
                await self._none(update, query, language)
            case "w":
                await self._wait(update, query, language, value)
            case _:
                pass

    async def _entry(
        self, update: Update, query: CallbackQuery, language: Language, entry: str
    ) -> None:
        desk = self._reception.desk
        if entry not in desk.library.entries or query.message is None:
            return
        who, _language = await self._who(update)
        turn = assistant.show(entry, language, desk)
        asked = assistant.Question("", "telegram", self._reception.clock(), who.person)
        ledger().effects.append(self._reception.kept(asked, turn))
        self._reception.pressed(who.person, entry)
        await self._post(query.message, outgoing.messages(turn.reply, desk.library))

    async def _browse(self, query: CallbackQuery, language: Language, topic: str) -> None:
        library, say = self._reception.desk.library, self._reception.desk.speaker(language)
        if topic in library.topics:
            heading = say.phrase(f"topic_{topic}")
            text = f"<b>{heading}</b>\n{say.phrase('choose_question')}"
            keyboard = outgoing.questions_keyboard(library, language, topic)
        else:
            text = say.phrase("choose_topic")
            keyboard = outgoing.topics_keyboard(library, language)
        shown = query.message
        browsing = isinstance(shown, Message) and _is_menu(shown)
        if browsing:
            await _edit(query, text, keyboard)
        elif shown is not None:
            await self._post(shown, [outgoing.Message(text, keyboard)])

    async def _country(self, query: CallbackQuery, language: Language, code: str) -> None:
        desk = self._reception.desk
        if query.message is None:
            return
        reply = assistant.contacts(code, language, desk)
        if reply is None:
            keyboard = outgoing.countries_keyboard(desk.contacts, language)
            text = desk.speaker(language).phrase("choose_country")
            await self._post(query.message, [outgoing.Message(text, keyboard)])
        else:
            await self._post(query.message, outgoing.messages(reply, desk.library))

    async def _choose(self, update: Update, query: CallbackQuery, language: Language) -> None:
        who, _language = await self._who(update)
        today = self._reception.clock().date()
        ledger().effects.append(
            partial(people.choose, person=who.person, chosen=language, today=today)
        )
        text = self._reception.desk.speaker(language).phrase("language_choice_saved")
        await _edit(query, text, None)

    async def _none(self, update: Update, query: CallbackQuery, language: Language) -> None:
        who, _language = await self._who(update)
        turn, effects = self._reception.none_of_these(who.person, language)
        ledger().effects.extend(effects)
        if query.message is not None:
            await self._post(query.message, self._made(query.message, turn))

    async def _wait(
        self, update: Update, query: CallbackQuery, language: Language, ref: str
    ) -> None:
        """Note that somebody wants to be told of an answer; in private, for the chat is kept."""
        message = query.message
        if message is None or message.chat.type != ChatType.PRIVATE:
            return
        who, _language = await self._who(update, surely=True)
        until, again = await within(READ_SECONDS, self._reception.waits(ref, *who.names))
        if not again:
            say = self._reception.desk.speaker(language)
            text = say.phrase("none_late")
            if until is not None:
                text = say.phrase("tell_promised", date=until.strftime(MONTHLESS))
                effect = self._reception.wait(who.person, ref, message.chat.id, language, until)
                ledger().effects.append(effect)
            await self._post(message, self._plain(text, language))
        await _drop(query, "w:")

    async def _vote(self, update: Update, query: CallbackQuery, helpful: str, rest: str) -> None:
        spoken, _, entry = rest.partition(":")
        library = self._reception.desk.library
        if spoken not in set(Language) or entry not in library.entries:
            await _acknowledge(query)
            return
        who, _language = await self._who(update)
        language, today = Language(spoken), self._reception.clock().date()
        ledger().effects.append(
            partial(
                people.vote,
                person=who.person,
                entry=entry,
                chosen=language,
                today=today,
                helpful=helpful == "1",
            )
        )
        passed_on = await self._reception.voted(who.person, entry, helpful=helpful == "1")
        ledger().effects.extend(passed_on)
        key = "feedback_thanks" if helpful == "1" else "feedback_no"
        await _acknowledge(query, library.phrases.say(language, key))
        await _drop(query, "v:")

    # ---- sending

    async def _who(self, update: Update, *, surely: bool = False) -> tuple[Caller, Language]:
        who = await caller(update, self._reception, surely=surely)
        return who, who.language(self._reception.desk.default_language)

    def _meant(self, message: Message, bot: Bot) -> bool:
        return not in_group(message.chat) or addressed(message, bot.username, bot.id)

    async def _say(
        self, update: Update, text: str, keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        if update.effective_message is not None:
            reply = Reply(Language.EN, Tone.ASK, text)
            made = outgoing.messages(reply, self._reception.desk.library)
            last = outgoing.Message(made[-1].html, keyboard)
            await self._post(update.effective_message, [*made[:-1], last])

    async def _send(self, message: Message, reply: Reply) -> None:
        await self._post(message, outgoing.messages(reply, self._reception.desk.library))

    def _made(self, to: MaybeInaccessibleMessage, turn: Turn) -> list[outgoing.Message]:
        """Return the messages of a turn, in private with the button to be told of an answer."""
        library = self._reception.desk.library
        made = outgoing.messages(turn.reply, library)
        unknown = isinstance(turn.decision, Unmatched) and turn.kept is not None
        if unknown and turn.ref and to.chat.type == ChatType.PRIVATE:
            return outgoing.offering(made, library, turn.language, turn.ref)
        return made

    def _plain(self, text: str, language: Language) -> list[outgoing.Message]:
        return outgoing.messages(Reply(language, Tone.ASK, text), self._reception.desk.library)

    async def _post(self, to: object, made: Sequence[outgoing.Message]) -> None:
        chat = getattr(to, "chat", None)
        if chat is None:
            return
        quoted = in_group(chat) and isinstance(to, Message)
        for part in made:
            await outgoing.post(
                to.get_bot(),  # type: ignore[attr-defined]  # every message has it
                chat.id,
                part,
                reply_parameters=ReplyParameters(to.message_id, allow_sending_without_reply=True)
                if quoted and isinstance(to, Message)
                else None,
            )


def _is_menu(message: Message) -> bool:
    """Tell whether a message is the topics menu, which pressing turns over in place."""
    markup = message.reply_markup
    if markup is None:
        return False
    data = [str(button.callback_data) for row in markup.inline_keyboard for button in row]
    return all(item.startswith(("t:", "e:")) for item in data) and data[-1].startswith("t:")


def _parted(data: str) -> tuple[str, str, str]:
    """Return the parts of callback data, empty when they are none of ours."""
    parts = data.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[1] not in {*Language, "0", "1"}:
        return "", "", ""
    code, second, value = parts
    return code, second, value


async def _acknowledge(query: CallbackQuery, text: str | None = None) -> None:
    """Answer a press; a late one can't be answered any more, which changes nothing."""
    try:
        await query.answer(text)
    except BadRequest:
        return


async def _edit(query: CallbackQuery, text: str, keyboard: InlineKeyboardMarkup | None) -> None:
    try:
        await query.edit_message_text(text, parse_mode=ParseMode.HTML, reply_markup=keyboard)
    except BadRequest as error:
        if "not modified" not in str(error):
            raise


async def _drop(query: CallbackQuery, code: str) -> None:
    """Take buttons of a kind away, so that nobody wonders whether the press counted."""
    message = query.message
    if not isinstance(message, Message) or message.reply_markup is None:
        return
    rows = [
        row
        for row in message.reply_markup.inline_keyboard
        if not any(str(button.callback_data).startswith(code) for button in row)
    ]
    try:
        await query.edit_message_reply_markup(InlineKeyboardMarkup(rows) if rows else None)
    except (BadRequest, Forbidden):
        return
