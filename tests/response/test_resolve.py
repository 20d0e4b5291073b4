"""From what somebody says to what the log holds: strategies that cannot be are declined, and never proposed."""

from dataclasses import replace

import pytest

from bot.errors import Misuse
from bot.incident.model import Strategy, Target, TargetKind
from bot.model.timings import Timings
from bot.response import Declaration, SecretChoice
from bot.response.resolve import Resolver
from tests.slack.conftest import catalog, freeze
from tests.slack.states import PLAYBOOK

NAME = "stripe-secret-key"
OLDER = SecretChoice(NAME, target=Target(TargetKind.CONFIRMED, "", 1, current=False), replace=False)


def wanted(choice):
    resolver = Resolver(None, catalog(), {"secret-compromise": PLAYBOOK}, Timings(), freeze)
    return resolver.wanted(choice, Declaration("production", (choice,), "a gist"), comes=choice.replace)


def test_nothing_overlaps_where_no_new_value_is_wanted():
    assert wanted(replace(OLDER, replace=True)).strategy is Strategy.OVERLAP
    older = wanted(OLDER)
    assert older.strategy is Strategy.KILL_FIRST
    assert older.reason.endswith("no new value is wanted, so nothing can overlap: kill it first.")
    with pytest.raises(Misuse, match=f"{NAME} cannot overlap: no new value is wanted. Declare it as kill-first."):
        wanted(replace(OLDER, strategy=Strategy.OVERLAP))
