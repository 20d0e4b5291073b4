"""The faults of the table in cases.py: some, or with `--each-point` all. `--table PATH` writes what happened."""

import pytest

from tests.faults.cases import CASES
from tests.faults.running import run, scene

pytestmark = [pytest.mark.process]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case, request, tmp_path, monkeypatch, rows):
    if not (case.in_short or request.config.getoption("--each-point")):
        pytest.skip("only with --each-point")
    with scene(tmp_path, monkeypatch, case) as made:
        rows.append(run(case, made))
