"""Contain and restore one secret: the bot, and a bare script that makes the same calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median

from bot.incident.clocks import clocks
from bot.incident.model import Strategy
from tests.bench.bare import Script, Times
from tests.bench.calls import counts
from tests.bench.installation import CONFIRM_SECONDS, World, bot, cleared, practice_world
from tests.bench.product import provider_of
from tests.bench.sight import demand_sight

MOST = 1.05
SECRETS = ("openai-1", "sendgrid-1", "redis-1")


def measure(*, quick: bool) -> dict[str, object]:
    secrets, rounds = (("sendgrid-1",), 1) if quick else (SECRETS, 3)
    with practice_world() as world:
        rows = [_compare(world, name, strategy, rounds) for name in secrets for strategy in Strategy]
    ratios = [row["ratio"][what] for row in rows for what in ("contain", "restore")]
    return {
        "goal": {"largest_ratio": MOST},
        "met": max(ratios) <= MOST,
        "notes": [
            f"confirm {CONFIRM_SECONDS:g} s: contained is the first refusal of the run, so it does not count into it",
            "overlap set to 0 s; the second person approves at once",
            "medians; seconds from the declaration; the two sides take turns on the same secret",
        ],
        "rounds": rounds,
        "rows": rows,
    }


def _compare(world: World, name: str, strategy: Strategy, rounds: int) -> dict:
    sides: dict[str, list[Times]] = {"bare": [], "bot": []}
    calls: dict[str, dict[str, int]] = {}
    for number in range(rounds):
        for side, run in (("bare", _bare), ("bot", _bot)):
            times, calls[side] = run(world, name, strategy, number)
            demand_sight("rotate_one", calls[side], [provider_of(name)])
            sides[side].append(times)
    found = {
        side: {what: median(getattr(one, what) for one in all_) for what in ("contain", "restore")}
        for side, all_ in sides.items()
    }
    return {
        "secret": name,
        "strategy": str(strategy),
        "seconds": found,
        "ratio": {what: found["bot"][what] / found["bare"][what] for what in found["bot"]},
        "overhead_ms": {what: 1000 * (found["bot"][what] - found["bare"][what]) for what in found["bot"]},
        "calls": {side: sum(made.values()) for side, made in calls.items()},
        "calls_that_differ": {
            kind: [calls["bare"].get(kind, 0), calls["bot"].get(kind, 0)]
            for kind in sorted({*calls["bare"], *calls["bot"]})
            if calls["bare"].get(kind) != calls["bot"].get(kind)
        },
    }


def _bare(world: World, name: str, strategy: Strategy, number: int) -> tuple[Times, dict[str, int]]:
    with bot(world, worker=False) as one:
        entry = one.app.files.freeze(one.app.files.loaded.catalog.entry(name, "staging"))
        number += 100 if strategy is Strategy.OVERLAP else 0
        began = datetime.now(UTC)
        times = Script(one.app, entry, number).run(strategy)
        return times, counts(one.app.calls.until(began + timedelta(seconds=times.both)))


def _bot(world: World, name: str, strategy: Strategy, _number: int) -> tuple[Times, dict[str, int]]:
    with bot(world) as one:
        state = one.wait(one.declare(name, strategy=strategy), cleared)
        found = clocks(state, state.secrets[name])
        assert found.contain_seconds is not None
        assert found.restore_seconds is not None
        times = Times(found.contain_seconds, found.restore_seconds)
        return times, counts(one.app.calls.until(found.declared + timedelta(seconds=times.both)))
