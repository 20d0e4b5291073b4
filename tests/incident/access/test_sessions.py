"""Sessions of a role that a leaked key opened: two people end them, the bot refreshes our functions, one lifts it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.closing.open_items import acceptable
from bot.incident.commands import as_command
from bot.incident.model import BOT, CheckOutcome
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.todos import todos
from bot.model.secrets import Consumer
from bot.model.uses import Undo
from bot.phrases.approvals import proposal_asked
from bot.phrases.marks import plain
from bot.phrases.todos import todo_words
from tests.incident.access.test_made import ABLE, EVE, NAME, check, look_again
from tests.support.incidents import ANNA, BEN, CHLOE, Story, declaration, entry, wanted

ITEM, ROLE = "AssumeRole role/api", "api"
SESSION = replace(
    EVE, action="sts:AssumeRole", what=("arn:aws:iam::1:role/api", "ASIA1"), undo=Undo("End.", of_role=True)
)
ASKED = c.EndSessions(ITEM, "not ours")
RUNS = {ROLE: (Consumer("mailer"), Consumer("shop", "live"))}


def role_opened(*, dead=True):
    able = entry(NAME, provider="aws-iam", capabilities=ABLE, inspects=("users",), checklist={"users": "Look."})
    story = Story(declaration(wanted(able)))
    story.world.used = lambda report: replace(report, uses=(SESSION,))
    if dead:
        story.run(120)
    else:
        story.work(only={Op.CAPTURE, Op.LOOK_UP_USE})
    seen = story.secret(NAME).use.found
    story.record(e.UseLookedUp(99, NAME, seen, runs=RUNS))
    return story


def agree(story, actor=BEN):
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.ApproveProposal]
    story.do(as_command(offer.command), actor)


def ended(story):
    story.do(ASKED, ANNA)
    agree(story)
    story.run(10)
    return story.incident.denies[ROLE]


def test_two_people_end_them_after_the_form_showed_who_is_concerned():
    story = role_opened()
    [todo] = [each for each in todos(story.incident, story.now) if each.kind.name == "undo"]
    assert todo_words(story.incident, todo) == "end the sessions of role api opened before now"
    story.do(ASKED, ANNA)
    assert not story.incident.denies
    text = plain(" ".join(proposal_asked(story.incident, story.incident.proposal)))
    until = f"{story.incident.proposal.at:%H:%M}"
    for shown in (
        ROLE,
        until,
        f"compromise-{story.incident.id}-deny-before",
        "mailer and shop run with it",
        "not ours",
    ):
        assert shown in text
    agree(story)
    deny = story.incident.denies[ROLE]
    assert (deny.by.name, deny.secret, deny.consumers) == ("ben", NAME, RUNS[ROLE])
    story.run(10)
    assert (Op.DENY, ROLE) in [(claim.op, claim.subject) for claim in started(story)]
    done = check(story, ITEM)
    assert (done.outcome, done.ended.name, done.seen_gone) == (CheckOutcome.HANDLED, BOT.name, True)


def started(story):
    return [each.event.claim for each in story.log if isinstance(each.event, e.OperationStarted)]


def test_our_functions_with_the_role_are_refreshed_once_it_is_there():
    story = role_opened()
    deny = ended(story)
    for function in ("mailer", "shop"):
        assert story.incident.functions[function].versions["sessions of api"] == int(deny.until.timestamp())
    order = [claim.op for claim in started(story)]
    assert order.index(Op.DENY) < len(order) - order[::-1].index(Op.REFRESH)


@pytest.mark.parametrize("refused", ["alone", "no right", "stale functions", "stale form", "key works", "held"])
def test_what_ends_nothing(refused):
    story = role_opened(dead=refused != "key works")
    if refused == "key works":
        assert "revoke it first" in story.refused(ASKED)
        return
    if refused == "stale form":
        assert "changed since you saw them" in story.refused(replace(ASKED, seen="0" * 64))
        return
    if refused == "held":
        story.do(c.HoldRevocations("wait"), CHLOE)
        assert "All revocations were held" in story.refused(ASKED)
        return
    story.do(ASKED, BEN)
    if refused == "stale functions":
        story.record(e.UseLookedUp(99, NAME, story.secret(NAME).use.found))
    agree(story, {"alone": BEN, "no right": ANNA}.get(refused, CHLOE))
    assert not story.incident.denies
    assert isinstance(story.log[-1].event, e.CommandRefused)


def test_one_person_removes_it_by_name_and_a_close_names_what_stays():
    story = role_opened()
    deny = ended(story)
    [item] = [each for each in acceptable(story.incident) if each.key == "deny:api"]
    assert f"policy compromise-{story.incident.id}-deny-before stays on role api" in item.words
    assert "Its denied roles: api" in story.refused(c.LiftDeny("other", "over"))
    story.do(c.LiftDeny(ROLE, "all have expired"), ANNA)
    assert story.incident.denies[ROLE].seen_at is None
    story.record(e.DenySeen(0, ROLE, deny.until))
    assert story.incident.denies[ROLE].seen_at is None, "what was put before is not what people want now"
    story.run(10)
    assert story.incident.denies[ROLE].seen_at is not None
    assert "deny:api" not in {each.key for each in acceptable(story.incident)}
    assert "removed by anna" in story.refused(c.LiftDeny(ROLE, "again"))


def test_a_session_opened_since_opens_the_check_again():
    story = role_opened()
    ended(story)
    later = story.now + timedelta(seconds=5)
    look_again(story, SESSION)
    assert not check(story, ITEM).open
    look_again(story, SESSION, replace(SESSION, last=later, what=("arn:aws:iam::1:role/api", "ASIA2")))
    assert check(story, ITEM).open
    assert unblocked(available(story.incident, story.now), c.EndSessions)
