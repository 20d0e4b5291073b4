"""How grave an incident is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.changes import milestone, replace, responded
from bot.incident.model import By, Severity
from bot.incident.offer import RESPONDER, Offer
from bot.incident.record.abuse import AbuseSeen, abuse_seen
from bot.incident.refusals import Declined, clean, demand_responder, when
from bot.incident.state import ChosenSeverity, Incident
from bot.model.secrets import Data, Outage

# How grave it is: as a person says, or else as the facts say.


_GRAVEST = frozenset({Data.PAYMENT, Data.CHILDREN})


def severity(incident: Incident) -> Severity:
    """A person's word counts before the facts."""
    return incident.severity.severity if incident.severity is not None else by_facts(incident)[0]


def by_facts(incident: Incident) -> tuple[Severity, str]:
    """What the catalog and the declaration make of it, and the fact that it rests on."""
    entries = [secret.entry for secret in incident.secrets.values()]
    data = {entry.data for entry in entries} - {Data.NONE}
    if abuse_seen(incident) is AbuseSeen.YES:
        return Severity.SEV1, "abuse was seen"
    if grave := data & _GRAVEST:
        return Severity.SEV1, f"it opens {_listed(grave)}"
    if data and incident.public:
        return Severity.SEV1, f"it was exposed in public, and opens {_listed(data)}"
    if data:
        return Severity.SEV2, f"it opens {_listed(data)}"
    if incident.public:
        return Severity.SEV2, "it was exposed in public"
    if any(entry.outage is Outage.DOWN for entry in entries):
        return Severity.SEV2, "its end stops the product"
    return Severity.SEV3, "it was not exposed in public, and opens nobody's data"


def _listed(data: Iterable[Data]) -> str:
    return " and ".join(kind.words for kind in sorted(data))


# How the severity changes.


def evolve(incident: Incident, event: e.SeveritySet, by: By, seq: int) -> Incident:
    chosen = ChosenSeverity(event.severity, event.reason, by, seq)
    return responded(milestone(replace(incident, severity=chosen), f"{event.severity.words}"), by)


# Decisions on the severity.


def decide(incident: Incident, body: c.SetSeverity, asked: Asked) -> Events:
    """What the facts say anyway can be confirmed: then it stays, whatever the facts become."""
    demand_responder(incident, asked.actor)
    chosen = incident.severity
    if chosen is not None and chosen.severity is body.severity:
        raise Declined(f"The severity was set to {chosen.severity.words} {when(chosen.by)}. Nothing was changed.")
    return (e.SeveritySet(body.severity, clean(body.reason, "reason")),)


# Offers about the severity.


def severities(incident: Incident) -> Iterator[Offer]:
    now, (_, fact) = severity(incident), by_facts(incident)
    since = f"set by {incident.severity.by.name}" if incident.severity is not None else f"because {fact}"
    for each in Severity:
        reason = f"the incident is {now.words}, {since}"
        yield Offer(c.SetSeverity, c.SetSeverity(each, ""), each, reason, RESPONDER)
