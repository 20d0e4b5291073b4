"""Given siblings of a leaked secret, when they are looked at, and what follows from one that dies."""

from datetime import timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import HALT, SIBLINGS_LANE
from bot.incident.operations import Op
from bot.model.secrets import Part, Sibling
from tests.support.incidents import Story, declaration, entry, probe, wanted

NAME = "openai-api-key"
BATCH = Sibling("openai-batch", (Part("key", "/production/openai-batch"),))
WATCHED = entry(siblings=(BATCH,))


def begun(*secrets):
    """Declared, and the siblings were looked at while the kill was on its way."""
    return Story(declaration(*(secrets or (wanted(WATCHED),)))).work(only={Op.CHECK_SIBLINGS})


def looks(story):
    return [(r.at, r.event) for r in story.log if isinstance(r.event, e.SiblingsSeen)]


def test_siblings_are_looked_at_before_right_after_and_when_the_value_is_gone():
    story = begun().run(300)
    assert [seen.after for _, seen in looks(story)] == [False, True, True]
    old = story.secret().old
    assert looks(story)[1][0] - old.revoked_at < timedelta(seconds=1)
    assert looks(story)[2][0] > old.contained_at
    assert not story.incident.halted


def test_without_siblings_nobody_looks():
    assert not looks(Story(declaration()).run(300))


def test_the_kill_waits_for_no_look_at_siblings():
    story = Story(declaration(wanted(WATCHED), wanted(entry("sendgrid", siblings=(BATCH,)))))
    claims = [story.begin(Op.CHECK_SIBLINGS)]
    assert claims[0].lane == SIBLINGS_LANE
    story.run(60)
    assert story.world.killed == {NAME, "sendgrid"}
    assert not [r for r in story.log if isinstance(r.event, e.SiblingsSeen)]  # one thread, and it is still busy


def test_a_sibling_that_dies_with_the_value_halts_everything_and_pages():
    story = begun()
    story.world.killed.add("openai-batch")
    story.run(300)
    assert story.incident.halted == f"openai-batch was rejected after revoking {NAME}"
    assert "stopped: a key that was not the target was rejected" in story.incident.milestones
    assert not {op for op, _ in story.ops()} & {Op.PROVE, Op.ISSUE, Op.REVOKE}
    story.do(c.Retry(HALT))
    story.run(300)
    assert story.secret().gone


def test_one_that_was_not_seen_alive_before_proves_nothing_and_is_not_looked_at_again():
    story = Story(declaration(wanted(WATCHED)))
    claim = story.begin(Op.CHECK_SIBLINGS)
    story.finish(claim, e.SiblingsSeen(claim.number, NAME, False, (probe("unknown", "openai-batch"),)))
    story.run(300)
    assert len(looks(story)) == 1


def test_after_the_revocation_it_is_too_late_for_a_baseline():
    story = Story(declaration(wanted(WATCHED)))
    story.work(only={Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE})
    assert story.secret().old.revoked_at
    assert (Op.CHECK_SIBLINGS, NAME) not in story.ops()
