"""Who is reminded of due rotations, once a day and by day, through crashes; and what Prometheus sees of them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Unreachable
from bot.eventlog import open_event_log
from bot.incident.model import Right
from bot.metrics import Metrics
from bot.model.timings import Timings
from bot.people import Listing, People, Person
from bot.planned.ages.age import Age, CountsFrom
from bot.planned.ages.due import How as Way
from bot.planned.ages.due import due_of
from bot.planned.ages.looks import Looked
from bot.worker.due_rotations import DueRotations
from tests.planned.ages.test_due import entry
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = People((
    Person("ada", slack="U0ADA", email="ada@example.com", rights=frozenset(Right)),
    Person("ben", principal="arn:aws:iam::123456789012:user/ben"),
))  # fmt: skip


class Board:
    """Remembers what it was told, as Slack does by the messages' metadata."""

    def __init__(self) -> None:
        self.sent, self.down, self.crash = [], False, False

    def tell(self, incident, update, target, text, *, again=False):
        if self.down:
            raise Unreachable("slack", "post", "no route")
        if not any(sent[:3] == (incident, update, target) for sent in self.sent):
            self.sent.append((incident, update, target, text))
        if self.crash:
            raise KeyboardInterrupt
        return ""

    def to(self, target):
        return [text for _, _, whom, text in self.sent if whom == target]


class World:
    def __init__(self, folder) -> None:
        self.event_log = open_event_log(empty_log(folder / "log.sqlite"), seal=SEAL)
        self.board, self.now, self.trusted, self.looks = Board(), NOON, True, 0
        self.ages, self.left = {}, ""
        """Days by name and owner, as of NOON."""
        self.start()

    def start(self, channel="C0ROTATE", time_zone="UTC"):
        """A worker that knows nothing but what is kept."""
        self.rotations = DueRotations(
            self.event_log,
            lambda: self.now,
            self.look,
            PEOPLE,
            Timings(time_zone=time_zone),
            self.board,
            channel,
            lambda: self.trusted,
        )

    def look(self):
        self.looks += 1
        found = [
            due_of(
                entry(name, owner=owner),
                Age() if days is None else Age(CountsFrom.VERSION, NOON - days * DAY),
                Way.OVERLAP,
                self.now,
                owned=lambda name: name.strip() not in {"", self.left},
            )
            for (name, owner), days in self.ages.items()
        ]
        return Looked(tuple(found), self.now)

    def day(self, number, hour=12):
        self.now = NOON.replace(hour=hour) + number * DAY
        self.rotations.round()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.event_log.close()


def test_an_owner_has_one_message_a_day_and_the_channel_what_is_overdue(world):
    world.ages = {("a", "ada"): 83, ("b", "ada@example.com"): 90, ("c", "ada"): 10}
    world.day(0)
    world.day(0, hour=15)
    [told] = world.board.to("@ada")
    assert told.splitlines()[:3] == [
        "🔁 Due for rotation, 1 of them overdue (yours):",
        "• production a: 83 of 90 days, due 2026-12-04, in 7 days; by the bot, with overlap",
        "• production b: OVERDUE, 90 of 90 days, due 2026-11-27, 0 days ago; by the bot, with overlap",
    ]
    [said] = world.board.to("C0ROTATE")
    assert "production b" in said
    assert "production a" not in said
    world.day(1)
    assert len(world.board.to("@ada")) == 2


def test_whoever_cannot_be_told_is_told_in_the_channel(world):
    world.ages = {("a", "AI team"): 83, ("b", "ben"): 80, ("c", "zoe"): None}
    world.day(0)
    assert [target for _, _, target, _ in world.board.sent] == ["C0ROTATE"]
    assert all(f"production {name}" in world.board.to("C0ROTATE")[0] for name in "abc")


def test_each_member_of_a_team_that_owns_it_is_told(world):
    zoe = Person("zoe", slack="U0ZOE")
    teams = {"AI team": ("ada", "ben", "zoe", "gone")}
    world.rotations.people = People(current=lambda: Listing((*PEOPLE, zoe), teams=teams))
    world.ages = {("a", "ai team"): 83}
    world.day(0)
    assert [target for _, _, target, _ in world.board.sent] == ["@ada", "@zoe"]


def test_whoever_has_left_is_told_nothing(world):
    world.left = "ada"
    world.ages = {("a", "ada"): 95}
    world.day(0)
    assert world.board.to("@ada") == []
    assert "it has no owner" in world.board.to("C0ROTATE")[0]


def test_nobody_is_told_by_night_without_slack_or_by_a_worker_that_does_not_lead(world):
    world.ages = {("a", "ada"): 95}
    world.day(0, hour=3)
    world.trusted = False
    world.day(0)
    world.trusted = True
    world.rotations.look(lambda: False)
    assert world.board.sent == []
    world.day(0, hour=13)
    assert len(world.board.sent) == 2


def test_a_restart_neither_repeats_nor_forgets(world):
    world.ages = {("a", "ada"): 83}
    world.board.crash = True
    with pytest.raises(KeyboardInterrupt):
        world.day(0)
    world.board.crash = False
    for day in range(8):
        world.start()
        world.day(day, hour=13)
        world.start()
        world.day(day, hour=18)
    told = world.board.to("@ada")
    assert [("in 7 days" in text, "within a day" in text, "OVERDUE" in text) for text in told] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip


def test_what_could_not_be_sent_is_sent_later(world):
    world.ages = {("a", "ada"): 95}
    world.board.down = True
    world.day(0)
    world.board.down = False
    world.day(0, hour=13)
    assert len(world.board.to("@ada")) == 1


def test_without_a_channel_only_owners_are_told(world):
    world.start(channel="")
    world.ages = {("a", "ada"): 95, ("b", "AI team"): 95}
    world.day(0)
    assert [target for _, _, target, _ in world.board.sent] == ["@ada"]


def test_days_are_those_of_the_people(world):
    world.start(time_zone="Pacific/Auckland")
    world.ages = {("a", "ada"): 95}
    world.day(0, hour=20)  # the morning of the next day there
    world.day(1, hour=6)  # its evening
    assert len(world.board.to("@ada")) == 1
    world.day(1, hour=20)
    assert len(world.board.to("@ada")) == 2


def test_prometheus_sees_age_and_overdue_by_name(world):
    world.ages = {("a", "ada"): 95, ("b", "ada"): None, ("c", "ada"): 3}
    metrics = Metrics()
    metrics.watch(world.rotations.facts)
    assert "compromise_bot_secret" not in metrics.text()
    world.day(0)
    told = metrics.text()
    assert 'compromise_bot_secret_age_days{environment="production",secret="a"} 95.0' in told
    assert 'compromise_bot_secret_overdue{environment="production",secret="a"} 1.0' in told
    assert 'compromise_bot_secret_overdue{environment="production",secret="b"} 1.0' in told
    assert 'compromise_bot_secret_overdue{environment="production",secret="c"} 0.0' in told
    assert 'age_days{environment="production",secret="b"}' not in told


def test_of_several_workers_the_one_whose_turn_it_is_looks(world):
    for leads, looks in ((False, 0), (True, 1)):
        world.rotations.look(lambda leads=leads: leads)
        assert world.looks == looks
