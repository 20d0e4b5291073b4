"""People stop where nothing moves, and say why; what they practise besides says it too."""

import json
from subprocess import CompletedProcess, TimeoutExpired
from types import SimpleNamespace

import pytest
import requests

from bot.cli.documents import incident_document
from bot.drill import departure, responders, rotation
from bot.drill.departure import practise_departure
from bot.drill.incident_view import IncidentView
from bot.drill.responders import Responders, Seen, SlackSilent
from bot.drill.rotation import PlannedRotation
from bot.drill.waits import STALE, Unchanged
from tests.support.incidents import Story, declaration, wanted

WHERE = SimpleNamespace(folder=None, left_out=(), leaked=(), by_hand=())


def view(story):
    return IncidentView(json.loads(json.dumps(incident_document(story.incident, story.now), default=str)))


class Clock:
    """Each look at it is a second later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_how_long_something_has_stayed_as_it_is():
    times = iter([1.0, 1.0, 4.0, 5.0, 5.0])
    unchanged = Unchanged(lambda: next(times))
    assert [unchanged.seconds(each) for each in ("a", "a", "b")] == [0.0, 3.0, 0.0]


def test_a_look_that_finds_what_the_last_one_found_is_no_progress():
    story = Story(declaration(wanted()))
    before = view(story)
    assert view(story).progress == before.progress
    assert view(story.run(120)).progress != before.progress


def test_what_keeps_an_incident_open_is_named():
    story = Story(declaration(wanted()))
    seen = view(story)
    assert seen.why_open.startswith("openai-api-key: not finished, and nothing has failed; open steps: rotate")


def played(monkeypatch, looks):
    """What became of a play in which each look finds the next of these, and the last one for ever."""
    clock, told, left = Clock(), [], list(looks)
    monkeypatch.setattr(responders, "time", SimpleNamespace(monotonic=clock, sleep=lambda _: None))
    monkeypatch.setattr(responders, "Unchanged", lambda: Unchanged(clock))
    people = Responders(WHERE, SimpleNamespace(mind=lambda: None), lambda _: None, told.append, {})

    def look():
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    people.look, people.act = look, lambda _seen: None
    return people.play(400.0), told


def test_an_incident_that_does_not_move_is_left_open(monkeypatch):
    seen = Seen(SimpleNamespace(closed=False, edited="1"), view(Story(declaration(wanted()))))
    assert played(monkeypatch, [requests.ConnectionError(), seen]) == (
        False,
        [f"nothing has moved for {STALE:.0f} s: the people stop"],
    )


def test_a_card_that_does_not_follow_sends_people_to_their_terminals(monkeypatch):
    story = Story(declaration(wanted()))
    card = SimpleNamespace(closed=False, edited="1")
    early = [Seen(card, view(story))] * 3
    with pytest.raises(SlackSilent):
        played(monkeypatch, [*early, Seen(card, view(story.run(120)))])


def test_a_slack_in_which_there_is_nothing_to_see_is_silent(monkeypatch):
    with pytest.raises(SlackSilent):
        played(monkeypatch, [None])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (CompletedProcess([], 1, "", "you have no right to\n"), "makes no progress: you have no right to. "),
        (TimeoutExpired("bot", 60), "makes no progress: `bot people departure` did not end. "),
    ],
)
def test_a_departure_that_does_not_begin_says_why(monkeypatch, answer, why):
    told = []

    def typed(*_words, **_more):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(departure, "type_command", typed)
    assert practise_departure(WHERE, told.append, {}, lambda: None) is None
    assert why in told[-1]


def test_a_departure_of_which_nothing_comes_says_so(monkeypatch):
    told = []
    monkeypatch.setattr(departure, "type_command", lambda *_, **__: CompletedProcess([], 0, "", ""))
    monkeypatch.setattr(departure, "PATIENCE", 0.0)
    assert practise_departure(WHERE, told.append, {}, lambda: None) is None
    assert "no new key is held" in told[-1]


def test_a_rotation_that_does_not_begin_says_why_and_is_not_waited_for(monkeypatch):
    told = []
    monkeypatch.setattr(
        rotation, "type_command", lambda *_, **__: CompletedProcess([], 1, "", "an incident goes first\n")
    )
    begun = PlannedRotation(WHERE, told.append, {}, lambda: None)
    begun.start()
    assert begun.outcome() is None
    assert told[-1] == "the planned rotation does not begin: an incident goes first"


def test_no_rotation_begins_beside_an_incident_at_its_provider():
    leaked = SimpleNamespace(left_out=(), leaked=(rotation.SECRET,))
    begun = PlannedRotation(leaked, [].append, {}, lambda: None)
    begun.start()
    assert begun.outcome() is None
