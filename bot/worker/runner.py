"""One operation from claim to result, in a thread of the pool."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from bot.errors import BotError, LogUnavailable, Refused
from bot.eventlog import Decision, Leadership, LostLock, SecretTaken
from bot.eventlog.sql import EventLog
from bot.incident import events as e
from bot.incident.approval.consent import unentitled
from bot.incident.commands import AddNote, Begin, Envelope, Finish, NoteLateOutcome
from bot.incident.model import BOT, OPERATOR, Right
from bot.incident.operations import OPERATIONS, Claim, Op, Work, does
from bot.incident.state import Incident
from bot.incident.work.rules import lane_of
from bot.logs import Logger
from bot.metrics import Metrics
from bot.model.fields import machine_id
from bot.net.limits import working_at
from bot.rotation import Job, Tools
from bot.worker.retries import failed
from bot.worker.trouble import Trouble

RECORD_PAUSE = 0.5
"""Seconds between tries to record an outcome while the database does not answer."""

_log = Logger(__name__)


@dataclass(frozen=True)
class Runner:
    """Claims work, carries it out and records the result.

    `entitled` says whether a person has a right at this moment. It is called before each revocation for everyone whose
    consent it needs.
    """

    event_log: EventLog
    leadership: Leadership
    operations: Mapping[Op, Callable[[Job], e.Outcome]]
    tools: Tools
    clock: Callable[[], datetime]
    stopping: threading.Event
    metrics: Metrics
    entitled: Callable[[str, Right], bool] = lambda _name, _right: True
    inform: Callable[[Incident], Incident] = lambda incident: incident
    """Tells the incident whom not to trust, and gives it as it is then."""

    def run(
        self,
        incident_id: str,
        work: Work,
        worker: str,
        instead_of: int | None = None,
        trouble: Trouble | None = None,
    ) -> bool:
        """Whether the log took a record of it. What could not be recorded is not begun.

        An outcome that cannot be recorded is kept and tried again; `trouble` begins with each time.
        LostLock passes through: then no outcome is recorded, and the operation is taken over.
        """
        if work.op is Op.REVOKE:
            self._check_consent(incident_id, work.subject)
        begin = Begin(work, worker, instead_of)
        decision = self.event_log.execute(incident_id, Envelope(uuid.uuid4().hex, self.clock(), BOT, begin))
        started = [r.event.claim for r in decision.events if isinstance(r.event, e.OperationStarted)]
        if not started or decision.incident is None:
            return False
        claim = started[0]
        with structlog.contextvars.bound_contextvars(incident=incident_id, operation=claim.op, lane=str(claim.lane)):
            outcome = self._carry_out(decision.incident, claim)
            self._record(incident_id, claim, outcome, trouble)
            self.metrics.operation(claim.op, _result(outcome))
        return True

    def _check_consent(self, incident_id: str, secret: str) -> None:
        """Removes the consents of people who may no longer give them. Refuses the claim if nothing else allows the
        revocation.
        """
        while True:
            incident = self._informed(self.event_log.load(incident_id), secret)
            withdraw = unentitled(incident, incident.secrets[secret], self.clock(), self.entitled)
            if withdraw is None:
                return
            self.event_log.execute(incident_id, Envelope(uuid.uuid4().hex, self.clock(), BOT, withdraw))
            _log.warning("not revoked: the approval was withdrawn", incident=incident_id, secret=secret)

    def _informed(self, incident: Incident, secret: str) -> Incident:
        """Glass broken at the worker's host depends on no one's trust, and works even if trust is unknown."""
        glass = incident.secrets[secret].glass
        return incident if glass is not None and glass.name == OPERATOR else self.inform(incident)

    def _carry_out(self, incident: Incident, claim: Claim) -> e.Outcome:
        job = Job(incident, claim, self.tools, partial(self._still_mine, incident, claim))
        _log.info("operation started", claim=claim.number, attempt=claim.attempt)
        try:
            self.leadership.check(claim.worker)
            with working_at(OPERATIONS[claim.op].priority):
                outcome = self.operations[claim.op](job)
        except LostLock:
            raise
        except BotError as error:
            _log.warning("operation failed", claim=claim.number, error=str(error))
            return failed(incident, claim, error, self.clock())
        except Exception as error:  # noqa: BLE001 - after any error the lane must not stay claimed
            # The text and the frames of a foreign error may hold a value: its class and place are enough.
            _log.error("operation failed", claim=claim.number, error=type(error).__name__, at=_place(error))
            return failed(incident, claim, error, self.clock())
        _log.info("operation ended", claim=claim.number, outcome=e.kind_of(outcome))
        return outcome

    def _still_mine(self, incident: Incident, claim: Claim) -> None:
        """LostLock, or Refused where a run was handed over since this operation began: it goes no further by itself."""
        self.leadership.check(claim.worker)
        if incident.routine and claim.number and lane_of(self.event_log.load(incident.id), claim.number) is None:
            what = does(claim.op)
            raise Refused("event log", what, f"{incident.id} was handed over: an incident deals with {claim.subject}")

    def _record(self, incident_id: str, claim: Claim, outcome: e.Outcome, trouble: Trouble | None) -> None:
        """Tries until the result is in the log, or the process is told to stop; then another worker takes over."""
        command_id = machine_id(f"finish-{claim.number}-{claim.worker}")
        while True:
            try:
                finish = Finish(outcome, claim.lane)
                decision = self.event_log.execute(incident_id, Envelope(command_id, self.clock(), BOT, finish))
                self._tell_successor(decision, claim)
            except LogUnavailable as error:
                _log.warning("outcome not recorded yet", claim=claim.number, error=str(error))
                if trouble is not None:
                    trouble.begins(str(error))
                if self.stopping.is_set():
                    return
                time.sleep(RECORD_PAUSE)
            except SecretTaken as taken:
                # It would reopen this incident, but another one deals with the secret by now: tell that one.
                self._tell_other(taken, incident_id)
                message = f"the old key of {taken.secret} was accepted again; {taken.incident} handles it now"
                outcome = e.OperationFailed(claim.number, claim.op, "SecretTaken", message, None)
            else:
                return

    def _tell_successor(self, decision: Decision, claim: Claim) -> None:
        """An outcome that came after its run was handed over: the incident that has the secret now sweeps up."""
        run = decision.incident
        successor = run.handed.get(claim.subject)
        if successor is None or not any(isinstance(each.event, e.OutcomeRefused) for each in decision.events):
            return
        note = NoteLateOutcome(claim.subject, run.id, claim.op)
        command_id = machine_id(f"late-{run.id}-{claim.number}-{claim.worker}")
        self.event_log.execute(successor, Envelope(command_id, self.clock(), BOT, note))

    def _tell_other(self, taken: SecretTaken, incident_id: str) -> None:
        note = AddNote(f"The key of {taken.secret} that {incident_id} found dead was accepted again.")
        command_id = machine_id(f"again-{incident_id}-{taken.secret}")
        self.event_log.execute(taken.incident, Envelope(command_id, self.clock(), BOT, note))


def _result(outcome: e.Outcome) -> str:
    """The word under which the metrics count it."""
    if not isinstance(outcome, e.OperationFailed):
        return "ok"
    return "failed" if outcome.retry_at is None else "retried"


def _place(error: BaseException) -> str:
    """File and line where a foreign error was raised, without any of its values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
