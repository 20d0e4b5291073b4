"""People who approve what they may not: their own plan, another plan, too late, twice, or after they lost the right."""

import os

import pytest

from bot.drill.fakes.slack import TEAM_ID
from bot.inbox import Declaration, SecretChoice
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.proposals import proposal_digest
from bot.incident.operations import Op
from bot.model.keys import KeyRef
from bot.model.secrets import Kill, Outage
from bot.people import People, Person, watch_people
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ALL,
    ANNA,
    BEN,
    CHLOE,
    STRANGER,
    Story,
    declaration,
    entry,
    probe,
    wanted,
)
from tests.support.practice import ADA, OPENAI, SENDGRID, practice

NAME = "openai-api-key"
DOWN = entry(NAME, outage=Outage.DOWN, kill=Kill.IRREVERSIBLE)
"""A secret whose kill takes two."""


def waiting(*, by=ANNA, secrets=(DOWN,)):
    """An incident in which a second person has been asked."""
    story = Story(declaration(*(wanted(secret) for secret in secrets)), by)
    story.run(20)
    assert story.incident.request is not None
    return story


def digest(story):
    return story.incident.request.digest


def killed(story):
    return story.secret().old.revoked_at is not None


# --- the wrong person -----------------------------------------------------------------------------------------------


def test_whoever_declared_is_no_second_person_whatever_their_rights():
    story = waiting(by=CHLOE)
    assert "cannot be its second approver" in story.refused(story.approval(), CHLOE)
    story.run(60)
    assert not killed(story)


def test_nor_is_whoever_pressed_kill_or_chose_the_strategy():
    story = Story(declaration(wanted(DOWN, m.Strategy.OVERLAP)), STRANGER).run(20)
    story.do(c.KillNow(NAME, SHOWN), BEN)
    story.run(20)
    assert "cannot be its second approver" in story.refused(story.approval(), BEN)
    assert not killed(story.run(60))


def test_the_same_person_in_slack_and_at_the_terminal_is_one(world):
    arn = "arn:aws:iam::123456789012:user/bob"
    people = People((Person("bob", slack=world.bob, principal=arn, rights=ALL),))
    in_slack, at_terminal = people.by_slack(world.bob).actor, people.by_principal(arn).actor
    choice = SecretChoice("stripe-secret-key", m.Strategy.KILL_FIRST)
    database = SecretChoice("database-url", m.Strategy.OVERLAP)
    incident = world.incidents.declare(
        Declaration(environment="production", secrets=(choice, database), how_noticed="x"), in_slack, "d"
    ).incident.id
    asked = world.incidents.do(incident, c.ChooseStrategy(choice.name, m.Strategy.OVERLAP, "later"), in_slack, "s")
    assert asked.incident.proposal is not None, (asked.refused, TEAM_ID)
    proposal = asked.incident.proposal
    agree = c.ApproveProposal(proposal_digest(asked.incident, proposal))
    reply = world.incidents.do(incident, agree, at_terminal, "a")
    assert reply.refused
    assert isinstance(reply.events[-1].event, e.CommandRefused)
    assert reply.events[-1].actor == "bob"


@pytest.mark.parametrize(
    "who", [STRANGER, m.Actor("arn:aws:iam::123456789012:user/nobody"), ANNA], ids=lambda a: a.name
)
def test_somebody_without_the_right(who):
    story = waiting()
    for command in (c.ApprovePlan(digest(story)), c.RejectPlan(digest(story), "no")):
        assert "may not approve" in story.refused(command, who)
    assert not killed(story.run(60))


# --- the wrong plan, the wrong time ---------------------------------------------------------------------------------


def test_a_plan_that_changed_is_not_the_one_that_was_looked_at():
    story = waiting()
    seen = digest(story)
    story.do(c.ChooseStrategy(NAME, m.Strategy.OVERLAP, "customers"), ANNA)
    story.agree(CHLOE)
    story.run(5)
    assert "approved by chloe" in story.refused(c.ApprovePlan(seen), BEN)  # of another plan, to which both agreed
    assert not killed(story)


def test_an_approval_does_not_outlive_a_change_of_the_plan():
    story = Story(declaration(wanted(DOWN, m.Strategy.OVERLAP)), ANNA).run(20)
    story.approve(BEN)
    story.do(c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "abuse"), ANNA)
    story.run(2000)
    assert story.secret().strategy is m.Strategy.KILL_FIRST
    assert not killed(story)
    assert isinstance(story.incident.request.plans[NAME], str)


def test_of_another_incident():
    story, other = (
        waiting(),
        waiting(secrets=(entry("sendgrid-api-key", outage=Outage.DOWN, kill=Kill.IRREVERSIBLE),)),
    )
    assert "changed" in story.refused(c.ApprovePlan(digest(other)), BEN)
    assert "changed" in story.refused(c.ApprovePlan("0" * 64), BEN)
    assert "changed" in story.refused(c.ApprovePlan("' OR 1=1"), BEN)
    assert not killed(story.run(60))


def test_after_the_request_has_expired():
    story = waiting()
    seen, until = digest(story), story.incident.request.until
    assert story.refused(c.ApprovePlan(seen), BEN, after=(until - story.now).total_seconds()) == (
        "This request has expired. A new one follows."
    )
    assert not killed(story)


def test_twice():
    story = waiting()
    seen = digest(story)
    story.do(c.ApprovePlan(seen), BEN)
    assert "was approved by ben" in story.refused(c.ApprovePlan(seen), CHLOE)
    assert sum(isinstance(r.event, e.PlanApproved) for r in story.log) == 1


@pytest.mark.parametrize("command", [c.ApprovePlan(""), c.RejectPlan("", "no")])
def test_of_whatever_waits_without_having_seen_it(command):
    story = waiting()
    assert "so you decide on the plan you saw" in story.refused(command, BEN)
    assert not killed(story.run(60))


def test_of_a_proposal_that_another_one_replaced():
    story = waiting()
    story.do(c.ChooseStrategy(NAME, m.Strategy.OVERLAP, "customers"), BEN)
    seen = story.proposed()
    story.do(c.ChooseStrategy(NAME, m.Strategy.OVERLAP, "something else altogether"), BEN)
    for command in (seen, c.ApproveProposal("")):
        story.refused(command, CHLOE)
    assert story.secret().strategy is m.Strategy.KILL_FIRST


# --- one's own plan, by a detour ------------------------------------------------------------------------------------


def two_keys(story):
    """The leaked key can be either of two."""
    story.begin(Op.CAPTURE)
    keys = (KeyRef("one"), KeyRef("two"))
    story.record(e.OldCaptured(1, NAME, "f" * 12, {"/production/openai-api-key": 1}, True, keys))
    return story


def test_whoever_chose_the_key_does_not_approve_its_kill():
    story = two_keys(Story(declaration(wanted(DOWN)), STRANGER))
    story.do(c.ChooseCandidate(NAME, "two"), BEN)
    story.run(20)
    assert "cannot be its second approver" in story.refused(story.approval(), BEN)
    assert not killed(story.run(60))
    story.approve(ANNA)
    assert killed(story.run(60))


def test_whoever_proposed_the_weaker_strategy_does_not_approve_its_kill_either():
    story = Story(declaration(wanted(DOWN)), STRANGER)
    story.do(c.ChooseStrategy(NAME, m.Strategy.OVERLAP, "customers"), BEN)
    story.agree(CHLOE)
    story.do(c.AnnounceSubmission(NAME, "a" * 16), BEN)  # now it is his alone
    story.run(60)
    assert "cannot be its second approver" in story.refused(story.approval(), BEN)
    assert not killed(story.run(2000))


def test_one_person_cannot_end_an_overlap_at_once_that_two_agreed_to():
    story = Story(declaration(wanted(DOWN, m.Strategy.OVERLAP)), BEN).run(20)
    story.approve(CHLOE)
    story.do(c.KillNow(NAME, SHOWN), BEN)
    assert not killed(story.run(60))
    assert "cannot be its second approver" in story.refused(story.approval(), BEN)


def test_an_account_of_the_on_call_group_is_no_second_human():
    """The people file names their AWS user and not their Slack account, which is in the group."""
    story = Story(declaration(wanted(DOWN)), m.Actor("slack:U0ANNA", frozenset({m.Right.RESPOND}))).run(20)
    story.approve(BEN)  # who may be the same human
    assert not killed(story.run(60))
    story.approve(ANNA)
    assert killed(story.run(60))


def test_a_fourth_to_sixth_kill_rests_on_no_approval_that_has_lapsed_or_was_of_another_plan():
    names = [f"key-{n}" for n in range(6)]
    story = Story(declaration(*(wanted(entry(name)) for name in names)))
    story.work(only={Op.CAPTURE, Op.TICK})
    assert set(story.incident.request.plans) == set(names[3:])
    story.approve(BEN)
    story.do(c.AnnounceSubmission("key-5", "a" * 16), ANNA)
    story.run(60)
    dead = {name for name in names if story.secret(name).gone}
    assert dead == set(names) - {"key-5"}


def test_no_approval_counts_after_its_time():
    story = Story(declaration(*(wanted(entry(f"key-{n}")) for n in range(6))))
    story.work(only={Op.CAPTURE, Op.TICK})
    story.approve(BEN)
    story.now = story.now.replace(hour=story.now.hour + 1)
    story.run(60)
    assert sum(secret.gone for secret in story.incident.secrets.values()) == 3
    assert len(story.incident.request.plans) == 3


# --- a death that nobody has proven ---------------------------------------------------------------------------------


def test_nobody_closes_over_a_living_key_by_attesting_it():
    story = Story(declaration(wanted(DOWN)), CHLOE).run(20)
    assert "found that it STILL WORKS" in story.refused(c.AttestDeath(NAME, "trust me"), CHLOE)
    story.world.look = lambda _: probe("unknown")
    unseen = Story(declaration(wanted(DOWN)), CHLOE, story.world)
    for command in (c.AttestDeath(NAME, "trust me"), c.Close(), c.Close("trust me")):
        unseen.refused(command, CHLOE)
    unseen.run(20)
    assert "Revoke it first" in unseen.refused(c.AttestDeath(NAME, "trust me"), CHLOE)
    unseen.approve(BEN)
    unseen.run(60)
    unseen.do(c.AttestDeath(NAME, "trust me"), CHLOE)
    for step in unseen.incident.steps:
        unseen.do(c.SkipStep(step.definition.id, "x"), CHLOE)
    unseen.close_over("trust me", CHLOE)
    assert "cannot be the second person" in unseen.refused(unseen.proposed(), CHLOE)
    assert unseen.incident.open


def test_whoever_broke_the_glass_does_not_review_it():
    story = waiting(by=CHLOE)
    story.do(c.BreakGlass({NAME: SHOWN}, "nobody answers"), CHLOE)
    assert "Another person must review it" in story.refused(c.ReviewGlass("it was right", SHOWN), CHLOE)
    assert "may not command" in story.refused(c.ReviewGlass("it was right", SHOWN), ANNA)
    assert story.do(c.ReviewGlass("it was right", SHOWN), BEN) == (e.GlassReviewed((NAME,), "it was right"),)
    assert "No broken glass to review here" in story.refused(c.ReviewGlass("again", SHOWN), BEN)


# --- break-glass is for kills ---------------------------------------------------------------------------------------


def test_broken_glass_kills_and_does_nothing_else():
    story = Story(declaration(wanted(DOWN, m.Strategy.OVERLAP)), STRANGER).run(5)
    story.do(c.ChooseStrategy(NAME, m.Strategy.KILL_FIRST, "abuse"), ANNA)
    (broken,) = story.do(c.BreakGlass({NAME: SHOWN}, "nobody answers"), ANNA)
    assert isinstance(broken, e.GlassBroken)
    for command in (c.Close("enough"), c.AttestDeath(NAME, "trust me"), c.Reopen("x")):
        story.refused(command, ANNA)
    asked = story.do(c.ChooseStrategy(NAME, m.Strategy.OVERLAP, "later"), ANNA)
    assert not any(isinstance(event, e.StrategyChosen) for event in asked)
    assert story.incident.open
    assert killed(story.run(60))


@pytest.mark.parametrize("secrets", [(), ("close",), ("strategy",), ("../../x",), (NAME, "no-such")])
def test_glass_is_broken_for_secrets_of_the_incident_only(secrets):
    story = waiting()
    story.refused(c.BreakGlass(dict.fromkeys(secrets, SHOWN), "nobody answers"), ANNA)
    story.refused(c.BreakGlass({NAME: SHOWN}, " \n"), ANNA)
    story.refused(c.BreakGlass({NAME: SHOWN}, "nobody answers"), STRANGER)
    assert not killed(story.run(60))


# --- who lost the right between the approval and the kill -----------------------------------------------------------

PEOPLE = {"ada": "respond, command", "ben": "respond, approve", "cleo": "respond, approve"}
BEN_THEN = m.Actor("ben", frozenset({m.Right.RESPOND, m.Right.APPROVE}))
CLEO = m.Actor("cleo", frozenset({m.Right.RESPOND, m.Right.APPROVE}))


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """A practice world with a people file; `rights` rewrites it."""
    path = tmp_path / "people.yaml"

    def rights(**changes):
        everyone = {**PEOPLE, **changes}
        lines = [f"{n}: {{slack: U0{n.upper()}, rights: [{r}]}}" for n, r in everyone.items() if r is not None]
        path.write_text("\n".join(lines) + "\n")

    rights()
    with practice(tmp_path, monkeypatch) as made:
        made.environ["BOT_PEOPLE"] = str(path)
        made.rights = rights
        yield made


def withdrawn(world, incident):
    found = [r.event for r in world.app.incidents.events(incident) if isinstance(r.event, e.ConsentWithdrawn)]
    return [(event.kind, event.name) for event in found]


@pytest.mark.process
def test_an_approver_who_lost_the_right_before_the_kill(installation):
    incident = installation.declare(SENDGRID, strategy=m.Strategy.OVERLAP)
    installation.start()
    state = installation.wait(incident, lambda i: i.request and i.secrets[SENDGRID].in_place)
    assert not installation.do(incident, c.ApprovePlan(state.request.digest), BEN_THEN).refused
    installation.rights(ben="respond")

    state = installation.wait(incident, lambda i: withdrawn(installation, incident) and i.request)
    assert withdrawn(installation, incident) == [("approval", "ben")]
    assert state.secrets[SENDGRID].old_state is m.Old.ALIVE
    assert installation.old[SENDGRID] in {key.value for key in installation.sendgrid.live_keys()}
    assert not installation.do(incident, c.ApprovePlan(state.request.digest), CLEO).refused
    installation.wait(incident, lambda i: i.secrets[SENDGRID].gone)


@pytest.mark.process
@pytest.mark.parametrize("gone", ["approve", None], ids=["lost the right", "left the file"])
def test_a_responder_who_lost_the_right_before_the_kill(installation, gone):
    incident = installation.declare(OPENAI)
    installation.rights(ada=gone)
    installation.start()

    state = installation.wait(incident, lambda i: withdrawn(installation, incident) and i.secrets[OPENAI].in_place)
    assert withdrawn(installation, incident) == [("kill", "ada")]
    assert state.secrets[OPENAI].old_state is m.Old.ALIVE
    assert not installation.do(incident, c.BreakGlass({OPENAI: SHOWN}, "it is abused"), CLEO).refused
    installation.wait(incident, lambda i: i.secrets[OPENAI].gone)


@pytest.mark.process
def test_one_who_broke_the_glass_and_lost_the_right(installation):
    incident = installation.declare(OPENAI, by=m.Actor("slack:U0NOBODY"))
    assert not installation.do(incident, c.BreakGlass({OPENAI: SHOWN}, "it is abused"), ADA).refused
    installation.rights(ada=None)
    installation.start()
    installation.wait(incident, lambda i: withdrawn(installation, incident) == [("break-glass", "ada")])
    assert not installation.do(incident, c.KillNow(OPENAI, SHOWN), CLEO).refused
    installation.wait(incident, lambda i: i.secrets[OPENAI].gone)


def test_a_people_file_is_read_again_and_a_broken_one_changes_nothing(tmp_path, lines):
    path = tmp_path / "people.yaml"

    def write(text, second):
        path.write_text(text)
        os.utime(path, (second, second))

    write("ada: {slack: U0ADA, rights: [approve]}\n", 1)
    people = watch_people(path)
    assert people.may("ada", m.Right.APPROVE)
    write("ada: {slack: U0ADA, rights: []}\n", 2)
    assert not people.may("ada", m.Right.APPROVE)
    assert not people.by_slack("U0ADA").rights
    write("ada: {slack: U0ADA, rights: [everything]}\n", 3)
    assert people.named("ada") is not None
    path.unlink()
    assert not people.may("ada", m.Right.APPROVE)
    assert "the people file cannot be used" in lines.getvalue()
    write("ben: {slack: U0BEN, rights: [respond]}\n", 4)
    assert (people.may("ben", m.Right.RESPOND), people.may("ada", m.Right.APPROVE)) == (True, False)
    assert not people.may("slack:U0BEN", m.Right.APPROVE)
    assert people.may("slack:U0BEN", m.Right.RESPOND)
    assert not people.may("arn:aws:iam::123456789012:user/x", m.Right.RESPOND)
