from datetime import UTC, datetime

import pytest

from bot.errors import ConfigurationError, OutsideError, Refused, Unexpected, Unreachable
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import capabilities
from bot.providers.contract import Held, Setup
from bot.providers.twilio.api import Key
from bot.providers.twilio.provider import Twilio
from bot.secrets.secret import Credential, Secret
from tests.providers.twilio.harness import pair, token_pair, twilio

NAME = "inc_abc234_twilio_1"
LOST = Credential.single(Secret(""))


@pytest.fixture
def harness():
    with twilio() as harness:
        yield harness
        assert harness.exchanges.breaches == []


PRIMARY = Snapshot(facts={"role": "primary"})


def issue(harness):
    return harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id))


def alive(harness, credential):
    return harness.provider.probe(credential).liveness


def account(harness):
    return harness.world.accounts[harness.old_id]


# --- auth tokens ----------------------------------------------------------------------------------------------------


def test_what_the_machine_can_do():
    able = capabilities(Twilio)
    assert (able.makes, able.revokes, able.revoke_needs_replacement) == ("issue", "machine", True)
    assert (capabilities(Twilio, admin=False).makes, capabilities(Twilio, admin=False).revokes) == ("person", "person")


def test_both_tokens_are_accepted_until_the_replacement_is_promoted(harness):
    new = issue(harness)
    assert new.key_id == f"{harness.old_id}/{NAME}"
    assert {name: value.reveal() for name, value in new.credential.parts.items()} == {
        "sid": harness.old_id,
        "token": account(harness).secondary.value,
    }
    assert (alive(harness, harness.old), alive(harness, new.credential)) == (Liveness.LIVE, Liveness.LIVE)
    harness.provider.revoke(Held(harness.old, harness.old_id, new.credential))
    harness.clock.advance(harness.propagation + 1)
    assert (alive(harness, harness.old), alive(harness, new.credential)) == (Liveness.DEAD, Liveness.LIVE)
    assert account(harness).primary.value == new.credential.key.reveal()
    assert [key.name for key in harness.provider.identify(new.credential)] == ["primary auth token"]


@pytest.mark.parametrize("effect", ["create-reset", "create-timeout"])
def test_a_secondary_whose_value_was_lost_is_ended_by_the_next_making(harness, effect):
    like = harness.provider.snapshot(harness.old, harness.old_id)
    with harness.fault(effect) as (provider, _), pytest.raises(Unreachable):
        provider.issue(NAME, like)
    lost = token_pair(account(harness).secondary)
    assert alive(harness, lost) is Liveness.LIVE
    new = harness.provider.issue(NAME, like)
    harness.clock.advance(harness.propagation + 1)
    assert (alive(harness, lost), alive(harness, new.credential)) == (Liveness.DEAD, Liveness.LIVE)
    assert alive(harness, harness.old) is Liveness.LIVE


def test_a_secondary_that_an_attacker_made_does_not_outlive_the_making(harness):
    like, theirs = (
        harness.provider.snapshot(harness.old, harness.old_id),
        token_pair(harness.world.add_secondary(account(harness))),
    )
    harness.provider.issue(NAME, like)
    harness.clock.advance(harness.propagation + 1)
    assert alive(harness, theirs) is Liveness.DEAD


def test_a_doomed_token_is_ended_by_its_name_alone(harness):
    new = issue(harness)
    for _ in range(2):
        harness.provider.revoke(Held(LOST, new.key_id))
    assert account(harness).secondary is None
    assert alive(harness, harness.old) is Liveness.LIVE
    for odd in (harness.old_id, f"AC{'0' * 32}/{NAME}", f"{harness.old_id}/"):
        with pytest.raises(Refused, match="made here"):
            harness.provider.revoke(Held(LOST, odd))


def test_nothing_is_promoted_without_a_replacement_that_is_accepted(harness):
    new = issue(harness).credential
    others = (None, harness.old, harness.sibling)
    for other in others:
        with pytest.raises(Refused, match="and there is none"):
            harness.provider.revoke(Held(harness.old, harness.old_id, other))
    with pytest.raises(Unexpected, match="nothing was promoted"):
        harness.provider.revoke(Held(harness.old, harness.old_id, harness.stray))
    harness.world.add_secondary(account(harness))  # someone else's, in its place
    harness.clock.advance(harness.propagation + 1)
    with pytest.raises(Unexpected, match="nothing was promoted"):
        harness.provider.revoke(Held(harness.old, harness.old_id, new))
    assert account(harness).primary.value == harness.old.key.reveal()


def test_nothing_is_promoted_while_the_old_token_cannot_be_asked_about(harness):
    new = issue(harness).credential
    app = harness.world.flask.before_request_funcs[None]
    app.append(_broken_for(harness.old.key.reveal()))
    with pytest.raises(Unexpected, match="unknown whether the old token is accepted"):
        harness.provider.revoke(Held(harness.old, harness.old_id, new))
    app.pop()
    assert account(harness).primary.value == harness.old.key.reveal()


def _broken_for(password):
    from flask import request

    return lambda: ({"code": 70051}, 401) if request.authorization.password == password else None


def test_a_promotion_whose_answer_was_lost_is_not_made_twice(harness):
    new = issue(harness).credential
    with harness.fault("promote-reset") as (provider, _), pytest.raises(Unreachable):
        provider.revoke(Held(harness.old, harness.old_id, new))
    harness.world.add_secondary(account(harness), "someone else's")
    harness.clock.advance(harness.propagation + 1)
    harness.provider.revoke(Held(harness.old, harness.old_id, new))
    assert account(harness).primary.value == new.key.reveal()
    assert account(harness).secondary is not None


def test_a_leaked_secondary_is_deleted_and_the_primary_stays(harness):
    leaked, primary = token_pair(harness.world.add_secondary(account(harness))), harness.old
    snapshot = harness.provider.snapshot(leaked, harness.old_id)
    assert snapshot.facts["role"] == "secondary"
    with pytest.raises(Refused, match="secondary one: no"):
        harness.provider.issue(NAME, snapshot)
    assert alive(harness, leaked) is Liveness.LIVE
    harness.provider.revoke(Held(leaked, harness.old_id, primary))
    harness.clock.advance(harness.propagation + 1)
    assert (alive(harness, leaked), alive(harness, primary)) == (Liveness.DEAD, Liveness.LIVE)


@pytest.mark.parametrize("hidden", [True, False])
def test_where_nothing_shows_which_token_leaked_none_is_made_and_so_none_deleted(harness, hidden):
    """The one that leaked may be the secondary, which would be deleted to make room."""
    leaked = token_pair(harness.world.add_secondary(account(harness)))
    if hidden:
        harness.world.faults.inject("probe-token-hidden")
    like = harness.provider.snapshot(leaked, harness.old_id) if hidden else Snapshot()
    with pytest.raises(Refused, match="unknown whether the old token is the primary one"):
        harness.provider.issue(NAME, like)
    assert alive(harness, leaked) is Liveness.LIVE


def test_where_twilio_hides_the_primary_a_person_promotes(harness):
    new = issue(harness).credential
    harness.world.faults.inject("probe-token-hidden")
    with pytest.raises(Refused, match="promote or delete the secondary in the console"):
        harness.provider.revoke(Held(harness.old, harness.old_id, new))
    assert harness.provider.snapshot(harness.old, harness.old_id).facts["role"] == "unknown"
    assert account(harness).primary.value == harness.old.key.reveal()


def test_the_promotion_of_another_token_is_told_at_once(harness):
    new = issue(harness).credential
    harness.world.faults.inject("promote-other")
    with pytest.raises(Unexpected, match="another token than the replacement was promoted"):
        harness.provider.revoke(Held(harness.old, harness.old_id, new))


def test_a_suspended_account_is_no_proof_since_the_control_fails_too(harness):
    harness.world.faults.inject("account-suspended")
    assert harness.provider.probe(harness.old).detail == "HTTP 401, code 20003"
    assert harness.provider.control().liveness is Liveness.UNKNOWN


def test_a_refusal_at_another_account_proves_nothing(harness):
    foreign = pair("AC" + "9" * 32, "a1" * 16, "token")
    assert alive(harness, foreign) is Liveness.UNKNOWN
    assert harness.provider.account(foreign) is None
    malformed = pair("AC1", "a1" * 16, "token")
    assert alive(harness, malformed) is Liveness.UNKNOWN
    assert harness.provider.identify(malformed) == []
    with pytest.raises(Refused, match="another"):
        harness.provider.snapshot(harness.sibling, harness.old_id)
    with pytest.raises(Refused, match="another account"):
        harness.provider.revoke(Held(harness.sibling, harness.old_id, harness.old))


def test_a_token_alone_is_asked_about_at_the_catalogs_account(harness):
    assert alive(harness, Credential.single(harness.old.key)) is Liveness.LIVE


def test_the_admin_credential_is_never_an_auth_token(harness):
    provider = harness.reconfigured(admin=f"{harness.old_id}:{harness.old.key.reveal()}")
    assert provider.control().liveness is Liveness.UNKNOWN
    with pytest.raises(Refused, match="would be revoked by the rotation"):
        provider.issue(NAME, PRIMARY)


def test_a_parents_key_never_rotates_the_parents_token_in_place_of_a_subaccounts(harness):
    sub = harness.world.add_account(owner=harness.old_id)
    provider = harness.reconfigured(options={"account": sub.sid})
    with pytest.raises(Refused, match="subaccount"):
        provider.issue(NAME, PRIMARY)
    assert account(harness).secondary is None


def test_an_admin_key_of_another_account_makes_nothing(harness):
    other = harness.world.add_account().sid
    provider = harness.reconfigured(options={"account": other})
    with pytest.raises(OutsideError):
        provider.issue(NAME, PRIMARY)
    harness.world.accounts[other].owner = harness.old_id  # may be read, and is not a subaccount by its own words
    harness.world.flask.after_request_funcs.setdefault(None, []).append(_own_owner(other))
    with pytest.raises(Refused, match="another account than the catalog's"):
        provider.issue(NAME, PRIMARY)
    assert account(harness).secondary is None


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


def test_what_is_newer_than_the_exposure_is_found(harness, monkeypatch):
    harness.clock.advance(3600)
    since = datetime.fromtimestamp(harness.clock(), UTC)
    assert harness.provider.leftovers(since, harness.old, harness.old_id) == []
    keys = [harness.world.add_key(harness.old_id, f"backdoor {number}") for number in range(4)]
    monkeypatch.setattr("bot.providers.twilio.api.PAGE_SIZE", 2)
    found = harness.provider.leftovers(since, harness.old, harness.old_id)
    assert [(each.id, each.name, each.created_at) for each in found] == [(key.id, key.name, since) for key in keys]
    assert {each.item for each in found} == set(harness.provider.card.inspects)
    assert set(harness.provider.card.inspects) <= set(harness.provider.card.checklist)
    monkeypatch.setattr("bot.providers.twilio.api.MOST_PAGES", 2)
    with pytest.raises(Unexpected, match="does not end"):
        harness.provider.leftovers(since, harness.old, harness.old_id)


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
    assert Key("SK" + "1" * 32, date_created=date).as_leftover.created_at == found
