"""The list of incidents, line by line."""

from dataclasses import replace

import pytest

from bot.cli.show import state_words
from bot.eventlog import Summary
from tests.support.incidents import START


@pytest.mark.parametrize(
    ("state", "over", "said"),
    [("open", None, "open"), ("closed", None, "closed"), ("closed", 0, "closed"), ("closed", 3, "closed over 3")],
)
def test_a_closed_line_says_how_much_was_open_then(state, over, said):
    summary = Summary("inc_a", 3, "open", "production", "a leak", START, "ada", "3:ab", START, ("a",), 0)
    assert state_words(replace(summary, state=state, closed_over=over)) == said
