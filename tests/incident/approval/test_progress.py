"""Which steps of a plan are over, and that people read it of them: what stands is the same plan."""

from bot.incident import commands as c
from bot.incident import model as m
from bot.incident.approval.plan import plan_of
from bot.model.secrets import Copy, CopyKind, Kill, Outage
from bot.phrases.plans import step_words, steps_so_far
from tests.support.incidents import ANNA, BEN, CHLOE, Story, World, declaration, entry, probe, wanted

DONE = " (done)"


def so_far(story):
    """The steps by their first word, each with whether it is over."""
    told = [step.words for step in steps_so_far(story.incident, story.secret(), story.now)]
    plain = step_words(plan_of(story.incident, story.secret()))
    assert [words.removesuffix(DONE) for words in told] == list(plain), "said of the same plan"
    return {words.split(" in ")[0].removesuffix(DONE): words.endswith(DONE) for words in told}


def test_while_a_second_person_is_asked_the_new_value_is_made_and_the_old_one_is_not_ended():
    story = Story(declaration(wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN))))
    assert not any(so_far(story).values())
    story.run(60)
    assert list(so_far(story).values()) == [False, False, True, True, True, True, True]
    digest = plan_of(story.incident, story.secret()).digest
    story.approve(BEN)
    story.run(60)
    assert all(so_far(story).values())
    assert plan_of(story.incident, story.secret()).digest == digest


def test_an_overlap_is_over_once_its_time_is_whether_or_not_people_have_agreed():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP))).run(60)
    assert list(so_far(story).values()) == [True, True, True, True, True, False, False, False]
    story.run(story.incident.timings.overlap)
    assert list(so_far(story).values()) == [True, True, True, True, True, True, False, False]


def test_what_was_rolled_back_is_made_and_not_in_place():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP), public=False))
    story.world.failing.add("checkout")
    story.run(60)
    story.do(c.RollBack("openai-api-key", "checkout fails"), CHLOE)
    story.run(5)
    assert story.secret().new_state is m.New.STAGED
    assert list(so_far(story).values())[:5] == [True, True, False, False, False]


def test_a_revocation_that_did_not_take_is_not_over():
    world = World()
    world.look = lambda _: probe("live")
    story = Story(declaration(), world=world).run(60)
    assert story.secret().old.revoked_at is not None
    assert next(iter(so_far(story).values())), "its provider said so"
    story.run(1200)
    assert story.secret().old.overdue
    assert not next(iter(so_far(story).values()))


def test_copies_are_settled_once_each_is():
    story = Story(
        declaration(wanted(entry(copies=(Copy("backup", CopyKind.BACKUP, "the vault of finance", "Delete it."),))))
    ).run(120)
    assert list(so_far(story).values())[-2:] == [True, False]
    story.do(c.SettleCopy("openai-api-key", "backup", m.CopyOutcome.PURGED, "deleted it"), ANNA)
    assert list(so_far(story).values())[-1]
