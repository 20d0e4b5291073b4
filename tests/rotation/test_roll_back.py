"""The leaked value back in its place: each part where it does not stand already, and nothing over a third value."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import New, Old, Strategy
from bot.incident.operations import Op
from tests.rotation.test_promote import PAIR, Pairs
from tests.support.rotation import Died, Rig

REASON = "the functions are down"


@pytest.fixture
def pair(account):
    """A secret of two parameters, overlapping, with its new value in place."""
    pairs = Pairs()
    pairs.accepted = {("id-old", "0ld-" + "x" * 20)}
    rig = Rig(account, {}, others={"pairs": pairs})
    rig.values |= {secret for _, secret in pairs.accepted}
    rig.world.store("/production/pair/id", "id-old")
    rig.store(PAIR, "0ld-" + "x" * 20)
    rig.declare(PAIR, strategy=Strategy.OVERLAP, public=False)
    rig.run(lambda rig: rig.state(PAIR).in_place)
    return rig, pairs


def standing(rig):
    return {part.parameter: rig.vault.read(part.parameter).value.reveal() for part in PAIR.parts}


def test_both_parts_stand_as_before(pair):
    rig, _ = pair
    assert standing(rig)["/production/pair/secret"] != "0ld-" + "x" * 20
    rig.tell(c.RollBack(PAIR.name, REASON))
    rig.run(lambda rig: rig.state(PAIR).new.rolled_back_at)
    assert standing(rig) == {"/production/pair/id": "id-old", "/production/pair/secret": "0ld-" + "x" * 20}
    assert rig.labels("/production/pair/secret") == {"previous": 2, "current": 3}
    assert rig.state(PAIR).new.versions == {"/production/pair/id": 3, "/production/pair/secret": 3}
    assert (rig.state(PAIR).old_state, rig.state(PAIR).new_state) == (Old.ALIVE, New.ROLLED_BACK)


@pytest.mark.parametrize(("call", "nth"), [("vault.put", 1), ("vault.put", 2), ("vault.label", 1), ("vault.label", 4)])
def test_one_that_is_lost_halfway_is_finished(pair, call, nth):
    rig, _ = pair
    rig.tell(c.RollBack(PAIR.name, REASON))
    rig.grim.after(call, Died(), nth=nth)
    with pytest.raises(Died):
        rig.run(lambda rig: rig.state(PAIR).new.rolled_back_at)
    rig.take_over()
    rig.run(lambda rig: rig.state(PAIR).new.rolled_back_at)
    assert standing(rig) == {"/production/pair/id": "id-old", "/production/pair/secret": "0ld-" + "x" * 20}
    assert rig.labels("/production/pair/secret") == rig.labels("/production/pair/id") == {"previous": 2, "current": 3}
    rig.tell(c.PromoteAgain(PAIR.name))
    rig.run(lambda rig: rig.state(PAIR).in_place)
    assert rig.state(PAIR).new.fingerprint != rig.state(PAIR).old.fingerprint
    assert standing(rig)["/production/pair/secret"] != "0ld-" + "x" * 20


def test_an_old_value_that_is_refused_is_not_put_back(pair):
    rig, pairs = pair
    before = standing(rig)
    pairs.accepted.discard(("id-old", "0ld-" + "x" * 20))
    rig.tell(c.RollBack(PAIR.name, REASON))
    rig.run(lambda rig: rig.events(e.RollBackRefused))
    rig.run(lambda rig: rig.state(PAIR).in_place)
    assert standing(rig) == before


def test_a_third_value_is_not_written_over(pair):
    rig, _ = pair
    rig.world.store("/production/pair/secret", "th1rd-" + "x" * 20)
    rig.tell(c.RollBack(PAIR.name, REASON))
    rig.run(lambda rig: any(op is Op.ROLL_BACK for op, _ in rig.ran) and rig.failures())
    assert "neither the new nor the old value" in rig.failures()[-1]
    assert standing(rig)["/production/pair/secret"] == "th1rd-" + "x" * 20
