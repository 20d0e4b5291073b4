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
from bot.model.secrets import Part
from bot.rotation.job import is_made, submitted_name
from bot.rotation.receive import malformed
from bot.secrets.secret import Secret
from tests.support.rotation import BEN, INCIDENT, Died, assert_finished, entry_for, live_made

BASE = "/_compromise/inc_ab12cd/openai-api-key"


def by_hand(harness, provider="openai", name="by hand"):
    world = harness.providers[provider].world
    if provider == "openai":
        return world.add_key("proj_a", name, service_account="svc_a").value
    return world.add_key(name).value


# --- keys of others and keys of ours ------------------------------------------------------------------------------


def test_keys_of_a_secret_whose_name_begins_the_same_are_not_ours(rig_of):
    """`openai` and `openai-batch` in one incident: the names of one's keys begin as the other's do."""
    harness = rig_of("openai")
    world = harness.providers["openai"].world
    short = entry_for("openai", name="openai")
    longer = entry_for("openai", name="openai-batch")
    longer = structs.replace(longer, parts=(replace(longer.parts[0], parameter="/production/openai-batch"),))
    second = world.add_key("proj_a", "batch", service_account="svc_a")
    harness.store(short)
    harness.store(longer, second.value)
    harness.declare(longer, short)
    harness.settled()
    assert harness.events(e.OrphansFound) == []
    assert len(live_made(harness, short)) == 2


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
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).new.staged)
    for key_id in (harness.state(entry).new.key_id, harness.state(entry).old.key_id, harness.state(entry).new.name):
        outcome = harness.carry_out(harness.claim_for(Op.END_ORPHAN, entry, detail=key_id))
        assert "the log records it as in use" in outcome.message


# --- parts that the provider does not make ------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["openai", "sendgrid"])
def test_what_stands_beside_the_key_and_its_provider_does_not_make_stays(rig_of, provider):
    harness, entry = rig_of(provider), entry_for(provider)
    address = Part("address", f"{entry.main.parameter}-address", secret=False)
    entry = structs.replace(entry, parts=(address, *entry.parts))
    harness.store(entry)
    harness.world.store(address.parameter, "https://a.test", "https://b.test")
    harness.declare(entry)
    harness.settled()
    assert_finished(harness, entry)
    assert harness.vault.read(address.parameter).value == Secret("https://b.test")
    assert harness.events(e.OrphansFound) == []


# --- staging fails ------------------------------------------------------------------------------------------------


def test_a_key_that_cannot_be_staged_is_ended_and_no_other_is_made_blindly(chain):
    harness, entry = chain("openai")
    denied = Unauthorized("ssm", "stage", "no permission")
    harness.grim.instead_of("vault.stage", denied, times=99)
    harness.run(seconds=100)
    assert harness.grim.calls.count("openai.issue") == 1
    assert live_made(harness, entry) == []
    assert harness.incident.lane(new_lane("openai-api-key")).failure.final
    assert "no permission" in harness.failures()[-1]
    harness.grim.rest()
    harness.tell(c.Retry())
    harness.settled()
    assert_finished(harness, entry)


def test_staging_that_hiccups_is_tried_again_at_once(chain):
    harness, entry = chain("openai")
    harness.front.faults.inject("ssm-put-500", 2)
    harness.settled()
    assert harness.grim.calls.count("openai.issue") == 1
    assert harness.failures() == []
    assert_finished(harness, entry)


def test_staging_that_stays_down_costs_one_key(chain):
    harness, entry = chain("openai")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.front.faults.inject("ssm-put-500", 5)
    harness.settled()
    assert harness.grim.calls.count("openai.issue") == 2
    assert_finished(harness, entry)


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
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.run(lambda harness: harness.state(entry).new.staged)
    harness.submit(entry, value)
    harness.run(lambda harness: harness.state(entry).new.rejected)
    assert "copy it again" in harness.state(entry).new.rejected
    assert not any("/inbox/" in name for name in harness.staged())


def rejected(harness, entry, value):
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, value)
    harness.run(lambda harness: harness.state(entry).new.rejected)
    return harness.state(entry).new.rejected


def test_the_leaked_value_itself_is_rejected(chain):
    harness, entry = chain("stripe")
    assert "the old key itself" in rejected(harness, entry, harness.providers["stripe"].old.key.reveal())


@pytest.mark.parametrize("ends", ["\n", " ", "\t\r\n"])
def test_the_leaked_value_itself_is_rejected_without_the_white_space_that_it_was_stored_with(rig_of, ends):
    harness, entry = rig_of("stripe"), entry_for("stripe")
    leaked = harness.providers["stripe"].old.key.reveal()
    harness.store(entry, f"{leaked}{ends}")
    harness.declare(entry)
    assert "the old key itself" in rejected(harness, entry, leaked)


def test_a_value_of_another_provider_is_rejected(chain):
    harness, entry = chain("stripe")
    assert "looks like a SendGrid API key" in rejected(harness, entry, "SG." + "a" * 22 + "." + "b" * 43)


def test_a_value_that_is_not_accepted_is_rejected(chain):
    harness, entry = chain("stripe")
    assert "does not accept it" in rejected(harness, entry, "sk_live_" + "8" * 32)


def test_a_value_of_another_account_is_rejected(chain):
    harness, entry = chain("stripe")
    other = harness.providers["stripe"].world.add_key("other", account="acct_other")
    assert "substitution" in rejected(harness, entry, other.value)
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    harness.run(lambda harness: harness.state(entry).in_place)


def test_a_value_of_another_project_is_rejected_though_the_admin_cannot_see_it(chain):
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.grim.instead_of("openai.issue", Refused("openai", "make", "no"))
    harness.run(lambda harness: harness.failures())
    other = harness.providers["openai"].world.add_key("proj_b", "elsewhere", service_account="svc_b")
    harness.submit(entry, other.value)
    harness.run(lambda harness: harness.state(entry).new.rejected)
    assert "does not hold it: a substitution" in harness.state(entry).new.rejected


def test_a_rejected_submission_is_neither_installed_nor_adopted(chain):
    """A person's URL of another server is turned down; the bot then makes a password of its own."""
    harness, entry = chain("redis", Strategy.OVERLAP)
    harness.grim.instead_of("redis.generate", Refused("redis", "make", "no"))
    harness.run(lambda harness: harness.failures())
    harness.submit(entry, harness.providers["redis"].sibling.key.reveal())
    harness.run(lambda harness: harness.state(entry).new.rejected)
    harness.grim.rest()
    harness.run(lambda harness: harness.state(entry).in_place)
    assert harness.state(entry).new.source == "install"
    assert harness.current(entry).key != harness.providers["redis"].sibling.key


def test_a_submission_beside_a_lost_issue_of_the_same_number(chain):
    """Attempt 1 of issuing lost its answer; attempt 1 of receiving was rejected. They must not be taken for one."""
    harness, entry = chain("openai")
    harness.grim.after("openai.issue", Died())
    with pytest.raises(Died):
        harness.run()
    harness.grim.rest()
    harness.vault.stage(f"{BASE}/new/{submitted_name(INCIDENT, entry.name, 1)}/key", Secret("sk-proj-" + "d" * 40))
    harness.values.add("sk-proj-" + "d" * 40)
    harness.take_over()
    harness.settled()
    assert_finished(harness, entry)


def test_a_submission_supersedes_the_key_that_was_made(chain):
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.run(lambda harness: harness.state(entry).new.staged)
    made = harness.state(entry).new.key_id
    harness.submit(entry, by_hand(harness))
    harness.run(lambda harness: harness.state(entry).in_place)
    assert harness.state(entry).new.source == "person"
    assert harness.state(entry).new.orphans == {made: True}
    assert live_made(harness, entry) == []


@pytest.mark.parametrize("call", ["vault.stage", "vault.unstage"])
def test_a_death_while_receiving_loses_no_value(chain, call):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    harness.grim.after(call, Died())
    with pytest.raises(Died):
        harness.run()
    harness.take_over()
    harness.run(lambda harness: harness.state(entry).in_place)
    assert harness.state(entry).new_state is New.UNCONFIRMED
    assert not harness.state(entry).new.rejected


def test_an_empty_inbox(chain):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.tell(c.AnnounceSubmission(entry.name, "a" * 16))
    harness.run(lambda harness: harness.state(entry).new.rejected)
    assert "the inbox is empty" in harness.state(entry).new.rejected


def test_an_empty_inbox_brings_back_nothing_that_was_recorded(chain):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    harness.run(lambda harness: harness.state(entry).new.staged)
    harness.tell(c.AnnounceSubmission(entry.name, "a" * 16))
    harness.run(lambda harness: harness.state(entry).new.rejected)
    assert "the inbox is empty" in harness.state(entry).new.rejected


def refuse(harness, entry):
    harness.run(lambda harness: harness.state(entry).new.staged)
    harness.tell(c.RefuseValue(entry.name, "it is of another account"))


def reject(harness, entry):
    harness.run(lambda harness: harness.state(entry).new.staged)
    harness.record(e.ValueRejected(0, entry.name, "its provider refuses it"), harness.clock(), "bot")


def lose(harness, _entry):
    """Its outcome: the worker dies once the inbox is empty."""
    harness.grim.after("vault.unstage", Died())
    with pytest.raises(Died):
        harness.run()


@pytest.mark.parametrize("turned_down", [refuse, reject, lose])
def test_what_was_brought_before_does_not_come_back_as_what_another_person_brings(chain, turned_down):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    turned_down(harness, entry)
    harness.tell(c.AnnounceSubmission(entry.name, "a" * 16), BEN)
    harness.take_over()
    harness.run(lambda harness: not harness.state(entry).new.inbox)
    assert "the inbox is empty" in harness.state(entry).new.rejected
    assert not harness.state(entry).new.staged


def test_a_value_that_was_refused_does_not_come_back_for_one_that_is_no_good(chain):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    refuse(harness, entry)
    harness.submit(entry, "copied with a blank ")
    lose(harness, entry)
    harness.take_over()
    assert not harness.state(entry).new.staged
    assert harness.state(entry).new.rejected


# --- what is left over --------------------------------------------------------------------------------------------


def test_what_was_cleared_before_it_was_promoted_is_missing(chain):
    """After a close without promotion the live parameter holds the old key: it must never pass for the new one."""
    harness, entry = chain("openai", Strategy.OVERLAP)
    harness.run(lambda harness: harness.state(entry).new.staged)
    harness.record(e.Unstaged(0, entry.name, old=False), harness.clock(), "bot")
    outcome = harness.carry_out(harness.claim_for(Op.PROMOTE, entry))
    assert (outcome.error, outcome.retry_at) == (Missing.__name__, None)
    assert len(harness.vault.history(entry.main.parameter)) == 1


@pytest.mark.parametrize("op", [Op.ISSUE, Op.INSTALL, Op.READ_SCOPES, Op.END_ORPHAN])
def test_what_stripe_cannot_do_is_refused(chain, op):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.captured_at)
    assert harness.carry_out(harness.claim_for(op, entry, detail="x")).error == "Refused"


def test_a_sweep_of_what_people_make_finds_nothing(chain):
    harness, entry = chain("stripe")
    harness.run(lambda harness: harness.state(entry).old.snapshot_at)
    harness.submit(entry, harness.providers["stripe"].make_by_hand().key.reveal())
    harness.run(lambda harness: harness.state(entry).new.staged)
    assert isinstance(harness.carry_out(harness.claim_for(Op.SWEEP, entry)), e.Swept)
