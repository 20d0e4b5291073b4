"""The entry in the decisions log: the result for each secret, when, why, who agreed, what is done about the cause, and
the report's name.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.errors import Misuse
from bot.incident.model import Access, ConsentKind, Right
from bot.incident.state import Basis, Giver, Incident, SecretState
from bot.phrases.closing import closed_by
from bot.phrases.readers import lacking_words
from bot.phrases.secrets import NEW_LABELS, OLD_LABELS
from bot.phrases.states import outcome
from bot.phrases.times import at_most, duration, listed, moment
from bot.report.contract import kept_name
from bot.report.facts import how_it_ended
from bot.report.markdown import Markdown

NAMED = 3
"""The most secrets of one result named in a title; the rest is counted."""


def marker(incident: Incident) -> str:
    """By which the entry of this incident and this very close is found again. Misuse while the incident is open."""
    if incident.closed is None:
        raise Misuse(f"{incident.id} is open: its decision is written when it is closed")
    return f"<!-- {incident.id} closed at {incident.closed.at:%Y-%m-%dT%H:%M:%S.%fZ} -->"


def decision_view(incident: Incident, report: str) -> dict[str, object]:
    """What the template can name as ``decision.…``. Misuse while the incident is open."""
    mark = Markdown(marker(incident))
    assert incident.closed is not None
    names = "; ".join(item.words for item in incident.accepted_items)
    digest = incident.report.digest
    return {
        "marker": mark,
        "incident": incident.id,
        "title": decision_title(incident),
        "environment": incident.environment,
        "date": f"{incident.closed.at:%Y-%m-%d}",
        "closed": f"{closed_by(incident)}, {moment(incident.closed.at)}",
        "how_noticed": incident.how_noticed,
        "causes": tuple(said.text for said in incident.statements if said.what == "root-cause"),
        "accepted": f"{names}: {incident.accepted_reason}" if names else "",
        "rotated": tuple(_rotated(incident, secret) for secret in incident.secrets.values()),
        # The tasks, each with what became of it.
        "remediation": tuple(_remediation(incident)),
        # Its address, or only its file's name: a path on the bot's own disk is useless to readers.
        "report": report if "://" in report else report.rpartition("/")[2],
        "report_digest": digest,
        # How that version is called once a later one has taken its place; empty where none is written.
        "report_kept": kept_name(incident.id, digest) if digest else "",
    }


def decision_title(incident: Incident) -> str:
    """``openai-api-key replaced; redis-url STILL WORKS``: each secret with what became of it."""
    outcomes: dict[str, list[str]] = {}
    for secret in incident.secrets.values():
        outcomes.setdefault(outcome(incident, secret), []).append(secret.name)
    return "; ".join(f"{at_most(names, NAMED)} {words}" for words, names in outcomes.items()) or incident.title


def _remediation(incident: Incident) -> Iterator[str]:
    for task in incident.tasks.values():
        due = f", due {moment(task.due)}" if task.due is not None else ""
        left = f"open, {task.owner or 'without an owner'}{due}"
        yield f"{task.title}: {how_it_ended(task) or left}"


def _rotated(incident: Incident, secret: SecretState) -> dict[str, str]:
    """One secret: fingerprints of both values (empty if there is none), and who agreed to the revocation."""
    contained = ""
    if secret.old.contained_at is not None:
        after = duration((secret.old.contained_at - incident.declared.at).total_seconds())
        later = "" if incident.routine else f", {after} after the declaration"
        contained = f"{moment(secret.old.contained_at)}{later}"
    access = Access.OPEN if lacking_words(incident, secret.name) else secret.access
    return {
        "name": secret.name,
        "provider": secret.entry.provider,
        "parameters": listed([part.parameter for part in secret.entry.parts]),
        "old_fingerprint": secret.old.fingerprint,
        "old_state": OLD_LABELS[secret.old_state],
        "new_fingerprint": secret.new.fingerprint,
        "new_state": NEW_LABELS[secret.new_state],
        # When the key was dead, and how long that took: access is contained only where `access` says so too.
        "contained": contained,
        "access": "" if incident.routine else access,
        "agreed": _agreed(incident, secret),
    }


def _as(basis: Basis, giver: Giver) -> str:
    if basis.kind is ConsentKind.APPROVAL:
        return "approved" if Right.APPROVE in giver.rights else "second of two"
    if basis.kind is ConsentKind.DEPARTURE:
        return "agreed to the departure"
    return "break-glass" if basis.kind is ConsentKind.BREAK_GLASS else "decided alone"


def _agreed(incident: Incident, secret: SecretState) -> str:
    people = []
    if secret.began_on is not None:
        people += [f"{giver.name} ({_as(secret.began_on, giver)})" for giver in secret.began_on.givers]
    if secret.old.attested is not None:
        people.append(f"{secret.old.attested.name} (attested)")
    if not people and secret.old.claimed is not None:
        return f"{incident.declared.name} (declared), {secret.old.claimed.name} (reported it revoked)"
    return listed(people) if people else "no one"
