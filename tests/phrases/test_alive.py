"""Why an old value is not proven dead, in a few words."""

from dataclasses import replace

import pytest

from bot.incident.changes import put
from bot.incident.model import Old
from bot.model.probes import Liveness, Probe
from bot.phrases.alive import why_not_dead
from bot.phrases.states import old_words
from tests.support.incidents import ANNA, Story, declaration


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
