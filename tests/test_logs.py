import io
import json
import logging
import socket
import threading
import warnings

import pytest
import structlog

from bot.logs import LONGEST, QUOTING, UNPRINTABLE, Logger, configure
from bot.net.http import new_session
from bot.secrets.secret import Secret

KEY = "sk-proj-" + "aB3dE6gH9" * 4
"""Of a known shape; opens nothing."""


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.fixture(autouse=True)
def _as_before():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("bot", *QUOTING):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def lines():
    stream = io.StringIO()
    configure("DEBUG", json=True, stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_with_time_level_and_logger(lines):
    Logger("bot.worker").info("operation ended", incident="inc_ab12cd", seconds=1.5, tries=(1, None))
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "operation ended",
        "incident": "inc_ab12cd",
        "seconds": 1.5,
        "tries": [1, None],
        "level": "info",
        "logger": "bot.worker",
    }


def test_the_standard_library_comes_out_the_same_way(lines):
    logging.getLogger("bot.aws").debug("%s of %s", 1, 2)
    logging.getLogger("waitress").warning("queue is full")
    assert [(line["event"], line["logger"]) for line in lines()] == [
        ("1 of 2", "bot.aws"),
        ("queue is full", "waitress"),
    ]


def test_third_parties_stay_at_warning_whatever_they_set_themselves(lines):
    chatty = logging.getLogger("botocore.endpoint")
    chatty.setLevel(logging.DEBUG)
    chatty.debug("Response body: %s", KEY)
    logging.getLogger("bottle").info("not ours, for all its name")
    chatty.setLevel(logging.NOTSET)
    assert lines() == []


def answers_with_a_broken_header(listener, value):
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Key%s\r\nX-More: 1\r\n\r\nok" % value.encode())


def test_a_header_that_cannot_be_parsed_is_not_quoted(lines):
    """urllib3 logs it at WARNING, name and value. No redaction knows a value without a shape."""
    value = "a-value-without-a-known-shape"
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)  # whatever it sets itself
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answers_with_a_broken_header, args=(listener, value))
        server.start()
        with new_session() as session:
            answer = session.get(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=5)
        server.join()
    logging.getLogger("urllib3.connectionpool").setLevel(logging.NOTSET)
    assert answer.text == "ok"
    assert lines() == []


@pytest.mark.parametrize("name", ["urllib3", "urllib3.connection", "requests", "requests.sessions"])
def test_of_the_http_libraries_only_what_is_critical(lines, name):
    for level in (logging.WARNING, logging.ERROR):
        logging.getLogger(name).log(level, "quotes what came over the wire")
    logging.getLogger(name).critical("cannot go on")
    assert [line["event"] for line in lines()] == ["cannot go on"]


def test_our_level_counts_for_ours():
    stream = io.StringIO()
    configure("warning", json=True, stream=stream)
    Logger("bot.x").info("quiet")
    Logger("bot.x").warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_known_shapes_are_taken_out_wherever_they_stand(lines):
    Logger("bot.x").info(
        f"got {KEY}",
        text=KEY,
        nested={"list": [KEY, {"deep": (KEY,)}], KEY: 1},
        raw=KEY.encode(),
        error=ValueError(KEY),
        deep=[[[[[[[[KEY]]]]]]]],
    )
    logging.getLogger("waitress").error("url %s", KEY)
    assert KEY not in json.dumps(lines())
    assert lines()[0]["raw"] == f"<{len(KEY)} bytes>"


def test_an_escape_before_a_value_hides_none_from_the_log(lines):
    body = json.dumps({"keys": f"first\n{KEY}"})
    Logger("bot.x").info("refused", body=body, form=f"k%3D{KEY}&x=1", shown=repr(body), coloured=f"a\x1b[31m{KEY}")
    assert KEY not in json.dumps(lines())
    assert lines()[0]["body"] == '{"keys": "first\\n[OpenAI API key]"}'


def test_exceptions_are_shown_without_the_secret_and_without_local_variables(lines):
    def fail():
        local_value = "shown-only-by-a-dump-of-locals"
        raise RuntimeError(f"refused {KEY}{local_value[:0]}")

    try:
        fail()
    except RuntimeError:
        Logger("bot.x").error("failed", exc_info=True)
        logging.getLogger("botocore").exception("failed too")
    for line in lines():
        assert "RuntimeError: refused [" in line["exception"]
        assert KEY not in line["exception"]
        assert "local_value = 'shown" not in line["exception"]
    assert len(lines()) == 2


def test_a_secret_prints_as_its_fingerprint(lines):
    secret = Secret("a-value-without-a-known-shape")
    Logger("bot.x").info("stored", value=secret, many=[secret])
    (line,) = lines()
    assert line["value"] == secret.fingerprint
    assert line["many"] == [secret.fingerprint]


def test_what_cannot_print_itself_does_not_take_the_line_with_it(lines):
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError(KEY)

    Logger("bot.x").info("still here", thing=Broken())
    assert lines()[0]["thing"] == UNPRINTABLE


def test_endless_texts_are_cut(lines):
    Logger("bot.x").info("long", text="a " * LONGEST)
    assert len(lines()[0]["text"]) < LONGEST + 50


def test_a_line_that_cannot_be_written_is_lost_and_prints_nothing(capsys):
    stream = io.StringIO()
    configure("INFO", json=True, stream=stream)
    stream.close()
    logging.getLogger("bot.x").error("lost %s", KEY)
    captured = capsys.readouterr()
    assert captured.err == captured.out == ""


def test_configuring_again_replaces_ours_and_keeps_the_others():
    first, second, foreign = io.StringIO(), io.StringIO(), logging.NullHandler()
    logging.getLogger().addHandler(foreign)
    configure("INFO", json=True, stream=first)
    configure("INFO", json=True, stream=second)
    Logger("bot.x").info("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1
    assert foreign in logging.getLogger().handlers


def test_the_readable_form_has_no_json_and_no_secrets():
    stream = io.StringIO()
    configure("INFO", json=False, stream=stream)
    Logger("bot.x").error("failed", key=KEY, exc_info=raised(RuntimeError(KEY)))
    assert "failed" in stream.getvalue()
    assert "Traceback" in stream.getvalue()
    assert "{" not in stream.getvalue()
    assert KEY not in stream.getvalue()


def test_warnings_are_logged(lines):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"old way of saying {KEY}", UserWarning, stacklevel=1)
    assert lines()[0]["logger"] == "py.warnings"
    assert KEY not in lines()[0]["event"]


def test_context_is_merged(lines):
    with structlog.contextvars.bound_contextvars(incident="inc_ab12cd"):
        Logger("bot.x").info("bound")
    assert lines()[0]["incident"] == "inc_ab12cd"


def test_what_is_said_before_it_is_configured_waits_for_it(capfd):
    Logger("bot.early").warning("no credentials here", key=KEY)
    stream = io.StringIO()
    configure("DEBUG", json=True, stream=stream)
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert (line["event"], line["logger"], line["level"]) == ("no credentials here", "bot.early", "warning")
    assert KEY not in stream.getvalue()
    configure("DEBUG", json=True, stream=(again := io.StringIO()))
    assert again.getvalue() == ""
    assert capfd.readouterr() == ("", "")
