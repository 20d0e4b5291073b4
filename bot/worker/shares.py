"""Whose work gets a thread: shares of the pool by the kind of lane, and of each share at most half for one provider."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.incident.lanes import Lane, LaneKind
from bot.incident.operations import Work
from bot.incident.state import Incident

type Share = LaneKind | None
type Shares = Mapping[Share, int]

SHARES: Shares = {
    LaneKind.OLD: 24,
    LaneKind.NEW: 12,
    LaneKind.FUNCTION: 8,
    LaneKind.USAGE: 4,
    LaneKind.USE: 4,
    LaneKind.ACCESS: 4,
    None: 8,
}
"""Threads by the kind of lane, all others last. Work that waits for one quota must not block the rest: a hundred
revocations would delay the first new key, and making values, at three writes a second, the functions that are ready
for one.
"""


def share_of(shares: Shares, lane: Lane) -> Share:
    return lane.kind if lane.kind in shares else None


def room_for(shares: Shares, running: Collection[tuple[str, Lane]], incident: Incident, work: Work) -> bool:
    """Whether it can start beside the running lanes, each with its incident. A slow provider gets half of a share, so
    that it delays only its own lanes.
    """
    share = share_of(shares, work.lane)
    alike = [(owner, lane) for owner, lane in running if share_of(shares, lane) == share]
    if len(alike) >= shares[share]:
        return False
    provider = provider_of(incident, work)
    if not provider:
        return True
    others = (incident.secrets.get(lane.subject) for owner, lane in alike if owner == incident.id)
    busy = sum(1 for secret in others if secret is not None and secret.entry.provider == provider)
    return busy < max(shares[share] // 2, 1)


def provider_of(incident: Incident, work: Work) -> str:
    """That of the secret which the work is about; empty for all else."""
    secret = incident.secrets.get(work.subject)
    return secret.entry.provider if secret is not None else ""
