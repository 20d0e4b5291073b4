"""Why an old key is not dead, and what is said of a new one that consumers refuse, in a few words."""

from dataclasses import replace

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.changes import put
from bot.incident.model import By, New, Old
from bot.incident.offers import available
from bot.incident.todos import needed, todos
from bot.model.probes import Liveness, Probe
from bot.phrases.alive import alive_groups, replaced_words, why_not_dead
from bot.phrases.marks import plain
from bot.phrases.needs import need_words
from bot.phrases.secrets import NEW_LABELS, not_restored
from bot.phrases.states import headline, new_words, old_words
from bot.phrases.times import alike
from tests.incident.consumers.test_failing import failing, lacking_one
from tests.slack import states
from tests.support.incidents import ANNA, Story, declaration, entry, wanted


def groups(story):
    return alive_groups(story.incident, stuck(story), story.at)


def stuck(story):
    return needed(story.incident, todos(story.incident, story.at), story.at)


def refused(control):
    """Revoked long ago, and refused since; `control` is what was asked beside it."""
    story = Story(declaration(), ANNA).run(1)
    secret = story.secret()
    old = replace(
        secret.old, revoked_at=story.now, contained_at=None, overdue=True, attested=None,
        last_probe=Probe("old", Liveness("dead"), "HTTP 401"), last_control=control,
    )  # fmt: skip
    after = replace(secret, old=old)
    return put(story.incident, after), after, story.now


@pytest.mark.parametrize("control", [None, Probe("comparison: the new key", Liveness("unknown"), "HTTP 503")])
def test_a_refusal_with_nothing_good_beside_it_asks_for_a_good_key_and_not_for_another_revocation(control):
    incident, secret, now = refused(control)
    assert secret.old_state is Old.REVOKING
    assert "REJECTED, NOT CONFIRMED*. Add the new key to compare" in why_not_dead(incident, secret, (), now)
    assert "REJECTED, NOT CONFIRMED*: needs another working key of the account to compare" in old_words(secret)


def test_a_refusal_with_a_control_is_a_revocation_that_is_not_confirmed():
    incident, secret, now = refused(Probe("comparison: the new key", Liveness("live"), "HTTP 200"))
    assert "NOT CONFIRMED" in why_not_dead(incident, secret, (), now)
    assert "NOT CONFIRMED" in old_words(secret)


def test_what_somebody_reported_stands_before_what_they_are_asked_for():
    name = "stripe-secret-key"
    story = states.Story(states.entry(name, by_hand=True)).captured(name).then(e.RevokedByPerson(name), by="dana")
    [(_, words, _)] = groups(story)
    assert "reported revoked by dana" in plain(words)
    assert "checking with Stripe" in plain(words)
    story.refused(name, liveness="live", detail="HTTP 200")
    [(_, words, _)] = groups(story)
    assert "still accepts it" in plain(words)
    said = need_words(story.incident, story.incident.secrets[name], stuck(story)[name])
    assert "still accepts it: was it the key" in plain(said)


def test_a_rejection_after_a_claim_is_said_once():
    name = "stripe-secret-key"
    story = states.Story(states.entry(name, by_hand=True)).captured(name).then(e.RevokedByPerson(name), by="dana")
    said = plain(old_words(story.refused(name).incident.secrets[name]))
    assert said.endswith("Stripe rejects it; NOT CONFIRMED yet (1 rejection so far)")
    revoked = states.Story(states.entry(name)).captured(name).revoked(name).refused(name)
    said = plain(old_words(revoked.incident.secrets[name]))
    assert said == "revoked; REJECTED, NOT CONFIRMED yet (1 rejection so far)"


def test_a_new_key_that_is_not_in_use_is_worded_and_not_named_by_its_state():
    story = Story(declaration(), ANNA)
    for state in (New.STAGED, New.PROMOTED):
        secret = replace(story.secret(), new=replace(story.secret().new, staged="/staged", promoted_at=None))
        if state is New.PROMOTED:
            secret = replace(secret, new=replace(secret.new, promoted_at=story.now))
        assert secret.new_state is state
        assert not_restored(story.incident, secret) == NEW_LABELS[state] != state


def test_a_reason_that_several_keys_have_is_said_of_all_of_them():
    said = []
    for names in (("a-key",), ("a-key", "b-key")):
        story = states.Story(*(states.entry(name, by_hand=True) for name in names))
        [(_, words, _)] = groups(story)
        said.append(words)
    assert said == ["a person must revoke it", "a person must revoke them"]


def test_that_a_value_is_refused_is_said_once():
    _, secret, now = refused(None)
    claimed = replace(secret, old=replace(secret.old, revoked_at=None, claimed=By("ada", now), claim_answer="dead"))
    assert plain(old_words(claimed)).lower().count("reject") == 1
    assert "*NOT CONFIRMED*" in old_words(claimed)


def test_once_there_is_a_good_key_to_ask_beside_it_nobody_is_told_that_no_proof_is_to_be_had():
    name = "stripe-secret-key"
    story = states.Story(states.entry(name, by_hand=True)).captured(name).then(e.RevokedByPerson(name), by="dana")
    story.refused(name, liveness="dead")
    secret = story.incident.secrets[name]
    old, new = replace(secret.old, overdue=True, last_control=None), replace(secret.new, promoted_at=story.at)
    incident = put(story.incident, replace(secret, old=old, new=new))
    secret = incident.secrets[name]
    assert secret.lacks_control
    attest = [offer for offer in available(incident, story.at) if offer.kind is c.AttestDeath]
    words = need_words(incident, secret, attest)
    assert "The bot checks again with the new key to compare" in words
    assert "No proof" not in words


def test_that_nobody_can_tell_what_a_consumer_fails_with_is_said_alike_everywhere():
    story = lacking_one()
    said = plain(new_words(story.incident, story.secret()))
    assert "checkout is failing since " in said
    assert "still without a new key of stripe-secret-key: unknown until then whether " in said
    for words in (said, plain(headline(story.incident)), not_restored(story.incident, story.secret())):
        assert "unknown" in words
        assert "FAIL" not in words
    blamed = failing()
    assert "checkout FAILS with it" in plain(new_words(blamed.incident, blamed.secret()))
    assert "consumers FAIL with the new key of" in plain(headline(blamed.incident))


@pytest.mark.parametrize(
    ("replaced", "ending"),
    [
        ((False,), "no new key is needed."),
        ((False, False), "no new key is needed."),
        ((True, False), "the new key is in use."),
    ],
)
def test_a_value_that_was_never_wanted_is_not_said_to_be_live(replaced, ending):
    names = ("openai-api-key", "sendgrid-api-key")
    every = [wanted(entry(name), replace=new) for name, new in zip(names, replaced, strict=False)]
    story = Story(declaration(*every), ANNA).run(120)
    assert all(secret.gone and secret.in_place for secret in story.incident.secrets.values())
    assert plain(headline(story.incident)).endswith(ending)
    assert replaced_words([*story.incident.secrets.values()]) == ""  # the card's header says it


def test_lines_that_say_the_same_of_several_keys_are_one():
    said = ["a: no new key", "b: no new key", "a: waits", "c: no new key", "the page"]
    assert alike(said, {"a", "b"}) == ["a and b: no new key", "a: waits", "c: no new key", "the page"]
