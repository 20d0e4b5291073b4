"""What a token was used for, from the audit log of its organization.

Sources: GitHub's OpenAPI file for Enterprise Cloud (orgs/get-audit-log), its pages "Identifying audit log events
performed by an access token" and "Searching the audit log"; the rules of panther-labs/panther-analysis and
elastic/detection-rules for what concerns us. Unverified: how late an event is recorded, and whether its times are in
seconds or milliseconds: both are read.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from msgspec import Meta, Struct, field

from bot.errors import Missing, Throttled, Unauthorized
from bot.model.uses import Use, UseReport
from bot.net.http import Reply
from bot.providers.looks import Look, any_time
from bot.secrets.secret import Secret

VERB = "look up how the token was used"
PAGE = 100
UNTOLD = "GitHub's API has the audit log for owners with Enterprise Cloud and read:audit_log"
_NEXT = re.compile(r'<([^<>]*)>;\s*rel="next"')


class _Event(Struct):
    at: Annotated[int, Meta(ge=0, le=250_000_000_000_000)] = field(name="@timestamp")
    action: str
    id: str = field(name="_document_id", default="")
    actor: str | None = None
    actor_ip: str | None = None
    user_agent: str | None = None
    repo: str | None = None
    user: str | None = None
    name: str | None = None

    def use(self) -> Use:
        at = any_time(self.at, "github", VERB)
        return Use(
            first=at,
            last=at,
            action=self.action,
            principal=self.actor or "",
            address=self.actor_ip or "",
            agent=self.user_agent or "",
            what=tuple(text for text in (self.repo, self.user, self.name) if text),
            id=self.id,
        )


def use_of(token: Secret, ask: Callable[[dict[str, str | int]], Reply], look: Look) -> UseReport:
    """The events of `token`; `ask` sends a query to the audit log. Without the plan or the right for it, why not."""
    look.read("Audit log", _pages(token, ask, look.since))
    try:
        return look.report()
    except (Missing, Unauthorized) as error:
        return look.untold(f"{UNTOLD} ({error.cause})")


def _pages(token: Secret, ask: Callable[[dict[str, str | int]], Reply], since: datetime) -> Iterator[list[Use]]:
    """Newest first. The value is sent as its hash alone."""
    hashed = b64encode(sha256(token.reveal().encode()).digest()).decode()
    phrase = f'hashed_token:"{hashed}" created:>={since:%Y-%m-%d}'
    query: dict[str, str | int] = {"phrase": phrase, "per_page": PAGE}
    while True:
        reply = ask(query)
        if reply.status == 403 and b"rate limit" in reply.body.lower():
            raise Throttled(reply.system, reply.verb, "HTTP 403: the rate limit is exceeded")
        yield [event.use() for event in reply.expect(200).parse(list[_Event])]
        following = _NEXT.search(reply.link)
        cursor = parse_qs(urlsplit(following[1]).query).get("after", [""])[0] if following is not None else ""
        if cursor in {"", query.get("after")}:
            return
        query["after"] = cursor
