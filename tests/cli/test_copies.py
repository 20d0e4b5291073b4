"""`bot copy`, and what `bot show` says of copies."""

import json

import pytest
from typer.testing import CliRunner

from bot.cli import checklist as copies
from bot.cli.documents import incident_document
from bot.cli.entry import app
from bot.cli.incident_view import show_incident
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import model as m
from bot.incident.refusals import Declined
from bot.model.secrets import Copy, CopyKind
from tests.cli.test_checklist import at_terminal
from tests.support.incidents import Story, declaration, entry, wanted

NAME = "openai-api-key"
COPIES = (
    Copy("ci", CopyKind.CI, "GitHub Actions secret of example/app", "gh secret set OPENAI_API_KEY", "AI team"),
    Copy("backup", CopyKind.BACKUP, "nightly export", "delete the exports"),
)


def told():
    return Story(declaration(wanted(entry(copies=COPIES)), wanted(entry("redis-url")))).run(120)


def copy(story, *arguments, note="", as_json=False):
    terminal, screen = at_terminal(story, as_json=as_json)
    secret, *said = arguments or ("",)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "ask", terminal.application.incidents.ask)
        copies.copy(terminal, "inc_ab3cde", secret, said, note=note)
    return screen.getvalue()


def test_the_list_says_where_each_is_how_to_update_it_and_whom_to_ask():
    printed = copy(told())
    assert "[ ] ci (CI secret): GitHub Actions secret of example/app" in printed
    assert "gh secret set OPENAI_API_KEY (ask AI team)" in printed
    assert "OPEN: may still hold the old value" in printed
    assert "bot copy inc_ab3cde openai-api-key ci updated" in printed
    assert "The catalog names no copies." in printed


def test_several_are_said_at_once_and_the_reason_is_shown():
    story = told()
    copy(story, NAME, "ci", "updated")
    printed = copy(story, NAME, "backup", "accepted", note="it is offline and expires in a week")
    assert "[x] ci (CI secret)" in printed
    assert "updated by anna at" in printed
    assert "OLD VALUE ACCEPTED there by anna at" in printed
    assert "it is offline and expires in a week" in printed
    assert not story.secret().open_copies


def test_a_copy_that_was_updated_to_a_value_that_was_rolled_back_is_accepted_with_a_note():
    first = wanted(entry(copies=COPIES), m.Strategy.OVERLAP)
    story = Story(declaration(first, public=False)).run(60)
    copy(story, NAME, "ci", "updated")
    story.do(c.RollBack(NAME, "checkout is down"))
    printed = copy(story.run(10), NAME)
    assert "OPEN: was updated to the new value, which was rolled back since" in printed
    assert "bot copy inc_ab3cde openai-api-key ci accepted --note WHY" in printed


def test_what_is_wrong_is_said():
    story = told()
    with pytest.raises(Misuse, match="end with updated, purged, accepted"):
        copy(story, NAME, "ci", "gone")
    with pytest.raises(Misuse, match="`bot copy inc_ab3cde openai-api-key` lists them"):
        copy(story, NAME, "updated")
    with pytest.raises(Declined, match="Say in the note why"):
        copy(story, NAME, "backup", "accepted")


def test_show_names_open_copies_and_the_document_has_them_all():
    story = told()
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    assert "copies  OPEN: ci and backup. `bot copy inc_ab3cde openai-api-key`" in screen.getvalue()
    copy(story, NAME, "ci", "purged")
    [first, _] = incident_document(story.incident, story.now)["secrets"]
    assert [(each["name"], each["kind"], each["outcome"], each["by"]) for each in first["copies"]] == [
        ("ci", "ci", "purged", "anna"),
        ("backup", "backup", None, None),
    ]


def test_json_is_one_document(capsys):
    copy(told(), NAME, as_json=True)
    [document] = json.loads(capsys.readouterr().out)
    assert document["copies"][0]["update"] == "gh secret set OPENAI_API_KEY"


def test_it_has_help():
    text = " ".join(CliRunner().invoke(app, ["copy", "--help"]).output.split())
    assert "say what became of each copy" in text
