"""Whom it touched, as far as the log knows: whose data, who read the keys, what stopped, and who has to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.incident import events as e
from bot.incident.access.readers import principal_name, readers_of
from bot.incident.model import ReaderOutcome
from bot.incident.obligations.rules import notice_clocks
from bot.incident.state import Incident
from bot.model.secrets import Data, Outage
from bot.phrases.notices import notice_lines
from bot.phrases.times import few, listed, span
from bot.report.facts import Fact, entries, seqs

_DATA = {Data.PERSONAL: "personal data", Data.PAYMENT: "payment data", Data.CHILDREN: "children's data"}


def touched(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    opened: dict[Data, list[str]] = {}
    for name, secret in incident.secrets.items():
        if secret.entry.data is not Data.NONE:
            opened.setdefault(secret.entry.data, []).append(name)
    if opened:
        what = "; ".join(f"{_DATA[data]} ({few(names)})" for data, names in opened.items())
        yield Fact(f"Could open, according to the catalog: {what}.", (1,))
    else:
        yield Fact("None of the keys opens personal data, according to the catalog.", (1,))
    yield from _readers(incident, events)
    yield _stopped(incident, events)


def _readers(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    looked = entries(events, e.UsageRead)
    unread = [name for name in incident.secrets if name not in incident.usage]
    readers = readers_of(incident)
    bad = {p: names for p, names in readers.items() if _outcome(incident, p) is not ReaderOutcome.OURS}
    for principal, names in list(bad.items())[:3]:
        outcome = _outcome(incident, principal)
        words = {None: "nobody has accounted for it", ReaderOutcome.UNEXPLAINED: "UNEXPLAINED"}.get(
            outcome, "explained"
        )
        yield Fact(
            f"{principal_name(principal)} read {few(list(names))} before it was replaced: {words}.",
            seqs(x for x in looked if any(read.principal == principal for read in x.event.reads)),
        )
    if len(bad) > 3:
        yield Fact(f"{len(bad) - 3} more readers are in the appendix.")
    blind = sorted({each for x in looked for each in x.event.not_visible})
    where = f" Not visible there: {listed(blind)}." if blind else ""
    if looked and not bad:
        yield Fact(f"No reader but the bot and our own was seen in {looked[-1].event.source}.{where}", seqs(looked))
    if unread:
        yield Fact(f"Who read {few(unread)} has not been looked up.")


def _outcome(incident: Incident, principal: str) -> ReaderOutcome | None:
    said = incident.readers.get(principal)
    return said.outcome if said is not None else None


def _stopped(incident: Incident, events: Sequence[e.Recorded]) -> Fact:
    """How long something was without a working value: from the first refusal of the old one to the new one's life."""
    lacked = []
    for name, secret in incident.secrets.items():
        refused, live = secret.old.refused_at, secret.new.restored_at if secret.restored else None
        if refused is None or not secret.new.wanted or secret.entry.outage is Outage.NONE:
            continue
        how = "down" if secret.entry.outage is Outage.DOWN else "worse"
        if live is None:
            lacked.append(f"{name} ({how}, not over)")
        elif live - refused >= timedelta(seconds=1):
            lacked.append(f"{name} ({how} for {span(live - refused)})")
    if not lacked:
        return Fact("Nothing of the product was without a working key, as far as the log can tell.")
    return Fact(
        f"Without a working key, at most: {few(lacked)}.",
        seqs([*entries(events, e.AccessRevoked), *entries(events, e.ValueLive)]),
    )


def notices(incident: Incident) -> Iterator[Fact]:
    for clock in notice_clocks(incident):
        said = " ".join(f"{line}." for line in notice_lines(clock) if line != clock.obligation.guide)
        kept = (clock.notice.decision, clock.notice.sent)
        yield Fact(f"{clock.obligation.title}. {said}", tuple(each.seq for each in kept if each is not None))
