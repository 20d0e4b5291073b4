"""Fixtures of the crash tests: the world, the databases, and the table of what happened."""

from pathlib import Path

import pytest

from tests.crash.running import PostgresTables, SqliteFiles, stage
from tests.crash.table import Table
from tests.support.databases import postgres_server

__all__ = ["postgres_server"]


def pytest_collection_modifyitems(config, items):
    for item in items:
        if config.getoption("--each-point") and item.path.parent.name == "crash":
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(scope="module")
def practice_stage(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, stage(tmp_path_factory.mktemp("stage"), patch) as made:
        yield made


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory):
    return SqliteFiles(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def postgres(postgres_server):
    return PostgresTables(postgres_server.get_uri(database="tests"))


@pytest.fixture(scope="module")
def table(request):
    path = request.config.getoption("--table")
    made = Table(Path(path) if path else None)
    yield made
    made.close()
