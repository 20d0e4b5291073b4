import pytest

from bot.model.probes import Liveness
from bot.providers import PROVIDERS, capabilities
from bot.providers.cards import numbered
from bot.secrets.secret import Credential, Secret
from tests.providers.stripe.harness import stripe


@pytest.fixture
def harness():
    with stripe() as harness:
        yield harness
        assert harness.exchanges.breaches == []


def single(value):
    return Credential.single(Secret(value))


def test_a_person_makes_and_expires_keys_and_is_told_where():
    able = capabilities(PROVIDERS["stripe"])
    assert (able.makes, able.revokes) == ("person", "person")
    card = PROVIDERS["stripe"].card
    for words in map(numbered, (card.issue_by_hand, card.revoke_by_hand)):
        assert "https://dashboard.stripe.com/apikeys" in words
        assert "https://dashboard.stripe.com/test/apikeys" in words
    assert "Expire key" in numbered(card.revoke_by_hand)
    assert "bot submit" in numbered(card.issue_by_hand)


def test_a_restricted_key_that_may_not_read_the_account_is_live(harness):
    key = single(harness.world.add_key(prefix="rk_live_", restricted=True).value)
    assert harness.provider.probe(key).liveness is Liveness.LIVE
    assert harness.provider.account(key) is None


def test_a_blocked_address_is_not_death(harness):
    harness.world.faults.inject("probe-blocked")
    assert harness.provider.probe(harness.old).liveness is Liveness.UNKNOWN
    assert harness.provider.control().liveness is Liveness.UNKNOWN


def test_both_documented_deaths_are_recognised(harness):
    assert harness.provider.probe(harness.stray).detail == "HTTP 401, invalid API key"
    harness.kill_by_hand()
    harness.clock.advance(60)
    assert harness.provider.probe(harness.old).detail == "HTTP 401 api_key_expired"


def test_a_test_key_is_another_account_than_a_live_one(harness):
    test_key = single(harness.world.add_key(prefix="sk_test_").value)
    assert harness.provider.account(harness.old) == f"{harness.world.account} live"
    assert harness.provider.account(test_key) == f"{harness.world.account} test"


def test_the_hint_is_what_the_dashboard_shows(harness):
    [found] = harness.provider.identify(harness.old)
    assert found.hint == f"sk_live_…{harness.old.key.reveal()[-4:]}"
    assert harness.provider.identify(single("whsec_abc")) == []
    assert harness.provider.account(single("not a key")) is None


def test_a_signing_secret_is_not_tried_as_an_api_key(harness):
    answer = harness.provider.probe(single("whsec_" + "1" * 32))
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "a webhook's signing secret, not an API key")
