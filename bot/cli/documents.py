"""Incidents as JSON: the same names as `bot drill --json` uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from bot.incident.access.checks import checks_of
from bot.incident.access.readers import cut_off, readers_of, unexpected
from bot.incident.approval.basis import approval_missing, kill_basis, killable, rests_on, second_person, superseded
from bot.incident.approval.plan import Plan, plan_of, revoked_by_hand
from bot.incident.approval.progress import is_done
from bot.incident.approval.proposals import proposal_digest
from bot.incident.clocks import clocks, notification
from bot.incident.closing.open_items import OpenItem, open_items, secrets_among
from bot.incident.commands import name_of
from bot.incident.due import Due, dues
from bot.incident.hold import under_way
from bot.incident.obligations.rules import aware_at, notice_clocks
from bot.incident.offers import Offer, Urgency, available
from bot.incident.order import holds
from bot.incident.overlap.rules import overlap_end
from bot.incident.overlap.strategy import used_since
from bot.incident.paging.schedule import reach
from bot.incident.record.rules import abuse_seen, used
from bot.incident.severity import by_facts
from bot.incident.state import Basis, Incident, SecretState
from bot.incident.steps.rules import blockers
from bot.incident.todos import Todo, answers, tags, todos
from bot.incident.updates.rules import next_update_due
from bot.phrases.marks import plain
from bot.phrases.plans import approver_words, step_words
from bot.phrases.states import headline
from bot.phrases.team import roles_document
from bot.phrases.todos import todo_details, todo_words
from bot.phrases.typed import command_line
from bot.phrases.updates import updates_document

if TYPE_CHECKING:
    from bot.eventlog import Looked


type Document = dict[str, object]


def incident_document(
    incident: Incident, now: datetime, meeting: Sequence[str] = (), looked: Looked | None = None
) -> Document:
    """The whole state. Times are ISO 8601 in UTC, durations seconds; null: not yet, or none. Of one that was `looked`
    at and is damaged it is the last that could be read, to which no command would be taken.
    """
    data = notification(incident)
    damage = looked.damage if looked is not None else ""
    return {
        "incident": incident.id,
        "state": "open" if incident.open else "closed",
        "now": plain(headline(incident)),
        "damage": damage,
        "too_old": looked is not None and looked.too_old,
        **_fields(
            incident, "mistaken kind environment title how_noticed public exposed_at detected_at halted slack_untrusted"
        ),
        "declared_at": incident.declared.at,
        "declared_by": incident.declared.name,
        "roles": roles_document(incident),
        "updates": updates_document(incident),
        "next_update_due": next_update_due(incident),
        "closed_at": incident.closed.at if incident.closed else None,
        "accepted": secrets_among(incident.accepted_items),
        "accepted_items": [asdict(item) for item in incident.accepted_items],
        "open_items": [_open_item(item) for item in open_items(incident)] if incident.open else [],
        "readers": readers_document(incident),
        "readers_looked_for": [name for name in incident.secrets if name in incident.usage],
        "readers_cut_off": cut_off(incident),
        "unchecked": checks_of(incident.secrets.values()).open,
        "hold": asdict(incident.hold) | {"under_way": under_way(incident)} if incident.hold else None,
        "channel": incident.channel_url or incident.channel,
        "distrusted": incident.trust.people,
        "meeting": tuple(meeting) if incident.slack_untrusted else (),
        "page": incident.page.word,
        "fallback_page": incident.fallback.word,
        "page_reached": reach(incident),
        "page_answered_by": incident.answered_by or None,
        "steps": [
            {
                **_fields(step.definition, "id title actions"),
                **_fields(step, "state reason"),
                "waits_for": [] if step.over else blockers(incident, step),
            }
            for step in incident.steps
        ],
        "secrets": [_secret(incident, secret, now) for secret in incident.secrets.values()],
        "severity": severity_document(incident),
        "abuse_seen": abuse_seen(incident),
        "notices": notices_document(incident),
        "due": [due_document(each, now) for each in dues(incident)],
        "tasks": [{**asdict(task), "open": task.open} for task in incident.tasks.values()],
        "failures": _failures(incident),
        "approval": _approval(incident),
        "proposal": _proposal(incident),
        "notification": {"data": data.data, "due": data.due, "decided": data.decided is not None} if data else None,
        "report": incident.report.path or None,
        "decisions": incident.report.decisions or None,
        "todos": [] if damage else [todo_document(incident, one) for one in todos(incident, now)],
        "offers": [] if damage else _offers(incident, now),
        "events": incident.seq,
    }


def _fields(found: object, names: str) -> Document:
    """These fields of it, under their own names."""
    return {name: getattr(found, name) for name in names.split()}


def todo_document(incident: Incident, one: Todo) -> Document:
    """What waits for a person. `outcomes` are the words of `bot answer`; `waits` is null for what can be done now."""
    return {
        "incident": incident.id,
        "todo": one.id,
        "tag": tags([one.id])[one.id],
        "kind": one.kind.name,
        "face": one.kind.face,
        "state": one.state,
        "taken": asdict(one.taken) if one.taken is not None else None,
        "secret": one.secret or None,
        "subject": one.subject or None,
        "words": todo_words(incident, one),
        "details": list(todo_details(incident, one)),
        "owner": one.owner or None,
        "since": one.since,
        "due": one.due,
        "waits": one.waits or None,
        "blocks": sorted(one.blocks),
        "accepted_at_close": one.accept,
        "seen": one.seen or None,
        "outcomes": list(answers(one)),
        "choices": [
            {"command": name_of(choice.kind), "who": choice.whom, "type": command_line(incident, choice)}
            for choice in (*one.choices, *one.take)
        ],
    }


def _open_item(item: OpenItem) -> Document:
    """`settled_by` is the kind of the command that settles it, as among the offers."""
    return {**asdict(item), "settled_by": name_of(item.settled_by) if item.settled_by is not None else None}


def _offers(incident: Incident, now: datetime) -> list[Document]:
    """What can be done, and what people would want to do next and cannot yet."""
    every = available(incident, now)
    return [_offer(incident, each) for each in every if not each.blocked or each.urgency < Urgency.POSSIBLE]


def _offer(incident: Incident, offer: Offer) -> Document:
    """`who` holds the ways to be entitled; `why_not_yet` is null for what can be done now."""
    return {
        "command": name_of(offer.kind),
        "secret": offer.secret or None,
        "subject": offer.subject or None,
        "urgency": offer.urgency.name.lower(),
        "reason": offer.reason,
        "who": [
            {"rights": sorted(who.rights), "but_not": sorted(who.excluded), "people_file": who.human}
            for who in offer.who
        ],
        "why_not_yet": offer.blocked or None,
        "type": command_line(incident, offer),
    }


def _secret(incident: Incident, secret: SecretState, now: datetime) -> Document:
    times = clocks(incident, secret)
    waits = approval_missing(incident, secret, now)
    return {
        **_fields(secret, "name strategy strategy_reason own kept_as_evidence access"),
        **_fields(secret.entry, "title provider"),
        "target": secret.target.kind,
        "old": secret.old_state,
        "old_fingerprint": secret.old.fingerprint or None,
        "old_key_id": secret.old.key_id or None,
        "old_key_by_looks": secret.old.by_looks,
        "candidates": [asdict(candidate) for candidate in secret.old.candidates],
        "new": secret.new_state,
        "new_fingerprint": secret.new.fingerprint or None,
        "new_rejected": secret.new.rejected or None,
        **_fields(secret.new, "failing failing_since"),
        "failing_before": secret.new.as_before,
        "approved_at": times.approved,
        "contained_at": times.contained,
        "restored_at": times.restored,
        **_fields(times, "contain_seconds restore_seconds"),
        "overlap_ends_at": overlap_end(incident, secret),
        "waits_for_second_person": second_person(incident, secret, now) if waits else None,
        **_consent(incident, secret, now),
        "waits": list(holds(incident, secret, now)) if incident.open else [],
        "reappeared": secret.old.reappeared,
        "made_by_hand": secret.made_by_person,
        "revoked_by_hand": revoked_by_hand(incident, secret),
        "last_probe": asdict(secret.old.last_probe) if secret.old.last_probe else None,
        "last_used_at": secret.old.used_at,
        "used_after_promotion": used_since(secret) is not None,
        "ends_only_with": secret.old.owner.words if secret.old.owner else None,
        "used": used(incident, secret).verdict,
        "abused_at": secret.abused.at if secret.abused else None,
        "checks": _checks(secret),
        "copies": _copies(secret),
    }


def _copies(secret: SecretState) -> list[Document]:
    """Where else the value is kept, and what people said became of each."""
    return [
        {
            **asdict(state.copy),
            "outcome": state.outcome,
            "by": state.settled.name if state.settled else None,
            "at": state.settled.at if state.settled else None,
            "note": state.note or None,
        }
        for state in secret.copies.values()
    ]


def _consent(incident: Incident, secret: SecretState, now: datetime) -> Document:
    """On whose word the kill goes on, or has; and who can still agree to it."""
    basis = kill_basis(incident, secret, now) if killable(secret) else secret.began_on
    return {
        "rests_on": rests_on(basis) if isinstance(basis, Basis) else None,
        "can_agree": None if basis is None or isinstance(basis, Basis) else basis.whom,
        "glass_broken_by": secret.broken.name if secret.broken else None,
        "glass_reviewed_by": secret.reviewed_by or None,
    }


def _proposal(incident: Incident) -> Document | None:
    proposal = incident.proposal
    if proposal is None:
        return None
    document = {**asdict(proposal), "digest": proposal_digest(incident, proposal)}
    del document["rights"]
    return document


def severity_document(incident: Incident) -> Document:
    """How grave it is, and the fact behind it."""
    now, fact = by_facts(incident)
    return {"severity": now, "words": now.words, "because": f"because {fact}"}


def notices_document(incident: Incident) -> list[Document]:
    """Each notice that the facts ask for: who decides by when, what was decided on which facts, and what was sent."""
    return [
        {
            "notice": clock.obligation.id,
            **_fields(clock.obligation, "title to basis decides confirmed"),
            **_fields(clock, "decide_by due open changed"),
            "aware_at": aware_at(incident),
            "decision": asdict(clock.notice.decision) if clock.notice.decision else None,
            "sent": asdict(clock.notice.sent) if clock.notice.sent else None,
            "late_seconds": clock.late_by.total_seconds(),
        }
        for clock in notice_clocks(incident)
    ]


def due_document(each: Due, now: datetime) -> Document:
    return {**asdict(each), "overdue": each.overdue(now)}


def readers_document(incident: Incident) -> list[Document]:
    """The readers of the leaked keys, and people's answers; `outcome` is empty without one. `unexpected` are the
    secrets for which the catalog has no reader of that name.
    """
    documents: list[Document] = []
    for principal, secrets in readers_of(incident).items():
        said = incident.readers.get(principal)
        known = {"outcome": said.outcome, "by": said.by.name, "note": said.note} if said is not None else _UNANSWERED
        reader = {"principal": principal, "secrets": secrets, "unexpected": unexpected(incident, principal)}
        documents.append({**reader, **known})
    return documents


_UNANSWERED = {"outcome": "", "by": "", "note": ""}


def _checks(secret: SecretState) -> list[Document]:
    """What may outlive the key: `outcome` is null while an item is open, `by` the bot where the API showed nothing."""
    return [
        {
            **_fields(check, "item outcome note read_at"),
            "sentence": secret.where_to_look(check),
            "by": check.ended.name if check.ended else None,
            "at": check.ended.at if check.ended else None,
            "found": [asdict(left) for left in check.found],
            "undo": check.undo is not None,
        }
        for check in secret.checks.values()
    ]


def _failures(incident: Incident) -> list[Document]:
    return [
        {
            "lane": str(lane),
            "subject": lane.subject,
            "operation": state.failure.op,
            "message": state.failure.message,
            "final": state.failure.final,
            "retry_at": None if state.failure.final else state.failure.retry_at,
        }
        for lane, state in incident.lanes.items()
        if state.failure is not None
    ]


def _approval(incident: Incident) -> Document | None:
    if (request := incident.request) is None:
        return None
    return {"digest": request.digest, "secrets": tuple(request.plans), "until": request.until}


def plan_document(incident: Incident, now: datetime) -> Document:
    plans = [plan_of(incident, secret) for secret in incident.secrets.values()]
    return {
        "incident": incident.id,
        "approval": _approval(incident),
        "plans": [_plan(incident, plan, now) for plan in plans],
    }


def _plan(incident: Incident, plan: Plan, now: datetime) -> Document:
    secret = incident.secrets[plan.secret]
    return {
        **asdict(plan),
        "steps": step_words(plan),
        "steps_done": [is_done(incident, secret, step, now) for step in plan.steps],
        "superseded": superseded(incident, secret),
        "used": used_since(secret),
        "waits_for": approver_words(incident, secret, now) or None,
        "second_person": second_person(incident, secret, now) or None,
        "waits_for_approval": approval_missing(incident, secret, now),
    }
