from datetime import UTC, datetime

import pytest

from bot.errors import ConfigurationError, Missing, NotAlone, Refused, Unauthorized, Unexpected, Unreachable
from bot.model.keys import Owner, Snapshot
from bot.model.probes import Liveness
from bot.net.http import Http, Reply
from bot.providers import PROVIDERS, capabilities
from bot.providers.contract import Held, Setup
from bot.providers.openai.api import Administration, Key
from bot.secrets.secret import Credential, Secret
from tests.providers.openai.harness import openai, openai_user_key

NAME = "inc_abc234_openai_api_key_1"


@pytest.fixture
def harness():
    with openai() as harness:
        yield harness
        assert harness.exchanges.breaches == []


def single(value):
    return Credential.single(Secret(value))


@pytest.mark.parametrize(
    ("fault", "liveness"),
    [
        ("probe-ip-not-authorized", Liveness.LIVE),
        ("probe-incorrect-hostname", Liveness.LIVE),
        ("probe-quota", Liveness.UNKNOWN),
    ],
)
def test_a_live_key_with_a_refusal_that_resembles_death_is_never_dead(harness, fault, liveness):
    harness.world.faults.inject(fault)
    assert harness.provider.probe(harness.old).liveness is liveness
    assert harness.provider.probe(harness.stray).liveness is Liveness.DEAD
    harness.world.faults.clear()
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_the_detail_says_what_was_answered_in_our_words(harness):
    harness.world.faults.inject("probe-ip-not-authorized", 1)
    assert harness.provider.probe(harness.old).detail == "HTTP 401 ip_not_authorized, recognised but not from here"
    assert harness.provider.probe(harness.stray).detail == "HTTP 401 invalid_api_key"


def test_a_key_that_may_not_list_models_is_live(harness):
    key = harness.world.add_key("proj_a", service_account="svc_a", restricted=True)
    assert harness.provider.probe(single(key.value)).liveness is Liveness.LIVE


def test_two_keys_that_look_alike_are_two_candidates(harness):
    twin = harness.world.add_key("proj_a", "twin", twin_of=harness.old.key.reveal())
    assert {key.id for key in harness.provider.identify(harness.old)} == {harness.old_id, f"proj_a/{twin.id}"}
    assert harness.provider.account(harness.old) == "proj_a"


def test_without_a_project_option_all_projects_are_searched(harness):
    elsewhere = harness.world.add_key("proj_b", "app", user="Grace Hopper")
    provider = harness.reconfigured(options={})
    [found] = provider.identify(single(elsewhere.value))
    assert found.id == f"proj_b/{elsewhere.id}"
    assert found.hint.endswith(elsewhere.value[-4:])
    harness.world.add_key("proj_a", "twin", twin_of=elsewhere.value)
    assert provider.account(single(elsewhere.value)) is None


def test_long_lists_are_read_to_their_end(harness):
    for number in range(205):
        harness.world.add_key("proj_a", f"inc_abc234_{number}", service_account="svc_a")
    assert len(harness.provider.issued("inc_abc234_")) == 205


def test_a_persons_leaked_key_is_revoked_and_followed_by_one_of_the_service_account(harness):
    leaked = harness.world.add_key("proj_a", "laptop", user="Ada Lovelace")
    [found] = harness.provider.identify(single(leaked.value))
    snapshot = harness.provider.snapshot(single(leaked.value), found.id)
    assert snapshot.owner == "user Ada Lovelace"
    assert "service account" in snapshot.facts["successor"]
    issued = harness.provider.issue(NAME, snapshot)
    harness.provider.revoke(Held(single(leaked.value), found.id))
    harness.clock.advance(60)
    assert harness.provider.probe(single(leaked.value)).liveness is Liveness.DEAD
    assert harness.provider.probe(issued.credential).liveness is Liveness.LIVE


def test_the_snapshot_tells_the_last_use_and_that_scopes_are_not_shown(harness):
    assert harness.provider.snapshot(harness.old, harness.old_id).last_used_at is None
    harness.provider.probe(harness.old)
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert snapshot.last_used_at.timestamp() == harness.clock.now
    assert snapshot.scopes is None
    assert "compare them with the role of the service account" in snapshot.facts["scopes"]
    assert not harness.provider.card.copies_scopes


def test_known_scopes_are_copied_and_an_empty_list_never_sent(harness):
    issued = harness.provider.issue(NAME, Snapshot(scopes=("api.model.read",)))
    [made] = [key for key in harness.world.live_keys() if key.value == issued.credential.key.reveal()]
    assert made.scopes == ("api.model.read",)
    assert issued.key_id == f"proj_a/{made.id}"
    with pytest.raises(Refused, match="no scope"):
        harness.provider.issue(NAME, Snapshot(scopes=()))


@pytest.mark.parametrize("options", [{}, {"service_account": "svc_a"}])
def test_issuing_needs_a_project(harness, options):
    with pytest.raises(Refused, match="needs the option project"):
        harness.reconfigured(options=options).issue(NAME, Snapshot())


def test_a_service_account_of_another_project_is_missing(harness):
    provider = harness.reconfigured(options={"project": "proj_a", "service_account": "svc_elsewhere"})
    with pytest.raises(Missing):
        provider.issue(NAME, Snapshot())


def test_an_id_that_now_names_another_key_is_left_alone(harness):
    other = next(key.id for key in harness.provider.identify(harness.sibling))
    with pytest.raises(Refused, match="no longer the recorded one"):
        harness.provider.revoke(Held(harness.old, other))
    with pytest.raises(Refused, match="does not look like"):
        harness.provider.snapshot(harness.old, other)
    harness.clock.advance(60)
    assert harness.provider.probe(harness.sibling).liveness is Liveness.LIVE


def test_the_admin_key_is_never_revoked(harness):
    with pytest.raises(Refused, match="the bot itself uses"):
        harness.provider.revoke(Held(single(harness.world.admin_key), harness.old_id))


def test_an_id_of_another_form_is_refused(harness):
    with pytest.raises(Refused, match="project/key"):
        harness.provider.revoke(Held(harness.old, "key_abc"))


def test_a_key_that_does_not_end_by_itself_is_told_apart(harness):
    harness.world.faults.inject("revoke-not-alone", 1)
    with pytest.raises(NotAlone, match="does not end by itself"):
        harness.provider.revoke(Held(harness.old, harness.old_id))
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_its_owner_is_named_with_all_that_would_die(harness):
    owner = harness.provider.owner(Held(harness.old, harness.old_id))
    assert owner == Owner("svc_a", "the service account svc_a, with its other keys (1: worker)", alone=False)
    with pytest.raises(Refused, match=r"other working keys would be revoked with it: .*worker"):
        harness.provider.revoke_with_owner(Held(harness.old, harness.old_id), "svc_a")
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


@pytest.fixture
def alone(harness):
    """A key that is the only one of its service account."""
    key = harness.world.add_key("proj_a", "lonely", service_account="svc_b")
    return Held(single(key.value), f"proj_a/{key.id}")


def test_an_owner_of_nothing_else_is_deleted_with_its_key(harness, alone):
    owner = harness.provider.owner(alone)
    assert owner == Owner("svc_b", "the service account svc_b, with no other key", alone=True)
    for _ in range(2):
        harness.provider.revoke_with_owner(alone, owner.id)
    harness.clock.advance(3600)
    assert harness.provider.probe(alone.credential).liveness is Liveness.DEAD
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE
    with pytest.raises(Missing, match="the key is gone"):
        harness.provider.owner(alone)


def test_a_deletion_of_the_owner_that_did_nothing_is_seen_by_the_probe_alone(harness, alone):
    harness.world.faults.inject("revoke-account-ignored", 1)
    harness.provider.revoke_with_owner(alone, "svc_b")
    harness.clock.advance(3600)
    assert harness.provider.probe(alone.credential).liveness is Liveness.LIVE


def test_an_owner_that_changed_or_owns_the_bots_own_key_is_left_alone(harness, alone):
    with pytest.raises(Refused, match="no longer what the key belongs to"):
        harness.provider.revoke_with_owner(alone, "svc_a")
    harness.world.add_admin_key("second", service_account="svc_b")
    with pytest.raises(Refused, match="owns the admin key that the bot itself uses"):
        harness.provider.revoke_with_owner(alone, "svc_b")
    assert harness.provider.probe(alone.credential).liveness is Liveness.LIVE


# --- service accounts of their own ----------------------------------------------------------------------------------


@pytest.fixture
def own(harness):
    """The provider of a catalog entry that names no service account."""
    return harness.reconfigured(options={"project": "proj_a"})


def test_where_the_catalog_names_no_account_a_key_gets_one_of_its_own(harness, own):
    made = own.issue("inc_abc234_main_1", Snapshot())
    assert own.probe(made.credential).liveness is Liveness.LIVE
    assert [(key.id, key.name) for key in own.issued("inc_abc234_")] == [(made.key_id, "inc_abc234_main_1")]
    owner = own.owner(Held(made.credential, made.key_id))
    assert owner.alone
    assert owner.words == "the service account inc_abc234_main_1, with no other key"


def test_a_key_with_an_account_of_its_own_cannot_be_kept_to_scopes(own):
    with pytest.raises(Refused, match="all the rights of a member"):
        own.issue("inc_abc234_main_1", Snapshot(scopes=("api.model.read",)))


def test_such_a_key_does_not_keep_the_leaked_one_from_ending_with_its_account(harness, own, alone):
    own.issue("inc_abc234_main_1", Snapshot())
    harness.world.faults.inject("revoke-not-alone")
    with pytest.raises(NotAlone):
        own.revoke(alone)
    own.revoke_with_owner(alone, own.owner(alone).id)
    harness.clock.advance(60)
    assert own.probe(alone.credential).liveness is Liveness.DEAD


@pytest.mark.parametrize("effect", ["create-reset", "create-timeout"])
def test_one_whose_value_was_lost_ends_with_its_own_account(harness, own, effect):
    with harness.fault(effect), pytest.raises(Unreachable):
        harness.reconfigured(0.3, options={"project": "proj_a"}).issue("inc_abc234_main_1", Snapshot())
    (orphan,) = own.issued("inc_abc234_")
    harness.world.faults.inject("revoke-not-alone")
    own.revoke(Held(single(""), orphan.id))
    assert own.issued("inc_abc234_") == []
    assert own.probe(harness.old).liveness is Liveness.LIVE


def test_one_whose_value_was_lost_takes_no_account_of_others_with_it(harness):
    lost = harness.provider.issue("inc_abc234_main_1", Snapshot())
    harness.world.faults.inject("revoke-not-alone")
    with pytest.raises(NotAlone):
        harness.provider.revoke(Held(single(""), lost.key_id))


def test_a_new_account_without_a_key_is_unexpected(harness):
    class NoKey:
        def send(self, *_args, **_more):
            return Reply(200, b'{"id": "svc_1", "api_key": null}', "openai", "make")

    provider = PROVIDERS["openai"].configured(Setup({"project": "p"}, lambda _role: NoKey(), lambda: Secret("a")))
    with pytest.raises(Unexpected, match="holds no key of the new service account"):
        provider.issue("inc_abc234_main_1", Snapshot())


def test_a_persons_key_has_no_owner_that_could_be_deleted(harness):
    key = harness.world.add_key("proj_a", "laptop", user="Ada Lovelace")
    with pytest.raises(Refused, match="a person's key, which revokes itself"):
        harness.provider.owner(Held(single(key.value), f"proj_a/{key.id}"))


def test_keys_made_since_the_exposure_are_listed_whoever_made_them(harness):
    since = datetime.fromtimestamp(harness.clock() + 60, UTC)
    assert harness.provider.leftovers(since, harness.old, harness.old_id) == []
    harness.clock.advance(120)
    other = harness.world.add_key("proj_b", "stranger", user="Mallory")
    harness.world.add_admin_key("backdoor")
    found = harness.provider.leftovers(since, harness.old, harness.old_id)
    assert [(each.item, each.name) for each in found] == [("project-keys", "stranger"), ("admin-keys", "backdoor")]
    assert found[0].id == f"proj_b/{other.id}"
    assert {each.item for each in found} <= set(harness.provider.card.inspects)


def test_who_stays_on_a_persons_key_has_it_made_by_that_person():
    able = capabilities(PROVIDERS["openai/user-key"])
    assert (able.makes, able.revokes) == ("person", "machine")
    with openai_user_key() as harness:
        snapshot = harness.provider.snapshot(harness.old, harness.old_id)
        assert snapshot.owner == "user Ada Lovelace"
        assert "successor" not in snapshot.facts
        with pytest.raises(ConfigurationError, match="unknown option 'service_account'"):
            harness.reconfigured(options={"service_account": "svc_a"})


def test_a_deletion_that_did_nothing_is_seen_by_the_probe_alone(harness):
    harness.world.faults.inject("revoke-ignored", 1)
    harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.clock.advance(3600)
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


@pytest.mark.parametrize(
    ("redacted", "value", "fits"),
    [
        ("sk-abc...def", "sk-abc12345def", True),
        ("sk-abc********def", "sk-abc12345def", True),
        ("sk-abc…def", "sk-abc12345def", True),
        ("...def", "sk-abc12345def", True),
        ("sk-abc...def", "sk-abc12345deg", False),
        ("sk-abc...def", "sk-abd12345def", False),
        ("sk-abc...def", "sk-abcdef"[:8], False),
        ("sk-abc...", "sk-abc12345def", False),
        ("sk-abc12345def", "sk-abc12345def", False),
        ("", "sk-abc12345def", False),
    ],
)
def test_a_value_fits_what_the_list_shows_of_it(redacted, value, fits):
    assert Key(id="key_a", redacted_value=redacted, created_at=0).fits(value) is fits


def scripted(monkeypatch, harness, replies):
    """Makes the administration answer from `replies` (status, body) in turn: what the fake has no way to say."""
    replies = iter(replies)
    monkeypatch.setattr(
        Administration, "ask", lambda *_, **__: Reply(*next(replies), "openai", "revoke key"), raising=True
    )
    return harness.provider


SHOWN = (
    b'{"id": "key_a", "name": "inc_abc234_openai_api_key_1", "redacted_value": "sk-...", "created_at": 1,'
    b' "owner": {"type": "user"}}'
)
ORPHAN = Held(Credential.single(Secret("")), "proj_a/key_a")


def test_a_key_that_goes_between_the_look_and_the_deletion_is_gone(harness, monkeypatch):
    scripted(monkeypatch, harness, [(200, SHOWN), (404, b"")]).revoke(ORPHAN)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"deleted": false}', Unexpected),
        (200, b"<p>", Unexpected),
        (403, b"", Unauthorized),
        (409, b"", Refused),
    ],
)
def test_anything_but_a_stated_deletion_is_an_error(harness, monkeypatch, status, body, kind):
    with pytest.raises(kind):
        scripted(monkeypatch, harness, [(200, SHOWN), (status, body)]).revoke(ORPHAN)


def test_a_keys_end_is_part_of_the_snapshot(harness, monkeypatch):
    shown = b'{"id": "key_a", "redacted_value": "sk-s...f0", "created_at": 1, "expires_at": 86400}'
    monkeypatch.setattr(Http, "send", lambda *_, **__: Reply(200, shown, "openai", "read key"))
    snapshot = harness.provider.snapshot(harness.stray, "proj_a/key_a")
    assert snapshot.facts["expires at"] == "1970-01-02T00:00:00+00:00"


class Endless:
    """An administration whose lists never come to an end."""

    def __init__(self, http, last_id) -> None:
        self.http, self.last_id = http, last_id

    def send(self, *_, **__):
        number = next(self.last_id)
        return self.http(f'{{"data": [], "has_more": true, "last_id": {number}}}')


@pytest.mark.parametrize("ids", [["null"], ['"a"', '"a"'], [f'"{number}"' for number in range(99)]])
def test_a_list_without_an_end_is_given_up(ids):
    endless = Endless(lambda body: Reply(200, body.encode(), "openai", "list keys"), iter(ids))
    with pytest.raises(Unexpected, match="does not end"):
        list(Administration(endless, lambda: Secret("sk-admin-x"), "proj_a").listed())
