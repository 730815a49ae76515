"""What tests say to the fake over HTTP: POST /test/<verb> with a JSON object; JSON comes back.

It does what `FakeBotApi` does in-process; `RemoteBotApi` speaks it.
"""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fakes.bot_api.wire import Request, Response

if TYPE_CHECKING:
    from fakes.bot_api.api import FakeBotApi

PATH = "/test/"
Json = dict[str, Any]

# What a person does: {"user": id, "chat": id of a group or absent, ... the method's arguments}.
ACTIONS = {
    *("say", "edit", "forward", "photo", "voice", "document", "sticker", "location", "contact"),
    *("send", "press", "start", "block", "unblock", "deactivate", "inline", "choose"),
}
_TROUBLE = {
    TimeoutError: HTTPStatus.REQUEST_TIMEOUT,
    LookupError: HTTPStatus.NOT_FOUND,
    KeyError: HTTPStatus.NOT_FOUND,
    ValueError: HTTPStatus.BAD_REQUEST,
    TypeError: HTTPStatus.BAD_REQUEST,
    RuntimeError: HTTPStatus.BAD_REQUEST,
}


async def answer(api: "FakeBotApi", request: Request) -> Response:
    """Carry out one verb; trouble comes back as {"error": sentence}."""
    verb = request.path.removeprefix(PATH)
    try:
        asked: Json = json.loads(request.body or b"{}")
        result = await _do(api, verb, asked)
    except tuple(_TROUBLE) as trouble:
        told = {"error": str(trouble), "kind": type(trouble).__name__}
        return Response(_TROUBLE[type(trouble)], json.dumps(told).encode())
    return Response(HTTPStatus.OK, json.dumps({"result": result}).encode())


async def _do(api: "FakeBotApi", verb: str, asked: Json) -> Any:
    if verb in ACTIONS:
        seat = api.seat(asked.pop("user"), asked.pop("chat", None))
        return await getattr(seat, verb)(**asked)
    if verb not in _VERBS:
        msg = f"no verb {verb!r}; there are {sorted(ACTIONS | _VERBS.keys())}"
        raise LookupError(msg)
    return await _VERBS[verb](api, asked)


async def _user(api: "FakeBotApi", asked: Json) -> Json:
    return api.user(**asked).user


async def _group(api: "FakeBotApi", asked: Json) -> Json:
    members = [api.person(number) for number in asked.pop("members")]
    return api.group(members=members, **asked).chat.face()


async def _next_reply(api: "FakeBotApi", asked: Json) -> Json:
    return await api.view(asked["chat"]).next_reply(asked.get("timeout", 5))


async def _next_edit(api: "FakeBotApi", asked: Json) -> Json:
    return await api.view(asked["chat"]).next_edit(asked.get("timeout", 5))


async def _transcript(api: "FakeBotApi", asked: Json) -> list[Json]:
    return api.view(asked["chat"]).transcript


async def _calls(api: "FakeBotApi", asked: Json) -> list[Json]:
    found = api.calls_of(asked["method"]) if "method" in asked else api.calls
    return [call.as_json() for call in found]


async def _wait_for(api: "FakeBotApi", asked: Json) -> list[Json]:
    return [call.as_json() for call in await api.wait_for(**asked)]


async def _wait_for_poll(api: "FakeBotApi", asked: Json) -> None:
    await api.wait_for_poll(**asked)


async def _answer_of(api: "FakeBotApi", asked: Json) -> Json:
    return await api.answer_of(**asked)


async def _pending(api: "FakeBotApi", asked: Json) -> list[int]:
    return api.pending


async def _confirmed(api: "FakeBotApi", asked: Json) -> list[int]:
    return api.confirmed


async def _inject(api: "FakeBotApi", asked: Json) -> Json:
    return api.inject(asked["update"])


async def _fail(api: "FakeBotApi", asked: Json) -> None:
    api.fail(**asked)


async def _mend(api: "FakeBotApi", asked: Json) -> None:
    api.mend()


async def _enforce_limits(api: "FakeBotApi", asked: Json) -> None:
    api.enforce_limits(**asked)


async def _redeliver(api: "FakeBotApi", asked: Json) -> None:
    api.redeliver(asked["update_id"])


async def _hold(api: "FakeBotApi", asked: Json) -> None:
    api.hold()


async def _release(api: "FakeBotApi", asked: Json) -> None:
    api.release()


_VERBS: dict[str, Callable[["FakeBotApi", Json], Awaitable[Any]]] = {
    "user": _user,
    "group": _group,
    "next_reply": _next_reply,
    "next_edit": _next_edit,
    "transcript": _transcript,
    "calls": _calls,
    "wait_for": _wait_for,
    "wait_for_poll": _wait_for_poll,
    "answer_of": _answer_of,
    "pending": _pending,
    "confirmed": _confirmed,
    "inject": _inject,
    "fail": _fail,
    "mend": _mend,
    "enforce_limits": _enforce_limits,
    "redeliver": _redeliver,
    "hold": _hold,
    "release": _release,
}
