"""Contain and restore fourteen secrets at once, against an ideal schedule of the very calls that were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from bot.consumers.aws_lambda import CALLS_A_SECOND as LAMBDA_RATE
from bot.incident.clocks import clocks
from bot.providers.building import CALLS_A_SECOND as PROVIDER_RATE
from bot.providers.building import CALLS_BURST as PROVIDER_BURST
from bot.vault.ssm import CHANGES_A_SECOND, READS_A_SECOND
from tests.bench.calls import Call, counts
from tests.bench.delays import Delays
from tests.bench.installation import CONFIRM_SECONDS, World, bot, cleared, practice_world
from tests.bench.product import NAMES, consumers_of, provider_of

MOST = 1.2
BEFORE = frozenset({"capture", "snapshot", "read-scopes"})
"""Operations that both tracks of a secret wait for."""


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


def measure(*, quick: bool) -> dict[str, object]:
    with practice_world() as world:
        runs = [_run(world) for _ in range(1 if quick else 3)]
    ratio = median(float(run["ratio"]) for run in runs)
    return {
        "goal": {"largest_ratio": MOST},
        "met": ratio <= MOST,
        "ratio": ratio,
        "notes": [
            "from the declaration until every old value is contained and every new one live",
            f"confirm {CONFIRM_SECONDS:g} s: contained is the first refusal of the run, so it does not count into it",
            "kill first; Stripe's keys are made and expired by a scripted person who thinks in no time",
            "ideal: the longest lane, or the calls of a bucket less its burst, divided by its rate",
        ],
        "runs": runs,
    }


def _run(world: World) -> dict:
    delays = Delays.load()
    with bot(world) as one:
        state = one.wait(one.declare(*NAMES), cleared)
        found = {name: clocks(state, secret) for name, secret in state.secrets.items()}
        contain = {name: clock.contain_seconds or 0.0 for name, clock in found.items()}
        restore = {name: clock.restore_seconds or 0.0 for name, clock in found.items()}
        seconds = max(*contain.values(), *restore.values())
        made = [call for call in one.app.calls.made if call.at <= state.declared.at + timedelta(seconds=seconds)]
    ideal = Ideal(_lanes(made, delays), _buckets(made, delays))
    return {
        "seconds": {"bot": seconds, "ideal": ideal.seconds},
        "ratio": seconds / ideal.seconds,
        "contain": {"median": median(contain.values()), "last": max(contain.values())},
        "restore": {"median": median(restore.values()), "last": max(restore.values())},
        "by_secret": {name: {"contain": contain[name], "restore": restore[name]} for name in NAMES},
        "ideal_by_lane": {"longest": max(ideal.lanes, key=ideal.lanes.__getitem__), **ideal.lanes},
        "ideal_by_bucket": ideal.buckets,
        "calls": counts(made),
        "updates_of_functions": sum(1 for call in made if call.action == "UpdateFunctionConfiguration"),
    }


def _lanes(made: Sequence[Call], delays: Delays) -> dict[str, float]:
    """The longer of a secret's two tracks, in seconds, by secret."""
    lanes = {}
    for name in NAMES:
        old = [call for call in made if call.lane == f"old:{name}"]
        new = [call for call in made if call.lane == f"new:{name}"]
        before = _sum(delays, [call for call in old if call.operation in BEFORE])
        spread = 0.0 if provider_of(name) == "redis" else delays.propagation
        revoke = _sum(delays, [call for call in old if call.operation == "revoke"])
        probe = _sum(delays, _last_probe(old))
        make = _sum(delays, [call for call in new if call.operation != "unstage"])
        refresh = delays.lambda_update if consumers_of(name) else 0.0
        lanes[name] = before + max(revoke + spread + probe, make + refresh)
    return lanes


def _last_probe(old: Sequence[Call]) -> list[Call]:
    """The calls of the last look at the old value: one that began after the last gap of half a second."""
    probes = [call for call in old if call.operation == "prove"]
    start = 0
    for at in range(1, len(probes)):
        if probes[at].at - probes[at - 1].at > timedelta(seconds=0.5):
            start = at
    return probes[start:]


def _sum(delays: Delays, calls: Sequence[Call]) -> float:
    return sum(delays.of(call.system) for call in calls)


def _buckets(made: Sequence[Call], delays: Delays) -> dict[str, float]:
    """When the last call of each bucket can begin at the earliest, in seconds."""
    limits = {
        "ssm puts": (delays.ssm_puts_a_second, delays.ssm_put_burst),
        "ssm reads": (READS_A_SECOND, READS_A_SECOND),
        "ssm changes": (CHANGES_A_SECOND, CHANGES_A_SECOND),
        "lambda": (LAMBDA_RATE, LAMBDA_RATE),
        **dict.fromkeys(("openai", "sendgrid", "stripe"), (PROVIDER_RATE, PROVIDER_BURST)),
    }
    numbers = Counter(call.bucket for call in made)
    return {name: max(0.0, (numbers[name] - burst) / rate) for name, (rate, burst) in limits.items()}
