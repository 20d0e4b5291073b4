"""The questions that every provider has to answer, asked of each from the registry, over HTTP or the real protocol."""

import contextlib
import dataclasses
import re
from datetime import UTC, datetime

import pytest

from bot.errors import OutsideError
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import PROVIDERS, abilities
from bot.providers.contract import ControlsAlong, Held, Provider, UninstallsBeside
from bot.secret import Secret
from tests.providers.harnesses import RIGS
from tests.support.lying import lying

NAME = "inc_abc234_main_1"
EMPTY = Secret("")


@pytest.fixture(params=list(PROVIDERS))
def rig(request):
    assert request.param in RIGS, f"{request.param} has no rig in tests/providers/harnesses.py"
    with RIGS[request.param]() as rig:
        yield rig
        if rig.exchanges is not None:
            assert rig.exchanges.breaches == []


@pytest.fixture
def able(rig):
    return abilities(type(rig.provider))


def needs(condition, what):
    if not condition:
        pytest.skip(f"a person does this: {what}")


def make(rig, able):
    """A new live credential, made in the way of this provider."""
    match able.makes:
        case "issue" if able.renews:
            return rig.provider.renew(rig.old).credential
        case "issue":
            like = rig.provider.snapshot(rig.old, rig.old_id)
            return rig.provider.issue(NAME, like).credential
        case "install":
            new = rig.provider.generate(rig.old)
            rig.provider.install(new, rig.old)
            return new
        case "person":
            return rig.make_by_hand()


def held(rig, able):
    return Held(rig.old, rig.old_id, make(rig, able) if able.revoke_needs_replacement else None)


def kill(rig, able, new=None):
    match able.revokes:
        case "machine":
            rig.provider.revoke(Held(rig.old, rig.old_id, new) if new else held(rig, able))
        case "itself":
            rig.provider.revoke_itself(rig.old)
        case "person":
            rig.kill_by_hand()


def uninstall(rig, new):
    if isinstance(rig.provider, UninstallsBeside):
        rig.provider.uninstall_beside(new, rig.old, None)
    else:
        rig.provider.uninstall(new)


def liveness(rig, credential):
    return rig.provider.probe(credential).liveness


def ready(able):
    """What a new value is before the old one ends: where the provider holds one, it is only kept ready."""
    return Liveness.DEAD if able.swaps else Liveness.LIVE


def test_it_is_a_provider_whose_card_says_what_a_person_must_know(rig, able):
    card = rig.provider.card
    assert isinstance(rig.provider, Provider)
    assert card.key == rig.name
    assert card.title
    assert card.issue_by_hand.startswith("1. ")
    assert card.revoke_by_hand.startswith("1. ")
    assert all(url.startswith("https://") for url in card.hosts.values())


def test_an_unknown_option_is_refused_with_the_known_ones(rig):
    with pytest.raises(Exception, match="unknown option 'projekt'"):
        rig.reconfigured(options={"projekt": "x"})


def test_live_and_never_existing_are_told_apart(rig):
    assert liveness(rig, rig.old) is Liveness.LIVE
    assert liveness(rig, rig.bystander) is Liveness.LIVE
    assert liveness(rig, rig.stray) is Liveness.DEAD


def test_the_leaked_value_is_identified_and_nothing_else(rig, able):
    needs(able.identifies, "identify")
    assert [key.id for key in rig.provider.identify(rig.old)] == [rig.old_id]
    assert rig.old_id not in [key.id for key in rig.provider.identify(rig.stray)]


def test_a_made_up_value_is_no_key_but_by_its_looks_or_by_the_id_that_it_names(rig, able):
    needs(able.identifies, "identify")
    value, secret = rig.old.key.reveal(), rig.old.key.secret_part.reveal()
    middle = len(secret) // 2
    other = secret[:middle] + ("a" if secret[middle] != "a" else "b") + secret[middle + 1 :]
    made_up = rig.old.replace(**{rig.old.main: Secret(value.replace(secret, other))})
    for found in rig.provider.identify(made_up):
        assert found.by_looks or names(made_up, found.id)


def names(credential, key_id):
    """Whether the id stands in the value or beside it: then it is that key which leaked, whatever the rest says."""
    words = [word for word in re.split(r"[…/]", key_id) if word]
    texts = [part.reveal() for part in credential.parts.values()]
    return all(any(word in text for text in texts) for word in words)


def test_what_a_deletion_would_destroy_is_read_before(rig, able):
    needs(able.snapshots, "snapshot")
    snapshot = rig.provider.snapshot(rig.old, rig.old_id)
    assert snapshot.account
    if able.copies_scopes:
        assert snapshot.scopes


def test_a_new_value_is_live_and_the_old_one_still_is(rig, able):
    new = make(rig, able)
    assert liveness(rig, new) is ready(able)
    assert liveness(rig, rig.old) is Liveness.LIVE
    assert new.key != rig.old.key


def test_a_new_value_belongs_to_the_old_ones_account(rig, able):
    needs(able.compares, "compare accounts")
    old, new = rig.provider.account(rig.old), rig.provider.account(make(rig, able))
    assert old is not None
    assert new == old


def test_the_old_value_is_dead_once_the_revocation_has_spread_and_not_before(rig, able):
    kill(rig, able)
    if rig.propagation:
        assert liveness(rig, rig.old) is Liveness.LIVE
        rig.clock.advance(rig.propagation - 0.1)
        assert liveness(rig, rig.old) is Liveness.LIVE
        rig.clock.advance(0.2)
    assert liveness(rig, rig.old) is Liveness.DEAD


def test_a_bystander_and_the_successor_survive_the_kill(rig, able):
    new = make(rig, able)
    kill(rig, able, new)
    rig.clock.advance(rig.propagation + 1)
    assert liveness(rig, rig.bystander) is Liveness.LIVE
    assert liveness(rig, new) is Liveness.LIVE


def test_revoking_twice_is_success(rig, able):
    needs(able.revokes == "machine", "revoke")
    target = held(rig, able)
    rig.provider.revoke(target)
    rig.provider.revoke(target)
    rig.clock.advance(rig.propagation + 1)
    assert liveness(rig, rig.old) is Liveness.DEAD


def plain(key_id):
    """Of an id that names what it belongs to as well, the last part."""
    return key_id.rpartition("/")[2]


@pytest.mark.parametrize("lie", ["the bystander's", "", "..", "../x", "x?y", "x/../y", "x#y"])
def test_whatever_an_answer_calls_it_no_other_key_than_the_captured_one_is_ended(rig, able, lie):
    needs(able.revokes == "machine" and able.identifies, "revoke")
    flask = getattr(rig.world, "flask", None)
    if flask is None:
        pytest.skip("no ids stand in its answers: the questions about users and roles are its own")
    target, other = held(rig, able), rig.provider.identify(rig.bystander)
    with lying(flask) as liar:
        liar.about = plain(rig.old_id).__eq__
        liar.lie = plain(other[0].id) if lie == "the bystander's" and other else lie
        with contextlib.suppress(OutsideError):
            rig.provider.revoke(target)
        liar.about = None
        by_id = [path for path in liar.ended if not path.endswith(("/legacy", "/Secondary", "/password"))]
        assert all(plain(rig.old_id) in path.split("/") for path in by_id)
    rig.clock.advance(rig.propagation + 1)
    assert liveness(rig, rig.bystander) is Liveness.LIVE


@pytest.mark.parametrize("lie", ["the bystander's", "", "..", "../x", "x?y", "x#y"])
def test_a_create_that_names_another_key_leads_to_the_end_of_none(rig, able, lie):
    needs(able.makes == "issue" and able.revokes == "machine" and able.identifies, "issue and revoke")
    flask = getattr(rig.world, "flask", None)
    if flask is None or rig.unlisted:
        pytest.skip("no ids of its own stand in its answers")
    like, before = rig.provider.snapshot(rig.old, rig.old_id), set(ids(rig))
    bystander = plain(rig.provider.identify(rig.bystander)[0].id)
    with lying(flask) as liar:
        liar.about = lambda text: text in set(ids(rig)) - before
        liar.lie = bystander if lie == "the bystander's" else lie
        try:
            named = rig.provider.issue(NAME, like).key_id
        except OutsideError:
            return
        finally:
            liar.about = None
        if named != NAME:  # where a key has no id but the name that the bot gave it, no answer can say another
            with pytest.raises(OutsideError):
                rig.provider.revoke(lost(rig, named))
            assert liar.ended == []
    assert liveness(rig, rig.bystander) is Liveness.LIVE


def test_a_key_whose_value_is_not_known_is_only_ended_under_a_name_of_the_bots(rig, able):
    needs(able.makes == "issue" and able.revokes == "machine" and able.identifies, "issue and revoke")
    bystanders = rig.provider.identify(rig.bystander)
    if not bystanders:
        pytest.skip("the bystander is another user's, see the provider's own tests")
    with pytest.raises(OutsideError):
        rig.provider.revoke(lost(rig, bystanders[0].id))
    rig.clock.advance(rig.propagation + 1)
    assert liveness(rig, rig.bystander) is Liveness.LIVE


def ids(rig):
    """All ids that its world knows of keys."""
    keys = rig.world.all_keys() if hasattr(rig.world, "all_keys") else []
    hooks = rig.world.webhooks.all() if hasattr(rig.world, "webhooks") else []
    return [each.id for each in (*keys, *hooks)]


def lost(rig, key_id):
    return Held(rig.old.replace(**{rig.old.main: EMPTY}), key_id)


@pytest.mark.parametrize("effect", ["create-reset", "create-timeout"])
def test_a_key_whose_making_was_interrupted_is_found_and_can_be_ended(rig, able, effect):
    needs(able.makes == "issue", "issue")
    if rig.unlisted or able.renews:
        pytest.skip("nothing lists what was made: the next making ends it, see the provider's own tests")
    like = rig.provider.snapshot(rig.old, rig.old_id)
    with rig.fault(effect) as (provider, _), pytest.raises(OutsideError):
        provider.issue(NAME, like)
    orphans = rig.provider.issued("inc_abc234_")
    assert [orphan.name for orphan in orphans] == [NAME]
    lost = dataclasses.replace(Held(rig.old, orphans[0].id), credential=rig.old.replace(**{rig.old.main: EMPTY}))
    rig.provider.revoke(lost)
    assert rig.provider.issued("inc_abc234_") == []
    assert liveness(rig, rig.old) is Liveness.LIVE


def test_nothing_is_found_where_nothing_was_made(rig, able):
    needs(able.makes == "issue", "issue")
    if able.renews:
        pytest.skip("nothing lists what was made, see the provider's own tests")
    like = rig.provider.snapshot(rig.old, rig.old_id)
    with rig.fault("create-500") as (provider, _), pytest.raises(OutsideError):
        provider.issue(NAME, like)
    assert rig.provider.issued("inc_abc234_") == []


def test_installing_and_uninstalling_can_be_repeated(rig, able):
    needs(able.makes == "install", "install")
    new = rig.provider.generate(rig.old)
    uninstall(rig, new)
    for _ in range(2):
        rig.provider.install(new, rig.old)
    assert liveness(rig, new) is ready(able)
    for _ in range(2):
        uninstall(rig, new)
    assert liveness(rig, new) is Liveness.DEAD
    assert liveness(rig, rig.old) is Liveness.LIVE


def test_the_admin_credential_is_a_control_for_the_path(rig, able):
    needs(able.controls, "control")
    assert rig.provider.control().liveness is Liveness.LIVE
    if isinstance(rig.provider, ControlsAlong):
        assert rig.provider.control_along(rig.old).liveness is Liveness.LIVE


def test_what_is_unclear_is_unknown_and_never_dead(rig, able):
    for effect in rig.effects:
        with rig.fault(effect) as (provider, credential):
            answer = provider.probe(credential)
            assert answer.liveness is Liveness.UNKNOWN, effect
            assert_silent(rig, answer)
            if able.controls:
                assert provider.control().liveness is Liveness.UNKNOWN, effect
                if isinstance(provider, ControlsAlong):
                    assert provider.control_along(credential).liveness is Liveness.UNKNOWN, effect


def test_under_a_fault_every_error_is_ours_and_holds_no_secret(rig, able):
    like = rig.provider.snapshot(rig.old, rig.old_id) if able.snapshots else Snapshot()
    target = held(rig, able)
    calls = {
        "identify": lambda provider, credential: provider.identify(credential),
        "snapshot": lambda provider, credential: provider.snapshot(credential, rig.old_id),
        "issue": lambda provider, _: provider.issue(NAME, like),
        "issued": lambda provider, _: provider.issued("inc_"),
        "install": lambda provider, credential: provider.install(provider.generate(credential), credential),
        "uninstall": lambda provider, credential: provider.uninstall(credential),
        "renew": lambda provider, credential: provider.renew(credential),
        "revoke": lambda provider, credential: provider.revoke(dataclasses.replace(target, credential=credential)),
    }
    for effect in rig.effects:
        for name, call in calls.items():
            if not hasattr(rig.provider, name) or name in rig.offline:
                continue
            with rig.fault(effect) as (provider, credential), pytest.raises(OutsideError) as failed:
                call(provider, credential)
            assert failed.value.system == rig.provider.card.name
            assert_silent(rig, failed.value)
            assert failed.value.__suppress_context__ or failed.value.__context__ is None


@pytest.mark.parametrize("number", [10**30, -(10**30), 2**63, 1e30])
def test_numbers_that_cannot_be_used_are_an_error_of_ours_and_no_crash(rig, number):
    assert_usable_or_refused(rig, lambda said: isinstance(said, int) and not isinstance(said, bool), number)


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-01T00:00:00",
        "0001-01-01T00:00:00+23:59",
        "Mon, 01 Jan 2026 00:00:00 +9999999999999999",
        "soon",
        5,
        None,
    ],
)
def test_times_that_cannot_be_used_are_an_error_of_ours_and_no_crash(rig, time):
    dated = re.compile(r"(\d{4}-\d\d-\d\dT|\w{3}, \d\d \w{3} \d{4} ).*")
    assert_usable_or_refused(rig, lambda said: isinstance(said, str) and bool(dated.fullmatch(said)), time)


def assert_usable_or_refused(rig, about, lie):
    flask, since = getattr(rig.world, "flask", None), datetime(2000, 1, 1, tzinfo=UTC)
    if flask is None:
        pytest.skip("its answers are not JSON")
    calls = {
        "probe": lambda provider: provider.probe(rig.old),
        "control": lambda provider: provider.control(),
        "account": lambda provider: provider.account(rig.old),
        "identify": lambda provider: provider.identify(rig.old),
        "snapshot": lambda provider: provider.snapshot(rig.old, rig.old_id),
        "issued": lambda provider: provider.issued("inc_"),
        "leftovers": lambda provider: provider.leftovers(since, rig.old, rig.old_id),
        "owner": lambda provider: provider.owner(Held(rig.old, rig.old_id)),
    }
    with lying(flask) as liar:
        liar.about, liar.lie = about, lie
        for name, call in calls.items():
            if hasattr(rig.provider, name):
                with contextlib.suppress(OutsideError):
                    call(rig.provider)


def test_without_an_admin_credential_probing_goes_on_and_the_rest_is_refused_in_words(rig, able):
    if rig.provider.card.own_identity:
        pytest.skip("the bot's own identity administers it")
    bare = rig.reconfigured(admin=None)
    assert bare.probe(rig.old).liveness is (Liveness.UNKNOWN if rig.probed_by_admin else Liveness.LIVE)
    if able.controls:
        assert bare.control().liveness is Liveness.UNKNOWN
    if able.revokes == "machine":
        with pytest.raises(OutsideError, match="the catalog names none"):
            bare.revoke(held(rig, able))
    assert abilities(type(rig.provider), admin=False).revokes != "machine"


def test_a_refused_admin_credential_is_our_own_trouble(rig, able):
    needs(able.revokes == "machine", "revoke")
    target = held(rig, able)
    provider = rig.reconfigured(admin=rig.wrong_admin or rig.stray.key.reveal())
    if able.controls:
        assert provider.control().liveness is Liveness.UNKNOWN
    with pytest.raises(OutsideError) as failed:
        provider.revoke(target)
    assert type(failed.value).__name__ == "Unauthorized"
    assert_silent(rig, failed.value)
    assert liveness(rig, rig.old) is Liveness.LIVE


def assert_silent(rig, shown):
    text = f"{shown!s} {shown!r}"
    for value in rig.secrets:
        assert value not in text
        assert value[:8] not in text or value[:8] in {"sk_live_", "sk-svcac"}
        assert value[-8:] not in text
