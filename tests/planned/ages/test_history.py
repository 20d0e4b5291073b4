"""What the log says of rotations: an age begins again only once the old key is dead and the new one live."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.catalog.catalog import Catalog
from bot.errors import Throttled
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Op
from bot.planned.ages.age import Age, CountsFrom
from bot.planned.ages.due import DueState
from bot.planned.ages.history import Histories
from bot.planned.ages.looks import PolicyLooks
from bot.vault.contract import Version
from tests.incident.departure.test_departure import begun
from tests.planned.ages.test_due import entry
from tests.slack.conftest import freeze
from tests.support.incidents import DORA, START, Silent, Story, World
from tests.support.rotations import AUTO, DANA, OVERLAP, rotation

NAME = "openai-api-key"
KEY = ("production", NAME)
DAY = timedelta(days=1)


class Stubborn(World):
    """Whose provider goes on accepting the old key."""

    def answer(self, incident, claim):
        if claim.op is Op.REVOKE:
            return e.OperationFailed(claim.number, claim.op, "Refused", "openai: HTTP 403", None)
        return super().answer(incident, claim)


def ended(world=None):
    return Story(rotation(planned=AUTO), m.BOT, world).run(2 * OVERLAP + 7200)


def unconfirmed():
    """Two people have agreed anyway."""
    story = Story(rotation(), m.BOT, Silent()).run(60)
    story.approve(DANA)
    story.approve(DORA)
    return story.run(2 * OVERLAP + 7200)


def log(*stories):
    """Newest first."""
    states = {f"run{number}": story.incident for number, story in enumerate(stories)}
    summaries = [
        SimpleNamespace(incident=name, environment=state.environment, secrets=tuple(state.secrets), head=name)
        for name, state in states.items()
    ]
    return SimpleNamespace(incidents=lambda: summaries, load=states.__getitem__)


class Vault:
    """The value that was replaced is 80 days old, the newest was written today."""

    def written(self, parameters):
        return dict.fromkeys(parameters, START)

    def history(self, _parameter):
        return [Version(number, START - days * DAY) for number, days in ((1, 400), (2, 300), (3, 80), (4, 0))]


def looked(*stories, vault=None, now=START + DAY):
    event_log = log(*stories)
    looks = PolicyLooks(
        event_log, Catalog(("production",), (entry(NAME),)), vault or Vault(), None, freeze, lambda: now,
        Histories(event_log),
    )  # fmt: skip
    return looks.look().rotations[0]


def replaced(story, version=3):
    """The same, of a secret of one parameter whose replaced value was of this version."""
    secret = story.incident.secrets[NAME]
    old = replace(secret.old, versions={secret.entry.main.parameter: version})
    story.incident = replace(story.incident, secrets={NAME: replace(secret, old=old)})
    return story


def test_a_run_that_is_proven_begins_the_age_anew():
    run = ended()
    found = looked(run)
    assert found.age == Age(CountsFrom.ROTATION, run.secret().new.live_at, run.incident.id)
    assert (found.in_place_at, found.state) == (run.secret().new.live_at, DueState.LATER)


@pytest.mark.parametrize(
    ("run", "unconfirmed"),
    [
        pytest.param(lambda: Story(rotation(planned=AUTO), m.BOT).run(OVERLAP / 2), False, id="open"),
        pytest.param(lambda: ended(Stubborn()), False, id="the old key keeps working"),
        pytest.param(unconfirmed, True, id="no consumer has confirmed it"),
    ],
)
def test_what_is_not_proven_counts_on_from_the_value_that_was_replaced(run, unconfirmed):
    found = looked(replaced(run()))
    assert found.age == Age(CountsFrom.VERSION, START - 80 * DAY)
    assert looked(replaced(run()), now=START + 11 * DAY).state is DueState.OVERDUE
    assert found.last.unconfirmed is unconfirmed
    assert (found.in_place_at is not None) is unconfirmed


def test_of_several_the_first_value_counts_and_a_forgotten_one_is_of_unknown_age():
    first, second = replaced(ended(Silent()), 2), replaced(ended(Silent()), 3)
    assert looked(second, first).age.since == START - 300 * DAY
    assert looked(replaced(ended(Silent()), 9)).overdue_because == ("its age is unknown",)
    proven = ended()
    assert looked(second, proven, first).age.since == proven.secret().new.live_at


def test_while_the_vault_does_not_say_how_old_it_was_its_age_is_unasked():
    class Throttling(Vault):
        def history(self, _parameter):
            raise Throttled("ssm", "read the history", "ThrottlingException")

    assert "ThrottlingException" in looked(replaced(ended(Silent())), vault=Throttling()).age.unasked


def test_a_departure_that_waits_makes_its_keys_overdue():
    run = begun()
    found = looked(run)
    leaver = run.incident.departure.leaver.name
    assert found.overdue_because == (f"{leaver} has left, and {run.incident.id} has not rotated it",)
    assert looked(ended(), run).overdue_because == ()
