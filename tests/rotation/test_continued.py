"""An incident that an earlier release left in the middle is finished by today's operations, with consents that count.

The log is that release's (tests/eventlog/logs), under the names of a world that stands as it had made it.
"""

import functools
from datetime import timedelta

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_message
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import plan_of, request_digest, same_plan
from bot.incident.evolve import evolve
from bot.incident.model import Actor, Right, Strategy
from bot.people import People
from bot.secret import Secret
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card
from tests.support.rotation import BEN, INCIDENT, STAGING_KEY, assert_finished, entry_for
from tests.support.stories import RELEASES, UNSEALED, story, told_of

ENTRY = entry_for("sendgrid")
PARAMETER = ENTRY.main.parameter
CLEO = Actor("cleo", frozenset({Right.RESPOND, Right.APPROVE}))
SEALED = [release for release in RELEASES if release not in UNSEALED]


def only(rows, kind):
    (found,) = [row.recorded().event for row in rows if row.kind == kind]
    return found


@pytest.fixture
def continued(rig_of):
    """A harness whose world is as the story `overlap-approved` left it: the new value in place, the old one alive."""

    def continue_(release):
        rows, harness = story(release, "overlap-approved"), rig_of("sendgrid")
        world, old = harness.providers["sendgrid"].world, harness.providers["sendgrid"].old.key
        captured, made = only(rows, "old-captured"), only(rows, "value-staged")
        name = made.name.replace(rows[0].incident, INCIDENT)
        key = world.add_key(name, ("mail.send", "alerts.read"))
        new = Secret(key.value)
        harness.values.add(new.reveal())
        names = {
            rows[0].incident: INCIDENT,
            captured.fingerprint: old.fingerprint,
            captured.candidates[0].id: harness.providers["sendgrid"].old_id,
            made.fingerprint: new.fingerprint,
            made.key_id: key.id,
        }
        names |= _plans(rows, names)
        harness.store(ENTRY, old.reveal(), new.reveal())
        harness.vault.label(PARAMETER, 1, "previous")
        harness.vault.label(PARAMETER, 2, "current")
        harness.world.store(f"{made.staged.replace(rows[0].incident, INCIDENT)}/key", new.reveal(), key_id=STAGING_KEY)
        _tell(harness, told_of(rows, names))
        return harness

    return continue_


def _tell(harness, rows):
    """Gives the harness this log, some seconds after its last event."""
    harness.told = rows
    for row in rows:
        harness.log.append(row.recorded())
        harness.incident = evolve(harness.incident, harness.log[-1])
    harness.seconds.advance((harness.incident.last_at + timedelta(seconds=5) - harness.clock()).total_seconds())


def _plans(rows, names):
    """What was agreed to, under its digest here: if today's plan is still that of then."""
    agreed = only(rows, "plan-approved").plans[ENTRY.name]
    before = _folded(rows)
    if not same_plan(before, before.secrets[ENTRY.name], agreed):
        return {}
    here = _folded(told_of(rows, names))
    return {agreed: plan_of(here, here.secrets[ENTRY.name]).digest}


def _folded(rows):
    return functools.reduce(lambda state, row: evolve(state, row.recorded()), rows, None)


def since(harness):
    """The kinds of what happened after the story."""
    return [e.kind_of(recorded.event) for recorded in harness.log[len(harness.told) :]]


def drawn(harness):
    blocks = to_json(incident_card(harness.incident, harness.clock(), harness.told[-1].head))
    assert check_message(blocks) == []
    return read(blocks)


@pytest.mark.parametrize("release", SEALED)
def test_a_plan_that_two_people_agreed_to_is_carried_out_without_another_word(continued, release):
    harness = continued(release)
    assert harness.state(ENTRY).strategy is Strategy.OVERLAP
    harness.settled()
    assert_finished(harness, ENTRY)
    assert "access-revoked" in since(harness)
    assert not {"approval-requested", "plan-approved", "kill-requested"} & set(since(harness))


@pytest.mark.parametrize("release", RELEASES)
def test_where_a_consent_does_not_count_any_more_it_is_asked_for_anew_and_card_and_channel_say_so(continued, release):
    """Before logs were sealed nobody can tell whose word it was: somebody vouches, and two people agree again."""
    harness = continued(release)
    harness.tell(c.SealLog(harness.told[-1].head), BEN)
    said = News.of(harness.incident, People(), harness.log).message(harness.log[-1])
    harness.run(lambda harness: harness.incident.request is not None)
    harness.run(seconds=3600)
    assert "access-revoked" not in since(harness)
    assert harness.liveness(ENTRY, harness.providers["sendgrid"].old) == "live"
    assert "Consents to revocations that had not begun count no more: decide again." in said.text
    assert "✋ *Approve: end" in drawn(harness)
    assert "two people with respond, one of them with approve" in drawn(harness)
    for person in (CLEO, BEN):
        harness.tell(c.ApprovePlan(request_digest(harness.incident.request.plans)), person)
    harness.settled()
    assert_finished(harness, ENTRY)
    assert (
        since(harness).index("log-sealed")
        < since(harness).index("plan-approved")
        < since(harness).index("access-revoked")
    )


@pytest.mark.parametrize("release", SEALED)
def test_one_key_that_was_revoked_and_one_that_was_not_are_both_proven_dead(rig_of, release):
    """The story `half-killed`: whoever declared it has decided, and the worker of then was stopped between the two."""
    rows, harness = story(release, "half-killed"), rig_of("openai", "sendgrid")
    openai, captured = harness.providers["openai"], only(rows, "old-captured")
    old = openai.old.key.reveal()
    for entry in (entry_for("openai"), ENTRY):
        harness.store(entry)
    openai.world.revoke(next(key for key in openai.world.all_keys() if key.value == old))
    names = {rows[0].incident: INCIDENT, captured.fingerprint: openai.old.fingerprint}
    _tell(harness, told_of(rows, names | {captured.candidates[0].id: openai.old_id}))
    harness.settled()
    for entry in (entry_for("openai"), ENTRY):
        assert_finished(harness, entry)
    assert since(harness).count("access-revoked") == 1
    assert not {"approval-requested", "plan-approved", "kill-requested"} & set(since(harness))
