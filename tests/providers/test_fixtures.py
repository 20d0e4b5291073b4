"""The practice accounts at the providers: each takes its current values, and none that were replaced."""

from pathlib import Path

import pytest

from bot.drill.providers.contract import Console, Ground
from bot.drill.providers.elevenlabs.fixture import ElevenLabsSite
from bot.drill.providers.github.fixture import GitHubSite
from bot.drill.providers.stripe.fixture import WEBHOOK_SECRET, StripeSite
from bot.drill.providers.twilio.fixture import ACCOUNTS, AUTH_TOKEN, TwilioSite

KINDS = (ElevenLabsSite, GitHubSite, StripeSite, TwilioSite)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def site(request):
    site = request.param.opened(Ground(Path(), account=None))
    yield site
    site.stop()


def at(stock, number):
    return {part: values[number] if len(values) > 1 else values[0] for part, values in stock.parts.items()}


def test_the_current_values_are_accepted_and_the_replaced_ones_are_not(site):
    for environment in ACCOUNTS:
        stocks = list(site.stocks(environment))
        assert [stock.secret for stock in stocks] == list(site.secrets)
        for stock in stocks:
            assert [site.accepts(stock.secret, at(stock, number)) for number in (0, 1, 2)] == [False, False, True]


def test_every_value_is_known_to_whoever_searches_for_it(site):
    stocks = list(site.stocks("production"))
    admins = site.admins("production")
    values = {value for _, value in site.values()}
    secret = {stock.parts[name] for stock in stocks for name in stock.parts if name not in {"sid", "endpoint"}}
    assert {value for each in secret for value in each} <= values
    assert all(any(admin.endswith(value) for value in values) for admin in admins.values())


def test_the_settings_lead_here(site):
    urls = dict.fromkeys(site.applications(), "http://127.0.0.1:1")
    variables = site.variables(urls)
    assert all(name.startswith(f"BOT_{site.name.upper()}_") for name in variables)
    assert set(variables.values()) == {"http://127.0.0.1:1"}
    assert site.faults().known
    assert site.pid() is None


def test_half_a_pair_opens_nothing():
    site = TwilioSite()
    stock, _ = site.stocks("production")
    token = stock.parts["token"][-1]
    assert not site.accepts(AUTH_TOKEN, {"token": token})
    assert not site.accepts(AUTH_TOKEN, {"sid": ACCOUNTS["staging"], "token": token})


def test_a_person_makes_and_ends_tokens_at_github():
    site = GitHubSite()
    assert isinstance(site, Console)
    (name,) = site.secrets
    made = site.make(name, "by hand")
    assert site.made(name, "by hand")
    assert site.accepts(name, made)
    assert site.end(name, made)
    assert not site.end(name, made)
    site.make(name, "by hand")
    site.discard(name, "by hand")
    assert not site.made(name, "by hand")


def test_an_endpoint_that_a_person_makes_at_stripe_signs_until_it_is_ended():
    site = StripeSite()
    made = site.make(WEBHOOK_SECRET, "by hand")
    assert list(made) == ["endpoint", "secret"]
    assert site.made(WEBHOOK_SECRET, "by hand")
    assert site.accepts(WEBHOOK_SECRET, made)
    site.fake.webhooks.all()[0].status = "disabled"
    assert not site.accepts(WEBHOOK_SECRET, made)
    site.fake.webhooks.all()[0].status = "enabled"
    assert site.end(WEBHOOK_SECRET, made)
    assert not site.end(WEBHOOK_SECRET, made)
    assert not site.accepts(WEBHOOK_SECRET, made)
    site.make(WEBHOOK_SECRET, "by hand")
    site.discard(WEBHOOK_SECRET, "by hand")
    assert not site.made(WEBHOOK_SECRET, "by hand")
