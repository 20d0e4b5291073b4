"""The practice AWS account: parameters with a history, functions that read them, people, keys, and who read what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from bot.aws import lookups
from bot.drill.ages import AGES, HIRED, KEY_AGES
from bot.drill.client.place import MACHINES
from bot.drill.fakes.aws import REGION, AwsFront
from bot.drill.fakes.aws_identity import PARTITION
from bot.drill.fakes.aws_moto import ssm_backends
from bot.drill.fakes.aws_request import AwsRequest
from bot.drill.fakes.aws_world import ROLE, AwsWorld, Person
from bot.drill.fakes.lambda_app import LambdaApps, Reader
from bot.drill.personas import ENVIRONMENTS, PERSONAS
from bot.secrets.secret import Secret

STAGING_KEY, PRODUCT_KEY = "compromise-staging", "product"
STRANGER = "arn:aws:iam::123456789012:user/contractor-laptop"
"""The reader that no one can explain."""
PAST_READS: tuple[tuple[str, str, timedelta, str, str], ...] = (
    ("role", "10.0.12.7", timedelta(days=33), "aws-sdk-js/3.990.0", "GetParameter"),
    ("role", "10.0.12.9", timedelta(days=12), "aws-sdk-js/3.990.0", "GetParameter"),
    ("role", "10.0.14.2", timedelta(days=2), "aws-sdk-js/3.990.0", "GetParameters"),
    ("stranger", "203.0.113.77", timedelta(hours=9), "aws-cli/2.31.4 md/Botocore", "GetParameter"),
)
"""Who read each secret of production: the functions' role, and once the stranger."""


@dataclass(frozen=True)
class Function:
    """A function of the product in one environment, and which secrets it reads."""

    name: str
    parameters: tuple[str, ...]


class Account:
    """A practice account behind `front`; `employ` gives it the product's functions."""

    functions: LambdaApps

    def __init__(self) -> None:
        self.front = AwsFront(lookup_rate=lookups.IN_A_DRILL)
        self.world = AwsWorld(self.front)
        for alias in (PRODUCT_KEY, STAGING_KEY):
            self.world.create_key(alias)
        self.identities: dict[str, Person] = {}
        for name in (*(person.name for person in PERSONAS), *MACHINES):
            self.identities[name] = self.world.create_person(f"compromise-{name}" if name in MACHINES else name)
        self._every: tuple[Function, ...] = ()

    def employ(self, every: tuple[Function, ...], works: Callable[[str, Mapping[str, Secret]], bool]) -> None:
        """The product's functions. `works(function, values)` judges what one holds."""
        self._every = every
        readers = tuple(Reader(function.name, function.parameters) for function in every)
        self.functions = LambdaApps(self.world, readers, works)

    def stop(self) -> None:
        self.front.stop()

    def store(self, parameter: str, *values: str) -> None:
        """Writes the values as versions, oldest first, with the ages of a real history."""
        self.world.store(parameter, *values, key_id=f"alias/{PRODUCT_KEY}")
        for version, age in zip(reversed(_parameters()[parameter]), reversed(AGES), strict=False):
            version.last_modified_date -= age

    def open_for_business(self) -> None:
        """Makes the functions, lets production's start a container, tells CloudTrail of the past, and makes every key
        older than the leaked keys, so that a newer key was made since.
        """
        for function in self._every:
            self.world.create_function(function.name, {"LOG_LEVEL": "info"})
            if function.name.endswith(ENVIRONMENTS[0]):
                self.functions.health(function.name)
        secrets = {parameter for function in self._every for parameter in function.parameters}
        for parameter in sorted(secrets):
            if parameter.startswith(f"/{ENVIRONMENTS[0]}/"):
                self._remember_reads(parameter)
        self._age()

    def _age(self) -> None:
        """AWS tells ages to the second."""
        iam = iam_backends[DEFAULT_ACCOUNT_ID][PARTITION]
        for role in iam.roles.values():
            role.create_date -= HIRED
        for user in iam.users.values():
            user.create_date -= HIRED
            for key, age in zip(reversed(user.access_keys), reversed(KEY_AGES), strict=False):
                key.create_date -= age

    def _remember_reads(self, parameter: str) -> None:
        now = datetime.now(UTC)
        role = f"arn:aws:sts::{DEFAULT_ACCOUNT_ID}:assumed-role/{ROLE}/product"
        for who, address, age, agent, action in PAST_READS:
            body: Mapping[str, Any] = {"Name": parameter, "WithDecryption": True}
            if action == "GetParameters":
                body = {"Names": [parameter], "WithDecryption": True}
            request = AwsRequest("ssm", action, REGION, "ASIAPRACTICEPAST0001", b"", body, address, agent)
            self.front.trail.record(request, STRANGER if who == "stranger" else role, at=now - age)

    def variables(self, name: str) -> dict[str, str]:
        """The AWS variables of one identity."""
        person = self.identities[name]
        return {
            "AWS_ACCESS_KEY_ID": person.key_id,
            "AWS_SECRET_ACCESS_KEY": person.secret.reveal(),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.front.url,
        }

    def stored(
        self, plain: Collection[str] = (), plain_parts: Collection[tuple[str, str]] = ()
    ) -> list[tuple[str, str]]:
        """Every value in a SecureString, all versions: (parameter and version, value).

        Parameters in `plain` hold no secrets, and neither do `plain_parts` (of a secret's name) of staged values. Read
        from moto itself, because the front may refuse such reads.
        """
        return [
            (f"{name} version {version.version}", str(version.decrypt(version.value)))
            for name, versions in list(_parameters().items())
            for version in versions
            if version.parameter_type == "SecureString" and name not in plain and _staged(name) not in plain_parts
        ]

    @property
    def own_keys(self) -> list[tuple[str, str]]:
        """The secret access keys of all identities."""
        return [(f"AWS key of {name}", person.secret.reveal()) for name, person in self.identities.items()]


def _staged(parameter: str) -> tuple[str, str]:
    """The secret and the part whose staged value it is: ``/_compromise/INCIDENT/SECRET/…/PART``; empty for others."""
    match parameter.split("/"):
        case ["", "_compromise", _, secret, *_, part]:
            return secret, part
        case _:
            return "", ""


def _parameters() -> Any:
    """Parameters by name, each a list of versions. AWS cannot write in the past or show everything; so moto cannot."""
    return ssm_backends[DEFAULT_ACCOUNT_ID][REGION]._parameters  # noqa: SLF001 - see above
