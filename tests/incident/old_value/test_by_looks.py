"""A leaked key that only looks like a key: what is read of it, and what follows if it is none."""

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.model.frozen import replace
from bot.model.keys import NONE_OF_THESE, KeyRef
from bot.phrases.events import sentence
from bot.phrases.marks import plain
from bot.phrases.states import target_words
from bot.report.report_view import report_view
from bot.slack.actions import ButtonValue
from bot.slack.modals.asked import ASKED_FORMS
from bot.slack.modals.details import details
from tests.support.consents import SHOWN
from tests.support.incidents import CHLOE, DORA, Story, World, declaration

NAME = "openai-api-key"
LOOKS = KeyRef("key_1", "backend", "sk-…9f", by_looks=True)


class Looks(World):
    """A value of which its provider shows what one key of ours has in common with it; `seen` is what it answers."""

    keys_found = (LOOKS,)

    def answer(self, incident, claim):
        answer = super().answer(incident, claim)
        if isinstance(answer, e.OldCaptured):
            return replace(answer, candidates=self.keys_found)
        return answer


def doubted():
    world = Looks()
    world.keys_found = (LOOKS, NONE_OF_THESE)
    world.killed.add(NAME)
    return Story(declaration(), world=world).run(20)


def drawn(view):
    """The texts of the view's blocks, one after the other."""
    if isinstance(view, list):
        return "".join(map(drawn, view))
    if not isinstance(view, dict):
        return ""
    own = view.get("text")
    return (own if isinstance(own, str) else "") + drawn([each for each in view.values() if not isinstance(each, str)])


def test_one_that_was_seen_alive_looks_like_the_key_and_is_not_called_it():
    story = Story(declaration(), world=Looks()).run(120)
    secret = story.secret()
    assert (secret.old.key_id, secret.old.by_looks) == ("key_1", True)
    assert "key: looks like key_1" in plain(target_words(secret))
    assert "only looks like key_1" in drawn(details(story.incident, ButtonValue(story.incident.id, NAME), story.now))
    view = report_view(story.incident, story.log, "1:abc", story.now)
    assert view["secrets"][0].values[0].key_id == "looks like key_1"
    told = [sentence(r, story.incident) for r in story.log if isinstance(r.event, e.OldCaptured)]
    assert told[0].endswith("looks like key key_1")


def test_a_key_that_is_known_is_called_it():
    story = Story(declaration()).run(120)
    assert f"key: id-{NAME}" in plain(target_words(story.secret()))
    assert not story.secret().old.by_looks


def test_a_person_may_say_that_it_is_none_of_them_at_both_faces():
    story = doubted()
    assert (Op.REVOKE, NAME) not in story.ops()
    form = next(form for form in ASKED_FORMS if form.act == "choose_key")
    shown = str(form.view(story.incident, ButtonValue(story.incident.id, NAME), story.now))
    assert "looks like backend sk-…9f" in shown
    assert "none of these" in shown
    offers = unblocked(available(story.incident, story.now), c.ChooseCandidate, secret=NAME)
    reasons = {offer.command.key_id: offer.reason for offer in offers}
    assert reasons["key_1"].endswith("it only looks like it")
    assert reasons["none"].startswith("if the old key is not the one it looks like")


def test_then_no_key_is_ended_it_is_looked_at_further_and_a_named_person_answers_for_it():
    story = doubted()
    story.do(c.ChooseCandidate(NAME, NONE_OF_THESE.id), DORA)
    story.do(c.KillNow(NAME, SHOWN), DORA)
    story.run(600)
    assert not [r for r in story.log if isinstance(r.event, e.OperationStarted) and r.event.claim.op is Op.REVOKE]
    assert story.secret().old_state is m.Old.UNPROVEN
    assert "none of the listed keys" in plain(target_words(story.secret()))
    offers = {offer.kind: offer for offer in unblocked(available(story.incident, story.now), secret=NAME)}
    assert "vouch by name that it gives access to nothing of ours" in offers[c.AttestDeath].reason
    story.do(c.AttestDeath(NAME, "nobody made such a key"), CHLOE)
    assert story.secret().old_state is m.Old.ATTESTED
    told = [sentence(r, story.incident) for r in story.log if isinstance(r.event, e.CandidateChosen)]
    assert told == [f"dora said that none of the listed keys is the old key of {NAME}"]


def test_one_that_is_accepted_after_all_is_alive_and_nobody_may_vouch_for_it():
    story = doubted()
    story.do(c.ChooseCandidate(NAME, NONE_OF_THESE.id), DORA)
    story.world.killed.clear()
    story.run(300)
    assert story.secret().old_state is m.Old.ALIVE
    assert "found that it STILL WORKS" in story.refused(c.AttestDeath(NAME, "nobody made such a key"), CHLOE)
    story.do(c.ChooseCandidate(NAME, "key_1"), DORA)
    assert (Op.REVOKE, NAME) in story.ops() or (Op.SNAPSHOT, NAME) in story.ops()
