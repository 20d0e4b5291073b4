"""`python -m tests.bench NAME [--json] [--quick]`: runs one benchmark and prints both sides of its comparison.

`short` measures a little of several, writes the figures with their commit, and says what got worse.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from tests.bench.figures import commit_of, compared, keep, newest
from tests.bench.progress import say

NAMES = (
    "acknowledge",
    "press",
    "rotate_one",
    "rotate_many",
    "log",
    "home",
    "endurance",
    "large",
    "lying",
    "use",
    "short",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="one line of JSON, for a program to read")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: whether it runs, not what is measured")
    parser.add_argument("--profile", metavar="FILE", help="sample what this process's threads do, into a file")
    parser.add_argument("--write", metavar="FILE", type=Path, help="short: also into this file")
    parser.add_argument("--kept", metavar="FOLDER", type=Path, help="short: compare with the last here, and keep these")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    measure = importlib.import_module(f"tests.bench.{given.name}").measure
    began, load = time.time(), os.getloadavg()
    if given.profile:
        from tests.bench.profiling import profiled

        with profiled(given.profile):
            found = measure(quick=given.quick)
    else:
        found = measure(quick=given.quick)
    document = {
        "benchmark": given.name,
        "commit": commit_of(Path(__file__).parent),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": given.quick,
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "load_before": round(load[0], 2),
            "load_after": round(os.getloadavg()[0], 2),
        },
        "took_seconds": time.time() - began,
        **found,
    }
    written = rounded(document)
    print(json.dumps(written, indent=None if given.json else 2))
    if given.name == "short":
        _tell(written, given.write, given.kept)
    return 0


def _tell(document: Mapping[str, Any], file: Path | None, folder: Path | None) -> None:
    if file is not None:
        file.write_text(json.dumps(document, indent=2) + "\n")
    if folder is not None:
        before = newest(folder)
        keep(folder, document)
        for line in compared(document, before) if before is not None else ():
            say(line)


def rounded(value: object) -> Any:
    """Four places after the point are more than any of these figures deserve."""
    match value:
        case dict():
            return {str(key): rounded(each) for key, each in value.items()}
        case list() | tuple():
            return [rounded(each) for each in value]
        case float():
            return round(value, 4)
        case _:
            return value


if __name__ == "__main__":
    sys.exit(main())
