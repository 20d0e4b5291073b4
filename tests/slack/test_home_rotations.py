"""What the home tab says of planned rotations to each person."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.eventlog import INSTALLATION, Cursor, open_event_log
from bot.incident.model import Actor, Right
from bot.people import People, Person
from bot.planned.ages.age import Age
from bot.planned.ages.looks import Looked
from bot.slack.listeners.home import home_tab
from bot.slack.listeners.home_rotations import Rotations, rotations_of
from bot.worker.background import SURFACE
from bot.worker.due_rotations import keep_look
from tests.planned.ages.test_due import AT, aged, due, entry
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL

ADA, EVE = (Actor(name, frozenset({Right.RESPOND})) for name in ("ada", "eve"))
PEOPLE = People(tuple(Person(each.name, slack=f"U{each.name.upper()}", rights=each.rights) for each in (ADA, EVE)))


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
    assert "Not known yet: not checked by a worker." in words(rotations_of(ctx, ADA))


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
    told = words(rotations_of(ctx, ADA))
    assert "*2 overdue*, 1 due within 14 days, of 5 secrets." in told
    assert "• production a: OVERDUE, 95 of 90 days, due 2026-11-22, 5 days ago" in told
    assert "• production b: 85 of 90 days" in told
    assert "production c" not in told
    assert "production d" not in told
    assert "Yours" not in words(rotations_of(ctx, EVE))
    assert "Last checked by a worker " in words(rotations_of(ctx, ADA), AT + 2 * timedelta(hours=1))


def test_what_keeps_the_worker_from_its_look_is_said(ctx):
    keep_look(ctx.incidents.event_log, Looked((), AT))
    ctx.incidents.event_log.cursors.put(Cursor(INSTALLATION, SURFACE, "schedule", 0, "the record is damaged", AT))
    assert "Waits since" in (told := words(rotations_of(ctx, EVE)))
    assert "the record is damaged" in told
    ctx.incidents.event_log.cursors.put(Cursor(INSTALLATION, SURFACE, "schedule", 0, "", AT))
    assert "Waits since" not in words(rotations_of(ctx, EVE))


def test_it_fits_however_much_is_due():
    much = tuple(due(aged(99), long_name(number)) for number in range(300))
    found = Rotations(Looked(much, AT), much)
    assert "and 295 more" in words(found)


def long_name(number):
    return entry(f"{'very-long-name-' * 5}{number}")


def test_without_rights_nothing_of_it_is_shown():
    shown = read(home_tab([], trusted=False, now=AT, rotations=None)["blocks"])
    assert "Planned rotations" not in shown
