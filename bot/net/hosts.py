"""Which hosts belong to this machine and to the AWS services that the bot calls, by botocore's endpoint rules.

`*.amazonaws.com` is not AWS alone: anyone's buckets, API gateways and machines have names there. So a host is accepted
only as the host of one service, and only if botocore resolves that service to it in an existing region: regional,
global, FIPS and dual-stack names. Names of VPC interface endpoints are accepted if their service label is exactly one
of these (``vpce-0ab…-1x2y3z4w.ssm.eu-west-1.vpce.amazonaws.com``): they lead only to that service, with AWS's
certificate. An endpoint of a customer's own service has ``vpce-svc-…`` in that place and is refused.

Sources: botocore's `partitions.json` and `endpoint-rule-set-1.json`; AWS PrivateLink guide, "Access an AWS service
using an interface VPC endpoint", private DNS and endpoint-specific names.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader

ASKED = ("ssm", "kms", "cloudtrail", "sts", "iam", "s3", "account", "lambda")
SIGNING_IN = ("sts", "sso", "sso-oidc", "signin")
"""Services that boto3 calls on its own to get a session: roles, IAM Identity Center, and `aws login`."""
PARTITION_WIDE = frozenset({"account", "iam", "s3", "sts"})
SERVICES = frozenset({*ASKED, *SIGNING_IN})
"""The services, by boto3's names."""
PLAIN = (False, False)
VARIANTS = (PLAIN, (False, True), (True, False), (True, True))
"""Pairs: FIPS or not, dual-stack or not."""
_VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]{8,17}-[0-9a-z]{8}(-[a-z]{2}(-[a-z]+)+-[0-9][a-z])?\.(?P<service>.+)")
"""The endpoint's own label, with or without a zone's name, and the rest of the name."""


@dataclass(frozen=True)
class Region:
    """A region that botocore lists. `partition` is the first word of its ARNs (``aws``, ``aws-cn``); `sts` is its STS
    host.
    """

    name: str
    partition: str
    sts: str


def is_host_of(service: str, host: str) -> bool:
    """Whether `host` belongs to `service` (boto3's name). False for a service that the bot does not call."""
    if service not in SERVICES:
        return False
    names = _names(service)
    endpoint = _VPC_ENDPOINT.fullmatch(host)
    return host in names.public or (endpoint is not None and endpoint["service"] in names.private)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address leads to this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def region(name: str) -> Region | None:
    """The region of that name; None if botocore does not list it, or if it is no place (``aws-global``)."""
    for partition, each, _ in _regions():
        if each == name:
            return Region(name, partition, _resolved("sts", name, *PLAIN))
    return None


@cache
def models() -> Loader:
    """AWS's service models, read once for all sessions. Each tested access key gets a session of its own."""
    from botocore.loaders import create_loader  # noqa: PLC0415 - loaded only once AWS is used

    return create_loader()


@dataclass(frozen=True)
class _Names:
    """`private` holds the suffixes of VPC interface endpoint names after the first label."""

    public: frozenset[str]
    private: frozenset[str]


@cache
def _names(service: str) -> _Names:
    public, private = {*_global_names(service)} - {""}, set()
    for _, name, suffix in _regions():
        for host in _regional_names(service, name):
            public.add(host)
            if host.endswith(f".{name}.{suffix}"):
                private.add(f"{host.removesuffix(suffix)}vpce.{suffix}")
    return _Names(frozenset(public), frozenset(private))


def _global_names(service: str) -> Iterator[str]:
    """The names of a service that exists once in a partition. They follow botocore's older rules, which a client shows
    only before its first call.
    """
    from botocore.regions import EndpointResolver  # noqa: PLC0415 - loaded only once AWS is used

    loader: Any = models()
    resolver: Any = EndpointResolver(loader.load_data("endpoints"))

    def made(name: str, fips: bool, dual_stack: bool) -> str:  # noqa: FBT001 - as in `VARIANTS`
        found = resolver.construct_endpoint(service, name, use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)
        return str(found["hostname"]) if found else ""

    for partition in _partitions():
        for name in partition["regions"]:
            if service in PARTITION_WIDE:
                yield from _variants(partial(made, name))


def _regional_names(service: str, name: str) -> Iterator[str]:
    return _variants(partial(_resolved, service, name))


def _variants(made: Callable[[bool, bool], str]) -> Iterator[str]:
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - loaded only once AWS is used

    for fips, dual_stack in VARIANTS:
        try:
            yield made(fips, dual_stack)
        except BotoCoreError:
            continue  # a partition without such names


def _resolved(service: str, name: str, fips: bool, dual_stack: bool) -> str:  # noqa: FBT001 - as in `VARIANTS`
    url: str = _rules(service).resolve_endpoint(Region=name, UseFIPS=fips, UseDualStack=dual_stack).url
    return url.removeprefix("https://")


@cache
def _rules(service: str) -> Any:
    from botocore.endpoint_provider import EndpointProvider  # noqa: PLC0415 - loaded only once AWS is used

    loader: Any = models()
    return EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), loader.load_data("partitions"))


@cache
def _regions() -> tuple[tuple[str, str, str], ...]:
    """Partition, region and domain of each region that is a place."""
    return tuple(
        (partition["id"], name, partition["outputs"]["dnsSuffix"])
        for partition in _partitions()
        for name in partition["regions"]
        if _is_place(name)
    )


def _partitions() -> list[Mapping[str, Any]]:
    loader: Any = models()
    found: list[Mapping[str, Any]] = loader.load_data("partitions")["partitions"]
    return found


def _is_place(name: str) -> bool:
    return not name.endswith("-global")
