import pytest

from bot.drill.fakes.serving import Served
from bot.drill.providers.slack.fake import FakeSlackProduct
from bot.errors import OutsideError, Refused, Throttled, Unauthorized, Unexpected
from bot.model.probes import Liveness
from bot.net.http import Http, Reply
from bot.providers import PROVIDERS, capabilities, provider_class
from bot.providers.cards import numbered
from bot.providers.contract import Setup
from bot.providers.slack.provider import SlackToken
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import HTTP_EFFECTS
from tests.providers.slack.harness import slack, slack_webhook
from tests.support.clock import Clock


@pytest.fixture
def harness():
    with slack() as harness:
        yield harness
        assert harness.exchanges.breaches == []


@pytest.fixture
def hook():
    with slack_webhook() as harness:
        yield harness


def single(value):
    return Credential.single(Secret(value))


class Answering:
    """Answers every request alike."""

    def __init__(self, status, body) -> None:
        self.reply = Reply(status, body, "slack", "probe")

    def send(self, *_args, **_more):
        return self.reply


def test_a_person_installs_the_app_anew_and_a_token_ends_itself():
    card, able = PROVIDERS["slack"].card, capabilities(PROVIDERS["slack"], admin=False)
    assert (able.makes, able.revokes) == ("person", "itself")
    assert "not this bot" in numbered(card.issue_by_hand)
    assert "Invite the bot user to its channels again" in numbered(card.issue_by_hand)
    assert "leaves all its channels" in " ".join(card.revoke_by_hand)
    assert provider_class("slack", {"kind": "webhook"}) is PROVIDERS["slack/webhook"]


@pytest.mark.parametrize(
    ("fault", "liveness", "detail"),
    [
        ("probe-ratelimited", Liveness.UNKNOWN, "HTTP 200 ratelimited"),
        ("probe-org-login-required", Liveness.UNKNOWN, "HTTP 200 org_login_required"),
        ("probe-ekm-access-denied", Liveness.UNKNOWN, "HTTP 200 ekm_access_denied"),
        ("probe-missing-scope", Liveness.LIVE, "HTTP 200 missing_scope, recognised but without this right"),
    ],
)
def test_errors_of_a_living_token_are_no_death(harness, fault, liveness, detail):
    harness.world.faults.inject(fault)
    answer = harness.provider.probe(harness.old)
    assert (answer.liveness, answer.detail) == (liveness, detail)


def test_where_our_address_is_not_allowed_the_control_shows_it(harness):
    harness.world.faults.inject("address-refused")
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD
    assert harness.provider.control().liveness is Liveness.UNKNOWN


def test_every_documented_death_is_recognised(harness):
    assert harness.provider.probe(harness.stray).detail == "HTTP 200 invalid_auth"
    harness.provider.revoke_itself(harness.old)
    harness.clock.advance(60)
    assert harness.provider.probe(harness.old).detail == "HTTP 200 token_revoked"
    assert harness.provider.account(harness.old) is None


@pytest.mark.parametrize(
    "value", ["xoxe-1-My0xLTEyMzQ1Njc4OTAxMg", "https://hooks.slack.com/services/T1AB/B1AB/x", "?"]
)
def test_what_is_no_access_token_is_not_tried_as_one(harness, value):
    before = len(harness.exchanges.seen)
    assert harness.provider.probe(single(value)).liveness is Liveness.UNKNOWN
    assert harness.provider.identify(single(value)) == []
    assert len(harness.exchanges.seen) == before


def test_a_token_is_known_by_its_ends_and_its_bot_user_as_long_as_slack_recognises_it(harness):
    [found] = harness.provider.identify(harness.old)
    assert (found.hint, found.name) == (harness.old_id, "notices of Product")
    harness.world.revoke(harness.world.tokens()[0])
    harness.clock.advance(60)
    assert [(key.id, key.name) for key in harness.provider.identify(harness.old)] == [(harness.old_id, "")]
    provider = SlackToken.configured(Setup({}, lambda _: Answering(403, b"")))
    assert [key.id for key in provider.identify(harness.old)] == [harness.old_id]


def test_a_token_with_rotation_is_handled_like_any_other(harness):
    token = single(harness.world.add_token(prefix="xoxe.xoxb-").value)
    assert harness.provider.probe(token).liveness is Liveness.LIVE
    assert harness.provider.identify(token)[0].hint.startswith("xoxe.xoxb-…")


def test_a_token_that_ran_out_by_itself_is_no_proof_of_what_its_refresh_token_makes(harness):
    ran_out = SlackToken.configured(Setup({}, lambda _: Answering(200, b'{"ok": false, "error": "token_expired"}')))
    answer = ran_out.probe(single("xoxe.xoxb-1-" + "1" * 20))
    assert (answer.liveness, answer.detail) == (
        Liveness.UNKNOWN, "HTTP 200 token_expired, which says nothing of its refresh token",
    )  # fmt: skip
    assert ran_out.probe(harness.old).liveness is Liveness.DEAD


def test_a_token_of_another_workspace_is_of_another_account(harness):
    other = single(harness.world.add_token(team="T0OTHER000").value)
    assert harness.provider.account(harness.old) == harness.world.team
    assert harness.provider.account(other) == "T0OTHER000"


def test_a_token_that_is_dead_already_counts_as_revoked(harness):
    harness.provider.revoke_itself(harness.stray)
    assert harness.world.is_live(harness.old.key.reveal())


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("revoke-ratelimited", Throttled),
        ("revoke-org-login-required", Unauthorized),
        ("revoke-not", Unexpected),
        *((effect, OutsideError) for effect in HTTP_EFFECTS),
    ],
)
def test_a_revocation_that_did_not_happen_is_an_error_without_the_token(harness, fault, error):
    with harness.fault(fault) as (provider, credential), pytest.raises(error) as failed:
        provider.revoke_itself(credential)
    assert harness.old.key.reveal()[-12:] not in str(failed.value)
    assert harness.world.is_live(harness.old.key.reveal())


def test_what_slack_says_was_revoked_and_lives_on_is_seen_alive(harness):
    harness.world.faults.inject("revoke-ignored")
    harness.provider.revoke_itself(harness.old)
    harness.clock.advance(60)
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_the_bots_own_token_is_never_revoked(harness):
    own = SlackToken.configured(Setup({}, lambda _: harness.provider.http, runs_on=(harness.old.key,)))
    with pytest.raises(Refused, match="the bot itself works with"):
        own.revoke_itself(harness.old)
    assert harness.world.is_live(harness.old.key.reveal())


def test_nothing_but_the_documented_json_is_believed():
    for body in (b'{"ok": true}', b'{"ok": false, "error": "internal_error"}', b"[]", b'{"ok": 1}'):
        provider = SlackToken.configured(Setup({}, lambda _, body=body: Answering(200, body)))
        assert provider.probe(single("xoxb-" + "1" * 20)).liveness is Liveness.UNKNOWN


# --- incoming webhooks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ("post-forbidden", "HTTP 403"),
        ("post-archived", "HTTP 410 channel_is_archived"),
        ("post-no-channel", "HTTP 404 channel_not_found"),
        ("post-proxy", "HTTP 404"),
    ],
)
def test_refusals_of_a_living_webhook_are_no_death(hook, fault, detail):
    hook.world.faults.inject(fault)
    answer = hook.provider.probe(hook.old)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, detail)


def test_a_webhook_is_asked_without_posting_anything(hook):
    bodies = []

    def note(response):
        from flask import request

        bodies.append((request.get_data(), request.content_type, response.status_code))
        return response

    hook.world.flask.after_request(note)
    assert hook.provider.probe(hook.old).detail == "HTTP 400 invalid_payload"
    [(body, content_type, status)] = bodies
    assert (content_type, status) == ("application/json", 400)
    assert not body.startswith((b"{", b"["))


def test_a_removed_webhook_and_a_wrong_one_are_told_apart_in_words(hook):
    assert hook.provider.probe(hook.stray).detail == "HTTP 403 invalid_token"
    hook.kill_by_hand()
    hook.clock.advance(60)
    assert hook.provider.probe(hook.old).detail == "HTTP 404 no_service"


@pytest.mark.parametrize(
    "value",
    [
        "https://hooks.slack.com/triggers/T123456/789/abcdefgh",
        "https://hooks.slack.example/services/T123456/B123456/abcdefghijkl",
        "http://hooks.slack.com/services/T123456/B123456/abcdefghijkl",
        "https://hooks.slack.com/services/T123456/B123456/abcdefghijkl?x=1",
        "xoxb-1111111111-2222222222-abcdefgh",
    ],
)
def test_what_is_no_webhooks_address_is_never_called(hook, value):
    answer = hook.provider.probe(single(value))
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "not the address of an incoming webhook")
    assert hook.provider.identify(single(value)) == []
    assert hook.provider.account(single(value)) is None


def test_a_webhook_is_known_by_the_ids_in_its_address(hook):
    [found] = hook.provider.identify(hook.old)
    assert found.id == hook.old_id
    assert found.hint == f"…/{hook.old_id}/…"
    assert hook.provider.account(hook.old) == hook.world.team


def test_an_empty_404_is_anybodys_and_proves_nothing():
    provider = PROVIDERS["slack/webhook"].configured(Setup({}, lambda _: Answering(404, b"")))
    answer = provider.probe(single("https://hooks.slack.com/services/T123456/B123456/abcdefghijkl"))
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "HTTP 404")


def test_the_hosts_are_those_of_the_cards():
    asked = []

    def http(role):
        asked.append(role)
        return Http("slack", "http://127.0.0.1:1", timeout=0.1)

    for key in ("slack", "slack/webhook"):
        PROVIDERS[key].configured(Setup({}, http))
        assert set(PROVIDERS[key].card.hosts) == {asked[-1]}


def test_the_stand_in_posts_what_is_a_message():
    import requests

    world = FakeSlackProduct(Clock())
    hook = world.add_webhook()
    with Served(world.application) as served:
        path = hook.value.removeprefix("https://hooks.slack.com")
        answers = [
            requests.post(f"{served.url}{path}", json=body, timeout=5).text for body in ({"text": "hi"}, {"a": 1}, [])
        ]
        assert answers == ["ok", "no_text", "invalid_payload"]
        assert requests.post(f"{served.url}/api/auth.test", timeout=5).json()["error"] == "not_authed"
