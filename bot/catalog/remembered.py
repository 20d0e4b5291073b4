"""What the catalog would say of readers and uses that people have called ours: proposed, since people review that
file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from ipaddress import ip_address, ip_network

from bot.catalog.catalog import Catalog
from bot.incident import events as e
from bot.incident.access.made import learned
from bot.incident.model import BOT, ReaderOutcome
from bot.incident.state import Incident, Reader
from bot.model.reads import Read
from bot.proofs.principals import is_principal, without_session

REMEMBERED = timedelta(days=90)
SOON = timedelta(days=14)
BECAUSE = 200
"""Characters of a note."""


def proposed(incident: Incident, events: Iterable[e.Recorded], today: date) -> list[dict[str, object]]:
    """Entries of `ours`: one for each principal that a person called ours, bound to the seen secrets, networks and
    programs, and to `REMEMBERED`. None for one that cannot be bound; people identify it again.
    """
    reads: dict[str, list[tuple[str, Read]]] = {}
    for each in events:
        if isinstance(each.event, e.UsageRead):
            for read in each.event.reads:
                reads.setdefault(read.principal, []).append((each.event.secret, read))
    entries = (_entry(incident, name, said, reads.get(name, []), today) for name, said in incident.readers.items())
    return [entry for entry in entries if entry is not None]


def _entry(
    incident: Incident, principal: str, said: Reader, reads: list[tuple[str, Read]], today: date
) -> dict[str, object] | None:
    networks = sorted({network for _, read in reads for network in _network(read.address)})
    agents = sorted({read.agent for _, read in reads if read.agent and "*" not in read.agent})
    ours = said.outcome is ReaderOutcome.OURS and said.by.name != BOT.name
    if not (ours and networks and agents and is_principal(principal)):
        return None
    note = " ".join(said.note.split())[:BECAUSE] or "called ours"
    return {
        "principal": without_session(principal),
        "because": f"{note} ({said.by.name}, {incident.id})",
        "secrets": sorted({secret for secret, _ in reads}),
        "only-in": [incident.environment],
        "networks": networks,
        "agents": agents,
        "until": (today + REMEMBERED).isoformat(),
    }


def proposed_uses(incident: Incident, today: date) -> list[dict[str, object]]:
    """Entries with `used-from` of each secret for which a person called a use ours: bound to its address and program,
    and to `REMEMBERED`.
    """
    found: list[dict[str, object]] = []
    for secret in incident.secrets.values():
        entries = [
            {
                "because": f"{' '.join(why.split())[:BECAUSE]} ({incident.id})",
                "networks": networks,
                **({"agents": [agent]} if agent else {}),
                "until": (today + REMEMBERED).isoformat(),
            }
            for (_, address, agent), why in learned(secret).items()
            if (networks := list(_network(address))) and "*" not in agent
        ]
        found += [{"name": secret.name, "used-from": entries}] if entries else []
    return found


def _network(address: str) -> Iterator[str]:
    """The 256 addresses around an IPv4 address, the network of an IPv6 one, the name of a service."""
    try:
        yield str(ip_network(f"{address}/{24 if ip_address(address).version == 4 else 64}", strict=False))
    except ValueError:
        if address.endswith(".amazonaws.com"):
            yield address


def running_out(catalog: Catalog, today: date) -> Iterator[str]:
    """Who is asked about again, or will be soon, as a phrase each."""
    for each in catalog.ours:
        if each.until is not None and each.until < today + SOON:
            yield f"{each.principal} {'ran out on' if each.until < today else 'runs out after'} {each.until}"
