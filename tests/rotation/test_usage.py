"""Who read a value: of every reader something is kept, however often the product reads it."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.errors import Missing, Throttled, Unauthorized
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.readers import readers_of
from bot.incident.closing.open_items import open_items
from bot.incident.new_value.promotion import unexplained
from bot.incident.operations import Op
from bot.model.reads import KnownReader, Read
from bot.model.secrets import Part
from bot.rotation import Job
from bot.rotation.usage import KEPT, look_up_key, usage
from bot.usage.contract import Readable, Usage
from tests.support.incidents import BEN, START, Story, declaration, entry, wanted

NAME = "openai-api-key"
EVE = "arn:aws:iam::111122223333:user/eve"
APP = "arn:aws:sts::111122223333:assumed-role/checkout/checkout"


def read(principal, minutes):
    return Read(START - timedelta(minutes=minutes), principal, "192.0.2.1", "cli", "GetParameter", "/x")


def gone(name):
    raise Missing("lambda", f"look at {name}", "ResourceNotFoundException")


def looked(story, *reads, truncated=False, known=(), reader=None):
    """One look that found these, newest first. `known` are the catalog's, `reader` tells those of consumers."""
    seen = Usage("CloudTrail", START - timedelta(days=90), story.now, reads, (), truncated)
    tools = SimpleNamespace(
        clock=lambda: story.now,
        usage=SimpleNamespace(reads=lambda *_: seen),
        consumers=SimpleNamespace(reader=reader or gone),
        catalog=SimpleNamespace(known_readers=lambda *_: known),
    )
    claim = SimpleNamespace(number=0)
    event = usage(SimpleNamespace(secret=story.secret(), claim=claim, tools=tools, incident=story.incident))
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
    assert f"{NAME}: the search for readers stopped early" not in reader_items(story)
    looked(story, *product(3), truncated=True)
    assert f"{NAME}: the search for readers stopped early" in reader_items(story)
    looked(story, *product(KEPT + 1))
    assert f"{NAME}: the search for readers stopped early" not in reader_items(story)


# --- whose reads are ours without a question ---


def test_the_catalog_and_the_consumers_system_say_whose_reads_are_ours():
    story, asked = Story(declaration()).run(0), []
    stranger = read(APP.replace("checkout/checkout", "admin/checkout"), 5)
    lasting = [KnownReader(EVE, "in the catalog: eve")]

    def reader(name):
        asked.append(name)
        return KnownReader(APP, "the execution role of checkout")

    event = looked(story, *product(KEPT + 50), read(EVE, 3), stranger, known=lasting, reader=reader)
    assert event.ours == {APP: "the execution role of checkout", EVE: "in the catalog: eve"}
    assert asked == ["checkout"]
    looked(story, read(EVE, 3), known=lasting, reader=reader)
    assert asked == ["checkout"], "nobody of a consumer's name has read it"


def test_a_read_that_is_not_kept_is_judged_too():
    story = Story(declaration()).run(0)
    bound = KnownReader(APP, "app", agents=("cli",))
    other = replace(read(APP, 120), agent="curl")
    reads = [*product(KEPT + 50)]
    event = looked(story, *reads[:100], other, *reads[100:], known=[bound])
    assert event.ours == {}


def test_people_are_asked_where_the_consumers_system_does_not_say():
    def reader(_name):
        raise Unauthorized("lambda", "look at checkout", "no")

    assert looked(Story(declaration()).run(0), read(APP, 1), reader=reader).ours == {}


# --- what a leaked AWS key can read ---

PAIR = entry("twilio", parts=(Part("sid", "/production/sid", secret=False), Part("token", "/production/token")))


RUN = {"ec2:RunInstances": "start machines at our cost"}
OF_A_USER = SimpleNamespace(aws_user=lambda: "product")


def key_looked_up(readable, provider=OF_A_USER):
    story = Story(
        declaration(wanted(entry("aws-access-key", provider="aws-iam", reaches=RUN)), wanted(entry()), wanted(PAIR))
    )
    story.work(only={Op.CAPTURE})
    claim, asked = SimpleNamespace(number=7, subject="aws-access-key"), []
    tools = SimpleNamespace(
        provider=lambda *_: provider,
        grants=SimpleNamespace(readable=lambda *each: asked.append(each) or readable()),
        catalog=SimpleNamespace(
            owners=lambda _: {"/production/token": "twilio", "/production/db": "db", "/production/mail": "mail"}
        ),
    )
    return look_up_key(Job(story.incident, claim, tools, lambda: None)), asked


def test_iam_is_asked_about_every_part_that_opens_doors_and_names_the_secrets():
    every = frozenset({"/production/token", "/production/db", "/production/mail"})
    event, asked = key_looked_up(lambda: Readable(every - {"/production/mail"}, ("ec2:RunInstances",)))
    [(user, parameters, actions)] = asked
    assert (user, actions) == ("product", ("ec2:RunInstances",))
    ours = {f"/production/{name}" for name in ("aws-access-key", "openai-api-key", "token")}
    assert {*parameters} == {*ours, "/production/db", "/production/mail"}
    names = ("aws-access-key", "openai-api-key", "twilio")
    assert event == e.KeyLookedUp(
        7,
        "aws-access-key",
        "id-aws-access-key",
        names,
        ("twilio",),
        "",
        ("ec2:RunInstances",),
        {"db": "/production/db"},
    )


def test_what_iam_does_not_tell_is_said_and_what_may_pass_is_tried_again():
    def fails(error):
        raise error

    refused = Unauthorized("iam", "ask who can read", "this process lacks iam:GetAccountAuthorizationDetails")
    assert key_looked_up(lambda: fails(refused))[0].unknown == str(refused)
    assert key_looked_up(lambda: Readable(unknown="by Admin"))[0].unknown == "by Admin"
    with pytest.raises(Throttled):
        key_looked_up(lambda: fails(Throttled("iam", "ask who can read", "slow down")))


def test_of_a_key_without_a_user_nobody_is_asked():
    event, asked = key_looked_up(Readable, provider=SimpleNamespace())
    assert (event.unknown, asked) == ("its rights are unknown", [])
