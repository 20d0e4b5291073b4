"""Commands at the worker once someone, or Slack, is not trusted, however those who give them prove themselves."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from bot.errors import Misuse
from bot.eventlog import INSTALLATION, Damaged, InboxRow, open_event_log
from bot.eventlog.forms import format_time
from bot.eventlog.tables import COMMANDS, EVENTS
from bot.inbox import Asker, Declaration, Incidents, SecretChoice
from bot.inbox.attempts import refused
from bot.inbox.client import ANSWERED_ANOTHER
from bot.inbox.proving import is_consent
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import BOT, OPERATOR, Actor, Right, Strategy
from bot.model.departures import Leaver
from bot.model.timings import Timings
from bot.people import People, Person
from bot.proofs.keyed import KeyedProofs
from bot.proofs.statement import ProofKind
from bot.trust import RESTORED_AFTER, Depart, Distrust, RestoreHere, Trust
from bot.worker.trust import Informer
from tests.slack.conftest import catalog, freeze
from tests.slack.states import PLAYBOOK
from tests.support.consents import SHOWN, shown
from tests.support.departures import DEPARTURE
from tests.support.event_logs import SEAL
from tests.support.inbox import WORKER_KEY, inbox_of

ROLE = "arn:aws:iam::123456789012:role/Responders"
KEY, DATABASE = "openai-api-key", "database-url"


def user(name):
    return f"arn:aws:iam::123456789012:user/{name}"


def session(role, name):
    return f"arn:aws:sts::123456789012:assumed-role/{role}/{name}"


PEOPLE = People((
    Person("ada", slack="U0ADA", principal=user("ada"), rights=frozenset(Right), telephone="+4930123"),
    Person("ben", slack="U0BEN", principal=user("ben"), rights=frozenset({Right.RESPOND, Right.APPROVE})),
    Person("dan", slack="U0DAN", principal=user("dan"), rights=frozenset({Right.RESPOND, Right.COMMAND})),
    Person("night shift", principal=ROLE, rights=frozenset({Right.RESPOND, Right.COMMAND}), shared=True),
    Person("fay", principal=session("Responders", "fay"), rights=frozenset({Right.RESPOND})),
    Person("eve", principal=user("eve")),
))  # fmt: skip


@dataclass(frozen=True)
class Caller:
    arn: str
    key_id: str = ""


class Aws:
    """The proof is the ARN itself: who can prove what by AWS is tested elsewhere."""

    def check(self, _statement, proof, _now):
        return Caller(proof)

    def forget(self, _proof):
        """Nothing was left."""


class Place:
    def __init__(self, folder) -> None:
        self.url = f"sqlite:///{folder / 'log.sqlite'}"
        self.event_log = open_event_log(self.url, seal=SEAL)
        self.now = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
        self.incidents = Incidents(
            self.event_log, catalog(), {"secret-compromise": PLAYBOOK}, Timings(), freeze, self.clock
        )
        self.inbox = inbox_of(self.incidents, PEOPLE, self.clock, aws=Aws())
        self.informer = Informer(self.event_log, self.clock)
        self.commands = 0

    def clock(self):
        self.now += timedelta(seconds=0.001)
        return self.now

    def answer(self, command, asker, incident=INSTALLATION):
        """What the worker makes of a command."""
        self.commands += 1
        command_id = f"c{self.commands}"
        known = self.event_log.load(incident) if self.event_log.summary(incident) is not None else None
        self.inbox.client.put(incident, shown(known, command), asker, command_id)
        self.inbox.handler.round()
        return self.inbox.client.answer(command_id, 0)

    def refused(self, command, asker, incident=INSTALLATION):
        answer = self.answer(command, asker, incident)
        assert not answer.accepted
        return answer.reason

    def does(self, command, asker, incident=INSTALLATION):
        answer = self.answer(command, asker, incident)
        assert answer.accepted, answer.reason
        return answer

    def slack(self, name):
        return self.inbox.by_slack(PEOPLE.named(name).slack)

    def aws(self, name):
        return self.arn(PEOPLE.named(name).principal)

    def arn(self, arn):
        return Asker(arn, Actor("x"), lambda _statement: (ProofKind.AWS, arn))

    def at_worker(self):
        keyed = KeyedProofs.at_worker(WORKER_KEY)
        return Asker(OPERATOR, Actor(OPERATOR), lambda statement: (ProofKind.AT_WORKER, keyed.make(statement)))

    def declare(self, asker, *names, **more):
        choices = tuple(SecretChoice(name, Strategy.KILL_FIRST) for name in names or (KEY,))
        return self.does(
            Declaration(environment="production", secrets=choices, how_noticed="a paste", **more), asker, "inc_aaaaaa"
        ).incident

    def informed(self, incident):
        """The incident once the worker has looked at it."""
        return self.informer.inform(self.incidents.load(incident))


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.event_log.close()


# --- the machine's own ids --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command_id", ["trust-1-after-0", "bot:trust-1-after-0", "bot:finish-8-w"])
def test_nobody_plants_an_id_by_which_the_machine_would_believe_that_an_incident_knows(place, command_id):
    """Whoever may put commands can foretell it, and a note needs no proof."""
    incident = place.declare(place.aws("ada"))
    place.event_log.inbox.put(unproven(command_id, 0, incident, format_time(place.now)))
    place.inbox.handler.round()
    accepted = place.event_log.inbox.answer(command_id).accepted
    assert accepted is (command_id == "trust-1-after-0"), "it is an id like others since the machine has its own"
    place.does(Distrust("slack", "someone is in there"), place.aws("ada"))
    assert place.informed(incident).slack_untrusted


def test_an_event_of_a_persons_under_an_id_of_the_machines_is_no_repeat(place):
    incident = place.declare(place.aws("ada"))
    planted = c.Envelope("bot:trust-1-after-0", place.now, Actor("local:x (unproven)"), c.AddNote("x"))
    place.event_log.execute(incident, planted)
    place.does(Distrust("slack", "someone is in there"), place.aws("ada"))
    with pytest.raises(Damaged, match="has the id of a command that it did not come of"):
        place.informed(incident)


# --- another command under someone's id ------------------------------------------------------------------------------


def unproven(command_id, attempt, incident, at):
    return InboxRow(command_id, attempt, incident, at, "local:x", "add-note", '{"text": "x"}', "none", "")


def test_an_attempt_that_says_something_else_does_not_answer_the_command(place):
    """A note needs no proof, and is decided while that of the command is still being checked."""
    incident = place.declare(place.aws("ada"))
    said = place.inbox.client.put(INSTALLATION, Distrust("slack", "taken over"), place.aws("ada"), "c9")
    place.event_log.inbox.put(unproven("c9", 99, incident, format_time(place.now)))
    place.inbox.handler.round()
    answer = place.inbox.client.answer("c9", 0, said)
    assert (answer.accepted, answer.incident) == (True, INSTALLATION)
    assert not place.event_log.trust.current().slack
    assert not [each for each in place.event_log.events(incident) if isinstance(each.event, e.NoteAdded)]


@pytest.mark.parametrize("attempt", [0, 99])
def test_who_foretells_an_id_is_answered_and_nobody_else_believes_it(place, attempt):
    incident = place.declare(place.aws("ada"))
    place.event_log.inbox.put(unproven("c9", attempt, incident, format_time(place.now)))
    said = place.inbox.client.put(INSTALLATION, Distrust("slack", "taken over"), place.aws("ada"), "c9")
    place.inbox.handler.round()
    assert place.inbox.client.answer("c9", 0).accepted, "the note"
    answer = place.inbox.client.answer("c9", 0, said)
    assert (answer.accepted, answer.reason) == (False, ANSWERED_ANOTHER)
    assert place.event_log.trust.current().slack


@pytest.mark.parametrize(
    ("own", "claimed"),
    [
        (user("dan"), user("ada")),
        (session("Responders", "gus"), session("Responders", "ina")),
        (session("Responders", "gus"), ROLE),
        (user("dan"), "dan"),
        (user("dan"), ""),
    ],
)
def test_a_proof_of_ones_own_is_none_of_a_command_in_another_name(place, own, claimed):
    """Whoever knows someone's command word for word would have it decided as theirs, and the honest one is told that
    it was accepted; sessions of one role are several people, and a name that no terminal writes is nobody's.
    """
    command = Distrust("slack", "taken over")
    place.inbox.client.put(INSTALLATION, command, replace(place.arn(own), claims=claimed), "c9")
    place.inbox.handler.round()
    answer = place.inbox.client.answer("c9", 0)
    assert (answer.accepted, "which is given in another name" in answer.reason) == (False, True)
    assert place.event_log.trust.current().slack


def test_what_an_attempt_said_that_came_to_nothing_is_still_known(place):
    """A terminal signs again what could not be checked in time."""
    inbox, at = place.event_log.inbox, format_time(place.now)
    place.inbox.client.put(INSTALLATION, Distrust("slack", "taken over"), place.aws("ada"), "c9")
    place.inbox.client.put(INSTALLATION, Distrust("slack", "taken over"), place.aws("ada"), "c9", 7)
    inbox.put(unproven("c9", 99, "inc_aaaaaa", at))
    first, again, others = (inbox.read(head.number) for head in inbox.waiting())
    assert inbox.refuse([refused(first, "", "its proof is too old")], place.now) == []
    query = select(COMMANDS.c.arguments, COMMANDS.c.answer).where(COMMANDS.c.number == first.number)
    with place.event_log.database.reading() as connection:
        assert connection.execute(query).one() == ("", ""), "a front may read the answer, and not what others said"
    assert inbox.is_of_its_command(again)
    assert not inbox.is_of_its_command(others)


# --- a person -------------------------------------------------------------------------------------------------------


def test_a_distrusted_responders_press_and_command_are_refused(place):
    incident = place.declare(place.aws("ada"))
    place.does(c.AddNote("I am here"), place.slack("ben"), incident)
    place.does(Distrust("ben", "his laptop is gone"), place.aws("ada"))
    for asker in (place.slack("ben"), place.aws("ben")):
        for command in (c.KillNow(KEY, SHOWN), c.AddNote("I am still here")):
            said = place.refused(command, asker, incident)
            assert "ben is not trusted: said by ada" in said
            assert "Their word does not count" in said
    place.does(c.AddNote("and I"), place.slack("dan"), incident)


def test_all_that_they_consented_to_is_void_before_the_kill(place):
    incident = place.declare(place.slack("ben"))
    assert place.incidents.load(incident).secrets[KEY].kill.name == "ben"
    place.does(Distrust("ben", "gone"), place.aws("dan"))
    after = place.informed(incident)
    assert after.secrets[KEY].kill is None
    assert after.trust.people == ("ben",)
    assert after.milestones[-1] == "a person is no longer trusted"
    place.does(c.KillNow(KEY, SHOWN), place.aws("ada"), incident)
    assert place.informed(incident).secrets[KEY].kill.name == "ada", "others decide anew, and are not void"


def test_broken_glass_too(place):
    incident = place.declare(place.arn(user("nobody")))
    place.does(c.BreakGlass({KEY: SHOWN}, "abuse"), place.aws("ben"), incident)
    place.does(Distrust("ben", "gone"), place.aws("dan"))
    assert place.informed(incident).secrets[KEY].glass is None


def test_an_incident_declared_later_knows_it_as_well(place):
    place.does(Distrust("ben", "gone"), place.aws("dan"))
    assert "ben is not trusted" in place.refused(
        Declaration(environment="production", secrets=(SecretChoice(KEY),), how_noticed="x"),
        place.slack("ben"),
        "inc_aaaaaa",
    )
    assert place.informed(place.declare(place.aws("ada"))).trust.people == ("ben",)


def test_telling_an_incident_twice_is_one_event(place):
    incident = place.declare(place.aws("ada"))
    place.does(Distrust("ben", "gone"), place.aws("dan"))
    place.informed(incident)
    seq = place.incidents.load(incident).seq
    assert place.informed(incident).seq == seq
    changes = [r for r in place.incidents.events(incident) if isinstance(r.event, e.TrustChanged)]
    assert [(r.actor, r.event.people) for r in changes] == [("bot", ("ben",))]


@pytest.mark.parametrize("who", ["ben", "night shift"])
def test_who_may_not_command_takes_nobodys_trust(place, who):
    if who == "ben":
        assert "may not command" in place.refused(Distrust("ada", "x"), place.aws(who))
    else:
        place.does(Distrust("ada", "x"), place.aws(who))


def test_nobody_is_distrusted_whom_the_people_file_does_not_have(place):
    said = place.refused(Distrust("mallory", "x"), place.aws("ada"))
    assert said == "The people file has no 'mallory'; it has slack, ada, ben, dan, night shift, fay, eve."


# --- back again -----------------------------------------------------------------------------------------------------


def test_one_person_gives_no_trust_back_two_do(place):
    place.does(Distrust("ben", "gone"), place.aws("ada"))
    place.does(Trust("ben", "found"), place.aws("ada"))
    assert "Another person must agree" in place.refused(Trust("ben", "found"), place.aws("ada"))
    assert place.event_log.trust.current().people == ("ben",)
    place.does(Trust("ben", "seen it"), place.aws("dan"))
    assert place.event_log.trust.current().people == ()
    place.does(c.AddNote("back"), place.slack("ben"), place.declare(place.aws("ada")))


def test_they_themselves_are_none_of_the_two(place):
    place.does(Distrust("ben", "gone"), place.aws("ada"))
    place.does(Trust("ben", "found"), place.aws("ada"))
    assert "ben is not trusted" in place.refused(Trust("ben", "it is me"), place.aws("ben"))


def test_neither_is_anybody_by_slack_nor_by_a_role_alone_nor_at_the_workers_host(place):
    place.does(Distrust("ben", "gone"), place.aws("ada"))
    place.does(Trust("ben", "found"), place.aws("ada"))
    assert "not decided in Slack" in place.refused(Trust("ben", "x"), place.slack("dan"))
    assert "known only by a role that others share" in place.refused(Trust("ben", "x"), place.aws("night shift"))
    assert "you can only declare a compromise" in place.refused(Trust("ben", "x"), place.at_worker())
    assert place.event_log.trust.current().people == ("ben",)


def test_slack_takes_nobodys_trust(place):
    """Whoever holds the front's key could shut all defenders out."""
    assert "not decided in Slack" in place.refused(Distrust("ada", "x"), place.slack("dan"))


# --- a role ---------------------------------------------------------------------------------------------------------

EVE = session("Responders", "eve")


def test_who_comes_by_the_role_of_an_entry_is_not_trusted_with_it(place):
    incident = place.declare(place.aws("ada"))
    place.does(c.AddNote("I am here"), place.arn(EVE), incident)
    place.does(Distrust("night shift", "the role is stolen"), place.aws("ada"))
    for command in (c.KillNow(KEY, SHOWN), c.AddNote("I am still here"), c.BreakGlass({KEY: SHOWN}, "I want to")):
        assert "night shift is not trusted: said by ada" in place.refused(command, place.arn(EVE), incident)
    for command in (Distrust("ada", "x"), Trust("night shift", "x"), Depart("ada", "x")):
        assert "night shift is not trusted" in place.refused(command, place.arn(EVE))
    place.does(c.AddNote("by a session that is mine"), place.aws("fay"), incident)


def test_all_that_they_consented_to_is_void_as_well(place):
    incident = place.declare(place.arn(EVE))
    place.does(c.BreakGlass({KEY: SHOWN}, "it is public"), place.arn(EVE), incident)
    before = place.informed(incident).secrets[KEY]
    assert {before.kill.name, before.glass.name, before.author.name} == {EVE}
    place.does(Distrust("night shift", "the role is stolen"), place.aws("ada"))
    after = place.informed(incident).secrets[KEY]
    assert (after.kill, after.glass, after.author) == (None, None, None)


def test_an_incident_that_knows_no_accounts_yet_is_told_them(place):
    incident = place.declare(place.arn(EVE))
    place.does(Distrust("night shift", "the role is stolen"), place.aws("ada"))
    trust = place.event_log.trust.position()
    tell = c.TellTrust(trust.seq, trust.digest, trust.state.people, trust.state.slack)
    known = place.event_log.execute(incident, c.Envelope("as it was told before", place.clock(), BOT, tell)).incident
    assert known.secrets[KEY].kill is not None
    after = place.informed(incident)
    assert (after.secrets[KEY].kill, after.trust.accounts) == (None, (ROLE,))
    assert place.informed(incident) == after


def test_whoever_comes_by_a_role_does_not_let_its_entry_go(place):
    said = place.refused(Depart("night shift", "x"), place.arn(EVE))
    assert said.startswith("Someone else than the person leaving must")


# --- Slack ----------------------------------------------------------------------------------------------------------


def test_nothing_that_comes_from_slack_counts(place):
    incident = place.declare(place.aws("ada"))
    place.does(Distrust("slack", "the workspace was taken over"), place.aws("dan"))
    for name in ("ada", "ben"):
        said = place.refused(c.KillNow(KEY, SHOWN), place.slack(name), incident)
        assert said.startswith("Nothing that comes from Slack counts now.")
        assert "taken over" not in said, "whoever reads it there may be the wrong person"
    place.does(c.AddNote("by the terminal"), place.aws("ada"), incident)
    after = place.informed(incident)
    assert after.slack_untrusted
    assert after.milestones[-1] == "Slack is no longer trusted"


def test_consent_given_in_slack_is_void_and_that_of_terminals_is_not(place):
    incident = place.declare(place.slack("ada"), KEY, DATABASE)
    place.does(c.BreakGlass({DATABASE: SHOWN}, "abuse"), place.aws("ben"), incident)
    before = place.incidents.load(incident)
    assert before.secrets[KEY].kill is not None
    place.does(Distrust("slack", "taken over"), place.aws("dan"))
    after = place.informed(incident)
    assert after.secrets[KEY].kill is None
    assert after.secrets[DATABASE].glass.name == "ben"


def test_slack_trusted_again_leaves_void_what_was(place):
    incident = place.declare(place.slack("ada"))
    place.does(Distrust("slack", "taken over"), place.aws("dan"))
    place.informed(incident)
    place.does(Trust("slack", "cleaned"), place.aws("dan"))
    place.does(Trust("slack", "cleaned"), place.aws("ben"))
    after = place.informed(incident)
    assert not after.slack_untrusted
    assert after.secrets[KEY].kill is None
    place.does(c.KillNow(KEY, SHOWN), place.slack("ada"), incident)


# --- an incident without Slack --------------------------------------------------------------------------------------


def test_of_an_incident_without_slack_a_front_can_do_and_learn_nothing(place):
    incident = place.declare(place.aws("ada"), out_of_slack=True)
    refusals = {
        place.refused(c.KillNow(KEY, SHOWN), place.slack("ada"), incident),
        place.refused(
            Declaration(environment="production", secrets=(SecretChoice(KEY),), how_noticed="x"),
            place.slack("ada"),
            "inc_bbbbbb",
        ),
    }
    assert refusals == {"This cannot be done from Slack. At a terminal: `bot list`, `bot declare`."}
    place.does(c.AddNote("the terminal goes on"), place.aws("ben"), incident)


def test_one_in_slack_takes_no_secret_of_one_without(place):
    from bot.inbox import AddChoice

    place.declare(place.aws("ada"), out_of_slack=True)
    other = Declaration(
        environment="production", secrets=(SecretChoice(DATABASE, Strategy.KILL_FIRST),), how_noticed="another"
    )
    known = place.does(other, place.slack("ada"), "inc_bbbbbb").incident
    said = place.refused(AddChoice(SecretChoice(KEY)), place.slack("ada"), known)
    assert said.startswith("This cannot be done from Slack")


def test_whoever_left_is_known_by_the_same_session_of_another_role(place):
    """Who can assume that role too has an account without an entry there, and would be a stranger."""
    incident = place.declare(place.aws("ada"))
    elsewhere = place.arn(session("OnCall", "fay"))
    place.does(c.AddNote("still here"), elsewhere, incident)
    place.does(Depart("fay", "last day"), place.aws("ada"))
    assert "fay has left" in place.refused(c.AddNote("still here"), elsewhere, incident)
    place.does(c.AddNote("me too"), place.arn(session("OnCall", "ada")), incident)


# --- the worker's host ----------------------------------------------------------------------------------------------


def test_at_the_workers_host_an_operator_declares_without_rights_and_breaks_glass(place):
    incident = place.declare(place.at_worker())
    declared = place.incidents.load(incident)
    assert (declared.declared.name, declared.secrets[KEY].kill) == (OPERATOR, None), "it kills nothing by itself"
    for command in (c.KillNow(KEY, SHOWN), c.AddNote("x"), c.Close("x"), c.ApprovePlan("d"), Distrust("ada", "x")):
        assert "you can only declare a compromise, break glass and give trust back." in place.refused(
            command, place.at_worker(), incident
        )
    place.does(c.BreakGlass({KEY: SHOWN}, "nobody can prove anything"), place.at_worker(), incident)
    after = place.incidents.load(incident)
    assert after.secrets[KEY].glass.name == OPERATOR
    assert after.alerts == ("glass was broken by an unidentified operator: a key is revoked without a second approver",)
    proven = [r.event.proof for r in place.incidents.events(incident) if isinstance(r.event, e.CommandProven)]
    assert proven == ["at-worker", "at-worker"]


def test_nobody_is_called_like_the_operator_by_another_proof(place):
    incident = place.declare(place.at_worker())
    said = place.refused(c.BreakGlass({KEY: SHOWN}, "x"), place.arn(OPERATOR), incident)
    assert "may not respond" in said


# --- damage ---------------------------------------------------------------------------------------------------------


def test_where_nobody_can_tell_whom_to_trust_nobodys_word_counts_but_glass_at_the_worker(place):
    incident = place.declare(place.aws("ada"))
    place.does(Distrust("ben", "gone"), place.aws("ada"))
    with place.event_log.database.writing() as connection:
        connection.execute(delete(EVENTS).where(EVENTS.c.stream == "trust"))
    for asker in (place.aws("ada"), place.slack("dan"), place.aws("ben")):
        said = place.refused(c.AddNote("hello"), asker, incident)
        assert "The record of trust is damaged: the events after 0 were cut off" in said
    assert "damaged" in place.refused(Trust("ben", "x"), place.aws("ada"))
    assert place.incidents.load(incident).open, "reading goes on"
    place.does(c.BreakGlass({KEY: SHOWN}, "it is abused"), place.at_worker(), incident)


def test_a_worker_that_starts_after_the_cut_learns_it_from_the_incidents(place):
    incident = place.declare(place.aws("ada"))
    place.does(Distrust("ben", "gone"), place.aws("ada"))
    place.informed(incident)
    with place.event_log.database.writing() as connection:
        connection.execute(delete(EVENTS).where(EVENTS.c.stream == "trust"))
    place.event_log.close()
    place.event_log = open_event_log(place.url, seal=SEAL)
    place.incidents = Incidents(
        place.event_log, catalog(), {"secret-compromise": PLAYBOOK}, Timings(), freeze, place.clock
    )
    place.inbox = inbox_of(place.incidents, PEOPLE, place.clock, aws=Aws())
    Informer(place.event_log, place.clock).recall()
    assert "as an incident's log says" in place.refused(c.KillNow(KEY, SHOWN), place.aws("ben"), incident)


def test_a_trust_command_in_an_incident_is_none(place):
    with pytest.raises(Misuse, match="whole installation"):
        place.incidents.give("inc_aaaaaa", Distrust("ben", "x"), Actor("ada", frozenset(Right)), "c")


# --- the worker's host ---------------------------------------------------------------------------------------------


def test_the_workers_host_alone_gives_trust_back_and_the_worker_does_so_after_ten_minutes(place):
    place.does(Distrust("ben", "gone"), place.aws("ada"))
    assert "on the worker's own host" in place.refused(RestoreHere("", "no"), place.aws("dan"))
    assert "not decided in Slack" in place.refused(RestoreHere("", "no"), place.slack("dan"))
    place.does(RestoreHere("", "ada was wrong"), place.at_worker())
    assert place.informer.current().state.people == ("ben",)
    place.now += RESTORED_AFTER
    assert place.informer.current().state.people == ()
    assert place.event_log.trust.events()[-1].actor == BOT.name
    assert place.informer.current().seq == 3, "once"


class Values:
    """What no text may hold: nothing."""

    due = False

    def look(self, texts, incident):
        assert incident is None


def test_what_is_asked_of_the_installation_looks_for_no_incident(place):
    looked = []
    place.incidents.look = looked.append
    place.inbox.handler.decider.values = Values()
    place.does(Distrust("ben", "gone"), place.aws("ada"))
    assert looked == []


# --- roles, and owners of tasks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["eve", "nobody-here", "night shift", "fay"])
def test_a_role_is_offered_to_those_alone_who_can_accept_it(place, to):
    """Whoever comes by a role has the role's session for a name; of those not trusted no word counts."""
    incident = place.declare(place.aws("ada"))
    place.does(Distrust("fay", "her laptop is gone"), place.aws("ada"))
    said = place.refused(c.HandOver(to), place.aws("ada"), incident)
    assert said == f"{to} cannot be the commander. These people can: ada, ben, dan."
    place.does(c.HandOver("ben"), place.aws("ada"), incident)
    place.does(c.AcceptRole(), place.aws("ben"), incident)


def test_a_task_is_owned_by_somebody_of_the_people_file(place):
    incident = place.declare(place.aws("ada"))
    said = place.refused(c.AddTask("fix the cause", "nobody-here"), place.aws("ada"), incident)
    assert "The people file has no 'nobody-here' to own the task; it has" in said
    place.does(c.AddTask("fix the cause", "ben"), place.aws("ada"), incident)
    place.does(c.AddTask("close the other hole", ""), place.aws("ada"), incident)
    assert [task.owner for task in place.incidents.load(incident).tasks.values()][-2:] == ["ben", "ada"]


# --- someone leaves ------------------------------------------------------------------------------------------------


def test_whoever_leaves_has_no_word_and_no_consent_from_that_moment_on(place):
    incident = place.declare(place.aws("ada"))
    place.does(Depart("dan", "last day"), place.aws("ada"))
    for asker in (place.aws("dan"), place.slack("dan")):
        assert "dan has left: said by ada" in place.refused(c.AddNote("me again"), asker, incident)
    assert place.informed(incident).trust.people == ("dan",)


def test_slack_lets_nobody_go_without_whom_too_few_could_stop_it(place):
    refused = place.refused(Depart("ben", "last day"), place.slack("ada"))
    assert "Fewer than 2 with `approve` would be left without ben: Slack does not decide that." in refused
    assert "`bot people departure ben`" in refused
    assert place.event_log.trust.current().people == ()
    assert "only ada is left who can" in place.refused(Depart("ben", "last day"), place.aws("ada"))
    place.does(Depart("dan", "last day"), place.slack("ada"))
    assert place.event_log.trust.current().lost["dan"].left


def test_a_departure_begins_only_once_it_was_said_who_leaves_and_by_one_who_may_command(place):
    place.incidents.resolver.playbooks = {**place.incidents.resolver.playbooks, "departure": DEPARTURE}
    begins = Declaration(
        environment="production",
        secrets=(SecretChoice(KEY),),
        how_noticed="last day",
        playbook="departure",
        leaver="dan",
    )
    assert "No departure of dan was begun" in place.refused(begins, place.aws("ada"), "inc_bbbbbb")
    place.does(Depart("dan", "last day"), place.aws("ada"))
    assert "ben may not command incidents" in place.refused(begins, place.aws("ben"), "inc_bbbbbb")
    run = place.incidents.load(place.does(begins, place.aws("ada"), "inc_bbbbbb").incident)
    assert run.departure.leaver == Leaver("dan", user("dan"))
    assert (run.title, run.secrets[KEY].kill) == ("dan leaves", None)


# --- answers --------------------------------------------------------------------------------------------------------


def test_a_consent_is_found_among_the_rows_of_answers():
    assert is_consent(c.Settle((c.FinishTask("t1"), c.UseValue(KEY, "we made it"))))
    assert not is_consent(c.Settle((c.RefuseValue(KEY, "not ours"),)))
