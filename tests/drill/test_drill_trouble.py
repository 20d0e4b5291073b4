"""Whole drills as real processes in which something goes wrong: at a provider, at Slack, and with the bot itself."""

import random
import re
import signal
import time
from pathlib import Path

import pytest

from tests.support.drills import drill, kill

pytestmark = pytest.mark.process

SECRETS = {"openai-api-key", "sendgrid-api-key", "redis-url", "stripe-secret-key"}


def test_a_revocation_that_fails_for_good_is_told_everywhere(tmp_path):
    with drill(tmp_path / "drill", "--fault", "sendgrid:revoke-500") as running:
        status, document, err = running.run()
    assert (status, document["state"]) == (3, "open"), err
    secrets = {secret["name"]: secret for secret in document["secrets"]}
    assert secrets["sendgrid-api-key"]["old"] == "alive"
    assert {name for name, secret in secrets.items() if secret["old"] == "dead"} == SECRETS - {"sendgrid-api-key"}
    assert {secret["new"] for secret in secrets.values()} == {"live"}
    assert secrets["sendgrid-api-key"]["contain_seconds"] is None
    report = Path(document["report"]).read_text()
    assert re.search(r"(?i)sendgrid-api-key.{0,200}alive|alive.{0,200}sendgrid-api-key", report, re.DOTALL)
    assert document["leaks"]["hits"] == 0


def test_slack_down_is_played_to_the_end_at_terminals(tmp_path):
    with drill(tmp_path / "drill", "--fault", "slack:down") as running:
        status, document, err = running.run()
    assert (status, document["state"]) == (0, "closed"), err
    assert "dana declares the compromise at the terminal" in err
    assert {secret["old"] for secret in document["secrets"]} == {"dead"}
    assert document["leaks"]["hits"] == 0


def test_ten_kills_leave_no_key_alive_and_unrecorded(tmp_path):
    """The bot nine times and the drill itself once, at moments that a fixed seed chose; then to the end."""
    moments = random.Random(20261125)
    with drill(tmp_path / "drill", "--keep") as running:
        for number in range(10):
            running.start()
            running.await_line("serves at")
            time.sleep(moments.uniform(0.1, 1.8))
            if running.over:
                break
            if number == 4:
                kill(running.process.pid)
                running.process.wait()
                continue
            kill(running.bot_pid)
            status, _, err = running.finish()
            assert status == 1, err
            assert "to resume: bot drill --data" in err
        if not running.over:
            running.start()
        running.await_that(lambda: running.over)
        keys = {name: running.keys(name) for name in ("openai", "sendgrid", "stripe")}
        running.process.send_signal(signal.SIGINT)
        status, document, err = running.finish()
    assert (status, document["state"]) == (0, "closed"), err
    assert {(secret["old"], secret["new"]) for secret in document["secrets"]} == {("dead", "live")}
    for name, listed in keys.items():
        made = [key for key in listed if key["name"].startswith(document["incident"]) and key["alive"]]
        assert len(made) == 1, f"{name}: {made}"
    assert document["leaks"]["hits"] == 0
