"""The Terraform modules, evaluated: the provider takes what they say, and they say what the bot needs and no more.

Nothing is applied here: that AWS takes it is not shown.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from bot.aws.clients import Role
from bot.settings.model import Settings, settings_table
from bot.settings.table import parameter_name
from tests.deploy.evaluated import DEPLOY, EXAMPLES, OF_TERRAFORM, declared, evaluate
from tests.deploy.provider import EXTRACT
from tests.deploy.readme import MODULES, written
from tests.support.policies import listed, policy

BOT, PRODUCT, REGION = "111111111111", "222222222222", "eu-central-1"
EVERY = pytest.mark.parametrize("example", EXAMPLES)
SHAPES = pytest.mark.parametrize("example", ["fargate", "small"])
MODULE = "module.bot.module.foundation."


# --- what the provider takes ------------------------------------------------------------------------------------------


@cache
def schema():
    return json.loads(EXTRACT.read_text())["types"]


@EVERY
def test_the_provider_knows_every_argument_and_has_all_that_it_demands(example):
    wrong = []
    for each in evaluate(example).resources:
        values = {name: value for name, value in each.values.items() if name not in OF_TERRAFORM}
        wrong += [f"{each.address}: {fault}" for fault in faults(values, schema()[f"{each.mode} {each.kind}"])]
    assert wrong == []


def faults(values, shape):
    """What does not fit: unknown arguments, missing ones, and values of another type."""
    for name, value in values.items():
        known = shape.get(name)
        if known is None:
            yield f"{name} is unknown"
        elif isinstance(known, dict):
            for block in value if isinstance(value, list) else [value]:
                yield from (f"{name}: {fault}" for fault in faults(block, known["block"]))
        elif (
            value is not None and not isinstance(value, TYPES[known.rstrip("!")]) and "__attribute__" not in str(value)
        ):
            yield f"{name} is no {known}"
    for name, known in shape.items():
        demanded = known["required"] if isinstance(known, dict) else known.endswith("!")
        if demanded and values.get(name) in (None, [], ""):
            yield f"{name} is missing"


TYPES = {"string": str, "number": int, "boolean": bool, "list": list, "map": dict, "any": object}


def test_a_mistake_would_be_found():
    shape = schema()["resource aws_ecs_service"]
    network = {"subnets": ["a"], "assign_public_ips": True}
    values = {"cluster": "c", "desired_count": "one", "network_configuration": network}
    assert sorted(faults(values, shape)) == [
        "desired_count is no number", "name is missing", "network_configuration: assign_public_ips is unknown",
    ]  # fmt: skip


WORKED_OUT_BY_AWS = {
    "aws_kms_alias": {"target_key_id"},
    "aws_instance": {"ami"},  # Amazon's newest image
}
"""Values that are known once AWS has made something."""


@EVERY
def test_nothing_else_is_unknown(example):
    found = {
        f"{each.address}: {name}"
        for each in evaluate(example).resources
        for name, value in each.values.items()
        if "__attribute__" in json.dumps(value) or value is None
        if name not in WORKED_OUT_BY_AWS.get(each.kind, set())
    }
    assert found == set()


# --- rights -----------------------------------------------------------------------------------------------------------


def statements(document):
    return {each["Sid"]: each for each in document["Statement"]}


def own_and_products(example="fargate"):
    own = statements(evaluate(example).one("foundation.aws_iam_role_policy.worker").document())
    return own, statements(evaluate("product").one("aws_iam_role_policy.bot").document())


@SHAPES
def test_both_roles_together_may_what_the_workers_policy_says_and_no_more(example):
    own, products = own_and_products(example)
    written = statements(policy("worker.json"))
    extras = {sid for name in EXTRAS for sid in statements(policy(name))}
    assert {*own, *products} - extras == set(written)
    for found in (own, products):
        for sid in found.keys() & written.keys():
            for part in ("Effect", "Action"):
                assert found[sid][part] == written[sid][part], sid


EXTRAS = ("assume-product.json", "reports-bucket.json", "backups-bucket.json", "runbook-bucket.json")


@SHAPES
@pytest.mark.parametrize("name", EXTRAS)
def test_what_is_beside_it_is_what_the_documents_say(example, name):
    own, _ = own_and_products(example)
    for sid, statement in statements(policy(name)).items():
        if name == "backups-bucket.json" and example == "fargate":
            assert sid not in own
        else:
            assert own[sid]["Action"] == statement["Action"]


def test_the_runbooks_bucket_takes_the_file_that_the_worker_writes_and_gives_nothing():
    own, _ = own_and_products()
    theirs = statements(evaluate("runbook").one("aws_s3_bucket_policy.runbook").document())
    [(sid, written)] = statements(policy("runbook-bucket.json")).items()
    assert theirs.keys() == {sid, "OnlyByTls"}
    assert theirs[sid]["Principal"] == {"AWS": f"arn:aws:iam::{BOT}:role/compromise-bot-worker"}
    assert (theirs[sid]["Action"], theirs[sid]["Resource"]) == (written["Action"], own[sid]["Resource"])
    assert bot_environment("fargate")["MINUTE_RUNBOOK"].startswith(
        f"s3://{theirs[sid]['Resource'].split(':::')[1][:-1]}"
    )


S3_CALLS = {
    "reports-bucket.json": "report/bucket.py",
    "backups-bucket.json": "aws/objects.py",
    "runbook-bucket.json": "aws/objects.py",
}
S3_ACTIONS = {
    "put_object": {"s3:PutObject"},
    "head_object": {"s3:GetObject", "s3:ListBucket"},  # without the second, what is not there is answered by 403
    "get_object_lock_configuration": {"s3:GetBucketObjectLockConfiguration"},
    "ObjectLockLegalHoldStatus": {"s3:PutObjectLegalHold"},
}
"""Source: Amazon S3 API reference, permissions of each operation."""
BY_HAND = {"backups-bucket.json": {"s3:GetObject"}}
"""`aws s3 cp` on the worker's host, to restore."""


@pytest.mark.parametrize("name", S3_CALLS)
def test_each_bucket_allows_what_the_program_calls_and_no_more(name):
    code = (DEPLOY.parent / "bot" / S3_CALLS[name]).read_text()
    called = set().union(*(actions for call, actions in S3_ACTIONS.items() if call in code))
    allowed = {action for each in policy(name)["Statement"] for action in listed(each["Action"])}
    assert allowed == called | BY_HAND.get(name, set())


def test_each_account_has_its_own_parameters_and_keys_alone():
    own, products = own_and_products()
    assert every_resource(own) >= {f"arn:aws:ssm:{REGION}:{BOT}:parameter/bot/*"}
    for found, account in ((own, BOT), (products, PRODUCT)):
        named = {part for arn in every_resource(found) for part in re.findall(r"(?<=:)\d{12}(?=:)", arn)}
        assert named - {PRODUCT if found is own else ""} == {account}
    assert {arn for arn in every_resource(own) if f":{PRODUCT}:" in arn} == {ROLE}
    assert not [arn for arn in every_resource(products) if "/bot/" in arn or "_compromise" in arn]


ROLE = f"arn:aws:iam::{PRODUCT}:role/compromise-bot"


def every_resource(found):
    return {arn for each in found.values() for arn in listed(each["Resource"])}


def test_no_word_in_capitals_is_left():
    for example in EXAMPLES:
        for each in evaluate(example).resources:
            for name in ("policy", "assume_role_policy"):
                left = re.findall(r"\b(?:REGION|ACCOUNT|BUCKET|[A-Z]+_[A-Z_]+)\b", str(each.values.get(name, "")))
                assert set(left) <= {"PARAMETER_ARN"}, each.address


@SHAPES
def test_the_keys_are_those_of_the_documents_with_nobody_added(example):
    found = evaluate(example)
    who = {
        "AdministratorsManageButDoNotDecrypt": ["arn:aws:iam::111111111111:role/Installer"],
        "RespondersHandOverValuesTheyCannotReadBack": ["arn:aws:iam::111111111111:role/Responder"],
    }
    for key, name, without in (
        ("staging", "staging-key.json", set()),
        ("command", "command-key.json", {"TheFrontReadsIt"}),
    ):
        written, made = statements(policy(name)), statements(found.one(f"aws_kms_key.{key}").document())
        assert written.keys() - made.keys() == without
        for sid, statement in made.items():
            assert statement["Action"] == written[sid]["Action"]
            assert statement["Principal"]["AWS"] == who.get(sid, [f"arn:aws:iam::{BOT}:role/compromise-bot-worker"])
        decrypts = [sid for sid, each in made.items() if "kms:Decrypt" in each["Action"]]
        assert len(decrypts) == 1


@SHAPES
def test_a_responder_may_what_the_document_says(example):
    written = statements(policy("responder.json"))
    made = statements(evaluate(example).one("aws_iam_policy.responder").document())
    assert {sid: each["Action"] for sid, each in made.items()} == {sid: each["Action"] for sid, each in written.items()}
    assert not [arn for each in made.values() for arn in listed(each["Resource"]) if "ACCOUNT" in arn]


def test_the_products_role_trusts_one_role_that_names_the_external_id():
    [trust] = evaluate("product").one("aws_iam_role.bot").document("assume_role_policy")["Statement"]
    assert trust["Principal"] == {"AWS": f"arn:aws:iam::{BOT}:root"}
    assert trust["Condition"]["ArnEquals"] == {"aws:PrincipalArn": f"arn:aws:iam::{BOT}:role/compromise-bot-worker"}
    settings = bot_environment("fargate")
    assert trust["Condition"]["StringEquals"] == {"sts:ExternalId": settings["BOT_PRODUCT_EXTERNAL_ID"]}
    assert settings["BOT_PRODUCT_ROLE"] == ROLE
    assert evaluate("product").one("aws_iam_role.bot").values["name"] == ROLE.rpartition("/")[2]
    assert Role(ROLE, settings["BOT_PRODUCT_EXTERNAL_ID"])


def test_a_policy_on_a_leaked_keys_user_needs_the_boundary_that_is_made():
    _, products = own_and_products()
    needed = products["SessionsOfALeakedAccessKeyUnderABoundary"]["Condition"]["StringEquals"]
    made = evaluate("product").one("aws_iam_policy.boundary[0]")
    assert needed == {"iam:PermissionsBoundary": f"arn:aws:iam::{PRODUCT}:policy/{made.values['name']}"}
    [limit] = made.document()["Statement"]
    assert {"iam:*", "sts:AssumeRole"} <= set(limit["NotAction"])


BESIDE = {
    "fargate": {
        "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer", "logs:CreateLogStream",
        "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents", "ssm:GetParameters",
        "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    },
    "small": {
        "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer", "logs:CreateLogStream",
        "logs:PutLogEvents", "ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    },
}  # fmt: skip
"""What the host and people's sessions need. Sources: Amazon ECS, task execution role and ECS Exec; Systems Manager,
minimal permissions of Session Manager; Amazon ECR, private repository policies.
"""


@SHAPES
def test_what_the_host_needs_is_all_that_is_given_beside(example):
    others = [each for each in evaluate(example).all("aws_iam_role_policy") if not each.address.endswith(".worker")]
    found = {action for each in others for s in each.document()["Statement"] for action in listed(s["Action"])}
    assert found == BESIDE[example]
    assert not [each for each in evaluate(example).resources if each.kind == "aws_iam_role_policy_attachment"]


def test_fargates_execution_role_reads_one_secret_and_the_task_cannot_fetch_images():
    found = evaluate("fargate")
    execution = statements(found.one("aws_iam_role_policy.execution").document())
    assert (
        execution["DatabaseOfTheWorker"]["Resource"] == f"arn:aws:ssm:{REGION}:{BOT}:parameter/bot/worker-database-url"
    )
    tasks = [each for each in found.all("aws_iam_role_policy") if not each.address.endswith(".execution")]
    assert not [each for each in tasks if "ecr:" in each.values["policy"]]
    task = found.one("aws_ecs_task_definition.bot").values
    assert task["task_role_arn"] != task["execution_role_arn"]


# --- secrets ----------------------------------------------------------------------------------------------------------


@SHAPES
def test_secrets_have_names_and_no_value_that_a_state_could_keep(example):
    parameters = [each for each in evaluate(example).all("aws_ssm_parameter") if each.mode == "resource"]
    known = {parameter_name(row.variable) for row in settings_table() if row.secret and row.parameter}
    assert {each.values["name"] for each in parameters} - {"/bot/worker-database-url"} <= known
    assert len(parameters) >= 3
    for each in parameters:
        assert each.values["type"] == "SecureString"
        assert "value" not in each.values
        assert each.values["value_wo"] == "-"
    text = (DEPLOY / "modules" / "foundation" / "parameters.tf").read_text()
    assert "ignore_changes = [description, key_id, tier, value_wo, value_wo_version]" in text


@EVERY
def test_no_resource_puts_a_password_into_the_state(example):
    kept = {"password", "value", "secret_string", "secret_binary", "master_password", "auth_token", "private_key"}
    found = evaluate(example)
    assert [each.address for each in found.resources if each.values.keys() & kept] == []
    assert {"aws_iam_access_key", "random_password"} & {each.kind for each in found.resources} == set()
    for each in found.all("aws_db_instance"):
        assert each.values["manage_master_user_password"] is True


# --- the bot's settings -----------------------------------------------------------------------------------------------


def containers():
    task = evaluate("fargate").one("aws_ecs_task_definition.bot")
    return {each["name"]: each for each in task.document("container_definitions")}


def bot_environment(example):
    if example == "fargate":
        return {each["name"]: each["value"] for each in containers()["bot"]["environment"]}
    script = evaluate("small").one("aws_instance.bot[0]").values["user_data"]
    lines = script.partition("ENVIRONMENT <<'EOF' || true\n")[2].partition("\nEOF\n")[0].splitlines()
    return dict(line.split("=", 1) for line in lines)


@SHAPES
def test_the_bot_takes_the_settings_that_it_is_given(example):
    environ = bot_environment(example)
    settings = Settings.load({**environ, "HOME": "/var/lib/compromise-bot"})
    assert settings.unknown == ()
    assert settings.production
    assert settings.staging_kms_key == evaluate(example).one("aws_kms_alias.staging").values["name"]
    assert settings.command_kms_key == evaluate(example).one("aws_kms_alias.command").values["name"]
    secret = {row.variable for row in settings_table() if row.secret}
    assert not secret & environ.keys()


# --- the two shapes ---------------------------------------------------------------------------------------------------


@SHAPES
def test_nothing_comes_in(example):
    found = evaluate(example)
    for each in found.all("aws_security_group"):
        assert not each.values.keys() & {"ingress", "egress"}
    [*ingress] = found.all("aws_vpc_security_group_ingress_rule")
    assert all("referenced_security_group_id" in each.values for each in ingress)
    assert len(ingress) == (example == "fargate")
    assert not found.all("aws_nat_gateway")
    assert not found.all("aws_lb")


@SHAPES
def test_images_are_named_by_digest(example):
    images = [each["image"] for each in containers().values()]
    images += re.findall(r"IMAGE='(.*)'", evaluate("small").one("aws_instance.bot[0]").values["user_data"])
    assert len(images) == 3
    assert all(re.fullmatch(r".+@sha256:[0-9a-f]{64}", image) for image in images)
    text = (DEPLOY / "modules" / example / "variables.tf").read_text()
    assert 'can(regex("@sha256:[0-9a-f]{64}$", var.image))' in text
    assert evaluate(example).one("aws_ecr_repository.bot").values["image_tag_mutability"] == "IMMUTABLE"


def test_small_keeps_its_log_on_an_encrypted_disk_of_its_own():
    found = evaluate("small")
    disk, instance = found.one("aws_ebs_volume.data").values, found.one("aws_instance.bot[0]").values
    assert disk["encrypted"]
    assert instance["root_block_device"]["encrypted"]
    assert disk["lifecycle"] == {"prevent_destroy": True}
    assert disk["availability_zone"] == instance["availability_zone"]
    assert instance["metadata_options"] == {"http_tokens": "required", "http_put_response_hop_limit": 1}
    assert "key_name" not in instance
    assert len(instance["user_data"].encode()) < 16_384 - 1024  # of EC2's 16 KB
    bucket = found.one('aws_s3_bucket.kept["backups"]').values["bucket"]
    assert bot_environment("small")["MINUTE_BACKUPS"] == f"s3://{bucket}"


def test_fargate_keeps_postgres_encrypted_backed_up_and_out_of_reach():
    database = evaluate("fargate").one("aws_db_instance.bot").values
    wanted = {"storage_encrypted": True, "publicly_accessible": False, "deletion_protection": True, "multi_az": True}
    assert wanted.items() <= database.items()
    assert database["backup_retention_period"] == 14
    parameters = evaluate("fargate").one("aws_db_parameter_group.bot").values["parameter"]
    assert parameters == {"name": "rds.force_ssl", "value": "1"}


def test_a_new_task_starts_beside_the_old_one_and_a_bad_one_is_rolled_back():
    service = evaluate("fargate").one("aws_ecs_service.bot").values
    assert (service["desired_count"], service["launch_type"]) == (1, "FARGATE")
    assert (service["deployment_minimum_healthy_percent"], service["deployment_maximum_percent"]) == (100, 200)
    assert service["deployment_circuit_breaker"] == {"enable": True, "rollback": True}
    assert service["enable_execute_command"] is True
    assert containers()["bot"]["stopTimeout"] >= 15  # the worker hands back within ten seconds


# --- alarms -----------------------------------------------------------------------------------------------------------


@SHAPES
def test_people_are_told_without_the_bot(example):
    found = evaluate(example)
    alarms = {each.values["alarm_name"]: each.values for each in found.all("aws_cloudwatch_metric_alarm")}
    wanted = {"dead": 3, "leader": 2, "database": 2, "ready": 10} | ({"backup": 10} if example == "small" else {})
    for name, minutes in wanted.items():
        alarm = alarms[f"compromise-bot-{name}"]
        assert (alarm["period"], alarm["evaluation_periods"]) == (60, minutes)
        assert alarm["treat_missing_data"] == "breaching"
    assert "compromise-bot-restarts" in alarms
    assert all(each["alarm_actions"] == [f"<{MODULE}aws_sns_topic.on_call>"] for each in alarms.values())
    subscription = found.one("aws_sns_topic_subscription.email").values
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "on-call@example.com")


@SHAPES
def test_each_alarm_has_a_metric_that_something_writes(example):
    found = evaluate(example)
    filters = {
        each.values["metric_transformation"]["name"]: each.values
        for each in found.all("aws_cloudwatch_log_metric_filter")
    }
    for each in found.all("aws_cloudwatch_metric_alarm"):
        assert each.values["metric_name"] in {*filters, "FreeStorageSpace"}
    code = (DEPLOY / "minute.py").read_text()
    for name, values in filters.items():
        if name != "Starts":
            field = values["metric_transformation"]["value"].removeprefix("$.")
            assert values["pattern"] == f"{{ $.{field} = * }}"
            assert f'"{field}"' in code
    said = re.search(r'event = "([^"]+)"', filters["Starts"]["pattern"].replace("\\", ""))
    assert f'_log.info("{said[1]}"' in (Path(__file__).parents[2] / "bot" / "web" / "server.py").read_text()


@SHAPES
def test_the_log_is_kept_and_ends(example):
    assert evaluate(example).one("aws_cloudwatch_log_group.bot").values["retention_in_days"] == 400


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_each_module_says_what_it_takes(module):
    assert written(module) == (module / "README.md").read_text(), "uv run python -m tests.deploy.readme writes it"
    inputs, _ = declared(module)
    assert [name for name, (what, _) in inputs.items() if not what] == []
