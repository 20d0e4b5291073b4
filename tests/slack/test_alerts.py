"""News of leaks: from a signed request to a declaration that a person makes, and what comes of everything else."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import BOT_USER, read
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.errors import LogUnavailable, Missing, Misuse, Refused, Throttled, Unauthorized, Unreachable
from bot.eventlog import INSTALLATION
from bot.inbox import Declaration, SecretChoice
from bot.inbox.fingerprints import KnownValues
from bot.incident.events import ValueSighted
from bot.incident.model import TargetKind
from bot.incident.state import Incident
from bot.net.http import Http
from bot.news.cases.commands import CallHarmless, EndTriage
from bot.news.cases.state import Outcome, Stage
from bot.news.handling import judge
from bot.news.handling.decisions import declaration_of
from bot.news.handling.judge import Judge
from bot.news.handling.news import NoAlertBoard
from bot.news.sources import gitguardian
from bot.news.sources.catalogued import Place
from bot.news.sources.gitguardian import GitguardianIncidents
from bot.news.sources.source import Found
from bot.pager.pagerduty import PagerDuty
from bot.secrets.secret import Secret
from bot.slack.alert_messages import SHOWN, SlackAlerts
from bot.trust import Distrusted
from tests.support.alerts import (
    ANON,
    EARLIER,
    HELD,
    OPENAI,
    PASSWORD,
    PUBLIC,
    REPOSITORY,
    SECRETS,
    Accepting,
    Newsroom,
    Refusing,
    places,
)

CHANNEL = "leaks"


@pytest.fixture
def here(world):
    channel = world.driver.do("channels", {"name": CHANNEL, "is_private": True, "members": [world.ada, BOT_USER]})
    made = Newsroom(world, board=SlackAlerts(world.gateway, channel["id"]))
    handler = world.inbox.handler
    made.values.refresh()  # once before two threads share them: who comes second would be told to come again
    handler.decider.values = made.values
    yield made
    made.stop()


def until(look, seconds=60.0):
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.02)
    return found


def shown(blocks):
    """Without the marks of what is strong or code."""
    return read(blocks).replace("*", "").replace("`", "")


def messages(here):
    return here.world.driver.messages(CHANNEL)


def declared(here, secret, environment="production", **more):
    made = Declaration(environment=environment, secrets=(SecretChoice(secret, **more),), how_noticed="seen in a gist")
    return here.world.inbox.client.declare(
        made, here.world.inbox.by_slack(here.world.ada), f"declares-{secret}"
    ).incident.id


def sighted(here, incident):
    return [one.event for one in here.event_log.events(incident) if isinstance(one.event, ValueSighted)]


def asked(here, command, by="ada"):
    world = here.world
    return world.inbox.client.ask(
        INSTALLATION,
        command,
        world.inbox.by_slack(getattr(world, by)),
        f"asks-{command.case}-{type(command).__name__}-{by}",
    )


def nothing_leaked(here):
    for text in (here.stored(), repr(messages(here)), repr(here.world.fake.calls), repr(here.pager.pages)):
        for value in SECRETS:
            assert value not in text


# --- from a request to a declaration --------------------------------------------------------------------------------


def test_a_signed_alert_becomes_a_declaration_of_exactly_this_value_that_a_person_makes(here):
    here.reported(EARLIER, path="old/settings.py", line=3)
    [message] = messages(here)
    words = shown(message["blocks"])
    assert "Alert 1: openai-api-key of production, an earlier key, publicly readable" in words
    assert "GitHub secret scanning: acme/app#1" in words
    assert "old/settings.py:3" in words
    assert here.world.incidents.summaries("open") == []

    world = here.world
    world.driver.press(world.ada, CHANNEL, message["ts"], "alert_declare")
    view = until(lambda: world.driver.view_of(world.ada))
    assert "Exactly this key is revoked; the current one is kept." in read(view["blocks"])
    assert world.driver.submit(world.ada, view["id"], {}).ok
    [summary] = until(lambda: world.incidents.summaries("open"))
    incident = world.incidents.load(summary.incident)
    secret = incident.secrets["openai-api-key"]
    assert (secret.target.kind, secret.target.version, secret.target.current) == (TargetKind.CONFIRMED, 1, False)
    assert secret.target.fingerprint == Secret(EARLIER).fingerprint
    assert incident.public
    assert "GitHub secret scanning, alert acme/app#1: old/settings.py:3, readable by everyone." in incident.how_noticed

    here.later = timedelta(minutes=1)
    here.intake.round()
    assert here.state.cases[1].stage is Stage.DECLARED
    [message] = messages(here)
    assert f"{summary.incident} handles it." in shown(message["blocks"])
    nothing_leaked(here)


LONG = "sk-proj-" + "Ab3dEf6hIj9k" * 13


def test_the_form_says_what_is_open_there_and_what_happens_and_the_answer_how_it_is_called(here):
    world, first = here.world, declared(here, "stripe-secret-key")
    here.reported(EARLIER)
    [message] = messages(here)
    world.driver.press(world.ada, CHANNEL, message["ts"], "alert_declare")
    view = until(lambda: world.driver.view_of(world.ada))
    words = shown(view["blocks"])
    assert f"1 incident is open in production: {first}" in words
    assert "If it is the same leak, add it there: Add secret… on its card." in words
    assert "If you declare" in words
    assert "OpenAI API key: revoked" in words
    assert world.driver.submit(world.ada, view["id"], {}).ok
    opened = until(lambda: [one.incident for one in world.incidents.summaries("open") if one.incident != first])
    until(lambda: f"{opened[0]} is open" in shown(world.driver.view_of(world.ada)["blocks"]))


@pytest.mark.parametrize(
    ("held", "reported", "path"),
    [
        (LONG, LONG, f"cache/{LONG}.json"),
        (LONG, "nobody-knows-this-one", f"cache/{LONG}.json"),
        (EARLIER, EARLIER, f"{EARLIER}/{'d' * 110}.json"),
        (EARLIER, PASSWORD, f"{EARLIER}/{'d' * 110}.json"),
    ],
)
def test_of_a_value_in_a_long_path_no_part_is_kept(here, held, reported, path):
    here.vault.held["/production/openai-api-key"] = [held]
    here.reported(reported, path=path)
    (report,) = here.state.cases[1].reports
    assert report.where == "(a name that is not shown)"
    assert held[-10:] not in here.stored()


API, WEB = "https://api.github.com/repos/octocat/Hello-World", "https://github.com/octocat/Hello-World"
COMMENT, DISCUSSION = "1081119451", "https://github.com/community/community/discussions/39082"
PLACES = {
    "title of issue #1347": {"issue_title_url": f"{API}/issues/1347"},
    "text of issue #1347": {"issue_body_url": f"{API}/issues/1347"},
    "comment on issue #1": {
        "issue_comment_url": f"{API}/issues/comments/{COMMENT}", "html_url": f"{WEB}/issues/1#issuecomment-{COMMENT}",
    },
    "comment on issue": {"issue_comment_url": f"{API}/issues/comments/{COMMENT}"},
    "title of discussion #39082": {"discussion_title_url": DISCUSSION},
    "text of discussion #39082": {"discussion_body_url": f"{DISCUSSION}#discussion-4566270"},
    "comment on discussion #39082": {"discussion_comment_url": f"{DISCUSSION}#discussioncomment-4158232"},
    "title of pull request #2846": {"pull_request_title_url": f"{API}/pulls/2846"},
    "text of pull request #2846": {"pull_request_body_url": f"{API}/pulls/2846"},
    "comment on pull request #2846": {
        "pull_request_comment_url": f"{API}/issues/comments/{COMMENT}",
        "html_url": f"{WEB}/pull/2846#issuecomment-{COMMENT}",
    },
    "review of pull request #2846": {"pull_request_review_url": f"{API}/pulls/2846/reviews/80"},
    "review comment on pull request #2846": {
        "pull_request_review_comment_url": f"{API}/pulls/comments/12", "html_url": f"{WEB}/pull/2846#discussion_r12",
    },
    "wiki /example/Home.md:1": {"path": "/example/Home.md", "start_line": 1, "page_url": f"{WEB}/wiki/Home/302c0b7e"},
    "/example/secrets.txt": {"path": "/example/secrets.txt", "start_line": None},
}  # fmt: skip
"""As in the OpenAPI file, secret-scanning-location-list."""


def test_each_place_of_github_is_shown(here):
    for number, place in enumerate(PLACES.values()):
        here.github.find(REPOSITORY, f"nobody-knows-this-{number}", place=place)
    here.intake.round()
    places = {case.reports[0].ref: case.reports[0].where for case in here.state.cases.values()}
    assert [places[f"{REPOSITORY}#{number}"] for number in range(1, len(PLACES) + 1)] == list(PLACES)


def test_a_long_path_is_cut_and_says_its_line(here):
    here.reported(OPENAI, path=f"{'deep/' * 40}settings.env")
    (report,) = here.state.cases[1].reports
    assert re.fullmatch(r"…[/dep]+/settings\.env:\d+", report.where)
    assert len(report.where) == 121


def test_a_private_repository_is_not_public_unless_github_says_that_it_leaked(here):
    here.reported(OPENAI, "acme/inside")
    here.reported(PASSWORD, "acme/inside", public=True)
    assert [case.public for case in here.state.cases.values()] == [False, True]


def test_a_person_calls_it_harmless_until_a_day_and_is_asked_again_then(here):
    here.reported(OPENAI)
    world = here.world
    [message] = messages(here)
    world.driver.press(world.ada, CHANNEL, message["ts"], "alert_harmless")
    view = until(lambda: world.driver.view_of(world.ada))
    assert world.driver.submit(world.ada, view["id"], {"because": "the test account, without money"}).ok
    until(lambda: here.state.cases[1].stage is Stage.HARMLESS)
    here.intake.round()
    assert "Harmless until" in shown(messages(here)[0]["blocks"])
    assert here.pager.resolved == ["alerts-1"]
    here.later = timedelta(days=40)
    here.intake.round()
    assert here.state.cases[1].stage is Stage.PROPOSED


def test_harmless_where_few_can_read_it_is_asked_about_again_once_strangers_can(here):
    here.reported(OPENAI, "acme/inside")
    answer = asked(here, CallHarmless(1, "only we can read it", here.clock() + timedelta(days=9)))
    assert answer.accepted
    here.reported(OPENAI, "acme/inside", path="elsewhere.py")
    assert here.state.cases[1].stage is Stage.HARMLESS
    here.reported(OPENAI)
    assert here.state.cases[1].stage is Stage.PROPOSED


def test_a_private_alert_that_github_calls_publicly_leaked_is_asked_about_again_and_the_form_says_so(here):
    alert = here.reported(OPENAI, "acme/inside")
    assert asked(here, CallHarmless(1, "only we can read it", here.clock() + timedelta(days=9))).accepted
    here.changed(alert, public=True)
    case = here.state.cases[1]
    assert (case.stage, len(case.reports), declaration_of(case).public) == (Stage.PROPOSED, 1, True)
    assert "publicly readable" in shown(messages(here)[0]["blocks"])


def test_a_repository_that_has_become_public_is_found_by_the_daily_look(here):
    here.reported(OPENAI, "acme/inside")
    assert asked(here, CallHarmless(1, "only we can read it", here.clock() + timedelta(days=9))).accepted
    here.github.repositories["acme/inside"] = False
    here.later = timedelta(days=1, minutes=1)
    here.intake.round()
    assert here.state.cases[1].stage is Stage.PROPOSED


@pytest.mark.parametrize(
    ("by", "more", "said"),
    [
        ("eve", {"days": 9}, "may not respond to incidents"),
        ("ada", {"days": 999}, "Enter a time within 365 days"),
        ("ada", {"days": -1}, "a time in the future"),
    ],
)
def test_who_may_not_respond_or_says_no_time_to_come_decides_nothing(here, by, more, said):
    here.reported(OPENAI)
    answer = asked(here, CallHarmless(1, "it is fine", here.clock() + timedelta(**more)), by)
    assert said in answer.reason
    assert here.state.cases[1].stage is Stage.PROPOSED


def test_a_reason_that_holds_the_value_is_refused_and_kept_nowhere(here):
    here.reported(EARLIER)
    answer = asked(here, CallHarmless(1, f"it is only {EARLIER}", here.clock() + timedelta(days=9)))
    assert "holds the value of openai-api-key" in answer.reason
    nothing_leaked(here)


# --- what needs nobody, and what nobody knows -----------------------------------------------------------------------


def test_a_value_that_an_open_incident_deals_with_is_another_place_in_its_timeline_once(here):
    incident = declared(here, "openai-api-key")
    alert = here.reported(OPENAI)
    here.changed(alert, public=True)
    [place] = sighted(here, incident)
    assert (place.secret, place.value, place.source, place.place) == (
        "openai-api-key", "leaked", "github", "acme/app#1, public"
    )  # fmt: skip
    assert here.state.cases == {}
    assert here.state.count(Outcome.IN_INCIDENT) == 1
    nothing_leaked(here)


def test_an_incident_hears_again_of_a_place_that_everybody_can_read_now(here):
    incident = declared(here, "openai-api-key")
    alert = here.reported(OPENAI, "acme/inside")
    for _ in range(2):
        here.changed(alert, public=True)
    assert [place.place for place in sighted(here, incident)] == [
        "acme/inside#1", "acme/inside#1, public"
    ]  # fmt: skip


def test_beside_a_value_that_an_open_incident_deals_with_another_secret_s_is_proposed_and_paged(here):
    incident = declared(here, "openai-api-key")
    here.reported(f"REDIS_PASSWORD={PASSWORD}\nOPENAI_API_KEY={OPENAI}\n")
    here.later = timedelta(minutes=5)
    here.intake.round()
    case = here.state.cases[1]
    assert (case.stage, case.value.secret, len(here.pager.pages)) == (Stage.PROPOSED, "database-url", 1)
    assert [place.secret for place in sighted(here, incident)] == ["openai-api-key"]
    assert here.state.count(Outcome.IN_INCIDENT) == 1


def test_an_earlier_value_that_may_live_waits_for_a_decision_while_an_incident_ends_the_current_one(here):
    incident = declared(here, "openai-api-key")
    here.reported(EARLIER)
    assert [place.value for place in sighted(here, incident)] == ["earlier"]
    here.later = timedelta(minutes=1)
    here.intake.round()
    assert here.state.cases[1].stage is Stage.PROPOSED
    assert len(here.pager.pages) == 1


def test_a_planned_rotation_of_the_secret_does_not_deal_with_its_leak(here, monkeypatch):
    incident = declared(here, "openai-api-key")
    monkeypatch.setattr(Incident, "routine", property(lambda state: state.id == incident))
    here.reported(OPENAI)
    here.later = timedelta(minutes=1)
    here.intake.round()
    assert (here.state.cases[1].stage, len(here.pager.pages)) == (Stage.PROPOSED, 1)


@pytest.mark.parametrize(
    ("error", "resolved"),
    [(Unreachable("pagerduty", "trigger", "no answer"), ["alerts-1"]), (Refused("pagerduty", "trigger", "no key"), [])],
)
def test_a_page_whose_answer_is_lost_is_resolved_once_nothing_waits(here, monkeypatch, error, resolved):
    def trigger(_page):
        raise error

    monkeypatch.setattr(here.pager, "trigger", trigger)
    here.reported(OPENAI)
    asked(here, CallHarmless(1, "the test account", here.clock() + timedelta(days=1)))
    for _ in range(2):
        here.intake.round()
    assert here.pager.resolved == resolved


def test_a_page_whose_answer_is_lost_is_sent_again(here, monkeypatch):
    lost = []

    def trigger(page):
        lost.append(page)
        raise Unreachable("pagerduty", "trigger", "no answer")

    with monkeypatch.context() as once:
        once.setattr(here.pager, "trigger", trigger)
        here.reported(OPENAI)
    here.later = timedelta(minutes=1)
    here.intake.round()
    assert here.pager.pages == lost[:1]


@pytest.fixture
def pagerduty(here):
    fake = FakePagerDuty(lambda: here.clock().timestamp())
    with Served(fake.application) as served:
        here.pager = PagerDuty(Secret(fake.routing_key), events_url=served.url, api_url=served.url, production=False)
        yield fake


def paged(fake):
    return [(one.dedup_key, one.state, one.summary[:14]) for one in fake.alerts]


def test_a_later_leak_pages_anew_though_somebody_has_acknowledged_the_first(here, pagerduty):
    here.reported(OPENAI)
    assert paged(pagerduty) == [("alerts-1", "triggered", "1 leaked key r")]
    pagerduty.enqueue({"event_action": "acknowledge", "dedup_key": "alerts-1"})
    here.later = timedelta(minutes=20)
    here.reported(PASSWORD)
    assert paged(pagerduty) == [
        ("alerts-1", "acknowledged", "1 leaked key r"), ("alerts-2", "triggered", "1 leaked key r"),
    ]  # fmt: skip
    here.intake = here.another_worker()
    here.later = timedelta(minutes=60)
    here.intake.round()
    assert len(pagerduty.alerts) == 2
    for number in (1, 2):
        asked(here, CallHarmless(number, "the test account", here.clock() + timedelta(days=1)))
    here.intake.round()
    assert {one.state for one in pagerduty.alerts} == {"resolved"}


def test_what_is_asked_again_while_another_is_open_pages_again(here):
    alert = here.reported(OPENAI, "acme/inside")
    asked(here, CallHarmless(1, "only we can read it", here.clock() + timedelta(days=9)))
    here.later = timedelta(minutes=20)
    here.reported(PASSWORD)
    here.changed(alert, public=True)
    assert here.state.cases[1].stage is Stage.PROPOSED
    assert [page.incident for page in here.pager.pages] == ["alerts-1", "alerts-2"]
    here.later = timedelta(minutes=40)
    here.intake.round()
    assert [page.incident for page in here.pager.pages] == ["alerts-1", "alerts-2", "alerts-3"]


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("when", [1, 2])
def test_wherever_a_worker_dies_at_a_page_it_is_sent_under_one_key_and_what_came_since_under_another(
    here, monkeypatch, when, answered
):
    """Before it is kept that it is about to be sent, and before it is kept that it was."""
    here.reported(PASSWORD)
    here.later = timedelta(minutes=20)
    put, kept = here.event_log.cursors.put, []

    def dies(cursor):
        if cursor.surface == "alerts-page":
            kept.append(cursor)
        if cursor.surface == "alerts-page" and len(kept) == when:
            if answered:
                put(cursor)
            raise Dies
        put(cursor)

    with monkeypatch.context() as patched:
        patched.setattr(here.event_log.cursors, "put", dies)
        with pytest.raises(Dies):
            here.reported(OPENAI)
    here.intake = here.another_worker()
    here.reported(EARLIER)
    first = (when, answered) == (1, False)  # nothing was begun: the page has what came since as well
    assert {page.incident for page in here.pager.pages} == {"alerts-1", "alerts-2"}
    here.later = timedelta(minutes=40)
    here.intake.round()
    pages = {page.incident: page.summary[:14] for page in here.pager.pages}
    assert list(pages) == ["alerts-1", "alerts-2", *([] if first else ["alerts-3"])]
    assert pages["alerts-2"].startswith("2" if first else "1")


def test_what_cannot_be_declared_at_once_is_paged_and_left_to_people(here, monkeypatch):
    def refuses(*_args, **_more):
        raise Misuse("The catalog has no such secret.")

    here.auto = ("github:openai-api-key",)
    here.intake = here.another_worker()
    monkeypatch.setattr(here.world.incidents, "declare", refuses)
    here.reported(OPENAI)
    assert here.pager.pages == []
    assert "Being declared" in shown(messages(here)[0]["blocks"])
    here.later = timedelta(minutes=3)
    here.intake.round()
    assert len(here.pager.pages) == 1
    text = shown(messages(here)[0]["blocks"])
    assert "Nothing done yet: declare it" in text
    assert "Declare…" in text


def test_an_earlier_value_that_its_provider_refuses_is_recorded_and_asks_nobody(here):
    here.provider = Refusing()
    here.reported(EARLIER)
    assert here.state.cases == {}
    assert here.state.count(Outcome.DEAD) == 1
    assert messages(here) == []


@pytest.mark.parametrize("alive", [False, True])
def test_a_value_that_was_rotated_since_the_vault_was_read_is_dead_if_its_provider_refuses_it(here, monkeypatch, alive):
    """What is known of the vault is some minutes old; what an incident ended and is accepted again is no old matter."""
    here.auto = ("github:openai-api-key",)
    here.intake = here.another_worker()
    incident = declared(here, "openai-api-key")
    monkeypatch.setattr("bot.news.handling.judge.compromise_of", lambda *_: "")  # it was closed
    monkeypatch.setattr(Judge, "_ended_by", lambda _judge, value: incident if value.current else "")
    here.provider = Accepting() if alive else Refusing()
    here.reported(OPENAI)
    assert here.state.count(Outcome.DEAD) == (0 if alive else 1)
    assert len(here.state.cases) == (1 if alive else 0)


def test_what_is_public_by_design_is_counted(here):
    here.reported(ANON)
    here.reported(ANON, path="web/main.js")
    assert here.state.cases == {}
    assert here.state.count(Outcome.BY_DESIGN) == 2
    assert here.pager.pages == []


def test_what_nobody_knows_goes_to_its_owner_and_a_person_ends_it_with_a_reason(here):
    here.reported("hunter2-but-longer", label="Generic Password")
    case = here.state.cases[1]
    assert (case.stage, case.owner) == (Stage.TRIAGE, "ada")
    assert "no key in the catalog (Generic Password)" in shown(messages(here)[0]["blocks"])
    here.later = timedelta(hours=25)
    here.intake.round()
    assert here.state.cases[1].overdue
    assert "OVERDUE: ada" in shown(messages(here)[0]["blocks"])
    assert asked(here, CallHarmless(1, "fine", here.clock() + timedelta(days=1))).reason
    assert asked(here, EndTriage(1, "the account of a vendor that we left in May")).accepted
    assert here.state.cases[1].stage is Stage.ENDED
    assert here.pager.pages == []


def test_a_value_that_was_put_in_its_place_a_moment_ago_is_known(here):
    fresh = "a-value-that-was-made-just-now"
    here.reported(OPENAI)
    here.vault.held["/production/database-url"] = [*here.vault.held["/production/database-url"], fresh]
    here.values._looked -= 60
    here.reported(fresh)
    assert here.state.cases[2].value.secret == "database-url"


def test_a_value_that_is_stored_with_a_newline_is_known_without_and_its_target_is_the_stored_one(here):
    fresh = "sk-proj-freshA1b2C3d4E5f6G7h8"
    here.vault.held["/production/openai-api-key"] = [EARLIER, OPENAI, f"{fresh}\n"]
    here.values._looked -= 60
    here.reported(fresh)
    assert here.state.cases[1].stage is Stage.PROPOSED
    assert here.state.cases[1].value.fingerprint == Secret(f"{fresh}\n").fingerprint
    assert fresh not in here.stored()


def unread(here, *names):
    """A worker whose vault cannot be asked for these parameters just now; what it gives is mended by clearing it."""
    broken, held = set(names), here.vault.values

    def values(parameter):
        if parameter in broken:
            raise Throttled("ssm", f"read the history of {parameter}", "rejected")
        return held(parameter)

    here.vault.values = values
    here.values = KnownValues(here.vault, places(HELD), patience=0.0)
    here.intake = here.another_worker()
    return broken


@pytest.mark.parametrize("more", [{}, {"state": "resolved", "resolution": "false_positive"}])
def test_what_could_not_be_compared_with_all_is_looked_at_again_once_it_can(here, more):
    broken = unread(here, "/production/openai-api-key")
    here.reported(OPENAI, **more)
    case = here.state.cases[1]
    assert (case.stage, case.unread) == (Stage.TRIAGE, ("/production/openai-api-key",))
    words = "compared with all but 1 parameter that could not be read, and will be once they can: /production/openai"
    assert words in shown(messages(here)[0]["blocks"])
    here.later = timedelta(minutes=3)
    here.intake.round()
    assert len(here.state.cases) == 1

    broken.clear()
    here.values._next = 0.0
    here.later = timedelta(minutes=5)
    here.intake.round()
    assert (here.state.cases[1].stage, here.state.cases[2].stage) == (Stage.ENDED, Stage.PROPOSED)
    assert len(here.pager.pages) == 1
    nothing_leaked(here)


def test_what_is_none_of_ours_after_all_is_looked_at_no_more(here):
    broken = unread(here, "/production/openai-api-key")
    alert = here.reported("nothing-of-ours-at-all")
    over = here.reported("nothing-of-ours-either", state="resolved", resolution="used_in_tests")
    broken.clear()
    here.values._next = 0.0
    asked_for = []
    look = here.intake.sources["github"].look
    here.intake.sources["github"].look = lambda ref: (asked_for.append(ref.item), look(ref))[1]
    for minute in range(5, 60, 5):
        here.later = timedelta(minutes=minute)
        here.intake.round()
    assert asked_for == [alert.number, over.number]
    assert [case.stage for case in here.state.cases.values()] == [Stage.TRIAGE, Stage.ENDED]
    assert here.state.cases[1].unread == ()
    assert here.state.count(Outcome.ENDED) == 1


def test_each_admin_credential_of_an_alert_is_known_by_itself(here):
    admins = {"/admin/openai": ["the-admin-credential-of-openai"], "/admin/stripe": ["the-admin-credential-of-stripe"]}
    here.vault.held |= admins
    known = (*places(HELD), *(Place(name, words=f"the admin credential {name}") for name in admins))
    here.values = KnownValues(here.vault, known, patience=0.0)
    here.intake = here.another_worker()
    alert = here.reported("the-admin-credential-of-openai\nthe-admin-credential-of-stripe")
    for _ in range(2):
        labels = [case.reports[0].label.partition(":")[0] for case in here.state.cases.values()]
        assert sorted(labels) == [f"the admin credential {name}" for name in admins]
        assert {(case.stage, case.credential) for case in here.state.cases.values()} == {(Stage.TRIAGE, True)}
        here.changed(alert)


def test_a_hash_that_could_not_be_compared_with_all_is_looked_at_again_too(here):
    """For hashes the values are read by themselves: those that are known already tell nothing of that."""
    broken = unread(here)
    here.values.refresh()
    broken.add("/production/openai-api-key")
    here.guarded(OPENAI)
    assert (here.state.cases[1].stage, here.state.cases[1].unread) == (Stage.TRIAGE, tuple(broken))
    here.later = timedelta(minutes=2)
    here.intake.round()
    assert len(here.state.cases) == 1
    broken.clear()
    here.later = timedelta(minutes=4)
    here.intake.round()
    assert here.state.cases[2].stage is Stage.PROPOSED


def test_an_alert_that_github_has_resolved_and_that_is_none_of_ours_is_noted(here):
    here.intake.round()
    here.reported("nothing-of-ours-at-all", state="resolved", resolution="used_in_tests")
    assert here.state.count(Outcome.ENDED) == 1


def test_a_live_value_of_ours_is_proposed_even_where_somebody_has_resolved_its_alert(here):
    here.reported(OPENAI, state="resolved", resolution="false_positive")
    assert here.state.cases[1].stage is Stage.PROPOSED


def test_an_alert_that_cannot_be_read_is_looked_at_by_a_person(here, monkeypatch):
    def gone(_ref):
        raise Missing("github", "read an alert", "HTTP 404")

    monkeypatch.setattr(here.intake.sources["github"], "look", gone)
    here.reported(OPENAI)
    assert here.state.cases[1].stage is Stage.TRIAGE


# --- declared at once -----------------------------------------------------------------------------------------------


def test_where_source_and_secret_are_set_so_it_is_declared_at_once_and_nobody_has_consented(here):
    here.auto = ("github:openai-api-key",)
    here.intake = here.another_worker()
    here.reported(OPENAI)
    [summary] = here.world.incidents.summaries("open")
    incident = here.world.incidents.load(summary.incident)
    secret = incident.secrets["openai-api-key"]
    assert (secret.kill, dict(secret.consents), secret.target.kind) == (None, {}, TargetKind.CONFIRMED)
    assert incident.raised.name == "bot"
    assert here.state.cases[1].incident == summary.incident
    assert here.pager.pages == []  # the incident pages by itself
    here.reported(PASSWORD)
    assert len(here.world.incidents.summaries("open")) == 1


# --- many -----------------------------------------------------------------------------------------------------------


def test_what_is_listed_a_hundred_times_is_asked_about_once(here, monkeypatch):
    alert = here.reported(OPENAI)
    before = len(here.github.asked)
    for _ in range(100):
        here.intake.round()
    asked_since = here.github.asked[before:]
    assert len(asked_since) == 200
    assert {one.partition(" ")[2] for one in asked_since} == {"/orgs/acme/secret-scanning/alerts"}
    assert (len(here.state.cases), len(here.state.cases[1].reports), alert.state) == (1, 1, "open")


@pytest.mark.parametrize("each", [40, pytest.param(334, marks=pytest.mark.slow_tier)])
def test_many_alerts_are_one_case_and_one_declaration_a_value_one_message_and_one_page_in_a_quarter_of_an_hour(
    here, each
):
    """So many of a value that people decide about, of one that is declared at once, and of what nobody knows."""
    here.auto = ("github:database-url",)
    here.intake = here.another_worker()
    for number in range(each):
        for value in (OPENAI, PASSWORD, f"nothing-of-ours-{number}"):
            here.github.find(REPOSITORY, value)
    here.intake.round()
    [summary] = here.world.incidents.summaries()
    cases = {case.stage: case for case in here.state.cases.values()}
    assert len(cases[Stage.PROPOSED].reports) == each
    assert cases[Stage.DECLARED].incident == summary.incident
    assert len(cases[Stage.DECLARED].reports) + here.state.count(Outcome.IN_INCIDENT) == each
    assert len(here.state.cases) == each + 2
    [message] = messages(here)
    assert f"And {each + 2 - SHOWN} more alerts" in shown(message["blocks"])
    assert len(here.pager.pages) == 1
    nothing_leaked(here)


def test_what_comes_within_a_quarter_of_an_hour_is_added_to_the_message_and_what_comes_later_is_told_anew(here):
    here.reported(OPENAI)
    here.later = timedelta(minutes=5)
    here.reported(EARLIER)
    assert (len(messages(here)), len(here.pager.pages)) == (1, 1)
    here.later = timedelta(minutes=40)
    here.intake.round()
    assert len(here.pager.pages) == 2
    here.reported("something-else-entirely")
    assert len(messages(here)) == 2
    nothing_leaked(here)


def test_a_channel_that_is_set_later_has_what_waits(here):
    channel, here.board = here.board, NoAlertBoard()
    here.intake = here.another_worker()
    here.reported(OPENAI)
    rows = here.event_log.cursors.all(INSTALLATION, "alerts")
    assert rows == []
    here.board = channel
    here.intake = here.another_worker()
    for _ in range(2):
        here.later += timedelta(minutes=1)
        here.intake.round()
    [message] = messages(here)
    assert "openai-api-key" in shown(message["blocks"])


def test_a_message_that_somebody_deletes_keeps_no_other_from_being_drawn_and_what_comes_then_is_told_anew(here):
    here.reported(OPENAI)
    here.later = timedelta(minutes=20)
    here.reported(PASSWORD)
    first, second = messages(here)
    channel = here.world.fake.workspace.channels[here.board.channel].messages
    channel[:] = [message for message in channel if message["ts"] != first["ts"]]
    for number in (1, 2):
        assert asked(here, CallHarmless(number, "a test account", here.clock() + timedelta(days=5))).accepted
    here.later = timedelta(minutes=21)
    here.intake.round()
    assert "Harmless until" in shown(messages(here)[0]["blocks"])
    channel.clear()
    here.reported(EARLIER)
    here.later = timedelta(minutes=22)
    here.intake.round()
    [message] = messages(here)
    assert "Alert 3" in shown(message["blocks"])
    assert second["ts"] != message["ts"]


def test_a_message_that_slack_lets_nobody_change_is_given_up_and_what_comes_then_is_told_anew(here):
    """Another app posted it, such as the bot's own before it was made again."""
    here.reported(OPENAI)
    [first] = messages(here)
    here.world.fake.workspace.channels[here.board.channel].message(first["ts"])["user"] = "U0FORMER00"
    here.reported(PASSWORD)
    here.later = timedelta(minutes=1)
    here.intake.round()
    assert "Alert 2" in shown(messages(here)[-1]["blocks"])
    assert len(messages(here)) == 2


# --- lost, late and broken ------------------------------------------------------------------------------------------


def test_a_daily_look_finds_what_no_list_of_changes_had(here):
    here.intake.round()
    for value in (OPENAI, PASSWORD):
        here.github.find(REPOSITORY, value, created_at=here.clock() - timedelta(days=3))
    here.intake.round()
    assert here.state.cases == {}
    here.later = timedelta(days=1, minutes=1)
    here.intake.round()
    assert {case.value.secret for case in here.state.cases.values()} == {"openai-api-key", "database-url"}


def test_during_a_slow_daily_look_what_arrives_and_what_it_finds_is_told(here, monkeypatch):
    """One of 30 incidents of a source that takes ten seconds for each; a GitHub alert arrives during the third."""
    here.gitguardian.find(PASSWORD)
    for number in range(29):
        here.gitguardian.find(f"nothing-of-ours-{number}")
    look, looked = GitguardianIncidents.look, []

    def slow(source, ref):
        looked.append(ref)
        here.later += timedelta(seconds=10)
        if len(looked) == 3:
            here.github.find(REPOSITORY, OPENAI)
        return look(source, ref)

    monkeypatch.setattr(GitguardianIncidents, "look", slow)
    paged_after = 0
    for _ in range(40):
        here.intake.round()
        paged_after = paged_after or (len(looked) if here.pager.pages else 0)
    assert 3 <= paged_after <= 6
    assert len({str(ref) for ref in looked}) == len(looked) == 30
    secrets = [case.value.secret for case in here.state.cases.values() if case.value is not None]
    assert secrets == ["openai-api-key", "database-url"]


def test_a_daily_look_compares_many_hashes_at_once(here, monkeypatch):
    for number in range(30):
        here.gitguardian.find(f"nothing-of-ours-{number}")
    values, read = here.vault.values, []

    def counted(parameter):
        read.append(parameter)
        return values(parameter)

    monkeypatch.setattr(here.vault, "values", counted)
    here.intake.round()
    assert len(here.state.cases) == 30
    assert len(read) == len(HELD | PUBLIC) + len(PUBLIC)  # for the hashes, and once for what is public


def test_a_daily_look_asks_first_about_what_nobody_knows_here(here, monkeypatch):
    for number in range(3):
        here.gitguardian.find(f"nothing-of-ours-{number}")
    here.intake.round()
    here.later = timedelta(days=1, minutes=1)
    here.gitguardian.incidents = {4: replace(here.gitguardian.find(OPENAI), number=4), **here.gitguardian.incidents}
    look, asked_about = GitguardianIncidents.look, []
    monkeypatch.setattr(
        GitguardianIncidents, "look", lambda source, ref: asked_about.append(ref.item) or look(source, ref)
    )
    here.intake.round()
    assert asked_about[0] == 4
    assert sorted(asked_about) == [1, 2, 3, 4]


def test_a_daily_look_at_gitguardian_reads_the_list_to_its_end_and_says_where_it_is_too_long(here, monkeypatch):
    here.gitguardian.find(OPENAI)
    for _ in range(149):
        here.gitguardian.find("nothing-of-ours")
    monkeypatch.setattr(GitguardianIncidents, "look", lambda self, ref: Found(
        ref, "", "", "", public=False, since=None,
        digest=Secret(here.gitguardian.incidents[ref.item].digest),
    ))  # fmt: skip
    here.intake.round()
    assert [case.value.secret for case in here.state.cases.values() if case.value] == ["openai-api-key"]
    assert here.intake.lasting() == ""
    monkeypatch.setattr(gitguardian, "PAGES", 1)
    here.later = timedelta(days=2)
    here.intake.round()
    assert "more than 100" in here.intake.lasting()


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=1, minutes=1)])
def test_passwords_and_connection_strings_are_asked_for_by_name(here, later):
    here.intake.round()
    here.later = later
    here.github.find(REPOSITORY, OPENAI)
    here.github.find(REPOSITORY, PASSWORD, kind="postgres_connection_string")
    here.intake.round()
    assert {case.value.secret for case in here.state.cases.values()} == {"openai-api-key", "database-url"}
    assert here.intake.lasting() == ""


def test_a_daily_look_that_a_stop_cuts_short_is_done_anew_by_the_next_worker(here, monkeypatch):
    for value in (OPENAI, PASSWORD):
        here.github.find(REPOSITORY, value)
    ask = here.intake._ask

    def stopping(*args):
        ask(*args)
        here.intake._stopping.set()

    monkeypatch.setattr(here.intake, "_ask", stopping)
    here.intake.round()
    assert len(here.state.cases) == 1
    here.another_worker().round()
    assert len(here.state.cases) == 2


def test_what_github_refuses_to_list_by_name_keeps_nothing_else_from_the_daily_look(here, monkeypatch):
    monkeypatch.setattr("bot.news.sources.github.GENERIC", ("refused",))
    send = Http.send

    def refusing(self, *args, query=None, **more):
        if (query or {}).get("secret_type") == "refused":
            raise Refused("github", "list alerts", "no such kind")
        return send(self, *args, query=query, **more)

    monkeypatch.setattr(Http, "send", refusing)
    for repository in here.github.repositories:
        here.github.find(repository, OPENAI)
    here.intake.round()
    assert len(here.state.cases[1].reports) == 2
    assert "no such kind" in here.intake.lasting()


def test_what_waits_here_and_is_resolved_there_is_over_though_its_source_lists_it_no_more(here):
    alert = here.reported("nobody-s-value-A1b2C3d4")
    here.reported("nobody-s-other-value-A1b2C3d4")
    alert.state, alert.resolution = "resolved", "false_positive"
    here.later = timedelta(days=1, minutes=1)
    here.intake.round()
    assert [case.stage for case in here.state.cases.values()] == [Stage.ENDED, Stage.TRIAGE]
    asked_before = len(here.github.asked)
    here.later = timedelta(days=2, minutes=2)
    here.intake.round()
    assert not any(one.endswith(f"/{alert.number}") for one in here.github.asked[asked_before:])


def test_while_github_does_not_answer_news_waits_and_nothing_is_lost(here):
    here.intake.round()
    here.github.find(REPOSITORY, OPENAI)
    right, here.github.token = here.github.token, Secret("another")
    here.intake.round()
    assert here.state.cases == {}
    assert "github" in here.intake.lasting()
    here.github.token = right
    here.later = timedelta(minutes=50)
    here.intake.round()
    assert here.state.cases[1].stage is Stage.PROPOSED
    assert here.intake.lasting() == ""


def test_an_alert_that_cannot_be_asked_about_keeps_no_other_waiting(here, monkeypatch):
    here.intake.round()
    bad, good = here.github.find(REPOSITORY, OPENAI), here.github.find("acme/inside", PASSWORD)
    source = here.intake.sources["github"]
    look, asked_about = source.look, []

    def looks(ref):
        asked_about.append(str(ref))
        if ref.subject == REPOSITORY:
            raise Unauthorized("github", f"read alert {ref}", "HTTP 403")
        return look(ref)

    monkeypatch.setattr(source, "look", looks)
    here.intake.round()
    assert (bad.state, good.state, here.state.cases[1].value.secret) == ("open", "open", "database-url")
    assert "acme/app#1" in here.intake.lasting()
    for second in range(60):
        here.later = timedelta(seconds=second)
        here.intake.round()
    assert asked_about.count("acme/app#1") < 10  # of 60 rounds, and of the seconds that they took
    monkeypatch.undo()
    here.later = timedelta(minutes=10)
    here.intake.round()
    assert len(here.state.cases) == 2


def test_a_worker_that_starts_anew_asks_about_nothing_that_is_known_until_it_changes(here):
    alert = here.reported(OPENAI)
    here.intake = here.another_worker()
    before = len(here.github.asked)
    here.intake.round()
    assert {one.partition(" ")[2] for one in here.github.asked[before:]} == {"/orgs/acme/secret-scanning/alerts"}
    here.changed(alert, state="resolved", resolution="false_positive")
    assert f"GET /repos/{REPOSITORY}/secret-scanning/alerts/1" in here.github.asked[before:]


def failing(here, monkeypatch, error, *items):
    """Of GitHub's alerts those of these numbers cannot be asked about."""
    source = here.intake.sources["github"]
    look = source.look

    def looks(ref):
        if ref.item in items:
            raise error
        return look(ref)

    monkeypatch.setattr(source, "look", looks)


def test_however_many_alerts_cannot_be_asked_about_the_next_one_is(here, monkeypatch):
    for value in (OPENAI, *["nobody-knows-this"] * 30):
        here.github.find(REPOSITORY, value)
    failing(here, monkeypatch, Unauthorized("github", "read alert", "HTTP 403"), *range(2, 32))
    for _ in range(2):
        here.intake.round()
    assert here.state.cases[1].value.secret == "openai-api-key"


def test_an_alert_by_which_github_falls_silent_keeps_no_other_waiting_for_long(here, monkeypatch):
    for value in (OPENAI, "nobody-knows-this"):
        here.github.find(REPOSITORY, value)
    failing(here, monkeypatch, Unreachable("github", "read alert", "no answer within 20 s"), 2)
    for later in (0, 6):
        here.later = timedelta(seconds=later)
        here.intake.round()
    assert here.state.cases[1].value.secret == "openai-api-key"


def test_a_source_that_says_how_long_it_is_to_be_left_alone_is(here, monkeypatch):
    here.intake.round()
    failing(here, monkeypatch, Throttled("github", "read alert", "HTTP 429", 900.0), 1)
    here.reported(OPENAI)
    before = len(here.github.asked)
    for minutes in (1, 6, 14):
        here.later = timedelta(minutes=minutes)
        here.intake.round()
    assert len(here.github.asked) == before
    assert "HTTP 429" in here.intake.lasting()
    monkeypatch.undo()
    here.later = timedelta(minutes=16)
    here.intake.round()
    assert here.state.cases[1].value.secret == "openai-api-key"


def test_a_repository_that_is_not_there_keeps_no_other_from_the_daily_look_and_no_news_waiting(here):
    source = here.intake.sources["github"]
    source.repositories = ("acme/moved", *source.repositories)
    here.github.find(REPOSITORY, OPENAI)
    here.intake.round()
    assert here.state.cases[1].value.secret == "openai-api-key"
    assert "acme/moved" in here.intake.lasting()
    here.reported(PASSWORD)
    assert here.state.cases[2].value.secret == "database-url"
    listed = [one for one in here.github.asked if "acme/moved" in one]
    for hour in range(1, 24):
        here.later = timedelta(hours=hour)
        here.intake.round()
    assert len([one for one in here.github.asked if "acme/moved" in one]) - len(listed) <= 24


def test_while_the_catalog_s_values_cannot_be_read_no_source_is_asked_again_and_again(here, monkeypatch):
    here.intake.round()

    def away(_parameters):
        raise Unreachable("ssm", "list parameters", "no answer")

    monkeypatch.setattr(here.vault, "newest", away)
    here.values = KnownValues(here.vault, places(HELD), patience=0.0)
    here.intake = here.another_worker()
    here.github.find(REPOSITORY, OPENAI)
    before = len(here.github.asked)
    for second in range(60):
        here.later = timedelta(seconds=second)
        here.intake.round()
    assert len(here.github.asked) - before < 20
    assert "have not been read yet" in here.intake.lasting()
    monkeypatch.undo()
    here.values._next = 0.0
    here.later = timedelta(minutes=10)
    here.intake.round()
    assert len(here.state.cases) == 1


def test_until_the_catalog_s_values_were_read_the_first_look_waits(here, monkeypatch):
    read = here.vault.newest

    def away(_parameters):
        raise Unreachable("ssm", "list parameters", "no answer")

    monkeypatch.setattr(here.vault, "newest", away)
    here.values = KnownValues(here.vault, places(HELD), patience=0.0)
    here.intake = here.another_worker()
    for value in (PASSWORD, OPENAI):
        here.github.find(REPOSITORY, value)
    here.intake.round()
    assert here.state.cases == {}
    monkeypatch.setattr(here.vault, "newest", read)
    here.values._next = 0.0
    here.later = timedelta(seconds=6)
    here.intake.round()
    assert [case.value.secret for case in here.state.cases.values()] == ["openai-api-key", "database-url"]


def test_the_thread_outlives_what_goes_wrong_says_it_once_and_goes_on(here, monkeypatch):
    rounds, work = [], here.intake.round

    def fails():
        rounds.append(1)
        if len(rounds) < 4:
            raise LogUnavailable("the database is away") if len(rounds) < 3 else RuntimeError("may hold anything")
        work()

    monkeypatch.setattr(type(here.intake), "EVERY", 0.01)
    monkeypatch.setattr(here.intake, "round", fails)
    here.github.find(REPOSITORY, OPENAI)
    with structlog.testing.capture_logs() as logged:
        here.intake.start(lambda: True)
        until(lambda: here.state.cases)
        here.intake.stop()
    said = [line["error"] for line in logged if line["event"] == "news of leaks waits"]
    assert said == ["the database is away", "news of leaks cannot be maintained (RuntimeError)"]


class Dies(BaseException):
    """The worker is killed here."""


@pytest.mark.parametrize("where", ["look", "append", "declare", "post", "cursor"])
def test_wherever_a_worker_dies_nothing_is_lost_and_nothing_doubled(here, where, monkeypatch):
    here.auto = ("github:openai-api-key",)
    here.intake = here.another_worker()
    for value in (OPENAI, PASSWORD, "nothing-of-ours-at-all"):
        here.github.find(REPOSITORY, value)
    for moment in ("before", "after"):
        target, name = {
            "look": (here.intake.sources["github"], "look"),
            "append": (here.event_log.alerts, "append"),
            "declare": (here.world.incidents, "declare"),
            "post": (here.board.gateway, "post"),
            "cursor": (here.event_log.cursors, "put"),
        }[where]
        work = getattr(target, name)

        def dies(*args, work=work, moment=moment, **more):
            if moment == "after":
                work(*args, **more)
            raise Dies

        with monkeypatch.context() as patched:
            patched.setitem(vars(target), name, dies)
            with pytest.raises(Dies):
                here.intake.round()
        here.intake = here.another_worker()
    for _ in range(3):
        here.later += timedelta(seconds=30)
        here.intake.round()
    stages = sorted((case.stage, len(case.reports)) for case in here.state.cases.values())
    assert stages == [(Stage.DECLARED, 1), (Stage.PROPOSED, 1), (Stage.TRIAGE, 1)]
    assert len(here.world.incidents.summaries()) == 1
    assert len(messages(here)) == 1


# --- GitGuardian ----------------------------------------------------------------------------------------------------


def test_gitguardian_gives_no_value_and_its_hash_is_compared_in_memory(here):
    found = here.guarded(PASSWORD, tags=("PUBLIC",))
    case = here.state.cases[1]
    assert (case.value.secret, case.value.fingerprint, case.public) == (
        "database-url", Secret(PASSWORD).fingerprint, True
    )  # fmt: skip
    assert found.digest not in here.stored()
    nothing_leaked(here)


def test_a_hash_in_capital_letters_is_the_same_hash(here):
    found = here.gitguardian.find(PASSWORD)
    found.digest = found.digest.upper()
    here.intake.round()
    assert here.state.cases[1].value.secret == "database-url"


def test_the_daily_look_at_gitguardian_finds_what_is_assigned_to_somebody_as_well(here):
    here.intake.round()
    here.gitguardian.find(PASSWORD).status = "ASSIGNED"
    here.gitguardian.find(OPENAI)
    here.later = timedelta(days=2)
    here.intake.round()
    assert sorted(case.value.secret for case in here.state.cases.values()) == ["database-url", "openai-api-key"]


def test_two_sources_that_find_one_value_make_one_case(here):
    here.reported(OPENAI)
    here.guarded(OPENAI)
    assert [report.source for report in here.state.cases[1].reports] == ["github", "gitguardian"]


def test_where_slack_is_not_trusted_nothing_is_posted_there(here):
    here.event_log.trust.append(
        lambda _state: Distrusted("slack", "someone reads along"), at=here.clock(), actor="ada", command_id="d"
    )
    here.reported(OPENAI)
    assert messages(here) == []
    assert here.state.cases[1].stage is Stage.PROPOSED
    assert len(here.pager.pages) == 1


# --- AWS ------------------------------------------------------------------------------------------------------------


def test_a_quarantine_is_found_within_a_minute_and_told_once(here):
    here.intake.round()
    here.iam.attached["product"] = ("AWSCompromisedKeyQuarantineV2",)
    for minutes in (1, 2, 3):
        here.later = timedelta(minutes=minutes)
        here.intake.round()
        case = here.state.cases[1]
        assert (case.value.secret, case.public, case.reports[0].ref) == ("openai-api-key", True, "production/product#1")
    assert (len(here.state.cases), here.iam.asked) == (1, 5)
    nothing_leaked(here)


def test_a_user_whom_the_catalog_names_no_more_is_asked_about_until_a_person_has_looked_at_it(here):
    declared(here, "openai-api-key")
    here.iam.attached["product"] = ("AWSCompromisedKeyQuarantineV2",)
    here.intake.round()
    assert (here.state.cases, here.state.count(Outcome.IN_INCIDENT)) == ({}, 1)
    here.intake.sources = {**here.intake.sources, "aws": replace(here.intake.sources["aws"], entries=())}
    here.later = timedelta(minutes=16)
    here.intake.round()
    assert here.state.cases[1].stage is Stage.TRIAGE
    asked(here, EndTriage(1, "the user is nobody's any more"))
    for minutes in (32, 48):
        here.later = timedelta(minutes=minutes)
        here.intake.round()
    assert [case.stage for case in here.state.cases.values()] == [Stage.ENDED]


def test_a_user_who_is_put_under_quarantine_anew_with_another_key_is_told_anew(here):
    here.iam.attached["product"] = ("AWSCompromisedKeyQuarantineV2",)
    here.intake.round()
    asked(here, CallHarmless(1, "a drill of ours", here.clock() + timedelta(days=9)))
    del here.iam.attached["product"]
    here.later = timedelta(minutes=16)
    here.intake.round()
    assert here.state.count(Outcome.ENDED) == 1
    here.vault.held["/production/openai-api-key"] = [EARLIER, OPENAI, "the-key-that-came-after"]
    here.values._looked -= 60
    here.iam.attached["product"] = ("AWSCompromisedKeyQuarantineV3",)
    here.later = timedelta(minutes=32)
    here.intake.round()
    assert here.state.cases[2].value.version == 3


def test_a_quarantine_that_is_seen_once_a_new_key_is_in_place_is_the_old_key_s_until_it_comes_again(here, monkeypatch):
    incident = declared(here, "openai-api-key")
    here.intake.round()
    here.vault.held["/production/openai-api-key"] = [EARLIER, OPENAI, "the-key-that-came-after"]
    here.values._looked -= 60
    read = judge.readable

    def promoted(event_log, name):
        state = read(event_log, name)
        secret = state.secrets["openai-api-key"]
        old = replace(secret.old, fingerprint=Secret(OPENAI).fingerprint)
        new = replace(secret.new, fingerprint=Secret("the-key-that-came-after").fingerprint)
        return replace(state, secrets={**state.secrets, secret.name: replace(secret, old=old, new=new)})

    monkeypatch.setattr(judge, "readable", promoted)
    for minutes, policies in (
        (16, ["AWSCompromisedKeyQuarantineV3"]),
        (32, []),
        (48, ["AWSCompromisedKeyQuarantineV3"]),
    ):
        here.iam.attached["product"] = policies
        here.later = timedelta(minutes=minutes)
        here.intake.round()
        seen = [place.value for place in sighted(here, incident)]
        assert seen == (["leaked"] if minutes < 48 else ["leaked", "new"])
