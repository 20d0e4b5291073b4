"""The systems outside that operations work with: AWS, the vault, the providers, the pager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.app.files import Files
from bot.aws import Aws, Role, lookups
from bot.consumers.aws_lambda.functions import LambdaConsumers
from bot.incident.model import Right
from bot.incident.old_value.rules import AWS_IDENTITY
from bot.pager.contract import NoPager, Pager
from bot.pager.pagerduty import API_URL, EVENTS_URL, PagerDuty
from bot.providers.building import ProviderBuilder
from bot.rotation import Tools
from bot.secrets.secret import Credential, Secret, use_fingerprint_key
from bot.settings.model import Settings
from bot.usage.cloudtrail import CloudTrailUsage
from bot.usage.contract import GrantSource
from bot.usage.iam import IamGrants
from bot.vault.accounts import TwoAccounts
from bot.vault.contract import Vault
from bot.vault.own import fingerprint_key
from bot.vault.ssm import SsmVault

POLL_SECONDS = 0.5
"""Between two looks at a function that is being updated."""


@dataclass
class Outside:
    """Each is made when it is first asked for. `open_secrets` gives the secrets of an environment that open incidents
    deal with.
    """

    settings: Settings
    files: Files
    clock: Callable[[], datetime]
    open_secrets: Callable[[str], frozenset[str]]
    observer: Callable[[str, str], None] | None = None
    """Told of each request to AWS, where someone measures."""

    @cached_property
    def aws(self) -> Aws:
        return Aws(
            endpoint_url=self.settings.aws_endpoint_url,
            timeout=self.settings.timings.http_timeout,
            loopback_allowed=not self.settings.production,
            observer=self.observer,
            lookup_rate=lookups.IN_A_DRILL if self.settings.environment == "drill" else lookups.A_SECOND,
        )

    @cached_property
    def product(self) -> Aws:
        """AWS as the product's account shows it: where that is another than the bot's own, by a role there."""
        arn = self.settings.product_role
        return self.aws if arn is None else self.aws.with_role(Role(arn, self.settings.product_external_id))

    @cached_property
    def vault(self) -> Vault:
        own = SsmVault(self.aws, staging_key=self.settings.staging_kms_key)
        return own if self.product is self.aws else TwoAccounts(own, SsmVault(self.product))

    @cached_property
    def provider(self) -> ProviderBuilder:
        """Call it with a catalogued secret: it gives the provider, ready to use."""
        return ProviderBuilder(
            self.settings.host_urls,
            lambda parameter: self.vault.read(parameter).value,
            production=self.settings.production,
            timeout=self.settings.timings.http_timeout,
            aws=lambda: self.product,
            runs_on=self._runs_on(),
            hosts=lambda entry: self.files.hosts.get(entry.main.parameter, ()),
        )

    def _runs_on(self) -> tuple[Secret, ...]:
        """The credentials that a provider could revoke. The database's password is left to the log."""
        return tuple(v.trimmed for variable, v in self.settings.credentials() if variable != "BOT_DATABASE_URL")

    @cached_property
    def tools(self) -> Tools:
        """The ports that operations work with. Reads the fingerprint key first: without it nothing can be compared."""
        self.use_fingerprints()
        timings = self.settings.timings
        poll = min(POLL_SECONDS, timings.confirm / 10)
        consumers = LambdaConsumers(self.product, poll=poll)
        return Tools(
            self.vault, consumers, self.usage, self.grants, self.provider, self.clock, self.open_secrets,
            self.files.loaded.catalog, self.own,
        )  # fmt: skip

    @cached_property
    def usage(self) -> CloudTrailUsage:
        """Who read parameters."""
        return CloudTrailUsage(self.product, lambda: self.product_caller)

    @cached_property
    def grants(self) -> GrantSource:
        """Who could."""
        return IamGrants(self.product, lambda: self.product_caller)

    def own(self, credential: Credential) -> tuple[str, ...]:
        """The settings that hold the value. An access key is compared by its id, which is no secret."""
        part = credential.key.trimmed.secret_part
        found = [variable for variable, value in self.settings.credentials() if value.trimmed.secret_part == part]
        key_id = self.aws.access_key_id()
        if key_id and Secret(key_id) in credential.parts.values():
            found.append(AWS_IDENTITY)
        return tuple(found)

    @cached_property
    def caller(self) -> str:
        """The ARN that this process is to AWS. Unauthorized without credentials."""
        return self.aws.caller_identity()

    @cached_property
    def product_caller(self) -> str:
        """The same in the product's account."""
        return self.caller if self.product is self.aws else self.product.caller_identity()

    def use_fingerprints(self) -> None:
        """Reads the installation's fingerprint key, and makes it at the very first start. ConfigurationError in
        production where it would have to be made, and no staging key is set.
        """
        settings = self.settings
        key = fingerprint_key(self.aws, settings.staging_kms_key, apart=settings.production)
        use_fingerprint_key(bytes.fromhex(key.reveal()))

    @cached_property
    def pager(self) -> Pager:
        """PagerDuty needs a user's e-mail address beside an account's REST key, as the author of notes."""
        key = self.settings.pagerduty_routing_key
        email = next((person.email for person in self.files.people.having(Right.COMMAND) if person.email), "")
        return NoPager() if key is None else self._pagerduty(key, self.settings.pagerduty_api_key, email)

    @cached_property
    def fallback_pager(self) -> Pager | None:
        """A second service, for when the first one fails or has leaked; None if none is set up."""
        key = self.settings.pager_fallback_routing_key
        return None if key is None else self._pagerduty(key)

    def _pagerduty(self, routing_key: Secret, api_key: Secret | None = None, sender: str = "") -> Pager:
        urls = self.settings.host_urls
        return PagerDuty(
            routing_key,
            api_key=api_key,
            sender=sender,
            production=self.settings.production,
            timeout=self.settings.timings.http_timeout,
            events_url=urls.get(("pagerduty", "events"), EVENTS_URL),
            api_url=urls.get(("pagerduty", "api"), API_URL),
        )
