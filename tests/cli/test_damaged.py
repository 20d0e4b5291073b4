"""One incident that cannot be read, and what the terminal can still say of all else."""

from datetime import UTC, datetime

import pytest

from bot.eventlog import Damaged
from tests.support.practice import OPENAI, SENDGRID

pytestmark = pytest.mark.process


@pytest.fixture
def damaged(installation):
    """Two open incidents, of which the first was changed by someone: their ids."""
    first, second = installation.declare(SENDGRID), installation.declare(OPENAI)
    with installation.world.app.event_log.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE events SET data = '{{}}' WHERE stream = '{first}' AND seq = 2")
    return first, second


def test_a_value_is_identified_all_the_same_and_what_cannot_be_told_is_said(installation, damaged):
    first, second = damaged
    value = installation.world.old[OPENAI]
    said = installation.bot("identify", "--stdin", stdin=value)
    assert (said.status, said.out.startswith("It STILL WORKS.")) == (3, True)
    assert f"Unknown whether {first} handles it. The log of {first} is damaged" in said.out.replace("\n", " ")
    assert f"Whether {second}" not in said.out
    assert installation.bot("identify", "--stdin", "--json", stdin=value).document["unread"] == [first]


@pytest.mark.usefixtures("damaged")
def test_the_others_are_declared_without_what_it_holds(installation):
    leak = ("-e", "production", "-n", "x", "--public", "--no-wait", "--yes")
    said = installation.bot("declare", SENDGRID, "stripe-secret-key", *leak)
    assert said.status == 2
    words = said.err.replace("\n", " ")
    assert f"{SENDGRID} is in an open incident that cannot be read" in words
    assert f"Leave it out to declare the others; to revoke it by hand: bot runbook {SENDGRID}" in words
    assert installation.bot("declare", "stripe-secret-key", *leak).status == 0


def test_what_is_damaged_is_marked_in_the_list_and_in_the_document(installation, damaged):
    first, second = damaged
    log = installation.world.app.event_log
    head = log.summary(first).head
    log.damages.tell(Damaged(first, "event 2 was changed"), "slack", head, datetime.now(UTC))
    listed = {each["incident"]: each for each in installation.bot("list", "--json").document}
    assert (listed[first]["damaged"], listed[second]["damaged"]) == (True, False)
    marked = f"DAMAGED: nothing runs for it. `bot show {first}` shows the damage."
    out = installation.bot("list").out
    assert (out.count("DAMAGED"), out.count(marked)) == (1, 1)
    shown = installation.bot("show", first, "--json")
    document = shown.document
    assert (shown.status, bool(document["damage"]), document["too_old"]) == (1, True, False)
    assert document["todos"] == document["offers"] == []
    assert any("DAMAGED" in warning for warning in document["warnings"])
    whole = installation.bot("show", second, "--json").document
    assert (whole["damage"], bool(whole["todos"])) == ("", True)


def test_what_is_next_of_a_damaged_one_is_done_by_hand(installation, damaged):
    first, _ = damaged
    said = installation.bot("show", first).out
    after = said.partition("Next (this incident takes no commands)")[2]
    assert f"bot log verify {first}" in after
    assert f"bot runbook {SENDGRID} -e production" in after
    typed = [line.strip() for line in said.splitlines() if line.startswith("  bot ")]
    assert {line.split()[1] for line in typed} <= {"log", "runbook"}
