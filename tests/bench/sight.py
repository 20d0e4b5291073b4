"""What a benchmark has to see before it may say anything: one that sees less than was done makes every figure wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping

ROTATION = frozenset({"ssm GetParameter", "ssm PutParameter", "lambda UpdateFunctionConfiguration"})
MUST_SEE: Mapping[str, frozenset[str]] = {
    "acknowledge": frozenset({"events"}),
    "press": frozenset({"sts"}),
    "rotate_one": ROTATION,
    "rotate_many": ROTATION,
}
"""By benchmark: systems, or single calls to them, without which its record is not one of what was done."""


class Blind(Exception):
    """A benchmark did not see what must have happened: whatever it measured means nothing."""


def demand_sight(benchmark: str, seen: Mapping[str, int], also: Collection[str] = ()) -> None:
    """Blind where one of the systems that the benchmark must see, or of `also`, is missing from what was recorded:
    how often each was seen, by its name or by `system action`.
    """
    named = {word for name, number in seen.items() if number for word in (name, name.partition(" ")[0])}
    if missing := sorted({*MUST_SEE[benchmark], *also} - named):
        raise Blind(f"{benchmark} saw no call to {', '.join(missing)}: its recorder is broken, and no figure holds")
