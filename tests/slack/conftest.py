"""Incidents in many states, and a bot served over HTTP beside the Slack fake."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from bot.app.slack import trusted
from bot.catalog.catalog import Catalog, CatalogEntry, Policy
from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import APP_ID, TEAM_ID, TOKEN, FakeSlack, SlackDriver
from bot.eventlog import open_event_log
from bot.inbox import Incidents
from bot.incident.model import Right
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.secrets import Data, Kill, Outage, Part
from bot.model.timings import Timings
from bot.net.limits import Bucket
from bot.people import People, Person
from bot.secrets.secret import Secret
from bot.slack.bolt_app import build_app
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.guard import Guard
from bot.slack.incident_channel import SlackIncidentChannel
from bot.slack.ingress import slack_route
from bot.slack.listeners import AppContext
from bot.web import application
from tests.slack.states import PLAYBOOK
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.inbox import inbox_of

SIGNING_SECRET = "practice-signing-secret"


def entry(name, title, environment, provider, **more):
    part = Part("key", f"/{environment}/{name}", name.upper().replace("-", "_"))
    usual = {"options": {}, "admin_parameter": None, "policy": Policy(90), "consumers": (), "owner": "platform",
             "dies_with": (), "if_killed": "", "outage": Outage.DEGRADED, "kill": Kill.IRREVERSIBLE,
             "public_by_design": False, "data": Data.NONE}  # fmt: skip
    return CatalogEntry(name, title, provider, (part,), environment=environment, **(usual | more))  # fmt: skip


def catalog():
    entries = [
        made
        for environment in ("production", "staging")
        for made in (
            entry("openai-api-key", "OpenAI API key", environment, "openai", if_killed="Answers stop."),
            entry("database-url", "Database", environment, "postgres", outage=Outage.DOWN, data=Data.CHILDREN),
            entry("stripe-secret-key", "Stripe secret key", environment, "stripe", outage=Outage.DOWN),
        )
    ]
    return Catalog(("production", "staging"), tuple(entries))


def freeze(one):
    by_hand = one.provider == "stripe"
    by = (Makes.PERSON, RevokedBy.PERSON) if by_hand else (Makes.ISSUE, RevokedBy.MACHINE)
    capabilities = Capabilities(*by)
    return one.frozen(capabilities, console="https://dashboard.stripe.com/apikeys" if by_hand else "")


class World:
    """The fake, the bot beside it, and three people. The clock moves by a second with each look."""

    names = ("ada", "bob", "eve")
    playbook = PLAYBOOK
    freeze = staticmethod(freeze)

    def __init__(self, folder) -> None:
        self.fake = FakeSlack(rate_limited=False)
        self.slack = Served(self.slack_application())
        self.ada, self.bob, self.eve = (self.fake.workspace.add_user(name).id for name in self.names)
        self.people = People((
            Person(self.names[0], slack=self.ada, rights=frozenset({Right.RESPOND, Right.COMMAND})),
            Person(self.names[1], slack=self.bob, rights=frozenset(Right)),
        ))  # fmt: skip
        self.event_log = self.opened(folder)
        self._seconds = itertools.count()
        self.start = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
        self.incidents = self.incidents_in(self.event_log)
        web_api = web_client(Secret(TOKEN), f"{self.slack.url}/api")
        self.gateway = SlackGateway(web_api, lambda: Bucket(1e6, 1000))
        looks = itertools.count()
        # What the file says, as a process of its own goes by it; with each look a second has passed.
        self.trusted = trusted(self.people, self.event_log.trust.current, lambda: next(looks))
        self.board = SlackIncidentChannel(self.gateway, self.trusted)
        self.inbox = self.made_inbox()
        self.inbox.handler.start(lambda: True)
        app = build_app(
            AppContext(self.incidents, self.inbox.client, self.inbox.by_slack, self.trusted, self.gateway, self.clock),
            Secret(SIGNING_SECRET),
        )
        self._listeners = app.listener_runner.listener_executor
        self.bot = Served(application([slack_route(app, Guard({TEAM_ID}, {APP_ID}).check)]))
        self.driver = SlackDriver(self.slack.url, self.bot.url, SIGNING_SECRET)

    def opened(self, folder):
        return open_event_log(empty_log(folder / "log.sqlite"), seal=SEAL)

    def incidents_in(self, event_log):
        books = {"secret-compromise": self.playbook}
        return Incidents(event_log, catalog(), books, Timings(), self.freeze, self.clock)

    def made_inbox(self):
        return inbox_of(self.incidents, self.people, self.clock)

    def slack_application(self):
        return self.fake.application

    def clock(self):
        return self.start + timedelta(seconds=next(self._seconds))

    def stop_listening(self):
        """Returns once all is done that was acknowledged."""
        self.bot.stop()
        self._listeners.shutdown()

    def stop(self):
        self.stop_listening()
        self.inbox.handler.stop()
        self.slack.stop()
        self.event_log.close()

    def show(self, incident, shown=None):
        """What the worker would do: the channel, then the card and the news."""
        from tests.slack.states import opened

        state = self.incidents.load(incident)
        if not state.channel:
            channel = self.board.open_channel(state)
            opened(self.event_log, incident, channel, self.clock())
            state = self.incidents.load(incident)
        return self.board.show(
            state, self.incidents.events(incident), shown or {}, self.clock(), self.event_log.head(incident)
        )


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.stop()
