"""`evolve`: an incident and its next event make the incident after it. Pure, total, and the only writer of state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never, cast

from bot.incident import events as e
from bot.incident.access.state import Reader, UsageState
from bot.incident.approval.basis import approval_missing, one_human
from bot.incident.approval.consent import answered, consented, voided, without, without_consents
from bot.incident.approval.state import Proposal, Request, Review
from bot.incident.changes import alert, milestone, put, replace, worse
from bot.incident.closing.state import ReportState
from bot.incident.consumers.state import FunctionState
from bot.incident.model import BOT, OPERATOR, By, New, StepState
from bot.incident.old_value import evolve as secrets
from bot.incident.old_value.looks import run_is_long
from bot.incident.operations import FALLBACK_LANE, PAGE_LANE, new_lane
from bot.incident.paging.state import PageState
from bot.incident.record.state import Statement
from bot.incident.state import Incident
from bot.incident.steps.state import Step, Task
from bot.incident.trust.evolve import heard_by_slack, trust_changed
from bot.incident.work import evolve as lanes
from bot.model.probes import Probe

_MILESTONES: Mapping[type, str] = {
    e.OldProvenDead: "a leaked value is dead",
    e.ValueLive: "a replacement is live",
    e.OldValueReappeared: "a leaked value stands in a parameter again",
    e.ContainmentOverdue: "a leaked value is still not proven dead",
    e.OverlapHeld: "an overlap is over, and copies keep the old value ALIVE",
}
_WORSE = frozenset({e.OldValueReappeared, e.ContainmentOverdue, e.OverlapHeld})
"""Those of them for which whoever is on call is woken again."""
VALUE_WAITS = "a new value waits for a second person"
AWAITED = "a leaked value is alive, and waits for a person"
UNANSWERED_PAGE = "nobody has answered the page"
FAILING = "a consumer fails with a replacement"
SERVES = "a leaked key serves production again"
KEPT = {
    New.FAILING: "a consumer fails with a replacement, and a leaked key is kept alive until people decide",
    New.ROLLED_BACK: "a leaked key STILL serves production",
}


def evolve(incident: Incident | None, recorded: e.Recorded) -> Incident:
    """The state after `recorded`. The first event of an incident must be its declaration (ValueError otherwise)."""
    event = recorded.event
    if isinstance(event, e.IncidentDeclared) and incident is None:
        return _declared(event, recorded)
    if incident is None:
        raise ValueError("an incident begins with its declaration")
    after = _still_asked(_apply(incident, event, recorded), recorded.at)
    return replace(after, seq=recorded.seq, last_at=recorded.at)


def _still_asked(incident: Incident, at: datetime) -> Incident:
    """A request for approval keeps only what still waits for it: a kill by other means answers it."""
    request = incident.request
    if request is None:
        return incident
    plans = {n: d for n, d in request.plans.items() if approval_missing(incident, incident.secrets[n], at)}
    if len(plans) == len(request.plans):
        return incident
    over = {name: answered(incident.secrets[name]) for name in request.plans if name not in plans}
    left = replace(request, plans=plans) if plans else None
    return replace(incident, secrets={**incident.secrets, **over}, request=left)


def _declared(event: e.IncidentDeclared, recorded: e.Recorded) -> Incident:
    return Incident(
        id=event.incident,
        environment=event.environment,
        title=event.title,
        notice=event.notice,
        public=event.public,
        playbook=event.playbook,
        timings=event.timings,
        declared=By(recorded.actor, recorded.at),
        raised=By(recorded.actor, recorded.at),
        detected_at=event.detected_at,
        exposed_at=event.exposed_at,
        slack_declared_untrusted=event.slack_untrusted,
        seq=recorded.seq,
        last_at=recorded.at,
        steps=tuple(Step(definition) for definition in event.playbook.steps),
    )


def _apply(incident: Incident, event: e.Event, recorded: e.Recorded) -> Incident:
    by = By(recorded.actor, recorded.at)
    if isinstance(event, e.OUTCOMES):
        incident = lanes.released(incident, cast("e.Outcome", event), recorded.at)
    match event:
        case e.IncidentDeclared():
            raise ValueError("an incident is declared once")
        case e.SecretAdded():
            return _added(incident, event, by)
        case e.GlassBroken() | e.PlanApproved() | e.PlanRejected() | e.ApprovalRequested() | e.ApprovalExpired():
            return _approval(incident, event, by)
        case e.ConsentWithdrawn():
            lapsed = without(incident.secrets[event.secret], event.kind, event.name)
            return milestone(put(incident, lapsed), "a consent to kill no longer counts")
        case e.ProposalMade() | e.ProposalApproved() | e.ProposalRejected():
            return _proposal(incident, event, by)
        case e.StepStarted() | e.StepDone() | e.StepSkipped():
            return _responded(_step(incident, event, by), by)
        case e.NoteAdded() | e.FindingRecorded():
            return _responded(_statement(incident, event, by, recorded.seq), by)
        case e.ReaderAccounted():
            said = Reader(event.outcome, by, event.note)
            return _responded(replace(incident, readers={**incident.readers, event.principal: said}), by)
        case e.TaskAdded() | e.TaskDone() | e.TaskDeclined():
            return _responded(replace(incident, tasks=_task(incident.tasks, event, by)), by)
        case e.IncidentClosed():
            return milestone(_closed(incident, event, by), "closed")
        case e.IncidentReopened():
            return _reopened(incident, by)
        case e.OperationStarted():
            return lanes.claimed(incident, event.claim, recorded.at)
        case e.CommandProven(proof="slack"):
            return heard_by_slack(incident, by)
        case e.OperationFailed() | e.OperationYielded() | e.CommandRefused() | e.CommandProven():
            return incident
        case e.TrustChanged():
            return trust_changed(incident, event)
        case e.Redacted():
            return _redacted(incident, event, by)
        case e.LogSealed():
            return milestone(without_consents(incident), "an older log was vouched for; consents are asked for anew")
        case e.ClaimLost() | e.OutcomeRefused():
            return lanes.lost(incident, event, recorded.at)
        case e.OperationRetried():
            return lanes.retried(incident, event.lane)
        case e.ChannelOpened() | e.ChannelLost():
            return _channel(incident, event)
        case e.PageSent() | e.PageUnanswered():
            return _paged(incident, event, recorded.at)
        case e.FunctionRefreshed():
            return _refreshed(incident, event, recorded.at)
        case e.UsageRead():
            return replace(incident, usage={**incident.usage, event.secret: _usage(incident, event, recorded)})
        case e.ReportRequested():
            return replace(incident, report=replace(incident.report, requested_at=recorded.at))
        case e.ReportWritten():
            return replace(incident, report=_report(incident.report, event, recorded.at))
        case e.DecisionRecorded():
            return replace(incident, report=replace(incident.report, decisions=event.path, decisions_at=by.at))
        case e.OwnCredentialConcerned():
            concerned = replace(incident.secrets[event.secret], own=event.settings)
            return milestone(put(incident, concerned), "a credential of the bot itself has leaked")
        case e.PersonAwaited():
            return _awaited(incident, event, recorded.at)
        case e.GlassReviewed() | e.GlassOffered() | e.GlassReviewReminded():
            return _glass(incident, event, by)
        case e.NotificationReminded():
            return _reminded(incident, event, recorded.at)
        case e.ConsumersAsked() | e.ConsumersFailing() | e.FailingExcused():
            return _consumers(incident, event, by)
        case (
            e.RollBackRequested()
            | e.RollBackExtended()
            | e.RolledBack()
            | e.RollBackRefused()
            | e.PromotionAsked()
            | e.AnotherAsked()
            | e.AbuseRecorded()
            | e.WaitingEscalated()
        ):
            return _kept_alive(incident, event, by)
        case e.OldProvenDead() | e.ValueLive() | e.OldValueReappeared() | e.ContainmentOverdue() | e.OverlapHeld():
            return _told(incident, event, by)
        case e.OldProbed():
            return _probed(incident, event, by)
        case e.SiblingsSeen():
            return _siblings(incident, event, by)
        case e.ValueRejected() | e.ValueVerified() | e.ValueAllowed():
            return _new_value(incident, event, by)
        case (
            e.StrategyChosen()
            | e.ReplacementAsked()
            | e.DeathAttested()
            | e.CandidateChosen()
            | e.ScopesChosen()
            | e.RevokedByPerson()
            | e.CheckEnded()
            | e.CopySettled()
            | e.SubmissionAnnounced()
            | e.ValueRefused()
            | e.KillRequested()
        ):
            incident = put(incident, secrets.changed(incident.secrets[event.secret], event, by))
            rejected = {name: digest for name, digest in incident.rejected_plans.items() if name != event.secret}
            return _responded(replace(incident, rejected_plans=rejected), by)
        case (
            e.OldCaptured()
            | e.SnapshotTaken()
            | e.LastUseRead()
            | e.ScopesRead()
            | e.OrphansFound()
            | e.OrphanEnded()
            | e.ValueStaged()
            | e.ValuePromoted()
            | e.AccessRevoked()
            | e.RevocationNeedsOwner()
            | e.AccessInspected()
            | e.OldDeleted()
            | e.OldWatched()
            | e.Swept()
            | e.Unstaged()
        ):
            return put(incident, secrets.changed(incident.secrets[event.secret], event, by))
        case _:
            assert_never(event)


def _new_value(incident: Incident, event: e.ValueRejected | e.ValueVerified | e.ValueAllowed, by: By) -> Incident:
    """What becomes of a replacement, where that is for people to know, or for the lane."""
    before = incident.secrets[event.secret]
    after = put(incident, secrets.changed(before, event, by))
    match event:
        case e.ValueAllowed():
            return _responded(lanes.hurried(after, new_lane(event.secret)), by)
        case e.ValueVerified() if event.untold and not before.new.untold:
            return worse(milestone(after, VALUE_WAITS), VALUE_WAITS, by.at)
        case e.ValueRejected() if after.secrets[event.secret].new.held:
            return worse(milestone(after, lanes.NEEDS_PERSON), lanes.ALERT_NEEDS_PERSON, by.at)
        case _:
            return after


# --- the incident's own parts ---------------------------------------------------------------------------------------


def _added(incident: Incident, event: e.SecretAdded, by: By) -> Incident:
    places = {**incident.by_parameter, event.secret.main.parameter: event.secret.name}
    return replace(put(incident, secrets.added(event, by)), by_parameter=places)


def _closed(incident: Incident, event: e.IncidentClosed, by: By) -> Incident:
    # A note that could not be sent must not keep the page from being resolved.
    pages = {lane: replace(incident.lane(lane), failure=None) for lane in (PAGE_LANE, FALLBACK_LANE)}
    return replace(
        incident,
        closed=by,
        accepted=event.accepted,
        accepted_reason=event.reason,
        accepted_items=event.items,
        report=replace(incident.report, requested_at=by.at),
        secrets={name: secrets.given_up(secret) for name, secret in incident.secrets.items()},
        lanes={**incident.lanes, **pages},
    )


def _reopened(incident: Incident, by: By) -> Incident:
    """All begins anew: the page, its acknowledgement, and the looks after the next close."""
    looked = {
        name: replace(secret, old=replace(secret.old, probes_after_close=0))
        for name, secret in incident.secrets.items()
    }
    page = PageState(alerts_sent=len(incident.alerts))
    reopened = replace(
        incident,
        closed=None,
        accepted=(),
        accepted_reason="",
        accepted_items=(),
        page=page,
        responded=None,
        secrets=looked,
    )
    return milestone(replace(reopened, fallback=page, reopened=True, raised=by), "reopened")


def _channel(incident: Incident, event: e.ChannelOpened | e.ChannelLost) -> Incident:
    if isinstance(event, e.ChannelLost):
        lost = (*incident.lost_channels, event.channel)
        return replace(incident, channel="", channel_url="", lost_channels=lost)
    opened = replace(incident, channel=event.channel, channel_url=event.url)
    return milestone(opened, "the channel is another one now") if incident.lost_channels else opened


def _responded(incident: Incident, by: By) -> Incident:
    """Whoever raised it knows already: the page is answered by another person, and by one of whom can be told that they
    are another.
    """
    alone = {BOT.name, OPERATOR, incident.raised.name}
    if incident.responded is not None or by.name in alone or not one_human(by.name):
        return incident
    return replace(incident, responded=by)


def _approval(
    incident: Incident,
    event: e.GlassBroken | e.PlanApproved | e.PlanRejected | e.ApprovalRequested | e.ApprovalExpired,
    by: By,
) -> Incident:
    match event:
        case e.GlassBroken():
            broken = {
                name: replace(incident.secrets[name], glass=by, broken=by, reviewed=None, review_reminded=False)
                for name in event.secrets
            }
            incident = replace(incident, secrets={**incident.secrets, **broken})
            unproven = " by nobody who could prove who they are" if by.name == OPERATOR else ""
            incident = alert(incident, f"glass was broken{unproven}: a key is killed without a second person")
            return milestone(_responded(incident, by), "break-glass was used")
        case e.PlanApproved():
            approved = {
                name: consented(incident.secrets[name], by, event.rights, digest, event.until)
                for name, digest in event.plans.items()
            }
            return _responded(replace(incident, secrets={**incident.secrets, **approved}), by)
        case e.PlanRejected():
            over = {name: answered(voided(incident.secrets[name])) for name in event.plans}
            rejected = {**incident.rejected_plans, **event.plans}
            incident = replace(incident, secrets={**incident.secrets, **over})
            return _responded(replace(incident, request=None, rejected_plans=rejected), by)
        case e.ApprovalRequested():
            asked = {
                name: replace(incident.secrets[name], asked_at=incident.secrets[name].asked_at or by.at)
                for name in event.plans
            }
            request = Request(event.plans, event.until, by.at)
            incident = replace(incident, secrets={**incident.secrets, **asked}, request=request)
            return milestone(incident, "an approval is waited for")
        case e.ApprovalExpired():
            return replace(incident, request=None)
        case _:
            assert_never(event)


def _awaited(incident: Incident, event: e.PersonAwaited, at: datetime) -> Incident:
    for name in event.secrets:
        incident = put(incident, replace(incident.secrets[name], awaited_at=at))
    return worse(incident, AWAITED, at)


def _glass(incident: Incident, event: e.GlassReviewed | e.GlassOffered | e.GlassReviewReminded, by: By) -> Incident:
    meant = [incident.secrets[name] for name in event.secrets]
    match event:
        case e.GlassReviewed():
            after = [replace(secret, reviewed=Review(by, event.verdict)) for secret in meant]
            words = "broken glass was reviewed"
        case e.GlassOffered():
            after = [replace(secret, glass_offered=True) for secret in meant]
            words = "nobody has answered a request for approval"
            incident = worse(incident, words, by.at)
        case e.GlassReviewReminded():
            after = [replace(secret, review_reminded=True) for secret in meant]
            words = "broken glass is NOT reviewed after a day"
            incident = worse(incident, words, by.at) if incident.open else incident
        case _:
            assert_never(event)
    return milestone(replace(incident, secrets={**incident.secrets, **{s.name: s for s in after}}), words)


def _proposal(incident: Incident, event: e.ProposalMade | e.ProposalApproved | e.ProposalRejected, by: By) -> Incident:
    if not isinstance(event, e.ProposalMade):
        return replace(incident, proposal=None)
    rights = frozenset(event.rights)
    made = Proposal(
        event.number, event.what, event.subject, event.reason, by.name, by.at, event.until, rights, event.if_failing,
        event.cuts, event.items,
    )  # fmt: skip
    return replace(incident, proposal=made, proposals=event.number)


def _redacted(incident: Incident, event: e.Redacted, by: By) -> Incident:
    """What was written from the words is written anew. They are gone from the state once it is folded from the log."""
    report = incident.report
    if report.path:
        report = replace(report, requested_at=by.at)
    if report.decisions:
        report = replace(report, decisions="", decisions_at=None)
    return replace(incident, redacted=(*incident.redacted, event.cut.seq), report=report)


def _step(incident: Incident, event: e.StepStarted | e.StepDone | e.StepSkipped, by: By) -> Incident:
    def change(step: Step) -> Step:
        if step.definition.id != event.step:
            return step
        match event:
            case e.StepStarted():
                return replace(step, state=StepState.OPEN, started=by, ended=None, reason="")
            case e.StepDone():
                return replace(step, state=StepState.DONE, started=step.started or by, ended=by)
            case e.StepSkipped():
                return replace(step, state=StepState.SKIPPED, ended=by, reason=event.reason)

    return replace(incident, steps=tuple(change(step) for step in incident.steps))


def _statement(incident: Incident, event: e.NoteAdded | e.FindingRecorded, by: By, seq: int) -> Incident:
    what = "note" if isinstance(event, e.NoteAdded) else event.what
    return replace(incident, statements=(*incident.statements, Statement(what, event.text, by, seq)))


def _task(tasks: Mapping[str, Task], event: e.TaskAdded | e.TaskDone | e.TaskDeclined, by: By) -> Mapping[str, Task]:
    match event:
        case e.TaskAdded():
            changed = Task(event.task, event.title, event.owner, event.due, event.step, by)
        case e.TaskDone():
            changed = replace(tasks[event.task], done=by)
        case e.TaskDeclined():
            changed = replace(tasks[event.task], declined=by, reason=event.reason)
        case _:
            assert_never(event)
    return {**tasks, changed.id: changed}


def _reminded(incident: Incident, event: e.NotificationReminded, at: datetime) -> Incident:
    """After the close the page itself begins anew for it."""
    reminded = replace(incident, reminders=2 if event.over else 1, reminded_at=at)
    state = "is OVERDUE" if event.over else f"is due on {event.due:%Y-%m-%d at %H:%M} UTC"
    words = f"the decision on notification {state}"
    return milestone(worse(reminded, words, at) if incident.open else reminded, words)


def _paged(incident: Incident, event: e.PageSent | e.PageUnanswered, at: datetime) -> Incident:
    if isinstance(event, e.PageUnanswered):
        told = replace(incident, page=replace(incident.page, unanswered_at=at))
        return worse(milestone(told, UNANSWERED_PAGE), UNANSWERED_PAGE, at)
    if event.fallback:
        return replace(incident, fallback=_page(incident.fallback, event, at))
    return replace(incident, page=_page(incident.page, event, at))


def _page(page: PageState, event: e.PageSent, at: datetime) -> PageState:
    match event.action:
        case "trigger":
            sent = event.milestone
            anew = replace(page, acknowledged_at=None, resolved_at=None, answered_by="", looked_at=None)
            return replace(anew, triggered_at=at, notes_sent=sent, unanswered_at=None)
        case "acknowledge":
            return replace(page, acknowledged_at=at)
        case "resolve":
            return replace(page, resolved_at=at)
        case "ask" | "answered":
            return replace(page, asking=event.action == "ask")
        case "none":
            return replace(page, missing=True)
        case "look":
            answered = at if event.by else page.acknowledged_at
            return replace(page, looked_at=at, answered_by=event.by, acknowledged_at=answered)
        case "cannot-tell":
            return replace(page, looked_at=at, tells=False)
        case "alert":
            return replace(page, alerts_sent=page.alerts_sent + 1)
        case _:
            return replace(page, notes_sent=event.milestone)


def _refreshed(incident: Incident, event: e.FunctionRefreshed, at: datetime) -> Incident:
    before = incident.functions.get(event.function, FunctionState())
    versions = dict(before.versions)
    for parameter, version in event.versions.items():
        versions[parameter] = max(version, versions.get(parameter, 0))
    after = FunctionState(versions, event.complete, event.detail, at)
    return replace(incident, functions={**incident.functions, event.function: after})


def _usage(incident: Incident, event: e.UsageRead, recorded: e.Recorded) -> UsageState:
    others = [read for read in event.reads if not read.by_bot]
    return UsageState(
        seq=recorded.seq,
        at=recorded.at,
        source=event.source,
        since=event.since,
        until=event.until,
        events=len(others),
        by_bot=len(event.reads) - len(others),
        principals=tuple(sorted({read.principal for read in others})),
        not_visible=event.not_visible,
        truncated=event.truncated,
        after_containment=incident.secrets[event.secret].gone,
    )


def _report(report: ReportState, event: e.ReportWritten, at: datetime) -> ReportState:
    return replace(
        report,
        path=event.path,
        digest=event.digest,
        head=event.head,
        covers=event.covers,
        withheld=event.withheld,
        written_at=at,
        requested_at=None,
    )


def _told(
    incident: Incident,
    event: e.OldProvenDead | e.ValueLive | e.OldValueReappeared | e.ContainmentOverdue | e.OverlapHeld,
    by: By,
) -> Incident:
    """What happened to a secret and is worth a line to on-call."""
    after = put(incident, secrets.changed(incident.secrets[event.secret], event, by))
    if isinstance(event, e.OldProvenDead):
        after = lanes.ended(after, event.secret)
    words = _MILESTONES[type(event)]
    return milestone(worse(after, words, by.at) if type(event) in _WORSE else after, words)


def _siblings(incident: Incident, event: e.SiblingsSeen, by: By) -> Incident:
    after = put(incident, secrets.siblings_seen(incident.secrets[event.secret], event, by))
    return _halted(after, event.secret, event.probes, by.at) if event.after else after


def _halted(incident: Incident, revoked: str, bystanders: tuple[Probe, ...], at: datetime) -> Incident:
    """Stops everything if one of the bystanders died."""
    died = [probe.subject for probe in bystanders if probe.liveness == "dead"]
    if not died:
        return incident
    halted = replace(incident, halted=f"{', '.join(died)} was refused after {revoked} had been revoked")
    words = "stopped: a credential that was not the target was refused"
    return worse(milestone(halted, words), words, at)


def _probed(incident: Incident, event: e.OldProbed, by: By) -> Incident:
    secret = secrets.changed(incident.secrets[event.secret], event, by)
    if secrets.effective(event) == "unknown" and not run_is_long(incident, secret.old):
        # What a proof is made of are looks next to each other: nobody knows what one in between would have seen.
        secret = replace(secret, old=replace(secret.old, refusals=None))
    if not incident.open:
        secret = replace(secret, old=replace(secret.old, probes_after_close=secret.old.probes_after_close + 1))
    return _halted(put(incident, secret), event.secret, event.bystanders, by.at)


def _consumers(incident: Incident, event: e.ConsumersAsked | e.ConsumersFailing | e.FailingExcused, by: By) -> Incident:
    """People are woken when a consumer begins to fail with a new value, and told when none does any more."""
    before = incident.secrets[event.secret]
    secret = secrets.changed(before, event, by)
    after = put(incident, secret)
    if isinstance(event, e.FailingExcused):
        after = _responded(after, by)
    if secret.new.failing and not before.new.failing:
        return worse(milestone(after, FAILING), FAILING, by.at)
    return milestone(after, _MILESTONES[e.ValueLive]) if before.new.failing and not secret.new.failing else after


def _kept_alive(
    incident: Incident,
    event: e.RollBackRequested
    | e.RollBackExtended
    | e.RolledBack
    | e.RollBackRefused
    | e.PromotionAsked
    | e.AnotherAsked
    | e.AbuseRecorded
    | e.WaitingEscalated,
    by: By,
) -> Incident:
    """What becomes of a leaked value that still lives, and who is woken over it."""
    after = put(incident, secrets.changed(incident.secrets[event.secret], event, by))
    match event:
        case e.RolledBack():
            return alert(milestone(after, SERVES), SERVES)
        case e.RollBackRefused():
            return milestone(after, "a roll-back was not done: the leaked value does not answer any more")
        case e.WaitingEscalated():
            # The same words again would be taken for what somebody has answered already.
            return alert(after, f"{KEPT[event.state]} (asked {event.number} times)")
        case e.AbuseRecorded():
            return milestone(_responded(after, by), "a leaked value is being abused")
        case _:
            return _responded(after, by)
