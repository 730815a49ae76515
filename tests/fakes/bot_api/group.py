"""A group that the bot is in."""

from fakes.bot_api.chat import Chat, Message
from fakes.bot_api.members import move_bot
from fakes.bot_api.people import Json, Person, Seat
from fakes.bot_api.view import View
from fakes.bot_api.world import World


class Group(View):
    """A group or supergroup; the privacy filter decides what the bot gets of it."""

    def of(self, person: Person) -> Seat:
        """Return a person in this group, for everything that a person can do."""
        return Seat(self._world, person.user, self.chat)

    async def say(self, person: Person, text: str, *, reply_to: Message | None = None) -> Message:
        return await self.of(person).say(text, reply_to=reply_to)

    async def press(self, person: Person, message: Message, button: str) -> Json:
        return await self.of(person).press(message, button)

    async def add(self, person: Person) -> Message:
        """Let a person join: a service message, which the bot gets in privacy mode too."""
        self.chat.members[person.user["id"]] = person.user
        return await self.of(person).send({"new_chat_members": [person.user]})

    async def move_bot(self, person: Person, status: str) -> None:
        """Let a person make the bot member, administrator, left or kicked."""
        move_bot(self._world, self.chat, person.user, status)

    async def migrate(self, person: Person) -> "Group":
        """Turn the group into a supergroup, which has another id (Bot API, Message)."""
        old = self.chat
        number = -1_000_000_000_000 + old.id
        new = Chat(number, "supergroup", old.bot_status, title=old.title, members=old.members)
        new.seen = True
        self._world.chats[number] = new
        await self.of(person).send({"migrate_to_chat_id": number})
        old.migrated_to = number
        grown = Group(self._world, new)
        await grown.of(person).send({"migrate_from_chat_id": old.id})
        return grown


def found(world: World, title: str, members: list[Person], *, supergroup: bool) -> Group:
    """Make a group whose first member adds the bot: my_chat_member and a service message."""
    number = -100 - world.number()
    if supergroup:
        number -= 1_000_000_000_000
    people = {person.user["id"]: person.user for person in members}
    kind = "supergroup" if supergroup else "group"
    chat = Chat(number, kind, "left", title=title, members=people)
    world.chats[number] = chat
    founder = members[0].user
    move_bot(world, chat, founder, "member")
    world.updates.add("message", world.post(chat, founder, {"new_chat_members": [world.bot]}))
    return Group(world, chat)
