"""A page on which staff try a question and see why it is answered so.  Nothing of it is kept."""

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from assistant import Question, Turn
from console.overview import NAMED
from console.pages import Fields, StaffPages, StaffRoute, fields
from console.web import dialled
from escalation import explain
from escalation.explain import Step, Why
from escalation.staff import Act, Member
from faq.match import SIGNALS
from faq.reply import Action, blocks
from text import Language

MOST_CHARACTERS = 20_000
"""More than Telegram lets people write; the screen reads 16,000."""
EXAMPLES: Mapping[str, str] = {
    "en": "how does malaria spread",
    "hi": "malaria kaise failta hai",
    "ur": "ملیریا کیسے پھیلتا ہے",
    "sw": "malaria huenezwaje",
    "id": "bagaimana malaria menular",
}
"""In the form when nothing was tried yet; the public reads them on its own page."""


def routes(pages: StaffPages) -> list[StaffRoute]:
    """Return the routes: the form, and what comes of it."""
    made = Trying(pages)
    return [
        StaffRoute("/try", made.form, Act.TRY),
        StaffRoute("/try", made.tried, Act.TRY, ("POST",)),
    ]


class Trying:
    """The endpoints."""

    def __init__(self, pages: StaffPages) -> None:
        """Show them in the frame that all pages of staff have."""
        self._pages, self._office = pages, pages.office
        pages.templates.globals.update(blocks=blocks, Action=Action, dialled=dialled)

    async def form(self, request: Request, _: Member) -> Response:
        """Show the form."""
        return self._page(request, Fields({}))

    async def tried(self, request: Request, _: Member) -> Response:
        """Answer, and say why.

        The question goes to no log, count or memory, so a reload repeats nothing; it is not
        redirected either, as it would then stand in an address.
        """
        form = await fields(request)
        if not form.one("question"):
            return self._page(request, form)
        question, desk = self._question(form), self._office.desk()

        def work() -> tuple[Turn, float, Why, tuple[Step, ...]]:
            turn, ms = explain.timed(question, desk)
            return (
                turn,
                ms,
                explain.why(question, turn, desk),
                explain.steps(question, turn, desk),
            )

        turn, ms, why, steps = await asyncio.to_thread(work)
        return self._page(request, form, (turn, ms, why, steps))

    def _question(self, form: Fields) -> Question:
        spoken = form.one("language")
        return Question(
            form.one("question")[:MOST_CHARACTERS],
            "terminal",
            self._office.clock(),
            choice=Language(spoken) if spoken in set(Language) else None,
            forwarded=form.one("forwarded") == "1",
        )

    def _page(
        self,
        request: Request,
        form: Fields,
        made: tuple[Turn, float, Why, tuple[Step, ...]] | None = None,
    ) -> Response:
        turn, ms, why, steps = made or (None, 0.0, None, ())
        reply = turn.reply if turn else None
        desk = self._office.desk()
        spoken = reply.language if reply else Language.EN
        return self._pages.page(
            request,
            "staff/try.html",
            typed=form.one("question")[:MOST_CHARACTERS],
            language=form.one("language"),
            forwarded=form.one("forwarded") == "1",
            languages=NAMED,
            examples=EXAMPLES,
            asked=form.one("question") if reply else "",
            reply=reply,
            said=desk.speaker(spoken).phrase,
            say=desk.speaker(Language.EN).phrase,
            numbers=frozenset(),  # no links to dial: what is tried here must call nobody
            why=why,
            ms=ms,
            steps=steps,
            signals=SIGNALS,
            most=MOST_CHARACTERS,
        )
