"""A request to AWS as IAM judges it: who asks for which action on which resource, with which condition keys.

Which parameter, function or user of a kind it is does not matter to a policy: a call is kept by its shape, such as
``/production/NAME``. Sources: AWS Service Authorization Reference (resources and keys of each action); Systems Manager
user guide, *AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters* (which actions of KMS
a read or a write needs, with their encryption context).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from bot.drill.client.place import BOT, FRONT, WORKER
from bot.drill.fakes.aws import REGION
from bot.drill.fakes.aws_identity import PARTITION
from bot.drill.fakes.aws_moto import kms_backends, ssm_backends
from bot.drill.fakes.aws_request import AwsRequest
from bot.drill.personas import ENVIRONMENTS, NAMES

BY = {f"compromise-{BOT}": "worker", f"compromise-{WORKER}": "worker", f"compromise-{FRONT}": "front"} | dict.fromkeys(
    NAMES, "responder"
)
"""Whose policy a user of the practice account stands for."""
KEYS = {
    "alias/product": "PRODUCT_KEY_ID", "alias/compromise-staging": "STAGING_KEY_ID",
    "alias/compromise-command": "COMMAND_KEY_ID",
}  # fmt: skip
"""The words of docs/policies for them; a call is told in those words throughout."""
PRODUCTS_USER = "product-app"
FREE = {"GetCallerIdentity"}
"""Needs no permission (STS API reference)."""
ON_EVERYTHING = {
    "DescribeParameters", "LookupEvents", "ListUsers", "ListRoles", "GetAccountAuthorizationDetails",
}  # fmt: skip
"""Actions that know no resource."""
OF_AN_ALIAS = {"GetProvisionedConcurrencyConfig", "GetFunctionConfiguration"}
"""Of Lambda's, those judged by the version or alias that is asked for."""
ENCRYPTS = {"Standard": ("kms:Encrypt",), "Advanced": ("kms:GenerateDataKey",)}


@dataclass(frozen=True, order=True)
class Call:
    by: str
    action: str
    resource: str
    keys: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, told: list[Any]) -> Self:
        """From JSON."""
        *first, keys = told
        return cls(*first, tuple((name, value) for name, value in keys))


def calls(user: str, request: AwsRequest, environ: Mapping[str, Any]) -> Iterator[Call]:
    """What IAM judges when `user` sends the request; nothing for users who are not the bot's."""
    by = BY.get(user)
    if by is None or request.action in FREE:
        return
    asked = _files(environ) if request.service == "s3" else _asked(request)
    yield from (Call(by, *each) for each in asked)


type _Asked = Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]


def _asked(request: AwsRequest) -> _Asked:
    for resource, keys in _resources(request):
        yield f"{request.service}:{request.action}", resource, keys
    if request.service == "ssm":
        yield from _keys(request)


def _files(environ: Mapping[str, Any]) -> _Asked:
    """Source: Amazon S3 API reference, permissions of each operation. Without ListBucket, what is not there is answered
    by 403.
    """
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    bucket, _, key = path.lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    match method:
        case "GET" if "object-lock" in environ["QUERY_STRING"]:
            yield "s3:GetBucketObjectLockConfiguration", arn, ()
        case "HEAD":
            yield "s3:GetObject", f"{arn}/{key}", ()
            yield "s3:ListBucket", arn, ()
        case "PUT":
            yield "s3:PutObject", f"{arn}/{key}", ()
            if "HTTP_X_AMZ_OBJECT_LOCK_LEGAL_HOLD" in environ:
                yield "s3:PutObjectLegalHold", f"{arn}/{key}", ()
        case _:
            raise NotImplementedError(method)


def _resources(request: AwsRequest) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    if request.action in ON_EVERYTHING:
        yield "*", ()
        return
    match request.service:
        case "ssm":
            for name in _names(request.body):
                yield parameter(name), ()
        case "lambda":
            qualified = request.qualifier if request.action in OF_AN_ALIAS else ""
            yield "arn:aws:lambda:REGION:ACCOUNT:function:api" + (":live" if qualified else ""), ()
        case "kms":
            yield key_arn(_key_name(str(request.body["KeyId"]))), ()
        case "account":
            yield "arn:aws:account::ACCOUNT:account", ()
        case "sts":
            yield "PRODUCT_ROLE_ARN", (("sts:ExternalId", request.form["ExternalId"]),)
        case "iam" if request.action == "SimulatePrincipalPolicy":
            yield "arn:aws:iam::ACCOUNT:role/somebody", ()
        case "iam":
            bounded = "arn:aws:iam::ACCOUNT:policy/PRODUCT_BOUNDARY"
            writes = request.action in {"PutUserPolicy", "PutRolePolicy", "DeleteRolePolicy"}
            keys = (("iam:PermissionsBoundary", bounded),) if writes else ()
            owner = "role/product-api" if "RoleName" in request.form else f"user/{_user(request.form)}"
            yield f"arn:aws:iam::ACCOUNT:{owner}", keys
        case service:
            raise NotImplementedError(service)


def _keys(request: AwsRequest) -> _Asked:
    """What Parameter Store asks of KMS for its caller; nothing of AWS's own key, whose policy lets everybody in."""
    body = request.body
    if request.action == "PutParameter" and body.get("Type") == "SecureString":
        actions: tuple[str, ...] = ENCRYPTS[body.get("Tier") or "Standard"]
        wanted = {str(body["Name"]): str(body.get("KeyId", ""))}
    elif body.get("WithDecryption"):
        actions, wanted = ("kms:Decrypt",), {name: _key_of(name) for name in _names(body)}
    else:
        return
    for name, key in wanted.items():
        if known := _key_name(key):
            context = ("kms:EncryptionContext:PARAMETER_ARN", parameter(name))
            via = ("kms:ViaService", "ssm.REGION.amazonaws.com")
            yield from ((action, key_arn(known), (context, via)) for action in actions)


def _user(form: Mapping[str, str]) -> str:
    """One of the product's users, or somebody else's."""
    name = form.get("UserName") or next(
        (user.name for user in iam_backends[DEFAULT_ACCOUNT_ID][PARTITION].users.values()
         for key in user.access_keys if key.access_key_id == form["AccessKeyId"]), form["AccessKeyId"])  # fmt: skip
    return PRODUCTS_USER if name.startswith("product-") else "somebody"


def _names(body: Mapping[str, Any]) -> list[str]:
    names = body.get("Names") or [body.get("Name") or body["Path"]]
    return [str(name).partition(":")[0] for name in names]


def parameter(name: str) -> str:
    """The ARN of a parameter of this kind."""
    return f"arn:aws:ssm:REGION:ACCOUNT:parameter{_shape(name)}"


def key_arn(name: str) -> str:
    return f"arn:aws:kms:REGION:ACCOUNT:key/{name}"


def _shape(name: str) -> str:
    if name.startswith("/bot/") and not name.startswith("/bot/admin/"):
        return name
    for pattern, shape in _SHAPES:
        if re.match(pattern, name):
            return shape
    raise ValueError(name)


_SHAPES = (
    (r"/bot/admin/", "/bot/admin/provider"),
    (rf"/({'|'.join(ENVIRONMENTS)}|development)/", "/production/secret"),
    (r"/_compromise/inbox/.+", "/_compromise/inbox/incident/value"),
    (r"/_compromise/.+", "/_compromise/incident/secret/value"),
    (r"/_compromise$", "/_compromise"),
)


def _key_of(name: str) -> str:
    """The KMS key of a stored parameter."""
    versions = ssm_backends[DEFAULT_ACCOUNT_ID][REGION]._parameters.get(name)
    return str(versions[-1].keyid) if versions and versions[-1].parameter_type == "SecureString" else ""


def _key_name(key: str) -> str:
    """The word of docs/policies for a key by its alias or id; empty for AWS's own."""
    backend = kms_backends[DEFAULT_ACCOUNT_ID][REGION]
    for alias, name in KEYS.items():
        if key == alias or key.rpartition("/")[2] == backend.get_key_id_from_alias(alias):
            return name
    return ""
