import pytest

from bot.model.probes import Liveness
from bot.providers import PROVIDERS, abilities
from bot.secret import Credential, Secret
from tests.providers.harnesses import stripe


@pytest.fixture
def rig():
    with stripe() as rig:
        yield rig
        assert rig.exchanges.breaches == []


def single(value):
    return Credential.single(Secret(value))


def test_a_person_makes_and_expires_keys_and_is_told_where():
    able = abilities(PROVIDERS["stripe"])
    assert (able.makes, able.revokes) == ("person", "person")
    card = PROVIDERS["stripe"].card
    for words in (card.issue_by_hand, card.revoke_by_hand):
        assert "https://dashboard.stripe.com/apikeys" in words
        assert "https://dashboard.stripe.com/test/apikeys" in words
    assert "Expire key" in card.revoke_by_hand
    assert "bot submit" in card.issue_by_hand


def test_a_restricted_key_that_may_not_read_the_account_is_live(rig):
    key = single(rig.world.add_key(prefix="rk_live_", restricted=True).value)
    assert rig.provider.probe(key).liveness is Liveness.LIVE
    assert rig.provider.account(key) is None


def test_a_blocked_address_is_not_death(rig):
    rig.world.faults.inject("probe-blocked")
    assert rig.provider.probe(rig.old).liveness is Liveness.UNKNOWN
    assert rig.provider.control().liveness is Liveness.UNKNOWN


def test_both_documented_deaths_are_recognised(rig):
    assert rig.provider.probe(rig.stray).detail == "HTTP 401, invalid API key"
    rig.kill_by_hand()
    rig.clock.advance(60)
    assert rig.provider.probe(rig.old).detail == "HTTP 401 api_key_expired"


def test_a_test_key_is_another_account_than_a_live_one(rig):
    test_key = single(rig.world.add_key(prefix="sk_test_").value)
    assert rig.provider.account(rig.old) == f"{rig.world.account} live"
    assert rig.provider.account(test_key) == f"{rig.world.account} test"


def test_the_hint_is_what_the_dashboard_shows(rig):
    [found] = rig.provider.identify(rig.old)
    assert found.hint == f"sk_live_…{rig.old.key.reveal()[-4:]}"
    assert rig.provider.identify(single("whsec_abc")) == []
    assert rig.provider.account(single("not a key")) is None
