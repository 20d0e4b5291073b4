import pytest

from bot.errors import Refused, Unexpected
from bot.providers import abilities, provider_class
from bot.providers.contract import Held, Liveness, Snapshot
from bot.secret import Credential, Secret
from tests.support.rigs.stripe_webhook import pair, stripe_webhook

NAME = "inc_abc234_stripe_webhook_1"


@pytest.fixture
def rig():
    with stripe_webhook() as rig:
        yield rig
        assert rig.exchanges.breaches == []


def made(rig, issued):
    [found] = [each for each in rig.world.webhooks.all() if each.id == issued.key_id]
    return found


def test_it_is_a_kind_of_two_parts_that_waits_for_its_replacement():
    provider = provider_class("stripe", {"kind": "webhook-secret"})
    able = abilities(provider)
    assert provider.card.parts == ("endpoint", "secret")
    assert (able.makes, able.revokes, able.revoke_needs_replacement) == ("issue", "machine", True)
    assert "Attest it" in provider.card.revoke_by_hand


def test_no_answer_of_stripes_proves_that_a_function_does_not_believe_it(rig):
    rig.provider.revoke(Held(rig.old, rig.old_id))
    rig.clock.advance(60)
    answer = rig.provider.probe(rig.old)
    assert answer.liveness is Liveness.UNKNOWN
    assert answer.detail == "Stripe signs with it no more; whether our function does is not shown"


@pytest.mark.parametrize("fault", ["endpoint-lost", "revoke-ignored"])
def test_an_endpoint_that_is_there_is_not_taken_for_gone(rig, fault):
    rig.world.faults.inject(fault)
    if fault == "revoke-ignored":
        rig.provider.revoke(Held(rig.old, rig.old_id))
        rig.clock.advance(60)
        assert rig.provider.probe(rig.old).liveness is Liveness.LIVE
    else:
        answer = rig.provider.probe(rig.old)
        assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "HTTP 404")


def test_a_disabled_endpoint_is_not_alive(rig):
    rig.world.webhooks.readable(rig.old_id).status = "disabled"
    assert rig.provider.probe(rig.old).detail == "its endpoint is disabled"


def test_a_new_endpoint_is_like_the_old_one(rig):
    old = rig.world.webhooks.add("ledger", events=["payout.paid", "charge.failed"], api_version="2024-06-20")
    snapshot = rig.provider.snapshot(pair(old.id, old.value), old.id)
    issued = rig.provider.issue(NAME, snapshot)
    new = made(rig, issued)
    assert (new.url, set(new.events), new.api_version, new.name) == (old.url, set(old.events), "2024-06-20", "ledger")
    assert new.metadata == {"compromise_bot": NAME}
    assert {name: part.reveal() for name, part in issued.credential.parts.items()} == {
        "endpoint": new.id,
        "secret": new.value,
    }
    assert issued.credential.main == "secret"


def test_where_the_old_endpoint_could_not_be_read_the_option_names_the_address(rig):
    like = Snapshot(scopes=("charge.failed",))
    with pytest.raises(Refused, match="as the option url"):
        rig.provider.issue(NAME, like)
    url = "https://api.example.com/stripe"
    assert made(rig, rig.reconfigured(options={"url": url}).issue(NAME, like)).url == url


def test_an_endpoint_with_unknown_events_or_of_connect_is_not_copied(rig):
    facts = {"url": "https://api.example.com/stripe"}
    with pytest.raises(Refused, match="events are unknown"):
        rig.provider.issue(NAME, Snapshot(facts=facts))
    old = rig.world.webhooks.add(application="ca_123")
    with pytest.raises(Refused, match="Connect"):
        rig.provider.issue(NAME, rig.provider.snapshot(pair(old.id, old.value), old.id))


def test_the_endpoint_beside_the_secret_is_the_one_and_no_other(rig):
    [found] = rig.provider.identify(rig.old)
    assert (found.id, found.name, found.hint) == (rig.old_id, "app", "https://api.production.example.com/stripe")
    assert rig.provider.identify(pair(rig.old_id, "sk_live_abc")) == []
    assert rig.provider.identify(rig.stray) == []
    assert rig.provider.account(rig.stray) is None
    assert rig.provider.account(rig.old) == "live https://api.production.example.com/stripe"
    assert rig.provider.account(rig.bystander) != rig.provider.account(rig.old)


@pytest.mark.parametrize("endpoint", ["", "we_", "../account", "acct_123456789"])
def test_no_id_of_an_endpoint_is_said_in_words(rig, endpoint):
    credential = pair(endpoint, "whsec_" + "1" * 32)
    assert "no id of a webhook endpoint" in rig.provider.probe(credential).detail
    with pytest.raises(Refused, match="no id of a webhook endpoint"):
        rig.provider.identify(credential)
    assert rig.provider.probe(Credential.single(Secret("whsec_1"))).liveness is Liveness.UNKNOWN


def test_only_the_captured_endpoint_is_deleted(rig):
    bystander = rig.bystander.parts["endpoint"].reveal()
    with pytest.raises(Refused, match="another endpoint"):
        rig.provider.revoke(Held(rig.old, bystander))
    with pytest.raises(Refused, match="another endpoint"):
        rig.provider.snapshot(rig.old, bystander)
    with pytest.raises(Refused, match="endpoint of the new secret"):
        rig.provider.revoke(Held(rig.old, rig.old_id, rig.old))
    with pytest.raises(Refused, match="not made by the bot"):
        rig.provider.revoke(Held(Credential.single(Secret("")), bystander))
    assert len(rig.world.webhooks.listed()) == 2


def test_an_orphan_is_deleted_by_its_id_alone(rig):
    issued = rig.provider.issue(NAME, rig.provider.snapshot(rig.old, rig.old_id))
    rig.provider.revoke(Held(Credential.single(Secret("")), issued.key_id))
    assert rig.provider.issued("inc_") == []


def test_a_snapshot_of_what_is_gone_says_so(rig):
    with pytest.raises(Refused, match="it is gone"):
        rig.provider.snapshot(rig.stray, rig.stray.parts["endpoint"].reveal())


def test_all_pages_are_searched_for_what_was_made(rig, monkeypatch):
    monkeypatch.setattr("bot.providers.stripe_webhook.PAGE", 2)
    issued = rig.provider.issue(NAME, rig.provider.snapshot(rig.old, rig.old_id))
    for number in range(4):
        rig.world.webhooks.add(f"later {number}")
    assert [key.id for key in rig.provider.issued("inc_abc234_")] == [issued.key_id]
    monkeypatch.setattr("bot.providers.stripe_webhook.MOST_PAGES", 1)
    with pytest.raises(Unexpected, match="more of them"):
        rig.provider.issued("inc_abc234_")


def test_an_answer_without_the_secret_is_unexpected(rig):
    rig.world.flask.after_request(_without_secret)
    with pytest.raises(Unexpected, match="shows no secret"):
        rig.provider.issue(NAME, rig.provider.snapshot(rig.old, rig.old_id))


def _without_secret(response):
    body = response.get_json(silent=True)
    if isinstance(body, dict) and "secret" in body:
        del body["secret"]
        response.data = response.json_module.dumps(body)
    return response


def test_a_restricted_admin_key_is_told_so(rig):
    weak = rig.world.add_key(prefix="rk_live_", restricted=True).value
    provider = rig.reconfigured(admin=weak)
    assert provider.probe(rig.old).detail == "HTTP 403"
    assert provider.control().detail == "HTTP 403"


def test_a_signing_secret_is_not_tried_as_an_api_key(rig):
    from bot.providers.stripe import Stripe

    answer = Stripe(rig.provider.http, rig.provider.admin).probe(Credential.single(rig.old.key))
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "a webhook's signing secret, not an API key")
