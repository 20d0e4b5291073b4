"""Who is on call at PagerDuty's fake, and the calls of its REST API about incidents.

Shapes are those of PagerDuty's published specification (PagerDuty/api-schema, reference/REST/openapiv3.json): `GET
/incidents`, `GET` and `PUT /incidents/{id}`, `GET /incidents/{id}/log_entries`, `POST /incidents/{id}/notes`, `GET
/oncalls`, `GET /users/{id}`. That a higher level takes an acknowledged incident back to triggered is unverified.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request

from bot.drill.providers.pagerduty.account import SUBDOMAIN, error, not_found

if TYPE_CHECKING:
    from bot.drill.providers.pagerduty.fake import Alert, FakePagerDuty

POLICY = "PPOLICY"
HALF_A_DAY = 12 * 3600
API = "https://api.pagerduty.com"
SPECIAL = {
    "incidents-empty": "the incident of an alert is not listed yet",
    "oncalls-forbidden": "a living REST key may not read on-calls",
    "log-forbidden": "a living REST key may not read an incident's log",
    "escalate-forbidden": "a living REST key may not change incidents",
    "incidents-malformed": "an incident is listed without its escalation policy",
}


@dataclass(frozen=True)
class User:
    id: str
    name: str
    email: str


@dataclass
class Roster:
    """Who is on call, by level from 1, and everybody whom the account knows."""

    levels: list[list[User]] = field(default_factory=list)
    others: list[User] = field(default_factory=list)

    def on_call(self, *levels: Sequence[tuple[str, str]]) -> None:
        """Sets the levels: of each its people, by name and e-mail address."""
        self.levels = [[self.user(name, email) for name, email in level] for level in levels]

    def user(self, name: str, email: str = "") -> User:
        """The user of this name, new if there is none yet."""
        known = next((user for user in self.everybody if user.name == name), None)
        if known is None:
            address = email or f"{name.split(maxsplit=1)[0].lower()}@example.test"
            known = User(f"PU{secrets.token_hex(3).upper()}", name, address)
            self.others.append(known)
        return known

    @property
    def everybody(self) -> list[User]:
        found = [*(user for level in self.levels for user in level), *self.others]
        return list({user.id: user for user in found}.values())

    def at(self, level: int) -> list[User]:
        return self.levels[level - 1] if 0 < level <= len(self.levels) else []


@dataclass(frozen=True)
class LogEntry:
    """`agent` is None for what an event did."""

    type: str
    at: float
    agent: User | None = None


def add_people(app: Flask, world: FakePagerDuty) -> None:
    faults = world.faults

    @app.get("/oncalls")
    def oncalls() -> tuple[Response, int]:
        if faults.take("oncalls-forbidden"):
            return error(403, "Access Denied", 2010)
        policies = request.args.getlist("escalation_policy_ids[]")
        full = "users" in request.args.getlist("include[]")
        found = [
            {
                "escalation_policy": _reference("escalation_policy", POLICY, "On-call"),
                "escalation_level": number,
                "user": _user(user, full=full),
                "schedule": _reference("schedule", f"PSCHED{number}", f"Level {number}"),
                "start": _time(world.clock() - HALF_A_DAY),
                "end": _time(world.clock() + HALF_A_DAY),
            }
            for number, level in enumerate(world.roster.levels, start=1)
            for user in level
            if not policies or POLICY in policies
        ]
        return _page("oncalls", found)

    @app.get("/users/<user_id>")
    def user(user_id: str) -> tuple[Response, int]:
        if faults.take("users-forbidden"):
            return error(403, "Access Denied", 2010)
        known = next((each for each in world.roster.everybody if each.id == user_id), None)
        return not_found() if known is None else (jsonify(user=_user(known, full=True)), 200)

    @app.get("/incidents")
    def incidents() -> tuple[Response, int]:
        key, statuses = request.args.get("incident_key"), request.args.getlist("statuses[]")
        found = [] if faults.take("incidents-empty") else world.alerts
        listed = [
            _incident(world, alert)
            for alert in reversed(found)
            if key in {None, alert.dedup_key} and (not statuses or alert.state in statuses)
        ]
        if faults.take("incidents-malformed"):
            listed = [{key: value for key, value in each.items() if key != "escalation_policy"} for each in listed]
        return _page("incidents", listed)

    @app.get("/incidents/<incident_id>")
    def incident(incident_id: str) -> tuple[Response, int]:
        alert = _alert(world, incident_id)
        return not_found() if alert is None else (jsonify(incident=_incident(world, alert)), 200)

    @app.put("/incidents/<incident_id>")
    def update(incident_id: str) -> tuple[Response, int]:
        asked = (request.get_json(silent=True) or {}).get("incident") or {}
        if refusal := _unsigned():
            return refusal
        if faults.take("escalate-forbidden"):
            return error(403, "Access Denied", 2010)
        alert = _alert(world, incident_id)
        if alert is None or alert.state == "resolved":
            return not_found() if alert is None else error(400, "Incident Already Resolved", 2001)
        level = int(asked.get("escalation_level") or 0)
        if asked.get("type") not in {"incident", "incident_reference"} or not world.roster.at(level):
            return error(400, "Invalid Input Provided", 2001)
        world.escalate(alert, level)
        return jsonify(incident=_incident(world, alert)), 200

    @app.get("/incidents/<incident_id>/log_entries")
    def log_entries(incident_id: str) -> tuple[Response, int]:
        if faults.take("log-forbidden"):
            return error(403, "Access Denied", 2010)
        alert = _alert(world, incident_id)
        if alert is None:
            return not_found()
        entries = sorted(alert.entries, key=lambda entry: entry.at, reverse=True)
        return _page("log_entries", [_entry(entry, alert) for entry in entries])

    @app.post("/incidents/<incident_id>/notes")
    def notes(incident_id: str) -> tuple[Response, int]:
        content = (request.get_json().get("note") or {}).get("content")
        if refusal := _unsigned():
            return refusal
        if not content:
            return error(400, "Invalid Input Provided", 2001)
        if not world.note(incident_id, content):
            return not_found()
        return jsonify(note={"id": secrets.token_hex(6), "content": content}), 200


def _unsigned() -> tuple[Response, int] | None:
    """Calls that change something name a user in `From`."""
    if "@" in request.headers.get("From", ""):
        return None
    return error(400, "The From header must be a valid email.", 2001)


def _page(name: str, found: Sequence[object]) -> tuple[Response, int]:
    offset, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", 25))
    more = offset + limit < len(found)
    shown = {name: list(found[offset : offset + limit])}
    return jsonify(**shown, limit=limit, offset=offset, more=more, total=None), 200


def _alert(world: FakePagerDuty, incident_id: str) -> Alert | None:
    return next((alert for alert in world.alerts if alert.id == incident_id), None)


def _incident(world: FakePagerDuty, alert: Alert) -> dict[str, Any]:
    acknowledged = [entry for entry in alert.entries if entry.type == "acknowledge_log_entry" and entry.agent]
    full = "acknowledgers" in request.args.getlist("include[]")
    assigned = world.roster.at(alert.level) if alert.state != "resolved" else []
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
        "created_at": _time(alert.entries[0].at) if alert.entries else _time(world.clock()),
        "service": _reference("service", world.paging_service, "Paging"),
        "escalation_policy": _reference("escalation_policy", POLICY, "On-call"),
        "assigned_via": "escalation_policy",
        "assignments": [{"at": _time(world.clock()), "assignee": _user(user)} for user in assigned],
        "acknowledgements": [
            {"at": _time(entry.at), "acknowledger": _user(entry.agent, full=full)}
            for entry in acknowledged
            if entry.agent is not None and alert.state == "acknowledged"
        ],
    }


def _entry(entry: LogEntry, alert: Alert) -> dict[str, Any]:
    id_ = f"R{abs(hash((entry.type, entry.at))) % 10**10}"
    agent = _user(entry.agent) if entry.agent else _reference("service", "PPAGING", "Paging")
    return {
        "id": id_,
        "type": entry.type,
        "summary": entry.type.replace("_", " "),
        "self": f"{API}/log_entries/{id_}",
        "html_url": f"https://{SUBDOMAIN}/incidents/{alert.id}/log_entries/{id_}",
        "created_at": _time(entry.at),
        "agent": agent,
        "channel": {"type": "website" if entry.agent else "api"},
        "incident": _reference("incident", alert.id, alert.summary),
        "teams": [],
        "contexts": [],
    }


def _user(user: User, *, full: bool = False) -> dict[str, Any]:
    if not full:
        return _reference("user", user.id, user.name)
    shown = {"id": user.id, "type": "user", "summary": user.name, "name": user.name, "email": user.email}
    return {**shown, "self": f"{API}/users/{user.id}", "html_url": f"https://{SUBDOMAIN}/users/{user.id}"}


def _reference(kind: str, id_: str, summary: str) -> dict[str, Any]:
    where = f"{kind.replace('policy', 'policie')}s/{id_}"
    links = {"self": f"{API}/{where}", "html_url": f"https://{SUBDOMAIN}/{where}"}
    return {"id": id_, "type": f"{kind}_reference", "summary": summary, **links}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
