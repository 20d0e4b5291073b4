"""A log lost in the middle of an incident: restored from the last minute's backup, the work goes on where that was."""

import pytest

from tests.cli.conftest import installation  # noqa: F401 - a fixture
from tests.support.databases import emptied, postgres_server, postgres_url  # noqa: F401 - fixtures
from tests.support.practice import OPENAI, SENDGRID

pytestmark = pytest.mark.process


FAKES = {OPENAI: "openai", SENDGRID: "sendgrid"}


LOST = "The log lacks everything after the backup. Each open incident says so, and its revocations need approval again."


def revoked(state):
    """The leaked keys are revoked and not dead yet."""
    return all(each.old.ended_at for each in state.secrets.values())


def in_place(state):
    """Old keys dead, new ones in use."""
    return all(each.gone and each.in_place for each in state.secrets.values())


def keys(world, incident, name):
    """The ids of keys made for the incident that still work."""
    return {key.id for key in getattr(world, FAKES[name]).live_keys() if key.name.startswith(incident)}


@pytest.fixture(params=["sqlite", "postgres"])
def addresses(request, tmp_path):
    """Of the database that is lost, and of the empty one that takes its place."""
    if request.param == "sqlite":
        return "", f"sqlite:///{tmp_path}/restored.sqlite"
    url = request.getfixturevalue("postgres_url")
    return url, url


def test_work_goes_on_where_the_minutes_backup_was(installation, addresses, tmp_path):  # noqa: F811
    world, (lost, new), file = installation.world, addresses, tmp_path / "minute.backup"
    world.environ |= {"BOT_DATABASE_URL": lost} if lost else {}
    world.start()
    incident = installation.declare(OPENAI, SENDGRID)
    world.wait(incident, revoked)
    assert "Chains and seals hold." in installation.bot("log", "backup", file).out
    world.wait(incident, in_place)
    made = {name: keys(world, incident, name) for name in FAKES}
    installation.bot("note", incident, "after the backup")
    world.stop()

    if lost:
        emptied(lost)
    world.environ["BOT_DATABASE_URL"] = new
    said = installation.bot("log", "restore", file)
    assert said.status == 0, said.err
    assert LOST in said.out
    world.start()
    world.wait(incident, in_place)

    assert {name: keys(world, incident, name) for name in FAKES} == made
    assert {len(each) for each in made.values()} == {1}
    timeline = installation.bot("incident", "timeline", incident).out
    assert "made this log again from the backup of" in timeline
    assert "after the backup" not in timeline
    said = installation.bot("log", "verify", incident)
    assert said.status == 0, said.out
