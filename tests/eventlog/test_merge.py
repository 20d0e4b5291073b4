"""A duplicate's log ends and its secrets are in the other incident by one transaction, wherever that breaks off."""

import threading
from contextlib import suppress
from copy import replace
from datetime import timedelta

import pytest

from bot.errors import BotError, Misuse
from bot.eventlog import open_event_log
from bot.eventlog.verify import verify_incident
from bot.inbox import Incidents, SecretChoice
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.lanes import PAGE_LANE
from bot.incident.obligations.rules import aware_at, open_notices
from bot.incident.operations import Op
from bot.incident.refusals import Declined
from bot.incident.schedule import due, pending
from tests.eventlog.test_handover import broken_at, of
from tests.support.event_logs import SEAL
from tests.support.incidents import (
    BEN,
    CHLOE,
    OBLIGATIONS,
    PLAYBOOK,
    START,
    TIMINGS,
    World,
    declaration,
    entry,
    wanted,
)

NAME, OTHER, THIRD = "openai-api-key", "redis-url", "sendgrid-api-key"
TARGET, DUPLICATE = "inc_target", "inc_copy22"
GIST = c.Merge(TARGET, "the same gist")


class Catalog:
    """Just names."""

    def entry(self, name, _environment):
        return name


@pytest.fixture
def log(database_url):
    log = open_event_log(database_url, seal=SEAL)
    yield log
    log.close()


def declare(log, incident, *names, at=START, **changes):
    secrets = [wanted(entry(name, owner="dana")) for name in names]
    body = replace(declaration(*secrets), incident=incident, obligations=OBLIGATIONS, **changes)
    log.execute(incident, c.Envelope(f"declare {incident}", at, CHLOE, body))


@pytest.fixture
def two(log):
    """Two incidents, of which the duplicate has two secrets, and was known an hour earlier."""
    declare(log, TARGET, NAME)
    earlier = START - timedelta(hours=1)
    declare(log, DUPLICATE, OTHER, THIRD, detected_at=earlier, exposed_at=earlier)
    return log


def incidents(log, after=60):
    playbooks = {"secret-compromise": PLAYBOOK}
    return Incidents(log, Catalog(), playbooks, TIMINGS, entry, lambda: START + timedelta(seconds=after))


def merge(log, body=GIST, by=BEN, command="m1", incident=DUPLICATE, **more):
    return incidents(log, **more).give(incident, body, by, command)


def worked(log, incident, *ops, name=OTHER):
    """What a worker does of one secret, in this order; gives the time at its end."""
    now, world = START + timedelta(seconds=1), World()
    for number, op in enumerate(ops):
        work = None
        while work is None:
            state = log.load(incident)
            work = next(
                (one for one in pending(state, now) if one.op is op and one.subject in {name, "checkout"}), None
            )
            now = now if work is not None else due(state, now)
        begin = log.execute(incident, c.Envelope(f"b{incident}{number}", now, m.BOT, c.Begin(work, "w1"))).events
        (claim,) = [each.event.claim for each in begin if isinstance(each.event, e.OperationStarted)]
        outcome = world.answer(log.load(incident), claim)
        log.execute(incident, c.Envelope(f"f{incident}{number}", now, m.BOT, c.Finish(outcome, claim.lane)))
    return (now - START).total_seconds() + 1


def test_the_secrets_go_over_and_the_duplicate_names_where(two):
    reply = merge(two)
    assert (reply.refused, reply.incident.id) == ("", TARGET)
    target, left = two.load(TARGET), two.load(DUPLICATE)
    assert [*target.secrets] == [NAME, OTHER, THIRD]
    assert (left.open, left.handed_over, [*left.secrets]) == (False, TARGET, [])
    assert left.accepted_reason == f"merged into {TARGET}"
    assert of(two, DUPLICATE)[-1] == e.HandedOver(TARGET, (OTHER, THIRD), (), "the same gist")
    assert set(two.taken_secrets().values()) == {TARGET}
    assert all(verify_incident(two, incident).ok for incident in (TARGET, DUPLICATE))
    assert all(target.secrets[name].kill is not None for name in (OTHER, THIRD)), "who merges has decided, as who adds"


def test_the_laws_clocks_run_from_the_earlier_time_and_in_one_incident(two):
    merge(two)
    target = two.load(TARGET)
    assert aware_at(target) == target.exposed_at == START - timedelta(hours=1)
    assert open_notices(target)
    assert not open_notices(two.load(DUPLICATE))


def test_a_later_time_changes_nothing(log):
    declare(log, TARGET, NAME, exposed_at=START - timedelta(hours=2))
    declare(log, DUPLICATE, OTHER)
    merge(log)
    assert log.load(TARGET).exposed_at == START - timedelta(hours=2)
    assert not [event for event in of(log, TARGET) if isinstance(event, e.AwarenessRecorded | e.ExposureRecorded)]


def test_what_was_made_goes_over_and_no_key_is_made_twice(two):
    after = worked(two, DUPLICATE, Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE, Op.VERIFY, Op.PROMOTE)
    before = two.load(DUPLICATE).secrets[OTHER]
    assert not merge(two, after=after).refused
    secret = two.load(TARGET).secrets[OTHER]
    assert (secret.old.fingerprint, secret.old.key_id) == (before.old.fingerprint, before.old.key_id)
    assert (secret.new.name, secret.new.promoted_at) == (before.new.name, before.new.promoted_at)
    now = START + timedelta(seconds=after + 1)
    assert not [w for w in pending(two.load(TARGET), now) if w.op in {Op.CAPTURE, Op.ISSUE} and w.subject == OTHER]


def test_what_is_revoked_is_proven_in_the_other_incident(two):
    after = worked(two, DUPLICATE, Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE)
    assert not merge(two, after=after).refused
    secret = two.load(TARGET).secrets[OTHER]
    assert secret.old.revoked_at is not None
    work = [each.op for each in pending(two.load(TARGET), START + timedelta(seconds=after)) if each.subject == OTHER]
    assert Op.PROVE in work
    assert Op.REVOKE not in work


def test_a_page_that_goes_out_meanwhile_is_resolved(two):
    now = START + timedelta(seconds=20)
    work = next(one for one in pending(two.load(DUPLICATE), now) if one.lane == PAGE_LANE)
    two.execute(DUPLICATE, c.Envelope("b-page", now, m.BOT, c.Begin(work, "w1")))
    assert not merge(two, after=21).refused
    claim = two.load(DUPLICATE).lane(PAGE_LANE).claim
    outcome = World().answer(two.load(DUPLICATE), claim)
    assert two.execute(DUPLICATE, c.Envelope("f-page", now, m.BOT, c.Finish(outcome, PAGE_LANE))).events
    wants = [each.detail for each in pending(two.load(DUPLICATE), now + timedelta(minutes=5)) if each.lane == PAGE_LANE]
    assert wants == [m.PageAction.RESOLVE]


def test_to_repeat_it_changes_nothing(two):
    first = merge(two)
    events = two.events(TARGET), two.events(DUPLICATE)
    again = merge(two)
    assert (again.refused, again.repeated) == ("", True)
    assert (two.events(TARGET), two.events(DUPLICATE)) == events
    assert f"{DUPLICATE} was closed" in merge(two, command="m2").refused
    assert first.incident.id == TARGET


def test_wherever_it_breaks_off_all_of_it_happened_or_nothing_and_repeating_finishes_it(two):
    number, broken = 0, True
    while broken:
        number += 1
        with broken_at(two, number), suppress(RuntimeError, BotError):
            broken = bool(merge(two).refused)
        two.forget()
        target, left = two.load(TARGET), two.load(DUPLICATE)
        there = {OTHER, THIRD} <= target.secrets.keys()
        assert there == (not left.open), number
        assert {OTHER, THIRD} <= {*target.secrets, *left.secrets}, "never in none"
        assert two.taken_secrets()["production", OTHER] == (TARGET if there else DUPLICATE)
    assert number > 10
    assert not two.load(DUPLICATE).open


def test_two_that_are_merged_into_each_other_end_as_one(two, database_url):
    logs, start, said = [two, open_event_log(database_url, seal=SEAL)], threading.Barrier(2), {}
    both = [(DUPLICATE, TARGET), (TARGET, DUPLICATE)]

    def give(number):
        start.wait()
        incident, into = both[number]
        try:
            said[number] = merge(
                logs[number], c.Merge(into, "the same"), command=f"m{number}", incident=incident
            ).refused
        except BotError as error:
            said[number] = str(error)

    threads = [threading.Thread(target=give, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logs[1].close()
    assert sorted(map(bool, said.values())) == [False, True]
    two.forget()
    assert [two.load(incident).open for incident in (TARGET, DUPLICATE)].count(True) == 1
    assert len(set(two.taken_secrets().values())) == 1


# --- what is refused ---


def refused(log, **more):
    """By the rules, or since the two do not fit; nothing has moved then."""
    before = {incident: [*log.load(incident).secrets] for incident in (TARGET, DUPLICATE)}
    try:
        said = merge(log, **more).refused
    except Declined as declined:
        said = str(declined)
    assert {incident: [*log.load(incident).secrets] for incident in before} == before
    return said


def test_while_the_bot_revokes_it_waits(two):
    worked(two, DUPLICATE, Op.CAPTURE, Op.SNAPSHOT)
    now = START + timedelta(seconds=20)
    work = next(one for one in pending(two.load(DUPLICATE), now) if (one.op, one.subject) == (Op.REVOKE, OTHER))
    two.execute(DUPLICATE, c.Envelope("b-revoke", now, m.BOT, c.Begin(work, "w1")))
    said = refused(two, after=30)
    assert f"({OTHER}) at this moment: wait until that has ended" in said
    assert not [each for each in of(two, DUPLICATE) if isinstance(each, e.HandedOver)]


def test_a_hold_is_not_got_round(two):
    two.execute(DUPLICATE, c.Envelope("h1", START, CHLOE, c.HoldRevocations("the police asked")))
    assert "its revocations are held: two people resume them first" in refused(two)


def test_a_target_that_holds_goes_on_holding(two):
    two.execute(TARGET, c.Envelope("h1", START, CHLOE, c.HoldRevocations("the police asked")))
    assert not merge(two).refused
    assert two.load(TARGET).hold is not None


def test_whoever_may_not_respond_is_refused_there(two):
    assert "may not respond" in refused(two, by=m.Actor("eve"))
    assert isinstance(of(two, DUPLICATE)[-1], e.CommandRefused)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"environment": "staging"}, f"{TARGET} is about production, and {DUPLICATE} about staging"),
        ({"out_of_slack": True}, "one of the two is kept from Slack"),
        ({"public": True}, "merge it the other way round"),
    ],
)
def test_what_does_not_fit_together_is_refused(log, changes, said):
    declare(log, TARGET, NAME, public=False)
    declare(log, DUPLICATE, OTHER, **{"public": False, **changes})
    assert said in refused(log)


def test_no_incident_of_that_name_and_itself(two):
    with pytest.raises(Misuse, match="There is no incident inc_nothre"):
        merge(two, c.Merge("inc_nothre", "the same"))
    assert "is no other open incident" in refused(two, body=c.Merge(DUPLICATE, "the same"))
    assert two.load(DUPLICATE).open


def test_a_value_that_was_brought_stays_where_it_is(log):
    declare(log, TARGET, NAME)
    staged = m.Target(m.TargetKind.CONFIRMED, "a" * 12, None, current=False, staged=True)
    body = replace(declaration(replace(wanted(entry(OTHER)), target=staged)), incident=DUPLICATE)
    log.execute(DUPLICATE, c.Envelope("d", START, CHLOE, body))
    assert f"{OTHER} was brought, or taken over from a planned rotation: finish it there" in refused(log)


def test_a_secret_can_be_added_where_it_went(two):
    merge(two)
    reply = incidents(two).add_secret(TARGET, SecretChoice("stripe-secret-key"), BEN, "a1")
    assert not reply.refused
