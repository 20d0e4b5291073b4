"""The questions of the first page, as far as the log knows: was it used, whom did it affect, whom must we tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.incident import events as e
from bot.incident.access.checks import checks_of, found_by_checks
from bot.incident.access.readers import principal_name, readers_of
from bot.incident.access.sessions import policy_name
from bot.incident.clocks import gap
from bot.incident.model import ReaderOutcome
from bot.incident.obligations.rules import NoticeClock, fact_of, notice_clocks
from bot.incident.record.rules import AbuseSeen, Verdict, abuse_said, abuse_seen, abused, all_used
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import audiences
from bot.model.secrets import Data, Outage
from bot.phrases.access import access_words, copy_words, place_words, settled_words
from bot.phrases.marks import plain
from bot.phrases.notices import Telling, notice_lines
from bot.phrases.readers import cut_off_words
from bot.phrases.states import capitalised
from bot.phrases.times import counted, few, listed, moment, sentences, span
from bot.phrases.uses import reaches, row_words, uses_words, verdict_words
from bot.report.facts import Entry, Fact, entries, seqs

_ENDS_OF_GAPS = (e.AccessRevoked, e.RevokedByPerson, e.ValueLive)

_NOTICE_TO = "Notice to "

_BY_THE_MINUTE = Telling(lambda at: f"{at:%Y-%m-%d %H:%M} UTC")

_FOUND = 3
"""The most rows of one key, and checks with findings, that are named; the appendix has each."""
_BECAME = {
    (True, False): "Made by others, NOT UNDONE",
    (False, True): "Made by others and undone; the bot saw that it is gone",
    (False, False): "Made by others and undone, as people said",
}
"""By whether a check is open, and whether the bot saw that the thing is gone."""

_WORDS = {
    ReaderOutcome.OURS: "ours",
    ReaderOutcome.EXPLAINED: "explained",
    ReaderOutcome.UNEXPLAINED: "UNEXPLAINED",
    ReaderOutcome.REMOVED: "NOT IDENTIFIED, access removed",
}


@dataclass(frozen=True)
class Question:
    """A question of the first page: its answer in a few words, and the facts behind it, each with its source."""

    title: str
    answer: str
    facts: tuple[Fact, ...]


def questions(incident: Incident, events: Sequence[e.Recorded], impact: Sequence[Fact]) -> Iterator[Question]:
    """`impact` is what people wrote about it."""
    yield Question("Was it used?", _used_answer(incident), tuple(_used(incident, events)))
    affected = (*impact, _stopped(incident, events), *_reachable(incident, events))
    yield Question("Customers affected?", _affected_answer(incident), affected)
    told = (*notices(incident), *_told(incident, events))
    yield Question("Must we tell somebody?", _tell_answer(incident), told)


def _used_answer(incident: Incident) -> str:
    match abuse_seen(incident):
        case AbuseSeen.YES:
            return f"Yes: {few(abused(incident))}"
        case AbuseSeen.NO:
            found = any(True for _ in found_by_checks(incident.secrets.values()))
            return "None seen, but checks found something" if found else "None seen"
        case AbuseSeen.UNKNOWN:
            every = all_used(incident)
            if others := [each.secret for each in every if each.verdict is Verdict.OTHERS]:
                return f"Unknown. By others, it seems: {few(others)}"
            ours = sum(each.verdict is Verdict.OURS for each in every)
            return f"Unknown. Only our use seen: {ours} of {counted(len(every), 'key')}" if ours else "Unknown"


def _used(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """People's word on it, then what the readers and the backdoor checks show."""
    if seen := entries(events, e.AbuseRecorded):
        last = seen[-1]
        yield Fact(f"{last.event.text} ({last.actor}, {moment(last.at)})", seqs(seen))
    elif (said := abuse_said(incident)) is not None:
        yield Fact(f"{said.text} ({said.by.name}, {moment(said.by.at)})", (said.seq,))
    else:
        yield Fact("Not answered yet.")
    yield from _seen_in_use(incident)
    yield from _found(incident, events)
    yield from _readers(incident, events)
    checks = checks_of(incident.secrets.values())
    if checks.every:
        left = f"{checks.open} of {checks.every} open" if checks.open else f"all {checks.every} answered"
        yield Fact(f"Backdoor checks: {left}.", seqs(entries(events, e.CheckEnded)))


_READ = {AbuseSeen.YES: "possible", AbuseSeen.NO: "no sign of it", AbuseSeen.UNKNOWN: "unknown"}


def _affected_answer(incident: Incident) -> str:
    lacked = [secret.entry.outage for secret in incident.secrets.values() if gap(secret) is not None]
    service = "No outage seen"
    if Outage.DOWN in lacked:
        service = "Service down"
    elif Outage.DEGRADED in lacked:
        service = "Service degraded"
    opened = any(secret.entry.data is not Data.NONE for secret in incident.secrets.values())
    return f"{service}; data read: {_READ[abuse_seen(incident)]}" if opened else service


def _reachable(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What the keys could do, a line for each; whose data they open is the catalog's word."""
    if all(secret.entry.data is Data.NONE for secret in incident.secrets.values()):
        yield Fact("None of the keys gives access to personal data, according to the catalog.", (1,))
    looks = [*entries(events, e.SnapshotTaken), *entries(events, e.KeyLookedUp)]
    for words, names in reaches(incident).items():
        seen = seqs(look for look in looks if look.event.secret in names)
        yield Fact(f"What {few(list(names))} could do: {plain(words)}.", seen or (1,))


def _tell_answer(incident: Incident) -> str:
    clocks = notice_clocks(incident)
    sent = sum(clock.notice.sent is not None for clock in clocks)
    owed = sum(clock.owed for clock in clocks)
    undecided = sum(not clock.decided for clock in clocks)
    counts = (
        (undecided, "NOT DECIDED"),
        (owed, "NOT SENT YET"),
        (sent, "sent"),
        (len(clocks) - undecided - owed - sent, "not required"),
    )
    said = ", ".join(f"{number} {words}" for number, words in counts if number)
    return f"{counted(len(clocks), 'notice')}: {said}" if clocks else "The known facts require no notice"


def _seen_in_use(incident: Incident) -> Iterator[Fact]:
    """What the providers' records say, key by key, with the worst rows. The appendix has each row."""
    for each in all_used(incident):
        look = incident.secrets[each.secret].use
        if look is not None:
            blind = f" Not visible there: {sentences(look.found.not_visible)}" if each.verdict is Verdict.OURS else ""
            yield Fact(f"{each.secret}: {plain(verdict_words(incident, each))}.{blind}", (look.seq,))
            yield from (Fact(plain(row_words(use)), (look.seq,)) for use in each.strange[:_FOUND])
    if unseen := [name for name, secret in incident.secrets.items() if secret.use is None]:
        yield Fact(f"{listed(unseen)}: unknown: the bot has read no record of use.")


def use_facts(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """The rows of the last look, with what it cannot show and where each single use is kept."""
    for look in entries(events, e.UseLookedUp, secret.name)[-1:]:
        found = look.event.found
        here = (look.seq,)
        yield Fact(f"{capitalised(uses_words(found))}. Not visible there: {sentences(found.not_visible)}", here)
        for use in found.uses:
            ours = f" Ours: {use.ours}." if use.ours else ""
            yield Fact(f"{plain(row_words(use))}{ours}", here)
        if found.dropped:
            yield Fact(f"{counted(found.dropped, 'row')} more are in the file.", here)
        if look.event.digest:
            file = f"{look.event.rows.rpartition('/')[2]}, SHA-256 {look.event.digest}"
            yield Fact(f"Each use is a line of {file}. It may hold personal data, such as addresses.", here)


def _found(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Findings of checks that no one has identified as ours: everything that the leaked keys made, by what became of
    it; of other checks a line for each, the open ones first.
    """
    ended = {(one.event.secret, one.event.item): one.seq for one in entries(events, e.CheckEnded)}
    looked = {(x.event.secret, item): x.seq for x in entries(events, e.AccessInspected) for item in x.event.items}
    made: dict[str, dict[str, list[str]]] = {}
    sources: dict[str, list[int]] = {}
    others: list[Fact] = []
    for name, check in sorted(found_by_checks(incident.secrets.values()), key=lambda each: not each[1].open):
        key, use = (name, check.item), incident.secrets[name].use
        here = tuple(kept[key] for kept in (ended, looked) if key in kept)
        if check.undo is None or use is None:
            words = f"Found by a backdoor check: {name}, {check.item}: {settled_words(check).rstrip('.')}."
            others.append(Fact(words, here))
            continue
        became = _BECAME[check.open, check.seen_gone]
        made.setdefault(became, {}).setdefault(name, []).append(check.item)
        sources.setdefault(became, []).extend((use.seq, *here))
    for became, things in made.items():
        said = "; ".join(f"with {name} {listed(items)}" for name, items in things.items())
        yield Fact(f"{became}: {said}.", tuple(dict.fromkeys(sources[became])))
    yield from others[:_FOUND]
    if len(others) > _FOUND:
        yield Fact(f"{counted(len(others) - _FOUND, 'more backdoor check')} found something.")
    yield from _denied(incident, events)


def _denied(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Sessions that two people ended, and whether the policy stays."""
    for role, deny in incident.denies.items():
        until = f"{deny.until:%Y-%m-%d %H:%M} UTC"
        left = "it stays until a person removes it" if deny.lifted is None else f"{deny.lifted.name} has it removed"
        seen = "" if deny.seen_at is not None else ". Not seen by the bot yet"
        said = f"Policy {policy_name(incident)} denies sessions of role {role} opened before {until}"
        kinds = e.DenyAgreed | e.DenyLifted | e.DenySeen
        here = tuple(each.seq for each in events if isinstance(each.event, kinds) and each.event.role == role)
        yield Fact(f"{said}, as {deny.by.name} agreed; {left}{seen}.", here)


def _told(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """The recipients of status updates, and the time of the first."""
    first: dict[str, Entry[e.UpdateSent]] = {}
    for sent in entries(events, e.UpdateSent):
        if not sent.event.missing:
            first.setdefault(sent.event.audience, sent)
    if first:
        said = [f"{audience} at {one.at:%H:%M}" for audience, one in first.items()]
        yield Fact(f"First status updates: {few(said)}.", seqs(first.values()))
    elif any(True for _ in audiences(incident)):
        yield Fact("No status update was sent.")


def _readers(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    looked = entries(events, e.UsageRead)
    unread = [name for name in incident.secrets if name not in incident.usage]
    readers = readers_of(incident)
    bad = {p: names for p, names in readers.items() if _outcome(incident, p) is not ReaderOutcome.OURS}
    for principal, names in list(bad.items())[:3]:
        seen = [x for x in looked if any(read.principal == principal for read in x.event.reads)]
        were = "it was" if len(names) == 1 else "they were"
        source = f" (seen in {seen[-1].event.source.partition(' (')[0]})" if seen else ""
        read = f"{principal_name(principal)} read {few(list(names))} before {were} replaced{source}"
        said = entries(events, e.ReaderAccounted)
        answers = seqs([one for one in said if one.event.principal == principal][-1:])
        yield Fact(f"{read}: {_identified(incident, principal)}.", (*seqs(seen), *answers))
    if len(bad) > 3:
        yield Fact(f"{len(bad) - 3} more readers are in the appendix.")
    blind = sorted({each for x in looked for each in x.event.not_visible})
    where = f" Not visible there: {sentences(blind)}" if blind else ""
    if looked and not bad:
        yield Fact(f"Only the bot and our own readers were seen in {looked[-1].event.source}.{where}", seqs(looked))
    if cut := cut_off_words(incident):
        yield Fact(cut, seqs(x for x in looked if x.event.truncated))
    if unread:
        yield Fact(f"Readers of {few(unread)} not looked up.")


def _identified(incident: Incident, principal: str) -> str:
    said = incident.readers.get(principal)
    if said is None:
        return "not identified"
    note = f": {said.note.removesuffix('.')}" if said.note else ""
    return f"{_WORDS[said.outcome]} (by {said.by.name}){note}"


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
        return Fact("The product had a working key all the time, as far as the log shows.")
    return Fact(
        f"Degraded, at most: {few(lacked)}.",
        tuple(sorted({*refused, *(seq for kind in _ENDS_OF_GAPS for seq in seqs(entries(events, kind)))})),
    )


def notices(incident: Incident) -> Iterator[Fact]:
    """A line for all notices with the same result. Facts that a decision rests on come before them, once for all
    decisions on the same.
    """
    clocks = notice_clocks(incident)
    decided: dict[tuple[str, ...], list[NoticeClock]] = {}
    alike: dict[str, list[NoticeClock]] = {}
    for clock in clocks:
        if clock.notice.decision is not None:
            decided.setdefault(clock.notice.decision.facts, []).append(clock)
        lines = [line for line in notice_lines(clock, _BY_THE_MINUTE, facts=False) if line != clock.obligation.guide]
        alike.setdefault(sentences(lines), []).append(clock)
    for facts, together in decided.items():
        which = "" if len(decided) == 1 else f" on {listed([f'“{one.obligation.title}”' for one in together])}"
        kept = tuple(clock.notice.decision.seq for clock in together if clock.notice.decision is not None)
        yield Fact(f"Decided{which} on these facts: {'; '.join(_put_together(incident, facts))}.", kept)
    for said, together in alike.items():
        both = (each for clock in together for each in (clock.notice.decision, clock.notice.sent))
        yield Fact(f"{_titles(together)}. {said}", tuple(each.seq for each in both if each is not None))


def _titles(clocks: Sequence[NoticeClock]) -> str:
    """``Notice to the supervisory authority, the people affected and the insurer``: the shared beginning once."""
    titles = [clock.obligation.title for clock in clocks]
    if not all(title.startswith(_NOTICE_TO) for title in titles):
        return "; ".join(titles)
    return f"{_NOTICE_TO}{listed([title.removeprefix(_NOTICE_TO) for title in titles])}"


def _put_together(incident: Incident, facts: Sequence[str]) -> Iterator[str]:
    """Facts as a decision keeps them; keys that open the same kind of data in one."""
    opened: dict[str, list[str]] = {}
    rest = list(facts)
    for name, secret in incident.secrets.items():
        if (fact := fact_of(incident, secret)) in rest:
            rest.remove(fact)
            opened.setdefault(secret.entry.data.words, []).append(name)
    for what, names in opened.items():
        yield f"{few(names)} ({incident.environment}) {'gives' if len(names) == 1 else 'give'} access to {what}"
    yield from rest


# What may outlive a dead key, as the report has it: each item of the checklist, with the events that say so.


def access_facts(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """How the key was used; then its checks, nothing where the provider has no checklist."""
    yield from use_facts(secret, events)
    if not secret.checks:
        return
    read = entries(events, e.AccessInspected, secret.name)
    yield Fact(access_words(incident, secret))
    for check in secret.checks.values():
        said = [one for one in entries(events, e.CheckEnded, secret.name) if one.event.item == check.item]
        item = (check.undo.item if check.undo is not None else "") or check.item
        looked = [one for one in read if item in one.event.items]
        used = entries(events, e.UseLookedUp, secret.name)[-1:] if check.undo is not None else ()
        here = (*seqs(used), *seqs(looked[-1:]), *seqs(said[-1:]))
        yield Fact(f"{check.item}: {settled_words(check).rstrip('.')}.", here)
    if read and read[-1].event.cut:
        yield Fact(f"{counted(read[-1].event.cut, 'finding')} more were read and are not kept here.", seqs(read[-1:]))


# Copies of a secret beside its parameter, as the report has them: each with the event in which someone settled it.


def copy_facts(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """People's answers about each copy; the bot cannot check them."""
    for state in secret.copies.values():
        said = [one for one in entries(events, e.CopySettled, secret.name) if one.event.copy == state.copy.name]
        yield Fact(f"{place_words(state)}. {copy_words(state).rstrip('.')}.", seqs(said[-1:]))
