"""Which events are worth a message of their own in the channel, and its words. Everything else the card shows.

An event's words rest on the event and what came before it; the incident that is given is the newest one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.incident import events as e
from bot.incident.access.readers import contained, unknown_readers
from bot.incident.closing.open_items import secrets_among
from bot.incident.events import TeamEvent
from bot.incident.model import BOT, Access, By, CheckOutcome, Old, Right, Strategy
from bot.incident.offers import urged
from bot.incident.record.abuse import abuse_said
from bot.incident.state import Incident, SecretState
from bot.model.capabilities import RevokedBy
from bot.model.providers import provider_name
from bot.people import People
from bot.phrases.approvals import proposed
from bot.phrases.closing import over_words
from bot.phrases.events import sentence
from bot.phrases.handover import handover_summary
from bot.phrases.marks import code, literal, moment, person, shorten
from bot.phrases.readers import left_words
from bot.phrases.secrets import use_words
from bot.phrases.states import capitalised, consequence
from bot.phrases.team import closers, team_words
from bot.phrases.times import all_of
from bot.phrases.updates import update_words
from bot.slack.machine_messages import MachineNews
from bot.slack.message import PLAN, PROPOSAL, Message, codes

EVERYBODY = (
    e.IncidentDeclared,
    e.ApprovalRequested,
    e.ProposalMade,
    e.GlassBroken,
    e.OldProvenDead,
    e.TrustChanged,
    e.RecordsLost,
    e.ChannelLost,
    e.IncidentClosed,
    e.IncidentReopened,
)
"""What everybody must know stands in the channel, in a line each; all else in the thread of the card alone."""
FINDING = "finding"
"""One that is neither impact, root cause, nor about abuse or notification: a note by another name."""
RECORDED = 400
"""Characters of what somebody recorded, in the thread; the timeline has the whole."""


@dataclass(frozen=True)
class News(MachineNews):
    """Words for the events of one incident."""

    reached: Mapping[int, str] = field(default_factory=dict)
    """What is true of the whole since an event, by its number."""

    @classmethod
    def of(cls, incident: Incident, people: People, recorded: Sequence[e.Recorded]) -> News:
        started = {r.event.claim.number: r.event.claim for r in recorded if isinstance(r.event, e.OperationStarted)}
        return cls(incident, people, started, dict(_reached(incident, recorded)))

    def messages(self, recorded: e.Recorded) -> Iterator[Message]:
        """The messages for this event: what happened, and what is true of the whole since then."""
        if (message := self.message(recorded)) is not None:
            yield message
        if words := self.reached.get(recorded.seq):
            yield Message((words,), milestone=True, everybody=True)

    def message(self, recorded: e.Recorded) -> Message | None:
        """The message for this event, if it is worth one."""
        message = self._routine(recorded) if self.incident.routine else None
        message = message or self._by_person(recorded)
        loud = isinstance(recorded.event, EVERYBODY) or (message is not None and message.everybody)
        return replace(message, everybody=loud) if message is not None else None

    def _routine(self, recorded: e.Recorded) -> Message | None:
        """What is said otherwise of a planned rotation, where nothing leaked and nobody need hurry."""
        who, at = "The bot" if recorded.actor == BOT.name else literal(recorded.actor), moment(recorded.at)
        match recorded.event:
            case e.IncidentDeclared(environment=environment, notice=notice):
                said = (
                    f"🔄 {who} began the planned rotation of {codes(self.incident.secrets)} in {literal(environment)}"
                )
                awaited = [name for name, s in self.incident.secrets.items() if s.made_by_person and s.new.wanted]
                bring = [f"A person makes the new {code(name)}: {self.submit(name)}" for name in awaited]
                return Message((f"{said} {at}", literal(notice), *bring))
            case e.OldProvenDead(secret):
                return Message((f"✅ The old {code(secret)} is *proven dead*.",), milestone=True)
            case e.ValueLive(secret=secret, confirmed=confirmed):
                state = "*live*" if confirmed else "in place, not confirmed by its consumers"
                on = " The old one works on for now." if _works_on(self.incident.secrets[secret], recorded.at) else ""
                return Message((f"🟢 The new {code(secret)} is {state}.{on}",))
            case e.LastUseRead(secret=secret):
                used = literal(use_words(self.incident.secrets[secret]))
                found = "Something still lives on it. It is not ended before its owner and a second person agree."
                return Message((f"⚠️ {code(secret)}: {used}.", found)) if used else None
            case e.PersonAwaited(secrets):
                return Message((f"⏰ The old value of {codes(secrets)} is for a person to end: the overlap is over.",))
            case e.IncidentClosed(items=items):
                left = secrets_among(items)
                over = f" over {codes(left)}" if left else ""
                return Message((f"🔒 {who} closed the rotation {at}{over}",), milestone=True)
            case e.OldValueReappeared(secret, parameters):
                back = f"The old {code(secret)} *stands again* in {codes(parameters)}. Who put it there?"
                return self.call("🟠", Right.RESPOND, back)
            case _:
                return None

    def _by_person(self, recorded: e.Recorded) -> Message | None:
        who, at = literal(recorded.actor), moment(recorded.at)
        match recorded.event:
            case e.IncidentDeclared():
                return self._declared(recorded.event, who, at)
            case e.SecretAdded(secret) if recorded.at > self.incident.declared.at:
                return Message((f"🧩 {who} added {code(secret.name)} to this incident {at}",))
            case e.ApprovalRequested(plans, until):
                asked = f"Please approve the revocation of {codes(plans)} before {moment(until)}."
                where = "*Plan…* on the pinned card while it waits, and *More…*, *Every secret…* there afterwards."
                return self.call("✋", Right.APPROVE, asked, f"The plan: {where}", asks=PLAN)
            case e.PlanApproved(plans):
                return Message((f"👍 {who} agreed to the revocation of {codes(plans)} {at}",))
            case e.PlanRejected(plans, reason):
                return Message((f"👎 {who} rejected the revocation of {codes(plans)}: {literal(reason)}",))
            case e.ProposalMade(_, what, subject, reason, if_failing=if_failing):
                asked, why = f"{who} proposes {proposed(what, subject, if_failing)}", f"Reason: {literal(reason)}"
                where = "Agree or disagree on the pinned card."
                return self.call("✋", Right.APPROVE, asked, why, where, asks=PROPOSAL)
            case e.GlassBroken(secrets, reason):
                alone = f"to revoke {codes(secrets)} without a second person: {literal(reason)}"
                return self.call("🔨", Right.RESPOND, f"*{who} broke the glass* {at} {alone}")
            case e.GlassReviewed(secrets, verdict):
                return Message((f"🔨 {who} reviewed the broken glass for {codes(secrets)} {at}: {literal(verdict)}",))
            case e.RoleOffered() | e.RoleAccepted() | e.RoleDeclined() | e.RoleTaken():
                return self._role(recorded.event, recorded.actor)
            case e.UpdateReleased() | e.UpdateSkipped():
                return Message((f"📣 {who} {literal(update_words(recorded.event))}",))
            case e.IncidentClosed(proposer=proposer):
                said = f"🔒 {literal(proposer) or who} closed the incident {at}{f', {who} agreed' if proposer else ''}"
                over = over_words(self.incident, recorded.event, By(recorded.actor, recorded.at))
                return Message((f"{said}, over {over}" if over else said,), milestone=True)
            case e.Redacted(cut, _, proposer):
                gone = f"🧹 {who} and {literal(proposer)} took the words of event {cut.seq} out of the log."
                return Message((gone, "Delete them wherever you have copied them."))
            case e.CheckEnded(secret, item, CheckOutcome.HANDLED, note, late=True):
                found = f"{who} found and removed something after the close"
                said = f"{found}, {code(secret)}, {literal(item)}: {literal(note)}"
                again = "*Reopen…* on the card begins anew: look into what else was left behind."
                return self.call("🔎", Right.RESPOND, said, again)
            case e.RevocationsHeld() | e.RevocationsResumed():
                return self._recorded("✋", recorded)
            case e.SeveritySet(severity, reason):
                return Message((f"📶 {who} set the severity to *{severity.words}* {at}: {literal(reason)}",))
            case e.ReaderAccounted(outcome=outcome) if outcome.unexplained:
                return self._recorded("👤", recorded)
            case e.FindingRecorded(what=what) if what != FINDING:
                return self._recorded("📝", recorded)
            case e.AbuseRecorded():
                return self._recorded("🔥", recorded)
            case e.NoticeDecided():
                return self._recorded("⚖️", recorded)
            case e.PagedAgain(reason):
                return self.call("📟", Right.RESPOND, f"{who} paged on-call again: {literal(reason)}")
            case e.IncidentReopened(reason):
                return self.call("🔓", Right.RESPOND, f"{who} reopened the incident: {literal(reason)}")
            case _:
                return self.by_machine(recorded)

    def _recorded(self, sign: str, recorded: e.Recorded) -> Message:
        """What somebody recorded that the report rests on, as the timeline has it, in one line."""
        return Message((f"{sign} {literal(shorten(sentence(recorded, self.incident) or '', RECORDED))}",))

    def _role(self, event: TeamEvent, who: str) -> Message:
        """Whoever is offered a role is called by name: it is theirs once they accept."""
        said = f"🎖 {literal(who)} {literal(team_words(event))}"
        if not isinstance(event, e.RoleOffered):
            return Message((said, *self._closers(event, who)))
        asked = self.people.named(event.to)
        whom = f"{person(asked.slack)} " if asked is not None and asked.slack else ""
        summary = handover_summary(self.incident, urged(self.incident, self.incident.last_at))
        command = code(f"bot people accept {self.incident.id}")
        return Message(
            (
                f"🎖 {whom}{literal(who)} {literal(team_words(event))}",
                *summary,
                f"While it is on offer, the card has *Accept: commander…*; or: {command}",
            )
        )

    def _closers(self, event: TeamEvent, who: str) -> list[str]:
        """Who can close, where whoever has become commander cannot."""
        commands = isinstance(event, e.RoleAccepted | e.RoleTaken)
        said = closers([person.actor for person in self.people], who) if commands else ""
        return [literal(said)] if said else []

    def _declared(self, event: e.IncidentDeclared, who: str, at: str) -> Message:
        secrets = [f"• {code(name)}: {literal(consequence(s))}" for name, s in list(self.incident.secrets.items())[:20]]
        awaited = [name for name, s in self.incident.secrets.items() if s.made_by_person and s.new.wanted]
        where = "" if event.environment in event.title.split() else f" in {literal(event.environment)}"
        lines = [
            f"🚨 {who} declared *{literal(event.title)}*{where} {at}",
            f"Noticed: {literal(event.notice)}",
            *secrets,
            *(_revoke(secret) for secret in [s for s in self.incident.secrets.values() if _revoked_first(s)][:10]),
            *(f"A person must bring the new {code(name)}: {self.submit(name)}" for name in awaited[:10]),
            "Never paste a secret here. The pinned card says what is true now.",
        ]
        return Message(tuple(lines), milestone=False)


def _revoke(secret: SecretState) -> str:
    where = literal(provider_name(secret.entry.provider))
    return f"*A person must revoke* {code(secret.name)} in {where}'s console: *Show steps* on the card."


def _revoked_first(secret: SecretState) -> bool:
    """Whether a person has to end it before anything else."""
    return secret.entry.capabilities.revokes is RevokedBy.PERSON and secret.strategy is Strategy.KILL_FIRST


def _works_on(secret: SecretState, at: datetime) -> bool:
    """Whether the old value had not been ended by then, as far as anybody knew."""
    old = secret.old
    ends = (old.ended_at, old.contained_at, old.attested.at if old.attested is not None else None)
    return not secret.entry.capabilities.swaps and not any(end is not None and end <= at for end in ends)


def _reached(incident: Incident, recorded: Sequence[e.Recorded]) -> Iterator[tuple[int, str]]:
    """That the last key is dead, and that access is contained or what it lacks: with the last event that brought it
    about.
    """
    every = list(incident.secrets.values())
    deaths = [each.seq for each in recorded if isinstance(each.event, e.OldProvenDead)]
    if len(every) > 1 and deaths and all(secret.old_state is Old.DEAD for secret in every):
        yield deaths[-1], f"🟡 *{capitalised(all_of(len(every), 'key'))} are dead.*"
    ends = {check.ended.at for secret in every for check in secret.checks.values() if check.ended is not None}
    settled = [each.seq for each in recorded if isinstance(each.event, _ENDS_CHECKS) and each.at in ends]
    said = {reader.settled_at for reader in incident.readers.values()}
    answered = [each.seq for each in recorded if isinstance(each.event, e.ReaderAccounted) and each.at in said]
    looked = [*_looked_up(incident, recorded)]
    abuse = abuse_said(incident)
    answered += [abuse.seq] if abuse is not None else []
    if contained(incident) and any(secret.checks for secret in every) and (last := [*settled, *answered, *looked]):
        yield max(last), "🏁 *Access is contained*: every persistence check has ended."
    elif settled and every and all(secret.access is Access.CONTAINED for secret in every):
        yield settled[-1], f"🟡 Every persistence check has ended: {left_words(incident)}."


def _looked_up(incident: Incident, recorded: Sequence[e.Recorded]) -> Iterator[int]:
    """Looks at who read a value that saw all until its death: the machine does one."""
    unknown = unknown_readers(incident)
    for each in recorded:
        match each.event:
            case e.UsageRead(secret=name) if (seen := incident.usage.get(name)) is not None and seen.seq == each.seq:
                if name not in unknown:
                    yield each.seq
            case _:
                pass


_ENDS_CHECKS = (e.CheckEnded, e.AccessInspected)
