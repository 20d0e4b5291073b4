"""What a proof of death is made of: refusals that are looks next to each other, whatever else the answers were."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.offers import available
from bot.incident.old_value.rules import proof_complete
from bot.model.timings import Timings
from bot.phrases.marks import plain
from bot.phrases.secrets import old_warning
from bot.phrases.states import headline, old_words, outcome
from tests.support.incidents import Story, declaration, probe
from tests.support.searches import search

NAME = "openai-api-key"
CONFIRM = Timings().confirm
CONTROLS = {"none": None, "accepted": probe("live", "control: c"), "unclear": probe("unknown", "control: c")}
REFUSED, ALIVE, UNCLEAR = ("dead", "accepted"), ("live", "none"), ("unknown", "none")
NO_CONTROL, BAD_CONTROL = ("dead", "none"), ("dead", "unclear")


def proven_at(looks, *, seen_alive=True):
    """The number of the look at which the proof is complete, by the state's own account; None if it never is."""
    story = Story(declaration())
    story.record(e.OldCaptured(0, NAME, "f" * 12, {}, True, ()))
    if seen_alive:
        story.record(e.OldProbed(0, NAME, probe("live")))
    story.record(e.AccessRevoked(0, NAME, "HTTP 204"))
    for number, (pause, (liveness, control)) in enumerate(looks):
        story.now += timedelta(seconds=pause)
        story.record(e.OldProbed(0, NAME, probe(liveness), CONTROLS[control]))
        if proof_complete(story.incident, story.secret()):
            return number
    return None


def expected(looks, *, seen_alive=True):
    """The same by the definition: so many looks next to each other, up to this one, were refusals with a control, that
    there are two and the first and the last are far enough apart; and one look before them was accepted.
    """
    alive, now, times, run = seen_alive, 0.0, [], []
    for number, (pause, look) in enumerate(looks):
        now += pause
        times.append(now)
        if look == REFUSED:
            run.append(now)
            if alive and len(run) > 1 and run[-1] - run[0] >= CONFIRM:
                return number
        elif look[0] == "live" or len(run) < 2 or run[-1] - run[0] < CONFIRM:
            run = []
        alive = alive or look[0] == "live"
    return None


LOOKS = st.lists(
    st.tuples(
        st.sampled_from((5, 29, 30, 60)),
        st.sampled_from((REFUSED, REFUSED, REFUSED, ALIVE, UNCLEAR, NO_CONTROL, BAD_CONTROL)),
    ),
    max_size=12,
)


@search(300)
@given(looks=LOOKS, seen_alive=st.booleans())
def test_a_proof_is_two_refusals_next_to_each_other_and_nothing_less(looks, seen_alive):
    assert proven_at(looks, seen_alive=seen_alive) == expected(looks, seen_alive=seen_alive)


@pytest.mark.parametrize("between", [ALIVE, UNCLEAR, NO_CONTROL, BAD_CONTROL])
def test_a_look_in_between_that_is_no_refusal_begins_the_run_anew(between):
    assert proven_at([(30, REFUSED), (30, between), (30, REFUSED)]) is None
    assert proven_at([(30, REFUSED), (30, between), (30, REFUSED), (30, REFUSED)]) == 3


def test_two_refusals_close_together_do_not_reach_over_an_unclear_answer():
    assert proven_at([(30, REFUSED), (5, REFUSED), (5, UNCLEAR), (60, REFUSED)]) is None


def test_contained_is_the_first_refusal_of_the_run_that_counts():
    story = Story(declaration())
    story.record(e.OldCaptured(0, NAME, "f" * 12, {}, True, ()))
    story.record(e.OldProbed(0, NAME, probe("live")))
    story.record(e.AccessRevoked(0, NAME, "HTTP 204"))
    for look in (REFUSED, UNCLEAR, REFUSED, REFUSED):
        story.now += timedelta(seconds=30)
        story.record(e.OldProbed(0, NAME, probe(look[0]), CONTROLS[look[1]]))
    run = story.secret().old.refusals
    assert (run.count, story.now - run.first_at) == (2, timedelta(seconds=30))
    assert story.secret().old.refused_at == story.now - timedelta(seconds=90), "when it was first refused is no proof"


def test_what_was_refused_long_enough_and_never_seen_alive_stays_unproven_over_an_unclear_answer():
    story = Story(declaration())
    story.record(e.OldCaptured(0, NAME, "f" * 12, {}, True, ()))
    story.record(e.AccessRevoked(0, NAME, "HTTP 204"))
    for look in (REFUSED, REFUSED, UNCLEAR):
        story.now += timedelta(seconds=30)
        story.record(e.OldProbed(0, NAME, probe(look[0]), CONTROLS[look[1]]))
    assert story.secret().old_state is m.Old.UNPROVEN


@pytest.mark.parametrize("seen_alive", [True, False])
def test_what_its_provider_revoked_by_itself_is_rejected_and_neither_alive_nor_dead(seen_alive):
    story = Story(declaration())
    story.record(e.OldCaptured(0, NAME, "f" * 12, {}, True, ()))
    if seen_alive:
        story.record(e.OldProbed(0, NAME, probe("live")))
    story.record(e.OldProbed(0, NAME, probe("dead"), CONTROLS["accepted"]))
    secret = story.secret()
    assert secret.old_state is m.Old.REJECTED
    assert plain(headline(story.incident)).startswith("openai-api-key is rejected, NOT CONFIRMED DEAD")
    assert plain(old_words(secret)) == "REJECTED, NOT CONFIRMED: not revoked yet (1 rejection so far)"
    assert outcome(story.incident, secret) == "not confirmed dead"
    assert old_warning(secret) == ("REJECTED, NOT REVOKED: the old key of openai-api-key. Assume it still works.")
    offered = {offer.kind for offer in available(story.incident, story.now)}
    assert c.KillNow in offered, "it is revoked all the same"
    story.record(e.OldProbed(0, NAME, probe("live")))
    assert story.secret().old_state is m.Old.ALIVE


def test_a_refusal_that_nothing_compares_with_says_nothing_of_a_key_that_was_not_revoked():
    story = Story(declaration())
    story.record(e.OldCaptured(0, NAME, "f" * 12, {}, True, ()))
    story.record(e.OldProbed(0, NAME, probe("dead"), None))
    assert story.secret().old_state is m.Old.ALIVE
