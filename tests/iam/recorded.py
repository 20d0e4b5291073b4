"""The recording, as it is kept: one call a line."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import astuple
from functools import cache
from pathlib import Path

from tests.iam.calls import Call

RECORDED = Path(__file__).parent / "recorded.json"


@cache
def recorded() -> tuple[Call, ...]:
    return tuple(Call.read(each) for each in json.loads(RECORDED.read_text()))


def write(calls: Collection[Call]) -> None:
    lines = ",\n".join(json.dumps(astuple(call)) for call in sorted(calls))
    RECORDED.write_text(f"[\n{lines}\n]\n")
