"""The clocks: per secret, and the 72 hours."""

from dataclasses import replace
from datetime import timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.clocks import clocks, gap, notification
from bot.model.secrets import Data, Kill, Outage
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, START, Story, declaration, entry, no_notice, probe, wanted

NAME = "openai-api-key"


def test_all_clocks_of_a_secret():
    story = Story(declaration(exposed_at=START - timedelta(hours=1))).run(60)
    read = clocks(story.incident, story.secret())
    assert read.exposed == START - timedelta(hours=1)
    assert (
        read.exposed < read.detected < read.declared == read.approved < read.refused == read.contained < read.restored
    )
    assert read.contain_seconds == (read.contained - START).total_seconds()
    assert read.restore_seconds == (read.restored - START).total_seconds()


def test_a_key_that_somebody_revoked_may_be_lacking_from_then_on_and_not_from_the_refusal_that_proves_it():
    """A refusal counts once there is a comparison key to ask beside it, which may be the new one."""
    secret = Story(declaration(), ANNA).run(120).secret()

    never = {"revoked_at": None, "claimed": None, "only_refused_since": None, "seen_alive_at": START}

    def since(**old):
        ended = replace(secret.old, **{**never, **old})
        found = gap(replace(secret, old=ended, new=replace(secret.new, restored_at=START + timedelta(hours=1))))
        return found and (found.since - START).total_seconds()

    claimed, proof = m.By("dana", START + timedelta(seconds=60)), START + timedelta(hours=1, seconds=1)
    assert since(claimed=claimed, refused_at=proof) == 60
    assert since(claimed=claimed, refused_at=proof, seen_alive_at=START + timedelta(seconds=90)) == 90
    assert since(claimed=claimed, refused_at=START + timedelta(seconds=30)) == 30
    assert since(refused_at=START + timedelta(seconds=30)) == 30
    assert since(refused_at=proof) is None
    assert since(refused_at=proof, only_refused_since=START + timedelta(seconds=40)) == 40
    assert since(refused_at=proof, only_refused_since=START + timedelta(seconds=40), claimed=claimed) == 40


def test_a_refusal_without_a_control_is_the_first_one_until_it_is_accepted_again():
    story = Story(declaration(), ANNA)
    story.record(e.OldProbed(0, NAME, probe("dead")))
    first = story.now
    assert clocks(story.incident, story.secret()).refused == first
    assert clocks(story.incident, story.secret()).contained is None
    story.now += timedelta(seconds=2)
    story.record(e.OldProbed(0, NAME, probe("dead")))
    assert clocks(story.incident, story.secret()).refused == first
    story.record(e.OldProbed(0, NAME, probe("live")))
    assert clocks(story.incident, story.secret()).refused is None


def test_what_has_not_happened_has_no_time():
    read = clocks(Story(declaration(), by=m.Actor("x")).incident, Story(declaration(), by=m.Actor("x")).secret())
    assert (read.exposed, read.approved, read.refused, read.contained, read.restored) == (None,) * 5
    assert (read.contain_seconds, read.restore_seconds) == (None, None)


def test_a_secret_that_needs_no_replacement_is_never_restored():
    story = Story(declaration(wanted(replace=False))).run(60)
    assert clocks(story.incident, story.secret()).restore_seconds is None


def test_consent_is_a_second_persons_or_one_responders_or_broken_glass():
    fatal = entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)
    story = Story(declaration(wanted(fatal))).run(10)
    assert clocks(story.incident, story.secret()).approved is None
    story.approve(BEN)
    assert clocks(story.incident, story.secret()).approved == story.now
    broken = Story(declaration(wanted(fatal))).run(10)
    broken.do(c.BreakGlass({NAME: SHOWN}, "abuse"), ANNA)
    assert clocks(broken.incident, broken.secret()).approved == broken.now


def notification_due(incident):
    clock = notification(incident)
    return clock.due if clock is not None and clock.decided is None else None


def test_no_decision_on_notification_is_due_where_no_data_is_opened():
    assert notification(Story(declaration()).incident) is None
    assert notification_due(Story(declaration()).incident) is None


def test_a_decision_is_due_at_two_thirds_of_72_hours_after_the_detection_until_it_is_recorded():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), wanted(entry("stripe", data=Data.PAYMENT))))
    assert notification_due(story.incident) == story.incident.detected_at + timedelta(hours=48)
    assert notification(story.incident).data == (Data.PAYMENT, Data.PERSONAL)
    story.do(no_notice(), CHLOE)
    assert notification_due(story.incident) is None
    assert notification(story.incident).decided.text == "not-required, decided by chloe: nobody was reached"
