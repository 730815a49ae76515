"""A small HTTP/1.1 server on loopback; h11 speaks the protocol.

It is no ASGI server because the fake must also cut connections in the middle, start and stop in
a millisecond, and notice at once that a long poll's client is gone.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import h11

CHUNK_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read to its end."""

    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    hung_up: asyncio.Future[None]
    """Done as soon as the client has closed the connection."""


@dataclass(frozen=True, slots=True)
class Response:
    """One whole response."""

    status: int
    body: bytes
    content_type: str = "application/json"


class DropError(Exception):
    """The handler wants the connection cut without a reply."""


Handler = Callable[[Request], Awaitable[Response]]


class Server:
    """Answers requests on 127.0.0.1 in the running loop; it can stop and start again."""

    def __init__(self, handler: Handler) -> None:
        self.port = 0
        self.crashes: list[Exception] = []
        self._handler = handler
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> None:
        """Listen on `port`; 0 takes a free one."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", port, backlog=1024)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and cut every connection."""
        if self._listener is None:
            return
        self._listener.close()
        self._listener = None
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(reader, writer)
        try:
            while (request := await connection.receive()) is not None:
                if not await connection.send(await connection.listen_while(self._answer(request))):
                    break
        except (DropError, ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError):
            # abort() also throws away what was written: the client sees a broken connection
            writer.transport.abort()
        finally:
            await connection.close()

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handler(request)
        except DropError:
            raise
        except Exception as crash:  # noqa: BLE001 - a bug of the fake: `FakeBotApi` raises it at its end
            self.crashes.append(crash)
            return Response(500, b'{"ok":false,"error_code":500,"description":"bug of the fake"}')


class _Connection:
    """One client: its requests one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._http = h11.Connection(h11.SERVER)
        self._reader = reader
        self._writer = writer
        self._reading: asyncio.Task[bytes] | None = None
        self._hung_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def receive(self) -> Request | None:
        """Return the next request, None when the client closed the connection between two."""
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._read())
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return self._request(head, bytes(body))
            else:
                return None

    async def listen_while(self, answer: Awaitable[Response]) -> Response:
        """Let the handler finish, telling it when the client hangs up meanwhile.

        The handler is not cancelled: Telegram too carries out a call whose caller has gone.
        """
        working = asyncio.ensure_future(answer)
        try:
            await asyncio.wait({working, self._next_bytes()}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done() and self._is_gone():
                self._hung_up.set_result(None)
            return await working
        finally:
            working.cancel()

    async def send(self, response: Response) -> bool:
        """Send the response; True when another request may follow."""
        headers = [
            ("content-type", response.content_type),
            ("content-length", str(len(response.body))),
        ]
        # h11 types a reason phrase as bytes; Telegram's clients do not read it
        head = h11.Response(status_code=response.status, headers=headers, reason=b"")
        parts = (head, h11.Data(data=response.body), h11.EndOfMessage())
        self._writer.write(b"".join(self._http.send(part) or b"" for part in parts))
        await self._writer.drain()
        if self._http.our_state is h11.MUST_CLOSE or self._http.their_state is h11.MUST_CLOSE:
            return False
        self._http.start_next_cycle()
        return True

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await self._writer.wait_closed()

    def _next_bytes(self) -> asyncio.Task[bytes]:
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._reader.read(CHUNK_BYTES))
        return self._reading

    def _is_gone(self) -> bool:
        """Tell whether the client closed the connection, in order or by a reset."""
        reading = self._next_bytes()
        return reading.exception() is not None or not reading.result()

    async def _read(self) -> bytes:
        received = await self._next_bytes()
        self._reading = None
        return received

    def _request(self, head: h11.Request, body: bytes) -> Request:
        target = head.target.decode("ascii")
        path, _, query = target.partition("?")
        headers = dict(head.headers)
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        return Request(head.method.decode("ascii"), path, query, content_type, body, self._hung_up)
