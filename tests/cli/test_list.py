"""The list of incidents, line by line."""

from copy import replace

import pytest

from bot.cli.show import state_words
from bot.eventlog import Summary
from bot.phrases.times import not_proven_words
from tests.support.incidents import START


@pytest.mark.parametrize(
    ("state", "over", "said"),
    [
        ("open", None, "open"),
        ("closed", None, "closed"),
        ("closed", 0, "closed"),
        ("closed", 3, "closed with 3 open items"),
    ],
)
def test_a_closed_line_says_how_much_was_open_then(state, over, said):
    summary = Summary("inc_a", 3, "open", "production", "a leak", START, "ada", "3:ab", START, ("a",), 0)
    assert state_words(replace(summary, state=state, closed_over=over)) == said


@pytest.mark.parametrize(
    ("left", "total", "attested", "said"),
    [
        (0, 0, 0, "no secret named yet"),
        (0, 2, 0, "all dead"),
        (1, 1, 0, "1 of 1 old key not dead"),
        (2, 3, 0, "2 of 3 old keys not dead"),
        (2, 3, 1, "2 of 3 old keys not dead, 1 of them vouched dead"),
        (1, 3, 1, "1 of 3 old keys vouched dead, not confirmed"),
        (2, 2, 2, "2 of 2 old keys vouched dead, not confirmed"),
    ],
)
def test_only_what_is_proven_is_left_out_of_what_is_not_proven_dead(left, total, attested, said):
    assert not_proven_words(left, total, attested) == said
