"""The machine's acts as sentences with itself as the actor; None for events that only the machinery needs.

`bot.phrases.events` uses it for every event without a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.incident import events as e
from bot.incident.access.readers import principal_name
from bot.incident.closing.schedule import SLACK
from bot.incident.lanes import Lane, LaneKind
from bot.incident.old_value.rules import effective
from bot.incident.operations import does
from bot.model.probes import Probe
from bot.phrases.paging import page_words
from bot.phrases.rotations import handover_words
from bot.phrases.secrets import PROBE_LABELS, owner_words
from bot.phrases.team import trust_words
from bot.phrases.times import counted, few, listed, moment
from bot.phrases.updates import reminder_words, update_words
from bot.phrases.uses import uses_words

BOT = "The bot"
CHANNEL = "posted the report in the incident's channel"


def lost_words(event: e.RecordsLost) -> str:
    """Behind which event the log was cut off, and what that does to consents."""
    before = (
        f"made this log again from the backup of {moment(event.backup_at)}"
        if event.backup_at is not None
        else f"found the end of this log gone: it had read up to event {event.head.partition(':')[0]}"
    )
    return f"{before}. Later records are lost, and consents to revocations that were not made no longer count"


def machine_sentence(event: e.Event) -> str | None:
    """The bot's act as a sentence; None for one that only the machinery needs."""
    if isinstance(event, e.TrustChanged):
        return trust_words(event.people, slack=event.slack, words=event.words)
    said = _of_values(event) or _of_people(event) or _of_work(event)
    return f"{BOT} {said}" if said else None


def _of_values(event: e.Event) -> str:
    """Events of old keys, new ones, and their readers; empty for all else."""
    match event:
        case e.OldCaptured():
            return f"recorded the old key of {event.secret}, fingerprint {event.fingerprint}{_found(event)}"
        case e.SnapshotTaken():
            missing = f"; could not be read: {event.missing}" if event.missing else ""
            seen = f"{PROBE_LABELS[event.probe.liveness]} ({event.probe.detail})"
            return f"recorded what {event.secret} could do; the old key is {seen}{missing}"
        case e.LastUseRead():
            if event.missing:
                return f"could not ask when the old key of {event.secret} was last used: {event.missing}"
            when = f"at {moment(event.used_at)}" if event.used_at else "its provider did not say"
            return f"checked before revoking when the old key of {event.secret} was last used: {when}"
        case e.OldProbed():
            return _stopped(event.secret, event.bystanders) or _probed(event)
        case e.SiblingsSeen():
            when = "after" if event.after else "before"
            seen = listed([f"{probe.subject} {PROBE_LABELS[probe.liveness]}" for probe in event.probes])
            stopped = _stopped(event.secret, event.probes) if event.after else ""
            return stopped or f"checked other secrets of the provider {when} revoking {event.secret}: {seen}"
        case e.RevocationNeedsOwner():
            return f"did not revoke the old key of {event.secret}: {owner_words(event.owner)}"
        case e.OldProvenDead():
            return f"found the old key of {event.secret} DEAD: rejected since {moment(event.contained_at)}"
        case e.OldValueReappeared():
            return f"found the old key of {event.secret} back in {listed(event.parameters)}"
        case e.OwnCredentialConcerned():
            return f"found that the bot itself uses the old key of {event.secret}: {listed(event.settings)}"
        case e.OrphansFound():
            found = counted(len(event.keys), "key")
            return f"found {found} of {event.secret} missing from the log{_room(event.made_room)}"
        case e.Swept():
            return f"looked again for keys of {event.secret} missing from the log{_room(event.made_room)}"
        case e.ValueStaged():
            return f"{_made(event)} for {event.secret}, fingerprint {event.fingerprint}{_room(event.made_room)}"
        case e.ValuePromoted():
            return f"put the new key of {event.secret} in place: {_places(event.versions)}"
        case e.RolledBack():
            return f"put the OLD key of {event.secret} back in place: {_places(event.versions)}"
        case e.ValueLive():
            state = "in use" if event.confirmed else "in place and accepted, not confirmed by its consumers"
            return f"verified that the new key of {event.secret} is {state}: {event.detail}"
        case e.ConsumersAsked():
            answer = "health checks pass" if event.confirmed else "not all can confirm it"
            return f"checked the consumers of {event.secret} again: {answer}: {event.detail}"
        case e.ConsumersFailing():
            failing = listed(event.consumers)
            return f"found {failing} FAILING with the new key of {event.secret}: {event.detail}"
        case e.FunctionRefreshed():
            lacking = "" if event.complete else ", not for all its traffic"
            return f"refreshed {event.function}{lacking}{f': {event.detail}' if event.detail else ''}"
        case e.Unstaged():
            return f"deleted the staged {'old' if event.old else 'new'} key of {event.secret}"
        case e.UsageRead():
            return f"looked up who read {event.secret} in {event.source}: {_reads(event)}"
        case e.UseLookedUp():
            return f"looked up how {event.secret} was used: {uses_words(event.found)}"
        case e.AccessInspected():
            return _inspected(event)
        case e.DenySeen():
            what = f"denies sessions opened before {moment(event.until)}" if event.until else "denies none any longer"
            return f"saw that its policy on role {event.role} {what}"
        case _:
            return ""


def _of_people(event: e.Event) -> str:
    """Events of questions, reminders and messages to people; empty for all else."""
    match event:
        case e.ApprovalRequested():
            return f"asked a second approver for {listed(sorted(event.plans))}, until {moment(event.until)}"
        case e.ApprovalExpired():
            return f"the approval request for {listed(sorted(event.plans))} expired without a decision"
        case e.GlassOffered():
            return f"got no answer about {listed(event.secrets)} and offered breaking the glass"
        case e.PersonAwaited():
            names = listed(event.secrets)
            return f"reminded people that {names} still works until a person acts"
        case e.OverlapHeld():
            what = f"the overlap of {event.secret} is over and the old key still works"
            copies = f"copies not answered: {listed(event.copies)}" if event.copies else ""
            readers = f"not all traffic of {listed(event.readers)} uses the new key" if event.readers else ""
            return f"told people that {what}: {'; '.join(filter(None, (copies, readers)))}"
        case e.PageSent():
            return page_words(event)
        case e.Reminded():
            return reminder_words(event)
        case e.UpdateDrafted() | e.UpdateSent():
            return update_words(event)
        case e.LeaverLookedUp():
            return _leaver(event)
        case e.KeyLookedUp(unknown=unknown) if unknown:
            return f"could not read which new keys {event.secret} could read: {unknown}"
        case e.KeyLookedUp():
            return f"looked up which new keys {event.secret} could read: {listed(event.reads)}"
        case _:
            return ""


def _of_work(event: e.Event) -> str:
    """Events of operations and documents; empty for all else."""
    match event:
        case e.OperationFailed():
            after = "a person must press retry" if event.retry_at is None else "it will be tried again"
            return f"could not {does(event.op)}: {event.message}; {after}"
        case e.ClaimLost():
            lane = event.lane
            return f"lost the worker about to {does(event.op)} ({lane_words(lane)})"
        case e.RecordsLost():
            return lost_words(event)
        case e.OutcomeRefused():
            return f"ignored a late answer ({lane_words(event.lane)}); anything it made is cleaned up"
        case e.LateOutcomeNoted():
            return handover_words(event)
        case e.ReportWritten():
            return f"wrote the report from events 1 to {event.covers}{_withheld(event.withheld)}"
        case e.DecisionRecorded():
            return f"added an entry to the decisions log{_withheld(event.withheld)}"
        case e.ReportDelivered():
            return f"{delivered_words(event.to)}: {event.place}"
        case _:
            return ""


def delivered_words(to: str) -> str:
    """The words for the arrival of the report at a destination."""
    return CHANNEL if to == SLACK else "put the report into the bucket for reports"


def _withheld(lines: int) -> str:
    return f"; {counted(lines, 'line')} WITHHELD because they held a secret" if lines else ""


_LANES = {
    LaneKind.OLD: "ending {}",
    LaneKind.NEW: "replacing {}",
    LaneKind.FUNCTION: "refreshing {}",
    LaneKind.USAGE: "usage of {}",
    LaneKind.USE: "how {} was used",
    LaneKind.FALLBACK: "the fallback page",
    LaneKind.DELIVERY: "delivering the report to {}",
    LaneKind.LEAVER: "what the leaver can read",
    LaneKind.SIBLINGS: "checking other secrets",
    LaneKind.DELETE: "deleting the old key of {}",
    LaneKind.ACCESS: "what {} may have left behind",
    LaneKind.DENY: "sessions of role {}",
}


def lane_words(lane: Lane) -> str:
    return _LANES[lane.kind].format(lane.subject) if lane.kind in _LANES else str(lane)


def _reads(event: e.UsageRead) -> str:
    others = sum(1 for read in event.reads if not read.by_bot)
    more = f", and {event.dropped} more by the same readers" if event.dropped else ""
    cut = "; stopped before everything was checked" if event.truncated else ""
    ours = f"; known to be ours: {few(list(map(principal_name, event.ours)))}" if event.ours else ""
    return f"{counted(others, 'read')} by others{more}{ours}{cut}"


def _inspected(event: e.AccessInspected) -> str:
    looked = f"looked at {event.secret}'s provider for {listed(event.items)} since {moment(event.since)}"
    if not event.found:
        return f"{looked}: nothing"
    found = [f"{left.item} {left.name or left.id}" for left in event.found]
    more = f" and {event.cut} more" if event.cut else ""
    return f"{looked}: FOUND {listed(found)}{more}"


def _found(event: e.OldCaptured) -> str:
    """Which key it is, and what else has the value."""
    return _keys(event) + (f"; {', '.join(event.shared)} has the same key" if event.shared else "")


def _keys(event: e.OldCaptured) -> str:
    match event.candidates:
        case ():
            return ""
        case (key,):
            return f", looks like key {key.id}" if key.by_looks else f", key {key.id}"
        case keys:
            return f"; {len(keys)} keys at the provider match: a person must choose"


def _made(event: e.ValueStaged) -> str:
    match event.source:
        case "issue":
            return f"issued and staged key {event.key_id or event.name}"
        case "person":
            return f"took the key that {event.by or 'a person'} brought"
        case _:
            return "made, installed and staged a new key"


def _room(made_room: str) -> str:
    return f"; the inactive key {made_room} was deleted to make room" if made_room else ""


def _leaver(event: e.LeaverLookedUp) -> str:
    if not event.grants_known:
        return f"could not read what the leaver can read: {'; '.join(event.unknown)}"
    can = tuple(reach.secret for reach in event.reaches if reach.can)
    read = tuple(reach.secret for reach in event.reaches if reach.reads)
    unknown = f". {'; '.join(event.unknown)}" if event.unknown else ""
    return f"looked up the leaver: can still read {listed(can)}; has read {listed(read)}{unknown}"


def _places(versions: Mapping[str, int]) -> str:
    return listed([f"{name} version {version}" for name, version in sorted(versions.items())])


def _stopped(secret: str, looked: Iterable[Probe]) -> str:
    """That other secrets died with the old key; empty where none did."""
    died = [probe.subject for probe in looked if probe.liveness == "dead"]
    return f"STOPPED: after revoking {secret}, {listed(died)} was rejected too" if died else ""


def _probed(event: e.OldProbed) -> str:
    match effective(event):
        case "live":
            return f"found that the old key of {event.secret} STILL WORKS: {event.probe.detail}"
        case "dead":
            control = event.control.subject.removeprefix("control: ") if event.control else ""
            return f"saw the old key of {event.secret} rejected ({event.probe.detail}), {control} accepted"
        case _:
            return ""
