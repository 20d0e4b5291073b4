"""Access keys of an AWS account's root user: only a person can make or end one, signed in as root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.aws import Aws, call
from bot.errors import OutsideError
from bot.model.probes import Answer
from bot.providers.aws_iam import access_keys
from bot.providers.aws_iam.access_keys import ID, NAME, PARTS, PROOF
from bot.providers.contract import Card, Setup
from bot.secret import Credential


@dataclass(frozen=True)
class AwsRootKey:
    """IAM's API refuses what is the root user's, so this class looks and proves, no more."""

    card: ClassVar[Card] = Card(
        name=NAME,
        kind="root-key",
        title="AWS root user",
        console="https://console.aws.amazon.com/iam/home#/security_credentials",
        issue_by_hand=(
            "1. Do not make another: nothing should run as root. Make an IAM user or, better, a role for what the key"
            " was used for, with no more rights than that needs, and catalogue it as such.\n"
            "2. Only if that cannot be done now: sign in as root, open"
            " https://console.aws.amazon.com/iam/home#/security_credentials and press “Create access key”.\n"
            "3. Hand both parts over with `bot submit`, never in Slack."
        ),
        revoke_by_hand=(
            "1. Sign in as root and open https://console.aws.amazon.com/iam/home#/security_credentials.\n"
            "2. Find the key by its id, choose “Deactivate” and confirm; delete it when the investigation is over.\n"
            "3. Change the root password and look at the root user's MFA devices and e-mail address."
        ),
        prove_by_hand=PROOF,
        holds_sessions=True,
        checklist={
            "root-user": (
                "Password, MFA devices, e-mail address and contacts of the root user, and its other access keys:"
                " https://console.aws.amazon.com/iam/home#/security_credentials."
            ),
            "identities": "IAM users, access keys, roles and identity providers made or changed since (CloudTrail).",
            "sessions": (
                "Sessions that GetSessionToken gave root live on for up to an hour and cannot be ended; those of roles"
                " it assumed: “Revoke active sessions” in the console."
            ),
            "resources": "What runs in regions that you do not use, and costs: root may do everything.",
        },
        parts=PARTS,
        own_identity=True,
    )
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
