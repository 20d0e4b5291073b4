"""`decide`: an incident and a command make the events that follow, or a refusal that says why. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.consent import withdraw
from bot.incident.decide_kill import approve_plan, break_glass, kill_now, reject_plan
from bot.incident.decide_proposals import approve_proposal, choose_strategy, close, reject_proposal
from bot.incident.decide_secret import (
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
from bot.incident.decide_steps import NOTIFICATION, add_task, finding, started, step, task
from bot.incident.decide_work import begin, finish, tick
from bot.incident.distrust import tell_trust
from bot.incident.model import Actor, Right, Strategy
from bot.incident.operations import REPORT_LANE
from bot.incident.plan import KILLS_BY_ONE
from bot.incident.refusals import Declined, clean, demand, demand_open, secret_named, when
from bot.incident.state import Incident
from bot.keyshapes import redact

Events = tuple[e.Event, ...]


def decide(incident: Incident | None, envelope: c.Envelope, free: int = KILLS_BY_ONE) -> Events:  # noqa: ARG001
    """The events that the command causes, in order; none if it changes nothing.

    A person's command that cannot be carried out gives one `CommandRefused`. ValueError: any command but `Declare` on
    an incident that does not exist.
    """
    body = envelope.body
    if isinstance(body, c.Declare):
        return _declare(body, envelope) if incident is None else ()
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
        case _:
            try:
                return _by_person(incident, body, envelope.actor, envelope.at)
            except Declined as declined:
                return (e.CommandRefused(e.kind_of(type(body)), str(declined)),)


def _by_person(incident: Incident, body: c.Command, actor: Actor, at: datetime) -> Events:
    match body:
        case c.Reopen():
            demand(actor, Right.COMMAND)
            return reopen(incident, body)
        case c.SealLog():
            demand(actor, Right.COMMAND)
            return (e.LogSealed(body.head),)
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
            return _add_secret(incident, body)
        case c.ChooseStrategy():
            return choose_strategy(incident, body, at)
        case c.AskReplacement():
            secret = secret_named(incident, body.secret)
            return () if secret.new.wanted else (e.ReplacementAsked(body.secret),)
        case c.KillNow():
            return kill_now(incident, body)
        case c.BreakGlass():
            return break_glass(incident, body)
        case c.StartStep() | c.CompleteStep() | c.SkipStep():
            return step(incident, body, actor)
        case c.AddTask():
            return add_task(incident, body, actor)
        case c.FinishTask() | c.DeclineTask():
            return task(incident, body)
        case c.ChooseCandidate():
            return candidate(incident, body)
        case c.ChooseScopes():
            return scopes(incident, body)
        case c.ConfirmRevoked():
            return confirm_revoked(incident, body)
        case c.EndCheck():
            return end_check(incident, body)
        case c.AnnounceSubmission():
            return announce(incident, body)
        case (
            c.Declare()
            | c.AddNote()
            | c.RecordFinding()
            | c.Retry()
            | c.ApprovePlan()
            | c.RejectPlan()
            | c.ApproveProposal()
            | c.RejectProposal()
            | c.Close()
            | c.Reopen()
            | c.SealLog()
            | c.RequestReport()
            | c.AttestDeath()
            | c.Begin()
            | c.Finish()
            | c.WithdrawConsent()
            | c.TellTrust()
            | c.Tick()
        ):
            raise AssertionError("handled above")
        case _:
            assert_never(body)


# --- declaring ------------------------------------------------------------------------------------------------------


def _declare(body: c.Declare, envelope: c.Envelope) -> Events:
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
    events += [_added(one) for one in wanted.values()]
    if body.playbook.steps:
        events += started(body.playbook.steps[0], envelope.actor.name, 0)
    return (*events, *_kills_declared(tuple(wanted.values()), body.environment, envelope.actor))


def _added(wanted: c.Wanted) -> e.SecretAdded:
    return e.SecretAdded(wanted.secret, wanted.target, wanted.strategy, redact(wanted.reason), wanted.replace)


def _kills_declared(wanted: tuple[c.Wanted, ...], environment: str, actor: Actor) -> Events:
    """A responder who declares kill-first has decided to kill: up to the number that one person may."""
    kills = [one.secret for one in wanted if one.strategy is Strategy.KILL_FIRST]
    if not actor.may(Right.RESPOND) or (environment == "production" and len(kills) > KILLS_BY_ONE):
        return ()
    return tuple(e.KillRequested(secret.name) for secret in kills)


def _add_secret(incident: Incident, body: c.AddSecret) -> Events:
    name = body.wanted.secret.name
    if name in incident.secrets:
        by = incident.secrets[name].added
        raise Declined(f"{name} is part of {incident.id} already: it was added {when(by)}.")
    added = _added(body.wanted)
    # As at the declaration: who adds a secret as kill-first has decided to kill it.
    return (added, e.KillRequested(name)) if body.wanted.strategy is Strategy.KILL_FIRST else (added,)
