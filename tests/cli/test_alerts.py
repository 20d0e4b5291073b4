"""Leaks that were reported from outside, at the terminal: the list, and what people decide."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.scanning import FakeGithubScanning
from bot.drill.fakes.serving import Served
from bot.eventlog import INSTALLATION, Cursor
from bot.news.cases.decide import looked
from bot.news.cases.state import Ours, Report, Stranger, Value
from bot.news.handling.intake import LOOKED
from tests.support.practice import OPENAI

pytestmark = [pytest.mark.process, pytest.mark.counted]
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def reported(installation):
    """Three alerts: a value of ours that is the current one, another secret's, and one that nobody knows."""
    app = installation.world.app
    app.outside.use_fingerprints()
    app.become_worker()
    stored = app.outside.vault.read(f"/production/{OPENAI}")
    ours = Value(OPENAI, "production", stored.value.fingerprint, stored.version)
    verdicts = (
        Ours(ours),
        Ours(Value("redis-url", "production", "0" * 12, 1)),
        Stranger("ada", NOW + timedelta(days=1)),
    )
    for number, verdict in enumerate(verdicts, start=1):
        report = Report("github", f"acme/app#{number}", "a label", "src/app.py:3", "", number == 1, NOW)
        app.event_log.alerts.append(
            lambda state, report=report, verdict=verdict: looked(state, report, verdict),
            at=NOW, actor="bot", command_id=f"alert-{number}",
        )  # fmt: skip
    return installation


def test_they_are_listed_and_decided_on_with_what_is_typed_for_each(reported):
    listed = reported.bot("news", "alerts")
    assert listed.status == 3
    assert f"Alert 1: {OPENAI} of production, publicly readable" in listed.out
    assert "GitHub secret scanning: acme/app#1, src/app.py:3" in listed.out
    assert "bot news alerts declare 1" in listed.out
    assert "Alert 3: no key in the catalog (a label)" in listed.out

    until = (NOW + timedelta(days=20)).date().isoformat()
    harmless = reported.bot("news", "alerts", "harmless", "2", "--note", "a test cache", "--until", until)
    assert (harmless.status, "Recorded: alert 2 is harmless." in harmless.out) == (0, True), harmless.err
    again = reported.bot("news", "alerts", "harmless", "2", "--note", "a test cache", "--until", until)
    assert "ada already decided about alert 2: a test cache" in again.err
    assert reported.bot("news", "alerts", "end", "3", "--note", "an old vendor's", by="ben").status == 0
    refused = reported.bot("news", "alerts", "end", "1", "--note", "it is nothing", by="ben")
    assert (refused.status, "is a key of ours. Declare it" in refused.err) == (1, True)
    denied = reported.bot("news", "alerts", "harmless", "1", "--note", "it is nothing", "--until", until, by="guest")
    assert (denied.status, "may not respond to incidents" in denied.err) == (1, True)

    declared = reported.bot("news", "alerts", "declare", "1", "--no-wait", "--json")
    assert declared.status == 0, declared.err
    secret = reported.secret(declared.document["incident"], OPENAI)
    assert (secret["target"], reported.show(declared.document["incident"])["public"]) == ("confirmed", True)
    every = reported.bot("news", "alerts", "--all", "--json").document["alerts"]
    assert [case["stage"] for case in every] == [
        "proposed",
        "harmless",
        "ended",
    ]  # a serving worker says that it is declared


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("news", "alerts", "bury", "1"), "There is no `bot news alerts bury`"),
        (("news", "alerts", "declare", "9"), "There is no alert 9. Undecided: none."),
        (("news", "alerts", "end"), "There is no alert 0."),
    ],
)
def test_a_mistake_is_told_with_what_to_type_instead(installation, typed, said):
    failed = installation.bot(*typed)
    assert (failed.status, said in failed.err) == (2, True), failed.err


def test_where_nothing_was_reported_it_says_so(installation):
    told = installation.bot("news", "alerts")
    assert (told.status, "No leak alert waits for a decision." in told.out) == (0, True)
    assert installation.bot("news", "alerts", "--json").document == {
        "alerts": [], "recorded": [], "trouble": "", "warnings": []
    }  # fmt: skip


def test_what_keeps_the_worker_from_its_looks_is_said_where_people_look(installation):
    event_log = installation.world.app.event_log
    words = "github: list alerts of acme/app: HTTP 403"
    event_log.cursors.put(Cursor(INSTALLATION, "beside", "alerts", 0, words, NOW))
    assert f"What keeps the worker from it: {words}." in installation.bot("news", "alerts").out
    given = {"BOT_INTAKE_AWS": "yes"}
    [check] = [each for each in _checks(installation, given) if each["name"] == "leaks: looks"]
    assert (check["state"], check["detail"]) == ("doubtful", words)


def _checks(installation, given):
    return installation.bot("doctor", "--json", **given).document["checks"]


def test_the_doctor_asks_each_source_that_is_set_up_and_says_what_is_missing(installation):
    fake = FakeGithubScanning({"acme/app": True})
    fake.find("acme/app", "a-value")
    with Served(fake.application) as served:
        given = {
            "BOT_INTAKE_GITHUB_TOKEN": fake.token.reveal(),
            "BOT_INTAKE_GITHUB_REPOSITORIES": "acme/app",
            "BOT_INTAKE_GITHUB_API_URL": served.url,
        }
        checks = {each["name"]: each for each in installation.bot("doctor", "--json", **given).document["checks"]}
        said = "github: 1 open alert, checked every 1 s, not yet"
        assert (checks["leaks: sources"]["state"], checks["leaks: sources"]["detail"]) == ("ok", said)
        assert (checks["leaks: channel"]["state"], checks["leaks: record"]["state"]) == ("doubtful", "ok")
        cursor = Cursor(INSTALLATION, LOOKED, "github", 0, "", datetime(2026, 11, 30, 3, 14, 7, tzinfo=UTC))
        installation.world.app.event_log.cursors.put(cursor)
        assert "last at 2026-11-30 03:14:07 UTC" in str(_checks(installation, given))
        given["BOT_INTAKE_GITHUB_TOKEN"] = "another"
        checks = {each["name"]: each for each in installation.bot("doctor", "--json", **given).document["checks"]}
        assert checks["leaks: sources"]["state"] == "failed"
    assert not any(name.startswith("leaks") for name in _names(installation.bot("doctor", "--json")))


def _names(said):
    return [each["name"] for each in said.document["checks"]]
