"""Calls to AWS: one session, clients made once, and botocore's errors told in our own words.

Retrying is the worker's business, so botocore's own retries are off. An answer's message is never passed on, since AWS
repeats parts of a request in it; the error code is, because it is a closed list of words.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, overload
from urllib.parse import urlsplit

from bot.aws_hosts import SERVICES, is_host_of, models
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
from bot.limits import Bucket
from bot.logs import silence_http_libraries
from bot.priority import Priority
from bot.secret import Secret

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.hooks import HierarchicalEmitter
    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

ENDPOINT = "AWS_ENDPOINT_URL"
"""boto3's variable for all services; one for each is named after it (``AWS_ENDPOINT_URL_SSM``)."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
REGION_VARIABLES = ["AWS_REGION", "AWS_DEFAULT_REGION"]
"""By itself boto3 takes the second only; the first is what AWS sets and what its other SDKs read."""
CONNECTIONS = 64
"""Connections kept to one service: at least as many as the worker has threads."""

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
    "RequestExpired": "AWS finds the request too old: check this machine's clock",
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
    }
)
REFUSED: Final[Mapping[str, str]] = {
    "InvalidKeyId": "the KMS key is unknown, disabled or about to be deleted",
    "ParameterLimitExceeded": "the account's quota of parameters is used up",
    "ResourceConflictException": "another update of the function is in progress: retry when it has ended",
    "ParameterVersionLabelLimitExceeded": "the version carries ten labels already",
}
REFUSED_STATUSES: Final = frozenset({400, 409, 412, 413})


def check_endpoint(url: str, service: str, *, loopback_allowed: bool, name: str = ENDPOINT) -> None:
    """Raises ConfigurationError unless `url` is AWS's host of `service`, or a loopback address where that is allowed.

    Whoever can redirect these calls reads every secret, so an ``AWS_ENDPOINT_URL`` from the environment or a profile
    is checked like one of our own settings. `bot.aws_hosts` says which names count.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK_HOSTS and loopback_allowed:
        return
    if parts.scheme == "https" and parts.netloc in {host, f"{host}:443"} and is_host_of(service, host):
        return
    where = f"AWS's own host of {service} over https"
    where += ", or a loopback address" if loopback_allowed else ""
    raise ConfigurationError(f"AWS endpoint {parts.scheme}://{host}: expected {where}; check {name}")


def check_endpoints(environ: Mapping[str, str]) -> None:
    """Raises ConfigurationError for any ``AWS_ENDPOINT_URL…`` that is not AWS itself: for production.

    Each service has such a variable of its own, and boto3 signs in (STS, SSO) by itself, before any client is asked.
    One for a service that the bot does not ask leads nothing of ours anywhere. The one for all services never fits:
    each service has a host of its own.
    """
    for name, url in sorted(environ.items()):
        service = name.removeprefix(f"{ENDPOINT}_").lower().replace("_", "-")
        if name == ENDPOINT and url.strip():
            raise ConfigurationError(
                f"{ENDPOINT} is set: in production each service of AWS is asked at a host of its own. Unset it, or "
                f"name the service: {ENDPOINT}_SSM, {ENDPOINT}_STS and so on"
            )
        if name.startswith(ENDPOINT) and service in SERVICES and url.strip():
            check_endpoint(url.strip(), service, loopback_allowed=False, name=name)


@dataclass(frozen=True)
class SigningKey:
    """What a process signs its requests with. `token` belongs to a session's key; None for that of a user."""

    id: str
    secret: Secret
    token: Secret | None


class Aws:
    """Makes AWS clients, each once; thread-safe.

    `region` and `endpoint_url` fall back to what boto3 reads from the environment and the profile; `timeout` (seconds)
    holds for connecting and for reading; `access_key` is a pair (id, secret) to use in place of boto3's own search,
    with a `session_token` if it is a session's.
    """

    def __init__(
        self,
        region: str | None = None,
        *,
        endpoint_url: str | None = None,
        timeout: float = 20.0,
        loopback_allowed: bool = False,
        access_key: tuple[str, Secret] | None = None,
        session_token: Secret | None = None,
    ) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._timeout = timeout
        self._loopback_allowed = loopback_allowed
        self._access_key = access_key
        self._session_token = session_token
        self._session: Session | None = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def with_access_key(self, key_id: str, secret: Secret, session_token: Secret | None = None) -> Aws:
        """The same region, endpoint and time-outs as another identity: how an access key is tried out."""
        return Aws(
            self._region,
            endpoint_url=self._endpoint_url,
            timeout=self._timeout,
            loopback_allowed=self._loopback_allowed,
            access_key=(key_id, secret),
            session_token=session_token,
        )

    def with_timeout(self, seconds: float) -> Aws:
        """The same identity with another time-out, never a longer one."""
        if seconds >= self._timeout:
            return self
        other = Aws(
            self._region,
            endpoint_url=self._endpoint_url,
            timeout=seconds,
            loopback_allowed=self._loopback_allowed,
            access_key=self._access_key,
            session_token=self._session_token,
        )
        with self._lock:
            other._session, other._lock = self._own_session(), self._lock
        return other

    def access_key_id(self) -> str:
        """The id of the access key that requests are signed with; a role's is temporary. Empty if there is none."""
        key = self.signing_key()
        return "" if key is None else key.id

    def signing_key(self) -> SigningKey | None:
        """The key that requests are signed with now, a session's refreshed if it is due; None if there is none.

        ConfigurationError: an unknown profile, half an access key, or a sign-in that has expired.
        """
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - loaded only once AWS is used

        with self._lock:
            try:
                found = self._own_session().get_credentials()
                if found is None:
                    return None
                frozen = found.get_frozen_credentials()
            except BotoCoreError as error:
                raise ConfigurationError(f"AWS cannot be set up: {_setup_cause(error)}") from None
        if not frozen.access_key or not frozen.secret_key:
            return None
        token = Secret(frozen.token) if frozen.token else None
        return SigningKey(frozen.access_key, Secret(frozen.secret_key), token)

    @property
    def region(self) -> str:
        """The region that calls go to; empty if none is set."""
        with self._lock:
            return self._own_session().region_name or ""

    @overload
    def client(self, service: Literal["ssm"]) -> SSMClient: ...
    @overload
    def client(self, service: Literal["kms"]) -> KMSClient: ...
    @overload
    def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    def client(self, service: Literal["cloudtrail"]) -> CloudTrailClient: ...
    @overload
    def client(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    def client(self, service: Literal["iam"]) -> IAMClient: ...
    @overload
    def client(self, service: Literal["elasticache", "s3"]) -> Any: ...

    def client(self, service: str) -> Any:
        """The client of one service. ConfigurationError: no region, an unknown profile, or a foreign endpoint."""
        with self._lock:  # boto3 sessions are not thread-safe while they make clients; clients are
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def has_credentials(self) -> bool:
        """Whether boto3 finds any credentials, at the latest from the metadata service (a second or two where there is
        none). ConfigurationError: an unknown profile, or half an access key.
        """
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - loaded only once AWS is used

        with self._lock:
            try:
                return self._own_session().get_credentials() is not None
            except BotoCoreError as error:
                raise ConfigurationError(f"AWS cannot be set up: {_setup_cause(error)}") from None

    def caller_identity(self) -> str:
        """The ARN that AWS knows this process by."""
        answer = call("sts", "ask who we are", lambda: self.client("sts").get_caller_identity())
        return answer["Arn"]

    def _own_session(self) -> Session:
        from boto3.session import Session  # noqa: PLC0415 - a quarter of a second that `bot --help` does not need
        from botocore import session as core  # noqa: PLC0415 - as above
        from botocore.config import Config  # noqa: PLC0415 - as above

        for name in ("boto3", "botocore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # at DEBUG botocore logs bodies, values included
        silence_http_libraries()
        if self._session is None:
            key_id, secret = self._access_key or (None, None)
            botocore = core.Session(
                {"region": ("region", REGION_VARIABLES, None, None)}, copy(_handlers()), include_builtin_handlers=False
            )
            botocore.register_component("data_loader", models())
            # Of the clients with which boto3 signs in as well, which nobody but boto3 makes and sees.
            botocore.register("before-send", self._check_host)
            # By default, so that the clients with which boto3 signs in go through no proxy either.
            botocore.set_default_client_config(Config(proxies={}))
            self._session = Session(
                botocore_session=botocore,
                aws_access_key_id=key_id,
                aws_secret_access_key=secret.reveal() if secret else None,
                aws_session_token=self._session_token.reveal() if self._session_token else None,
                region_name=self._region,
            )
        return self._session

    def _make(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - loaded only once AWS is used
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as above

        try:
            made = self._own_session().client(
                service,  # type: ignore[call-overload]
                endpoint_url=self._endpoint_url,
                config=Config(
                    connect_timeout=self._timeout,
                    read_timeout=self._timeout,
                    retries={"total_max_attempts": 1},
                    max_pool_connections=CONNECTIONS,
                    user_agent_extra="compromise-bot",
                    s3={"addressing_style": "path"},  # a bucket's own host name would be no host of the service
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(f"AWS cannot be set up: {_setup_cause(error)}") from None
        check_endpoint(made.meta.endpoint_url, service, loopback_allowed=self._loopback_allowed)
        return made

    def _check_host(self, **event: Any) -> None:
        """Asked by botocore before it sends anything: wherever an address came from, it is the service's own."""
        service = event["event_name"].split(".")[1]
        check_endpoint(
            event["request"].url, service, loopback_allowed=self._loopback_allowed, name=f"{ENDPOINT} and profiles"
        )


@cache
def _handlers() -> HierarchicalEmitter:
    """The event handlers that botocore brings, hundreds, worked out once for all sessions: each has a copy of them."""
    from botocore.hooks import HierarchicalEmitter  # noqa: PLC0415 - loaded only once AWS is used
    from botocore.session import Session  # noqa: PLC0415 - as above

    made = HierarchicalEmitter()
    Session(event_hooks=made)
    return made


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


def answered(error: OutsideError, code: str) -> bool:
    """Whether AWS gave exactly this error code."""
    return error.cause.split(":")[0] == code


def _told(system: str, verb: str, error: Exception) -> OutsideError:
    from botocore import exceptions as boto  # noqa: PLC0415 - botocore is loaded only once AWS is used

    match error:
        case boto.ClientError():
            return _from_answer(system, verb, error.response)
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
    if status in REFUSED_STATUSES:
        return Refused(system, verb, f"{code}: {REFUSED[code]}" if code in REFUSED else code)
    return Unexpected(system, verb, f"{code}: HTTP {status}")


def _word(code: object) -> str:
    """An error code as AWS has them: one word. Anything else is not passed on."""
    return code if isinstance(code, str) and code.isalnum() and len(code) <= 64 else "an error without a usable code"


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, str) and value.isdecimal() else None


def _setup_cause(error: Exception) -> str:
    match type(error).__name__:
        case "NoRegionError":
            return "no region is set (AWS_REGION)"
        case "ProfileNotFound":
            return "the profile named in AWS_PROFILE does not exist"
        case "PartialCredentialsError":
            return "only one half of an access key is set"
        case name:
            return f"boto3 refused its settings ({name})"
