"""An incident that was declared with the release before logs were sealed goes on to its end with this one."""

import os
import signal
import subprocess
import sys
import time

import pytest

from bot.drill.fakes.serving import free_port
from tests.support.oldlogs import head, incidents, restore
from tests.support.practice import OPENAI, SENDGRID

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]


@pytest.fixture
def worker(installation, tmp_path):
    """A worker as a process of its own, on the database of before; ends in order."""
    log = tmp_path / "worker.log"
    environ = {**os.environ, **installation.environ(), "BOT_HEALTH_ADDRESS": f"127.0.0.1:{free_port()}"}
    started = []

    def start():
        with log.open("ab") as output:
            started.append(subprocess.Popen([sys.executable, "-m", "bot", "work"], env=environ, stderr=output))
        end = time.monotonic() + 60
        while "worker enlisted" not in log.read_text():
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        return log

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
        assert "Traceback" not in log.read_text()


def until(holds, seconds=90.0):
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def test_an_incident_of_before_goes_on_to_its_end(installation, worker, tmp_path):
    path = restore("declared", tmp_path / "data" / "incidents.sqlite")
    named = incidents(path)
    incident, other = named[f"{OPENAI} open"], named[f"{SENDGRID} open"]
    posted = head(path, incident)
    worker()
    bot = installation.bot
    alert = until(lambda: installation.world.pagerduty.alert(f"{incident}-damaged"))
    assert "no worker has sealed it" in alert.summary
    shown = until(lambda: (said := bot("show", incident)).err and said)
    assert shown.status == 1
    assert "DAMAGED: no worker has sealed it" in shown.err
    assert OPENAI in shown.out
    refused = bot("kill", incident, OPENAI)
    assert refused.status == 1
    assert f"bot log seal {incident}" in refused.err

    for by, given, says in (("ben", posted, "may not command"), ("guest", posted, "may not command"),
                            ("ada", "2:" + "0" * 64, "Do not vouch for it")):  # fmt: skip
        said = bot("log", "seal", incident, "--head", given, by=by)
        assert said.status in {1, 2}
        assert says in said.err, said.err
    assert bot("log", "seal", incident).status == 2  # nobody can be asked here
    sealed = bot("log", "seal", incident, "--head", posted)
    assert sealed.status == 0, sealed.err
    assert "Revocations that had not begun are to be decided anew" in sealed.out

    def again():  # the head moves on while it is worked on
        return bot("log", "seal", incident, "--head", head(path, incident)).err

    until(lambda: "it needs nobody's word" in again())
    until(lambda: bot("show", incident).status == 3)
    assert "DAMAGED" not in bot("show", incident).err
    until(lambda: installation.secret(incident, OPENAI)["new"] == "unconfirmed")
    assert installation.secret(incident, OPENAI)["old"] == "alive", "whose word it was does not count any more"
    killed = bot("kill", incident, OPENAI)
    assert killed.status == 0, killed.err
    assert installation.secret(incident, OPENAI)["old"] == "dead"
    report = bot("report", incident)
    assert report.status == 0, report.err
    text = (tmp_path / "data" / "reports" / f"{incident}.md").read_text()
    assert "ada vouched for the log up to event 4" in text
    verified = bot("log", "verify", incident, "--head", posted)
    assert verified.status == 0
    assert "It is sealed by this installation's workers" in verified.out
    assert bot("show", other).status == 1, "the other one waits until somebody vouches for it"
    listed = bot("list", "--json").document
    assert {each["incident"] for each in listed} == {incident, other}
