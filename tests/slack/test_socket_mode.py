"""Socket Mode: nothing listens, and the connection is made when Slack is there, at a pace."""

import json
import time

import pytest
import structlog

from bot.drill.fakes.slack import APP_ID, TEAM_ID, TOKEN
from bot.drill.fakes.slack.server import APP_TOKEN
from bot.errors import Throttled, Unauthorized, Unexpected, Unreachable
from bot.secrets.secret import Secret
from bot.slack.bolt_app import build_app
from bot.slack.gateway import SlackGateway, _is_link, web_client
from bot.slack.guard import OwnTeam
from bot.slack.listeners import AppContext
from bot.slack.socket_mode import LOOK_SECONDS, STEADY_SECONDS, SocketMode, _Client
from bot.slack.upkeep import LONGEST_PAUSE, Pauses, Upkeep
from tests.support.machine import overloaded
from tests.support.sockets import FakeSocket

SLASH = {
    "team_id": TEAM_ID, "api_app_id": APP_ID, "command": "/compromise", "text": "help", "channel_id": "C0",
    "trigger_id": "t", "response_url": "",
}  # fmt: skip


def until(holds, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
    return found


class Connected:
    """The bot's side of a Socket Mode connection to the fakes of a `World`. Its clock says `seconds`, and goes by
    itself only once it is started.
    """

    def __init__(self, world) -> None:
        self.world = world
        self.socket = FakeSocket()
        self.seconds, self.live = 1000.0, False
        self.acknowledged = []
        app = build_app(AppContext(world.incidents, None, None, world.people, world.gateway, world.clock), None)
        self.team = OwnTeam(world.gateway.check, (APP_ID,))
        opener = SlackGateway(web_client(Secret(APP_TOKEN), f"{world.slack.url}/api"))
        self.mode = SocketMode(app, self.team, opener.open_link, self.acknowledged.append, self.clock)
        world.fake.workspace.socket_url = self.socket.url

    def clock(self):
        return time.monotonic() if self.live else self.seconds

    def start(self):
        self.live = True
        self.mode.start()

    @property
    def asked(self):
        return [call.method for call in self.world.fake.calls].count("apps.connections.open")

    def look(self, later=0.0):
        self.seconds += later
        return self.mode.look()


@pytest.fixture
def there(world):
    made = Connected(world)
    yield made
    made.mode.stop()
    made.socket.stop()


@pytest.fixture
def logged():
    with structlog.testing.capture_logs() as lines:
        yield lines


# --- requests -------------------------------------------------------------------------------------------------------


def test_a_request_is_answered_over_the_connection(world, there):
    there.start()
    there.socket.await_opened(1)
    until(lambda: not there.mode.missing())
    there.socket.send({"type": "slash_commands", "envelope_id": "e1", "payload": {**SLASH, "user_id": world.ada}})
    assert there.socket.answers.get(timeout=10) == {"envelope_id": "e1"}
    until(lambda: [c for c in world.fake.calls if c.method == "chat.postMessage"])
    assert len(there.acknowledged) == 1


@pytest.mark.parametrize("changes", [{"team_id": "T0OTHER"}, {"api_app_id": "A0OTHER"}], ids=str)
def test_a_request_of_another_team_or_app_has_no_answer(world, there, logged, changes):
    there.look()
    there.socket.await_opened(1)
    payload = {**SLASH, "user_id": world.ada}
    there.socket.send({"type": "slash_commands", "envelope_id": "theirs", "payload": {**payload, **changes}})
    until(lambda: [line for line in logged if line["event"] == "ignored a request of another team or app"])
    there.socket.send({"type": "slash_commands", "envelope_id": "ours", "payload": payload})
    assert there.socket.answers.get(timeout=10) == {"envelope_id": "ours"}


def test_what_cannot_be_handled_shows_nothing_of_itself(there, logged):
    there.look()
    there.socket.await_opened(1)
    payload = {**SLASH, "type": "view_submission", "view": {"title": "somebodys-words"}}
    there.socket.send({"type": "interactive", "envelope_id": "e1", "payload": payload})
    there.socket.send({"type": "slash_commands", "envelope_id": "e2", "payload": {**SLASH, "user_id": "U0"}})
    until(lambda: len(there.acknowledged) == 2)
    assert "somebodys-words" not in json.dumps(logged)


# --- the connection -------------------------------------------------------------------------------------------------


def test_a_start_does_not_wait_for_slack(world, there):
    world.fake.faults.inject("down")
    begun = time.monotonic()
    there.start()
    assert time.monotonic() - begun < 1 or overloaded()
    until(lambda: "no answer" in str(there.mode.missing()))
    world.fake.faults.clear()
    there.socket.await_opened(1)
    until(lambda: not there.mode.missing())


def test_slack_is_asked_again_at_a_growing_pace(world, there, logged):
    there.look()
    there.socket.await_opened(1)
    there.socket.cut()
    until(lambda: there.look() and there.mode.missing())
    world.fake.faults.inject("apps.connections.open-500")
    pauses = []
    for _ in range(8):
        pauses.append(there.look(later=LONGEST_PAUSE * 2))
        assert there.look() == pytest.approx(min(LOOK_SECONDS, pauses[-1]))  # too early: nothing is asked
    assert pauses == sorted(pauses) or max(pauses) > 0.75 * LONGEST_PAUSE
    assert there.mode.missing() == ["Slack is not connected yet (slack: open a Socket Mode connection: HTTP 500)"]
    told = [line["event"] for line in logged if line["log_level"] in {"warning", "error"}]
    assert told == ["the connection to Slack was lost", *there.mode.missing()]  # each once


def test_an_app_token_that_slack_refuses_is_named_and_not_shown(there, world, logged):
    world.fake.app_token = "xapp-1-another"
    pause = there.look()
    assert pause >= 0.75 * LONGEST_PAUSE
    (sentence,) = there.mode.missing()
    assert sentence == "Slack does not accept SLACK_APP_TOKEN (slack: open a Socket Mode connection: invalid_auth)"
    assert [line["event"] for line in logged if line["log_level"] == "error"] == [sentence]
    assert APP_TOKEN not in json.dumps(logged)


def test_a_bot_token_that_slack_refuses_is_named_and_not_shown(there, world, logged):
    world.fake.revoked.add(TOKEN)
    there.look()
    there.look(later=LONGEST_PAUSE * 2)
    (sentence,) = there.mode.missing()
    assert sentence == "Slack does not accept SLACK_BOT_TOKEN (slack: check the token: token_revoked)"
    assert [line["event"] for line in logged] == [sentence]
    assert there.asked == 0


def test_a_connection_that_is_cut_is_made_anew(there):
    there.look()
    there.socket.await_opened(1)
    for number, end in enumerate((there.socket.cut, there.socket.close), 2):
        end()
        until(lambda: there.look(later=LOOK_SECONDS) and there.socket.opened == number)  # noqa: B023 - called here
        assert there.look() == LOOK_SECONDS
        assert there.mode.missing() == []


def test_slack_may_ask_for_another_connection(there):
    there.look()
    there.socket.await_opened(1)
    there.socket.send({"type": "disconnect", "reason": "refresh_requested"})
    until(lambda: there.look(later=LOOK_SECONDS) and there.socket.opened == 2)
    assert there.mode.missing() == []


def test_a_slack_that_asks_for_another_each_time_gets_no_tight_loop(there):
    there.socket.greeting = [{"type": "hello"}, {"type": "disconnect", "reason": "warning"}]
    there.look()
    for _ in range(200):  # no time passes
        there.look()
    assert there.asked == 1
    while there.seconds < 1000.0 + 20.0:
        there.look(later=0.5)
        time.sleep(0.01)
    assert there.asked <= 6


def test_a_connection_that_stood_for_a_while_was_a_good_one(there):
    there.mode._pauses.attempts = 6
    there.look()
    there.socket.await_opened(1)
    there.look(later=STEADY_SECONDS)
    assert there.mode._pauses.attempts == 0


def test_nothing_is_connected_after_the_end(there):
    there.start()
    there.socket.await_opened(1)
    there.mode.stop()
    asked = there.asked
    assert not there.mode._client.is_connected()
    assert there.asked == asked


def test_an_end_that_falls_between_the_look_and_the_reading_is_an_end():
    client = _Client(lambda: "", lambda: None)
    read = []

    class EndsMeanwhile:
        def is_active(self):
            client.current_session_state.terminated = True
            return True

        def run_until_completion(self, state):
            read.append(state.terminated)

        def close(self):
            pass

        sock = None

    client.current_session = EndsMeanwhile()
    until(lambda: read)
    client.close()
    assert all(read)


@pytest.mark.parametrize(
    ("link", "fine"),
    [
        ("wss://wss-primary.slack.com/link/?ticket=1", True),
        ("wss://wss-primary.slack.com:443/link/?ticket=1", True),
        ("ws://wss-primary.slack.com/link/", False),
        ("wss://wss-primary.slack.com:8443/link/", False),
        ("wss://slack.com.example.com/link/", False),
        ("wss://notslack.com/link/", False),
        ("wss://wss.slack.com:port/link/", False),
        ("wss://[::1/", False),
        ("", False),
    ],
)
def test_only_slack_is_connected_to(link, fine):
    assert _is_link(link, "slack.com") is fine


def test_an_address_elsewhere_is_not_taken(world, there):
    world.fake.workspace.socket_url = "ws://192.0.2.1:80/link"
    there.look()
    assert "not Slack's" in there.mode.missing()[0]


# --- pace and thread ------------------------------------------------------------------------------------------------


def test_pauses_double_up_to_a_minute_and_begin_anew():
    pauses = Pauses(spread=lambda: 0.5)
    assert [pauses.after() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    pauses.attempts = 10_000
    assert pauses.after(Unreachable("slack", "connect", "no answer")) == LONGEST_PAUSE
    pauses.forget()
    assert pauses.after() == 1
    assert pauses.after(Throttled("slack", "connect", "told to slow down", 90.0)) == 90
    assert pauses.after(Unauthorized("slack", "connect", "invalid_auth")) == LONGEST_PAUSE


def test_an_error_nobody_thought_of_does_not_end_the_thread(logged):
    looks = []

    def look():
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("may hold anything")

    upkeep = Upkeep("test", look)
    upkeep.start()
    until(lambda: looks)
    until(lambda: upkeep.wake() or len(looks) == 2)
    upkeep.stop(5)
    assert "may hold anything" not in json.dumps(logged)
    assert logged[0]["error"] == "RuntimeError"


# --- the team -------------------------------------------------------------------------------------------------------


def test_the_team_is_learned_and_then_the_only_one():
    answers = [Unreachable("slack", "check the token", "no answer"), {}, {"team_id": "T1"}]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    team = OwnTeam(ask, ("A1",))
    fields = {"team_id": "T1", "api_app_id": "A1"}
    for kind in (Unreachable, Unexpected):
        with pytest.raises(kind):
            team.learn()
        assert not team.known
        assert team.trouble
        assert team.check_fields(fields).status == 503
    team.learn()
    assert (team.known, team.trouble) == (True, "")
    assert team.check_fields(fields) is None
    assert team.check_fields({**fields, "team_id": "T2"}).status == 403
    assert team.check_fields({**fields, "api_app_id": "A2"}).status == 403
