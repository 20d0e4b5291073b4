"""Logs of the release before logs were sealed: opened in place, damage until somebody vouches, then they go on."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.errors import Misuse
from bot.eventlog import Damaged, open_event_log
from bot.eventlog.chain import StoredEvent, digest_of
from bot.eventlog.rebuild import rebuild
from bot.eventlog.verify import verify_incident
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.approval.basis import kill_allowed
from bot.incident.operations import Op
from bot.incident.schedule import agenda, pending
from bot.phrases.events import sentence
from bot.workflow.alarm import Alarm
from tests.support.event_logs import SEAL
from tests.support.oldlogs import LOGS, head, incidents, restore

ADA, BEN = m.Actor("ada", frozenset(m.Right)), m.Actor("ben", frozenset({m.Right.RESPOND, m.Right.APPROVE}))
CLOSED, OVERLAP, WAITS = "openai-api-key closed", "sendgrid-api-key open", "redis-url open"
VALUE, KILLING = "stripe-secret-key open", "openai-api-key open"


def now():
    return datetime.now(UTC)


@pytest.fixture
def path(tmp_path):
    return restore("stages", tmp_path / "incidents.sqlite")


@pytest.fixture
def event_log(path):
    event_log = open_event_log(f"sqlite:///{path}", seal=SEAL)
    yield event_log
    event_log.close()


def vouch(event_log, incident, by=ADA, at_head=None):
    body = c.SealLog(at_head or event_log.head(incident))
    return event_log.vouch(incident, c.Envelope(f"seal-{incident}", now(), by, body))


def test_each_old_log_is_in_the_list():
    assert {path.stem for path in LOGS.glob("*.sql")} == {"declared", "stages", "kinds"}


def test_every_kind_of_event_of_before_is_read(tmp_path):
    path = restore("kinds", tmp_path / "incidents.sqlite")
    event_log = open_event_log(f"sqlite:///{path}")
    rows = event_log.rows("inc_kinds")
    event_log.close()
    recorded = [row.recorded() for row in rows]
    kinds = {e.kind_of(each.event) for each in recorded}
    assert len(kinds) == len({row.kind for row in rows}) > 60


@pytest.mark.parametrize("name", ["declared", "stages"])
def test_the_schema_follows_and_an_incident_of_before_is_damage_until_somebody_vouches(tmp_path, name):
    path = restore(name, tmp_path / "incidents.sqlite")
    event_log = open_event_log(f"sqlite:///{path}", seal=SEAL)
    for incident in incidents(path).values():
        with pytest.raises(Damaged, match=f"`bot log seal {incident}`, by a person who may command incidents"):
            event_log.load(incident)
        looked = event_log.look(incident)
        assert "no worker has sealed it" in looked.damage
        assert looked.incident.secrets
        assert verify_incident(event_log, incident).sealed is False
    before = event_log.incidents()
    assert {summary.closed_over for summary in before} == {None}, "nobody has counted it"
    assert rebuild(event_log).incidents == len(before)
    after = event_log.incidents()
    assert [replace(summary, closed_over=None) for summary in after] == before
    assert all((summary.closed_over is None) == (summary.state == "open") for summary in after)
    event_log.close()
    front = open_event_log(f"sqlite:///{path}")  # who cannot check seals sees it as it stood
    assert all(front.load(incident).secrets for incident in incidents(path).values())
    front.close()


class Told:
    """A pager and a board that remember."""

    def __init__(self) -> None:
        self.pages, self.said = [], []

    def trigger(self, page):
        self.pages.append(page)

    def say(self, channel, sentence):
        self.said.append(sentence)


def test_for_open_ones_somebody_is_paged_once_and_for_closed_ones_nobody(event_log, path):
    told = Told()
    for _ in range(2):
        for incident in incidents(path).values():
            with pytest.raises(Damaged) as damage:
                event_log.load(incident)
            Alarm(event_log, told, told, now).raise_for(damage.value)
    named = incidents(path)
    paged = {page.incident.removesuffix("-damaged") for page in told.pages}
    assert paged == set(named.values()) - {named[CLOSED]}
    assert len(told.pages) == len(paged)
    assert all("bot log seal" in page.summary or "no worker has sealed it" in page.summary for page in told.pages)


@pytest.mark.parametrize("which", [OVERLAP, WAITS, VALUE, KILLING])
def test_once_somebody_has_vouched_it_goes_on_and_its_consents_are_asked_for_anew(event_log, path, which):
    incident = incidents(path)[which]
    before = event_log.look(incident).incident
    with pytest.raises(Misuse, match="may not command"):
        vouch(event_log, incident, BEN)
    with pytest.raises(Misuse, match="another head than the one that you vouch for"):
        vouch(event_log, incident, at_head=f"{before.seq}:{'0' * 64}")
    assert event_log.look(incident).incident.seq == before.seq
    state = vouch(event_log, incident).incident
    assert state.seq == before.seq + 1
    (secret,) = state.secrets.values()
    assert (secret.old_state, secret.new_state) == next((s.old_state, s.new_state) for s in before.secrets.values())
    assert not kill_allowed(state, secret, now()), "nobody's word of before carries a kill"
    assert Op.REVOKE not in {work.op for work in pending(state, now())}
    assert list(agenda(state, now())), "it is worked on"
    assert event_log.load(incident) == state
    last = event_log.events(incident)[-1]
    assert "vouched for the log" in sentence(last, state)
    assert any("vouched for" in milestone for milestone in state.milestones)
    assert verify_incident(event_log, incident).sealed
    assert verify_incident(event_log, incident, f"{before.seq}:{event_log.rows(incident)[-2].digest}").anchored


def test_a_sealed_log_needs_nobodys_word_and_gets_none(event_log, path):
    incident = incidents(path)[VALUE]
    vouch(event_log, incident)
    with pytest.raises(Misuse, match="it needs nobody's word"):
        event_log.vouch(incident, c.Envelope("again", now(), ADA, c.SealLog(event_log.head(incident))))
    assert event_log.execute(incident, c.Envelope("note", now(), ADA, c.AddNote("on it goes"))).events


def test_the_closed_one_can_be_vouched_for_and_opened_again(event_log, path):
    incident = incidents(path)[CLOSED]
    assert not vouch(event_log, incident).incident.open
    assert event_log.load(incident).secrets["openai-api-key"].old_state is m.Old.DEAD


def test_whoever_strips_the_seals_and_forges_is_caught_by_the_head_from_outside(event_log, path):
    incident = incidents(path)[OVERLAP]
    vouch(event_log, incident)
    event_log.execute(incident, c.Envelope("note", now(), ADA, c.AddNote("on it goes")))
    posted = event_log.head(incident)
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = [StoredEvent(*row) for row in connection.execute(
            "SELECT incident, seq, at, actor, kind, data, salt, data_digest, previous, digest, command_id, NULL"
            " FROM incident_events WHERE incident = ? ORDER BY seq", [incident])]  # fmt: skip
        previous = ""
        for row in rows:
            forged = replace(row, actor="ada" if row.actor == "ben" else row.actor, previous=previous)
            forged = replace(forged, digest=digest_of(forged))
            previous = forged.digest
            connection.execute(
                "UPDATE incident_events SET actor = ?, previous = ?, digest = ?, seal = NULL WHERE incident = ?"
                " AND seq = ?", [forged.actor, forged.previous, forged.digest, incident, forged.seq],
            )  # fmt: skip
        connection.execute("UPDATE incidents SET digest = ? WHERE incident = ?", [previous, incident])
    again = open_event_log(f"sqlite:///{path}", seal=SEAL)
    with pytest.raises(Damaged, match="the seals were taken away"):
        again.load(incident)
    with pytest.raises(Misuse, match="another head than the one that you vouch for"):
        vouch(again, incident, at_head=posted)
    verdict = verify_incident(again, incident, posted)
    assert (verdict.ok, verdict.anchored, verdict.sealed) == (False, False, False)
    again.close()
    assert head(path, incident) != posted
