"""Copies at the terminal: the list, the answers, and what `bot show` says of them."""

import pytest

from bot.cli.documents import incident_document
from bot.cli.incident_view import show_incident
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import model as m
from bot.incident.refusals import Declined
from bot.model.secrets import Copy, CopyKind
from tests.cli.test_checklist import answer, at_terminal, listed
from tests.support.incidents import Story, declaration, entry, wanted

NAME = "openai-api-key"
COPIES = (
    Copy("ci", CopyKind.CI, "GitHub Actions secret of example/app", "gh secret set OPENAI_API_KEY", "AI team"),
    Copy("backup", CopyKind.BACKUP, "nightly export", "delete the exports"),
)


def told():
    return Story(declaration(wanted(entry(copies=COPIES)), wanted(entry("redis-url")))).run(120)


def test_the_list_says_where_each_is_how_to_update_it_and_whom_to_ask():
    printed = listed(told(), "copies")
    assert "copy:openai-api-key/ci: ci (CI secret): GitHub Actions secret of example/app" in printed
    assert "OPEN: may still hold the old key. gh secret set OPENAI_API_KEY (ask AI team)" in printed
    assert "bot answer inc_ab3cde copy:openai-api-key/ci updated --note TEXT" in printed


def test_each_is_said_and_the_reason_is_kept():
    story = told()
    answer(story, "ci", "updated")
    answer(story, "backup", "accepted", note="it is offline and expires in a week")
    assert {name: state.outcome for name, state in story.secret().copies.items()} == {
        "ci": m.CopyOutcome.UPDATED,
        "backup": m.CopyOutcome.ACCEPTED,
    }
    assert not story.secret().open_copies


def test_a_copy_that_was_updated_to_a_value_that_was_rolled_back_is_open_again():
    first = wanted(entry(copies=COPIES), m.Strategy.OVERLAP)
    story = Story(declaration(first, public=False)).run(60)
    answer(story, "ci", "updated")
    story.do(c.RollBack(NAME, "checkout is down"))
    story.run(10)
    assert "OPEN: was updated to the new key, which was rolled back since" in listed(story, "copies")


def test_what_is_wrong_is_said():
    story = told()
    with pytest.raises(Misuse, match="end with updated or purged or accepted"):
        answer(story, "ci", "gone")
    with pytest.raises(Declined, match="Explain in the note why"):
        answer(story, "backup", "accepted")


def test_show_names_open_copies_and_the_document_has_them_all():
    story = told()
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    assert "copies  OPEN: ci and backup. `bot todo inc_ab3cde copy:openai-api-key`" in screen.getvalue()
    answer(story, "ci", "purged")
    [first, _] = incident_document(story.incident, story.now)["secrets"]
    assert [(each["name"], each["kind"], each["outcome"], each["by"]) for each in first["copies"]] == [
        ("ci", "ci", "purged", "anna"),
        ("backup", "backup", None, None),
    ]
