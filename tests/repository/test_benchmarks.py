"""A benchmark that does not see what the bot does gives no figure; one that is kept says what got worse since."""

from collections import Counter

import pytest

from tests.bench.__main__ import NAMES
from tests.bench.figures import compared, keep, newest
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


def document(at, commit, **figures):
    return {"at": at, "commit": commit, "figures": figures}


def test_what_got_worse_by_a_quarter_is_said_and_what_is_not_measured_any_more():
    before = document("2026-11-29T20:00:00+00:00", "aaa", fold=100.0, list=50.0, append=1.0, gone=0.0)
    now = document("2026-11-30T20:00:00+00:00", "bbb", fold=126.0, list=62.0, append=0.5, new=9.0)
    assert [*compared(now, before)] == [
        "WORSE: fold is 126, and was 100 at aaa",
        "GONE: gone is not measured any more (0 at aaa)",
    ]


def test_figures_are_compared_with_the_last_that_were_kept(tmp_path):
    folder = tmp_path / "figures"
    assert newest(folder) is None
    late, early = document("2026-11-30T20:00:00+00:00", "aaa"), document("2026-11-29T20:00:00+00:00", "bbb")
    keep(folder, late)
    keep(folder, early)
    assert newest(folder) == late
    assert len([*folder.iterdir()]) == 2
