"""`decide`: an incident and a command make the events that follow, or a refusal that says why. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.consent import withdraw
from bot.incident.decide_kill import approve_plan, break_glass, kill_now, reject_plan
from bot.incident.decide_proposals import approve_proposal, choose_strategy, close, reject_proposal
from bot.incident.decide_work import begin, finish, tick
from bot.incident.model import Actor, Old, Right, StepState, Strategy
from bot.incident.operations import REPORT_LANE, Op, new_lane, old_lane
from bot.incident.plan import KILLS_BY_ONE, revoked_by_hand
from bot.incident.refusals import Declined, clean, demand, demand_open, secret_named, when
from bot.incident.state import Incident, Step
from bot.incident.steps import blockers, step_digest
from bot.keyshapes import redact

Events = tuple[e.Event, ...]
NOTIFICATION = "notification"
FINDINGS = ("finding", "root-cause", NOTIFICATION)


def decide(incident: Incident | None, envelope: c.Envelope) -> Events:
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
        case _:
            try:
                return _by_person(incident, body, envelope.actor, envelope.at)
            except Declined as declined:
                return (e.CommandRefused(e.kind_of(type(body)), str(declined)),)


def _by_person(incident: Incident, body: c.Command, actor: Actor, at: datetime) -> Events:
    match body:
        case c.Reopen():
            demand(actor, Right.COMMAND)
            return _reopen(incident, body)
        case c.RequestReport():
            return (e.ReportRequested(), *_failed_for_good(incident, REPORT_LANE))
        case c.Retry():
            demand(actor, Right.RESPOND)
            return _retry(incident, body)
        case c.RecordFinding():
            # The decision on notification may be due days after the close.
            if body.what != NOTIFICATION:
                demand_open(incident)
            demand(actor, Right.RESPOND)
            return _finding(body)
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
            return _attest(incident, body)
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
            return _step(incident, body, actor)
        case c.AddTask():
            return _add_task(incident, body, actor)
        case c.FinishTask() | c.DeclineTask():
            return _task(incident, body)
        case c.ChooseCandidate():
            return _candidate(incident, body)
        case c.ChooseScopes():
            return _scopes(incident, body)
        case c.ConfirmRevoked():
            return _confirm_revoked(incident, body)
        case c.AnnounceSubmission():
            return _announce(incident, body)
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
            | c.RequestReport()
            | c.AttestDeath()
            | c.Begin()
            | c.Finish()
            | c.WithdrawConsent()
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
    )
    wanted = {one.secret.name: one for one in body.secrets}
    events: list[e.Event] = [declared]
    events += [_added(one) for one in wanted.values()]
    if body.playbook.steps:
        events += _started(body.playbook.steps[0].id, body.playbook.steps[0].tasks, envelope, ())
    return (*events, *_kills_declared(tuple(wanted.values()), body.environment, envelope.actor))


def _added(wanted: c.Wanted) -> e.SecretAdded:
    return e.SecretAdded(wanted.secret, wanted.target, wanted.strategy, redact(wanted.reason), wanted.replace)


def _kills_declared(wanted: tuple[c.Wanted, ...], environment: str, actor: Actor) -> Events:
    """A responder who declares kill-first has decided to kill: up to the number that one person may."""
    kills = [one.secret for one in wanted if one.strategy is Strategy.KILL_FIRST]
    if not actor.may(Right.RESPOND) or (environment == "production" and len(kills) > KILLS_BY_ONE):
        return ()
    return tuple(e.KillRequested(secret.name) for secret in kills)


def _started(step: str, tasks: tuple[str, ...], envelope: c.Envelope, taken: tuple[str, ...]) -> list[e.Event]:
    events: list[e.Event] = [e.StepStarted(step)]
    for number, title in enumerate(tasks, start=len(taken) + 1):
        events.append(e.TaskAdded(f"t{number}", title, envelope.actor.name, None, step))
    return events


def _add_secret(incident: Incident, body: c.AddSecret) -> Events:
    name = body.wanted.secret.name
    if name in incident.secrets:
        by = incident.secrets[name].added
        raise Declined(f"{name} is part of {incident.id} already: it was added {when(by)}.")
    added = _added(body.wanted)
    # As at the declaration: who adds a secret as kill-first has decided to kill it.
    return (added, e.KillRequested(name)) if body.wanted.strategy is Strategy.KILL_FIRST else (added,)


# --- steps and tasks ------------------------------------------------------------------------------------------------


def _step(incident: Incident, body: c.StartStep | c.CompleteStep | c.SkipStep, actor: Actor) -> Events:
    step = incident.step(body.step)
    if step is None:
        raise Declined(f"There is no step {body.step!r}. Steps: {', '.join(s.definition.id for s in incident.steps)}.")
    if body.seen and body.seen != step_digest(step):
        raise Declined(_changed(step))
    match body:
        case c.StartStep():
            if step.state is not StepState.WAITING:
                raise Declined(_changed(step))
            tasks = step.definition.tasks
            return tuple(
                _started(
                    step.definition.id, tasks, c.Envelope("", incident.last_at, actor, body), tuple(incident.tasks)
                )
            )
        case c.CompleteStep():
            if step.over:
                raise Declined(_changed(step))
            if step.state is StepState.WAITING and step.definition.tasks:
                raise Declined(
                    f"“{step.definition.title}” has tasks of its own: start it, then finish or decline each."
                )
            if waiting := blockers(incident, step):
                raise Declined(
                    f"“{step.definition.title}” is not done: {'; '.join(waiting)}. Skip it with a reason if you must."
                )
            return (e.StepDone(step.definition.id),)
        case c.SkipStep():
            if step.over:
                raise Declined(_changed(step))
            return (e.StepSkipped(step.definition.id, clean(body.reason, "reason")),)


def _changed(step: Step) -> str:
    title = step.definition.title
    if step.ended is not None and step.over:
        return f"“{title}” was marked {step.state} {when(step.ended)}. Nothing was changed."
    if step.started is not None and step.state is StepState.OPEN:
        return f"“{title}” was started {when(step.started)}. Nothing was changed."
    return f"“{title}” has changed since this was shown to you. Nothing was changed."


def _add_task(incident: Incident, body: c.AddTask, actor: Actor) -> Events:
    owner = clean(body.owner, "owner") if body.owner.strip() else actor.name
    return (e.TaskAdded(f"t{len(incident.tasks) + 1}", clean(body.title, "task"), owner, body.due, body.step),)


def _finding(body: c.RecordFinding) -> Events:
    if body.what not in FINDINGS:
        raise Declined(f"There is no such thing to record; known: {', '.join(FINDINGS)}.")
    return (e.FindingRecorded(body.what, clean(body.text, body.what.replace("-", " "))),)


def _task(incident: Incident, body: c.FinishTask | c.DeclineTask) -> Events:
    task = incident.tasks.get(body.task)
    if task is None:
        raise Declined(f"There is no task {body.task!r}. Tasks: {', '.join(incident.tasks) or 'none'}.")
    if task.done or task.declined:
        by = task.done or task.declined
        assert by is not None
        raise Declined(f"Task {task.id} was {'done' if task.done else 'declined'} {when(by)}. Nothing was changed.")
    match body:
        case c.FinishTask():
            return (e.TaskDone(task.id),)
        case c.DeclineTask():
            return (e.TaskDeclined(task.id, clean(body.reason, "reason")),)


# --- what people know about a secret --------------------------------------------------------------------------------


def _attest(incident: Incident, body: c.AttestDeath) -> Events:
    secret = secret_named(incident, body.secret)
    if secret.old_state is Old.DEAD:
        raise Declined(f"{secret.name} is proven dead: nothing is left to attest.")
    if secret.old.attested is not None:
        raise Declined(f"{secret.name} was attested dead {when(secret.old.attested)}.")
    if secret.old.last_probe is not None and secret.old.last_probe.liveness == "live":
        raise Declined(
            f"The last look at {secret.name} found it ALIVE ({secret.old.last_probe.detail}). It cannot "
            "be attested dead."
        )
    return (e.DeathAttested(secret.name, clean(body.reason, "reason")),)


def _candidate(incident: Incident, body: c.ChooseCandidate) -> Events:
    secret = secret_named(incident, body.secret)
    if body.key_id not in {candidate.id for candidate in secret.old.candidates}:
        known = ", ".join(candidate.id for candidate in secret.old.candidates) or "none"
        raise Declined(f"{body.key_id!r} is not among the keys that {secret.name} can be: {known}.")
    if secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: key {secret.old.key_id} has been revoked already.")
    claim = incident.lane(old_lane(secret.name)).claim
    if claim is not None and claim.op is Op.REVOKE:
        raise Declined(f"{secret.name}: key {secret.old.key_id} is being revoked at this very moment.")
    return () if secret.old.key_id == body.key_id else (e.CandidateChosen(secret.name, body.key_id),)


def _scopes(incident: Incident, body: c.ChooseScopes) -> Events:
    secret = secret_named(incident, body.secret)
    if secret.old.scopes_known or not secret.entry.abilities.copies_scopes:
        raise Declined(f"{secret.name}: its scopes are not in question.")
    if secret.old.snapshot is None and secret.old.revoked_at is None:
        raise Declined(f"{secret.name}: its scopes are still being read; choose them if that fails.")
    if not body.scopes:
        raise Declined("Name at least one scope: no scopes would mean all rights.")
    scopes = tuple(clean(scope, "scope") for scope in body.scopes)
    return (e.ScopesChosen(secret.name, scopes), e.OperationRetried(f"new:{secret.name}"))


def _confirm_revoked(incident: Incident, body: c.ConfirmRevoked) -> Events:
    secret = secret_named(incident, body.secret)
    if not revoked_by_hand(incident, secret):
        raise Declined(f"{secret.name} is revoked by the machine: use kill or approve.")
    if secret.gone or secret.old.revoked_at is not None:
        raise Declined(f"{secret.name} was revoked {secret.old.revoked_detail}. Its proof is {secret.old_state}.")
    return (*_failed_for_good(incident, old_lane(secret.name)), e.RevokedByPerson(secret.name))


def _announce(incident: Incident, body: c.AnnounceSubmission) -> Events:
    secret = secret_named(incident, body.secret)
    if secret.new.promoted_at is not None:
        raise Declined(f"{secret.name}: a new value was put in place at {secret.new.promoted_at:%H:%M:%S} UTC already.")
    retried = _failed_for_good(incident, f"new:{secret.name}")
    return (e.SubmissionAnnounced(secret.name, body.inbox), *retried)


def _failed_for_good(incident: Incident, lane: str) -> Events:
    failure = incident.lane(lane).failure
    return (e.OperationRetried(lane),) if failure is not None and failure.final else ()


def _retry(incident: Incident, body: c.Retry) -> Events:
    lanes = [body.lane] if body.lane else list(incident.lanes)
    events: list[e.Event] = []
    for lane in lanes:
        events += _failed_for_good(incident, lane) or _waits_for_person(incident, lane)
    if incident.halted and body.lane in {"", "halt"}:
        events.append(e.OperationRetried("halt"))
    if not events:
        raise Declined("Nothing has failed for good here: what failed is being tried again by itself.")
    return tuple(events)


def _waits_for_person(incident: Incident, lane: str) -> Events:
    """What did not fail, but goes on only when asked: a value that is called revoked and still answers is revoked once
    more, and in place of a value of our own that was rejected another one is made.
    """
    secret = incident.secrets.get(lane.partition(":")[2])
    if secret is None:
        return ()
    again = (lane == old_lane(secret.name) and secret.old.overdue) or (
        lane == new_lane(secret.name) and secret.new.held
    )
    return (e.OperationRetried(lane),) if again else ()


def _reopen(incident: Incident, body: c.Reopen) -> Events:
    if incident.open:
        raise Declined(f"{incident.id} is open.")
    return (e.IncidentReopened(clean(body.reason, "reason")),)
