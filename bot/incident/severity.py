"""How grave an incident is, by the catalog and the declaration."""

from __future__ import annotations

from collections.abc import Iterable

from bot.incident.model import Severity
from bot.incident.record.rules import AbuseSeen, abuse_seen
from bot.incident.state import Incident
from bot.model.secrets import Data, Outage

_GRAVEST = frozenset({Data.PAYMENT, Data.CHILDREN})


def severity(incident: Incident) -> Severity:
    return by_facts(incident)[0]


def by_facts(incident: Incident) -> tuple[Severity, str]:
    """The severity, and the fact behind it."""
    entries = [secret.entry for secret in incident.secrets.values()]
    data = {entry.data for entry in entries} - {Data.NONE}
    if abuse_seen(incident) is AbuseSeen.YES:
        return Severity.SEV1, "abuse was seen"
    if grave := data & _GRAVEST:
        return Severity.SEV1, f"it gives access to {_listed(grave)}"
    if data and incident.public:
        return Severity.SEV1, f"it was public and gives access to {_listed(data)}"
    if data:
        return Severity.SEV2, f"it gives access to {_listed(data)}"
    if incident.public:
        return Severity.SEV2, "it was public"
    if any(entry.outage is Outage.DOWN for entry in entries):
        return Severity.SEV2, "revoking it stops the product"
    return Severity.SEV3, "it was not public and gives access to no personal data"


def _listed(data: Iterable[Data]) -> str:
    return " and ".join(kind.words for kind in sorted(data))
