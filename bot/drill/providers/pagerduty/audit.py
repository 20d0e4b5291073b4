"""The audit trail of PagerDuty's fake: what its REST keys change. Shapes are those of PagerDuty's REST API v2."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import Flask, Response, jsonify, request

SHOWN = 4
LONGEST = timedelta(days=31)
CHANGES = frozenset({"POST", "PUT", "DELETE"})


@dataclass
class FakeAudit:
    """`now` gives Unix seconds. `enabled`: whether the account's plan has an audit trail. The newest record is last."""

    now: Callable[[], float]
    records: list[dict[str, object]] = field(default_factory=list)
    enabled: bool = True

    def add(self, key: str, at: float, action: str, resource: str, name: str, address: str = "192.0.2.1") -> None:
        """A change with the REST key of this value, such as ``create`` of a ``user``, at a time in Unix seconds."""
        self.records.append(
            {
                "id": secrets.token_hex(8),
                "execution_time": datetime.fromtimestamp(at, UTC).isoformat(),
                "execution_context": {"request_id": secrets.token_hex(8), "remote_address": address},
                "actors": None,
                "method": {"type": "api_token", "truncated_token": key[-SHOWN:]},
                "root_resource": {"id": name, "type": f"{resource}_reference", "summary": name},
                "action": action,
                "details": None,
            }
        )


def add_audit(app: Flask, audit: FakeAudit) -> None:
    """The call for the trail, and the recording of changes to services."""

    @app.after_request
    def record(response: Response) -> Response:
        if request.path.startswith("/services/") and request.method in CHANGES and response.status_code < 300:
            key = request.headers["Authorization"].removeprefix("Token token=")
            service = request.path.split("/")[2]
            audit.add(key, audit.now(), "update", "service", service, request.remote_addr or "")
        return response

    @app.get("/audit/records")
    def listed() -> tuple[Response, int]:
        if not audit.enabled:
            return jsonify(error={"message": "Account does not have the abilities", "code": 2012}), 402
        since, until = (datetime.fromisoformat(request.args[name]) for name in ("since", "until"))
        if until - since > LONGEST:
            return jsonify(error={"message": "Arguments Caused Error", "code": 2001}), 400
        token = request.args.get("method_truncated_token")
        found = [
            each
            for each in reversed(list(audit.records))
            if since <= datetime.fromisoformat(str(each["execution_time"])) <= until and token in {None, _token(each)}
        ]
        start, limit = int(request.args.get("cursor") or 0), int(request.args.get("limit", 10))
        following = str(start + limit) if start + limit < len(found) else None
        return jsonify(records=found[start : start + limit], limit=limit, next_cursor=following), 200


def _token(record: dict[str, object]) -> str:
    method = record["method"]
    assert isinstance(method, dict)
    return str(method["truncated_token"])
