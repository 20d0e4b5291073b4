from datetime import UTC, datetime

import pytest

from bot.errors import ConfigurationError, Missing, OutsideError, Refused, Unexpected, Unreachable
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import abilities
from bot.providers.contract import Held, Setup
from bot.providers.twilio.api import Key
from bot.providers.twilio.api_key import STANDARD, TwilioApiKey
from bot.providers.twilio.main_key import TwilioMainKey
from bot.providers.twilio.provider import Twilio
from bot.secret import Credential, Secret
from tests.providers.twilio.harness import key_pair, pair, token_pair, twilio, twilio_api_key, twilio_main_key

NAME = "inc_abc234_twilio_1"
LOST = Credential.single(Secret(""))


@pytest.fixture
def rig():
    with twilio() as rig:
        yield rig
        assert rig.exchanges.breaches == []


@pytest.fixture
def keys():
    with twilio_api_key() as rig:
        yield rig
        assert rig.exchanges.breaches == []


@pytest.fixture
def main():
    with twilio_main_key() as rig:
        yield rig


def issue(rig):
    return rig.provider.issue(NAME, rig.provider.snapshot(rig.old, rig.old_id))


def alive(rig, credential):
    return rig.provider.probe(credential).liveness


def account(rig):
    return rig.world.accounts[rig.old_id]


# --- auth tokens ----------------------------------------------------------------------------------------------------


def test_what_the_machine_can_do():
    able = abilities(Twilio)
    assert (able.makes, able.revokes, able.revoke_needs_replacement) == ("issue", "machine", True)
    assert (abilities(Twilio, admin=False).makes, abilities(Twilio, admin=False).revokes) == ("person", "person")
    assert abilities(TwilioApiKey).makes == "issue"
    assert (abilities(TwilioMainKey).makes, abilities(TwilioMainKey).revokes) == ("person", "machine")


def test_both_tokens_are_accepted_until_the_replacement_is_promoted(rig):
    new = issue(rig)
    assert new.key_id == f"{rig.old_id}/{NAME}"
    assert {name: value.reveal() for name, value in new.credential.parts.items()} == {
        "sid": rig.old_id,
        "token": account(rig).secondary.value,
    }
    assert (alive(rig, rig.old), alive(rig, new.credential)) == (Liveness.LIVE, Liveness.LIVE)
    rig.provider.revoke(Held(rig.old, rig.old_id, new.credential))
    rig.clock.advance(rig.propagation + 1)
    assert (alive(rig, rig.old), alive(rig, new.credential)) == (Liveness.DEAD, Liveness.LIVE)
    assert account(rig).primary.value == new.credential.key.reveal()
    assert [key.name for key in rig.provider.identify(new.credential)] == ["primary auth token"]


@pytest.mark.parametrize("effect", ["create-reset", "create-timeout"])
def test_a_secondary_whose_value_was_lost_is_ended_by_the_next_making(rig, effect):
    like = rig.provider.snapshot(rig.old, rig.old_id)
    with rig.fault(effect) as (provider, _), pytest.raises(Unreachable):
        provider.issue(NAME, like)
    lost = token_pair(account(rig).secondary)
    assert alive(rig, lost) is Liveness.LIVE
    new = rig.provider.issue(NAME, like)
    rig.clock.advance(rig.propagation + 1)
    assert (alive(rig, lost), alive(rig, new.credential)) == (Liveness.DEAD, Liveness.LIVE)
    assert alive(rig, rig.old) is Liveness.LIVE


def test_a_secondary_that_an_attacker_made_does_not_outlive_the_making(rig):
    like, theirs = rig.provider.snapshot(rig.old, rig.old_id), token_pair(rig.world.add_secondary(account(rig)))
    rig.provider.issue(NAME, like)
    rig.clock.advance(rig.propagation + 1)
    assert alive(rig, theirs) is Liveness.DEAD


def test_a_doomed_token_is_ended_by_its_name_alone(rig):
    new = issue(rig)
    for _ in range(2):
        rig.provider.revoke(Held(LOST, new.key_id))
    assert account(rig).secondary is None
    assert alive(rig, rig.old) is Liveness.LIVE
    for odd in (rig.old_id, f"AC{'0' * 32}/{NAME}", f"{rig.old_id}/"):
        with pytest.raises(Refused, match="made here"):
            rig.provider.revoke(Held(LOST, odd))


def test_nothing_is_promoted_without_a_replacement_that_is_accepted(rig):
    new = issue(rig).credential
    others = (None, rig.old, rig.bystander)
    for other in others:
        with pytest.raises(Refused, match="and there is none"):
            rig.provider.revoke(Held(rig.old, rig.old_id, other))
    with pytest.raises(Unexpected, match="nothing was promoted"):
        rig.provider.revoke(Held(rig.old, rig.old_id, rig.stray))
    rig.world.add_secondary(account(rig))  # somebody else's, in its place
    rig.clock.advance(rig.propagation + 1)
    with pytest.raises(Unexpected, match="nothing was promoted"):
        rig.provider.revoke(Held(rig.old, rig.old_id, new))
    assert account(rig).primary.value == rig.old.key.reveal()


def test_nothing_is_promoted_while_the_old_token_cannot_be_asked_about(rig):
    new = issue(rig).credential
    app = rig.world.flask.before_request_funcs[None]
    app.append(_broken_for(rig.old.key.reveal()))
    with pytest.raises(Unexpected, match="unclear"):
        rig.provider.revoke(Held(rig.old, rig.old_id, new))
    app.pop()
    assert account(rig).primary.value == rig.old.key.reveal()


def _broken_for(password):
    from flask import request

    return lambda: ({"code": 70051}, 401) if request.authorization.password == password else None


def test_a_promotion_whose_answer_was_lost_is_not_made_twice(rig):
    new = issue(rig).credential
    with rig.fault("promote-reset") as (provider, _), pytest.raises(Unreachable):
        provider.revoke(Held(rig.old, rig.old_id, new))
    rig.world.add_secondary(account(rig), "somebody else's")
    rig.clock.advance(rig.propagation + 1)
    rig.provider.revoke(Held(rig.old, rig.old_id, new))
    assert account(rig).primary.value == new.key.reveal()
    assert account(rig).secondary is not None


def test_a_leaked_secondary_is_deleted_and_the_primary_stays(rig):
    leaked, primary = token_pair(rig.world.add_secondary(account(rig))), rig.old
    snapshot = rig.provider.snapshot(leaked, rig.old_id)
    assert snapshot.facts["role"] == "secondary"
    with pytest.raises(Refused, match="secondary one itself"):
        rig.provider.issue(NAME, snapshot)
    assert alive(rig, leaked) is Liveness.LIVE
    rig.provider.revoke(Held(leaked, rig.old_id, primary))
    rig.clock.advance(rig.propagation + 1)
    assert (alive(rig, leaked), alive(rig, primary)) == (Liveness.DEAD, Liveness.LIVE)


def test_where_twilio_hides_the_primary_a_person_promotes(rig):
    rig.world.faults.inject("probe-token-hidden")
    new = issue(rig).credential
    with pytest.raises(Refused, match="promote or delete the secondary in the console"):
        rig.provider.revoke(Held(rig.old, rig.old_id, new))
    assert rig.provider.snapshot(rig.old, rig.old_id).facts["role"] == "unknown"
    assert account(rig).primary.value == rig.old.key.reveal()


def test_the_promotion_of_another_token_is_told_at_once(rig):
    new = issue(rig).credential
    rig.world.faults.inject("promote-other")
    with pytest.raises(Unexpected, match="another token than the replacement was promoted"):
        rig.provider.revoke(Held(rig.old, rig.old_id, new))


def test_a_suspended_account_is_no_proof_since_the_control_fails_too(rig, keys):
    for each in (rig, keys):
        each.world.faults.inject("account-suspended")
        assert each.provider.probe(each.old).detail == "HTTP 401, code 20003"
        assert each.provider.control().liveness is Liveness.UNKNOWN
        each.world.faults.clear()


def test_a_refusal_at_another_account_proves_nothing(rig):
    foreign = pair("AC" + "9" * 32, "a1" * 16, "token")
    assert alive(rig, foreign) is Liveness.UNKNOWN
    assert rig.provider.account(foreign) is None
    malformed = pair("AC1", "a1" * 16, "token")
    assert alive(rig, malformed) is Liveness.UNKNOWN
    assert rig.provider.identify(malformed) == []
    with pytest.raises(Refused, match="another"):
        rig.provider.snapshot(rig.bystander, rig.old_id)
    with pytest.raises(Refused, match="another account"):
        rig.provider.revoke(Held(rig.bystander, rig.old_id, rig.old))


def test_a_token_alone_is_asked_about_at_the_catalogs_account(rig):
    assert alive(rig, Credential.single(rig.old.key)) is Liveness.LIVE


def test_the_admin_credential_is_never_an_auth_token(rig):
    provider = rig.reconfigured(admin=f"{rig.old_id}:{rig.old.key.reveal()}")
    assert provider.control().liveness is Liveness.UNKNOWN
    with pytest.raises(Refused, match="would end with the rotation"):
        provider.issue(NAME, Snapshot())


def test_a_parents_key_never_rotates_the_parents_token_in_place_of_a_subaccounts(rig):
    sub = rig.world.add_account(owner=rig.old_id)
    provider = rig.reconfigured(options={"account": sub.sid})
    with pytest.raises(Refused, match="subaccount"):
        provider.issue(NAME, Snapshot())
    assert account(rig).secondary is None


def test_an_admin_key_of_another_account_makes_nothing(rig):
    other = rig.world.add_account().sid
    provider = rig.reconfigured(options={"account": other})
    with pytest.raises(OutsideError):
        provider.issue(NAME, Snapshot())
    rig.world.accounts[other].owner = rig.old_id  # may be read, and is not a subaccount by its own words
    rig.world.flask.after_request_funcs.setdefault(None, []).append(_own_owner(other))
    with pytest.raises(Refused, match="another account than the catalog's"):
        provider.issue(NAME, Snapshot())
    assert account(rig).secondary is None


def _own_owner(sid):
    from flask import request

    def change(response):
        if request.path.endswith(f"{sid}.json"):
            response.set_data(response.get_data().replace(b'"owner_account_sid"', b'"was"'))
        return response

    return change


def test_the_account_must_be_named():
    for options, words in (({}, "'account' is needed"), ({"account": "AC12"}, "no account SID")):
        with pytest.raises(ConfigurationError, match=words):
            Twilio.configured(Setup(options, http=lambda _role: None))


# --- API keys -------------------------------------------------------------------------------------------------------


def test_a_standard_key_is_followed_by_a_standard_key(keys):
    snapshot = keys.provider.snapshot(keys.old, keys.old_id)
    assert snapshot.scopes == STANDARD
    made = keys.provider.issue(NAME, snapshot)
    [key] = [key for key in keys.world.all_keys() if key.id == made.key_id]
    assert (key.kind, key.name, made.credential.parts["sid"].reveal()) == ("standard", NAME, key.id)


def test_a_restricted_key_is_followed_by_one_with_the_same_permissions(keys):
    policy = ("/twilio/messaging/messages/create", "/twilio/messaging/messages/read")
    old = keys.world.add_key(keys.world.all_keys()[1].account, "narrow", "restricted", policy)
    made = keys.provider.issue(NAME, keys.provider.snapshot(key_pair(old), old.id))
    [key] = [key for key in keys.world.all_keys() if key.id == made.key_id]
    assert (key.kind, key.policy) == ("restricted", policy)


@pytest.mark.parametrize("scopes", [None, ()])
def test_no_key_is_made_without_known_rights(keys, scopes):
    with pytest.raises(Refused, match="nearly all"):
        keys.provider.issue(NAME, Snapshot(scopes=scopes))


def test_a_key_that_may_not_ask_is_never_dead(keys):
    keys.world.faults.inject("probe-no-permission")
    answer = keys.provider.probe(keys.old)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "HTTP 401, code 70051")
    assert keys.provider.account(keys.old) is None


def test_only_the_key_beside_the_value_is_revoked(keys):
    with pytest.raises(Refused, match="not the one that stands beside"):
        keys.provider.revoke(Held(keys.old, keys.bystander.parts["sid"].reveal()))
    with pytest.raises(Refused, match="no SID"):
        keys.provider.revoke(Held(keys.old, "../Keys"))
    assert keys.provider.identify(pair("AC1", "x", "secret")) == []
    assert keys.provider.identify(Credential.single(keys.old.key)) == []


def test_the_admin_key_is_never_revoked(keys, main):
    for rig in (keys, main):
        [admin] = [key for key in rig.world.all_keys() if key.name == "bot"]
        for credential in (key_pair(admin), LOST):
            with pytest.raises(Refused, match="the bot itself uses"):
                rig.provider.revoke(Held(credential, admin.id))


def test_a_key_that_is_gone_is_said_to_be(keys, main):
    for rig in (keys, main):
        with pytest.raises(Missing):
            rig.provider.snapshot(rig.old, "SK" + "7" * 32)


def test_long_lists_are_read_to_their_end(keys, monkeypatch):
    monkeypatch.setattr("bot.providers.twilio.api.PAGE_SIZE", 2)
    for number in range(4):
        keys.world.add_key(keys.world.all_keys()[1].account, f"{NAME}{number}")
    assert len(keys.provider.issued(NAME)) == 4
    monkeypatch.setattr("bot.providers.twilio.api.MOST_PAGES", 2)
    with pytest.raises(Unexpected, match="does not end"):
        keys.provider.issued(NAME)


def test_what_is_newer_than_the_exposure_is_found(rig, keys, main):
    for each in (rig, keys, main):
        each.clock.advance(3600)
        since = datetime.fromtimestamp(each.clock(), UTC)
        assert each.provider.leftovers(since, each.old, each.old_id) == []
        of = next(key.account for key in each.world.all_keys() if key.name == "bot")
        key = each.world.add_key(of, "backdoor")
        [found] = each.provider.leftovers(since, each.old, each.old_id)
        assert (found.id, found.name, found.created_at) == (key.id, "backdoor", since)
        assert found.item in each.provider.card.inspects
        assert set(each.provider.card.inspects) <= set(each.provider.card.checklist)


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("Mon, 13 Jun 2016 22:50:08 +0000", datetime(2016, 6, 13, 22, 50, 8, tzinfo=UTC)),
        ("Mon, 13 Jun 2016 22:50:08 -0000", datetime(2016, 6, 13, 22, 50, 8, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_dates_are_read_as_utc_or_not_at_all(date, found):
    assert Key("SK" + "1" * 32, date_created=date).id.created_at == found


def test_a_main_key_is_made_by_a_person_and_says_what_it_may_do(main):
    assert "all of the account" in main.provider.snapshot(main.old, main.old_id).facts["rights"]
    assert not TwilioMainKey.card.copies_scopes
    assert TwilioMainKey.card.parts == ("sid", "secret")
