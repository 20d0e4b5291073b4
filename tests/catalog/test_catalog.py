"""Asking the catalog; the shipped one serves as the example."""

from dataclasses import replace

import pytest
from msgspec import structs

from bot.catalog.catalog import SIBLINGS
from bot.catalog.loader import load_catalog
from bot.catalog.model import SecretModel
from bot.data_files import CATALOG, shipped
from bot.errors import ConfigurationError, Misuse
from bot.incident.model import Strategy
from bot.incident.overlap.strategy import harm, propose
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.secrets import Data, DeclaredSecret, Sibling
from bot.providers import validation_error

PROVIDERS = {
    *("supabase", "redis", "postgres", "openai", "elevenlabs", "stripe", "sendgrid", "slack", "pagerduty", "twilio"),
    *("aws-iam", "github"),
}
WHERE_SECRETS_LIVE = {
    "SUPABASE_SERVICE_ROLE_KEY": "/production/supabase/service-key",
    "SUPABASE_ANON_KEY": "/production/supabase/anon-key",
    "REDIS_URL": "/production/redis-url",
    "DATABASE_URL": "/production/database-url",
    "OPENAI_API_KEY": "/production/openai-api-key",
    "ELEVENLABS_API_KEY": "/production/elevenlabs-api-key",
    "STRIPE_SECRET_KEY": "/production/stripe-secret-key",
    "SENDGRID_API_KEY": "/production/sendgrid-api-key",
    "SLACK_WEBHOOK_URL": "/production/slack-webhook-url",
    "SLACK_BOT_TOKEN": "/production/slack-bot-token",
    "PAGERDUTY_API_KEY": "/production/pagerduty-api-key",
    "TWILIO_ACCOUNT_SID": "/production/twilio-account-sid",
    "TWILIO_AUTH_TOKEN": "/production/twilio-auth-token",
    "AWS_ACCESS_KEY_ID": "/production/aws/access-key-id",
    "AWS_SECRET_ACCESS_KEY": "/production/aws/secret-access-key",
    "GITHUB_TOKEN": "/production/github-token",
}


@pytest.fixture(scope="module")
def loaded():
    return load_catalog(shipped("playbooks") / CATALOG, PROVIDERS)


@pytest.fixture(scope="module")
def catalog(loaded):
    return loaded.catalog


def test_the_shipped_catalog_has_every_secret_of_the_product(loaded, catalog):
    assert loaded.left_out == ()
    parts = [part for entry in catalog.all("production") for part in entry.parts]
    assert {part.variable: part.parameter for part in parts} == WHERE_SECRETS_LIVE
    assert [entry.parts[0].variable for entry in catalog.not_rotated("staging")] == ["SUPABASE_URL"]
    assert catalog.environments == ("production", "staging", "development")


def test_every_shipped_entry_can_be_read_at_three_in_the_morning(catalog):
    for entry in catalog.all("production"):
        assert entry.if_killed.endswith("."), entry.name
        assert entry.consumers, entry.name
        assert entry.policy.rotate_after_days or entry.policy.on_personnel_change, entry.name
    pair = catalog.entry("supabase-service-key", "production"), catalog.entry("supabase-anon-key", "production")
    assert [entry.dies_with for entry in pair] == [("supabase-anon-key",), ("supabase-service-key",)]
    assert [entry.public_by_design for entry in pair] == [False, True]


def test_what_opens_childrens_data_says_so_in_every_environment_and_is_thought_of_first(catalog):
    for environment in catalog.environments:
        marked = {entry.name for entry in catalog.all(environment) if entry.data is Data.CHILDREN}
        records = {"supabase-service-key", "database-url", "redis-url", "aws-access-key"}
        assert marked == records | {"openai-api-key", "elevenlabs-api-key"}
    can = Capabilities(Makes.ISSUE, RevokedBy.MACHINE)
    entries = {entry.name: entry.frozen(can) for entry in catalog.all("production")}
    worst = max(entries.values(), key=harm)
    assert worst.data is Data.CHILDREN
    assert propose(entries["supabase-service-key"], public=True).strategy is Strategy.KILL_FIRST
    assert "it gives access to children's data" in propose(entries["supabase-service-key"], public=True).reason


def test_an_entry_is_frozen_with_what_its_provider_can_do(catalog):
    capabilities = Capabilities(makes=Makes.ISSUE, revokes=RevokedBy.MACHINE)
    entry = catalog.entry("twilio-auth-token", "staging")
    frozen = entry.frozen(
        capabilities, console="https://console.twilio.com", issue_by_hand="1. Click", revoke_by_hand="1."
    )
    assert frozen.capabilities == capabilities
    assert (frozen.name, frozen.parts, frozen.main.name) == ("twilio-auth-token", entry.parts, "token")
    assert (frozen.console, frozen.issue_by_hand, frozen.revoke_by_hand) == (
        "https://console.twilio.com",
        "1. Click",
        "1.",
    )
    declared = DeclaredSecret.__struct_fields__
    assert [getattr(frozen, name) for name in declared] == [getattr(entry, name) for name in declared]
    names_in_the_file = {
        "admin": "admin_parameter",
        "policy": "",
        "environments": "",
        "only_in": "",
        "held_by": "",
        "hosts": "",
        "used_from": "",
        "left_out": "",
    }
    assert {names_in_the_file.get(name, name) for name in SecretModel.model_fields} - {""} == set(declared) - {
        "window",
        "local",
        "planned",
    }
    assert type(catalog.entry("openai-api-key", "staging").frozen(capabilities).options) is dict


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("stripe", ["stripe-secret-key"]),
        ("STRIPE_SECRET", ["stripe-secret-key"]),
        ("/production/redis", ["redis-url"]),
        ("token git", ["github-token"]),
        ("aws-iam", ["aws-access-key"]),
        ("no such thing", []),
    ],
)
def test_search_finds_by_name_title_provider_variable_and_parameter(catalog, text, names):
    assert [entry.name for entry in catalog.search(text, "production")] == names


def test_search_puts_names_that_begin_so_first_and_nothing_finds_all(catalog):
    assert catalog.search("slack-bot", "production")[0].name == "slack-bot-token"
    assert catalog.search("s", "production")[0].name.startswith("s")
    assert catalog.search(" ", "staging") == catalog.all("staging")


def test_parameters_and_their_entries(catalog):
    parameters = catalog.parameters("staging")
    assert "/staging/twilio-account-sid" in parameters
    assert "/staging/supabase/url" not in parameters
    assert len(parameters) == len(WHERE_SECRETS_LIVE)
    assert [(entry.name, entry.environment) for entry in catalog.holding("/staging/aws/secret-access-key")] == [
        ("aws-access-key", "staging")
    ]
    assert catalog.holding("/staging/nothing") == ()


def test_wrong_names_are_answered_with_what_there_is(catalog):
    with pytest.raises(Misuse, match="did you mean openai-api-key"):
        catalog.entry("openai-key", "production")
    with pytest.raises(Misuse, match="catalog check"):
        catalog.entry("zzzz", "production")
    with pytest.raises(Misuse, match="configuration, not a secret"):
        catalog.entry("supabase-url", "production")
    with pytest.raises(Misuse, match="production, staging, development"):
        catalog.all("test")


def test_siblings_are_the_other_secrets_of_the_provider_that_are_not_meant_to_die(catalog):
    key = catalog.entry("openai-api-key", "production")
    assert catalog.siblings(key) == ()
    service, anon = (catalog.entry(f"supabase-{name}-key", "production") for name in ("service", "anon"))
    assert catalog.siblings(service) == ()  # its sibling dies with it
    assert catalog.siblings(structs.replace(service, dies_with=())) == (anon,)
    batches = tuple(structs.replace(key, name=f"openai-batch-{number}") for number in range(9))
    elsewhere = structs.replace(key, name="openai-staging", environment="staging")
    crowded = replace(catalog, entries=(elsewhere, *batches, *catalog.entries))
    assert crowded.siblings(key) == batches[:SIBLINGS]
    assert batches[0].sibling() == Sibling("openai-batch-0", key.parts, key.options, key.admin_parameter)


def test_everything_leaves_alone_what_is_public_by_design_unless_it_is_named(catalog):
    every = [entry.name for entry in catalog.everything("production")]
    assert len(every) == len(catalog.all("production")) - 1
    assert "supabase-anon-key" not in every
    (left,) = catalog.left_alone("production")
    assert catalog.left_alone_words(left) == (
        "supabase-anon-key is public by design, skipped unless it is named; revoking also affects supabase-service-key"
    )
    assert catalog.everything("production", ["supabase-anon-key"]) == catalog.all("production")
    assert catalog.left_alone("production", ["supabase-anon-key"]) == ()
    lonely = structs.replace(left, name="publishable-key")
    assert catalog.left_alone_words(lonely).endswith("unless it is named")


def test_hosts_are_named_for_all_environments_or_for_one(tmp_path):
    path = tmp_path / "secrets.yaml"
    entry = """\
schema: 1
environments: [production, staging]
secrets:
  - name: redis-url
    title: Redis
    provider: redis
    parts: { key: { parameter: "/{environment}/redis-url", variable: REDIS_URL } }
    hosts: ["cache.{environment}.example.com:6379"]
    environments: { staging: { hosts: ["[::1]:6379"] } }
    policy: { rotate_after_days: 90 }
    owner: Platform
    if_killed: It stops.
    outage: down
    kill: reversible
    data: none
"""
    path.write_text(entry)
    catalog = load_catalog(path, PROVIDERS, validation_error).catalog
    assert catalog.entry("redis-url", "production").hosts == ("cache.production.example.com:6379",)
    assert catalog.entry("redis-url", "staging").hosts == ("[::1]:6379",)
    for wrong, words in (
        (entry.replace("example.com:6379", "example.com"), "a host in small letters and a port"),
        (entry.replace("provider: redis", "provider: sendgrid"), "`hosts` are for values that are URLs"),
    ):
        path.write_text(wrong)
        with pytest.raises(ConfigurationError, match=words):
            load_catalog(path, PROVIDERS, validation_error)
