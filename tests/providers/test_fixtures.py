"""The practice accounts at the providers: each takes its current keys, and none that were replaced."""

import time
from pathlib import Path

import pytest

from bot.drill.ages import AGES, HIRED
from bot.drill.providers.contract import Console, Environment
from bot.drill.providers.elevenlabs.fixture import ElevenLabsFixture
from bot.drill.providers.github.fixture import GitHubFixture
from bot.drill.providers.openai.fixture import OpenAIFixture
from bot.drill.providers.sendgrid.fixture import SendGridFixture
from bot.drill.providers.stripe.fixture import StripeFixture
from bot.drill.providers.supabase.fixture import SupabaseFixture
from bot.drill.providers.twilio.fixture import ACCOUNTS, AUTH_TOKEN, TwilioFixture

KINDS = (ElevenLabsFixture, GitHubFixture, StripeFixture, TwilioFixture)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def fixture(request):
    fixture = request.param.opened(Environment(Path(), account=None))
    yield fixture
    fixture.stop()


def at(seed, number):
    return {part: values[number] if len(values) > 1 else values[0] for part, values in seed.parts.items()}


def test_the_current_values_are_accepted_and_the_replaced_ones_are_not(fixture):
    for environment in ACCOUNTS:
        seeds = list(fixture.seeds(environment))
        assert [seed.secret for seed in seeds] == list(fixture.secrets)
        for seed in seeds:
            assert [fixture.accepts(seed.secret, at(seed, number)) for number in (0, 1, 2)] == [False, False, True]


def test_every_value_is_known_to_whoever_searches_for_it(fixture):
    seeds = list(fixture.seeds("production"))
    admins = fixture.admins("production")
    values = {value for _, value in fixture.values()}
    secret = {seed.parts[name] for seed in seeds for name in seed.parts if name not in {"sid", "endpoint"}}
    assert {value for each in secret for value in each} <= values
    assert all(any(admin.endswith(value) for value in values) for admin in admins.values())


def test_the_settings_lead_here(fixture):
    urls = dict.fromkeys(fixture.applications(), "http://127.0.0.1:1")
    variables = fixture.variables(urls)
    assert all(name.startswith(f"BOT_{fixture.name.upper()}_") for name in variables)
    assert set(variables.values()) == {"http://127.0.0.1:1"}
    assert fixture.faults().known
    assert fixture.pid() is None


@pytest.mark.parametrize("kind", [*KINDS, OpenAIFixture, SendGridFixture, SupabaseFixture], ids=lambda kind: kind.name)
def test_what_the_account_has_from_the_start_is_older_than_the_leak(kind):
    fixture = kind.opened(Environment(Path(), account=None))
    for environment in ACCOUNTS:
        list(fixture.seeds(environment))
        fixture.admins(environment)
    put = time.time() - AGES[-1].total_seconds()
    made = [key for key in fixture.fake.all_keys() if key.name != "bot admin"]
    assert len(made) >= 6
    assert [key.name for key in made if key.created_at >= put] == []
    if kind is OpenAIFixture:
        assert [key.name for key in fixture.fake.admin_keys() if key.created_at >= put] == []
    if kind is ElevenLabsFixture:
        assert [
            name for name, since in fixture.fake.accounts.values() if since >= time.time() - HIRED.days * 86_400
        ] == []
    fixture.stop()


def test_half_a_pair_opens_nothing():
    fixture = TwilioFixture()
    (seed,) = fixture.seeds("production")
    token = seed.parts["token"][-1]
    assert not fixture.accepts(AUTH_TOKEN, {"token": token})
    assert not fixture.accepts(AUTH_TOKEN, {"sid": ACCOUNTS["staging"], "token": token})


def test_a_person_makes_and_ends_tokens_at_github():
    fixture = GitHubFixture()
    assert isinstance(fixture, Console)
    (name,) = fixture.secrets
    made = fixture.make(name, "by hand")
    assert fixture.made(name, "by hand")
    assert fixture.accepts(name, made)
    assert fixture.end(name, made)
    assert not fixture.end(name, made)
    fixture.make(name, "by hand")
    fixture.discard(name, "by hand")
    assert not fixture.made(name, "by hand")
