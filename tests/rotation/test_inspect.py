"""What was left behind at the provider: since when it is asked, what is ours, and what of it the log keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Access, CheckOutcome, Target, TargetKind
from bot.incident.operations import Op
from bot.model.keys import Leftover
from bot.rotation.inspect import LEFTOVERS_KEPT
from bot.secret import Secret
from tests.support.elaborate import VALUE, Elaborate, elaborate_entry, stored
from tests.support.rotation import ADA, INCIDENT, Rig

LATER = datetime(2027, 1, 15, 8, 5, tzinfo=UTC)


@pytest.fixture
def told(account):
    """An incident at that provider, told until the key is dead."""

    def make(*leftover, **changes):
        provider = Elaborate(list(leftover))
        rig = Rig(account, {}, others={"elaborate": provider})
        entry = elaborate_entry(inspects=True)
        stored(rig, entry)
        rig.declare(entry, replacing=False, **changes)
        return rig, entry, provider

    return make


def inspected(rig):
    rig.run(lambda rig: rig.events(e.AccessInspected))
    return rig.events(e.AccessInspected)[-1]


def test_what_is_new_is_asked_for_since_the_value_was_put_in_place(told):
    rig, entry, provider = told()
    event = inspected(rig)
    assert provider.asked_since == [rig.vault.history(entry.main.parameter)[0].written_at]
    assert (event.items, event.found, event.since) == (("keys",), (), provider.asked_since[0])
    assert rig.state(entry).checks["keys"].outcome is CheckOutcome.CLEAR
    rig.tell(c.EndCheck(entry.name, "webhooks", CheckOutcome.CLEAR), ADA)
    assert rig.state(entry).access is Access.CONTAINED


def test_a_value_in_no_history_is_asked_about_as_far_back_as_records_go(told):
    rig, _entry, provider = told(target=Target(TargetKind.CONFIRMED, staged=f"/_compromise/{INCIDENT}/x/old"))
    rig.vault.stage(f"/_compromise/{INCIDENT}/x/old", Secret(VALUE))
    inspected(rig)
    assert provider.asked_since == [rig.incident.detected_at - timedelta(days=90)]


def test_what_was_found_is_kept_without_values_and_in_measure(told):
    strange = [Leftover("webhooks", f"hook-{n}") for n in range(LEFTOVERS_KEPT + 3)]
    named = Leftover("keys", "id-2", "xoxb-" + "1234567890-abcdefghij" + "\n second\x1b[2J line" + "x" * 200, LATER)
    rig, entry, _provider = told(named, *strange)
    event = inspected(rig)
    (key,) = [left for left in event.found if left.item == "keys"]
    assert key.name.startswith("[Slack")
    assert "second[2J line" in key.name
    assert "\n" not in key.name
    assert "\x1b" not in key.name
    assert len(key.name) <= 100
    assert key.created_at == LATER
    assert (len(event.found), event.cut) == (LEFTOVERS_KEPT + 1, 3)
    assert {item for item, check in rig.state(entry).checks.items() if check.found} == {"keys", "webhooks"}


def test_the_leaked_key_itself_is_nothing_left_behind(told):
    rig, _entry, _provider = told(Leftover("keys", "key-1", "app"))
    assert inspected(rig).found == ()


def test_what_this_incident_made_is_nothing_left_behind(account):
    rig = Rig(account, {}, others={"elaborate": Elaborate()})
    entry = elaborate_entry(inspects=True)
    stored(rig, entry)
    rig.declare(entry, replacing=False)
    rig.run(lambda rig: rig.state(entry).gone)
    claim = rig.claim_for(Op.INSPECT, entry)
    for left, ours in (("proj_a/key-2", True), ("key-2", True), ("orphan", True), ("key-3", False)):
        rig.others["elaborate"].leftover = [Leftover("keys", left, f"{INCIDENT}_elaborate_key_1")]
        if not rig.state(entry).new.key_id:
            rig.record(e.ValueStaged(0, entry.name, "n", "proj_a/key-2", "f" * 12, "/s", "issue"), rig.clock(), "bot")
            rig.record(e.OrphansFound(0, entry.name, ("orphan",)), rig.clock(), "bot")
        found = rig.carry_out(claim).found
        assert bool(found) is not ours, left


def test_no_answer_is_asked_for_again_and_holds_up_nothing(told):
    rig, entry, _provider = told()
    rig.grim.instead_of("elaborate.leftovers", Unreachable("elaborate", "list keys", "no answer"), times=2)
    rig.run(lambda rig: rig.state(entry).inspected_at)
    assert len(rig.events(e.OperationFailed)) == 2
    assert rig.state(entry).gone


def test_a_class_that_no_longer_can_leaves_it_to_a_person(told):
    rig, entry, _provider = told()
    rig.run(lambda rig: rig.state(entry).gone)

    class Plain:
        card = Elaborate.card

        def probe(self, credential):
            raise NotImplementedError

    rig.others["elaborate"] = Plain()
    failed = rig.carry_out(rig.claim_for(Op.INSPECT, entry))
    assert isinstance(failed, e.OperationFailed)
    assert failed.retry_at is None
    assert "only a person can, in its console" in failed.message
