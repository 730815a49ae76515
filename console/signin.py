"""Who may come in to the pages of staff: one-time links, sessions, requests of other sites.

The secret of a link comes in the address once.  The answer puts it into a cookie and leads to the
same page without it, so it stays in no history and no referrer; only the page's button uses the
link up, as chat apps fetch every link for a preview.
"""

import hashlib
import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers as Given
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from escalation import staff
from escalation.office import Office
from escalation.staff import Member

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
OURS = frozenset({"same-origin", "none"})
"""What `Sec-Fetch-Site` says of our own pages, and of what somebody typed."""
SESSION, LINK, GOING = "session", "link", "going"
GOING_SECONDS = 30 * 60
MOST_PATH = 500
KEEP_ALIVE_SECONDS = 60
MOST_KEPT_ALIVE = 1000


# ---- cookies


def _name(name: str) -> str:
    # `__Host-`: only by https or from this machine, for this host alone, not its neighbours.
    return f"__Host-sehat-{name}"


def cookie(request: Request, name: str) -> str:
    """Return one of our cookies, or ""."""
    return request.cookies.get(_name(name), "")


def put(answer: Response, name: str, value: str, *, seconds: int) -> None:
    """Set one of our cookies.

    SameSite is Lax: a link in the staff's chat comes from another site, and with Strict it would
    find nobody signed in.  What changes something is kept from other sites by `Fence`.
    """
    answer.set_cookie(
        _name(name), value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax"
    )


def drop(answer: Response, name: str) -> None:
    """Take one of our cookies away."""
    answer.delete_cookie(_name(name), path="/", secure=True, httponly=True, samesite="lax")


# ---- requests of other sites


class Fence:
    """Refuses what another site, or another name for our address, has sent.  Plain ASGI.

    A request that may change something must come from our own page: `Sec-Fetch-Site` says so, or
    where a browser does not send it, `Origin` names our host.  The method is that of Go's
    net/http.CrossOriginProtection, from F. Valsorda, Cross-Site Request Forgery, 2025
    (words.filippo.io/csrf); unlike there, a request with neither header is refused, as only
    browsers have business here.

    `Host` must be the console's own address or this machine's: a page whose name was made to
    point at us (DNS rebinding) names its own.
    """

    def __init__(self, app: ASGIApp, address: str) -> None:
        """Wrap an application that staff reach at an address."""
        self._app, self._ours = app, (urlsplit(address).hostname or "").lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (wrong := self._wrong(scope["method"], Given(scope=scope))):
            status, sentence = wrong
            await PlainTextResponse(sentence, status)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _wrong(self, method: str, given: Given) -> tuple[int, str] | None:
        hosts = given.getlist("host")
        name = _hostname(hosts[0]) if len(hosts) == 1 else None
        if name is None or not (name == self._ours or is_loopback(name)):
            return 421, "Staff reach these pages at the address of console.address in the settings."
        if method in SAFE or _of_our_page(given, hosts[0]):
            return None
        return 403, "This was sent by a page of another site, so nothing was done. Go back to ours."


def _hostname(host: str) -> str | None:
    """Return the name in a Host header, in small letters; None if it holds more than a host."""
    try:
        parts = urlsplit(f"//{host}")
        plain = parts.netloc == host and not (parts.username or parts.password)
        _ = parts.port  # raises where it is none
    except ValueError:
        return None
    return parts.hostname.lower() if plain and parts.hostname else None


def is_loopback(name: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _of_our_page(given: Given, host: str) -> bool:
    if (site := given.get("sec-fetch-site")) is not None:
        return site in OURS
    try:
        origin = urlsplit(given.get("origin", ""))
    except ValueError:
        return False
    return origin.scheme in ("http", "https") and origin.netloc.lower() == host.lower()


# ---- attempts


@dataclass(slots=True)
class Attempts:
    """How often sign-in went wrong lately, in memory of this process.

    A secret has 256 bits, so nobody guesses one; the limit keeps trying from costing anything, and
    from filling the log.

    Attributes:
        clock: Returns the time, aware.
        each: Most from one address (IPv6: one /64) within the window.
        all: Most in all.
        minutes: The window.
    """

    clock: Callable[[], datetime]
    each: int = 10
    all: int = 100
    minutes: int = 10
    _failed: deque[tuple[datetime, str]] = field(default_factory=deque)

    def begin(self, address: str) -> bool:
        """Count an attempt before it is looked at; return False when there were too many."""
        now, network = self.clock(), _network(address)
        while self._failed and now - self._failed[0][0] >= timedelta(minutes=self.minutes):
            self._failed.popleft()
        same = sum(one == network for _, one in self._failed)
        if same >= self.each or len(self._failed) >= self.all:
            return False
        self._failed.append((now, network))
        return True

    def forgive(self, address: str) -> None:
        """Take back the latest attempt of an address: it was a good one."""
        network = _network(address)
        for place in range(len(self._failed) - 1, -1, -1):
            if self._failed[place][1] == network:
                del self._failed[place]
                return


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network((found, 64), strict=False))


# ---- coming in


class Gate:
    """Turns a request into a member, and a link into a session."""

    def __init__(self, office: Office) -> None:
        """Look members up in an office's database."""
        self._office = office
        self.attempts = Attempts(office.clock)
        self._kept: OrderedDict[str, datetime] = OrderedDict()

    async def member(self, request: Request) -> Member | None:
        """Return who sent a request, as of now; None when nobody is signed in."""
        secret = cookie(request, SESSION)
        if not secret:
            return None
        now = self._office.clock()
        async with self._office.store.read() as connection:
            found = await staff.signed_in(connection, secret, now)
        if found is not None:
            await self._keep_alive(secret, now)
        return found

    async def _keep_alive(self, secret: str, now: datetime) -> None:
        """Write that a session is used, at most once a minute."""
        name = hashlib.sha256(secret.encode()).hexdigest()
        last = self._kept.get(name)
        if last is not None and now - last < timedelta(seconds=KEEP_ALIVE_SECONDS):
            return
        self._kept[name] = now
        self._kept.move_to_end(name)
        if len(self._kept) > MOST_KEPT_ALIVE:
            self._kept.popitem(last=False)
        async with self._office.store.begin() as connection:
            await staff.keep_alive(connection, secret, now)

    async def whose(self, request: Request) -> Member | None:
        """Return whose link a request brings in its cookie, without using it up."""
        secret = cookie(request, LINK)
        if not secret:
            return None
        async with self._office.store.read() as connection:
            return await staff.whose(connection, secret, "console", self._office.clock())

    async def sign_in(self, request: Request, answer: Response) -> Member | None:
        """Use the link of a request's cookie up; the answer then holds a new session.

        Whoever was signed in before in this browser is signed out.
        """
        secret, before = cookie(request, LINK), cookie(request, SESSION)
        drop(answer, LINK)
        async with self._office.store.begin() as connection:
            made = await staff.sign_in(connection, secret, self._office.clock())
            if made is not None and before:
                await staff.sign_out(connection, before)
        if made is None:
            return None
        put(answer, SESSION, made[1], seconds=staff.SESSION_HOURS * 3600)
        drop(answer, GOING)
        return made[0]

    async def sign_out(self, request: Request, answer: Response) -> None:
        """End the session of a request."""
        drop(answer, SESSION)
        async with self._office.store.begin() as connection:
            await staff.sign_out(connection, cookie(request, SESSION))


def remember(request: Request, answer: Response) -> None:
    """Note where somebody was going who has to sign in first."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if safe_path(path):
        put(answer, GOING, quote(path, safe=""), seconds=GOING_SECONDS)


def going(request: Request) -> str:
    """Return the page of ours where somebody was going; the first page if it is none."""
    path = unquote(cookie(request, GOING))
    return path if safe_path(path) else "/"


def came_from(request: Request) -> str:
    """Return the page of ours from which a request came, or ""."""
    try:
        parts = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    ours = parts.netloc == request.headers.get("host") and path != request.url.path
    return path if ours and safe_path(path) else ""


def safe_path(path: str) -> bool:
    """Tell whether an address leads to a page of ours: a path, and nothing else."""
    printable = path.isascii() and path.isprintable() and "\\" not in path
    local = path.startswith("/") and not path.startswith(("//", "/sign-"))
    return printable and local and len(path) <= MOST_PATH
