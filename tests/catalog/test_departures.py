"""What is rotated since someone leaves: which secrets, why, and in which order."""

from datetime import UTC, datetime

import pytest

from bot.catalog.catalog import Catalog, Policy
from bot.catalog.departures import for_leaver, in_dependency_order, plan
from bot.catalog.loader import load_playbook
from bot.data_files import find_playbook
from bot.model.departures import Leaver, Reach
from bot.model.playbooks import Playbook, PlaybookStep
from tests.slack.conftest import entry
from tests.support.incidents import entry as frozen

AT = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
LEAVES = Policy(None, on_personnel_change=True)


def catalog(*entries):
    return Catalog(("production", "staging"), entries)


def planned(*entries, reaches=()):
    found = plan(catalog(*entries), "ben", "production", {reach.secret: reach for reach in reaches})
    return {each.name: each.words for each in found.planned}, found.left


def one(name="redis-url", **more):
    return entry(name, name, "production", more.pop("provider", "redis"), **more)


def administered(name, admin):
    return one(name, admin_parameter=f"/production/{admin}")


@pytest.mark.parametrize(
    ("secret", "reach", "words"),
    [
        (one(policy=LEAVES), None, "Its policy requires it when someone leaves"),
        (one(owner="ben"), None, "Ben owned it"),
        (one(owner="Ben"), None, "Ben owned it"),
        (one(), Reach("redis-url", reads=3, last_read=AT), "Ben read it 3 times, last at 2026-11-20 09:12 UTC"),
        (one(), Reach("redis-url", reads=1, last_read=AT), "Ben read it at 2026-11-20 09:12 UTC"),
        (one(), Reach("redis-url", "can", ("All",)), "Ben can read it"),
        (one(), Reach("redis-url", "may", ("All",)), "Ben can read it under a condition"),
        (
            one(policy=LEAVES, owner="ben"),
            Reach("redis-url", "can", (), 1, AT),
            "Its policy requires it when someone leaves; ben owned it; ben read it at 2026-11-20 09:12 UTC; ben can read it",  # noqa: E501
        ),
        (one(owner="benedict"), None, None),
        (one(), Reach("redis-url"), None),
    ],
)
def test_each_reason_is_said(secret, reach, words):
    found, left = planned(secret, reaches=[reach] if reach else [])
    assert found == ({"redis-url": words} if words else {})
    assert left == ()


def test_what_dies_with_one_of_them_is_rotated_too():
    found, _ = planned(one("service-key", owner="ben", dies_with=("anon-key",)), one("anon-key", public_by_design=True))
    assert found == {"service-key": "Ben owned it", "anon-key": "It and service-key are revoked together"}


def test_what_is_public_by_design_and_was_only_seen_is_left_alone_and_said():
    seen = Reach("anon-key", "can", (), 2, AT)
    assert planned(one("anon-key", public_by_design=True), reaches=[seen]) == ({}, ("anon-key",))
    asked, left = planned(one("anon-key", public_by_design=True, policy=LEAVES), reaches=[seen])
    assert (list(asked), left) == (["anon-key"], ())


def test_another_environments_secrets_are_none_of_its():
    other = entry("redis-url", "Redis", "staging", "redis", owner="ben")
    assert planned(other) == ({}, ())


@pytest.mark.parametrize(
    ("secrets", "order"),
    [
        ([one("a"), one("b"), one("c")], ["a", "b", "c"]),
        ([one("a", admin_parameter="/production/c"), one("b"), one("c")], ["b", "c", "a"]),
        (
            [one("a", admin_parameter="/production/b"), one("b", admin_parameter="/production/c"), one("c")],
            ["c", "b", "a"],
        ),
        (
            [one("a", admin_parameter="/production/b"), one("b", admin_parameter="/production/a"), one("c")],
            ["c", "a", "b"],
        ),
        ([one("a", admin_parameter="/production/a"), one("b")], ["a", "b"]),
    ],
)
def test_they_stand_in_the_order_in_which_they_wait_for_each_other(secrets, order):
    assert [each.name for each in in_dependency_order(secrets)] == order


def test_the_tasks_name_the_person_and_each_console_once():
    playbook = Playbook(
        "d", "D", (PlaybookStep("access", "Access", tasks=("Delete {person}",)), PlaybookStep("x", "X"))
    )
    secrets = [
        frozen("openai-a", console="https://o"),
        frozen("openai-b", console="https://o"),
        frozen("x", console=""),
    ]
    made = for_leaver(playbook, Leaver("ben"), secrets)
    assert made.steps[0].tasks == ("Delete ben", "Take ben out of openai: https://o")
    assert made.steps[1].tasks == ()


def test_the_shipped_playbook_lists_what_no_parameter_shows():
    shipped = for_leaver(load_playbook(find_playbook("departure.yaml")), Leaver("ben"), [])
    told = " ".join(shipped.steps[0].tasks)
    assert "{person}" not in told
    for place in ("people file", "AWS access", "password managers", ".env", "Slack"):
        assert place in told
