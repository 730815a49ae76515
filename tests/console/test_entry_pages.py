"""The pages of texts over HTTP: list, preview, difference, approval, editing."""

import html
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
import staffroom

from escalation import approval, audit, edits
from escalation.approval import Status
from escalation.office import Office
from escalation.staff import Member, Role
from faq import template
from faq.entry import Kind
from reception import Reception
from text import Language

SPREAD = "/entries/malaria-spread/en"
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


def field(page: str, name: str) -> str:
    """Return the value of the first hidden field of a name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


async def judge(client: httpx.AsyncClient, path: str, name: str, comment: str = "") -> str:
    """Open a text's page, say something of what it shows, return the page that follows."""
    digest = field((await client.get(path)).text, "digest")
    return (await client.post(f"{path}/{name}", data={"digest": digest, "comment": comment})).text


async def standing(office: Office, object_: str, language: str) -> approval.Standing:
    """Return how a text stands."""
    async with office.store.read() as connection:
        found = await approval.standing(connection, office, object_, language)
    assert found
    return found


# ---- the list


async def test_the_list_shows_every_text_with_its_status(enter: Enter) -> None:
    """Entries, the bot's own sentences, the numbers to call."""
    async with enter(Role.VIEWER) as client:
        page = (await client.get("/entries")).text

    assert "How does malaria spread?" in page
    assert "All sentences of the bot" in page
    assert 'href="/contacts/KE"' in page
    assert 'href="/entries/malaria-spread/ur"' in page


async def test_filters_live_in_the_address(enter: Enter) -> None:
    """So that a list can be sent to a colleague; the form shows what is set."""
    async with enter(Role.VIEWER) as client:
        page = (await client.get("/entries?kind=contacts&status=in+review")).text
        none = (await client.get("/entries?status=withdrawn")).text

    assert 'href="/contacts/KE"' in page
    assert "/entries/malaria-spread" not in page
    assert '<option value="contacts" selected>' in page
    assert "No text fits this filter" in none


async def test_a_filter_that_means_nothing_is_left_out(enter: Enter) -> None:
    """Somebody has typed into the address."""
    async with enter(Role.VIEWER) as client:
        answer = await client.get("/entries?status=splendid&language=xx&due=9")

    assert 200 == answer.status_code
    assert "How does malaria spread?" in answer.text


async def test_the_list_of_what_is_due_names_numbers_to_dial(office: Office, enter: Enter) -> None:
    """Numbers that were once confirmed and not dialled for long."""
    path = office.safety / "contacts.yaml"
    path.write_text(path.read_text("utf-8").replace("confirmed: null", "confirmed: 2020-01-01"))
    async with enter(Role.VIEWER) as client:
        page = (await client.get("/entries?due=1")).text

    assert "Overdue since 2020" in page
    assert "dial the numbers" in page
    assert "/entries/malaria-spread" not in page


# ---- one text


async def test_an_entry_is_shown_with_the_markup_of_the_chat(enter: Enter) -> None:
    """Its list, its sources with the day they were checked; nothing in it can be pressed."""
    async with enter(Role.VIEWER) as client:
        page = (await client.get(SPREAD)).text
    preview = page[page.index('class="preview"') : page.index("</article>")]

    assert '<article class="turn ours answer" lang="en" dir="ltr"' in preview
    assert "<li>These mosquitoes bite mostly between dusk and dawn.</li>" in preview
    assert "https://www.who.int/news-room/fact-sheets/detail/malaria" in preview
    assert "(checked 2026-11-22)" in preview
    assert "<form" not in preview


async def test_an_address_without_language_leads_to_english(enter: Enter) -> None:
    """Links from figures and the queue name the entry alone."""
    async with enter(Role.VIEWER) as client:
        answer = await client.get("/entries/malaria-spread")

    assert SPREAD == answer.url.path


@pytest.mark.parametrize(
    "path",
    [
        *("/entries/nothing", "/entries/nothing/en", "/entries/malaria-spread/xx"),
        *("/phrases/xx", "/contacts/XX", "/entries/..%2Fphrases%2Fen/en", SPREAD + "x"),
    ],
)
async def test_what_is_not_there_is_not_found(enter: Enter, path: str) -> None:
    """Whatever somebody types; no file outside the entries is ever read."""
    async with enter(Role.OWNER) as client:
        answer = await client.get(path)

    assert 404 == answer.status_code


async def test_two_others_approve_what_keeps_people_safe(office: Office, enter: Enter) -> None:
    """Sentences of the bot need two; the page counts them."""
    async with enter(Role.APPROVER) as anna:
        once = await judge(anna, "/phrases/hi", "approve")
    async with enter(Role.OWNER) as omar:
        twice = await judge(omar, "/phrases/hi", "approve")

    assert "It needs 1 approval more, by others." in once
    assert "The text is approved now." in twice
    assert Status.APPROVED is (await standing(office, "phrases", "hi")).status


async def test_authors_read_why_their_approval_does_not_count(enter: Enter) -> None:
    """And find no button for it."""
    async with enter(Role.APPROVER) as anna:
        page = await judge(anna, SPREAD, "submit")

    assert "your own approval does not count" in page
    assert f'formaction="{SPREAD}/approve"' not in page


async def test_a_text_that_changed_meanwhile_is_not_approved(office: Office, enter: Enter) -> None:
    """The page comes again with the new text, a sentence, and the comment that was typed."""
    path = office.faq / "entries" / "malaria-spread.yaml"
    async with enter(Role.APPROVER) as anna:
        digest = field((await anna.get(SPREAD)).text, "digest")
        path.write_text(path.read_text("utf-8").replace("dusk and dawn", "dawn and dusk"))
        answer = await anna.post(f"{SPREAD}/approve", data={"digest": digest, "comment": "fine!"})

    assert 409 == answer.status_code
    assert "Not done:" in answer.text
    assert "dawn and dusk" in answer.text
    assert ">fine!</textarea>" in answer.text
    assert Status.IN_REVIEW is (await standing(office, "entries/malaria-spread", "en")).status


async def test_a_text_goes_back_only_with_a_comment(enter: Enter) -> None:
    """Who is to mend it must know what."""
    async with enter(Role.APPROVER) as anna:
        refused = await judge(anna, SPREAD, "return")
        done = await judge(anna, SPREAD, "return", "Say when to see a doctor.")

    assert "Not done:" in refused
    assert "Returned with your comment." in done
    assert "Say when to see a doctor." in done


async def test_withdrawing_asks_first(office: Office, enter: Enter) -> None:
    """A page of its own, so that it works without a script."""
    async with enter(Role.APPROVER) as anna:
        asked = (await anna.get(f"{SPREAD}/withdraw")).text
        done = await judge(anna, SPREAD, "withdraw", "wrong number")

    assert "Withdraw this text?" in asked
    assert "people are no longer sent this" in done
    assert Status.WITHDRAWN is (await standing(office, "entries/malaria-spread", "en")).status


@pytest.mark.parametrize("name", ["approve", "return", "withdraw"])
async def test_curators_do_not_judge(office: Office, enter: Enter, name: str) -> None:
    """By a forged form neither."""
    seen = (await standing(office, "phrases", "en")).piece.digest
    async with enter(Role.CURATOR) as carl:
        answer = await carl.post(f"/phrases/en/{name}", data={"digest": seen, "comment": "x"})

    assert 403 == answer.status_code
    assert () == (await standing(office, "phrases", "en")).approvers


# ---- editing

MALARIA = {
    "question": "How does malaria spread?",
    "answer": "Malaria spreads by the bite of a mosquito.\r\n\r\nUse a net at night.",
    "wordings": "how do you catch malaria\r\n\r\n  malaria spread  \r\nis malaria contagious",
    "source_publisher": ["World Health Organization", ""],
    "source_title": ["Malaria", ""],
    "source_url": ["https://www.who.int/news-room/fact-sheets/detail/malaria", ""],
    "source_checked": ["2026-11-22", ""],
}


async def save(client: httpx.AsyncClient, path: str, **changes: object) -> httpx.Response:
    """Open the form of a text, change something, save."""
    seen = field((await client.get(f"{path}/edit")).text, "seen")
    return await client.post(f"{path}/edit", data={"seen": seen, **MALARIA, **changes})


async def test_an_edit_goes_into_the_file_and_names_its_author(
    office: Office, enter: Enter
) -> None:
    """Only what was changed; who wrote it cannot approve it alone."""
    path = office.faq / "entries" / "malaria-spread.yaml"
    before = path.read_text("utf-8")
    async with enter(Role.CURATOR) as carl:
        answer = await save(carl, SPREAD)
    now, text = await standing(office, "entries/malaria-spread", "en"), path.read_text("utf-8")

    assert 200 == answer.status_code
    assert "Saved." in answer.text
    assert frozenset({"Carl"}) == now.authors
    assert "Use a net at night." in now.piece.body["answer"]
    assert before[before.index("  hi:") :] == text[text.index("  hi:") :]


async def test_the_audit_holds_both_digests_of_an_edit(office: Office, enter: Enter) -> None:
    """Of exactly what people are sent."""
    before = (await standing(office, "entries/malaria-spread", "en")).piece.digest
    async with enter(Role.CURATOR) as carl:
        await save(carl, SPREAD)
    async with office.store.read() as connection:
        rows = [kept.act for kept in await audit.newest(connection)]
    act = next(row for row in rows if row.what == "edit")

    assert ("Carl", "entries/malaria-spread/en", before) == (act.who, act.object, act.before)
    assert (await standing(office, "entries/malaria-spread", "en")).piece.digest == act.after


async def test_an_edit_drops_the_approval(office: Office, enter: Enter) -> None:
    """And the page shows side by side what was changed since."""
    async with enter(Role.APPROVER) as anna:
        await judge(anna, SPREAD, "approve")
        assert Status.APPROVED is (await standing(office, "entries/malaria-spread", "en")).status
    async with enter(Role.CURATOR) as carl:
        page = (await save(carl, SPREAD)).text

    assert Status.IN_REVIEW is (await standing(office, "entries/malaria-spread", "en")).status
    assert "What changed since it was approved" in page
    assert re.search(r"<ins>[^<]*night\.", page)


async def test_mistakes_stand_beside_their_fields_and_nothing_typed_is_lost(
    office: Office, enter: Enter
) -> None:
    """In the words of `bot.py check`; the file stays as it was."""
    path = office.faq / "entries" / "malaria-spread.yaml"
    before = path.read_bytes()
    async with enter(Role.CURATOR) as carl:
        answer = await save(
            carl,
            SPREAD,
            answer="Call {nobody} at once, whatever happens.",
            wordings="x",
            source_checked=["tomorrow", ""],
        )
    page = html.unescape(answer.text)

    assert 422 == answer.status_code
    assert "unknown field {nobody}; known are" in page
    assert "“x” must have 2 to 300 characters" in page
    assert "source 1, checked: must be a date like 2026-11-20" in page
    assert ">Call {nobody} at once, whatever happens.</textarea>" in page
    assert 'value="tomorrow"' in page
    assert before == path.read_bytes()


async def test_a_wording_of_another_entry_is_refused(enter: Enter) -> None:
    """The two would steal each other's questions."""
    async with enter(Role.CURATOR) as carl:
        answer = await save(carl, SPREAD, wordings="How can malaria be prevented?")

    assert 422 == answer.status_code
    assert "stands in malaria-prevention (en) too" in answer.text


async def test_a_file_that_changed_meanwhile_is_not_written_over(
    office: Office, enter: Enter
) -> None:
    """Both texts stand on the page; saving again is a decision."""
    path = office.faq / "entries" / "malaria-spread.yaml"
    async with enter(Role.CURATOR) as carl:
        seen = field((await carl.get(f"{SPREAD}/edit")).text, "seen")
        path.write_text(path.read_text("utf-8").replace("dusk and dawn", "dawn and dusk"))
        form = {"seen": seen, **MALARIA}
        answer = await carl.post(f"{SPREAD}/edit", data=form)
        again = await carl.post(f"{SPREAD}/edit", data={**form, "seen": field(answer.text, "seen")})

    assert 422 == answer.status_code
    assert "Somebody has changed the file" in answer.text
    assert "dawn and dusk" in answer.text
    assert "Use a net at night." in answer.text
    assert "Saved." in again.text


async def test_a_language_can_be_added_and_compared(office: Office, enter: Enter) -> None:
    """The form shows the English beside it; the mark says which English it was made from."""
    path = office.faq / "entries" / "malaria-spread.yaml"
    whole = path.read_text("utf-8")
    path.write_text(whole[: whole.index("  id:\n    question")])
    async with enter(Role.CURATOR) as carl:
        page = (await carl.get("/entries/malaria-spread/id/edit")).text
        answer = await save(
            carl,
            "/entries/malaria-spread/id",
            question="Bagaimana malaria menular?",
            answer="Malaria menular lewat gigitan nyamuk yang terinfeksi.",
            wordings="malaria menular lewat apa",
            compared="1",
        )
    made = edits.opened(office, "malaria-spread")

    assert "The English text" in page
    assert 200 == answer.status_code
    assert made
    assert made.made
    assert Language.EN in made.made.texts
    assert "d5d31f40" == made.made.texts[Language.ID].made_from


UNFINISHED = """id: bed-bugs
kind: fact
topic: infections
sources: []
review: {by: draft, on: 2026-11-22, due: 2027-11-22}
texts:
  en:
    question: ""
    wordings:
      - bugs in my bed
    answer: ""
"""


async def test_a_draft_may_be_saved_unfinished(office: Office, enter: Enter) -> None:
    """The list and the page name it, and what is still to do."""
    path = office.faq / "entries" / "bed-bugs.yaml"
    path.write_text(UNFINISHED)
    none = {key: ["", ""] for key in MALARIA if key.startswith("source")}
    async with enter(Role.CURATOR) as carl:
        listed = (await carl.get("/entries?status=draft")).text
        page = (
            await save(
                carl,
                "/entries/bed-bugs/en",
                question="What helps against bed bugs?",
                answer="",
                **none,
            )
        ).text

    assert 'href="/entries/bed-bugs"' in listed
    assert "This draft is not finished" in page
    assert "What helps against bed bugs?" in page
    assert "texts.en.answer" in page


async def test_a_finished_draft_can_be_approved(office: Office, enter: Enter) -> None:
    """Text and sources are all written in the console; then it is in service."""
    (office.faq / "entries" / "bed-bugs.yaml").write_text(UNFINISHED)
    async with enter(Role.CURATOR) as carl:
        await save(
            carl,
            "/entries/bed-bugs/en",
            question="What helps against bed bugs?",
            answer="Wash the bedding hot and vacuum the bed.\n\nAsk a pest service if they stay.",
            wordings="bugs in my bed",
        )
    async with enter(Role.APPROVER) as anna:
        page = await judge(anna, "/entries/bed-bugs/en", "approve")
    made = edits.opened(office, "bed-bugs")

    assert "The text is approved now." in page
    assert made
    assert not made.draft
    assert Status.APPROVED is (await standing(office, "entries/bed-bugs", "en")).status


async def test_a_draft_in_one_language_suffices(office: Office, enter: Enter) -> None:
    """What was asked in Swahili alone needs no English; blocks that nobody began go."""
    begun = {Language.SW: template.Begun("Kunguni ni nini?", ("kunguni",))}
    today = office.clock().date()
    made = template.filled("bed-bugs", Kind.FACT, "infections", ["infections"], today, begun)
    (office.faq / "entries" / "bed-bugs.yaml").write_text(made)
    async with enter(Role.CURATOR) as carl:
        await save(
            carl,
            "/entries/bed-bugs/sw",
            question="Kunguni ni nini?",
            answer="Kunguni ni wadudu wadogo wanaouma watu usiku wanapolala.",
            wordings="kunguni wa kitandani",
        )
    opened = edits.opened(office, "bed-bugs")

    assert opened
    assert () == opened.problems
    assert opened.made
    assert [Language.SW] == list(opened.made.texts)


async def test_the_empty_wording_of_a_new_file_is_no_mistake_once_it_is_saved(
    office: Office, enter: Enter
) -> None:
    """The form does not show it, so nobody could take it out there."""
    made = template.filled(
        "parking", Kind.SERVICE, "service", ["service"], office.clock().date(), {}
    )
    (office.faq / "entries" / "parking.yaml").write_text(made)
    async with enter(Role.CURATOR) as carl:
        await save(
            carl,
            "/entries/parking/en",
            question="Where can I park?",
            answer="There is a car park beside the main gate.",
            wordings="",
        )
    opened = edits.opened(office, "parking")

    assert opened
    assert () == opened.problems


async def test_viewers_do_not_edit(enter: Enter) -> None:
    """No link, no form, no forged request."""
    async with enter(Role.VIEWER) as vera:
        page = (await vera.get(SPREAD)).text
        form = await vera.get(f"{SPREAD}/edit")
        forged = await vera.post(f"{SPREAD}/edit", data=MALARIA)

    assert f'href="{SPREAD}/edit"' not in page
    assert 403 == form.status_code
    assert 403 == forged.status_code


async def test_urdu_stands_right_to_left_and_hidden_marks_are_seen(
    office: Office, enter: Enter
) -> None:
    """In preview and form; a mark that turns a line round is written out."""
    path = office.faq / "entries" / "bed-bugs.yaml"
    path.write_text(UNFINISHED.replace("bugs in my bed", '"bugs \\u202E in my bed"'))
    async with enter(Role.CURATOR) as carl:
        page = (await carl.get("/entries/malaria-spread/ur")).text
        form = (await carl.get("/entries/malaria-spread/ur/edit")).text
        comment = await judge(carl, "/entries/malaria-spread/ur", "comment", "a \u202e b")

    assert '<article class="turn ours answer" lang="ur" dir="rtl"' in page
    assert re.search(r'<textarea id="answer"[^>]*lang="ur" dir="rtl"', form)
    assert '<bdi class="unseen">U+202E</bdi>' in comment
    assert "\u202e" not in comment
