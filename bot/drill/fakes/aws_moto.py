"""moto as it is used here: it starts without EC2 and keeps what it would work out anew for each account or request.

============================================ ======================================================================
what moto does                               here
============================================ ======================================================================
`moto.ssm` loads all of EC2, half a second,  loaded only if somebody sends a command to machines by their tags:
for one question about machines              nobody here does
an RSA key for each KMS key                  for asymmetric ones: a symmetric key has none, at AWS either
routes of a service made for each account    once a process: all that they lead to is the process's own anyway
which service a host is, from the folders    once for each host
of its own package at each request
which actions a service has, from its class  once for each service
at each request
============================================ ======================================================================
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from moto.core import responses
from moto.kms import models as kms
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

_EC2 = "moto.ec2"
_SYMMETRIC = ("SYMMETRIC_DEFAULT", "HMAC")


class _Ec2Backends:
    """moto's backends of EC2, loaded once they are asked for."""

    def __getitem__(self, account: str) -> Any:
        from moto.ec2.models import ec2_backends  # noqa: PLC0415 - what this class is for

        return ec2_backends[account]


def _ssm() -> ModuleType:
    """`moto.ssm.models`, without EC2 where nobody has loaded that yet."""
    wanted = _EC2 in sys.modules
    if not wanted:
        stub = ModuleType(_EC2)
        stub.ec2_backends = _Ec2Backends()  # type: ignore[attr-defined]
        sys.modules[_EC2] = stub
    try:
        from moto.ssm import models  # noqa: PLC0415 - under the other's name
    finally:
        if not wanted:
            del sys.modules[_EC2]
    return models


def _keys_of_asymmetric_ones() -> None:
    generate: Callable[[str], Any] = vars(kms)["generate_private_key"]
    vars(kms)["generate_private_key"] = lambda spec: None if spec.startswith(_SYMMETRIC) else generate(spec)


def _actions_once() -> None:
    vars(responses)["method_names_from_class"] = cache(vars(responses)["method_names_from_class"])


class _Dispatcher(DomainDispatcherApplication):
    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


_keys_of_asymmetric_ones()
_actions_once()
ssm_backends = _ssm().ssm_backends
kms_backends = kms.kms_backends


@cache
def moto_application() -> DomainDispatcherApplication:
    """All services over HTTP; what they hold is the process's, whoever asks."""
    return _Dispatcher()
