"""The pages for staff: who gets to which, and what the ones of staff, audit and settings do."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import staffroom
from sqlalchemy import text, update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from console import signin, trail
from console.pages import MOST_TOLD, Fields, StaffPages, StaffRoute
from console.signin import Gate
from console.staff import OPEN, Doors, Setting, application, table
from escalation import audit, staff
from escalation.office import Office
from escalation.staff import LEAST, Act, Member, Role
from reception import Reception
from storage.tables import audit as audit_table
from storage.tables import metadata

NAMES = dict(zip(Role, ("Vera", "Carl", "Rosa", "Anna", "Omar"), strict=True))
PLACE = re.compile(r"\{[a-z_]+(?::(\w+))?\}")


@pytest.fixture
def app(office: Office, reception: Reception, team: object) -> ASGIApp:
    """The pages for staff, with one member of each role."""
    return staffroom.console(office, reception)


@pytest.fixture
def routes(office: Office, reception: Reception) -> list[StaffRoute]:
    """The table of routes."""
    return table(StaffPages(office, reception), lambda: ())


@pytest.fixture
async def owner(app: ASGIApp, office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """Omar's browser."""
    async with await staffroom.signed_in(app, office, "Omar") as web:
        yield web


def path_of(route: StaffRoute) -> str:
    """Return an address of a route, of something that is not there."""
    return PLACE.sub(lambda found: "999" if found[1] == "int" else "nothing", route.path)


async def members(office: Office) -> dict[str, Role]:
    """Return who is in."""
    async with office.store.read() as connection:
        return {member.name: member.role for member in await staff.members(connection)}


async def press(web: httpx.AsyncClient, path: str, **form: str) -> str:
    """Send a form and return the page that it leads to."""
    answer = await web.post(path, data=form)
    assert 303 == answer.status_code, answer.text
    return (await web.get(answer.headers["location"])).text


# ---- who gets where


def test_every_route_stands_in_the_table(office: Office, reception: Reception) -> None:
    """With what one must be allowed to do; but for what is open to everybody."""
    pages = StaffPages(office, reception)
    pages.table += table(pages, lambda: ())
    served = Doors(pages, Gate(office)).routes()
    guarded = {(one.path, method) for one in pages.table for method in one.methods}

    assert all(isinstance(one.act, Act) for one in pages.table)
    for one in served:
        assert isinstance(one, Route | Mount)
        methods = (one.methods or set()) - {"HEAD"} if isinstance(one, Route) else {"GET"}
        known = {(one.path, method) in guarded for method in methods}
        assert known == {True} or one.path in OPEN | {"/sign-out"}, one.path


def test_what_changes_something_takes_more_than_looking(routes: list[StaffRoute]) -> None:
    """No viewer reaches it, and nothing is changed by a GET."""
    looks = {Act.LOOK, Act.TRY, Act.EXPORT, Act.AUDIT}

    assert [] == [
        one.path for one in routes if not set(one.methods) <= signin.SAFE and one.act is Act.LOOK
    ]
    assert all(len(one.methods) == 1 for one in routes)
    assert looks & {one.act for one in routes} == looks


@pytest.mark.parametrize("role", Role)
async def test_each_role_gets_to_what_it_may_and_nowhere_else(
    app: ASGIApp, office: Office, routes: list[StaffRoute], role: Role
) -> None:
    """Every route there is, with what is not there and empty forms."""
    async with await staffroom.signed_in(app, office, NAMES[role]) as web:
        for one in routes:
            answer = await web.request(one.methods[0], path_of(one))
            may = Member("", role).may(one.act)
            assert may is (answer.status_code != 403), f"{one.methods} {one.path} {role}"
            assert answer.status_code < 500, f"{one.methods} {one.path}"
            if not may:
                assert f"This takes the role {LEAST[one.act]}. You are {role}." in answer.text
            else:
                assert "/sign-in" != answer.headers.get("location")


async def test_nobody_gets_anywhere_without_signing_in(
    app: ASGIApp, routes: list[StaffRoute]
) -> None:
    """To look leads to the sign-in page, to change something is refused."""
    async with staffroom.browser(app) as web:
        for one in routes:
            answer = await web.request(one.methods[0], path_of(one))
            if one.methods[0] in signin.SAFE:
                assert (303, "/sign-in") == (answer.status_code, answer.headers["location"])
            else:
                assert 403 == answer.status_code
                assert "You are signed out" in answer.text


@pytest.mark.parametrize("role", Role)
async def test_the_door_asks_for_each_act(
    office: Office, reception: Reception, team: object, role: Role
) -> None:
    """Also for those that have no route yet."""
    pages = StaffPages(replace(office, address=staffroom.ADDRESS), reception)

    async def there(_request: Request, member: Member) -> Response:
        return PlainTextResponse(member.name)

    pages.table += [StaffRoute(f"/there/{act}", there, act) for act in Act]
    app = Starlette(routes=Doors(pages, Gate(pages.office)).routes())
    async with await staffroom.signed_in(app, office, NAMES[role]) as web:
        got = {act for act in Act if (await web.get(f"/there/{act}")).text == NAMES[role]}
    async with staffroom.browser(app) as web:
        nobody = {(await web.get(f"/there/{act}")).status_code for act in Act}

    assert {act for act in Act if list(Role).index(role) >= list(Role).index(LEAST[act])} == got
    assert {303} == nobody


@pytest.mark.parametrize("role", Role)
async def test_the_menu_shows_what_the_role_may(app: ASGIApp, office: Office, role: Role) -> None:
    """And every place in it opens."""
    async with await staffroom.signed_in(app, office, NAMES[role]) as web:
        page = (await web.get("/staff")).text
        menu = re.findall(r'<a href="(/[a-z]*)"', page.partition('<nav class="menu"')[2])
        assert ("/audit" in menu) is Member("", role).may(Act.AUDIT)
        for place in menu:
            assert 200 == (await web.get(place)).status_code


async def test_a_removed_member_is_out_at_the_next_request(
    app: ASGIApp, office: Office, owner: httpx.AsyncClient
) -> None:
    """Mid-session: pages and buttons alike."""
    async with await staffroom.signed_in(app, office, "Anna") as web:
        assert 200 == (await web.get("/audit")).status_code
        await press(owner, "/staff/remove", name="Anna")

        assert "/sign-in" == (await web.get("/audit")).headers["location"]
        assert "signed out" in (await web.post("/sign-out")).text
        await press(owner, "/staff/add", name="Anna", role="approver")
        assert "/sign-in" == (await web.get("/audit")).headers["location"]


async def test_another_role_counts_at_the_next_request(
    app: ASGIApp, office: Office, owner: httpx.AsyncClient
) -> None:
    """Less, and more."""
    async with await staffroom.signed_in(app, office, "Anna") as web:
        await press(owner, "/staff/role", name="Anna", role="viewer")
        assert 403 == (await web.get("/audit")).status_code
        assert 403 == (await web.post("/staff/add")).status_code
        await press(owner, "/staff/role", name="Anna", role="owner")
        assert "Eva is viewer now." in await press(web, "/staff/add", name="Eva", role="viewer")


# ---- staff


async def test_an_owner_takes_members_in_changes_and_removes_them(
    owner: httpx.AsyncClient, office: Office
) -> None:
    """And each time reads what was done, once."""
    assert "रोज़ा is curator now." in await press(owner, "/staff/add", name="रोज़ा", role="curator")
    assert "रोज़ा is reviewer now." in await press(
        owner, "/staff/role", name="रोज़ा", role="reviewer"
    )
    assert Role.REVIEWER is (await members(office))["रोज़ा"]
    assert "रोज़ा is removed and signed out." in await press(owner, "/staff/remove", name="रोज़ा")
    assert "is removed" not in (await owner.get("/staff")).text
    assert NAMES == {role: name for name, role in (await members(office)).items()}
    async with office.store.read() as connection:
        newest = await audit.newest(connection, limit=3)
    assert [("Omar", "staff remove"), ("Omar", "staff role"), ("Omar", "staff add")] == [
        (kept.act.who, kept.act.what) for kept in newest
    ]


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        (
            "/staff/remove",
            {"name": "Omar"},
            "The last owner stays: make somebody else owner first.",
        ),
        ("/staff/role", {"name": "Omar", "role": "viewer"}, "The last owner stays"),
        ("/staff/add", {"name": "anna", "role": "viewer"}, "There is a Anna already (approver)"),
        ("/staff/add", {"name": "<b>", "role": "viewer"}, "&lt;b&gt;&#39; is no name"),
        ("/staff/add", {"name": "Eva", "role": "king"}, "is no role: viewer, curator, reviewer"),
        ("/staff/add", {}, "is no role"),
        ("/staff/link", {"name": "Eva", "purpose": "console"}, "There is no member &#39;Eva&#39;."),
    ],
)
async def test_what_cannot_be_done_is_told_in_a_sentence(
    owner: httpx.AsyncClient, office: Office, path: str, form: dict[str, str], sentence: str
) -> None:
    """And nothing is changed."""
    answer = await owner.post(path, data=form)

    assert 409 == answer.status_code
    assert sentence in answer.text
    assert NAMES == {role: name for name, role in (await members(office)).items()}


async def test_a_sign_in_link_is_shown_once_and_works(
    app: ASGIApp, owner: httpx.AsyncClient
) -> None:
    """Not again when the page is loaded anew."""
    page = await press(owner, "/staff/link", name="Vera", purpose="console")
    found = re.search(r'value="https://console\.test(/sign-in\?link=[\w-]{43})"', page)
    assert found is not None
    assert found[1] not in (await owner.get("/staff")).text
    async with staffroom.browser(app) as web:
        await web.get(found[1])
        assert 303 == (await web.post("/sign-in")).status_code
        assert "Vera <small>viewer</small>" in (await web.get("/staff")).text


async def test_a_message_that_connects_telegram_is_shown_once(
    owner: httpx.AsyncClient, office: Office
) -> None:
    """It binds the number of whoever sends it."""
    page = await press(owner, "/staff/link", name="Vera", purpose="telegram")
    found = re.search(r'value="/staff ([\w-]{43})"', page)
    assert found is not None
    async with office.store.begin() as connection:
        bound = await staff.bind(connection, found[1], 77, office.clock())
    assert Member("Vera", Role.VIEWER, 77) == bound
    shown = (await owner.get("/staff")).text
    assert 1 == shown.count("Telegram connected")
    assert "77" not in shown


async def test_who_is_no_owner_sees_the_list_and_no_button(app: ASGIApp, office: Office) -> None:
    """Nothing that would only be refused."""
    async with await staffroom.signed_in(app, office, "Anna") as web:
        page = (await web.get("/staff")).text

    assert all(name in page for name in NAMES.values())
    assert ["/sign-out"] == re.findall(r'action="([^"]+)"', page)


async def test_a_sentence_told_once_is_text(owner: httpx.AsyncClient) -> None:
    """Whatever a cookie holds that we did not write."""
    for held in ("x", "é", "a" * 3000, "eyJ4IjoxfQ==", "eJyLVqjVUYgFAAoDAiE="):
        owner.cookies.set("__Host-sehat-told", held.encode().hex(), domain="console.test")
        answer = await owner.get("/staff")
        assert 200 == answer.status_code
        assert 'class="told' not in answer.text


async def test_a_long_sentence_fits_in_a_cookie(
    office: Office, reception: Reception, team: object
) -> None:
    """Of 600 letters that take three bytes each."""
    answer = StaffPages(office, reception).done("/", "क्षत्रिय" * 200, copy="x" * 600)

    assert 3000 > len(answer.headers["set-cookie"])
    assert 600 == MOST_TOLD


# ---- the audit


async def add_rows(office: Office, number: int) -> None:
    """Add rows to the audit."""
    async with office.store.begin() as connection:
        for n in range(number):
            await audit.add(
                connection, office.clock(), "Carl", "note", f"group/{n}", after="f" * 64
            )


async def test_the_audit_is_shown_newest_first_page_by_page(
    owner: httpx.AsyncClient, office: Office
) -> None:
    """Fifty rows a page, in one chain, with the head on top."""
    await add_rows(office, 120)
    async with office.store.read() as connection:
        head = await audit.head(connection)
    numbers: list[int] = []
    page, address = "", "/audit"
    while address:
        page = (await owner.get(address)).text
        assert str(head) in page
        numbers += [int(n) for n in re.findall(r'<tr><td class="figure">(\d+)</td>', page)]
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""

    assert list(range(head.number, 0, -1)) == numbers
    assert f"<strong>Whole:</strong> {head.number} rows" in page


async def test_the_audit_is_filtered_by_who_and_what(
    owner: httpx.AsyncClient, office: Office
) -> None:
    """The filter stays in the address of older rows."""
    await add_rows(office, 60)
    carls = (await owner.get("/audit?who=Carl")).text
    vera = (await owner.get("/audit?about=staff/Vera")).text
    none = (await owner.get("/audit?who=%3Cb%3E&about=%25&before=x&page=9")).text

    assert 'rel="next" href="/audit?who=Carl&amp;before=' in carls
    assert 50 == carls.count("<td>Carl</td>")
    assert 1 == vera.count("<td>staff/Vera</td>")
    assert "No row fits." in none
    assert "<b>" not in none


async def test_a_broken_audit_says_what_is_wrong(owner: httpx.AsyncClient, office: Office) -> None:
    """By row."""
    async with office.store.begin() as connection:
        await connection.execute(text("DROP TRIGGER audit_no_update"))
        await connection.execute(
            update(audit_table).where(audit_table.c.number == 3).values(who="Carl")
        )
    page = (await owner.get("/audit")).text

    assert "The audit is broken" in page
    assert "row 3 was changed" in page


async def test_a_long_audit_is_checked_when_somebody_asks(
    owner: httpx.AsyncClient, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the page stays quick."""
    monkeypatch.setattr(trail, "MOST_CHECKED", 10)
    await add_rows(office, 10)

    assert 'href="/audit?check=1">Check them all now' in (await owner.get("/audit")).text
    assert "<strong>Whole:</strong>" in (await owner.get("/audit?check=1")).text


async def test_the_audit_is_exported_whole(owner: httpx.AsyncClient, office: Office) -> None:
    """As a table and as JSON lines, each with the chain."""
    await add_rows(office, 60)
    async with office.store.read() as connection:
        kept = await audit.rows(connection)
    table_ = await owner.get("/audit/export?as=csv")
    lines = await owner.get("/audit/export?as=jsonl")

    assert re.search(r'filename="audit-[\d-]{10}\.csv"', table_.headers["content-disposition"])
    hashes = [one.hash for one in kept]
    assert hashes == [row["hash"] for row in csv.DictReader(io.StringIO(table_.text))]
    assert hashes == [json.loads(line)["hash"] for line in lines.text.splitlines()]


# ---- settings, mistakes


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("https://console.test/staff?x=1", "/staff?x=1"),
        ("https://evil.test/staff", "/"),
        ("https://[", "/"),
        ("", "/"),
    ],
)
async def test_a_refusal_leads_back_to_where_one_was(
    owner: httpx.AsyncClient, referer: str, back: str
) -> None:
    """If that was a page of ours."""
    answer = await owner.post("/staff/role", headers={"referer": referer})

    assert f'<a class="press" href="{back}">' in answer.text


async def test_settings_are_shown_with_where_they_come_from(
    office: Office, reception: Reception, team: object
) -> None:
    """As text, whatever stands in them."""
    view = [
        Setting("", "country", "KE", "Which numbers.", "config.yaml:3"),
        Setting("web", "port", "", "<b>Port</b>.", "default", "The chat page."),
    ]
    app = application(replace(office, address=staffroom.ADDRESS), reception, lambda: view)
    async with await staffroom.signed_in(app, office, "Vera") as web:
        page = (await web.get("/settings")).text

    assert 'class="value">KE</span> <span class="badge own">config.yaml:3</span>' in page
    assert 'empty</span></span> <span class="badge">default</span>' in page
    assert "&lt;b&gt;Port&lt;/b&gt;" in page
    assert "The chat page." in page


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/staff/add", 405), ("POST", "/audit", 405)],
)
async def test_an_address_that_leads_nowhere_says_so(
    owner: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """With the menu, so that one gets back."""
    answer = await owner.request(method, path)

    assert status == answer.status_code
    assert "No such page" in answer.text
    assert 'class="menu"' in answer.text


async def test_a_database_that_is_gone_gives_a_page_without_details(
    owner: httpx.AsyncClient, office: Office
) -> None:
    """Nobody gets in by it either."""
    async with office.store.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    answer = await owner.get("/staff")

    assert 500 == answer.status_code
    assert "Something went wrong here" in answer.text
    assert "sqlite" not in answer.text.lower()


async def test_files_of_a_form_are_not_read(
    office: Office, reception: Reception, owner: httpx.AsyncClient
) -> None:
    """Only its text."""
    answer = await owner.post("/staff/add", files={"name": ("x", b"Eva")}, data={"role": "viewer"})

    assert 409 == answer.status_code
    assert "is no name" in answer.text


def test_numbers_of_a_form_are_numbers() -> None:
    """Or none."""
    form = Fields(
        {"a": ["17"], "b": ["-1"], "c": ["１７"], "d": ["9" * 30], "e": [""], "f": [" 2 "]}
    )

    assert [17, None, None, None, None, 2, None] == [form.number(name) for name in "abcdefg"]
