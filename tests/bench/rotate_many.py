"""Contain and restore many secrets at once, against an ideal schedule of the very calls that were made."""

from __future__ import annotations

from datetime import timedelta
from statistics import median

from bot.incident.clocks import clocks
from tests.bench.calls import counts
from tests.bench.delays import Delays
from tests.bench.ideal import ideal
from tests.bench.installation import CONFIRM_SECONDS, World, bot, cleared, practice_world
from tests.bench.product import FOURTEEN, HUNDRED, Product
from tests.bench.progress import say
from tests.bench.sight import demand_sight

FORTY = Product({"openai": 8, "sendgrid": 12, "redis": 20})


def measure(*, quick: bool) -> dict[str, object]:
    comparisons = {
        "fourteen secrets of four providers": compare(FOURTEEN, 1 if quick else 3, most=1.1),
        "all secrets of the drill's catalog": compare(None, 1 if quick else 3, most=1.1),
        "a hundred secrets, three writes a second": compare(FORTY if quick else HUNDRED, 1, most=1.05),
    }
    return {
        "goal": {name: {"largest_ratio": found["goal"]} for name, found in comparisons.items()},
        "met": all(found["ratio"] <= found["goal"] for found in comparisons.values()),
        "notes": [
            "from the declaration until every old key is contained and every new one live",
            f"confirm {CONFIRM_SECONDS:g} s: contained is the first refusal of the run, so it does not count into it",
            "kill first; Stripe's keys are made and expired by a scripted person who thinks in no time",
            "ideal: the longest lane, or the calls of a bucket less its burst, divided by its rate",
            "for SSM's writes also what people stage, and what comes before the first and after the last of ours",
        ],
        "comparisons": comparisons,
    }


def compare(product: Product | None, rounds: int, most: float) -> dict:
    """Each round in a new practice world: at some providers a second rotation is another case than the first."""
    runs = []
    for _ in range(rounds):
        with practice_world(product) as world:
            runs.append(_run(world))
            say(f"{len(world.secrets)} secrets: {runs[-1]['ratio']:.2f} times the ideal schedule")
    return {"goal": most, "ratio": median(float(run["ratio"]) for run in runs), "runs": runs}


def _run(world: World) -> dict:
    with bot(world) as one:
        state = one.wait(one.declare(*world.secrets), cleared)
        found = {name: clocks(state, secret) for name, secret in state.secrets.items()}
        contain = {name: clock.contain_seconds or 0.0 for name, clock in found.items()}
        restore = {name: clock.restore_seconds or 0.0 for name, clock in found.items()}
        seconds = max(*contain.values(), *restore.values())
        made = [call for call in one.app.calls.made if call.at <= state.declared.at + timedelta(seconds=seconds)]
    seen = counts(made)
    demand_sight("rotate_many", seen, {*world.providers, "redis"})
    best = ideal(state, made, Delays.load(), world.pace)
    return {
        "seconds": {"bot": seconds, "ideal": best.seconds},
        "ratio": seconds / best.seconds,
        "contain": {"median": median(contain.values()), "last": max(contain.values())},
        "restore": {"median": median(restore.values()), "last": max(restore.values())},
        "by_secret": {name: {"contain": contain[name], "restore": restore[name]} for name in world.secrets},
        "ideal_by_lane": {"longest": max(best.lanes, key=best.lanes.__getitem__), **best.lanes},
        "ideal_by_bucket": best.buckets,
        "calls": seen,
        "updates_of_functions": sum(1 for call in made if call.action == "UpdateFunctionConfiguration"),
    }
