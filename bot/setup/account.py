"""Compares an installation's answers with its AWS account. It reads roles, policies and keys, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.aws import Aws, call
from bot.errors import Missing
from bot.people import Listing
from bot.setup.answers import Answers
from bot.setup.policies import Identity, Statement, identities, key_policies

type Held = Iterable[Statement]


@dataclass(frozen=True)
class Difference:
    """What differs, and how."""

    what: str
    said: str


def differences(answers: Answers, people: Listing, aws: Aws) -> list[Difference]:
    """How the account of these credentials differs from the answers. A role may do more than they ask for.

    Errors of AWS as `bot.aws.call`.
    """
    account = aws.caller_identity().split(":")[4]
    if account not in {answers.account, answers.product}:
        return [Difference("account", f"these credentials are for {account}, and the answers for {answers.account}")]
    found: list[Difference] = []
    if account == answers.account:
        for alias, wanted in key_policies(answers, people).items():
            found += _compared(alias, wanted, partial(_of_key, aws, alias))
    for identity in identities(answers):
        if identity.account == account:
            found += _of_identity(aws, identity)
    return found


def _of_identity(aws: Aws, identity: Identity) -> Iterator[Difference]:
    name, wanted = identity.name, identity.statements
    if identity.trust is None:
        arn = f"arn:aws:iam::{identity.account}:policy/{name}"
        yield from _compared(name, wanted, lambda: _managed(aws, arn))
        return
    yield from _compared(f"trust of {name}", identity.trust, lambda: _trust(aws, name))
    yield from _compared(name, wanted, lambda: _of_role(aws, name))


def _compared(what: str, wanted: Held, held: Callable[[], Held]) -> Iterator[Difference]:
    try:
        found = {_plain(each) for each in held()}
    except Missing:
        yield Difference(what, "not in this account")
        return
    for each in wanted:
        if _plain(each) not in found:
            yield Difference(what, f"lacks the statement {each.get('Sid', json.dumps(each))}, or says it differently")


def _plain(statement: Statement) -> str:
    """Equal for statements that mean the same."""
    return json.dumps(_sorted({key: value for key, value in statement.items() if key != "Sid"}), sort_keys=True)


def _sorted(value: Any) -> Any:
    match value:
        case dict():
            return {key: _sorted(each) for key, each in value.items()}
        case list():
            return sorted(map(str, value)) if len(value) > 1 else value[0]
        case _:
            return value


def _statements(document: Any) -> list[Statement]:
    found = json.loads(document) if isinstance(document, str) else document
    listed: list[Statement] = found["Statement"] if isinstance(found["Statement"], list) else [found["Statement"]]
    return listed


def _of_key(aws: Aws, alias: str) -> Held:
    """The statements of a KMS key's policy."""
    kms = aws.client("kms")
    key = call("kms", f"describe {alias}", lambda: kms.describe_key(KeyId=alias))["KeyMetadata"]["KeyId"]
    answer = call("kms", f"read policy of {alias}", lambda: kms.get_key_policy(KeyId=key, PolicyName="default"))
    return _statements(answer["Policy"])


def _trust(aws: Aws, role: str) -> Held:
    answer = call("iam", f"get role {role}", lambda: aws.client("iam").get_role(RoleName=role))
    return _statements(answer["Role"]["AssumeRolePolicyDocument"])


def _of_role(aws: Aws, role: str) -> Held:
    """The statements of all policies of a role."""
    iam = aws.client("iam")
    inline = call("iam", f"list policies of {role}", lambda: iam.list_role_policies(RoleName=role))
    for name in inline["PolicyNames"]:
        ask = partial(iam.get_role_policy, RoleName=role, PolicyName=name)
        answer = call("iam", f"get policy {name}", ask)
        yield from _statements(answer["PolicyDocument"])
    attached = call("iam", f"list policies of {role}", lambda: iam.list_attached_role_policies(RoleName=role))
    for policy in attached["AttachedPolicies"]:
        yield from _managed(aws, policy["PolicyArn"])


def _managed(aws: Aws, arn: str) -> Held:
    iam = aws.client("iam")
    version = call("iam", f"get policy {arn}", lambda: iam.get_policy(PolicyArn=arn))["Policy"]["DefaultVersionId"]
    answer = call("iam", f"get policy {arn}", lambda: iam.get_policy_version(PolicyArn=arn, VersionId=version))
    return _statements(answer["PolicyVersion"]["Document"])
