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
from bot.phrases.machine_events import BOT, filled, lane_words, machine_sentence
from bot.phrases.plans import if_failing_words, proposal_words
from bot.phrases.rotations import handover_words
from bot.phrases.team import team_words
from bot.phrases.times import listed, moment
from bot.phrases.updates import update_words


def sentence(recorded: e.Recorded, incident: Incident) -> str | None:
    """What happened, as one sentence with its actor; None for what only the machinery needs to know."""
    event, who = recorded.event, BOT if recorded.actor == "bot" else recorded.actor
    match event:
        case e.IncidentClosed():
            return close_words(who, event, incident)
        case e.CommandProven():
            return _PROVEN.get(event.proof)
        case e.ChannelOpened() if not incident.traits.own_channel:
            return f"{BOT} shows this run in the channel of planned runs, as a message with its thread"
    said = _of_run(event) if incident.routine else ""
    said = said or _by_person(who, event, incident) or filled(SAID, event)
    return f"{who} {said}" if said else machine_sentence(event)


SAID: Mapping[type[e.Event], str] = {
    e.AbuseRecorded: "recorded that the leaked value of {secret} is being ABUSED: {text}",
    e.DeathAttested: "attested by name that the old value of {secret} is dead: {reason}",
    e.KillRequested: "decided to revoke the old value of {secret} without waiting",
    e.NarrativeWritten: "wrote the report's {part}: {text}",
    e.NoteAdded: "noted: {text}",
    e.PagedAgain: "paged on-call again: {reason}",
    e.ProposalApproved: "agreed to proposal {number}",
    e.ProposalRejected: "rejected proposal {number}: {reason}",
    e.ReplacementAsked: "asked for {secret}'s current value to be replaced too",
    e.ReportRequested: "asked for the report",
    e.ReportSigned: "signed the report of events 1 to {covers}, SHA-256 {digest}",
    e.RevokedByPerson: "reported that the old value of {secret} was revoked in the provider's console (a claim)",
    e.RevocationsHeld: "held ALL revocations: {reason}",
    e.RevocationsResumed: "agreed with {proposer} to resume revocations: {reason}",
    e.RollBackRequested: "asked for {secret} to be rolled back to the OLD value, which still lives: {reason}",
    e.SeveritySet: "set the severity to {severity.words}: {reason}",
    e.SubmissionAnnounced: "submitted a new value for {secret}",
    e.ValueRefused: "refused the new value {fingerprint} of {secret}: {reason}",
}
"""What somebody did, behind their name, with the event's own fields: of what takes no more words than these."""


def _of_run(event: e.Event) -> str:
    """What is said otherwise of a planned rotation; empty for all else."""
    match event:
        case e.IncidentDeclared():
            return f"began “{event.title}” in {event.environment}, as planned: {event.notice}"
        case e.SecretAdded():
            return f"rotates {event.secret.name}, {event.strategy}{_if_failing(event)}: {event.reason}"
        case _:
            return ""


def _by_person(who: str, event: e.Event, incident: Incident) -> str:
    """What somebody did, behind their name; empty for what `SAID` has, and what the machine did."""
    match event:
        case e.IncidentDeclared():
            where = "strangers can read it" if event.public else "not known to be public"
            return f"declared “{event.title}” in {event.environment} ({where}): {event.notice}"
        case e.SecretAdded():
            left = "" if event.replace else "; the current value is kept, an older one leaked"
            sure = f"target {event.target.kind}"
            return f"added {event.secret.name} ({sure}), {event.strategy}{_if_failing(event)}: {event.reason}{left}"
        case e.DepartureAgreed():
            return f"agreed to the departure: {listed(event.secrets)} may be rotated"
        case e.HandedOver() | e.TakenOver():
            return handover_words(event)
        case e.RoleOffered() | e.RoleAccepted() | e.RoleDeclined() | e.RoleTaken():
            return team_words(event)
        case e.UpdateDrafted() | e.UpdateReleased() | e.UpdateSkipped() | e.UpdateSent():
            return update_words(event)
        case e.StrategyChosen():
            return f"chose {event.strategy}{_if_failing(event)} for {event.secret}: {event.reason}"
        case e.GlassBroken():
            return f"BROKE GLASS to revoke {listed(event.secrets)} without a second person: {event.reason}"
        case e.GlassReviewed():
            return f"reviewed why the glass was broken for {listed(event.secrets)}: {event.verdict}"
        case e.PlanApproved():
            return f"agreed to the plan of {listed(sorted(event.plans))}"
        case e.PlanRejected():
            return f"rejected the plan of {listed(sorted(event.plans))}: {event.reason}"
        case e.ProposalMade():
            return f"proposed {proposal_words(event.what, event.subject, event.if_failing)}: {event.reason}"
        case e.FindingRecorded():
            return f"recorded {_FINDINGS.get(event.what, f'a {event.what}')}: {event.text}"
        case e.MessageKept():
            return f"kept a message that {event.author} wrote in Slack at {moment(event.sent_at)}: {event.text}"
        case e.ValueSighted():
            return _sighted(event)
        case e.CandidateChosen():
            if event.key_id == NONE_OF_THESE.id:
                return f"said that the old value of {event.secret} is none of the listed keys"
            return f"chose key {event.key_id} as the old one of {event.secret}"
        case e.ScopesChosen():
            return f"chose the scopes of {event.secret}'s new key: {listed(event.scopes)}"
        case e.CheckEnded():
            return f"checked {event.secret} for “{event.item}”, {_checked(event)}{_noted(event.note)}"
        case e.CopySettled():
            became = f"{COPY_SETTLED[event.outcome]}{_noted(event.note)}"
            return f"said that copy “{event.copy}” of {event.secret} {became}"
        case e.ReaderAccounted():
            return f"{_READS[event.outcome].format(event.principal)}{_noted(event.note)}"
        case e.ValueAllowed():
            return f"let the new value of {event.secret} be used, {_accepted(event, incident)}: {event.reason}"
        case e.OperationRetried():
            return f"asked for another try ({lane_words(event.lane)})"
        case e.IncidentReopened():
            return f"reopened the {'run' if incident.routine else 'incident'}: {event.reason}"
        case e.Redacted():
            kind = event.cut.kind.replace("-", " ")
            return (
                f"agreed to {event.proposer}'s redaction of event {event.cut.seq} ({kind}): its words are gone "
                f"from the log. {event.reason}"
            )
        case e.CommandRefused():
            return f"was refused “{event.command.replace('-', ' ')}”: {event.reason}"
        case _:
            return _of_steps(event, incident) or _of_notices(who, event, incident)


def _of_steps(event: e.Event, incident: Incident) -> str:
    """Of the steps and their tasks."""
    match event:
        case e.StepDone():
            return f"marked {_step(event.step, incident)} done"
        case e.StepReopened():
            return f"opened {_step(event.step, incident)} again"
        case e.StepSkipped():
            return f"skipped {_step(event.step, incident)}: {event.reason}"
        case e.TaskAdded():
            return f"added task {event.task} for {event.owner or 'nobody yet'}: {event.title}"
        case e.TaskChanged():
            until = f", due {moment(event.due)}" if event.due else ""
            return f"gave task {event.task} to {event.owner}{until}{_noted(event.reason)}"
        case e.TaskDone():
            task = incident.tasks.get(event.task)
            return f"finished task {event.task}{f': {task.title}' if task else ''}"
        case e.TaskDeclined():
            task = incident.tasks.get(event.task)
            return f"declined task {event.task}{f' ({task.title})' if task else ''}: {event.reason}"
        case _:
            return ""


def _of_notices(who: str, event: e.Event, incident: Incident) -> str:
    """Of the times by which the law counts, and of what it asks for."""
    match event:
        case e.ExposureRecorded():
            return f"recorded that the values were exposed since {moment(event.exposed_at)}: {event.reason}"
        case e.AwarenessRecorded():
            return f"recorded that it has been known since {moment(event.aware_at)}: {event.reason}"
        case e.NoticeDecided():
            outcome = {NoticeOutcome.NOTIFY: "to send", NoticeOutcome.NOT_REQUIRED: "NOT to send"}[event.outcome]
            title = obligation_title(incident, event.obligation)
            recorded = "" if event.decider == who else f"recorded that {event.decider} "
            again = f"; decide again on {moment(event.again)}" if event.again is not None else ""
            return f"{recorded}decided {outcome} {title}: {event.reason}{again}"
        case e.NoticeSent():
            delay = f"; why it took so long: {event.delay}" if event.delay else ""
            title = obligation_title(incident, event.obligation)
            return f"recorded that {title} was sent at {moment(event.sent_at)}: {event.reference}{delay}"
        case _:
            return ""


def _sighted(event: e.ValueSighted) -> str:
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
    open_ones = "; ".join(item.words for item in event.items)
    over = f", accepting what is open ({what or open_ones}): {event.reason}" if open_ones else ""
    agreed = f", {who} agreed" if event.proposer else ""
    return f"{event.proposer or who} closed the {'run' if incident.routine else 'incident'}{agreed}{over}"


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


def _step(name: str, incident: Incident) -> str:
    step = incident.step(name)
    return f"“{step.definition.title if step else name}”"


def obligation_title(incident: Incident, name: str) -> str:
    """What the obligation is called, in quotation marks; its id where the incident carries none of it."""
    found = next((each.title for each in incident.obligations if each.id == name), name)
    return f"“{found}”"
