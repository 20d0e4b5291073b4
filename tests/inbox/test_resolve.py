"""From what someone says to what the log holds: strategies that cannot be are declined, and never proposed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Misuse
from bot.inbox import Declaration, SecretChoice
from bot.inbox.resolve import Resolver
from bot.incident import commands as c
from bot.incident.decide import decide
from bot.incident.model import Actor, Right, Strategy, Target, TargetKind
from bot.model.playbooks import RunKind
from bot.model.timings import Timings
from tests.slack.conftest import catalog, freeze
from tests.slack.states import PLAYBOOK

NAME = "stripe-secret-key"
OLDER = SecretChoice(NAME, target=Target(TargetKind.CONFIRMED, "", 1, current=False), replace=False)


def wanted(choice):
    resolver = Resolver(None, catalog(), {"secret-compromise": PLAYBOOK}, Timings(), freeze)
    return resolver.wanted(
        choice,
        Declaration(environment="production", secrets=(choice,), how_noticed="a gist"),
        planned=False,
        comes=choice.replace,
    )


def test_nothing_overlaps_where_no_new_value_is_wanted():
    assert wanted(replace(OLDER, replace=True)).strategy is Strategy.OVERLAP
    older = wanted(OLDER)
    assert older.strategy is Strategy.KILL_FIRST
    assert older.reason.endswith("no new key is wanted: revoke it first.")
    with pytest.raises(
        Misuse, match=f"{NAME} cannot be replaced first: no new key is wanted. Declare it as revoke-first."
    ):
        wanted(replace(OLDER, strategy=Strategy.OVERLAP))


ADA = Actor("ada", frozenset({Right.RESPOND}))
AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ROTATION = replace(PLAYBOOK, id="rotation", kind=RunKind.ROTATION)


def declared(**given):
    playbooks = {PLAYBOOK.id: PLAYBOOK, ROTATION.id: ROTATION}
    resolver = Resolver(None, catalog(), playbooks, Timings(), freeze)
    declaration = Declaration(environment="production", secrets=(SecretChoice(NAME),), how_noticed="a gist", **given)
    secrets = (resolver.wanted(declaration.secrets[0], declaration, planned=False, comes=True),)
    return decide(None, c.Envelope("c1", AT, ADA, resolver.declared("i1", declaration, secrets, AT)))[0]


@pytest.mark.parametrize("year", [1, 2015, 2030, 9999])
@pytest.mark.parametrize("field", ["exposed_at", "detected_at"])
def test_nothing_is_declared_that_leaked_in_another_age(field, year):
    assert getattr(declared(**{field: AT - timedelta(days=400)}), field) == AT - timedelta(days=400)
    with pytest.raises(Misuse, match=f"^{'Exposed since' if field == 'exposed_at' else 'Detected at'}: "):
        declared(**{field: AT.replace(year=year)})


def test_only_a_planned_rotation_names_its_overlap_which_has_an_end():
    assert declared(playbook="rotation", overlap=3600.0).timings.overlap == 3600.0
    for length in (1e12, float("inf"), float("nan"), -1.0):
        with pytest.raises(Misuse, match="Enter an overlap longer than zero and at most 30 days"):
            declared(playbook="rotation", overlap=length)
    with pytest.raises(Misuse, match="After a leak an overlap takes 15 minutes"):
        declared(overlap=3600.0)
