"""Who signed a request: IAM users' access keys and assumed roles as moto holds them, checked as AWS would.

moto takes any key id unless its authentication is switched on, and inactive ones even then.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import AccessKey, AccessKeyLastUsed, Role, User, iam_backends

from bot.drill.fakes.aws_request import QUERY_SERVICES, AwsAnswer, AwsRequest, accepted, as_json, refused
from bot.drill.fakes.aws_signature import flaw
from bot.drill.fakes.control import KeyRecord
from bot.drill.fakes.faults import Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PARTITION = "aws"
ROOT_ARN = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
STS_ACTIONS = frozenset({"GetCallerIdentity", "GetSessionToken", "AssumeRole"})

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
ROLE_SECONDS = 3600
"""The same of AssumeRole."""
SHORTEST_SESSION = 900
_ROLE_ARN = re.compile(r"arn:aws:iam::[0-9]{12}:role/(?:.*/)?(?P<name>[\w+=,.@-]{1,64})", re.ASCII)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


@dataclass(frozen=True)
class Signer:
    """The owner of an access key. `user` is an IAM user's name.

    For sessions: `token` goes with every request, `issued_at` is when it began and `expires_at` when it ends.
    """

    arn: str
    key_id: str
    secret: str
    user: str = ""
    user_id: str = DEFAULT_ACCOUNT_ID
    token: str = ""
    issued_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def is_root(self) -> bool:
        return self.arn == ROOT_ARN


class Identities:
    """Knows every access key of the practice account, and the one of the practice world itself (`root`).

    `propagation` is for how many seconds by `clock` a key that was switched off or deleted goes on being accepted;
    `now` is AWS's own time of day.
    """

    def __init__(
        self, faults: Faults, clock: Callable[[], float], propagation: float, now: Callable[[], datetime]
    ) -> None:
        self.root = Signer(ROOT_ARN, _key_id("AKIA"), secrets.token_urlsafe(30))
        self._faults = faults
        self._clock = clock
        self._now = now
        self.propagation = propagation
        self._ending: dict[str, tuple[Signer, float]] = {}
        self._temporary: dict[str, Signer] = {}

    def live_keys(self) -> list[KeyRecord]:
        """Users' access keys that are accepted now, those under propagation included."""
        kept = [self._signer(key) for key in self._keys() if key.status == "Active"]
        ending = [signer for signer, until in self._ending.values() if self._clock() < until]
        return [KeyRecord(each.key_id, each.user, each.secret, 0.0) for each in (*kept, *ending)]

    def accepts(self, key_id: str, secret: str) -> bool:
        """Whether requests signed with this pair are accepted now."""
        signer = self._find(key_id)
        return signer is not None and signer.secret == secret

    def check(self, request: AwsRequest, environ: WSGIEnvironment) -> Signer | AwsAnswer:
        """The signer, or the refusal that AWS gives for an unknown, deleted or inactive key, a session without its
        token or past its end, a wrong signature, and a session that its owner's policy denies.
        """
        signature, query = request.signature, request.service in QUERY_SERVICES
        if signature is None:
            code = "IncompleteSignature" if request.incomplete else "MissingAuthenticationToken"
            return refused(replace(request, service="sts"), 400 if request.incomplete else 403, code, "not signed")
        if request.action in STS_ACTIONS and request.service != "sts":
            said = "Credential should be scoped to correct service: 'sts'."
            return refused(replace(request, service="sts"), 403, "SignatureDoesNotMatch", said)
        signer = self._find(request.key_id)
        if signer is None or not _same(signer.token, signature.token) or self._is_spreading(signer):
            invalid = "InvalidClientTokenId" if query else "UnrecognizedClientException"
            status = 400 if request.service in {"ssm", "kms", "cloudtrail"} else 403
            return refused(request, status, invalid, "The security token included in the request is invalid.")
        if signer.expires_at is not None and signer.expires_at <= self._now():
            code, status = ("ExpiredToken", 403) if query else ("ExpiredTokenException", 400)
            return refused(request, status, code, "The security token included in the request is expired")
        if said := flaw(signature, environ, request.raw, signer.secret, self._now()):
            return refused(request, 403, "SignatureDoesNotMatch" if query else "InvalidSignatureException", said)
        if request.action != "GetCallerIdentity" and self._denied(signer):
            code = "AccessDenied" if query else "AccessDeniedException"
            return refused(request, 403, code, "with an explicit deny in an identity-based policy")
        self._mark_use(request, signer)
        return signer

    def before(self, request: AwsRequest) -> AwsAnswer | None:
        """The effect of a key's change on its users, or the answer if a fault prevents it."""
        for fault, (action, status, code) in DECLINED.items():
            if (action == request.action or (not action and request.service == "iam")) and self._faults.take(fault):
                return refused(request, status, code, SPECIAL[fault])
        if request.action not in {"UpdateAccessKey", "DeleteAccessKey"}:
            return None
        if self._faults.take("revoke-ignored"):
            return accepted(request.action)
        signer = self._find(request.form.get("AccessKeyId", ""))
        if signer is not None and self.propagation and request.form.get("Status") != "Active":
            self._ending[signer.key_id] = (signer, self._clock() + self.propagation)
        return None

    def open_session(self, request: AwsRequest, signer: Signer) -> AwsAnswer:
        """GetSessionToken: credentials that outlive the key by which they were asked for."""
        if signer.token:
            return refused(request, 403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
        made = self._session(request, replace(signer, key_id=_key_id("ASIA")), SESSION_SECONDS)
        return accepted("GetSessionToken", _credentials(made), namespace=STS_NAMESPACE)

    def assume_role(self, request: AwsRequest) -> AwsAnswer:
        """AssumeRole, for any signer: a role's trust is not checked here."""
        session, role = request.form.get("RoleSessionName", ""), _ROLE_ARN.fullmatch(request.form.get("RoleArn", ""))
        known = next((each for each in self._roles() if role is not None and each.name == role["name"]), None)
        if not _SESSION_NAME.fullmatch(session):
            return refused(request, 400, "ValidationError", "RoleSessionName does not have the form of one")
        if known is None:
            return refused(request, 403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
        arn = f"arn:aws:sts::{DEFAULT_ACCOUNT_ID}:assumed-role/{known.name}/{session}"
        signer = Signer(arn, _key_id("ASIA"), "", user_id=f"{known.id}:{session}")
        made = self._session(request, signer, ROLE_SECONDS)
        whose = f"<AssumedRoleUser><AssumedRoleId>{made.user_id}</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>"
        return accepted("AssumeRole", whose + _credentials(made), namespace=STS_NAMESPACE)

    def expire(self, key_id: str) -> None:
        """Lets a session end now."""
        self._temporary[key_id] = replace(self._temporary[key_id], expires_at=self._now())

    def who(self, request: AwsRequest, signer: Signer) -> AwsAnswer:
        """GetCallerIdentity."""
        fields = {"Arn": signer.arn, "UserId": signer.user_id, "Account": DEFAULT_ACCOUNT_ID}
        if request.accepts_json:
            answer = {"GetCallerIdentityResult": fields, "ResponseMetadata": {"RequestId": "practice"}}
            return as_json({"GetCallerIdentityResponse": answer})
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        return accepted("GetCallerIdentity", inside, namespace=STS_NAMESPACE)

    def _session(self, request: AwsRequest, signer: Signer, usual: int) -> Signer:
        now = self._now()
        seconds = max(SHORTEST_SESSION, int(request.form.get("DurationSeconds", usual)))
        made = replace(
            signer,
            secret=secrets.token_hex(20),
            token=secrets.token_urlsafe(240),
            issued_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
        self._temporary[made.key_id] = made
        return made

    def _find(self, key_id: str) -> Signer | None:
        if key_id == self.root.key_id:
            return self.root
        for key in self._keys():
            if key.access_key_id == key_id and key.status == "Active":
                return self._signer(key)
        ending, until = self._ending.get(key_id, (None, 0.0))
        if ending is not None and self._clock() < until:
            return ending
        return self._temporary.get(key_id)

    def _signer(self, key: AccessKey) -> Signer:
        user = self._users()[key.user_name or ""]
        return Signer(user.arn, key.access_key_id, key.secret_access_key, user.name, user.id)

    def _users(self) -> dict[str, User]:
        return {user.name: user for user in iam_backends[DEFAULT_ACCOUNT_ID][PARTITION].users.values()}

    def _roles(self) -> list[Role]:
        return list(iam_backends[DEFAULT_ACCOUNT_ID][PARTITION].roles.values())

    def _keys(self) -> list[AccessKey]:
        return [key for user in self._users().values() for key in user.access_keys]

    def _is_spreading(self, signer: Signer) -> bool:
        """Whether a fault says that this key, its user's newest, is not known yet."""
        keys = [key.access_key_id for key in self._keys() if key.user_name == signer.user]
        return len(keys) > 1 and keys[-1] == signer.key_id and self._faults.take("new-key-unknown")

    def _denied(self, signer: Signer) -> bool:
        """Whether an inline policy of the user or role denies everything to sessions of this age."""
        role = signer.arn.split("/")[1] if ":assumed-role/" in signer.arn else ""
        owner = self._users().get(signer.user) or next((each for each in self._roles() if each.name == role), None)
        if owner is None or signer.issued_at is None:
            return False
        statements = [each for text in owner.policies.values() for each in json.loads(text)["Statement"]]
        limits = [each["Condition"]["DateLessThan"]["aws:TokenIssueTime"] for each in statements if _by_age(each)]
        return any(signer.issued_at < datetime.fromisoformat(limit) for limit in limits)

    def _mark_use(self, request: AwsRequest, signer: Signer) -> None:
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


def _credentials(made: Signer) -> str:
    assert made.expires_at is not None
    fields = {
        "AccessKeyId": made.key_id,
        "SecretAccessKey": made.secret,
        "SessionToken": made.token,
        "Expiration": f"{made.expires_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return f"<Credentials>{''.join(f'<{name}>{value}</{name}>' for name, value in fields.items())}</Credentials>"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _key_id(kind: str) -> str:
    return kind + secrets.token_hex(8).upper()
