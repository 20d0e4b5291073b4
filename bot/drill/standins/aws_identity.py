"""Who signed a request: IAM users' access keys and assumed roles as moto holds them, checked as AWS would.

moto takes any key id unless its authentication is switched on, and inactive ones even then.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import AccessKey, AccessKeyLastUsed, iam_backends
from moto.sts.models import sts_backends

from bot.drill.standins.aws_request import QUERY_SERVICES, Answer, Request, accepted, refusal
from bot.drill.standins.control import KeyRecord
from bot.drill.standins.faults import Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PARTITION = "aws"
ROOT_ARN = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"


OPERATIONS = ("create", "revoke", "list", "probe", "get")
SPECIAL: Mapping[str, str] = {
    "probe-signature": "a live key is answered 403 SignatureDoesNotMatch",
    "probe-denied": "a live key is answered 403 AccessDenied",
    "probe-expired": "a live key is answered 400 RequestExpired",
    "new-key-unknown": "a user's newest access key is not known yet",
    "revoke-ignored": "an access key is switched off or deleted without effect",
    "revoke-404": "a revocation is answered NoSuchEntity, and nothing is revoked",
    "create-limit": "a user is said to have two access keys",
    "sessions-denied": "the caller may not write policies of users",
    "denied": "the caller lacks every IAM permission",
}
DECLINED: Mapping[str, tuple[str, int, str]] = {
    "probe-signature": ("GetCallerIdentity", 403, "SignatureDoesNotMatch"),
    "probe-denied": ("GetCallerIdentity", 403, "AccessDenied"),
    "probe-expired": ("GetCallerIdentity", 400, "RequestExpired"),
    "revoke-404": ("UpdateAccessKey", 404, "NoSuchEntity"),
    "create-limit": ("CreateAccessKey", 409, "LimitExceeded"),
    "sessions-denied": ("PutUserPolicy", 403, "AccessDenied"),
    "denied": ("", 403, "AccessDenied"),
}
"""Action (all of IAM's if empty), status and code of the answers that are refusals and nothing else."""
_CALLED: Mapping[str, str] = {
    "CreateAccessKey": "create",
    "UpdateAccessKey": "revoke",
    "DeleteAccessKey": "revoke",
    "GetCallerIdentity": "probe",
}

SESSION_SECONDS = 43_200
"""What GetSessionToken gives a user when nothing else is asked for."""


@dataclass(frozen=True)
class Signer:
    """Whoever an access key belongs to. `user` is an IAM user's name, `issued_at` is when a session began."""

    arn: str
    key_id: str
    secret: str
    user: str = ""
    issued_at: datetime | None = None

    @property
    def is_root(self) -> bool:
        return self.arn == ROOT_ARN


class Identities:
    """Knows every access key of the practice account, and the one of the practice world itself (`root`).

    `propagation` is for how many seconds by `clock` a key that was switched off or deleted goes on being accepted.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float], propagation: float) -> None:
        self.root = Signer(ROOT_ARN, _key_id("AKIA"), secrets.token_urlsafe(30))
        self._faults = faults
        self._clock = clock
        self.propagation = propagation
        self._ending: dict[str, tuple[Signer, float]] = {}
        self._temporary: dict[str, Signer] = {}
        self._root_keys: dict[str, Signer] = {}

    def add_root_key(self) -> tuple[str, str]:
        """What only a person can do, signed in as root: makes an access key of the root user, and gives both parts."""
        key = Signer(ROOT_ARN, _key_id("AKIA"), secrets.token_hex(20))
        self._root_keys[key.key_id] = key
        return key.key_id, key.secret

    def end_root_key(self, key_id: str) -> None:
        self._root_keys.pop(key_id, None)

    def live_keys(self) -> list[KeyRecord]:
        """Users' access keys that are accepted now, those under propagation included."""
        kept = [_signer(key) for key in self._keys() if key.status == "Active"]
        ending = [signer for signer, until in self._ending.values() if self._clock() < until]
        return [KeyRecord(each.key_id, each.user, each.secret, 0.0) for each in (*kept, *ending)]

    def accepts(self, key_id: str, secret: str) -> bool:
        """Whether requests signed with this pair are accepted now."""
        signer = self._find(key_id)
        return signer is not None and signer.secret == secret

    def check(self, request: Request, environ: WSGIEnvironment) -> Signer | Answer:
        """The signer, or the refusal that AWS gives for an unknown, deleted or inactive key, a wrong signature, and a
        session that its user's policy denies.
        """
        signer = self._find(request.key_id)
        if signer is None or (self._is_newest(signer) and self._faults.take("new-key-unknown")):
            invalid = "InvalidClientTokenId" if request.service in QUERY_SERVICES else "UnrecognizedClientException"
            status = 400 if request.service in {"ssm", "kms", "cloudtrail"} else 403
            return refusal(request.service, status, invalid, "The security token included in the request is invalid.")
        if not _signature_fits(environ, request, signer):
            code = "SignatureDoesNotMatch" if request.service in QUERY_SERVICES else "InvalidSignatureException"
            return refusal(request.service, 403, code, "The request signature we calculated does not match.")
        if request.action != "GetCallerIdentity" and self._denied(signer):
            code = "AccessDenied" if request.service in QUERY_SERVICES else "AccessDeniedException"
            return refusal(request.service, 403, code, "with an explicit deny in an identity-based policy")
        self._mark_use(request, signer)
        return signer

    def before(self, request: Request) -> Answer | None:
        """What a change of a key means for those who use it, or the answer where a fault keeps it from happening."""
        for fault, (action, status, code) in DECLINED.items():
            if (action == request.action or (not action and request.service == "iam")) and self._faults.take(fault):
                return refusal(request.service, status, code, SPECIAL[fault])
        if request.action not in {"UpdateAccessKey", "DeleteAccessKey"}:
            return None
        if self._faults.take("revoke-ignored"):
            return accepted(request.action)
        signer = self._find(request.form.get("AccessKeyId", ""))
        if signer is not None and self.propagation and request.form.get("Status") != "Active":
            self._ending[signer.key_id] = (signer, self._clock() + self.propagation)
        return None

    def open_session(self, signer: Signer) -> Answer:
        """GetSessionToken: credentials that outlive the key by which they were asked for."""
        now = datetime.now(UTC)
        made = Signer(signer.arn, _key_id("ASIA"), secrets.token_hex(20), signer.user, now)
        self._temporary[made.key_id] = made
        expires = (now + timedelta(seconds=SESSION_SECONDS)).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = f"<AccessKeyId>{made.key_id}</AccessKeyId><SecretAccessKey>{made.secret}</SecretAccessKey>"
        fields += f"<SessionToken>{secrets.token_urlsafe(60)}</SessionToken><Expiration>{expires}</Expiration>"
        return accepted("GetSessionToken", f"<Credentials>{fields}</Credentials>")

    def who(self, signer: Signer) -> Answer | None:
        """GetCallerIdentity for those whom moto does not know."""
        if signer.key_id not in {*self._temporary, *self._root_keys}:
            return None
        fields = f"<Arn>{signer.arn}</Arn><UserId>{signer.user or DEFAULT_ACCOUNT_ID}</UserId>"
        return accepted("GetCallerIdentity", f"{fields}<Account>{DEFAULT_ACCOUNT_ID}</Account>")

    def _find(self, key_id: str) -> Signer | None:
        if key_id == self.root.key_id:
            return self.root
        for key in self._keys():
            if key.access_key_id == key_id and key.status == "Active":
                return _signer(key)
        ending, until = self._ending.get(key_id, (None, 0.0))
        if ending is not None and self._clock() < until:
            return ending
        if made := self._temporary.get(key_id) or self._root_keys.get(key_id):
            return made
        role = sts_backends[DEFAULT_ACCOUNT_ID][PARTITION].get_assumed_role_from_access_key(key_id)
        return Signer(role.arn, key_id, role.secret_access_key) if role else None

    def _keys(self) -> list[AccessKey]:
        users = list(iam_backends[DEFAULT_ACCOUNT_ID][PARTITION].users.values())
        return [key for user in users for key in user.access_keys]

    def _is_newest(self, signer: Signer) -> bool:
        keys = [key.access_key_id for key in self._keys() if key.user_name == signer.user]
        return len(keys) > 1 and keys[-1] == signer.key_id

    def _denied(self, signer: Signer) -> bool:
        """Whether an inline policy of the user denies everything to sessions of this age."""
        user = iam_backends[DEFAULT_ACCOUNT_ID][PARTITION].users.get(signer.user)
        if user is None or signer.issued_at is None:
            return False
        statements = [each for text in user.policies.values() for each in json.loads(text)["Statement"]]
        limits = [each["Condition"]["DateLessThan"]["aws:TokenIssueTime"] for each in statements if _by_age(each)]
        return any(signer.issued_at < datetime.fromisoformat(limit) for limit in limits)

    def _mark_use(self, request: Request, signer: Signer) -> None:
        for key in self._keys():
            if key.access_key_id == signer.key_id:
                key.last_used = AccessKeyLastUsed(
                    datetime.now(UTC).replace(tzinfo=None), request.service, request.region
                )


def operation_of(action: str) -> str:
    """What faults call an action of IAM or STS."""
    return _CALLED.get(action) or ("list" if action.startswith("List") else "get")


def _by_age(statement: Mapping[str, Any]) -> bool:
    limited = "aws:TokenIssueTime" in statement.get("Condition", {}).get("DateLessThan", {})
    return statement["Effect"] == "Deny" and statement["Action"] == "*" and limited


def _signer(key: AccessKey) -> Signer:
    arn = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:user/{key.user_name}"
    return Signer(arn, key.access_key_id, key.secret_access_key, key.user_name or "")


def _key_id(kind: str) -> str:
    return kind + secrets.token_hex(8).upper()


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
