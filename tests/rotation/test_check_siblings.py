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
from bot.secrets.secret import Credential, Secret
from tests.support.rotation import assert_finished, entry_for

OPTIONS = {"project": "proj_a", "service_account": "svc_a"}


def sibling(name, **changes):
    made = Sibling(name, (Part("key", f"/production/{name}"),), OPTIONS, "/bot/admin")
    return replace(made, **changes)


def watched(rig_of, *siblings):
    harness, entry = rig_of("openai"), entry_for("openai", siblings=siblings)
    harness.store(entry)
    return harness, entry


def look_first(harness):
    """As where the worker has several threads: siblings are looked at while the kill is on its way."""
    harness.run_one(next(work for work in pending(harness.incident, harness.clock()) if work.op is Op.CHECK_SIBLINGS))


def seen(harness):
    return [(event.after, {p.subject: p.liveness for p in event.probes}) for event in harness.events(e.SiblingsSeen)]


def test_a_sibling_that_lives_on(rig_of):
    harness, entry = watched(rig_of, sibling("openai-batch"))
    harness.world.store("/production/openai-batch", harness.providers["openai"].sibling.key.reveal())
    harness.declare(entry)
    look_first(harness)
    harness.settled()
    harness.run(seconds=60)
    assert seen(harness) == [(False, {"openai-batch": "live"})] + [(True, {"openai-batch": "live"})] * 2
    assert_finished(harness, entry)


def test_a_sibling_that_dies_with_the_leaked_value(rig_of):
    harness, entry = watched(rig_of, sibling("openai-batch"))
    harness.world.store("/production/openai-batch", harness.providers["openai"].sibling.key.reveal())
    harness.declare(entry)
    look_first(harness)
    harness.sacrificed = {"openai"}
    world = harness.providers["openai"].world
    value = harness.providers["openai"].sibling.key.reveal()
    world.revoke(next(key for key in world.all_keys() if key.value == value))
    harness.run(lambda harness: harness.incident.halted)
    assert harness.incident.halted == "openai-batch was rejected after revoking openai-api-key"


def test_a_sibling_that_holds_the_very_same_value_dies_rightly(rig_of):
    harness, entry = watched(rig_of, sibling("openai-twin"))
    harness.world.store("/production/openai-twin", harness.providers["openai"].old.key.reveal())
    harness.declare(entry)
    look_first(harness)
    harness.settled()
    harness.run(seconds=60)
    assert seen(harness)[1:] == [(True, {"openai-twin": "unknown"})] * 2
    assert "it holds the same key, so it must be revoked" in harness.events(e.SiblingsSeen)[-1].probes[0].detail


def test_siblings_that_cannot_be_looked_at_hold_nothing_up(rig_of):
    harness, entry = watched(rig_of, sibling("openai-missing"), sibling("openai-odd"))
    harness.world.store("/production/openai-odd", "sk-proj-" + "d" * 40)
    made = harness.tools.provider

    def provider(entry, timeout=None):
        if entry.name == "openai-odd":
            assert timeout == SECONDS
            raise ConfigurationError("openai: unknown option")
        return made(entry, timeout)

    harness.tools = replace(harness.tools, provider=provider)
    harness.declare(entry)
    look_first(harness)
    harness.settled()
    assert seen(harness) == [(False, {"openai-missing": "unknown", "openai-odd": "unknown"})]


def test_what_an_open_incident_deals_with_is_no_sibling(rig_of):
    harness, entry = watched(rig_of, sibling("openai-batch"), sibling("openai-other"), sibling("openai-third"))
    other = entry_for("openai", name="openai-other", parts=(Part("key", "/production/openai-other"),))
    for name in ("batch", "other", "third"):
        harness.store(structs.replace(other, parts=(Part("key", f"/production/openai-{name}"),)), _stray())
    harness.tools = replace(harness.tools, open_secrets=lambda environment: frozenset({"openai-batch", environment}))
    harness.declare(entry, other)
    harness.run(lambda harness: harness.state(entry).old.captured_at)
    claim = harness.claim_for(Op.CHECK_SIBLINGS, entry)
    assert [p.subject for p in HANDLERS[Op.CHECK_SIBLINGS](harness.job(claim)).probes] == ["openai-third"]


def _stray():
    return Credential.single(Secret("sk-svcacct-" + "e0" * 24))
