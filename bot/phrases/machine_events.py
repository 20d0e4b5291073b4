"""What the machine did, as a sentence with itself as the actor; None for what only the machinery needs to know.

`bot.phrases.events` draws on it for every event that no person brought about.
"""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.closing.schedule import SLACK
from bot.incident.lanes import Lane, LaneKind
from bot.incident.old_value.rules import effective
from bot.incident.operations import does
from bot.model.built_in import ARRIVED
from bot.model.probes import Probe
from bot.phrases.paging import page_words
from bot.phrases.reminders import reminder_words
from bot.phrases.rotations import handover_words
from bot.phrases.secrets import owner_words
from bot.phrases.times import counted, listed, moment
from bot.phrases.trust import trust_words
from bot.phrases.updates import update_words

BOT = "The bot"
CHANNEL = "put the report into the incident's channel"


def _unanswered(event: e.GlassOffered | e.GlassReviewReminded | e.PersonAwaited) -> str:
    names = listed(event.secrets)
    match event:
        case e.GlassOffered():
            return f"got no answer about {names}, and offered breaking the glass"
        case e.GlassReviewReminded():
            return f"reminded people that broken glass is not reviewed: {names}"
        case e.PersonAwaited():
            return f"reminded people that nothing ends the living value of {names} until a person acts"


def lost_words(event: e.RecordsLost) -> str:
    """Behind which event the log was cut off, and what that does to consents."""
    before = (
        f"made this log again from the backup of {moment(event.backup_at)}"
        if event.backup_at is not None
        else f"found the end of this log gone: it had read up to event {event.head.partition(':')[0]}"
    )
    return f"{before}. Later records are lost, and consents to revocations that were not made no longer count"


def _of_consent(event: e.ApprovalRequested | e.ApprovalExpired | e.ConsentWithdrawn) -> str:
    match event:
        case e.ApprovalRequested():
            return f"asked for a second person for {listed(sorted(event.plans))}, until {moment(event.until)}"
        case e.ApprovalExpired():
            return f"let the request for approval of {listed(sorted(event.plans))} lapse: nobody decided in time"
        case e.ConsentWithdrawn():
            return f"did not revoke {event.secret}: {event.name}'s consent no longer counts. {event.reason}"


def machine_sentence(event: e.MachineEvent) -> str | None:
    match event:
        case e.PageSent():
            return page_words(event)
        case e.OperationStarted() | e.OperationYielded() | e.TrackerTold():
            return None
        case e.UpdateDrafted() | e.UpdateSent() | e.Reminded():
            return f"{BOT} {update_words(event) if isinstance(event, e.UpdatesEvent) else reminder_words(event)}"
        case e.OperationFailed():
            after = "a person must press retry" if event.retry_at is None else "it will be tried again"
            return f"{BOT} could not {does(event.op, event.consumer)}: {event.message}; {after}"
        case e.ClaimLost():
            lane = event.lane
            return f"{BOT} lost the worker that was about to {does(event.op, lane.subject)} ({lane_words(lane)})"
        case e.RecordsLost():
            return f"{BOT} {lost_words(event)}"
        case e.OutcomeRefused():
            return f"{BOT} ignored a late answer ({lane_words(event.lane)}); what it may have made is swept up"
        case e.ChannelOpened() | e.ChannelLost():
            return f"{BOT} {_channel(event)}"
        case e.LateOutcomeNoted():
            return f"{BOT} {handover_words(event)}"
        case e.OldCaptured():
            return f"{BOT} pinned the old value of {event.secret}, fingerprint {event.fingerprint}{_found(event)}"
        case e.SnapshotTaken():
            missing = f"; could not be read: {event.missing}" if event.missing else ""
            return f"{BOT} recorded what {event.secret} could do, the old value being {_seen(event.probe)}{missing}"
        case e.LastUseRead() | e.ScopesRead():
            return f"{BOT} {_read(event)}"
        case e.OrphansFound() | e.Swept():
            return f"{BOT} {_unrecorded(event)}{_room(event.made_room)}"
        case e.OrphanEnded():
            return f"{BOT} ended key {event.key} of {event.secret}, which nothing used"
        case e.ValueStaged():
            return f"{BOT} {_made(event)} for {event.secret}, fingerprint {event.fingerprint}{_room(event.made_room)}"
        case e.ValueRejected():
            return f"{BOT} rejected the new value of {event.secret}: {event.reason}"
        case e.ValueVerified():
            return f"{BOT} verified the new value of {event.secret}: {event.detail}"
        case e.ValuePromoted():
            places = listed([f"{name} version {version}" for name, version in sorted(event.versions.items())])
            return f"{BOT} put the new value of {event.secret} in place: {places}"
        case e.RolledBack() | e.RollBackRefused() | e.RollBackOverdue() | e.WaitingEscalated():
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
        case e.OldProbed():
            return _probed(event)
        case e.SiblingsSeen() | e.LeaverLookedUp():
            return _siblings(event) if isinstance(event, e.SiblingsSeen) else f"{BOT} {_leaver(event)}"
        case e.OldProvenDead():
            return f"{BOT} proved the old value of {event.secret} DEAD: refused since {moment(event.contained_at)}"
        case e.ApprovalRequested() | e.ApprovalExpired() | e.ConsentWithdrawn():
            return f"{BOT} {_of_consent(event)}"
        case e.TrustChanged():
            return trust_words(event.people, slack=event.slack, words=event.words)
        case e.GlassOffered() | e.GlassReviewReminded() | e.PersonAwaited():
            return f"{BOT} {_unanswered(event)}"
        case e.OwnCredentialConcerned():
            return f"{BOT} found that the old value of {event.secret} is its own: {listed(event.settings)}"
        case e.NotificationReminded():
            state = f"{'ran' if event.over else 'runs'} out at {moment(event.due)}"
            return f"{BOT} reminded people that nobody has decided on notification: the time {state}"
        case e.OldValueReappeared():
            return f"{BOT} found the old value of {event.secret} standing again in {listed(event.parameters)}"
        case e.ContainmentOverdue() | e.OverlapHeld():
            return f"{BOT} {_lives_on(event)}"
        case e.Unstaged():
            return f"{BOT} deleted the staged {'old' if event.old else 'new'} value of {event.secret}"
        case e.UsageRead():
            return f"{BOT} looked up who read {event.secret} in {event.source}: {_reads(event)}"
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
    return CHANNEL if to == SLACK else ARRIVED.get(to, f"delivered the report to {to}")


def _withheld(lines: int) -> str:
    return f"; {counted(lines, 'line')} WITHHELD, because a secret stood there" if lines else ""


def _consumers(event: e.ValueLive | e.ConsumersAsked | e.ConsumersFailing) -> str:
    match event:
        case e.ValueLive():
            state = "live" if event.confirmed else "in place and accepted, unconfirmed by its consumers"
            return f"verified the new value of {event.secret} {state}"
        case e.ConsumersAsked():
            answer = "which are well with it" if event.confirmed else "not all of which can confirm it"
            return f"asked the consumers of {event.secret} again, {answer}"
        case e.ConsumersFailing():
            return f"found {listed(event.consumers)} FAILING with the new value of {event.secret}"


def _rolled_back(event: e.RolledBack | e.RollBackRefused | e.RollBackOverdue | e.WaitingEscalated) -> str:
    match event:
        case e.RolledBack():
            places = listed([f"{name} version {version}" for name, version in sorted(event.versions.items())])
            return f"put the OLD value of {event.secret} back in place: {places}"
        case e.RollBackRefused():
            refused = f"did not roll {event.secret} back, because its old value is not accepted any more"
            return f"{refused} ({event.detail}), and puts the new one in place again"
        case e.RollBackOverdue():
            return f"found the OLD value of {event.secret} still in use, an hour after it was put back"
        case e.WaitingEscalated():
            kept = f"consumers fail with the new value of {event.secret}, and the old one is kept alive"
            return f"woke people again, for the {event.number}. time: {kept}"


def lane_words(lane: Lane) -> str:
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


def _lives_on(event: e.ContainmentOverdue | e.OverlapHeld) -> str:
    if isinstance(event, e.ContainmentOverdue):
        return f"still cannot prove the old value of {event.secret} dead, long after it was revoked"
    what = f"the overlap of {event.secret} is over and the old value lives on"
    copies = f"nobody has settled its copies {listed(event.copies)}" if event.copies else ""
    readers = f"not all traffic of {listed(event.readers)} reads the new value" if event.readers else ""
    return f"told people that {what}: {'; '.join(filter(None, (copies, readers)))}"


def _read(event: e.LastUseRead | e.ScopesRead) -> str:
    if isinstance(event, e.ScopesRead):
        return f"read the scopes of {event.secret}"
    if event.missing:
        return f"could not ask when the old key of {event.secret} was last used: {event.missing}"
    when = f"at {moment(event.used_at)}" if event.used_at else "its provider did not say"
    return f"asked before the revocation when the old key of {event.secret} was last used: {when}"


def _channel(event: e.ChannelOpened | e.ChannelLost) -> str:
    if isinstance(event, e.ChannelOpened):
        return "opened the incident's channel"
    return f"lost the incident's channel, which {event.reason}; while the incident is open it opens another one"


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


def _unrecorded(event: e.OrphansFound | e.Swept) -> str:
    if isinstance(event, e.Swept):
        return f"looked again for keys of {event.secret} that nothing recorded"
    return f"found {counted(len(event.keys), 'key')} of {event.secret} that nothing recorded"


def _room(made_room: str) -> str:
    return f"; the inactive key {made_room} was deleted to make room" if made_room else ""


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
