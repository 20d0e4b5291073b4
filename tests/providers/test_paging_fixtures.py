"""The practice accounts at Slack and PagerDuty: what only people do there, and what they share with the bot's pager."""

from pathlib import Path

import pytest

from bot.drill.providers.contract import Console, Environment
from bot.drill.providers.pagerduty.fixture import SERVICES, PagerDutyFixture
from bot.drill.providers.slack.fixture import SlackProductFixture


@pytest.fixture(params=(SlackProductFixture, PagerDutyFixture), ids=lambda kind: kind.name)
def fixture(request):
    return request.param.opened(Environment(Path(), account=None))


@pytest.mark.parametrize("environment", SERVICES)
def test_the_current_values_are_accepted_and_the_replaced_ones_are_not(fixture, environment):
    seeds = list(fixture.seeds(environment))
    assert [seed.secret for seed in seeds] == list(fixture.secrets)
    for seed in seeds:
        accepted = [fixture.accepts(seed.secret, {"key": value}) for value in seed.parts["key"]]
        assert accepted == [False, False, True]


def test_every_value_is_known_to_whoever_searches_for_it(fixture):
    made = {value for seed in fixture.seeds("production") for value in seed.parts["key"]}
    made |= set(fixture.admins("production").values())
    assert made <= {value for _, value in fixture.values()}


def test_the_settings_lead_here(fixture):
    urls = dict.fromkeys(fixture.applications(), "http://127.0.0.1:1")
    assert all(url.startswith("http://127.0.0.1:1") for url in fixture.variables(urls).values())
    assert fixture.faults().known
    assert fixture.pid() is None
    fixture.stop()


def test_a_person_makes_and_ends_values_in_the_apps_settings():
    fixture = SlackProductFixture()
    assert isinstance(fixture, Console)
    for secret in fixture.secrets:
        made = fixture.make(secret, "by hand")
        assert fixture.made(secret, "by hand")
        assert fixture.accepts(secret, made)
        assert fixture.end(secret, made)
        assert not fixture.end(secret, made)
        fixture.make(secret, "by hand")
        fixture.discard(secret, "by hand")
        assert not fixture.made(secret, "by hand")


def test_the_product_and_the_bots_pager_are_of_one_account():
    environment = Environment(Path(), account=None)
    fixture = PagerDutyFixture.opened(environment)
    fixture.seeds("production")
    assert fixture.accepts("pagerduty-api-key", {"key": environment.pagerduty.routing_key})
    assert not isinstance(fixture, Console)
