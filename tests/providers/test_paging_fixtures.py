"""The practice accounts at Slack and PagerDuty: what only people do there, and what they share with the bot's pager."""

from pathlib import Path

import pytest

from bot.drill.providers.contract import Console, Ground
from bot.drill.providers.pagerduty.fixture import SERVICES, PagerDutySite
from bot.drill.providers.slack.fixture import SlackProductSite


@pytest.fixture(params=(SlackProductSite, PagerDutySite), ids=lambda kind: kind.name)
def site(request):
    return request.param.opened(Ground(Path(), account=None))


@pytest.mark.parametrize("environment", SERVICES)
def test_the_current_values_are_accepted_and_the_replaced_ones_are_not(site, environment):
    stocks = list(site.stocks(environment))
    assert [stock.secret for stock in stocks] == list(site.secrets)
    for stock in stocks:
        accepted = [site.accepts(stock.secret, {"key": value}) for value in stock.parts["key"]]
        assert accepted == [False, False, True]


def test_every_value_is_known_to_whoever_searches_for_it(site):
    made = {value for stock in site.stocks("production") for value in stock.parts["key"]}
    made |= set(site.admins("production").values())
    assert made <= {value for _, value in site.values()}


def test_the_settings_lead_here(site):
    urls = dict.fromkeys(site.applications(), "http://127.0.0.1:1")
    assert all(url.startswith("http://127.0.0.1:1") for url in site.variables(urls).values())
    assert site.faults().known
    assert site.pid() is None
    site.stop()


def test_a_person_makes_and_ends_values_in_the_apps_settings():
    site = SlackProductSite()
    assert isinstance(site, Console)
    for secret in site.secrets:
        made = site.make(secret, "by hand")
        assert site.made(secret, "by hand")
        assert site.accepts(secret, made)
        assert site.end(secret, made)
        assert not site.end(secret, made)
        site.make(secret, "by hand")
        site.discard(secret, "by hand")
        assert not site.made(secret, "by hand")


def test_the_product_and_the_bots_pager_are_of_one_account():
    ground = Ground(Path(), account=None)
    site = PagerDutySite.opened(ground)
    site.stocks("production")
    assert site.accepts("pagerduty-api-key", {"key": ground.pagerduty.routing_key})
    assert not isinstance(site, Console)
