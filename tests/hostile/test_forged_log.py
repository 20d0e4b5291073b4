"""Someone writes the database: events that no worker recorded, logs cut and written again. Nothing runs by them.

Chain, digests and summary are made as a worker makes them; only the seal, whose key is no part of the database, is not.
"""

import json
from copy import replace

import pytest

from bot.incident import events as e
from bot.incident.approval.plan import plan_of
from bot.model.keys import KeyRef
from bot.model.probes import Probe
from tests.hostile.attacker import wait_for
from tests.support.practice import OPENAI, SENDGRID

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]


def plans(state, *names):
    return {name: plan_of(state, state.secrets[name]).digest for name in names}


def dead(state, name):
    probe = Probe("old", "dead", "HTTP 401 invalid_api_key")
    control = Probe("comparison: the new key", "live", "HTTP 200")
    return e.OldProbed(7, name, probe, control)


def captured(state, name):
    key = KeyRef("key_of_somebody_else", "theirs")
    return e.OldCaptured(7, name, "f" * 12, {f"/production/{name}": 1}, True, (key,))


FORGED = {
    "old-probed": lambda state: dead(state, SENDGRID),
    "old-captured": lambda state: captured(state, SENDGRID),
    "plan-approved": lambda state: e.PlanApproved(plans(state, SENDGRID), state.last_at.replace(year=2030)),
    "kill-requested": lambda state: e.KillRequested(SENDGRID, slot=True),
    "incident-closed": lambda state: e.IncidentClosed(""),
}


def of_another_row(scene, incident):
    return next(row.seal for row in scene.rows(incident) if row.seal)


@pytest.mark.parametrize(
    ("kind", "seal"),
    [
        ("old-probed", "missing"),
        ("old-captured", "copied"),
        ("plan-approved", "garbage"),
        ("kill-requested", "copied"),
        ("incident-closed", "missing"),
    ],
)
def test_a_forged_event_is_the_damage_of_its_incident_alone(attacked, kind, seal):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")  # who may not kill: the key lives until someone who may says so
    scene.wait(incident, lambda i: i.channel and i.secrets[SENDGRID].in_place)
    old = scene.state(incident).secrets[SENDGRID].old.key_id
    assert old
    seals = {"missing": None, "copied": of_another_row(scene, incident), "garbage": "v1:" + "0" * 64}
    (forged,) = scene.forge(incident, FORGED[kind](scene.state(incident)), actor="ada", seal=seals[seal])

    alert = wait_for(lambda: scene.alert(f"{incident}-damaged"), 20, scene.log.read_text)
    assert "carries no seal of a worker" in alert.summary
    told = wait_for(lambda: [t for t in scene.said_in_slack() if f"The log of {incident} is damaged" in t], 20)
    assert len(told) == 1
    shown = scene.bot("show", incident)  # at a terminal that cannot check seals: it is told what the worker has said
    assert shown.status == 1
    assert "DAMAGED: its newest event carries no seal of a worker" in shown.err
    verified = scene.bot("log", "verify", incident)
    assert verified.status == 1
    assert "NOT sealed by a worker" in verified.out
    said = scene.bot("revoke", incident, SENDGRID)
    assert said.status == 1
    assert "damaged" in said.err or "seal" in said.err

    other = scene.declare(OPENAI)
    scene.wait(other, lambda i: i.secrets[OPENAI].gone)
    assert scene.rows(incident)[-1] == forged, "nothing was recorded behind it"
    assert old in {key.id for key in scene.world.sendgrid.live_keys()}


# --- logs written anew, cut, extended -------------------------------------------------------------------------------


def damaged(scene, incident):
    """The page about it."""
    return wait_for(lambda: scene.alert(f"{incident}-damaged"), 90, scene.log.read_text).summary


def goes_on(scene):
    other = scene.declare(OPENAI)
    scene.wait(other, lambda i: i.secrets[OPENAI].gone)


def test_a_log_written_anew_does_not_hold_at_the_worker(attacked):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    scene.rewrite(incident, lambda row: replace(row, actor="ada" if row.actor == "guest" else row.actor))
    assert "carries no seal of a worker" in damaged(scene, incident)
    goes_on(scene)
    scene.stop()
    scene.work()  # one that never saw what was there before has the seals
    assert scene.bot("log", "verify", incident).status == 1
    said = scene.bot("revoke", incident, SENDGRID, by="mallory")
    assert (said.status, "seal" in said.err) == (1, True)
    assert all(row.actor != "mallory" for row in scene.rows(incident))


@pytest.mark.parametrize("summary", ["put right", "left"])
def test_a_log_that_is_cut_while_the_worker_runs(attacked, summary):
    """Where what is left agrees the worker goes on from there, as after a fail-over, and without any consent."""
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    before = scene.rows(incident)
    cut = next(row.seq for row in before if row.seal)  # to where a worker sealed it
    with scene.editing() as connection:
        connection.execute("DELETE FROM events WHERE stream=? AND seq>?", [incident, cut])
        if summary == "put right":  # all of it, as a fail-over does
            scene.fit_summary(connection, incident)
            connection.execute("DELETE FROM cursors WHERE incident=?", [incident])
    if summary == "left":
        assert "its summary disagrees with its events" in damaged(scene, incident)
        assert scene.rows(incident)[-1].seq == cut
    else:
        wait_for(lambda: [t for t in scene.said_in_slack() if "found the end of this log gone" in t], 60)
        lost = scene.rows(incident)[cut]
        assert (lost.kind, lost.actor) == ("records-lost", "bot")
        assert int(json.loads(lost.data)["head"].partition(":")[0]) >= before[-1].seq
    goes_on(scene)


def test_a_log_cut_to_a_seal_before_a_start_shows_against_a_head_from_outside_alone(attacked):
    """Someone who writes the database and restarts the worker can take an incident back to an earlier state, with its
    approvals. The head in the channel and in the report shows it.
    """
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    head = scene.bot("log", "verify", incident, "--json").document["head"]
    scene.stop()
    with scene.editing() as connection:
        known = int(head.partition(":")[0])  # the worker went on until it was stopped
        cut = max(row.seq for row in scene.rows(incident, connection) if row.seal and row.seq < known)
        connection.execute("DELETE FROM events WHERE stream=? AND seq>?", [incident, cut])
        scene.fit_summary(connection, incident)
    scene.work()
    assert scene.bot("log", "verify", incident).status == 0
    verified = scene.bot("log", "verify", incident, "--head", head)
    assert verified.status == 1
    assert "were cut off" in verified.out or "is not the one known" in verified.out
    assert not scene.bot("note", incident, "it goes on from there").status


def test_an_incident_that_is_taken_out_altogether_while_the_worker_runs(attacked):
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.secrets[SENDGRID].in_place)
    with scene.editing() as connection:
        for table, name in (("events", "stream"), ("open_secrets", "incident"), ("incidents", "incident")):
            connection.execute(f"DELETE FROM {table} WHERE {name}=?", [incident])
    assert "the events after 0 were cut off" in damaged(scene, incident)
    goes_on(scene)


# --- rows that no worker wrote, in every other table ----------------------------------------------------------------


def test_summaries_that_lead_nowhere_or_make_no_sense_end_nothing(attacked):
    scene = attacked
    scene.work()
    values = "7, 'open', 'production', 'x', '2026-11-26T00:00:00.000000Z', 'ada', 'd', '2026-11-26T00:00:00.000000Z'"
    with scene.editing() as connection:
        connection.execute(f"INSERT INTO incidents VALUES ('inc_nowher', {values}, '[]', 1, 'compromise', 3, 9)")
        connection.execute(
            "INSERT INTO incidents VALUES "
            "(x'ff00', 'x', 'open', x'ff', x'ff', 'y', 'z', 'd', '', '{', 'q', 'x', 'q', 'q')"
        )
        connection.execute(
            "INSERT INTO incidents VALUES "
            "('inc_nonsen', 'x', 'open', '', '', 'y', 'z', 'd', '', '{', 'q', 'x', x'ff', x'ff')"
        )
        connection.execute("INSERT INTO locks VALUES ('production')")
        connection.execute("INSERT INTO cursors VALUES ('inc_nowher', 'damage', 'pagerduty', 0, '{}', 'never')")
        connection.execute("INSERT INTO installation VALUES ('other', x'ff', x'ff')")
    assert "its events are missing" in damaged(scene, "inc_nowher")
    goes_on(scene)
    listed = scene.bot("list")
    assert listed.status == 0
    assert "inc_nonsen" in listed.out


def test_that_damage_was_told_is_not_believed_of_whoever_forged_it(attacked):
    """The page of a damage is sent once; a row that says so, by whoever made the damage, keeps nothing back."""
    scene = attacked
    scene.work()
    incident = scene.declare(SENDGRID, by="guest")
    scene.wait(incident, lambda i: i.channel and i.secrets[SENDGRID].in_place)
    what = "its newest event carries no seal of a worker: it was not written by one"
    told = json.dumps({"what": what, "head": "0:", "seal": "v1:" + "0" * 64})
    for way in ("slack", "pagerduty"):
        scene.sql(
            "INSERT INTO cursors VALUES (?, 'damage', ?, 0, ?, '2026-11-26T00:00:00.000000Z')", incident, way, told
        )
    scene.forge(incident, e.KillRequested(SENDGRID))
    assert what in damaged(scene, incident)
