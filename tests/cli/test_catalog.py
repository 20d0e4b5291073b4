"""catalog check, providers, manifest."""

import json

from bot.cli.commands import told_of
from bot.data_files import PLAYBOOK, find_playbook
from bot.slack.ingress import PATH
from tests.cli.conftest import say

CATALOG = """\
schema: 1
environments: [production]
secrets:
  - name: openai-api-key
    title: OpenAI API key
    provider: openai
    parts: { key: { parameter: "/{environment}/openai-api-key", variable: OPENAI_API_KEY } }
    options: { project: p }
    policy: { rotate_after_days: 90 }
    owner: AI team
    if_killed: Answers stop.
    outage: degraded
    kill: irreversible
    data: personal
"""


def test_the_shipped_files_have_no_mistakes(tmp_path):
    said = say("catalog", "check", environ={"BOT_DATA": str(tmp_path)})
    assert said.status == 0
    assert "No mistakes." in said.out
    assert "playbook secret-compromise:" in said.out
    assert "openai-api-key" in said.out


def test_without_a_catalog_of_ones_own_nothing_is_checked_against_the_example(tmp_path):
    for arguments in (("catalog", "check"), ("runbook", "openai-api-key")):
        said = say(*arguments, environ={"BOT_DATA": str(tmp_path), "BOT_PLAYBOOKS": ""})
        assert said.status == 2
        assert "BOT_PLAYBOOKS is not set, so there is no catalog. Copy " in said.err
    said = say("catalog", "check", environ={"BOT_DATA": str(tmp_path), "BOT_PLAYBOOKS": str(tmp_path)})
    assert f"secrets.yaml: not found; expected it in {tmp_path}" in said.err


def test_an_address_that_no_provider_has_is_a_mistake_and_another_of_its_own_is_none(tmp_path):
    environ = {"BOT_DATA": str(tmp_path), "BOT_SENDGRID_API_URL": "https://api.eu.sendgrid.com"}
    assert say("catalog", "check", environ=environ).status == 0
    said = say("catalog", "check", environ={**environ, "BOT_SENDGRID_API_URL": "https://api.sendgrid.com.evil.test"})
    assert said.status == 2
    assert "BOT_SENDGRID_API_URL: base URL with host api.sendgrid.com.evil.test: expected https at api" in said.err


def test_a_catalog_by_path_names_what_is_left_out(tmp_path):
    path = tmp_path / "secrets.yaml"
    path.write_text(CATALOG.replace("provider: openai", "provider: openia"))
    said = say("catalog", "check", path)
    assert said.status == 2
    assert f"{path}:6: there is no provider `openia`; did you mean openai? expected one of aws-iam, " in said.err
    path.write_text(CATALOG.replace("provider: openai", "provider: nobody\n    left-out: no provider for it yet"))
    said = say("catalog", "check", path)
    assert said.status == 0, said.err
    assert "left out: openai-api-key (line 4)" in said.out
    document = say("catalog", "check", path, "--json").document
    left = {"name": "openai-api-key", "provider": "nobody", "line": 4, "why": "no provider for it yet"}
    assert document["left_out"] == [left]


def test_every_mistake_of_a_catalog_is_named_with_its_line(tmp_path):
    path = tmp_path / "secrets.yaml"
    path.write_text(CATALOG.replace("outage: degraded", "outage: sometimes").replace("data: personal", "datum: none"))
    said = say("catalog", "check", path)
    assert said.status == 2
    assert f"{path}:12:" in said.err
    assert f"{path}:14:" in said.err


def test_a_mistake_of_a_playbook_is_named_with_its_line(tmp_path):
    path = tmp_path / PLAYBOOK
    path.write_text(find_playbook(PLAYBOOK).read_text().replace("[rotate]", "[rotat]", 1))
    said = say("catalog", "check", path)
    assert said.status == 2
    assert f"{path}:" in said.err
    assert "expected" in said.err


def test_a_playbook_and_a_folder_can_be_checked(tmp_path):
    path = tmp_path / PLAYBOOK
    path.write_text(find_playbook(PLAYBOOK).read_text())
    assert "playbook secret-compromise" in say("catalog", "check", path).out
    (tmp_path / "secrets.yaml").write_text(CATALOG)
    document = say("catalog", "check", tmp_path, "--json").document
    assert [secret["name"] for secret in document["secrets"]] == ["openai-api-key"]
    assert "secret-compromise" in document["playbooks"]


def test_a_file_that_is_not_there_is_misuse(tmp_path):
    said = say("catalog", "check", tmp_path / "none.yaml", "--json")
    assert said.status == 2
    assert "none.yaml" in said.error


def test_the_manifest_of_the_commands_own_example_leads_to_where_requests_are_taken():
    [words] = [example.split()[1:] for example in told_of("setup manifest")[1] if "--url" in example]
    for url in (words[-1], f"{words[-1]}/", f"{words[-1]}{PATH}"):
        events = json.loads(say(*words[:-1], url).out)["settings"]["event_subscriptions"]
        assert events["request_url"] == f"https://bot.example.com{PATH}"


def test_the_manifest_is_json_for_either_way_of_being_reached():
    assert json.loads(say("setup", "manifest").out)["settings"]["socket_mode_enabled"]
    http = json.loads(say("setup", "manifest", "--url", "https://bot.example.com").out)
    assert http["settings"]["interactivity"]["request_url"] == "https://bot.example.com/slack/events"


def test_a_value_that_leads_to_none_of_its_secrets_hosts_is_named_before_it_leaks(installation):
    assert installation.bot("catalog", "check").status == 0
    installation.world.aws.store("/production/redis-url", "redis://app:pw@moved.example.com:6380/0")
    said = installation.bot("catalog", "check")
    assert said.status == 1
    assert "production redis-url: its value points to moved.example.com:6380, which is not one of its hosts" in said.out
    assert list(installation.bot("catalog", "check", "--json").document["elsewhere"]) == ["production/redis-url"]
    checks = installation.bot("doctor", "-e", "production", "--json").document["checks"]
    found = {check["name"]: check for check in checks}
    assert found["production redis-url"]["remedy"].startswith("If that host is ours, add it")
    catalog = installation.world.folder / "playbooks" / "secrets.yaml"
    usual, admin = catalog.read_text(), "admin: /bot/admin/redis"
    catalog.write_text(usual.replace(admin, f'{admin}\n    hosts: ["moved.example.com:6380"]'))
    assert installation.bot("catalog", "check").status == 0
    catalog.write_text(usual)
    installation.world.aws.store("/production/redis-url", "redis://app:pw@[::1/0")
    assert "redis-url: its value cannot be used: expected redis" in installation.bot("catalog", "check").out
    installation.world.aws.aws.client("ssm").delete_parameter(Name="/production/redis-url")
    said = installation.bot("catalog", "check")
    assert said.status == 0
    assert "production: hosts not compared with the URLs in use: these can't be read (ssm: " in said.out
