"""`bot check`, what `bot show` says of open checks, and the documents of both."""

import io
import json
from types import SimpleNamespace

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from bot.cli import app, checklist
from bot.cli.documents import incident_document
from bot.cli.incident_view import show_incident
from bot.cli.terminal import Terminal
from bot.cli.words import next_actions
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.closing.open_items import open_items
from bot.incident.refusals import Declined
from bot.model.keys import Leftover
from bot.report.summary import summary
from bot.slack.actions import ButtonValue
from bot.slack.incident_card import incident_card
from bot.slack.modals.checks import checks_form
from bot.slack.modals.more import more_form
from tests.support.incidents import ANNA, START, Story, World, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
CHECKLIST = {"keys": "Look for keys.", "webhooks": "Look where events go."}


class OneIncident:
    """The incidents, of which this is the only one."""

    def __init__(self, story) -> None:
        self.story = story

    def load(self, _incident):
        return self.story.incident

    def ask(self, _terminal, _incident, body):
        events = self.story.do(body, ANNA)
        refused = " ".join(event.reason for event in events if isinstance(event, e.CommandRefused))
        if refused:
            raise Declined(refused)
        return self.story.incident


def told():
    secret = entry(can=capabilities(inspects=True), checklist=CHECKLIST, inspects=("keys",))
    story = Story(declaration(wanted(secret), wanted(entry("redis-url"))))
    story.world.left_behind = (Leftover("keys", "id-666", "backup", START),)
    story.run(120).do(c.RecordFinding("no-abuse", "its usage page shows our own calls alone"), ANNA)
    return story


def at_terminal(story, *, as_json=False):
    terminal = Terminal(json=as_json)
    screen = io.StringIO()
    terminal.out = Console(file=screen, width=200, no_color=True, highlight=False, markup=False)
    terminal.application = SimpleNamespace(incidents=OneIncident(story))
    return terminal, screen


def check(story, *arguments, note="", as_json=False):
    terminal, screen = at_terminal(story, as_json=as_json)
    secret, *said = arguments or ("",)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checklist, "ask", OneIncident(story).ask)
        checklist.check(terminal, story.incident.id, secret, said, note=note)
    return " ".join(screen.getvalue().split())


def test_a_list_of_what_to_look_at():
    text = check(told(), NAME)
    assert f"{NAME}: Access is not contained yet, 2 of 2 persistence checks open." in text
    assert "[ ] keys: OPEN: found backup (id-666), made 2026-11-25 03:00 UTC Look for keys." in text
    assert "[ ] webhooks: OPEN: nobody has looked Look where events go." in text
    assert text.endswith(f"{NAME} keys clear --note TEXT")


def test_all_secrets_unless_one_is_named():
    text = check(told())
    assert f"{NAME}: Access is not contained yet" in text
    assert "redis-url: Access is contained: the old value is gone" in text
    assert "Its provider has no checklist." in text


def test_items_are_ended_several_at_once():
    story = told()
    text = check(story, NAME, "keys", "webhooks", "handled", note="deleted both")
    assert text.count("handled by anna") == 2
    assert story.secret().access is m.Access.CONTAINED


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((NAME, "keys"), Misuse, "end with clear (nothing there) or handled (removed)"),
        ((NAME, "clear"), Misuse, "Name what you looked at"),
        ((NAME, "keys", "clear"), Misuse, "Say who looked, and what they saw: --note TEXT. The report quotes it."),
        ((NAME, "keys", "handled"), Misuse, "Say what was removed: --note TEXT."),
        (("nope",), Declined, "has no secret 'nope'"),
    ],
)
def test_what_it_cannot_do(arguments, error, words):
    with pytest.raises(error) as raised:
        check(told(), *arguments)
    assert words in str(raised.value)


def test_an_item_that_there_is_not():
    with pytest.raises(Declined, match="Its items: keys, webhooks"):
        check(told(), NAME, "users", "clear", note="none")


def test_whoever_sits_there_is_asked_for_the_note(monkeypatch):
    monkeypatch.setattr(Terminal, "interactive", True)
    asked = []
    monkeypatch.setattr(typer, "prompt", lambda words, **_: asked.append(words) or "ann looked: ours")
    assert "clear by anna" in check(told(), NAME, "keys", "clear")
    assert asked == ["For the report: who looked, and what they saw (never a secret)"]


def test_the_list_as_json(capsys):
    check(told(), NAME, as_json=True)
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["secret"], document["access"]) == (NAME, "open")
    keys, webhooks = document["checks"]
    assert keys["found"][0]["id"] == "id-666"
    assert (webhooks["item"], webhooks["outcome"], webhooks["by"]) == ("webhooks", None, None)


def test_every_face_tells_the_same_number_of_open_checks():
    """One key is dead and has two checks open, one lives and has two more: these count too."""
    living = entry("sendgrid-api-key", checklist=CHECKLIST)
    story = Story(declaration(wanted(entry(checklist=CHECKLIST)), wanted(living)))
    story.world.look = lambda name: World.look(story.world, "none" if name == living.name else name)
    story.run(120)
    assert [secret.gone for secret in story.incident.secrets.values()] == [True, False]
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    left = "4 persistence checks open: 2 can be done now, 2 once their keys are dead"
    assert f"Access: {left}." in " ".join(screen.getvalue().split())
    drawn = " ".join(str(block.to_dict()) for block in incident_card(story.incident, story.now, "1:abc"))
    assert f"🔎 {left}'" in drawn
    asked = ButtonValue(story.incident.id)
    assert f'"{left}."' in json.dumps(checks_form(story.incident, asked))
    assert f"🔎 {left}" in json.dumps(more_form(story.incident, asked, story.now), ensure_ascii=False)
    assert incident_document(story.incident, story.now)["unchecked"] == 4
    assert "Persistence checks: 4 of 4 open." in [fact.text for fact in summary(story.incident, story.log)]
    items = {item.key: item.words for item in open_items(story.incident)}
    for name in story.incident.secrets:
        assert items[f"checks:{name}"] == f"{name}: 2 of 2 persistence checks open: keys, webhooks"


def test_show_counts_what_is_open():
    story = told()
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    text = " ".join(screen.getvalue().split())
    assert f"access not contained yet, 2 of 2 persistence checks open. `bot check {story.incident.id} {NAME}`" in text
    document = incident_document(story.incident, story.now)
    assert document["unchecked"] == 2
    assert [secret["access"] for secret in document["secrets"]] == ["open", "contained"]
    command = f"bot check {story.incident.id} {NAME}"
    assert command in [action.command for action in next_actions(story.incident, story.now)]
    check(story, NAME, "keys", "webhooks", "handled", note="deleted both")
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    assert "access contained" in " ".join(screen.getvalue().split())


def test_the_commands_help_says_how():
    text = " ".join(CliRunner().invoke(app, ["check", "--help"]).output.split())
    assert "ITEM... clear|handled" in text
