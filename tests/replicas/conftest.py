"""One practice world for all tests of replicas; a database and a fleet for each module or test."""

import itertools
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from bot.drill.practice_world import PracticeWorld
from bot.vault.own import COMMAND_KEY as COMMAND_PARAMETER
from tests.replicas.fleet import COMMAND_KEY, Fleet
from tests.replicas.proxy import Proxy
from tests.support.databases import postgres_server

__all__ = ["postgres_server"]

_numbers = itertools.count()


@pytest.fixture(scope="module")  # moto has one account a process: another module's would end this one
def practice_world(tmp_path_factory):
    made = PracticeWorld(tmp_path_factory.mktemp("world"), ("openai", "sendgrid", "stripe", "redis"))
    made.account.world.store(COMMAND_PARAMETER, COMMAND_KEY)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def new_database(postgres_server):
    """Makes an empty database; its name."""

    def make():
        name = f"replicas_{next(_numbers)}"
        with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name

    return make


def socket_of(server):
    """The Unix socket that the server listens on."""
    (folder,) = parse_qs(urlsplit(server.get_uri()).query)["host"]
    return f"{folder}/.s.PGSQL.5432"


@pytest.fixture(scope="module")
def proxy(postgres_server):
    """A way to the same server over TCP that can be cut."""
    made = Proxy(socket_of(postgres_server))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def pair(practice_world, postgres_server, new_database, proxy, tmp_path_factory):
    """Two replicas, the second of which reaches the database by the proxy."""
    name = new_database()
    made = Fleet(practice_world, postgres_server.get_uri(database=name), tmp_path_factory.mktemp("pair"))
    try:
        first = made.start(wait=False)
        second = made.start(database=proxy.url(name), wait=False)
        for each in (first, second):
            made.await_ready(each)
        yield made
    finally:
        made.stop()


@pytest.fixture
def fleet(practice_world, postgres_server, new_database, tmp_path):
    made = Fleet(practice_world, postgres_server.get_uri(database=new_database()), tmp_path)
    yield made
    made.stop()


@pytest.fixture
def small_fleet(practice_world, tmp_path):
    """The same on SQLite."""
    made = Fleet(practice_world, f"sqlite:///{tmp_path}/incidents.sqlite", tmp_path)
    yield made
    made.stop()
