"""Backdoor checks at the terminal: `bot todo`, `bot answer`, and what `bot show` says of them."""

import io
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import typer
from rich.console import Console

from bot.cli import todo
from bot.cli.documents import incident_document
from bot.cli.incident_view import show_incident
from bot.cli.terminal import Terminal
from bot.drill.fakes.slack import read
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.closing.open_items import open_items
from bot.incident.refusals import Declined
from bot.model.capabilities import RevokedBy
from bot.model.keys import Leftover
from bot.model.uses import Undo, Use
from bot.people import People, Person
from bot.report.touched import questions
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from bot.slack.modals.answers import answers_form
from tests.support.events import USED
from tests.support.incidents import ANNA, START, Story, World, capabilities, declaration, entry, wanted
from tests.support.typed import typed_now

NAME = "openai-api-key"
PEOPLE = (
    Person("anna", rights=frozenset({m.Right.RESPOND})),
    Person("ben", rights=frozenset({m.Right.RESPOND, m.Right.APPROVE})),
)
CHECKLIST = {"keys": "Look for keys.", "webhooks": "Look where events go."}


class OneIncident:
    """The incidents, of which this is the only one."""

    def __init__(self, story) -> None:
        self.story = story

    def load(self, _incident):
        return self.story.incident

    def look(self, _incident):
        return SimpleNamespace(incident=self.story.incident)

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


def at_terminal(story, *, as_json=False, person=None):
    terminal = Terminal(json=as_json, person=person)
    screen = io.StringIO()
    terminal.out = Console(file=screen, width=200, no_color=True, highlight=False, markup=False)
    terminal.clock = lambda: story.now
    terminal.application = SimpleNamespace(
        incidents=OneIncident(story),
        files=SimpleNamespace(people=People(PEOPLE)),
        settings=SimpleNamespace(person=None),
    )
    return terminal, screen


def listed(story, *what, **more):
    """What `bot todo` prints."""
    terminal, screen = at_terminal(story, **more)
    todo.todo(terminal, story.incident.id, *what)
    return " ".join(screen.getvalue().split())


def answer(story, *said, note="", as_json=False):
    """What `bot answer` prints."""
    terminal, screen = at_terminal(story, as_json=as_json)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(todo, "ask", OneIncident(story).ask)
        todo.answer(terminal, story.incident.id, list(said), note=note)
    return " ".join(screen.getvalue().split())


def outcomes(story):
    return {item: check.outcome for item, check in story.secret().checks.items()}


def test_a_list_of_what_to_look_at():
    text = listed(told(), f"check:{NAME}")
    assert f"check:{NAME}/keys: keys at OpenAI" in text
    assert "Look for keys. OPEN: found backup (id-666), made 2026-11-25 03:00 UTC." in text
    assert "Look where events go." in text
    assert f"bot answer inc_ab3cde check:{NAME}/webhooks clear --note TEXT" in text


def test_the_list_has_tags_that_are_typed_in_place_of_ids():
    story = told()
    text = listed(story, person="anna")
    assert text.index("YOURS") < text.index("check whether 2 keys are the leaked ones") < text.index("Blocks the close")
    (tag,) = re.findall(r"\b([a-z]{3}) answer 2 checks of openai-api-key", text)
    assert f"check:{NAME}/webhooks: webhooks at OpenAI" in listed(story, tag)
    assert f"check:{NAME}/webhooks: clear." in answer(story, tag, "clear", note="ours, all of it")
    with pytest.raises(Misuse, match="Nothing on the list is called 'xx'"):
        listed(story, "xx")


def test_what_is_taken_is_yours_and_says_so_to_others():
    story = Story(declaration(wanted(entry(can=capabilities(revokes=RevokedBy.PERSON))))).run(60)
    story.do(c.TakeTodo(f"by-hand:{NAME}"), ANNA)
    others = listed(story, person="ben").partition("OTHERS")[2]
    assert f"revoke {NAME} at OpenAI taken by anna bot incident revoked" in others
    assert "bot incident give-back" in listed(story, f"by-hand:{NAME}", person="anna")


def test_items_are_ended_several_at_once():
    story = told()
    assert "webhooks: clear." in answer(story, "checks", "clear", note="ours, all of it")
    assert outcomes(story) == {"keys": m.CheckOutcome.CLEAR, "webhooks": m.CheckOutcome.CLEAR}
    assert story.secret().access is m.Access.CONTAINED


def test_what_was_found_is_told_of_one_check_at_a_time():
    story = told()
    with pytest.raises(Declined, match=r"“keys” of openai-api-key was not recorded. Answer it alone"):
        answer(story, "checks", "handled", note="deleted both")
    answer(story, "keys", "handled", note="deleted the backup")
    assert outcomes(story) == {"keys": m.CheckOutcome.HANDLED, "webhooks": None}


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("keys", "gone"), Misuse, "'gone' is no outcome of check:openai-api-key/keys: end with clear or handled."),
        (("clear",), Misuse, "Name what you answer: `bot todo inc_ab3cde` lists it."),
        (("keys", "clear"), Declined, "Something was found for “keys”. Explain in the note why it may stay."),
        (("keys", "handled"), Declined, "Write in the note what was removed"),
        (("users", "clear"), Misuse, "Nothing on the list is called 'users'"),
        (("impact", "done"), Misuse, "finding:impact is not answered that way. `bot todo` shows the command."),
    ],
)
def test_what_it_cannot_do(arguments, error, words):
    with pytest.raises(error) as raised:
        answer(told(), *arguments)
    assert words in str(raised.value)


def test_whoever_sits_there_is_asked_for_the_note(monkeypatch):
    monkeypatch.setattr(Terminal, "interactive", True)
    asked = []
    monkeypatch.setattr(typer, "prompt", lambda words, **_: asked.append(words) or "ann looked: ours")
    assert "keys: clear." in answer(told(), "keys", "clear")
    assert asked == ["For the report: who looked, and what they saw or did (never a secret)"]


def test_the_list_as_json(capsys):
    listed(told(), "checks", as_json=True)
    keys, webhooks = json.loads(capsys.readouterr().out)
    assert keys["todo"] == f"check:{NAME}/keys"
    assert keys["outcomes"] == ["clear", "handled"]
    assert (webhooks["kind"], webhooks["face"], webhooks["blocks"]) == ("check", "answer", ["close"])


def test_checks_wait_for_the_death_of_their_key():
    story = Story(declaration(wanted(entry(checklist=CHECKLIST))))
    assert re.search(r"\b[a-z]{3} answer 2 checks of openai-api-key platform waits", listed(story))
    with pytest.raises(Misuse, match=r"cannot be answered yet. The old key of openai-api-key is not dead yet"):
        answer(story, "keys", "clear", note="looked")


def test_every_face_tells_the_same_number_of_open_checks():
    """One key is dead and has two checks open, one lives and has two more: these count too."""
    living = entry("sendgrid-api-key", checklist=CHECKLIST)
    story = Story(declaration(wanted(entry(checklist=CHECKLIST)), wanted(living)))
    story.world.look = lambda name: World.look(story.world, "none" if name == living.name else name)
    story.run(120)
    assert [secret.gone for secret in story.incident.secrets.values()] == [True, False]
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    left = "4 backdoor checks open: 2 can be done now, 2 once their keys are dead"
    shown = " ".join(screen.getvalue().split())
    assert "Blocks the close: 4 backdoor checks, " in shown
    assert "answer 2 checks of openai-api-key platform by 20:00 UTC" in shown
    assert "answer 2 checks of sendgrid-api-key platform waits" in shown
    card = read(to_json(incident_card(story.incident, story.now, "1:abc")))
    assert "\n2 checks, first due 25 Nov 20:00 UTC (2 more once keys are dead)\n" in card
    page = answers_form(story.incident, ButtonValue(story.incident.id, f"check:{NAME}"), story.now)
    assert f"{left}." in json.dumps(page)
    assert incident_document(story.incident, story.now)["unchecked"] == 4
    used = next(questions(story.incident, story.log, ()))
    assert "Backdoor checks: 4 of 4 open." in [fact.text for fact in used.facts]
    items = {item.key: item.words for item in open_items(story.incident)}
    for name in story.incident.secrets:
        assert items[f"checks:{name}"] == f"{name}: 2 of 2 backdoor checks open: keys, webhooks"


def test_show_counts_what_is_open():
    story = told()
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    text = " ".join(screen.getvalue().split())
    assert f"access not contained yet, 2 of 2 backdoor checks open. `bot todo {story.incident.id} check:{NAME}`" in text
    document = incident_document(story.incident, story.now)
    assert document["unchecked"] == 2
    assert [secret["access"] for secret in document["secrets"]] == ["open", "contained"]
    command = f"bot answer {story.incident.id} check:{NAME}/keys clear --note TEXT"
    assert command in typed_now(story.incident, story.now)
    answer(story, "checks", "clear", note="ours")
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    assert "access contained" in " ".join(screen.getvalue().split())


def test_what_a_use_made_is_taken_and_answered_by_its_name():
    story = told()
    made = Use(START, START, "iam:CreateUser", what=("eve",), undo=Undo("Delete the user: https://x.example."))
    story.record(e.UseLookedUp(99, NAME, replace(USED, uses=(made,))))
    todo = f"undo:{NAME}/CreateUser eve"
    text = listed(story, todo)
    assert f"{todo}: undo CreateUser eve at OpenAI" in text
    assert "Delete the user: https://x.example." in text
    assert f"bot incident take inc_ab3cde '{todo}'" in text
    assert f"bot answer inc_ab3cde '{todo}' handled --note TEXT" in text
    story.do(c.TakeTodo(todo), ANNA)
    assert f"{todo}: handled." in answer(story, todo, "handled", note="deleted eve")
    assert story.secret().checks["CreateUser eve"].outcome is m.CheckOutcome.HANDLED
