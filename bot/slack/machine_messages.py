"""Which of the machine's events are worth a message of their own in the channel, and its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.consumers.lacking import lacking
from bot.incident.lanes import function_lane
from bot.incident.model import Right
from bot.incident.narrative import two_sign
from bot.incident.old_value.rules import own_words
from bot.incident.operations import Claim, Op, doing
from bot.incident.overlap.rules import readers_words
from bot.incident.state import Incident
from bot.model.probes import Probe
from bot.model.providers import provider_name
from bot.phrases.machine_events import lost_words
from bot.phrases.marks import channel as channel_name
from bot.phrases.marks import code, day_and_time, literal, moment
from bot.phrases.secrets import owner_words, use_words
from bot.phrases.states import capitalised
from bot.phrases.team import trust_words
from bot.phrases.times import after, counted, listed
from bot.phrases.updates import sent_words, update_words
from bot.slack.buttons import retry_words
from bot.slack.message import Alike, Calls, Message, codes

CHECKS_BUTTON = "*Answer…* on the pinned card lists them."


@dataclass(frozen=True)
class MachineNews(Calls):
    """As `bot.slack.channel_messages.News`, of which it is the part that no person brought about."""

    claims: Mapping[int, Claim]
    """What the operations behind the events were about, by number."""

    def by_machine(self, recorded: e.Recorded) -> Message | None:
        """The message for this event, if it is worth one."""
        match recorded.event:
            case e.UpdateSent() | e.UpdateDrafted(released=False):
                return _update(recorded.event)
            case e.OldProvenDead(secret, contained_at):
                return _proven(secret, contained_at, after(contained_at - self.incident.declared.at))
            case e.OldDeleted() | e.OrphansFound() | e.ValueStaged() | e.Swept():
                return self._deleted(recorded.event, recorded.at)
            case e.ValueLive(_, secret, confirmed):
                state, over = ("*live*", "restored ") if confirmed else ("in place, not confirmed by its consumers", "")
                took = after(recorded.at - self.incident.declared.at)
                alike = Alike(f"🟢 New and {state}:", f"{code(secret)} {took}", "")
                said = f"🟢 The new {code(secret)} is {state}, {over}{took}."
                return Message((said,), milestone=True, alike=alike)
            case e.LastUseRead() | e.OverlapHeld() | e.ChannelLost() | e.ConsumersFailing():
                return self._around(recorded.event, recorded.at)
            case e.ConsentWithdrawn(secret, _, name, reason):
                void = f"the consent of {literal(name)} no longer counts. {literal(reason)}"
                words = f"{code(secret)} was *not revoked*: {void}"
                return self.call("🟠", Right.RESPOND, words, "Another person must decide, on the pinned card.")
            case e.TrustChanged(people=people, slack=slack, words=words):
                said = f"{literal(trust_words(people, slack=slack, words=words))}."
                void = "Consents of theirs to revocations that had not begun are void."
                return self.call("🚫", Right.RESPOND, said, void, milestone=True)
            case e.RecordsLost():
                again = "Decide again, on the pinned card. Repeat what you did since."
                return self.call("🛑", Right.RESPOND, f"The bot {lost_words(recorded.event)}.", again, milestone=True)
            case e.GlassOffered(secrets):
                glass = "If it cannot wait, *Break glass…* is on the pinned card now."
                return self.call("⏰", Right.APPROVE, f"Nobody has answered about {codes(secrets)}.", glass)
            case e.GlassReviewReminded(secrets):
                late = f"Glass was broken a day ago for {codes(secrets)} and *nobody has reviewed it*."
                return self.call("🔨", Right.APPROVE, late, "*Review broken glass…* is on the pinned card.")
            case e.PersonAwaited(secrets):
                alive = f"{codes(secrets)}: *ALIVE until a person acts*."
                return self.call("🔴", Right.RESPOND, alive, "What to do is on the pinned card.")
            case e.Reminded():
                return self._overdue_work(recorded.event)
            case e.OwnCredentialConcerned(secret, settings):
                return self._own(secret, settings)
            case e.NotificationReminded(due, over):
                state = "*ran out*" if over else "runs out"
                asked = f"Nobody has decided on notification: the time {state} {day_and_time(due)}."
                record = "Record the decision, whichever it is: *Notification…* on the pinned card."
                return self.call("⚖️", Right.COMMAND, asked, record, everybody=over)
            case e.OldValueReappeared(secret, parameters):
                back = f"The leaked {code(secret)} *stands again* in {codes(parameters)}."
                return self.call("🟠", Right.RESPOND, f"{back} Who put it there, and what else came back with it?")
            case e.RevocationNeedsOwner(_, secret, owner):
                needed = f"{code(secret)} was *not revoked*: {literal(owner_words(owner))}."
                return self.call("🟠", Right.RESPOND, needed)
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
                asked = f"The new {code(secret)} is accepted, but whose account it is of cannot be told."
                return self.call("✋", Right.APPROVE, asked, "It waits for a second person, on the pinned card.")
            case e.ReportWritten(_, path, digest, withheld=withheld):
                lines = (f"📄 The report is written: {code(path)}", f"{_to_do(self.incident)}{_begins(digest)}")
                return Message((*lines, *self._withheld(withheld)), milestone=True)
            case _:
                return None

    def _deleted(self, event: e.OldDeleted | e.OrphansFound | e.ValueStaged | e.Swept, at: datetime) -> Message | None:
        """A key that is gone for good: what was only switched off, or what made room for a new one."""
        if isinstance(event, e.OldDeleted):
            said = f"🗑️ The old key of {code(event.secret)}, only switched off until then, was *deleted for good*"
            before = "🗑️ Only switched off until then, and *deleted for good*: the old keys of"
            return Message((f"{said} {moment(at)}.",), alike=Alike(before, code(event.secret), ""))
        if not event.made_room:
            return None
        provider = literal(provider_name(self.incident.secrets[event.secret].entry.provider))
        said = f"🗑️ The inactive key {code(event.made_room)} was *deleted* at {provider} to make room"
        return Message((f"{said} for the new {code(event.secret)}.",))

    def _refused(self, event: e.ConsumersFailing, at: datetime) -> Message | None:
        """Told once; nobody is called while the consumer lacks another new value too: it may fail with that."""
        secret = self.incident.secrets[event.secret]
        if at == secret.new.failing_since != secret.new.blamed_at:
            other = listed([code(name) for name in lacking(self.incident, secret)]) or "another new value"
            who, lacks = f"⏳ {literal(listed(event.consumers))}: *not well*", f"It lacks {other} too,"
            untold = "so nobody can tell yet whether it accepts the new"
            alike = Alike(f"{who}. {lacks} {untold} values of", code(event.secret), "")
            said = f"{who} ({literal(event.detail)}). {lacks} {untold} {code(event.secret)}."
            return Message((said,), alike=alike)
        if at != secret.new.blamed_at:
            return None
        fail = "fails" if len(event.consumers) == 1 else "fail"
        who = f"❌ {self.mention(Right.RESPOND)} {literal(listed(event.consumers))} *{fail} with"
        alike = Alike(f"{who} the new values of*", f"{code(event.secret)} ({literal(event.detail)})", "")
        said = f"{who} the new {code(event.secret)}* ({literal(event.detail)})."
        return Message((said, "What can be done stands at the top of the card."), alike=alike, everybody=True)

    def _overdue_work(self, event: e.Reminded) -> Message:
        whose = self.whose(event.owner) if event.owner else self.mention(Right.COMMAND)
        state = "Due" if event.early else "Overdue since"
        return Message((f"⏰ {whose} {state} {day_and_time(event.at)}: {literal(event.words)}.",), everybody=True)

    def _own(self, secret: str, settings: Sequence[str]) -> Message:
        words = literal(own_words(settings, planned=self.incident.routine))
        last = "It is revoked last, after everything else."
        return self.call("🆘", Right.RESPOND, f"{code(secret)}: *{words}*", last)

    def _overdue(self, secret: str) -> Message:
        loud = f"🔴 {self.mention(Right.RESPOND)}"
        late = f"Revocation of {code(secret)} *not confirmed*: treat it as alive."
        alike = Alike(f"{loud} Revocations *not confirmed*, treat each as alive:", code(secret), "")
        if self.incident.secrets[secret].lacks_control:
            late = f"{code(secret)} is refused and *not proven dead*: no good key to ask beside it."
            alike = Alike(
                f"{loud} Refused and *not proven dead*, with no good key to ask beside each:", code(secret), ""
            )
        return Message((f"{loud} {late}",), alike=alike)

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
                loud = f"⚠️ {self.mention(Right.RESPOND)} {code(secret)}: {used}"
                return Message(
                    (f"{loud}.", "Something still lives on it, and it is revoked now all the same: find it.")
                )
            case e.OverlapHeld():
                return self._held(event)
            case e.ChannelLost(channel, reason):
                before = (
                    f"📦 {self.mention(Right.RESPOND)} The channel before this one, {channel_name(channel)}, {reason}."
                )
                return Message((before, "*The incident goes on here.* What was said before still stands there."))

    def _held(self, event: e.OverlapHeld) -> Message:
        over = f"The overlap of {code(event.secret)} is over, and *the old value lives on*"
        lines = [f"⏰ {self.mention(Right.RESPOND)} {over}."]
        if copies := event.copies:
            names = ", ".join(literal(name) for name in copies)
            lines.append(
                f"{counted(len(copies), 'copy', 'copies')} may still be served by it ({names}). "
                "Say what became of each: *Answer…* on the pinned card."
            )
        if readers := event.readers:
            lines.append(f"{literal(capitalised(readers_words(self.incident, readers)))}.")
            again = [f"*{retry_words(self.incident, function_lane(name))}*" for name in readers]
            looks = "looks" if len(again) == 1 else "look"
            lines.append(f"{listed(again)} {looks} at once, and *Revoke now…* revokes the old key anyway.")
        return Message(tuple(lines))

    def _failed(self, event: e.OperationFailed) -> Message | None:
        if event.op is Op.OPEN_CHANNEL:
            return None  # whoever reads this is in the channel
        claim = self.claims.get(event.claim)
        about = f" for {code(claim.subject)}" if claim is not None and claim.subject != self.incident.id else ""
        failed = (
            f"*{capitalised(doing(event.op, event.consumer))} failed; needs action*{about}: {literal(event.message)}"
        )
        again = f"*{retry_words(self.incident, claim.lane)}*" if claim is not None else "To try again"
        return Message((f"❌ {self.mention(Right.RESPOND)} {failed}", f"{again} on the pinned card is always safe."))

    def _halted(self, looked: Iterable[Probe]) -> Message | None:
        """Everything was halted by this look: a bystander died with the old value."""
        if not self.incident.halted or not any(probe.liveness == "dead" for probe in looked):
            return None
        halted = f"*Everything is halted*: {literal(self.incident.halted)}"
        return self.call("⛔", Right.RESPOND, halted, everybody=True)

    def _left_behind(self, event: e.AccessInspected) -> Message:
        """Once for each look that found something; each item stands behind the card's button."""
        more = _found_words(event)
        provider = provider_name(self.incident.secrets[event.secret].entry.provider)
        loud = f"🔎 {self.mention(Right.RESPOND)} Review"
        found = f"{loud} {literal(more)} at {literal(provider)}: access by {code(event.secret)} is not contained."
        item = f"{code(event.secret)} ({literal(more)})"
        return Message((found, CHECKS_BUTTON), alike=Alike(f"{loud} what these dead keys left:", item, CHECKS_BUTTON))

    def _awaited(self, secret: str, why: str) -> Message:
        return Message((why, f"Another one is needed: {self.submit(secret)}"))


def _proven(secret: str, refused_since: datetime, took: str) -> Message:
    """`took` is until the first refusal of the run that is the proof: from then on it counts as dead on every face."""
    alike = Alike("✅ Leaked and *proven dead*:", f"{code(secret)} {took}", "")
    since = moment(refused_since, seconds=True)
    said = f"✅ The leaked {code(secret)} is *proven dead*: refused since {since}, {took}."
    return Message((said,), milestone=True, alike=alike)


def _update(event: e.UpdateSent | e.UpdateDrafted) -> Message:
    if isinstance(event, e.UpdateDrafted):
        return Message((f"📣 The bot {literal(update_words(event))}",))
    place = literal(event.target) if event.target.startswith("@") else channel_name(event.target)
    return Message((f"📣 The bot {sent_words(event, place, literal)}",))


def _found_words(event: e.AccessInspected) -> str:
    """How much was found, as a phrase. An item that names one thing (`access-keys`) is counted by its name."""
    items = list(dict.fromkeys(left.item for left in event.found))
    number = len(event.found) + event.cut
    if len(items) > 1:
        return f"{counted(number, 'thing')} found in {len(items)} persistence checks"
    if " and " in items[0] or not items[0].endswith("s"):
        return f"{counted(number, 'thing')} found in “{items[0]}”"
    return counted(number, items[0].removesuffix("s"), items[0])


def _begins(digest: str) -> str:
    return f"Its SHA-256 begins {code(f'{digest[:16]}…')}."


def _to_do(incident: Incident) -> str:
    """What is owed next by those who read the report, before what else is said of it; nothing where nothing is."""
    if incident.open:
        return "It is a draft: read it, and correct its words with *Report text…* under *More…*. "
    return "Read it, then a second person presses *Sign report…* on the card. " if two_sign(incident) else ""
