"""Two years of planned rotations: every secret is in time, or said to be overdue, on every single day."""

from pathlib import Path

import pytest

from tests.support.two_years import Odds, Town
from tests.support.two_years_judge import Judge


def judged(seed, request, **more):
    judge = Judge(Town(seed, **more).run())
    wrong = judge.wrong()
    table = judge.table()
    print(table)
    if (path := request.config.getoption("--table")) is not None:
        with Path(path).open("a") as file:
            file.write(f"\n## Two years of planned rotations, seed {seed}\n\n{table}\n")
    assert not wrong, "\n".join([table, f"{len(wrong)} promises not kept:", *wrong[:20]])
    return judge


@pytest.mark.repeats
def test_a_hundred_secrets_of_five_owners_are_rotated_for_two_years_through_failures_leaks_and_kills(request):
    judge = judged(1, request)
    assert len(judge.town.entries) == 100
    assert judge.town.killed > 50
    assert judge.town.counts["stops"] > 10
    assert sum(one.proven is not None for one in judge.routine) > 400
    assert len(judge.leaks) > 10
    assert len(judge.town.put_off) > 5
    every = sum(judge.days.values())
    in_time = sum(days for (_, state), days in judge.days.items() if state == "in time")
    assert in_time > 0.95 * every


@pytest.mark.slow_tier
@pytest.mark.parametrize("seed", range(2, 10))
def test_so_it_is_whatever_happens(seed, request):
    judged(seed, request)


@pytest.mark.slow_tier
def test_where_nothing_goes_wrong_nothing_is_ever_overdue(request):
    judge = judged(1, request, odds=Odds(0, 0, 0, 0, 0, 0))
    after_the_start = [one for (_, state), one in judge.days.items() if state == "overdue, and said"]
    assert not sum(after_the_start)
