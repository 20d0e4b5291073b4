"""Providers whose accounts live in a region of their own: the option `region` chooses the hosts."""

import pytest

from bot.errors import ConfigurationError, Refused
from bot.model.priority import Priority
from bot.model.probes import Liveness
from bot.net.http import Http
from bot.providers import PROVIDERS
from bot.providers.building import address
from bot.providers.contract import Setup
from bot.secrets.secret import Credential, Secret

UNUSED = "http://127.0.0.1:1"
KEY = Credential.single(Secret("k" * 32))
ADMIN = Secret("a" * 20)


def at(name, region=None, admin=ADMIN, **options):
    """The provider, each of whose clients goes to a host by the name of its role."""

    def http(role):
        return Http(name, f"{UNUSED}/{role}", timeout=0.1)

    given = options | ({"region": region} if region else {})
    return PROVIDERS[name].configured(Setup(given, http, lambda: admin))


@pytest.fixture
def asked(monkeypatch):
    """The roles of the hosts that were asked, none of which answers."""
    found = []
    send = Http.send

    def record(self, *words, **more):
        found.append(self.base_url.rpartition("/")[2])
        return send(self, *words, **more)

    monkeypatch.setattr(Http, "send", record)
    return found


@pytest.mark.parametrize(
    ("name", "region", "roles"),
    [
        ("openai", None, {"api"}),
        ("openai", "us", {"us"}),
        ("openai", "eu", {"eu"}),
        ("openai/user-key", "ae", {"ae"}),
        ("elevenlabs", "global", {"api"}),
        ("elevenlabs", "eu", {"eu"}),
        ("elevenlabs", "in", {"in"}),
        ("elevenlabs/user-key", "sg", {"sg"}),
        ("sendgrid", "eu", {"eu"}),
        ("pagerduty/rest-key", None, {"api"}),
        ("pagerduty/rest-key", "eu", {"euapi"}),
    ],
)
def test_probe_and_control_ask_at_the_same_host_of_the_region(asked, name, region, roles):
    provider = at(name, region)
    for ask in (lambda: provider.probe(KEY), provider.control):
        asked.clear()
        assert ask().liveness is Liveness.UNKNOWN
        assert set(asked) <= roles
    provider.probe(Credential.single(Secret("k" * 20)))
    assert set(asked) == roles


def test_pagerduty_takes_events_and_the_account_of_one_region(asked):
    for region, roles in (("us", ["events", "api"]), ("eu", ["euevents", "euapi"])):
        asked.clear()
        provider = at("pagerduty", region, service="PSHOP")
        provider.probe(KEY)
        provider.control()
        assert asked == roles


def test_a_pagerduty_key_that_says_its_region_is_asked_there(asked):
    for region in (None, "us", "eu"):
        asked.clear()
        provider = at("pagerduty/rest-key", region)
        provider.probe(Credential.single(Secret("pdeu+" + "k" * 20)))
        provider.probe(Credential.single(Secret("pdus+" + "k" * 20)))
        assert asked == ["euapi", "api"]


def test_the_control_of_a_pagerduty_key_is_asked_in_the_region_of_the_key(asked):
    provider = at("pagerduty/rest-key", "us")
    for value in ("pdeu+" + "k" * 20, "pdus+" + "k" * 20, "k" * 20):
        assert provider.control_along(Credential.single(Secret(value))).liveness is Liveness.UNKNOWN
    assert asked == ["euapi", "api", "api"]


def test_an_admin_key_of_the_other_region_is_refused_before_it_is_answered_as_unknown(asked):
    for region, admin in ((None, "pdeu+" + "a" * 20), ("eu", "pdus+" + "a" * 20)):
        provider = at("pagerduty", region, Secret(admin))
        with pytest.raises(Refused, match="name it as the option region"):
            provider.account_api.ask("GET", "/services", "list services", Priority.READ)
    assert asked == []


def test_openai_administers_its_organisation_at_the_usual_host(asked):
    provider = at("openai", "eu", project="proj_a")
    for ask in (lambda: provider.identify(KEY), lambda: provider.snapshot(KEY, "proj_a/key_a")):
        with pytest.raises(Exception, match="failed or was cut"):
            ask()
    assert set(asked) == {"api"}


@pytest.mark.parametrize("name", ["openai", "openai/user-key", "elevenlabs", "elevenlabs/user-key", "pagerduty",
                                  "pagerduty/rest-key", "sendgrid"])  # fmt: skip
def test_an_unknown_region_is_refused_with_the_known_ones(name):
    with pytest.raises(ConfigurationError, match="unknown region 'mars'; expected: global, "):
        at(name, "mars")


def test_every_host_of_a_region_stands_on_the_card():
    for name in ("openai", "elevenlabs", "pagerduty", "sendgrid"):
        for role in PROVIDERS[name].card.hosts:
            assert address(PROVIDERS[name].card, role, {}, {}, production=True).startswith("https://")
