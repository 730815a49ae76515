"""The page that staff see first: what waits for them, and how the bot is doing, in plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from assistant import Desk
from console import drawing, plots
from console.pages import StaffPages, StaffRoute
from console.plots import Chart, Series, Share
from escalation import approval, figures, tally
from escalation.approval import Standing, Status
from escalation.figures import OUTCOMES, PERIODS, Figures, Stopped, Wanted
from escalation.staff import Act, Member
from escalation.tally import Tally
from safety.contacts import State
from text import Language

NAMED: Mapping[str, str] = {
    "en": "English",
    "hi": "Hindi",
    "ur": "Urdu",
    "sw": "Swahili",
    "id": "Indonesian",
}
PERIOD_NAMES: Mapping[int, str] = {
    7: "7 days",
    30: "30 days",
    90: "90 days, by week",
    365: "a year, by week",
}
OUTCOME_NAMES: Mapping[str, str] = {
    "answer": "answered",
    "suggest": "suggestions",
    "unmatched": "no answer",
    "refuse": "refused",
    "emergency": "emergency",
    "other": "no question",
}
_SHARE_STEP = 0.05
MOST_HELPED = 12
MOST_PROBLEMS = 10
KEPT_SECONDS = 10


def routes(pages: StaffPages) -> list[StaffRoute]:
    """Return the route of the overview."""
    made = Overview(pages)
    pages.templates.globals["swatch"] = drawing.swatch
    return [StaffRoute("/", made.show, Act.LOOK)]


@dataclass(frozen=True, slots=True)
class Due:
    """Texts and numbers that somebody has to look at.

    Attributes:
        in_review: Texts that wait for an approval.
        overdue: Texts whose review is over.
        drafts: Entries that are not served yet, those with mistakes included.
        to_dial: Numbers of the country served, or of all, that nobody has dialled lately.
        problems: What is wrong with the files on disk, so that an older state is served.
    """

    in_review: int
    overdue: int
    drafts: int
    to_dial: int
    problems: tuple[str, ...]


class Overview:
    """The endpoint, and the columns it keeps between two pages."""

    def __init__(self, pages: StaffPages) -> None:
        """Show them in the frame that all pages of staff have."""
        self._pages, self._office, self._tally = pages, pages.office, Tally()
        self._standings: tuple[tuple[int, float], list[Standing]] | None = None

    async def show(self, request: Request, _: Member) -> Response:
        """Show what waits, and the plots of the period in the address."""
        wanted, today = Wanted.from_query(request.query_params), self._office.clock().date()
        async with self._office.store.read() as connection:
            waits = await tally.waits(connection)
            standings = await self._how_texts_stand(connection)
            columns = await self._tally.refresh(connection, today)
            helped = await tally.helped(connection, wanted, today)
        found = figures.figures(columns, wanted, today, helped)
        desk = self._office.desk()
        problems = tuple(map(str, self._pages.reception.problems))
        return self._pages.page(
            request,
            "staff/overview.html",
            wanted=wanted,
            periods=PERIOD_NAMES,
            languages=NAMED,
            address=lambda **change: f"/?{replace(wanted, **change).query()}",
            waits=waits,
            people=tally.few(waits.people),
            due=due(standings, desk, problems, today),
            found=found,
            totals=_totals(found),
            charts=charts(found, desk),
            least_votes=figures.LEAST_VOTES,
        )

    async def _how_texts_stand(self, connection: AsyncConnection) -> list[Standing]:
        """Return how all texts stand: verdicts as of now, files as of ten seconds ago at most."""
        newest, now = await approval.newest(connection), self._office.clock().timestamp()
        if self._standings is not None:
            (known, then), found = self._standings
            if known == newest and 0 <= now - then < KEPT_SECONDS:
                return found
        made = await approval.standings(connection, self._office)
        self._standings = (newest, now), made
        return made


def due(standings: Sequence[Standing], desk: Desk, problems: tuple[str, ...], today: date) -> Due:
    """Return what somebody has to look at.  Pure."""
    codes = [desk.country] if desk.country else sorted(desk.contacts.countries)
    countries = [found for code in codes if (found := desk.contacts.country(code))]
    return Due(
        in_review=sum(one.status is Status.IN_REVIEW for one in standings),
        overdue=sum(one.due is not None and one.due < today for one in standings),
        drafts=len(desk.library.drafts) + len(desk.library.unfinished),
        to_dial=sum(
            row.state(today, desk.contact_days) is not State.CONFIRMED
            for country in countries
            for row in country.contacts
        ),
        problems=problems[:MOST_PROBLEMS],
    )


def _totals(found: Figures) -> Mapping[str, int]:
    made = {OUTCOME_NAMES[name]: sum(found.outcomes[name]) for name in OUTCOMES}
    return {"questions": sum(found.questions), **made}


def charts(found: Figures, desk: Desk) -> tuple[Chart, ...]:
    """Return the plots of the page, in its order.  Pure."""
    each = PERIODS[found.wanted.days][1]
    unit = "day" if each == 1 else "week"
    first = "Day" if each == 1 else "Week from"
    labels = [f"{span.first.day} {span.first:%b}" for span in found.spans]
    over_time = (
        plots.stacked(
            "outcomes",
            f"Questions a {unit}, by what became of them",
            labels,
            [
                Series(OUTCOME_NAMES[name], mark, found.outcomes[name])
                for mark, name in enumerate(OUTCOMES)
            ],
            first=first,
        ),
        plots.stacked(
            "languages",
            f"Questions a {unit}, by language",
            labels,
            [
                Series(NAMED[language], list(NAMED).index(language), counts)
                for language, counts in found.languages.items()
            ],
            first=first,
        ),
        plots.lines(
            "unmatched",
            f"Share of questions without an answer, by {unit}",
            labels,
            [Series("without an answer", 2, found.unmatched_share)],
            first=first,
            words=plots.percent,
            axis=plots.percent,
            least_step=_SHARE_STEP,
        ),
        plots.lines(
            "speed",
            f"Milliseconds from question to reply, by {unit}",
            labels,
            [
                Series(
                    "half are faster than", 0, [one.p50 if one else None for one in found.speeds]
                ),
                Series(
                    "95 of 100 are faster than",
                    1,
                    [one.p95 if one else None for one in found.speeds],
                ),
            ],
            first=first,
        ),
    )
    return (
        *(_dated(chart, found) for chart in over_time),
        plots.bars(
            "entries",
            "Entries sent most",
            [(_question(entry, desk), count) for entry, count in found.entries],
            first="Entry",
            second="times",
        ),
        _helpfulness(found, desk),
        _stopped(found.stopped),
    )


def _dated(chart: Chart, found: Figures) -> Chart:
    """Return a plot over time whose table has whole dates, newest first."""
    days = [span.first.isoformat() for span in found.spans]
    rows = [(day, *row[1:]) for day, row in zip(days, chart.rows, strict=False)]
    return replace(chart, rows=tuple(reversed(rows)))


def _question(entry: str, desk: Desk) -> str:
    """Return an entry's question in English, or its id when it is not there any more."""
    known = desk.library.entries.get(entry)
    return known.text(Language.EN)[1].question if known else entry


def _helpfulness(found: Figures, desk: Desk) -> Chart:
    def share(one: figures.Helped) -> Share:
        return Share(_question(one.entry, desk), f"{one.yes:,} of {one.yes + one.no:,}", one.share)

    rows = [share(one) for one in found.helped]
    made = plots.shares(
        "helped", "Did it help?", rows[:MOST_HELPED], first="Entry", second="said yes"
    )
    # The picture is of those with most votes, the table of all.
    return replace(made, rows=plots.told(rows))


def _stopped(stopped: Sequence[Stopped]) -> Chart:
    shown = [one for one in stopped if one.questions]
    made = plots.bars(
        "refused",
        "Share of questions refused, by language",
        [(NAMED[one.language], one.refusal_share or 0.0) for one in shown],
        first="Language",
        second="refused",
        words=plots.percent,
    )
    refused = sorted({category for one in shown for category in one.refused})
    emergencies = sorted({category for one in shown for category in one.emergencies})
    return replace(
        made,
        head=(
            *("Language", "questions", "refused"),
            *(f"refused: {_words(category)}" for category in refused),
            *(f"emergency: {_words(category)}" for category in emergencies),
        ),
        rows=tuple(
            (
                NAMED[one.language],
                plots.count(one.questions),
                plots.percent(one.refusal_share),
                *(plots.count(one.refused.get(category, 0)) for category in refused),
                *(plots.count(one.emergencies.get(category, 0)) for category in emergencies),
            )
            for one in shown
        ),
    )


def _words(category: str) -> str:
    return category.replace("_", " ")
