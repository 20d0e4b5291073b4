"""What a leaked key turns out to be."""

from dataclasses import replace

import pytest
from msgspec import structs

from bot.errors import ConfigurationError, Refused
from bot.incident import events as e
from bot.incident.model import Target, TargetKind
from bot.rotation.identify import identify, stage_unknown
from bot.secrets.secret import Secret
from tests.support.rotation import INCIDENT, Harness, entry_for


@pytest.fixture
def harness(rig_of):
    return rig_of("openai", "sendgrid", "stripe")


@pytest.fixture
def catalog(harness):
    made = {
        "production": [entry_for(name) for name in ("openai", "sendgrid", "stripe")],
        "staging": [elsewhere(entry_for("openai"))],
    }
    for entry in made["production"]:
        harness.store(entry)
    harness.store(made["staging"][0], "sk-proj-" + "5" * 40)
    return made


def elsewhere(entry):
    parts = tuple(replace(part, parameter=part.parameter.replace("production", "staging")) for part in entry.parts)
    return structs.replace(entry, parts=parts)


def found(harness, catalog, value, **more):
    result = identify(Secret(value), catalog, harness.vault, harness.provider, **more)
    harness.check_secrecy(repr(result) + str(result.targets()))
    return result


def test_a_current_value(harness, catalog):
    old = harness.providers["openai"].old
    told = []
    result = found(harness, catalog, f"  {old.key.reveal()}\n", progress=told.append)
    assert result.fingerprint == old.fingerprint
    assert (result.shapes, result.providers, result.unsupported) == (("OpenAI API key",), ("openai",), ())
    (holding,) = result.holdings
    assert (holding.secret, holding.environment, holding.versions, holding.current) == (
        "openai-api-key", "production", (1,), True,
    )  # fmt: skip
    assert holding.sight.liveness == "live"
    assert [key.id for key in holding.sight.candidates] == [harness.providers["openai"].old_id]
    target = Target(TargetKind.CONFIRMED, old.fingerprint, 1, current=True)
    assert result.targets() == {("openai-api-key", "production"): target}
    assert result.alive
    assert result.strangers == result.not_searched == ()
    assert told == [
        "searching the parameters of production",
        "searching the parameters of staging",
        "asking openai about openai-api-key in production",
    ]


def test_an_older_value_in_two_environments(harness, catalog):
    old = harness.providers["openai"].old
    harness.store(catalog["production"][0], old, "sk-proj-" + "6" * 40)
    harness.store(catalog["staging"][0], old)
    result = found(harness, catalog, old.key.reveal())
    assert [(each.environment, each.versions, each.current) for each in result.holdings] == [
        ("production", (1, 2), False),
        ("staging", (2,), True),
    ]
    assert result.targets()["openai-api-key", "production"].version == 2
    assert not result.targets()["openai-api-key", "production"].current


@pytest.mark.parametrize("newer", [(), ("sk-proj-" + "6" * 40,)])
def test_a_value_that_is_stored_with_a_newline_is_captured_as_it_is_stored(harness, catalog, newer):
    value = harness.providers["openai"].old.key.reveal()
    entry = catalog["production"][0]
    harness.store(entry, f"{value}\n", *newer)
    result = found(harness, catalog, value)
    assert (result.holdings[0].versions, result.holdings[0].sight.liveness) == ((1, 2), "live")
    target = result.targets()[entry.name, "production"]
    stored = Secret(f"{value}\n").fingerprint
    assert (target.fingerprint, target.version, target.current) == (stored, 2, not newer)
    assert result.fingerprints == {result.fingerprint, stored}
    harness.declare(entry, target=target, replacing=False)
    harness.run(until=lambda _: harness.state(entry).old.fingerprint)
    assert harness.state(entry).old.fingerprint == stored


def test_a_dead_value(harness, catalog):
    world = harness.providers["sendgrid"].world
    old = harness.providers["sendgrid"].old
    world.revoke(next(key for key in world.all_keys() if key.value == old.key.reveal()))
    result = found(harness, catalog, old.key.reveal())
    assert result.holdings[0].sight.liveness == "dead"
    assert not result.alive


def test_a_key_of_the_account_that_stands_in_no_parameter(harness, catalog):
    strange = harness.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    harness.providers["openai"].world.add_key("proj_a", "used", service_account="svc_a")
    result = found(harness, catalog, strange.value)
    assert result.holdings == ()
    (stranger,) = result.strangers  # both environments use one account: it is asked once
    assert (stranger.ours, stranger.sight.liveness) == (True, "live")
    assert [key.name for key in stranger.sight.candidates] == ["by hand"]
    assert result.targets() == {}
    path = stage_unknown(harness.vault, INCIDENT, stranger.secret, Secret(f"{strange.value}\n"))
    assert path == "/_compromise/inc_ab12cd/openai-api-key/old"
    target = Target(TargetKind.CONFIRMED, Secret(strange.value).fingerprint, None, current=False, staged=True)
    assert result.staged_target == target
    with pytest.raises(Refused, match="another value is already there"):
        stage_unknown(harness.vault, INCIDENT, stranger.secret, Secret("sk-proj-" + "7" * 40))
    harness.declare(catalog["production"][0], target=target, replacing=False)
    harness.settled()
    assert strange.revoked_at is not None


@pytest.mark.parametrize(("owner", "ours"), [(None, True), ("acct_other", False)])
def test_a_provider_that_tells_keys_apart_by_their_looks(harness, catalog, owner, ours):
    strange = harness.providers["stripe"].world.add_key("strange", account=owner)
    assert found(harness, catalog, strange.value).strangers[0].ours is ours


def test_a_made_up_value_that_looks_like_a_key_of_ours_is_not_ours(harness, catalog):
    strange = harness.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    made_up = strange.value[:11] + "0" * (len(strange.value) - 15) + strange.value[-4:]
    (stranger,) = found(harness, catalog, made_up).strangers
    assert [key.name for key in stranger.sight.candidates] == ["by hand"]
    assert (stranger.ours, stranger.sight.liveness, stranger.sight.by_looks) == (False, "dead", True)
    (ours,) = found(harness, catalog, strange.value).strangers
    assert (ours.ours, ours.sight.by_looks) == (True, True)


def test_a_made_up_url_that_cannot_be_asked_is_not_ours_and_ends_nobody(rig_of):
    harness, entry = rig_of("postgres"), entry_for("postgres")
    database = harness.providers["postgres"]
    harness.store(entry)
    made_up = database.unclear[0].key
    catalog = {"production": [entry]}
    (stranger,) = identify(made_up, catalog, harness.vault, lambda _: harness.provider(entry)).strangers
    assert (stranger.ours, stranger.sight.liveness, stranger.sight.by_looks) == (False, "unknown", True)
    stage_unknown(harness.vault, INCIDENT, entry.name, made_up)
    target = Target(TargetKind.CONFIRMED, made_up.fingerprint, None, current=False, staged=True)
    harness.declare(entry, target=target, replacing=False)
    harness.run(seconds=3600)
    old = harness.state(entry).old
    assert (old.key_id, [key.id for key in old.candidates]) == ("", ["app", "none"])
    assert harness.events(e.AccessRevoked) == []
    assert harness.liveness(entry, database.old) == "live"


def test_a_key_of_nobody(harness, catalog):
    result = found(harness, catalog, harness.providers["sendgrid"].stray.key.reveal())
    assert (result.strangers[0].ours, result.strangers[0].sight.liveness) == (False, "dead")


def test_a_provider_without_code(harness, catalog):
    result = found(harness, catalog, "sk-ant-" + "a1" * 24)
    assert (result.providers, result.unsupported, result.strangers) == (("anthropic",), ("anthropic",), ())


def test_a_value_without_any_known_shape(harness, catalog):
    result = found(harness, catalog, "hunter2hunter2")
    assert (result.shapes, result.providers, result.holdings, result.strangers) == ((), (), (), ())
    assert not result.alive


def test_what_fails_does_not_stop_the_rest(harness, catalog):
    old = harness.providers["openai"].old
    harness.store(catalog["production"][1], old)  # the same value at a provider that does not know it
    harness.providers["openai"].world.faults.inject("down")
    harness.vault = _Denied(harness.vault, catalog["production"][2].main.parameter)
    result = found(harness, catalog, old.key.reveal())
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


def test_a_provider_that_cannot_be_configured(harness, catalog):
    def broken(entry, timeout=None):
        raise ConfigurationError("openai: unknown option 'projekt'")

    strange = harness.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    for value in (harness.providers["openai"].old.key.reveal(), strange.value):
        result = identify(Secret(value), catalog, harness.vault, broken)
        (sight,) = [each.sight for each in (*result.holdings, *result.strangers)]
        assert (sight.liveness, sight.detail) == ("unknown", "openai: unknown option 'projekt'")


def test_an_admin_credential_that_is_refused(rig_of):
    harness = rig_of("openai", admins={"openai": "sk-admin-" + "0" * 48})
    entry = entry_for("openai")
    harness.store(entry)
    result = found(harness, {"production": [entry]}, harness.providers["openai"].old.key.reveal())
    assert result.holdings[0].sight.liveness == "live"
    assert result.holdings[0].sight.trouble == "HTTP 401"
    strange = harness.providers["openai"].world.add_key("proj_a", "by hand", service_account="svc_a")
    result = found(harness, {"production": [entry]}, strange.value)
    assert (result.strangers[0].ours, result.strangers[0].sight.liveness) == (False, "live")


# --- URLs and pairs -----------------------------------------------------------------------------------------------


def test_a_password_alone_is_found_in_its_url(rig_of):
    harness = rig_of("redis")
    entry, old = entry_for("redis"), harness.providers["redis"].old
    harness.store(entry)
    for leaked in (old.key.secret_part.reveal(), old.key.reveal(), old.key.reveal().replace("127.0.0.1", "10.0.0.9")):
        result = found(harness, {"production": [entry]}, leaked)
        assert result.holdings[0].sight.liveness == "live"
        assert [key.id for key in result.holdings[0].sight.candidates] == ["app"]


def test_a_url_is_tried_only_at_a_host_of_the_catalog(rig_of):
    harness = rig_of("redis")
    entry, stray = entry_for("redis"), harness.providers["redis"].stray
    harness.store(entry)
    catalog = {"production": [entry]}
    result = found(harness, catalog, stray.key.reveal())
    assert result.providers == ("redis",)
    assert (result.strangers[0].sight.liveness, result.strangers[0].ours) == ("dead", False)
    for foreign in ("redis://app:xC8v-Ek17-nT4q@127.0.0.1:1/0", "redis://app:xC8v-Ek17-nT4q@h:port/0", "redis://"):
        for stranger in found(harness, catalog, foreign).strangers:
            assert (stranger.sight.liveness, stranger.ours, stranger.sight.candidates) == ("unknown", False, ())
            assert (
                "expected redis" in stranger.sight.detail or "127.0.0.1:1 is none of the hosts" in stranger.sight.detail
            )


def test_half_of_a_pair(account):
    from tests.rotation.test_promote import PAIR, Pairs

    pairs = Pairs()
    pairs.accepted = {("id-old", "0ld-" + "x" * 20)}
    harness = Harness(account, {}, others={"pairs": pairs})
    harness.world.store("/production/pair/id", "id-old", "id-new")
    harness.store(PAIR, "0ld-" + "x" * 20)
    catalog = {"production": [PAIR]}
    result = found(harness, catalog, "id-old")
    assert (result.holdings[0].sight, result.targets(), result.alive) == (None, {}, False)
    result = found(harness, catalog, "0ld-" + "x" * 20)
    assert result.holdings[0].sight.candidates[0].id == "id-new"
    assert set(result.targets()) == {("pair", "production")}
