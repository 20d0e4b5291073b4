"""The debrief: what is measured of a drill, what it is compared with, and what it advises."""

import json
from datetime import timedelta

import pytest

from bot.drill.client.debrief import Measure, debrief, earlier_drills, keep_drill, spelled
from bot.drill.measures import measures, refused_in_slack
from bot.incident import commands as c
from bot.incident.model import NoticeOutcome, ReaderOutcome
from bot.incident.obligations.rules import notice_clocks
from bot.incident.taking import of_secret
from bot.model.capabilities import Makes, RevokedBy
from bot.model.secrets import Data, Kill, Outage
from bot.slack.listeners.commands import LEAKED
from bot.slack.modals.inputs import unfit
from tests.support.incidents import ANNA, OBLIGATIONS, Story, World, capabilities, declaration, entry, wanted

pytestmark = pytest.mark.counted


def told(*found, earlier=(), undeclared=()):
    return debrief(found, undeclared, earlier)


def test_a_measure_stands_beside_the_best_and_the_last():
    fast = Measure("declared", "noticed → declared", 41.2)
    [row] = told(fast, earlier=[{"declared": 22.0}, {"declared": None}, {"declared": 55.4}]).rows
    assert (row.you, row.best, row.last, row.missed) == ("0:41", "0:22", "0:55", False)
    [row] = told(fast, earlier=[{"declared": 22.0}, {"declared": None}, {"down": 3.0}]).rows
    assert (row.best, row.last) == ("0:22", "never")
    [row] = told(fast).rows
    assert (row.best, row.last) == ("-", "-")


def test_what_was_missed_is_marked_and_leads_to_advice_once():
    left = Measure("undeclared", "left", 11, counted=True, missed=True, of=15, advice="declare everything.")
    late = Measure("notification", "decided", 99.0, missed=True, note="after close", advice="declare everything.")
    found = told(left, late, Measure("down", "down", 5.0, advice="unneeded"), undeclared=("a", "b"))
    assert [row.you for row in found.rows] == ["11 of 15 ✗", "after close ✗", "0:05"]
    assert found.advice == ("declare everything.",)
    assert found.document()["undeclared"] == ("a", "b")


@pytest.mark.parametrize(("value", "words"), [(None, "never"), (0, "0:00"), (59.6, "1:00"), (600, "10:00")])
def test_seconds_are_spelled_as_a_clock(value, words):
    assert spelled(value, counted=False) == words


def test_drills_are_remembered_apart_by_who_played(tmp_path):
    assert earlier_drills(tmp_path, auto=True) == []
    keep_drill(tmp_path, "inc_a", [Measure("declared", "d", 3.0)], auto=True)
    keep_drill(tmp_path, "inc_b", [Measure("declared", "d", None)], auto=False)
    with (tmp_path / "debriefs.jsonl").open("a") as log:
        log.write('{"auto": true, "meas')
    assert earlier_drills(tmp_path, auto=True) == [{"declared": 3.0}]
    assert earlier_drills(tmp_path, auto=False) == [{"declared": None}]


def test_a_drill_that_went_wrong_is_measured_so():
    story = Story(declaration(wanted(entry("openai-api-key"))), ANNA, World())
    story.do(c.AccountReader("arn:aws:iam::1:user/stranger", ReaderOutcome.UNEXPLAINED, "nobody knows them"), ANNA)
    noticed = story.incident.declared.at - timedelta(seconds=400)
    found = {each.name: each for each in measures(story.incident, story.log, noticed, ("redis-url",))}
    assert (found["declared"].words, found["dead"].words) == ("6:40 ✗", "never ✗")
    assert found["undeclared"].words == "1 of 2 ✗"
    assert found["pasted"].words == "0"
    assert found["pasted"].label == "Keys pasted into Slack"
    assert json.dumps([each.words for each in found.values()])


def test_what_slack_refused_before_any_log_is_a_secret_pasted_too():
    said = [LEAKED.format(shape="OpenAI API key"), "Unknown command “shwo”."]
    form = unfit("sk-proj-" + "a" * 40)
    channel = {"ephemerals": [{"text": text} for text in said]}
    told = refused_in_slack({"sent_back": [form, "Say whom you asked."], "channels": {"C1": channel}})
    story = Story(declaration(wanted(entry("openai-api-key"))), ANNA, World())
    found = {each.name: each for each in measures(story.incident, story.log, story.incident.declared.at, (), told)}
    assert found["pasted"].words == "2 ✗"


def test_notification_is_decided_with_the_last_of_the_notices():
    secret = wanted(entry("openai-api-key", data=Data.PERSONAL))
    story = Story(declaration(secret, obligations=OBLIGATIONS[:2]), ANNA, World())
    names = [clock.obligation.id for clock in notice_clocks(story.incident)]

    def decided():
        found = measures(story.incident, story.log, story.incident.declared.at, ())
        return next(each.words for each in found if each.name == "notification")

    assert len(names) == 2
    assert decided() == "never ✗"
    story.now += timedelta(seconds=60)
    story.do(c.DecideNotice(names[0], NoticeOutcome.NOTIFY, "data was read"), ANNA)
    assert decided() == "1 of 2 notices ✗"
    story.now += timedelta(seconds=60)
    story.do(c.DecideNotice(names[1], NoticeOutcome.NOTIFY, "data was read"), ANNA)
    assert decided() == "2:00"


STRIPE = "stripe-secret-key"


def by_hand():
    """A key that people make and revoke, without which the product stops, and whose end can't be undone."""
    can = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON)
    secret = wanted(entry(STRIPE, can=can, outage=Outage.DOWN, kill=Kill.IRREVERSIBLE))
    return Story(declaration(secret), ANNA, World()).run(30)


def measured(story, name):
    found = {each.name: each for each in measures(story.incident, story.log, story.incident.declared.at, ())}
    return found[name]


def test_work_by_hand_that_no_one_took_is_counted_until_somebody_takes_it():
    story = by_hand()
    before = measured(story, "untaken").value
    assert before > 0
    for todo in [*of_secret(story.incident, story.incident.secrets[STRIPE])]:
        story.do(c.TakeTodo(todo), ANNA)
    taken = measured(story, "untaken").value
    story.run(600)
    assert measured(story, "untaken").value == taken
    assert not measured(story, "untaken").missed


def test_a_key_that_was_revoked_for_good_before_its_new_one_was_in_use():
    story = by_hand()
    assert measured(story, "early").words == "0"
    story.do(c.ConfirmRevoked(STRIPE), ANNA)
    early = measured(story, "early")
    assert early.words == "1 ✗"
    assert f"You revoked {STRIPE} before its new key was in use" in early.advice
