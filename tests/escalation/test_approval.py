"""`escalation.approval`: who must say what before a text counts as approved."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from escalation import approval, audit, staff
from escalation.approval import Said, Standing, Status, Verdict, ruling
from escalation.difference import Part, difference
from escalation.office import Office
from escalation.staff import Member, RefusedError, Role
from faq import load
from storage.tables import verdicts, versions

MALARIA = "entries/malaria-spread"
CPR = "entries/cpr"  # first aid
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
Team = Mapping[Role, Member]


def told(*said: str) -> list[Said]:
    """Return a history: `Anna approved d1`, one an hour."""
    made = []
    for hour, line in enumerate(said):
        who, verdict, digest = line.split()
        made.append(Said(who, NOON + timedelta(hours=hour), Verdict(verdict), digest, ""))
    return made


# ---- what follows from a history


@pytest.mark.parametrize(
    ("said", "needed", "current"),
    [
        (["Anna approved d1"], 1, "d1"),
        (["Anna approved d1"], 2, ""),
        (["Anna approved d1", "Anna approved d1"], 2, ""),
        (["Anna approved d1", "Omar approved d1"], 2, "d1"),
        (["Anna approved d1", "Omar approved d2"], 2, ""),
        (["Anna submitted d1", "Anna approved d1", "Omar approved d1"], 2, ""),
        (["Anna approved d1", "Anna written d1"], 1, ""),
        (["Anna written d0", "Anna approved d1"], 1, "d1"),
        (["Anna approved d1", "Omar returned d1"], 1, ""),
        (["Anna approved d1", "Omar returned d2"], 1, "d1"),
        (["Anna approved d1", "Omar returned d1", "Omar approved d1"], 2, ""),
        (["Anna approved d1", "Omar withdrawn d1"], 1, ""),
        (["Anna approved d1", "Omar withdrawn d2", "Anna approved d1"], 1, "d1"),
        (["Anna approved d1", "Omar withdrawn d1", "Omar approved d1"], 2, ""),
        (["Anna approved d1", "Anna approved d2"], 1, "d2"),
        (["Anna comment d1"], 1, ""),
    ],
)
def test_a_text_is_approved_by_enough_others_of_this_very_text(
    said: list[str], needed: int, current: str
) -> None:
    """Not by its author, not twice by one, not by who approved what is taken back since."""
    assert current == ruling(told(*said), needed).current


def test_a_withdrawal_holds_until_enough_have_approved_anew() -> None:
    """Also of an edited text: a comma must not put a dangerous answer back."""
    history = told("Omar withdrawn d1", "Carl written d2", "Anna approved d2", "Rosa approved d2")

    assert [True, True, True, False] == [
        ruling(history[: count + 1], 2).withdrawn for count in range(4)
    ]


def test_who_has_said_anything_but_a_comment_has_judged() -> None:
    """From then on the file's own `review.by` counts no more."""
    assert not ruling(told("Anna comment d1"), 1).judged
    assert ruling(told("Carl written d1"), 1).judged


def test_what_was_approved_last_is_remembered_when_it_is_taken_back() -> None:
    """For showing what has changed since."""
    assert "d1" == ruling(told("Anna approved d1", "Omar withdrawn d2"), 1).last
    assert "d2" == ruling(told("Anna approved d1", "Anna approved d2"), 1).last


def test_an_older_text_that_is_put_back_is_an_edit_like_any_other() -> None:
    """It may have been replaced for a reason; who sends it already may until the new one is in."""
    made = approval.in_force_of(
        {("phrases", "hi"): told(*(f"{who} approved {d}" for d in ("d1", "d2") for who in "AB"))},
        lambda _: 2,
    )

    assert [{"d2"}, {"d1"}] == [set(made.digests), set(made.superseded)]


verdicts_ = st.sampled_from([one for one in Verdict if one is not Verdict.COMMENT])
lines = st.builds(
    "{} {} {}".format, st.sampled_from("ABC"), verdicts_.map(str), st.sampled_from(["d1", "d2"])
)


@given(st.lists(lines, max_size=8), st.sampled_from([1, 2]))
def test_nothing_is_approved_without_enough_who_did_not_write_it(
    said: list[str], needed: int
) -> None:
    """Whatever else was said before."""
    history = told(*said)
    current = ruling(history, needed).current
    if not current:
        return

    wrote = {one.who for one in history if one.digest == current and one.verdict in
             (Verdict.WRITTEN, Verdict.SUBMITTED)}  # fmt: skip
    approved = {one.who for one in history if (one.digest, one.verdict) == (current, "approved")}
    assert needed <= len(approved - wrote)


@given(st.lists(lines, max_size=8), st.sampled_from([1, 2]))
def test_after_a_withdrawal_nothing_is_approved(said: list[str], needed: int) -> None:
    """Whatever was said before."""
    made = ruling(told(*said, "C withdrawn d1"), needed)

    assert ("", True) == (made.current, made.withdrawn)


# ---- with files and a database


async def stands(office: Office, object_: str = MALARIA, language: str = "en") -> Standing:
    """Return how a text stands."""
    async with office.store.read() as connection:
        found = await approval.standing(connection, office, object_, language)
    assert found is not None
    return found


async def say(  # noqa: PLR0913, PLR0917
    office: Office,
    member: Member,
    verdict: Verdict,
    object_: str = MALARIA,
    language: str = "en",
    comment: str = "",
) -> Standing:
    """Say something of a text as it lies there."""
    piece = (await stands(office, object_, language)).piece
    return await approval.judge(office, member, object_, language, piece.digest, verdict, comment)


def edit(office: Office, old: str, new: str, file: str = "entries/malaria-spread.yaml") -> None:
    """Change the file of an entry."""
    path = office.faq / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


async def test_every_text_there_is_can_be_judged(office: Office) -> None:
    """Entries in each language, the sentences of each, the numbers of each country."""
    async with office.store.read() as connection:
        found = {one.piece.name: one for one in await approval.standings(connection, office)}

    library = load.library(office.faq)
    wanted = {f"entries/{one.id}/{lang}" for one in library.entries.values() for lang in one.texts}
    wanted |= {f"phrases/{lang}" for lang in ("en", "hi", "ur", "sw", "id")}
    assert wanted < found.keys()
    assert {"contacts/KE", "contacts/IN"} < found.keys() - wanted
    assert {Status.IN_REVIEW} == {one.status for one in found.values()}
    assert (1, 2, 2, 2) == tuple(
        found[name].piece.needed
        for name in (f"{MALARIA}/hi", f"{CPR}/hi", "phrases/hi", "contacts/KE")
    )


async def test_a_text_is_approved_until_somebody_edits_it(office: Office, team: Team) -> None:
    """And is again when the edit is undone."""
    approved = await say(office, team[Role.APPROVER], Verdict.APPROVED)
    edit(office, "Malaria spreads mainly", "Malaria spreads only")
    edited = await stands(office)
    edit(office, "Malaria spreads only", "Malaria spreads mainly")

    assert (Status.APPROVED, ("Anna",)) == (approved.status, approved.approvers)
    assert (Status.IN_REVIEW, ()) == (edited.status, edited.approvers)
    assert Status.APPROVED is (await stands(office)).status


async def test_a_new_wording_leaves_a_text_approved(office: Office, team: Team) -> None:
    """Nobody is sent it; the other languages are texts of their own."""
    await say(office, team[Role.APPROVER], Verdict.APPROVED)
    edit(office, "wordings:\n", "wordings:\n      - a wholly new wording\n")

    assert Status.APPROVED is (await stands(office)).status
    assert Status.IN_REVIEW is (await stands(office, language="hi")).status


@pytest.mark.parametrize("text", [(CPR, "en"), ("phrases", "ur"), ("contacts/KE", "")])
async def test_what_keeps_people_safe_needs_two(
    office: Office, team: Team, text: tuple[str, str]
) -> None:
    """Two people, not one twice."""
    anna, omar = team[Role.APPROVER], team[Role.OWNER]
    first = await say(office, anna, Verdict.APPROVED, *text)
    again = await say(office, anna, Verdict.APPROVED, *text)
    second = await say(office, omar, Verdict.APPROVED, *text)

    assert [Status.IN_REVIEW, Status.IN_REVIEW, Status.APPROVED] == [
        one.status for one in (first, again, second)
    ]
    assert ("Anna", "Omar") == second.approvers


async def test_the_setting_asks_for_two_everywhere(office: Office, team: Team) -> None:
    """An organisation may be stricter."""
    strict = replace(office, approvals=2)

    assert Status.IN_REVIEW is (await say(strict, team[Role.APPROVER], Verdict.APPROVED)).status
    assert Status.APPROVED is (await say(strict, team[Role.OWNER], Verdict.APPROVED)).status


@pytest.mark.parametrize("how", ["submitted", "written"])
async def test_who_wrote_or_submitted_a_text_cannot_approve_it(
    office: Office, team: Team, how: str
) -> None:
    """Somebody else must; and who submits later loses the approval given before."""
    anna = team[Role.APPROVER]
    if how == "submitted":
        await say(office, anna, Verdict.SUBMITTED)
    else:
        async with office.store.begin() as connection:
            await approval.author(connection, office, anna, MALARIA, "en")

    with pytest.raises(RefusedError, match="others must approve it"):
        await say(office, anna, Verdict.APPROVED)
    assert Status.APPROVED is (await say(office, team[Role.OWNER], Verdict.APPROVED)).status


async def test_putting_back_what_others_have_approved_makes_nobody_its_author(
    office: Office, team: Team
) -> None:
    """Or an undone edit would take an approval away."""
    anna = team[Role.APPROVER]
    await say(office, anna, Verdict.APPROVED)
    async with office.store.begin() as connection:
        await approval.author(connection, office, anna, MALARIA, "en")

    assert Status.APPROVED is (await stands(office)).status


async def test_a_text_that_changed_meanwhile_is_not_approved_unseen(
    office: Office, team: Team
) -> None:
    """The page was open while a curator edited."""
    seen = (await stands(office)).piece.digest
    edit(office, "Malaria spreads mainly", "Malaria spreads only")

    with pytest.raises(RefusedError, match="has changed meanwhile"):
        await approval.judge(office, team[Role.APPROVER], MALARIA, "en", seen, Verdict.APPROVED)


async def test_who_was_removed_a_moment_ago_approves_nothing(office: Office, team: Team) -> None:
    """Looked up anew in the transaction; so is the role."""
    anna = team[Role.APPROVER]
    async with office.store.begin() as connection:
        await staff.remove(connection, "Anna", "Omar", NOON)
    with pytest.raises(RefusedError, match="no member"):
        await say(office, anna, Verdict.APPROVED)
    with pytest.raises(RefusedError, match="takes the role approver"):
        await say(office, replace(team[Role.CURATOR], role=Role.APPROVER), Verdict.APPROVED)
    with pytest.raises(RefusedError, match="no member"):
        await say(office, Member(audit.TERMINAL, Role.OWNER), Verdict.APPROVED)


async def test_an_approval_outlasts_its_approver(office: Office, team: Team) -> None:
    """What counted when it was given goes on to count."""
    await say(office, team[Role.APPROVER], Verdict.APPROVED)
    async with office.store.begin() as connection:
        await staff.remove(connection, "Anna", "Omar", NOON)

    assert Status.APPROVED is (await stands(office)).status


async def test_a_text_is_given_back_with_a_reason(office: Office, team: Team) -> None:
    """Its approvals are gone; the comment tells whoever edits it why."""
    await say(office, team[Role.APPROVER], Verdict.APPROVED)
    with pytest.raises(RefusedError, match="say in the comment what is wrong"):
        await say(office, team[Role.OWNER], Verdict.RETURNED, comment=" ")
    returned = await say(office, team[Role.OWNER], Verdict.RETURNED, comment="The dose is old.")

    async with office.store.read() as connection:
        said = await approval.history(connection, MALARIA, "en")
    assert (Status.IN_REVIEW, ()) == (returned.status, returned.approvers)
    assert [("Anna", ""), ("Omar", "The dose is old.")] == [(one.who, one.comment) for one in said]


async def test_a_withdrawn_text_comes_back_by_approval_only(office: Office, team: Team) -> None:
    """Not by an edit."""
    await say(office, team[Role.APPROVER], Verdict.APPROVED)
    withdrawn = await say(office, team[Role.APPROVER], Verdict.WITHDRAWN)
    edit(office, "Malaria spreads mainly", "Malaria spreads only")
    edited = await stands(office)

    assert [Status.WITHDRAWN] * 2 == [withdrawn.status, edited.status]
    assert Status.APPROVED is (await say(office, team[Role.APPROVER], Verdict.APPROVED)).status


@pytest.mark.parametrize("verdict", [Verdict.WITHDRAWN, Verdict.RETURNED])
async def test_the_english_sentences_cannot_be_taken_away(
    office: Office, team: Team, verdict: Verdict
) -> None:
    """All others fall back to them, the emergency cards too."""
    for role in (Role.APPROVER, Role.OWNER):
        await say(office, team[role], Verdict.APPROVED, "phrases", "en")

    with pytest.raises(RefusedError, match="cannot be taken away"):
        await say(office, team[Role.OWNER], verdict, "phrases", "en", "Wrong.")
    hindi = await say(office, team[Role.OWNER], verdict, "phrases", "hi", "Wrong.")
    assert hindi.status in (Status.WITHDRAWN, Status.IN_REVIEW)


async def test_each_verdict_leaves_a_row_of_audit_and_the_exact_text(
    office: Office, team: Team
) -> None:
    """The digest that was approved last, the one now; no comment, which may quote somebody."""
    first = await say(office, team[Role.APPROVER], Verdict.APPROVED)
    edit(office, "Malaria spreads mainly", "Malaria spreads only")
    second = await say(office, team[Role.CURATOR], Verdict.COMMENT, comment="A secret remark")
    async with office.store.read() as connection:
        kept = [one.act for one in await audit.rows(connection)][-2:]
        bodies = dict((await connection.execute(select(versions.c.digest, versions.c.body))).all())
        whole = await audit.verify(connection)

    name = f"{MALARIA}/en"
    assert [
        ("Anna", "approve", name, "", first.piece.digest),
        ("Carl", "comment", name, first.piece.digest, second.piece.digest),
    ] == [(act.who, act.what, act.object, act.before, act.after) for act in kept]
    assert "spreads only" in bodies[second.piece.digest]["answer"]
    assert "secret" not in str(kept)
    assert [] == whole


async def test_a_refused_verdict_leaves_nothing(office: Office, team: Team) -> None:
    """Neither row nor signal."""
    with pytest.raises(RefusedError):
        await say(office, team[Role.VIEWER], Verdict.APPROVED)
    async with office.store.read() as connection:
        assert [] == (await connection.execute(select(verdicts))).all()
    assert not office.changed.is_set()


async def test_what_is_served_is_told_at_once(office: Office, team: Team) -> None:
    """The desk of this process need not wait for its next look."""
    await say(office, team[Role.APPROVER], Verdict.APPROVED)

    assert office.changed.is_set()


async def test_what_has_changed_is_shown_since_the_text_that_was_approved_last(
    office: Office, team: Team
) -> None:
    """One approval of two is not enough: the second approver must see the change, too."""
    async with office.store.read() as connection:
        assert await approval.last_approved(connection, CPR, "en", 2) is None
    before = (await stands(office, CPR)).piece
    for role in (Role.APPROVER, Role.OWNER):
        await say(office, team[role], Verdict.APPROVED, CPR)
    edit(office, before.body["question"], "Something else?", "entries/cpr.yaml")
    await say(office, team[Role.APPROVER], Verdict.APPROVED, CPR)

    async with office.store.read() as connection:
        assert before.body == await approval.last_approved(connection, CPR, "en", 2)


async def test_a_draft_goes_into_service_with_its_first_approved_text(
    office: Office, team: Team
) -> None:
    """In the other languages it stays to be approved."""
    path = office.faq / "entries" / "malaria-spread.yaml"
    edit(office, "by: sample", "by: draft")
    before = await stands(office)
    after = await say(office, team[Role.APPROVER], Verdict.APPROVED)

    assert [Status.DRAFT, Status.APPROVED] == [before.status, after.status]
    assert "by: sample" in path.read_text("utf-8")
    assert Status.IN_REVIEW is (await stands(office, language="hi")).status


async def test_a_submitted_draft_is_in_review_until_it_is_returned(
    office: Office, team: Team
) -> None:
    """It is not served all the same, so there is nothing to withdraw."""
    edit(office, "by: sample", "by: draft")
    submitted = await say(office, team[Role.CURATOR], Verdict.SUBMITTED)
    with pytest.raises(RefusedError, match="it is a draft"):
        await say(office, team[Role.APPROVER], Verdict.WITHDRAWN)
    returned = await say(office, team[Role.APPROVER], Verdict.RETURNED, comment="too long")

    assert [Status.IN_REVIEW, Status.DRAFT] == [submitted.status, returned.status]


async def test_a_draft_with_mistakes_is_not_approved(office: Office, team: Team) -> None:
    """Says which."""
    edit(office, "by: sample", "by: draft")
    edit(office, "topic: infections", "topic: infektions")

    with pytest.raises(RefusedError, match="there is no heading infektions"):
        await say(office, team[Role.APPROVER], Verdict.APPROVED)
    with pytest.raises(RefusedError, match="mistakes"):
        await approval.judge(
            office, team[Role.APPROVER], "entries/nowhere", "en", "0" * 64, Verdict.APPROVED
        )


@pytest.mark.parametrize("object_", ["entries/../../secret", "entries/", "contacts/XX", "other"])
async def test_there_is_no_text_of_another_name(office: Office, object_: str) -> None:
    """Names come from addresses; none leads out of the folder."""
    async with office.store.read() as connection:
        assert await approval.standing(connection, office, object_, "en") is None


# ---- due for review


async def test_a_text_is_due_a_year_after_its_approval(office: Office, team: Team) -> None:
    """Renewing the approval puts it off."""
    now = office.clock()
    on_the_day = replace(office, clock=lambda: now + timedelta(days=300))
    first = await say(office, team[Role.APPROVER], Verdict.APPROVED)
    renewed = await say(on_the_day, team[Role.APPROVER], Verdict.APPROVED)

    assert now.date() + timedelta(days=365) == first.due
    assert now.date() + timedelta(days=665) == renewed.due


async def test_the_files_own_date_counts_until_somebody_judges(office: Office, team: Team) -> None:
    """Of a text that a named clinician has approved in the file."""
    edit(office, "by: sample", "by: Dr A. Mrembo")
    before = await stands(office)
    after = await say(office, team[Role.APPROVER], Verdict.RETURNED, comment="No.")

    assert load.library(office.faq).entries["malaria-spread"].review.due == before.due
    assert (None, "") == (after.due, after.why_due)


@pytest.mark.parametrize(
    ("confirmed", "country", "due"),
    [
        ("null", "KE", date(2026, 12, 1)),
        ("null", None, None),
        ("2026-11-01", None, date(2027, 4, 30)),
    ],
    ids=["never-but-served", "never-and-not-served", "dialled"],
)
async def test_numbers_are_due_when_one_is_to_be_dialled(
    office: Office, confirmed: str, country: str | None, due: date | None
) -> None:
    """180 days after the last time; at once where people are sent them and nobody ever did."""
    path = office.safety / "contacts.yaml"
    path.write_text(path.read_text("utf-8").replace("confirmed: null", f"confirmed: {confirmed}"))
    found = await stands(replace(office, country=country, clock=lambda: NOON), "contacts/KE", "")

    assert (due, "dialling" if due else "") == (found.due, found.why_due)


async def test_the_due_list_holds_what_is_overdue_or_soon(office: Office, team: Team) -> None:
    """The longest overdue first."""
    now = office.clock()
    for days, language in ((-40, "sw"), (-1, "en"), (0, "hi")):
        at = replace(office, clock=partial(now.__add__, timedelta(days=days)))
        await say(at, team[Role.APPROVER], Verdict.APPROVED, language=language)
    async with office.store.read() as connection:
        found = await approval.standings(connection, office)
    last = now.date() + timedelta(days=365 - 31)

    assert [f"{MALARIA}/{lang}" for lang in ("sw", "en")] == [
        one.piece.name for one in approval.due_list(found, last)
    ]


# ---- differences


def test_differences_stand_side_by_side_word_by_word() -> None:
    """What went on the left, what came on the right; an unchanged part is one run."""
    rows = difference(
        {"question": "Same?", "answer": "Boil the water well.", "gone": "Old"},
        {"question": "Same?", "answer": "Boil all water well.", "new": "Fresh"},
    )

    assert ["question", "answer", "new", "gone"] == [row.name for row in rows]
    assert [False, True, True, True] == [row.changed for row in rows]
    assert (Part("Same?", "same"),) == rows[0].left == rows[0].right
    assert (
        Part("Boil ", "same"), Part("the", "removed"), Part(" water well.", "same")
    ) == rows[1].left  # fmt: skip
    assert Part("all", "added") in rows[1].right
    assert ((), (Part("Fresh", "added"),)) == (rows[2].left, rows[2].right)
    assert ((Part("Old", "removed"),), ()) == (rows[3].left, rows[3].right)


def test_without_an_approved_text_all_is_new() -> None:
    """The first time."""
    (row,) = difference(None, {"answer": "Boil it."})

    assert ((), (Part("Boil it.", "added"),), True) == (row.left, row.right, row.changed)


texts = st.text(st.sampled_from("ab क\u093f \n"), max_size=30)


@given(texts, texts)
def test_the_parts_make_the_texts_again(old: str, new: str) -> None:
    """Nothing is lost, whatever the script."""
    (row,) = difference({"a": old}, {"a": new})

    assert (old, new) == tuple(
        "".join(part.text for part in side) for side in (row.left, row.right)
    )
    assert row.changed is any(part.changed for part in (*row.left, *row.right))


def test_no_word_is_torn_apart() -> None:
    """A Hindi vowel sign alone would be shown as a broken circle."""
    (row,) = difference({"a": "मलेरिया कैसे"}, {"a": "मलेरिये कैसे"})

    assert (Part("मलेरिये", "added"), Part(" कैसे", "same")) == row.right
