"""The files of an installation, and how they are written again without losing what people edited."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from bot.catalog.catalog import Catalog
from bot.documents import Document
from bot.people import Listing
from bot.private import make_folder, replace_file
from bot.setup.answers import Answers
from bot.setup.policies import (
    COMMAND,
    STAGING,
    bucket,
    identities,
    key_policies,
    of_functions,
    product_role,
    responders,
)

WRITTEN = ".written.json"
"""By file, the SHA-256 of what was written: another digest means that a person edited it."""
AT = "/etc/compromise-bot"
IMAGE = f"""\
FROM compromise-bot
COPY --chmod=755 playbooks {AT}/playbooks
COPY --chmod=755 people.yaml {AT}/people.yaml
"""


@dataclass(frozen=True)
class Written:
    """What happened to a file. `diff` compares it with what the answers ask for."""

    name: str
    state: Literal["new", "changed", "unchanged", "edited"]
    diff: str = ""


def files(answers: Answers, people: Listing, document: Document, catalog: Catalog | None) -> dict[str, str]:
    """All files by their path in the folder. `document` is where the answers are from."""
    found = {
        "people.yaml": as_yaml(document.at(("people",))),
        "env": "".join(f"{name}={value}\n" for name, value in environment(answers).items()),
        "terraform.tfvars": _tfvars(_of_the_bot(answers, people)),
        "product.tfvars": _tfvars(_of_the_product(answers)),
        "Dockerfile": IMAGE,
    }
    for identity in identities(answers):
        found[f"policies/{identity.name}.json"] = _policy(identity.statements)
        if identity.trust is not None:
            found[f"policies/{identity.name}-trust.json"] = _policy(identity.trust)
    for alias, statements in key_policies(answers, people).items():
        found[f"policies/{alias.removeprefix('alias/')}-key.json"] = _policy(statements)
    for function, statements in of_functions(answers, catalog) if catalog is not None else ():
        found[f"policies/functions/{function}.json"] = _policy(statements)
    return found


def environment(answers: Answers) -> dict[str, str]:
    """The service's variables. Secrets are parameters below /bot/."""
    return {
        "AWS_REGION": answers.region,
        "BOT_ENVIRONMENT": "production",
        "BOT_DATA": "/var/lib/compromise-bot",
        "BOT_PLAYBOOKS": f"{AT}/playbooks",
        "BOT_PEOPLE": f"{AT}/people.yaml",
        "BOT_STAGING_KMS_KEY": STAGING,
        "BOT_COMMAND_KMS_KEY": COMMAND,
        "BOT_REPORTS_BUCKET": bucket(answers, "reports"),
        **_channel(answers),
        "BOT_PRODUCT_ROLE": product_role(answers),
        "BOT_PRODUCT_EXTERNAL_ID": answers.external_id,
    }


def _channel(answers: Answers) -> dict[str, str]:
    return {"BOT_SECURITY_CHANNEL": answers.security_channel} if answers.security_channel is not None else {}


def _of_the_bot(answers: Answers, people: Listing) -> Iterator[tuple[str, object]]:
    """The variables of `deploy/modules/small` or `fargate`."""
    small = answers.shape == "small"
    yield from (("account", answers.account), ("region", answers.region))
    yield ("zone", f"{answers.region}a") if small else ("zones", [f"{answers.region}a", f"{answers.region}b"])
    yield "key_administrators", [f"arn:aws:iam::{answers.account}:role/{answers.administrator}"]
    yield "responders", responders(answers, people)
    yield from (("product_role", product_role(answers)), ("external_id", answers.external_id))
    if small:
        yield "backups_bucket", bucket(answers, "backups")
    yield "reports_bucket", bucket(answers, "reports")
    if answers.runbook is not None:
        yield "runbook", answers.runbook
    pager = ["bot-pagerduty-routing-key"] if answers.pager == "pagerduty" else []
    yield "secrets", ["slack-bot-token", "slack-app-token", *pager]
    yield from (("egress_ports", answers.egress_ports), ("on_call_email", answers.on_call_email))
    yield "settings", _channel(answers)


def _of_the_product(answers: Answers) -> Iterator[tuple[str, object]]:
    """The variables of `deploy/modules/product`."""
    yield from (("account", answers.product), ("region", answers.region), ("bot_account", answers.account))
    yield from (("external_id", answers.external_id), ("environments", answers.environments))
    yield from (("functions", answers.functions), ("kms_keys", answers.kms_keys))
    yield "providers_in_use", ["aws-iam"] if answers.aws_keys else []


def _tfvars(variables: Iterator[tuple[str, object]]) -> str:
    """HCL reads JSON's strings, lists and objects, with ``$${`` in place of ``${``."""
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in variables).replace("${", "$${")


def _policy(statements: list[dict[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def as_yaml(data: object) -> str:
    """The data in the order in which it is."""
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000))


def keep(path: Path, text: str) -> None:
    """Writes a file that belongs to people from then on."""
    make_folder(path.parent)
    replace_file(path, text.encode())


def write(folder: Path, wanted: Mapping[str, str]) -> list[Written]:
    """Writes each file that is missing or as it was last written. One that a person edited stays as it is."""
    record = make_folder(folder) / WRITTEN
    digests = dict(json.loads(record.read_text())) if record.is_file() else {}
    found = [_write(folder / name, name, text, digests) for name, text in wanted.items()]
    replace_file(record, json.dumps(digests, indent=2).encode())
    return found


def _write(path: Path, name: str, text: str, digests: dict[str, str]) -> Written:
    before = path.read_text() if path.is_file() else None
    if before == text:
        digests[name] = _digest(text)
        return Written(name, "unchanged")
    compared = "".join(
        difflib.unified_diff((before or "").splitlines(keepends=True), text.splitlines(keepends=True), name, name)
    )
    if before is not None and digests.get(name) != _digest(before):
        return Written(name, "edited", compared)
    make_folder(path.parent)
    replace_file(path, text.encode())
    digests[name] = _digest(text)
    return Written(name, "new" if before is None else "changed", "" if before is None else compared)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
