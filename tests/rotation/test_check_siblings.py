"""Looking at the other secrets of a provider while one of them is ended."""

from dataclasses import replace

from msgspec import structs

from bot.errors import ConfigurationError
from bot.incident import events as e
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.model.secrets import Part, Sibling
from bot.rotation import HANDLERS
from bot.rotation.check_siblings import SECONDS
from bot.secret import Credential, Secret
from tests.support.rotation import assert_finished, entry_for

OPTIONS = {"project": "proj_a", "service_account": "svc_a"}


def sibling(name, **changes):
    made = Sibling(name, (Part("key", f"/production/{name}"),), OPTIONS, "/bot/admin")
    return replace(made, **changes)


def watched(rig_of, *siblings):
    rig, entry = rig_of("openai"), entry_for("openai", siblings=siblings)
    rig.store(entry)
    return rig, entry


def look_first(rig):
    """As where the worker has several threads: siblings are looked at while the kill is on its way."""
    rig.run_one(next(work for work in pending(rig.incident, rig.clock()) if work.op is Op.CHECK_SIBLINGS))


def seen(rig):
    return [(event.after, {p.subject: p.liveness for p in event.probes}) for event in rig.events(e.SiblingsSeen)]


def test_a_sibling_that_lives_on(rig_of):
    rig, entry = watched(rig_of, sibling("openai-batch"))
    rig.world.store("/production/openai-batch", rig.providers["openai"].sibling.key.reveal())
    rig.declare(entry)
    look_first(rig)
    rig.settled()
    rig.run(seconds=60)
    assert seen(rig) == [(False, {"openai-batch": "live"})] + [(True, {"openai-batch": "live"})] * 2
    assert_finished(rig, entry)


def test_a_sibling_that_dies_with_the_leaked_value(rig_of):
    rig, entry = watched(rig_of, sibling("openai-batch"))
    rig.world.store("/production/openai-batch", rig.providers["openai"].sibling.key.reveal())
    rig.declare(entry)
    look_first(rig)
    rig.sacrificed = {"openai"}
    world = rig.providers["openai"].world
    value = rig.providers["openai"].sibling.key.reveal()
    world.revoke(next(key for key in world.all_keys() if key.value == value))
    rig.run(lambda rig: rig.incident.halted)
    assert rig.incident.halted == "openai-batch was refused after openai-api-key had been revoked"


def test_a_sibling_that_holds_the_very_same_value_dies_rightly(rig_of):
    rig, entry = watched(rig_of, sibling("openai-twin"))
    rig.world.store("/production/openai-twin", rig.providers["openai"].old.key.reveal())
    rig.declare(entry)
    look_first(rig)
    rig.settled()
    rig.run(seconds=60)
    assert seen(rig)[1:] == [(True, {"openai-twin": "unknown"})] * 2
    assert "the leaked value itself" in rig.events(e.SiblingsSeen)[-1].probes[0].detail


def test_siblings_that_cannot_be_looked_at_hold_nothing_up(rig_of):
    rig, entry = watched(rig_of, sibling("openai-missing"), sibling("openai-odd"))
    rig.world.store("/production/openai-odd", "sk-proj-" + "d" * 40)
    made = rig.tools.provider

    def provider(entry, timeout=None):
        if entry.name == "openai-odd":
            assert timeout == SECONDS
            raise ConfigurationError("openai: unknown option")
        return made(entry, timeout)

    rig.tools = replace(rig.tools, provider=provider)
    rig.declare(entry)
    look_first(rig)
    rig.settled()
    assert seen(rig) == [(False, {"openai-missing": "unknown", "openai-odd": "unknown"})]


def test_what_an_open_incident_deals_with_is_no_sibling(rig_of):
    rig, entry = watched(rig_of, sibling("openai-batch"), sibling("openai-other"), sibling("openai-third"))
    other = entry_for("openai", name="openai-other", parts=(Part("key", "/production/openai-other"),))
    for name in ("batch", "other", "third"):
        rig.store(structs.replace(other, parts=(Part("key", f"/production/openai-{name}"),)), _stray())
    rig.tools = replace(rig.tools, open_secrets=lambda environment: frozenset({"openai-batch", environment}))
    rig.declare(entry, other)
    rig.run(lambda rig: rig.state(entry).old.captured_at)
    claim = rig.claim_for(Op.CHECK_SIBLINGS, entry)
    assert [p.subject for p in HANDLERS[Op.CHECK_SIBLINGS](rig.job(claim)).probes] == ["openai-third"]


def _stray():
    return Credential.single(Secret("sk-svcacct-" + "e0" * 24))
