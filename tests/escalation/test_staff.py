"""Roles, one-time links and sessions: who gets in, and from when on no longer."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from escalation import audit, staff
from escalation.office import Office
from escalation.staff import LEAST, Act, Member, RefusedError, Role
from storage.store import Store
from storage.tables import links, sessions

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Team = Mapping[Role, Member]


async def made(store: Store, name: str, purpose: staff.Purpose = "console") -> str:
    """Return the secret of a new link."""
    async with store.begin() as connection:
        return await staff.link(connection, name, purpose, "test", NOW)


async def session(store: Store, name: str) -> str:
    """Return the secret of a new session."""
    secret = await made(store, name)
    async with store.begin() as connection:
        used = await staff.sign_in(connection, secret, NOW)
    assert used is not None
    return used[1]


async def whose(store: Store, secret: str, now: datetime = NOW) -> str | None:
    """Return the name of whom a session is."""
    async with store.read() as connection:
        found = await staff.signed_in(connection, secret, now)
    return found.name if found else None


async def refused(store: Store, name: str, role: Role = Role.OWNER) -> str:
    """Return why a name is not taken in."""
    with pytest.raises(RefusedError) as error:
        async with store.begin() as connection:
            await staff.add(connection, name, role, "test", NOW)
    return str(error.value)


async def acts(store: Store) -> list[tuple[str, str, str]]:
    """Return who did what to what, the oldest first."""
    async with store.read() as connection:
        found = await audit.rows(connection)
    return [(kept.act.who, kept.act.what, kept.act.object) for kept in found]


# ---- roles


@pytest.mark.parametrize("act", Act)
def test_each_role_may_what_those_before_it_may(act: Act) -> None:
    """From the least role of an act on, all."""
    may = [Member("Anna", role).may(act) for role in Role]

    assert sorted(may) == may
    assert LEAST[act] is list(Role)[may.index(True)]


@pytest.mark.parametrize("act", Act)
def test_must_says_which_role_it_takes(act: Act) -> None:
    """To whoever has not got it."""
    for role in Role:
        member = Member("Anna", role)
        if member.may(act):
            member.must(act)
            continue
        with pytest.raises(RefusedError) as error:
            member.must(act)
        assert f"to {act} takes the role {LEAST[act]}; Anna is {role}" == str(error.value)


def test_a_viewer_changes_nothing() -> None:
    """Looking and trying are all that the least role may do."""
    viewer = Member("Vera", Role.VIEWER)

    assert {Act.LOOK, Act.TRY} == {act for act in Act if viewer.may(act)}


def test_only_owners_handle_staff() -> None:
    """And approvers alone approve and read the audit below them."""
    assert Role.OWNER is LEAST[Act.STAFF]
    assert Role.APPROVER is LEAST[Act.APPROVE] is LEAST[Act.AUDIT]


# ---- names


@pytest.mark.parametrize(
    "name", ["Anna", "रोज़ा शर्मा", "عائشہ", "Émile O’Neil", "J. Smith-Jones", "R2"]
)
async def test_names_of_every_script_are_names(store: Store, name: str) -> None:
    """With vowel signs, too."""
    async with store.begin() as connection:
        added = await staff.add(connection, name, Role.OWNER, "test", NOW)

    assert name == added.name


@pytest.mark.parametrize(
    "name", ["", " ", "-rf", "=1+1", "@anna", "a" * 49, "Anna\u202e", "A/B", "A\nB;", "a\u200bb"]
)
async def test_what_is_no_name_is_refused(store: Store, name: str) -> None:
    """Nothing that a spreadsheet, a terminal or a reader could take for something else."""
    assert "is no name: 1 to 48 letters" in await refused(store, name)


@pytest.mark.parametrize("name", ["sehat", "Terminal", "TERMINAL"])
async def test_names_of_the_audit_are_reserved(store: Store, name: str) -> None:
    """Nobody can act under them."""
    assert "take another name" in await refused(store, name)


async def test_a_name_in_other_letters_of_its_own_is_the_same_name(store: Store) -> None:
    """Capitals of every script, composed or not, one blank or two."""
    async with store.begin() as connection:
        await staff.add(connection, "Émile B", Role.OWNER, "test", NOW)

    for name in ("émile b", "E\u0301mile B", "Émile  B", "ÉMILE B"):
        assert "there is a Émile B already (owner)" in await refused(store, name)


async def test_who_was_removed_comes_back_without_what_they_had(store: Store, team: Team) -> None:
    """The account on Telegram is not connected any more."""
    secret = await made(store, "Anna", "telegram")
    async with store.begin() as connection:
        await staff.bind(connection, secret, 77, NOW)
        await staff.remove(connection, "Anna", "Omar", NOW)
        back = await staff.add(connection, "Anna", Role.VIEWER, "Omar", NOW)

    assert Member("Anna", Role.VIEWER, None) == back
    async with store.read() as connection:
        assert back == await staff.named(connection, "Anna")
        assert None is await staff.of_telegram(connection, 77)


# ---- the last owner


@pytest.mark.parametrize("how", ["remove", "demote"])
async def test_the_last_owner_stays(store: Store, team: Team, how: str) -> None:
    """Nothing of the attempt is left, in the audit neither."""
    before = await acts(store)

    async def go() -> None:
        async with store.begin() as connection:
            if how == "remove":
                await staff.remove(connection, "Omar", "Omar", NOW)
            else:
                await staff.change(connection, "Omar", Role.VIEWER, "Omar", NOW)

    with pytest.raises(RefusedError, match="the last owner stays: make somebody else owner first"):
        await go()

    assert before == await acts(store)
    async with store.read() as connection:
        assert team[Role.OWNER] == await staff.named(connection, "Omar")


async def test_an_owner_can_go_when_there_is_another(store: Store, team: Team) -> None:
    """One is enough."""
    async with store.begin() as connection:
        await staff.change(connection, "Anna", Role.OWNER, "Omar", NOW)
        await staff.remove(connection, "Omar", "Omar", NOW)

        assert ["Anna", "Carl", "Rosa", "Vera"] == [m.name for m in await staff.members(connection)]


async def test_of_two_owners_who_remove_each_other_one_stays(store: Store, team: Team) -> None:
    """At once."""
    async with store.begin() as connection:
        await staff.change(connection, "Anna", Role.OWNER, "Omar", NOW)

    async def remove(name: str, by: str) -> None:
        async with store.begin() as connection:
            await staff.remove(connection, name, by, NOW)

    ended = await asyncio.gather(
        remove("Omar", "Anna"), remove("Anna", "Omar"), return_exceptions=True
    )

    assert 1 == sum(isinstance(one, RefusedError) for one in ended)


# ---- links


async def test_a_link_works_once(store: Store, team: Team) -> None:
    """The second time it is nobody's."""
    secret = await made(store, "Vera")
    async with store.begin() as connection:
        first = await staff.sign_in(connection, secret, NOW)
        assert first is not None
        assert team[Role.VIEWER] == first[0]
        assert None is await staff.sign_in(connection, secret, NOW)


async def test_of_two_who_use_a_link_at_once_one_gets_in(store: Store, team: Team) -> None:
    """However many try."""
    secret = await made(store, "Vera")

    async def use() -> bool:
        async with store.begin() as connection:
            return await staff.sign_in(connection, secret, NOW) is not None

    assert 1 == sum(await asyncio.gather(*(use() for _ in range(8))))


@pytest.mark.parametrize(("minutes", "good"), [(9, True), (10, True), (11, False)])
async def test_a_link_holds_ten_minutes(
    store: Store, team: Team, minutes: int, *, good: bool
) -> None:
    """No longer."""
    secret, then = await made(store, "Vera"), NOW + minutes * MINUTE
    async with store.begin() as connection:
        assert good is (await staff.whose(connection, secret, "console", then) is not None)
        assert good is (await staff.sign_in(connection, secret, then) is not None)


async def test_looking_whose_a_link_is_does_not_use_it_up(store: Store, team: Team) -> None:
    """A chat app's preview does no harm."""
    secret = await made(store, "Vera")
    async with store.begin() as connection:
        for _ in range(3):
            assert team[Role.VIEWER] == await staff.whose(connection, secret, "console", NOW)
        await staff.sign_in(connection, secret, NOW)
        assert None is await staff.whose(connection, secret, "console", NOW)


async def test_a_link_for_telegram_opens_no_console(store: Store, team: Team) -> None:
    """And the other way round."""
    secrets = await made(store, "Vera", "telegram"), await made(store, "Vera", "console")
    async with store.begin() as connection:
        assert None is await staff.sign_in(connection, secrets[0], NOW)
        assert None is await staff.bind(connection, secrets[1], 77, NOW)


async def test_the_link_of_a_removed_member_is_nobodys(store: Store, team: Team) -> None:
    """Also when the name comes back."""
    secret = await made(store, "Vera")
    async with store.begin() as connection:
        await staff.remove(connection, "Vera", "Omar", NOW)
        assert None is await staff.whose(connection, secret, "console", NOW)
        assert None is await staff.sign_in(connection, secret, NOW)
        await staff.add(connection, "Vera", Role.VIEWER, "Omar", NOW)
        assert None is await staff.sign_in(connection, secret, NOW)


async def test_five_links_are_open_at_most(store: Store, team: Team) -> None:
    """Until one is used, or ten minutes are over."""
    secrets = [await made(store, "Vera") for _ in range(5)]
    with pytest.raises(RefusedError, match="5 links for Vera are open: use one, or wait 10"):
        await made(store, "Vera")
    async with store.begin() as connection:
        await staff.sign_in(connection, secrets[0], NOW)
    await made(store, "Vera")

    async with store.begin() as connection:
        await staff.link(connection, "Vera", "console", "test", NOW + 11 * MINUTE)
        assert 1 == await connection.scalar(select(func.count()).select_from(links))


async def test_no_secret_is_kept(store: Store, team: Team) -> None:
    """Only hashes: who reads the database cannot come in."""
    link, signed = await made(store, "Vera"), await session(store, "Carl")
    async with store.read() as connection:
        kept = [
            str(row)
            for table in (links, sessions)
            for row in await connection.execute(select(table))
        ]

    assert 3 == len(kept)
    assert not any(secret in row for secret in (link, signed) for row in kept)


# ---- sessions


@pytest.mark.parametrize(
    ("seen", "now", "in_"),
    [
        (timedelta(0), 59 * MINUTE, True),
        (timedelta(0), 60 * MINUTE, False),
        (7.5 * HOUR, 7.9 * HOUR, True),
        (7.9 * HOUR, 8 * HOUR, False),
    ],
    ids=["used lately", "an hour unused", "used all day", "eight hours old"],
)
async def test_a_session_ends_by_itself(
    store: Store, team: Team, seen: timedelta, now: timedelta, *, in_: bool
) -> None:
    """After an hour without use, after eight hours in any case."""
    secret = await session(store, "Vera")
    async with store.begin() as connection:
        await staff.keep_alive(connection, secret, NOW + seen)

    assert in_ is (await whose(store, secret, NOW + now) == "Vera")


async def test_a_removed_member_is_out_at_once(store: Store, team: Team) -> None:
    """And stays out when the name comes back."""
    secret = await session(store, "Vera")
    assert "Vera" == await whose(store, secret)
    async with store.begin() as connection:
        await staff.remove(connection, "Vera", "Omar", NOW)
    assert None is await whose(store, secret)
    async with store.begin() as connection:
        await staff.add(connection, "Vera", Role.VIEWER, "Omar", NOW)

    assert None is await whose(store, secret)


async def test_another_role_counts_at_once(store: Store, team: Team) -> None:
    """In the session that is open."""
    secret = await session(store, "Anna")
    async with store.begin() as connection:
        await staff.change(connection, "Anna", Role.VIEWER, "Omar", NOW)
        found = await staff.signed_in(connection, secret, NOW)

    assert Member("Anna", Role.VIEWER) == found


async def test_signing_out_ends_one_session(store: Store, team: Team) -> None:
    """The one on the phone goes on."""
    here, phone = await session(store, "Vera"), await session(store, "Vera")
    async with store.begin() as connection:
        await staff.sign_out(connection, here)

    assert (None, "Vera") == (await whose(store, here), await whose(store, phone))


@pytest.mark.parametrize("secret", ["", "x", "a" * 43])
async def test_a_made_up_session_is_nobodys(store: Store, team: Team, secret: str) -> None:
    """The empty one neither."""
    await session(store, "Vera")

    assert None is await whose(store, secret)


# ---- Telegram


async def test_a_telegram_account_belongs_to_one_member(store: Store, team: Team) -> None:
    """The second who tries keeps nothing, and is told whose it is."""
    secrets = await made(store, "Vera", "telegram"), await made(store, "Carl", "telegram")
    async with store.begin() as connection:
        bound = await staff.bind(connection, secrets[0], 77, NOW)
    assert Member("Vera", Role.VIEWER, 77) == bound
    with pytest.raises(RefusedError, match="this Telegram account belongs to Vera"):
        async with store.begin() as connection:
            await staff.bind(connection, secrets[1], 77, NOW)

    async with store.read() as connection:
        assert bound == await staff.of_telegram(connection, 77)
        assert team[Role.CURATOR] == await staff.named(connection, "Carl")


async def test_a_removed_members_account_is_unknown(store: Store, team: Team) -> None:
    """Stale buttons in the chat find nobody."""
    secret = await made(store, "Vera", "telegram")
    async with store.begin() as connection:
        await staff.bind(connection, secret, 77, NOW)
        await staff.remove(connection, "Vera", "Omar", NOW)

        assert None is await staff.of_telegram(connection, 77)


# ---- the audit of it


async def test_everything_of_it_stands_in_the_audit(store: Store, team: Team) -> None:
    """With who did it."""
    secret = await made(store, "Vera", "telegram")
    async with store.begin() as connection:
        await staff.bind(connection, secret, 77, NOW)
        await staff.change(connection, "Vera", Role.CURATOR, "Omar", NOW)
    await session(store, "Vera")
    async with store.begin() as connection:
        await staff.remove(connection, "Vera", "Omar", NOW)

    assert [
        ("test", "telegram link", "staff/Vera"),
        ("Vera", "telegram", "staff/Vera"),
        ("Omar", "staff role", "staff/Vera"),
        ("test", "console link", "staff/Vera"),
        ("Vera", "sign in", "staff/Vera"),
        ("Omar", "staff remove", "staff/Vera"),
    ] == (await acts(store))[len(team) :]


@pytest.mark.parametrize("name", ["Nobody", ""])
async def test_what_is_done_to_nobody_is_refused(store: Store, team: Team, name: str) -> None:
    """By name."""
    for done in (
        lambda open_: staff.link(open_, name, "console", "test", NOW),
        lambda open_: staff.remove(open_, name, "test", NOW),
        lambda open_: staff.change(open_, name, Role.OWNER, "test", NOW),
    ):
        with pytest.raises(RefusedError, match=f"there is no member '{name}'"):
            async with store.begin() as connection:
                await done(connection)


def test_an_office_shows_no_key(office: Office) -> None:
    """A traceback or a log may print it."""
    assert "test key" not in repr(office)
    assert b"test key" in office.keys
