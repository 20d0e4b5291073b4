"""When a kill may start: many people with different rights, in any order, judged by an account of its own.

`Ledger` reads nothing but the events (and what today's plan is about, field by field) to know who stands by which plan.
It shares no code with the rule that it judges: not the digests, not the rights that the events keep.
"""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import kill_allowed
from bot.incident.approval.consent import unentitled
from bot.incident.approval.proposals import proposal_digest
from bot.incident.decide import decide
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import KeyRef, Owner
from bot.model.playbooks import Action, Playbook, PlaybookStep
from bot.model.secrets import Data, Kill, Outage
from tests.support.chaos import Digits
from tests.support.consents import SHOWN, shown
from tests.support.incidents import PLAYBOOK, Story, capabilities, declaration, entry, wanted
from tests.support.searches import search

RESPOND, APPROVE = m.Right.RESPOND, m.Right.APPROVE
RIGHTS = {
    "anna": {RESPOND},
    "ben": {RESPOND, APPROVE},
    "chloe": set(m.Right),
    "dora": {RESPOND},
    "finn": {APPROVE},
    "gus": set(),
    "slack:U0ONCALL": {RESPOND, APPROVE},
    "slack:U0STRANGER": set(),
}
OFTEN = (*["anna", "ben", "chloe"] * 2, "dora", "finn", "gus", "slack:U0ONCALL", "slack:U0STRANGER")
ASKS = Playbook(
    PLAYBOOK.id,
    PLAYBOOK.title,
    tuple(PlaybookStep(s.id, s.title, actions=s.actions, approval=Action.REVOKE in s.actions) for s in PLAYBOOK.steps),
)
KINDS = (
    {},
    {"data": Data.PERSONAL},
    {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN},
    {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN},
    {"can": capabilities(revokes_with_owner=True)},
    {"can": capabilities(revokes_with_owner=True)},
    {"can": capabilities(makes=Makes.PERSON, identifies=False)},
    {"can": capabilities(makes=Makes.INSTALL, revoke_needs_replacement=True, swaps=True)},
    {"can": capabilities(revokes=RevokedBy.PERSON)},
)
WINDOW = timedelta(hours=12)
NUMBERS = st.binary(min_size=8, max_size=8).map(int.from_bytes)


class People:
    """Who has which right at the moment."""

    def __init__(self) -> None:
        self.rights = {name: set(rights) for name, rights in RIGHTS.items()}

    def actor(self, name):
        return m.Actor(name, frozenset(self.rights[name]))

    def may(self, name, right):
        return right in self.rights[name]

    def change(self, name, pick):
        """Someone loses all their rights, or one of them, or gets them back."""
        match pick.below(3):
            case 0:
                self.rights[name] = set()
            case 1:
                self.rights[name].discard(APPROVE)
            case _:
                self.rights[name] = set(RIGHTS[name])


def facts(secret, wish):
    """What today's plan is about, by the fields that it depends on."""
    new = secret.new
    at_once = secret.strategy is m.Strategy.KILL_FIRST or wish
    value = new.inbox or (new.fingerprint if new.source == "person" else "")
    return *end(secret), at_once, new.wanted, value if secret.entry.capabilities.swaps or not at_once else ""


def end(secret):
    """What is revoked: which secret's value and key, and with whom."""
    return secret.name, secret.old.fingerprint, secret.old.key_id, secret.old.owner and secret.old.owner.id


def stands(seen, secret):
    """Whether who saw this end saw today's: the capture of the one key that the value is makes it no other."""
    one = not secret.old.key_id or len(secret.old.candidates) == 1
    return seen == end(secret) or (seen == (secret.name, "", "", None) and one and secret.old.owner is None)


class Account:
    """Of one secret: who made its plan, and who else stands by which plan, with the rights that they had then."""

    def __init__(self) -> None:
        self.author = None
        self.others = {}
        self.wish = None
        """Whoever asked for the kill at once, whether their word still stands, and which end they saw."""
        self.slots = []
        self.glass = None
        self.started = None
        self.failing = set()
        """Consumers that fail with the new key."""

    def made(self, name, rights, seen):
        """`seen`: which end."""
        self.author, self.others = (name, frozenset(rights), seen), {}
        if self.wish is not None and self.wish[0] != name:
            self.wish = (self.wish[0], False, self.wish[2])

    def wished(self, who, rights, secret, event, shown, *, overlaps):
        """The plan that it names is the one that was `shown`; a declaration names none and means what it has made."""
        today = facts(secret, True), end(secret)
        plan, seen = shown.get(event.plan, today)
        if overlaps and self.wish is None:
            self.made(who, rights, seen)
            if plan != today[0]:
                self.author = None
        elif event.plan:
            self.others[who] = (plan, rights, None)
        if self.wish is None or not self.wish[1] or not stands(self.wish[2], secret):
            self.wish = (who, True, seen)


class Ledger:
    def __init__(self, people, taken, counts) -> None:
        self.people = people
        self.taken = taken
        self.counts = counts
        self.accounts = {}
        self.proposers = {}
        self.shown = {}
        """By its digest what a form showed: the plan of a kill now, and which end that is."""

    def __call__(self, before, recorded, after) -> None:
        event, who, at = recorded.event, recorded.actor, recorded.at
        name = getattr(event, "secret", "")
        account = self.accounts.setdefault(name if isinstance(name, str) else name.name, Account())
        rights = frozenset(self.people.rights.get(who, ()))
        self.consumers(account, event, rights)
        match event:
            case e.SecretAdded(secret=entry):
                account.made(who, rights, end(after.secrets[entry.name]))
            case e.SubmissionAnnounced() | e.ReplacementAsked():
                account.made(who, rights, end(after.secrets[name]))
            case e.CandidateChosen():
                account.made(who, rights, end(after.secrets[name]))
                if account.glass != who:
                    account.glass = None
            case e.ProposalMade(number):
                self.proposers[number] = (who, rights)
            case e.StrategyChosen(strategy=m.Strategy.OVERLAP):
                self.overlaps(account, before, recorded, after)
            case e.StrategyChosen():
                account.made(who, rights, end(after.secrets[name]))
            case e.KillRequested():
                assert RESPOND in rights
                overlaps = before.secrets[name].strategy is m.Strategy.OVERLAP
                account.wished(who, rights, after.secrets[name], event, self.shown, overlaps=overlaps)
                if event.slot:
                    self.take(before, at)
                    account.slots.append(at)
            case e.PlanApproved(plans):
                for one in plans:
                    self.approved(self.accounts[one], after.secrets[one], who, rights, recorded)
            case e.PlanRejected(plans):
                for one in plans:
                    self.accounts[one].author, self.accounts[one].others = None, {}
                    if self.accounts[one].wish is not None:
                        self.accounts[one].wish = (self.accounts[one].wish[0], False, self.accounts[one].wish[2])
            case e.GlassBroken(secrets):
                for one in secrets:
                    self.accounts[one].glass = who
            case e.ConsentWithdrawn(kind=kind, name=person):
                self.withdrawn(account, kind, person)
            case e.GlassReviewed(secrets):
                assert all(before.secrets[one].broken.name != who for one in secrets)
            case e.OperationStarted(claim):
                subject = self.accounts.setdefault(claim.subject, Account())
                if claim.op is Op.REVOKE:
                    self.judge(before, before.secrets[claim.subject], subject, at)
                if claim.op in {Op.REVOKE, Op.PROMOTE}:
                    subject.started = subject.started or at

    def overlaps(self, account, before, recorded, after):
        event, who, rights = recorded.event, recorded.actor, frozenset(self.people.rights[recorded.actor])
        account.wish = account.glass = None
        proposer = self.proposers[before.proposals]
        assert proposer[0] != who
        account.made(*proposer, end(after.secrets[event.secret]))
        until = recorded.at + timedelta(seconds=after.timings.approval_expires)
        account.others[who] = (facts(after.secrets[event.secret], False), rights, until)

    def consumers(self, account, event, rights):
        match event:
            case e.ValueStaged():
                account.failing = set()
            case e.ConsumersFailing():
                account.failing = set(event.consumers)
            case e.ValueLive() | e.ConsumersAsked():
                account.failing = set()

    def take(self, incident, at):
        recent = [each for env, each in self.taken if env == incident.environment and each > at - WINDOW]
        assert len(recent) < 3, "more than three kills by one responder each"
        self.taken.append((incident.environment, at))

    def approved(self, account, secret, who, rights, recorded):
        assert RESPOND in rights
        assert ":" not in who
        author = account.author
        assert author is None or author[0] != who or RESPOND not in author[1] or not stands(author[2], secret)
        assert APPROVE in rights or any(APPROVE in had for _, had in self.standing(account, secret, recorded.at))
        account.others[who] = (facts(secret, account.wish is not None), rights, recorded.event.until)

    def withdrawn(self, account, kind, person):
        if account.author is not None and account.author[0] == person:
            account.author = None
        account.others.pop(person, None)
        if account.wish is not None and (account.wish[0] == person or (account.author is None and not account.wish[1])):
            account.wish = None
        if kind is m.ConsentKind.BREAK_GLASS:
            account.glass = None

    def standing(self, account, secret, at):
        """Who stands by exactly today's plan, with the rights that they had when they said so."""
        today = facts(secret, account.wish is not None)
        author = account.author
        found = {author[0]: author[1]} if author is not None and stands(author[2], secret) else {}
        for name, (plan, had, until) in account.others.items():
            begun = account.started is not None and until is not None and account.started < until
            if plan == today and (until is None or at < until or begun):
                found.setdefault(name, had)
        return list(found.items())

    def judge(self, before, secret, account, at):
        """A kill begins."""
        assert not secret.gone
        assert not secret.revoked_by_person
        holding = self.holding(before, secret, account, at)
        self.counts.update(holding)
        assert holding, account.__dict__
        waits = secret.strategy is m.Strategy.OVERLAP and secret.new.wanted and not secret.entry.capabilities.swaps
        if waits and account.wish is None and account.glass is None:
            assert not account.failing, "a consumer fails, and the plan keeps it"
            self.counts["at the end of an overlap"] += 1

    def compare(self, incident, now):
        """For every secret, whether or not its kill could begin now for other reasons: the rule says the same."""
        for secret in incident.secrets.values():
            account = self.accounts[secret.name]
            allowed = kill_allowed(incident, secret, now)
            if allowed and unentitled(incident, secret, now, self.people.may) is not None:
                continue  # the worker takes that out first
            assert allowed == bool(self.holding(incident, secret, account, now)), account.__dict__

    def holding(self, before, secret, account, at):
        """Which of the three holds: one, two, glass."""
        may = self.people.may
        owner = secret.old.owner is not None
        # Those rights count that a person had then, and has now.
        both = [(n, had & self.people.rights[n]) for n, had in self.standing(account, secret, at)]
        standing = [(n, had) for n, had in both if RESPOND in had]
        humans = [(n, had) for n, had in standing if ":" not in n]
        two = any(n != other and APPROVE in had for n, had in humans for other, _ in humans)
        glass = not owner and account.glass is not None and may(account.glass, RESPOND)
        asks = any(s.approval and Action.REVOKE in s.actions for s in before.playbook.steps)
        fatal = secret.entry.kill is Kill.IRREVERSIBLE and secret.entry.outage is Outage.DOWN
        word = {n for n, _ in standing if account.author and n == account.author[0]}
        wish = account.wish
        if wish is not None and wish[1] and stands(wish[2], secret) and may(wish[0], RESPOND):
            word.add(account.wish[0])
        slot = any(taken <= at < taken + WINDOW for taken in account.slots)
        one = bool(word) and slot and account.wish is not None and not (owner or asks or fatal)
        return [kind for kind, holds in (("one", one), ("two", two), ("glass", glass)) if holds]


class Town:
    """Incidents in one or two environments, and the people who deal with them."""

    strategies = (m.Strategy.KILL_FIRST, m.Strategy.OVERLAP)

    def __init__(self, seed, counts) -> None:
        pick = Digits(seed)
        self.people = People()
        self.taken = []
        self.stories = []
        self.seen = []
        self.now = None
        for number in range(1 + pick.below(2)):
            environment = pick.of(("production", "production", "staging"))
            kinds = [pick.of(KINDS) for _ in range(pick.of((1, 1, 2, 4)))]
            secrets = [
                wanted(
                    entry(f"key-{n}", **kind),
                    pick.of(self.strategies),
                )
                for n, kind in enumerate(kinds)
            ]
            story = Judged(Ledger(self.people, self.taken, counts), self)
            self.now = self.now or story.now
            self.stories.append(story)
            if number == 0:
                self.taken += [(environment, story.now - timedelta(hours=pick.below(12)))] * pick.below(4)
            body = declaration(*secrets, environment=environment, playbook=pick.of((PLAYBOOK, PLAYBOOK, ASKS)))
            story.do(body, self.people.actor(pick.of(OFTEN)))

    def free(self, environment):
        return 3 - sum(env == environment and each > self.now - WINDOW for env, each in self.taken)

    def happen(self, number):
        pick = Digits(number)
        story = pick.of(self.stories)
        story.now = self.now
        match pick.below(16):
            case 0 | 1 | 2 | 3 | 4 | 5 | 6:
                story.do(self.asked(story, pick), self.people.actor(pick.of(OFTEN)))
            case 7 | 8 | 9 | 10:
                self.machine(story, pick, kills=False)
            case 11 | 12:
                self.machine(story, pick, kills=True)
            case 13 | 14:
                self.now += timedelta(seconds=pick.of((1, 5, 31, 61, 700, 1900, 3600, 5 * 3600, 12 * 3600)))
            case _:
                self.people.change(pick.of(tuple(RIGHTS)), pick)
        for each in self.stories:
            each.ledger.compare(each.incident, self.now)

    def machine(self, story, pick, *, kills):
        """Some of what is pending, as the worker would do it; slow to kill unless `kills`."""
        for _ in range(1 + pick.below(6)):
            ready = [work for work in pending(story.incident, self.now) if kills or work.op is not Op.REVOKE]
            if not ready:
                return
            work = pick.of(ready)
            if work.op is Op.TICK:
                story.do(c.Tick(), m.BOT)
                continue
            while work.op is Op.REVOKE:
                secret = story.incident.secrets[work.subject]
                body = unentitled(story.incident, secret, self.now, self.people.may)
                if body is None:
                    break
                assert story.do(body, m.BOT), "a consent is not withdrawn, and asked about for ever"
            started = [x for x in story.do(c.Begin(work, "w1"), m.BOT) if isinstance(x, e.OperationStarted)]
            if started:
                story.finish(started[0].claim, self.outcome(story, started[0].claim, pick))

    def outcome(self, story, claim, pick):
        n, name, odd = claim.number, claim.subject, pick.below(4)
        if odd == 0 and claim.op is Op.CAPTURE and story.incident.secrets[name].entry.capabilities.identifies:
            keys = (KeyRef(f"{name}-one"), KeyRef(f"{name}-two"))
            return e.OldCaptured(n, name, "f" * 12, {f"/production/{name}": 1}, True, keys)
        if odd < 3 and claim.op is Op.REVOKE and story.incident.secrets[name].entry.capabilities.revokes_with_owner:
            return e.RevocationNeedsOwner(n, name, Owner(f"svc-{pick.below(2)}", "a service account", True))
        if odd == 0 and claim.op in {Op.VERIFY_LIVE, Op.CONFIRM}:
            return e.ConsumersFailing(n, name, ("checkout",), "checkout: health HTTP 500")
        if odd == 0 and claim.op is Op.VERIFY:
            return e.ValueVerified(n, name, "HTTP 200", ("checkout",))
        if odd == 1 and claim.op in {Op.REVOKE, Op.VERIFY, Op.PROMOTE}:
            return e.OperationFailed(n, claim.op, "Refused", "no", self.now + timedelta(seconds=5))
        return story.world.answer(story.incident, claim)

    def asked(self, story, pick):
        incident = story.incident
        name = pick.of(tuple(incident.secrets))
        proposal = incident.proposal
        proposed = proposal_digest(incident, proposal) if proposal else "0" * 64
        request = incident.request.digest if incident.request else "0" * 64
        self.seen.append(request)
        keys = [key.id for key in incident.secrets[name].old.candidates] or ["x"]
        kill = shown(incident, c.KillNow(name, SHOWN))
        story.ledger.shown[kill.digest] = facts(incident.secrets[name], True), end(incident.secrets[name])
        submit = c.AnnounceSubmission(name, f"{len(story.log):016x}")
        return pick.of(
            (
                *[kill] * 3,
                c.KillNow(name, pick.of(tuple(story.ledger.shown))),
                *[c.ApprovePlan(request)] * 8,
                c.ApprovePlan(pick.of(self.seen)),
                c.ApprovePlan(""),
                *[c.RejectPlan(request, "wrong key")] * 2,
                *[c.ApproveProposal(proposed)] * 4,
                c.RejectProposal(proposed, "no"),
                *[c.ChooseStrategy(name, m.Strategy.OVERLAP, "customers")] * 3,
                *[c.ChooseStrategy(name, m.Strategy.KILL_FIRST, "abuse")] * 2,
                *[c.ChooseCandidate(name, pick.of(keys))] * 3,
                *[submit] * 2,
                c.AskReplacement(name),
                *[c.BreakGlass({name: SHOWN}, "abuse")] * 2,
                c.ReviewGlass("it was right", SHOWN),
                c.AddSecret(wanted(entry(f"key-{pick.below(7)}", **pick.of(KINDS)), pick.of(tuple(m.Strategy)))),
                c.AttestDeath(name, "saw it"),
                c.Retry(),
                c.ConfirmRevoked(name),
            )
        )


class Patient(Town):
    """People who let values overlap, and agree to that before they ask for anything else."""

    strategies = (m.Strategy.OVERLAP,)

    def happen(self, number):
        pick = Digits(number)
        story = pick.of(self.stories)
        story.now = self.now
        match pick.below(12):
            case 0 if pick.below(4) == 0:
                story.do(self.asked(story, pick), self.people.actor(pick.of(OFTEN)))
            case 0 | 1:
                story.do(story.approval(), self.people.actor(pick.of(("ben", "chloe"))))
            case 2 | 3 | 4:
                self.now += timedelta(seconds=pick.of((1, 31, 61, 900)))
            case _:
                self.machine(story, pick, kills=True)


class Judged(Story):
    """A story whose every event goes by the ledger."""

    def __init__(self, ledger, town) -> None:
        self.ledger = ledger
        self.town = town
        super().__init__()

    def do(self, body, by=None, after=0.0):
        environment = body.environment if isinstance(body, c.Declare) else self.incident.environment
        free = self.town.free(environment)
        envelope = c.Envelope(f"c{len(self.log)}", self.now, by, c.as_command(shown(self.incident, body)))
        events = decide(self.incident, envelope, free)
        assert sum(isinstance(event, e.KillRequested) and event.slot for event in events) <= max(free, 0)
        for event in events:
            self.record(event, by.name)
        return events

    def record(self, event, actor="bot"):
        before = self.incident
        super().record(event, actor)
        self.ledger(before, self.log[-1], self.incident)


def lives(town):
    """What was counted over many lives of such a town."""
    counts = Counter()

    @search(100)
    @given(seed=NUMBERS, happenings=st.lists(NUMBERS, min_size=30, max_size=120))
    def lived(seed, happenings):
        place = town(seed, counts)
        for number in happenings:
            place.happen(number)

    lived()
    return counts


@pytest.mark.repeats
@pytest.mark.timeout(1800)
def test_a_kill_starts_on_nothing_but_the_rule():
    counts = lives(Town)
    assert all(counts[kind] for kind in ("one", "two", "glass")), counts


@pytest.mark.repeats
@pytest.mark.timeout(1800)
def test_the_kill_of_an_overlap_waits_while_a_consumer_fails():
    counts = lives(Patient)
    assert counts["at the end of an overlap"] > 20, counts
