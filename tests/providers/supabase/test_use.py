"""How a key was used, as the practice project's gateway logged it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refused, Unauthorized, Unexpected
from bot.model.uses import Concern
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.providers.supabase import logs
from bot.secrets.secret import Credential, Secret
from tests.providers.supabase.harness import PROJECT, supabase

HOUR = 3600.0


@pytest.fixture
def harness():
    with supabase() as made:
        yield made


def report(harness, key=None, enough=lambda: False, provider=None, days=3):
    now = datetime.fromtimestamp(harness.world.clock() + 1, UTC)
    held = Held(key or harness.old, harness.old_id)
    return (provider or harness.provider).use(
        held, Look(harness.provider.card.records, now - timedelta(days=days), now, enough)
    )


def leaked(harness):
    return harness.world.by_value(harness.old.key.reveal())


def test_the_requests_with_the_key_and_no_others_day_by_day(harness):
    world, now = harness.world, harness.world.clock()
    for hours in (0, 1):
        world.log(leaked(harness), "GET", "/rest/v1/orders", at=now - hours * HOUR, address="198.51.100.7")
    world.log(leaked(harness), "DELETE", "/rest/v1/orders", at=now - 30 * HOUR, status=403, agent="x <!channel>")
    world.log(leaked(harness), "GET", "/rest/v1/orders", at=now - 100 * HOUR)
    world.log(world.add_key(PROJECT, "other"), "GET", "/auth/v1/admin/users")
    found = report(harness)
    read, deleted = found.uses
    assert (read.action, read.address, read.agent, read.times, read.refused, read.concern) == (
        "GET /rest/v1/orders", "198.51.100.7", "curl/8", 2, False, Concern.NONE,
    )  # fmt: skip
    assert read.last - read.first == timedelta(hours=1)
    assert (deleted.agent, deleted.refused, deleted.why) == ("x <!channel>", True, "Deletes data.")
    assert (found.per, found.gap, found.truncated) == ("key", harness.provider.card.records.gap, False)


def test_the_bots_own_probes_are_marked(harness):
    harness.provider.probe(harness.old)
    harness.world.log(leaked(harness), "GET", "/auth/v1/settings")
    assert sorted(use.by_bot for use in report(harness).uses) == [False, True]


def test_a_key_of_the_old_kind_is_found_by_its_role(harness):
    old = harness.world.legacy(PROJECT, "service_role")
    harness.world.log(old, "GET", "/auth/v1/admin/users")
    harness.world.log(harness.world.legacy(PROJECT, "anon"), "GET", "/rest/v1/orders")
    [use] = report(harness, Credential.single(Secret(old.value))).uses
    assert (use.action, use.why) == ("GET /auth/v1/admin/users", "Reads or changes people's accounts.")


def test_no_more_of_the_value_is_sent_than_a_list_shows(harness, monkeypatch):
    asked = []
    ask = logs.Management.ask
    monkeypatch.setattr(logs.Management, "ask", lambda *a, **more: asked.append(more["query"]) or ask(*a, **more))
    report(harness)
    value = harness.old.key.reveal()
    assert value[: len("sb_secret_") + 4] in asked[0]["sql"]
    assert not any(value[: len("sb_secret_") + 5] in str(each) for each in asked)
    assert len(asked) == 3, "24 hours each"


def test_it_ends_when_it_is_enough_and_says_so(harness):
    asked = iter((False, True))
    found = report(harness, enough=lambda: next(asked))
    assert found.truncated
    assert found.not_visible[-1] == "Not read to the end: Gateway log."


def test_more_kinds_of_requests_than_an_answer_has_are_told(harness, monkeypatch):
    monkeypatch.setattr(logs, "MOST_ROWS", 2)
    for number in range(3):
        harness.world.log(leaked(harness), "GET", f"/rest/v1/{number}")
    found = report(harness)
    assert found.truncated
    assert "more than 2 kinds of requests within a day" in found.not_visible[-1]


def test_a_failing_log_a_missing_right_and_another_projects_key_are_told(harness):
    harness.world.faults.inject("logs-failing")
    with pytest.raises(Unexpected, match="answers with an error"):
        report(harness)
    harness.world.faults.clear()
    with pytest.raises(Unauthorized):
        report(harness, provider=harness.reconfigured(admin="sbp_wrong"))
    with pytest.raises(Refused, match="not a key of this project"):
        report(harness, Credential.single(Secret("something else")))
