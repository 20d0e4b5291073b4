"""What the home tab says of planned rotations to each person."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.eventlog import INSTALLATION, Cursor, open_event_log
from bot.eventlog.programme import ProgrammeDamaged
from bot.incident.model import Actor
from bot.people import People, Person
from bot.phrases.marks import plain
from bot.policy.age import Age
from bot.policy.looks import Looked
from bot.programme.commands import AskWaiver, SignStanding
from bot.programme.offers import agreement, offered, withdrawal
from bot.response.beside import SURFACE
from bot.slack.actions import ButtonValue
from bot.slack.listeners.home import home_tab
from bot.slack.listeners.home_rotations import Consent, Rotations, consent, given, rotations_of
from bot.workflow.due_rotations import keep_look
from tests.policy.test_due import aged, due, entry
from tests.programme.conftest import AT, RIGHTS, Office
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL

DAY = timedelta(days=1)
PEOPLE = People(tuple(Person(name, slack=f"U{name.upper()}", rights=frozenset(RIGHTS[name])) for name in RIGHTS))
ADA, BEN, EVE = (Actor(name, frozenset(RIGHTS[name])) for name in ("ada", "ben", "eve"))


@dataclass
class Context:
    """What the home tab reads."""

    incidents: object
    people: People = PEOPLE


@pytest.fixture
def ctx(tmp_path):
    event_log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    yield Context(SimpleNamespace(event_log=event_log))
    event_log.close()


def words(found, now=AT):
    tab = home_tab([], trusted=True, now=now, rotations=found)
    assert check_view(tab) == []
    return read(tab["blocks"])


def test_before_any_worker_has_looked_nothing_is_known(ctx):
    assert "Not known yet: no worker has looked." in words(rotations_of(ctx, ADA, AT))


def test_it_counts_all_and_names_those_of_this_person(ctx):
    ages = (
        ("a", "ada", aged(95)),
        ("b", "ada", aged(85)),
        ("c", "ada", aged(3)),
        ("d", "ben", Age()),
        ("e", "x", aged(9)),
    )
    looked = Looked(tuple(due(age, entry(name, owner=owner)) for name, owner, age in ages), AT)
    keep_look(ctx.incidents.event_log, looked)
    told = words(rotations_of(ctx, ADA, AT))
    assert "*2 overdue*, 1 due within 14 days, 0 waived, of 5 secrets." in told
    assert "• production a: OVERDUE, 95 of 90 days, due 2026-11-22, 5 days ago" in told
    assert "• production b: 85 of 90 days" in told
    assert "production c" not in told
    assert "production d" not in told
    assert "Yours" not in words(rotations_of(ctx, EVE, AT))
    assert "No worker has looked since" in words(rotations_of(ctx, ADA, AT), AT + 2 * timedelta(hours=1))


def agreeable(office, actor, now):
    return map(consent, of_office(office, agreement, actor, now))


def withdrawable(office, actor, now):
    return map(given, of_office(office, withdrawal, actor, now))


def of_office(office, ask, actor, now):
    due = lambda *of: office.due.get(of)  # noqa: E731
    return offered(office.state, ask, actor, now, entitled=office.entitled, due=due)


def test_consents_wait_for_those_who_may_give_them(ctx):
    office = Office()
    event = office.say(SignStanding("production", ("a", "b"), 60.0, AT + DAY), "ada")
    office.due["production", "c"] = AT + DAY
    office.say(AskWaiver("c", "production", AT + 9 * DAY, "the *vendor* moves"), "ben")
    found = list(agreeable(office, BEN, AT))
    command = f"`bot standing agree 1 --digest {event.digest}`"
    assert [(plain(each.words), each.value) for each in found] == [
        (
            f"Standing approval 1 of ada, production until 2026-11-28: a and b. {command}",
            None,
        )
    ]
    assert [(plain(each.words)[:8], each.value) for each in agreeable(office, ADA, AT)] == [
        ("Waiver 1", ButtonValue("waiver", "1"))
    ]
    assert [each.value.incident for each in withdrawable(office, BEN, AT)] == ["standing", "waiver"]
    assert list(withdrawable(office, EVE, AT)) == []
    assert list(agreeable(office, EVE, AT)) == []
    assert list(agreeable(office, BEN, AT + 8 * DAY)) == []
    told = words(Rotations(None, consents=tuple(found * 9)))
    assert told.startswith("Waits for you\n🖐 *Planned rotations*\nStanding approval 1 of ada")
    assert "And 4 more" in told
    assert "Agree…" in words(Rotations(None, consents=tuple(agreeable(office, ADA, AT))))
    assert "Withdraw…" in words(Rotations(None, given=tuple(withdrawable(office, BEN, AT))))


@pytest.mark.parametrize("lost", ["ada", ""])
def test_an_approval_whose_signer_lost_the_right_is_offered_to_nobody(ctx, lost):
    office = Office()
    event = office.say(SignStanding("production", ("a",), 60.0, AT + DAY), "ada")
    ctx.incidents.event_log.programme.append(lambda _state: event, at=AT, actor="ada", command_id="signed")
    ctx.people = People(tuple(person for person in PEOPLE if person.name != lost))
    assert bool(rotations_of(ctx, BEN, AT).consents) is not bool(lost)


def test_a_waiver_is_agreed_to_by_the_due_date_as_a_worker_has_last_seen_it(ctx):
    office = Office()
    office.due["production", "c"] = AT + DAY
    event = office.say(AskWaiver("c", "production", AT + 9 * DAY, "the vendor moves"), "eve")
    log = ctx.incidents.event_log
    log.programme.append(lambda _state: event, at=AT, actor="eve", command_id="asked")
    for age, offers in ((None, 1), (aged(85), 1), (aged(95), 0), (Age(), 0), (Age(missing=("closed",)), 1)):
        if age is not None:
            keep_look(log, Looked((due(age, entry("c")),), AT))
        assert len(rotations_of(ctx, BEN, AT).consents) == offers


def test_a_damaged_record_is_said(ctx, monkeypatch):
    def damaged():
        raise ProgrammeDamaged("entry 3 is gone")

    monkeypatch.setattr(ctx.incidents.event_log.programme, "current", damaged)
    keep_look(ctx.incidents.event_log, Looked((), AT, ("x",)))
    told = words(rotations_of(ctx, ADA, AT))
    assert "The record of standing approvals and waivers is damaged: entry 3 is gone" in told
    assert "Not everything could be asked" in told


def test_what_keeps_the_worker_from_its_look_is_said(ctx):
    keep_look(ctx.incidents.event_log, Looked((), AT))
    ctx.incidents.event_log.cursors.put(Cursor(INSTALLATION, SURFACE, "schedule", 0, "the record is damaged", AT))
    assert "Waits since" in (told := words(rotations_of(ctx, EVE, AT)))
    assert "the record is damaged" in told
    ctx.incidents.event_log.cursors.put(Cursor(INSTALLATION, SURFACE, "schedule", 0, "", AT))
    assert "Waits since" not in words(rotations_of(ctx, EVE, AT))


def test_it_fits_however_much_is_due():
    much = tuple(due(aged(99), long_name(number)) for number in range(300))
    found = Rotations(Looked(much, AT), much, (Consent("x" * 200, ButtonValue("waiver", "1")),) * 50)
    assert "and 295 more" in words(found)


def long_name(number):
    return entry(f"{'very-long-name-' * 5}{number}")


def test_without_rights_nothing_of_it_is_shown():
    shown = read(home_tab([], trusted=False, now=AT, rotations=None)["blocks"])
    assert "Planned rotations" not in shown
