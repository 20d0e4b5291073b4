"""Which events are worth a message of their own in the channel, and its words. Everything else the card shows.

An event's words rest on the event and what came before it; the incident that is given is the newest one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.incident import events as e
from bot.incident.consumers.lacking import lacking
from bot.incident.model import BOT, Access, Old, Right
from bot.incident.offers import available
from bot.incident.old_value.own_credentials import own_words
from bot.incident.operations import OPERATIONS, Claim, Op
from bot.incident.state import Incident
from bot.incident.team.events import TeamByPerson
from bot.model.probes import Probe
from bot.people import People
from bot.phrases.handover import handover_summary
from bot.phrases.marks import channel as channel_name
from bot.phrases.marks import code, day_and_time, literal, moment, person, shorten, unmentioned
from bot.phrases.reminders import reminder_words, why_words
from bot.phrases.secrets import owner_words, use_words
from bot.phrases.standing_down import MEANS
from bot.phrases.states import capitalised, consequence
from bot.phrases.team import team_words
from bot.phrases.times import counted, listed, span
from bot.phrases.trust import trust_words
from bot.phrases.updates import update_words
from bot.slack.blocks import section

CHECKS_BUTTON = "*Checks* on the pinned card lists them."


EVERYBODY = (
    e.IncidentDeclared,
    e.ApprovalRequested,
    e.ProposalMade,
    e.GlassBroken,
    e.OldProvenDead,
    e.TrustChanged,
    e.ChannelLost,
    e.IncidentClosed,
    e.IncidentReopened,
)
"""What everybody must know stands in the channel, in a line each; all else in the thread of the card alone."""


@dataclass(frozen=True)
class Alike:
    """The parts of a sentence that is said of several secrets at once: ``before `a` (3 s), `b` (5 s) after``."""

    before: str
    item: str
    after: str


@dataclass(frozen=True)
class Message:
    """A message for the channel; `milestone` ones carry the log's head, for whoever checks the log later.

    `alike` is the same sentence for what may happen to many secrets at once.
    """

    lines: tuple[str, ...]
    milestone: bool = False
    alike: Alike | None = None
    everybody: bool = False
    """Whether its first line stands in the channel too, and not only in the card's thread."""

    @property
    def text(self) -> str:
        """What a notification shows."""
        return shorten("\n".join(self.lines), 3000)

    def blocks(self) -> list[Block]:
        return [section(*self.lines)]

    @property
    def brief(self) -> str:
        """What the channel gets: one line."""
        return self.lines[0]

    @property
    def chronicle(self) -> Message:
        """What the thread gets: who was called by the channel's line is not called once more."""
        return replace(self, lines=tuple(map(unmentioned, self.lines))) if self.everybody else self


@dataclass(frozen=True)
class News:
    """Words for the events of one incident. `claims` names what the operations behind the events were about."""

    incident: Incident
    people: People
    claims: Mapping[int, Claim]

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
                    f"🔄 {who} began the planned rotation of {_codes(self.incident.secrets)} in {literal(environment)}"
                )
                awaited = [name for name, s in self.incident.secrets.items() if s.made_by_person and s.new.wanted]
                bring = [f"A person makes the new {code(name)}: {self._submit(name)}" for name in awaited]
                return Message((f"{said} {at}", literal(notice), *bring))
            case e.OldProvenDead(secret):
                return Message((f"✅ The old {code(secret)} is *proven dead*.",), milestone=True)
            case e.ValueLive(secret=secret, confirmed=confirmed):
                doubt = "" if confirmed else ", and no consumer can be asked about it"
                return Message((f"🟢 The new {code(secret)} is *live*{doubt}. The old one works on for now.",))
            case e.LastUseRead(secret=secret):
                used = literal(use_words(self.incident.secrets[secret]))
                found = "Something still lives on it. It is not ended before its owner and a second person agree."
                return Message((f"⚠️ {code(secret)}: {used}.", found)) if used else None
            case e.PersonAwaited(secrets):
                return Message((f"⏰ The old value of {_codes(secrets)} is for a person to end: the overlap is over.",))
            case e.IncidentClosed(accepted):
                over = f" over {_codes(accepted)}" if accepted else ""
                return Message((f"🔒 {who} closed the rotation {at}{over}",), milestone=True)
            case e.OldValueReappeared(secret, parameters):
                back = f"🟠 {self._mention(Right.RESPOND)} The old {code(secret)} *stands again* in"
                return Message((f"{back} {_codes(parameters)}. Who put it there?",))
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
                asked = f"✋ {self._mention(Right.APPROVE)} Please approve the kill of {_codes(plans)}"
                return Message((f"{asked} before {moment(until)}.", "The plan stands on the pinned card."))
            case e.PlanApproved(plans):
                return Message((f"👍 {who} agreed to the kill of {_codes(plans)} {at}",))
            case e.PlanRejected(plans, reason):
                return Message((f"👎 {who} rejected the kill of {_codes(plans)}: {literal(reason)}",))
            case e.ProposalMade(_, what, subject, reason):
                asked = f"✋ {self._mention(Right.APPROVE)} {who} proposes a {what} for {literal(subject)}"
                return Message((f"{asked}: {literal(reason)}", "Agree or disagree on the pinned card."))
            case e.GlassBroken(secrets, reason):
                broken = f"🔨 {self._mention(Right.RESPOND)} *{who} broke the glass* {at}"
                return Message((f"{broken} to kill {_codes(secrets)} without a second person: {literal(reason)}",))
            case e.GlassReviewed(secrets, verdict):
                return Message((f"🔨 {who} reviewed the broken glass for {_codes(secrets)} {at}: {literal(verdict)}",))
            case e.RoleOffered() | e.RoleAccepted() | e.RoleDeclined() | e.RoleTaken():
                return self._role(recorded.event, who)
            case e.ReminderSnoozed():
                return Message((f"💤 {who} {literal(reminder_words(recorded.event))}.",))
            case e.UpdateReleased() | e.UpdateSkipped():
                return Message((f"📣 {who} {literal(update_words(recorded.event))}",))
            case e.IncidentClosed(accepted, reason):
                over = f" over {_codes(accepted)}: {literal(reason)}" if accepted else ""
                return Message((f"🔒 {who} closed the incident {at}{over}",), milestone=True)
            case e.Redacted(cut, _, proposer):
                gone = f"🧹 {who} and {literal(proposer)} took the words of event {cut.seq} out of the log."
                return Message((gone, "Delete them wherever you have copied them."))
            case e.LogSealed():
                said = f"🔏 {self._mention(Right.RESPOND)} {who} vouched for the log as it stood before an upgrade."
                return Message(
                    (said, "Consents to kills that had not begun count no more: decide again."), milestone=True
                )
            case e.StoodDown():
                return Message((f"🌙 {who} *stood down* {at}. {MEANS}",), milestone=True)
            case e.IncidentReopened(reason):
                return Message((f"🔓 {self._mention(Right.RESPOND)} {who} reopened the incident: {literal(reason)}",))
            case _:
                return self._by_machine(recorded)

    def _role(self, event: TeamByPerson, who: str) -> Message:
        """Whoever is offered a role is called by name: it is theirs once they accept."""
        said = f"🎖 {who} {literal(team_words(event))}"
        if not isinstance(event, e.RoleOffered):
            return Message((said,))
        asked = self.people.named(event.to)
        whom = f"{person(asked.slack)} " if asked is not None and asked.slack else ""
        summary = handover_summary(self.incident, available(self.incident, self.incident.last_at))
        command = code(f"bot role {self.incident.id} {event.role} accept")
        return Message(
            (f"🎖 {whom}{who} {literal(team_words(event))}", *summary, f"Accept it on the card, or: {command}")
        )

    def _by_machine(self, recorded: e.Recorded) -> Message | None:
        match recorded.event:
            case e.UpdateSent() | e.UpdateDrafted(released=False):
                return Message((f"📣 The bot {literal(update_words(recorded.event))}",))
            case e.OldProvenDead(secret, contained_at):
                took = span(contained_at - self.incident.declared.at)
                alike = Alike("✅ Leaked and *proven dead*:", f"{code(secret)} after {took}", "")
                said = f"✅ The leaked {code(secret)} is *proven dead*: key dead after {took}."
                return Message((said,), milestone=True, alike=alike)
            case e.ValueLive(_, secret, confirmed):
                doubt = "" if confirmed else ", consumer health check unavailable"
                took = span(recorded.at - self.incident.declared.at)
                alike = Alike(f"🟢 New and *live*{doubt}:", f"{code(secret)} after {took}", "")
                said = f"🟢 The new {code(secret)} is *live*{doubt}, restored after {took}."
                return Message((said,), milestone=True, alike=alike)
            case e.LastUseRead() | e.OverlapHeld() | e.ChannelLost() | e.ConsumersFailing():
                return self._around(recorded.event, recorded.at)
            case e.ConsentWithdrawn(secret, _, name, reason):
                void = f"the consent of {literal(name)} no longer counts. {literal(reason)}"
                words = f"🟠 {self._mention(Right.RESPOND)} {code(secret)} was *not killed*: {void}"
                return Message((words, "Another person must decide, on the pinned card."))
            case e.TrustChanged(people=people, slack=slack, words=words):
                said = literal(trust_words(people, slack=slack, words=words))
                loud = f"🚫 {self._mention(Right.RESPOND)} {said}."
                return Message((loud, "Consents of theirs to kills that had not begun are void."), milestone=True)
            case e.GlassOffered(secrets):
                unanswered = f"⏰ {self._mention(Right.APPROVE)} Nobody has answered about {_codes(secrets)}."
                return Message((unanswered, "If it cannot wait, *Break glass* is on the pinned card now."))
            case e.GlassReviewReminded(secrets):
                late = f"🔨 {self._mention(Right.APPROVE)} Glass was broken a day ago for {_codes(secrets)}"
                return Message(
                    (f"{late} and *nobody has reviewed it*.", "*Review broken glass* is on the pinned card.")
                )
            case e.PersonAwaited(secrets):
                alive = f"🔴 {self._mention(Right.RESPOND)} {_codes(secrets)}: *ALIVE until a person acts*."
                return Message((alive, "What to do is on the pinned card."))
            case e.Reminded() | e.ReminderRaised():
                return self._overdue_work(recorded.event)
            case e.StandDownEnded(why):
                return Message((f"📟 {self._mention(Right.RESPOND)} *Paged anew: {literal(why)}.*",))
            case e.PageEscalated(_, level, whom, ""):
                return Message((f"📟 Level {level} of the escalation policy is paged: {literal(listed(whom))}.",))
            case e.PageUnanswered():
                return Message((f"📟 {self._mention(Right.RESPOND)} *Nobody has answered the page.* Who is here?",))
            case e.OwnCredentialConcerned(secret, settings):
                loud = f"🆘 {self._mention(Right.RESPOND)} {code(secret)} leaked, and *{literal(own_words(settings))}*"
                return Message((loud, "It is killed last, after everything else."))
            case e.NotificationReminded(due, over):
                state = "*ran out*" if over else "runs out"
                asked = f"⚖️ {self._mention(Right.COMMAND)} Nobody has decided on notification: the time {state}"
                record = "Record the decision, whichever it is: *Notification…* on the pinned card."
                return Message((f"{asked} {day_and_time(due)}.", record), everybody=over)
            case e.OldValueReappeared(secret, parameters):
                back = f"🟠 {self._mention(Right.RESPOND)} The leaked {code(secret)} *stands again* in"
                return Message((f"{back} {_codes(parameters)}. Who put it there, and what else came back with it?",))
            case e.RevocationNeedsOwner(_, secret, owner):
                needed = f"🟠 {self._mention(Right.RESPOND)} {code(secret)} was *not revoked*"
                return Message((f"{needed}: {literal(owner_words(owner))}.",))
            case e.ContainmentOverdue(secret):
                return self._overdue(secret)
            case e.OperationFailed(retry_at=None):
                return self._failed(recorded.event)
            case e.AccessInspected(found=left) if left:
                return self._left_behind(recorded.event)
            case e.OldProbed(bystanders=looked):
                return self._halted(looked)
            case e.SiblingsSeen(after=True, probes=looked):
                return self._halted(looked)
            case e.ValueRejected(_, secret, reason):
                return self._awaited(secret, f"⚠️ The new value of {code(secret)} was rejected: {literal(reason)}.")
            case e.ValueVerified(secret=secret, untold=untold) if untold:
                asked = (
                    f"✋ {self._mention(Right.APPROVE)} The new {code(secret)} is accepted, but whose account it is of"
                )
                return Message((f"{asked} cannot be told.", "It waits for a second person, on the pinned card."))
            case e.ReportWritten(_, path, digest, withheld=withheld):
                lines = (f"📄 The report is written: {code(path)}", f"SHA-256 {code(digest[:16])}")
                return Message((*lines, *self._withheld(withheld)), milestone=True)
            case _:
                return None

    def _refused(self, event: e.ConsumersFailing, at: datetime) -> Message | None:
        """Told once; nobody is called while the consumer lacks another new value too: it may fail with that."""
        secret = self.incident.secrets[event.secret]
        if at == secret.new.failing_since != secret.new.blamed_at:
            other = listed([code(name) for name in lacking(self.incident, secret)]) or "another new value"
            said = f"⏳ {literal(listed(event.consumers))}: *not well* ({literal(event.detail)}). It lacks {other} too,"
            return Message((f"{said} so nobody can tell yet whether it accepts the new {code(event.secret)}.",))
        if at != secret.new.blamed_at:
            return None
        who = f"❌ {self._mention(Right.RESPOND)} {literal(listed(event.consumers))} *refuses"
        alike = Alike(f"{who} the new values of*", f"{code(event.secret)} ({literal(event.detail)})", "")
        said = f"{who} the new {code(event.secret)}* ({literal(event.detail)})."
        return Message((said, "What can be done stands at the top of the card."), alike=alike, everybody=True)

    def _overdue_work(self, event: e.Reminded | e.ReminderRaised) -> Message | None:
        """Nothing while only whoever owes it was told, by a message of their own."""
        if isinstance(event, e.Reminded) and event.direct:
            return None
        whose = self._whose(event.owner) if event.owner else self._mention(Right.COMMAND)
        said = f"⏰ {whose} Overdue since {day_and_time(event.at)}: {literal(event.words)}."
        why = literal(why_words(event)) if isinstance(event, e.ReminderRaised) else ""
        return Message((said, *filter(None, [why])), everybody=True)

    def _overdue(self, secret: str) -> Message:
        late = f"Revocation of {code(secret)} *not confirmed*: treat it as alive."
        if self.incident.secrets[secret].lacks_control:
            late = f"{code(secret)} is refused and *not proven dead*: no good key to ask beside it."
        return Message((f"🔴 {self._mention(Right.RESPOND)} {late}",))

    def _withheld(self, lines: int) -> tuple[str, ...]:
        """Said where the report is told of: whoever reads it must know that it is not whole."""
        if not lines:
            return ()
        return (
            f"⚠️ *{counted(lines, 'line')} withheld*: a secret stands in the log. The report says how to redact it.",
        )

    def _around(
        self, event: e.LastUseRead | e.OverlapHeld | e.ChannelLost | e.ConsumersFailing, at: datetime
    ) -> Message | None:
        """What stands beside a kill: who still uses the old key, what else keeps it, and where people are told."""
        match event:
            case e.ConsumersFailing():
                return self._refused(event, at)
            case e.LastUseRead(secret=secret):
                if not (used := literal(use_words(self.incident.secrets[secret]))):
                    return None
                loud = f"⚠️ {self._mention(Right.RESPOND)} {code(secret)}: {used}"
                return Message((f"{loud}.", "Something still lives on it, and it is killed now all the same: find it."))
            case e.OverlapHeld(secret, copies):
                over = (
                    f"⏰ {self._mention(Right.RESPOND)} The overlap of {code(secret)} is over, and *the old value lives"
                )
                held = f"{over} on*: {counted(len(copies), 'copy', 'copies')} may still be served by it"
                names = ", ".join(literal(name) for name in copies)
                return Message((f"{held} ({names}).", "Say what became of each: *Copies* on the pinned card."))
            case e.ChannelLost(channel, reason):
                before = (
                    f"📦 {self._mention(Right.RESPOND)} The channel before this one, {channel_name(channel)}, {reason}."
                )
                return Message((before, "*The incident goes on here.* What was said before still stands there."))

    def _declared(self, event: e.IncidentDeclared, who: str, at: str) -> Message:
        secrets = [f"• {code(name)}: {literal(consequence(s))}" for name, s in list(self.incident.secrets.items())[:20]]
        awaited = [name for name, s in self.incident.secrets.items() if s.made_by_person and s.new.wanted]
        lines = [
            f"🚨 {who} declared *{literal(event.title)}* in {literal(event.environment)} {at}",
            f"Noticed: {literal(event.notice)}",
            *secrets,
            *(f"A person must bring the new {code(name)}: {self._submit(name)}" for name in awaited[:10]),
            "Never paste a secret here. The pinned card says what is true now.",
        ]
        return Message(tuple(lines), milestone=False)

    def _failed(self, event: e.OperationFailed) -> Message | None:
        if event.op is Op.OPEN_CHANNEL:
            return None  # whoever reads this is in the channel
        claim = self.claims.get(event.claim)
        about = f" for {code(claim.subject)}" if claim is not None and claim.subject != self.incident.id else ""
        failed = f"*{capitalised(OPERATIONS[event.op].doing)} failed; needs action*{about}: {literal(event.message)}"
        lines = (f"❌ {self._mention(Right.RESPOND)} {failed}", "*Retry* on the pinned card is always safe.")
        return Message(lines)

    def _halted(self, looked: Iterable[Probe]) -> Message | None:
        """Everything was halted by this look: a bystander died with the old value."""
        if not self.incident.halted or not any(probe.liveness == "dead" for probe in looked):
            return None
        halted = f"⛔ {self._mention(Right.RESPOND)} *Everything is halted*: {literal(self.incident.halted)}"
        return Message((halted,), everybody=True)

    def _left_behind(self, event: e.AccessInspected) -> Message:
        """Once for each look that found something; each item stands behind the card's button."""
        kinds = list(dict.fromkeys(left.item for left in event.found))
        several = kinds[0] if len(kinds) == 1 else "items"
        more = counted(len(event.found) + event.cut, several.removesuffix("s"), several)
        provider = self.incident.secrets[event.secret].entry.provider
        loud = f"🔎 {self._mention(Right.RESPOND)} Review"
        found = f"{loud} {literal(more)} at {literal(provider)}: access by {code(event.secret)} is not contained."
        item = f"{code(event.secret)} ({literal(more)})"
        return Message((found, CHECKS_BUTTON), alike=Alike(f"{loud} what these dead keys left:", item, CHECKS_BUTTON))

    def _awaited(self, secret: str, why: str) -> Message:
        return Message((why, f"Another one is needed: {self._submit(secret)}"))

    def _submit(self, secret: str) -> str:
        return code(f"bot submit {self.incident.id} {secret}")

    def _whose(self, owner: str) -> str:
        """Their mention, so that it reaches them as one; their name where the file has no Slack id of theirs."""
        known = [each.slack for each in self.people.owning(owner) if each.slack]
        return " ".join(map(person, known)) or literal(owner)

    def _mention(self, right: Right) -> str:
        """Everybody of the file with this right, so that phones ring; of a planned rotation the owners alone."""
        if self.incident.routine:
            secrets = self.incident.secrets.values()
            owners = [each for secret in secrets for each in self.people.owning(secret.entry.owner)]
            return " ".join(dict.fromkeys(person(each.slack) for each in owners if each.slack))
        ids = [person.slack for person in self.people.having(right) if person.slack]
        return " ".join(map(person, ids[:20]))


def _reached(incident: Incident, recorded: Sequence[e.Recorded]) -> Iterator[tuple[int, str]]:
    """That the last key is dead, and that access is contained: with the last event that brought it about."""
    every = list(incident.secrets.values())
    deaths = [each.seq for each in recorded if isinstance(each.event, e.OldProvenDead)]
    if len(every) > 1 and deaths and all(secret.old_state is Old.DEAD for secret in every):
        yield deaths[-1], f"🟡 *All {len(every)} keys are dead.*"
    ends = {check.ended.at for secret in every for check in secret.checks.values() if check.ended is not None}
    settled = [each.seq for each in recorded if isinstance(each.event, _ENDS_CHECKS) and each.at in ends]
    if settled and every and all(secret.access is Access.CONTAINED for secret in every):
        yield settled[-1], "🏁 *Access is contained*: every persistence check has ended."


_ENDS_CHECKS = (e.CheckEnded, e.AccessInspected)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)


def gathered(messages: Sequence[Message]) -> list[Message]:
    """The same news with one sentence for what is alike: an incident of many secrets is not told one by one."""
    found: list[Message] = []
    for message in messages:
        same = [each for each in messages if _kind(each) == _kind(message)] if message.alike else [message]
        if len(same) == 1:
            found.append(message)
        elif message is same[0] and message.alike is not None:
            items = ", ".join(each.alike.item for each in same if each.alike is not None)
            lines = (f"{message.alike.before} {items}.", *filter(None, [message.alike.after]))
            loud = any(each.everybody for each in same)
            found.append(Message(lines, any(each.milestone for each in same), everybody=loud))
    return found


def _kind(message: Message) -> tuple[str, str] | None:
    return (message.alike.before, message.alike.after) if message.alike is not None else None
