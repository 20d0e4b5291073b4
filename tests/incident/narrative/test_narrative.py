"""The report's words: four parts that people write, whoever signs, and what a second person is for."""

from dataclasses import replace

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.narrative import latest, signed
from bot.incident.offers import available
from bot.incident.state import Version
from bot.phrases.report import signature_words
from tests.support.incidents import ALL, ANNA, BEN, CHLOE, PLAYBOOK, STRANGER, Story, declaration

DIGEST = "d" * 64


def written(story):
    """A report, with lessons in a person's words: of these alone a leak's report can be signed."""
    if not latest(story.incident, "lessons"):
        story.record(e.NarrativeWritten("lessons", "scan first"), "anna")
    story.record(e.ReportWritten(0, "r.md", DIGEST, "1:h", story.incident.seq, html_digest="e" * 64))
    return story


def test_each_part_is_recorded_by_itself_and_what_was_not_changed_is_not():
    story = Story(declaration())
    story.do(c.WriteNarrative("a key was public", impact="mail as us", cause="a .env was committed"), ANNA)
    kinds = [(recorded.event.__class__, recorded.actor) for recorded in story.log[-3:]]
    assert kinds == [(e.NarrativeWritten, "anna"), (e.FindingRecorded, "anna"), (e.FindingRecorded, "anna")]
    (only,) = story.do(c.WriteNarrative("a key was public", "mail as us", "a .env was committed", "scan first"), BEN)
    assert only == e.NarrativeWritten("lessons", "scan first")
    assert (latest(story.incident, "summary"), latest(story.incident, "impact")) == ("a key was public", "mail as us")
    assert "Nothing changed" in story.refused(c.WriteNarrative("a key was public"))


def test_it_is_offered_whatever_the_summary_says_already():
    story = Story(declaration())
    story.do(c.WriteNarrative("because"), ANNA)
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.WriteNarrative]
    assert offer.blocked == ""


def test_a_responder_writes_it_and_nobody_else_and_never_a_key():
    story = Story(declaration())
    assert "not give that right" in story.refused(c.WriteNarrative("x"), STRANGER)
    key = "sk_live_" + "abcdefghijklmnop1234"
    assert "looks like" in story.refused(c.WriteNarrative("x", lessons=f"do not paste {key}"))
    assert not latest(story.incident, "summary")


def test_after_the_close_the_summary_may_still_be_written_and_the_impact_not():
    story = Story(declaration())
    story.incident = replace(story.incident, closed=story.incident.declared)
    assert story.do(c.WriteNarrative("late words"), ANNA) == (e.NarrativeWritten("summary", "late words"),)
    assert "Reopen it first" in story.refused(c.WriteNarrative(impact="late"))


def test_a_signature_is_of_the_report_that_was_read():
    story = Story(declaration())
    assert "No report yet. Ask for it first." in story.refused(c.SignReport(DIGEST))
    written(story)
    assert "written again" in story.refused(c.SignReport("f" * 64))
    assert "written again" in story.refused(c.SignReport(""))
    (signed,) = story.do(c.SignReport(DIGEST[:12]), ANNA)
    assert signed == e.ReportSigned(DIGEST, "e" * 64, story.incident.report.covers)
    assert "was signed by anna" in story.refused(c.SignReport(DIGEST), BEN)


def test_lessons_drafted_from_the_log_cannot_be_signed():
    story = Story(declaration())
    story.record(e.ReportWritten(0, "r.md", DIGEST, "1:h", story.incident.seq, html_digest="e" * 64))
    drafted = "The lessons are a draft from the log. Write your own, ask for the report again, then sign."
    assert story.refused(c.SignReport(DIGEST)) == drafted
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.SignReport]
    assert offer.blocked == drafted
    story.do(c.WriteNarrative(lessons="scan first"), ANNA)
    assert story.do(c.SignReport(DIGEST), BEN)


@pytest.mark.parametrize("asked", [True, False])
def test_where_the_playbook_asks_a_second_person_signs(asked):
    steps = tuple(replace(step, approval=asked and step.id == "document") for step in PLAYBOOK.steps)
    story = Story(declaration(playbook=replace(PLAYBOOK, steps=steps)))
    story.do(c.WriteNarrative("my words"), ANNA)
    written(story)
    story.incident = replace(story.incident, closed=replace(story.incident.declared, name="chloe"))
    if asked:
        for writer in (ANNA, CHLOE):
            assert "cannot be the second person" in story.refused(c.SignReport(DIGEST), writer)
    assert story.do(c.SignReport(DIGEST), BEN if asked else ANNA)


def test_of_a_close_by_two_who_agreed_may_sign_and_who_proposed_it_may_not():
    steps = tuple(replace(step, approval=step.id == "document") for step in PLAYBOOK.steps)
    story = Story(declaration(playbook=replace(PLAYBOOK, steps=steps)))
    story.do(c.WriteNarrative("my words"), ANNA)
    story.record(e.IncidentClosed("as agreed", (), proposer="chloe"), "ben")
    written(story)
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.SignReport]
    assert offer.who[0].excluded == {"anna", "chloe"}
    assert "cannot be the second person" in story.refused(c.SignReport(DIGEST), CHLOE)
    assert story.do(c.SignReport(DIGEST), BEN)


ROLE = m.Actor("arn:aws:sts::123456789012:assumed-role/OnCall/session", ALL)


def test_what_an_account_without_an_entry_wrote_two_people_sign():
    """The first of them may be who wrote it."""
    steps = tuple(replace(step, approval=step.id == "document") for step in PLAYBOOK.steps)
    story = Story(declaration(playbook=replace(PLAYBOOK, steps=steps)))
    story.do(c.WriteNarrative("our words", lessons="scan first"), ROLE)
    written(story)
    assert "not in the people file" in story.refused(c.SignReport(DIGEST), ROLE)
    story.do(c.SignReport(DIGEST), ANNA)
    assert not signed(story.incident)
    assert "cannot be the second person" in story.refused(c.SignReport(DIGEST), ANNA)
    story.do(c.SignReport(DIGEST), BEN)
    assert signed(story.incident)
    assert signature_words(story.incident.report) == "signed by anna and ben"


def test_what_was_signed_and_what_the_decisions_log_names_are_kept_whatever_is_written_later():
    story = Story(declaration())
    story.do(c.WriteNarrative(lessons="scan first"), ANNA)
    for digest in ("a", "b", "c"):
        story.record(
            e.ReportWritten(0, "r.md", digest * 64, "1:h", story.incident.seq, html_digest=digest.upper() * 64)
        )
        if digest == "a":
            story.record(e.DecisionRecorded(0, "decisions.md"))
        if digest == "b":
            story.do(c.SignReport(digest * 64), ANNA)
    kept = story.incident.report.kept
    assert kept == (Version("a" * 64, "A" * 64), Version("b" * 64, "B" * 64))
