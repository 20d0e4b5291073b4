"""All revocations are held by one person who commands, and resumed by two; meanwhile nothing is revoked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli.documents import incident_document
from bot.cli.incident_view import show_incident
from bot.data_files import template_folders
from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.plan import plan_of
from bot.incident.approval.proposals import proposal_digest
from bot.incident.kinds import Blocks
from bot.incident.lanes import old_lane
from bot.incident.offers import Urgency, available, unblocked
from bot.incident.operations import Op
from bot.incident.todos import todos
from bot.model.capabilities import Makes, RevokedBy
from bot.model.secrets import Kill, Outage
from bot.phrases.events import sentence
from bot.phrases.marks import plain
from bot.phrases.states import hold_words
from bot.report.render import render
from bot.report.warnings import warnings
from bot.slack.actions import ButtonValue
from bot.slack.listeners.forms import FORMS
from tests.cli.test_checklist import at_terminal
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    BEN,
    BOT_TOKEN,
    CHLOE,
    STRANGER,
    Story,
    capabilities,
    declaration,
    entry,
    wanted,
)
from tests.support.rotations import rotation

NAME = "openai-api-key"
FATAL = {"outage": Outage.DOWN, "kill": Kill.IRREVERSIBLE}
DANA = m.Actor("dana", frozenset(m.Right))
HOLD = c.HoldRevocations("law enforcement asked us to wait")


def revoked(story):
    return [each.event for each in story.log if isinstance(each.event, e.AccessRevoked)]


def resume(story, by=DANA):
    """Proposed by chloe, agreed to by another."""
    story.do(c.ResumeRevocations("they have what they need"), CHLOE)
    proposal = story.incident.proposal
    return story.do(c.ApproveProposal(proposal_digest(story.incident, proposal)), by)


def held(story):
    story.do(HOLD, CHLOE)
    return story


def test_nothing_is_revoked_while_it_is_held_and_what_was_decided_goes_on_once_two_resume_it():
    story = held(Story(declaration()))
    assert story.run(3600).secret().old_state is m.Old.ALIVE
    assert revoked(story) == []
    assert story.secret().new_state is m.New.LIVE, "a new key hurts nobody"
    assert isinstance(resume(story)[-1], e.RevocationsResumed)
    assert len(revoked(story.run(60))) == 1
    assert sentence(story.log[1], story.incident)


def test_one_who_commands_holds_them_and_two_people_resume_them():
    story = Story(declaration())
    assert "may not command" in story.refused(HOLD, ANNA)
    assert "reason is empty" in story.refused(c.HoldRevocations(" "), CHLOE)
    assert "looks like a Slack token" in story.refused(c.HoldRevocations(BOT_TOKEN), CHLOE)
    assert "not held" in story.refused(c.ResumeRevocations("x"), CHLOE)
    held(story)
    assert "All revocations were held by chloe" in story.refused(HOLD, DANA)
    assert "may not respond" in story.refused(c.ResumeRevocations("x"), STRANGER)
    story.do(c.ResumeRevocations("x"), CHLOE)
    proposal = story.incident.proposal
    agree = c.ApproveProposal(proposal_digest(story.incident, proposal))
    assert "made this proposal" in story.refused(agree, CHLOE)
    assert "may not approve" in story.refused(agree, ANNA)
    assert story.do(agree, BEN)[-1] == e.RevocationsResumed("x", "chloe")
    assert story.incident.hold is None


def test_a_hold_that_comes_between_the_approval_of_a_plan_and_the_revocation_holds_it():
    story = Story(declaration(wanted(entry(**FATAL)))).run(5)
    story.do(c.ApprovePlan(story.incident.request.digest), BEN)
    held(story).run(600)
    assert revoked(story) == []
    resume(story)
    assert len(revoked(story.run(30))) == 1


def test_a_hold_that_comes_after_the_claim_names_what_is_under_way_and_a_dead_worker_s_is_not_taken_over():
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    held(story)
    assert f"Already under way: {NAME}" in plain(hold_words(story.incident))
    lane = story.incident.lane(old_lane(NAME))
    assert lane.claim == claim
    story.record(e.ClaimLost(claim.number, claim.op, claim.lane))
    story.run(600)
    assert revoked(story) == []


def test_neither_the_end_of_an_overlap_nor_a_planned_run_revokes_while_it_is_held():
    story = held(Story(declaration(wanted(entry(), m.Strategy.OVERLAP))))
    story.now += timedelta(days=3)
    assert revoked(story.run(3600)) == []
    run = held(Story(rotation()))
    run.now += timedelta(days=3)
    assert revoked(run.run(3600)) == []
    assert run.incident.open


@pytest.mark.parametrize(
    ("body", "by"),
    [(c.BreakGlass({NAME: SHOWN}, "it is abused"), CHLOE), (c.KillNow(NAME, SHOWN), ANNA), (c.ApprovePlan(SHOWN), BEN)],
)
def test_nobody_s_word_revokes_while_it_is_held(body, by):
    story = held(Story(declaration(wanted(entry(**FATAL)))).run(5))
    assert "All revocations were held by chloe" in story.refused(body, by)
    assert revoked(story.run(3600)) == []
    assert not unblocked(available(story.incident, story.now), c.BreakGlass, c.KillNow, c.ApprovePlan)


def test_nobody_is_asked_to_approve_before_it_is_resumed_and_then_they_are():
    story = Story(declaration(wanted(entry(**FATAL)))).run(5)
    assert story.incident.request is not None
    held(story)
    assert story.incident.request is None
    asked = [each for each in story.run(3600).log if isinstance(each.event, e.ApprovalRequested)]
    assert len(asked) == 1
    resume(story)
    assert story.run(5).incident.request is not None


def test_nobody_is_told_to_revoke_by_hand_and_who_did_is_believed_and_checked():
    by_hand = entry(can=capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False, snapshots=False))
    story = held(Story(declaration(wanted(by_hand))).run(600))
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.ConfirmRevoked]
    assert offer.urgency is Urgency.POSSIBLE
    assert any(isinstance(each, e.RevokedByPerson) for each in story.do(c.ConfirmRevoked(NAME), ANNA))


def test_to_resume_is_a_to_do_that_blocks_revocations():
    story = held(Story(declaration()).run(5))
    [todo] = [each for each in todos(story.incident, story.now) if each.kind.name == "hold"]
    assert Blocks.REVOCATION in todo.blocks
    assert plan_of(story.incident, story.secret()).digest


def test_a_key_that_was_switched_off_is_not_deleted_while_it_is_held():
    name = entry(can=capabilities(deletes=True))
    story = held(Story(declaration(wanted(name))).run(60))
    story.do(c.SkipStep("investigate", "nothing to find"), CHLOE)
    story.run(3600)
    assert story.secret().kept_as_evidence
    resume(story)
    assert not story.run(60).secret().kept_as_evidence


def test_the_report_and_the_terminal_say_so_first_with_who_when_and_why():
    story = held(Story(declaration()).run(5))
    said = "HOLD: no revocations until resumed (chloe, 2026-11-25 03:00 UTC: law enforcement asked us to wait)"
    assert next(warnings(story.incident, story.log, story.now)).text == f"{said}."
    terminal, screen = at_terminal(story)
    show_incident(terminal, story.incident, story.now)
    assert screen.getvalue().replace("\n", " ").startswith(f"{said}.")
    document = incident_document(story.incident, story.now)["hold"]
    assert (document["reason"], document["under_way"]) == ("law enforcement asked us to wait", ())
    resume(story)
    assert incident_document(story.incident, story.now)["hold"] is None
    text = render(story.incident, story.log, "12:0123abcd", template_folders(), story.now)
    assert "agreed with chloe to resume revocations: they have what they need" in text
    assert "held ALL revocations: law enforcement asked us to wait" in text


def test_the_forms_name_what_is_under_way_and_what_resuming_does():
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.begin(Op.REVOKE)
    forms = {form.act: form for form in FORMS}
    shown = read(forms["hold"].view(story.incident, ButtonValue(story.incident.id), story.now)["blocks"])
    assert f"Already under way: {NAME}" in shown.replace("`", "")
    held(story)
    view = forms["resume"].view(story.incident, ButtonValue(story.incident.id), story.now)
    assert check_view(view) == []
    assert "A second person must approve. Approved keys are revoked at once then." in read(view["blocks"])


def test_counsel_sets_and_lifts_a_legal_hold_also_after_the_close_and_the_report_is_headed_by_it():
    lena = m.Actor("lena", frozenset({m.Right.COUNSEL}))
    story = Story(declaration())
    put, lift = c.HoldEvidence("the insurer has a claim", held=True), c.HoldEvidence("it is settled", held=False)
    assert "may not act as counsel" in story.refused(put, ANNA)
    assert "not under a legal hold" in story.refused(lift, lena)
    story.do(put, lena)
    assert "already under a legal hold" in story.refused(put, lena)
    [fact] = [each for each in warnings(story.incident, story.log, story.now) if "LEGAL HOLD" in each.text]
    assert (fact.seqs, "the insurer has a claim" in fact.text) == ((story.log[-2].seq,), True)
    assert sentence(story.log[-2], story.incident) == "lena set a legal hold on evidence: the insurer has a claim"
    closed = m.By("chloe", story.now)
    story.incident = replace(story.incident, closed=closed)
    story.do(lift, lena)
    assert story.incident.legal_hold is None
