"""Every recorded call to AWS before the policies that the bot gives its identities."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.evaluated import evaluate
from tests.iam.policies import ACCOUNT, IDENTITIES, PRODUCTS_ACCOUNT, RESOURCES, before_iam, named, simulation
from tests.iam.recorded import recorded
from tests.iam.scenes import play
from tests.iam.world import recording
from tests.support.aws import running_front
from tests.support.policies import allows, listed

HERE = Path(__file__).parent
SIMULATOR = HERE / "node_modules" / "@cloud-copilot" / "iam-simulate"
BY_HAND = {
    ("backups-bucket.json", "s3:GetObject"): "`aws s3 cp` on the worker's host, to restore",
    ("staging-key.json", "AdministratorsManageButDoNotDecrypt"): "people manage the key",
    ("command-key.json", "AdministratorsManageButDoNotDecrypt"): "people manage the key",
}
"""Actions and statements that no program of the bot needs, each with its reason."""


def documents(call):
    return [document for document in IDENTITIES if document.of == call.by]


def as_policy(*statements):
    return {"Statement": list(statements)}


def own(call):
    """Whether the caller's own policies decide. A KMS key of the bot's has a policy that names who may use it."""
    return call.resource not in {document.of for document in RESOURCES if "key" in document.name}


def test_every_recorded_action_is_in_a_policy():
    denied = [
        call
        for call in recorded()
        if own(call)
        and not any(
            allows(as_policy(*document.statements.values()), call.action, named(call.resource))
            for document in documents(call)
        )
    ]
    assert denied == []


@pytest.mark.parametrize("document", IDENTITIES, ids=lambda document: document.name)
def test_every_action_of_a_statement_was_recorded(document):
    calls = [call for call in recorded() if call.by == document.of]
    idle = {
        (document.name, action)
        for statement in document.statements.values()
        for action in listed(statement["Action"])
        if not any(allows(as_policy({**statement, "Action": action}), c.action, named(c.resource)) for c in calls)
    }
    assert idle == {key for key in BY_HAND if key[0] == document.name}


def test_a_start_in_production_makes_no_call_that_is_not_recorded():
    with recording() as found, running_front() as front:
        play(front)
    assert sorted(found - {*recorded()}) == []


# --- before an evaluator that is not of this project ------------------------------------------------------------------


def judged(simulations):
    """What it says of each, in its words."""
    node = shutil.which("node")
    if node is None or not SIMULATOR.exists():
        pytest.skip("Node or @cloud-copilot/iam-simulate is not installed here (npm install --prefix tests/iam)")
    done = subprocess.run(
        [node, HERE / "simulate.mjs"], input=json.dumps(simulations), capture_output=True, text=True, check=True,
        timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_every_recorded_call_is_allowed():
    said = judged([simulation(call) for call in recorded()])
    assert [(call, word) for call, word in zip(recorded(), said, strict=True) if word != "Allowed"] == []


def test_without_any_of_the_statements_a_recorded_call_is_denied():
    removed = [(document, sid) for document in (*IDENTITIES, *RESOURCES) for sid in document.statements]
    cases = [(each, call) for each in removed for call in recorded() if concerns(*each, call)]
    said = judged([simulation(call, without=each) for each, call in cases])
    needed = {each for (each, _), word in zip(cases, said, strict=True) if word != "Allowed"}
    idle = {(document.name, sid) for document, sid in removed if (document, sid) not in needed}
    assert idle == {key for key in BY_HAND if ":" not in key[1]}


def concerns(document, sid, call):
    return document.of in {call.by, call.resource} and call.action in listed(document.statements[sid]["Action"])


# --- the roles that the Terraform modules make ------------------------------------------------------------------------

OF_THE_PRODUCT = re.compile(r":parameter/production/|:function:|:iam::ACCOUNT:|PRODUCT_KEY_ID")
WORKER = "compromise-bot-worker"
MADE = {
    "REGION": "eu-central-1",
    "PRODUCT_ROLE_ARN": f"arn:aws:iam::{PRODUCTS_ACCOUNT}:role/compromise-bot",
    "EXTERNAL_ID": "acme-compromise-bot",
    "PRODUCT_BOUNDARY": "compromise-bot-product-boundary",
    "PRODUCT_KEY_ID": "1234abcd-12ab-34cd-56ef-1234567890ab",
    ":::reports": ":::acme-compromise-bot-reports",
    ":::backups": ":::acme-compromise-bot-backups",
    ":::runbook/": ":::acme-runbook/",
}
"""What the examples have for the words of docs/policies, and for the buckets of the recording."""


@pytest.mark.parametrize("example", ["fargate", "small"])
def test_the_roles_of_the_modules_allow_every_recorded_call(example):
    made, product = evaluate(example), evaluate("product")
    keys = {name: made.one(f"aws_kms_key.{name}").document()["Statement"] for name in ("staging", "command")}
    own = made.one("foundation.aws_iam_role_policy.worker").document()["Statement"]
    theirs = product.one("aws_iam_role_policy.bot").document()["Statement"]
    trust = product.one("aws_iam_role.bot").document("assume_role_policy")["Statement"]
    cases = []
    for call in (each for each in recorded() if each.by == "worker"):
        if ":::backups" in call.resource and example == "fargate":
            continue
        in_products = bool(OF_THE_PRODUCT.search(call.resource)) or call.action.startswith(
            ("account:", "iam:", "cloudtrail:")
        )
        account, role = (PRODUCTS_ACCOUNT, "compromise-bot") if in_products else (ACCOUNT, WORKER)
        on = next((keys[name] for name in keys if f"{name.upper()}_KEY_ID" in call.resource), None)
        on = trust if call.action == "sts:AssumeRole" else on
        statements = theirs if in_products else own
        names = {**MADE, "ACCOUNT": account}
        cases.append((call, before_iam(call, f"arn:aws:iam::{account}:role/{role}", statements, on, names)))
    said = judged([case for _, case in cases])
    assert [(call, word) for (call, _), word in zip(cases, said, strict=True) if word != "Allowed"] == []
