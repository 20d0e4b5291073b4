"""setup catalog: a draft of the catalog, with a question wherever account and checkout do not know."""

import json

import pytest
import yaml

from bot.catalog.loader import load_catalog
from bot.providers import provider_names
from bot.setup.catalog import Parameter, Sources, as_yaml, draft
from tests.cli.test_setup import ANSWERS

SECRET = [
    "/production/openai-api-key", "/production/supabase/service-key", "/staging/openai-api-key",
    "/production/redis-url", "/production/twilio-auth-token", "/production/aws/secret-access-key",
    "/production/mystery",
]  # fmt: skip
PLAIN = ["/production/supabase/url", "/production/twilio-account-sid", "/production/aws/access-key-id"]
VARIABLES = ("OPENAI_API_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_ANON_KEY", "REDIS_URL")
FUNCTIONS = {
    "api-production": frozenset({"/production/openai-api-key", "OPENAI_PARAMETER"}),
    "api-staging": frozenset({"/staging/openai-api-key"}),
    "worker": frozenset({"REDIS_URL"}),
}


@pytest.fixture
def made():
    secret = [Parameter(name, secret=True) for name in SECRET]
    plain = [Parameter(name, secret=False) for name in PLAIN]
    catalog = draft(Sources([*secret, *plain], FUNCTIONS, VARIABLES))
    return {each["name"]: each for each in catalog["secrets"]}


def test_an_entry_stands_for_its_parameter_in_every_environment(made):
    assert made["openai-api-key"] == {
        "name": "openai-api-key",
        "title": "Openai api key",
        "provider": "openai",
        "parts": {"key": {"parameter": "/{environment}/openai-api-key", "variable": "OPENAI_API_KEY"}},
        "policy": {"rotate_after_days": 90},
        "consumers": [{"lambda": "api-{environment}"}],
        **dict.fromkeys(["owner", "if_killed", "outage", "kill", "data"], "?"),
    }
    assert made["redis-url"]["only-in"] == ["production"]
    assert (made["redis-url"]["hosts"], made["redis-url"]["policy"]) == (["?"], {"rotate_after_days": 180})
    assert made["redis-url"]["consumers"] == [{"lambda": "worker"}]


def test_variables_are_those_of_the_checkout_where_their_words_fit(made):
    assert made["supabase-service-key"]["parts"]["key"]["variable"] == "SUPABASE_SERVICE_ROLE_KEY"
    assert made["mystery"]["parts"]["key"]["variable"] == "MYSTERY"
    assert made["mystery"]["provider"] == "?"
    assert made["supabase-url"]["provider"] == "configuration"


def test_the_name_of_an_account_or_key_is_part_of_the_secret_beside_it(made):
    assert made["twilio-auth-token"]["parts"] == {
        "sid": {"parameter": "/{environment}/twilio-account-sid", "variable": "TWILIO_ACCOUNT_SID", "secret": False},
        "token": {"parameter": "/{environment}/twilio-auth-token", "variable": "TWILIO_AUTH_TOKEN"},
    }
    assert list(made["aws-secret-access-key"]["parts"]) == ["id", "secret"]
    assert made["aws-secret-access-key"]["provider"] == "aws-iam"
    assert not {"twilio-account-sid", "aws-access-key-id"} & set(made)


def test_a_tag_answers_a_question():
    tags = {"owner": "AI team", "provider": "elevenlabs", "data": "none", "Name": "x"}
    [entry] = draft(Sources([Parameter("/production/voice-key", secret=True, tags=tags)]))["secrets"]
    assert (entry["owner"], entry["provider"], entry["data"]) == ("AI team", "elevenlabs", "none")
    assert "Name" not in entry


def test_each_open_question_is_named_by_line_and_meaning(tmp_path):
    text = as_yaml(draft(Sources([Parameter("/production/redis-url", secret=True)])))
    assert "  owner: '?'  # the team or person to ask\n" in text
    path = tmp_path / "secrets.yaml"
    path.write_text(text)
    with pytest.raises(Exception, match="open question") as caught:
        load_catalog(path, provider_names())
    lines = str(caught.value).splitlines()
    assert len(lines) == text.count("'?'") == 6
    numbers = [number for number, line in enumerate(text.splitlines(), start=1) if "'?'" in line]
    assert [int(line.split(":")[1]) for line in lines] == numbers
    assert lines[1].endswith("redis-url: `owner` is an open question: the team or person to ask")


def test_answered_it_is_a_catalog(tmp_path):
    text = as_yaml(draft(Sources([Parameter("/production/openai-api-key", secret=True)], FUNCTIONS)))
    answers = {
        "owner": "AI team",
        "if_killed": "Answers fail.",
        "outage": "degraded",
        "kill": "irreversible",
        "data": "none",
    }
    for field, said in answers.items():
        text = text.replace(f"{field}: '?'", f"{field}: {said}")
    (tmp_path / "secrets.yaml").write_text(text)
    [entry] = load_catalog(tmp_path / "secrets.yaml", provider_names()).catalog.entries
    assert (entry.owner, entry.admin_parameter) == ("AI team", None)


# --- an account -------------------------------------------------------------------------------------------------------


@pytest.mark.process
def test_the_account_is_read_and_no_value_is_shown(installation, tmp_path):
    ssm, kept = installation.world.aws.aws.client("ssm"), tmp_path / "home" / "playbooks" / "secrets.yaml"
    ssm.put_parameter(
        Name="/production/unnamed",
        Value="sk_live_0123456789abcdef",
        Type="SecureString",
        Tags=[{"Key": "owner", "Value": "Us"}],
    )
    said = installation.bot("setup", "catalog", "--into", tmp_path / "home", "--json")
    assert said.status == 0, said.err
    assert "unnamed: provider" in said.document["questions"]
    again = installation.bot("setup", "catalog", "--into", tmp_path / "home")
    assert (again.status, "stays as it is" in again.err) == (2, True)
    kept.unlink()
    said = installation.bot("setup", "catalog", "--read-values", "--into", tmp_path / "home")
    entries = {each["name"]: each for each in yaml.safe_load(kept.read_text())["secrets"]}
    assert (entries["unnamed"]["provider"], entries["unnamed"]["owner"]) == ("stripe", "Us")
    assert entries["openai-api-key"]["provider"] == "openai"
    for value in (*installation.world.old.values(), "sk_live_0123456789abcdef"):
        assert str(value) not in said.out + said.err + kept.read_text()


def test_each_function_gets_a_policy_for_its_own_secrets(installation, tmp_path):
    (tmp_path / "answers.yaml").write_text(ANSWERS + "kms-keys: ['arn:aws:kms:eu-central-1:222222222222:key/1']\n")
    (tmp_path / "playbooks").mkdir(exist_ok=True)
    catalog = tmp_path / "playbooks" / "secrets.yaml"
    usual = catalog.read_text()
    catalog.write_text(usual.replace("owner: ", "owner: '?' # ", 1))
    said = installation.bot("setup", "--into", tmp_path, "--json")
    assert "is an open question: the team or person to ask" in said.document["warnings"][0]
    catalog.write_text(usual)
    names = {each["name"] for each in installation.bot("setup", "--into", tmp_path, "--json").document["files"]}
    functions = sorted(name for name in names if "functions" in name)
    assert functions
    read, decrypt = json.loads((tmp_path / functions[0]).read_text())["Statement"]
    assert read["Action"] == ["ssm:GetParameter", "ssm:GetParameters"]
    assert all(each.startswith("arn:aws:ssm:eu-central-1:222222222222:parameter/") for each in read["Resource"])
    assert "*" not in "".join(read["Resource"])
    assert decrypt["Condition"]["StringEquals"]["kms:EncryptionContext:PARAMETER_ARN"] == read["Resource"]
