"""`bot serve` and `bot work` as processes: they work whatever Slack does, and say how they are."""

import contextlib
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request

import pytest

from bot.app import Application
from bot.drill.fakes.serving import Served, free_port
from bot.drill.fakes.slack import FakeSlack
from bot.drill.fakes.slack.server import APP_TOKEN
from bot.errors import ConfigurationError
from bot.proofs.statement import Statement
from tests.support.bots import start_bot
from tests.support.sockets import FakeSocket

pytestmark = pytest.mark.process

SIGNED = {"SLACK_SIGNING_SECRET": "s" * 32}
SOCKET = {"SLACK_APP_TOKEN": APP_TOKEN}


class Running:
    """A process of the bot, its log in a file."""

    def __init__(self, log, environ, *command) -> None:
        self.log, self.environ = log, environ
        self.process = start_bot(command, environ, log)

    def page(self, name):
        """Status and text of a health page; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.environ['BOT_HEALTH_ADDRESS']}/{name}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def until(self, holds, seconds=90.0):
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        return found

    def said(self, event):
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in lines if event in line["event"]]

    @property
    def listens_for_slack(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    @property
    def port(self):
        return int(self.environ["BOT_PORT"])


@pytest.fixture
def start(installation, tmp_path):
    """Starts a process; ends all of them in order at the end, and expects that they do."""
    started = []

    def begin(*command, **changes):
        environ = {
            **os.environ,
            **installation.environ(),
            "BOT_PORT": str(free_port()),
            "BOT_HEALTH_ADDRESS": f"127.0.0.1:{free_port()}",
            **changes,
        }
        started.append(Running(tmp_path / f"log-{len(started)}", environ, *command))
        return started[-1]

    yield begin
    for running in started:
        running.process.send_signal(signal.SIGTERM)
    for running in started:
        assert running.process.wait(30) == 0, running.log.read_text()
        assert "Traceback" not in running.log.read_text()


@pytest.fixture
def slack():
    """A Slack that is down: its address is known, and it answers once `come_up` is called."""
    fake, port, socket_mode = FakeSlack(), free_port(), FakeSocket()
    fake.workspace.socket_url = socket_mode.url
    served = []

    def come_up():
        served.append(Served(fake.application, port))

    yield {"SLACK_BOT_TOKEN": fake.token, "SLACK_API_URL": f"http://127.0.0.1:{port}/api"}, come_up, socket_mode
    for each in served:
        each.stop()
    socket_mode.stop()


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(SIGNED, id="http"),
        pytest.param(SOCKET, id="socket"),
        pytest.param(SIGNED | SOCKET, id="both", marks=pytest.mark.slow_tier),
    ],
)
def test_the_worker_works_while_slack_is_down(start, slack, way):
    settings, come_up, _ = slack
    running = start("serve", **settings, **way)
    running.until(lambda: running.said("worker enlisted"))
    running.until(
        lambda: running.page("readyz") == (503, "Slack is not connected yet (slack: check the token: no answer)\n")
    )
    assert running.page("healthz") == (200, "ok\n")
    assert "bot_worker_alive 1.0" in running.page("metrics")[1]
    come_up()
    running.until(lambda: running.page("readyz") == (200, "ready\n"))
    assert running.listens_for_slack is ("SLACK_APP_TOKEN" not in way)
    assert settings["SLACK_BOT_TOKEN"] not in running.log.read_text()


def test_a_refused_app_token_is_said_without_it(start, slack):
    settings, come_up, _ = slack
    come_up()
    running = start("serve", **settings, SLACK_APP_TOKEN="xapp-1-another-of-nobody")
    running.until(lambda: running.said("Slack does not accept SLACK_APP_TOKEN"))
    running.until(lambda: running.said("worker enlisted"))
    assert "another-of-nobody" not in running.log.read_text()


def test_a_front_and_a_worker_each_say_how_they_are(start, slack):
    settings, come_up, _ = slack
    come_up()
    front, worker = start("serve", "--no-worker", **settings, **SIGNED), start("work", **settings)
    front.until(lambda: front.page("readyz") == (200, "ready\n"))
    worker.until(lambda: worker.page("readyz") == (200, "ready\n"))
    assert "bot_worker_alive" not in front.page("metrics")[1]
    assert "bot_worker_alive 1.0" in worker.page("metrics")[1]
    assert not worker.listens_for_slack


def test_a_front_waits_for_a_worker_that_makes_the_schema(start, slack):
    settings, come_up, _ = slack
    come_up()
    front = start("serve", "--no-worker", **settings, **SIGNED)
    (said,) = front.until(lambda: front.said("waiting for the worker"))
    assert "The worker brings it up to date: start it first" in said["why"]
    assert front.page("healthz") == (0, "")
    worker = start("work", **settings)
    worker.until(lambda: worker.said("worker enlisted"))
    front.until(lambda: front.page("readyz") == (200, "ready\n"))


def test_a_front_without_its_key_says_who_makes_it_and_takes_it_once_it_is_there(installation):
    front = Application.from_environment(installation.world.environ)
    statement = Statement("i", "inc_abcdef", "c", "2026-11-26T03:14:07.000000Z", "slack:U1", "add-note", "{}")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"/bot/command-key does not exist yet. A worker makes it"):
            front.askers.by_slack("U1").sign(statement)
    worker = installation.world.app
    proofs = worker.working.authorization.proofs.slack
    assert proofs.current == worker.keys.command_keys[0]
    kind, proof = front.askers.by_slack("U1").sign(statement)
    assert (kind, proof) == ("slack", proofs.make(statement))
    front.close()


def test_a_front_that_waits_for_the_schema_ends_when_it_is_told_to(start, slack):
    front = start("serve", "--no-worker", **slack[0], **SIGNED)
    front.until(lambda: front.said("waiting for the worker"))


def test_a_health_address_that_is_taken_holds_up_no_work(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = start("work", BOT_HEALTH_ADDRESS=f"127.0.0.1:{taken.getsockname()[1]}")
        running.until(lambda: running.said("worker enlisted"))
        assert running.said("health and metrics are not served")
