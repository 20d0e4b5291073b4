"""Access keys of an AWS account's root user: only a person can make or end one, signed in as root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.aws import Aws, call
from bot.errors import OutsideError
from bot.model.probes import Answer
from bot.providers.aws_iam import access_keys
from bot.providers.aws_iam.access_keys import ID, NAME
from bot.providers.cards import load_card
from bot.providers.contract import Card, Setup
from bot.secrets.secret import Credential


@dataclass(frozen=True)
class AwsRootKey:
    """IAM's API refuses what is the root user's, so this class looks and proves, no more."""

    card: ClassVar[Card] = load_card(__file__, "root-key")
    aws: Aws

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, ())
        return cls(setup.aws_for(NAME).with_timeout(setup.timeout))

    def probe(self, credential: Credential) -> Answer:
        return access_keys.probe(self.aws, credential)

    def control(self) -> Answer:
        return access_keys.control(self.aws)

    def account(self, credential: Credential) -> str | None:
        """The ARN that the key itself is known by; None once it is dead."""
        other = self.aws.with_access_key(credential.parts[ID].reveal(), credential.key)
        try:
            return call(NAME, "ask whose key it is", lambda: other.client("sts").get_caller_identity())["Arn"]
        except OutsideError:
            return None
