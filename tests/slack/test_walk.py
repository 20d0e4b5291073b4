"""One incident over signed HTTP as commander, approver, responder, guest and stranger.

Each does what is theirs, and is refused what is not where they pressed, with who else can.
"""

import json
import re
from urllib.parse import urlencode

import pytest

from bot.drill.fakes.slack import APP_ID, TEAM_ID, read
from bot.drill.fakes.slack.delivery import FORM, SentRequest
from bot.incident import commands as c
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.model import Right
from bot.incident.offers import available
from bot.people import Person
from bot.slack.approval_messages import ApprovalMessages
from tests.slack.conftest import World
from tests.slack.test_listeners import declared, done, fill, form, said, wait_for


class Team(World):
    """Ada commands, bob approves, cleo responds; eve is a guest of no right, in the workspace and in no file."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.cleo = self.fake.workspace.add_user("cleo").id
        everyone = (*self.people, Person("cleo", slack=self.cleo, rights=frozenset({Right.RESPOND})))
        object.__setattr__(self.people, "listed", everyone)

    def press(self, user, action, value, team=TEAM_ID, view=None):
        """On the card, or in this view."""
        trigger = self.driver.do("trigger", {"user": user})["trigger_id"]
        payload = {
            "type": "block_actions", "team": {"id": team}, "api_app_id": APP_ID, "user": {"id": user},
            "trigger_id": trigger, "container": {"type": "message", "message_ts": "1.0"},
            **({"channel": {"id": self.fake.workspace.find_channel("general").id}} if view is None else {"view": view}),
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1.1"}],
        }  # fmt: skip
        return self.driver.send(SentRequest(urlencode({"payload": json.dumps(payload)}), FORM))


@pytest.fixture
def team(tmp_path):
    made = Team(tmp_path)
    yield made
    made.stop()


def test_each_does_what_is_theirs(team):
    incident = declared(team, secrets=["openai-api-key", "stripe-secret-key"])  # ada, who commands
    start = json.dumps({"incident": incident, "subject": "stripe-secret-key"})
    before = len(team.incidents.events(incident))
    assert team.press(team.eve, "revoked", start).ok
    [refused] = said(team, team.eve, "may not respond to incidents")
    assert "the people file does not give that right. Nothing changed. Who can: ada, bob or cleo." in refused
    assert read(team.driver.view_of(team.eve)["blocks"]) == refused  # over what was pressed
    assert team.press(team.eve, "revoked", start, team="T0STRANGER").status == 403

    done(team, team.cleo, incident, "notify")
    wait_for(lambda: team.incidents.load(incident).step("notify").over)
    assert team.incidents.load(incident).step("notify").ended.name == "cleo"
    note = f"note {incident} it was in a gist of mine"
    assert team.driver.slash(team.cleo, "/compromise", note).ok
    wait_for(
        lambda: any(r.actor == "cleo" and "Note" in type(r.event).__name__ for r in team.incidents.events(incident))
    )
    seq = next(r.seq for r in team.incidents.events(incident) if "Note" in type(r.event).__name__)
    assert team.driver.slash(team.cleo, "/compromise", f"redact {incident} {seq}").ok
    assert fill(team, team.cleo, "redact", {"reason": "it names a place"}).ok
    assert wait_for(lambda: team.incidents.load(incident).proposal)

    # Whoever can agree is asked by a direct message, and nobody else; the press in it is the one on the card.
    asking = ApprovalMessages(team.gateway, team.people)
    state = team.incidents.load(incident)
    _refs, trouble = asking.ask(state, [], {}, team.clock())
    assert trouble is None
    direct = {each.name: team.fake.workspace.direct(each.slack) for each in team.people}
    asked = {
        name: [m for m in there.messages if "asks you to agree" in json.dumps(m)] for name, there in direct.items()
    }
    assert {name: len(each) for name, each in asked.items()} == {"ada": 0, "bob": 1, "cleo": 0}
    [message] = asked["bob"]
    agree = next(b for b in message["blocks"] if b["type"] == "actions")["elements"][0]
    assert team.press(team.cleo, agree["action_id"], agree["value"]).ok
    assert not form(team, team.cleo, "approve_proposal").get("submit"), "it is cleo's own"
    assert team.incidents.load(incident).proposal is not None
    channel = direct["bob"].id
    assert team.driver.press(team.bob, channel, message["ts"], agree["action_id"], agree["value"]).ok
    assert fill(team, team.bob, "approve_proposal", {}).ok
    assert wait_for(lambda: team.incidents.load(incident).proposal is None)
    agreed = [r.actor for r in team.incidents.events(incident) if type(r.event).__name__ == "ProposalApproved"]
    assert agreed == ["bob"]
    assert len(team.incidents.events(incident)) > before


class Five(Team):
    """The same, and dan, who approves and does nothing else."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.sent = 0
        self.dan = self.fake.workspace.add_user("dan").id
        everyone = (*self.people, Person("dan", slack=self.dan, rights=frozenset({Right.APPROVE})))
        object.__setattr__(self.people, "listed", everyone)

    def send_form(self, user, callback, note, values, team=TEAM_ID):
        """A form as Slack sends it, whoever opened it: texts, and lists for what is ticked."""
        state = {
            name: {name: {"type": "checkboxes", "selected_options": [{"value": each} for each in value]}
                   if isinstance(value, list) else {"type": "plain_text_input", "value": value}}
            for name, value in values.items()
        }  # fmt: skip
        self.sent += 1
        view = {"id": f"V{self.sent}", "type": "modal", "callback_id": callback, "hash": "1.a",
                "state": {"values": state}, "private_metadata": json.dumps(note)}  # fmt: skip
        payload = {"type": "view_submission", "team": {"id": team}, "api_app_id": APP_ID, "user": {"id": user},
                   "trigger_id": self.driver.do("trigger", {"user": user})["trigger_id"], "view": view}  # fmt: skip
        return self.driver.send(SentRequest(urlencode({"payload": json.dumps(payload)}), FORM))


@pytest.fixture
def five(tmp_path):
    made = Five(tmp_path)
    yield made
    made.stop()


def test_the_end_is_the_commanders_and_each_other_is_refused_it(five):
    incident = declared(five)
    note = {"incident": incident}
    others = {"bob's like": five.dan, "cleo": five.cleo, "eve": five.eve}
    for step in five.incidents.load(incident).steps:
        skip = note | {"subject": step.definition.id}
        for user in (five.dan, five.eve):  # a step is a responder's
            assert refused(five, user, "step_skip", skip, {"reason": "not ours"})
        assert five.send_form(five.cleo, "step_skip", skip, {"reason": "told in the exercise"}).status == 200
        assert wait_for(lambda: five.incidents.load(incident).step(step.definition.id).over)  # noqa: B023
    left = acceptable(five.incidents.load(incident))
    close = {"accept": [item.key for item in left], "reason": "an exercise"}
    shown = note | {"digest": left_digest(left)}
    for user in others.values():
        assert refused(five, user, "close", shown, close)
    assert five.send_form(five.ada, "close", shown, close, team="T0STRANGER").status == 403
    assert five.send_form(five.ada, "close", shown, close).status == 200
    assert wait_for(lambda: five.incidents.load(incident).proposal), "a living key is accepted by two"

    state = five.incidents.load(incident)
    [offer] = [each for each in available(state, five.clock()) if each.kind is c.ApproveProposal]
    agree = note | {"digest": offer.command.digest}
    for user in (five.cleo, five.eve):  # not by who may not approve, nor by who proposed it
        assert refused(five, user, "approve_proposal", agree, {})
    assert five.press(five.ada, "approve_proposal", json.dumps(agree)).ok
    assert not form(five, five.ada, "approve_proposal").get("submit")
    assert five.incidents.load(incident).open
    assert five.send_form(five.dan, "approve_proposal", agree, {}).status == 200
    assert wait_for(lambda: not five.incidents.load(incident).open)

    for user in others.values():
        assert refused(five, user, "reopen", note, {"reason": "look again"})
    assert five.send_form(five.ada, "reopen", note, {"reason": "look again"}).status == 200
    assert wait_for(lambda: five.incidents.load(incident).open)


def refused(world, user, callback, note, values):
    """Whether sending this form changed nothing and told the person why, in the form or over it."""
    before = world.event_log.head(note["incident"]).partition(":")[0]
    answer = world.send_form(user, callback, note, values)
    if '"errors"' not in answer.body:
        assert "may not" in not_done(world, user)
    else:
        assert re.search("may not|is not in the people file", answer.body)
    done = [r for r in world.incidents.events(note["incident"]) if r.seq > int(before)]
    assert {type(each.event).__name__ for each in done} <= {"CommandRefused", "CommandProven"}
    return True


def not_done(world, user):
    """What this person is told over what they pressed or sent, which is closed then."""

    def look():
        view = world.driver.view_of(user)
        return view if view is not None and view["title"]["text"] == "Not done" else None

    view = wait_for(look)
    world.driver.close(user, view["id"])
    return read(view["blocks"])
