"""A key that its provider ends only together with its owner: a second person agrees to exactly that plan."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import kill_allowed, kill_basis, second_person
from bot.incident.approval.plan import plan_of, revoked_by_hand
from bot.incident.lanes import old_lane
from bot.incident.operations import Op
from bot.model.keys import KeyRef, Owner
from bot.model.secrets import Kill, Outage
from bot.phrases.plans import step_words
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, Story, World, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
OWNER = Owner("svc-1", "service account “app”", True)
SHARED = Owner("svc-1", "service account “app”", False)


class Stubborn(World):
    """Its keys end with their owner only."""

    def __init__(self, *owners) -> None:
        super().__init__()
        self.owners = list(owners)

    def answer(self, incident, claim):
        if claim.op is Op.REVOKE and self.owners:
            return e.RevocationNeedsOwner(claim.number, claim.subject, self.owners.pop(0))
        return super().answer(incident, claim)


def told(*owners, strategy=m.Strategy.KILL_FIRST, **changes):
    secret = entry(can=capabilities(revokes_with_owner=True), **changes)
    return Story(declaration(wanted(secret, strategy)), world=Stubborn(*(owners or (OWNER,))))


def asked(story):
    return story.incident.request


def allowed(story):
    return kill_allowed(story.incident, story.secret(), story.now)


def revocations(story):
    return [r for r in story.log if isinstance(r.event, e.OperationStarted) and r.event.claim.op is Op.REVOKE]


def test_a_kill_by_one_then_waits_for_two_people_who_have_seen_what_goes_with_it():
    story = told().run(60)
    assert story.secret().old_state is m.Old.ALIVE
    assert step_words(plan_of(story.incident, story.secret()))[0] == (
        "delete, at OpenAI, service account “app”: the only way to revoke the old key"
    )
    assert second_person(story.incident, story.secret(), story.now) == "more than the key is deleted"
    assert set(asked(story).plans) == {NAME}
    assert len(revocations(story)) == 1
    story.approve(BEN)
    story.run(60)
    assert story.secret().old_state is m.Old.ALIVE  # anna declared a key's end, and nothing more
    story.approve(ANNA)
    story.run(60)
    assert story.secret().old_state is m.Old.DEAD
    assert len(revocations(story)) == 2


def test_who_turned_an_overlap_into_a_kill_has_not_agreed_to_more():
    story = told(strategy=m.Strategy.OVERLAP)
    story.do(c.KillNow(NAME, SHOWN), BEN)
    story.run(60)
    story.approve(BEN)
    assert not allowed(story)
    assert "cannot be its second approver" in story.refused(story.approval(), BEN)


def test_an_approval_of_the_plan_before_is_void():
    story = told(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN).run(5)
    story.approve(BEN)
    assert allowed(story)
    story.run(30)
    assert story.secret().old.owner == OWNER
    assert not allowed(story)
    story.approve(BEN)
    story.approve(ANNA)
    story.run(60)
    assert story.secret().gone


def test_broken_glass_does_not_cover_it():
    story = told(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN).run(5)
    story.do(c.BreakGlass({NAME: SHOWN}, "abuse"), ANNA)
    story.run(60)
    assert story.secret().old.owner == OWNER
    assert not allowed(story)
    assert asked(story) is not None
    refused = story.refused(c.BreakGlass({NAME: SHOWN}, "abuse"), ANNA)
    assert "Breaking glass revokes a key and nothing more. This deletes more" in refused
    by_glass = Story(declaration(wanted(entry(can=capabilities(revokes_with_owner=True)), m.Strategy.OVERLAP)),
                     world=Stubborn(OWNER))  # fmt: skip
    by_glass.run(1)
    by_glass.do(c.BreakGlass({NAME: SHOWN}, "abuse"), BEN)
    by_glass.run(60)
    by_glass.approve(BEN)
    assert not allowed(by_glass)  # anna's overlap was of a key alone
    by_glass.approve(ANNA)
    assert allowed(by_glass)
    story.approve(BEN)
    story.approve(ANNA)
    assert kill_basis(story.incident, story.secret(), story.now).kind is m.ConsentKind.APPROVAL
    story.run(60)
    assert story.secret().gone


def test_a_key_that_would_die_in_company_is_a_persons_work():
    story = told(SHARED).run(60)
    secret = story.secret()
    assert secret.revoked_by_person
    assert asked(story) is None
    assert "only possible together with service account “app”" in step_words(plan_of(story.incident, secret))[0]
    assert "other working keys would be revoked too. Move those" in story.refused(c.KillNow(NAME, SHOWN))
    assert "can only be revoked by a person" in story.refused(c.BreakGlass({NAME: SHOWN}, "now"))
    story.run(3600)
    assert len(revocations(story)) == 1
    story.world.killed.add(NAME)
    story.do(c.ConfirmRevoked(NAME))
    story.run(60)
    assert story.secret().old_state is m.Old.DEAD


def test_what_changed_before_the_deletion_needs_a_new_approval():
    other = Owner("svc-2", "service account “other”", True)
    story = told(OWNER, other).run(60)
    story.approve(BEN)
    story.approve(ANNA)
    story.run(60)
    assert story.secret().old.owner == other
    assert not story.secret().gone
    assert asked(story) is not None
    story.approve(BEN)
    story.approve(ANNA)
    story.run(60)
    assert story.secret().gone


def test_where_nobody_wants_the_owner_deleted_a_person_ends_the_key():
    story = told().run(60)
    assert not revoked_by_hand(story.incident, story.secret())
    story.do(c.RejectPlan(story.digest(), "too much hangs on it"), BEN)
    assert revoked_by_hand(story.incident, story.secret())
    story.world.killed.add(NAME)
    story.do(c.ConfirmRevoked(NAME))
    story.run(60)
    assert story.secret().gone


def test_another_key_has_another_owner():
    story = told().run(60)
    assert story.secret().old.owner == OWNER
    keys = (KeyRef("id-1"), KeyRef("id-2"))
    story.record(e.OldCaptured(99, NAME, "f" * 12, {"/production/x": 1}, True, keys))
    story.do(c.ChooseCandidate(NAME, "id-2"))
    assert story.secret().old.owner is None


def test_the_digest_of_a_plan_names_the_owner():
    story = told().run(60)
    before = plan_of(story.incident, story.secret()).digest
    renamed = Owner("svc-2", OWNER.words, True)
    story.record(e.RevocationNeedsOwner(99, NAME, renamed))
    assert plan_of(story.incident, story.secret()).digest != before


@pytest.mark.parametrize("owner", [OWNER, SHARED])
def test_the_kill_never_comes_without_consent(owner):
    story = told(owner).run(60)
    for _ in range(20):
        story.now += timedelta(minutes=10)
        story.run(1)
    assert len(revocations(story)) == 1
    assert not story.incident.lane(old_lane(NAME)).failure
    assert CHLOE.name != story.incident.declared.name
