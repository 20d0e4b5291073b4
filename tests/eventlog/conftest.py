"""Every test of the log runs on both databases unless it is about one of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import database_url, postgres_server, postgres_url, sqlite_url
from tests.support.event_logs import open_test_log

__all__ = ["database_url", "postgres_server", "postgres_url", "sqlite_url"]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def event_log(database_url):
    event_log = open_test_log(database_url)
    yield event_log
    event_log.close()


@pytest.fixture
def start():
    """Starts `tests.support.event_log_process` with these arguments; all that still run are killed at the end."""
    started = []

    def run(*arguments):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.support.event_log_process", *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield run
    for child in started:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
