"""No value is seen anywhere after a whole incident with faults, in this process and in a drill's processes."""

import json
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.drill import leaks
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import FakeSlack
from bot.secrets.secret import Secret
from tests.secrecy.looking import places, settled, values
from tests.support.drills import drill
from tests.support.practice import NAMES, OPENAI, REDIS, SENDGRID

pytestmark = pytest.mark.process


def test_a_whole_incident_with_faults_leaves_no_value_anywhere(world, capfd):
    slack = FakeSlack(rate_limited=False)
    with Served(slack.application) as served:
        world.environ |= {"SLACK_BOT_TOKEN": slack.token, "SLACK_API_URL": f"{served.url}/api"}
        _play(world)
        sent = leaks.recorded("slack", [{"method": call.method, "arguments": call.arguments} for call in slack.calls])
    printed = capfd.readouterr()
    wanted = [*values(world), ("slack token", slack.token)]
    assert len(wanted) > 20
    output = ("terminal", f"{printed.out}{printed.err}".encode())
    found = leaks.search(wanted, places(world, sent, output), {f"{world.folder}/": ""})

    assert found.hits == ()
    looked = " ".join(found.places)
    for place in ("incidents.sqlite-wal", "table events", "table cursors", "bot.log", "reports/inc_",
                  "metrics", "DECISIONS.md", "slack", "pagerduty", "terminal", "cmdline", "environ"):  # fmt: skip
        assert place in looked, place
    assert len(sent[1]) > 10_000
    assert (world.folder / "bot.log").stat().st_size > 10_000


def _play(world):
    world.sendgrid.faults.inject("create-reset", 1)
    world.openai.faults.inject("500", 2)
    incident = world.declare(OPENAI, SENDGRID, REDIS)
    world.start()
    world.front.faults.inject("ssm-throttled", 2)
    world.wait(incident, settled(OPENAI, SENDGRID, REDIS), 40)
    world.finish(incident)
    world.wait(incident, lambda i: i.report.decisions and i.page.word == "resolved")


@pytest.mark.parametrize("name", NAMES)
def test_the_search_finds_each_of_these_values_where_one_is_planted(world, name):
    """Else an empty result says nothing: into the log, a table, the write-ahead log, a temporary file, a report."""
    value = world.old[name]
    world.declare(OPENAI)
    database = world.folder / "data" / "incidents.sqlite"
    connection = sqlite3.connect(database)
    connection.execute("UPDATE incidents SET title = ?", (value,))
    connection.commit()
    with (world.folder / "bot.log").open("a") as log:
        log.write(json.dumps({"event": "failed", "text": value}) + "\n")
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(Secret(value).secret_part.reveal())
    (world.folder / "report.md").write_text(quote(value, safe=""))

    found = leaks.search(values(world), places(world), {f"{world.folder}/": ""})
    connection.close()

    where = {hit.place for hit in found.hits}
    assert {"bot.log", "report.md", "data/incidents.sqlite-wal", f"tmp/{Path(file.name).name}"} <= where
    assert "data/incidents.sqlite table incidents" in where


@pytest.mark.slow_tier
def test_a_drill_with_faults_leaks_nothing(tmp_path):
    faults = ("sendgrid:revoke-reset", "openai:probe-429-after", "pagerduty:500")
    arguments = [word for fault in faults for word in ("--fault", fault)]
    with drill(tmp_path / "drill", *arguments) as running:
        _, document, err = running.run()
    assert document["leaks"]["hits"] == 0, document["leaks"]
    assert '"level": "' in (tmp_path / "drill" / "bot.log").read_text()
    assert "Traceback" not in err
    looked = " ".join(document["leaks"]["places"])
    for place in ("incidents.sqlite", "table events", "bot.log", "slack: calls", "pagerduty: alerts",
                  "cmdline", "environ", "terminal output", "reports/"):  # fmt: skip
        assert place in looked, place
