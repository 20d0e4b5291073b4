"""The AWS session and its clients, each made once, and the hosts that they may call.

These are AWS's own hosts, or a loopback address if allowed. The worker decides about retries, so botocore's own are
off.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

from bot.aws.calls import call, set_up_wrongly
from bot.errors import ConfigurationError
from bot.logs import silence_http_libraries
from bot.net.hosts import SERVICES, is_host_of, is_loopback, models
from bot.net.limits import Bucket
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3.session import Session
    from botocore.config import Config
    from botocore.hooks import HierarchicalEmitter
    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

REGION_VARIABLES = ["AWS_REGION", "AWS_DEFAULT_REGION"]
"""boto3 itself reads only the second; AWS sets the first, and its other SDKs read it."""
ENDPOINT = "AWS_ENDPOINT_URL"
"""boto3's variable for all services. Each service has one named after it (``AWS_ENDPOINT_URL_SSM``)."""
CONNECTIONS = 64
"""Connections kept to one service: at least as many as the worker has threads."""


@dataclass(frozen=True)
class SigningKey:
    """The key that a process signs requests with. `token` belongs to a session's key; None for a user's key."""

    id: str
    secret: Secret
    token: Secret | None


@dataclass(frozen=True)
class Role:
    """A role of another account. `external_id` is what its trust policy asks for, where it asks for one."""

    arn: str
    external_id: str | None = None


@dataclass(eq=False, repr=False)
class Aws:
    """Makes AWS clients, each once; thread-safe.

    Region and `endpoint_url` fall back to boto3's environment and profile; `timeout` (seconds) applies to connecting
    and to reading; `access_key` is a pair (id, secret) instead of boto3's own search, with a `session_token` for a
    session. With a `role` the clients work as that role, which the found identity assumes. `observer` gets service and
    action of each request as it is sent.
    """

    wanted_region: str | None = None
    _: KW_ONLY
    endpoint_url: str | None = None
    timeout: float = 20.0
    loopback_allowed: bool = False
    access_key: tuple[str, Secret] | None = None
    session_token: Secret | None = None
    role: Role | None = None
    observer: Callable[[str, str], None] | None = None
    lookup_rate: float = 2.0
    """LookupEvents a second for one account and region, which all callers share (CloudTrail API reference)."""
    _lookups: dict[str, Bucket] = field(default_factory=dict)
    _session: Session | None = None
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def with_access_key(self, key_id: str, secret: Secret, session_token: Secret | None = None) -> Aws:
        """The same region, endpoint and time-outs with another identity, to test an access key."""
        return replace(self, access_key=(key_id, secret), session_token=session_token, role=None, **_own())

    def with_role(self, role: Role) -> Aws:
        """The same region, endpoint and time-outs as a role that this identity may assume."""
        return replace(self, role=role, **_own())

    def with_timeout(self, seconds: float) -> Aws:
        """The same identity with another time-out, never a longer one."""
        if seconds >= self.timeout:
            return self
        with self._lock:  # which the two have in common, as they have the session
            return replace(self, timeout=seconds, _session=self._own_session(), _clients={})

    def access_key_id(self) -> str:
        """The id of the access key that signs requests; a role's is temporary. Empty if there is none."""
        key = self.signing_key()
        return "" if key is None else key.id

    def signing_key(self) -> SigningKey | None:
        """The key that signs requests now; a session's is refreshed if due. None if there is none.

        ConfigurationError: an unknown profile, half an access key, or an expired sign-in.
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
    def client(self, service: str, region: str = "") -> Any: ...

    def client(self, service: str, region: str = "") -> Any:
        """The client of one service, in `region` if that is another than the own one. ConfigurationError: no region,
        an unknown profile, or a foreign endpoint.
        """
        name = f"{service} {region}"
        with self._lock:  # boto3 sessions are not thread-safe while they make clients; clients are
            if name not in self._clients:
                self._clients[name] = self._make(service, region)
            return self._clients[name]

    def lookups(self, region: str = "") -> Bucket:
        """The pace of LookupEvents in a region, by default the own one."""
        name = region or self.region
        with self._lock:
            return self._lookups.setdefault(name, Bucket(self.lookup_rate, max(int(self.lookup_rate), 1)))

    def has_credentials(self) -> bool:
        """Whether boto3 finds credentials. Without any it also asks the metadata service, which needs a second or two.
        ConfigurationError: an unknown profile, or half an access key.
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
            # Also for the clients with which boto3 signs in, which only boto3 makes and sees.
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
            if self.role is not None:
                self._assume(self.role, botocore)
        return self._session

    def _assume(self, role: Role, session: Any) -> None:
        """Has the session sign as the role, which is assumed with its first request, and again before its hour is
        over. Source: STS API reference, AssumeRole.
        """
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials  # noqa: PLC0415

        if (found := session.get_credentials()) is None:
            return
        asked = {"RoleSessionName": "compromise-bot"} | ({"ExternalId": role.external_id} if role.external_id else {})
        ask_sts = partial(session.create_client, endpoint_url=self.endpoint_url, config=self._config())
        fetcher = AssumeRoleCredentialFetcher(ask_sts, found, role.arn, extra_args=asked)
        assumed = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        session._credentials = assumed  # noqa: SLF001 - by itself it assumes only the roles of profiles

    def _config(self) -> Config:
        from botocore.config import Config  # noqa: PLC0415 - loaded only once AWS is used

        return Config(
            connect_timeout=self.timeout,
            read_timeout=self.timeout,
            retries={"total_max_attempts": 1},
            max_pool_connections=CONNECTIONS,
            user_agent_extra="compromise-bot",
            s3={"addressing_style": "path"},  # a bucket's own host name would be no host of the service
        )

    def _make(self, service: str, region: str = "") -> Any:
        with _setting_up():
            made = self._own_session().client(
                service,  # type: ignore[call-overload]
                region_name=region or None,
                endpoint_url=self.endpoint_url,
                config=self._config(),
            )
        check_endpoint(made.meta.endpoint_url, service, loopback_allowed=self.loopback_allowed)
        if (observer := self.observer) is not None:
            made.meta.events.register("before-send", lambda event_name, **_: observer(*event_name.split(".")[1:3]))
        return made

    def _check_host(self, **event: Any) -> None:
        """Botocore calls this before it sends: the address must belong to the service, regardless of its source."""
        service = event["event_name"].split(".")[1]
        check_endpoint(
            event["request"].url, service, loopback_allowed=self.loopback_allowed, name=f"{ENDPOINT} and profiles"
        )


def _own() -> dict[str, Any]:
    """The fields that another identity does not share."""
    return {"_session": None, "_clients": {}, "_lookups": {}, "_lock": threading.Lock()}


@contextmanager
def _setting_up() -> Iterator[None]:
    """Turns boto3's errors about its own settings, and AWS's refusal of a role, into ConfigurationError."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - loaded only once AWS is used

    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        raise set_up_wrongly(error) from None


@cache
def _handlers() -> HierarchicalEmitter:
    """Botocore's event handlers, hundreds of them, computed once for all sessions; each session has a copy."""
    from botocore.hooks import HierarchicalEmitter  # noqa: PLC0415 - loaded only once AWS is used
    from botocore.session import Session  # noqa: PLC0415 - as above

    made = HierarchicalEmitter()
    Session(event_hooks=made)
    return made


def check_endpoint(url: str, service: str, *, loopback_allowed: bool, name: str = ENDPOINT) -> None:
    """Raises ConfigurationError unless `url` is AWS's host of `service`, or a loopback address where that is allowed.

    An attacker who redirects these calls reads every secret. So an ``AWS_ENDPOINT_URL`` from the environment or a
    profile is checked like our own settings. `bot.net.hosts` defines the accepted names.
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

    Each service has its own variable, and boto3 signs in (STS, SSO) on its own before it calls any client. A variable
    for a service that the bot does not call has no effect. The one for all services never fits, because each service
    has its own host.
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
