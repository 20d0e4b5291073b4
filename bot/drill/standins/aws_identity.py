"""Who signed a request: IAM users' access keys and assumed roles as moto holds them, checked as AWS would.

moto takes any key id unless its authentication is switched on, and inactive ones even then.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from bot.drill.standins.aws_request import Answer, Request, refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PARTITION = "aws"
ROOT_ARN = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"


@dataclass(frozen=True)
class Signer:
    """Whoever an access key belongs to."""

    arn: str
    key_id: str
    secret: str

    @property
    def is_root(self) -> bool:
        return self.arn == ROOT_ARN


class Identities:
    """Knows every access key of the practice account, and the one of the practice world itself (`root`)."""

    def __init__(self) -> None:
        self.root = Signer(ROOT_ARN, "AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30))

    def check(self, request: Request, environ: WSGIEnvironment) -> Signer | Answer:
        """The signer, or the refusal that AWS gives for an unknown, deleted or inactive key and a wrong signature."""
        signer = self._find(request.key_id)
        if signer is None:
            invalid = "InvalidClientTokenId" if request.service in {"sts", "iam"} else "UnrecognizedClientException"
            status = 400 if request.service in {"ssm", "kms", "cloudtrail"} else 403
            return refusal(request.service, status, invalid, "The security token included in the request is invalid.")
        if not _signature_fits(environ, request, signer):
            code = "SignatureDoesNotMatch" if request.service in {"sts", "iam"} else "InvalidSignatureException"
            return refusal(request.service, 403, code, "The request signature we calculated does not match.")
        return signer

    def _find(self, key_id: str) -> Signer | None:
        if key_id == self.root.key_id:
            return self.root
        for user in list(iam_backends[DEFAULT_ACCOUNT_ID][PARTITION].users.values()):
            for key in user.access_keys:
                if key.access_key_id == key_id and key.status == "Active":
                    return Signer(user.arn, key_id, key.secret_access_key)
        role = sts_backends[DEFAULT_ACCOUNT_ID][PARTITION].get_assumed_role_from_access_key(key_id)
        return Signer(role.arn, key_id, role.secret_access_key) if role else None


def _signature_fits(environ: WSGIEnvironment, request: Request, signer: Signer) -> bool:
    """Recomputes Signature Version 4 over what was sent."""
    authorization = environ["HTTP_AUTHORIZATION"]
    fields = dict(part.strip().split("=", 1) for part in authorization.partition(" ")[2].split(","))
    headers = {name: _header(environ, name) for name in fields["SignedHeaders"].split(";")}
    path, query = quote(environ["PATH_INFO"], safe="/-_.~%"), environ.get("QUERY_STRING", "")
    signed = AWSRequest(
        method=environ["REQUEST_METHOD"],
        url=f"http://{environ['HTTP_HOST']}{path}" + (f"?{query}" if query else ""),
        data=request.raw,
        headers=headers,
    )
    signed.context["timestamp"] = environ["HTTP_X_AMZ_DATE"]
    auth = SigV4Auth(Credentials(signer.key_id, signer.secret), request.service, request.region)
    wanted = auth.signature(auth.string_to_sign(signed, auth.canonical_request(signed)), signed)
    return hmac.compare_digest(wanted, fields["Signature"])


def _header(environ: WSGIEnvironment, name: str) -> str:
    plain = name.upper().replace("-", "_")
    return str(environ.get(plain if plain in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{plain}", ""))
