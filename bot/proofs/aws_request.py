"""The request to STS that an AWS proof signs, and the parts of it that a proof carries: who, when and where.

::

    POST https://sts.REGION.amazonaws.com/
    Content-Type: application/x-www-form-urlencoded; charset=utf-8
    Host: sts.REGION.amazonaws.com
    X-Amz-Date: DATE
    X-Amz-Security-Token: TOKEN           only of a session
    X-Compromise-Command: DIGEST          of the statement

    Action=GetCallerIdentity&Version=2011-06-15

All headers are signed. A proof holds only key id, token, date, region and signature. The worker builds this request
from the constants here and its own digest, so no foreign host, header, body or parameter has to be checked. HashiCorp
Vault (CVE-2020-16250) and aws-iam-authenticator (CVE-2022-2385) accepted requests composed by others, and did not check
them well enough.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bot.model import places
from bot.net.hosts import Region, is_loopback, region
from bot.proofs.statement import ProofRefused, Statement
from bot.secrets.secret import Secret

INBOX = f"{places.INBOX}/proofs"
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
COMMAND = "X-Compromise-Command"
ALGORITHM = "AWS4-HMAC-SHA256"
LARGEST_PROOF = 8192
"""Characters: what the largest parameter holds."""
_PARAMETER = re.compile(rf"{re.escape(INBOX)}/[0-9a-f]{{32}}")
_FIELDS: Mapping[str, re.Pattern[str]] = {
    "key_id": re.compile(r"A[KS]IA[A-Z0-9]{16}"),
    "token": re.compile(r"[A-Za-z0-9+/=_-]{0,8000}"),
    "date": re.compile(r"20[0-9]{6}T[0-9]{6}Z"),
    "region": re.compile(r"[a-z]{2,5}(-[a-z]{2,10}){1,2}-[0-9]{1,2}"),
    "signature": re.compile(r"[0-9a-f]{64}"),
}


def inbox_parameter(command_id: str) -> str:
    """Where the proof of this command lies until the worker has answered it."""
    return f"{INBOX}/{hashlib.sha256(command_id.encode()).hexdigest()[:32]}"


def is_inbox_parameter(parameter: str) -> bool:
    return _PARAMETER.fullmatch(parameter) is not None


@dataclass(frozen=True)
class Proof:
    """`date` is ``X-Amz-Date``; `token` is empty for a user's own key. ProofRefused if a field has not its form."""

    key_id: str
    token: Secret
    date: str
    region: str
    signature: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, form in _FIELDS.items():
            value = getattr(self, name)
            if not form.fullmatch(value.reveal() if isinstance(value, Secret) else value):
                raise ProofRefused(f"The proof of this command has no usable {name.replace('_', ' ')}.")
        if self.key_id.startswith("ASIA") != bool(self.token.reveal()):
            raise ProofRefused("The proof of this command has a session's key without its token, or the other way.")
        try:
            _ = self.at
        except ValueError:
            raise ProofRefused("The proof of this command has no usable date.") from None

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    def packed(self) -> Secret:
        """As it lies in the inbox."""
        fields = {name: getattr(self, name) for name in _FIELDS} | {"token": self.token.reveal()}
        return Secret(json.dumps(fields, separators=(",", ":")))

    def headers(self, statement: Statement, host: str) -> dict[str, str | Secret]:
        """All headers for `host`, the signature included."""
        signed = signed_headers(statement, host, self.date, self.token)
        credential = f"{self.key_id}/{self.date[:8]}/{self.region}/sts/aws4_request"
        names = ";".join(sorted(name.lower() for name in signed))
        return {
            **signed,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={self.signature}",
        }


def unpacked(value: Secret) -> Proof:
    """The proof that lies in the inbox. ProofRefused unless it is one JSON object of exactly its fields, each once."""
    text = value.reveal()
    try:
        fields = strict_json(text) if len(text) <= LARGEST_PROOF else None
    except ValueError:
        fields = None
    if (
        not isinstance(fields, dict)
        or set(fields) != set(_FIELDS)
        or not all(isinstance(v, str) for v in fields.values())
    ):
        raise ProofRefused("The inbox entry for this command is not a proof.")
    return Proof(**{**fields, "token": Secret(fields["token"])})


def signed_headers(statement: Statement, host: str, date: str, token: Secret) -> dict[str, str | Secret]:
    """The headers that the signature covers."""
    session: dict[str, str | Secret] = {"X-Amz-Security-Token": token} if token.reveal() else {}
    return {"Content-Type": FORM, "Host": host, "X-Amz-Date": date, **session, COMMAND: statement.digest}


@dataclass(frozen=True)
class Sts:
    """Where STS is asked: at the region's own host. `stand_in`, on loopback, takes the place of all of them."""

    stand_in: str = ""

    @classmethod
    def of(cls, endpoint_url: str | None, *, production: bool) -> Sts:
        """`endpoint_url` (``AWS_ENDPOINT_URL``) counts outside production and on loopback, and nowhere else."""
        if endpoint_url and not production and is_loopback(urlsplit(endpoint_url).hostname or ""):
            return cls(endpoint_url.rstrip("/"))
        return cls()

    def url(self, place: Region) -> str:
        """The address without a slash at its end."""
        return self.stand_in or f"https://{place.sts}"

    def host(self, place: Region) -> str:
        """The value of ``Host``."""
        return urlsplit(self.url(place)).netloc


def known_region(name: str) -> Region:
    """ProofRefused unless botocore lists it: its host is never made of what others say."""
    found = region(name)
    if found is None:
        raise ProofRefused("The proof of this command names an AWS region that does not exist.")
    return found


def strict_json(text: str) -> Any:
    """Parses JSON. ValueError for invalid JSON, a repeated name in an object, and nesting that is too deep."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError("a name is there twice")
        made[name] = value
    return made


def _no_constant(name: str) -> None:
    raise ValueError(name)
