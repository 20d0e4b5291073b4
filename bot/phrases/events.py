"""Every event as a sentence. The report's timeline, Slack's and the terminal's all read the same.

The text is plain: whoever shows it escapes it for the place where it is shown, because it quotes people.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident import events as e
from bot.incident.access.readers import principal_name
from bot.incident.model import CheckOutcome, CopyOutcome, IfFailing, NoticeOutcome, ReaderOutcome, Strategy
from bot.incident.state import COMPARISON, Incident
from bot.model.keys import NONE_OF_THESE
from bot.model.sources import source_title
from bot.phrases.machine_events import BOT, lane_words, machine_sentence
from bot.phrases.plans import if_failing_words, proposal_words
from bot.phrases.rotations import handover_words
from bot.phrases.team import team_words
from bot.phrases.times import listed, moment
from bot.phrases.updates import update_words


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
    who: str, event: e.ObligationsEvent | e.SeverityEvent | e.NarrativeEvent | e.DepartureAgreed, incident: Incident
) -> str:
    if isinstance(event, e.DepartureAgreed):
        return f"agreed to the departure: {listed(event.secrets)} may be rotated"
    return _narrated(event) if isinstance(event, e.NarrativeEvent) else _decision(who, event, incident)


def _thread(event: e.Event, incident: Incident) -> str:
    """Of a run that has no channel to itself; empty for all else."""
    shared = isinstance(event, e.ChannelOpened) and not incident.answers.own_channel
    return f"{BOT} shows this run in the channel of planned runs, as a message with its thread" if shared else ""


def _told(who: str, event: e.Event, incident: Incident) -> str | None:
    if isinstance(event, e.ObligationsEvent | e.SeverityEvent | e.NarrativeEvent | e.DepartureAgreed):
        return f"{who} {_said(who, event, incident)}"
    if isinstance(event, e.TeamEvent | e.UpdatesEvent | e.HandoverByPerson | e.PagedAgain):
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
            return f"{who} decided to revoke the old value of {event.secret} without waiting"
        case e.GlassBroken():
            return f"{who} BROKE GLASS to revoke {listed(event.secrets)} without a second person: {event.reason}"
        case e.GlassReviewed():
            return f"{who} reviewed why the glass was broken for {listed(event.secrets)}: {event.verdict}"
        case e.PlanApproved():
            return f"{who} agreed to the plan of {_names(event.plans)}"
        case e.PlanRejected():
            return f"{who} rejected the plan of {_names(event.plans)}: {event.reason}"
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
                return f"{who} said that the old value of {event.secret} is none of the listed keys"
            return f"{who} chose key {event.key_id} as the old one of {event.secret}"
        case e.ScopesChosen():
            return f"{who} chose the scopes of {event.secret}'s new key: {listed(event.scopes)}"
        case e.RevokedByPerson():
            return (
                f"{who} reported that the old value of {event.secret} was revoked in the provider's console (a claim)"
            )
        case e.CheckEnded():
            return f"{who} checked {event.secret} for “{event.item}”, {_checked(event)}{_noted(event.note)}"
        case e.CopySettled():
            became = f"{COPY_SETTLED[event.outcome]}{_noted(event.note)}"
            return f"{who} said that copy “{event.copy}” of {event.secret} {became}"
        case e.ReaderAccounted():
            return f"{who} {_READS[event.outcome].format(event.principal)}{_noted(event.note)}"
        case e.SubmissionAnnounced():
            return f"{who} submitted a new value for {event.secret}"
        case e.AbuseRecorded() | e.RollBackRequested():
            return f"{who} {_way_back(event)}"
        case e.ValueAllowed():
            return f"{who} let the new value of {event.secret} be used, {_accepted(event, incident)}: {event.reason}"
        case e.ValueRefused():
            return f"{who} refused the new value {event.fingerprint} of {event.secret}: {event.reason}"
        case e.OperationRetried():
            return f"{who} asked for another try ({lane_words(event.lane)})"
        case e.ReportRequested():
            return f"{who} asked for the report"
        case e.IncidentClosed():
            return close_words(who, event, incident)
        case e.IncidentReopened():
            return f"{who} reopened the {'run' if incident.routine else 'incident'}: {event.reason}"
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
            return _thread(event, incident) or machine_sentence(event)


def _of_steps(event: e.StepsEvent, incident: Incident) -> str:
    match event:
        case e.StepStarted() | e.StepDone() | e.StepSkipped():
            return _step(event, incident)
        case e.TaskAdded() | e.TaskChanged() | e.TaskDone() | e.TaskDeclined():
            return _task(event, incident)


def _of_team(
    event: e.TeamEvent | e.UpdatesEvent | e.HandoverByPerson | e.PagedAgain,
) -> str:
    if isinstance(event, e.PagedAgain):
        return f"paged on-call again: {event.reason}"
    if isinstance(event, e.HandedOver | e.TakenOver):
        return handover_words(event)
    if isinstance(event, e.TeamEvent):
        return team_words(event)
    return update_words(event)


def _written(event: e.NoteAdded | e.FindingRecorded | e.MessageKept | e.ValueSighted) -> str:
    if isinstance(event, e.NoteAdded):
        return f"noted: {event.text}"
    if isinstance(event, e.FindingRecorded):
        return f"recorded {_FINDINGS.get(event.what, f'a {event.what}')}: {event.text}"
    if isinstance(event, e.MessageKept):
        return f"kept a message that {event.author} wrote in Slack at {moment(event.sent_at)}: {event.text}"
    if event.source == COMPARISON:
        same = "it is the same" if event.value == "leaked" else "it does NOT match, so that another value leaked"
        return f"compared the leaked value with the old one of {event.secret}: {same}"
    which = {"leaked": "the leaked value", "new": "the NEW value"}.get(event.value, "an earlier value")
    if event.source:
        place = f"{source_title(event.source)} reports it as {event.place}"
        return f"learned that {which} of {event.secret} stood in another place too: {place}"
    return f"reported a message in Slack that holds {which} of {event.secret}: it stood there too"


def _noted(note: str) -> str:
    return f": {note}" if note else ""


_PROVEN = {
    "ssh": "The command carries an SSH signature, which is kept with it",
    "at-worker": "Nobody could prove who gave this command: it came from the worker's own host, operator unproven",
    "none": "Nobody proved who gave this command: identity unproven",
}

_READS = {
    ReaderOutcome.OURS: "called the reads by {} ours",
    ReaderOutcome.EXPLAINED: "called the reads by {} explained",
    ReaderOutcome.UNEXPLAINED: "called the reads by {} unexplained",
    ReaderOutcome.REMOVED: "could not explain the reads by {} and reported that its access is taken away",
}
_CHECKED = {CheckOutcome.CLEAR: "nothing to remove", CheckOutcome.HANDLED: "removed"}


def _checked(event: e.CheckEnded) -> str:
    """What was found after the close asks for more than its removal."""
    found = event.late and event.outcome is CheckOutcome.HANDLED
    late = ", after the close: reopen to look into it" if found else ", after the close" if event.late else ""
    return f"{_CHECKED[event.outcome]}{late}"


COPY_SETTLED = {
    CopyOutcome.UPDATED: "has the new value",
    CopyOutcome.PURGED: "is gone",
    CopyOutcome.ACCEPTED: "may keep the OLD value",
}

_FINDINGS = {
    "finding": "a finding",
    "impact": "the impact",
    "root-cause": "the root cause",
    "no-abuse": "that nobody was seen to use it",
    "abuse-unknown": "that nobody can tell whether it was used",
}


def close_words(who: str, event: e.IncidentClosed, incident: Incident, what: str = "") -> str:
    """Who closed it, over what, and why; `what` instead of all that was accepted, where that is told already."""
    open_ones = "; ".join([item.words for item in event.items] or event.accepted)
    over = f", accepting what is open ({what or open_ones}): {event.reason}" if open_ones else ""
    agreed = f", {who} agreed" if event.proposer else ""
    return f"{event.proposer or who} closed the {'run' if incident.routine else 'incident'}{agreed}{over}"


def _way_back(event: e.AbuseRecorded | e.RollBackRequested) -> str:
    match event:
        case e.AbuseRecorded():
            return f"recorded that the leaked value of {event.secret} is being ABUSED: {event.text}"
        case e.RollBackRequested():
            return f"asked for {event.secret} to be rolled back to the OLD value, which still lives: {event.reason}"


def _if_failing(event: e.SecretAdded | e.StrategyChosen) -> str:
    ends = event.strategy is Strategy.OVERLAP and event.if_failing is IfFailing.END
    return f", {if_failing_words(event.if_failing)}" if ends else ""


def _accepted(event: e.ValueAllowed, incident: Incident) -> str:
    accepted = ["although its account could not be told to be the old one's"] if event.account else []
    keys = [name for name in event.readers if name in incident.secrets]
    leaver = incident.departure.who if incident.departure is not None else ""
    strangers = [principal_name(name) for name in event.readers if name not in incident.secrets and name != leaver]
    accepted += [f"although {listed(keys)}, not dead, may read it"] if keys else []
    accepted += [f"although {listed(strangers)}, unexplained, had read the old one there"] if strangers else []
    if incident.departure is not None and leaver in event.readers:
        accepted.append(f"although {incident.departure.leaver.name}, who leaves, may still read it there")
    return listed(accepted)


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


def _decision(who: str, event: e.ObligationsEvent | e.SeverityEvent, incident: Incident) -> str:
    match event:
        case e.SeveritySet():
            return f"set the severity to {event.severity.words}: {event.reason}"
        case e.ExposureRecorded():
            return f"recorded that the values were exposed since {moment(event.exposed_at)}: {event.reason}"
        case e.AwarenessRecorded():
            return f"recorded that it has been known since {moment(event.aware_at)}: {event.reason}"
        case e.NoticeDecided():
            outcome = {NoticeOutcome.NOTIFY: "to send", NoticeOutcome.NOT_NOTIFIABLE: "NOT to send"}[event.outcome]
            title = obligation_title(incident, event.obligation)
            recorded = "" if event.decider == who else f"recorded that {event.decider} "
            return f"{recorded}decided {outcome} {title}: {event.reason}"
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
            why = f": {event.reason}" if event.reason else ""
            return f"gave task {event.task} to {event.owner}{until}{why}"
        case e.TaskAdded():
            return f"added task {event.task} for {event.owner or 'nobody yet'}: {event.title}"
        case e.TaskDone():
            task = incident.tasks.get(event.task)
            return f"finished task {event.task}{f': {task.title}' if task else ''}"
        case e.TaskDeclined():
            task = incident.tasks.get(event.task)
            return f"declined task {event.task}{f' ({task.title})' if task else ''}: {event.reason}"
