"""Making a replacement: nothing lost, nothing doubled, and nothing of others taken for ours."""

from dataclasses import replace

import pytest
from msgspec import structs

from bot.errors import Missing, Refused, Unauthorized
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import new_lane
from bot.incident.model import New, Strategy
from bot.incident.operations import Op
from bot.rotation.job import is_made, submitted_name
from bot.rotation.receive import malformed
from bot.secret import Secret
from tests.support.rotation import INCIDENT, Died, assert_finished, entry_for, live_made

BASE = "/_compromise/inc_ab12cd/openai-api-key"


def by_hand(rig, provider="openai", name="by hand"):
    world = rig.providers[provider].world
    if provider == "openai":
        return world.add_key("proj_a", name, service_account="svc_a").value
    return world.add_key(name).value


# --- keys of others and keys of ours ------------------------------------------------------------------------------


def test_keys_of_a_secret_whose_name_begins_the_same_are_not_ours(rig_of):
    """`openai` and `openai-batch` in one incident: the names of one's keys begin as the other's do."""
    rig = rig_of("openai")
    world = rig.providers["openai"].world
    short = entry_for("openai", name="openai")
    longer = entry_for("openai", name="openai-batch")
    longer = structs.replace(longer, parts=(replace(longer.parts[0], parameter="/production/openai-batch"),))
    second = world.add_key("proj_a", "batch", service_account="svc_a")
    rig.store(short)
    rig.store(longer, second.value)
    rig.declare(longer, short)
    rig.settled()
    assert rig.events(e.OrphansFound) == []
    assert len(live_made(rig, short)) == 2


@pytest.mark.parametrize(
    ("name", "ours"),
    [("inc_ab12cd_openai_1", True), ("inc_ab12cd_openai_12", True), ("inc_ab12cd_openai_batch_1", False),
     ("inc_ab12cd_openai_", False), ("inc_ab12cd_openai_1x", False), ("inc_ab12cd_openai_¹", False),
     ("openai_1", False)],
)  # fmt: skip
def test_which_names_are_ours(name, ours):
    assert is_made(INCIDENT, "openai", name) is ours


def test_no_key_is_ever_called_what_a_submission_is_called():
    assert not is_made(INCIDENT, "openai", submitted_name(INCIDENT, "openai", 1))


def test_a_key_that_the_log_uses_is_no_orphan(chain):
    rig, entry = chain("openai")
    rig.run(lambda rig: rig.state(entry).new.staged)
    for key_id in (rig.state(entry).new.key_id, rig.state(entry).old.key_id, rig.state(entry).new.name):
        outcome = rig.carry_out(rig.claim_for(Op.END_ORPHAN, entry, detail=key_id))
        assert "the log records it as in use" in outcome.message


# --- staging fails ------------------------------------------------------------------------------------------------


def test_a_key_that_cannot_be_staged_is_ended_and_no_other_is_made_blindly(chain):
    rig, entry = chain("openai")
    denied = Unauthorized("ssm", "stage", "no permission")
    rig.grim.instead_of("vault.stage", denied, times=99)
    rig.run(seconds=100)
    assert rig.grim.calls.count("openai.issue") == 1
    assert live_made(rig, entry) == []
    assert rig.incident.lane(new_lane("openai-api-key")).failure.final
    assert "no permission" in rig.failures()[-1]
    rig.grim.rest()
    rig.tell(c.Retry())
    rig.settled()
    assert_finished(rig, entry)


def test_staging_that_hiccups_is_tried_again_at_once(chain):
    rig, entry = chain("openai")
    rig.front.faults.inject("ssm-put-500", 2)
    rig.settled()
    assert rig.grim.calls.count("openai.issue") == 1
    assert rig.failures() == []
    assert_finished(rig, entry)


def test_staging_that_stays_down_costs_one_key(chain):
    rig, entry = chain("openai")
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.front.faults.inject("ssm-put-500", 5)
    rig.settled()
    assert rig.grim.calls.count("openai.issue") == 2
    assert_finished(rig, entry)


# --- values that people bring -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "reason"),
    [("sk-proj-" + "a" * 30 + "\n", "line break"), (" sk-proj-" + "a" * 30, "blanks"),
     ("sk-proj-\0" + "a" * 30, "control"), ("k" * 4097, "4096 bytes"),
     ("é" * 2100, "4096 bytes"), ("", "empty"), (" \n", "empty"), ("a\x7fb", "control")],
)  # fmt: skip
def test_malformed_values(value, reason):
    assert reason in malformed(Secret(value))


def test_a_well_formed_value():
    assert malformed(Secret("redis://app:kW3t@127.0.0.1:1/0")) == ""


@pytest.mark.parametrize("value", ["sk-proj-" + "a" * 30 + "\n", "sk-proj-\t" + "a" * 30])
def test_a_malformed_submission_is_rejected_and_the_inbox_emptied(chain, value):
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.run(lambda rig: rig.state(entry).new.staged)
    rig.submit(entry, value)
    rig.run(lambda rig: rig.state(entry).new.rejected)
    assert "copy it again" in rig.state(entry).new.rejected
    assert not any("/inbox/" in name for name in rig.staged())


def rejected(rig, entry, value):
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.submit(entry, value)
    rig.run(lambda rig: rig.state(entry).new.rejected)
    return rig.state(entry).new.rejected


def test_the_leaked_value_itself_is_rejected(chain):
    rig, entry = chain("stripe")
    assert "the leaked value itself" in rejected(rig, entry, rig.providers["stripe"].old.key.reveal())


def test_a_value_of_another_provider_is_rejected(chain):
    rig, entry = chain("stripe")
    assert "looks like a SendGrid API key" in rejected(rig, entry, "SG." + "a" * 22 + "." + "b" * 43)


def test_a_value_that_is_not_accepted_is_rejected(chain):
    rig, entry = chain("stripe")
    assert "does not accept it" in rejected(rig, entry, "sk_live_" + "8" * 32)


def test_a_value_of_another_account_is_rejected(chain):
    rig, entry = chain("stripe")
    other = rig.providers["stripe"].world.add_key("other", account="acct_other")
    assert "substitution" in rejected(rig, entry, other.value)
    rig.submit(entry, rig.providers["stripe"].make_by_hand().key.reveal())
    rig.run(lambda rig: rig.state(entry).in_place)


def test_a_value_of_another_project_is_rejected_though_the_admin_cannot_see_it(chain):
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.grim.instead_of("openai.issue", Refused("openai", "make", "no"))
    rig.run(lambda rig: rig.failures())
    other = rig.providers["openai"].world.add_key("proj_b", "elsewhere", service_account="svc_b")
    rig.submit(entry, other.value)
    rig.run(lambda rig: rig.state(entry).new.rejected)
    assert "does not hold it: a substitution" in rig.state(entry).new.rejected


def test_a_rejected_submission_is_neither_installed_nor_adopted(chain):
    """A person's URL of another server is turned down; the bot then makes a password of its own."""
    rig, entry = chain("redis", Strategy.OVERLAP)
    rig.grim.instead_of("redis.generate", Refused("redis", "make", "no"))
    rig.run(lambda rig: rig.failures())
    rig.submit(entry, rig.providers["redis"].sibling.key.reveal())
    rig.run(lambda rig: rig.state(entry).new.rejected)
    rig.grim.rest()
    rig.run(lambda rig: rig.state(entry).in_place)
    assert rig.state(entry).new.source == "install"
    assert rig.current(entry).key != rig.providers["redis"].sibling.key


def test_a_submission_beside_a_lost_issue_of_the_same_number(chain):
    """Attempt 1 of issuing lost its answer; attempt 1 of receiving was rejected. They must not be taken for one."""
    rig, entry = chain("openai")
    rig.grim.after("openai.issue", Died())
    with pytest.raises(Died):
        rig.run()
    rig.grim.rest()
    rig.vault.stage(f"{BASE}/new/{submitted_name(INCIDENT, entry.name, 1)}/key", Secret("sk-proj-" + "d" * 40))
    rig.values.add("sk-proj-" + "d" * 40)
    rig.take_over()
    rig.settled()
    assert_finished(rig, entry)


def test_a_submission_supersedes_the_key_that_was_made(chain):
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.run(lambda rig: rig.state(entry).new.staged)
    made = rig.state(entry).new.key_id
    rig.submit(entry, by_hand(rig))
    rig.run(lambda rig: rig.state(entry).in_place)
    assert rig.state(entry).new.source == "person"
    assert rig.state(entry).new.orphans == {made: True}
    assert live_made(rig, entry) == []


@pytest.mark.parametrize("call", ["vault.stage", "vault.unstage"])
def test_a_death_while_receiving_loses_no_value(chain, call):
    rig, entry = chain("stripe")
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.submit(entry, rig.providers["stripe"].make_by_hand().key.reveal())
    rig.grim.after(call, Died())
    with pytest.raises(Died):
        rig.run()
    rig.take_over()
    rig.run(lambda rig: rig.state(entry).in_place)
    assert rig.state(entry).new_state is New.UNCONFIRMED
    assert not rig.state(entry).new.rejected


def test_an_empty_inbox(chain):
    rig, entry = chain("stripe")
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.tell(c.AnnounceSubmission(entry.name, "/_compromise/inbox/nothing"))
    rig.run(lambda rig: rig.state(entry).new.rejected)
    assert "the inbox is empty" in rig.state(entry).new.rejected


def test_an_empty_inbox_brings_back_nothing_that_was_recorded(chain):
    rig, entry = chain("stripe")
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.submit(entry, rig.providers["stripe"].make_by_hand().key.reveal())
    rig.run(lambda rig: rig.state(entry).new.staged)
    rig.tell(c.AnnounceSubmission(entry.name, "/_compromise/inbox/nothing"))
    rig.run(lambda rig: rig.state(entry).new.rejected)
    assert "the inbox is empty" in rig.state(entry).new.rejected


# --- what is left over --------------------------------------------------------------------------------------------


def test_what_was_cleared_before_it_was_promoted_is_missing(chain):
    """After a close without promotion the live parameter holds the old value: it must never pass for the new one."""
    rig, entry = chain("openai", Strategy.OVERLAP)
    rig.run(lambda rig: rig.state(entry).new.staged)
    rig.record(e.Unstaged(0, entry.name, old=False), rig.clock(), "bot")
    outcome = rig.carry_out(rig.claim_for(Op.PROMOTE, entry))
    assert (outcome.error, outcome.retry_at) == (Missing.__name__, None)
    assert len(rig.vault.history(entry.main.parameter)) == 1


@pytest.mark.parametrize("op", [Op.ISSUE, Op.INSTALL, Op.READ_SCOPES, Op.END_ORPHAN])
def test_what_stripe_cannot_do_is_refused(chain, op):
    rig, entry = chain("stripe")
    rig.run(lambda rig: rig.state(entry).old.captured_at)
    assert rig.carry_out(rig.claim_for(op, entry, detail="x")).error == "Refused"


def test_a_sweep_of_what_people_make_finds_nothing(chain):
    rig, entry = chain("stripe")
    rig.run(lambda rig: rig.state(entry).old.snapshot_at)
    rig.submit(entry, rig.providers["stripe"].make_by_hand().key.reveal())
    rig.run(lambda rig: rig.state(entry).new.staged)
    assert isinstance(rig.carry_out(rig.claim_for(Op.SWEEP, entry)), e.Swept)
