"""What a terminal says of an incident in each state, and when it stops waiting: on incidents made by the real rules."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from bot.cli.documents import incident_document, plan_document
from bot.cli.follow import settled
from bot.cli.incident_view import show_incident, show_plan
from bot.cli.terminal import Terminal
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Op
from bot.incident.schedule import agenda
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import KeyRef, Owner
from bot.model.secrets import Consumer, Kill, Outage
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, Story, capabilities, declaration, entry, wanted
from tests.support.typed import typed_now

OPENAI = "openai-api-key"
PERSON = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False)


def shown(story, width=80):
    """`bot show` on a terminal of this width."""
    terminal = Terminal()
    screen = io.StringIO()
    terminal.out = Console(file=screen, width=width, force_terminal=True, no_color=True, highlight=False, markup=False)
    show_incident(terminal, story.incident, story.now)
    return screen.getvalue()


def plain(story, width=200):
    return " ".join(shown(story, width).split())


def commands(story):
    return typed_now(story.incident, story.now)


def done(story):
    return settled(story.incident, story.now)


def test_the_first_line_says_what_is_true_now():
    story = Story(declaration())
    assert plain(story).startswith("\x1b[1mopenai-api-key STILL WORKS; no replacement in place for openai-api-key.")
    story.run(1)
    story.work(until=story.now + timedelta(seconds=0.5))
    assert "openai-api-key is revoked, NOT CONFIRMED DEAD" in plain(story)
    story.run(120)
    assert plain(story).startswith("\x1b[1mThe old key is dead; the new key is in use.")


def test_several_secrets_share_the_headline():
    story = Story(declaration(wanted(), wanted(entry("stripe-secret-key", can=PERSON))))
    story.run(120)
    text = plain(story)
    assert "stripe-secret-key STILL WORKS; 1 of 2 old keys dead" in text
    assert "no replacement in place for stripe-secret-key" in text
    assert f"bot incident revoked {story.incident.id} stripe-secret-key" in text
    assert f"bot submit {story.incident.id} stripe-secret-key" in text


def test_what_waits_for_what_is_said_and_what_is_the_bots_own():
    first, second = entry("openai-admin"), entry("openai-api-key", admin_parameter="/production/openai-admin")
    story = Story(declaration(wanted(first), wanted(second)))
    story.work(only={Op.CAPTURE})
    waits = "the new key waits for that of openai-admin, its admin key"
    assert f"now {waits}" in plain(story)
    assert [one["waits"] for one in incident_document(story.incident, story.now)["secrets"]] == [
        [], ["the revocation waits a moment for the new openai-admin, its admin key", waits],
    ]  # fmt: skip
    story.record(e.OwnCredentialConcerned("openai-admin", ("SLACK_BOT_TOKEN",)))
    text = plain(story)
    assert "openai-admin: the bot itself uses it (SLACK_BOT_TOKEN)" in text
    assert "now it is revoked last because the bot itself uses it" in text
    story.record(e.OldValueReappeared("openai-api-key", ("/production/x",)))
    assert "BACK it is back in /production/x" in plain(story)
    story.record(e.PageSent(0, "trigger", 0, True))
    assert "(pager none, fallback triggered)" in plain(story)


def test_nothing_is_wider_than_a_narrow_terminal_but_commands_to_copy():
    story = Story(declaration(wanted(), wanted(entry("stripe-secret-key", can=PERSON))))
    story.run(120)
    wide = [
        line for line in shown(story, 40).splitlines() if len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) > 40
    ]
    assert all("bot " in line for line in wide), wide


def test_a_kill_that_waits_for_a_second_person_says_for_what():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP)))
    story.run(60)
    text = plain(story)
    assert (
        "needs a second approver, because it comes at the end of an overlap: anyone with approve except "
        "anna; approved so far: anna"
    ) in text
    assert f"bot approve {story.incident.id}" in commands(story)
    document = incident_document(story.incident, story.now)
    assert document["approval"]["digest"] == story.incident.request.digest
    assert document["secrets"][0]["waits_for_second_person"]
    assert document["secrets"][0]["can_agree"] == "anyone with approve except anna"
    assert document["secrets"][0]["rests_on"] is None
    assert document["secrets"][0]["overlap_ends_at"]
    plan = plan_document(story.incident, story.now)["plans"][0]
    assert plan["waits_for_approval"]
    assert plan["second_person"]


def test_the_plan_names_who_cannot_agree(capsys):
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP)))
    story.run(1)
    show_plan(Terminal(), story.incident, story.secret(), story.now)
    text = capsys.readouterr().out
    assert "needs a second approver, because it comes at the end of an overlap" in text
    assert "anyone with approve except anna" in text
    assert "1. issue a new key" in text


def test_the_terminal_waits_for_an_overlap_with_consent_and_not_without():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP)))
    assert not done(story)
    story.run(60)
    assert done(story), list(agenda(story.incident, story.now))
    story.approve(BEN)
    assert not done(story)
    story.run(story.incident.timings.overlap + 120)
    assert done(story)
    assert story.secret().gone


def test_a_running_operation_is_waited_for():
    story = Story(declaration())
    story.begin(Op.CAPTURE)
    for op in (Op.OPEN_CHANNEL,):
        story.finish(story.begin(op))
    assert not done(story)


def test_a_spreading_revocation_is_waited_for_until_it_is_overdue():
    story = Story(declaration())
    story.world.controls = False
    story.run(60)
    assert story.secret().old_state is m.Old.REVOKING
    assert not done(story)
    story.run(story.incident.timings.retry_for)
    assert done(story)
    assert "REJECTED, NOT CONFIRMED: needs another working key of the account to compare" in plain(story)
    assert f"bot answer {story.incident.id} attest:{OPENAI} vouched --note TEXT" in commands(story)
    story.do(c.AttestDeath(OPENAI, "the account is gone"), CHLOE)
    assert "vouched dead by chloe" in plain(story)


def test_a_value_that_lacked_a_good_key_is_waited_for_once_its_new_one_has_come():
    by_person = wanted(entry(can=capabilities(makes=Makes.PERSON)))
    story = Story(declaration(by_person))
    story.world.controls = False
    story.run(60 + story.incident.timings.retry_for)
    assert story.secret().old.overdue
    assert done(story), "nothing comes before someone brings a value"
    story.do(c.AnnounceSubmission(OPENAI, "a" * 16), ANNA)
    story.world.controls = True
    while not story.secret().restored:
        assert not done(story)
        story.run(1)
    assert story.secret().old.overdue
    assert not done(story), "it is about to be proven"
    story.run(2 * story.incident.timings.watch)
    assert story.secret().old_state is m.Old.DEAD
    assert done(story)
    silent = Story(declaration(by_person))
    silent.world.controls = False
    silent.run(60 + silent.incident.timings.retry_for)
    silent.do(c.AnnounceSubmission(OPENAI, "a" * 16), ANNA)
    silent.run(2 * silent.incident.timings.watch + 120)
    assert done(silent), "nobody waits for what does not come"


def test_a_closed_incident_owes_nothing_and_its_late_probes_are_not_waited_for():
    story = Story(declaration())
    story.run(120)
    story.complete()
    assert f"bot close {story.incident.id}" in commands(story)
    story.do(c.Close(), CHLOE)
    story.run(10)
    assert done(story)
    assert commands(story) == []
    assert "closed by chloe" in plain(story)
    assert incident_document(story.incident, story.now)["state"] == "closed"


def test_closing_over_a_living_key_heads_the_page():
    story = Story(declaration(wanted(entry(can=PERSON))))
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "a test"), CHLOE)
    story.close_over("we switch the product off", CHLOE)
    digest = story.proposed().digest
    assert f"bot answer {story.incident.id} proposal:{digest[:16]} approved" in commands(story)
    assert incident_document(story.incident, story.now)["proposal"]["digest"] == digest
    story.agree(BEN)
    over = "Closed with open items: 1 old key not dead of openai-api-key"
    assert over in plain(story)
    assert commands(story)[0] == f"bot report {story.incident.id}"


def test_failures_are_told_with_what_comes_next():
    story = Story(declaration())
    claim = story.begin(Op.CAPTURE)
    later = story.now + timedelta(seconds=20)
    story.finish(claim, e.OperationFailed(claim.number, Op.CAPTURE, "Throttled", "ssm: read: slow down", later))
    assert "recording the old key failed: ssm: read: slow down; next try at" in plain(story)
    story.now = later
    claim = story.begin(Op.CAPTURE)
    story.finish(claim, e.OperationFailed(claim.number, Op.CAPTURE, "Missing", "ssm: read: gone", None))
    assert "failed; needs action: recording the old key: ssm: read: gone" in plain(story)
    assert f"bot incident retry {story.incident.id} old:{OPENAI}" in commands(story)
    assert incident_document(story.incident, story.now)["failures"][0]["final"]


def test_a_halt_comes_first():
    story = Story(declaration(wanted(), wanted(entry("sendgrid-api-key"))))
    story.world.dead_bystanders = ("sendgrid-api-key",)
    story.run(60)
    assert "HALTED" in plain(story)
    assert commands(story)[0] == f"bot incident retry {story.incident.id} halt"


def test_two_candidates_are_a_choice():
    story = Story(declaration())
    claim = story.begin(Op.CAPTURE)
    keys = (KeyRef("k1", "app", "sk-1…"), KeyRef("k2"))
    story.finish(claim, e.OldCaptured(claim.number, OPENAI, "f" * 12, {f"/production/{OPENAI}": 1}, True, keys, None))
    assert {f"bot incident key {story.incident.id} {OPENAI} {key}" for key in ("k1", "k2")} <= set(commands(story))


def test_broken_glass_and_tasks_are_shown():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP)))
    story.do(c.BreakGlass({OPENAI: SHOWN}, "it is being abused"), ANNA)
    story.do(c.AddTask("Take it out of git", "ben", story.now + timedelta(days=1)), ANNA)
    text = plain(story)
    assert "Glass was broken by anna " in text
    assert ", not reviewed: openai-api-key" in text
    assert "plan revoke; rests on glass broken by anna" in text
    assert f"bot incident review {story.incident.id} --note WHAT_YOU_FOUND" in commands(story)
    assert "Take it out of git ben by 2026-11-26 03:00 UTC" in text


def test_a_review_is_asked_for_after_the_close_too_and_once_it_is_there_no_more():
    story = Story(declaration())
    story.do(c.BreakGlass({OPENAI: SHOWN}, "it is being abused"), ANNA)
    story.run(120).complete()
    story.do(c.Close(), CHLOE)
    assert f"bot incident review {story.incident.id} --note WHAT_YOU_FOUND" in commands(story)
    story.do(c.ReviewGlass("it was right", SHOWN), BEN)
    assert not [line for line in commands(story) if "review" in line]
    assert ", reviewed by ben: openai-api-key" in plain(story)


def test_broken_glass_is_offered_in_the_terminal_as_the_other_way():
    story = Story(declaration(wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)))).run(10)
    assert f"bot revoke {story.incident.id} {OPENAI} --break-glass --note WHY" in commands(story)


@pytest.mark.parametrize(
    ("replace", "confirmed", "words"),
    [(False, True, "not needed: an older key leaked"), (True, False, "consumer health check unavailable")],
)
def test_a_new_value_is_not_called_live_without_reason(replace, confirmed, words):
    mute = entry(consumers=(Consumer("checkout"),))
    story = Story(declaration(wanted(mute, replace=replace)))
    answer = story.world.answer

    def unsure(incident, claim):
        outcome = answer(incident, claim)
        return e.ValueLive(claim.number, OPENAI, confirmed, "refreshed") if claim.op is Op.VERIFY_LIVE else outcome

    story.world.answer = unsure
    story.run(120)
    assert words in plain(story)


def test_a_value_never_seen_alive_is_unproven():
    story = Story(declaration())
    story.world.killed.add(OPENAI)
    story.run(120)
    assert "REJECTED, NOT CONFIRMED: it was never seen to work" in plain(story)
    assert done(story)


def test_nobody_waits_for_a_slack_that_is_down():
    story = Story(declaration())
    for _ in range(2):
        assert not done(story)
        claim = story.begin(Op.OPEN_CHANNEL)
        later = story.now + timedelta(seconds=30)
        story.finish(claim, e.OperationFailed(claim.number, Op.OPEN_CHANNEL, "Unreachable", "slack: down", later))
        story.work(only={op for op in Op if op is not Op.OPEN_CHANNEL})
        story.now = later
    story.work(only={op for op in Op if op is not Op.OPEN_CHANNEL})
    story.begin(Op.OPEN_CHANNEL)
    assert story.secret().gone
    assert done(story), list(agenda(story.incident, story.now))


@pytest.mark.parametrize("alone", [True, False])
def test_a_key_that_ends_only_with_its_owner(alone):
    story = Story(declaration(wanted(entry(can=capabilities(revokes_with_owner=True)))))
    good, owner = story.world.answer, Owner("svc-1", "the service account app", alone)
    story.world.answer = lambda incident, claim: (
        e.RevocationNeedsOwner(claim.number, claim.subject, owner) if claim.op is Op.REVOKE else good(incident, claim)
    )
    story.run(60)
    text = plain(story)
    if alone:
        waits = "needs a second approver, because more than the key is deleted: two responders"
        assert f"plan deletes the service account app; {waits}" in text
        assert f"bot approve {story.incident.id}" in commands(story)
    else:
        assert "plan a person revokes it in the console: only possible together with the service account app" in text
        assert f"bot incident revoked {story.incident.id} {OPENAI}" in commands(story)


def test_a_key_that_was_only_switched_off_says_so():
    story = Story(declaration(wanted(entry(can=capabilities(deletes=True))))).run(120)
    assert "key disabled at its provider, kept until the investigation ends" in plain(story)
    assert incident_document(story.incident, story.now)["secrets"][0]["kept_as_evidence"]
