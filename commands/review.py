"""`bot.py review`: how texts stand, and judging them where there is no browser."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from commands.tools import Failure, Here, cipher, data_folder
from escalation import approval, staff
from escalation.approval import Standing, Verdict, due_list, standings
from escalation.office import Office
from escalation.pieces import pieces
from escalation.staff import Member, RefusedError
from reception import utc_now
from storage.store import Store

COLUMNS = ("text", "status", "approved by", "needed", "due", "because", "title")
VERDICTS = {
    "submit": Verdict.SUBMITTED,
    "approve": Verdict.APPROVED,
    "return": Verdict.RETURNED,
    "withdraw": Verdict.WITHDRAWN,
}


def list_(options: argparse.Namespace, here: Here) -> int:
    """Run `review list`."""
    found = asyncio.run(_standings(here))
    if options.due:
        found = due_list(found, utc_now().date())
    if options.json:
        for one in found:
            line = dict(zip(COLUMNS, _cells(one), strict=True))
            line |= {"approved by": list(one.approvers), "digest": one.piece.digest}
            sys.stdout.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        return 0
    if not found:
        sys.stdout.write("nothing is due\n" if options.due else "there are no texts\n")
        return 0
    table = Table(*COLUMNS)
    for one in found:
        table.add_row(*(escape(str(cell or "")) for cell in _cells(one)))
    Console().print(table)
    return 0


def _cells(one: Standing) -> Sequence[Any]:
    piece = one.piece
    names = ", ".join(one.approvers)
    return (piece.name, one.status, names, piece.needed, one.due, one.why_due, piece.title)


def judge(options: argparse.Namespace, here: Here) -> int:
    """Run `review submit`, `approve`, `return` or `withdraw`."""
    try:
        made = asyncio.run(_judged(options, here))
    except RefusedError as refused:
        raise Failure(str(refused)) from None
    left = made.piece.needed - len(made.approvers)
    more = f", {left} more to approve" if made.status is approval.Status.IN_REVIEW else ""
    sys.stdout.write(f"{made.piece.name}: {made.status}{more}\n")
    return 0


async def _standings(here: Here) -> list[Standing]:
    data_folder(here.places.data)
    url = here.settings.storage.database
    async with Store.open(url, here.places.data) as store, store.read() as connection:
        return await standings(connection, _office(here, store))


async def _judged(options: argparse.Namespace, here: Here) -> Standing:
    data_folder(here.places.data)
    language = options.lang or ""
    async with Store.open(here.settings.storage.database, here.places.data) as store:
        office = _office(here, store)
        async with store.read() as connection:
            member = await _member(connection, options.member)
            found = await approval.standing(connection, office, options.object, language)
        if found is None:
            raise Failure(_no_text(options.object, office))
        return await approval.judge(
            office,
            member,
            found.piece.object,
            language,
            found.piece.digest,
            VERDICTS[options.verdict],
            options.comment,
        )


async def _member(connection: Any, name: str) -> Member:
    found = await staff.named(connection, name)
    if found is None:
        msg = f"there is no member {name[:60]!r}: see bot.py staff list"
        raise Failure(msg)
    return found


def _no_text(object_: str, office: Office) -> str:
    known = [piece for piece in pieces(office) if piece.object == object_]
    languages = ", ".join(piece.language for piece in known)
    if languages:
        return f"{object_} needs --lang, one of {languages}"
    return (
        f"there is no text {object_[:80]!r}, or its file has mistakes (bot.py check); texts are "
        "called entries/malaria-spread, phrases or contacts/KE: see bot.py review list"
    )


def _nobody_asks() -> NoReturn:
    msg = "texts are judged without a desk"
    raise AssertionError(msg)


def _office(here: Here, store: Store) -> Office:
    """Return an office for judging; nobody is answered in it."""
    chosen = here.settings
    return Office(
        store=store,
        cipher=cipher(here),
        keys=(),
        faq=here.places.faq,
        safety=here.places.safety,
        desk=_nobody_asks,
        clock=utc_now,
        approvals=chosen.review.approvals,
        review_days=chosen.review.days,
        publish=chosen.publish,
        contact_days=chosen.safety.contact_days,
        country=chosen.country,
    )
