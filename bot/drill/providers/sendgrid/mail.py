"""E-mails at SendGrid's fake, their log and number. Shapes are those of SendGrid's OpenAPI files tsg_mail_v3,
tsg_logs_v3 and tsg_stats_v3.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Flask, Response, jsonify, request

MOST_LISTED = 1000
_WINDOW = re.compile(
    r'sg_message_id_created_at >= TIMESTAMP "([^"]+)" AND sg_message_id_created_at < TIMESTAMP "([^"]+)"'
)
"""The only query that is understood here."""


@dataclass(frozen=True)
class Mail:
    """`at` in Unix seconds; `key` is the id of the key that sent it, `address` the sender's."""

    id: str
    at: float
    key: str
    address: str
    sender: str
    subject: str
    to: str

    @property
    def shown(self) -> dict[str, object]:
        return {
            "sg_message_id": self.id,
            "from_email": self.sender,
            "to_email": self.to,
            "subject": self.subject,
            "status": "delivered",
        }


@dataclass
class FakeMail:
    """`now` gives Unix seconds. `sent` is every e-mail, in any order."""

    now: Callable[[], float]
    sent: list[Mail] = field(default_factory=list)

    def send(
        self,
        key: str,
        at: float,
        address: str = "192.0.2.1",
        *,
        sender: str = "shop@example.com",
        subject: str = "Your order",
        to: str = "ada@example.net",
    ) -> Mail:
        made = Mail(f"{secrets.token_hex(11)}.recvd-1", at, key, address, sender, subject, to)
        self.sent.append(made)
        return made


def add_mail(app: Flask, mail: FakeMail, key: Callable[[], str]) -> None:
    """The calls for sending and for the log. `key` gives the id of the key with which a request comes."""

    @app.post("/v3/mail/send")
    def send() -> tuple[str, int]:
        body = request.get_json()
        to = body["personalizations"][0]["to"][0]["email"]
        address = request.remote_addr or ""
        mail.send(key(), mail.now(), address, sender=body["from"]["email"], subject=body.get("subject", ""), to=to)
        return "", 202

    @app.post("/v3/logs")
    def listed() -> tuple[Response, int]:
        body = request.get_json()
        window = _WINDOW.fullmatch(body["query"])
        if window is None:
            return jsonify(errors=[{"message": "invalid query"}]), 400
        start, end = (datetime.fromisoformat(each).timestamp() for each in window.groups())
        found = [each for each in list(mail.sent) if start <= each.at < end]
        shown = [{**each.shown, "sg_message_id_created_at": _date(each.at)} for each in found]
        return jsonify(messages=shown[: min(int(body.get("limit", 10)), MOST_LISTED)]), 200

    @app.get("/v3/logs/<sg_message_id>")
    def details(sg_message_id: str) -> tuple[Response, int]:
        found = next((each for each in list(mail.sent) if each.id == sg_message_id), None)
        if found is None:
            return jsonify(errors=[{"message": "Message not found."}]), 404
        return jsonify(**found.shown, api_key_id=found.key, client_ip=found.address, events=[]), 200

    @app.get("/v3/stats")
    def stats() -> Response:
        start, end = request.args["start_date"], request.args["end_date"]
        days = [day for each in list(mail.sent) if start <= (day := _date(each.at)[:10]) <= end]
        months = Counter(f"{day[:7]}-01" for day in days)
        return jsonify([{"date": day, "stats": [{"metrics": {"requests": times}}]} for day, times in months.items()])


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
