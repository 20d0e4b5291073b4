"""What makes a refusal count as a proof."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Unauthorized
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Old, Target, TargetKind
from bot.model.capabilities import RevokedBy
from bot.model.probes import Answer, Liveness
from bot.providers.redis.provider import Redis
from bot.rotation.prove import SPARED
from tests.support.rotation import assert_finished, entry_for


def looks(rig):
    return [event.probe for event in rig.events(e.OldProbed)]


class Crowded(Redis):
    """A server with as many old sessions as the test says, or that does not tell."""

    open = 0
    asked = ()

    def sessions(self, credential, key_id, age):
        type(self).asked = (*self.asked, (key_id, age))
        if isinstance(self.open, Exception):
            raise self.open
        return self.open


class Twofold(Redis):
    """A provider whose probe asks two, and which says of the second what the test has it say."""

    word = None
    asked = ()

    def control_with(self, current):
        type(self).asked = (*self.asked, current.key.fingerprint)
        return self.word


class Elsewhere(Redis):
    """A server whose admin user is accepted elsewhere, and says nothing where the leaked value is asked."""

    along = Answer(Liveness.UNKNOWN, "as the test says")
    asked = ()

    def control(self):
        return Answer(Liveness.LIVE, "PONG, elsewhere")

    def control_along(self, probed):
        type(self).asked = (*self.asked, probed.key.fingerprint)
        return self.along


def test_a_control_comes_the_way_of_the_probe_or_it_is_none(rig_of):
    rig, entry = rig_of("redis"), entry_for("redis")
    old, plain = rig.providers["redis"].old, rig.providers["redis"].provider
    made = type("Elsewhere", (Elsewhere,), {})
    rig.others["redis"] = made(plain.admin, plain.timeout, plain.admin_address)
    current = plain.generate(old)
    plain.install(current, old)
    rig.store(entry, old, current)
    target = Target(TargetKind.CONFIRMED, old.fingerprint, 1, current=False)
    rig.declare(entry, target=target, replacing=False)
    rig.run(lambda rig: rig.state(entry).old.overdue)
    assert rig.state(entry).old_state is Old.REVOKING
    assert set(made.asked) == {old.key.fingerprint}
    made.along = Answer(Liveness.LIVE, "the admin user: PONG")
    rig.settled()
    assert rig.state(entry).old.last_control.detail == "the admin user: PONG"


@pytest.mark.parametrize("liveness", [Liveness.DEAD, Liveness.UNKNOWN])
def test_where_two_are_asked_only_the_word_of_the_one_that_refused_is_a_control(rig_of, liveness):
    rig, entry = rig_of("redis"), entry_for("redis")
    plain = rig.providers["redis"].provider
    made = type("Twofold", (Twofold,), {"word": Answer(liveness, "as the test says")})
    rig.others["redis"] = made(plain.admin, plain.timeout, plain.admin_address)
    rig.store(entry)
    rig.declare(entry)
    rig.run(lambda rig: rig.state(entry).old.overdue)
    assert {look.liveness for look in looks(rig)} == {"dead"}
    assert rig.state(entry).old_state is Old.REVOKING
    assert {event.bystanders[0].liveness for event in rig.events(e.OldProbed)} == {"live"}
    made.word = Answer(Liveness.LIVE, "believed")
    rig.settled()
    assert_finished(rig, entry)
    assert rig.state(entry).old.last_control.detail == "believed"
    assert set(made.asked) == {rig.vault.read(entry.main.parameter).value.fingerprint}


@pytest.fixture
def crowded(rig_of):
    """A rig with a leaked Redis password, and the class of its provider."""

    def make(**changes):
        rig, entry = rig_of("redis"), entry_for("redis", **changes)
        plain = rig.providers["redis"].provider
        made = type("Crowded", (Crowded,), {})
        rig.others["redis"] = made(plain.admin, plain.timeout, plain.admin_address)
        rig.store(entry)
        rig.declare(entry)
        return rig, entry, made

    return make


@pytest.mark.parametrize(
    ("open_ones", "words"),
    [
        (1, "1 session opened with it is still open"),
        (3, "3 sessions opened with it are still open"),
        (Unauthorized("redis", "count", "the admin user may not"), "cannot be told (the admin user may not)"),
    ],
)
def test_a_refused_value_is_not_dead_while_its_sessions_may_be_open(crowded, open_ones, words):
    rig, entry, server = crowded()
    server.open = open_ones
    rig.run(lambda rig: rig.state(entry).old.overdue)
    assert rig.state(entry).old_state is Old.REVOKING
    assert {look.liveness for look in looks(rig)} == {"unknown"}
    assert all(look.detail.startswith("refused (WRONGPASS), but ") and words in look.detail for look in looks(rig))
    server.open = 0
    rig.settled()
    assert_finished(rig, entry)


def test_sessions_count_that_are_older_than_the_revocation_by_machine(crowded):
    rig, entry, server = crowded()
    rig.settled()
    old = rig.state(entry).old
    first = next(r.at for r in rig.log if isinstance(r.event, e.OldProbed))
    assert server.asked[0] == ("app", first - old.revoke_began_at + SPARED)
    assert old.seen_alive_at <= old.revoke_began_at <= old.revoked_at


def test_where_a_person_revoked_those_count_that_are_older_than_the_last_look_that_found_it_alive(crowded):
    by_person = replace(entry_for("redis").capabilities, revokes=RevokedBy.PERSON)
    rig, entry, server = crowded(capabilities=by_person)
    rig.run(lambda rig: rig.state(entry).in_place)
    seen = rig.state(entry).old.seen_alive_at
    rig.seconds.advance(7)
    rig.providers["redis"].provider.uninstall(rig.providers["redis"].old)
    rig.tell(c.ConfirmRevoked(entry.name))
    rig.run(lambda rig: rig.state(entry).gone)
    first = next(r.at for r in rig.log if isinstance(r.event, e.OldProbed) and r.event.probe.liveness == "dead")
    assert first - seen >= timedelta(seconds=7)
    assert server.asked[0] == ("app", first - seen + SPARED)


OTHER = "/production/worker/openai-api-key"


def closed(rig_of):
    """An incident that was closed when all was well; the catalog has one parameter more."""
    rig, entry = rig_of("openai"), entry_for("openai")
    rig.store(entry)
    rig.world.store(OTHER, "sk-proj-" + "d" * 40)
    parameters = (entry.main.parameter, OTHER, "/production/gone")
    rig.tools = replace(rig.tools, parameters=lambda _environment: parameters)
    rig.declare(entry)
    rig.settled()
    rig.close()
    rig.run(seconds=20 * 60)
    assert not rig.incident.open
    assert rig.events(e.OldProbed)[-1].standing == ()
    return rig, entry


@pytest.mark.parametrize("place", [OTHER, "its own"])
def test_after_the_close_the_dead_value_is_looked_for_in_every_parameter(rig_of, place):
    rig, entry = closed(rig_of)
    place = entry.main.parameter if place == "its own" else place
    rig.vault.put(place, rig.providers["openai"].old.key)
    rig.run(lambda rig: rig.incident.open, seconds=3600)
    assert rig.state(entry).old.reappeared == (place,)
    assert rig.state(entry).old_state is Old.DEAD
    assert [event.parameters for event in rig.events(e.OldValueReappeared)] == [(place,)]


def test_a_value_in_whose_place_nothing_was_put_has_not_reappeared(rig_of):
    rig, entry = rig_of("openai"), entry_for("openai")
    rig.store(entry)
    rig.declare(entry, replacing=False)
    rig.run(lambda rig: rig.state(entry).gone)
    rig.close()
    rig.run(seconds=20 * 60)
    assert not rig.incident.open
    assert rig.events(e.OldProbed)[-1].standing == ()
