import pytest

from bot.errors import ConfigurationError, Refused, Throttled, Unauthorized
from bot.model.probes import Liveness
from bot.providers import capabilities
from bot.providers.contract import Setup
from bot.providers.github.provider import GitHub
from bot.secrets.secret import Credential, Secret
from tests.providers.github.harness import github


@pytest.fixture(scope="module")
def shared():
    with github() as harness:
        yield harness
        assert harness.exchanges.breaches == []


@pytest.fixture
def harness(shared):
    yield shared
    shared.world.faults.clear()


def single(value):
    return Credential.single(Secret(value))


def test_the_leaked_value_alone_is_enough_to_revoke_it():
    assert capabilities(GitHub, admin=False).revokes == "itself"
    assert capabilities(GitHub).revokes == "itself"
    assert capabilities(GitHub).makes == "person"


@pytest.mark.parametrize("prefix", ["ghp_", "github_pat_", "gho_", "ghu_", "ghs_"])
def test_every_kind_of_access_token_is_identified_by_its_ends_and_ends_itself(harness, prefix):
    token = harness.world.add_token("leaked", prefix=prefix, may_ask=prefix != "ghs_")
    assert [key.id for key in harness.provider.identify(single(token.value))] == [f"{prefix}…{token.value[-4:]}"]
    assert harness.provider.probe(single(token.value)).liveness is Liveness.LIVE
    harness.provider.revoke_itself(single(token.value))
    harness.provider.revoke_itself(single(token.value))  # twice is success
    harness.clock.advance(harness.propagation + 1)
    assert harness.provider.probe(single(token.value)).liveness is Liveness.DEAD
    assert harness.provider.probe(harness.sibling).liveness is Liveness.LIVE


def test_a_refresh_token_is_revoked_but_cannot_be_asked_about(harness):
    token = harness.world.add_token(prefix="ghr_")
    answer = harness.provider.probe(single(token.value))
    assert (answer.liveness, answer.detail.split(":")[0]) == (Liveness.UNKNOWN, "a refresh token")
    harness.provider.revoke_itself(single(token.value))
    assert token.revoked_at is not None


@pytest.mark.parametrize(
    ("fault", "liveness"),
    [
        ("probe-sso", Liveness.LIVE),
        ("probe-fine-grained", Liveness.LIVE),
        ("probe-rate-limited", Liveness.UNKNOWN),
        ("probe-stripped", Liveness.UNKNOWN),
    ],
)
def test_no_look_alike_of_a_refusal_is_taken_for_death(harness, fault, liveness):
    harness.world.faults.inject(fault)
    assert harness.provider.probe(harness.old).liveness is liveness
    assert harness.provider.account(harness.old) is None


def test_the_revocation_is_asked_for_without_any_authorization(harness):
    seen = []
    harness.world.flask.before_request_funcs.setdefault(None, []).append(_note(seen))
    harness.provider.revoke_itself(single(harness.world.add_token().value))
    assert seen == [None]


def _note(seen):
    from flask import request

    def note():
        if request.path == "/credentials/revoke":
            seen.append(request.headers.get("Authorization"))

    return note


def test_a_spent_quota_of_revocations_is_waited_for(harness):
    harness.world.faults.inject("revoke-rate-limited")
    with pytest.raises(Throttled, match="60 such requests an hour"):
        harness.provider.revoke_itself(harness.old)


def test_an_installation_token_that_may_not_end_itself_is_refused_in_words(harness):
    token = harness.world.add_token(prefix="ghs_")
    token.value = token.value.replace("ghs_", "ghx_")
    harness.provider.revoke_itself(single(token.value.replace("ghx_", "ghs_")))  # unknown: as dead as can be
    with pytest.raises(Unauthorized, match="HTTP 403"):
        harness.provider._end_installation_token(harness.old.key)


def test_what_github_takes_no_token_back_by_is_left_to_a_person(harness):
    for value in ("0123456789abcdef0123456789abcdef01234567", "sk_live_" + "a" * 24, ""):
        assert harness.provider.identify(single(value)) == []
        with pytest.raises(Refused, match="form"):
            harness.provider.revoke_itself(single(value))


def test_the_account_is_the_owner_by_name_and_number(harness):
    own = harness.provider.account(harness.old)
    assert own.startswith("practice-machine (")
    assert harness.provider.account(single(harness.world.add_token(owner="someone").value)) != own


def test_a_dead_control_is_no_control(harness):
    assert harness.reconfigured(admin="ghp_" + "q" * 36).control().liveness is Liveness.UNKNOWN


def test_it_has_no_options():
    with pytest.raises(ConfigurationError, match="unknown option 'org'"):
        GitHub.configured(Setup({"org": "x"}, http=lambda _role: None))


def test_the_checklist_says_where_to_look():
    assert all(sentence.endswith(".") for sentence in GitHub.card.checklist.values())
    assert 1 <= len(GitHub.card.checklist) <= 4
