"""The fake in a process of its own; its first line of output is its address."""

import argparse
import asyncio
import signal
import sys

from fakes.bot_api.api import TOKEN, FakeBotApi


def main() -> None:
    """Read the command line and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m fakes.bot_api", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--token", default=TOKEN, help=f"the bot's token (default {TOKEN})")
    parser.add_argument("--username", default="sehat_test_bot", help="the bot's @name")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    asyncio.run(serve(options))


async def serve(options: argparse.Namespace) -> None:
    """Serve until told to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if options.until_eof:
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        reading = asyncio.ensure_future(reader.read())
        reading.add_done_callback(lambda _: ended.set())
    fake = FakeBotApi(options.token, username=options.username, port=options.port)
    async with fake:
        sys.stdout.write(f"{fake.url}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    main()
