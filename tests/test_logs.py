"""`logs` shows where something went wrong, and neither people's words nor secrets."""

import io
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from conftest import HOME

import logs
from logs import OthersQuietly, SafeFormatter

WORDS = "marked words of a person"
SECRET = "123456:a-marked-token"  # noqa: S105 - nobody's
OURS, THEIRS = logging.getLogger("handlers.tests"), logging.getLogger("httpx.tests")


class WordsError(Exception):
    """An error whose message holds a person's words."""


@pytest.fixture
def configured() -> Iterator[io.StringIO]:
    """The real configuration; what it logs is collected, and everything is put back."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in ("httpx", "telegram", "asyncio")}
    logs.configure("info", (SECRET,))
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(collected := io.StringIO())
    yield collected
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)


def fail() -> None:
    """Fail with a person's words, because another call with them failed."""
    try:
        int(WORDS)
    except ValueError as error:
        raise WordsError(WORDS) from error


def ran(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own, logging as the bot does."""
    start = f"import logs; logs.configure('info', ('{SECRET}',)); words = '{WORDS}'\n"
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", start + code], cwd=HOME, capture_output=True, text=True, check=False
    )


def test_shows_time_level_name_and_message(configured: io.StringIO) -> None:
    """One line a record."""
    OURS.info("asked back, %d suggestions", 3)

    line = configured.getvalue()
    assert line.endswith(" INFO handlers.tests: asked back, 3 suggestions\n")
    assert line[:4].isdecimal()


def test_shows_where_a_failure_came_from_but_not_its_message(configured: io.StringIO) -> None:
    """Frames and types are enough to find it, of the cause too."""
    try:
        fail()
    except WordsError:
        OURS.exception("handling failed")

    said = configured.getvalue()
    assert "marked" not in said
    assert f'File "{__file__}"' in said
    assert said.index("WordsError") < said.index("builtins.ValueError")


def test_a_traceback_that_another_formatter_kept_is_not_shown() -> None:
    """Python keeps the formatted traceback in the record, message and all."""
    with pytest.raises(WordsError) as raised:
        fail()
    found = (WordsError, raised.value, raised.tb)
    record = logging.LogRecord("ours", logging.ERROR, "", 0, "failed", None, found)
    kept = logging.Formatter().format(record)

    assert "marked" in kept
    assert "marked" not in SafeFormatter().format(record)


def test_a_failure_without_an_exception_is_shown_without(configured: io.StringIO) -> None:
    """`exc_info` may be asked for where nothing was raised."""
    OURS.error("odd", exc_info=True)

    assert configured.getvalue().endswith("handlers.tests: odd\n")
    assert SafeFormatter().formatException(None) == ""


def test_a_trace_names_what_was_handled_when_it_failed() -> None:
    """Without a cause it is the context that is told."""
    error = WordsError(WORDS)
    error.__context__ = KeyError(WORDS)

    assert logs.trace(error)[1:] == ["builtins.KeyError"]
    assert logs.trace(None) == []


def test_a_trace_of_causes_in_a_circle_ends() -> None:
    """Libraries that raise one exception twice make them."""
    error, other = WordsError(WORDS), ValueError(WORDS)
    error.__cause__, other.__cause__ = other, error

    assert len(logs.trace(error)) == 2


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (f"token {SECRET} refused", ()),
        ("call to https://api.telegram.org/bot%s/getMe failed", (SECRET,)),
        ("setting %r", ({"token": SECRET},)),
    ],
    ids=["message", "argument", "nested"],
)
def test_a_secret_is_hidden_wherever_it_stands(
    configured: io.StringIO, message: str, arguments: tuple[object, ...]
) -> None:
    """Also where our own code has put it by mistake."""
    OURS.warning(message, *arguments)

    assert "marked" not in configured.getvalue()
    assert "[hidden]" in configured.getvalue()


def test_an_empty_secret_hides_nothing() -> None:
    """A bot without a token has one."""
    record = logging.LogRecord("ours", logging.INFO, "", 0, "started", None, None)

    assert SafeFormatter(("",)).format(record).endswith("ours: started")


def test_the_arguments_of_other_libraries_are_left_out(configured: io.StringIO) -> None:
    """They may be addresses with a token, or what a person wrote; the kind of message stays."""
    THEIRS.warning("Failed to send: %s to %d", WORDS, 7)

    assert configured.getvalue().endswith("WARNING httpx.tests: Failed to send:\n")


@pytest.mark.parametrize(
    ("name", "message", "arguments", "expected"),
    [
        ("handlers", "%d kept", (3,), "3 kept"),
        ("telegram.ext", "Network down", (), "Network down"),
        ("telegramic", "%d kept", (3,), "3 kept"),
    ],
    ids=["ours", "theirs-without-arguments", "name-that-begins-alike"],
)
def test_other_messages_stay_as_they_are(
    name: str, message: str, arguments: tuple[object, ...], expected: str
) -> None:
    """Ours, and those that say nothing of anybody."""
    record = logging.LogRecord(name, logging.WARNING, "", 0, message, arguments, None)

    assert OthersQuietly().filter(record)
    assert expected == record.getMessage()


def test_other_libraries_speak_from_warnings_on(configured: io.StringIO) -> None:
    """The client logs each address at level info, and Telegram's addresses hold the token."""
    THEIRS.info("HTTP Request: POST %s", SECRET)

    assert configured.getvalue() == ""


def test_our_level_is_the_one_that_is_set(configured: io.StringIO) -> None:
    """Below it nothing is logged."""
    OURS.debug("detail")

    assert configured.getvalue() == ""


@pytest.mark.usefixtures("configured")
def test_a_record_that_cannot_be_written_tells_only_whose_it_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The library would print its arguments."""
    handler = logging.getLogger().handlers[0]
    handler.handle(logging.LogRecord(OURS.name, logging.ERROR, "", 0, "%d kept", (WORDS,), None))

    said = capsys.readouterr().err
    assert OURS.name in said
    assert "marked" not in said


def test_configuring_twice_logs_once(configured: io.StringIO) -> None:
    """The settings may be read anew."""
    logs.configure("error")

    assert len(logging.getLogger().handlers) == 1
    assert logging.getLogger().level == logging.ERROR


@pytest.mark.usefixtures("configured")
def test_a_failure_that_nobody_caught_shows_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the interpreter would print everything."""
    try:
        fail()
    except WordsError as error:
        sys.excepthook(WordsError, error, error.__traceback__)

    said = capsys.readouterr().err
    assert "WordsError" in said
    assert "marked" not in said


@pytest.mark.usefixtures("configured")
def test_an_interruption_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """Control-C is no failure."""
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert capsys.readouterr().err == ""


UNCAUGHT = "raise ValueError(words)"
THREAD = """
import threading
def work(): raise ValueError(words)
threading.Thread(target=work).start()
"""
TASK = """
import asyncio, gc
async def work(): raise ValueError(words)
async def main():
    asyncio.ensure_future(work())
    await asyncio.sleep(0.01)
    gc.collect()
asyncio.run(main())
"""
FINALISER = """
class Dropped:
    def __del__(self): raise ValueError(words)
Dropped()
"""
ARGUMENTS = """
import logging
logging.getLogger('ours').error('%d kept', words)
"""
LIBRARY = """
import logging
logging.getLogger('httpx').warning('sent %s', words, exc_info=ValueError(words))
"""


@pytest.mark.parametrize(
    "code",
    [UNCAUGHT, THREAD, TASK, FINALISER, ARGUMENTS, LIBRARY],
    ids=["uncaught", "thread", "task", "finaliser", "wrong-arguments", "library"],
)
def test_a_process_never_shows_a_persons_words(code: str) -> None:
    """However it fails; that it failed is told."""
    done = ran(code)

    assert done.stderr
    assert "marked" not in done.stderr + done.stdout
