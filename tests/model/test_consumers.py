"""How consumers of other kinds than Lambda's are named, and known among who read."""

import pytest

from bot.model.consumers import called, full_name, is_function, split_name
from bot.model.secrets import Consumer

KEYS = {"lambda", "ecs"}
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:api:live"


@pytest.mark.parametrize(
    ("key", "name", "full"), [("lambda", "api", "api"), ("lambda", ARN, ARN), ("ecs", "shop/api", "ecs/shop/api")]
)
def test_a_name_tells_its_kind(key, name, full):
    assert full_name(key, name) == full
    assert split_name(full, KEYS) == (key, name)
    assert is_function(full) is (key == "lambda")


def test_what_no_kind_claims_is_a_function_as_it_was_before_there_were_kinds():
    assert split_name("nobody/knows", KEYS) == ("lambda", "nobody/knows")


def test_it_is_called_a_function_where_nothing_else_is_meant():
    assert [called(names) for names in (["api"], ["api", "ecs/shop/api"], ["ecs/shop/api"])] == [
        "function", "consumer", "consumer",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("consumer", "principal", "known"),
    [
        (Consumer(ARN.removesuffix(":live")), "arn:aws:sts::1:assumed-role/any/api", True),
        (Consumer("api"), "api", True),
        (Consumer("api"), "arn:aws:sts::1:assumed-role/api/other", False),
        (Consumer("ecs/shop/api", reads_as="shop"), "arn:aws:sts::1:assumed-role/shop/0f3c", True),
        (Consumer("ecs/shop/api", reads_as="deploy"), "arn:aws:iam::1:user/deploy", True),
        (Consumer("ecs/shop/api", reads_as="shop"), "arn:aws:sts::1:assumed-role/other/0f3c", False),
        (Consumer("ecs/shop/api"), "arn:aws:sts::1:assumed-role/shop/api", False),
    ],
)
def test_a_lambda_session_bears_the_functions_name_others_that_of_the_catalog(consumer, principal, known):
    assert consumer.may_be(principal) is known
