"""The session with AWS and its clients, each made once, and where their calls may go: to AWS's own hosts, or to a
loopback address where that is allowed.

Retrying is the worker's business, so botocore's own retries are off.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

from bot.aws.calls import call, setup_cause
from bot.errors import ConfigurationError
from bot.logs import silence_http_libraries
from bot.net.hosts import SERVICES, is_host_of, is_loopback, models
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3.session import Session
    from botocore.hooks import HierarchicalEmitter
    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

REGION_VARIABLES = ["AWS_REGION", "AWS_DEFAULT_REGION"]
"""By itself boto3 takes the second only; the first is what AWS sets and what its other SDKs read."""
ENDPOINT = "AWS_ENDPOINT_URL"
"""boto3's variable for all services; one for each is named after it (``AWS_ENDPOINT_URL_SSM``)."""
CONNECTIONS = 64
"""Connections kept to one service: at least as many as the worker has threads."""


@dataclass(frozen=True)
class SigningKey:
    """What a process signs its requests with. `token` belongs to a session's key; None for that of a user."""

    id: str
    secret: Secret
    token: Secret | None


@dataclass(eq=False, repr=False)
class Aws:
    """Makes AWS clients, each once; thread-safe.

    Region and `endpoint_url` fall back to what boto3 reads from the environment and the profile; `timeout` (seconds)
    holds for connecting and for reading; `access_key` is a pair (id, secret) to use in place of boto3's own search,
    with a `session_token` if it is a session's. `observer` is told of each request as it is sent: service and action.
    """

    wanted_region: str | None = None
    _: KW_ONLY
    endpoint_url: str | None = None
    timeout: float = 20.0
    loopback_allowed: bool = False
    access_key: tuple[str, Secret] | None = None
    session_token: Secret | None = None
    observer: Callable[[str, str], None] | None = None
    _session: Session | None = None
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def with_access_key(self, key_id: str, secret: Secret, session_token: Secret | None = None) -> Aws:
        """The same region, endpoint and time-outs as another identity: how an access key is tried out."""
        own: Any = {"_session": None, "_clients": {}, "_lock": threading.Lock()}
        return replace(self, access_key=(key_id, secret), session_token=session_token, **own)

    def with_timeout(self, seconds: float) -> Aws:
        """The same identity with another time-out, never a longer one."""
        if seconds >= self.timeout:
            return self
        with self._lock:  # which the two have in common, as they have the session
            return replace(self, timeout=seconds, _session=self._own_session(), _clients={})

    def access_key_id(self) -> str:
        """The id of the access key that requests are signed with; a role's is temporary. Empty if there is none."""
        key = self.signing_key()
        return "" if key is None else key.id

    def signing_key(self) -> SigningKey | None:
        """The key that requests are signed with now, a session's refreshed if it is due; None if there is none.

        ConfigurationError: an unknown profile, half an access key, or a sign-in that has expired.
        """
        with self._lock, _setting_up():
            found = self._own_session().get_credentials()
            frozen = None if found is None else found.get_frozen_credentials()
        if frozen is None or not frozen.access_key or not frozen.secret_key:
            return None
        token = Secret(frozen.token) if frozen.token else None
        return SigningKey(frozen.access_key, Secret(frozen.secret_key), token)

    @property
    def region(self) -> str:
        """The region that calls go to; empty if none is set. ConfigurationError: an unknown profile."""
        with self._lock, _setting_up():
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
    def client(self, service: str) -> Any: ...

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
        with self._lock, _setting_up():
            return self._own_session().get_credentials() is not None

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
            key_id, secret = self.access_key or (None, None)
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
                aws_session_token=self.session_token.reveal() if self.session_token else None,
                region_name=self.wanted_region,
            )
        return self._session

    def _make(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - loaded only once AWS is used

        with _setting_up():
            made = self._own_session().client(
                service,  # type: ignore[call-overload]
                endpoint_url=self.endpoint_url,
                config=Config(
                    connect_timeout=self.timeout,
                    read_timeout=self.timeout,
                    retries={"total_max_attempts": 1},
                    max_pool_connections=CONNECTIONS,
                    user_agent_extra="compromise-bot",
                    s3={"addressing_style": "path"},  # a bucket's own host name would be no host of the service
                ),
            )
        check_endpoint(made.meta.endpoint_url, service, loopback_allowed=self.loopback_allowed)
        if (observer := self.observer) is not None:
            made.meta.events.register("before-send", lambda event_name, **_: observer(*event_name.split(".")[1:3]))
        return made

    def _check_host(self, **event: Any) -> None:
        """Asked by botocore before it sends anything: wherever an address came from, it is the service's own."""
        service = event["event_name"].split(".")[1]
        check_endpoint(
            event["request"].url, service, loopback_allowed=self.loopback_allowed, name=f"{ENDPOINT} and profiles"
        )


@contextmanager
def _setting_up() -> Iterator[None]:
    """ConfigurationError for what boto3 says of its own settings."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - loaded only once AWS is used

    try:
        yield
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(f"AWS cannot be set up: {setup_cause(error)}") from None


@cache
def _handlers() -> HierarchicalEmitter:
    """The event handlers that botocore brings, hundreds, worked out once for all sessions: each has a copy of them."""
    from botocore.hooks import HierarchicalEmitter  # noqa: PLC0415 - loaded only once AWS is used
    from botocore.session import Session  # noqa: PLC0415 - as above

    made = HierarchicalEmitter()
    Session(event_hooks=made)
    return made


def check_endpoint(url: str, service: str, *, loopback_allowed: bool, name: str = ENDPOINT) -> None:
    """Raises ConfigurationError unless `url` is AWS's host of `service`, or a loopback address where that is allowed.

    Whoever can redirect these calls reads every secret, so an ``AWS_ENDPOINT_URL`` from the environment or a profile
    is checked like one of our own settings. `bot.net.hosts` says which names count.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if loopback_allowed and is_loopback(host):
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
