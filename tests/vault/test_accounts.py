"""The bot in an account of its own: its parameters are there, the product's where a role gives access."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from bot.app.outside import Outside
from bot.aws import Aws, Role
from bot.drill.fakes.aws_moto import moto_application
from bot.drill.fakes.serving import Served
from bot.errors import ConfigurationError, Missing, Unauthorized
from bot.secrets.secret import Secret
from bot.settings.model import Settings
from bot.vault.accounts import TwoAccounts
from bot.vault.ssm import SsmVault

REGION = "eu-central-1"
PRODUCT = "222222222222"
ROLE = Role(f"arn:aws:iam::{PRODUCT}:role/compromise-bot", "an-id-of-ours")
OPENAI = "/production/openai-api-key"
ADMIN = "/bot/admin/openai"
STAGED = "/_compromise/inc_a/openai-api-key/new/value"


@pytest.fixture(scope="module")
def own():
    """The bot's own identity, at AWS with accounts apart as moto has them."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    with Served(moto_application()) as served:
        key = ("AKIAIOSFODNN7EXAMPLE", Secret("s"))
        yield Aws(REGION, endpoint_url=served.url, access_key=key, loopback_allowed=True)


@pytest.fixture(scope="module")
def product(own):
    return own.with_role(ROLE)


@pytest.fixture
def vault(own, product):
    for aws, name in ((own, ADMIN), (product, OPENAI)):
        aws.client("ssm").put_parameter(Name=name, Value="one", Type="SecureString", Overwrite=True)
    return TwoAccounts(SsmVault(own, staging_key="alias/aws/ssm"), SsmVault(product))


def test_the_role_is_assumed_in_its_own_account_and_stays(own, product):
    assert own.caller_identity().split(":")[4] == DEFAULT_ACCOUNT_ID
    assert product.caller_identity() == f"arn:aws:sts::{PRODUCT}:assumed-role/compromise-bot/compromise-bot"
    assert product.signing_key().token is not None
    assert product.with_timeout(1.0).caller_identity() == product.caller_identity()
    assert product.with_access_key("AKIA1", Secret("s")).role is None


def test_sts_is_told_the_external_id_and_a_refusal_is_said():
    asked = []
    refusal = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"

    def sts(environ, start_response):
        asked.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        start_response("403 Forbidden", [("Content-Type", "text/xml")])
        return [refusal]

    with Served(sts) as served:
        key = ("AKIAIOSFODNN7EXAMPLE", Secret("s"))
        aws = Aws(REGION, endpoint_url=served.url, access_key=key, loopback_allowed=True).with_role(ROLE)
        with pytest.raises(Unauthorized, match="ssm: read /production/x: AccessDenied"):
            SsmVault(aws).read("/production/x")
        with pytest.raises(ConfigurationError, match="ClientError"):
            aws.signing_key()
    words = parse_qs(asked[0])
    assert (words["Action"], words["RoleArn"]) == (["AssumeRole"], [ROLE.arn])
    assert (words["ExternalId"], words["RoleSessionName"]) == (["an-id-of-ours"], ["compromise-bot"])
    assert all("AssumeRole" in each for each in asked)


def test_without_an_identity_of_its_own_nothing_is_assumed(monkeypatch, own):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    nobody = Aws(REGION, endpoint_url=own.endpoint_url, loopback_allowed=True).with_role(ROLE)
    with pytest.raises(Unauthorized, match="no AWS credentials were found"):
        nobody.caller_identity()


def test_each_parameter_is_read_and_written_where_it_belongs(own, product, vault):
    assert vault.put(OPENAI, Secret("two")) > 1
    assert (vault.read(OPENAI).value, vault.read(ADMIN).value) == (Secret("two"), Secret("one"))
    for aws, name in ((own, OPENAI), (product, ADMIN)):
        with pytest.raises(Missing):
            SsmVault(aws).read(name)
    version = vault.read(OPENAI).version
    vault.label(OPENAI, version, "current")
    assert vault.history(OPENAI)[-1].labels == ("current",)
    assert [stored.value for stored in vault.values(ADMIN)][-1] == Secret("one")
    assert [found.number for found in vault.holding(Secret("two"), OPENAI)][-1] == version


def test_a_list_of_both_is_one_answer(vault):
    names = (OPENAI, ADMIN, "/production/none", "/bot/none")
    assert set(vault.read_some(names)) == set(vault.newest(names)) == set(vault.written(names)) == {OPENAI, ADMIN}
    assert {name for name, _ in vault.find(Secret("one"), names)} >= {ADMIN}
    assert vault.newest(()) == {}


def test_what_waits_waits_in_the_bots_account(own, product, vault):
    vault.stage(STAGED, Secret("new"))
    assert vault.staged("/_compromise/inc_a") == [STAGED]
    assert vault.read(STAGED).value == SsmVault(own).read(STAGED).value == Secret("new")
    assert SsmVault(product).staged("/_compromise/inc_a") == []
    vault.unstage(STAGED)
    assert vault.staged("/_compromise/inc_a") == []


def outside(**environ):
    return Outside(Settings.load({"BOT_DATA": "data", **environ}), None, None, None)


def test_settings_say_whether_there_are_two_accounts():
    alone = outside()
    assert alone.product is alone.aws
    assert isinstance(alone.vault, SsmVault)
    apart = outside(BOT_PRODUCT_ROLE=ROLE.arn, BOT_PRODUCT_EXTERNAL_ID=ROLE.external_id)
    assert apart.product.role == ROLE
    assert isinstance(apart.vault, TwoAccounts)
    assert apart.aws.role is None
    with pytest.raises(ConfigurationError, match="BOT_PRODUCT_ROLE"):
        outside(BOT_PRODUCT_ROLE="compromise-bot")
