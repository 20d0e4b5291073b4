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
from bot.slack.modals.more import more_form
from tests.slack.states import HEAD
from tests.slack.test_modals import entered
from tests.support.incidents import ANNA, OBLIGATIONS, Story, declaration, entry, wanted

HERE = ButtonValue("inc_ab3cde")


def told(obligations=OBLIGATIONS, data=Data.PERSONAL):
    return Story(declaration(wanted(entry(data=data)), obligations=obligations))


def page(story, subject="authority"):
    view = notices.notices_form(story.incident, ButtonValue("inc_ab3cde", subject), story.now)
    assert check_view(view) == []
    return view


def names(view):
    return {block.get("block_id", "") for block in view["blocks"]}


def mistakes(story, said, refusals=None, by=""):
    return notices.mistakes(story.incident, said, refusals or {}, by)


def test_each_notice_says_who_decides_by_when_and_on_which_facts():
    story = told()
    view = page(story)
    text = json.dumps(view, ensure_ascii=False)
    assert "Data protection officer decides by " in text
    assert "personal data: " in text
    assert '"notice_draft"' in text
    assert {"notice_of|authority", "outcome|authority", "who|authority", "why|authority"} <= names(view)
    assert "reference|authority" not in names(view)


def test_what_speaks_against_telling_nobody_stands_beside_the_choice_and_asks_for_a_tick():
    story = told()
    assert "although|authority" not in names(page(story))
    story.do(c.RecordFinding("abuse-unknown", "the logs are gone"), ANNA)
    view = page(story)
    assert "although|authority" in names(view)
    assert "Whether somebody used it is not known." in json.dumps(view, ensure_ascii=False)
    not_told = {"outcome|authority": "not-notifiable", "why|authority": "no data was read", "who|authority": "anna"}
    assert set(mistakes(story, entered(**not_told, **{"although|authority": ()}))) == {"although|authority"}
    assert mistakes(story, entered(**not_told, **{"although|authority": ("yes",)})) == {}
    notify = {**not_told, "outcome|authority": "notify"}
    assert mistakes(story, entered(**notify, **{"although|authority": ()})) == {}
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOT_NOTIFIABLE, "no data was read"), ANNA)
    assert "although|authority" not in names(page(story))


def test_what_was_decided_asks_for_the_reference_and_what_is_late_for_the_reason():
    story = told()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    assert {"reference|authority", "sent|authority"} <= names(page(story))
    assert "delay|authority" not in names(page(story))
    story.now += timedelta(hours=80)
    assert "delay|authority" in names(page(story))
    assert "OVERDUE: Notice to the authority" in json.dumps(page(story))
    story.do(c.RecordNoticeSent("authority", "case 4711"), ANNA)
    assert "LATE by 8 hours 2 minutes, no reason for the delay recorded" in json.dumps(page(story))
    assert "outcome|authority" not in names(page(story))


def test_each_deadline_says_from_what_it_is_counted():
    story = told()
    shown = read(page(story)["blocks"])
    assert re.search(r"the notice is due [-0-9]+ [0-9:]+ UTC, 72 hours from “known since”", shown)
    insurer = read(page(story, "insurer")["blocks"])
    assert re.search(r"the notice is due [-0-9]+ [0-9:]+ UTC, 24 hours from the declaration", insurer)
    moved = read(page(story, notices.AWARENESS)["blocks"])
    assert "• Moves: Notice to the authority, 72 hours from “known since”" in moved
    assert "• Stays: Notice to the insurer, 24 hours from the declaration" in moved
    story.do(c.DecideNotice("insurer", m.NoticeOutcome.NOTIFY, "the policy asks for it"), ANNA)
    assert re.search(r"NOT SENT YET, due .+ UTC, 24 hours from the declaration", read(page(story, "insurer")["blocks"]))


def optional(view):
    return {block["block_id"] for block in view["blocks"] if block.get("optional")}


def hint_of(view, field):
    [hint] = [block["hint"]["text"] for block in view["blocks"] if block.get("block_id") == field]
    return hint


def test_only_what_a_notice_can_be_saved_without_is_optional_and_what_an_answer_needs_says_so():
    story = told()
    assert optional(page(story)) == set()
    assert optional(page(story, notices.AWARENESS)) == set()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    owed = page(story)
    assert {"reference|authority", "outcome|authority", "why|authority"} <= optional(owed)
    assert hint_of(owed, "reference|authority").startswith("Needed once it was sent")
    assert hint_of(owed, "why|authority").startswith("Needed where you decide otherwise")
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOT_NOTIFIABLE, "it was not"), ANNA)
    assert optional(page(story)) == set()


def test_who_has_decided_is_needed_where_somebody_else_decides():
    story = told()
    officer = story.incident.obligations[0].decides
    assert hint_of(page(story), "who|authority") == f"Needed with a decision: {officer} decides. Their name."
    said = entered(**{"outcome|authority": "notify", "why|authority": "data was read"})
    assert mistakes(story, said, by="anna") == {"who|authority": f"Say who has decided: {officer} decides this."}
    assert mistakes(story, said, by=officer) == {}
    theirs = notices.notices_form(story.incident, ButtonValue("inc_ab3cde", "authority"), story.now, by=officer)
    assert optional(theirs) == {"who|authority"}


def test_answers_become_commands():
    story = told()
    said = entered(**{"outcome|authority": "notify", "why|authority": "data was read", "who|authority": "the officer"})
    assert notices.commands(story.incident, said) == [
        c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read", "the officer")
    ]
    assert mistakes(story, said) == {}
    assert mistakes(story, said, {"why|authority": "It was decided."}) == {"why|authority": "It was decided."}


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"outcome|authority": "notify"}, "why|authority", "Say why"),
        ({"why|authority": "because"}, "outcome|authority", "Choose what was decided"),
        ({"reference|authority": ""}, "reference|authority", "Give its reference once it was sent"),
        ({"outcome|authority": ""}, "outcome|authority", "Choose what was decided, or another"),
        ({"aware": "", "aware_why": ""}, "aware", "Say since when it has been known"),
        ({"outcome|authority": "notify", "why|authority": "data was read"}, "who|authority", "Say who has decided: "),
        ({"outcome|authority": "notify", "why|authority": "it is xoxb-" + "1234567890-abcdefghij"},
         "why|authority", "looks like"),
    ],
)  # fmt: skip
def test_a_mistake_stands_at_its_field(said, field, sentence):
    assert sentence in mistakes(told(), entered(**said))[field]


def test_one_notice_is_a_page_and_the_menu_says_how_each_stands():
    story = told()
    view = page(story)
    assert [block.get("block_id", "") for block in view["blocks"]].count("outcome|authority") == 1
    assert not {name for name in names(view) if name.startswith("outcome|")} - {"outcome|authority"}
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOT_NOTIFIABLE, "made-up data"), ANNA)
    text = json.dumps(page(story, "authority"), ensure_ascii=False)
    assert "✓ not notifiable" in text
    assert "Decided otherwise since?" in text
    assert "On these facts" not in text  # they stand at the head of the form
    assert {"aware", "aware_why"} <= names(page(story, notices.AWARENESS))


def test_a_decision_can_be_changed_in_the_form_as_long_as_nothing_was_sent():
    story = told()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOT_NOTIFIABLE, "made-up data"), ANNA)
    [field] = [block for block in page(story, "authority")["blocks"] if block.get("block_id") == "outcome|authority"]
    assert [each["value"] for each in field["element"]["options"]] == ["notify"]
    said = entered(**{"outcome|authority": "notify", "why|authority": "it was real data"})
    [command] = notices.commands(story.incident, said)
    story.do(command, ANNA)
    assert "reference|authority" in names(page(story, "authority"))


def test_saving_leads_to_the_next_notice_and_only_its_hint_has_the_reason_that_was_just_given():
    story = told()
    said = entered(**{"outcome|authority": "not-notifiable", "why|authority": "made-up data"})
    view = notices.following(story.incident, said, "authority", story.now)
    assert check_view(view) == []
    said_of_it = "→ Your decision on “Notice to the authority” is being recorded. Next"
    assert said_of_it in json.dumps(view["blocks"][0], ensure_ascii=False)
    [why] = [block for block in view["blocks"] if block.get("block_id", "").startswith("why|")]
    assert why["block_id"] != "why|authority"
    assert "initial_value" not in why["element"]
    assert why["hint"]["text"].endswith("Of the notice before was said: made-up data")
    menu = next(block for block in view["blocks"] if block["type"] == "actions")
    assert f"why|{menu['elements'][0]['initial_option']['value']}" == why["block_id"]
    assert menu["block_id"] not in [block.get("block_id") for block in page(story, "authority")["blocks"]]
    alone = entered(**{why["block_id"]: "made-up data"})
    story.do(*notices.commands(story.incident, said), ANNA)
    assert mistakes(story, alone) == {why["block_id"].replace("why", "outcome"): "Choose what was decided."}


def test_another_notice_s_reason_is_never_filled_in_and_named_only_where_the_last_decisions_are_alike():
    def offered(view):
        [why] = [block for block in view["blocks"] if block.get("block_id", "").startswith("why|")]
        assert "initial_value" not in why["element"]
        return why["hint"]["text"].partition("was said: ")[2]

    story = told()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    left = [clock.obligation.id for clock in notice_clocks(story.incident) if not clock.decided]
    assert offered(page(story, left[0])) == "data was read"
    said = entered(**{f"outcome|{left[0]}": "not-notifiable", f"why|{left[0]}": "no customer is hit"})
    assert offered(notices.following(story.incident, said, left[0], story.now)) == ""
    story.do(*notices.commands(story.incident, said), ANNA)
    assert offered(page(story, left[1])) == ""


def test_the_reason_of_the_opposite_decision_is_sent_back():
    story = told()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    [other, *_] = [clock.obligation.id for clock in notice_clocks(story.incident) if not clock.decided]
    alike = {f"outcome|{other}": "notify", f"why|{other}": "data was read", f"who|{other}": "mira"}
    assert mistakes(story, entered(**alike)) == {}
    said = entered(**alike | {f"outcome|{other}": "not-notifiable"})
    assert [*notices.by_field(story.incident, said)] == [f"why|{other}"]
    [command] = notices.commands(story.incident, said)
    assert story.refused(command, ANNA) == "This reason was given for notify. Give a different one."


def test_what_is_wrong_with_a_time_stands_at_the_time():
    story = told()
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    reference = entered(**{"reference|authority": "case 4711"})
    times = {name: {name: {"selected_date_time": 1_900_000_000}} for name in ("sent|authority", "aware")}
    said = replace(reference, values={**reference.values, **times})
    fields = notices.by_field(story.incident, said)
    assert [*fields] == ["aware", "sent|authority"]
    assert [*notices.by_field(story.incident, reference)] == ["reference|authority"]
    refused = dict.fromkeys(fields, "It is still to come.")
    # No reason was given for the other time of awareness: that is told first, where it belongs.
    assert [*mistakes(story, said, refused)] == ["aware_why", "sent|authority"]


@pytest.mark.parametrize(
    ("shown", "said", "words"),
    [
        ("authority", {"reference|authority": "case 4711"},
         "The reference of “Notice to the authority” is being recorded."),
        ("authority", {"outcome|authority": "not-notifiable", "why|authority": "x", "reference|authority": "case 4711"},
         "Your decision on “Notice to the authority” and its reference are being recorded."),
        (notices.AWARENESS, {"aware_why": "a mail"},
         "The time that you gave is being recorded; the times below are those from before."),
    ],
)  # fmt: skip
def test_the_next_page_says_what_is_being_recorded_and_not_that_anything_was_sent(shown, said, words):
    story = told()
    view = notices.following(story.incident, entered(**said), shown, story.now)
    first = json.dumps(view["blocks"][0], ensure_ascii=False)
    assert words in first
    assert "handed in" not in first


def test_where_no_fact_asks_for_one_the_form_says_so():
    story = told(obligations=OBLIGATIONS[:2], data=Data.NONE)
    assert "No notice is asked for" in json.dumps(page(story))


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
        assert "Notification…" in card(story.now)
        assert f"📌 3 tasks left, the first due {first:%Y-%m-%d %H:%M} UTC" in card(story.now)
        late = card(story.now + timedelta(hours=3))
        assert f"📌 3 tasks left, 2 *overdue*, the first since {first:%Y-%m-%d %H:%M} UTC" in late
        for clock in notice_clocks(story.incident):
            story.do(c.DecideNotice(clock.obligation.id, m.NoticeOutcome.NOT_NOTIFIABLE, "it was made up"), ANNA)
        assert "Notification…" not in card(story.now)


def test_abuse_is_yes_of_a_key_no_or_unknown():
    form = next(form for form in FORMS if form.act is ActionId.ABUSE_SEEN)
    assert check_view(form.view(told().incident, HERE, told().now)) == []
    for seen, command in (
        ("no-abuse", c.RecordFinding("no-abuse", "x")),
        ("abuse-unknown", c.RecordFinding("abuse-unknown", "x")),
        ("yes|openai-api-key", c.RecordAbuse("openai-api-key", "x")),
    ):
        assert form.commands(HERE, entered(seen=seen, text="x")) == (command,)


def test_severity_shows_what_the_facts_say():
    form, story = next(form for form in FORMS if form.act is ActionId.SEVERITY), told()
    assert "because it was exposed in public, and opens personal data" in json.dumps(
        form.view(story.incident, HERE, story.now)
    )
    story.do(c.SetSeverity(m.Severity.SEV3, "made-up data"), ANNA)
    view = form.view(story.incident, HERE, story.now)
    assert check_view(view) == []
    assert "set by anna: made-up data" in json.dumps(view)
    assert form.command(HERE, entered(severity="sev2", reason="x")) == c.SetSeverity(m.Severity.SEV2, "x")


def test_what_is_to_be_decided_says_so_and_what_is_to_be_sent_is_due():
    story = told()
    undecided = read(more_form(story.incident, HERE, story.now)["blocks"])
    assert re.search(r"notifications \(decide by ", undecided)
    assert re.search(r"no decision on “Notice to the authority”, decide by ", undecided)
    assert "(due" not in undecided
    story.do(c.DecideNotice("authority", m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    decided = read(more_form(story.incident, HERE, story.now)["blocks"])
    assert re.search(r"unsent notice \(due ", decided)
    assert re.search(r"“Notice to the authority” is to be sent, due ", decided)


def test_more_counts_the_notices_that_are_decided_and_those_to_be_sent():
    story = told()
    clocks = notice_clocks(story.incident)
    dated = [clock.obligation.id for clock in clocks if clock.decide_by is not None]
    for name in dated:
        story.do(c.DecideNotice(name, m.NoticeOutcome.NOTIFY, "data was read"), ANNA)
    shown = read(more_form(story.incident, HERE, story.now)["blocks"])
    assert f"Notices: {len(dated)} of {len(clocks)} decided, {len(dated)} to be sent" in shown
