import gzip
import socket
import threading
from datetime import UTC, datetime

import pytest
from flask import Flask, Response, jsonify, request
from msgspec import Struct

from bot.drill.fakes.serving import Served
from bot.errors import ConfigurationError, Missing, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.model.priority import Priority
from bot.net.http import LARGEST_ANSWER, Http, Reply, check_base_url, new_session, parse_retry_after
from bot.net.limits import Bucket
from bot.secrets.secret import Secret
from tests.support.clock import Clock

CANARY = "canary-5f2b9c-value"


class Thing(Struct):
    name: str


def _app() -> Flask:
    app = Flask(__name__)

    @app.route("/echo", methods=["GET", "POST"])
    def echo():
        return jsonify(
            headers=dict(request.headers),
            query=request.args,
            body=request.get_data(as_text=True),
            method=request.method,
        )

    @app.get("/status/<int:status>")
    def status(status):
        return Response(f"{CANARY}", status, headers=dict(request.args))

    @app.get("/thing")
    def thing():
        return jsonify(name="a", more=CANARY)

    @app.get("/body/<what>")
    def body(what):
        return {
            "html": "<p>" + CANARY,
            "wrong": f'{{"name": 5, "value": "{CANARY}"}}',
            "latin": b'{"name": "\xff"}',
            "large": b"x" * (LARGEST_ANSWER + 1),
            "limit": b"x" * LARGEST_ANSWER,
        }[what]

    @app.get("/moved/large")
    def moved():
        return Response(b"x" * (LARGEST_ANSWER + 1), 302, headers={"Location": "/thing"})

    @app.get("/bomb")
    def bomb():
        return Response(gzip.compress(b"x" * (LARGEST_ANSWER + 1)), headers={"Content-Encoding": "gzip"})

    @app.get("/cookie")
    def cookie():
        return Response("", headers={"Set-Cookie": "session=1"})

    return app


@pytest.fixture(scope="module")
def url():
    with Served(_app()) as served:
        yield served.url


@pytest.fixture
def http(url):
    return Http("sendgrid", url + "/", timeout=5.0)


def get(http, path, **more) -> Reply:
    return http.send("GET", path, verb="read it", **more)


def test_what_is_sent_is_what_was_asked_for(http):
    reply = http.send(
        "POST",
        "/echo",
        verb="try",
        bearer=Secret("token"),
        headers={"X-Plain": "a", "X-Secret": Secret("b")},
        query={"limit": 5},
        json_body={"a": [1]},
    )
    seen = reply.expect(200).parse(dict)
    assert seen["headers"]["Authorization"] == "Bearer token"
    assert (seen["headers"]["X-Plain"], seen["headers"]["X-Secret"]) == ("a", "b")
    assert seen["headers"]["User-Agent"] == "compromise-bot"
    assert seen["query"] == {"limit": "5"}
    assert seen["body"] == '{"a": [1]}'


def test_forms_and_basic_authentication(http):
    seen = http.send("POST", "/echo", verb="try", basic=("AC1", Secret("tök")), form={"A": Secret("b c")}).parse(dict)
    assert seen["headers"]["Authorization"] == "Basic QUMxOnTDtms="
    assert seen["body"] == "A=b+c"


def test_nothing_is_taken_from_the_environment(http, url, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password mallory\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    seen = get(http, "/echo").parse(dict)
    assert "Authorization" not in seen["headers"]


def test_no_cookie_is_kept_for_the_next_key(http):
    get(http, "/cookie")
    assert "Cookie" not in get(http, "/echo").parse(dict)["headers"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Missing),
        (409, Refused),
        (422, Refused),
        (204, Unexpected),
    ],
)
def test_another_status_than_expected_is_an_error_of_its_kind(http, status, kind):
    reply = get(http, f"/status/{status}")
    assert reply.status == status
    assert reply.expect(status) is reply
    with pytest.raises(kind) as failed:
        reply.expect(200)
    assert str(failed.value) == f"sendgrid: read it: HTTP {status}"


@pytest.mark.parametrize("status", [500, 502, 503, 301, 302, 307])
def test_server_errors_and_redirects_are_unexpected(http, status):
    with pytest.raises(Unexpected, match=f"HTTP {status}"):
        get(http, f"/status/{status}", query={"Location": "/thing"})


def test_that_nothing_has_changed_is_an_answer_to_whoever_asked_so(http):
    assert get(http, "/status/304", headers={"If-None-Match": '"a"'}).status == 304
    with pytest.raises(Unexpected, match="HTTP 304"):
        get(http, "/status/304")


def test_being_throttled_says_how_long_and_tells_the_bucket(url):
    told = []
    bucket = Bucket(10, 10, Clock(0.0))
    bucket.slow_down = told.append
    http = Http("ssm", url, timeout=5.0, bucket=bucket)
    with pytest.raises(Throttled) as failed:
        get(http, "/status/429", query={"Retry-After": "7"})
    assert failed.value.retry_after == 7.0
    assert told == [7.0]


def test_every_call_takes_a_token_of_its_rank(url):
    priorities = []

    class Noting(Bucket):
        def take(self, priority):
            priorities.append(priority)

    http = Http("x", url, timeout=5.0, bucket=Noting(1, 1))
    get(http, "/thing")
    get(http.with_timeout(1), "/thing", priority=Priority.REVOKE)
    assert priorities == [Priority.READ, Priority.REVOKE]


def test_a_shorter_time_out_is_a_copy_and_never_longer(http):
    assert http.with_timeout(1.0).timeout == 1.0
    assert http.with_timeout(60.0).timeout == 5.0
    assert http.timeout == 5.0
    assert http.with_timeout(1.0).session is http.session


def test_a_narrow_type_is_parsed_and_the_rest_forgotten(http):
    assert get(http, "/thing").parse(Thing) == Thing("a")


@pytest.mark.parametrize("what", ["html", "wrong", "latin"])
def test_what_is_not_the_documented_json_is_unexpected_and_not_repeated(http, what):
    with pytest.raises(Unexpected) as failed:
        get(http, f"/body/{what}").parse(Thing)
    assert str(failed.value) == "sendgrid: read it: an answer that is not the documented JSON"
    assert failed.value.__suppress_context__


def test_json_nested_deeper_than_anybody_can_read_is_unexpected():
    body = b'{"more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(Unexpected, match="not the documented JSON"):
        Reply(200, body, "sendgrid", "read it").parse(Thing)


def test_a_body_never_shows(http):
    assert CANARY not in repr(get(http, "/status/400"))


@pytest.mark.parametrize("path", ["/body/large", "/bomb", "/moved/large"])
def test_an_answer_above_the_limit_is_cut_off(http, path):
    with pytest.raises(Unexpected, match="larger than 1 MiB"):
        get(http, path)
    assert len(get(http, "/body/limit").body) == LARGEST_ANSWER


def test_a_value_that_no_header_can_carry_is_refused_without_being_shown(http):
    for value in (f"{CANARY}\r\nX: y", f"{CANARY}→"):
        with pytest.raises(Refused, match="no request can carry") as failed:
            get(http, "/thing", bearer=Secret(value))
        assert CANARY not in str(failed.value)
        assert failed.value.__suppress_context__


def test_a_value_that_was_stored_with_a_newline_is_sent_without(http):
    seen = get(http, "/echo", bearer=Secret("token\n"), headers={"X-Secret": Secret(" b\r\n")}).parse(dict)["headers"]
    assert (seen["Authorization"], seen["X-Secret"]) == ("Bearer token", "b")


def test_nobody_listening_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="failed or was cut"):
        get(Http("x", f"http://127.0.0.1:{port}", timeout=2.0), "/")


@pytest.fixture
def raw():
    """A server of raw bytes: `raw(first, then_each, count)` gives its URL."""
    listeners, stop = [], threading.Event()

    def serve(first: bytes, each: bytes = b"", pause: float = 0.02, close: bool = False):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(first)
                try:
                    while not close and not stop.wait(pause):
                        connection.sendall(each)
                except OSError:
                    pass

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    stop.set()
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize("location", [b"http://[", b"//[", b"/caf\xe9", b"https://other.test/thing"])
def test_a_redirect_is_one_wherever_it_leads(raw, location):
    answer = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(Unexpected, match="HTTP 302, a redirect"):
        get(Http("x", raw(answer, close=True), timeout=5.0), "/")


def test_silence_is_unreachable_after_the_time_out(raw):
    with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
        get(Http("x", raw(b""), timeout=5.0).with_timeout(0.2), "/")


def test_an_answer_that_only_trickles_in_is_given_up(raw):
    url = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x")
    with pytest.raises(Unreachable, match="did not end in time"):
        get(Http("x", url, timeout=0.3), "/")


def test_an_answer_that_stops_halfway_is_given_up(raw):
    url = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc")
    with pytest.raises(Unreachable):
        get(Http("x", url, timeout=0.3), "/")


@pytest.mark.parametrize("bytes_", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b"garbage\r\n\r\n"])
def test_a_cut_connection_is_unreachable(raw, bytes_):
    with pytest.raises(Unreachable):
        get(Http("x", raw(bytes_, close=True), timeout=2.0), "/")


def test_a_body_in_an_encoding_that_it_is_not_is_unreachable(raw):
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    with pytest.raises(Unreachable, match="no usable answer"):
        get(Http("x", raw(head), timeout=2.0), "/")


def test_a_server_without_trustworthy_tls_is_unreachable(raw):
    url = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True).replace("http://", "https://")
    with pytest.raises(Unreachable, match=r"TLS|failed or was cut"):
        get(Http("x", url, timeout=2.0), "/")


def test_sessions_can_be_shared():
    session = new_session()
    assert Http("a", "http://127.0.0.1:1", timeout=1, session=session).session is session
    assert session.trust_env is False


NOW = datetime(2026, 11, 25, 13, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("Wed, 25 Nov 2026 13:00:30 GMT", 30.0),
        ("Wed, 25 Nov 2026 12:00:00 GMT", 0.0),
        ("Wed, 25 Nov 2026 13:00:30 -0000", 30.0),
        ("-5", None),
        ("soon", None),
        ("9" * 400, None),
        ("Wed, 25 Nov 2026 13:00:30 +9999999999999999", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


ALLOWED = ("api.sendgrid.com", "https://api.eu.sendgrid.com/v3")


@pytest.mark.parametrize(
    "url", ["https://api.sendgrid.com", "https://API.sendgrid.com/prefix", "https://api.eu.sendgrid.com"]
)
@pytest.mark.parametrize("production", [True, False])
def test_a_host_of_the_card_is_accepted_everywhere(url, production):
    check_base_url(url, ALLOWED, production)


LOOPBACK = ["http://127.0.0.1:8080/x", "http://localhost:1", "http://[::1]:9", "https://127.8.9.10"]


@pytest.mark.parametrize("url", LOOPBACK)
def test_loopback_is_for_practice_only(url):
    check_base_url(url, ALLOWED, production=False)
    with pytest.raises(ConfigurationError, match=r"expected https at api.eu.sendgrid.com, api.sendgrid.com$"):
        check_base_url(url, ALLOWED, production=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.sendgrid.com",
        "https://api.sendgrid.com.evil.example",
        "https://evil.example/api.sendgrid.com",
        "https://user:pw@api.sendgrid.com",
        "https://api.sendgrid.com@evil.example",
        "https://api.sendgrid.com?x",
        "ftp://127.0.0.1",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
        "https://[broken",
        "https://api.sendgrid.com:99999",
        "",
    ],
)
def test_any_other_address_is_refused_without_repeating_it(url):
    with pytest.raises(ConfigurationError) as failed:
        check_base_url(url, ALLOWED, production=False)
    assert "pw" not in str(failed.value)
