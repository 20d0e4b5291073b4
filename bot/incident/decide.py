"""`decide`: an incident and a command make the events that follow, or a refusal that says why. Pure."""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.copies import settle
from bot.incident.access.readers import account
from bot.incident.approval.basis import KILLS_BY_ONE, playbook_asks
from bot.incident.approval.consent import withdraw
from bot.incident.approval.kills import approve_plan, break_glass, kill_now, kills_declared, reject_plan, review_glass
from bot.incident.approval.proposals import (
    approve_proposal,
    choose_strategy,
    close,
    of_redaction,
    propose_redaction,
    reject_proposal,
)
from bot.incident.lanes import REPORT_LANE
from bot.incident.model import Actor, Right, Strategy
from bot.incident.new_value.decide import refuse_value, use_value
from bot.incident.old_value.decide import (
    announce,
    attest,
    candidate,
    confirm_revoked,
    end_check,
    failed_for_good,
    reopen,
    retry,
    scopes,
)
from bot.incident.overlap.decide import kept
from bot.incident.refusals import Declined, clean, demand, demand_open, secret_named, when
from bot.incident.state import Incident
from bot.incident.steps.decide import NOTIFICATION, add_task, finding, started, step, task
from bot.incident.trust.decide import tell_trust
from bot.incident.work.decide import begin, count_looks, finish, tick
from bot.keyshapes import redact

Events = tuple[e.Event, ...]


def decide(incident: Incident | None, envelope: c.Envelope, free: int = KILLS_BY_ONE) -> Events:
    """The events that the command causes, in order; none if it changes nothing.

    `free` is how many kills one responder each may still decide in the incident's environment: at most so many
    `KillRequested` come back with a slot. A person's command that cannot be carried out gives one `CommandRefused`.
    ValueError: any command but `Declare` on an incident that does not exist.
    """
    body = envelope.body
    if isinstance(body, c.Declare):
        return _declare(body, envelope, free) if incident is None else ()
    if incident is None:
        raise ValueError("there is no such incident")
    match body:
        case c.Begin():
            return begin(incident, body, envelope.at)
        case c.Finish():
            return finish(incident, body, envelope.at)
        case c.Tick():
            return tick(incident, envelope.at)
        case c.WithdrawConsent():
            return withdraw(incident, body, envelope.at)
        case c.TellTrust():
            return tell_trust(incident, body)
        case c.CountLooks():
            return count_looks(incident, body)
        case c.LoseChannel():
            return (e.ChannelLost(body.channel, body.reason),) if body.channel == incident.channel else ()
        case c.RefuseText():
            return (e.CommandRefused(body.command, body.reason),)
        case _:
            try:
                return _by_person(incident, body, envelope, free)
            except Declined as declined:
                return (e.CommandRefused(c.name_of(body), str(declined)),)


def _whenever(incident: Incident, body: c.Command, envelope: c.Envelope) -> Events | None:
    """What can be asked of a closed incident too; None for all else."""
    actor, at = envelope.actor, envelope.at
    match body:
        case c.ReviewGlass():
            return review_glass(incident, body, actor)
        case c.Reopen():
            demand(actor, Right.COMMAND)
            return reopen(incident, body)
        case c.SealLog():
            demand(actor, Right.COMMAND)
            return (e.LogSealed(body.head),)
        case c.Redact():
            return propose_redaction(incident, body, actor, at)
        case c.RequestReport():
            return (e.ReportRequested(), *failed_for_good(incident, REPORT_LANE))
        case c.Retry():
            demand(actor, Right.RESPOND)
            return retry(incident, body)
        case c.RecordFinding():
            # The decision on notification may be due days after the close.
            if body.what != NOTIFICATION:
                demand_open(incident)
            demand(actor, Right.RESPOND)
            return finding(body)
        case _:
            return None


def _by_person(incident: Incident, body: c.Command, envelope: c.Envelope, free: int) -> Events:
    actor, at = envelope.actor, envelope.at
    if (events := _whenever(incident, body, envelope)) is not None:
        return events
    if not (isinstance(body, c.ApproveProposal | c.RejectProposal) and of_redaction(incident)):
        demand_open(incident)
    match body:
        case c.AddNote():
            return (e.NoteAdded(clean(body.text, "note")),)
        case c.ApprovePlan():
            return approve_plan(incident, body, actor, at)
        case c.RejectPlan():
            return reject_plan(incident, body, actor)
        case c.ApproveProposal():
            return approve_proposal(incident, body, actor, at)
        case c.RejectProposal():
            return reject_proposal(incident, body, actor)
        case c.Close():
            return close(incident, body, actor, at)
        case c.AttestDeath():
            demand(actor, Right.COMMAND)
            return attest(incident, body)
        case _:
            demand(actor, Right.RESPOND)
    match body:
        case c.AddSecret():
            return _add_secret(incident, body, envelope, free)
        case c.ChooseStrategy():
            return choose_strategy(incident, body, actor, at, free)
        case c.AskReplacement():
            return _replacement(incident, body, actor)
        case c.KillNow():
            return kill_now(incident, body, actor, at, free)
        case c.BreakGlass():
            return break_glass(incident, body)
        case c.StartStep() | c.CompleteStep() | c.SkipStep():
            return step(incident, body, actor)
        case c.AddTask():
            return add_task(incident, body, actor, at)
        case c.FinishTask() | c.DeclineTask():
            return task(incident, body)
        case c.ChooseCandidate():
            return candidate(incident, body, actor)
        case c.ChooseScopes():
            return scopes(incident, body)
        case c.ConfirmRevoked():
            return confirm_revoked(incident, body)
        case c.EndCheck():
            return end_check(incident, body)
        case (
            c.ExcuseFailing() | c.RollBack() | c.PromoteAgain() | c.MakeAnother() | c.ExtendRollBack() | c.RecordAbuse()
        ):
            return kept(incident, body, actor, at, free)
        case c.SettleCopy():
            return settle(incident, body)
        case c.AccountReader():
            return account(incident, body)
        case c.AnnounceSubmission():
            return announce(incident, body, actor)
        case c.UseValue():
            return use_value(incident, body, actor)
        case c.RefuseValue():
            return refuse_value(incident, body)
        case (
            c.Declare()
            | c.AddNote()
            | c.RecordFinding()
            | c.Retry()
            | c.ReviewGlass()
            | c.ApprovePlan()
            | c.RejectPlan()
            | c.ApproveProposal()
            | c.RejectProposal()
            | c.Close()
            | c.Reopen()
            | c.SealLog()
            | c.RequestReport()
            | c.AttestDeath()
            | c.Redact()
            | c.RefuseText()
            | c.Begin()
            | c.Finish()
            | c.WithdrawConsent()
            | c.TellTrust()
            | c.CountLooks()
            | c.LoseChannel()
            | c.Tick()
        ):
            raise AssertionError("handled above")
        case _:
            assert_never(body)


def _replacement(incident: Incident, body: c.AskReplacement, actor: Actor) -> Events:
    secret = secret_named(incident, body.secret)
    return () if secret.new.wanted else (e.ReplacementAsked(body.secret, actor.recorded),)


# --- declaring ------------------------------------------------------------------------------------------------------


def _declare(body: c.Declare, envelope: c.Envelope, free: int) -> Events:
    declared = e.IncidentDeclared(
        incident=body.incident,
        environment=body.environment,
        title=body.title,
        notice=body.notice,
        public=body.public,
        playbook=body.playbook,
        timings=body.timings,
        detected_at=body.detected_at,
        exposed_at=body.exposed_at,
        slack_untrusted=body.slack_untrusted,
    )
    wanted = {one.secret.name: one for one in body.secrets}
    events: list[e.Event] = [declared]
    events += [_added(one, envelope.actor) for one in wanted.values()]
    if body.playbook.steps:
        events += started(body.playbook.steps[0], envelope.actor.name, 0)
    if not envelope.actor.may(Right.RESPOND):
        return tuple(events)
    kills = tuple(one.secret for one in wanted.values() if one.strategy is Strategy.KILL_FIRST)
    return (*events, *kills_declared(kills, envelope.actor, free, asks=playbook_asks(body.playbook)))


def _added(wanted: c.Wanted, actor: Actor) -> e.SecretAdded:
    reason = redact(wanted.reason)
    return e.SecretAdded(
        wanted.secret, wanted.target, wanted.strategy, reason, wanted.replace, actor.recorded, wanted.if_failing
    )


def _add_secret(incident: Incident, body: c.AddSecret, envelope: c.Envelope, free: int) -> Events:
    name = body.wanted.secret.name
    if name in incident.secrets:
        by = incident.secrets[name].added
        raise Declined(f"{name} is part of {incident.id} already: it was added {when(by)}.")
    added = _added(body.wanted, envelope.actor)
    if body.wanted.strategy is not Strategy.KILL_FIRST:
        return (added,)
    # As at the declaration: who adds a secret as kill-first has decided to kill it.
    kill = kills_declared((body.wanted.secret,), envelope.actor, free, asks=playbook_asks(incident.playbook))
    return (added, *kill)
