"""Coming in to the pages of staff, and what is kept out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise

import httpx
import pytest
import staffroom
from sqlalchemy import select
from starlette.types import ASGIApp

from console import signin
from console.signin import Attempts, safe_path
from console.web import MOST_BODY_BYTES
from escalation import staff
from escalation.office import Office
from escalation.staff import Role
from reception import Reception, utc_now
from storage.tables import links, sessions

MINUTE = timedelta(minutes=1)
GONE = "This link is used up, or older than 10 minutes"


@pytest.fixture
def app(office: Office, reception: Reception, team: object) -> ASGIApp:
    """The pages for staff, with one member of each role."""
    return staffroom.console(office, reception)


@pytest.fixture
async def web(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which nobody is signed in."""
    async with staffroom.browser(app) as made:
        yield made


def later(reception: Reception, by: timedelta) -> None:
    """Let time go by."""
    now = reception.clock()
    reception.clock = lambda: now + by


async def used(office: Office) -> list[bool]:
    """Return of each link whether it was used."""
    async with office.store.read() as connection:
        return [at is not None for at in await connection.scalars(select(links.c.used_at))]


async def seen(office: Office) -> list[datetime]:
    """Return when each session was seen last."""
    async with office.store.read() as connection:
        return list(await connection.scalars(select(sessions.c.seen_at)))


async def members(office: Office) -> list[str]:
    """Return who is in."""
    async with office.store.read() as connection:
        return [member.name for member in await staff.members(connection)]


# ---- the link


async def test_a_link_is_fetched_without_being_used_up(
    web: httpx.AsyncClient, office: Office
) -> None:
    """Chat apps fetch every link for a preview, without a button."""
    path = await staffroom.link(office, "Anna")
    for _ in range(3):
        async with staffroom.browser(web._transport.app) as preview:  # type: ignore[attr-defined]  # noqa: SLF001
            shown = await preview.get(path, follow_redirects=True)
            assert "Sign in as Anna" in shown.text
    assert [False] == await used(office)
    await web.get(path)
    answer = await web.post("/sign-in")

    assert (303, "/") == (answer.status_code, answer.headers["location"])
    assert [True] == await used(office)
    assert "Anna <small>approver</small>" in (await web.get("/staff")).text


async def test_the_secret_leaves_the_address_at_once(
    web: httpx.AsyncClient, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in no page, no referrer, no log."""
    caplog.set_level(logging.DEBUG, "sehat")
    path = await staffroom.link(office, "Anna")
    secret = path.partition("=")[2]
    answer = await web.get(path)
    shown = await web.get("/sign-in")
    signed = await web.post("/sign-in")

    assert (303, "/sign-in") == (answer.status_code, answer.headers["location"])
    assert "same-origin" == shown.headers["referrer-policy"]
    assert not any(secret in said for said in (answer.text, shown.text, signed.text, caplog.text))


async def test_a_link_works_once(app: ASGIApp, web: httpx.AsyncClient, office: Office) -> None:
    """Who comes second reads why, and how to get a new one."""
    path = await staffroom.link(office, "Anna")
    async with staffroom.browser(app) as second:
        await web.get(path)
        await second.get(path)
        await web.post("/sign-in")
        answer = await second.post("/sign-in")
        again = await second.get("/staff")

    assert 403 == answer.status_code
    assert GONE in answer.text
    assert "/login" in answer.text
    assert 303 == again.status_code


async def test_of_two_who_press_at_once_one_comes_in(app: ASGIApp, office: Office) -> None:
    """Five browsers with one link."""
    path = await staffroom.link(office, "Anna")
    browsers = [staffroom.browser(app) for _ in range(5)]
    for one in browsers:
        await one.get(path)
    answers = await asyncio.gather(*(one.post("/sign-in") for one in browsers))
    for one in browsers:
        await one.aclose()

    assert [303, 403, 403, 403, 403] == sorted(answer.status_code for answer in answers)
    assert 1 == len(await seen(office))


@pytest.mark.parametrize(("minutes", "status"), [(9, 303), (11, 403)])
async def test_a_link_holds_ten_minutes(
    web: httpx.AsyncClient, office: Office, reception: Reception, minutes: int, status: int
) -> None:
    """Also when its page is open already."""
    await web.get(await staffroom.link(office, "Anna"))
    later(reception, minutes * MINUTE)

    assert status == (await web.post("/sign-in")).status_code


async def test_the_link_of_a_removed_member_opens_nothing(
    web: httpx.AsyncClient, office: Office
) -> None:
    """Pressed before or after."""
    await web.get(await staffroom.link(office, "Anna"))
    async with office.store.begin() as connection:
        await staff.remove(connection, "Anna", "Omar", office.clock())

    assert GONE in (await web.get("/sign-in")).text
    assert 403 == (await web.post("/sign-in")).status_code


@pytest.mark.parametrize("secret", ["x", "é", "a" * 5000, "%00", "a b;c=d"])
async def test_a_made_up_link_is_refused(web: httpx.AsyncClient, secret: str) -> None:
    """Whatever stands in it."""
    answer = await web.get("/sign-in", params={"link": secret}, follow_redirects=True)

    assert 403 == answer.status_code
    assert GONE in answer.text


async def test_without_a_link_the_page_tells_how_to_get_one(web: httpx.AsyncClient) -> None:
    """No field for a password anywhere."""
    shown = await web.get("/sign-in")

    assert 200 == shown.status_code
    assert "<code>/login</code>" in shown.text
    assert "bot.py staff login NAME" in shown.text
    assert "<input" not in shown.text


# ---- cookies and sessions


async def test_cookies_are_for_our_pages_alone(web: httpx.AsyncClient, office: Office) -> None:
    """No script, no other host, no plain http, no other site's form."""
    first = await web.get(await staffroom.link(office, "Anna"))
    second = await web.post("/sign-in")
    made = [
        one
        for answer in (first, second)
        for one in answer.headers.get_list("set-cookie")
        if "Max-Age=0" not in one
    ]

    assert ["__Host-sehat-link", "__Host-sehat-session"] == [one.split("=")[0] for one in made]
    for one in made:
        parts = {part.strip().lower() for part in one.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)


async def test_who_was_stopped_goes_on_where_they_wanted(
    web: httpx.AsyncClient, office: Office
) -> None:
    """With what stood in the address."""
    stopped = await web.get("/audit?who=Anna&about=staff%2F")
    assert (303, "/sign-in") == (stopped.status_code, stopped.headers["location"])
    await web.get(await staffroom.link(office, "Anna"))
    answer = await web.post("/sign-in")

    assert "/audit?who=Anna&about=staff%2F" == answer.headers["location"]
    assert 200 == (await web.get(answer.headers["location"])).status_code


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/queue/17?state=open&page=2", True),
        ("/", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
        ("/a\r\nset-cookie: x=1", False),
        ("/\t/evil.example", False),
        ("/sign-in?link=x", False),
        ("", False),
        ("/" + "a" * 500, False),
    ],
)
async def test_nobody_is_led_to_another_site(
    web: httpx.AsyncClient, office: Office, path: str, *, safe: bool
) -> None:
    """Wherever the cookie came from."""
    assert safe is safe_path(path)
    await web.get(await staffroom.link(office, "Anna"))
    web.cookies.set("__Host-sehat-going", httpx.QueryParams({"x": path}).__str__()[2:])
    answer = await web.post("/sign-in")

    assert (path if safe else "/") == answer.headers["location"]


async def test_what_is_sent_when_signed_out_does_nothing(
    web: httpx.AsyncClient, office: Office
) -> None:
    """And says so, instead of losing it in a redirect."""
    answer = await web.post("/staff/remove", data={"name": "Vera"})

    assert 403 == answer.status_code
    assert "You are signed out, so nothing was done." in answer.text
    assert "Vera" in await members(office)


async def test_a_session_ends_after_an_hour_without_use(
    app: ASGIApp, office: Office, reception: Reception
) -> None:
    """Use keeps it alive, to eight hours at most."""
    async with await staffroom.signed_in(app, office, "Anna") as web:
        for _ in range(9):
            later(reception, 50 * MINUTE)
            assert 200 == (await web.get("/staff")).status_code
        later(reception, 40 * MINUTE)
        assert 303 == (await web.get("/staff")).status_code
    async with await staffroom.signed_in(app, office, "Anna") as web:
        later(reception, 60 * MINUTE)
        assert 303 == (await web.get("/staff")).status_code


async def test_that_a_session_is_used_is_written_once_a_minute(
    app: ASGIApp, office: Office, reception: Reception
) -> None:
    """Not at every page."""
    async with await staffroom.signed_in(app, office, "Anna") as web:
        written = []
        for seconds in (1, 58, 2, 58, 60):
            later(reception, timedelta(seconds=seconds))
            await web.get("/staff")
            written += await seen(office)

    # The first page notes it; the next when a minute is over.
    assert [False, True, False, True] == [b != a for a, b in pairwise(written)]


async def test_signing_out_ends_the_session_everywhere_its_cookie_went(
    app: ASGIApp, office: Office
) -> None:
    """A stolen copy of it as well."""
    async with (
        await staffroom.signed_in(app, office, "Anna") as web,
        staffroom.browser(app) as copy,
    ):
        copy.cookies = web.cookies
        answer = await web.post("/sign-out")
        told = await web.get(answer.headers["location"])

        assert "You are signed out." in told.text
        assert 303 == (await web.get("/staff")).status_code
        assert 303 == (await copy.get("/staff")).status_code
    assert [] == await seen(office)


async def test_who_signs_in_anew_leaves_no_session_behind(app: ASGIApp, office: Office) -> None:
    """In the same browser, as another member."""
    async with await staffroom.signed_in(app, office, "Anna") as web:
        await web.get(await staffroom.link(office, "Omar"))
        await web.post("/sign-in")

        assert "Omar <small>owner</small>" in (await web.get("/staff")).text
    assert 1 == len(await seen(office))


# ---- attempts


async def test_ten_bad_links_from_one_address_are_enough(app: ASGIApp, office: Office) -> None:
    """A good one waits then too; other addresses do not."""
    good = await staffroom.link(office, "Anna")
    async with staffroom.browser(app, "198.51.100.7") as web:
        for number in range(10):
            tried = await web.get("/sign-in", params={"link": number}, follow_redirects=True)
            assert 403 == tried.status_code
        refused = await web.get(good, follow_redirects=True)
        pressed = await web.post("/sign-in")
    async with staffroom.browser(app, "198.51.100.8") as other:
        fine = await other.get(good, follow_redirects=True)

    assert [429, 429, 200] == [one.status_code for one in (refused, pressed, fine)]
    assert "600" == refused.headers["retry-after"]
    assert "Wait ten minutes" in refused.text


async def test_good_links_are_no_attempts(app: ASGIApp, office: Office) -> None:
    """A team behind one address signs in all day."""
    for _ in range(12):
        async with await staffroom.signed_in(app, office, "Anna") as web:
            assert 200 == (await web.get("/staff")).status_code


async def test_pressing_without_a_link_counts_as_an_attempt(web: httpx.AsyncClient) -> None:
    """There is no way round."""
    answers = [await web.post("/sign-in") for _ in range(12)]

    assert [403] * 10 + [429] * 2 == [answer.status_code for answer in answers]


def test_attempts_are_counted_by_network_and_in_all() -> None:
    """IPv6 by /64, as a household has as many addresses as it likes."""
    now = utc_now()
    attempts = Attempts(lambda: now, each=2, all=5, minutes=10)

    assert [True, True, False] == [attempts.begin(f"2001:db8::{n}") for n in range(3)]
    assert [True, True, True, False] == [attempts.begin(f"192.0.2.{n}") for n in range(4)]
    attempts.forgive("192.0.2.1")
    assert [True, False] == [attempts.begin(f"192.0.2.{n}") for n in (8, 9)]
    now += 10 * MINUTE
    assert attempts.begin("2001:db8::1")


# ---- other sites, other names


@pytest.mark.parametrize(
    ("headers", "done"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": ""}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://console.test"}, False),
        ({"origin": "https://console.test"}, True),
        ({"origin": "https://CONSOLE.test"}, True),
        ({"origin": "https://evil.test"}, False),
        ({"origin": "https://console.test.evil.test"}, False),
        ({"origin": "https://console.test:444"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://["}, False),
        ({"origin": ""}, False),
        ({}, False),
    ],
    ids=str,
)
async def test_only_our_own_pages_change_anything(
    app: ASGIApp, office: Office, headers: dict[str, str], *, done: bool
) -> None:
    """Of a browser in which the owner is signed in."""
    async with await staffroom.signed_in(app, office, "Omar") as web:
        del web.headers["sec-fetch-site"]
        answer = await web.post("/staff/remove", data={"name": "Vera"}, headers=headers)

    assert done is ("Vera" not in await members(office))
    assert (303 if done else 403) == answer.status_code
    if not done:
        assert "sent by a page of another site" in answer.text


async def test_links_of_other_sites_lead_to_our_pages(app: ASGIApp, office: Office) -> None:
    """In the staff's chat on the web, for one."""
    async with await staffroom.signed_in(app, office, "Omar") as web:
        answer = await web.get("/staff", headers={"sec-fetch-site": "cross-site"})

    assert 200 == answer.status_code


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "ODD"])
async def test_methods_that_are_not_known_to_be_safe_are_fenced(
    web: httpx.AsyncClient, method: str
) -> None:
    """Whatever they are called."""
    assert {"GET", "HEAD", "OPTIONS"} == signin.SAFE
    answer = await web.request(method, "/staff", headers={"sec-fetch-site": "cross-site"})

    assert 403 == answer.status_code


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("console.test", 200),
        ("CONSOLE.TEST", 200),
        ("console.test:443", 200),
        ("127.0.0.1:8081", 200),
        ("localhost:8081", 200),
        ("[::1]:8081", 200),
        ("evil.test", 421),
        ("console.test.evil.test", 421),
        ("127.0.0.1.evil.test", 421),
        ("192.0.2.1", 421),
        ("evil.test@console.test", 421),
        ("console.test/x", 421),
        ("console.test:x", 421),
        ("", 421),
    ],
)
async def test_only_our_own_names_are_answered(
    web: httpx.AsyncClient, host: str, status: int
) -> None:
    """A name that was made to point here (DNS rebinding) gets nothing."""
    answer = await web.get("/sign-in", headers={"host": host})

    assert status == answer.status_code


async def test_two_names_at_once_are_none(web: httpx.AsyncClient) -> None:
    """A proxy may read the other one."""
    answer = await web.get("/sign-in", headers=[("host", "console.test"), ("host", "evil.test")])

    assert 421 == answer.status_code


# ---- headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sign-in"),
        ("GET", "/staff"),
        ("GET", "/nowhere"),
        ("POST", "/staff/add"),
        ("GET", "/sign-in?link=x"),
    ],
)
@pytest.mark.parametrize("site", ["same-origin", "cross-site"])
async def test_every_answer_keeps_to_itself(
    web: httpx.AsyncClient, method: str, path: str, site: str
) -> None:
    """Refusals as well."""
    answer = await web.request(method, path, headers={"sec-fetch-site": site})

    assert "no-store" == answer.headers["cache-control"]
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")


async def test_a_form_that_is_too_long_is_refused(app: ASGIApp, office: Office) -> None:
    """Before anything reads it."""
    async with await staffroom.signed_in(app, office, "Omar") as web:
        answer = await web.post("/staff/add", data={"name": "a" * (MOST_BODY_BYTES + 1)})

    assert 413 == answer.status_code
    assert len(Role) == len(await members(office))
