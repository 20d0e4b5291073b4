"""kill -9 on the way from a GitHub alert to its declaration.

GitHub has three alerts: of a value that is declared at once, of one that a person is to decide about, and of one that
nobody knows. Whoever dies where: one incident, one page for what waits, one message, and nothing is changed at GitHub.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.drill.fakes.scanning import FakeGithubScanning
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import BOT_USER
from bot.eventlog import open_event_log
from bot.incident.overlap.strategy import incident_id
from bot.news.cases.state import Stage as CaseStage
from bot.news.sources.github import GITHUB
from bot.secrets.secret import Secret
from bot.slack.alert_messages import EVENT
from tests.crash import checks
from tests.crash.running import Play, Run, Scenario
from tests.crash.setting import Setting
from tests.crash.sites import Sites
from tests.crash.table import NOT_REACHED, OK, Row
from tests.support import crash
from tests.support.practice import OPENAI, SENDGRID

pytestmark = pytest.mark.process

REPOSITORY = "acme/app"
FEW = (
    f"log | alerts #1 | {crash.AFTER_COMMIT}",
    f"log | declare #1 | {crash.AFTER_COMMIT}",
)
"""In the short tier, one after the other in one incident: what alerts hold is recorded and the look is not over; the
incident is declared and the alert does not know.
"""
ON_THE_WAY = re.compile(rf"call \| {crash.NEWS} \||log \| (alerts|declare|cursor \S+) #")
ENOUGH = 6
"""Of each kind of point, since looks at what changed come again and again."""


@dataclass
class News(Play):
    """One incident that nobody declares."""

    github: FakeGithubScanning | None = None
    channel: str = ""

    def rested(self, incident):
        return self.told() and super().rested(incident)

    def told(self):
        """Whether people have heard of what waits for them."""
        state = self.run.event_log.alerts.current()
        pages = [alert for alert in self.stage.world.pagerduty.alerts if alert.dedup_key.startswith("alerts-")]
        return bool(pages and self.messages and len(state.cases) == 3)

    @property
    def messages(self):
        posted = self.stage.slack.workspace.channels[self.channel].messages
        return [message for message in posted if message["metadata"]["event_type"] == EVENT]


@pytest.fixture(scope="module")
def github():
    fake = FakeGithubScanning({REPOSITORY: False})
    with Served(fake.application) as served:
        yield fake, served.url


def report(stage, github, database, *points):
    """The play in which workers die at these points; its log is open, and closed by whoever asked."""
    fake, url = github
    number = next(stage.runs)
    stage.furnish()
    folder = stage.folder / f"news-{number}"
    folder.mkdir()
    database_url = database.fresh()
    event_log = open_event_log(database_url, seal=stage.seal)
    client = stage.client(event_log)
    incidents = client.incidents
    channel = stage.slack.workspace.add_channel(f"leaks-{number}")
    channel.members.append(BOT_USER)
    find(fake, stage.world.old[OPENAI], stage.world.old[SENDGRID], "nothing-of-ours-at-all")
    slack = {name: stage.environs[Setting.SLACK][name] for name in ("SLACK_BOT_TOKEN", "SLACK_API_URL")}
    environ = {
        **stage.world.environ,
        **slack,
        "BOT_DATABASE_URL": database_url,
        "BOT_DATA": str(folder),
        "BOT_DECISIONS": str(folder / "DECISIONS.md"),
        "BOT_INTAKE_CHANNEL": channel.id,
        "BOT_INTAKE_GITHUB_TOKEN": fake.token.reveal(),
        "BOT_INTAKE_GITHUB_REPOSITORIES": REPOSITORY,
        "BOT_INTAKE_GITHUB_API_URL": url,
        "BOT_INTAKE_AUTO": f"{GITHUB}:{OPENAI}",
    }
    *deaths, point = points or ("",)
    scenario = Scenario("a GitHub alert", (OPENAI,), deaths=tuple(deaths), pressed=True)
    incident = incident_id(f"alert-1-{Secret(stage.world.old[OPENAI]).fingerprint}")
    run = Run(scenario, incident, point, event_log=event_log)
    play = News(stage, client, incidents, run, environ, folder, github=fake, channel=channel.id)
    try:
        play.to_the_end()
    except BaseException:
        event_log.close()
        raise
    finally:
        stage.harness.kill()
    return play


def find(fake, *values):
    """The newest is asked about first."""
    fake.alerts.clear()
    fake.asked.clear()
    now = utc_now()
    for number, value in enumerate(values):
        fake.find(REPOSITORY, value, created_at=now - timedelta(seconds=number))


def check(play):
    """By GitHub's, Slack's and the pager's own state, and by both logs."""
    log, run = play.run.event_log, play.run
    checks.check(play.stage, run)
    assert [each.incident for each in log.incidents()] == [run.incident], "one incident"
    state = log.alerts.verify(play.stage.seal)
    found = [(case.stage, len(case.reports)) for case in state.cases.values()]
    assert found == [(CaseStage.DECLARED, 1), (CaseStage.PROPOSED, 1), (CaseStage.TRIAGE, 1)], f"cases: {found}"
    assert state.cases[1].incident == run.incident
    assert len(play.messages) == 1, f"{len(play.messages)} messages"
    pages = [alert.state for alert in play.stage.world.pagerduty.alerts if alert.dedup_key.startswith("alerts-")]
    assert pages == ["triggered"], f"pages: {pages}"
    _check_github(play)


def _check_github(play):
    asked = play.github.asked
    assert all(one.startswith("GET ") for one in asked), f"at GitHub: {asked}"


def on_the_way(points):
    """The first of each kind."""
    seen = {}
    for point in points:
        kind = re.sub(r" #\d+ ", " ", point)
        if ON_THE_WAY.match(point) and len(seen.setdefault(kind, [])) < ENOUGH:
            seen[kind].append(point)
    return [point for points in seen.values() for point in points]


def test_whoever_dies_between_an_alert_and_its_end_one_incident_and_one_page_come_of_it(
    practice_stage, github, sqlite, table
):
    play = report(practice_stage, github, sqlite, *FEW)
    with closing(play.run.event_log):
        assert play.run.reached
        check(play)
        table.add(Row.of(sqlite.name, play.run, OK))


@pytest.mark.slow_tier
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_nor_at_any_other_point(practice_stage, github, table, request, database):
    place = request.getfixturevalue(database)
    play = report(practice_stage, github, place)
    with closing(play.run.event_log):
        check(play)
        points = on_the_way(play.run.points)
    if not request.config.getoption("--all-points"):
        points = Sites().fresh(points)
    rows = [tried(practice_stage, github, place, point) for point in points]
    for row in rows:
        table.add(row)
    assert [f"{row.point}: {row.result}" for row in rows if row.failed] == []
    assert sum(row.result == OK for row in rows) > len(points) * 3 // 4


def tried(stage, github, database, point):
    try:
        play = report(stage, github, database, point)
    except AssertionError as error:
        return Row(database.name, "a GitHub alert", point, (), 0, 0, str(error).splitlines()[0])
    with closing(play.run.event_log):
        try:
            check(play)
        except AssertionError as error:
            return Row.of(database.name, play.run, str(error).splitlines()[0])
        return Row.of(database.name, play.run, OK if play.run.reached else NOT_REACHED)
