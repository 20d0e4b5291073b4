"""What people see follows the log: once each event, at most one drawing a second, later if the board is down."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Throttled, Unreachable
from bot.eventlog import open_event_log
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.commands import AddNote, Begin, Close, Declare, Envelope, Finish, HandOver, Redact
from bot.incident.events import ChannelLost, ChannelOpened
from bot.incident.lanes import CHANNEL_LANE
from bot.incident.model import BOT, Actor, Cut, Right
from bot.incident.operations import Op, Work
from bot.incident.schedule import pending
from bot.metrics import Metrics
from bot.model.playbooks import Playbook
from bot.model.timings import Timings
from bot.net.limits import LONGEST_PAUSE
from bot.worker.card_publisher import PACE, CardPublisher
from bot.worker.ports import Channel, ChannelGone
from bot.worker.runner import Runner
from bot.worker.worker import Worker
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
INCIDENT = "inc_aaaaaa"


class Board:
    """Records what it was asked to show; `error` is raised instead if set."""

    def __init__(self) -> None:
        self.calls, self.said, self.error = [], [], None

    def say(self, channel, sentence):
        if self.error is not None:
            raise self.error
        self.said.append((channel, sentence))

    def open_channel(self, incident):
        return Channel("C1", "https://example.com/C1")

    def show(self, incident, news, shown, now, head):
        if self.error is not None:
            raise self.error
        self.calls.append(([recorded.seq for recorded in news], dict(shown), head))
        return {"card": "1.0", "shows": str(len(self.calls))}


@pytest.fixture
def event_log(tmp_path):
    made = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    yield made
    made.close()


@pytest.fixture
def seconds():
    return [100.0]


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def publisher(event_log, board, seconds):
    return CardPublisher(event_log, board, lambda: NOW, lambda: seconds[0])


def give(event_log, body, number, actor=BOT):
    return event_log.execute(INCIDENT, Envelope(f"c{number}", NOW, actor, body)).incident


def declared(event_log):
    body = Declare(
        incident=INCIDENT,
        environment="production",
        title="t",
        how_noticed="n",
        public=False,
        playbook=Playbook("p", "P", ()),
        timings=Timings(),
        secrets=(),
        detected_at=NOW,
    )
    return give(event_log, body, 1, Actor("ada"))


def with_channel(event_log):
    declared(event_log)
    give(event_log, Begin(Work(Op.OPEN_CHANNEL, CHANNEL_LANE, INCIDENT, NOW), "w"), 2)
    return give(event_log, Finish(ChannelOpened(1, "C1", "https://example.com/C1"), CHANNEL_LANE), 3)


def test_nothing_is_shown_without_a_channel(event_log, publisher):
    assert publisher.wanted_at(declared(event_log)) is None


def test_each_event_is_shown_once_and_the_board_gets_back_what_it_gave(event_log, publisher, board):
    incident = with_channel(event_log)
    assert publisher.wanted_at(incident) is not None
    publisher.show(INCIDENT)
    incident = give(event_log, AddNote("a note"), 4, Actor("ada"))
    publisher.show(INCIDENT)

    assert publisher.wanted_at(incident) is None
    assert board.calls[0][:2] == ([1, 2, 3], {})
    assert board.calls[1][:2] == ([4], {"card": "1.0", "shows": "1"})
    assert board.calls[1][2] == event_log.head(INCIDENT)


def test_a_drawing_that_breaks_off_is_not_tried_again_at_once(event_log, publisher, board, seconds):
    incident = with_channel(event_log)
    board.error = ValueError("no such block")
    for failures in (1, 2):
        with pytest.raises(ValueError, match="no such block"):
            publisher.show(INCIDENT)
        assert publisher.wanted_at(incident) == seconds[0] + PACE * 2.0**failures


def test_drawings_of_an_incident_keep_their_pace(event_log, publisher, seconds):
    with_channel(event_log)
    publisher.show(INCIDENT)
    incident = give(event_log, AddNote("a note"), 4, Actor("ada"))
    assert publisher.wanted_at(incident) == seconds[0] + PACE


def test_a_board_that_is_down_is_shown_everything_later(event_log, publisher, board, seconds):
    incident = with_channel(event_log)
    board.error = Unreachable("slack", "show", "no answer")
    publisher.show(INCIDENT)
    first = publisher.wanted_at(incident)
    publisher.show(INCIDENT)
    assert publisher.wanted_at(incident) > first > seconds[0]
    board.error = Throttled("slack", "show", "HTTP 429", retry_after=7.0)
    publisher.show(INCIDENT)
    assert publisher.wanted_at(incident) == seconds[0] + 7.0
    board.error = Throttled("slack", "show", "HTTP 429", retry_after=86400.0)
    publisher.show(INCIDENT)
    assert publisher.wanted_at(incident) == seconds[0] + LONGEST_PAUSE

    board.error = None
    publisher.show(INCIDENT)
    assert board.calls[0][0] == [1, 2, 3]


def test_a_channel_that_is_gone_is_recorded_once_and_another_one_is_wanted(event_log, publisher, board):
    with_channel(event_log)
    board.error = ChannelGone("slack", "C1", "was archived")
    publisher.show(INCIDENT)
    publisher.show(INCIDENT)
    events = [recorded.event for recorded in event_log.events(INCIDENT)]
    assert events[3:] == [ChannelLost("C1", "was archived")]

    incident = event_log.load(INCIDENT)
    assert publisher.wanted_at(incident) is None
    assert [work.op for work in pending(incident, NOW) if work.lane == CHANNEL_LANE] == [Op.OPEN_CHANNEL]

    board.error = None
    give(event_log, Begin(Work(Op.OPEN_CHANNEL, CHANNEL_LANE, INCIDENT, NOW), "w"), 5)
    incident = give(event_log, Finish(ChannelOpened(2, "C2", "https://example.com/C2"), CHANNEL_LANE), 6)
    assert "the channel is another one now" in incident.milestones
    publisher.show(INCIDENT)
    assert board.calls[-1][0] == [1, 2, 3, 4, 5, 6]  # nothing that the old one missed is lost


def test_a_closed_incident_whose_channel_is_archived_opens_none(event_log, publisher, board):
    with_channel(event_log)
    commander = Actor("ada", frozenset(Right))
    left = acceptable(event_log.load(INCIDENT))
    close = Close("enough", tuple(item.key for item in left), left_digest(left))
    assert not give(event_log, close, 4, commander).open
    board.error = ChannelGone("slack", "C1", "was archived")
    publisher.show(INCIDENT)
    incident = event_log.load(INCIDENT)
    assert (incident.channel, publisher.wanted_at(incident)) == ("", None)
    assert not [work for work in pending(incident, NOW) if work.lane == CHANNEL_LANE]


def test_another_process_finds_what_was_shown(event_log, publisher, board):
    incident = with_channel(event_log)
    publisher.show(INCIDENT)
    other = CardPublisher(event_log, board, lambda: NOW)
    assert other.wanted_at(incident) is None
    publisher.forget()
    assert publisher.wanted_at(incident) is None


def test_what_stands_in_no_log_is_said_in_the_channels_of_open_incidents(event_log, publisher, board):
    publisher.wanted_at(with_channel(event_log))
    publisher.tell("Work pauses.")
    assert board.said == [("C1", "Work pauses.")]
    board.error = Unreachable("slack", "post", "no answer")
    publisher.tell("Work pauses.")
    assert len(board.said) == 1


def test_people_are_told_of_lasting_trouble_once_and_of_its_end(event_log, publisher, board):
    now = [NOW]
    runner = Runner(event_log, None, {}, None, lambda: now[0], threading.Event(), Metrics())
    worker = Worker(event_log, None, runner, publisher, lambda: now[0])
    publisher.wanted_at(with_channel(event_log))

    for _ in range(9):
        worker._trouble.begins("the disk is full.")
        worker._trouble.tell_what_lasts()
        now[0] += timedelta(seconds=1)
    worker._trouble.ends()
    worker._trouble.ends()
    worker._shows.shutdown(wait=True)

    said = [sentence for _, sentence in board.said]
    assert len(said) == 2
    assert any("the disk is full). It resumes by itself" in sentence for sentence in said)
    assert any("work continues" in sentence for sentence in said)


def test_a_moments_trouble_is_not_worth_a_message(event_log, publisher, board):
    now = [NOW]
    runner = Runner(event_log, None, {}, None, lambda: now[0], threading.Event(), Metrics())
    worker = Worker(event_log, None, runner, publisher, lambda: now[0])
    publisher.wanted_at(with_channel(event_log))
    worker._trouble.begins("the database is locked")
    worker._trouble.tell_what_lasts()
    now[0] += timedelta(seconds=2)
    worker._trouble.tell_what_lasts()
    worker._trouble.ends()
    worker._shows.shutdown(wait=True)
    assert board.said == []


class Asked:
    """Asks people until `error` is taken away; each call gives back a number more."""

    def __init__(self, error=None) -> None:
        self.error, self.calls = error, []

    def ask(self, incident, news, asked, now):
        self.calls.append(([recorded.seq for recorded in news], dict(asked)))
        return {"U1:plan": str(len(self.calls))}, self.error

    def unreached(self, _incident, _asked):
        return ()


def test_whoever_could_not_be_asked_is_asked_later_and_the_card_waits_for_nobody(event_log, board, seconds):
    asks = Asked(Throttled("slack", "post a message", "HTTP 429", retry_after=7.0))
    publisher = CardPublisher(event_log, board, lambda: NOW, lambda: seconds[0], asks=asks)
    with_channel(event_log)
    publisher.show(INCIDENT)
    assert asks.calls == []  # nothing waits for a second person
    give(event_log, AddNote("a note"), 4, Actor("ada"))
    cut = Cut(4, "note-added", "digest", "{}")
    incident = give(event_log, Redact((cut,), "it held a name"), 5, Actor("ada", frozenset({Right.RESPOND})))
    assert incident.proposal is not None
    publisher.show(INCIDENT)
    assert publisher.wanted_at(incident) == seconds[0] + 7.0
    assert len(board.calls) == 2
    another = CardPublisher(event_log, board, lambda: NOW, lambda: seconds[0], asks=asks)
    assert another.wanted_at(incident) is not None  # after a crash too
    asks.error = None
    another.show(INCIDENT)
    assert another.wanted_at(incident) is None
    assert asks.calls[-1][1] == {"U1:plan": "1"}  # what was sent is known


def test_whoever_is_offered_a_role_is_asked(event_log, board, seconds):
    asks = Asked()
    publisher = CardPublisher(event_log, board, lambda: NOW, lambda: seconds[0], asks=asks)
    with_channel(event_log)
    ada = Actor("ada", frozenset({Right.RESPOND, Right.COMMAND}))
    incident = give(event_log, HandOver("ben", ""), 4, ada)
    assert incident.team.offered
    publisher.show(INCIDENT)
    assert len(asks.calls) == 1
