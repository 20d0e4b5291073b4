"""What a front makes of SNS's messages, and what a worker fetches for it: who has signed, by which certificate."""

from __future__ import annotations

import base64
import json
import socket
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pytest
import structlog
from flask import Flask, Response, redirect

from bot.drill.fakes.serving import Served
from bot.drill.fakes.sns import FakeSns, certificate, signing_key
from bot.errors import Refused, Unexpected, Unreachable
from bot.eventlog import open_event_log
from bot.eventlog.forms import format_time
from bot.intake import sns
from bot.intake.door import BODY_BYTES, Door
from bot.intake.sns import CERTIFICATE, SigningKeys, aws_route, certificate_name
from bot.intake.sns_certificates import BURST, SigningCertificates
from bot.intake.sns_signature import checked, signing_names
from bot.secret import Secret
from bot.variables.values import Address
from bot.web import Request, Server, application

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:health"
CANARY = "canary-value-that-stands-in-the-body"


class Memory:
    """Both tables, as far as they are asked here."""

    def __init__(self) -> None:
        self.rows, self.left, self.held = {}, {}, {}
        self.arrivals = self.certificates = self

    def put(self, one, at):
        if any(one.digest == other.digest or one.delivery == other.delivery for other in self.rows.values()):
            return False
        number = len(self.rows) + 1
        self.rows[number] = self.left[number] = replace(one, number=number, at=format_time(at))
        return True

    def waiting(self):
        return list(self.left.values())

    def done(self, numbers, _at):
        for number in numbers:
            del self.left[number]

    def get(self, name):
        return self.held.get(name, (None, None))[0]

    def keep(self, name, pem, until, _at):
        self.held[name] = (pem, until)

    def tidy(self, now):
        self.held = {name: held for name, held in self.held.items() if held[1] >= now}


class Front:
    """A front, a worker and SNS. `round` is the worker's; `seconds` is the monotonic clock of both."""

    def __init__(self, log) -> None:
        self.now, self.seconds, self.log = NOW, 0.0, log
        self.sns = FakeSns(TOPIC, NOW)
        self.route = self.another_front()
        self.worker = SigningCertificates(
            (TOPIC,), self.log.certificates, 60.0, lambda _region, _domain: self.served.url, lambda: self.seconds
        )

    @cached_property
    def served(self):
        return Served(self.sns.application)

    def another_front(self):
        door = Door("aws", Secret("own"), self.log.arrivals, lambda: self.now, lambda: self.seconds, (20, 1 / 30))
        keys = SigningKeys(self.log.certificates, self.log.arrivals, lambda: self.now, lambda: self.seconds)
        return aws_route(door, (self.sns.topic,), keys)

    def send(self, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.route.answer(Request({}, "", body)).status

    def round(self):
        wanted = [one for one in self.log.arrivals.waiting() if one.source == CERTIFICATE]
        self.log.arrivals.done(self.worker.take(wanted, self.now), self.now)

    @property
    def waiting(self):
        return [(one.source, one.kind, one.subject, one.item) for one in self.log.arrivals.waiting()]

    def close(self):
        if "served" in vars(self):
            self.served.stop()


@pytest.fixture
def unknown():
    """One that has no certificate yet."""
    with closing(Front(Memory())) as made:
        yield made


@pytest.fixture
def front(unknown):
    """One that has SNS's certificate."""
    pem, until = checked(unknown.sns.served, "eu-west-1", "amazonaws.com", NOW)
    unknown.log.keep(certificate_name(unknown.sns.certificate_url, TOPIC), pem, until, NOW)
    return unknown


# --- from a message to a look ---------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path):
    """One with a database, and what stands in that."""
    with closing(open_event_log(f"sqlite:///{tmp_path}/log.sqlite")) as log, closing(Front(log)) as made:
        yield made, lambda: (tmp_path / "log.sqlite").read_bytes() + (tmp_path / "log.sqlite-wal").read_bytes()


def test_the_first_message_waits_until_a_worker_has_fetched_the_certificate(written):
    unknown, stored = written
    body = unknown.sns.body(text=CANARY, Subject=CANARY)
    with structlog.testing.capture_logs() as logged:
        assert [unknown.send(body) for _ in range(3)] == [503] * 3
        assert unknown.waiting == [(CERTIFICATE, "wanted", f"eu-west-1/{unknown.sns.file}", 0)]
        unknown.round()
        assert unknown.sns.asked == [f"/{unknown.sns.file}"]
        assert (unknown.send(body), unknown.waiting) == (200, [("aws", "notification", "", 0)])
        unknown.round()
        assert unknown.send(unknown.sns.body()) == 200
    assert unknown.sns.asked == [f"/{unknown.sns.file}"]
    assert b"SimpleNotificationService" in stored()
    assert CANARY not in repr(logged)
    assert CANARY.encode() not in stored()


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"])
@pytest.mark.parametrize("more", [{}, {"Subject": "Leak\nof é \U0001f511"}, {"Subject": None}, {"Message": "\ud800"}])
def test_what_sns_has_signed_is_taken_and_what_was_changed_behind_it_is_not(front, version, kind, more):
    if more.get("Message") == "\ud800":
        message = front.sns.message(kind, SignatureVersion=version) | more
        assert front.send(message) in {400, 403}
        return
    message = front.sns.message(kind, SignatureVersion=version, **more)
    assert front.send(message) == 200
    assert front.waiting == ([("aws", "notification", "", 0)] if kind == "Notification" else [])
    for name in ("Message", "MessageId", "Timestamp", *(("Token", "SubscribeURL") if "Token" in message else ())):
        other = {"MessageId": "0" * 8 + message["MessageId"][8:], "Timestamp": "2026-11-27T03:59:59.999Z"}.get(
            name, "x"
        )
        assert front.send(message | {name: other}) == 403


def test_a_hundred_replays_are_one_look_whichever_front_takes_them(front):
    body = front.sns.body()
    assert {front.send(body) for _ in range(50)} == {200}
    front.route = front.another_front()
    assert {front.send(body) for _ in range(50)} == {200}
    assert len(front.waiting) == 1


def test_however_many_are_signed_a_worker_looks_so_often_and_no_more(front):
    assert [front.send(front.sns.body()) for _ in range(22)] == [200] * 20 + [429] * 2
    front.seconds += 31
    assert front.send(front.sns.body()) == 200


def test_who_unsubscribed_and_who_subscribed_is_said_in_the_log_and_nobody_is_called(front):
    with structlog.testing.capture_logs() as logged:
        for kind in ("UnsubscribeConfirmation", "SubscriptionConfirmation"):
            assert front.send(front.sns.message(kind, SubscribeURL=front.served.url)) == 200
    assert [line["event"].partition(":")[0] for line in logged] == ["a subscription has ended", "a subscription waits"]
    assert front.sns.asked == []


# --- what nothing proves --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"Signature": ""}, {"Signature": "é"}, {"Signature": "A" * 344}, {"Signature": "A" * 100_000},
        {"SignatureVersion": "3"}, {"SignatureVersion": ""}, {"Type": "Something"}, {"Type": ""},
        {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:health"},
        {"Timestamp": ""}, {"Timestamp": "now"}, {"Timestamp": "2026-11-27T04:00:00"}, {"Timestamp": "9" * 60},
    ],
)  # fmt: skip
def test_without_the_right_signature_nothing_is_kept(front, change):
    assert front.send(front.sns.message() | change) == 403
    assert front.waiting == []


def test_a_signature_by_another_key_or_of_the_other_version_proves_nothing(front):
    message = front.sns.message()
    front.sns.key = signing_key("somebody else's")
    assert front.send(front.sns.signed(message)) == 403
    assert front.send(message | {"SignatureVersion": "1"}) == 403
    assert front.send(message | {"Signature": base64.b64encode(b"\0" * 256).decode()}) == 403


@pytest.mark.parametrize(
    "change", [{"MessageId": "../../etc"}, {"Message": 1}, {"Type": ["Notification"]}, {"Subject": {"a": {"b": 1}}}]
)
def test_what_is_no_such_message_is_refused(front, change):
    assert front.send(front.sns.message() | change) == 400


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000])
def test_what_is_no_json_is_refused_and_breaks_nothing(front, body):
    assert front.send(body) == 400
    assert front.send(front.sns.body()) == 200


@pytest.mark.parametrize(("seconds", "status"), [(-3901, 403), (-3600, 200), (299, 200), (301, 403)])
def test_a_message_counts_for_an_hour_as_long_as_sns_delivers_again(front, seconds, status):
    front.sns.at = NOW + timedelta(seconds=seconds)
    assert front.send(front.sns.body()) == status


def test_by_a_certificate_that_is_out_of_date_nothing_is_proven(front):
    assert front.send(front.sns.body()) == 200
    front.now = front.sns.at = NOW + 181 * DAY
    assert front.send(front.sns.body()) == 403
    front.worker.tidy(front.now)
    front.route = front.another_front()
    assert front.send(front.sns.body()) == 503


def test_a_flood_that_nobody_signed_keeps_no_signed_one_out(front):
    assert front.send(front.sns.body()) == 200
    forged = front.sns.message() | {"Signature": ""}
    answers = [front.send(forged) for _ in range(100)]
    assert (answers[0], answers[-1]) == (403, 429)
    assert front.send(front.sns.body()) == 200


def test_ten_megabytes_are_refused_before_they_are_read(front):
    server = Server(application([front.route]), Address("127.0.0.1", 0), threads=2, body_bytes=BODY_BYTES)
    server.start()
    head = b"POST /intake/aws HTTP/1.1\r\nHost: here\r\nContent-Length: 10485760\r\n\r\n"
    try:
        with socket.create_connection((server.address.host, server.address.port), timeout=5) as connection:
            connection.sendall(head + b"{" * 1000)
            assert b" 413 " in connection.recv(4096)
    finally:
        server.stop()


# --- certificates ---------------------------------------------------------------------------------------------------

FILE = "SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem"
TRICKS = [
    f"http://sns.eu-west-1.amazonaws.com/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com.evil.example/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com@evil.example/{FILE}",
    f"https://evil.example@sns.eu-west-1.amazonaws.com/{FILE}",
    f"https://evil.example/https://sns.eu-west-1.amazonaws.com/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com:443/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com:8443/{FILE}",
    f"https://SNS.eu-west-1.amazonaws.com/{FILE}",
    f"HTTPS://sns.eu-west-1.amazonaws.com/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com./{FILE}",
    f"https://sns.eu-west-1.amazon\u0430ws.com/{FILE}",  # a Cyrillic letter
    f"https://sns.eu-west-1.\uff41mazonaws.com/{FILE}",
    f"https://xn--sns-5cd.eu-west-1.amazonaws.com/{FILE}",
    f"https://sns.us-east-1.amazonaws.com/{FILE}",
    f"https://s3.eu-west-1.amazonaws.com/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com.cn/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com//{FILE}",
    f"https://sns.eu-west-1.amazonaws.com/bucket/../{FILE}",
    f"https://sns.eu-west-1.amazonaws.com/{FILE}?Action=Publish",
    f"https://sns.eu-west-1.amazonaws.com/{FILE}#x",
    f"https://sns.eu-west-1.amazonaws.com/{FILE}\n",
    f"https://sns.eu-west-1.amazonaws.com/{FILE}%00",
    f" https://sns.eu-west-1.amazonaws.com/{FILE}",
    f"https:\\\\sns.eu-west-1.amazonaws.com/{FILE}",
    "https://sns.eu-west-1.amazonaws.com/?Action=GetTopic.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.PEM",
    "https://169.254.169.254/latest/meta-data/x.pem",
    "file:///etc/passwd.pem",
    "",
]


@pytest.mark.parametrize("url", TRICKS)
def test_no_other_address_is_that_of_a_certificate_and_nobody_is_asked_for_it(unknown, url):
    assert certificate_name(url, TOPIC) == ""
    assert unknown.send(unknown.sns.message(SigningCertURL=url)) == 403
    assert unknown.waiting == []


@pytest.mark.parametrize(
    ("topic", "host"),
    [
        (TOPIC, "sns.eu-west-1.amazonaws.com"),
        ("arn:aws-us-gov:sns:us-gov-east-1:123456789012:t", "sns.us-gov-east-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:t", "sns.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_host_is_the_topics_own(topic, host):
    assert certificate_name(f"https://{host}/{FILE}", topic) == f"{host.split('.')[1]}/{FILE}"


def test_of_a_partition_that_is_not_known_no_certificate_counts():
    topic = "arn:aws-iso:sns:us-iso-east-1:123456789012:t"
    assert certificate_name(f"https://sns.us-iso-east-1./{FILE}", topic) == ""
    assert SigningCertificates((topic,), None, 5.0).regions == {}


def test_how_many_certificates_are_wanted_and_fetched_is_bounded_whatever_strangers_send(unknown):
    for number in range(100):
        unknown.seconds += 1
        url = f"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{number:032}.pem"
        assert unknown.send(unknown.sns.message(SigningCertURL=url)) == 503
    assert len(unknown.waiting) == sns.WANTED_BURST
    unknown.round()
    assert (len(unknown.sns.asked), unknown.waiting) == (sns.WANTED_BURST, [])
    assert unknown.log.certificates.get(f"eu-west-1/SimpleNotificationService-{0:032}.pem") is None
    unknown.seconds += 600
    assert unknown.send(unknown.sns.body()) == 503
    unknown.round()
    assert unknown.send(unknown.sns.body()) == 200


def test_a_worker_fetches_so_often_whatever_fronts_want_and_forgets_what_nobody_waits_for(unknown):
    for number in range(4 * BURST):
        unknown.log.arrivals.put(arrival(f"eu-west-1/SimpleNotificationService-{number:032}.pem"), NOW)
    for _ in range(3):
        unknown.round()
    assert (len(unknown.sns.asked), len(unknown.waiting)) == (BURST, 3 * BURST)
    unknown.now += timedelta(hours=1, minutes=1)
    unknown.round()
    assert (len(unknown.sns.asked), unknown.waiting) == (BURST, [])


def arrival(name):
    return sns.Arrival(CERTIFICATE, name[-36:], name[-36:], "wanted", name, 0)


@pytest.mark.parametrize(
    "name",
    [f"us-east-1/{FILE}", f"evil.example/{FILE}", f"/{FILE}", FILE, "eu-west-1/../../x.pem", "eu-west-1/", "",
     f"eu-west-1/{FILE}/..", f"eu-west-1/@evil.example/{FILE}"],
)  # fmt: skip
def test_a_row_that_no_front_has_written_leads_nowhere(unknown, name):
    unknown.log.arrivals.put(sns.Arrival(CERTIFICATE, "x", "x", "wanted", name, 0), NOW)
    unknown.round()
    assert (unknown.sns.asked, unknown.waiting) == ([], [])


KEY = signing_key("sns")
UNFIT = {
    "no certificate": b"<ErrorResponse/>",
    "one within something else": b"<xml>\n" + certificate(KEY, NOW - DAY, NOW + DAY) + b"</xml>",
    "nothing": b"",
    "cut off": certificate(KEY, NOW - DAY, NOW + DAY)[:300],
    "expired": certificate(KEY, NOW - 2 * DAY, NOW - DAY),
    "not yet valid": certificate(KEY, NOW + DAY, NOW + 2 * DAY),
    "another's": certificate(KEY, NOW - DAY, NOW + DAY, "sns.amazonaws.com.evil.example"),
    "another region's": certificate(KEY, NOW - DAY, NOW + DAY, "sns.us-east-1.amazonaws.com"),
    "too large": certificate(KEY, NOW - DAY, NOW + DAY) + b"\n" * 20_000,
}


@pytest.mark.parametrize("what", UNFIT)
def test_a_certificate_by_which_sns_does_not_sign_is_not_kept(unknown, what):
    unknown.sns.served = UNFIT[what]
    with pytest.raises(Refused, match=r"sns: fetch a signing certificate: it is "):
        unknown.worker.fetch(f"eu-west-1/{FILE}", NOW)
    assert unknown.log.certificates.get(f"eu-west-1/{FILE}") is None


@pytest.mark.parametrize(
    "name", ["sns.amazonaws.com", "sns.eu-west-1.amazonaws.com", "sns-signing.eu-west-1.amazonaws.com"]
)
def test_the_names_by_which_sns_signs(unknown, name):
    unknown.sns.served = certificate(KEY, NOW - DAY, NOW + DAY, name)
    unknown.worker.fetch(f"eu-west-1/{FILE}", NOW)
    assert unknown.send(unknown.sns.body()) == 200


def test_the_names_of_other_partitions():
    assert "sns-us-gov-west-1.amazonaws.com" in signing_names("us-gov-east-1", "amazonaws.com")
    assert "sns-cn-north-1.amazonaws.com.cn" in signing_names("cn-north-1", "amazonaws.com.cn")


def test_a_redirect_is_not_followed_and_what_was_wanted_is_tried_again_later(unknown):
    app = Flask(__name__)
    app.add_url_rule("/<path:_file>", view_func=lambda _file: redirect(f"{unknown.served.url}/{FILE}"))
    with Served(app) as elsewhere:
        unknown.worker.base = lambda _region, _domain: elsewhere.url
        with pytest.raises(Unexpected, match="a redirect, which is not followed"):
            unknown.worker.fetch(f"eu-west-1/{FILE}", NOW)
        assert unknown.send(unknown.sns.body()) == 503
        unknown.round()
    assert (unknown.sns.asked, len(unknown.waiting)) == ([], 1)


def test_while_sns_is_away_the_worker_tries_again_after_seconds_and_nothing_is_lost(unknown):
    app, down = Flask(__name__), [True]

    @app.get("/<path:_file>")
    def answer(_file):
        return ("", 503) if down else Response(unknown.sns.served)

    with Served(app) as there:
        unknown.worker.base = lambda _region, _domain: there.url
        body = unknown.sns.body()
        assert unknown.send(body) == 503
        unknown.round()
        unknown.round()
        assert len(unknown.waiting) == 1
        down.clear()
        unknown.round()
        assert unknown.send(body) == 503  # within the pause
        unknown.now += timedelta(seconds=6)
        unknown.round()
        assert unknown.send(body) == 200
    assert unknown.waiting == [("aws", "notification", "", 0)]


def test_a_worker_whose_way_out_is_closed_says_so(unknown):
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        unknown.worker.base = lambda _region, _domain: f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(Unreachable):
            unknown.worker.fetch(f"eu-west-1/{FILE}", NOW)
