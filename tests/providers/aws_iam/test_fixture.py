"""The product's IAM users at the practice account."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.drill.account import Account
from bot.drill.providers.aws_iam.fixture import ACCESS_KEY, AwsIamFixture
from bot.drill.providers.contract import Environment
from bot.providers.aws_iam.access_keys import User
from bot.providers.aws_iam.provider import AwsIam


@pytest.fixture(scope="module")
def account():
    account = Account()
    yield account
    account.stop()


def test_the_current_key_is_accepted_and_the_one_before_only_takes_up_a_place(account):
    fixture = AwsIamFixture.opened(Environment(Path(), account=account, pagerduty=None))
    for environment in ("production", "staging"):
        [seed] = fixture.seeds(environment)
        pairs = list(zip(seed.parts["id"], seed.parts["secret"], strict=True))
        accepted = [fixture.accepts(ACCESS_KEY, {"id": key_id, "secret": secret}) for key_id, secret in pairs]
        assert accepted == [False, False, True]
        assert not fixture.accepts(ACCESS_KEY, {"secret": pairs[-1][1]})
        listed = account.world.aws.client("iam").list_access_keys(UserName=f"product-{environment}")
        assert {key["AccessKeyId"]: key["Status"] for key in listed["AccessKeyMetadata"]} == {
            pairs[1][0]: "Inactive",
            pairs[2][0]: "Active",
        }
        assert {secret for _, secret in pairs} <= {value for _, value in fixture.values()}
        assert pairs[2][1] in {key.value for key in fixture.fake.live_keys()}


def test_its_faults_are_of_keys_alone(account):
    fixture = AwsIamFixture(account)
    fixture.faults().inject("500")
    account.world.store("/production/anything", "value")
    fixture.faults().clear()
    assert (fixture.admins("production"), fixture.applications(), fixture.variables({}), fixture.pid()) == (
        {},
        {},
        {},
        None,
    )
    fixture.stop()


def test_what_the_account_has_from_the_start_is_older_than_the_leak():
    account = Account()
    fixture = AwsIamFixture.opened(Environment(Path(), account=account, pagerduty=None))
    [seed] = fixture.seeds("production")
    account.store("/production/AWS_SECRET_ACCESS_KEY", *seed.parts["secret"])
    account.open_for_business()
    aws = account.world.aws
    put = aws.client("ssm").get_parameter(Name="/production/AWS_SECRET_ACCESS_KEY")["Parameter"]["LastModifiedDate"]
    provider, current = AwsIam(aws, User(aws, "product-production")), seed.parts["id"][-1]
    assert timedelta(days=40) < datetime.now(UTC) - put
    assert provider.leftovers(put, None, current) == []
    made = account.world.create_person("someone-else")
    assert {(each.item, each.id) for each in provider.leftovers(put, None, current)} == {
        ("users", "someone-else"),
        ("access-keys", made.key_id),
    }
    account.stop()
