"""moto as it is used here: it starts without EC2 and keeps what it would compute again for each account or request.

============================================ ======================================================================
what moto does                               here
============================================ ======================================================================
`moto.ssm` loads all of EC2, half a second,  loaded only if someone sends a command to machines by their tags:
for one question about machines              which is not needed here
an RSA key for each KMS key                  for asymmetric ones: a symmetric key has none, at AWS either
routes of a service made for each account    once a process: all that they lead to is the process's own anyway
which service a host is, from the folders    once for each host
of its own package at each request
which actions a service has, from its class  once for each service
at each request, and which errors at each
error
Flask, for services of one address           their one function is called: all but Lambda's and S3's have no others
============================================ ======================================================================
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.core import errors, responses
from moto.kms import models as kms
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_EC2 = "moto.ec2"
_SYMMETRIC = ("SYMMETRIC_DEFAULT", "HMAC")


class _Ec2Backends:
    """moto's backends of EC2, loaded once they are asked for."""

    def __getitem__(self, account: str) -> Any:
        from moto.ec2.models import ec2_backends  # noqa: PLC0415 - what this class is for

        return ec2_backends[account]


def _ssm() -> ModuleType:
    """`moto.ssm.models`, without EC2 unless that is loaded already."""
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


def _actions_and_errors_once() -> None:
    vars(responses)["method_names_from_class"] = cache(vars(responses)["method_names_from_class"])
    vars(errors)["ErrorLookupFactory"] = cache(errors.ErrorLookupFactory)


class _OneAddress:
    """A service with one address, as a WSGI application around moto's function for it."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = BackendRequest(environ)
        try:
            answer = self._answer(request, request.raw_url, dict(request.headers))
        except ClientError as error:
            answer = 400, {}, error.response["Error"]["Message"]
        status, headers, body = answer if len(answer) == 3 else (200, {}, answer)
        return Response(body, status, headers)(environ, start_response)


def _application(service: Any) -> Any:
    made = create_backend_app(service)
    views: dict[str, Any] = made.view_functions
    rules = [*made.url_map.iter_rules()]
    return _OneAddress(views[rules[0].endpoint].callback) if len(rules) == 1 else made


class _Dispatcher(DomainDispatcherApplication):
    def __init__(self) -> None:
        super().__init__(_application)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


_keys_of_asymmetric_ones()
_actions_and_errors_once()
ssm_backends = _ssm().ssm_backends
kms_backends = kms.kms_backends


@cache
def moto_application() -> DomainDispatcherApplication:
    """All services over HTTP; the process holds their contents, for every caller."""
    return _Dispatcher()
