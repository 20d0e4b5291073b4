"""What moto's Lambda leaves out: updates that take a moment, revision ids that are checked, provisioned concurrency."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from bot.drill.fakes.aws_request import AwsAnswer, AwsRequest, refusal
from bot.drill.fakes.faults import Faults

CHECKED = frozenset({"UpdateFunctionConfiguration", "UpdateFunctionCode", "PublishVersion", "UpdateAlias"})
CHANGING = frozenset({"UpdateFunctionConfiguration", "UpdateFunctionCode"})
LATEST = "$LATEST"


class Lambdas:
    """The state of every function's last update. `seconds` is how long an update stays in progress."""

    def __init__(self, faults: Faults, clock: Callable[[], float], seconds: float) -> None:
        self.seconds = seconds
        self.provisioned: dict[tuple[str, str], str] = {}
        self._faults = faults
        self._clock = clock
        self._revisions: dict[str, str] = {}
        self._busy_until: dict[str, float] = {}
        self._failed: set[str] = set()
        self._lock = threading.RLock()

    def before(self, request: AwsRequest) -> AwsAnswer | None:
        """A refusal, an answer that moto cannot give, or None: let moto answer."""
        with self._lock:
            if request.action == "GetProvisionedConcurrencyConfig":
                return self._provisioned(request)
            if request.action not in CHECKED:
                return None
            if request.action != "UpdateAlias" and self._status(request.name) == "InProgress":
                return refusal("lambda", 409, "ResourceConflictException", "An update is in progress for the function")
            if self._faults.take("lambda-raced"):
                self._renew(_thing(request))
            wanted = request.body.get("RevisionId")
            if wanted is not None and wanted != self._revision(_thing(request)):
                return refusal("lambda", 412, "PreconditionFailedException", "The Revision Id provided does not match")
            return None

    def after(self, request: AwsRequest, answer: AwsAnswer) -> AwsAnswer:
        """Answers of moto with the true revision id and update status."""
        if not answer.ok or request.action not in {*CHECKED, "GetFunctionConfiguration", "GetAlias"}:
            return answer
        with self._lock:
            if request.action in CHANGING:
                self._renew(request.name)
                self._busy_until[request.name] = self._clock() + self.seconds
                self._failed.discard(request.name)
                if self._faults.take("lambda-update-fails"):
                    self._failed.add(request.name)
            elif request.action == "UpdateAlias":
                self._renew(_thing(request))
            return answer.with_json(self._completed(request, answer.parsed))

    def _completed(self, request: AwsRequest, parsed: dict[str, Any]) -> dict[str, Any]:
        if request.action in {"GetAlias", "UpdateAlias"}:
            return {**parsed, "RevisionId": self._revision(_thing(request))}
        version = parsed.get("Version", LATEST)
        if version != LATEST:
            told = {**parsed, "RevisionId": self._revision(f"{request.name}:{version}"), "State": "Active"}
            if request.qualifier == version and self._faults.take("lambda-version-fails"):
                told |= {"State": "Failed", "StateReasonCode": "InvalidSubnet", "LastUpdateStatus": "Successful"}
            return told
        status = self._status(request.name)
        told = {**parsed, "LastUpdateStatus": status, "RevisionId": self._revision(request.name)}
        if self._faults.take("lambda-environment-locked"):
            told["Environment"] = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "practice"}}
        if status == "Failed":
            told |= {"LastUpdateStatusReasonCode": "InternalError", "LastUpdateStatusReason": "practice failure"}
        return told

    def _status(self, name: str) -> str:
        ends = self._busy_until.get(name)
        if ends is not None and self._clock() < ends:
            return "InProgress"
        if self._busy_until.pop(name, None) is not None:
            self._renew(name)  # as at AWS: the end of an update is a new revision
        return "Failed" if name in self._failed else "Successful"

    def _revision(self, thing: str) -> str:
        return self._revisions.setdefault(thing, str(uuid.uuid4()))

    def _renew(self, thing: str) -> None:
        self._revisions[thing] = str(uuid.uuid4())

    def _provisioned(self, request: AwsRequest) -> AwsAnswer:
        status = self.provisioned.get((request.name, request.qualifier))
        if status is None:
            return refusal("lambda", 404, "ProvisionedConcurrencyConfigNotFoundException", "No such configuration")
        body: Mapping[str, Any] = {"RequestedProvisionedConcurrentExecutions": 1, "Status": status}
        return AwsAnswer("200 OK", (("Content-Type", "application/json"),), json.dumps(body).encode())


def _thing(request: AwsRequest) -> str:
    return f"{request.name}/{request.detail}" if request.action in {"GetAlias", "UpdateAlias"} else request.name
