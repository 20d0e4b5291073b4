"""What a person can usefully do now, as exact commands, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.basis import Missing, glass_offered, kill_basis, press_missing
from bot.incident.clocks import notification
from bot.incident.decide_proposals import proposal_digest
from bot.incident.model import New, Old, StepState, TargetKind
from bot.incident.operations import Op, new_lane
from bot.incident.plan import kill_wanted
from bot.incident.state import Incident, SecretState
from bot.incident.steps import blockers, next_step
from bot.report.durations import listed


@dataclass(frozen=True)
class NextAction:
    """`command` can be typed as it stands, but for words in capitals; `why` is a phrase."""

    command: str
    why: str


def next_actions(incident: Incident, now: datetime) -> list[NextAction]:
    if incident.closed is not None:
        unwritten = NextAction(f"bot report {incident.id}", "no report has been written")
        return [*_review(incident), *([] if incident.report.path else [unwritten])]
    return [
        *_decisions(incident, now),
        *_glass(incident, now),
        *_review(incident),
        *(action for secret in incident.secrets.values() for action in _secret(incident, secret, now)),
        *_checks(incident),
        *_failures(incident),
        *_steps(incident, now),
    ]


def _decisions(incident: Incident, now: datetime) -> Iterator[NextAction]:
    if incident.halted:
        yield NextAction(f"bot retry {incident.id} halt", f"everything is halted: {incident.halted}. Look, then go on")
    if incident.request is not None and now < incident.request.until:
        names = ", ".join(incident.request.plans)
        whom = dict.fromkeys(_whom(incident, name, now) for name in incident.request.plans)
        agree = f"a second person must agree to the plan of {names}: {'; '.join(filter(None, whom))}"
        yield NextAction(f"bot approve {incident.id}", agree)
    proposal = incident.proposal
    if proposal is not None and now < proposal.until:
        what = f"overlap for {proposal.subject}" if proposal.what == "strategy" else f"closing over {proposal.subject}"
        digest = proposal_digest(incident, proposal)[:16]
        yield NextAction(
            f"bot approve {incident.id} --proposal {proposal.number} --digest {digest}",
            f"{proposal.by} proposes {what}; it takes anybody with approve, but not {proposal.by}",
        )


def _whom(incident: Incident, name: str, now: datetime) -> str:
    basis = kill_basis(incident, incident.secrets[name], now)
    return basis.whom if isinstance(basis, Missing) else ""


def _glass(incident: Incident, now: datetime) -> Iterator[NextAction]:
    names = [secret.name for secret in incident.secrets.values() if glass_offered(incident, secret, now)]
    if names:
        yield NextAction(
            f"bot break-glass {incident.id} {' '.join(names)} --reason WHY",
            "if nobody can be reached and it cannot wait: kills without the second person, and is reviewed afterwards",
        )


def _review(incident: Incident) -> Iterator[NextAction]:
    broken = {s.broken.name: s.name for s in incident.secrets.values() if s.broken is not None and s.reviewed is None}
    if broken:
        who = listed(list(broken))
        yield NextAction(
            f"bot review {incident.id} --reason WHAT_YOU_FOUND",
            f"{who} broke the glass; another person with approve or command must review it",
        )


def _secret(incident: Incident, secret: SecretState, now: datetime) -> Iterator[NextAction]:
    here, old = f"{incident.id} {secret.name}", secret.old
    untouched = not secret.gone and old.revoked_at is None
    if untouched and secret.revoked_by_person:
        guide = secret.entry.revoke_by_hand or f"revoke it in {secret.entry.provider}'s console {secret.entry.console}"
        yield NextAction(f"bot revoked {here}", f"once you have revoked it: {guide.strip()}")
    elif untouched and (not kill_wanted(secret) or press_missing(incident, secret, now)):
        yield NextAction(f"bot kill {here}", f"the old value is alive; {secret.entry.if_killed or 'ends it now'}")
    if untouched and not old.key_id:
        for candidate in old.candidates if len(old.candidates) > 1 else ():
            known = ", ".join(word for word in (candidate.name, candidate.hint) if word)
            yield NextAction(f"bot choose {here} {candidate.id}", f"if the leaked key is this one ({known})")
    if secret.made_by_person and secret.new_state is New.NONE and not secret.new.inbox:
        guide = secret.entry.issue_by_hand or f"make a new one in {secret.entry.provider}'s console"
        yield NextAction(f"bot submit {here}", f"to bring a new value: {guide.strip()}")
    failure = incident.lane(new_lane(secret.name)).failure
    if failure is not None and failure.op is Op.READ_SCOPES and not old.scopes_known:
        yield NextAction(f"bot scopes {here} SCOPE...", "the old key's rights are unknown: choose the new one's")
    last = old.last_probe
    if (secret.old_state is Old.UNPROVEN or old.overdue) and not secret.gone and (not last or last.liveness != "live"):
        yield NextAction(f"bot attest {here} --reason WHY", "no proof is to be had: vouch for its death by name")
    if secret.target.kind is TargetKind.ASSUMED and not secret.gone:
        yield NextAction("bot identify", f"nobody compared the leaked value with {secret.name}'s current one")


def _checks(incident: Incident) -> Iterator[NextAction]:
    for secret in incident.secrets.values():
        if secret.due_checks:
            items = listed([check.item for check in secret.open_checks])
            yield NextAction(f"bot check {incident.id} {secret.name}", f"what may outlive the dead key: {items}")


def _failures(incident: Incident) -> Iterator[NextAction]:
    for name, lane in incident.lanes.items():
        if lane.failure is not None and lane.failure.final and lane.failure.op is not Op.READ_SCOPES:
            yield NextAction(f"bot retry {incident.id} {name}", lane.failure.message)


def _steps(incident: Incident, now: datetime) -> Iterator[NextAction]:
    clock = notification(incident)
    if clock is not None and clock.decided is None:
        late = "was due" if clock.due <= now else "is due"
        yield NextAction(
            f"bot note {incident.id} TEXT --notification",
            f"the decision on telling those concerned {late} at {clock.due:%Y-%m-%d %H:%M} UTC",
        )
    step = next_step(incident)
    if step is None:
        yield NextAction(f"bot close {incident.id}", "all steps are done or skipped")
    elif step.state is StepState.WAITING:
        yield NextAction(f"bot step {incident.id} {step.definition.id} start", step.definition.title)
    elif not blockers(incident, step):
        yield NextAction(f"bot step {incident.id} {step.definition.id} done", step.definition.title)
    if any("report" in phrase for phrase in (blockers(incident, step) if step else ())):
        yield NextAction(f"bot report {incident.id}", "the report is to be written")
