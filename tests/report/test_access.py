"""What the report says of things that may outlive a dead key: who looked, when, how, and what nobody has settled."""

from bot.data_files import template_folders
from bot.incident import commands as c
from bot.incident import model as m
from bot.model.keys import Leftover
from bot.phrases.access import settled_words
from bot.report.render import render
from tests.support.incidents import BEN, CHLOE, START, Story, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
SHIPPED = template_folders()
BACKDOOR = Leftover("keys", "id-666", "backup *now*", START)


def told():
    checklist = {"keys": "Look for keys.", "users": "Look for users.", "webhooks": "Look where events go."}
    secret = entry(can=capabilities(inspects=True), checklist=checklist, inspects=("keys", "users"))
    story = Story(declaration(wanted(secret)))
    story.world.left_behind = (BACKDOOR,)
    return story.run(120)


def rendered(story):
    return " ".join(render(story.incident, story.log, "99:abc", SHIPPED, story.now).split())


def test_each_item_with_who_when_and_how():
    story = told()
    story.do(c.EndCheck(NAME, "keys", m.CheckOutcome.HANDLED, "deleted it"), BEN)
    text = rendered(story)
    assert "- **Backdoor checks.** Access is not contained yet, 1 of 3 backdoor checks open." in text
    assert "keys: handled by ben at 2026-11-25 03:02:00 UTC (found backup \\*now\\* (id-666)" in text
    assert "03:00 UTC): deleted it." in text
    assert "users: clear by API at 2026-11-25 03:00:" in text
    assert "webhooks: OPEN: not checked yet." in text


def test_what_nobody_settled_heads_the_report():
    head = rendered(told()).partition("## Summary")[0]
    assert "ACCESS NOT CONTAINED: backdoor checks of openai-api-key are open: keys and webhooks." in head


def test_a_close_over_open_checks_says_how_many():
    story = told().complete()
    story.close_over("the console is down", CHLOE)
    story.agree(BEN)
    text = rendered(story)
    left = "2 of 3 backdoor checks open: keys (1 found), webhooks"
    assert f"CLOSED WITH OPEN ITEMS: openai-api-key: {left}. Accepted by chloe" in text
    assert "the console is down" in text


def test_a_contained_secret_warns_of_nothing():
    story = told()
    for item in ("keys", "webhooks"):
        story.do(c.EndCheck(NAME, item, m.CheckOutcome.CLEAR, "ours"), BEN)
    story.do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), BEN)
    text = rendered(story)
    assert "Access is contained" in text
    assert "ACCESS NOT CONTAINED" not in text


def test_without_a_checklist_there_is_no_such_section():
    assert "### Access" not in rendered(Story(declaration()).run(120))


def test_the_timeline_says_what_was_found():
    text = rendered(told())
    assert "FOUND keys backup" in text


def test_an_open_finding_in_words():
    assert settled_words(told().secret().checks["keys"]) == (
        "OPEN: found backup *now* (id-666), made 2026-11-25 03:00 UTC"
    )
