"""What a front makes of news: who may send it, what of it is kept, and that nothing of it is repeated."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from datetime import UTC, datetime

import pytest
import requests
import structlog

from bot.drill.fakes.scanning import FakeGitguardian, FakeGithubScanning
from bot.intake import door
from bot.intake.door import BODY_BYTES, Door
from bot.intake.front import GITGUARDIAN, GITHUB, gitguardian_route, github_route, routes
from bot.secret import Secret
from bot.variables.values import Address
from bot.web import Request, Server, application

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
REPOSITORY = "acme/app"
CANARY = "canary-value-that-stands-in-the-body"


class Kept:
    """What was left in the table of arrivals."""

    def __init__(self) -> None:
        self.left = []

    def put(self, arrival, _at):
        known = {one.digest for one in self.left} | {one.delivery for one in self.left}
        if {arrival.digest, arrival.delivery} & known:
            return False
        self.left.append(arrival)
        return True


class Sent:
    """Both sources, with a front's routes; `send` gives the answer."""

    def __init__(self) -> None:
        self.kept, self.seconds = Kept(), 0.0
        self.github, self.gitguardian = FakeGithubScanning({REPOSITORY: True}), FakeGitguardian(clock=NOW.timestamp)
        self.alert = self.github.find(REPOSITORY, CANARY)
        self.incident = self.gitguardian.find(CANARY)
        doors = {
            name: Door(name, secret, self.kept, lambda: NOW, lambda: self.seconds)
            for name, secret in ((GITHUB, self.github.webhook_secret), (GITGUARDIAN, self.gitguardian.webhook_token))
        }
        made = (github_route(doors[GITHUB], ("Acme/App", "acme/other")), gitguardian_route(doors[GITGUARDIAN]))
        self.routes = {route.path: route for route in made}

    def send(self, path, body, headers):
        return self.routes[path].answer(Request({name.lower(): value for name, value in headers.items()}, "", body))

    def to_github(self, body=None, event="secret_scanning_alert", **more):
        body = self.github.body(self.alert) if body is None else body
        return self.send("/intake/github", body, self.github.headers(body, event) | more)

    def to_gitguardian(self, body=None, at=None, **more):
        body = self.gitguardian.body(self.incident) if body is None else body
        return self.send("/intake/gitguardian", body, self.gitguardian.headers(body, at) | more)


@pytest.fixture
def sent():
    return Sent()


def changed(body, **changes):
    return json.dumps(json.loads(body) | changes).encode()


def test_of_a_signed_alert_only_its_numbers_are_kept(sent):
    body = changed(sent.github.body(sent.alert), note=CANARY, commit={"message": CANARY})
    with structlog.testing.capture_logs() as logged:
        answer = sent.to_github(body, **{"X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"})
    assert answer.status == 200
    [left] = sent.kept.left
    assert (left.source, left.kind, left.subject, left.item) == ("github", "created", "Acme/App", 1)
    assert left.delivery == "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert CANARY not in repr((left, answer, logged))


def test_of_gitguardians_incident_only_its_number_is_kept(sent):
    assert sent.to_gitguardian().status == 200
    [left] = sent.kept.left
    assert (left.source, left.kind, left.subject, left.item) == ("gitguardian", "incident_triggered", "", 1)


def sha256(key, body):
    return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha1=" + "0" * 40, "sha256=" + "0" * 64, "sha256=" + "é" * 64, "sha256=" + "0" * 65, "0" * 64],
)
def test_without_the_right_signature_nothing_is_kept(sent, signature):
    assert sent.to_github(**{"X-Hub-Signature-256": signature}).status == 401
    assert sent.to_gitguardian(**{"Gitguardian-Signature": signature}).status == 401
    assert sent.kept.left == []


@pytest.mark.parametrize("build", ["token", "body and timestamp", "token and timestamp", "dotted", "newline", "slack"])
def test_the_right_digest_under_another_construction_of_the_key_proves_nothing(sent, build):
    body, stamp = sent.gitguardian.body(sent.incident), str(int(NOW.timestamp()))
    token = sent.gitguardian.webhook_token.reveal().encode()
    made = {
        "token": sha256(token, body),
        "body and timestamp": sha256(token, stamp.encode() + body),
        "token and timestamp": sha256(token + stamp.encode(), body),
        "dotted": sha256(stamp.encode() + b"." + token, body),
        "newline": sha256(stamp.encode() + b"\n" + token, body),
        "slack": sha256(token, f"v0:{stamp}:".encode() + body),
    }
    assert sent.to_gitguardian(body, **{"Gitguardian-Signature": made[build]}).status == 401
    assert sent.kept.left == []


def test_a_signature_of_github_is_none_under_a_digest_of_the_parsed_body(sent):
    body = sent.github.body(sent.alert)
    key = sent.github.webhook_secret.reveal().encode()
    again = json.dumps(json.loads(body), separators=(",", ":")).encode()
    assert sent.to_github(body, **{"X-Hub-Signature-256": sha256(key, again)}).status == 401
    assert (
        sent.to_github(body, **{"X-Hub-Signature-256": "sha256=" + hashlib.sha256(key + body).hexdigest()}).status
        == 401
    )


@pytest.mark.parametrize("off", [-301, 301, 86_400 * 365])
def test_a_time_that_is_not_now_is_refused_however_well_it_is_signed(sent, off):
    answer = sent.to_gitguardian(at=NOW.timestamp() + off)
    assert (answer.status, "too old" in answer.text) == (401, True)
    assert sent.kept.left == []


@pytest.mark.parametrize(
    "stamp", ["", "now", "-1", "1e9", "\uff19\uff19", "9" * 30, "2026-13-01T00:00:00Z", "nan", "inf"]
)
def test_a_time_that_is_none_is_refused(sent, stamp):
    body = sent.gitguardian.body(sent.incident)
    key = stamp.encode() + sent.gitguardian.webhook_token.reveal().encode()
    answer = sent.to_gitguardian(body, **{"Timestamp": stamp, "Gitguardian-Signature": sha256(key, body)})
    assert answer.status == 401


@pytest.mark.parametrize("stamp", [str(NOW.timestamp()), "2026-11-27T04:01:00Z", "2026-11-27T04:59:00+01:00"])
def test_a_time_may_be_seconds_or_iso(sent, stamp):
    body = sent.gitguardian.body(sent.incident)
    key = stamp.encode() + sent.gitguardian.webhook_token.reveal().encode()
    assert sent.to_gitguardian(body, **{"Timestamp": stamp, "Gitguardian-Signature": sha256(key, body)}).status == 200


def test_a_hundred_replays_are_one_arrival_whatever_their_headers_say(sent):
    body = sent.github.body(sent.alert)
    assert {sent.to_github(body).status for _ in range(100)} == {200}  # with a new id of the delivery each
    body = sent.gitguardian.body(sent.incident)
    assert {sent.to_gitguardian(body, NOW.timestamp() + second).status for second in range(100)} == {200}
    assert len(sent.kept.left) == 2


def bomb(depth):
    return b'{"action":"created","note":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


@pytest.mark.parametrize(
    "body",
    [b"", b"not JSON", b"[]", b"null", b'{"action": 1}', b'{"alert": {"number": "1"}}', b"\xff\xfe",
     b'{"action":"created"', b"[" * 100_000, bomb(100_000)],
)  # fmt: skip
def test_what_is_signed_and_is_no_such_thing_is_refused_and_breaks_nothing(sent, body):
    assert sent.to_github(body).status == 400
    assert sent.to_gitguardian(body).status in {200, 400}  # `action` and `alert` mean nothing there
    assert sent.kept.left == []


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("ping", {}),
        ("push", {}),
        ("secret_scanning_scan", {}),
        ("secret_scanning_alert", {"action": "something_new"}),
        ("secret_scanning_alert", {"action": ""}),
        ("secret_scanning_alert", {"repository": {"full_name": "stranger/app"}}),
        ("secret_scanning_alert", {"repository": {"full_name": "acme/app/../../user"}}),
        ("secret_scanning_alert", {"repository": {"full_name": "acme/app?x="}}),
        ("secret_scanning_alert", {"alert": {"number": 0}}),
        ("secret_scanning_alert", {"alert": {"number": -1}}),
        ("secret_scanning_alert", {"alert": {"number": 2**40}}),
        ("secret_scanning_alert", {"alert": None}),
    ],
)
def test_signed_news_that_is_nothing_for_us_is_answered_and_leaves_nothing(sent, event, changes):
    assert sent.to_github(changed(sent.github.body(sent.alert), **changes), event).status == 200
    assert sent.kept.left == []


@pytest.mark.parametrize("incident", [None, {"id": 0}, {"id": 2**33}])
def test_an_incident_without_a_number_leaves_nothing(sent, incident):
    assert sent.to_gitguardian(changed(sent.gitguardian.body(sent.incident), incident=incident)).status == 200
    assert sent.kept.left == []


def test_too_many_signed_ones_are_told_so_and_later_ones_are_taken(sent):
    def one(number):
        return sent.to_github(changed(sent.github.body(sent.alert), alert={"number": number})).status

    taken = [one(number) for number in range(1, int(door.BURST) + 2)]
    assert (set(taken[:-1]), taken[-1]) == ({200}, 429)
    sent.seconds += 1
    assert one(5000) == 200


def test_a_flood_that_nobody_signed_keeps_no_signed_one_out(sent):
    answers = [sent.to_github(**{"X-Hub-Signature-256": "sha256=" + "0" * 64}).status for _ in range(200)]
    assert (answers[0], answers[-1]) == (401, 429)
    assert sent.to_github().status == 200


def test_a_source_without_a_secret_has_no_route():
    assert list(routes({GITHUB: None, GITGUARDIAN: None}, (REPOSITORY,), Kept(), lambda: NOW)) == []


@pytest.fixture
def served():
    kept = Kept()
    made = list(routes({GITHUB: Secret("the-secret")}, (REPOSITORY,), kept, lambda: NOW))
    server = Server(application(made), Address("127.0.0.1", 0), threads=2, body_bytes=BODY_BYTES)
    server.start()
    yield server, kept
    server.stop()


def test_ten_megabytes_are_refused_before_they_are_read(served):
    server, kept = served
    head = b"POST /intake/github HTTP/1.1\r\nHost: here\r\nContent-Length: 10485760\r\n\r\n"
    with socket.create_connection((server.address.host, server.address.port), timeout=5) as connection:
        connection.sendall(head + b"{" * 1000)
        assert b" 413 " in connection.recv(4096)
    assert kept.left == []


def test_over_http_a_source_that_is_off_is_nothing_and_one_that_is_on_takes_only_posts(served):
    server, _ = served
    with requests.Session() as session:
        base = f"http://{server.address}"
        assert session.post(f"{base}/intake/gitguardian", data=b"{}", timeout=5).status_code == 404
        assert session.get(f"{base}/intake/github", timeout=5).status_code == 405
        assert session.post(f"{base}/intake/github", data=b"{}", timeout=5).status_code == 401
