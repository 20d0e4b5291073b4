"""What is offered is what can be done: by whom, and nothing else.

Every command that a person can give is given, as people with any rights, in incidents in which anything has happened.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.inbox import PersonCommand
from bot.inbox.declaration import AddChoice, Declaration, RedactChoice
from bot.inbox.messages import ReportMessage
from bot.inbox.wire import DraftNotice
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident import taking
from bot.incident.access.copies import copy_digest
from bot.incident.access.readers import readers_of
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.decide import decide
from bot.incident.lanes import (
    ALL_LANES,
    HALT,
    PAGE_LANE,
    access_lane,
    delete_lane,
    function_lane,
    new_lane,
    old_lane,
    usage_lane,
    use_lane,
)
from bot.incident.new_value.promotion import promotion_digest
from bot.incident.offers import Urgency, available, filled, may, unblocked
from bot.incident.order import capture_hold, kill_hold, make_hold
from bot.incident.steps.rules import step_digest
from bot.incident.stored import text_of
from bot.incident.updates.rules import state_of
from bot.model.playbooks import Audience, Preview
from bot.model.reads import Read
from bot.model.secrets import Kill, Outage
from bot.news.cases.commands import AlertCommand
from bot.planned.rules.stops import StopCommand
from bot.trust import Depart, Distrust, RestoreHere, Trust
from tests.incident.access.test_sessions import ended, role_opened
from tests.support.chaos import KINDS, Chaos, Digits
from tests.support.consents import SHOWN, shown
from tests.support.departures import departure
from tests.support.incidents import CHLOE, PLAYBOOK, START, STRANGER, Story, declaration, entry, wanted
from tests.support.searches import search

NUMBERS = st.binary(min_size=8, max_size=8).map(int.from_bytes)
RUNS = {"seed": NUMBERS, "happenings": st.lists(NUMBERS, min_size=20, max_size=60), "asked": NUMBERS}
RESPOND, APPROVE, COMMAND = m.Right.RESPOND, m.Right.APPROVE, m.Right.COMMAND
PEOPLE = tuple(
    m.Actor(name, frozenset(rights))
    for name, rights in (
        ("anna", {RESPOND}),
        ("ben", {RESPOND, APPROVE}),
        ("chloe", {RESPOND, APPROVE, COMMAND}),
        ("zoe", {RESPOND, APPROVE, COMMAND}),
        ("dora", {RESPOND}),
        ("finn", {APPROVE}),
        ("gus", set()),
        ("hal", {COMMAND}),
        ("ida", {RESPOND, COMMAND}),
        ("slack:U0STRANGER", set()),
        ("slack:U0ONCALL", {RESPOND, APPROVE, COMMAND}),
    )
)
CONSENTS = {c.ApprovePlan, c.ApproveProposal, c.ChooseStrategy, c.KillNow, c.ReviewGlass, c.Close, c.RejectPlan}
"""Of these it matters who gives them."""
WRITTEN = "as it was written before"
"""What people have written: neither what they ask next nor what stands for it in rehearsal, for saying the same again
changes nothing.
"""
NOT_OF_AN_INCIDENT = {c.Declare}
"""There is none yet."""


class Picks(Digits):
    """Choices without an end."""

    def stir(self):
        self.number = (self.number * 6364136223846793005 + 1442695040888963407) % (1 << 64)


class Busy(Chaos):
    """A chaos in which people do most of what they are offered, others are told of it, and nothing watches."""

    playbook = replace(PLAYBOOK, audience=(Audience("stakeholders", ("C0ALL",), "stakeholders", preview=Preview.EACH),))

    def __init__(self, seed) -> None:
        super().__init__(seed, lambda _before, _recorded, _after: None)
        if seed % 4:
            return
        read = Read(self.now, "arn:aws:iam::1:user/ben", "192.0.2.1", "cli", "GetParameter", "/x")
        self.record(e.UsageRead(0, "key-0", "CloudTrail", self.now, self.now, (read,), (), False))

    def happen(self, number):
        pick = Digits(number)
        if pick.below(16) == 0:
            self.work(until=self.now)  # so that something is asked of people
            return
        if pick.below(16) == 0:
            self.do(c.HandOver(pick.of(PEOPLE).name), pick.of(PEOPLE))
            return
        if pick.below(2):
            super().happen(pick.number)
            return
        offers = [offer for offer in available(self.incident, self.now) if offer.command is not None]
        consents = [offer for offer in offers if offer.kind in CONSENTS and not offer.blocked]
        offer = pick.of(consents if consents and pick.below(2) else offers)
        able = [actor for actor in PEOPLE if may(actor, offer)] or PEOPLE
        if not isinstance(offer.command, c.Close | c.Reopen | c.RecordAbuse) or pick.below(3) == 0:
            self.do(filled(offer.command, WRITTEN), pick.of(able))


def accepted(incident, command, actor, now):
    events = decide(incident, c.Envelope("asked", now, actor, c.as_command(command)))
    return bool(events) and not any(isinstance(event, e.CommandRefused) for event in events)


def decisions(incident):
    """What only people can decide."""
    kinds = ("finding", "impact", "root-cause", "no-abuse", "abuse-unknown", "gossip")
    yield from (c.RecordFinding(what, "x") for what in kinds)
    yield from (c.HoldRevocations("x"), c.ResumeRevocations("x"))
    yield from (c.HoldEvidence("x", held=held) for held in (True, False))
    yield c.RecordAwareness(START, "x")
    yield c.RecordExposure(START - timedelta(hours=1), "x")
    for task in (*incident.tasks, "t99"):
        yield c.ChangeTask(task, "someone else", None, "away")
        yield c.FinishTask(task)
        yield c.DeclineTask(task, "no")
    for obligation in (*(each.id for each in incident.obligations), "no-such"):
        yield from (c.DecideNotice(obligation, outcome, "x") for outcome in m.NoticeOutcome)
        yield c.DecideNotice(obligation, m.NoticeOutcome.NOT_REQUIRED, "x", again=START + timedelta(days=300))
        yield c.RecordNoticeSent(obligation, "x")


def _of_the_report(incident):
    yield from (c.AddNote("x"), c.NoteForCounsel("x"))
    yield c.WriteNarrative("what happened", lessons="scan first")
    yield from (c.SignReport(digest) for digest in ("", "stale", incident.report.digest))


def over(left):
    return c.Close("enough", tuple(item.key for item in left), left_digest(left))


def everything(incident):
    """All that people can ask of this incident, sensible or not."""
    yield c.AddSecret(wanted(entry("key-77", **KINDS[0]), m.Strategy.OVERLAP))
    for name, secret in incident.secrets.items():
        yield c.AddSecret(wanted(entry(name), m.Strategy.KILL_FIRST))
        yield c.KillNow(name, SHOWN)
        yield c.AskReplacement(name)
        yield from (c.ChooseStrategy(name, strategy, "why") for strategy in m.Strategy)
        yield from (c.RollBack(name, "down for days"), c.RecordAbuse(name, "seen"), *compared(secret))
        yield c.BreakGlass({name: SHOWN}, "abuse")
        yield c.ReviewGlass("it was right", SHOWN, (name,))
        yield c.AttestDeath(name, "saw it")
        yield from (c.ChooseCandidate(name, key) for key in ("x", *(key.id for key in secret.old.candidates)))
        yield c.ChooseScopes(name, ("mail.send",))
        yield c.ConfirmRevoked(name)
        yield c.AnnounceSubmission(name, "a" * 16)
        for seen in ("", "stale", promotion_digest(incident, secret)):
            yield c.UseValue(name, "we made it", seen)
            yield c.RefuseValue(name, "not ours", seen)
        for item, check in secret.checks.items():
            yield from (c.EndCheck(name, item, outcome, "ok") for outcome in m.CheckOutcome)
            yield c.EndCheck(name, item, m.CheckOutcome.CLEAR, "ok", "stale")
            yield c.EndCheck(name, check.item, m.CheckOutcome.HANDLED, "ok", "")
        yield from (c.EndSessions(item, "not ours") for item in secret.checks)
        yield c.EndCheck(name, "no-such-item", m.CheckOutcome.CLEAR, "ok")
        for copy, state in secret.copies.items():
            yield from (c.SettleCopy(name, copy, outcome, "ok") for outcome in m.CopyOutcome)
            yield c.SettleCopy(name, copy, m.CopyOutcome.PURGED, "ok", "stale")
            yield c.SettleCopy(name, copy, m.CopyOutcome.PURGED, "", copy_digest(state))
        yield c.SettleCopy(name, "no-such-copy", m.CopyOutcome.PURGED, "ok")
        for lane in (old_lane, new_lane, access_lane, delete_lane, usage_lane, use_lane):
            yield c.Retry(lane(name))
    yield from (c.LiftDeny(role, "over") for role in (*incident.denies, "no-such-role"))
    yield c.ReviewGlass("it was right", SHOWN)
    yield from (c.Retry(lane) for lane in (ALL_LANES, HALT, PAGE_LANE, *incident.lanes))
    proposal = incident.proposal
    digest = proposal_digest(incident, proposal) if proposal else "0" * 64
    for given_digest in (digest, "", "0" * 64):
        yield c.ApproveProposal(given_digest)
        yield c.RejectProposal(given_digest, "no")
    for step in (*(step.definition.id for step in incident.steps), "no-such-step"):
        found = incident.step(step)
        for seen in ("", "stale", step_digest(found) if found else ""):
            yield c.CompleteStep(step, seen)
            yield c.SkipStep(step, "why", seen)
    yield from decisions(incident)
    for todo in (*taking.of_incident(incident), *incident.taken, "by-hand:nothing"):
        yield from (c.TakeTodo(todo), c.ReturnTodo(todo))
    for secret in incident.secrets.values():
        yield from map(c.TakeTodo, taking.of_secret(incident, secret))
    yield from (*roles(), *released(incident), c.AddTask("do it", ""))
    yield from _of_the_report(incident)
    yield from (c.AddNote("x"), c.PageAgain("help"))
    yield c.RequestReport()
    yield c.Redact((m.Cut(1, "incident-declared", "d" * 64, "{}"),), "it held a password")
    yield c.Close("enough")
    yield over(acceptable(incident))
    for principal in (*readers_of(incident), "nobody"):
        yield from (c.AccountReader(principal, outcome, "because") for outcome in m.ReaderOutcome)
    yield c.Reopen("again")


def compared(secret):
    for seen in ("x", secret.old.fingerprint):
        yield from (c.CompareValue(secret.name, same, seen) for same in (True, False))


def roles():
    yield from (c.HandOver("a newcomer"), c.AcceptRole(), c.DeclineRole("asleep"), c.TakeRole("no answer"))


def released(incident):
    for name in ("stakeholders", "nobody"):
        draft = state_of(incident, name).draft
        for number in (1, draft.number if draft else 7):
            yield from (c.ReleaseUpdate(name, number, "so it is"), c.SkipUpdate(name, number, "nobody need know"))


def plans(story):
    yield from (c.ApprovePlan(digest) for digest in (story.digest(), "", "0" * 64))
    yield from (c.RejectPlan(digest, "no") for digest in (story.digest(), "", "0" * 64))


def check_that_decide_agrees(story, pick):
    """Both ways: what is accepted is offered to whoever gave it, and what is offered to someone is accepted.

    The kinds of offers that there were.
    """
    incident, now = story.incident, story.now
    before = available(incident, now)
    commands = [*(shown(incident, each) for each in everything(incident)), *plans(story)]
    for _ in range(60):
        command, actor = pick.of(commands), pick.of(PEOPLE)
        pick.stir()
        offered = any(covers(offer, command, incident) and not offer.blocked and may(actor, offer) for offer in before)
        assert offered == accepted(incident, command, actor, now), (command, actor)
    for offer in before:
        if offer.command is not None:
            pick.stir()
            for actor in PEOPLE if offer.kind in CONSENTS else (pick.of(PEOPLE),):
                open_to = not offer.blocked and may(actor, offer)
                assert open_to == accepted(incident, filled(offer.command), actor, now), (offer, actor)
    return {offer.kind for offer in before}


@pytest.mark.repeats
@pytest.mark.timeout(7200)
def covers(offer, command, incident):
    """Whether this is an offer of that command, with any texts. A command about several secrets is covered by the offer
    for each of them; the digest of a button (`seen`) may be missing, as at the terminal.
    """
    if offer.kind is not type(command):
        return False
    match command:
        case c.AddSecret(wanted):
            return wanted.secret.name not in incident.secrets
        case c.ChangeTask(task):
            return offer.subject == task
        case c.RecordExposure(exposed_at):
            return incident.exposed_at != exposed_at
        case c.RecordAwareness(aware_at):
            return incident.awareness is None or incident.awareness.at != aware_at
        case c.DecideNotice(obligation, outcome):
            return (offer.subject, getattr(offer.command, "outcome", None)) == (obligation, outcome)
        case c.RecordNoticeSent(obligation):
            return offer.subject == obligation
        case c.CompareValue(secret, _, seen):
            return (offer.subject, getattr(offer.command, "seen", "")) == (secret, seen)
        case c.Redact(cuts):
            return not any(cut.seq in incident.redacted for cut in cuts)
        case c.ReviewGlass(secrets=names):
            return not names or offer.subject in names
        case c.BreakGlass(shown):
            return offer.subject in shown
        case (
            c.CompleteStep(seen="")
            | c.SkipStep(seen="")
            | c.EndCheck(seen="")
            | c.EndSessions(seen="")
            | c.UseValue(seen="")
            | c.RefuseValue(seen="")
            | c.SettleCopy(seen="")
        ):
            command = dataclasses.replace(command, seen=getattr(offer.command, "seen", ""))
    if offer.command is None or isinstance(command, c.WriteNarrative):
        return True
    if isinstance(command, c.AddTask | c.ChooseScopes):
        return offer.subject == getattr(command, "secret", "")
    return filled(command) == filled(offer.command)


def test_decide_accepts_exactly_what_is_offered():
    kinds = set()

    @search(30)
    @given(**RUNS)
    def run(seed, happenings, asked):
        story, pick = Busy(seed), Picks(asked)
        for number, happening in enumerate(happenings):
            story.happen(happening)
            if number % 20 == 19:
                kinds.update(check_that_decide_agrees(story, pick))
        kinds.update(check_that_decide_agrees(story, pick))

    run()
    people = set(PersonCommand.__args__) - {
        Declaration,
        AddChoice,
        RedactChoice,
        Distrust,
        Trust,
        Depart,
        RestoreHere,
        ReportMessage,
        DraftNotice,
        c.Settle,
        *StopCommand.__args__,
        *AlertCommand.__args__,
    }
    people |= {c.AddSecret, c.Redact, *c.Answer.__args__}
    seldom = {
        c.AgreeDeparture,
        c.EndSessions,
        c.LiftDeny,
        c.ApprovePlan,
        c.RejectPlan,
        c.ApproveProposal,
        c.RejectProposal,
        c.ResumeRevocations,
        c.ReviewGlass,
    }
    assert people - kinds <= NOT_OF_AN_INCIDENT | seldom


def test_a_plan_that_waits_is_offered_to_whoever_may_agree():
    fatal = entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
    story = Story(declaration(wanted(fatal))).run(30)
    assert story.incident.request is not None
    assert {c.ApprovePlan, c.RejectPlan} <= set(check_that_decide_agrees(story, Picks(1)))


def test_a_plan_that_was_changed_since_people_were_asked_opens_the_others_to_nobody_more():
    names, can = ("first", "second"), {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN}
    story = Story(declaration(*[wanted(entry(name, **can), m.Strategy.OVERLAP) for name in names]), STRANGER).run(30)
    story.do(c.ChooseStrategy("second", m.Strategy.KILL_FIRST, "customers"), CHLOE)
    [offer] = unblocked(available(story.incident, story.now), c.ApprovePlan)
    assert offer.subject == "first"
    check_that_decide_agrees(story, Picks(1))


def test_an_end_of_sessions_and_its_way_back_are_offered_to_whoever_may():
    story = role_opened()
    assert {c.EndSessions} <= set(check_that_decide_agrees(story, Picks(1)))
    ended(story)
    assert {c.EndSessions, c.LiftDeny} <= set(check_that_decide_agrees(story, Picks(1)))


def test_a_departure_is_offered_to_whoever_may_be_the_second_person():
    story = Story(departure(), CHLOE).run(30)
    assert c.AgreeDeparture in check_that_decide_agrees(story, Picks(1))


ZOE = m.Actor("zoe", frozenset(m.Right))
YAN = m.Actor("yan", frozenset(m.Right))
LEFT_ALONE = 4000.0
"""Seconds: longer than any patience of the rules but a second person's and a kill slot's."""


def calm(story):
    """From here on everything answers well, and the machine is left alone."""
    story.world.killed.update(name for name, secret in story.incident.secrets.items() if secret.gone)
    for claim in story.claims():
        story.finish(claim)
    story.run(LEFT_ALONE)


def urged(story, secret):
    """What someone has to do for it: with the secret itself, or with a function that is to read its new key."""
    functions = {str(function_lane(consumer.function)) for consumer in secret.entry.consumers}
    return [
        offer
        for offer in unblocked(available(story.incident, story.now))
        if offer.urgency is Urgency.NEEDED and (offer.secret == secret.name or str(offer.subject) in functions)
    ]


def waits_for_another(story, secret):
    holds = (capture_hold, kill_hold, make_hold)
    return any(hold(story.incident, secret) is not None for hold in holds)


@pytest.mark.timeout(7200)
@search(12)
@given(seed=NUMBERS, happenings=st.lists(NUMBERS, min_size=20, max_size=60))
@example(seed=84184206586663426, happenings=[0] * 19 + [5649])  # a plan is refused whose new key is in use already
def test_what_the_machine_does_not_end_somebody_is_offered_to_end(seed, happenings):
    story = Busy(seed)
    for number in happenings:
        story.happen(number)
    if not story.incident.open:
        story.do(c.Reopen("to finish it"), ZOE)
    calm(story)
    incident = story.incident
    asked = [offer.command for offer in unblocked(available(incident, story.now), c.ApprovePlan)]
    for secret in incident.secrets.values():
        if secret.gone and secret.restored:
            continue
        owed = urged(story, secret) or (asked and secret.name in incident.request.plans) or incident.halted
        if not secret.gone:
            assert owed or waits_for_another(story, secret), secret
        else:
            assert owed or make_hold(incident, secret) is not None, secret


@pytest.mark.timeout(7200)
@search(12)
@given(seed=NUMBERS, happenings=st.lists(NUMBERS, min_size=20, max_size=60))
def test_whoever_does_what_is_needed_brings_every_secret_to_its_end(seed, happenings):
    """They know nothing but the offers: no rule of the strategy, no state of a lane. Where two answer one need, and one
    of them shuts the other out (to try again, or to vouch by name), they do the other one the next time.
    """
    story = Busy(seed)
    for number in happenings:
        story.happen(number)
    if not story.incident.open:
        story.do(c.Reopen("to finish it"), ZOE)
    calm(story)
    for turn in range(12):
        if not story.incident.worries:
            return
        for actor in (YAN, ZOE):
            offers = unblocked(available(story.incident, story.now))
            for offer in offers if turn % 2 == 0 else reversed(offers):
                if offer.urgency is Urgency.NEEDED and may(actor, offer):
                    if isinstance(offer.command, c.ConfirmRevoked):
                        story.world.killed.add(offer.secret)
                    story.do(filled(offer.command, WRITTEN), actor)
        story.run(1900)
    assert story.incident.worries == ()


def test_texts_are_fields_of_their_commands():
    for kind, field in ((kind, text_of(kind)) for kind in c.NAMES.values() if text_of(kind)):
        assert field in {each.name for each in dataclasses.fields(kind)}
