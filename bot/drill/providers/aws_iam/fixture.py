"""The product's IAM users at the practice account, one for each environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

from bot.drill.providers.contract import Environment, Seed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from bot.drill.account import Account
    from bot.drill.fakes.aws_identity import Identities
    from bot.drill.fakes.faults import Faults

ACCESS_KEY = "aws-access-key"
MAY = {"Effect": "Allow", "Action": ["s3:GetObject", "ses:SendEmail"], "Resource": "*"}
RIGHTS = {"Version": "2012-10-17", "Statement": [MAY]}


@dataclass(frozen=True)
class AwsIamFixture:
    name: ClassVar[str] = "aws-iam"
    secrets: ClassVar[tuple[str, ...]] = (ACCESS_KEY,)
    account: Account
    made: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def opened(cls, environment: Environment) -> Self:
        return cls(environment.account)

    def applications(self) -> Mapping[str, WSGIApplication]:
        return {}

    def variables(self, _urls: Mapping[str, str]) -> Mapping[str, str]:
        return {}

    def seeds(self, environment: str) -> Iterator[Seed]:
        """The oldest key was deleted. The one before the current was only switched off, as often happens: it takes the
        place that a new one needs.
        """
        iam, user = self.account.world.aws.client("iam"), f"product-{environment}"
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="product", PolicyDocument=json.dumps(RIGHTS))
        ids: list[str] = []
        for _ in range(3):
            for state, old in zip(("Inactive", "deleted"), reversed(ids), strict=False):
                if state == "deleted":
                    iam.delete_access_key(UserName=user, AccessKeyId=old)
                else:
                    iam.update_access_key(UserName=user, AccessKeyId=old, Status="Inactive")
            key = iam.create_access_key(UserName=user)["AccessKey"]
            self.made[key["AccessKeyId"]] = key["SecretAccessKey"]
            ids.append(key["AccessKeyId"])
        yield Seed(ACCESS_KEY, {"id": tuple(ids), "secret": tuple(self.made[key_id] for key_id in ids)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        """None: the bot's own identity administers it."""
        return {}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.accepts(parts.get("id", ""), parts.get("secret", ""))

    @property
    def fake(self) -> Identities:
        return self.account.front.identities

    def faults(self) -> Faults:
        return self.account.front.key_faults

    def values(self) -> Iterator[tuple[str, str]]:
        """The bot's further values are in the vault."""
        for key_id, secret in list(self.made.items()):
            yield f"AWS secret access key of {key_id}", secret

    def pid(self) -> None:
        return None

    def stop(self) -> None:
        pass
