"""Which rotation begins when: order, hours, one at a time, and what keeps one from being begun."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.model.window import Window
from bot.planned.rules.planner import plan
from bot.planned.rules.rotatable import SPARE, Occupied, Planned, Rotatable, blocked

ENVIRONMENTS = ("production", "staging", "development")
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""A Tuesday."""
OFFICE = Window("Tue-Thu 09:00-16:00 Europe/Berlin")


def rotatable(secret="openai", environment="development", *, due=-DAY, age=90 * DAY, **more):
    due_at = NOW + due
    fields = {"provider": "openai", "counted_at": due_at - age, "proven_at": due_at - age, **more}
    return Rotatable(secret=secret, environment=environment, due_at=due_at, **fields)


def three(secret="openai", **more):
    return [rotatable(secret, environment, **more) for environment in reversed(ENVIRONMENTS)]


def occupied(incident="inc_aaaaaa", environment="production", *, routine=False, **more):
    fields = {"secrets": frozenset(), "providers": frozenset(), "consumers": frozenset(), **more}
    return Occupied(incident, environment, routine, **fields)


def planned(*rotatables, taken=(), stopped=None, now=NOW):
    return plan(rotatables, taken, stopped or {}, ENVIRONMENTS, now)


def starting(*rotatables, **more):
    return [each.of.key for each in planned(*rotatables, **more).starting(more.get("now", NOW))]


# --- when it is time --------------------------------------------------------------------------------------------------


def test_what_is_overdue_begins_at_once():
    assert starting(rotatable(due=-30 * DAY)) == [("development", "openai")]


def test_what_is_due_in_months_waits():
    one = planned(rotatable(due=80 * DAY)).planned["development", "openai"]
    assert one.starts_at == NOW + 80 * DAY - DAY - timedelta(hours=1) - SPARE
    assert not one.late
    assert one.waits == ""


def test_it_begins_early_enough_for_the_overlap_and_both_in_its_hours():
    """Due on a Wednesday at nine: the kill is on the Tuesday, the day before; so it begins on the Thursday before, or
    so much earlier as is in hand.
    """
    due = datetime(2027, 2, 24, 6, tzinfo=UTC)
    one = rotatable(window=OFFICE, due=due - NOW, overlap=2 * DAY)
    starts = planned(one).planned[one.key].starts_at
    assert starts == OFFICE.next_open(datetime(2027, 2, 18, 15, tzinfo=UTC) - SPARE)


def test_outside_its_window_it_waits_for_the_next_one():
    now = NOW + 3 * DAY  # a Friday
    found = planned(rotatable(window=OFFICE), now=now)
    one = found.planned["development", "openai"]
    assert found.starting(now) == ()
    assert one.starts_at == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert one.waits == "its window opens 2026-12-01 08:00 UTC"
    assert found.next_at(now) == one.starts_at


def test_a_policy_of_days_is_not_rotated_all_the_time():
    one = rotatable(due=6 * DAY, age=7 * DAY)
    assert planned(one).planned[one.key].starts_at >= one.counted_at + 3.5 * DAY


def test_before_the_day_that_the_catalog_names_it_is_left_alone():
    one = rotatable(not_before=NOW + 20 * DAY, because="the vendor moves")
    found = planned(one).planned[one.key]
    assert found.starts_at == NOW + 20 * DAY
    assert found.late
    assert found.waits == "not before 2026-12-14: the vendor moves"


def test_what_is_held_waits_and_with_it_what_comes_after_it_but_nothing_hurries_for_it():
    """Its age could not be checked: it may be as young as development's."""
    young = {"due": 85 * DAY, "proven_at": None}
    staging = rotatable(environment="staging", due=-20000 * DAY, counted_at=None, proven_at=None, held="not asked")
    found = planned(rotatable(**young), staging, rotatable(environment="production", due=85 * DAY))
    assert found.starting(NOW) == ()
    assert [found.planned[name, "openai"].waits for name in ENVIRONMENTS] == [
        "after development and staging", "not asked", "",
    ]  # fmt: skip
    assert found.planned["development", "openai"].starts_at > NOW + 40 * DAY


# --- the order of environments ----------------------------------------------------------------------------------------


def test_development_comes_first_then_staging_and_production_a_day_later():
    found = planned(*three()).planned
    development, staging, production = (found[name, "openai"] for name in reversed(ENVIRONMENTS))
    assert development.starts_at == NOW
    assert staging.starts_at == development.ends_at
    assert production.starts_at == staging.ends_at + DAY
    assert production.waits == "after development and staging"


def test_development_is_rotated_before_production_even_if_it_is_not_due_itself():
    fresh = rotatable(due=80 * DAY, proven_at=NOW - 100 * DAY)
    production = rotatable(environment="production")
    assert starting(fresh, production) == [fresh.key]


def test_what_was_rotated_since_productions_last_rotation_is_not_rotated_again():
    fresh = rotatable(due=85 * DAY)
    production = rotatable(environment="production")
    assert starting(fresh, production) == [production.key]


def test_production_waits_for_a_day_after_the_others():
    fresh = rotatable(due=89 * DAY, proven_at=NOW - timedelta(hours=5))
    production = rotatable(environment="production")
    found = planned(fresh, production).planned[production.key]
    assert found.starts_at == NOW + timedelta(hours=19)


def test_a_secret_of_production_alone_waits_for_nobody():
    assert starting(rotatable(environment="production")) == [("production", "openai")]


def test_what_is_put_off_in_development_does_not_make_production_overdue():
    put_off = rotatable(not_before=NOW + 60 * DAY)
    production = rotatable(environment="production")
    assert starting(put_off, production) == [production.key]


def test_a_run_that_waits_for_people_holds_up_no_other_and_no_later_environment():
    run = occupied(
        "inc_run", "development", routine=True, secrets=frozenset({"openai"}), until=NOW - DAY, waits=True
    )  # fmt: skip
    production = rotatable(environment="production", due=-2 * DAY)
    found = planned(rotatable(), production, rotatable("other"), taken=[run])
    assert [each.of.key for each in found.starting(NOW)] == [production.key]
    assert found.planned["development", "openai"].running == "inc_run"
    assert found.planned["development", "other"].starts_at == found.planned[production.key].ends_at


def test_production_is_not_begun_while_development_waits():
    """An incident has a function that reads development's value: production waits with it."""
    development = rotatable(consumers=frozenset({"api-dev"}))
    production = rotatable(environment="production")
    taken = [occupied(environment="development", consumers=frozenset({"api-dev"}))]
    found = planned(development, production, taken=taken)
    assert found.starting(NOW) == ()
    assert found.planned[development.key].waits == "inc_aaaaaa has api-dev, which reads it"
    assert found.planned[production.key].waits == "after development"


# --- one at a time ----------------------------------------------------------------------------------------------------


def test_a_provider_has_one_run_at_a_time_and_the_most_urgent_comes_first():
    early, late = rotatable("early", due=-2 * DAY), rotatable("late", due=-DAY)
    found = planned(late, early).planned
    assert found[early.key].starts_at == NOW
    assert found[late.key].starts_at == found[early.key].ends_at
    assert found[late.key].waits == "others at openai come first"


def test_providers_do_not_wait_for_each_other():
    assert len(starting(rotatable("one"), rotatable("two", provider="stripe"))) == 2


def test_an_open_run_keeps_its_provider_in_every_environment():
    run = occupied("inc_run", "staging", routine=True, secrets=frozenset({"other"}), providers=frozenset({"openai"}),
                   until=NOW + DAY)  # fmt: skip
    found = planned(rotatable(), taken=[run])
    assert found.starting(NOW) == ()
    assert found.planned["development", "openai"].starts_at == NOW + DAY
    assert found.planned["development", "openai"].waits == "inc_run is at openai: one at a time"


def test_a_run_that_should_have_ended_keeps_its_provider_all_the_same():
    run = occupied("inc_run", "staging", routine=True, secrets=frozenset({"other"}), providers=frozenset({"openai"}),
                   until=NOW - 5 * DAY)  # fmt: skip
    assert starting(rotatable(), taken=[run]) == []


def test_what_is_being_rotated_is_not_begun_again():
    run = occupied("inc_run", "development", routine=True, secrets=frozenset({"openai"}),
                   providers=frozenset({"openai"}), until=NOW + DAY)  # fmt: skip
    found = planned(rotatable(), rotatable(environment="production"), taken=[run]).planned
    assert found["development", "openai"] == Planned(rotatable(), None, NOW + DAY, "inc_run is rotating it", "inc_run")
    assert found["production", "openai"].starts_at == NOW + 2 * DAY


def test_a_run_that_takes_another_providers_secret_along_waits_for_that_provider():
    run = occupied("inc_run", "staging", routine=True, providers=frozenset({"supabase"}), until=NOW + DAY)
    one = rotatable(tied=frozenset({"service-key"}), tied_providers=frozenset({"supabase"}))
    assert starting(one, taken=[run]) == []
    assert blocked(one, [run]) == "inc_run is at supabase: one at a time"


# --- incidents and stops ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("has", "waits"),
    [
        ({"secrets": frozenset({"openai"})}, "inc_aaaaaa has it"),
        ({"providers": frozenset({"openai"})}, "inc_aaaaaa is at openai: one at a time"),
        ({"consumers": frozenset({"api"})}, "inc_aaaaaa has api, which reads it"),
    ],
)
def test_never_while_an_incident_has_the_secret_its_provider_or_a_function_that_reads_it(has, waits):
    one = rotatable(environment="production", consumers=frozenset({"api"}))
    found = planned(one, taken=[occupied(**has)])
    assert found.starting(NOW) == ()
    assert found.planned[one.key].waits == waits
    assert found.planned[one.key].late


def test_an_incident_elsewhere_stops_nothing():
    taken = [occupied(secrets=frozenset({"stripe"}), providers=frozenset({"stripe"}), consumers=frozenset({"web"}))]
    assert starting(rotatable(environment="production", consumers=frozenset({"api"})), taken=taken)


def test_the_same_name_in_another_environment_is_another_secret():
    taken = [occupied(environment="staging", secrets=frozenset({"openai"}))]
    assert starting(rotatable(environment="development"), taken=taken)


def test_a_stopped_provider_of_what_comes_along_keeps_its_run_from_beginning_and_no_other():
    along = rotatable(tied=frozenset({"b"}), tied_providers=frozenset({"stripe"}))
    found = planned(along, rotatable("other"), stopped={"stripe": "stopped by inc_run"})
    assert [each.of.secret for each in found.starting(NOW)] == ["other"]
    assert found.planned[along.key].waits == "stopped by inc_run"


def test_a_stopped_provider_begins_nothing_until_a_person_resumes_it():
    found = planned(rotatable(), rotatable("other", provider="stripe"), stopped={"openai": "stopped by inc_run"})
    assert [each.of.provider for each in found.starting(NOW)] == ["stripe"]
    assert found.planned["development", "openai"].waits == "stopped by inc_run"


# --- all together -----------------------------------------------------------------------------------------------------


def test_thirty_secrets_of_one_provider_are_laid_one_after_another_and_each_in_time():
    many = [
        each for number in range(10) for each in three(f"key-{number}", due=120 * DAY, age=120 * DAY, window=OFFICE)
    ]
    found = planned(*many).planned
    runs = sorted((each.starts_at, each.ends_at) for each in found.values())
    assert all(one[1] <= other[0] for one, other in pairwise(runs))
    assert all(OFFICE.opened_at(starts) and OFFICE.opened_at(ends - timedelta(hours=1)) for starts, ends in runs)
    assert not any(each.late for each in found.values())


def year(keys, days=365):
    """The due date and the end of each rotation, as one after another is begun by the plan of its moment."""
    now, ends, done = NOW, NOW + days * DAY, []
    left, taken = {each.key: each for each in keys}, []
    while now < ends:
        found = planned(*left.values(), taken=taken, now=now)
        for each in found.starting(now):
            one = each.of
            run = occupied(
                f"inc_{one.secret}", one.environment, routine=True, secrets=one.secrets, providers=one.providers,
                until=each.ends_at,
            )  # fmt: skip
            taken, now = [run], each.ends_at
            done.append((one.due_at, each.ends_at))
            age = one.due_at - one.counted_at
            left[one.key] = replace(one, counted_at=now, proven_at=now, due_at=now + age)
            break
        else:
            now = found.next_at(now) or ends
        taken = [run for run in taken if run.until > now]
    return done


@pytest.mark.parametrize(("window", "age"), [(Window(), 90 * DAY), (OFFICE, 180 * DAY)])
def test_thirty_keys_of_one_provider_due_in_one_week_are_never_overdue(window, age):
    keys = [
        rotatable(f"key-{number:02}", "production", due=age - 7 * DAY + number * DAY / 5, age=age, window=window)
        for number in range(30)
    ]
    done = year(keys)
    assert len(done) >= 30 * (365 * DAY // age)
    assert not [(due, end) for due, end in done if end > due]


def test_the_same_plan_for_the_same_facts_in_whatever_order():
    many = [each for number in range(5) for each in three(f"key-{number}", window=OFFICE)]
    assert planned(*many) == planned(*reversed(many))


def test_only_a_fact_that_matters_changes_the_plan():
    one = rotatable()
    assert planned(one).planned[one.key].of == one
    assert planned(replace(one, owner="AI team")).planned[one.key].starts_at == NOW
