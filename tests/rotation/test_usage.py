"""Who read a value: of every reader something is kept, however often the product reads it."""

from datetime import timedelta
from types import SimpleNamespace

from bot.incident import commands as c
from bot.incident import model as m
from bot.incident.access.readers import readers_of
from bot.incident.closing.open_items import open_items
from bot.incident.new_value.promotion import unexplained
from bot.model.reads import Read
from bot.rotation.usage import KEPT, usage
from bot.usage.contract import Usage
from tests.support.incidents import BEN, START, Story, declaration

NAME = "openai-api-key"
EVE = "arn:aws:iam::111122223333:user/eve"
APP = "arn:aws:sts::111122223333:assumed-role/checkout/checkout"


def read(principal, minutes):
    return Read(START - timedelta(minutes=minutes), principal, "192.0.2.1", "cli", "GetParameter", "/x")


def looked(story, *reads, truncated=False):
    """One look that found these, newest first."""
    seen = Usage("CloudTrail", START - timedelta(days=90), story.now, reads, (), truncated)
    tools = SimpleNamespace(clock=lambda: story.now, usage=SimpleNamespace(reads=lambda *_: seen))
    event = usage(SimpleNamespace(secret=story.secret(), claim=SimpleNamespace(number=0), tools=tools))
    story.record(event)
    return event


def product(times):
    return [read(APP, minutes) for minutes in range(times)]


def reader_items(story):
    return [item.words for item in open_items(story.incident) if item.key.startswith(("reader:", "usage:"))]


def test_a_stranger_stays_a_reader_however_often_the_product_reads_it_meanwhile():
    story = Story(declaration()).run(0)
    stranger = read(EVE, 2 * 24 * 60)
    looked(story, *product(150), stranger)
    story.do(c.AccountReader(EVE, m.ReaderOutcome.UNEXPLAINED, "nobody knows"), BEN)
    looked(story, *product(KEPT + 50), stranger)
    assert [*readers_of(story.incident)] == [EVE, APP]
    assert unexplained(story.incident, story.secret()) == (EVE,)
    assert f"user/eve read {NAME}: UNEXPLAINED" in reader_items(story)


def test_the_newest_and_the_oldest_of_each_reader_are_kept_and_the_newest_of_all():
    story = Story(declaration()).run(0)
    first, last = read(EVE, 4000), read(EVE, 3000)
    every = product(KEPT + 50)
    event = looked(story, *every, last, read(EVE, 3500), first)
    assert event.reads == (*every[: KEPT - 3], every[-1], last, first)
    assert (event.dropped, event.truncated) == (53, False)
    assert story.incident.usage[NAME].dropped == 53


def test_one_of_each_reader_is_kept_where_they_are_more_than_there_is_room_for():
    story = Story(declaration()).run(0)
    strangers = [f"{EVE}-{number}" for number in range(KEPT + 20)]
    event = looked(story, *product(2), *(read(each, 1000) for each in [*strangers, *strangers]))
    assert len(event.reads) == KEPT + 21
    assert {*readers_of(story.incident)} == {APP, *strangers}


def test_a_reader_whom_the_next_look_does_not_see_any_more_stays_one():
    """The event history forgets after 90 days, and a look can stop early."""
    story = Story(declaration()).run(0)
    looked(story, read(EVE, 10))
    looked(story, *product(3), truncated=True)
    assert [*readers_of(story.incident)] == [EVE, APP]


def test_a_look_that_stopped_early_is_an_open_item():
    story = Story(declaration()).run(120)
    assert f"{NAME}: the look at who read it stopped before it had seen everything" not in reader_items(story)
    looked(story, *product(3), truncated=True)
    assert f"{NAME}: the look at who read it stopped before it had seen everything" in reader_items(story)
    looked(story, *product(KEPT + 1))
    assert f"{NAME}: the look at who read it stopped before it had seen everything" not in reader_items(story)
