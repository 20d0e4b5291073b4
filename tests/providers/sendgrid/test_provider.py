import pytest

from bot.errors import ConfigurationError, Missing, Refused
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.net.http import Http
from bot.providers.contract import Held, Setup
from bot.providers.sendgrid.provider import SendGrid, id_in
from bot.secrets.secret import Credential, Secret
from tests.providers.sendgrid.harness import sendgrid

NAME = "inc_abc234_sendgrid_1"


@pytest.fixture
def harness():
    with sendgrid() as harness:
        yield harness
        assert harness.exchanges.breaches == []


def single(value):
    return Credential.single(Secret(value))


def made(harness, issued):
    [key] = [key for key in harness.world.live_keys() if key.id == issued.key_id]
    return key


def test_a_live_key_without_credits_is_never_dead(harness):
    harness.world.faults.inject("probe-credits")
    answer = harness.provider.probe(harness.old)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "HTTP 401, maximum credits exceeded")


def test_a_key_without_any_scope_is_live(harness):
    assert harness.provider.probe(single(harness.world.add_key(scopes=()).value)).liveness is Liveness.LIVE


def test_the_id_stands_in_the_value(harness):
    [found] = harness.provider.identify(harness.old)
    assert (found.id, found.name) == (harness.old_id, "app")
    assert id_in(Secret("SG.abc.def")) == "abc"
    assert id_in(Secret("SG.abc")) is None
    assert harness.provider.identify(single("no key of SendGrid's")) == []
    assert harness.provider.account(single("no key of SendGrid's")) is None


@pytest.mark.parametrize("form", [None, "get-wrapped", "get-without-scopes"])
def test_scopes_are_read_in_both_forms_or_else_with_the_key_itself(harness, form):
    if form:
        harness.world.faults.inject(form)
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert {"mail.send", "alerts.read"} <= set(snapshot.scopes)


def test_scopes_that_nobody_shows_are_unknown(harness):
    harness.world.faults.inject("get-without-scopes")
    assert harness.provider.snapshot(single(""), harness.old_id).scopes is None
    bare = harness.world.add_key(scopes=())
    assert harness.provider.snapshot(single(bare.value), bare.id).scopes is None


def test_a_new_key_has_the_rights_of_the_old_one_and_no_more(harness):
    issued = harness.provider.issue(NAME, harness.provider.snapshot(harness.old, harness.old_id))
    assert set(made(harness, issued).scopes) == {"mail.send", "alerts.read"}


@pytest.mark.parametrize("scopes", [None, (), ("2fa_required",)])
def test_no_key_is_made_without_known_scopes_since_it_would_have_full_access(harness, scopes):
    before = len(harness.world.live_keys())
    with pytest.raises(Refused, match="full access"):
        harness.provider.issue(NAME, Snapshot(scopes=scopes))
    assert len(harness.world.live_keys()) == before


def test_a_full_account_is_refused_in_words(harness):
    while len(harness.world.live_keys()) < 100:
        harness.world.add_key()
    with pytest.raises(Refused, match="100 keys"):
        harness.provider.issue(NAME, Snapshot(scopes=("mail.send",)))


def test_a_snapshot_of_what_is_gone_says_so(harness):
    with pytest.raises(Missing):
        harness.provider.snapshot(harness.old, "nothing")


def test_only_the_id_in_the_value_is_revoked(harness):
    other = id_in(harness.sibling.key)
    with pytest.raises(Refused, match="this id is not the one in the value"):
        harness.provider.revoke(Held(harness.old, other))
    with pytest.raises(Refused, match="form"):
        harness.provider.revoke(Held(single(""), "../v3/user"))
    assert harness.provider.probe(harness.sibling).liveness is Liveness.LIVE


def test_the_admin_key_is_never_revoked(harness):
    admin = harness.world.admin_key
    with pytest.raises(Refused, match="the bot itself uses"):
        harness.provider.revoke(Held(single(admin), id_in(Secret(admin))))


def test_the_region_chooses_the_host():
    asked = []

    def http(role):
        asked.append(role)
        return Http("sendgrid", "http://127.0.0.1:1", timeout=0.1)

    SendGrid.configured(Setup({"region": "eu"}, http))
    SendGrid.configured(Setup({}, http))
    assert asked == ["eu", "api"]
    with pytest.raises(ConfigurationError, match="unknown region 'us'"):
        SendGrid.configured(Setup({"region": "us"}, http))
