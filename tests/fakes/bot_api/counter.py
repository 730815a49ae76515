"""The counter at which the bot calls: token, method, trouble, limits, answer."""

import asyncio
import json
from typing import Any

from fakes.bot_api import faults, form, receiving
from fakes.bot_api.calls import Call
from fakes.bot_api.courier import Courier
from fakes.bot_api.faults import GARBAGE, Fault
from fakes.bot_api.form import Params
from fakes.bot_api.limits import LIMITED, Limits
from fakes.bot_api.methods import METHODS, NAMES
from fakes.bot_api.refusals import RefusalError, refusal
from fakes.bot_api.wire import DropError, Request, Response
from fakes.bot_api.world import World


class Counter:
    """Answers /bot<token>/<method> and /file/bot<token>/<path>."""

    def __init__(self, token: str, world: World) -> None:
        self.world = world
        self.courier = Courier(world.updates)
        self.faults: list[Fault] = []
        self.limits: Limits | None = None
        self._token = token

    async def answer(self, request: Request) -> Response:
        head, _, rest = request.path.removeprefix("/file").removeprefix("/bot").partition("/")
        if not request.path.startswith(("/bot", "/file/bot")):
            return _refused(RefusalError(404, "Not Found"))
        if head.replace("%3A", ":") != self._token:
            return _refused(RefusalError(401, "Unauthorized"))
        if request.path.startswith("/file/"):
            return self._download(rest)
        return await self._call(NAMES.get(rest.lower(), rest), request)

    def _download(self, path: str) -> Response:
        stored = next((f for f in self.world.files.values() if f.path == path), None)
        if stored is None:
            return _refused(RefusalError(404, "Not Found"))
        return Response(200, stored.data, "application/octet-stream")

    async def _call(self, method: str, request: Request) -> Response:
        params = form.read(request)
        call = self.world.calls.begin(method, params)
        fault = faults.take(self.faults, method, params.values)
        if fault is not None and fault.fails and not fault.after_effect:
            return await self._spoil(call, fault)
        if fault is not None and not fault.after_effect:
            await asyncio.sleep(fault.delay)
        try:
            result = await self._result(method, params, request.hung_up)
        except RefusalError as refused:
            self.world.calls.end(call, refused.code, refused.description)
            return _refused(refused)
        if fault is not None and fault.after_effect:
            call.result = result
            if fault.fails:
                return await self._spoil(call, fault)
            await asyncio.sleep(fault.delay)
        self.world.calls.end(call, 200, result=result)
        return Response(200, json.dumps({"ok": True, "result": result}).encode())

    async def _result(self, method: str, params: Params, hung_up: asyncio.Future[None]) -> Any:
        if self.limits is not None and method in LIMITED:
            early = self.limits.check(params.integer("chat_id"))
            if early is not None:
                raise early
        if method not in NAMES.values():
            sentence = "method not found"
            raise refusal(404, sentence)
        match method:
            case "getUpdates":
                return await receiving.get_updates(self.world, self.courier, params, hung_up)
            case "setWebhook":
                return receiving.set_webhook(self.world, self.courier, params)
            case "deleteWebhook":
                return receiving.delete_webhook(self.world, self.courier, params)
            case "getWebhookInfo":
                return receiving.get_webhook_info(self.world, self.courier, params)
            case _:
                return METHODS[method](self.world, params)

    async def _spoil(self, call: Call, fault: Fault) -> Response:
        await asyncio.sleep(fault.delay)
        if fault.drop:
            self.world.calls.end(call, 0, "connection cut", call.result)
            raise DropError
        refused = fault.refusal()
        self.world.calls.end(call, refused.code, refused.description, call.result)
        if fault.garbage:
            return Response(refused.code, GARBAGE, "text/html")
        return _refused(refused)


def _refused(refused: RefusalError) -> Response:
    return Response(refused.code, json.dumps(refused.body()).encode())
