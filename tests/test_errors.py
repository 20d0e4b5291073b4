import pytest

from bot import errors

KINDS = [errors.Unreachable, errors.Throttled, errors.Unauthorized, errors.Missing, errors.Refused, errors.Unexpected]


@pytest.mark.parametrize("kind", KINDS)
def test_an_outside_error_names_the_system_the_verb_and_the_cause(kind):
    error = kind("sendgrid", "revoke key 4f", "HTTP 500")
    assert str(error) == "sendgrid: revoke key 4f: HTTP 500"
    assert (error.system, error.verb, error.cause) == ("sendgrid", "revoke key 4f", "HTTP 500")
    assert isinstance(error, errors.BotError)


def test_only_what_can_change_by_itself_is_worth_another_try():
    assert {kind.__name__ for kind in KINDS if kind.retryable} == {"Unreachable", "Throttled", "Unexpected"}


def test_throttled_says_how_long_to_wait_if_it_was_told():
    assert errors.Throttled("s", "v", "HTTP 429").retry_after is None
    assert errors.Throttled("s", "v", "HTTP 429", 2.5).retry_after == 2.5


def test_a_full_log_is_no_outside_error():
    assert issubclass(errors.LogUnavailable, errors.LogError)
    assert not issubclass(errors.LogError, errors.OutsideError)
