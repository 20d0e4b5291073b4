from datetime import UTC, datetime

import pytest

from bot.errors import Missing, OutsideError, Refused
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import capabilities
from bot.providers.contract import Held
from bot.providers.elevenlabs.api import Key
from bot.providers.elevenlabs.provider import ElevenLabs, ElevenLabsUserKey
from bot.secrets.secret import Credential, Secret
from tests.providers.elevenlabs.harness import elevenlabs, elevenlabs_user_key
from tests.support.lying import lying

NAME = "inc_abc234_elevenlabs_1"


@pytest.fixture
def harness():
    with elevenlabs() as harness:
        yield harness


@pytest.fixture
def personal():
    with elevenlabs_user_key() as harness:
        yield harness


def single(value):
    return Credential.single(Secret(value))


def record(harness, value):
    [key] = [key for key in harness.world.all_keys() if key.value == value]
    return key


def old(harness):
    return record(harness, harness.old.key.reveal())


def test_what_the_machine_can_do_with_and_without_an_admin_key():
    able = capabilities(ElevenLabs)
    assert (able.makes, able.revokes, able.deletes, able.inspects) == ("issue", "machine", True, True)
    assert capabilities(ElevenLabs, admin=False).revokes == "itself"
    able = capabilities(ElevenLabsUserKey)
    assert (able.makes, able.revokes, able.deletes, able.snapshots) == ("person", "itself", False, False)


@pytest.mark.parametrize(("fault", "detail"), [("quota", "quota_exceeded"), ("unusual-activity", "detected_unusual")])
def test_no_look_alike_of_a_refusal_is_taken_for_death(harness, fault, detail):
    harness.world.faults.inject(f"probe-{fault}")
    answer = harness.provider.probe(harness.old)
    assert answer.liveness is Liveness.UNKNOWN
    assert detail in answer.detail
    assert harness.provider.control().liveness is Liveness.UNKNOWN


def test_a_key_that_may_not_ask_is_known_to_be_alive(harness):
    narrow = harness.world.add_key("narrow", "svc_a", ("text_to_speech",))
    assert harness.provider.probe(single(narrow.value)).liveness is Liveness.LIVE


def test_two_candidates_are_two_unless_a_digest_tells_them_apart(harness):
    twin = harness.world.add_key("twin", "svc_b")
    twin.value = twin.value[:-4] + old(harness).value[-4:]
    assert {key.id for key in harness.provider.identify(harness.old)} == {harness.old_id, f"svc_b/{twin.id}"}
    assert harness.provider.account(harness.old) is None
    harness.world.faults.inject("list-plain-digests")
    assert [key.id for key in harness.provider.identify(harness.old)] == [harness.old_id]


def test_a_list_that_shows_nothing_of_the_values_leaves_the_choice_to_a_person(harness):
    harness.world.faults.inject("list-without-hints")
    assert harness.provider.identify(harness.old) == []
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert old(harness).revoked_at is not None


@pytest.mark.parametrize(
    ("hint", "fits"),
    [
        ("beef", True),
        ("sk_dead…beef", True),
        ("sk_d***************", True),
        ("sk_dead", True),
        ("…beef", True),
        ("cafe", False),
        ("sk_cafe…beef", False),
        ("", None),
        ("***", None),
        ("ef", None),
    ],
)
def test_hints_are_read_in_every_likely_form(hint, fits):
    assert Key("k", hint=hint).fits(Secret("sk_dead0123456789beef")) is fits


def test_a_successor_has_the_permissions_limit_and_addresses_of_the_old_key(harness):
    key = old(harness)
    key.character_limit, key.allowed_ips, key.expires_at = 5000, ("192.0.2.1/32",), 1_900_000_000
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert snapshot.owner == "svc_a"
    assert snapshot.facts["expires at"].startswith("2030-")
    made = record(harness, harness.provider.issue(NAME, snapshot).credential.key.reveal())
    assert (set(made.permissions), made.character_limit, made.allowed_ips) == (
        {"text_to_speech", "user_read"},
        5000,
        ("192.0.2.1/32",),
    )


def test_all_permissions_stay_all_and_unknown_ones_are_asked_for(harness):
    old(harness).permissions = ("all",)
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert snapshot.scopes == ("all",)
    assert record(harness, harness.provider.issue(NAME, snapshot).credential.key.reveal()).permissions == ("all",)
    old(harness).permissions = ()
    assert harness.provider.snapshot(harness.old, harness.old_id).scopes is None
    for unknown in (None, ()):
        with pytest.raises(Refused, match="permissions are unknown"):
            harness.provider.issue(NAME, Snapshot(scopes=unknown))


def test_nothing_is_made_without_a_service_account_to_make_it_for(harness):
    bare = harness.reconfigured(options={})
    with pytest.raises(Refused, match="option service_account"):
        bare.issue(NAME, Snapshot(scopes=("all",)))
    with pytest.raises(Missing):
        harness.reconfigured(options={"service_account": "svc_gone"}).issue(NAME, Snapshot(scopes=("all",)))
    assert harness.reconfigured(options={"service_account": "svc_gone"}).issued("inc_") == []


def test_a_revoked_key_can_be_switched_on_again_until_it_is_deleted(harness):
    with pytest.raises(Refused, match="it is enabled"):
        harness.provider.delete(Held(harness.old, harness.old_id))
    harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.world.switch_on(old(harness))
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE
    harness.provider.revoke(Held(harness.old, harness.old_id))
    assert harness.world.listed("svc_a")[0]["is_disabled"] is True
    for _ in range(2):
        harness.provider.delete(Held(harness.old, harness.old_id))
    assert [key["name"] for key in harness.world.listed("svc_a")] == ["worker"]
    harness.provider.revoke(Held(harness.old, harness.old_id))


@pytest.mark.parametrize("permissions", [("user_read",), ("all",), ()])
def test_where_no_call_switches_a_key_off_an_update_does_and_leaves_the_rest(harness, permissions):
    harness.world.faults.inject("disable-missing")
    old(harness).permissions = permissions
    harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.clock.advance(harness.propagation + 1)
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD
    assert (old(harness).name, old(harness).permissions) == ("app", permissions)
    assert harness.world.listed("svc_a")[0]["is_disabled"] is True


def test_a_key_is_switched_off_by_the_call_that_is_made_for_it(harness):
    with lying(harness.world.flask) as asked:
        harness.provider.revoke(Held(harness.old, harness.old_id))
    assert asked.ended == [f"/v1/service-accounts/svc_a/api-keys/{plain_id(harness)}/disable"]


def plain_id(harness):
    return harness.old_id.partition("/")[2]


def test_a_lost_key_is_deleted_at_once(harness):
    made = harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id))
    harness.provider.revoke(Held(single(""), made.key_id))
    assert record(harness, made.credential.key.reveal()).deleted


def test_only_the_captured_key_is_revoked(harness):
    other = f"svc_a/{record(harness, harness.sibling.key.reveal()).id}"
    with pytest.raises(Refused, match="does not look like"):
        harness.provider.revoke(Held(harness.old, other))
    with pytest.raises(Refused, match="does not look like"):
        harness.provider.snapshot(harness.old, other)
    for odd in ("../user", "svc_a", "svc_a/a/b", "/x"):
        with pytest.raises(Refused, match="form service account/key"):
            harness.provider.revoke(Held(harness.old, odd))
    with pytest.raises(Missing):
        harness.provider.snapshot(harness.old, "svc_a/gone")


def test_the_admin_key_is_never_revoked(harness):
    admin = record(harness, harness.world.admin_key)
    harness.world.add_account("svc_bot")
    admin.account = "svc_bot"
    for value in (harness.world.admin_key, ""):
        with pytest.raises(Refused, match="the bot itself uses"):
            harness.provider.revoke(Held(single(value), f"svc_bot/{admin.id}"))


def test_what_is_newer_than_the_exposure_is_found(harness):
    harness.clock.advance(3600)
    since = datetime.fromtimestamp(harness.clock(), UTC)
    assert harness.provider.leftovers(since, harness.old, harness.old_id) == []
    key = harness.world.add_key("backdoor", "svc_evil")
    found = harness.provider.leftovers(since, harness.old, harness.old_id)
    assert [(left.id, left.item, left.created_at) for left in found] == [
        ("svc_evil", "service accounts", since),
        (f"svc_evil/{key.id}", "service accounts", since),
    ]
    assert {left.item for left in found} <= set(ElevenLabs.card.inspects) <= set(ElevenLabs.card.checklist)


def test_a_key_ends_itself_where_the_workspace_lets_it(personal, harness):
    for each in (personal, harness):
        each.provider.revoke_itself(each.old)
        each.clock.advance(each.propagation + 1)
        assert each.provider.probe(each.old).liveness is Liveness.DEAD
        each.provider.revoke_itself(each.old)
        assert each.provider.probe(each.sibling).liveness is Liveness.LIVE


def test_where_it_may_not_a_person_is_told(personal):
    personal.world.faults.inject("revoke-forbidden")
    with pytest.raises(Refused, match="An administrator disables it"):
        personal.provider.revoke_itself(personal.old)
    assert personal.provider.probe(personal.old).liveness is Liveness.LIVE


def test_a_persons_key_is_known_by_its_end_and_its_owner(personal):
    assert personal.provider.account(personal.old) == "user_practice"
    assert personal.provider.account(single(personal.world.add_key(permissions=()).value)) is None
    assert personal.provider.identify(single("no key of ElevenLabs'")) == []


def test_an_unreadable_refusal_is_no_proof(harness):
    app, provider = harness.world.flask, harness.provider
    for body in ({"detail": "Unauthorized"}, {"detail": [{"msg": "x"}]}, {}):
        app.before_request_funcs[None].insert(0, lambda body=body: (body, 401))
        assert provider.probe(harness.stray).liveness is Liveness.UNKNOWN
        with pytest.raises(OutsideError):
            provider.revoke_itself(harness.stray)
        app.before_request_funcs[None].pop(0)
