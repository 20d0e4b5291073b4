"""CloudTrail's `LookupEvents`, which moto lacks, answered from what really passed through the front.

Events carry what CloudTrail records of SSM reads: identity, address, agent, request parameters and the ARNs that they
name, never a value. Like the original, a lookup by resource finds only events that list it: not reads of a whole path,
and not what IAM refused, whose parameter is only in `errorMessage`.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID

from bot.drill.fakes.aws_request import AwsAnswer, AwsRequest

BY_PATH = "GetParametersByPath"
READS = frozenset({"GetParameter", "GetParameters", BY_PATH, "GetParameterHistory"})
PAGE = 50
_SESSION_KEY = re.compile(r"<AccessKeyId>(ASIA\w+)</AccessKeyId>")


@dataclass(frozen=True)
class Event:
    """One recorded call."""

    id: str
    at: datetime
    name: str
    resources: tuple[str, ...]
    document: str


class Trail:
    """The account's event history, newest first when asked. Thread-safe."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def record(self, request: AwsRequest, arn: str, error: str = "", at: datetime | None = None) -> None:
        """Adds a read by `arn`; `error` is AWS's code where it was refused."""
        at = at or datetime.now(UTC)
        denied = error == "AccessDeniedException"
        asked = [_parameter_arn(request.region, name) for name in _names(request)]
        arns = [] if denied or request.action == BY_PATH else asked
        identity = {
            "type": "AssumedRole" if ":assumed-role/" in arn else "IAMUser",
            "arn": arn,
            "accountId": DEFAULT_ACCOUNT_ID,
            "accessKeyId": request.key_id,
        }
        document: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "ssm.amazonaws.com",
            "eventName": request.action,
            "awsRegion": request.region,
            "sourceIPAddress": request.address,
            "userAgent": request.agent,
            "requestParameters": None if denied else _parameters(request.body),
            "responseElements": None,
            "eventID": str(uuid.uuid4()),
            "readOnly": True,
            "eventType": "AwsApiCall",
            "managementEvent": True,
        }
        if arns:
            document["resources"] = [{"ARN": resource, "accountId": DEFAULT_ACCOUNT_ID} for resource in arns]
        if denied:
            document["errorCode"] = "AccessDenied"
            document["errorMessage"] = (
                f"User: {arn} is not authorized to perform: ssm:{request.action} on resource: {asked[0]} because no "
                f"identity-based policy allows the ssm:{request.action} action"
            )
        elif error:
            document["errorCode"] = error
        event = Event(document["eventID"], at, request.action, tuple(arns), json.dumps(document))
        with self._lock:
            self._events.append(event)

    def note(self, request: AwsRequest, arn: str, answer: AwsAnswer) -> None:
        """Adds another call by `arn` to IAM or STS, as CloudTrail records it: with the token of a session, too."""
        session = _SESSION_KEY.search(answer.body.decode("utf-8", "replace"))
        document: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "arn": arn, "accessKeyId": request.key_id},
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{request.service}.amazonaws.com",
            "eventName": request.action,
            "awsRegion": request.region,
            "sourceIPAddress": request.address,
            "userAgent": request.agent,
            "requestParameters": _parameters({k: v for k, v in request.form.items() if k not in {"Action", "Version"}}),
            "responseElements": None,
            "eventID": str(uuid.uuid4()),
            "readOnly": request.action.startswith(("Get", "List")),
            "eventType": "AwsApiCall",
            "managementEvent": True,
        }
        if session is not None:
            document["responseElements"] = {"credentials": {"accessKeyId": session[1], "sessionToken": "practice"}}
        if not answer.ok:
            document["errorCode"] = "AccessDenied"
        self.add(document)

    def add(self, document: Mapping[str, Any]) -> None:
        """Adds a record as it is."""
        at = datetime.fromisoformat(document["eventTime"])
        event = Event(document["eventID"], at, document["eventName"], (), json.dumps(document))
        with self._lock:
            self._events.append(event)

    def forget(self) -> None:
        """Starts again, as if all records were older than the history."""
        with self._lock:
            self._events.clear()

    def documents(self) -> list[Any]:
        """Every recorded call, oldest first, as CloudTrail's JSON."""
        with self._lock:
            return [json.loads(event.document) for event in self._events]

    def lookup(self, body: Mapping[str, Any], region: str) -> AwsAnswer:
        """Answers LookupEvents of a region for the attributes ResourceName, EventName and AccessKeyId, with pages of 50
        at most.
        """
        with self._lock:
            found = [event for event in reversed(self._events) if _matches(event, body, region)]
        start = int(body.get("NextToken") or 0)
        end = start + min(int(body.get("MaxResults") or PAGE), PAGE)
        answer: dict[str, Any] = {"Events": [_listed(event) for event in found[start:end]]}
        if end < len(found):
            answer["NextToken"] = str(end)
        return AwsAnswer("200 OK", (("Content-Type", "application/x-amz-json-1.1"),), json.dumps(answer).encode())


def _matches(event: Event, body: Mapping[str, Any], region: str) -> bool:
    stamp = int(event.at.timestamp())  # CloudTrail keeps whole seconds
    if not int(body.get("StartTime") or 0) <= stamp <= float(body.get("EndTime") or stamp):
        return False
    for attribute in body.get("LookupAttributes") or ():
        match attribute["AttributeKey"]:
            case "ResourceName" if attribute["AttributeValue"] not in event.resources:
                return False
            case "EventName" if attribute["AttributeValue"] != event.name:
                return False
            case "AccessKeyId" if (region, attribute["AttributeValue"]) != _asked_by(event):
                return False
    return True


def _asked_by(event: Event) -> tuple[str, str]:
    """In which region, with which access key."""
    document = json.loads(event.document)
    return document.get("awsRegion", ""), document["userIdentity"].get("accessKeyId", "")


def _listed(event: Event) -> dict[str, Any]:
    return {
        "EventId": event.id,
        "EventName": event.name,
        "EventTime": int(event.at.timestamp()),
        "EventSource": "ssm.amazonaws.com",
        "ReadOnly": "true",
        "Resources": [{"ResourceType": "AWS::SSM::Parameter", "ResourceName": name} for name in event.resources],
        "CloudTrailEvent": event.document,
    }


def _names(request: AwsRequest) -> list[str]:
    body = request.body
    names = body.get("Names") or [body.get("Name") or body.get("Path") or ""]
    return [str(name).partition(":parameter")[2] or str(name).partition(":")[0] for name in names]


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """Request parameters as CloudTrail spells them."""
    return {key[0].lower() + key[1:]: value for key, value in body.items() if key != "Value"}


def _parameter_arn(region: str, name: str) -> str:
    return f"arn:aws:ssm:{region}:{DEFAULT_ACCOUNT_ID}:parameter/{name.lstrip('/')}"
