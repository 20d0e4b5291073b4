"""What heads the report: what was accepted, broken or could not be proven, then what happened in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.incident import events as e
from bot.incident.access.checks import checks_of
from bot.incident.clocks import notification
from bot.incident.closing.open_items import open_items
from bot.incident.model import OPERATOR, CopyOutcome, Old, TargetKind
from bot.incident.old_value.own_credentials import own_words
from bot.incident.operations import Op
from bot.incident.paging.schedule import Reach, paged_at, reach
from bot.incident.state import Incident, SecretState
from bot.model.probes import Probe
from bot.phrases.events import claim_words, not_restored, trust_words
from bot.phrases.paging import reach_words
from bot.phrases.times import counted, duration, few, listed, moment
from bot.report.copies import place_words
from bot.report.facts import Fact, consumers_seen, entries, seqs

STILL_OPEN = "STILL OPEN"
UNPROVEN = "an operator at the worker's host, IDENTITY UNPROVEN,"


def warnings(incident: Incident, events: Sequence[e.Recorded], now: datetime) -> Iterator[Fact]:
    yield from _glass(events, reviewed=False)
    if incident.accepted and incident.closed is not None:
        states = [_states(incident.secrets[name]) for name in incident.accepted]
        yield _accepted(incident, listed(states), events)
    elif incident.accepted_items and incident.closed is not None:
        yield _accepted(incident, "", events)
    yield from _unreached(incident, events)
    if incident.slack_declared_untrusted:
        yield Fact("WITHOUT SLACK: whoever declared did not trust it, and nothing of this was told there.", (1,))
    for changed in entries(events, e.TrustChanged):
        sentence = trust_words(changed.event.people, slack=changed.event.slack, words=changed.event.words)
        yield Fact(f"TRUST: {sentence}.", (changed.seq,))
    for secret in incident.secrets.values():
        if secret.own:
            told = seqs(entries(events, e.OwnCredentialConcerned, secret.name)[-1:])
            yield Fact(f"THE BOT'S OWN CREDENTIAL: {secret.name} leaked, and {own_words(secret.own)}", told)
        yield from _secret_warnings(secret, events)
    yield from _glass(events, reviewed=True)
    yield from _assumed(incident, events)
    if incident.halted:
        yield Fact(f"STOPPED: {incident.halted}.", _last_probe_with_deaths(events))
    yield from _open(incident)
    clock = notification(incident)
    if clock is not None and clock.decided is None:
        late = "WAS due" if clock.due <= now else "is due"
        yield Fact(f"NO DECISION ON NOTIFICATION: {listed(clock.data)} data; it {late} by {moment(clock.due)}.", (1,))


def _unreached(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """That nobody was reached, or nobody but whoever raised it has answered, as far as anybody can tell."""
    pages = entries(events, e.PageSent)
    match reach(incident):
        case Reach.ANSWERED if paged_at(incident) is not None:
            return
        case Reach.SENT:
            told = seqs([page for page in pages if page.event.action == "trigger"][-1:])
            blind = "" if incident.page.tells else "; PagerDuty could not be asked who acknowledged"
            unanswered = seqs(entries(events, e.PageUnanswered)[-1:])
            alone = f"NOBODY HAS ANSWERED THE PAGE: nobody but {incident.raised.name} has acted{blind}."
            yield Fact(alone, (*told, *unanswered))
        case _:
            failed = [failure.seq for failure in entries(events, e.OperationFailed) if failure.event.op is Op.PAGE]
            none = [page.seq for page in pages if page.event.action == "none"]
            yield Fact(f"NOBODY WAS PAGED: {reach_words(incident)}.", (*failed[-1:], *none))


TOLD_APART = frozenset({"old", "attested", "new", "checks", "copies", "glass", "notification", "page", "step"})
"""Kinds of open items of which the head has a line already, or that are steps."""


def _accepted(incident: Incident, states: str, events: Sequence[e.Recorded]) -> Fact:
    """What was open at the close: each by the words that were accepted."""
    assert incident.closed is not None
    what = "; ".join(item.words for item in incident.accepted_items)
    what = "; ".join(filter(None, (states, what)))
    said = f"CLOSED OVER WHAT IS NOT DONE: {what}. Accepted by {incident.closed.name}: {incident.accepted_reason}"
    return Fact(said, seqs(entries(events, e.IncidentClosed)[-1:]))


def _open(incident: Incident) -> Iterator[Fact]:
    """What a close would ask for, besides what has its own line here."""
    left = [item.words for item in open_items(incident) if item.key.partition(":")[0] not in TOLD_APART]
    if incident.open and left:
        yield Fact(f"{STILL_OPEN}: {'; '.join(left)}.")


def _glass(events: Sequence[e.Recorded], *, reviewed: bool) -> Iterator[Fact]:
    """Broken glass heads the report until another person has reviewed it; after that it is one line."""
    reviews = entries(events, e.GlassReviewed)
    for broken in entries(events, e.GlassBroken):
        later = [review for review in reviews if review.seq > broken.seq]
        for name in broken.event.secrets:
            review = next((each for each in later if name in each.event.secrets), None)
            who = UNPROVEN if broken.actor == OPERATOR else broken.actor
            said = f"{who} broke the glass to kill {name} without a second person: {broken.event.reason}"
            if review is None and not reviewed:
                yield Fact(f"BROKEN GLASS, NOT REVIEWED: {said}", (broken.seq,))
            elif review is not None and reviewed:
                found = f"Reviewed by {review.actor}: {review.event.verdict}"
                yield Fact(f"Broken glass, reviewed: {said}. {found}", (broken.seq, review.seq))


def _states(secret: SecretState) -> str:
    old = secret.old_state if secret.old_state is Old.ATTESTED else secret.old_state.upper()
    unchecked = f", {checks_of([secret])}" if secret.open_checks else ""
    copies = listed([state.copy.name for state in secret.open_copies]) if secret.open_copies else ""
    uncopied = f", copies not settled: {copies}" if copies else ""
    return f"{secret.name} (old {old}, new {secret.new_state}{unchecked}{uncopied})"


def _secret_warnings(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    looked = seqs(entries(events, e.OldProbed, secret.name)[-1:]) or seqs(entries(events, e.OldCaptured, secret.name))
    match secret.old_state:
        case Old.ALIVE:
            claimed = seqs(entries(events, e.RevokedByPerson, secret.name)[-1:])
            how = f"was {claim_words(secret)}" if secret.old.claimed is not None else "has not been revoked"
            yield Fact(f"ALIVE: the old value of {secret.name} {how}.", (*claimed, *looked))
        case Old.REVOKING:
            how = claim_words(secret) if secret.old.revoked_at is None else "revoked"
            yield Fact(f"NOT PROVEN DEAD: the old value of {secret.name} was {how}, and counts as alive.", looked)
        case Old.UNPROVEN:
            yield Fact(f"UNPROVEN: the old value of {secret.name} is refused, but was never seen alive.", looked)
        case Old.ATTESTED if secret.old.attested is not None:
            said = seqs(entries(events, e.DeathAttested, secret.name)[-1:])
            yield Fact(f"ATTESTED, not proven: {secret.old.attested.name} vouches for {secret.name}'s death.", said)
        case _:
            pass
    if secret.open_checks:
        items = listed([check.item for check in secret.open_checks])
        yield Fact(f"ACCESS NOT CONTAINED: persistence checks of {secret.name} are open: {items}.")
    yield from _copies(secret, events)
    if secret.old.reappeared:
        places = listed(secret.old.reappeared)
        yield Fact(
            f"BACK AGAIN: the old value of {secret.name} stands in {places}, where it was not left.",
            seqs(entries(events, e.OldValueReappeared, secret.name)[-1:]),
        )
    if not secret.restored:
        yield Fact(
            f"NOT RESTORED: the new value of {secret.name} is {not_restored(secret)}.",
            consumers_seen(secret, events),
        )


def _copies(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Those that nobody has settled, and those in which somebody lets the old value stay."""
    if secret.open_copies:
        places = listed([place_words(state) for state in secret.open_copies])
        yield Fact(f"COPIES NOT SETTLED: the old value of {secret.name} may still stand in {places}.")
    for state in secret.copies.values():
        if state.outcome is CopyOutcome.ACCEPTED and state.settled is not None:
            said = [one for one in entries(events, e.CopySettled, secret.name) if one.event.copy == state.copy.name]
            kept = f"{state.settled.name} accepts that the old value of {secret.name} stays in {place_words(state)}"
            yield Fact(f"COPY ACCEPTED: {kept}: {state.note}", seqs(said[-1:]))


def _assumed(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """One line for all of them: a leaked `.env` must not bury what else heads the report."""
    names = [name for name, secret in incident.secrets.items() if secret.target.kind is TargetKind.ASSUMED]
    if not names:
        return
    captured = [seq for name in names for seq in seqs(entries(events, e.OldCaptured, name)[-1:])]
    which = f"value of {names[0]} with the one that was" if len(names) == 1 else f"values of {few(names)} with those"
    ended = "ended" if len(names) == 1 else "that were ended"
    yield Fact(f"ASSUMED TARGET: nobody compared the leaked {which} {ended}.", tuple(captured))


def _last_probe_with_deaths(events: Sequence[e.Recorded]) -> tuple[int, ...]:
    """Of the last look that halted everything."""
    looks: list[tuple[int, tuple[Probe, ...]]] = []
    looks += [(p.seq, p.event.bystanders) for p in entries(events, e.OldProbed)]
    looks += [(s.seq, s.event.probes) for s in entries(events, e.SiblingsSeen) if s.event.after]
    return tuple(sorted(seq for seq, seen in looks if any(probe.liveness == "dead" for probe in seen))[-1:])


def summary(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    names = few(tuple(incident.secrets))
    public = "Strangers could read it." if incident.public else "It is not known to have been public."
    yield Fact(f"{incident.declared.name} declared a leak of {names} in {incident.environment}. {public}", (1,))
    yield Fact(f"How it was noticed: {incident.notice}", (1,))
    gone = [s for s in incident.secrets.values() if s.old.contained_at is not None]
    total = len(incident.secrets)
    if gone:
        last = max(s.old.contained_at for s in gone if s.old.contained_at is not None)
        yield Fact(
            f"{len(gone)} of {counted(total, 'old value')} proven dead, the last key dead "
            f"{duration((last - incident.declared.at).total_seconds())} after the declaration.",
            seqs(entries(events, e.OldProvenDead)),
        )
    else:
        yield Fact(f"None of {counted(total, 'old value')} is proven dead.")
    checks = checks_of(incident.secrets.values())
    if checks.every:
        yield Fact(f"Persistence checks: {f'{checks.open} of {checks.every} open' if checks.open else 'all ended'}.")
    wanted = [s for s in incident.secrets.values() if s.new.wanted]
    live = [s.new.restored_at for s in wanted if s.restored and s.new.restored_at is not None]
    if live:
        yield Fact(
            f"{len(live)} of {counted(len(wanted), 'replacement')} live, the last one "
            f"{duration((max(live) - incident.declared.at).total_seconds())} after the declaration.",
            seqs([*entries(events, e.ValueLive), *entries(events, e.ConsumersAsked)]),
        )
    elif wanted:
        yield Fact(f"None of {counted(len(wanted), 'replacement')} is live.")
