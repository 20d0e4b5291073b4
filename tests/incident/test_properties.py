"""What holds whatever people and workers do, in whatever order."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import kill_basis
from bot.incident.codec import decode, encode
from bot.incident.evolve import evolve
from bot.incident.lanes import FALLBACK_LANE, LaneKind, new_lane
from bot.incident.obligations.rules import notice_clocks
from bot.incident.operations import OPERATIONS, Op
from bot.incident.order import kill_hold
from bot.incident.overlap.rules import overlap_end, overlapping
from bot.incident.refusals import TEXT_LIMIT
from bot.incident.schedule import agenda, ahead, due, pending
from bot.incident.state import Basis
from tests.support.chaos import YAN, ZOE, Chaos
from tests.support.searches import search

NUMBERS = st.binary(min_size=8, max_size=8).map(int.from_bytes)
RUNS = {"seed": NUMBERS, "happenings": st.lists(NUMBERS, max_size=200)}
CHECKED = search(60)


class Witness:
    """Checks each event as it comes. It keeps its own account of the proof, and trusts no field of the state for it."""

    def __init__(self) -> None:
        self.alive_once = set()
        self.run = {}
        self.before_claim = {}

    def __call__(self, before, recorded, after) -> None:
        event = recorded.event
        match event:
            case e.OperationStarted(claim):
                assert before.lane(claim.lane).claim is None
                assert claim.number == before.claims + 1
                assert claim.lane.kind is OPERATIONS[claim.op].lane or claim.lane == FALLBACK_LANE
                if claim.op is Op.REVOKE:
                    self.revoke(before, claim, recorded.at)
                if claim.op is Op.DELETE_OLD:
                    assert before.secrets[claim.subject].old_state is m.Old.DEAD
                    assert before.step("investigate").over or not before.open
            case e.SnapshotTaken() if event.probe.liveness == "live":
                self.alive_once.add(event.secret)
            case e.OldProbed():
                self.probed(before, event, recorded.at)
            case e.OldProvenDead():
                self.proven(before, event)
            case e.AccessRevoked():
                self.run.pop(event.secret, None)
            case e.RevokedByPerson():
                self.run.pop(event.secret, None)
                self.before_claim[event.secret] = before.claims
            case e.OperationRetried(lane):
                self.retried(after, lane.subject if lane.kind is LaneKind.OLD else "")
            case e.RolledBack():
                secret = before.secrets[event.secret]
                assert secret.old.revoke_began_at is None, "nothing can serve on a value that is being ended"
            case e.CheckEnded():
                assert before.secrets[event.secret].gone
            case e.PlanApproved(plans):
                for name in plans:
                    author = before.secrets[name].author
                    assert author is None or m.Right.RESPOND not in author.rights or recorded.actor != author.name
            case e.ProposalApproved():
                assert recorded.actor != before.proposal.by
            case e.GlassBroken(names):
                assert {n: s.new for n, s in before.secrets.items()} == {n: s.new for n, s in after.secrets.items()}
                assert all(after.secrets[name].glass for name in names)
            case e.IncidentClosed():
                assert event.items or finished(before)
                assert all(step.over for step in before.steps)
            case e.CommandRefused(reason=reason):
                assert reason.endswith((".", "!", "”")), reason
                assert len(reason) < TEXT_LIMIT
        for secret in after.secrets.values():
            assert not secret.new.staged or secret.new.key_id == "" or secret.new.key_id not in secret.new.orphans
            assert secret.old_state is not m.Old.DEAD or secret.old.refusals.count >= 2
            assert secret.access is m.Access.OPEN or (secret.gone and not secret.open_checks)
        held = [lane.claim.number for lane in after.lanes.values() if lane.claim is not None]
        assert len(held) == len(set(held))

    def revoke(self, before, claim, at):
        secret = before.secrets[claim.subject]
        basis = kill_basis(before, secret, at)
        assert isinstance(basis, Basis)
        assert len({giver.name for giver in basis.givers}) == (2 if basis.kind is m.ConsentKind.APPROVAL else 1)
        assert not secret.revoked_by_person
        assert secret.old.attested is None
        if secret.old.owner is not None:
            assert basis.kind is m.ConsentKind.APPROVAL
            assert secret.old.owner.alone
        assert not secret.entry.capabilities.identifies or secret.old.key_id
        assert not secret.entry.capabilities.revoke_needs_replacement or secret.new.staged
        assert before.open
        assert not before.halted
        rolling = before.lane(new_lane(secret.name)).claim
        assert rolling is None or rolling.op is not Op.ROLL_BACK, "the old key is being put back in place"
        hold = kill_hold(before, secret)
        assert hold is None or (hold.until is not None and hold.until <= at)
        if overlapping(secret):
            assert at >= overlap_end(before, secret)
            assert not secret.new.failing

    def retried(self, after, name):
        if name in after.secrets and after.secrets[name].old.refusals is None:
            self.run.pop(name, None)
        if name in after.secrets and after.secrets[name].old.claimed is None:
            self.before_claim.pop(name, None)

    def probed(self, before, event, at):
        accepted = event.control is not None and event.control.liveness == "live"
        if event.probe.liveness == "live":
            self.alive_once.add(event.secret)
            self.run.pop(event.secret, None)
        elif event.probe.liveness == "dead" and accepted:
            if event.claim > self.before_claim.get(event.secret, 0):
                self.run.setdefault(event.secret, []).append(at)
        else:
            run = self.run.get(event.secret, [])
            if len(run) < 2 or run[-1] - run[0] < timedelta(seconds=before.timings.confirm):
                self.run.pop(event.secret, None)

    def proven(self, before, event):
        run = self.run[event.secret]
        assert event.secret in self.alive_once
        assert len(run) >= 2
        assert run[-1] - run[0] >= timedelta(seconds=before.timings.confirm)
        assert event.contained_at == run[0]


def finished(incident):
    secrets = incident.secrets.values()
    return all(secret.settled and not (secret.open_checks or secret.open_copies) for secret in secrets)


def key(work):
    return work.op, work.lane, work.subject, work.detail


def check_agenda(story):
    incident, now = story.incident, story.now
    ready, later = ahead(incident, now)
    lanes = [work.lane for work in ready]
    assert len(lanes) == len(set(lanes))
    everything = list(agenda(incident, now))
    assert {key(work) for work in ready} <= {key(work) for work in everything}
    assert all(incident.lane(work.lane).claim is None for work in everything)
    assert later is None or later > now
    if any(work.op is Op.TICK for work in ready):
        return  # what comes after the tick is reckoned after it
    horizon = (later or now + timedelta(days=9)) - timedelta(microseconds=1)
    for moment in {now + (horizon - now) / 2, horizon}:
        unforeseen = {key(work) for work in pending(incident, moment)} - {key(work) for work in ready}
        assert not unforeseen, f"nobody would wake up for {unforeseen}"


@CHECKED
@given(**RUNS)
def test_whatever_happens_the_rules_hold(seed, happenings):
    story = Chaos(seed, Witness())
    for number in happenings:
        story.happen(number)
        check_agenda(story)
    assert all(isinstance(record.event, tuple(e.KINDS.values())) for record in story.log)


@CHECKED
@given(**RUNS)
def test_the_log_alone_gives_the_same_state(seed, happenings):
    story = Chaos(seed, Witness())
    for number in happenings:
        story.happen(number)
    again = None
    for recorded in story.log:
        kind = e.kind_of(recorded.event)
        read = decode(kind, encode(recorded.event))
        again = evolve(again, e.Recorded(recorded.seq, recorded.at, recorded.actor, read))
    assert again == story.incident


def decide_on_notices(story):
    """Of what the law wants people are reminded after the close as well, until they have decided."""
    for clock in notice_clocks(story.incident):
        if not clock.decided:
            story.do(c.DecideNotice(clock.obligation.id, m.NoticeOutcome.NOT_REQUIRED, "nobody was affected"), ZOE)


def comes_to_an_end(story):
    story.calm()
    assert story.incident.worries == ()
    assert not any(secret.open_checks for secret in story.incident.secrets.values())
    assert all(all(secret.new.orphans.values()) for secret in story.incident.secrets.values())
    story.complete(ZOE)
    story.close_over("a person vouches for it", YAN)
    if story.incident.proposal is not None:
        story.agree(ZOE)
    assert story.incident.closed is not None
    decide_on_notices(story)
    story.run(31 * 24 * 3600)
    assert story.incident.closed is not None
    assert due(story.incident, story.now) is None
    assert story.incident.report.decisions_at is not None
    assert not any(secret.kept_as_evidence for secret in story.incident.secrets.values())


@CHECKED
@given(**RUNS)
def test_when_all_answers_well_again_the_incident_comes_to_an_end(seed, happenings):
    story = Chaos(seed, Witness())
    for number in happenings:
        story.happen(number)
    comes_to_an_end(story)


@pytest.mark.repeats
@pytest.mark.parametrize(
    "seed", [*range(10), *(pytest.param(seed, marks=pytest.mark.slow_tier) for seed in range(10, 30))]
)
def test_long_incidents_keep_the_rules_and_come_to_an_end(seed):
    """Hypothesis prefers short runs, which it can shrink; these are long."""
    dice = random.Random(seed)
    story = Chaos(dice.randrange(10**12), Witness())
    for _ in range(200):
        story.happen(dice.randrange(10**15))
        check_agenda(story)
    comes_to_an_end(story)
