"""The fake Bot API as tests hold it."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from fakes.bot_api import control
from fakes.bot_api import group as groups
from fakes.bot_api.calls import Call
from fakes.bot_api.chat import Chat
from fakes.bot_api.counter import Counter
from fakes.bot_api.faults import Fault
from fakes.bot_api.group import Group
from fakes.bot_api.limits import Limits
from fakes.bot_api.people import Person, Seat
from fakes.bot_api.updates import Update
from fakes.bot_api.view import View
from fakes.bot_api.wire import Request, Response, Server
from fakes.bot_api.world import World

TOKEN = "123:TEST"  # noqa: S105 - opens nothing
FIRST_USER = 5_000_000_001


class FakeBotApi:
    """A Bot API server of our own on a free port of 127.0.0.1, in the running loop."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        username: str = "sehat_test_bot",
        privacy: bool = True,
        port: int = 0,
    ) -> None:
        self.token = token
        number = int(token.partition(":")[0])
        bot = {"id": number, "is_bot": True, "first_name": "Sehat", "username": username}
        rights = {
            "can_join_groups": True,
            "can_read_all_group_messages": not privacy,
            "supports_inline_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }
        self.world = World(bot, rights)
        self.counter = Counter(token, self.world)
        self._server = Server(self._answer)
        self._port = port

    async def _answer(self, request: Request) -> Response:
        if request.path.startswith(control.PATH):
            return await control.answer(self, request)
        return await self.counter.answer(request)

    async def start(self) -> None:
        """Open the port: the same one as before, if there was one."""
        await self._server.start(self._port)
        self._port = self._server.port
        self.counter.courier.start()

    async def stop(self) -> None:
        """Go away as a broken network does; the state stays.

        Raises:
            ExceptionGroup: The fake itself has a bug; a test must not take it for Telegram's 500.
        """
        await self.counter.courier.stop()
        await self._server.stop()
        if crashes := self._server.crashes:
            self._server.crashes = []
            msg = "the fake Bot API crashed"
            raise ExceptionGroup(msg, crashes)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    # People and groups

    def user(
        self,
        name: str,
        *,
        language_code: str | None = None,
        username: str | None = None,
        user_id: int | None = None,
    ) -> Person:
        """Make a person who has not met the bot yet; `start` or `say` opens the chat."""
        number = user_id or FIRST_USER + self.world.number()
        user: dict[str, Any] = {"id": number, "is_bot": False, "first_name": name}
        if username is not None:
            user["username"] = username
        if language_code is not None:
            user["language_code"] = language_code
        chat = Chat(number, "private", "never", user=user)
        self.world.chats[number] = chat
        return Person(self.world, user, chat)

    def person(self, user_id: int) -> Person:
        """Find a person again by id."""
        chat = self.world.chats[user_id]
        if chat.user is None:
            msg = f"{user_id} is no person"
            raise LookupError(msg)
        return Person(self.world, chat.user, chat)

    def seat(self, user_id: int, chat_id: int | None = None) -> Seat:
        """Find a person in the private chat, or in a group by its id."""
        person = self.person(user_id)
        if chat_id is None or chat_id == user_id:
            return person
        return Seat(self.world, person.user, self.world.chats[chat_id])

    def view(self, chat_id: int) -> View:
        """Find a chat again by its id."""
        return View(self.world, self.world.chats[chat_id])

    def group(self, title: str, members: Sequence[Person], *, supergroup: bool = True) -> Group:
        """Make a group; its first member adds the bot."""
        return groups.found(self.world, title, list(members), supergroup=supergroup)

    # What the bot did

    @property
    def calls(self) -> list[Call]:
        """Every call, also those under way, in the order in which they came."""
        return self.world.calls.made

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of one method that have ended."""
        return self.world.calls.of(method)

    async def wait_for(self, method: str, n: int = 1, timeout: float = 5) -> list[Call]:  # noqa: ASYNC109 - as tests say it
        """Wait until n calls of a method have ended since the start, refused ones included.

        Raises:
            TimeoutError: Too few came.
        """
        return await self.world.calls.wait_for(method, n, timeout)

    async def wait_for_poll(self, timeout: float = 5) -> None:  # noqa: ASYNC109 - as tests say it
        """Wait until a getUpdates is under way: the bot has started.

        Raises:
            TimeoutError: The bot does not poll.
        """
        await self.world.calls.wait_for_poll(timeout)

    async def answer_of(self, query: dict[str, Any], timeout: float = 5) -> dict[str, Any]:  # noqa: ASYNC109 - as tests say it
        """Return the parameters of the bot's answer to a press or an inline query.

        Raises:
            TimeoutError: There was no answer in time.
        """
        asked = self.world.queries[query["id"]]
        what = f"an answer to {asked.id}; {self.world.calls.trouble()}"
        return await self.world.bell.until(lambda: asked.answer, timeout, what)

    def expire(self, query: dict[str, Any]) -> None:
        """Make a query too old to be answered."""
        self.world.queries[query["id"]].expired = True

    # Trouble

    def fail(self, method: str, *, chat: View | int | None = None, **how: Any) -> Fault:
        """Spoil the next calls of a method (* for any); see `Fault` for what can go wrong."""
        number = chat.id if isinstance(chat, View) else chat
        fault = Fault(method=method, chat=number, **how)
        self.counter.faults.append(fault)
        return fault

    def mend(self) -> None:
        """End all trouble that `fail` and `enforce_limits` made."""
        self.counter.faults.clear()
        self.counter.limits = None

    def enforce_limits(
        self, *, per_second: int = 30, burst: int = 3, per_group_minute: int = 20
    ) -> None:
        """Answer 429 to what Telegram would: `burst` at once in a chat, then one a second."""
        self.counter.limits = Limits.of(per_second, burst, per_group_minute)

    # Updates

    def inject(self, raw: dict[str, Any]) -> Update:
        """Queue any update; without an update_id it gets the next one."""
        return self.world.updates.inject(raw)

    def redeliver(self, update_id: int) -> None:
        """Hand out an update once more, though the bot confirmed it."""
        self.world.updates.redeliver(update_id)

    def hold(self) -> None:
        """Keep new updates back, so that several arrive at once at `release`."""
        self.world.updates.held = True

    def release(self) -> None:
        self.world.updates.held = False
        self.world.updates.bell.ring()

    @property
    def pending(self) -> list[int]:
        """Ids of the updates that are not confirmed yet."""
        return list(self.world.updates.waiting)

    @property
    def confirmed(self) -> list[int]:
        """Ids of the confirmed updates, in the order of their confirmation."""
        return self.world.updates.confirmed
