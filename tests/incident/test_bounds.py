"""Times and lengths that people give: what lies outside of all sense is declined, and changes nothing."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from bot.errors import Misuse
from bot.inbox.wire import KINDS, decode
from bot.incident import bounds
from bot.incident import commands as c
from bot.incident.refusals import Declined
from tests.incident.obligations.test_obligations import told
from tests.support.incidents import ANNA, Story, declaration

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SKEW, HOUR, YEARS = timedelta(minutes=5), timedelta(hours=1), timedelta(days=3653)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EAST, WEST = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))
BOUNDS = {bounds.Past, bounds.Due, bounds.Overlap}


def test_a_leak_is_no_older_than_ten_years_and_not_to_come():
    for at in (NOW - YEARS, NOW, NOW + SKEW):
        assert bounds.past(at, NOW, "Exposed") == at
    for at in (FIRST, FIRST.replace(tzinfo=EAST), NOW - YEARS - SKEW, NOW + SKEW + SKEW, LAST.replace(tzinfo=WEST)):
        with pytest.raises(Declined, match=r"^Exposed: "):
            bounds.past(at, NOW, "Exposed")
    assert bounds.past(NOW.astimezone(EAST), NOW, "Exposed").tzinfo is UTC


def test_what_is_due_comes_within_a_year():
    for at in (NOW + SKEW, NOW + timedelta(days=365)):
        assert bounds.due(at, NOW, "Due") == at
    for at in (FIRST, NOW, NOW + timedelta(days=366), LAST, LAST.replace(tzinfo=WEST)):
        with pytest.raises(Declined, match=r"^Due: "):
            bounds.due(at, NOW, "Due")


@pytest.mark.parametrize(
    "length", [float("nan"), float("inf"), -float("inf"), -1.0, 0.0, 30 * 86400 + 1.0, 1e12, 1e308]
)
def test_no_overlap_is_longer_than_thirty_days(length):
    with pytest.raises(Misuse, match="longer than zero and at most 30 days"):
        bounds.demand_overlap(length)


@pytest.mark.parametrize(
    "command",
    [
        c.AddTask("Look again", "ben", LAST),
        c.ChangeTask("t1", "ben", LAST, "later"),
        c.RecordAwareness(FIRST, "long ago"),
        c.RecordExposure(FIRST, "long ago"),
        c.RecordAwareness(LAST, "a mistyped year"),
        c.RecordExposure(LAST, "a mistyped year"),
    ],
)
def test_an_incident_takes_none_of_them(command):
    story = told()
    story.do(c.AddTask("Look", "anna", story.now + HOUR), ANNA)
    assert story.refused(command).endswith(("Enter a time within 365 days.", "Check the year.", "in the past."))


def test_a_time_without_an_offset_cannot_be_read():
    story = Story(declaration())
    at = f"{story.now + HOUR:%Y-%m-%dT%H:%M:%S}"
    task = '{"title":"Look","owner":"ben","due":"%s"}'
    assert story.do(decode("add-task", task % f"{at}Z"))[0].due == story.now.replace(microsecond=0) + HOUR
    with pytest.raises(Misuse, match="has a form that it cannot have"):
        decode("add-task", task % at)


def kinds_of(hint):
    """The types of which a field's values are, with what annotates them."""
    if get_origin(hint) is Annotated or not get_args(hint):
        yield hint
        return
    for inner in get_args(hint):
        yield from kinds_of(inner)


def fields_of(kind):
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        for hint in kinds_of(hints[field.name]):
            yield f"{kind.__name__}.{field.name}", hint
            if is_dataclass(hint):
                yield from fields_of(hint)


def test_each_time_and_length_of_a_command_says_which_bound_it_has():
    unbound = {
        name
        for kind in KINDS.values()
        for name, hint in fields_of(kind)
        if (get_args(hint)[0] if get_origin(hint) is Annotated else hint) in {datetime, float, timedelta}
        if hint not in BOUNDS
    }
    assert unbound == set()
