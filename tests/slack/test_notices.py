"""Whom the law and contracts ask to tell, in Slack: a form with each, its fields' mistakes, and the commands of it."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.obligations.rules import notice_clocks
from bot.model.obligations import DEFAULT
from bot.model.secrets import Data
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from bot.slack.listeners.forms import FORMS
from bot.slack.modals import notices
from tests.slack.states import HEAD
from tests.slack.test_modals import entered
from tests.support.incidents import ANNA, OBLIGATIONS, START, Story, declaration, entry, wanted

HERE = ButtonValue("inc_ab3cde")


def told(obligations=OBLIGATIONS, data=Data.PERSONAL):
    return Story(declaration(wanted(entry(data=data)), obligations=obligations))


def page(story):
    view = notices.notices_form(story.incident, HERE, story.now)
    assert check_view(view) == []
    return view


def names(view):
    return {block.get("block_id", "") for block in view["blocks"]}


def mistakes(story, said, refusals=None, by=""):
    return notices.mistakes(story.incident, said, refusals or {}, by)


def at(**fields):
    """Times that were chosen, by field."""
    return {name: {name: {"selected_date_time": int(time.timestamp())}} for name, time in fields.items()}


def said(times=None, **fields):
    made = entered(**{name.replace("__", "|"): value for name, value in fields.items()})
    return replace(made, values={**made.values, **{k.replace("__", "|"): v for k, v in at(**(times or {})).items()}})


def options(view, field):
    [found] = [block for block in view["blocks"] if block.get("block_id") == field]
    return [each["value"] for each in found["element"]["options"]]


def decide(outcome, reason, **more):
    return c.DecideNotice("authority", outcome, reason, **more)


def test_one_form_has_each_notice_with_who_decides_by_when_and_on_which_facts():
    story = told()
    view = page(story)
    text = json.dumps(view, ensure_ascii=False)
    assert "Data protection officer decides by " in text
    assert "personal data: " in text
    assert '"notice_draft"' in text
    asked = {f"outcome|{clock.obligation.id}" for clock in notice_clocks(story.incident)}
    assert asked | {"who", "why", "again", "aware", "aware_why"} <= names(view)
    assert "reference|authority" not in names(view)
    assert options(view, "outcome|authority") == ["notify", "not-required", "later"]


def test_as_many_as_fit_are_on_the_form_the_most_urgent_first():
    many = tuple(replace(OBLIGATIONS[2], id=f"duty-{n}", title="Notice " * 20, guide="x" * 900) for n in range(40))
    view = page(told(many))
    shown = len([name for name in names(view) if name.startswith("outcome|")])
    assert shown > 20
    assert f"{40 - shown} more of 40 have no room here: decide these first." in read(view["blocks"])


def test_what_contradicts_telling_nobody_asks_for_a_tick():
    story = told()
    assert "although" not in names(page(story))
    story.do(c.RecordFinding("abuse-unknown", "the logs are gone"), ANNA)
    view = page(story)
    assert "although" in names(view)
    assert "Use of it is unknown" in json.dumps(view, ensure_ascii=False)
    not_told = {"outcome__authority": "not-required", "why": "no data was read", "who": "anna"}
    assert set(mistakes(story, said(**not_told, although=()))) == {"although"}
    assert mistakes(story, said(**not_told, although=("yes",))) == {}
    assert mistakes(story, said(**{**not_told, "outcome__authority": "notify"}, although=())) == {}


def test_what_was_decided_asks_for_the_reference_and_what_is_late_for_the_reason():
    story = told()
    story.do(decide(m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    assert {"reference|authority", "sent|authority"} <= names(page(story))
    assert options(page(story), "outcome|authority") == ["not-required", "later"]
    assert "delay|authority" not in names(page(story))
    story.now += timedelta(hours=80)
    assert "delay|authority" in names(page(story))
    assert "OVERDUE: Notice to the authority" in json.dumps(page(story))
    story.do(c.RecordNoticeSent("authority", "case 4711"), ANNA)
    assert "LATE by 8 h 2 min, no reason for the delay recorded" in json.dumps(page(story))
    assert "outcome|authority" not in names(page(story))


def test_each_notice_has_its_deadline_and_what_it_is_counted_from_stands_with_its_basis():
    story = told()
    shown = read(page(story)["blocks"])
    assert re.search(r"Finance decides by [-0-9]+ [0-9:]+ UTC; due [-0-9]+ [0-9:]+ UTC", shown)
    assert "72 hours" not in shown
    basis = read(notices.basis_form(story.incident, HERE, story.now)["blocks"])
    assert "72 hours from “known since”" in basis
    assert "24 hours from the declaration" in basis


def test_all_that_is_decided_is_one_command_with_one_reason_and_exceptions():
    story = told()
    given = said(
        outcome__authority="not-required", outcome__insurer="notify", outcome__people="later", why="made-up data",
        own__insurer="the policy asks for it", who="Kim Lee", times={"again": START + timedelta(days=2)},
    )  # fmt: skip
    assert mistakes(story, given, by="anna") == {}
    [settle] = notices.commands(story.incident, given)
    rows = {row.obligation: row for row in settle.rows}
    assert rows["authority"] == decide(m.NoticeOutcome.NOT_REQUIRED, "made-up data", decider="Kim Lee")
    assert (rows["insurer"].outcome, rows["insurer"].reason) == (m.NoticeOutcome.NOTIFY, "the policy asks for it")
    assert rows["people"].again == START + timedelta(days=2)
    assert [type(event) for event in story.do(settle, ANNA)] == [e.NoticeDecided] * 3


def test_all_that_are_undecided_are_decided_at_once_but_the_exceptions():
    story = told()
    story.do(decide(m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    given = said(
        all="not-required", outcome__insurer="notify", why="made-up data", own__insurer="the policy", who="Kim"
    )
    assert mistakes(story, given, by="anna") == {}
    [settle] = notices.commands(story.incident, given)
    rows = {row.obligation: row.outcome for row in settle.rows}
    assert rows["insurer"] is m.NoticeOutcome.NOTIFY
    assert "authority" not in rows, "it is decided already"
    assert rows["people"] is m.NoticeOutcome.NOT_REQUIRED


def test_who_has_decided_is_needed_where_somebody_else_decides():
    story = told()
    officer = story.incident.obligations[0].decides
    given = said(outcome__authority="notify", why="data was read")
    assert mistakes(story, given, by="anna") == {"who": f"Enter who decided: {officer}."}
    assert mistakes(story, given, by=officer) == {}


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"outcome__authority": "notify", "who": "kim"}, "why", "Enter a reason"),
        ({"own__authority": "because"}, "outcome|authority", "Choose the decision"),
        ({"reference__authority": ""}, "reference|authority", "Choose the decision, or enter the reference"),
        ({"outcome__authority": ""}, "outcome|authority", "Choose the decision, or enter the reference"),
        ({"outcome__authority": "later", "why": "x", "who": "kim"}, "again", "on which date"),
        ({"outcome__authority": "notify", "outcome__insurer": "not-required", "why": "x", "who": "kim"},
         "own|insurer", "Enter a reason for this one"),
        ({"outcome__authority": "notify", "who": "kim", "why": "it is xoxb-" + "1234567890-abcdefghij"},
         "why", "looks like"),
    ],
)  # fmt: skip
def test_a_mistake_stands_at_its_field(given, field, sentence):
    found = mistakes(told(), said(**given))
    if field == "own|insurer":
        field = next(name for name in found if name.startswith("own|"))
    assert sentence in found[field]


def test_a_decision_can_be_changed_in_the_form_as_long_as_nothing_was_sent():
    story = told()
    story.do(decide(m.NoticeOutcome.NOT_REQUIRED, "made-up data"), ANNA)
    assert "Decide differently?" in json.dumps(page(story))
    assert options(page(story), "outcome|authority") == ["notify"]
    [command] = notices.commands(story.incident, said(outcome__authority="notify", why="it was real data"))
    story.do(command, ANNA)
    assert "reference|authority" in names(page(story))


def test_what_the_rules_say_against_it_stands_at_its_field():
    story = told()
    story.do(decide(m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    late = {"sent__authority": START, "aware": START}
    fields = notices.by_field(story.incident, said(reference__authority="case 4711", aware_why="a mail", times=late))
    assert {*fields} == {"aware", "sent|authority"}
    given = said(reference__authority="case 4711")
    assert [*notices.by_field(story.incident, given)] == ["reference|authority"]
    assert mistakes(story, given, {"reference|authority": "It is late."}) == {"reference|authority": "It is late."}


def test_where_no_fact_asks_for_one_the_form_says_so():
    story = told(obligations=OBLIGATIONS[:2], data=Data.NONE)
    assert "The known facts require no notice" in json.dumps(page(story))


def test_the_card_of_a_closed_incident_has_the_button_of_the_notices_and_says_what_is_overdue():
    def card(at):
        return read(to_json(incident_card(story.incident, at, HEAD)))

    for obligations in (OBLIGATIONS, (DEFAULT,)):
        story = told(obligations)
        for task, hours in (("t1", 1), ("t2", 2), ("t3", 99)):
            due = story.now + timedelta(hours=hours)
            story.record(e.TaskAdded(task, f"see to {task}", "anna", due))
        first = story.incident.tasks["t1"].due
        story.record(e.IncidentClosed("done"))
        assert "Notices…" in card(story.now)
        assert f"📌 3 tasks left, the first due {first:%Y-%m-%d %H:%M} UTC" in card(story.now)
        late = card(story.now + timedelta(hours=3))
        assert f"📌 3 tasks left, 2 *overdue*, the first since {first:%Y-%m-%d %H:%M} UTC" in late
        for clock in notice_clocks(story.incident):
            story.do(c.DecideNotice(clock.obligation.id, m.NoticeOutcome.NOT_REQUIRED, "it was made up"), ANNA)
        assert "Notices…" not in card(story.now)


def test_abuse_is_yes_of_a_key_no_or_unknown():
    form = next(form for form in FORMS if form.act == ActionId.FINDING)
    assert check_view(form.view(told().incident, HERE, told().now)) == []
    for seen, command in (
        ({"seen": "no-abuse"}, c.RecordFinding("no-abuse", "x")),
        ({"seen": "abuse-unknown"}, c.RecordFinding("abuse-unknown", "x")),
        ({"used": ("openai-api-key",)}, c.RecordAbuse("openai-api-key", "x")),
    ):
        assert [*form.commands(HERE, entered(**seen, text="x"))] == [command]


def test_what_is_to_be_decided_says_so_and_what_is_to_be_sent_is_due():
    story = told()
    closing = next(form for form in FORMS if form.act == ActionId.CLOSE)
    undecided = read(closing.view(story.incident, HERE, story.now)["blocks"])
    assert re.search(r"no decision on “Notice to the authority”, decide by ", undecided)
    assert "(due" not in undecided
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    decided = read(closing.view(story.incident, HERE, story.now)["blocks"])
    assert re.search(r"“Notice to the authority” is to be sent, due ", decided)
