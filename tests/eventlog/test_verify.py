from copy import replace

import pytest
from sqlalchemy import text

from bot.errors import Misuse
from bot.eventlog.chain import StoredEvent, digest_of, digest_of_data
from bot.eventlog.verify import verify, verify_incident
from bot.incident import commands as c
from tests.support.event_logs import SEAL, command, declare, note, open_test_log


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The rows of an incident of six events."""
    event_log = open_test_log(f"sqlite:///{tmp_path_factory.mktemp('log')}/incidents.db")
    event_log.execute("inc_a", declare("inc_a", "openai"))
    for number in range(3):
        event_log.execute("inc_a", note(f"note-{number}", f"note {number}"))
    event_log.execute("inc_a", command("close", c.Close("done")))
    yield event_log.rows("inc_a")
    event_log.close()


def rechained(rows):
    """What an attacker who knows the format writes: every digest fresh."""
    fresh, previous = [], ""
    for number, row in enumerate(rows, start=1):
        digest = digest_of_data(row.salt, row.data)
        linked = replace(row, seq=number, previous=previous, data_digest=digest)
        fresh.append(replace(linked, digest=digest_of(linked)))
        previous = fresh[-1].digest
    return fresh


def test_an_untouched_log_holds(log):
    verdict = verify(log)
    assert verdict.ok
    assert verdict.findings == ()
    assert verdict.head == log[-1].head
    assert (verdict.events, verdict.anchored) == (6, False)
    assert "not anchored" in verdict.sentence
    assert verify([]).ok


def test_a_head_anchors_the_log_up_to_its_event(log):
    whole = verify(log, log[-1].head)
    assert whole.ok
    assert whole.anchored
    assert "ends in the head" in whole.sentence
    partly = verify(log, f" {log[3].head}\n")
    assert partly.anchored
    assert "up to event 4; the 2 after it are not" in partly.sentence


CHANGES = {
    "at": "2026-11-25T12:00:00.000006Z",
    "actor": "mallory",
    "kind": "step-done",
    "data": '{"text":"nothing happened","v":1}',
    "salt": "00" * 16,
    "data_digest": "0" * 64,
    "previous": "0" * 64,
    "digest": "0" * 64,
    "command_id": "another",
    "stream": "inc_b",
    "seq": 9,
    "seal": "v1:" + "0" * 64,
}


def test_every_column_is_tried():
    assert set(CHANGES) == {*StoredEvent.__struct_fields__}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("place", [0, 2, 5])
def test_a_change_of_any_column_of_any_event_shows(log, column, place):
    changed = list(log)
    changed[place] = replace(changed[place], **{column: CHANGES[column]})
    verdict = verify(changed, seal=SEAL)
    assert not verdict.ok
    assert any(f"event {changed[place].seq}" in finding for finding in verdict.findings)
    assert "does not hold" in verdict.sentence


def test_a_command_id_that_was_taken_away_shows(log):
    changed = list(log)
    changed[2] = replace(changed[2], command_id=None)
    assert "event 3 (note-added): its number, time, actor, kind, command" in verify(changed).findings[0]


def test_data_and_the_rest_are_told_apart(log):
    changed = list(log)
    changed[2] = replace(changed[2], data=CHANGES["data"])
    assert verify(changed).findings == ("event 3 (note-added): its data or salt was changed",)


@pytest.mark.parametrize(("gone", "said"), [([2], "event 3 is missing"), ([1, 2], "events 2 to 3 are missing")])
def test_removed_events_are_named(log, gone, said):
    left = [row for place, row in enumerate(log) if place not in gone]
    assert said in verify(left).findings


def test_a_removed_beginning_is_named(log):
    findings = verify(log[2:]).findings
    assert "events 1 to 2 are missing" in findings
    assert "event 3 (note-added) does not follow the event before it" in findings


def test_a_removal_hidden_by_new_numbers_shows(log):
    left = [*log[:2], *(replace(row, seq=row.seq - 1) for row in log[3:])]
    findings = verify(left).findings
    assert "event 3 (note-added) does not follow the event before it" in findings
    left = [replace(row, seq=number) for number, row in enumerate(log[2:], start=1)]
    assert not verify(left).ok


def test_swapped_events_are_named(log):
    swapped = [*log[:2], replace(log[3], seq=3), replace(log[2], seq=4), *log[4:]]
    findings = verify(swapped).findings
    assert any("event 3 (note-added): its number" in finding for finding in findings)
    assert any("event 4 (note-added): its number" in finding for finding in findings)


def test_rows_out_of_order_or_doubled_are_named(log):
    assert "event 3 is out of order" in verify([*log[:3], log[2], *log[3:]]).findings


def test_an_inserted_event_shows(log):
    forged = replace(log[2], data='{"text":"forged","v":1}', command_id="forged")
    forged = replace(forged, data_digest=digest_of_data(forged.salt, forged.data))
    forged = replace(forged, digest=digest_of(forged))
    inserted = [*log[:2], forged, *(replace(row, seq=row.seq + 1) for row in log[2:])]
    findings = verify(inserted).findings
    assert any("event 4 (note-added)" in finding for finding in findings)
    assert not any(finding.startswith("event 3") for finding in findings)


def test_a_cut_tail_shows_only_against_a_head(log):
    assert verify(log[:4]).ok
    verdict = verify(log[:4], log[-1].head)
    assert verdict.findings == ("the log ends with event 4, but event 6 was known: the events after 4 were cut off",)
    assert not verdict.anchored
    assert verify([], log[0].head).findings[0].startswith("the log ends with event 0")


def test_a_log_written_anew_shows_only_against_a_head(log):
    forged = rechained([replace(row, actor="mallory") for row in log])
    assert verify(forged).ok
    assert verify(forged, log[-1].head).findings == (
        "event 6 is not the one known under this number: the log was changed or rewritten",
    )


@pytest.mark.parametrize("head", ["", "6", "six:" + "0" * 64, "6:abc", "0:" + "0" * 64, "6:" + "G" * 64])
def test_a_malformed_head_is_a_misuse(log, head):
    with pytest.raises(Misuse, match="SEQ:DIGEST"):
        verify(log, head)


def test_the_database_is_verified_with_its_summary(event_log):
    event_log.execute("inc_a", declare("inc_a", "openai"))
    event_log.execute("inc_a", note("n"))
    head = event_log.head("inc_a")
    assert verify_incident(event_log, "inc_a", head).anchored
    with event_log.database.writing() as connection:
        connection.execute(text("DELETE FROM events WHERE seq = 3"))
    verdict = verify_incident(event_log, "inc_a")
    assert not verdict.ok
    assert verdict.findings[0].startswith(f"the summary knows event {head}, the log ends in 2:")
    with event_log.database.writing() as connection:
        connection.execute(text("DELETE FROM events"))
    assert "the log ends in nothing" in verify_incident(event_log, "inc_a").findings[0]
    with pytest.raises(Misuse, match="no incident inc_x"):
        verify_incident(event_log, "inc_x")


def test_ten_thousand_events_are_verified_quickly(tmp_path):
    event_log = open_test_log(f"sqlite:///{tmp_path}/incidents.db")
    event_log.execute("inc_a", declare("inc_a"))
    for number in range(10):
        event_log.execute("inc_a", note(f"burst-{number}", "burst 1000"))
    assert verify_incident(event_log, "inc_a").events == 10_001
    event_log.close()


def test_what_is_recorded_while_it_is_read_is_no_finding(event_log, monkeypatch):
    event_log.execute("inc_a", declare("inc_a", "openai"))
    read, written = event_log.rows, []

    def reading(incident):
        if len(written) < 2:
            written.append(event_log.execute("inc_a", note(f"note-{len(written)}")))
        return read(incident)

    monkeypatch.setattr(event_log, "rows", reading)
    verdict = verify_incident(event_log, "inc_a")
    assert verdict.findings == ()
    assert verdict.events == len(read("inc_a")) == 4
