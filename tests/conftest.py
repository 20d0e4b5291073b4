"""What every test needs: a fixed fingerprint key, so that fingerprints are the same in every run."""

import signal

import pytest

from bot.secret import use_fingerprint_key
from tests.support import searches

FINGERPRINT_KEY = bytes(range(32))


def pytest_addoption(parser):
    group = parser.getgroup("points", "deaths and faults (tests/crash, tests/faults)")
    group.addoption("--all-points", action="store_true", help="try all points, not a few of them: far longer")
    group.addoption(
        "--table", metavar="PATH", help="add Markdown tables of what was tried, and what came of it, to a file"
    )


def pytest_configure(config):
    # A shell without job control has what it starts in the background ignore SIGINT, and a process hands that on to
    # those that it starts: Ctrl-C, of which some tests are, would then do nothing.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    searches.choose(every=config.getoption("--all-points"))


@pytest.fixture(autouse=True)
def _fingerprint_key():
    use_fingerprint_key(FINGERPRINT_KEY)
    yield
    use_fingerprint_key(None)
