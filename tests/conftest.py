"""What every test needs: a fixed fingerprint key, so that fingerprints are the same in every run, and logging as it is
in a new process; how the tests are shared out among processes, and what belongs to the slow tier.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading

import pytest

from bot.secrets.secret import use_fingerprint_key
from tests.support import searches
from tests.support.forked import ONLY_READ
from tests.support.log_lines import not_configured
from tests.support.once import work_out_once
from tests.support.program import load_program
from tests.support.shared_out import ByFile, fork_workers

FINGERPRINT_KEY = bytes(range(32))
NOT_IN_SHORT = "only with --each-point"
"""Why a test of the slow tier is skipped; the tests that choose by themselves say the same."""
NOT_COUNTED = ("process", "repeats", "hypothesis")
"""Markers of tests during which coverage is not measured; hypothesis sets its own."""
ELSEWHERE = (
    "tests/drill/", "tests/hostile/", "tests/repository/", "tests/rotation/", "tests/secrecy/",
    "tests/test_both_faces.py",
)  # fmt: skip
"""Whose tests it leaves out as well, but for those that are marked as counted: the practice world is not measured,
whoever means harm goes by the branches that the tests of each part have gone by, and the operations are gone through
hundreds of times by chains that take as long again when they are counted.
"""
COUNTED = "counted"
"""The marker of tests during which it is measured anyway: what they are about runs in this process."""
FIRST = "gw0"
"""What pytest-xdist calls the first of the processes that share the tests."""
LEFT_OUT = """\
{} of the slow tier's tests, and all but a few of the points at which the bot can die, of the faults that others can
show it and of the examples of each search. All of them, in an hour and a half: .ci/slow. Those of a folder or a file:
uv run pytest tests/crash --each-point"""
LONGEST = (
    "tests/drill/test_drill_process.py", "tests/crash/test_kills.py", "tests/secrecy/test_whole_incident.py",
    "tests/planned/rules/test_two_years.py",
    "tests/replicas/", "tests/crash/", "tests/faults/", "tests/cli/test_serve.py", "tests/cli/test_commands.py",
    "tests/cli/test_departure.py", "tests/cli/test_access.py", "tests/cli/test_rotate.py",
    "tests/worker/", "tests/eventlog/", "tests/secrecy/", "tests/hostile/", "tests/slack/", "tests/cli/",
    "tests/providers/test_readme.py", "tests/repository/test_wheel.py",
)  # fmt: skip
"""Begun first, so that none of them is what all others wait for at the end."""
SPREAD = 0.6
"""Among what share of the other files those are spread whose tests start processes: none begins at the very end."""


def pytest_addoption(parser):
    group = parser.getgroup("points", "deaths and faults (tests/crash, tests/faults)")
    group.addoption(
        "--each-point",
        action="store_true",
        help="the slow tier: try one point of each call site and state, all faults, and 10,000 examples of a search",
    )
    group.addoption(
        "--all-points",
        action="store_true",
        help="--each-point, each point as often as it comes, and every search as long: hours longer",
    )
    group.addoption(
        "--table", metavar="PATH", help="add Markdown tables of what was tried, and what came of it, to a file"
    )


def pytest_configure(config):
    # A shell without job control has what it starts in the background ignore SIGINT, and a process hands that on to
    # those that it starts: Ctrl-C, of which some tests are, would then do nothing.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Tests start the bot as a process again and again: without kept bytecode each start compiles everything again.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    config.option.each_point |= config.option.all_points
    searches.choose(each=config.option.each_point, every=config.option.all_points)


# --- all cores ------------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """More than one file is run by several processes, unless the command line says how many. The slow tier is not: it
    measures how fast a worker takes over. Nor is a run by one of those processes (of a test that runs tests),
    nor one that counts coverage, which has to know it from the command line: `-n auto --cov`.

    One file's tests stay in one process: they share servers that live as long as their module.
    """
    option = config.option
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    alone = option.usepdb or option.collectonly or option.each_point or getattr(option, "cov_source", None)
    if option.numprocesses is None and not alone and not _one_file(config.args):
        option.numprocesses = "auto"
    if option.numprocesses and sys.platform == "linux" and not alone:
        fork_workers(config.rootpath, config.args)
    if option.dist == "no" and option.numprocesses:
        option.dist, option.loadscopereorder = "loadfile", False


def pytest_pycollect_makeitem():
    """Where tests are only read, none is found."""
    return [] if ONLY_READ in os.environ else None


def _one_file(arguments):
    files = {argument.partition("::")[0] for argument in arguments}
    return len(files) == 1 and files.pop().endswith(".py")


def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log) if config.option.dist == "loadfile" else None


def pytest_xdist_auto_num_workers():
    """Three more than there are cores: tests that start processes wait longer than they work."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return cores + 3


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.get_closest_marker("slow_tier") and not config.getoption("--each-point"):
            item.add_marker(pytest.mark.skip(reason=NOT_IN_SHORT))
    if hasattr(config, "workerinput"):
        order = _order(items)
        items.sort(key=lambda item: order[item.path])


def pytest_collection_finish():
    """What is there before the first test stays until the last: looked through for garbage again and again, thousands
    of tests and all modules would take longer each time.
    """
    work_out_once()
    gc.enable()
    gc.freeze()


def _order(items):
    """By file, where it stands among all. Tests that start processes mostly wait, and the others keep a processor busy:
    those that wait are spread among the others, the longest first, so that neither kind is left to itself.
    """
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    place = {path: _place(own[0]) for path, own in files.items()}
    counted = {path for path, own in files.items() if any(map(_counted, own))}
    waiting = {path for path, own in files.items() if any(item.get_closest_marker("process") for item in own)} - counted
    busy = sorted(files.keys() - waiting, key=lambda path: (path in counted, place[path], path))
    apart = SPREAD * len(busy) / (len(waiting) or 1)
    order = {path: (number, path) for number, path in enumerate(busy)}
    longest = sorted(waiting, key=lambda path: (place[path], path))
    return order | {path: (number * apart, path) for number, path in enumerate(longest)}


def _place(item):
    return next((place for place, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session):
    """What a module does when it is loaded is counted by one process alone; how tests are found, by none."""
    if _counting.begun and getattr(session.config, "workerinput", {}).get("workerid", FIRST) == FIRST:
        load_program()
    _counting.turn(on=False)
    gc.disable()  # until all is there (`pytest_collection_finish`)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    """Branches are counted by what runs in this process alone. Tests that start processes are not traced: that would
    slow them by half, and hide that nothing faster comes by a branch. Nor are searches, which go a thousand times over
    what other tests go over once, and which counting makes three times as long.

    Files with tests that are counted come after most of the others (`_order`): counting is seldom begun again.
    """
    _counting.turn(on=_counted(item))


def _counted(item):
    if item.get_closest_marker("skip"):
        return False
    left_out = item.nodeid.startswith(ELSEWHERE) or any(item.get_closest_marker(name) for name in NOT_COUNTED)
    return not left_out or item.get_closest_marker(COUNTED) is not None


class _Counting:
    """Coverage's measurement, where there is one: begun and ended only where the next test asks for the other. Either
    has Python look again at all code that runs from then on.
    """

    def __init__(self) -> None:
        self._measured = None
        self._on = True

    @property
    def begun(self):
        coverage = sys.modules.get("coverage")
        if self._measured is None and coverage is not None:
            self._measured = coverage.Coverage.current()
        return self._measured is not None

    def turn(self, *, on):
        if not self.begun or on == self._on:
            return
        self._on = on
        if on:
            self._measured.start()
        else:
            self._measured.stop()
            # A thread that was begun while branches were counted, and still waits, would slow all others for as long.
            threading.settrace_all_threads(None)


_counting = _Counting()


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    left_out = sum(NOT_IN_SHORT in str(report.longrepr) for report in skipped)
    if left_out:
        terminalreporter.section("left out")
        terminalreporter.line(LEFT_OUT.format(left_out))


@pytest.fixture(autouse=True)
def _fingerprint_key():
    use_fingerprint_key(FINGERPRINT_KEY)
    yield
    use_fingerprint_key(None)


@pytest.fixture(autouse=True)
def _no_logging():
    """What a test says or configures is none of the next one's: they may run in any order, in any process."""
    not_configured()
    yield
    not_configured()
