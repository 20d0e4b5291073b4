"""Every event as a sentence. The report's timeline, Slack's and the terminal's all read the same.

The text is plain: whoever shows it escapes it for the place where it is shown, because it quotes people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from bot.incident import events as e
from bot.incident.access.readers import principal_name
from bot.incident.lanes import Lane, LaneKind
from bot.incident.model import CheckOutcome, CopyOutcome, IfFailing, New, NoticeOutcome, Strategy
from bot.incident.old_value.own_credentials import own_words
from bot.incident.old_value.proof import effective
from bot.incident.old_value.state import OldValue
from bot.incident.operations import OPERATIONS
from bot.incident.overlap.rules import serves_again
from bot.incident.overlap.used import used_since
from bot.incident.state import Incident, SecretState
from bot.model.keys import NONE_OF_THESE, Owner
from bot.model.probes import Probe
from bot.phrases.alerts import SOURCES
from bot.phrases.paging import page_words
from bot.phrases.standing_down import event_words as rest_event_words
from bot.phrases.takeover import handover_words
from bot.phrases.team import team_words
from bot.phrases.times import counted, listed, moment
from bot.phrases.updates import update_words

BOT = "The bot"


def sentence(recorded: e.Recorded, incident: Incident) -> str | None:
    """What happened, as one sentence with its actor; None for what only the machinery needs to know."""
    who = BOT if recorded.actor == "bot" else recorded.actor
    planned = _of_run(recorded.event) if incident.routine else ""
    return f"{who} {planned}" if planned else _told(who, recorded.event, incident)


def _of_run(event: e.Event) -> str:
    """What is said otherwise of a planned rotation; empty for all else."""
    match event:
        case e.IncidentDeclared():
            return f"began “{event.title}” in {event.environment}, as planned: {event.notice}"
        case e.SecretAdded():
            return f"rotates {event.secret.name}, {event.strategy}{_if_failing(event)}: {event.reason}"
        case _:
            return ""


def _narrated(event: e.NarrativeEvent) -> str:
    match event:
        case e.NarrativeWritten():
            return f"wrote the report's {event.part}: {event.text}"
        case e.ReportSigned():
            return f"signed the report of events 1 to {event.covers}, SHA-256 {event.digest}"


def _said(
    event: e.ObligationsEvent | e.SeverityEvent | e.NarrativeEvent | e.DepartureAgreed, incident: Incident
) -> str:
    if isinstance(event, e.DepartureAgreed):
        return f"agreed to the departure: {listed(event.secrets)} may be rotated"
    return _narrated(event) if isinstance(event, e.NarrativeEvent) else _decision(event, incident)


def _told(who: str, event: e.Event, incident: Incident) -> str | None:
    if isinstance(event, e.ObligationsEvent | e.SeverityEvent | e.NarrativeEvent | e.DepartureAgreed):
        return f"{who} {_said(event, incident)}"
    if isinstance(event, e.TeamEvent | e.UpdatesEvent | e.StandingDownEvent | e.HandoverByPerson):
        return f"{who} {_of_team(event)}"
    if isinstance(event, e.StepsEvent):
        return f"{who} {_of_steps(event, incident)}"
    match event:
        case e.IncidentDeclared():
            where = "strangers can read it" if event.public else "not known to be public"
            return f"{who} declared “{event.title}” in {event.environment} ({where}): {event.notice}"
        case e.SecretAdded():
            left = "" if event.replace else "; the current value is kept, an older one leaked"
            sure = f"target {event.target.kind}"
            chosen = f"{event.strategy}{_if_failing(event)}"
            return f"{who} added {event.secret.name} ({sure}), {chosen}: {event.reason}{left}"
        case e.StrategyChosen():
            return f"{who} chose {event.strategy}{_if_failing(event)} for {event.secret}: {event.reason}"
        case e.ReplacementAsked():
            return f"{who} asked for {event.secret}'s current value to be replaced too"
        case e.KillRequested():
            return f"{who} decided to kill the old value of {event.secret} without waiting"
        case e.GlassBroken():
            return f"{who} BROKE GLASS to kill {listed(event.secrets)} without a second person: {event.reason}"
        case e.GlassReviewed():
            return f"{who} reviewed why the glass was broken for {listed(event.secrets)}: {event.verdict}"
        case e.ApprovalRequested():
            return f"{who} asked for a second person for {_names(event.plans)}, until {moment(event.until)}"
        case e.PlanApproved():
            return f"{who} agreed to the plan of {_names(event.plans)}"
        case e.PlanRejected():
            return f"{who} rejected the plan of {_names(event.plans)}: {event.reason}"
        case e.ApprovalExpired():
            return f"{who} let the request for approval of {_names(event.plans)} lapse: nobody decided in time"
        case e.ProposalMade():
            return f"{who} proposed {proposal_words(event.what, event.subject, event.if_failing)}: {event.reason}"
        case e.ProposalApproved():
            return f"{who} agreed to proposal {event.number}"
        case e.ProposalRejected():
            return f"{who} rejected proposal {event.number}: {event.reason}"
        case e.NoteAdded() | e.FindingRecorded() | e.MessageKept() | e.ValueSighted():
            return f"{who} {_written(event)}"
        case e.DeathAttested():
            return f"{who} attested by name that the old value of {event.secret} is dead: {event.reason}"
        case e.CandidateChosen():
            if event.key_id == NONE_OF_THESE.id:
                return f"{who} said that the leaked value of {event.secret} is none of the listed keys"
            return f"{who} chose key {event.key_id} as the one that leaked of {event.secret}"
        case e.ScopesChosen():
            return f"{who} chose the scopes of {event.secret}'s new key: {listed(event.scopes)}"
        case e.RevokedByPerson():
            return (
                f"{who} reported that the old value of {event.secret} was revoked in the provider's console (a claim)"
            )
        case e.CheckEnded():
            return f"{who} checked {event.secret} for “{event.item}”, {_CHECKED[event.outcome]}{_noted(event.note)}"
        case e.CopySettled():
            became = f"{COPY_SETTLED[event.outcome]}{_noted(event.note)}"
            return f"{who} said that copy “{event.copy}” of {event.secret} {became}"
        case e.ReaderAccounted():
            return f"{who} called the reads by {event.principal} {event.outcome}{_noted(event.note)}"
        case e.SubmissionAnnounced():
            return f"{who} submitted a new value for {event.secret}"
        case e.AbuseRecorded() | e.RollBackRequested() | e.RollBackExtended() | e.PromotionAsked() | e.AnotherAsked():
            return f"{who} {_way_back(event)}"
        case e.FailingExcused():
            those = f"{listed(event.consumers)} failing with the new value of {event.secret}"
            return f"{who} overruled {those}, which failed before it too: {event.reason}"
        case e.ValueAllowed():
            return f"{who} let the new value of {event.secret} be used, {_accepted(event, incident)}: {event.reason}"
        case e.ValueRefused():
            return f"{who} refused the new value {event.fingerprint} of {event.secret}: {event.reason}"
        case e.OperationRetried():
            return f"{who} asked for another try ({_lane(event.lane)})"
        case e.ReportRequested():
            return f"{who} asked for the report"
        case e.IncidentClosed():
            open_ones = [item.words for item in event.items] or list(event.accepted)
            over = f", accepting what is open ({'; '.join(open_ones)}): {event.reason}" if open_ones else ""
            return f"{who} closed the incident{over}"
        case e.IncidentReopened():
            return f"{who} reopened the incident: {event.reason}"
        case e.LogSealed():
            return (
                f"{who} vouched for the log up to event {event.head.partition(':')[0]}, which no worker had sealed; "
                "consents to a kill are asked for anew"
            )
        case e.Redacted():
            kind = event.cut.kind.replace("-", " ")
            return (
                f"{who} agreed to {event.proposer}'s redaction of event {event.cut.seq} ({kind}): its words are gone "
                f"from the log. {event.reason}"
            )
        case e.CommandProven():
            return _PROVEN.get(event.proof)
        case e.CommandRefused():
            return f"{who} was refused “{event.command.replace('-', ' ')}”: {event.reason}"
        case _:
            return _by_machine(event)


def _of_steps(event: e.StepsEvent, incident: Incident) -> str:
    match event:
        case e.StepStarted() | e.StepDone() | e.StepSkipped():
            return _step(event, incident)
        case e.TaskAdded() | e.TaskChanged() | e.TaskDone() | e.TaskDeclined():
            return _task(event, incident)


def _of_team(event: e.TeamEvent | e.UpdatesEvent | e.StandingDownEvent | e.HandoverByPerson) -> str:
    if isinstance(event, e.HandedOver | e.TakenOver):
        return handover_words(event)
    if isinstance(event, e.TeamEvent):
        return team_words(event)
    return update_words(event) if isinstance(event, e.UpdatesEvent) else rest_event_words(event)


def _written(event: e.NoteAdded | e.FindingRecorded | e.MessageKept | e.ValueSighted) -> str:
    if isinstance(event, e.NoteAdded):
        return f"noted: {event.text}"
    if isinstance(event, e.FindingRecorded):
        return f"recorded {_FINDINGS.get(event.what, f'a {event.what}')}: {event.text}"
    if isinstance(event, e.MessageKept):
        return f"kept a message that {event.author} wrote in Slack at {moment(event.sent_at)}: {event.text}"
    which = {"leaked": "the leaked value", "new": "the NEW value"}.get(event.value, "an earlier value")
    if event.source:
        place = f"{SOURCES.get(event.source, event.source)} reports it as {event.place}"
        return f"learned that {which} of {event.secret} stood in another place too: {place}"
    return f"reported a message in Slack that holds {which} of {event.secret}: it stood there too"


def _noted(note: str) -> str:
    return f": {note}" if note else ""


_PROVEN = {
    "ssh": "The command carries an SSH signature, which is kept with it",
    "at-worker": "Nobody could prove who gave this command: it came from the worker's own host, operator unproven",
    "none": "Nobody proved who gave this command: identity unproven",
}
_CHECKED = {CheckOutcome.CLEAR: "nothing to remove", CheckOutcome.HANDLED: "removed"}
COPY_SETTLED = {
    CopyOutcome.UPDATED: "has the new value",
    CopyOutcome.PURGED: "is gone",
    CopyOutcome.ACCEPTED: "may keep the OLD value",
}
_FINDINGS = {
    "finding": "a finding",
    "impact": "the impact",
    "root-cause": "the root cause",
    "notification": "the decision on notification",
    "no-abuse": "that nobody was seen to use it",
    "abuse-unknown": "that nobody can tell whether it was used",
}


def _unanswered(event: e.GlassOffered | e.GlassReviewReminded | e.PersonAwaited) -> str:
    names = listed(event.secrets)
    match event:
        case e.GlassOffered():
            return f"got no answer about {names}, and offered breaking the glass"
        case e.GlassReviewReminded():
            return f"reminded people that broken glass is not reviewed: {names}"
        case e.PersonAwaited():
            return f"reminded people that nothing ends the living value of {names} until a person acts"


def _by_machine(event: e.MachineEvent) -> str | None:
    match event:
        case e.PageSent() | e.PageUnanswered() | e.PageLooked() | e.PageEscalated() | e.Reminded():
            return page_words(event)
        case e.OperationStarted() | e.OperationYielded() | e.TrackerTold() | e.StandDownEnded():
            return None
        case e.UpdateDrafted() | e.UpdateSent():
            return f"{BOT} {update_words(event)}"
        case e.OperationFailed():
            after = "a person must press retry" if event.retry_at is None else "it will be tried again"
            return f"{BOT} could not {OPERATIONS[event.op].does}: {event.message}; {after}"
        case e.ClaimLost():
            return f"{BOT} lost the worker that was about to {OPERATIONS[event.op].does} ({_lane(event.lane)})"
        case e.OutcomeRefused():
            return f"{BOT} ignored a late answer ({_lane(event.lane)}); what it may have made is swept up"
        case e.ChannelOpened() | e.ChannelLost():
            return f"{BOT} {_channel(event)}"
        case e.LateOutcomeNoted():
            return f"{BOT} {handover_words(event)}"
        case e.OldCaptured():
            return f"{BOT} pinned the old value of {event.secret}, fingerprint {event.fingerprint}{_keys(event)}"
        case e.SnapshotTaken():
            missing = f"; could not be read: {event.missing}" if event.missing else ""
            return f"{BOT} recorded what {event.secret} could do, the old value being {_seen(event.probe)}{missing}"
        case e.LastUseRead() | e.ScopesRead():
            return f"{BOT} {_read(event)}"
        case e.OrphansFound():
            return f"{BOT} found {counted(len(event.keys), 'key')} of {event.secret} that nothing recorded"
        case e.OrphanEnded():
            return f"{BOT} ended key {event.key} of {event.secret}, which nothing used"
        case e.ValueStaged():
            return f"{BOT} {_made(event)} for {event.secret}, fingerprint {event.fingerprint}"
        case e.ValueRejected():
            return f"{BOT} rejected the new value of {event.secret}: {event.reason}"
        case e.ValueVerified():
            return f"{BOT} verified the new value of {event.secret}: {event.detail}"
        case e.ValuePromoted():
            places = listed([f"{name} version {version}" for name, version in sorted(event.versions.items())])
            return f"{BOT} put the new value of {event.secret} in place: {places}"
        case e.RolledBack() | e.RollBackRefused() | e.WaitingEscalated():
            return f"{BOT} {_rolled_back(event)}"
        case e.FunctionRefreshed():
            lacking = "" if event.complete else ", not for all its traffic"
            detail = f": {event.detail}" if event.detail else ""
            return f"{BOT} refreshed {event.function}{lacking}{detail}"
        case e.ValueLive() | e.ConsumersAsked() | e.ConsumersFailing():
            return f"{BOT} {_consumers(event)}: {event.detail}"
        case e.AccessRevoked():
            return f"{BOT} revoked the old value of {event.secret}: {event.detail}. That proves nothing yet"
        case e.RevocationNeedsOwner():
            return f"{BOT} did not revoke the old value of {event.secret}: {owner_words(event.owner)}"
        case e.OldProbed() | e.OldWatched():
            return _probed(event) if isinstance(event, e.OldProbed) else _watched(event)
        case e.SiblingsSeen() | e.LeaverLookedUp():
            return _siblings(event) if isinstance(event, e.SiblingsSeen) else f"{BOT} {_leaver(event)}"
        case e.OldProvenDead():
            return f"{BOT} proved the old value of {event.secret} DEAD since {moment(event.contained_at)}"
        case e.ConsentWithdrawn():
            return f"{BOT} did not kill {event.secret}: {event.name}'s consent no longer counts. {event.reason}"
        case e.TrustChanged():
            return trust_words(event.people, slack=event.slack, words=event.words)
        case e.GlassOffered() | e.GlassReviewReminded() | e.PersonAwaited():
            return f"{BOT} {_unanswered(event)}"
        case e.OwnCredentialConcerned():
            return f"{BOT} found that the old value of {event.secret} is its own: {own_words(event.settings)}"
        case e.NotificationReminded():
            state = f"{'ran' if event.over else 'runs'} out at {moment(event.due)}"
            return f"{BOT} reminded people that nobody has decided on notification: the time {state}"
        case e.OldValueReappeared():
            return f"{BOT} found the old value of {event.secret} standing again in {listed(event.parameters)}"
        case e.ContainmentOverdue() | e.OverlapHeld():
            return f"{BOT} {_lives_on(event)}"
        case e.Swept():
            return f"{BOT} looked again for keys of {event.secret} that nothing recorded"
        case e.Unstaged():
            return f"{BOT} deleted the staged {'old' if event.old else 'new'} value of {event.secret}"
        case e.UsageRead():
            others = sum(1 for read in event.reads if not read.by_bot)
            return f"{BOT} looked up who read {event.secret} in {event.source}: {counted(others, 'read')} by others"
        case e.OldDeleted():
            return f"{BOT} deleted the old key of {event.secret}, which had been switched off: {event.detail}"
        case e.AccessInspected():
            return f"{BOT} {_inspected(event)}"
        case e.ReportWritten():
            return f"{BOT} wrote the report from events 1 to {event.covers}{_withheld(event.withheld)}"
        case e.DecisionRecorded():
            return f"{BOT} added an entry to the decisions log{_withheld(event.withheld)}"
        case e.ReportDelivered():
            return f"{BOT} {delivered_words(event.to)}: {event.place}"
        case _:
            assert_never(event)


def delivered_words(to: str) -> str:
    """What was done when the report arrived somewhere."""
    match to:
        case "slack":
            return "put the report into the incident's channel"
        case "s3":
            return "put the report into the bucket for reports"
        case "github":
            return "proposed the entry of the decisions log as a pull request"
        case _:
            return f"delivered the report to {to}"


def _withheld(lines: int) -> str:
    return f"; {counted(lines, 'line')} WITHHELD, because a secret stood there" if lines else ""


def _consumers(event: e.ValueLive | e.ConsumersAsked | e.ConsumersFailing) -> str:
    match event:
        case e.ValueLive():
            state = "live" if event.confirmed else "in place and accepted, unconfirmed by its consumers"
            return f"verified the new value of {event.secret} {state}"
        case e.ConsumersAsked():
            answer = "which are well with it" if event.confirmed else "not all of which can confirm it"
            return f"asked the consumers of {event.secret} again{_times(event.asks)}, {answer}"
        case e.ConsumersFailing():
            return f"found {listed(event.consumers)} FAILING with the new value of {event.secret}{_times(event.asks)}"


def _times(asks: int) -> str:
    return "" if asks == 1 else f" ({asks} times asked since it was last written down)"


def _way_back(
    event: e.AbuseRecorded | e.RollBackRequested | e.RollBackExtended | e.PromotionAsked | e.AnotherAsked,
) -> str:
    match event:
        case e.AbuseRecorded():
            return f"recorded that the leaked value of {event.secret} is being ABUSED: {event.text}"
        case e.RollBackRequested():
            return f"asked for {event.secret} to be rolled back to the LEAKED value, which still lives: {event.reason}"
        case e.RollBackExtended():
            agreed = f"agreed with {event.proposer} that the leaked value of {event.secret} may serve"
            return f"{agreed} until {moment(event.until)}: {event.reason}"
        case e.PromotionAsked():
            return f"asked for the new value of {event.secret} to be put in place again"
        case e.AnotherAsked():
            return f"asked for another new value of {event.secret}"


def _rolled_back(event: e.RolledBack | e.RollBackRefused | e.WaitingEscalated) -> str:
    match event:
        case e.RolledBack():
            places = listed([f"{name} version {version}" for name, version in sorted(event.versions.items())])
            return f"put the LEAKED value of {event.secret} back in place: {places}"
        case e.RollBackRefused():
            refused = f"did not roll {event.secret} back, because its old value is not accepted any more"
            return f"{refused} ({event.detail}), and puts the new one in place again"
        case e.WaitingEscalated():
            kept = f"{event.secret} is {event.state}, and its leaked value is kept alive"
            return f"woke people again, for the {event.number}. time: {kept}"


def serves_words(incident: Incident, secret: SecretState) -> str:
    """That a leaked value serves production again, and until when it may; empty if none does."""
    until = secret.new.serves_until
    if until is None or not serves_again(incident, secret):
        return ""
    if until <= incident.last_at:
        return f"a leaked key serves production, PAST {moment(until)}"
    return f"a leaked key serves production until {moment(until)}"


def _if_failing(event: e.SecretAdded | e.StrategyChosen) -> str:
    ends = event.strategy is Strategy.OVERLAP and event.if_failing is IfFailing.END
    return f", {if_failing_words(event.if_failing)}" if ends else ""


def if_failing_words(chosen: IfFailing) -> str:
    """What the plan says of failing consumers, as a phrase."""
    match chosen:
        case IfFailing.KEEP:
            return "if consumers fail, the old key is kept until people decide"
        case IfFailing.END:
            return "if consumers fail, the old key is ended all the same"
        case _:
            assert_never(chosen)


def proposal_words(what: str, subject: str, if_failing: IfFailing) -> str:
    """What is proposed, as a phrase."""
    if what == "strategy":
        return f"overlap for {subject} ({if_failing_words(if_failing)})"
    if what == "redaction":
        return f"taking people's words out of event {subject}"
    return f"letting the leaked value of {subject} serve on" if what == "extension" else f"closing over {subject}"


def failing_words(secret: SecretState) -> str:
    """Which consumers fail with the new value, and which did before: plain text."""
    new = secret.new
    since = f" since {moment(new.failing_since)}" if new.failing_since is not None else ""
    before = [name for name in new.failing if name in new.unwell_before]
    also = f"; {listed(before)} failed before it too" if before else ""
    return f"{listed(new.failing)} FAIL{'S' if len(new.failing) == 1 else ''} with it{since}{also}"


def not_restored(secret: SecretState) -> str:
    """The state of a new value that is not live, and why."""
    match secret.new_state:
        case New.ROLLED_BACK:
            return "staged again: the LEAKED value was put back in its place"
        case New.FAILING:
            return f"in place, and {failing_words(secret)}"
        case New.UNCONFIRMED:
            return "in place, consumer health check unavailable"
        case state:
            return str(state)


def _accepted(event: e.ValueAllowed, incident: Incident) -> str:
    accepted = ["although its account could not be told to be the old one's"] if event.account else []
    keys = [name for name in event.readers if name in incident.secrets]
    strangers = [principal_name(name) for name in event.readers if name not in incident.secrets]
    accepted += [f"although {listed(keys)}, not dead, may read it"] if keys else []
    accepted += [f"although {listed(strangers)}, unexplained, had read the old one there"] if strangers else []
    return listed(accepted)


def trust_words(people: Sequence[str], *, slack: bool, words: Sequence[str] = ()) -> str:
    """Who is not trusted, and who said so: for the timeline, the card and the terminal alike."""
    lost = listed([*([] if slack else ["Slack"]), *people])
    said = f". {'. '.join(words)}" if words else ""
    return f"Not trusted from here on: {lost}{said}" if lost else "Everybody is trusted again"


def claim_words(secret: SecretState) -> str:
    """What somebody says of an old value that they revoked by hand, and what its provider has answered since; empty
    where nobody does.
    """
    old = secret.old
    if old.claimed is None:
        return ""
    match old.claim_answer:
        case "":
            answered = f"{secret.entry.provider} has not been asked since"
        case "live":
            answered = f"{secret.entry.provider} still accepts it"
        case "dead":
            answered = f"{secret.entry.provider} refuses it"
        case _:
            answered = f"no clear answer from {secret.entry.provider} since"
    return f"reported revoked by {old.claimed.name} at {old.claimed.at:%H:%M:%S} UTC; {answered}"


def owner_words(owner: Owner) -> str:
    """Why the key could not be revoked by itself, and what follows."""
    needed = f"its provider ends it only together with {owner.words}"
    if owner.alone:
        return f"{needed}, and two people must agree to that"
    return f"{needed}, other living keys would die, and so a person must end it in the console"


def _names(plans: Mapping[str, str]) -> str:
    return listed(sorted(plans))


def _step(event: e.StepStarted | e.StepDone | e.StepSkipped, incident: Incident) -> str:
    step = incident.step(event.step)
    title = f"“{step.definition.title if step else event.step}”"
    match event:
        case e.StepStarted():
            return f"started {title}"
        case e.StepDone():
            return f"marked {title} done"
        case e.StepSkipped():
            return f"skipped {title}: {event.reason}"


def _decision(event: e.ObligationsEvent | e.SeverityEvent, incident: Incident) -> str:
    match event:
        case e.SeveritySet():
            return f"set the severity to {event.severity.words}: {event.reason}"
        case e.AwarenessRecorded():
            return f"recorded that it has been known since {moment(event.aware_at)}: {event.reason}"
        case e.NoticeDecided():
            outcome = {NoticeOutcome.NOTIFY: "to send", NoticeOutcome.NOT_NOTIFIABLE: "NOT to send"}[event.outcome]
            title = obligation_title(incident, event.obligation)
            return f"recorded that {event.decider} decided {outcome} {title}: {event.reason}"
        case e.NoticeSent():
            delay = f"; why it took so long: {event.delay}" if event.delay else ""
            title = obligation_title(incident, event.obligation)
            return f"recorded that {title} was sent at {moment(event.sent_at)}: {event.reference}{delay}"


def obligation_title(incident: Incident, name: str) -> str:
    """What the obligation is called, in quotation marks; its id where the incident carries none of it."""
    found = next((each.title for each in incident.obligations if each.id == name), name)
    return f"“{found}”"


def _task(event: e.TaskAdded | e.TaskChanged | e.TaskDone | e.TaskDeclined, incident: Incident) -> str:
    match event:
        case e.TaskChanged():
            until = f", due {moment(event.due)}" if event.due else ""
            return f"gave task {event.task} to {event.owner}{until}: {event.reason}"
        case e.TaskAdded():
            return f"added task {event.task} for {event.owner or 'nobody yet'}: {event.title}"
        case e.TaskDone():
            task = incident.tasks.get(event.task)
            return f"finished task {event.task}{f': {task.title}' if task else ''}"
        case e.TaskDeclined():
            return f"declined task {event.task}: {event.reason}"


def _lane(lane: Lane) -> str:
    subject = lane.subject
    match lane.kind:
        case LaneKind.OLD:
            return f"ending {subject}"
        case LaneKind.NEW:
            return f"replacing {subject}"
        case LaneKind.FUNCTION:
            return f"refreshing {subject}"
        case LaneKind.USAGE:
            return f"usage of {subject}"
        case LaneKind.FALLBACK:
            return "the fallback's page"
        case LaneKind.DELIVERY:
            return f"delivering the report to {subject}"
        case LaneKind.LEAVER:
            return "what the leaver can read"
        case LaneKind.SIBLINGS:
            return "checking other secrets"
        case LaneKind.DELETE:
            return f"deleting the old key of {subject}"
        case LaneKind.ACCESS:
            return f"what {subject} may have left behind"
        case _:
            return str(lane)


def _inspected(event: e.AccessInspected) -> str:
    looked = f"looked at {event.secret}'s provider for {listed(event.items)} since {moment(event.since)}"
    if not event.found:
        return f"{looked}: nothing"
    found = [f"{left.item} {left.name or left.id}" for left in event.found]
    more = f" and {event.cut} more" if event.cut else ""
    return f"{looked}: FOUND {listed(found)}{more}"


def _lives_on(event: e.ContainmentOverdue | e.OverlapHeld) -> str:
    if isinstance(event, e.ContainmentOverdue):
        return f"still cannot prove the old value of {event.secret} dead, long after it was revoked"
    what = f"the overlap of {event.secret} is over and the old value lives on"
    return f"told people that {what}: nobody has settled its copies {listed(event.copies)}"


def _read(event: e.LastUseRead | e.ScopesRead) -> str:
    if isinstance(event, e.ScopesRead):
        return f"read the scopes of {event.secret}"
    if event.missing:
        return f"could not ask when the old key of {event.secret} was last used: {event.missing}"
    when = f"at {moment(event.used_at)}" if event.used_at else "its provider did not say"
    return f"asked before the kill when the old key of {event.secret} was last used: {when}"


def use_words(secret: SecretState) -> str:
    """That something used the old key after the new value was in place; empty where nothing did, as far as is known."""
    used = used_since(secret)
    if used is None or secret.new.promoted_at is None:
        return ""
    placed = moment(secret.new.promoted_at)
    return f"the old key was USED at {moment(used)}, after the new value was put in place at {placed}"


def _channel(event: e.ChannelOpened | e.ChannelLost) -> str:
    if isinstance(event, e.ChannelOpened):
        return "opened the incident's channel"
    return f"lost the incident's channel, which {event.reason}; while the incident is open it opens another one"


def key_words(old: OldValue) -> str:
    """Which key at the provider the leaked value is, no more surely than that is known; empty where nobody knows."""
    if old.none_of_these:
        return "none of the listed keys, as a person has said"
    return f"looks like {old.key_id}" if old.by_looks else old.key_id


def _keys(event: e.OldCaptured) -> str:
    match event.candidates:
        case ():
            return ""
        case (key,):
            return f", looks like key {key.id}" if key.by_looks else f", key {key.id}"
        case keys:
            return f"; {len(keys)} keys at the provider can be it: a person must choose"


def _made(event: e.ValueStaged) -> str:
    match event.source:
        case "issue":
            return f"issued and staged key {event.key_id or event.name}"
        case "person":
            return f"took the value that {event.by or 'a person'} brought"
        case _:
            return "made, installed and staged a new value"


def _seen(probe: Probe) -> str:
    return f"{probe.liveness.upper()} ({probe.detail})"


def _leaver(event: e.LeaverLookedUp) -> str:
    if not event.grants_known:
        return f"could not tell what the leaver can read: {'; '.join(event.unknown)}"
    can = tuple(reach.secret for reach in event.reaches if reach.can)
    read = tuple(reach.secret for reach in event.reaches if reach.reads)
    unknown = f". {'; '.join(event.unknown)}" if event.unknown else ""
    return f"looked up the leaver: can still read {listed(can)}; has read {listed(read)}{unknown}"


def _siblings(event: e.SiblingsSeen) -> str:
    died = [probe.subject for probe in event.probes if probe.liveness == "dead"]
    if event.after and died:
        return f"{BOT} STOPPED: after {event.secret} had been revoked, {listed(died)} was refused too"
    when = "after" if event.after else "before"
    seen = listed([f"{probe.subject} {probe.liveness.upper()}" for probe in event.probes])
    return f"{BOT} looked at other secrets of the provider {when} the end of {event.secret}: {seen}"


SEEN = {"live": "ALIVE", "dead": "refused"}


def _watched(event: e.OldWatched) -> str:
    seen = SEEN.get(event.probe.liveness, "without a clear answer")
    more = f"{counted(event.looks, 'more time')}, the last at {moment(event.until)}"
    return f"{BOT} saw the old value of {event.secret} {seen} {more}: {event.probe.detail}"


def streak_words(secret: SecretState) -> str:
    """``alive, seen 137 times until 10:41:07 UTC``; empty where the last answer came once."""
    streak, last = secret.old.streak, secret.old.last_probe
    if streak is None or last is None or streak.count < 2:
        return ""
    seen = {"live": "alive", "dead": "refused"}.get(last.liveness, "no clear answer")
    return f"{seen}, seen {streak.count} times until {moment(streak.until)}"


def _probed(event: e.OldProbed) -> str | None:
    died = [probe.subject for probe in event.bystanders if probe.liveness == "dead"]
    if died:
        return f"{BOT} STOPPED: after {event.secret} had been revoked, {listed(died)} was refused too"
    match effective(event):
        case "live":
            return f"{BOT} found the old value of {event.secret} LIVE: {event.probe.detail}"
        case "dead":
            control = event.control.subject.removeprefix("control: ") if event.control else ""
            return f"{BOT} saw the old value of {event.secret} refused ({event.probe.detail}), {control} accepted"
        case _:
            return None
