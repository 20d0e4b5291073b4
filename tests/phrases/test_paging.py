"""What is said of the page: who was woken, and since people stood down no longer that somebody is."""

from bot.incident import events as e
from bot.incident.lanes import PAGE_LANE
from bot.incident.operations import Op
from bot.phrases.paging import page_words, people_words, reach_words
from tests.slack.states import Story, entry


def test_where_no_other_pager_is_set_up_none_has_paged():
    assert page_words(e.PageSent(1, "none", fallback=True)) == "The bot found no other pager set up"
    assert page_words(e.PageSent(1, "trigger", fallback=True)) == "The bot paged on-call, by the fallback"


def test_once_people_have_stood_down_nobody_is_being_paged():
    story = Story(entry("openai-api-key"))
    story.operation(Op.PAGE, PAGE_LANE, "", lambda n: e.PageSent(n, "trigger"))
    assert reach_words(story.incident) == "on-call is being paged, nobody has answered yet"
    story.then(e.StoodDown(), by="ada")
    assert reach_words(story.incident) == "on-call was paged, nobody answered"
    assert not any("is being paged" in line for line in people_words(story.incident))


def test_once_somebody_has_answered_no_level_is_being_paged():
    story = Story(entry("openai-api-key"))
    story.operation(Op.PAGE, PAGE_LANE, "", lambda n: e.PageSent(n, "trigger"))
    story.operation(Op.PAGE, PAGE_LANE, "", e.PageLooked)
    story.operation(Op.PAGE, PAGE_LANE, "", lambda n: e.PageEscalated(n, 2, ("mika",)))
    assert "Level 2 of the escalation policy is being paged" in people_words(story.incident)
    story.then(e.NoteAdded("here"), by="mika")
    assert reach_words(story.incident).startswith("answered by mika")
    assert "Level 2 of the escalation policy was paged" in people_words(story.incident)
