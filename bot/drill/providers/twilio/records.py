"""What Twilio's fake records of its accounts: events, and messages by day.

Shapes are those of Twilio's OpenAPI files (monitor v1, api v2010).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate

from flask import Flask, Response, jsonify, request


@dataclass
class FakeRecords:
    """`now` gives Unix seconds. `sent` are (account, category, time) of messages and calls."""

    now: Callable[[], float]
    events: list[dict[str, str | None]] = field(default_factory=list)
    sent: list[tuple[str, str, float]] = field(default_factory=list)

    def event(
        self,
        account: str,
        at: float,
        kind: str,
        address: str = "192.0.2.1",
        *,
        actor: str | None = None,
        thing: str = "",
    ) -> None:
        """An event such as ``api-key.created``, by a person (``US…``) or, without an actor, by the account."""
        self.events.append(
            {
                "sid": f"AE{secrets.token_hex(16)}",
                "account_sid": account,
                "actor_sid": actor,
                "actor_type": "user" if actor else "account",
                "event_date": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "event_type": kind,
                "resource_sid": thing or f"SK{secrets.token_hex(16)}",
                "resource_type": kind.partition(".")[0],
                "source": "web" if actor else "api",
                "source_ip_address": address,
            }
        )

    def send(self, account: str, at: float, category: str = "sms-outbound", times: int = 1) -> None:
        self.sent += [(account, category, at)] * times


def add_records(app: Flask, records: FakeRecords, account: Callable[[], str]) -> None:
    """The calls for records, and for sending a message. `account` gives that of the caller."""

    @app.post("/2010-04-01/Accounts/<account_sid>/Messages.json")
    def send(account_sid: str) -> tuple[Response, int]:
        records.send(account_sid, records.now())
        now = formatdate(records.now()).replace("-0000", "+0000")
        made = {name: request.form.get(name.capitalize()) for name in ("to", "from", "body")}
        kind = {"direction": "outbound-api", "status": "queued", "num_segments": "1", "num_media": "0"}
        dates = {"date_created": now, "date_updated": now, "date_sent": None}
        return jsonify(sid=f"SM{secrets.token_hex(16)}", account_sid=account_sid, **made, **kind, **dates), 201

    @app.get("/v1/Events")
    def events() -> tuple[Response, int]:
        since, until = request.args["StartDate"], request.args["EndDate"]
        size, page = int(request.args.get("PageSize", 50)), int(request.args.get("Page", 0))
        found = [
            each
            for each in reversed(list(records.events))
            if each["account_sid"] == account() and since <= str(each["event_date"]) <= until
        ]
        query = f"StartDate={since}&EndDate={until}&PageSize={size}&Page={page + 1}"
        following = f"https://monitor.twilio.com/v1/Events?{query}" if len(found) > (page + 1) * size else None
        meta = {"key": "events", "page": page, "page_size": size, "next_page_url": following}
        return jsonify(events=found[page * size : (page + 1) * size], meta=meta), 200

    @app.get("/2010-04-01/Accounts/<account_sid>/Usage/Records/Daily.json")
    def daily(account_sid: str) -> tuple[Response, int]:
        category = request.args["Category"]
        days = Counter(_day(at) for sent, kind, at in list(records.sent) if (sent, kind) == (account_sid, category))
        shown = [
            {"account_sid": account_sid, "category": category, "count": str(count), "start_date": day, "end_date": day}
            for day, count in days.items()
            if request.args["StartDate"] <= day <= request.args["EndDate"]
        ]
        return jsonify(usage_records=shown, page=0, page_size=50), 200


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
