"""PostgreSQL fails over and loses its last seconds, which both replicas had read and acted on: they go on from what is
left, say so, find what they had made, and take nobody's consent with them.
"""

import uuid
from urllib.parse import urlsplit

import psycopg
import pytest

from bot.eventlog.verify import verify_incident
from bot.incident import commands as c
from bot.incident.approval.plan import end_of
from bot.incident.events import RecordsLost, SnapshotTaken
from tests.replicas.fleet import openai, until

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

OPENAI = "openai-api-key"


class Standby:
    """A copy of the database as it was when this was made, which takes its place."""

    def __init__(self, server, name) -> None:
        self._admin = psycopg.connect(server.get_uri(), autocommit=True)
        self._name = name
        self._alone(f"CREATE DATABASE {name}_standby TEMPLATE {name}")

    def _alone(self, *statements):
        """With nobody connected."""
        self._admin.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        self._admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [self._name]
        )
        for statement in statements:
            self._admin.execute(statement)
        self._admin.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def takes_over(self):
        name = self._name
        self._alone(f"ALTER DATABASE {name} RENAME TO {name}_lost", f"ALTER DATABASE {name}_standby RENAME TO {name}")
        self._admin.close()


def test_a_fail_over_that_loses_what_two_workers_did(fleet, practice_world, postgres_server):
    first, second = (fleet.start(wait=False) for _ in range(2))
    for each in (first, second):
        fleet.await_ready(each)
    incident = fleet.declare(OPENAI)
    until(lambda: fleet.events(incident, SnapshotTaken), 30)
    standby = Standby(postgres_server, urlsplit(fleet.database).path.strip("/"))
    until(lambda: fleet.state(incident).secrets[OPENAI].in_place, 60, why=lambda: fleet.told(incident))
    made = {key.id for key in openai(practice_world).live_keys() if key.name.startswith(incident)}
    leaked = fleet.state(incident).secrets[OPENAI].old.fingerprint
    read = len(fleet.events(incident))

    standby.takes_over()

    [lost] = until(lambda: fleet.events(incident, RecordsLost), 60, why=lambda: fleet.told(incident))[0][:1]
    assert int(lost.event.head.partition(":")[0]) > lost.seq
    assert read > lost.seq
    if fleet.state(incident).secrets[OPENAI].old.revoked_at is None:
        dana = fleet.app.askers.by_slack(practice_world.slack_ids["dana"])
        state = fleet.state(incident)
        shown = {OPENAI: end_of(state, state.secrets[OPENAI])}
        glass = c.BreakGlass(shown, "the log lost its end, and nobody else is awake")
        fleet.app.client.put(incident, glass, dana, uuid.uuid4().hex)
    secret = fleet.await_settled(incident).secrets[OPENAI]
    assert secret.old.fingerprint == leaked
    assert {key.id for key in openai(practice_world).live_keys() if key.name.startswith(incident)} == made
    assert len(fleet.events(incident, RecordsLost)) == 1, "one of the two says it"
    assert verify_incident(fleet.app.event_log, incident).ok
    assert all("Traceback" not in each.said for each in (first, second))
    until(lambda: first.ready and second.ready, 60, why=lambda: f"{first.said}{second.said}")
