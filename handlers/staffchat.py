"""Staff on Telegram: signing in, and the queue as cards with buttons.

Who sends a command or presses a button is looked up anew each time, so that a removal counts at
once, on old cards too.  For who is no member everything here does what it does for the public.
"""

import contextlib
import logging
import re
from dataclasses import replace

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    CallbackQuery,
    LinkPreviewOptions,
    Message,
    Update,
    User,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from escalation import queue, staff
from escalation.groups import PAGE, Order
from escalation.office import Office
from escalation.queue import Detail, StaleError, State, Wanted
from escalation.staff import Act, Member, RefusedError
from escalation.unmatched import Row
from faq.entry import Entry, Kind
from handlers import cards, outgoing, screens
from handlers import sentences as say
from handlers.cards import Press
from handlers.conversation import Conversation
from handlers.incoming import in_group, language_of
from handlers.profile import COMMANDS
from handlers.visible import plain, visible
from reception import Throttle
from text import Language

log = logging.getLogger("sehat.telegram")
Context = ContextTypes.DEFAULT_TYPE

CODES_A_MINUTE = 5
_CODE = re.compile(r"[A-Za-z0-9_-]{43}")  # as `staff.link` makes them
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)  # nobody else may fetch a one-time link
_MOST_DIGITS = 9  # of an id in the database
_MOST_TOLD = 200  # characters of the answer to a press


class _Card(filters.MessageFilter):
    """Lets replies to cards of the queue through."""

    def filter(self, message: Message) -> bool:
        replied = message.reply_to_message
        return replied is not None and cards.pressed_on(replied) is not None


class StaffChat:
    """The callbacks of staff's handlers."""

    def __init__(self, office: Office, chat: int | None, public: Conversation) -> None:
        """Serve an office.

        Args:
            office: What staff's work needs.
            chat: The staff's chat, or None.
            public: What answers those who are no members.
        """
        self._office, self._chat, self._public = office, chat, public
        self._codes = Throttle(CODES_A_MINUTE)

    def handlers(self) -> list[BaseHandler]:  # type: ignore[type-arg]
        """Return the handlers.  They stand before those that take every command, text, press."""
        new = filters.UpdateType.MESSAGE
        commands = (
            ("staff", self.staff),
            ("login", self.login),
            ("chatid", self.chat_id),
            ("queue", self.show),
        )
        return [
            *(CommandHandler(name, callback, new) for name, callback in commands),
            MessageHandler(
                filters.UpdateType.MESSAGES & filters.TEXT & ~filters.COMMAND & _Card(), self.reply
            ),
            CallbackQueryHandler(self.press, pattern=f"^{cards.PREFIX}"),
        ]

    # ---- who

    async def _member(self, update: Update) -> Member | None:
        """Return the member that an update comes from, as of now."""
        user = update.effective_user
        if user is None or user.is_bot:
            return None
        async with self._office.store.read() as connection:
            return await staff.of_telegram(connection, user.id)

    async def _as_public(self, update: Update, context: Context) -> None:
        """Do what the bot does with a command that it doesn't know: help, in groups nothing."""
        message = update.effective_message
        if message is not None and not in_group(message.chat):
            await self._public.help(update, context)
            # Who was a member keeps the menu of staff until then.
            with contextlib.suppress(TelegramError):
                await context.bot.delete_my_commands(BotCommandScopeChat(message.chat.id))

    # ---- signing in

    async def staff(self, update: Update, context: Context) -> None:
        """Take a member's code: from now on this Telegram account is the member."""
        message, user = update.effective_message, update.effective_user
        if message is None or user is None or user.is_bot:
            return
        code = (context.args or [""])[0]
        if not _CODE.fullmatch(code):
            if await self._member(update) is None:
                await self._as_public(update, context)
            else:
                await _say(message, say.STAFF_USE)
            return
        if in_group(message.chat):
            await self._spoil(message, code)
            return
        await _delete(message)
        if self._codes.wait(str(user.id)):
            await _say(message, say.CODE_TRIES)
        else:
            await self._bind(message, code, user, context.bot)

    async def _bind(self, message: Message, code: str, user: User, bot: Bot) -> None:
        office = self._office
        try:
            async with office.store.begin() as connection:
                member = await staff.bind(connection, code, user.id, office.clock())
        except RefusedError as error:
            await _say(message, str(error))
            return
        if member is None:
            await _say(message, say.CODE_WRONG)
            return
        await _say(message, say.MEMBER.format(name=member.name, role=member.role))
        await self._menu(bot, user)

    async def _spoil(self, message: Message, code: str) -> None:
        """Use a code up that others have read; of one that is none nothing is said."""
        async with self._office.store.begin() as connection:
            spoilt = await staff.spoil(connection, code, self._office.clock())
        if spoilt:
            await _delete(message)
            await _say(message, say.CODE_SEEN)

    async def _menu(self, bot: Bot, user: User) -> None:
        """Put staff's commands into the member's own menu, behind everybody's."""
        phrases, spoken = self._office.desk().library.phrases, language_of(user) or Language.EN
        everybody = [(name, phrases.say(spoken, f"command_{name}")) for name in COMMANDS]
        commands = [BotCommand(*one) for one in (*everybody, *say.COMMANDS.items())]
        try:
            # One menu without a language, which goes before all of the public's: so one call
            # takes it away again.
            await bot.set_my_commands(commands, BotCommandScopeChat(user.id))
        except TelegramError as error:
            log.warning("the menu of a member cannot be set (%s)", type(error).__name__)

    async def login(self, update: Update, context: Context) -> None:
        """Send the member a one-time link to the console, never where others read along."""
        message, member = update.effective_message, await self._member(update)
        if member is None or message is None or member.telegram is None:
            await self._as_public(update, context)
            return
        office = self._office
        try:
            async with office.store.begin() as connection:
                secret = await staff.link(
                    connection, member.name, "console", member.name, office.clock()
                )
        except RefusedError as error:
            await _say(message, str(error))
            return
        address = staff.sign_in_address(office.address, secret)
        text = say.LINK.format(address=address, name=member.name)
        try:
            await context.bot.send_message(
                member.telegram, text, link_preview_options=_NO_PREVIEW, protect_content=True
            )
        except (Forbidden, BadRequest):
            await _say(message, say.LINK_BLOCKED)
            return
        if in_group(message.chat):
            await _say(message, say.LINK_PRIVATE)

    async def chat_id(self, update: Update, context: Context) -> None:
        """Tell a member the number of a group, for the settings."""
        message = update.effective_message
        if message is None or await self._member(update) is None:
            await self._as_public(update, context)
        elif in_group(message.chat):
            await _say(message, say.CHAT_ID.format(number=message.chat.id))
        else:
            await _say(message, say.CHAT_ID_GROUP)

    # ---- the queue

    def _shown_in(self, message: Message) -> bool:
        """Tell whether the queue may be shown in a chat."""
        return not in_group(message.chat) or message.chat.id == self._chat

    async def show(self, update: Update, context: Context) -> None:
        """Show the group that waits first."""
        message, member = update.effective_message, await self._member(update)
        if message is None or member is None:
            await self._as_public(update, context)
            return
        if not self._shown_in(message):
            await _say(message, say.ELSEWHERE)
            return
        try:
            member.must(Act.LOOK)
        except RefusedError as error:
            await _say(message, str(error))
            return
        await _send(message, await self._at(Press("n", 0, 0), 0, member))

    async def _at(
        self, press: Press, place: int, member: Member, lead: str = ""
    ) -> outgoing.Message:
        """Return the card at a place of the queue, or behind it, of another group than pressed on.

        Behind the last comes the first again.
        """
        order: Order = "largest" if press.order == "l" else "newest"
        number = place // PAGE
        async with self._office.store.read() as connection:
            wanted = Wanted(order=order, page=number + 1)
            page = await queue.groups(connection, self._office, wanted)
            # A page behind the last one would be the last one again.
            rest = page.groups[place % PAGE :] if number < page.pages else []
            others = enumerate(rest, place)
            at, group = next((one for one in others if one[1].id != press.group), (0, None))
            detail = group and await queue.group(connection, self._office, group.id)
        if detail:
            return self._card(detail, replace(press, place=at), member, lead)
        if number + 1 < page.pages:
            return await self._at(press, (number + 1) * PAGE, member, lead)
        if place:
            return await self._at(replace(press, group=0), 0, member, say.AGAIN)
        return outgoing.Message(say.EMPTY)

    def _card(
        self, detail: Detail, press: Press, member: Member, lead: str = ""
    ) -> outgoing.Message:
        return cards.card(detail, press, self._office.desk().library, member, lead)

    async def _detail(self, group: int) -> Detail | None:
        async with self._office.store.read() as connection:
            return await queue.group(connection, self._office, group)

    async def press(self, update: Update, _: Context) -> None:
        """Do what a button of a card says.  The data are checked: anyone can forge them."""
        query = update.callback_query
        press = cards.read(query.data or "") if query else None
        shown = query.message if query else None
        if query is None or press is None or shown is None:
            await _answer(query)
            return
        if not isinstance(shown, Message):
            await _answer(query, say.OLD_CARD)
            return
        member = await self._member(update)
        if member is None or not self._shown_in(shown):
            # Only under a card: who forges a press elsewhere learns nothing.
            await _answer(query, say.REFUSED if cards.pressed_on(shown) else "")
            return
        told = ""
        try:
            member.must(Act.LOOK)
            made = await self._pressed(press, shown, member)
        except StaleError as error:
            told = str(error)
            made = await self._stale(press, member, told)
        except RefusedError as error:
            await _answer(query, str(error), alert=True)
            return
        await _answer(query, told)
        await _turn(shown, made)

    async def _pressed(self, press: Press, shown: Message, member: Member) -> outgoing.Message:
        """Return what the card turns into.

        Raises:
            RefusedError: It may not be done.
        """
        if press.act == "o":
            return await self._at(replace(press, group=0), 0, member)
        detail = await self._detail(press.group)
        if press.act == "n":
            waits = detail is not None and detail.group.state is State.OPEN
            return await self._at(press, press.place + waits, member)
        if detail is None:
            return outgoing.Message(say.GONE)
        if detail.group.version != press.version:
            raise StaleError(_who_changed(detail))
        if press.act in _SCREENS:
            return await self._screen(detail, press, member)
        return await self._done(detail, press, shown, member)

    async def _stale(self, press: Press, member: Member, said: str) -> outgoing.Message:
        detail = await self._detail(press.group)
        if detail is None:
            return outgoing.Message(say.GONE)
        return self._card(detail, press, member, said)

    # ---- what a card turns into

    async def _screen(self, detail: Detail, press: Press, member: Member) -> outgoing.Message:
        library = self._office.desk().library
        match press.act:
            case "w":
                entry, row = self._entry(press), _row(detail, press)
                words = plain(row.text), Language(row.language)
                return await self._wording(press, entry, words, row.id)
            case "x":
                return screens.questions(detail, press, self._entry(press).id)
            case "d":
                return screens.draft(press, library, cards.name_for(detail.group))
            case "m":
                return screens.merge(detail, press)
            case "p":
                return screens.split(detail, press)
            case _:
                return self._card(detail, press, member)

    def _entry(self, press: Press) -> Entry:
        found = cards.entry_of(self._office.desk().library, press.value.partition(".")[0])
        if found is None:
            raise RefusedError(say.ENTRY_GONE)
        return found

    async def _wording(
        self, press: Press, entry: Entry, words: tuple[str, Language], row: int | None
    ) -> outgoing.Message:
        text, language = words
        preview = await queue.preview(self._office, entry.id, language, text)
        return screens.wording(press, entry, words, row, preview)

    def _spoken(self, text: str, detail: Detail) -> Language:
        """Return the language of words that a member typed."""
        detector = self._office.desk().matcher.index.detector
        guess = detector.guess(text, detail.group.language)
        return guess.form.language if guess else detail.group.language

    async def _done(
        self, detail: Detail, press: Press, shown: Message, member: Member
    ) -> outgoing.Message:
        """Do what changes the group; return its card as it is then."""
        office, seen = self._office, (press.group, press.version)
        match press.act:
            case "a":
                done = await self._add(detail, press, shown, member)
            case "D":
                library = office.desk().library
                topic = cards.marked(library.topics, press.value)
                name = _typed(shown)
                done = await queue.draft(office, member, *seen, name, Kind.FACT, topic)
            case "i":
                done = await queue.dismiss(office, member, *seen)
            case "g":
                done = await queue.assign(office, member, *seen, member.name)
            case "f":
                done = await queue.assign(office, member, *seen, "")
            case "M":
                done = await queue.merge(office, member, *seen, _number(press.value))
            case "P":
                done = await queue.split(office, member, *seen, [_number(press.value)])
            case "u":
                done = await queue.undo(office, member, _number(press.value))
            case _:
                return self._card(detail, press, member)
        after = await self._detail(press.group)
        if after is None:
            return outgoing.Message(say.GONE)
        return self._card(after, press, member, done.sentence)

    async def _add(
        self, detail: Detail, press: Press, shown: Message, member: Member
    ) -> queue.Done:
        entry = self._entry(press)
        if press.value.endswith(f".{cards.TYPED}"):
            text = _typed(shown)
            language = self._spoken(text, detail)
        else:
            row = _row(detail, press)
            text, language = plain(row.text), Language(row.language)
        return await queue.wording(
            self._office, member, press.group, press.version, entry.id, language, text
        )

    # ---- replies to cards

    async def reply(self, update: Update, context: Context) -> None:
        """Take a member's reply to a card: a note, or on some screens words to use instead."""
        message, member = update.effective_message, await self._member(update)
        card = message.reply_to_message if message else None
        press = cards.pressed_on(card) if card else None
        if message is None or card is None or press is None or member is None:
            await self._public.text(update, context)
            return
        if update.edited_message is not None:
            return  # what was noted stays as it was
        if not self._shown_in(message):
            await _say(message, say.ELSEWHERE)
            return
        try:
            made = await self._replied(press, cards.acts_on(card), message.text or "", member)
        except RefusedError as error:
            await _say(message, str(error))
            return
        await _send(message, made)

    async def _replied(
        self, press: Press, acts: set[str], said: str, member: Member
    ) -> outgoing.Message:
        detail = await self._detail(press.group)
        if detail is None:
            return outgoing.Message(say.GONE)
        text = plain(said)
        if "x" in acts:
            member.must(Act.WORDING)
            words = text, self._spoken(text, detail)
            return await self._wording(press, self._entry(press), words, None)
        if "D" in acts:
            member.must(Act.DRAFT)
            return screens.draft(press, self._office.desk().library, text)
        await queue.note(self._office, member, press.group, text)
        return outgoing.Message(say.NOTED)


_SCREENS = frozenset("swxdmp")


def _row(detail: Detail, press: Press) -> Row:
    """Return the question that a button means: the one it names, or else the group's title.

    Raises:
        RefusedError: It is erased by now.
    """
    _, _, number = press.value.partition(".")
    found = [row for row in detail.rows if str(row.id) == number]
    if not number:
        found = [row for row in detail.rows if row.text == detail.group.title] or detail.rows
    if not found:
        raise RefusedError(say.NO_WORDS)
    return found[0]


def _typed(shown: Message) -> str:
    """Return the words that stand on a card.

    Raises:
        RefusedError: Telegram shows the card no more.
    """
    words = cards.typed(shown)
    if not words:
        raise RefusedError(say.NO_WORDS)
    return words


def _number(value: str) -> int:
    """Return a number from a button.

    Raises:
        RefusedError: It is none: somebody forged it.
    """
    if not value.isdecimal() or len(value) > _MOST_DIGITS:
        raise RefusedError(say.REFUSED)
    return int(value)


def _who_changed(detail: Detail) -> str:
    last = next((step for step in detail.steps if step.what != "note"), None)
    if last is None:
        return say.STALE_ONLY
    return say.STALE.format(who=last.who, what=last.what, when=cards.day(last.at))


async def _answer(query: CallbackQuery | None, text: str = "", *, alert: bool = False) -> None:
    """Answer a press; a late one can't be answered any more, which changes nothing."""
    if query is not None:
        with contextlib.suppress(BadRequest):
            await query.answer(visible(text, _MOST_TOLD) or None, show_alert=alert)


async def _delete(message: Message) -> None:
    """Delete a message, if the bot may: in a group only an administrator may."""
    with contextlib.suppress(TelegramError):
        await message.delete()


async def _say(message: Message, text: str) -> None:
    await message.get_bot().send_message(message.chat.id, text, link_preview_options=_NO_PREVIEW)


async def _send(message: Message, made: outgoing.Message) -> None:
    await outgoing.post(message.get_bot(), message.chat.id, made)


async def _turn(shown: Message, made: outgoing.Message) -> None:
    """Turn a card into another; where it is gone or too old, send it anew."""
    try:
        await shown.edit_text(
            made.html,
            parse_mode=ParseMode.HTML,
            reply_markup=made.keyboard,
            link_preview_options=_NO_PREVIEW,
        )
    except BadRequest as error:
        if "not modified" not in str(error):
            await _send(shown, made)
