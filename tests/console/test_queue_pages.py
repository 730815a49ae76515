"""The queue's pages over HTTP: list, group, every action, two at once, export."""

import csv
import html
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import groups_asked as asked
import httpx
import pytest
import staffroom
from sqlalchemy import select, update

from escalation.office import Office
from escalation.staff import Member, Role
from reception import Reception
from storage.tables import groups, unmatched, waiting

Enter = Callable[[Role], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def enter(office: Office, reception: Reception, team: Mapping[Role, Member]) -> Enter:
    """Open the console as the member of a role."""
    app = staffroom.console(office, reception)

    @asynccontextmanager
    async def opened(role: Role) -> AsyncIterator[httpx.AsyncClient]:
        client = await staffroom.signed_in(app, office, team[role].name)
        client.follow_redirects = True
        try:
            yield client
        finally:
            await client.aclose()

    return opened


async def row(office: Office, number: int) -> Mapping[str, object]:
    """Return a group's row."""
    async with office.store.read() as connection:
        found = await connection.execute(select(groups).where(groups.c.id == number))
        return dict(found.mappings().one())


def version(page: str) -> str:
    """Return the version of the group that a page shows."""
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


async def act(
    client: httpx.AsyncClient, number: int, what: str, **fields: object
) -> httpx.Response:
    """Do something with a group as it is now."""
    page = (await client.get(f"/queue/{number}")).text
    return await client.post(f"/queue/{number}/{what}", data={"version": version(page), **fields})


# ---- the list


async def test_an_empty_queue_says_what_will_come(enter: Enter) -> None:
    """A reviewer who has never seen it must not think that it is broken."""
    async with enter(Role.VIEWER) as vera:
        page = (await vera.get("/queue")).text

    assert "Nothing waits here" in page
    assert "their question comes here within a minute" in page


async def test_a_group_tells_what_it_is_about(office: Office, enter: Enter) -> None:
    """Title, numbers, languages, why, nearest entries; few people are never counted exactly."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.VIEWER) as vera:
        page = (await vera.get("/queue")).text

    assert f'href="/queue/{number}"' in page
    assert "3 questions" in page
    assert "fewer than 5 people" in page
    assert "English 2, Urdu 1" in page
    assert "none of these 1" in page
    assert "malaria-prevention</a> 0.31" in page
    assert 'aria-label="Questions a week, oldest first: 0, 0, 0, 0, 0, 0, 0, 3"' in page


async def test_who_waits_is_never_counted_exactly_when_few(office: Office, enter: Enter) -> None:
    """List and group say that somebody does."""
    number = await asked.group(office, asked.BED_BUGS)
    async with office.store.begin() as connection:
        ref = await connection.scalar(select(unmatched.c.ref))
        await connection.execute(
            waiting.insert().values(
                person="p", ref=ref, chat="1", language="en", until=office.clock().date()
            )
        )
    async with enter(Role.VIEWER) as vera:
        pages = [(await vera.get(path)).text for path in ("/queue", f"/queue/{number}")]

    assert [True, True] == ["fewer than 5 wait for an answer" in page for page in pages]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("language=ur", True),
        ("language=hi", False),
        ("why=none_of_these", True),
        ("why=not_helpful", False),
        ("assigned=any", True),
        ("assigned=", True),
        ("assigned=Rosa", False),
        ("state=dismissed", False),
        ("state=any", True),
        ("state=nonsense&page=minus", True),
    ],
)
async def test_filters_live_in_the_address(
    office: Office, enter: Enter, query: str, *, shown: bool
) -> None:
    """One that means nothing is left out."""
    await asked.group(office, asked.BED_BUGS)
    async with enter(Role.VIEWER) as vera:
        page = (await vera.get(f"/queue?{query}")).text

    assert shown == ("fewer than 5 people" in page)


async def test_marks_that_turn_a_line_round_are_written_out(office: Office, enter: Enter) -> None:
    """And markup is text."""
    await asked.group(office, [("en", "<b>safe</b> \u202eevil", "unmatched")])
    async with enter(Role.VIEWER) as vera:
        page = (await vera.get("/queue")).text

    assert "&lt;b&gt;safe&lt;/b&gt;" in page
    assert '<bdi class="unseen">U+202E</bdi>evil' in page
    assert "\u202e" not in page


async def test_urdu_is_marked_as_urdu(office: Office, enter: Enter) -> None:
    """So that it runs from right to left and is read out by the right voice."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.VIEWER) as vera:
        page = (await vera.get(f"/queue/{number}")).text

    assert '<p lang="ur" dir="auto" class="quote">کھٹمل' in page


async def test_viewers_see_no_buttons(office: Office, enter: Enter) -> None:
    """What one may not do is not offered."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.VIEWER) as vera:
        pages = [(await vera.get(path)).text for path in ("/queue", f"/queue/{number}")]

    assert [["/sign-out"]] * 2 == [re.findall(r'method="post" action="([^"]*)"', p) for p in pages]


# ---- one group


async def test_a_wording_is_shown_with_what_it_moves_and_then_written(
    office: Office, enter: Enter
) -> None:
    """Preview first; nothing is written before it is confirmed."""
    number = await asked.group(office, asked.NETS)
    path = office.faq / "entries" / "malaria-prevention.yaml"
    before = path.read_text("utf-8")
    form = {"entry": "malaria-prevention", "language": "en", "text": "who hands out mosquito nets"}
    async with enter(Role.CURATOR) as carl:
        preview = await act(carl, number, "wording/preview", **form)
        between = path.read_text("utf-8")
        done = await act(carl, number, "wording", **form)

    assert "What else it would move" in preview.text
    assert before == between
    assert "Added to malaria-prevention" in html.unescape(done.text)
    assert "- who hands out mosquito nets" in path.read_text("utf-8")
    assert "answered" == (await row(office, number))["state"]


async def test_without_an_entry_or_a_wording_the_form_comes_again(
    office: Office, enter: Enter
) -> None:
    """With what was typed."""
    number = await asked.group(office, asked.NETS)
    async with enter(Role.CURATOR) as carl:
        answer = await act(carl, number, "wording/preview", text="typed by hand", language="en")

    assert 400 == answer.status_code
    assert "Choose an entry first." in answer.text
    assert ">typed by hand</textarea>" in answer.text


async def test_a_draft_leads_to_its_editing(office: Office, enter: Enter) -> None:
    """The page says what comes next."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.CURATOR) as carl:
        shown = (await carl.get(f"/queue/{number}")).text
        answer = await act(carl, number, "draft", draft="bed-bugs", kind="fact", topic="infections")
        edit = await carl.get("/entries/bed-bugs/en/edit")

    assert 'name="draft" required maxlength="48"' in shown
    assert 'href="/entries/bed-bugs/en/edit"' in answer.text
    assert (office.faq / "entries" / "bed-bugs.yaml").is_file()
    assert "bed bugs bite me at night what to do" in edit.text


async def test_an_id_that_is_none_is_refused_with_what_was_typed(
    office: Office, enter: Enter
) -> None:
    """In a sentence that tells how an id looks."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.CURATOR) as carl:
        answer = await act(carl, number, "draft", draft="Bed Bugs!", kind="fact")

    assert 409 == answer.status_code
    assert "must be lower-case letters and digits, joined by hyphens" in answer.text
    assert 'value="Bed Bugs!"' in answer.text


async def test_not_ours_can_be_undone(office: Office, enter: Enter) -> None:
    """By the button beside what was done."""
    number = await asked.group(office, asked.CRICKET)
    async with enter(Role.REVIEWER) as rosa:
        done = (await act(rosa, number, "dismiss")).text
        step = re.search(r'name="step" value="(\d+)"', done)
        assert step
        state = (await row(office, number))["state"]
        undone = (await act(rosa, number, "undo", step=step[1])).text

    assert "dismissed" == state
    assert "open" == (await row(office, number))["state"]
    assert "undone" in undone


async def test_a_merge_leads_to_the_other_group(office: Office, enter: Enter) -> None:
    """Where it can be undone."""
    one, other = [await asked.group(office, said) for said in (asked.BED_BUGS, asked.SNORING)]
    async with enter(Role.REVIEWER) as rosa:
        answer = await act(rosa, one, "merge", other_group=str(other))
        merged = (await rosa.get(f"/queue/{one}")).text

    assert f"/queue/{other}" == answer.url.path
    assert "5 questions" in answer.text
    assert f'href="/queue/{other}"' in merged
    assert "merged" == (await row(office, one))["state"]


async def test_ticked_questions_become_a_group_of_their_own(office: Office, enter: Enter) -> None:
    """The rest stays."""
    number = await asked.group(office, asked.BED_BUGS)
    async with office.store.read() as connection:
        urdu = await connection.scalar(select(unmatched.c.id).where(unmatched.c.language == "ur"))
    async with enter(Role.REVIEWER) as rosa:
        answer = await act(rosa, number, "split", question=[str(urdu)])

    assert "1 question is group" in answer.text
    assert 2 == (await row(office, number))["questions"]


async def test_a_group_is_assigned_and_noted(office: Office, enter: Enter) -> None:
    """To me by one button, to others by a list; a note takes no version."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.CURATOR) as carl:
        assigned = (await act(carl, number, "assign", to="Rosa")).text
        noted = (await act(carl, number, "note", note="ask the <pest> service")).text

    assert "assigned to Rosa" in assigned
    assert "ask the &lt;pest&gt; service" in noted


# ---- two at once


async def test_who_comes_second_is_told_and_loses_nothing(office: Office, enter: Enter) -> None:
    """Who has changed what; the group as it is now; what was typed."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.CURATOR) as carl, enter(Role.REVIEWER) as rosa:
        seen = version((await carl.get(f"/queue/{number}")).text)
        await act(rosa, number, "assign", to="Rosa")
        form = {"version": seen, "draft": "bed-bugs", "kind": "fact", "topic": "infections"}
        answer = await carl.post(f"/queue/{number}/draft", data=form)

    assert 409 == answer.status_code
    assert "Not done:" in answer.text
    assert "Rosa" in answer.text
    assert 'value="bed-bugs"' in answer.text
    assert "assigned to Rosa" in answer.text
    assert not (office.faq / "entries" / "bed-bugs.yaml").exists()


@pytest.mark.parametrize("said", ["", "0", "x", "99"])
async def test_a_form_without_the_version_changes_nothing(
    office: Office, enter: Enter, said: str
) -> None:
    """Nobody acts on what they have not seen."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.REVIEWER) as rosa:
        answer = await rosa.post(f"/queue/{number}/dismiss", data={"version": said})
        many = await rosa.post("/queue/dismiss", data={"group": f"{number}.{said}.3"})

    assert 409 == answer.status_code
    assert "dismissed" not in many.text.split("</form>")[-1]
    assert "open" == (await row(office, number))["state"]


# ---- several at once


async def test_ticked_groups_are_dismissed_together(office: Office, enter: Enter) -> None:
    """One that somebody changed meanwhile stays, and is named."""
    numbers = [await asked.group(office, said) for said in (asked.CRICKET, asked.SNORING)]
    third = await asked.group(office, asked.BED_BUGS)
    async with office.store.begin() as connection:
        await connection.execute(update(groups).where(groups.c.id == third).values(version=7))
    async with enter(Role.REVIEWER) as rosa:
        ticked = [f"{number}.1.1" for number in (*numbers, third)]
        answer = await rosa.post("/queue/dismiss", data={"group": ticked, "order": "largest"})
    states = [(await row(office, number))["state"] for number in (*numbers, third)]

    assert ["dismissed", "dismissed", "open"] == states
    assert "2 groups: done." in answer.text
    assert "order=largest" == answer.url.query.decode()


async def test_merging_several_keeps_the_largest(office: Office, enter: Enter) -> None:
    """Whichever was ticked first."""
    small = await asked.group(office, asked.CRICKET)
    large = await asked.group(office, asked.BED_BUGS)
    async with enter(Role.REVIEWER) as rosa:
        await rosa.post("/queue/merge", data={"group": [f"{small}.1.1", f"{large}.1.3"]})

    assert large == (await row(office, small))["merged_into"]
    assert 4 == (await row(office, large))["questions"]


@pytest.mark.parametrize(("what", "ticked"), [("dismiss", []), ("merge", ["1.1.1"])])
async def test_nothing_ticked_is_told(enter: Enter, what: str, ticked: list[str]) -> None:
    """A merge needs two."""
    async with enter(Role.REVIEWER) as rosa:
        answer = await rosa.post(f"/queue/{what}", data={"group": ticked})

    assert "Nothing was done: tick" in answer.text


# ---- export


async def test_the_filter_is_exported_as_a_table(office: Office, enter: Enter) -> None:
    """Redacted rows; a question that looks like a formula is none."""
    await asked.group(office, [("en", '=HYPERLINK("x")', "unmatched")])
    await asked.group(office, asked.SNORING)
    async with enter(Role.REVIEWER) as rosa:
        answer = await rosa.get("/queue/export?language=en")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    assert answer.headers["content-type"].startswith("text/csv")
    assert 'attachment; filename="questions.csv"' == answer.headers["content-disposition"]
    assert '\'=HYPERLINK("x")' in [one["text"] for one in rows]


async def test_the_filter_is_exported_as_json(office: Office, enter: Enter) -> None:
    """One object a line."""
    await asked.group(office, asked.SNORING)
    async with enter(Role.REVIEWER) as rosa:
        answer = await rosa.get("/queue/export?as=json")
    rows = [json.loads(line) for line in answer.text.splitlines()]

    assert {text for _, text, _ in asked.SNORING} == {one["text"] for one in rows}


@pytest.mark.parametrize(
    ("role", "what"),
    [
        *((Role.VIEWER, what) for what in ("wording", "draft", "assign", "note", "undo")),
        *((Role.CURATOR, what) for what in ("dismiss", "merge", "split")),
    ],
)
async def test_a_forged_form_does_nothing(
    office: Office, enter: Enter, role: Role, what: str
) -> None:
    """The role decides, not the buttons."""
    number = await asked.group(office, asked.BED_BUGS)
    async with enter(role) as client:
        answer = await client.post(f"/queue/{number}/{what}", data={"version": "1"})
        export = await client.get("/queue/export")

    assert 403 == answer.status_code
    assert 403 == export.status_code
    assert 1 == (await row(office, number))["version"]
