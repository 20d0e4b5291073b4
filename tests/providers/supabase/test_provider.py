"""What is particular to Supabase: two kinds of keys, and a switch for a pair."""

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import ConfigurationError, Missing, Refused, Unexpected
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers.contract import Held
from bot.providers.supabase.api import Key
from bot.providers.supabase.provider import BOTH_LEGACY, JWT_SECRET, KEYS
from bot.secrets.secret import Secret
from tests.providers.harness import PROPAGATION, key
from tests.providers.supabase.harness import PROJECT, supabase

NAME = "inc_abc234_supabase_service_key_1"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def harness():
    with supabase() as harness:
        yield harness


@pytest.fixture
def old():
    """A service_role key of the old kind has leaked."""
    with supabase(lambda world: world.legacy(PROJECT, "service_role"), BOTH_LEGACY) as harness:
        yield harness


def spread(harness):
    harness.clock.advance(PROPAGATION + 1)


# --- keys of the new kind -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "claims"),
    [
        ("secret", {"role": "reporting"}),
        ("secret", {"role": "service_role"}),
        ("secret", {"role": "reporting", "tenant": "acme", "limits": {"rows": 5, "tables": ["a", "b"]}}),
        ("secret", {"tenant": "acme"}),
        ("secret", {"role": None}),
        ("secret", {}),
        ("publishable", {}),
    ],
)
def test_the_successor_is_of_the_same_kind_and_makes_the_same_claims(harness, kind, claims):
    leaked = harness.world.add_key(PROJECT, "leaked", kind, claims)
    made = harness.provider.issue(NAME, harness.provider.snapshot(key(leaked.value), leaked.id))
    successor = harness.world.by_value(made.credential.key.reveal())
    assert (successor.name, successor.type, successor.claims) == (NAME, kind, claims)


@pytest.mark.parametrize("template", [{"role": None}, {"role": 5}, [], "none", 0])
def test_a_key_with_odd_claims_hides_no_other_key(harness, template):
    odd = harness.world.add_key(PROJECT, "odd")
    odd.claims = template
    assert [found.id for found in harness.provider.identify(harness.old)] == [harness.old_id]
    harness.provider.revoke(Held(harness.old, harness.old_id))
    spread(harness)
    assert harness.provider.probe(harness.old).liveness is Liveness.DEAD


def test_what_a_key_claims_in_a_form_that_nobody_knows_a_person_has_to_read(harness):
    odd = harness.world.add_key(PROJECT, "odd")
    odd.claims = ["role", "service_role"]
    snapshot = harness.provider.snapshot(key(odd.value), odd.id)
    assert snapshot.scopes is None
    with pytest.raises(Refused, match="secret or publishable is not known"):
        harness.provider.issue(NAME, snapshot)


def test_deleted_and_unknown_keys_are_unregistered_and_dead(harness):
    harness.provider.revoke(Held(harness.old, harness.old_id))
    spread(harness)
    for value in (harness.old, harness.stray):
        answer = harness.provider.probe(value)
        assert (answer.liveness, answer.detail) == (Liveness.DEAD, "HTTP 401 Unregistered API key")


def test_what_all_keys_of_a_kind_begin_with_identifies_none(harness):
    for fault in ("list-masked", "list-short-prefixes"):
        harness.world.faults.inject(fault)
    for value in (harness.old, harness.stray):
        assert harness.provider.identify(value) == []
        with pytest.raises(Refused, match="no longer the recorded one"):
            harness.provider.revoke(Held(value, harness.old_id))
    harness.world.faults.clear()
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_a_hash_that_is_the_values_own_is_proof():
    value = Secret("sb_secret_" + "Zz9" * 10)
    digest = hashlib.sha256(value.reveal().encode()).hexdigest()
    listed = Key("id", "app", "secret", Secret(""), "sb_secret_", None, digest=digest)
    assert listed.is_surely(value)
    assert listed.fits(value)
    assert not listed.fits(Secret("sb_secret_" + "Zz8" * 10))


def test_without_knowing_the_kind_none_is_made(harness):
    for like in (Snapshot(), Snapshot(scopes=("role:service_role",))):
        with pytest.raises(Refused, match="secret or publishable is not known"):
            harness.provider.issue(NAME, like)


def test_a_name_that_supabase_does_not_take_is_refused_there(harness):
    with pytest.raises(Refused, match="HTTP 400"):
        harness.provider.issue("Rot-2026", Snapshot(scopes=("secret",)))


def test_the_deletion_says_that_the_key_was_compromised_and_that_of_an_orphan_does_not(harness):
    orphan = harness.world.add_key(PROJECT, NAME)
    harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.provider.revoke(Held(harness.old.replace(key=Secret("")), orphan.id))
    assert [each["was_compromised"] for each in harness.world.deletions] == ["true", "false"]


def test_a_key_that_is_another_one_by_now_is_not_deleted(harness):
    with pytest.raises(Refused, match="no longer the recorded one"):
        harness.provider.revoke(Held(harness.sibling, harness.old_id))
    with pytest.raises(Refused, match="not of Supabase's form"):
        harness.provider.revoke(Held(harness.old, "../legacy"))


def test_a_revocation_that_was_only_said_to_be_done_is_seen(harness):
    harness.world.faults.inject("revoke-ignored")
    harness.provider.revoke(Held(harness.old, harness.old_id))
    spread(harness)
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_where_the_list_masks_values_the_shown_beginning_finds_the_candidates(harness):
    harness.world.faults.inject("list-masked")
    assert [found.id for found in harness.provider.identify(harness.old)] == [harness.old_id]
    assert harness.provider.identify(key("sb_secret_" + "Zz9" * 10)) == []
    with pytest.raises(Unexpected, match="does not show the new key"):
        _masked(harness)


def _masked(harness):
    """Makes a key whose answer has no value, as without `reveal`."""
    management = dataclasses.replace(harness.provider.management, http=_Unrevealed(harness.provider.management.http))
    dataclasses.replace(harness.provider, management=management).issue(NAME, Snapshot(scopes=("secret",)))


class _Unrevealed:
    def __init__(self, http) -> None:
        self._http = http

    def send(self, *words, query, **more):
        return self._http.send(*words, query={**query, "reveal": "false"}, **more)


@pytest.mark.parametrize(
    ("fault", "liveness", "words"),
    [
        ("probe-secret-required", Liveness.LIVE, "not secret"),
        ("probe-only-other-keys", Liveness.LIVE, "not the kind of key"),
        ("probe-no-key", Liveness.UNKNOWN, "not for an invalid key"),
        ("probe-settings-gone", Liveness.LIVE, "HTTP 200"),
        ("probe-html", Liveness.UNKNOWN, "not the documented JSON"),
    ],
)
def test_what_a_living_key_may_be_told_is_not_death(harness, fault, liveness, words):
    harness.world.faults.inject(fault)
    answer = harness.provider.probe(harness.old)
    assert answer.liveness is liveness
    assert words in answer.detail


def test_a_publishable_key_is_alive_where_only_the_root_can_be_asked(harness):
    harness.world.faults.inject("probe-settings-gone")
    assert harness.provider.probe(harness.sibling).liveness is Liveness.LIVE


def test_the_control_is_another_key_of_the_project(harness):
    assert harness.provider.control().detail == "the key web was accepted"
    for each in harness.world.all_keys():
        harness.world.revoke(each)
    assert harness.provider.control().liveness is Liveness.UNKNOWN


def test_the_project_is_checked_before_it_stands_in_an_address(harness):
    for project in ("evil.example/x", "", "A", "a/../b", "-abc"):
        with pytest.raises(ConfigurationError, match="project"):
            harness.reconfigured(options={"project": project})


def test_a_key_that_is_gone_has_no_snapshot(harness):
    with pytest.raises(Missing, match="no such key"):
        harness.provider.snapshot(harness.old, "00000000-0000-0000-0000-000000000000")


def test_newer_keys_are_found(harness):
    since = datetime.fromtimestamp(harness.clock(), UTC) + timedelta(seconds=1)
    harness.clock.advance(10)
    newer = harness.world.add_key(PROJECT, "planted")
    found = harness.provider.leftovers(since, harness.old, harness.old_id)
    assert [(each.item, each.id, each.name) for each in found] == [(KEYS, newer.id, "planted")]


# --- keys of the old kind -------------------------------------------------------------------------------------------


def test_either_old_key_is_the_pair_and_its_successor_is_of_the_new_kind(old):
    for role, kind in (("service_role", "secret"), ("anon", "publishable")):
        leaked = key(old.world.legacy(PROJECT, role).value)
        (found,) = old.provider.identify(leaked)
        assert found.id == BOTH_LEGACY
        assert role in found.name
        kept = old.provider.snapshot(leaked, found.id)
        assert "anon and service_role go together" in kept.facts["is revoked with it"]
        made = old.provider.issue(NAME, kept)
        assert made.credential.key.reveal().startswith(f"sb_{kind}_")
        assert old.provider.account(made.credential) == old.provider.account(leaked) == PROJECT


def test_both_old_keys_die_and_no_new_one(old):
    anon = key(old.world.legacy(PROJECT, "anon").value)
    made = old.provider.issue(NAME, old.provider.snapshot(old.old, BOTH_LEGACY)).credential
    for _ in range(2):
        old.provider.revoke(Held(old.old, BOTH_LEGACY))
    assert old.provider.probe(old.old).liveness is Liveness.LIVE
    spread(old)
    for dead in (old.old, anon):
        answer = old.provider.probe(dead)
        assert answer.liveness is Liveness.DEAD
        assert "Legacy API keys are disabled" in answer.detail
    for alive in (made, old.sibling):
        assert old.provider.probe(alive).liveness is Liveness.LIVE


def test_an_old_key_that_still_passes_as_a_bearer_token_is_not_dead(old):
    old.world.faults.inject("bearer-trusted")
    old.provider.revoke(Held(old.old, BOTH_LEGACY))
    spread(old)
    answer = old.provider.probe(old.old)
    assert answer.liveness is Liveness.LIVE
    assert "revoke the legacy JWT secret" in answer.detail
    assert old.provider.probe(key(old.world.legacy(PROJECT, "anon").value)).liveness is Liveness.DEAD


def test_the_legacy_secret_is_left_over_while_it_is_trusted(old):
    (found,) = [each for each in old.provider.leftovers(EPOCH, old.old, BOTH_LEGACY) if each.item == JWT_SECRET]
    assert found.name == "HS256, in_use"
    old.world.projects[PROJECT].jwt_secret_status = "revoked"
    assert JWT_SECRET not in {each.item for each in old.provider.leftovers(EPOCH, old.old, BOTH_LEGACY)}


def test_without_another_key_there_is_nothing_to_be_a_bearer_beside(old):
    old.provider.revoke(Held(old.old, BOTH_LEGACY))
    for each in old.world.all_keys():
        old.world.revoke(each)
    spread(old)
    assert old.provider.probe(old.old).liveness is Liveness.DEAD
    bare = old.reconfigured(admin=None).probe(old.old)
    assert bare.liveness is Liveness.DEAD
    assert "not tried as a bearer token" in bare.detail


def test_what_cannot_be_told_of_the_bearer_is_unknown(old):
    old.provider.revoke(Held(old.old, BOTH_LEGACY))
    spread(old)
    old.world.faults.inject("list-500")
    assert old.provider.probe(old.old).liveness is Liveness.UNKNOWN


@pytest.mark.parametrize("fault", ["legacy-gone"])
def test_where_the_switch_is_gone_there_is_nothing_to_switch(old, fault):
    old.world.faults.inject(fault)
    old.provider.revoke(Held(old.old, BOTH_LEGACY))


def test_a_switch_that_stays_on_is_seen(old):
    old.world.faults.inject("legacy-ignored")
    with pytest.raises(Unexpected, match="still reported enabled"):
        old.provider.revoke(Held(old.old, BOTH_LEGACY))


def test_the_pair_is_not_switched_off_for_another_value(old):
    for value in (old.sibling, old.old.replace(key=Secret("")), key("ey.not.jwt"), key("a.b")):
        with pytest.raises(Refused, match="not a key of the old kind of this project"):
            old.provider.revoke(Held(value, BOTH_LEGACY))
    assert old.provider.probe(old.old).liveness is Liveness.LIVE


def test_an_old_key_of_another_project_is_not_ours(old):
    old.world.add_project("another-project-there")
    theirs = key(old.world.legacy("another-project-there", "service_role").value)
    assert old.provider.identify(theirs) == []
    assert old.provider.account(theirs) == "another-project-there"


def test_an_old_key_signed_with_an_earlier_secret_is_surely_another(old):
    forged = key(old.old.key.reveal().rpartition(".")[0] + ".AAAA")
    assert old.provider.identify(forged) == []
    old.world.faults.inject("list-masked")
    assert [found.id for found in old.provider.identify(old.old)] == [BOTH_LEGACY]
