"""Signature Version 4 as AWS checks it: who signed, for what scope, when, and whether it covers what was sent.

Written after the documentation and not after botocore, so that botocore's signer and this check are two opinions.
Sources: IAM User Guide, "Create a signed AWS API request" and "Signature Version 4 troubleshooting"; for presigned
requests to STS, which are valid for fifteen minutes with any ``X-Amz-Expires``, aws-iam-authenticator's token package.
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from bot.net.hosts import region

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ALGORITHM = "AWS4-HMAC-SHA256"
WINDOW = timedelta(minutes=15)
"""How far ``X-Amz-Date`` may be from AWS's clock, on either side."""
_SCOPE = re.compile(r"(?P<key_id>[^/,\s]+)/(?P<day>[0-9]{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class Unsigned(Exception):
    """No request of AWS's: nothing is signed."""


class Incomplete(Exception):
    """Something is signed, but not in the form that AWS asks for."""


@dataclass(frozen=True)
class Signature:
    """`at` is ``X-Amz-Date`` as sent, `token` empty without a session. `presigned`: it was in the query."""

    key_id: str
    day: str
    region: str
    service: str
    at: str
    signed: str
    value: str
    token: str
    presigned: bool

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def read_signature(environ: WSGIEnvironment) -> Signature:
    """What the request says of its signature, in its header or else in its query. Raises Unsigned or Incomplete."""
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    header = environ.get("HTTP_AUTHORIZATION", "")
    if header:
        algorithm, _, rest = header.partition(" ")
        fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        at, token = environ.get("HTTP_X_AMZ_DATE", ""), environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "")
        parts = [fields.get(name, "") for name in ("Credential", "SignedHeaders", "Signature")]
    elif "X-Amz-Algorithm" in query or "X-Amz-Signature" in query:
        algorithm, at, token = (query.get(f"X-Amz-{name}", "") for name in ("Algorithm", "Date", "Security-Token"))
        parts = [query.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")]
    else:
        raise Unsigned
    scope = _SCOPE.fullmatch(parts[0])
    if algorithm != ALGORITHM or scope is None or not _TIME.fullmatch(at) or not all(parts):
        raise Incomplete
    return Signature(**scope.groupdict(), at=at, signed=parts[1], value=parts[2], token=token, presigned=not header)


def flaw(signature: Signature, environ: WSGIEnvironment, body: bytes, secret: str, now: datetime) -> str:
    """Why AWS would not take the signature, in words like AWS's; empty if it does. `secret` is the key's."""
    return (
        _scope_flaw(signature)
        or _time_flaw(signature, now)
        or _headers_flaw(signature, environ)
        or _value_flaw(signature, environ, body, secret)
    )


def _scope_flaw(signature: Signature) -> str:
    if region(signature.region) is None:
        return "Credential should be scoped to a valid region."
    if signature.day != signature.at[:8]:
        return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP."
    return ""


def _time_flaw(signature: Signature, now: datetime) -> str:
    try:
        at = datetime.strptime(signature.at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return "Date is not in the basic form of ISO 8601."
    if at < now - WINDOW:
        return f"Signature expired: {signature.at} is now earlier than {now - WINDOW:%Y%m%dT%H%M%SZ}."
    if at > now + WINDOW:
        return f"Signature not yet current: {signature.at} is still later than {now + WINDOW:%Y%m%dT%H%M%SZ}."
    return ""


def _headers_flaw(signature: Signature, environ: WSGIEnvironment) -> str:
    """``Host`` must be signed, and so must every ``X-Amz-…`` that is sent."""
    signed = signature.signed.split(";")
    sent = [name.removeprefix("HTTP_").lower().replace("_", "-") for name in environ if name.startswith("HTTP_X_AMZ_")]
    for name in ("host", *sent):
        if name not in signed:
            return f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
    return "" if signed == sorted({name.lower() for name in signed}) else "SignedHeaders are not canonical."


def _value_flaw(signature: Signature, environ: WSGIEnvironment, body: bytes, secret: str) -> str:
    digest = hashlib.sha256(body).hexdigest()
    claimed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", digest)
    canonical = _canonical(signature, environ, digest)
    told = "\n".join([ALGORITHM, signature.at, signature.scope, hashlib.sha256(canonical.encode()).hexdigest()])
    wanted = hmac.digest(_key(secret, signature.scope), told.encode(), "sha256").hex()
    if claimed == digest and hmac.compare_digest(wanted.encode(), signature.value.encode()):
        return ""
    return "The request signature we calculated does not match the signature you provided."


@lru_cache(1000)
def _key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical(signature: Signature, environ: WSGIEnvironment, digest: str) -> str:
    path, _, query = environ["REQUEST_URI"].partition("?")
    fields = [field.partition("=") for field in query.split("&") if field]
    fields = sorted(field for field in fields if field[0] != "X-Amz-Signature")
    headers = [f"{name}:{' '.join(_header(environ, name).split())}" for name in signature.signed.split(";")]
    return "\n".join(
        [
            environ["REQUEST_METHOD"],
            quote(_normal(path), safe="/~"),
            "&".join(f"{name}={value}" for name, _, value in fields),
            *headers,
            "",
            signature.signed,
            digest,
        ]
    )


def _normal(path: str) -> str:
    """Without empty and dotted segments, as every service but S3 has it; a slash at the end stays."""
    plain = posixpath.normpath(f"/{path.lstrip('/')}")
    return f"{plain}/" if path.endswith("/") and plain != "/" else plain


def _header(environ: WSGIEnvironment, name: str) -> str:
    plain = name.upper().replace("-", "_")
    return str(environ.get(plain if plain in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{plain}", ""))
