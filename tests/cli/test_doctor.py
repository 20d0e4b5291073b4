"""doctor: one finding for each thing that an incident needs, and what to do about it."""

import errno
from contextlib import suppress
from types import SimpleNamespace

import pytest

from bot.cli.diagnostics import Diagnostic, aws, home, look
from bot.cli.diagnostics.check import Doubtful, Skipped
from bot.cli.diagnostics.exposure import ENDS
from bot.cli.diagnostics.secrets import HISTORY, LOOKS
from bot.cli.doctor import summed
from bot.data_files import shipped
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack.records import BOT_USER
from bot.drill.fakes.slack.server import FakeSlack
from bot.errors import ConfigurationError, Missing, Throttled, Unauthorized, Unreachable
from bot.people import People, Person
from bot.proofs.sshkeys import read_key
from bot.slack.manifest import scopes
from bot.vault.own import COMMAND_KEY, FINGERPRINT_KEY, WORKER_KEY
from bot.vault.ssm import SsmVault
from tests.support import sshkeys
from tests.support.practice import OPENAI

pytestmark = pytest.mark.process


def findings(installation, *arguments, **changes):
    said = installation.bot("doctor", *arguments, "--json", **changes)
    return said.status, {check["name"]: check for check in said.document["checks"]}


def test_a_sound_installation_passes(installation):
    status, found = findings(installation, "-e", "production")
    assert status == 0
    assert {check["state"] for check in found.values()} <= {"ok", "skipped", "doubtful"}
    assert found["event log"]["state"] == found["staging area"]["state"] == "ok"
    assert found["worker"]["state"] == "doubtful"
    assert found["production openai-api-key: admin"]["detail"] == "/bot/admin/openai is accepted"
    assert found["production stripe-secret-key: admin"]["state"] == "skipped"
    assert found["AWS identity"]["detail"].endswith("ada in the people file")
    text = installation.bot("doctor", "-e", "production")
    assert "All checks pass." not in text.out
    counted = {state: sum(check["state"] == state for check in found.values()) for state in ("doubtful", "skipped")}
    assert summed(0, **counted, total=len(found)) in text.out
    document = installation.bot("doctor", "-e", "production", "--json").document
    assert {state: document[state] for state in ("failed", *counted)} == {"failed": 0, **counted}
    assert installation.world.app.outside.vault.staged("/_compromise/inbox") == []


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 0, 0), "All checks pass."),
        ((0, 3, 2), "Nothing failed; 3 of 41 are doubtful (??), 2 were not checked (-)."),
        ((0, 0, 1), "Nothing failed; 1 was not checked (-)."),
        ((2, 1, 0), "2 of 41 checks failed; 1 of 41 is doubtful (??)."),
        ((2, 0, 0), "2 of 41 checks failed."),
    ],
)
def test_all_is_well_where_it_is(counts, words):
    assert summed(*counts, 41) == words


def test_each_failure_is_isolated_and_says_what_to_do(installation):
    world = installation.world
    world.aws.aws.client("ssm").delete_parameter(Name="/production/redis-url")
    world.aws.store("/bot/admin/openai", "sk-admin-notthekey00000000")
    world.aws.aws.client("ssm").delete_parameter(Name="/bot/admin/sendgrid")
    status, found = findings(
        installation, "-e", "production", BOT_PEOPLE="", BOT_STAGING_KMS_KEY="", BOT_NONSENSE="1",
        BOT_SENGRID_API_URL="https://api.eu.sendgrid.com",
        BOT_PAGERDUTY_ROUTING_KEY="short",
    )  # fmt: skip
    assert status == 1
    failed = {name for name, check in found.items() if check["state"] == "failed"}
    assert failed == {
        "people", "page: routing key", "staging KMS key", "staging area", "production redis-url",
        "production openai-api-key: admin", "production sendgrid-api-key: admin",
    }  # fmt: skip
    assert all(found[name]["remedy"] for name in failed)
    assert found["settings"]["detail"] == "unknown here: BOT_NONSENSE, BOT_SENGRID_API_URL"
    assert "was not accepted by openai" in found["production openai-api-key: admin"]["detail"]
    text = installation.bot("doctor", "-e", "production", BOT_PEOPLE="").out
    assert "FAIL  people: BOT_PEOPLE is not set" in text
    assert "checks failed" in text
    assert "For the first real incident this is missing: " in text
    assert "people" in installation.bot("doctor", "--step", "2", "--json", BOT_PEOPLE="").document["lacks"]


def test_an_admin_credential_of_which_only_the_current_value_can_be_read_is_a_failure(installation, monkeypatch):
    def denied(_vault, parameter):
        raise Unauthorized("ssm", f"read the history of {parameter}", "AccessDeniedException")

    monkeypatch.setattr(SsmVault, "history", denied)
    status, found = findings(installation, "-e", "production")
    check = found["production openai-api-key: admin"]
    assert (status, check["state"], check["remedy"]) == (1, "failed", HISTORY)
    assert "leaks are not compared with it" in check["detail"]


def test_an_admin_credential_that_may_not_read_use_is_doubtful(installation, monkeypatch):
    monkeypatch.setattr(installation.world.openai.usage, "readable", False)
    status, found = findings(installation, "-e", "production")
    check = found["production openai-api-key: admin"]
    assert (status, check["state"], check["remedy"]) == (0, "doubtful", LOOKS)
    assert "by hand how a key was used: openai: read the usage of completions: HTTP 403" in check["detail"]


def test_a_value_with_a_newline_at_its_end_is_named(installation):
    installation.world.aws.store("/production/openai-api-key", f"{installation.world.old[OPENAI]}\n")
    _, found = findings(installation, "-e", "production")
    check = found["production openai-api-key"]
    assert (check["state"], check["remedy"]) == ("doubtful", ENDS)
    assert check["detail"] == "the value begins or ends with white space: /production/openai-api-key"


def test_everything_else_is_looked_at_without_aws(installation):
    status, found = findings(installation, AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="x" * 40)
    assert status == 1
    assert found["AWS identity"]["state"] == "failed"
    assert found["catalog"]["state"] == found["event log"]["state"] == "ok"


def test_it_makes_none_of_the_bots_own_keys(installation, tmp_path):
    ssm = installation.world.aws.aws.client("ssm")
    for name in (FINGERPRINT_KEY, WORKER_KEY, COMMAND_KEY):
        with suppress(ssm.exceptions.ParameterNotFound):
            ssm.delete_parameter(Name=name)
    _, found = findings(installation, "-e", "staging")
    assert found["fingerprint key"]["state"] == "doubtful"
    assert found["fingerprint key"]["remedy"] == "The worker makes it at its first start."
    assert ssm.get_parameters(Names=[FINGERPRINT_KEY, WORKER_KEY, COMMAND_KEY])["Parameters"] == []


def test_an_unknown_environment_is_misuse(installation):
    assert installation.bot("doctor", "-e", "moon").status == 2


@pytest.mark.parametrize(
    ("rights", "words"),
    [("respond, approve, command", "1 can approve"), ("respond", "0 can approve")],
)
def test_too_few_approvers_are_a_failure(installation, tmp_path, rights, words):
    path = tmp_path / "few.yaml"
    path.write_text(f"ada:\n  principal: {installation.people['ada'].arn}\n  rights: [{rights}]\n")
    _, found = findings(installation, "-e", "staging", BOT_PEOPLE=str(path))
    assert words in found["people"]["detail"]


@pytest.mark.parametrize(("lacks", "state", "said"), [
    ("", "ok", "ssh-keygen is there"),
    ("keys", "skipped", "no one in the people file"),
    ("program", "failed", "ssh-keygen is not on the path"),
    ("folder", "failed", "no temporary folder"),
])  # fmt: skip
def test_what_ssh_signatures_are_checked_with_is_looked_at(tmp_path, monkeypatch, lacks, state, said):
    def read_only(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    keys = () if lacks == "keys" else (read_key(sshkeys.simple(1)),)
    people = People((Person("ada", keys=keys),))
    monkeypatch.setattr("shutil.which", lambda _: None if lacks == "program" else "/usr/bin/ssh-keygen")
    if lacks == "folder":
        monkeypatch.setattr("tempfile.TemporaryDirectory", read_only)
    found = {
        check.name: look(check)
        for check in home.FILES.of(SimpleNamespace(files=SimpleNamespace(people=people)))
        if "SSH" in check.name
    }
    assert found["SSH signatures"].state == state
    assert said in found["SSH signatures"].detail


def test_a_commander_is_needed(installation, tmp_path):
    path = tmp_path / "few.yaml"
    lines = [f"{name}:\n  principal: {installation.people[name].arn}\n  rights: [approve]\n" for name in ("ada", "ben")]
    path.write_text("".join(lines))
    _, found = findings(installation, "-e", "staging", BOT_PEOPLE=str(path))
    assert "no one can command" in found["people"]["detail"]


def test_a_broken_file_is_a_finding_and_the_secrets_are_left_out(installation):
    (installation.world.folder / "playbooks" / "secrets.yaml").write_text("schema: 2\n")
    status, found = findings(installation)
    assert status == 1
    assert "secrets.yaml:1:" in found["catalog"]["detail"]
    assert not any(name.startswith("production") for name in found)


@pytest.fixture
def slack():
    fake = FakeSlack(token="xoxb-practice-0000000000-fake", scopes=scopes())
    with Served(fake.application) as served:
        yield fake, {"SLACK_BOT_TOKEN": fake.token, "SLACK_API_URL": f"{served.url}/api"}


def test_what_is_right_is_shown_on_demand_and_a_shared_cause_once(installation):
    assert "ok    playbooks" not in installation.bot("doctor", "-e", "staging").out
    assert "ok    playbooks" in installation.bot("doctor", "-e", "staging", "--all").out
    text = installation.bot("doctor", "-e", "production", AWS_DEFAULT_REGION="", AWS_REGION="").out
    assert text.count("no region is set (AWS_REGION)") == 2  # the first failure, and the sentence about the others
    assert "21 more checks failed with “AWS cannot be set up: no region is set (AWS_REGION)”: clock, " in text


def test_a_step_of_the_page_can_be_looked_at_alone(installation):
    _, found = findings(installation, "--step", "1")
    assert {check["step"] for check in found.values()} == {1}
    assert {"AWS identity", "clock", "staging KMS key", "command key", "functions", "CloudTrail"} <= set(found)
    assert installation.bot("doctor", "--step", "9").status == 2


def test_aws_is_asked_about_clock_functions_and_trail(installation, monkeypatch):
    _, found = findings(installation, "--step", "1")
    assert {found[name]["state"] for name in ("clock", "functions", "CloudTrail")} == {"ok"}
    catalog = installation.world.folder / "playbooks" / "secrets.yaml"
    catalog.write_text(catalog.read_text().replace("lambda: api", "lambda: gone"))
    monkeypatch.setattr(aws, "MOST_SECONDS", -1.0)
    _, found = findings(installation, "--step", "1")
    assert "do not exist: gone" in found["functions"]["detail"]
    assert found["clock"]["detail"].endswith("seconds from AWS's: proofs of people are refused")


def test_the_example_catalog_is_a_warning(installation):
    _, found = findings(installation, "--step", "2", BOT_PLAYBOOKS=str(shipped("playbooks")))
    assert (found["catalog"]["state"], found["catalog"]["remedy"]) == ("doubtful", home.EXAMPLE)


def test_slack_is_asked_whether_the_bot_is_in_its_channels_and_knows_its_people(installation, slack, tmp_path):
    fake, settings = slack
    ada = fake.workspace.add_user("ada").id
    joined, other = (fake.workspace.add_channel(name, is_private=True, creator=who).id
                     for name, who in (("in", BOT_USER), ("out", ada)))  # fmt: skip
    people = tmp_path / "slack.yaml"
    people.write_text(f"ada: {{slack: {ada}, rights: []}}\nben: {{slack: UNOBODY, rights: []}}\n")
    _, found = findings(
        installation, "--step", "3", BOT_SECURITY_CHANNEL=joined, BOT_ROTATION_CHANNEL=other,
        BOT_PEOPLE=str(people), **settings,
    )  # fmt: skip
    assert found["Slack channels"]["detail"] == f"{other} (channel_not_found)"
    assert found["Slack people"]["detail"] == "UNOBODY (user_not_found)"


def test_slack_is_asked_about_token_and_scopes(installation, slack):
    _, settings = slack
    _, found = findings(installation, "-e", "staging", SLACK_SIGNING_SECRET="s" * 32, **settings)
    assert found["Slack token"]["state"] == "ok", found["Slack token"]
    assert found["Slack scopes"]["detail"] == f"all {len(scopes())} that the bot needs"
    assert found["Slack connection"]["detail"].startswith("HTTP on port")


def test_missing_scopes_and_connections_are_named(installation, slack):
    fake, settings = slack
    fake.scopes = fake.scopes - {"pins:write"}
    _, found = findings(installation, "-e", "staging", **settings)
    assert found["Slack scopes"]["detail"] == "missing: pins:write"
    assert "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET" in found["Slack connection"]["detail"]


def test_wrong_kinds_of_token_are_told_apart(installation, slack):
    _, settings = slack
    _, found = findings(
        installation, "-e", "staging", **settings | {"SLACK_BOT_TOKEN": "xoxp-1-2-3", "SLACK_APP_TOKEN": "xoxb-1"}
    )
    assert "those begin with xoxb-" in found["Slack token"]["detail"]
    assert found["Slack scopes"]["state"] == "failed"
    assert "those begin with xapp-" in found["Slack connection"]["detail"]


def test_socket_mode_is_tried_and_a_silent_slack_is_a_finding(installation):
    _, found = findings(
        installation, "-e", "staging", SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1-A-2-b",
        SLACK_API_URL="http://127.0.0.1:9/api",
    )  # fmt: skip
    assert found["Slack token"]["detail"].startswith("slack: auth.test: no usable answer")
    assert found["Slack connection"]["state"] == "failed"
    assert "xapp-1" not in str(found)


def test_the_page_rest_key_is_tried(installation):
    page = installation.world.pagerduty
    with Served(page.application) as served:
        _, found = findings(
            installation, "-e", "staging", BOT_PAGERDUTY_API_KEY="not-the-key", BOT_PAGERDUTY_API_URL=served.url
        )
    assert found["page: REST key"]["state"] == "failed"
    _, found = findings(installation, "-e", "staging", BOT_PAGERDUTY_ROUTING_KEY="")
    assert found["page: routing key"]["state"] == "doubtful"


def test_the_second_way_to_wake_people_is_looked_at(installation):
    _, found = findings(installation, "-e", "staging")
    assert found["page: fallback"]["state"] == "doubtful"
    key = installation.world.pagerduty.routing_key
    _, found = findings(installation, "-e", "staging", BOT_PAGER_FALLBACK_ROUTING_KEY=key)
    assert "equals the first: both" in found["page: fallback"]["detail"]
    _, found = findings(installation, "-e", "staging", BOT_PAGER_FALLBACK_ROUTING_KEY="f" * 32)
    assert found["page: fallback"]["state"] == "ok"


def raising(error):
    def body():
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "state", "remedy"),
    [
        (Skipped("not used"), "skipped", ""),
        (Doubtful("hm"), "doubtful", "mend it"),
        (Missing("ssm", "read /a", "gone"), "failed", "mend it"),
        (KeyError("hunter2"), "failed", "mend it"),
    ],
)
def test_whatever_goes_wrong_in_a_check_is_its_finding(error, state, remedy):
    finding = look(Diagnostic("it", raising(error), "mend it"))
    assert (finding.state, finding.remedy) == (state, remedy)
    assert "hunter2" not in finding.detail


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ConfigurationError("ssm: no region is set (AWS_REGION)"), "Correct that setting"),
        (Unreachable("ssm", "read /a", "no answer"), "the network between here and ssm"),
        (Throttled("ssm", "read /a", "too often"), "again in a minute"),
        (Unauthorized("ssm", "read /a", "HTTP 403"), "Allow ssm:GetParameter."),
    ],
)
def test_the_remedy_is_for_the_cause(error, remedy):
    assert remedy in look(Diagnostic("staging", raising(error), "Allow ssm:GetParameter.", outside=True)).remedy


def test_a_setting_that_is_the_matter_itself_keeps_its_own_remedy():
    assert (
        look(Diagnostic("catalog", raising(ConfigurationError("line 3")), "Mend the file.")).remedy == "Mend the file."
    )
