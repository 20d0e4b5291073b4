from datetime import UTC, datetime

import pytest

from bot.errors import Refused, Unexpected
from bot.model.keys import Snapshot
from bot.model.probes import Liveness
from bot.providers import PROVIDERS, capabilities, provider_class
from bot.providers.contract import Held, Setup
from bot.providers.pagerduty.account import rest_headers
from bot.providers.pagerduty.provider import PagerDuty
from bot.secrets.secret import Credential, Secret
from tests.providers.pagerduty.harness import pagerduty, pagerduty_rest_key

NAME = "inc_abc234_pagerduty_1"


@pytest.fixture
def harness():
    with pagerduty() as harness:
        yield harness


@pytest.fixture
def rest():
    with pagerduty_rest_key() as harness:
        yield harness


def single(value):
    return Credential.single(Secret(value))


def value_of(harness):
    return harness.old.key.reveal()


# --- integrations ---------------------------------------------------------------------------------------------------


def test_the_probe_opens_and_closes_nothing(harness):
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE
    assert harness.world.alerts == []


def test_a_complaint_about_the_form_is_no_death(harness):
    harness.world.faults.inject("probe-malformed")
    answer = harness.provider.probe(harness.old)
    assert (answer.liveness, answer.detail) == (Liveness.UNKNOWN, "HTTP 400, but not for an invalid routing key")


@pytest.mark.parametrize("value", ["too short", "y_NoSuchKeyAnywhere+", "e5" * 17])
def test_what_is_no_integration_key_is_never_sent(harness, value):
    harness.world.faults.inject("down")
    assert "32 letters" in harness.provider.probe(single(value)).detail
    assert harness.provider.identify(single(value)) == []


def test_a_key_is_found_among_all_services_whatever_the_option_says(harness):
    for number in range(60):
        harness.world.account.add_service(f"Service {number}")
    last = harness.world.account.add_service("Last")
    key = harness.world.add_key("hidden", last)
    [found] = harness.provider.identify(single(key.value))
    assert (found.id, found.name) == (f"{last}/{key.id}", "hidden")
    assert found.hint == f"Last …{key.value[-4:]}"
    assert found.created_at == datetime.fromtimestamp(harness.clock.now, UTC)
    for options in ({}, {"service": "PGONE01"}):
        assert harness.reconfigured(options=options).account(single(key.value)) == last


def test_keys_are_found_where_services_only_refer_to_their_integrations(harness):
    harness.world.faults.inject("list-references")
    assert [key.id for key in harness.provider.identify(harness.old)] == [harness.old_id]
    assert harness.provider.identify(harness.stray) == []


def test_a_new_key_is_an_integration_of_the_old_keys_service(harness):
    other = harness.world.account.add_service("Other")
    snapshot = harness.provider.snapshot(harness.old, harness.old_id)
    assert snapshot.facts["integration"] == "app"
    issued = harness.reconfigured(options={"service": other}).issue(NAME, snapshot)
    assert issued.key_id.split("/")[0] == harness.old_id.split("/")[0]
    assert harness.provider.issue(NAME, Snapshot()).key_id.startswith(harness.old_id.split("/")[0])


def test_without_a_known_service_nothing_is_made(harness):
    with pytest.raises(Refused, match="as the option service"):
        harness.reconfigured(options={}).issue(NAME, Snapshot())
    assert harness.provider.issued("inc_") == []


def test_a_key_that_the_answer_does_not_show_is_read_again(harness):
    harness.world.faults.inject("create-without-key")
    issued = harness.provider.issue(NAME, Snapshot())
    assert harness.provider.probe(issued.credential).liveness is Liveness.LIVE
    harness.world.faults.inject("get-without-key")
    with pytest.raises(Unexpected, match="shows no key"):
        harness.provider.issue(NAME, Snapshot())


def test_a_snapshot_is_of_the_very_key_or_refused(harness):
    sibling = harness.provider.identify(harness.sibling)[0].id
    with pytest.raises(Refused, match="another key"):
        harness.provider.snapshot(harness.old, sibling)
    harness.provider.revoke(Held(harness.old, harness.old_id))
    with pytest.raises(Refused, match="gone"):
        harness.provider.snapshot(harness.old, harness.old_id)


def test_only_the_captured_integration_is_deleted(harness):
    sibling = harness.provider.identify(harness.sibling)[0].id
    with pytest.raises(Refused, match="no longer the recorded one"):
        harness.provider.revoke(Held(harness.old, sibling))
    for key_id in ("../users/1", f"{harness.old_id}/x", "PONE"):
        with pytest.raises(Refused, match="SERVICE/INTEGRATION"):
            harness.provider.revoke(Held(single(""), key_id))
    assert harness.provider.probe(harness.sibling).liveness is Liveness.LIVE


def test_the_key_that_pages_the_bots_people_is_never_deleted(harness):
    pager = Secret(harness.world.routing_key)
    admin = Secret(harness.world.api_key)
    own = PagerDuty.configured(Setup({}, lambda _: harness.provider.events, admin=lambda: admin, runs_on=(pager,)))
    [found] = own.identify(Credential.single(pager))
    for credential in (Credential.single(pager), single("")):
        with pytest.raises(Refused, match="the bot itself pages people"):
            own.revoke(Held(credential, found.id))
    assert harness.world.accepts(pager.reveal())


@pytest.mark.parametrize("fault", ["revoke-404", "revoke-ignored"])
def test_a_deletion_that_did_not_happen_proves_nothing(harness, fault):
    harness.world.faults.inject(fault)
    if fault == "revoke-404":
        with pytest.raises(Refused, match="a person has to delete it"):
            harness.provider.revoke(Held(harness.old, harness.old_id))
    else:
        harness.provider.revoke(Held(harness.old, harness.old_id))
    harness.clock.advance(60)
    assert harness.provider.probe(harness.old).liveness is Liveness.LIVE


def test_the_control_is_another_living_key_of_the_account(harness):
    answer = harness.provider.control()
    assert (answer.liveness, answer.detail) == (Liveness.LIVE, "another key of the account: HTTP 202")
    for key, _ in harness.world.keys()[:3]:
        if len(key.value) == 32:
            harness.world.revoke(key)
    harness.clock.advance(60)
    harness.world.faults.inject("probe-malformed")
    assert harness.provider.control().liveness is Liveness.UNKNOWN


def test_an_account_with_more_services_than_can_be_listed_is_not_searched_for_ever(harness, monkeypatch):
    monkeypatch.setattr("bot.providers.pagerduty.account.MOST_PAGES", 1)
    for number in range(40):
        harness.world.account.add_service(f"Service {number}")
    with pytest.raises(Unexpected, match="more of them"):
        harness.provider.identify(harness.stray)


# --- REST keys ------------------------------------------------------------------------------------------------------


def test_a_rest_key_is_a_kind_that_people_make_and_end():
    provider = provider_class("pagerduty", {"kind": "rest-key"})
    able = capabilities(provider)
    assert provider is PROVIDERS["pagerduty/rest-key"]
    assert (able.makes, able.revokes, able.inspects) == ("person", "person", True)
    assert set(provider.card.inspects) <= set(provider.card.checklist)


def test_a_forbidden_rest_key_is_not_dead(rest):
    rest.world.faults.inject("abilities-forbidden")
    assert rest.provider.probe(rest.old).detail == "HTTP 403"
    assert rest.provider.probe(rest.old).liveness is Liveness.UNKNOWN


def test_the_account_is_its_subdomain_or_unknown(rest):
    assert rest.provider.account(rest.old) == "practice.pagerduty.com"
    rest.world.faults.inject("users-forbidden")
    assert rest.provider.account(rest.old) is None


def test_a_rest_key_has_one_of_two_forms(rest):
    assert rest.provider.identify(single("e5" * 16)) == []
    assert "20 characters" in rest.provider.probe(single("e5" * 16)).detail
    assert rest.provider.identify(single("pdus+_" + "x" * 30))[0].hint == "…xxxx"
    assert rest_headers(Secret("pdus+abc"))["Authorization"].reveal() == "Bearer pdus+abc"
    assert rest_headers(Secret("abc"))["Authorization"].reveal() == "Token token=abc"


def test_integrations_made_since_are_what_may_be_left(rest):
    rest.clock.advance(100)
    since = datetime.fromtimestamp(rest.clock.now, UTC)
    made = rest.world.add_key("back door")
    [left] = rest.provider.leftovers(since, rest.old, rest.old_id)
    assert (left.item, left.name, left.id) == ("integrations", "back door of Paging", f"{made.service}/{made.id}")
    assert left.created_at == since
