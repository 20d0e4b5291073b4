"""What is said of the page: who was woken, and once it is resolved no longer that someone is."""

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import PAGE_LANE
from bot.incident.operations import Op
from bot.phrases.machine_events import machine_sentence
from bot.phrases.paging import reach_words
from tests.slack.states import Story, entry
from tests.support.incidents import BEN, World
from tests.support.incidents import Story as Planned
from tests.support.rotations import AUTO, MACHINE, OVERLAP, rotation


def test_where_no_other_pager_is_set_up_none_has_paged():
    assert machine_sentence(e.PageSent(1, "none", fallback=True)) == "The bot found no other pager set up"
    assert machine_sentence(e.PageSent(1, "trigger", fallback=True)) == "The bot paged on-call, by the fallback"


def test_once_it_is_resolved_nobody_is_being_paged():
    story = Story(entry("openai-api-key"))
    story.operation(Op.PAGE, PAGE_LANE, "", lambda n: e.PageSent(n, "trigger"))
    assert reach_words(story.incident) == "on-call is being paged, not acknowledged yet"
    story.operation(Op.PAGE, PAGE_LANE, "", lambda n: e.PageSent(n, "resolve"))
    assert reach_words(story.incident) == "on-call was paged, not acknowledged"


def test_a_planned_rotation_speaks_of_no_page_to_answer_and_of_what_was_paged_for():
    story = Planned(rotation(planned=AUTO), MACHINE)
    story.do(c.AddNote("I look after it"), BEN)
    assert reach_words(story.incident) == "no page unless something gets worse"
    story.world.failing.add("checkout")
    story.run(120)
    assert reach_words(story.incident) == "on-call was paged for what got worse"
    story.world.failing.clear()
    story.run(2 * OVERLAP)
    assert not story.incident.open
    assert reach_words(story.incident) == "on-call was paged for what got worse"


def test_an_alert_of_a_planned_rotation_that_no_pager_took_is_not_said_to_be_sent():
    class Silent(World):
        def paged(self, incident, claim):
            return e.OperationFailed(claim.number, Op.PAGE, "Refused", "pagerduty: HTTP 400", None)

    story = Planned(rotation(planned=AUTO), MACHINE, Silent())
    story.world.failing.add("checkout")
    story.run(120)
    assert story.incident.alerts
    assert reach_words(story.incident).startswith("NO ONE REACHED: pagerduty: HTTP 400")
