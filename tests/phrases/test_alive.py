"""Why an old value is not proven dead, and what is said of a new one that consumers refuse, in a few words."""

from dataclasses import replace

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.changes import put
from bot.incident.model import By, Old
from bot.incident.needs import Need, needs
from bot.incident.offers import available
from bot.model.probes import Liveness, Probe
from bot.phrases.alive import alive_groups, dead_words, why_not_dead
from bot.phrases.marks import plain
from bot.phrases.needs import need_words
from bot.phrases.secrets import not_restored
from bot.phrases.states import headline, new_words, old_words
from tests.incident.consumers.test_failing import failing, lacking_one
from tests.slack import states
from tests.support.incidents import ANNA, Story, declaration, entry, wanted


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


@pytest.mark.parametrize("control", [None, Probe("control: the new value", Liveness("unknown"), "HTTP 503")])
def test_a_refusal_with_nothing_good_beside_it_asks_for_a_good_key_and_not_for_another_revocation(control):
    incident, secret, now = refused(control)
    assert secret.old_state is Old.REVOKING
    assert "no good key to ask beside it" in why_not_dead(incident, secret, None, now)
    assert "no good key to ask beside it" in old_words(secret)


def test_a_refusal_with_a_control_is_a_revocation_that_is_not_confirmed():
    incident, secret, now = refused(Probe("control: the new value", Liveness("live"), "HTTP 200"))
    assert "NOT CONFIRMED" in why_not_dead(incident, secret, None, now)
    assert "NOT CONFIRMED" in old_words(secret)


def test_what_somebody_reported_stands_before_what_they_are_asked_for():
    name = "stripe-secret-key"
    story = states.Story(states.entry(name, by_hand=True)).captured(name).then(e.RevokedByPerson(name), by="dana")
    [(_, words, _)] = alive_groups(story.incident, available(story.incident, story.at), story.at)
    assert "reported revoked by dana" in plain(words)
    assert "is asked until it refuses" in plain(words)
    story.refused(name, liveness="live", detail="HTTP 200")
    [(_, words, _)] = alive_groups(story.incident, available(story.incident, story.at), story.at)
    assert "still accepts it" in plain(words)
    [need] = [each for each in needs(story.incident, available(story.incident, story.at), story.at) if each.secret]
    assert "still accepts it: was it the key" in plain(need_words(story.incident, need))


def test_a_reason_that_several_keys_have_is_said_of_all_of_them():
    said = []
    for names in (("a-key",), ("a-key", "b-key")):
        story = states.Story(*(states.entry(name, by_hand=True) for name in names))
        [(_, words, _)] = alive_groups(story.incident, available(story.incident, story.at), story.at)
        said.append(words)
    assert said == ["*ALIVE*, a person must revoke it", "*ALIVE*, a person must revoke them"]


def test_that_a_value_is_refused_is_said_once():
    _, secret, now = refused(None)
    claimed = replace(secret, old=replace(secret.old, revoked_at=None, claimed=By("ada", now), claim_answer="dead"))
    assert plain(old_words(claimed)).count("refuse") == 1
    assert "NOT PROVEN DEAD" in old_words(claimed)


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
    words = need_words(incident, Need(name, tuple(attest)))
    assert "asks once more" in words
    assert "No proof" not in words


def test_that_nobody_can_tell_what_a_consumer_fails_with_is_said_alike_everywhere():
    story = lacking_one()
    said = plain(new_words(story.incident, story.secret()))
    assert "checkout is not well since " in said
    assert "with no new value yet of stripe-secret-key: until there is one, nobody can tell whether " in said
    for words in (said, plain(headline(story.incident)), not_restored(story.incident, story.secret())):
        assert "nobody can tell" in words
        assert "FAIL" not in words
    blamed = failing()
    assert "checkout FAILS with it" in plain(new_words(blamed.incident, blamed.secret()))
    assert "consumers FAIL with the new value of" in plain(headline(blamed.incident))


@pytest.mark.parametrize(
    ("replaced", "ending"),
    [
        ((False,), "no new one is needed."),
        ((False, False), "no new one is needed."),
        ((True, False), "the new one is live."),
    ],
)
def test_a_value_that_was_never_wanted_is_not_said_to_be_live(replaced, ending):
    names = ("openai-api-key", "sendgrid-api-key")
    every = [wanted(entry(name), replace=new) for name, new in zip(names, replaced, strict=False)]
    story = Story(declaration(*every), ANNA).run(120)
    assert all(secret.gone and secret.in_place for secret in story.incident.secrets.values())
    assert plain(headline(story.incident)).endswith(ending)
    assert dead_words(story.incident) == ""  # the card's header says it
