"""Whom it touched, as far as the log knows: whose data, who read the keys, what stopped, and who has to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident import events as e
from bot.incident.access.checks import found_by_checks
from bot.incident.access.readers import principal_name, readers_of
from bot.incident.clocks import gap
from bot.incident.model import ReaderOutcome
from bot.incident.obligations.rules import NoticeClock, fact_of, notice_clocks
from bot.incident.record.abuse import NO_ABUSE, abuse_said
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import audiences
from bot.model.secrets import Data, Outage
from bot.phrases.access import access_words, copy_words, place_words, settled_words
from bot.phrases.notices import notice_lines
from bot.phrases.readers import cut_off_words
from bot.phrases.times import counted, few, listed, moment, sentences, span
from bot.report.facts import Entry, Fact, entries, seqs

_ENDS_OF_GAPS = (e.AccessRevoked, e.RevokedByPerson, e.ValueLive)

_FOUND = 3
"""So many checks that found something are told; the appendix has each."""

_WORDS = {
    ReaderOutcome.OURS: "ours",
    ReaderOutcome.EXPLAINED: "explained",
    ReaderOutcome.UNEXPLAINED: "UNEXPLAINED",
    ReaderOutcome.REMOVED: "UNEXPLAINED, its access is taken away",
}


def touched(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    opened: dict[Data, list[str]] = {}
    for name, secret in incident.secrets.items():
        if secret.entry.data is not Data.NONE:
            opened.setdefault(secret.entry.data, []).append(name)
    if opened:
        what = "; ".join(f"{data.words} ({few(names)})" for data, names in opened.items())
        yield Fact(f"Could open, according to the catalog: {what}.", (1,))
    else:
        yield Fact("None of the keys opens personal data, according to the catalog.", (1,))
    yield _used(incident, events)
    yield from _readers(incident, events)
    yield _stopped(incident, events)
    yield from _told(incident, events)


def _used(incident: Incident, events: Sequence[e.Recorded]) -> Fact:
    """Whether anybody was seen to use what leaked, as people said."""
    if seen := entries(events, e.AbuseRecorded):
        last = seen[-1]
        names = few(list(dict.fromkeys(one.event.secret for one in seen)))
        return Fact(f"SEEN IN USE by others: {names}. {last.event.text} ({last.actor}, {moment(last.at)})", seqs(seen))
    said, found = abuse_said(incident), _found(incident, events)
    if said is None:
        return Fact(f"Whether anybody used them: nobody has said so yet.{found.text}", found.seqs)
    what = "Nobody was seen to use them" if said.what == NO_ABUSE else "Whether anybody used them is not known"
    words = f"{what}: {said.text} ({said.by.name}, {moment(said.by.at)})"
    return Fact(f"{words}{f'.{found.text}' if found.text else ''}", (said.seq, *found.seqs))


def _found(incident: Incident, events: Sequence[e.Recorded]) -> Fact:
    """What stands against it: what persistence checks found that nobody has called ours. Without text if nothing."""
    found = list(found_by_checks(incident.secrets.values()))
    if not found:
        return Fact("")
    told = [f"{name}, {check.item}: {settled_words(check)}" for name, check in found]
    ended = {(one.event.secret, one.event.item): one.seq for one in entries(events, e.CheckEnded)}
    looked = {(x.event.secret, item): x.seq for x in entries(events, e.AccessInspected) for item in x.event.items}
    where = [(name, check.item) for name, check in found]
    count = counted(len(found), "persistence check")
    return Fact(
        f" But {count} found something: {'; '.join(told[:_FOUND]).rstrip('.')}"
        f"{f'; and {len(told) - _FOUND} more' if len(told) > _FOUND else ''}.",
        tuple(kept[key] for kept in (ended, looked) for key in where if key in kept),
    )


def _told(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Who was told by status updates, and when first."""
    first: dict[str, Entry[e.UpdateSent]] = {}
    for sent in entries(events, e.UpdateSent):
        if not sent.event.missing:
            first.setdefault(sent.event.audience, sent)
    if first:
        said = [f"{audience} at {one.at:%H:%M}" for audience, one in first.items()]
        yield Fact(f"Told by status updates, first: {few(said)}.", seqs(first.values()))
    elif any(True for _ in audiences(incident)):
        yield Fact("No status update has gone out.")


def _readers(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    looked = entries(events, e.UsageRead)
    unread = [name for name in incident.secrets if name not in incident.usage]
    readers = readers_of(incident)
    bad = {p: names for p, names in readers.items() if _outcome(incident, p) is not ReaderOutcome.OURS}
    for principal, names in list(bad.items())[:3]:
        outcome = _outcome(incident, principal)
        words = "nobody has accounted for it" if outcome is None else _WORDS[outcome]
        were = "it was" if len(names) == 1 else "they were"
        yield Fact(
            f"{principal_name(principal)} read {few(list(names))} before {were} replaced: {words}.",
            seqs(x for x in looked if any(read.principal == principal for read in x.event.reads)),
        )
    if len(bad) > 3:
        yield Fact(f"{len(bad) - 3} more readers are in the appendix.")
    blind = sorted({each for x in looked for each in x.event.not_visible})
    where = f" Not visible there: {sentences(blind)}" if blind else ""
    if looked and not bad:
        yield Fact(f"No reader but the bot and our own was seen in {looked[-1].event.source}.{where}", seqs(looked))
    if cut := cut_off_words(incident):
        yield Fact(cut, seqs(x for x in looked if x.event.truncated))
    if unread:
        yield Fact(f"Who read {few(unread)} has not been looked up.")


def _outcome(incident: Incident, principal: str) -> ReaderOutcome | None:
    said = incident.readers.get(principal)
    return said.outcome if said is not None else None


def _stopped(incident: Incident, events: Sequence[e.Recorded]) -> Fact:
    """How long something was without a working value."""
    lacked, refused = [], set()
    for name, secret in incident.secrets.items():
        found = gap(secret)
        if found is None or secret.entry.outage is Outage.NONE:
            continue
        refused |= {x.seq for x in entries(events, e.OldProbed, name) if x.at == found.since}
        how = "down" if secret.entry.outage is Outage.DOWN else "worse"
        if found.until is None:
            lacked.append(f"{name} ({how}, not over)")
        else:
            lacked.append(f"{name} ({how} for {span(found.until - found.since)})")
    if not lacked:
        return Fact(
            "Nothing of the product was without a working key for a second or longer, as far as the log can tell."
        )
    return Fact(
        f"Without a working key, at most: {few(lacked)}.",
        tuple(sorted({*refused, *(seq for kind in _ENDS_OF_GAPS for seq in seqs(entries(events, kind)))})),
    )


def notices(incident: Incident) -> Iterator[Fact]:
    """A line for each notice. Facts that a decision rests on come before them, once for all decisions on the same."""
    clocks = notice_clocks(incident)
    decided: dict[tuple[str, ...], list[NoticeClock]] = {}
    for clock in clocks:
        if clock.notice.decision is not None:
            decided.setdefault(clock.notice.decision.facts, []).append(clock)
    for facts, together in decided.items():
        which = "" if len(decided) == 1 else f" on {listed([f'“{clock.obligation.title}”' for clock in together])}"
        kept = tuple(clock.notice.decision.seq for clock in together if clock.notice.decision is not None)
        yield Fact(f"Decided{which} on these facts: {'; '.join(_put_together(incident, facts))}.", kept)
    for clock in clocks:
        lines = [line for line in notice_lines(clock, facts=False) if line != clock.obligation.guide]
        both = (clock.notice.decision, clock.notice.sent)
        said = f"{clock.obligation.title}. {sentences(lines)}"
        yield Fact(said, tuple(each.seq for each in both if each is not None))


def _put_together(incident: Incident, facts: Sequence[str]) -> Iterator[str]:
    """Facts as a decision keeps them; keys that open the same kind of data in one."""
    opened: dict[str, list[str]] = {}
    rest = list(facts)
    for name, secret in incident.secrets.items():
        if (fact := fact_of(incident, secret)) in rest:
            rest.remove(fact)
            opened.setdefault(secret.entry.data.words, []).append(name)
    for what, names in opened.items():
        yield f"{few(names)} ({incident.environment}) {'opens' if len(names) == 1 else 'open'} {what}"
    yield from rest


# What may outlive a dead key, as the report has it: each item of the checklist, with the events that say so.


def access_facts(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Nothing where the provider has no checklist."""
    if not secret.checks:
        return
    read = entries(events, e.AccessInspected, secret.name)
    yield Fact(access_words(incident, secret))
    for check in secret.checks.values():
        said = [one for one in entries(events, e.CheckEnded, secret.name) if one.event.item == check.item]
        looked = [one for one in read if check.item in one.event.items]
        yield Fact(f"{check.item}: {settled_words(check).rstrip('.')}.", (*seqs(looked[-1:]), *seqs(said[-1:])))
    if read and read[-1].event.cut:
        yield Fact(f"{counted(read[-1].event.cut, 'finding')} more were read than are kept here.", seqs(read[-1:]))


# Copies of a secret beside its parameter, as the report has them: each with the event in which somebody settled it.


def copy_facts(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What people said of each; nobody has looked whether it is so."""
    for state in secret.copies.values():
        said = [one for one in entries(events, e.CopySettled, secret.name) if one.event.copy == state.copy.name]
        yield Fact(f"{place_words(state)}. {copy_words(state).rstrip('.')}.", seqs(said[-1:]))
