"""A run's log ends and its incident's begins in one transaction, whoever else declares and wherever it breaks off."""

import threading
from contextlib import contextmanager
from copy import replace
from datetime import timedelta

import pytest
from sqlalchemy import event as sql

from bot.errors import BotError, Misuse
from bot.eventlog import RunChanged, open_event_log
from bot.eventlog.transaction import Takes
from bot.eventlog.verify import verify_incident
from bot.inbox import Declaration, Incidents, SecretChoice
from bot.inbox.takeover import holders
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.declaration.consequences import Ending
from bot.incident.operations import Op
from bot.incident.overlap.strategy import incident_id
from bot.incident.schedule import due, pending
from tests.support.event_logs import SEAL
from tests.support.incidents import (
    CHLOE,
    PLAYBOOK,
    START,
    TIMINGS,
    World,
    declaration,
    entry,
    fingerprint,
    wanted,
)
from tests.support.rotations import AUTO, MACHINE, ROTATION, rotation

NAME, OTHER = "openai-api-key", "redis-url"
RUN = "inc_run234"


class Catalog:
    """Just names."""

    def entry(self, name, _environment):
        return name


@pytest.fixture
def log(database_url):
    log = open_event_log(database_url, seal=SEAL)
    yield log
    log.close()


@pytest.fixture
def begun(log):
    """A run of two secrets, one of which is being captured by a worker."""
    secrets = [wanted(entry(name, owner="dana"), m.Strategy.OVERLAP) for name in (NAME, OTHER)]
    body = replace(rotation(*secrets, planned=AUTO), incident=RUN)
    log.execute(RUN, c.Envelope("begin", START, MACHINE, body))
    return log


def incidents(log, *, after=60):
    playbooks = {"secret-compromise": PLAYBOOK, "rotation": ROTATION}
    return Incidents(log, Catalog(), playbooks, TIMINGS, entry, lambda: START + timedelta(seconds=after))


def compromise(*names):
    return Declaration(
        environment="production",
        secrets=tuple(SecretChoice(name) for name in names or (NAME,)),
        how_noticed="in a gist",
        public=True,
    )


def older(strategy=None):
    """What a run has replaced leaked, as `bot identify`, an alert and a message of Slack's declare it."""
    target = m.Target(m.TargetKind.CONFIRMED, fingerprint(f"old {NAME}"), 1, current=False)
    return Declaration(
        environment="production",
        secrets=(SecretChoice(NAME, strategy, target=target, replace=False),),
        how_noticed="in a chat",
    )


def of(log, incident):
    return [recorded.event for recorded in log.events(incident)]


def test_both_logs_tell_it_and_the_secret_has_one_holder(begun):
    reply = incidents(begun).declare(compromise(), CHLOE, "d1")
    new = reply.incident.id
    assert [type(event) for event in of(begun, RUN)][-1] is e.HandedOver
    kinds = [type(event) for event in of(begun, new)]
    assert kinds[:3] == [e.IncidentDeclared, e.SecretAdded, e.TakenOver]
    assert begun.taken_secrets() == {("production", NAME): new, ("production", OTHER): RUN}
    assert all(verify_incident(begun, incident).ok for incident in (RUN, new))
    again = incidents(begun).declare(compromise(), CHLOE, "d1")
    assert (again.repeated, again.incident.id) == (True, new)


def test_a_run_of_which_nothing_is_left_is_closed(begun):
    reply = incidents(begun).declare(compromise(NAME, OTHER), CHLOE, "d1")
    run = begun.load(RUN)
    assert (run.open, run.handed_over) == (False, reply.incident.id)
    assert begun.open_incidents() == [reply.incident.id]


def test_a_secret_that_is_added_is_taken_over_as_well(begun):
    first = incidents(begun).declare(compromise(), CHLOE, "d1").incident.id
    reply = incidents(begun).add_secret(first, SecretChoice(OTHER), CHLOE, "a1")
    assert not reply.refused
    assert begun.taken_secrets() == {("production", NAME): first, ("production", OTHER): first}
    assert begun.load(RUN).handed_over == first


def worked(log, *ops):
    """The run once these have been done of its first secret."""
    now, world = START, World()
    for op in ops:
        work = None
        while work is None:
            run = log.load(RUN)
            work = next((one for one in pending(run, now) if one.op is op and one.subject in {NAME, "checkout"}), None)
            now = now if work is not None else due(run, now)
        (claim,) = [
            each.event.claim
            for each in log.execute(RUN, c.Envelope(f"b{op}", now, m.BOT, c.Begin(work, "w1"))).events
            if isinstance(each.event, e.OperationStarted)
        ]
        outcome = world.answer(log.load(RUN), claim)
        log.execute(RUN, c.Envelope(f"f{op}", now, m.BOT, c.Finish(outcome, claim.lane)))
    return incidents(log, after=(now - START).total_seconds() + 60)


LIVE = (Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE, Op.VERIFY, Op.PROMOTE, Op.REFRESH, Op.VERIFY_LIVE)


@pytest.mark.parametrize("strategy", [m.Strategy.OVERLAP, None])
def test_an_older_value_that_a_run_has_replaced_can_overlap_with_what_that_made(begun, strategy):
    here, leaked = worked(begun, *LIVE), older(strategy)
    proposed = here.proposal(leaked.secrets[0], leaked)
    assert (proposed.strategy, proposed.only) == (m.Strategy.OVERLAP, False)
    assert "no new key is wanted" not in proposed.reason
    assert [each.ending for each in here.foresee(leaked, CHLOE).consequences] == [Ending.OVERLAP]
    assert here.rehearse("", leaked, CHLOE) == ""
    reply = here.declare(leaked, CHLOE, "d1")
    added, secret = reply.events[1].event, reply.incident.secrets[NAME]
    assert (added.strategy, secret.kill, secret.new.wanted) == (m.Strategy.OVERLAP, None, True)
    assert added.reason == proposed.reason
    assert here.declare(leaked, CHLOE, "d1").incident.id == reply.incident.id
    assert here.declare(leaked, CHLOE, "d2").joined == (NAME,)


def test_what_is_added_overlaps_likewise(begun):
    here = worked(begun, *LIVE)
    first = here.declare(compromise(OTHER), CHLOE, "d1").incident.id
    reply = here.add_secret(first, older(m.Strategy.OVERLAP).secrets[0], CHLOE, "a1")
    assert reply.incident.secrets[NAME].strategy is m.Strategy.OVERLAP


@pytest.mark.parametrize("ops", [(), (Op.CAPTURE,)])
def test_an_older_value_overlaps_with_nothing_where_the_run_has_made_nothing(begun, ops):
    here, leaked = worked(begun, *ops), older()
    proposed = here.proposal(leaked.secrets[0], leaked)
    assert (proposed.strategy, proposed.only) == (m.Strategy.KILL_FIRST, True)
    with pytest.raises(Misuse, match=f"{NAME} cannot be replaced first: no new key is wanted"):
        here.declare(older(m.Strategy.OVERLAP), CHLOE, "d1")
    secret = here.declare(leaked, CHLOE, "d2").incident.secrets[NAME]
    assert (secret.strategy, secret.strategy_reason) == (m.Strategy.KILL_FIRST, proposed.reason)
    assert secret.kill is not None


def test_whoever_may_not_add_a_secret_ends_no_run(begun):
    first = incidents(begun).declare(compromise(), CHLOE, "d1").incident.id
    assert incidents(begun).add_secret(first, SecretChoice(OTHER), m.Actor("eve"), "a1").refused
    assert begun.load(RUN).open
    assert begun.taken_secrets()["production", OTHER] == RUN


def test_another_run_waits_and_takes_nothing_over(begun):
    found = holders(begun, (wanted(entry(NAME)),), "production", "inc_other2", ROTATION.kind)
    assert (found.runs, found.joined) == ({}, {NAME: RUN})


def test_a_run_that_has_changed_meanwhile_is_looked_at_again(begun):
    takes = Takes({RUN: (NAME,)}, lambda _states: declaration(wanted(entry(NAME))))
    incidents(begun).declare(compromise(), CHLOE, "d1")
    envelope = c.Envelope("d2", START, CHLOE, replace(declaration(wanted(entry(NAME))), incident="inc_late22"))
    with pytest.raises(RunChanged):
        begun.execute("inc_late22", envelope, takes=takes)
    assert begun.summary("inc_late22") is None


def test_of_two_who_declare_at_once_one_takes_over_and_the_other_joins(begun, database_url):
    logs = [begun, open_event_log(database_url, seal=SEAL)]
    replies, start = {}, threading.Barrier(2)

    def declare(number):
        start.wait()
        replies[number] = incidents(logs[number]).declare(compromise(), CHLOE, f"d{number}")

    threads = [threading.Thread(target=declare, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logs[1].close()
    assert len({reply.incident.id for reply in replies.values()}) == 1
    assert sorted(len(reply.joined) for reply in replies.values()) == [0, 1]
    assert sum(isinstance(event, e.HandedOver) for event in of(begun, RUN)) == 1


@contextmanager
def broken_at(log, number):
    """The statement of this number, counted from now, breaks off what it is part of."""
    engine, seen = log.database.engine, [0]

    def count(*_arguments):
        seen[0] += 1
        if seen[0] == number:
            raise RuntimeError("it broke off here")

    sql.listen(engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        sql.remove(engine, "before_cursor_execute", count)


def test_wherever_it_breaks_off_all_of_it_happened_or_nothing(begun):
    new, number, broken = incident_id("d1", 0), 0, True
    while broken:
        number += 1
        with broken_at(begun, number):
            try:
                incidents(begun).declare(compromise(), CHLOE, "d1")
                broken = False
            except (RuntimeError, BotError):
                pass
        begun.forget()
        run, made = begun.load(RUN), begun.summary(new)
        assert (made is None) == (NAME in run.secrets), number
        assert begun.taken_secrets()["production", NAME] == (RUN if made is None else new)
    assert number > 10
    assert begun.summary(new) is not None


def test_a_claim_of_the_run_counts_no_more_and_its_outcome_is_told_as_late(begun):
    run = begun.load(RUN)
    work = next(one for one in pending(run, START) if one.subject == NAME and one.op == "capture")
    begun.execute(RUN, c.Envelope("b1", START, m.BOT, c.Begin(work, "w1")))
    incidents(begun).declare(compromise(), CHLOE, "d1")
    (handed,) = [event for event in of(begun, RUN) if isinstance(event, e.HandedOver)]
    assert handed.void == (1,)
    failed = e.OperationFailed(1, work.op, "Unreachable", "late", None)
    decision = begun.execute(RUN, c.Envelope("f1", START, m.BOT, c.Finish(failed, work.lane)))
    assert [recorded.event for recorded in decision.events] == [e.OutcomeRefused(1, work.op, work.lane)]
