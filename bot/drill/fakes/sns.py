"""Amazon SNS as far as it sends to an HTTPS endpoint: messages of one topic, signed as SNS signs, and the certificate.

Source: SNS developer guide, "HTTP/HTTPS notification JSON format", "Verifying the signatures of Amazon SNS messages".
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask, Response

SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
SIGNED["UnsubscribeConfirmation"] = SIGNED["SubscriptionConfirmation"]
HASHES = {"1": SHA1, "2": SHA256}
type Json = dict[str, Any]


@cache
def signing_key(name: str) -> RSAPrivateKey:  # noqa: ARG001 - one for each name
    return generate_private_key(65537, 2048)


def certificate(key: RSAPrivateKey, since: datetime, until: datetime, name: str = "sns.amazonaws.com") -> bytes:
    """In PEM."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Amazon")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM)


@dataclass
class FakeSns:
    """Serve `application` in the place of ``https://sns.REGION.amazonaws.com``. `at` is when messages are sent."""

    topic: str
    at: datetime
    version: str = "2"
    file: str = "SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem"
    key: RSAPrivateKey = field(default_factory=lambda: signing_key("sns"))
    served: bytes = b""
    asked: list[str] = field(default_factory=list)
    """Paths of the requests, in order."""

    def __post_init__(self) -> None:
        day = timedelta(days=1)
        self.served = self.served or certificate(self.key, self.at - day, self.at + 180 * day)
        self.application = self._application()

    @property
    def region(self) -> str:
        return self.topic.split(":")[3]

    @property
    def certificate_url(self) -> str:
        return f"https://sns.{self.region}.amazonaws.com/{self.file}"

    def message(self, kind: str = "Notification", text: str = "AWS_RISK_CREDENTIALS_EXPOSED", **more: Any) -> Json:
        """Signed; what is in `more` stands in it before it is."""
        stamp = f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{self.at.microsecond // 1000:03}Z"
        host = f"https://sns.{self.region}.amazonaws.com"
        fields: Json = {
            "Type": kind, "MessageId": str(uuid.uuid4()), "TopicArn": self.topic, "Message": text, "Timestamp": stamp,
            "SignatureVersion": self.version, "SigningCertURL": self.certificate_url,
        }  # fmt: skip
        if kind == "Notification":
            fields["UnsubscribeURL"] = f"{host}/?Action=Unsubscribe&SubscriptionArn={self.topic}:{uuid.uuid4()}"
        else:
            token = "2336412f37fb687f5d51e6e2425a8a58" * 4
            fields |= {"Token": token, "SubscribeURL": f"{host}/?Action=ConfirmSubscription&Token={token}"}
        return self.signed(fields | more)

    def signed(self, fields: Json) -> Json:
        named = SIGNED.get(str(fields["Type"]), SIGNED["Notification"])
        text = "".join(f"{name}\n{fields[name]}\n" for name in named if fields.get(name) is not None)
        signature = self.key.sign(text.encode(), PKCS1v15(), HASHES.get(str(fields["SignatureVersion"]), SHA256)())
        return fields | {"Signature": base64.b64encode(signature).decode()}

    def body(self, kind: str = "Notification", **more: Any) -> bytes:
        return json.dumps(self.message(kind, **more)).encode()

    def headers(self) -> dict[str, str]:
        """SNS says that it is text."""
        return {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-topic-arn": self.topic}

    def _application(self) -> Flask:
        app = Flask(__name__)

        @app.get("/<path:file>")
        def fetched(file: str) -> tuple[Response, int]:
            self.asked.append(f"/{file}")
            if file != self.file:
                return Response("<Error/>", content_type="text/xml"), 404
            return Response(self.served, content_type="application/x-pem-file"), 200

        return app
