"""What was left behind at the provider: since when it is asked, what is ours, and what of it the log keeps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.errors import Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Access, CheckOutcome, Target, TargetKind
from bot.incident.operations import Op
from bot.model.keys import Leftover
from bot.model.uses import Undo, Use
from bot.rotation.inspect import LEFTOVERS_KEPT, _looked_at
from bot.secrets.secret import Secret
from tests.support.elaborate import VALUE, Elaborate, elaborate_entry, stored
from tests.support.rotation import ADA, INCIDENT, Harness

LATER = datetime(2027, 1, 15, 8, 5, tzinfo=UTC)


@pytest.fixture
def told(account):
    """An incident at that provider, told until the key is dead."""

    def make(*leftover, **changes):
        provider = Elaborate(list(leftover))
        harness = Harness(account, {}, others={"elaborate": provider})
        entry = elaborate_entry(inspects=True)
        stored(harness, entry)
        harness.declare(entry, replacing=False, **changes)
        return harness, entry, provider

    return make


def inspected(harness):
    harness.run(lambda harness: harness.events(e.AccessInspected))
    return harness.events(e.AccessInspected)[-1]


def test_what_is_new_is_asked_for_since_the_value_was_put_in_place(told):
    harness, entry, provider = told()
    event = inspected(harness)
    assert provider.asked_since == [harness.vault.history(entry.main.parameter)[0].written_at]
    assert (event.items, event.found, event.since) == (("keys",), (), provider.asked_since[0])
    assert harness.state(entry).checks["keys"].outcome is CheckOutcome.CLEAR
    harness.tell(c.EndCheck(entry.name, "webhooks", CheckOutcome.CLEAR, "looked"), ADA)
    assert harness.state(entry).access is Access.CONTAINED


def test_a_value_in_no_history_is_asked_about_as_far_back_as_records_go(told):
    harness, _entry, provider = told(target=Target(TargetKind.CONFIRMED, Secret(VALUE).fingerprint, staged=True))
    harness.vault.stage(f"/_compromise/{INCIDENT}/elaborate-key/old", Secret(VALUE))
    inspected(harness)
    assert provider.asked_since == [harness.incident.detected_at - timedelta(days=90)]


def test_what_was_found_is_kept_without_values_and_in_measure(told):
    strange = [Leftover("webhooks", f"hook-{n}") for n in range(LEFTOVERS_KEPT + 3)]
    named = Leftover("keys", "id-2", "xoxb-" + "1234567890-abcdefghij" + "\n second\x1b[2J line" + "x" * 200, LATER)
    harness, entry, _provider = told(named, *strange)
    event = inspected(harness)
    (key,) = [left for left in event.found if left.item == "keys"]
    assert key.name.startswith("[Slack")
    assert "second[2J line" in key.name
    assert "\n" not in key.name
    assert "\x1b" not in key.name
    assert len(key.name) <= 100
    assert key.created_at == LATER
    assert (len(event.found), event.cut) == (LEFTOVERS_KEPT + 1, 3)
    assert {item for item, check in harness.state(entry).checks.items() if check.found} == {"keys", "webhooks"}


def test_the_leaked_key_itself_is_nothing_left_behind(told):
    harness, _entry, _provider = told(Leftover("keys", "key-1", "app"))
    assert inspected(harness).found == ()


def test_what_this_incident_made_is_nothing_left_behind(account):
    harness = Harness(account, {}, others={"elaborate": Elaborate()})
    entry = elaborate_entry(inspects=True)
    stored(harness, entry)
    harness.declare(entry, replacing=False)
    harness.run(lambda harness: harness.state(entry).gone)
    claim = harness.claim_for(Op.INSPECT, entry)
    for left, ours in (("proj_a/key-2", True), ("key-2", True), ("orphan", True), ("key-3", False)):
        harness.others["elaborate"].leftover = [Leftover("keys", left, f"{INCIDENT}_elaborate_key_1")]
        if not harness.state(entry).new.key_id:
            harness.record(
                e.ValueStaged(0, entry.name, "n", "proj_a/key-2", "f" * 12, "/s", "issue"), harness.clock(), "bot"
            )
            harness.record(e.OrphansFound(0, entry.name, ("orphan",)), harness.clock(), "bot")
        found = harness.carry_out(claim).found
        assert bool(found) is not ours, left


def test_no_answer_is_asked_for_again_and_holds_up_nothing(told):
    harness, entry, _provider = told()
    harness.grim.instead_of("elaborate.leftovers", Unreachable("elaborate", "list keys", "no answer"), times=2)
    harness.run(lambda harness: harness.state(entry).inspected_at)
    assert len(harness.events(e.OperationFailed)) == 2
    assert harness.state(entry).gone


def test_a_class_that_no_longer_can_leaves_it_to_a_person(told):
    harness, entry, _provider = told()
    harness.run(lambda harness: harness.state(entry).gone)

    class Plain:
        card = Elaborate.card

        def probe(self, credential):
            raise NotImplementedError

    harness.others["elaborate"] = Plain()
    failed = harness.carry_out(harness.claim_for(Op.INSPECT, entry))
    assert isinstance(failed, e.OperationFailed)
    assert failed.retry_at is None
    assert "only a person can, in its console" in failed.message


class Looking(Elaborate):
    still_there = staticmethod(lambda made: [(use, use.what[-1] == "ASIA1") for use in made if use.what[-1] != "ASIA3"])


class Silent(Elaborate):
    def still_there(self, _made):
        raise Unreachable("elaborate", "look", "no answer")


@pytest.mark.parametrize(
    ("provider", "found"),
    [
        (
            Looking,
            {"AssumeRole api": [Leftover("AssumeRole api", "ASIA1", created_at=LATER)], "AssumeRole role/old": []},
        ),
        (Silent, {}),
        (Elaborate, {}),
    ],
)
def test_what_the_key_made_is_looked_for_where_the_provider_tells_of_all_of_it(provider, found):
    one = Use(LATER, LATER, "sts:AssumeRole", what=("api", "ASIA1"), undo=Undo("Deny it."))
    of_role = Undo("Deny it.", of_role=True)
    ended = replace(one, last=LATER - timedelta(hours=13), what=("arn:aws:iam::1:role/old", "ASIA1"), undo=of_role)
    untold = [replace(one, what=("ci", session)) for session in ("ASIA2", "ASIA3")]
    uses = (replace(one, undo=None), replace(one, ours="our own"), one, replace(one, what=("api", "ASIA2")), *untold)
    seen = SimpleNamespace(use=SimpleNamespace(found=SimpleNamespace(uses=(*uses, ended))))
    job = SimpleNamespace(secret=seen, tools=SimpleNamespace(clock=lambda: LATER))
    assert _looked_at(job, provider([])) == found
    job.secret.use = None
    assert _looked_at(job, provider([])) == {}
