"""The calls of PagerDuty's fake REST API about incidents.

Shapes are those of PagerDuty's published specification (PagerDuty/api-schema, reference/REST/openapiv3.json): `GET
/incidents` and `POST /incidents/{id}/notes`.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request

from bot.drill.providers.pagerduty.account import SUBDOMAIN, error, not_found

if TYPE_CHECKING:
    from bot.drill.providers.pagerduty.fake import Alert, FakePagerDuty

API = "https://api.pagerduty.com"
SPECIAL = {"incidents-empty": "the incident of an alert is not listed yet"}


def add_incidents(app: Flask, world: FakePagerDuty) -> None:
    @app.get("/incidents")
    def incidents() -> tuple[Response, int]:
        key, statuses = request.args.get("incident_key"), request.args.getlist("statuses[]")
        found = [] if world.faults.take("incidents-empty") else world.alerts
        listed = [
            _incident(world, alert)
            for alert in reversed(found)
            if key in {None, alert.dedup_key} and (not statuses or alert.state in statuses)
        ]
        return jsonify(incidents=listed, limit=25, offset=0, more=False, total=None), 200

    @app.post("/incidents/<incident_id>/notes")
    def notes(incident_id: str) -> tuple[Response, int]:
        content = (request.get_json().get("note") or {}).get("content")
        if "@" not in request.headers.get("From", ""):
            return error(400, "The From header must be a valid email.", 2001)
        if not content:
            return error(400, "Invalid Input Provided", 2001)
        if not world.note(incident_id, content):
            return not_found()
        return jsonify(note={"id": secrets.token_hex(6), "content": content}), 200


def _incident(world: FakePagerDuty, alert: Alert) -> dict[str, Any]:
    service = {"id": world.paging_service, "type": "service_reference", "summary": "Paging"}
    return {
        "id": alert.id,
        "type": "incident",
        "summary": alert.summary,
        "title": alert.summary,
        "self": f"{API}/incidents/{alert.id}",
        "html_url": f"https://{SUBDOMAIN}/incidents/{alert.id}",
        "incident_key": alert.dedup_key,
        "status": alert.state,
        "urgency": "high",
        "created_at": datetime.fromtimestamp(alert.opened_at, UTC).isoformat(timespec="seconds"),
        "service": {**service, "self": f"{API}/services/{world.paging_service}"},
    }
