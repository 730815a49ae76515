"""The overview and the page to try a question, over HTTP and without JavaScript."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from staffroom import console, signed_in

from assistant import Desk, Question, answer
from console.overview import charts, due
from console.plots import Chart
from escalation import explain
from escalation.approval import Standing, Status
from escalation.figures import PERIODS, Helped, Wanted, figures
from escalation.office import Office
from escalation.pieces import Piece
from escalation.staff import Member, Role
from escalation.tally import Tally
from reception import Reception
from safety.contacts import Contacts
from storage.store import Store
from storage.tables import decisions, groups, metadata, votes, waiting
from yamlfile import Problem

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
TODAY = NOW.date()
Team = Mapping[Role, Member]


async def page(office: Office, reception: Reception, path: str = "/", name: str = "Vera") -> str:
    """Return a page as a member reads it."""
    async with await signed_in(console(office, reception), office, name) as web:
        answer = await web.get(path)
    assert 200 == answer.status_code, answer.text
    return answer.text


async def tried(office: Office, reception: Reception, **form: str) -> str:
    """Return what comes of trying a question."""
    async with await signed_in(console(office, reception), office, "Vera") as web:
        answer = await web.post("/try", data=form)
    assert 200 == answer.status_code, answer.text
    return answer.text


def row(**more: Any) -> dict[str, Any]:
    """Return a row of `decisions`: an answer about malaria, an hour ago."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return {
        "hour": hour,
        "channel": "web",
        "language": "en",
        "decision": "answer",
        "category": None,
        "entry": "malaria-spread",
        "rules": "",
        "ms": 12,
        **more,
    }


# ---- the overview


async def test_a_new_console_says_that_there_is_nothing(
    office: Office, reception: Reception, team: Team
) -> None:
    """In words, not by empty pictures."""
    shown = await page(office, reception)

    assert "<b>0</b> open groups" in shown
    assert "<b>nobody</b> wants to be told" in shown
    assert "Last digest: none was sent." in shown
    assert 7 == shown.count("Nothing in this time.")
    assert 'class="plot"' not in shown


async def test_the_page_shows_plots_and_their_tables(
    office: Office, reception: Reception, team: Team
) -> None:
    """The same numbers in both; entries by their question."""
    async with office.store.begin() as connection:
        await connection.execute(
            decisions.insert(),
            [row(), row(), row(language="ur", decision="refuse", category="medicine", entry=None)],
        )
        seen = datetime.now(UTC).date()
        await connection.execute(
            votes.insert(),
            [
                {"person": f"p{number}", "entry": "malaria-spread", "language": "en"}
                | {"helpful": number < 6, "seen": seen}
                for number in range(7)
            ],
        )
    shown = await page(office, reception)

    assert "<b>3</b> questions" in shown
    assert '<th scope="row">How does malaria spread?</th><td class="figure">2</td>' in shown
    assert '<td class="figure">6 of 7</td><td class="figure">86 %</td>' in shown
    assert (
        '<th scope="row">Urdu</th><td class="figure">1</td><td class="figure">100 %</td>' in shown
    )
    assert f'<th scope="row">{seen}</th><td class="figure">12</td>' in shown
    assert 7 == shown.count("<figcaption") == shown.count('class="plot"')


async def test_filters_stand_in_the_address(
    office: Office, reception: Reception, team: Team
) -> None:
    """So that a page can be passed on."""
    async with office.store.begin() as connection:
        await connection.execute(decisions.insert(), [row(), row(language="hi")])
    shown = await page(office, reception, "/?days=7&lang=hi")

    assert '<option value="7" selected>' in shown
    assert '<option value="hi" selected>' in shown
    assert "<b>1</b> questions" in shown


async def test_what_waits_is_shown_without_people(
    office: Office, reception: Reception, team: Team
) -> None:
    """Three who wait could be somebody in particular."""
    hours = {"first_hour": NOW, "last_hour": NOW, "questions": 7, "middle": ""}
    until = {"chat": "1", "language": "en", "until": date(2027, 1, 1)}
    async with office.store.begin() as connection:
        await connection.execute(groups.insert().values(state="open", **hours))
        for person in ("p1", "p2", "p3"):
            await connection.execute(waiting.insert().values(person=person, ref="a", **until))
    shown = await page(office, reception)

    assert "<b>1</b> open group of questions <small>7 questions; 1 group nobody's yet" in shown
    assert "<b>fewer than 5</b> want to be told" in shown


async def test_broken_files_are_told_first(
    office: Office, reception: Reception, team: Team
) -> None:
    """Where and what, as an alert."""
    reception.problems = (Problem("faq/entries/x.yaml", 3, "topic", "there is no such topic"),)
    shown = await page(office, reception)

    assert 'role="alert"' in shown
    assert "faq/entries/x.yaml:3: topic: there is no such topic" in shown


async def test_no_style_stands_in_the_page(
    office: Office, reception: Reception, team: Team
) -> None:
    """The browser would ignore it: style-src 'self'."""
    async with office.store.begin() as connection:
        await connection.execute(decisions.insert(), [row()])

    assert " style=" not in await page(office, reception)


async def test_many_rows_stay_quick(office: Office, reception: Reception, team: Team) -> None:
    """The second page reads no row again; ten times what is allowed, as machines differ."""
    async with office.store.begin() as connection:
        await connection.execute(decisions.insert(), [row() for _ in range(20_000)])
    async with await signed_in(console(office, reception), office, "Vera") as web:
        await web.get("/")
        answer = await web.get("/")

    assert "<b>20,000</b> questions" in answer.text
    assert 1 > answer.elapsed.total_seconds()


# ---- what is due, and the plots, as values


def standing(status: Status, days: int | None = None) -> Standing:
    """Return how a text stands that is due in some days."""
    piece = Piece("entries/x", "hi", "0" * 64, {}, 1, "X")
    at = None if days is None else TODAY + timedelta(days=days)
    return Standing(piece, status, (), frozenset(), at, None)


def test_texts_are_counted_by_what_they_need(desk: Desk) -> None:
    """Today's are not overdue yet."""
    some = [
        standing(Status.IN_REVIEW),
        standing(Status.APPROVED, -1),
        standing(Status.APPROVED, 0),
        standing(Status.APPROVED),
    ]
    found = due(some, desk, (), TODAY)

    assert (1, 1) == (found.in_review, found.overdue)


def test_only_numbers_of_the_country_served_are_to_be_dialled(desk: Desk) -> None:
    """Without one, those of all; a dialled one counts no more."""
    kenya = desk.contacts.countries["KE"]
    dialled = kenya.model_copy(
        update={
            "contacts": tuple(row.model_copy(update={"confirmed": TODAY}) for row in kenya.contacts)
        }
    )
    all_ = sum(len(country.contacts) for country in desk.contacts.countries.values())
    done = replace(desk, contacts=Contacts(countries={"KE": dialled}), country="KE")

    assert all_ == due([], desk, (), TODAY).to_dial
    assert len(kenya.contacts) == due([], replace(desk, country="KE"), (), TODAY).to_dial
    assert 0 == due([], done, (), TODAY).to_dial


async def drawn(store: Store, desk: Desk, days: int, *rows: Mapping[str, Any]) -> dict[str, Chart]:
    """Return the plots of some rows by name."""
    async with store.begin() as connection:
        for one in rows:
            await connection.execute(decisions.insert().values(**one))
    async with store.read() as connection:
        columns = await Tally().refresh(connection, TODAY)
    found = figures(columns, Wanted(days), TODAY, [Helped("gone", 1, 1)])
    return {chart.name: chart for chart in charts(found, desk)}


@pytest.mark.parametrize("days", PERIODS)
async def test_every_period_can_be_drawn(store: Store, desk: Desk, days: int) -> None:
    """With whole dates in the tables, the newest first."""
    made = await drawn(store, desk, days, row(hour=NOW))

    assert TODAY - timedelta(days=PERIODS[days][1] - 1) == date.fromisoformat(
        made["outcomes"].rows[0][0]
    )
    assert PERIODS[days][0] == len(made["outcomes"].rows)
    assert all(
        made[name].svg for name in ("outcomes", "languages", "unmatched", "speed", "entries")
    )


async def test_entries_that_are_gone_go_by_their_id(store: Store, desk: Desk) -> None:
    """What was sent of them still counts."""
    made = await drawn(store, desk, 7, row(hour=NOW, entry="gone"))

    assert (("gone", "1"),) == made["entries"].rows
    assert ("gone", "1 of 2", "too few", "–") == made["helped"].rows[0]


async def test_emergencies_stand_in_the_table_where_nothing_was_refused(
    store: Store, desk: Desk
) -> None:
    """There is no bar then, but there are numbers."""
    chart = (
        await drawn(store, desk, 7, row(hour=NOW, decision="emergency", category="self_harm"))
    )["refused"]

    assert not chart.svg
    assert ("Language", "questions", "refused", "emergency: self harm") == chart.head
    assert (("English", "1", "0 %", "1"),) == chart.rows


# ---- trying a question


async def test_a_tried_question_is_answered_and_explained(
    office: Office, reception: Reception, team: Team
) -> None:
    """Reply, outcome, scores, the wording that matched, thresholds, times."""
    shown = await tried(office, reception, question="how does malaria spread")

    assert "Malaria spreads mainly" in shown
    assert [] == [
        part
        for part in (
            "<b>answer</b>",
            "<b>pass</b>",
            "malaria-symptoms",
            "encoder best",
            "redaction",
        )
        if part not in shown
    ]
    assert f"{reception.desk.limits.answer_at:.3f}" in shown


async def test_the_screens_rules_are_shown_with_their_words(
    office: Office, reception: Reception, team: Team
) -> None:
    """A clinician sees what was heard, and where to change it."""
    shown = await tried(office, reception, question="My son is not breathing")

    assert "<code>E.en.breathing</code>: " in shown
    assert "not breathing</q>" in shown
    assert 'href="tel:' not in shown


async def test_language_and_forwarding_are_as_in_chat(
    office: Office, reception: Reception, team: Team
) -> None:
    """Urdu stands from right to left."""
    shown = await tried(
        office, reception, question="how does malaria spread", language="ur", forwarded="1"
    )

    assert (
        '<article class="turn ours answer" lang="ur" dir="rtl"' in shown
        or 'lang="ur" dir="rtl"' in shown
    )
    assert "آپ نے ایک پیغام آگے بھیجا ہے۔" in shown
    assert '<option value="ur" selected>' in shown


async def test_nothing_of_a_tried_question_is_kept(
    office: Office, reception: Reception, team: Team
) -> None:
    """No row, no count, no memory; the redacted text that would be kept is shown."""
    async with await signed_in(console(office, reception), office, "Vera") as web:
        before = await counts(office.store)
        answer = await web.post("/try", data={"question": "qwertyzx zq@example.org"})

        assert before == await counts(office.store)
    assert '<q dir="auto">[…] [email]</q>' in answer.text


def test_what_was_tried_is_not_remembered_for_the_public(desk: Desk) -> None:
    """Nor is what the public asked: the time shown is that of all steps."""
    alone = replace(desk)
    explain.timed(Question("how does malaria spread", "terminal", NOW), alone)
    answer(Question("how is malaria prevented", "terminal", NOW), alone)

    assert 1 == len(alone.recent)


async def counts(store: Store) -> dict[str, int | None]:
    """Return the number of rows of each table."""
    async with store.read() as connection:
        return {
            table.name: await connection.scalar(select(func.count()).select_from(table))
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("question", ["", "   ", "x" * 30_000, "\u202e\x00<b>"])
async def test_whatever_is_tried_gets_a_page(
    office: Office, reception: Reception, team: Team, question: str
) -> None:
    """Nothing, very much, signs that hide."""
    shown = await tried(office, reception, question=question)

    assert "<h1>Try a question</h1>" in shown
    assert "<b><" not in shown.replace("&lt;b&gt;", "")


async def test_a_preview_has_nothing_to_press(
    office: Office, reception: Reception, team: Team
) -> None:
    """Votes and suggestions are the public's."""
    shown = await tried(office, reception, question="how does malaria spread")
    turn = shown[shown.index("<article") : shown.index("</article>")]

    assert "<form" not in turn
    assert "<button" not in turn
    assert '<span class="choice">' in turn


def test_every_outcome_can_be_explained(desk: Desk) -> None:
    """Also where nothing was looked up, or a rule stands on the kind of sentence alone."""
    for text, outcome in (
        ("hello", "unmatched"),
        ("my son is not breathing", "emergency"),
        ("should I stop taking my metformin", "refuse"),
        ("malaria", "suggest"),
        ("", "unmatched"),
    ):
        question = Question(text, "terminal", NOW)
        turn, ms = explain.timed(question, desk)
        why = explain.why(question, turn, desk)

        assert outcome == why.decision, text
        assert ms > 0
        assert all(step.ms >= 0 for step in explain.steps(question, turn, desk))


def test_rules_tell_the_words_they_heard(desk: Desk) -> None:
    """As the rule saw them: folded; in other scripts too."""
    question = Question("آداب۔ میرا بچہ سانس نہیں لے رہا", "terminal", NOW)
    turn, _ = explain.timed(question, desk)
    fired = {one.rule: one.words for one in explain.why(question, turn, desk).fired}

    assert ("سانس نہیں لے رہا",) == fired["E.ur.breathing"]
