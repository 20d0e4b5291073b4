"""What makes a refusal count as a proof."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.catalog.catalog import Catalog
from bot.errors import Unauthorized
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Old, Target, TargetKind
from bot.model.capabilities import RevokedBy
from bot.model.probes import Answer, Liveness
from bot.providers.redis.provider import Redis
from bot.rotation.prove import SPARED
from bot.secrets.secret import Credential, Secret
from tests.support.faulty import eavesdropper
from tests.support.rotation import assert_finished, entry_for


def looks(harness):
    return [event.probe for event in harness.events(e.OldProbed)]


class Crowded(Redis):
    """A server with as many old sessions as the test says, or that does not tell."""

    open = 0
    asked = ()

    def sessions(self, credential, key_id, age):
        type(self).asked = (*self.asked, (key_id, age))
        if isinstance(self.open, Exception):
            raise self.open
        return self.open


class Elsewhere(Redis):
    """A server whose admin user is accepted elsewhere, and says nothing where the leaked key is asked."""

    along = Answer(Liveness.UNKNOWN, "as the test says")
    asked = ()

    def control(self):
        return Answer(Liveness.LIVE, "PONG, elsewhere")

    def control_along(self, probed):
        type(self).asked = (*self.asked, probed.key.fingerprint)
        return self.along


def test_a_control_comes_the_way_of_the_probe_or_it_is_none(rig_of):
    harness, entry = rig_of("redis"), entry_for("redis")
    old, plain = harness.providers["redis"].old, harness.providers["redis"].provider
    made = type("Elsewhere", (Elsewhere,), {})
    harness.others["redis"] = made(plain.admin, plain.hosts, plain.timeout)
    current = plain.generate(old)
    plain.install(current, old)
    harness.store(entry, old, current)
    target = Target(TargetKind.CONFIRMED, old.fingerprint, 1, current=False)
    harness.declare(entry, target=target, replacing=False)
    harness.run(lambda harness: harness.state(entry).old.overdue)
    assert harness.state(entry).old_state is Old.REVOKING
    assert set(made.asked) == {old.key.fingerprint}
    made.along = Answer(Liveness.LIVE, "the admin user: PONG")
    harness.settled()
    assert harness.state(entry).old.last_control.detail == "the admin user: PONG"


@pytest.fixture
def crowded(rig_of):
    """A harness with a leaked Redis password, and the class of its provider."""

    def make(**changes):
        harness, entry = rig_of("redis"), entry_for("redis", **changes)
        plain = harness.providers["redis"].provider
        made = type("Crowded", (Crowded,), {})
        harness.others["redis"] = made(plain.admin, plain.hosts, plain.timeout)
        harness.store(entry)
        harness.declare(entry)
        return harness, entry, made

    return make


@pytest.mark.parametrize(
    ("open_ones", "words"),
    [
        (1, "1 session opened with it is still open"),
        (3, "3 sessions opened with it are still open"),
        (
            Unauthorized("redis", "count", "the admin user may not"),
            "unknown whether its sessions are still open (",
        ),
    ],
)
def test_a_refused_value_is_not_dead_while_its_sessions_may_be_open(crowded, open_ones, words):
    harness, entry, server = crowded()
    server.open = open_ones
    harness.run(lambda harness: harness.state(entry).old.overdue)
    assert harness.state(entry).old_state is Old.REVOKING
    assert {look.liveness for look in looks(harness)} == {"unknown"}
    assert all(look.detail.startswith("rejected (WRONGPASS), but ") and words in look.detail for look in looks(harness))
    server.open = 0
    harness.settled()
    assert_finished(harness, entry)


def test_sessions_count_that_are_older_than_the_revocation_by_machine(crowded):
    harness, entry, server = crowded()
    harness.settled()
    old = harness.state(entry).old
    first = next(r.at for r in harness.log if isinstance(r.event, e.OldProbed))
    assert server.asked[0] == ("app", first - old.revoke_began_at + SPARED)
    assert old.seen_alive_at <= old.revoke_began_at <= old.revoked_at


def test_where_a_person_revoked_those_count_that_are_older_than_the_last_look_that_found_it_alive(crowded):
    by_person = replace(entry_for("redis").capabilities, revokes=RevokedBy.PERSON)
    harness, entry, server = crowded(capabilities=by_person)
    harness.run(lambda harness: harness.state(entry).in_place)
    seen = harness.state(entry).old.seen_alive_at
    harness.seconds.advance(7)
    harness.providers["redis"].provider.uninstall(harness.providers["redis"].old)
    harness.tell(c.ConfirmRevoked(entry.name))
    harness.run(lambda harness: harness.state(entry).gone)
    first = next(r.at for r in harness.log if isinstance(r.event, e.OldProbed) and r.event.probe.liveness == "dead")
    assert first - seen >= timedelta(seconds=7)
    assert server.asked[0] == ("app", first - seen + SPARED)


OTHER = "/production/worker/openai-api-key"


def closed(rig_of):
    """An incident that was closed when all was well; the catalog has one parameter more."""
    harness, entry = rig_of("openai"), entry_for("openai")
    harness.store(entry)
    harness.world.store(OTHER, "sk-proj-" + "d" * 40)
    parts = [SimpleNamespace(parameter=each) for each in (entry.main.parameter, OTHER, "/production/gone")]
    catalogued = SimpleNamespace(name="", environment="production", parts=parts, consumers=())
    harness.tools = replace(harness.tools, catalog=Catalog(("production",), (catalogued,)))
    harness.declare(entry)
    harness.settled()
    harness.close()
    harness.run(seconds=20 * 60)
    assert not harness.incident.open
    assert harness.events(e.OldProbed)[-1].standing == ()
    return harness, entry


@pytest.mark.parametrize("place", [OTHER, "its own"])
def test_after_the_close_the_dead_value_is_looked_for_in_every_parameter(rig_of, place):
    harness, entry = closed(rig_of)
    place = entry.main.parameter if place == "its own" else place
    harness.vault.put(place, harness.providers["openai"].old.key)
    harness.run(lambda harness: harness.incident.open, seconds=3600)
    assert harness.state(entry).old.reappeared == (place,)
    assert harness.state(entry).old_state is Old.DEAD
    assert [event.parameters for event in harness.events(e.OldValueReappeared)] == [(place,)]


def test_a_value_in_whose_place_nothing_was_put_has_not_reappeared(rig_of):
    harness, entry = rig_of("openai"), entry_for("openai")
    harness.store(entry)
    harness.declare(entry, replacing=False)
    harness.run(lambda harness: harness.state(entry).gone)
    harness.close()
    harness.run(seconds=20 * 60)
    assert not harness.incident.open
    assert harness.events(e.OldProbed)[-1].standing == ()


def test_a_leaked_value_that_leads_elsewhere_is_not_asked_there_and_nothing_proves_its_death(rig_of):
    """Whoever leaked it answers there that it is refused, and would be given a credential of ours as the control."""
    by_person = replace(entry_for("redis").capabilities, revokes=RevokedBy.PERSON)
    harness, entry = rig_of("redis"), entry_for("redis", capabilities=by_person)
    with eavesdropper() as stranger:
        made_up = Credential.single(Secret(f"redis://app:n0b0dys-p4ss@{stranger.host}/0"), "url")
        harness.store(entry, made_up, harness.providers["redis"].old)
        target = Target(TargetKind.CONFIRMED, made_up.fingerprint, 1, current=False)
        harness.declare(entry, target=target, replacing=False)
        harness.run(seconds=60)
        harness.tell(c.ConfirmRevoked(entry.name))
        harness.run(lambda harness: harness.state(entry).old.overdue)
        assert stranger.heard == []
    assert harness.state(entry).old_state is not Old.DEAD
    last = looks(harness)[-1]
    assert last.liveness == "unknown"
    assert last.detail.startswith(f"{stranger.host} is none of the hosts of this secret, so nothing is sent there")
