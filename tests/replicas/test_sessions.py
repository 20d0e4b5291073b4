"""What stands between a replica and PostgreSQL: sessions that an administrator ends, and a connection pooler."""

import psycopg
import pytest

from tests.replicas.conftest import socket_of
from tests.replicas.fleet import until
from tests.replicas.proxy import Proxy

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

END_ALL = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_a_replica_whose_sessions_are_all_ended_enlists_again_and_finishes(fleet):
    replica = fleet.start()
    before = replica.worker
    incident = fleet.declare("openai-api-key", "sendgrid-api-key", environment="staging")
    until(lambda: fleet.workers(incident), 20)
    with psycopg.connect(fleet.database, autocommit=True) as connection:
        connection.execute(END_ALL)
    fleet.await_settled(incident)
    until(lambda: replica.worker != before and replica.ready, 20)
    assert "Traceback" not in replica.said


def test_behind_a_pooler_the_program_ends_with_a_sentence(fleet, postgres_server, new_database):
    pooler = Proxy(socket_of(postgres_server), pooling=True)
    try:
        replica = fleet.start(database=pooler.url(new_database()), wait=False)
        assert replica.wait(60) == 2, replica.said
    finally:
        pooler.stop()
    assert "a connection pooler is between the worker and PostgreSQL" in replica.said
    assert "Traceback" not in replica.said
