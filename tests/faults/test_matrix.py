"""The faults of the table in cells.py: some, or with `--all-points` all. `--table PATH` writes what happened."""

import pytest

from tests.faults.cells import CELLS
from tests.faults.running import run, scene

pytestmark = [pytest.mark.process]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_cell(cell, request, tmp_path, monkeypatch, rows):
    if not (cell.in_short or request.config.getoption("--all-points")):
        pytest.skip("only with --all-points")
    with scene(tmp_path, monkeypatch, cell) as made:
        rows.append(run(cell, made))
