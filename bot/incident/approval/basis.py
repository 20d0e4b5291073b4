"""When a revocation may start: on whose consent, or who is still needed and why. One rule for the worker and all faces.

A revocation starts only while one of these holds for exactly the current plan:

(a) One responder has decided it. This is not enough if it is irreversible and also takes the product down, deletes more
    than the key, has the value of another secret too, or comes at the end of an overlap. And it must be one of the
    first `KILLS_BY_ONE` of its environment in `KILL_WINDOW`, over all incidents. A playbook may ask for two anyway.
(b) Two different people with `respond`, one of them with `approve`, have each consented to this very plan. The last
    person who changed key, strategy or value has consented by that, and all other consents have lapsed.
(c) The glass has been broken, for the key alone; another person reviews that afterwards.
(d) In a planned rotation, where nothing leaked, (a) and (c) do not apply. There the worker's catalog says ``auto``, the
    values overlapped and every consumer has confirmed the new one (`planned.py`); or two people have agreed to the
    departure as a whole; or two agree to this very plan as in (b), one of them its owner or with `approve`.

`two_people` says who can be one of two. Time alone approves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.approval.plan import same_end, same_plan
from bot.incident.approval.planned import not_planned, planned_basis, sharing
from bot.incident.departure.rules import unagreed
from bot.incident.model import ConsentKind, Right, Strategy
from bot.incident.state import Basis, Consent, Giver, Incident, SecretState
from bot.incident.two_people import listed
from bot.model.capabilities import RevokedBy
from bot.model.playbooks import Action, Playbook
from bot.model.secrets import SecretEntry

KILLS_BY_ONE = 3
"""The most revocations that one responder each may decide, in one environment, within the window."""
KILL_WINDOW = timedelta(hours=12)
GLASS_AFTER = timedelta(minutes=10)
"""After this time without an answer, a request for approval also offers broken glass."""

type Entitled = Callable[[str, Right], bool]
"""Whether the person of this name has a right at this moment."""

_RESPOND = frozenset({Right.RESPOND})
_APPROVE = frozenset({Right.RESPOND, Right.APPROVE})


@dataclass(frozen=True)
class MissingConsent:
    """A revocation may not start. `why` one responder is not enough; empty if one is, and none has decided yet.

    `given` have consented to the current plan, so cannot be the other person; `needed` more people are, and with
    `approver` one of them needs `approve`, or is the `owner` if that is enough.
    """

    why: str
    given: tuple[str, ...]
    needed: int
    approver: bool
    owner: str = ""

    @property
    def whom(self) -> str:
        """Who can bring it about: ``anyone with approve, but not anna``."""
        if not self.why:
            return "any responder"
        owner = f"its owner {self.owner} or " if self.owner and self.owner not in self.given else ""
        if self.needed > 1:
            return f"two responders, one of them {owner}with approve"
        right = Right.APPROVE if self.approver else Right.RESPOND
        anyone = f"anyone with {right} except {' or '.join(self.given)}"
        return f"{owner}{anyone}" if self.approver else anyone


def as_recorded(_name: str, _right: Right) -> bool:
    """Everyone still has the rights with which they consented."""
    return True


def kill_basis(
    incident: Incident, secret: SecretState, now: datetime, entitled: Entitled = as_recorded
) -> Basis | MissingConsent:
    """The basis on which the old key may be revoked at `now`, as far as people's consent goes, or what is missing for
    it.

    Only rights count that people had when they consented, and that `entitled` confirms for now.
    """
    if incident.routine:
        basis = _beforehand(incident, secret, entitled)
    else:
        basis = _without_a_second(incident, secret, now, entitled)
    if basis is not None:
        return basis
    people = [
        given
        for given in consenting(incident, secret, now)
        if listed(given.name) and entitled(given.name, Right.RESPOND)
    ]
    return _by_two(incident, secret, people, entitled) or _missing(incident, secret, people, now)


def _beforehand(incident: Incident, secret: SecretState, entitled: Entitled) -> Basis | None:
    """The catalog's word, or the agreement to a departure while both who gave it have the rights for it."""
    basis = planned_basis(incident, secret)
    if basis is None:
        return None
    held = all(entitled(giver.name, right) for giver in basis.givers for right in giver.rights)
    return basis if held else None


def _without_a_second(incident: Incident, secret: SecretState, now: datetime, entitled: Entitled) -> Basis | None:
    """Broken glass, or one responder's decision."""
    glass = secret.glass
    if glass is not None and secret.old.owner is None and entitled(glass.name, Right.RESPOND):
        return Basis(ConsentKind.BREAK_GLASS, (Giver(glass.name, _RESPOND),), glass.at)
    return _by_one(incident, secret, now, entitled)


def rests_on(basis: Basis) -> str:
    """Whose word it is, in a phrase: ``anna alone``, ``ben and anna``, ``glass broken by chloe``."""
    names = " and ".join(giver.name for giver in basis.givers)
    match basis.kind:
        case ConsentKind.KILL:
            return f"{names} alone"
        case ConsentKind.APPROVAL:
            return names
        case ConsentKind.PLANNED:
            return f"the catalog, which calls it auto (entry {basis.entry})"
        case ConsentKind.DEPARTURE:
            return f"the departure, by {names}"
        case ConsentKind.BREAK_GLASS:
            return f"glass broken by {names}"


def waits_for(missing: MissingConsent) -> str:
    """What the revocation waits for, as a phrase."""
    if not missing.why:
        return f"waits for {missing.whom} to decide on the revocation"
    so_far = f"; approved so far: {' and '.join(missing.given)}" if missing.given else ""
    return f"needs a second approver, because {missing.why}: {missing.whom}{so_far}"


def kill_allowed(incident: Incident, secret: SecretState, now: datetime) -> bool:
    return isinstance(kill_basis(incident, secret, now), Basis)


def consenting(incident: Incident, secret: SecretState, now: datetime) -> tuple[Consent, ...]:
    """The consents of people with `respond` to exactly the current plan, each person once, its author first."""
    author = secret.author if _decided(incident, secret, secret.author) else None
    others = [
        given
        for given in secret.consents.values()
        if Right.RESPOND in given.rights and (author is None or given.name != author.name)
    ]
    others = [given for given in others if _in_time(secret, given, now) and same_plan(incident, secret, given.plan)]
    others.sort(key=lambda given: (given.at, given.name))
    return (*others,) if author is None else (author, *others)


def _decided(incident: Incident, secret: SecretState, given: Consent | None) -> bool:
    """Whether a responder decided, by themselves, on the very revocation that is planned now."""
    return given is not None and Right.RESPOND in given.rights and same_end(incident, secret, given.plan)


def superseded(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """People who agreed to another plan than the current one before the revocation; they are asked again."""
    if secret.gone or secret.old.revoked_at is not None:
        return ()
    agreed = [(name, given.plan) for name, given in secret.consents.items() if given.plan]
    return tuple(sorted(name for name, plan in agreed if not same_plan(incident, secret, plan)))


def _in_time(secret: SecretState, given: Consent, now: datetime) -> bool:
    until = _lapses(secret, given)
    return until is None or now < until


def _lapses(secret: SecretState, given: Consent) -> datetime | None:
    """When the consent lapses by itself; None if it does not, since the plan had begun by then."""
    begun = given.until is not None and secret.started_at is not None and secret.started_at < given.until
    return None if begun else given.until


def _by_one(incident: Incident, secret: SecretState, now: datetime, entitled: Entitled) -> Basis | None:
    """The person who asked for the revocation; if that consent lapsed, the last author of the plan."""
    if secret.kill is None or secret.slot is None or second_person(incident, secret, now):
        return None
    words = (given for given in (secret.kill, secret.author) if _decided(incident, secret, given))
    given = next((given for given in words if given is not None and entitled(given.name, Right.RESPOND)), None)
    if given is None:
        return None
    complete = max(given.at, secret.slot)
    return Basis(ConsentKind.KILL, (Giver(given.name, _RESPOND),), complete, secret.slot + KILL_WINDOW)


def _by_two(incident: Incident, secret: SecretState, people: Sequence[Consent], entitled: Entitled) -> Basis | None:
    """With several approvers the last one, so that the author of the plan is the other person if that is enough."""
    approvers = [given for given in people if Right.APPROVE in given.rights and entitled(given.name, Right.APPROVE)]
    rights = _APPROVE if approvers else _RESPOND
    approvers = approvers or [given for given in people if given.name == counts_as_approver(incident, secret)]
    approver = approvers[-1] if approvers else None
    other = next((given for given in people if given is not approver), None)
    if approver is None or other is None:
        return None
    givers = (Giver(approver.name, rights), Giver(other.name, _RESPOND))
    until = min(filter(None, [_lapses(secret, approver), _lapses(secret, other)]), default=None)
    return Basis(ConsentKind.APPROVAL, givers, max(approver.at, other.at), until)


def _missing(incident: Incident, secret: SecretState, people: Sequence[Consent], now: datetime) -> MissingConsent:
    owner = counts_as_approver(incident, secret)
    approver = not any(Right.APPROVE in given.rights or given.name == owner for given in people)
    return MissingConsent(
        why=second_person(incident, secret, now),
        given=tuple(given.name for given in people),
        needed=2 - len(people[:1]),
        approver=approver,
        owner=owner,
    )


def counts_as_approver(incident: Incident, secret: SecretState) -> str:
    """Who can be the one of two that else needs `approve`: in a planned rotation the secret's owner, by name."""
    return secret.entry.owner if incident.routine and incident.departure is None else ""


def second_person(incident: Incident, secret: SecretState, now: datetime) -> str:
    """Why one responder is not enough for this revocation; empty if one is."""
    if incident.routine:
        return not_planned(incident, secret) or "the approval of the departure no longer holds"
    if why := _two_anyhow(incident, secret):
        return why
    if secret.kill is not None and not slot_held(secret, now):
        hours = KILL_WINDOW // timedelta(hours=1)
        few = f"at most {KILLS_BY_ONE} old keys in {incident.environment} within {hours} hours"
        return f"one person may revoke {few}"
    return ""


def _two_anyhow(incident: Incident, secret: SecretState) -> str:
    """The same, regardless of the number of earlier revocations."""
    entry = secret.entry
    if secret.old.owner is not None:
        return "more than the key is deleted"
    if playbook_asks(incident.playbook):
        return "the playbook asks for it"
    if secret.old.shared:
        return sharing(secret)
    if entry.fatal:
        return "revoking it cannot be undone and stops the product"
    if secret.kill is None and secret.strategy is Strategy.OVERLAP:
        return "it comes at the end of an overlap" if secret.new.wanted else "a person chose to keep it"
    return ""


def playbook_asks(playbook: Playbook) -> bool:
    """Whether the playbook wants a second person for every revocation."""
    return any(step.approval and Action.REVOKE in step.actions for step in playbook.steps)


def one_is_enough(entry: SecretEntry) -> bool:
    """Whether the machine may revoke this on the decision of one responder, who chooses revoke-first."""
    return entry.capabilities.revokes is not RevokedBy.PERSON and not entry.fatal


def slot_held(secret: SecretState, now: datetime) -> bool:
    return secret.slot is not None and now < secret.slot + KILL_WINDOW


def slot_wanted(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether a free slot of revocations by one responder lets this one proceed; it must be requested."""
    if incident.routine or secret.kill is None:
        return False
    if secret.entry.capabilities.revokes is RevokedBy.PERSON or slot_held(secret, now):
        return False
    return not _two_anyhow(incident, secret)


def killable(secret: SecretState) -> bool:
    """Whether there is anything for the machine to revoke, and it knows what."""
    over = secret.gone or secret.old.ended_at is not None
    return not over and secret.old.captured_at is not None and not secret.revoked_by_person


def approval_missing(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether this secret waits for a second person. Of a departure one is asked about all of it first."""
    if not incident.playbook.allows((Action.REVOKE,)) or not killable(secret) or secret.name in unagreed(incident):
        return False
    if incident.hold is not None:
        return False  # no one is asked before it is resumed
    basis = kill_basis(incident, secret, now)
    return isinstance(basis, MissingConsent) and basis.why != ""


def press_missing(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether the revocation waits only for one responder's decision."""
    basis = kill_basis(incident, secret, now)
    allowed = incident.playbook.allows((Action.REVOKE,))
    return allowed and isinstance(basis, MissingConsent) and basis.why == ""


def glass_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When broken glass is shown as the alternative to an answer: at once for a public value, else after a while; None
    if no one was asked.

    Breaking it is always accepted. It does not cover deletions beyond the key.
    """
    asked = secret.asked_at
    if asked is None or incident.routine or secret.old.owner is not None or not approval_missing(incident, secret, now):
        return None
    return asked if incident.public else asked + GLASS_AFTER


def glass_offered(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether broken glass is shown as the other way."""
    at = glass_at(incident, secret, now)
    return at is not None and at <= now
