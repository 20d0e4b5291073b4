"""One request to AWS, and its outcome in our own words.

The message of an answer is dropped, since AWS repeats parts of the request in it. The error code is kept, because codes
are a closed list of words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from bot.errors import (
    BotError,
    ConfigurationError,
    Missing,
    OutsideError,
    Refused,
    Throttled,
    Unauthorized,
    Unexpected,
    Unreachable,
)
from bot.model.priority import Priority
from bot.net.limits import Bucket

THROTTLED: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "RateExceeded",
        "TooManyUpdates",
        "TooManyRequestsException",
        "SlowDown",
    }
)
UNAUTHORIZED: Final[Mapping[str, str]] = {
    "AccessDenied": "the bot's AWS identity lacks this permission: add it to its policy",
    "AccessDeniedException": "the bot's AWS identity lacks this permission or the KMS key's: add it",
    "UnauthorizedOperation": "the bot's AWS identity lacks this permission: add it to its policy",
    "KMSAccessDeniedException": "the bot's AWS identity may not use the KMS key: add it to the key's policy",
    "ExpiredToken": "the bot's AWS session has expired: sign in again",
    "ExpiredTokenException": "the bot's AWS session has expired: sign in again",
    "RequestExpired": "AWS rejects the request as too old: check this machine's clock",
    "InvalidClientTokenId": "AWS does not accept the bot's access key: it is deleted or inactive",
    "UnrecognizedClientException": "AWS does not accept the bot's access key: it is deleted or inactive",
    "SignatureDoesNotMatch": "the bot's secret access key does not fit its key id, or this machine's clock is off",
    "InvalidSignatureException": "the bot's secret access key does not fit its key id, or this machine's clock is off",
}
MISSING: Final = frozenset(
    {
        "ParameterNotFound",
        "ParameterVersionNotFound",
        "ResourceNotFoundException",
        "ProvisionedConcurrencyConfigNotFoundException",
        "NoSuchEntity",
        "UserNotFound",
        "NotFoundException",
        "404",  # S3's, to a look without a body
        "NoSuchKey",
        "ObjectLockConfigurationNotFoundError",
    }
)
REFUSED: Final[Mapping[str, str]] = {
    "InvalidKeyId": "the KMS key is unknown, disabled or about to be deleted",
    "ParameterLimitExceeded": "the account's quota of parameters is used up",
    "ResourceConflictException": "another update of the function is in progress: retry when it has ended",
    "NoSuchBucket": "there is no bucket of that name",
    "ParameterVersionLabelLimitExceeded": "the version carries ten labels already",
}
PATIENCE = 4
"""The number of retries after throttling."""
REFUSED_STATUSES: Final = frozenset({400, 409, 412, 413})


def call[Answered](
    system: str,
    verb: str,
    request: Callable[[], Answered],
    *,
    bucket: Bucket | None = None,
    priority: Priority = Priority.READ,
) -> Answered:
    """Runs one request when `bucket` has a token for `priority`; raises our own errors instead of botocore's.

    `system` and `verb` are the first two words of the error (``ssm``, ``read /production/redis-url``).
    """
    if bucket is not None:
        bucket.take(priority)
    try:
        return request()
    except BotError:
        raise
    except Exception as error:  # noqa: BLE001 - botocore lets errors of urllib3 and its parsers through
        told = _told(system, verb, error)
    if bucket is not None and isinstance(told, Throttled):
        bucket.slow_down(told.retry_after)
    raise told from None  # the original may repeat what was sent


def patiently[Answered](ask: Callable[[], Answered]) -> Answered:
    """The result of `ask`, repeated a few times if AWS throttles. Others use the account's quota too, and without a
    retry all pages read before would be lost.
    """
    for _ in range(PATIENCE):
        with suppress(Throttled):
            return ask()
    return ask()


def pages(ask: Callable[[Mapping[str, str]], Any]) -> Iterator[Any]:
    """Every page of a list. `ask` gets the arguments for the next page: none at first, then `NextToken` for Parameter
    Store or `Marker` for IAM.
    """
    more: Mapping[str, str] = {}
    while True:
        page = ask(more)
        yield page
        if page.get("NextToken"):
            more = {"NextToken": page["NextToken"]}
        elif page.get("IsTruncated"):
            more = {"Marker": page["Marker"]}
        else:
            return


def answered(error: OutsideError, code: str) -> bool:
    """Whether AWS gave exactly this error code."""
    return error.cause.split(":")[0] == code


def _told(system: str, verb: str, error: Exception) -> BotError:
    from botocore import exceptions as boto  # noqa: PLC0415 - botocore is loaded only once AWS is used

    match error:
        case boto.ClientError():
            return _from_answer(system, verb, error.response)
        case boto.NoRegionError():  # of a client that is made without one, such as STS's
            return set_up_wrongly(error)
        case boto.NoCredentialsError() | boto.PartialCredentialsError() | boto.CredentialRetrievalError():
            return Unauthorized(
                system, verb, "no AWS credentials were found: set a profile, a role or the AWS variables"
            )
        case boto.TokenRetrievalError() | boto.SSOTokenLoadError() | boto.UnauthorizedSSOTokenError():
            return Unauthorized(system, verb, "the AWS sign-in has expired: run `aws sso login`")
        case boto.ParamValidationError():
            return Refused(system, verb, "the request does not have the form that AWS asks for")
        case boto.HTTPClientError() | boto.ConnectionError() | boto.EndpointConnectionError():
            return Unreachable(system, verb, f"no answer from AWS ({type(error).__name__})")
        case _:
            return Unexpected(system, verb, f"AWS's answer could not be used ({type(error).__name__})")


def _from_answer(system: str, verb: str, response: Any) -> OutsideError:
    code = _word(response.get("Error", {}).get("Code"))
    metadata = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    if code in THROTTLED or status == 429:
        return Throttled(system, verb, code, _seconds(metadata.get("HTTPHeaders", {}).get("retry-after")))
    if code in UNAUTHORIZED:
        return Unauthorized(system, verb, f"{code}: {UNAUTHORIZED[code]}")
    if code in MISSING:
        return Missing(system, verb, code)
    if status in {401, 403}:
        return Unauthorized(system, verb, code)
    if code in REFUSED or status in REFUSED_STATUSES:
        return Refused(system, verb, f"{code}: {REFUSED[code]}" if code in REFUSED else code)
    return Unexpected(system, verb, f"{code}: HTTP {status}")


def _word(code: object) -> str:
    """The error code if it is one word, as AWS's codes are; else a placeholder."""
    return code if isinstance(code, str) and code.isalnum() and len(code) <= 64 else "an error without a usable code"


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, str) and value.isdecimal() else None


def set_up_wrongly(error: Exception) -> ConfigurationError:
    """The error for settings that boto3 cannot use."""
    return ConfigurationError(f"AWS cannot be set up: {setup_cause(error)}")


def setup_cause(error: Exception) -> str:
    match type(error).__name__:
        case "NoRegionError":
            return "no region is set (AWS_REGION)"
        case "ProfileNotFound":
            return "the profile named in AWS_PROFILE does not exist"
        case "PartialCredentialsError":
            return "only one half of an access key is set"
        case name:
            return f"boto3 refused its settings ({name})"
