"""`replace` of the state: the same as that of dataclasses, as long as the state is made of plain ones."""

import dataclasses
from functools import cached_property

import pytest

from bot.incident import model, operations, state
from bot.incident.changes import replace
from bot.incident.model import Strategy
from tests.support.incidents import Story, declaration

KINDS = [
    kind
    for module in (state, model, operations)
    for kind in vars(module).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nothing_happens_when_a_part_of_the_state_is_made_but_the_setting_of_its_fields(kind):
    assert kind.__dataclass_params__.frozen
    assert not hasattr(kind, "__post_init__")
    assert not hasattr(kind, "__slots__")
    assert all(field.init for field in dataclasses.fields(kind))
    assert not any(isinstance(value, cached_property) for value in vars(kind).values())


def test_a_copy_is_what_dataclasses_make_and_leaves_the_first_alone():
    incident = Story(declaration()).run(600).incident
    secret = incident.secrets["openai-api-key"]
    before = dataclasses.asdict(incident)

    assert replace(incident, halted="stopped", seq=7) == dataclasses.replace(incident, halted="stopped", seq=7)
    assert replace(secret, strategy=Strategy.OVERLAP) == dataclasses.replace(secret, strategy=Strategy.OVERLAP)
    assert replace(secret) == secret
    assert replace(secret) is not secret
    assert dataclasses.asdict(incident) == before


def test_a_field_that_does_not_exist_is_refused():
    incident = Story(declaration()).incident

    with pytest.raises(TypeError, match="Incident has no field halted_by"):
        replace(incident, halted_by="ada")
