"""What the webhook gets, how it checks it, and what becomes of its answers."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.errors import ConfigurationError, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.secrets.secret import Secret
from bot.tracker.contract import TaskTold
from bot.tracker.webhook import Webhook, signature

NOW = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)
SECRET = Secret("a-long-shared-word")
TOLD = TaskTold("inc_ab12cd:41", "made", NOW, "inc_ab12cd", "t3", "Scan “images”", "ada", None, "remediate")


@pytest.fixture
def receiver():
    """A tracker: it answers with the statuses that it is given, then 204."""

    class Receives(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((self.path, dict(self.headers), body))
            self.send_response(server.answers.pop(0) if server.answers else 204)
            self.send_header("Retry-After", "7")
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receives)
    server.got, server.answers = [], []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def webhook(receiver):
    url = f"http://127.0.0.1:{receiver.server_port}/hooks/tasks?team=sec"
    return Webhook(url, SECRET, lambda: NOW, production=False)


def test_it_is_signed_over_timestamp_and_body_and_keyed(receiver):
    webhook(receiver).tell(TOLD)
    [(path, headers, body)] = receiver.got
    assert path == "/hooks/tasks?team=sec"
    assert headers["Compromise-Timestamp"] == str(int(NOW.timestamp()))
    assert headers["Compromise-Signature"] == f"v1={signature(SECRET, headers['Compromise-Timestamp'], body)}"
    assert headers["Idempotency-Key"] == "inc_ab12cd:41"
    document = json.loads(body)
    assert (document["event"], document["task"]["title"]) == ("task.made", "Scan “images”")
    assert SECRET.reveal() not in body.decode() + str(headers)


def test_the_check_that_the_documentation_shows_accepts_it_and_nothing_else(receiver, monkeypatch):
    webhook(receiver).tell(TOLD)
    [(_, headers, body)] = receiver.got
    shown = (Path(__file__).parents[2] / "docs" / "tracker.md").read_text().split("```python")[1].split("```")[0]
    names = {}
    exec(shown, names)
    monkeypatch.setattr(names["time"], "time", NOW.timestamp)
    assert names["is_ours"](SECRET.reveal(), headers, body)
    assert not names["is_ours"](SECRET.reveal(), headers, body + b" ")
    assert not names["is_ours"]("another", headers, body)
    monkeypatch.setattr(names["time"], "time", lambda: NOW.timestamp() + 301)
    assert not names["is_ours"](SECRET.reveal(), headers, body)


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, Throttled), (500, Unexpected), (302, Unexpected), (401, Unauthorized), (422, Refused)],
)
def test_each_answer_is_an_error_of_its_own(receiver, status, error):
    receiver.answers = [status]
    with pytest.raises(error):
        webhook(receiver).tell(TOLD)
    assert len(receiver.got) == 1, "no redirect is followed, and nothing is sent twice"


def test_nobody_there():
    with pytest.raises(Unreachable):
        Webhook("http://127.0.0.1:9/", SECRET, lambda: NOW, production=False).tell(TOLD)


def test_https_only_where_it_counts():
    for url in ("http://tracker.example.com/hook", "http://127.0.0.1:9/"):
        with pytest.raises(ConfigurationError, match="https"):
            Webhook(url, SECRET, lambda: NOW, production=True)
