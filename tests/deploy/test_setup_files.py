"""What `bot setup` writes and what the Terraform modules make of its variables are the same rights."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.conftest import say
from tests.cli.test_setup import ANSWERS
from tests.deploy.evaluated import DEPLOY, declared, read_module
from tests.support.policies import listed

ANSWERED = f"""\
{ANSWERS}aws-keys: true
runbook: s3://acme-runbook/leaked.md
kms-keys: ["arn:aws:kms:eu-central-1:222222222222:key/1"]
"""


@pytest.fixture(scope="module", params=["small", "fargate"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("setup")
    (folder / "answers.yaml").write_text(f"{ANSWERED}shape: {request.param}\n")
    assert say("setup", "--into", folder).status == 0
    return request.param, folder


def evaluated(module, variables):
    """The resources of a module for a file of variables, each by its kind and name."""
    folder = DEPLOY / "modules" / module
    given = [os.path.relpath(variables, folder)]  # tfparse takes every path as one below the module
    parsed = read_module(folder, vars_paths=given)
    found = [(kind, each) for kind, several in parsed.items() if kind.startswith("aws_") for each in several]
    return {(path := each["__tfmeta"]["path"])[path.rindex(kind) :]: each for kind, each in found}


def by_sid(text):
    return {each.get("Sid", "trust"): each for each in json.loads(text)["Statement"]}


def saved(folder, name):
    return by_sid((folder / "policies" / f"{name}.json").read_text())


def same(terraform, setup):
    assert set(terraform) == set(setup)
    for sid, statement in setup.items():
        theirs = {**terraform[sid]}
        for part in ("Action", "Resource"):
            if part in statement:
                assert set(listed(theirs.pop(part))) == set(listed(statement[part])), sid
        assert theirs == {key: value for key, value in statement.items() if key not in {"Action", "Resource"}}


def test_a_module_declares_each_variable_and_gets_those_that_it_demands(written):
    shape, folder = written
    for module, name in ((shape, "terraform.tfvars"), ("product", "product.tfvars")):
        given = {line.partition(" = ")[0] for line in (folder / name).read_text().splitlines()}
        inputs = declared(DEPLOY / "modules" / module)[0]
        demanded = {name for name, (_, default) in inputs.items() if default == "demanded"}
        assert demanded <= given <= set(inputs)


def test_the_worker_gets_the_same_rights_either_way(written):
    shape, folder = written
    made = evaluated(shape, folder / "terraform.tfvars")
    same(by_sid(made["aws_iam_role_policy.worker"]["policy"]), saved(folder, "compromise-bot-worker"))
    same(by_sid(made["aws_iam_role.worker"]["assume_role_policy"]), saved(folder, "compromise-bot-worker-trust"))
    same(by_sid(made["aws_iam_policy.responder"]["policy"]), saved(folder, "compromise-bot-responder"))


def test_the_products_role_is_the_same_either_way(written):
    _, folder = written
    made = evaluated("product", folder / "product.tfvars")
    same(by_sid(made["aws_iam_role_policy.bot"]["policy"]), saved(folder, "compromise-bot"))
    same(by_sid(made["aws_iam_role.bot"]["assume_role_policy"]), saved(folder, "compromise-bot-trust"))
