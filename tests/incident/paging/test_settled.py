"""When the page resolves by itself, what wakes people after that, and paging by hand."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.lanes import access_lane
from bot.incident.operations import Op
from bot.incident.paging.rules import trouble, unsettled
from bot.incident.paging.schedule import WORSE_FOR
from bot.incident.schedule import pending
from bot.model.keys import Leftover
from bot.model.reads import Read
from tests.support.incidents import BEN, STRANGER, Story, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
READER = "arn:aws:iam::111122223333:user/contractor"


def sent(story):
    return [r.event.action for r in story.log if isinstance(r.event, e.PageSent) and not r.event.fallback]


def why(story):
    return [*unsettled(story.incident)]


@pytest.fixture
def settled():
    """The old key is dead, the new one in use, and on-call was paged."""
    story = Story(declaration()).run(180)
    assert sent(story)[-1] == "resolve"
    return story


def read_by(story, outcome):
    seen = story.incident.usage[NAME]
    reads = (Read(story.now, READER, "192.0.2.1", "boto3", "GetParameter", "/production/x"),)
    story.record(e.UsageRead(0, NAME, seen.source, seen.since, seen.until, reads, (), False))
    if outcome is not None:
        story.do(c.AccountReader(READER, outcome, "asked her"), BEN)


def test_the_page_resolves_once_no_key_works_and_the_product_does(settled):
    assert (settled.incident.page.word, settled.incident.open, why(settled)) == ("resolved", True, [])
    early = Story(declaration())
    early.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE})
    assert early.incident.page.word == "triggered"
    assert f"{NAME}: its old key is not dead" in why(early)
    assert f"{NAME}: its new key is not in place" in why(early)


def live_again(story):
    story.world.killed.clear()


def failing(story):
    story.world.failing.add("checkout")


@pytest.mark.parametrize("happens", [live_again, failing])
def test_what_gets_worse_pages_again_in_one_call(settled, happens):
    happens(settled)
    before = len(sent(settled))
    settled.run(2400)
    assert sent(settled)[before] == "trigger"
    assert settled.incident.page.word == "triggered"
    assert settled.incident.page.alerts_sent == len(settled.incident.alerts) > 0


def test_dead_values_and_consumers_are_checked_every_half_an_hour_and_the_pager_hears_nothing(settled):
    start = len(settled.log)
    settled.run(4 * 3600)
    asked = [r.event.claim.op for r in settled.log[start:] if isinstance(r.event, e.OperationStarted)]
    assert 7 <= asked.count(Op.PROVE) <= 8
    assert 7 <= asked.count(Op.CONFIRM) <= 8
    assert Op.PAGE not in asked


def abused(story):
    story.do(c.RecordAbuse(NAME, "calls from an address in no region of ours"), BEN)


def another_leaked(story):
    story.do(c.CompareValue(NAME, same=False, seen=story.secret().old.fingerprint), BEN)


def unexplained(story):
    read_by(story, m.ReaderOutcome.UNEXPLAINED)


def not_asked_yet(story):
    read_by(story, None)


def further(story):
    story.do(c.AddSecret(wanted(entry("redis"))), BEN)


@pytest.mark.parametrize("happens", [abused, another_leaked, unexplained, not_asked_yet, further])
def test_what_people_find_out_pages_again(settled, happens):
    happens(settled)
    assert why(settled)
    assert "trigger" in [work.detail for work in pending(settled.incident, settled.now) if work.op is Op.PAGE]


def test_a_reader_that_is_explained_lets_the_page_resolve(settled):
    read_by(settled, None)
    settled.work(only={Op.PAGE})
    assert settled.incident.page.word == "triggered"
    settled.do(c.AccountReader(READER, m.ReaderOutcome.EXPLAINED, "her nightly job"), BEN)
    settled.work(only={Op.PAGE})
    assert settled.incident.page.word == "resolved"


def inspecting():
    keys = {"keys": "Look for keys newer than the exposure."}
    return Story(declaration(wanted(entry(can=capabilities(inspects=True), checklist=keys, inspects=("keys",)))))


def test_the_page_stays_open_until_the_provider_was_searched_and_over_what_was_found():
    story = inspecting()
    for _ in range(40):
        story.work(only=set(Op) - {Op.INSPECT})
        story.now += timedelta(seconds=5)
    assert why(story) == [f"{NAME}: its provider was not checked for backdoors"]
    story.world.left_behind = (Leftover("keys", "id-666", "backup"),)
    story.run(60)
    assert why(story) == [f"{NAME}: a finding at its provider may still give access"]
    assert story.incident.page.word == "triggered"


def test_a_search_that_failed_for_good_keeps_no_page_open():
    story = inspecting()
    for _ in range(40):
        story.work(only=set(Op) - {Op.INSPECT})
        story.now += timedelta(seconds=5)
    claim = story.begin(Op.INSPECT)
    story.finish(claim, e.OperationFailed(claim.number, Op.INSPECT, "Refused", "HTTP 403", None))
    assert story.incident.lane(access_lane(NAME)).failed_for_good
    assert why(story) == []


def paged_and_failing():
    """On-call is paged, a person is there, and a revocation has failed for good."""
    story = Story(declaration(wanted(), wanted(entry("redis"))))
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE, Op.SNAPSHOT})
    story.do(c.AddNote("I am on it"), BEN)
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "openai: HTTP 403", None))
    story.work(only={Op.PAGE})
    return story, claim.lane


def test_what_gets_worse_while_people_are_at_it_is_one_alert_beside_the_page_until_nothing_of_it_holds():
    story, lane = paged_and_failing()
    assert "alert" in sent(story)
    assert story.incident.page.word == "acknowledged"
    assert trouble(story.incident)
    story.now += WORSE_FOR
    story.work(only={Op.PAGE})
    assert story.incident.page.worse_at is not None, "it holds"
    story.do(c.Retry(lane), BEN)
    assert not trouble(story.incident)
    story.work(only={Op.PAGE})
    assert (sent(story)[-1], story.incident.page.worse_at) == ("alert-over", None)
    assert story.incident.page.word == "acknowledged"


def test_what_comes_and_goes_within_minutes_is_one_alert():
    story, lane = paged_and_failing()
    story.do(c.Retry(lane), BEN)
    story.work(only={Op.PAGE})
    assert "alert-over" not in sent(story)


def test_a_responder_pages_again_and_only_another_person_answers(settled):
    assert "may not respond" in settled.refused(c.PageAgain("help"), STRANGER)
    assert "reason is empty" in settled.refused(c.PageAgain(" "), BEN)
    settled.do(c.PageAgain("the vendor says that it was used"), BEN)
    settled.work(only={Op.PAGE})
    assert (sent(settled)[-1], settled.incident.page.word) == ("trigger", "triggered")
    settled.do(c.AddNote("I am looking"), BEN)
    assert settled.incident.answered_by == ""
    settled.do(c.AddNote("I am here"), m.Actor("anna", BEN.rights))
    settled.work(only={Op.PAGE})
    assert (settled.incident.answered_by, settled.incident.page.word) == ("anna", "resolved")


def test_paging_again_resolves_an_open_page_first_so_that_people_are_woken():
    story = Story(declaration())
    story.work(only={Op.OPEN_CHANNEL, Op.PAGE, Op.CAPTURE})
    story.do(c.PageAgain("nobody came"), BEN)
    before = len(sent(story))
    story.work(only={Op.PAGE})
    assert sent(story)[before : before + 2] == ["resolve", "trigger"]
    assert story.incident.page.word == "triggered"
