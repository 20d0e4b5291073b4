"""The policies of an installation: those of `docs/policies`, with the answers for the words in capitals.

The bot's own KMS keys have policies that name who may use them, so no role's policy needs the id of a key.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.catalog.catalog import Catalog
from bot.data_files import shipped
from bot.errors import ConfigurationError
from bot.people import Listing
from bot.proofs.principals import without_session
from bot.setup.answers import Answers

type Statement = dict[str, Any]

NAME = "compromise-bot"
WORKER, FRONT = f"{NAME}-worker", f"{NAME}-front"
STAGING, COMMAND = "alias/compromise-staging", "alias/compromise-command"
SERVICES = {"small": "ec2.amazonaws.com", "fargate": "ecs-tasks.amazonaws.com"}
KEYS = "KeysOfParametersThroughParameterStoreOnly"
OF_BOTH = "TierAndKeyOfAParameter"
OF_AWS_KEYS = {
    "AccessKeysOfTheProduct", "SessionsOfALeakedAccessKeyUnderABoundary", "WhatAnAttackerMayHaveLeftInIam",
}  # fmt: skip
OF_THE_PRODUCT = OF_AWS_KEYS | {
    "SecretsOfTheProduct", "FunctionsThatReadTheSecrets", "WhoReadTheSecrets", "WhoCanReadTheSecrets", KEYS,
}  # fmt: skip
"""Statements of `worker.json` about the product; the others are about the bot's own account."""


@dataclass(frozen=True)
class Identity:
    """A role in `account` with its statements and those of its trust; no trust: a policy for existing roles."""

    name: str
    account: str
    statements: list[Statement]
    trust: list[Statement] | None = None


def identities(answers: Answers) -> list[Identity]:
    """Everyone who gets a policy."""
    every = [each for each in _statements("worker", answers) if answers.aws_keys or each["Sid"] not in OF_AWS_KEYS]
    trust: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": SERVICES[answers.shape]},
        "Action": "sts:AssumeRole",
    }
    if answers.shape == "fargate":
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": answers.account}}
    worker = [*(each for each in every if each["Sid"] not in OF_THE_PRODUCT), *_extras(answers)]
    responder = _statements("responder", answers)
    return [
        Identity(WORKER, answers.account, worker, [trust]),
        *([Identity(FRONT, answers.account, _statements("front", answers), [trust])] if answers.front else []),
        Identity(f"{NAME}-responder", answers.account, responder),
        Identity(NAME, answers.product, [*_theirs(every, answers)], _statements("product-trust", answers)),
    ]


def key_policies(answers: Answers, people: Listing) -> dict[str, list[Statement]]:
    """The statements of both KMS keys' policies, by alias."""
    arn = f"arn:aws:iam::{answers.account}:role"
    named: Mapping[str, list[str]] = {
        "AdministratorsManageButDoNotDecrypt": [f"{arn}/{answers.administrator}"],
        "RespondersHandOverValuesTheyCannotReadBack": responders(answers, people),
        "TheFrontReadsIt": [f"{arn}/{FRONT}"] if answers.front else [],
    }
    return {
        alias: [
            {**each, "Principal": {"AWS": who}}
            for each in _statements(name, answers)
            if (who := named.get(each["Sid"], [f"{arn}/{WORKER}"]))
        ]
        for alias, name in ((STAGING, "staging-key"), (COMMAND, "command-key"))
    }


def responders(answers: Answers, people: Listing) -> list[str]:
    """The ARNs of roles and users at terminals, each once."""
    if answers.responders:
        return [*answers.responders]
    found = [_role(person.principal) for person in people.people if person.principal is not None and person.rights]
    return [*dict.fromkeys(found)]


def _role(principal: str) -> str:
    """The ARN that a key's policy takes for a person. ConfigurationError for a role of Identity Center: its ARN has a
    path that the session's leaves out.
    """
    if ":assumed-role/AWSReservedSSO_" in principal:
        raise ConfigurationError(
            f"the ARN of the role of {principal} is unknown. Enter it under `responders`: aws iam list-roles "
            "--path-prefix /aws-reserved/sso.amazonaws.com/ --query 'Roles[].Arn'"
        )
    return without_session(principal).replace(":sts:", ":iam:").replace(":assumed-role/", ":role/")


def _theirs(statements: Iterable[Statement], answers: Answers) -> Iterator[Statement]:
    """What is about the product's account, with its environments, functions and keys."""
    arn = f"{answers.region}:{answers.product}"
    resources: Mapping[str, list[str]] = {
        "SecretsOfTheProduct": [f"arn:aws:ssm:{arn}:parameter/{each}/*" for each in answers.environments],
        "FunctionsThatReadTheSecrets": [
            f"arn:aws:lambda:{arn}:function:{each}{end}" for each in answers.functions for end in ("", ":*")
        ],
        KEYS: [*answers.kms_keys],
    }
    for each in statements:
        if each["Sid"] in {*OF_THE_PRODUCT, OF_BOTH} and (found := resources.get(each["Sid"], each["Resource"])):
            yield _of_account({**each, "Resource": found}, answers)


def _of_account(statement: Statement, answers: Answers) -> Statement:
    """The statement about the product's account in place of the bot's."""
    found: Statement = json.loads(json.dumps(statement).replace(f":{answers.account}:", f":{answers.product}:"))
    return found


def _extras(answers: Answers) -> Iterator[Statement]:
    """What the worker may do besides: the product's role, reports, backups, the runbook."""
    yield from _statements("assume-product", answers, PRODUCT_ROLE_ARN=product_role(answers))
    yield from _statements("reports-bucket", answers, BUCKET=bucket(answers, "reports"))
    if answers.shape == "small":
        yield from _statements("backups-bucket", answers, BUCKET=bucket(answers, "backups"))
    if answers.runbook is not None:
        yield from _statements("runbook-bucket", answers, BUCKET=answers.runbook.split("/")[2])


def product_role(answers: Answers) -> str:
    """The ARN of the role by which the worker reaches the product's secrets, also where both share an account."""
    return f"arn:aws:iam::{answers.product}:role/{NAME}"


def bucket(answers: Answers, what: str) -> str:
    """The name of a bucket: one of S3's, which are unique in the world."""
    return f"{NAME}-{answers.account}-{what}"


def _statements(name: str, answers: Answers, **more: str) -> list[Statement]:
    """The statements of a file in `docs/policies`, for the bot's account. Ids of KMS keys are left in them."""
    text = (shipped("docs/policies") / f"{name}.json").read_text()
    words = {
        **more,
        "PRODUCT_BOUNDARY": f"{NAME}-product-boundary",
        "BOT_ACCOUNT": answers.account,
        "BOT_WORKER": WORKER,
        "EXTERNAL_ID": answers.external_id,
        "REGION": answers.region,
        "ACCOUNT": answers.account,
    }
    for word, said in words.items():
        text = text.replace(word, said)
    found: list[Statement] = json.loads(text)["Statement"]
    return found


def of_functions(answers: Answers, catalog: Catalog) -> Iterator[tuple[str, list[Statement]]]:
    """By Lambda function, the statements with which it reads the parameters of its secrets, and no others."""
    read: dict[str, set[str]] = defaultdict(set)
    for entry in catalog.entries:
        for consumer in entry.consumers:
            read[consumer.function] |= {part.parameter for part in entry.parts}
    for function, parameters in sorted(read.items()):
        arns = [f"arn:aws:ssm:{answers.region}:{answers.product}:parameter{each}" for each in sorted(parameters)]
        yield (
            function,
            [
                {
                    "Sid": "ItsOwnSecrets",
                    "Effect": "Allow",
                    "Action": ["ssm:GetParameter", "ssm:GetParameters"],
                    "Resource": arns,
                },
                *_decrypts(answers, arns),
            ],
        )


def _decrypts(answers: Answers, parameters: list[str]) -> Iterator[Statement]:
    """With keys of the product's own. AWS's key `aws/ssm` needs no statement."""
    if answers.kms_keys:
        via = {"kms:ViaService": f"ssm.{answers.region}.amazonaws.com"}
        yield {
            "Sid": "KeysOfThoseOnly", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": [*answers.kms_keys],
            "Condition": {"StringEquals": {**via, "kms:EncryptionContext:PARAMETER_ARN": parameters}},
        }  # fmt: skip
