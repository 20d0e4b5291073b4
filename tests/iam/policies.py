"""The documents of docs/policies as an account has them: each with its owner, and with names for words in capitals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.iam.calls import Call
from tests.support.policies import policy

ACCOUNT, PRODUCTS_ACCOUNT, REGION = "111111111111", "222222222222", "eu-west-1"
ROLES = {"worker": "BOT_WORKER", "front": "BOT_FRONT", "responder": "RESPONDERS"}
"""Under these names the policies of keys and roles know them."""
NAMES = {
    "PRODUCT_ROLE_ARN": f"arn:aws:iam::{PRODUCTS_ACCOUNT}:role/compromise-bot",
    "BOT_ACCOUNT": ACCOUNT,
    "REGION": REGION,
    "ACCOUNT": ACCOUNT,
}
ACCOUNTS = [f"arn:aws:iam::{account}:root" for account in (ACCOUNT, PRODUCTS_ACCOUNT)]
OF_THE_ACCOUNT = [{"Effect": "Allow", "Principal": {"AWS": ACCOUNTS}, "Action": "kms:*", "Resource": "*"}]
"""The policy of a KMS key that leaves everything to IAM, as keys of the product's parameters have it."""


@dataclass(frozen=True)
class Document:
    """One of docs/policies. `of` is whose it is: an identity, or the resource that it lies on."""

    name: str
    of: str
    bucket: str = ""

    @property
    def statements(self) -> dict[str, Any]:
        """By Sid, with names for words."""
        text = json.dumps(policy(self.name)).replace("BUCKET", self.bucket)
        return {each["Sid"]: each for each in json.loads(named(text))["Statement"]}


IDENTITIES = (
    Document("worker.json", "worker"),
    Document("assume-product.json", "worker"),
    Document("reports-bucket.json", "worker", "reports"),
    Document("backups-bucket.json", "worker", "backups"),
    Document("runbook-bucket.json", "worker", "runbook"),
    Document("front.json", "front"),
    Document("responder.json", "responder"),
)
RESOURCES = (
    Document("staging-key.json", "arn:aws:kms:REGION:ACCOUNT:key/STAGING_KEY_ID"),
    Document("command-key.json", "arn:aws:kms:REGION:ACCOUNT:key/COMMAND_KEY_ID"),
    Document("product-trust.json", "PRODUCT_ROLE_ARN"),
)


def named(text: str, names: Mapping[str, str] = NAMES) -> str:
    """With a name for each word."""
    for word, name in names.items():
        text = text.replace(word, name)
    return text


def simulation(call: Call, without: tuple[Document, str] | None = None) -> dict[str, Any]:
    """A call before IAM, as the simulator takes it; `without` a statement of a document."""

    def kept(document: Document) -> list[Any]:
        return [each for sid, each in document.statements.items() if without != (document, sid)]

    own = [statement for document in IDENTITIES if document.of == call.by for statement in kept(document)]
    on = next((kept(document) for document in RESOURCES if document.of == call.resource), None)
    return before_iam(call, f"arn:aws:iam::{ACCOUNT}:role/{ROLES[call.by]}", own, on)


def before_iam(
    call: Call, role: str, own: list[Any], on: list[Any] | None, names: Mapping[str, str] = NAMES
) -> dict[str, Any]:
    """The same with the statements of the `role` (an ARN), and of the resource's own policy, if it has one."""
    resource = named(call.resource, names)
    if on is None and ":key/" in resource:
        on = OF_THE_ACCOUNT
    account = PRODUCTS_ACCOUNT if PRODUCTS_ACCOUNT in resource else role.split(":")[4]
    found = {
        "request": {
            "principal": f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session",
            "action": call.action,
            "resource": {"resource": resource, "accountId": account},
            "contextVariables": {"aws:PrincipalArn": role} | {name: named(value, names) for name, value in call.keys},
        },
        "identityPolicies": [{"name": "own", "policy": _policy(own)}] if own else [],
        "resourcePolicy": _policy(on) if on else None,
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }
    # The simulator drops the encryption context of a request: it goes by another name, in policies and request alike.
    renamed: dict[str, Any] = json.loads(
        json.dumps(found).replace("kms:EncryptionContext:", "aws:PrincipalTag/context-")
    )
    return renamed


def _policy(statements: list[Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
