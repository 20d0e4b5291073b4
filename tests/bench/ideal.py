"""The ideal schedule: how fast the very calls that were made could have been made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.consumers.aws_lambda.functions import CALLS_A_SECOND as LAMBDA_RATE
from bot.incident.state import Incident, SecretState
from bot.providers.building import CALLS_A_SECOND as PROVIDER_RATE
from bot.providers.building import CALLS_BURST as PROVIDER_BURST
from bot.vault.ssm import CHANGES_A_SECOND, READS_A_SECOND
from tests.bench.calls import Call
from tests.bench.delays import Delays, Pace

PUTS = "ssm puts"
BEFORE = frozenset({"capture", "snapshot", "read-scopes"})
"""Operations that both tracks of a secret wait for."""
ENDING = frozenset({"last-use", "revoke"})
"""To look who uses it, where that shows in sessions which the revocation closes; and the revocation."""
TRACKS = ("old:", "new:", "function:")
BESIDE = frozenset({"inspect", "unstage", "unstage-old", "sweep", "end-orphan"})
"""Operations in these lanes that may as well come later."""
STAGING = frozenset({"issue", "install", "receive", "verify"})
"""Those that a kill waits for where revoking needs the replacement."""


@dataclass(frozen=True)
class Ideal:
    """Seconds in which the recorded calls could have been made at best: by lanes, each doing one call after the other,
    and by token buckets, each giving its burst at once and the rest at its rate.
    """

    lanes: Mapping[str, float]
    buckets: Mapping[str, float]

    @property
    def seconds(self) -> float:
        return max(*self.lanes.values(), *self.buckets.values())


def ideal(incident: Incident, made: Sequence[Call], delays: Delays, pace: Pace) -> Ideal:
    """Of the calls that were made until all was contained and restored, without those that neither needed.

    What people stage by hand draws on the account's quota of writes like the bot does. Whichever value is written last
    has still to be put into use; and before the first is written, no quota beyond the burst can be saved up.
    """
    needed = [call for call in made if call.lane.startswith(TRACKS) and call.operation not in BESIDE]
    lanes = {name: _Lane(secret, needed, delays, pace) for name, secret in incident.secrets.items()}
    by_hand = [call for call in made if not call.lane and call.bucket == PUTS and call.at >= incident.declared.at]
    buckets = _buckets([*needed, *by_hand], delays)
    if writers := [lane for lane in lanes.values() if lane.puts]:
        ours = _buckets(needed, delays)[PUTS] + min(lane.before_the_first_put for lane in writers)
        buckets[PUTS] = max(buckets[PUTS], ours) + min(lane.after_the_last_put for lane in writers)
    return Ideal({name: lane.seconds for name, lane in lanes.items()}, buckets)


@dataclass(frozen=True)
class _Lane:
    """One secret: what comes first for both tracks, then the longer of the two."""

    secret: SecretState
    made: Sequence[Call]
    delays: Delays
    pace: Pace

    @property
    def seconds(self) -> float:
        entry = self.secret.entry
        old = [call for call in self.made if call.lane == f"old:{entry.name}"]
        new = self._new
        staging = self._sum([call for call in new if call.operation in STAGING])
        end = self._sum([call for call in old if call.operation in ENDING]) + self._sum(_last_probe(old))
        kill = end + self.pace.spread.get(entry.provider, 0.0)
        make = self._sum(new) + (self.pace.lambda_update if entry.consumers else 0.0)
        if entry.capabilities.revoke_needs_replacement:
            kill += staging
        return self._first + max(kill, make)

    @property
    def puts(self) -> list[Call]:
        return [call for call in self._new if call.bucket == PUTS]

    @property
    def before_the_first_put(self) -> float:
        """From the declaration until its first value can be written."""
        first = min(call.at for call in self.puts)
        return self._first + self._sum([call for call in self._new if call.at < first])

    @property
    def after_the_last_put(self) -> float:
        """From when it is sent until the value is seen live."""
        last = max(call.at for call in self.puts)
        update = self.pace.lambda_update if self.secret.entry.consumers else 0.0
        return self._sum([call for call in self._new if call.at >= last]) + update

    @property
    def _first(self) -> float:
        lane = f"old:{self.secret.name}"
        return self._sum([call for call in self.made if call.lane == lane and call.operation in BEFORE])

    @property
    def _new(self) -> list[Call]:
        lane = f"new:{self.secret.name}"
        return [call for call in self.made if call.lane == lane and call.operation != "unstage"]

    def _sum(self, calls: Sequence[Call]) -> float:
        return sum(self.delays.of(call.system) for call in calls if call.system not in self.pace.instant)


def _last_probe(old: Sequence[Call]) -> list[Call]:
    """The calls of the last look at the old key: one that began after the last gap of half a second."""
    probes = [call for call in old if call.operation == "prove"]
    start = 0
    for at in range(1, len(probes)):
        if probes[at].at - probes[at - 1].at > timedelta(seconds=0.5):
            start = at
    return probes[start:]


def _buckets(made: Sequence[Call], delays: Delays) -> dict[str, float]:
    """When the last call of each bucket can begin at the earliest, in seconds."""
    limits = {
        PUTS: (delays.ssm_puts_a_second, delays.ssm_put_burst),
        "ssm reads": (READS_A_SECOND, READS_A_SECOND),
        "ssm changes": (CHANGES_A_SECOND, CHANGES_A_SECOND),
        "lambda": (LAMBDA_RATE, LAMBDA_RATE),
    }
    numbers = Counter(call.bucket for call in made)
    return {
        name: max(0.0, (number - burst) / rate)
        for name, number in numbers.items()
        if name
        for rate, burst in [limits.get(name, (PROVIDER_RATE, PROVIDER_BURST))]
    }
