"""One incident over signed HTTP as commander, approver, responder, guest and stranger.

Each does what is theirs, and is refused what is not where they pressed, with who else can.
"""

import json
from urllib.parse import urlencode

import pytest

from bot.drill.fakes.slack import APP_ID, TEAM_ID, read
from bot.drill.fakes.slack.delivery import FORM, SentRequest
from bot.incident.model import Right
from bot.people import Person
from bot.slack.approval_messages import ApprovalMessages
from tests.slack.conftest import World
from tests.slack.test_listeners import declared, said, wait_for


class Team(World):
    """Ada commands, bob approves, cleo responds; eve is a guest of no right, in the workspace and in no file."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.cleo = self.fake.workspace.add_user("cleo").id
        everybody = (*self.people, Person("cleo", slack=self.cleo, rights=frozenset({Right.RESPOND})))
        object.__setattr__(self.people, "listed", everybody)

    def press(self, user, action, value, team=TEAM_ID):
        trigger = self.driver.do("trigger", {"user": user})["trigger_id"]
        payload = {
            "type": "block_actions", "team": {"id": team}, "api_app_id": APP_ID, "user": {"id": user},
            "trigger_id": trigger, "container": {"type": "message", "message_ts": "1.0"},
            "channel": {"id": self.fake.workspace.find_channel("general").id},
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1.1"}],
        }  # fmt: skip
        return self.driver.send(SentRequest(urlencode({"payload": json.dumps(payload)}), FORM))


@pytest.fixture
def team(tmp_path):
    made = Team(tmp_path)
    yield made
    made.stop()


def test_each_does_what_is_theirs(team):
    incident = declared(team)  # ada, who commands
    start = json.dumps({"incident": incident, "subject": "assess"})
    before = len(team.incidents.events(incident))
    assert team.press(team.eve, "step_start", start).ok
    [refused] = said(team, team.eve, "may not respond to incidents")
    assert "Who can: ada, bob or cleo." in refused
    assert read(team.driver.view_of(team.eve)["blocks"]) == refused  # over what was pressed
    assert team.press(team.eve, "step_start", start, team="T0STRANGER").status == 403

    assert team.press(team.cleo, "step_start", start).ok
    wait_for(lambda: any(s.started and s.definition.id == "assess" for s in team.incidents.load(incident).steps))
    assert team.incidents.load(incident).step("assess").started.name == "cleo"
    note = f"note {incident} it was in a gist of mine"
    assert team.driver.slash(team.cleo, "/compromise", note).ok
    wait_for(
        lambda: any(r.actor == "cleo" and "Note" in type(r.event).__name__ for r in team.incidents.events(incident))
    )
    seq = next(r.seq for r in team.incidents.events(incident) if "Note" in type(r.event).__name__)
    assert team.driver.slash(team.cleo, "/compromise", f"redact {incident} {seq} it names a place").ok
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
    assert said(team, team.cleo, "bob")
    assert team.incidents.load(incident).proposal is not None
    channel = direct["bob"].id
    assert team.driver.press(team.bob, channel, message["ts"], agree["action_id"], agree["value"]).ok
    assert wait_for(lambda: team.incidents.load(incident).proposal is None)
    agreed = [r.actor for r in team.incidents.events(incident) if type(r.event).__name__ == "ProposalApproved"]
    assert agreed == ["bob"]
    assert len(team.incidents.events(incident)) > before
