"""`python -m tests.bench NAME [--json] [--quick]`: runs one benchmark and prints both sides of its comparison."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import platform
import sys
import time

import structlog

NAMES = ("acknowledge", "press", "rotate_one", "rotate_many", "log", "home", "endurance", "large", "lying", "scan_repo")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="one line of JSON, for a program to read")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: whether it runs, not what is measured")
    parser.add_argument("--profile", metavar="FILE", help="sample what this process's threads do, into a file")
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
    print(json.dumps(rounded(document), indent=None if given.json else 2))
    return 0


def rounded(value: object) -> object:
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
