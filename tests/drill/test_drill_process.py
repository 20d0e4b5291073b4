"""Whole drills as real processes, over real HTTP, to the end or to the death of one of them."""

import contextlib
import os
import random
import re
import select
import signal
import sqlite3
import time
from pathlib import Path

import pytest
import requests

from bot.app import Application
from bot.drill.client.place import ask, environment
from bot.drill.processes import BotProcess, await_world, launch_world, surroundings
from bot.drill.providers import FIXTURES
from bot.drill.stories import LEAKED
from bot.drill.terminal_commands import type_command
from bot.providers import provider_names
from tests.support.drills import RunningDrill, drill, kill

pytestmark = pytest.mark.process

ALONE = "--incident-only"
"""What a drill practises besides, the first one here and that of all secrets do; the others are about the incident."""
FIELDS = {
    "incident", "state", "steps", "secrets", "page", "approvals", "usage", "report", "decisions", "events", "head",
    "leaks", "seconds", "why_open", "left_alone", "measures", "debrief", "rotation", "departure", "warnings",
}  # fmt: skip
SECRET_FIELDS = {
    "name", "provider", "strategy", "target", "old_fingerprint", "new_fingerprint", "old", "new", "contain_seconds",
    "restore_seconds", "access", "left", "checks", "proof",
}  # fmt: skip
STEPS = ["rotate", "assess", "revoke", "notify", "investigate", "remediate", "document"]
SECRETS = {"openai-api-key", "sendgrid-api-key", "redis-url", "stripe-secret-key"}


def by_name(document):
    return {secret["name"]: secret for secret in document["secrets"]}


def shown_until(terminal, text):
    """What a terminal shows, up to and with `text`."""
    shown, until = "", time.monotonic() + 120
    while text not in shown:
        readable, _, _ = select.select([terminal], [], [], max(0.0, until - time.monotonic()))
        assert readable, shown
        shown += os.read(terminal, 65_536).decode(errors="replace").replace("\r\n", "\n")
    return shown


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A drill that a person began at a terminal and left with Ctrl-C: what it had shown, and its exit status."""
    folder = tmp_path_factory.mktemp("happy") / "drill"
    with drill(folder) as running:
        terminal = running.start_in_a_terminal()
        shown = shown_until(terminal, "waiting for your declaration")
        running.process.send_signal(signal.SIGINT)
        shown += shown_until(terminal, "to resume: uv run bot drill --data")
        os.close(terminal)
        yield running, shown, running.process.wait(60)


@pytest.fixture(scope="module")
def done(begun):
    """The same drill, gone on with and played to its end by the automatic responders."""
    running, _, _ = begun
    status, document, err = running.run()
    assert status == 0, f"{err}\n{running.last_lines()}"
    return running.folder, status, document, err


class TestAPersonAtATerminal:
    def test_is_told_what_is_happening_where_to_look_and_what_to_type(self, begun):
        running, shown, _ = begun
        for needed in ("/leak", "/_fake/?as=U", "type /compromise", f"--drill {running.folder} --as dana"):
            assert needed in shown

    def test_leaves_and_comes_back(self, begun, done):
        assert begun[2] == 130
        assert "resuming the drill" in done[3]
        assert "still serves" in done[3]


class TestADrillWithoutFaults:
    def test_closes_with_every_old_value_dead_and_every_new_one_live(self, done):
        _, status, document, err = done
        assert (status, document["state"]) == (0, "closed"), err
        assert set(by_name(document)) == SECRETS
        assert {left["reason"] for left in document["left_alone"]} == {"did not leak"}
        assert document["why_open"] == ""
        assert {(secret["old"], secret["new"]) for secret in document["secrets"]} == {("dead", "live")}
        assert {(secret["access"], secret["left"]) for secret in document["secrets"]} == {
            ("contained", "abuse unknown")
        }
        assert all(secret["contain_seconds"] > 0 < secret["restore_seconds"] for secret in document["secrets"])

    def test_its_people_leave_nothing_of_the_debrief_undone(self, done):
        _, _, document, _ = done
        assert [measure["name"] for measure in document["measures"] if measure["missed"]] == []

    def test_prints_one_object_with_all_fields(self, done):
        _, _, document, _ = done
        assert set(document) == FIELDS
        assert all(set(secret) == SECRET_FIELDS for secret in document["secrets"])
        assert [step["id"] for step in document["steps"]] == STEPS
        assert {step["state"] for step in document["steps"]} == {"done"}
        assert re.fullmatch(r"\d+:[0-9a-f]{64}", document["head"])
        assert document["events"] == int(document["head"].partition(":")[0])

    def test_proof_is_a_baseline_then_refusals_with_a_control_accepted(self, done):
        for secret in done[2]["secrets"]:
            looks = [(line["subject"], line["liveness"]) for line in secret["proof"]]
            assert ("old", "live") in looks
            assert looks.index(("old", "live")) < looks.index(("old", "dead"))
            assert looks.count(("old", "dead")) >= 2
            assert ("control", "live") in looks
            assert ("bystander", "dead") not in looks

    def test_its_traces_are_its_owners_alone(self, done):
        folder = done[0]
        made = [*folder.rglob("*"), *(folder.parent / "own").rglob("*")]
        assert {path.name for path in made} >= {
            "world.log",
            "bot.log",
            "people.yaml",
            "incidents.sqlite",
            "debriefs.jsonl",
        }
        assert [str(path) for path in made if path.lstat().st_mode & 0o077 and not path.is_symlink()] == []

    def test_somebody_else_approved_and_the_page_was_resolved(self, done):
        document = done[2]
        assert {(consent["by"], consent["what"]) for consent in document["approvals"]} == {("eli", "plan")}
        assert document["page"] == {"dedup_key": document["incident"], "state": "resolved"}

    def test_a_github_alert_arrived_by_itself_and_is_another_place_in_the_timeline(self, done):
        timeline = Path(done[2]["report"]).read_text()
        assert "GitHub secret scanning reports it as practice/app" in timeline
        assert "GitHub finds elevenlabs-api-key in a repository: the bot asks a person" in done[3]
        assert "dana marks the alert on elevenlabs-api-key as harmless" in done[3]

    def test_usage_names_the_reader_whom_nobody_can_explain(self, done):
        assert any("contractor-laptop" in name for name in done[2]["usage"]["principals"])
        assert done[2]["usage"]["events"] > 0

    def test_files_report_and_decision_and_leaks_nothing(self, done):
        document = done[2]
        report = Path(document["report"]).read_text()
        assert document["incident"] in report
        assert "contractor-laptop" in report
        assert "access is contained" not in report, "its people leave open whether anyone used the keys"
        assert "abuse unknown" in report
        assert document["incident"] in Path(document["decisions"]).read_text()
        assert document["leaks"]["hits"] == 0, document["leaks"]
        looked = " ".join(document["leaks"]["places"])
        for place in (
            "incidents.sqlite table events",
            "bot.log",
            "slack: calls",
            "cmdline",
            "terminal output",
        ):
            assert place in looked

    def test_the_world_has_ended_and_the_same_command_says_that_it_is_over(self, done):
        folder = done[0]
        assert not (folder / "world.json").exists()
        status, _, err = RunningDrill(folder).run()
        assert status == 2
        assert "is over" in err


@pytest.mark.slow_tier
def test_a_revocation_that_fails_for_good_is_told_everywhere(tmp_path):
    with drill(tmp_path / "drill", ALONE, "--fault", "sendgrid:revoke-500") as running:
        status, document, err = running.run()
    assert (status, document["state"]) == (3, "open"), err
    secrets = {secret["name"]: secret for secret in document["secrets"]}
    assert secrets["sendgrid-api-key"]["old"] == "alive"
    assert "sendgrid-api-key: sendgrid: " in document["why_open"]
    assert f"the incident stays open: {document['why_open']}" in err
    assert {name for name, secret in secrets.items() if secret["old"] == "dead"} == SECRETS - {"sendgrid-api-key"}
    assert {secret["new"] for secret in secrets.values()} == {"live"}
    assert secrets["sendgrid-api-key"]["contain_seconds"] is None
    report = Path(document["report"]).read_text()
    assert "**STILL WORKS: the old key of sendgrid-api-key has not been revoked.**" in report
    assert not re.search(r"\*\*(alive|live)\*\*", report)
    assert document["leaks"]["hits"] == 0


@pytest.mark.slow_tier
def test_slack_down_is_played_to_the_end_at_terminals(tmp_path):
    with drill(tmp_path / "drill", ALONE, "--fault", "slack:down") as running:
        status, document, err = running.run()
    assert (status, document["state"]) == (0, "closed"), err
    assert "dana declares the compromise at the terminal" in err
    assert {secret["old"] for secret in document["secrets"]} == {"dead"}
    assert document["leaks"]["hits"] == 0


@pytest.mark.slow_tier
def test_where_nobody_can_prove_who_they_are_the_keys_die_by_glass_at_the_workers_host(tmp_path):
    """Slack is down and STS does not say who anyone is: the way that docs/when-things-are-down.md describes."""
    with drill(tmp_path / "drill", ALONE, "--fault", "slack:down", "--fault", "aws:sts-identity-down") as running:
        status, document, err = running.run()
    assert (status, document["state"]) == (1, "open"), err
    assert "AWS confirms no one: dana goes to the worker's host" in err
    assert {secret["old"] for secret in document["secrets"]} == {"dead"}
    assert {secret["new"] for secret in document["secrets"]} == {"live"}
    (folder,) = tmp_path.glob("drill/bot")
    with contextlib.closing(sqlite3.connect(folder / "incidents.sqlite")) as log:
        rows = log.execute("SELECT actor, kind FROM events WHERE kind IN ('glass-broken', 'command-proven')")
        assert {actor for actor, _ in rows} == {"operator unproven"}
    assert document["leaks"]["hits"] == 0


def all_keys(running):
    """What the fakes know of every key that they made."""
    return {name: running.keys(name) for name in ("openai", "sendgrid", "stripe")}


@pytest.mark.slow_tier
def test_ten_kills_leave_no_key_alive_and_unrecorded(tmp_path):
    """The bot nine times and the drill itself once, at moments that a fixed seed chose; then to the end."""
    moments = random.Random(20261125)
    with drill(tmp_path / "drill", ALONE, "--keep") as running:
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
            keys = all_keys(running)
            kill(running.bot_pid)
            status, document, err = running.finish()
            if running.over:
                break  # it came when the drill was summing up already
            assert status == 1, err
            assert "to resume: uv run bot drill --data" in err
        else:
            running.start()
        if running.process.poll() is None:
            running.await_line("stay until you press Ctrl-C")
            keys = all_keys(running)
            running.process.send_signal(signal.SIGINT)
            status, document, err = running.finish()
    assert (status, document["state"]) == (0, "closed"), err
    assert {(secret["old"], secret["new"]) for secret in document["secrets"]} == {("dead", "live")}
    for name, listed in keys.items():
        made = [key for key in listed if key["name"].startswith(document["incident"]) and key["alive"]]
        assert len(made) == 1, f"{name}: {made}"
    assert document["leaks"]["hits"] == 0


@pytest.mark.slow_tier
def test_a_drill_that_is_killed_while_it_starts_finds_its_own_world_again(tmp_path):
    """Twice while the world gets ready, once while the bot does; then the same command again."""
    world = tmp_path / "drill" / "world.json"
    with drill(tmp_path / "drill", ALONE) as running:
        for begun, ready in (
            ("starting a practice world", lambda: True),
            ("resuming the drill", lambda: True),
            ("resuming the drill", world.exists),
        ):
            running.start()
            running.await_line(begun)
            running.await_that(ready)
            time.sleep(0.5)
            running.kill_group()
        status, document, err = running.run()
    assert (status, document["state"]) == (0, "closed"), err
    assert "resuming the drill" in err
    assert {(secret["old"], secret["new"]) for secret in document["secrets"]} == {("dead", "live")}
    assert document["leaks"]["hits"] == 0
    assert "commands.log" in " ".join(document["leaks"]["places"])
    log = (running.folder / "commands.log").read_text()
    assert re.search(r"eli: bot submit inc_\w+ stripe-secret-key --stdin --no-wait", log)


@pytest.mark.slow_tier
def test_everything_is_dead_and_live_and_what_was_left_alone_is_said_and_an_attacker_is_found(tmp_path):
    with drill(tmp_path / "drill", "--all", "--story", "attack") as running:
        status, document, err = running.run()
    assert (status, document["state"]) == (0, "closed"), err
    secrets = {secret["name"]: secret for secret in document["secrets"]}
    left = {each["name"]: each["reason"] for each in document["left_alone"]}
    assert set(secrets) | set(left) == {name for fixture in FIXTURES for name in fixture.secrets}
    assert left.pop("supabase-anon-key") == "public by design"
    assert all("no wheel" in reason for reason in left.values())
    assert {(secret["old"], secret["new"], secret["access"]) for secret in secrets.values()} == {
        ("dead", "live", "contained")
    }
    assert {secret["provider"] for secret in secrets.values()} == set(provider_names())
    assert 1 <= len(document["approvals"]) <= 3  # a key that is handed over changes the plan of its secret
    assert document["leaks"]["hits"] == 0
    left = document["departure"]
    assert (left["person"], left["agreed"], left["paged"]) == ("kim", "eli", 0)
    assert any(secret["new"] in {"staged", "live"} for secret in left["secrets"].values())
    used = Path(document["report"]).read_text().split("## Was it used? ")[1].split("## ")[0]
    for name in LEAKED & set(secrets):
        assert f"- {name}: USED BY OTHERS, it seems" in used, used
        assert name in used.splitlines()[0]
    undone = [line for line in used.splitlines() if line.startswith("- Made by others and undone")]
    for act in ("CreateUser support-readonly", "AddPermission", "api_key.created"):
        assert any(act in line for line in undone), used


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    folder = tmp_path_factory.mktemp("older") / "drill"
    folder.mkdir()
    process = launch_world(folder)
    where = await_world(folder, process)
    bot = BotProcess(where)
    try:
        bot.start()
        ask(where, {"fault": "pagerduty:down"})
        values = dict(ask(where, {"values": True})["values"])
        older = values["/production/openai-api-key version 2"]
        done = type_command(
            folder, "dana", "identify", "--stdin", "--declare", "--notice", "Found in an old fork.", "--public",
            "--json", typed=older + "\n", environ=surroundings(folder),
        )  # fmt: skip
        application = Application.from_environment(environment(folder, "dana"))
        found = application.incidents.summaries(limit=1)
        assert found, done.stderr
        yield where, application.incidents.load(found[0].incident), older, values
        application.close()
    finally:
        bot.stop()
        ask(where, {"stop": True})
        process.wait(30)


@pytest.mark.slow_tier
class TestAnOlderVersion:
    """Leaked was a version that OpenAI was never told to end; PagerDuty is down all the while."""

    def test_is_identified_and_proven_dead(self, ended):
        _, incident, _, _ = ended
        (secret,) = incident.secrets.values()
        assert (secret.name, secret.target.kind, secret.target.version) == ("openai-api-key", "confirmed", 2)
        assert secret.old_state == "dead"

    def test_leaves_the_current_value_alone(self, ended):
        where, incident, _, values = ended
        (secret,) = incident.secrets.values()
        assert secret.new_state == "not-needed"
        assert dict(ask(where, {"values": True})["values"])["/production/openai-api-key version 3"] in values.values()
        listed = requests.get(f"{where.urls['openai']}/_fake/keys", timeout=5).json()["keys"]
        alive = sorted(key["name"] for key in listed if key["alive"])
        assert alive == ["app 2025", "app 2026", "app 2026"]  # staging's two, and production's current one

    def test_does_not_wait_for_the_pager(self, ended):
        _, incident, _, _ = ended
        assert incident.page.triggered_at is None
        assert incident.secrets["openai-api-key"].old.contained_at is not None
