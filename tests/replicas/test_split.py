"""The bot in two: a front with Slack and the database, and nothing else; a worker with everything, that listens to
nobody. A whole incident from the declaration in Slack to the proof.
"""

import json
import signal
from pathlib import Path

import pytest

from bot.drill.client.place import FRONT, WORKER
from bot.eventlog import open_event_log
from tests.replicas.fleet import COMMAND_KEY, START_SECONDS, until

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

SECRET = "sendgrid-api-key"
OF_THE_WORKER_ALONE = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "BOT_PAGERDUTY_ROUTING_KEY", "BOT_INTAKE_GITHUB_TOKEN",
)  # fmt: skip
LISTEN = "0A"
"""A listening socket's state in /proc/net/tcp. Source: proc_pid_net(5)."""

if not Path("/proc/self/environ").exists():
    pytest.skip("looks into /proc, which only Linux has", allow_module_level=True)


@pytest.fixture
def fleet(fleet):
    fleet.anew = True
    return fleet


def given(replica):
    """The environment that the process was started with, as whoever gets into it could read it."""
    pairs = Path(f"/proc/{replica.pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.partition("=")[::2] for pair in pairs if pair)


def listens_on(replica):
    """The TCP ports on which the process listens."""
    own = set()
    for each in Path(f"/proc/{replica.pid}/fd").iterdir():
        try:
            own.add(str(each.readlink()))
        except FileNotFoundError:
            continue  # closed meanwhile
    ports = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{replica.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in own:
                ports.append(int(fields[1].rpartition(":")[2], 16))
    return ports


def test_a_whole_incident_with_front_and_worker_apart(fleet, practice_world):
    worker = fleet.start("work", role=WORKER)  # which makes the tables
    front = fleet.start("serve", "--no-worker", role=FRONT)

    assert set(given(worker)) >= set(OF_THE_WORKER_ALONE)
    assert not [name for name in given(front) if name.startswith("AWS_") and ("KEY" in name or "TOKEN" in name)]
    assert not set(given(front)) & {*OF_THE_WORKER_ALONE, "BOT_PAGERDUTY_API_KEY"}
    own = {practice_world.slack.token, practice_world.signing_secret, COMMAND_KEY}
    values = {value for _, value in practice_world.values()} - own
    assert not values & set(given(front).values())
    assert "SLACK_SIGNING_SECRET" not in given(worker)
    assert sorted(listens_on(front)) == sorted([front.port, front.health_port])
    assert listens_on(worker) == [worker.health_port]

    driver, dana = fleet.driver(front), practice_world.slack_ids["dana"]
    assert driver.slash(dana, "/compromise").ok
    view = until(lambda: driver.view_of(dana), 10)[0]
    driver.press_in_view(dana, view["id"], "secrets", [SECRET], values={"how_noticed": "seen in a public gist"})
    until(lambda: "Declare, revoke 1 key" in json.dumps(driver.view_of(dana)), 10)
    assert driver.submit(dana, view["id"], {}).ok
    incident = until(fleet.app.incidents.summaries, 10)[0][0].incident

    fleet.await_settled(incident)
    channel = fleet.state(incident).channel
    until(lambda: "dead" in json.dumps(driver.card(channel)), 20)
    driver.press(dana, channel, driver.card(channel)["ts"], "more")
    more = until(lambda: (shown := driver.view_of(dana)) and shown["callback_id"] == "more" and shown, 10)[0]
    driver.press_in_view(dana, more["id"], "report")
    path = until(lambda: fleet.state(incident).report.path, 20)[0]
    assert Path(path).exists()
    for each in (front, worker):
        each.signal(signal.SIGTERM)
        assert each.wait(15) == 0, each.said
        assert "Traceback" not in each.said


def test_in_production_a_front_starts_without_anything_of_aws(fleet):
    given = fleet.environ(FRONT, BOT_ENVIRONMENT="production", SLACK_API_URL="", BOT_PEOPLE="")
    assert not [name for name in given if name.startswith("AWS_") and name.endswith(("KEY", "ID", "TOKEN", "REGION"))]
    front = fleet.start("serve", "--no-worker", role=FRONT, BOT_ENVIRONMENT="production", SLACK_API_URL="", wait=False)
    until(lambda: "start it first" in front.said, START_SECONDS)  # no worker has made the tables yet
    open_event_log(fleet.database).close()
    until(lambda: front.serves, START_SECONDS, every=0.1, why=lambda: front.said)
    until(lambda: "serving requests from outside" in front.said, START_SECONDS, every=0.1, why=lambda: front.said)
    assert "settings come from the environment alone" in front.said
    assert not front.ready  # there is no Slack here
