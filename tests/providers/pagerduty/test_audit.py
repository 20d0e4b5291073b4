"""What a REST key of PagerDuty changed, as the account's audit trail tells."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.errors import Refused
from bot.model.uses import Concern, Per, Undo
from bot.providers import PROVIDERS
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import setup
from tests.support.clock import Clock
from tests.support.contracts import Exchanges, needs_contract

UNDO = Undo("Put it back as it was, or delete it: https://app.pagerduty.com.")

DAY = 86400


@pytest.fixture
def world():
    return FakePagerDuty(Clock())


@pytest.fixture
def url(world):
    with Served(world.application) as served:
        yield served.url


@pytest.fixture
def leaked(world):
    return world.account.add_rest_key("app").value


@pytest.fixture
def audit(world):
    return world.account.audit


@pytest.fixture
def provider(world, url):
    return PROVIDERS["pagerduty/rest-key"].configured(setup("pagerduty", url, admin=world.api_key))


@pytest.fixture
def look(world, provider, leaked):
    """Asks for the use of the last `days`."""
    held = Held(Credential.single(Secret(leaked)), f"…{leaked[-4:]}")

    def look(days=40, enough=lambda: False):
        now = datetime.fromtimestamp(world.clock(), UTC)
        return provider.use(held, Look(provider.card.records, now - timedelta(days=days), now, enough))

    return look


def test_changes_by_the_key_are_told_with_their_address_and_why_they_matter(look, world, audit, leaked):
    audit.add(leaked, world.clock() - 90, "create", "user", "Eve", "198.51.100.7")
    audit.add(leaked, world.clock() - 90, "update", "team", "Shop")
    audit.add(world.api_key, world.clock() - 90, "delete", "service", "Paging")
    found = look()
    assert {(use.action, use.what, use.address, use.concern, use.why, use.undo) for use in found.uses} == {
        ("user:create", ("Eve",), "198.51.100.7", Concern.PERSISTENCE, "Adds a person.", UNDO),
        ("team:update", ("Shop",), "192.0.2.1", Concern.NONE, "", None),
    }
    assert all(use.first == datetime.fromtimestamp(world.clock() - 90, UTC) for use in found.uses)
    assert (found.per, found.truncated) == (Per.KEY, False)


def test_the_bot_sees_whether_people_and_services_that_were_made_are_still_there(look, world, audit, leaked, provider):
    service = world.account.add_service("Paging")
    for action, kind, name in (
        ("create", "user", "PUSER01"),
        ("create", "user", "PUSER02"),
        ("create", "service", service),
    ):
        audit.add(leaked, world.clock() - 90, action, kind, name)
    audit.add(leaked, world.clock() - 90, "update", "user", "PUSER01")
    seen = {(use.made, there) for use, there in provider.still_there(look().uses)}
    assert seen == {("create PUSER01", True), ("create PUSER02", False), (f"create {service}", True)}


def test_it_can_never_show_that_only_we_used_the_key_and_says_that_another_may_look_alike(look):
    found = look()
    assert found.gap == "PagerDuty records changes and no reads"
    assert "Which key it was, if another one of the account ends in the same four characters." in found.not_visible


def test_windows_longer_than_a_query_may_be_are_divided(look, world, audit, leaked):
    for days in (1, 35, 80, 100):
        audit.add(leaked, world.clock() - days * DAY, "update", "user", f"{days} days")
    assert [use.what[0] for use in look(days=90).uses] == ["1 days", "35 days", "80 days"]


def test_long_lists_are_read_to_their_end(look, world, audit, leaked):
    for number in range(150):
        audit.add(leaked, world.clock() - 90, "update", "user", str(number))
    found = look()
    assert len({use.id for use in found.uses}) == len(found.uses) == 150


def test_the_newest_are_read_first_and_a_look_ends_when_told(look, world, audit, leaked):
    for days in (1, 35):
        audit.add(leaked, world.clock() - days * DAY, "update", "user", f"{days} days")
    calls = iter(range(100))
    found = look(enough=lambda: next(calls) >= 1)
    assert [use.what[0] for use in found.uses] == ["1 days"]
    assert found.not_visible[-1] == "Not read to the end: Audit trail."


def test_an_account_without_an_audit_trail_is_an_error_and_not_an_empty_answer(look, audit):
    audit.enabled = False
    with pytest.raises(Refused, match="pagerduty: read the audit trail: HTTP 402"):
        look()


def test_changes_in_the_practice_world_are_recorded_and_reads_are_not(look, world, url, leaked):
    headers = {"Authorization": f"Token token={leaked}"}
    service = world.account.add_service("Shop")
    body = {"integration": {"type": "events_api_v2_inbound_integration", "name": "backdoor"}}
    made = requests.post(f"{url}/services/{service}/integrations", json=body, headers=headers, timeout=5)
    assert made.status_code == 201
    requests.get(f"{url}/services", headers=headers, timeout=5)
    [use] = look().uses
    assert (use.action, use.what, use.address) == ("service:update", (service,), "127.0.0.1")


@needs_contract("pagerduty")
def test_the_trail_keeps_to_the_published_specification(world, url, audit, leaked):
    exchanges = Exchanges(world.flask, "pagerduty", only=("/audit",))
    audit.add(leaked, world.clock() - 90, "create", "user", "Eve")
    headers = {
        "Authorization": f"Token token={world.api_key}",
        "Accept": "application/vnd.pagerduty+json;version=2",
        "Content-Type": "application/json",
    }
    window = "since=2027-01-10T00:00:00Z&until=2027-01-20T00:00:00Z&method_type=api_token"
    query = f"{window}&method_truncated_token={leaked[-4:]}&limit=10"
    answer = requests.get(f"{url}/audit/records?{query}", headers=headers, timeout=5)
    assert len(answer.json()["records"]) == 1
    audit.enabled = False
    assert requests.get(f"{url}/audit/records?{query}", headers=headers, timeout=5).status_code == 402
    assert exchanges.breaches == []
    assert len(exchanges.seen) == 2
