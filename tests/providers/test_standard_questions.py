"""The questions that every provider has to answer, asked of each from the registry, over HTTP or the real protocol."""

import contextlib
import dataclasses
import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import OutsideError
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import PROVIDERS, capabilities
from bot.providers.contract import ControlsAlong, Held, Provider
from bot.providers.questions import flaws
from bot.secrets.secret import Secret
from tests.providers.harnesses import HARNESSES
from tests.support.faulty import eavesdropper
from tests.support.lying import lying

NAME = "inc_abc234_main_1"
EMPTY = Secret("")


def pytest_generate_tests(metafunc):
    """Of whom a question is asked: a provider that it does not concern is not skipped, it has no such test."""
    if "name" in metafunc.fixturenames:
        holds = getattr(metafunc.function, "needs", lambda _able: True)
        metafunc.parametrize("name", [name for name, kind in PROVIDERS.items() if holds(capabilities(kind))])


@pytest.fixture
def able(name):
    return capabilities(PROVIDERS[name])


@pytest.fixture
def harness(name):
    assert name in HARNESSES, f"{name} has no harness in tests/providers/*/*harness.py"
    with HARNESSES[name]() as harness:
        assert type(harness.provider) is PROVIDERS[name]
        yield harness
        if harness.exchanges is not None:
            assert harness.exchanges.breaches == []


def needs(what, holds):
    """Asked only of a provider of whose capabilities this holds; at the others a person does it."""

    def mark(question):
        question.needs = holds
        return question

    return mark


def make(harness, able):
    """A new live credential, made in the way of this provider."""
    match able.makes:
        case "issue":
            like = harness.provider.snapshot(harness.old, harness.old_id)
            return harness.provider.issue(NAME, like).credential
        case "install":
            new = harness.provider.generate(harness.old)
            harness.provider.install(new, harness.old)
            return new
        case "person":
            return harness.make_by_hand()


def held(harness, able):
    return Held(harness.old, harness.old_id, make(harness, able) if able.revoke_needs_replacement else None)


def kill(harness, able, new=None):
    match able.revokes:
        case "machine":
            harness.provider.revoke(Held(harness.old, harness.old_id, new) if new else held(harness, able))
        case "itself":
            harness.provider.revoke_itself(harness.old)
        case "person":
            harness.kill_by_hand()


def uninstall(harness, new):
    harness.provider.uninstall(new)


def liveness(harness, credential):
    return harness.provider.probe(credential).liveness


def ready(able):
    """What a new key is before the old one ends: where the provider holds one, it is only kept ready."""
    return Liveness.DEAD if able.swaps else Liveness.LIVE


def test_it_is_a_provider_whose_card_says_what_a_person_must_know(harness, able):
    card = harness.provider.card
    assert isinstance(harness.provider, Provider)
    assert card.key == harness.name
    assert card.title
    assert all(card.issue_by_hand)
    assert all(card.revoke_by_hand)
    assert all(url.startswith("https://") for url in card.hosts.values())
    assert flaws(harness.name, type(harness.provider)) == []


def test_an_unknown_option_is_refused_with_the_known_ones(harness):
    with pytest.raises(Exception, match="unknown option 'projekt'"):
        harness.reconfigured(options={"projekt": "x"})


def test_live_and_never_existing_are_told_apart(harness):
    assert liveness(harness, harness.old) is Liveness.LIVE
    assert liveness(harness, harness.sibling) is Liveness.LIVE
    assert liveness(harness, harness.stray) is Liveness.DEAD


@needs("identify", lambda able: able.identifies)
def test_the_leaked_value_is_identified_and_nothing_else(harness, able):
    assert [key.id for key in harness.provider.identify(harness.old)] == [harness.old_id]
    assert harness.old_id not in [key.id for key in harness.provider.identify(harness.stray)]


@needs("identify", lambda able: able.identifies)
def test_a_made_up_value_is_no_key_but_by_its_looks_or_by_the_id_that_it_names(harness, able):
    value, secret = harness.old.key.reveal(), harness.old.key.secret_part.reveal()
    middle = len(secret) // 2
    other = secret[:middle] + ("a" if secret[middle] != "a" else "b") + secret[middle + 1 :]
    made_up = harness.old.replace(**{harness.old.main: Secret(value.replace(secret, other))})
    for found in harness.provider.identify(made_up):
        assert found.by_looks or names(made_up, found.id)


@needs("identify", lambda able: able.identifies)
def test_a_made_up_value_that_cannot_be_asked_is_no_key_but_by_its_looks(harness):
    """Whoever writes a URL chooses its user, and how it is asked: neither says that the value is this user's."""
    assert bool(harness.unclear) == ("@" in harness.old.key.reveal()), "expected some for a URL that names a user"
    for made_up in harness.unclear:
        assert liveness(harness, made_up) is Liveness.UNKNOWN
        with contextlib.suppress(OutsideError):
            assert all(found.by_looks for found in harness.provider.identify(made_up))


def names(credential, key_id):
    """Whether the id stands in the value or beside it: then it is that key which leaked, whatever the rest says."""
    words = [word for word in re.split(r"[…/]", key_id) if word]
    texts = [part.reveal() for part in credential.parts.values()]
    return all(any(word in text for text in texts) for word in words)


@needs("identify", lambda able: able.identifies)
def test_where_what_held_it_is_gone_it_is_not_found_and_there_is_nothing_left_to_end(harness, able):
    if harness.end_holder is None:
        pytest.skip("nothing there holds keys that could be deleted with them")
    harness.end_holder()
    provider = harness.provider
    assert provider.identify(harness.old) == []
    if able.compares:
        provider.account(harness.old)
    if able.makes == "issue":
        assert provider.issued("inc_") == []
        provider.revoke(Held(harness.old, harness.old_id))


@needs("snapshot", lambda able: able.snapshots)
def test_what_a_deletion_would_destroy_is_read_before(harness, able):
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert snapshot.account
    if able.copies_scopes:
        assert snapshot.scopes


def test_a_new_value_is_live_and_the_old_one_still_is(harness, able):
    new = make(harness, able)
    assert liveness(harness, new) is ready(able)
    assert liveness(harness, harness.old) is Liveness.LIVE
    assert new.key != harness.old.key


@needs("compare accounts", lambda able: able.compares)
def test_a_new_value_belongs_to_the_old_ones_account(harness, able):
    old, new = harness.provider.account(harness.old), harness.provider.account(make(harness, able))
    assert old is not None
    assert new == old


def test_the_old_value_is_dead_once_the_revocation_has_spread_and_not_before(harness, able):
    kill(harness, able)
    if harness.propagation:
        assert liveness(harness, harness.old) is Liveness.LIVE
        harness.clock.advance(harness.propagation - 0.1)
        assert liveness(harness, harness.old) is Liveness.LIVE
        harness.clock.advance(0.2)
    assert liveness(harness, harness.old) is Liveness.DEAD


def test_a_bystander_and_the_successor_survive_the_kill(harness, able):
    new = make(harness, able)
    kill(harness, able, new)
    harness.clock.advance(harness.propagation + 1)
    assert liveness(harness, harness.sibling) is Liveness.LIVE
    assert liveness(harness, new) is Liveness.LIVE


@needs("revoke", lambda able: able.revokes == "machine")
def test_revoking_twice_is_success(harness, able):
    target = held(harness, able)
    harness.provider.revoke(target)
    harness.provider.revoke(target)
    harness.clock.advance(harness.propagation + 1)
    assert liveness(harness, harness.old) is Liveness.DEAD


def plain(key_id):
    """Of an id that names what it belongs to as well, the last part."""
    return key_id.rpartition("/")[2]


@needs("revoke", lambda able: able.revokes == "machine" and able.identifies)
@pytest.mark.parametrize("lie", ["the sibling's", "", "..", "../x", "x?y", "x/../y", "x#y"])
def test_whatever_an_answer_calls_it_no_other_key_than_the_captured_one_is_ended(harness, able, lie):
    flask = getattr(harness.world, "flask", None)
    if flask is None:
        pytest.skip("no ids stand in its answers: the questions about users and roles are its own")
    target, other = held(harness, able), harness.provider.identify(harness.sibling)
    with lying(flask) as liar:
        liar.about = plain(harness.old_id).__eq__
        liar.lie = plain(other[0].id) if lie == "the sibling's" and other else lie
        with contextlib.suppress(OutsideError):
            harness.provider.revoke(target)
        liar.about = None
        by_id = [path for path in liar.ended if not path.endswith(("/legacy", "/Secondary", "/password"))]
        assert all(plain(harness.old_id) in path.split("/") for path in by_id)
    harness.clock.advance(harness.propagation + 1)
    assert liveness(harness, harness.sibling) is Liveness.LIVE


@needs("issue and revoke", lambda able: able.makes == "issue" and able.revokes == "machine" and able.identifies)
@pytest.mark.parametrize("lie", ["the sibling's", "", "..", "../x", "x?y", "x#y"])
def test_a_create_that_names_another_key_leads_to_the_end_of_none(harness, able, lie):
    flask = getattr(harness.world, "flask", None)
    if flask is None or harness.unlisted:
        pytest.skip("no ids of its own stand in its answers")
    like, before = harness.provider.snapshot(harness.old, harness.old_id), set(ids(harness))
    sibling = plain(harness.provider.identify(harness.sibling)[0].id)
    with lying(flask) as liar:
        liar.about = lambda text: text in set(ids(harness)) - before
        liar.lie = sibling if lie == "the sibling's" else lie
        try:
            named = harness.provider.issue(NAME, like).key_id
        except OutsideError:
            return
        finally:
            liar.about = None
        if named != NAME:  # where a key has no id but the name that the bot gave it, no answer can say another
            with pytest.raises(OutsideError):
                harness.provider.revoke(lost(harness, named))
            assert liar.ended == []
    assert liveness(harness, harness.sibling) is Liveness.LIVE


@needs("issue and revoke", lambda able: able.makes == "issue" and able.revokes == "machine" and able.identifies)
def test_a_key_whose_value_is_not_known_is_only_ended_under_a_name_of_the_bots(harness, able):
    siblings = harness.provider.identify(harness.sibling)
    if not siblings:
        pytest.skip("the sibling is another user's, see the provider's own tests")
    with pytest.raises(OutsideError):
        harness.provider.revoke(lost(harness, siblings[0].id))
    harness.clock.advance(harness.propagation + 1)
    assert liveness(harness, harness.sibling) is Liveness.LIVE


def ids(harness):
    """All ids that its world knows of keys."""
    return [each.id for each in harness.world.all_keys()] if hasattr(harness.world, "all_keys") else []


def lost(harness, key_id):
    return Held(harness.old.replace(**{harness.old.main: EMPTY}), key_id)


@needs("issue", lambda able: able.makes == "issue")
@pytest.mark.parametrize("effect", ["create-reset", "create-timeout"])
def test_a_key_whose_making_was_interrupted_is_found_and_can_be_ended(harness, able, effect):
    if harness.unlisted:
        pytest.skip("nothing lists what was made: the next making ends it, see the provider's own tests")
    like = harness.provider.snapshot(harness.old, harness.old_id)
    with harness.fault(effect) as (provider, _), pytest.raises(OutsideError):
        provider.issue(NAME, like)
    orphans, until = harness.provider.issued("inc_abc234_"), time.monotonic() + 10
    while not orphans and time.monotonic() < until:  # what timed out here may still act there: the sweep waits too
        time.sleep(0.05)
        orphans = harness.provider.issued("inc_abc234_")
    assert [orphan.name for orphan in orphans] == [NAME]
    lost = dataclasses.replace(
        Held(harness.old, orphans[0].id), credential=harness.old.replace(**{harness.old.main: EMPTY})
    )
    harness.provider.revoke(lost)
    assert harness.provider.issued("inc_abc234_") == []
    assert liveness(harness, harness.old) is Liveness.LIVE


@needs("issue", lambda able: able.makes == "issue")
def test_nothing_is_found_where_nothing_was_made(harness, able):
    like = harness.provider.snapshot(harness.old, harness.old_id)
    with harness.fault("create-500") as (provider, _), pytest.raises(OutsideError):
        provider.issue(NAME, like)
    assert harness.provider.issued("inc_abc234_") == []


@needs("install", lambda able: able.makes == "install")
def test_installing_and_uninstalling_can_be_repeated(harness, able):
    new = harness.provider.generate(harness.old)
    uninstall(harness, new)
    for _ in range(2):
        harness.provider.install(new, harness.old)
    assert liveness(harness, new) is ready(able)
    for _ in range(2):
        uninstall(harness, new)
    assert liveness(harness, new) is Liveness.DEAD
    assert liveness(harness, harness.old) is Liveness.LIVE


@needs("control", lambda able: able.controls)
def test_the_admin_credential_is_a_control_for_the_path(harness, able):
    assert harness.provider.control().liveness is Liveness.LIVE
    if isinstance(harness.provider, ControlsAlong):
        assert harness.provider.control_along(harness.old).liveness is Liveness.LIVE


def test_what_is_unclear_is_unknown_and_never_dead(harness, able):
    for effect in harness.effects:
        with harness.fault(effect) as (provider, credential):
            answer = provider.probe(credential)
            assert answer.liveness is Liveness.UNKNOWN, effect
            assert_silent(harness, answer)
            if able.controls:
                assert provider.control().liveness is Liveness.UNKNOWN, effect
                if isinstance(provider, ControlsAlong):
                    assert provider.control_along(credential).liveness is Liveness.UNKNOWN, effect


def test_under_a_fault_every_error_is_ours_and_holds_no_secret(harness, able):
    like = harness.provider.snapshot(harness.old, harness.old_id) if able.snapshots else Snapshot()
    target = held(harness, able)
    calls = {
        "identify": lambda provider, credential: provider.identify(credential),
        "snapshot": lambda provider, credential: provider.snapshot(credential, harness.old_id),
        "issue": lambda provider, _: provider.issue(NAME, like),
        "issued": lambda provider, _: provider.issued("inc_"),
        "install": lambda provider, credential: provider.install(provider.generate(credential), credential),
        "uninstall": lambda provider, credential: provider.uninstall(credential),
        "revoke": lambda provider, credential: provider.revoke(dataclasses.replace(target, credential=credential)),
    }
    for effect in harness.effects:
        for name, call in calls.items():
            if not hasattr(harness.provider, name) or name in harness.offline:
                continue
            with harness.fault(effect) as (provider, credential), pytest.raises(OutsideError) as failed:
                call(provider, credential)
            assert failed.value.system == harness.provider.card.name
            assert_silent(harness, failed.value)
            assert failed.value.__suppress_context__ or failed.value.__context__ is None


@pytest.mark.repeats
def test_numbers_that_cannot_be_used_are_an_error_of_ours_and_no_crash(harness, subtests):
    numbers = (10**30, -(10**30), 2**63, 1e30)
    assert_usable_or_refused(
        harness, subtests, lambda said: isinstance(said, int) and not isinstance(said, bool), numbers
    )


TIMES = (
    "2026-01-01T00:00:00", "0001-01-01T00:00:00+23:59", "Mon, 01 Jan 2026 00:00:00 +9999999999999999", "soon", 5, None,
)  # fmt: skip


@pytest.mark.repeats
def test_times_that_cannot_be_used_are_an_error_of_ours_and_no_crash(harness, subtests):
    dated = re.compile(r"(\d{4}-\d\d-\d\dT|\w{3}, \d\d \w{3} \d{4} ).*")
    assert_usable_or_refused(
        harness, subtests, lambda said: isinstance(said, str) and bool(dated.fullmatch(said)), TIMES
    )


def assert_usable_or_refused(harness, subtests, about, lies):
    flask, since = getattr(harness.world, "flask", None), datetime(2000, 1, 1, tzinfo=UTC)
    if flask is None:
        pytest.skip("its answers are not JSON")
    calls = {
        "probe": lambda provider: provider.probe(harness.old),
        "control": lambda provider: provider.control(),
        "account": lambda provider: provider.account(harness.old),
        "identify": lambda provider: provider.identify(harness.old),
        "snapshot": lambda provider: provider.snapshot(harness.old, harness.old_id),
        "issued": lambda provider: provider.issued("inc_"),
        "leftovers": lambda provider: provider.leftovers(since, harness.old, harness.old_id),
        "owner": lambda provider: provider.owner(Held(harness.old, harness.old_id)),
    }
    with lying(flask) as liar:
        liar.about = about
        for liar.lie in lies:
            for name, call in calls.items():
                if hasattr(harness.provider, name):
                    with subtests.test(call=name, lie=liar.lie), contextlib.suppress(OutsideError):
                        call(harness.provider)


def test_without_an_admin_credential_probing_goes_on_and_the_rest_is_refused_in_words(harness, able):
    if harness.provider.card.own_identity:
        pytest.skip("the bot's own identity administers it")
    bare = harness.reconfigured(admin=None)
    assert bare.probe(harness.old).liveness is Liveness.LIVE
    if able.controls:
        assert bare.control().liveness is Liveness.UNKNOWN
    if able.revokes == "machine":
        with pytest.raises(OutsideError, match="the catalog names none"):
            bare.revoke(held(harness, able))
    assert capabilities(type(harness.provider), admin=False).revokes != "machine"


@needs("revoke", lambda able: able.revokes == "machine")
def test_a_refused_admin_credential_is_our_own_trouble(harness, able):
    target = held(harness, able)
    provider = harness.reconfigured(admin=harness.wrong_admin or harness.stray.key.reveal())
    if able.controls:
        assert provider.control().liveness is Liveness.UNKNOWN
    with pytest.raises(OutsideError) as failed:
        provider.revoke(target)
    assert type(failed.value).__name__ == "Unauthorized"
    assert_silent(harness, failed.value)
    assert liveness(harness, harness.old) is Liveness.LIVE


def test_what_a_value_says_of_its_place_sends_nothing_there(harness, able):
    """Whoever makes up a leaked key writes its host. The same machine by another port is another place."""
    snapshot = harness.provider.snapshot(harness.old, harness.old_id) if able.snapshots else Snapshot()
    with eavesdropper() as stranger:
        for value in foreign(harness, stranger.host):
            leaked = harness.old.replace(**{harness.old.main: Secret(value)})
            answer = harness.provider.probe(leaked)
            if value.partition(":")[0] == harness.old.key.reveal().partition(":")[0] != "https":
                assert answer.liveness is Liveness.UNKNOWN
                assert answer.detail.startswith(f"{stranger.host} is none of the hosts of this secret")
            new = harness.old.replace(**{harness.old.main: Secret(value.replace("pw", "wp"))})
            for call in every_call(harness, leaked, new, snapshot):
                with contextlib.suppress(OutsideError, AttributeError):
                    call(harness.provider)
        assert stranger.heard == []


def every_call(harness, leaked, new, like):
    held, since = Held(leaked, harness.old_id, new), datetime(2026, 1, 1, tzinfo=UTC)
    return (
        lambda provider: provider.control_along(leaked),
        lambda provider: provider.control(),
        lambda provider: provider.account(leaked),
        lambda provider: provider.identify(leaked),
        lambda provider: provider.snapshot(leaked, harness.old_id),
        lambda provider: provider.issue(NAME, like),
        lambda provider: provider.install(new, leaked),
        lambda provider: provider.uninstall(new),
        lambda provider: provider.sessions(leaked, harness.old_id, timedelta(0)),
        lambda provider: provider.revoke(held),
        lambda provider: provider.revoke_itself(leaked),
        lambda provider: provider.delete(held),
        lambda provider: provider.leftovers(since, leaked, harness.old_id),
    )


def foreign(harness, place):
    """Values that lead to `place`: the old one, where it names a place at all, and such as other providers have."""
    old = harness.old.key.reveal()
    if "@" in old:
        yield re.sub(r"@[^/?]+", f"@{place}", old)
    yield from (f"redis://app:pw@{place}/0", f"postgresql://app:pw@{place}/app", f"https://{place}/services/T00/B00/pw")


def assert_silent(harness, shown):
    text = f"{shown!s} {shown!r}"
    for value in harness.secrets:
        assert value not in text
        assert value[:8] not in text or value[:8] in {"sk_live_", "sk-svcac"}
        assert value[-8:] not in text
