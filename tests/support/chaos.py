"""An incident in which people press anything at any time and workers die, lie late and fail: for property tests.

A run is a list of numbers, so that hypothesis can shrink it: each number picks what happens next.
"""

from __future__ import annotations

from datetime import timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import kill_allowed
from bot.incident.approval.plan import to_revoke_by_hand
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.lanes import access_lane, new_lane
from bot.incident.new_value.promotion import account_held, promotion_held
from bot.incident.operations import Op, Work
from bot.incident.schedule import pending
from bot.incident.steps.rules import step_digest
from bot.incident.two_people import listed
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.obligations import DEFAULT
from bot.model.secrets import Copy, CopyKind, Data, Kill, Outage, Part, Sibling
from bot.model.uses import Per, Undo, Use, UseReport, summary
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    BEN,
    CHLOE,
    OBLIGATIONS,
    PLAYBOOK,
    START,
    STRANGER,
    Story,
    capabilities,
    declaration,
    entry,
    probe,
    wanted,
)

ZOE = m.Actor("zoe", frozenset(m.Right))
"""Appears only when the chaos is over: she has decided nothing before."""
YAN = m.Actor("yan", frozenset(m.Right))
PEOPLE = (ANNA, BEN, CHLOE, STRANGER)
STAGED = m.Target(m.TargetKind.CONFIRMED, "f" * 12, current=False, staged=True)
KINDS = (
    {},
    {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN},
    {"can": capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False, snapshots=False)},
    {"can": capabilities(makes=Makes.INSTALL, identifies=False, revoke_needs_replacement=True)},
    {"can": capabilities(makes=Makes.INSTALL, revoke_needs_replacement=True, swaps=True)},
    {"can": capabilities(copies_scopes=True), "data": Data.PERSONAL},
    {"can": capabilities(revokes_with_owner=True)},
    {"can": capabilities(deletes=True), "checklist": {"webhooks": "Look at the webhooks."}},
    {"siblings": (Sibling("sibling", (Part("key", "/production/sibling"),)),)},
    {"admin_parameter": "/production/key-0"},
    {"admin_parameter": "/production/key-1"},
    {
        "can": capabilities(inspects=True, reports_use=True),
        "checklist": {"keys": "Keys.", "users": "Users."},
        "inspects": ("keys",),
    },
    {"copies": (Copy("ci", CopyKind.CI, "the CI", "set it"), Copy("image", CopyKind.IMAGE, "it", "build it"))},
)

EVE = Use(START, START, "iam:CreateUser", what=("left-1",), undo=Undo("Delete the user.", "keys"))
"""It is undone by people; the list of keys shows it, where it is still there."""
STRANGE = Use(START, START, "s3:ListBuckets", address="198.51.100.7")


def over_all(incident):
    """The close over all that is open, as a form shows it now."""
    left = acceptable(incident)
    return c.Close("enough", tuple(item.key for item in left), left_digest(left))


class Digits:
    """A number as a source of choices."""

    def __init__(self, number: int) -> None:
        self.number = number

    def below(self, count: int) -> int:
        self.number, choice = divmod(self.number, count)
        return choice

    def of(self, choices):
        return choices[self.below(len(choices))]


class Chaos(Story):
    """A story whose every event is checked by `watch(before, recorded, after)` as it is recorded."""

    playbook = PLAYBOOK

    def __init__(self, seed: int, watch) -> None:
        self.watch = watch
        self.late = []
        super().__init__()
        pick = Digits(seed)
        count = 1 + pick.below(5)
        environment = pick.of(("production", "staging"))
        secrets = []
        for n in range(count):
            strategy = pick.of((m.Strategy.KILL_FIRST, m.Strategy.OVERLAP))
            target = pick.of((None, None, STAGED))
            secrets.append(
                wanted(entry(f"key-{n}", **pick.of(KINDS)), strategy, replace=pick.below(4) > 0, target=target)
            )
        by = pick.of(PEOPLE)
        public, obligations = pick.below(3) == 0, pick.of(((DEFAULT,), OBLIGATIONS))
        more = {"playbook": self.playbook, "environment": environment, "public": public, "obligations": obligations}
        self.do(declaration(*secrets, **more), by)

    def record(self, event, actor="bot"):
        before = self.incident
        super().record(event, actor)
        self.watch(before, self.log[-1], self.incident)

    def happen(self, number: int) -> None:
        pick = Digits(number)
        match pick.below(10):
            case 0 | 1 | 2:
                self.begin_something(pick)
            case 3 | 4 | 5:
                self.finish_something(pick)
            case 6:
                self.do(self.request(pick), pick.of(PEOPLE))
            case 7:
                self.now += timedelta(seconds=pick.of((0.5, 5, 31, 61, 600, 1000, 3600)))
            case 8:
                self.take_over(pick)
            case _:
                self.finish_late(pick)

    def begin_something(self, pick):
        ready = pending(self.incident, self.now)
        if not ready:
            return
        work = pick.of(ready)
        self.do(c.Tick() if work.op is Op.TICK else c.Begin(work, "w1"), m.BOT)

    def claims(self):
        return [lane.claim for lane in self.incident.lanes.values() if lane.claim is not None]

    def finish_something(self, pick):
        if claims := self.claims():
            claim = pick.of(claims)
            self.finish(claim, self.outcome(claim, pick))

    def take_over(self, pick):
        if claims := self.claims():
            claim = pick.of(claims)
            self.late.append((claim, self.outcome(claim, pick)))
            work = Work(claim.op, claim.lane, claim.subject, self.now, claim.attempt, claim.detail)
            self.do(c.Begin(work, "w2", instead_of=claim.number), m.BOT)

    def finish_late(self, pick):
        if self.late:
            claim, outcome = self.late.pop(pick.below(len(self.late)))
            self.finish(claim, outcome)

    def outcome(self, claim, pick):
        n = claim.number
        match pick.below(8):
            case 0:
                error = pick.of(("Unreachable", "Refused"))
                return e.OperationFailed(n, claim.op, error, "no", self.now + timedelta(seconds=pick.of((1, 30))))
            case 1:
                return e.OperationFailed(n, claim.op, "Refused", "no", None)
            case 2:
                return e.OperationYielded(n, claim.op, self.now + timedelta(seconds=1))
            case 3 | 4:
                return self.odd(claim, pick) or self.world.answer(self.incident, claim)
            case _:
                return self.world.answer(self.incident, claim)

    def odd(self, claim, pick):
        n, name = claim.number, claim.subject
        match claim.op:
            case Op.CAPTURE:
                keys = tuple(KeyRef(f"{name}-{k}") for k in range(pick.below(3)))
                own = pick.of(((), ("BOT_PAGERDUTY_API_KEY",), ("SLACK_BOT_TOKEN",)))
                return e.OldCaptured(n, name, "f" * 12, {f"/production/{name}": 1}, True, keys, self.now, own)
            case Op.PROVE:
                control = pick.of((None, probe("live", "control: c"), probe("unknown", "control: c")))
                died = (probe("dead", "bystander: b"),) if pick.below(6) == 0 else ()
                return e.OldProbed(n, name, probe(pick.of(("live", "dead", "unknown"))), control, died)
            case Op.CHECK_SIBLINGS:
                return e.SiblingsSeen(n, name, pick.of((True, False)), (probe("dead", "sibling"),))
            case Op.ISSUE | Op.SWEEP:
                return e.OrphansFound(n, name, (f"orphan-{n}",))
            case Op.VERIFY if pick.below(2):
                brought = self.incident.secrets[name].new.source == "person"
                return e.ValueVerified(n, name, "HTTP 200", ("checkout",), "acct_1" if brought else "")
            case Op.VERIFY | Op.RECEIVE:
                return e.ValueRejected(n, name, "another account")
            case Op.VERIFY_LIVE | Op.CONFIRM:
                return e.ConsumersFailing(n, name, ("checkout",), "checkout: health HTTP 500")
            case Op.SNAPSHOT:
                return e.SnapshotTaken(n, name, Snapshot(), "no", probe(pick.of(("dead", "unknown"))))
            case Op.REVOKE if self.incident.secrets[name].entry.capabilities.revokes_with_owner:
                owner = Owner(f"svc-{pick.below(2)}", "a service account", pick.below(3) > 0)
                return e.RevocationNeedsOwner(n, name, owner)
            case Op.LOOK_UP_USE:
                made = tuple(each for each in (EVE, STRANGE) if pick.below(2))
                seen = UseReport("CloudTrail", Per.KEY, self.now, self.now, 900.0, made, ())
                return e.UseLookedUp(n, name, summary(seen, 50, 20))
            case Op.INSPECT:
                left = Leftover(pick.of(("keys", "strange")), f"left-{pick.below(3)}")
                return e.AccessInspected(n, name, self.now, ("keys",), (left,))
        return None

    def request(self, pick):
        """Something that a person asks for."""
        incident = self.incident
        name, step = pick.of(tuple(incident.secrets)), pick.of(incident.steps)
        proposed = "" if incident.proposal is None else proposal_digest(incident, incident.proposal)
        scopes = pick.of(((), ("mail.send",)))
        keys = [key.id for key in incident.secrets[name].old.candidates] or ["x"]
        return pick.of(
            (
                c.KillNow(name, SHOWN),
                c.BreakGlass({name: SHOWN}, "abuse"),
                c.ReviewGlass("it was right", SHOWN),
                c.ApprovePlan(pick.of((self.digest(), ""))),
                c.RejectPlan(self.digest(), "no"),
                c.ApproveProposal(proposed),
                c.RejectProposal(proposed, "no"),
                c.ChooseStrategy(name, pick.of(tuple(m.Strategy)), "why"),
                c.AddSecret(wanted(entry(f"key-{pick.below(7)}", **pick.of(KINDS)), pick.of(tuple(m.Strategy)))),
                c.AskReplacement(name),
                c.CompleteStep(step.definition.id, step_digest(step)),
                c.SkipStep(step.definition.id, "why"),
                c.AddTask("do it", ""),
                c.FinishTask("t1"),
                c.DeclineTask("t2", "no"),
                c.AddNote("x"),
                c.RecordFinding("root-cause", "x"),
                c.AttestDeath(name, "saw it"),
                c.RollBack(name, "checkout is down"),
                c.Retry(new_lane(name)),
                *([c.RecordAbuse(name, "seen")] if pick.below(3) == 0 else []),
                c.ChooseCandidate(name, pick.of(keys)),
                c.ChooseScopes(name, scopes),
                c.ConfirmRevoked(name),
                c.UseValue(name, "we made it"),
                c.RefuseValue(name, "not ours"),
                c.AnnounceSubmission(name, "a" * 16),
                c.EndCheck(name, pick.of((*incident.secrets[name].checks, "x")), pick.of(tuple(m.CheckOutcome)), "ok"),
                c.SettleCopy(name, pick.of((*incident.secrets[name].copies, "x")), pick.of(tuple(m.CopyOutcome)), "ok"),
                c.Retry(),
                c.Retry(access_lane(name)),
                c.RequestReport(),
                c.Close(pick.of(("", "enough"))),
                over_all(incident),
                c.Reopen("again"),
            )
        )

    # --- the end of the chaos ---------------------------------------------------------------------------------------

    def calm(self):
        """From here on everything answers well, and two people who had no part in it do what they are asked for."""
        if not self.incident.open:
            self.do(c.Reopen("to finish it"), ZOE)
        # What was proven by odd answers or vouched for is true, now that all is well.
        self.world.killed.update(name for name, secret in self.incident.secrets.items() if secret.gone)
        for _ in range(12):
            for claim in self.claims():
                self.finish(claim, self.world.answer(self.incident, claim))
            self.do(c.Retry(), ZOE)
            for secret in list(self.incident.secrets.values()):
                self.help(secret)
            if self.incident.request is not None:
                self.approve(YAN)
                self.approve(ZOE)
            self.run(1900)
            for secret in list(self.incident.secrets.values()):
                if secret.old_state is m.Old.UNPROVEN:
                    self.do(c.AttestDeath(secret.name, "the console shows it deleted"), ZOE)
                for check in secret.open_checks:
                    self.do(c.EndCheck(secret.name, check.item, m.CheckOutcome.HANDLED, "removed"), ZOE)
                for state in secret.open_copies:
                    self.do(c.SettleCopy(secret.name, state.copy.name, m.CopyOutcome.PURGED), ZOE)
            if not self.incident.worries and not any(
                s.open_checks or s.open_copies for s in self.incident.secrets.values()
            ):
                break

    def help(self, secret):
        if secret.old.candidates and not secret.old.key_id:
            self.do(c.ChooseCandidate(secret.name, secret.old.candidates[0].id), ZOE)
        if to_revoke_by_hand(self.incident, secret):
            self.world.killed.add(secret.name)
            self.do(c.ConfirmRevoked(secret.name), ZOE)
        elif not kill_allowed(self.incident, secret, self.now):
            self.do(c.KillNow(secret.name, SHOWN), ZOE)
        if secret.entry.capabilities.revoke_needs_replacement:
            self.do(c.AskReplacement(secret.name), ZOE)
        if secret.entry.capabilities.copies_scopes and not secret.old.scopes_known:
            self.do(c.ChooseScopes(secret.name, ("mail.send",)), ZOE)
            if (proposal := self.incident.proposal) is not None:
                self.do(c.ApproveProposal(proposal_digest(self.incident, proposal)), YAN)
        if promotion_held(self.incident, secret):
            self.do(c.UseValue(secret.name, "we made it"), YAN if secret.new.submitted_by == ZOE.name else ZOE)
        if account_held(secret) and not listed(secret.new.submitted_by):
            self.do(c.RefuseValue(secret.name, "handed over by nobody knows whom"), ZOE)
        self.do(c.Retry(new_lane(secret.name)), ZOE)
        if secret.made_by_person and not secret.new.staged:
            self.do(c.AnnounceSubmission(secret.name, "a" * 16), ZOE)
