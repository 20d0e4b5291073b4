"""`replace` of the state: the same as that of dataclasses."""

import dataclasses

import pytest

from bot.incident.changes import replace
from bot.incident.model import Strategy
from tests.support.incidents import Story, declaration


def test_a_copy_is_what_dataclasses_make_and_leaves_the_first_alone():
    incident = Story(declaration()).run(600).incident
    secret = incident.secrets["openai-api-key"]
    before = dataclasses.asdict(incident)

    assert replace(incident, halted="stopped", seq=7) == dataclasses.replace(incident, halted="stopped", seq=7)
    assert replace(secret, strategy=Strategy.OVERLAP) == dataclasses.replace(secret, strategy=Strategy.OVERLAP)
    assert replace(secret) == secret
    assert replace(secret) is not secret
    assert dataclasses.asdict(incident) == before


def test_a_field_that_does_not_exist_is_refused_and_no_field_can_be_set():
    incident = Story(declaration()).incident

    with pytest.raises(TypeError, match="halted_by"):
        replace(incident, halted_by="ada")
    with pytest.raises(AttributeError, match="immutable"):
        incident.secrets["openai-api-key"].glass_offered = True
