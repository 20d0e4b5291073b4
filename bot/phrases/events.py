"""Every event as a sentence, the same in the report's timeline, in Slack and at the terminal.

The text is plain and quotes people: the caller escapes it for its own place.
"""

from __future__ import annotations

from msgspec.structs import asdict

from bot.incident import events as e
from bot.incident.access.readers import principal_name
from bot.incident.model import CheckOutcome, CopyOutcome, NoticeOutcome, ReaderOutcome
from bot.incident.state import COMPARISON, Incident
from bot.model.keys import NONE_OF_THESE
from bot.model.sources import source_title
from bot.phrases.approvals import proposed
from bot.phrases.machine_events import BOT, lane_words, machine_sentence
from bot.phrases.marks import plain
from bot.phrases.rotations import handover_words
from bot.phrases.team import taking_words, team_words
from bot.phrases.times import listed, moment
from bot.phrases.updates import update_words


def sentence(recorded: e.Recorded, incident: Incident) -> str | None:
    """The event as one sentence with its actor; None for one that only the machinery needs."""
    event, who = recorded.event, BOT if recorded.actor == "bot" else recorded.actor
    match event:
        case e.IncidentClosed():
            return _closed(who, event, incident)
        case e.CommandProven():
            return _PROVEN.get(event.proof)
        case e.ChannelOpened() if not incident.traits.own_channel:
            return f"{BOT} shows this run in the channel for planned runs"
    said = _of_run(event) if incident.routine else ""
    said = said or _by_person(who, event, incident) or event.said.format_map(asdict(event))
    return f"{who} {said}" if said else machine_sentence(event)


def _of_run(event: e.Event) -> str:
    """The different words for a planned rotation; empty for all else."""
    match event:
        case e.IncidentDeclared():
            return f"began “{event.title}” in {event.environment}, as planned: {event.how_noticed}"
        case e.SecretAdded():
            return f"rotates {event.secret.name}, {event.strategy.words}: {event.reason}"
        case _:
            return ""


def _by_person(who: str, event: e.Event, incident: Incident) -> str:
    """A person's act, after their name; empty for acts that say themselves what they are, and for the machine's."""
    match event:
        case e.EvidenceHeld(held=held):
            return f"{'set' if held else 'lifted'} a legal hold on evidence: {event.reason}"
        case e.IncidentDeclared():
            where = "public" if event.public else "not known to be public"
            return f"declared “{event.title}” in {event.environment} ({where}): {event.how_noticed}"
        case e.SecretAdded():
            left = "" if event.replace else "; the current key stays: an older one leaked"
            sure = f"target {event.target.kind}"
            return f"added {event.secret.name} ({sure}), {event.strategy.words}: {event.reason}{left}"
        case e.DepartureAgreed():
            return f"agreed to the departure: rotate {listed(event.secrets)}"
        case e.HandedOver() | e.TakenOver():
            return handover_words(event)
        case e.RoleOffered() | e.RoleAccepted() | e.RoleDeclined() | e.RoleTaken():
            return team_words(event)
        case e.TodoTaken() | e.TodoReturned():
            return taking_words(event)
        case e.UpdateDrafted() | e.UpdateReleased() | e.UpdateSkipped() | e.UpdateSent():
            return update_words(event)
        case e.StrategyChosen():
            return f"chose {event.strategy.words} for {event.secret}: {event.reason}"
        case e.GlassBroken():
            return f"BROKE GLASS to revoke {listed(event.secrets)} without a second approver: {event.reason}"
        case e.GlassReviewed():
            return f"reviewed why the glass was broken for {listed(event.secrets)}: {event.verdict}"
        case e.PlanApproved():
            return f"agreed to the plan of {listed(sorted(event.plans))}"
        case e.PlanRejected():
            return f"refused the plan of {listed(sorted(event.plans))}: {event.reason}"
        case e.ProposalMade():
            return f"proposed {plain(proposed(event.what, event.subject))}: {event.reason}"
        case e.FindingRecorded():
            return f"recorded {_FINDINGS.get(event.what, f'a {event.what}')}: {event.text}"
        case e.ValueSighted():
            return _sighted(event)
        case e.CandidateChosen():
            if event.key_id == NONE_OF_THESE.id:
                return f"said that none of the listed keys is the old key of {event.secret}"
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
            return f"accepted the new key of {event.secret}, {_accepted(event, incident)}: {event.reason}"
        case e.OperationRetried():
            return f"asked for another try ({lane_words(event.lane)})"
        case e.IncidentReopened():
            return f"reopened the {'run' if incident.routine else 'incident'}: {event.reason}"
        case e.Redacted():
            kind = event.cut.kind.replace("-", " ")
            return (
                f"agreed to {event.proposer}'s redaction of event {event.cut.seq} ({kind}): its text is gone from "
                f"the log. {event.reason}"
            )
        case e.CommandRefused():
            return f"was refused: “{event.command.replace('-', ' ')}”: {event.reason}"
        case _:
            return _of_steps(event, incident) or _of_notices(who, event, incident)


def _of_steps(event: e.Event, incident: Incident) -> str:
    """Events of the steps and their tasks."""
    match event:
        case e.StepDone():
            return f"marked {_step(event.step, incident)} done"
        case e.StepReopened():
            return f"opened {_step(event.step, incident)} again"
        case e.StepSkipped():
            return f"skipped {_step(event.step, incident)}: {event.reason}"
        case e.TaskAdded():
            return f"added task {event.task} for {event.owner or 'no one yet'}: {event.title}"
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
    """Events of the law's times and notices."""
    match event:
        case e.ExposureRecorded():
            return f"recorded exposure since {moment(event.exposed_at)}: {event.reason}"
        case e.AwarenessRecorded():
            return f"recorded awareness since {moment(event.aware_at)}: {event.reason}"
        case e.NoticeDecided():
            outcome = {NoticeOutcome.NOTIFY: "to send", NoticeOutcome.NOT_REQUIRED: "not to send"}[event.outcome]
            title = obligation_title(incident, event.obligation)
            recorded = "" if event.decider == who else f"recorded that {event.decider} "
            again = f"; decide again on {moment(event.again)}" if event.again is not None else ""
            return f"{recorded}decided {outcome} {title}: {event.reason}{again}"
        case e.NoticeSent():
            delay = f"; reason for the delay: {event.delay}" if event.delay else ""
            title = obligation_title(incident, event.obligation)
            return f"recorded that {title} was sent at {moment(event.sent_at)}: {event.reference}{delay}"
        case _:
            return ""


def _sighted(event: e.ValueSighted) -> str:
    if event.source == COMPARISON:
        same = "it is the same" if event.value == "leaked" else "it does NOT match: another key leaked"
        return f"compared the leaked key with the old key of {event.secret}: {same}"
    which = {"leaked": "the leaked key", "new": "the NEW key"}.get(event.value, "an earlier key")
    if event.source:
        place = f"{source_title(event.source)} reports it as {event.place}"
        return f"learned that {which} of {event.secret} was in another place too: {place}"
    return f"reported a Slack message that holds {which} of {event.secret}"


def _noted(note: str) -> str:
    return f": {note}" if note else ""


_PROVEN = {
    "ssh": "The command carries an SSH signature, which is kept with it",
    "at-worker": "Operator not identified: the command came from the worker's own host",
    "none": "Identity not proven for this command",
}

_READS = {
    ReaderOutcome.OURS: "called the reads by {} ours",
    ReaderOutcome.EXPLAINED: "called the reads by {} explained",
    ReaderOutcome.UNEXPLAINED: "called the reads by {} unexplained",
    ReaderOutcome.REMOVED: "could not explain the reads by {} and reported its access as removed",
}
_CHECKED = {CheckOutcome.CLEAR: "nothing to remove", CheckOutcome.HANDLED: "removed"}


def _checked(event: e.CheckEnded) -> str:
    """A finding after the close needs more than its removal."""
    found = event.late and event.outcome is CheckOutcome.HANDLED
    late = ", after the close: reopen to investigate" if found else ", after the close" if event.late else ""
    return f"{_CHECKED[event.outcome]}{late}"


COPY_SETTLED = {
    CopyOutcome.UPDATED: "has the new key",
    CopyOutcome.PURGED: "is gone",
    CopyOutcome.ACCEPTED: "may keep the OLD key",
}

_FINDINGS = {
    "finding": "a finding",
    "impact": "the impact",
    "root-cause": "the root cause",
    "no-abuse": "that no use was seen",
    "abuse-unknown": "that use is unknown",
}


def _closed(who: str, event: e.IncidentClosed, incident: Incident) -> str:
    """Who closed it, over what, and why."""
    open_ones = "; ".join(item.words for item in event.items)
    over = f", accepting what is open ({open_ones}): {event.reason}" if open_ones else ""
    agreed = f", {who} agreed" if event.proposer else ""
    return f"{event.proposer or who} closed the {'run' if incident.routine else 'incident'}{agreed}{over}"


def _accepted(event: e.ValueAllowed, incident: Incident) -> str:
    accepted = ["although its account could not be matched to the old key's"] if event.account else []
    keys = [name for name in event.readers if name in incident.secrets]
    leaver = incident.departure.who if incident.departure is not None else ""
    strangers = [principal_name(name) for name in event.readers if name not in incident.secrets and name != leaver]
    accepted += [f"although {listed(keys)}, not dead, can read it"] if keys else []
    accepted += [f"although {listed(strangers)}, not identified, read the old one there"] if strangers else []
    if incident.departure is not None and leaver in event.readers:
        accepted.append(f"although {incident.departure.leaver.name}, who is leaving, can still read it there")
    return listed(accepted)


def _step(name: str, incident: Incident) -> str:
    step = incident.step(name)
    return f"“{step.definition.title if step else name}”"


def obligation_title(incident: Incident, name: str) -> str:
    """The obligation's title, in quotation marks; its id if the incident does not carry it."""
    found = next((each.title for each in incident.obligations if each.id == name), name)
    return f"“{found}”"
