"""News from outside in tests: the fakes that are asked, and the worker's looks."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from bot.drill.fakes.scanning import FakeGitguardian, FakeGithubScanning
from bot.drill.fakes.serving import Served
from bot.errors import ConfigurationError, OutsideError
from bot.inbox.fingerprints import KnownValues
from bot.model.probes import Liveness, Probe
from bot.net.http import Http
from bot.news.handling.intake import Intake
from bot.news.handling.judge import Judge
from bot.news.handling.news import News, NoAlertBoard
from bot.news.sources.aws import AWS, QuarantinedUsers, with_users
from bot.news.sources.catalogued import Place
from bot.news.sources.gitguardian import GITGUARDIAN, GitguardianIncidents, Matching, digest_of
from bot.news.sources.github import GITHUB, GithubAlerts
from bot.secrets.secret import Secret
from bot.vault.contract import Stored

REPOSITORY = "acme/app"
ACME = "acme"
OPENAI, EARLIER = "sk-proj-practiceA1b2C3d4E5f6G7h8", "an-earlier-openai-key"
PASSWORD = "nR4wTq82Lx0-5vBz7"
ANON = "an-anon-key-that-everyone-may-have"
HELD = {
    "/production/openai-api-key": [EARLIER, OPENAI],
    "/production/database-url": [f"redis://:{PASSWORD}@cache:6379"],
}
PUBLIC = {"/production/supabase/anon-key": [ANON]}
SECRETS = (OPENAI, EARLIER, PASSWORD, ANON)


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
    """`world` has an event log, incidents and a clock. `round` is what the worker does each second; each looks at what
    has changed at GitHub and GitGuardian.
    """

    def __init__(self, world, *, auto=(), board=None) -> None:
        self.world, self.event_log, self.began = world, world.event_log, world.clock()
        self.pager, self.later = Paged(), timedelta()
        self.github = FakeGithubScanning({REPOSITORY: False, "acme/inside": True}, {ACME}, self.clock)
        self.gitguardian = FakeGitguardian()
        self.served = [Served(one.application) for one in (self.github, self.gitguardian)]
        self.vault, self.provider = Held(), None
        self.values = KnownValues(self.vault, places(HELD), patience=0.0)
        self.public = KnownValues(self.vault, places(PUBLIC), patience=0.0)
        self.auto, self.board, self.iam = auto, board or NoAlertBoard(), Quarantine()
        self.intake = self.another_worker()

    def clock(self):
        """Stands still but for what a test says: the world's goes on with each look at it, in whichever thread."""
        return self.began + self.later

    def another_worker(self):
        """One that remembers nothing."""
        github = GithubAlerts(
            tuple(self.github.repositories), self.github.token, Http(GITHUB, self.served[0].url, timeout=5),
            every=timedelta(),
        )  # fmt: skip
        gitguardian = GitguardianIncidents(
            self.gitguardian.token, Http(GITGUARDIAN, f"{self.served[1].url}/v1", timeout=5), every=timedelta()
        )
        judge = Judge(
            self.event_log, self.world.incidents.catalog, self.world.freeze, self.values, self.public, self.vault,
            self._provider, self._hashed, lambda source, secret: f"{source}:{secret}" in self.auto, lambda: "ada",
        )  # fmt: skip
        news = News(self.event_log, self.board, lambda: self.pager, lambda: self.event_log.trust.current().slack)
        key = next(one for one in self.world.incidents.catalog.entries if one.name == "openai-api-key")
        product = SimpleNamespace(
            provider="aws-iam", options={"user": "product"}, environment=key.environment, main=key.main
        )
        users = with_users((product,))
        aws = QuarantinedUsers(self.iam, users, self.vault)
        sources = {GITHUB: github, GITGUARDIAN: gitguardian, AWS: aws}
        return Intake(self.event_log, self.clock, self.world.incidents, sources, judge, news)

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

    def reported(self, value, repository=REPOSITORY, **more):
        """A leak that GitHub has found, and at which a worker has looked."""
        alert = self.github.find(repository, value, **more)
        self.intake.round()
        return alert

    def changed(self, alert, **more):
        """Something about it is another, and a worker has looked."""
        self.github.changes(alert, **more)
        self.intake.round()

    def guarded(self, value, **more):
        """A leak that GitGuardian has found, and at which a worker has looked."""
        incident = self.gitguardian.find(value, **more)
        self.intake.round()
        return incident

    @property
    def state(self):
        return self.event_log.alerts.current()

    def stored(self):
        """Everything that the database holds, as text."""
        connection = self.event_log.database.engine.raw_connection().driver_connection
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return repr([connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables])

    def stop(self):
        for one in self.served:
            one.stop()
