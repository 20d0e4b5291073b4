"""The lists of providers are written from their folders; settings are read once and kept apart."""

from __future__ import annotations

from bot import generate
from bot.settings.model import settings_table


def test_the_lists_are_fresh(capsys):
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_what_opens_doors_is_a_secret_setting():
    for row in settings_table():
        opens = row.variable.endswith(("_TOKEN", "_SECRET", "_API_KEY", "_ROUTING_KEY"))
        assert row.secret or not opens, row.variable


def test_no_two_read_a_variable():
    variables = [row.variable for row in settings_table()]
    assert len(variables) == len(set(variables))
