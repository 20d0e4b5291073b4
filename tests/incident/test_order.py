"""Given secrets that depend on one another, which is made again and killed first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Refused, Unauthorized, Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.lanes import old_lane
from bot.incident.operations import Claim, Op
from bot.incident.order import ADMIN_FIRST, holds
from bot.model.capabilities import Makes, RevokedBy
from bot.model.secrets import Part
from bot.worker.retries import failed
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, Story, capabilities, declaration, entry, wanted

ADMIN, KEY = "openai-admin", "openai-api-key"
PLACE = "/bot/admin/openai"
OVERLAP = m.Strategy.OVERLAP


def admin(**changes):
    """The admin credential as a secret of its own; another one, which did not leak, administers it."""
    usual = {"parts": (Part("key", PLACE),), "admin_parameter": "/bot/admin/other", "consumers": ()}
    return entry(ADMIN, **{**usual, **changes})


def ours(**changes):
    return entry(KEY, **{"admin_parameter": PLACE, **changes})


def done(story, kind, name):
    """When this happened to the secret."""
    return next(r.at for r in story.log if isinstance(r.event, kind) and r.event.secret == name)


def words(story, name=KEY):
    return list(holds(story.incident, story.secret(name), story.now))


def test_the_admin_credential_is_replaced_first_and_the_rest_is_killed_with_the_new_one():
    story = Story(declaration(wanted(ours()), wanted(admin()))).run(120)
    promoted = done(story, e.ValuePromoted, ADMIN)
    assert done(story, e.AccessRevoked, ADMIN) <= promoted + timedelta(seconds=1)
    assert promoted < done(story, e.ValueStaged, KEY)
    assert promoted < done(story, e.AccessRevoked, KEY) < promoted + timedelta(seconds=1)
    assert all(secret.gone and secret.restored for secret in story.incident.secrets.values())
    assert words(story) == []


def test_a_kill_leaves_the_admin_credential_a_moment_only():
    story = Story(declaration(wanted(ours()), wanted(admin())))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})  # the admin credential's revocation cannot begin, as it were
    assert (Op.REVOKE, KEY) not in story.ops()
    assert words(story)[0].startswith("the revocation waits a moment for the new openai-admin")
    story.now = story.incident.declared.at + ADMIN_FIRST
    assert (Op.REVOKE, KEY) in story.ops()
    assert words(story) == ["the new key waits for that of openai-admin, its admin key"]


def test_once_the_admin_credential_is_being_killed_only_the_new_one_can_kill():
    story = Story(declaration(wanted(ours()), wanted(admin())))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.begin(Op.REVOKE)
    story.now += 2 * ADMIN_FIRST
    assert {subject for op, subject in story.ops() if op is Op.REVOKE} == set()
    assert words(story)[0] == "the revocation waits for the new openai-admin, its admin key"


def test_what_is_added_while_the_admin_credential_is_dead_is_not_even_identified():
    dead = Story(declaration(wanted(admin(can=capabilities(makes=Makes.PERSON))))).run(60)
    assert dead.secret(ADMIN).gone
    dead.do(c.AddSecret(wanted(ours())), ANNA)
    assert (Op.CAPTURE, KEY) not in dead.run(60).ops()
    assert "cannot be identified until the new openai-admin, its admin key, is in place" in words(dead)[0]
    dead.do(c.AnnounceSubmission(ADMIN, "a" * 16), ANNA)
    dead.run(120)
    assert dead.secret().gone
    assert dead.secret().restored


def test_a_person_who_must_replace_the_admin_credential_is_not_waited_for_by_kills():
    can = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON)
    story = Story(declaration(wanted(ours()), wanted(admin(can=can)))).run(60)
    assert story.secret().gone
    assert not story.secret().new.staged
    assert words(story) == ["the new key waits for that of openai-admin, its admin key"]


def test_in_an_overlap_of_the_admin_credential_kills_do_not_wait():
    story = Story(declaration(wanted(ours()), wanted(admin(), OVERLAP)))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    assert (Op.REVOKE, KEY) in story.ops()


def test_consumers_are_asked_once_more_when_the_admin_credential_that_a_kill_waited_for_is_there():
    """It was found to have leaked too while both values worked."""
    story = Story(declaration(wanted(ours(), OVERLAP))).run(60)
    story.approve(BEN)
    story.do(c.AddSecret(wanted(admin(can=capabilities(makes=Makes.PERSON)))), ANNA)
    story.run(3600)
    assert words(story) == ["the revocation waits for the new openai-admin, its admin key"]
    story.world.failing.add("checkout")
    story.do(c.AnnounceSubmission(ADMIN, "a" * 16), ANNA)
    story.run(120)
    assert story.secret(ADMIN).new.promoted_at is not None
    assert story.secret().new_state is m.New.FAILING
    assert KEY not in story.world.killed


def test_broken_glass_waits_for_nothing_but_what_it_needs():
    story = Story(declaration(wanted(ours()), wanted(admin())))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.do(c.BreakGlass({KEY: SHOWN}, "abuse"), CHLOE)
    assert (Op.REVOKE, KEY) in story.ops()


def test_an_admin_credential_that_administers_itself_is_killed_with_its_own_new_value():
    story = Story(declaration(wanted(admin(admin_parameter=PLACE))))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    assert (Op.REVOKE, ADMIN) not in story.ops()
    assert words(story, ADMIN) == ["the revocation waits for the new key, which is needed to revoke it"]
    story.run(120)
    assert done(story, e.ValuePromoted, ADMIN) < done(story, e.AccessRevoked, ADMIN)
    assert story.secret(ADMIN).gone


def test_nothing_is_waited_for_that_is_not_to_be_replaced():
    story = Story(declaration(wanted(ours()), wanted(admin(), replace=False)))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    assert {(Op.REVOKE, KEY), (Op.ISSUE, KEY)} <= story.ops()


def test_two_that_wait_for_each_other_do_not():
    places = {"a": "/bot/admin/a", "b": "/bot/admin/b"}
    ways = (("a", places["b"]), ("b", places["a"]))
    pair = [wanted(entry(name, parts=(Part("key", places[name]),), admin_parameter=way)) for name, way in ways]
    story = Story(declaration(*pair)).run(120)
    assert all(secret.restored for secret in story.incident.secrets.values())


@pytest.mark.parametrize(("error", "again"), [(Unauthorized, True), (Refused, False), (Unreachable, True)])
def test_a_refused_admin_credential_is_tried_again_while_it_is_replaced(error, again):
    story = Story(declaration(wanted(ours()), wanted(admin())))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT})
    late = story.begin(Op.REVOKE)
    assert late.subject == ADMIN
    claim = Claim(9, Op.REVOKE, old_lane(KEY), KEY, 1, "w1")
    outcome = failed(story.incident, claim, error("openai", "revoke", "HTTP 401"), story.now, lambda: 0.5)
    assert (outcome.retry_at is not None) is again
    alone = replace(story.incident, secrets={KEY: story.secret()}, by_parameter={})
    outcome = failed(alone, claim, Unauthorized("openai", "revoke", "HTTP 401"), story.now)
    assert outcome.retry_at is None
