"""News from outside in tests: the fakes that send it and are asked, the front's doors, and the worker's look."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from bot.drill.fakes.scanning import FakeGitguardian, FakeGithubScanning
from bot.drill.fakes.serving import Served
from bot.drill.fakes.sns import FakeSns
from bot.errors import ConfigurationError, OutsideError
from bot.eventlog.alerts import ALERTS
from bot.http import Http
from bot.intake.aws import QuarantinedUsers, with_users
from bot.intake.catalogued import Place
from bot.intake.front import GITGUARDIAN, GITHUB, routes
from bot.intake.gitguardian import GitguardianIncidents, Matching, digest_of
from bot.intake.github import GithubAlerts
from bot.intake.sns import AWS
from bot.intake.sns_certificates import SigningCertificates
from bot.model.probes import Liveness, Probe
from bot.response.alerts import Intake, Judge
from bot.response.alerts.news import News
from bot.response.alerts.ports import NoAlertBoard
from bot.response.known import KnownValues
from bot.secret import Secret
from bot.vault.contract import Stored
from bot.web import Request

REPOSITORY = "acme/app"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:health"
OPENAI, EARLIER = "sk-proj-practiceA1b2C3d4E5f6G7h8", "an-earlier-openai-key"
PASSWORD = "nR4wTq82Lx0-5vBz7"
ANON = "an-anon-key-that-everybody-may-have"
HELD = {
    "/production/openai-api-key": [EARLIER, OPENAI],
    "/production/database-url": [f"redis://:{PASSWORD}@cache:6379"],
}
PUBLIC = {"/production/supabase/anon-key": [ANON]}
SECRETS = (OPENAI, EARLIER, PASSWORD, ANON)
TRIAGE = timedelta(hours=24)


class Held:
    """A vault of these values."""

    def __init__(self, held=None) -> None:
        self.held = dict(held or HELD | PUBLIC)

    def newest(self, parameters):
        return {name: len(self.held[name]) for name in parameters}

    def values(self, parameter):
        return [Stored(Secret(value), number) for number, value in enumerate(self.held[parameter], start=1)]

    def find(self, value, parameters):
        return [
            (name, one.version)
            for name in parameters
            for one in self.values(name)
            if one.value.trimmed.secret_part == value.trimmed.secret_part
        ]

    def read(self, parameter, version=None):
        return self.values(parameter)[(version or 0) - 1]


class Refusing:
    """A provider that refuses every value."""

    def probe(self, _held):
        return Probe("old", Liveness.DEAD, "HTTP 401")


class Accepting:
    """A provider that accepts every value."""

    def probe(self, _held):
        return Probe("old", Liveness.LIVE, "HTTP 200")


class Quarantine:
    """AWS's IAM, as far as it says which policies a user has."""

    def __init__(self) -> None:
        self.attached, self.asked = {}, 0

    def client(self, _service):
        return self

    def list_attached_user_policies(self, UserName):  # noqa: N803 - botocore's name
        self.asked += 1
        return {"AttachedPolicies": [{"PolicyName": name} for name in self.attached.get(UserName, ())]}


class Paged:
    def __init__(self) -> None:
        self.pages, self.resolved = [], []

    def trigger(self, page):
        self.pages.append(page)

    def resolve(self, incident):
        self.resolved.append(incident)


def places(held):
    return tuple(Place(name, name.rpartition("/")[2], "production") for name in held)


class Newsroom:
    """`world` has an event log, incidents and a clock. `round` is what the worker does each second."""

    def __init__(self, world, *, auto=(), board=None) -> None:
        self.world, self.event_log, self.began = world, world.event_log, world.clock()
        self.github = FakeGithubScanning({REPOSITORY: False, "acme/inside": True})
        self.gitguardian = FakeGitguardian(clock=lambda: self.clock().timestamp())
        self.sns = FakeSns(TOPIC, world.clock())
        applications = (self.github.application, self.gitguardian.application, self.sns.application)
        self.served = [Served(application) for application in applications]
        self.pager, self.later = Paged(), timedelta()
        self.vault, self.provider = Held(), None
        self.values = KnownValues(self.vault, places(HELD), patience=0.0)
        self.public = KnownValues(self.vault, places(PUBLIC), patience=0.0)
        self.auto, self.board, self.iam = auto, board or NoAlertBoard(), Quarantine()
        self.intake = self.another_worker()
        secrets = {GITHUB: self.github.webhook_secret, GITGUARDIAN: self.gitguardian.webhook_token}
        self.routes = {
            route.path: route
            for route in routes(
                secrets,
                tuple(self.github.repositories),
                self.event_log.arrivals,
                self.clock,
                (TOPIC,),
                self.event_log.certificates,
            )
        }

    def clock(self):
        """Stands still but for what a test says: the world's goes on with each look at it, in whichever thread."""
        return self.began + self.later

    def another_worker(self):
        """One that remembers nothing."""
        github = GithubAlerts(
            tuple(self.github.repositories), self.github.token, Http(GITHUB, self.served[0].url, timeout=5)
        )
        gitguardian = GitguardianIncidents(
            self.gitguardian.token, Http(GITGUARDIAN, f"{self.served[1].url}/v1", timeout=5)
        )
        judge = Judge(
            self.event_log, self.world.incidents.catalog, self.world.freeze, self.values, self.public, self.vault,
            self._provider, self._hashed, lambda source, secret: f"{source}:{secret}" in self.auto, lambda: "ada",
            TRIAGE,
        )  # fmt: skip
        news = News(self.event_log, self.board, lambda: self.pager, lambda: self.event_log.trust.current().slack)
        key = next(one for one in self.world.incidents.catalog.entries if one.name == "openai-api-key")
        product = SimpleNamespace(
            provider="aws-iam", options={"user": "product"}, environment=key.environment, main=key.main
        )
        users = with_users((product,))
        aws = QuarantinedUsers(self.iam, users, self.vault)
        sources = {GITHUB: github, GITGUARDIAN: gitguardian, AWS: aws}
        certificates = SigningCertificates(
            (TOPIC,), self.event_log.certificates, 5, base=lambda _region, _domain: self.served[2].url
        )
        return Intake(self.event_log, self.world.incidents, sources, judge, news, self.clock, certificates=certificates)

    def _provider(self, _entry):
        if self.provider is None:
            raise ConfigurationError("There is no provider here.")
        return self.provider

    def _hashed(self, digests):
        wanted = {one.reveal() for one in digests}
        found, unread = {}, []
        for place in (*places(HELD), *places(PUBLIC)) if wanted else ():
            try:
                stored = self.vault.values(place.parameter)
            except OutsideError:
                unread.append(place.parameter)
                continue
            for one in stored:
                if (made := digest_of(one.value.secret_part.reveal())) in wanted:
                    found[made] = (one.value, place)
        return Matching(found, tuple(unread))

    def send(self, path, body, headers):
        given = {name.lower(): value for name, value in headers.items()}
        return self.routes[path].answer(Request(given, "", body))

    def deliver(self, alert, action="created", **more):
        body = self.github.body(alert, action)
        return self.send("/intake/github", body, self.github.headers(body, **more))

    def reported(self, value, repository=REPOSITORY, **more):
        """A leak that GitHub has found and sent, and a worker has taken."""
        alert = self.github.find(repository, value, **more)
        assert self.deliver(alert).status == 200
        self.intake.round()
        return alert

    @property
    def state(self):
        return self.event_log.beside(ALERTS).current()

    def stored(self):
        """Everything that the database holds, as text."""
        connection = self.event_log.database.engine.raw_connection().driver_connection
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return repr([connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables])

    def stop(self):
        for one in self.served:
            one.stop()
