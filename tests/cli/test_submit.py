"""A value on its way into the inbox: it goes again only where its announcement has surely come to nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.cli.submission import _announce
from bot.cli.terminal import Terminal
from bot.errors import BotError, ConfigurationError, LogUnavailable, Unauthorized
from bot.eventlog import Facts
from bot.inbox import AddChoice, SecretChoice
from bot.inbox.client import Asker
from bot.inbox.forgotten import FORGOTTEN_AFTER, clear_forgotten
from bot.incident import commands as c
from bot.incident.approval.proposals import proposal_digest
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.events import NoteAdded, SubmissionAnnounced
from bot.model.places import INBOX
from bot.secrets.secret import Secret
from bot.vault.contract import Version
from tests.inbox.test_inbox import Installation
from tests.support.event_logs import SEAL
from tests.support.incidents import BEN, CHLOE

STRIPE = "stripe-secret-key"
PARTS = {"key": Secret("a-value-from-the-console")}


class Staging:
    """A vault of which nothing but the staging area is asked."""

    def __init__(self) -> None:
        self.held = {}

    def stage(self, parameter, value) -> None:
        self.held[parameter] = (value, Version(1, datetime.now(UTC)))

    def history(self, parameter) -> list[Version]:
        return [self.held[parameter][1]]

    def staged(self, path) -> list[str]:
        return sorted(name for name in self.held if name.startswith(f"{path}/"))

    def unstage(self, parameter) -> None:
        self.held.pop(parameter, None)


class AtTerminal:
    """A terminal without the worker's access, on a log to which a worker may or may not answer."""

    def __init__(self, here) -> None:
        self.here, self.vault = here, Staging()
        self.incident = here.declared()
        here.put(self.incident, AddChoice(SecretChoice(STRIPE)), command_id="add")
        assert here.answer("add").accepted
        here.event_log.installation.publish(Facts("practice"), SEAL)
        self.asker = here.inbox.by_slack("U0ADA")
        self.terminal = Terminal()
        self.terminal.__dict__["application"] = SimpleNamespace(
            outside=SimpleNamespace(vault=self.vault), incidents=here.inbox.handler.decider.incidents,
            event_log=here.event_log, client=here.client, become_worker=self.become_worker,
            working=SimpleNamespace(commands=here.inbox.handler), log_name="",
            askers=SimpleNamespace(here=lambda: self.asker),
        )  # fmt: skip
        self.may_work = False

    def become_worker(self):
        if not self.may_work:
            raise Unauthorized("ssm", "read /bot/worker-key", "not allowed")

    def announce(self):
        return _announce(self.terminal, self.here.event_log.load(self.incident), STRIPE, PARTS)

    @property
    def left(self):
        return self.vault.staged(INBOX)

    def announced(self):
        return [r.event for r in self.here.event_log.events(self.incident) if isinstance(r.event, SubmissionAnnounced)]


@pytest.fixture
def at_terminal(tmp_path):
    here = Installation(tmp_path)
    yield AtTerminal(here)
    here.event_log.close()


def test_an_announcement_that_waits_leaves_the_value_for_the_worker(at_terminal, capsys):
    with pytest.raises(BotError, match="no worker has taken it yet"):
        at_terminal.announce()
    [parameter] = at_terminal.left
    assert "Not confirmed yet" in " ".join(capsys.readouterr().err.split())
    at_terminal.here.inbox.handler.round()
    [announced] = at_terminal.announced()
    assert parameter == f"{announced.inbox}/key"


@pytest.mark.parametrize("where", ["put", "answer"])
def test_a_database_that_did_not_confirm_may_have_kept_it(at_terminal, monkeypatch, where):
    inbox, at_terminal.may_work = at_terminal.here.event_log.inbox, True
    real = getattr(inbox, where)

    def lost(*given):
        real(*given)
        raise LogUnavailable("the connection broke")

    monkeypatch.setattr(inbox, where, lost)
    with pytest.raises(LogUnavailable):
        at_terminal.announce()
    monkeypatch.undo()
    assert len(at_terminal.left) == 1
    at_terminal.here.inbox.handler.round()
    assert len(at_terminal.announced()) == 1


def test_what_was_taken_stays_for_the_worker(at_terminal):
    at_terminal.may_work = True
    at_terminal.announce()
    assert (len(at_terminal.left), len(at_terminal.announced())) == (1, 1)


def test_what_the_rules_refuse_goes(at_terminal):
    at_terminal.may_work = True
    at_terminal.asker = at_terminal.here.inbox.by_slack("U0EVE")  # who has no rights
    with pytest.raises(BotError, match="may not respond"):
        at_terminal.announce()
    assert at_terminal.left == []


def test_what_was_never_put_goes(at_terminal):
    def cannot(_statement):
        raise ConfigurationError("Cannot determine your identity.")

    at_terminal.asker = Asker("nobody", at_terminal.asker.actor, cannot)
    with pytest.raises(ConfigurationError):
        at_terminal.announce()
    assert at_terminal.left == []


def test_what_nothing_came_of_is_cleared_away_after_an_hour_and_told(at_terminal):
    here, vault, incident = at_terminal.here, at_terminal.vault, at_terminal.incident
    told = []
    forgotten = f"{INBOX}/{incident}/{STRIPE}/0011223344556677"
    for parameter in (f"{forgotten}/key", f"{INBOX}/inc_zzzzzz/{STRIPE}/1/key", f"{INBOX}/proofs/{'0' * 32}"):
        vault.stage(parameter, Secret("a-value"))
    at_terminal.may_work = True
    at_terminal.announce()
    here.put(incident, c.AnnounceSubmission(STRIPE, "f" * 16), command_id="waits")
    vault.stage(f"{INBOX}/{incident}/{STRIPE}/{'f' * 16}/key", Secret("a-value"))
    before = at_terminal.left
    now = datetime.now(UTC)
    clear_forgotten(vault, here.event_log, now, lambda *said: told.append(said))
    assert at_terminal.left == before
    clear_forgotten(
        vault, here.event_log, now + FORGOTTEN_AFTER + timedelta(minutes=1), lambda *said: told.append(said)
    )
    assert at_terminal.left == [parameter for parameter in before if parameter != f"{forgotten}/key"]
    [(which, said)] = told
    assert (which, f"bot submit {incident} {STRIPE}" in said) == (incident, True)
    last = here.event_log.events(incident)[-1]
    assert (last.actor, last.event) == ("bot", NoteAdded(said, responder=False))


def test_what_lies_there_when_its_incident_is_closed_is_cleared_away_and_told(at_terminal):
    here, vault, incident = at_terminal.here, at_terminal.vault, at_terminal.incident
    told, late = [], datetime.now(UTC) + FORGOTTEN_AFTER + timedelta(minutes=1)
    at_terminal.may_work = True
    at_terminal.announce()
    clear_forgotten(vault, here.event_log, late, lambda *said: told.append(said))
    assert (len(at_terminal.left), told) == (1, [])
    steps = [c.SkipStep(step.definition.id, "not here") for step in here.event_log.load(incident).steps]
    left = acceptable(here.event_log.load(incident))
    keys = tuple(item.key for item in left)
    for number, body in enumerate([*steps, c.Close("it is over", keys, left_digest(left))]):
        here.event_log.execute(incident, c.Envelope(f"closes-{number}", here.now, CHLOE, body))
    proposal = here.event_log.load(incident).proposal
    agrees = c.ApproveProposal(proposal_digest(here.event_log.load(incident), proposal))
    here.event_log.execute(incident, c.Envelope("agrees", here.now, BEN, agrees))
    assert not here.event_log.load(incident).open
    seq = here.event_log.load(incident).seq
    clear_forgotten(vault, here.event_log, late, lambda *said: told.append(said))
    assert at_terminal.left == []
    [(which, said)] = told
    assert (which, f"never taken before {incident} was closed" in said) == (incident, True)
    assert here.event_log.load(incident).seq == seq


def test_what_was_brought_for_a_run_waits_for_the_incident_that_took_it_over(at_terminal, monkeypatch):
    here, vault, incident = at_terminal.here, at_terminal.vault, at_terminal.incident
    at_terminal.may_work = True
    inbox = f"{INBOX}/inc_zzzzzz/{STRIPE}/0011223344556677"
    vault.stage(f"{inbox}/key", Secret("a-value"))
    holder = here.event_log.load(incident)
    taken = holder.secrets[STRIPE]
    holder = replace(holder, secrets={STRIPE: replace(taken, new=replace(taken.new, inbox=inbox))})
    run = replace(holder, id="inc_zzzzzz", secrets={}, handed={STRIPE: incident})
    monkeypatch.setattr(here.event_log, "load", {run.id: run, incident: holder}.get)
    late = datetime.now(UTC) + FORGOTTEN_AFTER + timedelta(minutes=1)
    clear_forgotten(vault, here.event_log, late)
    assert at_terminal.left == [f"{inbox}/key"]
