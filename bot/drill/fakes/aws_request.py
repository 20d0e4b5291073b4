"""A request to AWS as the front sees it (service, action, signer), and how each protocol says no."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from bot.drill.fakes.aws_signature import Incomplete, Signature, Unsigned, read_signature

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FUNCTION_PATH = re.compile(r"^/\d{4}-\d\d-\d\d/functions(?:/([^/]+)(?:/(.*?))?)?/?$")
CACHE = "fake.request"
QUERY_SERVICES = frozenset({"sts", "iam"})
"""Services with AWS's query protocol: forms in, XML out."""

LAMBDA_ACTIONS: Mapping[tuple[str, str], str] = {
    ("POST", ""): "CreateFunction",
    ("GET", ""): "GetFunction",
    ("GET", "configuration"): "GetFunctionConfiguration",
    ("PUT", "configuration"): "UpdateFunctionConfiguration",
    ("PUT", "code"): "UpdateFunctionCode",
    ("POST", "versions"): "PublishVersion",
    ("POST", "aliases"): "CreateAlias",
    ("GET", "aliases"): "GetAlias",
    ("PUT", "aliases"): "UpdateAlias",
    ("GET", "provisioned-concurrency"): "GetProvisionedConcurrencyConfig",
}

ACCOUNT: Mapping[str, str] = {"/listRegions": "ListRegions"}
OPERATIONS: Mapping[str, str] = {
    "GetParameter": "ssm-read",
    "GetParameters": "ssm-read",
    "GetParameterHistory": "ssm-history",
    "GetParametersByPath": "ssm-path",
    "DescribeParameters": "ssm-describe",
    "PutParameter": "ssm-put",
    "LabelParameterVersion": "ssm-label",
    "UnlabelParameterVersion": "ssm-unlabel",
    "DeleteParameter": "ssm-delete",
    "GetFunctionConfiguration": "lambda-read",
    "UpdateFunctionConfiguration": "lambda-update",
    "PublishVersion": "lambda-publish",
    "GetAlias": "lambda-alias-read",
    "UpdateAlias": "lambda-alias",
    "LookupEvents": "cloudtrail-lookup",
    "GetCallerIdentity": "sts-identity",
    "CreateAccessKey": "iam-create",
    "ListAccessKeys": "iam-list",
    "UpdateAccessKey": "iam-update",
    "DeleteAccessKey": "iam-delete",
    "GetAccessKeyLastUsed": "iam-last-used",
    "TagUser": "iam-tag",
    "PutUserPolicy": "iam-policy",
}
"""What faults may be aimed at, by AWS action. Other actions are called by their service's name."""


@dataclass(frozen=True)
class AwsRequest:
    """`action` is AWS's name for it; `body` the JSON of it (empty for IAM and STS); `name` a Lambda function's name.

    `signature` is None if there is none, or `incomplete`. `query` is the part after the path.
    """

    service: str
    action: str
    region: str
    key_id: str
    raw: bytes
    body: Mapping[str, Any]
    address: str
    agent: str
    signature: Signature | None = None
    incomplete: bool = False
    accepts_json: bool = False
    query: str = ""
    name: str = ""
    detail: str = ""
    qualifier: str = ""

    @property
    def operation(self) -> str:
        return OPERATIONS.get(self.action, self.service)

    @property
    def form(self) -> dict[str, str]:
        """The fields of a query request (IAM, STS): of its body, or else behind its path."""
        return _form(self.raw, self.query)

    def with_body(self, body: Mapping[str, Any]) -> AwsRequest:
        return replace(self, body=body, raw=json.dumps(body).encode())


@dataclass(frozen=True)
class AwsAnswer:
    """What goes back over the wire."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status.startswith("2")

    @property
    def parsed(self) -> dict[str, Any]:
        parsed = json.loads(self.body or b"{}")
        return parsed if isinstance(parsed, dict) else {}

    def with_json(self, parsed: Mapping[str, Any]) -> AwsAnswer:
        return replace(self, body=json.dumps(parsed).encode())

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        kept = [(name, value) for name, value in self.headers if name.lower() != "content-length"]
        start_response(self.status, [*kept, ("Content-Length", str(len(self.body)))])
        return [self.body]


def read(environ: WSGIEnvironment) -> AwsRequest:
    """The request, with its body still readable for the next reader. Reads once, for any number of calls."""
    if CACHE not in environ:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ[CACHE] = _parse(environ, raw)
    request: AwsRequest = environ[CACHE]
    environ["wsgi.input"] = io.BytesIO(request.raw)
    return request


def _parse(environ: WSGIEnvironment, raw: bytes) -> AwsRequest:
    signature, incomplete = _signature(environ)
    service = signature.service if signature else ""
    common: dict[str, Any] = {
        "service": service,
        "region": signature.region if signature else "",
        "key_id": signature.key_id if signature else "",
        "raw": raw,
        "address": environ.get("REMOTE_ADDR", ""),
        "agent": environ.get("HTTP_USER_AGENT", ""),
        "signature": signature,
        "incomplete": incomplete,
        "accepts_json": "application/json" in environ.get("HTTP_ACCEPT", ""),
        "query": environ.get("QUERY_STRING", ""),
    }
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return AwsRequest(action=target.rpartition(".")[2], body=json.loads(raw or b"{}"), **common)
    if service == "lambda":
        return _lambda(environ, raw, common)
    if service == "account":
        return AwsRequest(action=ACCOUNT.get(environ["PATH_INFO"], ""), body=json.loads(raw or b"{}"), **common)
    return AwsRequest(action=_form(raw, common["query"]).get("Action", ""), body={}, **common)


def _signature(environ: WSGIEnvironment) -> tuple[Signature | None, bool]:
    try:
        return read_signature(environ), False
    except Unsigned:
        return None, False
    except Incomplete:
        return None, True


def _form(raw: bytes, query: str) -> dict[str, str]:
    fields = parse_qs(raw.decode("utf-8", "replace")) if raw else parse_qs(query)
    return {name: values[0] for name, values in fields.items()}


def _lambda(environ: WSGIEnvironment, raw: bytes, common: Mapping[str, Any]) -> AwsRequest:
    found = FUNCTION_PATH.match(environ["PATH_INFO"])
    name, _, rest = ((found.group(1) or "") if found else "", "", (found.group(2) or "") if found else "")
    verb, _, detail = rest.partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""))
    return AwsRequest(
        action=LAMBDA_ACTIONS.get((environ["REQUEST_METHOD"], verb), ""),
        body=json.loads(raw or b"{}"),
        name=name,
        detail=detail,
        qualifier=query.get("Qualifier", [""])[0],
        **common,
    )


def accepted(action: str, result: str = "", *, namespace: str = "") -> AwsAnswer:
    """What a query service answers when it has done `action`; `result` is the XML inside its result."""
    inside = f"<{action}Result>{result}</{action}Result>" if result else ""
    opening = f'{action}Response xmlns="{namespace}"' if namespace else f"{action}Response"
    xml = f"<{opening}>{inside}<ResponseMetadata><RequestId>practice</RequestId></ResponseMetadata>"
    return AwsAnswer("200 OK", (("Content-Type", "text/xml"),), f"{xml}</{action}Response>".encode())


def as_json(body: Mapping[str, Any], line: str = "200 OK") -> AwsAnswer:
    """STS's answer to callers that accept JSON."""
    return AwsAnswer(line, (("Content-Type", "application/json"),), json.dumps(body).encode())


def refused(request: AwsRequest, status: int, code: str, message: str) -> AwsAnswer:
    """`refusal`, in JSON of STS's own form if that was asked for."""
    if request.service == "sts" and request.accepts_json:
        error = {"Code": code, "Message": message, "Type": "Sender"}
        return as_json({"Error": error, "RequestId": "practice"}, _line(status))
    return refusal(request.service, status, code, message)


def refusal(service: str, status: int, code: str, message: str) -> AwsAnswer:
    """An error in the words of the service's protocol (query XML, JSON 1.1, REST JSON)."""
    if service in QUERY_SERVICES:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        xml = f"<ErrorResponse>{error}<RequestId>practice</RequestId></ErrorResponse>"
        return AwsAnswer(_line(status), (("Content-Type", "text/xml"),), xml.encode())
    body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    return AwsAnswer(_line(status), (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)), body)


def _line(status: int) -> str:
    return f"{status} {'Forbidden' if status == 403 else 'Error'}"
