"""Which events are worth a message in the incident's channel: their sentence in the timeline, with a sign before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.incident import events as e
from bot.incident.access.readers import contained, unknown_readers
from bot.incident.consumers.lacking import lacking
from bot.incident.due import DueKind
from bot.incident.lanes import function_lane
from bot.incident.model import Access, CheckOutcome, Old, Right, Strategy
from bot.incident.narrative import two_sign
from bot.incident.old_value.rules import own_words
from bot.incident.operations import Claim, Op
from bot.incident.overlap.rules import readers_words
from bot.incident.record.rules import Verdict, abuse_said, used
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import OWNER, corrected_in_place
from bot.model.capabilities import RevokedBy
from bot.model.providers import provider_name
from bot.people import People
from bot.phrases.events import sentence
from bot.phrases.marks import channel, code, literal, person, plain, shorten
from bot.phrases.readers import left_words
from bot.phrases.secrets import use_words
from bot.phrases.states import capitalised, consequence
from bot.phrases.team import closers, handover_summary
from bot.phrases.times import all_of, listed
from bot.phrases.typed import submit_line
from bot.slack.buttons import retry_words
from bot.slack.message import PLAN, PROPOSAL, Message

FINDING = "finding"
"""One that is neither impact, root cause, nor about abuse or notification: a note by another name."""
RECORDED = 400
"""Characters of a sentence; the timeline has the whole."""


@dataclass(frozen=True)
class Row:
    """How an event is told: its sign, the people who are called, and what they do. `loud`: everyone must know it, so it
    is a line in the channel too; the others are only in the card's thread. `head`: its message carries the log's head.
    """

    sign: str
    calls: Right | None = None
    then: str = ""
    asks: str = ""
    loud: bool = False
    head: bool = False


ROWS: Mapping[type[e.Event], Row] = {
    e.AbuseRecorded: Row("🔥"),
    e.AccessInspected: Row("🔎", Right.RESPOND, "*Answer…* on the pinned card lists them."),
    e.ApprovalRequested: Row(
        "✋",
        Right.APPROVE,
        "The plan: *Plan…* on the pinned card while it waits, and *More…*, *Every secret…* there afterwards.",
        PLAN,
        loud=True,
    ),
    e.ChannelLost: Row("📦", Right.RESPOND, loud=True),
    e.CheckEnded: Row(
        "🔎", Right.RESPOND, "Press *Reopen…* on the card and check what else was left behind."
    ),
    e.ConsentWithdrawn: Row("🟠", Right.RESPOND, "Another person must decide on the pinned card."),
    e.ConsumersFailing: Row("❌", Right.RESPOND, "The options are at the top of the card."),
    e.ContainmentOverdue: Row("🔴", Right.RESPOND),
    e.DenySeen: Row("⛔"),
    e.EvidenceHeld: Row("⚖️"),
    e.FindingRecorded: Row("📝"),
    e.GlassBroken: Row("🔨", Right.RESPOND, loud=True),
    e.GlassOffered: Row("⏰", Right.APPROVE, "If it can't wait, use *Break glass…* on the pinned card."),
    e.GlassReviewed: Row("🔨"),
    e.IncidentClosed: Row("🔒", loud=True, head=True),
    e.IncidentDeclared: Row("🚨", loud=True),
    e.IncidentReopened: Row("🔓", Right.RESPOND, loud=True),
    e.LastUseRead: Row("⚠️", Right.RESPOND, "Something still uses it: find it before it stops."),
    e.NoticeDecided: Row("⚖️"),
    e.OldDeleted: Row("🗑️"),
    e.OldProbed: Row("⛔", Right.RESPOND, loud=True),
    e.OldProvenDead: Row("✅", loud=True, head=True),
    e.OldValueReappeared: Row("🟠", Right.RESPOND, "Who put it there, and what else came back?"),
    e.OperationFailed: Row("❌", Right.RESPOND),
    e.OrphansFound: Row("🗑️"),
    e.OverlapHeld: Row("⏰", Right.RESPOND),
    e.OwnCredentialConcerned: Row("🆘", Right.RESPOND),
    e.PagedAgain: Row("📟", Right.RESPOND),
    e.PersonAwaited: Row("🔴", Right.RESPOND, "What to do is on the pinned card."),
    e.PlanApproved: Row("👍"),
    e.PlanRejected: Row("👎"),
    e.ProposalMade: Row("✋", Right.APPROVE, "Agree or disagree on the pinned card.", PROPOSAL, loud=True),
    e.ReaderAccounted: Row("👤"),
    e.RecordsLost: Row(
        "🛑", Right.RESPOND, "Decide again on the pinned card. Repeat what you did since.", loud=True, head=True
    ),
    e.Redacted: Row("🧹", None, "Delete your copies too."),
    e.Reminded: Row("⏰", loud=True),
    e.ReportWritten: Row("📄", head=True),
    e.RevocationNeedsOwner: Row("🟠", Right.RESPOND),
    e.RevocationsHeld: Row("✋"),
    e.RevocationsResumed: Row("✋"),
    e.RoleAccepted: Row("🎖"),
    e.RoleDeclined: Row("🎖"),
    e.RoleOffered: Row("🎖"),
    e.RoleTaken: Row("🎖"),
    e.SecretAdded: Row("🧩"),
    e.SiblingsSeen: Row("⛔", Right.RESPOND, loud=True),
    e.Swept: Row("🗑️"),
    e.TrustChanged: Row(
        "🚫", Right.RESPOND, "Their approvals of revocations not yet begun are void.", loud=True, head=True
    ),
    e.UpdateDrafted: Row("📣"),
    e.UpdateReleased: Row("📣"),
    e.UpdateSent: Row("📣"),
    e.UpdateSkipped: Row("📣"),
    e.UseLookedUp: Row("🔎", Right.RESPOND, "Whose use is it? Answer with *Findings…* on the pinned card."),
    e.ValueLive: Row("🟢", head=True),
    e.ValueRejected: Row("⚠️"),
    e.ValueStaged: Row("🗑️"),
    e.ValueVerified: Row(
        "✋",
        Right.APPROVE,
        "Its account is unknown: it needs a second approver, on the pinned card.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class News:
    """Words for the events of one incident."""

    incident: Incident
    people: People
    claims: Mapping[int, Claim] = field(default_factory=dict)
    """What the operations behind the events were about, by number."""
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
            yield Message((words,), milestone=True, everyone=True)

    def message(self, recorded: e.Recorded) -> Message | None:
        """The message for this event, if it is worth one."""
        event, row = recorded.event, ROWS.get(type(recorded.event))
        if row is None or not self._worth(recorded):
            return None
        said = literal(shorten(sentence(recorded, self.incident) or "", RECORDED))
        if isinstance(event, e.UpdateSent) and not event.target.startswith(OWNER):
            said = channel(event.target).join(map(literal, plain(said).split(event.target)))
        sign = "🔄" if self.incident.routine and isinstance(event, e.IncidentDeclared) else row.sign
        first = " ".join(filter(None, (sign, self._called(recorded, row), said)))
        lines = (first, *self._facts(recorded), *([row.then] if row.then and not self._blameless(recorded) else []))
        return Message(lines, row.head, self._loud(recorded, row), row.asks)

    def _worth(self, recorded: e.Recorded) -> bool:
        """Whether such an event is worth a message, where that depends on what it says."""
        match recorded.event:
            case e.SecretAdded():
                return recorded.at > self.incident.declared.at
            case e.FindingRecorded(what=what):
                return what != FINDING
            case e.ReaderAccounted(outcome=outcome):
                return outcome.unexplained
            case e.CheckEnded(outcome=outcome, late=late):
                return late and outcome is CheckOutcome.HANDLED
            case e.UpdateDrafted(released=released):
                return not released
            case e.UpdateSent(missing=missing):
                return bool(missing) or not corrected_in_place(self.incident, recorded.event)
            case e.OrphansFound(made_room=made) | e.ValueStaged(made_room=made) | e.Swept(made_room=made):
                return bool(made)
            case e.LastUseRead(secret=secret):
                return bool(use_words(self.incident.secrets[secret]))
            case e.ConsumersFailing(secret=secret):
                new = self.incident.secrets[secret].new
                return recorded.at in {new.failing_since, new.blamed_at}
            case e.OperationFailed(op=op, retry_at=again):
                return again is None and op is not Op.OPEN_CHANNEL  # its readers are in the channel
            case e.AccessInspected(found=found):
                return bool(found)
            case e.UseLookedUp(secret=secret):
                return _others_seen(self.incident, self.incident.secrets[secret], recorded.seq)
            case e.OldProbed(bystanders=looked) | e.SiblingsSeen(probes=looked):
                return bool(self.incident.halted) and any(probe.liveness == "dead" for probe in looked)
            case e.ValueVerified(untold=untold):
                return bool(untold)
            case _:
                return True

    def _loud(self, recorded: e.Recorded, row: Row) -> bool:
        """Whether everyone must know it."""
        return row.loud or (isinstance(recorded.event, e.ConsumersFailing) and not self._blameless(recorded))

    def _blameless(self, recorded: e.Recorded) -> bool:
        """Whether a consumer fails that misses another new key too: people are called once that is in place."""
        event = recorded.event
        if not isinstance(event, e.ConsumersFailing):
            return False
        return recorded.at != self.incident.secrets[event.secret].new.blamed_at

    def _called(self, recorded: e.Recorded, row: Row) -> str:
        """The mentions of the people whose phones ring."""
        match recorded.event:
            case e.Reminded(owner=owner) if owner:
                return self.whose(owner)
            case e.Reminded(key=key):
                return self.mention(Right.APPROVE if key.startswith(DueKind.REVIEW) else Right.COMMAND)
            case e.RoleOffered(to=to):
                asked = self.people.named(to)
                return person(asked.slack) if asked is not None and asked.slack else ""
            case _:
                return self.mention(row.calls) if row.calls is not None and not self._blameless(recorded) else ""

    def _facts(self, recorded: e.Recorded) -> Iterator[str]:
        """What its readers need beside the sentence."""
        match recorded.event:
            case e.IncidentDeclared():
                yield from self._declared()
            case e.ChannelLost(channel=before):
                yield f"*The incident continues here.* Earlier messages stay in {channel(before)}."
            case e.RoleOffered():
                yield from handover_summary(self.incident, self.incident.last_at)
                accept = code(f"bot people accept {self.incident.id}")
                yield f"Accept it on the card with *Accept: commander…*, or: {accept}"
            case e.RoleAccepted() | e.RoleTaken():
                if said := closers([each.actor for each in self.people], recorded.actor):
                    yield literal(said)
            case e.LastUseRead(secret=secret):
                yield f"{literal(capitalised(use_words(self.incident.secrets[secret])))}."
            case e.OwnCredentialConcerned(settings=settings):
                yield f"*{literal(capitalised(own_words(settings, planned=self.incident.routine)))}*."
                yield "It is revoked last, after everything else."
            case e.ContainmentOverdue(secret) if self.incident.secrets[secret].lacks_control:
                yield "It is rejected; another working key of the account is needed to compare."
            case e.ContainmentOverdue():
                yield "Assume that it still works."
            case e.ConsumersFailing(secret=name) if self._blameless(recorded):
                others = listed([code(other) for other in lacking(self.incident, self.incident.secrets[name])])
                yield f"Unknown whether the new key is the cause: {others or 'another key'} has no new value yet."
            case e.OperationFailed(claim=number) if (claim := self.claims.get(number)) is not None:
                about = f"{code(claim.subject)}: " if claim.subject != self.incident.id else ""
                yield f"{about}*{retry_words(self.incident, claim.lane)}* on the pinned card is always safe."
            case e.OverlapHeld(copies=copies, readers=readers):
                if copies:
                    yield "Answer each copy with *Answer…* on the pinned card."
                if readers:
                    again = listed([f"*{retry_words(self.incident, function_lane(name))}*" for name in readers])
                    yield f"{literal(capitalised(readers_words(self.incident, readers)))}."
                    yield f"To look again now: {again}. *Revoke now…* revokes the old key anyway."
            case e.OldProbed() | e.SiblingsSeen():
                yield f"*Everything is halted*: {literal(self.incident.halted)}"
            case e.ValueRejected(secret=secret):
                yield f"Another one is needed: {self.submit(secret)}"
            case e.ReportWritten(path=path, digest=digest):
                yield f"{code(path)}, SHA-256 begins {code(f'{digest[:16]}…')}. {_to_do(self.incident)}".rstrip()
            case _:
                return

    # Whom a message calls by name, and how secrets are named there.

    def mention(self, right: Right) -> str:
        """Everyone of the file with this right, so that phones ring; of a planned rotation the owners alone."""
        if self.incident.routine:
            secrets = self.incident.secrets.values()
            owners = [each for secret in secrets for each in self.people.owning(secret.entry.owner)]
            return " ".join(dict.fromkeys(person(each.slack) for each in owners if each.slack))
        ids = [person.slack for person in self.people.having(right) if person.slack]
        return " ".join(map(person, ids[:20]))

    def whose(self, owner: str) -> str:
        """Their mention, so that it reaches them as one; their name where the file has no Slack id of theirs."""
        known = [each.slack for each in self.people.owning(owner) if each.slack]
        return " ".join(map(person, known)) or literal(owner)

    def submit(self, secret: str) -> str:
        return code(submit_line(self.incident.id, secret))

    def _declared(self) -> Iterator[str]:
        secrets, leaked = list(self.incident.secrets.values()), not self.incident.routine
        if leaked:
            yield from (f"• {code(each.name)}: {literal(consequence(each))}" for each in secrets[:20])
            yield from map(_revoke, [each for each in secrets if _revoked_first(each)][:10])
        awaited = [each.name for each in secrets if each.made_by_person and each.new.wanted]
        yield from (f"A person must bring the new {code(name)}: {self.submit(name)}" for name in awaited[:10])
        if leaked:
            yield "Never paste a secret here. The pinned card shows what is true now."


def _to_do(incident: Incident) -> str:
    """The next duty of the report's readers; empty if there is none."""
    if incident.open:
        return "It is a draft: read it, and correct it with *Report text…* under *More…*."
    return "Read it, then a second person presses *Sign report…* on the card." if two_sign(incident) else ""


def _revoke(secret: SecretState) -> str:
    where = literal(provider_name(secret.entry.provider))
    return f"*A person must revoke* {code(secret.name)} in {where}'s console: *Take, open steps* on the card."


def _others_seen(incident: Incident, secret: SecretState, seq: int) -> bool:
    """Whether the look of this event saw more use by others than the one before, and no person has recorded that."""
    more = secret.use is not None and secret.use.seq == seq and secret.use.more
    return more and secret.abused is None and used(incident, secret).verdict is Verdict.OTHERS


def _revoked_first(secret: SecretState) -> bool:
    """Whether a person has to end it before anything else."""
    return secret.entry.capabilities.revokes is RevokedBy.PERSON and secret.strategy is Strategy.KILL_FIRST


def _reached(incident: Incident, recorded: Sequence[e.Recorded]) -> Iterator[tuple[int, str]]:
    """The milestones: the last key is dead, and access is contained or what is missing; with the event
    that caused it.
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
        yield max(last), "🏁 *Access is contained*: every check is done."
    elif settled and every and all(secret.access is Access.CONTAINED for secret in every):
        yield settled[-1], f"🟡 Every check is done: {left_words(incident)}."


def _looked_up(incident: Incident, recorded: Sequence[e.Recorded]) -> Iterator[int]:
    """Looks at who read a value that saw all until its death: the machine does one."""
    unknown = unknown_readers(incident)
    for each in recorded:
        if isinstance(each.event, e.UsageRead) and each.event.secret not in unknown:
            seen = incident.usage.get(each.event.secret)
            if seen is not None and seen.seq == each.seq:
                yield each.seq


_ENDS_CHECKS = (e.CheckEnded, e.AccessInspected)
