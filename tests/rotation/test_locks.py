"""A worker that has lost its lock changes nothing: every operation asks before what cannot be undone."""

import sys
from datetime import UTC, datetime
from typing import get_args, get_type_hints

import pytest

from bot.incident import events as e
from bot.incident.lanes import function_lane
from bot.incident.model import Strategy
from bot.incident.operations import Claim, Op
from bot.model.reads import Read
from bot.rotation import HANDLERS
from bot.rotation.usage import KEPT
from bot.usage.contract import Usage
from tests.support.rotation import INCIDENT, LostLock, entry_for

CHANGING = {"vault.put", "vault.stage", "vault.unstage", "vault.label", "consumers.refresh"}
CHANGING |= {
    f"{name}.{verb}" for name in ("openai", "redis", "stripe") for verb in ("revoke", "issue", "install", "uninstall")
}


STAGES = {
    Op.REVOKE: ("openai", lambda secret: secret.old.snapshot_at),
    Op.ISSUE: ("openai", lambda secret: secret.old.snapshot_at),
    Op.INSTALL: ("redis", lambda secret: secret.old.snapshot_at),
    Op.PROMOTE: ("openai", lambda secret: secret.new.verified_at),
    Op.END_ORPHAN: ("openai", lambda secret: secret.old.snapshot_at),
    Op.UNSTAGE: ("openai", lambda secret: secret.new.staged),
}


def lose(harness, op, entry, **more):
    harness.mine = False
    harness.grim.calls.clear()
    claim = harness.claim_for(op, entry, **more)
    with pytest.raises(LostLock):
        HANDLERS[op](harness.job(claim))
    assert not CHANGING & set(harness.grim.calls)


@pytest.mark.parametrize("op", STAGES)
def test_nothing_is_changed_without_the_lock(chain, op):
    provider, reached = STAGES[op]
    harness, entry = chain(provider, Strategy.OVERLAP)
    harness.run(lambda harness: reached(harness.state(entry)))
    lose(harness, op, entry, detail="proj_a/key_1")


def test_a_promoted_value_is_not_even_labelled(chain):
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.run(lambda harness: harness.state(entry).new.promoted_at)
    lose(harness, Op.PROMOTE, entry)


def test_nothing_is_received_without_the_lock(chain):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    lose(harness, Op.RECEIVE, entry)
    assert len(harness.staged()) == 1


def test_no_function_is_refreshed_without_the_lock(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.promoted_at)
    harness.mine = False
    with pytest.raises(LostLock):
        HANDLERS[Op.REFRESH](harness.job(Claim(99, Op.REFRESH, function_lane("api"), "api", 1, "worker")))
    assert "consumers.refresh" not in harness.grim.calls


def test_every_operation_on_secrets_has_its_function():
    told = {Op.OPEN_CHANNEL, Op.PAGE, Op.DRAFT_UPDATE, Op.SEND_UPDATE}
    elsewhere = {*told, Op.REPORT, Op.DECISIONS, Op.DELIVER, Op.TICK}
    assert set(HANDLERS) == set(Op) - elsewhere


def test_every_operation_ends_in_an_outcome():
    for handler in HANDLERS.values():
        made = get_type_hints(handler, vars(sys.modules[handler.__module__]))["return"]
        assert set(get_args(made) or (made,)) <= set(get_args(e.Outcome)), handler


class Busy:
    def __init__(self) -> None:
        self.asked = None

    def reads(self, parameters, since, until):
        self.asked = (set(parameters), since, until)
        read = Read(until, "arn:aws:iam::1:user/x", "198.51.100.7", "curl", "GetParameter", "/p")
        return Usage("history", since, until, (read,) * (KEPT + 1), ("the rest",))


def test_usage_is_cut_off_where_it_grows_too_long(rig_of):
    harness = rig_of("openai")
    entry, busy = entry_for("openai"), Busy()
    harness.tools = type(harness.tools)(
        harness.tools.vault,
        harness.tools.consumers,
        busy,
        harness.tools.grants,
        harness.tools.provider,
        harness.tools.clock,
    )
    harness.store(entry)
    harness.declare(entry)
    harness.run(lambda harness: harness.incident.usage)
    read = harness.events(e.UsageRead)[0]
    assert (len(read.reads), read.dropped, read.truncated) == (KEPT, 1, False)
    assert busy.asked[0] == {entry.main.parameter}
    assert busy.asked[1] <= datetime.now(UTC)
    assert harness.incident.id == INCIDENT
