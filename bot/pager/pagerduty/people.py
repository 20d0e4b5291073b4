"""Who is on call, who has acknowledged, and the next level: PagerDuty's REST API v2.

Source: PagerDuty/api-schema, reference/REST/openapiv3.json: `GET /incidents` (`incident_key`,
`include[]=acknowledgers`), `GET /oncalls` (`escalation_policy_ids[]`, `include[]=users`), `GET
/incidents/{id}/log_entries` (entries of type `acknowledge_log_entry`, whose `agent` is a user, a service or an
integration), `GET /users/{id}`, and `PUT /incidents/{id}` with `escalation_level`, which asks for the e-mail address of
a user in the header `From`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import Missing, Refused, Unauthorized
from bot.pager.contract import Escalated, Seen, User
from bot.pager.pagerduty.rest import SYSTEM, Rest, documented, plain

PAGE_SIZE = 100
MOST_PAGES = 10
"""Of an incident's log: a thousand entries."""
ON_CALL_HIDDEN = "who is on call: the REST key may not read on-calls"
LOG_HIDDEN = "who has acknowledged: the REST key may not read the incident's log"
ACKNOWLEDGED = frozenset({"acknowledge_log_entry", "acknowledgement_log_entry"})
"""The published file calls it both."""
NO_INCIDENT = "PagerDuty shows no open incident of it"
NO_SENDER = "PagerDuty wants a user's e-mail address: give somebody with `command` an `email` in the people file"


@dataclass(frozen=True)
class _Level:
    number: int
    id: str
    user: User


def look(rest: Rest, incident: str) -> Seen:
    """Of an alert that PagerDuty has no open incident of, nothing."""
    verb = f"see who acknowledged {incident}"
    with documented(verb):
        found = rest.incident(verb, incident)
        return Seen() if found is None else _look(rest, found)


def _look(rest: Rest, found: Mapping[str, Any]) -> Seen:
    hidden: list[str] = []
    levels: list[_Level] = []
    entries: list[Mapping[str, Any]] = []
    try:
        levels = _levels(rest, found)
    except Unauthorized:
        hidden.append(ON_CALL_HIDDEN)
    try:
        entries = _log(rest, found)
    except Unauthorized:
        hidden.append(LOG_HIDDEN)
    acknowledged = sorted(_acknowledged(rest, found, entries[::-1], levels), key=lambda each: each[0])
    on_call = tuple((each.number, each.user) for each in levels)
    return Seen(on_call, tuple(acknowledged), _level_now(found, levels), tuple(hidden))


def escalate(rest: Rest, incident: str, level: int) -> Escalated:
    """What a call before a crash has done already is seen by who is assigned."""
    verb = f"escalate {incident} to level {level}"
    with documented(verb):
        found = rest.incident(verb, incident)
        return Escalated(level, why_not=NO_INCIDENT) if found is None else _escalate(rest, verb, found, level)


def _escalate(rest: Rest, verb: str, found: Mapping[str, Any], level: int) -> Escalated:
    levels = _levels(rest, found)
    wanted = [each for each in levels if each.number == level]
    if not wanted:
        top = max((each.number for each in levels), default=0)
        return Escalated(level, why_not=f"its escalation policy ends with level {top}")
    if not rest.sender:
        raise Refused(SYSTEM, verb, NO_SENDER)
    if _level_now(found, levels) < level:
        rest.escalate(verb, str(found["id"]), level)
    return Escalated(level, tuple(dict.fromkeys(each.user.name for each in wanted)))


def _levels(rest: Rest, found: Mapping[str, Any]) -> list[_Level]:
    """Who is on call for the incident's policy, by level."""
    policy = str((found.get("escalation_policy") or {}).get("id", ""))
    given = {"escalation_policy_ids[]": [policy], "include[]": ["users"], "limit": PAGE_SIZE}
    entries = rest.get("see who is on call", "/oncalls", "oncalls", given)
    named = [each for each in entries if each.get("user")]
    seen = {(int(each["escalation_level"]), str(each["user"]["id"])): each["user"] for each in named}
    return [_Level(number, id_, _user(user)) for (number, id_), user in sorted(seen.items(), key=lambda each: each[0])]


def _level_now(found: Mapping[str, Any], levels: Sequence[_Level]) -> int:
    """The highest level of which somebody is assigned; 0 if none is."""
    assigned = {str((each.get("assignee") or {}).get("id", "")) for each in found.get("assignments") or ()}
    return max((each.number for each in levels if each.id in assigned), default=0)


def _log(rest: Rest, found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    path, entries = f"/incidents/{found['id']}/log_entries", list[Mapping[str, Any]]()
    for page in range(MOST_PAGES):
        more = rest.get(
            "read the incident's log", path, "log_entries", {"limit": PAGE_SIZE, "offset": page * PAGE_SIZE}
        )
        entries += more
        if len(more) < PAGE_SIZE:
            break
    return entries


def _acknowledged(
    rest: Rest, found: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], levels: Sequence[_Level]
) -> Iterator[tuple[datetime, User]]:
    """By people: an acknowledgement by an event, as the bot sends them, has a service or an integration for its agent.
    Those that the incident shows lapse with time; its log keeps them.
    """
    known = {each.id: each.user for each in levels}
    shown = [(each.get("acknowledger") or {}, each["at"]) for each in found.get("acknowledgements") or ()]
    known |= {str(each.get("id")): _user(each) for each, _ in shown if each.get("email")}
    logged = [(each.get("agent") or {}, each["created_at"]) for each in entries if each["type"] in ACKNOWLEDGED]
    for agent, at in logged or shown:
        if str(agent.get("type", "")) in {"user_reference", "user"}:
            id_ = str(agent.get("id", ""))
            if id_ not in known:
                known[id_] = _asked(rest, id_) or _user(agent)
            yield _time(at), known[id_]


def _asked(rest: Rest, id_: str) -> User | None:
    """None where the key may not read users, or there is none of this id any more."""
    try:
        return _user(rest.get_one("see who acknowledged", f"/users/{id_}", "user"))
    except (Unauthorized, Missing):
        return None


def _user(found: Mapping[str, Any]) -> User:
    return User(plain(str(found.get("name") or found.get("summary") or "")), str(found.get("email") or ""))


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
