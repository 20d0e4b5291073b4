"""Two people take words out of the log: the chain and its seals hold, and the words are nowhere."""

import json
from datetime import timedelta
from inspect import get_annotations
from pathlib import Path

import pytest

from bot.errors import Misuse
from bot.eventlog import open_event_log
from bot.eventlog.rebuild import rebuild
from bot.eventlog.verify import verify_incident
from bot.inbox import Declaration, RedactChoice, SecretChoice
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import proposal_digest
from bot.incident.model import BOT, Right
from bot.incident.overlap.strategy import incident_id
from bot.incident.record.redaction import REDACTED, TEXTS, without_texts
from bot.incident.stored import members, text_of
from bot.people import Person
from tests.inbox.test_inbox import ADA, OPENAI, START, Installation
from tests.support.event_logs import SEAL
from tests.support.events import BY_MACHINE, SAMPLES

VALUE = "nR4wTq82Lx05vBz7"


@pytest.fixture
def here(tmp_path):
    made = Installation(tmp_path)
    yield made
    made.event_log.close()


def noted(here, text=f"the password is {VALUE}"):
    incident = here.declared()
    here.put(incident, c.AddNote(text), command_id="note")
    return incident, here.answer("note").first


def propose(here, incident, *numbers, by="U0ADA", command_id="redact", reason="a password"):
    here.put(incident, RedactChoice(numbers, reason), by=by, command_id=command_id)
    return here.answer(command_id)


def agree(here, incident, by="U0BOB", command_id="agree"):
    state = here.event_log.load(incident)
    here.put(incident, c.ApproveProposal(proposal_digest(state, state.proposal)), by, command_id)
    return here.answer(command_id)


def in_files(folder):
    return [path.name for path in Path(folder).iterdir() if path.is_file() and VALUE.encode() in path.read_bytes()]


def test_two_people_take_a_note_out_and_all_still_holds(here, tmp_path):
    incident, number = noted(here)
    heads = [row.head for row in here.event_log.rows(incident)]
    assert propose(here, incident, number).accepted
    assert in_files(tmp_path), "one person alone takes nothing out"
    assert agree(here, incident).accepted
    assert in_files(tmp_path) == []
    verdict = verify_incident(here.event_log, incident, heads[-1])
    assert (verdict.ok, verdict.sealed, verdict.anchored, verdict.redacted) == (True, True, True, (number,))
    [last] = [r for r in here.event_log.events(incident) if isinstance(r.event, e.Redacted)]
    assert (last.actor, last.event.proposer, last.event.cut.seq) == ("bob", "ada", number)
    [note] = [r for r in here.event_log.events(incident) if isinstance(r.event, e.NoteAdded)]
    assert (note.seq, note.actor, note.event.text) == (number, "ada", REDACTED)
    [statement] = here.event_log.load(incident).statements
    assert (statement.text, statement.seq) == (REDACTED, number)
    row = here.event_log.rows(incident)[number - 1]
    assert (row.data, row.salt) == ("", "")
    here.put(incident, c.AddNote("life goes on"), command_id="next")
    assert here.answer("next").accepted


def test_other_processes_forget_the_words_too(here, tmp_path):
    incident, number = noted(here)
    others = [open_event_log(f"sqlite:///{tmp_path / 'log.sqlite'}", seal=seal) for seal in (SEAL, None)]
    assert all(VALUE in other.load(incident).statements[0].text for other in others)
    propose(here, incident, number)
    agree(here, incident)
    for other in others:
        assert other.load(incident).statements[0].text == REDACTED
        assert other.load(incident).redacted == (number,)
        assert other.events(incident, number - 1, 1)[0].event.text == REDACTED
        other.close()
    fresh = open_event_log(f"sqlite:///{tmp_path / 'log.sqlite'}", seal=SEAL)
    assert fresh.load(incident).seq == here.event_log.load(incident).seq
    assert rebuild(fresh).conflicts == ()
    fresh.close()


def test_a_title_and_a_notice_go_from_the_list_as_well(here, tmp_path):
    incident = incident_id("declare")
    words = Declaration(
        environment="production",
        secrets=(SecretChoice(OPENAI),),
        how_noticed=f"saw {VALUE}",
        public=True,
        title=f"{VALUE} leaked",
    )
    here.put(incident, words, command_id="declare")
    assert here.answer("declare").accepted
    assert VALUE in here.event_log.summary(incident).title
    assert propose(here, incident, 1).accepted
    agree(here, incident)
    assert (here.event_log.summary(incident).title, here.event_log.load(incident).how_noticed) == (REDACTED, REDACTED)
    assert in_files(tmp_path) == []
    here.put(incident, words, command_id="declare")  # redelivered: answered from the log
    assert here.answer("declare").accepted


def test_a_proof_that_repeats_the_words_goes_with_them(here, tmp_path):
    incident, number = noted(here)
    object.__setattr__(here.inbox.handler.decider.proofs, "word", True)
    by = here.inbox.by_slack("U0ADA")
    plain = type(by)(ADA, by.actor, lambda _statement: ("none", ""))
    here.client.put(incident, c.AddNote(f"and {VALUE}"), plain, "worded")
    second = here.answer("worded").first
    [proof] = [
        r for r in here.event_log.events(incident) if isinstance(r.event, e.CommandProven) and r.seq == second + 1
    ]
    assert VALUE in proof.event.statement["arguments"]
    propose(here, incident, number, second)
    agree(here, incident)
    assert here.event_log.load(incident).redacted == (number, second, second + 1)
    assert in_files(tmp_path) == []
    assert verify_incident(here.event_log, incident).ok


def test_reminders_of_a_task_go_with_its_title(here, tmp_path):
    incident = here.declared()
    here.put(incident, c.AddTask(f"change {VALUE}", "ada", here.now + timedelta(hours=1)), command_id="task")
    number = here.answer("task").first
    for days in (1, 2):
        here.now += timedelta(days=2)
        here.event_log.execute(incident, c.Envelope(f"day {days}", here.now, BOT, c.Tick()))
    events = here.event_log.events(incident)
    reminders = [r.seq for r in events if isinstance(r.event, e.Reminded)]
    assert len(reminders) == 2
    assert propose(here, incident, number).accepted
    assert agree(here, incident).accepted
    assert set(reminders) <= set(here.event_log.load(incident).redacted)
    assert in_files(tmp_path) == []
    assert verify_incident(here.event_log, incident).ok


NO_WORDS = frozenset({
    "audience", "before", "channel", "command", "copy", "decider", "details",
    "digest", "environment", "facts", "fingerprint", "html_digest", "inbox", "incident", "item", "items",
    "key_id", "obligation", "part", "place", "plan", "plans", "principal", "proof", "proposer", "readers", "role",
    "scopes", "secret", "secrets", "source", "step", "task", "to", "todo", "ts", "value", "what",
})  # fmt: skip
"""Fields with ids, names, places and answers, and what the machine has worded."""
WITH_THE_REST = frozenset({"signature", "statement", "subject"})
"""Fields that go where they repeat people's words."""


def test_of_what_people_do_every_field_is_taken_out_or_has_no_words():
    """Whoever adds one has to say which of the two it is."""
    kinds = set(e.KINDS.values()) - BY_MACHINE
    declared = [each for kind in kinds for base in kind.__mro__ for each in get_annotations(base).items()]
    assert {
        name
        for name, shape in declared
        if any(kind in shape for kind in ("str", "Name", "Words")) and "ClassVar" not in shape
    } - TEXTS == NO_WORDS | WITH_THE_REST
    summaries = {"summary"}  # an event has it as `text`
    assert {text_of(kind) for kind in members(c.Act)} - {""} - summaries <= TEXTS


def test_a_notices_reference_and_the_reason_of_a_distrust_go():
    sent = e.NoticeSent("authority", f"case {VALUE}", START, f"late: {VALUE}")
    changed = e.TrustChanged(1, "d" * 64, ("bob",), True, (f"bob is not trusted: {VALUE}",))
    for event in (sent, changed):
        left = without_texts(event)
        assert left is not None
        assert VALUE not in repr(left)
        assert without_texts(left) is None
    machine = e.Reminded("notice:authority", "the authority's notice", START)
    assert without_texts(machine) is None


def test_what_cannot_be_taken_out_is_said(here):
    incident, number = noted(here)
    with pytest.raises(Misuse, match="has no event 99"):
        here.client.rehearse(incident, RedactChoice((99,), "x"), here.inbox.by_slack("U0ADA"))
    captured = next(r.seq for r in here.event_log.events(incident) if isinstance(r.event, e.KillRequested))
    assert "holds no text that can be removed" in propose(here, incident, captured).reason
    assert "Name the events" in propose(here, incident, command_id="none").reason
    assert "may not respond" in propose(here, incident, number, by="U0EVE", command_id="eve").reason
    assert propose(here, incident, number, command_id="good").accepted
    assert "cannot be its second approver" in agree(here, incident, by="U0ADA").reason or "may not approve" in agree(
        here, incident, by="U0ADA", command_id="self").reason  # fmt: skip
    agree(here, incident, command_id="other")
    assert "holds no text that can be removed" in propose(here, incident, number, command_id="again").reason


def test_a_reason_with_the_value_is_refused_like_any_text(here):
    incident, number = noted(here)
    here.put(incident, RedactChoice((number,), "x" * 3001), command_id="long")
    assert "at most 3000 fit" in here.answer("long").reason


def test_it_goes_after_the_close_and_what_was_written_is_written_anew(here):
    incident, number = noted(here)
    event_log = here.event_log

    def record(*events):
        position = event_log.rows(incident)[-1]
        body = c.Envelope(f"r{position.seq}", here.now, PEOPLE_ADA, c.AddNote("closing"))
        event_log.execute(incident, body, also=events)

    record(
        e.ReportWritten(1, "reports/x.md", "d" * 64, "1:a", 2),
        e.DecisionRecorded(1, "decisions.md"),
        e.IncidentClosed(),
    )
    state = event_log.load(incident)
    assert (state.open, state.report.path, state.report.decisions) == (False, "reports/x.md", "decisions.md")
    assert propose(here, incident, number).accepted
    assert agree(here, incident).accepted
    state = event_log.load(incident)
    assert state.report.requested_at is not None
    assert state.report.decisions == ""


def test_a_row_that_somebody_blanked_is_damage(here):
    incident, number = noted(here)
    event_log = here.event_log
    with event_log.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE events SET data = '', salt = '' WHERE seq = {number}")
    verdict = verify_incident(event_log, incident)
    assert (verdict.ok, verdict.redacted) == (False, ())
    assert f"event {number} (note-added): its data or salt was changed" in verdict.findings


def test_what_stands_in_its_place_is_bound_to_the_event(here):
    """Neither another event's rest nor words of someone's own can be put there."""
    incident, number = noted(here)
    propose(here, incident, number)
    agree(here, incident)
    event_log = here.event_log
    [row] = [row for row in event_log.rows(incident) if row.kind == "redacted"]
    forged = json.loads(row.data)
    forged["cut"]["data"] = forged["cut"]["data"].replace(REDACTED, "all is well")
    with event_log.database.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET data = ? WHERE seq = ?", (json.dumps(forged), row.seq))
    assert not verify_incident(event_log, incident).ok


@pytest.mark.parametrize("kind", SAMPLES)
def test_of_every_kind_with_words_something_is_left_that_reads(kind):
    from bot.incident.codec import decode, encode

    for event in SAMPLES[kind]:
        left = without_texts(event)
        if left is not None:
            assert decode(kind, encode(left)) == left
            assert without_texts(left) is None


PEOPLE_ADA = Person("ada", slack="U0ADA", rights=frozenset({Right.RESPOND, Right.COMMAND})).actor
