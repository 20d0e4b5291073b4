import pytest

from tests.recordings.telling import practice_account


@pytest.fixture(scope="module")
def account():
    with practice_account() as account:
        yield account
