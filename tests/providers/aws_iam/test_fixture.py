"""The product's IAM users at the practice account."""

from pathlib import Path

import pytest

from bot.drill.account import Account
from bot.drill.providers.aws_iam.fixture import ACCESS_KEY, AwsIamSite
from bot.drill.providers.contract import Ground


@pytest.fixture(scope="module")
def account():
    account = Account()
    yield account
    account.stop()


def test_the_current_key_is_accepted_and_the_one_before_only_takes_up_a_place(account):
    site = AwsIamSite.opened(Ground(Path(), account=account, pagerduty=None))
    for environment in ("production", "staging"):
        [stock] = site.stocks(environment)
        pairs = list(zip(stock.parts["id"], stock.parts["secret"], strict=True))
        accepted = [site.accepts(ACCESS_KEY, {"id": key_id, "secret": secret}) for key_id, secret in pairs]
        assert accepted == [False, False, True]
        assert not site.accepts(ACCESS_KEY, {"secret": pairs[-1][1]})
        listed = account.world.aws.client("iam").list_access_keys(UserName=f"product-{environment}")
        assert {key["AccessKeyId"]: key["Status"] for key in listed["AccessKeyMetadata"]} == {
            pairs[1][0]: "Inactive",
            pairs[2][0]: "Active",
        }
        assert {secret for _, secret in pairs} <= {value for _, value in site.values()}
        assert pairs[2][1] in {key.value for key in site.fake.live_keys()}


def test_its_faults_are_of_keys_alone(account):
    site = AwsIamSite(account)
    site.faults().inject("500")
    account.world.store("/production/anything", "value")
    site.faults().clear()
    assert (site.admins("production"), site.applications(), site.variables({}), site.pid()) == ({}, {}, {}, None)
    site.stop()
