"""The direction of imports, as the contract in pyproject.toml has it."""

from __future__ import annotations

import logging.config
from pathlib import Path

import pytest
from importlinter import cli

ROOT = Path(__file__).parents[2]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of import-linter's own dependencies
def test_imports_flow_from_the_shell_to_the_core(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(logging.config, "dictConfig", lambda _settings: None)  # it would silence all loggers that exist
    status = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out
