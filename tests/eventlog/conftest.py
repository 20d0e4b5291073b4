"""Every test of the log runs on both databases unless it is about one of them."""

import pytest

from tests.support.databases import database_url, postgres_server, postgres_url, sqlite_url
from tests.support.event_log_process import Child
from tests.support.event_logs import open_test_log

__all__ = ["database_url", "postgres_server", "postgres_url", "sqlite_url"]


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
        child = Child(*arguments)
        started.append(child)
        return child

    yield run
    for child in started:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
