"""A statement as proofs vouch for it, and the same with one field changed."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.eventlog.forms import format_time
from bot.proofs.statement import Statement

NOW = datetime(2026, 11, 26, 3, 14, 7, tzinfo=UTC)
STATEMENT = Statement(
    installation="0f6d",
    incident="inc_abc234",
    command_id="cmd-1",
    at=format_time(NOW - timedelta(seconds=2)),
    claims="ada",
    command="approve-plan",
    arguments='{"plan":"9f86d081","reason":"gefunden in \\"main\\": ö\\n"}',
)
OTHERS = {
    "installation": "0f6e",
    "incident": "inc_abc235",
    "command_id": "cmd-2",
    "at": format_time(NOW - timedelta(seconds=1)),
    "claims": "ben",
    "command": "reject-plan",
    "arguments": '{"plan":"9f86d082"}',
}
CHANGED = [
    pytest.param(replace(STATEMENT, **{field.name: OTHERS[field.name]}), id=field.name) for field in fields(Statement)
]


def given(age: timedelta) -> Statement:
    """The statement of a command that was given `age` before `NOW`."""
    return replace(STATEMENT, at=format_time(NOW - age))
