import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.model.sources import SOURCES
from bot.model.timings import Timings
from bot.secrets.secret import Secret
from bot.settings.model import DRILL, PRODUCTION, Settings, settings_table
from bot.settings.table import parameter_name
from bot.settings.values import Address

ROOT = Path(__file__).parents[1]
HOME = {"HOME": "/home/ada"}


def test_an_empty_environment_is_a_development_installation_with_sqlite_in_the_users_data():
    settings = Settings.load(HOME)
    assert settings.environment == "development"
    assert not settings.production
    assert settings.data_folder == Path("/home/ada/.local/share/compromise-bot")
    assert settings.database.reveal() == "sqlite:////home/ada/.local/share/compromise-bot/incidents.sqlite"
    assert settings.decisions_file == Path("/home/ada/.local/share/compromise-bot/decisions.md")
    assert settings.timings == PRODUCTION


def test_the_platforms_data_folder_is_used_where_it_is_named():
    assert Settings.load({"XDG_DATA_HOME": "/data"}).data_folder == Path("/data/compromise-bot")
    assert Settings.load({"BOT_DATA": "/var/bot", "XDG_DATA_HOME": "/data"}).data_folder == Path("/var/bot")


def test_what_is_set_is_taken():
    settings = Settings.load(
        {
            **HOME,
            "BOT_ENVIRONMENT": "production",
            "SLACK_BOT_TOKEN": " xoxb-made-up \n",
            "BOT_DATABASE_URL": "postgresql://bot:made-up@db/log",
            "BOT_DECISIONS": "docs/DECISIONS.md",
            "BOT_LOG_LEVEL": "debug",
            "BOT_PORT": "8080",
        }
    )
    assert settings.production
    assert settings.slack_bot_token == Secret("xoxb-made-up")
    assert settings.database == Secret("postgresql://bot:made-up@db/log")
    assert settings.decisions_file == Path("docs/DECISIONS.md")
    assert (settings.log_level, settings.port) == ("DEBUG", 8080)


def test_an_empty_variable_counts_as_unset():
    assert Settings.load({**HOME, "BOT_PORT": " ", "SLACK_BOT_TOKEN": ""}).slack_bot_token is None


def test_nothing_is_read_from_the_process_behind_the_callers_back(monkeypatch):
    monkeypatch.setenv("BOT_PORT", "1")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-process")
    settings = Settings.load(HOME)
    assert settings.port == 3000
    assert settings.slack_bot_token is None


def test_secrets_never_print():
    settings = Settings.load(
        {**HOME, "SLACK_SIGNING_SECRET": "made-up-signing", "BOT_DATABASE_URL": "postgresql://bot:made-up-pw@db/log"}
    )
    assert "made-up" not in f"{settings!r} {settings}"


def test_every_mistake_is_named_with_what_was_expected_and_without_the_value():
    wrong = {
        "BOT_ENVIRONMENT": "prod-hunter2",
        "BOT_PORT": "hunter2",
        "BOT_CONFIRM_SECONDS": "0",
        "BOT_LOG_LEVEL": "hunter2",
        "BOT_DATABASE_URL": "mysql://root:hunter2@db",
        "AWS_ENDPOINT_URL": "http://user:hunter2@aws",
        "BOT_AWS_IAM_API_URL": "hunter2",
        "BOT_OPENAI_API_URL": "http://[hunter2",
    }
    with pytest.raises(ConfigurationError) as raised:
        Settings.load({**HOME, **wrong})
    lines = str(raised.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == sorted(wrong)
    assert all(": expected " in line for line in lines)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("environment", "url", "accepted"),
    [
        ("production", "https://slack.com/api", True),
        ("production", "https://slack-gov.com/api", True),
        ("production", "http://slack.com/api", False),
        ("production", "http://127.0.0.1:8000/api/", False),
        ("production", "https://slack.com.example.org/api", False),
        ("drill", "http://127.0.0.1:8000/api/", True),
        ("development", "http://localhost:8000/api", True),
        ("development", "https://example.org/api", False),
    ],
)
def test_slacks_address_is_slacks_or_outside_production_on_this_machine(environment, url, accepted):
    environ = {**HOME, "BOT_ENVIRONMENT": environment, "SLACK_API_URL": url}
    if accepted:
        assert Settings.load(environ).slack_api_url == url.rstrip("/")
    else:
        with pytest.raises(ConfigurationError, match="SLACK_API_URL: expected"):
            Settings.load(environ)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:3001", "127.0.0.1", 3001),
        ("0.0.0.0:9100", "0.0.0.0", 9100),
        ("localhost:0", "localhost", 0),
        ("[::1]:3001", "::1", 3001),
        ("[::]:65535", "::", 65535),
    ],
)
def test_where_health_is_served(text, host, port):
    found = Settings.load({**HOME, "BOT_HEALTH_ADDRESS": text}).health_address
    assert (found, str(found)) == (Address(host, port), text)


def test_health_is_served_on_loopback_unless_told_otherwise():
    assert str(Settings.load(HOME).health_address) == "127.0.0.1:3001"


@pytest.mark.parametrize(
    "text",
    ["3001", ":3001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:3001", "[::1]", "[::g]:1", "[127.0.0.1]:1",
     "http://127.0.0.1:3001", "127.0.0.1:3001/x", "a b:1", "127.0.0.1:-1", "127.0.0.1:٣"],
)  # fmt: skip
def test_what_is_no_address(text):
    with pytest.raises(ConfigurationError, match="BOT_HEALTH_ADDRESS: expected an address to listen on, HOST:PORT"):
        Settings.load({**HOME, "BOT_HEALTH_ADDRESS": text})


def test_an_unknown_environment_does_not_relax_slacks_address():
    with pytest.raises(ConfigurationError, match="SLACK_API_URL"):
        Settings.load({**HOME, "BOT_ENVIRONMENT": "prd", "SLACK_API_URL": "http://127.0.0.1/api"})


class Parameters:
    def __init__(self, **values) -> None:
        self.values = {f"/bot/{name.replace('_', '-')}": Secret(value) for name, value in values.items()}
        self.asked = []

    def __call__(self, names) -> dict[str, Secret]:
        self.asked += names
        return {name: value for name, value in self.values.items() if name in names}


def test_in_production_parameters_fill_in_what_the_environment_lacks():
    parameters = Parameters(slack_bot_token="xoxb-stored", bot_port=" 8080\n", bot_people="/etc/people.yaml")
    settings = Settings.load({**HOME, "BOT_ENVIRONMENT": "production", "BOT_PEOPLE": "/mine.yaml"}, parameters)
    assert settings.slack_bot_token == Secret("xoxb-stored")
    assert settings.port == 8080
    assert settings.people == Path("/mine.yaml")
    assert "/bot/bot-people" not in parameters.asked
    assert not {"/bot/bot-environment", "/bot/aws-endpoint-url", "/bot/bot-ssh-key"} & set(parameters.asked)


def test_a_wrong_parameter_is_reported_without_its_value():
    with pytest.raises(ConfigurationError, match="BOT_DATABASE_URL: expected") as raised:
        Settings.load({**HOME, "BOT_ENVIRONMENT": "production"}, Parameters(bot_database_url="hunter2"))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("environment", ["development", "drill"])
def test_elsewhere_parameters_are_not_asked(environment):
    parameters = Parameters()
    Settings.load({**HOME, "BOT_ENVIRONMENT": environment}, parameters)
    assert parameters.asked == []


def test_timings_of_a_drill_and_the_one_that_can_be_set():
    drill = Settings.load({**HOME, "BOT_ENVIRONMENT": "drill"}).timings
    assert drill == DRILL
    assert (drill.confirm, drill.retry_for, drill.overlap, drill.approval_expires) == (1, 10, 5, 60)
    assert (drill.http_timeout, drill.sweep_wait) == (5, 5)
    assert Settings.load({**HOME, "BOT_CONFIRM_SECONDS": "0.5"}).timings.confirm == 0.5


def test_production_timings_are_those_an_incident_starts_from():
    assert Timings() == PRODUCTION
    assert DRILL.confirm == 1


def test_addresses_of_providers_are_collected_by_provider_and_host():
    settings = Settings.load(
        {
            **HOME,
            "BOT_OPENAI_API_URL": "http://127.0.0.1:1/openai/",
            "BOT_AWS_IAM_STS_URL": "http://127.0.0.1:2",
            "BOT_REDIS_API_URL": "",
            "BOT_DATABASE_URL": "sqlite:///log.db",
        }
    )
    assert settings.host_urls == {
        ("openai", "api"): "http://127.0.0.1:1/openai",
        ("aws-iam", "sts"): "http://127.0.0.1:2",
    }


def test_variables_of_ours_that_mean_nothing_are_listed_for_a_warning():
    assert Settings.load({**HOME, "BOT_PEPLE": "x", "BOT_OPENAI_API_URL": "http://127.0.0.1"}).unknown == ("BOT_PEPLE",)


def test_env_example_is_in_step():
    text = (ROOT / ".env.example").read_text()
    assignments = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert assignments.pop("BOT_SENDGRID_API_URL")  # the example of its family
    assert set(assignments) == {row.variable for row in settings_table()}
    for row in settings_table():
        assert assignments[row.variable] == (row.default.strip("`") if _is_value(row) else "")
    assert not re.findall(r"^[A-Z_]+=", text, re.MULTILINE), "a copied file must change nothing by itself"


def _is_value(row):
    info = next(i for i in Settings.model_fields.values() if i.validation_alias == row.variable)
    return info.default is not None


def test_every_setting_says_what_it_means():
    rows = settings_table()
    assert all(row.meaning and row.default for row in rows)
    assert {row.variable for row in settings_table() if row.secret} == {
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_APP_TOKEN",
        "BOT_COMMAND_KEY",
        "BOT_INTAKE_GITHUB_TOKEN",
        "BOT_INTAKE_GITGUARDIAN_TOKEN",
        "BOT_DATABASE_URL",
        "BOT_PAGERDUTY_ROUTING_KEY",
        "BOT_PAGERDUTY_API_KEY",
        "BOT_PAGER_FALLBACK_ROUTING_KEY",
    }
    assert parameter_name("BOT_STAGING_KMS_KEY") == "/bot/bot-staging-kms-key"


def test_what_a_proof_or_an_address_is_stands_in_no_parameter():
    assert {row.variable for row in settings_table() if not row.parameter} == {
        "BOT_ENVIRONMENT", "AWS_ENDPOINT_URL", "BOT_COMMAND_KEY", "BOT_SSH_KEY", "BOT_PERSON", "BOT_PROVIDERS",
        "BOT_INTAKE_GITHUB_API_URL", "BOT_INTAKE_GITGUARDIAN_API_URL", "SLACK_API_URL",
        "BOT_PRODUCT_ROLE", "BOT_PRODUCT_EXTERNAL_ID",
    }  # fmt: skip


def test_leaks_of_each_source_can_be_declared_at_once_and_of_no_other():
    named = ",".join(f"{name}:*" for name in SOURCES)
    assert Settings.load({**HOME, "BOT_INTAKE_AUTO": named}).intake_auto == tuple(named.split(","))
    with pytest.raises(ConfigurationError, match="BOT_INTAKE_AUTO: expected SOURCE:SECRET"):
        Settings.load({**HOME, "BOT_INTAKE_AUTO": "elsewhere:*"})


def test_the_bot_knows_the_credentials_that_it_works_with():
    given = {"SLACK_BOT_TOKEN": "xoxb-made-up", "BOT_DATABASE_URL": "postgresql://bot:made-up@db/log", "BOT_PORT": "80"}
    found = dict(Settings.load({**HOME, **given}).credentials())
    assert found.keys() == {"SLACK_BOT_TOKEN", "BOT_DATABASE_URL"}
    assert found["BOT_DATABASE_URL"].secret_part == Secret("made-up")


def test_importing_the_bot_alone_does_not_import_settings():
    code = "import sys, bot, bot.errors; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, check=False).returncode == 0
