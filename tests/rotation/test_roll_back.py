"""The leaked key back in its place: each part where it does not stand already, and nothing over a third value."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import new_lane
from bot.incident.model import New, Old, Strategy
from bot.incident.operations import Op
from tests.rotation.test_promote import PAIR, Pairs
from tests.support.rotation import Died, Harness

REASON = "the functions are down"


@pytest.fixture
def pair(account):
    """A secret of two parameters, overlapping, with its new key in place."""
    pairs = Pairs()
    pairs.accepted = {("id-old", "0ld-" + "x" * 20)}
    harness = Harness(account, {}, others={"pairs": pairs})
    harness.values |= {secret for _, secret in pairs.accepted}
    harness.world.store("/production/pair/id", "id-old")
    harness.store(PAIR, "0ld-" + "x" * 20)
    harness.declare(PAIR, strategy=Strategy.OVERLAP, public=False)
    harness.run(lambda harness: harness.state(PAIR).in_place)
    return harness, pairs


def standing(harness):
    return {part.parameter: harness.vault.read(part.parameter).value.reveal() for part in PAIR.parts}


def test_both_parts_stand_as_before(pair):
    harness, _ = pair
    assert standing(harness)["/production/pair/secret"] != "0ld-" + "x" * 20
    harness.tell(c.RollBack(PAIR.name, REASON))
    harness.run(lambda harness: harness.state(PAIR).new.back_since)
    assert standing(harness) == {"/production/pair/id": "id-old", "/production/pair/secret": "0ld-" + "x" * 20}
    assert harness.labels("/production/pair/secret") == {"previous": 2, "current": 3}
    assert harness.state(PAIR).new.versions == {"/production/pair/id": 3, "/production/pair/secret": 3}
    assert (harness.state(PAIR).old_state, harness.state(PAIR).new_state) == (Old.ALIVE, New.STAGED)


@pytest.mark.parametrize(("call", "nth"), [("vault.put", 1), ("vault.put", 2), ("vault.label", 1), ("vault.label", 4)])
def test_one_that_is_lost_halfway_is_finished(pair, call, nth):
    harness, _ = pair
    harness.tell(c.RollBack(PAIR.name, REASON))
    harness.grim.after(call, Died(), nth=nth)
    with pytest.raises(Died):
        harness.run(lambda harness: harness.state(PAIR).new.back_since)
    harness.take_over()
    harness.run(lambda harness: harness.state(PAIR).new.back_since)
    assert standing(harness) == {"/production/pair/id": "id-old", "/production/pair/secret": "0ld-" + "x" * 20}
    assert (
        harness.labels("/production/pair/secret")
        == harness.labels("/production/pair/id")
        == {"previous": 2, "current": 3}
    )
    harness.tell(c.Retry(new_lane(PAIR.name)))
    harness.run(lambda harness: harness.state(PAIR).in_place)
    assert harness.state(PAIR).new.fingerprint != harness.state(PAIR).old.fingerprint
    assert standing(harness)["/production/pair/secret"] != "0ld-" + "x" * 20


def test_an_old_value_that_is_refused_is_not_put_back(pair):
    harness, pairs = pair
    before = standing(harness)
    pairs.accepted.discard(("id-old", "0ld-" + "x" * 20))
    harness.tell(c.RollBack(PAIR.name, REASON))
    harness.run(lambda harness: harness.events(e.RollBackRefused))
    harness.run(lambda harness: harness.state(PAIR).in_place)
    assert standing(harness) == before


def test_a_third_value_is_not_written_over(pair):
    harness, _ = pair
    harness.world.store("/production/pair/secret", "th1rd-" + "x" * 20)
    before = standing(harness)
    harness.tell(c.RollBack(PAIR.name, REASON))
    harness.run(lambda harness: any(op is Op.ROLL_BACK for op, _ in harness.ran) and harness.failures())
    assert "neither the new nor the old key" in harness.failures()[-1]
    assert standing(harness) == before
