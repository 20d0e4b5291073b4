"""A proof is of use for minutes, and the sentence says by how much a clock is off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.proofs.statement import ProofRefused, check_age
from tests.support.statements import NOW, given

LIMIT = timedelta(minutes=5)


@pytest.mark.parametrize("seconds", [300, 299.5, 0, -59, -60])
def test_what_was_given_within_the_time_counts(seconds):
    check_age(given(timedelta(seconds=seconds)).at, NOW, LIMIT)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(minutes=6, seconds=12), "6 min 12 s ago by the worker's clock and expired after"),
        (timedelta(seconds=301), "given 5 min 1 s ago"),
        (timedelta(days=2), "given 2 d ago"),
        (-timedelta(seconds=61), "1 min 1 s ahead of the worker's clock .1 min at most.: correct"),
        (-timedelta(hours=1), "1 h ahead"),
    ],
)  # fmt: skip
def test_what_is_older_or_ahead_is_refused_with_the_size_of_it(age, said):
    with pytest.raises(ProofRefused, match=said):
        check_age(given(age).at, NOW, LIMIT)


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "2026-11-26T03:14:06Z",
        "2026-11-26T03:14:06.000000",
        "2026-11-26T04:14:06.000000+01:00",
        "2026-11-26 03:14:06.000000Z",
        "0001-01-01T00:00:00.000000+23:59",
        "9999-12-31T23:59:59.999999-23:59",
    ],
)
def test_a_time_that_the_log_would_write_otherwise_is_none(at):
    with pytest.raises(ProofRefused, match="has the wrong form: send"):
        check_age(at, NOW, LIMIT)
