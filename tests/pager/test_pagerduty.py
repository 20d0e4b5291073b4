"""Paging through a fake, over HTTP."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from bot.drill.fakes.serving import Served
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.errors import ConfigurationError, Missing, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.net.limits import Bucket
from bot.pager.contract import NoPager, Page, Pager
from bot.pager.pagerduty import PagerDuty
from bot.secrets.secret import Secret
from tests.support.contracts import Exchanges, needs_contract
from tests.support.machine import overloaded

PAGE = Page(
    incident="inc_abc234",
    summary="Secret compromise in production: customers may be affected",
    severity="critical",
    link="https://practice.slack.test/archives/C1",
    environment="production",
)


@pytest.fixture
def world():
    return FakePagerDuty()


@pytest.fixture
def url(world):
    with Served(world.application) as served:
        yield served.url


def pager_of(world, url, **changes) -> PagerDuty:
    settings = {
        "events_url": url,
        "api_url": url,
        "production": False,
        "timeout": 1.0,
        "bucket": Bucket(1000, 1000),
        "rest_bucket": Bucket(1000, 1000),
        **changes,
    }
    return PagerDuty(settings.pop("routing_key", Secret(world.routing_key)), **settings)


@pytest.fixture
def pager(world, url):
    return pager_of(world, url)


@pytest.fixture
def noting(world, url):
    return pager_of(world, url, api_key=Secret(world.api_key), sender="ada@example.test")


def test_it_is_a_pager(pager):
    as_pager: Pager = pager
    assert as_pager is pager


def test_a_page_says_what_responders_need(world, pager):
    pager.trigger(PAGE)
    alert = world.alert(PAGE.incident)
    assert (alert.state, alert.summary, alert.severity) == ("triggered", PAGE.summary, "critical")
    assert alert.details == {"incident": "inc_abc234", "environment": "production", "severity": "critical"}
    assert alert.links == [{"href": PAGE.link, "text": "Incident channel"}]


def test_paging_again_leaves_one_alert(world, pager):
    pager.trigger(PAGE)
    pager.trigger(PAGE)
    assert len(world.alerts) == 1


def test_acknowledge_and_resolve(world, pager):
    pager.trigger(PAGE)
    pager.acknowledge(PAGE.incident)
    assert world.alert(PAGE.incident).state == "acknowledged"
    pager.resolve(PAGE.incident)
    pager.resolve(PAGE.incident)
    assert world.alert(PAGE.incident).state == "resolved"


def test_our_own_severities_page_as_critical_and_long_summaries_are_cut(world, pager):
    pager.trigger(Page("inc_abc234", "x" * 2000, "sev1", "", "staging"))
    alert = world.alert("inc_abc234")
    assert (alert.severity, len(alert.summary), alert.details["severity"], alert.links) == (
        "critical",
        1024,
        "sev1",
        [],
    )


def test_a_note_without_a_rest_key_changes_the_details(world, pager):
    pager.trigger(PAGE)
    pager.note(PAGE, "contained")
    (alert,) = world.alerts
    assert (alert.details["latest"], alert.notes) == ("contained", [])


def test_a_note_with_a_rest_key_is_a_note(world, noting):
    noting.trigger(PAGE)
    noting.note(PAGE, "contained")
    (alert,) = world.alerts
    assert (alert.notes, "latest" in alert.details) == (["contained"], False)


@needs_contract("pagerduty")
def test_pager_and_fake_speak_as_pagerdutys_own_file_says(world):
    exchanges = Exchanges(world.flask, "pagerduty", only=("/incidents",))
    with Served(world.application) as served:
        noting = pager_of(world, served.url, api_key=Secret(world.api_key), sender="ada@example.test")
        noting.trigger(PAGE)
        noting.note(PAGE, "contained")
    asked = {seen.split("/")[1].split()[0] for seen in exchanges.seen}
    assert asked == {"incidents"}
    assert exchanges.breaches == [], "\n".join(exchanges.breaches)


def test_a_note_before_pagerduty_knows_the_incident_goes_into_the_details(world, noting):
    noting.trigger(PAGE)
    world.faults.inject("incidents-empty", times=1)
    noting.note(PAGE, "contained")
    assert world.alert(PAGE.incident).details["latest"] == "contained"


def test_a_note_needs_a_sender(world, url):
    pager = pager_of(world, url, api_key=Secret(world.api_key))
    pager.trigger(PAGE)
    with pytest.raises(Refused, match="note on inc_abc234: HTTP 400"):
        pager.note(PAGE, "contained")


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("429", Throttled, "HTTP 429"),
        ("429-after", Throttled, "HTTP 429"),
        ("500", Unexpected, "HTTP 500"),
        ("html", Unexpected, "not the documented JSON"),
        ("down", Unreachable, "no answer"),
        ("reset", Unreachable, "no answer"),
        ("timeout", Unreachable, "no answer"),
    ],
)
def test_trouble_comes_back_at_once(world, url, fault, kind, words):
    pager = pager_of(world, url, api_key=Secret(world.api_key), sender="ada@example.test", timeout=0.3)
    for act, operation in ((pager.trigger, "enqueue"), (lambda page: pager.note(page, "x"), "incidents")):
        world.faults.inject(f"{operation}-{fault}")
        started = time.monotonic()
        with pytest.raises(kind, match=words) as caught:
            act(PAGE)
        assert time.monotonic() - started < 2.8 or overloaded()  # left alone, pdpyras would wait at least 3 s
        assert caught.value.__cause__ is None
        world.faults.clear()


def test_retry_after_is_passed_on_and_learned_from(world, url):
    told = []
    bucket = Bucket(10, 1000)
    bucket.slow_down = told.append
    world.faults.inject("enqueue-429-after", times=1)
    with pytest.raises(Throttled) as caught:
        pager_of(world, url, bucket=bucket).trigger(PAGE)
    assert caught.value.retry_after == 1
    assert told == [1]


def test_a_page_does_not_wait_where_only_notes_are_told_to_slow_down(world, url):
    events, rest = Bucket(1000, 1000), Bucket(1000, 1000)
    pager = pager_of(world, url, api_key=Secret(world.api_key), bucket=events, rest_bucket=rest)
    told = []
    events.slow_down, rest.slow_down = (lambda _: told.append("events")), (lambda _: told.append("rest"))
    world.faults.inject("incidents-429-after", times=1)
    with pytest.raises(Throttled):
        pager.note(PAGE, "an old key is dead")
    assert told == ["rest"]


@pytest.mark.parametrize("key", ["0" * 32, "short"])
def test_a_wrong_routing_key_is_told_without_the_key(world, url, key):
    with pytest.raises(Unauthorized, match="check BOT_PAGERDUTY_ROUTING_KEY") as caught:
        pager_of(world, url, routing_key=Secret(key)).trigger(PAGE)
    assert key not in str(caught.value)


def test_a_wrong_rest_key_is_told_without_the_key(world, url):
    with pytest.raises(Unauthorized, match="check BOT_PAGERDUTY_API_KEY") as caught:
        pager_of(world, url, api_key=Secret("u+wrong-key-9876")).note(PAGE, "x")
    assert "9876" not in str(caught.value)


def test_an_event_that_pagerduty_declines(world, pager):
    with pytest.raises(Refused, match="HTTP 400"):
        pager.trigger(Page("inc_abc234", "", "critical", "", "staging"))


def answering(status, *headers, body=b""):
    def application(_environ, start_response):
        start_response(status, [("Content-Length", str(len(body))), *headers])
        return [body]

    return Served(application)


def test_redirects_are_not_followed(world):
    with (
        answering("302 Found", ("Location", "https://elsewhere.test/")) as served,
        pytest.raises(Unexpected, match="a redirect, which is not followed"),
    ):
        pager_of(world, served.url).trigger(PAGE)


def test_a_missing_path(world):
    with answering("404 Not Found") as served, pytest.raises(Missing):
        pager_of(world, served.url).trigger(PAGE)


def test_an_answer_of_another_shape(world):
    with answering("200 OK", body=b'{"incidents": [1]}') as served, pytest.raises(Unexpected, match="documented JSON"):
        pager_of(world, served.url, api_key=Secret("key")).note(PAGE, "x")


@pytest.mark.parametrize("url", ["https://events.pagerduty.com", "https://events.eu.pagerduty.com"])
def test_pagerduty_itself_is_reached_in_production(url):
    assert PagerDuty(Secret("k"), events_url=url)


@pytest.mark.parametrize("setting", ["events_url", "api_url"])
def test_nothing_else_is(setting):
    with pytest.raises(ConfigurationError):
        PagerDuty(Secret("k"), **{setting: "http://127.0.0.1:9"})
    with pytest.raises(ConfigurationError):
        PagerDuty(Secret("k"), **{setting: "https://evil.test"}, production=False)


def test_without_a_pager_every_call_says_what_is_missing():
    pager: Pager = NoPager()
    acts = (pager.trigger, lambda page: pager.note(page, "x"))
    for act in acts:
        with pytest.raises(Refused, match="set BOT_PAGERDUTY_ROUTING_KEY"):
            act(PAGE)
    for act in (pager.acknowledge, pager.resolve):
        with pytest.raises(Refused, match="inc_abc234: no routing key"):
            act("inc_abc234")


def test_pdpyras_is_imported_late_and_without_its_warning():
    code = (
        "import sys, bot.pager.pagerduty as p; assert 'pdpyras' not in sys.modules;"
        "p._pdpyras(); assert 'pdpyras' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
