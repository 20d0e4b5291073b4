"""Two people play an incident to its end in a Slack in which every word is “x”: they go by nothing that is written."""

import dataclasses
import io
import itertools
import json
import re
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest

from bot.cli.documents import incident_document
from bot.drill.client.place import Place
from bot.drill.console import console_page
from bot.drill.fakes.serving import Served
from bot.drill.incident_view import IncidentView
from bot.drill.personas import DANA, ELI, MIKA
from bot.drill.responders import Responders
from bot.drill.slack_hands import Attempts, SlackHands
from bot.incident import commands as c
from bot.incident import events as e
from bot.model.reads import Read
from tests.slack.conftest import World, freeze
from tests.support import incidents
from tests.support.incidents import PLAYBOOK, Story

OPENAI, DATABASE, STRIPE = "openai-api-key", "database-url", "stripe-secret-key"
FUNCTION = "arn:aws:sts::111122223333:assumed-role/product/checkout"
LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"
TEXTS = frozenset({"mrkdwn", "plain_text", "text", "link", "raw_text"})
"""Types of objects whose `text` people read. Source: docs.slack.dev, composition objects and rich text."""


def reworded(value):
    """The same blocks, and nothing left of what they say."""
    match value:
        case dict():
            said = {"text": "x"} if value.get("type") in TEXTS and "text" in value else {}
            return {key: reworded(item) for key, item in value.items()} | said
        case list():
            return [reworded(item) for item in value]
        case _:
            return value


def reworded_field(name, text):
    if name == "text":
        return "x"
    try:
        value = json.loads(text)
    except ValueError:
        return text
    # A number is none of words: the timestamp 1.10 would come out as another.
    return json.dumps(reworded(value)) if isinstance(value, dict | list) else text


class Reworded:
    """Before the fake of Slack: whatever is drawn there, by the Web API or by the answer to a form, loses its words."""

    def __init__(self, application) -> None:
        self.application = application
        self.count = 0

    def __call__(self, environ, start_response):  # noqa: ANN204 - as WSGI has it
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["PATH_INFO"].startswith(("/api/", "/_fake/do/view-acknowledged")) and body:
            body = self._body(body, environ.get("CONTENT_TYPE", ""))
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return self.application(environ, start_response)

    def _body(self, body, kind):
        self.count += 1
        if "json" in kind:
            return json.dumps(reworded(json.loads(body))).encode()
        return urlencode([(name, reworded_field(name, text)) for name, text in parse_qsl(body.decode())]).encode()


def frozen(one):
    """With something to look for once the key is dead."""
    return msgspec.structs.replace(
        freeze(one), checklist={"keys": "Look for other keys.", "people": "Look for strangers."}
    )


class DrillWorld(World):
    """Dana, eli and mika, and a count of what the bot still does about what they pressed."""

    names = (DANA.name, ELI.name, MIKA.name)
    playbook = PLAYBOOK
    freeze = staticmethod(frozen)

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.running, submit = [], self._listeners.submit
        self._listeners.submit = lambda *given: self.running.append(submit(*given)) or self.running[-1]

    def settle(self):
        """Waits until whatever was pressed has had its effect."""
        while self.running:
            self.running.pop(0).result(30)

    def slack_application(self):
        self.reworded = Reworded(self.fake.application)
        return self.reworded


class Answers(incidents.World):
    """The outside, with two readers of what leaked. `board` is the bot's side of Slack."""

    def __init__(self, board) -> None:
        super().__init__()
        self.board = board

    def answer(self, incident, claim):
        good = super().answer(incident, claim)
        if isinstance(good, e.ChannelOpened):
            channel = self.board.open_channel(incident)
            return dataclasses.replace(good, channel=channel.id, url=channel.url)
        if isinstance(good, e.UsageRead):
            at = incident.last_at
            reads = tuple(Read(at, each, "192.0.2.1", "cli", "GetParameter", "/x") for each in (FUNCTION, LAPTOP))
            return dataclasses.replace(good, reads=reads)
        return good


class Worker(Story):
    """Works on an incident of the world's event log, which people's commands come into too."""

    def __init__(self, world, incident) -> None:
        super().__init__(world=Answers(world.board))
        self.event_log, self.number = world.event_log, itertools.count()
        self.incident = self.event_log.load(incident)
        self.now = world.clock()

    def again(self, now):
        """Sees what people have done meanwhile."""
        self.incident, self.now = self.event_log.load(self.incident.id), max(self.now, now)

    def do(self, body, by=incidents.ANNA, after=0.0):
        envelope = c.Envelope(f"w{next(self.number)}", self.now, by, body)
        before = self.event_log.load(self.incident.id).seq
        self.event_log.execute(self.incident.id, envelope)
        self.incident = self.event_log.load(self.incident.id)
        return [recorded.event for recorded in self.event_log.events(self.incident.id) if recorded.seq > before]


class ByHand:
    """The consoles of the practice world: an old key ends there as soon as someone ends it."""

    def __init__(self) -> None:
        self.ended = []
        self.killed = set()

    def end(self, secret, _old):
        self.ended.append(secret)
        self.killed.add(secret)
        return True

    def made(self, _secret, _label):
        return True


@pytest.fixture
def world(tmp_path):
    made = DrillWorld(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def consoles():
    made = ByHand()
    with Served(console_page(lambda: {STRIPE: made}, lambda _: {})) as served:
        yield served, made


@pytest.fixture
def told():
    return []


@pytest.fixture
def people(world, consoles, told, tmp_path):
    def read(incident):
        document = incident_document(world.event_log.load(incident), world.clock())
        return IncidentView(json.loads(json.dumps(document, default=str)))

    place = Place(tmp_path, 1, "", "", "", {"console": consoles[0].url}, {}, {}, (), (), (STRIPE,))
    hands = SlackHands(world.driver, {DANA.name: world.ada, ELI.name: world.bob}, lambda: None, Attempts(lambda: 0.0))
    made = Responders(place, hands, read, told.append, {}, (OPENAI, DATABASE, STRIPE))
    made._submissions[STRIPE] = SimpleNamespace(
        done=lambda: True, result=lambda: SimpleNamespace(returncode=0)
    )  # nobody starts a terminal here
    return made


class Meanwhile:
    """What the bot does between two looks of the people: it ends what was pressed, works, and draws the card again."""

    def __init__(self, world, killed) -> None:
        self.world, self.killed = world, killed
        self.worker, self.shown, self.submitted = None, {}, False

    def __call__(self) -> None:
        self.world.settle()
        for summary in self.world.incidents.summaries():
            self.worker = self.worker or Worker(self.world, summary.incident)
            self.worker.world.killed = self.killed
            self.worker.again(self.world.clock())
            self._submit()
            self.worker.run(5)
            self.shown = self.world.show(summary.incident, self.shown)

    def _submit(self):
        """At a terminal, once it is known that a stranger has read the old key: then the new one waits."""
        if LAPTOP in self.worker.incident.readers and not self.submitted:
            self.submitted = True
            self.worker.do(c.AnnounceSubmission(STRIPE, "a" * 16), incidents.ANNA)


@pytest.mark.repeats
@pytest.mark.parametrize("full", [3, 0], ids=["few", "many"])
def test_people_play_to_the_close_whatever_the_words_are(full, world, consoles, people, told, monkeypatch):
    """Where a card is too small to show every secret in full, people turn its pages."""
    monkeypatch.setattr("bot.slack.incident_card.needs.SHOWN", full)
    monkeypatch.setattr("bot.drill.responders.PAUSE", 0.0)
    monkeypatch.setattr("bot.drill.responders.STALE", 600.0)  # however busy the machine is
    people.hands.mind = Meanwhile(world, consoles[1].killed)

    assert people.play(200), told
    seen = people.look()
    events = [recorded.event for recorded in world.event_log.events(seen.card.incident)]
    texts = {block["text"]["text"] for block in world.driver.card(seen.card.channel)["blocks"] if "text" in block}
    assert (texts, world.reworded.count > 20) == ({"x"}, True)
    assert [event for event in events if isinstance(event, e.CommandRefused)] == []
    assert consoles[1].ended == [STRIPE]
    assert not world.event_log.load(seen.card.incident).at_risk
    for part in ("approves", "takes: revoke", "takes: make", "presses “I revoked it”",
                 "identifies the readers", "records impact, abuse unknown, root cause",
                 "backdoor checks of database-url",
                 "eli has done: Search", "eli declined: Remove", "asks for the report",
                 "the stranger's access removed"):  # fmt: skip
        assert sum(part in line for line in told) == 1, (part, told)
    marked = [step for line in told if "marks" in line for step in re.findall("“(.+?)”", line)]
    assert sorted(marked) == ["assess", "document", "investigate", "notify", "remediate"]
    taken = [event.todo for event in events if isinstance(event, e.TodoTaken)]
    assert taken == [f"by-hand:{STRIPE}", f"new-key:{STRIPE}"]
