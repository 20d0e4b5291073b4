"""What a leaked value turns out to be."""

from dataclasses import replace

import pytest
from msgspec import structs

from bot.errors import ConfigurationError, Refused
from bot.incident.model import Target, TargetKind
from bot.model.secrets import Part
from bot.rotation.identify import identify, stage_unknown
from bot.secret import Secret
from tests.support.rotation import INCIDENT, Rig, entry_for


@pytest.fixture
def rig(rig_of):
    return rig_of("openai", "sendgrid", "stripe")


@pytest.fixture
def catalog(rig):
    made = {
        "production": [entry_for(name) for name in ("openai", "sendgrid", "stripe")],
        "staging": [elsewhere(entry_for("openai"))],
    }
    for entry in made["production"]:
        rig.store(entry)
    rig.store(made["staging"][0], "sk-proj-" + "5" * 40)
    return made


def elsewhere(entry):
    parts = tuple(replace(part, parameter=part.parameter.replace("production", "staging")) for part in entry.parts)
    return structs.replace(entry, parts=parts)


def found(rig, catalog, value, **more):
    result = identify(Secret(value), catalog, rig.vault, rig.provider, **more)
    rig.check_secrecy(repr(result) + str(result.targets()))
    return result


def test_a_current_value(rig, catalog):
    old = rig.providers["openai"].old
    told = []
    result = found(rig, catalog, f"  {old.key.reveal()}\n", progress=told.append)
    assert result.fingerprint == old.fingerprint
    assert (result.shapes, result.providers, result.unsupported) == (("OpenAI API key",), ("openai",), ())
    (holding,) = result.holdings
    assert (holding.secret, holding.environment, holding.versions, holding.current) == (
        "openai-api-key", "production", (1,), True,
    )  # fmt: skip
    assert holding.sight.liveness == "live"
    assert [key.id for key in holding.sight.candidates] == [rig.providers["openai"].old_id]
    target = Target(TargetKind.CONFIRMED, old.fingerprint, 1, current=True)
    assert result.targets() == {("openai-api-key", "production"): target}
    assert result.alive
    assert result.strangers == result.not_searched == ()
    assert told == [
        "searching the parameters of production",
        "searching the parameters of staging",
        "asking openai about openai-api-key in production",
    ]


def test_an_older_value_in_two_environments(rig, catalog):
    old = rig.providers["openai"].old
    rig.store(catalog["production"][0], old, "sk-proj-" + "6" * 40)
    rig.store(catalog["staging"][0], old)
    result = found(rig, catalog, old.key.reveal())
    assert [(each.environment, each.versions, each.current) for each in result.holdings] == [
        ("production", (1, 2), False),
        ("staging", (2,), True),
    ]
    assert result.targets()["openai-api-key", "production"].version == 2
    assert not result.targets()["openai-api-key", "production"].current


def test_a_dead_value(rig, catalog):
    world = rig.providers["sendgrid"].world
    old = rig.providers["sendgrid"].old
    world.revoke(next(key for key in world.all_keys() if key.value == old.key.reveal()))
    result = found(rig, catalog, old.key.reveal())
    assert result.holdings[0].sight.liveness == "dead"
    assert not result.alive


def test_a_key_of_the_account_that_stands_in_no_parameter(rig, catalog):
    strange = rig.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    rig.providers["openai"].world.add_key("proj_a", "used", service_account="svc_a")
    result = found(rig, catalog, strange.value)
    assert result.holdings == ()
    (stranger,) = result.strangers  # both environments use one account: it is asked once
    assert (stranger.ours, stranger.sight.liveness) == (True, "live")
    assert [key.name for key in stranger.sight.candidates] == ["by hand"]
    assert result.targets() == {}
    path = stage_unknown(rig.vault, INCIDENT, stranger.secret, Secret(f"{strange.value}\n"))
    assert path == "/_compromise/inc_ab12cd/openai-api-key/old"
    assert result.staged_target(path) == Target(
        TargetKind.CONFIRMED, Secret(strange.value).fingerprint, None, current=False, staged=path
    )
    with pytest.raises(Refused, match="another value already stands there"):
        stage_unknown(rig.vault, INCIDENT, stranger.secret, Secret("sk-proj-" + "7" * 40))
    rig.declare(catalog["production"][0], target=result.staged_target(path), replacing=False)
    rig.settled()
    assert strange.revoked_at is not None


@pytest.mark.parametrize(("owner", "ours"), [(None, True), ("acct_other", False)])
def test_a_provider_that_tells_keys_apart_by_their_looks(rig, catalog, owner, ours):
    strange = rig.providers["stripe"].world.add_key("strange", account=owner)
    assert found(rig, catalog, strange.value).strangers[0].ours is ours


def test_a_made_up_value_that_looks_like_a_key_of_ours_is_not_ours(rig, catalog):
    strange = rig.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    made_up = strange.value[:11] + "0" * (len(strange.value) - 15) + strange.value[-4:]
    (stranger,) = found(rig, catalog, made_up).strangers
    assert [key.name for key in stranger.sight.candidates] == ["by hand"]
    assert (stranger.ours, stranger.sight.liveness, stranger.sight.by_looks) == (False, "dead", True)
    (ours,) = found(rig, catalog, strange.value).strangers
    assert (ours.ours, ours.sight.by_looks) == (True, True)


def test_a_key_of_nobody(rig, catalog):
    result = found(rig, catalog, rig.providers["sendgrid"].stray.key.reveal())
    assert (result.strangers[0].ours, result.strangers[0].sight.liveness) == (False, "dead")


def test_a_provider_without_code(rig, catalog):
    result = found(rig, catalog, "sk-ant-" + "a1" * 24)
    assert (result.providers, result.unsupported, result.strangers) == (("anthropic",), ("anthropic",), ())


def test_a_value_without_any_known_shape(rig, catalog):
    result = found(rig, catalog, "hunter2hunter2")
    assert (result.shapes, result.providers, result.holdings, result.strangers) == ((), (), (), ())
    assert not result.alive


def test_what_fails_does_not_stop_the_rest(rig, catalog):
    old = rig.providers["openai"].old
    rig.store(catalog["production"][1], old)  # the same value at a provider that does not know it
    rig.providers["openai"].world.faults.inject("down")
    rig.vault = _Denied(rig.vault, catalog["production"][2].main.parameter)
    result = found(rig, catalog, old.key.reveal())
    openai, sendgrid = result.holdings
    assert (openai.sight.liveness, openai.sight.candidates) == ("unknown", ())
    assert "the connection failed" in openai.sight.detail
    assert "the connection failed" in openai.sight.trouble
    assert sendgrid.sight.liveness == "dead"
    assert result.not_searched == ("/production/stripe-secret-key: no permission",)
    assert set(result.targets()) == {("openai-api-key", "production"), ("sendgrid-api-key", "production")}


class _Denied:
    """A vault in which one parameter may not be read."""

    def __init__(self, vault, parameter) -> None:
        self._vault, self._parameter = vault, parameter

    def __getattr__(self, name: str) -> object:
        return getattr(self._vault, name)

    def find(self, value, parameters):
        if self._parameter in parameters:
            raise Refused("ssm", "search", "no permission")
        return self._vault.find(value, parameters)


def test_a_provider_that_cannot_be_configured(rig, catalog):
    def broken(entry, timeout=None):
        raise ConfigurationError("openai: unknown option 'projekt'")

    strange = rig.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    for value in (rig.providers["openai"].old.key.reveal(), strange.value):
        result = identify(Secret(value), catalog, rig.vault, broken)
        (sight,) = [each.sight for each in (*result.holdings, *result.strangers)]
        assert (sight.liveness, sight.detail) == ("unknown", "openai: unknown option 'projekt'")


def test_an_admin_credential_that_is_refused(rig_of):
    rig = rig_of("openai", admins={"openai": "sk-admin-" + "0" * 48})
    entry = entry_for("openai")
    rig.store(entry)
    result = found(rig, {"production": [entry]}, rig.providers["openai"].old.key.reveal())
    assert result.holdings[0].sight.liveness == "live"
    assert result.holdings[0].sight.trouble == "HTTP 401"
    strange = rig.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    result = found(rig, {"production": [entry]}, strange.value)
    assert (result.strangers[0].ours, result.strangers[0].sight.liveness) == (False, "live")


# --- URLs and pairs -----------------------------------------------------------------------------------------------


def test_a_password_alone_is_found_in_its_url(rig_of):
    rig = rig_of("redis")
    entry, old = entry_for("redis"), rig.providers["redis"].old
    rig.store(entry)
    for leaked in (old.key.secret_part.reveal(), old.key.reveal(), old.key.reveal().replace("127.0.0.1", "10.0.0.9")):
        result = found(rig, {"production": [entry]}, leaked)
        assert result.holdings[0].sight.liveness == "live"
        assert [key.id for key in result.holdings[0].sight.candidates] == ["app"]


def test_a_url_is_tried_only_at_a_host_of_the_catalog(rig_of):
    rig = rig_of("redis")
    entry, stray = entry_for("redis"), rig.providers["redis"].stray
    rig.store(entry)
    catalog = {"production": [entry]}
    result = found(rig, catalog, stray.key.reveal())
    assert result.providers == ("redis",)
    assert (result.strangers[0].sight.liveness, result.strangers[0].ours) == ("dead", False)
    for foreign in ("redis://app:xC8v-Ek17-nT4q@127.0.0.1:1/0", "redis://app:xC8v-Ek17-nT4q@h:port/0", "redis://"):
        rig.grim.calls.clear()
        assert found(rig, catalog, foreign).strangers == ()
        assert "redis.probe" not in rig.grim.calls
    missing = structs.replace(entry, parts=(Part("url", "/production/nowhere"),))
    assert found(rig, {"production": [missing]}, stray.key.reveal()).strangers == ()


def test_half_of_a_pair(account):
    from tests.rotation.test_promote import PAIR, Pairs

    pairs = Pairs()
    pairs.accepted = {("id-old", "0ld-" + "x" * 20)}
    rig = Rig(account, {}, others={"pairs": pairs})
    rig.world.store("/production/pair/id", "id-old", "id-new")
    rig.store(PAIR, "0ld-" + "x" * 20)
    catalog = {"production": [PAIR]}
    result = found(rig, catalog, "id-old")
    assert (result.holdings[0].sight, result.targets(), result.alive) == (None, {}, False)
    result = found(rig, catalog, "0ld-" + "x" * 20)
    assert result.holdings[0].sight.candidates[0].id == "id-new"
    assert set(result.targets()) == {("pair", "production")}
