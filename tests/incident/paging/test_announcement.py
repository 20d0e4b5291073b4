"""What may be said outside names the incident, its environment, severity and effect, and nothing of the secret."""

import pytest

from bot.incident import commands as c
from bot.incident.decide import decide
from bot.incident.events import Recorded
from bot.incident.evolve import evolve
from bot.incident.model import CheckOutcome
from bot.incident.paging.rules import announcement, pager_severity
from bot.model.secrets import Outage
from tests.support.incidents import ANNA, START, Story, declaration, entry, wanted


def incident(*secrets, environment="production"):
    state = None
    events = decide(None, c.Envelope("c1", START, ANNA, declaration(*secrets, environment=environment)))
    for seq, event in enumerate(events, start=1):
        state = evolve(state, Recorded(seq, START, "anna", event))
    return state


@pytest.mark.parametrize(
    ("outage", "effect"),
    [
        (Outage.DOWN, "customers may be affected: the product may be down in part"),
        (Outage.DEGRADED, "customers may be affected: the product may be degraded"),
        (Outage.NONE, "no known effect on customers"),
    ],
)
def test_it_says_the_effect_and_hides_the_secret(outage, effect):
    words = announcement(incident(wanted(entry("openai-api-key", outage=outage))))
    said = "SEV 2: 1 production key leaked (inc_ab3cde)"
    assert words == f"{said}; {effect}; access is not contained yet"
    assert "openai" not in words


def test_several_are_counted_and_other_environments_are_less_severe():
    staged = incident(wanted(entry("openai-api-key")), wanted(entry("sendgrid-api-key")), environment="staging")
    assert "2 staging keys leaked" in announcement(staged)
    assert pager_severity(staged) == "warning"


def test_it_has_the_severity_that_holds_now():
    story = Story(declaration(wanted(entry()), public=False))
    assert announcement(story.incident).startswith("SEV 3: ")
    story.do(c.RecordAbuse("openai-api-key", "calls from outside"), ANNA)
    assert announcement(story.incident).startswith("SEV 1: ")
    assert "critical" not in announcement(story.incident)


def test_it_changes_with_restoration_and_with_containment():
    checked = entry(outage=Outage.DEGRADED, checklist={"keys": "Look for other keys"})
    story = Story(declaration(wanted(checked))).run(300)
    assert announcement(story.incident).endswith("; service is restored; what leaked no longer works, checks continue")
    story.do(c.EndCheck("openai-api-key", "keys", CheckOutcome.CLEAR, "looked"), ANNA)
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), ANNA)
    assert announcement(story.incident).endswith("; service is restored; access is contained")
