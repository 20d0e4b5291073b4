"""Who read the leaked keys, in Slack: a button on the card, a form with each, answers that come into the log."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.readers import in_place, saw_new_value, unaccounted
from bot.incident.closing.open_items import open_items
from bot.incident.model import CheckOutcome, ReaderOutcome, Strategy
from bot.incident.obligations.rules import facts_of
from bot.incident.paging.rules import unsettled
from bot.incident.shown import tag_of
from bot.model.reads import Read
from bot.phrases.readers import read_words, use_against
from bot.report.evidence import reader_rows, reads_seen
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from bot.slack.modals import answers
from bot.slack.modals.details import details
from tests.slack.states import HEAD, Story, entry
from tests.slack.test_modals import BY_ACT, entered

NAME = "openai-api-key"
LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"
ROLE = f"arn:aws:sts::111122223333:assumed-role/{'r' * 64}/{'s' * 64}"


def read_by(*principals):
    story = Story(entry(NAME)).captured(NAME)
    seen = tuple(Read(story.at, each, "192.0.2.1", "cli", "GetParameter", "/x") for each in principals)
    return story.then(e.UsageRead(0, NAME, "CloudTrail", story.at, story.at, seen, (), False))


def page(story):
    seen = {
        each: answers.Seen([Read(story.at, each, "192.0.2.1", "aws-cli/2", "GetParameter", "/x")])
        for each in (LAPTOP, ROLE)
    }
    view = answers.answers_form(story.incident, ButtonValue("inc_ab12cd", "reader"), story.at, seen)
    assert check_view(view) == []
    return view


def row_of(principal):
    return f"answer|{tag_of(f'reader:{principal}')}|"


def mistakes(story, note="", **outcomes):
    """Of what someone entered: outcomes by principal, and the page's note."""
    return answers.mistakes(story.incident, said_of(note, **outcomes), story.at)


def said_of(note="", **outcomes):
    return entered(**{row_of(who): outcome for who, outcome in outcomes.items()}, note=note)


def test_each_reader_is_asked_about_and_long_names_fit():
    story = read_by(LAPTOP, ROLE)
    text = json.dumps(page(story))
    assert LAPTOP in text
    assert ROLE in text
    assert f"1 read, {story.at:%Y-%m-%d %H:%M} UTC, from 192.0.2.1, by aws-cli/2." in text
    assert "Answer…" in read(to_json(incident_card(story.incident, story.at, HEAD)))


def test_whom_an_earlier_look_saw_is_asked_about_and_that_the_last_one_stopped_early_is_said():
    story = read_by(LAPTOP)
    story.then(e.UsageRead(0, NAME, "CloudTrail", story.at, story.at, (), (), True))
    text = json.dumps(page(story))
    assert LAPTOP in text
    assert f"The search for readers of {NAME} stopped early: there may be more." in text
    assert [*answers.reads_of(story.incident, story.news)] == [LAPTOP]


def test_what_was_said_of_one_is_asked_no_more():
    story = read_by(LAPTOP, ROLE).then(e.ReaderAccounted(ROLE, ReaderOutcome.OURS), by="ada")
    assert ROLE not in json.dumps(page(story))
    story.then(e.ReaderAccounted(LAPTOP, ReaderOutcome.UNEXPLAINED, "nobody knows"), by="ada")
    assert "unexplained (ada: nobody knows)" in json.dumps(page(story))
    shown = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "1 reader not identified, remove its access: user/contractor-laptop" in shown
    assert "to identify" not in shown


def test_only_whom_nobody_can_explain_is_asked_about_again():
    story = read_by(LAPTOP, ROLE).then(e.ReaderAccounted(ROLE, ReaderOutcome.OURS), by="ada")
    story.then(e.ReaderAccounted(LAPTOP, ReaderOutcome.UNEXPLAINED, "nobody knows"), by="ada")
    assert ROLE not in json.dumps(page(story))


def test_a_stranger_whose_access_was_taken_away_stays_a_stranger_and_keeps_nobody_awake():
    story = read_by(LAPTOP).then(e.ReaderAccounted(LAPTOP, ReaderOutcome.UNEXPLAINED, "nobody knows"), by="ada")
    known = facts_of(story.incident)
    assert [words for words in unsettled(story.incident) if "not identified" in words]
    assert [item.key for item in open_items(story.incident) if item.label == "reader"]
    story.then(e.ReaderAccounted(LAPTOP, ReaderOutcome.REMOVED, "its keys are deleted"), by="ada")
    assert not [words for words in unsettled(story.incident) if "not identified" in words]
    assert not [item.key for item in open_items(story.incident) if item.label == "reader"]
    assert facts_of(story.incident) == known  # the law's question stands as it did
    assert f"unidentified reader: {LAPTOP}" in known


def test_every_read_is_told_and_what_is_many_is_counted():
    story = Story(entry(NAME))
    reads = [Read(story.at, LAPTOP, f"192.0.2.{n}", "cli", "GetParameter", "/x") for n in range(5)]
    assert "5 reads" in read_words(reads)
    assert "192.0.2.0, 192.0.2.1, 192.0.2.2 and 2 more, by cli." in read_words(reads)
    assert read_words([]) == ""


def test_reads_once_the_new_value_was_in_place_are_told_apart():
    story = Story(entry(NAME))

    def read_at(seconds, who, action="GetParameter"):
        return Read(story.at + timedelta(seconds=seconds), who, "192.0.2.1", "cli", action, "/x")

    every = (
        read_at(-60, LAPTOP),
        read_at(30, LAPTOP),
        read_at(90, LAPTOP),
        read_at(31, ROLE),
        read_at(32, ROLE, "GetParameterHistory"),
    )
    promoted = recorded(story, 0, e.ValuePromoted(1, NAME, {"/x": 2}))
    rolled_back = recorded(story, 60, e.RollBackRequested(NAME, "it fails"))
    looked = recorded(story, 100, e.UsageRead(2, NAME, "CloudTrail", story.at, story.at, every, (), False))
    seen = answers.reads_of(story.incident, [promoted, rolled_back, looked])
    assert seen[LAPTOP] == answers.Seen([every[0], every[2]], [every[1]])
    assert seen[ROLE] == answers.Seen([every[4]], [every[3]])  # a history shows the leaked one too
    said = read_words(seen[LAPTOP].leaked, seen[LAPTOP].after)
    assert said.startswith("2 reads, ")
    assert ". After the new key was in place: 1 read, " in said
    assert read_words((), [every[1]]).startswith("Only after the new key was in place: 1 read, ")
    (row, other) = reader_rows(story.incident, [promoted, rolled_back, looked])
    assert (row.principal, row.reads, row.after) == (LAPTOP, 2, 1)
    assert (other.reads, other.after) == (1, 1)
    (fact,) = reads_seen(story.incident, [promoted, rolled_back, looked])
    assert "5 reads by others" in fact.text
    assert "2 of these reads came after the new key was in place." in fact.text


def test_a_read_of_an_older_version_may_have_shown_the_leaked_value():
    story = Story(entry(NAME))
    read = Read(story.at + timedelta(seconds=1), LAPTOP, "192.0.2.1", "cli", "GetParameter", "/x")
    times = in_place([recorded(story, 0, e.ValuePromoted(1, NAME, {"/x": 2}))], NAME)
    assert saw_new_value(read, times)
    assert not saw_new_value(replace(read, by_version=True), times)


def test_since_when_a_leaked_value_stood_there_again_nobody_knows():
    story = Story(entry(NAME))
    promoted = recorded(story, 0, e.ValuePromoted(1, NAME, {"/x": 2}))
    back = recorded(story, 60, e.OldValueReappeared(NAME, ("/x",)))
    again = recorded(story, 120, e.ValuePromoted(3, NAME, {"/x": 4}))
    assert in_place([promoted, back], NAME) == ()
    assert in_place([promoted, back, again], NAME) == ((again.at, None),)


def recorded(story, seconds, event):
    return e.Recorded(seconds + 1, story.at + timedelta(seconds=seconds), "bot", event)


def test_nobody_was_seen():
    assert page(Story(entry(NAME)))["title"]["text"] == "Tasks and steps"


def test_the_only_reader_of_a_page_is_not_optional():
    def optional(view):
        return [block["block_id"].partition("|")[0] for block in view["blocks"] if block.get("optional")]

    assert optional(page(read_by(LAPTOP, ROLE))) == ["answer", "answer", "note"]
    assert optional(page(read_by(LAPTOP))) == ["note"]


def test_answers_become_commands_and_an_explanation_is_demanded():
    story = read_by(LAPTOP, ROLE)
    assert "Answer at least one" in str(mistakes(story, **{LAPTOP: ""}))
    assert list(mistakes(story, **{LAPTOP: "explained"})) == ["note"]
    assert list(mistakes(story, **{LAPTOP: "removed"})) == ["note"]
    assert "looks like" in mistakes(story, "it is xoxb-" + "1234567890-abcdefghij", **{LAPTOP: "ours"})["note"]
    assert mistakes(story, "ben did", **{LAPTOP: "explained"}) == {}
    (command,) = answers.command(story.incident, said_of("ben did", **{LAPTOP: "explained"}), story.at)
    assert command.rows == (c.AccountReader(LAPTOP, ReaderOutcome.EXPLAINED, "ben did"),)


def test_several_readers_are_ours_at_once_and_one_that_nobody_explains_is_answered_alone():
    story = read_by(LAPTOP, ROLE)
    assert mistakes(story, **{LAPTOP: "ours", ROLE: "ours"}) == {}
    (command,) = answers.command(story.incident, said_of(**{LAPTOP: "ours", ROLE: "ours"}), story.at)
    assert [row.principal for row in command.rows] == [LAPTOP, ROLE]
    assert list(mistakes(story, "asked all", **{LAPTOP: "unexplained", ROLE: "ours"})) == [row_of(LAPTOP)]


def test_more_than_a_page_comes_on_the_next_one_and_this_one_says_how_many():
    many = [f"arn:aws:iam::111122223333:user/reader-{n:02}" for n in range(60)]
    story = read_by(*many)
    first = page(story)
    shown = len(rows_of(first))
    assert 40 < shown < 60
    assert f"{60 - shown} more of 60 have no room here: Save leads to them." in read(first["blocks"]).replace("*", "")
    said = entered(**dict.fromkeys(rows_of(first), "ours"), note="")
    following = answers.following(story.incident, said, story.at, "reader")
    assert len(rows_of(following)) == 60 - shown
    alone = read_by(LAPTOP)
    assert answers.following(alone.incident, said_of(**{LAPTOP: "ours"}), alone.at, "reader") is None


def rows_of(view):
    return [block["block_id"] for block in view["blocks"] if block.get("block_id", "").startswith("answer|")]


def test_what_the_catalog_does_not_have_read_it_comes_first_and_a_fitting_name_is_only_a_hint():
    story = read_by(LAPTOP, "arn:aws:sts::111122223333:assumed-role/functions/api")
    assert unaccounted(story.incident)[0] == LAPTOP
    assert "The catalog lists no such reader." in json.dumps(page(story))
    functions = [one.function for one in story.incident.secrets[NAME].entry.consumers]
    known = read_by(f"arn:aws:sts::111122223333:assumed-role/a/{functions[0]}", "arn:aws:iam::111122223333:user/zoe")
    assert unaccounted(known.incident)[0].endswith("user/zoe")
    assert "Names can be faked: check it." in json.dumps(page(known))


FINDING = BY_ACT[ActionId.FINDING]


def test_that_nobody_used_it_is_asked_once_more_while_nobody_answers_for_somebodys_reads():
    story = read_by(LAPTOP)

    def shown():
        view = FINDING.view(story.incident, ButtonValue("inc_ab12cd"), story.at)
        assert check_view(view) == []
        return json.dumps(view)

    assert f"user/contractor-laptop read {NAME} and is not identified yet" in shown()
    story.then(e.ReaderAccounted(LAPTOP, ReaderOutcome.UNEXPLAINED, "asked both contractors"), by="ada")
    assert f"user/contractor-laptop read {NAME} and is not identified." in shown()
    no = {"seen": "no-abuse", "text": "read the logs"}
    assert "although" in FINDING.ask.mistakes(entered(**no, although=()))
    assert FINDING.ask.mistakes(entered(**no, although=("yes",))) == {}
    assert FINDING.ask.mistakes(entered(**no)) == {}  # nothing spoke against it when the form was opened
    assert FINDING.ask.mistakes(entered(**no | {"seen": "abuse-unknown"}, although=())) == {}


@pytest.mark.parametrize(("strategy", "ends"), [(Strategy.OVERLAP, True), (Strategy.KILL_FIRST, False)])
def test_that_abuse_ends_an_overlap_stands_beside_keys_that_have_one(strategy, ends):
    story = Story(entry(NAME), strategy=strategy).captured(NAME)
    view = FINDING.view(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert ("overlap ends" in json.dumps(view)) is ends


def test_several_keys_that_somebody_was_seen_to_use_are_recorded_at_once():
    story = Story(entry(NAME), entry("stripe"), entry("redis"))
    view = FINDING.view(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    seen = entered(used=(NAME, "stripe"), text="mails were sent")
    commands = FINDING.commands(ButtonValue("inc_ab12cd"), seen)
    assert [*commands] == [c.RecordAbuse(name, "mails were sent") for name in (NAME, "stripe")]
    assert FINDING.ask.mistakes(seen) == {}


def test_nor_is_it_said_without_a_word_where_a_check_found_something():
    story = read_by().dead(NAME)
    assert use_against(story.incident) == ""
    story.then(e.CheckEnded(NAME, "keys", CheckOutcome.HANDLED, "deleted another key"), by="ada")
    assert use_against(story.incident) == "1 check found something"


def test_access_is_not_called_contained_while_a_reader_is_unexplained():
    story = read_by(LAPTOP).dead(NAME)
    left = "No leaked key works; 1 reader not identified"

    def card():
        return read(to_json(incident_card(story.incident, story.at, HEAD)))

    assert "who read openai-api-key is unknown" in card()
    story.looked_up(NAME)
    assert left in card()
    story.then(e.ReaderAccounted(LAPTOP, ReaderOutcome.UNEXPLAINED, "asked both contractors"), by="ada")
    assert left in card()
    assert "contained" not in card()
    assert "Access: contained" not in read(details(story.incident, ButtonValue("inc_ab12cd", NAME), story.at)["blocks"])
    story.then(e.ReaderAccounted(LAPTOP, ReaderOutcome.REMOVED, "its key is deleted"), by="ada")
    assert "contained" not in card()
    story.then(e.FindingRecorded("no-abuse", "its usage page shows our own calls alone"), by="ada")
    assert "Access is *contained*" in card()
