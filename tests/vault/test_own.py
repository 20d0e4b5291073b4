"""Which settings a process may lack because its AWS identity may not read them, and how the bot's own keys are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.app.parameters import NOT_FOR_EVERY_PROCESS, read_settings
from bot.errors import ConfigurationError, Missing, Unauthorized
from bot.secrets.secret import Secret
from bot.settings.model import settings_table
from bot.settings.table import PARAMETERS, parameter_name
from bot.vault import own
from bot.vault.contract import Stored

DENIED = "AccessDeniedException: the bot's AWS identity lacks this permission"


class Parameters:
    """Holds `values`; a request with a name of `denied` is refused by the cause given there."""

    def __init__(self, values: Mapping[str, str], denied: Mapping[str, str]) -> None:
        self.values, self.denied = values, denied
        self.asked: list[list[str]] = []

    def read_ten(self, names: Sequence[str]) -> dict[str, Stored]:
        assert len(names) <= 10
        self.asked.append(list(names))
        for name in names:
            if name in self.denied:
                raise Unauthorized("ssm", "read", self.denied[name])
        return {name: Stored(Secret(value), 1) for name, value in self.values.items() if name in names}

    def settings(self, *names: str) -> dict[str, str]:
        return {name: value.reveal() for name, value in read_settings(self.read_ten, names).items()}


def test_a_setting_is_read_and_an_absent_one_is_unset():
    vault = Parameters({"/bot/bot-port": "4000"}, {})
    assert vault.settings("/bot/bot-port", "/bot/bot-people") == {"/bot/bot-port": "4000"}


@pytest.mark.parametrize("name", sorted(NOT_FOR_EVERY_PROCESS))
def test_a_credential_of_others_counts_as_unset(name):
    assert Parameters({}, {name: DENIED}).settings(name) == {}


def test_an_event_log_that_may_not_be_read_is_never_replaced_by_a_local_one():
    name = parameter_name("BOT_DATABASE_URL")
    with pytest.raises(Unauthorized):
        Parameters({}, {name: DENIED}).settings("/bot/bot-port", name)


def test_an_expired_session_is_not_taken_for_a_missing_right():
    name = parameter_name("SLACK_BOT_TOKEN")
    with pytest.raises(Unauthorized):
        Parameters({}, {name: "ExpiredTokenException: sign in again"}).settings(name)


def test_ten_settings_are_read_in_one_request():
    names = [parameter_name(row.variable) for row in settings_table() if row.parameter]
    vault = Parameters({}, {})
    vault.settings(*names)
    assert [len(asked) for asked in vault.asked] == [10, 10, len(names) - 20 - len(NOT_FOR_EVERY_PROCESS), 8]


def test_one_credential_of_others_hides_no_other():
    mine, theirs = parameter_name("SLACK_BOT_TOKEN"), parameter_name("BOT_PAGERDUTY_API_KEY")
    vault = Parameters({"/bot/bot-port": "4000", mine: "xoxb-made-up"}, {theirs: DENIED})
    assert vault.settings(mine, theirs, "/bot/bot-port") == {"/bot/bot-port": "4000", mine: "xoxb-made-up"}
    assert vault.asked == [["/bot/bot-port"], [mine, theirs], [mine], [theirs]]


def test_what_others_may_hold_are_secret_settings():
    secret = {parameter_name(row.variable) for row in settings_table() if row.secret and row.parameter}
    assert secret - NOT_FOR_EVERY_PROCESS == {f"{PARAMETERS}/bot-database-url"}


class Kept:
    """An account of AWS in which parameters are made, and read."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, str]] = {}

    def client(self, _service: str) -> Kept:
        return self

    def get_parameter(self, **asked: object) -> dict[str, object]:
        return {"Parameter": self._found(asked)}

    def get_parameter_history(self, **asked: object) -> dict[str, object]:
        return {"Parameters": [self._found(asked)]}

    def put_parameter(self, **asked: str) -> None:
        self.made[asked["Name"]] = asked

    def _found(self, asked: Mapping[str, object]) -> dict[str, object]:
        if asked["Name"] not in self.made:
            raise Missing("ssm", f"read {asked['Name']}", "ParameterNotFound")
        return {**self.made[str(asked["Name"])], "Version": 1}


class Many(Kept):
    """A key of many versions, a page at a time as Parameter Store gives them: the oldest first."""

    def get_parameter_history(self, **asked: object) -> dict[str, object]:
        first, most = int(str(asked.get("NextToken", 0))), int(str(asked["MaxResults"]))
        page = [{"Value": f"{number:064x}", "Version": number + 1} for number in range(120)][first : first + most]
        return {"Parameters": page} | ({"NextToken": str(first + most)} if first + most < 120 else {})


def test_the_key_in_force_is_the_first_of_however_many_versions():
    keys = own.all_keys(Many(), own.WORKER_KEY, None)
    assert [int(key.reveal(), 16) for key in keys] == [*reversed(range(120))]


MAKES = [
    own.fingerprint_key,
    lambda aws, key, **more: own.all_keys(aws, own.WORKER_KEY, key, **more),
]


@pytest.mark.parametrize("make", MAKES)
def test_in_production_a_key_is_made_under_the_staging_key_or_not_at_all(make):
    aws = Kept()
    with pytest.raises(ConfigurationError, match="BOT_STAGING_KMS_KEY"):
        make(aws, None, apart=True)
    assert aws.made == {}
    made = make(aws, "alias/staging", apart=True)
    assert [each["KeyId"] for each in aws.made.values()] == ["alias/staging"]
    assert make(aws, None, apart=True) == made  # it is there


@pytest.mark.parametrize("make", MAKES)
def test_elsewhere_awss_own_key_does(make):
    aws = Kept()
    make(aws, None)
    assert [each["KeyId"] for each in aws.made.values()] == [own.AWS_MANAGED_KEY]
