"""Proof by AWS: a terminal signs a request to STS that names its command, and the worker asks STS who signed.

`AwsSigner` works at the terminal with the person's own credentials, `AwsProofs` at the worker. The proof is passed in a
SecureString below `INBOX`, since a session's token must not be in a database.

A proof cannot be used twice. Its signature covers the statement's digest, which holds the command's id, and a log
accepts each command id once. So the same proof for the same command gives the same answer, also after a restart, and
for another command it is invalid. STS would accept it for fifteen minutes; we accept it for five, by the worker's
clock.

STS is asked for JSON (``Accept``, as aws-iam-authenticator does). JSON is stricter than XML: there are no document
types, entities, comments, namespaces or encodings to switch off, the whole body is one object or invalid, and the
parser finds repeated names. An answer in XML would be refused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from requests import Session

from bot.aws import Aws, SigningKey
from bot.errors import ConfigurationError, Missing, OutsideError, Throttled
from bot.model.priority import Priority
from bot.net.hosts import Region, region
from bot.net.http import Http, Reply, new_session
from bot.net.limits import Bucket
from bot.proofs.aws_request import (
    BODY,
    INBOX,
    Proof,
    Sts,
    inbox_parameter,
    is_inbox_parameter,
    known_region,
    signed_headers,
    strict_json,
    unpacked,
)
from bot.proofs.statement import ProofRefused, ProofUnchecked, Statement, demand_fresh
from bot.secrets.secret import Secret
from bot.vault.contract import Vault

SYSTEM = "sts"
VERB = "ask who signed a command"
JSON = "application/json"
LONGEST = timedelta(minutes=5)
"""How old a proof may be by the worker's clock."""
ARRIVING = timedelta(minutes=1)
"""How long after its command a proof may not be seen yet: a parameter is not readable everywhere at once."""
LARGEST_ANSWER = 16 * 1024
PAUSES = (0.4, 0.8, 1.6, 3.2)
"""Seconds after which a terminal tries again to lay its proof down, where AWS asks it to slow down."""
CALLS_A_SECOND, CALLS_BURST = 20.0, 40

REFUSALS: Final[Mapping[str, str]] = {
    "InvalidClientTokenId": "AWS does not know the access key that signed this command: it is deleted or inactive.",
    "SignatureDoesNotMatch": "AWS says that the access key named by the proof did not sign this command.",
    "IncompleteSignature": "AWS says that the proof of this command is no signature.",
    "ExpiredToken": "The AWS session that signed this command expired. Sign in to AWS, then send the command again.",
    "RequestExpired": "AWS says that the proof of this command is too old: send the command again.",
    "RegionDisabledException": "The proof is for an AWS region that its account has not enabled: use another.",
}
"""By error code. What is not in here is no answer to whether the proof is one."""
_ACCOUNT = re.compile(r"[0-9]{12}")
_USER_ID = re.compile(r"[\w+=,.@:-]{1,256}", re.ASCII)
_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]{3,20}):(?:"
    r"iam::(?P<account>[0-9]{12}):(?:root|user/[\x21-\x7e]{1,576})"
    r"|sts::(?P<session_account>[0-9]{12}):"
    r"(?:assumed-role/[\w+=,.@-]{1,64}/[\w+=,.@-]{2,64}|federated-user/[\w+=,.@-]{2,32}))",
    re.ASCII,
)
"""ARNs of principals that can have credentials. Sources: IAM User Guide, IAM identifiers and quotas;
STS API reference.
"""


@dataclass(frozen=True)
class AwsCaller:
    """Who signed, as STS says: `arn` of a user, of a role's session, or of the root user; `key_id` is what signed."""

    arn: str
    account: str
    key_id: str


@dataclass(frozen=True)
class AwsSigner:
    """The terminal's side: `aws` is the person's own session."""

    aws: Aws
    vault: Vault
    sts: Sts
    sleep: Callable[[float], None] = time.sleep

    def prove(self, statement: Statement, now: datetime) -> str:
        """Signs, lays the proof into the inbox, and gives the parameter's name. Once for each command id.

        ConfigurationError without credentials or region; the errors of `Vault.stage`, such as Refused where the
        session's token is too long for a parameter (4 KB).
        """
        key = self.aws.signing_key()
        place = region(self.aws.region)
        if key is None:
            raise ConfigurationError("No AWS credentials were found: sign in to AWS so the bot can identify you.")
        if place is None:
            raise ConfigurationError("AWS_REGION names no region of AWS: set the one that the bot works in.")
        parameter = inbox_parameter(statement.command_id)
        self._lay(parameter, signed(statement, key, place, self.sts, now).packed())
        return parameter

    def _lay(self, parameter: str, proof: Secret) -> None:
        """Writes the proof. Parameter Store's three writes a second are shared with rotations, so this
        waits its turn.
        """
        for pause in PAUSES:
            try:
                self.vault.stage(parameter, proof)
            except Throttled as error:
                self.sleep(max(pause, error.retry_after or 0.0))
            else:
                return
        self.vault.stage(parameter, proof)

    def withdraw(self, parameter: str) -> None:
        """Deletes a proof whose command was not submitted."""
        self.vault.unstage(parameter)


def signed(statement: Statement, key: SigningKey, place: Region, sts: Sts, now: datetime) -> Proof:
    """A proof that the holder of `key` gives the command of `statement`."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415 - loaded only once AWS is used
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - as above
    from botocore.credentials import Credentials  # noqa: PLC0415 - as above

    date, token = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), key.token or Secret("")
    headers = signed_headers(statement, sts.host(place), date, token)
    clear = {name: value.reveal() if isinstance(value, Secret) else value for name, value in headers.items()}
    request = AWSRequest("POST", f"{sts.url(place)}/", clear, BODY)
    request.context["timestamp"] = date
    auth = SigV4Auth(Credentials(key.id, key.secret.reveal()), SYSTEM, place.name)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return Proof(key.id, token, date, place.name, signature)


@dataclass
class AwsProofs:
    """The worker's side; thread-safe.

    `compromised` says why a caller who signed must not be believed, such as an open incident of that key or user; empty
    if nothing is known against them. `timeout` is in seconds, for the whole of STS's answer.
    """

    vault: Vault
    sts: Sts
    _: KW_ONLY
    timeout: float = 5.0
    compromised: Callable[[AwsCaller], str] = lambda _: ""
    _session: Session = field(default_factory=new_session)
    _bucket: Bucket = field(default_factory=lambda: Bucket(CALLS_A_SECOND, CALLS_BURST))
    _seen: frozenset[str] = frozenset()
    """Proofs of commands that were not known at the last look."""

    def check(self, statement: Statement, parameter: str, now: datetime) -> AwsCaller:
        """Who gave the command of `statement`, by the proof in `parameter`. At most one call to STS, and one to SSM.

        `now` is the worker's clock. ProofRefused: the proof is invalid or too old. ProofUnchecked: ask again.
        """
        if parameter != inbox_parameter(statement.command_id):
            raise ProofRefused("The proof of this command does not lie where that of this command would.")
        proof = self._read(statement, parameter, now)
        place = known_region(proof.region)
        demand_fresh(proof.at, now, LONGEST)
        caller = _caller(self._ask(proof, statement, place), proof, place)
        if reason := self.compromised(caller):
            raise ProofRefused(reason)
        return caller

    def forget(self, parameter: str) -> None:
        """Deletes a proof whose command has been answered; already gone is success.

        Ignores a name that no proof can have: it came from the database, and other values wait below the same root.
        """
        if is_inbox_parameter(parameter):
            self.vault.unstage(parameter)

    def tidy(self, known: Callable[[], Mapping[str, bool]]) -> None:
        """Deletes abandoned proofs: of a worker that died after its answer, or of a terminal that stopped before it
        asked.

        `known` gives the ids of commands, and whether they are answered. A proof of a waiting command stays; one of an
        unknown command is deleted when it is unknown at two looks. OutsideError as of the vault.
        """
        left = {parameter for parameter in self.vault.staged(INBOX) if is_inbox_parameter(parameter)}
        if not left:
            self._seen = frozenset()
            return
        answered = {inbox_parameter(command_id): over for command_id, over in known().items()}
        unknown = left - set(answered)
        for parameter in sorted(left):
            if answered.get(parameter, parameter in self._seen):
                self.vault.unstage(parameter)
        self._seen = frozenset(unknown - self._seen)

    def _read(self, statement: Statement, parameter: str, now: datetime) -> Proof:
        try:
            return unpacked(self.vault.read(parameter).value)
        except Missing:
            if _just_given(statement, now):
                raise ProofUnchecked("The proof of this command is not in the inbox yet.") from None
            raise ProofRefused("There is no proof of this command in the inbox: send it again.") from None
        except OutsideError as error:
            raise ProofUnchecked(f"The proof of this command could not be read ({error}).") from None

    def _ask(self, proof: Proof, statement: Statement, place: Region) -> Reply:
        http = Http(SYSTEM, self.sts.url(place), timeout=self.timeout, bucket=self._bucket, session=self._session)
        headers = proof.headers(statement, self.sts.host(place))
        try:
            return http.send("POST", "/", verb=VERB, priority=Priority.REVOKE, headers=headers, body=BODY)
        except OutsideError as error:
            raise ProofUnchecked(f"AWS could not be asked who gave this command ({error.cause}).") from None


def _just_given(statement: Statement, now: datetime) -> bool:
    try:
        at = datetime.fromisoformat(statement.at)
    except ValueError:
        return False
    return at.tzinfo is not None and abs(now - at) <= ARRIVING


def _caller(reply: Reply, proof: Proof, place: Region) -> AwsCaller:
    """The caller that STS names. ProofRefused if STS refuses the proof; ProofUnchecked for any other answer."""
    answer = _json(reply)
    if reply.status != 200:
        raise _refusal(answer, reply.status)
    match answer:
        case {
            "GetCallerIdentityResponse": {
                "GetCallerIdentityResult": {"Arn": str(arn), "UserId": str(user), "Account": str(account), **more},
                "ResponseMetadata": dict(),
                **beside,
            },
            **around,
        } if not (more or beside or around):
            pass
        case _:
            raise _unusable("not of the documented form")
    found = _ARN.fullmatch(arn)
    if found is None or not _ACCOUNT.fullmatch(account) or not _USER_ID.fullmatch(user):
        raise _unusable("no identity in it")
    if account != (found["account"] or found["session_account"]) or found["partition"] != place.partition:
        raise _unusable("it contradicts itself")
    return AwsCaller(arn, account, proof.key_id)


def _refusal(answer: Any, status: int) -> ProofRefused | ProofUnchecked:
    match answer:
        case {"Error": {"Code": str(code)}} if status in {400, 403} and code in REFUSALS:
            return ProofRefused(REFUSALS[code])
        case _:
            return _unusable(f"HTTP {status}")


def _json(reply: Reply) -> Any:
    if len(reply.body) > LARGEST_ANSWER:
        raise _unusable(f"more than {LARGEST_ANSWER} bytes")
    if reply.media_type != JSON:
        raise _unusable(f"HTTP {reply.status}, and not in JSON")
    try:
        return strict_json(reply.body.decode())
    except ValueError:
        raise _unusable(f"HTTP {reply.status}, and no JSON in it") from None


def _unusable(what: str) -> ProofUnchecked:
    return ProofUnchecked(f"AWS was asked who gave this command; its answer can't be used: {what}.")
