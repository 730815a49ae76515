"""A fake Telegram Bot API server for tests: real HTTP on loopback, and a memory of everything."""

from fakes.bot_api.api import FakeBotApi
from fakes.bot_api.calls import Call
from fakes.bot_api.faults import Fault
from fakes.bot_api.group import Group
from fakes.bot_api.people import Person, Seat
from fakes.bot_api.remote import RemoteBotApi, RemotePerson

__all__ = ["Call", "FakeBotApi", "Fault", "Group", "Person", "RemoteBotApi", "RemotePerson", "Seat"]
