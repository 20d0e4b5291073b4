"""The results of identifying a leaked key, frozen, without the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.incident.model import Target, TargetKind
from bot.model.keys import KeyRef
from bot.model.probes import Liveness


@dataclass(frozen=True)
class Sight:
    """One probe of the value at its provider: `liveness` live, dead or unknown, and the keys there that it may be.

    `by_looks`: the value shares only visible characters with them. `trouble` says why the keys could not be listed;
    empty if they could.
    """

    liveness: Liveness
    detail: str
    candidates: tuple[KeyRef, ...] = ()
    trouble: str = ""
    by_looks: bool = False


@dataclass(frozen=True)
class Holding:
    """A catalogued parameter that holds the value, at `versions` (oldest first); `current` if the newest is among them.

    `sight` is None for a part that opens nothing by itself, such as the id of a pair. `fingerprint` is that of the
    newest of these versions as it is stored, which may end in a newline.
    """

    secret: str
    environment: str
    provider: str
    parameter: str
    versions: tuple[int, ...]
    current: bool
    sight: Sight | None
    fingerprint: str


@dataclass(frozen=True)
class Stranger:
    """The value is in no parameter; this is the answer of the provider of a catalogued secret.

    `ours` says whether it certainly belongs to that secret's account: one that only resembles a key must be accepted
    for that.
    """

    secret: str
    environment: str
    provider: str
    sight: Sight
    ours: bool


@dataclass(frozen=True)
class Identification:
    """All findings, never the value.

    `shapes` names the known forms it has, `providers` the providers of such keys; `unsupported` are the ones without
    code in this program. `not_searched` lists unreadable parameters: with any of them, "it is in no parameter" is
    uncertain.
    """

    fingerprint: str
    shapes: tuple[str, ...]
    providers: tuple[str, ...]
    unsupported: tuple[str, ...]
    holdings: tuple[Holding, ...]
    strangers: tuple[Stranger, ...]
    not_searched: tuple[str, ...]

    def targets(self) -> Mapping[tuple[str, str], Target]:
        """By secret and environment, what a declaration names: the newest version that holds the value."""
        return {
            (found.secret, found.environment): Target(
                TargetKind.CONFIRMED, found.fingerprint, found.versions[-1], found.current
            )
            for found in self.holdings
            if found.sight is not None
        }

    @property
    def staged_target(self) -> Target:
        """The target for a value that is in no history, after `stage_unknown` has stored it."""
        return Target(TargetKind.CONFIRMED, self.fingerprint, None, current=False, staged=True)

    @property
    def fingerprints(self) -> frozenset[str]:
        """The fingerprints under which the log may know it: as given, and as stored."""
        return frozenset({self.fingerprint, *(found.fingerprint for found in self.holdings)})

    @property
    def alive(self) -> bool:
        """Whether any look found it accepted."""
        return any(sight.liveness == Liveness.LIVE for sight in self.sights)

    @property
    def sights(self) -> tuple[Sight, ...]:
        """All looks there were at a provider."""
        held = [found.sight for found in self.holdings if found.sight is not None]
        return (*held, *(found.sight for found in self.strangers))

    @property
    def half_of(self) -> tuple[tuple[str, str], ...]:
        """The secrets (name, environment) whose harmless part it is; empty if it is more than that."""
        if any(found.sight is not None for found in self.holdings):
            return ()
        return tuple(dict.fromkeys((found.secret, found.environment) for found in self.holdings))
