"""AWS on loopback: moto, and before it a front that enforces what moto does not.

=================================== =======================================================================
what AWS does and moto does not     here
=================================== =======================================================================
deleted and inactive keys refused   `aws_identity`: for a while not yet
signatures                          `aws_signature`: header or query, scope, date, and all that they cover
sessions, of users and of roles     `aws_identity`: with token and end; a user's outlive their key; both end by
                                    a policy that denies by age
GetCallerIdentity                   `aws_identity`: XML, or JSON for callers that accept it
4 KB limit of standard parameters   `aws_ssm`: ValidationException; 8 KB for advanced ones
unknown or disabled KMS keys        InvalidKeyId, on writing and on reading with decryption
the default KMS key                 taken when a SecureString is written without a key, as documented
write rate of SSM                   3 a second, bursts of 20: ThrottlingException
who wrote a parameter               the caller's ARN in histories
Lambda updates take a moment        `aws_lambda`: InProgress, revision ids checked
CloudTrail LookupEvents             `aws_trail`: from what passed through here
IAM's policy simulator              `aws_simulation`: the organization denies what is arranged
=================================== =======================================================================

moto keeps one world a process, so one front runs at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify
from flask import request as asked
from moto.moto_api._internal.models import moto_api_backend

from bot.drill.fakes import aws_identity
from bot.drill.fakes.allowance import Allowance
from bot.drill.fakes.aws_identity import Identities, Signer, operation_of
from bot.drill.fakes.aws_lambda import Lambdas
from bot.drill.fakes.aws_moto import moto_application
from bot.drill.fakes.aws_request import (
    OPERATIONS,
    QUERY_SERVICES,
    AwsAnswer,
    AwsRequest,
    as_json,
    read,
    refusal,
)
from bot.drill.fakes.aws_simulation import PolicySimulator
from bot.drill.fakes.aws_ssm import Parameters
from bot.drill.fakes.aws_trail import READS, Trail
from bot.drill.fakes.control import control
from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.fakes.serving import Served

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

REGION = "eu-west-1"
REGIONS = (REGION, "us-east-1")
"""The enabled ones."""

SPECIAL: Mapping[str, str] = {
    "kms-denied": "SSM may not use the KMS key on the caller's behalf",
    "ssm-denied": "the caller lacks every SSM permission",
    "ssm-throttled": "SSM says ThrottlingException",
    "ssm-put-refused": "a write is declined",
    "ssm-put-raced": "someone else writes a version just before this write",
    "lambda-missing": "the function does not exist",
    "lambda-busy": "each request finds another update of the function in progress",
    "lambda-update-busy": "another update of the function is in progress when it is to be changed",
    "lambda-update-refused": "a change of configuration is declined",
    "lambda-publish-refused": "publishing a version is declined",
    "lambda-environment-locked": "Lambda cannot decrypt the function's environment",
    "lambda-throttled": "Lambda says TooManyRequestsException",
    "lambda-raced": "someone else changes the function or alias just before this change",
    "lambda-update-fails": "an update is accepted and then fails",
    "lambda-version-fails": "a published version cannot be started",
    "cloudtrail-throttled": "CloudTrail says ThrottlingException",
    "cloudtrail-denied": "the caller may not look up events",
    "account-denied": "the caller may not list regions",
    "token-expired": "the caller's session has expired",
}
DECLINED: Mapping[str, tuple[str, int, str]] = {
    "kms-denied": ("ssm", 400, "AccessDeniedException"),
    "ssm-denied": ("ssm", 400, "AccessDeniedException"),
    "ssm-throttled": ("ssm", 400, "ThrottlingException"),
    "ssm-put-refused": ("ssm-put", 400, "ValidationException"),
    "lambda-missing": ("lambda", 404, "ResourceNotFoundException"),
    "lambda-busy": ("lambda", 409, "ResourceConflictException"),
    "lambda-update-busy": ("lambda-update", 409, "ResourceConflictException"),
    "lambda-update-refused": ("lambda-update", 400, "InvalidParameterValueException"),
    "lambda-publish-refused": ("lambda-publish", 400, "InvalidParameterValueException"),
    "lambda-throttled": ("lambda", 429, "TooManyRequestsException"),
    "cloudtrail-throttled": ("cloudtrail", 400, "ThrottlingException"),
    "cloudtrail-denied": ("cloudtrail", 400, "AccessDeniedException"),
    "account-denied": ("account", 403, "AccessDeniedException"),
    "token-expired": ("", 403, "ExpiredTokenException"),
}


class AwsFront:
    """A practice account. `url` is the endpoint for every service; `root_key` the access key to arrange things with.

    `faults` are those of the account as a whole; `key_faults` those of access keys alone (IAM and STS).

    `skew` is how far AWS's own time of day is from this machine's.

    `put_rate` and `put_burst` limit PutParameter, `lookup_rate` LookupEvents, all a second. `update_seconds` is how
    long a Lambda update stays in progress, and `key_spread` how long an access key is accepted after it was switched
    off or deleted.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        put_rate: float = 3.0,
        put_burst: int = 20,
        lookup_rate: float = 2.0,
        update_seconds: float = 0.2,
        key_spread: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.faults = Faults({*OPERATIONS.values(), "ssm", "lambda", "iam", "sts", "kms", "cloudtrail"}, SPECIAL)
        self.key_faults = Faults(aws_identity.OPERATIONS, aws_identity.SPECIAL)
        self._limits = (put_rate, put_burst, lookup_rate, update_seconds)
        self._key_spread = key_spread
        self._clock = clock
        self._moto = moto_application()
        self._one_at_a_time = threading.Lock()  # moto's backends take no locks of their own
        self.reset()
        self._keys = FaultyApplication(self._answer, self.key_faults, lambda it: operation_of(read(it).action))
        self.application = FaultyApplication(self._by_service, self.faults, lambda it: read(it).operation)
        self._keys.closing = self.application.closing
        self._control = _control(self)
        self._served = Served(self.application, port)
        self.url = self._served.url

    @property
    def root_key(self) -> tuple[str, str]:
        """Id and secret of the practice world's own access key: exempt from limits, and not recorded by CloudTrail."""
        return self.identities.root.key_id, self.identities.root.secret

    def reset(self) -> None:
        """An empty account, no faults, nothing recorded."""
        put_rate, put_burst, lookup_rate, update_seconds = self._limits
        moto_api_backend.reset()
        self.faults.clear()
        self.key_faults.clear()
        self.skew = timedelta()
        self.identities = Identities(self.key_faults, self._clock, self._key_spread, self.now)
        self.trail = Trail()
        self.simulator = PolicySimulator()
        self.lambdas = Lambdas(self.faults, self._clock, update_seconds)
        self.parameters = Parameters(self.faults, Allowance(put_rate, put_burst, self._clock))
        self.lookups = Allowance(lookup_rate, 2 * lookup_rate, self._clock)

    def now(self) -> datetime:
        """AWS's time of day, by which it judges signatures and sessions."""
        return datetime.now(UTC) + self.skew

    def stop(self) -> None:
        self._served.stop()

    def _by_service(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        about_keys = read(environ).service in {"iam", "sts"}
        return (self._keys if about_keys else self._answer)(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/_fake/"):
            return self._control(environ, start_response)
        request = read(environ)
        signer = self.identities.check(request, environ)
        if isinstance(signer, AwsAnswer):
            return signer.send(start_response)
        answer = self._decline(request) or self._carry_out(request, signer, environ)
        if request.action in READS and not signer.is_root:
            error = "" if answer.ok else str(answer.parsed.get("__type", "")).rpartition("#")[2]
            self.trail.record(request, signer.arn, error)
        elif request.service in QUERY_SERVICES and not signer.is_root:
            self.trail.note(request, signer.arn, answer)
        return answer.send(start_response)

    def _decline(self, request: AwsRequest) -> AwsAnswer | None:
        for fault, (aim, status, code) in DECLINED.items():
            aimed = aim in {request.service, request.operation, ""}
            decrypts = request.action == "PutParameter" or request.body.get("WithDecryption")
            if aimed and (fault != "kms-denied" or decrypts) and self.faults.take(fault):
                return refusal(request.service, status, code, SPECIAL[fault])
        return None

    def _carry_out(self, request: AwsRequest, signer: Signer, environ: WSGIEnvironment) -> AwsAnswer:
        match request.service:
            case "ssm":
                return self.parameters.answer(request, signer, lambda it: self._ask_moto(it, environ))
            case "lambda":
                return self.lambdas.before(request) or self.lambdas.after(request, self._ask_moto(request, environ))
            case "cloudtrail" if request.action == "LookupEvents":
                if not self.lookups.take(request.region):
                    return refusal("cloudtrail", 400, "ThrottlingException", "Rate exceeded")
                return self.trail.lookup(request.body, request.region)
            case "account" if request.action == "ListRegions":
                return as_json({"Regions": [{"RegionName": name} for name in REGIONS]})
            case "iam" if request.action == "SimulatePrincipalPolicy":
                return self.identities.before(request) or self.simulator.answer(request)
            case "iam":
                return self.identities.before(request) or self._ask_moto(request, environ)
            case "sts" if request.action == "GetSessionToken":
                return self.identities.open_session(request, signer)
            case "sts" if request.action == "AssumeRole":
                return self.identities.assume_role(request)
            case "sts" if request.action == "GetCallerIdentity":
                return self.identities.before(request) or self.identities.who(request, signer)
            case _:
                return self._ask_moto(request, environ)

    def _ask_moto(self, request: AwsRequest, environ: WSGIEnvironment) -> AwsAnswer:
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            told[:] = [status, headers]
            return lambda _chunk: None

        environ = dict(environ)
        environ["fake.request"] = request
        read(environ)
        environ["CONTENT_LENGTH"] = str(len(request.raw))
        with self._one_at_a_time:
            body = b"".join(self._moto(environ, start))
        return AwsAnswer(told[0], tuple(told[1]), body)


def _control(front: AwsFront) -> Flask:
    """What the practice world asks below ``/_fake/``: faults, and the recorded reads as CloudTrail tells them.

    POST /clock {skew} sets AWS's time of day, in seconds from this machine's.
    """
    app = Flask(__name__)
    app.register_blueprint(control(front.faults, list))

    @app.get("/_fake/events")
    def events() -> Response:
        return jsonify(events=front.trail.documents())

    @app.post("/_fake/clock")
    def clock() -> Response:
        front.skew = timedelta(seconds=float(asked.get_json()["skew"]))
        return jsonify(skew=front.skew.total_seconds())

    return app
