"""What came of identifying a leaked value: frozen results without the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.incident.model import Target, TargetKind
from bot.model.keys import KeyRef
from bot.model.probes import Liveness


@dataclass(frozen=True)
class Sight:
    """One look at the value at its provider: `liveness` live, dead or unknown, and the keys there that it can be.

    `by_looks`: what the value has in common with them are the characters that the provider shows. `trouble` says why
    the keys could not be asked for; empty otherwise.
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
    """The value stands in no parameter; this is what the provider of a catalogued secret says of it.

    `ours` tells whether it is known to belong to the account of that secret: one that only looks like a key of it has
    to be alive for that.
    """

    secret: str
    environment: str
    provider: str
    sight: Sight
    ours: bool


@dataclass(frozen=True)
class Identification:
    """All that could be found out, never the value.

    `shapes` are the names of the known forms it has, `providers` whose keys have them; `unsupported` are those among
    them that this program has no code for. `not_searched` says which parameters could not be read: with any of those,
    "it stands nowhere" is not certain.
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
        """The target for a value that stands in no history, once `stage_unknown` has put it in its place."""
        return Target(TargetKind.CONFIRMED, self.fingerprint, None, current=False, staged=True)

    @property
    def fingerprints(self) -> frozenset[str]:
        """Those that the log may know it by: as it was given, and as it is stored."""
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
        """Of which secrets (name, environment) it is the part that opens nothing alone; none where it is more."""
        if any(found.sight is not None for found in self.holdings):
            return ()
        return tuple(dict.fromkeys((found.secret, found.environment) for found in self.holdings))
