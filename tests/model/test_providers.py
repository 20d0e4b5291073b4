"""What people call a provider, which the core may not import."""

import pytest

from bot.model.built_in import PROVIDERS
from bot.model.providers import provider_name
from bot.providers.built_in import BUILT_IN


@pytest.mark.parametrize(("provider", "name"), [("github", "GitHub"), ("aws-iam", "AWS IAM"), ("acme", "acme")])
def test_a_provider_is_called_by_its_proper_name_where_one_is_known(provider, name):
    assert provider_name(provider) == name


def test_each_provider_that_the_bot_comes_with_has_one():
    assert set(PROVIDERS) == {key.partition(":")[0].partition("/")[0] for key in BUILT_IN}
