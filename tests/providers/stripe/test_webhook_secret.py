import json
import re
import time

import pytest

from bot.drill.providers.stripe.webhooks import believes
from bot.errors import ConfigurationError, Refused, Unexpected
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import capabilities, provider_class
from bot.providers.cards import numbered
from bot.providers.contract import Held
from bot.providers.stripe.event import _signature
from bot.secrets.secret import Credential, Secret
from tests.providers.stripe.webhook_secret_harness import pair, stripe_webhook

NAME = "inc_abc234_stripe_webhook_1"
NEWEST = "whsec_" + "9" * 32


@pytest.fixture
def harness():
    with stripe_webhook() as harness:
        yield harness
        assert harness.exchanges.breaches == []


def made(harness, issued):
    [found] = [each for each in harness.world.webhooks.all() if each.id == issued.key_id]
    return found


def test_it_is_a_kind_of_two_parts_that_waits_for_its_replacement():
    provider = provider_class("stripe", {"kind": "webhook-secret"})
    able = capabilities(provider)
    assert provider.card.parts == ("endpoint", "secret")
    assert (able.makes, able.revokes, able.revoke_needs_replacement) == ("issue", "machine", True)
    assert "attest it" in numbered(provider.card.revoke_by_hand)


def gone(harness, **options):
    """Its provider with these options, once the old endpoint is gone and the function holds another secret."""
    harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.clock.advance(60)
    harness.consumer.holds = {NEWEST}
    return harness.reconfigured(options={"url": harness.provider.url} | options)


def test_it_is_dead_when_its_endpoint_is_gone_and_the_function_refuses_an_event_signed_with_it(harness):
    answer = gone(harness).probe(harness.old)
    assert answer.liveness is Liveness.DEAD
    expected = "Stripe signs with it no more; the function refuses an event signed with it, HTTP 400"
    assert answer.detail == expected


def test_it_is_alive_while_the_function_believes_it_whatever_stripe_says(harness):
    provider = gone(harness)
    harness.consumer.holds = {NEWEST, harness.old.key.reveal()}
    answer = provider.probe(harness.old)
    assert answer.liveness is Liveness.LIVE
    assert answer.detail == "Stripe signs with it no more; the function believes an event signed with it, HTTP 200"


def test_while_stripe_signs_with_it_the_function_is_not_asked(harness):
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE
    assert harness.provider.probe(harness.sibling).liveness is Liveness.LIVE
    assert harness.consumer.seen == []


def test_the_control_is_what_the_function_says_of_the_new_secret_and_not_what_stripe_says(harness):
    new = harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id)).credential
    harness.consumer.holds = {harness.old.key.reveal()}
    assert harness.provider.probe(new).liveness is Liveness.LIVE
    assert harness.provider.control_with(new).liveness is Liveness.DEAD
    harness.consumer.holds = {new.key.reveal()}
    assert harness.provider.control_with(new).liveness is Liveness.LIVE


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 422, 429, 500, 503])
def test_what_is_not_the_refusal_of_a_signature_proves_nothing(harness, status):
    provider, harness.consumer.answer = gone(harness), status
    answer = provider.probe(harness.old)
    assert answer.liveness is Liveness.UNKNOWN
    assert answer.detail.startswith(f"Stripe signs with it no more; the function did not say: HTTP {status}")


def test_a_function_that_refuses_everything_is_no_control(harness):
    provider, harness.consumer.answer = gone(harness), 400
    assert provider.probe(harness.old).liveness is Liveness.DEAD
    assert provider.control_with(pair(harness.old_id, NEWEST)).liveness is Liveness.DEAD


@pytest.mark.parametrize("fault", ["down", "silence", "reset"])
def test_a_function_that_does_not_answer_leaves_it_open(harness, fault):
    gone(harness)
    harness.consumer.faults.inject(f"webhook-{fault}")
    provider = harness.reconfigured(timeout=0.3)
    assert provider.probe(harness.old).liveness is Liveness.UNKNOWN
    assert provider.control_with(harness.old).liveness is Liveness.UNKNOWN


def test_a_function_may_refuse_by_another_status(harness):
    provider = gone(harness, refused="403")
    assert provider.probe(harness.old).liveness is Liveness.UNKNOWN
    harness.consumer.refused = 403
    assert provider.probe(harness.old).liveness is Liveness.DEAD


@pytest.mark.parametrize("options", [{"probe": "off"}, {"url": ""}])
def test_where_the_function_is_not_to_be_asked_a_person_attests(harness, options):
    answer = gone(harness, **options).probe(harness.old)
    assert answer.liveness is Liveness.UNKNOWN
    assert answer.detail == "Stripe signs with it no more; whether our function believes it is not shown"
    assert harness.consumer.seen == []


def test_of_the_secret_only_a_signature_is_sent_in_an_event_of_no_kind_that_stripe_has(harness):
    provider = gone(harness, api_version="2025-01-27.acacia")
    provider.probe(harness.old)
    provider.probe(harness.old)
    (signature, body), (_, again) = harness.consumer.seen
    event = json.loads(body)
    assert (event["type"], event["livemode"], event["api_version"]) == ("compromise.probe", False, "2025-01-27.acacia")
    assert event["id"] != json.loads(again)["id"]
    at = re.fullmatch(r"t=(\d+),v1=[0-9a-f]{64}", signature)[1]
    assert abs(time.time() - int(at)) < 60
    assert harness.old.key.reveal().removeprefix("whsec_") not in signature + body.decode()


def test_the_signature_is_the_one_of_stripes_scheme():
    """Computed apart, with ``printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_practice0``."""
    wanted = "bc9f2cea800e736df09c2eee2ece67b934c71e3d8f6836a92883f282e5f8fd13"
    assert _signature(Secret("whsec_practice0"), 1_700_000_000, b"{}") == wanted
    assert believes("whsec_practice0", f"t=1700000000,v0=abc,v1={wanted}", b"{}", 1_700_000_100)
    assert not believes("whsec_practice0", f"t=1700000000,v1={wanted}", b"{}", 1_700_000_301)
    assert not believes("whsec_practice0", f"v1={wanted}", b"{}", 1_700_000_000)


@pytest.mark.parametrize("value", ["", "whsec_", "sk_live_abcdefgh", "whsec_with a blank"])
def test_what_is_no_signing_secret_is_never_called_dead(harness, value):
    provider = gone(harness)
    answer = provider.probe(pair(harness.old_id, value))
    assert answer.liveness is Liveness.UNKNOWN
    assert "no signing secret" in answer.detail
    assert harness.consumer.seen == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "http://api.example.com/stripe"}, "must begin with https"),
        ({"url": "ftp://api.example.com/stripe"}, "must begin with https"),
        ({"url": "https://user:word@api.example.com/"}, "without a password"),
        ({"url": "https://api.example.com/#part"}, "without a password"),
        ({"url": "https://api.example.com:port/"}, "an address"),
        ({"url": "somewhere"}, "an address"),
        ({"refused": "404"}, "a status from 400 to 499"),
        ({"refused": "200"}, "a status from 400 to 499"),
        ({"probe": "no"}, "must be 'on' or 'off'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(harness, options, words):
    with pytest.raises(ConfigurationError, match=words):
        harness.reconfigured(options=options)


def test_the_address_keeps_its_query(harness):
    receiver = harness.reconfigured(options={"url": "https://api.example.com:8443/in/stripe?tenant=1"}).receiver
    assert (receiver.http.base_url, receiver.path) == ("https://api.example.com:8443", "/in/stripe?tenant=1")
    assert harness.reconfigured(options={"url": "https://api.example.com"}).receiver.path == "/"


@pytest.mark.parametrize("fault", ["endpoint-lost", "revoke-ignored"])
def test_an_endpoint_that_is_there_is_not_taken_for_gone(harness, fault):
    harness.world.faults.inject(fault)
    if fault == "revoke-ignored":
        harness.provider.revoke(Held(harness.old, harness.old_id))
        harness.clock.advance(60)
        assert harness.provider.probe(harness.old).liveness is Liveness.LIVE
    else:
        answer = harness.provider.probe(harness.old)
        assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "HTTP 404")


@pytest.mark.parametrize("status", ["paused", "", "ENABLED"])
def test_an_endpoint_in_a_state_that_nobody_knows_may_sign_still(harness, status):
    harness.world.webhooks.readable(harness.old_id).status = status
    harness.consumer.holds = {NEWEST}
    answer = harness.provider.probe(harness.old)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "its endpoint is neither enabled nor disabled")
    assert harness.consumer.seen == []


def test_of_a_disabled_endpoint_the_function_is_asked_too(harness):
    harness.world.webhooks.readable(harness.old_id).status = "disabled"
    assert harness.provider.probe(harness.old).detail.startswith("its endpoint is disabled; the function believes")
    harness.consumer.holds = {NEWEST}
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD


def test_a_new_endpoint_is_like_the_old_one(harness):
    old = harness.world.webhooks.add("ledger", events=["payout.paid", "charge.failed"], api_version="2024-06-20")
    snapshot = harness.provider.snapshot(pair(old.id, old.value), old.id)
    issued = harness.provider.issue(NAME, snapshot)
    new = made(harness, issued)
    assert (new.url, set(new.events), new.api_version, new.name) == (old.url, set(old.events), "2024-06-20", "ledger")
    assert new.metadata == {"compromise_bot": NAME}
    assert {name: part.reveal() for name, part in issued.credential.parts.items()} == {
        "endpoint": new.id,
        "secret": new.value,
    }
    assert issued.credential.main == "secret"


def test_where_the_old_endpoint_could_not_be_read_the_option_names_the_address(harness):
    like = Snapshot(scopes=("charge.failed",))
    with pytest.raises(Refused, match="as the option url"):
        harness.provider.issue(NAME, like)
    url = "https://api.example.com/stripe"
    assert made(harness, harness.reconfigured(options={"url": url}).issue(NAME, like)).url == url


def test_an_endpoint_with_unknown_events_or_of_connect_is_not_copied(harness):
    facts = {"url": "https://api.example.com/stripe"}
    with pytest.raises(Refused, match="events are unknown"):
        harness.provider.issue(NAME, Snapshot(facts=facts))
    old = harness.world.webhooks.add(application="ca_123")
    with pytest.raises(Refused, match="Connect"):
        harness.provider.issue(NAME, harness.provider.snapshot(pair(old.id, old.value), old.id))


def test_the_endpoint_beside_the_secret_is_the_one_and_no_other(harness):
    [found] = harness.provider.identify(harness.old)
    assert (found.id, found.name, found.hint) == (harness.old_id, "app", "https://api.production.example.com/stripe")
    assert harness.provider.identify(pair(harness.old_id, "sk_live_abc")) == []
    assert harness.provider.identify(harness.stray) == []
    assert harness.provider.account(harness.stray) is None
    assert harness.provider.account(harness.old) == "live https://api.production.example.com/stripe"
    assert harness.provider.account(harness.sibling) != harness.provider.account(harness.old)


@pytest.mark.parametrize("endpoint", ["", "we_", "../account", "acct_123456789"])
def test_no_id_of_an_endpoint_is_said_in_words(harness, endpoint):
    credential = pair(endpoint, "whsec_" + "1" * 32)
    assert "no id of a webhook endpoint" in harness.provider.probe(credential).detail
    with pytest.raises(Refused, match="no id of a webhook endpoint"):
        harness.provider.identify(credential)
    assert harness.provider.probe(Credential.single(Secret("whsec_1"))).liveness is Liveness.UNKNOWN


def test_only_the_captured_endpoint_is_deleted(harness):
    sibling = harness.sibling.parts["endpoint"].reveal()
    with pytest.raises(Refused, match="another endpoint"):
        harness.provider.revoke(Held(harness.old, sibling))
    with pytest.raises(Refused, match="another endpoint"):
        harness.provider.snapshot(harness.old, sibling)
    with pytest.raises(Refused, match="endpoint of the new secret"):
        harness.provider.revoke(Held(harness.old, harness.old_id, harness.old))
    with pytest.raises(Refused, match="none that the bot gives"):
        harness.provider.revoke(Held(Credential.single(Secret("")), sibling))
    assert len(harness.world.webhooks.listed()) == 2


def test_an_orphan_is_deleted_by_its_id_alone(harness):
    issued = harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id))
    harness.provider.revoke(Held(Credential.single(Secret("")), issued.key_id))
    assert harness.provider.issued("inc_") == []


def test_a_snapshot_of_what_is_gone_says_so(harness):
    with pytest.raises(Refused, match="it is gone"):
        harness.provider.snapshot(harness.stray, harness.stray.parts["endpoint"].reveal())


def test_all_pages_are_searched_for_what_was_made(harness, monkeypatch):
    monkeypatch.setattr("bot.providers.stripe.webhook_secret.PAGE", 2)
    issued = harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id))
    for number in range(4):
        harness.world.webhooks.add(f"later {number}")
    assert [key.id for key in harness.provider.issued("inc_abc234_")] == [issued.key_id]
    monkeypatch.setattr("bot.providers.stripe.webhook_secret.MOST_PAGES", 1)
    with pytest.raises(Unexpected, match="more of them"):
        harness.provider.issued("inc_abc234_")


def test_an_answer_without_the_secret_is_unexpected(harness):
    harness.world.flask.after_request(_without_secret)
    with pytest.raises(Unexpected, match="shows no secret"):
        harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id))


def _without_secret(response):
    body = response.get_json(silent=True)
    if isinstance(body, dict) and "secret" in body:
        del body["secret"]
        response.data = response.json_module.dumps(body)
    return response


def test_a_restricted_admin_key_is_told_so(harness):
    weak = harness.world.add_key(prefix="rk_live_", restricted=True).value
    provider = harness.reconfigured(admin=weak)
    assert provider.probe(harness.old).detail == "HTTP 403"
    assert provider.control().detail == "HTTP 403"


def test_a_signing_secret_is_not_tried_as_an_api_key(harness):
    from bot.providers.stripe.provider import Stripe

    answer = Stripe(harness.provider.http, harness.provider.admin).probe(Credential.single(harness.old.key))
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "a webhook's signing secret, not an API key")
