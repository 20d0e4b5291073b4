import json
import re
import time

import pytest

from bot.drill.providers.stripe.webhooks import believes
from bot.errors import ConfigurationError, Refused, Unexpected
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import abilities, provider_class
from bot.providers.contract import Held
from bot.providers.stripe.event import _signature
from bot.secret import Credential, Secret
from tests.providers.stripe.webhook_secret import pair, stripe_webhook

NAME = "inc_abc234_stripe_webhook_1"
NEWEST = "whsec_" + "9" * 32


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
    assert "attest it" in provider.card.revoke_by_hand


def gone(rig, **options):
    """Its provider with these options, once the old endpoint is gone and the function holds another secret."""
    rig.provider.revoke(Held(rig.old, rig.old_id))
    rig.clock.advance(60)
    rig.consumer.holds = {NEWEST}
    return rig.reconfigured(options={"url": rig.provider.url} | options)


def test_it_is_dead_when_its_endpoint_is_gone_and_the_function_refuses_an_event_signed_with_it(rig):
    answer = gone(rig).probe(rig.old)
    assert answer.liveness is Liveness.DEAD
    expected = "Stripe signs with it no more; the function refuses an event signed with it, HTTP 400"
    assert answer.detail == expected


def test_it_is_alive_while_the_function_believes_it_whatever_stripe_says(rig):
    provider = gone(rig)
    rig.consumer.holds = {NEWEST, rig.old.key.reveal()}
    answer = provider.probe(rig.old)
    assert answer.liveness is Liveness.LIVE
    assert answer.detail == "Stripe signs with it no more; the function believes an event signed with it, HTTP 200"


def test_while_stripe_signs_with_it_the_function_is_not_asked(rig):
    assert rig.provider.probe(rig.old).liveness is Liveness.LIVE
    assert rig.provider.probe(rig.bystander).liveness is Liveness.LIVE
    assert rig.consumer.seen == []


def test_the_control_is_what_the_function_says_of_the_new_secret_and_not_what_stripe_says(rig):
    new = rig.provider.issue(NAME, rig.provider.snapshot(rig.old, rig.old_id)).credential
    rig.consumer.holds = {rig.old.key.reveal()}
    assert rig.provider.probe(new).liveness is Liveness.LIVE
    assert rig.provider.control_with(new).liveness is Liveness.DEAD
    rig.consumer.holds = {new.key.reveal()}
    assert rig.provider.control_with(new).liveness is Liveness.LIVE


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 422, 429, 500, 503])
def test_what_is_not_the_refusal_of_a_signature_proves_nothing(rig, status):
    provider, rig.consumer.answer = gone(rig), status
    answer = provider.probe(rig.old)
    assert answer.liveness is Liveness.UNKNOWN
    assert answer.detail.startswith(f"Stripe signs with it no more; the function did not say: HTTP {status}")


def test_a_function_that_refuses_everything_is_no_control(rig):
    provider, rig.consumer.answer = gone(rig), 400
    assert provider.probe(rig.old).liveness is Liveness.DEAD
    assert provider.control_with(pair(rig.old_id, NEWEST)).liveness is Liveness.DEAD


@pytest.mark.parametrize("fault", ["down", "silence", "reset"])
def test_a_function_that_does_not_answer_leaves_it_open(rig, fault):
    gone(rig)
    rig.consumer.faults.inject(f"webhook-{fault}")
    provider = rig.reconfigured(timeout=0.3)
    assert provider.probe(rig.old).liveness is Liveness.UNKNOWN
    assert provider.control_with(rig.old).liveness is Liveness.UNKNOWN


def test_a_function_may_refuse_by_another_status(rig):
    provider = gone(rig, refused="403")
    assert provider.probe(rig.old).liveness is Liveness.UNKNOWN
    rig.consumer.refused = 403
    assert provider.probe(rig.old).liveness is Liveness.DEAD


@pytest.mark.parametrize("options", [{"probe": "off"}, {"url": ""}])
def test_where_the_function_is_not_to_be_asked_a_person_attests(rig, options):
    answer = gone(rig, **options).probe(rig.old)
    assert answer.liveness is Liveness.UNKNOWN
    assert answer.detail == "Stripe signs with it no more; whether our function believes it is not shown"
    assert rig.consumer.seen == []


def test_of_the_secret_only_a_signature_is_sent_in_an_event_of_no_kind_that_stripe_has(rig):
    provider = gone(rig, api_version="2025-01-27.acacia")
    provider.probe(rig.old)
    provider.probe(rig.old)
    (signature, body), (_, again) = rig.consumer.seen
    event = json.loads(body)
    assert (event["type"], event["livemode"], event["api_version"]) == ("compromise.probe", False, "2025-01-27.acacia")
    assert event["id"] != json.loads(again)["id"]
    at = re.fullmatch(r"t=(\d+),v1=[0-9a-f]{64}", signature)[1]
    assert abs(time.time() - int(at)) < 60
    assert rig.old.key.reveal().removeprefix("whsec_") not in signature + body.decode()


def test_the_signature_is_the_one_of_stripes_scheme():
    """Computed apart, with ``printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_practice0``."""
    wanted = "bc9f2cea800e736df09c2eee2ece67b934c71e3d8f6836a92883f282e5f8fd13"
    assert _signature(Secret("whsec_practice0"), 1_700_000_000, b"{}") == wanted
    assert believes("whsec_practice0", f"t=1700000000,v0=abc,v1={wanted}", b"{}", 1_700_000_100)
    assert not believes("whsec_practice0", f"t=1700000000,v1={wanted}", b"{}", 1_700_000_301)
    assert not believes("whsec_practice0", f"v1={wanted}", b"{}", 1_700_000_000)


@pytest.mark.parametrize("value", ["", "whsec_", "sk_live_abcdefgh", "whsec_with a blank"])
def test_what_is_no_signing_secret_is_never_called_dead(rig, value):
    provider = gone(rig)
    answer = provider.probe(pair(rig.old_id, value))
    assert answer.liveness is Liveness.UNKNOWN
    assert "no signing secret" in answer.detail
    assert rig.consumer.seen == []


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
def test_options_that_cannot_be_meant_are_refused(rig, options, words):
    with pytest.raises(ConfigurationError, match=words):
        rig.reconfigured(options=options)


def test_the_address_keeps_its_query(rig):
    receiver = rig.reconfigured(options={"url": "https://api.example.com:8443/in/stripe?tenant=1"}).receiver
    assert (receiver.http.base_url, receiver.path) == ("https://api.example.com:8443", "/in/stripe?tenant=1")
    assert rig.reconfigured(options={"url": "https://api.example.com"}).receiver.path == "/"


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


@pytest.mark.parametrize("status", ["paused", "", "ENABLED"])
def test_an_endpoint_in_a_state_that_nobody_knows_may_sign_still(rig, status):
    rig.world.webhooks.readable(rig.old_id).status = status
    rig.consumer.holds = {NEWEST}
    answer = rig.provider.probe(rig.old)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "its endpoint is neither enabled nor disabled")
    assert rig.consumer.seen == []


def test_of_a_disabled_endpoint_the_function_is_asked_too(rig):
    rig.world.webhooks.readable(rig.old_id).status = "disabled"
    assert rig.provider.probe(rig.old).detail.startswith("its endpoint is disabled; the function believes")
    rig.consumer.holds = {NEWEST}
    assert rig.provider.probe(rig.old).liveness is Liveness.DEAD


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
    with pytest.raises(Refused, match="none that the bot gives"):
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
    monkeypatch.setattr("bot.providers.stripe.webhook_secret.PAGE", 2)
    issued = rig.provider.issue(NAME, rig.provider.snapshot(rig.old, rig.old_id))
    for number in range(4):
        rig.world.webhooks.add(f"later {number}")
    assert [key.id for key in rig.provider.issued("inc_abc234_")] == [issued.key_id]
    monkeypatch.setattr("bot.providers.stripe.webhook_secret.MOST_PAGES", 1)
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
    from bot.providers.stripe.provider import Stripe

    answer = Stripe(rig.provider.http, rig.provider.admin).probe(Credential.single(rig.old.key))
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "a webhook's signing secret, not an API key")
