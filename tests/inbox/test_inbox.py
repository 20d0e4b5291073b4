"""Commands on their way: put by a client, answered by a handler, one answer each."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import LogUnavailable, Misuse
from bot.eventlog import InboxRow, open_event_log
from bot.eventlog.turns import Turns, _here
from bot.inbox import Asker, Client, Declaration, Incidents, SecretChoice, Waits
from bot.inbox.proving import AT_MOST
from bot.incident import commands as c
from bot.incident.events import CommandRefused, NoteAdded
from bot.incident.model import Right
from bot.incident.overlap.strategy import incident_id
from bot.incident.refusals import Declined
from bot.model.timings import Timings
from bot.people import People, Person
from bot.proofs.statement import ProofKind, ProofUnchecked
from tests.slack.conftest import catalog, freeze
from tests.slack.states import PLAYBOOK
from tests.support.consents import SHOWN
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.inbox import inbox_of

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ADA, BOB = "slack:U0ADA", "slack:U0BOB"
OPENAI = "openai-api-key"
PEOPLE = People(
    (
        Person("ada", slack="U0ADA", rights=frozenset({Right.RESPOND, Right.COMMAND})),
        Person("bob", slack="U0BOB", rights=frozenset(Right)),
    )
)


class Installation:
    """A worker's incidents and inbox; nothing is answered before `answer`."""

    def __init__(self, folder) -> None:
        self.now = START
        self.event_log = open_event_log(empty_log(folder / "log.sqlite"), seal=SEAL)
        incidents = Incidents(
            self.event_log, catalog(), {"secret-compromise": PLAYBOOK}, Timings(), freeze, lambda: self.now
        )
        self.inbox = inbox_of(incidents, PEOPLE, lambda: self.now)
        self.told, self.waiting, self.paged = [], [], []
        self.inbox.handler.decider.tell = lambda row, said: self.told.append((row.claims, said))
        self.inbox.handler.decider.waits = lambda row, said: self.waiting.append((row.command, said))
        self.inbox.handler.expired = lambda row, said: self.paged.append((row.command, said))
        self.client = self.inbox.client

    def put(self, incident, command, by="U0ADA", command_id="c1", attempt=0):
        self.client.put(incident, command, self.inbox.by_slack(by), command_id, attempt)

    def answer(self, command_id="c1"):
        self.inbox.handler.round()
        return self.client.answer(command_id, 0)

    def declared(self):
        incident = incident_id("declare")
        self.put(
            incident,
            Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="a gist", public=True),
            command_id="declare",
        )
        assert self.answer("declare").accepted
        return incident

    def rows(self):
        return (
            self.event_log.database.engine.raw_connection()
            .driver_connection.execute(
                "SELECT command_id, state, arguments, claims, proof FROM commands ORDER BY number"
            )
            .fetchall()
        )


@pytest.fixture
def here(tmp_path):
    made = Installation(tmp_path)
    yield made
    made.event_log.close()


def test_a_command_is_recorded_by_whom_the_worker_knows_and_blanked(here):
    incident = here.declared()
    state = here.event_log.load(incident)
    assert (state.declared.name, list(state.secrets)) == ("ada", [OPENAI])
    here.put(incident, c.AddNote("seen"))
    answer = here.answer()
    assert (answer.accepted, answer.incident, answer.first) == (True, incident, answer.last)
    [noted] = [r for r in here.event_log.events(incident) if isinstance(r.event, NoteAdded)]
    assert (noted.actor, noted.event.text, noted.command_id) == ("ada", "seen", "c1")
    assert [row[1:] for row in here.rows()] == [("accepted", "", "", "")] * 2


def test_nothing_is_decided_before_a_worker_looks(here):
    incident = here.declared()
    here.put(incident, c.AddNote("seen"))
    assert here.client.answer("c1", 0) is None
    seq = here.event_log.load(incident).seq
    assert here.answer().first == seq + 1


def test_a_repeat_gets_the_first_answer_also_when_its_row_is_gone(here):
    incident = here.declared()
    here.put(incident, c.AddNote("seen"))
    first = here.answer()
    here.put(incident, c.AddNote("something else"))  # the same id again: the row that is there counts
    assert here.answer() == first
    here.now += timedelta(days=2)
    assert here.event_log.inbox.tidy(here.now) == 2
    here.put(incident, c.AddNote("seen"))
    assert here.answer() == first
    assert sum(isinstance(r.event, NoteAdded) for r in here.event_log.events(incident)) == 1


def test_what_the_rules_refuse_is_an_event_and_an_answer(here):
    incident = here.declared()
    here.put(incident, c.AttestDeath(OPENAI, "I say so"), by="U0EVE")
    answer = here.answer()
    assert (answer.accepted, "slack:U0EVE may not command" in answer.reason) == (False, True)
    last = here.event_log.events(incident)[-1]
    assert isinstance(last.event, CommandRefused)


@pytest.mark.parametrize(
    ("declaration", "why"),
    [
        (Declaration(environment="production", secrets=(SecretChoice("nope"),), how_noticed="x"), "no such secret"),
        (Declaration(environment="nowhere", secrets=(SecretChoice(OPENAI),), how_noticed="x"), "no such environment"),
        (Declaration(environment="production", secrets=(), how_noticed="x"), "at least one secret"),
        (
            Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="x", playbook="y"),
            "There is no playbook 'y'",
        ),
        (
            Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed=" "),
            "The text on how it was noticed is empty",
        ),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_with_a_sentence(here, declaration, why):
    here.put(incident_id("c1"), declaration)
    answer = here.answer()
    assert (answer.accepted, why in answer.reason) == (False, True), answer.reason
    with pytest.raises(Misuse, match=why):
        here.client.reply(answer)
    assert here.event_log.incidents() == []


def test_a_second_declaration_joins_the_first(here):
    incident = here.declared()
    here.put(
        incident_id("c1"),
        Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="me too"),
        by="U0BOB",
    )
    answer = here.answer()
    assert (answer.accepted, answer.incident, answer.joined, answer.last) == (True, incident, (OPENAI,), 0)
    assert here.client.reply(answer).events == ()


def test_a_declaration_whose_id_is_taken_gets_the_next(here):
    """Six characters can collide: the other incident is not this command's answer."""
    incidents = here.inbox.handler.decider.incidents
    stripe = Declaration(environment="production", secrets=(SecretChoice("stripe-secret-key"),), how_noticed="x")
    openai = Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed="earlier")
    resolver = incidents.resolver
    body = resolver.declared(
        incident_id("c1"), openai, (resolver.wanted(openai.secrets[0], openai, planned=False, comes=True),), here.now
    )
    here.event_log.execute(incident_id("c1"), c.Envelope("another", here.now, PEOPLE.named("bob").actor, body))
    here.put(incident_id("c1"), stripe)
    answer = here.answer()
    assert (answer.accepted, answer.incident) == (True, incident_id("c1", 1))
    assert list(here.client.reply(answer).incident.secrets) == ["stripe-secret-key"]


def test_a_text_with_a_secret_in_it_never_reaches_the_inbox(here):
    incident = here.declared()
    leaked = "sk-proj-" + "a1B2c3D4" * 6
    for command in (
        c.AddNote(f"it is {leaked}"),
        c.AddTask("t", leaked),
        c.BreakGlass({OPENAI: SHOWN}, f"see {leaked}"),
    ):
        with pytest.raises(Declined) as declined:
            here.put(incident, command)
        assert leaked not in str(declined.value)
    assert len(here.rows()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"incident": "inc_zzzzzz"},
        {"command_id": "c2"},
        {"at": "2026-11-25T03:00:00.000001Z"},
        {"claims": BOB},
        {"command": "record-finding"},
        {"arguments": '{"text":"another"}'},
        {"proof": "v1:" + "0" * 64},
        {"proof_kind": "at-worker"},
        {"proof_kind": "ssh"},
        {"proof_kind": "aws"},
        {"proof_kind": "none"},
        {"proof_kind": "moon"},
    ],
    ids=str,
)
def test_a_row_that_somebody_changed_is_refused(here, change):
    incident = here.declared()
    here.put(incident, c.RequestReport())
    seq = here.event_log.load(incident).seq
    columns = ", ".join(f"{name} = :{name}" for name in change)
    with here.event_log.database.writing() as connection:
        from sqlalchemy import text

        connection.execute(text(f"UPDATE commands SET {columns} WHERE command_id = 'c1'"), change)
    assert not here.answer(change.get("command_id", "c1")).accepted
    assert here.event_log.load(incident).seq == seq


def test_a_note_without_proof_is_recorded_as_unproven_and_nothing_else_is(here):
    incident = here.declared()
    nobody = Asker("local:root", PEOPLE.by_slack("U0ADA").actor, lambda _statement: (ProofKind.NONE, ""))
    here.client.put(incident, c.AddNote("hello"), nobody, "note")
    here.client.put(incident, c.KillNow(OPENAI, SHOWN), nobody, "kill")
    assert here.answer("note").accepted
    assert here.event_log.events(incident)[-1].actor == "local:root (unproven)"
    assert "Nothing proves who gives this command" in here.answer("kill").reason


def test_what_waited_too_long_is_refused_its_sender_told_and_somebody_paged(here):
    incident = here.declared()
    here.put(incident, c.RequestReport())
    here.now += AT_MOST + timedelta(seconds=1)
    answer = here.answer()
    assert (answer.accepted, "Send it again." in answer.reason) == (False, True)
    assert here.told == [(ADA, answer.reason)]
    assert [command for command, _ in here.paged] == ["request-report"]


def test_who_still_waits_reads_the_answer_and_is_not_told_twice(here):
    incident = here.declared()
    here.put(incident, c.AttestDeath(OPENAI, "x"), by="U0EVE")
    assert here.answer().reason
    assert here.told == []


class Away:
    """SSH, or STS, that cannot be asked until it is back."""

    def __init__(self) -> None:
        self.back = False
        self.asked = 0

    def check(self, *_):
        self.asked += 1
        if not self.back:
            raise ProofUnchecked("AWS could not be asked.")
        return PEOPLE.named("bob")


def by_ssh(here):
    away = Away()
    object.__setattr__(here.inbox.handler.decider.proofs, "ssh", away)
    return away, Asker("bob", PEOPLE.named("bob").actor, lambda _statement: (ProofKind.SSH, "signed"))


def test_what_could_not_be_asked_waits_and_is_asked_again(here):
    incident = here.declared()
    away, bob = by_ssh(here)
    here.client.put(incident, c.RequestReport(), bob, "c1")
    assert here.answer() is None
    assert here.waiting == [("request-report", "AWS could not be asked.")]
    assert here.answer() is None
    assert away.asked == 1, "asked again only after a while"
    here.put(incident, c.AddNote("meanwhile"), command_id="c2")
    assert here.answer("c2").accepted, "nothing else waits"
    away.back = True
    here.now += timedelta(seconds=3)
    assert here.answer().accepted
    assert (here.waiting, here.paged) == ([("request-report", "AWS could not be asked.")], [])


def test_a_newer_attempt_takes_the_place_of_one_that_waits(here):
    incident = here.declared()
    away, bob = by_ssh(here)
    here.client.put(incident, c.RequestReport(), bob, "c1")
    assert here.answer() is None
    here.now += timedelta(minutes=4)
    away.back = True
    here.client.put(incident, c.RequestReport(), bob, "c1", 1)
    assert here.answer().accepted
    assert {row[1] for row in here.rows()} == {"accepted"}
    assert here.event_log.load(incident).report.requested_at is not None


def test_after_a_quarter_of_an_hour_it_is_asked_for_anew_and_somebody_paged(here):
    incident = here.declared()
    _, bob = by_ssh(here)
    for attempt in range(4):
        here.client.put(incident, c.RequestReport(), bob, "c1", attempt)
        assert here.answer() is None
        here.now += timedelta(minutes=4)
    answer = here.answer()
    assert (answer.accepted, "more than 15 minutes: AWS could not be asked." in answer.reason) == (False, True)
    assert here.paged == [("request-report", answer.reason)]


def test_the_client_says_that_it_waits(here):
    incident = here.declared()
    here.client.patience = 0.0
    with pytest.raises(Waits, match="It is decided as soon as one runs"):
        here.client.do(incident, c.RequestReport(), here.inbox.by_slack("U0ADA"), "c1")
    assert here.answer().accepted


def test_whoever_looks_is_told_where_no_worker_runs(here):
    incident = here.declared()
    living = ["w"]
    here.client.living = lambda: living
    here.put(incident, c.AddNote("seen"))
    assert here.client.unattended() == 0
    living.clear()
    assert here.client.unattended() == 1
    here.answer()
    assert here.client.unattended() == 0


def test_a_command_of_another_version_is_refused(here):
    incident = here.declared()
    for number, (kind, arguments) in enumerate(
        [("begin", "{}"), ("moon", "{}"), ("add-note", "[]"), ("add-note", "{"), ("add-note", '{"x":' + "[" * 20_000)]
    ):
        row = InboxRow(f"x{number}", 0, incident, "2026-11-25T03:00:00.000000Z", ADA, kind, arguments, "slack", "v1:0")
        here.event_log.inbox.put(row)
        assert "another version of the bot" in here.answer(f"x{number}").reason


def test_what_can_neither_be_read_nor_put_off_is_refused_and_holds_up_nothing(here):
    incident, decider = here.declared(), here.inbox.handler.decider

    def unreadable(row, _command):
        if row.command_id == "bad":
            raise MemoryError

    decider._secret_in = unreadable
    here.put(incident, c.AddNote("bad"), command_id="bad")
    here.put(incident, c.AddNote("good"), command_id="good")
    here.now += 2 * AT_MOST
    for _ in range(2):
        here.inbox.handler.round()
    assert here.client.answer("bad", 0).reason
    assert here.client.answer("good", 0)
    assert here.event_log.inbox.waits() == 0


def test_too_large_a_command_is_not_taken(here):
    incident = here.declared()
    with pytest.raises(Misuse, match="larger than 64 KiB"):
        here.put(incident, c.AddNote("x" * 70_000))


def test_another_workers_answer_counts(here):
    """Two workers decide at the same time: what the second would have written is not."""
    incident = here.declared()
    here.put(incident, c.AddNote("seen"))
    [row] = here.event_log.inbox.waiting()
    refusals = []
    here.inbox.handler._answer(row, refusals, leads=True)
    seq = here.event_log.load(incident).seq
    here.inbox.handler._answer(row, refusals, leads=True)
    here.inbox.handler._refuse(refusals)
    assert here.event_log.load(incident).seq == seq
    assert here.client.answer("c1", 0).accepted


def test_a_database_that_is_away_refuses_nothing(here, monkeypatch):
    incident = here.declared()
    here.put(incident, c.AddNote("seen"))

    def away(*_args, **_more):
        raise LogUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(here.event_log, "execute", away)
        assert here.answer() is None
        assert here.inbox.handler.trouble == "the disk is full"
    here.now += timedelta(seconds=3)
    assert here.answer().accepted


def test_of_several_workers_one_takes_commands_at_once(here):
    incident = here.declared()
    here.put(incident, c.AddNote("seen"))
    here.inbox.handler.round(leads=False)
    assert here.client.answer("c1", 0) is None
    here.now += timedelta(seconds=3)
    here.inbox.handler.round(leads=False)
    assert here.client.answer("c1", 0).accepted


def test_the_thread_answers_by_itself(here):
    incident = here.declared()
    here.inbox.handler.start(lambda: True)
    try:
        reply = here.client.do(incident, c.AddNote("seen"), here.inbox.by_slack("U0ADA"), "c1")
    finally:
        here.inbox.handler.stop()
    assert (reply.incident.statements[-1].text, reply.refused) == ("seen", "")


def test_looks_for_an_answer_get_rarer_the_longer_it_takes(here):
    slept, now = [], [0.0]

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    client = Client(here.client.incidents, lambda: "x", lambda: here.now, monotonic=lambda: now[0], sleep=sleep)
    assert client.answer("nobody-asked", 5.0) is None
    assert slept == sorted(slept[:-1]) + slept[-1:]
    assert (slept[0], max(slept)) == (0.01, 0.25)
    assert sum(slept) == pytest.approx(5.0)
    assert len(slept) < 40


def test_a_persons_command_does_not_queue_behind_the_machine(here, monkeypatch):
    """While others wait for the incident and for the database, whoever answers gets both before them."""
    incident = here.declared()
    first = []
    enter = Turns.__enter__
    monkeypatch.setattr(Turns, "__enter__", lambda turns: (first.append(getattr(_here, "first", False)), enter(turns)))
    here.put(incident, c.AddNote("it is still there"))
    first.clear()
    assert here.answer().accepted
    assert any(first)
    assert not getattr(_here, "first", False)
