"""setup: what an installation needs, out of a few answers."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from bot.cli import setup as module
from bot.slack.manifest import manifest
from tests.cli.conftest import say
from tests.deploy.evaluated import DEPLOY

ANSWERS = """\
account: "111111111111"
product-account: "222222222222"
region: eu-central-1
functions: [api, worker]
security-channel: C0123456789
on-call-email: on-call@example.com
people:
  ada:
    principal: arn:aws:iam::111111111111:user/ada
    slack: U012AB3CD
    rights: [respond, approve, command]
  ben:
    principal: arn:aws:sts::111111111111:assumed-role/Responder/ben
    rights: [respond, approve]
"""
HAND_OVER = "RespondersHandOverValuesTheyCannotReadBack"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "answers.yaml").write_text(ANSWERS)
    return tmp_path


def run(folder, *arguments, **options):
    return say("setup", "--into", folder, *arguments, **options)


def states(said):
    return {each["name"]: each["state"] for each in said.document["files"]}


def policy(folder, name):
    statements = json.loads((folder / "policies" / f"{name}.json").read_text())["Statement"]
    return {each["Sid"]: each for each in statements}


def test_everything_is_written_and_nothing_is_left_in_capitals(folder):
    found = states(run(folder, "--json"))
    assert found == dict.fromkeys(
        [
            "people.yaml", "env", "terraform.tfvars", "product.tfvars", "Dockerfile",
            "policies/compromise-bot-worker.json", "policies/compromise-bot-worker-trust.json",
            "policies/compromise-bot-responder.json", "policies/compromise-bot.json",
            "policies/compromise-bot-trust.json", "policies/compromise-staging-key.json",
            "policies/compromise-command-key.json",
        ],
        "new",
    )  # fmt: skip
    for name in found:
        text = (folder / name).read_text()
        values = re.sub(
            r'^[A-Z_]+=|"(BOT|kms:EncryptionContext:)[A-Z_]+"|[a-z:]+\$\{.*?\}', "", text, flags=re.MULTILINE
        )
        assert re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b|\b(?:REGION|ACCOUNT|BUCKET|RESPONDERS)\b", values) == [], name


def test_each_account_gets_the_statements_about_it(folder):
    run(folder)
    worker, product = policy(folder, "compromise-bot-worker"), policy(folder, "compromise-bot")
    assert worker["RoleInTheProductsAccount"]["Resource"] == "arn:aws:iam::222222222222:role/compromise-bot"
    assert (
        product["SecretsOfTheProduct"]["Resource"][0] == "arn:aws:ssm:eu-central-1:222222222222:parameter/production/*"
    )
    assert product["FunctionsThatReadTheSecrets"]["Resource"][-1].endswith("function:worker:*")
    assert set(worker) & set(product) == {"TierAndKeyOfAParameter"}
    assert "KeysOfParametersThroughParameterStoreOnly" not in product
    assert "AccessKeysOfTheProduct" not in product
    staging = policy(folder, "compromise-staging-key")
    assert staging["RespondersHandOverValuesTheyCannotReadBack"]["Principal"]["AWS"] == [
        "arn:aws:iam::111111111111:user/ada", "arn:aws:iam::111111111111:role/Responder",
    ]  # fmt: skip


def test_in_one_account_the_product_has_a_role_of_its_own_too(folder):
    answers = ANSWERS.replace('product-account: "222222222222"\n', "aws-keys: true\nshape: fargate\n")
    (folder / "answers.yaml").write_text(answers)
    run(folder)
    assert "AccessKeysOfTheProduct" in policy(folder, "compromise-bot")
    assert "222222222222" not in "".join(path.read_text() for path in (folder / "policies").iterdir())
    [trust] = json.loads((folder / "policies/compromise-bot-worker-trust.json").read_text())["Statement"]
    assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_a_front_of_its_own_has_a_role_and_reads_the_key_of_proofs(folder):
    (folder / "answers.yaml").write_text(f"{ANSWERS}front: true\n")
    run(folder)
    assert set(policy(folder, "compromise-bot-front")) == {"Settings", "ProofsOfCommands"}
    trusts = {(folder / f"policies/compromise-bot-{role}-trust.json").read_text() for role in ("front", "worker")}
    assert len(trusts) == 1
    reads = policy(folder, "compromise-command-key")["TheFrontReadsIt"]
    assert reads["Principal"] == {"AWS": ["arn:aws:iam::111111111111:role/compromise-bot-front"]}


def test_again_it_shows_what_changes_and_leaves_what_was_edited(folder):
    run(folder)
    assert set(states(run(folder, "--json")).values()) == {"unchanged"}
    (folder / "people.yaml").write_text("ada: {slack: U1, rights: []}\n")
    (folder / "answers.yaml").write_text(ANSWERS.replace("[api, worker]", "[api]").replace("ben:", "bea:"))
    said = run(folder)
    assert "product.tfvars changed:" in said.out
    assert '+functions = ["api"]' in said.out
    assert "people.yaml was edited by hand and stays as it is. The answers ask for:" in said.out
    assert (folder / "people.yaml").read_text() == "ada: {slack: U1, rights: []}\n"
    assert states(run(folder, "--json"))["people.yaml"] == "edited"


def test_mistakes_are_named_with_their_line(folder):
    (folder / "answers.yaml").write_text(ANSWERS.replace('"111111111111"', '"1"').replace("region", "regoin"))
    said = run(folder)
    assert said.status == 2
    assert "answers.yaml:1: account: " in said.err
    assert "answers.yaml:3: `regoin` is not known" in said.err
    (folder / "answers.yaml").write_text(ANSWERS.replace("U012AB3CD", "ada"))
    assert "answers.yaml:10: ada.slack: " in run(folder).err


def test_the_role_of_identity_center_has_to_be_named(folder):
    principal = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Responder_0123456789abcdef/ben"
    answers = ANSWERS.replace("arn:aws:sts::111111111111:assumed-role/Responder/ben", principal)
    (folder / "answers.yaml").write_text(answers)
    said = run(folder)
    assert said.status == 2
    assert "aws iam list-roles --path-prefix /aws-reserved/sso.amazonaws.com/" in said.err
    role = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Responder_0123456789abcdef"
    (folder / "answers.yaml").write_text(f"{answers}responders: ['{role}']\n")
    assert run(folder).status == 0


def test_a_person_is_asked_and_the_answers_are_kept(tmp_path, monkeypatch):
    answers = {
        "account": "111111111111", "region": "eu-central-1", "on-call-email": "on-call@example.com",
        "functions": "api, worker", "Name": ["ada", ""], "AWS": "arn:aws:iam::111111111111:user/ada",
    }  # fmt: skip

    def prompt(question, default, **_):
        found = answers.get(question.split()[0], default)
        return found.pop(0) if isinstance(found, list) else found

    monkeypatch.setattr(module.typer, "prompt", prompt)
    said = run(tmp_path, terminal=True)
    assert said.status == 0, said.err
    kept = yaml.safe_load((tmp_path / "answers.yaml").read_text())
    assert kept["functions"] == ["api", "worker"]
    assert kept["people"] == {
        "ada": {"principal": "arn:aws:iam::111111111111:user/ada", "rights": ["respond", "approve", "command"]}
    }
    assert "shape" not in kept
    assert run(tmp_path).status == 0


def test_without_answers_and_anyone_to_ask_it_says_what_to_enter(tmp_path):
    said = run(tmp_path)
    assert said.status == 2
    assert "Enter --from FILE" in said.err


# --- the account ------------------------------------------------------------------------------------------------------


def test_the_account_is_compared_with_the_answers(installation, folder):
    (folder / "answers.yaml").write_text(ANSWERS.replace("111111111111", "123456789012"))

    def differences():
        said = installation.bot("setup", "--check", "--into", folder, "--json")
        found = [f"{each['what']}: {each['said']}" for each in said.document["differences"]]
        assert said.status == (1 if found else 0)
        return found

    assert differences() == [
        f"{what}: not in this account"
        for what in (
            "alias/compromise-staging", "alias/compromise-command", "trust of compromise-bot-worker",
            "compromise-bot-worker", "compromise-bot-responder",
        )
    ]  # fmt: skip
    installation.bot("setup", "--into", folder)
    apply(installation.world.aws.aws, folder / "policies")
    assert differences() == []
    (folder / "answers.yaml").write_text(
        ANSWERS.replace("111111111111", "123456789012").replace("user/ada", "user/bea")
    )
    assert differences() == [
        f"alias/compromise-staging: lacks the statement {HAND_OVER}, or says it differently",
    ]
    (folder / "answers.yaml").write_text(ANSWERS)
    assert differences() == ["account: these credentials are for 123456789012, and the answers for 111111111111"]


def apply(aws, policies):
    """What a person does with the files by hand, or Terraform."""
    iam, kms = aws.client("iam"), aws.client("kms")
    text = {path.stem: path.read_text() for path in policies.glob("*.json")}
    for name in ("compromise-staging", "compromise-command"):
        key = kms.create_key(Policy=text[f"{name}-key"])["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    for name in (name for name in text if f"{name}-trust" in text):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=text[f"{name}-trust"])
        iam.put_role_policy(RoleName=name, PolicyName="worker", PolicyDocument=text[name])
    iam.create_policy(PolicyName="compromise-bot-responder", PolicyDocument=text["compromise-bot-responder"])


# --- Slack, and a person's terminal -----------------------------------------------------------------------------------


def test_the_link_makes_the_app_that_the_manifest_describes(installation):
    said = installation.bot("setup", "slack", "--json")
    assert said.status == 0
    place = urlsplit(said.document["link"])
    assert (place.netloc, place.path) == ("api.slack.com", "/apps")
    asked = parse_qs(place.query)
    assert asked["new_app"] == ["1"]
    assert json.loads(asked["manifest_json"][0]) == manifest(None, socket=True)
    names = [each["name"] for each in said.document["checks"]]
    assert names == ["Slack token", "Slack scopes", "Slack connection", "Slack channels", "Slack people"]
    assert said.document["link"] in installation.bot("setup", "slack").out


def test_a_person_is_shown_the_way_to_the_log(installation, tmp_path):
    said = installation.bot("setup", "terminal", "--json")
    assert said.document["person"] == "ada"
    assert said.document["commands"][1].startswith('aws ssm start-session --target "$(aws ec2 describe-instances')
    url = "postgresql://bot_front:not-shown@db.internal:5433/bot"
    said = installation.bot("setup", "terminal", BOT_DATABASE_URL=url)
    assert "--parameters host=db.internal,portNumber=5433,localPortNumber=15432" in said.out
    assert "not-shown" not in said.out
    tunnel = (DEPLOY / "modules/fargate/outputs.tf").read_text()
    for word in ("AWS-StartPortForwardingSessionToRemoteHost", "localPortNumber=15432", "runtimeId"):
        assert word in tunnel
        assert word in said.out
    (tmp_path / "none.yaml").write_text("bob: {slack: U012AB3CD, rights: []}\n")
    said = installation.bot("setup", "terminal", BOT_PEOPLE=str(tmp_path / "none.yaml"))
    assert "no rights in the people file" in said.out
