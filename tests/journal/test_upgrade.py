"""Logs of the release before logs were sealed: opened in place, damage until somebody vouches, then they go on."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.basis import kill_allowed
from bot.incident.operations import Op
from bot.incident.pending import agenda, pending
from bot.journal import Damaged, open_journal, rebuild, verify_incident
from bot.journal.chain import StoredEvent, digest_of
from bot.report.words import sentence
from bot.workflow.alarm import Alarm
from tests.support.journals import SEAL
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
def journal(path):
    journal = open_journal(f"sqlite:///{path}", seal=SEAL)
    yield journal
    journal.close()


def vouch(journal, incident, by=ADA, at_head=None):
    body = c.SealLog(at_head or journal.head(incident))
    return journal.vouch(incident, c.Envelope(f"seal-{incident}", now(), by, body))


def test_each_old_log_is_in_the_list():
    assert {path.stem for path in LOGS.glob("*.sql")} == {"declared", "stages", "kinds"}


def test_every_kind_of_event_of_before_is_read(tmp_path):
    path = restore("kinds", tmp_path / "incidents.sqlite")
    journal = open_journal(f"sqlite:///{path}")
    rows = journal.rows("inc_kinds")
    journal.close()
    recorded = [row.recorded() for row in rows]
    kinds = {e.kind_of(each.event) for each in recorded}
    assert len(kinds) == len({row.kind for row in rows}) > 60


@pytest.mark.parametrize("name", ["declared", "stages"])
def test_the_schema_follows_and_an_incident_of_before_is_damage_until_somebody_vouches(tmp_path, name):
    path = restore(name, tmp_path / "incidents.sqlite")
    journal = open_journal(f"sqlite:///{path}", seal=SEAL)
    for incident in incidents(path).values():
        with pytest.raises(Damaged, match=f"`bot log seal {incident}`, by somebody who may command"):
            journal.load(incident)
        looked = journal.look(incident)
        assert "no worker has sealed it" in looked.damage
        assert looked.incident.secrets
        assert verify_incident(journal, incident).sealed is False
    before = journal.incidents()
    assert rebuild(journal).incidents == len(before)
    assert journal.incidents() == before
    journal.close()
    front = open_journal(f"sqlite:///{path}")  # who cannot check seals sees it as it stood
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


def test_for_open_ones_somebody_is_paged_once_and_for_closed_ones_nobody(journal, path):
    told = Told()
    for _ in range(2):
        for incident in incidents(path).values():
            with pytest.raises(Damaged) as damage:
                journal.load(incident)
            Alarm(journal, told, told, now).raise_for(damage.value)
    named = incidents(path)
    paged = {page.incident.removesuffix("-damaged") for page in told.pages}
    assert paged == set(named.values()) - {named[CLOSED]}
    assert len(told.pages) == len(paged)
    assert all("bot log seal" in page.summary or "no worker has sealed it" in page.summary for page in told.pages)


@pytest.mark.parametrize("which", [OVERLAP, WAITS, VALUE, KILLING])
def test_once_somebody_has_vouched_it_goes_on_and_its_consents_are_asked_for_anew(journal, path, which):
    incident = incidents(path)[which]
    before = journal.look(incident).incident
    with pytest.raises(Misuse, match="may not command"):
        vouch(journal, incident, BEN)
    with pytest.raises(Misuse, match="another head than the one that you vouch for"):
        vouch(journal, incident, at_head=f"{before.seq}:{'0' * 64}")
    assert journal.look(incident).incident.seq == before.seq
    state = vouch(journal, incident).incident
    assert state.seq == before.seq + 1
    (secret,) = state.secrets.values()
    assert (secret.old_state, secret.new_state) == next((s.old_state, s.new_state) for s in before.secrets.values())
    assert not kill_allowed(state, secret, now()), "nobody's word of before carries a kill"
    assert Op.REVOKE not in {work.op for work in pending(state, now())}
    assert list(agenda(state, now())), "it is worked on"
    assert journal.load(incident) == state
    last = journal.events(incident)[-1]
    assert "vouched for the log" in sentence(last, state)
    assert any("vouched for" in milestone for milestone in state.milestones)
    assert verify_incident(journal, incident).sealed
    assert verify_incident(journal, incident, f"{before.seq}:{journal.rows(incident)[-2].digest}").anchored


def test_a_sealed_log_needs_nobodys_word_and_gets_none(journal, path):
    incident = incidents(path)[VALUE]
    vouch(journal, incident)
    with pytest.raises(Misuse, match="it needs nobody's word"):
        journal.vouch(incident, c.Envelope("again", now(), ADA, c.SealLog(journal.head(incident))))
    assert journal.execute(incident, c.Envelope("note", now(), ADA, c.AddNote("on it goes"))).events


def test_the_closed_one_can_be_vouched_for_and_opened_again(journal, path):
    incident = incidents(path)[CLOSED]
    assert not vouch(journal, incident).incident.open
    assert journal.load(incident).secrets["openai-api-key"].old_state is m.Old.DEAD


def test_whoever_strips_the_seals_and_forges_is_caught_by_the_head_from_outside(journal, path):
    incident = incidents(path)[OVERLAP]
    vouch(journal, incident)
    journal.execute(incident, c.Envelope("note", now(), ADA, c.AddNote("on it goes")))
    posted = journal.head(incident)
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
    again = open_journal(f"sqlite:///{path}", seal=SEAL)
    with pytest.raises(Damaged, match="the seals were taken away"):
        again.load(incident)
    with pytest.raises(Misuse, match="another head than the one that you vouch for"):
        vouch(again, incident, at_head=posted)
    verdict = verify_incident(again, incident, posted)
    assert (verdict.ok, verdict.anchored, verdict.sealed) == (False, False, False)
    again.close()
    assert head(path, incident) != posted
