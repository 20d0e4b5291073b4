"""A small set of rules for testing the log by itself, with the real `evolve`, and short ways to give commands."""

from __future__ import annotations

import re
from copy import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from bot.eventlog import Seal, open_event_log, rows
from bot.eventlog.chain import digest_of, digest_of_data
from bot.eventlog.tables import INCIDENTS
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Accepted, Actor, Strategy, Target, TargetKind
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.playbooks import Action, Playbook, PlaybookStep
from bot.model.secrets import Part, SecretEntry
from bot.model.timings import Timings
from bot.secrets.secret import Secret

AT = datetime(2026, 11, 25, 12, 0, 0, 5, tzinfo=UTC)
ANA = Actor("ana")


def rules(incident, envelope, free=0):
    """Declares, adds secrets, notes (``burst N``: N events; ``nothing``: none; ``fail``: an error), closes, reopens."""
    match envelope.body:
        case c.Declare() as body:
            if incident is not None:
                return ()
            declared = e.IncidentDeclared(
                incident=body.incident,
                environment=body.environment,
                title=body.title,
                how_noticed=body.how_noticed,
                public=body.public,
                playbook=body.playbook,
                timings=body.timings,
                detected_at=body.detected_at,
            )
            return (declared, *(_added(wanted) for wanted in body.secrets))
        case c.AddSecret(wanted):
            return (_added(wanted),)
        case c.AddNote("nothing"):
            return ()
        case c.AddNote("fail"):
            raise RuntimeError("the rules failed")
        case c.AddNote(text) if match := re.fullmatch(r"burst (\d+)", text):
            return tuple(e.NoteAdded(f"note {number}") for number in range(int(match[1])))
        case c.AddNote(text):
            return (e.NoteAdded(text),)
        case c.Settle((c.AttestDeath(secret, reason),)):
            return (e.DeathAttested(secret, reason),)
        case c.AddTask(title, owner, due, step):
            return (e.TaskAdded(f"t{len(incident.tasks) + 1}", title, owner, due, step),)
        case c.Settle((c.FinishTask(task),)):
            return (e.TaskDone(task),)
        case c.Close(reason, accept):
            return (e.IncidentClosed(reason, tuple(Accepted(key, key) for key in accept)),)
        case c.Reopen(reason):
            return (e.IncidentReopened(reason),)
    raise AssertionError(envelope)


def _added(wanted):
    return e.SecretAdded(wanted.secret, wanted.target, wanted.strategy, wanted.reason, wanted.replace)


def wanted(name):
    capabilities = Capabilities(makes=Makes.ISSUE, revokes=RevokedBy.MACHINE)
    entry = SecretEntry(name, name.title(), name, (Part("key", f"/production/{name}"),), capabilities=capabilities)
    return c.Wanted(entry, Target(TargetKind.ASSUMED), Strategy.KILL_FIRST, "it is public")


def declare(incident, *secrets, environment="production", at=AT, command_id=None):
    body = c.Declare(
        incident=incident,
        environment=environment,
        title=f"Leak in {incident}",
        how_noticed="seen in a public repository",
        public=True,
        playbook=Playbook(
            "secret-compromise", "Secret compromise", (PlaybookStep("revoke", "Revoke", actions=(*Action,)),)
        ),
        timings=Timings(),
        secrets=tuple(wanted(secret) for secret in secrets),
        detected_at=AT,
    )
    return c.Envelope(command_id or f"declare-{incident}", at, ANA, c.as_command(body))


def command(command_id, body, at=AT + timedelta(minutes=1)):
    return c.Envelope(command_id, at, ANA, c.as_command(body))


def note(command_id, text="seen"):
    return command(command_id, c.AddNote(text))


SEAL = Seal((Secret("11" * 32),))
"""That of the workers in these tests."""


def write_as_newer(event_log, incident, seal):
    """What a newer program writes: an event of a kind that this one does not know, sealed as all are. Gives the row."""
    last, data = event_log.rows(incident)[-1], '{"v":1}'
    row = replace(last, seq=last.seq + 1, kind="value-frozen", previous=last.digest, command_id="newer")
    row = replace(row, data=data, salt="00", data_digest=digest_of_data("00", data))
    row = replace(row, digest=digest_of(row))
    row = replace(row, seal=seal.make(row))
    with event_log.database.writing() as connection:
        rows.add(connection, [row])
        moved = update(INCIDENTS).where(INCIDENTS.c.incident == incident)
        connection.execute(moved.values(seq=row.seq, digest=row.digest))
    return row


def open_test_log(url, seal=SEAL, decide=rules):
    """The log as a worker has it; without a seal as everyone else."""
    return open_event_log(url, decide=decide, seal=seal)
