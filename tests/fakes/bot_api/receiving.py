"""Methods by which the bot gets its updates: getUpdates and the webhook's settings."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

from fakes.bot_api.courier import Courier, Webhook
from fakes.bot_api.form import Params
from fakes.bot_api.refusals import WEBHOOK_ACTIVE, bad_request, conflict
from fakes.bot_api.updates import Update
from fakes.bot_api.world import World

POLL_SECONDS = 50  # the longest poll (tdlib/telegram-bot-api, LONG_POLL_MAX_TIMEOUT)
SECRET = re.compile(r"[A-Za-z0-9_-]*")
SECRET_CHARACTERS = 256


async def get_updates(
    world: World, courier: Courier, params: Params, hung_up: asyncio.Future[None]
) -> list[Update]:
    """Wait for updates; the offset confirms what is before it."""
    if courier.webhook is not None:
        raise conflict(WEBHOOK_ACTIVE)
    _remember_allowed(world, params)
    limit = min(max(params.integer("limit", 100), 1), 100)
    seconds = min(max(params.integer("timeout"), 0), POLL_SECONDS)
    return await world.updates.poll(params.integer("offset"), limit, seconds, hung_up)


def set_webhook(world: World, courier: Courier, params: Params) -> bool:
    """Deliver to a URL from now on; an empty one ends that."""
    url = params.text("url")
    if not url:
        return delete_webhook(world, courier, params)
    # Telegram wants https; its self-hosted server (--local) and the fake take http as well
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        sentence = "invalid webhook URL specified"
        raise bad_request(sentence)
    secret = params.text("secret_token")
    if len(secret) > SECRET_CHARACTERS:
        sentence = "secret token is too long"
        raise bad_request(sentence)
    if not SECRET.fullmatch(secret):
        sentence = "secret token contains unallowed characters"
        raise bad_request(sentence)
    _remember_allowed(world, params)
    drop = params.flag("drop_pending_updates")
    if drop:
        world.updates.drop()
    world.updates.end_poll(conflict("terminated by setWebhook request"))
    most = min(max(params.integer("max_connections", 40), 1), 100)
    hook = Webhook(url, secret, most, "certificate" in params.files)
    # the same webhook again changes nothing: a post under way is not repeated
    if courier.webhook is None or not courier.webhook.same(hook) or drop:
        courier.take(hook)
    return True


def delete_webhook(world: World, courier: Courier, params: Params) -> bool:
    """End delivery; what waits stays, unless it is to be dropped."""
    courier.take(None)
    if params.flag("drop_pending_updates"):
        world.updates.drop()
    return True


def get_webhook_info(world: World, courier: Courier, params: Params) -> dict[str, Any]:
    """Return a WebhookInfo."""
    hook = courier.webhook
    info: dict[str, Any] = {
        "url": hook.url if hook else "",
        "has_custom_certificate": bool(hook and hook.own_certificate),
        "pending_update_count": len(world.updates.waiting),
    }
    if hook is not None:
        info |= {"max_connections": hook.max_connections, "ip_address": "127.0.0.1"}
        if hook.last_error_at:
            info["last_error_date"] = hook.last_error_at
            info["last_error_message"] = hook.last_error
    if world.updates.allowed:
        info["allowed_updates"] = world.updates.allowed
    return info


def _remember_allowed(world: World, params: Params) -> None:
    # absent keeps the old list; an empty one means the default kinds (Bot API, getUpdates)
    if "allowed_updates" in params.values:
        kinds = params.array("allowed_updates", "allowed updates")
        world.updates.allowed = [str(kind) for kind in kinds]
