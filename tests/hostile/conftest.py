"""The bot served over HTTP beside the Slack fake (as in tests/slack), looked at by someone who means harm."""

import logging

import pytest

from tests.hostile.attacker import scene
from tests.slack.conftest import World
from tests.support.log_lines import log_lines

TRACEBACK = "Traceback (most recent call last)"


class Watch:
    """What stands in the log of events and what was printed and logged: neither may show more than a refusal."""

    def __init__(self, world, lines, caplog, capfd) -> None:
        self.world, self.lines, self.caplog, self.capfd = world, lines, caplog, capfd
        self.before = self.recorded()

    def recorded(self):
        return {s.incident: s.seq for s in self.world.incidents.summaries()}

    def unchanged(self):
        """Nothing was recorded, and nobody was shown or told how the program looks inside."""
        assert self.recorded() == self.before
        self.quiet()

    def quiet(self):
        printed = self.capfd.readouterr()
        said = printed.out + printed.err + self.caplog.text + self.lines.getvalue()
        assert TRACEBACK not in said
        assert "Traceback" not in said


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def lines():
    with log_lines("INFO") as said:
        yield said


@pytest.fixture
def watch(world, lines, caplog, capfd):
    caplog.set_level(logging.INFO)
    return lambda: Watch(world, lines, caplog, capfd)


@pytest.fixture(scope="module")
def attacked_world(tmp_path_factory):
    with scene(tmp_path_factory.mktemp("scene")) as made:
        yield made


@pytest.fixture
def attacked(attacked_world, tmp_path):
    """An installation with a database of its own, whose worker has not been started."""
    attacked_world.fresh(tmp_path / "data")
    (tmp_path / "data").mkdir()
    yield attacked_world
    attacked_world.end()
