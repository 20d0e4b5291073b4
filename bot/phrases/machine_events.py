"""What the machine did, as a sentence with itself as the actor; None for what only the machinery needs to know.

`bot.phrases.events` draws on it for every event that no person brought about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.incident import events as e
from bot.incident.closing.schedule import SLACK
from bot.incident.lanes import Lane, LaneKind
from bot.incident.old_value.rules import effective
from bot.incident.operations import does
from bot.model.built_in import ARRIVED
from bot.model.probes import Probe
from bot.phrases.paging import page_words
from bot.phrases.rotations import handover_words
from bot.phrases.secrets import owner_words
from bot.phrases.team import trust_words
from bot.phrases.times import counted, listed, moment
from bot.phrases.updates import reminder_words, update_words

BOT = "The bot"
CHANNEL = "put the report into the incident's channel"


SAID: Mapping[type[e.Event], str] = {
    e.AccessRevoked: "revoked the old value of {secret}: {detail}. That proves nothing yet",
    e.ConsentWithdrawn: "did not revoke {secret}: {name}'s consent no longer counts. {reason}",
    e.ContainmentOverdue: "still cannot prove the old value of {secret} dead, long after it was revoked",
    e.ChannelLost: "lost the incident's channel, which {reason}; while the incident is open it opens another one",
    e.ChannelOpened: "opened the incident's channel",
    e.OldDeleted: "deleted the old key of {secret}, which had been switched off: {detail}",
    e.OrphanEnded: "ended key {key} of {secret}, which nothing used",
    e.RollBackOverdue: "found the OLD value of {secret} still in use, an hour after it was put back",
    e.RollBackRefused: (
        "did not roll {secret} back, because its old value is not accepted any more ({detail}), and puts the new one "
        "in place again"
    ),
    e.ScopesRead: "read the scopes of {secret}",
    e.ValueRejected: "rejected the new value of {secret}: {reason}",
    e.ValueVerified: "verified the new value of {secret}: {detail}",
    e.WaitingEscalated: (
        "woke people again, for the {number}. time: consumers fail with the new value of {secret}, and the old one is "
        "kept alive"
    ),
}
"""What the bot did, with the event's own fields: of what takes no more words than these."""


def filled(words: Mapping[type[e.Event], str], event: e.Event) -> str:
    """What the table says of such an event, with its own fields; empty where it says nothing."""
    return words.get(type(event), "").format_map(vars(event))


def lost_words(event: e.RecordsLost) -> str:
    """Behind which event the log was cut off, and what that does to consents."""
    before = (
        f"made this log again from the backup of {moment(event.backup_at)}"
        if event.backup_at is not None
        else f"found the end of this log gone: it had read up to event {event.head.partition(':')[0]}"
    )
    return f"{before}. Later records are lost, and consents to revocations that were not made no longer count"


def machine_sentence(event: e.Event) -> str | None:
    """What the bot did, as a sentence; None for what only the machinery needs to know."""
    if isinstance(event, e.TrustChanged):
        return trust_words(event.people, slack=event.slack, words=event.words)
    said = filled(SAID, event) or _of_values(event) or _of_people(event) or _of_work(event)
    return f"{BOT} {said}" if said else None


def _of_values(event: e.Event) -> str:
    """Of old values, new ones, and who reads them; empty for all else."""
    match event:
        case e.OldCaptured():
            return f"pinned the old value of {event.secret}, fingerprint {event.fingerprint}{_found(event)}"
        case e.SnapshotTaken():
            missing = f"; could not be read: {event.missing}" if event.missing else ""
            seen = f"{event.probe.liveness.upper()} ({event.probe.detail})"
            return f"recorded what {event.secret} could do, the old value being {seen}{missing}"
        case e.LastUseRead():
            if event.missing:
                return f"could not ask when the old key of {event.secret} was last used: {event.missing}"
            when = f"at {moment(event.used_at)}" if event.used_at else "its provider did not say"
            return f"asked before the revocation when the old key of {event.secret} was last used: {when}"
        case e.OldProbed():
            return _stopped(event.secret, event.bystanders) or _probed(event)
        case e.SiblingsSeen():
            when = "after" if event.after else "before"
            seen = listed([f"{probe.subject} {probe.liveness.upper()}" for probe in event.probes])
            stopped = _stopped(event.secret, event.probes) if event.after else ""
            return stopped or f"looked at other secrets of the provider {when} the end of {event.secret}: {seen}"
        case e.RevocationNeedsOwner():
            return f"did not revoke the old value of {event.secret}: {owner_words(event.owner)}"
        case e.OldProvenDead():
            return f"proved the old value of {event.secret} DEAD: refused since {moment(event.contained_at)}"
        case e.OldValueReappeared():
            return f"found the old value of {event.secret} standing again in {listed(event.parameters)}"
        case e.OwnCredentialConcerned():
            return f"found that the old value of {event.secret} is its own: {listed(event.settings)}"
        case e.OrphansFound():
            found = counted(len(event.keys), "key")
            return f"found {found} of {event.secret} that nothing recorded{_room(event.made_room)}"
        case e.Swept():
            return f"looked again for keys of {event.secret} that nothing recorded{_room(event.made_room)}"
        case e.ValueStaged():
            return f"{_made(event)} for {event.secret}, fingerprint {event.fingerprint}{_room(event.made_room)}"
        case e.ValuePromoted():
            return f"put the new value of {event.secret} in place: {_places(event.versions)}"
        case e.RolledBack():
            return f"put the OLD value of {event.secret} back in place: {_places(event.versions)}"
        case e.ValueLive():
            state = "live" if event.confirmed else "in place and accepted, unconfirmed by its consumers"
            return f"verified the new value of {event.secret} {state}: {event.detail}"
        case e.ConsumersAsked():
            answer = "which are well with it" if event.confirmed else "not all of which can confirm it"
            return f"asked the consumers of {event.secret} again, {answer}: {event.detail}"
        case e.ConsumersFailing():
            failing = listed(event.consumers)
            return f"found {failing} FAILING with the new value of {event.secret}: {event.detail}"
        case e.FunctionRefreshed():
            lacking = "" if event.complete else ", not for all its traffic"
            return f"refreshed {event.function}{lacking}{f': {event.detail}' if event.detail else ''}"
        case e.Unstaged():
            return f"deleted the staged {'old' if event.old else 'new'} value of {event.secret}"
        case e.UsageRead():
            return f"looked up who read {event.secret} in {event.source}: {_reads(event)}"
        case e.AccessInspected():
            return _inspected(event)
        case _:
            return ""


def _of_people(event: e.Event) -> str:
    """Of what people are asked, reminded and told of; empty for all else."""
    match event:
        case e.ApprovalRequested():
            return f"asked for a second person for {listed(sorted(event.plans))}, until {moment(event.until)}"
        case e.ApprovalExpired():
            return f"let the request for approval of {listed(sorted(event.plans))} lapse: nobody decided in time"
        case e.GlassOffered():
            return f"got no answer about {listed(event.secrets)}, and offered breaking the glass"
        case e.GlassReviewReminded():
            return f"reminded people that broken glass is not reviewed: {listed(event.secrets)}"
        case e.PersonAwaited():
            names = listed(event.secrets)
            return f"reminded people that nothing ends the living value of {names} until a person acts"
        case e.OverlapHeld():
            what = f"the overlap of {event.secret} is over and the old value lives on"
            copies = f"nobody has settled its copies {listed(event.copies)}" if event.copies else ""
            readers = f"not all traffic of {listed(event.readers)} reads the new value" if event.readers else ""
            return f"told people that {what}: {'; '.join(filter(None, (copies, readers)))}"
        case e.NotificationReminded():
            state = f"{'ran' if event.over else 'runs'} out at {moment(event.due)}"
            return f"reminded people that nobody has decided on notification: the time {state}"
        case e.PageSent():
            return page_words(event)
        case e.Reminded():
            return reminder_words(event)
        case e.UpdateDrafted() | e.UpdateSent():
            return update_words(event)
        case e.LeaverLookedUp():
            return _leaver(event)
        case e.KeyLookedUp(unknown=unknown) if unknown:
            return f"could not tell which new values {event.secret} could read: {unknown}"
        case e.KeyLookedUp():
            return f"looked up which new values {event.secret} could read: {listed(event.reads)}"
        case _:
            return ""


def _of_work(event: e.Event) -> str:
    """Of operations and of what they write; empty for all else."""
    match event:
        case e.OperationFailed():
            after = "a person must press retry" if event.retry_at is None else "it will be tried again"
            return f"could not {does(event.op, event.consumer)}: {event.message}; {after}"
        case e.ClaimLost():
            lane = event.lane
            return f"lost the worker that was about to {does(event.op, lane.subject)} ({lane_words(lane)})"
        case e.RecordsLost():
            return lost_words(event)
        case e.OutcomeRefused():
            return f"ignored a late answer ({lane_words(event.lane)}); what it may have made is swept up"
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
    """What was done when the report arrived somewhere."""
    return CHANNEL if to == SLACK else ARRIVED.get(to, f"delivered the report to {to}")


def _withheld(lines: int) -> str:
    return f"; {counted(lines, 'line')} WITHHELD, because a secret stood there" if lines else ""


_LANES = {
    LaneKind.OLD: "ending {}",
    LaneKind.NEW: "replacing {}",
    LaneKind.FUNCTION: "refreshing {}",
    LaneKind.USAGE: "usage of {}",
    LaneKind.FALLBACK: "the fallback's page",
    LaneKind.DELIVERY: "delivering the report to {}",
    LaneKind.LEAVER: "what the leaver can read",
    LaneKind.SIBLINGS: "checking other secrets",
    LaneKind.DELETE: "deleting the old key of {}",
    LaneKind.ACCESS: "what {} may have left behind",
}


def lane_words(lane: Lane) -> str:
    return _LANES[lane.kind].format(lane.subject) if lane.kind in _LANES else str(lane)


def _reads(event: e.UsageRead) -> str:
    others = sum(1 for read in event.reads if not read.by_bot)
    more = f", and {event.dropped} more by the same readers" if event.dropped else ""
    cut = "; the look stopped before it had seen everything" if event.truncated else ""
    return f"{counted(others, 'read')} by others{more}{cut}"


def _inspected(event: e.AccessInspected) -> str:
    looked = f"looked at {event.secret}'s provider for {listed(event.items)} since {moment(event.since)}"
    if not event.found:
        return f"{looked}: nothing"
    found = [f"{left.item} {left.name or left.id}" for left in event.found]
    more = f" and {event.cut} more" if event.cut else ""
    return f"{looked}: FOUND {listed(found)}{more}"


def _found(event: e.OldCaptured) -> str:
    """Which key it is, and what else has the value."""
    return _keys(event) + (f"; {', '.join(event.shared)} has the same value" if event.shared else "")


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


def _room(made_room: str) -> str:
    return f"; the inactive key {made_room} was deleted to make room" if made_room else ""


def _leaver(event: e.LeaverLookedUp) -> str:
    if not event.grants_known:
        return f"could not tell what the leaver can read: {'; '.join(event.unknown)}"
    can = tuple(reach.secret for reach in event.reaches if reach.can)
    read = tuple(reach.secret for reach in event.reaches if reach.reads)
    unknown = f". {'; '.join(event.unknown)}" if event.unknown else ""
    return f"looked up the leaver: can still read {listed(can)}; has read {listed(read)}{unknown}"


def _places(versions: Mapping[str, int]) -> str:
    return listed([f"{name} version {version}" for name, version in sorted(versions.items())])


def _stopped(secret: str, looked: Iterable[Probe]) -> str:
    """That other secrets died with the old value; empty where none did."""
    died = [probe.subject for probe in looked if probe.liveness == "dead"]
    return f"STOPPED: after {secret} had been revoked, {listed(died)} was refused too" if died else ""


def _probed(event: e.OldProbed) -> str:
    match effective(event):
        case "live":
            return f"found the old value of {event.secret} LIVE: {event.probe.detail}"
        case "dead":
            control = event.control.subject.removeprefix("control: ") if event.control else ""
            return f"saw the old value of {event.secret} refused ({event.probe.detail}), {control} accepted"
        case _:
            return ""
