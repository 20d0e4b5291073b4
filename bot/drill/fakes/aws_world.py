"""Furnishing a practice account: keys, parameters, functions and people, by the same requests that the bot makes. They
are signed and judged like those, but stay in this process: what is furnished takes half of a test's time otherwise.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import DEFAULT_ACCOUNT_ID

from bot.aws import Aws
from bot.drill.fakes.aws import REGION, AwsFront
from bot.drill.fakes.aws_ssm import DEFAULT_KEY
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ROLE = "product-functions"
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class Person:
    """An IAM user of the practice account with one access key."""

    arn: str
    key_id: str
    secret: Secret


class _Inside(Aws):
    """Asks a front of this process without a connection to it."""

    front: AwsFront

    def _make(self, service: str, region: str = "") -> Any:
        made = super()._make(service, region)
        made.meta.events.register("before-send", self._answer)
        return made

    def _answer(self, request: Any, **_: object) -> Any:
        return ask(self.front, request)


def ask(front: AwsFront, request: Any) -> Any:
    """The answer to a request (botocore's, prepared) to a front of this process, as botocore reads it."""
    told: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        told[:] = [int(status.partition(" ")[0]), {"Date": formatdate(usegmt=True), **dict(headers)}]
        return lambda _chunk: None

    body = b"".join(front.application(_environ(request), start))
    answer: Any = AWSResponse
    return answer(request.url, *told, MockRawResponse(body))


def _environ(request: Any) -> WSGIEnvironment:
    """The request (botocore's, prepared) as a server gives it to its application."""
    address, body = urlsplit(request.url), request.body or b""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    named = {
        f"HTTP_{name.upper().replace('-', '_')}": value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    return {
        "HTTP_HOST": address.netloc,
        **named,
        "CONTENT_TYPE": named.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(raw)),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(address.path) or "/",
        "QUERY_STRING": address.query,
        "REQUEST_URI": f"{address.path or '/'}{f'?{address.query}' if address.query else ''}",
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address.hostname,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(raw),
    }


class AwsWorld:
    """Arranges things as the account's root. `aws` may be used for anything that is not covered here."""

    def __init__(self, front: AwsFront, region: str = REGION) -> None:
        key_id, secret = front.root_key
        self.front = front
        self.aws = Aws(region, endpoint_url=front.url, loopback_allowed=True, access_key=(key_id, Secret(secret)))
        self._inside = _Inside(
            region, endpoint_url=front.url, loopback_allowed=True, access_key=(key_id, Secret(secret))
        )
        self._inside.front = front
        self._role = ""

    def create_key(self, alias: str) -> str:
        """Makes a KMS key named ``alias/{alias}`` and gives its id."""
        kms = self._inside.client("kms")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key_id)
        return key_id

    def store(
        self,
        parameter: str,
        *values: str,
        key_id: str = DEFAULT_KEY,
        type_: Literal["SecureString", "String"] = "SecureString",
    ) -> int:
        """Writes the values as versions, oldest first, labels the last ``current``, and gives its number."""
        ssm = self._inside.client("ssm")
        version = 0
        for value in values:
            if type_ == "SecureString":
                put = ssm.put_parameter(Name=parameter, Value=value, Type=type_, KeyId=key_id, Overwrite=True)
            else:
                put = ssm.put_parameter(Name=parameter, Value=value, Type=type_, Overwrite=True)
            version = put["Version"]
        ssm.label_parameter_version(Name=parameter, ParameterVersion=version, Labels=["current"])
        return version

    def create_function(self, name: str, environment: Mapping[str, str] | None = None, alias: str | None = None) -> str:
        """Makes a Lambda function, with `alias` on a published version if one is named, and gives its ARN."""
        functions = self._inside.client("lambda")
        made = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.function_role(),
            Handler="app.handler",
            Code={"ZipFile": _code()},
            Environment={"Variables": dict(environment or {})},
        )
        if alias:
            version = functions.publish_version(FunctionName=name)["Version"]
            functions.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
        return made["FunctionArn"]

    def create_person(self, name: str) -> Person:
        """Makes an IAM user with one active access key."""
        iam = self._inside.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Person(arn, key["AccessKeyId"], Secret(key["SecretAccessKey"]))

    def session_of(self, person: Person, timeout: float = 5.0) -> Aws:
        """AWS as `person` sees it."""
        return Aws(
            REGION,
            endpoint_url=self.front.url,
            timeout=timeout,
            loopback_allowed=True,
            access_key=(person.key_id, person.secret),
        )

    def create_role(self, name: str) -> str:
        """Makes a role that people may take on, and gives its ARN."""
        trust = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": DEFAULT_ACCOUNT_ID}}]}
        made = self._inside.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return made["Role"]["Arn"]

    def role_session(self, role: str, session: str, by: Aws | None = None) -> Aws:
        """AWS as a session of `role` (its ARN) sees it, taken on `by` someone, or by the account's root."""
        answer = (by or self._inside).client("sts").assume_role(RoleArn=role, RoleSessionName=session)
        keys = answer["Credentials"]
        return self.aws.with_access_key(
            keys["AccessKeyId"], Secret(keys["SecretAccessKey"]), Secret(keys["SessionToken"])
        )

    def function_role(self) -> str:
        """The ARN of the role with which the functions run."""
        if not self._role:
            role = self._inside.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
            self._role = role["Role"]["Arn"]
        return self._role


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return {'ok': True}\n")
    return buffer.getvalue()
