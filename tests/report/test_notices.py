"""Drafts of notices: whatever a text of the incident or of a template holds, no value gets into them."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.report.notices import NOTICES, draft_notice
from bot.secret import Secret
from tests.report.test_html import SHIPPED
from tests.support.incidents import ANNA, Story, declaration, entry, wanted

CANARY = "nR4wTq82Lx05vBz7"
SAID = {
    "the title": lambda: Story(declaration(title=f"leak of {CANARY}")),
    "the notice": lambda: Story(declaration(notice=f"saw {CANARY}")),
    "the owner's name": lambda: Story(declaration(wanted(entry(owner=CANARY)))),
    "what stops": lambda: Story(declaration(wanted(entry(if_killed=f"Mails with {CANARY} stop.")))),
    "a note": lambda: said(c.AddNote(f"it was {CANARY}")),
    "the impact": lambda: said(c.RecordFinding("impact", f"they had {CANARY}")),
    "the cause": lambda: said(c.RecordFinding("root-cause", f"{CANARY} stood in a log")),
    "a task": lambda: said(c.AddTask(f"remove {CANARY}", "anna")),
}


def said(command):
    story = Story(declaration())
    story.do(command, ANNA)
    return story


def drafted(story, name, folders=SHIPPED):
    known = {Secret(CANARY).fingerprint}
    return draft_notice(story.incident, story.log, name, folders, story.now + timedelta(hours=1), fingerprints=known)


@pytest.mark.parametrize("name", NOTICES)
@pytest.mark.parametrize("place", SAID)
def test_no_text_of_an_incident_brings_a_value_into_a_draft(name, place):
    draft = drafted(SAID[place](), name)
    assert CANARY not in draft.text
    assert draft.text.startswith("# DRAFT for counsel, not sent")


@pytest.mark.parametrize(
    "template",
    [CANARY, f"{CANARY[:7]}**{CANARY[7:]}**", "{{ notice.impact[0].text if notice.impact }}", "&#110;" + CANARY[1:]],
)
def test_nor_does_a_template_of_the_teams_own(tmp_path, template):
    (tmp_path / "team.md.j2").write_text(f"To our partners: {template}\n")
    draft = drafted(SAID["the impact"](), "team", (tmp_path, *SHIPPED))
    assert CANARY not in draft.text.replace("*", "").replace("&#110;", "n")
    assert draft.withheld
    assert "withheld" in draft.text
