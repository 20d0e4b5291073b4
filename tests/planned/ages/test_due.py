"""Ages, due dates, and what counts as overdue."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.catalog.catalog import CatalogEntry, Policy
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.secrets import Part
from bot.planned.ages.age import Age, CountsFrom, History, Proven, age_of
from bot.planned.ages.due import DueState, How, due_of, how_of, in_order
from bot.planned.ages.words import line, put_off

DAY = timedelta(days=1)
AT = datetime(2026, 11, 27, 10, tzinfo=UTC)


def entry(name="openai-api-key", limit=90, owner="ada", environment="production", **policy):
    parts = (Part("key", f"/{environment}/{name}", "KEY"),)
    return CatalogEntry(
        name=name, title="OpenAI", provider="openai", parts=parts, owner=owner, environment=environment,
        policy=Policy(limit, **policy),
    )  # fmt: skip


def aged(days, hours=0):
    return Age(CountsFrom.VERSION, AT - timedelta(days=days, hours=hours))


def due(age, one=None, now=AT, **told):
    return due_of(one or entry(), age, How.OVERLAP, now, **told)


ROTATED, WRITTEN, CREATED = AT - 30 * DAY, AT - 5 * DAY, AT - 700 * DAY


@pytest.mark.parametrize(
    ("proven", "written", "created", "expected"),
    [
        (ROTATED, WRITTEN, CREATED, Age(CountsFrom.ROTATION, ROTATED, "inc_ab12cd")),
        (None, WRITTEN, CREATED, Age(CountsFrom.VERSION, WRITTEN)),
        (None, None, CREATED, Age(CountsFrom.CREATION, CREATED)),
        (None, None, None, Age(CountsFrom.UNKNOWN)),
    ],
)
def test_an_age_counts_from_the_surest_that_is_known(proven, written, created, expected):
    history = History(Proven(proven, "inc_ab12cd") if proven else None)
    assert age_of(history, written, created) == expected


@pytest.mark.parametrize(
    ("age", "state", "because"),
    [
        (aged(0), DueState.LATER, ()),
        (aged(75, 23), DueState.LATER, ()),
        (aged(76), DueState.SOON, ()),
        (aged(89, 23), DueState.SOON, ()),
        (aged(90), DueState.OVERDUE, ("90 days old; its policy is 90",)),
        (aged(400), DueState.OVERDUE, ("400 days old; its policy is 90",)),
        (Age(), DueState.OVERDUE, ("its age is unknown",)),
    ],
)
def test_it_is_due_at_its_age_to_the_hour(age, state, because):
    found = due(age)
    assert (found.state, found.overdue_because) == (state, because)


def test_days_have_24_hours_where_a_clock_is_changed_as_well():
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the night after, Berlin's clocks go forward
    found = due(Age(CountsFrom.VERSION, spring), entry(limit=1), now=spring + DAY)
    assert found.due_at == spring + DAY
    assert found.state is DueState.OVERDUE
    assert due(Age(CountsFrom.VERSION, spring), entry(limit=1), now=spring + DAY - timedelta(seconds=1)).compliant


def test_without_an_age_in_its_policy_nothing_is_due():
    found = due(Age(), entry(limit=None))
    assert (found.state, found.due_at, found.compliant) == (DueState.UNDATED, None, True)


@pytest.mark.parametrize(("owner", "limit"), [("", 90), (" ", None), ("gone", 90)])
def test_what_nobody_owns_is_overdue(owner, limit):
    found = due(aged(1), entry(owner=owner, limit=limit), owned=lambda name: name.strip() not in {"", "gone"})
    assert found.state is DueState.OVERDUE
    assert found.overdue_because == ("it has no owner",)


def test_what_the_catalog_puts_off_is_overdue_all_the_same_and_says_why():
    found = due(aged(91), entry(not_before=AT + 20 * DAY, because="the vendor moves its API."))
    assert found.state is DueState.OVERDUE
    assert put_off(found, AT) == ["not before 2026-12-17: the vendor moves its API"]
    assert put_off(found, AT + 20 * DAY) == []
    assert "not before 2026-12-17" in line(found, AT)


@pytest.mark.parametrize(
    ("makes", "revokes", "swaps", "how"),
    [
        (Makes.ISSUE, RevokedBy.MACHINE, False, How.OVERLAP),
        (Makes.INSTALL, RevokedBy.MACHINE, True, How.ONE_AT_A_TIME),
        (Makes.PERSON, RevokedBy.MACHINE, False, How.BY_HAND),
        (Makes.ISSUE, RevokedBy.PERSON, False, How.BY_HAND),
        (Makes.ISSUE, RevokedBy.ITSELF, False, How.OVERLAP),
    ],
)
def test_how_it_will_be_done(makes, revokes, swaps, how):
    assert how_of(Capabilities(makes, revokes, swaps=swaps)) is how


def test_the_most_pressing_comes_first():
    ages = {"later": aged(1), "soon": aged(80), "overdue": aged(91), "long": aged(200), "unknown": Age()}
    found = in_order([due(age, entry(name)) for name, age in ages.items()])
    assert [each.secret for each in found] == ["unknown", "long", "overdue", "soon", "later"]
