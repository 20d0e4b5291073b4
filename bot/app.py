"""The composition root: the only place where production, a drill and tests differ, and that by settings alone.

What only a worker or a serving process needs is imported where it is made: looking at an incident at a terminal must
not wait for Slack's, PagerDuty's and Lambda's sides.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.aws import Aws, check_endpoints
from bot.errors import (
    BotError,
    ConfigurationError,
    Missing,
    Misuse,
    Refused,
    Throttled,
    Unexpected,
    Unreachable,
)
from bot.eventlog import Damaged, EventLog, Facts, InboxRow, Leadership, Seal, open_event_log, open_leadership
from bot.http import check_no_proxy
from bot.incident.commands import AddNote, name_of
from bot.incident.model import OPERATOR, Actor, Right
from bot.incident.old_value.own_credentials import AWS_IDENTITY
from bot.model.playbooks import Playbook
from bot.model.secrets import SecretEntry
from bot.model.timings import Timings
from bot.people import People, watch_people
from bot.playbook import (
    CATALOG,
    DEVELOPMENT,
    CatalogEntry,
    Loaded,
    find_playbook,
    load_catalog,
    load_playbooks,
    playbook_files,
    template_folders,
)
from bot.private import make_folder
from bot.proofs.statement import ProofKind, Statement
from bot.providers import abilities, provider_class, provider_names
from bot.providers.building import ProviderBuilder, check_addresses, misplaced
from bot.providers.cards import numbered
from bot.response import Asker, Client, Incidents
from bot.response.hiding import hidden, kept_from_slack
from bot.secret import Credential, Secret, use_fingerprint_key
from bot.settings import Settings
from bot.vault.contract import Vault
from bot.vault.own import COMMAND_KEY, WORKER_KEY, all_keys, fingerprint_key, read_key, read_setting
from bot.vault.ssm import SsmVault
from bot.workflow.monotonic_clock import MonotonicClock

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from bot.pager.contract import Pager
    from bot.proofs.aws import AwsCaller
    from bot.proofs.aws_request import Sts
    from bot.proofs.keyed import KeyedProofs
    from bot.response import InboxHandler
    from bot.response.known import KnownValues
    from bot.response.proving import Proofs
    from bot.rotation import Tools
    from bot.slack import SlackGateway
    from bot.slack.ingress import Ingress
    from bot.slack.socket_mode import SocketMode
    from bot.web import HealthServer, PublicServer
    from bot.workflow.ports import Board
    from bot.workflow.trust import Informer
    from bot.workflow.worker import Worker

    type Front = Ingress | SocketMode

_log = structlog.get_logger(__name__)
POLL_SECONDS = 0.5
"""Between two looks at a function that is being updated."""
INSTALLATION_LABEL = b"compromise-bot installation\n"
"""An installation's id is a hash of its first worker key under this label: nothing of the key can be told from it."""
NO_SLACK = "Slack is not trusted now; at a terminal `bot list` says what there is"


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Application:
    """All parts of the bot, each made when it is first asked for. `close` it at the end."""

    settings: Settings
    clock: Callable[[], datetime] = utc_now
    fronts: bool = False
    """Whether this process serves Slack alone: it puts commands into the inbox, and leaves the schema to the worker."""
    creates: bool = False
    """Whether this process may make an event log where there is none. In production few may: whoever looks at the wrong
    place must not read that there is no incident.
    """

    def __post_init__(self) -> None:
        self.clock = MonotonicClock(self.clock)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Application:
        """Reads the settings; in production, what the environment lacks from the parameters under `/bot/`.

        ConfigurationError for a wrong one, and for variables that would lead calls elsewhere.
        """
        settings = Settings.load(environ, _parameter_reader(environ))
        check_addresses(settings.host_urls, production=settings.production)
        return cls(settings)

    # --- files ------------------------------------------------------------------------------------------------------

    @cached_property
    def loaded(self) -> Loaded:
        """The catalog, and what was left out of it because its provider is not built."""
        judged = misplaced(self.settings.host_urls, production=self.settings.production)
        return load_catalog(find_playbook(CATALOG, self.settings.playbooks), provider_names(), judged)

    @cached_property
    def playbooks(self) -> dict[str, Playbook]:
        return load_playbooks(playbook_files(self.settings.playbooks))

    @cached_property
    def people(self) -> People:
        """Everybody with rights, as the people file says at the moment of asking; nobody if none is named."""
        return People() if self.settings.people is None else watch_people(self.settings.people)

    def entitled(self, name: str, right: Right) -> bool:
        """Whether somebody who consented to a kill may still do so. A process without a people file cannot tell, and
        goes by what was recorded; but nobody who is not trusted may. TrustDamaged if nobody can tell who that is.
        """
        if name == OPERATOR:
            return right is Right.RESPOND  # who breaks glass at the worker's host is nobody of the file
        person = self.people.named(name)
        if self.event_log.trust.current().against(name, person.accounts if person is not None else ()) is not None:
            return False
        return self.settings.people is None or self.people.may(name, right)

    @property
    def timings(self) -> Timings:
        return self.settings.timings

    def freeze(self, entry: CatalogEntry) -> SecretEntry:
        """A catalog entry as an incident carries it, with what its provider can do."""
        provider = provider_class(entry.provider, entry.options)
        card = provider.card
        return entry.frozen(
            abilities(provider, admin=entry.admin_parameter is not None),
            console=card.console,
            issue_by_hand=numbered(card.issue_by_hand),
            revoke_by_hand=numbered(card.revoke_by_hand),
            checklist=card.checklist,
            inspects=card.inspects,
            siblings=[other.sibling() for other in self.loaded.catalog.siblings(entry)],
        )

    # --- the log and its incidents ------------------------------------------------------------------------------------

    @cached_property
    def event_log(self) -> EventLog:
        """The log, to be read. `become_worker` makes it one that this process may write. LogBehind where its schema
        waits for a worker, NoLog where there is none that this process may make.
        """
        url = self.settings.database.reveal()
        create = self.creates or not self.settings.production
        if self.settings.database_url is None and create:
            make_folder(self.settings.data_folder)
        return open_event_log(url, migrate=not self.fronts, create=create)

    @property
    def log_name(self) -> str:
        """Which event log was looked at; empty if none was."""
        return self.event_log.database.name if "event_log" in self.__dict__ else ""

    @cached_property
    def incidents(self) -> Incidents:
        return Incidents(self.event_log, self.loaded.catalog, self.playbooks, self.timings, self.freeze, self.clock)

    @cached_property
    def client(self) -> Client:
        """How this process asks for something: by the inbox."""
        return Client(
            self.incidents, self._installation_id, self.clock, lambda: open_leadership(self.event_log.database).living()
        )

    @property
    def takes_a_word(self) -> bool:
        """Whether commands are taken on somebody's word: as the last worker said, or as this process would."""
        facts = self.event_log.installation.read()
        return facts.word if facts is not None else self.settings.environment == "development"

    def _installation_id(self) -> str:
        facts = self.event_log.installation.read()
        if facts is None:
            raise ConfigurationError(
                "No worker has ever run on this event log, so nobody could decide about this: start `bot serve` or "
                "`bot work` once."
            )
        return facts.id

    # --- being a worker ---------------------------------------------------------------------------------------------

    @cached_property
    def worker_keys(self) -> tuple[Secret, ...]:
        """All versions of the key that seals the log, made at the first start. Unauthorized for who is no worker."""
        return all_keys(self.aws, WORKER_KEY, self.settings.staging_kms_key)

    @cached_property
    def command_keys(self) -> tuple[Secret, ...]:
        """The key by which a front proves its commands, and the one before it."""
        return all_keys(self.aws, COMMAND_KEY, self.settings.command_kms_key)[:2]

    @cached_property
    def installation(self) -> str:
        """The id that every proof names, as a worker knows it by itself."""
        return hashlib.sha256(INSTALLATION_LABEL + self.worker_keys[-1].reveal().encode()).hexdigest()[:16]

    @property
    def facts(self) -> Facts:
        """What this process, as a worker, goes by. Reads the worker key, and the files anew."""
        word = self.settings.environment == "development"
        return Facts(self.installation, self.people.digest, self._files_digest(), word)

    def _files_digest(self) -> str:
        """SHA-256 over the catalog and the playbooks that this process goes by."""
        files = [find_playbook(CATALOG, self.settings.playbooks), *playbook_files(self.settings.playbooks)]
        contents = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()

    def become_worker(self, *, serving: bool = False) -> None:
        """Takes the keys with which this process may write the log. Unauthorized without the right to read them.

        In production a terminal may only stand in for the worker that served last: with the same people and the same
        catalog. ConfigurationError otherwise.
        """
        if self.event_log.seal is not None:
            return
        seal = Seal(self.worker_keys)
        mine, last = self.facts, self.event_log.installation.read(seal)
        if not serving and self.settings.production:
            _demand_same(mine, last)
        self.event_log.use_seal(seal)
        if serving or last is None:
            self.event_log.installation.publish(mine, seal)

    def publish_facts(self) -> None:
        """Says anew what this worker goes by, if its people file has changed since."""
        if self.event_log.seal is not None and self.event_log.installation.read(self.event_log.seal) != self.facts:
            self.event_log.installation.publish(self.facts, self.event_log.seal)

    @cached_property
    def proofs(self) -> Proofs:
        """How this worker tells who gives a command."""
        from bot.proofs.aws import AwsProofs
        from bot.proofs.keyed import KeyedProofs
        from bot.proofs.ssh import SshProofs
        from bot.response.proving import Proofs

        current, *previous = self.command_keys
        return Proofs(
            installation=lambda: self.installation,
            people=self.people,
            slack=KeyedProofs.slack(current, tuple(previous)),
            at_worker=KeyedProofs.at_worker(self.worker_keys[0]),
            aws=AwsProofs(self.vault, self._sts, compromised=self._compromised),
            ssh=SshProofs(self.people),
            word=self.settings.environment == "development",
            trust=self.event_log.trust.current,
            hidden=partial(hidden, self.event_log),
        )

    def _compromised(self, caller: AwsCaller) -> str:
        """Why a proof by these AWS credentials counts for nothing; empty if nothing speaks against them."""
        for incident in self.event_log.open_incidents():
            with suppress(Damaged, Misuse):
                # Of a damaged one what could last be read counts: nothing is unsaid by that.
                for secret in self.event_log.look(incident).incident.secrets.values():
                    if caller.key_id in {secret.old.key_id, *(ref.id for ref in secret.old.candidates)}:
                        return f"It is signed with the access key that {incident} deals with."
                    user = secret.entry.options.get("user", "")
                    if secret.entry.provider == "aws-iam" and user and caller.arn.endswith(f":user/{user}"):
                        return f"It is signed by the user whose key {incident} deals with."
        return ""

    @cached_property
    def commands(self) -> InboxHandler:
        """Answers what waits in the inbox. This process must be a worker."""
        from bot.response import InboxHandler
        from bot.response.forgotten import clear_forgotten

        self.informer.recall()
        return InboxHandler(
            self.incidents,
            self.proofs,
            self.clock,
            self._tell_sender,
            self._tell_channel,
            self._page_sender,
            self.informer.inform_all,
            self.values,
            lambda now: clear_forgotten(self.vault, self.event_log, now, self._say),
        )

    @cached_property
    def values(self) -> KnownValues:
        """What no text may hold: the values of the whole catalog, the admin credentials, and the bot's own. Reads the
        fingerprint key; where that cannot be read nothing is compared, which the log says.
        """
        from bot.response.known import KnownValues, Place

        catalog = self.loaded.catalog
        try:
            self.use_fingerprints()
        except BotError as error:
            _log.warning("texts are not compared with the catalog's values", error=str(error))
        secret = [
            Place(part.parameter, entry.name, entry.environment)
            for entry in catalog.entries
            for part in entry.parts
            if part.secret and not entry.public_by_design
        ]
        admins = {entry.admin_parameter for entry in catalog.entries if entry.admin_parameter}
        admin = [Place(name, words=f"the admin credential {name}") for name in sorted(admins)]
        return KnownValues(self.vault, (*secret, *admin), dict(self.settings.credentials()), catalog.vocabulary)

    @cached_property
    def informer(self) -> Informer:
        """Tells incidents whom not to trust."""
        from bot.workflow.trust import Informer

        return Informer(self.event_log, self.clock)

    def _tell_sender(self, row: InboxRow, sentence: str) -> None:
        from bot.phrases.marks import literal

        user = row.claims.removeprefix("slack:")
        if user != row.claims and self.settings.slack_bot_token is not None:
            with suppress(BotError):
                if not self.event_log.trust.current().slack or kept_from_slack(self.event_log, row.incident):
                    return
                self.gateway.post(user, literal(f"{row.command.replace('-', ' ')}: {sentence}"))

    def _say(self, incident_id: str, sentence: str) -> None:
        """In the incident's channel, if it has one that may know."""
        with suppress(BotError):
            incident = self.incidents.look(incident_id).incident
            if incident.channel and not incident.slack_untrusted:
                self.board.say(incident.channel, sentence)

    def _tell_channel(self, row: InboxRow, sentence: str) -> None:
        """Nothing of the row but that it is one: nobody has proven who wrote it."""
        with suppress(BotError):
            incident = self.incidents.look(row.incident).incident
            channel = incident.channel
            if channel and not incident.slack_untrusted:
                self.board.say(channel, f"⏳ A command from a terminal waits: {sentence}")

    def _page_sender(self, row: InboxRow, sentence: str) -> None:
        from bot.pager.contract import Page
        from bot.response.wire import KINDS

        # The proof may be what could not be checked, so nothing that the row says is repeated but names that we know.
        known = row.command in KINDS and self.event_log.summary(row.incident) is not None
        which = f" of {row.incident} ({row.command.replace('-', ' ')})" if known else ""
        with suppress(BotError):
            self.pager.trigger(
                Page("commands-waiting", f"A command{which} was not carried out. {sentence}", "critical", "", "")
            )

    # --- asking -----------------------------------------------------------------------------------------------------

    def asker(self) -> Asker:
        """Who sits at this terminal, and how that is proven: by an SSH key if one is set, else by AWS.

        Where neither is to be had a note can be left; in development somebody's word counts.
        """
        if self.settings.ssh_key is not None:
            return self._by_ssh(self.settings.ssh_key)
        try:
            arn = self.caller
        except BotError as error:
            return self._unproven(str(error))
        return Asker(arn, self.people.by_principal(arn).actor, self._sign_by_aws)

    def _sign_by_aws(self, statement: Statement) -> tuple[ProofKind, str]:
        from bot.proofs.aws import AwsSigner
        from bot.proofs.aws_request import inbox_parameter

        signer = AwsSigner(self.aws, self.vault, self._sts)
        try:
            return ProofKind.AWS, signer.prove(statement, self.clock())
        except Refused:  # an earlier attempt lies there, which nobody could check in time
            signer.withdraw(inbox_parameter(statement.command_id))
            return ProofKind.AWS, signer.prove(statement, self.clock())

    @property
    def _sts(self) -> Sts:
        from bot.proofs.aws_request import Sts

        return Sts.of(self.settings.aws_endpoint_url, production=self.settings.production)

    def _by_ssh(self, key: Path) -> Asker:
        from bot.proofs.ssh import sign

        name = self.settings.person
        if name is None:
            raise ConfigurationError(
                "An SSH key is named, and nobody whose it is: say which entry of the people file you are, by --person "
                "NAME or BOT_PERSON."
            )
        known = self.people.named(name)
        actor = known.actor if known is not None else Actor(name)
        return Asker(name, actor, lambda statement: (ProofKind.SSH, sign(statement, key)))

    def _unproven(self, trouble: str) -> Asker:
        name = self.settings.person or f"local:{getpass.getuser()}"
        word = self.settings.environment == "development"

        def sign(statement: Statement) -> tuple[ProofKind, str]:
            if not word and statement.command != name_of(AddNote):
                raise ConfigurationError(
                    f"It cannot be told who you are ({trouble}). A terminal proves it by your AWS identity or an SSH "
                    "key of yours: sign in to AWS, or say --ssh-key PATH --person NAME (BOT_SSH_KEY, BOT_PERSON). If "
                    "nothing of that is to be had: `bot break-glass … --at-worker`, at the worker's own host."
                )
            return ProofKind.NONE, ""

        known = self.people.named(name)
        return Asker(name, known.actor if word and known is not None else Actor(name), sign)

    def by_slack(self, user: str) -> Asker:
        """A member of the Slack workspace, for whom this front vouches."""
        return Asker(f"slack:{user}", self.people.by_slack(user).actor, self._vouch_for)

    def _vouch_for(self, statement: Statement) -> tuple[ProofKind, str]:
        if not self.event_log.trust.current().slack:
            raise Refused("slack", "take a command", NO_SLACK)
        return ProofKind.SLACK, self._front_key.make(statement)

    @cached_property
    def _front_key(self) -> KeyedProofs:
        """From the environment, from this process's own worker, or from the parameter that a worker has made."""
        from bot.proofs.keyed import KeyedProofs

        if self.settings.command_key is not None:
            return KeyedProofs.slack(self.settings.command_key)
        if self.event_log.seal is not None:
            return KeyedProofs.slack(self.command_keys[0])
        try:
            return KeyedProofs.slack(read_key(self.aws, COMMAND_KEY))
        except Missing:
            raise ConfigurationError(
                f"{COMMAND_KEY} does not exist yet: a worker makes it at its first start. Start `bot work`, then do "
                "this again."
            ) from None

    def at_worker(self) -> Asker:
        """Somebody at the worker's own host who can prove nothing else. Unauthorized without the worker key."""
        from bot.proofs.keyed import KeyedProofs

        keyed = KeyedProofs.at_worker(self.worker_keys[0])
        actor = Actor(OPERATOR, frozenset({Right.RESPOND}))
        return Asker(OPERATOR, actor, lambda statement: (ProofKind.AT_WORKER, keyed.make(statement)))

    # --- AWS and providers ------------------------------------------------------------------------------------------

    @cached_property
    def aws(self) -> Aws:
        return Aws(
            endpoint_url=self.settings.aws_endpoint_url,
            timeout=self.settings.timings.http_timeout,
            loopback_allowed=not self.settings.production,
        )

    @cached_property
    def vault(self) -> Vault:
        """Parameter Store; for the parameters of `development` the product's `.env`, where one is named."""
        ssm = SsmVault(self.aws, staging_key=self.settings.staging_kms_key)
        if self.settings.vault_dotenv is None:
            return ssm
        from bot.vault.by_environment import VaultByEnvironment
        from bot.vault.dotenv import DotenvVault

        if DEVELOPMENT not in self.loaded.catalog.environments:
            raise ConfigurationError(
                f"BOT_VAULT_DOTENV is set, and the catalog has no environment `{DEVELOPMENT}`, which alone it is for: "
                "unset it, or name the environment so."
            )
        variables = self.loaded.catalog.in_dotenv()
        return VaultByEnvironment(ssm, DotenvVault(self.settings.vault_dotenv, variables), variables.__contains__)

    @cached_property
    def provider(self) -> ProviderBuilder:
        """Call it with a catalogued secret: it gives the provider, ready to use."""
        return ProviderBuilder(
            self.settings.host_urls,
            lambda parameter: self.vault.read(parameter).value,
            production=self.settings.production,
            timeout=self.settings.timings.http_timeout,
            aws=lambda: self.aws,
            runs_on=self._runs_on(),
        )

    def _runs_on(self) -> tuple[Secret, ...]:
        """Those that a provider could end. The database's password is the log's own matter."""
        return tuple(value for variable, value in self.settings.credentials() if variable != "BOT_DATABASE_URL")

    @cached_property
    def tools(self) -> Tools:
        """The ports that operations work with. Reads the fingerprint key first: without it nothing can be compared."""
        from bot.consumers.aws_lambda import LambdaConsumers
        from bot.rotation import Tools
        from bot.usage.cloudtrail import CloudTrailUsage

        self.use_fingerprints()
        usage = CloudTrailUsage(self.aws, own_principals=self._own_principals())
        consumers = LambdaConsumers(self.aws, poll=min(POLL_SECONDS, self.timings.confirm / 10))
        return Tools(
            self.vault, consumers, usage, self.provider, self.clock, self._open_secrets, self.parameters, self.own
        )

    def _own_principals(self) -> list[str]:
        """Nobody where STS does not answer: a kill must not wait for that, and the bot's own reads then count as those
        of others.
        """
        try:
            return [self.caller]
        except (Unreachable, Unexpected, Throttled) as error:
            _log.warning("AWS does not say who this process is; its reads are not told from others", error=str(error))
            return []

    def _open_secrets(self, environment: str) -> frozenset[str]:
        return frozenset(secret for _, secret in self.event_log.taken_secrets(environment))

    def parameters(self, environment: str) -> tuple[str, ...]:
        """All catalogued parameters of an environment. Of an environment that is no longer in the catalog, none."""
        catalog = self.loaded.catalog
        return catalog.parameters(environment) if environment in catalog.environments else ()

    def own(self, credential: Credential) -> tuple[str, ...]:
        """The settings in which the value stands. An access key is told by its id, which is no secret."""
        part = credential.key.secret_part
        found = [variable for variable, value in self.settings.credentials() if value.secret_part == part]
        key_id = self.aws.access_key_id()
        if key_id and Secret(key_id) in credential.parts.values():
            found.append(AWS_IDENTITY)
        return tuple(found)

    @cached_property
    def caller(self) -> str:
        """The ARN that this process is to AWS. Unauthorized without credentials."""
        return self.aws.caller_identity()

    def use_fingerprints(self) -> None:
        """Reads the installation's fingerprint key, and makes it at the very first start."""
        use_fingerprint_key(bytes.fromhex(fingerprint_key(self.aws, self.settings.staging_kms_key).reveal()))

    # --- pager and Slack --------------------------------------------------------------------------------------------

    @cached_property
    def pager(self) -> Pager:
        """PagerDuty wants a user's e-mail address beside an account's REST key, in whose name notes are written."""
        from bot.pager.choosing import first_pager

        email = next((person.email for person in self.people.having(Right.COMMAND) if person.email), "")
        return first_pager(self.settings, email)

    @cached_property
    def fallback_pager(self) -> Pager | None:
        from bot.pager.choosing import fallback_pager

        return fallback_pager(self.settings)

    @cached_property
    def gateway(self) -> SlackGateway:
        """Slack's API. ConfigurationError without a bot token."""
        from bot.slack import SlackGateway, web_client

        token = self.settings.slack_bot_token
        if token is None:
            raise ConfigurationError(
                "SLACK_BOT_TOKEN is not set: `bot manifest` and docs/installation.md say how to get one."
            )
        return SlackGateway(web_client(token, self.settings.slack_api_url))

    @cached_property
    def board(self) -> Board:
        if self.settings.slack_bot_token is None:
            from bot.workflow.ports import NoBoard

            return NoBoard()
        from bot.slack import SlackIncidentChannel

        return SlackIncidentChannel(self.gateway, self.people, word=self.takes_a_word)

    def slack(self) -> Front:
        """The way by which Slack reaches a serving process, ready to start: Socket Mode where there is a token for it,
        else a route of the public server. ConfigurationError if a token or secret is missing.
        """
        from bot.slack import SlackGateway, build_app, web_client
        from bot.slack.ingress import Ingress
        from bot.slack.socket_mode import SocketMode
        from bot.slack.team import OwnTeam

        settings = self.settings
        if settings.slack_signing_secret is None and settings.slack_app_token is None:
            raise ConfigurationError(
                "SLACK_SIGNING_SECRET is not set: without it nobody can tell that a request comes from Slack. For "
                "Socket Mode set SLACK_APP_TOKEN instead."
            )
        app = build_app(
            incidents=self.incidents,
            client=self.client,
            asker=self.by_slack,
            people=self.people,
            gateway=self.gateway,
            signing_secret=settings.slack_signing_secret,
            clock=self.clock,
            word=self.takes_a_word,
        )
        team = OwnTeam(self.gateway.check, () if settings.slack_app_id is None else (settings.slack_app_id,))
        if settings.slack_app_token is not None:
            opener = SlackGateway(web_client(settings.slack_app_token, settings.slack_api_url))
            return SocketMode(app, team, opener.open_link, self.metrics.acknowledged)
        return Ingress(app, team, self.metrics.acknowledged)

    def public_server(self, front: Front) -> PublicServer:
        """Where requests from outside come in, ready to start: the routes of every part that has some."""
        from bot.web.public import EVERYWHERE, LOOPBACK, PublicServer

        host = LOOPBACK if self.settings.environment == "drill" else EVERYWHERE
        return PublicServer([*front.routes], self.settings.port, host)

    def health(self, worker: Worker | None, front: Front | None) -> HealthServer:
        """The pages on how this process is, ready to start; None for the part that another process has."""
        from bot.web import HealthServer
        from bot.workflow.health import ProcessHealth

        health = ProcessHealth(self.event_log, worker, self.clock, front.missing if front is not None else tuple)
        self.metrics.watch(health.facts)
        return HealthServer(self.settings.health_address, health.missing, self.metrics.text)

    @cached_property
    def metrics(self) -> Metrics:
        from bot.metrics import Metrics

        return Metrics()

    # --- the worker -------------------------------------------------------------------------------------------------

    @cached_property
    def reports(self) -> Path:
        return self.settings.data_folder / "reports"

    def worker(self, *, insistent: bool = False) -> Worker:
        """A worker on this log. `insistent`: one that a terminal's worker gives way to (serve, work).

        Raises as `become_worker`.
        """
        self.become_worker(serving=insistent)
        from bot.rotation import HANDLERS
        from bot.workflow.alarm import Alarm
        from bot.workflow.card_publisher import CardPublisher
        from bot.workflow.operations import IncidentOperations, ReportPaths
        from bot.workflow.runner import Runner
        from bot.workflow.worker import Worker

        leadership: Leadership = open_leadership(self.event_log.database, insistent=insistent)
        paths = ReportPaths(self.reports, self.settings.decisions_file, template_folders(self.settings.templates))
        operations = IncidentOperations(
            self.event_log, self.board, self.pager, paths, self.clock, self.fallback_pager,
            lambda: self.people.meeting, lambda: self.values.fingerprints,
        )  # fmt: skip
        runner = Runner(
            self.event_log,
            leadership,
            {**HANDLERS, **operations.handlers},
            self.tools,
            self.clock,
            threading.Event(),
            self.metrics,
            self.entitled,
            self.informer.inform,
        )
        publisher = CardPublisher(self.event_log, self.board, self.clock) if self.settings.slack_bot_token else None
        return Worker(
            self.event_log,
            leadership,
            runner,
            publisher,
            self.clock,
            commands=self.commands,
            alarm=Alarm(self.event_log, self.pager, self.board, self.clock),
            informer=self.informer,
            publish=self.publish_facts if insistent else None,
        )

    def close(self) -> None:
        """Closes the log's connections, if it was opened."""
        if "event_log" in self.__dict__:
            self.event_log.close()


def _demand_same(mine: Facts, last: Facts | None) -> None:
    """A terminal that stands in for the worker decides by the files that the worker would decide by."""
    where = "start `bot work` where the worker's own files are"
    if last is None:
        raise ConfigurationError(
            f"No worker has served this event log yet, so this terminal cannot stand in for it: {where}."
        )
    for what, ours, theirs in (("people file", mine.people, last.people), ("catalog", mine.catalog, last.catalog)):
        if ours != theirs:
            raise ConfigurationError(
                f"The {what} of this terminal is not the one that the last worker went by, so it cannot stand in for "
                f"it: {where}."
            )


def _parameter_reader(environ: Mapping[str, str]) -> Callable[[str], Secret | None] | None:
    if environ.get("BOT_ENVIRONMENT", "").strip() != "production":
        return None
    check_no_proxy(environ)
    check_endpoints(environ)
    aws = Aws()
    if not aws.has_credentials():
        # A front holds Slack's credentials and the database's, and nothing of AWS.
        _log.warning("no AWS credentials here: settings come from the environment alone")
        return None
    return partial(read_setting, SsmVault(aws))
