"""Whether OpenAI accepts a key: what its answers to a list of models mean.

Sources: issue reports and clients' tests for `invalid_api_key` and `incorrect_hostname`; OpenAI's guide to error codes
for the others.
"""

from __future__ import annotations

from msgspec import Struct

from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http
from bot.providers.contract import unclear_if_it_fails
from bot.providers.openai.admin import Project
from bot.secrets.secret import Secret

KNOWN_CODES = frozenset({"insufficient_quota", "rate_limit_exceeded", "account_deactivated"})
"""Codes that are repeated in an answer's detail: anything else of a body may hold a part of the key."""

ELSEWHERE = frozenset({"ip_not_authorized", "incorrect_hostname"})
"""Refusals by a rule of the key's own project: OpenAI has to know the key before it can know the rule.

Should that be wrong, so that a dead key is answered the same, then it counts as alive as long as it is, and is never
proven dead: `invalid_api_key` is the only answer that does that.
"""


class _Error(Struct):
    code: str | None = None
    message: str | None = None

    @property
    def lacks_rights(self) -> bool:
        """A refusal that comes only after the key was recognised."""
        message = (self.message or "").lower()
        return self.code == "missing_scope" or "missing scopes" in message or "insufficient permissions" in message


class _Failure(Struct):
    error: _Error


class _Models(Struct):
    object: str
    data: list[Project]


@unclear_if_it_fails
def probe(http: Http, key: Secret) -> Answer:
    """Lists the models: every key may ask, and one without that right is refused only after it was recognised."""
    reply = http.send("GET", "/models", verb="probe a key", priority=Priority.VERIFY, bearer=key)
    if reply.status == 200:
        reply.parse(_Models)
        return Answer(Liveness.LIVE, "HTTP 200")
    error = reply.parse(_Failure).error
    if reply.status == 401 and error.code == "invalid_api_key":
        return Answer(Liveness.DEAD, "HTTP 401 invalid_api_key")
    if reply.status in {401, 403} and error.lacks_rights:
        return Answer(Liveness.LIVE, f"HTTP {reply.status}, recognised but without this right")
    if reply.status in {401, 403} and error.code in ELSEWHERE:
        return Answer(Liveness.LIVE, f"HTTP {reply.status} {error.code}, recognised but not from here")
    code = f" {error.code}" if error.code in KNOWN_CODES else ""
    return Answer(Liveness.UNKNOWN, f"HTTP {reply.status}{code}")
