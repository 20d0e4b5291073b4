"""A benchmark that does not see what the bot does says so, and gives no figure."""

from collections import Counter

import pytest

from tests.bench.__main__ import NAMES
from tests.bench.sight import MUST_SEE, Blind, demand_sight

WHOLE = Counter(
    {"ssm GetParameter": 4, "ssm PutParameter": 2, "lambda UpdateFunctionConfiguration": 1, "openai GET": 3}
)


def test_a_record_of_everything_is_one():
    demand_sight("rotate_many", WHOLE, {"openai"})


@pytest.mark.parametrize("unseen", ["ssm GetParameter", "ssm PutParameter", "lambda UpdateFunctionConfiguration"])
def test_without_a_call_that_was_surely_made_there_is_no_figure(unseen):
    with pytest.raises(Blind, match=f"rotate_one saw no call to {unseen}"):
        demand_sight("rotate_one", {**WHOLE, unseen: 0})


def test_nor_without_any_call_to_parameter_store_or_to_a_provider():
    blind = {name: number for name, number in WHOLE.items() if not name.startswith("ssm")}
    with pytest.raises(Blind, match="ssm GetParameter, ssm PutParameter"):
        demand_sight("rotate_many", blind)
    with pytest.raises(Blind, match="stripe"):
        demand_sight("rotate_many", WHOLE, {"openai", "stripe"})


def test_what_must_be_seen_is_said_of_benchmarks_that_there_are():
    assert set(MUST_SEE) <= set(NAMES)
